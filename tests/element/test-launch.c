/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The module, as users of gst-launch-1.0 get it: what they upload, how it ends
 * and what it tells. The emulator is in this process, the sink in another. */

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

#include "../sanitizer.h"
#include "emulator/emulator.h"
#include "patience.h"
#include "remove-tree.h"
#include "secret-search.h"
#include "system.h"

#define KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define KEY_SECRET "EmulatorDemoSecret0123456789ab"
#define TOKEN "CAISidentityTokenOfTheCaller0123456789abcdefghijklmnopqrstuv"
#define MEDIA_ID "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

/* A run of gst-launch-1.0. */
typedef struct
{
  IceEmulator *emulator;        /* (owned) */
  gchar *directory;             /* of what it writes */
  GSubprocessLauncher *launcher;        /* (owned) */
  GSubprocess *process;         /* (nullable) (owned) */
  gchar *output;                /* stdout and stderr, when it has ended */
  gsize output_size;
} Launch;

/* The identity comes from the environment, as the README recommends. */
static void
set_environment (Launch * launch)
{
  GSubprocessLauncher *launcher = launch->launcher;

  g_subprocess_launcher_setenv (launcher, "ALIBABA_CLOUD_ACCESS_KEY_ID",
      KEY_ID, TRUE);
  g_subprocess_launcher_setenv (launcher, "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      KEY_SECRET, TRUE);
  g_subprocess_launcher_setenv (launcher, "ALIBABA_CLOUD_SECURITY_TOKEN",
      TOKEN, TRUE);
  g_subprocess_launcher_setenv (launcher, "GST_PLUGIN_PATH",
      g_getenv ("ICESINK_MODULE_PATH"), TRUE);
}

/* @options: of the emulator, besides the caller's token */
static Launch *
launch_new (const gchar * options)
{
  Launch *launch = g_new0 (Launch, 1);
  g_autofree gchar *all = g_strconcat ("--security-token=" TOKEN,
      *options != '\0' ? " " : "", options, NULL);
  g_autoptr (GError) error = NULL;

  launch->emulator = ice_emulator_new_started (all);
  launch->directory = g_dir_make_tmp ("icesink-launch-XXXXXX", &error);
  g_assert_no_error (error);
  launch->launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  set_environment (launch);

  return launch;
}

static void
launch_free (Launch * launch)
{
  if (launch->process != NULL)
    g_subprocess_force_exit (launch->process);
  g_clear_object (&launch->process);
  g_clear_object (&launch->launcher);
  test_remove_tree (launch->directory);
  g_free (launch->directory);
  g_free (launch->output);
  ice_emulator_free (launch->emulator);
  g_free (launch);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Launch, launch_free)

/* @pipeline: without the sink. @settings: of the sink. */
static void
start (Launch * launch, const gchar * arguments, const gchar * pipeline,
    const gchar * settings)
{
  g_autofree gchar *line = g_strdup_printf ("gst-launch-1.0 %s %s ! icesink"
      " media-id=" MEDIA_ID " ice-endpoint=%s part-size=102400 %s", arguments,
      pipeline, ice_emulator_get_uri (launch->emulator), settings);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", line);
  g_shell_parse_argv (line, NULL, &argv, &error);
  g_assert_no_error (error);
  launch->process = g_subprocess_launcher_spawnv (launch->launcher,
      (const gchar * const *) argv, &error);
  g_assert_no_error (error);
}

/* Waits for the end of it. Returns the exit status. */
static gint
finish (Launch * launch)
{
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_communicate (launch->process, NULL, NULL, &output, NULL,
      &error);
  g_assert_no_error (error);
  g_free (launch->output);
  launch->output = g_strndup (g_bytes_get_data (output, NULL),
      g_bytes_get_size (output));
  launch->output_size = g_bytes_get_size (output);
  g_assert_true (g_subprocess_get_if_exited (launch->process));

  return g_subprocess_get_exit_status (launch->process);
}

/* A file of @size bytes in the directory. (transfer full) */
static gchar *
make_file (Launch * launch, gsize size)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree guint32 *data = g_new (guint32, size / 4 + 1);
  gchar *path = g_build_filename (launch->directory, "file", NULL);
  g_autoptr (GError) error = NULL;
  gsize i;

  for (i = 0; i <= size / 4; i++)
    data[i] = g_rand_int (rand);
  g_file_set_contents (path, (const gchar *) data, size, &error);
  g_assert_no_error (error);

  return path;
}

static void
assert_object_is_file (Launch * launch, const gchar * path)
{
  g_autofree gchar *object =
      ice_emulator_get_object_path (launch->emulator, MEDIA_ID);
  g_autofree gchar *bytes = NULL, *expected = NULL;
  gsize size, expected_size;

  g_assert_nonnull (object);
  g_assert_true (g_file_get_contents (object, &bytes, &size, NULL));
  g_assert_true (g_file_get_contents (path, &expected, &expected_size, NULL));
  g_assert_cmpuint (size, ==, expected_size);
  g_assert_true (memcmp (bytes, expected, size) == 0);
}

#define DEADLINE_US (60 * G_USEC_PER_SEC)

/* Polls, as there is nothing that tells. */
static void
wait_for_parts (Launch * launch, guint n)
{
  gint64 deadline = g_get_monotonic_time () + test_patience (DEADLINE_US);

  while (ice_emulator_count (launch->emulator, ICE_EMULATOR_PART, 200) < n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_usleep (5000);
  }
}

/* ---- the module ---- */

static void
test_inspect (void)
{
  g_autoptr (Launch) launch = launch_new ("");
  g_autoptr (GError) error = NULL;

  launch->process = g_subprocess_launcher_spawn (launch->launcher, &error,
      "gst-inspect-1.0", "icesink", NULL);
  g_assert_no_error (error);
  g_assert_cmpint (finish (launch), ==, 0);
  g_assert_nonnull (strstr (launch->output, "libgsticesink"));
  g_assert_nonnull (strstr (launch->output, "Sink/Network"));
  g_assert_nonnull (strstr (launch->output, "request-upload-credential"));
}

static void
test_upload (void)
{
  g_autoptr (Launch) launch = launch_new ("");
  g_autofree gchar *path = make_file (launch, 3000001);
  g_autofree gchar *source = g_strconcat ("filesrc location=", path, NULL);

  start (launch, "", source, "");
  g_assert_cmpint (finish (launch), ==, 0);
  assert_object_is_file (launch, path);
}

/* Its standard error stays clean. */
static void
test_no_home (void)
{
  g_autoptr (Launch) launch = launch_new ("");
  g_autofree gchar *path = make_file (launch, 300001);
  g_autofree gchar *source = g_strconcat ("filesrc location=", path, NULL);

  g_subprocess_launcher_unsetenv (launch->launcher, "GIO_USE_PROXY_RESOLVER");
  g_subprocess_launcher_unsetenv (launch->launcher, "XDG_RUNTIME_DIR");
  g_subprocess_launcher_unsetenv (launch->launcher, "XDG_CACHE_HOME");
  g_subprocess_launcher_setenv (launch->launcher, "HOME", "/proc/nobody",
      TRUE);
  start (launch, "", source, "oss-endpoint=oss.invalid stop-timeout=0"
      " retry-timeout=200000000");
  g_assert_cmpint (finish (launch), !=, 0);
  g_assert_null (strstr (launch->output, "CRITICAL"));
}

/* ---- early failures ---- */

#define STARTS 20

typedef struct
{
  const gchar *name;
  const gchar *options;         /* of the emulator */
  const gchar *unset;           /* from the environment */
  const gchar *settings;
} EarlyCase;

static const EarlyCase early_cases[] = {
  {"without-an-identity", "", "ALIBABA_CLOUD_ACCESS_KEY_ID", ""},
  {"without-the-profile", "", "ALIBABA_CLOUD_ACCESS_KEY_ID",
      "profile=nobody"},
  {"with-a-bad-property", "", NULL, "content-type=x part-size=5000000000"},
  {"refused", "--fault=refresh:forbidden:count=0", NULL, ""},
};

/* gst-launch-1.0 hears of it, whenever it comes. */
static void
test_early (gconstpointer data)
{
  const EarlyCase *c = data;
  g_autoptr (Launch) launch = launch_new (c->options);
  guint i;

  g_subprocess_launcher_setenv (launch->launcher,
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true", TRUE);
  if (c->unset != NULL)
    g_subprocess_launcher_unsetenv (launch->launcher, c->unset);
  /* No muxer: wavenc, for one, leaks the buffer that its header fails before. */
  for (i = 0; i < STARTS; i++) {
    start (launch, "", "audiotestsrc is-live=true", c->settings);
    g_assert_cmpint (finish (launch), !=, 0);
    g_assert_nonnull (strstr (launch->output, "GstIceSink:icesink0"));
    g_clear_object (&launch->process);
  }
}

/* ---- failures ---- */

typedef struct
{
  const gchar *name;
  const gchar *options;
  const gchar *settings;
} BadCase;

static const BadCase bad_cases[] = {
  {"a-wrong-secret", "--access-key-secret=Another", ""},
  {"an-unknown-media-id", "--media-id=another", ""},
  {"a-forbidden-part", "--fault=part:forbidden:count=0", ""},
  {"an-outage", "--fault=part:error:count=0", "retry-timeout=200000000"},
  {"a-refused-complete", "--fault=complete:forbidden:count=0", ""},
};

static void
test_bad (gconstpointer data)
{
  const BadCase *c = data;
  g_autoptr (Launch) launch = launch_new (c->options);

  start (launch, "", "fakesrc num-buffers=100 sizetype=fixed sizemax=10000",
      c->settings);
  /* It is 255 if it comes before the pipeline plays. */
  g_assert_cmpint (finish (launch), !=, 0);
  g_assert_nonnull (strstr (launch->output, "ERROR: from element"));
  g_assert_nonnull (strstr (launch->output, "icesink"));
  g_assert_null (strstr (launch->output, "Got EOS"));
}

/* What can't even be started is said as well. */
static void
test_bad_setting (void)
{
  g_autoptr (Launch) launch = launch_new ("");

  start (launch, "", "fakesrc num-buffers=10", "max-memory=1048576"
      " parallel-parts=32");
  g_assert_cmpint (finish (launch), !=, 0);
  g_assert_nonnull (strstr (launch->output, "max-memory"));
}

/* ---- little memory ---- */

#define STREAM "fakesrc num-buffers=640 sizetype=fixed sizemax=65536" \
  " filltype=pattern-span"

/* Of the child, before gst-launch-1.0 runs in it. */
static void
limit_address_space (gpointer user_data)
{
  guint64 *size = user_data;

  setrlimit (RLIMIT_AS, &(struct rlimit) {*size, *size});
}

/* What address space a run takes that holds next to nothing. */
static guint64
measure_address_space (void)
{
  g_autoptr (Launch) launch = launch_new ("");
  g_autofree gchar *path = NULL, *text = NULL;
  g_autoptr (GError) error = NULL;

  start (launch, "", "audiotestsrc is-live=true ! wavenc",
      "max-memory=1048576");
  wait_for_parts (launch, 1);
  path = g_strdup_printf ("/proc/%s/statm",
      g_subprocess_get_identifier (launch->process));
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return g_ascii_strtoull (text, NULL, 10) * sysconf (_SC_PAGESIZE);
}

/* Where the kernel has no memory, the pipeline waits for some and ends well, or
 * there is an error that says so. */
static void
test_little_memory (void)
{
  static const guint percents[] = { 70, 85, 100, 130 };
  guint64 usual;
  guint i;

  if (!test_can_limit_address_space ()) {
    g_test_skip ("the address space of a process can't be limited here");
    return;
  }

  usual = measure_address_space ();
  for (i = 0; i < G_N_ELEMENTS (percents); i++) {
    g_autoptr (Launch) launch =
        launch_new ("--fault=part:delay-answer:seconds=0.02:count=0");
    guint64 limit = usual / 100 * percents[i], size = 0;

    g_subprocess_launcher_set_child_setup (launch->launcher,
        limit_address_space, &limit, NULL);
    start (launch, "", STREAM, "parallel-parts=1");
    if (finish (launch) == 0) {
      g_assert_true (ice_emulator_get_object_info (launch->emulator, MEDIA_ID,
              NULL, &size, NULL));
      g_assert_cmpuint (size, ==, 640 * 65536);
    } else {
      g_assert_nonnull (strstr (launch->output, "ERROR"));
      g_assert_true (strstr (launch->output, "no memory") != NULL
          || strstr (launch->output, "max-memory is more than") != NULL);
    }
    g_test_message ("%u%%: %" G_GUINT64_FORMAT " bytes", percents[i], size);
  }
}

/* More than there can be is refused at once. */
static void
test_too_much_memory (void)
{
  g_autoptr (Launch) launch = launch_new ("");
  guint64 limit = G_GUINT64_CONSTANT (2) * 1024 * 1024 * 1024;

  if (!test_can_limit_address_space ()) {
    g_test_skip ("the address space of a process can't be limited here");
    return;
  }

  g_subprocess_launcher_set_child_setup (launch->launcher,
      limit_address_space, &limit, NULL);
  start (launch, "", STREAM, "max-memory=3000000000");
  g_assert_cmpint (finish (launch), !=, 0);
  g_assert_nonnull (strstr (launch->output, "max-memory is more than"));
}

/* ---- interruptions ---- */

/* The size that the head of a WAV file names is that of the object. */
static void
assert_whole_wav (Launch * launch)
{
  g_autofree gchar *object =
      ice_emulator_get_object_path (launch->emulator, MEDIA_ID);
  g_autofree gchar *bytes = NULL;
  gsize size;
  guint32 named;

  g_assert_nonnull (object);
  g_assert_true (g_file_get_contents (object, &bytes, &size, NULL));
  g_assert_cmpuint (size, >, 44);
  g_assert_true (memcmp (bytes, "RIFF", 4) == 0);
  memcpy (&named, bytes + 4, 4);
  g_assert_cmpuint (GUINT32_FROM_LE (named) + 8, ==, size);
}

#define LIVE "audiotestsrc is-live=true ! audio/x-raw,format=S16LE," \
  "rate=192000,channels=8 ! wavenc"

/* Ctrl-C under -e: the recording ends as it should. */
static void
test_interrupted_with_eos (void)
{
  g_autoptr (Launch) launch = launch_new ("");

  start (launch, "-e", LIVE, "head-size=102400");
  wait_for_parts (launch, 3);
  g_subprocess_send_signal (launch->process, SIGINT);
  g_assert_cmpint (finish (launch), ==, 0);
  assert_whole_wav (launch);
}

/* Ctrl-C without it: on-stop saves what there is. */
static void
test_interrupted_without_eos (void)
{
  g_autoptr (Launch) launch = launch_new ("");
  guint64 size = 0;

  start (launch, "", LIVE, "head-size=102400");
  wait_for_parts (launch, 3);
  g_subprocess_send_signal (launch->process, SIGINT);
  finish (launch);
  g_assert_true (ice_emulator_get_object_info (launch->emulator, MEDIA_ID,
          NULL, &size, NULL));
  g_assert_cmpuint (size, >=, 4 * 102400);
}

/* ---- secrets ---- */

static const struct
{
  const gchar *name;
  const gchar *options;
  const gchar *settings;
  gboolean fails;
} secret_cases[] = {
  {"a-good-run", "", "", FALSE},
  {"a-run-with-renewals", "--fault=part:expired-token:count=3"
        " --fault=part:error:skip=5:count=2", "", FALSE},
  {"a-refused-run", "--fault=part:forbidden:count=0", "", TRUE},
  {"a-refused-signature",
        "--fault=refresh:error:status=400:code=SignatureDoesNotMatch", "",
      TRUE},
  {"an-expired-run", "--fault=part:expired-token:count=0",
      "retry-timeout=1000000000", TRUE},
};

/* A run that fails at once leaves a log and the graph of its first step. */
#define LEAST_FILES 2

static void
search_all (Launch * launch)
{
  static const gchar *const ours[] = { KEY_SECRET, TOKEN, NULL };
  g_auto (GStrv) strings = ice_emulator_get_secrets (launch->emulator);
  const gchar *const *secrets = (const gchar * const *) strings;

  g_assert_cmpuint (g_strv_length (strings), >, 2);
  secret_search ("output", launch->output, launch->output_size, secrets);
  secret_search ("output", launch->output, launch->output_size, ours);
  secret_search_directory (launch->directory, LEAST_FILES, secrets);
  secret_search_directory (launch->directory, LEAST_FILES, ours);
}

/* With all logs, all properties, all graphs, and a spool. */
static void
start_talkative (Launch * launch, const gchar * source,
    const gchar * settings)
{
  g_autofree gchar *log = g_build_filename (launch->directory, "log", NULL);
  g_autofree gchar *all = g_strdup_printf ("spool-directory=%s/spool %s",
      launch->directory, settings);

  g_subprocess_launcher_setenv (launch->launcher, "GST_DEBUG", "*:9", TRUE);
  g_subprocess_launcher_setenv (launch->launcher, "GST_DEBUG_FILE", log,
      TRUE);
  g_subprocess_launcher_setenv (launch->launcher, "GST_DEBUG_DUMP_DOT_DIR",
      launch->directory, TRUE);
  g_subprocess_launcher_setenv (launch->launcher, "G_MESSAGES_DEBUG", "all",
      TRUE);
  start (launch, "-v -m", source, all);
}

static void
test_secrets (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (Launch) launch = launch_new (secret_cases[i].options);

  start_talkative (launch, "fakesrc num-buffers=100 sizetype=fixed"
      " sizemax=10000 ! queue", secret_cases[i].settings);
  g_assert_cmpint (finish (launch) != 0, ==, secret_cases[i].fails);
  search_all (launch);
}

/* Data, journal, lock, log and graphs. */
#define LEAST_FILES_OF_A_SPOOL 5

/* What a killed recording leaves on the disk, and what others see of it while
 * it runs. */
static void
test_secrets_of_killed (void)
{
  g_autoptr (Launch) launch = launch_new ("--fault=part:delay:seconds=1"
      ":count=0");
  g_autofree gchar *path = NULL, *line = NULL;
  gsize size;

  start_talkative (launch, "fakesrc sizetype=fixed sizemax=10000"
      " datarate=1000000 do-timestamp=true is-live=true ! queue", "");
  while (ice_emulator_count (launch->emulator, ICE_EMULATOR_PART, 200) < 2)
    g_usleep (10000);
  path = g_strdup_printf ("/proc/%s/cmdline",
      g_subprocess_get_identifier (launch->process));
  g_assert_true (g_file_get_contents (path, &line, &size, NULL));
  g_subprocess_force_exit (launch->process);
  g_subprocess_wait (launch->process, NULL, NULL);

  launch->output = line;
  g_steal_pointer (&line);
  launch->output_size = size;
  search_all (launch);
  secret_search_directory (launch->directory, LEAST_FILES_OF_A_SPOOL,
      (const gchar * const[]) { KEY_SECRET, NULL });
}

static gboolean
has_tools (void)
{
  g_autofree gchar *launch = g_find_program_in_path ("gst-launch-1.0");
  g_autofree gchar *inspect = g_find_program_in_path ("gst-inspect-1.0");

  return launch != NULL && inspect != NULL;
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  if (!has_tools ()) {
    g_print ("1..0 # SKIP gst-launch-1.0 is not installed\n");
    return 0;
  }

  if (!RESERVES_ADDRESSES) {
    g_test_add_func ("/icesink/launch/has-little-memory", test_little_memory);
    g_test_add_func ("/icesink/launch/refuses-memory-that-can-not-be",
        test_too_much_memory);
  }
  g_test_add_func ("/icesink/module/is-found", test_inspect);
  for (i = 0; i < G_N_ELEMENTS (early_cases); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/launch/exits/",
        early_cases[i].name, NULL);

    g_test_add_data_func (path, &early_cases[i], test_early);
  }
  g_test_add_func ("/icesink/launch/needs-no-home", test_no_home);
  g_test_add_func ("/icesink/launch/uploads-a-file", test_upload);
  for (i = 0; i < G_N_ELEMENTS (bad_cases); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/launch/fails-after-",
        bad_cases[i].name, NULL);

    g_test_add_data_func (path, &bad_cases[i], test_bad);
  }
  g_test_add_func ("/icesink/launch/fails-after-a-bad-setting",
      test_bad_setting);
  g_test_add_func ("/icesink/launch/ends-well-when-interrupted",
      test_interrupted_with_eos);
  g_test_add_func ("/icesink/launch/saves-what-there-is-when-interrupted",
      test_interrupted_without_eos);
  for (i = 0; i < G_N_ELEMENTS (secret_cases); i++) {
    g_autofree gchar *path =
        g_strconcat ("/icesink/launch/tells-no-secret-in-",
        secret_cases[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_secrets);
  }
  g_test_add_func ("/icesink/launch/tells-no-secret-in-a-killed-run",
      test_secrets_of_killed);

  return g_test_run ();
}
