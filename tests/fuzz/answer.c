/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The answer; see the header. One thread. */

#include "answer.h"

#include <string.h>

#include "http/http-response.h"

#define DAY_US (24 * 60 * 60 * (gint64) G_USEC_PER_SEC)

/* libsoup cuts the empty line off, too. */
static gsize
find_body (const guint8 * data, gsize size)
{
  gsize i;

  for (i = 0; i + 4 <= size; i++) {
    if (memcmp (data + i, "\r\n\r\n", 4) == 0)
      return i + 4;
  }

  return size;
}

GstIceHttpResponse *
fuzz_answer_new (const guint8 * data, gsize size)
{
  g_autoptr (SoupMessage) message =
      soup_message_new ("GET", "http://localhost/");
  gsize head_size = find_body (data, size);
  GByteArray *body = g_byte_array_new ();
  GstIceHttpResponse *response;
  guint status = 0;

  if (!soup_headers_parse_response ((const char *) data,
          head_size >= 2 ? head_size - 2 : head_size,
          soup_message_get_response_headers (message), NULL, &status, NULL)) {
    g_byte_array_unref (body);
    return NULL;
  }

  response = gst_ice_http_response_new (message, 0);
  response->status = status;
  if (size > head_size)
    g_byte_array_append (body, data + head_size, size - head_size);
  gst_ice_http_response_take_body (response, body);

  return response;
}

void
fuzz_answer_check (const GstIceHttpResponse * response)
{
  gint64 retry_after_us = gst_ice_http_response_get_retry_after (response);

  g_assert_cmpint (retry_after_us, >=, -1);
  g_assert_cmpint (retry_after_us, <=, DAY_US);
}
