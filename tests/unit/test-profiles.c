/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What profiles of the two configuration files mean. */

#include <string.h>

#include "common/error.h"
#include "credentials/cli-profile.h"
#include "credentials/ini-profile.h"
#include "vectors.h"

#define NOW_US (G_GINT64_CONSTANT (1715933350) * G_USEC_PER_SEC)

/* Every secret in the files below has this in it. */
#define SECRET "s3cret"
#define KEYS "\"access_key_id\":\"LTAIid\",\"access_key_secret\":\"" SECRET "\""

static GstIceProfile *
read_cli (const gchar * text, const gchar * name, GError ** error)
{
  return gst_ice_cli_profile_read (text, strlen (text), name, NOW_US, error);
}

/* The one profile whose members are @members, which is the current one. */
static GstIceProfile *
read_one (const gchar * members, GError ** error)
{
  g_autofree gchar *text = g_strdup_printf ("{\"current\":\"p\",\"profiles\":"
      "[{\"name\":\"p\",%s}]}", members);

  return read_cli (text, NULL, error);
}

static void
assert_refused (GstIceProfile * profile, GError ** error,
    const gchar * named)
{
  g_assert_null (profile);
  g_assert_error (*error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);
  if (strstr ((*error)->message, named) == NULL)
    g_error ("not \"%s\": %s", named, (*error)->message);
  g_assert_null (strstr ((*error)->message, SECRET));
  g_clear_error (error);
}

static void
assert_keys (const GstIceProfile * profile, const gchar * id,
    const gchar * secret, const gchar * token)
{
  g_assert_nonnull (profile);
  g_assert_cmpint (profile->kind, ==, GST_ICE_PROFILE_KEYS);
  g_assert_cmpstr (gst_ice_identity_get_access_key_id (profile->keys), ==, id);
  g_assert_cmpstr (gst_ice_identity_peek_secret (profile->keys), ==, secret);
  g_assert_cmpstr (gst_ice_identity_peek_token (profile->keys), ==, token);
}

/* --- The command-line tool's --- */

static void
test_cli_keys (void)
{
  g_autoptr (GstIceProfile) plain =
      read_one ("\"mode\":\"AK\"," KEYS ",\"sts_token\":\"not ours\"", NULL);
  g_autoptr (GstIceProfile) token =
      read_one ("\"mode\":\"StsToken\"," KEYS ",\"sts_token\":\"tok\"", NULL);

  assert_keys (plain, "LTAIid", SECRET, NULL);
  assert_keys (token, "LTAIid", SECRET, "tok");
}

static void
test_cli_role (void)
{
  g_autoptr (GstIceProfile) profile = read_one ("\"mode\":\"RamRoleArn\"," KEYS
      ",\"ram_role_arn\":\"arn\",\"ram_session_name\":\"name\","
      "\"expired_seconds\":900,\"sts_region\":\"cn-beijing\","
      "\"enable_vpc\":true,\"policy\":\"{}\",\"external_id\":\"x\"", NULL);
  g_autoptr (GstIceProfile) least = read_one ("\"mode\":\"RamRoleArn\"," KEYS
      ",\"expired_seconds\":0,\"policy\":\"\"", NULL);

  g_assert_cmpint (profile->kind, ==, GST_ICE_PROFILE_ROLE);
  assert_keys (profile->source, "LTAIid", SECRET, NULL);
  g_assert_cmpstr (profile->role->role_arn, ==, "arn");
  g_assert_cmpstr (profile->role->session_name, ==, "name");
  g_assert_cmpuint (profile->role->duration_seconds, ==, 900);
  g_assert_cmpstr (profile->role->sts_region, ==, "cn-beijing");
  g_assert_true (profile->role->vpc_endpoint);
  g_assert_cmpstr (profile->role->policy, ==, "{}");
  g_assert_cmpstr (profile->role->external_id, ==, "x");

  g_assert_cmpuint (least->role->duration_seconds, ==, 3600);
  g_assert_null (least->role->policy);
  g_assert_false (least->role->vpc_endpoint);
}

static void
test_cli_other_modes (void)
{
  g_autoptr (GstIceProfile) ecs =
      read_one ("\"mode\":\"EcsRamRole\",\"ram_role_name\":\"r\"", NULL);
  g_autoptr (GstIceProfile) oidc = read_one ("\"mode\":\"OIDC\","
      "\"oidc_provider_arn\":\"p\",\"oidc_token_file\":\"/f\","
      "\"ram_role_arn\":\"arn\",\"ram_session_name\":\"n\"", NULL);
  g_autoptr (GstIceProfile) external = read_one ("\"mode\":\"External\","
      "\"process_command\":\"tool " SECRET "\"", NULL);

  g_assert_cmpint (ecs->kind, ==, GST_ICE_PROFILE_ECS_ROLE);
  g_assert_cmpstr (ecs->ecs_role_name, ==, "r");
  g_assert_cmpint (oidc->kind, ==, GST_ICE_PROFILE_OIDC);
  g_assert_cmpstr (oidc->oidc_provider_arn, ==, "p");
  g_assert_cmpstr (oidc->oidc_token_file, ==, "/f");
  g_assert_cmpstr (oidc->role->role_arn, ==, "arn");
  g_assert_cmpint (external->kind, ==, GST_ICE_PROFILE_PROCESS);
  g_assert_cmpstr (gst_ice_secret_peek (external->command), ==,
      "tool " SECRET);
}

static void
test_cli_kept (void)
{
  static const gchar *const modes[] = { "CloudSSO", "OAuth" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autofree gchar *alive = g_strdup_printf ("\"mode\":\"%s\"," KEYS
        ",\"sts_token\":\"tok\",\"sts_expiration\":1715933351", modes[i]);
    g_autofree gchar *over = g_strdup_printf ("\"mode\":\"%s\"," KEYS
        ",\"sts_token\":\"tok\",\"sts_expiration\":1715933350", modes[i]);
    g_autoptr (GstIceProfile) profile = read_one (alive, NULL);
    GError *error = NULL;

    assert_keys (profile, "LTAIid", SECRET, "tok");
    assert_refused (read_one (over, &error), &error, "is over");
  }
}

static const gchar chained[] = "{\"current\":\"top\",\"profiles\":["
    "{\"name\":\"base\",\"mode\":\"AK\"," KEYS "},"
    "{\"name\":\"base\",\"mode\":\"second of that name\"},"
    "7,{\"name\":7},"
    "{\"name\":\"top\",\"mode\":\"ChainableRamRoleArn\","
    "\"source_profile\":\"middle\",\"ram_role_arn\":\"one\"},"
    "{\"name\":\"middle\",\"mode\":\"ChainableRamRoleArn\","
    "\"source_profile\":\"base\",\"ram_role_arn\":\"two\"},"
    "{\"name\":\"round\",\"mode\":\"ChainableRamRoleArn\","
    "\"source_profile\":\"round\",\"ram_role_arn\":\"two\"},"
    "{\"name\":\"lost\",\"mode\":\"ChainableRamRoleArn\","
    "\"source_profile\":\"nowhere\",\"ram_role_arn\":\"two\"}]}";

static void
test_cli_chained (void)
{
  g_autoptr (GstIceProfile) profile = read_cli (chained, NULL, NULL);
  GError *error = NULL;

  g_assert_cmpstr (profile->role->role_arn, ==, "one");
  g_assert_cmpstr (profile->source->role->role_arn, ==, "two");
  assert_keys (profile->source->source, "LTAIid", SECRET, NULL);

  assert_refused (read_cli (chained, "round", &error), &error,
      "round and round");
  assert_refused (read_cli (chained, "lost", &error), &error,
      "profile \"lost\": there is no profile \"nowhere\"");
}

static void
test_cli_selection (void)
{
  g_autoptr (GstIceProfile) named = read_cli (chained, "base", NULL);
  GError *error = NULL;

  assert_keys (named, "LTAIid", SECRET, NULL);
  assert_refused (read_cli (chained, "none", &error), &error,
      "there is no profile \"none\"");
  assert_refused (read_cli ("{\"profiles\":[]}", NULL, &error), &error,
      "current");
  assert_refused (read_cli ("{\"current\":\"a\\u001b[31m\",\"profiles\":[]}",
          NULL, &error), &error, "\"a [31m\"");
}

typedef struct
{
  const gchar *text;
  const gchar *named;
} Refusal;

static const Refusal cli_members[] = {
  {"\"mode\":\"AK\",\"access_key_secret\":\"" SECRET "\"", "access_key_id"},
  {"\"mode\":\"AK\",\"access_key_id\":\"\"", "access_key_id"},
  {"\"mode\":\"AK\",\"access_key_id\":7", "access_key_id"},
  {"\"mode\":\"AK\",\"access_key_id\":\"a b\",\"access_key_secret\":\"" SECRET
        "\"", "blanks"},
  {"\"mode\":\"AK\",\"access_key_id\":\"a\"", "access_key_secret"},
  {"\"mode\":\"StsToken\"," KEYS, "sts_token"},
  {"\"mode\":\"StsToken\"," KEYS ",\"sts_token\":\"" SECRET "\\n\"",
      "sts_token"},
  {"\"mode\":\"RamRoleArn\"", "access_key_id"},
  {"\"mode\":\"RamRoleArn\"," KEYS ",\"expired_seconds\":899", "below 900"},
  {"\"mode\":\"OIDC\",\"expired_seconds\":899", "below 900"},
  {"\"mode\":\"ChainableRamRoleArn\"", "source_profile"},
  {"\"mode\":\"ChainableRamRoleArn\",\"source_profile\":\"\"",
      "source_profile"},
  {"\"mode\":\"StsToken\"," KEYS ",\"sts_token\":\"\"", "sts_token"},
  {"\"mode\":\"Magic\"", "mode \"Magic\" is not supported"},
  {"\"mode\":\"" SECRET " \\u001b\"", "mode \"\" is not supported"},
  {"\"mode\":null", "mode \"\" is not supported"},
  {"\"region_id\":\"cn-beijing\"", "mode \"\" is not supported"},
};

static const Refusal cli_files[] = {
  {"", "nothing"},
  {"{", "not valid JSON"},
  {"[]", "not a JSON object"},
  {"{}", "no profiles"},
  {"{\"current\":\"p\",\"profiles\":{\"p\":{}}}", "no profiles"},
  {"{\"" SECRET "\":}", "not valid JSON"},
  {"\xff", "UTF-8"},
};

static void
test_cli_refusals (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cli_members); i++) {
    GError *error = NULL;
    GstIceProfile *profile = read_one (cli_members[i].text, &error);

    assert_refused (profile, &error, cli_members[i].named);
  }
  for (i = 0; i < G_N_ELEMENTS (cli_files); i++) {
    GError *error = NULL;
    GstIceProfile *profile = read_cli (cli_files[i].text, NULL, &error);

    assert_refused (profile, &error, cli_files[i].named);
  }
}

/* --- The file in INI form --- */

static GstIceProfile *
read_ini (const gchar * text, const gchar * name, GError ** error)
{
  return gst_ice_ini_profile_read (text, strlen (text), name, error);
}

static const gchar ini[] = "; a comment\n# another\nstray = 1\n"
    "[default]\r\n"
    "enable = true\r\n"
    "type = access_key\r\n"
    "access_key_id=LTAIid   ; whose?\r\n"
    "access_key_secret = \"" SECRET "#no-comment\"\r\n"
    "[role]\n"
    "type = ram_role_arn\naccess_key_id = 'a=b'\naccess_key_secret = " SECRET
    "\nrole_arn = arn\nrole_session_name = n\npolicy = {\"a\":\"b;c\"}\n"
    "[ecs]\ntype=ecs_ram_role\nrole_name=\n"
    "[ role ]\nrole_arn = the second\n"
    "[last]\ntype=ecs_ram_role\nrole_name=r";

static void
test_ini_types (void)
{
  g_autoptr (GstIceProfile) keys = read_ini (ini, NULL, NULL);
  g_autoptr (GstIceProfile) role = read_ini (ini, "role", NULL);
  g_autoptr (GstIceProfile) ecs = read_ini (ini, "ecs", NULL);
  g_autoptr (GstIceProfile) last = read_ini (ini, "last", NULL);

  assert_keys (keys, "LTAIid", SECRET "#no-comment", NULL);
  g_assert_cmpint (role->kind, ==, GST_ICE_PROFILE_ROLE);
  assert_keys (role->source, "a=b", SECRET, NULL);
  g_assert_cmpstr (role->role->role_arn, ==, "the second");
  g_assert_cmpstr (role->role->session_name, ==, "n");
  g_assert_cmpstr (role->role->policy, ==, "{\"a\":\"b;c\"}");
  g_assert_cmpint (ecs->kind, ==, GST_ICE_PROFILE_ECS_ROLE);
  g_assert_null (ecs->ecs_role_name);
  g_assert_cmpstr (last->ecs_role_name, ==, "r");
}

static const Refusal ini_files[] = {
  {"", "there is no profile \"default\""},
  {"type = access_key", "there is no profile \"default\""},
  {"[default", "there is no profile \"default\""},
  {"[]\n[other]", "there is no profile \"default\""},
  {"[default]", "no type"},
  {"[default]\ntype", "no type"},
  {"[default]\ntype=", "no type"},
  {"[default]\ntype=magic", "type \"magic\" is not supported"},
  {"[default]\ntype=access_key", "access_key_id"},
  {"[default]\ntype=access_key\naccess_key_id=a", "access_key_secret"},
  {"[default]\ntype=access_key\naccess_key_id=a b\naccess_key_secret=" SECRET,
      "blanks"},
  {"[default]\ntype=access_key\naccess_key_id=a\naccess_key_secret=" SECRET " b",
      "its access_key_secret has blanks"},
  {"[default]\ntype=access_key\naccess_key_id=a\naccess_key_secret=" SECRET
        "\n  b", "its access_key_secret has blanks"},
  {"[default]\ntype=ram_role_arn", "access_key_id"},
  {"[default]\n\xff", "UTF-8"},
};

static void
test_ini_refusals (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ini_files); i++) {
    GError *error = NULL;
    GstIceProfile *profile = read_ini (ini_files[i].text, NULL, &error);

    assert_refused (profile, &error, ini_files[i].named);
  }
}

/* --- What the official SDK for Python reads --- */

static void
check_vector_keys (const GstIceProfile * profile, JsonObject * expected)
{
  g_assert_nonnull (profile);
  assert_keys (profile, vector_get_string (expected, "access_key_id"),
      vector_get_string (expected, "access_key_secret"), NULL);
}

static void
check_vector_role (const GstIceProfile * profile, JsonObject * expected)
{
  g_assert_cmpstr (profile->role->role_arn, ==,
      vector_get_string (expected, "role_arn"));
  g_assert_cmpstr (profile->role->session_name, ==,
      vector_get_string (expected, "role_session_name"));
  g_assert_cmpstr (profile->role->policy, ==,
      vector_get_string (expected, "policy"));
}

static void
check_vector_oidc (const GstIceProfile * profile, JsonObject * expected)
{
  g_assert_cmpstr (profile->oidc_provider_arn, ==,
      vector_get_string (expected, "oidc_provider_arn"));
  g_assert_cmpstr (profile->oidc_token_file, ==,
      vector_get_string (expected, "oidc_token_file_path"));
  check_vector_role (profile, expected);
}

static gboolean
has_sendable (JsonObject * expected, const gchar * name)
{
  const gchar *text = vector_get_string (expected, name);

  return text != NULL && gst_ice_identity_is_sendable (text);
}

static void
check_ini_vector (const gchar * id, JsonObject * vector)
{
  JsonNode *node = json_object_get_member (vector, "expected");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceProfile) profile =
      read_ini (vector_get_string (vector, "text"), NULL, &error);
  JsonObject *expected;
  const gchar *type;
  gboolean has_keys;

  g_test_message ("%s", id);
  g_assert_true ((profile != NULL) != (error != NULL));
  /* We may take more. */
  if (JSON_NODE_HOLDS_NULL (node))
    return;

  expected = json_node_get_object (node);
  type = vector_get_string (expected, "type");
  has_keys = has_sendable (expected, "access_key_id")
      && has_sendable (expected, "access_key_secret");
  if (g_strcmp0 (type, "access_key") == 0 && has_keys) {
    check_vector_keys (profile, expected);
  } else if (g_strcmp0 (type, "ram_role_arn") == 0 && has_keys) {
    g_assert_nonnull (profile);
    check_vector_keys (profile->source, expected);
    check_vector_role (profile, expected);
  } else if (g_strcmp0 (type, "oidc_role_arn") == 0) {
    g_assert_nonnull (profile);
    check_vector_oidc (profile, expected);
  } else if (g_strcmp0 (type, "ecs_ram_role") == 0) {
    g_assert_nonnull (profile);
    g_assert_cmpstr (profile->ecs_role_name, ==,
        vector_get_string (expected, "role_name"));
  } else {
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);
  }
}

static void
test_ini_vectors (void)
{
  vectors_foreach ("ini-profiles.json", "cases", 199, check_ini_vector);
}

/* More than it reads. */
static void
test_ini_more (void)
{
  static const gchar *const files[] = {
    "\xef\xbb\xbf[default]\ntype=access_key\naccess_key_id=LTAIid\n"
        "access_key_secret=" SECRET,
    "\xef\xbb\xbf# mine\r[ default ]\rtype=access_key\r"
        "access_key_id=\"LTAIid\" # whose\raccess_key_secret='" SECRET "'",
    "[default]\nnonsense\ntype=access_key\naccess_key_id=x\n"
        "access_key_id=LTAIid ; whose\naccess_key_secret=" SECRET "\n",
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstIceProfile) profile = read_ini (files[i], NULL, &error);

    g_assert_no_error (error);
    assert_keys (profile, "LTAIid", SECRET, NULL);
  }
}

/* Any bytes at all give a profile or a reason. */
static void
test_any_bytes (void)
{
  guint n;

  for (n = 0; n < 20000; n++) {
    gsize size = g_test_rand_int_range (0, sizeof ini);
    g_autofree gchar *text = g_memdup2 (ini, sizeof ini);
    g_autoptr (GstIceProfile) profile = NULL;
    g_autoptr (GError) error = NULL;
    guint i;

    for (i = 0; i < 4; i++)
      text[g_test_rand_int_range (0, sizeof ini)] =
          "[]=\n\"';# \0a"[g_test_rand_int_range (0, 11)];
    profile = gst_ice_ini_profile_read (text, size, NULL, &error);
    g_assert_true ((profile != NULL) != (error != NULL));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/profiles/cli/has-keys", test_cli_keys);
  g_test_add_func ("/profiles/cli/takes-on-a-role", test_cli_role);
  g_test_add_func ("/profiles/cli/has-other-modes", test_cli_other_modes);
  g_test_add_func ("/profiles/cli/uses-what-the-tool-keeps", test_cli_kept);
  g_test_add_func ("/profiles/cli/follows-source-profiles", test_cli_chained);
  g_test_add_func ("/profiles/cli/selects-by-name", test_cli_selection);
  g_test_add_func ("/profiles/cli/says-what-is-wrong", test_cli_refusals);
  g_test_add_func ("/profiles/ini/has-types", test_ini_types);
  g_test_add_func ("/profiles/ini/says-what-is-wrong", test_ini_refusals);
  g_test_add_func ("/profiles/ini/reads-what-the-sdk-reads", test_ini_vectors);
  g_test_add_func ("/profiles/ini/reads-more", test_ini_more);
  g_test_add_func ("/profiles/ini/bears-any-bytes", test_any_bytes);

  return g_test_run ();
}
