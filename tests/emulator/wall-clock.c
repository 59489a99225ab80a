/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The emulator's wall clock, which a test may replace. Any thread. */

#include "wall-clock.h"

void
emu_clock_init (EmuClock * clock)
{
  g_mutex_init (&clock->lock);
  clock->func = NULL;
}

void
emu_clock_clear (EmuClock * clock)
{
  g_mutex_clear (&clock->lock);
}

void
emu_clock_set (EmuClock * clock, IceEmulatorClockFunc func, gpointer user_data)
{
  g_mutex_lock (&clock->lock);
  clock->func = func;
  clock->user_data = user_data;
  g_mutex_unlock (&clock->lock);
}

/* The test's function is called with the lock held, so that it is not running
 * any more once emu_clock_set() has returned. */
gint64
emu_clock_now (EmuClock * clock)
{
  gint64 now;

  g_mutex_lock (&clock->lock);
  now = clock->func ? clock->func (clock->user_data) : g_get_real_time ();
  g_mutex_unlock (&clock->lock);
  return now;
}
