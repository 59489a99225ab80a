/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Who signed a request to OSS, and whether that is true. */

#pragma once

#include "call.h"

/* Checks the Authorization header (OSS4-HMAC-SHA256), date, region, key id,
 * token and its life. Sets the call's lease; NULL there: the caller's own
 * identity. A refusal, or NULL. (transfer full) */
EmuAnswer *emu_oss4_check (EmuCall * call);
