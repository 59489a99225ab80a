/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A device whose clock is wrong, or becomes wrong, or right, in mid-stream.
 *
 * The recorder is this program once more, in a process of its own under
 * libfaketime; the services run here and have the right time. libfaketime
 * reads its time from a file, so that this process can set the clock of the
 * other. The monotonic clock stays as it is, as on a real device.
 *
 * What the recorder has to say comes line by line: `started`, `interrupted
 * REASON`, `resumed`, `clock-offset MICROSECONDS`, `error TEXT`, `eos`. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "raw-source.h"
#include "sanitizer.h"
#include "trial.h"

/* A bit more than a second and a half, longer than a credential lives. */
#define N_BUFFERS 80
#define MAX_BUFFER_SIZE 30000

/* Date has whole seconds, and the machine may be busy. */
#define TOLERANCE_US (20 * G_USEC_PER_SEC)

/* ---- the recorder ---- */

static void
say (const gchar * format, ...) G_GNUC_PRINTF (1, 2);

static void
say (const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  printf ("\n");
  fflush (stdout);
}

static void
say_element (GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (gst_structure_has_name (structure, "ice-upload-started"))
    say ("started");
  else if (gst_structure_has_name (structure, "ice-upload-interrupted"))
    say ("interrupted %s", gst_structure_get_string (structure, "reason"));
  else if (gst_structure_has_name (structure, "ice-upload-resumed"))
    say ("resumed");
}

static void
say_offset (GstElement * sink)
{
  g_autoptr (GstStructure) stats = NULL;
  gint64 offset_us = 0;

  g_object_get (sink, "stats", &stats, NULL);
  gst_structure_get_int64 (stats, "clock-offset", &offset_us);
  say ("clock-offset %" G_GINT64_FORMAT, offset_us);
}

/* FALSE: that was the end. */
static gboolean
say_message (GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      say_element (message);
      return TRUE;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, &debug);
      g_strdelimit (debug, "\n", ' ');
      say ("error %s: %s", error->message, debug);
      return FALSE;
    case GST_MESSAGE_EOS:
      say ("eos");
      return FALSE;
    default:
      return TRUE;
  }
}

static void
say_messages (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean goes_on = TRUE;

  while (goes_on) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop (bus, GST_CLOCK_TIME_NONE);

    goes_on = say_message (message);
  }
}

/* @argv: where ICE is, the file of the twin, and further properties. */
static int
record (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *launch = NULL;
  g_autoptr (GstElement) pipeline = NULL, sink = NULL, appsrc = NULL;
  g_autoptr (RawSource) source = NULL;

  trial_init (&argc, &argv);
  launch = g_strdup_printf ("appsrc name=source ! identity sleep-time=20000"
      " ! tee name=tee ! queue ! icesink name=sink media-id=" TRIAL_MEDIA_ID
      " part-size=102400 head-size=0 stall-timeout=2000000000"
      " ice-endpoint=%s %s  tee. ! queue ! filesink location=%s", argv[2],
      argv[4], argv[3]);
  pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  appsrc = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  source = raw_source_new (appsrc, 1, N_BUFFERS, MAX_BUFFER_SIZE, 0);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  say_messages (pipeline);
  say_offset (sink);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return EXIT_SUCCESS;
}

/* ---- the test's side of it ---- */

/**
 * Recording:
 * @emulator: (owned)
 * @directory: (owned): a temporary one
 * @clock_file: (owned): what libfaketime reads
 * @twin_file: (owned): what the recorder writes
 * @recorder: (owned)
 * @lines: (owned): what it says
 * @said: (owned): all of that so far
 */
typedef struct
{
  IceEmulator *emulator;
  gchar *directory;
  gchar *clock_file;
  gchar *twin_file;
  GSubprocess *recorder;
  GDataInputStream *lines;
  GString *said;
} Recording;

static const gchar *libfaketime;
static const gchar *program;

/* By the time of this process, or as an offset from it. */
static void
set_clock (Recording * r, const gchar * time)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (r->clock_file, time, -1, &error);
  g_assert_no_error (error);
}

static GSubprocessLauncher *
new_launcher (Recording * r)
{
  GSubprocessLauncher *launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  const gchar *sanitizer = g_getenv ("SANITIZER_LIBRARY");
  g_autofree gchar *preload = g_strdup_printf ("%s %s",
      sanitizer != NULL ? sanitizer : "", libfaketime);
  const gchar *const settings[][2] = {
    {"LD_PRELOAD", preload},
    {"FAKETIME_TIMESTAMP_FILE", r->clock_file},
    {"FAKETIME_NO_CACHE", "1"},
    {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
    {"DONT_FAKE_MONOTONIC", "1"},
    {"NO_FAKE_STAT", "1"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (settings); i++)
    g_subprocess_launcher_setenv (launcher, settings[i][0], settings[i][1],
        TRUE);

  return launcher;
}

static void
start_recorder (Recording * r, const gchar * properties)
{
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (r);
  const gchar *ca_file = ice_emulator_get_ca_file (r->emulator);
  g_autofree gchar *all = g_strdup_printf ("%s%s %s",
      ca_file != NULL ? "ssl-ca-file=" : "", ca_file != NULL ? ca_file : "",
      properties);
  g_autoptr (GError) error = NULL;

  r->recorder = g_subprocess_launcher_spawn (launcher, &error, program,
      "--record", ice_emulator_get_uri (r->emulator), r->twin_file, all, NULL);
  g_assert_no_error (error);
  r->lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (r->recorder));
}

static Recording *
recording_new (gboolean tls, const gchar * option, const gchar * time,
    const gchar * properties)
{
  const gchar *const options[] = { tls ? "--tls" : "--no-md5", option, NULL };
  g_autoptr (GError) error = NULL;
  Recording *r = g_new0 (Recording, 1);

  r->emulator = ice_emulator_new (options, &error);
  g_assert_no_error (error);
  ice_emulator_start (r->emulator, &error);
  g_assert_no_error (error);
  r->directory = g_dir_make_tmp ("icesink-clocks-XXXXXX", &error);
  g_assert_no_error (error);
  r->clock_file = g_build_filename (r->directory, "clock", NULL);
  r->twin_file = g_build_filename (r->directory, "twin", NULL);
  r->said = g_string_new (NULL);
  set_clock (r, time);
  start_recorder (r, properties);

  return r;
}

static void
recording_free (Recording * r)
{
  g_object_unref (r->lines);
  g_object_unref (r->recorder);
  ice_emulator_free (r->emulator);
  g_remove (r->clock_file);
  g_remove (r->twin_file);
  g_rmdir (r->directory);
  g_free (r->clock_file);
  g_free (r->twin_file);
  g_free (r->directory);
  g_string_free (r->said, TRUE);
  g_free (r);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recording, recording_free)

/* Reads on until a line begins with @word, or to the end if that is NULL.
 * (transfer full) (nullable): the rest of the line */
static gchar *
listen_for (Recording * r, const gchar * word)
{
  gchar *line;

  while ((line = g_data_input_stream_read_line (r->lines, NULL, NULL, NULL))
      != NULL) {
    gboolean found = word != NULL && g_str_has_prefix (line, word);

    g_string_append_printf (r->said, "%s\n", line);
    if (found)
      memmove (line, line + strlen (word), strlen (line + strlen (word)) + 1);
    if (found)
      return line;
    g_free (line);
  }

  return NULL;
}

static gint64
finish (Recording * r)
{
  g_autofree gchar *offset = listen_for (r, "clock-offset ");
  g_autofree gchar *rest = listen_for (r, NULL);
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_check (r->recorder, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (offset);
  g_assert_null (rest);

  return g_ascii_strtoll (offset, NULL, 10);
}

static void
assert_exact (Recording * r)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (r->emulator, TRIAL_MEDIA_ID);
  g_autofree gchar *object = NULL, *twin = NULL;
  gsize object_size, twin_size;

  g_test_message ("%s", r->said->str);
  g_assert_nonnull (strstr (r->said->str, "\neos\n"));
  g_assert_null (strstr (r->said->str, "error"));
  g_assert_nonnull (path);
  g_assert_true (g_file_get_contents (path, &object, &object_size, NULL));
  g_assert_true (g_file_get_contents (r->twin_file, &twin, &twin_size, NULL));
  g_assert_cmpmem (object, object_size, twin, twin_size);
}

static guint
count_lines (Recording * r, const gchar * word)
{
  g_auto (GStrv) lines = g_strsplit (r->said->str, "\n", -1);
  guint i, n = 0;

  for (i = 0; lines[i] != NULL; i++)
    n += g_str_has_prefix (lines[i], word);

  return n;
}

/* ---- clocks that are off ---- */

#define SHORT_LIFE "--credential-life=1"

typedef struct
{
  const gchar *name;
  gboolean tls;
  const gchar *time;            /* of the device, for libfaketime */
  gint64 unix_s;                /* the same, if it is a date */
  gint64 offset_s;              /* of the service from it, else */
} WrongClock;

static const WrongClock wrong_clocks[] = {
  {"1970", FALSE, "@1970-01-01 00:05:00", 5 * 60, 0},
  {"after-2038", FALSE, "@2038-01-20 03:14:08",
      G_GINT64_CONSTANT (2147570048), 0},
  {"20-minutes-behind", FALSE, "-1200", 0, 1200},
  {"20-minutes-ahead", FALSE, "+1200", 0, -1200},
  {"20-minutes-behind/tls", TRUE, "-1200", 0, 1200},
  {"20-minutes-ahead/tls", TRUE, "+1200", 0, -1200},
};

static gint64
get_expected_offset (const WrongClock * c)
{
  if (c->unix_s == 0)
    return c->offset_s * G_USEC_PER_SEC;

  return g_get_real_time () - c->unix_s * G_USEC_PER_SEC;
}

/* Whatever the device takes the time for, it renews in time. */
static void
assert_renewed (Recording * r)
{
  g_test_message ("%u leases", ice_emulator_get_generation (r->emulator));
  g_assert_cmpuint (ice_emulator_get_generation (r->emulator), >=, 2);
}

static void
test_wrong (gconstpointer data)
{
  const WrongClock *c = data;
  gint64 expected_us = get_expected_offset (c);
  g_autoptr (Recording) r = recording_new (c->tls, SHORT_LIFE, c->time, "");
  gint64 offset_us = finish (r);

  assert_exact (r);
  assert_renewed (r);
  g_assert_cmpuint (count_lines (r, "interrupted"), ==, 0);
  g_assert_cmpint (ABS (offset_us - expected_us), <, TOLERANCE_US);
}

typedef struct
{
  const gchar *name;
  gboolean tls;
  const gchar *to;
} ClockStep;

static const ClockStep steps[] = {
  {"2-hours-forward", FALSE, "+7200"},
  {"2-hours-back", FALSE, "-7200"},
  {"2-hours-forward/tls", TRUE, "+7200"},
  {"2-hours-back/tls", TRUE, "-7200"},
};

static void
test_step (gconstpointer data)
{
  const ClockStep *c = data;
  g_autoptr (Recording) r = recording_new (c->tls, SHORT_LIFE, "+0", "");
  g_autofree gchar *started = listen_for (r, "started");

  g_assert_nonnull (started);
  set_clock (r, c->to);
  finish (r);

  assert_exact (r);
  assert_renewed (r);
  g_assert_cmpuint (count_lines (r, "interrupted"), ==, 0);
}

/* ---- clocks outside of the certificate's validity ---- */

static void
test_certificate (gconstpointer data)
{
  const gchar *time = data;
  g_autoptr (Recording) r = recording_new (TRUE, NULL, time, "");
  g_autofree gchar *reason = listen_for (r, "interrupted ");

  g_assert_nonnull (reason);
  g_assert_nonnull (strstr (reason, "check the clock of this device"));
  set_clock (r, "+0");
  finish (r);

  assert_exact (r);
  g_assert_cmpuint (count_lines (r, "interrupted"), ==, 1);
  g_assert_cmpuint (count_lines (r, "resumed"), ==, 1);
}

static void
test_certificate_for_good (void)
{
  g_autoptr (Recording) r = recording_new (TRUE, NULL,
      "@1970-01-01 00:05:00", "retry-timeout=1500000000");

  finish (r);

  g_assert_cmpuint (count_lines (r, "error "), ==, 1);
  g_assert_cmpuint (count_lines (r, "eos"), ==, 0);
  g_assert_nonnull (strstr (r->said->str, "check the clock of this device"));
}

/* ---- the programme ---- */

static const gchar *
find_libfaketime (void)
{
  static const gchar *const paths[] = {
    "/usr/lib/" MULTIARCH "/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (paths); i++)
    if (g_file_test (paths[i], G_FILE_TEST_EXISTS))
      return paths[i];

  return NULL;
}

static void
add_tests (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (wrong_clocks); i++) {
    g_autofree gchar *path = g_strdup_printf ("/icesink/clocks/wrong/%s",
        wrong_clocks[i].name);

    g_test_add_data_func (path, &wrong_clocks[i], test_wrong);
  }
  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autofree gchar *path = g_strdup_printf ("/icesink/clocks/step/%s",
        steps[i].name);

    g_test_add_data_func (path, &steps[i], test_step);
  }
  g_test_add_data_func ("/icesink/clocks/certificate/not-yet-valid",
      "@1970-01-01 00:05:00", test_certificate);
  g_test_add_data_func ("/icesink/clocks/certificate/expired",
      "@2038-01-20 03:14:08", test_certificate);
  g_test_add_func ("/icesink/clocks/certificate/for-good",
      test_certificate_for_good);
}

int
main (int argc, char **argv)
{
  if (argc == 5 && g_str_equal (argv[1], "--record"))
    return record (argc, argv);

  g_test_init (&argc, &argv, NULL);
  trial_init (&argc, &argv);
  program = argv[0];
  if (HAS_THREAD_SANITIZER) {
    printf ("1..0 # SKIP libfaketime and ThreadSanitizer wait for each other\n");
    return EXIT_SUCCESS;
  }
  libfaketime = find_libfaketime ();
  if (libfaketime == NULL) {
    printf ("1..0 # SKIP there is no libfaketime (package faketime)\n");
    return EXIT_SUCCESS;
  }
  add_tests ();

  return g_test_run ();
}
