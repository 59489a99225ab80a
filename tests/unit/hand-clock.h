/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A clock that a test moves by hand: both of its times are one variable. */

#pragma once

#include "common/clock.h"

static inline gint64
hand_clock_read (gint64 * wall, gpointer user_data)
{
  return *wall = *(gint64 *) user_data;
}

/* @now_us outlives the clock. (transfer full) */
static inline GstIceClock *
hand_clock_new (gint64 * now_us)
{
  return gst_ice_clock_new_for_test (hand_clock_read, now_us, 0);
}
