/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How long a sink keeps the streaming thread, per push.
 *
 * Two probes on the pad before it: one when a buffer or a list comes, one when
 * the pad is idle again, which is when the sink has returned. The times
 * include what GstBaseSink does.
 *
 * Runs on: the streaming thread; results are read when it has ended. */

#pragma once

#include <gst/gst.h>

typedef struct _PushTimes PushTimes;

/* Watches @pad, a source pad; it has to outlive its streaming thread. */
PushTimes *push_times_new (GstPad * pad);
void push_times_free (PushTimes * times);

guint push_times_get_count (PushTimes * times);

/* In nanoseconds; @quantile: 0 to 1. */
guint64 push_times_get_quantile (PushTimes * times, gdouble quantile);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PushTimes, push_times_free)
