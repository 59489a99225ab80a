/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An end to something that could take for ever.
 *
 * Runs on: the network thread, whose main context has the timer. */

#pragma once

#include <gio/gio.h>

typedef struct _GstIceTimeLimit GstIceTimeLimit;

/* A cancellable that is cancelled with @parent (nullable), or after
 * @limit_us. (transfer full) */
GstIceTimeLimit *gst_ice_time_limit_new (GCancellable * parent,
    gint64 limit_us);
void gst_ice_time_limit_free (GstIceTimeLimit * limit);

GCancellable *gst_ice_time_limit_get_cancellable (GstIceTimeLimit * limit);

/* TRUE if it was the time that ended it. */
gboolean gst_ice_time_limit_is_over (const GstIceTimeLimit * limit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceTimeLimit, gst_ice_time_limit_free)
