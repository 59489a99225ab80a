/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The identity that an address gives out: ALIBABA_CLOUD_CREDENTIALS_URI.
 * Network thread. */

#pragma once

#include "credentials/provider-context.h"

/* (transfer full) */
GstIceCredentialsProvider *gst_ice_uri_provider_new (GstIceProviderContext *
    context);
