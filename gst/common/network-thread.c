/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The one network thread of a process.
 *
 * The lock protects the pointer to the running thread and its count of users.
 * It is a leaf: the join happens outside it, so that a user who comes while
 * the last one leaves gets a thread of his own instead of waiting.
 *
 * The thread owns its GMainContext and drops it on its way out, so whatever a
 * source still held is freed where it was used. A process that forks gets no
 * copy of the thread; the child starts its own and leaves the parent's
 * structure alone. */

#include <unistd.h>

#include "common/network-thread.h"

/* How many rounds the thread gives to what is ready when its last user goes:
 * operations that were cancelled end in their next rounds. The number is a
 * guard against a source that is always ready. */
#define FAREWELL_ROUNDS 1000

struct _GstIceNetworkThread
{
  GThread *thread;              /* (owned) */
  GMainContext *context;        /* (owned) by the thread */
  GMainLoop *loop;              /* (owned) by the thread */
  pid_t pid;
  guint users;                  /* protected by lock */
  gboolean left;                /* protected by lock: nobody looks at it */
};

static GMutex lock;
static GCond left;              /* somebody has left a thread */
static GstIceNetworkThread *running;    /* protected by lock */

/* Who invokes something lets go of its source later than the thread may have
 * dispatched it, and GLib looks at the context then. */
static void
wait_until_left (GstIceNetworkThread * thread)
{
  g_mutex_lock (&lock);
  while (!thread->left)
    g_cond_wait (&left, &lock);
  g_mutex_unlock (&lock);
}

static void
leave (GstIceNetworkThread * thread)
{
  g_mutex_lock (&lock);
  thread->left = TRUE;
  g_cond_broadcast (&left);
  g_mutex_unlock (&lock);
}

static gpointer
run (gpointer data)
{
  GstIceNetworkThread *thread = data;

  g_main_context_push_thread_default (thread->context);
  g_main_loop_run (thread->loop);

  for (guint i = 0; i < FAREWELL_ROUNDS; i++)
    if (!g_main_context_iteration (thread->context, FALSE))
      break;

  g_main_context_pop_thread_default (thread->context);
  wait_until_left (thread);
  g_main_loop_unref (thread->loop);
  g_main_context_unref (thread->context);
  return NULL;
}

static GstIceNetworkThread *
network_thread_start (void)
{
  GstIceNetworkThread *thread = g_new0 (GstIceNetworkThread, 1);

  thread->context = g_main_context_new ();
  thread->loop = g_main_loop_new (thread->context, FALSE);
  thread->pid = getpid ();
  thread->thread = g_thread_new ("icesink-network", run, thread);

  return thread;
}

GstIceNetworkThread *
gst_ice_network_thread_acquire (void)
{
  GstIceNetworkThread *thread;

  g_mutex_lock (&lock);
  if (!running || running->pid != getpid ())
    running = network_thread_start ();
  thread = running;
  thread->users++;
  g_mutex_unlock (&lock);

  return thread;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

void
gst_ice_network_thread_release (GstIceNetworkThread * thread)
{
  gboolean last;

  g_return_if_fail (!gst_ice_network_thread_is_current (thread));

  g_mutex_lock (&lock);
  last = --thread->users == 0;
  if (last && running == thread)
    running = NULL;
  g_mutex_unlock (&lock);

  if (!last || thread->pid != getpid ())
    return;

  /* In the queue of invoked functions, so that it comes after them. */
  gst_ice_network_thread_invoke (thread, quit, thread->loop, NULL);
  leave (thread);
  g_thread_join (thread->thread);
  g_free (thread);
}

GMainContext *
gst_ice_network_thread_get_context (GstIceNetworkThread * thread)
{
  return thread->context;
}

void
gst_ice_network_thread_invoke (GstIceNetworkThread * thread, GSourceFunc func,
    gpointer user_data, GDestroyNotify destroy)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  /* Sources of one priority are dispatched in the order they were attached. */
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "icesink invocation");
  g_source_set_callback (source, func, user_data, destroy);
  g_source_attach (source, thread->context);
}

gboolean
gst_ice_network_thread_is_current (GstIceNetworkThread * thread)
{
  return thread->thread == g_thread_self ();
}
