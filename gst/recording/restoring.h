/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Taking over what an earlier run left in a spool.
 *
 * Private to this folder. First the parts come into the list, then each is read,
 * so that its CRC-64 is known, and compared with what had arrived. */

#pragma once

#include "recording/part-list.h"

/* Of one thread at a time: first that of the recording, then jobs. */
typedef struct
{
  GstIcePartList *list; /* (nullable) where the parts go; NULL while nothing is
                         * left */
  guint n_left;         /* parts that are as the journal says */
  guint n_parts;        /* these and those made of the rest */
  guint n_verified;     /* how many of them have been read */
} GstIceRestoring;

/* Puts the parts that the spool of @list has left into it. @size: (out): of what
 * is left, which has fewer bytes behind them than a part takes.
 * Errors: GST_ICE_ERROR_FAILED, GST_ICE_ERROR_NO_SPACE. */
gboolean gst_ice_restoring_begin (GstIceRestoring * restoring,
    GstIcePartList * list, guint64 * size, GError ** error);

/* Reads the next part, from a job of @spool and without the lock. If it had
 * arrived and is the same, it is told to @arrived. @done: (out): there is none.
 * Errors: GST_ICE_ERROR_FAILED (disk, or the list has let go of its spool). */
gboolean gst_ice_restoring_verify_next (GstIceRestoring * restoring,
    GstIceSpool * spool, gboolean * done, GstIceArrivedFunc arrived,
    gpointer user_data, GError ** error);
