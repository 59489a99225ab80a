/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One media asset has one writer in a process: of two at the same time, the
 * second would overwrite the first, with a success for both. */

#pragma once

#include "icesink/settings.h"

/* Claims the media asset of @settings. NULL with GST_ICE_ERROR_SETTINGS if
 * somebody else has. Any thread. (transfer full) */
gchar *gst_ice_media_claim_take (const GstIceSettings * settings,
    GError ** error);

/* @claim: (transfer full) */
void gst_ice_media_claim_drop (gchar * claim);
