/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 list: spools of all kinds. */

#include <string.h>

#include <gst/gst.h>

#include "tool-fixture.h"

static void
run_list (ToolFixture * tool, SpoolFixture * spools, const gchar * option)
{
  g_autofree gchar *command = g_strdup_printf ("list %s %s",
      spools->directory, option);

  tool_fixture_run (tool, command);
}

/* The only spool in the list. */
static JsonObject *
get_spool (ToolFixture * tool)
{
  JsonArray *spools = json_object_get_array_member (tool_fixture_get_json
      (tool), "spools");

  g_assert_cmpuint (json_array_get_length (spools), ==, 1);

  return json_array_get_object_element (spools, 0);
}

static void
assert_state (ToolFixture * tool, SpoolFixture * spools, const gchar * state,
    gint status)
{
  JsonObject *spool;

  run_list (tool, spools, "--json");
  g_assert_cmpint (tool->status, ==, status);
  spool = get_spool (tool);
  g_assert_cmpstr (json_object_get_string_member (spool, "state"), ==,
      state);
  g_assert_cmpstr (json_object_get_string_member (spool, "media-id"), ==,
      MEDIA_ID);

  run_list (tool, spools, "");
  g_assert_cmpint (tool->status, ==, status);
  assert_says (tool->out, state);
  assert_says (tool->out, MEDIA_ID);
}

static void
test_none (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  run_list (tool, spools, "");
  g_assert_cmpint (tool->status, ==, 0);
  g_assert_cmpstr (tool->out, ==, "");

  tool_fixture_expect (tool, 3, "list /nonexistent/spools");
  assert_says (tool->err, "/nonexistent/spools");
}

static void
test_left (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  JsonObject *spool;

  spool_fixture_record (spools);
  assert_state (tool, spools, "left", 0);
  assert_says (tool->out, "1 of 3");
  assert_says (tool->out, "UPLOAD");

  run_list (tool, spools, "--json");
  spool = get_spool (tool);
  g_assert_cmpint (json_object_get_int_member (spool, "bytes"), ==,
      RECORDED_SIZE);
  g_assert_cmpint (json_object_get_int_member (spool, "parts"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (spool, "parts-arrived"), ==,
      1);
  g_assert_cmpstr (json_object_get_string_member (spool, "upload-id"), ==,
      "UPLOAD");
  g_assert_cmpstr (json_object_get_string_member (spool, "content-type"), ==,
      "video/mp2t");
  g_assert_true (json_object_get_null_member (spool, "error"));
}

/* As a property would be given. */
static void
test_forms (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autofree gchar *command = g_strconcat ("list file://", spools->directory,
      NULL);

  spool_fixture_record (spools);
  tool_fixture_expect (tool, 0, command);
  assert_says (tool->out, MEDIA_ID);

  tool_fixture_expect (tool, 2, "list file://elsewhere/spools");
  assert_says (tool->err, "file:///PATH");
}

static void
test_in_use (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;

  spool_fixture_record (spools);
  spool = spool_fixture_open (spools);
  assert_state (tool, spools, "in use", 0);
}

static void
test_empty (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  gst_ice_spool_unref (spool_fixture_open (spools));
  assert_state (tool, spools, "empty", 0);
}

static void
test_unusable (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();

  spool_fixture_record (spools);
  spool_fixture_write_journal (spools, "hello\n", -1);
  assert_state (tool, spools, "unusable", 1);
  assert_says (tool->out, "not made by icesink");
}

/* Nothing is left of it but that it is complete. */
static void
test_complete (void)
{
  g_autoptr (ToolFixture) tool = tool_fixture_new (NULL);
  g_autoptr (SpoolFixture) spools = spool_fixture_new ();
  GstIceSpool *spool;

  spool_fixture_record (spools);
  spool = spool_fixture_open (spools);
  gst_ice_spool_note_finished (spool, RECORDED_SIZE);
  gst_ice_spool_flush (spool);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 0);
  gst_ice_spool_unref (spool);
  assert_state (tool, spools, "complete", 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/tool/list/takes-all-forms-of-a-path", test_forms);
  g_test_add_func ("/tool/list/none", test_none);
  g_test_add_func ("/tool/list/left", test_left);
  g_test_add_func ("/tool/list/in-use", test_in_use);
  g_test_add_func ("/tool/list/empty", test_empty);
  g_test_add_func ("/tool/list/unusable", test_unusable);
  g_test_add_func ("/tool/list/complete", test_complete);

  return g_test_run ();
}
