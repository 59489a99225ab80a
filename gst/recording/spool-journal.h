/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the journal of a spool says, as text and as facts.
 *
 * Pure functions. The journal is one fact a line: the CRC-64 of a JSON object
 * in 16 hexadecimal digits, a blank, the object. The first line says what it
 * is, in which version, and of which media id.
 *
 * Reading trusts nothing: not the disk, not who wrote it. A last line that is
 * not whole was being written when the machine stopped; a bad line before that
 * is damage, and what can't be true is refused. */

#pragma once

#include "recording/spool.h"

/* The largest journal and the longest line that are read, or written. */
#define GST_ICE_SPOOL_JOURNAL_MAX (64 * 1024 * 1024)
#define GST_ICE_SPOOL_LINE_MAX (1024 * 1024)

/* Lines, each with the newline at its end. (transfer full) */
gchar *gst_ice_spool_line_header (const gchar * media_id, gint64 created_us);
gchar *gst_ice_spool_line_run (guint64 base, const GstIcePartPlan * plan);
gchar *gst_ice_spool_line_format (const gchar * caps,
    const gchar * content_type);
gchar *gst_ice_spool_line_upload (const gchar * bucket, const gchar * object,
    const gchar * upload_id);
gchar *gst_ice_spool_line_part (guint number, guint64 offset, guint64 size);
gchar *gst_ice_spool_line_arrived (guint number, guint64 size, guint64 crc64,
    const gchar * etag);
gchar *gst_ice_spool_line_freed (guint number);

/* The recording is cut to @size bytes. */
gchar *gst_ice_spool_line_cut (guint64 size);

/* The object is complete with @size bytes, and this is all that stays. */
gchar *gst_ice_spool_line_finished (guint64 size);

/* Everything is about to be removed. */
gchar *gst_ice_spool_line_done (void);

/* What a journal says. */
typedef struct
{
  GstIceSpoolLeft *left; /* (nullable) (owned) what the runs left, its size
                          * unknown; NULL if there was none */
  gsize size;            /* bytes of the journal without a torn last line */
  gboolean done;         /* what is there was about to be removed */
} GstIceSpoolFacts;

/* Reads a journal of @media_id. @facts is filled in on success only.
 * Errors: GST_ICE_ERROR_SETTINGS. */
gboolean gst_ice_spool_facts_read (GstIceSpoolFacts * facts,
    const gchar * text, gsize size, const gchar * media_id, GError ** error);
