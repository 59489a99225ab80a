/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What a test leaves in a directory goes with it. */

#pragma once

#include <glib/gstdio.h>

/* Removes @path and, unless it is a link, all below it. FALSE if something is
 * still there. */
static inline gboolean
test_remove_tree (const gchar * path)
{
  g_autoptr (GDir) directory = NULL;
  const gchar *name;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    directory = g_dir_open (path, 0, NULL);
  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    test_remove_tree (child);
  }

  return g_remove (path) == 0;
}
