/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reads the file each time it is asked, because a person or a tool may have
 * changed it, and hands the question on to the provider that the profile
 * describes. That one is kept as long as the file stays the same, with the
 * session that it may hold.
 *
 * Runs on: the network thread.
 * Owns: the profile's provider, and the digest of the file it was made from. */

#include "credentials/providers.h"

#include "common/digest.h"
#include "common/error.h"
#include "credentials/cli-profile.h"
#include "credentials/file-reader.h"
#include "credentials/ini-profile.h"

#define GST_TYPE_ICE_PROFILE_PROVIDER (gst_ice_profile_provider_get_type ())
G_DECLARE_FINAL_TYPE (GstIceProfileProvider, gst_ice_profile_provider, GST,
    ICE_PROFILE_PROVIDER, GObject)

struct _GstIceProfileProvider
{
  GObject parent;

  GstIceProviderContext *context;       /* (owned) */
  gboolean is_cli;
  const gchar *path;            /* (unowned): of the sources */
  gchar *digest;                /* (owned) (nullable): of the file */
  GstIceCredentialsProvider *inner;     /* (owned) (nullable) */
};

static const gchar *
get_name (GstIceCredentialsProvider * provider)
{
  return GST_ICE_PROFILE_PROVIDER (provider)->is_cli ? "configuration file"
      : "credentials file";
}

static void
on_inner_identity (GObject * source, GAsyncResult * result,
    gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GstIceIdentity *identity =
      gst_ice_credentials_provider_get_identity_finish
      (GST_ICE_CREDENTIALS_PROVIDER (source), result, &error);

  if (identity != NULL)
    g_task_return_pointer (task, identity,
        (GDestroyNotify) gst_ice_identity_unref);
  else
    g_task_return_error (task, error);
}

static GstIceProfile *
read_profile (GstIceProfileProvider * self, GBytes * bytes, GError ** error)
{
  const gchar *name = self->context->sources->profile;
  GstIceClock *clock = gst_ice_provider_context_get_clock (self->context);
  gsize size;
  const gchar *text = g_bytes_get_data (bytes, &size);
  GstIceProfile *profile;

  if (self->is_cli)
    profile = gst_ice_cli_profile_read (text, size, name,
        gst_ice_clock_get_service_time (clock, ""), error);
  else
    profile = gst_ice_ini_profile_read (text, size, name, error);
  if (profile == NULL)
    g_prefix_error (error, "%s: ", self->path);

  return profile;
}

/* Makes the provider that @bytes describe, unless there is one. */
static gboolean
update (GstIceProfileProvider * self, GBytes * bytes, GError ** error)
{
  g_autofree gchar *digest =
      gst_ice_sha256_hex (g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes));
  g_autoptr (GstIceProfile) profile = read_profile (self, bytes, error);

  if (profile == NULL)
    return FALSE;
  if (self->inner != NULL && g_strcmp0 (digest, self->digest) == 0)
    return TRUE;

  g_clear_object (&self->inner);
  g_free (self->digest);
  self->digest = g_steal_pointer (&digest);
  self->inner = gst_ice_profile_create_provider (profile, self->context);

  return TRUE;
}

static void
on_file (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GstIceProfileProvider *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GBytes) bytes = gst_ice_file_read_finish (result, &error);

  if (bytes == NULL || !update (self, bytes, &error)) {
    g_task_return_error (task, error);
    return;
  }

  gst_ice_credentials_provider_get_identity_async (self->inner,
      g_task_get_cancellable (task), on_inner_identity,
      g_object_ref (task));
}

static void
get_identity_async (GstIceCredentialsProvider * provider,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GstIceProfileProvider *self = GST_ICE_PROFILE_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, get_identity_async);
  if (self->is_cli && self->context->sources->config_file_disabled)
    g_task_return_error (task, gst_ice_error_new
        (GST_ICE_ERROR_NOT_AUTHORIZED,
            "ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true"));
  else
    gst_ice_file_read_async (self->path, cancellable, on_file,
        g_steal_pointer (&task));
}

static void
invalidate (GstIceCredentialsProvider * provider, GstIceIdentity * identity)
{
  GstIceProfileProvider *self = GST_ICE_PROFILE_PROVIDER (provider);

  if (self->inner != NULL)
    gst_ice_credentials_provider_invalidate (self->inner, identity);
}

static void
provider_init (GstIceCredentialsProviderInterface * iface)
{
  iface->get_name = get_name;
  iface->get_identity_async = get_identity_async;
  iface->invalidate = invalidate;
}

G_DEFINE_TYPE_WITH_CODE (GstIceProfileProvider, gst_ice_profile_provider,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_ICE_CREDENTIALS_PROVIDER, provider_init))

static void
gst_ice_profile_provider_finalize (GObject * object)
{
  GstIceProfileProvider *self = GST_ICE_PROFILE_PROVIDER (object);

  g_clear_object (&self->inner);
  g_free (self->digest);
  g_clear_pointer (&self->context, gst_ice_provider_context_unref);

  G_OBJECT_CLASS (gst_ice_profile_provider_parent_class)->finalize (object);
}

static void
gst_ice_profile_provider_class_init (GstIceProfileProviderClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_ice_profile_provider_finalize;
}

static void
gst_ice_profile_provider_init (GstIceProfileProvider * self)
{
}

static GstIceCredentialsProvider *
profile_provider_new (GstIceProviderContext * context, gboolean is_cli,
    const gchar * path)
{
  GstIceProfileProvider *self =
      g_object_new (GST_TYPE_ICE_PROFILE_PROVIDER, NULL);

  self->context = gst_ice_provider_context_ref (context);
  self->is_cli = is_cli;
  self->path = path;

  return GST_ICE_CREDENTIALS_PROVIDER (self);
}

GstIceCredentialsProvider *
gst_ice_profile_provider_new_cli (GstIceProviderContext * context)
{
  return profile_provider_new (context, TRUE, context->sources->config_file);
}

GstIceCredentialsProvider *
gst_ice_profile_provider_new_ini (GstIceProviderContext * context)
{
  return profile_provider_new (context, FALSE,
      context->sources->credentials_file);
}
