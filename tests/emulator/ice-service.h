/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE, the service: which action a request is, and who sent it. */

#pragma once

#include "call.h"

/* TRUE if the request of @call, just parsed, is meant for ICE. */
gboolean emu_ice_claims (const EmuCall * call);
void emu_ice_classify (EmuCall * call);

EmuAnswer *emu_ice_authorize (EmuCall * call);
EmuAnswer *emu_ice_carry_out (EmuCall * call);
EmuAnswer *emu_ice_refuse (EmuCall * call);
