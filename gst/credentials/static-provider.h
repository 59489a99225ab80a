/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The identity that the application gave by properties or by
 * provide-identity. Network thread. */

#pragma once

#include "credentials/provider.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_STATIC_PROVIDER (gst_ice_static_provider_get_type ())
G_DECLARE_FINAL_TYPE (GstIceStaticProvider, gst_ice_static_provider, GST,
    ICE_STATIC_PROVIDER, GObject)

/* @identity: (nullable): none yet. (transfer full) */
GstIceCredentialsProvider *gst_ice_static_provider_new (GstIceIdentity *
    identity);

/* Replaces the identity as one; the next call uses it. */
void gst_ice_static_provider_set_identity (GstIceStaticProvider * provider,
    GstIceIdentity * identity);

G_END_DECLS
