/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* From an error of ours to the one that GStreamer's users see. */

#pragma once

#include <gst/gst.h>

#include "upload/upload.h"

/* The code of GST_RESOURCE_ERROR for @error. @opened: the upload had begun at
 * OSS. Pure function. */
GstResourceError gst_ice_element_error_get_code (const GError * error,
    gboolean opened);

/* The one error message of a failed upload, with details. (transfer full) */
GstMessage *gst_ice_element_error_new_message (GstElement * element,
    const GError * error, const gchar * media_id, gboolean opened,
    GstIceOutcome outcome);

/* A warning about what may become one. @text: what a person reads first.
 * @retry_in: until it is tried again, or GST_CLOCK_TIME_NONE. (transfer full) */
GstMessage *gst_ice_element_error_new_warning (GstElement * element,
    const gchar * text, const GError * error, const gchar * media_id,
    gboolean opened, GstIceOutcome outcome, GstClockTime retry_in);
