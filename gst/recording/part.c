/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The sealed part; see the header.
 *
 * Runs on: any thread. Owns: its references to the bytes and the spool.
 * Protected by: lock, for what has left memory; no other lock is taken inside
 * it. Without a spool nothing leaves, and the lock only costs. */

#include "recording/part.h"

#include <string.h>

#include "common/error.h"
#include "common/lock.h"
#include "recording/chunk-pool.h"

GstIcePart *
gst_ice_part_new (const GstIcePart * fields)
{
  GstIcePart *part = g_new0 (GstIcePart, 1);

  part->number = fields->number;
  part->generation = fields->generation;
  part->offset = fields->offset;
  part->size = fields->size;
  part->crc64 = fields->crc64;
  part->arrival_us = fields->arrival_us;
  part->spool = fields->spool;
  part->bytes = fields->bytes;
  g_mutex_init (&part->lock);
  g_atomic_ref_count_init (&part->ref_count);

  return part;
}

static void
finalize (GstIcePart * part)
{
  g_clear_pointer (&part->bytes, g_ptr_array_unref);
  g_clear_pointer (&part->spool, gst_ice_spool_unref);
  g_mutex_clear (&part->lock);
  g_free (part);
}

GST_ICE_DEFINE_COUNTED (GstIcePart, gst_ice_part, finalize)

/* g_bytes_ref() for a piece that may be gone, in the form that
 * g_ptr_array_copy() wants. */
static gpointer
ref_piece (gconstpointer piece, gpointer user_data)
{
  gboolean *complete = user_data;

  if (piece == NULL) {
    *complete = FALSE;
    return NULL;
  }

  return g_bytes_ref ((GBytes *) piece);
}

GPtrArray *
gst_ice_part_ref_bytes (GstIcePart * part)
{
  gst_ice_lock_scope (&part->lock);
  g_autoptr (GPtrArray) copy = NULL;
  gboolean complete = TRUE;

  if (part->bytes == NULL)
    return NULL;
  if (part->spool == NULL)
    return g_ptr_array_ref (part->bytes);

  copy = g_ptr_array_copy (part->bytes, ref_piece, &complete);

  return complete ? g_steal_pointer (&copy) : NULL;
}

gboolean
gst_ice_part_is_durable (GstIcePart * part)
{
  return part->spool != NULL && !g_atomic_int_get (&part->gone);
}

void
gst_ice_part_evict (GstIcePart * part, guint index)
{
  g_autoptr (GBytes) piece = NULL;
  gst_ice_lock_scope (&part->lock);

  g_return_if_fail (part->spool != NULL);
  if (part->bytes != NULL && index < part->bytes->len)
    piece = g_steal_pointer (&g_ptr_array_index (part->bytes, index));
}

void
gst_ice_part_give_up (GstIcePart * part)
{
  g_autoptr (GPtrArray) bytes = NULL;
  gst_ice_lock_scope (&part->lock);

  g_atomic_int_set (&part->gone, TRUE);
  bytes = g_steal_pointer (&part->bytes);
}

void
gst_ice_part_supersede (GstIcePart * part)
{
  g_autoptr (GPtrArray) bytes = NULL;
  gst_ice_lock_scope (&part->lock);

  g_atomic_int_set (&part->superseded, TRUE);
  bytes = g_steal_pointer (&part->bytes);
}

gboolean
gst_ice_part_is_superseded (GstIcePart * part)
{
  return g_atomic_int_get (&part->superseded);
}

/* Each piece comes from memory if it is there when its turn comes, else from
 * the spool. It may leave memory at any moment, but not before it is on disk.
 *
 * Runs on: one thread at a time; of GIO's pool, for asynchronous reads. The
 * part's lock is held for a look at its pieces, never while the disk works. */
#define GST_ICE_TYPE_PART_STREAM (gst_ice_part_stream_get_type ())
G_DECLARE_FINAL_TYPE (GstIcePartStream, gst_ice_part_stream, GST_ICE,
    PART_STREAM, GInputStream)

struct _GstIcePartStream
{
  GInputStream parent;

  GstIcePart *part;             /* (owned) (nullable): NULL once closed */
  guint64 position;             /* in the part */
  guint index;                  /* the same: in which piece */
  gsize offset;                 /* and how far into it */
};

G_DEFINE_FINAL_TYPE (GstIcePartStream, gst_ice_part_stream,
    G_TYPE_INPUT_STREAM)

/* Call with the part's lock held. (nullable) */
static GBytes *
peek_piece (GstIcePart * part, guint index)
{
  if (part->bytes == NULL || index >= part->bytes->len)
    return NULL;

  return g_ptr_array_index (part->bytes, index);
}

/* The piece at the position, if it is in memory.
 * (transfer full) (nullable) */
static GBytes *
ref_piece_here (GstIcePartStream * self)
{
  gst_ice_lock_scope (&self->part->lock);
  GBytes *piece = peek_piece (self->part, self->index);

  return piece != NULL ? g_bytes_ref (piece) : NULL;
}

static gsize
read_memory (GstIcePartStream * self, GBytes * piece, guint8 * buffer,
    gsize count)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (piece, &size);

  count = MIN (count, size - self->offset);
  memcpy (buffer, data + self->offset, count);
  self->position += count;
  self->offset += count;
  if (self->offset == size) {
    self->index++;
    self->offset = 0;
  }

  return count;
}

/* How many of @count bytes from the position on are not in memory. */
static guint64
measure_gap (GstIcePartStream * self, guint64 count)
{
  gst_ice_lock_scope (&self->part->lock);
  guint64 gap = GST_ICE_CHUNK_SIZE - self->offset;
  guint i;

  for (i = self->index + 1;
      gap < count && peek_piece (self->part, i) == NULL; i++)
    gap += GST_ICE_CHUNK_SIZE;

  return MIN (gap, count);
}

static gssize
read_disk (GstIcePartStream * self, guint8 * buffer, gsize count,
    GError ** error)
{
  GstIcePart *part = self->part;

  if (!gst_ice_part_is_durable (part)) {
    gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
        "the bytes of part %u are not held any more", part->number);
    return -1;
  }

  count = measure_gap (self, count);
  if (!gst_ice_spool_read (part->spool, part->offset + self->position, buffer,
          count, error))
    return -1;

  self->position += count;
  self->index = self->position / GST_ICE_CHUNK_SIZE;
  self->offset = self->position % GST_ICE_CHUNK_SIZE;

  return count;
}

static gssize
read_some (GstIcePartStream * self, guint8 * buffer, gsize count,
    GError ** error)
{
  g_autoptr (GBytes) piece = ref_piece_here (self);

  return piece != NULL ? (gssize) read_memory (self, piece, buffer, count)
      : read_disk (self, buffer, count, error);
}

/* Fills the buffer, so that it takes few reads to send a part. */
static gssize
gst_ice_part_stream_read (GInputStream * stream, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  GstIcePartStream *self = GST_ICE_PART_STREAM (stream);
  gsize done = 0;

  count = MIN (count, self->part->size - self->position);
  while (done < count && !g_cancellable_is_cancelled (cancellable)) {
    gssize size =
        read_some (self, (guint8 *) buffer + done, count - done, error);

    if (size < 0)
      return -1;
    done += size;
  }
  if (done == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  return done;
}

static gboolean
gst_ice_part_stream_close (GInputStream * stream, GCancellable * cancellable,
    GError ** error)
{
  g_clear_pointer (&GST_ICE_PART_STREAM (stream)->part, gst_ice_part_unref);

  return TRUE;
}

static void
gst_ice_part_stream_class_init (GstIcePartStreamClass * klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = gst_ice_part_stream_read;
  G_INPUT_STREAM_CLASS (klass)->close_fn = gst_ice_part_stream_close;
}

static void
gst_ice_part_stream_init (GstIcePartStream * self)
{
}

GInputStream *
gst_ice_part_open (GstIcePart * part)
{
  GstIcePartStream *self = g_object_new (GST_ICE_TYPE_PART_STREAM, NULL);

  self->part = gst_ice_part_ref (part);

  return G_INPUT_STREAM (self);
}
