/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A main program in place of libFuzzer's: gives a target each file that is
 * named, or that is in a directory that is named, once.
 *
 * Usage: TARGET FILE-OR-DIRECTORY... */

#include "fuzz.h"

#include <stdlib.h>

static guint n_files;

static void
replay_file (const gchar * path)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  g_autofree guint8 *exact = NULL;
  gsize size;

  if (!g_file_get_contents (path, &text, &size, &error))
    g_error ("%s", error->message);

  /* Without the zero byte behind it, so that a sanitizer sees its end. */
  exact = g_memdup2 (text, size);
  g_print ("# %s\n", path);
  LLVMFuzzerTestOneInput (exact, size);
  n_files++;
}

static void
replay (const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  if (dir == NULL) {
    replay_file (path);
    return;
  }

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    replay (child);
  }
}

int
main (int argc, char **argv)
{
  int i;

  LLVMFuzzerInitialize (&argc, &argv);
  g_print ("1..1\n");
  for (i = 1; i < argc; i++)
    replay (argv[i]);
  /* None at all is nothing, as a target of libFuzzer has to bear. */
  LLVMFuzzerTestOneInput ((const guint8 *) "", 0);
  g_print ("%sok 1 - %u files\n", n_files > 0 ? "" : "not ", n_files);

  return n_files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
