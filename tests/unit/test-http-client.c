/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The HTTP client against a server that follows a script.
 *
 * The client runs on the main thread here, in the default context; the server
 * has threads of its own. */

#include "http/http-client.h"

#include <string.h>
#include <sys/socket.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "certificates.h"
#include "common/network-thread.h"
#include "http/body-stream.h"
#include "scripted-server.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define MILLISECOND ((gint64) 1000)
#define KIB ((gsize) 1024)
#define MIB (1024 * KIB)

/* Nothing here takes this long; it is for a test that hangs. */
#define DEADLINE (60 * SECOND)

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define FORBIDDEN_BODY "<Error><Code>InvalidAccessKeyId</Code></Error>"
#define FORBIDDEN_ANSWER "HTTP/1.1 403 Forbidden\r\n" \
    "Content-Length: 46\r\nConnection: close\r\n\r\n" FORBIDDEN_BODY

/* A stall timeout that is short, but not for what has to happen in it. */
static gint64 short_stall = 200 * MILLISECOND;

static Authority *authority;
static gchar *ca_file;

typedef struct
{
  gboolean tls;
  gint64 stall_timeout_us;
  guint max_connections;
  const gchar *names;           /* of the certificate */
  glong from_seconds;           /* its validity */
  glong to_seconds;
  gboolean is_ca_unknown;
  const gchar *proxy;
} Settings;

typedef struct
{
  Server *server;
  GstIceClock *clock;
  GstIceEndpoint *endpoint;
  GstIceHttpClient *client;
} Fixture;

/* How one send ended. */
typedef struct
{
  gboolean is_done;
  GstIceHttpResponse *response;
  GError *error;
  guint64 progress;
} Outcome;

static void
outcome_free (Outcome * outcome)
{
  g_clear_pointer (&outcome->response, gst_ice_http_response_free);
  g_clear_error (&outcome->error);
  g_free (outcome);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, outcome_free)
     static GTlsCertificate *create_certificate (const Settings * settings)
{
  if (!settings->tls)
    return NULL;
  return authority_sign (authority,
      settings->names ? settings->names : "IP:127.0.0.1",
      settings->from_seconds ? settings->from_seconds : -1000,
      settings->to_seconds ? settings->to_seconds : 1000);
}

static GstIceEndpoint *
create_endpoint (gboolean tls, const gchar * host, guint16 port)
{
  g_autofree gchar *text = g_strdup_printf ("%s://%s:%u",
      tls ? "https" : "http", host, port);
  GstIceEndpoint *endpoint = gst_ice_endpoint_parse (text, NULL);

  g_assert_nonnull (endpoint);
  return endpoint;
}

static GstIceHttpClient *
create_client (const Settings * settings, GstIceClock * clock)
{
  const GstIceHttpConfig config = {
    .user_agent = "icesink-test/1",
    .proxy = settings->proxy ? settings->proxy : "",
    .ca_file = settings->is_ca_unknown ? NULL : ca_file,
    .stall_timeout_us = settings->stall_timeout_us
        ? settings->stall_timeout_us : 30 * SECOND,
    .max_connections = settings->max_connections
        ? settings->max_connections : 3,
  };
  g_autoptr (GError) error = NULL;
  GstIceHttpClient *client = gst_ice_http_client_new (&config, clock, &error);

  g_assert_no_error (error);
  return client;
}

static void
fixture_start (Fixture * self, Script script, gpointer data,
    const Settings * settings)
{
  g_autoptr (GTlsCertificate) certificate = create_certificate (settings);

  self->server = server_start (script, data, certificate);
  self->clock = gst_ice_clock_new ();
  self->endpoint = create_endpoint (settings->tls, "127.0.0.1",
      server_get_port (self->server));
  self->client = create_client (settings, self->clock);
}

static void
iterate_for (gint64 duration_us)
{
  gint64 end = g_get_monotonic_time () + duration_us;

  do {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (100);
  } while (g_get_monotonic_time () < end);
}

static void
fixture_stop (Fixture * self)
{
  gst_ice_http_client_unref (self->client);
  /* What libsoup had in its queue takes a round or two to go. */
  iterate_for (5 * MILLISECOND);
  gst_ice_endpoint_unref (self->endpoint);
  gst_ice_clock_unref (self->clock);
  server_stop (self->server);
}

static void
on_sent (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_assert_null (source);
  g_assert_false (outcome->is_done);
  outcome->is_done = TRUE;
  outcome->response =
      gst_ice_http_client_send_finish (NULL, result, &outcome->error);
  g_assert_true ((outcome->response == NULL) == (outcome->error != NULL));
}

static void
on_progress (guint64 bytes, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_assert_false (outcome->is_done);
  g_assert_cmpuint (bytes, >, 0);
  outcome->progress += bytes;
}

static Outcome *
send_start (Fixture * self, GstIceHttpRequest * request,
    GCancellable * cancellable)
{
  Outcome *outcome = g_new0 (Outcome, 1);

  gst_ice_http_request_set_progress (request, on_progress, outcome);
  gst_ice_http_client_send_async (self->client, request, cancellable, on_sent,
      outcome);
  g_assert_false (outcome->is_done);
  return outcome;
}

static gboolean
keep_on (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_for (const gboolean * condition)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE;
  guint heartbeat = g_timeout_add (10, keep_on, NULL);

  while (!g_atomic_int_get (condition) && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (heartbeat);
  g_assert_true (g_atomic_int_get (condition));
}

static Outcome *
send_and_wait (Fixture * self, GstIceHttpRequest * request)
{
  Outcome *outcome = send_start (self, request, NULL);

  wait_for (&outcome->is_done);
  return outcome;
}

static void
assert_status (Outcome * outcome, guint status)
{
  g_assert_no_error (outcome->error);
  g_assert_cmpuint (outcome->response->status, ==, status);
}

static void
assert_body (Outcome * outcome, const gchar * body)
{
  const gchar *data = g_bytes_get_data (outcome->response->body, NULL);

  g_assert_cmpuint (g_bytes_get_size (outcome->response->body), ==,
      strlen (body));
  g_assert_cmpstr (data, ==, body);
}

static gboolean
is_reused_connection (const GError * error)
{
  return gst_ice_error_get_details (error)->reused_connection;
}

/* A body whose bytes differ everywhere, cut into pieces of @piece bytes with
 * an empty one now and then. */
static GPtrArray *
create_body (gsize size, gsize piece)
{
  GPtrArray *bytes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gsize done = 0;

  while (done < size) {
    gsize n = MIN (piece, size - done);
    guint8 *data = g_malloc (n);

    for (gsize i = 0; i < n; i++)
      data[i] = (guint8) ((done + i) * 2654435761u >> 13);
    g_ptr_array_add (bytes, g_bytes_new_take (data, n));
    if (bytes->len % 7 == 1)
      g_ptr_array_add (bytes, g_bytes_new_static ("", 0));
    done += n;
  }
  return bytes;
}

static GBytes *
join (GPtrArray * bytes)
{
  GByteArray *array = g_byte_array_new ();

  for (guint i = 0; i < bytes->len; i++) {
    gsize size;
    gconstpointer data = g_bytes_get_data (g_ptr_array_index (bytes, i), &size);

    g_byte_array_append (array, data, size);
  }
  return g_byte_array_free_to_bytes (array);
}

static GstIceHttpRequest *
new_request (Fixture * self, const gchar * method, gsize size)
{
  GstIceHttpRequest *request =
      gst_ice_http_request_new (method, self->endpoint, NULL, "/object");
  g_autoptr (GPtrArray) body = create_body (size, 64 * KIB);

  if (size > 0)
    gst_ice_http_request_set_body (request, body, size);
  return request;
}

/* Sending */

typedef struct
{
  GMutex lock;
  GPtrArray *heads;
  GPtrArray *bodies;
} Notes;

static void
notes_init (Notes * notes)
{
  g_mutex_init (&notes->lock);
  notes->heads = g_ptr_array_new_with_free_func (g_free);
  notes->bodies =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

static void
notes_clear (Notes * notes)
{
  g_ptr_array_unref (notes->heads);
  g_ptr_array_unref (notes->bodies);
  g_mutex_clear (&notes->lock);
}

static void
notes_add (Notes * notes, const gchar * head, GBytes * body)
{
  g_mutex_lock (&notes->lock);
  g_ptr_array_add (notes->heads, g_strdup (head));
  g_ptr_array_add (notes->bodies, g_bytes_ref (body));
  g_mutex_unlock (&notes->lock);
}

/* Answers each request by 200 and notes it. */
static void
answer_all (Peer * peer, gpointer user_data)
{
  while (TRUE) {
    g_autofree gchar *head = peer_read_head (peer);
    g_autoptr (GBytes) body = NULL;

    if (!head)
      return;
    body = peer_read (peer, head_get_content_length (head));
    if (!body)
      return;
    if (user_data)
      notes_add (user_data, head, body);
    peer_write (peer, OK_ANSWER);
  }
}

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
    g_assert_true (g_str_has_prefix (notes.heads->pdata[i], line));
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
      "Host: %s\r\nAuthorization: OSS4 x\r\nContent-Type: video/mp4\r\n"
      "User-Agent: icesink-test/1\r\nConnection: Keep-Alive\r\n"
      "Content-Length: 0\r\n\r\n", host);
  g_assert_cmpstr (notes.heads->pdata[0], ==, expected);
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
    g_assert_true (g_bytes_equal (notes.bodies->pdata[i], expected));
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
    g_assert_true (g_bytes_equal (notes.bodies->pdata[i], expected));
  }
  g_assert_cmpuint (server_get_connections (fixture.server), <=, 3);
  fixture_stop (&fixture);
  notes_clear (&notes);
}

/* Answers */

typedef struct
{
  const gchar *answer;          /* NULL: none */
  gboolean is_early;            /* before the body is read */
  gboolean is_kept;             /* the connection stays open after it */
  guint pause_ms;               /* before each byte of the answer */
  const gchar *then;            /* after the answer, again and again */
  gboolean *is_reached;         /* set when the answer is out */
} Story;

static void
set_flag (gboolean * flag)
{
  if (flag)
    g_atomic_int_set (flag, TRUE);
}

static gboolean
tell_answer (Peer * peer, const Story * story)
{
  if (!story->answer)
    return TRUE;
  if (story->pause_ms > 0)
    return peer_trickle (peer, story->answer, story->pause_ms);
  return peer_write (peer, story->answer);
}

static void
tell (Peer * peer, gpointer user_data)
{
  const Story *story = user_data;
  g_autofree gchar *head = peer_read_head (peer);

  if (!head)
    return;
  if (!story->is_early && !peer_skip (peer, head_get_content_length (head)))
    return;
  if (!tell_answer (peer, story))
    return;
  set_flag (story->is_reached);
  while (story->then && peer_write (peer, story->then));
  if (story->is_kept)
    peer_wait_for_close (peer);
}

static Outcome *
run_story (const Story * story, const Settings * settings,
    const gchar * method, gsize size)
{
  Fixture fixture;
  Outcome *outcome;

  fixture_start (&fixture, tell, (gpointer) story, settings);
  outcome = send_and_wait (&fixture, new_request (&fixture, method, size));
  fixture_stop (&fixture);

  return outcome;
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
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
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

static void
reset_in_body (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);

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

/* Time */

/* A listener whose queue is full: connecting to it gets no answer. */
static GSocket *
create_black_hole (GPtrArray * fillers)
{
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;
  GSocket *hole = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, NULL);

  g_socket_set_listen_backlog (hole, 0);
  g_assert_true (g_socket_bind (hole, any, FALSE, NULL));
  g_assert_true (g_socket_listen (hole, NULL));
  address = g_socket_get_local_address (hole, NULL);
  for (guint i = 0; i < 4; i++) {
    GSocket *filler = g_socket_new (G_SOCKET_FAMILY_IPV4,
        G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

    g_socket_set_blocking (filler, FALSE);
    g_socket_connect (filler, address, NULL, NULL);
    g_ptr_array_add (fillers, filler);
  }
  return hole;
}

static guint16
get_local_port (GSocket * socket)
{
  g_autoptr (GSocketAddress) address =
      g_socket_get_local_address (socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

/* Points the fixture, which has no server then, at a black hole. */
static void
test_in_black_hole (void (*test) (Fixture * fixture))
{
  g_autoptr (GPtrArray) fillers =
      g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSocket) hole = create_black_hole (fillers);
  Fixture fixture = { 0 };

  fixture.clock = gst_ice_clock_new ();
  fixture.client = create_client (&(Settings) {
      .stall_timeout_us = short_stall}, fixture.clock);
  fixture.endpoint = create_endpoint (FALSE, "127.0.0.1",
      get_local_port (hole));
  test (&fixture);
  gst_ice_http_client_unref (fixture.client);
  gst_ice_endpoint_unref (fixture.endpoint);
  gst_ice_clock_unref (fixture.clock);
}

static void
stall_in_black_hole (Fixture * fixture)
{
  g_autoptr (Outcome) outcome =
      send_and_wait (fixture, new_request (fixture, "PUT", 100));

  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_STALLED);
}

static void
test_stall_connecting (void)
{
  test_in_black_hole (stall_in_black_hole);
}

static void
do_nothing (Peer * peer, gpointer user_data)
{
  set_flag (user_data);
  peer_pause (peer, G_MAXINT);
}

/* TCP is there, TLS is not. */
static void
test_stall_handshaking (void)
{
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, do_nothing, NULL, &(Settings) {
      .stall_timeout_us = short_stall});
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "127.0.0.1",
      server_get_port (fixture.server));
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_STALLED);
  fixture_stop (&fixture);
}

/* The peer takes what fits its buffers, then nothing. The thread must not
 * block either, in saying goodbye to it over TLS. */
static void
test_stall_sending (gconstpointer tls)
{
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, do_nothing, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls),.stall_timeout_us = short_stall});
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 64 * MIB));
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_STALLED);
  g_assert_cmpuint (outcome->progress, >, 0);
  g_assert_cmpuint (outcome->progress, <, 64 * MIB);
  fixture_stop (&fixture);
}

static void
test_stall_waiting (gconstpointer tls)
{
  static const Story stories[] = {
    {.is_kept = TRUE},
    {.answer = "HTTP/1.1 200 OK\r\n",.is_kept = TRUE},
    {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
        .is_kept = TRUE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++) {
    g_autoptr (Outcome) outcome = run_story (&stories[i], &(Settings) {
        .tls = GPOINTER_TO_INT (tls),.stall_timeout_us = short_stall}
        , "PUT", 1 * MIB);

    g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_STALLED);
  }
}

/* Bytes move all the time, but the answer does not come to an end. */
static void
test_slow_answer (void)
{
  Story stories[] = {
    {.answer = "HTTP/1.1 200 OK\r\n" ENDLESS_LINE ENDLESS_LINE ENDLESS_LINE
          ENDLESS_LINE "\r\n",.pause_ms = 20},
    {.answer = "HTTP/1.1 200 OK\r\n\r\n" ENDLESS_LINE ENDLESS_LINE
          ENDLESS_LINE ENDLESS_LINE,.pause_ms = 20},
  };

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++) {
    g_autoptr (Outcome) outcome = NULL;

    stories[i].pause_ms = short_stall / MILLISECOND / 10;
    outcome = run_story (&stories[i], &(Settings) {
        .stall_timeout_us = short_stall}
        , "PUT", 100);

    g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_STALLED);
  }
}

/* Reads slowly, but steadily, for many stall timeouts. */
static void
read_slowly (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = NULL;
  GSocket *socket = g_socket_connection_get_socket (peer->tcp);
  guint64 left;

  g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, 128 * 1024, NULL);
  head = peer_read_head (peer);
  if (!head)
    return;
  left = head_get_content_length (head);
  while (left > 0) {
    gsize size = MIN (left, GPOINTER_TO_SIZE (user_data));

    peer_pause (peer, short_stall / MILLISECOND / 7);
    if (!peer_skip (peer, size))
      return;
    left -= size;
  }
  peer_write (peer, OK_ANSWER);
  peer_wait_for_close (peer);
}

static void
test_slow_reader (gconstpointer tls)
{
  /* The second fits the sender's buffer as a whole. */
  static const gsize sizes[] = { 8 * MIB, 1 * MIB };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Fixture fixture;
    g_autoptr (Outcome) outcome = NULL;
    gint64 started = g_get_monotonic_time ();

    fixture_start (&fixture, read_slowly, GSIZE_TO_POINTER (sizes[i] / 40),
        &(Settings) {
        .tls = GPOINTER_TO_INT (tls),.stall_timeout_us = 2 * short_stall}
    );
    outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", sizes[i]));
    assert_status (outcome, 200);
    g_assert_cmpint (g_get_monotonic_time () - started, >, 3 * short_stall);
    fixture_stop (&fixture);
  }
}

static void
test_timeout (void)
{
  Fixture fixture;
  GstIceHttpRequest *request;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, do_nothing, NULL, &(Settings) {
      0});
  request = new_request (&fixture, "GET", 0);
  gst_ice_http_request_set_timeout (request, 50 * MILLISECOND);
  outcome = send_and_wait (&fixture, request);
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_STALLED);
  fixture_stop (&fixture);
}

static void
answer_after_pause (Peer * peer, gpointer user_data)
{
  while (TRUE) {
    g_autofree gchar *head = peer_read_head (peer);

    if (!head)
      return;
    peer_pause (peer, short_stall / MILLISECOND * 3 / 4);
    peer_write (peer, OK_ANSWER);
  }
}

/* Waiting for others is no stall. */
static void
test_queue (void)
{
  Fixture fixture;
  Outcome *outcomes[6];

  fixture_start (&fixture, answer_after_pause, NULL, &(Settings) {
      .stall_timeout_us = short_stall,.max_connections = 1});
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    outcomes[i] = send_start (&fixture, new_request (&fixture, "GET", 0), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++) {
    wait_for (&outcomes[i]->is_done);
    assert_status (outcomes[i], 200);
    outcome_free (outcomes[i]);
  }
  g_assert_cmpuint (server_get_connections (fixture.server), ==, 1);
  fixture_stop (&fixture);
}

/* Cancellation */

static void
assert_cancelled (Outcome * outcome)
{
  wait_for (&outcome->is_done);
  g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancel_first (void)
{
  Fixture fixture;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      0});
  g_cancellable_cancel (cancellable);
  outcome = send_start (&fixture, new_request (&fixture, "PUT", 100),
      cancellable);
  assert_cancelled (outcome);
  g_assert_cmpuint (outcome->progress, ==, 0);
  fixture_stop (&fixture);
}

static void
cancel_in_black_hole (Fixture * fixture)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (Outcome) outcome = send_start (fixture,
      new_request (fixture, "PUT", 100), cancellable);

  iterate_for (20 * MILLISECOND);
  g_assert_false (outcome->is_done);
  g_cancellable_cancel (cancellable);
  assert_cancelled (outcome);
}

static void
test_cancel_connecting (void)
{
  test_in_black_hole (cancel_in_black_hole);
}

static gpointer
cancel_from_thread (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

/* Cancels, from another thread, when the story is told. */
static void
cancel_in_story (Story story, const Settings * settings, gsize size)
{
  Fixture fixture;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (Outcome) outcome = NULL;
  gboolean is_reached = FALSE;

  story.is_reached = &is_reached;
  story.is_kept = TRUE;
  fixture_start (&fixture, tell, &story, settings);
  outcome = send_start (&fixture, new_request (&fixture, "PUT", size),
      cancellable);
  wait_for (&is_reached);
  iterate_for (20 * MILLISECOND);
  g_assert_false (outcome->is_done);
  g_thread_join (g_thread_new ("cancel", cancel_from_thread, cancellable));
  assert_cancelled (outcome);
  fixture_stop (&fixture);
}

static void
test_cancel_handshaking (void)
{
  Fixture fixture;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (Outcome) outcome = NULL;
  gboolean is_reached = FALSE;

  fixture_start (&fixture, do_nothing, &is_reached, &(Settings) {
      0});
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "127.0.0.1",
      server_get_port (fixture.server));
  outcome = send_start (&fixture, new_request (&fixture, "PUT", 100),
      cancellable);
  wait_for (&is_reached);
  iterate_for (20 * MILLISECOND);
  g_cancellable_cancel (cancellable);
  assert_cancelled (outcome);
  fixture_stop (&fixture);
}

static void
test_cancel_sending (gconstpointer tls)
{
  Fixture fixture;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (Outcome) outcome = NULL;
  gboolean is_reached = FALSE;

  fixture_start (&fixture, do_nothing, &is_reached, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  outcome = send_start (&fixture, new_request (&fixture, "PUT", 64 * MIB),
      cancellable);
  wait_for (&is_reached);
  iterate_for (100 * MILLISECOND);
  g_assert_false (outcome->is_done);
  g_assert_cmpuint (outcome->progress, >, 0);
  g_cancellable_cancel (cancellable);
  assert_cancelled (outcome);
  fixture_stop (&fixture);
}

static void
test_cancel_answer (gconstpointer tls)
{
  static const gchar *const answers[] = {
    NULL, "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    cancel_in_story ((Story) {
        .answer = answers[i]}
      , &(Settings) {
      .tls = GPOINTER_TO_INT (tls)}
      , 100 * KIB);
}

static void
test_cancel_queued (void)
{
  Fixture fixture;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GCancellable) last = g_cancellable_new ();
  g_autoptr (Outcome) first = NULL;
  g_autoptr (Outcome) second = NULL;

  fixture_start (&fixture, do_nothing, NULL, &(Settings) {
      .max_connections = 1});
  first = send_start (&fixture, new_request (&fixture, "PUT", 100), last);
  second = send_start (&fixture, new_request (&fixture, "PUT", 100),
      cancellable);
  iterate_for (20 * MILLISECOND);
  g_cancellable_cancel (cancellable);
  assert_cancelled (second);
  g_assert_false (first->is_done);
  g_cancellable_cancel (last);
  assert_cancelled (first);
  fixture_stop (&fixture);
}

/* At every moment, more or less. */
static void
test_cancel_anywhere (gconstpointer tls)
{
  Fixture fixture;
  guint answered = 0;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint i = 0; i < 200; i++) {
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_autoptr (Outcome) outcome = send_start (&fixture,
        new_request (&fixture, "PUT", 300 * KIB), cancellable);

    for (guint k = 0; k < i && !outcome->is_done; k++)
      g_main_context_iteration (NULL, k % 4 == 3);
    g_cancellable_cancel (cancellable);
    wait_for (&outcome->is_done);
    if (outcome->error)
      g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    else
      answered++;
  }
  g_assert_cmpuint (answered, >, 0);
  fixture_stop (&fixture);
}

/* TLS */

static Outcome *
send_over_tls (const Settings * settings)
{
  Fixture fixture;
  Outcome *outcome;

  fixture_start (&fixture, answer_all, NULL, settings);
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  fixture_stop (&fixture);
  return outcome;
}

static void
test_certificates (void)
{
  static const struct
  {
    Settings settings;
    const gchar *hint;
  } cases[] = {
    {{.tls = TRUE}, NULL},
    {{.tls = TRUE,.is_ca_unknown = TRUE}, "ssl-ca-file"},
    {{.tls = TRUE,.from_seconds = -2000,.to_seconds = -1000}, "clock"},
    {{.tls = TRUE,.from_seconds = 1000,.to_seconds = 2000}, "clock"},
    {{.tls = TRUE,.names = "IP:127.0.0.2"}, "another host"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Outcome) outcome = send_over_tls (&cases[i].settings);

    if (!cases[i].hint) {
      assert_status (outcome, 200);
      continue;
    }
    g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_TLS);
    g_assert_nonnull (strstr (outcome->error->message, cases[i].hint));
  }
}

static void
speak_no_tls (Peer * peer, gpointer user_data)
{
  peer_write (peer, "220 mail.example.com ESMTP\r\n");
  peer_wait_for_close (peer);
}

static void
test_no_tls (void)
{
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, speak_no_tls, NULL, &(Settings) {
      0});
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "127.0.0.1",
      server_get_port (fixture.server));
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_TLS);
  fixture_stop (&fixture);
}

/* Proxies */

typedef struct
{
  Server *target;
  const gchar *refusal;
  const gchar *authorization;   /* what has to come along */
  gint tunnels;
} Proxy;

static gpointer
relay_back (gpointer data)
{
  GIOStream **streams = data;

  g_output_stream_splice (g_io_stream_get_output_stream (streams[0]),
      g_io_stream_get_input_stream (streams[1]),
      G_OUTPUT_STREAM_SPLICE_NONE, NULL, NULL);
  g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION
          (streams[0])), TRUE, TRUE, NULL);
  return NULL;
}

/* Until either side closes. */
static void
relay (Peer * peer, guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) target = NULL;
  GIOStream *streams[2] = { peer->stream, NULL };
  GThread *back;

  g_socket_client_set_enable_proxy (client, FALSE);
  target = g_socket_client_connect_to_host (client, "127.0.0.1", port,
      peer->cancellable, NULL);
  if (!target)
    return;
  streams[1] = G_IO_STREAM (target);
  back = g_thread_new ("relay", relay_back, streams);
  g_output_stream_splice (g_io_stream_get_output_stream (streams[1]),
      peer->input, G_OUTPUT_STREAM_SPLICE_NONE, peer->cancellable, NULL);
  g_socket_shutdown (g_socket_connection_get_socket (target), TRUE, TRUE, NULL);
  g_thread_join (back);
}

static gboolean
is_authorized (Proxy * proxy, const gchar * head)
{
  g_autofree gchar *value = head_get_header (head, "Proxy-Authorization");

  return !proxy->authorization || g_strcmp0 (value, proxy->authorization) == 0;
}

static void
serve_as_proxy (Peer * peer, gpointer user_data)
{
  Proxy *proxy = user_data;

  while (TRUE) {
    g_autofree gchar *head = peer_read_head (peer);

    if (!head || !g_str_has_prefix (head, "CONNECT service.test:"))
      return;
    if (proxy->refusal) {
      peer_write (peer, proxy->refusal);
      return;
    }
    if (is_authorized (proxy, head))
      break;
    peer_write (peer, "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n"
        "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n");
  }
  g_atomic_int_inc (&proxy->tunnels);
  peer_write (peer, "HTTP/1.1 200 Connected\r\n\r\n");
  relay (peer, server_get_port (proxy->target));
}

/* To a host that only the proxy knows. */
static Outcome *
send_through_proxy (Proxy * proxy, const gchar * userinfo, Notes * notes)
{
  Fixture fixture;
  g_autoptr (Server) server = server_start (serve_as_proxy, proxy, NULL);
  g_autofree gchar *uri = g_strdup_printf ("http://%s127.0.0.1:%u", userinfo,
      server_get_port (server));
  Outcome *outcome;

  fixture_start (&fixture, answer_all, notes, &(Settings) {
      .tls = TRUE,.names = "DNS:service.test",.proxy = uri});
  proxy->target = fixture.server;
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "service.test",
      server_get_port (fixture.server));
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 1 * MIB));
  fixture_stop (&fixture);
  return outcome;
}

static void
test_proxy (void)
{
  Proxy proxy = { 0 };
  Notes notes;
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (GPtrArray) body = create_body (1 * MIB, 64 * KIB);
  g_autoptr (GBytes) expected = join (body);

  notes_init (&notes);
  outcome = send_through_proxy (&proxy, "", &notes);
  assert_status (outcome, 200);
  g_assert_cmpint (proxy.tunnels, ==, 1);
  g_assert_true (g_bytes_equal (notes.bodies->pdata[0], expected));
  notes_clear (&notes);
}

static void
test_proxy_authorization (void)
{
  Proxy proxy = {.authorization = "Basic dXNlcjpzZWNyZXQ=" };
  g_autoptr (Outcome) known = send_through_proxy (&proxy, "user:secret@", NULL);
  g_autoptr (Outcome) unknown =
      send_through_proxy (&proxy, "user:s3cret@", NULL);

  assert_status (known, 200);
  g_assert_error (unknown->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_null (strstr (unknown->error->message, "s3cret"));
}

/* Its answer is not the service's. */
static void
test_proxy_refusal (void)
{
  Proxy proxy = {
    .refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
  };
  g_autoptr (Outcome) outcome = send_through_proxy (&proxy, "", NULL);

  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_nonnull (strstr (outcome->error->message, "403"));
}

static void
on_any_connection (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);

  if (head)
    set_flag (user_data);
}

static void
test_proxy_plain (void)
{
  gboolean is_told = FALSE;
  g_autoptr (Server) server = server_start (on_any_connection, &is_told, NULL);
  g_autofree gchar *uri =
      g_strdup_printf ("http://127.0.0.1:%u", server_get_port (server));
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .proxy = uri});
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (FALSE, "service.test", 80);
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  fixture_stop (&fixture);
  g_assert_cmpuint (server_get_connections (server), ==, 1);
  g_assert_false (is_told);
}

/* Nothing listens there; and what is meant for this machine stays on it. */
static void
test_proxy_dead (void)
{
  Fixture fixture;
  g_autoptr (Outcome) local = NULL;
  g_autoptr (Outcome) remote = NULL;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .proxy = "http://user:secret@127.0.0.1:1"});
  local = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  assert_status (local, 200);

  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "service.test", 443);
  remote = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (remote->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_null (strstr (remote->error->message, "secret"));
  fixture_stop (&fixture);
}

static void
test_settings (void)
{
  static const struct
  {
    const gchar *proxy;
    const gchar *ca_file;
    const gchar *congestion_control;
    gboolean is_usable;
  } cases[] = {
    {NULL, NULL, NULL, TRUE}, {"", NULL, NULL, TRUE},
    {"socks5://proxy.example.com:1080", NULL, NULL, TRUE},
    {"http://user:secret@[::1]:3128", NULL, NULL, TRUE},
    {"proxy.example.com:3128", NULL, NULL, FALSE},
    {"http://user:secret@:3128", NULL, NULL, FALSE},
    {"http://user:secret@x:99999", NULL, NULL, FALSE},
    {"ftp://user:secret@proxy", NULL, NULL, FALSE},
    {"", "/nonexistent/ca.pem", NULL, FALSE},
    {"", "/dev/null", NULL, FALSE},
  };
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GstIceHttpConfig config = { "icesink-test/1", cases[i].proxy,
      cases[i].ca_file, cases[i].congestion_control, SECOND, 3
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (GstIceHttpClient) client =
        gst_ice_http_client_new (&config, clock, &error);

    g_test_message ("case %u", i);
    if (cases[i].is_usable) {
      g_assert_no_error (error);
      continue;
    }
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
    g_assert_null (strstr (error->message, "secret"));
  }
}

/* A refused algorithm is worth a warning, not an error. */
static void
test_congestion_control (void)
{
  static const gchar *const algorithms[] = { "reno", "no-such-algorithm" };

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++) {
    const GstIceHttpConfig config = { "icesink-test/1", "", ca_file,
      algorithms[i], 30 * SECOND, 3
    };
    Fixture fixture;
    g_autoptr (Outcome) outcome = NULL;

    fixture_start (&fixture, answer_all, NULL, &(Settings) {
        .tls = TRUE});
    gst_ice_http_client_unref (fixture.client);
    fixture.client = gst_ice_http_client_new (&config, fixture.clock, NULL);
    outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
    assert_status (outcome, 200);
    fixture_stop (&fixture);
  }
}

/* A server that would rather speak HTTP/2 */

static void
note_protocol (Peer * peer, gpointer user_data)
{
  GTlsConnection *tls = G_TLS_CONNECTION (peer->stream);

  if (g_strcmp0 (g_tls_connection_get_negotiated_protocol (tls),
          "http/1.1") == 0)
    set_flag (user_data);
  answer_all (peer, NULL);
}

static void
test_http2 (void)
{
  Fixture fixture;
  gboolean is_http1 = FALSE;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, note_protocol, &is_http1, &(Settings) {
      .tls = TRUE});
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 1 * MIB));
  assert_status (outcome, 200);
  fixture_stop (&fixture);
  g_assert_true (is_http1);
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
count_bytes (guint64 bytes, gpointer user_data)
{
  *(guint64 *) user_data += bytes;
}

static void
on_spliced (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_assert_cmpint (g_output_stream_splice_finish (G_OUTPUT_STREAM (source),
          result, NULL), ==, 1 * MIB + 5);
  set_flag (user_data);
}

static void
test_ordinary_body (void)
{
  g_autoptr (GPtrArray) bytes = create_body (1 * MIB + 5, 10000);
  g_autoptr (GBytes) expected = join (bytes);
  guint64 progress = 0;
  g_autoptr (GstIceBodyStream) body =
      gst_ice_body_stream_new (bytes, count_bytes, &progress);
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GBytes) read = NULL;
  gboolean is_done = FALSE;

  g_output_stream_splice_async (output, G_INPUT_STREAM (body),
      G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, G_PRIORITY_DEFAULT, NULL,
      on_spliced, &is_done);
  wait_for (&is_done);
  read = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM
      (output));
  g_assert_true (g_bytes_equal (read, expected));
  g_assert_cmpuint (progress, ==, 1 * MIB + 5);
  g_assert_false (gst_ice_body_stream_ended_early (body));
}

static void
test_detached_body (void)
{
  g_autoptr (GPtrArray) bytes = create_body (100, 10);
  g_autoptr (GstIceBodyStream) body =
      gst_ice_body_stream_new (bytes, NULL, NULL);
  g_autoptr (GError) error = NULL;
  guint8 buffer[100];

  gst_ice_body_stream_detach (body);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (body), buffer,
          sizeof buffer, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

#define ADD(name, func) g_test_add_func ("/http-client/" name, func)
#define ADD_BOTH(name, func) \
  g_test_add_data_func ("/http-client/" name, GINT_TO_POINTER (FALSE), func); \
  g_test_add_data_func ("/http-client/" name "/tls", GINT_TO_POINTER (TRUE), \
      func)

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
  ADD_BOTH ("reads-an-answer-amid-the-body", test_early_answer_late);
  ADD_BOTH ("sends-on-after-an-interim-response", test_early_interim);
  ADD ("refuses-what-is-no-answer", test_protocol_errors);
  ADD ("bounds-the-answer", test_response_limit);
  ADD ("reports-answers-that-break-off", test_network_errors);
  ADD_BOTH ("reports-a-reset", test_reset);
  ADD ("reports-that-nobody-is-there", test_no_server);
  ADD_BOTH ("reports-a-dead-connection", test_dead_connection);
  ADD_BOTH ("leaves-other-connections-alone", test_dead_connections);
  ADD_BOTH ("does-not-use-a-closed-connection", test_closed_connection);
  ADD ("stalls/connecting", test_stall_connecting);
  ADD ("stalls/handshaking", test_stall_handshaking);
  ADD_BOTH ("stalls/sending", test_stall_sending);
  ADD_BOTH ("stalls/waiting", test_stall_waiting);
  ADD ("does-not-wait-for-ever-for-an-answer", test_slow_answer);
  ADD_BOTH ("serves-a-slow-reader", test_slow_reader);
  ADD ("obeys-the-timeout-of-a-request", test_timeout);
  ADD ("does-not-take-queueing-for-a-stall", test_queue);
  ADD ("can-be-cancelled/first", test_cancel_first);
  ADD ("can-be-cancelled/queued", test_cancel_queued);
  ADD ("can-be-cancelled/connecting", test_cancel_connecting);
  ADD ("can-be-cancelled/handshaking", test_cancel_handshaking);
  ADD_BOTH ("can-be-cancelled/sending", test_cancel_sending);
  ADD_BOTH ("can-be-cancelled/amid-the-answer", test_cancel_answer);
  ADD_BOTH ("can-be-cancelled/anywhere", test_cancel_anywhere);
  ADD ("checks-certificates", test_certificates);
  ADD ("refuses-a-server-without-tls", test_no_tls);
  ADD ("uses-a-proxy", test_proxy);
  ADD ("tells-a-proxy-who-it-is", test_proxy_authorization);
  ADD ("reports-what-a-proxy-refuses", test_proxy_refusal);
  ADD ("does-not-send-plain-http-to-a-proxy", test_proxy_plain);
  ADD ("keeps-a-proxys-password-to-itself", test_proxy_dead);
  ADD ("refuses-unusable-settings", test_settings);
  ADD ("sets-the-congestion-control", test_congestion_control);
  ADD_BOTH ("runs-on-the-network-thread", test_network_thread);
  ADD ("has-an-ordinary-body-too", test_ordinary_body);
  ADD ("lets-go-of-the-body", test_detached_body);
  ADD ("speaks-http1-to-all", test_http2);
}

/* On a slow machine, or under valgrind, even a handshake takes its time. The
 * first one does not count: it loads modules. */
static void
calibrate (void)
{
  gint64 duration = 0;

  for (guint i = 0; i < 2; i++) {
    gint64 started = g_get_monotonic_time ();
    g_autoptr (Outcome) outcome = send_over_tls (&(Settings) {
        .tls = TRUE}
    );

    assert_status (outcome, 200);
    duration = g_get_monotonic_time () - started;
  }
  short_stall = MAX (short_stall, 2 * duration);
  g_test_message ("stall timeout %" G_GINT64_FORMAT " ms",
      short_stall / MILLISECOND);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  authority = authority_new ();
  ca_file = authority_write_file (authority);

  calibrate ();
  add_tests ();
  result = g_test_run ();

  g_unlink (ca_file);
  g_free (ca_file);
  authority_free (authority);
  return result;
}
