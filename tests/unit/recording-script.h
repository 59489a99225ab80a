/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A script that is drawn: a recording with a spool that is written, rewound,
 * sent, flushed and killed, on a disk that has errors, again and again, beside
 * a plain array.
 *
 * A kill leaves data and journal as they were, or one of them behind the other,
 * or a torn line. What the next run makes of that must be whole at the end:
 * every byte of the array, in parts that OSS takes.
 *
 * A program with this has write() and pwrite() of its own. */

#pragma once

#include <glib.h>

/* From 0 to less than 1. What is drawn decides everything. */
typedef gdouble (*RecordingScriptDraw) (gpointer user_data);

/* Aborts where something is not as it has to be. */
void recording_script_play (RecordingScriptDraw draw, gpointer user_data);
