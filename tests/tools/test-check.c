/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 check, and what all commands have in common. */

#include <string.h>

#include "tool-fixture.h"

#define CHECK "check media-1 --ice-endpoint=EMULATOR"

static const gchar *const step_names[] = { "identity", "refresh", "clock",
  "credential", "oss"
};

/* The states of the steps, in order, from JSON: a letter each. */
static gchar *
get_states (ToolFixture * fixture)
{
  JsonObject *object = tool_fixture_get_json (fixture);
  JsonArray *steps = json_object_get_array_member (object, "steps");
  GString *states = g_string_new (NULL);
  guint i;

  g_assert_cmpuint (json_array_get_length (steps), ==,
      G_N_ELEMENTS (step_names));
  for (i = 0; i < G_N_ELEMENTS (step_names); i++) {
    JsonObject *step = json_array_get_object_element (steps, i);

    g_assert_cmpstr (json_object_get_string_member (step, "name"), ==,
        step_names[i]);
    g_assert_nonnull (json_object_get_string_member (step, "text"));
    g_string_append_c (states,
        *json_object_get_string_member (step, "state"));
  }
  g_assert_cmpint (json_object_get_boolean_member (object, "ok"), ==,
      g_str_equal (states->str, "ooooo"));
  g_assert_cmpint (fixture->status, ==,
      g_str_equal (states->str, "ooooo") ? 0 : 1);

  return g_string_free (states, FALSE);
}

#define assert_states(fixture, expected) \
  G_STMT_START { \
    g_autofree gchar *states_ = get_states (fixture); \
    g_assert_cmpstr (states_, ==, expected); \
  } G_STMT_END

static void
test_all_well (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  guint i;

  tool_fixture_expect (fixture, 0, CHECK);
  /* A sanitizer may have said something. */
  g_assert_null (strstr (fixture->err, "CRITICAL"));
  for (i = 0; i < G_N_ELEMENTS (step_names); i++)
    assert_says (fixture->out, step_names[i]);
  assert_says (fixture->out, "found: environment");
  assert_says (fixture->out, "sv/media-1/media-1.mp4");
  g_assert_null (strstr (fixture->out, "failed"));
  tool_fixture_assert_no_secret (fixture);

  /* Nothing has been written. */
  g_assert_cmpuint (ice_emulator_count (fixture->emulator,
          ICE_EMULATOR_INITIATE, 0), ==, 0);
  g_assert_cmpuint (ice_emulator_count (fixture->emulator, ICE_EMULATOR_PUT,
          0), ==, 0);
}

static void
test_json (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  JsonArray *steps;
  JsonObject *step;

  tool_fixture_run (fixture, CHECK " --json");
  assert_states (fixture, "ooooo");
  tool_fixture_assert_no_secret (fixture);

  steps = json_object_get_array_member (tool_fixture_get_json (fixture),
      "steps");
  step = json_array_get_object_element (steps, 0);
  g_assert_cmpstr (json_object_get_string_member (step, "source"), ==,
      "environment");
  step = json_array_get_object_element (steps, 3);
  g_assert_cmpint (json_object_get_int_member (step, "expires-in"), >, 600);
  step = json_array_get_object_element (steps, 4);
  g_assert_cmpstr (json_object_get_string_member (step, "endpoint"), ==,
      ice_emulator_get_uri (fixture->emulator));
}

/* The log says all but secrets, too. */
static void
test_log (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_expect_log (fixture, CHECK);
  assert_says (fixture->err, "RefreshUploadMedia");
}

/* One that does not live for ever. */
static void
test_expiring_identity (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--session-life=7200");
  g_autofree gchar *uri = g_strconcat (ice_emulator_get_uri
      (fixture->emulator), "/credentials", NULL);
  JsonArray *steps;
  JsonObject *step;

  g_subprocess_launcher_unsetenv (fixture->launcher,
      "ALIBABA_CLOUD_ACCESS_KEY_ID");
  g_subprocess_launcher_setenv (fixture->launcher,
      "ALIBABA_CLOUD_CREDENTIALS_URI", uri, TRUE);
  tool_fixture_run (fixture, CHECK " --json");
  assert_states (fixture, "ooooo");
  steps = json_object_get_array_member (tool_fixture_get_json (fixture),
      "steps");
  step = json_array_get_object_element (steps, 0);
  g_assert_cmpint (json_object_get_int_member (step, "expires-in"), >, 3600);
  g_assert_cmpint (json_object_get_int_member (step, "expires-in"), <=, 7200);
  assert_says (json_object_get_string_member (step, "text"), "lives for");
}

static void
test_no_identity (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  g_subprocess_launcher_unsetenv (fixture->launcher,
      "ALIBABA_CLOUD_ACCESS_KEY_ID");
  tool_fixture_run (fixture, CHECK " --json");
  assert_states (fixture, "fssss");
  assert_says (fixture->out, "ALIBABA_CLOUD_ACCESS_KEY_ID");
}

static void
test_wrong_identity (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  g_subprocess_launcher_setenv (fixture->launcher,
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong", TRUE);
  tool_fixture_run (fixture, CHECK " --json");
  assert_states (fixture, "ofsss");
  assert_says (fixture->out, "request-id");
}

static void
test_unknown_media (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--media-id=other");

  tool_fixture_run (fixture, CHECK " --json");
  assert_states (fixture, "ofsss");
}

static void
test_unreachable_ice (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  g_assert_true (ice_emulator_set_reachable (fixture->emulator, FALSE, NULL));
  tool_fixture_run (fixture, CHECK " --json");
  assert_states (fixture, "ofsss");
}

/* The answer never comes. */
static void
test_timeout (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_add_fault (fixture, "refresh:stall-before-answer");
  tool_fixture_run (fixture, CHECK " --json --timeout=1");
  assert_states (fixture, "ofsss");
}

static void
test_unreachable_oss (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_run (fixture, CHECK " --oss-endpoint=http://127.0.0.1:1"
      " --json");
  assert_states (fixture, "oooof");
}

static void
test_oss_that_refuses (void)
{
  static const struct
  {
    const gchar *fault;
    const gchar *states;
    const gchar *words;
  } cases[] = {
    {"list-parts:forbidden", "ooooo", "list parts"},
    {"list-parts:error:status=403:code=InvalidAccessKeyId", "oooof",
        "InvalidAccessKeyId"},
    {"list-parts:error:status=404:code=NoSuchBucket", "oooof",
        "NoSuchBucket"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

    tool_fixture_add_fault (fixture, cases[i].fault);
    tool_fixture_run (fixture, CHECK " --json");
    assert_states (fixture, cases[i].states);
    assert_says (fixture->out, cases[i].words);
  }
}

/* An hour behind the service. */
static gint64
get_late_time (gpointer user_data)
{
  return g_get_real_time () + G_TIME_SPAN_HOUR;
}

static void
test_clock (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  ice_emulator_set_clock (fixture->emulator, get_late_time, NULL);
  tool_fixture_run (fixture, CHECK);
  assert_says (fixture->out, "behind the service's");
}

static void
test_usage (void)
{
  const gchar *const wrong[] = { "", "nothing", "check", "check a b",
    "check a/b", "check media-1 --nothing", "check media-1 --timeout=0",
    "check media-1 --ice-endpoint=http://example.com",
    "check media-1 --region=a.b", "--nothing", "list", "list a b"
  };
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (wrong); i++) {
    tool_fixture_expect (fixture, 2, wrong[i]);
    g_assert_cmpstr (fixture->out, ==, "");
    assert_says (fixture->err, "gst-ice-1.0");
  }
}

static void
test_help (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_expect (fixture, 0, "--help");
  assert_says (fixture->out, "check MEDIA-ID");
  assert_says (fixture->out, "list DIRECTORY");
  tool_fixture_expect (fixture, 0, "check --help");
  assert_says (fixture->out, "gst-ice-1.0 check");
  assert_says (fixture->out, "--ice-endpoint");
  assert_says (fixture->out, "Exit codes");
  tool_fixture_expect (fixture, 0, "--version");
  assert_says (fixture->out, "gst-ice-1.0 ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tool/check/all-well", test_all_well);
  g_test_add_func ("/tool/check/json", test_json);
  g_test_add_func ("/tool/check/keeps-secrets", test_log);
  g_test_add_func ("/tool/check/expiring-identity", test_expiring_identity);
  g_test_add_func ("/tool/check/finds-no-identity", test_no_identity);
  g_test_add_func ("/tool/check/wrong-identity", test_wrong_identity);
  g_test_add_func ("/tool/check/unknown-media", test_unknown_media);
  g_test_add_func ("/tool/check/ice-out-of-reach", test_unreachable_ice);
  g_test_add_func ("/tool/check/ice-does-not-answer", test_timeout);
  g_test_add_func ("/tool/check/oss-out-of-reach", test_unreachable_oss);
  g_test_add_func ("/tool/check/oss-refuses", test_oss_that_refuses);
  g_test_add_func ("/tool/check/wrong-clock", test_clock);
  g_test_add_func ("/tool/refuses-wrong-usage", test_usage);
  g_test_add_func ("/tool/helps", test_help);

  return g_test_run ();
}
