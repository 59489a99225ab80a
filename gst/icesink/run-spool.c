/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What a spool adds to a run: going on with what an earlier run left, writing
 * down what happens, and leaving behind what is not safe elsewhere.
 *
 * Runs on: as said at each function in the private header; a job of the spool
 * reads what is left, before the upload starts.
 *
 * A spool is removed when its object is confirmed, when on-stop=abort has
 * aborted it, and when nothing was recorded. In any other case the next run
 * finds it. Where a run finished what an earlier one had left, and took no
 * stream of its own, a note stays, so that the next run does not overwrite it:
 * a supervisor that starts a recorder again and again would do just that. */

#include "icesink/run-private.h"

#include "common/error.h"
#include "common/log.h"
#include "icesink/content-type.h"
#include "icesink/resume.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_SINK)

/* ---- the beginning ---- */

static void
cut_job (GstIceSpool * spool, gpointer user_data)
{
  g_autofree guint64 *base = user_data;
  g_autoptr (GError) error = NULL;

  if (!gst_ice_spool_truncate (spool, *base, &error))
    GST_WARNING ("%s", error->message);
}

/* What lies behind the beginning of this run goes, here or in the journal
 * alone: parts may have arrived before they were on disk. */
static void
cut (GstIceRun * self)
{
  gst_ice_spool_run (self->spool, cut_job,
      g_memdup2 (&self->base, sizeof (self->base)), NULL);
}

static gboolean
refuse_left (GstIceRun * self, GError ** error)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS, "%s holds %"
      G_GUINT64_FORMAT " bytes of an earlier recording, and"
      " resume=never: set resume=auto or resume=only, or use gst-ice-1.0",
      gst_ice_spool_get_path (self->spool), self->base);
}

/* Nobody has seen yet that this is the last chance to keep it. */
static gboolean
refuse_finished (GstIceRun * self, const GstIceSpoolLeft * left,
    GError ** error)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
      "The media asset has a recording of %" G_GUINT64_FORMAT " bytes that"
      " was finished after a crash, and another one would overwrite it:"
      " set another media-id, or remove %s", left->finished,
      gst_ice_spool_get_path (self->spool));
}

/* A recording of no bytes is none. */
static gboolean
adopt_left (GstIceRun * self, const GstIceSpoolLeft * left, GError ** error)
{
  if (left->finished > 0)
    return self->resume == GST_ICE_RESUME_ONLY
        || refuse_finished (self, left, error);

  self->base = left->size;
  if (self->base == 0)
    return TRUE;
  if (self->resume == GST_ICE_RESUME_NEVER)
    return refuse_left (self, error);

  GST_INFO_OBJECT (self->element, "an earlier run left %" G_GUINT64_FORMAT
      " bytes in %s", self->base, gst_ice_spool_get_path (self->spool));
  if (left->content_type != NULL)
    gst_ice_upload_set_content_type (self->upload, left->content_type);

  return gst_ice_recording_restore (self->recording, error);
}

gboolean
gst_ice_run_adopt_spool (GstIceRun * self, GstIceSpool * spool,
    GError ** error)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);

  self->spool = gst_ice_spool_ref (spool);
  if (left != NULL) {
    if (!adopt_left (self, left, error))
      return FALSE;
    if (left->finished == 0)
      cut (self);
  }

  self->undecided = self->base > 0 || self->resume == GST_ICE_RESUME_ONLY;
  if (!self->undecided)
    gst_ice_spool_note_run (spool, 0, &self->recording_config.plan);

  return TRUE;
}

static void
on_arrived (GstIcePart * part, const gchar * etag, gpointer user_data)
{
  GstIceRun *self = user_data;

  gst_ice_upload_add_arrived (self->upload, part, etag);
}

/* FALSE if no upload has begun. */
static gboolean
resume_upload (GstIceRun * self)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (self->spool);

  if (left == NULL || left->upload_id == NULL || left->bucket == NULL
      || left->object == NULL)
    return FALSE;

  gst_ice_upload_resume (self->upload, left->bucket, left->object,
      left->upload_id);
  self->upload_id = g_strdup (left->upload_id);

  return TRUE;
}

/* Reads what is left, part by part, and lets the upload begin with that. */
static void
restore_job (GstIceSpool * spool, gpointer user_data)
{
  GstIceRun *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done, ok;

  ok = gst_ice_recording_verify_next (self->recording, spool, &done,
      on_arrived, self, &error);
  if (ok && !done) {
    gst_ice_spool_run (spool, restore_job, gst_ice_run_ref (self),
        (GDestroyNotify) gst_ice_run_unref);
    return;
  }

  if (ok) {
    gst_ice_upload_start (self->upload);
  } else {
    g_prefix_error_literal (&error, "The earlier recording: ");
    gst_ice_upload_fail (self->upload, g_steal_pointer (&error));
  }
  gst_ice_run_set_flag (self, &self->restored);
}

/* There is nothing to finish, and no stream is taken. An upload that began
 * before anything was on disk is aborted. */
static void
begin_nothing (GstIceRun * self)
{
  self->discarding = resume_upload (self);
  if (self->discarding)
    gst_ice_upload_start (self->upload);
  else
    gst_ice_run_set_flag (self, &self->ended);
}

void
gst_ice_run_begin_upload (GstIceRun * self)
{
  if (self->base > 0) {
    resume_upload (self);
    gst_ice_spool_run (self->spool, restore_job, gst_ice_run_ref (self),
        (GDestroyNotify) gst_ice_run_unref);
    return;
  }

  if (self->undecided) {
    begin_nothing (self);
  } else {
    if (self->spool != NULL)
      resume_upload (self);
    gst_ice_upload_start (self->upload);
  }
  gst_ice_run_set_flag (self, &self->restored);
}

/* ---- the decision ---- */

/* The format is what matters, not what stands at the head of the stream. */
static gchar *
describe_caps (const GstCaps * caps)
{
  g_autoptr (GstCaps) format = gst_caps_copy (caps);
  guint i;

  for (i = 0; i < gst_caps_get_size (format); i++)
    gst_structure_remove_fields (gst_caps_get_structure (format, i),
        "streamheader", "codec_data", NULL);

  return gst_caps_to_string (format);
}

static void
note_format (GstIceRun * self)
{
  g_autofree gchar *caps = self->caps != NULL ?
      describe_caps (self->caps) : NULL;

  gst_ice_spool_note_format (self->spool, caps,
      self->caps != NULL ? gst_ice_content_type_from_caps (self->caps) : NULL);
}

static gboolean
can_append (GstIceRun * self)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (self->spool);

  return self->resume == GST_ICE_RESUME_AUTO && left != NULL
      && gst_ice_resume_can_append (left->caps, self->caps);
}

/* The earlier recording is complete, and that was all. */
static GstFlowReturn
refuse_stream (GstIceRun * self)
{
  g_autoptr (GError) error = gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
      "The spool held %" G_GUINT64_FORMAT " bytes of an earlier recording,"
      " which is uploaded and complete now; streams of this format can't be"
      " appended, so this one was not taken: start again with another"
      " media-id", self->base);

  gst_ice_run_set_flag (self, &self->failing);
  gst_ice_run_set_flag (self, &self->failed);
  gst_ice_run_post_error (self, error);
  gst_ice_outbox_drain (self->outbox);

  return GST_FLOW_ERROR;
}

GstFlowReturn
gst_ice_run_decide (GstIceRun * self)
{
  GstFlowReturn ret;

  if (!self->undecided) {
    if (self->spool != NULL && !self->format_noted)
      note_format (self);
    self->format_noted = TRUE;
    return GST_FLOW_OK;
  }
  if (can_append (self)) {
    GST_INFO_OBJECT (self->element, "appending to %" G_GUINT64_FORMAT
        " bytes", self->base);
    gst_ice_spool_note_run (self->spool, self->base,
        &self->recording_config.plan);
    self->undecided = FALSE;
    return GST_FLOW_OK;
  }

  ret = gst_ice_run_drain (self);
  if (ret != GST_FLOW_OK)
    return ret;

  return self->resume == GST_ICE_RESUME_ONLY ? GST_FLOW_EOS
      : refuse_stream (self);
}

/* ---- while it runs ---- */

/* Under lock, because whoever retires this run has to know which upload the
 * next one will find. */
static void
note_upload (GstIceRun * self)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (self->upload, &info);
  if (info.upload_id == NULL || *info.upload_id == '\0')
    return;

  g_mutex_lock (&self->lock);
  if (!self->retired) {
    gst_ice_spool_note_upload (self->spool, info.bucket, info.object,
        info.upload_id);
    g_free (self->upload_id);
    self->upload_id = g_strdup (info.upload_id);
  }
  g_mutex_unlock (&self->lock);
}

/* The object is confirmed. One that an earlier run recorded, and that this one
 * would have appended to, must not be overwritten by the next. */
static void
end_spool (GstIceRun * self)
{
  gst_ice_recording_detach_spool (self->recording);
  if (self->undecided && self->base > 0
      && self->resume == GST_ICE_RESUME_AUTO)
    gst_ice_spool_note_finished (self->spool, self->base);
  else
    gst_ice_spool_remove (self->spool);
}

void
gst_ice_run_note_event (GstIceRun * self, const GstIceUploadEvent * event)
{
  if (self->spool == NULL || gst_ice_run_get_flag (self, &self->retired))
    return;

  switch (event->type) {
    case GST_ICE_UPLOAD_EVENT_LEASED:
      if (self->discarding)
        gst_ice_upload_stop (self->upload, TRUE);
      break;
    case GST_ICE_UPLOAD_EVENT_STARTED:
      note_upload (self);
      break;
    case GST_ICE_UPLOAD_EVENT_CONFIRMED:
      gst_ice_spool_note_arrived (self->spool, event->part, event->size,
          event->crc64, event->etag);
      break;
    case GST_ICE_UPLOAD_EVENT_COMPLETE:
      end_spool (self);
      break;
    default:
      break;
  }
}

static void
warn_of_spool (GstIceRun * self, GError * error)
{
  g_autoptr (GError) warning = g_error_new_literal (GST_RESOURCE_ERROR,
      gst_ice_error_is (error, GST_ICE_ERROR_NO_SPACE) ?
      GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE,
      "The spool takes no more of the recording.");
  g_autofree gchar *debug = g_strdup_printf ("%s. Memory alone holds what the"
      " network has not taken, and a crash would lose it", error->message);

  gst_ice_run_post (self, gst_message_new_warning (GST_OBJECT (self->element),
          warning, debug));
}

void
gst_ice_run_watch_spool (GstIceRun * self)
{
  gboolean spilling = gst_ice_recording_is_spilling (self->recording);
  g_autoptr (GError) error =
      gst_ice_recording_get_spool_error (self->recording);

  if (spilling && !self->spilling && self->post_messages)
    gst_ice_run_post_figures (self, gst_ice_messages_new_spilling);
  self->spilling = spilling;

  if (error != NULL && !self->spool_trouble)
    warn_of_spool (self, error);
  self->spool_trouble = error != NULL;
}

/* ---- the end ---- */

static gboolean
is_confirmed (GstIceRun * self)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (self->upload, &info);

  return info.state == GST_ICE_UPLOAD_COMPLETE;
}

/* What the spool has of the recording. (transfer full) */
static gchar *
describe_spool (GstIceRun * self)
{
  const gchar *path = gst_ice_spool_get_path (self->spool);
  guint64 size = gst_ice_recording_get_size (self->recording);
  gboolean given_up;
  guint64 spooled = gst_ice_recording_get_spooled (self->recording, &given_up);
  const gchar *but = given_up ? ", but for parts that have arrived" : "";
  g_autoptr (GError) trouble =
      gst_ice_recording_get_spool_error (self->recording);

  if (trouble == NULL)
    return g_strdup_printf ("what was recorded is in %s%s", path, but);

  return g_strdup_printf ("of %" G_GUINT64_FORMAT " bytes recorded, the first %"
      G_GUINT64_FORMAT " are in %s%s, because of this: %s", size, spooled, path,
      but, trouble->message);
}

GError *
gst_ice_run_describe_error (GstIceRun * self, const GError * error)
{
  GError *described = g_error_copy (error);
  g_autofree gchar *what = NULL;
  g_autofree gchar *directory = NULL;

  if (self->spool == NULL || is_confirmed (self)
      || gst_ice_recording_get_size (self->recording) == 0)
    return described;

  what = describe_spool (self);
  directory = g_path_get_dirname (gst_ice_spool_get_path (self->spool));
  g_free (described->message);
  described->message = g_strdup_printf ("%s; %s; the next start goes on with"
      " it, or gst-ice-1.0 finish %s %s", error->message, what, directory,
      self->media_id);

  return described;
}

static gint64
get_stop_deadline (GstIceRun * self)
{
  return self->stop_timeout_us < 0 ? G_MAXINT64
      : g_get_monotonic_time () + self->stop_timeout_us;
}

/* What the upload did since is in the journal, so that is read again. */
static GstIceSpool *
reopen (GstIceRun * self, GError ** error)
{
  g_autoptr (GstIceSpool) spool = gst_ice_spool_reopen (self->spool,
      get_stop_deadline (self), error);
  const GstIceSpoolLeft *left;

  if (spool == NULL)
    return NULL;

  left = gst_ice_spool_get_left (spool);
  if (left != NULL && left->size == self->base)
    return g_steal_pointer (&spool);

  gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
      "Flushed, and %s does not hold the %" G_GUINT64_FORMAT " bytes of the"
      " earlier recording alone", gst_ice_spool_get_path (spool), self->base);

  return NULL;
}

/* Back to nothing. An upload that was taken up is aborted; another one is for
 * the next run to take up. */
static GstIceSpool *
empty (GstIceRun * self)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  if (is_confirmed (self)) {
    gst_ice_spool_remove (self->spool);
    gst_ice_spool_close (self->spool, get_stop_deadline (self));
    return NULL;
  }

  gst_ice_upload_get_info (self->upload, &info);
  if (info.upload_id != NULL)
    gst_ice_spool_forget_left (self->spool);

  return gst_ice_spool_ref (self->spool);
}

gboolean
gst_ice_run_give_spool (GstIceRun * self, GstIceSpool ** spool,
    GError ** error)
{
  *spool = NULL;
  if (self->spool == NULL)
    return TRUE;

  gst_ice_recording_detach_spool (self->recording);
  if (self->base > 0 && is_confirmed (self))
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "Flushed, but the object is complete, with the %" G_GUINT64_FORMAT
        " bytes of an earlier recording in it that this one was appended"
        " to; another stream needs another media id", self->base);

  cut (self);
  *spool = self->base > 0 ? reopen (self, error) : empty (self);

  return self->base == 0 || *spool != NULL;
}

/* TRUE if nothing in the spool is worth keeping. */
static gboolean
is_over (GstIceRun * self, GstIceEndAction action)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (self->spool);
  g_auto (GstIceUploadInfo) info = { 0 };

  if (left != NULL && left->finished > 0)
    return FALSE;

  gst_ice_upload_get_info (self->upload, &info);
  /* The id of an upload that an earlier run began stands nowhere else. */
  if (gst_ice_recording_get_size (self->recording) == 0)
    return info.outcome != GST_ICE_OUTCOME_KEPT;

  return action == GST_ICE_END_ABORT && !self->undecided
      && info.state == GST_ICE_UPLOAD_STOPPED
      && (info.outcome == GST_ICE_OUTCOME_ABORTED
      || info.outcome == GST_ICE_OUTCOME_NOTHING_SENT);
}

void
gst_ice_run_close_spool (GstIceRun * self, GstIceEndAction action,
    gint64 deadline_us)
{
  if (self->spool == NULL || gst_ice_run_get_flag (self, &self->retired))
    return;

  if (is_over (self, action))
    gst_ice_spool_remove (self->spool);
  else
    gst_ice_recording_flush_until (self->recording, deadline_us);
  gst_ice_recording_detach_spool (self->recording);
  gst_ice_spool_close (self->spool, deadline_us);
}
