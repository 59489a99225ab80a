/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Tests of the chunk pool through its own interface: chunks that come and go in
 * any order never share a byte, and the budget holds. */

#define _GNU_SOURCE             /* syscall() */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../sanitizer.h"
#include "recording/chunk-pool.h"
#include "system.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

/* More than the slabs that are kept, and some that are large pages. */
#define N_CHUNKS 480

typedef struct
{
  GstIceChunk *chunk;           /* (owned) (nullable) */
  guint32 mark;                 /* what its words are */
} Slot;

static void
fill (Slot * slot, guint32 mark)
{
  guint32 *words = (guint32 *) slot->chunk->data;
  guint i;

  slot->mark = mark;
  for (i = 0; i < GST_ICE_CHUNK_SIZE / sizeof *words; i++)
    words[i] = mark;
}

static void
assert_filled (const Slot * slot)
{
  const guint32 *words = (const guint32 *) slot->chunk->data;
  guint i;

  for (i = 0; i < GST_ICE_CHUNK_SIZE / sizeof *words; i++)
    g_assert_cmpuint (words[i], ==, slot->mark);
}

static void
assert_used (GstIceChunkPool * pool, const Slot * slots)
{
  guint64 used = 0;
  guint i;

  for (i = 0; i < N_CHUNKS; i++)
    used += slots[i].chunk != NULL ? GST_ICE_CHUNK_SIZE : 0;
  g_assert_cmpuint (gst_ice_chunk_pool_get_used (pool), ==, used);
}

static void
release (Slot * slot)
{
  if (slot->chunk == NULL)
    return;

  assert_filled (slot);
  g_clear_pointer (&slot->chunk, gst_ice_chunk_unref);
}

static void
test_any_order (void)
{
  g_autoptr (GstIceChunkPool) pool = gst_ice_chunk_pool_new (64 * MIB);
  g_autofree Slot *slots = g_new0 (Slot, N_CHUNKS);
  guint32 mark = 0;
  guint round, i;

  for (round = 0; round < 6; round++) {
    for (i = 0; i < N_CHUNKS; i++) {
      if (slots[i].chunk != NULL)
        continue;
      slots[i].chunk = gst_ice_chunk_pool_take (pool);
      g_assert_nonnull (slots[i].chunk);
      fill (&slots[i], ++mark);
    }
    assert_used (pool, slots);
    /* All of them once, so that slabs go and new ones come. */
    for (i = 0; i < N_CHUNKS; i++)
      if (round == 2 || g_test_rand_bit ())
        release (&slots[i]);
    assert_used (pool, slots);
  }
  for (i = 0; i < N_CHUNKS; i++)
    release (&slots[i]);
  assert_used (pool, slots);
}

static void
test_budget (void)
{
  g_autoptr (GstIceChunkPool) pool =
      gst_ice_chunk_pool_new (3 * GST_ICE_CHUNK_SIZE - 1);
  GstIceChunk *first = gst_ice_chunk_pool_take (pool);
  GstIceChunk *second = gst_ice_chunk_pool_take (pool);

  g_assert_true (first != NULL && second != NULL);
  g_assert_false (gst_ice_chunk_pool_has_room (pool));
  g_assert_null (gst_ice_chunk_pool_take (pool));

  gst_ice_chunk_unref (first);
  g_assert_true (gst_ice_chunk_pool_has_room (pool));
  first = gst_ice_chunk_pool_take (pool);
  g_assert_nonnull (first);
  gst_ice_chunk_unref (first);
  gst_ice_chunk_unref (second);
}

/* ---- the kernel ---- */

static gint n_maps;             /* atomic, of a slab or more */
static gint has_memory = TRUE;  /* atomic */

/* What the kernel of a 32-bit machine calls it has another form, and counts the
 * offset in pages. */
static void *
call_kernel (void *address, size_t size, int protection, int flags, int fd,
    off_t offset)
{
#ifdef SYS_mmap2
  return (void *) syscall (SYS_mmap2, address, size, protection, flags, fd,
      (gulong) (offset / 4096));
#else
  return (void *) syscall (SYS_mmap, address, size, protection, flags, fd,
      offset);
#endif
}

/* In place of the C library's. */
void *
mmap (void *address, size_t size, int protection, int flags, int fd,
    off_t offset)
{
  if (size < 1 * MIB)
    return call_kernel (address, size, protection, flags, fd, offset);
  if (!g_atomic_int_get (&has_memory)) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  g_atomic_int_inc (&n_maps);

  return call_kernel (address, size, protection, flags, fd, offset);
}

static gint64 later_us;

/* Likewise, in place of GLib's. */
gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + later_us;
}

/* It is as if the budget were used up. */
static void
test_no_memory (void)
{
  g_autoptr (GstIceChunkPool) pool = gst_ice_chunk_pool_new (64 * MIB);
  g_autoptr (GPtrArray) chunks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_chunk_unref);
  GstIceChunk *chunk = gst_ice_chunk_pool_take (pool);

  g_atomic_int_set (&has_memory, FALSE);
  for (; chunk != NULL; chunk = gst_ice_chunk_pool_take (pool))
    g_ptr_array_add (chunks, chunk);
  g_assert_cmpuint (chunks->len, >, 0);
  g_assert_false (gst_ice_chunk_pool_has_room (pool));

  g_ptr_array_set_size (chunks, chunks->len - 1);
  g_assert_true (gst_ice_chunk_pool_has_room (pool));
  g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pool));
  g_assert_null (gst_ice_chunk_pool_take (pool));

  /* Nobody says when there is some again. */
  g_atomic_int_set (&has_memory, TRUE);
  g_assert_true (gst_ice_chunk_pool_wait (pool));
  g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pool));
  g_assert_nonnull (g_ptr_array_index (chunks, chunks->len - 1));
}

#define MORE (96 * MIB)

/* Leaves the process @more bytes of address space. */
static void
limit_address_space (guint64 more)
{
  g_autofree gchar *text = NULL;
  struct rlimit limit;
  gulong pages = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%lu", &pages), ==, 1);
  limit.rlim_cur = limit.rlim_max = pages * sysconf (_SC_PAGESIZE) + more;
  g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);
}

/* All that there is, but what others need is taken, and no hole is left between
 * one piece and the next. */
static void
take_all (void)
{
  g_autoptr (GstIceChunkPool) pool = gst_ice_chunk_pool_new (2 * MORE);
  g_autoptr (GPtrArray) chunks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_chunk_unref);
  guintptr low = G_MAXSIZE, high = 0;
  GstIceChunk *chunk;

  while ((chunk = gst_ice_chunk_pool_take (pool)) != NULL) {
    g_ptr_array_add (chunks, chunk);
    low = MIN (low, (guintptr) chunk->data);
    high = MAX (high, (guintptr) chunk->data + GST_ICE_CHUNK_SIZE);
  }

  g_assert_cmpuint (chunks->len * GST_ICE_CHUNK_SIZE, >=, MORE - 40 * MIB);
  g_assert_cmpuint (high - low, <=, chunks->len * GST_ICE_CHUNK_SIZE + MIB);
  g_free (g_malloc (24 * MIB));
}

static void
test_small_address_space (void)
{
  if (!test_can_limit_address_space ()) {
    g_test_skip ("the address space of a process can't be limited here");
    return;
  }
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }

  limit_address_space (MORE);
  g_assert_cmpuint (gst_ice_chunk_pool_get_ceiling (), <, G_MAXUINT32);
  take_all ();
}

/* Whatever the size of a part, and whoever had it before. */
static void
test_used_again (void)
{
  GstIceChunkPool *pools[] = { gst_ice_chunk_pool_new (64 * MIB),
    gst_ice_chunk_pool_new (64 * MIB)
  };
  g_autoptr (GPtrArray) chunks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_chunk_unref);
  gint before = 0;
  guint i;

  for (i = 0; i < 4; i++) {
    while (chunks->len < N_CHUNKS)
      g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pools[i % 2]));
    g_assert_true (i == 0 || g_atomic_int_get (&n_maps) == before);
    before = g_atomic_int_get (&n_maps);
    g_ptr_array_set_size (chunks, 0);
    gst_ice_chunk_pool_trim ();
  }
  g_clear_pointer (&pools[0], gst_ice_chunk_pool_unref);
  g_clear_pointer (&pools[1], gst_ice_chunk_pool_unref);
}

/* Nobody has needed it for a while: the kernel gets it back. */
static void
test_idle (void)
{
  GstIceChunkPool *pool = gst_ice_chunk_pool_new (64 * MIB);
  GstIceChunk *chunk;
  gint before;
  guint i;

  gst_ice_chunk_unref (gst_ice_chunk_pool_take (pool));
  before = g_atomic_int_get (&n_maps);
  for (i = 0; i < 2; i++) {
    gst_ice_chunk_pool_trim ();
    chunk = gst_ice_chunk_pool_take (pool);
    g_assert_cmpint (g_atomic_int_get (&n_maps), ==, before);
    gst_ice_chunk_unref (chunk);
  }

  for (i = 0; i < 3; i++) {
    later_us += 300 * G_USEC_PER_SEC;
    gst_ice_chunk_pool_trim ();
  }
  chunk = gst_ice_chunk_pool_take (pool);
  g_assert_cmpint (g_atomic_int_get (&n_maps), ==, before + 1);
  gst_ice_chunk_unref (chunk);
  gst_ice_chunk_pool_unref (pool);
}

/* What lies beside a chunk that somebody has stays, all else goes. */
static void
test_idle_around (void)
{
  GstIceChunkPool *pool = gst_ice_chunk_pool_new (64 * MIB);
  g_autoptr (GPtrArray) chunks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_chunk_unref);
  Slot slot = { NULL, 0 };
  gint before;
  guint i;

  while (chunks->len < N_CHUNKS)
    g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pool));
  slot.chunk = g_ptr_array_steal_index (chunks, N_CHUNKS / 2);
  fill (&slot, 7);
  g_ptr_array_set_size (chunks, 0);
  for (i = 0; i < 3; i++) {
    later_us += 300 * G_USEC_PER_SEC;
    gst_ice_chunk_pool_trim ();
  }

  before = g_atomic_int_get (&n_maps);
  g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pool));
  g_assert_cmpint (g_atomic_int_get (&n_maps), ==, before);
  while (chunks->len < N_CHUNKS)
    g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pool));
  g_assert_cmpint (g_atomic_int_get (&n_maps), >, before);
  release (&slot);
  gst_ice_chunk_pool_unref (pool);
}

/* ---- waiting ---- */

typedef struct
{
  GstIceChunkPool *pool;
  gint has_returned;            /* atomic */
} Waiter;

static gpointer
wait_in_thread (gpointer data)
{
  Waiter *waiter = data;
  gboolean goes_on = gst_ice_chunk_pool_wait (waiter->pool);

  g_atomic_int_set (&waiter->has_returned, TRUE);

  return GINT_TO_POINTER (goes_on);
}

/* Most likely @waiter waits by now, as it is meant to. */
static void
assert_waits (Waiter * waiter)
{
  g_usleep (G_USEC_PER_SEC / 20);
  g_assert_false (g_atomic_int_get (&waiter->has_returned));
}

/* Who waits goes on as soon as there is room, once for each nudge, and gives up
 * while flushing. */
static void
test_wait (void)
{
  g_autoptr (GstIceChunkPool) pool =
      gst_ice_chunk_pool_new (GST_ICE_CHUNK_SIZE);
  GstIceChunk *chunk = gst_ice_chunk_pool_take (pool);
  Waiter waiter = { pool, FALSE };
  GThread *thread;

  gst_ice_chunk_pool_nudge (pool);
  g_assert_true (gst_ice_chunk_pool_wait (pool));

  thread = g_thread_new ("room", wait_in_thread, &waiter);
  assert_waits (&waiter);
  gst_ice_chunk_unref (chunk);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));

  chunk = gst_ice_chunk_pool_take (pool);
  waiter.has_returned = FALSE;
  thread = g_thread_new ("flushing", wait_in_thread, &waiter);
  assert_waits (&waiter);
  gst_ice_chunk_pool_set_flushing (pool, TRUE);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_false (gst_ice_chunk_pool_wait (pool));
  gst_ice_chunk_unref (chunk);
}

/* Who takes chunk after chunk does not wait for the kernel, as soon as that has
 * some memory. */
static void
test_ready (void)
{
  GstIceChunkPool *pool = gst_ice_chunk_pool_new (64 * MIB);
  g_autoptr (GPtrArray) chunks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_chunk_unref);
  gint before;

  while (chunks->len < N_CHUNKS / 2)
    g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pool));
  before = g_atomic_int_get (&n_maps);
  while (g_atomic_int_get (&n_maps) == before)
    g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pool));

  g_atomic_int_set (&has_memory, FALSE);
  gst_ice_chunk_pool_prepare ();
  g_atomic_int_set (&has_memory, TRUE);
  gst_ice_chunk_pool_prepare ();
  before = g_atomic_int_get (&n_maps);
  while (chunks->len < N_CHUNKS / 2 + 3 * MIB / GST_ICE_CHUNK_SIZE)
    g_ptr_array_add (chunks, gst_ice_chunk_pool_take (pool));
  g_assert_cmpint (g_atomic_int_get (&n_maps), ==, before);
  gst_ice_chunk_pool_unref (pool);
}

/* A part that is on its way may be the last that knows of the pool. */
static void
test_outlives (void)
{
  GstIceChunkPool *pool = gst_ice_chunk_pool_new (MIB);
  Slot slot = { gst_ice_chunk_pool_take (pool), 0 };

  gst_ice_chunk_pool_unref (pool);
  fill (&slot, 7);
  release (&slot);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chunk-pool/gives-and-takes-in-any-order", test_any_order);
  g_test_add_func ("/chunk-pool/keeps-to-its-budget", test_budget);
  g_test_add_func ("/chunk-pool/waits-for-room", test_wait);
  g_test_add_func ("/chunk-pool/is-full-without-memory", test_no_memory);
  if (!RESERVES_ADDRESSES)
    g_test_add_func ("/chunk-pool/leaves-no-holes", test_small_address_space);
  g_test_add_func ("/chunk-pool/is-used-again", test_used_again);
  g_test_add_func ("/chunk-pool/gives-back-what-is-idle", test_idle);
  g_test_add_func ("/chunk-pool/gives-back-around-what-is-in-use",
      test_idle_around);
  g_test_add_func ("/chunk-pool/has-some-ready", test_ready);
  g_test_add_func ("/chunk-pool/lives-as-long-as-its-chunks", test_outlives);

  return g_test_run ();
}
