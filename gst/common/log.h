/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The log categories of the plugin. `GST_DEBUG=ice*:5` shows them all. A file
 * says which one is its own:
 *
 *     #define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_HTTP)
 */

#pragma once

#include <gst/gst.h>

typedef enum
{
  GST_ICE_LOG_SINK,        /* `icesink`: the element */
  GST_ICE_LOG_UPLOAD,      /* `iceupload`: one upload from start to end */
  GST_ICE_LOG_LEASE,       /* `icelease`: upload credentials and their
                            * renewal */
  GST_ICE_LOG_RECORDING,   /* `icerecording`: the byte stream */
  GST_ICE_LOG_SPOOL,       /* `icespool`: recordings on disk */
  GST_ICE_LOG_CLIENT,      /* `iceclient`: calls of ICE */
  GST_ICE_LOG_OSS,         /* `iceoss`: operations of OSS */
  GST_ICE_LOG_CREDENTIALS, /* `icecredentials`: where the identity comes
                            * from */
  GST_ICE_LOG_HTTP,        /* `icehttp`: HTTP */
  GST_ICE_LOG_REQUEST,     /* `icerequest`: one line for each request */
  GST_ICE_LOG_N,           /* how many there are */
} GstIceLogCategory;

/* Makes all categories when one is wanted first. Any thread. */
GstDebugCategory *gst_ice_log_get (GstIceLogCategory category);
