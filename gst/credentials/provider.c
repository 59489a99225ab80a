/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The interface's calls: each goes straight to the implementation, but for
 * the end of a search, which is the same for all of them. */

#include "credentials/provider.h"

G_DEFINE_INTERFACE (GstIceCredentialsProvider, gst_ice_credentials_provider,
    G_TYPE_OBJECT)

static void
gst_ice_credentials_provider_default_init (GstIceCredentialsProviderInterface *
    iface)
{
}

const gchar *
gst_ice_credentials_provider_get_name (GstIceCredentialsProvider * provider)
{
  return GST_ICE_CREDENTIALS_PROVIDER_GET_IFACE (provider)->get_name
      (provider);
}

void
gst_ice_credentials_provider_get_identity_async (GstIceCredentialsProvider *
    provider, GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GST_ICE_CREDENTIALS_PROVIDER_GET_IFACE (provider)->get_identity_async
      (provider, cancellable, callback, user_data);
}

GstIceIdentity *
gst_ice_credentials_provider_get_identity_finish (GstIceCredentialsProvider *
    provider, GAsyncResult * result, GError ** error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* A source that keeps nothing has nothing to forget. */
void
gst_ice_credentials_provider_invalidate (GstIceCredentialsProvider * provider,
    GstIceIdentity * identity)
{
  GstIceCredentialsProviderInterface *iface =
      GST_ICE_CREDENTIALS_PROVIDER_GET_IFACE (provider);

  if (iface->invalidate != NULL)
    iface->invalidate (provider, identity);
}
