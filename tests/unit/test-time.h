/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A time that a test moves by hand, for the sink's clock and the emulator's
 * alike. Any thread. */

#pragma once

#include "common/clock.h"
#include "emulator/emulator.h"

typedef struct
{
  GMutex lock;
  gint64 now_us;                /* protected by lock */
  GstIceClock *clock;           /* (owned) shows it */
} TestTime;

void test_time_init (TestTime * time);
void test_time_clear (TestTime * time);

/* Lets @emulator go by it too. */
void test_time_share (TestTime * time, IceEmulator * emulator);

gint64 test_time_get (TestTime * time);
void test_time_advance (TestTime * time, gint64 by_us);
