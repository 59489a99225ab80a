/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Requests: plain data, made by one constructor for each operation. */

#include "oss/oss-request.h"

#include <string.h>

#include "oss/oss-signer.h"
#include "oss/oss-xml.h"

static GstIceOssRequest *
request_new (const GstIceOssOperation * operation, const gchar * upload_id)
{
  GstIceOssRequest *request = g_new0 (GstIceOssRequest, 1);

  request->operation = operation;
  request->upload_id = g_strdup (upload_id);

  return request;
}

static void
request_set_body (GstIceOssRequest * request, GPtrArray * bytes, guint64 size)
{
  request->bytes = g_ptr_array_ref (bytes);
  request->size = size;
}

GstIceOssRequest *
gst_ice_oss_request_new_put_object (const gchar * content_type,
    GPtrArray * bytes, guint64 size)
{
  GstIceOssRequest *request = request_new (&gst_ice_oss_put_object, NULL);

  request->content_type = g_strdup (content_type);
  request_set_body (request, bytes, size);

  return request;
}

GstIceOssRequest *
gst_ice_oss_request_new_initiate (const gchar * content_type)
{
  GstIceOssRequest *request = request_new (&gst_ice_oss_initiate, NULL);

  request->content_type = g_strdup (content_type);

  return request;
}

GstIceOssRequest *
gst_ice_oss_request_new_upload_part (const gchar * upload_id,
    guint part_number, GPtrArray * bytes, guint64 size)
{
  GstIceOssRequest *request = request_new (&gst_ice_oss_upload_part, upload_id);

  request->part_number = part_number;
  request_set_body (request, bytes, size);

  return request;
}

GstIceOssRequest *
gst_ice_oss_request_new_upload_part_from (const gchar * upload_id,
    guint part_number, GInputStream * stream, guint64 size)
{
  GstIceOssRequest *request = request_new (&gst_ice_oss_upload_part, upload_id);

  request->part_number = part_number;
  request->stream = g_object_ref (stream);
  request->size = size;

  return request;
}

GstIceOssRequest *
gst_ice_oss_request_new_complete (const gchar * upload_id, GPtrArray * parts)
{
  GstIceOssRequest *request = request_new (&gst_ice_oss_complete, upload_id);
  g_autoptr (GPtrArray) body =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gchar *xml = gst_ice_oss_xml_build_complete (parts);
  gsize size = strlen (xml);

  request->content_type = g_strdup ("application/xml");
  g_ptr_array_add (body, g_bytes_new_take (xml, size));
  request_set_body (request, body, size);

  return request;
}

GstIceOssRequest *
gst_ice_oss_request_new_abort (const gchar * upload_id)
{
  return request_new (&gst_ice_oss_abort, upload_id);
}

GstIceOssRequest *
gst_ice_oss_request_new_list_parts (const gchar * upload_id, guint marker)
{
  GstIceOssRequest *request = request_new (&gst_ice_oss_list_parts, upload_id);

  request->marker = marker;

  return request;
}

GstIceOssRequest *
gst_ice_oss_request_new_head_object (void)
{
  return request_new (&gst_ice_oss_head_object, NULL);
}

GstIceOssRequest *
gst_ice_oss_request_new_option_object (void)
{
  return request_new (&gst_ice_oss_option_object, NULL);
}

void
gst_ice_oss_request_set_progress (GstIceOssRequest * request,
    GstIceHttpProgressFunc func, gpointer user_data)
{
  request->progress = func;
  request->progress_data = user_data;
}

void
gst_ice_oss_request_free (GstIceOssRequest * request)
{
  g_free (request->upload_id);
  g_free (request->content_type);
  g_clear_pointer (&request->bytes, g_ptr_array_unref);
  g_clear_object (&request->stream);
  g_free (request);
}

const gchar *
gst_ice_oss_request_get_operation (const GstIceOssRequest * request)
{
  return request->operation->name;
}

gchar *
gst_ice_oss_request_get_query (const GstIceOssRequest * request)
{
  g_autofree gchar *part = g_strdup_printf ("%u", request->part_number);
  g_autofree gchar *marker = g_strdup_printf ("%u", request->marker);
  GstIcePair query[3];
  gsize n = 0;

  if (request->operation == &gst_ice_oss_initiate)
    query[n++] = (GstIcePair) { "uploads", NULL };
  if (request->upload_id != NULL)
    query[n++] = (GstIcePair) { "uploadId", request->upload_id };
  if (request->part_number > 0)
    query[n++] = (GstIcePair) { "partNumber", part };
  if (request->marker > 0)
    query[n++] = (GstIcePair) { "part-number-marker", marker };

  return gst_ice_oss_signer_canonical_query (query, n);
}
