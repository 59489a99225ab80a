/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A request: plain data with one owner at a time.
 *
 * Runs on: any thread until it is sent, the network thread from then on. */

#include "http/http-request.h"

#include <string.h>

#include <openssl/crypto.h>

#define DEFAULT_RESPONSE_LIMIT (256 * 1024)

static void
header_clear (gpointer data)
{
  GstIceHttpHeader *header = data;

  OPENSSL_cleanse (header->value, strlen (header->value));
  g_free (header->value);
  g_free (header->name);
}

GstIceHttpRequest *
gst_ice_http_request_new (const gchar * method, GstIceEndpoint * endpoint,
    const gchar * subdomain, const gchar * target)
{
  GstIceHttpRequest *request = g_new0 (GstIceHttpRequest, 1);

  request->method = method;
  request->endpoint = gst_ice_endpoint_ref (endpoint);
  request->host_name = subdomain
      ? g_strconcat (subdomain, ".", endpoint->host, NULL)
      : g_strdup (endpoint->host);
  request->host = gst_ice_endpoint_get_host_header (endpoint, subdomain);
  request->target = g_strdup (target);
  request->headers = g_array_new (FALSE, FALSE, sizeof (GstIceHttpHeader));
  g_array_set_clear_func (request->headers, header_clear);
  request->response_limit = DEFAULT_RESPONSE_LIMIT;

  return request;
}

void
gst_ice_http_request_free (GstIceHttpRequest * request)
{
  gst_ice_endpoint_unref (request->endpoint);
  g_free (request->host_name);
  g_free (request->host);
  g_free (request->target);
  g_array_unref (request->headers);
  g_clear_pointer (&request->body, g_ptr_array_unref);
  g_clear_object (&request->body_stream);
  g_free (request);
}

const gchar *
gst_ice_http_request_get_host (const GstIceHttpRequest * request)
{
  return request->host;
}

void
gst_ice_http_request_add_header (GstIceHttpRequest * request,
    const gchar * name, const gchar * value)
{
  GstIceHttpHeader header = { g_strdup (name), g_strdup (value) };

  g_array_append_val (request->headers, header);
}

void
gst_ice_http_request_set_body (GstIceHttpRequest * request, GPtrArray * bytes,
    guint64 size)
{
  g_clear_pointer (&request->body, g_ptr_array_unref);
  g_clear_object (&request->body_stream);
  request->body = g_ptr_array_ref (bytes);
  request->body_size = size;
}

void
gst_ice_http_request_set_body_stream (GstIceHttpRequest * request,
    GInputStream * stream, guint64 size)
{
  g_clear_pointer (&request->body, g_ptr_array_unref);
  g_clear_object (&request->body_stream);
  request->body_stream = g_object_ref (stream);
  request->body_size = size;
}

void
gst_ice_http_request_set_timeout (GstIceHttpRequest * request,
    gint64 timeout_us)
{
  request->timeout_us = timeout_us;
}

void
gst_ice_http_request_set_response_limit (GstIceHttpRequest * request,
    gsize limit)
{
  request->response_limit = limit;
}

void
gst_ice_http_request_set_progress (GstIceHttpRequest * request,
    GstIceHttpProgressFunc func, gpointer user_data)
{
  request->progress = func;
  request->progress_data = user_data;
}

gchar *
gst_ice_http_request_dup_path (const GstIceHttpRequest * request)
{
  return g_strndup (request->target, strcspn (request->target, "?"));
}
