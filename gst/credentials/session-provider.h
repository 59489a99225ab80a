/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The base of providers whose identities end: keeps one until shortly before
 * its end, and asks its source once for all who wait.
 *
 * Runs on: the network thread. An identity without an end is not kept: its
 * source is asked each time. While a renewal fails and the kept identity
 * lives, the kept one is given. */

#pragma once

#include "common/clock.h"
#include "credentials/provider.h"

#define GST_TYPE_ICE_SESSION_PROVIDER (gst_ice_session_provider_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstIceSessionProvider, gst_ice_session_provider,
    GST, ICE_SESSION_PROVIDER, GObject)

/**
 * GstIceSessionProviderClass:
 * @name: for messages
 * @fetch: asks the source: completes the task (transfer full) with a
 *     GstIceIdentity or an error, sooner or later in any case, and early when
 *     the task's cancellable says so
 */
struct _GstIceSessionProviderClass
{
  GObjectClass parent_class;

  const gchar *name;
  void (*fetch) (GstIceSessionProvider * provider, GTask * task);
};

/* To be called once, after the object was made. */
void gst_ice_session_provider_set_clock (GstIceSessionProvider * provider,
    GstIceClock * clock);

/* Completes a task of fetch() with @identity. (transfer full) */
void gst_ice_session_provider_return (GTask * task,
    GstIceIdentity * identity);
