/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The legacy; see the header.
 *
 * What becomes of what is left is decided once, before the first byte:
 *
 *   UNREAD ─┬─▶ NEW       nothing is left
 *           ├─▶ DISCARD   nothing is left, and resume=only
 *           ├─▶ FINISH    resume=only
 *           └─▶ OPEN ─┬─▶ APPEND   the stream is of the same format, and that
 *                     │            can be concatenated
 *                     └─▶ FINISH   it is not, or none comes
 *
 * A spool is removed when its object is confirmed, when on-stop=abort has
 * aborted it, and when nothing was recorded. In any other case the next run
 * finds it. Where a run finished what an earlier one had left, and took no
 * stream of its own, a note stays, so that the next run does not overwrite it:
 * a supervisor that starts a recorder again and again would do just that.
 *
 * Protected by: lock, for spool and fate. Notes for the journal never wait, so
 * they are put down with the lock held: whoever gives the spool away knows that
 * none follows. */

#include "icesink/legacy.h"

#include "common/error.h"
#include "common/lock.h"
#include "common/log.h"
#include "icesink/content-type.h"
#include "icesink/resume.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_SINK)

struct _GstIceLegacy
{
  GstIceUpload *upload;         /* (owned) */
  GstIceRecording *recording;   /* (nullable) (owned) from restoring on */
  GstIceResume resume;
  gchar *media_id;
  GstIcePartPlan plan;
  guint64 base;                 /* bytes that are left */

  GMutex lock;
  GstIceSpool *spool;           /* (nullable) (owned) */
  GstIceFate fate;
};

GstIceLegacy *
gst_ice_legacy_new (const GstIceSettings * settings, GstIceUpload * upload)
{
  GstIceLegacy *self = g_new0 (GstIceLegacy, 1);

  self->upload = gst_ice_upload_ref (upload);
  self->resume = settings->resume;
  self->media_id = g_strdup (settings->media_id);
  g_mutex_init (&self->lock);

  return self;
}

void
gst_ice_legacy_free (GstIceLegacy * self)
{
  g_clear_pointer (&self->spool, gst_ice_spool_unref);
  g_clear_pointer (&self->recording, gst_ice_recording_unref);
  gst_ice_upload_unref (self->upload);
  g_free (self->media_id);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
gst_ice_fate_can_follow (GstIceFate from, GstIceFate to)
{
  static const guint followers[] = {
    [GST_ICE_FATE_UNREAD] = 1 << GST_ICE_FATE_OPEN | 1 << GST_ICE_FATE_NEW
        | 1 << GST_ICE_FATE_FINISH | 1 << GST_ICE_FATE_DISCARD,
    [GST_ICE_FATE_OPEN] = 1 << GST_ICE_FATE_APPEND | 1 << GST_ICE_FATE_FINISH,
    [GST_ICE_FATE_DISCARD] = 0,
  };

  return (followers[from] & 1 << to) != 0;
}

static void
set_fate (GstIceLegacy * self, GstIceFate from, GstIceFate to)
{
  static const gchar *const names[] = { "unread", "open", "new", "append",
    "finish", "discard"
  };
  gst_ice_lock_scope (&self->lock);

  g_return_if_fail (self->fate == from && gst_ice_fate_can_follow (from, to));

  GST_DEBUG ("%s: what is left: %s to %s, %" G_GUINT64_FORMAT " bytes",
      self->media_id, names[from], names[to], self->base);
  self->fate = to;
}

GstIceFate
gst_ice_legacy_get_fate (GstIceLegacy * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->fate;
}

guint64
gst_ice_legacy_get_base (GstIceLegacy * self)
{
  return self->base;
}

GstIceSpool *
gst_ice_legacy_ref_spool (GstIceLegacy * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->spool != NULL ? gst_ice_spool_ref (self->spool) : NULL;
}

/* ---- the beginning ---- */

static gboolean
refuse_left (GstIceLegacy * self, GError ** error)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
      "%s holds %" G_GUINT64_FORMAT " bytes of an earlier recording, and"
      " resume=never: set resume=auto or resume=only, or use gst-ice-1.0",
      gst_ice_spool_get_path (self->spool), self->base);
}

/* Nobody has seen yet that this is the last chance to keep it. */
static gboolean
refuse_finished (GstIceLegacy * self, const GstIceSpoolLeft * left,
    GError ** error)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
      "The media asset has a recording of %" G_GUINT64_FORMAT " bytes that was"
      " finished after a crash, and another one would overwrite it: set another"
      " media-id, or remove %s", left->finished,
      gst_ice_spool_get_path (self->spool));
}

/* A recording of no bytes is none. */
static gboolean
judge (GstIceLegacy * self, const GstIceSpoolLeft * left, GError ** error)
{
  gboolean only = self->resume == GST_ICE_RESUME_ONLY;

  if (left != NULL && left->finished > 0 && !only)
    return refuse_finished (self, left, error);

  if (left != NULL && left->finished == 0)
    self->base = left->size;
  if (self->base > 0 && self->resume == GST_ICE_RESUME_NEVER)
    return refuse_left (self, error);

  if (self->base > 0)
    set_fate (self, GST_ICE_FATE_UNREAD,
        only ? GST_ICE_FATE_FINISH : GST_ICE_FATE_OPEN);
  else
    set_fate (self, GST_ICE_FATE_UNREAD,
        only ? GST_ICE_FATE_DISCARD : GST_ICE_FATE_NEW);

  return TRUE;
}

gboolean
gst_ice_legacy_read (GstIceLegacy * self, GstIceSpool * spool,
    GstIceRecordingConfig * config, GError ** error)
{
  self->plan = config->plan;
  config->spool = spool;
  if (spool == NULL) {
    set_fate (self, GST_ICE_FATE_UNREAD, GST_ICE_FATE_NEW);
    return TRUE;
  }

  g_mutex_lock (&self->lock);
  self->spool = gst_ice_spool_ref (spool);
  g_mutex_unlock (&self->lock);

  return judge (self, gst_ice_spool_get_left (spool), error);
}

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
cut (GstIceLegacy * self, GstIceSpool * spool)
{
  gst_ice_spool_run (spool, cut_job,
      g_memdup2 (&self->base, sizeof (self->base)), NULL);
}

gboolean
gst_ice_legacy_restore (GstIceLegacy * self, GstIceRecording * recording,
    GError ** error)
{
  const GstIceSpoolLeft *left = self->spool != NULL ?
      gst_ice_spool_get_left (self->spool) : NULL;

  if (self->base > 0) {
    GST_INFO ("%s: an earlier run left %" G_GUINT64_FORMAT " bytes in %s",
        self->media_id, self->base, gst_ice_spool_get_path (self->spool));
    if (left->content_type != NULL)
      gst_ice_upload_set_content_type (self->upload, left->content_type);
    if (!gst_ice_recording_restore (recording, error))
      return FALSE;
  }
  if (left != NULL && left->finished == 0)
    cut (self, self->spool);
  if (self->spool != NULL && self->fate == GST_ICE_FATE_NEW)
    gst_ice_spool_note_run (self->spool, 0, &self->plan);
  self->recording = gst_ice_recording_ref (recording);

  return TRUE;
}

gboolean
gst_ice_legacy_resume_upload (GstIceLegacy * self)
{
  const GstIceSpoolLeft *left = self->spool != NULL ?
      gst_ice_spool_get_left (self->spool) : NULL;

  if (left == NULL || left->upload_id == NULL || left->bucket == NULL
      || left->object == NULL)
    return FALSE;

  gst_ice_upload_resume (self->upload, left->bucket, left->object,
      left->upload_id);

  return TRUE;
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
note_format (GstIceSpool * spool, const GstCaps * caps)
{
  g_autofree gchar *text = caps != NULL ? describe_caps (caps) : NULL;

  gst_ice_spool_note_format (spool, text,
      caps != NULL ? gst_ice_content_type_from_caps (caps) : NULL);
}

static void
decide_open (GstIceLegacy * self, GstIceSpool * spool, const GstCaps * caps)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);

  if (!gst_ice_resume_can_append (left->caps, caps)) {
    set_fate (self, GST_ICE_FATE_OPEN, GST_ICE_FATE_FINISH);
    return;
  }

  set_fate (self, GST_ICE_FATE_OPEN, GST_ICE_FATE_APPEND);
  gst_ice_spool_note_run (spool, self->base, &self->plan);
}

GstIceFate
gst_ice_legacy_decide (GstIceLegacy * self, const GstCaps * caps)
{
  g_autoptr (GstIceSpool) spool = gst_ice_legacy_ref_spool (self);
  GstIceFate fate = gst_ice_legacy_get_fate (self);

  if (fate == GST_ICE_FATE_OPEN)
    decide_open (self, spool, caps);
  else if (fate == GST_ICE_FATE_NEW && spool != NULL)
    note_format (spool, caps);

  return gst_ice_legacy_get_fate (self);
}

/* ---- while it runs ---- */

typedef struct
{
  GstIceUpload *upload;         /* (owned) */
  gchar *upload_id;             /* (owned) */
} Noted;

static void
noted_free (gpointer user_data)
{
  Noted *noted = user_data;

  gst_ice_upload_unref (noted->upload);
  g_free (noted->upload_id);
  g_free (noted);
}

/* Where the journal can't be written, the spool's trouble says so, and the
 * upload goes on all the same. */
static void
noted_job (GstIceSpool * spool, gpointer user_data)
{
  Noted *noted = user_data;

  gst_ice_spool_force_journal (spool, NULL);
  gst_ice_upload_noted (noted->upload, noted->upload_id);
}

/* No part is sent before a crash would find the upload. @spool: (nullable):
 * there may be none any more. */
static void
note_upload (GstIceLegacy * self, GstIceSpool * spool)
{
  g_auto (GstIceUploadInfo) info = { 0 };
  Noted *noted;

  gst_ice_upload_get_info (self->upload, &info);
  if (info.upload_id == NULL || *info.upload_id == '\0')
    return;
  if (spool == NULL) {
    gst_ice_upload_noted (self->upload, info.upload_id);
    return;
  }

  gst_ice_spool_note_upload (spool, info.bucket, info.object, info.upload_id);
  noted = g_new (Noted, 1);
  noted->upload = gst_ice_upload_ref (self->upload);
  noted->upload_id = g_strdup (info.upload_id);
  gst_ice_spool_run (spool, noted_job, noted, noted_free);
}

/* The object is confirmed. One that an earlier run recorded, and that this one
 * would have appended to, must not be overwritten by the next. */
static void
end_spool (GstIceLegacy * self, GstIceSpool * spool)
{
  gst_ice_recording_detach_spool (self->recording);
  if (self->fate == GST_ICE_FATE_FINISH
      && self->resume == GST_ICE_RESUME_AUTO)
    gst_ice_spool_note_finished (spool, self->base);
  else
    gst_ice_spool_remove (spool);
}

void
gst_ice_legacy_handle_event (GstIceLegacy * self,
    const GstIceUploadEvent * event)
{
  gst_ice_lock_scope (&self->lock);

  if (event->type == GST_ICE_UPLOAD_EVENT_STARTED)
    note_upload (self, self->spool);
  if (self->spool == NULL)
    return;

  switch (event->type) {
    case GST_ICE_UPLOAD_EVENT_LEASED:
      if (self->fate == GST_ICE_FATE_DISCARD)
        gst_ice_upload_stop (self->upload, TRUE);
      break;
    case GST_ICE_UPLOAD_EVENT_CONFIRMED:
      gst_ice_spool_note_arrived (self->spool, event->part, event->size,
          event->crc64, event->etag);
      break;
    case GST_ICE_UPLOAD_EVENT_COMPLETE:
      end_spool (self, self->spool);
      break;
    default:
      break;
  }
}

/* ---- an error ---- */

static gboolean
is_confirmed (GstIceLegacy * self)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (self->upload, &info);

  return info.state == GST_ICE_UPLOAD_COMPLETE;
}

/* What the spool has of the recording. (transfer full) */
static gchar *
describe_spool (GstIceLegacy * self, GstIceSpool * spool)
{
  const gchar *path = gst_ice_spool_get_path (spool);
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
gst_ice_legacy_describe_error (GstIceLegacy * self, const GError * error)
{
  g_autoptr (GstIceSpool) spool = gst_ice_legacy_ref_spool (self);
  GError *described = g_error_copy (error);
  g_autofree gchar *what = NULL;
  g_autofree gchar *directory = NULL;

  if (spool == NULL || self->recording == NULL || is_confirmed (self)
      || gst_ice_recording_get_size (self->recording) == 0)
    return described;

  what = describe_spool (self, spool);
  directory = g_path_get_dirname (gst_ice_spool_get_path (spool));
  g_free (described->message);
  described->message = g_strdup_printf ("%s; %s; the next start goes on with"
      " it, or gst-ice-1.0 finish %s %s", error->message, what, directory,
      self->media_id);

  return described;
}

/* ---- the end ---- */

/* (transfer full) (nullable) */
static GstIceSpool *
steal_spool (GstIceLegacy * self)
{
  gst_ice_lock_scope (&self->lock);

  return g_steal_pointer (&self->spool);
}

GstIceSpool *
gst_ice_legacy_give_spool (GstIceLegacy * self, gint64 deadline_us)
{
  g_autoptr (GstIceSpool) spool = steal_spool (self);
  g_auto (GstIceUploadInfo) info = { 0 };

  if (spool == NULL)
    return NULL;

  gst_ice_recording_detach_spool (self->recording);
  gst_ice_upload_get_info (self->upload, &info);
  if (info.state == GST_ICE_UPLOAD_COMPLETE) {
    gst_ice_spool_remove (spool);
    gst_ice_spool_close (spool, deadline_us);
    return NULL;
  }

  /* An upload that was taken up is aborted; another one is for the next run to
   * take up. */
  cut (self, spool);
  if (info.upload_id != NULL)
    gst_ice_spool_forget_left (spool);

  return g_steal_pointer (&spool);
}

/* TRUE if nothing in the spool is worth keeping. */
static gboolean
is_over (GstIceLegacy * self, GstIceSpool * spool, GstIceEndAction action)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);
  g_auto (GstIceUploadInfo) info = { 0 };

  if (left != NULL && left->finished > 0)
    return FALSE;

  gst_ice_upload_get_info (self->upload, &info);
  /* The id of an upload that an earlier run began stands nowhere else. */
  if (gst_ice_recording_get_size (self->recording) == 0)
    return info.outcome != GST_ICE_OUTCOME_KEPT;

  return action == GST_ICE_END_ABORT && info.state == GST_ICE_UPLOAD_STOPPED
      && (info.outcome == GST_ICE_OUTCOME_ABORTED
      || info.outcome == GST_ICE_OUTCOME_NOTHING_SENT);
}

void
gst_ice_legacy_close (GstIceLegacy * self, GstIceEndAction action,
    gint64 deadline_us)
{
  g_autoptr (GstIceSpool) spool = gst_ice_legacy_ref_spool (self);

  if (spool == NULL)
    return;

  if (is_over (self, spool, action))
    gst_ice_spool_remove (spool);
  else
    gst_ice_recording_flush_until (self->recording, deadline_us);
  gst_ice_recording_detach_spool (self->recording);
  gst_ice_spool_close (spool, deadline_us);
}

void
gst_ice_legacy_let_go (GstIceLegacy * self)
{
  g_autoptr (GstIceSpool) spool = steal_spool (self);

  if (self->recording != NULL)
    gst_ice_recording_detach_spool (self->recording);
  if (spool != NULL)
    gst_ice_spool_close (spool, G_MAXINT64);
}
