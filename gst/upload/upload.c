/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What other threads may call of an upload, and what its lease keeper tells.
 *
 * Other threads hand over closures that hold a reference; so does every
 * request on its way. gst_ice_upload_close() lets go of everything, and when
 * the last request has returned, CLOSED is the last event. */

#include "upload/upload-private.h"

#include "credentials/default-chain.h"

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
  self->pump = gst_ice_upload_pump;
  self->parts = gst_ice_part_table_new ();
  self->cancellable = g_cancellable_new ();
  self->outage = (GstIceOutage) GST_ICE_OUTAGE_INIT;
  self->parallelism = (GstIceParallelism) GST_ICE_PARALLELISM_INIT;
  self->parallelism.short_us = config->short_line_us;
  self->salvage_length = G_MAXUINT;
  self->max_bitrate = config->network->max_upload_bitrate;
  g_mutex_init (&self->lock);
  self->info.lease_expires_us = -1;

  return self;
}

/* ---- the lease ---- */

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
      || (self->upload_id == NULL && self->alone == NULL)) {
    gst_ice_upload_use_object (self, object);
    g_clear_pointer (&self->own_lease, gst_ice_lease_unref);
    self->own_lease = gst_ice_lease_ref (lease);
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
    gst_ice_upload_report_success (self);
  if (first)
    gst_ice_upload_set_state (self, GST_ICE_UPLOAD_OPENING, self->finishing ?
        GST_ICE_UPLOAD_FINALIZING : GST_ICE_UPLOAD_UPLOADING);
  gst_ice_upload_emit_type (self, first ? GST_ICE_UPLOAD_EVENT_LEASED
      : GST_ICE_UPLOAD_EVENT_RENEWED);
  if (first)
    gst_ice_upload_go_on (self);
  gst_ice_upload_wake (self);
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

  if (final && gst_ice_upload_state_is_over (self->state)) {
    /* What on-error or stop still wanted can't be had. */
    gst_ice_upload_end_early (self, error);
    return;
  }
  if (final) {
    gst_ice_upload_failed (self, error, 0);
    return;
  }

  gst_ice_upload_set_last_error (self, error);
  gst_ice_upload_count_retry (self);
  gst_ice_upload_publish (self);
  if (gst_ice_lease_keeper_get_lease (self->keeper) == NULL)
    gst_ice_upload_report_failure (self, error, delay_us);
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

  if (closure->self->state != GST_ICE_UPLOAD_CLOSED)
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
  gboolean is_open;

  closure->self = gst_ice_upload_ref (self);
  closure->action = action;
  closure->data = data;
  closure->destroy = destroy;

  g_mutex_lock (&self->lock);
  is_open = self->thread != NULL;
  if (is_open)
    gst_ice_network_thread_invoke (self->thread, run_closure, closure,
        free_closure);
  g_mutex_unlock (&self->lock);
  if (!is_open)
    free_closure (closure);
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
  if (self->config->sources != NULL)
    gst_ice_default_chain_add_to (chain, self->config->sources, self->http,
        self->config->network);

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
apply_max_bitrate (GstIceUpload * self)
{
  gst_ice_parallelism_set_limited (&self->parallelism, self->max_bitrate > 0);
  if (self->http != NULL)
    gst_ice_http_client_set_max_bitrate (self->http, self->max_bitrate);
}

static void
do_start (GstIceUpload * self, gpointer data)
{
  const GstIceUploadConfig *config = self->config;
  g_autoptr (GError) error = NULL;

  if (!is_idle (self))
    return;

  gst_ice_upload_set_state (self, GST_ICE_UPLOAD_IDLE, GST_ICE_UPLOAD_OPENING);
  self->http =
      gst_ice_upload_config_create_http_client (config, self->clock, &error);
  if (self->http == NULL) {
    gst_ice_upload_failed (self, error, 0);
    return;
  }

  apply_max_bitrate (self);
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

static void
free_resumption (GstIceResumption * resumption)
{
  gst_ice_resumption_clear (resumption);
  g_free (resumption);
}

static void
do_resume (GstIceUpload * self, gpointer data)
{
  GstIceResumption *resumption = data;

  if (!is_idle (self))
    return;

  gst_ice_resumption_clear (&self->resumption);
  self->resumption = *resumption;
  *resumption = (GstIceResumption) { GST_ICE_RESUMPTION_NONE, };
}

void
gst_ice_upload_resume (GstIceUpload * self, const gchar * bucket,
    const gchar * object, const gchar * upload_id)
{
  GstIceResumption *resumption = g_new0 (GstIceResumption, 1);

  gst_ice_resumption_begin (resumption, bucket, object, upload_id);
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
  gst_ice_upload_wake (self);
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
    gst_ice_upload_set_state (self, GST_ICE_UPLOAD_UPLOADING,
        GST_ICE_UPLOAD_FINALIZING);
  /* What could not be had is not coming any more. */
  if (self->state == GST_ICE_UPLOAD_SALVAGING)
    self->salvage_length = MIN (self->salvage_length,
        gst_ice_part_table_get_reach (self->parts));
  gst_ice_upload_wake (self);
}

void
gst_ice_upload_finish (GstIceUpload * self, GPtrArray * rest)
{
  invoke (self, do_finish, rest, (GDestroyNotify) g_ptr_array_unref);
}

static void
do_stop (GstIceUpload * self, gpointer abort)
{
  gst_ice_upload_begin_stop (self, GPOINTER_TO_INT (abort));
}

void
gst_ice_upload_stop (GstIceUpload * self, gboolean abort)
{
  invoke (self, do_stop, GINT_TO_POINTER (abort), NULL);
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

static void
do_close (GstIceUpload * self, gpointer data)
{
  gst_ice_upload_begin_close (self);
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
  gst_ice_credentials_provider_invalidate (self->provider, NULL);
}

void
gst_ice_upload_provide_identity (GstIceUpload * self,
    GstIceIdentity * identity)
{
  invoke (self, do_provide_identity, gst_ice_identity_ref (identity),
      (GDestroyNotify) gst_ice_identity_unref);
}

static void
do_noted (GstIceUpload * self, gpointer upload_id)
{
  if (g_strcmp0 (self->upload_id, upload_id) != 0)
    return;

  self->note_by_us = 0;
  gst_ice_upload_wake (self);
}

void
gst_ice_upload_noted (GstIceUpload * self, const gchar * upload_id)
{
  invoke (self, do_noted, g_strdup (upload_id), g_free);
}

static void
do_set_max_bitrate (GstIceUpload * self, gpointer data)
{
  self->max_bitrate = *(guint64 *) data;
  apply_max_bitrate (self);
  gst_ice_upload_wake (self);
}

void
gst_ice_upload_set_max_bitrate (GstIceUpload * self, guint64 bitrate)
{
  invoke (self, do_set_max_bitrate, g_memdup2 (&bitrate, sizeof bitrate),
      g_free);
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
