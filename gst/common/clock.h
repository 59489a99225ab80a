/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Time as the services see it.
 *
 * Everything runs on the local monotonic clock, so that a step of the wall
 * clock changes nothing. The service's time is that clock plus an offset,
 * kept per host. A request that was granted proves the offset that it was
 * signed with; one that was refused for its time tells the right one. Nothing
 * else changes it: a Date may be anybody's. Until then a host's offset is the
 * one that was learnt last from any, and before that the one of the local wall
 * clock.
 *
 * Any thread. A test may give a clock of its own, with a function that
 * returns its time and a rate by which timers run faster. */

#pragma once

#include "common/counted.h"

typedef struct _GstIceClock GstIceClock;

/**
 * GstIceClockFunc:
 * @wall: (out): microseconds since 1970 by the local wall clock
 *
 * Returns: microseconds of a clock that only moves forward
 */
typedef gint64 (*GstIceClockFunc) (gint64 * wall, gpointer user_data);

GstIceClock *gst_ice_clock_new (void);

/* A clock for tests. @rate: how many of its seconds pass in a real one. */
GstIceClock *gst_ice_clock_new_for_test (GstIceClockFunc func,
    gpointer user_data, gdouble rate);
GST_ICE_DECLARE_COUNTED (GstIceClock, gst_ice_clock)

/* Monotonic microseconds. Deadlines and expiries are kept in these. */
gint64 gst_ice_clock_get_monotonic (GstIceClock * clock);

/* Service time of @host (lower case, without port) now, in microseconds since
 * 1970. */
gint64 gst_ice_clock_get_service_time (GstIceClock * clock,
    const gchar * host);

/* Notes that @host's clock shows @service_time_us at @monotonic_us. */
void gst_ice_clock_learn (GstIceClock * clock, const gchar * host,
    gint64 service_time_us, gint64 monotonic_us);

/* Service time minus local wall clock in microseconds for the host that was
 * learnt last; 0 before anything was learnt. */
gint64 gst_ice_clock_get_offset (GstIceClock * clock);

/* A timer on the clock's own time: due @delay_us from now. Attach it to a
 * context. (transfer full) */
GSource *gst_ice_clock_timeout_source_new (GstIceClock * clock,
    gint64 delay_us);
