/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Work that waits for the disk, one piece at a time.
 *
 * Jobs of one queue run one after the other, in the order in which they were
 * added, on a few threads that all queues of the process share. Any thread. */

#pragma once

#include "common/counted.h"

typedef struct _GstIceJobQueue GstIceJobQueue;

typedef void (*GstIceJobFunc) (gpointer user_data);

/* (transfer full) */
GstIceJobQueue *gst_ice_job_queue_new (void);

/* Jobs that wait keep the queue alive. */
GST_ICE_DECLARE_COUNTED (GstIceJobQueue, gst_ice_job_queue)

/* Runs @func after all that was added before. Never waits. */
void gst_ice_job_queue_add (GstIceJobQueue * queue, GstIceJobFunc func,
    gpointer user_data);

/* Waits until all jobs that were added so far are done; never from a job of
 * this queue. */
void gst_ice_job_queue_flush (GstIceJobQueue * queue);

/* The same, but no longer than up to @deadline_us of g_get_monotonic_time().
 * FALSE if they are not done by then. */
gboolean gst_ice_job_queue_flush_until (GstIceJobQueue * queue,
    gint64 deadline_us);

/* TRUE inside a job of this queue. */
gboolean gst_ice_job_queue_is_current (GstIceJobQueue * queue);
