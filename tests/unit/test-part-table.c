/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The part table: what is sent next, what counts as arrived, and what a late
 * answer or a late part does to it. */

#include "spool-fixture.h"
#include "upload/part-table.h"

#include "common/crc64.h"

#define SIZE 1000

static GstIcePart *
new_sized_part (guint number, guint generation, gsize size)
{
  GstIcePart fields = {
    .number = number,
    .generation = generation,
    .offset = (number - 1) * SIZE,
    .size = size,
  };
  g_autofree guint8 *data = g_malloc (size);
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = number * 31 + generation * 7 + i;
  fields.crc64 = gst_ice_crc64_update (0, data, size);
  fields.bytes = g_ptr_array_new_with_free_func (
      (GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (fields.bytes, g_bytes_new (data, size));

  return gst_ice_part_new (&fields);
}

static GstIcePart *
new_part (guint number, guint generation)
{
  return new_sized_part (number, generation, SIZE);
}

static void
push (GstIcePartTable * table, guint number, guint generation)
{
  gst_ice_part_table_push (table, new_part (number, generation));
}

/* The number that is sent next, or 0. */
static guint
get_next (GstIcePartTable * table, gint64 now)
{
  GstIcePartEntry *entry = gst_ice_part_table_next (table, now, 0);

  return entry != NULL ? entry->number : 0;
}

/* Takes the next part as a request does. (transfer full) */
static GstIcePart *
send (GstIcePartTable * table, guint number)
{
  GstIcePartEntry *entry = gst_ice_part_table_next (table, 0, 0);
  GstIcePart *part;

  g_assert_nonnull (entry);
  g_assert_cmpuint (entry->number, ==, number);
  part = gst_ice_part_ref (entry->part);
  gst_ice_part_table_set_in_flight (table, entry);

  return part;
}

static gboolean
confirm (GstIcePartTable * table, const GstIcePart * part, const gchar * etag)
{
  return gst_ice_part_table_confirm (table,
      gst_ice_part_table_get (table, part->number), part, etag);
}

static void
send_and_confirm (GstIcePartTable * table, guint number)
{
  g_autoptr (GstIcePart) part = send (table, number);

  g_assert_true (confirm (table, part, "\"E\""));
}

static void
test_empty (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  guint64 crc64;

  g_assert_cmpuint (get_next (table, G_MAXINT64), ==, 0);
  g_assert_cmpint (gst_ice_part_table_next_time (table), ==, -1);
  g_assert_cmpuint (gst_ice_part_table_get_length (table), ==, 0);
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 0);
  g_assert_cmpuint (gst_ice_part_table_get_size (table, 0, &crc64), ==, 0);
  g_assert_cmpuint (crc64, ==, 0);
  g_assert_true (gst_ice_part_table_can_restart (table));
  g_assert_cmpuint (gst_ice_part_table_get_reach (table), ==, 0);
}

/* Lowest number first, whatever the order in which parts came. */
static void
test_order (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  const guint order[] = { 3, 5, 2, 9, 1, 4 };
  const guint expected[] = { 1, 2, 3, 4, 5, 9 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (order); i++)
    push (table, order[i], 1);
  g_assert_cmpuint (gst_ice_part_table_get_length (table), ==, 9);

  for (i = 0; i < G_N_ELEMENTS (expected); i++) {
    g_autoptr (GstIcePart) part = send (table, expected[i]);

    g_assert_cmpuint (part->number, ==, expected[i]);
  }

  /* 6, 7 and 8 have no bytes yet, so they do not wait. */
  g_assert_cmpuint (get_next (table, G_MAXINT64), ==, 0);
  g_assert_cmpint (gst_ice_part_table_next_time (table), ==, -1);
}

static void
test_times (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  guint i;

  for (i = 1; i <= 3; i++)
    push (table, i, 1);
  gst_ice_part_table_set_waiting (table, gst_ice_part_table_get (table, 1),
      300);
  gst_ice_part_table_set_waiting (table, gst_ice_part_table_get (table, 2),
      200);
  gst_ice_part_table_set_waiting (table, gst_ice_part_table_get (table, 3),
      100);

  g_assert_cmpint (gst_ice_part_table_next_time (table), ==, 100);
  g_assert_cmpuint (get_next (table, 99), ==, 0);
  g_assert_cmpuint (get_next (table, 100), ==, 3);
  g_assert_cmpuint (get_next (table, 200), ==, 2);
  g_assert_cmpuint (get_next (table, 300), ==, 1);

  gst_ice_part_table_set_in_flight (table, gst_ice_part_table_get (table, 3));
  g_assert_cmpint (gst_ice_part_table_next_time (table), ==, 200);
}

static void
test_states (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  g_autoptr (GstIcePart) part = NULL;
  GstIcePartEntry *entry;

  push (table, 1, 1);
  entry = gst_ice_part_table_get (table, 1);
  g_assert_cmpint (entry->state, ==, GST_ICE_PART_WAITING);

  part = send (table, 1);
  g_assert_cmpint (entry->state, ==, GST_ICE_PART_IN_FLIGHT);
  g_assert_cmpuint (get_next (table, G_MAXINT64), ==, 0);

  entry->history.failures = 3;
  gst_ice_part_table_set_waiting (table, entry, 50);
  g_assert_cmpint (entry->state, ==, GST_ICE_PART_WAITING);
  g_assert_cmpuint (entry->history.failures, ==, 3);
  g_assert_cmpuint (get_next (table, 49), ==, 0);
  g_assert_cmpuint (get_next (table, 50), ==, 1);

  gst_ice_part_table_set_in_flight (table, entry);
  g_assert_true (confirm (table, part, "\"E1\""));
  g_assert_cmpint (entry->state, ==, GST_ICE_PART_CONFIRMED);
  g_assert_null (entry->part);
  g_assert_cmpstr (entry->etag, ==, "\"E1\"");
  g_assert_cmpuint (entry->uploads, ==, 1);
  g_assert_cmpuint (entry->history.failures, ==, 0);
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 1);
  g_assert_cmpuint (gst_ice_part_table_get_confirmed_bytes (table), ==, SIZE);
  g_assert_cmpuint (get_next (table, G_MAXINT64), ==, 0);
}

/* A newer generation while the older one is on its way: the older answer is
 * none. */
static void
test_stale_answer (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  g_autoptr (GstIcePart) first = NULL;
  g_autoptr (GstIcePart) second = NULL;
  GstIcePartEntry *entry;

  push (table, 1, 1);
  first = send (table, 1);
  push (table, 1, 2);
  entry = gst_ice_part_table_get (table, 1);
  g_assert_cmpint (entry->state, ==, GST_ICE_PART_IN_FLIGHT);
  g_assert_cmpuint (get_next (table, G_MAXINT64), ==, 0);

  g_assert_false (confirm (table, first, "\"E1\""));
  g_assert_cmpint (entry->state, ==, GST_ICE_PART_WAITING);
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 0);
  g_assert_cmpuint (gst_ice_part_table_get_confirmed_bytes (table), ==, 0);

  second = send (table, 1);
  g_assert_cmpuint (second->generation, ==, 2);
  g_assert_true (confirm (table, second, "\"E2\""));
  g_assert_cmpstr (entry->etag, ==, "\"E2\"");
  g_assert_cmpuint (entry->uploads, ==, 2);
  g_assert_cmpuint (entry->crc64, ==, second->crc64);
}

/* A rewrite of a part that has arrived: it waits again, and what is counted is
 * counted once. */
static void
test_rewrite (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  guint64 crc64;

  push (table, 1, 1);
  push (table, 2, 1);
  send_and_confirm (table, 1);
  send_and_confirm (table, 2);
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 2);

  gst_ice_part_table_push (table, new_sized_part (1, 2, SIZE + 5));
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 0);
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 1);
  g_assert_cmpuint (gst_ice_part_table_get_confirmed_bytes (table), ==, SIZE);
  g_assert_cmpuint (gst_ice_part_table_get_size (table, 2, &crc64), ==,
      2 * SIZE + 5);

  send_and_confirm (table, 1);
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 2);
  g_assert_cmpuint (gst_ice_part_table_get_confirmed_bytes (table), ==,
      2 * SIZE + 5);
  g_assert_cmpuint (gst_ice_part_table_get_length (table), ==, 2);
}

/* Two threads hand over, so an older generation may come last. */
static void
test_late_generation (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  g_autoptr (GstIcePart) part = NULL;

  push (table, 1, 2);
  push (table, 1, 1);
  part = send (table, 1);
  g_assert_cmpuint (part->generation, ==, 2);

  push (table, 1, 1);
  g_assert_true (confirm (table, part, "\"E2\""));

  /* Even when the newer one has arrived already. */
  push (table, 1, 1);
  push (table, 1, 2);
  g_assert_cmpint (gst_ice_part_table_get (table, 1)->state, ==,
      GST_ICE_PART_CONFIRMED);
  g_assert_cmpuint (get_next (table, G_MAXINT64), ==, 0);
  g_assert_cmpuint (gst_ice_part_table_get_confirmed_bytes (table), ==, SIZE);
}

/* The head comes last: until then there is no prefix. */
static void
test_prefix (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  guint i;

  for (i = 2; i <= 5; i++)
    push (table, i, 1);
  for (i = 2; i <= 5; i++)
    send_and_confirm (table, i);
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 0);
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 4);

  push (table, 1, 1);
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 0);
  send_and_confirm (table, 1);
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 5);

  push (table, 4, 2);
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 3);
}

static void
test_size_and_crc (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  guint64 size = 0, expected = 0, crc64;
  guint i;

  for (i = 1; i <= 20; i++) {
    GstIcePart *part = new_sized_part (i, 1, i * 37);
    gsize n;
    gconstpointer data =
        g_bytes_get_data (g_ptr_array_index (part->bytes, 0), &n);

    expected = gst_ice_crc64_update (expected, data, n);
    size += n;
    gst_ice_part_table_push (table, part);
    g_assert_cmpuint (gst_ice_part_table_get_size (table, i, &crc64), ==,
        size);
    g_assert_cmphex (crc64, ==, expected);
  }

  /* It does not matter what has arrived. */
  send_and_confirm (table, 1);
  g_assert_cmpuint (gst_ice_part_table_get_size (table, 20, &crc64), ==,
      size);
  g_assert_cmphex (crc64, ==, expected);
}

static void
test_restart (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  g_autoptr (GstIcePart) part = NULL;
  GstIcePartEntry *entry;
  guint i;

  for (i = 1; i <= 3; i++)
    push (table, i, 1);
  part = send (table, 1);
  entry = gst_ice_part_table_get (table, 2);
  entry->history.failures = 4;
  gst_ice_part_table_set_waiting (table, entry, 5000);

  g_assert_true (gst_ice_part_table_can_restart (table));
  gst_ice_part_table_restart (table);
  g_assert_cmpuint (entry->history.failures, ==, 0);
  for (i = 1; i <= 3; i++) {
    gst_ice_part_unref (part);
    part = send (table, i);
  }

  /* One part that has arrived, and its bytes are gone. */
  g_assert_true (confirm (table, part, "\"E\""));
  g_assert_false (gst_ice_part_table_can_restart (table));
  g_assert_false (gst_ice_part_table_revoke (table,
          gst_ice_part_table_get (table, 3)));
  g_assert_cmpint (gst_ice_part_table_get (table, 3)->state, ==,
      GST_ICE_PART_CONFIRMED);

  /* All of its bytes have come anew. */
  push (table, 3, 2);
  g_assert_true (gst_ice_part_table_can_restart (table));
  gst_ice_part_table_restart (table);
  g_assert_cmpuint (get_next (table, 0), ==, 1);
}

/* ---- parts that lie on disk ---- */

static GstIcePart *
new_durable_part (GstIceSpool * spool, guint number, guint generation)
{
  GstIcePart fields = {
    .number = number,
    .generation = generation,
    .offset = (number - 1) * SIZE,
    .size = SIZE,
    .spool = gst_ice_spool_ref (spool),
  };

  return gst_ice_part_new (&fields);
}

/* They can be sent again, until their bytes are given up. */
static void
test_durable (void)
{
  g_autoptr (SpoolFixture) files = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (files);
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  GstIcePartEntry *entry;
  guint i;

  for (i = 1; i <= 3; i++) {
    gst_ice_part_table_push (table, new_durable_part (spool, i, 1));
    send_and_confirm (table, i);
  }
  entry = gst_ice_part_table_get (table, 2);
  g_assert_nonnull (entry->part);
  g_assert_true (gst_ice_part_table_revoke (table, entry));
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 2);
  g_assert_cmpuint (get_next (table, 0), ==, 2);

  g_assert_true (gst_ice_part_table_can_restart (table));
  gst_ice_part_table_restart (table);
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 0);
  g_assert_cmpuint (get_next (table, 0), ==, 1);

  for (i = 1; i <= 3; i++)
    send_and_confirm (table, i);
  gst_ice_part_give_up (entry->part);
  g_assert_false (gst_ice_part_table_can_restart (table));
  g_assert_false (gst_ice_part_table_revoke (table, entry));
  g_assert_cmpuint (gst_ice_part_table_get_reach (table), ==, 3);
}

static void
test_drop_bytes (void)
{
  g_autoptr (SpoolFixture) files = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (files);
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();

  gst_ice_part_table_push (table, new_durable_part (spool, 1, 1));
  gst_ice_part_table_push (table, new_durable_part (spool, 2, 1));
  send_and_confirm (table, 1);
  gst_ice_part_table_drop_bytes (table);
  g_assert_cmpuint (get_next (table, G_MAXINT64), ==, 0);
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 1);

  /* Nobody else holds the spool. */
  g_clear_pointer (&spool, gst_ice_spool_unref);
  spool = spool_fixture_open (files);
}

/* ---- generations that are not wanted ---- */

static void
test_superseded (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  g_autoptr (GstIcePart) part = NULL;

  push (table, 1, 1);
  push (table, 2, 1);
  part = send (table, 1);
  gst_ice_part_supersede (part);

  /* Its arrival counts for nothing, and it is not sent again. */
  g_assert_false (confirm (table, part, "\"OLD\""));
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 0);
  g_assert_cmpuint (get_next (table, 0), ==, 2);
  g_assert_cmpuint (gst_ice_part_table_get_reach (table), ==, 0);

  push (table, 1, 2);
  g_assert_cmpuint (get_next (table, 0), ==, 1);
  g_assert_cmpuint (gst_ice_part_table_get_reach (table), ==, 2);
  g_assert_cmpuint (gst_ice_part_table_get (table, 1)->uploads, ==, 1);
}

static void
test_superseded_alone (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();

  push (table, 1, 1);
  gst_ice_part_supersede (gst_ice_part_table_get (table, 1)->part);
  g_assert_cmpuint (get_next (table, G_MAXINT64), ==, 0);
  g_assert_cmpint (gst_ice_part_table_next_time (table), ==, -1);
}

/* ---- parts of an earlier run ---- */

static void
test_arrived (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  GstIcePart gone = {.number = 1,.generation = 1,.size = SIZE,.crc64 = 7 };
  GstIcePartEntry *entry;
  guint64 crc64;

  gst_ice_part_table_add_arrived (table, gst_ice_part_new (&gone),
      "\"E1\"");
  gst_ice_part_table_add_arrived (table, new_sized_part (3, 1, SIZE),
      "\"E3\"");
  push (table, 2, 1);
  g_assert_cmpuint (gst_ice_part_table_count_confirmed (table), ==, 2);
  g_assert_cmpuint (gst_ice_part_table_get_confirmed_bytes (table), ==,
      2 * SIZE);
  g_assert_cmpuint (gst_ice_part_table_get_size (table, 1, &crc64), ==, SIZE);
  g_assert_cmphex (crc64, ==, 7);
  g_assert_cmpuint (get_next (table, 0), ==, 2);
  g_assert_false (gst_ice_part_table_can_restart (table));

  entry = gst_ice_part_table_get (table, 1);
  g_assert_cmpstr (entry->etag, ==, "\"E1\"");
  g_assert_cmpuint (entry->uploads, ==, 1);

  /* Nor can it arrive twice. */
  gst_ice_part_table_add_arrived (table, new_sized_part (1, 1, SIZE + 1),
      "\"other\"");
  g_assert_cmpstr (entry->etag, ==, "\"E1\"");
  g_assert_cmpuint (entry->uploads, ==, 1);
  g_assert_cmpuint (gst_ice_part_table_get_confirmed_bytes (table), ==,
      2 * SIZE);

  /* What this run knows of the same generation is no news. */
  push (table, 1, 1);
  g_assert_cmpint (entry->state, ==, GST_ICE_PART_CONFIRMED);
  push (table, 1, 2);
  g_assert_cmpuint (get_next (table, 0), ==, 1);
}

static void
count_entry (GstIcePartEntry * entry, gpointer user_data)
{
  guint *count = user_data;

  g_assert_cmpuint (entry->number, ==, ++*count);
}

static void
test_foreach (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  guint count = 0;

  push (table, 10, 1);
  gst_ice_part_table_foreach (table, 7, count_entry, &count);
  g_assert_cmpuint (count, ==, 7);
}

/* All numbers that there are, and the last parts first. */
static void
test_full (void)
{
  g_autoptr (GstIcePartTable) table = gst_ice_part_table_new ();
  guint i;

  for (i = 10000; i >= 1; i--)
    gst_ice_part_table_push (table, new_sized_part (i, 1, 10));
  for (i = 1; i <= 10000; i++)
    send_and_confirm (table, i);
  g_assert_cmpuint (gst_ice_part_table_get_prefix (table), ==, 10000);
  g_assert_cmpuint (gst_ice_part_table_get_confirmed_bytes (table), ==,
      100000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/part-table/empty", test_empty);
  g_test_add_func ("/part-table/lowest-number-first", test_order);
  g_test_add_func ("/part-table/keeps-times", test_times);
  g_test_add_func ("/part-table/states", test_states);
  g_test_add_func ("/part-table/stale-answer-is-none", test_stale_answer);
  g_test_add_func ("/part-table/rewrite-waits-again", test_rewrite);
  g_test_add_func ("/part-table/late-generation-is-dropped",
      test_late_generation);
  g_test_add_func ("/part-table/prefix", test_prefix);
  g_test_add_func ("/part-table/size-and-crc", test_size_and_crc);
  g_test_add_func ("/part-table/restart", test_restart);
  g_test_add_func ("/part-table/parts-on-disk-can-be-sent-again",
      test_durable);
  g_test_add_func ("/part-table/lets-go-of-bytes", test_drop_bytes);
  g_test_add_func ("/part-table/superseded", test_superseded);
  g_test_add_func ("/part-table/superseded-before-it-is-sent",
      test_superseded_alone);
  g_test_add_func ("/part-table/parts-of-an-earlier-run", test_arrived);
  g_test_add_func ("/part-table/foreach", test_foreach);
  g_test_add_func ("/part-table/ten-thousand", test_full);

  return g_test_run ();
}
