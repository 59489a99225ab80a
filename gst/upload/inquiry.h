/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Is the object complete? A question of fact: what Complete, PutObject,
 * HeadObject and ListParts were answered, and what is asked next.
 *
 * A pure value for the network thread; it sends nothing, and is told the time.
 *
 * An answer to Complete that was lost, or that makes no sense, proves nothing:
 * HeadObject is asked, and Complete sent again. Where the upload id has gone
 * by then, HeadObject has the last word. Our own size and CRC-64 make it a
 * success. Where OSS said that it is one and gives no checksum, HeadObject is
 * asked for it; if that gives none either, it is a success that nothing has
 * verified. */

#pragma once

#include "common/error.h"

/* The others have the names of OSS's operations. All but UploadPart go alone.
 */
typedef enum
{
  GST_ICE_OPERATION_NONE,    /* nothing to send */
  GST_ICE_OPERATION_INITIATE,
  GST_ICE_OPERATION_PART,
  GST_ICE_OPERATION_COMPARE, /* ListParts: which parts of an earlier run are
                              * there */
  GST_ICE_OPERATION_LIST,    /* ListParts: why Complete was refused */
  GST_ICE_OPERATION_COMPLETE,
  GST_ICE_OPERATION_PUT,
  GST_ICE_OPERATION_HEAD,
  GST_ICE_OPERATION_ABORT,
  GST_ICE_OPERATION_CHECK,   /* ListParts: whether the upload was aborted */
  GST_ICE_OPERATION_CLEAR,   /* AbortMultipartUpload: of what was left at
                              * another object */
  GST_ICE_N_OPERATIONS,
} GstIceOperation;

typedef enum
{
  GST_ICE_INQUIRY_OPEN,       /* Complete may be sent */
  GST_ICE_INQUIRY_COMPLETING, /* Complete, or PutObject, is on its way */
  GST_ICE_INQUIRY_LOOKING,    /* HeadObject is asked; the upload id may be
                               * good */
  GST_ICE_INQUIRY_CHECKING,   /* OSS said that the object is complete;
                               * HeadObject is asked what it is made of */
  GST_ICE_INQUIRY_LISTING,    /* ListParts is asked why Complete was refused */
  GST_ICE_INQUIRY_LAST_LOOKS, /* the upload id has gone; HeadObject is asked,
                               * and its word is final */
  GST_ICE_INQUIRY_THERE,      /* the object is there, as it should be or not */
  GST_ICE_INQUIRY_GONE,       /* neither the upload id nor the object is
                               * there */
} GstIceInquiryState;

/* What follows from an answer. */
typedef enum
{
  GST_ICE_VERDICT_ASK,            /* at once what gst_ice_inquiry_get_next()
                                   * says */
  GST_ICE_VERDICT_RETRY,          /* the same, when the retry policy says */
  GST_ICE_VERDICT_LOOK_AGAIN,     /* HeadObject once more, after a delay */
  GST_ICE_VERDICT_COMPLETE_AGAIN, /* the object is not there: Complete once
                                   * more, if there is time */
  GST_ICE_VERDICT_COMPLETE,       /* the object is ours */
  GST_ICE_VERDICT_UNVERIFIED,     /* OSS said that it is, and nothing else can
                                   * be learnt */
  GST_ICE_VERDICT_OTHER_BYTES,    /* the object is there, with other bytes */
  GST_ICE_VERDICT_REFUSED,        /* Complete was refused, as
                                   * GstIceInquiry.invalid_part says */
  GST_ICE_VERDICT_GONE,           /* neither upload nor object is there */
  GST_ICE_VERDICT_UNKNOWN,        /* nobody will tell */
} GstIceVerdict;

/* What an answer says of the object's bytes. */
typedef enum
{
  GST_ICE_PROOF_NONE,   /* there is no checksum to compare */
  GST_ICE_PROOF_OURS,   /* size and CRC-64 are ours; or CRC-64 is not
                         * compared */
  GST_ICE_PROOF_OTHER,  /* they are not */
} GstIceProof;

typedef struct
{
  GstIceInquiryState state;
  gboolean may_be_there; /* an answer was lost, and the object may be there */
  guint looks;           /* how often HeadObject has not shown it since the
                          * upload id has gone */
  gint64 looks_since_us; /* the first of them, monotonic */
  guint unknown_uploads; /* how often Complete was told NoSuchUpload */
  guint list_marker;     /* the page of ListParts that comes next */
  GError *error;         /* (owned) (nullable) how Complete failed last */
  GError *invalid_part;  /* (owned) (nullable) why Complete was refused, if it
                          * was for the ETags */
} GstIceInquiry;

/* Back to the beginning, for another upload id. */
void gst_ice_inquiry_clear (GstIceInquiry * inquiry);

/* Changes @state, which must be @from. FALSE, and no change, if it is not, or
 * if there is no such transition. */
gboolean gst_ice_inquiry_state_change (GstIceInquiryState * state,
    GstIceInquiryState from, GstIceInquiryState to);

/* What is sent next about the object, if there is a multipart upload. */
GstIceOperation gst_ice_inquiry_get_next (const GstIceInquiry * inquiry);

/* Whether the object is there can't be told, now or ever; requests on their way
 * apart. */
gboolean gst_ice_inquiry_is_unsure (const GstIceInquiry * inquiry);

/* The upload id has gone, whatever HeadObject says. */
gboolean gst_ice_inquiry_has_no_upload (const GstIceInquiry * inquiry);

/* ---- events ---- */

/* Complete, or PutObject, is sent. */
void gst_ice_inquiry_begin (GstIceInquiry * inquiry);

/* It was cancelled. @was_sent: after OSS may have seen something of it */
void gst_ice_inquiry_cancelled (GstIceInquiry * inquiry, gboolean was_sent);

/* It succeeded. */
GstIceVerdict gst_ice_inquiry_completed (GstIceInquiry * inquiry,
    GstIceProof proof);

GstIceVerdict gst_ice_inquiry_complete_failed (GstIceInquiry * inquiry,
    const GError * error);

/* HeadObject found an object. @now_us: monotonic time. */
GstIceVerdict gst_ice_inquiry_found (GstIceInquiry * inquiry,
    GstIceProof proof, gint64 now_us);

/* @is_final: the retry policy has no more hope, or there is no time. */
GstIceVerdict gst_ice_inquiry_head_failed (GstIceInquiry * inquiry,
    const GError * error, gboolean is_final, gint64 now_us);

/* A page of ListParts has come. @next_marker: 0: it was the last one. */
GstIceVerdict gst_ice_inquiry_listed (GstIceInquiry * inquiry,
    guint next_marker);
GstIceVerdict gst_ice_inquiry_list_failed (GstIceInquiry * inquiry,
    gboolean is_final);

/* The parts were compared for another reason, and what differs is sent again:
 * Complete need not be asked about. */
void gst_ice_inquiry_compared (GstIceInquiry * inquiry);

/* The upload id has gone, and all parts had arrived: an earlier run may have
 * completed the object. */
void gst_ice_inquiry_look_for_object (GstIceInquiry * inquiry);

/* The upload id has gone, and there is no object. */
void gst_ice_inquiry_lose (GstIceInquiry * inquiry);

/* The truth can't be learnt. */
void gst_ice_inquiry_give_up (GstIceInquiry * inquiry);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstIceInquiry, gst_ice_inquiry_clear)
