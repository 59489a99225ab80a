/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The network thread, from several users' sides. */

#include "common/network-thread.h"

#include <gio/gio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../sanitizer.h"

#define CALLS 1000

static void
test_shared (void)
{
  GstIceNetworkThread *first = gst_ice_network_thread_acquire ();
  GstIceNetworkThread *second = gst_ice_network_thread_acquire ();

  g_assert_true (first == second);
  g_assert_false (gst_ice_network_thread_is_current (first));
  gst_ice_network_thread_release (first);
  gst_ice_network_thread_release (second);
}

typedef struct
{
  GstIceNetworkThread *thread;
  GArray *order;
  guint number;
  guint *destroyed;
} Call;

static gboolean
on_call (gpointer data)
{
  Call *call = data;

  g_assert_true (gst_ice_network_thread_is_current (call->thread));
  g_assert_true (g_main_context_get_thread_default () ==
      gst_ice_network_thread_get_context (call->thread));
  g_array_append_val (call->order, call->number);
  return G_SOURCE_REMOVE;
}

static void
call_free (gpointer data)
{
  Call *call = data;

  (*call->destroyed)++;
  g_free (call);
}

/* The last release runs what was invoked before it. */
static void
test_order (void)
{
  GstIceNetworkThread *thread = gst_ice_network_thread_acquire ();
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));
  guint destroyed = 0;

  for (guint i = 0; i < CALLS; i++) {
    Call *call = g_new0 (Call, 1);

    *call = (Call) {
    thread, order, i, &destroyed};
    gst_ice_network_thread_invoke (thread, on_call, call, call_free);
  }
  gst_ice_network_thread_release (thread);

  g_assert_cmpuint (order->len, ==, CALLS);
  g_assert_cmpuint (destroyed, ==, CALLS);
  for (guint i = 0; i < CALLS; i++)
    g_assert_cmpuint (g_array_index (order, guint, i), ==, i);
}

static gboolean
keep_on (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
note_destruction (gpointer data)
{
  *(GThread **) data = g_thread_self ();
}

static gboolean
add_endless_source (gpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, keep_on, data, note_destruction);
  g_source_attach (source, g_main_context_get_thread_default ());
  return G_SOURCE_REMOVE;
}

static void
test_leftovers (void)
{
  GstIceNetworkThread *thread = gst_ice_network_thread_acquire ();
  GThread *destroyer = NULL;

  gst_ice_network_thread_invoke (thread, add_endless_source, &destroyer, NULL);
  gst_ice_network_thread_release (thread);
  g_assert_nonnull (destroyer);
  g_assert_true (destroyer != g_thread_self ());
}

static gpointer
use_often (gpointer data)
{
  for (guint i = 0; i < CALLS / 10; i++) {
    GstIceNetworkThread *thread = gst_ice_network_thread_acquire ();

    gst_ice_network_thread_invoke (thread, keep_on, NULL, NULL);
    gst_ice_network_thread_release (thread);
  }
  return NULL;
}

static void
test_race (void)
{
  GThread *users[4];

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    users[i] = g_thread_new ("user", use_often, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    g_thread_join (users[i]);
}

static gboolean
say_hello (gpointer data)
{
  g_atomic_int_set ((gint *) data, 1);
  return G_SOURCE_REMOVE;
}

/* In the child of a fork: the thread works, and the parent's is left alone. */
static void
run_child (GstIceNetworkThread * parents)
{
  GstIceNetworkThread *own = gst_ice_network_thread_acquire ();
  gint said = 0;

  gst_ice_network_thread_invoke (own, say_hello, &said, NULL);
  gst_ice_network_thread_release (own);
  gst_ice_network_thread_release (parents);
  _exit (own != parents && said ? 0 : 1);
}

static void
test_fork (void)
{
  GstIceNetworkThread *thread;
  pid_t child;
  int status = -1;

  if (HAS_THREAD_SANITIZER) {
    g_test_skip ("ThreadSanitizer bears no new thread after a fork");
    return;
  }

  thread = gst_ice_network_thread_acquire ();
  child = fork ();
  if (child == 0)
    run_child (thread);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  gst_ice_network_thread_release (thread);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/network-thread/is-one-per-process", test_shared);
  g_test_add_func ("/network-thread/runs-calls-in-order", test_order);
  g_test_add_func ("/network-thread/drops-what-never-ends", test_leftovers);
  g_test_add_func ("/network-thread/starts-and-ends-under-races", test_race);
  g_test_add_func ("/network-thread/starts-anew-after-a-fork", test_fork);

  return g_test_run ();
}
