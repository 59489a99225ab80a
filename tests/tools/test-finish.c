/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 finish: what a recording has left becomes an object. */

#include <signal.h>
#include <string.h>

#include <gst/gst.h>

#include "../system.h"
#include "tool-fixture.h"

static void
run_finish (ToolFixture * tool, SpoolFixture * spools, const gchar * option)
{
  tool_fixture_run_on (tool, "finish", spools, option);
}

/* The object is what was recorded. */
static void
assert_object (ToolFixture * tool)
{
  g_autofree gchar *path = ice_emulator_get_object_path (tool->emulator,
      MEDIA_ID);
  g_autofree gchar *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize size, i;

  g_assert_nonnull (path);
  g_file_get_contents (path, &bytes, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, ==, RECORDED_SIZE);
  for (i = 0; i < size; i++)
    g_assert_cmpuint ((guint8) bytes[i], ==, recorded_byte (i));
}

static void
assert_complete (ToolFixture * tool, SpoolFixture * spools)
{
  JsonObject *object = tool_fixture_get_json (tool);

  g_assert_cmpint (tool->status, ==, 0);
  g_assert_true (json_object_get_boolean_member (object, "ok"));
  g_assert_cmpint (json_object_get_int_member (object, "size"), ==,
      RECORDED_SIZE);
  g_assert_cmpstr (json_object_get_string_member (object, "object"), ==,
      TOOL_OBJECT);
  assert_object (tool);
  g_assert_false (tool_fixture_is_left (spools));
  g_assert_cmpuint (ice_emulator_count_open_uploads (tool->emulator), ==, 0);
}

static void
assert_kept (ToolFixture * tool, SpoolFixture * spools, gint status)
{
  g_assert_cmpint (tool->status, ==, status);
  g_assert_true (tool_fixture_is_left (spools));
  g_assert_cmpstr (tool->err, !=, "");
}

static void
test_open_upload (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *upload_id = tool_fixture_begin_upload (tool, MEDIA_ID);

  tool_fixture_leave (spools, TOOL_OBJECT, upload_id);
  run_finish (tool, spools, "");
  assert_complete (tool, spools);
  g_assert_cmpuint (ice_emulator_count (tool->emulator, ICE_EMULATOR_INITIATE,
          0), ==, 1);
}

/* Nothing had been begun, or the service has forgotten it. */
static void
test_no_upload (void)
{
  const gchar *upload_ids[] = { NULL, "0123456789ABCDEF0123456789ABCDEF" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (upload_ids); i++) {
    g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
    g_autoptr (SpoolFixture) spools = spool_fixture_new ();

    tool_fixture_leave (spools, TOOL_OBJECT, upload_ids[i]);
    run_finish (tool, spools, "");
    assert_complete (tool, spools);
  }
}

/* What an older version left, which took the size of part 1 for true and sent it
 * like that: OSS refuses to complete it. */
static void
test_small_part (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *upload_id = tool_fixture_begin_upload (tool, MEDIA_ID);

  tool_fixture_leave (spools, TOOL_OBJECT, upload_id);
  spool_fixture_append_line (spools, "{\"note\":\"part\",\"number\":1,"
      "\"offset\":0,\"size\":60000}");
  spool_fixture_append_line (spools, "{\"note\":\"part\",\"number\":2,"
      "\"offset\":60000,\"size\":144800}");
  run_finish (tool, spools, "");
  assert_complete (tool, spools);
}

static void
test_text (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *command = NULL;

  tool_fixture_leave (spools, TOOL_OBJECT, NULL);
  command = g_strdup_printf ("finish %s " MEDIA_ID
      " --ice-endpoint=EMULATOR", spools->directory);
  tool_fixture_expect (tool, 0, command);
  assert_says (tool->out, MEDIA_ID ": complete");
  assert_says (tool->out, TOOL_OBJECT);
}

static void
test_outage (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  tool_fixture_leave (spools, TOOL_OBJECT, NULL);
  tool_fixture_add_fault (tool, "refresh:error:status=503:count=2");
  run_finish (tool, spools, "");
  assert_complete (tool, spools);
  assert_says (tool->err, "interrupted");
  assert_says (tool->err, "resumed");
}

/* All is kept, and the next try works. */
static void
test_failure (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  tool_fixture_leave (spools, TOOL_OBJECT, NULL);
  tool_fixture_add_fault (tool, "part:forbidden:count=0");
  tool_fixture_add_fault (tool, "put:forbidden:count=0");
  run_finish (tool, spools, "");
  assert_kept (tool, spools, 1);
  assert_says (tool->err, "AccessDenied");

  ice_emulator_clear_faults (tool->emulator);
  run_finish (tool, spools, "");
  assert_complete (tool, spools);
}

/* So is the upload at the service, which the next try goes on with. */
static void
test_failure_of_upload (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *upload_id = tool_fixture_begin_upload (tool, MEDIA_ID);

  tool_fixture_leave (spools, TOOL_OBJECT, upload_id);
  tool_fixture_add_fault (tool, "part:forbidden:skip=1:count=0");
  run_finish (tool, spools, "");
  assert_kept (tool, spools, 1);
  g_assert_cmpuint (ice_emulator_count_open_uploads (tool->emulator), ==, 1);

  ice_emulator_clear_faults (tool->emulator);
  run_finish (tool, spools, "");
  assert_complete (tool, spools);
  g_assert_cmpuint (ice_emulator_count (tool->emulator, ICE_EMULATOR_INITIATE,
          0), ==, 1);
}

/* Runs it while the service is away, and sends @signal once it has said so. */
static void
interrupt (ToolFixture * tool, SpoolFixture * spools, gint signal)
{
  const gchar *command[] = { g_getenv ("GST_ICE_TOOL"), "finish",
    spools->directory, MEDIA_ID, "--ice-endpoint",
    ice_emulator_get_uri (tool->emulator), NULL
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) said = NULL;
  g_autofree gchar *first = NULL;
  g_autofree gchar *rest = NULL;

  process = g_subprocess_launcher_spawnv (tool->launcher, command, &error);
  g_assert_no_error (error);
  said = g_data_input_stream_new (g_subprocess_get_stderr_pipe (process));
  first = g_data_input_stream_read_line (said, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (first, "interrupted: "));
  g_subprocess_send_signal (process, signal);
  rest = g_data_input_stream_read_upto (said, "", 0, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_says (rest, "interrupted; all is kept");
  g_assert_true (g_subprocess_wait (process, NULL, &error));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
}

/* Who stops it can go on later. */
static void
test_signal (void)
{
  static const gint signals[] = { SIGINT, SIGTERM };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (signals); i++) {
    g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
    g_autoptr (SpoolFixture) spools = spool_fixture_new ();

    tool_fixture_leave (spools, TOOL_OBJECT, NULL);
    tool_fixture_add_fault (tool, "refresh:error:status=503:count=0");
    interrupt (tool, spools, signals[i]);
    g_assert_true (tool_fixture_is_left (spools));

    ice_emulator_clear_faults (tool->emulator);
    run_finish (tool, spools, "");
    assert_complete (tool, spools);
  }
}

static void
test_out_of_reach (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  tool_fixture_leave (spools, TOOL_OBJECT, NULL);
  g_assert_true (ice_emulator_set_reachable (tool->emulator, FALSE, NULL));
  run_finish (tool, spools, "--retry-timeout=1");
  assert_kept (tool, spools, 1);
}

static void
test_limit (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  tool_fixture_leave (spools, TOOL_OBJECT, NULL);
  run_finish (tool, spools, "--max-upload-bitrate=-1");
  assert_kept (tool, spools, 2);
  assert_says (tool->err, "--max-upload-bitrate is negative");
  run_finish (tool, spools, "--max-upload-bitrate=8000000");
  if (test_can_pace ())
    assert_complete (tool, spools);
  else
    assert_kept (tool, spools, 2);
}

static void
test_in_use (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;

  tool_fixture_leave (spools, TOOL_OBJECT, NULL);
  spool = spool_fixture_open (spools);
  run_finish (tool, spools, "");
  assert_kept (tool, spools, 2);
  assert_says (tool->err, "in use");
}

static void
test_nothing (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  run_finish (tool, spools, "");
  g_assert_cmpint (tool->status, ==, 3);

  gst_ice_spool_unref (spool_fixture_open (spools));
  run_finish (tool, spools, "");
  g_assert_cmpint (tool->status, ==, 3);
  assert_says (tool->err, "empty");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/tool/finish/open-upload", test_open_upload);
  g_test_add_func ("/tool/finish/no-upload", test_no_upload);
  g_test_add_func ("/tool/finish/a-part-that-is-too-small",
      test_small_part);
  g_test_add_func ("/tool/finish/says-so", test_text);
  g_test_add_func ("/tool/finish/bears-an-outage", test_outage);
  g_test_add_func ("/tool/finish/keeps-all-on-failure", test_failure);
  g_test_add_func ("/tool/finish/keeps-the-upload-on-failure",
      test_failure_of_upload);
  g_test_add_func ("/tool/finish/out-of-reach", test_out_of_reach);
  g_test_add_func ("/tool/finish/ends-on-a-signal", test_signal);
  g_test_add_func ("/tool/finish/with-a-limit", test_limit);
  g_test_add_func ("/tool/finish/in-use", test_in_use);
  g_test_add_func ("/tool/finish/nothing", test_nothing);

  return g_test_run ();
}
