/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The outage; see the header. Owns nothing. */

#include "upload/outage.h"

#define INTERRUPTED_FROM 2

gboolean
gst_ice_outage_note_failure (GstIceOutage * outage, gint64 now_us,
    gint64 delay_us)
{
  if (outage->since_us < 0)
    outage->since_us = now_us;
  outage->failures++;
  outage->probe_at_us = now_us + delay_us;

  if (outage->interrupted || outage->failures < INTERRUPTED_FROM)
    return FALSE;

  outage->interrupted = TRUE;

  return TRUE;
}

gint64
gst_ice_outage_note_success (GstIceOutage * outage, gint64 now_us)
{
  gint64 took_us = outage->interrupted ? now_us - outage->since_us : -1;

  *outage = (GstIceOutage) GST_ICE_OUTAGE_INIT;

  return took_us;
}

gint64
gst_ice_outage_get_patience (const GstIceOutage * outage, gint64 now_us,
    gint64 timeout_us)
{
  if (timeout_us < 0)
    return -1;
  if (outage->since_us < 0)
    return timeout_us;

  return MAX (0, outage->since_us + timeout_us - now_us);
}
