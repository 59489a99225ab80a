/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One request on its way through libsoup, and its answer.
 *
 * Runs on: the network thread. */

#pragma once

#include "http/http-client.h"
#include "http/origin.h"
#include "http/rate-limit.h"

/* What all exchanges of a client share. */
typedef struct
{
  GstIceClock *clock;                  /* (owned) the clock of all timeouts */
  gint64 stall_timeout_us;             /* longest time without a byte moving,
                                        * in microseconds */
  const gchar *tcp_congestion_control; /* (nullable) for new connections */
  gboolean is_congestion_refused;      /* the system refused it once */
  GstIceRateLimit *limit;              /* (owned) on what goes out */
  guint connections_opened;            /* TCP connections opened so far */
} GstIceExchangeContext;

/* Sends @request and completes @task with a GstIceHttpResponse or an error.
 * @context: lives as long as @task
 * @request: (transfer full)
 * @task: (transfer full) */
void gst_ice_exchange_start (GstIceExchangeContext * context,
    GstIceOrigin * origin, GstIceHttpRequest * request, GTask * task);
