/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What is said where a state was to change in a way that is not drawn, which
 * only a mistake of ours brings about.
 *
 * Any thread. */

#pragma once

#include <glib.h>

/* Returns @changed: whether @what went from @from to @to. If not, it is @is. */
gboolean gst_ice_state_check (gboolean changed, const gchar * what, gint from,
    gint to, gint is);
