/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What docs/reference.md says of errors, identities, the tool and the log is
 * tried: each row of its tables is brought about, with the element, with
 * gst-launch-1.0 or with gst-ice-1.0, against the emulator.
 *
 * All of it runs in a network namespace of its own where that can be made: the
 * emulator then also is the metadata service of ECS, at its real address, and
 * nothing that should reach STS gets out. Elsewhere what needs that is skipped.
 *
 * Runs on: one thread; the emulator has its own. The environment says where
 * the sources (SOURCE_ROOT), the build (BUILD_ROOT) and the plugin are. */

#define _GNU_SOURCE

#include <sched.h>
#include <signal.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "emulator/emulator.h"
#include "pages.h"
#include "remove-tree.h"

#define KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define KEY_SECRET "EmulatorDemoSecret0123456789ab"
#define KEY_VARIABLES "ALIBABA_CLOUD_ACCESS_KEY_ID=" KEY_ID \
    " ALIBABA_CLOUD_ACCESS_KEY_SECRET=" KEY_SECRET

/* Some parts' worth; and music that goes back to its head. */
#define SOURCE "fakesrc num-buffers=50 sizetype=fixed sizemax=20000"
#define REWRITER "audiotestsrc num-buffers=430 ! wavenc"

static Pages *pages;
static gboolean has_namespace;

/* ---- running ---- */

/* Before there is another thread. */
static void
enter_namespace (void)
{
  has_namespace = unshare (CLONE_NEWNET) == 0
      && system ("ip link set lo up && ip address add 100.100.100.200/32"
      " dev lo") == 0;
}

/* Its address, also if it listens on all of them. (transfer full) */
static gchar *
get_uri (IceEmulator * emulator)
{
  g_autoptr (GString) uri = g_string_new (ice_emulator_get_uri (emulator));

  g_string_replace (uri, "0.0.0.0", "127.0.0.1", 0);

  return g_strdup (uri->str);
}

/* In a shell, with an empty HOME and without a variable of Alibaba Cloud but
 * those in @variables. Returns: all that it prints. */
static gchar *
run (const gchar * home, const gchar * variables, const gchar * command,
    gint * status)
{
  g_autofree gchar *script = g_strdup_printf ("for name in"
      " $(env | sed -n 's/^\\(ALIBABA_CLOUD_[A-Z_]*\\)=.*/\\1/p'); do"
      " unset $name; done; export HOME=%s LC_ALL=C.UTF-8 %s;"
      " ALIBABA_CLOUD_ECS_METADATA_DISABLED="
      "${ALIBABA_CLOUD_ECS_METADATA_DISABLED:-true};"
      " export ALIBABA_CLOUD_ECS_METADATA_DISABLED; { %s; } 2>&1", home,
      variables, command);
  const gchar *const argv[] = { "sh", "-c", script, NULL };
  g_autoptr (GError) error = NULL;
  gchar *output = NULL;

  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      &output, NULL, status, &error);
  g_assert_no_error (error);

  return output;
}

static void
assert_says (const gchar * output, const gchar * text)
{
  if (strstr (output, text) == NULL)
    g_error ("no “%s” in:\n%s", text, output);
}

static gchar *
new_directory (void)
{
  g_autoptr (GError) error = NULL;
  gchar *directory = g_dir_make_tmp ("icesink-reference-XXXXXX", &error);

  g_assert_no_error (error);

  return directory;
}

static void
remove_directory (gchar * directory)
{
  test_remove_tree (directory);
  g_free (directory);
}

/* @path: below @directory, with folders */
static void
write_file (const gchar * directory, const gchar * path, const gchar * text)
{
  g_autofree gchar *file = g_build_filename (directory, path, NULL);
  g_autofree gchar *folder = g_path_get_dirname (file);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (file, text, -1, &error);
  g_assert_no_error (error);
}

/* ---- errors ---- */

/**
 * Failure:
 * @row: of the table, and the name of a #GstResourceError
 * @code: that
 * @options: (nullable): of the emulator
 * @sink: settings
 * @source: (nullable): in place of SOURCE
 */
typedef struct
{
  const gchar *row;
  GstResourceError code;
  const gchar *options;
  const gchar *sink;
  const gchar *source;
} Failure;

/* *INDENT-OFF* */
static const Failure failures[] = {
  {"SETTINGS", GST_RESOURCE_ERROR_SETTINGS, NULL, "media-id=a/b"},
  {"NOT_AUTHORIZED", GST_RESOURCE_ERROR_NOT_AUTHORIZED,
      "--fault=refresh:forbidden:count=0", "media-id=a"},
  {"NOT_FOUND", GST_RESOURCE_ERROR_NOT_FOUND, "--media-id=another",
      "media-id=a"},
  {"OPEN_WRITE", GST_RESOURCE_ERROR_OPEN_WRITE,
      "--fault=any:reset-before:count=0", "media-id=a"},
  {"WRITE", GST_RESOURCE_ERROR_WRITE, "--fault=part:reset-before:count=0",
      "media-id=a"},
  {"CLOSE", GST_RESOURCE_ERROR_CLOSE,
      "--fault=complete:close-after-processing --fault=head:forbidden:count=0",
      "media-id=a"},
  {"SEEK", GST_RESOURCE_ERROR_SEEK, NULL,
      "media-id=a head-size=0 max-memory=524288 parallel-parts=1", REWRITER},
  {"SYNC", GST_RESOURCE_ERROR_SYNC, "--fault=part:wrong-crc:count=0",
      "media-id=a retry-timeout=60000000000"},
  {"NO_SPACE_LEFT", GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "--fault=any:delay:seconds=5:count=0",
      "media-id=a overflow=error max-memory=524288"},
  {"BUSY", GST_RESOURCE_ERROR_BUSY,
      "--fault=refresh:error:status=429:code=Throttling.User:count=0",
      "media-id=a"},
  {"FAILED", GST_RESOURCE_ERROR_FAILED,
      "--fault=initiate:error:status=400:code=InvalidArgument:count=0",
      "media-id=a"},
};
/* *INDENT-ON* */

static GError *
fail (const gchar * line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  GError *failure = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &failure, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return failure;
}

static void
test_failure (gconstpointer data)
{
  const Failure *failure = data;
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started (failure->options);
  g_autofree gchar *line = g_strdup_printf ("%s ! icesink ice-endpoint=%s"
      " access-key-id=" KEY_ID " access-key-secret=" KEY_SECRET
      " part-size=102400 retry-timeout=500000000 stop-timeout=300000000 %s",
      failure->source != NULL ? failure->source : SOURCE,
      ice_emulator_get_uri (emulator), failure->sink);
  g_autoptr (GError) error = fail (line);

  g_test_message ("%s", error->message);
  g_assert_error (error, GST_RESOURCE_ERROR, (gint) failure->code);
}

static void
test_failures (void)
{
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "errors");
  const gchar *names[G_N_ELEMENTS (failures) + 1] = { NULL };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (failures); i++)
    names[i] = failures[i].row;
  page_rows_assert (rows, "errors", names);
}

/* ---- identity ---- */

/**
 * Source:
 * @row: how the row begins
 * @found: what the tool says; NULL: it has no properties
 * @variables: of the environment; EMULATOR and HOME are replaced
 * @file: (nullable): below HOME
 * @text: (nullable): of @file
 * @alone: whether it needs the namespace
 * @options: (nullable): of the emulator
 */
typedef struct
{
  const gchar *row;
  const gchar *found;
  const gchar *variables;
  const gchar *file;
  const gchar *text;
  gboolean alone;
  const gchar *options;
} Source;

/* *INDENT-OFF* */
static const Source sources[] = {
  {"properties, or the signal", NULL, ""},
  {"environment", "found: environment", KEY_VARIABLES},
  /* STS is out of reach, but asked. */
  {"OIDC role", "OIDC role: AssumeRoleWithOIDC: sts.aliyuncs.com:",
      "ALIBABA_CLOUD_ROLE_ARN=acs:ram::1:role/r"
      " ALIBABA_CLOUD_OIDC_PROVIDER_ARN=acs:ram::1:oidc-provider/p"
      " ALIBABA_CLOUD_OIDC_TOKEN_FILE=HOME/token", "token", "a.b.c", TRUE},
  {"~/.aliyun/config.json", "found: configuration file", "",
      ".aliyun/config.json",
      "{\"current\":\"default\",\"profiles\":[{\"name\":\"default\","
      "\"mode\":\"AK\",\"access_key_id\":\"" KEY_ID "\","
      "\"access_key_secret\":\"" KEY_SECRET "\"}]}"},
  {"~/.alibabacloud/credentials", "found: credentials file", "",
      ".alibabacloud/credentials",
      "[default]\ntype = access_key\naccess_key_id = " KEY_ID
      "\naccess_key_secret = " KEY_SECRET "\n"},
  {"RAM role of the ECS instance", "found: ECS RAM role",
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED=false", NULL, NULL, TRUE,
      "--address=0.0.0.0 --port=80 --endpoint=http://127.0.0.1:80"},
  {"an address that gives one out", "found: credentials URI",
      "ALIBABA_CLOUD_CREDENTIALS_URI=EMULATOR/credentials"},
};

/* What a variable does shows in what the tool then says. */
static const Source variables[] = {
  {"ALIBABA_CLOUD_STS_REGION", "sts-vpc.cn-beijing.aliyuncs.com:",
      "ALIBABA_CLOUD_ROLE_ARN=acs:ram::1:role/r"
      " ALIBABA_CLOUD_OIDC_PROVIDER_ARN=acs:ram::1:oidc-provider/p"
      " ALIBABA_CLOUD_OIDC_TOKEN_FILE=HOME/token"
      " ALIBABA_CLOUD_STS_REGION=cn-beijing"
      " ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED=true", "token", "a.b.c", TRUE},
  /* Only STS would see it; a name that is none is refused before. */
  {"ALIBABA_CLOUD_ROLE_SESSION_NAME", "OIDC role: ",
      "ALIBABA_CLOUD_ROLE_ARN=acs:ram::1:role/r"
      " ALIBABA_CLOUD_OIDC_PROVIDER_ARN=acs:ram::1:oidc-provider/p"
      " ALIBABA_CLOUD_OIDC_TOKEN_FILE=HOME/token"
      " ALIBABA_CLOUD_ROLE_SESSION_NAME=door", "token", "a.b.c", TRUE},
  {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
      "ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true", ".aliyun/config.json",
      "{\"current\":\"default\",\"profiles\":[{\"name\":\"default\","
      "\"mode\":\"AK\",\"access_key_id\":\"" KEY_ID "\","
      "\"access_key_secret\":\"" KEY_SECRET "\"}]}"},
  {"ALIBABA_CLOUD_ECS_METADATA_DISABLED",
      "ECS RAM role: ALIBABA_CLOUD_ECS_METADATA_DISABLED is true",
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED=true"},
  /* The emulator gives no token, so there is only the way without. */
  {"ALIBABA_CLOUD_IMDSV1_DISABLED", "ECS RAM role: ",
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED=false"
      " ALIBABA_CLOUD_IMDSV1_DISABLED=true", NULL, NULL, TRUE,
      "--address=0.0.0.0 --port=80 --endpoint=http://127.0.0.1:80"
      " --fault=metadata-token:error:status=404:count=0"},
};
/* *INDENT-ON* */

static void
use_properties (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autofree gchar *line = g_strdup_printf ("exec gst-launch-1.0 -q " SOURCE
      " ! icesink media-id=a ice-endpoint=%s access-key-id=" KEY_ID
      " access-key-secret=" KEY_SECRET, ice_emulator_get_uri (emulator));
  g_autofree gchar *output = NULL;
  gint status;

  output = run ("/nonexistent", "", line, &status);
  g_test_message ("%s", output);
  g_assert_cmpint (status, ==, 0);
}

static void
test_source (gconstpointer data)
{
  const Source *source = data;
  g_autoptr (IceEmulator) emulator = NULL;
  gchar *home = NULL;
  g_autoptr (GString) environment = g_string_new (source->variables);
  g_autofree gchar *uri = NULL;
  g_autofree gchar *command = NULL;
  g_autofree gchar *output = NULL;
  gint status;

  if (source->found == NULL) {
    use_properties ();
    return;
  }
  if (source->alone && !has_namespace) {
    g_test_skip ("no network namespace can be made");
    return;
  }
  emulator = ice_emulator_new_started (source->options);
  uri = get_uri (emulator);
  home = new_directory ();
  if (source->file != NULL)
    write_file (home, source->file, source->text);
  g_string_replace (environment, "EMULATOR", uri, 0);
  g_string_replace (environment, "HOME", home, 0);
  command = g_strdup_printf ("exec %s/gst/tools/gst-ice-1.0 check abc"
      " --ice-endpoint=%s", g_getenv ("BUILD_ROOT"), uri);
  output = run (home, environment->str, command, &status);
  remove_directory (home);
  assert_says (output, source->found);
  g_assert_cmpint (status == 0, ==,
      g_str_has_prefix (source->found, "found: "));
}

/* The rows begin with these, in this order. */
static void
assert_order (const gchar * table, const Source * tried, guint n)
{
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, table);
  guint i;

  g_assert_cmpuint (rows->len, ==, n);
  for (i = 0; i < n; i++) {
    g_autofree gchar *name = page_row_get_name (g_ptr_array_index (rows, i));

    if (!g_str_has_prefix (name, tried[i].row))
      g_error ("%s: row %u is “%s”, not “%s”", table, i + 1, name,
          tried[i].row);
  }
}

/* As the tool says where it has looked. */
static void
test_order (void)
{
  static const gchar *const places[] = { "environment: ", "OIDC role: ",
    "configuration file: ", "credentials file: ", "ECS RAM role: ",
    "credentials URI: "
  };
  g_autofree gchar *command =
      g_strdup_printf ("exec %s/gst/tools/gst-ice-1.0 check abc"
      " --ice-endpoint=http://127.0.0.1:9", g_getenv ("BUILD_ROOT"));
  g_autofree gchar *output = NULL;
  const gchar *at;
  gint status;
  guint i;

  output = run ("/nonexistent", "", command, &status);
  for (i = 0, at = output; i < G_N_ELEMENTS (places); i++) {
    assert_says (at, places[i]);
    at = strstr (at, places[i]);
  }
  assert_order ("identity", sources, G_N_ELEMENTS (sources));
  assert_order ("variables", variables, G_N_ELEMENTS (variables));
}

/* ---- the tool ---- */

static const gchar *const commands[] = {
  "gst-ice-1.0 create --title=TITLE --ext=EXT",
  "gst-ice-1.0 info MEDIA-ID",
  "gst-ice-1.0 delete MEDIA-ID",
  "gst-ice-1.0 list DIRECTORY",
  "gst-ice-1.0 finish DIRECTORY MEDIA-ID",
  "gst-ice-1.0 abort DIRECTORY MEDIA-ID",
  "gst-ice-1.0 check MEDIA-ID",
  NULL
};

/* @words: command, and what belongs in place of the words of the table. It is
 * to succeed. (transfer full) */
static gchar *
use_tool (IceEmulator * emulator, const gchar * words)
{
  g_autofree gchar *command = g_strdup_printf ("exec %s/gst/tools/gst-ice-1.0"
      " %s", g_getenv ("BUILD_ROOT"), words);
  g_autoptr (GString) filled = g_string_new (command);
  gchar *output;
  gint status;

  g_string_replace (filled, "EMULATOR", ice_emulator_get_uri (emulator), 0);
  output = run ("/nonexistent", KEY_VARIABLES, filled->str, &status);
  if (status != 0)
    g_error ("%s: status %d:\n%s", filled->str, status, output);

  return output;
}

static gboolean
has_pattern (const gchar * text, const gchar * pattern)
{
  return g_regex_match_simple (pattern, text, 0, 0);
}

/* Two parts have arrived, and as many bytes are on disk: those come there in
 * batches. */
static gboolean
has_spooled (IceEmulator * emulator, const gchar * directory)
{
  g_autofree gchar *list = g_strdup_printf ("list --json %s", directory);
  g_autofree gchar *json = use_tool (emulator, list);

  return has_pattern (json, "\"parts-arrived\" *: *([2-9]|[1-9]\\d)")
      && has_pattern (json, "\"bytes\" *: *([2-9]\\d{5}|\\d{7})");
}

/* A recording that was killed once two parts had arrived. */
static void
leave_recording (IceEmulator * emulator, const gchar * directory)
{
  g_autofree gchar *line = g_strdup_printf ("gst-launch-1.0 -q fakesrc"
      " is-live=true sizetype=fixed sizemax=20000 do-timestamp=true"
      " ! identity sleep-time=10000 ! icesink media-id=a ice-endpoint=%s"
      " access-key-id=" KEY_ID " access-key-secret=" KEY_SECRET
      " part-size=102400 head-size=0 spool-directory=%s",
      ice_emulator_get_uri (emulator), directory);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process =
      g_subprocess_newv ((const gchar * const *) argv, G_SUBPROCESS_FLAGS_NONE,
      &error);

  g_assert_no_error (error);
  while (!has_spooled (emulator, directory))
    g_usleep (G_USEC_PER_SEC / 10);
  g_subprocess_force_exit (process);
  g_subprocess_wait (process, NULL, NULL);
}

/* The asset has no file. */
static void
test_assets (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autofree gchar *media_id = use_tool (emulator,
      "create --ice-endpoint=EMULATOR --title=T --ext=mp4");
  g_autofree gchar *info = NULL, *found = NULL, *delete = NULL;

  g_strchomp (media_id);
  g_assert_null (strpbrk (media_id, " \n"));
  info = g_strdup_printf ("info --ice-endpoint=EMULATOR %s", media_id);
  found = use_tool (emulator, info);
  assert_says (found, "waiting");
  delete = g_strdup_printf ("delete --ice-endpoint=EMULATOR %s", media_id);
  g_free (use_tool (emulator, delete));
}

static void
test_tool (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  gchar *directory = new_directory ();
  g_autofree gchar *list = g_strdup_printf ("list %s", directory);
  g_autofree gchar *finish =
      g_strdup_printf ("finish %s a --ice-endpoint=EMULATOR", directory);
  g_autofree gchar *abort =
      g_strdup_printf ("abort %s a --ice-endpoint=EMULATOR", directory);
  g_autofree gchar *left = NULL, *checked = NULL;

  leave_recording (emulator, directory);
  left = use_tool (emulator, list);
  assert_says (left, "a ");
  g_free (use_tool (emulator, finish));
  g_assert_true (ice_emulator_get_object_info (emulator, "a", NULL, NULL,
          NULL));

  leave_recording (emulator, directory);
  g_assert_cmpuint (ice_emulator_count_open_uploads (emulator), ==, 1);
  g_free (use_tool (emulator, abort));
  g_assert_cmpuint (ice_emulator_count_open_uploads (emulator), ==, 0);

  checked = use_tool (emulator, "check a --ice-endpoint=EMULATOR");
  assert_says (checked, "oss         ok ");
  remove_directory (directory);
}

static void
test_commands (void)
{
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "commands");
  g_autofree gchar *help = NULL;
  g_autofree gchar *command = g_strdup_printf ("%s/gst/tools/gst-ice-1.0"
      " --help", g_getenv ("BUILD_ROOT"));
  guint i;

  page_rows_assert (rows, "commands", commands);
  g_spawn_command_line_sync (command, &help, NULL, NULL, NULL);
  for (i = 0; commands[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (commands[i], " ", 3);

    assert_says (help, words[1]);
  }
}

/* ---- the log ---- */

/* @lines: (out): what the log has. @options: of the emulator */
static gchar *
record_with_log (const gchar * levels, const gchar * options)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (options);
  gchar *directory = new_directory ();
  g_autofree gchar *log = g_build_filename (directory, "log", NULL);
  g_autofree gchar *line = g_strdup_printf ("exec gst-launch-1.0 -q " SOURCE
      " ! icesink media-id=a ice-endpoint=%s part-size=102400"
      " retry-timeout=5000000000", ice_emulator_get_uri (emulator));
  g_autofree gchar *environment = g_strdup_printf (KEY_VARIABLES
      " GST_DEBUG_NO_COLOR=1 GST_DEBUG=%s GST_DEBUG_FILE=%s", levels, log);
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;
  gint status;

  g_free (run ("/nonexistent", environment, line, &status));
  g_file_get_contents (log, &text, NULL, &error);
  g_assert_no_error (error);
  remove_directory (directory);

  return text;
}

static const struct
{
  const gchar *row;
  const gchar *levels;
  const gchar *shows;           /* the level of some line */
  const gchar *hides;           /* of none */
} log_levels[] = {
  {"ice*:1", "ice*:1", " ERROR ", " WARN "},
  {"ice*:2", "ice*:2", " WARN ", " INFO "},
  {"ice*:4", "ice*:4", " INFO ", " DEBUG "},
  {"ice*:5", "ice*:5", " DEBUG ", " LOG "},
  {"ice*:6", "ice*:6", " LOG ", " TRACE "},
  {"ice*:7", "ice*:7", " TRACE ", " MEMDUMP "},
};

static void
test_log_levels (void)
{
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "log-levels");
  const gchar *names[G_N_ELEMENTS (log_levels) + 1] = { NULL };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (log_levels); i++) {
    g_autofree gchar *log = record_with_log (log_levels[i].levels, i == 0 ?
        "--fault=part:forbidden:count=0" : "--fault=part:reset-before:count=4");

    names[i] = log_levels[i].row;
    assert_says (log, log_levels[i].shows);
    g_assert_null (strstr (log, log_levels[i].hides));
  }
  page_rows_assert (rows, "log-levels", names);
}

/* Adds what stands before the `=` of a line to @seen. The error goes up to the
 * end of the line. */
static void
collect_fields (const gchar * line, GHashTable * seen)
{
  g_autoptr (GRegex) regex = g_regex_new ("([a-z-]+)=", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_auto (GStrv) parts = g_strsplit (line, " error=", 2);

  if (parts[1] != NULL)
    g_hash_table_add (seen, g_strdup ("error"));
  for (g_regex_match (regex, parts[0], 0, &match);
      g_match_info_matches (match); g_match_info_next (match, NULL))
    g_hash_table_add (seen, g_match_info_fetch (match, 1));
}

static void
test_request_fields (void)
{
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "request-fields");
  g_autofree gchar *log =
      record_with_log ("icerequest:6", "--fault=part:reset-before");
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash,
      g_str_equal, g_free, NULL);
  g_auto (GStrv) lines = g_strsplit (log, "operation=", -1);
  g_autofree gchar **names = NULL;
  guint i;

  for (i = 1; lines[i] != NULL; i++) {
    g_autofree gchar *line = g_strconcat ("operation=", lines[i], NULL);
    g_auto (GStrv) first = g_strsplit (line, "\n", 2);

    collect_fields (first[0], seen);
  }
  g_assert_cmpuint (i, >, 5);
  names = (gchar **) g_hash_table_get_keys_as_array (seen, NULL);
  page_rows_assert (rows, "request-fields", (const gchar * const *) names);
}

static void
add_sources (const gchar * table, const Source * tried, guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    g_autofree gchar *path = g_strdup_printf ("/pages/%s/%u", table, i + 1);

    g_test_add_data_func (path, &tried[i], test_source);
  }
}

int
main (int argc, char **argv)
{
  gint status;
  guint i;

  enter_namespace ();
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  pages = pages_new ();

  g_test_add_func ("/pages/errors/are-all-tried", test_failures);
  for (i = 0; i < G_N_ELEMENTS (failures); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/pages/errors/%s", failures[i].row);

    g_test_add_data_func (path, &failures[i], test_failure);
  }
  g_test_add_func ("/pages/identity/is-looked-for-in-this-order", test_order);
  add_sources ("identity", sources, G_N_ELEMENTS (sources));
  add_sources ("variables", variables, G_N_ELEMENTS (variables));
  g_test_add_func ("/pages/commands/are-all-there", test_commands);
  g_test_add_func ("/pages/commands/make-and-remove-assets", test_assets);
  g_test_add_func ("/pages/commands/do-what-is-said", test_tool);
  g_test_add_func ("/pages/log-levels/show-what-is-said", test_log_levels);
  g_test_add_func ("/pages/request-fields/are-all-described",
      test_request_fields);
  status = g_test_run ();

  pages_free (pages);
  gst_deinit ();

  return status;
}
