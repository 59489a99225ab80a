/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Running programs; see the header. */

#include "program.h"

#include <string.h>

/* Variables of whoever runs the tests must not get in the way. */
static GSubprocessLauncher *
new_launcher (const gchar * environment)
{
  GSubprocessLauncher *launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_auto (GStrv) names = g_listenv ();
  g_auto (GStrv) words =
      g_strsplit (environment != NULL ? environment : "", " ", -1);
  guint i;

  for (i = 0; names[i] != NULL; i++) {
    if (g_str_has_prefix (names[i], "ALIBABA_CLOUD_"))
      g_subprocess_launcher_unsetenv (launcher, names[i]);
  }
  g_subprocess_launcher_setenv (launcher,
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true", TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  for (i = 0; words[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (words[i], "=", 2);

    if (pair[0] != NULL)
      g_subprocess_launcher_setenv (launcher, pair[0], pair[1], TRUE);
  }

  return launcher;
}

Program *
program_new (const gchar * line, const gchar * environment)
{
  Program *program = g_new0 (Program, 1);
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (environment);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;

  g_shell_parse_argv (line, NULL, &argv, &error);
  g_assert_no_error (error);
  program->process = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) argv, &error);
  g_assert_no_error (error);
  program->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe
      (program->process));
  program->output = g_string_new (NULL);

  return program;
}

void
program_free (Program * program)
{
  g_subprocess_force_exit (program->process);
  g_object_unref (program->lines);
  g_object_unref (program->process);
  g_string_free (program->output, TRUE);
  g_free (program);
}

/* (transfer full) (nullable) */
static gchar *
read_line (Program * program)
{
  g_autoptr (GError) error = NULL;
  gchar *line = g_data_input_stream_read_line (program->lines, NULL, NULL,
      &error);

  g_assert_no_error (error);
  if (line != NULL)
    g_string_append_printf (program->output, "%s\n", line);

  return line;
}

gchar *
program_read_up_to (Program * program, const gchar * prefix)
{
  for (;;) {
    g_autofree gchar *line = read_line (program);

    if (line == NULL)
      g_error ("no line “%s” in:\n%s", prefix, program->output->str);
    if (g_str_has_prefix (line, prefix))
      return g_strdup (line + strlen (prefix));
  }
}

void
program_skip_to (Program * program, const gchar * prefix)
{
  g_free (program_read_up_to (program, prefix));
}

void
program_send_signal (Program * program, gint signal)
{
  g_subprocess_send_signal (program->process, signal);
}

static gboolean
skip_line (Program * program)
{
  g_autofree gchar *line = read_line (program);

  return line != NULL;
}

void
program_wait (Program * program, gint status)
{
  g_autoptr (GError) error = NULL;

  while (skip_line (program));
  g_subprocess_wait (program->process, NULL, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_if_exited (program->process)
      || g_subprocess_get_exit_status (program->process) != status)
    g_error ("wait status 0x%x, not exit status %d, after:\n%s",
        g_subprocess_get_status (program->process), status,
        program->output->str);
}

void
program_assert_printed (Program * program, const gchar * text)
{
  if (strstr (program->output->str, text) == NULL)
    g_error ("no “%s” in:\n%s", text, program->output->str);
}

static GBytes *
read_file (const gchar * path)
{
  g_autoptr (GError) error = NULL;
  gchar *data;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);

  return g_bytes_new_take (data, size);
}

void
program_assert_object_is_file (IceEmulator * emulator, const gchar * media_id,
    const gchar * path)
{
  g_autofree gchar *object_path =
      ice_emulator_get_object_path (emulator, media_id);
  g_autoptr (GBytes) object = NULL, file = NULL;

  g_assert_nonnull (object_path);
  object = read_file (object_path);
  file = read_file (path);
  g_assert_cmpuint (g_bytes_get_size (file), >, 0);
  g_assert_cmpuint (g_bytes_get_size (object), ==, g_bytes_get_size (file));
  g_assert_true (g_bytes_equal (object, file));
}

gchar *
program_discover_object (IceEmulator * emulator, const gchar * media_id)
{
  g_autofree gchar *path = ice_emulator_get_object_path (emulator, media_id);
  const gchar *const argv[] = { "gst-discoverer-1.0", path, NULL };
  g_autoptr (GError) error = NULL;
  gchar *output = NULL;
  gint status;

  g_assert_nonnull (path);
  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      &output, NULL, &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);

  return output;
}
