/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Sends answers, whole or as a fault wants them. */

#pragma once

#include "fault-script.h"
#include "http-answer.h"
#include "wire.h"

/* Makes of @answer what @fault (nullable) wants, as far as it can be told
 * before it is sent. */
void emu_answer_change (EmuAnswer * answer, const EmuFault * fault);

/* Whether a whole status goes out, with @fault (nullable). */
gboolean emu_answer_has_status (const EmuFault * fault);
/* Whether it takes longer than sending an answer does. */
gboolean emu_answer_takes_long (const EmuFault * fault);

/* Sends @answer, or what @fault (nullable) leaves of it. @is_head: of a HEAD
 * request. FALSE: the connection is over. */
gboolean emu_answer_send (EmuAnswer * answer, EmuWire * wire,
    const EmuFault * fault, gboolean is_head);
