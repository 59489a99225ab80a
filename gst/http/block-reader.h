/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reads a stream in large blocks, one of them ahead.
 *
 * Runs on: the network thread; where the stream has no asynchronous reads of
 * its own, GIO makes them on a thread of its pool.
 * Owns: the stream; at most two blocks. */

#pragma once

#include <gio/gio.h>

#include "common/counted.h"

typedef struct _GstIceBlockReader GstIceBlockReader;

/**
 * GstIceBlockReaderCallbacks:
 * @failed: the stream can't be read, or has ended early; nothing more comes.
 *     Not called from within a function of the reader. @error: (transfer full)
 * @idle: after gst_ice_block_reader_cancel(): the last read has returned
 */
typedef struct
{
  void (*failed) (GError * error, gpointer user_data);
  void (*idle) (gpointer user_data);
} GstIceBlockReaderCallbacks;

/* For the first @size bytes of @stream. Reads nothing yet. @callbacks: are
 * made in the thread's default context. (transfer full) */
GstIceBlockReader *gst_ice_block_reader_new (GInputStream * stream,
    guint64 size, const GstIceBlockReaderCallbacks * callbacks,
    gpointer user_data);
GST_ICE_DECLARE_COUNTED (GstIceBlockReader, gst_ice_block_reader)

/* The next block, or NULL while it is being read, and at the end. In both
 * cases the one after it is being read from then on, if there is one.
 * (transfer full) (nullable) */
GBytes *gst_ice_block_reader_take (GstIceBlockReader * reader);

/* TRUE if gst_ice_block_reader_take() would return a block. */
gboolean gst_ice_block_reader_has_block (GstIceBlockReader * reader);

/* TRUE if all blocks have been taken. */
gboolean gst_ice_block_reader_is_at_end (GstIceBlockReader * reader);

/* Drops what has been read, begins no other read, and closes the stream; from
 * here on only idle is called. Returns TRUE if it will be, FALSE if no read is
 * under way. */
gboolean gst_ice_block_reader_cancel (GstIceBlockReader * reader);
