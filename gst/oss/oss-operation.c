/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The operations, each with how its answer is read. What cannot be used of an
 * answer is an error here, so that nothing strange travels on: not an ETag with
 * a line feed in it, not a list of parts that leads in circles.
 *
 * Runs on: the network thread; pure functions. */

#include "oss/oss-operation.h"

#include "common/error.h"
#include "common/number.h"
#include "oss/oss-xml.h"

#define RESPONSE_LIMIT (256 * 1024)

/* A page has up to 1,000 parts, in about 200 KiB. */
#define LIST_RESPONSE_LIMIT (1024 * 1024)

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

/* An answer without an ETag is not OSS's own. */
static gboolean
read_stored (const GstIceHttpResponse * response, guint marker,
    GstIceOssReply * reply, GError ** error)
{
  read_etag (response, reply);
  read_crc64 (response, reply);

  return reply->etag != NULL || fail (error, "the answer has no ETag");
}

static gboolean
read_initiated (const GstIceHttpResponse * response, guint marker,
    GstIceOssReply * reply, GError ** error)
{
  gsize size;
  const gchar *data = get_body (response, &size);

  reply->upload_id = gst_ice_oss_xml_parse_initiate (data, size, error);

  return reply->upload_id != NULL;
}

static gboolean
read_completed (const GstIceHttpResponse * response, guint marker,
    GstIceOssReply * reply, GError ** error)
{
  gsize size;
  const gchar *data = get_body (response, &size);
  g_autofree gchar *etag = gst_ice_oss_xml_parse_complete (data, size, error);

  read_crc64 (response, reply);
  if (etag != NULL && *etag != '\0')
    reply->etag = g_strdup (etag);

  return etag != NULL;
}

static gboolean
read_list (const GstIceHttpResponse * response, guint marker,
    GstIceOssReply * reply, GError ** error)
{
  gsize size;
  const gchar *data = get_body (response, &size);

  reply->parts = gst_ice_oss_xml_parse_list_parts (data, size,
      marker, &reply->next_marker, error);

  return reply->parts != NULL;
}

/* Of whatever object: one of its marks is there. The size alone may be that of
 * a page that something in between has sent. */
static gboolean
read_head (const GstIceHttpResponse * response, guint marker,
    GstIceOssReply * reply, GError ** error)
{
  const gchar *length =
      gst_ice_http_response_get_header (response, "Content-Length");
  guint64 size;

  read_etag (response, reply);
  read_crc64 (response, reply);
  if (length != NULL
      && gst_ice_parse_number (length, 0, G_MAXINT64, &size))
    reply->size = size;

  if (reply->etag == NULL && !reply->has_crc64)
    return fail (error, "the answer has neither ETag nor CRC-64");

  return TRUE;
}

const GstIceOssOperation gst_ice_oss_put_object = {
  "PutObject", "PUT", GST_LEVEL_DEBUG, RESPONSE_LIMIT, 200, read_stored
};

const GstIceOssOperation gst_ice_oss_initiate = {
  "InitiateMultipartUpload", "POST", GST_LEVEL_DEBUG, RESPONSE_LIMIT, 200,
  read_initiated
};

const GstIceOssOperation gst_ice_oss_upload_part = {
  "UploadPart", "PUT", GST_LEVEL_LOG, RESPONSE_LIMIT, 200, read_stored
};

const GstIceOssOperation gst_ice_oss_complete = {
  "CompleteMultipartUpload", "POST", GST_LEVEL_DEBUG, RESPONSE_LIMIT, 200,
  read_completed
};

const GstIceOssOperation gst_ice_oss_abort = {
  "AbortMultipartUpload", "DELETE", GST_LEVEL_DEBUG, RESPONSE_LIMIT, 204, NULL
};

const GstIceOssOperation gst_ice_oss_list_parts = {
  "ListParts", "GET", GST_LEVEL_DEBUG, LIST_RESPONSE_LIMIT, 200, read_list
};

const GstIceOssOperation gst_ice_oss_head_object = {
  "HeadObject", "HEAD", GST_LEVEL_DEBUG, RESPONSE_LIMIT, 200, read_head
};

const GstIceOssOperation gst_ice_oss_option_object = {
  "OptionObject", "OPTIONS", GST_LEVEL_DEBUG, RESPONSE_LIMIT, 200, NULL
};
