/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Keeping, renewing, and asking once for many.
 *
 *     asked ──kept, and not about to end──▶ answered
 *       └──▶ waits ──one fetch for all──▶ all answered
 *
 * Runs on: the network thread.
 * Owns: the kept identity, the waiting tasks, and the cancellable of the
 * fetch, which is cancelled when the last one who waits has gone. */

#include "credentials/session-provider.h"

#include <gst/gst.h>

#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_CREDENTIALS)

/* As the official SDKs do. */
#define RENEWAL_MARGIN_US (180 * (gint64) G_USEC_PER_SEC)

#define GST_TYPE_ICE_SESSION_PROVIDER (gst_ice_session_provider_get_type ())
G_DECLARE_FINAL_TYPE (GstIceSessionProvider, gst_ice_session_provider, GST,
    ICE_SESSION_PROVIDER, GObject)

struct _GstIceSessionProvider
{
  GObject parent;

  const GstIceSessionSource *kind;
  gpointer source;              /* (owned) */
  GstIceClock *clock;           /* (owned) */
  GstIceIdentity *identity;     /* (owned) (nullable): kept */
  GList *waiters;               /* (owned) (element-type Waiter) */
  GCancellable *fetching;       /* (owned) (nullable): of the fetch */
};

typedef struct
{
  GTask *task;                  /* (owned) */
  GSource *cancelled;           /* (owned) (nullable) */
} Waiter;

static void provider_init (GstIceCredentialsProviderInterface * iface);

G_DEFINE_TYPE_WITH_CODE (GstIceSessionProvider, gst_ice_session_provider,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_ICE_CREDENTIALS_PROVIDER, provider_init))

static const gchar *
get_name (GstIceCredentialsProvider * provider)
{
  return GST_ICE_SESSION_PROVIDER (provider)->kind->name;
}

/* TRUE if an identity is kept that lives longer than @margin_us. */
static gboolean
has_identity (GstIceSessionProvider * self, gint64 margin_us)
{
  return self->identity != NULL
      && gst_ice_identity_get_expires (self->identity) -
      gst_ice_clock_get_monotonic (self->clock) > margin_us;
}

static void
return_identity (GTask * task, GstIceIdentity * identity)
{
  g_task_return_pointer (task, gst_ice_identity_ref (identity),
      (GDestroyNotify) gst_ice_identity_unref);
}

static void
waiter_free (Waiter * waiter)
{
  if (waiter->cancelled != NULL) {
    g_source_destroy (waiter->cancelled);
    g_source_unref (waiter->cancelled);
  }
  g_object_unref (waiter->task);
  g_free (waiter);
}

static gboolean
on_waiter_cancelled (GCancellable * cancellable, gpointer user_data)
{
  Waiter *waiter = user_data;
  g_autoptr (GTask) task = g_object_ref (waiter->task);
  GstIceSessionProvider *self = g_task_get_source_object (task);

  self->waiters = g_list_remove (self->waiters, waiter);
  waiter_free (waiter);
  if (self->waiters == NULL)
    g_cancellable_cancel (self->fetching);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

/* @task: (transfer full) */
static void
add_waiter (GstIceSessionProvider * self, GTask * task)
{
  Waiter *waiter = g_new0 (Waiter, 1);
  GCancellable *cancellable = g_task_get_cancellable (task);

  waiter->task = task;
  if (cancellable != NULL) {
    waiter->cancelled = g_cancellable_source_new (cancellable);
    g_source_set_callback (waiter->cancelled,
        G_SOURCE_FUNC (on_waiter_cancelled), waiter, NULL);
    g_source_attach (waiter->cancelled, g_task_get_context (task));
  }
  self->waiters = g_list_append (self->waiters, waiter);
}

/* Those who wait now; others may come while they are answered. */
static void
answer_waiters (GstIceSessionProvider * self, GstIceIdentity * identity,
    const GError * error)
{
  GList *waiters = g_steal_pointer (&self->waiters);
  GList *l;

  for (l = waiters; l != NULL; l = l->next) {
    Waiter *waiter = l->data;

    if (identity != NULL)
      return_identity (waiter->task, identity);
    else
      g_task_return_error (waiter->task, g_error_copy (error));
    waiter_free (waiter);
  }
  g_list_free (waiters);
}

static void start_fetch (GstIceSessionProvider * self);

static void
keep (GstIceSessionProvider * self, GstIceIdentity * identity)
{
  g_clear_pointer (&self->identity, gst_ice_identity_unref);
  if (gst_ice_identity_get_expires (identity) >= 0)
    self->identity = gst_ice_identity_ref (identity);
}

static void
fetch_failed (GstIceSessionProvider * self, const GError * error)
{

  if (!has_identity (self, 0)) {
    answer_waiters (self, NULL, error);
    return;
  }

  GST_WARNING_OBJECT (self, "%s: going on with the identity that there is: %s",
      get_name (GST_ICE_CREDENTIALS_PROVIDER (self)), error->message);
  answer_waiters (self, self->identity, NULL);
}

static void
on_fetched (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GstIceSessionProvider *self = GST_ICE_SESSION_PROVIDER (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceIdentity) identity =
      g_task_propagate_pointer (G_TASK (result), &error);
  gboolean was_cancelled = g_cancellable_is_cancelled (self->fetching);

  g_clear_object (&self->fetching);
  if (identity != NULL) {
    keep (self, identity);
    answer_waiters (self, identity, NULL);
  } else if (was_cancelled && self->waiters != NULL) {
    /* They came after the fetch had been given up. */
    start_fetch (self);
  } else {
    fetch_failed (self, error);
  }
}

static void
start_fetch (GstIceSessionProvider * self)
{
  GTask *task;

  self->fetching = g_cancellable_new ();
  task = g_task_new (self, self->fetching, on_fetched, NULL);
  g_task_set_source_tag (task, start_fetch);
  self->kind->fetch (self->source, task);
}

gpointer
gst_ice_session_provider_get_source (GTask * task)
{
  return GST_ICE_SESSION_PROVIDER (g_task_get_source_object (task))->source;
}

void
gst_ice_session_provider_return (GTask * task, GstIceIdentity * identity)
{
  g_task_return_pointer (task, identity,
      (GDestroyNotify) gst_ice_identity_unref);
}

static void
get_identity_async (GstIceCredentialsProvider * provider,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GstIceSessionProvider *self = GST_ICE_SESSION_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, get_identity_async);
  if (has_identity (self, RENEWAL_MARGIN_US)) {
    return_identity (task, self->identity);
    return;
  }

  add_waiter (self, g_steal_pointer (&task));
  if (self->fetching == NULL)
    start_fetch (self);
}

static void
invalidate (GstIceCredentialsProvider * provider, GstIceIdentity * identity)
{
  GstIceSessionProvider *self = GST_ICE_SESSION_PROVIDER (provider);

  if (identity == self->identity)
    g_clear_pointer (&self->identity, gst_ice_identity_unref);
}

static void
provider_init (GstIceCredentialsProviderInterface * iface)
{
  iface->get_name = get_name;
  iface->get_identity_async = get_identity_async;
  iface->invalidate = invalidate;
}

static void
gst_ice_session_provider_finalize (GObject * object)
{
  GstIceSessionProvider *self = GST_ICE_SESSION_PROVIDER (object);

  self->kind->free (self->source);
  g_clear_pointer (&self->identity, gst_ice_identity_unref);
  g_clear_pointer (&self->clock, gst_ice_clock_unref);

  G_OBJECT_CLASS (gst_ice_session_provider_parent_class)->finalize (object);
}

static void
gst_ice_session_provider_class_init (GstIceSessionProviderClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_ice_session_provider_finalize;
}

static void
gst_ice_session_provider_init (GstIceSessionProvider * self)
{
}

GstIceCredentialsProvider *
gst_ice_session_provider_new (GstIceClock * clock,
    const GstIceSessionSource * kind, gpointer source)
{
  GstIceSessionProvider *self =
      g_object_new (GST_TYPE_ICE_SESSION_PROVIDER, NULL);

  self->clock = gst_ice_clock_ref (clock);
  self->kind = kind;
  self->source = source;

  return GST_ICE_CREDENTIALS_PROVIDER (self);
}
