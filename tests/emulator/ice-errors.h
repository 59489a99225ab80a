/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE's refusals. */

#pragma once

#include "call.h"

/* In the order of the table in ice-errors.c. */
typedef enum
{
  EMU_ICE_API_NOT_FOUND,
  EMU_ICE_METHOD,
  EMU_ICE_ANONYMOUS,
  EMU_ICE_SIGNATURE_METHOD,
  EMU_ICE_INCOMPLETE_SIGNATURE,
  EMU_ICE_TIME_MISSING,
  EMU_ICE_TIME_FORMAT,
  EMU_ICE_TIME_EXPIRED,
  EMU_ICE_NONCE_MISSING,
  EMU_ICE_NONCE_USED,
  EMU_ICE_ACCESS_KEY_ID,
  EMU_ICE_TOKEN_MISSING,
  EMU_ICE_TOKEN_MALFORMED,
  EMU_ICE_TOKEN_MISMATCH,
  EMU_ICE_TOKEN_EXPIRED,
  EMU_ICE_SIGNATURE,
  EMU_ICE_CONTENT_SHA256,
  EMU_ICE_MEDIA_ID_MISSING,
  EMU_ICE_PARAMETER,
  EMU_ICE_NOT_FOUND,
  EMU_ICE_FORBIDDEN,
  EMU_ICE_INTERNAL,
} EmuIceError;

/* @message: in place of the table's, or NULL. (transfer full) */
EmuAnswer *emu_ice_error (const EmuCall * call, EmuIceError error,
    const gchar * message);

/* One that is not in the table. (transfer full) */
EmuAnswer *emu_ice_error_custom (const EmuCall * call, guint status,
    const gchar * code, const gchar * message);

/* An answer with the headers of every answer of ICE. (transfer full) */
EmuAnswer *emu_ice_answer_new (const EmuCall * call, guint status,
    const gchar * json);
