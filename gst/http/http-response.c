/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A response: plain data, owned by whom it was handed to. All of it comes
 * from the network and may be anything. */

#include "http/http-response.h"

#include <string.h>

#include <openssl/crypto.h>

/* A day: more than anybody would wait. */
#define MAX_RETRY_AFTER_SECONDS (24 * 60 * 60)

static gint64
parse_date (const gchar * text)
{
  g_autoptr (GDateTime) date = NULL;

  if (!text)
    return -1;
  date = soup_date_time_new_from_http_string (text);
  if (!date)
    return -1;

  return g_date_time_to_unix (date) * G_USEC_PER_SEC;
}

static GHashTable *
copy_headers (SoupMessageHeaders * headers)
{
  GHashTable *copy =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    g_hash_table_insert (copy, g_ascii_strdown (name, -1), g_strdup (value));

  return copy;
}

GstIceHttpResponse *
gst_ice_http_response_new (SoupMessage * message, gint64 received_us)
{
  GstIceHttpResponse *response = g_new0 (GstIceHttpResponse, 1);

  response->status = soup_message_get_status (message);
  response->body = g_bytes_new_static ("", 0);
  response->received_us = received_us;
  response->headers =
      copy_headers (soup_message_get_response_headers (message));
  response->date_us =
      parse_date (gst_ice_http_response_get_header (response, "Date"));

  return response;
}

void
gst_ice_http_response_take_body (GstIceHttpResponse * response,
    GByteArray * body)
{
  gsize size = body->len;

  g_byte_array_append (body, (const guint8 *) "", 1);
  g_bytes_unref (response->body);
  response->body = g_bytes_new_take (g_byte_array_free (body, FALSE), size);
}

const gchar *
gst_ice_http_response_get_header (const GstIceHttpResponse * response,
    const gchar * name)
{
  g_autofree gchar *key = g_ascii_strdown (name, -1);

  return g_hash_table_lookup (response->headers, key);
}

/* From now, which is the server's own date where it gave one. */
static gint64
parse_retry_date (const GstIceHttpResponse * response, const gchar * text)
{
  gint64 date = parse_date (text);
  gint64 now = response->date_us >= 0 ? response->date_us : g_get_real_time ();

  if (date < 0)
    return -1;

  return CLAMP (date - now, 0,
      MAX_RETRY_AFTER_SECONDS * (gint64) G_USEC_PER_SEC);
}

gint64
gst_ice_http_response_get_retry_after (const GstIceHttpResponse * response)
{
  const gchar *text =
      gst_ice_http_response_get_header (response, "Retry-After");
  guint64 seconds;

  if (!text)
    return -1;
  if (!g_ascii_isdigit (text[0]))
    return parse_retry_date (response, text);
  if (text[strspn (text, G_CSET_DIGITS)] != '\0')
    return -1;
  /* Saturates at the largest number. */
  seconds = g_ascii_strtoull (text, NULL, 10);

  return MIN (seconds, MAX_RETRY_AFTER_SECONDS) * (gint64) G_USEC_PER_SEC;
}

void
gst_ice_http_response_free (GstIceHttpResponse * response)
{
  gsize size;
  gpointer body = g_bytes_unref_to_data (response->body, &size);

  /* Nobody may have read it. */
  if (body)
    OPENSSL_cleanse (body, size);
  g_free (body);
  g_hash_table_unref (response->headers);
  g_free (response);
}
