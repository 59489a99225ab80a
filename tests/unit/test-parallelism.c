/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The number of parts at a time as tables: what TCP measures and what waits go
 * in, step by step, and the number comes out. */

#include "upload/parallelism.h"

#define MILLISECOND ((gint64) 1000)
#define SECOND ((gint64) G_USEC_PER_SEC)
#define MIN_RTT (50 * MILLISECOND)
#define MAX_STEPS 8

/**
 * Step:
 * @wait: since the last one, in milliseconds
 * @srtt: in milliseconds, -1: unknown; the shortest is 50
 * @waiting: parts
 * @expected: parts at a time
 * @min_rtt: in milliseconds, 0: 50
 */
typedef struct
{
  gint64 wait;
  gint64 srtt;
  guint waiting;
  guint expected;
  gdouble min_rtt;
} Step;

typedef struct
{
  const gchar *name;
  guint max;
  Step steps[MAX_STEPS];
  gboolean limited;
} Row;

static const Row rows[] = {
  /* A backlog on a line that is not full. */
  {"grows", 16, {{0, 50, 9, 4}, {1000, 60, 9, 6}, {1000, 55, 9, 9},
            {1000, 50, 9, 13}, {1000, 50, 9, 16}, {1000, 50, 9, 16}}},
  /* A live source keeps up: nothing waits. */
  {"nothing-waits", 16, {{0, 50, 0, 3}, {1000, 50, 0, 3}, {1000, 50, 1, 4},
            {1000, 50, 0, 4}}},
  /* The queue of a slow uplink. */
  {"shrinks", 16, {{0, 50, 9, 4}, {1000, 50, 9, 6}, {1000, 50, 9, 9},
            {1000, 150, 9, 6}, {1000, 150, 9, 4}, {1000, 150, 9, 2},
            {1000, 900, 9, 2}}},
  /* Two leave others their share; they grow again once the queue is gone. */
  {"slow-uplink", 16, {{0, 150, 9, 2}, {1000, 1050, 9, 2}, {5000, 90, 9, 2},
            {1000, 60, 9, 3}, {1000, 60, 9, 4}}},
  /* A live source on such a line. */
  {"slow-uplink-live", 16, {{0, 150, 0, 2}, {1000, 50, 0, 2}}},
  /* In between nothing changes. */
  {"full", 16, {{0, 50, 9, 4}, {1000, 90, 9, 4}, {1000, 100, 9, 4}}},
  /* Loopback, a host in the next room: three are enough. */
  {"short", 16, {{0, 1, 9, 3, 0.1}, {1000, 1, 9, 3, 0.1}, {1000, 20, 9, 2, 0.1},
            {1000, 1, 9, 3, 0.1}, {1000, 1, 9, 3, 0.1}}},
  /* Not in a hurry: four round trips, at least 0.3 s. */
  {"waits", 16, {{0, 70, 9, 4}, {279, 50, 9, 4}, {22, 50, 9, 6},
            {299, 50, 9, 6}, {2, 50, 9, 9}}},
  {"waits-longer", 16, {{0, 100, 9, 3}, {399, 50, 9, 3}, {2, 50, 9, 4}}},
  /* Behind a proxy, or where the system does not tell. */
  {"unknown", 16, {{0, -1, 9, 3}, {1000, -1, 9, 3}}},
  {"becomes-unknown", 16, {{0, 50, 9, 4}, {1000, 50, 9, 6}, {1, -1, 9, 3}}},
  /* No more than memory holds. */
  {"little-memory", 5, {{0, 50, 9, 4}, {1000, 50, 9, 5}, {1000, 50, 9, 5}}},
  {"least-memory", 1, {{0, 50, 9, 1}, {1000, 50, 9, 1}, {1000, -1, 9, 1}}},
  /* Two, whatever the line is like; more if it does not even reach the limit,
   * which is when parts wait for it. */
  {"limited", 16, {{0, 50, 0, 2}, {1000, -1, 0, 2}, {1000, 900, 0, 2},
            {1000, 50, 0, 2}}, TRUE},
  {"limited-line-is-slower", 16, {{0, 50, 9, 3}, {1000, 50, 9, 4},
            {1000, 900, 9, 2}, {1000, -1, 9, 2}}, TRUE},
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  GstIceParallelism parallelism = GST_ICE_PARALLELISM_INIT;
  gint64 now = 10 * SECOND;
  guint i;

  g_assert_cmpuint (parallelism.n, ==, GST_ICE_PARALLELISM_START);
  if (row->limited)
    gst_ice_parallelism_set_limited (&parallelism, TRUE);
  for (i = 0; i < MAX_STEPS && row->steps[i].expected > 0; i++) {
    const Step *step = &row->steps[i];

    now += step->wait * MILLISECOND;
    gst_ice_parallelism_update (&parallelism, now, step->srtt < 0 ? -1 :
        step->srtt * MILLISECOND, step->min_rtt > 0 ?
        (gint64) (step->min_rtt * MILLISECOND) : MIN_RTT, step->waiting,
        row->max);
    g_test_message ("step %u", i);
    g_assert_cmpuint (parallelism.n, ==, step->expected);
  }
}

/* A limit that comes, changes and goes while many are under way. */
static void
test_limit_changes (void)
{
  GstIceParallelism parallelism = {.n = 16 };

  gst_ice_parallelism_set_limited (&parallelism, TRUE);
  g_assert_cmpuint (parallelism.n, ==, GST_ICE_PARALLELISM_LIMITED);
  gst_ice_parallelism_set_limited (&parallelism, TRUE);
  g_assert_cmpuint (parallelism.n, ==, GST_ICE_PARALLELISM_LIMITED);
  gst_ice_parallelism_set_limited (&parallelism, FALSE);
  g_assert_cmpuint (parallelism.n, ==, GST_ICE_PARALLELISM_START);
  parallelism.n = 16;
  gst_ice_parallelism_set_limited (&parallelism, FALSE);
  g_assert_cmpuint (parallelism.n, ==, 16);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strconcat ("/parallelism/", rows[i].name, NULL);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/parallelism/limit-changes", test_limit_changes);

  return g_test_run ();
}
