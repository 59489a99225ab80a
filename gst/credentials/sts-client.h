/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* STS, the service that gives out temporary identities (API 2015-04-01).
 *
 * Runs on: the network thread. One call is one attempt. It learns the
 * service's clock from each answer that is the service's own.
 *
 * https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole */

#pragma once

#include "credentials/role.h"
#include "http/http-client.h"

/* AssumeRole, signed by @identity. */
void gst_ice_sts_assume_role_async (GstIceHttpClient * http,
    GstIceEndpoint * endpoint, const GstIceRole * role,
    GstIceIdentity * identity, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* AssumeRoleWithOIDC, which is not signed: @token is what is proven with. */
void gst_ice_sts_assume_role_with_oidc_async (GstIceHttpClient * http,
    GstIceEndpoint * endpoint, const GstIceRole * role,
    const gchar * oidc_provider_arn, const gchar * token,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);

/* Of either. Errors: GST_ICE_ERROR_NOT_AUTHORIZED, _CLOCK_SKEW,
 * _IDENTITY_EXPIRED (of the one that signed), _THROTTLED, _UNAVAILABLE,
 * _PROTOCOL, those of the HTTP client. (transfer full) */
GstIceIdentity *gst_ice_sts_finish (GAsyncResult * result, GError ** error);
