/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Numbers in text; see the header. */

#include "common/number.h"

gboolean
gst_ice_parse_number (const gchar * text, guint64 min, guint64 max,
    guint64 * number)
{
  /* The first conversion of a process makes GLib's C locale. Threads that do
   * so at the same time may leave an errno behind, which
   * g_ascii_string_to_unsigned() would take for a bad number (2.74). This one
   * does not look at it, and once it has returned, the locale is there. */
  g_ascii_strtoull ("0", NULL, 10);

  return g_ascii_string_to_unsigned (text, 10, min, max, number, NULL);
}
