/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Uploads what is left of fragments that are over, from their spools.
 *
 * A few at a time, whatever the number that waits: so the memory that they
 * take is bounded, and so are connections. What waits is on disk, and costs a
 * few bytes here. A fragment that the service refuses goes back to the end of
 * the queue, and the others go on.
 *
 * Main thread. */

#pragma once

#include <gst/gst.h>

typedef struct _Finisher Finisher;

/* Sets all up of an icesink but its media id and resume. */
typedef void (*FinisherSetUpFunc) (GstElement * icesink, gpointer user_data);

/* @parallel: how many at a time. (transfer full) */
Finisher *finisher_new (guint parallel, FinisherSetUpFunc set_up,
    gpointer user_data);

/* What is not finished stays in its spool. */
void finisher_free (Finisher * finisher);

/* Takes a fragment in. @pending: bytes that have not arrived. @since: monotonic
 * time of the oldest of them. */
void finisher_add (Finisher * finisher, const gchar * media_id,
    guint64 pending, gint64 since);

/* Starts what can be started. To be called once a second. */
void finisher_tick (Finisher * finisher);

/* Fragments that are not complete. */
guint finisher_count (Finisher * finisher);

/* Adds what they take and have to @memory and @pending; @since becomes the
 * time of the oldest byte that has not arrived, if that is earlier. */
void finisher_measure (Finisher * finisher, guint64 * memory,
    guint64 * pending, gint64 * since);
