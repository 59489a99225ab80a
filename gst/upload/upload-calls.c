/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The requests of an upload: what is sent next, and what an answer means.
 *
 * Runs on: the network thread.
 * Owns: a GstIceCall for each request on its way, which holds the upload.
 *
 * gst_ice_upload_pump() is called whenever anything has changed. It asks
 * choose_operation() until that has nothing left to send, and sets a timer
 * for what may be sent later. All requests but UploadPart go alone. */

#include "upload/upload-call.h"

#include "common/lock.h"
#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_UPLOAD)

GstIceCall *
gst_ice_call_new (GstIceUpload * self, GstIceOperation operation,
    GstIceLease * lease)
{
  GstIceCall *call = g_new0 (GstIceCall, 1);

  call->self = gst_ice_upload_ref (self);
  call->client = gst_ice_oss_client_ref (self->oss);
  call->operation = operation;
  call->lease = gst_ice_lease_ref (lease);

  return call;
}

static void
free_call (GstIceCall * call)
{
  g_clear_pointer (&call->part, gst_ice_part_unref);
  gst_ice_lease_unref (call->lease);
  gst_ice_oss_client_unref (call->client);
  gst_ice_upload_unref (call->self);
  g_free (call);
}

GstIcePartEntry *
gst_ice_call_get_entry (GstIceCall * call)
{
  return gst_ice_part_table_get (call->self->parts, call->part->number);
}

guint
gst_ice_upload_get_target_length (GstIceUpload * self)
{
  return MIN (gst_ice_part_table_get_length (self->parts),
      self->salvage_length);
}

static gboolean
all_confirmed (GstIceUpload * self)
{
  return self->in_flight == 0
      && gst_ice_part_table_get_prefix (self->parts) >=
      gst_ice_upload_get_target_length (self);
}

/* TRUE if the whole object goes into one PutObject. */
static gboolean
fits_put (GstIceUpload * self)
{
  guint64 crc64;

  return self->state == GST_ICE_UPLOAD_FINALIZING
      && gst_ice_part_table_get_size (self->parts,
      gst_ice_part_table_get_length (self->parts), &crc64)
      < self->config->part_size;
}

gboolean
gst_ice_upload_is_sendable (GstIceUpload * self,
    const GstIcePartEntry * entry)
{
  return entry != NULL && entry->number <= self->salvage_length;
}

/* What comes before the first part. */
static GstIceOperation
choose_opening (GstIceUpload * self, gint64 now)
{
  if (now < self->single_not_before_us)
    return GST_ICE_OPERATION_NONE;
  if (fits_put (self))
    return GST_ICE_OPERATION_PUT;
  if (gst_ice_part_table_get_length (self->parts) > 0)
    return GST_ICE_OPERATION_INITIATE;

  return GST_ICE_OPERATION_NONE;
}

static GstIceOperation
choose_closing (GstIceUpload * self, gint64 now)
{
  if (now < self->single_not_before_us || !all_confirmed (self))
    return GST_ICE_OPERATION_NONE;
  if (self->listing)
    return GST_ICE_OPERATION_LIST;

  return self->look ? GST_ICE_OPERATION_HEAD : GST_ICE_OPERATION_COMPLETE;
}

/* What goes alone, and before anything else; when nothing is on its way. */
static GstIceOperation
choose_first (GstIceUpload * self)
{
  if (self->state == GST_ICE_UPLOAD_ABORTING
      || (self->state == GST_ICE_UPLOAD_SALVAGING
          && self->config->on_error == GST_ICE_END_ABORT))
    return GST_ICE_OPERATION_ABORT;
  if (self->upload_id == NULL)
    return GST_ICE_OPERATION_NONE;
  /* A multipart upload of no parts can't be completed. */
  if (self->state == GST_ICE_UPLOAD_FINALIZING
      && gst_ice_part_table_get_length (self->parts) == 0)
    return GST_ICE_OPERATION_ABORT;
  if (self->gone)
    return GST_ICE_OPERATION_HEAD;
  if (self->comparing && !(self->finishing && all_confirmed (self)))
    return GST_ICE_OPERATION_LIST;

  return GST_ICE_OPERATION_NONE;
}

static GstIceOperation
choose_operation (GstIceUpload * self, gint64 now)
{
  GstIceOperation first = choose_first (self);

  if (self->single_busy || self->lost != NULL)
    return GST_ICE_OPERATION_NONE;
  if (self->outage.interrupted
      && (self->in_flight > 0 || now < self->outage.probe_at_us))
    return GST_ICE_OPERATION_NONE;
  if (first != GST_ICE_OPERATION_NONE)
    return self->in_flight == 0 && now >= self->single_not_before_us ?
        first : GST_ICE_OPERATION_NONE;
  if (self->upload_id == NULL)
    return choose_opening (self, now);
  if (self->in_flight < self->config->parallel_parts
      && gst_ice_upload_is_sendable (self,
          gst_ice_part_table_next (self->parts, now)))
    return GST_ICE_OPERATION_PART;
  if (self->finishing)
    return choose_closing (self, now);

  return GST_ICE_OPERATION_NONE;
}

/* ---- requests ---- */

static void on_reply (GObject * source, GAsyncResult * result,
    gpointer user_data);

static void
on_progress (guint64 bytes, gpointer user_data)
{
  GstIceCall *call = user_data;
  gst_ice_lock_scope (&call->self->lock);

  call->self->info.bytes_sent += bytes;
}

void
gst_ice_call_send (GstIceCall * call, GstIceOssRequest * request)
{
  GstIceUpload *self = call->self;

  if (call->operation == GST_ICE_OPERATION_PART)
    self->in_flight++;
  else
    self->single_busy = TRUE;
  self->initiating = call->operation == GST_ICE_OPERATION_INITIATE;
  self->decisive = call->operation == GST_ICE_OPERATION_COMPLETE
      || call->operation == GST_ICE_OPERATION_PUT;

  self->oss_requests++;
  gst_ice_oss_request_set_progress (request, on_progress, call);
  gst_ice_oss_client_send_async (self->oss, request, self->object,
      call->lease->identity, self->cancellable, on_reply, call);
}

void
gst_ice_upload_send_initiate (GstIceUpload * self, GstIceLease * lease)
{
  gst_ice_call_send (gst_ice_call_new (self, GST_ICE_OPERATION_INITIATE,
          lease), gst_ice_oss_request_new_initiate (self->content_type));
}

static void
send_operation (GstIceUpload * self, GstIceOperation operation,
    GstIceLease * lease)
{
  switch (operation) {
    case GST_ICE_OPERATION_NONE:
      break;
    case GST_ICE_OPERATION_INITIATE:
      gst_ice_upload_send_initiate (self, lease);
      break;
    case GST_ICE_OPERATION_PART:
      gst_ice_upload_send_part (self, lease);
      break;
    case GST_ICE_OPERATION_LIST:
      gst_ice_call_send (gst_ice_call_new (self, operation, lease),
          gst_ice_oss_request_new_list_parts (self->upload_id,
              self->list_marker));
      break;
    case GST_ICE_OPERATION_COMPLETE:
      gst_ice_upload_send_complete (self, lease);
      break;
    case GST_ICE_OPERATION_PUT:
      gst_ice_upload_send_put (self, lease);
      break;
    case GST_ICE_OPERATION_HEAD:
      gst_ice_upload_send_head (self, lease);
      break;
    case GST_ICE_OPERATION_ABORT:
      gst_ice_call_send (gst_ice_call_new (self, operation, lease),
          gst_ice_oss_request_new_abort (self->upload_id));
      break;
  }
}

static gboolean
on_timer (gpointer user_data)
{
  gst_ice_upload_pump (user_data);
  return G_SOURCE_REMOVE;
}

/* Comes back when something that waits may be sent. */
static void
set_timer (GstIceUpload * self, gint64 now)
{
  gint64 at = gst_ice_part_table_next_time (self->parts);

  if (self->single_not_before_us > now
      && (at < now || self->single_not_before_us < at))
    at = self->single_not_before_us;
  if (self->outage.interrupted)
    at = MAX (at, self->outage.probe_at_us);
  if (at <= now)
    return;

  self->timer = gst_ice_clock_timeout_source_new (self->clock, at - now);
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer,
      gst_ice_network_thread_get_context (self->thread));
}

/* A prefix of no parts is nothing to complete. */
static gboolean
end_empty_salvage (GstIceUpload * self)
{
  if (self->state != GST_ICE_UPLOAD_SALVAGING || !self->finishing
      || self->config->on_error != GST_ICE_END_COMPLETE
      || gst_ice_upload_get_target_length (self) > 0)
    return FALSE;

  gst_ice_upload_ended (self, gst_ice_upload_get_leftover (self));

  return TRUE;
}

static gboolean
is_active (GstIceUpload * self)
{
  switch (self->state) {
    case GST_ICE_UPLOAD_UPLOADING:
    case GST_ICE_UPLOAD_FINALIZING:
    case GST_ICE_UPLOAD_SALVAGING:
    case GST_ICE_UPLOAD_ABORTING:
      return !self->closed;
    default:
      return FALSE;
  }
}

void
gst_ice_upload_pump (GstIceUpload * self)
{
  gint64 now = gst_ice_upload_get_now (self);
  GstIceOperation operation;

  if (self->timer != NULL) {
    g_source_destroy (self->timer);
    g_clear_pointer (&self->timer, g_source_unref);
  }
  if (!is_active (self) || end_empty_salvage (self))
    return;

  while ((operation = choose_operation (self, now))
      != GST_ICE_OPERATION_NONE) {
    GstIceLease *lease = gst_ice_lease_keeper_get_lease (self->keeper);

    /* Without a living lease a renewal is under way; it comes back here. */
    if (lease == NULL)
      break;
    send_operation (self, operation, lease);
  }

  set_timer (self, now);
  gst_ice_upload_publish (self);
}

/* ---- answers ---- */

static GError *
new_damaged_error (GstIceCall * call, const GstIceOssReply * reply,
    const gchar * operation, guint64 crc64)
{
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

gboolean
gst_ice_call_verify (GstIceCall * call, const GstIceOssReply * reply,
    const gchar * operation, GError ** error)
{
  GstIceUpload *self = call->self;
  guint64 crc64 = call->part != NULL ? call->part->crc64 : call->crc64;

  if (!self->config->verify)
    return TRUE;
  if (!reply->has_crc64) {
    if (!self->crc64_missing_noted)
      GST_WARNING ("%s: OSS sends no CRC-64, so nothing can be compared",
          self->config->media_id);
    self->crc64_missing_noted = TRUE;
    return TRUE;
  }
  if (reply->crc64 == crc64)
    return TRUE;

  g_propagate_error (error, new_damaged_error (call, reply, operation,
          crc64));

  return FALSE;
}

static void
handle_initiate (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;

  if (error != NULL && self->state == GST_ICE_UPLOAD_ABORTING) {
    gst_ice_upload_end_early (self);
    return;
  }
  if (error != NULL) {
    gst_ice_call_handle_failure (call, error);
    return;
  }

  self->single_history = (GstIceRetryHistory) { 0 };
  self->upload_id = g_strdup (reply->upload_id);
  if (self->state < GST_ICE_UPLOAD_COMPLETE)
    gst_ice_upload_started (self, reply);
}

static void
handle_reply (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;

  /* What HeadObject found is for its handler to judge. */
  if (error == NULL && call->operation != GST_ICE_OPERATION_HEAD)
    gst_ice_upload_note_success (self);

  switch (call->operation) {
    case GST_ICE_OPERATION_NONE:
      break;
    case GST_ICE_OPERATION_INITIATE:
      handle_initiate (call, reply, error);
      break;
    case GST_ICE_OPERATION_PART:
      gst_ice_call_handle_part (call, reply, error);
      break;
    case GST_ICE_OPERATION_LIST:
      if (self->comparing)
        gst_ice_call_handle_comparison (call, reply, error);
      else
        gst_ice_call_handle_etags (call, reply, error);
      break;
    case GST_ICE_OPERATION_COMPLETE:
      gst_ice_call_handle_complete (call, reply, error);
      break;
    case GST_ICE_OPERATION_PUT:
      gst_ice_call_handle_put (call, reply, error);
      break;
    case GST_ICE_OPERATION_HEAD:
      gst_ice_call_handle_head (call, reply, error);
      break;
    case GST_ICE_OPERATION_ABORT:
      gst_ice_call_handle_abort (call, error);
      break;
  }
}

/* A request that was cancelled: its part may be wanted again by on-error. */
static void
handle_cancelled (GstIceCall * call)
{
  if (call->part != NULL)
    gst_ice_part_table_set_waiting (call->self->parts,
        gst_ice_call_get_entry (call), 0);
  else if (call->operation == GST_ICE_OPERATION_COMPLETE
      || call->operation == GST_ICE_OPERATION_PUT)
    call->self->unsure = TRUE;
}

static void
on_reply (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GstIceCall *call = user_data;
  GstIceUpload *self = call->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceOssReply) reply =
      gst_ice_oss_client_send_finish (call->client, result, &error);

  if (call->operation == GST_ICE_OPERATION_PART)
    self->in_flight--;
  else
    self->single_busy = self->initiating = self->decisive = FALSE;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    handle_cancelled (call);
  else if (is_active (self))
    handle_reply (call, reply, error);

  if (is_active (self))
    gst_ice_upload_handle_lost (self);
  gst_ice_upload_pump (self);
  g_clear_pointer (&call->part, gst_ice_part_unref);
  gst_ice_upload_check_closed (self);
  free_call (call);
}
