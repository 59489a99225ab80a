/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Numbers in text. Pure function, any thread. */

#pragma once

#include <glib.h>

/* TRUE if @text is a decimal number from @min to @max, digits alone; then it
 * is in @number. */
gboolean gst_ice_parse_number (const gchar * text, guint64 min, guint64 max,
    guint64 * number);
