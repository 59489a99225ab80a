/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The emulator's wall clock, which a test may replace. */

#pragma once

#include "emulator.h"

typedef struct
{
  GMutex lock;                  /* protects the rest */
  IceEmulatorClockFunc func;
  gpointer user_data;
} EmuClock;

void emu_clock_init (EmuClock * clock);
void emu_clock_clear (EmuClock * clock);
void emu_clock_set (EmuClock * clock, IceEmulatorClockFunc func,
    gpointer user_data);

/* Microseconds since 1970. */
gint64 emu_clock_now (EmuClock * clock);
