/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Asks its source for an identity, then STS for that of the role.
 *
 * Runs on: the network thread.
 *
 * STS is asked once more at once if it found the clock wrong, which the first
 * answer has put right, or the source's identity over, which the source is
 * told. */

#include "credentials/role-provider.h"

#include "common/error.h"
#include "credentials/session-provider.h"
#include "credentials/sts-client.h"

#define GST_TYPE_ICE_ROLE_PROVIDER (gst_ice_role_provider_get_type ())
G_DECLARE_FINAL_TYPE (GstIceRoleProvider, gst_ice_role_provider, GST,
    ICE_ROLE_PROVIDER, GstIceSessionProvider)

struct _GstIceRoleProvider
{
  GstIceSessionProvider parent;

  GstIceProviderContext *context;       /* (owned) */
  GstIceRole *role;             /* (owned) */
  GstIceCredentialsProvider *source;    /* (owned) */
  /* Of the one fetch that there is at a time. */
  GstIceIdentity *signer;       /* (owned) (nullable) */
  gboolean is_second_try;
};

G_DEFINE_TYPE (GstIceRoleProvider, gst_ice_role_provider,
    GST_TYPE_ICE_SESSION_PROVIDER)

static void ask_source (GstIceRoleProvider * self, GTask * task);

/* TRUE if what @error says has been put right, so that STS can be asked once
 * more. */
static gboolean
prepare_second_try (GstIceRoleProvider * self, const GError * error)
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
  GstIceRoleProvider *self = g_task_get_source_object (task);
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
  GstIceRoleProvider *self = g_task_get_source_object (task);
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
ask_source (GstIceRoleProvider * self, GTask * task)
{
  gst_ice_credentials_provider_get_identity_async (self->source,
      g_task_get_cancellable (task), on_source_identity, task);
}

static void
fetch (GstIceSessionProvider * provider, GTask * task)
{
  GstIceRoleProvider *self = GST_ICE_ROLE_PROVIDER (provider);

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
gst_ice_role_provider_finalize (GObject * object)
{
  GstIceRoleProvider *self = GST_ICE_ROLE_PROVIDER (object);

  g_clear_pointer (&self->context, gst_ice_provider_context_unref);
  g_clear_pointer (&self->role, gst_ice_role_free);
  g_clear_object (&self->source);
  g_clear_pointer (&self->signer, gst_ice_identity_unref);

  G_OBJECT_CLASS (gst_ice_role_provider_parent_class)->finalize (object);
}

static void
gst_ice_role_provider_class_init (GstIceRoleProviderClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_ice_role_provider_finalize;
  GST_ICE_SESSION_PROVIDER_CLASS (klass)->name = "RAM role";
  GST_ICE_SESSION_PROVIDER_CLASS (klass)->fetch = fetch;
}

static void
gst_ice_role_provider_init (GstIceRoleProvider * self)
{
}

GstIceCredentialsProvider *
gst_ice_role_provider_new (GstIceProviderContext * context,
    const GstIceRole * role, GstIceCredentialsProvider * source)
{
  GstIceRoleProvider *self =
      g_object_new (GST_TYPE_ICE_ROLE_PROVIDER, NULL);

  gst_ice_session_provider_set_clock (GST_ICE_SESSION_PROVIDER (self),
      gst_ice_provider_context_get_clock (context));
  self->context = gst_ice_provider_context_ref (context);
  self->role = gst_ice_role_complete (role, context->sources);
  self->source = g_object_ref (source);

  return GST_ICE_CREDENTIALS_PROVIDER (self);
}
