/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The sealed part: bytes in memory, on disk, and between the two. */

#include "spool-fixture.h"

#include "common/crc64.h"
#include "recording/chunk-pool.h"
#include "recording/part.h"

#include <string.h>

#define CHUNK GST_ICE_CHUNK_SIZE
#define OFFSET ((guint64) 1000)
#define SIZE (5 * CHUNK + 77)

typedef struct
{
  SpoolFixture *files;          /* (nullable) */
  GstIceSpool *spool;           /* (nullable) */
  guint8 *data;
  GstIcePart *part;
} Fixture;

static GPtrArray *
make_pieces (const guint8 * data, gsize size)
{
  GPtrArray *pieces =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gsize done;

  for (done = 0; done < size; done += CHUNK)
    g_ptr_array_add (pieces, g_bytes_new (data + done, MIN (CHUNK,
                size - done)));

  return pieces;
}

static void
init (Fixture * fixture, gboolean spooled, gboolean in_memory)
{
  const GstIcePartPlan plan = { PART_SIZE, PART_SIZE };
  GstIcePart fields = {.number = 3,.generation = 1,.offset = OFFSET,
    .size = SIZE
  };
  g_autoptr (GError) error = NULL;
  gsize i;

  memset (fixture, 0, sizeof (*fixture));
  fixture->data = g_malloc (SIZE);
  for (i = 0; i < SIZE; i++)
    fixture->data[i] = (guint8) (i * 2654435761u >> 13);

  if (spooled) {
    fixture->files = spool_fixture_new ();
    fixture->spool = spool_fixture_open (fixture->files);
    gst_ice_spool_note_run (fixture->spool, 0, &plan);
    gst_ice_spool_write (fixture->spool, OFFSET, fixture->data, SIZE, &error);
    g_assert_no_error (error);
    fields.spool = gst_ice_spool_ref (fixture->spool);
  }
  if (in_memory)
    fields.bytes = make_pieces (fixture->data, SIZE);
  fixture->part = gst_ice_part_new (&fields);
}

static void
clear (Fixture * fixture)
{
  g_clear_pointer (&fixture->part, gst_ice_part_unref);
  g_clear_pointer (&fixture->spool, gst_ice_spool_unref);
  g_clear_pointer (&fixture->files, spool_fixture_free);
  g_free (fixture->data);
}

/* Reads all of the part, @step bytes at a time. */
static void
check_stream (Fixture * fixture, gsize step)
{
  g_autoptr (GInputStream) stream = gst_ice_part_open (fixture->part);
  g_autofree guint8 *read = g_malloc (SIZE + step);
  g_autoptr (GError) error = NULL;
  gsize done = 0;

  while (TRUE) {
    gssize size = g_input_stream_read (stream, read + done, step, NULL,
        &error);

    g_assert_no_error (error);
    if (size == 0)
      break;
    g_assert_cmpint (size, ==, MIN (step, SIZE - done));
    done += size;
  }
  g_assert_cmpmem (read, done, fixture->data, SIZE);
}

static void
check_all_steps (Fixture * fixture)
{
  static const gsize steps[] = { 1000, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK,
    SIZE, 8 * CHUNK
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (steps); i++)
    check_stream (fixture, steps[i]);
}

static void
check_error (GstIcePart * part)
{
  g_autoptr (GInputStream) stream = gst_ice_part_open (part);
  g_autoptr (GError) error = NULL;
  guint8 byte;

  g_assert_cmpint (g_input_stream_read (stream, &byte, 1, NULL, &error), ==,
      -1);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "part 3"));
}

static void
test_memory (void)
{
  Fixture fixture;
  g_autoptr (GPtrArray) bytes = NULL;

  init (&fixture, FALSE, TRUE);
  bytes = gst_ice_part_ref_bytes (fixture.part);
  g_assert_true (bytes == fixture.part->bytes);
  g_assert_false (gst_ice_part_is_durable (fixture.part));
  check_all_steps (&fixture);
  clear (&fixture);
}

/* Pieces of any size, as long as there is no spool. */
static void
test_odd_pieces (void)
{
  Fixture fixture;
  GPtrArray *pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)
      g_bytes_unref);
  gsize done, size;

  init (&fixture, FALSE, FALSE);
  for (done = 0, size = 1; done < SIZE; done += size, size = size * 3 + 1) {
    size = MIN (size, SIZE - done);
    g_ptr_array_add (pieces, g_bytes_new (fixture.data + done, size));
  }
  fixture.part->bytes = pieces;
  check_all_steps (&fixture);
  clear (&fixture);
}

static void
test_disk (void)
{
  Fixture fixture;

  init (&fixture, TRUE, FALSE);
  g_assert_null (gst_ice_part_ref_bytes (fixture.part));
  g_assert_true (gst_ice_part_is_durable (fixture.part));
  check_all_steps (&fixture);
  clear (&fixture);
}

/* Every mixture of pieces in memory and on disk. */
static void
test_mixed (void)
{
  guint mask, i;

  for (mask = 0; mask < 64; mask++) {
    Fixture fixture;
    g_autoptr (GPtrArray) bytes = NULL;

    init (&fixture, TRUE, TRUE);
    for (i = 0; i < 6; i++)
      if (mask & 1 << i)
        gst_ice_part_evict (fixture.part, i);
    bytes = gst_ice_part_ref_bytes (fixture.part);
    g_assert_true ((bytes != NULL) == (mask == 0));
    check_stream (&fixture, 2 * CHUNK + 5);
    clear (&fixture);
  }
}

/* What was taken before stays whole, and a stream goes on from the disk. */
static void
test_evict_while_read (void)
{
  Fixture fixture;
  g_autoptr (GPtrArray) bytes = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autofree guint8 *read = g_malloc (SIZE);
  guint i;

  init (&fixture, TRUE, TRUE);
  bytes = gst_ice_part_ref_bytes (fixture.part);
  stream = gst_ice_part_open (fixture.part);
  g_assert_cmpint (g_input_stream_read (stream, read, CHUNK + 100, NULL,
          NULL), ==, CHUNK + 100);
  for (i = 0; i < 6; i++)
    gst_ice_part_evict (fixture.part, i);
  g_assert_null (gst_ice_part_ref_bytes (fixture.part));
  g_assert_cmpuint (bytes->len, ==, 6);
  for (i = 0; i < 6; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes->pdata[i], &size);

    g_assert_cmpmem (data, size, fixture.data + i * CHUNK,
        MIN (CHUNK, SIZE - i * CHUNK));
  }
  g_assert_true (g_input_stream_read_all (stream, read + CHUNK + 100,
          SIZE - CHUNK - 100, NULL, NULL, NULL));
  g_assert_cmpmem (read, SIZE, fixture.data, SIZE);
  clear (&fixture);
}

/* Who gives up reads no more, and has not come to the end. */
static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  Fixture fixture;
  guint8 byte;

  init (&fixture, TRUE, TRUE);
  stream = gst_ice_part_open (fixture.part);
  g_cancellable_cancel (cancellable);
  g_assert_cmpint (g_input_stream_read (stream, &byte, 1, cancellable,
          &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_cmpint (g_input_stream_read (stream, &byte, 1, NULL, NULL), ==, 1);
  g_assert_cmpuint (byte, ==, fixture.data[0]);
  g_clear_object (&stream);
  clear (&fixture);
}

/* The stream needs nobody else's reference, and lets go when it is closed. */
static void
test_references (void)
{
  Fixture fixture;
  g_autoptr (GInputStream) stream = NULL;
  g_autofree guint8 *read = g_malloc (SIZE);

  init (&fixture, TRUE, TRUE);
  stream = gst_ice_part_open (fixture.part);
  gst_ice_part_evict (fixture.part, 2);
  g_clear_pointer (&fixture.part, gst_ice_part_unref);
  g_clear_pointer (&fixture.spool, gst_ice_spool_unref);
  g_assert_true (g_input_stream_read_all (stream, read, SIZE, NULL, NULL,
          NULL));
  g_assert_cmpmem (read, SIZE, fixture.data, SIZE);
  spool_fixture_refuse (fixture.files, GST_ICE_ERROR_SETTINGS, "in use");
  g_input_stream_close (stream, NULL, NULL);
  fixture.spool = spool_fixture_open (fixture.files);
  clear (&fixture);
}

static void
test_gone (void)
{
  Fixture fixture;

  init (&fixture, FALSE, FALSE);
  g_assert_null (gst_ice_part_ref_bytes (fixture.part));
  g_assert_false (gst_ice_part_is_durable (fixture.part));
  check_error (fixture.part);
  clear (&fixture);
}

static void
test_give_up (void)
{
  Fixture fixture;

  init (&fixture, TRUE, TRUE);
  gst_ice_part_give_up (fixture.part);
  g_assert_null (gst_ice_part_ref_bytes (fixture.part));
  g_assert_false (gst_ice_part_is_durable (fixture.part));
  check_error (fixture.part);
  clear (&fixture);
}

static void
test_supersede (void)
{
  Fixture fixture;

  init (&fixture, FALSE, TRUE);
  g_assert_false (gst_ice_part_is_superseded (fixture.part));
  gst_ice_part_supersede (fixture.part);
  g_assert_true (gst_ice_part_is_superseded (fixture.part));
  clear (&fixture);
}

static gpointer
evict_all (gpointer data)
{
  Fixture *fixture = data;
  guint i;

  for (i = 0; i < 6; i++)
    gst_ice_part_evict (fixture->part, i);

  return NULL;
}

/* Pieces leave memory while another thread reads them. */
static void
test_threads (void)
{
  guint round;

  for (round = 0; round < 20; round++) {
    Fixture fixture;
    GThread *thread;

    init (&fixture, TRUE, TRUE);
    thread = g_thread_new ("evict", evict_all, &fixture);
    check_stream (&fixture, CHUNK / 2);
    g_thread_join (thread);
    check_stream (&fixture, CHUNK);
    clear (&fixture);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/part/shares-its-bytes", test_memory);
  g_test_add_func ("/part/reads-pieces-of-any-size", test_odd_pieces);
  g_test_add_func ("/part/is-read-from-disk", test_disk);
  g_test_add_func ("/part/is-read-from-memory-and-disk", test_mixed);
  g_test_add_func ("/part/may-leave-memory-while-it-is-read",
      test_evict_while_read);
  g_test_add_func ("/part/leaves-memory-beside-a-reader", test_threads);
  g_test_add_func ("/part/is-not-read-for-who-gives-up", test_cancelled);
  g_test_add_func ("/part/lives-as-long-as-it-is-read", test_references);
  g_test_add_func ("/part/says-that-its-bytes-are-gone", test_gone);
  g_test_add_func ("/part/can-be-given-up", test_give_up);
  g_test_add_func ("/part/can-be-superseded", test_supersede);

  return g_test_run ();
}
