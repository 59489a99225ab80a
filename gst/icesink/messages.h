/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The element messages of the sink, and `stats`, as structures.
 *
 * Pure functions of what is known. Sizes are uint64 bytes, times are
 * GstClockTime. */

#pragma once

#include <gst/gst.h>

#include "upload/upload.h"

/* A snapshot of one run. */
typedef struct
{
  GstIceUploadInfo upload; /* (owned) what the upload knows */
  const gchar *state;      /* (nullable) (unowned) in place of what the upload
                            * says */
  const gchar *media_id;   /* (unowned) the media asset */
  guint64 bytes_written;   /* bytes of the object so far */
  guint64 bytes_pending;   /* of these, not confirmed */
  guint64 part_size;       /* size of the part being filled */
  guint64 memory_used;     /* bytes */
  guint64 spool_used;      /* bytes on disk */
  GstClockTime upload_lag; /* age of the oldest byte that could leave and is
                            * not confirmed */
  guint64 max_object_size; /* what the part plan can reach */
  gint64 now_us;           /* monotonic time of this snapshot */
} GstIceFigures;

void gst_ice_figures_clear (GstIceFigures * figures);

GstStructure *gst_ice_messages_new_started (const GstIceFigures * figures);

/* @bitrate: of the upload, bits per second. @percent: -1 if unknown. */
GstStructure *gst_ice_messages_new_progress (const GstIceFigures * figures,
    guint64 bitrate, gint percent);
GstStructure *gst_ice_messages_new_refreshed (const GstIceFigures * figures);
GstStructure *gst_ice_messages_new_interrupted (const gchar * media_id,
    const gchar * reason, GstClockTime retry_in);
GstStructure *gst_ice_messages_new_resumed (const gchar * media_id,
    GstClockTime outage);
GstStructure *gst_ice_messages_new_spilling (const GstIceFigures * figures);

/* @duration: from the first byte to the confirmation. */
GstStructure *gst_ice_messages_new_complete (const GstIceFigures * figures,
    GstClockTime duration);
GstStructure *gst_ice_messages_new_stats (const GstIceFigures * figures);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstIceFigures, gst_ice_figures_clear)
