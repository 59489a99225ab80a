/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A request of an upload on its way: sent, counted, and its answer handed to
 * whoever was named when it was made.
 *
 * Runs on: the network thread.
 * Owns: a GstIceCall for each request on its way, which holds the upload. */

#include "upload/upload-private.h"

#include "common/lock.h"

GstIceCall *
gst_ice_call_new (GstIceUpload * self, GstIceOperation operation,
    GstIceLease * lease, GstIceCallHandler handle)
{
  GstIceCall *call = g_new0 (GstIceCall, 1);

  call->self = gst_ice_upload_ref (self);
  call->client = gst_ice_oss_client_ref (self->oss);
  call->object = gst_ice_oss_object_ref (self->object);
  call->operation = operation;
  call->handle = handle;
  call->lease = gst_ice_lease_ref (lease);

  return call;
}

void
gst_ice_call_free (GstIceCall * call)
{
  g_clear_pointer (&call->part, gst_ice_part_unref);
  gst_ice_lease_unref (call->lease);
  gst_ice_oss_object_unref (call->object);
  gst_ice_oss_client_unref (call->client);
  gst_ice_upload_unref (call->self);
  g_free (call);
}

GstIcePartEntry *
gst_ice_call_get_entry (GstIceCall * call)
{
  return gst_ice_part_table_get (call->self->parts, call->part->number);
}

/* ---- on its way ---- */

static void
on_progress (guint64 bytes, gpointer user_data)
{
  GstIceCall *call = user_data;
  gst_ice_lock_scope (&call->self->lock);

  call->is_sent = TRUE;
  call->self->info.bytes_sent += bytes;
}

/* One whose success completes the object. */
static gboolean
is_decisive (GstIceCall * call)
{
  return call->operation == GST_ICE_OPERATION_COMPLETE
      || call->operation == GST_ICE_OPERATION_PUT;
}

gboolean
gst_ice_upload_is_in_doubt (GstIceUpload * self)
{
  GstIceCall *call = self->alone;

  return call != NULL && call->is_sent && (is_decisive (call)
      || call->operation == GST_ICE_OPERATION_INITIATE
      || call->operation == GST_ICE_OPERATION_ABORT);
}

static void
begin (GstIceCall * call)
{
  GstIceUpload *self = call->self;

  self->oss_requests++;
  if (call->part != NULL)
    self->in_flight++;
  else
    self->alone = call;
  self->most_in_flight = MAX (self->in_flight, self->most_in_flight);
  if (is_decisive (call))
    gst_ice_inquiry_begin (&self->inquiry);
}

static void
end (GstIceCall * call)
{
  GstIceUpload *self = call->self;

  if (call->part != NULL)
    self->in_flight--;
  else
    self->alone = NULL;
}

/* A request that was cancelled: its part may be wanted again by on-error. */
static void
handle_cancelled (GstIceCall * call)
{
  if (call->part != NULL)
    gst_ice_part_table_set_waiting (call->self->parts,
        gst_ice_call_get_entry (call), 0);
  else if (is_decisive (call))
    gst_ice_inquiry_cancelled (&call->self->inquiry, call->is_sent);
}

/* What was cancelled, or comes when all is over, tells nothing. */
static void
handle (GstIceCall * call, const GstIceOssReply * reply, const GError * error)
{
  GstIceUpload *self = call->self;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      || !gst_ice_upload_is_active (self)) {
    handle_cancelled (call);
    return;
  }

  self->oss_successes += error == NULL;
  /* What HeadObject found is for its handler to judge. */
  if (error == NULL && call->operation != GST_ICE_OPERATION_HEAD)
    gst_ice_upload_report_success (self);
  call->handle (call, reply, error);
}

static void
on_reply (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GstIceCall *call = user_data;
  GstIceUpload *self = call->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceOssReply) reply =
      gst_ice_oss_client_send_finish (call->client, result, &error);

  end (call);
  handle (call, reply, error);
  gst_ice_upload_wake (self);
  g_clear_pointer (&call->part, gst_ice_part_unref);
  gst_ice_upload_check_closed (self);
  gst_ice_call_free (call);
}

void
gst_ice_call_send (GstIceCall * call, GstIceOssRequest * request)
{
  GstIceUpload *self = call->self;

  begin (call);
  gst_ice_oss_request_set_progress (request, on_progress, call);
  gst_ice_oss_client_send_async (self->oss, request, call->object,
      call->lease->identity, self->cancellable, on_reply, call);
}

/* ---- the first connection ---- */

/* Whatever it is: the connection is open, or it is not. */
static void
on_warm (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GstIceUpload) self = user_data;
  G_GNUC_UNUSED g_autoptr (GstIceOssReply) reply =
      gst_ice_oss_client_send_finish (self->oss, result, NULL);

  self->is_warming_up = FALSE;
  gst_ice_upload_check_closed (self);
}

void
gst_ice_upload_warm_up (GstIceUpload * self, GstIceLease * lease)
{
  self->oss_requests++;
  self->is_warming_up = TRUE;
  gst_ice_oss_client_send_async (self->oss,
      gst_ice_oss_request_new_option_object (), self->object, lease->identity,
      self->cancellable, on_warm, gst_ice_upload_ref (self));
}

/* ---- what an answer says of the bytes ---- */

GstIceProof
gst_ice_call_get_proof (GstIceCall * call, const GstIceOssReply * reply)
{
  guint64 crc64 = call->part != NULL ? call->part->crc64 : call->crc64;

  if (!reply->has_crc64)
    return GST_ICE_PROOF_NONE;

  return reply->crc64 == crc64 ? GST_ICE_PROOF_OURS : GST_ICE_PROOF_OTHER;
}

GError *
gst_ice_call_new_damaged_error (GstIceCall * call,
    const GstIceOssReply * reply)
{
  const gchar *operation = call->part != NULL ? "UploadPart"
      : call->operation == GST_ICE_OPERATION_PUT ? "PutObject"
      : call->operation == GST_ICE_OPERATION_HEAD ? "HeadObject"
      : "CompleteMultipartUpload";
  guint64 crc64 = call->part != NULL ? call->part->crc64 : call->crc64;
  GError *error = gst_ice_error_new (GST_ICE_ERROR_DAMAGED,
      "CRC-64 of %s is %" G_GUINT64_FORMAT " at OSS and %" G_GUINT64_FORMAT
      " here (request id %s)", operation, reply->crc64, crc64,
      GST_STR_NULL (reply->request_id));
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  details->service = "oss";
  details->operation = operation;
  details->part = call->part != NULL ? call->part->number : 0;
  details->request_id = g_strdup (reply->request_id);

  return error;
}
