/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The end of an upload: Complete or Put, and what is asked about them.
 *
 * Whether the object is complete is a question of fact. An answer to Complete
 * that was lost, or that makes no sense, proves nothing: Complete is sent
 * again, and where the upload id has gone by then, HeadObject has the last
 * word. Only our own size and CRC-64 make it a success.
 *
 * Runs on: the network thread. Owns nothing. */

#include "upload/upload-call.h"

#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_UPLOAD)

/* An answer of something in between must not decide: how often HeadObject is
 * asked, and how often an upload id must be unknown, before it counts. */
#define MAX_LOOKS 3
#define MIN_UNKNOWN_UPLOADS 2

/* The bytes of the whole object, or NULL if not all of them are in memory.
 * (transfer full) (nullable) */
static GPtrArray *
collect_bytes (GstIceUpload * self, guint length)
{
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

void
gst_ice_upload_send_put (GstIceUpload * self, GstIceLease * lease)
{
  guint length = gst_ice_part_table_get_length (self->parts);
  g_autoptr (GPtrArray) bytes = collect_bytes (self, length);
  GstIceCall *call;

  /* What comes from disk goes as parts, whatever its size. */
  if (bytes == NULL) {
    gst_ice_upload_send_initiate (self, lease);
    return;
  }

  call = gst_ice_call_new (self, GST_ICE_OPERATION_PUT, lease);
  call->size = gst_ice_part_table_get_size (self->parts, length,
      &call->crc64);
  if (call->size == 0)
    GST_WARNING ("%s: the recording is empty, and so is the object",
        self->config->media_id);
  gst_ice_call_send (call,
      gst_ice_oss_request_new_put_object (self->content_type, bytes,
          call->size));
}

static void
collect_part (GstIcePartEntry * entry, gpointer user_data)
{
  g_ptr_array_add (user_data, gst_ice_oss_part_new (entry->number,
          entry->etag, entry->size));
}

void
gst_ice_upload_send_complete (GstIceUpload * self, GstIceLease * lease)
{
  GstIceCall *call = gst_ice_call_new (self, GST_ICE_OPERATION_COMPLETE, lease);
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_oss_part_free);
  guint length = gst_ice_upload_get_target_length (self);

  call->size = gst_ice_part_table_get_size (self->parts, length,
      &call->crc64);
  gst_ice_part_table_foreach (self->parts, length, collect_part, parts);
  gst_ice_call_send (call,
      gst_ice_oss_request_new_complete (self->upload_id, parts));
}

void
gst_ice_upload_send_head (GstIceUpload * self, GstIceLease * lease)
{
  GstIceCall *call = gst_ice_call_new (self, GST_ICE_OPERATION_HEAD, lease);

  call->size = gst_ice_part_table_get_size (self->parts,
      gst_ice_upload_get_target_length (self), &call->crc64);
  gst_ice_call_send (call, gst_ice_oss_request_new_head_object ());
}

/* TRUE if the service may have carried out what it gave no clear answer to. */
static gboolean
leaves_doubt (const GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (details != NULL && details->not_sent)
    return FALSE;
  if (details != NULL && details->http_status >= 500)
    return TRUE;

  return gst_ice_error_is (error, GST_ICE_ERROR_NETWORK)
      || gst_ice_error_is (error, GST_ICE_ERROR_STALLED)
      || gst_ice_error_is (error, GST_ICE_ERROR_PROTOCOL);
}

void
gst_ice_call_handle_put (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) damaged = NULL;

  if (error == NULL
      && gst_ice_call_verify (call, reply, "PutObject", &damaged)) {
    gst_ice_upload_started (self, reply);
    gst_ice_upload_completed (self, reply, call->size, call->crc64);
    return;
  }

  self->object_there = damaged != NULL;
  if (error != NULL && leaves_doubt (error))
    self->unsure = TRUE;
  gst_ice_call_handle_failure (call, error != NULL ? error : damaged);
}

static gboolean
is_invalid_part (const GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  return details != NULL && g_strcmp0 (details->code, "InvalidPart") == 0;
}

static void
take_etag (GstIceUpload * self, const GstIceOssPart * listed)
{
  GstIcePartEntry *entry;

  if (listed->number < 1
      || listed->number > gst_ice_upload_get_target_length (self))
    return;

  entry = gst_ice_part_table_get (self->parts, listed->number);
  if (entry->size != listed->size || g_strcmp0 (entry->etag, listed->etag) == 0)
    return;

  GST_WARNING ("%s: part %u has ETag %s, and %s at OSS",
      self->config->media_id, entry->number, entry->etag, listed->etag);
  g_free (entry->etag);
  entry->etag = g_strdup (listed->etag);
}

/* Complete was refused for its ETags. The CRC-64 of each part was right when
 * it arrived, so the ETag may have been damaged on its way to us: OSS's own
 * are tried once. */
void
gst_ice_call_handle_etags (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  GstIceRetryHistory history = self->single_history;
  guint i;

  if (error != NULL
      && gst_ice_retry_policy_decide (error, &history) == GST_ICE_RETRY_FAIL) {
    gst_ice_call_give_up (call, self->invalid_part);
    return;
  }
  if (error != NULL) {
    gst_ice_call_handle_failure (call, error);
    return;
  }

  for (i = 0; reply->parts != NULL && i < reply->parts->len; i++)
    take_etag (self, g_ptr_array_index (reply->parts, i));
  self->list_marker = reply->next_marker;
  self->listing = reply->next_marker > 0;
}

void
gst_ice_call_handle_complete (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) damaged = NULL;
  g_autoptr (GError) final = NULL;

  if (error == NULL) {
    self->unsure = FALSE;
    if (gst_ice_call_verify (call, reply, "CompleteMultipartUpload",
            &damaged)) {
      gst_ice_upload_completed (self, reply, call->size, call->crc64);
      return;
    }
    final = gst_ice_upload_new_final_error (GST_ICE_ERROR_SYNC, damaged,
        "The object was completed with other bytes than were recorded");
    self->object_there = TRUE;
    gst_ice_upload_failed (self, final, 0);
    return;
  }

  g_clear_error (&self->complete_error);
  self->complete_error = g_error_copy (error);
  if (gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)) {
    self->look = TRUE;
    self->gone = ++self->unknown_uploads >= MIN_UNKNOWN_UPLOADS;
    return;
  }
  if (is_invalid_part (error) && self->invalid_part == NULL) {
    self->invalid_part = g_error_copy (error);
    self->listing = TRUE;
    return;
  }

  if (leaves_doubt (error))
    self->unsure = self->look = TRUE;
  gst_ice_call_handle_failure (call, error);
}

/* TRUE if HeadObject is asked once more. */
static gboolean
look_again (GstIceCall * call, const GError * error)
{
  if (++call->self->looks >= MAX_LOOKS)
    return FALSE;

  gst_ice_call_try_again (call, gst_ice_retry_policy_get_delay (error,
          call->self->looks, g_random_double ()));

  return TRUE;
}

/* HeadObject did not show our object. Is that the last word? */
static void
handle_not_there (GstIceCall * call, const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) final = NULL;

  if (!self->gone) {
    /* The upload id may still be good. What kept Complete from saying so has
     * had its delay, and counts on. */
    self->look = FALSE;
    if (gst_ice_upload_get_patience (self) == 0)
      gst_ice_call_give_up (call, self->complete_error);
    else
      gst_ice_call_try_again (call, 0);
    return;
  }
  if (look_again (call, error))
    return;

  self->unsure = FALSE;
  if (gst_ice_upload_can_restart (self)) {
    gst_ice_upload_set_lost (self, error);
    return;
  }
  final = gst_ice_upload_new_final_error (GST_ICE_ERROR_NO_SUCH_UPLOAD, error,
      "The upload has gone from OSS, and the object is not there");
  gst_ice_call_give_up (call, final);
}

static gboolean
is_ours (GstIceCall * call, const GstIceOssReply * reply)
{
  return reply->size >= 0 && (guint64) reply->size == call->size
      && reply->has_crc64 && reply->crc64 == call->crc64;
}

static void
handle_found (GstIceCall * call, const GstIceOssReply * reply)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) error = NULL;
  GstIceErrorDetails *details;

  if (is_ours (call, reply)) {
    gst_ice_upload_note_success (self);
    self->unsure = FALSE;
    gst_ice_upload_completed (self, reply, call->size, call->crc64);
    return;
  }

  error = gst_ice_error_new (GST_ICE_ERROR_NO_SUCH_UPLOAD,
      "HeadObject finds %" G_GINT64_FORMAT " bytes where %" G_GUINT64_FORMAT
      " were uploaded, or other ones (request id %s)", reply->size,
      call->size, GST_STR_NULL (reply->request_id));
  details = gst_ice_error_get_details (error);
  details->service = "oss";
  details->operation = "HeadObject";
  details->request_id = g_strdup (reply->request_id);

  /* Nobody else writes this object: another one is an older one. */
  if (reply->has_crc64)
    self->unsure = FALSE;
  if (reply->has_crc64 || !self->gone)
    handle_not_there (call, error);
  else if (!look_again (call, error))
    /* Without a CRC-64 nothing is proven. */
    gst_ice_call_give_up_unknown (call, error);
}

void
gst_ice_call_handle_head (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  GstIceRetryHistory history = self->single_history;

  if (error == NULL) {
    handle_found (call, reply);
    return;
  }

  if (gst_ice_error_is (error, GST_ICE_ERROR_NOT_FOUND)) {
    self->unsure = FALSE;
    handle_not_there (call, error);
    return;
  }

  if (gst_ice_retry_policy_decide (error, &history) != GST_ICE_RETRY_FAIL) {
    /* While the upload id may be good, Complete gets its turn as well. */
    self->look = self->gone;
    gst_ice_call_handle_failure (call, error);
    return;
  }

  if (self->gone)
    gst_ice_call_give_up_unknown (call, error);
  else
    handle_not_there (call, error);
}

/* An empty recording is put, whether the upload that an earlier run began
 * could be aborted or not. */
static gboolean
is_out_of_the_way (GstIceUpload * self, const GError * error)
{
  GstIceRetryHistory history = self->single_history;

  return self->state == GST_ICE_UPLOAD_FINALIZING && (error == NULL
      || gst_ice_retry_policy_decide (error, &history) == GST_ICE_RETRY_FAIL);
}

void
gst_ice_call_handle_abort (GstIceCall * call, const GError * error)
{
  GstIceUpload *self = call->self;
  /* An upload that could be aborted has not been completed. */
  GstIceOutcome aborted = self->stillborn ? GST_ICE_OUTCOME_NOTHING_SENT
      : GST_ICE_OUTCOME_ABORTED;

  if (is_out_of_the_way (self, error)) {
    if (error != NULL)
      GST_WARNING ("%s: upload %s is left as it is: %s",
          self->config->media_id, self->upload_id, error->message);
    g_clear_pointer (&self->upload_id, g_free);
    return;
  }

  if (error == NULL)
    gst_ice_upload_ended (self, aborted);
  else if (gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD))
    gst_ice_upload_ended (self, self->unsure ? GST_ICE_OUTCOME_UNKNOWN
        : aborted);
  else
    gst_ice_call_handle_failure (call, error);
}
