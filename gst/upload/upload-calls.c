/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The requests of an upload: what is sent next, and what an answer means.
 *
 * Runs on: the network thread.
 * Owns: a Call for each request on its way, which holds the upload.
 *
 * gst_ice_upload_pump() is called whenever anything has changed. It asks
 * choose_operation() until that has nothing left to send, and sets a timer
 * for what may be sent later. All requests but UploadPart go alone.
 *
 * Whether the object is complete is a question of fact. An answer to Complete
 * that was lost, or that makes no sense, proves nothing: Complete is sent
 * again, and where the upload id has gone by then, HeadObject has the last
 * word. Only our own size and CRC-64 make it a success. */

#include "upload/upload-private.h"

#include "common/lock.h"

#define GST_CAT_DEFAULT gst_ice_upload_debug

/* How often an upload begins anew while all its bytes are still held. */
#define MAX_RESTARTS 3

/* An answer of something in between must not decide: how often HeadObject is
 * asked, and how often an upload id must be unknown, before it counts. */
#define MAX_LOOKS 3
#define MIN_UNKNOWN_UPLOADS 2

/**
 * Operation:
 * @OPERATION_NONE: nothing to send
 *
 * The others have the names of OSS's operations.
 */
typedef enum
{
  OPERATION_NONE,
  OPERATION_INITIATE,
  OPERATION_PART,
  OPERATION_LIST,
  OPERATION_COMPLETE,
  OPERATION_PUT,
  OPERATION_HEAD,
  OPERATION_ABORT,
} Operation;

typedef struct
{
  GstIceUpload *self;           /* (owned) */
  GstIceOssClient *client;      /* (owned) */
  Operation operation;
  GstIceLease *lease;           /* (owned) that signed it */
  GstIcePart *part;             /* (nullable) (owned) of OPERATION_PART */
  guint64 size;                 /* of the object, of Complete and Put */
  guint64 crc64;
} Call;

static Call *
new_call (GstIceUpload * self, Operation operation, GstIceLease * lease)
{
  Call *call = g_new0 (Call, 1);

  call->self = gst_ice_upload_ref (self);
  call->client = gst_ice_oss_client_ref (self->oss);
  call->operation = operation;
  call->lease = gst_ice_lease_ref (lease);

  return call;
}

static void
free_call (Call * call)
{
  g_clear_pointer (&call->part, gst_ice_part_unref);
  gst_ice_lease_unref (call->lease);
  gst_ice_oss_client_unref (call->client);
  gst_ice_upload_unref (call->self);
  g_free (call);
}

/* How many parts the object is to have. */
static guint
get_target_length (GstIceUpload * self)
{
  return MIN (gst_ice_part_table_get_length (self->parts),
      self->salvage_length);
}

static gboolean
all_confirmed (GstIceUpload * self)
{
  return self->in_flight == 0
      && gst_ice_part_table_get_prefix (self->parts) >=
      get_target_length (self);
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

static gboolean
is_sendable (GstIceUpload * self, const GstIcePartEntry * entry)
{
  return entry != NULL && entry->number <= self->salvage_length;
}

/* What comes before the first part. */
static Operation
choose_opening (GstIceUpload * self, gint64 now)
{
  if (now < self->single_not_before_us)
    return OPERATION_NONE;
  if (fits_put (self))
    return OPERATION_PUT;
  if (gst_ice_part_table_get_length (self->parts) > 0)
    return OPERATION_INITIATE;

  return OPERATION_NONE;
}

static Operation
choose_closing (GstIceUpload * self, gint64 now)
{
  if (now < self->single_not_before_us || !all_confirmed (self))
    return OPERATION_NONE;
  if (self->listing)
    return OPERATION_LIST;

  return self->look ? OPERATION_HEAD : OPERATION_COMPLETE;
}

static Operation
choose_operation (GstIceUpload * self, gint64 now)
{
  if (self->single_busy || self->lost != NULL)
    return OPERATION_NONE;
  if (self->outage.interrupted
      && (self->in_flight > 0 || now < self->outage.probe_at_us))
    return OPERATION_NONE;
  if (self->state == GST_ICE_UPLOAD_ABORTING
      || (self->state == GST_ICE_UPLOAD_SALVAGING
          && self->config->on_error == GST_ICE_END_ABORT))
    return self->in_flight == 0 && now >= self->single_not_before_us ?
        OPERATION_ABORT : OPERATION_NONE;
  if (self->upload_id == NULL)
    return choose_opening (self, now);
  if (self->in_flight < self->config->parallel_parts
      && is_sendable (self, gst_ice_part_table_next (self->parts, now)))
    return OPERATION_PART;
  if (self->finishing)
    return choose_closing (self, now);

  return OPERATION_NONE;
}

/* ---- requests ---- */

static void on_reply (GObject * source, GAsyncResult * result,
    gpointer user_data);

static void
on_progress (guint64 bytes, gpointer user_data)
{
  Call *call = user_data;
  gst_ice_lock_scope (&call->self->lock);

  call->self->info.bytes_sent += bytes;
}

static void
send_call (Call * call, GstIceOssRequest * request)
{
  GstIceUpload *self = call->self;

  if (call->operation == OPERATION_PART)
    self->in_flight++;
  else
    self->single_busy = TRUE;
  self->initiating = call->operation == OPERATION_INITIATE;
  self->decisive = call->operation == OPERATION_COMPLETE
      || call->operation == OPERATION_PUT;

  self->oss_requests++;
  gst_ice_oss_request_set_progress (request, on_progress, call);
  gst_ice_oss_client_send_async (self->oss, request, self->object,
      call->lease->identity, self->cancellable, on_reply, call);
}

static void
collect_bytes (GstIcePartEntry * entry, gpointer user_data)
{
  GPtrArray *bytes = user_data;
  guint i;

  for (i = 0; i < entry->part->bytes->len; i++)
    g_ptr_array_add (bytes,
        g_bytes_ref (g_ptr_array_index (entry->part->bytes, i)));
}

static void
send_put (GstIceUpload * self, GstIceLease * lease)
{
  Call *call = new_call (self, OPERATION_PUT, lease);
  g_autoptr (GPtrArray) bytes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  guint length = gst_ice_part_table_get_length (self->parts);

  call->size = gst_ice_part_table_get_size (self->parts, length,
      &call->crc64);
  gst_ice_part_table_foreach (self->parts, length, collect_bytes, bytes);
  if (call->size == 0)
    GST_WARNING ("%s: the recording is empty, and so is the object",
        self->config->media_id);
  send_call (call, gst_ice_oss_request_new_put_object (self->content_type,
          bytes, call->size));
}

static void
send_part (GstIceUpload * self, GstIceLease * lease)
{
  GstIcePartEntry *entry = gst_ice_part_table_next (self->parts,
      gst_ice_upload_get_now (self));
  Call *call = new_call (self, OPERATION_PART, lease);

  call->part = gst_ice_part_ref (entry->part);
  gst_ice_part_table_set_in_flight (self->parts, entry);
  send_call (call, gst_ice_oss_request_new_upload_part (self->upload_id,
          entry->number, call->part->bytes, call->part->size));
}

static void
collect_part (GstIcePartEntry * entry, gpointer user_data)
{
  g_ptr_array_add (user_data, gst_ice_oss_part_new (entry->number,
          entry->etag, entry->size));
}

static void
send_complete (GstIceUpload * self, GstIceLease * lease)
{
  Call *call = new_call (self, OPERATION_COMPLETE, lease);
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_oss_part_free);
  guint length = get_target_length (self);

  call->size = gst_ice_part_table_get_size (self->parts, length,
      &call->crc64);
  gst_ice_part_table_foreach (self->parts, length, collect_part, parts);
  send_call (call, gst_ice_oss_request_new_complete (self->upload_id, parts));
}

static void
send_head (GstIceUpload * self, GstIceLease * lease)
{
  Call *call = new_call (self, OPERATION_HEAD, lease);

  call->size = gst_ice_part_table_get_size (self->parts,
      get_target_length (self), &call->crc64);
  send_call (call, gst_ice_oss_request_new_head_object ());
}

static void
send_operation (GstIceUpload * self, Operation operation, GstIceLease * lease)
{
  switch (operation) {
    case OPERATION_NONE:
      break;
    case OPERATION_INITIATE:
      send_call (new_call (self, operation, lease),
          gst_ice_oss_request_new_initiate (self->content_type));
      break;
    case OPERATION_PART:
      send_part (self, lease);
      break;
    case OPERATION_LIST:
      send_call (new_call (self, operation, lease),
          gst_ice_oss_request_new_list_parts (self->upload_id,
              self->list_marker));
      break;
    case OPERATION_COMPLETE:
      send_complete (self, lease);
      break;
    case OPERATION_PUT:
      send_put (self, lease);
      break;
    case OPERATION_HEAD:
      send_head (self, lease);
      break;
    case OPERATION_ABORT:
      send_call (new_call (self, operation, lease),
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
      || get_target_length (self) > 0)
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
  Operation operation;

  if (self->timer != NULL) {
    g_source_destroy (self->timer);
    g_clear_pointer (&self->timer, g_source_unref);
  }
  if (!is_active (self) || end_empty_salvage (self))
    return;

  while ((operation = choose_operation (self, now)) != OPERATION_NONE) {
    GstIceLease *lease = gst_ice_lease_keeper_get_lease (self->keeper);

    /* Without a living lease a renewal is under way; it comes back here. */
    if (lease == NULL)
      break;
    send_operation (self, operation, lease);
  }

  set_timer (self, now);
  gst_ice_upload_publish (self);
}

/* ---- failures ---- */

static GstIcePartEntry *
get_entry (Call * call)
{
  return gst_ice_part_table_get (call->self->parts, call->part->number);
}

static void
try_again (Call * call, gint64 delay_us)
{
  GstIceUpload *self = call->self;
  gint64 at = gst_ice_upload_get_now (self) + delay_us;

  gst_ice_upload_note_retry (self);
  if (call->part != NULL)
    gst_ice_part_table_set_waiting (self->parts, get_entry (call), at);
  else
    self->single_not_before_us = at;
}

/* Nothing helps against @error. */
static void
give_up (Call * call, const GError * error)
{
  GstIceUpload *self = call->self;

  if (self->state >= GST_ICE_UPLOAD_COMPLETE) {
    GST_WARNING ("%s: %s", self->config->media_id, error->message);
    gst_ice_upload_end_early (self);
    return;
  }

  gst_ice_upload_failed (self, error, call->part ? call->part->number : 0);
}

/* An error for the end of a budget: what is true now, and the last cause. */
static GError *
new_final_error (GstIceErrorCode code, const GError * cause,
    const gchar * text)
{
  GError *error = g_error_copy (cause);

  if (error->domain == GST_ICE_ERROR)
    error->code = code;
  g_prefix_error (&error, "%s: ", text);

  return error;
}

static void
give_up_damaged (Call * call, const GError * error)
{
  g_autoptr (GError) final = new_final_error (GST_ICE_ERROR_SYNC, error,
      "OSS keeps getting other bytes than were sent");

  give_up (call, final);
}

/* Complete may have been carried out, and nobody will tell. */
static void
give_up_unknown (Call * call, const GError * error)
{
  g_autoptr (GError) final = new_final_error (GST_ICE_ERROR_OUTCOME_UNKNOWN,
      error, "The answer to CompleteMultipartUpload was lost, and whether the"
      " object is complete can't be learnt; look at the media asset");

  call->self->unsure = TRUE;
  give_up (call, final);
}

/* TRUE if giving up on @call leaves open whether the object is there. */
static gboolean
leaves_unknown (Call * call, const GError * error)
{
  if (!call->self->unsure || call->operation == OPERATION_PUT)
    return FALSE;

  /* That Complete was throttled is the better news. */
  return call->operation != OPERATION_COMPLETE
      || !gst_ice_error_is (error, GST_ICE_ERROR_THROTTLED);
}

static gint64
get_delay (const GError * error, const GstIceRetryHistory * history)
{
  return gst_ice_retry_policy_get_delay (error, history->failures,
      g_random_double ());
}

static gint64
get_patience (GstIceUpload * self)
{
  return gst_ice_outage_get_patience (&self->outage,
      gst_ice_upload_get_now (self), self->config->retry_timeout_us);
}

static void
try_later (Call * call, const GError * error,
    const GstIceRetryHistory * history)
{
  GstIceUpload *self = call->self;
  gint64 patience = get_patience (self);
  gint64 delay = get_delay (error, history);

  if (patience == 0) {
    if (leaves_unknown (call, error))
      give_up_unknown (call, error);
    else
      give_up (call, error);
    return;
  }

  if (patience > 0)
    delay = MIN (delay, patience);
  try_again (call, delay);
  self->outage.of_oss = TRUE;
  gst_ice_upload_note_failure (self, error, delay);
}

/* TRUE if @error says that the upload id, or the object of an older lease, is
 * of no use any more. */
static gboolean
is_lost (GstIceUpload * self, const GError * error,
    GstIceRetryHistory * history)
{
  if (self->next_object != NULL
      && gst_ice_error_is (error, GST_ICE_ERROR_NOT_AUTHORIZED))
    return TRUE;

  return gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)
      && ++history->unknown_uploads >= MIN_UNKNOWN_UPLOADS;
}

static void
handle_failure (Call * call, const GError * error)
{
  GstIceUpload *self = call->self;
  GstIceRetryHistory *history = call->part != NULL ?
      &get_entry (call)->history : &self->single_history;

  if (self->state < GST_ICE_UPLOAD_COMPLETE
      && is_lost (self, error, history) && self->lost == NULL)
    self->lost = g_error_copy (error);
  if (self->lost != NULL
      || gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)) {
    try_again (call, self->lost != NULL ? 0 : get_delay (error, history));
    return;
  }

  switch (gst_ice_retry_policy_decide (error, history)) {
    case GST_ICE_RETRY_LATER:
      try_later (call, error, history);
      break;
    case GST_ICE_RETRY_NOW:
      GST_DEBUG ("%s: signed anew: %s", self->config->media_id,
          error->message);
      try_again (call, 0);
      break;
    case GST_ICE_RETRY_RENEW:
      try_again (call, 0);
      gst_ice_lease_keeper_refused (self->keeper, call->lease);
      break;
    case GST_ICE_RETRY_FAIL:
      if (gst_ice_error_is (error, GST_ICE_ERROR_DAMAGED))
        give_up_damaged (call, error);
      else
        give_up (call, error);
      break;
  }
}

/* Begins anew, at the object of the newest lease. */
static gboolean
restart (GstIceUpload * self)
{
  if (self->restarts >= MAX_RESTARTS
      || !gst_ice_part_table_restart (self->parts))
    return FALSE;

  GST_WARNING ("%s: begins anew: %s", self->config->media_id,
      self->lost->message);
  self->restarts++;
  self->single_history = (GstIceRetryHistory) { 0 };
  self->single_not_before_us = 0;
  g_clear_pointer (&self->upload_id, g_free);
  if (self->next_object != NULL)
    gst_ice_upload_use_object (self, self->next_object);
  g_clear_pointer (&self->next_object, gst_ice_oss_object_unref);

  return TRUE;
}

/* Once no request is in flight: begins anew if all bytes are still held. */
static void
handle_lost (GstIceUpload * self)
{
  g_autoptr (GError) final = NULL;

  if (self->lost == NULL || self->in_flight > 0 || self->single_busy)
    return;

  if (!restart (self)) {
    final = new_final_error (GST_ICE_ERROR_NO_SUCH_UPLOAD, self->lost,
        self->next_object != NULL ?
        "The new lease is for another object, and bytes that the old one has"
        " are not held any more" :
        "The upload has gone from OSS, and bytes that it had are not held any"
        " more");
    self->gone = self->next_object == NULL;
  }
  g_clear_error (&self->lost);
  if (final != NULL)
    gst_ice_upload_failed (self, final, 0);
}

/* ---- answers ---- */

/* TRUE if OSS has what we sent, as far as it says. */
static gboolean
verify (GstIceUpload * self, const GstIceOssReply * reply, guint64 crc64,
    const gchar * operation, guint part, GError ** error)
{
  GError *damaged;
  GstIceErrorDetails *details;

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

  damaged = gst_ice_error_new (GST_ICE_ERROR_DAMAGED,
      "CRC-64 of %s is %" G_GUINT64_FORMAT " at OSS and %" G_GUINT64_FORMAT
      " here (request id %s)", operation, reply->crc64, crc64,
      GST_STR_NULL (reply->request_id));
  details = gst_ice_error_get_details (damaged);
  details->service = "oss";
  details->operation = operation;
  details->part = part;
  details->request_id = g_strdup (reply->request_id);
  g_propagate_error (error, damaged);

  return FALSE;
}

static void
note_started (GstIceUpload * self, const GstIceOssReply * reply)
{
  g_mutex_lock (&self->lock);
  g_free (self->info.upload_id);
  self->info.upload_id =
      g_strdup (self->upload_id != NULL ? self->upload_id : "");
  g_free (self->info.request_id);
  self->info.request_id = g_strdup (reply->request_id);
  g_mutex_unlock (&self->lock);

  GST_INFO ("%s: upload started: %s in %s, upload id %s, request id %s",
      self->config->media_id, self->object->key, self->object->bucket,
      GST_STR_NULL (self->upload_id), GST_STR_NULL (reply->request_id));
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_STARTED});
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

static void
handle_initiate (Call * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;

  if (error != NULL && self->state == GST_ICE_UPLOAD_ABORTING) {
    gst_ice_upload_end_early (self);
    return;
  }
  if (error != NULL) {
    handle_failure (call, error);
    return;
  }

  self->single_history = (GstIceRetryHistory) { 0 };
  self->upload_id = g_strdup (reply->upload_id);
  if (self->state < GST_ICE_UPLOAD_COMPLETE)
    note_started (self, reply);
}

static void
handle_put (Call * call, const GstIceOssReply * reply, const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) damaged = NULL;

  if (error == NULL
      && verify (self, reply, call->crc64, "PutObject", 0, &damaged)) {
    note_started (self, reply);
    gst_ice_upload_completed (self, reply, call->size, call->crc64);
    return;
  }

  self->object_there = damaged != NULL;
  if (error != NULL && leaves_doubt (error))
    self->unsure = TRUE;
  handle_failure (call, error != NULL ? error : damaged);
}

static void
confirm_part (Call * call, const GstIceOssReply * reply)
{
  GstIceUpload *self = call->self;
  GstIcePartEntry *entry = get_entry (call);
  guint number = call->part->number, generation = call->part->generation;

  if (entry->uploads > 0) {
    g_mutex_lock (&self->lock);
    self->info.parts_reuploaded++;
    g_mutex_unlock (&self->lock);
  }

  if (!gst_ice_part_table_confirm (self->parts, entry, call->part,
          reply->etag))
    return;

  /* The recording may reuse the memory. */
  g_clear_pointer (&call->part, gst_ice_part_unref);
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_CONFIRMED,
        .part = number,
        .generation = generation,
      });
}

static void
handle_part (Call * call, const GstIceOssReply * reply, const GError * error)
{
  g_autoptr (GError) damaged = NULL;

  if (error == NULL && verify (call->self, reply, call->part->crc64,
          "UploadPart", call->part->number, &damaged)) {
    confirm_part (call, reply);
    return;
  }

  handle_failure (call, error != NULL ? error : damaged);
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

  if (listed->number < 1 || listed->number > get_target_length (self))
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
static void
handle_list (Call * call, const GstIceOssReply * reply, const GError * error)
{
  GstIceUpload *self = call->self;
  GstIceRetryHistory history = self->single_history;
  guint i;

  if (error != NULL
      && gst_ice_retry_policy_decide (error, &history) == GST_ICE_RETRY_FAIL) {
    give_up (call, self->invalid_part);
    return;
  }
  if (error != NULL) {
    handle_failure (call, error);
    return;
  }

  for (i = 0; reply->parts != NULL && i < reply->parts->len; i++)
    take_etag (self, g_ptr_array_index (reply->parts, i));
  self->list_marker = reply->next_marker;
  self->listing = reply->next_marker > 0;
}

static void
handle_complete (Call * call, const GstIceOssReply * reply,
    const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) damaged = NULL;
  g_autoptr (GError) final = NULL;

  if (error == NULL) {
    self->unsure = FALSE;
    if (verify (self, reply, call->crc64, "CompleteMultipartUpload", 0,
            &damaged)) {
      gst_ice_upload_completed (self, reply, call->size, call->crc64);
      return;
    }
    final = new_final_error (GST_ICE_ERROR_SYNC, damaged,
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
  handle_failure (call, error);
}

/* TRUE if HeadObject is asked once more. */
static gboolean
look_again (Call * call, const GError * error)
{
  if (++call->self->looks >= MAX_LOOKS)
    return FALSE;

  try_again (call, gst_ice_retry_policy_get_delay (error, call->self->looks,
          g_random_double ()));

  return TRUE;
}

/* HeadObject did not show our object. Is that the last word? */
static void
handle_not_there (Call * call, const GError * error)
{
  GstIceUpload *self = call->self;
  g_autoptr (GError) final = NULL;

  if (!self->gone) {
    /* The upload id may still be good. What kept Complete from saying so has
     * had its delay, and counts on. */
    self->look = FALSE;
    if (get_patience (self) == 0)
      give_up (call, self->complete_error);
    else
      try_again (call, 0);
    return;
  }
  if (look_again (call, error))
    return;

  self->unsure = FALSE;
  final = new_final_error (GST_ICE_ERROR_NO_SUCH_UPLOAD, error,
      "The upload has gone from OSS, and the object is not there");
  give_up (call, final);
}

static gboolean
is_ours (Call * call, const GstIceOssReply * reply)
{
  return reply->size >= 0 && (guint64) reply->size == call->size
      && reply->has_crc64 && reply->crc64 == call->crc64;
}

static void
handle_found (Call * call, const GstIceOssReply * reply)
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
    give_up_unknown (call, error);
}

static void
handle_head (Call * call, const GstIceOssReply * reply, const GError * error)
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
    handle_failure (call, error);
    return;
  }

  if (self->gone)
    give_up_unknown (call, error);
  else
    handle_not_there (call, error);
}

static void
handle_abort (Call * call, const GError * error)
{
  GstIceUpload *self = call->self;

  if (error == NULL)
    /* An upload that could be aborted has not been completed. */
    gst_ice_upload_ended (self, GST_ICE_OUTCOME_ABORTED);
  else if (gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD))
    gst_ice_upload_ended (self, self->unsure ? GST_ICE_OUTCOME_UNKNOWN
        : GST_ICE_OUTCOME_ABORTED);
  else
    handle_failure (call, error);
}

static void
handle_reply (Call * call, const GstIceOssReply * reply, const GError * error)
{
  GstIceUpload *self = call->self;

  /* What HeadObject found is for its handler to judge. */
  if (error == NULL && call->operation != OPERATION_HEAD)
    gst_ice_upload_note_success (self);

  switch (call->operation) {
    case OPERATION_NONE:
      break;
    case OPERATION_INITIATE:
      handle_initiate (call, reply, error);
      break;
    case OPERATION_PART:
      handle_part (call, reply, error);
      break;
    case OPERATION_LIST:
      handle_list (call, reply, error);
      break;
    case OPERATION_COMPLETE:
      handle_complete (call, reply, error);
      break;
    case OPERATION_PUT:
      handle_put (call, reply, error);
      break;
    case OPERATION_HEAD:
      handle_head (call, reply, error);
      break;
    case OPERATION_ABORT:
      handle_abort (call, error);
      break;
  }
}

/* A request that was cancelled: its part may be wanted again by on-error. */
static void
handle_cancelled (Call * call)
{
  if (call->part != NULL)
    gst_ice_part_table_set_waiting (call->self->parts, get_entry (call), 0);
  else if (call->operation == OPERATION_COMPLETE
      || call->operation == OPERATION_PUT)
    call->self->unsure = TRUE;
}

static void
on_reply (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Call *call = user_data;
  GstIceUpload *self = call->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceOssReply) reply =
      gst_ice_oss_client_send_finish (call->client, result, &error);

  if (call->operation == OPERATION_PART)
    self->in_flight--;
  else
    self->single_busy = self->initiating = self->decisive = FALSE;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    handle_cancelled (call);
  else if (is_active (self))
    handle_reply (call, reply, error);

  if (is_active (self))
    handle_lost (self);
  gst_ice_upload_pump (self);
  gst_ice_upload_check_closed (self);
  free_call (call);
}
