/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Copying and counting; see the header. Any thread. */

#include "http/network-config.h"

GstIceNetworkConfig *
gst_ice_network_config_new (const GstIceNetworkConfig * values)
{
  GstIceNetworkConfig *config = g_new0 (GstIceNetworkConfig, 1);

  g_atomic_ref_count_init (&config->ref_count);
  config->user_agent = g_strdup (values->user_agent);
  config->proxy = g_strdup (values->proxy);
  config->ca_file = g_strdup (values->ca_file);
  config->tcp_congestion_control = g_strdup (values->tcp_congestion_control);
  config->stall_timeout = values->stall_timeout;
  config->max_upload_bitrate = values->max_upload_bitrate;
  config->share_upload_bitrate = values->share_upload_bitrate;

  return config;
}

static void
finalize (GstIceNetworkConfig * config)
{
  g_free (config->user_agent);
  g_free (config->proxy);
  g_free (config->ca_file);
  g_free (config->tcp_congestion_control);
  g_free (config);
}

GST_ICE_DEFINE_COUNTED (GstIceNetworkConfig, gst_ice_network_config, finalize)
