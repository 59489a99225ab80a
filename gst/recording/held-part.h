/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* A part as the recording holds it: chunks that can be written anywhere.
 *
 * Plain data without a lock: the recording that owns it protects it. A chunk
 * that a sealed part shares is copied before it changes; a chunk that is all
 * zeroes takes no memory. */

#pragma once

#include "recording/chunk-pool.h"
#include "recording/part.h"

G_BEGIN_DECLS

/**
 * GstIceHeldPart:
 * @number: part number
 * @offset: first byte in the object
 * @planned: bytes after which it is full
 * @size: bytes so far
 * @generation: the newest sealed version, 0 before the first
 * @confirmed: @generation has arrived at the service
 * @kept_memory: while @confirmed, bytes of memory that count as kept
 * @dirty: has bytes that no sealed version has
 * @rewritten_end: end of the furthest rewrite in it, relative to @offset
 * @arrival_us: monotonic time of its first byte
 */
typedef struct
{
  guint number;
  guint64 offset;
  guint64 planned;
  guint64 size;
  guint generation;
  gboolean confirmed;
  gsize kept_memory;
  gboolean dirty;
  guint64 rewritten_end;
  gint64 arrival_us;

  /*< private >*/
  GPtrArray *chunks;            /* (element-type GstIceChunk) NULL: zeroes */
  guint64 crc64;                /* of the first size bytes... */
  gboolean crc64_valid;         /* ...unless something was rewritten */
} GstIceHeldPart;

GstIceHeldPart *gst_ice_held_part_new (guint number, guint64 offset,
    guint64 planned, gint64 arrival_us);
void gst_ice_held_part_free (GstIceHeldPart * part);

/* One past its last byte in the object. */
guint64 gst_ice_held_part_get_end (const GstIceHeldPart * part);

/* Bytes of memory that it takes; zeroes take none. */
gsize gst_ice_held_part_get_memory (const GstIceHeldPart * part);

/* Writes at @at, which is at most its size, no further than its planned end.
 * Returns the bytes taken; 0 if @pool has no room. */
gsize gst_ice_held_part_write (GstIceHeldPart * part, GstIceChunkPool * pool,
    guint64 at, const guint8 * data, gsize size);

/* Appends up to @size zeroes, no further than its planned end. Returns how
 * many; 0 if @pool has no room. */
guint64 gst_ice_held_part_append_zeroes (GstIceHeldPart * part,
    GstIceChunkPool * pool, guint64 size);

/* The next generation, as it is now. (transfer full) */
GstIcePart *gst_ice_held_part_seal (GstIceHeldPart * part);

G_END_DECLS
