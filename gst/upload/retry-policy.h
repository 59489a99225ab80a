/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What to do about a failed request, and when.
 *
 * Pure functions; the random number is an argument. What a service's answer
 * means was decided below, in the error's code; here that becomes an action. */

#pragma once

#include "common/error.h"

typedef enum
{
  GST_ICE_RETRY_FAIL,   /* nothing helps */
  GST_ICE_RETRY_LATER,  /* the same again after a delay */
  GST_ICE_RETRY_NOW,    /* the same again at once, signed anew: what failed was
                         * not the service */
  GST_ICE_RETRY_RENEW,  /* the same again with a new lease: at once for the
                         * first in a row, then after a delay, since a key that
                         * was just made may be unknown to OSS for a moment */
} GstIceRetryAction;

/* What one request has been through since it last succeeded. */
typedef struct
{
  guint failures;          /* failed attempts in a row, this one included */
  gint code;               /* of the last of them */
  gint64 since_us;         /* when the first of those with @code in a row
                            * failed, monotonic */
  guint resigned;          /* failures in a row after which it was signed anew
                            * at once */
  guint stale_connections; /* attempts in a row on a kept connection that the
                            * service had closed */
  guint unknown_uploads;   /* attempts in a row that were told NoSuchUpload */
  guint refused_leases;    /* leases in a row that were refused, this one
                            * included */
} GstIceRetryHistory;

/* Decides about @error, which came at @now_us, and counts it in @history. */
GstIceRetryAction gst_ice_retry_policy_decide (const GError * error,
    GstIceRetryHistory * history, gint64 now_us);

/* TRUE if @error says something of this request alone, so that the success of
 * another is not its end. */
gboolean gst_ice_retry_policy_is_about_request (const GError * error);

/* TRUE if @error is a redirect, as all answers for a while. If nothing has ever
 * been answered otherwise, waiting can't cure that. */
gboolean gst_ice_retry_policy_leads_astray (const GError * error,
    const GstIceRetryHistory * history, gint64 now_us);

/* TRUE if @error is an answer that says success in words nobody understands:
 * what was asked for has probably been done. */
gboolean gst_ice_retry_policy_is_unreadable_success (const GError * error);

/* TRUE if the service may have carried out what it gave no clear answer to. */
gboolean gst_ice_retry_policy_leaves_doubt (const GError * error);

/* Microseconds to wait before the next attempt after @failures in a row: full
 * jitter, bounded below by what the service asked for in @error.
 * @random: from 0 to 1. */
gint64 gst_ice_retry_policy_get_delay (const GError * error, guint failures,
    gdouble random);

/* When to renew a lease ahead of its end: microseconds after it was issued,
 * for a life of @life_us. @random: from 0 to 1. */
gint64 gst_ice_retry_policy_get_renewal (gint64 life_us, gdouble random);
