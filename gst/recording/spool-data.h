/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The data file of a spool: the recording, every byte at its place.
 *
 * Any thread that may wait for the disk; several at once. */

#pragma once

#include <glib.h>

typedef struct _GstIceSpoolData GstIceSpoolData;

/* @fd: taken over. @size: of the file. @max_size: bytes, 0: no limit but the
 * disk's. (transfer full) */
GstIceSpoolData *gst_ice_spool_data_new (int fd, guint64 size,
    guint64 max_size);
void gst_ice_spool_data_free (GstIceSpoolData * data);

/* Errors of all: GST_ICE_ERROR_NO_SPACE, GST_ICE_ERROR_FAILED. */
gboolean gst_ice_spool_data_write (GstIceSpoolData * data, guint64 offset,
    gconstpointer bytes, gsize size, GError ** error);
gboolean gst_ice_spool_data_read (GstIceSpoolData * data, guint64 offset,
    gpointer buffer, gsize size, GError ** error);
gboolean gst_ice_spool_data_truncate (GstIceSpoolData * data, guint64 size,
    GError ** error);
gboolean gst_ice_spool_data_sync (GstIceSpoolData * data, GError ** error);

/* Makes a hole. FALSE if the file system can't. */
gboolean gst_ice_spool_data_punch (GstIceSpoolData * data, guint64 offset,
    guint64 size);

/* An earlier run has made a hole there. */
void gst_ice_spool_data_mark_freed (GstIceSpoolData * data, guint64 offset,
    guint64 size);

/* Bytes of the recording, and those of them that are not freed. Never wait. */
guint64 gst_ice_spool_data_get_size (GstIceSpoolData * data);
guint64 gst_ice_spool_data_get_used (GstIceSpoolData * data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceSpoolData, gst_ice_spool_data_free)
