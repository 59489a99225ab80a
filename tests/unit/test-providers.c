/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Each provider against a server that speaks its protocol, and each of its
 * failures by name. */

#include <string.h>
#include <sys/stat.h>
#include <glib/gstdio.h>

#include "common/error.h"
#include "credentials/default-chain.h"
#include "credentials/identity-check.h"
#include "credentials/providers.h"
#include "credentials/static-provider.h"
#include "credentials/time-limit.h"
#include "patience.h"
#include "provider-fixture.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define ROLE_ARN "acs:ram::1234567890123456:role/recorder"
#define FORBIDDEN_ARN "acs:ram::1234567890123456:role/forbidden"

typedef GstIceCredentialsProvider Provider;

/* A fault or an answer, and what comes of it. */
typedef struct
{
  const gchar *name;
  const gchar *text;
  gint code;
  const gchar *named;
} Failure;

/* --- STS --- */

static Provider *
new_oidc (ProviderFixture * f, const gchar * role_arn)
{
  g_autoptr (GstIceRole) role = gst_ice_role_new ();
  g_autofree gchar *file = provider_fixture_write (f, "token",
      OIDC_TOKEN "\n");

  role->role_arn = g_strdup (role_arn);

  return gst_ice_oidc_provider_new (f->context, role, "acs:ram::1:oidc/p",
      file);
}

static Provider *
new_role (ProviderFixture * f, const gchar * role_arn, const gchar * secret)
{
  g_autoptr (GstIceRole) role = gst_ice_role_new ();
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new (ACCESS_KEY_ID, secret, NULL);
  g_autoptr (GstIceCredentialsProvider) source =
      gst_ice_static_provider_new (identity);

  role->role_arn = g_strdup (role_arn);
  role->policy = g_strdup ("{\"Statement\": [\"*~!\"]}");

  return gst_ice_role_provider_new (f->context, role, source);
}

static void
test_oidc (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;
  g_autoptr (GstIceIdentity) kept = NULL;
  gint64 left_us;

  provider_fixture_start (&f, NULL);
  provider = new_oidc (&f, ROLE_ARN);
  identity = provider_fixture_assert_id (provider, "STS.recorder.1");
  kept = provider_fixture_assert_id (provider, "STS.recorder.1");
  left_us = gst_ice_identity_get_expires (identity) -
      gst_ice_clock_get_monotonic (f.base.clock);
  g_assert_cmpint (left_us, >, 3000 * SECOND);
  g_assert_cmpint (left_us, <=, 3601 * SECOND);
  g_assert_nonnull (gst_ice_identity_peek_token (identity));
  provider_fixture_stop (&f);
}

static void
test_oidc_environment (void)
{
  ProviderFixture f;
  g_autoptr (GstIceRole) role = gst_ice_role_new ();
  g_autoptr (GstIceCredentialsProvider) missing = NULL;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  provider_fixture_start (&f, NULL);
  missing = gst_ice_oidc_provider_new (f.context, role, NULL, NULL);
  provider_fixture_assert_error (&f, missing, GST_ICE_ERROR_NOT_AUTHORIZED,
      "not set: ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN, "
      "ALIBABA_CLOUD_OIDC_TOKEN_FILE");

  f.sources->role_arn = g_strdup (ROLE_ARN);
  f.sources->oidc_provider_arn = g_strdup ("p");
  f.sources->oidc_token_file = provider_fixture_write (&f, "t", OIDC_TOKEN);
  provider = gst_ice_oidc_provider_new (f.context, role, NULL, NULL);
  identity = provider_fixture_assert_id (provider, "STS.recorder.");
  provider_fixture_stop (&f);
}

/* The file of a token is replaced from time to time. */
static void
test_oidc_token_file (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;
  g_autofree gchar *path = NULL;

  provider_fixture_start (&f, NULL);
  provider = new_oidc (&f, ROLE_ARN);
  path = provider_fixture_write (&f, "token", "\n");
  provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_NOT_AUTHORIZED,
      "there is no token in ");
  g_free (provider_fixture_write (&f, "token", "a-wr0ng-token-of-s3cret"));
  provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_NOT_AUTHORIZED,
      "AssumeRoleWithOIDC: HTTP status 400, "
      "AuthenticationFail.OIDCToken.Invalid: ***");
  g_assert_cmpint (g_remove (path), ==, 0);
  provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_NOT_AUTHORIZED,
      "token: No such file or directory");
  g_free (provider_fixture_write (&f, "token", OIDC_TOKEN));
  identity = provider_fixture_assert_id (provider, "STS.recorder.");
  provider_fixture_stop (&f);
}

#define SKEWED(time) "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n" \
    "Date: Fri, 17 May 2024 08:09:10 GMT\r\n\r\n" \
    "{\"RequestId\":\"R\"," time "\"Code\":\"InvalidTimeStamp.Expired\"}"

/* A refusal for the time is believed where it says what the time is, the date of
 * any other answer is not. */
static void
test_sts_clock (void)
{
  static const struct
  {
    const gchar *answer;
    gint code;
    gint64 time_s;              /* 0: the clock's own */
  } cases[] = {
    {SKEWED (""), GST_ICE_ERROR_CLOCK_SKEW, 1715933350},
    {SKEWED ("\"ServerTime\":\"2024-05-17T10:09:10Z\","),
        GST_ICE_ERROR_CLOCK_SKEW, 1715940550},
    {"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n"
          "Date: Fri, 17 May 2024 08:09:10 GMT\r\n\r\n"
          "{\"RequestId\":\"R\",\"Code\":\"NoPermission\"}",
        GST_ICE_ERROR_NOT_AUTHORIZED, 0},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    ProviderFixture f;
    g_autoptr (GstIceCredentialsProvider) role = NULL;
    gint64 expected;

    provider_fixture_start_canned (&f, cases[i].answer);
    role = new_role (&f, ROLE_ARN, ACCESS_KEY_SECRET);
    provider_fixture_assert_error (&f, role, cases[i].code, "AssumeRole");
    expected = cases[i].time_s > 0 ? cases[i].time_s * SECOND
        : g_get_real_time ();
    g_assert_cmpint (ABS (gst_ice_clock_get_service_time (f.base.clock,
                f.base.endpoint->host) - expected), <, 60 * SECOND);
    provider_fixture_stop (&f);
  }
}

static const Failure sts_faults[] = {
  {"forbidden", "forbidden", GST_ICE_ERROR_NOT_AUTHORIZED,
      "HTTP status 403, Forbidden.RAM"},
  {"throttling", "error:status=400:code=Throttling.User",
      GST_ICE_ERROR_THROTTLED, "Throttling.User"},
  {"too-many-requests", "error:status=429:code=x", GST_ICE_ERROR_THROTTLED,
      "HTTP status 429"},
  {"an-internal-error", "error", GST_ICE_ERROR_UNAVAILABLE, "InternalError"},
  {"a-redirect", "redirect:code=Moved", GST_ICE_ERROR_NOT_AUTHORIZED,
      "HTTP status 307"},
  {"an-error-in-200", "error-in-200", GST_ICE_ERROR_PROTOCOL,
      "no Credentials in the answer"},
  {"an-empty-answer", "empty-answer", GST_ICE_ERROR_PROTOCOL,
      "no Credentials in the answer"},
  {"garbage", "garbage-body", GST_ICE_ERROR_PROTOCOL,
      "no Credentials in the answer"},
  {"a-huge-body", "huge-body", GST_ICE_ERROR_PROTOCOL, ""},
  {"a-reset", "reset-before", GST_ICE_ERROR_NETWORK, "AssumeRole"},
};

static void
test_sts_fault (gconstpointer data)
{
  const Failure *failure = data;
  ProviderFixture f;
  g_autofree gchar *fault = g_strdup_printf ("assume-role:%s:count=1",
      failure->text);
  g_autofree gchar *oidc_fault =
      g_strdup_printf ("assume-role-with-oidc:%s:count=1", failure->text);
  g_autoptr (GstIceCredentialsProvider) role = NULL;
  g_autoptr (GstIceCredentialsProvider) oidc = NULL;
  g_autoptr (GstIceIdentity) first = NULL;
  g_autoptr (GstIceIdentity) second = NULL;

  provider_fixture_start (&f, NULL);
  client_fixture_add_fault (&f.base, fault);
  client_fixture_add_fault (&f.base, oidc_fault);
  role = new_role (&f, ROLE_ARN, ACCESS_KEY_SECRET);
  oidc = new_oidc (&f, ROLE_ARN);
  provider_fixture_assert_error (&f, role, failure->code, failure->named);
  provider_fixture_assert_error (&f, oidc, failure->code, failure->named);
  first = provider_fixture_assert_id (role, "STS.recorder.");
  second = provider_fixture_assert_id (oidc, "STS.recorder.");
  provider_fixture_stop (&f);
}

static void
test_role (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceCredentialsProvider) wrong = NULL;
  g_autoptr (GstIceCredentialsProvider) forbidden = NULL;
  g_autoptr (GstIceCredentialsProvider) nameless = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  provider_fixture_start (&f, NULL);
  provider = new_role (&f, ROLE_ARN, ACCESS_KEY_SECRET);
  wrong = new_role (&f, ROLE_ARN, "s3cret");
  forbidden = new_role (&f, FORBIDDEN_ARN, ACCESS_KEY_SECRET);
  nameless = new_role (&f, NULL, ACCESS_KEY_SECRET);

  identity = provider_fixture_assert_id (provider, "STS.recorder.");
  provider_fixture_assert_error (&f, wrong, GST_ICE_ERROR_NOT_AUTHORIZED,
      "SignatureDoesNotMatch");
  provider_fixture_assert_error (&f, forbidden, GST_ICE_ERROR_NOT_AUTHORIZED,
      "AssumeRole: HTTP status 403, NoPermission");
  provider_fixture_assert_error (&f, nameless, GST_ICE_ERROR_NOT_AUTHORIZED,
      "no role is named");
  provider_fixture_stop (&f);
}

/* A role that a role takes on: the inner one has a token, which is signed. */
static void
test_role_of_role (void)
{
  ProviderFixture f;
  g_autoptr (GstIceRole) role = gst_ice_role_new ();
  g_autoptr (GstIceCredentialsProvider) source = NULL;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  provider_fixture_start (&f, NULL);
  source = new_role (&f, ROLE_ARN, ACCESS_KEY_SECRET);
  role->role_arn = g_strdup ("acs:ram::1:role/second");
  provider = gst_ice_role_provider_new (f.context, role, source);
  client_fixture_add_fault (&f.base, "assume-role:expired-token:skip=1");
  identity = provider_fixture_assert_id (provider, "STS.second.");
  /* The fault made it ask its source, and that STS, anew. */
  g_assert_cmpuint (provider_fixture_count (&f, ICE_EMULATOR_ASSUME_ROLE), ==,
      4);
  provider_fixture_stop (&f);
}

static gint64
shift_clock (gpointer user_data)
{
  return g_get_real_time () + 3 * 3600 * SECOND;
}

static void
test_role_clock (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  provider_fixture_start (&f, NULL);
  ice_emulator_set_clock (f.base.emulator, shift_clock, NULL);
  provider = new_role (&f, ROLE_ARN, ACCESS_KEY_SECRET);
  identity = provider_fixture_assert_id (provider, "STS.recorder.");
  g_assert_cmpint (gst_ice_identity_get_expires (identity) -
      gst_ice_clock_get_monotonic (f.base.clock), <=, 3601 * SECOND);
  g_assert_cmpuint (provider_fixture_count (&f, ICE_EMULATOR_ASSUME_ROLE), ==,
      2);
  provider_fixture_stop (&f);
}

typedef struct
{
  const gchar *region;
  const gchar *endpoint;
  gboolean vpc;
  const gchar *expected;        /* NULL: refused */
} Address;

static const Address addresses[] = {
  {NULL, NULL, FALSE, "https://sts.aliyuncs.com"},
  {NULL, NULL, TRUE, "https://sts.aliyuncs.com"},
  {"cn-beijing", NULL, FALSE, "https://sts.cn-beijing.aliyuncs.com"},
  {"cn-beijing", NULL, TRUE, "https://sts-vpc.cn-beijing.aliyuncs.com"},
  {"cn-beijing", "sts.example.com", FALSE, "https://sts.example.com"},
  {NULL, "http://127.0.0.1:1", FALSE, "http://127.0.0.1:1"},
  {NULL, "http://sts.example.com", FALSE, NULL},
  {"evil.example.com/", NULL, FALSE, NULL},
};

static void
test_sts_address (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (addresses); i++) {
    g_autoptr (GstIceRole) role = gst_ice_role_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (GstIceEndpoint) endpoint = NULL;
    g_autofree gchar *text = NULL;

    role->sts_region = g_strdup (addresses[i].region);
    role->sts_endpoint = g_strdup (addresses[i].endpoint);
    role->vpc_endpoint = addresses[i].vpc;
    endpoint = gst_ice_role_get_endpoint (role, &error);
    if (endpoint != NULL)
      text = gst_ice_endpoint_to_string (endpoint);
    g_assert_cmpstr (text, ==, addresses[i].expected);
    if (endpoint == NULL)
      g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);
  }
}

/* Nobody is asked at an address that is none. */
static void
test_sts_no_address (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) role = NULL;
  g_autoptr (GstIceCredentialsProvider) oidc = NULL;

  provider_fixture_start (&f, NULL);
  provider_fixture_set (&f.sources->sts_endpoint, "http://sts.example.com");
  role = new_role (&f, ROLE_ARN, ACCESS_KEY_SECRET);
  oidc = new_oidc (&f, ROLE_ARN);
  provider_fixture_assert_error (&f, role, GST_ICE_ERROR_NOT_AUTHORIZED,
      "the address of STS: ");
  provider_fixture_assert_error (&f, oidc, GST_ICE_ERROR_NOT_AUTHORIZED,
      "the address of STS: ");
  provider_fixture_stop (&f);
}

/* Why there is no identity to sign with is what is said. */
static void
test_role_without_source (void)
{
  ProviderFixture f;
  g_autoptr (GstIceRole) role = gst_ice_role_new ();
  g_autoptr (GstIceCredentialsProvider) source = NULL;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;

  provider_fixture_start (&f, NULL);
  role->role_arn = g_strdup (ROLE_ARN);
  source = gst_ice_uri_provider_new (f.context);
  provider = gst_ice_role_provider_new (f.context, role, source);
  provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_NOT_AUTHORIZED,
      "ALIBABA_CLOUD_CREDENTIALS_URI is not set");
  g_assert_cmpuint (provider_fixture_count (&f, ICE_EMULATOR_ANY), ==, 0);
  provider_fixture_stop (&f);
}

/* What STS says that is not in the emulator's way. */
static void
test_sts_answers (void)
{
  static const struct
  {
    const gchar *status;
    const gchar *body;
    gint code;
  } answers[] = {
    {"404 Not Found", "[]", GST_ICE_ERROR_PROTOCOL},
    {"404 Not Found", "{\"Code\":\"EntityNotExist.Role\"}",
        GST_ICE_ERROR_NOT_AUTHORIZED},
    {"502 Bad Gateway", "<html>", GST_ICE_ERROR_UNAVAILABLE},
    {"503 Busy", "{\"Code\":\"Busy\"}", GST_ICE_ERROR_UNAVAILABLE},
    {"429 Slow down", "", GST_ICE_ERROR_THROTTLED},
    {"200 OK", "[]", GST_ICE_ERROR_PROTOCOL},
    {"200 OK", "{\"Credentials\":[]}", GST_ICE_ERROR_PROTOCOL},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autofree gchar *answer = g_strdup_printf ("HTTP/1.1 %s\r\n"
        "Connection: close\r\n\r\n%s", answers[i].status, answers[i].body);
    ProviderFixture f;
    g_autoptr (GstIceCredentialsProvider) role = NULL;

    provider_fixture_start_canned (&f, answer);
    role = new_role (&f, ROLE_ARN, ACCESS_KEY_SECRET);
    g_test_message ("%s %s", answers[i].status, answers[i].body);
    provider_fixture_assert_error (&f, role, answers[i].code, "AssumeRole");
    provider_fixture_stop (&f);
  }
}

/* --- The metadata service --- */

static void
test_ecs (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceCredentialsProvider) named = NULL;
  g_autoptr (GstIceIdentity) first = NULL;
  g_autoptr (GstIceIdentity) second = NULL;

  provider_fixture_start (&f, "--require-metadata-token");
  f.sources->imdsv1_disabled = TRUE;
  provider = gst_ice_ecs_provider_new (f.context, NULL, FALSE);
  first = provider_fixture_assert_id (provider, "STS.EmulatorRole.1");
  g_assert_cmpuint (provider_fixture_count (&f, ICE_EMULATOR_METADATA_ROLE),
      ==, 1);

  named = gst_ice_ecs_provider_new (f.context, "EmulatorRole", FALSE);
  second = provider_fixture_assert_id (named, "STS.EmulatorRole.2");
  g_assert_cmpuint (provider_fixture_count (&f, ICE_EMULATOR_METADATA_ROLE),
      ==, 1);
  provider_fixture_stop (&f);
}

static const gchar *const token_faults[] = {
  "error:status=404", "error:status=403", "error", "garbage-body",
  "empty-answer", "reset-before", "huge-body", "slow-answer:seconds=5"
};

/* The older mode, whatever is wrong with the token. */
static void
test_ecs_without_token (gconstpointer data)
{
  g_autofree gchar *fault = g_strdup_printf ("metadata-token:%s:count=0",
      (const gchar *) data);
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceCredentialsProvider) strict = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  provider_fixture_start (&f, NULL);
  client_fixture_add_fault (&f.base, fault);
  provider = gst_ice_ecs_provider_new (f.context, NULL, FALSE);
  identity = provider_fixture_assert_id (provider, "STS.EmulatorRole.");

  f.sources->imdsv1_disabled = TRUE;
  strict = gst_ice_ecs_provider_new (f.context, NULL, FALSE);
  provider_fixture_assert_error (&f, strict, GST_ICE_ERROR_NOT_AUTHORIZED,
      "metadata service");
  provider_fixture_stop (&f);
}

static const Failure ecs_faults[] = {
  {"no-role", "metadata-role:error:status=404", GST_ICE_ERROR_NOT_AUTHORIZED,
      "name of the role: HTTP status 404: the instance has no RAM role"},
  {"no-such-role", "metadata-identity:error:status=404",
        GST_ICE_ERROR_NOT_AUTHORIZED, "identity of the role: HTTP status 404: "
        "the instance does not have that RAM role"},
  {"hardened-only", "metadata-role:error:status=403",
      GST_ICE_ERROR_NOT_AUTHORIZED, "HTTP status 403"},
  {"an-internal-error", "metadata-identity:error", GST_ICE_ERROR_UNAVAILABLE,
      "HTTP status 500"},
  {"garbage", "metadata-identity:garbage-body", GST_ICE_ERROR_PROTOCOL,
      "the answer is not"},
  {"an-error-in-200", "metadata-identity:error-in-200",
      GST_ICE_ERROR_PROTOCOL, "the answer is not valid JSON"},
  {"a-garbage-name", "metadata-role:garbage-body", GST_ICE_ERROR_PROTOCOL,
      "not the name of a role"},
  {"a-huge-answer", "metadata-identity:huge-body", GST_ICE_ERROR_PROTOCOL,
      ""},
  {"silence", "metadata-identity:stall-before-answer", GST_ICE_ERROR_STALLED,
      "identity of the role"},
};

/* Some give out a token and refuse to be read with it. */
static void
test_ecs_refused_token (void)
{
  static const gchar *const faults[] = {
    "metadata-role:error:status=403:count=1",
    "metadata-role:error:status=401:count=1",
    "metadata-identity:error:status=403:count=1",
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (faults); i++) {
    ProviderFixture f;
    g_autoptr (GstIceCredentialsProvider) provider = NULL;
    g_autoptr (GstIceCredentialsProvider) strict = NULL;
    g_autoptr (GstIceIdentity) identity = NULL;

    provider_fixture_start (&f, NULL);
    client_fixture_add_fault (&f.base, faults[i]);
    provider = gst_ice_ecs_provider_new (f.context, NULL, TRUE);
    identity = provider_fixture_assert_id (provider, "STS.EmulatorRole.");
    g_assert_cmpuint (provider_fixture_count (&f, ICE_EMULATOR_METADATA_TOKEN),
        ==, 1);

    f.sources->imdsv1_disabled = TRUE;
    client_fixture_add_fault (&f.base, faults[i]);
    strict = gst_ice_ecs_provider_new (f.context, NULL, TRUE);
    provider_fixture_assert_error (&f, strict, GST_ICE_ERROR_NOT_AUTHORIZED,
        "HTTP status 40");
    provider_fixture_stop (&f);
  }
}

static void
test_ecs_fault (gconstpointer data)
{
  const Failure *failure = data;
  g_autofree gchar *fault = g_strconcat (failure->text, ":count=0", NULL);
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) configured = NULL;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;

  provider_fixture_start (&f, NULL);
  client_fixture_add_fault (&f.base, fault);
  configured = gst_ice_ecs_provider_new (f.context, NULL, TRUE);
  provider_fixture_assert_error (&f, configured, failure->code,
      failure->named);
  /* Elsewhere nothing of it is a reason to wait. */
  provider = gst_ice_ecs_provider_new (f.context, NULL, FALSE);
  provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_NOT_AUTHORIZED,
      failure->named);
  provider_fixture_stop (&f);
}

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define IDENTITY(id, expiration) OK "{\"Code\":\"Success\",\"AccessKeyId\":\"" \
    id "\",\"AccessKeySecret\":\"s3cret\",\"SecurityToken\":\"s3cret-token\"," \
    "\"Expiration\":\"" expiration "\"}"

static const Failure hostile_answers[] = {
  {"another-code", OK "{\"Code\":\"Failed\",\"AccessKeySecret\":\"s3cret\"}",
      GST_ICE_ERROR_PROTOCOL, "the Code in the answer is not Success"},
  {"no-id", OK "{\"Code\":\"Success\",\"AccessKeySecret\":\"s3cret\"}",
      GST_ICE_ERROR_PROTOCOL, "AccessKeyId is not in the answer"},
  {"no-secret", OK "{\"Code\":\"Success\",\"AccessKeyId\":\"a\"}",
      GST_ICE_ERROR_PROTOCOL, "AccessKeySecret is not in the answer"},
  {"no-token", OK "{\"Code\":\"Success\",\"AccessKeyId\":\"a\","
        "\"AccessKeySecret\":\"s3cret\",\"SecurityToken\":7}",
      GST_ICE_ERROR_PROTOCOL, "SecurityToken is not in the answer"},
  {"a-split-header", IDENTITY ("a\\r\\nx: y", "2099-01-01T00:00:00Z"),
        GST_ICE_ERROR_PROTOCOL,
      "AccessKeyId has characters in it that cannot be sent"},
  {"a-split-token", OK "{\"Code\":\"Success\",\"AccessKeyId\":\"a\","
        "\"AccessKeySecret\":\"s3cret\",\"SecurityToken\":\"a\\r\\nx: y\"}",
        GST_ICE_ERROR_PROTOCOL,
      "SecurityToken has characters in it that cannot be sent"},
  {"no-date", IDENTITY ("a", "soon"), GST_ICE_ERROR_PROTOCOL,
      "Expiration is not a date"},
  {"no-zone", IDENTITY ("a", "2099-01-01T00:00:00"), GST_ICE_ERROR_PROTOCOL,
      "Expiration is not a date"},
  {"the-past", IDENTITY ("a", "2024-05-17T14:09:10Z"), GST_ICE_ERROR_PROTOCOL,
      "Expiration is a date in the past"},
  {"a-nested-bomb", OK "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
      GST_ICE_ERROR_PROTOCOL, "the answer is not valid JSON"},
};

static void
test_hostile_answer (gconstpointer data)
{
  const Failure *failure = data;
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;

  provider_fixture_start_canned (&f, failure->text);
  provider = gst_ice_ecs_provider_new (f.context, "role", TRUE);
  provider_fixture_assert_error (&f, provider, failure->code,
      failure->named);
  provider_fixture_stop (&f);
}

static const gchar *const hostile_names[] = {
  OK "..", OK "../../x", OK "a/b", OK "a\nb", OK " ", OK "a?b", OK "a%2fb"
};

static void
test_hostile_role_name (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (hostile_names); i++) {
    ProviderFixture f;
    g_autoptr (GstIceCredentialsProvider) provider = NULL;

    provider_fixture_start_canned (&f, hostile_names[i]);
    provider = gst_ice_ecs_provider_new (f.context, NULL, TRUE);
    provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_PROTOCOL,
        "not the name of a role");
    provider_fixture_stop (&f);
  }
}

static void
test_ecs_settings (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) bad = NULL;
  g_autoptr (GstIceCredentialsProvider) nobody = NULL;
  g_autoptr (GstIceCredentialsProvider) disabled = NULL;

  provider_fixture_start (&f, NULL);
  bad = gst_ice_ecs_provider_new (f.context, "../x", FALSE);
  provider_fixture_assert_error (&f, bad, GST_ICE_ERROR_NOT_AUTHORIZED,
      "not the name of a role");

  ice_emulator_set_reachable (f.base.emulator, FALSE, NULL);
  nobody = gst_ice_ecs_provider_new (f.context, "role", FALSE);
  provider_fixture_assert_error (&f, nobody, GST_ICE_ERROR_NETWORK,
      "metadata service");

  f.sources->ecs_disabled = TRUE;
  disabled = gst_ice_ecs_provider_new (f.context, NULL, TRUE);
  provider_fixture_assert_error (&f, disabled, GST_ICE_ERROR_NOT_AUTHORIZED,
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED is true");
  provider_fixture_stop (&f);
}

/* --- The credentials URI --- */

static Provider *
new_uri (ProviderFixture * f, const gchar * path)
{
  g_autofree gchar *address = gst_ice_endpoint_to_string (f->base.endpoint);
  g_autofree gchar *uri = g_strconcat (address, path, NULL);

  provider_fixture_set_uri (f, uri);

  return gst_ice_uri_provider_new (f->context);
}

static void
test_uri (void)
{
  static const gchar *const paths[] =
      { "/credentials", "/credentials?a=s3cret&b#c" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (paths); i++) {
    ProviderFixture f;
    g_autoptr (GstIceCredentialsProvider) provider = NULL;
    g_autoptr (GstIceIdentity) identity = NULL;

    provider_fixture_start (&f, NULL);
    provider = new_uri (&f, paths[i]);
    identity = provider_fixture_assert_id (provider, "STS.uri.1");
    provider_fixture_stop (&f);
  }
}

static const Failure uris[] = {
  {"none", NULL, GST_ICE_ERROR_NOT_AUTHORIZED,
      "ALIBABA_CLOUD_CREDENTIALS_URI is not set"},
  {"no-uri", "s3cret", GST_ICE_ERROR_NOT_AUTHORIZED, "is not a URI"},
  {"a-blank", "http://127.0.0.1/ s3cret", GST_ICE_ERROR_NOT_AUTHORIZED,
      "is not a URI"},
  {"plain-http", "http://example.com/?s3cret", GST_ICE_ERROR_NOT_AUTHORIZED,
      "plain http is only for loopback, not for example.com"},
  {"a-password", "https://me:s3cret@example.com/",
      GST_ICE_ERROR_NOT_AUTHORIZED, "password"},
  {"another-scheme", "file:///etc/passwd", GST_ICE_ERROR_NOT_AUTHORIZED,
      "not an endpoint"},
  {"nobody", "http://127.0.0.1:1/?s3cret", GST_ICE_ERROR_NETWORK,
      "credentials URI: "},
};

static void
test_uri_refusals (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (uris); i++) {
    ProviderFixture f;
    g_autoptr (GstIceCredentialsProvider) provider = NULL;

    provider_fixture_start (&f, NULL);
    provider_fixture_set_uri (&f, uris[i].text);
    provider = gst_ice_uri_provider_new (f.context);
    provider_fixture_assert_error (&f, provider, uris[i].code, uris[i].named);
    provider_fixture_stop (&f);
  }
}

static const Failure uri_faults[] = {
  {"not-found", "not-found", GST_ICE_ERROR_NOT_AUTHORIZED,
      "credentials URI: HTTP status 404"},
  {"an-internal-error", "error", GST_ICE_ERROR_UNAVAILABLE,
      "HTTP status 500"},
  {"a-redirect", "redirect", GST_ICE_ERROR_NOT_AUTHORIZED, "HTTP status 307"},
  {"garbage", "garbage-body", GST_ICE_ERROR_PROTOCOL, "the answer is not"},
  {"an-empty-answer", "empty-answer", GST_ICE_ERROR_PROTOCOL, "nothing"},
  {"a-huge-body", "huge-body", GST_ICE_ERROR_PROTOCOL, ""},
};

static void
test_uri_fault (gconstpointer data)
{
  const Failure *failure = data;
  g_autofree gchar *fault = g_strdup_printf ("credentials-uri:%s",
      failure->text);
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  provider_fixture_start (&f, NULL);
  client_fixture_add_fault (&f.base, fault);
  provider = new_uri (&f, "/credentials?password=s3cret");
  provider_fixture_assert_error (&f, provider, failure->code,
      failure->named);
  identity = provider_fixture_assert_id (provider, "STS.uri.");
  provider_fixture_stop (&f);
}

/* --- A program --- */

static Provider *
new_process (ProviderFixture * f, const gchar * command)
{
  g_autoptr (GstIceSecret) secret = gst_ice_secret_new (command);

  return gst_ice_process_provider_new (f->context, secret);
}

/* A program that runs @script. */
static Provider *
new_script (ProviderFixture * f, const gchar * script)
{
  g_autofree gchar *path = provider_fixture_write (f, "a program", script);
  g_autofree gchar *command = g_strdup_printf ("/bin/sh '%s' s3cret", path);

  return new_process (f, command);
}

#define KEYS "\"access_key_id\":\"LTAIid\",\"access_key_secret\":\"s3cret\""

static void
test_process (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) endless = NULL;
  g_autoptr (GstIceCredentialsProvider) session = NULL;
  g_autofree gchar *count = NULL;
  guint i;

  provider_fixture_start (&f, NULL);
  endless = new_script (&f, "echo x >>$HOME/count; echo oops s3cret >&2\n"
      "echo '{\"mode\":\"AK\"," KEYS "}'");
  for (i = 0; i < 3; i++)
    gst_ice_identity_unref (provider_fixture_assert_id (endless, "LTAIid"));
  session = new_script (&f, "echo x >>$HOME/count\n"
      "echo '{\"mode\":\"StsToken\"," KEYS ",\"sts_token\":\"t\","
      "\"expiration\":\"2099-01-01T00:00:00Z\"}'");
  for (i = 0; i < 3; i++)
    gst_ice_identity_unref (provider_fixture_assert_id (session, "LTAIid"));

  g_free (provider_fixture_write (&f, "end", ""));
  count = g_build_filename (f.home, "count", NULL);
  {
    g_autofree gchar *text = NULL;

    g_assert_true (g_file_get_contents (count, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, "x\nx\nx\nx\n");
  }
  provider_fixture_stop (&f);
}

static const Failure scripts[] = {
  {"fails", "echo s3cret; echo s3cret >&2; exit 3", 0,
      "Child process exited with code 3"},
  {"prints-nothing", "exit 0", 0, "printed is nothing"},
  {"prints-no-json", "echo s3cret", 0, "printed is not valid JSON"},
  {"prints-too-much", "while :; do echo s3cret; done", 0,
      "prints too much"},
  {"prints-no-secret", "echo '{\"access_key_id\":\"s3cret\"}'", 0,
      "access_key_secret is not in the answer"},
  {"prints-a-broken-secret", "echo '{\"access_key_id\":\"LTAIid\","
      "\"access_key_secret\":\"s3cret s3cret\"}'", 0,
      "access_key_secret has blanks"},
  {"prints-no-token", "echo '{\"mode\":\"StsToken\"," KEYS "}'", 0,
      "sts_token is not in the answer"},
  {"prints-an-old-one", "echo '{" KEYS ",\"expiration\":"
      "\"2024-05-17T14:09:10Z\"}'", 0, "expiration is a date in the past"},
};

static void
test_process_failures (void)
{
  static const Failure commands[] = {
    {"none", NULL, 0, "process_command: it is not set"},
    {"open-quote", "tool 's3cret", 0, "it cannot be split into words"},
    {"open-escape", "tool s3cret\\", 0, "it cannot be split into words"},
    {"unknown", "/nowhere/at-all s3cret", 0, "No such file or directory"},
  };
  ProviderFixture f;
  guint i;

  provider_fixture_start (&f, NULL);
  for (i = 0; i < G_N_ELEMENTS (scripts); i++) {
    g_autoptr (GstIceCredentialsProvider) provider =
        new_script (&f, scripts[i].text);

    provider_fixture_assert_error (&f, provider,
        GST_ICE_ERROR_NOT_AUTHORIZED, scripts[i].named);
  }
  for (i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autoptr (GstIceCredentialsProvider) provider =
        new_process (&f, commands[i].text);

    provider_fixture_assert_error (&f, provider,
        GST_ICE_ERROR_NOT_AUTHORIZED, commands[i].named);
  }
  provider_fixture_stop (&f);
}

static void
on_done (GObject * source, GAsyncResult * result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
exists (ProviderFixture * f, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (f->home, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* A child that holds the output open is no concern of ours, and a number sign is
 * a character like any other. */
static void
test_process_output (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) left = NULL;
  g_autoptr (GstIceCredentialsProvider) large = NULL;
  g_autoptr (GstIceCredentialsProvider) signs = NULL;
  g_autoptr (GstIceCredentialsProvider) escaped = NULL;
  gint64 began;

  provider_fixture_start (&f, NULL);
  began = g_get_monotonic_time ();
  left = new_script (&f, "sleep 30 &\necho '{\"mode\":\"AK\"," KEYS "}'");
  gst_ice_identity_unref (provider_fixture_assert_id (left, "LTAIid"));
  g_assert_cmpint (g_get_monotonic_time () - began, <, test_patience (20 *
          SECOND));

  large = new_script (&f, "printf '%60000s' ''\n"
      "echo '{\"mode\":\"AK\"," KEYS "}'");
  gst_ice_identity_unref (provider_fixture_assert_id (large, "LTAIid"));

  signs = new_process (&f, "/bin/sh -c 'test \"$1$2\" = \"#a#b\" && echo \""
      "{\\\"access_key_id\\\":\\\"LTAIid\\\","
      "\\\"access_key_secret\\\":\\\"s\\\"}\"' - #a '#b'");
  gst_ice_identity_unref (provider_fixture_assert_id (signs, "LTAIid"));
  escaped = new_process (&f, "/bin/sh -c 'test \"$1$2\" = \"a#b\\\"c#\""
      " && echo \"{\\\"access_key_id\\\":\\\"LTAIid\\\","
      "\\\"access_key_secret\\\":\\\"s\\\"}\"' - a\\#b \"\\\"c#\"");
  gst_ice_identity_unref (provider_fixture_assert_id (escaped, "LTAIid"));
  provider_fixture_stop (&f);
}

/* One that hangs is left alone at once. */
static void
test_process_cancelled (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  provider_fixture_start (&f, NULL);
  provider = new_script (&f, "echo >$HOME/started; exec sleep 1000");
  gst_ice_credentials_provider_get_identity_async (provider, cancellable,
      on_done, &result);
  while (!exists (&f, "started"))
    g_main_context_iteration (NULL, FALSE);
  g_assert_null (result);
  g_cancellable_cancel (cancellable);
  client_fixture_wait (&result);
  g_assert_null (gst_ice_credentials_provider_get_identity_finish (provider,
          result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  while (g_main_context_iteration (NULL, FALSE));
  provider_fixture_stop (&f);
}

/* --- Files --- */

static void
test_file_changes (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) first = NULL;
  g_autoptr (GstIceIdentity) kept = NULL;
  g_autoptr (GstIceIdentity) renewed = NULL;
  g_autoptr (GstIceIdentity) second = NULL;
  static const gchar role[] = "[default]\ntype=ram_role_arn\naccess_key_id="
      ACCESS_KEY_ID "\naccess_key_secret=" ACCESS_KEY_SECRET
      "\nrole_arn=" ROLE_ARN "\nrole_session_name=test\n";

  provider_fixture_start (&f, NULL);
  provider = gst_ice_profile_provider_new_ini (f.context);
  provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_NOT_AUTHORIZED,
      "/.alibabacloud/credentials: No such file or directory");

  g_free (provider_fixture_write (&f, ".alibabacloud/credentials", role));
  first = provider_fixture_assert_id (provider, "STS.recorder.1");
  kept = provider_fixture_assert_id (provider, "STS.recorder.1");
  gst_ice_credentials_provider_invalidate (provider, kept);
  renewed = provider_fixture_assert_id (provider, "STS.recorder.2");
  g_free (provider_fixture_write (&f, ".alibabacloud/credentials",
          "[default]\ntype=access_key\naccess_key_id=LTAInew\n"
          "access_key_secret=x\n"));
  second = provider_fixture_assert_id (provider, "LTAInew");
  provider_fixture_stop (&f);
}

static void
test_file_kinds (void)
{
  ProviderFixture f;
  g_autofree gchar *large = g_strnfill (256 * 1024 + 1, 'x');
  g_autofree gchar *path = NULL;

  provider_fixture_start (&f, NULL);
  path = g_build_filename (f.home, "file", NULL);
  provider_fixture_set (&f.sources->credentials_file, path);
  {
    g_autoptr (GstIceCredentialsProvider) provider =
        gst_ice_profile_provider_new_ini (f.context);

    g_assert_cmpint (mkfifo (path, 0600), ==, 0);
    provider_fixture_assert_error (&f, provider,
        GST_ICE_ERROR_NOT_AUTHORIZED, "not a regular file");
    g_assert_cmpint (g_remove (path), ==, 0);
    g_free (provider_fixture_write (&f, "file", large));
    provider_fixture_assert_error (&f, provider,
        GST_ICE_ERROR_NOT_AUTHORIZED, "too large");
    g_assert_cmpint (g_remove (path), ==, 0);
    g_free (provider_fixture_write (&f, "file/in", ""));
    provider_fixture_assert_error (&f, provider,
        GST_ICE_ERROR_NOT_AUTHORIZED, "not a regular file");
    /* The provider borrows the path. */
  }
  provider_fixture_stop (&f);
}

/* A file that opens and can't be read. */
static void
test_file_unreadable (void)
{
  ProviderFixture f;

  provider_fixture_start (&f, NULL);
  provider_fixture_set (&f.sources->credentials_file, "/proc/self/mem");
  {
    g_autoptr (GstIceCredentialsProvider) provider =
        gst_ice_profile_provider_new_ini (f.context);

    provider_fixture_assert_error (&f, provider,
        GST_ICE_ERROR_NOT_AUTHORIZED,
        "cannot read /proc/self/mem: Input/output error");
  }
  provider_fixture_stop (&f);
}

/* Asks, and cancels that: nobody else is asked then. */
static void
assert_cancelled (gpointer provider, gboolean at_once)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (at_once)
    g_cancellable_cancel (cancellable);
  gst_ice_credentials_provider_get_identity_async (provider, cancellable,
      on_done, &result);
  g_assert_null (result);
  g_cancellable_cancel (cancellable);
  client_fixture_wait (&result);
  g_assert_null (gst_ice_credentials_provider_get_identity_finish (provider,
          result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_file_cancelled (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;

  provider_fixture_start (&f, NULL);
  g_free (provider_fixture_write (&f, ".alibabacloud/credentials",
          "[default]\ntype=access_key\naccess_key_id=LTAIini\n"
          "access_key_secret=x\n"));
  provider = gst_ice_profile_provider_new_ini (f.context);
  assert_cancelled (provider, TRUE);
  assert_cancelled (provider, FALSE);
  gst_ice_identity_unref (provider_fixture_assert_id (provider, "LTAIini"));
  provider_fixture_stop (&f);
}

/* --- An end to what takes long --- */

static void
test_time_limit (void)
{
  g_autoptr (GCancellable) parent = g_cancellable_new ();
  g_autoptr (GstIceTimeLimit) soon = gst_ice_time_limit_new (NULL, 1000);
  g_autoptr (GstIceTimeLimit) late =
      gst_ice_time_limit_new (parent, 3600 * SECOND);

  while (!gst_ice_time_limit_is_over (soon))
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_cancellable_is_cancelled
      (gst_ice_time_limit_get_cancellable (soon)));
  g_assert_false (g_cancellable_is_cancelled
      (gst_ice_time_limit_get_cancellable (late)));

  g_cancellable_cancel (parent);
  while (!g_cancellable_is_cancelled (gst_ice_time_limit_get_cancellable
          (late)))
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (gst_ice_time_limit_is_over (late));
}

/* The official tool's own profile for a machine of the cloud. */
static void
test_cli_ecs (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  provider_fixture_start (&f, NULL);
  g_free (provider_fixture_write (&f, ".aliyun/config.json",
          "{\"current\":\"p\",\"profiles\":[{\"name\":\"p\",\"mode\":"
          "\"EcsRamRole\",\"ram_role_name\":\"EmulatorRole\"}]}"));
  provider = gst_ice_profile_provider_new_cli (f.context);
  identity = provider_fixture_assert_id (provider, "STS.EmulatorRole.");
  provider_fixture_stop (&f);
}

static void
test_file_disabled (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) provider = NULL;

  provider_fixture_start (&f, NULL);
  f.sources->config_file_disabled = TRUE;
  provider = gst_ice_profile_provider_new_cli (f.context);
  provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_NOT_AUTHORIZED,
      "ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true");
  provider_fixture_stop (&f);
}

/* --- The whole chain --- */

static GstIceProviderChain *
new_chain (ProviderFixture * f)
{
  GstIceProviderChain *chain = gst_ice_provider_chain_new ();

  gst_ice_default_chain_add_to (chain, f->sources, f->base.http, f->network);

  return chain;
}

static void
test_chain_order (void)
{
  ProviderFixture f;
  g_autofree gchar *uri = NULL;
  guint i;

  provider_fixture_start (&f, NULL);
  uri = g_strconcat (f.sources->sts_endpoint, "/credentials", NULL);
  for (i = 0; i < 6; i++) {
    static const gchar *const expected[] = { "STS.uri.", "STS.EmulatorRole.",
      "LTAIini", "LTAIcli", "STS.recorder.", "LTAIenv"
    };
    g_autoptr (GstIceProviderChain) chain = NULL;
    g_autoptr (GstIceIdentity) identity = NULL;

    /* Each time one more source, ahead of those before. */
    f.sources->ecs_disabled = i < 1;
    if (i == 0)
      provider_fixture_set_uri (&f, uri);
    else if (i == 2)
      g_free (provider_fixture_write (&f, ".alibabacloud/credentials",
              "[default]\ntype=access_key\naccess_key_id=LTAIini\n"
              "access_key_secret=x\n"));
    else if (i == 3)
      g_free (provider_fixture_write (&f, ".aliyun/config.json",
              "{\"current\":\"p\",\"profiles\":[{\"name\":\"p\",\"mode\":"
              "\"AK\",\"access_key_id\":\"LTAIcli\",\"access_key_secret\":"
              "\"x\"}]}"));
    if (i == 4) {
      f.sources->role_arn = g_strdup (ROLE_ARN);
      f.sources->oidc_provider_arn = g_strdup ("p");
      f.sources->oidc_token_file =
          provider_fixture_write (&f, "token", OIDC_TOKEN);
    } else if (i == 5) {
      g_autoptr (GstIceIdentity) keys =
          gst_ice_identity_new ("LTAIenv", "x", NULL);

      g_object_unref (f.sources->environment);
      f.sources->environment = gst_ice_static_provider_new (keys);
    }
    chain = new_chain (&f);
    identity = provider_fixture_assert_id (chain, expected[i]);
  }
  provider_fixture_stop (&f);
}

/* All of it in one line, and nothing of what is secret. */
static void
test_chain_reasons (void)
{
  static const gchar *const named[] = {
    "environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set",
    "OIDC role: not set: ALIBABA_CLOUD_ROLE_ARN",
    "configuration file: ", "profile \"p\": its mode \"Odd\" is not supported",
    "credentials file: cannot read ",
    "ECS RAM role: metadata service, name of the role: HTTP status 404",
    "credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not a URI"
  };
  ProviderFixture f;
  g_autoptr (GstIceProviderChain) chain = NULL;
  guint i;

  provider_fixture_start (&f, "--role-name=");
  g_free (provider_fixture_write (&f, ".aliyun/config.json",
          "{\"current\":\"p\",\"profiles\":[{\"name\":\"p\",\"mode\":"
          "\"Odd\",\"access_key_secret\":\"s3cret\"}]}"));
  provider_fixture_set_uri (&f, "s3cret");
  chain = new_chain (&f);
  for (i = 0; i < G_N_ELEMENTS (named); i++)
    provider_fixture_assert_error (&f, chain, GST_ICE_ERROR_NOT_AUTHORIZED,
        named[i]);
  provider_fixture_stop (&f);
}

/* A source that is configured and out of reach is worth waiting for. */
static void
test_chain_outage (void)
{
  ProviderFixture f;
  g_autofree gchar *uri = NULL;
  g_autoptr (GstIceProviderChain) chain = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;

  provider_fixture_start (&f, "--role-name=");
  uri = g_strconcat (f.sources->sts_endpoint, "/credentials", NULL);
  provider_fixture_set_uri (&f, uri);
  chain = new_chain (&f);
  ice_emulator_set_reachable (f.base.emulator, FALSE, NULL);
  provider_fixture_assert_error (&f, chain, GST_ICE_ERROR_NETWORK,
      "credentials URI: ");
  ice_emulator_set_reachable (f.base.emulator, TRUE, NULL);
  identity = provider_fixture_assert_id (chain, "STS.uri.");
  provider_fixture_stop (&f);
}

/* What this machine alone can tell. */
static void
test_sources_check (void)
{
  static const struct
  {
    const gchar *role_arn;
    const gchar *provider_arn;
    const gchar *token_file;
    gboolean ok;
  } rows[] = {
    {NULL, NULL, NULL, FALSE},
    {ROLE_ARN, NULL, NULL, FALSE},
    {ROLE_ARN, "p", NULL, FALSE},
    {ROLE_ARN, "p", "/token", TRUE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    ProviderFixture f;
    g_autoptr (GError) error = NULL;

    provider_fixture_start (&f, NULL);
    f.sources->ecs_disabled = TRUE;
    provider_fixture_set (&f.sources->profile, "p");
    provider_fixture_set (&f.sources->role_arn, rows[i].role_arn);
    provider_fixture_set (&f.sources->oidc_provider_arn, rows[i].provider_arn);
    provider_fixture_set (&f.sources->oidc_token_file, rows[i].token_file);
    g_assert_cmpint (gst_ice_identity_sources_may_have_any (f.sources), ==,
        rows[i].ok);
    g_assert_cmpint (gst_ice_identity_sources_check_profile (f.sources,
            &error), ==, rows[i].ok);
    if (!rows[i].ok)
      g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);
    provider_fixture_stop (&f);
  }
}

/* Who gives up does not want to hear from the sources behind. */
static void
test_chain_cancelled (void)
{
  ProviderFixture f;
  g_autofree gchar *uri = NULL;
  g_autoptr (GstIceProviderChain) chain = NULL;

  provider_fixture_start (&f, NULL);
  uri = g_strconcat (f.sources->sts_endpoint, "/credentials", NULL);
  provider_fixture_set_uri (&f, uri);
  client_fixture_add_fault (&f.base, "metadata-token:stall-before-answer");
  chain = new_chain (&f);
  assert_cancelled (chain, FALSE);
  g_assert_cmpuint (provider_fixture_count (&f, ICE_EMULATOR_ANY), ==, 0);
  gst_ice_identity_unref (provider_fixture_assert_id (chain,
          "STS.EmulatorRole."));
  provider_fixture_stop (&f);
}

/* What `icerequest` says of them. */
static const gchar *const request_lines[] = {
  "operation=AssumeRoleWithOIDC bytes=[1-9]\\d+ duration=\\d+\\.\\d{3} "
      "status=200 request-id=\\S+ object=" ROLE_ARN,
  "operation=AssumeRole bytes=0 duration=\\S+ status=200 request-id=\\S+ "
      "object=" ROLE_ARN,
  "operation=AssumeRole bytes=0 duration=\\S+ status=403 request-id=\\S+ "
      "object=" FORBIDDEN_ARN " error=AssumeRole: .*NoPermission.*",
  "operation=Metadata bytes=0 duration=\\S+ status=200 "
      "object=/latest/api/token",
  "operation=Metadata bytes=0 duration=\\S+ status=200 "
      "object=/latest/meta-data/ram/security-credentials/",
  "operation=Metadata bytes=0 duration=\\S+ status=200 "
      "object=/latest/meta-data/ram/security-credentials/EmulatorRole",
  "operation=CredentialsURI bytes=0 duration=\\S+ status=200 "
      "object=127\\.0\\.0\\.1",
};

/* Each provider once, with every line of the log kept. */
static void
test_log (void)
{
  ProviderFixture f;
  g_autoptr (GstIceCredentialsProvider) oidc = NULL;
  g_autoptr (GstIceCredentialsProvider) role = NULL;
  g_autoptr (GstIceCredentialsProvider) ecs = NULL;
  g_autoptr (GstIceCredentialsProvider) uri = NULL;
  g_autoptr (GstIceCredentialsProvider) forbidden = NULL;
  GstIceCredentialsProvider *providers[4];
  guint i;

  client_fixture_begin_log ();
  provider_fixture_start (&f, NULL);
  forbidden = new_role (&f, FORBIDDEN_ARN, ACCESS_KEY_SECRET);
  oidc = providers[0] = new_oidc (&f, ROLE_ARN);
  role = providers[1] = new_role (&f, ROLE_ARN, ACCESS_KEY_SECRET);
  ecs = providers[2] = gst_ice_ecs_provider_new (f.context, NULL, TRUE);
  uri = providers[3] = new_uri (&f, "/credentials?" OIDC_TOKEN);
  for (i = 0; i < G_N_ELEMENTS (providers); i++)
    gst_ice_identity_unref (provider_fixture_assert_id (providers[i],
            "STS."));
  provider_fixture_assert_error (&f, forbidden, GST_ICE_ERROR_NOT_AUTHORIZED,
      "NoPermission");
  client_fixture_check_log (&f.base, "icecredentials", NULL);
  for (i = 0; i < G_N_ELEMENTS (request_lines); i++)
    client_fixture_check_line ("icerequest", request_lines[i]);
  provider_fixture_stop (&f);
}

static void
add_failures (const gchar * folder, const Failure * failures, gsize n,
    GTestDataFunc func)
{
  gsize i;

  for (i = 0; i < n; i++) {
    g_autofree gchar *path = g_strconcat (folder, failures[i].name, NULL);

    g_test_add_data_func (path, &failures[i], func);
  }
}

#define ADD_FAILURES(folder, failures, func) \
    add_failures ("/providers/" folder "/", failures, \
        G_N_ELEMENTS (failures), func)
#define ADD(name, func) g_test_add_func ("/providers/" name, func)

static void
add_token_faults (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (token_faults); i++) {
    g_autofree gchar *path =
        g_strconcat ("/providers/ecs/goes-without-token/", token_faults[i],
        NULL);

    g_test_add_data_func (path, token_faults[i], test_ecs_without_token);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("sts/is-told-the-time-by-a-refusal", test_sts_clock);
  ADD ("oidc/takes-on-a-role", test_oidc);
  ADD ("oidc/reads-the-environment", test_oidc_environment);
  ADD ("oidc/reads-the-token-each-time", test_oidc_token_file);
  ADD ("role/takes-on-a-role", test_role);
  ADD ("role/takes-on-a-role-of-a-role", test_role_of_role);
  ADD ("role/learns-the-time", test_role_clock);
  ADD_FAILURES ("sts/names", sts_faults, test_sts_fault);
  ADD ("sts/is-asked-where-it-should-be", test_sts_address);
  ADD ("sts/is-not-asked-nowhere", test_sts_no_address);
  ADD ("sts/may-answer-anything", test_sts_answers);
  ADD ("role/needs-an-identity", test_role_without_source);
  ADD ("ecs/takes-the-role-of-the-instance", test_ecs);
  ADD ("ecs/goes-without-a-token-that-is-refused", test_ecs_refused_token);
  add_token_faults ();
  ADD_FAILURES ("ecs/names", ecs_faults, test_ecs_fault);
  ADD_FAILURES ("ecs/refuses", hostile_answers, test_hostile_answer);
  ADD ("ecs/refuses-odd-names", test_hostile_role_name);
  ADD ("ecs/heeds-its-settings", test_ecs_settings);
  ADD ("uri/takes-what-it-says", test_uri);
  ADD ("uri/refuses-odd-addresses", test_uri_refusals);
  ADD_FAILURES ("uri/names", uri_faults, test_uri_fault);
  ADD ("cli/of-a-machine-of-the-cloud", test_cli_ecs);
  ADD ("process/takes-what-it-prints", test_process);
  ADD ("process/needs-no-end-of-its-output", test_process_output);
  ADD ("process/names-what-is-wrong", test_process_failures);
  ADD ("process/is-left-when-cancelled", test_process_cancelled);
  ADD ("files/are-read-each-time", test_file_changes);
  ADD ("files/are-regular-and-small", test_file_kinds);
  ADD ("files/may-be-passed-over", test_file_disabled);
  ADD ("files/may-fail-to-be-read", test_file_unreadable);
  ADD ("files/are-left-when-cancelled", test_file_cancelled);
  ADD ("time-limit/follows-time-and-parent", test_time_limit);
  ADD ("chain/has-its-order", test_chain_order);
  ADD ("chain/lists-every-reason", test_chain_reasons);
  ADD ("chain/waits-for-what-is-configured", test_chain_outage);
  ADD ("chain/is-left-when-cancelled", test_chain_cancelled);
  ADD ("sources/can-be-told-without-the-network", test_sources_check);
  ADD ("log/has-each-request-and-no-secret", test_log);

  return g_test_run ();
}
