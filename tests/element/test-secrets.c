/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* No secret appears in any log at any level, in a message, in stats or in a
 * graph, whatever goes wrong. Everything that the process says is captured and
 * searched for the values that the emulator knows to be secret. */

#include "fixture.h"

#include <string.h>

#include "secret-search.h"

#define IDENTITY_TOKEN "CAISidentityTokenOfTheCaller0123456789abcdefghijklmnopq"
#define WRONG_SECRET "ThisSecretIsWrongAndSecretNevertheless"
#define PROXY_PASSWORD "PasswordOfTheProxy0123456789"

static GMutex lock;
static GString *said;           /* protected by lock */

static void
capture (GstDebugCategory * category, GstDebugLevel level,
    const gchar * file, const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer user_data)
{
  const gchar *text = gst_debug_message_get (message);
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  g_string_append (said, text != NULL ? text : "");
  g_string_append_c (said, '\n');
}

static GLogWriterOutput
capture_glib (GLogLevelFlags level, const GLogField * fields, gsize n_fields,
    gpointer user_data)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = NULL;
  gsize i;

  if (level & G_LOG_FLAG_FATAL)
    return g_log_writer_default (level, fields, n_fields, user_data);

  locker = g_mutex_locker_new (&lock);
  for (i = 0; i < n_fields; i++) {
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append (said, fields[i].value);
  }

  return G_LOG_WRITER_HANDLED;
}

/* Adds what an application can see of the sink. */
static void
say (gchar * text)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  g_string_append (said, text);
  g_string_append_c (said, '\n');
  g_free (text);
}

static void
say_message (GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  gchar *debug = NULL;

  if (gst_message_get_structure (message) != NULL)
    say (gst_structure_to_string (gst_message_get_structure (message)));
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, &debug);
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, &debug);
      break;
    case GST_MESSAGE_INFO:
      gst_message_parse_info (message, &error, &debug);
      break;
    default:
      return;
  }
  say (g_strdup (error->message));
  say (debug);
}

static void
say_all (Fixture * f)
{
  g_autoptr (GstStructure) stats = NULL;
  guint i;

  fixture_collect (f);
  for (i = 0; i < f->messages->len; i++)
    say_message (g_ptr_array_index (f->messages, i));
  g_object_get (f->sink, "stats", &stats, NULL);
  say (gst_structure_to_string (stats));
  if (f->pipeline != NULL)
    say (gst_debug_bin_to_dot_data (GST_BIN (f->pipeline),
            GST_DEBUG_GRAPH_SHOW_ALL));
}

/* Something was said, and nothing of it is secret. */
static void
assert_discreet (Fixture * f)
{
  static const gchar *const ours[] = { IDENTITY_TOKEN, WRONG_SECRET,
    PROXY_PASSWORD, NULL
  };
  g_auto (GStrv) secrets = ice_emulator_get_secrets (f->emulator);
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = NULL;

  say_all (f);
  locker = g_mutex_locker_new (&lock);
  g_test_message ("%" G_GSIZE_FORMAT " bytes, %u secrets", said->len,
      g_strv_length (secrets));
  g_assert_cmpuint (said->len, >, 10000);
  g_assert_cmpuint (g_strv_length (secrets), >=, 2);
  g_assert_nonnull (strstr (said->str, f->media_id));
  secret_search ("the log", said->str, said->len,
      (const gchar * const *) secrets);
  secret_search ("the log", said->str, said->len, ours);
}

static void
begin (void)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  g_string_set_size (said, 0);
}

/* ---- runs that succeed ---- */

#define WITH_TOKEN "--security-token=" IDENTITY_TOKEN

static const struct
{
  const gchar *name;
  const gchar *options;
} good_cases[] = {
  {"well", ""},
  {"with-expired-tokens", "--fault=part:expired-token:count=2"},
  {"with-unknown-keys",
        "--fault=part:expired-token:code=InvalidAccessKeyId"},
  {"with-early-answers",
        "--fault=part:early-answer:status=403:code=SecurityTokenExpired"},
  {"with-resets", "--fault=part:reset-mid-body:count=2"
        " --fault=refresh:reset-before --fault=complete:reset-before"},
  {"with-errors", "--fault=part:error:count=2 --fault=refresh:error"
        " --fault=initiate:error --fault=complete:error"},
  {"with-garbage", "--fault=part:garbage --fault=refresh:garbage-body"
        " --fault=complete:garbage-body"},
  {"with-skew", "--fault=initiate:skew --fault=part:skew"},
  {"with-web-pages", "--fault=part:web-page:status=403"
        " --fault=refresh:web-page --fault=initiate:web-page:status=502"},
  {"with-other-statuses", "--fault=part:other-status:status=203"
        " --fault=complete:error:status=203:code=CallbackFailed"},
  {"without-checksums", "--fault=part:no-crc:count=0"
        " --fault=complete:no-crc --fault=head:no-crc"},
  {"with-redirects", "--fault=part:redirect"},
  {"with-compressed-answers", "--fault=refresh:compressed"
        " --fault=complete:compressed"},
  {"with-cut-answers", "--fault=refresh:truncated-body"
        " --fault=part:cut-answer --fault=initiate:truncated-body"},
};

static void
set_identity (Fixture * f)
{
  g_object_set (f->sink, "security-token", IDENTITY_TOKEN, NULL);
}

static void
test_good (gconstpointer data)
{
  const gchar *options = data;
  g_autofree gchar *all = g_strconcat (WITH_TOKEN " ", options, NULL);
  g_autoptr (Fixture) f = fixture_new (all);

  begin ();
  set_identity (f);
  fixture_launch (f, "fakesrc num-buffers=100 sizetype=fixed sizemax=10000"
      " filltype=zero"
      " ! queue");
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_wait_message (f, GST_MESSAGE_EOS);
  ice_emulator_expire_credentials (f->emulator);
  assert_discreet (f);
  fixture_set_state (f, GST_STATE_NULL);
  assert_discreet (f);
}

static void
test_renewals (void)
{
  g_autoptr (Fixture) f = fixture_new (WITH_TOKEN);
  guint i;

  begin ();
  set_identity (f);
  fixture_play (f);
  for (i = 0; i < 5; i++) {
    fixture_push_all (f, 3 * FIXTURE_PART_SIZE, 64 * KIB);
    fixture_wait_for (f, fixture_get_stat (f, "bytes-pending") == 0);
    ice_emulator_expire_credentials (f->emulator);
  }
  fixture_finish (f);
  assert_discreet (f);
}

/* ---- runs that fail ---- */

static const struct
{
  const gchar *name;
  const gchar *options;
} bad_cases[] = {
  {"expired-tokens", "--fault=part:expired-token:count=0"},
  {"forbidden-parts", "--fault=part:forbidden:count=0"},
  {"invalid-parts",
        "--fault=part:error:status=400:code=InvalidArgument:count=0"},
  {"lost-uploads", "--fault=part:not-found:count=0"},
  {"a-forbidden-refresh", "--fault=refresh:forbidden"},
  {"a-refused-signature",
        "--fault=part:error:status=403:code=SignatureDoesNotMatch:count=0"},
  {"garbage", "--fault=refresh:garbage-body:count=0"},
  {"web-pages", "--fault=refresh:web-page:count=0"},
  {"redirects", "--fault=refresh:redirect:count=0"},
  {"a-refused-end", "--fault=complete:forbidden:count=0"},
  {"a-damaged-object", "--fault=complete:error:status=400:code=InvalidPart"
        ":count=0"},
  {"an-unreadable-upload", "--fault=initiate:truncated-body:count=0"},
  {"unknown-keys",
        "--fault=any:expired-token:code=InvalidAccessKeyId:count=0"},
  {"a-wrong-token-of-the-caller", "--security-token=Another"},
};

static void
fail (Fixture * f)
{
  fixture_set (f, "retry-timeout=200000000 stop-timeout=1000000000");
  fixture_launch (f, "fakesrc num-buffers=100 sizetype=fixed sizemax=10000"
      " filltype=zero"
      " ! queue");
  /* It may fail before all states are reached. */
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  fixture_wait_for (f, fixture_find_message (f, GST_MESSAGE_ERROR) >= 0);
  assert_discreet (f);
  fixture_set_state (f, GST_STATE_NULL);
  assert_discreet (f);
}

static void
test_bad (gconstpointer data)
{
  const gchar *options = data;
  g_autofree gchar *all = g_strconcat (WITH_TOKEN " ", options, NULL);
  g_autoptr (Fixture) f = fixture_new (all);

  begin ();
  set_identity (f);
  fail (f);
}

static void
test_wrong_secret (void)
{
  g_autoptr (Fixture) f = fixture_new (WITH_TOKEN);

  begin ();
  set_identity (f);
  g_object_set (f->sink, "access-key-secret", WRONG_SECRET, NULL);
  fail (f);
}

static void
test_proxy (void)
{
  g_autoptr (Fixture) f = fixture_new (WITH_TOKEN);

  begin ();
  set_identity (f);
  g_object_set (f->sink, "proxy",
      "http://me:" PROXY_PASSWORD "@127.0.0.1:9",
      "ice-endpoint", "https://ice.example.invalid", NULL);
  fail (f);
}

/* ---- what the application gives ---- */

static void
test_given_credentials (void)
{
  g_autoptr (Fixture) f = fixture_new (WITH_TOKEN);
  gboolean taken;

  begin ();
  set_identity (f);
  fixture_record (f, 3 * FIXTURE_PART_SIZE);
  g_signal_emit_by_name (f->sink, "provide-upload-credential", WRONG_SECRET,
      WRONG_SECRET, &taken);
  g_assert_false (taken);
  g_signal_emit_by_name (f->sink, "provide-identity", FIXTURE_KEY_ID,
      WRONG_SECRET, IDENTITY_TOKEN);
  fixture_finish (f);
  assert_discreet (f);
}

/* Not even where they are in vain, or can't be right. */
static void
test_bad_settings (void)
{
  static const gchar *const names[] = { "upload-address", "upload-auth",
    "ice-endpoint", "oss-endpoint", "proxy"
  };
  guint i;

  begin ();
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (Fixture) f = fixture_new (WITH_TOKEN);

    set_identity (f);
    g_object_set (f->sink, "upload-address", WRONG_SECRET, "upload-auth",
        WRONG_SECRET, NULL);
    g_object_set (f->sink, names[i], "https://me:" PROXY_PASSWORD "@a:b/",
        NULL);
    gst_element_set_state (f->sink, GST_STATE_PLAYING);
    fixture_wait_error (f, GST_RESOURCE_ERROR_SETTINGS);
    say_all (f);
  }
  secret_search ("the log", said->str, said->len,
      (const gchar * const[]) { WRONG_SECRET, PROXY_PASSWORD, NULL });
}

int
main (int argc, char **argv)
{
  guint i;

  g_setenv ("G_MESSAGES_DEBUG", "all", TRUE);
  fixture_init (&argc, &argv);
  said = g_string_new (NULL);
  g_log_set_writer_func (capture_glib, NULL, NULL);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (capture, NULL, NULL);
  gst_debug_set_threshold_from_string ("*:9", TRUE);

  for (i = 0; i < G_N_ELEMENTS (good_cases); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/secrets/are-kept-",
        good_cases[i].name, NULL);

    g_test_add_data_func (path, good_cases[i].options, test_good);
  }
  for (i = 0; i < G_N_ELEMENTS (bad_cases); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/secrets/are-kept-after-",
        bad_cases[i].name, NULL);

    g_test_add_data_func (path, bad_cases[i].options, test_bad);
  }
  g_test_add_func ("/icesink/secrets/are-kept-over-renewals", test_renewals);
  g_test_add_func ("/icesink/secrets/are-kept-after-a-wrong-secret",
      test_wrong_secret);
  g_test_add_func ("/icesink/secrets/are-kept-by-the-proxy", test_proxy);
  g_test_add_func ("/icesink/secrets/are-kept-when-given",
      test_given_credentials);
  g_test_add_func ("/icesink/secrets/are-kept-in-bad-settings",
      test_bad_settings);

  return g_test_run ();
}
