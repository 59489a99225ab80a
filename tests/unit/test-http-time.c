/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How long the HTTP client waits, and how it is told to stop. */

#define _GNU_SOURCE             /* RTLD_NEXT */

#include "emulator/emulator.h"
#include "http-fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENDLESS_LINE "x-header: and so on and on and on and on and on\r\n"

/* A stall timeout that is short, but not for what has to happen in it. */
static gint64 short_stall = 200 * MILLISECOND;

/* Time */

/* Points the fixture, which has no server then, at a black hole. */
static void
test_in_black_hole (void (*test) (Fixture * fixture))
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new (NULL, NULL);
  g_autoptr (GUri) uri = NULL;
  Fixture fixture = { 0 };

  g_assert_nonnull (emulator);
  g_assert_true (ice_emulator_set_silent (emulator, NULL));
  uri = g_uri_parse (ice_emulator_get_uri (emulator), G_URI_FLAGS_NONE, NULL);
  fixture.clock = gst_ice_clock_new ();
  fixture.client = create_client (&(Settings) {
      .stall_timeout_us = short_stall}, fixture.clock);
  fixture.endpoint = create_endpoint (FALSE, "127.0.0.1",
      g_uri_get_port (uri));
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

static gboolean hides_info;

/* In place of the C library's. Under qemu-user, or in a sandbox, the kernel's
 * counts of a connection are cut off. */
int
getsockopt (int fd, int level, int name, void *value, socklen_t * size)
{
  if (hides_info && level == IPPROTO_TCP && name == TCP_INFO)
    *size = MIN (*size, sizeof (int));

  return syscall (SYS_getsockopt, fd, level, name, value, size);
}

static void
test_without_info (gconstpointer tls)
{
  hides_info = TRUE;
  test_slow_reader (tls);
  test_stall_sending (tls);
  hides_info = FALSE;
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
    peer_pause (peer, short_stall / MILLISECOND / 3);
    peer_write (peer, OK_ANSWER);
  }
}

static gboolean refuses_threads;
static gboolean was_refused;

/* In place of the C library's: no threads but those of scripted-server.c. */
int
pthread_create (pthread_t * thread, const pthread_attr_t * attributes,
    void *(*start) (void *), void *data)
{
  int (*next) (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
      dlsym (RTLD_NEXT, "pthread_create");
  gchar name[16] = "";

  pthread_getname_np (pthread_self (), name, sizeof name);
  if (g_atomic_int_get (&refuses_threads)
      && !g_str_equal (name, "server")) {
    set_flag (&was_refused);
    return EAGAIN;
  }

  return next (thread, attributes, start, data);
}

/* Until one needs a thread that there isn't: those of GLib's pools end when
 * there was nothing to do for half a second. */
static Outcome *
send_without_threads (Fixture * fixture)
{
  Outcome *outcome = NULL;

  g_thread_pool_set_max_unused_threads (0);
  g_atomic_int_set (&refuses_threads, TRUE);
  for (guint i = 0; i < 20 && !g_atomic_int_get (&was_refused); i++) {
    g_clear_pointer (&outcome, outcome_free);
    g_usleep (600 * MILLISECOND);
    outcome = send_start (fixture, new_request (fixture, "PUT", 100), NULL);
    while (!g_atomic_int_get (&was_refused) && !outcome->is_done)
      g_main_context_iteration (NULL, FALSE);
  }
  g_assert_true (was_refused);

  return outcome;
}

/* What was to run in it runs in the next one, and there will be a next one. */
static void
test_refused_thread (void)
{
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .stall_timeout_us = 4 * short_stall});
  outcome = send_without_threads (&fixture);
  g_assert_false (outcome->is_done);
  g_atomic_int_set (&refuses_threads, FALSE);
  wait_for (&outcome->is_done);
  assert_status (outcome, 200);
  g_thread_pool_set_max_unused_threads (8);
  fixture_stop (&fixture);
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

/* A clock that takes its time. */
typedef struct
{
  GstIceHttpClient *client;     /* (nullable) (unowned) */
  GCancellable *cancellable;    /* (unowned) */
  guint looks_left;             /* before it cancels */
  gboolean is_answered;         /* atomic */
} SlowClock;

/* Once connected, it is looked at when the answer is there. */
static gint64
look_at_slow_clock (gint64 * wall, gpointer user_data)
{
  SlowClock *slow = user_data;
  gint64 deadline = g_get_monotonic_time () + 10 * SECOND;

  while (slow->client
      && gst_ice_http_client_get_connections_opened (slow->client) > 0
      && !g_atomic_int_get (&slow->is_answered)
      && g_get_monotonic_time () < deadline)
    g_usleep (MILLISECOND);
  if (slow->looks_left > 0 && --slow->looks_left == 0)
    g_cancellable_cancel (slow->cancellable);
  if (wall)
    *wall = g_get_real_time ();

  return g_get_monotonic_time ();
}

static void
answer_at_once (Peer * peer, gpointer user_data)
{
  SlowClock *slow = user_data;

  peer_write (peer, OK_ANSWER);
  g_atomic_int_set (&slow->is_answered, TRUE);
  peer_wait_for_close (peer);
}

static void
cancel_at_look (guint n)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  SlowClock slow = { NULL, cancellable, n };
  g_autoptr (GstIceClock) clock =
      gst_ice_clock_new_for_test (look_at_slow_clock, &slow, 1);
  g_autoptr (Outcome) outcome = NULL;
  const Settings settings = { 0 };
  Fixture fixture;

  fixture_start (&fixture, answer_at_once, &slow, &settings);
  gst_ice_http_client_unref (fixture.client);
  fixture.client = slow.client = create_client (&settings, clock);
  outcome = send_start (&fixture, new_request (&fixture, "GET", 0),
      cancellable);
  wait_for (&outcome->is_done);
  if (outcome->error)
    g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fixture_stop (&fixture);
}

/* An answer that is there when the request goes out is read in the same turn of
 * the main loop, and handed over in the next one, in which the request may be
 * cancelled first. */
static void
test_cancel_answered (void)
{
  for (guint n = 1; n <= 12; n++)
    cancel_at_look (n);
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

#define ADD(name, func) g_test_add_func ("/http-time/" name, func)
#define ADD_BOTH(name, func) \
  g_test_add_data_func ("/http-time/" name, GINT_TO_POINTER (FALSE), func); \
  g_test_add_data_func ("/http-time/" name "/tls", GINT_TO_POINTER (TRUE), func)

static void
add_tests (void)
{
  ADD ("stalls/connecting", test_stall_connecting);
  ADD ("stalls/handshaking", test_stall_handshaking);
  ADD_BOTH ("stalls/sending", test_stall_sending);
  ADD_BOTH ("stalls/waiting", test_stall_waiting);
  ADD ("does-not-wait-for-ever-for-an-answer", test_slow_answer);
  ADD_BOTH ("serves-a-slow-reader", test_slow_reader);
  ADD_BOTH ("does-without-tcp-info", test_without_info);
  ADD ("obeys-the-timeout-of-a-request", test_timeout);
  ADD ("survives-a-refused-thread", test_refused_thread);
  ADD ("does-not-take-queueing-for-a-stall", test_queue);
  ADD ("can-be-cancelled/first", test_cancel_first);
  ADD ("can-be-cancelled/queued", test_cancel_queued);
  ADD ("can-be-cancelled/connecting", test_cancel_connecting);
  ADD ("can-be-cancelled/handshaking", test_cancel_handshaking);
  ADD_BOTH ("can-be-cancelled/sending", test_cancel_sending);
  ADD_BOTH ("can-be-cancelled/amid-the-answer", test_cancel_answer);
  ADD ("can-be-cancelled/as-the-answer-arrives", test_cancel_answered);
  ADD_BOTH ("can-be-cancelled/anywhere", test_cancel_anywhere);
}

/* On a slow machine, or under valgrind, even a handshake takes its time. The
 * first one does not count: it loads modules. */
static void
calibrate (void)
{
  gint64 duration = 0;

  for (guint i = 0; i < 2; i++) {
    Fixture fixture;
    gint64 started;
    g_autoptr (Outcome) outcome = NULL;

    fixture_start (&fixture, answer_all, NULL, &(Settings) {
        .tls = TRUE}
    );
    started = g_get_monotonic_time ();
    outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
    duration = g_get_monotonic_time () - started;
    assert_status (outcome, 200);
    fixture_stop (&fixture);
  }
  short_stall = MAX (short_stall, 2 * duration);
  g_test_message ("stall timeout %" G_GINT64_FORMAT " ms",
      short_stall / MILLISECOND);
}

int
main (int argc, char **argv)
{
  http_test_init (&argc, &argv);
  calibrate ();
  add_tests ();
  return http_test_run ();
}
