/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* How the answer of each operation becomes a reply.
 *
 * Private to this folder. Network thread. */

#pragma once

#include "oss/oss-client.h"

G_BEGIN_DECLS

/* Fills @reply from a successful @response to @request.
 * Errors: GST_ICE_ERROR_PROTOCOL. */
typedef gboolean (*GstIceOssReadFunc) (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error);

/* Of PutObject and UploadPart. */
gboolean gst_ice_oss_reply_read_stored (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error);

/* Of InitiateMultipartUpload. */
gboolean gst_ice_oss_reply_read_initiated (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error);

/* Of CompleteMultipartUpload. */
gboolean gst_ice_oss_reply_read_completed (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error);

/* Of ListParts. */
gboolean gst_ice_oss_reply_read_list (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error);

/* Of HeadObject. */
gboolean gst_ice_oss_reply_read_head (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error);

/* The headers alone, where there is no body to read: always succeeds. */
gboolean gst_ice_oss_reply_read_headers (const GstIceOssRequest * request,
    const GstIceHttpResponse * response, GstIceOssReply * reply,
    GError ** error);

G_END_DECLS
