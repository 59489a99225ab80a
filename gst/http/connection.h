/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What is known of one of libsoup's connections.
 *
 * Runs on: the network thread.
 * Owns: nothing that keeps the connection open; libsoup alone does.
 * Does not: read. What it does to a socket beyond writing is in its functions'
 * names. */

#pragma once

#include <gio/gio.h>

#include "common/counted.h"

typedef struct _GstIceConnection GstIceConnection;

/* What the kernel counted on one connection since it was opened. */
typedef struct
{
  guint64 acknowledged; /* bytes that the peer's TCP has confirmed */
  guint unconfirmed;    /* bytes in the socket that it hasn't */
  guint64 received;     /* bytes that came from the peer */
  gint64 srtt_us;       /* the smoothed round trip */
  gint64 min_rtt_us;    /* the shortest one; 0: the kernel does not tell */
  guint64 window;       /* bytes that may be on their way at a time */
} GstIceTraffic;

/* (transfer full) */
GstIceConnection *gst_ice_connection_new (void);
GST_ICE_DECLARE_COUNTED (GstIceConnection, gst_ice_connection)

/* The stream to the peer as far as it is built: of TCP, later perhaps of TLS
 * on top of it. */
void gst_ice_connection_set_stream (GstIceConnection * connection,
    GIOStream * stream);

/* NULL once libsoup has dropped it. (transfer full) (nullable) */
GIOStream *gst_ice_connection_dup_stream (GstIceConnection * connection);
/* (transfer full) (nullable) */
GSocket *gst_ice_connection_dup_socket (GstIceConnection * connection);

/* A proxy is in between: what the kernel measures is the way to that. */
void gst_ice_connection_set_proxied (GstIceConnection * connection);
gboolean gst_ice_connection_is_proxied (const GstIceConnection * connection);

/* TRUE if requests share it (HTTP/2): nothing here is one request's alone. */
gboolean gst_ice_connection_is_shared (GstIceConnection * connection);

/* TRUE if nobody but its origin holds it: an exchange does, from the moment it
 * has the connection to its own end. */
gboolean gst_ice_connection_is_idle (GstIceConnection * connection);

/* Counts a request; returns how many there were before it. */
guint gst_ice_connection_use (GstIceConnection * connection);

/* FALSE where the system refuses @algorithm. */
gboolean gst_ice_connection_set_congestion_control (GstIceConnection *
    connection, const gchar * algorithm);

/* If the line is long, what is sent is spread over the round trip, by the
 * kernel: a connection that has rested for a moment would else send all that its
 * window holds in one burst, more than the queue of a line takes. */
void gst_ice_connection_smooth (GstIceConnection * connection);

/* No more than @rate bytes a second leave from now on, headers of packets
 * included; 0: as many as there are. The first ten packets of a connection go
 * unpaced. */
void gst_ice_connection_set_rate (GstIceConnection * connection,
    guint64 rate);
guint64 gst_ice_connection_get_rate (const GstIceConnection * connection);

/* How many bytes have left since this was last asked, headers and repetitions
 * included; -1 where the system does not tell. */
gint64 gst_ice_connection_take_sent (GstIceConnection * connection);

/* For how long that may keep a byte of this request from moving, in
 * microseconds. */
gint64 gst_ice_connection_get_pause (const GstIceConnection * connection);

/* FALSE where the system does not tell, as under qemu-user: only @unconfirmed is
 * of use then. */
gboolean gst_ice_connection_get_traffic (GstIceConnection * connection,
    GstIceTraffic * traffic);

/* TRUE if bytes wait in the socket for the peer to take them. */
gboolean gst_ice_connection_has_unsent (GstIceConnection * connection);

/* TRUE if some of them have not even been sent for the first time. */
gboolean gst_ice_connection_has_queue (GstIceConnection * connection);

/* Makes sure that nothing is ever sent or awaited on it again: what the kernel
 * still holds is thrown away, and closing it cannot block. */
void gst_ice_connection_abort (GstIceConnection * connection);

/* While a request is being sent: looks whether the peer has answered already, or
 * has closed its side, so that sending on is of no use: TRUE then. Over TLS only
 * the latter can be seen. It remembers that it saw an interim response. */
gboolean gst_ice_connection_look_for_answer (GstIceConnection * connection);

/* Becomes ready when the above may have become true, or @condition of the
 * socket has: one descriptor to poll for both. NULL where the system cannot
 * tell. (transfer full) (nullable) */
GSource *gst_ice_connection_create_source (GstIceConnection * connection,
    GIOCondition condition);
