/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 abort: uploads that are open at the emulator, and their
 * spools. */

#include <string.h>

#include <gst/gst.h>

#include "tool-fixture.h"

static void
run_abort (ToolFixture * tool, SpoolFixture * spools, const gchar * option)
{
  tool_fixture_run_on (tool, "abort", spools, option);
}

static void
assert_result (ToolFixture * tool, gint status, const gchar * upload,
    gboolean removed)
{
  JsonObject *object = tool_fixture_get_json (tool);

  g_assert_cmpint (tool->status, ==, status);
  g_assert_cmpstr (json_object_get_string_member (object, "upload"), ==,
      upload);
  g_assert_cmpint (json_object_get_boolean_member (object, "removed"), ==,
      removed);
}

static void
test_open_upload (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *upload_id = tool_fixture_begin_upload (tool,
      MEDIA_ID);

  tool_fixture_leave (spools, TOOL_OBJECT, upload_id);
  g_assert_cmpuint (ice_emulator_count_open_uploads (tool->emulator), ==, 1);
  run_abort (tool, spools, "");
  assert_result (tool, 0, "aborted", TRUE);
  g_assert_cmpuint (ice_emulator_count_open_uploads (tool->emulator), ==, 0);
  g_assert_false (tool_fixture_is_left (spools));

  run_abort (tool, spools, "");
  g_assert_cmpint (tool->status, ==, 3);
}

/* For people. */
static void
test_text (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *upload_id = tool_fixture_begin_upload (tool, MEDIA_ID);
  g_autofree gchar *line = g_strdup_printf ("abort %s " MEDIA_ID
      " --ice-endpoint=EMULATOR", spools->directory);
  g_autofree gchar *said = g_strdup_printf (MEDIA_ID ": upload %s aborted,"
      " spool removed\n", upload_id);

  tool_fixture_leave (spools, TOOL_OBJECT, upload_id);
  tool_fixture_expect (tool, 0, line);
  g_assert_cmpstr (tool->out, ==, said);

  tool_fixture_leave (spools, NULL, NULL);
  tool_fixture_expect (tool, 0, line);
  g_assert_cmpstr (tool->out, ==, MEDIA_ID ": upload none, spool removed\n");
}

static void
test_keep_spool (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *upload_id = tool_fixture_begin_upload (tool,
      MEDIA_ID);
  g_autoptr (GstIceSpool) spool = NULL;

  tool_fixture_leave (spools, TOOL_OBJECT, upload_id);
  run_abort (tool, spools, "--keep-spool");
  assert_result (tool, 0, "aborted", FALSE);

  spool = spool_fixture_open (spools);
  g_assert_null (gst_ice_spool_get_left (spool)->upload_id);
  g_assert_cmpuint (gst_ice_spool_get_left (spool)->parts->len, ==, 3);
  assert_recorded (spool);
}

static void
test_unknown_upload (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  tool_fixture_leave (spools, TOOL_OBJECT, "0123456789ABCDEF0123456789ABCDEF");
  run_abort (tool, spools, "");
  assert_result (tool, 0, "gone", TRUE);
  g_assert_false (tool_fixture_is_left (spools));
}

static void
test_no_upload (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  tool_fixture_leave (spools, NULL, NULL);
  run_abort (tool, spools, "");
  assert_result (tool, 0, "none", TRUE);
  g_assert_cmpuint (ice_emulator_count (tool->emulator, ICE_EMULATOR_ANY, 0),
      ==, 0);
}

/* Not without being told so. */
static void
test_other_object (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  tool_fixture_leave (spools, "other", "UPLOAD");
  run_abort (tool, spools, "");
  assert_result (tool, 1, "failed", FALSE);
  assert_says (tool->err, "another object");
  g_assert_true (tool_fixture_is_left (spools));
  g_assert_cmpuint (ice_emulator_count (tool->emulator, ICE_EMULATOR_ABORT,
          0), ==, 0);

  run_abort (tool, spools, "--force");
  assert_result (tool, 1, "failed", TRUE);
  g_assert_false (tool_fixture_is_left (spools));
}

static void
test_in_use (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;

  spool_fixture_record (spools);
  spool = spool_fixture_open (spools);
  run_abort (tool, spools, "");
  g_assert_cmpint (tool->status, ==, 2);
  assert_says (tool->err, "in use");
  g_assert_true (tool_fixture_is_left (spools));
}

/* What OSS or we refuse leaves all as it is. */
static void
test_refused (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new ("--fault=abort:forbidden");
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *upload_id = tool_fixture_begin_upload (tool, MEDIA_ID);

  tool_fixture_leave (spools, TOOL_OBJECT, upload_id);
  run_abort (tool, spools, "--ssl-ca-file=/nonexistent/ca.pem");
  assert_result (tool, 1, "failed", FALSE);
  assert_says (tool->err, "/nonexistent/ca.pem");
  run_abort (tool, spools, "");
  assert_result (tool, 1, "failed", FALSE);
  assert_says (tool->err, "AccessDenied");
  g_assert_cmpuint (ice_emulator_count_open_uploads (tool->emulator), ==, 1);
  g_assert_true (tool_fixture_is_left (spools));

  run_abort (tool, spools, "");
  assert_result (tool, 0, "aborted", TRUE);
}

static void
test_out_of_reach (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  tool_fixture_leave (spools, TOOL_OBJECT, "UPLOAD");
  g_assert_true (ice_emulator_set_reachable (tool->emulator, FALSE, NULL));
  run_abort (tool, spools, "");
  assert_result (tool, 1, "failed", FALSE);
  g_assert_true (tool_fixture_is_left (spools));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/tool/abort/open-upload", test_open_upload);
  g_test_add_func ("/tool/abort/says-so", test_text);
  g_test_add_func ("/tool/abort/keeps-spool", test_keep_spool);
  g_test_add_func ("/tool/abort/unknown-upload", test_unknown_upload);
  g_test_add_func ("/tool/abort/no-upload", test_no_upload);
  g_test_add_func ("/tool/abort/other-object", test_other_object);
  g_test_add_func ("/tool/abort/in-use", test_in_use);
  g_test_add_func ("/tool/abort/out-of-reach", test_out_of_reach);
  g_test_add_func ("/tool/abort/refused", test_refused);

  return g_test_run ();
}
