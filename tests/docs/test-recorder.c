/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The recorder of examples/recorder, as people run it, against the emulator
 * and, where there is gst-rtsp-server, an RTSP camera: what it survives, and
 * what it says about it.
 *
 * The environment says where the program (RECORDER), the camera (RTSP_CAMERA,
 * optional), gst-ice-1.0 (GST_ICE_TOOL), the plugin with a v4l2src that needs
 * no camera (the directory FAKE_V4L2) and the plugin are. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "../patience.h"
#include "pages.h"
#include "program.h"
#include "remove-tree.h"

#define MAX_MEMORY (8 * 1024 * 1024)
#define PARALLEL 2
#define PASSWORD "sesame"

#define H264 "videotestsrc is-live=true ! video/x-raw,width=160,height=120," \
  "framerate=25/1 ! x264enc tune=zerolatency speed-preset=ultrafast" \
  " key-int-max=25 bitrate=200 ! rtph264pay name=pay0 pt=96"
#define H265 "videotestsrc is-live=true ! video/x-raw,width=160,height=120," \
  "framerate=25/1 ! x265enc tune=zerolatency speed-preset=ultrafast" \
  " key-int-max=25 bitrate=200 ! rtph265pay name=pay0 pt=96"
#define AAC " audiotestsrc is-live=true ! avenc_aac ! rtpmp4gpay name=pay1"
#define G711 " audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1" \
  " ! alawenc ! rtppcmapay name=pay1"

/**
 * Fixture:
 * @emulator: (owned)
 * @directory: (owned): with the recorder's state and metrics
 * @camera: (owned) (nullable): an RTSP camera
 * @port: of @camera
 * @recorder: (owned) (nullable): the program
 */
typedef struct
{
  IceEmulator *emulator;
  gchar *directory;
  Program *camera;
  gchar *port;
  Program *recorder;
} Fixture;

static Fixture *
fixture_new (void)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;

  /* Packets like those of Ethernet. */
  fixture->emulator = ice_emulator_new_started ("--segment-size=1448");
  fixture->directory = g_dir_make_tmp ("icesink-recorder-XXXXXX", &error);
  g_assert_no_error (error);

  return fixture;
}

static void
fixture_free (Fixture * fixture)
{
  g_clear_pointer (&fixture->recorder, program_free);
  g_clear_pointer (&fixture->camera, program_free);
  g_free (fixture->port);
  ice_emulator_free (fixture->emulator);
  test_remove_tree (fixture->directory);
  g_free (fixture->directory);
  g_free (fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* What it is started with, after what stands there. (transfer full) */
static gchar *
build_line (Fixture * fixture, const gchar * options)
{
  return g_strdup_printf ("%s --state-directory=%s/state"
      " --metrics-file=%s/recorder.prom --ice-endpoint=%s --minutes=0.02"
      " --max-memory=%d --parallel=%d --stop-timeout=10 --min-free=1 %s",
      g_getenv ("RECORDER"), fixture->directory, fixture->directory,
      ice_emulator_get_uri (fixture->emulator), MAX_MEMORY, PARALLEL, options);
}

/* Where the program finds the plugin and the tool is in the environment. */
static void
start (Fixture * fixture, const gchar * options)
{
  g_autofree gchar *line = build_line (fixture, options);

  fixture->recorder = program_new (line, PROGRAM_IDENTITY);
}

static void
start_camera (Fixture * fixture, const gchar * port, const gchar * pipeline)
{
  g_autofree gchar *quoted = g_shell_quote (pipeline);
  g_autofree gchar *line = g_strdup_printf ("%s %s %s",
      g_getenv ("RTSP_CAMERA"), port, quoted);

  fixture->camera = program_new (line, NULL);
  fixture->port = program_read_up_to (fixture->camera, "camera on port ");
}

/* What stands behind ` name=` in @line, up to a blank. (transfer full) */
static gchar *
get_field (const gchar * line, const gchar * name)
{
  g_autofree gchar *start = g_strconcat (" ", name, "=", NULL);
  const gchar *value = strstr (line, start);

  g_assert_nonnull (value);
  value += strlen (start);

  return g_strndup (value, strcspn (value, " "));
}

/* The next line with @event in it. (transfer full) */
static gchar *
await (Fixture * fixture, const gchar * event)
{
  Program *program = fixture->recorder;
  g_autofree gchar *wanted = g_strconcat (" ", event, NULL);

  for (;;) {
    g_autofree gchar *line = g_data_input_stream_read_line (program->lines,
        NULL, NULL, NULL);

    if (line == NULL)
      g_error ("no event %s in:\n%s", event, program->output->str);
    g_string_append_printf (program->output, "%s\n", line);
    if (strstr (line, wanted) != NULL)
      return g_steal_pointer (&line);
  }
}

static void
skip (Fixture * fixture, const gchar * event, guint n)
{
  while (n-- > 0)
    g_free (await (fixture, event));
}

/* The media id of the next @event. (transfer full) */
static gchar *
await_media (Fixture * fixture, const gchar * event)
{
  g_autofree gchar *line = await (fixture, event);

  return get_field (line, "media-id");
}

/* Ends it as systemd does. */
static void
stop (Fixture * fixture)
{
  program_send_signal (fixture->recorder, SIGTERM);
  program_wait (fixture->recorder, 0);
  g_clear_pointer (&fixture->recorder, program_free);
}

/* As a power cut does, for the program. */
static void
kill_recorder (Fixture * fixture)
{
  program_send_signal (fixture->recorder, SIGKILL);
  g_subprocess_wait (fixture->recorder->process, NULL, NULL);
  g_clear_pointer (&fixture->recorder, program_free);
}

static gchar *
read_metrics (Fixture * fixture)
{
  g_autofree gchar *path =
      g_build_filename (fixture->directory, "recorder.prom", NULL);
  gchar *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_strdup ("");

  return text;
}

/* -1: it is not there. @name: with its labels, if it has some */
static gdouble
get_metric (Fixture * fixture, const gchar * name)
{
  g_autofree gchar *text = read_metrics (fixture);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree gchar *prefix =
      g_strconcat ("icesink_recorder_", name, " ", NULL);
  guint i;

  for (i = 0; lines[i] != NULL; i++) {
    if (g_str_has_prefix (lines[i], prefix))
      return g_ascii_strtod (lines[i] + strlen (prefix), NULL);
  }

  return -1;
}

/* Until the metric is at least @wanted. */
static void
await_metric (Fixture * fixture, const gchar * name, gdouble wanted)
{
  gint64 end_us = g_get_monotonic_time () +
      test_patience (60 * (gint64) G_USEC_PER_SEC);

  while (get_metric (fixture, name) < wanted) {
    if (g_get_monotonic_time () > end_us)
      g_error ("%s stays %g", name, get_metric (fixture, name));
    g_usleep (G_USEC_PER_SEC / 10);
  }
}

static void
assert_playable (Fixture * fixture, const gchar * media_id,
    const gchar * codec)
{
  g_autofree gchar *found =
      program_discover_object (fixture->emulator, media_id);

  if (strstr (found, codec) == NULL)
    g_error ("no %s in:\n%s", codec, found);
}

/* ---- cameras ---- */

/* Two fragments of what @pipeline sends; each has @codecs in it. */
static void
check_camera (const gchar * pipeline, const gchar * options,
    const gchar * const *codecs, const gchar * absent)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree gchar *line = NULL;
  g_autofree gchar *media_id = NULL;
  guint i;

  start_camera (fixture, "0", pipeline);
  line = g_strdup_printf ("--location=rtsp://viewer:" PASSWORD
      "@127.0.0.1:%s/camera %s", fixture->port, options);
  start (fixture, line);
  skip (fixture, "fragment-complete", 1);
  media_id = await_media (fixture, "fragment-complete");
  for (i = 0; codecs[i] != NULL; i++)
    assert_playable (fixture, media_id, codecs[i]);
  if (absent != NULL) {
    g_autofree gchar *found =
        program_discover_object (fixture->emulator, media_id);

    g_assert_null (strstr (found, absent));
  }
  g_assert_null (strstr (fixture->recorder->output->str, PASSWORD));
  stop (fixture);
}

static gboolean
has_camera (const gchar * element)
{
  const gchar *argv[] = { "gst-inspect-1.0", "--exists", element, NULL };
  gint status = 1;

  if (g_getenv ("RTSP_CAMERA") == NULL) {
    g_test_skip ("gst-rtsp-server was not there when this was built");
    return FALSE;
  }
  if (g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH
          | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, NULL)
      && status == 0)
    return TRUE;
  g_test_skip (element);

  return FALSE;
}

static void
test_h264 (void)
{
  static const gchar *const codecs[] = { "H.264", "AAC", NULL };

  if (has_camera ("x264enc"))
    check_camera (H264 AAC, "", codecs, NULL);
}

static void
test_h265 (void)
{
  static const gchar *const codecs[] = { "H.265", "AAC", NULL };

  if (has_camera ("x265enc"))
    check_camera (H265 G711, "", codecs, NULL);
}

static void
test_no_sound (void)
{
  static const gchar *const codecs[] = { "H.264", NULL };

  if (has_camera ("x264enc"))
    check_camera (H264 AAC, "--no-sound --format=ts", codecs, "audio");
}

/* It goes, and comes back under the same address. */
static void
test_camera_gone (void)
{
  g_autoptr (Fixture) fixture = NULL;
  g_autofree gchar *line = NULL;
  g_autofree gchar *port = NULL;

  if (!has_camera ("x264enc"))
    return;

  fixture = fixture_new ();
  start_camera (fixture, "0", H264);
  line = g_strdup_printf ("--location=rtsp://viewer:" PASSWORD
      "@127.0.0.1:%s/camera", fixture->port);
  start (fixture, line);
  skip (fixture, "fragment-complete", 1);
  g_clear_pointer (&fixture->camera, program_free);
  skip (fixture, "camera-gone", 1);
  /* What was recorded before is not lost. */
  skip (fixture, "fragment-complete", 1);

  port = g_steal_pointer (&fixture->port);
  start_camera (fixture, port, H264);
  skip (fixture, "fragment-started", 1);
  skip (fixture, "fragment-complete", 1);
  g_assert_cmpfloat (get_metric (fixture, "camera_losses_total"), >=, 1);
  stop (fixture);
}

/* At the USB port: it is there, is pulled out, and comes back. */
static void
test_v4l2 (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree gchar *device =
      g_build_filename (fixture->directory, "video0", NULL);
  g_autofree gchar *options = g_strdup_printf ("--v4l2=%s", device);
  g_autofree gchar *line = build_line (fixture, options);
  g_autofree gchar *environment = g_strdup_printf (PROGRAM_IDENTITY
      " GST_PLUGIN_PATH=%s:%s GST_REGISTRY=%s/registry.bin",
      g_getenv ("FAKE_V4L2"), g_getenv ("GST_PLUGIN_PATH"),
      fixture->directory);
  g_autofree gchar *media_id = NULL;

  g_assert_true (g_file_set_contents (device, "", -1, NULL));
  fixture->recorder = program_new (line, environment);
  media_id = await_media (fixture, "fragment-complete");
  assert_playable (fixture, media_id, "H.264");
  g_assert_cmpint (g_remove (device), ==, 0);
  skip (fixture, "camera-gone", 1);
  skip (fixture, "fragment-complete", 1);
  g_assert_true (g_file_set_contents (device, "", -1, NULL));
  skip (fixture, "fragment-started", 1);
  skip (fixture, "fragment-complete", 1);
  stop (fixture);
}

/* ---- the network and the service ---- */

/* Two hours of fragments of ten minutes. */
#define MANY 12
/* What is kept of a fragment that waits is less than its bytes: less than this
 * for all of them, each of which has 300 KiB. */
#define MORE_KIB 3072

/* KiB of memory that the program has. Under a sanitizer this says nothing. */
static guint64
get_resident (Fixture * fixture)
{
  g_autofree gchar *path = g_strdup_printf ("/proc/%s/status",
      g_subprocess_get_identifier (fixture->recorder->process));
  g_autofree gchar *text = NULL;

  if (g_getenv ("ASAN_OPTIONS") != NULL)
    return 1;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));

  return g_ascii_strtoull (strstr (text, "VmRSS:") + strlen ("VmRSS:"), NULL,
      10);
}

/* However many wait, memory does not grow with them. */
static void
test_outage (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  guint64 early, late;

  start (fixture, "--test --bitrate=2000 --stock=28");
  skip (fixture, "fragment-complete", 1);
  await_metric (fixture, "media_ids", MANY + 8);
  g_assert_true (ice_emulator_set_reachable (fixture->emulator, FALSE, NULL));
  await_metric (fixture, "fragments_waiting", PARALLEL + 3);
  await_metric (fixture, "upload_lag_seconds", 3);
  early = get_resident (fixture);
  await_metric (fixture, "fragments_waiting", PARALLEL + MANY);
  late = get_resident (fixture);
  g_test_message ("%" G_GUINT64_FORMAT " KiB, and %" G_GUINT64_FORMAT
      " KiB with %d more fragments", early, late, MANY - 3);
  g_assert_cmpuint (late, <, early + MORE_KIB);
  g_assert_cmpfloat (get_metric (fixture, "memory_bytes"), <=,
      (PARALLEL + 1) * (gdouble) MAX_MEMORY);
  g_assert_cmpfloat (get_metric (fixture, "state{state=\"recording\"}"), ==,
      1);
  g_assert_cmpfloat (get_metric (fixture,
          "retries_total{cause=\"network\"}"), >, 0);

  g_assert_true (ice_emulator_set_reachable (fixture->emulator, TRUE, NULL));
  skip (fixture, "fragment-complete", PARALLEL + MANY);
  stop (fixture);
  g_assert_cmpfloat (get_metric (fixture, "fragments_started_total"), ==,
      get_metric (fixture, "fragments_complete_total"));
  g_assert_cmpfloat (get_metric (fixture, "written_bytes_total"), ==,
      get_metric (fixture, "uploaded_bytes_total"));
}

static void
delete_media (Fixture * fixture, const gchar * media_id)
{
  g_autofree gchar *line = g_strdup_printf ("%s delete %s --ice-endpoint=%s",
      g_getenv ("GST_ICE_TOOL"), media_id,
      ice_emulator_get_uri (fixture->emulator));
  g_autoptr (Program) program = program_new (line, PROGRAM_IDENTITY);

  program_wait (program, 0);
}

static void
write_stock (Fixture * fixture, const gchar * text)
{
  g_autofree gchar *state =
      g_build_filename (fixture->directory, "state", NULL);
  g_autofree gchar *path = g_build_filename (state, "media-ids", NULL);

  g_mkdir (state, 0700);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* How often @what is in the log so far. */
static guint
count (Fixture * fixture, const gchar * what)
{
  const gchar *at = fixture->recorder->output->str;
  guint n = 0;

  while ((at = strstr (at, what)) != NULL) {
    at += strlen (what);
    n++;
  }

  return n;
}

/* One of the media assets is not there any more. The others go on, and that is
 * no reason to connect to the camera anew; on a busy machine it may have been
 * silent for so long that there was one. */
static void
test_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree gchar *refused = NULL;
  g_autofree gchar *complete = NULL;

  delete_media (fixture, "gone");
  write_stock (fixture, "first\ngone\nthird\nfourth\nfifth\nsixth\n");
  start (fixture, "--test --stock=6");
  refused = await_media (fixture, "fragment-failed");
  g_assert_cmpstr (refused, ==, "gone");
  complete = await_media (fixture, "fragment-complete media-id=third");
  assert_playable (fixture, complete, "H.264");
  skip (fixture, "fragment-complete media-id=fourth", 1);
  g_assert_cmpfloat (get_metric (fixture, "fragments_failed_total"), >=, 1);
  g_assert_cmpuint (count (fixture, " camera-gone "), ==,
      count (fixture, "it sends nothing"));
  stop (fixture);
  /* It does not count as complete, and all others do. */
  g_assert_cmpfloat (get_metric (fixture, "fragments_started_total"), ==,
      get_metric (fixture, "fragments_complete_total") + 1);
}

/* ---- the end of the program ---- */

/* The network is away, and then the power. */
static void
test_killed (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  guint left;

  start (fixture, "--test");
  skip (fixture, "fragment-complete", 1);
  g_assert_true (ice_emulator_set_reachable (fixture->emulator, FALSE, NULL));
  skip (fixture, "fragment-over", 3);
  await_metric (fixture, "fragments_waiting", 3);
  kill_recorder (fixture);

  g_assert_true (ice_emulator_set_reachable (fixture->emulator, TRUE, NULL));
  start (fixture, "--test");
  left = 3;
  skip (fixture, "fragment-complete", left + 1);
  program_assert_printed (fixture->recorder, "state=left");
  stop (fixture);
}

/* What a disk may make of a file that was being written: the last line is cut,
 * or what was allocated and never written reads as zeroes. */
static void
tear (const gchar * path)
{
  gboolean is_journal = g_str_has_suffix (path, "journal");
  g_autofree gchar *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  if (is_journal) {
    g_assert_cmpuint (size, >, 20);
    g_assert_cmpint (truncate (path, size - 7), ==, 0);
  } else {
    g_assert_cmpint (truncate (path, size + 8192), ==, 0);
  }
}

/* Returns: how many journals there were. */
static guint
tear_all (const gchar * directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const gchar *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (directory, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
      n += tear_all (path);
    } else if (g_str_equal (name, "journal") || g_str_equal (name, "data")) {
      tear (path);
      n += g_str_equal (name, "journal");
    }
  }

  return n;
}

/* The power goes while a fragment is recorded and another one waits, and with it
 * what had not been forced to the disk. */
static void
test_power_cut (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree gchar *spool =
      g_build_filename (fixture->directory, "state", "spool", NULL);
  g_autofree gchar *over = NULL, *open = NULL;
  guint torn;

  start (fixture, "--test --bitrate=2000 --minutes=0.05");
  skip (fixture, "fragment-complete", 1);
  g_assert_true (ice_emulator_set_reachable (fixture->emulator, FALSE, NULL));
  over = await_media (fixture, "fragment-over");
  open = await_media (fixture, "fragment-started");
  g_usleep (G_USEC_PER_SEC);
  kill_recorder (fixture);
  torn = tear_all (spool);
  g_test_message ("%u torn, %s was over, %s was not", torn, over, open);

  g_assert_true (ice_emulator_set_reachable (fixture->emulator, TRUE, NULL));
  start (fixture, "--test");
  skip (fixture, "fragment-complete", torn + 1);
  g_assert_cmpfloat (get_metric (fixture, "fragments_failed_total"), ==, 0);
  stop (fixture);
  assert_playable (fixture, over, "H.264");
}

/* It does not wait for the network for ever, and loses nothing. */
static void
test_stopped_in_outage (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree gchar *media_id = NULL;

  start (fixture, "--test --stop-timeout=1");
  skip (fixture, "fragment-started", 1);
  g_assert_true (ice_emulator_set_reachable (fixture->emulator, FALSE, NULL));
  skip (fixture, "fragment-over", 1);
  stop (fixture);

  g_assert_true (ice_emulator_set_reachable (fixture->emulator, TRUE, NULL));
  start (fixture, "--test");
  media_id = await_media (fixture, "left");
  skip (fixture, "fragment-complete", 2);
  assert_playable (fixture, media_id, "H.264");
  stop (fixture);
}

/* ---- disk and ids ---- */

static void
test_disk_full (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();

  start (fixture, "--test --bitrate=2000 --max-spool=2000000");
  skip (fixture, "fragment-started", 1);
  g_assert_true (ice_emulator_set_reachable (fixture->emulator, FALSE, NULL));
  skip (fixture, "disk-full", 1);
  await_metric (fixture, "state{state=\"disk_full\"}", 1);
  g_assert_true (ice_emulator_set_reachable (fixture->emulator, TRUE, NULL));
  skip (fixture, "disk-has-room", 1);
  skip (fixture, "fragment-started", 1);
  skip (fixture, "fragment-complete", 1);
  stop (fixture);
}

/* Less than what is recorded, however many uploads there are. */
static void
test_limit (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  const guint64 limit = 600000;
  guint64 before, sent;

  start (fixture, "--test --bitrate=2000 --max-upload-bitrate=600000");
  skip (fixture, "fragment-started", 3);
  before = ice_emulator_get_body_bytes (fixture->emulator);
  g_usleep (4 * G_USEC_PER_SEC);
  sent = ice_emulator_get_body_bytes (fixture->emulator) - before;
  g_test_message ("%.2f of the limit", sent / (4.0 * limit / 8));
  g_assert_cmpuint (sent, <, 4 * limit / 8 * 5 / 4);
  stop (fixture);
}

/* A file system of 6 MB that is full, and no limit but that. */
static void
test_no_space (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree gchar *line = build_line (fixture, "--test --bitrate=4000");
  g_autofree gchar *script = g_strdup_printf ("mkdir %s/state && mount -t"
      " tmpfs -o size=6m none %s/state && exec %s", fixture->directory,
      fixture->directory, line);
  g_autofree gchar *quoted = g_shell_quote (script);
  g_autofree gchar *alone =
      g_strdup_printf ("unshare --mount sh -c %s", quoted);

  if (system ("unshare --mount mount -t tmpfs none /mnt 2>/dev/null") != 0) {
    g_test_skip ("no file system can be mounted here");
    return;
  }
  fixture->recorder = program_new (alone, PROGRAM_IDENTITY);
  skip (fixture, "fragment-started", 1);
  g_assert_true (ice_emulator_set_reachable (fixture->emulator, FALSE, NULL));
  skip (fixture, "disk-full", 1);
  await_metric (fixture, "state{state=\"disk_full\"}", 1);
  g_assert_true (ice_emulator_set_reachable (fixture->emulator, TRUE, NULL));
  skip (fixture, "disk-has-room", 1);
  skip (fixture, "fragment-started", 1);
  skip (fixture, "fragment-complete", 1);
  stop (fixture);
  g_assert_cmpfloat (get_metric (fixture, "fragments_failed_total"), ==, 0);
}

/* Without an id for the next fragment this one goes on. Ids come from a server
 * of the user's own here. */
static void
test_no_ids (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree gchar *options = g_strdup_printf ("--test --stock=4"
      " --id-command='cat %s/ids'", fixture->directory);
  g_autofree gchar *path = g_build_filename (fixture->directory, "ids", NULL);

  write_stock (fixture, "own-1\n");
  start (fixture, options);
  skip (fixture, "fragment-started media-id=own-1", 1);
  skip (fixture, "split-delayed", 1);
  g_assert_true (g_file_set_contents (path, "own-2\nown-3\nown-4\n", -1,
          NULL));
  skip (fixture, "fragment-started media-id=own-2", 1);
  skip (fixture, "fragment-complete media-id=own-1", 1);
  g_assert_cmpfloat (get_metric (fixture, "media_id_failures_total"), >=, 1);
  stop (fixture);
}

/* A server that gives out the same id again: a second fragment would overwrite
 * the first, also after a restart. */
static void
test_id_twice (void)
{
  static const gchar *const started[] = { "same", "other" };
  g_autoptr (Fixture) fixture = fixture_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (started); i++) {
    g_autofree gchar *media_id = NULL;

    start (fixture, "--test --stock=2 --id-command='echo same; echo other'");
    media_id = await_media (fixture, "fragment-started");
    g_assert_cmpstr (media_id, ==, started[i]);
    skip (fixture, "media-ids-failed", 1);
    stop (fixture);
  }
}

/* ---- docs/recorder.md ---- */

/* Each row, by the test that tries it. */
static const struct
{
  const gchar *row;
  const gchar *test;
} survives[] = {
  {"the camera goes away", "/recorder/camera/goes-and-comes"},
  {"the network is away", "/recorder/survives/an-outage"},
  {"a fragment is refused", "/recorder/survives/a-refused-fragment"},
  {"it is killed", "/recorder/survives/a-kill"},
  {"it is stopped in an outage", "/recorder/survives/a-stop-in-an-outage"},
  {"the disk is full", "/recorder/survives/a-full-disk"},
  {"there are no media ids", "/recorder/survives/want-of-media-ids"},
};

static void
test_table (void)
{
  g_autoptr (Pages) pages = pages_new ();
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "recorder-survives");
  guint i;

  g_assert_cmpuint (rows->len, ==, G_N_ELEMENTS (survives));
  for (i = 0; i < rows->len; i++)
    g_assert_true (g_str_has_prefix (((gchar **) g_ptr_array_index (rows,
                    i))[0], survives[i].row));
}

static gchar *
read_source (const gchar * name)
{
  g_autofree gchar *path =
      g_build_filename (g_getenv ("SOURCE_ROOT"), name, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

/* The table has the metrics that there are, and no others. */
static void
check_metrics_table (GHashTable * types)
{
  g_autoptr (Pages) pages = pages_new ();
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "recorder-metrics");
  guint i;

  g_assert_cmpuint (rows->len, ==, g_hash_table_size (types));
  for (i = 0; i < rows->len; i++) {
    g_autofree gchar *name = page_row_get_name (g_ptr_array_index (rows, i));
    g_autofree gchar *whole = g_strconcat ("icesink_recorder_", name, NULL);

    if (!g_hash_table_contains (types, whole))
      g_error ("there is no %s", whole);
  }
}

/* The alerts are the page's, and about metrics that there are. */
static void
check_alerts (GHashTable * types)
{
  g_autofree gchar *alerts = read_source ("examples/recorder/alerts.yml");
  g_autofree gchar *page = read_source ("docs/recorder.md");
  g_autoptr (GRegex) metric = g_regex_new ("icesink_recorder_[a-z_]+", 0, 0,
      NULL);
  g_autoptr (GMatchInfo) match = NULL;
  guint n = 0;

  g_assert_nonnull (strstr (page, strstr (alerts, "groups:")));
  for (g_regex_match (metric, alerts, 0, &match);
      g_match_info_matches (match); g_match_info_next (match, NULL)) {
    g_autofree gchar *name = g_match_info_fetch (match, 0);

    if (!g_hash_table_contains (types, name))
      g_error ("there is no %s", name);
    n++;
  }
  g_assert_cmpuint (n, >=, 5);
}

/* ---- what it says ---- */

/* Prometheus's rules: https://prometheus.io/docs/practices/naming/ and the
 * text format. */
static void
check_metric_line (GHashTable * types, const gchar * line)
{
  g_autoptr (GRegex) regex = g_regex_new ("^([a-z_]+?)(_bucket|_sum|_count)?"
      "(\\{[a-z_]+=\"[^\"]+\"(,[a-z_]+=\"[^\"]+\")*\\})?"
      " [-+]?[0-9.e+-]+$", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree gchar *name = NULL;
  const gchar *type;

  if (!g_regex_match (regex, line, 0, &match))
    g_error ("not a sample: %s", line);
  name = g_match_info_fetch (match, 1);
  type = g_hash_table_lookup (types, name);
  if (type == NULL)
    g_error ("no TYPE before: %s", line);
  g_assert_cmpint (g_str_has_suffix (name, "_total"), ==,
      g_str_equal (type, "counter"));
}

static void
test_metrics (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GHashTable) types =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint i;

  start (fixture, "--test");
  skip (fixture, "fragment-complete", 1);
  await_metric (fixture, "fragments_complete_total", 1);
  g_assert_cmpfloat (get_metric (fixture, "last_success_timestamp_seconds"),
      >, 1e9);
  g_assert_cmpfloat (get_metric (fixture, "credential_expiry_timestamp_seconds"
          ), >, 1e9);
  g_assert_cmpfloat (get_metric (fixture, "request_duration_seconds_count"
          "{operation=\"UploadPart\"}"), >, 0);
  text = read_metrics (fixture);
  stop (fixture);

  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (i = 0; lines[i] != NULL; i++) {
    if (g_str_has_prefix (lines[i], "# TYPE ")) {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", 4);

      if (!g_hash_table_insert (types, g_strdup (words[2]),
              g_strdup (words[3])))
        g_error ("twice: %s", lines[i]);
    } else if (!g_str_has_prefix (lines[i], "# HELP ")) {
      check_metric_line (types, lines[i]);
    }
  }
  check_metrics_table (types);
  check_alerts (types);
}

static void
test_json (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_auto (GStrv) lines = NULL;
  guint i;

  start (fixture, "--test --log=json");
  await_metric (fixture, "fragments_complete_total", 1);
  program_send_signal (fixture->recorder, SIGTERM);
  program_wait (fixture->recorder, 0);
  lines = g_strsplit (g_strchomp (fixture->recorder->output->str), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), >, 4);
  for (i = 0; lines[i] != NULL; i++) {
    g_autoptr (JsonNode) node = json_from_string (lines[i], NULL);

    if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
      g_error ("not a JSON object: %s", lines[i]);
    g_assert_true (json_object_has_member (json_node_get_object (node),
            "event"));
  }
}

static void
test_usage (void)
{
  static const gchar *const wrong[] = { "", "--test --location=rtsp://a/b",
    "--test --format=exe", "--test --minutes=0", "--test --log=xml",
    "--test --stock=1", "--test --max-upload-bitrate=-1", "--nothing"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (Fixture) fixture = fixture_new ();

    start (fixture, wrong[i]);
    program_wait (fixture->recorder, 2);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/recorder/camera/h264-and-aac", test_h264);
  g_test_add_func ("/recorder/camera/h265-and-g711", test_h265);
  g_test_add_func ("/recorder/camera/without-sound", test_no_sound);
  g_test_add_func ("/recorder/camera/goes-and-comes", test_camera_gone);
  g_test_add_func ("/recorder/camera/at-the-usb-port", test_v4l2);
  g_test_add_func ("/recorder/survives/an-outage", test_outage);
  g_test_add_func ("/recorder/survives/a-refused-fragment", test_refused);
  g_test_add_func ("/recorder/survives/a-kill", test_killed);
  g_test_add_func ("/recorder/survives/a-power-cut", test_power_cut);
  g_test_add_func ("/recorder/survives/a-stop-in-an-outage",
      test_stopped_in_outage);
  g_test_add_func ("/recorder/survives/a-full-disk", test_disk_full);
  g_test_add_func ("/recorder/survives/a-full-file-system", test_no_space);
  g_test_add_func ("/recorder/survives/a-line-that-is-shared", test_limit);
  g_test_add_func ("/recorder/survives/want-of-media-ids", test_no_ids);
  g_test_add_func ("/recorder/survives/ids-that-come-twice", test_id_twice);
  g_test_add_func ("/recorder/is/watched", test_metrics);
  g_test_add_func ("/recorder/is/logging-json", test_json);
  g_test_add_func ("/recorder/is/described", test_table);
  g_test_add_func ("/recorder/is/strict", test_usage);

  return g_test_run ();
}
