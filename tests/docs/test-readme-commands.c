/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The commands in README.md, CONTRIBUTING.md and docs/, and those in the
 * documentation of the element, run as they are printed there, against the
 * emulator.
 *
 * A command that is checked stands in a block of its own, after a comment:
 *
 *   <!-- checked: runs -->          ends by itself
 *   <!-- checked: until Ctrl-C -->  a live recording; behind a comma: “with a
 *                                   screen”, “with an RTSP camera”, or “in an
 *                                   outage”, which begins once it records and
 *                                   is longer than a small memory lasts
 *                                   “beside an emulator”: the lines before the
 *                                   last command start it
 *   <!-- checked: emulator -->      the emulator itself
 *   <!-- checked: by FILE -->       not here: that test does it
 *
 * `STORY: ` in front of one of the first three makes the blocks of a page that
 * have the same story run one after another, against one emulator; what
 * NAME=$(COMMAND) prints is the variable NAME from then on.
 *
 * Each block of shell commands has to be one of these, unless it has an
 * ellipsis. In the sources, it is what stands between |[ and ]|, and ends by
 * itself.
 *
 * Nothing is changed in a command but that icesink, its URI, and the tool,
 * which is taken from build, are given the emulator's endpoint, and that a
 * camera, a microphone and the address of an RTSP camera are replaced by what
 * is there. It runs in an empty directory with a recording.mp4, a clip.mp4
 * that plays, and a link to build.
 *
 * Runs on: one thread; the emulator and the RTSP camera have their own. What
 * never comes is ended by the time limit of the test program. */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "camera.h"
#include "emulator/emulator.h"
#include "pages.h"
#include "remove-tree.h"

#define MEDIA_ID "0123456789abcdef0123456789abcdef"
#define KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define KEY_SECRET "EmulatorDemoSecret0123456789ab"

/* Long enough for something to be recorded. */
#define RECORDING_US (2 * G_USEC_PER_SEC)

/* As docs/recorder.md calls it. */
#define RECORDER "build/examples/icesink-recorder"

/* In an outage: what memory is given, and how much is recorded. */
#define SMALL_MEMORY " max-memory=524288 part-size=102400 parallel-parts=1 "
#define OUTAGE_BYTES (3 * 524288)

static Pages *pages;

/* Commands, and where they run. */
typedef struct
{
  IceEmulator *emulator;        /* (owned) */
  gchar *directory;             /* (owned) working directory */
  GHashTable *variables;        /* (owned) (element-type utf8 utf8) */
  const gchar *settings;        /* (unowned) of icesink, in addition */
  Camera *camera;               /* (nullable) (owned) */
  GSubprocess *screen;          /* (nullable) (owned) X server */
  GSubprocess *process;         /* (owned) */
  GDataInputStream *lines;      /* (owned) what it prints, errors too */
  GString *output;              /* (owned) what was read of that */
} Run;

static void
write_recording (const gchar * directory)
{
  g_autofree gchar *path = g_build_filename (directory, "recording.mp4", NULL);
  g_autofree guint32 *bytes = g_new (guint32, 100000);
  g_autoptr (GError) error = NULL;
  guint i;

  for (i = 0; i < 100000; i++)
    bytes[i] = g_test_rand_int ();
  g_file_set_contents (path, (gchar *) bytes, 400000, &error);
  g_assert_no_error (error);
}

/* Two seconds that play. */
static void
write_clip (const gchar * directory)
{
  g_autofree gchar *line = g_strdup_printf ("gst-launch-1.0 -q videotestsrc"
      " num-buffers=60 ! video/x-raw,width=320,height=240,framerate=30/1"
      " ! x264enc ! mp4mux ! filesink location=%s/clip.mp4", directory);
  g_autoptr (GError) error = NULL;
  gint status;

  g_spawn_command_line_sync (line, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

static gchar *
new_directory (void)
{
  g_autoptr (GError) error = NULL;
  gchar *directory = g_dir_make_tmp ("icesink-readme-XXXXXX", &error);
  g_autofree gchar *build = NULL;

  g_assert_no_error (error);
  build = g_build_filename (directory, "build", NULL);
  g_assert_cmpint (symlink (g_getenv ("BUILD_ROOT"), build), ==, 0);
  write_recording (directory);

  return directory;
}

static void
set_variable (Run * run, const gchar * name, const gchar * value)
{
  g_hash_table_insert (run->variables, g_strdup (name), g_strdup (value));
}

/* What the emulator takes in place of an identity and media assets. */
static void
set_variables (Run * run)
{
  run->variables =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  set_variable (run, "LC_ALL", "C.UTF-8");
  set_variable (run, "MEDIA_ID", MEDIA_ID);
  set_variable (run, "OTHER_MEDIA_ID", "another");
  set_variable (run, "ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID);
  set_variable (run, "ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET);
}

/* @options: the emulator's, separated by blanks */
static Run *
run_new (const gchar * options)
{
  g_auto (GStrv) argv = g_strsplit (options, " ", -1);
  g_autoptr (GError) error = NULL;
  Run *run = g_new0 (Run, 1);

  run->output = g_string_new (NULL);
  run->settings = " ";
  set_variables (run);
  run->directory = new_directory ();
  run->emulator = ice_emulator_new ((const gchar * const *) argv, &error);
  g_assert_no_error (error);
  ice_emulator_start (run->emulator, &error);
  g_assert_no_error (error);

  return run;
}

static void
run_free (Run * run)
{
  if (run->screen != NULL)
    g_subprocess_force_exit (run->screen);
  g_clear_object (&run->screen);
  g_clear_pointer (&run->camera, camera_free);
  g_hash_table_unref (run->variables);
  g_clear_object (&run->lines);
  g_clear_object (&run->process);
  ice_emulator_free (run->emulator);
  test_remove_tree (run->directory);
  g_free (run->directory);
  g_string_free (run->output, TRUE);
  g_free (run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

/* ---- running ---- */

static void
set_environment (Run * run, GSubprocessLauncher * launcher)
{
  GHashTableIter iter;
  gpointer name, value;

  g_subprocess_launcher_set_cwd (launcher, run->directory);
  g_subprocess_launcher_unsetenv (launcher, "ALIBABA_CLOUD_SECURITY_TOKEN");
  g_hash_table_iter_init (&iter, run->variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_subprocess_launcher_setenv (launcher, name, value, TRUE);
}

static void
replace (GString * text, const gchar * pattern, const gchar * replacement)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autofree gchar *replaced = g_regex_replace (regex, text->str, -1, 0,
      replacement, 0, NULL);

  g_string_assign (text, replaced);
}

/* The command as it can be run here. (transfer full) */
static gchar *
adapt (Run * run, const gchar * command)
{
  const gchar *uri = ice_emulator_get_uri (run->emulator);
  g_autofree gchar *sink =
      g_strdup_printf ("! icesink ice-endpoint=%s%s", uri, run->settings);
  g_autofree gchar *tool =
      g_strdup_printf ("build/gst/tools/gst-ice-1.0 \\1 --ice-endpoint=%s",
      uri);
  g_autofree gchar *location =
      g_strdup_printf ("icems://\\1&ice-endpoint=%s\"", uri);
  g_autoptr (GString) adapted = g_string_new (command);

  g_string_replace (adapted, "! icesink ", sink, 0);
  replace (adapted, "gst-ice-1\\.0 (check|create|info|delete|finish|abort)\\b",
      tool);
  replace (adapted, "icems://([^\"]*)\"", location);
  g_string_replace (adapted, "v4l2src ", "videotestsrc is-live=true ", 0);
  g_string_replace (adapted, "autoaudiosrc ", "audiotestsrc is-live=true ",
      0);
  if (run->camera != NULL)
    g_string_replace (adapted, CAMERA_EXAMPLE, camera_get_uri (run->camera),
        0);

  return g_strdup (adapted->str);
}

/* Starts @command in a shell that it takes the place of, so that a signal
 * reaches it and nothing else. */
static void
start (Run * run, const gchar * command)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autofree gchar *adapted = adapt (run, command);
  g_autofree gchar *script = g_strconcat ("exec ", adapted, NULL);
  g_autoptr (GError) error = NULL;

  g_clear_object (&run->lines);
  g_clear_object (&run->process);
  g_string_truncate (run->output, 0);
  set_environment (run, launcher);
  run->process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c",
      script, NULL);
  g_assert_no_error (error);
  run->lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (run->process));
}

/* Reads on up to a line that has @text in it; to the end if NULL. */
static void
read_up_to (Run * run, const gchar * text)
{
  for (;;) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *line = g_data_input_stream_read_line (run->lines, NULL,
        NULL, &error);

    g_assert_no_error (error);
    if (line == NULL && text != NULL)
      g_error ("no “%s” in:\n%s", text, run->output->str);
    if (line == NULL)
      return;
    g_string_append_printf (run->output, "%s\n", line);
    if (text != NULL && strstr (line, text) != NULL)
      return;
  }
}

static void
wait_for_success (Run * run)
{
  g_autoptr (GError) error = NULL;

  read_up_to (run, NULL);
  g_subprocess_wait_check (run->process, NULL, &error);
  if (error != NULL)
    g_error ("%s after:\n%s", error->message, run->output->str);
}

/* ---- what has arrived ---- */

static gboolean
read_file (const gchar * path, gchar ** data, gsize * size)
{
  return path != NULL && g_file_get_contents (path, data, size, NULL);
}

static const gchar *
get_media_id (Run * run)
{
  return g_hash_table_lookup (run->variables, "MEDIA_ID");
}

/* The object equals the file @name, if the command wrote or read that. */
static void
assert_same_as (Run * run, const gchar * command, const gchar * name)
{
  g_autofree gchar *object =
      ice_emulator_get_object_path (run->emulator, get_media_id (run));
  g_autofree gchar *path = g_build_filename (run->directory, name, NULL);
  g_autofree gchar *uploaded = NULL;
  g_autofree gchar *expected = NULL;
  gsize uploaded_size, expected_size;

  if (strstr (command, name) == NULL)
    return;
  g_assert_true (read_file (object, &uploaded, &uploaded_size));
  g_assert_true (read_file (path, &expected, &expected_size));
  g_assert_cmpmem (uploaded, uploaded_size, expected, expected_size);
}

static void
assert_object (Run * run, const gchar * command)
{
  guint64 size;

  g_assert_true (ice_emulator_get_object_info (run->emulator,
          get_media_id (run), NULL, &size, NULL));
  g_assert_cmpuint (size, >, 0);
  g_assert_cmpuint (ice_emulator_count_open_uploads (run->emulator), ==, 0);
  assert_same_as (run, command, "copy.mp4");
  assert_same_as (run, command, "recording.mp4");
}

static void
assert_plays (Run * run)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (run->emulator, get_media_id (run));
  const gchar *const argv[] = { "gst-discoverer-1.0", path, NULL };
  g_autofree gchar *found = NULL;
  g_autoptr (GError) error = NULL;
  gint status;

  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      &found, NULL, &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (found, "video #"));
}

/* ---- every frame ---- */

typedef struct
{
  guint n;
  GstClockTime last;
  GstClockTime longest;         /* between two */
} Frames;

static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  Frames *frames = user_data;
  GstClockTime time = GST_BUFFER_PTS (buffer);

  if (frames->n++ > 0 && time > frames->last)
    frames->longest = MAX (frames->longest, time - frames->last);
  frames->last = time;
}

static Frames
look_at_frames (const gchar * path)
{
  g_autofree gchar *line = g_strdup_printf ("filesrc location=%s ! qtdemux"
      " ! h264parse ! fakesink name=sink sync=false signal-handoffs=true",
      path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  Frames frames = { 0 };

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), &frames);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return frames;
}

/* A live source that could not get rid of a frame leaves a gap. */
static void
assert_every_frame (const gchar * path)
{
  Frames frames = look_at_frames (path);

  g_test_message ("%u frames, at most %" GST_TIME_FORMAT " between two",
      frames.n, GST_TIME_ARGS (frames.longest));
  g_assert_cmpuint (frames.n, >, 30);
  g_assert_cmpuint (frames.longest, <, 50 * GST_MSECOND);
}

/* ---- the commands ---- */

/* NAME=$(COMMAND): the name, or NULL. @command: (inout): COMMAND then */
static gchar *
take_assignment (gchar ** command)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("^([A-Z_]+)=\\$\\((.*)\\)\\s*$", G_REGEX_DOTALL, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  gchar *name, *inner;

  if (!g_regex_match (regex, *command, 0, &match))
    return NULL;
  name = g_match_info_fetch (match, 1);
  inner = g_match_info_fetch (match, 2);
  g_free (*command);
  *command = inner;

  return name;
}

static gboolean
has_program (const gchar * command)
{
  g_auto (GStrv) words = g_strsplit (command, " ", 2);
  g_autofree gchar *path = g_find_program_in_path (words[0]);

  return path != NULL || g_str_equal (words[0], "gst-ice-1.0");
}

/* TRUE if it uploads; the tool alone does not. */
static gboolean
uploads (const gchar * command)
{
  return strstr (command, "icesink") != NULL
      || strstr (command, "icems://") != NULL;
}

static void
run_to_end (Run * run, const gchar * block)
{
  g_autofree gchar *command = g_strdup (block);
  g_autofree gchar *name = take_assignment (&command);

  if (!has_program (command)) {
    g_test_skip ("a program is not there");
    return;
  }
  if (strstr (command, "clip.mp4") != NULL)
    write_clip (run->directory);
  start (run, command);
  wait_for_success (run);
  if (name != NULL)
    set_variable (run, name, g_strchomp (run->output->str));
  else if (uploads (command))
    assert_object (run, command);
}

static void
record (Run * run, const gchar * command)
{
  start (run, command);
  read_up_to (run, "New clock");
  g_usleep (RECORDING_US);
  g_subprocess_send_signal (run->process, SIGINT);
  wait_for_success (run);

  assert_object (run, command);
  assert_plays (run);
}

/* By itself it can't on 32 bits, for one. */
static gboolean
can_show (const gchar * display)
{
  g_autofree gchar *command = g_strdup_printf ("env DISPLAY=%s gst-launch-1.0"
      " -q videotestsrc num-buffers=9 ! videoconvert ! ximagesink", display);
  g_autoptr (GError) error = NULL;
  gint status;

  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);

  return status == 0;
}

/* FALSE if there is no X server that ximagesink can use. */
static gboolean
start_screen (Run * run)
{
  g_autofree gchar *program = g_find_program_in_path ("Xvfb");
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree gchar *number = NULL;
  g_autofree gchar *display = NULL;
  g_autoptr (GError) error = NULL;

  if (program == NULL)
    return FALSE;
  run->screen = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, program, "-displayfd", "1",
      "-screen", "0", "640x480x24", NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (run->screen));
  number = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (number);
  display = g_strconcat (":", number, NULL);
  set_variable (run, "DISPLAY", display);

  return can_show (display);
}

static void
record_with_screen (Run * run, const gchar * command)
{
  if (start_screen (run))
    record (run, command);
  else
    g_test_skip ("there is no Xvfb, or ximagesink fails with it");
}

static void
record_with_camera (Run * run, const gchar * command)
{
  run->camera = camera_new ();
  if (run->camera != NULL)
    record (run, command);
  else
    g_test_skip ("it was built without gst-rtsp-server");
}

static void
wait_for_size (const gchar * path, goffset size)
{
  GStatBuf status = { 0 };

  while (g_stat (path, &status) != 0 || status.st_size < size)
    g_usleep (G_USEC_PER_SEC / 20);
}

/* The network is away for longer than memory lasts; when it is back, nothing
 * is missing, neither in the copy nor in the object. */
static void
record_in_outage (Run * run, const gchar * command)
{
  g_autofree gchar *copy =
      g_build_filename (run->directory, "copy.mp4", NULL);
  g_autoptr (GError) error = NULL;

  run->settings = SMALL_MEMORY;
  start (run, command);
  read_up_to (run, "New clock");
  ice_emulator_set_reachable (run->emulator, FALSE, &error);
  g_assert_no_error (error);
  wait_for_size (copy, OUTAGE_BYTES);
  ice_emulator_set_reachable (run->emulator, TRUE, &error);
  g_assert_no_error (error);
  g_subprocess_send_signal (run->process, SIGINT);
  wait_for_success (run);

  assert_object (run, command);
  assert_every_frame (copy);
}

static void
try_emulator (Run * run, const gchar * command)
{
  start (run, command);
  read_up_to (run, "ice-emulator listening on http://127.0.0.1:");
  g_subprocess_send_signal (run->process, SIGINT);
  read_up_to (run, NULL);
  g_subprocess_wait (run->process, NULL, NULL);
}

static void
begin_group (gpointer user_data)
{
  setpgid (0, 0);
}

/* The recorder takes the place of the shell, so that the signal is for it; what
 * the shell has started besides is of the same group, and ends with that. */
static void
record_beside_emulator (Run * run, const gchar * command)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autoptr (GString) script = g_string_new (command);
  g_autofree gchar *program =
      g_build_filename (run->directory, RECORDER, NULL);
  g_autoptr (GError) error = NULL;
  pid_t group;

  if (!g_file_test (program, G_FILE_TEST_EXISTS)) {
    g_test_skip ("the examples were not built");
    return;
  }
  g_string_replace (script, "\n" RECORDER, "\nexec " RECORDER, 1);
  set_environment (run, launcher);
  g_subprocess_launcher_set_child_setup (launcher, begin_group, NULL, NULL);
  run->process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c",
      script->str, NULL);
  g_assert_no_error (error);
  group = atoi (g_subprocess_get_identifier (run->process));
  run->lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (run->process));
  read_up_to (run, "fragment-complete");
  g_subprocess_send_signal (run->process, SIGINT);
  read_up_to (run, "recorder-stopped");
  g_subprocess_wait_check (run->process, NULL, &error);
  g_assert_no_error (error);
  kill (-group, SIGTERM);
  g_assert_null (strstr (run->output->str, "fragment-failed"));
}

typedef void (*TryFunc) (Run * run, const gchar * command);

static const struct
{
  const gchar *kind;
  TryFunc func;
} kinds[] = {
  {"runs", run_to_end},
  {"until Ctrl-C", record},
  {"until Ctrl-C, with a screen", record_with_screen},
  {"until Ctrl-C, with an RTSP camera", record_with_camera},
  {"until Ctrl-C, in an outage", record_in_outage},
  {"until Ctrl-C, beside an emulator", record_beside_emulator},
  {"emulator", try_emulator},
};

static TryFunc
get_func (const PageBlock * block, const gchar * kind)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_str_equal (kinds[i].kind, kind))
      return kinds[i].func;
  }

  g_error ("%s:%u: “checked: %s” is not known", block->page, block->line,
      block->mark);
}

static void
try_block (Run * run, const PageBlock * block)
{
  const gchar *colon = strstr (block->mark, ": ");

  g_test_message ("%s:%u: %s", block->page, block->line, block->text);
  get_func (block, colon != NULL ? colon + 2 : block->mark) (run,
      block->text);
}

/* @data: (element-type PageBlock): a story, or one block */
static void
test_blocks (gconstpointer data)
{
  const GPtrArray *blocks = data;
  g_autoptr (Run) run = run_new ("--quiet");
  guint i;

  for (i = 0; i < blocks->len; i++)
    try_block (run, g_ptr_array_index (blocks, i));
}

static void
test_doc_block (gconstpointer command)
{
  g_autoptr (Run) run = run_new ("--quiet");

  run_to_end (run, command);
}

/* A file that exists and says so is enough for what is tried elsewhere. */
static gboolean
is_tried_elsewhere (const PageBlock * block)
{
  g_autofree gchar *path = NULL;

  if (!g_str_has_prefix (block->mark, "by "))
    return FALSE;
  path = g_build_filename (g_getenv ("SOURCE_ROOT"),
      block->mark + strlen ("by "), NULL);
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    g_error ("%s:%u: there is no %s", block->page, block->line,
        block->mark + strlen ("by "));

  return TRUE;
}

/* The path of a test: /PAGE/STORY, or /PAGE/LINE. (transfer full) */
static gchar *
get_path (const PageBlock * block)
{
  const gchar *colon = strstr (block->mark, ": ");
  g_autofree gchar *story = NULL;

  if (colon == NULL)
    return g_strdup_printf ("/%s/%u", block->page, block->line);
  story = g_strndup (block->mark, colon - block->mark);

  return g_strdup_printf ("/%s/%s", block->page, story);
}

static void
add_story (gpointer path, gpointer story, gpointer user_data)
{
  g_test_add_data_func (path, story, test_blocks);
}

/* (transfer full) (element-type utf8 GPtrArray): stories by path */
static GHashTable *
collect_stories (void)
{
  GHashTable *stories = g_hash_table_new_full (g_str_hash, g_str_equal,
      g_free, (GDestroyNotify) g_ptr_array_unref);
  guint i;

  for (i = 0; i < pages->blocks->len; i++) {
    PageBlock *block = g_ptr_array_index (pages->blocks, i);
    gchar *path;

    if (block->mark == NULL || is_tried_elsewhere (block))
      continue;
    path = get_path (block);
    if (!g_hash_table_contains (stories, path))
      g_hash_table_insert (stories, g_strdup (path), g_ptr_array_new ());
    g_ptr_array_add (g_hash_table_lookup (stories, path), block);
    g_free (path);
  }

  return stories;
}

/* A block of commands that nobody checks may be wrong. */
static void
check_block (const PageBlock * block)
{
  if (g_str_equal (block->language, "sh") && block->mark == NULL
      && strstr (block->text, "…") == NULL)
    g_error ("%s:%u: these commands are not checked:\n%s", block->page,
        block->line, block->text);
}

/* The page without its blocks that are checked. (transfer full) */
static gchar *
drop_checked (guint page)
{
  g_autoptr (GString) text =
      g_string_new (g_ptr_array_index (pages->texts, page));
  guint i;

  for (i = 0; i < pages->blocks->len; i++) {
    PageBlock *block = g_ptr_array_index (pages->blocks, i);

    if (block->mark != NULL
        && g_str_equal (block->page, g_ptr_array_index (pages->names, page)))
      g_string_replace (text, block->text, "", 1);
  }

  return g_strdup (text->str);
}

/* A command may also be a block by its indentation, or have a prompt. */
static void
check_rest (guint page)
{
  g_autoptr (GRegex) regex = g_regex_new ("^(    | *\\$ )"
      "(gst-launch|gst-ice|gst-transcoder|ges-launch)-1\\.0 [^…]*$",
      G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree gchar *rest = drop_checked (page);

  if (g_regex_match (regex, rest, 0, &match)) {
    g_autofree gchar *line = g_match_info_fetch (match, 0);

    g_error ("%s: this command is not checked:\n%s",
        (gchar *) g_ptr_array_index (pages->names, page), line);
  }
}

static void
test_all_checked (void)
{
  guint i;

  g_assert_cmpuint (pages->blocks->len, >, 0);
  for (i = 0; i < pages->blocks->len; i++)
    check_block (g_ptr_array_index (pages->blocks, i));
  for (i = 0; i < pages->names->len; i++)
    check_rest (i);
}

/* @block: from the |[ of a comment on. Its lines begin with " * ". */
static void
add_doc_block (const gchar * file, const gchar * block, guint number)
{
  g_auto (GStrv) lines = g_strsplit (block, "]|", 2);
  g_autofree gchar *path =
      g_strdup_printf ("/doc-blocks/%s/%u", file, number);
  g_autoptr (GRegex) margin = g_regex_new ("\n \\* ?", 0, 0, NULL);
  gchar *command = g_regex_replace_literal (margin, lines[0], -1, 0, "\n", 0,
      NULL);

  g_test_add_data_func_full (path, g_strchug (command), test_doc_block,
      g_free);
}

static guint
add_doc_blocks_of_file (const gchar * path, const gchar * name)
{
  g_autofree gchar *text = NULL;
  g_auto (GStrv) blocks = NULL;
  g_autoptr (GError) error = NULL;
  guint i;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  blocks = g_strsplit (text, " * |[", -1);
  for (i = 1; blocks[i] != NULL; i++)
    add_doc_block (name, blocks[i], i);

  return i - 1;
}

static void
add_doc_blocks (void)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("SOURCE_ROOT"), "gst",
      "icesink", NULL);
  g_autoptr (GDir) directory = NULL;
  g_autoptr (GError) error = NULL;
  const gchar *name;
  guint n = 0;

  directory = g_dir_open (path, 0, &error);
  g_assert_no_error (error);
  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree gchar *file = g_build_filename (path, name, NULL);

    if (g_str_has_suffix (name, ".c"))
      n += add_doc_blocks_of_file (file, name);
  }
  g_assert_cmpuint (n, >, 0);
}

/* ---- the messages ---- */

static void
check_fields (GPtrArray * rows, const GstStructure * message)
{
  const gchar *name = gst_structure_get_name (message);
  gchar **row = page_rows_find (rows, name);
  gint i;

  if (row == NULL)
    g_error ("no row for the message %s", name);
  for (i = 0; i < gst_structure_n_fields (message); i++) {
    const gchar *field = gst_structure_nth_field_name (message, i);
    g_autofree gchar *quoted = g_strdup_printf ("`%s`", field);

    if (strstr (row[1], quoted) == NULL)
      g_error ("the row of %s says nothing of its field %s", name, field);
  }
}

/* The structures that gst-launch-1.0 -m prints, by name. (transfer full)
 * (element-type utf8 GstStructure) */
static GHashTable *
parse_messages (const gchar * output)
{
  GHashTable *messages = g_hash_table_new_full (g_str_hash, g_str_equal,
      g_free, (GDestroyNotify) gst_structure_free);
  g_auto (GStrv) parts = g_strsplit (output, " (element): ice-", -1);
  guint i;

  for (i = 1; parts[i] != NULL; i++) {
    g_auto (GStrv) lines = g_strsplit (parts[i], "\n", 2);
    g_autofree gchar *text = g_strconcat ("ice-", lines[0], NULL);
    GstStructure *message = gst_structure_from_string (text, NULL);

    g_assert_nonnull (message);
    g_hash_table_insert (messages,
        g_strdup (gst_structure_get_name (message)), message);
  }

  return messages;
}

static void
test_messages (void)
{
  g_autoptr (Run) run = run_new ("--quiet --credential-life=2"
      " --fault refresh:error:status=503:code=ServiceUnavailable:count=2");
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "messages");
  g_autoptr (GHashTable) messages = NULL;
  GHashTableIter iter;
  gpointer message;

  start (run, "gst-launch-1.0 -m videotestsrc is-live=true num-buffers=120"
      " ! video/x-raw,framerate=30/1 ! x264enc tune=zerolatency ! mpegtsmux"
      " ! icesink media-id=" MEDIA_ID);
  wait_for_success (run);

  messages = parse_messages (run->output->str);
  g_assert_true (g_hash_table_contains (messages, "ice-upload-started"));
  g_assert_true (g_hash_table_contains (messages, "ice-upload-progress"));
  g_assert_true (g_hash_table_contains (messages,
          "ice-credential-refreshed"));
  g_assert_true (g_hash_table_contains (messages, "ice-upload-interrupted"));
  g_assert_true (g_hash_table_contains (messages, "ice-upload-resumed"));
  g_assert_true (g_hash_table_contains (messages, "ice-upload-complete"));
  g_hash_table_iter_init (&iter, messages);
  while (g_hash_table_iter_next (&iter, NULL, &message))
    check_fields (rows, message);
}

int
main (int argc, char **argv)
{
  g_autoptr (GHashTable) stories = NULL;
  gint status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  pages = pages_new ();

  stories = collect_stories ();
  g_hash_table_foreach (stories, add_story, NULL);
  add_doc_blocks ();
  g_test_add_func ("/pages/commands/are-all-checked", test_all_checked);
  g_test_add_func ("/pages/messages/are-all-described", test_messages);
  status = g_test_run ();

  pages_free (pages);
  gst_deinit ();

  return status;
}
