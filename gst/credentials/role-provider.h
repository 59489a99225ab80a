/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A RAM role that another identity takes on: AssumeRole. Network thread. */

#pragma once

#include "credentials/provider-context.h"
#include "credentials/role.h"

/* @source: whose identity signs. @role: what is NULL in it is taken from the
 * environment. Both (transfer none). (transfer full) */
GstIceCredentialsProvider *gst_ice_role_provider_new (GstIceProviderContext *
    context, const GstIceRole * role, GstIceCredentialsProvider * source);
