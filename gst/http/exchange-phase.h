/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How far an exchange has come. A pure value; any thread.
 *
 *     QUEUED ──▶ CONNECTING ──▶ SENDING ──▶ WAITING ──▶ READING
 *        └─ a kept connection ─────▲ */

#pragma once

#include <glib.h>

typedef enum
{
  GST_ICE_EXCHANGE_QUEUED,     /* libsoup has no connection for it yet */
  GST_ICE_EXCHANGE_CONNECTING, /* a new one is made, TLS included */
  GST_ICE_EXCHANGE_SENDING,    /* head and body go out */
  GST_ICE_EXCHANGE_WAITING,    /* all is sent, for an answer */
  GST_ICE_EXCHANGE_READING,    /* the head of the answer is there */
} GstIceExchangePhase;

/* Takes @phase from @from to @to. FALSE, and nothing is changed, if it is not
 * @from, or if the way there is not drawn above. */
gboolean gst_ice_exchange_phase_change (GstIceExchangePhase * phase,
    GstIceExchangePhase from, GstIceExchangePhase to);
