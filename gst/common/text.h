/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What all readers of text that comes from elsewhere do first. Any thread. */

#pragma once

#include <glib.h>
#include <string.h>

/* Moves *@data and *@size behind a byte-order mark, if there is one. */
static inline void
gst_ice_text_skip_mark (const gchar ** data, gsize * size)
{
  if (*size < 3 || memcmp (*data, "\xEF\xBB\xBF", 3) != 0)
    return;

  *data += 3;
  *size -= 3;
}
