/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* UploadPart: where the bytes of a part come from, and what its answer means.
 *
 * Runs on: the network thread; bytes that are on disk alone are read on
 * another. Owns nothing. */

#include "upload/upload-private.h"

#include "common/lock.h"

/* From memory if all of it is there: that is cheaper. */
static GstIceOssRequest *
make_request (GstIceUpload * self, GstIcePart * part)
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

guint
gst_ice_upload_get_parallel_parts (GstIceUpload * self)
{
  if (self->config->parallel_parts > 0)
    return self->config->parallel_parts;
  if (self->parallelism.n <= GST_ICE_PARALLELISM_LIMITED
      && gst_ice_http_client_is_crowded (self->http))
    return 1;

  return self->parallelism.n;
}

/* The last ones go all at once, the largest first: on the connection that is
 * warm, while the others are still being opened. */
GstIcePartEntry *
gst_ice_upload_get_next_part (GstIceUpload * self)
{
  guint n_last = self->state == GST_ICE_UPLOAD_FINALIZING ?
      gst_ice_upload_get_parallel_parts (self) : 0;
  GstIcePartEntry *entry = gst_ice_part_table_next (self->parts,
      gst_ice_upload_get_now (self), n_last);

  return entry != NULL && entry->number <= self->salvage_length ? entry : NULL;
}

GstIceOssRequest *
gst_ice_call_make_part (GstIceCall * call)
{
  GstIceUpload *self = call->self;
  GstIcePartEntry *entry = gst_ice_upload_get_next_part (self);

  /* It may have been superseded a moment ago. */
  if (entry == NULL)
    return NULL;

  call->part = gst_ice_part_ref (entry->part);
  gst_ice_part_table_set_in_flight (self->parts, entry);

  return make_request (self, call->part);
}

static void
count_reuploaded (GstIceUpload * self)
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
    count_reuploaded (self);
  if (!gst_ice_part_table_confirm (self->parts, entry, call->part,
          reply->etag))
    return;
  entry->is_compared = self->config->verify && reply->has_crc64;

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
  if (gst_ice_retry_policy_decide (error, &history, 0) == GST_ICE_RETRY_LATER
      && !gst_ice_error_is (error, GST_ICE_ERROR_DAMAGED))
    delay = gst_ice_retry_policy_get_delay (error, 1, g_random_double ());

  gst_ice_call_try_again (call, delay);
  if (delay == 0)
    return;
  self->outage.of_oss = TRUE;
  gst_ice_upload_report_failure (self, error, delay);
}

void
gst_ice_call_handle_part (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  gboolean stale = is_stale (call);
  g_autoptr (GError) damaged = NULL;

  if (error == NULL && !stale && call->self->config->verify
      && gst_ice_call_get_proof (call, reply) == GST_ICE_PROOF_OTHER)
    damaged = gst_ice_call_new_damaged_error (call, reply);

  if (error == NULL && damaged == NULL)
    confirm (call, reply);
  else if (stale)
    drop (call, error);
  else
    gst_ice_call_handle_failure (call, error != NULL ? error : damaged);
}
