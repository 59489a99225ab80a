/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The identity in ALIBABA_CLOUD_ACCESS_KEY_ID, _ACCESS_KEY_SECRET and, if
 * set, ALIBABA_CLOUD_SECURITY_TOKEN. Network thread. */

#pragma once

#include "credentials/provider.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_ENVIRONMENT_PROVIDER \
    (gst_ice_environment_provider_get_type ())
G_DECLARE_FINAL_TYPE (GstIceEnvironmentProvider,
    gst_ice_environment_provider, GST, ICE_ENVIRONMENT_PROVIDER, GObject)

/* Reads the variables now, since other threads may change the environment
 * later. Call it on the thread that starts the sink. (transfer full) */
GstIceCredentialsProvider *gst_ice_environment_provider_new (void);

G_END_DECLS
