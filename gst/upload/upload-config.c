/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The configuration of an upload; see the header.
 *
 * Runs on: filled in by one thread before the upload begins, read by any. */

#include "upload/upload-config.h"

#include "upload/parallelism.h"

/* Connections besides those that carry parts: one for RefreshUploadMedia and
 * what goes alone. */
#define EXTRA_CONNECTIONS 1

GstIceUploadConfig *
gst_ice_upload_config_new (void)
{
  GstIceUploadConfig *config = g_new0 (GstIceUploadConfig, 1);

  config->short_line_us = GST_ICE_PARALLELISM_SHORT_US;

  return config;
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
  g_clear_pointer (&config->network, gst_ice_network_config_unref);
  g_free (config);
}

GstIceHttpClient *
gst_ice_upload_config_create_http_client (const GstIceUploadConfig * config,
    GstIceClock * clock, GError ** error)
{
  return gst_ice_http_client_new (config->network,
      MAX (config->parallel_parts, config->max_parallel_parts)
      + EXTRA_CONNECTIONS, clock, error);
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
