/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Who signed a request to ICE, and whether that is true. */

#pragma once

#include "call.h"

/* Checks the Authorization header (ACS3-HMAC-SHA256), date, nonce, key id,
 * token and its life. A refusal, or NULL. (transfer full) */
EmuAnswer *emu_acs3_check (EmuCall * call);

/* Whether @access_key_id is known and @token (nullable) is its own and alive:
 * the caller's identity, or a session, which the call keeps then. A refusal,
 * or NULL. (transfer full) */
EmuAnswer *emu_acs3_check_identity (EmuCall * call,
    const gchar * access_key_id, const gchar * token);

/* Whether the body is the one that was signed, once it is there. A refusal,
 * or NULL. (transfer full) */
EmuAnswer *emu_acs3_check_body (EmuCall * call);
