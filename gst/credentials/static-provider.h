/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An identity that is simply there: what the application gave by properties or
 * by provide-identity, what a profile has in it, or what the environment held
 * in ALIBABA_CLOUD_ACCESS_KEY_ID, _ACCESS_KEY_SECRET and, if set,
 * ALIBABA_CLOUD_SECURITY_TOKEN. Network thread. */

#pragma once

#include "credentials/provider.h"

#define GST_TYPE_ICE_STATIC_PROVIDER (gst_ice_static_provider_get_type ())
G_DECLARE_FINAL_TYPE (GstIceStaticProvider, gst_ice_static_provider, GST,
    ICE_STATIC_PROVIDER, GObject)

/* @identity: (nullable): none yet. (transfer full) */
GstIceCredentialsProvider *gst_ice_static_provider_new (GstIceIdentity *
    identity);

/* Reads the variables now, since other threads may change the environment
 * later. Call it on the thread that starts the sink. (transfer full) */
GstIceCredentialsProvider *gst_ice_static_provider_new_from_environment (void);

/* Replaces the identity as one; the next call uses it. */
void gst_ice_static_provider_set_identity (GstIceStaticProvider * provider,
    GstIceIdentity * identity);
