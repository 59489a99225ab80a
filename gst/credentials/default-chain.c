/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The order is that of the official SDKs.
 *
 * Runs on: the network thread. Owns: nothing. */

#include "credentials/default-chain.h"

#include "credentials/ecs-provider.h"
#include "credentials/oidc-provider.h"
#include "credentials/profile-provider.h"
#include "credentials/uri-provider.h"

/* @provider: (transfer full) */
static void
add (GstIceProviderChain * chain, GstIceCredentialsProvider * provider)
{
  gst_ice_provider_chain_add (chain, provider);
  g_object_unref (provider);
}

void
gst_ice_default_chain_add_to (GstIceProviderChain * chain,
    GstIceProviderContext * context)
{
  g_autoptr (GstIceRole) role = gst_ice_role_new ();

  gst_ice_provider_chain_add (chain, context->sources->environment);
  add (chain, gst_ice_oidc_provider_new (context, role, NULL, NULL));
  add (chain, gst_ice_profile_provider_new_cli (context));
  add (chain, gst_ice_profile_provider_new_ini (context));
  add (chain, gst_ice_ecs_provider_new (context, NULL, FALSE));
  add (chain, gst_ice_uri_provider_new (context));
}
