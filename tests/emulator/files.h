/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Files and directories, where GIO has no word for it. */

#pragma once

#include <gio/gio.h>

/* Sets @error from errno. Always FALSE. */
gboolean emu_set_errno (GError ** error, const gchar * what);

gboolean emu_file_write (gint fd, gconstpointer data, gsize len,
    GError ** error);
/* Adds what @path holds to @fd. */
gboolean emu_file_append (gint fd, const gchar * path, GError ** error);

/* Removes a file or a directory with all that is in it. */
void emu_tree_remove (const gchar * path);
