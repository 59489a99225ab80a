/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A part as OSS knows it; see the header. Any thread. */

#include "oss/oss-part.h"

GstIceOssPart *
gst_ice_oss_part_new (guint number, const gchar * etag, guint64 size)
{
  GstIceOssPart *part = g_new0 (GstIceOssPart, 1);

  part->number = number;
  part->etag = g_strdup (etag);
  part->size = size;

  return part;
}

void
gst_ice_oss_part_free (GstIceOssPart * part)
{
  g_free (part->etag);
  g_free (part);
}
