/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reads a small file with a secret in it, without holding up the network
 * thread.
 *
 * Runs on: the network thread; the reading itself on one of GIO's. */

#pragma once

#include <gio/gio.h>

/* The largest file that is read, in bytes. */
#define GST_ICE_FILE_LIMIT (256 * 1024)

/* Reads @path, a regular file of at most GST_ICE_FILE_LIMIT. */
void gst_ice_file_read_async (const gchar * path, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* The content, with a zero byte behind its end, wiped when freed. Errors:
 * GST_ICE_ERROR_NOT_AUTHORIZED with the path and a reason,
 * GST_ICE_ERROR_STALLED for a file system that does not answer,
 * G_IO_ERROR_CANCELLED. (transfer full) */
GBytes *gst_ice_file_read_finish (GAsyncResult * result, GError ** error);
