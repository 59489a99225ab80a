/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What README.md says one may see when something is wrong is what one sees:
 * each row of its table of troubles is brought about with gst-launch-1.0 and
 * the emulator. For the few that would take an hour, an expired certificate or
 * an application, the text is looked up in the sources.
 *
 * Runs on: one thread; the emulator has its own. The environment says where
 * README.md (README), the sources (SOURCE_ROOT) and the plugin are. */

#include <gio/gio.h>

#include "emulator/emulator.h"

#define HEADING "\n### Troubles\n"
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
  {.seen = "in spite of seekable=no", .sink = "seekable=no",
      .source = REWRITER},
  {.seen = "that are no longer held", .sink = "head-size=0 max-memory=524288",
      .source = REWRITER},
  {.seen = "has reached its largest size", .file = "recording/recording.c"},
  {.seen = "The spool has reached its largest size",
      .file = "recording/spool-data.c"},
  {.seen = "it is in use by another process or element",
      .file = "recording/spool-files.c"},
  {.seen = "it is damaged", .file = "recording/spool.c"},
  {.seen = "appended, so this one was not taken",
      .file = "icesink/run-spool.c"},
  {.seen = "and another one would overwrite it",
      .file = "icesink/run-spool.c"},
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

static gchar *readme;

static IceEmulator *
start_emulator (const gchar * options)
{
  g_auto (GStrv) argv = g_strsplit (options != NULL ? options : "", " ", -1);
  g_autoptr (GError) error = NULL;
  IceEmulator *emulator;

  emulator = ice_emulator_new ((const gchar * const *) argv, &error);
  g_assert_no_error (error);
  ice_emulator_start (emulator, &error);
  g_assert_no_error (error);

  return emulator;
}

/* PORT is the emulator's host and port, and media-id=NULL leaves the media id
 * out. */
static gchar *
build_command (const Trouble * trouble, IceEmulator * emulator)
{
  const gchar *uri = ice_emulator_get_uri (emulator);
  const gchar *sink = trouble->sink != NULL ? trouble->sink : "";
  g_autoptr (GString) settings = g_string_new (NULL);

  if (!g_str_equal (sink, "media-id=NULL"))
    g_string_printf (settings, "media-id=0123 %s", sink);
  g_string_replace (settings, "PORT", uri + strlen ("http://"), 0);

  return g_strdup_printf ("exec gst-launch-1.0 %s ! icesink ice-endpoint=%s"
      " part-size=102400 retry-timeout=300000000 stop-timeout=300000000 %s"
      " 2>&1", trouble->source != NULL ? trouble->source : SOURCE, uri,
      settings->str);
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
  g_autoptr (IceEmulator) emulator = start_emulator (trouble->options);
  g_autofree gchar *command = build_command (trouble, emulator);
  g_auto (GStrv) environment = build_environment (trouble->variable);
  const gchar *const argv[] = { "sh", "-c", command, NULL };
  g_autoptr (GError) error = NULL;
  gchar *output = NULL;
  gint status;

  g_spawn_sync (NULL, (gchar **) argv, environment, G_SPAWN_SEARCH_PATH, NULL,
      NULL, &output, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, !=, 0);

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

/* (transfer full) */
static gchar **
get_rows (void)
{
  const gchar *begin = strstr (readme, HEADING);
  g_auto (GStrv) sections = NULL;

  g_assert_nonnull (begin);
  sections = g_strsplit (begin + strlen (HEADING), "\n#", 2);

  return g_strsplit (sections[0], "\n| `", -1);
}

/* Each row is tried, and what is tried has a row. */
static void
test_table (void)
{
  g_auto (GStrv) rows = get_rows ();
  guint i;

  g_assert_cmpuint (g_strv_length (rows) - 1, ==, G_N_ELEMENTS (troubles));
  for (i = 0; i < G_N_ELEMENTS (troubles); i++) {
    g_auto (GStrv) row = g_strsplit (rows[i + 1], "`", 2);

    g_assert_cmpstr (row[0], ==, troubles[i].seen);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gint status;
  guint i;

  g_test_init (&argc, &argv, NULL);
  g_file_get_contents (g_getenv ("README"), &readme, NULL, &error);
  g_assert_no_error (error);

  g_test_add_func ("/readme/troubles/are-all-tried", test_table);
  for (i = 0; i < G_N_ELEMENTS (troubles); i++) {
    g_autofree gchar *path = g_strdup_printf ("/readme/troubles/%u", i + 1);

    g_test_add_data_func (path, &troubles[i], test_trouble);
  }
  status = g_test_run ();

  g_free (readme);

  return status;
}
