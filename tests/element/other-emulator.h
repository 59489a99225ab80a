/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An emulator in a process of its own, which is not part of what a test
 * measures. Its program is that of the environment variable ICE_EMULATOR. */

#pragma once

#include <glib.h>

typedef struct
{
  GPid pid;
  gchar *uri;                   /* (owned) where it listens */
} OtherEmulator;

/* Starts it with `--discard` and @options (nullable), and waits until it
 * listens. */
void other_emulator_start (OtherEmulator * emulator,
    const gchar * const *options);
void other_emulator_stop (OtherEmulator * emulator);
