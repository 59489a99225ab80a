/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The clock, moved by hand. */

#include "common/clock.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define HOST "oss.example.com"
#define OTHER_HOST "ice.example.com"

typedef struct
{
  gint64 monotonic;
  gint64 wall;
} Times;

static gint64
read_times (gint64 * wall, gpointer user_data)
{
  Times *times = user_data;

  *wall = times->wall;
  return times->monotonic;
}

static void
advance (Times * times, gint64 by)
{
  times->monotonic += by;
  times->wall += by;
}

static void
test_wall_clock (void)
{
  Times times = { 5 * SECOND, 1000 * SECOND };
  g_autoptr (GstIceClock) clock =
      gst_ice_clock_new_for_test (read_times, &times, 0);

  g_assert_cmpint (gst_ice_clock_get_service_time (clock, HOST), ==,
      1000 * SECOND);
  g_assert_cmpint (gst_ice_clock_get_offset (clock), ==, 0);

  /* NTP sets the clock of a device that booted in 1970. */
  times.wall = 2000000 * SECOND;
  g_assert_cmpint (gst_ice_clock_get_service_time (clock, HOST), ==,
      2000000 * SECOND);
}

static void
test_learn (void)
{
  Times times = { 5 * SECOND, 1000 * SECOND };
  g_autoptr (GstIceClock) clock =
      gst_ice_clock_new_for_test (read_times, &times, 0);

  gst_ice_clock_learn (clock, HOST, 4000 * SECOND, times.monotonic - SECOND);
  g_assert_cmpint (gst_ice_clock_get_service_time (clock, HOST), ==,
      4001 * SECOND);
  g_assert_cmpint (gst_ice_clock_get_offset (clock), ==, 3001 * SECOND);
  /* A clock that one host finds wrong is wrong for the other as well. */
  g_assert_cmpint (gst_ice_clock_get_service_time (clock, OTHER_HOST), ==,
      4001 * SECOND);

  advance (&times, 10 * SECOND);
  g_assert_cmpint (gst_ice_clock_get_service_time (clock, HOST), ==,
      4011 * SECOND);
}

static void
test_wall_clock_step (void)
{
  Times times = { 5 * SECOND, 1000 * SECOND };
  g_autoptr (GstIceClock) clock =
      gst_ice_clock_new_for_test (read_times, &times, 0);

  /* The host agrees; from then on it is believed, not the wall clock. */
  gst_ice_clock_learn (clock, HOST, 1000 * SECOND, times.monotonic);
  times.wall += 3600 * SECOND;
  g_assert_cmpint (gst_ice_clock_get_service_time (clock, HOST), ==,
      1000 * SECOND);
  g_assert_cmpint (gst_ice_clock_get_offset (clock), ==, -3600 * SECOND);
}

static gboolean
count (gpointer data)
{
  (*(guint *) data)++;
  return G_SOURCE_REMOVE;
}

static gboolean
count_twice (gpointer data)
{
  return ++(*(guint *) data) < 2;
}

static void
iterate_until (const guint * counter, guint value)
{
  gint64 deadline = g_get_monotonic_time () + 10 * SECOND;

  while (*counter < value && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (*counter, ==, value);
}

static GSource *
add_timer (GstIceClock * clock, gint64 delay, GSourceFunc func, guint * counter)
{
  GSource *timer = gst_ice_clock_timeout_source_new (clock, delay);

  g_source_set_callback (timer, func, counter, NULL);
  g_source_attach (timer, NULL);
  return timer;
}

static void
test_timer (void)
{
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  guint early = 0;
  guint late = 0;
  guint repeated = 0;
  g_autoptr (GSource) late_timer =
      add_timer (clock, 3600 * SECOND, count, &late);
  g_autoptr (GSource) early_timer = add_timer (clock, 1000, count, &early);
  g_autoptr (GSource) repeated_timer =
      add_timer (clock, 1000, count_twice, &repeated);

  iterate_until (&early, 1);
  iterate_until (&repeated, 2);
  g_assert_cmpuint (late, ==, 0);
  g_assert_true (g_source_is_destroyed (early_timer));
  g_assert_true (g_source_is_destroyed (repeated_timer));
  g_source_destroy (late_timer);
}

static void
test_timer_rate (void)
{
  Times times = { 0, 0 };
  g_autoptr (GstIceClock) clock =
      gst_ice_clock_new_for_test (read_times, &times, 1000000);
  guint fired = 0;
  G_GNUC_UNUSED g_autoptr (GSource) timer =
      add_timer (clock, 3600 * SECOND, count, &fired);

  iterate_until (&fired, 1);
}

static void
test_timer_manual (void)
{
  Times times = { 0, 0 };
  g_autoptr (GstIceClock) clock =
      gst_ice_clock_new_for_test (read_times, &times, 0);
  guint fired = 0;
  guint rounds = 0;
  G_GNUC_UNUSED g_autoptr (GSource) timer =
      add_timer (clock, 3600 * SECOND, count, &fired);
  g_autoptr (GSource) tick = g_timeout_source_new (2);

  /* Some real milliseconds, in which no time passes on the clock. */
  g_source_set_callback (tick, count_twice, &rounds, NULL);
  g_source_attach (tick, NULL);
  iterate_until (&rounds, 2);
  advance (&times, 3599 * SECOND);
  g_assert_cmpuint (fired, ==, 0);

  advance (&times, SECOND);
  iterate_until (&fired, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/clock/follows-the-wall-clock-until-it-has-learnt",
      test_wall_clock);
  g_test_add_func ("/clock/learns-per-host", test_learn);
  g_test_add_func ("/clock/survives-a-step-of-the-wall-clock",
      test_wall_clock_step);
  g_test_add_func ("/clock/fires-timers", test_timer);
  g_test_add_func ("/clock/fires-timers-at-its-rate", test_timer_rate);
  g_test_add_func ("/clock/fires-timers-when-moved-by-hand", test_timer_manual);

  return g_test_run ();
}
