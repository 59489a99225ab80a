/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the HTTP client sends, and what it makes of the answers. */

#include "http-fixture.h"

#include <string.h>

#include "common/network-thread.h"
#include "http/body-stream.h"
#include "http/exchange-phase.h"

#define FORBIDDEN_BODY "<Error><Code>InvalidAccessKeyId</Code></Error>"
#define FORBIDDEN_ANSWER "HTTP/1.1 403 Forbidden\r\n" \
    "Content-Length: 46\r\nConnection: close\r\n\r\n" FORBIDDEN_BODY

static void
test_target (void)
{
  static const gchar *const targets[] = {
    "/", "/a/../b//c%2F?x=%2B&uploads", "/a/./b/", "//x", "/%e4%b8%AD?",
    "/?acl", "/a?b?c=d/e&f", "/a%00%20+~!$&'()*,;=:@"
  };
  Notes notes;
  Fixture fixture;

  notes_init (&notes);
  fixture_start (&fixture, answer_all, &notes, &(Settings) {
      0});
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++) {
    g_autofree gchar *line =
        g_strdup_printf ("GET %s HTTP/1.1\r\n", targets[i]);
    g_autoptr (Outcome) outcome = send_and_wait (&fixture,
        gst_ice_http_request_new ("GET", fixture.endpoint, NULL, targets[i]));

    assert_status (outcome, 200);
    g_assert_true (g_str_has_prefix (notes_get_head (&notes, i), line));
  }
  fixture_stop (&fixture);
  notes_clear (&notes);
}

static void
test_head (void)
{
  Notes notes;
  Fixture fixture;
  GstIceHttpRequest *request;
  g_autofree gchar *host = NULL;
  g_autofree gchar *expected = NULL;
  g_autoptr (Outcome) outcome = NULL;

  notes_init (&notes);
  fixture_start (&fixture, answer_all, &notes, &(Settings) {
      0});
  request = new_request (&fixture, "POST", 0);
  host = g_strdup (gst_ice_http_request_get_host (request));
  gst_ice_http_request_add_header (request, "Authorization", "OSS4 x");
  gst_ice_http_request_add_header (request, "Content-Type", "video/mp4");
  outcome = send_and_wait (&fixture, request);
  assert_status (outcome, 200);

  /* All of it, so that nothing comes along that was not asked for. */
  expected = g_strdup_printf ("POST /object HTTP/1.1\r\n"
      "Host: %s\r\nAccept-Encoding: identity\r\nAuthorization: OSS4 x\r\n"
      "Content-Type: video/mp4\r\n"
      "User-Agent: icesink-test/1\r\nConnection: Keep-Alive\r\n"
      "Content-Length: 0\r\n\r\n", host);
  g_assert_cmpstr (notes_get_head (&notes, 0), ==, expected);
  fixture_stop (&fixture);
  notes_clear (&notes);
}

static void
test_bodies (gconstpointer tls)
{
  static const struct
  {
    gsize size;
    gsize piece;
  } cases[] = {
    {1, 1}, {2, 1}, {64 * KIB - 1, 64 * KIB}, {64 * KIB, 64 * KIB},
    {64 * KIB + 1, 64 * KIB}, {100 * KIB, 188}, {4 * MIB, 64 * KIB},
    {4 * MIB + 17, 4 * MIB + 17}, {3 * MIB, 100 * KIB + 1}
  };
  Notes notes;
  Fixture fixture;

  notes_init (&notes);
  fixture_start (&fixture, answer_all, &notes, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstIceHttpRequest *request = new_request (&fixture, "PUT", 0);
    g_autoptr (GPtrArray) body = create_body (cases[i].size, cases[i].piece);
    g_autoptr (GBytes) expected = join (body);
    g_autoptr (Outcome) outcome = NULL;

    gst_ice_http_request_set_body (request, body, cases[i].size);
    outcome = send_and_wait (&fixture, request);
    assert_status (outcome, 200);
    assert_body (outcome, "ok");
    g_assert_cmpuint (outcome->progress, ==, cases[i].size);
    g_assert_true (g_bytes_equal (notes_get_body (&notes, i), expected));
  }
  /* One connection took them all, POST or PUT. */
  g_assert_cmpuint (server_get_connections (fixture.server), ==, 1);
  g_assert_cmpuint (gst_ice_http_client_get_connections_opened
      (fixture.client), ==, 1);
  fixture_stop (&fixture);
  notes_clear (&notes);
}

static void
test_methods (void)
{
  static const gchar *const methods[] =
      { "POST", "PUT", "GET", "DELETE", "POST" };
  Fixture fixture;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      0});
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
    g_autoptr (Outcome) outcome =
        send_and_wait (&fixture, new_request (&fixture, methods[i], 0));

    assert_status (outcome, 200);
  }
  g_assert_cmpuint (server_get_connections (fixture.server), ==, 1);
  fixture_stop (&fixture);
}

static void
test_parallel (gconstpointer tls)
{
  Notes notes;
  Fixture fixture;
  Outcome *outcomes[12];
  g_autoptr (GPtrArray) body = create_body (1 * MIB, 64 * KIB);
  g_autoptr (GBytes) expected = join (body);

  notes_init (&notes);
  fixture_start (&fixture, answer_all, &notes, &(Settings) {
      .tls = GPOINTER_TO_INT (tls),.max_connections = 3});
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    outcomes[i] =
        send_start (&fixture, new_request (&fixture, "PUT", 1 * MIB), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++) {
    wait_for (&outcomes[i]->is_done);
    assert_status (outcomes[i], 200);
    outcome_free (outcomes[i]);
    g_assert_true (g_bytes_equal (notes_get_body (&notes, i), expected));
  }
  g_assert_cmpuint (server_get_connections (fixture.server), <=, 3);
  fixture_stop (&fixture);
  notes_clear (&notes);
}

static void
test_response (void)
{
  const Story story = {
    .answer = "HTTP/1.1 201 Created\r\nContent-Length: 4\r\n"
        "DATE: Thu, 01 Jan 1970 00:01:40 GMT\r\nETag: \"1\"\r\n"
        "x-oss-Request-ID: first\r\nX-OSS-request-id: second\r\n\r\nbody"
  };
  gint64 before = g_get_monotonic_time ();
  g_autoptr (Outcome) outcome = run_story (&story, &(Settings) {
      0}, "GET", 0);
  GstIceHttpResponse *response = outcome->response;

  assert_status (outcome, 201);
  assert_body (outcome, "body");
  g_assert_cmpint (response->date_us, ==, 100 * SECOND);
  g_assert_cmpint (response->received_us, >=, before);
  g_assert_cmpstr (gst_ice_http_response_get_header (response, "etag"), ==,
      "\"1\"");
  g_assert_cmpstr (gst_ice_http_response_get_header (response,
          "x-oss-request-id"), ==, "second");
  g_assert_null (gst_ice_http_response_get_header (response, "Server"));
  g_assert_cmpint (gst_ice_http_response_get_retry_after (response), ==, -1);
}

static void
test_retry_after (void)
{
  static const struct
  {
    const gchar *value;
    gint64 expected;
  } cases[] = {
    {"7", 7 * SECOND}, {"0", 0}, {"-1", -1}, {"7x", -1}, {"soon", -1},
    {"99999999999999999999", 24 * 3600 * SECOND},
    {"Thu, 01 Jan 1970 00:01:45 GMT", 5 * SECOND},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0}
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *answer = g_strdup_printf ("HTTP/1.1 503 Busy\r\n"
        "Date: Thu, 01 Jan 1970 00:01:40 GMT\r\nRetry-After: %s\r\n"
        "Content-Length: 0\r\n\r\n", cases[i].value);
    const Story story = {.answer = answer };
    g_autoptr (Outcome) outcome = run_story (&story, &(Settings) {
        0}, "GET", 0);

    assert_status (outcome, 503);
    g_assert_cmpint (gst_ice_http_response_get_retry_after
        (outcome->response), ==, cases[i].expected);
  }
}

/* What other clients would act upon is an answer like any other here. */
static void
test_plain_answers (void)
{
  static const gchar *const answers[] = {
    "HTTP/1.1 301 Moved\r\nLocation: /other\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
        "Content-Length: 2\r\n\r\nok",
    "HTTP/1.1 303 See Other\r\nLocation: /other\r\n"
        "Content-Length: 2\r\n\r\nok",
    "HTTP/1.1 307 Temporary\r\nLocation: /other\r\n"
        "Content-Length: 2\r\n\r\nok",
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
        "Content-Length: 2\r\n\r\nok",
    "HTTP/1.1 407 Unauthorized\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
        "Content-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\n"
        "Content-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nok",
    "HTTP/1.0 200 OK\r\n\r\nok",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
        "Content-Length: 2\r\n\r\nok",
    "HTTP/1.1 507 Full\r\nContent-Length: 2\r\n\r\nok"
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    const gchar *last = g_strrstr (answers[i], "HTTP/1.");
    const Story story = {.answer = answers[i] };
    g_autoptr (Outcome) outcome = run_story (&story, &(Settings) {
        0}, "PUT", 100);

    assert_status (outcome, g_ascii_strtoull (last + 9, NULL, 10));
    assert_body (outcome, "ok");
  }
}

static void
test_empty_answers (void)
{
  const Story no_content = {.answer = "HTTP/1.1 204 No Content\r\n\r\n" };
  const Story head = {
    .answer = "HTTP/1.1 200 OK\r\nContent-Length: 123456789\r\n\r\n"
  };
  g_autoptr (Outcome) first = run_story (&no_content, &(Settings) {
      0}, "PUT", 100);
  g_autoptr (Outcome) second = run_story (&head, &(Settings) {
      0}, "HEAD", 0);

  assert_status (first, 204);
  assert_body (first, "");
  assert_status (second, 200);
  assert_body (second, "");
  g_assert_cmpstr (gst_ice_http_response_get_header (second->response,
          "Content-Length"), ==, "123456789");
}

/* 421 makes libsoup read all of its body and send the request once more. */
static void
test_misdirected (void)
{
  const Story story = {
    .answer = "HTTP/1.1 421 Misdirected\r\nx-oss-ec: 1\r\n\r\n",
    .then = "and so on and on and on and on and on and on and on and on"
  };
  g_autoptr (Outcome) outcome = run_story (&story, &(Settings) {
      0}, "PUT", 100);

  assert_status (outcome, 421);
  assert_body (outcome, "");
}

/* An answer before the body is read, and the connection closed upon it. */
static void
test_early_answer (gconstpointer tls)
{
  const Story story = {.answer = FORBIDDEN_ANSWER,.is_early = TRUE };

  for (guint i = 0; i < 20; i++) {
    g_autoptr (Outcome) outcome = run_story (&story, &(Settings) {
        .tls = GPOINTER_TO_INT (tls)}
        , "PUT", 8 * MIB);

    assert_status (outcome, 403);
    assert_body (outcome, FORBIDDEN_BODY);
    g_assert_cmpuint (outcome->progress, <, 8 * MIB);
  }
}

static void
refuse_first (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = NULL;

  if (peer->number > 0) {
    answer_all (peer, NULL);
    return;
  }
  head = peer_read_head (peer);
  /* Does not close, and never reads the body. */
  peer_write (peer, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  peer_pause (peer, G_MAXINT);
}

/* The connection of such an answer has half a body in it. */
static void
test_early_answer_kept (void)
{
  Fixture fixture;
  g_autoptr (Outcome) first = NULL;
  g_autoptr (Outcome) second = NULL;

  fixture_start (&fixture, refuse_first, NULL, &(Settings) {
      0});
  first = send_and_wait (&fixture, new_request (&fixture, "PUT", 32 * MIB));
  assert_status (first, 403);
  assert_body (first, "no");
  g_assert_cmpuint (first->progress, <, 32 * MIB);
  second = send_and_wait (&fixture, new_request (&fixture, "PUT", 1 * MIB));
  assert_status (second, 200);
  g_assert_cmpuint (server_get_connections (fixture.server), ==, 2);
  fixture_stop (&fixture);
}

static void
refuse_late (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);

  /* In the middle of the body, and a reset after the answer. */
  if (!head || !peer_skip (peer, 3 * MIB))
    return;
  peer_write (peer, FORBIDDEN_ANSWER);
}

static void
test_early_answer_late (gconstpointer tls)
{
  for (guint i = 0; i < 20; i++) {
    Fixture fixture;
    g_autoptr (Outcome) outcome = NULL;

    fixture_start (&fixture, refuse_late, NULL, &(Settings) {
        .tls = GPOINTER_TO_INT (tls)}
    );
    outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 32 * MIB));
    assert_status (outcome, 403);
    assert_body (outcome, FORBIDDEN_BODY);
    fixture_stop (&fixture);
  }
}

static void
refuse_and_hang_up (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);

  if (!head)
    return;
  /* Sends nothing more, and reads nothing either. */
  peer_write (peer, FORBIDDEN_ANSWER);
  g_socket_shutdown (g_socket_connection_get_socket (peer->tcp), FALSE, TRUE,
      NULL);
  peer_pause (peer, G_MAXINT);
}

static void
test_early_answer_half_closed (gconstpointer tls)
{
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, refuse_and_hang_up, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 64 * MIB));
  assert_status (outcome, 403);
  assert_body (outcome, FORBIDDEN_BODY);
  g_assert_cmpuint (outcome->progress, <, 64 * MIB);
  fixture_stop (&fixture);
}

/* An interim response is no answer: the body goes on. */
static void
continue_early (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);

  if (!head)
    return;
  peer_write (peer, "HTTP/1.1 100 Continue\r\n\r\n");
  peer_pause (peer, 20);
  if (peer_skip (peer, head_get_content_length (head)))
    peer_write (peer, OK_ANSWER);
}

static void
test_early_interim (gconstpointer tls)
{
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, continue_early, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 32 * MIB));
  assert_status (outcome, 200);
  g_assert_cmpuint (outcome->progress, ==, 32 * MIB);
  fixture_stop (&fixture);
}

/* While it stands there unread and the peer takes nothing, nothing happens. */
typedef struct
{
  gboolean has_begun;
  gboolean is_over;
} Rest;

static void
continue_and_rest (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);
  Rest *rest = user_data;

  if (!head)
    return;
  peer_write (peer, "HTTP/1.1 100 Continue\r\n\r\n");
  peer_pause (peer, 200);
  set_flag (&rest->has_begun);
  peer_pause (peer, 300);
  set_flag (&rest->is_over);
  if (peer_skip (peer, head_get_content_length (head)))
    peer_write (peer, OK_ANSWER);
}

static void
test_early_interim_rests (void)
{
  Fixture fixture;
  Rest rest = { FALSE };
  g_autoptr (Outcome) outcome = NULL;
  guint n_turns = 0;

  fixture_start (&fixture, continue_and_rest, &rest, &(Settings) { FALSE });
  outcome = send_start (&fixture, new_request (&fixture, "PUT", 64 * MIB),
      NULL);
  wait_for (&rest.has_begun);
  while (!g_atomic_int_get (&rest.is_over)) {
    n_turns += g_main_context_iteration (NULL, FALSE);
    g_usleep (100);
  }
  g_assert_cmpuint (n_turns, <, 200);
  wait_for (&outcome->is_done);
  assert_status (outcome, 200);
  fixture_stop (&fixture);
}

/* Limits, and answers that are none */

#define ENDLESS_LINE "x-header: and so on and on and on and on and on\r\n"

static void
test_protocol_errors (void)
{
  static const Story stories[] = {
    /* Larger than the limit, said and unsaid. */
    {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n",
        .then = "and so on and on and on and on and on and on and on"},
    {.answer = "HTTP/1.1 200 OK\r\n\r\n",
        .then = "and so on and on and on and on and on and on and on"},
    {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        .then = "10\r\n0123456789abcdef\r\n"},
    {.answer = "HTTP/1.1 401 Unauthorized\r\n"
          "WWW-Authenticate: Basic realm=\"x\"\r\n\r\n",
        .then = "and so on and on and on and on and on and on and on"},
    /* Headers without an end, in lines and in one line. */
    {.answer = "HTTP/1.1 200 OK\r\n",.then = ENDLESS_LINE},
    {.answer = "HTTP/1.1 200 OK\r\nx-header: ",.then = "and so on and on"},
    {.answer = "HTTP/1.1 100 Continue\r\n\r\n",
        .then = "HTTP/1.1 100 Continue\r\n\r\n"},
    /* Not HTTP. */
    {.answer = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n"},
    {.answer = "garbage"},
    {.answer = "HTTP/1.1 20 OK\r\n\r\n"},
    {.answer = "HTTP/1.1 700 No\r\nContent-Length: 0\r\n\r\n"},
    {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nbx"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++) {
    g_autoptr (Outcome) outcome = run_story (&stories[i], &(Settings) {
        0}
        , "PUT", 100);

    g_test_message ("case %u", i);
    g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  }
}

static void
test_response_limit (void)
{
  const Story story = {.answer = OK_ANSWER };

  for (guint limit = 1; limit <= 2; limit++) {
    Fixture fixture;
    GstIceHttpRequest *request;
    g_autoptr (Outcome) outcome = NULL;

    fixture_start (&fixture, tell, (gpointer) & story, &(Settings) {
        0}
    );
    request = new_request (&fixture, "GET", 0);
    gst_ice_http_request_set_response_limit (request, limit);
    outcome = send_and_wait (&fixture, request);
    if (limit == 2)
      assert_status (outcome, 200);
    else
      g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
    fixture_stop (&fixture);
  }
}

static void
test_network_errors (void)
{
  static const Story stories[] = {
    {.answer = ""},
    {.answer = "",.is_early = TRUE},
    {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"},
    {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
          "Content-Length: 3\r\n\r\nok"},
    {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5\r\nok"},
    /* Cut between two lines of the head. */
    {.answer = "HTTP/1.1 200 OK\r\nETag: \"5d41\"\r\n"},
    {.answer = "HTTP/1.1 403 Forbidden\r\nx-oss-request-id: 5\r\n"},
    {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++) {
    for (guint tls = 0; tls < 2; tls++) {
      g_autoptr (Outcome) outcome = run_story (&stories[i], &(Settings) {
          .tls = tls}
          , "PUT", 8 * MIB);

      g_test_message ("case %u, TLS %u", i, tls);
      g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
      g_assert_false (is_reused_connection (outcome->error));
    }
  }
}

/* No length, and nothing but the end of the connection behind the head. */
static void
test_unbounded_answers (void)
{
  static const Story stories[] = {
    {.answer = "HTTP/1.1 200 OK\r\nETag: \"5d41\"\r\n\r\n"},
    {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"},
    {.answer = "HTTP/1.0 200 Very well\r\nx-oss-request-id: 5\r\n"
          "x-oss-request-id: 6\r\n\r\n"},
    {.answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++) {
    for (guint tls = 0; tls < 2; tls++) {
      g_autoptr (Outcome) outcome = run_story (&stories[i], &(Settings) {
          .tls = tls}
          , "PUT", 1000);

      g_test_message ("case %u, TLS %u", i, tls);
      assert_status (outcome, 200);
      g_assert_cmpuint (g_bytes_get_size (outcome->response->body), ==, 0);
    }
  }
}

/* It was asked for as it is. */
static void
test_compressed (void)
{
  static const Story story = {
    .answer = "HTTP/1.1 403 Forbidden\r\nContent-Encoding: gzip\r\n"
        "Content-Length: 3\r\n\r\nxyz"
  };
  g_autoptr (Outcome) outcome = run_story (&story, &(Settings) {
      0}, "PUT", 1000);

  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (outcome->error->message, "compressed"));
  g_assert_cmpuint (gst_ice_error_get_details (outcome->error)->http_status,
      ==, 403);
}

static void
reset_in_body (Peer * peer, gpointer user_data)
{
  G_GNUC_UNUSED g_autofree gchar *head = peer_read_head (peer);

  peer_skip (peer, 1 * MIB);
  peer_reset (peer);
}

static void
test_reset (gconstpointer tls)
{
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, reset_in_body, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 8 * MIB));
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_cmpuint (server_get_connections (fixture.server), ==, 1);
  fixture_stop (&fixture);
}

static void
test_no_server (void)
{
  static const gchar *const urls[] =
      { "http://127.0.0.1:1", "http://host.invalid:80" };
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  Fixture fixture = {.client = create_client (&(Settings) {0}, clock) };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++) {
    g_autoptr (Outcome) outcome = NULL;

    fixture.endpoint = gst_ice_endpoint_parse (urls[i], NULL);
    outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
    g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
    gst_ice_endpoint_unref (fixture.endpoint);
  }
  gst_ice_http_client_unref (fixture.client);
}

/* Kept connections */

typedef struct
{
  gsize size;                   /* read of the body before it leaves */
  gint heads;
} Leaving;

/* Answers once, then leaves at the next request without an answer. */
static void
answer_once (Peer * peer, gpointer user_data)
{
  Leaving *leaving = user_data;
  g_autofree gchar *first = peer_read_head (peer);
  g_autofree gchar *second = NULL;

  if (!first)
    return;
  g_atomic_int_inc (&leaving->heads);
  if (!peer_skip (peer, head_get_content_length (first)))
    return;
  peer_write (peer, OK_ANSWER);
  second = peer_read_head (peer);
  if (!second)
    return;
  g_atomic_int_inc (&leaving->heads);
  peer_skip (peer, leaving->size);
}

/* libsoup would send the second request again, without its body. */
static void
test_dead_connection (gconstpointer tls)
{
  static const gsize sizes[] = { 0, 0, 1 * MIB };
  static const gchar *const methods[] = { "PUT", "POST", "PUT" };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Leaving leaving = {.size = sizes[i] };
    Fixture fixture;
    g_autoptr (Outcome) first = NULL;
    g_autoptr (Outcome) second = NULL;
    g_autoptr (Outcome) third = NULL;

    fixture_start (&fixture, answer_once, &leaving, &(Settings) {
        .tls = GPOINTER_TO_INT (tls)}
    );
    first = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
    assert_status (first, 200);
    second =
        send_and_wait (&fixture, new_request (&fixture, methods[i], 8 * MIB));
    g_assert_error (second->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
    g_assert_true (is_reused_connection (second->error));

    third = send_and_wait (&fixture, new_request (&fixture, "PUT", 8 * MIB));
    assert_status (third, 200);
    g_assert_cmpint (leaving.heads, ==, 3);
    fixture_stop (&fixture);
  }
}

/* The same while another connection is kept: libsoup would go on with that. */
static void
test_dead_connections (gconstpointer tls)
{
  Leaving leaving = { 0 };
  Fixture fixture;
  Outcome *outcomes[3];
  guint reused = 0;

  fixture_start (&fixture, answer_once, &leaving, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint round = 0; round < 3; round++) {
    for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
      outcomes[i] =
          send_start (&fixture, new_request (&fixture, "PUT", 8 * MIB), NULL);
    for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++) {
      wait_for (&outcomes[i]->is_done);
      if (outcomes[i]->error)
        reused += is_reused_connection (outcomes[i]->error);
      else
        assert_status (outcomes[i], 200);
      outcome_free (outcomes[i]);
    }
  }
  g_assert_cmpuint (reused, >, 0);
  /* No request was seen twice. */
  g_assert_cmpint (leaving.heads, <=, 9);
  fixture_stop (&fixture);
}

#define KEPT 8

/* The first answers come when all connections are there. */
static void
answer_together (Peer * peer, gpointer user_data)
{
  gint *heads = user_data;
  g_autofree gchar *first = peer_read_head (peer);
  G_GNUC_UNUSED g_autofree gchar *second = NULL;

  if (!first || !peer_skip (peer, head_get_content_length (first)))
    return;
  g_atomic_int_inc (heads);
  while (g_atomic_int_get (heads) < KEPT)
    peer_pause (peer, 1);
  peer_write (peer, OK_ANSWER);
  second = peer_read_head (peer);
}

/* The more are kept, the more often libsoup could go on; it would complete the
 * request once for one attempt and once more for another. */
static void
test_dead_connection_of_many (gconstpointer tls)
{
  Fixture fixture;
  Outcome *outcomes[KEPT];
  g_autoptr (Outcome) last = NULL;
  gint heads = 0;

  fixture_start (&fixture, answer_together, &heads, &(Settings) {
      .tls = GPOINTER_TO_INT (tls),.max_connections = KEPT});
  for (guint i = 0; i < KEPT; i++)
    outcomes[i] =
        send_start (&fixture, new_request (&fixture, "PUT", 100), NULL);
  for (guint i = 0; i < KEPT; i++) {
    wait_for (&outcomes[i]->is_done);
    assert_status (outcomes[i], 200);
    outcome_free (outcomes[i]);
  }

  last = send_and_wait (&fixture, new_request (&fixture, "PUT", 8 * MIB));
  g_assert_error (last->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_true (is_reused_connection (last->error));
  fixture_stop (&fixture);
}

static void
answer_and_close (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);

  if (head && peer_skip (peer, head_get_content_length (head)))
    peer_write (peer, OK_ANSWER);
}

/* A connection that the server closed in the meantime is not used. */
static void
test_closed_connection (gconstpointer tls)
{
  Fixture fixture;

  fixture_start (&fixture, answer_and_close, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint i = 0; i < 5; i++) {
    g_autoptr (Outcome) outcome =
        send_and_wait (&fixture, new_request (&fixture, "PUT", 1 * MIB));

    assert_status (outcome, 200);
    iterate_for (50 * MILLISECOND);
  }
  g_assert_cmpuint (server_get_connections (fixture.server), ==, 5);
  fixture_stop (&fixture);
}

/* Where it runs in earnest */

typedef struct
{
  GstIceEndpoint *endpoint;
  GstIceClock *clock;
  GstIceHttpClient *client;
  Outcome outcome;
  gboolean is_over;
} Guest;

static void
on_guest_sent (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Guest *guest = user_data;

  on_sent (source, result, &guest->outcome);
  g_clear_pointer (&guest->client, gst_ice_http_client_unref);
  set_flag (&guest->is_over);
}

static gboolean
send_on_thread (gpointer user_data)
{
  Guest *guest = user_data;
  Fixture fixture = {.endpoint = guest->endpoint };

  guest->client = create_client (&(Settings) {
      0}, guest->clock);
  gst_ice_http_client_send_async (guest->client,
      new_request (&fixture, "PUT", 1 * MIB), NULL, on_guest_sent, guest);
  return G_SOURCE_REMOVE;
}

static void
test_network_thread (gconstpointer tls)
{
  GstIceNetworkThread *thread = gst_ice_network_thread_acquire ();
  Fixture fixture;
  Guest guest = { 0 };

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  guest.endpoint = fixture.endpoint;
  guest.clock = fixture.clock;
  gst_ice_network_thread_invoke (thread, send_on_thread, &guest, NULL);
  wait_for (&guest.is_over);
  gst_ice_network_thread_release (thread);
  assert_status (&guest.outcome, 200);
  gst_ice_http_response_free (guest.outcome.response);
  fixture_stop (&fixture);
}

/* The body, where it is an ordinary stream */

static void
test_ordinary_body (void)
{
  g_autoptr (GPtrArray) bytes = create_body (1 * MIB + 5, 10000);
  g_autoptr (GBytes) expected = join (bytes);
  guint64 progress = 0;
  g_autoptr (GstIceBodyStream) body =
      gst_ice_body_stream_new (bytes, count_bytes, &progress);

  assert_stream (G_INPUT_STREAM (body), expected);
  g_assert_cmpuint (progress, ==, 1 * MIB + 5);
  g_assert_false (gst_ice_body_stream_ended_early (body));
}

static gboolean
end_waiting (GObject * stream, gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

static void
test_detached_body (void)
{
  g_autoptr (GPtrArray) bytes = create_body (100, 10);
  g_autoptr (GstIceBodyStream) body =
      gst_ice_body_stream_new (bytes, NULL, NULL);
  g_autoptr (GError) error = NULL;
  GPollableInputStream *pollable = G_POLLABLE_INPUT_STREAM (body);
  g_autoptr (GError) again = NULL;
  g_autoptr (GSource) source = NULL;
  guint8 buffer[100];

  gst_ice_body_stream_detach (body);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (body), buffer,
          sizeof buffer, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* Who waits for it is told at once. */
  g_assert_true (g_pollable_input_stream_is_readable (pollable));
  source = g_pollable_input_stream_create_source (pollable, NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (end_waiting), NULL, NULL);
  g_source_attach (source, NULL);
  while (!g_source_is_destroyed (source))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (pollable, buffer,
          sizeof buffer, NULL, &again), ==, -1);
  g_assert_error (again, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Who reads it and waits gets the same. */
static void
test_body_that_is_waited_for (void)
{
  g_autoptr (GPtrArray) bytes = create_body (1000, 300);
  g_autoptr (GBytes) expected = join (bytes);
  g_autoptr (GstIceBodyStream) body =
      gst_ice_body_stream_new (bytes, NULL, NULL);
  guint8 buffer[2000];
  gsize size;

  g_assert_true (g_pollable_input_stream_is_readable
      (G_POLLABLE_INPUT_STREAM (body)));
  g_assert_true (g_input_stream_read_all (G_INPUT_STREAM (body), buffer,
          sizeof buffer, &size, NULL, NULL));
  g_assert_cmpmem (buffer, size, g_bytes_get_data (expected, NULL),
      g_bytes_get_size (expected));
}

#define ADD(name, func) g_test_add_func ("/http-client/" name, func)
#define ADD_BOTH(name, func) \
  g_test_add_data_func ("/http-client/" name, GINT_TO_POINTER (FALSE), func); \
  g_test_add_data_func ("/http-client/" name "/tls", GINT_TO_POINTER (TRUE), func)

/* The phases of an exchange */

static void
test_phases (void)
{
  static const gchar *const drawn[] = { "01", "02", "12", "23", "34" };

  for (guint from = 0; from <= GST_ICE_EXCHANGE_READING; from++) {
    for (guint to = 0; to <= GST_ICE_EXCHANGE_READING; to++) {
      const gchar way[] = { '0' + from, '0' + to, '\0' };
      gboolean is_drawn = FALSE;
      GstIceExchangePhase phase = from;

      for (guint i = 0; i < G_N_ELEMENTS (drawn); i++)
        is_drawn |= g_str_equal (way, drawn[i]);
      g_assert_cmpint (gst_ice_exchange_phase_change (&phase, from, to), ==,
          is_drawn);
      g_assert_cmpuint (phase, ==, is_drawn ? to : from);
    }
  }
}

/* It is not where it is said to be. */
static void
test_wrong_phase (void)
{
  GstIceExchangePhase phase = GST_ICE_EXCHANGE_READING;

  g_assert_false (gst_ice_exchange_phase_change (&phase,
          GST_ICE_EXCHANGE_SENDING, GST_ICE_EXCHANGE_WAITING));
  g_assert_cmpuint (phase, ==, GST_ICE_EXCHANGE_READING);
}

static void
add_tests (void)
{
  ADD ("sends-targets-byte-for-byte", test_target);
  ADD ("sends-only-headers-it-was-given", test_head);
  ADD_BOTH ("sends-bodies-whole", test_bodies);
  ADD ("keeps-its-connection-for-all-methods", test_methods);
  ADD_BOTH ("sends-in-parallel", test_parallel);
  ADD ("reads-responses", test_response);
  ADD ("reads-retry-after", test_retry_after);
  ADD ("takes-redirects-and-challenges-for-answers", test_plain_answers);
  ADD ("reads-answers-without-body", test_empty_answers);
  ADD ("is-not-misled-by-421", test_misdirected);
  ADD_BOTH ("reads-an-early-answer", test_early_answer);
  ADD ("leaves-the-connection-of-an-early-answer", test_early_answer_kept);
  ADD_BOTH ("reads-an-early-answer-that-is-the-last-word",
      test_early_answer_half_closed);
  ADD_BOTH ("reads-an-answer-amid-the-body", test_early_answer_late);
  ADD_BOTH ("sends-on-after-an-interim-response", test_early_interim);
  ADD ("rests-after-an-interim-response", test_early_interim_rests);
  ADD ("refuses-what-is-no-answer", test_protocol_errors);
  ADD ("bounds-the-answer", test_response_limit);
  ADD ("reports-answers-that-break-off", test_network_errors);
  ADD ("takes-an-answer-of-no-length", test_unbounded_answers);
  ADD ("names-a-compressed-answer", test_compressed);
  ADD_BOTH ("reports-a-reset", test_reset);
  ADD ("reports-that-nobody-is-there", test_no_server);
  ADD_BOTH ("reports-a-dead-connection", test_dead_connection);
  ADD_BOTH ("leaves-other-connections-alone", test_dead_connections);
  ADD_BOTH ("reports-a-dead-connection-of-many", test_dead_connection_of_many);
  ADD_BOTH ("does-not-use-a-closed-connection", test_closed_connection);
  ADD_BOTH ("runs-on-the-network-thread", test_network_thread);
  ADD ("has-an-ordinary-body-too", test_ordinary_body);
  ADD ("lets-go-of-the-body", test_detached_body);
  ADD ("body-that-is-waited-for", test_body_that_is_waited_for);
  ADD ("knows-its-phases", test_phases);
  ADD ("refuses-a-phase-it-is-not-in", test_wrong_phase);
}

int
main (int argc, char **argv)
{
  http_test_init (&argc, &argv);
  add_tests ();
  return http_test_run ();
}
