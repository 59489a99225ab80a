/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The run; see the header, and run-spool.c for what a spool adds.
 *
 * Protected by: lock, for what is marked so. It is never held while a callback
 * runs, something is posted, or a function of recording or upload is called.
 * Waits of the streaming thread end with changed: for the end of the upload,
 * or for unlock.
 *
 * Ownership goes one way: the run owns the recording and the upload. The
 * upload's events carry the run as their user data; they end with CLOSED,
 * which gst_ice_run_stop() waits for, or leaves a reference for, so the run
 * outlives them. */

#include "icesink/run-private.h"

#include "common/error.h"
#include "common/lock.h"
#include "common/log.h"
#include "icesink/element-error.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_SINK)

/* How often the age of the open part is looked at. */
#define AGE_INTERVAL_US (G_USEC_PER_SEC / 4)
#define TICK_JITTER_US (AGE_INTERVAL_US / 10)

/* What the disk has to the end of a stop, even if the network has taken all of
 * stop-timeout: what is in memory alone has to go there. */
#define DISK_TIMEOUT_US (3 * G_USEC_PER_SEC)

GstIceRun *
gst_ice_run_ref (GstIceRun * self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
gst_ice_run_unref (GstIceRun * self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  gst_clear_caps (&self->caps);
  gst_ice_upload_unref (self->upload);
  gst_ice_recording_unref (self->recording);
  g_clear_pointer (&self->spool, gst_ice_spool_unref);
  gst_ice_network_thread_release (self->thread);
  gst_ice_clock_unref (self->clock);
  gst_ice_outbox_unref (self->outbox);
  g_free (self->media_id);
  g_free (self->upload_id);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
gst_ice_run_get_flag (GstIceRun * self, const gboolean * flag)
{
  gst_ice_lock_scope (&self->lock);

  return *flag;
}

void
gst_ice_run_set_flag (GstIceRun * self, gboolean * flag)
{
  gst_ice_lock_scope (&self->lock);

  *flag = TRUE;
  g_cond_broadcast (&self->changed);
}

/* ---- figures and messages ---- */

static void
get_figures (GstIceRun * self, GstIceFigures * figures)
{
  gint64 oldest = gst_ice_recording_get_oldest (self->recording);

  *figures = (GstIceFigures) {
    .media_id = self->media_id,
    .bytes_written = gst_ice_recording_get_size (self->recording),
    .part_size = gst_ice_recording_get_part_size (self->recording),
    .memory_used = gst_ice_recording_get_memory_used (self->recording),
    .max_object_size =
        gst_ice_part_plan_get_ceiling (&self->recording_config.plan),
    .now_us = gst_ice_clock_get_monotonic (self->clock),
    .spool_used = self->spool != NULL ?
        gst_ice_spool_get_used (self->spool) : 0,
  };
  gst_ice_upload_get_info (self->upload, &figures->upload);
  figures->bytes_pending = figures->bytes_written
      - MIN (figures->bytes_written, figures->upload.bytes_uploaded);
  if (oldest >= 0 && !gst_ice_upload_state_is_over (figures->upload.state))
    figures->upload_lag = (figures->now_us - oldest) * GST_USECOND;
}

GstStructure *
gst_ice_run_get_stats (GstIceRun * self)
{
  GstIceFigures figures;
  GstStructure *stats;

  get_figures (self, &figures);
  stats = gst_ice_messages_new_stats (&figures);
  gst_ice_upload_info_clear (&figures.upload);

  return stats;
}

void
gst_ice_run_post (GstIceRun * self, GstMessage * message)
{
  if (gst_ice_run_get_flag (self, &self->retired))
    gst_message_unref (message);
  else
    gst_ice_outbox_post (self->outbox, message);
}

static void
post_structure (GstIceRun * self, GstStructure * structure)
{
  if (self->post_messages)
    gst_ice_run_post (self, gst_message_new_element (GST_OBJECT (self->element),
            structure));
  else
    gst_structure_free (structure);
}

static void
post_step (GstIceRun * self, GstProgressType type, const gchar * code,
    const gchar * text)
{
  gst_ice_run_post (self, gst_message_new_progress (GST_OBJECT
          (self->element), type, code, text));
}

/* Ends the `finalize` step, if one is open. */
static void
close_finalize (GstIceRun * self, GstProgressType type, const gchar * text)
{
  gboolean open = self->finalize_open;

  self->finalize_open = FALSE;
  if (open)
    post_step (self, type, "finalize", text);
}

void
gst_ice_run_post_figures (GstIceRun * self,
    GstStructure * (*new_structure) (const GstIceFigures *))
{
  GstIceFigures figures;

  get_figures (self, &figures);
  post_structure (self, new_structure (&figures));
  gst_ice_upload_info_clear (&figures.upload);
}

static gint
get_percent (GstIceRun * self, const GstIceFigures * figures)
{
  gint64 size;

  g_mutex_lock (&self->lock);
  size = self->expected_size;
  g_mutex_unlock (&self->lock);

  if (size <= 0)
    return -1;

  return MIN (100, figures->upload.bytes_uploaded * 100 / size);
}

static void
post_progress (GstIceRun * self, gint64 now)
{
  GstIceFigures figures;
  guint64 bytes, bitrate;

  get_figures (self, &figures);
  bytes = figures.upload.bytes_uploaded
      - MIN (figures.upload.bytes_uploaded, self->last_bytes_uploaded);
  bitrate = gst_util_uint64_scale (bytes * 8, G_USEC_PER_SEC,
      MAX (1, now - self->last_progress_us));
  self->last_bytes_uploaded = figures.upload.bytes_uploaded;
  self->last_progress_us = now;

  post_structure (self, gst_ice_messages_new_progress (&figures, bitrate,
          get_percent (self, &figures)));
  gst_ice_upload_info_clear (&figures.upload);
}

static void
post_complete (GstIceRun * self)
{
  GstIceFigures figures;
  GstClockTime duration = 0;

  get_figures (self, &figures);
  g_mutex_lock (&self->lock);
  if (self->first_byte_us >= 0)
    duration = (figures.now_us - self->first_byte_us) * GST_USECOND;
  g_mutex_unlock (&self->lock);

  close_finalize (self, GST_PROGRESS_TYPE_COMPLETE, "Object confirmed");
  post_structure (self, gst_ice_messages_new_complete (&figures, duration));
  gst_ice_upload_info_clear (&figures.upload);
}

void
gst_ice_run_post_error (GstIceRun * self, const GError * error)
{
  g_autoptr (GError) described = gst_ice_run_describe_error (self, error);
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (self->upload, &info);
  close_finalize (self, GST_PROGRESS_TYPE_ERROR, "Upload failed");
  gst_ice_run_post (self, gst_ice_element_error_new_message (self->element,
          described, self->media_id, gst_ice_run_get_flag (self,
              &self->opened), info.outcome));
}

/* ---- the network thread ---- */

/* Ticks come a little late, and not always by the same. */
static gboolean
is_progress_due (GstIceRun * self, gint64 now)
{
  return self->progress_interval_us > 0
      && now - self->last_progress_us + TICK_JITTER_US
      >= self->progress_interval_us
      && !gst_ice_run_get_flag (self, &self->ended);
}

static gboolean
on_tick (gpointer user_data)
{
  GstIceRun *self = user_data;
  gint64 now = gst_ice_clock_get_monotonic (self->clock);

  gst_ice_recording_seal_aged (self->recording);
  gst_ice_run_watch_spool (self);
  if (is_progress_due (self, now))
    post_progress (self, now);

  return G_SOURCE_CONTINUE;
}

static void
start_tick (GstIceRun * self)
{
  gint64 interval = AGE_INTERVAL_US;

  if (self->progress_interval_us > 0)
    interval = MIN (interval, self->progress_interval_us);
  self->tick = gst_ice_clock_tick_source_new (self->clock, interval);
  g_source_set_callback (self->tick, on_tick, self, NULL);
  g_source_attach (self->tick,
      gst_ice_network_thread_get_context (self->thread));
}

static void
stop_tick (GstIceRun * self)
{
  if (self->tick == NULL)
    return;

  g_source_destroy (self->tick);
  g_clear_pointer (&self->tick, g_source_unref);
}

/* Nothing more is recorded; nobody may wait for memory that stays full. */
static void
stop_recording (GstIceRun * self)
{
  gst_ice_run_set_flag (self, &self->failing);
  gst_ice_recording_set_flushing (self->recording, TRUE);
}

static void
handle_interrupted (GstIceRun * self, const GstIceUploadEvent * event)
{
  post_structure (self, gst_ice_messages_new_interrupted (self->media_id,
          event->error->message, event->time_us * GST_USECOND));
}

static void
handle_leased (GstIceRun * self)
{
  gst_ice_run_set_flag (self, &self->opened);
  post_step (self, GST_PROGRESS_TYPE_START, "open",
      "Asking for an upload credential");
  post_step (self, GST_PROGRESS_TYPE_COMPLETE, "open",
      "Upload credential received");
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

  stop_tick (self);
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  abandoned = self->abandoned;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  if (abandoned)
    g_thread_unref (g_thread_new ("icesink-closed", release, self));
}

static void
on_event (const GstIceUploadEvent * event, gpointer user_data)
{
  GstIceRun *self = user_data;

  gst_ice_run_note_event (self, event);
  switch (event->type) {
    case GST_ICE_UPLOAD_EVENT_LEASED:
      handle_leased (self);
      break;
    case GST_ICE_UPLOAD_EVENT_RENEWED:
      gst_ice_run_post_figures (self, gst_ice_messages_new_refreshed);
      break;
    case GST_ICE_UPLOAD_EVENT_STARTED:
      gst_ice_run_post_figures (self, gst_ice_messages_new_started);
      break;
    case GST_ICE_UPLOAD_EVENT_CONFIRMED:
      gst_ice_recording_confirmed (self->recording, event->part,
          event->generation);
      break;
    case GST_ICE_UPLOAD_EVENT_INTERRUPTED:
      handle_interrupted (self, event);
      break;
    case GST_ICE_UPLOAD_EVENT_RESUMED:
      post_structure (self, gst_ice_messages_new_resumed (self->media_id,
              event->time_us * GST_USECOND));
      break;
    case GST_ICE_UPLOAD_EVENT_FAILING:
      stop_recording (self);
      gst_ice_upload_finish (self->upload,
          gst_ice_recording_finish (self->recording));
      break;
    case GST_ICE_UPLOAD_EVENT_COMPLETE:
      post_complete (self);
      gst_ice_run_set_flag (self, &self->ended);
      break;
    case GST_ICE_UPLOAD_EVENT_FAILED:
      stop_recording (self);
      gst_ice_run_post_error (self, event->error);
      gst_ice_run_set_flag (self, &self->failed);
      gst_ice_run_set_flag (self, &self->ended);
      break;
    case GST_ICE_UPLOAD_EVENT_STOPPED:
      close_finalize (self, GST_PROGRESS_TYPE_CANCELED, "Upload stopped");
      gst_ice_run_set_flag (self, &self->ended);
      if (gst_ice_run_get_flag (self, &self->retired))
        gst_ice_upload_close (self->upload);
      break;
    case GST_ICE_UPLOAD_EVENT_CLOSED:
      handle_closed (self);
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
      self->request (element, self->media_id, request->reason));
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

  if (self->request == NULL || gst_ice_run_get_flag (self, &self->retired))
    return FALSE;

  request = g_new (Request, 1);
  request->self = gst_ice_run_ref (self);
  request->reason = reason;
  gst_ice_outbox_call (self->outbox, emit_request, request, free_request);

  return TRUE;
}

static const GstIceUploadCallbacks upload_callbacks = { on_event, on_ask };

static gboolean
start_tick_in_thread (gpointer user_data)
{
  start_tick (user_data);
  return G_SOURCE_REMOVE;
}

/* ---- the beginning ---- */

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  GstIceRun *self = user_data;

  gst_ice_upload_push (self->upload, part);
}

GstIceRun *
gst_ice_run_new (GstElement * element, const GstIceSettings * settings,
    GstIceSpool * spool, GstIceOutbox * outbox, GstIceRunRequestFunc request,
    GError ** error)
{
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  g_autoptr (GstIceUploadConfig) upload_config = NULL;
  GstIceRecordingConfig recording_config;
  g_autoptr (GstIceRun) self = NULL;

  upload_config = gst_ice_settings_get_upload_config (settings, clock, error);
  if (upload_config == NULL
      || !gst_ice_settings_get_recording_config (settings, &recording_config,
          error))
    return NULL;

  recording_config.spool = spool;
  self = g_new0 (GstIceRun, 1);
  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->element = element;
  self->outbox = gst_ice_outbox_ref (outbox);
  self->request = request;
  self->clock = g_steal_pointer (&clock);
  self->thread = gst_ice_network_thread_acquire ();
  self->recording_config = recording_config;
  self->recording = gst_ice_recording_new (&recording_config, self->clock,
      on_sealed, self);
  self->upload = gst_ice_upload_new (g_steal_pointer (&upload_config),
      self->clock, self->thread, &upload_callbacks, self);
  self->media_id = g_strdup (settings->media_id);
  self->overflow = settings->overflow;
  self->seekable = gst_ice_settings_is_seekable (settings);
  self->post_messages = settings->post_messages;
  self->progress_interval_us =
      MAX (0, gst_ice_settings_get_us (settings->progress_interval));
  self->last_progress_us = gst_ice_clock_get_monotonic (self->clock);
  self->expected_size = -1;
  self->first_byte_us = -1;
  self->resume = settings->resume;
  self->stop_timeout_us = gst_ice_settings_get_us (settings->stop_timeout);

  GST_INFO_OBJECT (element, "media id %s: parts of %" G_GUINT64_FORMAT
      " to %" G_GUINT64_FORMAT " bytes, objects up to %" G_GUINT64_FORMAT
      " bytes", self->media_id, recording_config.plan.part_size,
      recording_config.plan.max_part_size,
      gst_ice_part_plan_get_ceiling (&recording_config.plan));
  if (settings->content_type != NULL)
    gst_ice_upload_set_content_type (self->upload, settings->content_type);
  if (spool != NULL && !gst_ice_run_adopt_spool (self, spool, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
gst_ice_run_start (GstIceRun * self)
{
  gst_ice_run_begin_upload (self);
  gst_ice_network_thread_invoke (self->thread, start_tick_in_thread, self,
      NULL);
}

/* ---- the streaming thread ---- */

void
gst_ice_run_set_flushing (GstIceRun * self, gboolean flushing)
{
  gboolean failing;

  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  failing = self->failing;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  gst_ice_recording_set_flushing (self->recording, flushing || failing);
}

gboolean
gst_ice_run_has_failed (GstIceRun * self)
{
  return gst_ice_run_get_flag (self, &self->failing);
}

gboolean
gst_ice_run_await (GstIceRun * self, const gboolean * flag)
{
  gst_ice_lock_scope (&self->lock);

  while (!*flag && !self->ended && !self->flushing)
    g_cond_wait (&self->changed, &self->lock);

  return *flag || self->ended;
}

/* The end of the upload as a flow return, once the application knows of it. */
static GstFlowReturn
report_end (GstIceRun * self)
{
  if (!gst_ice_run_await (self, &self->failed))
    return GST_FLOW_FLUSHING;
  if (!gst_ice_outbox_drain (self->outbox))
    return GST_FLOW_FLUSHING;

  return gst_ice_run_get_flag (self, &self->failed) ? GST_FLOW_ERROR : GST_FLOW_OK;
}

void
gst_ice_run_fail (GstIceRun * self, GError * error)
{
  stop_recording (self);
  gst_ice_upload_fail (self->upload, error);
}

static GstFlowReturn
fail (GstIceRun * self, GError * error)
{
  gst_ice_run_fail (self, error);

  return report_end (self);
}

static GstFlowReturn
handle_full (GstIceRun * self)
{
  if (self->overflow == GST_ICE_OVERFLOW_ERROR
      && gst_ice_recording_is_full (self->recording))
    return fail (self, gst_ice_error_new (GST_ICE_ERROR_NO_SPACE,
            "Memory is full, %" G_GUINT64_FORMAT " bytes%s: the network takes"
            " less than is recorded; set a larger max-memory, %s, or"
            " overflow=block", self->recording_config.max_memory,
            self->spool != NULL ? ", and so is the spool" : "",
            self->spool != NULL ? "give the spool more room" :
            "a spool-directory"));

  GST_DEBUG_OBJECT (self->element, "memory is full, waiting");

  return gst_ice_recording_wait (self->recording) ? GST_FLOW_OK
      : GST_FLOW_FLUSHING;
}

static void
note_first_byte (GstIceRun * self)
{
  gst_ice_lock_scope (&self->lock);

  if (self->first_byte_us < 0)
    self->first_byte_us = gst_ice_clock_get_monotonic (self->clock);
}

GstFlowReturn
gst_ice_run_write (GstIceRun * self, const guint8 * data, gsize size,
    gsize * written)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn ret = gst_ice_run_decide (self);
  gssize n;

  if (ret != GST_FLOW_OK)
    return ret;
  note_first_byte (self);
  while (*written < size) {
    if (gst_ice_run_has_failed (self))
      return report_end (self);

    n = gst_ice_recording_write (self->recording, data + *written,
        size - *written, &error);
    if (n < 0)
      return fail (self, g_steal_pointer (&error));
    *written += n;
    if (*written == size)
      break;

    ret = handle_full (self);
    if (ret == GST_FLOW_FLUSHING && gst_ice_run_has_failed (self))
      continue;
    if (ret != GST_FLOW_OK)
      return ret;
  }

  return GST_FLOW_OK;
}

GstFlowReturn
gst_ice_run_seek (GstIceRun * self, guint64 offset)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn ret = gst_ice_run_decide (self);

  if (ret != GST_FLOW_OK)
    return ret;
  if (gst_ice_run_has_failed (self))
    return report_end (self);
  if (!self->seekable)
    return fail (self, gst_ice_error_new (GST_ICE_ERROR_SEEK,
            "Upstream moves to byte %" G_GUINT64_FORMAT " in spite of"
            " seekable=no", offset));
  if (gst_ice_recording_seek (self->recording, self->base + offset,
          &error))
    return GST_FLOW_OK;

  return fail (self, g_steal_pointer (&error));
}

gboolean
gst_ice_run_is_pristine (GstIceRun * self)
{
  return !self->draining
      && gst_ice_recording_get_size (self->recording) == self->base
      && gst_ice_recording_get_position (self->recording) == self->base
      && !gst_ice_run_has_failed (self);
}

static gboolean
open_finalize (gpointer user_data)
{
  GstIceRun *self = user_data;

  if (!gst_ice_run_get_flag (self, &self->ended)) {
    self->finalize_open = TRUE;
    post_step (self, GST_PROGRESS_TYPE_START, "finalize",
        "Uploading the rest of the recording");
  }

  return G_SOURCE_REMOVE;
}

/* Hands over the rest of the recording. */
static void
finish (GstIceRun * self)
{
  /* On the network thread, so that it stays ahead of what ends it. */
  gst_ice_network_thread_invoke (self->thread, open_finalize,
      gst_ice_run_ref (self), (GDestroyNotify) gst_ice_run_unref);
  gst_ice_upload_finish (self->upload,
      gst_ice_recording_finish (self->recording));
}

GstFlowReturn
gst_ice_run_drain (GstIceRun * self)
{
  if (!gst_ice_run_await (self, &self->restored))
    return GST_FLOW_FLUSHING;
  if (self->discarding)
    return report_end (self);
  if (!self->draining && !gst_ice_run_has_failed (self)) {
    GST_DEBUG_OBJECT (self->element, "draining");
    finish (self);
  }
  self->draining = TRUE;

  return report_end (self);
}

guint64
gst_ice_run_get_position (GstIceRun * self)
{
  return gst_ice_recording_get_position (self->recording) - self->base;
}

/* ---- what the application asks for ---- */

void
gst_ice_run_set_caps (GstIceRun * self, GstCaps * caps)
{
  gst_caps_replace (&self->caps, caps);
}

void
gst_ice_run_set_content_type (GstIceRun * self, const gchar * content_type)
{
  gst_ice_upload_set_content_type (self->upload, content_type);
}

void
gst_ice_run_set_expected_size (GstIceRun * self, gint64 size)
{
  gst_ice_lock_scope (&self->lock);

  self->expected_size = size;
}

void
gst_ice_run_checkpoint (GstIceRun * self)
{
  gst_ice_recording_checkpoint (self->recording);
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

gboolean
gst_ice_run_wait_for_flag (GstIceRun * self, const gboolean * flag,
    gint64 deadline_us)
{
  gst_ice_lock_scope (&self->lock);

  while (!*flag) {
    if (!g_cond_wait_until (&self->changed, &self->lock, deadline_us))
      return *flag;
  }

  return TRUE;
}

/* An earlier recording that has not been read yet, or that this run never got
 * to, is not for this run to give up. */
static GstIceEndAction
get_safe_action (GstIceRun * self, GstIceEndAction action,
    gint64 deadline_us)
{
  if (!gst_ice_run_wait_for_flag (self, &self->restored, deadline_us)
      || (self->undecided && action == GST_ICE_END_ABORT))
    return GST_ICE_END_KEEP;

  return action;
}

static gint64
get_disk_deadline (gint64 deadline_us)
{
  return MAX (deadline_us, g_get_monotonic_time () + DISK_TIMEOUT_US);
}

static gboolean
end_tick (gpointer user_data)
{
  GstIceRun *self = user_data;

  stop_tick (self);
  gst_ice_run_set_flag (self, &self->quiet);

  return G_SOURCE_REMOVE;
}

/* From here on nothing happens but CLOSED, once the last request has returned.
 * One that reads a part from a disk that does not answer may take for ever: it
 * is left to itself then, with a reference to this run, which knows the element
 * no more. */
static void
close_upload (GstIceRun * self, gint64 deadline_us)
{
  /* Once is enough: the second time nobody would wait for it. */
  if (!gst_ice_run_get_flag (self, &self->quiet)) {
    gst_ice_upload_close (self->upload);
    gst_ice_network_thread_invoke (self->thread, end_tick, self, NULL);
    gst_ice_run_wait_for_flag (self, &self->quiet, G_MAXINT64);
  }
  if (gst_ice_run_wait_for_flag (self, &self->closed, deadline_us))
    return;

  g_mutex_lock (&self->lock);
  if (!self->closed && !self->abandoned) {
    self->abandoned = TRUE;
    gst_ice_run_ref (self);
  }
  g_mutex_unlock (&self->lock);
}

/* Does what on-stop says, and waits for it. */
static void
carry_out (GstIceRun * self, GstIceEndAction action, gint64 deadline_us)
{
  gboolean empty = gst_ice_recording_get_size (self->recording) == 0;
  g_autoptr (GError) error = NULL;

  /* A recording that never began must not overwrite the media with nothing;
   * only an EOS says that it is meant to be empty. */
  if (action == GST_ICE_END_COMPLETE && (!empty || self->draining)) {
    if (!self->draining)
      finish (self);
  } else {
    gst_ice_upload_stop (self->upload, action != GST_ICE_END_KEEP);
  }

  if (gst_ice_run_wait_for_flag (self, &self->ended, deadline_us)
      || action != GST_ICE_END_COMPLETE)
    return;

  error = gst_ice_error_new (GST_ICE_ERROR_OUTCOME_UNKNOWN,
      "Stopped without EOS, and the upload could not be completed within"
      " stop-timeout: set a longer one, or send EOS and wait for it");
  close_upload (self, get_disk_deadline (deadline_us));
  gst_ice_run_post_error (self, error);
}

void
gst_ice_run_stop (GstIceRun * self, GstIceEndAction action,
    gint64 deadline_us)
{
  action = get_safe_action (self, action, deadline_us);
  if (!gst_ice_run_get_flag (self, &self->ended))
    carry_out (self, action, deadline_us);

  deadline_us = get_disk_deadline (deadline_us);
  close_upload (self, deadline_us);
  gst_ice_run_close_spool (self, action, deadline_us);
}

/* Another run goes on from where an earlier one ended, with its upload, or with
 * the one that has taken its place. */
static void
hand_on (GstIceRun * self)
{
  g_autofree gchar *upload_id = NULL;

  g_mutex_lock (&self->lock);
  self->retired = TRUE;
  if (self->base > 0)
    upload_id = g_strdup (self->upload_id);
  g_mutex_unlock (&self->lock);

  gst_ice_upload_hand_on (self->upload, upload_id);
}

gboolean
gst_ice_run_retire (GstIceRun * self, GstIceSpool ** spool, GError ** error)
{
  gboolean ok;

  hand_on (self);
  ok = gst_ice_run_give_spool (self, spool, error);
  /* It may be a long time until the element stops. */
  gst_ice_recording_discard (self->recording);

  return ok;
}

void
gst_ice_run_refuse (GstIceRun * self)
{
  stop_recording (self);
  gst_ice_run_set_flag (self, &self->failed);
}
