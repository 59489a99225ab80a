/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The explicit identity.
 *
 * Runs on: the network thread.
 * Owns: the identity. It is never forgotten because a service refused it:
 * what the service said about it is the better answer, and only the
 * application has another one. */

#include "credentials/static-provider.h"

#include "common/error.h"

struct _GstIceStaticProvider
{
  GObject parent;

  GstIceIdentity *identity;     /* (nullable) (owned) */
};

static const gchar *
get_name (GstIceCredentialsProvider * provider)
{
  return "properties";
}

static void
get_identity_async (GstIceCredentialsProvider * provider,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GstIceStaticProvider *self = GST_ICE_STATIC_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback,
      user_data);

  g_task_set_source_tag (task, get_identity_async);
  if (self->identity == NULL)
    g_task_return_error (task,
        gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
            "access-key-id and access-key-secret are not set"));
  else
    g_task_return_pointer (task, gst_ice_identity_ref (self->identity),
        (GDestroyNotify) gst_ice_identity_unref);
}

static void
provider_init (GstIceCredentialsProviderInterface * iface)
{
  iface->get_name = get_name;
  iface->get_identity_async = get_identity_async;
}

G_DEFINE_TYPE_WITH_CODE (GstIceStaticProvider, gst_ice_static_provider,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_ICE_CREDENTIALS_PROVIDER, provider_init))

static void
gst_ice_static_provider_finalize (GObject * object)
{
  GstIceStaticProvider *self = GST_ICE_STATIC_PROVIDER (object);

  g_clear_pointer (&self->identity, gst_ice_identity_unref);

  G_OBJECT_CLASS (gst_ice_static_provider_parent_class)->finalize (object);
}

static void
gst_ice_static_provider_class_init (GstIceStaticProviderClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_ice_static_provider_finalize;
}

static void
gst_ice_static_provider_init (GstIceStaticProvider * self)
{
}

GstIceCredentialsProvider *
gst_ice_static_provider_new (GstIceIdentity * identity)
{
  GstIceStaticProvider *self =
      g_object_new (GST_TYPE_ICE_STATIC_PROVIDER, NULL);

  gst_ice_static_provider_set_identity (self, identity);

  return GST_ICE_CREDENTIALS_PROVIDER (self);
}

void
gst_ice_static_provider_set_identity (GstIceStaticProvider * provider,
    GstIceIdentity * identity)
{
  if (identity != NULL)
    gst_ice_identity_ref (identity);
  g_clear_pointer (&provider->identity, gst_ice_identity_unref);
  provider->identity = identity;
}
