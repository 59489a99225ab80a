/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Caps to Content-Type; see the header. Any thread.
 *
 * GStreamer's media types are mostly those of the IANA registry; the table has
 * those that differ, or that depend on a field. */

#include "icesink/content-type.h"

static const struct
{
  const gchar *caps;
  const gchar *content_type;
} content_types[] = {
  {"video/quicktime, variant = (string) apple", "video/quicktime"},
  {"video/quicktime, variant = (string) 3gpp", "video/3gpp"},
  {"video/quicktime, variant = (string) 3g2", "video/3gpp2"},
  {"video/quicktime", "video/mp4"},
  {"video/mpegts", "video/mp2t"},
  {"video/mpeg, systemstream = (boolean) true", "video/mp2p"},
  {"audio/x-m4a", "audio/mp4"},
  {"audio/x-wav", "audio/wav"},
  {"audio/x-aiff", "audio/aiff"},
  {"audio/x-flac", "audio/flac"},
  {"video/ogg", "video/ogg"},
  {"audio/ogg", "audio/ogg"},
  {"application/ogg", "application/ogg"},
  {"audio/mpeg, mpegversion = (int) 1", "audio/mpeg"},
  {"audio/mpeg, mpegversion = (int) { 2, 4 }", "audio/aac"},
  {"image/jpeg", "image/jpeg"},
  {"image/png", "image/png"},
  {"image/gif", "image/gif"},
  {"video/x-matroska", "video/x-matroska"},
  {"video/x-matroska-3d", "video/x-matroska"},
  {"audio/x-matroska", "audio/x-matroska"},
  {"video/webm", "video/webm"},
  {"audio/webm", "audio/webm"},
  {"video/x-flv", "video/x-flv"},
  {"video/x-msvideo", "video/x-msvideo"},
  {"video/x-ms-asf", "video/x-ms-asf"},
  {"application/mxf", "application/mxf"},
  {"video/mj2", "video/mj2"},
};

const gchar *
gst_ice_content_type_from_caps (const GstCaps * caps)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (content_types); i++) {
    g_autoptr (GstCaps) known = gst_caps_from_string (content_types[i].caps);

    if (gst_caps_is_subset (caps, known))
      return content_types[i].content_type;
  }

  return "application/octet-stream";
}
