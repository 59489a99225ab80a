/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One request in, one bounded response out, over libsoup.
 *
 * Runs on: the network thread; a client is made, used and dropped there.
 * Owns: the SoupSession and its connections.
 * Does not: sign, retry, follow redirects, answer authentication challenges,
 * keep cookies, or log the value of any header. */

#pragma once

#include <gio/gio.h>

#include "common/clock.h"
#include "common/counted.h"
#include "common/error.h"
#include "http/endpoint.h"
#include "http/network-config.h"

/* Called with the number of body bytes that went out since the last call; at
 * first, with 0, when a connection is there to send the request. */
typedef void (*GstIceHttpProgressFunc) (guint64 bytes, gpointer user_data);

/* A request. Filled in by its maker, then handed to one send; plain data. */
typedef struct _GstIceHttpRequest GstIceHttpRequest;

/* @method: a static string. @target: path and query exactly as they go on the
 * wire. @subdomain: (nullable): put before the endpoint's host.
 * (transfer full) */
GstIceHttpRequest *gst_ice_http_request_new (const gchar * method,
    GstIceEndpoint * endpoint, const gchar * subdomain, const gchar * target);
void gst_ice_http_request_free (GstIceHttpRequest * request);

/* The Host header that will go out; signatures need it. Owned by @request. */
const gchar *gst_ice_http_request_get_host (const GstIceHttpRequest *
    request);

/* Adds a header. Values are wiped with the request. */
void gst_ice_http_request_add_header (GstIceHttpRequest * request,
    const gchar * name, const gchar * value);

/* The body: GBytes in order, together @size bytes. They are not copied and
 * must not change until the send has finished. Without a call there is no
 * body, and POST and PUT say Content-Length: 0. */
void gst_ice_http_request_set_body (GstIceHttpRequest * request,
    GPtrArray * bytes, guint64 size);

/* A body that is read from @stream while it is sent, @size bytes of it, some
 * hundred KiB at a time and asynchronously; what memory holds goes out faster
 * by the call above. Waiting for the stream is no stall of the network, but
 * after three stall timeouts without a byte it is an error. That, an error of
 * the stream, and its end before @size, are GST_ICE_ERROR_FAILED. When the
 * send has finished, the stream is closed, and nothing reads it any more. */
void gst_ice_http_request_set_body_stream (GstIceHttpRequest * request,
    GInputStream * stream, guint64 size);

/* Longest time in microseconds for the whole request, queueing included; 0:
 * only the stall timeout bounds it. A connection, and the whole answer after
 * the last byte of the body, get three stall timeouts each in any case. */
void gst_ice_http_request_set_timeout (GstIceHttpRequest * request,
    gint64 timeout_us);

/* The largest response body that is accepted, in bytes; 256 KiB otherwise. */
void gst_ice_http_request_set_response_limit (GstIceHttpRequest * request,
    gsize limit);

/* @func is called on the network thread; after it, finish or cancel. */
void gst_ice_http_request_set_progress (GstIceHttpRequest * request,
    GstIceHttpProgressFunc func, gpointer user_data);

typedef struct
{
  guint status;         /* HTTP status, 100 to 599 */
  GBytes *body;         /* (owned) never NULL, zero-terminated behind its last
                         * byte */
  gint64 date_us;       /* the Date header in microseconds since 1970, or -1 */
  gint64 received_us;   /* monotonic time at which the headers were there */

  /*< private >*/
  GHashTable *headers;
} GstIceHttpResponse;

/* The value of a response header (any case), or NULL. Of a header that occurs
 * more than once, the last. */
const gchar *gst_ice_http_response_get_header (const GstIceHttpResponse *
    response, const gchar * name);

/* `Retry-After` in seconds or as a date, in microseconds from now, or -1. */
gint64 gst_ice_http_response_get_retry_after (const GstIceHttpResponse *
    response);
void gst_ice_http_response_free (GstIceHttpResponse * response);

typedef struct _GstIceHttpClient GstIceHttpClient;

/* @max_connections: to one host at a time. Errors: GST_ICE_ERROR_SETTINGS for
 * an unusable proxy or CA file. (transfer full) */
GstIceHttpClient *gst_ice_http_client_new (GstIceNetworkConfig * config,
    guint max_connections, GstIceClock * clock, GError ** error);
GST_ICE_DECLARE_COUNTED (GstIceHttpClient, gst_ice_http_client)

/* Sends @request. Any HTTP status is an answer, not an error; an answer that
 * comes while the body is still being sent ends the sending (over TLS only if
 * the server closes after it). Errors: GST_ICE_ERROR_NETWORK, _TLS, _STALLED,
 * _PROTOCOL (malformed, or over a limit), _FAILED (the stream of the body),
 * G_IO_ERROR_CANCELLED.
 *
 * The callback is given GObject* NULL as its source.
 * @request: (transfer full) */
void gst_ice_http_client_send_async (GstIceHttpClient * client,
    GstIceHttpRequest * request, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* (transfer full) */
GstIceHttpResponse *gst_ice_http_client_send_finish (GstIceHttpClient *
    client, GAsyncResult * result, GError ** error);

/* The round trips of the connections that requests are on now, in microseconds:
 * the mean, and the shortest that was ever seen. FALSE if there is none, or the
 * system does not tell, or a proxy is in between. */
gboolean gst_ice_http_client_get_delay (GstIceHttpClient * client,
    gint64 * srtt_us, gint64 * min_rtt_us);

/* The most that its requests may send, in bit/s; 0: no limit. Changes what is
 * under way, too. */
void gst_ice_http_client_set_max_bitrate (GstIceHttpClient * client,
    guint64 bitrate);

/* TRUE if that, and not the line, holds up the requests that are under way: TCP
 * would let more go. */
gboolean gst_ice_http_client_is_limited (GstIceHttpClient * client);

/* TRUE if there are so many others that share it that one request at a time is
 * enough. */
gboolean gst_ice_http_client_is_crowded (GstIceHttpClient * client);

/* How long a request of @size bytes takes under it, with as many others as send
 * now, in microseconds; 0: there is no limit. */
gint64 gst_ice_http_client_get_limit_time (GstIceHttpClient * client,
    guint64 size);

/* TCP connections opened so far. */
guint gst_ice_http_client_get_connections_opened (GstIceHttpClient * client);

GstIceClock *gst_ice_http_client_get_clock (GstIceHttpClient * client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceHttpRequest, gst_ice_http_request_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceHttpResponse, gst_ice_http_response_free)