/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Where an identity comes from: one interface, one file per source.
 *
 * Runs on: the network thread. A provider is asked before each ICE call; it
 * keeps what it has for as long as that is good. Asking may take time
 * (metadata service, STS), so it is asynchronous. */

#pragma once

#include <gio/gio.h>

#include "credentials/identity.h"

#define GST_TYPE_ICE_CREDENTIALS_PROVIDER \
    (gst_ice_credentials_provider_get_type ())
G_DECLARE_INTERFACE (GstIceCredentialsProvider, gst_ice_credentials_provider,
    GST, ICE_CREDENTIALS_PROVIDER, GObject)

/**
 * GstIceCredentialsProviderInterface:
 * @get_name: a static, short name for messages ("environment"); a chain, which
 *     is in no other, has none
 * @get_identity_async: looks for an identity, with a GTask of the provider
 *     that returns it, or an error that says why this source gives none,
 *     without any secret
 * @invalidate: forget @identity, which the service refused, if it is kept
 */
struct _GstIceCredentialsProviderInterface
{
  GTypeInterface parent;

  const gchar *(*get_name) (GstIceCredentialsProvider * provider);
  void (*get_identity_async) (GstIceCredentialsProvider * provider,
      GCancellable * cancellable, GAsyncReadyCallback callback,
      gpointer user_data);
  void (*invalidate) (GstIceCredentialsProvider * provider,
      GstIceIdentity * identity);
};

const gchar *gst_ice_credentials_provider_get_name (GstIceCredentialsProvider
    * provider);
void gst_ice_credentials_provider_get_identity_async (GstIceCredentialsProvider
    * provider, GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);

/* Errors: GST_ICE_ERROR_NOT_AUTHORIZED, the errors of the HTTP client,
 * G_IO_ERROR_CANCELLED. (transfer full) */
GstIceIdentity
    * gst_ice_credentials_provider_get_identity_finish
    (GstIceCredentialsProvider * provider, GAsyncResult * result,
    GError ** error);

/* Has @identity, which the service refused, forgotten where it is kept. Another
 * one, which somebody else may have got meanwhile, stays. NULL: none was
 * refused, but the search is to begin anew. */
void gst_ice_credentials_provider_invalidate (GstIceCredentialsProvider *
    provider, GstIceIdentity * identity);
