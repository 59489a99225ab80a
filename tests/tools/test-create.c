/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 create. */

#include <string.h>

#include "tool-fixture.h"

#define CREATE "create --ice-endpoint=EMULATOR --title=Gate --ext=mp4"

static guint
count_created (ToolFixture * fixture)
{
  return ice_emulator_count (fixture->emulator, ICE_EMULATOR_CREATE, 200);
}

static guint
count_sent (ToolFixture * fixture)
{
  return ice_emulator_count (fixture->emulator, ICE_EMULATOR_CREATE, 0);
}

/* `$(...)` takes off the line feed; nothing else is on stdout. */
static void
test_id_alone (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  g_autofree gchar *check = NULL;

  tool_fixture_expect (fixture, 0,
      CREATE " --description='two words' --tags=a,b"
      " --category=7 --app=app-1000000 --user-data='{\"Extend\":{\"n\":1}}'"
      " --workflow=0123456789abcdef0123456789abcdef"
      " --storage=" TOOL_BUCKET ".oss-cn-shanghai.aliyuncs.com");
  g_assert_true (g_regex_match_simple ("^[0-9a-f]{32}\n$", fixture->out, 0,
          0));
  g_assert_cmpstr (fixture->err, ==, "");
  g_assert_cmpuint (count_created (fixture), ==, 1);
  tool_fixture_assert_no_secret (fixture);

  /* It can be recorded to. */
  check = g_strdup_printf ("check %s --ice-endpoint=EMULATOR",
      g_strstrip (fixture->out));
  tool_fixture_expect (fixture, 0, check);
}

static void
test_count (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  g_auto (GStrv) lines = NULL;

  tool_fixture_expect (fixture, 0, CREATE " --count=3");
  lines = g_strsplit (fixture->out, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_cmpstr (lines[0], !=, lines[1]);
  g_assert_cmpstr (lines[3], ==, "");
  g_assert_cmpuint (count_created (fixture), ==, 3);
}

static void
test_json (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  JsonObject *object;
  JsonArray *media;

  tool_fixture_expect (fixture, 0, CREATE " --count=2 --json");
  object = tool_fixture_get_json (fixture);
  g_assert_true (json_object_get_boolean_member (object, "ok"));
  g_assert_false (json_object_get_boolean_member (object, "unknown"));
  media = json_object_get_array_member (object, "media");
  g_assert_cmpuint (json_array_get_length (media), ==, 2);
  g_assert_true (json_object_has_member (json_array_get_object_element (media,
              1), "media-id"));
  tool_fixture_assert_no_secret (fixture);
}

/* The log says all but secrets, too. */
static void
test_log (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_expect_log (fixture, CREATE);
  assert_says (fixture->err, "CreateUploadMedia");
}

/* What can be known is said before anything is sent. */
static void
test_usage (void)
{
  static const struct
  {
    const gchar *options;
    const gchar *words;
  } cases[] = {
    {"--ext=mp4", "--title"},
    {"--title=", "--title"},
    {"--title=t", "--ext"},
    {"--title=t --ext=exe", "mkv"},
    {"--title=t --ext=mp4 --type=audio", "m4a"},
    {"--title=t --ext=mp4 --count=0", "--count"},
    {"--title=t --ext=mp4 --region=cn-hangzhou", "cn-shenzhen"},
    {"--title=t --ext=mp4 --tags=a,,b", "tags"},
    {"--title=t --ext=mp4 --user-data=x", "user-data"},
    {"--title=t --ext=mp4 more", "wanted"},
  };
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *command = g_strdup_printf
        ("create --ice-endpoint=EMULATOR %s", cases[i].options);

    tool_fixture_expect (fixture, 2, command);
    g_assert_cmpstr (fixture->out, ==, "");
    assert_says (fixture->err, cases[i].words);
  }
  g_assert_cmpuint (count_sent (fixture), ==, 0);
}

/* 128 characters, 384 bytes; whatever the locale. */
static void
test_long_title (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  g_autoptr (GString) title = g_string_new (NULL);
  g_autofree gchar *right = NULL;
  g_autofree gchar *wrong = NULL;
  guint i;

  g_subprocess_launcher_setenv (fixture->launcher, "LC_ALL", "C", TRUE);
  for (i = 0; i < 128; i++)
    g_string_append (title, "录");
  right = g_strdup_printf ("create --ice-endpoint=EMULATOR --ext=ts"
      " --title=%s", title->str);
  wrong = g_strconcat (right, "a", NULL);

  tool_fixture_expect (fixture, 0, right);
  tool_fixture_expect (fixture, 2, wrong);
  assert_says (fixture->err, "129");
  g_assert_cmpuint (count_sent (fixture), ==, 1);
}

/* Faults after which nobody knows, and the number of requests. */
static void
test_no_blind_retry (void)
{
  static const gchar *const faults[] = {
    "create:reset-before", "create:reset-after-processing",
    "create:close-after-processing", "create:error-after-processing",
    "create:error:status=503:code=ServiceUnavailable",
    "create:stall-before-answer", "create:cut-answer",
    "create:garbage-body", "create:empty-answer", "create:web-page"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

    tool_fixture_add_fault (fixture, faults[i]);
    tool_fixture_run (fixture, CREATE " --timeout=2");
    g_test_message ("%s", faults[i]);
    g_assert_cmpint (fixture->status, ==, 1);
    g_assert_cmpstr (fixture->out, ==, "");
    assert_says (fixture->err, "not known whether");
    g_assert_cmpuint (count_sent (fixture), <=, 1);
    tool_fixture_assert_no_secret (fixture);
  }
}

/* And those after which the service has not done it. */
static void
test_safe_retry (void)
{
  static const gchar *const faults[] = {
    "create:error:status=400:code=Throttling.User:x-acs-retry-after=100",
    "create:error:status=403:code=RequestsTooFrequent", "create:skew"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

    tool_fixture_add_fault (fixture, faults[i]);
    tool_fixture_run (fixture, CREATE);
    g_test_message ("%s", faults[i]);
    g_assert_cmpint (fixture->status, ==, 0);
    g_assert_cmpuint (count_sent (fixture), ==, 2);
    g_assert_cmpuint (count_created (fixture), ==, 1);
  }
}

/* A refusal is final, and nothing is unknown. */
static void
test_refusals (void)
{
  static const struct
  {
    const gchar *fault;
    const gchar *words;
  } cases[] = {
    {"create:forbidden", "ice:CreateUploadMedia"},
    {"create:error:status=403:code=OperationDenied", "not active"},
    {"create:error:status=404:code=InvalidStorage.NotFound", "storage"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

    tool_fixture_add_fault (fixture, cases[i].fault);
    tool_fixture_expect (fixture, 1, CREATE);
    assert_says (fixture->err, cases[i].words);
    g_assert_null (strstr (fixture->err, "not known"));
    g_assert_cmpuint (count_sent (fixture), ==, 1);
  }
}

/* Without a connection nothing was sent. */
static void
test_out_of_reach (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  g_assert_true (ice_emulator_set_reachable (fixture->emulator, FALSE, NULL));
  tool_fixture_expect (fixture, 1, CREATE);
  g_assert_null (strstr (fixture->err, "not known"));
}

/* Some were made before it went wrong: their ids are not lost. */
static void
test_some (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  g_auto (GStrv) lines = NULL;

  tool_fixture_add_fault (fixture, "create:forbidden:skip=2");
  tool_fixture_expect (fixture, 1, CREATE " --count=4");
  lines = g_strsplit (fixture->out, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  assert_says (fixture->err, "2 of 4");
}

/* A region that has no such action. */
static void
test_region_of_service (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--region=cn-hangzhou");

  tool_fixture_expect (fixture, 1, CREATE);
  assert_says (fixture->err, "InvalidApi.NotFound");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tool/create/prints-the-id-alone", test_id_alone);
  g_test_add_func ("/tool/create/makes-several", test_count);
  g_test_add_func ("/tool/create/json", test_json);
  g_test_add_func ("/tool/create/keeps-secrets", test_log);
  g_test_add_func ("/tool/create/checks-before-it-asks", test_usage);
  g_test_add_func ("/tool/create/counts-characters", test_long_title);
  g_test_add_func ("/tool/create/does-not-repeat-what-may-be-done",
      test_no_blind_retry);
  g_test_add_func ("/tool/create/repeats-what-is-not-done", test_safe_retry);
  g_test_add_func ("/tool/create/refused", test_refusals);
  g_test_add_func ("/tool/create/out-of-reach", test_out_of_reach);
  g_test_add_func ("/tool/create/loses-no-id", test_some);
  g_test_add_func ("/tool/create/other-region", test_region_of_service);

  return g_test_run ();
}
