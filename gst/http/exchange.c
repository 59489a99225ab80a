/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One request on its way through libsoup, and its answer. Its phases are drawn
 * in exchange-phase.h.
 *
 * Runs on: the network thread.
 * Owns: itself. There is always exactly one operation of libsoup or GIO under
 * way, whose callback carries the exchange on or frees it.
 *
 * How long it may take. A timer looks at the exchange four times in a stall
 * timeout. What counts as a byte that moved is, where the system tells, what
 * the kernel counted on the connection: bytes acknowledged by the peer and
 * bytes received. A full socket buffer on a slow uplink is no stall as long as
 * the peer takes something out of it. Besides,
 * - QUEUED is not bounded: other requests occupy all connections, and they are;
 * - SENDING a body that is read from a stream does not count while the next
 *   block is awaited; but after PATIENCE stall timeouts of that it has failed;
 * - CONNECTING, and the time from the last byte sent to the last one received,
 *   are each bounded to PATIENCE stall timeouts as a whole, so that an answer
 *   of one byte at a time does not live for ever.
 *
 * How it ends. Whatever ends it from our side (cancellation, a timeout, a
 * limit) is noted in failure, the connection is aborted and libsoup's operation
 * cancelled; the task is completed when that operation comes back, so nothing
 * is left behind. If a block of the body is being read just then, the task waits
 * for that as well. Only in QUEUED is the task completed at once: libsoup does
 * not look at what waits in its queue until a connection is free.
 *
 * libsoup restarts an idempotent request by itself when a kept connection
 * turns out dead; it would then send a PUT without its body, which it has
 * dropped. So a restart ends the exchange, with reused_connection in the
 * details of the error: to try again is up to the caller. libsoup (3.2)
 * completes its operation twice if the second attempt fails before it has heard
 * of the end of the first. So the cancellation waits for the next turn of the
 * main loop, and no other kept connection may be there that the second attempt
 * could fail on at once; those are likely to be dead as well. On a new one it
 * is still connecting by then. */

#include "http/exchange.h"

#include <string.h>

#include <gst/gst.h>
#include <openssl/crypto.h>

#include "common/log.h"
#include "common/state.h"
#include "http/body-stream.h"
#include "http/exchange-phase.h"
#include "http/http-request.h"
#include "http/http-response.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_HTTP)

#define TICKS_PER_STALL_TIMEOUT 4
#define PATIENCE 3
#define READ_SIZE (16 * 1024)
#define MAX_INTERIM_RESPONSES 16

/* libsoup gives up on a head of this size; it has no error code for it. */
#define HEAD_LIMIT (64 * 1024)

typedef struct
{
  GstIceExchangeContext *context;       /* (unowned): task holds it */
  GstIceOrigin *origin;         /* (owned) */
  GstIceHttpRequest *request;   /* (owned) */
  GTask *task;                  /* (owned) (nullable): NULL once completed */
  SoupMessage *message;         /* (owned) */
  GstIceBodyStream *body;       /* (owned) (nullable) */
  GstIceBlockReader *reader;    /* (owned) (nullable): of the body */
  GCancellable *cancellable;    /* (owned): of libsoup's operations */
  GSource *cancelled;           /* (owned) (nullable): the caller's */
  GSource *ticker;              /* (owned) */
  GSource *timeout;             /* (owned) (nullable) */
  GSource *ending;              /* (owned) (nullable): after a restart */

  GstIceExchangePhase phase;    /* set_phase() alone changes it */
  GstIceConnection *connection; /* (owned) (nullable): if it is ours alone */
  guint64 connection_id;
  gboolean is_reused;
  GError *failure;              /* (owned) (nullable): why we end it */
  GTlsCertificateFlags tls_errors;
  guint interim_responses;
  gboolean is_misdirected;      /* 421: what came with it is not read */

  gint64 started_us;
  gint64 connecting_us;
  gint64 moved_us;              /* when a byte was last seen to move */
  gint64 sent_us;               /* when the last one went out */
  gint64 fed_us;                /* when the body last had one to be sent */
  GstIceTraffic traffic;        /* at the last look */
  guint64 body_sent;

  GInputStream *stream;         /* (owned) (nullable) */
  GstIceHttpResponse *response; /* (owned) (nullable): from its headers on */
  GByteArray *answer;           /* (owned) (nullable) */
  gsize room;                   /* for it, without its moving */
  guint8 buffer[READ_SIZE];
} Exchange;

static gint64
now (Exchange * self)
{
  return gst_ice_clock_get_monotonic (self->context->clock);
}

/* An answer may be an UploadAuth. */
static void
free_answer (GByteArray * answer)
{
  OPENSSL_cleanse (answer->data, answer->len);
  g_byte_array_unref (answer);
}

/* libsoup's own copies of what the request's headers say, about to be freed:
 * nobody else reads them. */
static void
wipe_headers (Exchange * self)
{
  SoupMessageHeaders *headers =
      soup_message_get_request_headers (self->message);
  guint i;

  for (i = 0; i < self->request->headers->len; i++) {
    const GstIceHttpHeader *header =
        &g_array_index (self->request->headers, GstIceHttpHeader, i);
    gchar *value =
        (gchar *) soup_message_headers_get_one (headers, header->name);

    if (value)
      OPENSSL_cleanse (value, strlen (value));
  }
}

static void
set_phase (Exchange * self, GstIceExchangePhase from, GstIceExchangePhase to)
{
  if (self->phase == GST_ICE_EXCHANGE_QUEUED)
    gst_ice_origin_leave_queue (self->origin);
  gst_ice_state_check (gst_ice_exchange_phase_change (&self->phase, from, to),
      "exchange", from, to, self->phase);
}

/* Whether the service may have seen anything of the request. */
static gboolean
was_connected (Exchange * self)
{
  return self->phase != GST_ICE_EXCHANGE_QUEUED
      && self->phase != GST_ICE_EXCHANGE_CONNECTING;
}

static gboolean
is_sent (Exchange * self)
{
  return self->phase == GST_ICE_EXCHANGE_WAITING
      || self->phase == GST_ICE_EXCHANGE_READING;
}

static void
exchange_free (Exchange * self)
{
  if (self->phase == GST_ICE_EXCHANGE_QUEUED)
    gst_ice_origin_leave_queue (self->origin);
  gst_ice_origin_end_exchange (self->origin);
  wipe_headers (self);
  gst_ice_http_request_free (self->request);
  gst_ice_origin_unref (self->origin);
  g_object_unref (self->message);
  g_clear_object (&self->body);
  g_clear_pointer (&self->reader, gst_ice_block_reader_unref);
  g_object_unref (self->cancellable);
  g_clear_pointer (&self->connection, gst_ice_connection_unref);
  g_clear_error (&self->failure);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->response, gst_ice_http_response_free);
  g_clear_pointer (&self->answer, free_answer);
  OPENSSL_cleanse (self->buffer, READ_SIZE);
  g_free (self);
}

/* Errors */

static GError *
tls_certificate_error (Exchange * self)
{
  const gchar *host = self->request->host;
  g_autoptr (GDateTime) date = g_date_time_new_now_utc ();
  g_autofree gchar *today = g_date_time_format (date, "%F");

  if (self->tls_errors &
      (G_TLS_CERTIFICATE_EXPIRED | G_TLS_CERTIFICATE_NOT_ACTIVATED))
    return gst_ice_error_new (GST_ICE_ERROR_TLS,
        "%s: the certificate is not valid today; check the clock of this "
        "device, which says %s", host, today);
  if (self->tls_errors & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return gst_ice_error_new (GST_ICE_ERROR_TLS,
        "%s: the certificate is for another host", host);
  if (self->tls_errors & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return gst_ice_error_new (GST_ICE_ERROR_TLS,
        "%s: the certificate is signed by an unknown authority; if it should "
        "be trusted, name its CA in ssl-ca-file", host);
  return gst_ice_error_new (GST_ICE_ERROR_TLS,
      "%s: the certificate is not acceptable", host);
}

/* libsoup has no code of its own for a head that is too large. */
static gboolean
is_head_too_large (Exchange * self)
{
  SoupMessageMetrics *metrics = soup_message_get_metrics (self->message);

  return metrics && !self->response
      && soup_message_metrics_get_response_header_bytes_received (metrics) >
      HEAD_LIMIT;
}

static gboolean
is_malformed (Exchange * self, const GError * error)
{
  /* Of a chunk; from 3.6 on. */
  if (self->phase == GST_ICE_EXCHANGE_READING
      && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)
          || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE)))
    return TRUE;
  return g_error_matches (error, SOUP_SESSION_ERROR,
      SOUP_SESSION_ERROR_PARSING)
      || g_error_matches (error, SOUP_SESSION_ERROR,
      SOUP_SESSION_ERROR_ENCODING) || is_head_too_large (self);
}

static GError *
network_error (Exchange * self, const gchar * reason)
{
  GError *error = gst_ice_error_new (GST_ICE_ERROR_NETWORK, "%s: %s",
      self->request->host, reason);

  gst_ice_error_get_details (error)->not_sent = !was_connected (self);
  gst_ice_error_get_details (error)->reused_connection =
      self->is_reused && !self->response;
  return error;
}

/* No other attempt goes another way. */
static GError *
proxy_error (Exchange * self, const gchar * reason)
{
  GError *error = network_error (self, reason);

  error->code = GST_ICE_ERROR_SETTINGS;
  g_prefix_error (&error, "check proxy and its credentials: ");

  return error;
}

/* What libsoup's error means here. (transfer full) */
static GError *
translate_error (Exchange * self, const GError * error)
{
  if (self->tls_errors != 0)
    return tls_certificate_error (self);
  if (error->domain == G_TLS_ERROR && !was_connected (self))
    return gst_ice_error_new (GST_ICE_ERROR_TLS, "%s: %s",
        self->request->host, error->message);
  if (is_malformed (self, error))
    return gst_ice_error_new (GST_ICE_ERROR_PROTOCOL, "%s: %s",
        self->request->host, error->message);
  return network_error (self, error->message);
}

/* The end */

/* It has nothing more to send. */
static void
stop_sending (Exchange * self)
{
  if (self->connection)
    gst_ice_rate_limit_end (self->context->limit, self->connection);
}

static void
drop_connection (Exchange * self)
{
  stop_sending (self);
  g_clear_pointer (&self->connection, gst_ice_connection_unref);
}

static void
log_end (Exchange * self)
{
  g_autofree gchar *path = gst_ice_http_request_dup_path (self->request);
  gint64 duration_us = now (self) - self->started_us;

  GST_LOG ("%s %s %s: %s, status %u, %" G_GUINT64_FORMAT " bytes sent, %"
      G_GINT64_FORMAT " ms, connection %" G_GUINT64_FORMAT " (%s)",
      self->request->method, self->request->host, path,
      self->failure ? self->failure->message : "answered",
      self->response ? self->response->status : 0, self->body_sent,
      duration_us / 1000, self->connection_id,
      self->is_reused ? "reused" : "new");
}

/* libsoup may close the connection in the next call. Over TLS that is a
 * blocking write, which must not meet a full buffer. */
static void
prepare_for_close (Exchange * self)
{
  gboolean is_kept = self->response && !self->failure
      && soup_message_is_keepalive (self->message);

  if (!self->connection)
    return;
  if ((self->body && gst_ice_body_stream_ended_early (self->body))
      || (!is_kept && gst_ice_connection_has_unsent (self->connection)))
    gst_ice_connection_abort (self->connection);
}

static void
clear_source (GSource ** source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Ends all that could still call back, but for the reader, and gives the
 * connection back. */
static void
close_down (Exchange * self)
{
  if (self->failure && self->failure->domain == GST_ICE_ERROR
      && self->phase == GST_ICE_EXCHANGE_CONNECTING)
    gst_ice_origin_set_stale (self->origin);
  clear_source (&self->cancelled);
  clear_source (&self->ticker);
  clear_source (&self->timeout);
  clear_source (&self->ending);
  g_signal_handlers_disconnect_by_data (self->message, self);

  stop_sending (self);
  prepare_for_close (self);
  if (self->body)
    gst_ice_body_stream_detach (self->body);
  /* Nothing is read or written by this; libsoup finishes the message. */
  if (self->stream)
    g_input_stream_close (self->stream, NULL, NULL);
  log_end (self);
}

/* With failure, if there is one. */
static void
complete (Exchange * self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  if (self->failure)
    g_task_return_error (task, g_steal_pointer (&self->failure));
  else
    g_task_return_pointer (task, g_steal_pointer (&self->response),
        (GDestroyNotify) gst_ice_http_response_free);
}

static void
on_reader_idle (gpointer user_data)
{
  Exchange *self = user_data;

  complete (self);
  exchange_free (self);
}

/* TRUE if on_reader_idle() will be called. */
static gboolean
cancel_reader (Exchange * self)
{
  return self->reader && gst_ice_block_reader_cancel (self->reader);
}

/* libsoup is done with it. */
static void
end (Exchange * self)
{
  close_down (self);
  if (!cancel_reader (self))
    on_reader_idle (self);
}

/* From the head of the answer until libsoup hands it over, in the same turn of
 * the main loop or the next, there is nothing to cancel; and libsoup (3.4)
 * would finish the message twice and never call back. */
static void
cancel_operation (Exchange * self)
{
  if (self->phase != GST_ICE_EXCHANGE_READING || self->answer)
    g_cancellable_cancel (self->cancellable);
}

/* Ends the exchange from inside, whatever is under way.
 * @failure: (transfer full) */
static void
abandon (Exchange * self, GError * failure)
{
  if (self->failure || !self->task) {
    g_error_free (failure);
    return;
  }
  self->failure = failure;
  if (self->connection)
    gst_ice_connection_abort (self->connection);
  if (self->phase == GST_ICE_EXCHANGE_QUEUED) {
    close_down (self);
    cancel_reader (self);
    complete (self);
  }
  cancel_operation (self);
}

/* The operation under way came back with @error: (transfer none). */
static void
fail (Exchange * self, const GError * error)
{
  if (!self->task) {
    exchange_free (self);
    return;
  }
  if (!self->failure)
    self->failure = translate_error (self, error);
  end (self);
}

static gboolean
on_cancelled (GCancellable * cancellable, gpointer user_data)
{
  GError *error = NULL;

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  abandon (user_data, error);
  return G_SOURCE_REMOVE;
}

static void
stall (Exchange * self, const gchar * what, gint64 limit_us)
{
  GError *error = gst_ice_error_new (GST_ICE_ERROR_STALLED,
      "%s: %s for %.1f s", self->request->host, what,
      limit_us / (gdouble) G_USEC_PER_SEC);

  gst_ice_error_get_details (error)->not_sent = !was_connected (self);
  abandon (self, error);
}

static gboolean
on_timeout (gpointer user_data)
{
  Exchange *self = user_data;

  stall (self, "not finished", self->request->timeout_us);
  return G_SOURCE_REMOVE;
}

/* Stalls */

static void
note_movement (Exchange * self)
{
  self->moved_us = now (self);
}

/* Where the kernel counts no acknowledged bytes for us, those that wait become
 * fewer, all the same. */
static void
look_at_traffic (Exchange * self)
{
  GstIceTraffic traffic = self->traffic;

  if (!self->connection)
    return;
  gst_ice_connection_get_traffic (self->connection, &traffic);
  if (traffic.acknowledged != self->traffic.acknowledged
      || traffic.unconfirmed != self->traffic.unconfirmed)
    self->moved_us = self->sent_us = now (self);
  if (traffic.received != self->traffic.received)
    note_movement (self);
  self->traffic = traffic;
}

/* Where bytes come from our own disk, waiting for them is no stall. */
static void
look_at_body (Exchange * self)
{
  if (self->phase == GST_ICE_EXCHANGE_SENDING && self->body
      && gst_ice_body_stream_is_waiting (self->body))
    note_movement (self);
  else
    self->fed_us = now (self);
}

static void
starve (Exchange * self, gint64 limit_us)
{
  abandon (self, gst_ice_error_new (GST_ICE_ERROR_FAILED,
          "the bytes to be sent could not be read for %.1f s",
          limit_us / (gdouble) G_USEC_PER_SEC));
}

static void
on_body_failed (GError * error, gpointer user_data)
{
  abandon (user_data, error);
}

/* What a limit on what goes out keeps back is no stall. */
static gint64
get_stall_timeout (Exchange * self)
{
  gint64 pause_us = self->connection ?
      gst_ice_connection_get_pause (self->connection) : 0;

  return self->context->stall_timeout_us + pause_us;
}

static void
do_nothing (GTask * task, gpointer source, gpointer task_data,
    GCancellable * cancellable)
{
  g_task_return_boolean (task, TRUE);
}

/* What libsoup gives to GLib's threads, such as a stream to be closed, stays in
 * their queue for ever if the kernel had none at that moment, and with it the
 * request, unless something else comes. */
static void
nudge_threads (void)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_run_in_thread (task, do_nothing);
}

static gboolean
on_tick (gpointer user_data)
{
  Exchange *self = user_data;
  gint64 limit_us = get_stall_timeout (self);
  gint64 time = now (self);

  if (self->phase == GST_ICE_EXCHANGE_QUEUED)
    return G_SOURCE_CONTINUE;
  look_at_traffic (self);
  look_at_body (self);
  if (time - self->moved_us >= limit_us / TICKS_PER_STALL_TIMEOUT)
    nudge_threads ();
  if (time - self->fed_us >= PATIENCE * limit_us)
    starve (self, PATIENCE * limit_us);
  else if (time - self->moved_us >= limit_us)
    stall (self, "no byte moved", limit_us);
  else if (self->phase == GST_ICE_EXCHANGE_CONNECTING
      && time - self->connecting_us >= PATIENCE * limit_us)
    stall (self, "no connection", PATIENCE * limit_us);
  else if (is_sent (self)
      && time - self->sent_us >= PATIENCE * limit_us)
    stall (self, "no whole answer", PATIENCE * limit_us);

  return G_SOURCE_CONTINUE;
}

/* What libsoup tells on the way */

static void
set_up_connection (Exchange * self)
{
  GstIceExchangeContext *context = self->context;
  const gchar *algorithm = context->tcp_congestion_control;

  context->connections_opened++;
  if (!algorithm
      || gst_ice_connection_set_congestion_control (self->connection,
          algorithm))
    return;
  if (!context->is_congestion_refused)
    GST_WARNING ("the system refuses the TCP congestion control \"%s\"; "
        "its default is used", algorithm);
  context->is_congestion_refused = TRUE;
}

/* HTTP/1.1 alone, before the handshake says otherwise: an upload has nothing
 * to gain from HTTP/2, and libsoup 3.2 has no call of its own for this. */
static void
forbid_http2 (GIOStream * stream)
{
  static const gchar *const protocols[] = { "http/1.1", NULL };

  if (G_IS_TLS_CONNECTION (stream))
    g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (stream),
        protocols);
}

/* Before a byte of the request is sent. */
static void
check_tls_version (Exchange * self, GIOStream * stream)
{
  GTlsProtocolVersion version;

  if (!G_IS_TLS_CONNECTION (stream))
    return;
  version = g_tls_connection_get_protocol_version (G_TLS_CONNECTION (stream));
  if (version == G_TLS_PROTOCOL_VERSION_SSL_3_0
      || version == G_TLS_PROTOCOL_VERSION_TLS_1_0
      || version == G_TLS_PROTOCOL_VERSION_TLS_1_1)
    abandon (self, gst_ice_error_new (GST_ICE_ERROR_TLS, "%s: the server speaks"
            " no TLS newer than 1.1, which is not safe", self->request->host));
}

static void
on_network_event (SoupMessage * message, GSocketClientEvent event,
    GIOStream * stream, Exchange * self)
{
  note_movement (self);
  GST_TRACE ("connection %" G_GUINT64_FORMAT ": event %d",
      soup_message_get_connection_id (message), event);
  if (self->phase == GST_ICE_EXCHANGE_QUEUED) {
    set_phase (self, GST_ICE_EXCHANGE_QUEUED, GST_ICE_EXCHANGE_CONNECTING);
    self->connecting_us = self->moved_us;
  }
  if (!stream)
    return;

  self->connection_id = soup_message_get_connection_id (message);
  drop_connection (self);
  self->connection =
      gst_ice_connection_ref (gst_ice_origin_get_connection (self->origin,
          self->connection_id));
  gst_ice_connection_set_stream (self->connection, stream);
  if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATING)
    gst_ice_connection_set_proxied (self->connection);
  if (event == G_SOCKET_CLIENT_CONNECTED)
    set_up_connection (self);
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
    forbid_http2 (stream);
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKED)
    check_tls_version (self, stream);
}

static void
on_starting (SoupMessage * message, Exchange * self)
{
  GstIceConnection *connection;

  /* Plain HTTP is for this machine; a proxy would read it all. */
  if (!self->request->endpoint->tls
      && G_IS_PROXY_ADDRESS (soup_message_get_remote_address (message))) {
    abandon (self, proxy_error (self, "plain http does not go to a proxy"));
    return;
  }
  self->connection_id = soup_message_get_connection_id (message);
  drop_connection (self);
  connection =
      gst_ice_origin_get_connection (self->origin, self->connection_id);
  /* Also after a restart: the phase is that of the one attempt we make. */
  if (self->failure) {
    gst_ice_connection_abort (connection);
    return;
  }

  set_phase (self, self->phase, GST_ICE_EXCHANGE_SENDING);
  note_movement (self);
  self->sent_us = self->fed_us = self->moved_us;
  if (self->request->progress && !self->failure)
    self->request->progress (0, self->request->progress_data);
  self->is_reused = gst_ice_connection_use (connection) > 0;
  if (gst_ice_connection_is_shared (connection))
    return;
  self->connection = gst_ice_connection_ref (connection);
  gst_ice_connection_get_traffic (connection, &self->traffic);
  gst_ice_connection_smooth (connection);
  if (self->request->body_size > 0)
    gst_ice_rate_limit_begin (self->context->limit, connection);
}

/* TRUE if what body-stream.c asks for is so. */
static gboolean
can_send_direct (Exchange * self)
{
  SoupMessageHeaders *headers =
      soup_message_get_request_headers (self->message);

  return self->connection
      && soup_message_get_http_version (self->message) <= SOUP_HTTP_1_1
      && soup_message_headers_get_encoding (headers) ==
      SOUP_ENCODING_CONTENT_LENGTH
      && soup_message_headers_get_content_length (headers) ==
      (goffset) self->request->body_size;
}

static void
on_wrote_headers (SoupMessage * message, Exchange * self)
{
  note_movement (self);
  if (!self->body)
    return;
  if (!can_send_direct (self)
      || !gst_ice_body_stream_set_direct (self->body, self->connection))
    GST_DEBUG ("connection %" G_GUINT64_FORMAT " takes ordinary bodies only",
        self->connection_id);
}

static void
on_body_progress (guint64 bytes, gpointer user_data)
{
  Exchange *self = user_data;

  note_movement (self);
  self->sent_us = self->fed_us = self->moved_us;
  self->body_sent += bytes;
  if (self->request->progress && !self->failure)
    self->request->progress (bytes, self->request->progress_data);
}

static void
on_wrote_body (SoupMessage * message, Exchange * self)
{
  note_movement (self);
  self->sent_us = self->moved_us;
  if (self->connection)
    gst_ice_rate_limit_drain (self->context->limit, self->connection);
  if (!self->failure)
    set_phase (self, GST_ICE_EXCHANGE_SENDING, GST_ICE_EXCHANGE_WAITING);
  /* It has been said already, or rather not; but libsoup looks here when it
   * decides whether to keep the connection. */
  if (self->body && gst_ice_body_stream_ended_early (self->body))
    soup_message_headers_replace (soup_message_get_request_headers (message),
        "Connection", "close");
}

static void
on_got_informational (SoupMessage * message, Exchange * self)
{
  note_movement (self);
  if (++self->interim_responses > MAX_INTERIM_RESPONSES)
    abandon (self, gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
            "%s: too many interim responses", self->request->host));
}

static void
on_got_headers (SoupMessage * message, Exchange * self)
{
  note_movement (self);
  if (!self->failure)
    set_phase (self, GST_ICE_EXCHANGE_WAITING, GST_ICE_EXCHANGE_READING);
  g_clear_pointer (&self->response, gst_ice_http_response_free);
  self->response = gst_ice_http_response_new (message, self->moved_us);
  /* libsoup would read the body to the end, whatever its size, and then send
   * the request again. */
  self->is_misdirected =
      self->response->status == SOUP_STATUS_MISDIRECTED_REQUEST;
  if (self->is_misdirected)
    g_cancellable_cancel (self->cancellable);
}

static gboolean
on_ending (gpointer user_data)
{
  Exchange *self = user_data;

  cancel_operation (self);
  return G_SOURCE_REMOVE;
}

static void
on_restarted (SoupMessage * message, Exchange * self)
{
  if (self->failure || !self->task)
    return;
  self->failure = network_error (self, "the peer has closed the connection");
  gst_ice_origin_abort_idle (self->origin);
  self->ending = g_idle_source_new ();
  g_source_set_priority (self->ending, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->ending, on_ending, self, NULL);
  g_source_attach (self->ending, g_main_context_get_thread_default ());
}

/* Ahead of us where something went wrong. */
static void
on_finished (SoupMessage * message, Exchange * self)
{
  prepare_for_close (self);
}

static gboolean
on_accept_certificate (SoupMessage * message, GTlsCertificate * certificate,
    GTlsCertificateFlags errors, Exchange * self)
{
  self->tls_errors = errors;
  return FALSE;
}

/* The answer */

/* The size of a head that says what was read, without its last, empty line. */
static gsize
measure_head (Exchange * self)
{
  static const gchar status_line[] = "HTTP/1.1 200 \r\n";
  SoupMessageHeadersIter iter;
  const gchar *name, *value;
  gsize size = sizeof (status_line) - 1
      + strlen (soup_message_get_reason_phrase (self->message));

  soup_message_headers_iter_init (&iter,
      soup_message_get_response_headers (self->message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    size += strlen (name) + strlen (": ") + strlen (value) + strlen ("\r\n");

  return size;
}

/* To libsoup the end of the connection ends a head as well as an empty line
 * does. */
static gboolean
is_head_cut_short (Exchange * self)
{
  return soup_message_metrics_get_response_header_bytes_received
      (soup_message_get_metrics (self->message)) <= measure_head (self);
}

/* Where the connection is not kept libsoup does not mind a body that ends
 * early. */
static gboolean
is_cut_short (Exchange * self)
{
  SoupMessageHeaders *headers =
      soup_message_get_response_headers (self->message);

  switch (soup_message_headers_get_encoding (headers)) {
    case SOUP_ENCODING_CONTENT_LENGTH:
      return self->answer->len <
          soup_message_headers_get_content_length (headers);
    case SOUP_ENCODING_EOF:
      return self->answer->len == 0 && is_head_cut_short (self);
    default:
      return FALSE;
  }
}

/* It was asked not to be. (transfer full) (nullable) */
static GError *
compression_error (Exchange * self)
{
  const gchar *encoding = gst_ice_http_response_get_header (self->response,
      "Content-Encoding");
  GError *error;

  if (self->answer->len == 0 || encoding == NULL
      || g_ascii_strcasecmp (encoding, "identity") == 0)
    return NULL;
  error = gst_ice_error_new (GST_ICE_ERROR_PROTOCOL, "%s: HTTP status %u, in "
      "an answer that something on the way has compressed", self->request->host,
      self->response->status);
  gst_ice_error_get_details (error)->http_status = self->response->status;

  return error;
}

static GError *
check_answer (Exchange * self)
{
  guint status = self->response->status;

  if (status < 200 || status > 599)
    return gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
        "%s: %u is no HTTP status", self->request->host, status);
  if (self->is_misdirected || g_str_equal (self->request->method, "HEAD")
      || status == SOUP_STATUS_NO_CONTENT
      || status == SOUP_STATUS_NOT_MODIFIED)
    return NULL;
  if (is_cut_short (self))
    return network_error (self, "the answer ended early");

  return compression_error (self);
}

static void
finish (Exchange * self)
{
  if (!self->failure)
    self->failure = check_answer (self);
  if (!self->failure)
    gst_ice_http_response_take_body (self->response,
        g_steal_pointer (&self->answer));
  end (self);
}

/* Takes over what was read. No piece of it stays behind where the answer was
 * before it grew. */
static void
keep (Exchange * self, gsize size)
{
  GByteArray *old = self->answer;

  /* The body's zero byte has to find room as well. */
  if (old->len + size + 1 > self->room) {
    self->room = 2 * (old->len + size + 1);
    self->answer = g_byte_array_sized_new (self->room);
    g_byte_array_append (self->answer, old->data, old->len);
    free_answer (old);
  }
  g_byte_array_append (self->answer, self->buffer, size);
}

static void read_on (Exchange * self);

static void
on_read (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Exchange *self = user_data;
  g_autoptr (GError) error = NULL;
  gssize size = g_input_stream_read_finish (self->stream, result, &error);

  if (size < 0) {
    fail (self, error);
    return;
  }
  if (size == 0 || self->failure) {
    finish (self);
    return;
  }
  note_movement (self);
  keep (self, size);
  if (self->answer->len > self->request->response_limit) {
    abandon (self, gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
            "%s: the answer is larger than %" G_GSIZE_FORMAT " bytes",
            self->request->host, self->request->response_limit));
    finish (self);
    return;
  }
  read_on (self);
}

static void
read_on (Exchange * self)
{
  g_input_stream_read_async (self->stream, self->buffer, READ_SIZE,
      G_PRIORITY_DEFAULT, self->cancellable, on_read, self);
}

static void
on_sent (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Exchange *self = user_data;
  g_autoptr (GError) error = NULL;

  self->stream =
      soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (!self->task) {
    exchange_free (self);
    return;
  }
  self->answer = g_byte_array_new ();
  if (!self->stream && !self->is_misdirected) {
    fail (self, error);
    return;
  }
  /* The status of a proxy that did not let us through. */
  if (!self->response && !self->failure) {
    g_autofree gchar *reason = g_strdup_printf ("the proxy answers %u",
        soup_message_get_status (self->message));

    self->failure = soup_message_get_status (self->message) == 407 ?
        proxy_error (self, reason) : network_error (self, reason);
  }
  if (self->failure || self->is_misdirected) {
    finish (self);
    return;
  }
  read_on (self);
}

/* The start */

/* By its parts: parsing would remove dot segments from the path. */
static GUri *
build_uri (GstIceHttpRequest * request)
{
  const gchar *query = strchr (request->target, '?');
  g_autofree gchar *path = gst_ice_http_request_dup_path (request);

  return g_uri_build (SOUP_HTTP_URI_FLAGS,
      request->endpoint->tls ? "https" : "http", NULL, request->host_name,
      request->endpoint->port, path, query ? query + 1 : NULL, NULL);
}

static GstIceBodyStream *
create_body (Exchange * self)
{
  static const GstIceBlockReaderCallbacks callbacks =
      { on_body_failed, on_reader_idle };
  GstIceHttpRequest *request = self->request;

  if (!request->body_stream)
    return gst_ice_body_stream_new (request->body, on_body_progress, self);
  self->reader = gst_ice_block_reader_new (request->body_stream,
      request->body_size, &callbacks, self);
  return gst_ice_body_stream_new_from_reader (self->reader, on_body_progress,
      self);
}

static void
set_message_body (Exchange * self)
{
  GstIceHttpRequest *request = self->request;

  if (request->body_size == 0)
    return;
  self->body = create_body (self);
  soup_message_set_request_body (self->message, NULL,
      G_INPUT_STREAM (self->body), request->body_size);
}

static void
create_message (Exchange * self)
{
  GstIceHttpRequest *request = self->request;
  g_autoptr (GUri) uri = build_uri (request);
  SoupMessageHeaders *headers;
  SoupMessageFlags flags;

  self->message = soup_message_new_from_uri (request->method, uri);
  headers = soup_message_get_request_headers (self->message);
  soup_message_headers_append (headers, "Host", request->host);
  soup_message_headers_append (headers, "Accept-Encoding", "identity");
  for (guint i = 0; i < request->headers->len; i++) {
    GstIceHttpHeader *header =
        &g_array_index (request->headers, GstIceHttpHeader, i);

    soup_message_headers_append (headers, header->name, header->value);
  }

  /* Without IDEMPOTENT each POST opens a connection of its own, and closes all
   * idle ones when there are too many. A restart is ours to prevent. */
  flags = SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT
      | SOUP_MESSAGE_COLLECT_METRICS;
  /* Otherwise it waits for a handshake that is under way, in case that should
   * bring HTTP/2. */
  if (gst_ice_origin_begin_exchange (self->origin))
    flags |= SOUP_MESSAGE_NEW_CONNECTION;
  soup_message_set_flags (self->message, flags);
  /* With the feature there and disabled a challenge is an answer like any
   * other; without it libsoup would read it into memory to its end. */
  soup_message_disable_feature (self->message, SOUP_TYPE_AUTH_MANAGER);
#if SOUP_CHECK_VERSION (3, 4, 0)
  soup_message_set_force_http1 (self->message, TRUE);
#endif
  set_message_body (self);
}

static void
connect_message (Exchange * self)
{
  const struct
  {
    const gchar *signal;
    GCallback callback;
  } handlers[] = {
    {"network-event", G_CALLBACK (on_network_event)},
    {"accept-certificate", G_CALLBACK (on_accept_certificate)},
    {"starting", G_CALLBACK (on_starting)},
    {"wrote-headers", G_CALLBACK (on_wrote_headers)},
    {"wrote-body", G_CALLBACK (on_wrote_body)},
    {"got-informational", G_CALLBACK (on_got_informational)},
    {"got-headers", G_CALLBACK (on_got_headers)},
    {"restarted", G_CALLBACK (on_restarted)},
    {"finished", G_CALLBACK (on_finished)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->message, handlers[i].signal,
        handlers[i].callback, self);
}

/* @source: (transfer full) */
static GSource *
attach (GSource * source, GSourceFunc func, Exchange * self)
{
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

static void
start_timers (Exchange * self)
{
  GstIceExchangeContext *context = self->context;
  GCancellable *cancellable = g_task_get_cancellable (self->task);

  self->ticker = attach (gst_ice_clock_timeout_source_new (context->clock,
          MAX (context->stall_timeout_us / TICKS_PER_STALL_TIMEOUT, 1)),
      on_tick, self);
  if (self->request->timeout_us > 0)
    self->timeout = attach (gst_ice_clock_timeout_source_new (context->clock,
            self->request->timeout_us), on_timeout, self);
  if (cancellable)
    self->cancelled = attach (g_cancellable_source_new (cancellable),
        G_SOURCE_FUNC (on_cancelled), self);
}

void
gst_ice_exchange_start (GstIceExchangeContext * context,
    GstIceOrigin * origin, GstIceHttpRequest * request, GTask * task)
{
  Exchange *self = g_new0 (Exchange, 1);

  self->context = context;
  self->origin = gst_ice_origin_ref (origin);
  self->request = request;
  self->task = task;
  self->cancellable = g_cancellable_new ();
  self->started_us = now (self);
  create_message (self);
  connect_message (self);
  start_timers (self);
  soup_session_send_async (gst_ice_origin_get_session (origin), self->message,
      G_PRIORITY_DEFAULT, self->cancellable, on_sent, self);
}
