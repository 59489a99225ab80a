/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A RAM role that an OpenID Connect token opens: AssumeRoleWithOIDC, as in a
 * Kubernetes cluster with RRSA. Network thread. */

#pragma once

#include "credentials/provider-context.h"
#include "credentials/role.h"

/* What is NULL is taken from the environment; if it is not there either,
 * asking says so. @role: (transfer none). (transfer full) */
GstIceCredentialsProvider *gst_ice_oidc_provider_new (GstIceProviderContext *
    context, const GstIceRole * role, const gchar * oidc_provider_arn,
    const gchar * oidc_token_file);
