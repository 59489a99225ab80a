/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What was asked and answered, for tests and for --log. */

#pragma once

#include "emulator.h"

typedef struct _EmuRecords EmuRecords;

/* @log: file name or NULL. */
EmuRecords *emu_records_new (const gchar * log, GError ** error);
void emu_records_free (EmuRecords * records);

/* The number of a request that begins. */
guint emu_records_next_serial (EmuRecords * records);

/* @wall_us: for the log. */
void emu_records_add (EmuRecords * records, IceEmulatorRecord * record,
    gint64 wall_us);

/* By serial. (transfer full) (element-type IceEmulatorRecord) */
GPtrArray *emu_records_copy (EmuRecords * records);
guint emu_records_count (EmuRecords * records, IceEmulatorOperation operation,
    guint status);

IceEmulatorRecord *emu_record_new (void);
void emu_record_free (gpointer record);
