/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The ways that are drawn in the header. Any thread. */

#include "http/exchange-phase.h"

#define TO(phase) (1u << GST_ICE_EXCHANGE_##phase)

static const guint drawn[] = {
  [GST_ICE_EXCHANGE_QUEUED] = TO (CONNECTING) | TO (SENDING),
  [GST_ICE_EXCHANGE_CONNECTING] = TO (SENDING),
  [GST_ICE_EXCHANGE_SENDING] = TO (WAITING),
  [GST_ICE_EXCHANGE_WAITING] = TO (READING),
  [GST_ICE_EXCHANGE_READING] = 0,
};

gboolean
gst_ice_exchange_phase_change (GstIceExchangePhase * phase,
    GstIceExchangePhase from, GstIceExchangePhase to)
{
  if (*phase != from || (drawn[from] & (1u << to)) == 0)
    return FALSE;

  *phase = to;
  return TRUE;
}
