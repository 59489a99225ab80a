/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS: which operation a request is, and whether it may be done. */

#pragma once

#include "call.h"

void emu_oss_classify (EmuCall * call);
EmuAnswer *emu_oss_authorize (EmuCall * call);
EmuAnswer *emu_oss_carry_out (EmuCall * call);
EmuAnswer *emu_oss_refuse (EmuCall * call);
