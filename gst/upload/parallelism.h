/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How many parts are on their way at a time, where nobody has set it.
 *
 * A pure value for the network thread; time and what TCP measured are
 * arguments. Connections are added while a backlog feeds them and the delay
 * says that the line is not full, and taken back when they only fill a queue.
 * One connection never fills a long or lossy line; many starve whatever else
 * is on a slow one. */

#pragma once

#include <glib.h>

#define GST_ICE_PARALLELISM_START 3
#define GST_ICE_PARALLELISM_MAX 16
#define GST_ICE_PARALLELISM_SHORT_US 1000
/* Under a limit of ours: one sends while the other waits for its answer. */
#define GST_ICE_PARALLELISM_LIMITED 2

typedef struct
{
  guint n;              /* parts at a time */
  gint64 short_us;      /* a line with a shorter round trip needs no more than
                         * are always good: nothing is lost there while a
                         * connection waits for an answer */
  gint64 next_us;       /* not decided again before this monotonic time */
} GstIceParallelism;

#define GST_ICE_PARALLELISM_INIT { .n = GST_ICE_PARALLELISM_START, \
    .short_us = GST_ICE_PARALLELISM_SHORT_US }

/* A limit of ours has been set, or is none any more: begins anew with as many as
 * are always good. */
void gst_ice_parallelism_set_limited (GstIceParallelism * parallelism,
    gboolean limited);

/**
 * gst_ice_parallelism_update:
 * @srtt_us: the smoothed round trip of the connections in use, in
 *     microseconds; -1: not known, as behind a proxy
 * @min_rtt_us: the shortest one that was seen on them
 * @waiting: parts that could be sent if there were another connection, and are
 *     not held up by a limit of ours
 * @max: more are never wanted
 *
 * Decides anew, if it is time at @now_us.
 */
void gst_ice_parallelism_update (GstIceParallelism * parallelism,
    gint64 now_us, gint64 srtt_us, gint64 min_rtt_us, guint waiting,
    guint max);
