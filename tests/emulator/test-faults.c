/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The emulator fails as it is told to, and speaks HTTP otherwise. */

#include <string.h>
#include <glib/gstdio.h>

#include "test-client.h"

#define LARGE (4 * 1024 * 1024)

/* How a request ended for the client. */
typedef enum
{
  ANSWERED,
  CLOSED,                       /* FIN before a whole answer */
  RESET,
  INVALID,                      /* not HTTP, or too much of it */
} Ending;

typedef struct
{
  const gchar *kind;            /* and its keys */
  Ending ending;
  guint status;                 /* if answered */
  const gchar *code;            /* in the answer, or NULL */
  gboolean done;                /* what was asked for was done */
} Case;

/* Strikes PutObject. */
static const Case put_cases[] = {
  {"delay:seconds=0", ANSWERED, 200, NULL, TRUE},
  {"reset-before", RESET, 0, NULL, FALSE},
  {"reset-mid-body", RESET, 0, NULL, FALSE},
  {"reset-mid-body:after=100000", RESET, 0, NULL, FALSE},
  {"close-mid-body", CLOSED, 0, NULL, FALSE},
  {"stall-mid-body:seconds=0", ANSWERED, 200, NULL, TRUE},
  {"early-answer", ANSWERED, 503, "ServiceUnavailable", FALSE},
  {"early-answer:status=403:code=SecurityTokenExpired", ANSWERED, 403,
      "SecurityTokenExpired", FALSE},
  {"error", ANSWERED, 500, "InternalError", FALSE},
  {"error:status=503:code=ServiceUnavailable", ANSWERED, 503,
      "ServiceUnavailable", FALSE},
  {"expired-token", ANSWERED, 403, "SecurityTokenExpired", FALSE},
  {"expired-token:code=InvalidAccessKeyId", ANSWERED, 403,
      "InvalidAccessKeyId", FALSE},
  {"skew", ANSWERED, 403, "RequestTimeTooSkewed", FALSE},
  {"forbidden", ANSWERED, 403, "AccessDenied", FALSE},
  {"not-found", ANSWERED, 404, "NoSuchBucket", FALSE},
  {"redirect", ANSWERED, 307, "InternalError", FALSE},
  {"error-in-200", ANSWERED, 200, "InternalError", FALSE},
  {"reset-after-processing", RESET, 0, NULL, TRUE},
  {"close-after-processing", CLOSED, 0, NULL, TRUE},
  {"error-after-processing", ANSWERED, 500, "InternalError", TRUE},
  {"stall-before-answer:seconds=0", ANSWERED, 200, NULL, TRUE},
  {"delay-answer:seconds=0", ANSWERED, 200, NULL, TRUE},
  {"cut-answer", CLOSED, 0, NULL, TRUE},
  {"garbage", INVALID, 0, NULL, TRUE},
  {"garbage-body", ANSWERED, 200, NULL, TRUE},
  {"empty-answer", ANSWERED, 200, NULL, TRUE},
  {"slow-answer:seconds=0", ANSWERED, 200, NULL, TRUE},
  {"wrong-crc", ANSWERED, 200, NULL, TRUE},
  {"no-crc", ANSWERED, 200, NULL, TRUE},
  {"wrong-etag", ANSWERED, 200, NULL, TRUE},
  {"bare-wrong-etag", ANSWERED, 200, NULL, TRUE},
  {"no-etag", ANSWERED, 200, NULL, TRUE},
  {"no-xml-etag", ANSWERED, 200, NULL, TRUE},
  {"error:status=203:code=CallbackFailed", ANSWERED, 203, "CallbackFailed",
      FALSE},
  {"other-status", ANSWERED, 202, NULL, TRUE},
  {"other-status:status=204", ANSWERED, 204, NULL, TRUE},
  {"web-page", ANSWERED, 200, NULL, FALSE},
  {"web-page:status=502", ANSWERED, 502, NULL, FALSE},
  {"web-page-after-processing:status=504", ANSWERED, 504, NULL, TRUE},
  {"no-length", ANSWERED, 200, NULL, TRUE},
  {"compressed", ANSWERED, 200, NULL, TRUE},
  {"byte-order-mark", ANSWERED, 200, NULL, TRUE},
  {"namespace-prefix", ANSWERED, 200, NULL, TRUE},
};

static Ending
read_ending (TestClient * client, TestAnswer ** answer)
{
  g_autoptr (GError) error = NULL;

  *answer = test_client_read (client, FALSE, &error);
  if (*answer)
    return ANSWERED;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return CLOSED;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
    return RESET;
  g_assert_no_error (error);
  return INVALID;
}

static void
wait_for_record (IceEmulator * emulator, IceEmulatorOperation operation,
    guint count)
{
  gint64 end_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (ice_emulator_count (emulator, operation, 0) < count) {
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_thread_yield ();
  }
}

static void
assert_ending (const Case * item, Ending ending, TestAnswer * answer)
{
  if (item->ending == INVALID)
    g_assert_cmpint (ending, !=, ANSWERED);
  else
    g_assert_cmpint (ending, ==, item->ending);
  if (item->ending != ANSWERED)
    return;
  g_assert_cmpuint (answer->status, ==, item->status);
  if (item->code)
    test_assert_refused (answer, item->status, item->code);
}

static void
check_put (const Case * item)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *body = test_bytes (LARGE, 1);
  g_autofree gchar *fault = g_strconcat ("put:", item->kind, NULL);
  TestRequest request = {.method = "PUT",.body = body,.body_len = LARGE };
  g_autofree gchar *head = test_sign (client, lease, &request);
  g_autoptr (TestAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;
  gboolean sent;
  Ending ending;

  g_test_message ("%s", fault);
  ice_emulator_add_fault (emulator, fault, &error);
  g_assert_no_error (error);
  sent = test_client_send (client, head, -1)
      && test_client_send (client, body, LARGE);
  ending = read_ending (client, &answer);
  if (!sent && ending == CLOSED)
    ending = RESET;             /* the first error of a socket tells of it */
  assert_ending (item, ending, answer);
  wait_for_record (emulator, ICE_EMULATOR_PUT, 1);
  g_assert_cmpint (ice_emulator_get_object_info (emulator, TEST_MEDIA_ID,
          NULL, NULL, NULL), ==, item->done);
}

static void
test_strikes_puts (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (put_cases); i++)
    check_put (&put_cases[i]);
}

/* Strikes RefreshUploadMedia. */
static const Case refresh_cases[] = {
  {"error:status=400:code=Throttling.User", ANSWERED, 400, "Throttling.User",
      FALSE},
  {"expired-token", ANSWERED, 400, "InvalidSecurityToken.Expired", FALSE},
  {"skew", ANSWERED, 400, "InvalidTimeStamp.Expired", FALSE},
  {"forbidden", ANSWERED, 403, "Forbidden.RAM", FALSE},
  {"not-found", ANSWERED, 404, "ResourceNotFound", FALSE},
  {"error-in-200", ANSWERED, 200, "InternalError", FALSE},
  {"redirect", ANSWERED, 307, NULL, FALSE},
  {"reset-after-processing", RESET, 0, NULL, TRUE},
  {"truncated-body", CLOSED, 0, NULL, TRUE},
  {"cut-answer", CLOSED, 0, NULL, TRUE},
  {"garbage-body", ANSWERED, 200, NULL, TRUE},
  {"wrong-object", ANSWERED, 200, NULL, TRUE},
  {"http-endpoint", ANSWERED, 200, NULL, TRUE},
  {"web-page:status=403", ANSWERED, 403, NULL, FALSE},
  {"web-page-after-processing", ANSWERED, 200, NULL, TRUE},
  {"other-status", ANSWERED, 202, NULL, TRUE},
  {"no-length", ANSWERED, 200, NULL, TRUE},
  {"compressed", ANSWERED, 200, NULL, TRUE},
  {"byte-order-mark", ANSWERED, 200, NULL, TRUE},
};

static void
check_refresh (const Case * item)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autofree gchar *text = test_sign_refresh (client, TEST_MEDIA_ID, NULL);
  g_autofree gchar *fault = g_strconcat ("refresh:", item->kind, NULL);
  g_autoptr (TestAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", fault);
  ice_emulator_add_fault (emulator, fault, &error);
  g_assert_no_error (error);
  g_assert_true (test_client_send (client, text, -1));
  g_assert_cmpint (read_ending (client, &answer), ==, item->ending);
  if (item->ending == ANSWERED)
    g_assert_cmpuint (answer->status, ==, item->status);
  if (item->code) {
    g_autofree gchar *code = g_strdup_printf ("\"Code\":\"%s\"", item->code);

    g_assert_nonnull (strstr (answer->body->str, code));
  }
  g_assert_cmpuint (ice_emulator_get_generation (emulator), ==, item->done);
}

static void
test_strikes_refreshes (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (refresh_cases); i++)
    check_refresh (&refresh_cases[i]);
}

static void
test_changes_leases (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault",
      "refresh:wrong-object", "--fault",
      "refresh:http-endpoint:host=elsewhere:port=81", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) moved = test_refresh (client);
  g_autoptr (TestLease) elsewhere = test_refresh (client);
  g_autoptr (TestLease) right = test_refresh (client);

  g_assert_cmpstr (moved->key, !=, right->key);
  g_assert_cmpstr (elsewhere->endpoint, ==, "http://elsewhere:81");
  g_assert_cmpstr (elsewhere->key, ==, right->key);
  g_assert_cmpstr (right->endpoint, ==, ice_emulator_get_uri (emulator));
}

/* What the fault makes of Initiate's answer. (transfer full) */
static TestAnswer *
initiate_with (const gchar * kind)
{
  g_autofree gchar *fault = g_strconcat ("initiate:", kind, NULL);
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault", fault,
      NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  TestRequest request = {.method = "POST",.query = "uploads" };

  return test_call (client, lease, &request);
}

static void
test_dresses_bodies_up (void)
{
  g_autoptr (TestAnswer) plain = initiate_with ("delay:seconds=0");
  g_autoptr (TestAnswer) marked = initiate_with ("byte-order-mark");
  g_autoptr (TestAnswer) prefixed = initiate_with ("namespace-prefix");
  g_autoptr (TestAnswer) endless = initiate_with ("no-length");
  g_autoptr (TestAnswer) compressed = initiate_with ("compressed");
  g_autoptr (TestAnswer) page = initiate_with ("web-page");
  g_autofree gchar *length = test_answer_get_header (endless,
      "Content-Length");
  g_autofree gchar *encoding = test_answer_get_header (compressed,
      "Content-Encoding");
  g_autofree gchar *type = test_answer_get_header (page, "Content-Type");
  g_autofree gchar *request_id = test_answer_get_header (page,
      "x-oss-request-id");

  g_assert_true (g_str_has_prefix (plain->body->str, "<?xml"));
  g_assert_true (g_str_has_prefix (marked->body->str, "\xef\xbb\xbf<?xml"));
  g_assert_nonnull (strstr (prefixed->body->str,
          "<oss:InitiateMultipartUploadResult xmlns:oss=\"http://"));
  g_assert_nonnull (strstr (prefixed->body->str, "</oss:UploadId>"));
  g_assert_true (g_str_has_prefix (prefixed->body->str, "<?xml"));
  g_assert_null (length);
  g_assert_cmpuint (endless->body->len, ==, plain->body->len);
  g_assert_cmpstr (encoding, ==, "gzip");
  g_assert_true (g_str_has_prefix (compressed->body->str, "\x1f\x8b"));
  g_assert_true (g_str_has_prefix (type, "text/html"));
  g_assert_null (request_id);
}

/* Complete, after one part. (transfer full) */
static TestAnswer *
complete_with (const gchar * kind)
{
  g_autofree gchar *fault = g_strconcat ("complete:", kind, NULL);
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault", fault,
      NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *id = test_initiate (client, lease);
  g_autofree gchar *etag = test_upload_part (client, lease, id, 1, "x", 1);
  TestAnswer *answer = test_complete (client, lease, id,
      (const gchar * const[]) { "1", etag, NULL });

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_true (ice_emulator_get_object_info (emulator, TEST_MEDIA_ID, NULL,
          NULL, NULL));
  return answer;
}

static void
test_leaves_out_etags (void)
{
  g_autoptr (TestAnswer) in_xml = complete_with ("no-xml-etag");
  g_autoptr (TestAnswer) nowhere = complete_with ("no-etag");
  g_autofree gchar *header = test_answer_get_header (in_xml, "ETag");
  g_autofree gchar *no_header = test_answer_get_header (nowhere, "ETag");
  g_autofree gchar *location = test_answer_get_element (in_xml, "Location");

  g_assert_nonnull (header);
  g_assert_null (no_header);
  g_assert_nonnull (location);
  g_assert_null (strstr (in_xml->body->str, "ETag"));
  g_assert_null (strstr (nowhere->body->str, "ETag"));
}

static guint
put_status (TestClient * client, TestLease * lease)
{
  TestRequest request = {.method = "PUT",.body = "x" };
  g_autoptr (TestAnswer) answer = test_call (client, lease, &request);

  return answer->status;
}

static void
test_counts (void)
{
  static const guint expected[] = { 200, 200, 500, 500, 500, 200, 503, 503 };
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault",
      "put:error:skip=2:count=3", "--fault", "any:error:status=503:skip=4"
      ":count=0", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  guint i;

  /* the second lets the refresh and three puts pass that the first does not
   * strike */
  for (i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (put_status (client, lease), ==, expected[i]);
  ice_emulator_clear_faults (emulator);
  g_assert_cmpuint (put_status (client, lease), ==, 200);
  g_assert_cmpuint (ice_emulator_count (emulator, ICE_EMULATOR_PUT, 200), ==,
      4);
  g_assert_cmpuint (ice_emulator_count (emulator, ICE_EMULATOR_ANY, 0), ==, 10);
}

static gint64
get_time (gpointer user_data)
{
  return *(gint64 *) user_data;
}

/* For as long as it should, by the emulator's clock, from the first strike
 * on, however many come. */
static void
test_lasts (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault",
      "put:expired-token:code=InvalidAccessKeyId:skip=1:for=1.5", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  gint64 now_us = g_get_real_time ();

  ice_emulator_set_clock (emulator, get_time, &now_us);
  g_assert_cmpuint (put_status (client, lease), ==, 200);
  now_us += 2 * G_USEC_PER_SEC;
  g_assert_cmpuint (put_status (client, lease), ==, 403);
  g_assert_cmpuint (put_status (client, lease), ==, 403);
  now_us += G_USEC_PER_SEC;
  g_assert_cmpuint (put_status (client, lease), ==, 403);
  now_us += G_USEC_PER_SEC;
  g_assert_cmpuint (put_status (client, lease), ==, 200);
}

static void
test_strikes_one_part (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault",
      "part:error:part=3", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *id = test_initiate (client, lease);
  guint number;

  for (number = 1; number <= 4; number++) {
    g_autofree gchar *query = g_strdup_printf ("partNumber=%u&uploadId=%s",
        number, id);
    TestRequest request = {.method = "PUT",.query = query,.body = "x" };
    g_autoptr (TestAnswer) answer = test_call (client, lease, &request);

    g_assert_cmpuint (answer->status, ==, number == 3 ? 500 : 200);
  }
}

/* Which of 40 puts are struck. */
static gchar *
strike_by_chance (const gchar * seed)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--seed", seed,
      "--fault", "put:error:count=0:probability=0.5", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  GString *seen = g_string_new (NULL);
  guint i;

  for (i = 0; i < 40; i++)
    g_string_append_c (seen, put_status (client, lease) == 200 ? '.' : 'x');
  return g_string_free (seen, FALSE);
}

static void
test_strikes_by_chance (void)
{
  g_autofree gchar *first = strike_by_chance ("1");
  g_autofree gchar *again = strike_by_chance ("1");
  g_autofree gchar *other = strike_by_chance ("2");

  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, other);
  g_assert_nonnull (strchr (first, '.'));
  g_assert_nonnull (strchr (first, 'x'));
}

static void
test_adds_headers_to_errors (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault",
      "put:error:status=503:retry-after=7:x-acs-retry-after=900", "--fault",
      "put:redirect:host=elsewhere:port=81", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  TestRequest request = {.method = "PUT",.body = "x" };
  g_autoptr (TestAnswer) error = test_call (client, lease, &request);
  g_autoptr (TestAnswer) redirect = test_call (client, lease, &request);
  g_autofree gchar *retry_after = NULL;
  g_autofree gchar *acs_retry_after = NULL;
  g_autofree gchar *location = NULL;

  retry_after = test_answer_get_header (error, "Retry-After");
  g_assert_cmpstr (retry_after, ==, "7");
  acs_retry_after = test_answer_get_header (error, "x-acs-retry-after");
  g_assert_cmpstr (acs_retry_after, ==, "900");
  location = test_answer_get_header (redirect, "Location");
  g_assert_true (g_str_has_prefix (location, "http://elsewhere:81/"));
}

static void
test_refuses_bad_faults (void)
{
  static const gchar *const faults[] = {
    "", "put", "put:", "put:nothing", "nobody:error", "put:error:skip",
    "put:error:skip=-1", "put:error:skip=x", "put:error:probability=2",
    "put:error:status=99", "put:error:color=red", "put:close-on-accept",
    "put:error:code=", "put:error:for=0", "put:error:for=x",
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (faults); i++) {
    const gchar *const options[] = { "--fault", faults[i], NULL };
    g_autoptr (GError) error = NULL;

    g_assert_null (ice_emulator_new (options, &error));
    g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
  }
}

/* An answer while the client has hardly begun to send. */
static void
test_answers_early (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault",
      "put:early-answer:after=10:status=403:code=SecurityTokenExpired", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *body = test_bytes (LARGE, 1);
  TestRequest request = {.method = "PUT",.body = body,.body_len = LARGE };
  g_autofree gchar *head = test_sign (client, lease, &request);
  g_autoptr (TestAnswer) answer = NULL;

  g_assert_true (test_client_send (client, head, -1));
  g_assert_true (test_client_send (client, body, 10));
  g_assert_cmpint (read_ending (client, &answer), ==, ANSWERED);
  test_assert_refused (answer, 403, "SecurityTokenExpired");
}

/* The same without a fault: a refusal that does not wait for the body. */
static void
test_refuses_early (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--early-errors", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *body = test_bytes (LARGE, 1);
  TestRequest request = {.method = "PUT",.body = body,.body_len = LARGE };
  g_autofree gchar *head = test_sign (client, lease, &request);
  g_autoptr (TestAnswer) answer = NULL;

  ice_emulator_expire_credentials (emulator);
  g_assert_true (test_client_send (client, head, -1));
  g_assert_cmpint (read_ending (client, &answer), ==, ANSWERED);
  test_assert_refused (answer, 403, "SecurityTokenExpired");
}

/* Nothing comes, until somebody gives up. */
static void
check_stall (const gchar * fault)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autoptr (TestClient) stalled = NULL;
  TestRequest request = {.method = "PUT",.body = "x" };
  g_autofree gchar *head = test_sign (client, lease, &request);
  g_autoptr (GError) error = NULL;

  ice_emulator_add_fault (emulator, fault, &error);
  g_assert_no_error (error);
  stalled = test_client_new (emulator);
  g_assert_true (test_client_send (stalled, head, -1));
  g_assert_true (test_client_send (stalled, "x", 1));
  test_client_set_timeout (stalled, 1);
  g_assert_null (test_client_read (stalled, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (put_status (client, lease), ==, 200);
  /* and the emulator ends while the client is still there */
  g_clear_pointer (&emulator, ice_emulator_free);
}

static void
test_stalls (void)
{
  check_stall ("any:stall-on-accept");
  check_stall ("put:stall-mid-body");
  check_stall ("put:stall-before-answer");
}

static void
test_closes_on_accept (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault",
      "any:close-on-accept:skip=1", NULL);
  g_autoptr (TestClient) first = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (first);
  g_autoptr (TestClient) second = test_client_new (emulator);
  g_autoptr (TestClient) third = NULL;
  g_autoptr (TestAnswer) answer = NULL;

  g_assert_cmpint (read_ending (second, &answer), ==, CLOSED);
  third = test_client_new (emulator);
  g_assert_cmpuint (put_status (third, lease), ==, 200);
}

static void
check_huge (const gchar * fault)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--fault", fault, NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autofree gchar *text = test_sign_refresh (client, TEST_MEDIA_ID, NULL);
  g_autoptr (GPtrArray) records = NULL;
  IceEmulatorRecord *record;

  g_assert_true (test_client_send (client, text, -1));
  g_clear_pointer (&client, test_client_free);
  wait_for_record (emulator, ICE_EMULATOR_REFRESH, 1);
  records = ice_emulator_get_records (emulator);
  record = g_ptr_array_index (records, 0);
  g_assert_nonnull (strstr (fault, record->fault));
  g_assert_cmpuint (record->answer_bytes, >, 0);
}

/* The end of a client that has had enough ends what is sent to it. */
static void
test_sends_too_much (void)
{
  check_huge ("refresh:huge-body");
  check_huge ("refresh:huge-headers");
}

static void
test_can_be_unreachable (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autofree gchar *uri = g_strdup (ice_emulator_get_uri (emulator));
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autoptr (GSocketClient) opener = g_socket_client_new ();
  g_autoptr (TestClient) again = NULL;
  g_autoptr (TestAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;
  guint i;

  g_socket_client_set_enable_proxy (opener, FALSE);
  for (i = 0; i < 3; i++) {
    g_assert_true (ice_emulator_set_reachable (emulator, FALSE, NULL));
    g_assert_null (g_socket_client_connect_to_uri (opener, uri, 80, NULL,
            &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
    g_clear_error (&error);
    g_assert_true (ice_emulator_set_reachable (emulator, TRUE, &error));
    g_assert_no_error (error);
  }
  g_assert_cmpint (read_ending (client, &answer), !=, ANSWERED);
  g_assert_cmpstr (ice_emulator_get_uri (emulator), ==, uri);
  again = test_client_new (emulator);
  g_assert_cmpuint (put_status (again, lease), ==, 200);
}

typedef struct
{
  GSocketAddress *address;
  gint ends;                    /* atomic */
} Thief;

/* Takes the port whenever it is free. */
static gpointer
steal_port (gpointer data)
{
  Thief *thief = data;
  guint stolen = 0;

  while (!g_atomic_int_get (&thief->ends)) {
    g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
        G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

    if (g_socket_bind (socket, thief->address, FALSE, NULL))
      stolen++;
  }
  return GUINT_TO_POINTER (stolen);
}

static void
test_keeps_its_port (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (GUri) uri = g_uri_parse (ice_emulator_get_uri (emulator),
      G_URI_FLAGS_NONE, NULL);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string
      ("127.0.0.1", g_uri_get_port (uri));
  Thief thief = { address };
  GThread *thread = g_thread_new ("thief", steal_port, &thief);
  g_autoptr (GError) error = NULL;
  guint i;

  for (i = 0; i < 500; i++) {
    ice_emulator_set_reachable (emulator, FALSE, &error);
    g_assert_no_error (error);
    ice_emulator_set_reachable (emulator, TRUE, &error);
    g_assert_no_error (error);
  }
  g_atomic_int_set (&thief.ends, TRUE);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (thread)), ==, 0);
}

/* HTTP */

typedef struct
{
  const gchar *text;
  guint status;                 /* 0: nothing but the end */
} Words;

static void
test_refuses_what_is_not_http (void)
{
  g_autofree gchar *long_value = g_strnfill (70000, 'a');
  g_autofree gchar *long_head = NULL;
  Words cases[] = {
    {"hello\r\n\r\n", 400},
    {"GET / HTTP/2.0\r\n\r\n", 400},
    {"GET * HTTP/1.1\r\n\r\n", 400},
    {"G@T / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400},
    {"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
    {"PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
    {"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
    {"PUT / HTTP/1.1\r\nContent-Length: 1\r\n"
          "Transfer-Encoding: chunked\r\n\r\n", 400},
    {"GET /%zz HTTP/1.1\r\n\r\n", 400},
    {"GET /%00 HTTP/1.1\r\n\r\n", 400},
    {"GET /?a=%2 HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 403},
    {NULL, 400},
  };
  guint i;

  long_head = g_strconcat ("GET / HTTP/1.1\r\nx: ", long_value, "\r\n\r\n",
      NULL);
  cases[G_N_ELEMENTS (cases) - 1].text = long_head;
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
    g_autoptr (TestClient) client = test_client_new (emulator);
    g_autoptr (TestAnswer) answer = NULL;

    g_test_message ("%.60s", cases[i].text);
    g_assert_true (test_client_send (client, cases[i].text, -1));
    g_assert_cmpint (read_ending (client, &answer), ==, ANSWERED);
    g_assert_cmpuint (answer->status, ==, cases[i].status);
    wait_for_record (emulator, ICE_EMULATOR_OTHER, 1);
  }
}

/* The signed head of PutObject, with another framing of the body. */
static gchar *
sign_with_framing (TestClient * client, TestLease * lease,
    const gchar * framing)
{
  TestRequest request = {.method = "PUT",.body = "hello" };
  g_autofree gchar *head = test_sign (client, lease, &request);
  const gchar *found = strstr (head, "Content-Length: 5\r\n");

  g_assert_nonnull (found);
  return g_strdup_printf ("%.*s%s%s", (gint) (found - head), head, framing,
      found + strlen ("Content-Length: 5\r\n"));
}

static void
test_takes_chunks (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *head = sign_with_framing (client, lease,
      "Transfer-Encoding: chunked\r\n");
  g_autoptr (TestAnswer) answer = NULL;
  guint64 size;

  g_assert_true (test_client_send (client, head, -1));
  g_assert_true (test_client_send (client, "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n"
          "Trailer: t\r\n\r\n", -1));
  g_assert_cmpint (read_ending (client, &answer), ==, ANSWERED);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_true (ice_emulator_get_object_info (emulator, TEST_MEDIA_ID, NULL,
          &size, NULL));
  g_assert_cmpuint (size, ==, 5);
  g_assert_cmpuint (put_status (client, lease), ==, 200);
}

static void
test_drops_bad_chunks (void)
{
  static const gchar *const bodies[] = {
    "x\r\n", "2\r\nhello\r\n", "-1\r\n", "ffffffffffffffff\r\n"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
    g_autoptr (TestClient) client = test_client_new (emulator);
    g_autoptr (TestLease) lease = test_refresh (client);
    g_autofree gchar *head = sign_with_framing (client, lease,
        "Transfer-Encoding: chunked\r\n");
    g_autoptr (TestAnswer) answer = NULL;

    g_assert_true (test_client_send (client, head, -1));
    g_assert_true (test_client_send (client, bodies[i], -1));
    g_assert_cmpint (read_ending (client, &answer), !=, ANSWERED);
    g_assert_false (ice_emulator_get_object_info (emulator, TEST_MEDIA_ID,
            NULL, NULL, NULL));
  }
}

static void
test_says_go_on (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *head = sign_with_framing (client, lease,
      "Content-Length: 5\r\nExpect: 100-continue\r\n");
  g_autoptr (TestAnswer) go_on = NULL;
  g_autoptr (TestAnswer) answer = NULL;

  g_assert_true (test_client_send (client, head, -1));
  g_assert_cmpint (read_ending (client, &go_on), ==, ANSWERED);
  g_assert_cmpuint (go_on->status, ==, 100);
  g_assert_true (test_client_send (client, "hello", -1));
  g_assert_cmpint (read_ending (client, &answer), ==, ANSWERED);
  g_assert_cmpuint (answer->status, ==, 200);
}

/* A body that ends too soon leaves no object. */
static void
test_drops_short_bodies (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *head = sign_with_framing (client, lease,
      "Content-Length: 6\r\n");
  g_autoptr (GPtrArray) records = NULL;
  IceEmulatorRecord *record;

  g_assert_true (test_client_send (client, head, -1));
  g_assert_true (test_client_send (client, "hello", -1));
  g_clear_pointer (&client, test_client_free);
  wait_for_record (emulator, ICE_EMULATOR_PUT, 1);
  records = ice_emulator_get_records (emulator);
  record = g_ptr_array_index (records, 1);
  g_assert_cmpuint (record->status, ==, 0);
  g_assert_cmpuint (record->body_bytes, ==, 5);
  g_assert_cmpuint (record->generation, ==, 1);
  g_assert_false (ice_emulator_get_object_info (emulator, TEST_MEDIA_ID, NULL,
          NULL, NULL));
}

static void
test_speaks_tls (void)
{
  g_autoptr (IceEmulator) emulator = NULL;
  g_autoptr (TestClient) client = NULL;
  g_autoptr (TestLease) lease = NULL;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_test_skip ("GIO has no TLS here");
    return;
  }
  emulator = test_emulator_new ("--tls", NULL);
  client = test_client_new (emulator);
  lease = test_refresh (client);
  g_assert_true (g_str_has_prefix (lease->endpoint, "https://127.0.0.1:"));
  g_assert_cmpuint (put_status (client, lease), ==, 200);
}

static void
test_keeps_to_a_rate (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--rate", "200000",
      NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *body = test_bytes (100000, 1);
  TestRequest request = {.method = "PUT",.body = body,.body_len = 100000 };
  gint64 begin_us = g_get_monotonic_time ();
  g_autoptr (TestAnswer) answer = test_call (client, lease, &request);

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, >=, 490000);
}

static void
test_writes_a_log (void)
{
  g_autofree gchar *path = NULL;
  g_autofree gchar *content = NULL;
  gint fd = g_file_open_tmp (NULL, &path, NULL);
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--log", path,
      "--fault", "put:error", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);

  g_close (fd, NULL);
  g_assert_cmpuint (put_status (client, lease), ==, 500);
  wait_for_record (emulator, ICE_EMULATOR_PUT, 1);
  g_clear_pointer (&client, test_client_free);
  g_clear_pointer (&emulator, ice_emulator_free);
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_nonnull (strstr (content, "\"operation\":\"refresh\""));
  g_assert_nonnull (strstr (content, "\"status\":500"));
  g_assert_nonnull (strstr (content, "\"code\":\"InternalError\""));
  g_assert_nonnull (strstr (content, "\"fault\":\"error\""));
  g_assert_null (strstr (content, lease->security_token));
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/emulator/faults/strikes-puts", test_strikes_puts);
  g_test_add_func ("/emulator/faults/strikes-refreshes",
      test_strikes_refreshes);
  g_test_add_func ("/emulator/faults/changes-leases", test_changes_leases);
  g_test_add_func ("/emulator/faults/dresses-bodies-up",
      test_dresses_bodies_up);
  g_test_add_func ("/emulator/faults/leaves-out-etags",
      test_leaves_out_etags);
  g_test_add_func ("/emulator/faults/counts", test_counts);
  g_test_add_func ("/emulator/faults/lasts", test_lasts);
  g_test_add_func ("/emulator/faults/strikes-one-part", test_strikes_one_part);
  g_test_add_func ("/emulator/faults/strikes-by-chance",
      test_strikes_by_chance);
  g_test_add_func ("/emulator/faults/adds-headers-to-errors",
      test_adds_headers_to_errors);
  g_test_add_func ("/emulator/faults/refuses-bad-faults",
      test_refuses_bad_faults);
  g_test_add_func ("/emulator/faults/answers-early", test_answers_early);
  g_test_add_func ("/emulator/faults/refuses-early", test_refuses_early);
  g_test_add_func ("/emulator/faults/stalls", test_stalls);
  g_test_add_func ("/emulator/faults/closes-on-accept", test_closes_on_accept);
  g_test_add_func ("/emulator/faults/sends-too-much", test_sends_too_much);
  g_test_add_func ("/emulator/faults/can-be-unreachable",
      test_can_be_unreachable);
  g_test_add_func ("/emulator/faults/keeps-its-port", test_keeps_its_port);
  g_test_add_func ("/emulator/http/refuses-what-is-not-http",
      test_refuses_what_is_not_http);
  g_test_add_func ("/emulator/http/takes-chunks", test_takes_chunks);
  g_test_add_func ("/emulator/http/drops-bad-chunks", test_drops_bad_chunks);
  g_test_add_func ("/emulator/http/says-go-on", test_says_go_on);
  g_test_add_func ("/emulator/http/drops-short-bodies",
      test_drops_short_bodies);
  g_test_add_func ("/emulator/http/speaks-tls", test_speaks_tls);
  g_test_add_func ("/emulator/http/keeps-to-a-rate", test_keeps_to_a_rate);
  g_test_add_func ("/emulator/http/writes-a-log", test_writes_a_log);
  return g_test_run ();
}
