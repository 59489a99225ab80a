/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One outage, from its first failure to the success that ends it. */

#include "upload/outage.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

static void
test_single_failure (void)
{
  GstIceOutage outage = GST_ICE_OUTAGE_INIT;

  g_assert_false (gst_ice_outage_note_failure (&outage, 100, 10));
  g_assert_false (outage.interrupted);
  g_assert_cmpint (gst_ice_outage_note_success (&outage, 200), ==, -1);
  g_assert_cmpint (outage.since_us, ==, -1);
  g_assert_cmpuint (outage.failures, ==, 0);
}

/* Announced once, and how long it took is counted from its first failure. */
static void
test_interruption (void)
{
  GstIceOutage outage = GST_ICE_OUTAGE_INIT;
  guint i;

  gst_ice_outage_note_failure (&outage, 1 * SECOND, SECOND);
  g_assert_true (gst_ice_outage_note_failure (&outage, 2 * SECOND, SECOND));
  g_assert_true (outage.interrupted);
  for (i = 3; i < 50; i++) {
    g_assert_false (gst_ice_outage_note_failure (&outage, i * SECOND,
            5 * SECOND));
    g_assert_cmpint (outage.probe_at_us, ==, (i + 5) * SECOND);
  }
  g_assert_cmpint (gst_ice_outage_note_success (&outage, 61 * SECOND), ==,
      60 * SECOND);

  /* The next one is another. */
  g_assert_false (outage.interrupted);
  g_assert_cmpint (gst_ice_outage_note_success (&outage, 62 * SECOND), ==,
      -1);
  g_assert_false (gst_ice_outage_note_failure (&outage, 70 * SECOND, 0));
  g_assert_true (gst_ice_outage_note_failure (&outage, 71 * SECOND, 0));
}

static void
test_patience (void)
{
  GstIceOutage outage = GST_ICE_OUTAGE_INIT;

  /* Nothing counts before the first failure. */
  g_assert_cmpint (gst_ice_outage_get_patience (&outage, 1000 * SECOND,
          60 * SECOND), ==, 60 * SECOND);

  gst_ice_outage_note_failure (&outage, 1000 * SECOND, SECOND);
  g_assert_cmpint (gst_ice_outage_get_patience (&outage, 1000 * SECOND,
          60 * SECOND), ==, 60 * SECOND);
  gst_ice_outage_note_failure (&outage, 1030 * SECOND, SECOND);
  g_assert_cmpint (gst_ice_outage_get_patience (&outage, 1030 * SECOND,
          60 * SECOND), ==, 30 * SECOND);
  g_assert_cmpint (gst_ice_outage_get_patience (&outage, 1060 * SECOND,
          60 * SECOND), ==, 0);
  g_assert_cmpint (gst_ice_outage_get_patience (&outage, 9000 * SECOND,
          60 * SECOND), ==, 0);

  /* A success gives all of it back. */
  gst_ice_outage_note_success (&outage, 1059 * SECOND);
  g_assert_cmpint (gst_ice_outage_get_patience (&outage, 1060 * SECOND,
          60 * SECOND), ==, 60 * SECOND);
}

static void
test_no_end (void)
{
  GstIceOutage outage = GST_ICE_OUTAGE_INIT;

  gst_ice_outage_note_failure (&outage, 0, SECOND);
  g_assert_cmpint (gst_ice_outage_get_patience (&outage, G_MAXINT64 / 2, -1),
      ==, -1);
  g_assert_cmpint (gst_ice_outage_get_patience (&outage, 0, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/outage/one-failure-is-none", test_single_failure);
  g_test_add_func ("/outage/is-announced-once", test_interruption);
  g_test_add_func ("/outage/patience", test_patience);
  g_test_add_func ("/outage/without-end", test_no_end);

  return g_test_run ();
}
