/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The time that a test moves; see the header. */

#include "test-time.h"

/* Any whole second will do: 2026-01-01T00:00:00Z. */
#define WALL_BEGIN (G_GINT64_CONSTANT (1767225600) * G_USEC_PER_SEC)
#define BEGIN (1000 * G_USEC_PER_SEC)

gint64
test_time_get (TestTime * time)
{
  gint64 now;

  g_mutex_lock (&time->lock);
  now = time->now_us;
  g_mutex_unlock (&time->lock);

  return now;
}

void
test_time_advance (TestTime * time, gint64 by_us)
{
  g_mutex_lock (&time->lock);
  time->now_us += by_us;
  g_mutex_unlock (&time->lock);
}

static gint64
read_both (gint64 * wall, gpointer user_data)
{
  gint64 now = test_time_get (user_data);

  *wall = WALL_BEGIN + now;
  return now;
}

static gint64
read_wall (gpointer user_data)
{
  return WALL_BEGIN + test_time_get (user_data);
}

void
test_time_init (TestTime * time)
{
  g_mutex_init (&time->lock);
  time->now_us = BEGIN;
  time->clock = gst_ice_clock_new_for_test (read_both, time, 0);
}

void
test_time_clear (TestTime * time)
{
  gst_ice_clock_unref (time->clock);
  g_mutex_clear (&time->lock);
}

void
test_time_share (TestTime * time, IceEmulator * emulator)
{
  ice_emulator_set_clock (emulator, read_wall, time);
}
