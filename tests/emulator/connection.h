/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A connection: its requests, one after another, and what befalls them. */

#pragma once

#include "call.h"
#include "wire.h"

/* Serves @wire until it ends. Blocking. @serial: the connection's number. */
void emu_connection_run (EmuServices * services, EmuWire * wire, guint serial);
