/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Asks its source for an identity, then STS for that of the role.
 *
 * Runs on: the network thread.
 *
 * STS is asked once more at once if it found the clock wrong, which the first
 * answer has put right, or the source's identity over, which the source is
 * told. */

#include "credentials/providers.h"

#include "common/error.h"
#include "credentials/session-provider.h"
#include "credentials/sts-client.h"

typedef struct
{
  GstIceProviderContext *context;       /* (owned) */
  GstIceRole *role;             /* (owned) */
  GstIceCredentialsProvider *source;    /* (owned) */
  /* Of the one fetch that there is at a time. */
  GstIceIdentity *signer;       /* (owned) (nullable) */
  gboolean is_second_try;
} Source;

static void ask_source (Source * self, GTask * task);

/* TRUE if what @error says has been put right, so that STS can be asked once
 * more. */
static gboolean
prepare_second_try (Source * self, const GError * error)
{
  if (self->is_second_try)
    return FALSE;
  self->is_second_try = TRUE;

  if (gst_ice_error_is (error, GST_ICE_ERROR_IDENTITY_EXPIRED)) {
    gst_ice_credentials_provider_invalidate (self->source, self->signer);
    return TRUE;
  }

  return gst_ice_error_is (error, GST_ICE_ERROR_CLOCK_SKEW);
}

static void
on_assumed (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Source *self = gst_ice_session_provider_get_source (task);
  GError *error = NULL;
  GstIceIdentity *identity = gst_ice_sts_finish (result, &error);

  if (identity != NULL) {
    gst_ice_session_provider_return (task, identity);
  } else if (prepare_second_try (self, error)) {
    g_error_free (error);
    ask_source (self, g_steal_pointer (&task));
  } else {
    g_task_return_error (task, error);
  }
}

static void
on_source_identity (GObject * source, GAsyncResult * result,
    gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Source *self = gst_ice_session_provider_get_source (task);
  GError *error = NULL;
  g_autoptr (GstIceEndpoint) endpoint = NULL;

  g_clear_pointer (&self->signer, gst_ice_identity_unref);
  self->signer =
      gst_ice_credentials_provider_get_identity_finish (self->source, result,
      &error);
  if (self->signer != NULL)
    endpoint = gst_ice_role_get_endpoint (self->role, &error);
  if (endpoint == NULL) {
    g_task_return_error (task, error);
    return;
  }

  gst_ice_sts_assume_role_async (self->context->http, endpoint, self->role,
      self->signer, g_task_get_cancellable (task), on_assumed,
      g_object_ref (task));
}

/* @task: (transfer full) */
static void
ask_source (Source * self, GTask * task)
{
  gst_ice_credentials_provider_get_identity_async (self->source,
      g_task_get_cancellable (task), on_source_identity, task);
}

static void
fetch (gpointer source, GTask * task)
{
  Source *self = source;

  if (self->role->role_arn == NULL) {
    g_task_return_error (task, gst_ice_error_new
        (GST_ICE_ERROR_NOT_AUTHORIZED, "no role is named"));
    g_object_unref (task);
    return;
  }

  self->is_second_try = FALSE;
  ask_source (self, task);
}

static void
source_free (Source * self)
{
  g_clear_pointer (&self->context, gst_ice_provider_context_unref);
  g_clear_pointer (&self->role, gst_ice_role_free);
  g_clear_object (&self->source);
  g_clear_pointer (&self->signer, gst_ice_identity_unref);
  g_free (self);
}

static const GstIceSessionSource kind = {
  "RAM role", fetch, (GDestroyNotify) source_free
};

GstIceCredentialsProvider *
gst_ice_role_provider_new (GstIceProviderContext * context,
    const GstIceRole * role, GstIceCredentialsProvider * source)
{
  Source *self = g_new0 (Source, 1);

  self->context = gst_ice_provider_context_ref (context);
  self->role = gst_ice_role_complete (role, context->sources);
  self->source = g_object_ref (source);

  return gst_ice_session_provider_new (gst_ice_provider_context_get_clock
      (context), &kind, self);
}
