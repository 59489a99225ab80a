/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Sends answers, whole or as a fault wants them. */

#pragma once

#include "fault-script.h"
#include "http-answer.h"
#include "wire.h"

G_BEGIN_DECLS

/* Sends @answer, changed by @fault (nullable). @is_head: of a HEAD request.
 * FALSE: the connection is over. *@sent: whether a status went out. */
gboolean emu_answer_send (EmuAnswer * answer, EmuWire * wire,
    const EmuFault * fault, gboolean is_head, gboolean * sent);

G_END_DECLS
