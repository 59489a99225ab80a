/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The requests that go alone, from InitiateMultipartUpload to the end: what is
 * sent, and what its answer means. Whether the object is complete is the
 * inquiry's question.
 *
 * Runs on: the network thread. Owns nothing. */

#include "upload/upload-private.h"

/* A disk that does not answer holds up no recording that memory holds. */
#define NOTE_TIMEOUT_US (5 * (gint64) G_USEC_PER_SEC)

/* ---- InitiateMultipartUpload ---- */

GstIceOssRequest *
gst_ice_call_make_initiate (GstIceCall * call)
{
  return gst_ice_oss_request_new_initiate (call->self->content_type);
}

/* The answer was unreadable, cut, or never came. An error in OSS's own words
 * says that there is no upload. */
static gboolean
is_unanswered (const GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  return gst_ice_retry_policy_leaves_doubt (error)
      && (details == NULL || details->code == NULL);
}

void
gst_ice_call_handle_initiate (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  gboolean is_over = gst_ice_upload_state_is_over (self->state);

  if (error != NULL && is_unanswered (error))
    self->may_have_upload = TRUE;
  if (error != NULL && is_over) {
    gst_ice_upload_end_early (self, error);
    return;
  }
  if (error != NULL) {
    gst_ice_call_handle_failure (call, error);
    return;
  }

  self->alone_history = (GstIceRetryHistory) { 0 };
  self->upload_id = g_strdup (reply->upload_id);
  if (self->config->journalled)
    self->note_by_us = gst_ice_upload_get_now (self) + NOTE_TIMEOUT_US;
  if (!is_over)
    gst_ice_upload_started (self, reply);
}

/* ---- PutObject and CompleteMultipartUpload ---- */

static void
set_object (GstIceCall * call)
{
  call->size = gst_ice_part_table_get_size (call->self->parts,
      gst_ice_upload_get_target_length (call->self), &call->crc64);
}

/* The bytes of the whole object, or NULL if not all of them are in memory.
 * (transfer full) (nullable) */
static GPtrArray *
collect_bytes (GstIceUpload * self)
{
  guint length = gst_ice_part_table_get_length (self->parts);
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  guint i;

  for (i = 1; i <= length; i++) {
    GstIcePartEntry *entry = gst_ice_part_table_get (self->parts, i);
    GPtrArray *bytes = entry->part != NULL ?
        gst_ice_part_ref_bytes (entry->part) : NULL;

    if (bytes == NULL)
      return NULL;
    g_ptr_array_extend (all, bytes, (GCopyFunc) g_bytes_ref, NULL);
    g_ptr_array_unref (bytes);
  }

  return g_steal_pointer (&all);
}

/* What comes from disk goes as parts, whatever its size. */
gboolean
gst_ice_upload_fits_put (GstIceUpload * self)
{
  g_autoptr (GPtrArray) bytes = NULL;
  guint64 crc64;

  if (self->state != GST_ICE_UPLOAD_FINALIZING
      || gst_ice_part_table_get_size (self->parts,
          gst_ice_part_table_get_length (self->parts), &crc64)
      >= self->config->part_size)
    return FALSE;

  bytes = collect_bytes (self);

  return bytes != NULL;
}

GstIceOssRequest *
gst_ice_call_make_put (GstIceCall * call)
{
  GstIceUpload *self = call->self;
  g_autoptr (GPtrArray) bytes = collect_bytes (self);

  /* They may have gone to disk a moment ago. */
  if (bytes == NULL)
    return NULL;

  set_object (call);
  if (call->size == 0)
    GST_WARNING ("%s: the recording is empty, and so is the object",
        self->config->media_id);

  return gst_ice_oss_request_new_put_object (self->content_type, bytes,
      call->size);
}

static void
collect_part (GstIcePartEntry * entry, gpointer user_data)
{
  g_ptr_array_add (user_data, gst_ice_oss_part_new (entry->number,
          entry->etag, entry->size));
}

GstIceOssRequest *
gst_ice_call_make_complete (GstIceCall * call)
{
  GstIceUpload *self = call->self;
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_oss_part_free);

  set_object (call);
  gst_ice_part_table_foreach (self->parts,
      gst_ice_upload_get_target_length (self), collect_part, parts);

  return gst_ice_oss_request_new_complete (self->upload_id, parts);
}

static void
fail_with_other_bytes (GstIceCall * call, const GstIceOssReply * reply)
{
  g_autoptr (GError) damaged = gst_ice_call_new_damaged_error (call, reply);
  g_autoptr (GError) final = NULL;

  /* What PutObject has put is put again. */
  if (call->operation == GST_ICE_OPERATION_PUT) {
    gst_ice_call_handle_failure (call, damaged);
    return;
  }

  final = gst_ice_upload_new_final_error (GST_ICE_ERROR_SYNC, damaged,
      "The object was completed with other bytes than were recorded");
  gst_ice_upload_failed (call->self, final, 0);
}

/* @reply: (nullable) */
static void
complete (GstIceCall * call, const GstIceOssReply * reply, gboolean verified)
{
  GstIceUpload *self = call->self;

  if (!verified && self->config->verify)
    GST_WARNING ("%s: OSS gives no CRC-64 of the object, so nothing has been"
        " compared", self->config->media_id);
  if (self->upload_id == NULL)
    gst_ice_upload_started (self, reply);
  gst_ice_upload_completed (self, reply, call->size, call->crc64, verified);
}

static void
fail_gone (GstIceCall * call, const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) final = NULL;

  if (!gst_ice_upload_state_is_over (self->state)
      && gst_ice_upload_can_restart (self)) {
    gst_ice_upload_set_lost (self, error);
    return;
  }

  final = gst_ice_upload_new_final_error (GST_ICE_ERROR_NO_SUCH_UPLOAD, error,
      "The upload has gone from OSS, and the object is not there");
  gst_ice_call_give_up (call, final);
}

/* What kept Complete from saying so has had its delay, and counts on. */
static void
complete_again (GstIceCall * call)
{
  if (gst_ice_upload_get_patience (call->self) == 0)
    gst_ice_call_give_up (call, call->self->inquiry.error);
  else
    gst_ice_call_try_again (call, 0);
}

static void
look_again (GstIceCall * call, const GError * error)
{
  gst_ice_call_try_again (call, gst_ice_retry_policy_get_delay (error,
          call->self->inquiry.looks, g_random_double ()));
}

/* Does what @verdict says. One of @reply and @error may be NULL. */
static void
carry_out (GstIceCall * call, GstIceVerdict verdict,
    const GstIceOssReply * reply, const GError * error)
{
  switch (verdict) {
    case GST_ICE_VERDICT_ASK:
      break;
    case GST_ICE_VERDICT_RETRY:
      gst_ice_call_handle_failure (call, error);
      break;
    case GST_ICE_VERDICT_LOOK_AGAIN:
      look_again (call, error);
      break;
    case GST_ICE_VERDICT_COMPLETE_AGAIN:
      complete_again (call);
      break;
    case GST_ICE_VERDICT_COMPLETE:
      complete (call, reply, call->self->config->verify);
      break;
    case GST_ICE_VERDICT_UNVERIFIED:
      complete (call, reply, FALSE);
      break;
    case GST_ICE_VERDICT_OTHER_BYTES:
      fail_with_other_bytes (call, reply);
      break;
    case GST_ICE_VERDICT_REFUSED:
      gst_ice_call_give_up (call, call->self->inquiry.invalid_part);
      break;
    case GST_ICE_VERDICT_GONE:
      fail_gone (call, error);
      break;
    case GST_ICE_VERDICT_UNKNOWN:
      gst_ice_call_give_up_unknown (call, error);
      break;
  }
}

/* An answer without an ETag is not all that OSS has to say. */
static GstIceProof
get_answer_proof (GstIceCall * call, const GstIceOssReply * reply)
{
  if (reply->etag == NULL)
    return GST_ICE_PROOF_NONE;

  return call->self->config->verify ? gst_ice_call_get_proof (call, reply)
      : GST_ICE_PROOF_OURS;
}

/* Of Complete and PutObject. */
void
gst_ice_call_handle_complete (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;

  if (reply != NULL)
    gst_ice_upload_publish_answer (self, reply);
  carry_out (call, error != NULL ?
      gst_ice_inquiry_complete_failed (&self->inquiry, error) :
      gst_ice_inquiry_completed (&self->inquiry, get_answer_proof (call,
              reply)), reply, error);
}

/* ---- HeadObject ---- */

GstIceOssRequest *
gst_ice_call_make_head (GstIceCall * call)
{
  set_object (call);

  return gst_ice_oss_request_new_head_object ();
}

/* Of another size it is another object. Of what OSS called complete, the size
 * is enough for somebody who wants no CRC-64 compared. */
static GstIceProof
get_head_proof (GstIceCall * call, const GstIceOssReply * reply)
{
  GstIceUpload *self = call->self;
  GstIceProof proof = gst_ice_call_get_proof (call, reply);

  if (reply->size >= 0 && (guint64) reply->size != call->size)
    return GST_ICE_PROOF_OTHER;
  if (!self->config->verify
      && self->inquiry.state == GST_ICE_INQUIRY_CHECKING)
    return GST_ICE_PROOF_OURS;
  if (reply->size < 0 && proof == GST_ICE_PROOF_OURS)
    return GST_ICE_PROOF_NONE;

  return proof;
}

static GError *
new_not_ours_error (GstIceCall * call, const GstIceOssReply * reply)
{
  GError *error = gst_ice_error_new (GST_ICE_ERROR_NO_SUCH_UPLOAD,
      "HeadObject finds %" G_GINT64_FORMAT " bytes where %" G_GUINT64_FORMAT
      " were uploaded, or other ones (request id %s)", reply->size,
      call->size, GST_STR_NULL (reply->request_id));
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  details->service = "oss";
  details->operation = "HeadObject";
  details->request_id = g_strdup (reply->request_id);

  return error;
}

/* TRUE if nobody waits any longer for the checksum of what is complete. */
static gboolean
is_late (GstIceUpload * self)
{
  return self->inquiry.state == GST_ICE_INQUIRY_CHECKING
      && gst_ice_upload_get_patience (self) == 0;
}

void
gst_ice_call_handle_head (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) not_ours = NULL;
  GstIceVerdict verdict;

  if (error != NULL) {
    carry_out (call, gst_ice_inquiry_head_failed (&self->inquiry, error,
            gst_ice_call_is_hopeless (call, error) || is_late (self),
            gst_ice_upload_get_now (self)), NULL, error);
    return;
  }

  verdict = gst_ice_inquiry_found (&self->inquiry, get_head_proof (call,
          reply), gst_ice_upload_get_now (self));
  if (self->inquiry.state == GST_ICE_INQUIRY_THERE)
    gst_ice_upload_report_success (self);
  else
    not_ours = new_not_ours_error (call, reply);
  carry_out (call, verdict, reply, not_ours);
}

/* ---- ListParts after Complete was refused ---- */

GstIceOssRequest *
gst_ice_call_make_list (GstIceCall * call)
{
  return gst_ice_oss_request_new_list_parts (call->self->upload_id,
      call->self->inquiry.list_marker);
}

/* FALSE if the part is wanted again and can't be had. */
static gboolean
correct_etag (GstIceUpload * self, const GstIceOssPart * listed)
{
  GstIcePartEntry *entry;

  if (listed->number < 1
      || listed->number > gst_ice_upload_get_target_length (self))
    return TRUE;

  entry = gst_ice_part_table_get (self->parts, listed->number);
  if (g_strcmp0 (entry->etag, listed->etag) == 0)
    return TRUE;

  GST_WARNING ("%s: part %u has ETag %s, and %s at OSS",
      self->config->media_id, entry->number, entry->etag, listed->etag);
  if ((self->config->verify && !entry->is_compared)
      || entry->size != listed->size)
    return gst_ice_part_table_revoke (self->parts, entry);

  g_free (entry->etag);
  entry->etag = g_strdup (listed->etag);

  return TRUE;
}

/* Complete was refused for its ETags. Where the CRC-64 of the part was right
 * when it arrived, the ETag may have been damaged on its way to us: OSS's own
 * is tried, once. Where nothing was compared, the part is sent again. */
void
gst_ice_call_handle_list (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  guint i;

  if (error != NULL) {
    carry_out (call, gst_ice_inquiry_list_failed (&self->inquiry,
            gst_ice_call_is_hopeless (call, error)), NULL, error);
    return;
  }

  for (i = 0; reply->parts != NULL && i < reply->parts->len; i++) {
    if (!correct_etag (self, g_ptr_array_index (reply->parts, i))) {
      gst_ice_call_give_up (call, self->inquiry.invalid_part);
      return;
    }
  }
  gst_ice_inquiry_listed (&self->inquiry, reply->next_marker);
}

/* ---- AbortMultipartUpload ---- */

GstIceOssRequest *
gst_ice_call_make_abort (GstIceCall * call)
{
  return gst_ice_oss_request_new_abort (call->self->upload_id);
}

GstIceOssRequest *
gst_ice_call_make_check (GstIceCall * call)
{
  return gst_ice_oss_request_new_list_parts (call->self->upload_id, 0);
}

/* An empty recording is put, whether the upload that an earlier run began
 * could be aborted or not. */
static gboolean
is_out_of_the_way (GstIceCall * call, const GError * error)
{
  return call->self->state == GST_ICE_UPLOAD_FINALIZING && (error == NULL
      || gst_ice_call_is_hopeless (call, error));
}

static void
put_instead (GstIceCall * call, const GError * error)
{
  GstIceUpload *self = call->self;

  if (error != NULL)
    GST_WARNING ("%s: upload %s is left as it is: %s",
        self->config->media_id, self->upload_id, error->message);
  g_clear_pointer (&self->upload_id, g_free);
  self->alone_history = (GstIceRetryHistory) { 0 };
}

/* Nothing is left. An upload that could be aborted has not been completed. */
static void
end_aborted (GstIceUpload * self)
{
  gst_ice_upload_ended (self, self->state == GST_ICE_UPLOAD_WITHDRAWING ?
      GST_ICE_OUTCOME_NOTHING_SENT : GST_ICE_OUTCOME_ABORTED);
}

void
gst_ice_call_handle_abort (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;

  if (is_out_of_the_way (call, error)) {
    put_instead (call, error);
  } else if (error == NULL) {
    end_aborted (self);
  } else if (gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)) {
    if (self->inquiry.may_be_there)
      gst_ice_upload_ended (self, GST_ICE_OUTCOME_UNKNOWN);
    else
      end_aborted (self);
  } else if (gst_ice_retry_policy_leaves_doubt (error)
      && self->state != GST_ICE_UPLOAD_FINALIZING) {
    /* Not OSS's own answer: it may have been carried out, or not. */
    self->abort = GST_ICE_ABORT_UNSURE;
  } else {
    gst_ice_call_handle_failure (call, error);
  }
}

/* ListParts after an answer to Abort that proves nothing. */
void
gst_ice_call_handle_check (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) listed = NULL;

  if (gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)) {
    end_aborted (self);
    return;
  }

  self->abort = error != NULL ? GST_ICE_ABORT_DOUBTFUL : GST_ICE_ABORT_OPEN;
  if (error == NULL)
    listed = gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
        "AbortMultipartUpload was answered by something else than OSS, and was"
        " not carried out");
  gst_ice_call_handle_failure (call, error != NULL ? error : listed);
}

/* ---- an upload that was left at another object ---- */

GstIceOssRequest *
gst_ice_call_make_clearance (GstIceCall * call)
{
  const GstIceStray *stray = call->self->stray;

  gst_ice_oss_object_unref (call->object);
  call->object = gst_ice_oss_object_ref (stray->object);
  if (stray->lease != NULL) {
    gst_ice_lease_unref (call->lease);
    call->lease = gst_ice_lease_ref (stray->lease);
  }

  return gst_ice_oss_request_new_abort (stray->upload_id);
}

static void
report_left_behind (GstIceUpload * self, const GError * error)
{
  const GstIceStray *stray = self->stray;
  g_autoptr (GError) left = g_error_copy (error);

  g_prefix_error (&left, "The upload %s of %s in %s is left behind, since the"
      " lease is for another object now; abort it, or leave it to the"
      " bucket's lifecycle rules: ", stray->upload_id, stray->object->key,
      stray->object->bucket);
  GST_WARNING ("%s: %s", self->config->media_id, left->message);
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_LEFT_BEHIND,
        .error = left,
      });
}

/* With the lease that it was sent with, if there is one, then with the newest;
 * nothing else can help. */
void
gst_ice_call_handle_clearance (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error)
{
  GstIceUpload *self = call->self;

  if (error != NULL && self->stray->lease != NULL
      && !gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)) {
    g_clear_pointer (&self->stray->lease, gst_ice_lease_unref);
    return;
  }

  if (error != NULL
      && !gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD))
    report_left_behind (self, error);
  g_clear_pointer (&self->stray, gst_ice_stray_free);
}
