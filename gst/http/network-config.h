/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How the network is to be used: what the user set, from the element to the
 * connection.
 *
 * Copied once, when a run begins, and handed on whole from there; immutable
 * and counted then, for any thread. */

#pragma once

#include <gst/gst.h>

#include "common/counted.h"

typedef struct
{
  gchar *user_agent;             /* (owned) the User-Agent header */
  gchar *proxy;                  /* (owned) (nullable) proxy URI; "" for none,
                                  * NULL for the system's. A loopback host is
                                  * never asked for through a given proxy, and
                                  * plain http never goes through any */
  gchar *ca_file;                /* (owned) (nullable) PEM file of CA
                                  * certificates; NULL for the system's */
  gchar *tcp_congestion_control; /* (owned) (nullable) e.g. "bbr"; NULL for the
                                  * system's */
  GstClockTime stall_timeout;    /* longest time without a byte moving */
  guint64 max_upload_bitrate;    /* most that goes out, in bit/s; 0: no limit.
                                  * The first value: it may change */
  gboolean share_upload_bitrate; /* what all that share it send together */

  /*< private >*/
  gatomicrefcount ref_count;
} GstIceNetworkConfig;

/* A copy of @values, which may change later. (transfer full) */
GstIceNetworkConfig *gst_ice_network_config_new (const GstIceNetworkConfig *
    values);
GST_ICE_DECLARE_COUNTED (GstIceNetworkConfig, gst_ice_network_config)
