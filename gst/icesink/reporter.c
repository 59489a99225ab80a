/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The reporter; see the header.
 *
 * Protected by: lock, for what is marked so. It is not held while something is
 * put into the outbox, or a function of recording or upload is called. */

#include "icesink/reporter.h"

#include "common/error.h"
#include "common/lock.h"
#include "common/log.h"
#include "icesink/content-type.h"
#include "icesink/element-error.h"
#include "icesink/messages.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_SINK)

/* Ticks come a little late, and not always by the same. */
#define TICK_JITTER_US (G_USEC_PER_SEC / 40)

/* What ICE's page on uploads allows for one audio or video file: 5 GB. */
#define LARGEST_MEDIA G_GUINT64_CONSTANT (5000000000)

/* What the application has been told last, as long as it is so. */
typedef enum
{
  TOLD_FINALIZING = 1 << 0,     /* the rest is being uploaded: the step is
                                 * open */
  TOLD_SPILLING = 1 << 1,       /* the spool has taken over */
  TOLD_SPOOL_TROUBLE = 1 << 2,  /* the spool takes nothing */
  TOLD_TOO_LARGE = 1 << 3,      /* ICE may not take the recording */
} Told;

struct _GstIceReporter
{
  GstElement *element;          /* (unowned) */
  GstIceOutbox *outbox;         /* (owned) */
  GstIceClock *clock;           /* (owned) */
  GstIceUpload *upload;         /* (owned) */
  GstIceLegacy *legacy;         /* (unowned) */
  gchar *media_id;
  guint64 max_object_size;
  gint64 progress_interval_us;
  gboolean post_messages;
  gboolean verify;

  /* network thread only */
  gint64 last_progress_us;
  guint64 last_bytes_uploaded;
  Told told;

  GMutex lock;
  GstIceRecording *recording;   /* (nullable) (owned) protected by lock, like
                                 * all below */
  gboolean muted;
  gint64 expected_size;
  gint64 first_byte_us;
  gint64 interrupted_us;        /* when the outage began, or -1 */
  gchar *last_error;            /* (nullable): in place of the upload's */
  const gchar *content_type;    /* (nullable) (unowned) */
};

GstIceReporter *
gst_ice_reporter_new (GstElement * element, const GstIceSettings * settings,
    GstIceOutbox * outbox, GstIceClock * clock, GstIceUpload * upload,
    GstIceLegacy * legacy, guint64 max_object_size)
{
  GstIceReporter *self = g_new0 (GstIceReporter, 1);

  self->element = element;
  self->outbox = gst_ice_outbox_ref (outbox);
  self->clock = gst_ice_clock_ref (clock);
  self->upload = gst_ice_upload_ref (upload);
  self->legacy = legacy;
  self->media_id = g_strdup (settings->media_id);
  self->max_object_size = max_object_size;
  self->progress_interval_us =
      MAX (0, gst_ice_settings_get_us (settings->progress_interval));
  self->post_messages = settings->post_messages;
  self->verify = settings->verify;
  self->last_progress_us = gst_ice_clock_get_monotonic (clock);
  self->expected_size = -1;
  self->first_byte_us = -1;
  self->interrupted_us = -1;
  g_mutex_init (&self->lock);

  return self;
}

void
gst_ice_reporter_free (GstIceReporter * self)
{
  g_clear_pointer (&self->recording, gst_ice_recording_unref);
  gst_ice_upload_unref (self->upload);
  gst_ice_clock_unref (self->clock);
  gst_ice_outbox_unref (self->outbox);
  g_free (self->media_id);
  g_free (self->last_error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
gst_ice_reporter_set_content_type (GstIceReporter * self,
    const gchar * content_type)
{
  gst_ice_lock_scope (&self->lock);

  self->content_type = content_type;
}

void
gst_ice_reporter_set_recording (GstIceReporter * self,
    GstIceRecording * recording)
{
  gst_ice_lock_scope (&self->lock);

  self->recording = gst_ice_recording_ref (recording);
}

/* ---- figures ---- */

/* (transfer full) (nullable) */
static GstIceRecording *
ref_recording (GstIceReporter * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->recording != NULL ? gst_ice_recording_ref (self->recording)
      : NULL;
}

/* While nothing can leave, bytes that are held back on purpose are late, too.
 * -1 without an outage. */
static gint64
get_outage (GstIceReporter * self, gint64 now_us)
{
  gst_ice_lock_scope (&self->lock);

  if (self->interrupted_us < 0 || self->first_byte_us < 0)
    return -1;

  return now_us - MAX (self->interrupted_us, self->first_byte_us);
}

gboolean
gst_ice_reporter_is_interrupted (GstIceReporter * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->interrupted_us >= 0;
}

static void
set_interrupted (GstIceReporter * self, gint64 since_us)
{
  gst_ice_lock_scope (&self->lock);

  self->interrupted_us = since_us;
}

static void
add_figures_of_recording (GstIceReporter * self, GstIceRecording * recording,
    GstIceFigures * figures)
{
  gint64 oldest = gst_ice_recording_get_oldest (recording);
  gint64 lag = oldest >= 0 ? figures->now_us - oldest : -1;

  figures->bytes_written = gst_ice_recording_get_size (recording);
  figures->part_size = gst_ice_recording_get_part_size (recording);
  figures->memory_used = gst_ice_recording_get_memory_used (recording);
  figures->bytes_pending = figures->bytes_written
      - MIN (figures->bytes_written, figures->upload.bytes_uploaded);
  if (figures->bytes_pending > 0)
    lag = MAX (lag, get_outage (self, figures->now_us));
  if (!gst_ice_upload_state_is_over (figures->upload.state))
    figures->upload_lag = MAX (lag, 0) * GST_USECOND;
}

static void
get_figures (GstIceReporter * self, GstIceFigures * figures)
{
  g_autoptr (GstIceRecording) recording = ref_recording (self);
  g_autoptr (GstIceSpool) spool = gst_ice_legacy_ref_spool (self->legacy);

  *figures = (GstIceFigures) {
    .media_id = self->media_id,
    .max_object_size = self->max_object_size,
    .now_us = gst_ice_clock_get_monotonic (self->clock),
    .spool_used = spool != NULL ? gst_ice_spool_get_used (spool) : 0,
  };
  gst_ice_upload_get_info (self->upload, &figures->upload);
  if (recording != NULL)
    add_figures_of_recording (self, recording, figures);
}

GstStructure *
gst_ice_reporter_get_stats (GstIceReporter * self, const gchar * state)
{
  g_auto (GstIceFigures) figures = { 0 };

  get_figures (self, &figures);
  figures.state = state;
  if (state == NULL && figures.upload.state == GST_ICE_UPLOAD_IDLE)
    figures.state = "opening";
  g_mutex_lock (&self->lock);
  if (self->last_error != NULL) {
    g_free (figures.upload.last_error);
    figures.upload.last_error = g_strdup (self->last_error);
  }
  g_mutex_unlock (&self->lock);

  return gst_ice_messages_new_stats (&figures);
}

void
gst_ice_reporter_note_first_byte (GstIceReporter * self)
{
  gst_ice_lock_scope (&self->lock);

  if (self->first_byte_us < 0)
    self->first_byte_us = gst_ice_clock_get_monotonic (self->clock);
}

void
gst_ice_reporter_set_expected_size (GstIceReporter * self, gint64 size)
{
  gst_ice_lock_scope (&self->lock);

  self->expected_size = size;
}

/* ---- posting ---- */

void
gst_ice_reporter_mute (GstIceReporter * self)
{
  gst_ice_lock_scope (&self->lock);

  self->muted = TRUE;
}

static gboolean
is_muted (GstIceReporter * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->muted;
}

gboolean
gst_ice_reporter_call (GstIceReporter * self, GstIceOutboxFunc func,
    gpointer user_data, GDestroyNotify destroy)
{
  if (is_muted (self))
    return FALSE;

  gst_ice_outbox_call (self->outbox, func, user_data, destroy);

  return TRUE;
}

gboolean
gst_ice_reporter_deliver (GstIceReporter * self)
{
  return gst_ice_outbox_drain (self->outbox);
}

/* @message: (transfer full) */
static void
post (GstIceReporter * self, GstMessage * message)
{
  if (is_muted (self))
    gst_message_unref (message);
  else
    gst_ice_outbox_post (self->outbox, message);
}

/* @structure: (transfer full) */
static void
post_structure (GstIceReporter * self, GstStructure * structure)
{
  if (self->post_messages)
    post (self, gst_message_new_element (GST_OBJECT (self->element),
            structure));
  else
    gst_structure_free (structure);
}

/* Posts what @new_structure makes of the figures. */
static void
post_figures (GstIceReporter * self,
    GstStructure * (*new_structure) (const GstIceFigures *))
{
  g_auto (GstIceFigures) figures = { 0 };

  get_figures (self, &figures);
  post_structure (self, new_structure (&figures));
}

static void
post_step (GstIceReporter * self, GstProgressType type, const gchar * code,
    const gchar * text)
{
  post (self, gst_message_new_progress (GST_OBJECT (self->element), type,
          code, text));
}

/* Takes note of whether @what is so. TRUE if it is, and the application does not
 * know. */
static gboolean
is_news (GstIceReporter * self, Told what, gboolean is_so)
{
  gboolean known = (self->told & what) != 0;

  self->told = is_so ? self->told | what : self->told & ~what;

  return is_so && !known;
}

/* ---- steps ---- */

static void
post_opened (GstIceReporter * self)
{
  post_step (self, GST_PROGRESS_TYPE_START, "open",
      "Asking for an upload credential");
  post_step (self, GST_PROGRESS_TYPE_COMPLETE, "open",
      "Upload credential received");
}

void
gst_ice_reporter_open_finalize (GstIceReporter * self)
{
  self->told |= TOLD_FINALIZING;
  post_step (self, GST_PROGRESS_TYPE_START, "finalize",
      "Uploading the rest of the recording");
}

/* Ends the step, if it is open. */
static void
close_finalize (GstIceReporter * self, GstProgressType type,
    const gchar * text)
{
  if ((self->told & TOLD_FINALIZING) != 0)
    post_step (self, type, "finalize", text);
  self->told &= ~TOLD_FINALIZING;
}

/* What is told of @error stands in the figures as well. */
static void
note_error (GstIceReporter * self, const GError * error)
{
  gst_ice_lock_scope (&self->lock);

  g_free (self->last_error);
  self->last_error = g_strdup (error->message);
}

void
gst_ice_reporter_post_error (GstIceReporter * self, const GError * error)
{
  g_autoptr (GError) described =
      gst_ice_legacy_describe_error (self->legacy, error);
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (self->upload, &info);
  note_error (self, error);
  close_finalize (self, GST_PROGRESS_TYPE_ERROR, "Upload failed");
  post (self, gst_ice_element_error_new_message (self->element, described,
          self->media_id, info.upload_id != NULL, info.outcome));
}

void
gst_ice_reporter_post_warning (GstIceReporter * self, const gchar * text,
    const GError * error, GstClockTime retry_in)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (self->upload, &info);
  if (!GST_CLOCK_TIME_IS_VALID (retry_in))
    note_error (self, error);
  post (self, gst_ice_element_error_new_warning (self->element, text, error,
          self->media_id, info.upload_id != NULL, info.outcome, retry_in));
}

static void
post_interrupted (GstIceReporter * self, const GError * error,
    GstClockTime retry_in)
{
  set_interrupted (self, gst_ice_clock_get_monotonic (self->clock));
  post_structure (self, gst_ice_messages_new_interrupted (self->media_id,
          error->message, retry_in));
  gst_ice_reporter_post_warning (self, "The upload is interrupted. It goes on"
      " by itself; what is recorded meanwhile waits.", error, retry_in);
}

static void
post_resumed (GstIceReporter * self, GstClockTime outage)
{
  g_autoptr (GError) info = g_error_new_literal (GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_WRITE, "The upload goes on.");
  g_autofree gchar *debug = g_strdup_printf ("The outage took %"
      G_GUINT64_FORMAT " ms", GST_TIME_AS_MSECONDS (outage));

  set_interrupted (self, -1);
  post_structure (self, gst_ice_messages_new_resumed (self->media_id, outage));
  post (self, gst_message_new_info (GST_OBJECT (self->element), info, debug));
}

static void
warn_of_unverified (GstIceReporter * self)
{
  g_autoptr (GError) error = gst_ice_error_new (GST_ICE_ERROR_SYNC,
      "OSS has confirmed the object, but given no CRC-64 of it, also not when"
      " asked for it by HeadObject; something in between may drop the header"
      " x-oss-hash-crc64ecma");

  gst_ice_reporter_post_warning (self, "The object is complete, but could not"
      " be compared with the recording.", error, GST_CLOCK_TIME_NONE);
}

static void
post_complete (GstIceReporter * self)
{
  g_auto (GstIceFigures) figures = { 0 };
  GstClockTime duration = 0;

  get_figures (self, &figures);
  g_mutex_lock (&self->lock);
  if (self->first_byte_us >= 0)
    duration = (figures.now_us - self->first_byte_us) * GST_USECOND;
  g_mutex_unlock (&self->lock);

  close_finalize (self, GST_PROGRESS_TYPE_COMPLETE, "Object confirmed");
  post_structure (self, gst_ice_messages_new_complete (&figures, duration));
  if (!figures.upload.verified && self->verify)
    warn_of_unverified (self);
}

/* ICE says that a format which doesn't fit the extension can make an upload
 * fail; whether it looks, it does not say. So it goes on. */
static void
warn_of_extension (GstIceReporter * self)
{
  g_auto (GstIceFigures) figures = { 0 };
  g_autoptr (GError) warning = NULL;
  g_autofree gchar *extension = NULL, *debug = NULL;
  const gchar *type;

  get_figures (self, &figures);
  g_mutex_lock (&self->lock);
  type = self->content_type;
  g_mutex_unlock (&self->lock);
  if (type == NULL || figures.upload.object == NULL)
    return;
  extension = gst_ice_content_type_get_better_extension (type,
      figures.upload.object);
  if (extension == NULL)
    return;

  warning = g_error_new_literal (GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_SETTINGS,
      "The media asset was made for another kind of file.");
  debug = g_strdup_printf ("The object is to be %s, and the stream is %s: ICE"
      " may not be able to read it. Make the media asset with the extension %s"
      " (gst-ice-1.0 create --ext=%s), or use another muxer",
      figures.upload.object, type, extension, extension);
  post (self, gst_message_new_warning (GST_OBJECT (self->element), warning,
          debug));
}

void
gst_ice_reporter_handle_event (GstIceReporter * self,
    const GstIceUploadEvent * event)
{
  switch (event->type) {
    case GST_ICE_UPLOAD_EVENT_LEASED:
      post_opened (self);
      break;
    case GST_ICE_UPLOAD_EVENT_RENEWED:
      post_figures (self, gst_ice_messages_new_refreshed);
      break;
    case GST_ICE_UPLOAD_EVENT_STARTED:
      post_figures (self, gst_ice_messages_new_started);
      warn_of_extension (self);
      break;
    case GST_ICE_UPLOAD_EVENT_INTERRUPTED:
      post_interrupted (self, event->error, event->time_us * GST_USECOND);
      break;
    case GST_ICE_UPLOAD_EVENT_RESUMED:
      post_resumed (self, event->time_us * GST_USECOND);
      break;
    case GST_ICE_UPLOAD_EVENT_COMPLETE:
      post_complete (self);
      break;
    case GST_ICE_UPLOAD_EVENT_FAILED:
      gst_ice_reporter_post_error (self, event->error);
      break;
    case GST_ICE_UPLOAD_EVENT_STOPPED:
      close_finalize (self, GST_PROGRESS_TYPE_CANCELED, "Upload stopped");
      break;
    case GST_ICE_UPLOAD_EVENT_LEFT_BEHIND:
      gst_ice_reporter_post_warning (self, "An older upload is left behind.",
          event->error, GST_CLOCK_TIME_NONE);
      break;
    default:
      break;
  }
}

/* ---- progress ---- */

gint64
gst_ice_reporter_get_interval (GstIceReporter * self)
{
  return self->progress_interval_us;
}

static gint
get_percent (GstIceReporter * self, const GstIceFigures * figures)
{
  gst_ice_lock_scope (&self->lock);

  if (self->expected_size <= 0)
    return -1;

  return MIN (100, figures->upload.bytes_uploaded * 100 / self->expected_size);
}

static void
post_progress (GstIceReporter * self)
{
  g_auto (GstIceFigures) figures = { 0 };
  guint64 bytes, bitrate;

  get_figures (self, &figures);
  bytes = figures.upload.bytes_uploaded
      - MIN (figures.upload.bytes_uploaded, self->last_bytes_uploaded);
  bitrate = gst_util_uint64_scale (bytes * 8, G_USEC_PER_SEC,
      MAX (1, figures.now_us - self->last_progress_us));
  self->last_bytes_uploaded = figures.upload.bytes_uploaded;
  self->last_progress_us = figures.now_us;

  gst_ice_outbox_post_in_turn (self->outbox,
      gst_message_new_element (GST_OBJECT (self->element),
          gst_ice_messages_new_progress (&figures, bitrate,
              get_percent (self, &figures))));
}

static void
warn_of_spool (GstIceReporter * self, GError * error)
{
  g_autoptr (GError) warning = g_error_new_literal (GST_RESOURCE_ERROR,
      gst_ice_error_is (error, GST_ICE_ERROR_NO_SPACE) ?
      GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE,
      "The spool takes no more of the recording.");
  g_autofree gchar *debug = g_strdup_printf ("%s. Memory alone holds what the"
      " network has not taken, and a crash would lose it", error->message);

  post (self, gst_message_new_warning (GST_OBJECT (self->element), warning,
          debug));
}

/* Tells of a spool that has taken over, or that is of no use. */
static void
watch_spool (GstIceReporter * self, GstIceRecording * recording)
{
  g_autoptr (GError) error = gst_ice_recording_get_spool_error (recording);

  if (is_news (self, TOLD_SPILLING,
          gst_ice_recording_is_spilling (recording)))
    post_figures (self, gst_ice_messages_new_spilling);
  if (is_news (self, TOLD_SPOOL_TROUBLE, error != NULL))
    warn_of_spool (self, error);
}

/* OSS takes more, and whether ICE then does is not known: the upload goes on. */
static void
watch_size (GstIceReporter * self, GstIceRecording * recording)
{
  g_autoptr (GError) warning = NULL;

  if (!is_news (self, TOLD_TOO_LARGE,
          gst_ice_recording_get_size (recording) > LARGEST_MEDIA))
    return;

  warning = g_error_new_literal (GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NO_SPACE_LEFT, "The recording is larger than 5 GB.");
  post (self, gst_message_new_warning (GST_OBJECT (self->element), warning,
          "ICE allows 5 GB for one audio or video file, and may not be able to"
          " use a larger one. The upload goes on; cut long recordings into"
          " fragments, each a media asset of its own"));
}

static gboolean
is_progress_due (GstIceReporter * self)
{
  gint64 since = gst_ice_clock_get_monotonic (self->clock)
      - self->last_progress_us;

  return self->progress_interval_us > 0 && self->post_messages
      && since + TICK_JITTER_US >= self->progress_interval_us;
}

void
gst_ice_reporter_tick (GstIceReporter * self)
{
  g_autoptr (GstIceRecording) recording = ref_recording (self);

  if (recording != NULL) {
    watch_spool (self, recording);
    watch_size (self, recording);
  }
  if (is_progress_due (self) && !is_muted (self))
    post_progress (self);
}
