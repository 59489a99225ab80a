/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What is the same in every call; see the header.
 *
 * Runs on: the network thread.
 * Owns: references to what the call was made with. */

#include "credentials/service-call.h"

#include "common/digest.h"
#include "common/request-log.h"
#include "common/secret.h"
#include "credentials/acs3-signer.h"
#include "credentials/redaction.h"

/* What all the services allow. */
#define ALLOWED_SKEW_US (15 * 60 * (gint64) G_USEC_PER_SEC)

static GstIceClock *
get_clock (const GstIceServiceCall * call)
{
  return gst_ice_http_client_get_clock (call->http);
}

void
gst_ice_service_call_init (GstIceServiceCall * call, const gchar * service,
    const gchar * operation, GstIceHttpClient * http,
    GstIceEndpoint * endpoint)
{
  call->service = service;
  call->operation = operation;
  call->http = gst_ice_http_client_ref (http);
  call->endpoint = gst_ice_endpoint_ref (endpoint);
  call->log_level = GST_LEVEL_DEBUG;
}

void
gst_ice_service_call_clear (GstIceServiceCall * call)
{
  gst_ice_http_client_unref (call->http);
  gst_ice_endpoint_unref (call->endpoint);
  g_clear_pointer (&call->identity, gst_ice_identity_unref);
  g_free (call->subject);
  g_free (call->request_id);
}

void
gst_ice_service_call_begin (GstIceServiceCall * call)
{
  call->began_us = gst_ice_clock_get_monotonic (get_clock (call));
  call->signed_us = gst_ice_clock_get_service_time (get_clock (call),
      call->endpoint->host);
}

gchar *
gst_ice_service_call_format_time (const GstIceServiceCall * call,
    const gchar * format)
{
  g_autoptr (GDateTime) date =
      g_date_time_new_from_unix_utc (call->signed_us / G_USEC_PER_SEC);

  return g_date_time_format (date, format);
}

/* Nonce, date and signature are new for each attempt. */
void
gst_ice_service_call_sign_acs3 (const GstIceServiceCall * call,
    GstIceHttpRequest * request, const gchar * version, const gchar * query)
{
  g_autofree gchar *date =
      gst_ice_service_call_format_time (call, GST_ICE_ACS3_TIME_FORMAT);
  g_autofree gchar *nonce = g_uuid_string_random ();
  g_autofree gchar *digest = gst_ice_sha256_hex ("", 0);
  const gchar *token = gst_ice_identity_peek_token (call->identity);
  const GstIcePair headers[] = {
    {"host", gst_ice_http_request_get_host (request)},
    {"x-acs-action", call->operation},
    {"x-acs-version", version},
    {"x-acs-date", date},
    {"x-acs-signature-nonce", nonce},
    {"x-acs-content-sha256", digest},
    {"x-acs-security-token", token},
  };
  gsize n = G_N_ELEMENTS (headers) - (token == NULL ? 1 : 0);
  gchar *authorization = gst_ice_acs3_authorization (call->identity, "POST",
      "/", query, headers, n);
  gsize i;

  /* The first one is Host, which the HTTP client writes itself. */
  for (i = 1; i < n; i++)
    gst_ice_http_request_add_header (request, headers[i].name,
        headers[i].value);
  gst_ice_http_request_add_header (request, "authorization", authorization);
  gst_ice_http_request_add_header (request, "accept", "application/json");
  gst_ice_secret_free_string (authorization);
}

void
gst_ice_service_call_answered (GstIceServiceCall * call,
    const gchar * request_id)
{
  call->request_id = gst_ice_redact_id (call->identity, request_id);
}

gint64
gst_ice_service_call_get_answer_time (const GstIceServiceCall * call,
    gint64 date_us, gint64 received_us)
{
  gint64 time_us = call->signed_us + received_us - call->began_us;

  if (date_us < 0 || ABS (date_us - time_us) > ALLOWED_SKEW_US)
    return time_us;

  return date_us;
}

gint64
gst_ice_service_call_read_time (const gchar * text, gint64 date_us)
{
  g_autoptr (GDateTime) date =
      text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  if (date == NULL)
    return date_us;

  return g_date_time_to_unix (date) * G_USEC_PER_SEC
      + g_date_time_get_microsecond (date);
}

/* What was granted proves the clock that it was signed with. What was refused
 * for the time is believed where it tells the right one. */
static void
learn_clock (const GstIceServiceCall * call,
    const GstIceHttpResponse * response, const GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (error == NULL)
    gst_ice_clock_learn (get_clock (call), call->endpoint->host,
        call->signed_us, call->began_us);
  else if (gst_ice_error_is (error, GST_ICE_ERROR_CLOCK_SKEW)
      && details->server_time_us >= 0)
    gst_ice_clock_learn (get_clock (call), call->endpoint->host,
        details->server_time_us, response->received_us);
}

GError *
gst_ice_service_call_new_nonsense (const GstIceServiceCall * call,
    guint status, const gchar * reason)
{
  const GstIceErrorDetails details = {
    .service = call->service,.operation = call->operation,.part = call->part,
    .http_status = status,.request_id = call->request_id,
    .retry_after_us = -1,.server_time_us = -1
  };

  return gst_ice_error_new_from_answer (GST_ICE_ERROR_PROTOCOL, &details,
      reason, call->request_id == NULL ? GST_ICE_SERVICE_STRANGER : NULL);
}

void
gst_ice_service_call_name (const GstIceServiceCall * call, GError ** error)
{
  GstIceErrorDetails *details = gst_ice_error_get_details (*error);

  if (details == NULL || details->operation != NULL)
    return;

  details->service = call->service;
  details->operation = call->operation;
  details->part = call->part;
  if (call->part > 0)
    g_prefix_error (error, "%s of part %u: ", call->operation, call->part);
  else
    g_prefix_error (error, "%s: ", call->operation);
}

void
gst_ice_service_call_end (const GstIceServiceCall * call,
    const GstIceHttpResponse * response, GError ** error)
{
  GstIceRequestLog log = {
    .operation = call->operation,
    .part = call->part,
    .bytes = call->bytes,
    .duration_us =
        gst_ice_clock_get_monotonic (get_clock (call)) - call->began_us,
    .status = response != NULL ? response->status : 0,
    .request_id = call->request_id,
    .object = call->subject != NULL ? call->subject : "",
  };

  gst_ice_service_call_name (call, error);
  learn_clock (call, response, *error);
  log.error = *error;
  gst_ice_request_log_write (&log, call->log_level);
}
