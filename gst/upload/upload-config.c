/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The configuration of an upload; see the header.
 *
 * Runs on: filled in by one thread before the upload begins, read by any. */

#include "upload/upload-config.h"

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
