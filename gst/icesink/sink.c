/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/**
 * SECTION:element-icesink
 * @title: icesink
 * @short_description: upload a live recording to Alibaba Cloud as it is made
 *
 * icesink uploads what it gets to a media asset of Alibaba Cloud ICE
 * (Intelligent Media Services) while it is being recorded. It asks ICE for an
 * upload credential, streams the bytes to the OSS object of the asset by
 * multipart upload, and renews the credential for as long as the recording
 * lasts.
 *
 * Any caps and any buffers are taken. A muxer that rewrites what it wrote, as
 * an ordinary MP4 needs, may do so within what is held (#GstIceSink:seekable).
 *
 * EOS reaches the application only after the object is complete and verified.
 * Whatever goes wrong ends in one error on the bus, whose details structure
 * carries `http-status` (uint), `service` (ice or oss), `code`, `request-id`,
 * `ec`, `media-id`, `operation`, `part` (uint) and `outcome` (completed,
 * aborted, kept, nothing-sent or unknown), as far as they apply.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -e videotestsrc num-buffers=300 ! x264enc ! mp4mux ! icesink media-id=0123456789abcdef0123456789abcdef
 * ]| with the identity in the environment, see the README. An MPEG-TS is good
 * up to any point, without an end, too:
 * |[
 * gst-launch-1.0 -e videotestsrc is-live=true num-buffers=60 ! x264enc tune=zerolatency ! h264parse ! mpegtsmux ! icesink media-id=0123456789abcdef0123456789abcdef
 * ]|
 *
 * Since: 0.1
 */
/* Threads: the streaming thread in render, event and wait_event; the
 * application's in change_state, properties and action signals. What belongs
 * to one upload is in GstIceRun; this file is GStreamer's side of it.
 *
 * Locks: the object lock protects settings, run, retired and last_stats. It is
 * held for a moment only: nothing that could wait, for the disk, the network or
 * a handler, is done with it.
 *
 * An upload begins in READY to PAUSED and ends in PAUSED to READY. GstBaseSink
 * calls start() and stop() between NULL and READY, which PLAYING, READY,
 * PLAYING never reaches, so they are not used. */

#include "common/log.h"
#include "icesink/sink.h"

#include "common/error.h"
#include "icesink/element-error.h"
#include "icesink/media-uri.h"
#include "icesink/messages.h"
#include "icesink/run.h"
#include "icesink/sink-properties.h"
#include "icesink/stop-budget.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_SINK)

/* How long the end of a run waits for a handler that another thread is in:
 * what stop-timeout leaves, but within these. */
#define LEAST_HANDLER_WAIT_US (G_USEC_PER_SEC / 4)
#define MOST_HANDLER_WAIT_US G_USEC_PER_SEC

struct _GstIceSink
{
  GstBaseSink parent;

  GstIceOutbox *outbox;         /* (owned) */
  GstIceSettings settings;      /* protected by the object lock */
  GstIceRun *run;               /* (nullable) (owned) changed by the
                                 * application's and the streaming thread */
  GPtrArray *retired;           /* (element-type GstIceRun) (owned) */
  GstStructure *last_stats;     /* (nullable) (owned) of the last run */
  gboolean has_posted_eos;      /* streaming thread; no stream is taken */
};

static guint request_signal;    /* request-upload-credential */

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static void gst_ice_sink_uri_handler_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstIceSink, gst_ice_sink, GST_TYPE_BASE_SINK,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER,
        gst_ice_sink_uri_handler_init));
GST_ELEMENT_REGISTER_DEFINE (icesink, "icesink", GST_RANK_NONE,
    GST_TYPE_ICE_SINK);

/* ---- the run ---- */

/* (transfer full) (nullable) */
static GstIceRun *
get_run (GstIceSink * self)
{
  GstIceRun *run = NULL;

  GST_OBJECT_LOCK (self);
  if (self->run != NULL)
    run = gst_ice_run_ref (self->run);
  GST_OBJECT_UNLOCK (self);

  return run;
}

static gboolean
emit_request (GstElement * element, const gchar * media_id,
    const gchar * reason)
{
  gboolean promised = FALSE;

  g_signal_emit (element, request_signal, 0, media_id, reason, &promised);

  return promised;
}

/* No run could be made. */
static void
post_start_error (GstIceSink * self, const GError * error,
    GstIceOutcome outcome)
{
  g_autofree gchar *media_id = NULL;

  GST_OBJECT_LOCK (self);
  media_id = g_strdup (self->settings.media_id);
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self),
      gst_ice_element_error_new_message (GST_ELEMENT (self), error, media_id,
          FALSE, outcome));
}

/* A run of the settings as they are. */
static GstIceRun *
new_run (GstIceSink * self, GError ** error)
{
  gboolean listened =
      g_signal_has_handler_pending (self, request_signal, 0, FALSE);
  g_auto (GstIceSettings) settings = { 0 };

  GST_OBJECT_LOCK (self);
  gst_ice_settings_copy (&self->settings, &settings);
  GST_OBJECT_UNLOCK (self);

  return gst_ice_run_new (GST_ELEMENT (self), &settings, self->outbox,
      listened ? emit_request : NULL, error);
}

/* What may change while it runs. Call with the object lock held. */
static void
tell_run (GstIceSink * self)
{
  if (self->run != NULL)
    gst_ice_run_set_max_upload_bitrate (self->run,
        self->settings.network.max_upload_bitrate);
}

/* @run: (transfer full) (nullable) */
static void
set_run (GstIceSink * self, GstIceRun * run)
{
  GST_OBJECT_LOCK (self);
  self->run = run;
  tell_run (self);
  GST_OBJECT_UNLOCK (self);
}

static void
stop_retired (GstIceSink * self, gint64 deadline_us)
{
  g_autoptr (GPtrArray) retired = NULL;
  guint i;

  GST_OBJECT_LOCK (self);
  retired = g_steal_pointer (&self->retired);
  self->retired =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_run_unref);
  GST_OBJECT_UNLOCK (self);

  for (i = 0; i < retired->len; i++)
    gst_ice_run_stop (g_ptr_array_index (retired, i), GST_ICE_END_ABORT,
        deadline_us);
}

/* The application hears how it ended before the state has changed. But a
 * handler may be slow, or wait for that very state change. */
static void
deliver_rest (GstIceSink * self, gint64 deadline_us)
{
  gint64 now = g_get_monotonic_time ();

  gst_ice_outbox_release_errors (self->outbox);
  gst_ice_outbox_deliver (self->outbox, CLAMP (deadline_us,
          now + LEAST_HANDLER_WAIT_US, now + MOST_HANDLER_WAIT_US));
}

static void
keep_stats (GstIceSink * self, GstIceRun * run)
{
  GstStructure *stats = gst_ice_run_get_stats (run);

  GST_OBJECT_LOCK (self);
  self->last_stats = stats;
  self->run = NULL;
  GST_OBJECT_UNLOCK (self);
}

static void
stop_run (GstIceSink * self)
{
  g_autoptr (GstIceRun) run = get_run (self);
  gint64 deadline_us;

  /* Settings are frozen as long as there is a run. */
  deadline_us = gst_ice_stop_budget_begin (GST_ELEMENT (self),
      gst_ice_settings_get_us (self->settings.stop_timeout));
  if (run != NULL) {
    gst_ice_run_stop (run, self->settings.on_stop, deadline_us);
    keep_stats (self, run);
    gst_ice_run_unref (run);
  }
  stop_retired (self, deadline_us);
  deliver_rest (self, deadline_us);
  gst_ice_stop_budget_end (GST_ELEMENT (self));
}

static gboolean
start_run (GstIceSink * self)
{
  g_autoptr (GError) error = NULL;
  GstIceRun *run = new_run (self, &error);
  gboolean started = FALSE;

  /* What a slow handler has held up is not about this run. */
  gst_ice_outbox_clear (self->outbox);
  gst_ice_outbox_set_flushing (self->outbox, FALSE);
  self->has_posted_eos = FALSE;
  if (run != NULL) {
    set_run (self, run);
    started = gst_ice_run_start (run, NULL, &error);
  }
  if (error != NULL) {
    set_run (self, NULL);
    g_clear_pointer (&run, gst_ice_run_unref);
    post_start_error (self, error, GST_ICE_OUTCOME_NOTHING_SENT);
    return FALSE;
  }

  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->last_stats, gst_structure_free);
  GST_OBJECT_UNLOCK (self);
  if (!started)
    stop_run (self);

  return started;
}

/* @spool: (nullable) (transfer full) */
static void
replace_run (GstIceSink * self, GstIceSpool * spool)
{
  g_autoptr (GError) error = NULL;
  GstIceRun *run = new_run (self, &error);

  if (run != NULL) {
    GST_OBJECT_LOCK (self);
    g_ptr_array_add (self->retired, self->run);
    self->run = run;
    tell_run (self);
    GST_OBJECT_UNLOCK (self);
    gst_ice_run_start (run, spool, &error);
  } else {
    g_clear_pointer (&spool, gst_ice_spool_unref);
    gst_ice_run_refuse (self->run);
  }
  if (error != NULL)
    post_start_error (self, error, GST_ICE_OUTCOME_NONE);
}

/* FLUSH_STOP: back to an empty object. If there is no way to record another
 * one, everything that comes is refused. */
static void
flush_run (GstIceSink * self)
{
  g_autoptr (GstCaps) caps = NULL;
  GstIceSpool *spool;

  self->has_posted_eos = FALSE;
  if (self->run == NULL
      || gst_ice_run_flush (self->run, &spool) != GST_ICE_RUN_FLUSH_ANEW)
    return;

  GST_DEBUG_OBJECT (self, "flushed: back to where this run began");
  replace_run (self, spool);

  /* Flushing leaves them on the pad, and nobody sends them again. */
  caps = gst_pad_get_current_caps (GST_BASE_SINK_PAD (self));
  if (caps != NULL)
    gst_ice_run_set_caps (self->run, caps);
}

static gboolean
set_flushing (GstIceSink * self, gboolean flushing)
{
  g_autoptr (GstIceRun) run = get_run (self);

  gst_ice_outbox_set_flushing (self->outbox, flushing);
  if (run != NULL)
    gst_ice_run_set_flushing (run, flushing);

  return TRUE;
}

/* GstBaseSink takes the preroll lock to go to PLAYING, and does not call
 * unlock before. Should the streaming thread wait for the network in PAUSED
 * (see resume()), the application would wait with it. So a wait gives way
 * here, and goes on when the parent signals the preroll. */
static void
release_preroll_lock (GstIceSink * self)
{
  set_flushing (self, TRUE);
  GST_BASE_SINK_PREROLL_LOCK (self);
  set_flushing (self, FALSE);
  GST_BASE_SINK_PREROLL_UNLOCK (self);
}

static GstStateChangeReturn
gst_ice_sink_change_state (GstElement * element, GstStateChange transition)
{
  GstIceSink *self = GST_ICE_SINK (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    gst_ice_outbox_hold_errors (self->outbox, TRUE);
    if (!start_run (self))
      return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    release_preroll_lock (self);

  ret = GST_ELEMENT_CLASS (gst_ice_sink_parent_class)->change_state (element,
      transition);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    gst_ice_outbox_hold_errors (self->outbox, FALSE);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && ret == GST_STATE_CHANGE_FAILURE))
    stop_run (self);

  return ret;
}

/* ---- the streaming thread ---- */

/* TRUE if the element plays, or is on its way there. */
static gboolean
is_playing (GstIceSink * self)
{
  gboolean playing;

  GST_OBJECT_LOCK (self);
  playing = GST_STATE_NEXT (self) == GST_STATE_PLAYING
      || (GST_STATE (self) == GST_STATE_PLAYING
      && GST_STATE_NEXT (self) == GST_STATE_VOID_PENDING);
  GST_OBJECT_UNLOCK (self);

  return playing;
}

/* Unlock has ended a wait: waits for the pipeline to play again. GST_FLOW_OK
 * then means to go on. A pipeline that is paused anew before this thread has
 * woken up counts as prerolled for GstBaseSink, which would let it go on. */
static GstFlowReturn
resume (GstIceSink * self)
{
  GstFlowReturn ret;

  do {
    ret = gst_base_sink_wait_preroll (GST_BASE_SINK (self));
  } while (ret == GST_FLOW_OK && !is_playing (self));

  return ret;
}

/* Until the application knows how the upload has ended. */
static GstFlowReturn
drain (GstIceSink * self)
{
  GstFlowReturn ret;

  do {
    ret = gst_ice_run_drain (self->run);
    if (ret != GST_FLOW_FLUSHING)
      break;
    ret = resume (self);
  } while (ret == GST_FLOW_OK);

  return ret;
}

/* What comes later would stand in the wrong place. */
static GstFlowReturn
fail_unreadable (GstIceSink * self, GstMemory * memory)
{
  gst_ice_run_fail (self->run, gst_ice_error_new (GST_ICE_ERROR_FAILED,
          "%" G_GSIZE_FORMAT " bytes that upstream sent could not be mapped"
          " for reading", gst_memory_get_sizes (memory, NULL, NULL)));

  return drain (self);
}

static GstFlowReturn
write_memory (GstIceSink * self, GstMemory * memory)
{
  GstMapInfo map;
  gsize written = 0;
  GstFlowReturn ret;

  if (!gst_memory_map (memory, &map, GST_MAP_READ))
    return fail_unreadable (self, memory);

  do {
    ret = gst_ice_run_write (self->run, map.data, map.size, &written);
    if (ret != GST_FLOW_FLUSHING)
      break;
    ret = resume (self);
  } while (ret == GST_FLOW_OK);
  gst_memory_unmap (memory, &map);

  return ret;
}

/* No stream is taken, and what an earlier run left is complete. The application
 * gets EOS now: an element upstream that was refused a buffer would keep the
 * stream's own to itself, or post an error. So what comes is dropped. */
static GstFlowReturn
drop_stream (GstIceSink * self)
{
  if (!self->has_posted_eos)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_eos (GST_OBJECT (self)));
  self->has_posted_eos = TRUE;

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_ice_sink_render (GstBaseSink * sink, GstBuffer * buffer)
{
  GstIceSink *self = GST_ICE_SINK (sink);
  guint n_memories = gst_buffer_n_memory (buffer);
  GstFlowReturn ret = GST_FLOW_OK;
  guint i;

  /* Memory by memory: mapping the buffer would copy what is not in one
   * piece. */
  for (i = 0; i < n_memories && ret == GST_FLOW_OK; i++)
    ret = write_memory (self, gst_buffer_peek_memory (buffer, i));

  return ret == GST_FLOW_EOS ? drop_stream (self) : ret;
}

static GstFlowReturn
gst_ice_sink_render_list (GstBaseSink * sink, GstBufferList * list)
{
  guint length = gst_buffer_list_length (list);
  GstFlowReturn ret = GST_FLOW_OK;
  guint i;

  for (i = 0; i < length && ret == GST_FLOW_OK; i++)
    ret = gst_ice_sink_render (sink, gst_buffer_list_get (list, i));

  return ret;
}

static void
query_expected_size (GstIceSink * self)
{
  gint64 size = -1;

  if (gst_pad_peer_query_duration (GST_BASE_SINK_PAD (self), GST_FORMAT_BYTES,
          &size))
    gst_ice_run_set_expected_size (self->run, size);
}

static gboolean
handle_segment (GstIceSink * self, GstEvent * event)
{
  const GstSegment *segment;
  GstFlowReturn ret;

  gst_event_parse_segment (event, &segment);
  query_expected_size (self);
  if (segment->format != GST_FORMAT_BYTES
      || segment->start == gst_ice_run_get_position (self->run))
    return TRUE;

  GST_LOG_OBJECT (self, "write position moves to %" G_GUINT64_FORMAT,
      segment->start);
  do {
    ret = gst_ice_run_seek (self->run, segment->start);
    if (ret != GST_FLOW_FLUSHING)
      break;
    ret = resume (self);
  } while (ret == GST_FLOW_OK);

  return ret == GST_FLOW_OK || ret == GST_FLOW_EOS;
}

/* FALSE, once the application has the error, if EOS goes no further: after a
 * failure with it the application would take the recording for a good one. */
static gboolean
wait_to_pass_eos (GstIceSink * self)
{
  return !gst_ice_run_is_failing (self->run) || drain (self) == GST_FLOW_OK;
}

static gboolean
gst_ice_sink_event (GstBaseSink * sink, GstEvent * event)
{
  GstIceSink *self = GST_ICE_SINK (sink);
  gboolean ok = TRUE;

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && self->has_posted_eos) {
    gst_event_unref (event);
    return TRUE;
  }

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_SEGMENT:
      ok = handle_segment (self, event);
      break;
    case GST_EVENT_FLUSH_STOP:
      flush_run (self);
      break;
    case GST_EVENT_EOS:
      ok = wait_to_pass_eos (self);
      break;
    default:
      break;
  }

  if (!ok) {
    gst_event_unref (event);
    return FALSE;
  }

  return GST_BASE_SINK_CLASS (gst_ice_sink_parent_class)->event (sink, event);
}

/* The drain comes after the parent's wait, which commits the preroll even if
 * EOS is the first thing to arrive. */
static GstFlowReturn
gst_ice_sink_wait_event (GstBaseSink * sink, GstEvent * event)
{
  GstIceSink *self = GST_ICE_SINK (sink);
  GstFlowReturn ret =
      GST_BASE_SINK_CLASS (gst_ice_sink_parent_class)->wait_event (sink,
      event);

  if (ret != GST_FLOW_OK || GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return ret;

  return drain (self);
}

static gboolean
gst_ice_sink_unlock (GstBaseSink * sink)
{
  return set_flushing (GST_ICE_SINK (sink), TRUE);
}

static gboolean
gst_ice_sink_unlock_stop (GstBaseSink * sink)
{
  return set_flushing (GST_ICE_SINK (sink), FALSE);
}

static gboolean
gst_ice_sink_set_caps (GstBaseSink * sink, GstCaps * caps)
{
  gst_ice_run_set_caps (GST_ICE_SINK (sink)->run, caps);

  return TRUE;
}

static gboolean
answer_position (GstIceSink * self, GstQuery * query)
{
  g_autoptr (GstIceRun) run = get_run (self);
  GstFormat format;

  gst_query_parse_position (query, &format, NULL);
  if (format != GST_FORMAT_BYTES && format != GST_FORMAT_DEFAULT)
    return FALSE;

  gst_query_set_position (query, GST_FORMAT_BYTES,
      run != NULL ? gst_ice_run_get_position (run) : 0);

  return TRUE;
}

static void
answer_seeking (GstIceSink * self, GstQuery * query)
{
  GstFormat format;
  gboolean seekable;

  GST_OBJECT_LOCK (self);
  seekable = self->settings.seekable == GST_ICE_SEEKABLE_YES;
  GST_OBJECT_UNLOCK (self);

  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  if (format == GST_FORMAT_BYTES || format == GST_FORMAT_DEFAULT)
    gst_query_set_seeking (query, GST_FORMAT_BYTES, seekable, 0, -1);
  else
    gst_query_set_seeking (query, format, FALSE, 0, -1);
}

static gchar *gst_ice_sink_get_uri (GstURIHandler * handler);

static gboolean
gst_ice_sink_query (GstBaseSink * sink, GstQuery * query)
{
  GstIceSink *self = GST_ICE_SINK (sink);
  g_autofree gchar *uri = NULL;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_POSITION:
      return answer_position (self, query);
    case GST_QUERY_FORMATS:
      gst_query_set_formats (query, 2, GST_FORMAT_DEFAULT, GST_FORMAT_BYTES);
      return TRUE;
    case GST_QUERY_SEEKING:
      answer_seeking (self, query);
      return TRUE;
    case GST_QUERY_URI:
      uri = gst_ice_sink_get_uri (GST_URI_HANDLER (self));
      gst_query_set_uri (query, uri);
      return TRUE;
    default:
      return GST_BASE_SINK_CLASS (gst_ice_sink_parent_class)->query (sink,
          query);
  }
}

/* A query of the application. GstBaseSink passes on most of them; those that
 * are about the object are answered here. */
static gboolean
gst_ice_sink_element_query (GstElement * element, GstQuery * query)
{
  GstIceSink *self = GST_ICE_SINK (element);
  GstFormat format;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_POSITION:
      gst_query_parse_position (query, &format, NULL);
      if (format == GST_FORMAT_BYTES)
        return answer_position (self, query);
      break;
    case GST_QUERY_FORMATS:
    case GST_QUERY_URI:
      return gst_ice_sink_query (GST_BASE_SINK (self), query);
    default:
      break;
  }

  return GST_ELEMENT_CLASS (gst_ice_sink_parent_class)->query (element, query);
}

/* ---- action signals ---- */

static gboolean
gst_ice_sink_provide_upload_credential (GstIceSink * self,
    const gchar * upload_address, const gchar * upload_auth)
{
  g_autoptr (GstIceRun) run = get_run (self);

  if (upload_address == NULL || upload_auth == NULL)
    return FALSE;
  if (run == NULL) {
    GST_WARNING_OBJECT (self, "provide-upload-credential: no upload runs");
    return FALSE;
  }

  return gst_ice_run_provide_credential (run, upload_address, upload_auth);
}

static void
gst_ice_sink_provide_identity (GstIceSink * self, const gchar * access_key_id,
    const gchar * access_key_secret, const gchar * security_token)
{
  g_autoptr (GstIceRun) run = get_run (self);
  g_autoptr (GstIceIdentity) identity = NULL;

  if (access_key_id == NULL || *access_key_id == '\0'
      || access_key_secret == NULL || *access_key_secret == '\0')
    return;

  GST_OBJECT_LOCK (self);
  gst_ice_settings_set_string (&self->settings.access_key_id, access_key_id);
  gst_ice_settings_set_secret (&self->settings.access_key_secret,
      access_key_secret);
  gst_ice_settings_set_secret (&self->settings.security_token, security_token);
  GST_OBJECT_UNLOCK (self);

  if (run == NULL)
    return;
  identity = gst_ice_identity_new (access_key_id, access_key_secret,
      security_token);
  gst_ice_run_provide_identity (run, identity);
}

static void
gst_ice_sink_checkpoint (GstIceSink * self)
{
  g_autoptr (GstIceRun) run = get_run (self);

  if (run != NULL)
    gst_ice_run_checkpoint (run);
}

/* ---- properties ---- */

static void
gst_ice_sink_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstIceSink *self = GST_ICE_SINK (object);
  gboolean frozen, known = TRUE;

  GST_OBJECT_LOCK (self);
  frozen = self->run != NULL && !gst_ice_sink_properties_may_change (id);
  if (!frozen) {
    known = gst_ice_sink_properties_set (&self->settings, id, value);
    tell_run (self);
  }
  GST_OBJECT_UNLOCK (self);

  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  if (frozen)
    g_warning ("%s: property %s can be set in NULL and READY only",
        GST_OBJECT_NAME (self), pspec->name);
}

/* Of the run before, or of none. */
static GstStructure *
copy_last_stats (GstIceSink * self)
{
  GstStructure *stats;

  GST_OBJECT_LOCK (self);
  stats = self->last_stats != NULL ? gst_structure_copy (self->last_stats)
      : gst_ice_messages_new_stats (&(GstIceFigures) {
        .media_id = self->settings.media_id,
        .upload_lag = 0,
        .upload = {.lease_expires_us = -1},
      });
  GST_OBJECT_UNLOCK (self);

  return stats;
}

static GstStructure *
get_stats (GstIceSink * self)
{
  g_autoptr (GstIceRun) run = get_run (self);
  g_autoptr (GstStructure) base =
      gst_base_sink_get_stats (GST_BASE_SINK (self));
  GstStructure *stats = run != NULL ? gst_ice_run_get_stats (run)
      : copy_last_stats (self);
  gint i;

  for (i = 0; i < gst_structure_n_fields (base); i++) {
    const gchar *name = gst_structure_nth_field_name (base, i);

    gst_structure_set_value (stats, name,
        gst_structure_get_value (base, name));
  }

  return stats;
}

static void
gst_ice_sink_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstIceSink *self = GST_ICE_SINK (object);
  gboolean known;

  if (id == GST_ICE_SINK_PROPERTY_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }

  GST_OBJECT_LOCK (self);
  known = gst_ice_sink_properties_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);

  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
init_request_signal (GstIceSinkClass * klass)
{
  /**
   * GstIceSink::request-upload-credential:
   * @sink: the sink
   * @media_id: the media asset
   * @reason: `start`, `expiring`, `expired` or `refused`
   *
   * An upload credential is wanted. Emitted on an application thread, never on
   * the network thread or the streaming thread. A handler that returns %TRUE
   * promises to emit #GstIceSink::provide-upload-credential, now or later,
   * from any thread; ICE is not called then. The first %TRUE wins. A promise
   * that is not kept counts against #GstIceSink:retry-timeout.
   *
   * Handlers must be connected before READY to PAUSED.
   *
   * Returns: %TRUE if a credential will be provided
   *
   * Since: 0.1
   */
  request_signal = g_signal_new ("request-upload-credential",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 2,
      G_TYPE_STRING, G_TYPE_STRING);
}

#define NEW_ACTION(klass, name, handler, ...) \
    g_signal_new_class_handler (name, G_TYPE_FROM_CLASS (klass), \
        G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (handler), NULL, \
        NULL, NULL, __VA_ARGS__)

static void
init_actions (GstIceSinkClass * klass)
{
  /**
   * GstIceSink::provide-upload-credential:
   * @sink: the sink
   * @upload_address: UploadAddress, Base64 as ICE returned it
   * @upload_auth: UploadAuth, Base64 as ICE returned it
   *
   * Gives the upload credential that is used from now on. Any thread.
   *
   * Returns: %FALSE if it could not be decoded, or no upload runs
   *
   * Since: 0.1
   */
  NEW_ACTION (klass, "provide-upload-credential",
      gst_ice_sink_provide_upload_credential, G_TYPE_BOOLEAN, 2,
      G_TYPE_STRING, G_TYPE_STRING);

  /**
   * GstIceSink::provide-identity:
   * @sink: the sink
   * @access_key_id: AccessKey id
   * @access_key_secret: AccessKey secret
   * @security_token: (nullable): token of a temporary identity
   *
   * Replaces the explicit identity as one, at any time. Any thread.
   *
   * Since: 0.1
   */
  NEW_ACTION (klass, "provide-identity", gst_ice_sink_provide_identity,
      G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);

  /**
   * GstIceSink::checkpoint:
   * @sink: the sink
   *
   * Hands over what is recorded so far, as soon as it has OSS's minimum part
   * size. Any thread.
   *
   * Since: 0.1
   */
  NEW_ACTION (klass, "checkpoint", gst_ice_sink_checkpoint, G_TYPE_NONE, 0);
}

static void
gst_ice_sink_finalize (GObject * object)
{
  GstIceSink *self = GST_ICE_SINK (object);

  g_ptr_array_unref (self->retired);
  g_clear_pointer (&self->last_stats, gst_structure_free);
  gst_ice_settings_clear (&self->settings);
  gst_ice_outbox_unref (self->outbox);

  G_OBJECT_CLASS (gst_ice_sink_parent_class)->finalize (object);
}

static void
gst_ice_sink_class_init (GstIceSinkClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);

  /* For --gst-debug-help. */
  gst_ice_log_get (GST_ICE_LOG_SINK);

  object_class->set_property = gst_ice_sink_set_property;
  object_class->get_property = gst_ice_sink_get_property;
  object_class->finalize = gst_ice_sink_finalize;

  gst_ice_sink_properties_install (object_class);
  init_request_signal (klass);
  init_actions (klass);

  gst_type_mark_as_plugin_api (GST_TYPE_ICE_SEEKABLE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_OVERFLOW, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_RESUME, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ICE_END_ACTION, 0);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class,
      "Alibaba Cloud ICE upload sink", "Sink/Network",
      "Uploads a recording to a media asset of Alibaba Cloud ICE (Intelligent"
      " Media Services) while it is made", "The icesink developers");
  element_class->change_state = gst_ice_sink_change_state;
  element_class->query = gst_ice_sink_element_query;

  sink_class->render = gst_ice_sink_render;
  sink_class->render_list = gst_ice_sink_render_list;
  sink_class->event = gst_ice_sink_event;
  sink_class->wait_event = gst_ice_sink_wait_event;
  sink_class->unlock = gst_ice_sink_unlock;
  sink_class->unlock_stop = gst_ice_sink_unlock_stop;
  sink_class->set_caps = gst_ice_sink_set_caps;
  sink_class->query = gst_ice_sink_query;
}

static void
gst_ice_sink_init (GstIceSink * self)
{
  gst_ice_settings_init (&self->settings);
  self->outbox = gst_ice_outbox_new (GST_ELEMENT (self));
  self->retired =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_run_unref);
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
}

/* ---- icems:// ---- */

static GstURIType
gst_ice_sink_uri_get_type (GType type)
{
  return GST_URI_SINK;
}

static const gchar *const *
gst_ice_sink_uri_get_protocols (GType type)
{
  static const gchar *const protocols[] = { GST_ICE_MEDIA_URI_SCHEME, NULL };

  return protocols;
}

static gchar *
gst_ice_sink_get_uri (GstURIHandler * handler)
{
  GstIceSink *self = GST_ICE_SINK (handler);
  gchar *uri;

  GST_OBJECT_LOCK (self);
  uri = gst_ice_settings_get_uri (&self->settings);
  GST_OBJECT_UNLOCK (self);

  return uri;
}

static gboolean
gst_ice_sink_set_uri (GstURIHandler * handler, const gchar * uri,
    GError ** error)
{
  GstIceSink *self = GST_ICE_SINK (handler);
  gboolean frozen, ok = FALSE;

  GST_OBJECT_LOCK (self);
  frozen = self->run != NULL;
  if (!frozen)
    ok = gst_ice_settings_set_uri (&self->settings, uri, error);
  GST_OBJECT_UNLOCK (self);

  if (frozen)
    g_set_error_literal (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
        "The URI can be set in NULL and READY only");

  return ok;
}

static void
gst_ice_sink_uri_handler_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = gst_ice_sink_uri_get_type;
  handler->get_protocols = gst_ice_sink_uri_get_protocols;
  handler->get_uri = gst_ice_sink_get_uri;
  handler->set_uri = gst_ice_sink_set_uri;
}
