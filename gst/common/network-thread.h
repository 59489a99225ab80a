/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The one network thread of a process.
 *
 * Everything that waits for the network runs on it, for all sinks together,
 * in a GMainContext of its own. The first user starts it, the last one joins
 * it; no application code ever runs on it. */

#pragma once

#include <glib.h>

typedef struct _GstIceNetworkThread GstIceNetworkThread;

/* Starts the thread if need be. Any thread. (transfer full) */
GstIceNetworkThread *gst_ice_network_thread_acquire (void);

/* Gives up one use; the last one waits for the thread to end. Any thread but
 * the network thread. */
void gst_ice_network_thread_release (GstIceNetworkThread * thread);

/* The context to attach sources to. */
GMainContext *gst_ice_network_thread_get_context (GstIceNetworkThread *
    thread);

/* Runs @func on the network thread, in the order of the calls, never inside
 * this call. Any thread. */
void gst_ice_network_thread_invoke (GstIceNetworkThread * thread,
    GSourceFunc func, gpointer user_data, GDestroyNotify destroy);

/* TRUE on the network thread; for assertions. */
gboolean gst_ice_network_thread_is_current (GstIceNetworkThread * thread);
