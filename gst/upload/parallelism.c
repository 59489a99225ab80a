/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The number of parts at a time; see the header. Owns nothing. */

#include "upload/parallelism.h"

/* A change shows after some round trips. */
#define MIN_INTERVAL_US (300 * 1000)
#define INTERVAL_ROUND_TRIPS 4

/* Where a queue holds more than the line does, one of two connections fills the
 * line while the other waits for its answer, and what else is on it gets its
 * share: 2 Mbit/s of 10, where three left 1.7. */
#define LEAST 2

/* A line is not full while a round trip takes little longer than the shortest
 * one, and its queue fills up when it takes twice as long. */
#define SLACK_US 5000

static gboolean
is_line_free (gint64 srtt_us, gint64 min_rtt_us)
{
  return srtt_us < min_rtt_us * 3 / 2 + SLACK_US;
}

static gboolean
is_queue_long (gint64 srtt_us, gint64 min_rtt_us)
{
  return srtt_us > 2 * min_rtt_us + 2 * SLACK_US;
}

void
gst_ice_parallelism_set_limited (GstIceParallelism * self, gboolean limited)
{
  self->n = limited ? MIN (self->n, GST_ICE_PARALLELISM_LIMITED)
      : MAX (self->n, GST_ICE_PARALLELISM_START);
}

void
gst_ice_parallelism_update (GstIceParallelism * self, gint64 now_us,
    gint64 srtt_us, gint64 min_rtt_us, guint waiting, guint max)
{
  guint n = self->n;

  if (srtt_us < 0)
    n = MIN (n, GST_ICE_PARALLELISM_START);
  else if (now_us < self->next_us)
    return;
  else if (is_queue_long (srtt_us, min_rtt_us))
    n = MIN (n, MAX (LEAST, n * 2 / 3));
  else if (waiting > 0 && is_line_free (srtt_us, min_rtt_us)
      && (min_rtt_us >= self->short_us || n < GST_ICE_PARALLELISM_START))
    n = MIN (n + n / 2, GST_ICE_PARALLELISM_MAX);

  self->n = CLAMP (n, 1, MAX (max, 1));
  self->next_us = now_us + MAX (MIN_INTERVAL_US,
      INTERVAL_ROUND_TRIPS * MAX (srtt_us, 0));
}
