/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One outage: from the first failed request until one succeeds.
 *
 * Pure bookkeeping for the network thread; time is an argument. A single
 * failure is not worth a message. From the second one in a row on, the upload
 * counts as interrupted: one probe at a time goes out until something
 * succeeds, so that a service that comes back is not met by a storm. */

#pragma once

#include <glib.h>

typedef struct
{
  gint64 since_us;      /* monotonic time of the first failure, -1: there is no
                         * outage */
  guint failures;       /* in a row */
  gint64 probe_at_us;   /* no request before this time while interrupted */
  gboolean interrupted; /* has been announced */
  gboolean of_oss;      /* some failure was OSS's, so that only OSS's success
                         * is its end */
} GstIceOutage;

#define GST_ICE_OUTAGE_INIT { .since_us = -1 }

/* A request failed at @now_us; the next may go @delay_us later. TRUE if this
 * makes it an interruption. */
gboolean gst_ice_outage_note_failure (GstIceOutage * outage, gint64 now_us,
    gint64 delay_us);

/* A request succeeded at @now_us. Returns how long the interruption took in
 * microseconds, or -1 if there was none. */
gint64 gst_ice_outage_note_success (GstIceOutage * outage, gint64 now_us);

/* Time left for tries at @now_us of a budget of @timeout_us (-1: no end), or
 * -1 if there is no end. 0: the budget is used up. */
gint64 gst_ice_outage_get_patience (const GstIceOutage * outage,
    gint64 now_us, gint64 timeout_us);
