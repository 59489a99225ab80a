/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reading of ICE's answers: JSON as a rule, XML from the gateway in front of
 * it, and anything at all from a proxy.
 *
 * Runs on: the network thread.
 *
 * UploadAuth passes through here; the places where it lay are wiped. */

#include "ice/ice-answer.h"

#include <openssl/crypto.h>

#include "common/json.h"
#include "common/number.h"
#include "common/secret.h"
#include "common/xml.h"

/* Of a member with a capital: the service is seen to write it without, too.
 * (transfer full) */
static gchar *
dup_member (JsonObject * object, const gchar * name)
{
  const gchar *value = gst_ice_json_get_string (object, name);

  if (value == NULL) {
    g_autofree gchar *uncapitalized = g_strdup (name);

    uncapitalized[0] = g_ascii_tolower (uncapitalized[0]);
    value = gst_ice_json_get_string (object, uncapitalized);
  }

  return g_strdup (value);
}

static void
read_json (GstIceAnswer * answer)
{
  JsonObject *object = json_node_get_object (answer->json);

  answer->code = dup_member (object, "Code");
  answer->message = dup_member (object, "Message");
  answer->request_id = dup_member (object, "RequestId");
  answer->server_time = dup_member (object, "ServerTime");
}

/* The gateway in front of the service answers in XML now and then. */
static gboolean
take_xml (const gchar * parent, const gchar * name, const gchar * text,
    gpointer user_data, GError ** error)
{
  GstIceAnswer *answer = user_data;
  gchar **field = NULL;

  if (g_str_equal (name, "Code"))
    field = &answer->code;
  else if (g_str_equal (name, "Message"))
    field = &answer->message;
  else if (g_str_equal (name, "RequestId"))
    field = &answer->request_id;
  else if (g_str_equal (name, "ServerTime"))
    field = &answer->server_time;

  if (field != NULL && g_str_equal (parent, "Error")) {
    g_free (*field);
    *field = g_strdup (text);
  }

  return TRUE;
}

/* Takes the body out of @response, so that it can be wiped. */
static void
read_body (GstIceAnswer * answer, GstIceHttpResponse * response)
{
  gsize size;
  gchar *data = g_bytes_unref_to_data (response->body, &size);

  response->body = g_bytes_new_static ("", 0);
  answer->json = gst_ice_json_parse_object (data, size, NULL);
  if (answer->json != NULL)
    read_json (answer);
  else
    gst_ice_xml_parse (data, size, "Error", take_xml, answer, NULL);

  OPENSSL_cleanse (data, size);
  g_free (data);
}

/* Retry-After, or the service's own header, in milliseconds. */
static gint64
read_retry_after (const GstIceHttpResponse * response)
{
  gint64 wait_us = gst_ice_http_response_get_retry_after (response);
  const gchar *text =
      gst_ice_http_response_get_header (response, "x-acs-retry-after");
  guint64 wait_ms;

  if (text != NULL
      && gst_ice_parse_number (text, 0, G_MAXINT, &wait_ms))
    wait_us = MAX (wait_us, (gint64) wait_ms * 1000);

  return wait_us;
}

GstIceAnswer *
gst_ice_answer_new (GstIceHttpResponse * response)
{
  GstIceAnswer *answer = g_new0 (GstIceAnswer, 1);
  gboolean has_body;

  answer->status = response->status;
  answer->date_us = response->date_us;
  answer->received_us = response->received_us;
  answer->retry_after_us = read_retry_after (response);
  has_body = g_bytes_get_size (response->body) > 0;
  read_body (answer, response);
  if (answer->request_id == NULL)
    answer->request_id =
        g_strdup (gst_ice_http_response_get_header (response,
            "x-acs-request-id"));
  answer->is_foreign = answer->json == NULL && answer->code == NULL
      && (has_body || answer->request_id == NULL);

  return answer;
}

void
gst_ice_answer_free (GstIceAnswer * answer)
{
  gst_ice_json_free_secret (answer->json);
  g_free (answer->code);
  gst_ice_secret_free_string (answer->message);
  g_free (answer->request_id);
  g_free (answer->server_time);
  g_free (answer);
}
