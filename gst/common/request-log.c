/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The log of requests; see the header.
 *
 * A line is a row of name=value, so that programs can read it, in an order
 * that is pleasant to read; the error, which may have blanks in it, is last. */

#include "common/request-log.h"

#include <gio/gio.h>

#include "common/log.h"

static void
append_error (GString * line, const GError * error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_string_append (line, " error=cancelled");
  else
    g_string_append_printf (line, " error=%s", error->message);
}

static gchar *
format_line (const GstIceRequestLog * log)
{
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "operation=%s", log->operation);
  if (log->part > 0)
    g_string_append_printf (line, " part=%u", log->part);
  g_string_append_printf (line, " bytes=%" G_GUINT64_FORMAT " duration=%"
      G_GINT64_FORMAT ".%03d status=%u", log->bytes,
      log->duration_us / G_USEC_PER_SEC,
      (gint) (log->duration_us % G_USEC_PER_SEC / 1000), log->status);
  if (log->request_id != NULL)
    g_string_append_printf (line, " request-id=%s", log->request_id);
  g_string_append_printf (line, " object=%s", log->object);
  if (log->error != NULL)
    append_error (line, log->error);

  return g_string_free (line, FALSE);
}

void
gst_ice_request_log_write (const GstIceRequestLog * log, GstDebugLevel level)
{
  GstDebugCategory *category = gst_ice_log_get (GST_ICE_LOG_REQUEST);
  g_autofree gchar *line = NULL;

  if (log->error != NULL)
    level = MIN (level, GST_LEVEL_DEBUG);
  if (level > gst_debug_category_get_threshold (category))
    return;

  line = format_line (log);
  GST_CAT_LEVEL_LOG (category, level, NULL, "%s", line);
}
