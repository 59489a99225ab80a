/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Alibaba Cloud's default chain: where an identity is looked for, in which
 * order. Network thread.
 *
 * The providers are shared by all chains of a thread that look in the same
 * places through the same network: many sinks of one identity ask STS, the
 * metadata service or a program once. */

#pragma once

#include "credentials/identity-sources.h"
#include "credentials/provider-chain.h"
#include "http/http-client.h"

/* Appends environment, OIDC role, configuration file, credentials file, ECS
 * RAM role and credentials URI. @http: goes by @network; what is asked goes
 * through it, if no other chain has brought one. */
void gst_ice_default_chain_add_to (GstIceProviderChain * chain,
    GstIceIdentitySources * sources, GstIceHttpClient * http,
    GstIceNetworkConfig * network);
