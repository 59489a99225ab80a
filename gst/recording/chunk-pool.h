/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Memory for recorded bytes: recycled chunks within one budget.
 *
 * The streaming thread takes chunks, any thread gives them back by dropping
 * the last reference. The budget is a bound on what is taken; whoever finds it
 * used up waits for memory or does something about it. */

#pragma once

#include "common/counted.h"

/* Small enough that a part wastes little and a rewrite copies little, large
 * enough for few system calls. */
#define GST_ICE_CHUNK_SIZE (64 * 1024)

typedef struct _GstIceChunkPool GstIceChunkPool;
typedef struct _GstIceChunkSlab GstIceChunkSlab;
typedef struct _GstIceChunk GstIceChunk;

struct _GstIceChunk
{
  guint8 *data;         /* GST_ICE_CHUNK_SIZE bytes, to be written only while
                         * the reference count is one */
  gboolean spooled;     /* these bytes are on disk; the recording's, like the
                         * next */
  gboolean queued;      /* they are about to go there */

  /*< private >*/
  GstIceChunkPool *pool;
  GstIceChunkSlab *slab;
  gatomicrefcount ref_count;
};

/* @max_memory: the budget in bytes. All pools of the process share what is
 * empty. (transfer full) */
GstIceChunkPool *gst_ice_chunk_pool_new (guint64 max_memory);
GST_ICE_DECLARE_COUNTED (GstIceChunkPool, gst_ice_chunk_pool)

/* No budget can be larger: half of what pointers reach, or less if a limit is set
 * for the process (`ulimit -v`). */
guint64 gst_ice_chunk_pool_get_ceiling (void);

/* Gives the kernel back what no pool has needed for a while. To be called now and
 * then. */
void gst_ice_chunk_pool_trim (void);

/* Where much memory is in use, has some more ready before it is asked for, since
 * to get it takes its time. To be called a few times a second, where that does
 * not matter. */
void gst_ice_chunk_pool_prepare (void);

/* A chunk with undefined content, or NULL if the budget is used up, or the kernel
 * has no memory.
 * (transfer full) (nullable) */
GstIceChunk *gst_ice_chunk_pool_take (GstIceChunkPool * pool);

/* TRUE if the budget has room for a chunk. */
gboolean gst_ice_chunk_pool_has_room (GstIceChunkPool * pool);

/* TRUE if there is no room because the kernel has no memory. */
gboolean gst_ice_chunk_pool_is_starved (GstIceChunkPool * pool);

/* Waits until the budget has room, somebody nudges, or the pool is flushing.
 * Returns FALSE in that last case. */
gboolean gst_ice_chunk_pool_wait (GstIceChunkPool * pool);

/* Ends the wait that is under way, or the next one. */
void gst_ice_chunk_pool_nudge (GstIceChunkPool * pool);

/* TRUE: waits end at once and none begin; FALSE: they may again. */
void gst_ice_chunk_pool_set_flushing (GstIceChunkPool * pool,
    gboolean flushing);

/* Bytes taken and not yet given back. */
guint64 gst_ice_chunk_pool_get_used (GstIceChunkPool * pool);

GST_ICE_DECLARE_COUNTED (GstIceChunk, gst_ice_chunk)

/* TRUE if nobody else holds @chunk, so that its bytes may be changed. */
gboolean gst_ice_chunk_is_writable (GstIceChunk * chunk);
