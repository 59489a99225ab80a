/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* A sealed part: bytes that are handed over for uploading.
 *
 * Immutable and counted; any thread. It shares the chunks that it covers with
 * the recording; when both have let go, the memory returns to the pool. A
 * part that is rewritten after it was sealed becomes a new GstIcePart with
 * the same number and the next generation. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstIcePart GstIcePart;

/**
 * GstIcePart:
 * @number: part number, 1 to 10,000
 * @generation: counts the sealed versions of this number from 1
 * @offset: first byte in the object
 * @size: bytes
 * @crc64: CRC-64 of the bytes
 * @arrival_us: monotonic time at which its oldest byte was recorded
 * @bytes: (element-type GBytes) (owned): the bytes in order
 */
struct _GstIcePart
{
  guint number;
  guint generation;
  guint64 offset;
  guint64 size;
  guint64 crc64;
  gint64 arrival_us;
  GPtrArray *bytes;

  /*< private >*/
  gatomicrefcount ref_count;
};

/* A copy of the fields of @fields, whose @bytes it takes over.
 * (transfer full) */
GstIcePart *gst_ice_part_new (const GstIcePart * fields);
GstIcePart *gst_ice_part_ref (GstIcePart * part);
void gst_ice_part_unref (GstIcePart * part);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIcePart, gst_ice_part_unref)

G_END_DECLS
