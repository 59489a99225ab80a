/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* One request on its way through libsoup, and its answer.
 *
 * Runs on: the network thread. */

#pragma once

#include <libsoup/soup.h>

#include "http/connection.h"
#include "http/http-client.h"

G_BEGIN_DECLS

/**
 * GstIceExchangeContext:
 * @session: (owned): libsoup's session
 * @clock: (owned): the clock of all timeouts
 * @stall_timeout_us: longest time without a byte moving, in microseconds
 * @tcp_congestion_control: (owned) (nullable): for new connections
 * @is_congestion_refused: the system refused it once
 * @connections: (owned) (element-type guint64 GstIceConnection): by libsoup's
 *     id; those that libsoup has dropped are swept now and then
 * @connections_opened: TCP connections opened so far
 *
 * What all exchanges of a client share. Each exchange holds a reference to the
 * client.
 */
typedef struct
{
  SoupSession *session;
  GstIceClock *clock;
  gint64 stall_timeout_us;
  gchar *tcp_congestion_control;
  gboolean is_congestion_refused;
  GHashTable *connections;
  guint connections_opened;
} GstIceExchangeContext;

/* Sends @request and completes @task with a GstIceHttpResponse or an error.
 * @context: lives as long as @task
 * @request: (transfer full)
 * @task: (transfer full) */
void gst_ice_exchange_start (GstIceExchangeContext * context,
    GstIceHttpRequest * request, GTask * task);

/* For all of http. */
void gst_ice_http_debug_init (void);

G_END_DECLS
