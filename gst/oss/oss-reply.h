/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What OSS said to a request that it granted. Plain data. */

#pragma once

#include "oss/oss-part.h"

typedef struct
{
  gchar *request_id;    /* (owned) (nullable) x-oss-request-id */
  gchar *upload_id;     /* (owned) (nullable) of InitiateMultipartUpload */
  gchar *etag;          /* (owned) (nullable) as given, quotes included;
                         * Complete's answer may be without one */
  gboolean has_crc64;   /* x-oss-hash-crc64ecma was there */
  guint64 crc64;        /* its value: of the part, or of the whole object */
  gint64 size;          /* Content-Length of HeadObject, or -1 */
  GPtrArray *parts;     /* (owned) (nullable) (element-type GstIceOssPart) of
                         * ListParts */
  guint next_marker;    /* of ListParts: where the next page begins; 0: it was
                         * the last */
} GstIceOssReply;

void gst_ice_oss_reply_free (GstIceOssReply * reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssReply, gst_ice_oss_reply_free)
