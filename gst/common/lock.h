/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A lock that is held to the end of a scope. */

#pragma once

#include <glib.h>

/* Takes @mutex, and gives it back on every way out of the scope. Clang would
 * otherwise call the variable unused. */
#define gst_ice_lock_scope(mutex) \
    G_GNUC_UNUSED g_autoptr (GMutexLocker) scope_locker = \
        g_mutex_locker_new (mutex)
