/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Several providers in order: the first that has an identity wins.
 *
 * Network thread. Remembers the provider that worked, never one that failed;
 * invalidating the chain makes it begin with the first one again, which is
 * wanted too when the application provides another explicit identity. When none
 * has an identity, the error lists each by name with its reason. */

#pragma once

#include "credentials/provider.h"

#define GST_TYPE_ICE_PROVIDER_CHAIN (gst_ice_provider_chain_get_type ())
G_DECLARE_FINAL_TYPE (GstIceProviderChain, gst_ice_provider_chain, GST,
    ICE_PROVIDER_CHAIN, GObject)

GstIceProviderChain *gst_ice_provider_chain_new (void);

/* Appends @provider. (transfer none) */
void gst_ice_provider_chain_add (GstIceProviderChain * chain,
    GstIceCredentialsProvider * provider);

/* The name of the provider that had the identity last, or NULL. */
const gchar *gst_ice_provider_chain_get_source (GstIceProviderChain * chain);
