/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The examples record_live.py, record_branches.py and static-plugin, as a user
 * runs them, against the emulator.
 *
 * The environment says where they are (RECORD_LIVE_PY, RECORD_BRANCHES_PY,
 * STATIC_PLUGIN), and
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
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
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
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
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
      ice_emulator_new_started ("--fault=put:delay:seconds=600");
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
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
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
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autoptr (Program) program = NULL;

  if (!has_python ())
    return;

  program = start_python (emulator, "--test", PROGRAM_IDENTITY);
  program_wait (program, 2);
}

/* ---- record_branches.py ---- */

/* @copy: (out): path of the file that it writes */
static Program *
start_branches (IceEmulator * emulator, const gchar * options, gchar ** copy)
{
  g_autofree gchar *name = NULL;
  g_autofree gchar *line = NULL;

  g_assert_cmpint (g_file_open_tmp ("icesink-copy-XXXXXX", &name, NULL), >=,
      0);
  *copy = g_strdup (name);
  line = g_strdup_printf ("%s %s --ice-endpoint=%s --test --copy=%s %s",
      g_getenv ("PYTHON_GI"), g_getenv ("RECORD_BRANCHES_PY"),
      ice_emulator_get_uri (emulator), name, options);

  return program_new (line, PROGRAM_IDENTITY);
}

/* A live source that could not get rid of a frame leaves a gap between two
 * times. */
static void
assert_every_frame (const gchar * path)
{
  g_autofree gchar *line = g_strdup_printf ("gst-launch-1.0 -v filesrc"
      " location=%s ! qtdemux ! h264parse ! fakesink silent=false sync=false",
      path);
  g_autoptr (GRegex) regex =
      g_regex_new ("pts: (\\d+):(\\d+):([\\d.]+),", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *output = NULL;
  gdouble last = -1;
  guint n = 0;

  g_spawn_command_line_sync (line, &output, NULL, NULL, &error);
  g_assert_no_error (error);
  for (g_regex_match (regex, output, 0, &match);
      g_match_info_matches (match); g_match_info_next (match, NULL)) {
    g_autofree gchar *minutes = g_match_info_fetch (match, 2);
    g_autofree gchar *seconds = g_match_info_fetch (match, 3);
    gdouble time = g_ascii_strtod (minutes, NULL) * 60
        + g_ascii_strtod (seconds, NULL);

    g_assert_true (last < 0 || time - last < 0.05);
    last = time;
    n++;
  }
  g_test_message ("%u frames", n);
  g_assert_cmpuint (n, >, 60);
}

static void
test_branches_bad_id (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--media-id=" MEDIA_ID);
  g_autoptr (Program) program = NULL;
  g_autofree gchar *copy = NULL;

  if (!has_python ())
    return;

  program = start_branches (emulator, "--media-id=" MEDIA_ID
      " --media-id=another --duration=3", &copy);
  program_wait (program, 1);
  program_assert_printed (program, "upload of another: failed: ");
  program_assert_printed (program, "upload of " MEDIA_ID ": complete");
  program_assert_object_is_file (emulator, MEDIA_ID, copy);
  assert_every_frame (copy);
  g_remove (copy);
}

/* The service answers nothing: memory is full after two seconds. */
static void
test_branches_full_memory (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--fault=any:delay:seconds=600:count=0");
  g_autoptr (Program) program = NULL;
  g_autofree gchar *copy = NULL;

  if (!has_python ())
    return;

  program = start_branches (emulator, "--media-id=" MEDIA_ID
      " --max-memory=524288 --bitrate=4000 --duration=6", &copy);
  program_skip_to (program, "upload of " MEDIA_ID ": failed: ");
  program_wait (program, 1);
  assert_every_frame (copy);
  g_remove (copy);
}

/* The same with a spool, and the service back: nothing is missing. */
static void
test_branches_spool (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--fault=any:reset-before:for=4:count=0");
  g_autoptr (Program) program = NULL;
  g_autofree gchar *spool = g_dir_make_tmp ("icesink-spool-XXXXXX", NULL);
  g_autofree gchar *options = g_strdup_printf ("--media-id=" MEDIA_ID
      " --max-memory=524288 --bitrate=4000 --duration=6 --spool=%s", spool);
  g_autofree gchar *copy = NULL;

  if (!has_python ())
    return;

  program = start_branches (emulator, options, &copy);
  program_wait (program, 0);
  program_assert_object_is_file (emulator, MEDIA_ID, copy);
  assert_every_frame (copy);
  g_remove (copy);
  g_rmdir (spool);
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
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
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

  g_test_add_func ("/record-branches-py/bad-id/others-are-complete",
      test_branches_bad_id);
  g_test_add_func ("/record-branches-py/full-memory/copy-has-every-frame",
      test_branches_full_memory);
  g_test_add_func ("/record-branches-py/spool/nothing-is-missing",
      test_branches_spool);

  g_test_add_func ("/static-plugin/uploads-a-file", test_static);
  g_test_add_func ("/static-plugin/says-why-it-fails", test_static_failure);
  g_test_add_func ("/static-plugin/tells-its-usage", test_static_usage);

  return g_test_run ();
}
