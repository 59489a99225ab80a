/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 delete. */

#include <string.h>

#include "tool-fixture.h"

#define DELETE "delete --ice-endpoint=EMULATOR "

static void
test_deleted (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_expect (fixture, 0, DELETE "media-1 media-2");
  assert_says (fixture->out, "media-1: deleted");
  assert_says (fixture->out, "media-2: deleted");
  tool_fixture_assert_no_secret (fixture);

  tool_fixture_expect (fixture, 3, "info media-1 --ice-endpoint=EMULATOR");
}

/* The service says 200 to this. */
static void
test_ignored (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--media-id=media-1");

  tool_fixture_expect (fixture, 1, DELETE "media-1 other");
  assert_says (fixture->out, "media-1: deleted");
  g_assert_null (strstr (fixture->out, "other"));
  assert_says (fixture->err, "other: not deleted");
  assert_says (fixture->err, "IgnoredList");
  g_assert_cmpuint (ice_emulator_count (fixture->emulator,
          ICE_EMULATOR_DELETE, 200), ==, 1);
}

static void
test_forbidden (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_add_fault (fixture, "delete:not-deleted");
  tool_fixture_expect (fixture, 1, DELETE "media-1");
  g_assert_cmpstr (fixture->out, ==, "");
  assert_says (fixture->err, "media-1: not deleted");
  assert_says (fixture->err, "ForbiddenList");

  /* It is still there. */
  tool_fixture_expect (fixture, 0, "info media-1 --ice-endpoint=EMULATOR");
}

/* One call takes 20. */
static void
test_many (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  g_autoptr (GString) command = g_string_new (DELETE);
  guint i;

  for (i = 0; i < 41; i++)
    g_string_append_printf (command, "media-%u ", i);
  tool_fixture_expect (fixture, 0, command->str);
  assert_says (fixture->out, "media-40: deleted");
  g_assert_cmpuint (ice_emulator_count (fixture->emulator,
          ICE_EMULATOR_DELETE, 200), ==, 3);
}

/* What one call fails at does not hide the others. */
static void
test_failure (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  g_autoptr (GString) command = g_string_new (DELETE "--json ");
  JsonObject *object;
  JsonArray *media;
  guint i;

  for (i = 0; i < 21; i++)
    g_string_append_printf (command, "media-%u ", i);
  tool_fixture_add_fault (fixture, "delete:forbidden");
  tool_fixture_expect (fixture, 1, command->str);
  object = tool_fixture_get_json (fixture);
  g_assert_false (json_object_get_boolean_member (object, "ok"));
  media = json_object_get_array_member (object, "media");
  g_assert_cmpuint (json_array_get_length (media), ==, 21);
  g_assert_cmpstr (json_object_get_string_member
      (json_array_get_object_element (media, 0), "state"), ==, "failed");
  g_assert_cmpstr (json_object_get_string_member
      (json_array_get_object_element (media, 20), "state"), ==, "deleted");
  assert_says (fixture->err, "ice:DeleteMediaInfos");
  tool_fixture_assert_no_secret (fixture);
}

/* A comma would make two ids of one. */
static void
test_usage (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_expect (fixture, 2, DELETE);
  tool_fixture_expect (fixture, 2, DELETE "media-1 a,b");
  assert_says (fixture->err, "a,b");
  g_assert_cmpuint (ice_emulator_count (fixture->emulator,
          ICE_EMULATOR_DELETE, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tool/delete/deletes", test_deleted);
  g_test_add_func ("/tool/delete/names-what-was-ignored", test_ignored);
  g_test_add_func ("/tool/delete/names-what-is-forbidden", test_forbidden);
  g_test_add_func ("/tool/delete/takes-many", test_many);
  g_test_add_func ("/tool/delete/fails-in-part", test_failure);
  g_test_add_func ("/tool/delete/wrong-usage", test_usage);

  return g_test_run ();
}
