/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the program needs to know beyond the public calls. */

#pragma once

#include "emulator.h"

const gchar *emu_emulator_get_directory (IceEmulator * emulator);
gboolean emu_emulator_is_quiet (IceEmulator * emulator);
