/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The chunk pool; see the header.
 *
 * Runs on: any thread.
 * Protected by: lock, which is taken last of all and for a few instructions;
 * no slab is allocated while it is held.
 * Owns: the memory of all chunks, those that are out as well. A chunk holds a
 * reference to its pool, so a pool outlives its chunks.
 *
 * Chunks are pieces of slabs. A slab is what most processors have as a large
 * page, which costs less than as many small ones, the first time that they are
 * used and whenever bytes are copied: a tenth of all that an upload cost. Who
 * needs little memory, maybe as one of hundreds, is given no more than
 * that. */

#include "recording/chunk-pool.h"

#include "common/lock.h"

#include <sys/mman.h>
#include <unistd.h>

#define SLAB_CHUNKS 32
#define SLAB_SIZE (SLAB_CHUNKS * GST_ICE_CHUNK_SIZE)
#define ALL_CHUNKS G_MAXUINT32

/* Bytes in use from which on slabs are large pages. */
#define LARGE_PAGES_FROM (16 * 1024 * 1024)

/* Slabs without a chunk in use that are kept for the next part. More than one
 * large part is not worth keeping: the kernel is quick enough for what is
 * rare. */
#define SPARE_SLABS 8

/* Who waits for room gets this much if it comes within a moment. */
#define PLENTY (1024 * 1024)
#define MOMENT_US 1000

/**
 * GstIceChunkSlab:
 * @free: a bit for each chunk that nobody has
 * @untouched: and for each that nobody ever had
 */
struct _GstIceChunkSlab
{
  guint8 *data;                 /* (owned) */
  guint32 free;
  guint32 untouched;
};

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
  GPtrArray *slabs;             /* (owned) those that have a free chunk */
  guint n_spare;                /* of them, those that have nothing else */
};

/* ---- slabs ---- */

/* From the kernel itself, which gets it back as soon as it is free. An aligned
 * piece of the heap would take twice the address space as well; here that lasts
 * for a moment only. */
static guint8 *
map_slab (void)
{
  guint8 *data = mmap (NULL, 2 * SLAB_SIZE, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  gsize before = -GPOINTER_TO_SIZE (data) % SLAB_SIZE;

  /* As g_malloc() does. */
  if (data == MAP_FAILED)
    g_error ("no memory for %u more bytes", SLAB_SIZE);

  if (before > 0)
    munmap (data, before);
  munmap (data + before + SLAB_SIZE, SLAB_SIZE - before);

  return data + before;
}

static GstIceChunkSlab *
slab_new (gboolean large_page)
{
  GstIceChunkSlab *slab = g_new0 (GstIceChunkSlab, 1);

  slab->data = map_slab ();
  slab->free = ALL_CHUNKS;
  slab->untouched = ALL_CHUNKS;
#ifdef MADV_HUGEPAGE
  if (large_page)
    madvise (slab->data, SLAB_SIZE, MADV_HUGEPAGE);
#endif

  return slab;
}

static void
slab_free (GstIceChunkSlab * slab)
{
  if (slab == NULL)
    return;

  munmap (slab->data, SLAB_SIZE);
  g_free (slab);
}

/* Has the kernel put memory under all of a chunk at once, which costs a
 * fraction of one page fault after the other. Where it can't, they come when
 * they come. */
static void
populate (guint8 * data)
{
#ifdef MADV_POPULATE_WRITE
  if (sysconf (_SC_PAGESIZE) <= GST_ICE_CHUNK_SIZE)
    madvise (data, GST_ICE_CHUNK_SIZE, MADV_POPULATE_WRITE);
#endif
}

/* Call with the lock held. */
static void
add_slab (GstIceChunkPool * pool, GstIceChunkSlab * slab)
{
  g_ptr_array_add (pool->slabs, slab);
  if (slab->free == ALL_CHUNKS)
    pool->n_spare++;
}

/* The memory of one chunk, or NULL if no slab has any. Call with the lock
 * held. */
static guint8 *
take_memory (GstIceChunkPool * pool, GstIceChunkSlab ** slab,
    gboolean * untouched)
{
  GstIceChunkSlab *last;
  guint index;

  if (pool->slabs->len == 0)
    return NULL;

  last = g_ptr_array_index (pool->slabs, pool->slabs->len - 1);
  if (last->free == ALL_CHUNKS)
    pool->n_spare--;
  index = g_bit_nth_lsf (last->free, -1);
  last->free &= ~(1u << index);
  if (last->free == 0)
    g_ptr_array_steal_index (pool->slabs, pool->slabs->len - 1);

  *untouched = (last->untouched & 1u << index) != 0;
  last->untouched &= ~(1u << index);
  *slab = last;

  return last->data + index * GST_ICE_CHUNK_SIZE;
}

/* Returns the slab if it is to be freed. Call with the lock held. */
static GstIceChunkSlab *
return_memory (GstIceChunkPool * pool, GstIceChunkSlab * slab,
    const guint8 * data)
{
  guint index = (data - slab->data) / GST_ICE_CHUNK_SIZE;

  if (slab->free == 0)
    add_slab (pool, slab);
  slab->free |= 1u << index;
  if (slab->free != ALL_CHUNKS)
    return NULL;

  if (pool->n_spare < SPARE_SLABS) {
    pool->n_spare++;
    return NULL;
  }
  g_ptr_array_remove_fast (pool->slabs, slab);

  return slab;
}

/* ---- the pool ---- */

GstIceChunkPool *
gst_ice_chunk_pool_new (guint64 max_memory)
{
  GstIceChunkPool *pool = g_new0 (GstIceChunkPool, 1);

  g_atomic_ref_count_init (&pool->ref_count);
  pool->max_memory = max_memory;
  g_mutex_init (&pool->lock);
  g_cond_init (&pool->room);
  pool->slabs = g_ptr_array_new ();

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

  g_ptr_array_foreach (pool->slabs, (GFunc) slab_free, NULL);
  g_ptr_array_unref (pool->slabs);
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

static gboolean
reserve (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  if (!has_room (pool))
    return FALSE;
  pool->used += GST_ICE_CHUNK_SIZE;

  return TRUE;
}

/* Memory for a chunk that was reserved, or NULL. @new_slab: (transfer full)
 * (nullable): one more for the pool. */
static guint8 *
find_memory (GstIceChunkPool * pool, GstIceChunkSlab ** slab,
    GstIceChunkSlab * new_slab)
{
  gboolean untouched = FALSE;
  guint8 *data;

  g_mutex_lock (&pool->lock);
  if (new_slab != NULL)
    add_slab (pool, new_slab);
  data = take_memory (pool, slab, &untouched);
  g_mutex_unlock (&pool->lock);

  if (untouched)
    populate (data);

  return data;
}

GstIceChunk *
gst_ice_chunk_pool_take (GstIceChunkPool * pool)
{
  GstIceChunk *chunk;

  if (!reserve (pool))
    return NULL;

  chunk = g_new0 (GstIceChunk, 1);
  g_atomic_ref_count_init (&chunk->ref_count);
  chunk->pool = gst_ice_chunk_pool_ref (pool);
  chunk->data = find_memory (pool, &chunk->slab, NULL);
  if (chunk->data == NULL)
    chunk->data = find_memory (pool, &chunk->slab,
        slab_new (gst_ice_chunk_pool_get_used (pool) > LARGE_PAGES_FROM));

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

  return pool->n_waiting > 0
      && ((!had_room && has_room (pool))
      || (!had_plenty && has_plenty (pool)));
}

static void
give_back (GstIceChunk * chunk)
{
  GstIceChunkPool *pool = chunk->pool;
  GstIceChunkSlab *unused;
  gboolean wake;

  g_mutex_lock (&pool->lock);
  wake = make_room (pool);
  unused = return_memory (pool, chunk->slab, chunk->data);
  g_mutex_unlock (&pool->lock);

  if (wake)
    g_cond_broadcast (&pool->room);
  slab_free (unused);
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

  give_back (chunk);
  gst_ice_chunk_pool_unref (chunk->pool);
  g_free (chunk);
}

gboolean
gst_ice_chunk_is_writable (GstIceChunk * chunk)
{
  return g_atomic_ref_count_compare (&chunk->ref_count, 1);
}
