/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One line in the log for each request to a service, in the category
 * `icerequest`.
 *
 * Any thread. The caller sees to it that no secret is in what it passes. */

#pragma once

#include <gst/gst.h>

/* How a request went. */
typedef struct
{
  const gchar *operation;  /* in the service's words */
  guint part;              /* part number, or 0 */
  guint64 bytes;           /* of the body that went out */
  gint64 duration_us;      /* from the request to the end of the answer,
                            * waiting for a connection included */
  guint status;            /* HTTP status, or 0 if no answer came */
  const gchar *request_id; /* (nullable) the service's */
  const gchar *object;     /* media id or object key */
  const GError *error;     /* (nullable) why it failed */
} GstIceRequestLog;

/* Writes the line. @level: of a success; what failed is never above
 * GST_LEVEL_DEBUG. */
void gst_ice_request_log_write (const GstIceRequestLog * log,
    GstDebugLevel level);
