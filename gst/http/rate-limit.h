/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A limit on what goes out, shared by the connections that are sending.
 *
 * The kernel paces each connection; what is decided here is at which rate: the
 * limit, divided by the number of those that send just now. A limit is one
 * client's own, or the one of the process, which all clients that ask for it
 * share.
 *
 * Runs on: the network thread. */

#pragma once

#include "http/connection.h"

typedef struct _GstIceRateLimit GstIceRateLimit;

/* TRUE if the system can pace a connection. Any thread. */
gboolean gst_ice_rate_limit_is_possible (void);

/* A limit of its own. (transfer full) */
GstIceRateLimit *gst_ice_rate_limit_new (void);

/* The one of the process; it is there as long as somebody holds it.
 * (transfer full) */
GstIceRateLimit *gst_ice_rate_limit_get_shared (void);
GST_ICE_DECLARE_COUNTED (GstIceRateLimit, gst_ice_rate_limit)

/* What @user wants: @bitrate in bit/s, 0 for no limit or none any more. The
 * lowest that one of the users wants counts, whoever came first. */
void gst_ice_rate_limit_set (GstIceRateLimit * limit, gconstpointer user,
    guint64 bitrate);

/* What counts, in bit/s; 0: no limit. */
guint64 gst_ice_rate_limit_get_bitrate (GstIceRateLimit * limit);

/* What each of those that send has of it, in bytes a second; 0: no limit. */
guint64 gst_ice_rate_limit_get_share (GstIceRateLimit * limit);

/* TRUE if one connection for each user is enough: while it waits for an answer,
 * others send. */
gboolean gst_ice_rate_limit_is_crowded (GstIceRateLimit * limit);

/* @connection, (unowned) until gst_ice_rate_limit_end(), begins to send: it gets
 * its share, and the others less. */
void gst_ice_rate_limit_begin (GstIceRateLimit * limit,
    GstIceConnection * connection);

/* The last byte is in the socket of @connection: as soon as it has left from
 * there, the others get more. */
void gst_ice_rate_limit_drain (GstIceRateLimit * limit,
    GstIceConnection * connection);

/* @connection sends no more. It need not have begun. */
void gst_ice_rate_limit_end (GstIceRateLimit * limit,
    GstIceConnection * connection);
