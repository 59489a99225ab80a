/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The RAM role of the ECS instance that this runs on, from its metadata
 * service. Network thread. */

#pragma once

#include "credentials/provider-context.h"

/* @role_name: (nullable): else that of the environment, else what the service
 * says. @is_configured: somebody said that this is an ECS instance, so that a
 * service that does not answer is worth waiting for. (transfer full) */
GstIceCredentialsProvider *gst_ice_ecs_provider_new (GstIceProviderContext *
    context, const gchar * role_name, gboolean is_configured);
