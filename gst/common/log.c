/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The log categories; see the header. Any thread. They are never freed, as
 * GStreamer has it. */

#include "common/log.h"

static const struct
{
  const gchar *name;
  const gchar *description;
} rows[GST_ICE_LOG_N] = {
  [GST_ICE_LOG_SINK] = {"icesink", "upload sink for Alibaba Cloud ICE"},
  [GST_ICE_LOG_UPLOAD] = {"iceupload", "icesink: one upload"},
  [GST_ICE_LOG_LEASE] = {"icelease", "icesink: upload credentials"},
  [GST_ICE_LOG_RECORDING] = {"icerecording", "icesink: the byte stream"},
  [GST_ICE_LOG_SPOOL] = {"icespool", "icesink: recordings on disk"},
  [GST_ICE_LOG_CLIENT] = {"iceclient", "icesink: calls of ICE"},
  [GST_ICE_LOG_OSS] = {"iceoss", "icesink: operations of OSS"},
  [GST_ICE_LOG_CREDENTIALS] = {"icecredentials", "icesink: the identity"},
  [GST_ICE_LOG_HTTP] = {"icehttp", "icesink: HTTP"},
  [GST_ICE_LOG_REQUEST] = {"icerequest", "icesink: one line a request"},
};

GstDebugCategory *
gst_ice_log_get (GstIceLogCategory category)
{
  static GstDebugCategory *categories[GST_ICE_LOG_N];
  static gsize made = 0;
  guint i;

  if (g_once_init_enter (&made)) {
    for (i = 0; i < GST_ICE_LOG_N; i++)
      categories[i] = _gst_debug_category_new (rows[i].name, 0,
          rows[i].description);
    g_once_init_leave (&made, 1);
  }

  return categories[category];
}
