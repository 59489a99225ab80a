/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The core of an upload: its state, its events, and what others may know.
 *
 * Runs on: the network thread; gst_ice_upload_get_info() on any.
 *
 * States, changed in gst_ice_upload_set_state() only:
 *
 *   IDLE ─▶ OPENING ─▶ UPLOADING ─▶ FINALIZING ─▶ COMPLETE
 *                        ▲  │          │  ▲
 *                        │  └─▶ LOST ◀─┘  │      the upload id has gone
 *                        └────────┴───────┘      begins anew
 *
 *   UPLOADING, FINALIZING, LOST ─▶ SALVAGING ─▶ FAILED
 *                               ─▶ ABORTING ──▶ STOPPED
 *   UPLOADING, FINALIZING ─▶ WITHDRAWING ─▶ FAILED or STOPPED
 *   any that is not over  ─▶ FAILED or STOPPED
 *   any that is over      ─▶ CLOSED */

#include "upload/upload-private.h"

#include "common/lock.h"
#include "common/state.h"

#define TO(state) (1u << GST_ICE_UPLOAD_##state)
#define TO_END (TO (FAILED) | TO (STOPPED))

static const guint drawn[] = {
  [GST_ICE_UPLOAD_IDLE] = TO (OPENING) | TO_END,
  [GST_ICE_UPLOAD_OPENING] = TO (UPLOADING) | TO (FINALIZING) | TO_END,
  [GST_ICE_UPLOAD_UPLOADING] = TO (FINALIZING) | TO (LOST) | TO (SALVAGING)
      | TO (ABORTING) | TO (WITHDRAWING) | TO_END,
  [GST_ICE_UPLOAD_FINALIZING] = TO (COMPLETE) | TO (LOST) | TO (SALVAGING)
      | TO (ABORTING) | TO (WITHDRAWING) | TO_END,
  [GST_ICE_UPLOAD_LOST] = TO (UPLOADING) | TO (FINALIZING) | TO (SALVAGING)
      | TO (ABORTING) | TO_END,
  [GST_ICE_UPLOAD_COMPLETE] = TO (CLOSED),
  [GST_ICE_UPLOAD_SALVAGING] = TO_END,
  [GST_ICE_UPLOAD_ABORTING] = TO_END,
  [GST_ICE_UPLOAD_WITHDRAWING] = TO_END,
  [GST_ICE_UPLOAD_FAILED] = TO (CLOSED),
  [GST_ICE_UPLOAD_STOPPED] = TO (CLOSED),
  [GST_ICE_UPLOAD_CLOSED] = 0,
};

static const gchar *
get_state_name (GstIceUploadState state)
{
  static const gchar *const names[] = { "idle", "opening", "uploading",
    "finalizing", "lost", "complete", "salvaging", "aborting", "withdrawing",
    "failed", "stopped", "closed"
  };

  return names[state];
}

gboolean
gst_ice_upload_state_is_over (GstIceUploadState state)
{
  switch (state) {
    case GST_ICE_UPLOAD_IDLE:
    case GST_ICE_UPLOAD_OPENING:
    case GST_ICE_UPLOAD_UPLOADING:
    case GST_ICE_UPLOAD_FINALIZING:
    case GST_ICE_UPLOAD_LOST:
      return FALSE;
    default:
      return TRUE;
  }
}

gboolean
gst_ice_upload_state_change (GstIceUploadState * state,
    GstIceUploadState from, GstIceUploadState to)
{
  if (*state != from || !(drawn[from] & (1u << to)))
    return FALSE;

  *state = to;

  return TRUE;
}

void
gst_ice_upload_set_state (GstIceUpload * self, GstIceUploadState from,
    GstIceUploadState to)
{
  if (!gst_ice_state_check (gst_ice_upload_state_change (&self->state, from,
              to), "upload", from, to, self->state))
    return;

  GST_DEBUG ("%s: %s to %s", self->config->media_id, get_state_name (from),
      get_state_name (to));
  gst_ice_upload_publish (self);
}

void
gst_ice_stray_free (GstIceStray * stray)
{
  gst_ice_oss_object_unref (stray->object);
  g_free (stray->upload_id);
  g_clear_pointer (&stray->lease, gst_ice_lease_unref);
  g_free (stray);
}

static void
finalize (GstIceUpload * self)
{
  g_warn_if_fail (self->keeper == NULL);
  gst_ice_part_table_free (self->parts);
  g_clear_pointer (&self->object, gst_ice_oss_object_unref);
  g_clear_pointer (&self->next_object, gst_ice_oss_object_unref);
  g_clear_pointer (&self->own_lease, gst_ice_lease_unref);
  g_clear_pointer (&self->stray, gst_ice_stray_free);
  g_object_unref (self->cancellable);
  g_clear_error (&self->error);
  gst_ice_inquiry_clear (&self->inquiry);
  gst_ice_resumption_clear (&self->resumption);
  g_clear_error (&self->lost);
  g_free (self->upload_id);
  g_free (self->content_type);
  gst_ice_upload_info_clear (&self->info);
  gst_ice_upload_config_free (self->config);
  gst_ice_clock_unref (self->clock);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GST_ICE_DEFINE_COUNTED (GstIceUpload, gst_ice_upload, finalize)

gboolean
gst_ice_upload_is_active (GstIceUpload * self)
{
  switch (self->state) {
    case GST_ICE_UPLOAD_UPLOADING:
    case GST_ICE_UPLOAD_FINALIZING:
    case GST_ICE_UPLOAD_LOST:
    case GST_ICE_UPLOAD_SALVAGING:
    case GST_ICE_UPLOAD_ABORTING:
    case GST_ICE_UPLOAD_WITHDRAWING:
      return TRUE;
    default:
      return FALSE;
  }
}

gint64
gst_ice_upload_get_now (GstIceUpload * self)
{
  return gst_ice_clock_get_monotonic (self->clock);
}

guint
gst_ice_upload_get_target_length (GstIceUpload * self)
{
  return MIN (gst_ice_part_table_get_length (self->parts),
      self->salvage_length);
}

/* ---- sources ---- */

GSource *
gst_ice_upload_add_timeout (GstIceUpload * self, gint64 delay_us,
    GSourceFunc func)
{
  GSource *source = gst_ice_clock_timeout_source_new (self->clock, delay_us);

  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, gst_ice_network_thread_get_context (self->thread));

  return source;
}

void
gst_ice_upload_drop_source (GSource ** source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean
on_wake (gpointer user_data)
{
  GstIceUpload *self = user_data;

  gst_ice_upload_drop_source (&self->wake);
  self->pump (self);

  return G_SOURCE_REMOVE;
}

void
gst_ice_upload_wake (GstIceUpload * self)
{
  /* One that never begins is not closed either. */
  if (self->wake != NULL || self->state == GST_ICE_UPLOAD_IDLE
      || self->state == GST_ICE_UPLOAD_CLOSED)
    return;

  self->wake = g_idle_source_new ();
  g_source_set_priority (self->wake, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->wake, on_wake, self, NULL);
  g_source_attach (self->wake,
      gst_ice_network_thread_get_context (self->thread));
}

/* ---- what others see ---- */

const gchar *
gst_ice_outcome_get_name (GstIceOutcome outcome)
{
  static const gchar *const names[] = { NULL, "completed", "aborted", "kept",
    "nothing-sent", "unknown"
  };

  return names[outcome];
}

void
gst_ice_upload_info_clear (GstIceUploadInfo * info)
{
  g_clear_pointer (&info->bucket, g_free);
  g_clear_pointer (&info->object, g_free);
  g_clear_pointer (&info->upload_id, g_free);
  g_clear_pointer (&info->request_id, g_free);
  g_clear_pointer (&info->etag, g_free);
  g_clear_pointer (&info->last_error, g_free);
}

void
gst_ice_upload_get_info (GstIceUpload * self, GstIceUploadInfo * info)
{
  gst_ice_lock_scope (&self->lock);

  *info = self->info;
  info->bucket = g_strdup (info->bucket);
  info->object = g_strdup (info->object);
  info->upload_id = g_strdup (info->upload_id);
  info->request_id = g_strdup (info->request_id);
  info->etag = g_strdup (info->etag);
  info->last_error = g_strdup (info->last_error);
}

void
gst_ice_upload_publish (GstIceUpload * self)
{
  gst_ice_lock_scope (&self->lock);
  GstIceUploadInfo *info = &self->info;
  GstIceLease *lease = NULL;

  /* What was true at its end stays. */
  if (self->state == GST_ICE_UPLOAD_CLOSED)
    return;

  if (self->keeper != NULL) {
    lease = gst_ice_lease_keeper_get_lease (self->keeper);
    info->generation = gst_ice_lease_keeper_get_generation (self->keeper);
  }
  if (self->http != NULL)
    info->connections_opened =
        gst_ice_http_client_get_connections_opened (self->http);
  if (self->ice != NULL)
    info->requests = self->oss_requests
        + gst_ice_media_client_get_requests (self->ice);

  info->state = self->state;
  info->interrupted = self->outage.interrupted;
  info->lease_expires_us = lease != NULL ? lease->expires_us : -1;
  info->clock_offset_us = gst_ice_clock_get_offset (self->clock);
  info->parts_in_flight = self->in_flight;
  info->accepted = self->oss_successes > 0
      || (info->generation > 0 && self->config->first_lease == NULL);
  if (self->state == GST_ICE_UPLOAD_COMPLETE)
    return;
  info->parts_uploaded = gst_ice_part_table_count_confirmed (self->parts);
  info->bytes_uploaded = gst_ice_part_table_get_confirmed_bytes (self->parts);
}

void
gst_ice_upload_set_last_error (GstIceUpload * self, const GError * error)
{
  gst_ice_lock_scope (&self->lock);

  g_free (self->info.last_error);
  self->info.last_error = g_strdup (error->message);
}

void
gst_ice_upload_set_outcome (GstIceUpload * self, GstIceOutcome outcome)
{
  gst_ice_lock_scope (&self->lock);

  self->info.outcome = outcome;
}

void
gst_ice_upload_count_retry (GstIceUpload * self)
{
  gst_ice_lock_scope (&self->lock);

  self->info.retries++;
}

void
gst_ice_upload_use_object (GstIceUpload * self, GstIceOssObject * object)
{
  gst_ice_lock_scope (&self->lock);

  gst_ice_oss_object_ref (object);
  g_clear_pointer (&self->object, gst_ice_oss_object_unref);
  self->object = object;
  g_free (self->info.bucket);
  self->info.bucket = g_strdup (object->bucket);
  g_free (self->info.object);
  self->info.object = g_strdup (object->key);
}

/* ---- events ---- */

void
gst_ice_upload_emit (GstIceUpload * self, const GstIceUploadEvent * event)
{
  gst_ice_upload_publish (self);
  self->callbacks.event (event, self->user_data);
}

void
gst_ice_upload_emit_type (GstIceUpload * self, GstIceUploadEventType type)
{
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {.type = type });
}

static void
publish_start (GstIceUpload * self, const GstIceOssReply * reply)
{
  gst_ice_lock_scope (&self->lock);

  g_free (self->info.upload_id);
  self->info.upload_id =
      g_strdup (self->upload_id != NULL ? self->upload_id : "");
  g_free (self->info.request_id);
  self->info.request_id = g_strdup (reply != NULL ? reply->request_id : NULL);
}

void
gst_ice_upload_started (GstIceUpload * self, const GstIceOssReply * reply)
{
  publish_start (self, reply);
  GST_INFO ("%s: upload started: %s in %s, upload id %s, request id %s",
      self->config->media_id, self->object->key, self->object->bucket,
      GST_STR_NULL (self->upload_id),
      GST_STR_NULL (reply != NULL ? reply->request_id : NULL));
  gst_ice_upload_emit_type (self, GST_ICE_UPLOAD_EVENT_STARTED);
}

void
gst_ice_upload_report_failure (GstIceUpload * self, const GError * error,
    gint64 delay_us)
{
  gst_ice_upload_set_last_error (self, error);
  GST_WARNING ("%s: tried again in %.1f s: %s", self->config->media_id,
      delay_us / (gdouble) G_USEC_PER_SEC, error->message);

  if (!gst_ice_outage_note_failure (&self->outage,
          gst_ice_upload_get_now (self), delay_us)
      || gst_ice_upload_state_is_over (self->state))
    return;

  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_INTERRUPTED,
        .error = error,
        .time_us = delay_us,
      });
}

static void
forget_delay (GstIcePartEntry * entry, gpointer user_data)
{
  entry->not_before_us = 0;
}

void
gst_ice_upload_report_success (GstIceUpload * self)
{
  gint64 took_us = gst_ice_outage_note_success (&self->outage,
      gst_ice_upload_get_now (self));

  if (took_us < 0)
    return;

  GST_INFO ("%s: resumed after %.1f s", self->config->media_id,
      took_us / (gdouble) G_USEC_PER_SEC);
  gst_ice_part_table_foreach (self->parts,
      gst_ice_part_table_get_length (self->parts), forget_delay, NULL);
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_RESUMED,
        .time_us = took_us,
      });
}

void
gst_ice_upload_check_closed (GstIceUpload * self)
{
  if (self->state != GST_ICE_UPLOAD_CLOSED || self->in_flight > 0
      || self->alone != NULL || self->is_warming_up)
    return;

  g_clear_pointer (&self->ice, gst_ice_media_client_unref);
  g_clear_pointer (&self->oss, gst_ice_oss_client_unref);
  g_clear_pointer (&self->http, gst_ice_http_client_unref);
  /* Nor of a spool is anything in use then. */
  gst_ice_part_table_drop_bytes (self->parts);
  g_mutex_lock (&self->lock);
  self->thread = NULL;
  g_mutex_unlock (&self->lock);
  self->callbacks.event (&(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_CLOSED}, self->user_data);
}
