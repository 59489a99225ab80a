/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* See the header. */

#include "common/state.h"

gboolean
gst_ice_state_check (gboolean changed, const gchar * what, gint from, gint to,
    gint is)
{
  if (!changed)
    g_critical ("%s: no way from %d to %d, it is %d", what, from, to, is);

  return changed;
}
