/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The identity of a profile in a configuration file: that of the command-line
 * tool, or the one in INI form. Network thread. */

#pragma once

#include "credentials/profile.h"

/* ~/.aliyun/config.json (transfer full) */
GstIceCredentialsProvider *gst_ice_profile_provider_new_cli
    (GstIceProviderContext * context);

/* ~/.alibabacloud/credentials (transfer full) */
GstIceCredentialsProvider *gst_ice_profile_provider_new_ini
    (GstIceProviderContext * context);
