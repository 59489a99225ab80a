/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What is done again and again, for any number of sinks.
 *
 * Ticks of the same interval share one source, so that the network thread wakes
 * once for all of them, and no turn of its main loop becomes longer by one more
 * sink. Network thread only. */

#pragma once

#include <glib.h>

typedef struct _GstIceTick GstIceTick;

/* Calls @func each @interval_us, at least a millisecond, until the tick is
 * removed. */
GstIceTick *gst_ice_tick_add (gint64 interval_us, GHookFunc func,
    gpointer user_data);

/* Any of the ticks may do this, for itself or for another. @tick: (transfer
 * full) */
void gst_ice_tick_remove (GstIceTick * tick);
