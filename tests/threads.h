/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The threads of this process. */

#pragma once

#include <glib.h>

/* How many there are with @name, or NULL for all. One that another one starts
 * has its name for a moment, and one that has ended is listed a moment
 * longer. */
static inline guint
test_count_threads (const gchar * name)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const gchar *id;
  guint n = 0;

  while ((id = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_strdup_printf ("/proc/self/task/%s/comm", id);
    g_autofree gchar *comm = NULL;

    if (g_file_get_contents (path, &comm, NULL, NULL))
      n += name == NULL || g_str_equal (g_strchomp (comm), name);
  }

  return n;
}
