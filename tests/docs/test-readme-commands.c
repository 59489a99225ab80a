/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The commands in README.md, and those in the documentation of the element,
 * run as they are printed there, against the emulator.
 *
 * A command that is checked stands in a block of its own, after a comment:
 *
 *   <!-- checked: runs -->                        ends by itself
 *   <!-- checked: until Ctrl-C -->                a live recording
 *   <!-- checked: until Ctrl-C, with a screen --> the same, of an X server
 *   <!-- checked: emulator -->                    the emulator itself
 *   <!-- checked: tool -->                        gst-ice-1.0
 *
 * Each command of gst-launch-1.0 with icesink, and of gst-ice-1.0, has to be
 * one, unless it has an ellipsis. In the sources, it is what stands between |[
 * and ]|, and ends by itself.
 *
 * Nothing is changed in it but that icesink, or the tool, which is taken from
 * build, is given the emulator's endpoint.
 * It runs in an empty directory with a recording.mp4 and a link to build.
 *
 * Runs on: one thread; the emulator has its own. What never comes is ended by
 * the time limit of the test program. */

#include <signal.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "emulator/emulator.h"

#define MARK "\n<!-- checked: "
#define MEDIA_ID "0123456789abcdef0123456789abcdef"
#define KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define KEY_SECRET "EmulatorDemoSecret0123456789ab"

/* Long enough for something to be recorded. */
#define RECORDING_US (2 * G_USEC_PER_SEC)

static gchar *readme;

/* A command, and where it runs. */
typedef struct
{
  IceEmulator *emulator;        /* (owned) */
  gchar *directory;             /* (owned) working directory */
  GSubprocess *screen;          /* (nullable) (owned) X server */
  gchar *display;               /* (nullable) (owned) its name */
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

/* @options: the emulator's, separated by blanks */
static Run *
run_new (const gchar * options)
{
  g_auto (GStrv) argv = g_strsplit (options, " ", -1);
  g_autoptr (GError) error = NULL;
  Run *run = g_new0 (Run, 1);

  run->output = g_string_new (NULL);
  run->directory = new_directory ();
  run->emulator = ice_emulator_new ((const gchar * const *) argv, &error);
  g_assert_no_error (error);
  ice_emulator_start (run->emulator, &error);
  g_assert_no_error (error);

  return run;
}

static void
remove_directory (const gchar * directory)
{
  const gchar *const argv[] = { "rm", "-rf", directory, NULL };

  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      NULL, NULL, NULL, NULL);
}

static void
run_free (Run * run)
{
  if (run->screen != NULL)
    g_subprocess_force_exit (run->screen);
  g_clear_object (&run->screen);
  g_free (run->display);
  g_clear_object (&run->lines);
  g_clear_object (&run->process);
  ice_emulator_free (run->emulator);
  remove_directory (run->directory);
  g_free (run->directory);
  g_string_free (run->output, TRUE);
  g_free (run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

/* ---- running ---- */

static void
set_environment (Run * run, GSubprocessLauncher * launcher,
    const gchar * secret)
{
  g_subprocess_launcher_set_cwd (launcher, run->directory);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C", TRUE);
  g_subprocess_launcher_setenv (launcher, "MEDIA_ID", MEDIA_ID, TRUE);
  g_subprocess_launcher_setenv (launcher, "OTHER_MEDIA_ID", "another", TRUE);
  g_subprocess_launcher_setenv (launcher, "ALIBABA_CLOUD_ACCESS_KEY_ID",
      KEY_ID, TRUE);
  g_subprocess_launcher_setenv (launcher, "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      secret, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "ALIBABA_CLOUD_SECURITY_TOKEN");
  if (run->display != NULL)
    g_subprocess_launcher_setenv (launcher, "DISPLAY", run->display, TRUE);
}

/* Starts @command in a shell that it takes the place of, so that a signal
 * reaches it and nothing else. */
static void
start (Run * run, const gchar * command)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autofree gchar *script = g_strconcat ("exec ", command, NULL);
  g_autofree gchar *sink = g_strdup_printf ("! icesink ice-endpoint=%s ",
      ice_emulator_get_uri (run->emulator));
  g_autoptr (GString) changed = g_string_new (script);
  g_autoptr (GError) error = NULL;

  g_string_replace (changed, "! icesink ", sink, 0);
  set_environment (run, launcher, KEY_SECRET);
  run->process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c",
      changed->str, NULL);
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

/* The object equals the file @name, if the command wrote or read that. */
static void
assert_same_as (Run * run, const gchar * command, const gchar * name)
{
  g_autofree gchar *object =
      ice_emulator_get_object_path (run->emulator, MEDIA_ID);
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

  g_assert_true (ice_emulator_get_object_info (run->emulator, MEDIA_ID, NULL,
          &size, NULL));
  g_assert_cmpuint (size, >, 0);
  g_assert_cmpuint (ice_emulator_count_open_uploads (run->emulator), ==, 0);
  assert_same_as (run, command, "copy.mp4");
  assert_same_as (run, command, "recording.mp4");
}

static void
assert_plays (Run * run)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (run->emulator, MEDIA_ID);
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

/* ---- the commands ---- */

static void
test_runs (gconstpointer command)
{
  g_autoptr (Run) run = run_new ("--quiet");

  start (run, command);
  wait_for_success (run);

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

static void
test_until_ctrl_c (gconstpointer command)
{
  g_autoptr (Run) run = run_new ("--quiet");

  record (run, command);
}

/* FALSE if there is no X server. */
static gboolean
start_screen (Run * run)
{
  g_autofree gchar *program = g_find_program_in_path ("Xvfb");
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree gchar *number = NULL;
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
  run->display = g_strconcat (":", number, NULL);

  return TRUE;
}

static void
test_until_ctrl_c_with_screen (gconstpointer command)
{
  g_autoptr (Run) run = run_new ("--quiet");

  if (start_screen (run))
    record (run, command);
  else
    g_test_skip ("there is no Xvfb");
}

static void
test_emulator (gconstpointer command)
{
  g_autoptr (Run) run = run_new ("--quiet");

  start (run, command);
  read_up_to (run, "ice-emulator listening on http://127.0.0.1:");
  g_subprocess_send_signal (run->process, SIGINT);
  read_up_to (run, NULL);
  g_subprocess_wait (run->process, NULL, NULL);
}

static void
test_tool (gconstpointer command)
{
  g_autoptr (Run) run = run_new ("--quiet");
  g_autofree gchar *tool =
      g_strdup_printf ("build/gst/tools/gst-ice-1.0 check --ice-endpoint=%s ",
      ice_emulator_get_uri (run->emulator));
  g_autoptr (GString) changed = g_string_new (command);

  g_string_replace (changed, "gst-ice-1.0 check ", tool, 0);
  start (run, changed->str);
  wait_for_success (run);
  g_assert_nonnull (strstr (run->output->str, "oss         ok "));
}

static const struct
{
  const gchar *kind;
  GTestDataFunc func;
} kinds[] = {
  {"runs", test_runs},
  {"until Ctrl-C", test_until_ctrl_c},
  {"until Ctrl-C, with a screen", test_until_ctrl_c_with_screen},
  {"emulator", test_emulator},
  {"tool", test_tool},
};

static GTestDataFunc
get_func (const gchar * kind)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_str_equal (kinds[i].kind, kind))
      return kinds[i].func;
  }

  g_error ("README.md: “checked: %s” is not known", kind);
}

/* @block: what follows MARK: the kind, " -->", and the command between two
 * fences */
static void
add_command (const gchar * block, guint number)
{
  g_auto (GStrv) kind = g_strsplit (block, " -->\n```sh\n", 2);
  g_autofree gchar *path = g_strdup_printf ("/readme/commands/%u", number);
  g_auto (GStrv) command = NULL;

  g_assert_cmpuint (g_strv_length (kind), ==, 2);
  command = g_strsplit (kind[1], "```\n", 2);
  g_assert_cmpuint (g_strv_length (command), ==, 2);
  g_test_add_data_func_full (path, g_strdup (command[0]), get_func (kind[0]),
      g_free);
}

static void
add_commands (void)
{
  g_auto (GStrv) blocks = g_strsplit (readme, MARK, -1);
  guint i;

  for (i = 1; blocks[i] != NULL; i++)
    add_command (blocks[i], i);
  g_assert_cmpuint (i, >, 1);
}

static gboolean
is_for_icesink (const gchar * command)
{
  return strstr (command, "gst-ice-1.0 ") != NULL
      || (strstr (command, "gst-launch-1.0") != NULL
      && strstr (command, "icesink") != NULL);
}

/* A block of code that nobody checks may be wrong. */
static void
test_all_checked (void)
{
  g_auto (GStrv) blocks = g_strsplit (readme, "\n```sh\n", -1);
  guint i;

  for (i = 1; blocks[i] != NULL; i++) {
    g_auto (GStrv) block = g_strsplit (blocks[i], "```\n", 2);

    if (is_for_icesink (block[0]) && strstr (block[0], "…") == NULL
        && !g_str_has_suffix (blocks[i - 1], " -->"))
      g_error ("README.md: this command is not checked:\n%s", block[0]);
  }
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

  g_test_add_data_func_full (path, g_strchug (command), test_runs, g_free);
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
check_fields (const GstStructure * message)
{
  const gchar *name = gst_structure_get_name (message);
  g_autofree gchar *begin = g_strdup_printf ("\n| `%s` |", name);
  const gchar *found = strstr (readme, begin);
  g_auto (GStrv) rows = NULL;
  gint i;

  if (found == NULL)
    g_error ("README.md has no row for the message %s", name);
  rows = g_strsplit (found + 1, "\n", 2);
  for (i = 0; i < gst_structure_n_fields (message); i++) {
    const gchar *field = gst_structure_nth_field_name (message, i);
    g_autofree gchar *quoted = g_strdup_printf ("`%s`", field);

    if (strstr (rows[0], quoted) == NULL)
      g_error ("README.md: %s says nothing of its field %s", name, field);
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
    check_fields (message);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gint status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_file_get_contents (g_getenv ("README"), &readme, NULL, &error);
  g_assert_no_error (error);

  add_commands ();
  add_doc_blocks ();
  g_test_add_func ("/readme/commands/are-all-checked", test_all_checked);
  g_test_add_func ("/readme/messages/are-all-described", test_messages);
  status = g_test_run ();

  g_free (readme);
  gst_deinit ();

  return status;
}
