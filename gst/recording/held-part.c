/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The part that is still held; see the header.
 *
 * Runs on: any thread, under the recording's lock.
 * Owns: references to its chunks. */

#include "recording/held-part.h"

#include <string.h>

#include "common/crc64.h"

static const guint8 zeroes[GST_ICE_CHUNK_SIZE];

/* Stands for a chunk that is only on disk. */
static GstIceChunk on_disk;

static void
free_chunk (gpointer chunk)
{
  if (chunk != NULL && chunk != &on_disk)
    gst_ice_chunk_unref (chunk);
}

GstIceHeldPart *
gst_ice_held_part_new (guint number, guint64 offset, guint64 planned,
    gint64 arrival_us)
{
  GstIceHeldPart *part = g_new0 (GstIceHeldPart, 1);

  part->number = number;
  part->offset = offset;
  part->planned = planned;
  part->arrival_us = arrival_us;
  part->dirty = TRUE;
  part->chunks = g_ptr_array_new_with_free_func (free_chunk);

  return part;
}

GstIceHeldPart *
gst_ice_held_part_new_left (guint number, guint64 offset, guint64 size,
    gint64 arrival_us)
{
  GstIceHeldPart *part = gst_ice_held_part_new (number, offset, size,
      arrival_us);

  part->size = size;
  part->unverified = TRUE;

  return part;
}

void
gst_ice_held_part_free (GstIceHeldPart * part)
{
  g_clear_pointer (&part->sealed, gst_ice_part_unref);
  g_ptr_array_unref (part->chunks);
  g_free (part);
}

guint64
gst_ice_held_part_get_end (const GstIceHeldPart * part)
{
  return part->offset + part->size;
}

gsize
gst_ice_held_part_get_memory (const GstIceHeldPart * part)
{
  return (gsize) part->n_resident * GST_ICE_CHUNK_SIZE;
}

/* ---- chunks ---- */

guint
gst_ice_held_part_count_chunks (const GstIceHeldPart * part)
{
  return (part->size + GST_ICE_CHUNK_SIZE - 1) / GST_ICE_CHUNK_SIZE;
}

/* What stands for chunk @index. Chunks behind the end of the array are on
 * disk: a part that left memory as a whole keeps no array. */
static GstIceChunk *
peek_chunk (const GstIceHeldPart * part, guint index)
{
  return index < part->chunks->len ?
      g_ptr_array_index (part->chunks, index) : &on_disk;
}

GstIceChunk *
gst_ice_held_part_get_chunk (const GstIceHeldPart * part, guint index)
{
  GstIceChunk *chunk = peek_chunk (part, index);

  return chunk != &on_disk ? chunk : NULL;
}

gboolean
gst_ice_held_part_is_on_disk (const GstIceHeldPart * part, guint index)
{
  return index < gst_ice_held_part_count_chunks (part)
      && peek_chunk (part, index) == &on_disk;
}

/* Gives the array a place for each chunk. */
static void
unfold (GstIceHeldPart * part)
{
  guint n = gst_ice_held_part_count_chunks (part);

  while (part->chunks->len < n)
    g_ptr_array_add (part->chunks, &on_disk);
}

static void
set_chunk (GstIceHeldPart * part, guint index, GstIceChunk * chunk)
{
  GstIceChunk *old = g_ptr_array_index (part->chunks, index);

  if (old == NULL || old == &on_disk)
    part->n_resident++;
  else
    gst_ice_chunk_unref (old);
  g_ptr_array_index (part->chunks, index) = chunk;
}

void
gst_ice_held_part_load (GstIceHeldPart * part, guint index,
    GstIceChunk * chunk)
{
  unfold (part);
  chunk->spooled = TRUE;
  set_chunk (part, index, chunk);
}

void
gst_ice_held_part_evict (GstIceHeldPart * part, guint index)
{
  GstIceChunk *chunk = gst_ice_held_part_get_chunk (part, index);

  if (chunk == NULL || !chunk->spooled)
    return;

  if (part->sealed != NULL)
    gst_ice_part_evict (part->sealed, index);
  g_ptr_array_index (part->chunks, index) = &on_disk;
  gst_ice_chunk_unref (chunk);
  part->n_resident--;
}

/* A chunk for place @index whose bytes may change, with the old content. */
static GstIceChunk *
make_writable (GstIceHeldPart * part, GstIceChunkPool * pool, guint index)
{
  GstIceChunk *old = NULL, *chunk;

  if (index < part->chunks->len)
    old = g_ptr_array_index (part->chunks, index);
  if (old != NULL && gst_ice_chunk_is_writable (old)) {
    old->spooled = FALSE;
    return old;
  }

  chunk = gst_ice_chunk_pool_take (pool);
  if (chunk == NULL)
    return NULL;

  if (index == part->chunks->len) {
    g_ptr_array_add (part->chunks, chunk);
    part->n_resident++;
    return chunk;
  }

  memcpy (chunk->data, old != NULL ? old->data : zeroes, GST_ICE_CHUNK_SIZE);
  chunk->queued = old != NULL && old->queued;
  set_chunk (part, index, chunk);

  return chunk;
}

/* ---- writing ---- */

/* TRUE if @data begins with a whole chunk of zeroes. */
static gboolean
begins_with_zero_chunk (const guint8 * data, gsize size)
{
  return size >= GST_ICE_CHUNK_SIZE
      && memcmp (data, zeroes, GST_ICE_CHUNK_SIZE) == 0;
}

/* @data came behind the last byte. */
static void
note_append (GstIceHeldPart * part, const guint8 * data, gsize size)
{
  part->crc64 = gst_ice_crc64_update (part->crc64, data, size);
  part->size += size;
  part->dirty = TRUE;
}

/* @data replaces @old at @at. Of two strings of the same length that differ in
 * one place, the CRCs differ by that place's difference, moved to the end. */
static void
note_rewrite (GstIceHeldPart * part, guint64 at, const guint8 * old,
    const guint8 * data, gsize size)
{
  guint64 difference = gst_ice_crc64_update (0, old, size)
      ^ gst_ice_crc64_update (0, data, size);

  part->crc64 ^=
      gst_ice_crc64_combine (difference, 0, part->size - (at + size));
  part->dirty = TRUE;
}

/* Writes @size bytes into chunk @index. FALSE if there is no memory. */
static gboolean
write_chunk (GstIceHeldPart * part, GstIceChunkPool * pool, guint64 at,
    const guint8 * data, gsize size)
{
  GstIceChunk *chunk = make_writable (part, pool, at / GST_ICE_CHUNK_SIZE);
  guint8 *place;

  if (chunk == NULL)
    return FALSE;

  place = chunk->data + at % GST_ICE_CHUNK_SIZE;
  if (at < part->size)
    note_rewrite (part, at, place, data, size);
  memcpy (place, data, size);
  if (at == part->size)
    note_append (part, place, size);

  return TRUE;
}

gsize
gst_ice_held_part_write (GstIceHeldPart * part, GstIceChunkPool * pool,
    guint64 at, const guint8 * data, gsize size)
{
  guint64 limit = MIN (size, part->planned - at);
  gsize done = 0;

  unfold (part);
  if (at < part->size)
    limit = MIN (limit, part->size - at);
  while (done < limit) {
    guint64 place = at + done;
    guint index = place / GST_ICE_CHUNK_SIZE;
    gsize start = place % GST_ICE_CHUNK_SIZE;
    gsize n = MIN (GST_ICE_CHUNK_SIZE - start, limit - done);

    if (gst_ice_held_part_is_on_disk (part, index))
      break;
    if (start == 0 && index == part->chunks->len
        && begins_with_zero_chunk (data + done, limit - done)) {
      g_ptr_array_add (part->chunks, NULL);
      note_append (part, zeroes, n);
    } else if (!write_chunk (part, pool, place, data + done, n)) {
      break;
    }
    done += n;
  }

  return done;
}

guint64
gst_ice_held_part_append_zeroes (GstIceHeldPart * part,
    GstIceChunkPool * pool, guint64 size)
{
  guint64 limit = MIN (size, part->planned - part->size);
  gsize start = part->size % GST_ICE_CHUNK_SIZE;
  guint64 n;

  if (start > 0) {
    /* The rest of a chunk that has begun. */
    n = MIN (GST_ICE_CHUNK_SIZE - start, limit);
    return gst_ice_held_part_write (part, pool, part->size, zeroes, n);
  }

  unfold (part);
  for (n = 0; n < limit; n += GST_ICE_CHUNK_SIZE)
    g_ptr_array_add (part->chunks, NULL);
  part->crc64 = gst_ice_crc64_update_zeroes (part->crc64, limit);
  part->size += limit;
  part->dirty = TRUE;

  return limit;
}

/* ---- sealing ---- */

/* Piece @index of what is sealed, NULL if it is on disk. */
static GBytes *
get_piece (const GstIceHeldPart * part, guint index)
{
  GstIceChunk *chunk = peek_chunk (part, index);
  gsize size = MIN (part->size - (guint64) index * GST_ICE_CHUNK_SIZE,
      GST_ICE_CHUNK_SIZE);

  if (chunk == &on_disk)
    return NULL;
  if (chunk == NULL)
    return g_bytes_new_static (zeroes, size);

  return g_bytes_new_with_free_func (chunk->data, size,
      (GDestroyNotify) gst_ice_chunk_unref, gst_ice_chunk_ref (chunk));
}

static void
free_piece (gpointer piece)
{
  if (piece != NULL)
    g_bytes_unref (piece);
}

void
gst_ice_held_part_supersede (GstIceHeldPart * part)
{
  if (part->sealed != NULL)
    gst_ice_part_supersede (part->sealed);
  g_clear_pointer (&part->sealed, gst_ice_part_unref);
}

GstIcePart *
gst_ice_held_part_seal (GstIceHeldPart * part, GstIceSpool * spool)
{
  guint n = gst_ice_held_part_count_chunks (part);
  GPtrArray *pieces = g_ptr_array_new_full (n, free_piece);
  GstIcePart *sealed;
  guint i;

  for (i = 0; i < n; i++)
    g_ptr_array_add (pieces, get_piece (part, i));
  part->generation++;
  part->dirty = FALSE;

  sealed = gst_ice_part_new (&(GstIcePart) {
        .number = part->number,
        .generation = part->generation,
        .offset = part->offset,
        .size = part->size,
        .crc64 = part->crc64,
        .arrival_us = part->arrival_us,
        .spool = spool != NULL ? gst_ice_spool_ref (spool) : NULL,
        .bytes = pieces,
      });
  if (spool != NULL) {
    g_clear_pointer (&part->sealed, gst_ice_part_unref);
    part->sealed = gst_ice_part_ref (sealed);
  }

  return sealed;
}
