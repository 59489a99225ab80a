/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The resumption as a table: what the journal says of four parts, what pages
 * of ListParts say, and what is sent again. */

#include "upload/resumption.h"

#include "oss/oss-client.h"
#include "spool-fixture.h"

#include <string.h>

#define N_PARTS 4

/**
 * Row:
 * @arrived: the parts that have arrived, as the journal says, by number; the
 *     others wait
 * @held: those whose bytes can be had again
 * @listed: number, ETag and size of each part on all pages
 * @page: how many are on a page
 * @waiting: the parts that wait afterwards
 * @lost: the first that can't be had
 * @nameless: (nullable): those whose ETag is not in the journal
 */
typedef struct
{
  const gchar *name;
  const gchar *arrived;
  const gchar *held;
  const gchar *listed[N_PARTS + 2];
  guint page;
  const gchar *waiting;
  guint lost;
  const gchar *nameless;
} Row;

static const Row rows[] = {
  {"all-there", "1234", "", {"1 e1 10", "2 e2 10", "3 e3 10", "4 e4 10"}, 9,
        "", 0},
  {"quotes-and-capitals", "12", "12", {"1 \"E1\" 10", "2 \"e2\" 10"}, 9,
        "34", 0},
  {"another-etag", "123", "123", {"1 e1 10", "2 xx 10", "3 e3 10"}, 9, "24",
        0},
  {"another-size", "123", "123", {"1 e1 10", "2 e2 11", "3 e3 10"}, 9, "24",
        0},
  {"no-etag", "123", "123", {"1 e1 10", "2 e2 10", "3 e3 10"}, 9, "24", 0,
        "2"},
  {"missing-between", "1234", "2", {"1 e1 10", "3 e3 10", "4 e4 10"}, 9, "2",
        0},
  {"missing-at-the-end", "1234", "4", {"1 e1 10", "2 e2 10", "3 e3 10"}, 9,
        "4", 0},
  {"nothing-there", "1234", "1234", {NULL}, 9, "1234", 0},
  {"missing-and-gone", "1234", "", {"1 e1 10", "2 e2 10", "4 e4 10"}, 9, "",
        3},
  {"pages", "1234", "1234", {"1 e1 10", "2 e2 10", "4 e4 10"}, 1, "3", 0},
  {"gone-on-a-page", "1234", "", {"2 e2 10", "3 e3 10"}, 1, "", 1},
  /* What had not arrived is sent in any case. */
  {"there-and-unknown", "1", "1", {"1 e1 10", "2 e2 10", "3 e3 10"}, 9,
        "234", 0},
  {"more-than-known", "1234", "", {"1 e1 10", "2 e2 10", "3 e3 10",
        "4 e4 10", "7 e7 10"}, 9, "", 0},
};

static gboolean
is_in (const gchar * numbers, guint number)
{
  return strchr (numbers, '0' + number) != NULL;
}

/* @held: its bytes are on disk, and can be had again. */
static GstIcePart *
make_part (GstIceSpool * spool, guint number, gboolean held)
{
  GstIcePart fields = {
    .number = number,
    .generation = 1,
    .offset = (number - 1) * 10,
    .size = 10,
    .spool = held ? gst_ice_spool_ref (spool) : NULL,
  };

  return gst_ice_part_new (&fields);
}

static GstIcePartTable *
make_table (GstIceSpool * spool, const Row * row)
{
  GstIcePartTable *table = gst_ice_part_table_new ();
  guint i;

  for (i = 1; i <= N_PARTS; i++) {
    g_autofree gchar *name = g_strdup_printf ("\"e%u\"", i);
    const gchar *etag = row->nameless != NULL && is_in (row->nameless, i) ?
        NULL : name;

    if (is_in (row->arrived, i))
      gst_ice_part_table_add_arrived (table, make_part (spool, i,
              is_in (row->held, i)), etag);
    else
      gst_ice_part_table_push (table, make_part (spool, i, TRUE));
  }

  return table;
}

static GPtrArray *
parse_list (const Row * row)
{
  GPtrArray *parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_oss_part_free);
  guint i;

  for (i = 0; row->listed[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (row->listed[i], " ", 3);

    g_ptr_array_add (parts, gst_ice_oss_part_new (atoi (words[0]),
            words[1], atoi (words[2])));
  }

  return parts;
}

/* Page by page, until the comparison is over. */
static guint
compare (GstIceResumption * resumption, GstIcePartTable * table,
    const Row * row)
{
  g_autoptr (GPtrArray) all = parse_list (row);
  guint lost = 0, begin = 0;

  while (resumption->state == GST_ICE_RESUMPTION_COMPARING) {
    g_autoptr (GPtrArray) page = g_ptr_array_new ();
    guint end = MIN (begin + row->page, all->len);

    g_assert_cmpuint (resumption->list_marker, ==, begin);
    for (; begin < end; begin++)
      g_ptr_array_add (page, g_ptr_array_index (all, begin));
    lost = gst_ice_resumption_compare (resumption, table, page,
        end < all->len ? end : 0);
  }

  return lost;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  SpoolFixture *fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  g_autoptr (GstIcePartTable) table = make_table (spool, row);
  g_auto (GstIceResumption) resumption = { GST_ICE_RESUMPTION_NONE, };
  guint i;

  gst_ice_resumption_begin (&resumption, "bucket", "object", "id");
  gst_ice_resumption_go_on (&resumption, strlen (row->arrived));
  g_assert_cmpuint (compare (&resumption, table, row), ==, row->lost);
  g_assert_cmpint (resumption.state, ==, GST_ICE_RESUMPTION_COMPARED);

  for (i = 1; i <= N_PARTS && row->lost == 0; i++) {
    GstIcePartEntry *entry = gst_ice_part_table_get (table, i);

    g_assert_cmpint (entry->state, ==, is_in (row->waiting, i) ?
        GST_ICE_PART_WAITING : GST_ICE_PART_CONFIRMED);
  }
  g_clear_pointer (&table, gst_ice_part_table_free);
  g_clear_pointer (&spool, gst_ice_spool_unref);
  spool_fixture_free (fixture);
}

/* Which upload it is, and when it is compared. */
static void
test_life (void)
{
  g_auto (GstIceResumption) resumption = { GST_ICE_RESUMPTION_NONE, };

  gst_ice_resumption_begin (&resumption, "bucket", "object", "id");
  g_assert_cmpint (resumption.state, ==, GST_ICE_RESUMPTION_LEFT);
  g_assert_true (gst_ice_resumption_is_of (&resumption, "bucket", "object"));
  g_assert_false (gst_ice_resumption_is_of (&resumption, "other", "object"));
  g_assert_false (gst_ice_resumption_is_of (&resumption, "bucket", "other"));

  /* Nothing has arrived: nothing is compared. */
  gst_ice_resumption_go_on (&resumption, 0);
  g_assert_cmpint (resumption.state, ==, GST_ICE_RESUMPTION_COMPARED);

  gst_ice_resumption_clear (&resumption);
  gst_ice_resumption_begin (&resumption, "bucket", "object", "id");
  gst_ice_resumption_go_on (&resumption, 1);
  g_assert_cmpint (resumption.state, ==, GST_ICE_RESUMPTION_COMPARING);
  gst_ice_resumption_trust (&resumption);
  g_assert_cmpint (resumption.state, ==, GST_ICE_RESUMPTION_COMPARED);
}

/* What is not drawn is refused. */
static void
test_states (void)
{
  static const GstIceResumptionState undrawn[][2] = {
    {GST_ICE_RESUMPTION_NONE, GST_ICE_RESUMPTION_COMPARING},
    {GST_ICE_RESUMPTION_LEFT, GST_ICE_RESUMPTION_NONE},
    {GST_ICE_RESUMPTION_COMPARING, GST_ICE_RESUMPTION_LEFT},
    {GST_ICE_RESUMPTION_COMPARED, GST_ICE_RESUMPTION_COMPARING},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (undrawn); i++) {
    GstIceResumptionState state = undrawn[i][0];

    g_assert_false (gst_ice_resumption_state_change (&state, state,
            undrawn[i][1]));
    g_assert_cmpint (state, ==, undrawn[i][0]);
  }
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strconcat ("/resumption/", rows[i].name, NULL);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/resumption/life", test_life);
  g_test_add_func ("/resumption/states", test_states);

  return g_test_run ();
}
