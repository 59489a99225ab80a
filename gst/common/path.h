/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Paths as people write them. Pure but for the working directory and the home
 * directory. */

#pragma once

#include <glib.h>

/* The absolute path that @text means: relative to the working directory of this
 * moment, absolute, below the home directory (`~/`), or a `file://` URI of this
 * machine. Errors: GST_ICE_ERROR_SETTINGS. (transfer full) */
gchar *gst_ice_path_resolve (const gchar * text, GError ** error);
