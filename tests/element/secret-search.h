/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Searches texts for secrets, also for pieces of them. Any thread. */

#pragma once

#include "emulator/emulator.h"

/* Ends the test if @text, @size bytes named @name, holds any of @secrets or a
 * good piece of one. */
void secret_search (const gchar * name, const gchar * text, gsize size,
    const gchar * const *secrets);

/* The same for all files in and below @directory, which must be @n_files at the
 * least. */
void secret_search_directory (const gchar * directory, guint n_files,
    const gchar * const *secrets);
