/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Profiles of ~/.aliyun/config.json, the configuration of the command-line
 * tool `aliyun`. Pure function. */

#pragma once

#include "credentials/profile.h"

/* The profile @name, or the file's current one for NULL. @now_us: wall clock,
 * for identities that the tool keeps there until they end. Errors:
 * GST_ICE_ERROR_NOT_AUTHORIZED; the text quotes names and modes, nothing
 * else. (transfer full) */
GstIceProfile *gst_ice_cli_profile_read (const gchar * text, gsize size,
    const gchar * name, gint64 now_us, GError ** error);
