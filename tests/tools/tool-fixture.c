/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The fixture; see the header. The thread of the test. */

#include "tool-fixture.h"

#include <string.h>

#include "tools/service.h"

#define KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define KEY_SECRET "EmulatorDemoSecret0123456789ab"

/* Variables that could lead to an identity of whoever runs the tests. */
static void
clear_identity (GSubprocessLauncher * launcher)
{
  g_auto (GStrv) names = g_listenv ();
  guint i;

  for (i = 0; names[i] != NULL; i++) {
    if (g_str_has_prefix (names[i], "ALIBABA_CLOUD_"))
      g_subprocess_launcher_unsetenv (launcher, names[i]);
  }
  g_subprocess_launcher_setenv (launcher,
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true", TRUE);
}

ToolFixture *
tool_fixture_new (const gchar * option)
{
  ToolFixture *fixture = g_new0 (ToolFixture, 1);

  fixture->emulator = ice_emulator_new_started (option);
  fixture->launcher = g_subprocess_launcher_new
      (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  clear_identity (fixture->launcher);
  g_subprocess_launcher_setenv (fixture->launcher,
      "ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID, TRUE);
  g_subprocess_launcher_setenv (fixture->launcher,
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET, TRUE);

  return fixture;
}

void
tool_fixture_free (ToolFixture * fixture)
{
  ice_emulator_free (fixture->emulator);
  g_object_unref (fixture->launcher);
  g_free (fixture->out);
  g_free (fixture->err);
  g_clear_pointer (&fixture->json, json_node_unref);
  g_free (fixture);
}

static GStrv
get_words (ToolFixture * fixture, const gchar * command)
{
  g_autoptr (GString) line = g_string_new (g_getenv ("GST_ICE_TOOL"));
  g_autoptr (GError) error = NULL;
  gchar **words = NULL;

  g_string_append_printf (line, " %s", command);
  g_string_replace (line, "EMULATOR", ice_emulator_get_uri
      (fixture->emulator), 0);
  g_shell_parse_argv (line->str, NULL, &words, &error);
  g_assert_no_error (error);

  return words;
}

/* LeakSanitizer reports last, on stderr, where the tool itself may have
 * nothing to say. The report is handed on to who runs the test: run.sh knows
 * what of it is let pass. */
static void
hand_on_leaks (ToolFixture * fixture)
{
  g_auto (GStrv) parts = g_regex_split_simple
      ("\n?=+\n(?===\\d+==ERROR: LeakSanitizer)", fixture->err, 0, 0);

  if (g_strv_length (parts) < 2)
    return;
  g_printerr ("%s", parts[1]);
  g_free (fixture->err);
  fixture->err = g_strdup (parts[0]);
}

void
tool_fixture_run (ToolFixture * fixture, const gchar * command)
{
  g_auto (GStrv) words = get_words (fixture, command);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->out, g_free);
  g_clear_pointer (&fixture->err, g_free);
  process = g_subprocess_launcher_spawnv (fixture->launcher,
      (const gchar * const *) words, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &fixture->out,
      &fixture->err, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  fixture->status = g_subprocess_get_exit_status (process);
  hand_on_leaks (fixture);
  g_test_message ("%s: exit %d\n%s%s", command, fixture->status,
      fixture->out, fixture->err);
}

void
tool_fixture_run_on (ToolFixture * fixture, const gchar * command,
    SpoolFixture * spools, const gchar * option)
{
  g_autofree gchar *line = g_strdup_printf ("%s %s " MEDIA_ID
      " --ice-endpoint=EMULATOR --json %s", command, spools->directory, option);

  tool_fixture_run (fixture, line);
  tool_fixture_assert_no_secret (fixture);
}

void
tool_fixture_expect_log (ToolFixture * fixture, const gchar * line)
{
  g_autofree gchar *logged = g_strconcat (line,
      " --gst-debug=ice*:9 --gst-debug-no-color", NULL);

  /* Under the leaks tracer the log is a file. */
  g_subprocess_launcher_unsetenv (fixture->launcher, "GST_DEBUG_FILE");
  tool_fixture_expect (fixture, 0, logged);
  tool_fixture_assert_no_secret (fixture);
}

void
tool_fixture_leave (SpoolFixture * spools, const gchar * object,
    const gchar * upload_id)
{
  g_autoptr (GstIceSpool) spool = NULL;

  spool_fixture_record (spools);
  spool = spool_fixture_open (spools);
  gst_ice_spool_note_upload (spool, TOOL_BUCKET, object, upload_id);
  gst_ice_spool_flush (spool);
}

gboolean
tool_fixture_is_left (SpoolFixture * spools)
{
  g_autofree gchar *path = spool_fixture_get_path (spools, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

void
tool_fixture_add_fault (ToolFixture * fixture, const gchar * fault)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_add_fault (fixture->emulator, fault, &error);
  g_assert_no_error (error);
}

/* The program has its options once, and a test sets them again. */
static void
clear_options (void)
{
  const GOptionEntry *option = gst_ice_tool_service_get_options ();

  for (; option->long_name != NULL; option++) {
    if (option->arg == G_OPTION_ARG_STRING)
      g_clear_pointer ((gchar **) option->arg_data, g_free);
  }
}

/* The program's own options say where the emulator is. */
static void
point_at_emulator (ToolFixture * fixture)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) words = g_new0 (gchar *, 3);
  g_autoptr (GError) error = NULL;

  clear_options ();
  words[0] = g_strdup ("test");
  words[1] = g_strconcat ("--ice-endpoint=",
      ice_emulator_get_uri (fixture->emulator), NULL);
  g_option_context_add_main_entries (context,
      gst_ice_tool_service_get_options (), NULL);
  g_option_context_parse_strv (context, &words, &error);
  g_assert_no_error (error);
}

gchar *
tool_fixture_begin_upload (ToolFixture * fixture, const gchar * media_id)
{
  g_autoptr (GstIceToolService) service = NULL;
  g_autoptr (GstIceLease) lease = NULL;
  g_autoptr (GstIceOssReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  g_setenv ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID, TRUE);
  g_setenv ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET, TRUE);
  point_at_emulator (fixture);
  service = gst_ice_tool_service_new (media_id, &error);
  g_assert_no_error (error);
  lease = gst_ice_tool_service_refresh (service, NULL, &error);
  g_assert_no_error (error);
  reply = gst_ice_tool_service_send (service, lease,
      gst_ice_oss_request_new_initiate ("video/mp2t"), &error);
  g_assert_no_error (error);

  return g_strdup (reply->upload_id);
}

void
tool_fixture_assert_no_secret (ToolFixture * fixture)
{
  g_auto (GStrv) secrets = ice_emulator_get_secrets (fixture->emulator);
  guint i;

  g_assert_nonnull (secrets[0]);
  for (i = 0; secrets[i] != NULL; i++) {
    g_assert_null (strstr (fixture->out, secrets[i]));
    g_assert_null (strstr (fixture->err, secrets[i]));
  }
}

JsonObject *
tool_fixture_get_json (ToolFixture * fixture)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->json, json_node_unref);
  fixture->json = json_from_string (fixture->out, &error);
  g_assert_no_error (error);
  g_assert_true (JSON_NODE_HOLDS_OBJECT (fixture->json));

  return json_node_get_object (fixture->json);
}
