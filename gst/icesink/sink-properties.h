/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The properties of the element: their specs, and the settings behind them.
 *
 * `location` and `stats` are the element's own business; all others are a
 * setting each. */

#pragma once

#include "icesink/settings.h"

G_BEGIN_DECLS

typedef enum
{
  PROP_MEDIA_ID = 1,
  PROP_LOCATION,
  PROP_REGION,
  PROP_ICE_ENDPOINT,
  PROP_OSS_ENDPOINT,
  PROP_ACCESS_KEY_ID,
  PROP_ACCESS_KEY_SECRET,
  PROP_SECURITY_TOKEN,
  PROP_PROFILE,
  PROP_UPLOAD_ADDRESS,
  PROP_UPLOAD_AUTH,
  PROP_PART_SIZE,
  PROP_MAX_PART_DURATION,
  PROP_PARALLEL_PARTS,
  PROP_MAX_MEMORY,
  PROP_SEEKABLE,
  PROP_HEAD_SIZE,
  PROP_SPOOL_DIRECTORY,
  PROP_SPOOL_MAX_SIZE,
  PROP_OVERFLOW,
  PROP_RESUME,
  PROP_ON_STOP,
  PROP_ON_ERROR,
  PROP_RETRY_TIMEOUT,
  PROP_STALL_TIMEOUT,
  PROP_STOP_TIMEOUT,
  PROP_CONTENT_TYPE,
  PROP_VERIFY,
  PROP_PROXY,
  PROP_TCP_CONGESTION_CONTROL,
  PROP_SSL_CA_FILE,
  PROP_USER_AGENT,
  PROP_POST_MESSAGES,
  PROP_PROGRESS_INTERVAL,
  PROP_STATS,
  N_PROPS,
} GstIceSinkProperty;

/* Once, in class_init. */
void gst_ice_sink_properties_install (GObjectClass * object_class);

/* Sets a setting. Call with the element's object lock held. */
void gst_ice_sink_properties_set (GstIceSettings * settings,
    GstIceSinkProperty id, const GValue * value);

/* Reads a setting. Call with the element's object lock held. */
void gst_ice_sink_properties_get (const GstIceSettings * settings,
    GstIceSinkProperty id, GValue * value);

/* FALSE for what does not exist, or must never be read. */
gboolean gst_ice_sink_properties_is_readable (guint id);

G_END_DECLS
