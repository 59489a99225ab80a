/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Alibaba Cloud's default chain: where an identity is looked for, in which
 * order. Network thread. */

#pragma once

#include "credentials/provider-chain.h"
#include "credentials/provider-context.h"

G_BEGIN_DECLS

/* Appends environment, OIDC role, configuration file, credentials file, ECS
 * RAM role and credentials URI. */
void gst_ice_default_chain_add_to (GstIceProviderChain * chain,
    GstIceProviderContext * context);

G_END_DECLS
