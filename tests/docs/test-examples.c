/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The examples record_live.py and static-plugin, as a user runs them, against
 * the emulator.
 *
 * The environment says where they are (RECORD_LIVE_PY, STATIC_PLUGIN), and
 * which Python has the bindings of GStreamer (PYTHON_GI), if there is one. */

#include "program.h"

#include <signal.h>
#include <string.h>
#include <glib/gstdio.h>

#define MEDIA_ID "0123456789abcdef0123456789abcdef"

/* ---- record_live.py ---- */

static gboolean
has_python (void)
{
  if (g_getenv ("PYTHON_GI") != NULL)
    return TRUE;

  g_test_skip ("python3-gi or gir1.2-gstreamer-1.0 is not there");

  return FALSE;
}

static Program *
start_python (IceEmulator * emulator, const gchar * options,
    const gchar * identity)
{
  g_autofree gchar *line = g_strdup_printf ("%s %s --ice-endpoint=%s %s",
      g_getenv ("PYTHON_GI"), g_getenv ("RECORD_LIVE_PY"),
      ice_emulator_get_uri (emulator), options);

  return program_new (line, identity);
}

/* It prints what the service has, and that plays. */
static void
assert_recorded (Program * program, IceEmulator * emulator)
{
  g_autofree gchar *found = program_discover_object (emulator, MEDIA_ID);
  g_autofree gchar *expected = NULL;
  guint64 size, crc64;

  g_assert_true (ice_emulator_get_object_info (emulator, MEDIA_ID, NULL,
          &size, &crc64));
  expected = g_strdup_printf ("size %" G_GUINT64_FORMAT ", crc64 %"
      G_GUINT64_FORMAT ",", size, crc64);
  program_assert_printed (program, expected);
  g_assert_nonnull (strstr (found, "video #"));
  g_assert_nonnull (strstr (found, "audio #"));
}

static void
test_python_duration (void)
{
  g_autoptr (IceEmulator) emulator = program_new_emulator (NULL);
  g_autoptr (Program) program = NULL;

  if (!has_python ())
    return;

  program = start_python (emulator, "--test --duration=2 --media-id=" MEDIA_ID,
      PROGRAM_IDENTITY);
  program_wait (program, 0);
  assert_recorded (program, emulator);
}

static void
test_python_signal (gconstpointer data)
{
  g_autoptr (IceEmulator) emulator = program_new_emulator (NULL);
  g_autoptr (Program) program = NULL;

  if (!has_python ())
    return;

  program = start_python (emulator, "--test --media-id=" MEDIA_ID,
      PROGRAM_IDENTITY);
  program_skip_to (program, "written ");
  program_send_signal (program, GPOINTER_TO_INT (data));
  program_wait (program, 0);
  program_assert_printed (program, "Stopping: ");
  assert_recorded (program, emulator);
}

static void
test_python_second_signal (void)
{
  g_autoptr (IceEmulator) emulator =
      program_new_emulator ("--fault=put:delay:seconds=600");
  g_autoptr (Program) program = NULL;

  if (!has_python ())
    return;

  program = start_python (emulator, "--test --media-id=" MEDIA_ID,
      PROGRAM_IDENTITY);
  program_skip_to (program, "written ");
  program_send_signal (program, SIGINT);
  program_skip_to (program, "Stopping: ");
  program_send_signal (program, SIGINT);
  program_wait (program, 3);
  program_assert_printed (program, "Stopped at once: ");
}

static void
test_python_wrong_secret (void)
{
  g_autoptr (IceEmulator) emulator = program_new_emulator (NULL);
  g_autoptr (Program) program = NULL;

  if (!has_python ())
    return;

  program = start_python (emulator, "--test --media-id=" MEDIA_ID,
      PROGRAM_IDENTITY "-with-something-behind-it");
  program_wait (program, 1);
  program_assert_printed (program, "\n  code: SignatureDoesNotMatch\n");
  program_assert_printed (program, "\n  outcome: nothing-sent\n");
  g_assert_null (strstr (program->output->str, "something-behind"));
}

static void
test_python_usage (void)
{
  g_autoptr (IceEmulator) emulator = program_new_emulator (NULL);
  g_autoptr (Program) program = NULL;

  if (!has_python ())
    return;

  program = start_python (emulator, "--test", PROGRAM_IDENTITY);
  program_wait (program, 2);
}

/* ---- static-plugin ---- */

/* The plugin is in no path. */
#define STATIC_ENVIRONMENT PROGRAM_IDENTITY " GST_PLUGIN_PATH="

static Program *
start_static (const gchar * arguments)
{
  g_autofree gchar *line = g_strdup_printf ("%s %s",
      g_getenv ("STATIC_PLUGIN"), arguments);
  g_autofree gchar *environment = g_strdup_printf (STATIC_ENVIRONMENT
      " GST_REGISTRY=%s.registry", g_getenv ("STATIC_PLUGIN"));

  return program_new (line, environment);
}

static void
test_static (void)
{
  g_autoptr (IceEmulator) emulator = program_new_emulator (NULL);
  const gchar *path = g_getenv ("STATIC_PLUGIN");
  g_autofree gchar *arguments = g_strdup_printf (MEDIA_ID " %s %s", path,
      ice_emulator_get_uri (emulator));
  g_autoptr (Program) program = start_static (arguments);

  program_wait (program, 0);
  program_assert_printed (program, "Object complete");
  program_assert_object_is_file (emulator, MEDIA_ID, path);
}

static void
test_static_failure (void)
{
  g_autoptr (Program) program = start_static ("no/id /dev/null");

  program_wait (program, 1);
  program_assert_printed (program, "media-id");
}

static void
test_static_usage (void)
{
  g_autoptr (Program) program = start_static (MEDIA_ID);

  program_wait (program, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/record-live-py/duration/uploads-what-it-records",
      test_python_duration);
  g_test_add_data_func ("/record-live-py/sigint/completes-the-object",
      GINT_TO_POINTER (SIGINT), test_python_signal);
  g_test_add_data_func ("/record-live-py/sigterm/completes-the-object",
      GINT_TO_POINTER (SIGTERM), test_python_signal);
  g_test_add_func ("/record-live-py/second-signal/stops-at-once",
      test_python_second_signal);
  g_test_add_func ("/record-live-py/wrong-secret/says-why",
      test_python_wrong_secret);
  g_test_add_func ("/record-live-py/usage/media-id-is-required",
      test_python_usage);

  g_test_add_func ("/static-plugin/uploads-a-file", test_static);
  g_test_add_func ("/static-plugin/says-why-it-fails", test_static_failure);
  g_test_add_func ("/static-plugin/tells-its-usage", test_static_usage);

  return g_test_run ();
}
