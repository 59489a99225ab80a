/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What a request is made of, and the table of the operations.
 *
 * Private to this folder. Network thread. */

#pragma once

#include <gst/gst.h>

#include "oss/oss-client.h"
#include "oss/oss-reply.h"

G_BEGIN_DECLS

/**
 * GstIceOssOperation:
 * @name: in OSS's words
 * @method: HTTP method
 * @log_level: of its success; the parts are many
 * @response_limit: largest answer in bytes
 * @may_call_back: 203 says that the callback failed, and that the object is
 *     stored
 * @read: (nullable): fills the reply; NULL if nothing is said but 204
 */
typedef struct
{
  const gchar *name;
  const gchar *method;
  GstDebugLevel log_level;
  gsize response_limit;
  gboolean may_call_back;
  GstIceOssReadFunc read;
} GstIceOssOperation;

struct _GstIceOssRequest
{
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
};

/* The canonical query. (transfer full) */
gchar *gst_ice_oss_request_get_query (const GstIceOssRequest * request);

/* `UploadPart of part 3`. (transfer full) */
gchar *gst_ice_oss_request_describe (const GstIceOssRequest * request);

G_END_DECLS
