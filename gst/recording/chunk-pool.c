/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The chunk pool; see the header.
 *
 * Runs on: any thread.
 * Protected by: lock of a pool, for its budget; lock of the store, for the
 * slabs. Both are taken last of all and for a few instructions, never one inside
 * the other; no slab is mapped while either is held.
 * Owns: the memory of all chunks, those that are out as well. A chunk holds a
 * reference to its pool, so a pool outlives its chunks.
 *
 * Chunks are pieces of slabs, which all pools of the process share. A slab is
 * what most processors have as a large page, which costs less than as many small
 * ones, the first time that they are used and whenever bytes are copied: a tenth
 * of all that an upload cost. Where little memory is in use, it is given no more
 * than that. A slab that is empty waits for the next part; those that nobody
 * has needed for a while go back to the kernel, and all when the last pool
 * goes. */

#include "recording/chunk-pool.h"

#include "common/lock.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define SLAB_CHUNKS 32
#define SLAB_SIZE (SLAB_CHUNKS * GST_ICE_CHUNK_SIZE)
#define ALL_CHUNKS G_MAXUINT32

/* Slabs for each pool from which on they are large pages. Where many recordings
 * hold little each, clearing such pages costs more than they save. */
#define LARGE_PAGES_FROM 8

/* The kernel clears a large page as a whole, which takes milliseconds. So many
 * are kept ready, that no streaming thread has to wait for it. */
#define READY_SLABS 2

/* How long an empty slab waits: longer than a slow part takes to fill. */
#define IDLE_US (120 * G_USEC_PER_SEC)

/* What has to be left for everybody else when a slab is mapped: GLib ends the
 * process when it finds no memory, and waits for ever for a thread that could not
 * be made. The stack of one is 8 MiB. */
#define HEADROOM (32 * 1024 * 1024)

/* What 32 bits can address. */
#define SMALL_ADDRESS_SPACE G_MAXUINT32

/* Who waits for room gets this much if it comes within a moment. */
#define PLENTY (1024 * 1024)
#define MOMENT_US 1000

/* When to ask a kernel again that had no memory, while nothing comes back. */
#define STARVED_US (G_USEC_PER_SEC / 10)

struct _GstIceChunkSlab
{
  guint8 *data;                 /* (owned) */
  guint32 free;                 /* a bit for each chunk that nobody has */
  guint32 untouched;            /* and for each that nobody ever had */
};

struct _GstIceChunkPool
{
  gatomicrefcount ref_count;
  guint64 max_memory;

  GMutex lock;
  GCond room;                   /* used fell, or flushing or nudged is set */
  guint64 used;
  guint64 limit;                /* max_memory, or what the kernel had */
  guint n_waiting;              /* for room */
  gboolean flushing;
  gboolean nudged;
};

/* What all pools share. */
static struct
{
  GMutex lock;
  GPtrArray *slabs;             /* (owned) (nullable) with a free chunk */
  guint n_pools;
  guint n_slabs;                /* mapped */
  guint n_spare;                /* of them, those with nothing in use */
  guint n_idle;                 /* fewest of those since idle_us */
  gint64 idle_us;               /* monotonic time */
} store;

/* ---- the kernel ---- */

guint64
gst_ice_chunk_pool_get_ceiling (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_AS, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
    return G_MAXSIZE / 2;

  return MIN (limit.rlim_cur, G_MAXSIZE / 2);
}

static guint8 *
map (gsize size)
{
  guint8 *data = mmap (NULL, size, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return data != MAP_FAILED ? data : NULL;
}

/* From the kernel itself, which gets it back as soon as it is free; NULL if it
 * has none. Where it can be a large page, but in a small address space: that
 * has no room for holes between pieces that are aligned. The kernel hands out
 * its addresses from high to low, so that the high end leaves none. */
static guint8 *
map_slab (void)
{
  gboolean is_small = gst_ice_chunk_pool_get_ceiling () <= SMALL_ADDRESS_SPACE;
  gsize rest = HEADROOM + (is_small ? 0 : SLAB_SIZE);
  guint8 *data = map (SLAB_SIZE + rest);
  gsize before = is_small ? rest : -GPOINTER_TO_SIZE (data) % SLAB_SIZE;

  if (data == NULL)
    return NULL;

  if (before > 0)
    munmap (data, before);
  if (rest > before)
    munmap (data + before + SLAB_SIZE, rest - before);

  return data + before;
}

/* ---- slabs ---- */

/* NULL if there is no memory. */
static GstIceChunkSlab *
slab_new (gboolean large_page)
{
  guint8 *data = map_slab ();
  GstIceChunkSlab *slab;

  if (data == NULL)
    return NULL;

  slab = g_new0 (GstIceChunkSlab, 1);
  slab->data = data;
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
  munmap (slab->data, SLAB_SIZE);
  g_free (slab);
}

/* Has the kernel put memory under all of a chunk or a slab at once, which costs
 * a fraction of one page fault after the other. Where it can't, they come when
 * they come. */
static void
populate (guint8 * data, gsize size)
{
#ifdef MADV_POPULATE_WRITE
  if (sysconf (_SC_PAGESIZE) <= GST_ICE_CHUNK_SIZE)
    madvise (data, size, MADV_POPULATE_WRITE);
#endif
}

/* ---- the store; call with its lock held ---- */

static gboolean
wants_large_pages (void)
{
  return store.n_slabs >= LARGE_PAGES_FROM * store.n_pools;
}

static void
add_slab (GstIceChunkSlab * slab)
{
  g_ptr_array_add (store.slabs, slab);
  if (slab->free == ALL_CHUNKS)
    store.n_spare++;
}

/* The memory of one chunk, or NULL if no slab has any. The last slab is the one
 * that is in use: those that are empty come to stand before it. */
static guint8 *
take_memory (GstIceChunkSlab ** slab, gboolean * untouched)
{
  GstIceChunkSlab *last;
  guint index;

  if (store.slabs->len == 0)
    return NULL;

  last = g_ptr_array_index (store.slabs, store.slabs->len - 1);
  if (last->free == ALL_CHUNKS) {
    store.n_spare--;
    store.n_idle = MIN (store.n_idle, store.n_spare);
  }
  index = g_bit_nth_lsf (last->free, -1);
  last->free &= ~(1u << index);
  if (last->free == 0)
    g_ptr_array_steal_index (store.slabs, store.slabs->len - 1);

  *untouched = (last->untouched & 1u << index) != 0;
  last->untouched &= ~(1u << index);
  *slab = last;

  return last->data + index * GST_ICE_CHUNK_SIZE;
}

static void
return_memory (GstIceChunkSlab * slab, const guint8 * data)
{
  guint index = (data - slab->data) / GST_ICE_CHUNK_SIZE;

  if (slab->free == 0)
    add_slab (slab);
  slab->free |= 1u << index;
  if (slab->free == ALL_CHUNKS)
    store.n_spare++;
}

/* Up to @n slabs that are empty. (transfer full) (nullable) */
static GPtrArray *
take_spare (guint n)
{
  GPtrArray *spare;
  guint i = 0;

  if (n == 0)
    return NULL;

  spare = g_ptr_array_new_with_free_func ((GDestroyNotify) slab_free);
  while (spare->len < n && i < store.slabs->len) {
    GstIceChunkSlab *slab = g_ptr_array_index (store.slabs, i);

    if (slab->free == ALL_CHUNKS)
      g_ptr_array_add (spare, g_ptr_array_steal_index (store.slabs, i));
    else
      i++;
  }
  store.n_spare -= spare->len;
  store.n_slabs -= spare->len;

  return spare;
}

/* What nobody has needed for a while. (transfer full) (nullable) */
static GPtrArray *
take_idle (void)
{
  gint64 now = g_get_monotonic_time ();
  guint n = store.n_idle;

  if (now < store.idle_us + IDLE_US)
    return NULL;

  store.idle_us = now;
  store.n_idle = store.n_spare - n;

  return take_spare (n);
}

/* ---- the pool ---- */

GstIceChunkPool *
gst_ice_chunk_pool_new (guint64 max_memory)
{
  GstIceChunkPool *pool = g_new0 (GstIceChunkPool, 1);
  gst_ice_lock_scope (&store.lock);

  g_atomic_ref_count_init (&pool->ref_count);
  pool->max_memory = pool->limit = max_memory;
  g_mutex_init (&pool->lock);
  g_cond_init (&pool->room);
  if (store.slabs == NULL)
    store.slabs = g_ptr_array_new ();
  store.n_pools++;

  return pool;
}

/* The last one leaves nothing behind. */
static void
leave_store (void)
{
  g_autoptr (GPtrArray) spare = NULL;
  g_autoptr (GPtrArray) slabs = NULL;
  gst_ice_lock_scope (&store.lock);

  if (--store.n_pools > 0)
    return;

  spare = take_spare (store.n_spare);
  slabs = g_steal_pointer (&store.slabs);
}

static void
finalize_pool (GstIceChunkPool * pool)
{
  leave_store ();
  g_cond_clear (&pool->room);
  g_mutex_clear (&pool->lock);
  g_free (pool);
}

GST_ICE_DEFINE_COUNTED (GstIceChunkPool, gst_ice_chunk_pool, finalize_pool)

void
gst_ice_chunk_pool_trim (void)
{
  g_autoptr (GPtrArray) idle = NULL;

  g_mutex_lock (&store.lock);
  if (store.slabs != NULL)
    idle = take_idle ();
  g_mutex_unlock (&store.lock);
}

static gboolean
lacks_ready_slab (void)
{
  gst_ice_lock_scope (&store.lock);

  return store.n_pools > 0 && wants_large_pages ()
      && store.n_spare < READY_SLABS;
}

/* Behind those that are in use. */
static void
add_ready_slab (GstIceChunkSlab * slab)
{
  gst_ice_lock_scope (&store.lock);

  g_ptr_array_insert (store.slabs, 0, slab);
  store.n_slabs++;
  store.n_spare++;
}

void
gst_ice_chunk_pool_prepare (void)
{
  while (lacks_ready_slab ()) {
    GstIceChunkSlab *slab = slab_new (TRUE);

    if (slab == NULL)
      return;
    populate (slab->data, SLAB_SIZE);
    slab->untouched = 0;
    add_ready_slab (slab);
  }
}

/* Call with the lock held. */
static gboolean
has_room (GstIceChunkPool * pool)
{
  return pool->used + GST_ICE_CHUNK_SIZE <= pool->limit;
}

/* Call with the lock held. */
static gboolean
has_plenty (GstIceChunkPool * pool)
{
  return pool->used + MIN (PLENTY, pool->limit / 4) <= pool->limit;
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

/* The kernel has no memory for what was reserved: so much there is, until some
 * comes back. */
static void
unreserve (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  pool->used -= GST_ICE_CHUNK_SIZE;
  pool->limit = pool->used;
}

/* Memory for a chunk, or NULL. @new_slab: (transfer full) (nullable): one more
 * for the store. @large_page: (out): whether its next one shall be one. */
static guint8 *
find_memory (GstIceChunkSlab ** slab, GstIceChunkSlab * new_slab,
    gboolean * large_page)
{
  gboolean untouched = FALSE;
  guint8 *data;

  g_mutex_lock (&store.lock);
  if (new_slab != NULL) {
    add_slab (new_slab);
    store.n_slabs++;
  }
  data = take_memory (slab, &untouched);
  *large_page = wants_large_pages ();
  g_mutex_unlock (&store.lock);

  if (untouched)
    populate (data, GST_ICE_CHUNK_SIZE);

  return data;
}

GstIceChunk *
gst_ice_chunk_pool_take (GstIceChunkPool * pool)
{
  GstIceChunkSlab *slab = NULL;
  GstIceChunk *chunk;
  guint8 *data;
  gboolean large_page;

  if (!reserve (pool))
    return NULL;

  data = find_memory (&slab, NULL, &large_page);
  if (data == NULL) {
    slab = slab_new (large_page);
    data = slab != NULL ? find_memory (&slab, slab, &large_page) : NULL;
  }
  if (data == NULL) {
    unreserve (pool);
    return NULL;
  }

  chunk = g_new0 (GstIceChunk, 1);
  g_atomic_ref_count_init (&chunk->ref_count);
  chunk->pool = gst_ice_chunk_pool_ref (pool);
  chunk->data = data;
  chunk->slab = slab;

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
  gboolean wake;

  g_mutex_lock (&store.lock);
  return_memory (chunk->slab, chunk->data);
  g_mutex_unlock (&store.lock);

  g_mutex_lock (&pool->lock);
  wake = make_room (pool);
  g_mutex_unlock (&pool->lock);

  if (wake)
    g_cond_broadcast (&pool->room);
}

gboolean
gst_ice_chunk_pool_has_room (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  return has_room (pool);
}

gboolean
gst_ice_chunk_pool_is_starved (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  return pool->limit < pool->max_memory && !has_room (pool);
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

/* Waits for a change. The kernel says nothing when it has memory again. Call
 * with the lock held. */
static void
wait_for_change (GstIceChunkPool * pool)
{
  if (pool->limit == pool->max_memory)
    g_cond_wait (&pool->room, &pool->lock);
  else if (!g_cond_wait_until (&pool->room, &pool->lock,
          g_get_monotonic_time () + STARVED_US))
    pool->limit = pool->max_memory;
}

gboolean
gst_ice_chunk_pool_wait (GstIceChunkPool * pool)
{
  gst_ice_lock_scope (&pool->lock);

  pool->n_waiting++;
  while (!has_room (pool) && !pool->flushing && !pool->nudged)
    wait_for_change (pool);
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

static void
finalize_chunk (GstIceChunk * chunk)
{
  give_back (chunk);
  gst_ice_chunk_pool_unref (chunk->pool);
  g_free (chunk);
}

GST_ICE_DEFINE_COUNTED (GstIceChunk, gst_ice_chunk, finalize_chunk)

gboolean
gst_ice_chunk_is_writable (GstIceChunk * chunk)
{
  return g_atomic_ref_count_compare (&chunk->ref_count, 1);
}
