/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The division of a limit as tables: who wants one, who sends, and what each of
 * those has. The connections have no socket there: what the kernel makes of a
 * rate is measured elsewhere. Those that the account is tested with have one. */

#include "http/rate-limit.h"

#include <gio/gio.h>

#define MAX_STEPS 9
#define N_USERS 3
#define N_CONNECTIONS 3

typedef enum
{
  SET,
  BEGIN,
  DRAIN,
  END,
} Action;

/**
 * Step:
 * @action: what happens
 * @who: number of a user with SET, of a connection else, from 1; 0: the end
 * @bitrate: with SET
 * @rates: that each connection has then, in bytes a second
 */
typedef struct
{
  Action action;
  guint who;
  guint64 bitrate;
  guint64 rates[N_CONNECTIONS];
} Step;

typedef struct
{
  const gchar *name;
  Step steps[MAX_STEPS];
} Row;

static const Row rows[] = {
  {"none", {{BEGIN, 1, 0, {0, 0}}, {BEGIN, 2, 0, {0, 0}}, {END, 1, 0, {0}}}},
  {"one-has-all", {{SET, 1, 8000, {0}}, {BEGIN, 1, 0, {1000}}}},
  {"divided", {{SET, 1, 24000, {0}}, {BEGIN, 1, 0, {3000}},
            {BEGIN, 2, 0, {1500, 1500}}, {BEGIN, 3, 0, {1000, 1000, 1000}}}},
  /* Who has no share keeps the rate of its last one: it sends nothing. */
  {"given-back", {{SET, 1, 16000, {0}}, {BEGIN, 1, 0, {2000}},
            {BEGIN, 2, 0, {1000, 1000}}, {END, 1, 0, {1000, 2000}},
            {BEGIN, 1, 0, {1000, 1000}}, {DRAIN, 2, 0, {2000, 1000}}}},
  {"ends-twice", {{SET, 1, 16000, {0}}, {BEGIN, 1, 0, {2000}},
            {BEGIN, 2, 0, {1000, 1000}}, {END, 2, 0, {2000, 1000}},
            {END, 2, 0, {2000, 1000}}, {DRAIN, 2, 0, {2000, 1000}}}},
  {"begins-twice", {{SET, 1, 16000, {0}}, {BEGIN, 1, 0, {2000}},
            {BEGIN, 1, 0, {2000}}, {END, 1, 0, {2000}},
            {BEGIN, 2, 0, {2000, 2000}}}},
  {"changes", {{BEGIN, 1, 0, {0}}, {BEGIN, 2, 0, {0, 0}},
            {SET, 1, 16000, {1000, 1000}}, {SET, 1, 1600, {100, 100}},
            {SET, 1, 0, {0, 0}}}},
  /* Of those that share it: the lowest, in whatever order they come. */
  {"lowest", {{BEGIN, 1, 0, {0}}, {SET, 1, 16000, {2000}},
            {SET, 2, 8000, {1000}}, {SET, 3, 24000, {1000}},
            {SET, 2, 0, {2000}}, {SET, 1, 0, {3000}}, {SET, 3, 0, {0}}}},
  {"lowest-first", {{BEGIN, 1, 0, {0}}, {SET, 2, 8000, {1000}},
            {SET, 1, 16000, {1000}}, {SET, 3, 0, {1000}}}},
  /* Nothing at all would be a stall. */
  {"least", {{SET, 1, 1, {0}}, {BEGIN, 1, 0, {1}}, {BEGIN, 2, 0, {1, 1}}}},
  {"most", {{SET, 1, G_MAXUINT64, {0}}, {BEGIN, 1, 0, {G_MAXUINT64 / 8}}}},
};

static void
apply (GstIceRateLimit * limit, const Step * step,
    GstIceConnection ** connections)
{
  switch (step->action) {
    case SET:
      gst_ice_rate_limit_set (limit, GUINT_TO_POINTER (step->who),
          step->bitrate);
      break;
    case BEGIN:
      gst_ice_rate_limit_begin (limit, connections[step->who - 1]);
      break;
    case DRAIN:
      gst_ice_rate_limit_drain (limit, connections[step->who - 1]);
      break;
    case END:
      gst_ice_rate_limit_end (limit, connections[step->who - 1]);
      break;
  }
}

static void
run_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GstIceRateLimit) limit = gst_ice_rate_limit_new ();
  GstIceConnection *connections[N_CONNECTIONS];
  guint i, k;

  for (k = 0; k < N_CONNECTIONS; k++)
    connections[k] = gst_ice_connection_new ();

  for (i = 0; i < MAX_STEPS && row->steps[i].who > 0; i++) {
    g_test_message ("step %u", i + 1);
    apply (limit, &row->steps[i], connections);
    for (k = 0; k < N_CONNECTIONS; k++)
      g_assert_cmpuint (gst_ice_connection_get_rate (connections[k]), ==,
          row->steps[i].rates[k]);
  }

  for (k = 0; k < N_CONNECTIONS; k++)
    gst_ice_connection_unref (connections[k]);
}

/* It is there as long as somebody holds it, and forgets with the last. */
static void
test_shared (void)
{
  GstIceRateLimit *first = gst_ice_rate_limit_get_shared ();
  GstIceRateLimit *second = gst_ice_rate_limit_get_shared ();
  g_autoptr (GstIceRateLimit) own = gst_ice_rate_limit_new ();

  g_assert_true (first == second);
  g_assert_true (first != own);
  gst_ice_rate_limit_set (first, first, 8000);
  g_assert_cmpuint (gst_ice_rate_limit_get_bitrate (second), ==, 8000);
  g_assert_cmpuint (gst_ice_rate_limit_get_bitrate (own), ==, 0);
  gst_ice_rate_limit_unref (first);
  g_assert_cmpuint (gst_ice_rate_limit_get_bitrate (second), ==, 8000);
  gst_ice_rate_limit_unref (second);

  first = gst_ice_rate_limit_get_shared ();
  g_assert_cmpuint (gst_ice_rate_limit_get_bitrate (first), ==, 0);
  gst_ice_rate_limit_unref (first);
}

/* A packet that is kept back is no stall. */
static void
test_pause (void)
{
  static const struct
  {
    gboolean anew;              /* another request begins */
    guint64 rate;
    gint64 pause_us;
  } pauses[] = {
    {FALSE, 0, 0},
    {FALSE, G_MAXUINT64, 1},
    {FALSE, 2621440, G_USEC_PER_SEC / 10},
    {FALSE, 262144, G_USEC_PER_SEC},
    /* What the kernel has begun to wait for at the lower rate. */
    {FALSE, 2621440, G_USEC_PER_SEC},
    {FALSE, 0, G_USEC_PER_SEC},
    {TRUE, 0, 0},
    {TRUE, 1, 262144 * (gint64) G_USEC_PER_SEC},
  };
  g_autoptr (GstIceConnection) connection = gst_ice_connection_new ();

  for (guint i = 0; i < G_N_ELEMENTS (pauses); i++) {
    if (pauses[i].anew)
      gst_ice_connection_use (connection);
    gst_ice_connection_set_rate (connection, pauses[i].rate);
    g_assert_cmpint (gst_ice_connection_get_pause (connection), ==,
        pauses[i].pause_us);
  }
}

/* ---- the account ---- */

#define LIMIT 1000000           /* bytes a second */

typedef struct
{
  GIOStream *near;
  GIOStream *far;
  GstIceConnection *connection;
} Line;

static void
line_clear (Line * line)
{
  gst_ice_connection_unref (line->connection);
  g_object_unref (line->near);
  g_object_unref (line->far);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Line, line_clear)

static Line
make_line (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  Line line = {.connection = gst_ice_connection_new () };

  line.near = G_IO_STREAM (g_socket_client_connect_to_host (client,
          "127.0.0.1", port, NULL, NULL));
  g_assert_nonnull (line.near);
  line.far = G_IO_STREAM (g_socket_listener_accept (listener, NULL, NULL,
          NULL));
  gst_ice_connection_set_stream (line.connection, line.near);

  return line;
}

static gboolean
can_count (void)
{
  g_auto (Line) line = make_line ();

  return gst_ice_rate_limit_is_possible ()
      && gst_ice_connection_take_sent (line.connection) >= 0;
}

static guint64
get_rate (const Line * line)
{
  return gst_ice_connection_get_rate (line->connection);
}

/* One of two sends nothing, as while an answer is awaited: the other sends more
 * than half of it all, but no more than has been saved up. */
static void
test_account_of_too_little (void)
{
  g_autoptr (GstIceRateLimit) limit = gst_ice_rate_limit_new ();
  g_auto (Line) busy = make_line ();
  g_auto (Line) idle = make_line ();

  if (!can_count ()) {
    g_test_skip ("the system does not tell what it has sent");
    return;
  }
  gst_ice_rate_limit_set (limit, limit, LIMIT * 8);
  gst_ice_rate_limit_begin (limit, busy.connection);
  gst_ice_rate_limit_begin (limit, idle.connection);
  while (get_rate (&busy) < LIMIT / 2 * 11 / 10)
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpuint (get_rate (&busy), <=, LIMIT / 2 * 12 / 10);
  gst_ice_rate_limit_end (limit, idle.connection);
  g_assert_cmpuint (get_rate (&busy), >, LIMIT);
}

/* Nothing at all is sent: what is saved up is no more than a little, however
 * long that takes. */
static void
test_account_of_nothing (void)
{
  g_autoptr (GstIceRateLimit) limit = gst_ice_rate_limit_new ();
  g_auto (Line) line = make_line ();
  gint64 begun_us = g_get_monotonic_time ();

  if (!can_count ()) {
    g_test_skip ("the system does not tell what it has sent");
    return;
  }
  gst_ice_rate_limit_set (limit, limit, LIMIT * 8);
  gst_ice_rate_limit_begin (limit, line.connection);
  while (g_get_monotonic_time () - begun_us < G_USEC_PER_SEC / 2) {
    g_main_context_iteration (NULL, TRUE);
    g_assert_cmpuint (get_rate (&line), <=, LIMIT * 12 / 10);
  }
  g_assert_cmpuint (get_rate (&line), >, LIMIT * 11 / 10);
}

/* The first packets go unpaced, which here are large. */
static void
test_account_of_too_much (void)
{
  static const guint8 bytes[LIMIT / 2];
  g_autoptr (GstIceRateLimit) limit = gst_ice_rate_limit_new ();
  g_auto (Line) line = make_line ();

  if (!can_count ()) {
    g_test_skip ("the system does not tell what it has sent");
    return;
  }
  gst_ice_rate_limit_set (limit, limit, LIMIT * 8);
  gst_ice_rate_limit_begin (limit, line.connection);
  g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM
      (g_io_stream_get_output_stream (line.near)), bytes, sizeof bytes, NULL,
      NULL);
  while (get_rate (&line) >= LIMIT)
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpuint (get_rate (&line), >=, LIMIT / 2);
  while (get_rate (&line) < LIMIT)
    g_main_context_iteration (NULL, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/rate-limit/division/%s", rows[i].name);

    g_test_add_data_func (path, &rows[i], run_row);
  }
  g_test_add_func ("/rate-limit/shared", test_shared);
  g_test_add_func ("/rate-limit/pause", test_pause);
  g_test_add_func ("/rate-limit/account/too-little",
      test_account_of_too_little);
  g_test_add_func ("/rate-limit/account/too-much", test_account_of_too_much);
  g_test_add_func ("/rate-limit/account/nothing", test_account_of_nothing);

  return g_test_run ();
}
