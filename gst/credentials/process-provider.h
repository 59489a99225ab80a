/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The identity that a program prints: mode External of the command-line
 * tool's configuration. Network thread; the program runs beside it. */

#pragma once

#include "credentials/provider-context.h"

/* @command: (nullable): words as a shell splits them; no shell runs it.
 * (transfer full) */
GstIceCredentialsProvider *gst_ice_process_provider_new (GstIceProviderContext
    * context, GstIceSecret * command);
