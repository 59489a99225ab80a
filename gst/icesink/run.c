/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The run; see the header. Its phases, changed in set_phase() only:
 *
 *   OPENING ──▶ LATE
 *      │         │
 *      ├─────────┤
 *      ▼         │
 *   RESTORING ◀──┤
 *      │         │
 *   RECORDING    │  of the phases above and ENDING, each may come to ENDED,
 *      │         │  and each with a recording to ENDING
 *   ENDING       │
 *      │         │
 *    ENDED ◀─────┘
 *      │
 *    QUIET ──▶ ABANDONED
 *      │           │
 *    CLOSED ◀──────┘
 *
 * How it ended is told by a GstIceRunEnd: FAILED from the moment on at which
 * nothing more is recorded because of a failure, the others from ENDED on. A
 * run that was cut off by stop-timeout ends with none of them, until
 * judge_stop() says what that means.
 *
 * Protected by: lock, for what is marked so. It is never held while a callback
 * runs, something is posted, or the disk or the network is waited for.
 *
 * Ownership goes one way: the run owns the recording and the upload. The
 * upload's events carry the run as their user data; they end with CLOSED,
 * which gst_ice_run_stop() waits for, or leaves a reference for, so the run
 * outlives them. */

#include "icesink/run.h"

#include "common/error.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/ticker.h"
#include "credentials/identity-check.h"
#include "icesink/content-type.h"
#include "icesink/media-claim.h"
#include "icesink/reporter.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_SINK)

/* How often it is seen to what is due. Each time costs a sink among hundreds
 * more than it looks, since all that it touches has left the cache. */
#define MIN_TICK_US (G_USEC_PER_SEC / 4)
#define MAX_TICK_US G_USEC_PER_SEC

/* How late a part may be sealed, as a share of its age, between the two. */
#define AGE_TOLERANCE 10

/* What the disk has: at the start, until the state change goes on without it
 * (what is local is looked for no longer either), and to the end of a stop, even
 * if the network has taken all of stop-timeout: what is in memory alone has to
 * go there. */
#define DISK_TIMEOUT_US (3 * G_USEC_PER_SEC)

/* How long the service has from the start to accept anything: long enough for a
 * connection or two that stall, but within these. */
#define LEAST_FIRST_ANSWER_US (2 * G_USEC_PER_SEC)
#define MOST_FIRST_ANSWER_US (5 * G_USEC_PER_SEC)

/* A kernel that has no memory for so long may never have any. */
#define STARVED_US (10 * G_USEC_PER_SEC)

/* In place of a deadline, on the streaming thread. */
#define UNTIL_UNLOCK (-1)

typedef enum
{
  GST_ICE_RUN_END_NONE,
  GST_ICE_RUN_END_COMPLETE,
  GST_ICE_RUN_END_FAILED,
  GST_ICE_RUN_END_STOPPED,
} GstIceRunEnd;

struct _GstIceRun
{
  gatomicrefcount ref_count;
  GstElement *element;          /* (unowned) */
  GstIceSettings settings;      /* (owned) */
  GstIceRecordingConfig config;
  GstIceRunRequestFunc request; /* (nullable) */
  gboolean hopeful;             /* an identity may be found */
  gint64 start_us;
  GstIceClock *clock;           /* (owned) */
  GstIceNetworkThread *thread;  /* (owned) */
  GstIceUpload *upload;         /* (owned) */
  GstIceLegacy *legacy;         /* (owned) */
  GstIceReporter *reporter;     /* (owned) */

  /* streaming thread only */
  GstIceFate fate;              /* UNREAD before the first byte */
  GstCaps *caps;                /* (nullable) (owned) */
  gboolean eos;                 /* upstream has sent it */
  gint64 starved_since_us;      /* no memory, and none to come; or 0 */

  /* network thread only */
  GstIceTick *tick;             /* (nullable) (owned) */
  GstIceTick *upkeep;           /* (nullable) (owned) of the memory of all */

  GMutex lock;
  GCond changed;
  GstIceRecording *recording;   /* (nullable) (owned) protected by lock, like
                                 * all below; from RESTORING on */
  GstIceRunPhase phase;
  GstIceRunEnd end;
  gchar *claim;                 /* (nullable) (owned) to the media asset */
  GError *open_error;           /* (nullable) (owned) for gst_ice_run_start() */
  gboolean flushing;
};

static void
finalize (GstIceRun * self)
{
  g_clear_pointer (&self->claim, gst_ice_media_claim_drop);
  gst_clear_caps (&self->caps);
  gst_ice_reporter_free (self->reporter);
  gst_ice_legacy_free (self->legacy);
  gst_ice_upload_unref (self->upload);
  g_clear_pointer (&self->recording, gst_ice_recording_unref);
  gst_ice_network_thread_release (self->thread);
  gst_ice_clock_unref (self->clock);
  gst_ice_settings_clear (&self->settings);
  g_clear_error (&self->open_error);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GST_ICE_DEFINE_COUNTED (GstIceRun, gst_ice_run, finalize)

/* ---- phases ---- */

gboolean
gst_ice_run_phase_can_follow (GstIceRunPhase from, GstIceRunPhase to)
{
  static const guint followers[] = {
    [GST_ICE_RUN_OPENING] = 1 << GST_ICE_RUN_LATE
        | 1 << GST_ICE_RUN_RESTORING | 1 << GST_ICE_RUN_ENDED,
    [GST_ICE_RUN_LATE] = 1 << GST_ICE_RUN_RESTORING | 1 << GST_ICE_RUN_ENDED,
    [GST_ICE_RUN_RESTORING] = 1 << GST_ICE_RUN_RECORDING
        | 1 << GST_ICE_RUN_ENDING | 1 << GST_ICE_RUN_ENDED,
    [GST_ICE_RUN_RECORDING] = 1 << GST_ICE_RUN_ENDING
        | 1 << GST_ICE_RUN_ENDED,
    [GST_ICE_RUN_ENDING] = 1 << GST_ICE_RUN_ENDED,
    [GST_ICE_RUN_ENDED] = 1 << GST_ICE_RUN_QUIET,
    [GST_ICE_RUN_QUIET] = 1 << GST_ICE_RUN_ABANDONED
        | 1 << GST_ICE_RUN_CLOSED,
    [GST_ICE_RUN_ABANDONED] = 1 << GST_ICE_RUN_CLOSED,
    [GST_ICE_RUN_CLOSED] = 0,
  };

  return (followers[from] & 1 << to) != 0;
}

/* FALSE, and no change, if the run is not in @from any more, or may not go to
 * @to from there. Call with the lock held. */
static gboolean
set_phase (GstIceRun * self, GstIceRunPhase from, GstIceRunPhase to)
{
  static const gchar *const names[] = { "opening", "late", "restoring",
    "recording", "ending", "ended", "quiet", "abandoned", "closed"
  };

  if (self->phase != from || !gst_ice_run_phase_can_follow (from, to)) {
    GST_DEBUG_OBJECT (self->element, "stays %s: not from %s to %s",
        names[self->phase], names[from], names[to]);
    return FALSE;
  }

  GST_DEBUG_OBJECT (self->element, "%s to %s", names[from], names[to]);
  self->phase = to;
  g_cond_broadcast (&self->changed);

  return TRUE;
}

/* The same, without the lock. */
static gboolean
move_phase (GstIceRun * self, GstIceRunPhase from, GstIceRunPhase to)
{
  gst_ice_lock_scope (&self->lock);

  return set_phase (self, from, to);
}

/* Waits for @phase up to @deadline_us; FALSE if that came first. */
static gboolean
wait_for (GstIceRun * self, GstIceRunPhase phase, gint64 deadline_us)
{
  gst_ice_lock_scope (&self->lock);

  while (self->phase < phase) {
    if (deadline_us == UNTIL_UNLOCK && self->flushing)
      return FALSE;
    if (deadline_us == UNTIL_UNLOCK)
      g_cond_wait (&self->changed, &self->lock);
    else if (!g_cond_wait_until (&self->changed, &self->lock, deadline_us))
      return self->phase >= phase;
  }

  return TRUE;
}

static gboolean
has_reached (GstIceRun * self, GstIceRunPhase phase)
{
  gst_ice_lock_scope (&self->lock);

  return self->phase >= phase;
}

/* From now on another run may write to the media asset. */
static void
drop_claim (GstIceRun * self)
{
  gchar *claim;

  g_mutex_lock (&self->lock);
  claim = g_steal_pointer (&self->claim);
  g_mutex_unlock (&self->lock);

  if (claim != NULL)
    gst_ice_media_claim_drop (claim);
}

/* Whoever is first says how it ended. */
static void
end (GstIceRun * self, GstIceRunEnd how)
{
  drop_claim (self);

  g_mutex_lock (&self->lock);
  if (self->end == GST_ICE_RUN_END_NONE)
    self->end = how;
  set_phase (self, self->phase, GST_ICE_RUN_ENDED);
  g_mutex_unlock (&self->lock);
}

static GstIceRunEnd
get_end (GstIceRun * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->end;
}

static void
set_failed (GstIceRun * self)
{
  gst_ice_lock_scope (&self->lock);

  self->end = GST_ICE_RUN_END_FAILED;
}

/* (nullable): NULL until the spool is open. */
static GstIceRecording *
get_recording (GstIceRun * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->recording;
}

/* ---- the network thread ---- */

static void
on_tick (gpointer user_data)
{
  GstIceRun *self = user_data;
  GstIceRecording *recording = get_recording (self);

  if (recording != NULL)
    gst_ice_recording_seal_aged (recording);
  if (!has_reached (self, GST_ICE_RUN_ENDED))
    gst_ice_reporter_tick (self->reporter);
}

/* For all sinks; whoever asks first has done it, and the others only look. */
static void
keep_up_memory (gpointer user_data)
{
  gst_ice_chunk_pool_trim ();
  gst_ice_chunk_pool_prepare ();
}

/* Often enough for the age of a part, and for what goes to the disk, of which a
 * crash loses the rest; and so that progress comes when it is due. */
static gint64
get_tick_interval (GstIceRun * self)
{
  gint64 progress = gst_ice_reporter_get_interval (self->reporter);
  gint64 age = self->config.max_part_duration_us;
  gint64 interval = MAX_TICK_US;

  if (self->settings.spool_directory != NULL)
    interval = MIN_TICK_US;
  else if (age > 0)
    interval = CLAMP (age / AGE_TOLERANCE, MIN_TICK_US, MAX_TICK_US);
  if (progress > 0)
    interval = progress / (1 + (progress - 1) / interval);

  return interval;
}

static gboolean
start_ticks (gpointer user_data)
{
  GstIceRun *self = user_data;

  if (has_reached (self, GST_ICE_RUN_QUIET))
    return G_SOURCE_REMOVE;

  self->tick = gst_ice_tick_add (get_tick_interval (self), on_tick, self);
  self->upkeep = gst_ice_tick_add (MIN_TICK_US, keep_up_memory, NULL);

  return G_SOURCE_REMOVE;
}

/* What has not ended by now is cut off. Nothing happens any more but CLOSED,
 * once the last request has returned. */
static void
quieten (GstIceRun * self)
{
  gboolean first;

  g_clear_pointer (&self->tick, gst_ice_tick_remove);
  g_clear_pointer (&self->upkeep, gst_ice_tick_remove);

  g_mutex_lock (&self->lock);
  if (self->phase < GST_ICE_RUN_ENDED)
    set_phase (self, self->phase, GST_ICE_RUN_ENDED);
  first = set_phase (self, GST_ICE_RUN_ENDED, GST_ICE_RUN_QUIET);
  g_mutex_unlock (&self->lock);

  if (first)
    gst_ice_upload_close (self->upload);
}

/* Nothing more is recorded; nobody may wait for memory that stays full. */
static void
stop_recording (GstIceRun * self)
{
  gst_ice_lock_scope (&self->lock);

  self->end = GST_ICE_RUN_END_FAILED;
  if (self->recording == NULL)
    return;
  gst_ice_recording_set_flushing (self->recording, TRUE);
  if (self->phase < GST_ICE_RUN_ENDING)
    set_phase (self, self->phase, GST_ICE_RUN_ENDING);
}

static gpointer
release (gpointer run)
{
  gst_ice_run_unref (run);

  return NULL;
}

/* The last reference joins the network thread, so it must not go on that. */
static void
handle_closed (GstIceRun * self)
{
  gboolean abandoned;

  g_mutex_lock (&self->lock);
  abandoned = self->phase == GST_ICE_RUN_ABANDONED;
  set_phase (self, self->phase, GST_ICE_RUN_CLOSED);
  g_mutex_unlock (&self->lock);

  if (abandoned)
    g_thread_unref (g_thread_new ("icesink-closed", release, self));
}

static void
on_event (const GstIceUploadEvent * event, gpointer user_data)
{
  GstIceRun *self = user_data;

  if (event->type == GST_ICE_UPLOAD_EVENT_FAILED)
    stop_recording (self);
  gst_ice_legacy_handle_event (self->legacy, event);
  gst_ice_reporter_handle_event (self->reporter, event);

  switch (event->type) {
    case GST_ICE_UPLOAD_EVENT_CONFIRMED:
      gst_ice_recording_confirmed (get_recording (self), event->part,
          event->generation);
      break;
    case GST_ICE_UPLOAD_EVENT_INTERRUPTED:
      if (get_recording (self) != NULL)
        gst_ice_recording_nudge (get_recording (self));
      break;
    case GST_ICE_UPLOAD_EVENT_FAILING:
      stop_recording (self);
      gst_ice_upload_finish (self->upload,
          gst_ice_recording_finish (get_recording (self)));
      break;
    case GST_ICE_UPLOAD_EVENT_COMPLETE:
      end (self, GST_ICE_RUN_END_COMPLETE);
      break;
    case GST_ICE_UPLOAD_EVENT_FAILED:
      end (self, GST_ICE_RUN_END_FAILED);
      break;
    case GST_ICE_UPLOAD_EVENT_STOPPED:
      end (self, GST_ICE_RUN_END_STOPPED);
      quieten (self);
      break;
    case GST_ICE_UPLOAD_EVENT_CLOSED:
      handle_closed (self);
      break;
    default:
      break;
  }
}

typedef struct
{
  GstIceRun *self;              /* (owned) */
  const gchar *reason;          /* static */
} Request;

static void
emit_request (GstElement * element, gpointer user_data)
{
  Request *request = user_data;
  GstIceRun *self = request->self;

  gst_ice_upload_answer (self->upload,
      self->request (element, self->settings.media_id, request->reason));
}

static void
free_request (gpointer user_data)
{
  Request *request = user_data;

  gst_ice_run_unref (request->self);
  g_free (request);
}

static gboolean
on_ask (const gchar * reason, gpointer user_data)
{
  GstIceRun *self = user_data;
  Request *request;

  if (self->request == NULL)
    return FALSE;

  request = g_new (Request, 1);
  request->self = gst_ice_run_ref (self);
  request->reason = reason;
  if (gst_ice_reporter_call (self->reporter, emit_request, request,
          free_request))
    return TRUE;

  free_request (request);

  return FALSE;
}

static const GstIceUploadCallbacks upload_callbacks = { on_event, on_ask };

/* ---- the beginning ---- */

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  GstIceRun *self = user_data;

  gst_ice_upload_push (self->upload, part);
}

static void
log_limits (GstIceRun * self, guint64 max_object_size)
{
  GST_INFO_OBJECT (self->element, "media id %s: parts of %" G_GUINT64_FORMAT
      " to %" G_GUINT64_FORMAT " bytes, objects up to %" G_GUINT64_FORMAT
      " bytes", self->settings.media_id, self->config.plan.part_size,
      self->config.plan.max_part_size, max_object_size);
}

/* FALSE if the user has asked for an identity that isn't there. @hopeful: (out):
 * FALSE if it is certain that none will be found. What an earlier run left may
 * need none. */
static gboolean
check_identity (const GstIceSettings * settings,
    const GstIceUploadConfig * config, GstIceRunRequestFunc request,
    gboolean * hopeful, GError ** error)
{
  *hopeful = request != NULL || config->identity != NULL
      || config->first_lease != NULL
      || settings->resume == GST_ICE_RESUME_ONLY;
  if (*hopeful)
    return TRUE;

  *hopeful = gst_ice_identity_sources_may_have_any (config->sources);

  return settings->profile == NULL
      || gst_ice_identity_sources_check_profile (config->sources, error);
}

GstIceRun *
gst_ice_run_new (GstElement * element, const GstIceSettings * settings,
    GstIceOutbox * outbox, GstIceRunRequestFunc request, GError ** error)
{
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  g_autoptr (GstIceUploadConfig) upload_config = NULL;
  GstIceRecordingConfig config;
  GstIceRun *self;
  guint64 max_object_size;
  gboolean hopeful;

  upload_config = gst_ice_settings_get_upload_config (settings, clock, error);
  if (upload_config == NULL
      || !gst_ice_settings_get_recording_config (settings, &config, error)
      || !check_identity (settings, upload_config, request, &hopeful, error))
    return NULL;

  max_object_size = gst_ice_part_plan_get_ceiling (&config.plan);
  self = g_new0 (GstIceRun, 1);
  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->element = element;
  gst_ice_settings_copy (settings, &self->settings);
  self->config = config;
  self->request = request;
  self->hopeful = hopeful;
  self->start_us = g_get_monotonic_time ();
  self->clock = g_steal_pointer (&clock);
  self->thread = gst_ice_network_thread_acquire ();
  self->upload = gst_ice_upload_new (g_steal_pointer (&upload_config),
      self->clock, self->thread, &upload_callbacks, self);
  self->legacy = gst_ice_legacy_new (settings, self->upload);
  self->reporter = gst_ice_reporter_new (element, settings, outbox,
      self->clock, self->upload, self->legacy, max_object_size);
  if (settings->content_type != NULL)
    gst_ice_upload_set_content_type (self->upload, settings->content_type);
  log_limits (self, max_object_size);

  return self;
}

/* FALSE if nobody waits for it any more. */
static gboolean
publish_recording (GstIceRun * self, GstIceRecording * recording)
{
  gst_ice_lock_scope (&self->lock);

  if (!set_phase (self, self->phase, GST_ICE_RUN_RESTORING))
    return FALSE;

  self->recording = gst_ice_recording_ref (recording);
  gst_ice_recording_set_flushing (recording, self->flushing);
  gst_ice_reporter_set_recording (self->reporter, recording);
  /* With the lock held, so that it comes before what ends it. */
  gst_ice_network_thread_invoke (self->thread, start_ticks,
      gst_ice_run_ref (self), (GDestroyNotify) gst_ice_run_unref);

  return TRUE;
}

/* What an earlier run left is known now: the upload begins. */
static void
begin_upload (GstIceRun * self)
{
  gst_ice_upload_start (self->upload);
  move_phase (self, GST_ICE_RUN_RESTORING, GST_ICE_RUN_RECORDING);
}

static void
on_arrived (GstIcePart * part, const gchar * etag, gpointer user_data)
{
  GstIceRun *self = user_data;

  gst_ice_upload_add_arrived (self->upload, part, etag);
}

/* Reads what is left, part by part, and lets the upload begin with that. */
static void
restore_job (GstIceSpool * spool, gpointer user_data)
{
  GstIceRun *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (!gst_ice_recording_verify_next (self->recording, spool, &done,
          on_arrived, self, &error)) {
    g_prefix_error_literal (&error, "The earlier recording: ");
    gst_ice_upload_fail (self->upload, g_steal_pointer (&error));
  } else if (!done) {
    gst_ice_spool_run (spool, restore_job, gst_ice_run_ref (self),
        (GDestroyNotify) gst_ice_run_unref);
    return;
  }

  begin_upload (self);
}

static void
begin (GstIceRun * self)
{
  g_autoptr (GstIceSpool) spool = gst_ice_legacy_ref_spool (self->legacy);
  gboolean resumed = gst_ice_legacy_resume_upload (self->legacy);

  if (gst_ice_legacy_get_base (self->legacy) > 0)
    gst_ice_spool_run (spool, restore_job, gst_ice_run_ref (self),
        (GDestroyNotify) gst_ice_run_unref);
  else if (resumed
      || gst_ice_legacy_get_fate (self->legacy) != GST_ICE_FATE_DISCARD)
    begin_upload (self);
  else
    end (self, GST_ICE_RUN_END_STOPPED);
}

/* FALSE, with nothing left to close, if that can't be. @spool: (nullable) */
static gboolean
open_recording (GstIceRun * self, GstIceSpool * spool, GError ** error)
{
  GstIceRecordingConfig config = self->config;
  g_autoptr (GstIceRecording) recording = NULL;

  if (!gst_ice_legacy_read (self->legacy, spool, &config, error))
    return FALSE;

  recording = gst_ice_recording_new (&config, self->clock, on_sealed, self);
  if (!gst_ice_legacy_restore (self->legacy, recording, error))
    return FALSE;

  if (publish_recording (self, recording))
    begin (self);
  else
    gst_ice_legacy_let_go (self->legacy);

  return TRUE;
}

/* Leaves the error to whoever waits for it, or tells the application.
 * @error: (transfer full) */
static void
fail_to_open (GstIceRun * self, GError * error)
{
  gboolean awaited;

  drop_claim (self);
  gst_ice_legacy_let_go (self->legacy);
  g_mutex_lock (&self->lock);
  awaited = set_phase (self, GST_ICE_RUN_OPENING, GST_ICE_RUN_ENDED);
  self->end = GST_ICE_RUN_END_FAILED;
  if (awaited)
    self->open_error = error;
  g_mutex_unlock (&self->lock);

  if (!awaited)
    gst_ice_upload_fail (self->upload, error);
}

static gpointer
open_in_thread (gpointer user_data)
{
  g_autoptr (GstIceRun) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceSpool) spool =
      gst_ice_settings_open_spool (&self->settings, &error);

  if (spool == NULL || !open_recording (self, spool, &error))
    fail_to_open (self, g_steal_pointer (&error));

  return NULL;
}

/* Opens the spool that the settings name. */
static void
open_spool (GstIceRun * self)
{
  g_thread_unref (g_thread_new ("icesink-spool", open_in_thread,
          gst_ice_run_ref (self)));
  if (wait_for (self, GST_ICE_RUN_RESTORING,
          g_get_monotonic_time () + DISK_TIMEOUT_US))
    return;

  GST_WARNING_OBJECT (self->element, "%s does not answer; the stream waits",
      self->settings.spool_directory);
  move_phase (self, GST_ICE_RUN_OPENING, GST_ICE_RUN_LATE);
}

/* FALSE if there is one. */
static gboolean
take_open_error (GstIceRun * self, GError ** error)
{
  gst_ice_lock_scope (&self->lock);

  if (self->open_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&self->open_error));

  return FALSE;
}

gboolean
gst_ice_run_start (GstIceRun * self, GstIceSpool * spool, GError ** error)
{
  g_autoptr (GstIceSpool) given = spool;
  g_autoptr (GError) open_error = NULL;

  self->claim = gst_ice_media_claim_take (&self->settings, &open_error);
  if (self->claim == NULL)
    fail_to_open (self, g_steal_pointer (&open_error));
  else if (given == NULL && self->settings.spool_directory != NULL)
    open_spool (self);
  else if (!open_recording (self, given, &open_error))
    fail_to_open (self, g_steal_pointer (&open_error));
  if (self->hopeful)
    return take_open_error (self, error);

  wait_for (self, GST_ICE_RUN_ENDED,
      g_get_monotonic_time () + DISK_TIMEOUT_US);

  return take_open_error (self, error) && !gst_ice_run_is_failing (self);
}

/* ---- the streaming thread ---- */

void
gst_ice_run_set_flushing (GstIceRun * self, gboolean flushing)
{
  gst_ice_lock_scope (&self->lock);

  self->flushing = flushing;
  g_cond_broadcast (&self->changed);
  if (self->recording != NULL)
    gst_ice_recording_set_flushing (self->recording, flushing
        || self->end == GST_ICE_RUN_END_FAILED);
}

gboolean
gst_ice_run_is_failing (GstIceRun * self)
{
  return get_end (self) == GST_ICE_RUN_END_FAILED;
}

/* The end of the upload as a flow return, once the application knows of it. */
static GstFlowReturn
report_end (GstIceRun * self)
{
  if (!wait_for (self, GST_ICE_RUN_ENDED, UNTIL_UNLOCK)
      || !gst_ice_reporter_deliver (self->reporter))
    return GST_FLOW_FLUSHING;

  return gst_ice_run_is_failing (self) ? GST_FLOW_ERROR : GST_FLOW_OK;
}

void
gst_ice_run_fail (GstIceRun * self, GError * error)
{
  g_autoptr (GError) owned = error;

  if (!has_reached (self, GST_ICE_RUN_ENDED)) {
    stop_recording (self);
    gst_ice_upload_fail (self->upload, g_steal_pointer (&owned));
  } else if (!gst_ice_run_is_failing (self)) {
    set_failed (self);
    gst_ice_reporter_post_error (self->reporter, owned);
  }
}

static GstFlowReturn
fail (GstIceRun * self, GError * error)
{
  gst_ice_run_fail (self, error);

  return report_end (self);
}

/* What becomes of what an earlier run left, now that it is known whether a
 * stream comes. */
static GstIceFate
decide (GstIceRun * self, gboolean stream_comes)
{
  if (self->fate != GST_ICE_FATE_UNREAD)
    return self->fate;

  self->fate = gst_ice_legacy_decide (self->legacy,
      stream_comes ? self->caps : NULL);
  if (self->fate == GST_ICE_FATE_NEW && self->caps != NULL
      && self->settings.content_type == NULL) {
    const gchar *type = gst_ice_content_type_from_caps (self->caps);

    gst_ice_upload_set_content_type (self->upload, type);
    gst_ice_reporter_set_content_type (self->reporter, type);
  }

  return self->fate;
}

static gboolean
open_finalize (gpointer user_data)
{
  GstIceRun *self = user_data;

  if (!has_reached (self, GST_ICE_RUN_ENDED))
    gst_ice_reporter_open_finalize (self->reporter);

  return G_SOURCE_REMOVE;
}

/* Hands over the rest of the recording, once. */
static void
finish (GstIceRun * self)
{
  if (!move_phase (self, GST_ICE_RUN_RECORDING, GST_ICE_RUN_ENDING))
    return;

  GST_DEBUG_OBJECT (self->element, "draining");
  /* On the network thread, so that it stays ahead of what ends it. */
  gst_ice_network_thread_invoke (self->thread, open_finalize,
      gst_ice_run_ref (self), (GDestroyNotify) gst_ice_run_unref);
  gst_ice_upload_finish (self->upload,
      gst_ice_recording_finish (self->recording));
}

/* Completes what there is, and waits for that. */
static GstFlowReturn
complete (GstIceRun * self)
{
  if (!wait_for (self, GST_ICE_RUN_RECORDING, UNTIL_UNLOCK))
    return GST_FLOW_FLUSHING;
  if (decide (self, FALSE) != GST_ICE_FATE_DISCARD)
    finish (self);

  return report_end (self);
}

/* The earlier recording is complete, and that was all. */
static GstFlowReturn
refuse_stream (GstIceRun * self)
{
  GstFlowReturn ret = complete (self);

  if (ret != GST_FLOW_OK)
    return ret;
  if (self->settings.resume == GST_ICE_RESUME_ONLY)
    return GST_FLOW_EOS;

  return fail (self, gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
          "The spool held %" G_GUINT64_FORMAT " bytes of an earlier recording,"
          " which is uploaded and complete now; streams of this format can't be"
          " appended, so this one was not taken: start again with another"
          " media-id", gst_ice_legacy_get_base (self->legacy)));
}

/* GST_FLOW_OK if the stream is taken. What that depends on is settled once:
 * each write comes by here, and many are small. */
static GstFlowReturn
take_stream (GstIceRun * self)
{
  gboolean is_settled = self->fate != GST_ICE_FATE_UNREAD;

  if (!is_settled && !wait_for (self, GST_ICE_RUN_RESTORING, UNTIL_UNLOCK))
    return GST_FLOW_FLUSHING;
  if (gst_ice_run_is_failing (self))
    return report_end (self);

  switch (decide (self, TRUE)) {
    case GST_ICE_FATE_FINISH:
    case GST_ICE_FATE_DISCARD:
      return refuse_stream (self);
    default:
      if (!is_settled)
        gst_ice_reporter_note_first_byte (self->reporter);
      return GST_FLOW_OK;
  }
}

/* TRUE if memory has been full for a while, and not because of the network, so
 * that it may never have room again. */
static gboolean
is_starved (GstIceRun * self)
{
  gint64 now = g_get_monotonic_time ();

  if (!gst_ice_recording_is_starved (self->recording))
    self->starved_since_us = 0;
  else if (self->starved_since_us == 0)
    self->starved_since_us = now;

  return self->starved_since_us > 0
      && now - self->starved_since_us >= STARVED_US;
}

/* With overflow=error. (transfer full) */
static GError *
new_overflow_error (GstIceRun * self)
{
  g_autoptr (GError) spool =
      gst_ice_recording_get_spool_error (self->recording);

  if (spool != NULL)
    return gst_ice_error_new (GST_ICE_ERROR_NO_SPACE, "The spool takes nothing"
        " any more (%s), and memory is full, %" G_GUINT64_FORMAT " bytes: give"
        " the spool more room, set a larger max-memory, or overflow=block",
        spool->message, self->config.max_memory);

  return gst_ice_error_new (GST_ICE_ERROR_NO_SPACE, "Memory is full, %"
      G_GUINT64_FORMAT " bytes: the network takes less than is recorded; set a"
      " larger max-memory, a spool-directory, or overflow=block",
      self->config.max_memory);
}

static GstFlowReturn
handle_full (GstIceRun * self)
{
  if (self->settings.overflow == GST_ICE_OVERFLOW_ERROR
      && gst_ice_recording_is_full (self->recording,
          gst_ice_reporter_is_interrupted (self->reporter)))
    return fail (self, new_overflow_error (self));

  if (is_starved (self))
    return fail (self, gst_ice_error_new (GST_ICE_ERROR_NO_SPACE,
            "The system gives this process no memory for what is recorded: %"
            G_GUINT64_FORMAT " of the %" G_GUINT64_FORMAT " bytes of max-memory"
            " are in use; raise its limits, or end other programs",
            gst_ice_recording_get_memory_used (self->recording),
            self->config.max_memory));

  GST_DEBUG_OBJECT (self->element, "memory is full, waiting");

  return gst_ice_recording_wait (self->recording) ? GST_FLOW_OK
      : GST_FLOW_FLUSHING;
}

GstFlowReturn
gst_ice_run_write (GstIceRun * self, const guint8 * data, gsize size,
    gsize * written)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn ret = take_stream (self);
  gssize n;

  if (ret != GST_FLOW_OK)
    return ret;
  while (*written < size) {
    n = gst_ice_recording_write (self->recording, data + *written,
        size - *written, &error);
    if (n < 0)
      return fail (self, g_steal_pointer (&error));
    *written += n;
    if (*written == size)
      break;

    ret = handle_full (self);
    if (ret == GST_FLOW_FLUSHING && gst_ice_run_is_failing (self))
      return report_end (self);
    if (ret != GST_FLOW_OK)
      return ret;
  }

  return GST_FLOW_OK;
}

GstFlowReturn
gst_ice_run_seek (GstIceRun * self, guint64 offset)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn ret = take_stream (self);

  if (ret != GST_FLOW_OK)
    return ret;
  if (self->settings.seekable == GST_ICE_SEEKABLE_NO)
    return fail (self, gst_ice_error_new (GST_ICE_ERROR_SEEK,
            "Upstream moves to byte %" G_GUINT64_FORMAT " in spite of"
            " seekable=no", offset));
  if (gst_ice_recording_seek (self->recording,
          gst_ice_legacy_get_base (self->legacy) + offset, &error))
    return GST_FLOW_OK;

  return fail (self, g_steal_pointer (&error));
}

GstFlowReturn
gst_ice_run_drain (GstIceRun * self)
{
  self->eos = TRUE;

  return complete (self);
}

guint64
gst_ice_run_get_position (GstIceRun * self)
{
  GstIceRecording *recording = get_recording (self);

  return recording == NULL ? 0 : gst_ice_recording_get_position (recording)
      - gst_ice_legacy_get_base (self->legacy);
}

/* ---- what the application asks for ---- */

GstStructure *
gst_ice_run_get_stats (GstIceRun * self)
{
  static const gchar *const names[] = { "stopped", "complete", "failed",
    "stopped"
  };
  gboolean ended = has_reached (self, GST_ICE_RUN_ENDED);

  return gst_ice_reporter_get_stats (self->reporter,
      ended ? names[get_end (self)] : NULL);
}

void
gst_ice_run_set_caps (GstIceRun * self, GstCaps * caps)
{
  gst_caps_replace (&self->caps, caps);
}

void
gst_ice_run_set_expected_size (GstIceRun * self, gint64 size)
{
  gst_ice_reporter_set_expected_size (self->reporter, size);
}

void
gst_ice_run_set_max_upload_bitrate (GstIceRun * self, guint64 bitrate)
{
  gst_ice_upload_set_max_bitrate (self->upload, bitrate);
}

void
gst_ice_run_checkpoint (GstIceRun * self)
{
  GstIceRecording *recording = get_recording (self);

  if (recording != NULL)
    gst_ice_recording_checkpoint (recording);
}

gboolean
gst_ice_run_provide_credential (GstIceRun * self,
    const gchar * upload_address, const gchar * upload_auth)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceLease) lease = gst_ice_lease_decode (upload_address,
      upload_auth, gst_ice_clock_get_service_time (self->clock, ""),
      gst_ice_clock_get_monotonic (self->clock), &error);

  if (lease == NULL) {
    GST_WARNING_OBJECT (self->element, "provide-upload-credential: %s",
        error->message);
    return FALSE;
  }

  gst_ice_upload_provide_lease (self->upload, lease);

  return TRUE;
}

void
gst_ice_run_provide_identity (GstIceRun * self, GstIceIdentity * identity)
{
  gst_ice_upload_provide_identity (self->upload, identity);
}

/* ---- the end ---- */

/* An earlier recording that has not been read yet, or that this run never got
 * to, is not for this run to give up. */
static GstIceEndAction
get_safe_action (GstIceRun * self, GstIceEndAction action,
    gint64 deadline_us)
{
  if (get_recording (self) == NULL
      || !wait_for (self, GST_ICE_RUN_RECORDING, deadline_us))
    return GST_ICE_END_KEEP;

  switch (gst_ice_legacy_get_fate (self->legacy)) {
    case GST_ICE_FATE_NEW:
    case GST_ICE_FATE_APPEND:
      return action;
    case GST_ICE_FATE_DISCARD:
      return GST_ICE_END_KEEP;
    default:
      return action == GST_ICE_END_ABORT ? GST_ICE_END_KEEP : action;
  }
}

static gint64
get_disk_deadline (gint64 deadline_us)
{
  return MAX (deadline_us, g_get_monotonic_time () + DISK_TIMEOUT_US);
}

typedef struct
{
  GstIceRun *self;              /* (unowned) */
  gboolean done;
} Barrier;

static gboolean
pass_barrier (gpointer user_data)
{
  Barrier *barrier = user_data;

  g_mutex_lock (&barrier->self->lock);
  barrier->done = TRUE;
  g_cond_broadcast (&barrier->self->changed);
  g_mutex_unlock (&barrier->self->lock);

  return G_SOURCE_REMOVE;
}

/* The upload is closed in the next turn, and until then has no outcome. */
static gboolean
quieten_in_thread (gpointer user_data)
{
  Barrier *barrier = user_data;

  quieten (barrier->self);
  gst_ice_network_thread_invoke (barrier->self->thread, pass_barrier, barrier,
      NULL);

  return G_SOURCE_REMOVE;
}

/* Lets the last request return, up to @deadline_us. One that reads a part from
 * a disk that does not answer may take for ever: it is left to itself then,
 * with a reference to this run, which knows the element no more. */
static void
close_upload (GstIceRun * self, gint64 deadline_us)
{
  Barrier barrier = { self, FALSE };

  gst_ice_network_thread_invoke (self->thread, quieten_in_thread, &barrier,
      NULL);
  g_mutex_lock (&self->lock);
  while (!barrier.done)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
  if (wait_for (self, GST_ICE_RUN_CLOSED, deadline_us))
    return;

  g_mutex_lock (&self->lock);
  if (set_phase (self, GST_ICE_RUN_QUIET, GST_ICE_RUN_ABANDONED))
    gst_ice_run_ref (self);
  g_mutex_unlock (&self->lock);
}

/* While the service has never accepted anything there is little to wait for,
 * unless the run has only just begun; and with a spool nothing is lost. */
static gint64
get_network_deadline (GstIceRun * self, gint64 deadline_us)
{
  g_auto (GstIceUploadInfo) info = { 0 };
  gint64 stall_us = GST_TIME_AS_USECONDS (self->settings.network.stall_timeout);
  gint64 patience_us = CLAMP (4 * stall_us, LEAST_FIRST_ANSWER_US,
      MOST_FIRST_ANSWER_US);

  gst_ice_upload_get_info (self->upload, &info);

  return info.accepted ? deadline_us : MIN (deadline_us,
      MAX (self->start_us + patience_us, g_get_monotonic_time ()));
}

/* Does what on-stop says, and waits for it. */
static void
carry_out (GstIceRun * self, GstIceEndAction action, gint64 deadline_us)
{
  GstIceRecording *recording = get_recording (self);
  gboolean empty = recording == NULL
      || gst_ice_recording_get_size (recording) == 0;

  /* A recording that never began must not overwrite the media with nothing;
   * only an EOS says that it is meant to be empty. */
  if (action != GST_ICE_END_COMPLETE || (empty && !self->eos))
    gst_ice_upload_stop (self->upload, action != GST_ICE_END_KEEP);
  else
    finish (self);

  /* If something is accepted meanwhile, there is all the time to wait. */
  if (!wait_for (self, GST_ICE_RUN_ENDED,
          get_network_deadline (self, deadline_us)))
    wait_for (self, GST_ICE_RUN_ENDED,
        get_network_deadline (self, deadline_us));
}

static void
fail_to_complete (GstIceRun * self)
{
  g_autoptr (GError) error = gst_ice_error_new (GST_ICE_ERROR_OUTCOME_UNKNOWN,
      "%s, and the upload could not be completed within stop-timeout: set a"
      " longer one, or %s", self->eos ?
      "Stopped after EOS had come, while the rest was being uploaded" :
      "Stopped without EOS", self->eos ?
      "stop when EOS is on the bus" : "send EOS and wait for it");

  gst_ice_reporter_post_error (self->reporter, error);
}

static void
warn_of_leftover (GstIceRun * self, const gchar * last_error)
{
  g_autoptr (GError) error = gst_ice_error_new (GST_ICE_ERROR_OUTCOME_UNKNOWN,
      "%s; parts may be left at OSS, or the object may be complete",
      last_error != NULL ? last_error : "Stopped while it was being completed");

  gst_ice_reporter_post_warning (self->reporter,
      "What on-stop asks for could not be done.", error,
      GST_CLOCK_TIME_NONE);
}

/* A stop that could not do what it should have done is a failure. */
static void
judge_stop (GstIceRun * self, GstIceEndAction action)
{
  g_auto (GstIceUploadInfo) info = { 0 };
  GstIceRunEnd how = get_end (self);

  gst_ice_upload_get_info (self->upload, &info);
  if (how == GST_ICE_RUN_END_COMPLETE || how == GST_ICE_RUN_END_FAILED
      || (how == GST_ICE_RUN_END_STOPPED
          && info.state != GST_ICE_UPLOAD_FAILED
          && info.outcome != GST_ICE_OUTCOME_UNKNOWN))
    return;

  set_failed (self);
  if (action == GST_ICE_END_COMPLETE)
    fail_to_complete (self);
  else
    warn_of_leftover (self, info.last_error);
}

void
gst_ice_run_stop (GstIceRun * self, GstIceEndAction action,
    gint64 deadline_us)
{
  action = get_safe_action (self, action,
      get_network_deadline (self, deadline_us));
  if (!has_reached (self, GST_ICE_RUN_ENDED))
    carry_out (self, action, deadline_us);

  deadline_us = get_disk_deadline (get_network_deadline (self, deadline_us));
  close_upload (self, deadline_us);
  drop_claim (self);
  judge_stop (self, action);
  if (get_recording (self) != NULL)
    gst_ice_legacy_close (self->legacy, action, deadline_us);
}

/* TRUE if nothing has been taken from upstream. */
static gboolean
is_pristine (GstIceRun * self, GstIceRecording * recording)
{
  guint64 base = gst_ice_legacy_get_base (self->legacy);

  if (gst_ice_run_is_failing (self))
    return FALSE;
  if (recording == NULL || self->fate == GST_ICE_FATE_FINISH
      || self->fate == GST_ICE_FATE_DISCARD)
    return TRUE;

  return !has_reached (self, GST_ICE_RUN_ENDING)
      && gst_ice_recording_get_size (recording) == base
      && gst_ice_recording_get_position (recording) == base;
}

GstIceRunFlush
gst_ice_run_flush (GstIceRun * self, GstIceSpool ** spool)
{
  GstIceRecording *recording = get_recording (self);
  guint64 base = gst_ice_legacy_get_base (self->legacy);

  *spool = NULL;
  if (is_pristine (self, recording))
    return GST_ICE_RUN_FLUSH_NOTHING;
  if (base > 0) {
    gst_ice_run_fail (self, gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
            "Flushed, but the stream is appended to %" G_GUINT64_FORMAT
            " bytes of an earlier recording, and can't be taken back from"
            " there; another stream needs another media-id", base));
    return GST_ICE_RUN_FLUSH_REFUSED;
  }

  gst_ice_reporter_mute (self->reporter);
  drop_claim (self);
  gst_ice_upload_stop (self->upload, TRUE);
  if (recording != NULL) {
    *spool = gst_ice_legacy_give_spool (self->legacy,
        g_get_monotonic_time () + DISK_TIMEOUT_US);
    /* It may be a long time until the element stops. */
    gst_ice_recording_discard (recording);
  }

  return GST_ICE_RUN_FLUSH_ANEW;
}

void
gst_ice_run_refuse (GstIceRun * self)
{
  stop_recording (self);
  end (self, GST_ICE_RUN_END_FAILED);
}
