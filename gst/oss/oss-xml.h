/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The XML that goes to OSS and comes from it.
 *
 * Pure functions. What is read is bounded and checked: an upload id goes back
 * into a query, an ETag into a list that completes the object. */

#pragma once

#include "oss/oss-part.h"

/* What may be used of an `<Error>`. Its other elements echo the request and
 * with it, perhaps, a token: they are not even kept. Nothing here is fit to
 * be shown yet. */
typedef struct
{
  gchar *code;          /* (owned) (nullable) Code */
  gchar *message;       /* (owned) (nullable) Message, as it came */
  gchar *request_id;    /* (owned) (nullable) RequestId */
  gchar *ec;            /* (owned) (nullable) EC */
  gchar *endpoint;      /* (owned) (nullable) Endpoint, of some AccessDenied
                         * answers */
  gchar *server_time;   /* (owned) (nullable) ServerTime, of
                         * RequestTimeTooSkewed */
} GstIceOssErrorAnswer;

void gst_ice_oss_error_answer_free (GstIceOssErrorAnswer * answer);

/* The `<Error>` in @size bytes of @data; NULL if there is none.
 * (transfer full) (nullable) */
GstIceOssErrorAnswer *gst_ice_oss_xml_parse_error (const gchar * data,
    gsize size);

/* UploadId of an InitiateMultipartUploadResult.
 * Errors: GST_ICE_ERROR_PROTOCOL. (transfer full) */
gchar *gst_ice_oss_xml_parse_initiate (const gchar * data, gsize size,
    GError ** error);

/* ETag of a CompleteMultipartUploadResult, "" if there is none.
 * Errors: GST_ICE_ERROR_PROTOCOL. (transfer full) */
gchar *gst_ice_oss_xml_parse_complete (const gchar * data, gsize size,
    GError ** error);

/* The rows of a ListPartsResult. @marker: the page that was asked for begins
 * behind it; @next_marker: (out): the next one's, or 0 if there is none.
 * Errors: GST_ICE_ERROR_PROTOCOL.
 * (transfer full) (element-type GstIceOssPart) */
GPtrArray *gst_ice_oss_xml_parse_list_parts (const gchar * data, gsize size,
    guint marker, guint * next_marker, GError ** error);

/* The body of CompleteMultipartUpload. @parts: (element-type GstIceOssPart).
 * (transfer full) */
gchar *gst_ice_oss_xml_build_complete (GPtrArray * parts);

/* TRUE if @etag can be kept and sent back. */
gboolean gst_ice_oss_xml_is_etag (const gchar * etag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssErrorAnswer,
    gst_ice_oss_error_answer_free)
