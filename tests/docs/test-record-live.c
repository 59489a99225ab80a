/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The example record-live, as a user runs it, against the emulator.
 *
 * Runs on: one thread; the emulator has its own. What never comes is ended by
 * the time limit of the test program.
 * The environment says where the program (RECORD_LIVE) and the plugin are. */

#include <signal.h>
#include <string.h>

#include "program.h"

#define MEDIA_ID "0123456789abcdef0123456789abcdef"

#define WRONG_SECRET "NotTheSecretOfThisKey123456789"
#define TEST "--test --media-id=" MEDIA_ID

static Program *
spawn_with (IceEmulator * emulator, const gchar * identity,
    const gchar * options)
{
  g_autofree gchar *line = g_strdup_printf ("%s --ice-endpoint=%s %s",
      g_getenv ("RECORD_LIVE"), ice_emulator_get_uri (emulator), options);

  return program_new (line, identity);
}

static Program *
spawn (IceEmulator * emulator, const gchar * options)
{
  return spawn_with (emulator, PROGRAM_IDENTITY, options);
}

/* The program prints what the service has. */
static void
assert_object_reported (IceEmulator * emulator, Program * program)
{
  g_autofree gchar *content_type = NULL;
  g_autofree gchar *expected = NULL;
  guint64 size, crc64;

  g_assert_true (ice_emulator_get_object_info (emulator, MEDIA_ID,
          &content_type, &size, &crc64));
  g_assert_cmpstr (content_type, ==, "video/mp4");
  expected = g_strdup_printf ("size %" G_GUINT64_FORMAT
      ", crc64 %" G_GUINT64_FORMAT ",", size, crc64);
  program_assert_printed (program, "Object complete: ");
  program_assert_printed (program, expected);
}

/* The object has both streams. Returns: its duration in seconds. */
static gdouble
assert_object_plays (IceEmulator * emulator)
{
  g_autofree gchar *found = program_discover_object (emulator, MEDIA_ID);
  g_auto (GStrv) parts = NULL;

  g_assert_nonnull (strstr (found, "video #"));
  g_assert_nonnull (strstr (found, "audio #"));
  parts = g_strsplit (found, "Duration: 0:00:", 2);
  g_assert_cmpuint (g_strv_length (parts), ==, 2);

  return g_ascii_strtod (parts[1], NULL);
}

static void
test_duration (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autoptr (Program) program = NULL;
  gdouble seconds;

  program = spawn (emulator, "--test --duration=5 --media-id=" MEDIA_ID);
  program_wait (program, 0);
  assert_object_reported (emulator, program);
  seconds = assert_object_plays (emulator);
  g_assert_cmpfloat (seconds, >, 3);
  g_assert_cmpfloat (seconds, <, 7);
  g_assert_cmpuint (ice_emulator_count_open_uploads (emulator), ==, 0);
}

static void
test_signal (gconstpointer data)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autoptr (Program) program = spawn (emulator, TEST);

  program_skip_to (program, "written ");
  program_send_signal (program, GPOINTER_TO_INT (data));
  program_wait (program, 0);
  program_assert_printed (program, "Stopping: ");
  assert_object_reported (emulator, program);
  assert_object_plays (emulator);
}

static void
test_second_signal (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--fault=put:delay:seconds=600");
  g_autoptr (Program) program = spawn (emulator, TEST);

  program_skip_to (program, "written ");
  program_send_signal (program, SIGINT);
  program_skip_to (program, "Stopping: ");
  program_send_signal (program, SIGINT);
  program_wait (program, 3);
  program_assert_printed (program,
      "Stopped at once: the object is not complete");
  g_assert_false (ice_emulator_get_object_info (emulator, MEDIA_ID,
          NULL, NULL, NULL));
}

static void
test_outage (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--fault=refresh:error:status=503:count=2");
  g_autoptr (Program) program = spawn (emulator, TEST);

  program_skip_to (program, "Upload interrupted: RefreshUploadMedia: ");
  program_skip_to (program, "Upload goes on after ");
  program_skip_to (program, "written ");
  program_send_signal (program, SIGINT);
  program_wait (program, 0);
  assert_object_reported (emulator, program);
}

static void
test_wrong_secret (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autoptr (Program) program = spawn_with (emulator,
      "ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tEmulatorDemoKeyId1"
      " ALIBABA_CLOUD_ACCESS_KEY_SECRET=" WRONG_SECRET, TEST);

  program_wait (program, 1);
  program_assert_printed (program,
      "record-live: icesink0: The upload is not authorized.");
  program_assert_printed (program, "\n  service: ice\n");
  program_assert_printed (program, "\n  code: SignatureDoesNotMatch\n");
  program_assert_printed (program, "\n  request-id: ");
  program_assert_printed (program, "\n  outcome: nothing-sent\n");
  program_assert_printed (program,
      "what to do: check ALIBABA_CLOUD_ACCESS_KEY_ID");
  g_assert_null (strstr (program->output->str, WRONG_SECRET));
}

static void
test_unreachable (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autoptr (Program) program = NULL;
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (emulator, FALSE, &error);
  g_assert_no_error (error);
  program = spawn (emulator, "--test --retry-timeout=1 --media-id=" MEDIA_ID);
  program_wait (program, 1);
  program_assert_printed (program, "Upload interrupted: RefreshUploadMedia: ");
  program_assert_printed (program,
      "record-live: icesink0: The upload could not be started.");
  program_assert_printed (program, "what to do: check the network");
}

static void
test_bad_media_id (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autoptr (Program) program = spawn (emulator, "--test --media-id=not/an/id");

  program_wait (program, 1);
  program_assert_printed (program,
      "record-live: icesink0: The upload is not set up right.");
}

static void
test_usage (gconstpointer data)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autoptr (Program) program = spawn (emulator, data);

  program_wait (program, 2);
  program_assert_printed (program, "--help tells more");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/record-live/duration/uploads-what-it-records",
      test_duration);
  g_test_add_data_func ("/record-live/sigint/completes-the-object",
      GINT_TO_POINTER (SIGINT), test_signal);
  g_test_add_data_func ("/record-live/sigterm/completes-the-object",
      GINT_TO_POINTER (SIGTERM), test_signal);
  g_test_add_func ("/record-live/second-signal/stops-at-once",
      test_second_signal);
  g_test_add_func ("/record-live/outage/is-reported-and-bridged",
      test_outage);
  g_test_add_func ("/record-live/wrong-secret/says-what-to-do",
      test_wrong_secret);
  g_test_add_func ("/record-live/unreachable/fails-after-retry-timeout",
      test_unreachable);
  g_test_add_func ("/record-live/bad-media-id/fails", test_bad_media_id);
  g_test_add_data_func ("/record-live/usage/media-id-is-required", "--test",
      test_usage);
  g_test_add_data_func ("/record-live/usage/unknown-option",
      "--no-such-option", test_usage);
  g_test_add_data_func ("/record-live/usage/bitrate-out-of-range",
      "--bitrate=0 --media-id=" MEDIA_ID, test_usage);

  return g_test_run ();
}
