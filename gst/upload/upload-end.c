/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How an upload ends: complete, failed, stopped, closed; and what on-error and
 * stop still do on the way there.
 *
 * Runs on: the network thread. Owns nothing. */

#include "upload/upload-private.h"

#include "common/lock.h"

/* Requests in flight become pointless. */
static void
cancel_requests (GstIceUpload * self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

/* What is left behind when nothing more is done. */
static GstIceOutcome
get_leftover (GstIceUpload * self)
{
  if (self->inquiry.state == GST_ICE_INQUIRY_THERE)
    return GST_ICE_OUTCOME_COMPLETED;
  if (gst_ice_inquiry_is_unsure (&self->inquiry)
      || gst_ice_upload_is_in_doubt (self)
      || self->abort != GST_ICE_ABORT_OPEN)
    return GST_ICE_OUTCOME_UNKNOWN;
  if (gst_ice_inquiry_has_no_upload (&self->inquiry))
    return GST_ICE_OUTCOME_ABORTED;
  if (self->upload_id != NULL
      || self->resumption.state == GST_ICE_RESUMPTION_LEFT)
    return GST_ICE_OUTCOME_KEPT;

  return self->may_have_upload ? GST_ICE_OUTCOME_UNKNOWN
      : GST_ICE_OUTCOME_NOTHING_SENT;
}

/* ---- an upload at another object ---- */

void
gst_ice_upload_set_stray (GstIceUpload * self, GstIceOssObject * object,
    const gchar * upload_id, GstIceLease * lease)
{
  if (upload_id == NULL)
    return;

  g_clear_pointer (&self->stray, gst_ice_stray_free);
  self->stray = g_new0 (GstIceStray, 1);
  self->stray->object = gst_ice_oss_object_ref (object);
  self->stray->upload_id = g_strdup (upload_id);
  if (lease != NULL)
    self->stray->lease = gst_ice_lease_ref (lease);
}

/* ---- complete ---- */

void
gst_ice_upload_publish_answer (GstIceUpload * self,
    const GstIceOssReply * reply)
{
  gst_ice_lock_scope (&self->lock);

  g_free (self->info.request_id);
  self->info.request_id = g_strdup (reply->request_id);
  if (reply->etag == NULL)
    return;
  g_free (self->info.etag);
  self->info.etag = g_strdup (reply->etag);
}

static void
publish_object (GstIceUpload * self, guint64 size, guint64 crc64,
    gboolean verified)
{
  gst_ice_lock_scope (&self->lock);

  self->info.object_size = size;
  self->info.bytes_uploaded = size;
  self->info.crc64 = crc64;
  self->info.verified = verified;
}

void
gst_ice_upload_completed (GstIceUpload * self, const GstIceOssReply * reply,
    guint64 size, guint64 crc64, gboolean verified)
{
  if (reply != NULL)
    gst_ice_upload_publish_answer (self, reply);
  publish_object (self, size, crc64, verified);
  GST_INFO ("%s: object complete, %" G_GUINT64_FORMAT " bytes, crc64 %"
      G_GUINT64_FORMAT ", request id %s", self->config->media_id, size, crc64,
      GST_STR_NULL (self->info.request_id));

  if (self->state == GST_ICE_UPLOAD_SALVAGING) {
    gst_ice_upload_ended (self, GST_ICE_OUTCOME_COMPLETED);
    return;
  }

  gst_ice_upload_set_outcome (self, GST_ICE_OUTCOME_COMPLETED);
  gst_ice_upload_set_state (self, GST_ICE_UPLOAD_FINALIZING,
      GST_ICE_UPLOAD_COMPLETE);
  gst_ice_upload_emit_type (self, GST_ICE_UPLOAD_EVENT_COMPLETE);
}

/* ---- ended ---- */

static void
end (GstIceUpload * self, GstIceOutcome outcome, GstIceUploadState state,
    GstIceUploadEventType type, const GError * error)
{
  gst_ice_upload_drop_source (&self->deadline);
  cancel_requests (self);
  gst_ice_upload_set_outcome (self, outcome);
  GST_INFO ("%s: ended, outcome %s, upload id %s", self->config->media_id,
      gst_ice_outcome_get_name (outcome), GST_STR_NULL (self->upload_id));
  gst_ice_upload_set_state (self, self->state, state);
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = type,
        .error = error,
      });
}

void
gst_ice_upload_ended (GstIceUpload * self, GstIceOutcome outcome)
{
  if (self->error == NULL)
    end (self, outcome, GST_ICE_UPLOAD_STOPPED, GST_ICE_UPLOAD_EVENT_STOPPED,
        NULL);
  else
    end (self, outcome, GST_ICE_UPLOAD_FAILED, GST_ICE_UPLOAD_EVENT_FAILED,
        self->error);
}

/* What was asked of a stop was not done. (transfer full) */
static GError *
new_stop_error (GstIceUpload * self, const GError * cause, const gchar * what)
{
  g_autofree gchar *last = g_strdup (self->info.last_error);

  if (cause != NULL)
    return g_error_new (cause->domain, cause->code, "%s: %s", what,
        cause->message);

  return gst_ice_error_new (GST_ICE_ERROR_FAILED, "%s: stop-timeout is over%s"
      "%s", what, last != NULL ? "; the last failure was: " : "",
      last != NULL ? last : "");
}

void
gst_ice_upload_end_early (GstIceUpload * self, const GError * cause)
{
  g_autoptr (GError) error = NULL;

  if (!gst_ice_upload_state_is_over (self->state)
      || !gst_ice_upload_is_active (self))
    return;
  if (self->state != GST_ICE_UPLOAD_ABORTING) {
    gst_ice_upload_ended (self, get_leftover (self));
    return;
  }

  error = new_stop_error (self, cause, "The upload could not be aborted");
  gst_ice_upload_set_last_error (self, error);
  end (self, get_leftover (self), GST_ICE_UPLOAD_FAILED,
      GST_ICE_UPLOAD_EVENT_STOPPED, error);
}

/* ---- the last thing to do ---- */

static gboolean
on_deadline (gpointer user_data)
{
  GstIceUpload *self = user_data;

  GST_WARNING ("%s: stop-timeout is over", self->config->media_id);
  gst_ice_upload_end_early (self, NULL);

  return G_SOURCE_REMOVE;
}

/* In @state, which is the last but one, requests begin with a clean record, and
 * have stop-timeout. */
static void
begin_end (GstIceUpload * self, GstIceUploadState state)
{
  self->outage = (GstIceOutage) GST_ICE_OUTAGE_INIT;
  self->alone_history = (GstIceRetryHistory) { 0 };
  self->alone_not_before_us = 0;
  g_clear_error (&self->lost);
  gst_ice_upload_set_state (self, self->state, state);
  self->deadline = gst_ice_upload_add_timeout (self,
      self->config->stop_timeout_us, on_deadline);
  gst_ice_upload_wake (self);
}

/* TRUE if an upload id is just being given out, and can be awaited. */
static gboolean
awaits_upload_id (GstIceUpload * self)
{
  return self->alone != NULL
      && self->alone->operation == GST_ICE_OPERATION_INITIATE
      && gst_ice_lease_keeper_get_lease (self->keeper) != NULL;
}

/* TRUE if on-error can still do something at the service. */
static gboolean
can_salvage (GstIceUpload * self)
{
  if (self->config->on_error == GST_ICE_END_KEEP || self->upload_id == NULL)
    return FALSE;
  if (self->inquiry.may_be_there
      || gst_ice_inquiry_has_no_upload (&self->inquiry))
    return FALSE;
  if (gst_ice_error_is (self->error, GST_ICE_ERROR_SEEK)
      || gst_ice_error_is (self->error, GST_ICE_ERROR_SYNC))
    return FALSE;

  return gst_ice_lease_keeper_get_lease (self->keeper) != NULL;
}

void
gst_ice_upload_failed (GstIceUpload * self, const GError * error, guint part)
{
  if (gst_ice_upload_state_is_over (self->state))
    return;

  self->error = g_error_copy (error);
  gst_ice_upload_set_last_error (self, error);
  GST_ERROR ("%s: the upload has failed: %s", self->config->media_id,
      error->message);
  if (awaits_upload_id (self)) {
    begin_end (self, GST_ICE_UPLOAD_WITHDRAWING);
    return;
  }
  cancel_requests (self);

  if (!can_salvage (self)) {
    gst_ice_upload_ended (self, get_leftover (self));
    return;
  }

  if (part > 0)
    self->salvage_length = part - 1;
  begin_end (self, GST_ICE_UPLOAD_SALVAGING);
  if (self->config->on_error == GST_ICE_END_COMPLETE)
    gst_ice_upload_emit_type (self, GST_ICE_UPLOAD_EVENT_FAILING);
}

void
gst_ice_upload_begin_stop (GstIceUpload * self, gboolean abort)
{
  if (gst_ice_upload_state_is_over (self->state))
    return;

  if (awaits_upload_id (self)) {
    begin_end (self, abort ? GST_ICE_UPLOAD_ABORTING
        : GST_ICE_UPLOAD_WITHDRAWING);
  } else if (abort && self->upload_id != NULL) {
    cancel_requests (self);
    begin_end (self, GST_ICE_UPLOAD_ABORTING);
  } else {
    gst_ice_upload_ended (self, get_leftover (self));
  }
}

/* ---- closed ---- */

/* An upload that was to be completed, aborted or salvaged has failed; another
 * one is left as it is. */
static void
drop (GstIceUpload * self)
{
  g_autoptr (GError) error = NULL;

  gst_ice_upload_set_outcome (self, get_leftover (self));
  if (!self->finishing && !gst_ice_upload_state_is_over (self->state)) {
    gst_ice_upload_set_state (self, self->state, GST_ICE_UPLOAD_STOPPED);
    return;
  }

  if (self->error == NULL) {
    error = new_stop_error (self, NULL,
        self->state == GST_ICE_UPLOAD_ABORTING ?
        "The upload could not be aborted" :
        "The upload could not be completed");
    gst_ice_upload_set_last_error (self, error);
  }
  gst_ice_upload_set_state (self, self->state, GST_ICE_UPLOAD_FAILED);
}

void
gst_ice_upload_begin_close (GstIceUpload * self)
{
  if (!gst_ice_upload_state_is_over (self->state)
      || gst_ice_upload_is_active (self))
    drop (self);
  gst_ice_upload_publish (self);

  gst_ice_upload_set_state (self, self->state, GST_ICE_UPLOAD_CLOSED);
  gst_ice_upload_drop_source (&self->wake);
  gst_ice_upload_drop_source (&self->timer);
  gst_ice_upload_drop_source (&self->deadline);
  cancel_requests (self);
  g_clear_pointer (&self->keeper, gst_ice_lease_keeper_free);
  g_clear_object (&self->explicit_provider);
  g_clear_object (&self->provider);
  gst_ice_upload_check_closed (self);
}
