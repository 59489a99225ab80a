/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The metadata service of an ECS instance, and a credentials URI. */

#pragma once

#include "call.h"

/* TRUE if the request of @call, just parsed, is meant for one of them. */
gboolean emu_metadata_claims (const EmuCall * call);
void emu_metadata_classify (EmuCall * call);

extern const EmuService emu_metadata_service;
