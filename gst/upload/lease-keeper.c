/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The lease keeper; see the header.
 *
 * States, changed in set_state() only:
 *
 *   idle ──▶ asking ──▶ promised ──▶ idle      the application gives one
 *     │         └─────▶ calling ───▶ idle      ICE gives one
 *     └───────────────▶ calling
 *   calling ─▶ waiting ─▶ asking or calling    an attempt failed
 *
 * One timer serves the renewal (idle), the next attempt (waiting) and the end
 * of patience (promised). */

#include "upload/lease-keeper.h"

#include <gst/gst.h>

#include "common/log.h"
#include "upload/retry-policy.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_LEASE)

typedef enum
{
  KEEPER_IDLE,                  /* nothing to do until the timer says to
                                 * renew */
  KEEPER_ASKING,                /* the application has been asked and has not
                                 * answered */
  KEEPER_PROMISED,              /* the application has promised a credential */
  KEEPER_CALLING,               /* RefreshUploadMedia is on its way */
  KEEPER_WAITING,               /* an attempt failed, the timer says when to
                                 * try again */
} KeeperState;

struct _GstIceLeaseKeeper
{
  GstIceMediaClient *client;    /* (owned) */
  GstIceClock *clock;           /* (owned) */
  gchar *media_id;
  gint64 retry_timeout_us;
  GstIceLeaseKeeperCallbacks callbacks;
  gpointer user_data;

  KeeperState state;
  GstIceLease *lease;           /* (nullable) (owned) */
  gboolean refused;             /* lease was refused before its end */
  guint generation;
  const gchar *reason;          /* why a lease is wanted, static */
  GSource *timer;               /* (nullable) (owned) */
  GCancellable *cancellable;    /* (owned) of the call */
  gint64 wanted_since_us;       /* a lease is wanted, none lives; or -1 */
  GstIceRetryHistory history;
  GError *last_error;           /* (nullable) (owned) of the last attempt */
};

GstIceLeaseKeeper *
gst_ice_lease_keeper_new (GstIceMediaClient * client, GstIceClock * clock,
    const gchar * media_id, gint64 retry_timeout_us,
    const GstIceLeaseKeeperCallbacks * callbacks, gpointer user_data)
{
  GstIceLeaseKeeper *self = g_new0 (GstIceLeaseKeeper, 1);

  self->client = gst_ice_media_client_ref (client);
  self->clock = gst_ice_clock_ref (clock);
  self->media_id = g_strdup (media_id);
  self->retry_timeout_us = retry_timeout_us;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->wanted_since_us = -1;
  self->reason = "start";

  return self;
}

static void
stop_timer (GstIceLeaseKeeper * self)
{
  if (self->timer == NULL)
    return;

  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

void
gst_ice_lease_keeper_free (GstIceLeaseKeeper * self)
{
  stop_timer (self);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->lease, gst_ice_lease_unref);
  g_clear_error (&self->last_error);
  gst_ice_media_client_unref (self->client);
  gst_ice_clock_unref (self->clock);
  g_free (self->media_id);
  g_free (self);
}

static const gchar *
get_state_name (KeeperState state)
{
  static const gchar *const names[] =
      { "idle", "asking", "promised", "calling", "waiting" };

  return names[state];
}

static void
set_state (GstIceLeaseKeeper * self, KeeperState state)
{
  GST_DEBUG ("%s: %s to %s", self->media_id, get_state_name (self->state),
      get_state_name (state));
  self->state = state;
}

static gint64
get_now (GstIceLeaseKeeper * self)
{
  return gst_ice_clock_get_monotonic (self->clock);
}

GstIceLease *
gst_ice_lease_keeper_get_lease (GstIceLeaseKeeper * self)
{
  if (self->lease == NULL || self->refused
      || get_now (self) >= self->lease->expires_us)
    return NULL;

  return self->lease;
}

guint
gst_ice_lease_keeper_get_generation (GstIceLeaseKeeper * self)
{
  return self->generation;
}

static gboolean on_timer (gpointer user_data);

static void
start_timer (GstIceLeaseKeeper * self, gint64 delay_us)
{
  stop_timer (self);
  self->timer =
      gst_ice_clock_timeout_source_new (self->clock, MAX (delay_us, 0));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/* Time left to get a lease while none lives, or -1 if it never ends. */
static gint64
get_patience (GstIceLeaseKeeper * self)
{
  if (self->retry_timeout_us < 0)
    return -1;
  if (self->wanted_since_us < 0)
    return self->retry_timeout_us;

  return MAX (0,
      self->wanted_since_us + self->retry_timeout_us - get_now (self));
}

/* Starts to count against the patience when no lease lives. */
static void
note_wanted (GstIceLeaseKeeper * self)
{
  if (self->wanted_since_us < 0
      && gst_ice_lease_keeper_get_lease (self) == NULL)
    self->wanted_since_us = get_now (self);
}

/* A call that is still under way has become pointless. */
static void
cancel_call (GstIceLeaseKeeper * self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

static void
take_up (GstIceLeaseKeeper * self, GstIceLease * lease)
{
  gint64 life = lease->expires_us - lease->issued_us;
  gint64 renew_at = lease->issued_us
      + gst_ice_retry_policy_get_renewal (life, g_random_double ());

  g_clear_pointer (&self->lease, gst_ice_lease_unref);
  self->lease = gst_ice_lease_ref (lease);
  self->refused = FALSE;
  self->generation++;
  self->wanted_since_us = -1;
  self->history = (GstIceRetryHistory) { 0 };
  g_clear_error (&self->last_error);
  cancel_call (self);

  GST_INFO ("%s: lease %u lives for %.1f s, renewed in %.1f s",
      self->media_id, self->generation,
      (lease->expires_us - get_now (self)) / (gdouble) G_USEC_PER_SEC,
      (renew_at - get_now (self)) / (gdouble) G_USEC_PER_SEC);

  set_state (self, KEEPER_IDLE);
  start_timer (self, renew_at - get_now (self));
  self->callbacks.leased (lease, self->user_data);
}

/* TRUE if waiting can't cure @error. Once there has been a lease, an identity
 * that is absent, or refused, may come back: it was there. Before that, and for
 * anything else, what is final stays so. */
static gboolean
is_final (GstIceLeaseKeeper * self, const GError * error,
    GstIceRetryAction action)
{
  if (self->generation == 0 && gst_ice_retry_policy_leads_astray (error,
          &self->history, get_now (self)))
    return TRUE;

  return action == GST_ICE_RETRY_FAIL && (self->generation == 0
      || !gst_ice_error_is (error, GST_ICE_ERROR_NOT_AUTHORIZED));
}

/* How long until the next attempt after @error. While the old lease lives,
 * its rest is shared out among several attempts. */
static gint64
get_retry_delay (GstIceLeaseKeeper * self, const GError * error,
    GstIceRetryAction action)
{
  GstIceLease *lease = gst_ice_lease_keeper_get_lease (self);
  gint64 delay = gst_ice_retry_policy_get_delay (error,
      self->history.failures, g_random_double ());

  if (action == GST_ICE_RETRY_NOW)
    return 0;
  if (lease != NULL && action == GST_ICE_RETRY_FAIL)
    delay = MAX (delay, (lease->expires_us - get_now (self)) / 4);

  return delay;
}

static void
give_up (GstIceLeaseKeeper * self, const GError * error)
{
  stop_timer (self);
  set_state (self, KEEPER_IDLE);
  self->callbacks.failed (error, TRUE, 0, self->user_data);
}

static void
note_failure (GstIceLeaseKeeper * self, const GError * error)
{
  GstIceRetryAction action = gst_ice_retry_policy_decide (error,
      &self->history, get_now (self));
  gboolean lives = gst_ice_lease_keeper_get_lease (self) != NULL;
  gint64 delay, patience;

  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  note_wanted (self);

  patience = get_patience (self);
  if (!lives && (patience == 0 || is_final (self, error, action))) {
    give_up (self, error);
    return;
  }

  delay = get_retry_delay (self, error, action);
  if (!lives && patience > 0)
    delay = MIN (delay, patience);
  GST_WARNING ("%s: no new lease, next attempt in %.1f s: %s",
      self->media_id, delay / (gdouble) G_USEC_PER_SEC, error->message);
  set_state (self, KEEPER_WAITING);
  start_timer (self, delay);
  self->callbacks.failed (error, FALSE, delay, self->user_data);
}

typedef struct
{
  GstIceLeaseKeeper *self;      /* valid unless cancelled */
  GstIceMediaClient *client;    /* (owned) */
  GCancellable *cancellable;    /* (owned) */
} Call;

static void
on_refreshed (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *request_id = NULL;
  g_autoptr (GstIceLease) lease =
      gst_ice_media_client_refresh_upload_media_finish (call->client, result,
      &request_id, &error);

  if (!g_cancellable_is_cancelled (call->cancellable)) {
    if (lease != NULL)
      take_up (call->self, lease);
    else
      note_failure (call->self, error);
  }

  gst_ice_media_client_unref (call->client);
  g_object_unref (call->cancellable);
  g_free (call);
}

static void
call_ice (GstIceLeaseKeeper * self)
{
  Call *call = g_new (Call, 1);

  call->self = self;
  call->client = gst_ice_media_client_ref (self->client);
  call->cancellable = g_object_ref (self->cancellable);

  set_state (self, KEEPER_CALLING);
  gst_ice_media_client_refresh_upload_media_async (self->client,
      self->media_id, self->cancellable, on_refreshed, call);
}

static void
wait_for_application (GstIceLeaseKeeper * self, KeeperState state)
{
  gint64 patience = get_patience (self);
  GstIceLease *lease = gst_ice_lease_keeper_get_lease (self);

  set_state (self, state);
  if (patience < 0)
    return;
  if (lease != NULL)
    patience += lease->expires_us - get_now (self);
  start_timer (self, patience);
}

/* Starts to get a lease, unless that is under way. */
static void
fetch (GstIceLeaseKeeper * self, const gchar * reason)
{
  self->reason = reason;
  stop_timer (self);
  note_wanted (self);

  if (self->callbacks.ask (reason, self->user_data))
    wait_for_application (self, KEEPER_ASKING);
  else
    call_ice (self);
}

static void
miss_promise (GstIceLeaseKeeper * self)
{
  g_autoptr (GError) error =
      gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
      "The application promised an upload credential for %s and did not"
      " provide one: call provide-upload-credential, or return FALSE from"
      " request-upload-credential", self->media_id);

  give_up (self, error);
}

static gboolean
on_timer (gpointer user_data)
{
  GstIceLeaseKeeper *self = user_data;

  stop_timer (self);
  switch (self->state) {
    case KEEPER_ASKING:
    case KEEPER_PROMISED:
      miss_promise (self);
      break;
    case KEEPER_IDLE:
      fetch (self, "expiring");
      break;
    case KEEPER_WAITING:
    case KEEPER_CALLING:       /* then there is no timer */
      fetch (self, self->reason);
      break;
  }

  return G_SOURCE_REMOVE;
}

void
gst_ice_lease_keeper_start (GstIceLeaseKeeper * self)
{
  if (self->state == KEEPER_IDLE && self->lease == NULL)
    fetch (self, "start");
}

void
gst_ice_lease_keeper_provide (GstIceLeaseKeeper * self, GstIceLease * lease)
{
  take_up (self, lease);
}

void
gst_ice_lease_keeper_answer (GstIceLeaseKeeper * self, gboolean promised)
{
  if (self->state != KEEPER_ASKING)
    return;

  if (promised) {
    set_state (self, KEEPER_PROMISED);
  } else {
    stop_timer (self);
    call_ice (self);
  }
}

void
gst_ice_lease_keeper_refused (GstIceLeaseKeeper * self, GstIceLease * lease)
{
  gboolean expired;

  if (lease != self->lease || self->refused)
    return;

  expired = get_now (self) >= lease->expires_us;
  GST_WARNING ("%s: lease %u was refused%s", self->media_id,
      self->generation, expired ? "" : " before its end");
  self->refused = TRUE;
  note_wanted (self);

  /* A renewal that is under way serves as well; one that waits does not, and a
   * promise has less time from now on. */
  if (self->state == KEEPER_IDLE || self->state == KEEPER_WAITING)
    fetch (self, expired ? "expired" : "refused");
  else if (self->state != KEEPER_CALLING && self->retry_timeout_us >= 0)
    start_timer (self, get_patience (self));
}
