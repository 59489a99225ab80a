/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The inquiry; see the header.
 *
 * States, changed in change_state() only:
 *
 *   OPEN ◀─▶ COMPLETING ─▶ LOOKING, LISTING or CHECKING ─▶ OPEN
 *     │           │             │                  │
 *     │           └─────────────┼──────────────────┴──▶ THERE ─▶ COMPLETING
 *     └─────────▶ LAST_LOOKS ───┘                         PutObject again
 *                     └──────────────▶ GONE
 *
 * LAST_LOOKS comes after OPEN, COMPLETING and LISTING; GONE after OPEN, LOOKING,
 * LISTING and LAST_LOOKS.
 *
 * Owns: the errors. */

#include "upload/inquiry.h"

#include "common/state.h"
#include "upload/retry-policy.h"

/* An answer of something in between must not decide: how often, and for how
 * long, HeadObject is asked, and how often an upload id must be unknown, before
 * it counts. OSS itself forgets no upload and no object, so more time would
 * change nothing. */
#define MIN_LOOKS 3
#define MIN_LOOKS_US (5 * (gint64) G_USEC_PER_SEC)
#define MIN_UNKNOWN_UPLOADS 2

#define TO(state) (1u << GST_ICE_INQUIRY_##state)

static const guint drawn[] = {
  [GST_ICE_INQUIRY_OPEN] = TO (COMPLETING) | TO (LAST_LOOKS) | TO (GONE),
  [GST_ICE_INQUIRY_COMPLETING] = TO (OPEN) | TO (LOOKING) | TO (LISTING)
      | TO (CHECKING) | TO (LAST_LOOKS) | TO (THERE),
  [GST_ICE_INQUIRY_LOOKING] = TO (OPEN) | TO (THERE) | TO (GONE),
  [GST_ICE_INQUIRY_CHECKING] = TO (OPEN) | TO (THERE),
  [GST_ICE_INQUIRY_LISTING] = TO (OPEN) | TO (LAST_LOOKS) | TO (GONE),
  [GST_ICE_INQUIRY_LAST_LOOKS] = TO (THERE) | TO (GONE),
  [GST_ICE_INQUIRY_THERE] = TO (COMPLETING),
  [GST_ICE_INQUIRY_GONE] = 0,
};

gboolean
gst_ice_inquiry_state_change (GstIceInquiryState * state,
    GstIceInquiryState from, GstIceInquiryState to)
{
  if (*state != from || !(drawn[from] & (1u << to)))
    return FALSE;

  *state = to;

  return TRUE;
}

static void
change_state (GstIceInquiry * inquiry, GstIceInquiryState from,
    GstIceInquiryState to)
{
  gst_ice_state_check (gst_ice_inquiry_state_change (&inquiry->state, from,
          to), "inquiry", from, to, inquiry->state);
}

void
gst_ice_inquiry_clear (GstIceInquiry * inquiry)
{
  g_clear_error (&inquiry->error);
  g_clear_error (&inquiry->invalid_part);
  *inquiry = (GstIceInquiry) { GST_ICE_INQUIRY_OPEN, };
}

GstIceOperation
gst_ice_inquiry_get_next (const GstIceInquiry * inquiry)
{
  switch (inquiry->state) {
    case GST_ICE_INQUIRY_OPEN:
      return GST_ICE_OPERATION_COMPLETE;
    case GST_ICE_INQUIRY_LOOKING:
    case GST_ICE_INQUIRY_CHECKING:
    case GST_ICE_INQUIRY_LAST_LOOKS:
      return GST_ICE_OPERATION_HEAD;
    case GST_ICE_INQUIRY_LISTING:
      return GST_ICE_OPERATION_LIST;
    default:
      return GST_ICE_OPERATION_NONE;
  }
}

gboolean
gst_ice_inquiry_is_unsure (const GstIceInquiry * inquiry)
{
  return inquiry->may_be_there
      || inquiry->state == GST_ICE_INQUIRY_CHECKING;
}

gboolean
gst_ice_inquiry_has_no_upload (const GstIceInquiry * inquiry)
{
  return inquiry->state == GST_ICE_INQUIRY_LAST_LOOKS
      || inquiry->state == GST_ICE_INQUIRY_GONE;
}

/* ---- Complete and PutObject ---- */

static gboolean
is_invalid_part (const GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  return details != NULL && g_strcmp0 (details->code, "InvalidPart") == 0;
}

void
gst_ice_inquiry_begin (GstIceInquiry * inquiry)
{
  /* One with other bytes is replaced, or stays. */
  if (inquiry->state == GST_ICE_INQUIRY_THERE)
    inquiry->may_be_there = TRUE;
  change_state (inquiry, inquiry->state, GST_ICE_INQUIRY_COMPLETING);
}

void
gst_ice_inquiry_cancelled (GstIceInquiry * inquiry, gboolean was_sent)
{
  inquiry->may_be_there |= was_sent;
  change_state (inquiry, GST_ICE_INQUIRY_COMPLETING, GST_ICE_INQUIRY_OPEN);
}

GstIceVerdict
gst_ice_inquiry_completed (GstIceInquiry * inquiry, GstIceProof proof)
{
  inquiry->may_be_there = FALSE;
  if (proof == GST_ICE_PROOF_NONE) {
    change_state (inquiry, GST_ICE_INQUIRY_COMPLETING,
        GST_ICE_INQUIRY_CHECKING);
    return GST_ICE_VERDICT_ASK;
  }

  change_state (inquiry, GST_ICE_INQUIRY_COMPLETING, GST_ICE_INQUIRY_THERE);

  return proof == GST_ICE_PROOF_OTHER ? GST_ICE_VERDICT_OTHER_BYTES
      : GST_ICE_VERDICT_COMPLETE;
}

GstIceVerdict
gst_ice_inquiry_complete_failed (GstIceInquiry * inquiry,
    const GError * error)
{
  GstIceInquiryState to = GST_ICE_INQUIRY_OPEN;
  GstIceVerdict verdict = GST_ICE_VERDICT_RETRY;

  g_clear_error (&inquiry->error);
  inquiry->error = g_error_copy (error);

  if (gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)) {
    to = ++inquiry->unknown_uploads >= MIN_UNKNOWN_UPLOADS ?
        GST_ICE_INQUIRY_LAST_LOOKS : GST_ICE_INQUIRY_LOOKING;
    verdict = GST_ICE_VERDICT_ASK;
  } else if (is_invalid_part (error) && inquiry->invalid_part == NULL) {
    inquiry->invalid_part = g_error_copy (error);
    to = GST_ICE_INQUIRY_LISTING;
    verdict = GST_ICE_VERDICT_ASK;
  } else if (gst_ice_retry_policy_leaves_doubt (error)) {
    inquiry->may_be_there = TRUE;
    to = GST_ICE_INQUIRY_LOOKING;
  }
  change_state (inquiry, GST_ICE_INQUIRY_COMPLETING, to);

  return verdict;
}

/* ---- HeadObject ---- */

/* One more look has settled nothing. TRUE if another one is worth it. */
static gboolean
looks_on (GstIceInquiry * inquiry, gint64 now_us)
{
  if (inquiry->looks++ == 0)
    inquiry->looks_since_us = now_us;

  return inquiry->looks < MIN_LOOKS
      || now_us - inquiry->looks_since_us < MIN_LOOKS_US;
}

/* It did not show our object. Is that the last word? */
static GstIceVerdict
decide_not_there (GstIceInquiry * inquiry, gint64 now_us)
{
  if (inquiry->state != GST_ICE_INQUIRY_LAST_LOOKS) {
    /* The upload id may still be good. */
    change_state (inquiry, inquiry->state, GST_ICE_INQUIRY_OPEN);
    return GST_ICE_VERDICT_COMPLETE_AGAIN;
  }
  if (looks_on (inquiry, now_us))
    return GST_ICE_VERDICT_LOOK_AGAIN;

  inquiry->may_be_there = FALSE;
  change_state (inquiry, GST_ICE_INQUIRY_LAST_LOOKS, GST_ICE_INQUIRY_GONE);

  return GST_ICE_VERDICT_GONE;
}

/* What OSS called complete is there. */
static GstIceVerdict
conclude_check (GstIceInquiry * inquiry, GstIceProof proof)
{
  change_state (inquiry, GST_ICE_INQUIRY_CHECKING, GST_ICE_INQUIRY_THERE);

  return proof == GST_ICE_PROOF_OTHER ? GST_ICE_VERDICT_OTHER_BYTES
      : proof == GST_ICE_PROOF_OURS ? GST_ICE_VERDICT_COMPLETE
      : GST_ICE_VERDICT_UNVERIFIED;
}

GstIceVerdict
gst_ice_inquiry_found (GstIceInquiry * inquiry, GstIceProof proof,
    gint64 now_us)
{
  if (inquiry->state == GST_ICE_INQUIRY_CHECKING)
    return conclude_check (inquiry, proof);

  if (proof != GST_ICE_PROOF_NONE)
    inquiry->may_be_there = FALSE;
  if (proof == GST_ICE_PROOF_OURS) {
    change_state (inquiry, inquiry->state, GST_ICE_INQUIRY_THERE);
    return GST_ICE_VERDICT_COMPLETE;
  }

  /* Nobody else writes this object: another one is an older one. */
  if (proof == GST_ICE_PROOF_OTHER
      || inquiry->state == GST_ICE_INQUIRY_LOOKING)
    return decide_not_there (inquiry, now_us);

  /* Without a CRC-64 nothing is proven. */
  return looks_on (inquiry, now_us) ? GST_ICE_VERDICT_LOOK_AGAIN
      : GST_ICE_VERDICT_UNKNOWN;
}

GstIceVerdict
gst_ice_inquiry_head_failed (GstIceInquiry * inquiry, const GError * error,
    gboolean is_final, gint64 now_us)
{
  if (gst_ice_error_is (error, GST_ICE_ERROR_NOT_FOUND)) {
    inquiry->may_be_there = FALSE;
    return decide_not_there (inquiry, now_us);
  }
  if (is_final && inquiry->state == GST_ICE_INQUIRY_CHECKING)
    return conclude_check (inquiry, GST_ICE_PROOF_NONE);
  if (is_final)
    return inquiry->state == GST_ICE_INQUIRY_LOOKING ?
        decide_not_there (inquiry, now_us) : GST_ICE_VERDICT_UNKNOWN;

  /* While the upload id may be good, Complete gets its turn as well. */
  if (inquiry->state == GST_ICE_INQUIRY_LOOKING)
    change_state (inquiry, GST_ICE_INQUIRY_LOOKING, GST_ICE_INQUIRY_OPEN);

  return GST_ICE_VERDICT_RETRY;
}

/* ---- ListParts ---- */

GstIceVerdict
gst_ice_inquiry_listed (GstIceInquiry * inquiry, guint next_marker)
{
  inquiry->list_marker = next_marker;
  if (next_marker == 0)
    change_state (inquiry, GST_ICE_INQUIRY_LISTING, GST_ICE_INQUIRY_OPEN);

  return GST_ICE_VERDICT_ASK;
}

GstIceVerdict
gst_ice_inquiry_list_failed (GstIceInquiry * inquiry, gboolean is_final)
{
  return is_final ? GST_ICE_VERDICT_REFUSED : GST_ICE_VERDICT_RETRY;
}

void
gst_ice_inquiry_compared (GstIceInquiry * inquiry)
{
  g_clear_error (&inquiry->invalid_part);
  if (inquiry->state == GST_ICE_INQUIRY_LISTING)
    gst_ice_inquiry_listed (inquiry, 0);
}

/* ---- what else becomes of the upload id ---- */

void
gst_ice_inquiry_look_for_object (GstIceInquiry * inquiry)
{
  change_state (inquiry, inquiry->state, GST_ICE_INQUIRY_LAST_LOOKS);
}

void
gst_ice_inquiry_lose (GstIceInquiry * inquiry)
{
  change_state (inquiry, inquiry->state, GST_ICE_INQUIRY_GONE);
}

void
gst_ice_inquiry_give_up (GstIceInquiry * inquiry)
{
  inquiry->may_be_there = TRUE;
}
