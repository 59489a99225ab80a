/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS4-HMAC-SHA256, the signature of an OSS request in its Authorization
 * header. Pure functions: time is an argument.
 *
 * https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4 */

#pragma once

#include "common/canonical.h"
#include "credentials/identity.h"

/* `/bucket/key`, encoded; either may be NULL. (transfer full) */
gchar *gst_ice_oss_signer_canonical_uri (const gchar * bucket,
    const gchar * key);

/* Encoded, sorted, a name alone where the value is NULL or empty. This is
 * also what goes on the wire. (transfer full) */
gchar *gst_ice_oss_signer_canonical_query (const GstIcePair * query,
    gsize n_query);

/* @headers: those that will be sent, names in lower case, x-oss-date and
 * x-oss-content-sha256 among them; the function picks the ones that are
 * signed. @additional: (nullable): names signed besides, NULL-terminated.
 * (transfer full) */
gchar *gst_ice_oss_signer_canonical_request (const gchar * method,
    const gchar * canonical_uri, const gchar * canonical_query,
    const GstIcePair * headers, gsize n_headers,
    const gchar * const *additional);

/* The value of the Authorization header. @region: the bare id,
 * `cn-shanghai`; @product: `oss`. (transfer full) */
gchar *gst_ice_oss_signer_authorization (const GstIceIdentity * identity,
    const gchar * region, const gchar * product, const gchar * method,
    const gchar * canonical_uri, const gchar * canonical_query,
    const GstIcePair * headers, gsize n_headers,
    const gchar * const *additional);
