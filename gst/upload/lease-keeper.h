/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Keeps a living lease for one upload.
 *
 * Runs on: the network thread. It gets the first lease, renews each ahead of
 * its end, and renews at once when the service refuses one that was thought to
 * live. There is one renewal at a time, and none of them holds anything up:
 * the old lease stays the current one until a new one is there.
 *
 * A lease comes from ICE, or from the application where that has promised
 * one. */

#pragma once

#include "ice/media-client.h"

typedef struct _GstIceLeaseKeeper GstIceLeaseKeeper;

/**
 * GstIceLeaseKeeperCallbacks:
 * @leased: there is a new lease
 * @ask: asks the application for a credential; TRUE if its answer will come,
 *     by gst_ice_lease_keeper_answer(). @reason: start, expiring, expired or
 *     refused
 * @failed: an attempt failed. @final: no more attempts are made, and the
 *     lease is dead. @delay_us: time until the next attempt otherwise
 *
 * All of them are called on the network thread.
 */
typedef struct
{
  void (*leased) (GstIceLease * lease, gpointer user_data);
  gboolean (*ask) (const gchar * reason, gpointer user_data);
  void (*failed) (const GError * error, gboolean final, gint64 delay_us,
      gpointer user_data);
} GstIceLeaseKeeperCallbacks;

/* @retry_timeout_us: how long to try while there is no living lease; -1: for
 * ever. (transfer full) */
GstIceLeaseKeeper *gst_ice_lease_keeper_new (GstIceMediaClient * client,
    GstIceClock * clock, const gchar * media_id, gint64 retry_timeout_us,
    const GstIceLeaseKeeperCallbacks * callbacks, gpointer user_data);

/* Ends all it does; no callback is called any more. */
void gst_ice_lease_keeper_free (GstIceLeaseKeeper * keeper);

/* Gets the first lease. */
void gst_ice_lease_keeper_start (GstIceLeaseKeeper * keeper);

/* Takes up @lease, which the application gave. */
void gst_ice_lease_keeper_provide (GstIceLeaseKeeper * keeper,
    GstIceLease * lease);

/* The application's answer to ask: TRUE: it will provide a credential; FALSE:
 * ICE is called. */
void gst_ice_lease_keeper_answer (GstIceLeaseKeeper * keeper,
    gboolean promised);

/* The current lease if it still lives, else NULL. (transfer none) */
GstIceLease *gst_ice_lease_keeper_get_lease (GstIceLeaseKeeper * keeper);

/* The service has refused @lease: renews at once, unless another one has taken
 * its place. */
void gst_ice_lease_keeper_refused (GstIceLeaseKeeper * keeper,
    GstIceLease * lease);

/* Leases taken up so far. */
guint gst_ice_lease_keeper_get_generation (GstIceLeaseKeeper * keeper);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceLeaseKeeper, gst_ice_lease_keeper_free)
