/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Identities, where they come from, and keeping them out of texts. */

#include <string.h>

#include "common/error.h"
#include "credentials/provider-chain.h"
#include "credentials/redaction.h"
#include "credentials/static-provider.h"

/* --- A provider that does as it is told --- */

#define TEST_TYPE_PROVIDER (test_provider_get_type ())
G_DECLARE_FINAL_TYPE (TestProvider, test_provider, TEST, PROVIDER, GObject)

struct _TestProvider
{
  GObject parent;

  const gchar *name;
  const gchar *id;              /* (nullable): of the identity it gives */
  GQuark domain;                /* of the error it gives otherwise */
  gint code;
  guint asked;
  guint invalidated;
};

static const gchar *
test_provider_get_name (GstIceCredentialsProvider * provider)
{
  return TEST_PROVIDER (provider)->name;
}

static void
test_provider_get_identity_async (GstIceCredentialsProvider * provider,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  TestProvider *self = TEST_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback,
      user_data);

  self->asked++;
  if (self->id != NULL)
    g_task_return_pointer (task, gst_ice_identity_new (self->id, "s", NULL),
        (GDestroyNotify) gst_ice_identity_unref);
  else
    g_task_return_error (task, g_error_new (self->domain, self->code,
            "%s has none", self->name));
}

static void
test_provider_invalidate (GstIceCredentialsProvider * provider,
    GstIceIdentity * identity)
{
  TEST_PROVIDER (provider)->invalidated++;
}

static void
test_provider_iface_init (GstIceCredentialsProviderInterface * iface)
{
  iface->get_name = test_provider_get_name;
  iface->get_identity_async = test_provider_get_identity_async;
  iface->invalidate = test_provider_invalidate;
}

G_DEFINE_TYPE_WITH_CODE (TestProvider, test_provider, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_ICE_CREDENTIALS_PROVIDER,
        test_provider_iface_init))

static void
test_provider_class_init (TestProviderClass * klass)
{
}

static void
test_provider_init (TestProvider * self)
{
  self->domain = GST_ICE_ERROR;
  self->code = GST_ICE_ERROR_NOT_AUTHORIZED;
}

static TestProvider *
test_provider_new (const gchar * name, const gchar * id)
{
  TestProvider *provider = g_object_new (TEST_TYPE_PROVIDER, NULL);

  provider->name = name;
  provider->id = id;

  return provider;
}

/* --- Asking and waiting --- */

static void
on_done (GObject * source, GAsyncResult * result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GstIceIdentity *
ask (gpointer provider, GCancellable * cancellable, GError ** error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_credentials_provider_get_identity_async (provider, cancellable,
      on_done, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return gst_ice_credentials_provider_get_identity_finish (provider, result,
      error);
}

/* @expected: the identity's id. */
static void
check_id (gpointer provider, const gchar * expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceIdentity) identity = ask (provider, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (gst_ice_identity_get_access_key_id (identity), ==,
      expected);
}

/* --- Identity --- */

static void
test_identity (void)
{
  g_autoptr (GstIceIdentity) plain = gst_ice_identity_new ("id", "s", NULL);
  g_autoptr (GstIceIdentity) empty = gst_ice_identity_new ("id", "s", "");
  g_autoptr (GstIceIdentity) full =
      gst_ice_identity_new_expiring ("id", "s", "t", 5);

  g_assert_cmpstr (gst_ice_identity_peek_secret (plain), ==, "s");
  g_assert_null (gst_ice_identity_peek_token (plain));
  g_assert_cmpint (gst_ice_identity_get_expires (plain), ==, -1);
  g_assert_null (gst_ice_identity_peek_token (empty));
  g_assert_cmpstr (gst_ice_identity_peek_token (full), ==, "t");
  g_assert_cmpint (gst_ice_identity_get_expires (full), ==, 5);
}

static void
test_sendable (void)
{
  g_assert_true (gst_ice_identity_is_sendable ("CAIS/a+b=="));
  g_assert_false (gst_ice_identity_is_sendable (""));
  g_assert_false (gst_ice_identity_is_sendable ("a b"));
  g_assert_false (gst_ice_identity_is_sendable ("a\n"));
  g_assert_false (gst_ice_identity_is_sendable ("a\x7f"));
  g_assert_false (gst_ice_identity_is_sendable ("\xc3\xa9"));
}

/* --- Static and environment --- */

static void
test_static (void)
{
  g_autoptr (GstIceCredentialsProvider) provider =
      gst_ice_static_provider_new (NULL);
  g_autoptr (GstIceIdentity) first = gst_ice_identity_new ("one", "s", NULL);
  g_autoptr (GstIceIdentity) second = gst_ice_identity_new ("two", "s", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (ask (provider, NULL, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);

  gst_ice_static_provider_set_identity (GST_ICE_STATIC_PROVIDER (provider),
      first);
  check_id (provider, "one");
  gst_ice_credentials_provider_invalidate (provider, first);
  check_id (provider, "one");
  gst_ice_static_provider_set_identity (GST_ICE_STATIC_PROVIDER (provider),
      second);
  check_id (provider, "two");
}

static void
set_environment (const gchar * id, const gchar * secret, const gchar * token)
{
  const gchar *values[] = { id, secret, token };
  static const gchar *const names[] = { "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    if (values[i] != NULL)
      g_setenv (names[i], values[i], TRUE);
    else
      g_unsetenv (names[i]);
  }
}

static void
test_environment (void)
{
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  set_environment ("id", "the-secret", "token");
  provider = gst_ice_static_provider_new_from_environment ();
  /* What changes later is not seen. */
  set_environment (NULL, NULL, NULL);

  identity = ask (provider, NULL, NULL);
  g_assert_nonnull (identity);
  g_assert_cmpstr (gst_ice_identity_get_access_key_id (identity), ==, "id");
  g_assert_cmpstr (gst_ice_identity_peek_secret (identity), ==, "the-secret");
  g_assert_cmpstr (gst_ice_identity_peek_token (identity), ==, "token");
}

static void
check_no_environment (const gchar * id, const gchar * secret,
    const gchar * token, const gchar * named)
{
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GError) error = NULL;

  set_environment (id, secret, token);
  provider = gst_ice_static_provider_new_from_environment ();
  g_assert_null (ask (provider, NULL, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (error->message, named));
  g_assert_null (strstr (error->message, "s3cret"));
}

static void
test_no_environment (void)
{
  check_no_environment (NULL, NULL, NULL, "ALIBABA_CLOUD_ACCESS_KEY_ID");
  check_no_environment ("", "s3cret", NULL, "ALIBABA_CLOUD_ACCESS_KEY_ID");
  check_no_environment ("id", NULL, NULL, "ALIBABA_CLOUD_ACCESS_KEY_SECRET");
  check_no_environment ("id", "", NULL, "ALIBABA_CLOUD_ACCESS_KEY_SECRET");
  check_no_environment ("id\n", "s3cret", NULL, "ALIBABA_CLOUD_ACCESS_KEY_ID");
  check_no_environment ("id", "s3cret\n", NULL,
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET");
  check_no_environment ("id", "s3cret s3cret", NULL,
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET");
  check_no_environment ("id", "x", "s3cret\n", "ALIBABA_CLOUD_SECURITY_TOKEN");
}

/* --- The chain --- */

typedef struct
{
  GstIceProviderChain *chain;
  TestProvider *first;
  TestProvider *second;
  TestProvider *third;
} Fixture;

static void
set_up (Fixture * fixture, gconstpointer unused)
{
  fixture->chain = gst_ice_provider_chain_new ();
  fixture->first = test_provider_new ("first", NULL);
  fixture->second = test_provider_new ("second", NULL);
  fixture->third = test_provider_new ("third", NULL);
  gst_ice_provider_chain_add (fixture->chain,
      GST_ICE_CREDENTIALS_PROVIDER (fixture->first));
  gst_ice_provider_chain_add (fixture->chain,
      GST_ICE_CREDENTIALS_PROVIDER (fixture->second));
  gst_ice_provider_chain_add (fixture->chain,
      GST_ICE_CREDENTIALS_PROVIDER (fixture->third));
}

static void
tear_down (Fixture * fixture, gconstpointer unused)
{
  g_object_unref (fixture->first);
  g_object_unref (fixture->second);
  g_object_unref (fixture->third);
  g_assert_finalize_object (fixture->chain);
}

static void
test_first_wins (Fixture * fixture, gconstpointer unused)
{
  fixture->second->id = "two";
  fixture->third->id = "three";

  check_id (fixture->chain, "two");
  g_assert_cmpuint (fixture->first->asked, ==, 1);
  g_assert_cmpuint (fixture->third->asked, ==, 0);
}

static void
test_remembers (Fixture * fixture, gconstpointer unused)
{
  fixture->second->id = "two";

  check_id (fixture->chain, "two");
  check_id (fixture->chain, "two");
  g_assert_cmpuint (fixture->first->asked, ==, 1);
  g_assert_cmpuint (fixture->second->asked, ==, 2);
}

static void
test_forgets_failed (Fixture * fixture, gconstpointer unused)
{
  fixture->second->id = "two";
  check_id (fixture->chain, "two");

  fixture->second->id = NULL;
  fixture->third->id = "three";
  check_id (fixture->chain, "three");
  fixture->first->id = "one";
  check_id (fixture->chain, "three");
  g_assert_cmpuint (fixture->second->asked, ==, 2);
}

static void
test_invalidate (Fixture * fixture, gconstpointer unused)
{
  fixture->second->id = "two";
  check_id (fixture->chain, "two");

  fixture->first->id = "one";
  gst_ice_credentials_provider_invalidate (GST_ICE_CREDENTIALS_PROVIDER
      (fixture->chain), NULL);
  g_assert_cmpuint (fixture->second->invalidated, ==, 1);
  g_assert_cmpuint (fixture->first->invalidated, ==, 0);
  check_id (fixture->chain, "one");
}

static void
test_none (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ask (fixture->chain, NULL, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (error->message, "first: first has none"));
  g_assert_nonnull (strstr (error->message, "second: second has none"));
  g_assert_nonnull (strstr (error->message, "third: third has none"));
}

/* It may be there in a while, though it never was so far. */
static void
test_unreachable (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  fixture->second->code = GST_ICE_ERROR_NETWORK;
  fixture->third->code = GST_ICE_ERROR_UNAVAILABLE;

  g_assert_null (ask (fixture->chain, NULL, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_nonnull (strstr (error->message, "first: first has none"));
  g_assert_nonnull (strstr (error->message, "third: third has none"));
}

static void
test_outage (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  fixture->third->id = "three";
  check_id (fixture->chain, "three");

  fixture->third->id = NULL;
  fixture->third->code = GST_ICE_ERROR_NETWORK;
  g_assert_null (ask (fixture->chain, NULL, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
}

static void
test_cancelled (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  fixture->first->domain = G_IO_ERROR;
  fixture->first->code = G_IO_ERROR_CANCELLED;
  fixture->second->id = "two";
  g_cancellable_cancel (cancellable);

  g_assert_null (ask (fixture->chain, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (fixture->second->asked, ==, 0);
}

static void
test_empty_chain (void)
{
  g_autoptr (GstIceProviderChain) chain = gst_ice_provider_chain_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (ask (chain, NULL, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);
}

/* --- Redaction --- */

#define SECRET "EXAMPLEsecretEXAMPLEsecretEXAMPLEsecret12345"
#define TOKEN "CAISexample/Security+Token0123456789=="
#define SIGNATURE \
    "0fe78eee24805957e77347b097b62794d29fbf7d6c48c8c5b11b8d56cb790b64"

static void
check_redacted (const gchar * text, const gchar * expected)
{
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new ("id", SECRET, TOKEN);
  g_autofree gchar *redacted = gst_ice_redact (identity, text);

  g_assert_cmpstr (redacted, ==, expected);
}

static void
test_redact (void)
{
  check_redacted ("nothing to hide", "nothing to hide");
  check_redacted ("<" TOKEN ">", "<***>");
  check_redacted (TOKEN SECRET, "******");
  check_redacted ("key " SECRET ".", "key ***.");
  check_redacted ("cut CAISexample/Security+To off", "cut *** off");
  check_redacted ("sig=" SIGNATURE, "sig=***");
  check_redacted (" \r\n a\tb\x7f" "c\x1b[31m ", "a b c [31m");
  check_redacted ("caf\xc3\xa9 \xff", "caf\xc3\xa9 \xef\xbf\xbd");
  check_redacted ("", NULL);
  check_redacted (" \n", NULL);
  check_redacted (NULL, NULL);
}

static void
test_redact_short_secret (void)
{
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new ("id", "tiny", NULL);
  g_autofree gchar *redacted = gst_ice_redact (identity, "a tiny secret");

  g_assert_cmpstr (redacted, ==, "a *** secret");
}

static void
test_redact_long (void)
{
  g_autofree gchar *filler = g_strnfill (1000, '\xe9');
  g_autofree gchar *shown = gst_ice_redact (NULL, filler);

  g_assert_cmpint (g_utf8_strlen (shown, -1), <, 500);
  g_assert_true (g_str_has_suffix (shown, "..."));
}

static void
check_redacted_id (const gchar * text, const gchar * expected)
{
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new ("id", "abcdefghijklmnop", NULL);
  g_autofree gchar *id = gst_ice_redact_id (identity, text);

  g_assert_cmpstr (id, ==, expected);
}

static void
test_redact_id (void)
{
  g_autofree gchar *filler = g_strnfill (129, 'x');

  check_redacted_id ("InvalidAccessKeyId.NotFound",
      "InvalidAccessKeyId.NotFound");
  check_redacted_id ("8B6D3A2E-1111-2222", "8B6D3A2E-1111-2222");
  check_redacted_id (NULL, NULL);
  check_redacted_id ("", NULL);
  check_redacted_id ("a b", NULL);
  check_redacted_id ("a\n", NULL);
  check_redacted_id (filler, NULL);
  check_redacted_id ("xabcdefghijklmnop", NULL);
  check_redacted_id (SIGNATURE, NULL);
}

#define ADD_CHAIN(name, func) \
    g_test_add ("/credentials/chain/" name, Fixture, NULL, set_up, func, \
        tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/credentials/identity/keeps-what-it-was-given",
      test_identity);
  g_test_add_func ("/credentials/identity/knows-what-can-be-sent",
      test_sendable);
  g_test_add_func ("/credentials/static/gives-the-latest", test_static);
  g_test_add_func ("/credentials/environment/reads-at-once",
      test_environment);
  g_test_add_func ("/credentials/environment/says-what-is-wrong",
      test_no_environment);
  ADD_CHAIN ("takes-the-first-that-has-one", test_first_wins);
  ADD_CHAIN ("remembers-what-worked", test_remembers);
  ADD_CHAIN ("forgets-what-failed", test_forgets_failed);
  ADD_CHAIN ("begins-again-after-invalidate", test_invalidate);
  ADD_CHAIN ("lists-every-reason", test_none);
  ADD_CHAIN ("waits-for-what-cannot-be-reached", test_unreachable);
  ADD_CHAIN ("outlives-an-outage-of-what-worked", test_outage);
  ADD_CHAIN ("ends-when-cancelled", test_cancelled);
  g_test_add_func ("/credentials/chain/may-be-empty", test_empty_chain);
  g_test_add_func ("/credentials/redaction/masks-secrets", test_redact);
  g_test_add_func ("/credentials/redaction/masks-short-secrets",
      test_redact_short_secret);
  g_test_add_func ("/credentials/redaction/cuts-long-texts",
      test_redact_long);
  g_test_add_func ("/credentials/redaction/checks-ids", test_redact_id);

  return g_test_run ();
}
