/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What providers need to do their work, shared by those of one chain.
 *
 * Runs on: the network thread. */

#pragma once

#include "common/counted.h"
#include "credentials/identity-sources.h"
#include "http/http-client.h"

typedef struct
{
  GstIceIdentitySources *sources; /* (owned) what the environment says */
  GstIceHttpClient *http;         /* (owned) for STS and other services */
  GstIceHttpClient *direct_http;  /* (owned) for plain http, which never goes
                                   * through a proxy */

  /*< private >*/
  gatomicrefcount ref_count;
} GstIceProviderContext;

/* @config: that of @http. (transfer full) */
GstIceProviderContext *gst_ice_provider_context_new (GstIceIdentitySources *
    sources, GstIceHttpClient * http, GstIceNetworkConfig * config);
GST_ICE_DECLARE_COUNTED (GstIceProviderContext, gst_ice_provider_context)

GstIceClock *gst_ice_provider_context_get_clock (GstIceProviderContext *
    context);
