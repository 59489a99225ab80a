/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What an earlier run left at OSS, and how far it has been compared with the
 * journal.
 *
 * The journal is believed, but the service is asked: ListParts tells which of
 * the parts that had arrived are still there as they were; the others are sent
 * again. Where it may not be asked the journal's word counts.
 *
 * A pure value for the network thread; it sends nothing. */

#pragma once

#include "upload/part-table.h"

typedef enum
{
  GST_ICE_RESUMPTION_NONE,      /* nothing of an earlier run is gone on with */
  GST_ICE_RESUMPTION_LEFT,      /* there is an upload; no lease has come yet */
  GST_ICE_RESUMPTION_COMPARING, /* it goes on; its parts are being compared */
  GST_ICE_RESUMPTION_COMPARED,  /* it goes on, and that is done */
} GstIceResumptionState;

typedef struct
{
  GstIceResumptionState state;
  gchar *bucket;        /* (owned) (nullable) where the upload went */
  gchar *object;        /* (owned) (nullable) likewise */
  gchar *upload_id;     /* (owned) (nullable) its id */
  guint compared;       /* the last part that has been compared */
  guint list_marker;    /* the page of ListParts that comes next */
} GstIceResumption;

/* An earlier run left @upload_id. */
void gst_ice_resumption_begin (GstIceResumption * resumption,
    const gchar * bucket, const gchar * object, const gchar * upload_id);

/* Back to NONE. */
void gst_ice_resumption_clear (GstIceResumption * resumption);

/* Changes @state, which must be @from. FALSE, and no change, if it is not, or
 * if there is no such transition. */
gboolean gst_ice_resumption_state_change (GstIceResumptionState * state,
    GstIceResumptionState from, GstIceResumptionState to);

/* TRUE if the upload that was left is of @object in @bucket. */
gboolean gst_ice_resumption_is_of (const GstIceResumption * resumption,
    const gchar * bucket, const gchar * object);

/* The upload that was left goes on. @n_arrived: how many parts are said to
 * have arrived; if there are none, nothing is compared. */
void gst_ice_resumption_go_on (GstIceResumption * resumption,
    guint n_arrived);

/**
 * gst_ice_resumption_compare:
 * @parts: what is said to have arrived; what has not waits again
 * @listed: (nullable) (element-type GstIceOssPart): a page of ListParts
 * @next_marker: of the next page, 0: it was the last one
 *
 * Returns: 0, or the number of the first part that has to be sent again and
 *     can't be had.
 */
guint gst_ice_resumption_compare (GstIceResumption * resumption,
    GstIcePartTable * parts, GPtrArray * listed, guint next_marker);

/* ListParts is refused: the journal is trusted. */
void gst_ice_resumption_trust (GstIceResumption * resumption);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstIceResumption, gst_ice_resumption_clear)
