/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A service's address: scheme, host, port, and what its host name tells.
 *
 * Immutable and counted; any thread. Endpoints come from properties, which
 * may say plain http only for a loopback host, and from upload credentials,
 * whose plain http is upgraded. */

#pragma once

#include "common/counted.h"

typedef struct _GstIceEndpoint GstIceEndpoint;

struct _GstIceEndpoint
{
  gboolean tls;         /* https */
  gchar *host;          /* (owned) lower case, an IPv6 address without
                         * brackets */
  guint16 port;         /* TCP port, the scheme's default if none was given */
  gboolean is_address;  /* @host is an IPv4 or IPv6 address */
  gboolean is_loopback; /* @host is a literal 127.0.0.0/8, ::1, or
                         * `localhost` */

  /*< private >*/
  gatomicrefcount ref_count;
};

/* Parses `[http://|https://]HOST[:PORT][/]`; https if no scheme is given. No
 * path, query, userinfo. Errors: GST_ICE_ERROR_SETTINGS. (transfer full) */
GstIceEndpoint *gst_ice_endpoint_parse (const gchar * text, GError ** error);

/* The same, and refuses plain http to a host that is not loopback.
 * (transfer full) */
GstIceEndpoint *gst_ice_endpoint_parse_setting (const gchar * text,
    GError ** error);

/* @endpoint, or its https twin if it is plain http to a host that is not
 * loopback. (transfer full) */
GstIceEndpoint *gst_ice_endpoint_secure (GstIceEndpoint * endpoint);

GST_ICE_DECLARE_COUNTED (GstIceEndpoint, gst_ice_endpoint)

/* `https://host[:port]`, the port only if it is not the scheme's default.
 * (transfer full) */
gchar *gst_ice_endpoint_to_string (const GstIceEndpoint * endpoint);

/* The Host header for @subdomain (nullable) at this endpoint: brackets for
 * IPv6, the port if it is not the default. (transfer full) */
gchar *gst_ice_endpoint_get_host_header (const GstIceEndpoint * endpoint,
    const gchar * subdomain);

/* The region an OSS host names (`oss-cn-shanghai[-internal].aliyuncs.com` and
 * its kin), or NULL. (transfer full) (nullable) */
gchar *gst_ice_endpoint_get_oss_region (const GstIceEndpoint * endpoint);

/* The bare region id in @text, `cn-shanghai` also of `oss-cn-shanghai` and of
 * `cn-shanghai-internal`; NULL if it is none. (transfer full) (nullable) */
gchar *gst_ice_region_normalize (const gchar * text);
