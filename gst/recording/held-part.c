/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The part that is still held; see the header.
 *
 * Runs on: any thread, under the recording's lock.
 * Owns: references to its chunks. */

#include "recording/held-part.h"

#include <string.h>

#include "common/crc64.h"

static const guint8 zeroes[GST_ICE_CHUNK_SIZE];

static void
free_chunk (gpointer chunk)
{
  if (chunk != NULL)
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
  part->crc64_valid = TRUE;
  part->chunks = g_ptr_array_new_with_free_func (free_chunk);

  return part;
}

void
gst_ice_held_part_free (GstIceHeldPart * part)
{
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
  gsize memory = 0;
  guint i;

  for (i = 0; i < part->chunks->len; i++) {
    if (g_ptr_array_index (part->chunks, i) != NULL)
      memory += GST_ICE_CHUNK_SIZE;
  }

  return memory;
}

/* A chunk for place @index whose bytes may change, with the old content. */
static GstIceChunk *
make_writable (GstIceHeldPart * part, GstIceChunkPool * pool, guint index)
{
  GstIceChunk *old = NULL, *chunk;

  if (index < part->chunks->len)
    old = g_ptr_array_index (part->chunks, index);
  if (old != NULL && gst_ice_chunk_is_writable (old))
    return old;

  chunk = gst_ice_chunk_pool_take (pool);
  if (chunk == NULL)
    return NULL;

  if (index == part->chunks->len) {
    g_ptr_array_add (part->chunks, chunk);
    return chunk;
  }

  memcpy (chunk->data, old != NULL ? old->data : zeroes, GST_ICE_CHUNK_SIZE);
  g_clear_pointer (&old, gst_ice_chunk_unref);
  g_ptr_array_index (part->chunks, index) = chunk;

  return chunk;
}

/* TRUE if @data begins with a whole chunk of zeroes. */
static gboolean
begins_with_zero_chunk (const guint8 * data, gsize size)
{
  return size >= GST_ICE_CHUNK_SIZE
      && memcmp (data, zeroes, GST_ICE_CHUNK_SIZE) == 0;
}

static void
note_write (GstIceHeldPart * part, guint64 at, const guint8 * data,
    gsize size)
{
  if (at == part->size && part->crc64_valid)
    part->crc64 = gst_ice_crc64_update (part->crc64, data, size);
  else
    part->crc64_valid = FALSE;

  part->size = MAX (part->size, at + size);
  part->dirty = TRUE;
}

gsize
gst_ice_held_part_write (GstIceHeldPart * part, GstIceChunkPool * pool,
    guint64 at, const guint8 * data, gsize size)
{
  guint64 limit = MIN (size, part->planned - at);
  gsize done = 0;

  while (done < limit) {
    guint64 place = at + done;
    guint index = place / GST_ICE_CHUNK_SIZE;
    gsize start = place % GST_ICE_CHUNK_SIZE;
    gsize n = MIN (GST_ICE_CHUNK_SIZE - start, limit - done);

    if (start == 0 && index == part->chunks->len
        && begins_with_zero_chunk (data + done, limit - done)) {
      g_ptr_array_add (part->chunks, NULL);
    } else {
      GstIceChunk *chunk = make_writable (part, pool, index);

      if (chunk == NULL)
        break;
      memcpy (chunk->data + start, data + done, n);
    }

    note_write (part, place, data + done, n);
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

  for (n = 0; n < limit; n += GST_ICE_CHUNK_SIZE)
    g_ptr_array_add (part->chunks, NULL);
  if (part->crc64_valid)
    part->crc64 = gst_ice_crc64_update_zeroes (part->crc64, limit);
  part->size += limit;
  part->dirty = TRUE;

  return limit;
}

static GBytes *
get_chunk_bytes (GstIceChunk * chunk, gsize size)
{
  if (chunk == NULL)
    return g_bytes_new_static (zeroes, size);

  return g_bytes_new_with_free_func (chunk->data, size,
      (GDestroyNotify) gst_ice_chunk_unref, gst_ice_chunk_ref (chunk));
}

/* Takes the sum again after a rewrite. */
static void
update_crc64 (GstIceHeldPart * part, GPtrArray * bytes)
{
  guint i;

  if (part->crc64_valid)
    return;

  part->crc64 = 0;
  for (i = 0; i < bytes->len; i++) {
    gsize size;
    gconstpointer data = g_bytes_get_data (g_ptr_array_index (bytes, i),
        &size);

    part->crc64 = gst_ice_crc64_update (part->crc64, data, size);
  }
  part->crc64_valid = TRUE;
}

GstIcePart *
gst_ice_held_part_seal (GstIceHeldPart * part)
{
  GPtrArray *bytes = g_ptr_array_new_full (part->chunks->len,
      (GDestroyNotify) g_bytes_unref);
  guint i;

  for (i = 0; i < part->chunks->len; i++) {
    guint64 rest = part->size - (guint64) i * GST_ICE_CHUNK_SIZE;

    g_ptr_array_add (bytes,
        get_chunk_bytes (g_ptr_array_index (part->chunks, i),
            MIN (rest, GST_ICE_CHUNK_SIZE)));
  }
  update_crc64 (part, bytes);
  part->generation++;
  part->confirmed = FALSE;
  part->dirty = FALSE;

  return gst_ice_part_new (&(GstIcePart) {
        .number = part->number,
        .generation = part->generation,
        .offset = part->offset,
        .size = part->size,
        .crc64 = part->crc64,
        .arrival_us = part->arrival_us,
        .bytes = bytes,
      });
}
