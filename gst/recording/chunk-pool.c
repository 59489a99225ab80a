/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The chunk pool; see the header.
 *
 * Runs on: any thread.
 * Protected by: lock, which is taken last of all and for a few instructions;
 * no chunk is allocated while it is held.
 * Owns: the memory of all chunks, those that are out as well. A chunk holds a
 * reference to its pool, so a pool outlives its chunks. */

#include "recording/chunk-pool.h"

#include "common/lock.h"

#include <sys/mman.h>
#include <unistd.h>

/* Free chunks that are kept for the next part. More than one large part is
 * not worth keeping: the allocator is quick enough for what is rare. */
#define SPARE_CHUNKS 256

/* Who waits for room gets this much if it comes within a moment. */
#define PLENTY (1024 * 1024)
#define MOMENT_US 1000

struct _GstIceChunkPool
{
  gatomicrefcount ref_count;
  guint64 max_memory;

  GMutex lock;
  GCond room;                   /* used fell, or flushing or nudged is set */
  guint64 used;
  guint n_waiting;              /* for room */
  gboolean flushing;
  gboolean nudged;
  GPtrArray *spare;             /* (element-type guint8*) (owned) */
};

GstIceChunkPool *
gst_ice_chunk_pool_new (guint64 max_memory)
{
  GstIceChunkPool *pool = g_new0 (GstIceChunkPool, 1);

  g_atomic_ref_count_init (&pool->ref_count);
  pool->max_memory = max_memory;
  g_mutex_init (&pool->lock);
  g_cond_init (&pool->room);
  pool->spare = g_ptr_array_new_with_free_func (g_free);

  return pool;
}

GstIceChunkPool *
gst_ice_chunk_pool_ref (GstIceChunkPool * pool)
{
  g_atomic_ref_count_inc (&pool->ref_count);
  return pool;
}

void
gst_ice_chunk_pool_unref (GstIceChunkPool * pool)
{
  if (!g_atomic_ref_count_dec (&pool->ref_count))
    return;

  g_ptr_array_unref (pool->spare);
  g_cond_clear (&pool->room);
  g_mutex_clear (&pool->lock);
  g_free (pool);
}

/* Call with the lock held. */
static gboolean
has_room (GstIceChunkPool * pool)
{
  return pool->used + GST_ICE_CHUNK_SIZE <= pool->max_memory;
}

/* Call with the lock held. */
static gboolean
has_plenty (GstIceChunkPool * pool)
{
  return pool->used + MIN (PLENTY, pool->max_memory / 4) <= pool->max_memory;
}

/* Room for one chunk, and *data for it if there is a spare one. What has to be
 * allocated is not allocated with the lock held: page faults take long. */
static gboolean
reserve (GstIceChunkPool * pool, guint8 ** data)
{
  gst_ice_lock_scope (&pool->lock);

  if (!has_room (pool))
    return FALSE;

  pool->used += GST_ICE_CHUNK_SIZE;
  if (pool->spare->len > 0)
    *data = g_ptr_array_steal_index_fast (pool->spare, pool->spare->len - 1);

  return TRUE;
}

/* Has the kernel put memory under all of it at once, which costs a fraction of
 * one page fault after the other. Where it can't, they come when they come. */
static guint8 *
allocate (void)
{
  guint8 *data = g_malloc (GST_ICE_CHUNK_SIZE);
#ifdef MADV_POPULATE_WRITE
  gsize page = sysconf (_SC_PAGESIZE);
  gsize before = -GPOINTER_TO_SIZE (data) % page;

  if (page < GST_ICE_CHUNK_SIZE)
    madvise (data + before, (GST_ICE_CHUNK_SIZE - before) / page * page,
        MADV_POPULATE_WRITE);
#endif

  return data;
}

GstIceChunk *
gst_ice_chunk_pool_take (GstIceChunkPool * pool)
{
  GstIceChunk *chunk;
  guint8 *data = NULL;

  if (!reserve (pool, &data))
    return NULL;

  chunk = g_new0 (GstIceChunk, 1);
  g_atomic_ref_count_init (&chunk->ref_count);
  chunk->pool = gst_ice_chunk_pool_ref (pool);
  chunk->data = data != NULL ? data : allocate ();

  return chunk;
}

/* Returns whether who waits has to know: there is room where there was none,
 * or plenty where there was less. Call with the lock held. */
static gboolean
make_room (GstIceChunkPool * pool)
{
  gboolean had_room = has_room (pool);
  gboolean had_plenty = has_plenty (pool);

  pool->used -= GST_ICE_CHUNK_SIZE;

  return pool->n_waiting > 0 &&
      ((!had_room && has_room (pool)) || (!had_plenty && has_plenty (pool)));
}

static void
give_back (GstIceChunkPool * pool, guint8 * data)
{
  gboolean wake;

  g_mutex_lock (&pool->lock);
  wake = make_room (pool);
  if (pool->spare->len < SPARE_CHUNKS)
    g_ptr_array_add (pool->spare, g_steal_pointer (&data));
  g_mutex_unlock (&pool->lock);

  if (wake)
    g_cond_broadcast (&pool->room);
  g_free (data);
}

gboolean
gst_ice_chunk_pool_has_room (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  return has_room (pool);
}

/* A part gives its chunks back one after the other. Who came for the first of
 * them would meet the others at the lock, chunk by chunk. Call with the lock
 * held. */
static void
wait_for_plenty (GstIceChunkPool * pool)
{
  gint64 deadline_us = g_get_monotonic_time () + MOMENT_US;

  while (!has_plenty (pool) && !pool->flushing && !pool->nudged)
    if (!g_cond_wait_until (&pool->room, &pool->lock, deadline_us))
      return;
}

gboolean
gst_ice_chunk_pool_wait (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  pool->n_waiting++;
  while (!has_room (pool) && !pool->flushing && !pool->nudged)
    g_cond_wait (&pool->room, &pool->lock);
  wait_for_plenty (pool);
  pool->n_waiting--;
  pool->nudged = FALSE;

  return !pool->flushing;
}

void
gst_ice_chunk_pool_nudge (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  pool->nudged = TRUE;
  g_cond_broadcast (&pool->room);
}

void
gst_ice_chunk_pool_set_flushing (GstIceChunkPool * pool, gboolean flushing)
{
  gst_ice_lock_scope (&pool->lock);

  pool->flushing = flushing;
  g_cond_broadcast (&pool->room);
}

guint64
gst_ice_chunk_pool_get_used (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  return pool->used;
}

GstIceChunk *
gst_ice_chunk_ref (GstIceChunk * chunk)
{
  g_atomic_ref_count_inc (&chunk->ref_count);
  return chunk;
}

void
gst_ice_chunk_unref (GstIceChunk * chunk)
{
  if (!g_atomic_ref_count_dec (&chunk->ref_count))
    return;

  give_back (chunk->pool, chunk->data);
  gst_ice_chunk_pool_unref (chunk->pool);
  g_free (chunk);
}

gboolean
gst_ice_chunk_is_writable (GstIceChunk * chunk)
{
  return g_atomic_ref_count_compare (&chunk->ref_count, 1);
}
