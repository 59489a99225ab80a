/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The configuration of an upload; see the header.
 *
 * Runs on: filled in by one thread before the upload begins, read by any. */

#include "upload/upload-config.h"

/* Connections besides those that carry parts: one for RefreshUploadMedia and
 * what goes alone. */
#define EXTRA_CONNECTIONS 1

GstIceUploadConfig *
gst_ice_upload_config_new (void)
{
  return g_new0 (GstIceUploadConfig, 1);
}

void
gst_ice_upload_config_free (GstIceUploadConfig * config)
{
  g_free (config->media_id);
  g_clear_pointer (&config->ice_endpoint, gst_ice_endpoint_unref);
  g_clear_pointer (&config->oss_endpoint, gst_ice_endpoint_unref);
  g_free (config->region);
  g_clear_pointer (&config->identity, gst_ice_identity_unref);
  g_clear_pointer (&config->sources, gst_ice_identity_sources_unref);
  g_clear_pointer (&config->first_lease, gst_ice_lease_unref);
  g_free (config->proxy);
  g_free (config->tcp_congestion_control);
  g_free (config->ca_file);
  g_free (config->user_agent);
  g_free (config);
}

void
gst_ice_upload_config_get_http_config (const GstIceUploadConfig * config,
    GstIceHttpConfig * http_config)
{
  *http_config = (GstIceHttpConfig) {
    .user_agent = config->user_agent,
    .proxy = config->proxy,
    .ca_file = config->ca_file,
    .tcp_congestion_control = config->tcp_congestion_control,
    .stall_timeout_us = config->stall_timeout_us,
    .max_connections = config->parallel_parts + EXTRA_CONNECTIONS,
  };
}

GstIceOssObject *
gst_ice_upload_config_get_object (const GstIceUploadConfig * config,
    GstIceLease * lease)
{
  g_autoptr (GstIceEndpoint) endpoint = NULL;
  g_autofree gchar *host_region = NULL;
  const gchar *region;

  if (config->oss_endpoint != NULL)
    endpoint = gst_ice_endpoint_ref (config->oss_endpoint);
  else
    endpoint = gst_ice_endpoint_secure (lease->endpoint);

  host_region = gst_ice_endpoint_get_oss_region (endpoint);
  region = host_region;
  if (region == NULL)
    region = lease->signing_region;
  if (region == NULL)
    region = config->region;

  return gst_ice_oss_object_new (endpoint, lease->bucket, lease->key, region);
}
