/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The token's file is read anew each time: whoever put it there replaces it
 * from time to time.
 *
 * Runs on: the network thread. */

#include "credentials/providers.h"

#include "common/error.h"
#include "common/secret.h"
#include "common/text.h"
#include "credentials/file-reader.h"
#include "credentials/session-provider.h"
#include "credentials/sts-client.h"

typedef struct
{
  GstIceProviderContext *context;       /* (owned) */
  GstIceRole *role;             /* (owned) */
  gchar *provider_arn;          /* (owned) (nullable) */
  gchar *token_file;            /* (owned) (nullable) */
} Source;

static void
on_assumed (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GstIceIdentity *identity = gst_ice_sts_finish (result, &error);

  if (identity == NULL)
    g_task_return_error (task, error);
  else
    gst_ice_session_provider_return (task, identity);
}

/* @task: (transfer full) */
static void
assume (Source * self, const gchar * token, GTask * task)
{
  GError *error = NULL;
  g_autoptr (GstIceEndpoint) endpoint =
      gst_ice_role_get_endpoint (self->role, &error);

  if (endpoint == NULL) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }

  gst_ice_sts_assume_role_with_oidc_async (self->context->http, endpoint,
      self->role, self->provider_arn, token, g_task_get_cancellable (task),
      on_assumed, task);
}

static void
on_token (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Source *self = gst_ice_session_provider_get_source (task);
  GError *error = NULL;
  g_autoptr (GBytes) bytes = gst_ice_file_read_finish (result, &error);
  const gchar *text;
  gchar *token;
  gsize size;

  if (bytes == NULL) {
    g_task_return_error (task, error);
    return;
  }

  /* A JSON Web Token has no blanks in it, a file may end with one. */
  text = g_bytes_get_data (bytes, &size);
  gst_ice_text_skip_mark (&text, &size);
  token = g_strstrip (g_strndup (text, size));
  if (gst_ice_identity_is_sendable (token))
    assume (self, token, g_steal_pointer (&task));
  else
    g_task_return_error (task, gst_ice_error_new
        (GST_ICE_ERROR_NOT_AUTHORIZED, "there is no token in %s",
            self->token_file));
  gst_ice_secret_free_string (token);
}

/* The variables that name what is not there, or NULL. */
static gchar *
list_missing (Source * self)
{
  const gchar *names[4];
  guint n = 0;

  if (self->role->role_arn == NULL)
    names[n++] = "ALIBABA_CLOUD_ROLE_ARN";
  if (self->provider_arn == NULL)
    names[n++] = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
  if (self->token_file == NULL)
    names[n++] = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
  names[n] = NULL;

  return n > 0 ? g_strjoinv (", ", (gchar **) names) : NULL;
}

static void
fetch (gpointer source, GTask * task)
{
  Source *self = source;
  g_autofree gchar *missing = list_missing (self);

  if (missing != NULL) {
    g_task_return_error (task, gst_ice_error_new
        (GST_ICE_ERROR_NOT_AUTHORIZED, "not set: %s", missing));
    g_object_unref (task);
    return;
  }

  gst_ice_file_read_async (self->token_file, g_task_get_cancellable (task),
      on_token, task);
}

static void
source_free (Source * self)
{
  g_clear_pointer (&self->context, gst_ice_provider_context_unref);
  g_clear_pointer (&self->role, gst_ice_role_free);
  g_free (self->provider_arn);
  g_free (self->token_file);
  g_free (self);
}

static const GstIceSessionSource kind = {
  "OIDC role", fetch, (GDestroyNotify) source_free
};

GstIceCredentialsProvider *
gst_ice_oidc_provider_new (GstIceProviderContext * context,
    const GstIceRole * role, const gchar * oidc_provider_arn,
    const gchar * oidc_token_file)
{
  const GstIceIdentitySources *sources = context->sources;
  Source *self = g_new0 (Source, 1);

  self->context = gst_ice_provider_context_ref (context);
  self->role = gst_ice_role_complete (role, sources);
  self->provider_arn = g_strdup (oidc_provider_arn != NULL ?
      oidc_provider_arn : sources->oidc_provider_arn);
  self->token_file = g_strdup (oidc_token_file != NULL ?
      oidc_token_file : sources->oidc_token_file);

  return gst_ice_session_provider_new (gst_ice_provider_context_get_clock
      (context), &kind, self);
}
