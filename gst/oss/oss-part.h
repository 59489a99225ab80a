/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A part as OSS knows it. Plain data. */

#pragma once

#include <glib.h>

/* A part as OSS knows it: a row of CompleteMultipartUpload or of ListParts. */
typedef struct
{
  guint number;         /* part number, 1 to 10,000 */
  gchar *etag;          /* (owned) as OSS gave it, quotes included */
  guint64 size;         /* bytes */
} GstIceOssPart;

GstIceOssPart *gst_ice_oss_part_new (guint number, const gchar * etag,
    guint64 size);
void gst_ice_oss_part_free (GstIceOssPart * part);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssPart, gst_ice_oss_part_free)
