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

#include "common/error.h"
#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_CREDENTIALS)

/* As the official SDKs do. */
#define RENEWAL_MARGIN_US (180 * (gint64) G_USEC_PER_SEC)

typedef struct
{
  GstIceClock *clock;           /* (owned) */
  GstIceIdentity *identity;     /* (owned) (nullable): kept */
  GList *waiters;               /* (owned) (element-type Waiter) */
  GCancellable *fetching;       /* (owned) (nullable): of the fetch */
} GstIceSessionProviderPrivate;

typedef struct
{
  GTask *task;                  /* (owned) */
  GSource *cancelled;           /* (owned) (nullable) */
} Waiter;

static void provider_init (GstIceCredentialsProviderInterface * iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstIceSessionProvider,
    gst_ice_session_provider, G_TYPE_OBJECT,
    G_ADD_PRIVATE (GstIceSessionProvider)
    G_IMPLEMENT_INTERFACE (GST_TYPE_ICE_CREDENTIALS_PROVIDER, provider_init))

static GstIceSessionProviderPrivate *
get_private (GstIceSessionProvider * self)
{
  return gst_ice_session_provider_get_instance_private (self);
}

static const gchar *
get_name (GstIceCredentialsProvider * provider)
{
  return GST_ICE_SESSION_PROVIDER_GET_CLASS (provider)->name;
}

/* TRUE if an identity is kept that lives longer than @margin_us. */
static gboolean
has_identity (GstIceSessionProviderPrivate * priv, gint64 margin_us)
{
  return priv->identity != NULL
      && gst_ice_identity_get_expires (priv->identity) -
      gst_ice_clock_get_monotonic (priv->clock) > margin_us;
}

static void
return_identity (GTask * task, GstIceIdentity * identity)
{
  g_task_return_pointer (task, gst_ice_identity_ref (identity),
      (GDestroyNotify) gst_ice_identity_unref);
}

/* --- Those who wait --- */

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
  GstIceSessionProviderPrivate *priv =
      get_private (g_task_get_source_object (task));

  priv->waiters = g_list_remove (priv->waiters, waiter);
  waiter_free (waiter);
  if (priv->waiters == NULL)
    g_cancellable_cancel (priv->fetching);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

/* @task: (transfer full) */
static void
add_waiter (GstIceSessionProviderPrivate * priv, GTask * task)
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
  priv->waiters = g_list_append (priv->waiters, waiter);
}

/* Those who wait now; others may come while they are answered. */
static void
answer_waiters (GstIceSessionProviderPrivate * priv,
    GstIceIdentity * identity, const GError * error)
{
  GList *waiters = g_steal_pointer (&priv->waiters);
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

/* --- The fetch --- */

static void start_fetch (GstIceSessionProvider * self);

static void
keep (GstIceSessionProviderPrivate * priv, GstIceIdentity * identity)
{
  g_clear_pointer (&priv->identity, gst_ice_identity_unref);
  if (gst_ice_identity_get_expires (identity) >= 0)
    priv->identity = gst_ice_identity_ref (identity);
}

static void
fetch_failed (GstIceSessionProvider * self, const GError * error)
{
  GstIceSessionProviderPrivate *priv = get_private (self);

  if (!has_identity (priv, 0)) {
    answer_waiters (priv, NULL, error);
    return;
  }

  GST_WARNING_OBJECT (self, "%s: going on with the identity that there is: %s",
      get_name (GST_ICE_CREDENTIALS_PROVIDER (self)), error->message);
  answer_waiters (priv, priv->identity, NULL);
}

static void
on_fetched (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GstIceSessionProvider *self = GST_ICE_SESSION_PROVIDER (source);
  GstIceSessionProviderPrivate *priv = get_private (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceIdentity) identity =
      g_task_propagate_pointer (G_TASK (result), &error);
  gboolean was_cancelled = g_cancellable_is_cancelled (priv->fetching);

  g_clear_object (&priv->fetching);
  if (identity != NULL) {
    keep (priv, identity);
    answer_waiters (priv, identity, NULL);
  } else if (was_cancelled && priv->waiters != NULL) {
    /* They came after the fetch had been given up. */
    start_fetch (self);
  } else {
    fetch_failed (self, error);
  }
}

static void
start_fetch (GstIceSessionProvider * self)
{
  GstIceSessionProviderPrivate *priv = get_private (self);
  GTask *task;

  priv->fetching = g_cancellable_new ();
  task = g_task_new (self, priv->fetching, on_fetched, NULL);
  g_task_set_source_tag (task, start_fetch);
  GST_ICE_SESSION_PROVIDER_GET_CLASS (self)->fetch (self, task);
}

void
gst_ice_session_provider_return (GTask * task, GstIceIdentity * identity)
{
  g_task_return_pointer (task, identity,
      (GDestroyNotify) gst_ice_identity_unref);
}

/* --- The interface --- */

static void
get_identity_async (GstIceCredentialsProvider * provider,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GstIceSessionProvider *self = GST_ICE_SESSION_PROVIDER (provider);
  GstIceSessionProviderPrivate *priv = get_private (self);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback,
      user_data);

  g_task_set_source_tag (task, get_identity_async);
  if (has_identity (priv, RENEWAL_MARGIN_US)) {
    return_identity (task, priv->identity);
    return;
  }

  add_waiter (priv, g_steal_pointer (&task));
  if (priv->fetching == NULL)
    start_fetch (self);
}

static void
invalidate (GstIceCredentialsProvider * provider, GstIceIdentity * identity)
{
  GstIceSessionProviderPrivate *priv =
      get_private (GST_ICE_SESSION_PROVIDER (provider));

  if (identity == priv->identity)
    g_clear_pointer (&priv->identity, gst_ice_identity_unref);
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
  GstIceSessionProviderPrivate *priv =
      get_private (GST_ICE_SESSION_PROVIDER (object));

  g_clear_pointer (&priv->identity, gst_ice_identity_unref);
  g_clear_pointer (&priv->clock, gst_ice_clock_unref);

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

void
gst_ice_session_provider_set_clock (GstIceSessionProvider * provider,
    GstIceClock * clock)
{
  GstIceSessionProviderPrivate *priv = get_private (provider);

  g_return_if_fail (priv->clock == NULL);

  priv->clock = gst_ice_clock_ref (clock);
}
