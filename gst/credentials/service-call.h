/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One call of a service, as ICE, OSS and STS have it in common: whose clock it
 * goes by, what is signed when, what is learnt from the answer, and the line in
 * the log.
 *
 * Runs on: the network thread. Part of what belongs to the call's task. */

#pragma once

#include <gst/gst.h>

#include "common/error.h"
#include "credentials/identity.h"
#include "http/http-client.h"

/* What is to be known of an answer that carries nothing of the service's. */
#define GST_ICE_SERVICE_STRANGER "the answer is not the service's own: " \
    "something in between, such as a proxy or a login page, has sent it"

typedef struct
{
  const gchar *service;     /* "ice", "oss" or "sts"; a static string */
  const gchar *operation;   /* in the service's words; a static string */
  guint part;               /* part number, or 0 */
  GstIceHttpClient *http;   /* (owned) what sends it */
  GstIceEndpoint *endpoint; /* (owned) where to */
  GstIceIdentity *identity; /* (owned) (nullable) who signs; what is masked in
                             * all texts */
  gchar *subject;           /* (owned) (nullable) media id, object key or role,
                             * for the log */
  GstDebugLevel log_level;  /* of a success */
  guint64 bytes;            /* of the body that went out */
  gint64 began_us;          /* monotonic time at which it was made ready */
  gint64 signed_us;         /* the service's time then, in microseconds since
                             * 1970 */
  gchar *request_id;        /* (owned) (nullable) the answer's, fit to be
                             * shown */
} GstIceServiceCall;

/* Fills in an empty @call. */
void gst_ice_service_call_init (GstIceServiceCall * call,
    const gchar * service, const gchar * operation, GstIceHttpClient * http,
    GstIceEndpoint * endpoint);
void gst_ice_service_call_clear (GstIceServiceCall * call);

/* The call begins now: this is the time that it is signed with. */
void gst_ice_service_call_begin (GstIceServiceCall * call);

/* That time by @format of g_date_time_format(). (transfer full) */
gchar *gst_ice_service_call_format_time (const GstIceServiceCall * call,
    const gchar * format);

/* Signs @request, a POST of nothing to `/?query`, with ACS3-HMAC-SHA256 as ICE
 * and STS want it. @version: of the API. @query: canonical. */
void gst_ice_service_call_sign_acs3 (const GstIceServiceCall * call,
    GstIceHttpRequest * request, const gchar * version, const gchar * query);

/* Takes note of an answer. @request_id: (nullable): what came with it. */
void gst_ice_service_call_answered (GstIceServiceCall * call,
    const gchar * request_id);

/* The service's time at @received_us of the monotonic clock, when it granted
 * the call: @date_us, its Date or -1, unless the call, signed as it was, could
 * not have been granted then. */
gint64 gst_ice_service_call_get_answer_time (const GstIceServiceCall * call,
    gint64 date_us, gint64 received_us);

/* The time that a refusal for the time tells: @text (nullable), the ServerTime
 * in it, or else the answer's @date_us. -1 if it tells none. */
gint64 gst_ice_service_call_read_time (const gchar * text, gint64 date_us);

/* The error for an answer that says success and yet makes no sense.
 * (transfer full) */
GError *gst_ice_service_call_new_nonsense (const GstIceServiceCall * call,
    guint status, const gchar * reason);

/* Has @error, one from below that knows of no service, say which call it ends.
 * @error: (inout) (nullable) */
void gst_ice_service_call_name (const GstIceServiceCall * call,
    GError ** error);

/* The call ends, with @error unless that is set to NULL: names it, learns the
 * service's clock, and writes the line in the log. @response: (nullable): the
 * answer. */
void gst_ice_service_call_end (const GstIceServiceCall * call,
    const GstIceHttpResponse * response, GError ** error);
