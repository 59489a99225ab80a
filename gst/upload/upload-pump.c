/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The pump: what an upload sends next, and who reads the answer.
 *
 * Runs on: the network thread, from the loop, once for any number of calls of
 * gst_ice_upload_wake(). It asks choose() until that has nothing left to send,
 * and sets a timer for what may be sent later. All requests but UploadPart go
 * alone. Owns nothing. */

#include "upload/upload-private.h"

static const struct
{
  GstIceOssRequest *(*make) (GstIceCall * call);
  GstIceCallHandler handle;
} operations[GST_ICE_N_OPERATIONS] = {
  [GST_ICE_OPERATION_INITIATE] = {gst_ice_call_make_initiate,
      gst_ice_call_handle_initiate},
  [GST_ICE_OPERATION_PART] = {gst_ice_call_make_part,
      gst_ice_call_handle_part},
  [GST_ICE_OPERATION_COMPARE] = {gst_ice_call_make_comparison,
      gst_ice_call_handle_comparison},
  [GST_ICE_OPERATION_LIST] = {gst_ice_call_make_list,
      gst_ice_call_handle_list},
  [GST_ICE_OPERATION_COMPLETE] = {gst_ice_call_make_complete,
      gst_ice_call_handle_complete},
  [GST_ICE_OPERATION_PUT] = {gst_ice_call_make_put,
      gst_ice_call_handle_complete},
  [GST_ICE_OPERATION_HEAD] = {gst_ice_call_make_head,
      gst_ice_call_handle_head},
  [GST_ICE_OPERATION_ABORT] = {gst_ice_call_make_abort,
      gst_ice_call_handle_abort},
  [GST_ICE_OPERATION_CHECK] = {gst_ice_call_make_check,
      gst_ice_call_handle_check},
  [GST_ICE_OPERATION_CLEAR] = {gst_ice_call_make_clearance,
      gst_ice_call_handle_clearance},
};

/* ---- what is sent next ---- */

static gboolean
all_confirmed (GstIceUpload * self)
{
  return self->in_flight == 0
      && gst_ice_part_table_get_prefix (self->parts) >=
      gst_ice_upload_get_target_length (self);
}

static gboolean
is_aborting (GstIceUpload * self)
{
  return self->state == GST_ICE_UPLOAD_ABORTING
      || self->state == GST_ICE_UPLOAD_WITHDRAWING
      || (self->state == GST_ICE_UPLOAD_SALVAGING
      && self->config->on_error == GST_ICE_END_ABORT);
}

/* What comes before any part. */
static GstIceOperation
choose_first (GstIceUpload * self)
{
  if (self->stray != NULL)
    return GST_ICE_OPERATION_CLEAR;
  if (is_aborting (self))
    return self->abort == GST_ICE_ABORT_UNSURE ? GST_ICE_OPERATION_CHECK
        : GST_ICE_OPERATION_ABORT;
  if (self->upload_id == NULL)
    return GST_ICE_OPERATION_NONE;
  /* A multipart upload of no parts can't be completed. */
  if (self->state == GST_ICE_UPLOAD_FINALIZING
      && gst_ice_part_table_get_length (self->parts) == 0)
    return GST_ICE_OPERATION_ABORT;
  if (gst_ice_inquiry_has_no_upload (&self->inquiry))
    return GST_ICE_OPERATION_HEAD;
  if (self->resumption.state == GST_ICE_RESUMPTION_COMPARING
      && !(self->finishing && all_confirmed (self)))
    return GST_ICE_OPERATION_COMPARE;

  return GST_ICE_OPERATION_NONE;
}

static GstIceOperation
choose_opening (GstIceUpload * self)
{
  GstIceOperation next = gst_ice_inquiry_get_next (&self->inquiry);

  /* After a PutObject of which nothing is known. */
  if (next == GST_ICE_OPERATION_HEAD)
    return next;
  if (gst_ice_upload_fits_put (self))
    return GST_ICE_OPERATION_PUT;
  if (gst_ice_part_table_get_length (self->parts) > 0)
    return GST_ICE_OPERATION_INITIATE;

  return GST_ICE_OPERATION_NONE;
}

static GstIceOperation
choose_closing (GstIceUpload * self)
{
  GstIceOperation next = gst_ice_inquiry_get_next (&self->inquiry);

  if (!self->finishing || !all_confirmed (self))
    return GST_ICE_OPERATION_NONE;

  /* The comparison tells as much, and what differs can be sent again. */
  return next == GST_ICE_OPERATION_LIST
      && self->resumption.state == GST_ICE_RESUMPTION_COMPARING
      ? GST_ICE_OPERATION_COMPARE : next;
}

/* TRUE if a part could be sent, and sooner, if there were another connection. */
static gboolean
has_backlog (GstIceUpload * self)
{
  return self->in_flight >= gst_ice_upload_get_parallel_parts (self)
      && self->upload_id != NULL && !self->outage.interrupted
      && !gst_ice_http_client_is_limited (self->http)
      && gst_ice_upload_get_next_part (self) != NULL;
}

/* FALSE if the number of parts at a time is what it was. */
static gboolean
adapt (GstIceUpload * self, gint64 now)
{
  guint n = self->parallelism.n;
  gint64 srtt_us = -1, min_rtt_us = 0;

  if (self->config->parallel_parts > 0 || self->in_flight == 0)
    return FALSE;

  gst_ice_http_client_get_delay (self->http, &srtt_us, &min_rtt_us);
  gst_ice_parallelism_update (&self->parallelism, now, srtt_us, min_rtt_us,
      has_backlog (self), self->config->max_parallel_parts);
  if (self->parallelism.n != n)
    GST_DEBUG ("%s: %u parts at a time, round trip %" G_GINT64_FORMAT
        " us, shortest %" G_GINT64_FORMAT, self->config->media_id,
        self->parallelism.n, srtt_us, min_rtt_us);

  return self->parallelism.n > n;
}

/* TRUE if an outage lets nothing go but one probe now and then. */
static gboolean
is_held_up (GstIceUpload * self, gint64 now)
{
  return self->outage.interrupted
      && (self->in_flight > 0 || now < self->outage.probe_at_us);
}

/* TRUE if a crash would leave an upload that nobody knows of. */
static gboolean
awaits_journal (GstIceUpload * self, gint64 now)
{
  return now < self->note_by_us && !gst_ice_upload_state_is_over (self->state);
}

/* TRUE if bytes are sooner sent on a connection that is up to speed, once it is
 * free, than on one that is opened for them, which would find a full line and
 * take that for its limit: the last ones, if they are few, and the head, which
 * leaves early while one connection does. */
static gboolean
awaits_warm_connection (GstIceUpload * self, const GstIcePartEntry * next)
{
  if (self->in_flight == 0 || self->in_flight < self->most_in_flight)
    return FALSE;
  if (self->state != GST_ICE_UPLOAD_FINALIZING)
    return next->number == 1 && self->most_in_flight == 1;

  return gst_ice_part_table_get_waiting_bytes (self->parts)
      < self->config->part_size;
}

static GstIceOperation
choose (GstIceUpload * self, gint64 now)
{
  GstIceOperation first = choose_first (self);
  GstIcePartEntry *next;
  gboolean alone = now >= self->alone_not_before_us;

  if (self->alone != NULL || self->state == GST_ICE_UPLOAD_LOST
      || is_held_up (self, now))
    return GST_ICE_OPERATION_NONE;
  if (first != GST_ICE_OPERATION_NONE)
    return self->in_flight == 0 && alone ? first : GST_ICE_OPERATION_NONE;
  if (self->upload_id == NULL)
    return alone ? choose_opening (self) : GST_ICE_OPERATION_NONE;
  if (awaits_journal (self, now))
    return GST_ICE_OPERATION_NONE;
  next = gst_ice_upload_get_next_part (self);
  if (self->in_flight < gst_ice_upload_get_parallel_parts (self)
      && next != NULL)
    return awaits_warm_connection (self, next) ? GST_ICE_OPERATION_NONE
        : GST_ICE_OPERATION_PART;

  return alone ? choose_closing (self) : GST_ICE_OPERATION_NONE;
}

/* FALSE if nothing more can be sent now. */
static gboolean
send_next (GstIceUpload * self, gint64 now)
{
  GstIceOperation operation = choose (self, now);
  GstIceLease *lease = gst_ice_lease_keeper_get_lease (self->keeper);
  GstIceOssRequest *request;
  GstIceCall *call;

  /* Without a living lease a renewal is under way, which wakes the pump. */
  if (operation == GST_ICE_OPERATION_NONE || lease == NULL)
    return FALSE;

  call = gst_ice_call_new (self, operation, lease,
      operations[operation].handle);
  request = operations[operation].make (call);
  if (request != NULL)
    gst_ice_call_send (call, request);
  else
    gst_ice_call_free (call);

  return TRUE;
}

/* ---- the pump ---- */

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

  if (self->alone_not_before_us > now
      && (at < now || self->alone_not_before_us < at))
    at = self->alone_not_before_us;
  if (self->outage.interrupted)
    at = MAX (at, self->outage.probe_at_us);
  at = MAX (at, self->note_by_us);
  if (self->config->parallel_parts == 0 && has_backlog (self)
      && (at <= now || self->parallelism.next_us < at))
    at = self->parallelism.next_us;
  if (at > now)
    self->timer = gst_ice_upload_add_timeout (self, at - now, on_timer);
}

/* A prefix of no parts is nothing to complete. */
static gboolean
is_empty_salvage (GstIceUpload * self)
{
  return self->state == GST_ICE_UPLOAD_SALVAGING && self->finishing
      && self->config->on_error == GST_ICE_END_COMPLETE
      && gst_ice_upload_get_target_length (self) == 0;
}

/* Nothing is there to be sent yet. */
static void
warm_up (GstIceUpload * self)
{
  GstIceLease *lease = gst_ice_lease_keeper_get_lease (self->keeper);

  if (self->state == GST_ICE_UPLOAD_UPLOADING && self->oss_requests == 0
      && lease != NULL)
    gst_ice_upload_warm_up (self, lease);
}

void
gst_ice_upload_pump (GstIceUpload * self)
{
  gint64 now = gst_ice_upload_get_now (self);

  gst_ice_upload_drop_source (&self->timer);
  gst_ice_upload_resolve_lost (self);
  if (is_empty_salvage (self))
    gst_ice_upload_end_early (self, NULL);
  if (!gst_ice_upload_is_active (self))
    return;

  do {
    while (send_next (self, now)) {
    }
  } while (adapt (self, now));
  warm_up (self);

  set_timer (self, now);
  gst_ice_upload_publish (self);
}
