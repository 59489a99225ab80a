/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The way of a recording's bytes to the disk, behind their writer's back.
 *
 * Private to this folder. What is written is noted here, and jobs of the spool
 * take it to its place on disk; what is there may leave memory. When the disk is
 * full, parts that have arrived give their room, the oldest first.
 *
 * Any thread. Protected by: the lock of the list of parts, which all functions
 * want held but those under "without the lock". */

#pragma once

#include "recording/part-list.h"

typedef struct _GstIceWriteBehind GstIceWriteBehind;

typedef enum
{
  GST_ICE_SPOOL_NONE,   /* there is none, or it was let go of */
  GST_ICE_SPOOL_READY,  /* what is written goes to it */
  GST_ICE_SPOOL_FULL,   /* it had no room when it was tried last */
  GST_ICE_SPOOL_LOST,   /* it can't be written any more; memory is all there
                         * is */
} GstIceSpoolState;

/* Begins with the spool of @list, if it has one. Jobs may outlast who made it,
 * and need the list: it goes with the last reference. @list: (transfer full).
 * (transfer full) */
GstIceWriteBehind *gst_ice_write_behind_new (GstIcePartList * list);
void gst_ice_write_behind_unref (GstIceWriteBehind * behind);

/* The only way from one state to another. FALSE, and no change, if it is not in
 * @from, or no arrow leads from there to @to; see the file. */
gboolean gst_ice_write_behind_set_state (GstIceWriteBehind * behind,
    GstIceSpoolState from, GstIceSpoolState to);

/* @size bytes were written at @at of @part. */
void gst_ice_write_behind_note_written (GstIceWriteBehind * behind,
    GstIceHeldPart * part, guint64 at, guint64 size);

/* Lets the disk have what is unwritten, if that is enough to be worth it. */
void gst_ice_write_behind_write_out (GstIceWriteBehind * behind,
    gboolean at_once);

/* Memory is full: what is on disk leaves it. TRUE if that freed something. */
gboolean gst_ice_write_behind_evict (GstIceWriteBehind * behind);

/* @part has arrived; memory need not hold it any more. */
void gst_ice_write_behind_evict_part (GstIceWriteBehind * behind,
    GstIceHeldPart * part);

/* @part has arrived, and neither memory nor disk holds it any more: the journal
 * says so, and then its room on disk is freed. */
void gst_ice_write_behind_give_up (GstIceWriteBehind * behind,
    GstIceHeldPart * part);

/* Nothing that was written is of use any more. */
void gst_ice_write_behind_forget (GstIceWriteBehind * behind);

/* Brings the chunk at byte @offset back into memory, if it is only on disk.
 * Leaves the lock for as long as the disk works.
 * Returns: 1 if it is in memory, 0 if there is no room, -1 on error. */
gint gst_ice_write_behind_load (GstIceWriteBehind * behind, guint64 offset,
    GError ** error);

/* What is wrong with the spool, or NULL. (transfer full) */
GError *gst_ice_write_behind_get_error (GstIceWriteBehind * behind);

/* How many bytes from the start are on disk, or on their way there while
 * nothing is wrong. @given_up: (out): some are not, because they have arrived
 * and gave their room. */
guint64 gst_ice_write_behind_get_spooled (GstIceWriteBehind * behind,
    gboolean * given_up);

/* ---- without the lock ---- */

/* Waits until the disk has all that was written, as far as it takes it, up to
 * @deadline_us of g_get_monotonic_time(). */
void gst_ice_write_behind_flush_until (GstIceWriteBehind * behind,
    gint64 deadline_us);

/* Lets go of the spool: nothing goes there any more. */
void gst_ice_write_behind_detach (GstIceWriteBehind * behind);
