/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the pages say one may see when something is wrong is what one sees:
 * each row of the tables of troubles, of signs, and of what happens in silence
 * is brought about with gst-launch-1.0 and the emulator. For the few that would
 * take an hour, an expired certificate or an application, the text is looked up
 * in the sources.
 *
 * Runs on: one thread; the emulator has its own. The environment says where
 * the sources (SOURCE_ROOT), the build (BUILD_ROOT) and the plugin are. */

#define _GNU_SOURCE

#include <signal.h>
#include <string.h>
#include <gio/gio.h>
#include <gst/gst.h>

#include "emulator/emulator.h"
#include "pages.h"

#define KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define KEY_SECRET "EmulatorDemoSecret0123456789ab"

/* Some parts' worth. */
#define SOURCE "fakesrc num-buffers=50 sizetype=fixed sizemax=20000 "
/* Ten seconds of music that goes back to its head. */
#define REWRITER "audiotestsrc num-buffers=430 ! wavenc "

/**
 * Trouble:
 * @seen: what the row begins with
 * @options: (nullable): of the emulator
 * @sink: (nullable): settings of the sink
 * @source: (nullable): in place of #SOURCE
 * @variable: (nullable): NAME=VALUE of the environment; without value, unset
 * @file: (nullable): where the text is, in place of all that
 */
typedef struct
{
  const gchar *seen;
  const gchar *options;
  const gchar *sink;
  const gchar *source;
  const gchar *variable;
  const gchar *file;
} Trouble;

/* *INDENT-OFF* */
static const Trouble troubles[] = {
  {.seen = "no element \"icesink\"", .variable = "GST_PLUGIN_PATH"},
  {.seen = "No media-id is set", .sink = "media-id=NULL"},
  {.seen = "media-id is not 1 to 128 of", .sink = "media-id=a/b"},
  {.seen = "no identity found", .variable = "ALIBABA_CLOUD_ACCESS_KEY_ID"},
  {.seen = "SignatureDoesNotMatch",
      .variable = "ALIBABA_CLOUD_ACCESS_KEY_SECRET=another"},
  {.seen = "InvalidAccessKeyId.NotFound",
      .variable = "ALIBABA_CLOUD_ACCESS_KEY_ID=another"},
  {.seen = "InvalidSecurityToken.Expired",
      .options = "--fault=refresh:error:status=400"
      ":code=InvalidSecurityToken.Expired:count=0"},
  {.seen = "Forbidden.RAM", .options = "--fault=refresh:forbidden:count=0"},
  {.seen = "ResourceNotFound", .options = "--media-id=another"},
  {.seen = "belong together: set both", .sink = "access-key-id=a"},
  {.seen = "plain http is only for loopback",
      .sink = "ice-endpoint=http://example.com"},
  {.seen = "do not fit max-memory", .sink = "part-size=100000000"},
  {.seen = "Error resolving",
      .sink = "ice-endpoint=https://host.invalid",
      .variable = "RES_OPTIONS=timeout:1 attempts:1"},
  {.seen = "Could not connect to", .sink = "ice-endpoint=https://127.0.0.1:9"},
  {.seen = "no byte moved for", .sink = "stall-timeout=100000000",
      .options = "--fault=part:stall-mid-body:count=0"},
  {.seen = "TLS support is not available",
      .sink = "ice-endpoint=https://PORT", .variable = "GIO_USE_TLS=dummy"},
  {.seen = "the certificate is signed by an unknown authority",
      .options = "--tls"},
  {.seen = "the certificate is not valid today", .file = "http/exchange.c"},
  {.seen = "RequestTimeTooSkewed", .options = "--fault=initiate:skew:count=0"},
  {.seen = "Throttling",
      .options = "--fault=refresh:error:status=429:code=Throttling.User"
      ":count=0"},
  {.seen = "Memory is full", .sink = "max-memory=524288 overflow=error",
      .options = "--fault=any:delay:seconds=5:count=0"},
  {.seen = "was made for another kind of file", .source = REWRITER},
  {.seen = "in spite of seekable=no", .sink = "seekable=no",
      .source = REWRITER},
  {.seen = "that are no longer held", .sink = "head-size=0 max-memory=524288",
      .source = REWRITER},
  {.seen = "is being written by another icesink",
      .source = SOURCE "! tee name=both both. ! queue"
      " ! icesink media-id=0123 ice-endpoint=http://PORT both. ! queue"},
  {.seen = "has reached its largest size", .file = "recording/part-list.c"},
  {.seen = "The spool has reached its largest size",
      .file = "recording/spool-data.c"},
  {.seen = "it is in use by another process or element",
      .file = "recording/spool-files.c"},
  {.seen = "it is damaged", .file = "recording/spool.c"},
  {.seen = "appended, so this one was not taken",
      .file = "icesink/run.c"},
  {.seen = "and another one would overwrite it",
      .file = "icesink/legacy.c"},
  {.seen = "OSS keeps getting other bytes than were sent",
      .options = "--fault=part:wrong-crc:count=0",
      .sink = "retry-timeout=60000000000"},
  {.seen = "The upload has gone from OSS",
      .options = "--fault=part:not-found:skip=2:count=0"},
  {.seen = "whether the object is complete can't be learnt",
      .options = "--fault=complete:close-after-processing"
      " --fault=head:forbidden:count=0"},
  {.seen = "The application promised an upload credential",
      .file = "upload/lease-keeper.c"},
  {.seen = "could not be completed within stop-timeout",
      .file = "icesink/run.c"},
};
/* *INDENT-ON* */

static Pages *pages;

/* PORT is the emulator's host and port, and media-id=NULL leaves the media id
 * out. */
static gchar *
build_command (const Trouble * trouble, IceEmulator * emulator)
{
  const gchar *uri = ice_emulator_get_uri (emulator);
  const gchar *sink = trouble->sink != NULL ? trouble->sink : "";
  g_autoptr (GString) command = g_string_new (NULL);

  g_string_printf (command, "exec gst-launch-1.0 %s ! icesink ice-endpoint=%s"
      " part-size=102400 retry-timeout=300000000 stop-timeout=300000000 %s %s"
      " 2>&1", trouble->source != NULL ? trouble->source : SOURCE, uri,
      g_str_equal (sink, "media-id=NULL") ? "" : "media-id=0123",
      g_str_equal (sink, "media-id=NULL") ? "" : sink);
  g_string_replace (command, "PORT", uri + strlen ("http://"), 0);

  return g_strdup (command->str);
}

static gchar **
build_environment (const gchar * variable)
{
  gchar **environment = g_get_environ ();
  g_auto (GStrv) pair = g_strsplit (variable != NULL ? variable : "", "=", 2);

  environment = g_environ_setenv (environment, "LC_ALL", "C.UTF-8", TRUE);
  environment = g_environ_setenv (environment, "ALIBABA_CLOUD_ACCESS_KEY_ID",
      KEY_ID, TRUE);
  environment = g_environ_setenv (environment,
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET, TRUE);
  environment = g_environ_setenv (environment,
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true", TRUE);
  environment = g_environ_setenv (environment, "HOME", "/nonexistent", TRUE);
  environment =
      g_environ_unsetenv (environment, "ALIBABA_CLOUD_SECURITY_TOKEN");
  if (pair[0] != NULL && pair[1] != NULL)
    environment = g_environ_setenv (environment, pair[0], pair[1], TRUE);
  else if (pair[0] != NULL)
    environment = g_environ_unsetenv (environment, pair[0]);

  return environment;
}

/* Returns: what gst-launch-1.0 says about it. */
static gchar *
bring_about (const Trouble * trouble)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started (trouble->options);
  g_autofree gchar *command = build_command (trouble, emulator);
  g_auto (GStrv) environment = build_environment (trouble->variable);
  const gchar *const argv[] = { "sh", "-c", command, NULL };
  g_autoptr (GError) error = NULL;
  gchar *output = NULL;
  gint status;

  g_spawn_sync (NULL, (gchar **) argv, environment, G_SPAWN_SEARCH_PATH, NULL,
      NULL, &output, NULL, &status, &error);
  g_assert_no_error (error);
  if (status == 0 && strstr (output, "WARNING: from element") == NULL)
    g_error ("neither an error nor a warning in:\n%s", output);

  return output;
}

/* The file with adjacent string literals made one. */
static gchar *
read_source (const gchar * name)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("SOURCE_ROOT"), "gst",
      name, NULL);
  g_autoptr (GRegex) gap = g_regex_new ("\"\\s*\"", 0, 0, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return g_regex_replace_literal (gap, text, -1, 0, "", 0, NULL);
}

static void
test_trouble (gconstpointer data)
{
  const Trouble *trouble = data;
  g_autofree gchar *text = trouble->file != NULL ?
      read_source (trouble->file) : bring_about (trouble);

  if (strstr (text, trouble->seen) == NULL)
    g_error ("no “%s” in:\n%s", trouble->seen, text);
}

/* Each row is tried, and what is tried has a row. */
static void
test_table (void)
{
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "troubles");
  const gchar *names[G_N_ELEMENTS (troubles) + 1] = { NULL };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (troubles); i++)
    names[i] = troubles[i].seen;
  page_rows_assert (rows, "troubles", names);
}

/* The page in Chinese has some of them. */
static void
test_chinese (void)
{
  g_autoptr (GPtrArray) all = pages_get_rows (pages, "troubles");
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "troubles-zh");
  guint i;

  for (i = 0; i < rows->len; i++) {
    g_autofree gchar *name = page_row_get_name (g_ptr_array_index (rows, i));

    if (page_rows_find (all, name) == NULL)
      g_error ("a row that is not tried: %s", name);
  }
}

/* ---- without an error ---- */

#define LIVE "videotestsrc is-live=true pattern=snow" \
    " ! video/x-raw,format=I420,width=320,height=240,framerate=30/1" \
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30" \
    " ! h264parse ! "

/* A recording that runs. */
typedef struct
{
  IceEmulator *emulator;        /* (owned) */
  GSubprocess *process;         /* (owned) */
  GDataInputStream *lines;      /* (owned) */
  GString *output;              /* (owned) */
} Recording;

/* @options: of the emulator. @launch: of gst-launch-1.0. @muxer: and what is
 * behind it, but for the sink. @sink: settings of that. */
static Recording *
recording_new (const gchar * options, const gchar * launch,
    const gchar * muxer, const gchar * sink)
{
  Recording *recording = g_new0 (Recording, 1);
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_auto (GStrv) environment = build_environment (NULL);
  g_autofree gchar *command = NULL, *settings = NULL;
  g_autoptr (GError) error = NULL;

  settings = g_strconcat (options != NULL ? options : "--quiet",
      g_str_equal (muxer, "mpegtsmux") ?
      " --key-template=sv/MEDIAID/MEDIAID.ts" : "", NULL);
  recording->emulator = ice_emulator_new_started (settings);
  recording->output = g_string_new (NULL);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_subprocess_launcher_set_environ (launcher, environment);
  command = g_strdup_printf ("exec gst-launch-1.0 %s %s %s ! icesink"
      " media-id=0123 ice-endpoint=%s part-size=102400 %s", launch, LIVE,
      muxer, ice_emulator_get_uri (recording->emulator), sink);
  recording->process = g_subprocess_launcher_spawn (launcher, &error, "sh",
      "-c", command, NULL);
  g_assert_no_error (error);
  recording->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe
      (recording->process));

  return recording;
}

static void
recording_free (Recording * recording)
{
  g_subprocess_force_exit (recording->process);
  g_subprocess_wait (recording->process, NULL, NULL);
  g_object_unref (recording->lines);
  g_object_unref (recording->process);
  g_string_free (recording->output, TRUE);
  ice_emulator_free (recording->emulator);
  g_free (recording);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recording, recording_free)

/* Reads on up to a line with @text, or to the end. Returns: that line; NULL at
 * the end. (transfer full) */
static gchar *
find_line (Recording * recording, const gchar * text)
{
  for (;;) {
    g_autofree gchar *line =
        g_data_input_stream_read_line (recording->lines, NULL, NULL, NULL);

    if (line == NULL)
      return NULL;
    g_string_append_printf (recording->output, "%s\n", line);
    if (text != NULL && strstr (line, text) != NULL)
      return g_steal_pointer (&line);
  }
}

/* (transfer full) */
static gchar *
read_up_to (Recording * recording, const gchar * text)
{
  gchar *line = find_line (recording, text);

  if (line == NULL)
    g_error ("no “%s” in:\n%s", text, recording->output->str);

  return line;
}

static void
skip_to (Recording * recording, const gchar * text)
{
  g_free (read_up_to (recording, text));
}

/* A number of a message, in a line of gst-launch-1.0 -m. */
static guint64
get_number (const gchar * line, const gchar * field)
{
  g_autofree gchar *begin =
      g_strdup_printf ("%s=(guint64)", field);
  const gchar *found = strstr (line, begin);

  g_assert_nonnull (found);

  return g_ascii_strtoull (found + strlen (begin), NULL, 10);
}

static guint64
read_number (Recording * recording, const gchar * field)
{
  g_autofree gchar *line = read_up_to (recording, "ice-upload-progress");

  return get_number (line, field);
}

/* Until this many parts, or requests of that kind, have succeeded. */
static void
wait_for_parts (Recording * recording, guint n)
{
  while (ice_emulator_count (recording->emulator, ICE_EMULATOR_PART, 200) < n)
    g_usleep (G_USEC_PER_SEC / 50);
}

static void
set_reachable (Recording * recording, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (recording->emulator, reachable, &error);
  g_assert_no_error (error);
}

static void
stop_with (Recording * recording, gint signal)
{
  g_subprocess_send_signal (recording->process, signal);
  g_free (find_line (recording, NULL));
  g_subprocess_wait (recording->process, NULL, NULL);
}

/* What gst-discoverer-1.0 says of the object; NULL if it can't read it. */
static gchar *
discover (Recording * recording)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (recording->emulator, "0123");
  const gchar *const argv[] = { "gst-discoverer-1.0", path, NULL };
  gchar *output = NULL;
  gint status;

  g_assert_nonnull (path);
  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH
      | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output, NULL, &status, NULL);
  if (status == 0 && strstr (output, "video #") != NULL)
    return output;
  g_free (output);

  return NULL;
}

/* ---- signs ---- */

static void
see_all_well (void)
{
  g_autoptr (Recording) recording = recording_new (NULL, "-e -m", "mpegtsmux",
      "max-part-duration=1000000000");
  guint i;

  wait_for_parts (recording, 3);
  for (i = 0; i < 4; i++)
    g_assert_cmpuint (read_number (recording, "upload-lag"), <,
        4 * G_GUINT64_CONSTANT (1000000000));
}

/* Each part takes longer than it took to record. */
static void
see_slow_uplink (void)
{
  g_autoptr (Recording) recording =
      recording_new ("--fault=part:delay:seconds=2:count=0", "-e -m",
      "mpegtsmux", "parallel-parts=1");
  guint64 lag, pending;

  wait_for_parts (recording, 1);
  lag = read_number (recording, "upload-lag");
  pending = read_number (recording, "bytes-pending");
  while (read_number (recording, "upload-lag")
      <= lag + G_GUINT64_CONSTANT (1000000000));
  while (read_number (recording, "bytes-pending") <= pending);
}

static void
see_outage (void)
{
  g_autoptr (Recording) recording = recording_new (NULL, "-e -m", "mpegtsmux",
      "");
  guint64 written;

  wait_for_parts (recording, 1);
  set_reachable (recording, FALSE);
  skip_to (recording, "ice-upload-interrupted");
  written = read_number (recording, "bytes-written");
  while (read_number (recording, "bytes-written") <= written);
  set_reachable (recording, TRUE);
  skip_to (recording, "ice-upload-resumed");
  skip_to (recording, "INFO:");
  g_assert_nonnull (strstr (recording->output->str, "WARNING: from element"));
}

static void
see_renewal (void)
{
  g_autoptr (Recording) recording = recording_new ("--credential-life=2",
      "-e -m", "mpegtsmux", "");

  skip_to (recording, "ice-credential-refreshed");
  skip_to (recording, "ice-credential-refreshed");
  g_assert_null (strstr (recording->output->str, "ice-upload-interrupted"));
}

static void
see_eos (void)
{
  g_autoptr (Recording) recording = recording_new (NULL, "-e -m", "mpegtsmux",
      "");

  wait_for_parts (recording, 1);
  g_subprocess_send_signal (recording->process, SIGINT);
  skip_to (recording, "Got EOS from element \"pipeline0\"");
  g_assert_true (ice_emulator_get_object_info (recording->emulator, "0123",
          NULL, NULL, NULL));
}

static void
see_error (void)
{
  g_autoptr (Recording) recording =
      recording_new ("--fault=part:forbidden:skip=1:count=0", "-e -m",
      "mpegtsmux", "parallel-parts=1");

  skip_to (recording, "ERROR: from element");
  g_free (find_line (recording, NULL));
  g_assert_nonnull (strstr (recording->output->str, "outcome"));
  g_assert_null (strstr (recording->output->str, "ice-upload-complete"));
}

/* ---- silence ---- */

static void
see_start_without_credential (void)
{
  g_autoptr (Recording) recording =
      recording_new ("--fault=refresh:delay:seconds=600:count=0", "-e",
      "mpegtsmux", "stall-timeout=2000000000");

  skip_to (recording, "New clock");
  g_assert_null (strstr (recording->output->str, "WARNING"));
  g_assert_cmpuint (ice_emulator_count (recording->emulator,
          ICE_EMULATOR_PART, 0), ==, 0);
  skip_to (recording, "WARNING: from element");
}

static void
see_long_eos (void)
{
  g_autoptr (Recording) recording =
      recording_new ("--fault=part:delay:seconds=1:count=0", "-e -m",
      "mpegtsmux", "parallel-parts=1 progress-interval=200000000");
  g_autofree gchar *line = NULL;

  while (read_number (recording, "bytes-pending") < 300000);
  g_subprocess_send_signal (recording->process, SIGINT);
  skip_to (recording, "finalize");
  g_assert_cmpuint (read_number (recording, "bytes-pending"), >, 0);
  line = read_up_to (recording, "ice-upload-complete");
}

/* Without -e, Ctrl-C stops without EOS. */
static Recording *
record_without_eos (const gchar * muxer)
{
  Recording *recording = recording_new (NULL, "", muxer, "");

  wait_for_parts (recording, 4);
  stop_with (recording, SIGINT);

  return recording;
}

static gboolean
plays_without_eos (const gchar * muxer)
{
  g_autoptr (Recording) recording = record_without_eos (muxer);
  g_autofree gchar *found = discover (recording);

  return found != NULL;
}

static void
see_mp4_without_eos (void)
{
  g_assert_false (plays_without_eos ("mp4mux"));
  g_assert_true (plays_without_eos ("mp4mux fragment-duration=500"
          " fragment-mode=first-moov-then-finalise"));
  g_assert_true (plays_without_eos ("mpegtsmux"));
}

/* Whether the object has a Matroska index, and not only a reference to one: it
 * has a size of eight bytes. */
static gboolean
has_cues (Recording * recording)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (recording->emulator, "0123");
  g_autoptr (GError) error = NULL;
  g_autofree gchar *data = NULL;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);

  return memmem (data, size, "\x1c\x53\xbb\x6b\x01", 5) != NULL;
}

static void
see_matroska_without_eos (void)
{
  g_autoptr (Recording) cut = record_without_eos ("matroskamux");
  g_autoptr (Recording) whole = recording_new (NULL, "-e", "matroskamux", "");
  g_autofree gchar *found = discover (cut);

  g_assert_nonnull (found);
  g_assert_false (has_cues (cut));
  wait_for_parts (whole, 2);
  stop_with (whole, SIGINT);
  g_assert_true (has_cues (whole));
}

/* @twice: two times SIGINT in place of SIGTERM */
static void
kill_recording (gboolean twice)
{
  g_autoptr (Recording) recording = recording_new
      ("--fault=complete:delay:seconds=600", "-e", "mpegtsmux", "");

  wait_for_parts (recording, 2);
  if (twice) {
    g_subprocess_send_signal (recording->process, SIGINT);
    skip_to (recording, "Waiting for EOS");
  }
  stop_with (recording, twice ? SIGINT : SIGTERM);
  g_assert_true (g_subprocess_get_if_signaled (recording->process));
  g_assert_false (ice_emulator_get_object_info (recording->emulator, "0123",
          NULL, NULL, NULL));
  g_assert_cmpuint (ice_emulator_count_open_uploads (recording->emulator), ==,
      1);
}

static void
see_killed (void)
{
  kill_recording (FALSE);
  kill_recording (TRUE);
}

static gint
get_status (const gchar * command)
{
  g_autoptr (GError) error = NULL;
  gint status;

  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);

  return WEXITSTATUS (status);
}

static void
see_inspect (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  g_assert_cmpint (get_status ("gst-inspect-1.0 --exists icesink"), ==,
      minor <= 22 ? 1 : 0);
  g_assert_cmpint (get_status ("gst-inspect-1.0 icesink"), ==, 0);
  g_assert_cmpint (get_status ("gst-inspect-1.0 --exists"
          " --atleast-version=0.1 icesink"), ==, 0);
}

/* @state: what the tool says of the asset; it is not ready */
static void
assert_not_ready (IceEmulator * emulator, const gchar * state)
{
  g_autofree gchar *command = g_strdup_printf ("%s/gst/tools/gst-ice-1.0 info"
      " --wait=1 0123 --ice-endpoint=%s", g_getenv ("BUILD_ROOT"),
      ice_emulator_get_uri (emulator));
  g_auto (GStrv) environment = build_environment (NULL);
  const gchar *const argv[] = { "sh", "-c", command, NULL };
  g_autofree gchar *output = NULL;
  gint status;

  g_spawn_sync (NULL, (gchar **) argv, environment, G_SPAWN_SEARCH_PATH, NULL,
      NULL, &output, NULL, &status, NULL);
  g_assert_cmpint (WEXITSTATUS (status), ==, 4);
  if (strstr (output, state) == NULL)
    g_error ("no “%s” in:\n%s", state, output);
}

static void
see_asset_that_waits (void)
{
  g_autoptr (Recording) recording = recording_new ("--prepare-time=600", "-e",
      "mpegtsmux", "");

  wait_for_parts (recording, 1);
  assert_not_ready (recording->emulator, "Init");
  stop_with (recording, SIGINT);
  assert_not_ready (recording->emulator, "Preparing");
}

/**
 * Sight:
 * @row: of the table
 * @func: brings it about
 */
typedef struct
{
  const gchar *row;
  void (*func) (void);
} Sight;

static const Sight signs[] = {
  {"upload-lag stays below max-part-duration and a bit", see_all_well},
  {"upload-lag and bytes-pending grow", see_slow_uplink},
  {"a WARNING and ice-upload-interrupted, without ice-upload-resumed",
      see_outage},
  {"ice-credential-refreshed now and then", see_renewal},
  {"EOS", see_eos},
  {"an error", see_error},
  {NULL},
};

static const Sight silence[] = {
  {"nothing moves after the start", see_start_without_credential},
  {"EOS takes long", see_long_eos},
  {"the object is there, but does not play", see_mp4_without_eos},
  {"the object plays, but seeking in it is slow, or doesn't work",
      see_matroska_without_eos},
  {"gst-launch-1.0 is gone, and the asset is as it was before", see_killed},
  {"gst-inspect-1.0 --exists icesink says no (status 1), and"
        " gst-inspect-1.0 icesink shows it", see_inspect},
  {"the media asset stays in Init or Preparing", see_asset_that_waits},
  {NULL},
};

static const struct
{
  const gchar *table;
  const Sight *sights;
} tables[] = {
  {"signs", signs},
  {"silence", silence},
};

static void
test_sight (gconstpointer data)
{
  const Sight *sight = data;

  sight->func ();
}

static void
test_sights (gconstpointer data)
{
  const gchar *table = tables[GPOINTER_TO_UINT (data)].table;
  const Sight *sights = tables[GPOINTER_TO_UINT (data)].sights;
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, table);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint i;

  for (i = 0; sights[i].row != NULL; i++)
    g_ptr_array_add (names, (gpointer) sights[i].row);
  g_ptr_array_add (names, NULL);
  page_rows_assert (rows, table, (const gchar * const *) names->pdata);
}

static void
add_sights (guint number)
{
  const gchar *table = tables[number].table;
  const Sight *sights = tables[number].sights;
  g_autofree gchar *all = g_strdup_printf ("/pages/%s/are-all-tried", table);
  guint i;

  g_test_add_data_func (all, GUINT_TO_POINTER (number), test_sights);
  for (i = 0; sights[i].row != NULL; i++) {
    g_autofree gchar *path = g_strdup_printf ("/pages/%s/%u", table, i + 1);

    g_test_add_data_func (path, &sights[i], test_sight);
  }
}

int
main (int argc, char **argv)
{
  gint status;
  guint i;

  g_test_init (&argc, &argv, NULL);
  pages = pages_new ();

  g_test_add_func ("/pages/troubles/are-all-tried", test_table);
  g_test_add_func ("/pages/troubles-zh/are-all-tried", test_chinese);
  for (i = 0; i < G_N_ELEMENTS (troubles); i++) {
    g_autofree gchar *path = g_strdup_printf ("/pages/troubles/%u", i + 1);

    g_test_add_data_func (path, &troubles[i], test_trouble);
  }
  for (i = 0; i < G_N_ELEMENTS (tables); i++)
    add_sights (i);
  status = g_test_run ();

  pages_free (pages);

  return status;
}
