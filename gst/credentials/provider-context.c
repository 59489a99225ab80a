/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Two HTTP clients and the sources.
 *
 * Runs on: the network thread.
 * Owns: a client of its own for the metadata service, which is one hop away
 * and speaks plain http: a proxy would be asked in vain, or read it all. */

#include "credentials/provider-context.h"

GstIceProviderContext *
gst_ice_provider_context_new (GstIceIdentitySources * sources,
    GstIceHttpClient * http, GstIceNetworkConfig * config)
{
  const GstIceNetworkConfig values = {
    .user_agent = config->user_agent,
    .proxy = (gchar *) "",
    .stall_timeout = config->stall_timeout,
  };
  g_autoptr (GstIceNetworkConfig) direct =
      gst_ice_network_config_new (&values);
  GstIceProviderContext *context = g_new0 (GstIceProviderContext, 1);

  g_atomic_ref_count_init (&context->ref_count);
  context->sources = gst_ice_identity_sources_ref (sources);
  context->http = gst_ice_http_client_ref (http);
  /* It can only fail for a bad proxy or CA file. */
  context->direct_http = gst_ice_http_client_new (direct, 1,
      gst_ice_http_client_get_clock (http), NULL);

  return context;
}

static void
finalize (GstIceProviderContext * context)
{
  gst_ice_identity_sources_unref (context->sources);
  gst_ice_http_client_unref (context->http);
  gst_ice_http_client_unref (context->direct_http);
  g_free (context);
}

GST_ICE_DEFINE_COUNTED (GstIceProviderContext, gst_ice_provider_context,
    finalize)

GstIceClock *
gst_ice_provider_context_get_clock (GstIceProviderContext * context)
{
  return gst_ice_http_client_get_clock (context->http);
}
