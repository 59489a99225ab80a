/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A part as the recording holds it: chunks that can be written anywhere.
 *
 * Plain data without a lock: the recording that owns it protects it. A chunk
 * that a sealed part shares is copied before it changes; a chunk that is all
 * zeroes takes no memory, and neither does one that is only on disk. The CRC-64
 * follows each write, so that bytes on disk need not be read for it. */

#pragma once

#include "recording/chunk-pool.h"
#include "recording/part.h"

typedef struct
{
  guint number;                 /* part number */
  guint64 offset;               /* first byte in the object */
  guint64 planned;              /* bytes after which it is full */
  guint64 size;                 /* bytes so far */
  guint generation;             /* the newest sealed version, 0 before the
                                 * first */
  gboolean confirmed;           /* @generation has arrived at the service */
  gsize kept_memory;            /* while @confirmed, bytes of memory that count
                                 * as kept */
  gboolean dirty;               /* has bytes that no sealed version has */
  guint64 rewritten_end;        /* end of the furthest rewrite in it, relative
                                 * to @offset */
  gint64 arrival_us;            /* monotonic time of its first byte */
  gboolean unverified;          /* left by an earlier run, and its CRC-64 is
                                 * not known yet */
  GstIcePart *sealed;           /* (nullable) (owned) with a spool, the version
                                 * that was sealed last */

  /*< private >*/
  GPtrArray *chunks;            /* NULL: zeroes; what is missing is on disk */
  guint n_resident;             /* chunks in memory */
  guint64 crc64;
} GstIceHeldPart;

GstIceHeldPart *gst_ice_held_part_new (guint number, guint64 offset,
    guint64 planned, gint64 arrival_us);

/* A part of @size bytes that an earlier run left, all of it on disk. */
GstIceHeldPart *gst_ice_held_part_new_left (guint number, guint64 offset,
    guint64 size, gint64 arrival_us);
void gst_ice_held_part_free (GstIceHeldPart * part);

/* One past its last byte in the object. */
guint64 gst_ice_held_part_get_end (const GstIceHeldPart * part);

/* Bytes of memory that it takes; zeroes take none. */
gsize gst_ice_held_part_get_memory (const GstIceHeldPart * part);

/* How many chunks its bytes make up. */
guint gst_ice_held_part_count_chunks (const GstIceHeldPart * part);

/* The chunk that holds the bytes from @index times GST_ICE_CHUNK_SIZE on, or
 * NULL if they are zeroes or on disk. */
GstIceChunk *gst_ice_held_part_get_chunk (const GstIceHeldPart * part,
    guint index);

/* TRUE if chunk @index is only on disk, so that it has to be loaded before
 * anything is written there. */
gboolean gst_ice_held_part_is_on_disk (const GstIceHeldPart * part,
    guint index);

/* Chunk @index, which was on disk, is now @chunk. @chunk: (transfer full) */
void gst_ice_held_part_load (GstIceHeldPart * part, guint index,
    GstIceChunk * chunk);

/* Chunk @index leaves memory, if it is on disk. */
void gst_ice_held_part_evict (GstIceHeldPart * part, guint index);

/* Writes at @at, which is at most its size, no further than its planned end,
 * nor into a chunk that is on disk.
 * Returns the bytes taken; 0 if @pool has no room. */
gsize gst_ice_held_part_write (GstIceHeldPart * part, GstIceChunkPool * pool,
    guint64 at, const guint8 * data, gsize size);

/* Appends up to @size zeroes, no further than its planned end. Returns how
 * many; 0 if @pool has no room. */
guint64 gst_ice_held_part_append_zeroes (GstIceHeldPart * part,
    GstIceChunkPool * pool, guint64 size);

/* It is about to be rewritten: what was sealed last is not it any more. */
void gst_ice_held_part_supersede (GstIceHeldPart * part);

/* The next generation, as it is now. @spool: (nullable): where the rest of it
 * is. (transfer full) */
GstIcePart *gst_ice_held_part_seal (GstIceHeldPart * part,
    GstIceSpool * spool);
