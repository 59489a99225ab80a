/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Gives what it was made with.
 *
 * Runs on: the network thread. That of the environment is made on the thread
 * that starts the sink, and never changes.
 * Owns: the identity, or the error that says why there is none. An identity is
 * never forgotten because a service refused it: what the service said about it
 * is the better answer, and only the application has another one. */

#include "credentials/static-provider.h"

#include "common/error.h"

#define ID_VARIABLE "ALIBABA_CLOUD_ACCESS_KEY_ID"
#define SECRET_VARIABLE "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
#define TOKEN_VARIABLE "ALIBABA_CLOUD_SECURITY_TOKEN"

struct _GstIceStaticProvider
{
  GObject parent;

  const gchar *name;
  GstIceIdentity *identity;     /* (nullable) (owned) */
  GError *absent;               /* (owned): unless there is one */
};

static const gchar *
get_name (GstIceCredentialsProvider * provider)
{
  return GST_ICE_STATIC_PROVIDER (provider)->name;
}

static void
get_identity_async (GstIceCredentialsProvider * provider,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GstIceStaticProvider *self = GST_ICE_STATIC_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, get_identity_async);
  if (self->identity == NULL)
    g_task_return_error (task, g_error_copy (self->absent));
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
  g_clear_error (&self->absent);

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

  self->name = "properties";
  self->absent = gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
      "access-key-id and access-key-secret are not set");
  gst_ice_static_provider_set_identity (self, identity);

  return GST_ICE_CREDENTIALS_PROVIDER (self);
}

static gboolean
is_set (const gchar * value)
{
  return value != NULL && *value != '\0';
}

/* A variable that ends in a line feed is a common slip. */
static GError *
check (const gchar * id, const gchar * secret, const gchar * token)
{
  if (!is_set (id))
    return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
        ID_VARIABLE " is not set");
  if (!is_set (secret))
    return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
        SECRET_VARIABLE " is not set");
  if (!gst_ice_identity_is_sendable (id))
    return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
        ID_VARIABLE " has blanks or control characters in it");
  if (!gst_ice_identity_is_sendable (secret))
    return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
        SECRET_VARIABLE " has blanks or control characters in it");
  if (is_set (token) && !gst_ice_identity_is_sendable (token))
    return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
        TOKEN_VARIABLE " has blanks or control characters in it");

  return NULL;
}

GstIceCredentialsProvider *
gst_ice_static_provider_new_from_environment (void)
{
  GstIceStaticProvider *self =
      g_object_new (GST_TYPE_ICE_STATIC_PROVIDER, NULL);
  const gchar *id = g_getenv (ID_VARIABLE);
  const gchar *secret = g_getenv (SECRET_VARIABLE);
  const gchar *token = g_getenv (TOKEN_VARIABLE);

  self->name = "environment";
  self->absent = check (id, secret, token);
  if (self->absent == NULL)
    self->identity = gst_ice_identity_new (id, secret, token);

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
