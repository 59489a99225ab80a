/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A sealed part: bytes that are handed over for uploading.
 *
 * Immutable and counted; any thread. It shares the chunks that it covers with
 * the recording; when both have let go, the memory returns to the pool. A
 * part that is rewritten after it was sealed becomes a new GstIcePart with
 * the same number and the next generation.
 *
 * With a spool, a piece may leave memory once it is on disk, and be read from
 * there when it is sent. A rewrite changes the place on disk, so the older
 * generation is superseded before that: what is read of it from then on means
 * nothing. */

#pragma once

#include <gio/gio.h>

#include "common/counted.h"
#include "recording/spool.h"

typedef struct _GstIcePart GstIcePart;

struct _GstIcePart
{
  guint number;         /* part number, 1 to 10,000 */
  guint generation;     /* counts the sealed versions of this number from 1 */
  guint64 offset;       /* first byte in the object */
  guint64 size;         /* bytes */
  guint64 crc64;        /* CRC-64 of the bytes */
  gint64 arrival_us;    /* monotonic time at which its oldest byte was
                         * recorded */
  GstIceSpool *spool;   /* (nullable) (owned) where all pieces are that are not
                         * in memory */
  GPtrArray *bytes;     /* (nullable) (element-type GBytes) (owned) the pieces
                         * in order; with a spool, each but the last has
                         * GST_ICE_CHUNK_SIZE bytes, and one that is only on
                         * disk is NULL; NULL: all of them are, or are gone.
                         * Protected by a lock: see gst_ice_part_ref_bytes() */

  /*< private >*/
  GMutex lock;
  gint superseded;
  gint gone;
  gatomicrefcount ref_count;
};

/* Told of a part that arrived in an earlier run, and is as it was then.
 * @part: (transfer full) */
typedef void (*GstIceArrivedFunc) (GstIcePart * part, const gchar * etag,
    gpointer user_data);

/* A copy of the fields of @fields, whose @bytes and @spool it takes over.
 * (transfer full) */
GstIcePart *gst_ice_part_new (const GstIcePart * fields);
GST_ICE_DECLARE_COUNTED (GstIcePart, gst_ice_part)

/* The bytes in order, if all of them are in memory, else NULL.
 * (transfer full) (nullable) (element-type GBytes) */
GPtrArray *gst_ice_part_ref_bytes (GstIcePart * part);

/* A stream of the bytes, from memory and disk; its reads may wait for the
 * disk, so it is for asynchronous ones. Errors of a read: GST_ICE_ERROR_FAILED.
 * (transfer full) */
GInputStream *gst_ice_part_open (GstIcePart * part);

/* TRUE if the bytes can be had again at any time: there is a spool, and they
 * have not been given up. */
gboolean gst_ice_part_is_durable (GstIcePart * part);

/* Piece @index is on disk; memory lets go of it. */
void gst_ice_part_evict (GstIcePart * part, guint index);

/* It has arrived, and its bytes are about to be freed on disk as well: it can't
 * be sent again. */
void gst_ice_part_give_up (GstIcePart * part);

/* A newer generation is on its way, and the bytes on disk change from now
 * on: what was sent or will be read of this one means nothing. Memory lets go
 * of it. */
void gst_ice_part_supersede (GstIcePart * part);
gboolean gst_ice_part_is_superseded (GstIcePart * part);
