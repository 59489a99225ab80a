/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The sealed part; see the header.
 *
 * Runs on: any thread. Owns: its references to the bytes and the spool.
 * Protected by: lock, for what has left memory; no other lock is taken inside
 * it. Without a spool nothing leaves, and the lock only costs. */

#include "recording/part.h"

#include "common/lock.h"
#include "recording/part-stream.h"

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

GstIcePart *
gst_ice_part_ref (GstIcePart * part)
{
  g_atomic_ref_count_inc (&part->ref_count);
  return part;
}

void
gst_ice_part_unref (GstIcePart * part)
{
  if (!g_atomic_ref_count_dec (&part->ref_count))
    return;

  g_clear_pointer (&part->bytes, g_ptr_array_unref);
  g_clear_pointer (&part->spool, gst_ice_spool_unref);
  g_mutex_clear (&part->lock);
  g_free (part);
}

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

GInputStream *
gst_ice_part_open (GstIcePart * part)
{
  return gst_ice_part_stream_new (part);
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
