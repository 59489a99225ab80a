/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The example record-on-demand, as a user runs it: recordings come and go,
 * their uploads end when they end, and the preview has every frame.
 *
 * The environment says where the program (RECORD_ON_DEMAND) and the plugin
 * are. */

#include <stdlib.h>
#include <string.h>

#include "program.h"

/* How long the service takes to complete an object, in seconds. */
#define DRAIN 4

/* Runs the program with the commands, a shell script that prints them. */
static Program *
run (IceEmulator * emulator, const gchar * script, gint status)
{
  g_autofree gchar *command = g_strdup_printf ("(%s) | exec %s --no-window"
      " --ice-endpoint=%s", script, g_getenv ("RECORD_ON_DEMAND"),
      ice_emulator_get_uri (emulator));
  g_autofree gchar *quoted = g_shell_quote (command);
  g_autofree gchar *line = g_strconcat ("sh -c ", quoted, NULL);
  Program *program = program_new (line, PROGRAM_IDENTITY);

  program_wait (program, status);
  g_test_message ("%s", program->output->str);

  return program;
}

/* What follows @prefix in what was printed, as a number. */
static gint
get_number (Program * program, const gchar * prefix)
{
  const gchar *found = strstr (program->output->str, prefix);

  g_assert_nonnull (found);

  return atoi (found + strlen (prefix));
}

/* No frame is missing, and the main loop has not waited for an upload. */
static void
assert_undisturbed (Program * program)
{
  program_assert_printed (program, " 0 missing");
  g_assert_cmpint (get_number (program, "preview: "), >, 60);
  g_assert_cmpint (get_number (program, "main loop: "), <, DRAIN * 1000 / 2);
}

/* While one is uploaded, the next is recorded. */
static void
test_several (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started
      ("--fault complete:delay-answer:seconds=" G_STRINGIFY (DRAIN)
      ":count=0 --fault put:delay-answer:seconds=" G_STRINGIFY (DRAIN)
      ":count=0");
  g_autoptr (Program) program = run (emulator, "sleep 1; echo start one;"
      " sleep 2; echo stop; echo start two; sleep 2; echo start three;"
      " sleep 2; echo quit", 0);
  static const gchar *const media_ids[] = { "one", "two", "three" };
  guint i;

  assert_undisturbed (program);
  for (i = 0; i < G_N_ELEMENTS (media_ids); i++) {
    g_autofree gchar *line = g_strdup_printf ("complete %s ", media_ids[i]);
    g_autofree gchar *found =
        program_discover_object (emulator, media_ids[i]);

    program_assert_printed (program, line);
    g_assert_nonnull (strstr (found, "H.264"));
  }
}

/* One that is refused is the only one that ends. */
static void
test_refused (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--media-id one --media-id three");
  g_autoptr (Program) program = run (emulator, "sleep 1; echo start one;"
      " sleep 1; echo start two; sleep 2; echo start three; sleep 1;"
      " echo quit", 1);

  assert_undisturbed (program);
  program_assert_printed (program, "complete one ");
  program_assert_printed (program, "failed two");
  program_assert_printed (program, "complete three ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/record-on-demand/several", test_several);
  g_test_add_func ("/record-on-demand/refused", test_refused);

  return g_test_run ();
}
