/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Reading of successful answers. What cannot be used is an error here, so that
 * nothing strange travels on: not an ETag with a line feed in it, not a list
 * of parts that leads in circles. */

#include "oss/oss-reply.h"

#include "common/error.h"
#include "common/number.h"
#include "oss/oss-request.h"
#include "oss/oss-xml.h"

static gboolean
fail (GError ** error, const gchar * reason)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL, "%s", reason);
}

static const gchar *
get_body (const GstIceHttpResponse * response, gsize * size)
{
  return g_bytes_get_data (response->body, size);
}

static void
read_crc64 (const GstIceHttpResponse * response, GstIceOssReply * reply)
{
  const gchar *text =
      gst_ice_http_response_get_header (response, "x-oss-hash-crc64ecma");

  if (text != NULL)
    reply->has_crc64 =
        gst_ice_parse_number (text, 0, G_MAXUINT64, &reply->crc64);
}

/* The ETag header, as far as it can be sent back later. */
static void
read_etag (const GstIceHttpResponse * response, GstIceOssReply * reply)
{
  const gchar *etag = gst_ice_http_response_get_header (response, "ETag");

  if (etag != NULL && gst_ice_oss_xml_is_etag (etag))
    reply->etag = g_strdup (etag);
}

gboolean
gst_ice_oss_reply_read_headers (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error)
{
  read_etag (response, reply);
  read_crc64 (response, reply);

  return TRUE;
}

/* An answer without an ETag is not OSS's own. */
gboolean
gst_ice_oss_reply_read_stored (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error)
{
  gst_ice_oss_reply_read_headers (request, response, reply, NULL);

  return reply->etag != NULL || fail (error, "the answer has no ETag");
}

gboolean
gst_ice_oss_reply_read_initiated (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error)
{
  gsize size;
  const gchar *data = get_body (response, &size);

  reply->upload_id = gst_ice_oss_xml_parse_initiate (data, size, error);

  return reply->upload_id != NULL;
}

gboolean
gst_ice_oss_reply_read_completed (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error)
{
  gsize size;
  const gchar *data = get_body (response, &size);

  read_crc64 (response, reply);
  reply->etag = gst_ice_oss_xml_parse_complete (data, size, error);

  return reply->etag != NULL;
}

gboolean
gst_ice_oss_reply_read_list (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error)
{
  gsize size;
  const gchar *data = get_body (response, &size);

  reply->parts = gst_ice_oss_xml_parse_list_parts (data, size,
      request->marker, &reply->next_marker, error);

  return reply->parts != NULL;
}

gboolean
gst_ice_oss_reply_read_head (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error)
{
  const gchar *length =
      gst_ice_http_response_get_header (response, "Content-Length");
  guint64 size;

  read_etag (response, reply);
  read_crc64 (response, reply);
  if (length != NULL
      && gst_ice_parse_number (length, 0, G_MAXINT64, &size))
    reply->size = size;

  return TRUE;
}

void
gst_ice_oss_reply_free (GstIceOssReply * reply)
{
  g_free (reply->request_id);
  g_free (reply->upload_id);
  g_free (reply->etag);
  g_clear_pointer (&reply->parts, g_ptr_array_unref);
  g_free (reply);
}
