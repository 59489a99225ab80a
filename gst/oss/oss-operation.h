/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What is particular to each operation. Private to this folder. */

#pragma once

#include <gst/gst.h>

#include "http/http-client.h"
#include "oss/oss-reply.h"

/* Fills @reply from a successful @response. @marker: of ListParts, the page
 * that was asked for. Errors: GST_ICE_ERROR_PROTOCOL. */
typedef gboolean (*GstIceOssReadFunc) (const GstIceHttpResponse * response,
    guint marker, GstIceOssReply * reply, GError ** error);

typedef struct
{
  const gchar *name;       /* in OSS's words */
  const gchar *method;     /* HTTP method */
  GstDebugLevel log_level; /* of its success; the parts are many */
  gsize response_limit;    /* largest answer in bytes */
  guint success;           /* the one HTTP status that OSS documents for it */
  GstIceOssReadFunc read;  /* (nullable) fills the reply; NULL if the answer
                            * says no more */
} GstIceOssOperation;

extern const GstIceOssOperation gst_ice_oss_put_object;
extern const GstIceOssOperation gst_ice_oss_initiate;
extern const GstIceOssOperation gst_ice_oss_upload_part;
extern const GstIceOssOperation gst_ice_oss_complete;
extern const GstIceOssOperation gst_ice_oss_abort;
extern const GstIceOssOperation gst_ice_oss_list_parts;
extern const GstIceOssOperation gst_ice_oss_head_object;
/* Whether a web page may write here: it is not signed. */
extern const GstIceOssOperation gst_ice_oss_option_object;
