/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ACS3-HMAC-SHA256, the signature of requests to ICE and STS. Pure functions:
 * time and nonce are arguments.
 *
 * https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature */

#pragma once

#include "common/canonical.h"
#include "credentials/identity.h"

/* Of x-acs-date, for g_date_time_format(). */
#define GST_ICE_ACS3_TIME_FORMAT "%Y-%m-%dT%H:%M:%SZ"

/* `name=value&...`, encoded and sorted by name. (transfer full) */
gchar *gst_ice_acs3_canonical_query (const GstIcePair * query,
    gsize n_query);

/* The text whose digest is signed. @headers: all that take part, names in
 * lower case, x-acs-content-sha256 among them. (transfer full) */
gchar *gst_ice_acs3_canonical_request (const gchar * method,
    const gchar * path, const gchar * canonical_query,
    const GstIcePair * headers, gsize n_headers);

/* The value of the Authorization header. (transfer full) */
gchar *gst_ice_acs3_authorization (const GstIceIdentity * identity,
    const gchar * method, const gchar * path, const gchar * canonical_query,
    const GstIcePair * headers, gsize n_headers);
