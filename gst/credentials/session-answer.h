/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A temporary identity in JSON, as STS, the metadata service, a credentials
 * URI or an external program give it. Pure functions. */

#pragma once

#include <json-glib/json-glib.h>

#include "credentials/identity.h"
#include "http/http-client.h"

/* What the members are called. */
typedef struct
{
  const gchar *access_key_id;     /* name of the member */
  const gchar *access_key_secret; /* name of the member */
  const gchar *security_token;    /* name of the member */
  const gchar *expiration;        /* name of the member: a date of ISO 8601
                                   * with its zone */
  gboolean is_session;            /* token and expiration have to be there */
} GstIceSessionForm;

/* AccessKeyId and so on, all required. */
extern const GstIceSessionForm gst_ice_session_form;

typedef struct
{
  gint64 wall_us;       /* the time of the one who gives the answer, since
                         * 1970 */
  gint64 monotonic_us;  /* the same moment by the monotonic clock */
} GstIceSessionTime;

/* The identity in @object. Errors: GST_ICE_ERROR_PROTOCOL; the text names a
 * member and quotes nothing. (transfer full) */
GstIceIdentity *gst_ice_session_decode (JsonObject * object,
    const GstIceSessionForm * form, const GstIceSessionTime * time,
    GError ** error);

/* The JSON object that is @response's body, which is taken out and wiped.
 * Errors: GST_ICE_ERROR_PROTOCOL. Free with gst_ice_json_free_secret().
 * (transfer full) */
JsonNode *gst_ice_session_take_json (GstIceHttpResponse * response,
    GError ** error);

/* The body as text without blanks at its ends; it is taken out and wiped.
 * NULL if it is not all printable ASCII. (transfer full) (nullable) */
gchar *gst_ice_session_take_word (GstIceHttpResponse * response);

/* When @response was received, by its own Date or else by what is known of
 * @host's clock. */
GstIceSessionTime gst_ice_session_get_time (const GstIceHttpResponse *
    response, GstIceClock * clock, const gchar * host);
