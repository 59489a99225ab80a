/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the files of an upload share. Each calls those below it and nothing
 * else:
 *
 *   upload.c              what other threads may call, and the lease
 *   upload-pump.c         what is sent next, and who reads its answer
 *   upload-part.c, upload-completion.c, upload-resume.c
 *                         what is sent, and what its answer means
 *   upload-failure.c      what becomes of a request that failed
 *   upload-end.c          how an upload ends, well or not
 *   upload-calls.c        a request on its way
 *   upload-core.c         the struct, its state, its events
 *
 * A handler never sends anything: it changes state and wakes the pump, which
 * runs once, later, from the loop.
 *
 * Everything here belongs to the network thread, but for info. */

#pragma once

#include <gst/gst.h>

#include "common/log.h"
#include "credentials/static-provider.h"
#include "ice/media-client.h"
#include "oss/oss-client.h"
#include "upload/inquiry.h"
#include "upload/lease-keeper.h"
#include "upload/outage.h"
#include "upload/parallelism.h"
#include "upload/part-table.h"
#include "upload/resumption.h"
#include "upload/upload.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_UPLOAD)

typedef struct _GstIceCall GstIceCall;

/* Changed by the answers to these two alone, from any to any. */
typedef enum
{
  GST_ICE_ABORT_OPEN,     /* the upload that is to be aborted is there; Abort
                           * is sent */
  GST_ICE_ABORT_UNSURE,   /* an answer to Abort proves nothing; ListParts is
                           * asked */
  GST_ICE_ABORT_DOUBTFUL, /* ListParts could not tell either; Abort is sent */
} GstIceAbort;

/* An upload that is of no use any more, at an object that is not ours any more.
 */
typedef struct
{
  GstIceOssObject *object; /* (owned) where it goes */
  gchar *upload_id;        /* (owned) */
  GstIceLease *lease;      /* (owned) (nullable) that may still be good for it;
                            * NULL: the newest */
} GstIceStray;

/**
 * GstIceUpload:
 * @pump: sends whatever can be sent
 * @finishing: the last part is known
 * @may_have_upload: an answer to Initiate was lost, and may have made one
 * @note_by_us: so long parts wait for the journal to know the upload id
 * @salvage_length: of a failed upload, how many parts may still be completed
 * @object: where the upload goes; set with the first lease
 * @next_object: (nullable): where the newest lease points, if elsewhere
 * @cancellable: of all requests in flight
 * @in_flight: requests with parts on their way
 * @most_in_flight: as many connections there are to OSS
 * @is_warming_up: the request that opens the first connection is on its way
 * @alone: (nullable): the request on its way that is not UploadPart
 * @alone_not_before_us: the next one of them is not sent before
 * @alone_history: what they have been through
 * @losses: upload ids in a row that went soon after they had been given out
 * @begun_us: when it last began anew, monotonic
 * @lost: (nullable): why the upload is lost, in that state
 * @error: why it failed
 */
struct _GstIceUpload
{
  gatomicrefcount ref_count;
  GstIceUploadConfig *config;   /* (owned) immutable */
  GstIceClock *clock;           /* (owned) */
  GstIceNetworkThread *thread;  /* (unowned) protected by lock elsewhere; NULL
                                 * once the last event has come */
  GstIceUploadCallbacks callbacks;
  gpointer user_data;
  void (*pump) (GstIceUpload * self);

  GstIceUploadState state;
  gboolean finishing;
  gboolean may_have_upload;
  gint64 note_by_us;
  guint salvage_length;
  GstIceHttpClient *http;       /* (nullable) (owned) */
  GstIceOssClient *oss;         /* (nullable) (owned) */
  GstIceMediaClient *ice;       /* (nullable) (owned) */
  GstIceCredentialsProvider *provider;  /* (nullable) (owned) */
  GstIceStaticProvider *explicit_provider;      /* (nullable) (owned) */
  GstIceLeaseKeeper *keeper;    /* (nullable) (owned) */
  GstIcePartTable *parts;       /* (owned) */
  GstIceOssObject *object;      /* (nullable) (owned) */
  GstIceOssObject *next_object; /* (nullable) (owned) */
  GstIceLease *own_lease;       /* (nullable) (owned) the newest for object */
  GstIceStray *stray;           /* (nullable) (owned) to be aborted first */
  gchar *upload_id;             /* (nullable) */
  gchar *content_type;          /* (nullable) */
  GCancellable *cancellable;    /* (owned) */
  guint oss_requests;           /* sent so far */
  guint oss_successes;          /* answered so */
  guint in_flight;
  guint most_in_flight;
  gboolean is_warming_up;
  GstIceParallelism parallelism;
  guint64 max_bitrate;          /* of all that goes out; 0: no limit */
  GstIceCall *alone;            /* (nullable) (unowned) */
  gint64 alone_not_before_us;
  GstIceRetryHistory alone_history;
  GstIceOutage outage;
  GstIceRetryHistory losses;
  gint64 begun_us;
  GstIceInquiry inquiry;
  GstIceAbort abort;
  GstIceResumption resumption;
  GError *lost;                 /* (nullable) (owned) */
  GError *error;                /* (nullable) (owned) */
  GSource *wake;                /* (nullable) (owned) runs the pump */
  GSource *timer;               /* (nullable) (owned) next thing to send */
  GSource *deadline;            /* (nullable) (owned) of on-error */

  GMutex lock;
  GstIceUploadInfo info;        /* protected by lock */
};

/* In these functions one of @reply and @error is NULL. */
typedef void (*GstIceCallHandler) (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error);

struct _GstIceCall
{
  GstIceUpload *self;        /* (owned) */
  GstIceOssClient *client;   /* (owned) */
  GstIceOssObject *object;   /* (owned) */
  GstIceOperation operation; /* what is asked for */
  GstIceCallHandler handle;  /* what to do with its answer */
  GstIceLease *lease;        /* (owned) that signed it */
  GstIcePart *part;          /* (nullable) (owned) of UploadPart */
  guint64 size;              /* of the object, of Complete, Put and Head */
  guint64 crc64;             /* its CRC-64 */
  gboolean is_sent;          /* OSS may have seen something of it */
};

/* ---- upload-core.c ---- */

/* The one place where the state changes: it must be @from, and the change a
 * drawn one. */
void gst_ice_upload_set_state (GstIceUpload * self, GstIceUploadState from,
    GstIceUploadState to);

/* TRUE if there may be something to send, or to be answered. */
gboolean gst_ice_upload_is_active (GstIceUpload * self);
void gst_ice_upload_emit (GstIceUpload * self,
    const GstIceUploadEvent * event);
void gst_ice_upload_emit_type (GstIceUpload * self,
    GstIceUploadEventType type);
gint64 gst_ice_upload_get_now (GstIceUpload * self);
GSource *gst_ice_upload_add_timeout (GstIceUpload * self, gint64 delay_us,
    GSourceFunc func);
void gst_ice_upload_drop_source (GSource ** source);

/* The pump runs once, soon. */
void gst_ice_upload_wake (GstIceUpload * self);

/* Copies what others may know into info. */
void gst_ice_upload_publish (GstIceUpload * self);
void gst_ice_upload_set_last_error (GstIceUpload * self,
    const GError * error);
void gst_ice_upload_set_outcome (GstIceUpload * self, GstIceOutcome outcome);
void gst_ice_upload_count_retry (GstIceUpload * self);

/* From now on the upload goes to @object. */
void gst_ice_upload_use_object (GstIceUpload * self,
    GstIceOssObject * object);

/* OSS has taken up the upload. @reply: (nullable): its answer */
void gst_ice_upload_started (GstIceUpload * self,
    const GstIceOssReply * reply);

/* A request failed and is tried again @delay_us later: an outage may begin. */
void gst_ice_upload_report_failure (GstIceUpload * self, const GError * error,
    gint64 delay_us);

/* One succeeded: an outage is over. */
void gst_ice_upload_report_success (GstIceUpload * self);

/* A request has ended; the last one of a closed upload is the end of it. */
void gst_ice_upload_check_closed (GstIceUpload * self);

/* How many parts the object is to have. */
guint gst_ice_upload_get_target_length (GstIceUpload * self);

/* ---- upload-calls.c ---- */

GstIceCall *gst_ice_call_new (GstIceUpload * self, GstIceOperation operation,
    GstIceLease * lease, GstIceCallHandler handle);
void gst_ice_call_free (GstIceCall * call);

/* The entry of the part that it is about. */
GstIcePartEntry *gst_ice_call_get_entry (GstIceCall * call);

/* What @reply says of the bytes of the call's part or object. */
GstIceProof gst_ice_call_get_proof (GstIceCall * call,
    const GstIceOssReply * reply);

/* For GST_ICE_PROOF_OTHER. (transfer full) */
GError *gst_ice_call_new_damaged_error (GstIceCall * call,
    const GstIceOssReply * reply);

/* Opens the first connection to OSS, before there is anything to be sent: a
 * short recording needs no more than the round trips of its one request. */
void gst_ice_upload_warm_up (GstIceUpload * self, GstIceLease * lease);

/* TRUE if a request on its way may have changed what is at OSS. */
gboolean gst_ice_upload_is_in_doubt (GstIceUpload * self);

/* Both (transfer full). */
void gst_ice_call_send (GstIceCall * call, GstIceOssRequest * request);

/* ---- upload-end.c ---- */

/* What OSS answered to Complete, or to HeadObject, about the object. */
void gst_ice_upload_publish_answer (GstIceUpload * self,
    const GstIceOssReply * reply);

/* The object is confirmed, by @reply (nullable). @size, @crc64: of ours.
 * @verified: OSS's own have been compared. */
void gst_ice_upload_completed (GstIceUpload * self,
    const GstIceOssReply * reply, guint64 size, guint64 crc64,
    gboolean verified);

/* The upload has failed for good, at part @part if that is not 0. */
void gst_ice_upload_failed (GstIceUpload * self, const GError * error,
    guint part);

/* on-error or stop has come to its end. */
void gst_ice_upload_ended (GstIceUpload * self, GstIceOutcome outcome);

/* on-error or stop, if one of them is under way, can't be carried out. @error:
 * (nullable): why */
void gst_ice_upload_end_early (GstIceUpload * self, const GError * error);

void gst_ice_stray_free (GstIceStray * stray);

/* @upload_id of @object is to be aborted. @lease: (nullable) */
void gst_ice_upload_set_stray (GstIceUpload * self, GstIceOssObject * object,
    const gchar * upload_id, GstIceLease * lease);

/* Ends without completion: aborts or keeps. */
void gst_ice_upload_begin_stop (GstIceUpload * self, gboolean abort);

/* Lets go of everything. */
void gst_ice_upload_begin_close (GstIceUpload * self);

/* ---- upload-failure.c ---- */

/* The same request once more, @delay_us later. */
void gst_ice_call_try_again (GstIceCall * call, gint64 delay_us);

/* What the retry policy says of @error. */
void gst_ice_call_handle_failure (GstIceCall * call, const GError * error);

/* Nothing helps against @error. */
void gst_ice_call_give_up (GstIceCall * call, const GError * error);

/* TRUE if the retry policy has no hope against @error. */
gboolean gst_ice_call_is_hopeless (GstIceCall * call, const GError * error);

/* Complete may have been carried out, and nobody will tell. */
void gst_ice_call_give_up_unknown (GstIceCall * call, const GError * error);

/* How long the outage may still last, 0: no longer, -1: for ever. */
gint64 gst_ice_upload_get_patience (GstIceUpload * self);

/* An error for the end of a budget: what is true now, and the last cause.
 * (transfer full) */
GError *gst_ice_upload_new_final_error (GstIceErrorCode code,
    const GError * cause, const gchar * text);

/* TRUE if the upload may begin anew, and all its bytes can be had. */
gboolean gst_ice_upload_can_restart (GstIceUpload * self);

/* The upload id, or the object, is of no use any more. */
void gst_ice_upload_set_lost (GstIceUpload * self, const GError * error);

/* Once no request is in flight: what becomes of an upload that is lost. */
void gst_ice_upload_resolve_lost (GstIceUpload * self);

/* ---- upload-part.c, upload-completion.c, upload-resume.c ----
 *
 * For each operation: what makes the request of a call, or NULL if it is not
 * wanted any more, and what handles its answer. */

#define DECLARE_OPERATION(name) \
    GstIceOssRequest *gst_ice_call_make_##name (GstIceCall * call); \
    void gst_ice_call_handle_##name (GstIceCall * call, \
        const GstIceOssReply * reply, const GError * error)

DECLARE_OPERATION (part);
DECLARE_OPERATION (initiate);
GstIceOssRequest *gst_ice_call_make_put (GstIceCall * call);
DECLARE_OPERATION (complete);
DECLARE_OPERATION (head);
DECLARE_OPERATION (list);
DECLARE_OPERATION (abort);
DECLARE_OPERATION (check);
DECLARE_OPERATION (clearance);
DECLARE_OPERATION (comparison);
#undef DECLARE_OPERATION

/* How many parts may be on their way at a time now. */
guint gst_ice_upload_get_parallel_parts (GstIceUpload * self);

/* (nullable): none may be sent now, or is wanted any more */
GstIcePartEntry *gst_ice_upload_get_next_part (GstIceUpload * self);

/* TRUE if the whole object goes into one PutObject. */
gboolean gst_ice_upload_fits_put (GstIceUpload * self);

/* The first lease is there: goes on where an earlier run stopped. */
void gst_ice_upload_go_on (GstIceUpload * self);

/* ---- upload-pump.c ---- */

void gst_ice_upload_pump (GstIceUpload * self);
