/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One operation, ready to be sent once. Network thread. */

#pragma once

#include <gio/gio.h>

#include "oss/oss-operation.h"

/* Filled in by its constructor, read by the client. */
typedef struct
{
  /*< private >*/
  const GstIceOssOperation *operation;
  gchar *upload_id;             /* (owned) (nullable) */
  guint part_number;            /* 0: none */
  guint marker;                 /* of ListParts */
  gchar *content_type;          /* (owned) (nullable) */
  GPtrArray *bytes;             /* (owned) (nullable): the body */
  GInputStream *stream;         /* (owned) (nullable): or this */
  guint64 size;
  GstIceHttpProgressFunc progress;
  gpointer progress_data;
} GstIceOssRequest;

/* PutObject. @content_type: (nullable). @bytes: (element-type GBytes): the
 * body, @size bytes together. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_put_object (const gchar *
    content_type, GPtrArray * bytes, guint64 size);

/* InitiateMultipartUpload. @content_type: (nullable). (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_initiate (const gchar *
    content_type);

/* UploadPart. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_upload_part (const gchar *
    upload_id, guint part_number, GPtrArray * bytes, guint64 size);

/* The same with @size bytes that are read from @stream while they are sent.
 * (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_upload_part_from (const gchar *
    upload_id, guint part_number, GInputStream * stream, guint64 size);

/* CompleteMultipartUpload. @parts: (element-type GstIceOssPart): ascending by
 * number. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_complete (const gchar * upload_id,
    GPtrArray * parts);

/* AbortMultipartUpload. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_abort (const gchar * upload_id);

/* ListParts, the page after @marker (0: the first). (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_list_parts (const gchar *
    upload_id, guint marker);

/* HeadObject. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_head_object (void);

/* OptionObject: whether a web page may write to the object. Anybody may ask, so
 * it is the cheapest way to have a connection that is in use: one that never was
 * libsoup closes within seconds. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_option_object (void);

/* @func is told of body bytes as they go out, and of 0 when the first byte of
 * the request may. */
void gst_ice_oss_request_set_progress (GstIceOssRequest * request,
    GstIceHttpProgressFunc func, gpointer user_data);
void gst_ice_oss_request_free (GstIceOssRequest * request);

/* The operation's name in OSS's words; a static string. */
const gchar *gst_ice_oss_request_get_operation (const GstIceOssRequest *
    request);

/* Its canonical query. (transfer full) */
gchar *gst_ice_oss_request_get_query (const GstIceOssRequest * request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssRequest, gst_ice_oss_request_free)
