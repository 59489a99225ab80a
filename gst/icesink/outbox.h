/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What a sink tells the application: bus messages and signals, in order.
 *
 * Any thread puts something in. It is delivered by a pool of threads that the
 * whole process shares, so that application code never runs on the network
 * thread; one thread at a time delivers for one sink, and a handler that is
 * slow delays only its own sink, and the progress of others once. A thread that
 * must know that something has reached the application, such as the streaming
 * thread before EOS, delivers by itself.
 *
 * Everything put in holds a reference to the element, so a handler may drop
 * the last reference that the application has. */

#pragma once

#include <gst/gst.h>

#include "common/counted.h"

typedef struct _GstIceOutbox GstIceOutbox;

/* @element: (unowned): may go before the outbox. (transfer full) */
GstIceOutbox *gst_ice_outbox_new (GstElement * element);
GST_ICE_DECLARE_COUNTED (GstIceOutbox, gst_ice_outbox)

/* Posts @message on the element's bus. The caller holds a reference to the
 * element. @message: (transfer full) */
void gst_ice_outbox_post (GstIceOutbox * outbox, GstMessage * message);

/* The same, for what comes again and again: it can wait for other sinks' turns,
 * but not for longer than until the next one is put in, whatever it is.
 * @message: (transfer full) */
void gst_ice_outbox_post_in_turn (GstIceOutbox * outbox,
    GstMessage * message);

/* Calls @func with the element, outside any lock. */
typedef void (*GstIceOutboxFunc) (GstElement * element, gpointer user_data);
void gst_ice_outbox_call (GstIceOutbox * outbox, GstIceOutboxFunc func,
    gpointer user_data, GDestroyNotify destroy);

/* Delivers what is in it, and waits for another thread that is at it. FALSE
 * if flushing has ended the wait, or this very thread is delivering. */
gboolean gst_ice_outbox_drain (GstIceOutbox * outbox);

/* Delivers what is in it. If another thread is at it, waits for that up to
 * @deadline_us of the monotonic time; never, if it is this very thread. Whoever
 * delivers goes on with what is left. */
void gst_ice_outbox_deliver (GstIceOutbox * outbox, gint64 deadline_us);

/* Forgets what is in it and is not being delivered yet. */
void gst_ice_outbox_clear (GstIceOutbox * outbox);

/* While @hold, errors wait, and what is behind them; and after that, until the
 * state change of the outermost bin has returned and the application has had a
 * moment to run its loop. gst-launch-1.0, for one, loses an error that another
 * thread posts during the change, and waits for ever. */
void gst_ice_outbox_hold_errors (GstIceOutbox * outbox, gboolean hold);

/* What is held waits no longer. */
void gst_ice_outbox_release_errors (GstIceOutbox * outbox);

void gst_ice_outbox_set_flushing (GstIceOutbox * outbox, gboolean flushing);
