/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Which streams may follow another one; see the header.
 *
 * Runs on: any thread. */

#include "icesink/resume.h"

static const gchar *const formats[] = {
  "video/mpegts",
  "audio/mpeg, mpegversion=1",
  "audio/mpeg, mpegversion={2, 4}, stream-format=adts",
  "video/x-h264, stream-format=byte-stream",
  "video/x-h265, stream-format=byte-stream",
  "application/ogg; audio/ogg; video/ogg",
};

/* TRUE if both are of @format. */
static gboolean
are_of (const gchar * format, const GstCaps * a, const GstCaps * b)
{
  g_autoptr (GstCaps) format_caps = gst_caps_from_string (format);

  return gst_caps_is_subset (a, format_caps)
      && gst_caps_is_subset (b, format_caps);
}

gboolean
gst_ice_resume_can_append (const gchar * left_caps, const GstCaps * caps)
{
  g_autoptr (GstCaps) left = NULL;
  guint i;

  if (left_caps == NULL || caps == NULL)
    return FALSE;
  left = gst_caps_from_string (left_caps);
  if (left == NULL || !gst_caps_is_fixed (left) || !gst_caps_is_fixed (caps))
    return FALSE;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    if (are_of (formats[i], left, caps))
      return TRUE;
  }

  return FALSE;
}
