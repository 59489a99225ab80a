/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The retry policy; see the header.
 *
 * Runs on: any thread. Owns nothing. */

#include "upload/retry-policy.h"

/* Full jitter over 200 ms x 2^n up to 20 s, as the official SDKs wait; a
 * service that asks for fewer calls gets five times that. */
#define BASE_DELAY_US (200 * 1000)
#define MAX_DELAY_US (20 * G_USEC_PER_SEC)
#define THROTTLED_FACTOR 5

/* An uplink that fails at once must not be tried in a tight loop. */
#define MIN_DELAY_US (20 * 1000)

/* The longest wait that a service may ask for. */
#define MAX_RETRY_AFTER_US (120 * G_USEC_PER_SEC)

/* A page to log in at may come up for a moment, and go. */
#define MAX_REDIRECTS_US (5 * (gint64) G_USEC_PER_SEC)

/* Kept connections that turn out dead cost nothing; there are no more of them
 * than this in a row. */
#define MAX_STALE_CONNECTIONS 4

/* A renewal ahead of time starts at this share of the life, earlier by up to
 * the jitter so that many recorders do not come at once... */
#define RENEWAL_SHARE 0.8
#define RENEWAL_JITTER 0.05
/* ...and at least so long before the end, if that still leaves half a life. */
#define RENEWAL_MARGIN_US (120 * G_USEC_PER_SEC)

static GstIceRetryAction
decide_network (const GError * error, GstIceRetryHistory * history)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (details->reused_connection
      && ++history->stale_connections <= MAX_STALE_CONNECTIONS)
    return GST_ICE_RETRY_NOW;

  return GST_ICE_RETRY_LATER;
}

static void
count (const GError * error, GstIceRetryHistory * history, gint64 now_us)
{
  if (history->failures++ == 0 || history->code != error->code)
    history->since_us = now_us;
  history->code = error->code;
}

/* What is final is what waiting can't cure, and only that: nothing ends because
 * it was tried often. */
GstIceRetryAction
gst_ice_retry_policy_decide (const GError * error,
    GstIceRetryHistory * history, gint64 now_us)
{
  count (error, history, now_us);

  /* Our own doing, as G_IO_ERROR_CANCELLED. */
  if (error->domain != GST_ICE_ERROR)
    return GST_ICE_RETRY_FAIL;

  switch ((GstIceErrorCode) error->code) {
    case GST_ICE_ERROR_TOKEN_EXPIRED:
      history->refused_leases++;
      return GST_ICE_RETRY_RENEW;
    case GST_ICE_ERROR_CLOCK_SKEW:
    case GST_ICE_ERROR_IDENTITY_EXPIRED:
      return history->resigned++ == 0 ? GST_ICE_RETRY_NOW
          : GST_ICE_RETRY_LATER;
    case GST_ICE_ERROR_NETWORK:
      return decide_network (error, history);
    case GST_ICE_ERROR_DAMAGED:
    case GST_ICE_ERROR_THROTTLED:
    case GST_ICE_ERROR_UNAVAILABLE:
    case GST_ICE_ERROR_TLS:
    case GST_ICE_ERROR_STALLED:
    case GST_ICE_ERROR_PROTOCOL:
      return GST_ICE_RETRY_LATER;
    case GST_ICE_ERROR_FAILED:
      /* The service understood and refuses: the same gets the same answer. */
    case GST_ICE_ERROR_SETTINGS:
      /* Settings don't change while the upload runs. */
    case GST_ICE_ERROR_NOT_AUTHORIZED:
      /* An account or a policy says no, and a person has to change that. For
       * a renewal there is time to: see lease-keeper.c. */
    case GST_ICE_ERROR_NOT_FOUND:
    case GST_ICE_ERROR_NO_SUCH_UPLOAD:
      /* OSS and ICE forget nothing: what isn't there does not come back. */
    case GST_ICE_ERROR_CONFLICT:
      /* The bucket keeps the object that is there. */
    case GST_ICE_ERROR_NO_SPACE:
      /* Numbers and sizes are used up. */
    case GST_ICE_ERROR_SEEK:
      /* The bytes are gone. */
    case GST_ICE_ERROR_SYNC:
    case GST_ICE_ERROR_OUTCOME_UNKNOWN:
      /* Verdicts, after all the waiting. */
      break;
  }

  return GST_ICE_RETRY_FAIL;
}

gboolean
gst_ice_retry_policy_is_about_request (const GError * error)
{
  return gst_ice_error_is (error, GST_ICE_ERROR_DAMAGED)
      || gst_ice_error_is (error, GST_ICE_ERROR_TOKEN_EXPIRED)
      || gst_ice_error_is (error, GST_ICE_ERROR_CLOCK_SKEW);
}

/* @hundreds: 2 for statuses from 200 to 299 */
static gboolean
has_status (const GError * error, guint hundreds)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  return details != NULL && details->http_status / 100 == hundreds;
}

gboolean
gst_ice_retry_policy_leads_astray (const GError * error,
    const GstIceRetryHistory * history, gint64 now_us)
{
  return has_status (error, 3)
      && now_us - history->since_us >= MAX_REDIRECTS_US;
}

gboolean
gst_ice_retry_policy_is_unreadable_success (const GError * error)
{
  return gst_ice_error_is (error, GST_ICE_ERROR_PROTOCOL)
      && has_status (error, 2);
}

gboolean
gst_ice_retry_policy_leaves_doubt (const GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (details != NULL && details->not_sent)
    return FALSE;
  if (details != NULL && details->http_status >= 500)
    return TRUE;

  return gst_ice_error_is (error, GST_ICE_ERROR_NETWORK)
      || gst_ice_error_is (error, GST_ICE_ERROR_STALLED)
      || gst_ice_error_is (error, GST_ICE_ERROR_PROTOCOL);
}

gint64
gst_ice_retry_policy_get_delay (const GError * error, guint failures,
    gdouble random)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);
  gint64 limit = (gint64) BASE_DELAY_US << MIN (failures, 10);
  gint64 delay;

  if (gst_ice_error_is (error, GST_ICE_ERROR_THROTTLED))
    limit *= THROTTLED_FACTOR;
  delay = MAX (MIN_DELAY_US, random * MIN (limit, MAX_DELAY_US));

  if (details != NULL && details->retry_after_us > delay)
    delay = MIN (details->retry_after_us, MAX_RETRY_AFTER_US);

  return delay;
}

gint64
gst_ice_retry_policy_get_renewal (gint64 life_us, gdouble random)
{
  gint64 after = life_us * (RENEWAL_SHARE - RENEWAL_JITTER * random);

  if (life_us >= 2 * RENEWAL_MARGIN_US)
    after = MIN (after, life_us - RENEWAL_MARGIN_US);

  /* Two renewals ahead of time lie at least this far apart. */
  return MAX (after, MIN (G_USEC_PER_SEC, life_us / 4));
}
