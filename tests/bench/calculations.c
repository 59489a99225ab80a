/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The speed of what is only calculation: the CRC-64 of bytes, by the library
 * and by the portable code, and what Complete needs before it is sent: the
 * object's checksum from those of its parts, and the list of them.
 *
 * The last line is JSON: GiB/s, and for each number of parts microseconds, of
 * the thread's own time; each figure is the best of several, since only the
 * machine can make it worse. */

#include "config.h"

#include <time.h>

#include "common/crc64.h"
#include "oss/oss-client.h"
#include "pattern.h"
#include "upload/part-table.h"

/* As large as what icesink sums up at once, a buffer that is in the cache. */
#define BLOCK_SIZE (64 * 1024)
#define BLOCKS 2048
#define ROUNDS 7
#define PART_SIZE (4 * 1024 * 1024)

typedef guint64 (*Sum) (guint64 crc, gconstpointer data, gsize size);

static gint64
get_thread_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* In GiB/s. */
static gdouble
measure_sum (Sum sum, const guint8 * block)
{
  guint64 expected = pattern_get_crc64 ((guint64) BLOCK_SIZE * BLOCKS);
  gint64 best_us = G_MAXINT64;
  guint round, i;

  for (round = 0; round < ROUNDS; round++) {
    gint64 begin_us = get_thread_us ();
    guint64 crc = 0;

    for (i = 0; i < BLOCKS; i++)
      crc = sum (crc, block, BLOCK_SIZE);
    best_us = MIN (best_us, get_thread_us () - begin_us);
    if (crc != expected)
      g_error ("the checksum is wrong");
  }

  return (gdouble) BLOCK_SIZE * BLOCKS / (1 << 30) / (best_us / 1e6);
}

static GstIcePartTable *
new_table (guint n_parts)
{
  GstIcePartTable *table = gst_ice_part_table_new ();
  guint i;

  for (i = 0; i < n_parts; i++) {
    GstIcePart fields = {
      .number = i + 1,
      .generation = 1,
      .offset = (guint64) PART_SIZE * i,
      .size = PART_SIZE,
      .crc64 = pattern_get_crc64 (PART_SIZE),
      .bytes = g_ptr_array_new (),
    };
    GstIcePart *part = gst_ice_part_new (&fields);
    GstIcePartEntry *entry;

    gst_ice_part_table_push (table, part);
    entry = gst_ice_part_table_get (table, i + 1);
    gst_ice_part_table_set_in_flight (table, entry);
    gst_ice_part_table_confirm (table, entry, part,
        "\"0123456789ABCDEF0123456789ABCDEF\"");
  }

  return table;
}

static void
append_part (GstIcePartEntry * entry, gpointer parts)
{
  g_ptr_array_add (parts, gst_ice_oss_part_new (entry->number, entry->etag,
          entry->size));
}

static void
prepare_complete (GstIcePartTable * table, guint n_parts)
{
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_oss_part_free);
  g_autoptr (GstIceOssRequest) request = NULL;
  guint64 crc64;

  gst_ice_part_table_get_size (table, n_parts, &crc64);
  if (crc64 != pattern_get_crc64 ((guint64) PART_SIZE * n_parts))
    g_error ("the object's checksum is wrong");
  gst_ice_part_table_foreach (table, n_parts, append_part, parts);
  request = gst_ice_oss_request_new_complete ("upload", parts);
}

static gint64
measure_complete (guint n_parts)
{
  g_autoptr (GstIcePartTable) table = new_table (n_parts);
  gint64 best_us = G_MAXINT64;
  guint round;

  for (round = 0; round < ROUNDS; round++) {
    gint64 begin_us = get_thread_us ();

    prepare_complete (table, n_parts);
    best_us = MIN (best_us, get_thread_us () - begin_us);
  }

  return best_us;
}

int
main (int argc, char **argv)
{
  static const guint numbers[] = { 100, 1000, 10000 };
  g_autofree guint8 *block = g_malloc (BLOCK_SIZE);
  guint i;

  pattern_fill (block, BLOCK_SIZE, 0);
  g_print ("{\"library\": \"%s\", \"crc64\": %.3f, \"crc64_portable\": %.3f",
      HAVE_ISAL ? "ISA-L" : HAVE_LZMA ? "liblzma" : "none",
      measure_sum (gst_ice_crc64_update, block),
      measure_sum (gst_ice_crc64_update_portable, block));
  for (i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_print (", \"complete_%u_us\": %" G_GINT64_FORMAT, numbers[i],
        measure_complete (numbers[i]));
  g_print ("}\n");

  return 0;
}
