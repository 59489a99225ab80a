/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Nonces of signatures, which may be used once. */

#pragma once

#include "call.h"

EmuNonces *emu_nonces_new (void);
void emu_nonces_free (EmuNonces * nonces);

/* FALSE if @nonce was used before. */
gboolean emu_nonces_use (EmuNonces * nonces, const gchar * nonce);
