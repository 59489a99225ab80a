/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The life of an upload; see upload.h, and upload-call.h for its requests.
 *
 * States, changed in gst_ice_upload_set_state() only:
 *
 *   IDLE ─▶ OPENING ─▶ UPLOADING ─▶ FINALIZING ─▶ COMPLETE
 *              │           │            │
 *              ├───────────┴────────────┼─▶ SALVAGING ─▶ FAILED
 *              └───────────┬────────────┴─▶ ABORTING ──▶ STOPPED
 *                          └─────────────────────────▶ FAILED or STOPPED
 *
 * Other threads hand over closures that hold a reference; so does every
 * request on its way. gst_ice_upload_close() lets go of everything, and when
 * the last request has returned, CLOSED is the last event. */

#include "upload/upload-call.h"

#include "common/lock.h"
#include "common/log.h"
#include "credentials/default-chain.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_UPLOAD)

const gchar *
gst_ice_outcome_get_name (GstIceOutcome outcome)
{
  static const gchar *const names[] = { NULL, "completed", "aborted", "kept",
    "nothing-sent", "unknown"
  };

  return names[outcome];
}

static const gchar *
get_state_name (GstIceUploadState state)
{
  static const gchar *const names[] = { "idle", "opening", "uploading",
    "finalizing", "complete", "salvaging", "aborting", "failed", "stopped"
  };

  return names[state];
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

GstIceUpload *
gst_ice_upload_new (GstIceUploadConfig * config, GstIceClock * clock,
    GstIceNetworkThread * thread, const GstIceUploadCallbacks * callbacks,
    gpointer user_data)
{
  GstIceUpload *self = g_new0 (GstIceUpload, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->config = config;
  self->clock = gst_ice_clock_ref (clock);
  self->thread = thread;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->parts = gst_ice_part_table_new ();
  self->cancellable = g_cancellable_new ();
  self->outage = (GstIceOutage) GST_ICE_OUTAGE_INIT;
  self->salvage_length = G_MAXUINT;
  g_mutex_init (&self->lock);
  self->info.lease_expires_us = -1;

  return self;
}

GstIceUpload *
gst_ice_upload_ref (GstIceUpload * self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
gst_ice_upload_unref (GstIceUpload * self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_warn_if_fail (self->keeper == NULL);
  gst_ice_part_table_free (self->parts);
  g_clear_pointer (&self->object, gst_ice_oss_object_unref);
  g_clear_pointer (&self->next_object, gst_ice_oss_object_unref);
  g_object_unref (self->cancellable);
  g_clear_error (&self->error);
  g_clear_error (&self->complete_error);
  g_clear_error (&self->invalid_part);
  g_clear_error (&self->lost);
  g_free (self->upload_id);
  g_free (self->resume_bucket);
  g_free (self->resume_object);
  g_free (self->resume_upload_id);
  g_free (self->content_type);
  gst_ice_upload_info_clear (&self->info);
  gst_ice_upload_config_free (self->config);
  gst_ice_clock_unref (self->clock);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gint64
gst_ice_upload_get_now (GstIceUpload * self)
{
  return gst_ice_clock_get_monotonic (self->clock);
}

/* ---- what others see ---- */

void
gst_ice_upload_emit (GstIceUpload * self, const GstIceUploadEvent * event)
{
  gst_ice_upload_publish (self);
  self->callbacks.event (event, self->user_data);
}

static void
emit_type (GstIceUpload * self, GstIceUploadEventType type)
{
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {.type = type });
}

void
gst_ice_upload_set_state (GstIceUpload * self, GstIceUploadState state)
{
  if (self->state == state)
    return;

  GST_DEBUG ("%s: %s to %s", self->config->media_id,
      get_state_name (self->state), get_state_name (state));
  self->state = state;
  gst_ice_upload_publish (self);
}

void
gst_ice_upload_publish (GstIceUpload * self)
{
  gst_ice_lock_scope (&self->lock);
  GstIceUploadInfo *info = &self->info;
  GstIceLease *lease = NULL;

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
  if (self->state == GST_ICE_UPLOAD_COMPLETE)
    return;
  info->parts_uploaded = gst_ice_part_table_count_confirmed (self->parts);
  info->bytes_uploaded = gst_ice_part_table_get_confirmed_bytes (self->parts);
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

static void
set_last_error (GstIceUpload * self, const GError * error)
{
  gst_ice_lock_scope (&self->lock);

  g_free (self->info.last_error);
  self->info.last_error = g_strdup (error->message);
}

/* ---- outages ---- */

void
gst_ice_upload_note_failure (GstIceUpload * self, const GError * error,
    gint64 delay_us)
{
  set_last_error (self, error);
  GST_WARNING ("%s: tried again in %.1f s: %s", self->config->media_id,
      delay_us / (gdouble) G_USEC_PER_SEC, error->message);

  if (!gst_ice_outage_note_failure (&self->outage,
          gst_ice_upload_get_now (self), delay_us)
      || self->state >= GST_ICE_UPLOAD_COMPLETE)
    return;

  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_INTERRUPTED,
        .error = error,
        .time_us = delay_us,
      });
}

void
gst_ice_upload_note_retry (GstIceUpload * self)
{
  gst_ice_lock_scope (&self->lock);

  self->info.retries++;
}

static void
forget_delay (GstIcePartEntry * entry, gpointer user_data)
{
  entry->not_before_us = 0;
}

void
gst_ice_upload_note_success (GstIceUpload * self)
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

/* ---- beginning ---- */

static void
note_start (GstIceUpload * self, const GstIceOssReply * reply)
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
  note_start (self, reply);
  GST_INFO ("%s: upload started: %s in %s, upload id %s, request id %s",
      self->config->media_id, self->object->key, self->object->bucket,
      GST_STR_NULL (self->upload_id),
      GST_STR_NULL (reply != NULL ? reply->request_id : NULL));
  emit_type (self, GST_ICE_UPLOAD_EVENT_STARTED);
}

/* ---- ends ---- */

static void
drop_timer (GSource ** timer)
{
  if (*timer == NULL)
    return;

  g_source_destroy (*timer);
  g_clear_pointer (timer, g_source_unref);
}

/* Requests in flight become pointless. */
static void
cancel_requests (GstIceUpload * self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

GstIceOutcome
gst_ice_upload_get_leftover (GstIceUpload * self)
{
  if (self->state == GST_ICE_UPLOAD_COMPLETE || self->object_there)
    return GST_ICE_OUTCOME_COMPLETED;
  if (self->unsure || self->decisive)
    return GST_ICE_OUTCOME_UNKNOWN;
  if (self->gone)
    return GST_ICE_OUTCOME_ABORTED;

  return self->upload_id != NULL || self->resume_upload_id != NULL
      ? GST_ICE_OUTCOME_KEPT : GST_ICE_OUTCOME_NOTHING_SENT;
}

static void
set_outcome (GstIceUpload * self, GstIceOutcome outcome)
{
  gst_ice_lock_scope (&self->lock);

  self->info.outcome = outcome;
}

void
gst_ice_upload_completed (GstIceUpload * self, const GstIceOssReply * reply,
    guint64 size, guint64 crc64)
{
  gboolean salvaged = self->state == GST_ICE_UPLOAD_SALVAGING;

  g_mutex_lock (&self->lock);
  g_free (self->info.request_id);
  self->info.request_id = g_strdup (reply->request_id);
  g_free (self->info.etag);
  self->info.etag = g_strdup (reply->etag);
  self->info.object_size = size;
  self->info.bytes_uploaded = size;
  self->info.crc64 = crc64;
  g_mutex_unlock (&self->lock);

  GST_INFO ("%s: object complete, %" G_GUINT64_FORMAT " bytes, crc64 %"
      G_GUINT64_FORMAT ", request id %s", self->config->media_id, size, crc64,
      GST_STR_NULL (reply->request_id));

  if (salvaged) {
    gst_ice_upload_ended (self, GST_ICE_OUTCOME_COMPLETED);
    return;
  }

  set_outcome (self, GST_ICE_OUTCOME_COMPLETED);
  gst_ice_upload_set_state (self, GST_ICE_UPLOAD_COMPLETE);
  emit_type (self, GST_ICE_UPLOAD_EVENT_COMPLETE);
}

void
gst_ice_upload_ended (GstIceUpload * self, GstIceOutcome outcome)
{
  drop_timer (&self->deadline);
  cancel_requests (self);
  set_outcome (self, outcome);
  GST_INFO ("%s: ended, outcome %s, upload id %s", self->config->media_id,
      gst_ice_outcome_get_name (outcome), GST_STR_NULL (self->upload_id));

  if (self->error == NULL) {
    gst_ice_upload_set_state (self, GST_ICE_UPLOAD_STOPPED);
    emit_type (self, GST_ICE_UPLOAD_EVENT_STOPPED);
    return;
  }

  gst_ice_upload_set_state (self, GST_ICE_UPLOAD_FAILED);
  gst_ice_upload_emit (self, &(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_FAILED,
        .error = self->error,
      });
}

/* TRUE if on-error can still do something at the service. */
static gboolean
can_salvage (GstIceUpload * self)
{
  if (self->config->on_error == GST_ICE_END_KEEP || self->upload_id == NULL)
    return FALSE;
  if (self->unsure || self->gone)
    return FALSE;
  if (gst_ice_error_is (self->error, GST_ICE_ERROR_SEEK)
      || gst_ice_error_is (self->error, GST_ICE_ERROR_SYNC))
    return FALSE;

  return gst_ice_lease_keeper_get_lease (self->keeper) != NULL;
}

void
gst_ice_upload_end_early (GstIceUpload * self)
{
  if (self->state == GST_ICE_UPLOAD_SALVAGING
      || self->state == GST_ICE_UPLOAD_ABORTING)
    gst_ice_upload_ended (self, gst_ice_upload_get_leftover (self));
}

static gboolean
on_deadline (gpointer user_data)
{
  GstIceUpload *self = user_data;

  GST_WARNING ("%s: stop-timeout is over", self->config->media_id);
  gst_ice_upload_end_early (self);

  return G_SOURCE_REMOVE;
}

static void
start_deadline (GstIceUpload * self)
{
  self->deadline = gst_ice_clock_timeout_source_new (self->clock,
      self->config->stop_timeout_us);
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline,
      gst_ice_network_thread_get_context (self->thread));
}

/* In @state, which is the last but one, requests begin with a clean record, and
 * have stop-timeout. */
static void
begin_end (GstIceUpload * self, GstIceUploadState state)
{
  self->outage = (GstIceOutage) GST_ICE_OUTAGE_INIT;
  self->single_history = (GstIceRetryHistory) { 0 };
  self->single_not_before_us = 0;
  gst_ice_upload_set_state (self, state);
  start_deadline (self);
}

/* TRUE if an upload id is just being given out, and can be awaited. It is
 * aborted then: it has no parts, and nobody would know of it. */
static gboolean
awaits_upload_id (GstIceUpload * self)
{
  return self->initiating
      && gst_ice_lease_keeper_get_lease (self->keeper) != NULL;
}

static void
begin_abort (GstIceUpload * self, gboolean asked)
{
  self->stillborn = !asked;
  begin_end (self, GST_ICE_UPLOAD_ABORTING);
  gst_ice_upload_pump (self);
}

void
gst_ice_upload_failed (GstIceUpload * self, const GError * error, guint part)
{
  if (self->state >= GST_ICE_UPLOAD_COMPLETE)
    return;

  self->error = g_error_copy (error);
  set_last_error (self, error);
  GST_ERROR ("%s: the upload has failed: %s", self->config->media_id,
      error->message);
  if (awaits_upload_id (self)) {
    begin_abort (self, FALSE);
    return;
  }
  cancel_requests (self);

  if (!can_salvage (self)) {
    gst_ice_upload_ended (self, gst_ice_upload_get_leftover (self));
    return;
  }

  if (part > 0)
    self->salvage_length = part - 1;
  begin_end (self, GST_ICE_UPLOAD_SALVAGING);
  if (self->config->on_error == GST_ICE_END_COMPLETE)
    emit_type (self, GST_ICE_UPLOAD_EVENT_FAILING);
  gst_ice_upload_pump (self);
}

/* ---- the lease ---- */

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

/* Takes up where the new lease points. The same object at another endpoint is
 * the same upload; another object is not, and is only remembered. */
static void
follow_lease (GstIceUpload * self, GstIceLease * lease)
{
  g_autoptr (GstIceOssObject) object =
      gst_ice_upload_config_get_object (self->config, lease);
  gboolean same = self->object != NULL
      && g_str_equal (object->bucket, self->object->bucket)
      && g_str_equal (object->key, self->object->key);

  g_clear_pointer (&self->next_object, gst_ice_oss_object_unref);
  if (same || self->object == NULL
      || (self->upload_id == NULL && !self->single_busy)) {
    gst_ice_upload_use_object (self, object);
    return;
  }

  GST_WARNING ("%s: the new lease is for another object, %s in %s; going on"
      " with %s as long as the service allows", self->config->media_id,
      object->key, object->bucket, self->object->key);
  self->next_object = gst_ice_oss_object_ref (object);
}

static void
on_leased (GstIceLease * lease, gpointer user_data)
{
  GstIceUpload *self = user_data;
  gboolean first = self->state == GST_ICE_UPLOAD_OPENING;

  follow_lease (self, lease);
  if (!self->outage.of_oss)
    gst_ice_upload_note_success (self);
  if (first)
    gst_ice_upload_set_state (self, self->finishing ?
        GST_ICE_UPLOAD_FINALIZING : GST_ICE_UPLOAD_UPLOADING);
  emit_type (self, first ? GST_ICE_UPLOAD_EVENT_LEASED
      : GST_ICE_UPLOAD_EVENT_RENEWED);
  if (first)
    gst_ice_upload_take_up (self);
  gst_ice_upload_pump (self);
}

static gboolean
on_ask (const gchar * reason, gpointer user_data)
{
  GstIceUpload *self = user_data;

  return self->callbacks.ask (reason, self->user_data);
}

static void
on_lease_failed (const GError * error, gboolean final, gint64 delay_us,
    gpointer user_data)
{
  GstIceUpload *self = user_data;

  if (final && self->state >= GST_ICE_UPLOAD_COMPLETE) {
    /* What on-error or stop still wanted can't be had. */
    gst_ice_upload_end_early (self);
    return;
  }
  if (final) {
    gst_ice_upload_failed (self, error, 0);
    return;
  }

  set_last_error (self, error);
  gst_ice_upload_note_retry (self);
  gst_ice_upload_publish (self);
  if (gst_ice_lease_keeper_get_lease (self->keeper) == NULL)
    gst_ice_upload_note_failure (self, error, delay_us);
}

static const GstIceLeaseKeeperCallbacks keeper_callbacks =
    { on_leased, on_ask, on_lease_failed };

/* ---- what other threads call ---- */

typedef void (*Action) (GstIceUpload * self, gpointer data);

typedef struct
{
  GstIceUpload *self;           /* (owned) */
  Action action;
  gpointer data;
  GDestroyNotify destroy;
} Closure;

static gboolean
run_closure (gpointer user_data)
{
  Closure *closure = user_data;

  if (!closure->self->closed)
    closure->action (closure->self, closure->data);

  return G_SOURCE_REMOVE;
}

static void
free_closure (gpointer user_data)
{
  Closure *closure = user_data;

  if (closure->destroy != NULL && closure->data != NULL)
    closure->destroy (closure->data);
  gst_ice_upload_unref (closure->self);
  g_free (closure);
}

/* Runs @action on the network thread, unless the upload is closed by then. */
static void
invoke (GstIceUpload * self, Action action, gpointer data,
    GDestroyNotify destroy)
{
  Closure *closure = g_new (Closure, 1);

  closure->self = gst_ice_upload_ref (self);
  closure->action = action;
  closure->data = data;
  closure->destroy = destroy;
  gst_ice_network_thread_invoke (self->thread, run_closure, closure,
      free_closure);
}

static GstIceCredentialsProvider *
make_provider (GstIceUpload * self)
{
  GstIceProviderChain *chain = gst_ice_provider_chain_new ();
  g_autoptr (GstIceCredentialsProvider) explicit_provider =
      gst_ice_static_provider_new (self->config->identity);

  self->explicit_provider =
      g_object_ref (GST_ICE_STATIC_PROVIDER (explicit_provider));
  gst_ice_provider_chain_add (chain, explicit_provider);
  if (self->config->sources != NULL) {
    g_autoptr (GstIceProviderContext) context =
        gst_ice_provider_context_new (self->config->sources, self->http,
        self->config->network);

    gst_ice_default_chain_add_to (chain, context);
  }

  return GST_ICE_CREDENTIALS_PROVIDER (chain);
}

/* FALSE if it was stopped before it began: what an earlier run left takes a
 * while to read. */
static gboolean
is_idle (GstIceUpload * self)
{
  return self->state == GST_ICE_UPLOAD_IDLE;
}

static void
do_start (GstIceUpload * self, gpointer data)
{
  const GstIceUploadConfig *config = self->config;
  g_autoptr (GError) error = NULL;

  if (!is_idle (self))
    return;

  gst_ice_upload_set_state (self, GST_ICE_UPLOAD_OPENING);
  self->http =
      gst_ice_upload_config_create_http_client (config, self->clock, &error);
  if (self->http == NULL) {
    gst_ice_upload_failed (self, error, 0);
    return;
  }

  self->oss = gst_ice_oss_client_new (self->http);
  self->provider = make_provider (self);
  self->ice = gst_ice_media_client_new (self->http, config->ice_endpoint,
      self->provider);
  self->keeper = gst_ice_lease_keeper_new (self->ice, self->clock,
      config->media_id, config->retry_timeout_us, &keeper_callbacks, self);
  if (config->first_lease != NULL)
    gst_ice_lease_keeper_provide (self->keeper, config->first_lease);
  else
    gst_ice_lease_keeper_start (self->keeper);
}

void
gst_ice_upload_start (GstIceUpload * self)
{
  invoke (self, do_start, NULL, NULL);
}

static void
do_set_content_type (GstIceUpload * self, gpointer data)
{
  g_free (self->content_type);
  self->content_type = g_strdup (data);
}

void
gst_ice_upload_set_content_type (GstIceUpload * self,
    const gchar * content_type)
{
  invoke (self, do_set_content_type, g_strdup (content_type), g_free);
}

typedef struct
{
  gchar *bucket;
  gchar *object;
  gchar *upload_id;
} Resumption;

static void
free_resumption (Resumption * resumption)
{
  g_free (resumption->bucket);
  g_free (resumption->object);
  g_free (resumption->upload_id);
  g_free (resumption);
}

static void
do_resume (GstIceUpload * self, gpointer data)
{
  Resumption *resumption = data;

  if (!is_idle (self))
    return;

  self->resume_bucket = g_steal_pointer (&resumption->bucket);
  self->resume_object = g_steal_pointer (&resumption->object);
  self->resume_upload_id = g_steal_pointer (&resumption->upload_id);
}

void
gst_ice_upload_resume (GstIceUpload * self, const gchar * bucket,
    const gchar * object, const gchar * upload_id)
{
  Resumption *resumption = g_new (Resumption, 1);

  resumption->bucket = g_strdup (bucket);
  resumption->object = g_strdup (object);
  resumption->upload_id = g_strdup (upload_id);
  invoke (self, do_resume, resumption, (GDestroyNotify) free_resumption);
}

typedef struct
{
  GstIcePart *part;
  gchar *etag;
} Arrival;

static void
free_arrival (Arrival * arrival)
{
  gst_ice_part_unref (arrival->part);
  g_free (arrival->etag);
  g_free (arrival);
}

static void
do_add_arrived (GstIceUpload * self, gpointer data)
{
  Arrival *arrival = data;

  if (!is_idle (self))
    return;

  gst_ice_part_table_add_arrived (self->parts,
      gst_ice_part_ref (arrival->part), arrival->etag);
}

void
gst_ice_upload_add_arrived (GstIceUpload * self, GstIcePart * part,
    const gchar * etag)
{
  Arrival *arrival = g_new (Arrival, 1);

  arrival->part = part;
  arrival->etag = g_strdup (etag);
  invoke (self, do_add_arrived, arrival, (GDestroyNotify) free_arrival);
}

static void
take_part (GstIceUpload * self, GstIcePart * part)
{
  gst_ice_part_table_push (self->parts, gst_ice_part_ref (part));
}

static void
do_push (GstIceUpload * self, gpointer data)
{
  if (self->finishing)
    return;

  take_part (self, data);
  gst_ice_upload_pump (self);
}

void
gst_ice_upload_push (GstIceUpload * self, GstIcePart * part)
{
  invoke (self, do_push, part, (GDestroyNotify) gst_ice_part_unref);
}

static void
do_finish (GstIceUpload * self, gpointer data)
{
  GPtrArray *rest = data;
  guint i;

  for (i = 0; i < rest->len; i++)
    take_part (self, g_ptr_array_index (rest, i));
  self->finishing = TRUE;
  if (self->state == GST_ICE_UPLOAD_UPLOADING)
    gst_ice_upload_set_state (self, GST_ICE_UPLOAD_FINALIZING);
  /* What could not be had is not coming any more. */
  if (self->state == GST_ICE_UPLOAD_SALVAGING)
    self->salvage_length = MIN (self->salvage_length,
        gst_ice_part_table_get_reach (self->parts));
  gst_ice_upload_pump (self);
}

void
gst_ice_upload_finish (GstIceUpload * self, GPtrArray * rest)
{
  invoke (self, do_finish, rest, (GDestroyNotify) g_ptr_array_unref);
}

static void
do_stop (GstIceUpload * self, gpointer data)
{
  gboolean abort = GPOINTER_TO_INT (data);
  if (self->state >= GST_ICE_UPLOAD_COMPLETE)
    return;

  if (!awaits_upload_id (self)) {
    if (!abort || self->upload_id == NULL) {
      gst_ice_upload_ended (self, gst_ice_upload_get_leftover (self));
      return;
    }
    cancel_requests (self);
  }

  begin_abort (self, abort);
}

void
gst_ice_upload_stop (GstIceUpload * self, gboolean abort)
{
  invoke (self, do_stop, GINT_TO_POINTER (abort), NULL);
}

/* An id that is not taken up yet is still the other one's to take up. */
static gboolean
has_upload_id (GstIceUpload * self, const gchar * upload_id)
{
  return upload_id != NULL
      && (g_strcmp0 (self->upload_id, upload_id) == 0
      || g_strcmp0 (self->resume_upload_id, upload_id) == 0);
}

static void
do_hand_on (GstIceUpload * self, gpointer upload_id)
{
  do_stop (self, GINT_TO_POINTER (!has_upload_id (self, upload_id)));
}

void
gst_ice_upload_hand_on (GstIceUpload * self, const gchar * upload_id)
{
  invoke (self, do_hand_on, g_strdup (upload_id), g_free);
}

static void
do_fail (GstIceUpload * self, gpointer data)
{
  gst_ice_upload_failed (self, data, 0);
}

void
gst_ice_upload_fail (GstIceUpload * self, GError * error)
{
  invoke (self, do_fail, error, (GDestroyNotify) g_error_free);
}

void
gst_ice_upload_check_closed (GstIceUpload * self)
{
  if (!self->closed || self->in_flight > 0 || self->single_busy)
    return;

  g_clear_pointer (&self->ice, gst_ice_media_client_unref);
  g_clear_pointer (&self->oss, gst_ice_oss_client_unref);
  g_clear_pointer (&self->http, gst_ice_http_client_unref);
  /* Nor of a spool is anything in use then. */
  gst_ice_part_table_drop_bytes (self->parts);
  self->callbacks.event (&(GstIceUploadEvent) {
        .type = GST_ICE_UPLOAD_EVENT_CLOSED}, self->user_data);
}

static void
do_close (GstIceUpload * self, gpointer data)
{
  if (self->state < GST_ICE_UPLOAD_COMPLETE
      || self->state == GST_ICE_UPLOAD_SALVAGING
      || self->state == GST_ICE_UPLOAD_ABORTING) {
    set_outcome (self, gst_ice_upload_get_leftover (self));
    gst_ice_upload_set_state (self, GST_ICE_UPLOAD_STOPPED);
  }
  gst_ice_upload_publish (self);

  self->closed = TRUE;
  drop_timer (&self->timer);
  drop_timer (&self->deadline);
  cancel_requests (self);
  g_clear_pointer (&self->keeper, gst_ice_lease_keeper_free);
  g_clear_object (&self->explicit_provider);
  g_clear_object (&self->provider);
  gst_ice_upload_check_closed (self);
}

void
gst_ice_upload_close (GstIceUpload * self)
{
  invoke (self, do_close, NULL, NULL);
}

static void
do_provide_lease (GstIceUpload * self, gpointer data)
{
  if (self->keeper != NULL)
    gst_ice_lease_keeper_provide (self->keeper, data);
}

void
gst_ice_upload_provide_lease (GstIceUpload * self, GstIceLease * lease)
{
  invoke (self, do_provide_lease, gst_ice_lease_ref (lease),
      (GDestroyNotify) gst_ice_lease_unref);
}

static void
do_provide_identity (GstIceUpload * self, gpointer data)
{
  if (self->provider == NULL)
    return;

  gst_ice_static_provider_set_identity (self->explicit_provider, data);
  /* The chain may remember another provider, which worked before. */
  gst_ice_credentials_provider_invalidate (self->provider);
}

void
gst_ice_upload_provide_identity (GstIceUpload * self,
    GstIceIdentity * identity)
{
  invoke (self, do_provide_identity, gst_ice_identity_ref (identity),
      (GDestroyNotify) gst_ice_identity_unref);
}

static void
do_answer (GstIceUpload * self, gpointer data)
{
  if (self->keeper != NULL)
    gst_ice_lease_keeper_answer (self->keeper, GPOINTER_TO_INT (data));
}

void
gst_ice_upload_answer (GstIceUpload * self, gboolean promised)
{
  invoke (self, do_answer, GINT_TO_POINTER (promised), NULL);
}
