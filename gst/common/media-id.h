/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Ids of media assets. Pure function, any thread. */

#pragma once

#include <glib.h>

/* TRUE for 1 to 128 of `A-Z a-z 0-9 _ -`: an id is printed, taken for an
 * argument, and the name of a directory. @text: (nullable) */
gboolean gst_ice_media_id_is_valid (const gchar * text);
