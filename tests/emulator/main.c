/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The program `ice-emulator`: runs an emulator until SIGINT or SIGTERM. */

#include "emulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <glib-unix.h>

#include "emulator-private.h"
#include "options.h"

/* Two hundred clients have more connections than the usual limit allows. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static void
run_until_signal (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  g_main_loop_run (loop);
}

static void
print_ready (IceEmulator * emulator)
{
  const gchar *ca_file = ice_emulator_get_ca_file (emulator);

  printf ("ice-emulator listening on %s objects in %s",
      ice_emulator_get_uri (emulator), emu_emulator_get_directory (emulator));
  if (ca_file)
    printf (" ca-file %s", ca_file);
  printf ("\n");
  fflush (stdout);
}

static gboolean
wants_help (gchar ** argv)
{
  return g_strv_contains ((const gchar * const *) argv, "--help")
      || g_strv_contains ((const gchar * const *) argv, "-h");
}

int
main (int argc, char **argv)
{
  g_autoptr (IceEmulator) emulator = NULL;
  g_autoptr (GError) error = NULL;

  g_set_prgname ("ice-emulator");
  if (wants_help (argv)) {
    g_autofree gchar *help = emu_options_get_help ();

    printf ("%s", help);
    return EXIT_SUCCESS;
  }
  raise_file_limit ();
  emulator = ice_emulator_new ((const gchar * const *) argv + 1, &error);
  if (!emulator || !ice_emulator_start (emulator, &error)) {
    fprintf (stderr, "ice-emulator: %s\n", error->message);
    return EXIT_FAILURE;
  }
  if (!emu_emulator_is_quiet (emulator))
    print_ready (emulator);
  run_until_signal ();
  return EXIT_SUCCESS;
}
