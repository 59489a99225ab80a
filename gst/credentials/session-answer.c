/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Each member is checked before it is used: what is kept here will be sent in
 * headers.
 *
 * Any thread; pure functions.
 *
 * An expiry is measured against the clock of the one who gave it, so that a
 * device whose own clock is wrong renews in time all the same. */

#include "credentials/session-answer.h"

#include <openssl/crypto.h>

#include "common/error.h"
#include "common/json.h"
#include "common/secret.h"
#include "common/text.h"

const GstIceSessionForm gst_ice_session_form = {
  "AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration", TRUE
};

static gboolean
set_error (GError ** error, const gchar * member, const gchar * reason)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL, "%s %s", member,
      reason);
}

/* The member, or NULL if it is absent, null or empty. */
static const gchar *
get_member (JsonObject * object, const gchar * name)
{
  const gchar *value = gst_ice_json_get_string (object, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

static gboolean
check_keys (JsonObject * object, const GstIceSessionForm * form,
    GError ** error)
{
  const gchar *id = get_member (object, form->access_key_id);
  const gchar *secret = get_member (object, form->access_key_secret);
  const gchar *token = get_member (object, form->security_token);

  if (id == NULL)
    return set_error (error, form->access_key_id, "is not in the answer");
  if (secret == NULL)
    return set_error (error, form->access_key_secret, "is not in the answer");
  if (token == NULL && form->is_session)
    return set_error (error, form->security_token, "is not in the answer");
  if (!gst_ice_identity_is_sendable (id))
    return set_error (error, form->access_key_id,
        "has characters in it that cannot be sent");
  if (!gst_ice_identity_is_sendable (secret))
    return set_error (error, form->access_key_secret,
        "has blanks or control characters in it");
  if (token != NULL && !gst_ice_identity_is_sendable (token))
    return set_error (error, form->security_token,
        "has characters in it that cannot be sent");

  return TRUE;
}

/* The end by the monotonic clock, or -1 if there is none. */
static gboolean
read_end (JsonObject * object, const GstIceSessionForm * form,
    const GstIceSessionTime * time, gint64 * end_us, GError ** error)
{
  const gchar *text = get_member (object, form->expiration);
  g_autoptr (GDateTime) date =
      text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
  gint64 left_us;

  *end_us = -1;
  if (date == NULL)
    return !form->is_session
        || set_error (error, form->expiration, "is not a date in the answer");

  left_us = g_date_time_to_unix (date) * G_USEC_PER_SEC - time->wall_us;
  if (left_us <= 0)
    return set_error (error, form->expiration, "is a date in the past");
  *end_us = time->monotonic_us + left_us;

  return TRUE;
}

GstIceIdentity *
gst_ice_session_decode (JsonObject * object, const GstIceSessionForm * form,
    const GstIceSessionTime * time, GError ** error)
{
  gint64 end_us;

  if (!check_keys (object, form, error)
      || !read_end (object, form, time, &end_us, error))
    return NULL;

  return gst_ice_identity_new_expiring (get_member (object,
          form->access_key_id), get_member (object, form->access_key_secret),
      get_member (object, form->security_token), end_us);
}

/* (transfer full) */
static gchar *
take_body (GstIceHttpResponse * response, gsize * size)
{
  gchar *data = g_bytes_unref_to_data (response->body, size);

  response->body = g_bytes_new_static ("", 0);

  return data;
}

static void
wipe (gchar * data, gsize size)
{
  OPENSSL_cleanse (data, size);
  g_free (data);
}

JsonNode *
gst_ice_session_take_json (GstIceHttpResponse * response, GError ** error)
{
  gsize size;
  gchar *data = take_body (response, &size);
  JsonNode *node = gst_ice_json_parse_object (data, size, error);

  wipe (data, size);
  g_prefix_error_literal (error, "the answer is ");

  return node;
}

gchar *
gst_ice_session_take_word (GstIceHttpResponse * response)
{
  gsize size;
  gchar *data = take_body (response, &size);
  const gchar *text = data;
  gsize length = size;
  gchar *word;

  gst_ice_text_skip_mark (&text, &length);
  word = g_strstrip (g_strndup (text, length));
  wipe (data, size);
  if (gst_ice_identity_is_sendable (word))
    return word;
  gst_ice_secret_free_string (word);

  return NULL;
}

GstIceSessionTime
gst_ice_session_get_time (const GstIceHttpResponse * response,
    GstIceClock * clock, const gchar * host)
{
  gint64 age_us = gst_ice_clock_get_monotonic (clock) - response->received_us;
  GstIceSessionTime time = { response->date_us, response->received_us };

  if (time.wall_us < 0)
    time.wall_us = gst_ice_clock_get_service_time (clock, host) - age_us;

  return time;
}
