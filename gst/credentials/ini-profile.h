/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Profiles of ~/.alibabacloud/credentials, a file in INI form. Pure
 * function. */

#pragma once

#include "credentials/profile.h"

/* The profile @name, or `default` for NULL. Errors:
 * GST_ICE_ERROR_NOT_AUTHORIZED; the text quotes names and types, nothing
 * else. (transfer full) */
GstIceProfile *gst_ice_ini_profile_read (const gchar * text, gsize size,
    const gchar * name, GError ** error);
