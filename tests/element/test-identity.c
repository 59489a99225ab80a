/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The identity from files and variables, from the launch line to the object.
 *
 * The emulator takes one AccessKey and what its STS and its credentials URI
 * gave out; whoever else signs is refused. */

#include "fixture.h"
#include "remove-tree.h"

#include <string.h>
#include <glib/gstdio.h>

#define SMALL 1000
#define KEYS "\"access_key_id\":\"" FIXTURE_KEY_ID "\"," \
    "\"access_key_secret\":\"" FIXTURE_KEY_SECRET "\""
#define WRONG_KEYS "\"access_key_id\":\"LTAIwrong\"," \
    "\"access_key_secret\":\"wr0ng-s3cret\""
#define ROLE "\"ram_role_arn\":\"acs:ram::1:role/recorder\"," \
    "\"sts_endpoint\":\"%s\""
#define OIDC_TOKEN "eyEmulatorDemo.OidcToken.0123456789"

/* A home of its own. */
typedef struct
{
  Fixture *f;
  gchar *home;
} Home;

static void
write_file (Home * h, const gchar * name, const gchar * text)
{
  g_autofree gchar *path = g_build_filename (h->home, name, NULL);
  g_autofree gchar *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* The sink has no identity in its properties. */
static void
home_init (Home * h, const gchar * options)
{
  h->home = g_dir_make_tmp ("icesink-home-XXXXXX", NULL);
  g_setenv ("HOME", h->home, TRUE);
  h->f = fixture_new (options);
  g_object_set (h->f->sink, "access-key-id", NULL, "access-key-secret", NULL,
      NULL);
}

static void
home_clear (Home * h)
{
  fixture_free (h->f);
  g_assert_true (test_remove_tree (h->home));
  g_free (h->home);
}

static void
record (Home * h)
{
  fixture_play (h->f);
  fixture_push (h->f, SMALL);
  fixture_finish (h->f);
  fixture_assert_object (h->f);
}

/* The text of the error that ends the upload. Owned by the caller. */
static gchar *
fail (Home * h, gint code)
{
  gchar *debug = NULL;
  gint place;

  gst_element_set_state (h->f->sink, GST_STATE_PLAYING);
  fixture_open_stream (h->f, NULL);
  fixture_wait_error (h->f, code);
  place = fixture_find_message (h->f, GST_MESSAGE_ERROR);
  gst_message_parse_error (g_ptr_array_index (h->f->messages, place), NULL,
      &debug);
  fixture_set_state (h->f, GST_STATE_NULL);
  fixture_assert_failed_once (h->f);
  g_assert_null (strstr (debug, "s3cret"));

  return debug;
}

/* ---- files ---- */

/* @profiles: of config.json; `%s` in it is the emulator's address. */
static void
write_config (Home * h, const gchar * current, const gchar * profiles)
{
  g_auto (GStrv) pieces = g_strsplit (profiles, "%s", -1);
  g_autofree gchar *filled =
      g_strjoinv (ice_emulator_get_uri (h->f->emulator), pieces);
  g_autofree gchar *text = g_strdup_printf
      ("{\"current\":\"%s\",\"profiles\":[%s]}", current, filled);

  write_file (h, ".aliyun/config.json", text);
}

typedef struct
{
  const gchar *name;
  const gchar *profile;         /* the members of the current profile */
} ConfigCase;

static const ConfigCase config_cases[] = {
  {"AK", "\"mode\":\"AK\"," KEYS},
  {"RamRoleArn", "\"mode\":\"RamRoleArn\"," ROLE "," KEYS},
  {"ChainableRamRoleArn", "\"mode\":\"ChainableRamRoleArn\"," ROLE
        ",\"source_profile\":\"keys\""},
  {"External", "\"mode\":\"External\",\"process_command\":\"cat "
        "external.json\""},
  {"OIDC", "\"mode\":\"OIDC\"," ROLE ",\"oidc_provider_arn\":\"p\","
        "\"oidc_token_file\":\"oidc-token\""},
};

static void
test_config (gconstpointer data)
{
  const ConfigCase *c = data;
  g_autofree gchar *profiles = g_strdup_printf ("{\"name\":\"wrong\","
      "\"mode\":\"AK\"," WRONG_KEYS "},{\"name\":\"keys\",\"mode\":\"AK\","
      KEYS "},{\"name\":\"mine\",%s}", c->profile);
  Home h;

  home_init (&h, NULL);
  g_assert_cmpint (g_chdir (h.home), ==, 0);
  write_file (&h, "external.json", "{\"mode\":\"AK\"," KEYS "}");
  write_file (&h, "oidc-token", OIDC_TOKEN);
  write_config (&h, "mine", profiles);
  record (&h);
  g_assert_cmpint (g_chdir ("/"), ==, 0);
  home_clear (&h);
}

static void
test_token (void)
{
  Home h;

  home_init (&h, "--security-token=tokenOfTheCaller");
  write_config (&h, "mine", "{\"name\":\"mine\",\"mode\":\"StsToken\"," KEYS
      ",\"sts_token\":\"tokenOfTheCaller\"}");
  record (&h);
  home_clear (&h);
}

#define TWO_PROFILES "{\"name\":\"wrong\",\"mode\":\"AK\"," WRONG_KEYS "}," \
    "{\"name\":\"right\",\"mode\":\"AK\"," KEYS "}"

/* The property goes before the variable, which goes before the file. */
static void
test_profile (void)
{
  Home h;
  g_autofree gchar *text = NULL;
  g_autofree gchar *profile = NULL;

  home_init (&h, NULL);
  write_config (&h, "wrong", TWO_PROFILES);
  g_object_set (h.f->sink, "profile", "right", NULL);
  g_setenv ("ALIBABA_CLOUD_PROFILE", "wrong", TRUE);
  record (&h);
  g_object_get (h.f->sink, "profile", &profile, NULL);
  g_assert_cmpstr (profile, ==, "right");

  fixture_set_state (h.f, GST_STATE_NULL);
  fixture_forget (h.f);
  g_object_set (h.f->sink, "profile", NULL, NULL);
  text = fail (&h, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (text, "InvalidAccessKeyId.NotFound"));
  g_unsetenv ("ALIBABA_CLOUD_PROFILE");
  home_clear (&h);
}

static void
test_ini (void)
{
  Home h;

  home_init (&h, NULL);
  write_file (&h, ".alibabacloud/credentials", "; whose\n[default]\n"
      "type = access_key\naccess_key_id = LTAIwrong\n"
      "access_key_secret = wr0ng-s3cret\n\n[right]\ntype = access_key\n"
      "access_key_id = \"" FIXTURE_KEY_ID "\"\n"
      "access_key_secret = " FIXTURE_KEY_SECRET "  # good\n");
  g_object_set (h.f->sink, "profile", "right", NULL);
  record (&h);
  home_clear (&h);
}

/* ---- variables ---- */

static void
test_uri (void)
{
  Home h;
  g_autofree gchar *uri = NULL;

  home_init (&h, NULL);
  uri = g_strconcat (ice_emulator_get_uri (h.f->emulator), "/credentials",
      NULL);
  g_setenv ("ALIBABA_CLOUD_CREDENTIALS_URI", uri, TRUE);
  record (&h);
  g_unsetenv ("ALIBABA_CLOUD_CREDENTIALS_URI");
  home_clear (&h);
}

/* A session that is about to end is asked for anew before each call of ICE,
 * one that is not, is not. */
static void
test_renewal (void)
{
  static const gchar *const lives[] = { "100", "3600" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lives); i++) {
    g_autofree gchar *options = g_strdup_printf ("--session-life=%s "
        "--credential-life=2", lives[i]);
    guint sessions, refreshes;
    Home h;

    home_init (&h, options);
    write_config (&h, "mine", "{\"name\":\"mine\",\"mode\":\"RamRoleArn\","
        ROLE "," KEYS "}");
    fixture_play (h.f);
    fixture_wait_for (h.f, fixture_push (h.f, SMALL) != GST_FLOW_OK
        || ice_emulator_get_generation (h.f->emulator) >= 3);
    fixture_finish (h.f);
    fixture_assert_object (h.f);
    sessions = fixture_count (h.f, ICE_EMULATOR_ASSUME_ROLE);
    refreshes = fixture_count (h.f, ICE_EMULATOR_REFRESH);
    g_assert_cmpuint (refreshes, >=, 3);
    if (i == 0)
      g_assert_cmpuint (sessions, >=, refreshes);
    else
      g_assert_cmpuint (sessions, ==, 1);
    home_clear (&h);
  }
}

#define SINKS 20

/* The sinks of a process that look for an identity in the same places ask STS
 * once; one that looks elsewhere asks for itself. */
static void
test_many_sinks (void)
{
  Fixture *others[SINKS];
  Home h;
  guint i;

  home_init (&h, NULL);
  write_config (&h, "mine", "{\"name\":\"mine\",\"mode\":\"RamRoleArn\","
      ROLE "," KEYS "},{\"name\":\"other\",\"mode\":\"RamRoleArn\"," ROLE ","
      KEYS "}");
  for (i = 0; i < SINKS; i++) {
    g_autofree gchar *media_id = g_strdup_printf ("media%u", i);

    others[i] = fixture_new_with (h.f->emulator, media_id);
    g_object_set (others[i]->sink, "access-key-id", NULL, "access-key-secret",
        NULL, "profile", i == 0 ? "other" : NULL, NULL);
    fixture_play (others[i]);
  }
  record (&h);
  for (i = 0; i < SINKS; i++) {
    fixture_push (others[i], SMALL);
    fixture_finish (others[i]);
    fixture_assert_object (others[i]);
  }
  g_assert_cmpuint (fixture_count (h.f, ICE_EMULATOR_ASSUME_ROLE), ==, 2);
  for (i = 0; i < SINKS; i++)
    fixture_free (others[i]);
  home_clear (&h);
}

/* An STS that is out of reach for a while costs time and nothing else. */
static void
test_outage (void)
{
  Home h;

  home_init (&h, NULL);
  write_config (&h, "mine", "{\"name\":\"mine\",\"mode\":\"RamRoleArn\","
      ROLE "," KEYS "}");
  fixture_add_fault (h.f, "assume-role:error:status=503:count=2");
  fixture_add_fault (h.f, "assume-role:reset-before:count=2");
  record (&h);
  home_clear (&h);
}

/* ---- none ---- */

static void
test_reasons (void)
{
  static const gchar *const named[] = {
    "no identity found", "properties: access-key-id",
    "environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set",
    "OIDC role: not set: ALIBABA_CLOUD_ROLE_ARN",
    "configuration file: ", "profile \"mine\": it has no access_key_id",
    "credentials file: cannot read ",
    "ECS RAM role: ALIBABA_CLOUD_ECS_METADATA_DISABLED is true",
    "credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not set"
  };
  g_autofree gchar *text = NULL;
  Home h;
  guint i;

  home_init (&h, NULL);
  write_config (&h, "mine", "{\"name\":\"mine\",\"mode\":\"AK\","
      "\"access_key_secret\":\"s3cret\"}");
  text = fail (&h, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  for (i = 0; i < G_N_ELEMENTS (named); i++) {
    if (strstr (text, named[i]) == NULL)
      g_error ("not \"%s\": %s", named[i], text);
  }
  home_clear (&h);
}

/* The sink is let go at once while a program hangs. */
static void
test_stop (void)
{
  g_autofree gchar *started = NULL;
  Home h;

  home_init (&h, NULL);
  write_file (&h, "hang", "echo > $HOME/started; exec sleep 1000");
  write_config (&h, "mine", "{\"name\":\"mine\",\"mode\":\"External\","
      "\"process_command\":\"/bin/sh -c '. $HOME/hang'\"}");
  started = g_build_filename (h.home, "started", NULL);
  g_object_set (h.f->sink, "on-stop", 1, "stop-timeout",
      (guint64) GST_SECOND, NULL);
  fixture_play (h.f);
  fixture_wait_for (h.f, g_file_test (started, G_FILE_TEST_EXISTS));
  fixture_set_state (h.f, GST_STATE_NULL);
  home_clear (&h);
}

int
main (int argc, char **argv)
{
  gsize i;

  fixture_init (&argc, &argv);

  for (i = 0; i < G_N_ELEMENTS (config_cases); i++) {
    g_autofree gchar *path = g_strconcat ("/identity/config/takes-",
        config_cases[i].name, NULL);

    g_test_add_data_func (path, &config_cases[i], test_config);
  }
  g_test_add_func ("/identity/config/takes-StsToken", test_token);
  g_test_add_func ("/identity/profile/is-chosen-by-the-property",
      test_profile);
  g_test_add_func ("/identity/ini/is-read", test_ini);
  g_test_add_func ("/identity/uri/is-asked", test_uri);
  g_test_add_func ("/identity/renewal/is-before-each-call", test_renewal);
  g_test_add_func ("/icesink/identity/is-asked-for-once-by-many-sinks",
      test_many_sinks);
  g_test_add_func ("/identity/outage/is-waited-for", test_outage);
  g_test_add_func ("/identity/none/is-an-error-with-all-reasons",
      test_reasons);
  g_test_add_func ("/identity/stop/does-not-wait-for-a-program", test_stop);

  return g_test_run ();
}
