/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The time that the sinks of one pipeline share when they stop.
 *
 * A bin takes its sinks to NULL one by one. If each of them could wait for
 * stop-timeout, a pipeline with ten of them would take ten times that to stop
 * when the network is gone. So sinks that stop one after the other share one
 * deadline, which the first of them sets. */

#pragma once

#include <gst/gst.h>

/* The monotonic time (g_get_monotonic_time()) up to which @element may wait
 * when it stops now. @timeout_us: its own stop-timeout; -1: for ever, which is
 * answered with G_MAXINT64. */
gint64 gst_ice_stop_budget_begin (GstElement * element, gint64 timeout_us);

/* @element has stopped. */
void gst_ice_stop_budget_end (GstElement * element);
