/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* RefreshUploadMedia, from the request to the lease, against the emulator
 * and against canned answers. */

#include "ice/media-client.h"

#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#include "client-fixture.h"
#include "credentials/provider-chain.h"
#include "credentials/static-provider.h"

#define MEDIA_ID "a1b2c3d4e5f60718293a4b5c6d7e8f90"
#define HOUR (3600 * (gint64) G_USEC_PER_SEC)

static GstIceCredentialsProvider *
create_provider (const gchar * id, const gchar * secret, const gchar * token)
{
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new (id, secret, token);

  return gst_ice_static_provider_new (identity);
}

static GstIceLease *
refresh_with (ClientFixture * fixture, GstIceCredentialsProvider * provider,
    const gchar * media_id, gchar ** request_id, GError ** error)
{
  g_autoptr (GstIceMediaClient) client =
      gst_ice_media_client_new (fixture->http, fixture->endpoint, provider);
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_media_client_refresh_upload_media_async (client, media_id, NULL,
      client_fixture_on_done, &result);
  client_fixture_wait (&result);

  return gst_ice_media_client_refresh_upload_media_finish (client, result,
      request_id, error);
}

static GstIceLease *
refresh (ClientFixture * fixture, const gchar * media_id, GError ** error)
{
  g_autoptr (GstIceCredentialsProvider) provider =
      create_provider (ACCESS_KEY_ID, ACCESS_KEY_SECRET, NULL);

  return refresh_with (fixture, provider, media_id, NULL, error);
}

/* The call fails with @code, @status and, if not NULL, the service's @name;
 * the error is given back for more. */
static GError *
check_refused (ClientFixture * fixture, GstIceErrorCode code, guint status,
    const gchar * name)
{
  GError *error = NULL;
  GstIceErrorDetails *details;

  g_assert_null (refresh (fixture, MEDIA_ID, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_ICE_ERROR, (gint) code);
  details = gst_ice_error_get_details (error);
  g_assert_cmpstr (details->service, ==, "ice");
  g_assert_cmpstr (details->operation, ==, "RefreshUploadMedia");
  g_assert_cmpuint (details->http_status, ==, status);
  g_assert_cmpstr (details->code, ==, name);

  return error;
}

static void
test_success (void)
{
  ClientFixture fixture;
  g_autoptr (GstIceCredentialsProvider) provider =
      create_provider (ACCESS_KEY_ID, ACCESS_KEY_SECRET, NULL);
  g_autofree gchar *request_id = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceLease) lease = NULL;

  client_fixture_start (&fixture, NULL);
  lease = refresh_with (&fixture, provider, MEDIA_ID, &request_id, &error);

  g_assert_no_error (error);
  g_assert_nonnull (request_id);
  g_assert_cmpstr (lease->endpoint->host, ==, fixture.endpoint->host);
  g_assert_cmpuint (lease->endpoint->port, ==, fixture.endpoint->port);
  g_assert_cmpstr (lease->bucket, ==,
      "outin-0123456789abcdef0123456789abcdef");
  g_assert_cmpstr (lease->key, ==, "sv/" MEDIA_ID "/" MEDIA_ID ".mp4");
  g_assert_cmpstr (lease->signing_region, ==, "cn-shanghai");
  g_assert_nonnull (gst_ice_identity_peek_token (lease->identity));
  g_assert_cmpint (lease->expires_us - lease->issued_us, <=, HOUR);
  g_assert_cmpint (lease->expires_us - lease->issued_us, >, HOUR / 2);
  g_assert_cmpint (lease->issued_us, <=,
      gst_ice_clock_get_monotonic (fixture.clock));
  client_fixture_check_log (&fixture, "iceclient", NULL);
  client_fixture_stop (&fixture);
}

static void
test_security_token (void)
{
  static const gchar *const options[] =
      { "--security-token", "CAISthe+callers/own==", NULL };
  ClientFixture fixture;
  g_autoptr (GstIceCredentialsProvider) provider =
      create_provider (ACCESS_KEY_ID, ACCESS_KEY_SECRET,
      "CAISthe+callers/own==");
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) missing = NULL;
  g_autoptr (GstIceLease) lease = NULL;

  client_fixture_start (&fixture, options);
  lease = refresh_with (&fixture, provider, MEDIA_ID, NULL, &error);
  g_assert_no_error (error);

  missing = check_refused (&fixture, GST_ICE_ERROR_NOT_AUTHORIZED, 400,
      "MissingSecurityToken");
  client_fixture_check_log (&fixture, "icerequest", missing->message);
  client_fixture_stop (&fixture);
}

static void
check_provider_refused (GstIceCredentialsProvider * provider,
    GstIceErrorCode code, const gchar * name)
{
  ClientFixture fixture;
  g_autoptr (GError) error = NULL;

  client_fixture_start (&fixture, NULL);
  g_assert_null (refresh_with (&fixture, provider, MEDIA_ID, NULL, &error));
  g_assert_error (error, GST_ICE_ERROR, (gint) code);
  g_assert_cmpstr (gst_ice_error_get_details (error)->code, ==, name);
  g_assert_cmpstr (gst_ice_error_get_details (error)->operation, ==,
      "RefreshUploadMedia");
  client_fixture_check_log (&fixture, "icerequest", error->message);
  client_fixture_stop (&fixture);
}

static void
test_wrong_identity (void)
{
  g_autoptr (GstIceCredentialsProvider) secret =
      create_provider (ACCESS_KEY_ID, "not-the-secret", NULL);
  g_autoptr (GstIceCredentialsProvider) slip =
      create_provider (ACCESS_KEY_ID, ACCESS_KEY_SECRET "\n", NULL);
  g_autoptr (GstIceCredentialsProvider) id =
      create_provider ("LTAIsomebodyElse", ACCESS_KEY_SECRET, NULL);
  g_autoptr (GstIceCredentialsProvider) unsendable =
      create_provider ("LTAI\r\nHost: evil", ACCESS_KEY_SECRET, NULL);
  g_autoptr (GstIceCredentialsProvider) none =
      gst_ice_static_provider_new (NULL);

  check_provider_refused (slip, GST_ICE_ERROR_SETTINGS, NULL);
  check_provider_refused (secret, GST_ICE_ERROR_NOT_AUTHORIZED,
      "SignatureDoesNotMatch");
  check_provider_refused (id, GST_ICE_ERROR_NOT_AUTHORIZED,
      "InvalidAccessKeyId.NotFound");
  check_provider_refused (unsendable, GST_ICE_ERROR_SETTINGS, NULL);
  check_provider_refused (none, GST_ICE_ERROR_NOT_AUTHORIZED, NULL);
}

static void
test_unknown_media (void)
{
  static const gchar *const options[] = { "--media-id", "another", NULL };
  ClientFixture fixture;
  g_autoptr (GError) error = NULL;

  client_fixture_start (&fixture, options);
  error = check_refused (&fixture, GST_ICE_ERROR_NOT_FOUND, 404,
      "ResourceNotFound");
  g_assert_nonnull (strstr (error->message, "media-id"));
  g_assert_nonnull (gst_ice_error_get_details (error)->request_id);
  client_fixture_stop (&fixture);
}

/* What no media id looks like is encoded, signed and refused all the same. */
static void
test_strange_media (void)
{
  ClientFixture fixture;
  g_autoptr (GError) error = NULL;

  client_fixture_start (&fixture, NULL);
  g_assert_null (refresh (&fixture, "a b&c=d/../\xe8\xa7\x86", &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_cmpstr (gst_ice_error_get_details (error)->code, ==,
      "InvalidParameter");
  client_fixture_stop (&fixture);
}

/* The first provider has an identity by now; only after the refusal of the
 * second one's is it asked again. */
static void
test_identity_expired (void)
{
  ClientFixture fixture;
  g_autoptr (GstIceProviderChain) chain = gst_ice_provider_chain_new ();
  g_autoptr (GstIceCredentialsProvider) first =
      gst_ice_static_provider_new (NULL);
  g_autoptr (GstIceCredentialsProvider) second =
      create_provider (ACCESS_KEY_ID, ACCESS_KEY_SECRET, NULL);
  g_autoptr (GstIceIdentity) wrong =
      gst_ice_identity_new (ACCESS_KEY_ID, "wrong", NULL);
  GstIceCredentialsProvider *provider = GST_ICE_CREDENTIALS_PROVIDER (chain);
  g_autoptr (GstIceLease) lease = NULL;
  g_autoptr (GError) expired = NULL;
  g_autoptr (GError) refused = NULL;

  gst_ice_provider_chain_add (chain, first);
  gst_ice_provider_chain_add (chain, second);
  client_fixture_start (&fixture, NULL);
  lease = refresh_with (&fixture, provider, MEDIA_ID, NULL, NULL);
  g_assert_nonnull (lease);

  gst_ice_static_provider_set_identity (GST_ICE_STATIC_PROVIDER (first),
      wrong);
  client_fixture_add_fault (&fixture, "refresh:expired-token");
  g_assert_null (refresh_with (&fixture, provider, MEDIA_ID, NULL, &expired));
  g_assert_error (expired, GST_ICE_ERROR, GST_ICE_ERROR_IDENTITY_EXPIRED);
  g_assert_null (refresh_with (&fixture, provider, MEDIA_ID, NULL, &refused));
  g_assert_error (refused, GST_ICE_ERROR, GST_ICE_ERROR_NOT_AUTHORIZED);
  client_fixture_stop (&fixture);
}

static gint64
an_hour_ahead (gpointer user_data)
{
  return g_get_real_time () + HOUR;
}

static void
test_clock_skew (void)
{
  ClientFixture fixture;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) none = NULL;
  g_autoptr (GstIceLease) lease = NULL;
  gint64 offset;

  client_fixture_start (&fixture, NULL);
  ice_emulator_set_clock (fixture.emulator, an_hour_ahead, NULL);
  error = check_refused (&fixture, GST_ICE_ERROR_CLOCK_SKEW, 400,
      "InvalidTimeStamp.Expired");
  g_assert_cmpint (gst_ice_error_get_details (error)->server_time_us, >,
      g_get_real_time () + HOUR / 2);

  /* What was learnt from the refusal makes the next call right, and the
   * lease's end with it. */
  lease = refresh (&fixture, MEDIA_ID, &none);
  g_assert_no_error (none);
  offset = gst_ice_clock_get_offset (fixture.clock);
  g_assert_cmpint (ABS (offset - HOUR), <, HOUR / 60);
  g_assert_cmpint (lease->expires_us - lease->issued_us, >, HOUR / 2);
  g_assert_cmpint (lease->expires_us - lease->issued_us, <=, HOUR);
  client_fixture_stop (&fixture);
}

static void
check_fault (const gchar * fault, GstIceErrorCode code, guint status,
    const gchar * name, gint64 retry_after_us)
{
  ClientFixture fixture;
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", fault);
  client_fixture_start (&fixture, NULL);
  client_fixture_add_fault (&fixture, fault);
  error = check_refused (&fixture, code, status, name);
  g_assert_cmpint (gst_ice_error_get_details (error)->retry_after_us, ==,
      retry_after_us);
  client_fixture_check_log (&fixture, "icerequest", error->message);
  client_fixture_stop (&fixture);
}

static void
test_faults (void)
{
  check_fault ("refresh:error:status=400:code=Throttling.User:"
      "x-acs-retry-after=1500", GST_ICE_ERROR_THROTTLED, 400,
      "Throttling.User", 1500000);
  check_fault ("refresh:error:status=503:code=ServiceUnavailable:"
      "retry-after=7", GST_ICE_ERROR_UNAVAILABLE, 503, "ServiceUnavailable",
      7000000);
  check_fault ("refresh:error:status=429:code=X:x-acs-retry-after=99999999",
      GST_ICE_ERROR_THROTTLED, 429, "X", 120000000);
  check_fault ("refresh:forbidden", GST_ICE_ERROR_NOT_AUTHORIZED, 403,
      "Forbidden.RAM", -1);
  check_fault ("refresh:redirect:host=127.0.0.2:port=9",
      GST_ICE_ERROR_PROTOCOL, 307, "InternalError", -1);
  check_fault ("refresh:error-in-200:code=Throttling",
      GST_ICE_ERROR_THROTTLED, 200, "Throttling", -1);
  check_fault ("refresh:empty-answer", GST_ICE_ERROR_PROTOCOL, 200, NULL, -1);
  check_fault ("refresh:garbage-body", GST_ICE_ERROR_PROTOCOL, 200, NULL, -1);
  check_fault ("refresh:huge-body", GST_ICE_ERROR_PROTOCOL, 0, NULL, -1);
  check_fault ("refresh:huge-headers", GST_ICE_ERROR_PROTOCOL, 0, NULL, -1);
  check_fault ("refresh:truncated-body", GST_ICE_ERROR_NETWORK, 0, NULL, -1);
  check_fault ("refresh:reset-before", GST_ICE_ERROR_NETWORK, 0, NULL, -1);
}

#define HEAD(status) "HTTP/1.1 " status "\r\nConnection: close\r\n" \
    "Date: Fri, 17 May 2024 08:09:10 GMT\r\n"
#define JSON(text) "Content-Type: application/json\r\n\r\n" text

/* What @answer makes of the call. */
static GError *
check_canned (const gchar * answer, GstIceErrorCode code, guint status,
    const gchar * name, gboolean is_clock_learnt)
{
  ClientFixture fixture;
  GError *error;

  g_test_message ("%s", answer);
  client_fixture_start_canned (&fixture, answer);
  error = check_refused (&fixture, code, status, name);
  g_assert_cmpint (gst_ice_clock_get_offset (fixture.clock) != 0, ==,
      is_clock_learnt);
  client_fixture_stop (&fixture);

  return error;
}

static void
test_answers (void)
{
  g_autoptr (GError) other = check_canned (HEAD ("200 OK")
      JSON ("{\"RequestId\":\"R\",\"MediaId\":\"other\","
          "\"UploadAddress\":\"e30=\",\"UploadAuth\":\"e30=\"}"),
      GST_ICE_ERROR_PROTOCOL, 200, NULL, FALSE);
  g_autoptr (GError) undecodable = check_canned (HEAD ("200 OK")
      JSON ("{\"RequestId\":\"R\",\"MediaId\":\"" MEDIA_ID "\","
          "\"UploadAddress\":\"e30=\",\"UploadAuth\":\"e30=\"}"),
      GST_ICE_ERROR_PROTOCOL, 200, NULL, FALSE);
  g_autoptr (GError) missing = check_canned (HEAD ("200 OK")
      JSON ("{\"RequestId\":\"R\"}"), GST_ICE_ERROR_PROTOCOL, 200, NULL,
      FALSE);
  g_autoptr (GError) uncapitalized = check_canned (HEAD ("400 Bad Request")
      JSON ("{\"requestId\":\"R\",\"code\":\"Throttling\","
          "\"message\":\"slow\"}"), GST_ICE_ERROR_THROTTLED, 400,
      "Throttling", FALSE);
  g_autoptr (GError) xml = check_canned (HEAD ("404 Not Found")
      "Content-Type: text/xml;charset=utf-8\r\n\r\n"
      "<?xml version='1.0'?><Error><RequestId>R</RequestId>"
      "<Code>InvalidApi.NotFound</Code><Message>no</Message></Error>",
      GST_ICE_ERROR_SETTINGS, 404, "InvalidApi.NotFound", FALSE);
  g_autoptr (GError) proxy = check_canned (HEAD ("502 Bad Gateway")
      "Content-Type: text/html\r\n\r\n<html>no</html>",
      GST_ICE_ERROR_UNAVAILABLE, 502, NULL, FALSE);
  g_autoptr (GError) nothing = check_canned (HEAD ("204 No Content") "\r\n",
      GST_ICE_ERROR_PROTOCOL, 204, NULL, FALSE);
  g_autoptr (GError) empty = check_canned (HEAD ("200 OK")
      "Content-Length: 0\r\n\r\n", GST_ICE_ERROR_PROTOCOL, 200, NULL, FALSE);
  g_autoptr (GError) portal = check_canned (HEAD ("200 OK")
      "Content-Type: text/html\r\n\r\n<html>Log in</html>",
      GST_ICE_ERROR_PROTOCOL, 200, NULL, FALSE);

  g_assert_nonnull (strstr (other->message, "MediaId"));
  g_assert_nonnull (strstr (undecodable->message, "Endpoint is missing"));
  g_assert_nonnull (strstr (missing->message, "UploadAddress"));
  g_assert_cmpstr (gst_ice_error_get_details (missing)->request_id, ==, "R");
  g_assert_nonnull (strstr (uncapitalized->message, "slow"));
  g_assert_cmpstr (gst_ice_error_get_details (xml)->request_id, ==, "R");
  g_assert_nonnull (strstr (proxy->message, "not the service's own"));
  g_assert_nonnull (strstr (nothing->message, "204"));
  g_assert_nonnull (strstr (empty->message, "JSON"));
  g_assert_nonnull (strstr (portal->message, "not the service's own"));
}

/* Whatever it says, who is in between has not refused anything. */
static void
test_web_pages (void)
{
  static const gchar *const statuses[] = {
    "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"
  };
  static const gchar *const bodies[] = {
    "Content-Type: text/html; charset=utf-8\r\n\r\nno",
    "\r\n \n<!DOCTYPE html><title>no</title>", "\r\n<HTML>no</HTML>"
  };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (statuses); i++) {
    for (n = 0; n < G_N_ELEMENTS (bodies); n++) {
      g_autofree gchar *answer = g_strconcat ("HTTP/1.1 ", statuses[i],
          "\r\nConnection: close\r\n", bodies[n], NULL);
      g_autoptr (GError) error = check_canned (answer, GST_ICE_ERROR_PROTOCOL,
          g_ascii_strtoull (statuses[i], NULL, 10), NULL, FALSE);

      g_assert_nonnull (strstr (error->message, "not the service's own"));
    }
  }
}

#define LEASE "{\"RequestId\":\"R\",\"MediaId\":\"" MEDIA_ID "\"," \
    "\"UploadAddress\":\"eyJFbmRwb2ludCI6Imh0dHBzOi8vb3NzLWNuLXNoYW5naGFpLmFsa" \
    "Xl1bmNzLmNvbSIsIkJ1Y2tldCI6ImJ1Y2tldCIsIkZpbGVOYW1lIjoiayJ9\"," \
    "\"UploadAuth\":\"eyJBY2Nlc3NLZXlJZCI6ImkiLCJBY2Nlc3NLZXlTZWNyZXQiOiJzIn0=" \
    "\"}"

/* A success proves the clock that it was signed with: its Date says nothing. */
static void
test_clock_proven (void)
{
  ClientFixture fixture;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceLease) lease = NULL;

  client_fixture_start_canned (&fixture, HEAD ("200 OK") JSON (LEASE));
  lease = refresh (&fixture, MEDIA_ID, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ABS (gst_ice_clock_get_offset (fixture.clock)), <,
      HOUR / 60);
  client_fixture_stop (&fixture);
}

#define REFUSAL(time) "{\"RequestId\":\"R\"," time \
    "\"Code\":\"InvalidTimeStamp.Expired\",\"Message\":\"no\"}"

/* A refusal for the time is believed where it says what the time is: in the
 * body before the head. */
static void
test_clock_told (void)
{
  const gint64 date_us = G_GINT64_CONSTANT (1715933350) * G_USEC_PER_SEC;
  static const struct
  {
    const gchar *answer;
    gint64 later_us;
  } cases[] = {
    {HEAD ("400 Bad Request") JSON (REFUSAL ("")), 0},
    {HEAD ("400 Bad Request") JSON (REFUSAL ("\"ServerTime\":"
                "\"2024-05-17T10:09:10.000Z\",")), 2 * HOUR},
    {HEAD ("400 Bad Request") JSON (REFUSAL ("\"ServerTime\":\"noon\",")), 0},
    {HEAD ("400 Bad Request") "Content-Type: text/xml\r\n\r\n"
          "<Error><RequestId>R</RequestId><Code>InvalidTimeStamp.Expired</Code>"
          "<ServerTime>2024-05-17T10:09:10.000Z</ServerTime></Error>",
        2 * HOUR},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = check_canned (cases[i].answer,
        GST_ICE_ERROR_CLOCK_SKEW, 400, "InvalidTimeStamp.Expired", TRUE);

    g_assert_cmpint (gst_ice_error_get_details (error)->server_time_us, ==,
        date_us + cases[i].later_us);
  }
}

/* @fault keeps the call busy until it is cancelled. */
static void
check_cancelled (const gchar * fault)
{
  ClientFixture fixture;
  g_autoptr (GstIceCredentialsProvider) provider =
      create_provider (ACCESS_KEY_ID, ACCESS_KEY_SECRET, NULL);
  g_autoptr (GstIceMediaClient) client = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  client_fixture_start (&fixture, NULL);
  client_fixture_add_fault (&fixture, fault);
  client = gst_ice_media_client_new (fixture.http, fixture.endpoint, provider);
  gst_ice_media_client_refresh_upload_media_async (client, MEDIA_ID,
      cancellable, client_fixture_on_done, &result);
  while (g_main_context_iteration (NULL, FALSE));
  g_cancellable_cancel (cancellable);
  client_fixture_wait (&result);

  g_assert_null (gst_ice_media_client_refresh_upload_media_finish (client,
          result, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  client_fixture_stop (&fixture);
}

static void
test_cancel (void)
{
  check_cancelled ("refresh:stall-before-answer");
  check_cancelled ("any:stall-on-accept");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  /* GStreamer's leaks tracer tells then what is still alive. */
  atexit (gst_deinit);
  g_test_init (&argc, &argv, NULL);
  client_fixture_begin_log ();

  g_test_add_func ("/media-client/gets-a-lease", test_success);
  g_test_add_func ("/media-client/sends-a-security-token",
      test_security_token);
  g_test_add_func ("/media-client/reports-a-wrong-identity",
      test_wrong_identity);
  g_test_add_func ("/media-client/reports-an-unknown-media-id",
      test_unknown_media);
  g_test_add_func ("/media-client/encodes-any-media-id", test_strange_media);
  g_test_add_func ("/media-client/drops-an-identity-that-is-over",
      test_identity_expired);
  g_test_add_func ("/media-client/learns-the-services-clock",
      test_clock_skew);
  g_test_add_func ("/media-client/reports-what-went-wrong", test_faults);
  g_test_add_func ("/media-client/reads-any-answer", test_answers);
  g_test_add_func ("/media-client/knows-web-pages", test_web_pages);
  g_test_add_func ("/media-client/proves-its-clock-by-a-success", test_clock_proven);
  g_test_add_func ("/media-client/is-told-the-time-by-a-refusal", test_clock_told);
  g_test_add_func ("/media-client/can-be-cancelled", test_cancel);

  return g_test_run ();
}
