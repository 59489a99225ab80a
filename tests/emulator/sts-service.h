/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* STS: AssumeRole and AssumeRoleWithOIDC. */

#pragma once

#include "call.h"

/* TRUE if the request of @call, just parsed, is meant for STS. */
gboolean emu_sts_claims (const EmuCall * call);
void emu_sts_classify (EmuCall * call);

extern const EmuService emu_sts_service;
