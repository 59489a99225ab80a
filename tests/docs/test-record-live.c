/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The example record-live, as a user runs it, against the emulator.
 *
 * Runs on: one thread; the emulator has its own. What never comes is ended by
 * the time limit of the test program.
 * The environment says where the program (RECORD_LIVE) and the plugin are. */

#include <signal.h>
#include <gio/gio.h>

#include "emulator/emulator.h"

#define MEDIA_ID "0123456789abcdef0123456789abcdef"
#define KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define KEY_SECRET "EmulatorDemoSecret0123456789ab"

/* A run of the program. */
typedef struct
{
  IceEmulator *emulator;        /* (owned) */
  GSubprocess *process;         /* (owned) */
  GDataInputStream *lines;      /* (owned) what it prints, errors too */
  GString *output;              /* (owned) what was read of that */
  gint status;                  /* exit status, once waited for */
} Run;

static Run *
run_new (const gchar * fault)
{
  const gchar *const argv[] = { "--fault", fault, NULL };
  g_autoptr (GError) error = NULL;
  Run *run = g_new0 (Run, 1);

  run->output = g_string_new (NULL);
  run->emulator = ice_emulator_new (fault != NULL ? argv : NULL, &error);
  g_assert_no_error (error);
  ice_emulator_start (run->emulator, &error);
  g_assert_no_error (error);

  return run;
}

static void
run_free (Run * run)
{
  g_clear_object (&run->lines);
  g_clear_object (&run->process);
  g_clear_pointer (&run->emulator, ice_emulator_free);
  g_string_free (run->output, TRUE);
  g_free (run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

/* Starts the program. @options: separated by blanks. */
static void
spawn (Run * run, const gchar * secret, const gchar * options)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autofree gchar *line = g_strdup_printf ("%s --ice-endpoint=%s %s",
      g_getenv ("RECORD_LIVE"), ice_emulator_get_uri (run->emulator),
      options);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C", TRUE);
  g_subprocess_launcher_setenv (launcher, "ALIBABA_CLOUD_ACCESS_KEY_ID",
      KEY_ID, TRUE);
  g_subprocess_launcher_setenv (launcher, "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      secret, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "ALIBABA_CLOUD_SECURITY_TOKEN");
  run->process = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) argv, &error);
  g_assert_no_error (error);
  run->lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (run->process));
}

/* Reads on up to a line that begins with @prefix; to the end if NULL. */
static void
read_up_to (Run * run, const gchar * prefix)
{
  for (;;) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *line = g_data_input_stream_read_line (run->lines, NULL,
        NULL, &error);

    g_assert_no_error (error);
    if (line == NULL && prefix != NULL)
      g_error ("no line “%s” in:\n%s", prefix, run->output->str);
    if (line == NULL)
      return;
    g_string_append_printf (run->output, "%s\n", line);
    if (prefix != NULL && g_str_has_prefix (line, prefix))
      return;
  }
}

static void
wait_for_end (Run * run)
{
  g_autoptr (GError) error = NULL;

  read_up_to (run, NULL);
  g_subprocess_wait (run->process, NULL, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_if_exited (run->process))
    g_error ("killed by a signal after:\n%s", run->output->str);
  run->status = g_subprocess_get_exit_status (run->process);
}

static void
assert_status (Run * run, gint status)
{
  if (run->status != status)
    g_error ("exit status %d, not %d, after:\n%s", run->status, status,
        run->output->str);
}

static void
assert_printed (Run * run, const gchar * text)
{
  if (strstr (run->output->str, text) == NULL)
    g_error ("no “%s” in:\n%s", text, run->output->str);
}

/* The program prints what the service has. */
static void
assert_object_reported (Run * run)
{
  g_autofree gchar *content_type = NULL;
  g_autofree gchar *expected = NULL;
  guint64 size, crc64;

  g_assert_true (ice_emulator_get_object_info (run->emulator, MEDIA_ID,
          &content_type, &size, &crc64));
  g_assert_cmpstr (content_type, ==, "video/mp4");
  expected = g_strdup_printf ("size %" G_GUINT64_FORMAT
      ", crc64 %" G_GUINT64_FORMAT ",", size, crc64);
  assert_printed (run, "Object complete: ");
  assert_printed (run, expected);
}

static gchar *
discover (const gchar * path)
{
  const gchar *const argv[] = { "gst-discoverer-1.0", path, NULL };
  g_autoptr (GError) error = NULL;
  gchar *output = NULL;
  gint status;

  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      &output, NULL, &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);

  return output;
}

/* The object has both streams. Returns: its duration in seconds. */
static gdouble
assert_object_plays (Run * run)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (run->emulator, MEDIA_ID);
  g_autofree gchar *found = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_nonnull (path);
  found = discover (path);
  g_assert_nonnull (strstr (found, "video #"));
  g_assert_nonnull (strstr (found, "audio #"));
  parts = g_strsplit (found, "Duration: 0:00:", 2);
  g_assert_cmpuint (g_strv_length (parts), ==, 2);

  return g_ascii_strtod (parts[1], NULL);
}

static void
test_duration (void)
{
  g_autoptr (Run) run = run_new (NULL);
  gdouble seconds;

  spawn (run, KEY_SECRET, "--test --duration=5 --media-id=" MEDIA_ID);
  wait_for_end (run);

  assert_status (run, 0);
  assert_object_reported (run);
  seconds = assert_object_plays (run);
  g_assert_cmpfloat (seconds, >, 3);
  g_assert_cmpfloat (seconds, <, 7);
  g_assert_cmpuint (ice_emulator_count_open_uploads (run->emulator), ==, 0);
}

static void
test_signal (gconstpointer data)
{
  g_autoptr (Run) run = run_new (NULL);

  spawn (run, KEY_SECRET, "--test --media-id=" MEDIA_ID);
  read_up_to (run, "written ");
  g_subprocess_send_signal (run->process, GPOINTER_TO_INT (data));
  wait_for_end (run);

  assert_status (run, 0);
  assert_printed (run, "Stopping: ");
  assert_object_reported (run);
  assert_object_plays (run);
}

static void
test_second_signal (void)
{
  g_autoptr (Run) run = run_new ("put:delay:seconds=600");

  spawn (run, KEY_SECRET, "--test --media-id=" MEDIA_ID);
  read_up_to (run, "written ");
  g_subprocess_send_signal (run->process, SIGINT);
  read_up_to (run, "Stopping: ");
  g_subprocess_send_signal (run->process, SIGINT);
  wait_for_end (run);

  assert_status (run, 3);
  assert_printed (run, "Stopped at once: the object is not complete");
  g_assert_false (ice_emulator_get_object_info (run->emulator, MEDIA_ID,
          NULL, NULL, NULL));
}

static void
test_outage (void)
{
  g_autoptr (Run) run = run_new ("refresh:error:status=503:count=2");

  spawn (run, KEY_SECRET, "--test --media-id=" MEDIA_ID);
  read_up_to (run, "Upload interrupted: RefreshUploadMedia: ");
  read_up_to (run, "Upload goes on after ");
  read_up_to (run, "written ");
  g_subprocess_send_signal (run->process, SIGINT);
  wait_for_end (run);

  assert_status (run, 0);
  assert_object_reported (run);
}

static void
test_wrong_secret (void)
{
  const gchar *wrong = "NotTheSecretOfThisKey123456789";
  g_autoptr (Run) run = run_new (NULL);

  spawn (run, wrong, "--test --media-id=" MEDIA_ID);
  wait_for_end (run);

  assert_status (run, 1);
  assert_printed (run, "record-live: icesink0: The upload is not authorized.");
  assert_printed (run, "\n  service: ice\n");
  assert_printed (run, "\n  code: SignatureDoesNotMatch\n");
  assert_printed (run, "\n  request-id: ");
  assert_printed (run, "\n  outcome: nothing-sent\n");
  assert_printed (run, "what to do: check ALIBABA_CLOUD_ACCESS_KEY_ID");
  g_assert_null (strstr (run->output->str, wrong));
}

static void
test_unreachable (void)
{
  g_autoptr (Run) run = run_new (NULL);
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (run->emulator, FALSE, &error);
  g_assert_no_error (error);
  spawn (run, KEY_SECRET, "--test --retry-timeout=1 --media-id=" MEDIA_ID);
  wait_for_end (run);

  assert_status (run, 1);
  assert_printed (run, "Upload interrupted: RefreshUploadMedia: ");
  assert_printed (run, "record-live: icesink0: The upload could not be"
      " started.");
  assert_printed (run, "what to do: check the network");
}

static void
test_bad_media_id (void)
{
  g_autoptr (Run) run = run_new (NULL);

  spawn (run, KEY_SECRET, "--test --media-id=not/an/id");
  wait_for_end (run);

  assert_status (run, 1);
  assert_printed (run, "record-live: icesink0: The upload is not set up"
      " right.");
}

static void
test_usage (gconstpointer data)
{
  g_autoptr (Run) run = run_new (NULL);

  spawn (run, KEY_SECRET, data);
  wait_for_end (run);

  assert_status (run, 2);
  assert_printed (run, "--help tells more");
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
