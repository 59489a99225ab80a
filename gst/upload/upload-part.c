/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* UploadPart: where the bytes of a part come from, and what its answer means.
 *
 * Runs on: the network thread; bytes that are on disk alone are read on
 * another. Owns nothing. */

#include "upload/upload-call.h"

#include "common/lock.h"
#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_UPLOAD)

/* From memory if all of it is there: that is cheaper. */
static GstIceOssRequest *
new_request (GstIceUpload * self, GstIcePart * part)
{
  g_autoptr (GPtrArray) bytes = gst_ice_part_ref_bytes (part);
  g_autoptr (GInputStream) stream = NULL;

  if (bytes != NULL)
    return gst_ice_oss_request_new_upload_part (self->upload_id, part->number,
        bytes, part->size);

  stream = gst_ice_part_open (part);

  return gst_ice_oss_request_new_upload_part_from (self->upload_id,
      part->number, stream, part->size);
}

void
gst_ice_upload_send_part (GstIceUpload * self, GstIceLease * lease)
{
  GstIcePartEntry *entry = gst_ice_part_table_next (self->parts,
      gst_ice_upload_get_now (self));
  GstIceCall *call;

  /* It may have been superseded a moment ago. */
  if (!gst_ice_upload_is_sendable (self, entry))
    return;

  call = gst_ice_call_new (self, GST_ICE_OPERATION_PART, lease);
  call->part = gst_ice_part_ref (entry->part);
  gst_ice_part_table_set_in_flight (self->parts, entry);
  gst_ice_call_send (call, new_request (self, call->part));
}

static void
note_reuploaded (GstIceUpload * self)
{
  gst_ice_lock_scope (&self->lock);

  self->info.parts_reuploaded++;
}

static void
confirm (GstIceCall * call, const GstIceOssReply * reply)
{
  GstIceUpload *self = call->self;
  GstIcePartEntry *entry = gst_ice_call_get_entry (call);

  if (entry->uploads > 0)
    note_reuploaded (self);
  if (!gst_ice_part_table_confirm (self->parts, entry, call->part,
          reply->etag))
    return;

  /* The recording may reuse the memory. */
  g_clear_pointer (&call->part, gst_ice_part_unref);
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_CONFIRMED,
        .part = entry->number,
        .generation = entry->generation,
        .size = entry->size,
        .crc64 = entry->crc64,
        .etag = entry->etag,
      });
}

/* TRUE if there is a newer generation, or one on its way: then the bytes may
 * have changed while they were read. */
static gboolean
is_stale (GstIceCall * call)
{
  return gst_ice_call_get_entry (call)->part != call->part
      || gst_ice_part_is_superseded (call->part);
}

/* A generation that nobody wants has failed. That tells something of the
 * network, and nothing of the part. */
static void
drop (GstIceCall * call, const GError * error)
{
  GstIceUpload *self = call->self;
  GstIceRetryHistory history = { 0 };
  gint64 delay = 0;

  GST_DEBUG ("%s: part %u has a newer generation; the older one failed: %s",
      self->config->media_id, call->part->number, error->message);
  if (gst_ice_retry_policy_decide (error, &history) == GST_ICE_RETRY_LATER
      && !gst_ice_error_is (error, GST_ICE_ERROR_DAMAGED))
    delay = gst_ice_retry_policy_get_delay (error, 1, g_random_double ());

  gst_ice_call_try_again (call, delay);
  if (delay == 0)
    return;
  self->outage.of_oss = TRUE;
  gst_ice_upload_note_failure (self, error, delay);
}

void
gst_ice_call_handle_part (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  gboolean stale = is_stale (call);
  g_autoptr (GError) damaged = NULL;

  if (error == NULL && (stale
          || gst_ice_call_verify (call, reply, "UploadPart", &damaged)))
    confirm (call, reply);
  else if (stale)
    drop (call, error);
  else
    gst_ice_call_handle_failure (call, error != NULL ? error : damaged);
}
