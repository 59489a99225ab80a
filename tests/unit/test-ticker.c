/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Ticks: how often they wake, and who may remove them when. */

#include "common/ticker.h"

#define INTERVAL_US 2000
#define N_TICKS 200

typedef struct
{
  guint calls;
  GstIceTick *tick;             /* (nullable) */
  GstIceTick **victim;          /* (nullable): whom to remove when called */
} Client;

static void
on_tick (gpointer data)
{
  Client *client = data;

  client->calls++;
  if (client->victim != NULL)
    g_clear_pointer (client->victim, gst_ice_tick_remove);
}

static void
add (Client * client, gint64 interval_us)
{
  client->tick = gst_ice_tick_add (interval_us, on_tick, client);
}

static void
remove_tick (Client * client)
{
  g_clear_pointer (&client->tick, gst_ice_tick_remove);
}

/* The default context's time until its next source is due; -1 if none ever
 * is. */
static gint
get_timeout (void)
{
  GMainContext *context = g_main_context_default ();
  gint priority, timeout;

  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  g_main_context_query (context, priority, &timeout, NULL, 0);
  g_main_context_release (context);

  return timeout;
}

static void
iterate_until (const guint * counter, guint value)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (*counter < value && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (*counter, >=, value);
}

/* However many there are, each turn of the loop serves all. */
static void
test_share_a_source (void)
{
  Client clients[N_TICKS] = { {0} };
  guint i, turn;

  for (i = 0; i < N_TICKS; i++)
    add (&clients[i], INTERVAL_US);
  for (turn = 1; turn <= 3; turn++) {
    iterate_until (&clients[0].calls, turn);
    for (i = 0; i < N_TICKS; i++)
      g_assert_cmpuint (clients[i].calls, ==, clients[0].calls);
  }

  for (i = 0; i < N_TICKS; i++) {
    g_assert_cmpint (get_timeout (), >=, 0);
    remove_tick (&clients[i]);
  }
  g_assert_cmpint (get_timeout (), ==, -1);
}

static void
test_intervals (void)
{
  Client often = { 0 }, seldom = { 0 };

  add (&often, INTERVAL_US);
  add (&seldom, 600 * G_USEC_PER_SEC);
  iterate_until (&often.calls, 3);
  g_assert_cmpuint (seldom.calls, ==, 0);

  remove_tick (&often);
  g_assert_cmpint (get_timeout (), >, 1000);
  remove_tick (&seldom);
  g_assert_cmpint (get_timeout (), ==, -1);
}

/* A tick is called no more, whoever has removed it. */
static void
test_remove_inside (void)
{
  Client first = { 0 }, second = { 0 }, third = { 0 };

  add (&first, INTERVAL_US);
  add (&second, INTERVAL_US);
  add (&third, INTERVAL_US);
  first.victim = &third.tick;
  second.victim = &second.tick;
  iterate_until (&first.calls, 3);
  g_assert_cmpuint (second.calls, ==, 1);
  g_assert_cmpuint (third.calls, ==, 0);

  /* The last one, by itself. */
  first.victim = &first.tick;
  iterate_until (&first.calls, 4);
  g_assert_cmpint (get_timeout (), ==, -1);

  add (&third, INTERVAL_US);
  iterate_until (&third.calls, 1);
  remove_tick (&third);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ticker/ticks-share-a-source", test_share_a_source);
  g_test_add_func ("/ticker/intervals-are-kept", test_intervals);
  g_test_add_func ("/ticker/ticks-may-be-removed-by-ticks",
      test_remove_inside);

  return g_test_run ();
}
