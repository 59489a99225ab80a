/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One scheme, host and port that requests go to: a session of libsoup's, and
 * what is known of its connections.
 *
 * Runs on: the network thread. */

#pragma once

#include <libsoup/soup.h>

#include "common/counted.h"
#include "http/connection.h"

typedef struct _GstIceOrigin GstIceOrigin;

/* @session: (transfer full): used for nothing else, and has at most
 * @max_connections. (transfer full) */
GstIceOrigin *gst_ice_origin_new (SoupSession * session,
    guint max_connections);

/* The last one closes all connections. */
GST_ICE_DECLARE_COUNTED (GstIceOrigin, gst_ice_origin)

/* (transfer none) */
SoupSession *gst_ice_origin_get_session (GstIceOrigin * origin);

/* An exchange begins, waits for its connection no longer, and has ended.
 * begin() is TRUE if a connection has to be opened for it: none of those that
 * are kept will be left, and there is room for one. */
gboolean gst_ice_origin_begin_exchange (GstIceOrigin * origin);
void gst_ice_origin_leave_queue (GstIceOrigin * origin);
void gst_ice_origin_end_exchange (GstIceOrigin * origin);

/* The connection of that id, which may be new. (transfer none) */
GstIceConnection *gst_ice_origin_get_connection (GstIceOrigin * origin,
    guint64 id);

/* Gives up the connections that are kept and that nobody uses. */
void gst_ice_origin_abort_idle (GstIceOrigin * origin);

typedef struct
{
  guint n;              /* connections that requests are on */
  gint64 srtt_us;       /* sum of their smoothed round trips */
  gint64 min_rtt_us;    /* the shortest round trip that was seen on one of
                         * them */
  guint64 window_rate;  /* what TCP would let go on them, in bytes a second */
  guint64 rate;         /* what a limit lets go, of those that have one */
  gboolean is_known;    /* the kernel tells, and nothing is in between */
} GstIceDelay;

/* Adds what is known of the connections in use to @delay. */
void gst_ice_origin_add_delay (GstIceOrigin * origin, GstIceDelay * delay);

/* No connection could be made: the next request starts afresh. */
void gst_ice_origin_set_stale (GstIceOrigin * origin);
gboolean gst_ice_origin_is_stale (const GstIceOrigin * origin);
