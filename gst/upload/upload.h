/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One upload from start to end: lease, parts in flight, completion.
 *
 * Runs on: the network thread; the functions here may be called from any
 * thread and hand over to it. Events come back on the network thread, in
 * order, and none after GST_ICE_UPLOAD_CLOSED.
 * Owns: the HTTP client, the lease, the parts until they have arrived. */

#pragma once

#include "common/clock.h"
#include "common/counted.h"
#include "common/network-thread.h"
#include "recording/part.h"
#include "upload/upload-config.h"

typedef struct _GstIceUpload GstIceUpload;

typedef enum
{
  GST_ICE_UPLOAD_IDLE,        /* not started */
  GST_ICE_UPLOAD_OPENING,     /* waits for the first lease */
  GST_ICE_UPLOAD_UPLOADING,   /* has had a lease; parts go as they come */
  GST_ICE_UPLOAD_FINALIZING,  /* the last part is known; ends with
                               * completion */
  GST_ICE_UPLOAD_LOST,        /* its upload id, or its object, is of no use any
                               * more; the requests in flight are awaited */
  GST_ICE_UPLOAD_COMPLETE,    /* the object is confirmed */
  GST_ICE_UPLOAD_SALVAGING,   /* has failed; on-error is being carried out */
  GST_ICE_UPLOAD_ABORTING,    /* was told to abort */
  GST_ICE_UPLOAD_WITHDRAWING, /* ended while its id was being given out; that
                               * is awaited and aborted, unasked: it has no
                               * parts, and nobody would know of it */
  GST_ICE_UPLOAD_FAILED,      /* has failed, and on-error is done */
  GST_ICE_UPLOAD_STOPPED,     /* was told to end without completion, and has */
  GST_ICE_UPLOAD_CLOSED,      /* does nothing any more; never in
                               * GstIceUploadInfo, which keeps how it ended */
} GstIceUploadState;

/* TRUE if an upload in @state is ending or has ended: it takes no part, and
 * never becomes complete any more. */
gboolean gst_ice_upload_state_is_over (GstIceUploadState state);

/* Changes @state, which must be @from. FALSE, and no change, if it is not, or
 * if there is no such transition. */
gboolean gst_ice_upload_state_change (GstIceUploadState * state,
    GstIceUploadState from, GstIceUploadState to);

typedef enum
{
  GST_ICE_OUTCOME_NONE,         /* not decided */
  GST_ICE_OUTCOME_COMPLETED,    /* the object is there */
  GST_ICE_OUTCOME_ABORTED,      /* nothing is left at the service */
  GST_ICE_OUTCOME_KEPT,         /* parts are left under the upload id */
  GST_ICE_OUTCOME_NOTHING_SENT, /* the service never got a byte of it; an
                                 * upload without parts is left if its id got
                                 * lost on the way */
  GST_ICE_OUTCOME_UNKNOWN,      /* whether the object, or an upload, is there
                                 * can't be learnt */
} GstIceOutcome;

/* The name as in stats and in error details, or NULL for _NONE. */
const gchar *gst_ice_outcome_get_name (GstIceOutcome outcome);

typedef enum
{
  GST_ICE_UPLOAD_EVENT_LEASED,      /* the first lease is there */
  GST_ICE_UPLOAD_EVENT_RENEWED,     /* another lease is there */
  GST_ICE_UPLOAD_EVENT_STARTED,     /* the service has taken up the upload */
  GST_ICE_UPLOAD_EVENT_CONFIRMED,   /* a part has arrived (part, generation,
                                     * size, crc64, etag) */
  GST_ICE_UPLOAD_EVENT_INTERRUPTED, /* an outage has begun (error, time_us
                                     * until the next try) */
  GST_ICE_UPLOAD_EVENT_RESUMED,     /* it is over (time_us it took) */
  GST_ICE_UPLOAD_EVENT_FAILING,     /* nothing more is taken; what is recorded
                                     * and not handed over is wanted by
                                     * gst_ice_upload_finish() for on-error */
  GST_ICE_UPLOAD_EVENT_COMPLETE,    /* the object is confirmed */
  GST_ICE_UPLOAD_EVENT_FAILED,      /* it has failed (error) and on-error is
                                     * done */
  GST_ICE_UPLOAD_EVENT_STOPPED,     /* gst_ice_upload_stop() is done; if it
                                     * could not be, error says why, and the
                                     * state is GST_ICE_UPLOAD_FAILED */
  GST_ICE_UPLOAD_EVENT_LEFT_BEHIND, /* an upload at another object could not be
                                     * aborted (error names it) */
  GST_ICE_UPLOAD_EVENT_CLOSED,      /* the last event */
} GstIceUploadEventType;

typedef struct
{
  GstIceUploadEventType type;
  guint part;
  guint generation;
  guint64 size;
  guint64 crc64;
  const gchar *etag;
  const GError *error;
  gint64 time_us;
} GstIceUploadEvent;

/**
 * GstIceUploadCallbacks:
 * @event: something has happened
 * @ask: see GstIceLeaseKeeperCallbacks
 */
typedef struct
{
  void (*event) (const GstIceUploadEvent * event, gpointer user_data);
  gboolean (*ask) (const gchar * reason, gpointer user_data);
} GstIceUploadCallbacks;

/* A snapshot for stats and messages. Strings are owned; free them with
 * gst_ice_upload_info_clear(). */
typedef struct
{
  GstIceUploadState state;
  gboolean interrupted;
  GstIceOutcome outcome;
  gchar *bucket;
  gchar *object;
  gchar *upload_id;             /* NULL before, "" for PutObject */
  gchar *request_id;            /* of the answer that started or ended it */
  gchar *etag;
  guint64 crc64;
  guint64 object_size;          /* of the confirmed object */
  gboolean verified;            /* OSS's CRC-64 of the object has been compared
                                 * with ours */
  gboolean accepted;            /* some request of this upload has succeeded,
                                 * at ICE or OSS */
  guint64 bytes_uploaded;
  guint64 bytes_sent;
  guint parts_uploaded;
  guint parts_in_flight;
  guint parts_reuploaded;
  guint requests;
  guint retries;
  guint connections_opened;
  guint generation;             /* leases taken up */
  gint64 lease_expires_us;      /* monotonic, or -1 */
  gint64 clock_offset_us;
  gchar *last_error;
} GstIceUploadInfo;

void gst_ice_upload_info_clear (GstIceUploadInfo * info);

/* @config: (transfer full). (transfer full) */
GstIceUpload *gst_ice_upload_new (GstIceUploadConfig * config,
    GstIceClock * clock, GstIceNetworkThread * thread,
    const GstIceUploadCallbacks * callbacks, gpointer user_data);
GST_ICE_DECLARE_COUNTED (GstIceUpload, gst_ice_upload)

/* Begins: asks for the first lease. */
void gst_ice_upload_start (GstIceUpload * upload);

/* Goes on with the multipart upload that an earlier run began, if the first
 * lease is for the same object; else it begins anew, as it does when OSS does
 * not know the id any more. Before start. */
void gst_ice_upload_resume (GstIceUpload * upload, const gchar * bucket,
    const gchar * object, const gchar * upload_id);

/* A part that arrived with @etag in that run. It is compared with what OSS
 * lists, if that may be asked, and sent again where they differ. Its bytes may
 * be gone (no @spool, no @bytes); then it can't be sent again. Before start.
 * @part: (transfer full) */
void gst_ice_upload_add_arrived (GstIceUpload * upload, GstIcePart * part,
    const gchar * etag);

/* The Content-Type of the object; before the first part. */
void gst_ice_upload_set_content_type (GstIceUpload * upload,
    const gchar * content_type);

/* Hands over a part. @part: (transfer full) */
void gst_ice_upload_push (GstIceUpload * upload, GstIcePart * part);

/* Hands over the last parts; none comes afterwards, and the object is to be
 * completed. @rest: (transfer full) (element-type GstIcePart) */
void gst_ice_upload_finish (GstIceUpload * upload, GPtrArray * rest);

/* Ends without completion: aborts or keeps. An upload that is only just
 * beginning has nothing to keep: its id is awaited, and it is aborted, which is
 * GST_ICE_OUTCOME_NOTHING_SENT if it was not asked for. */
void gst_ice_upload_stop (GstIceUpload * upload, gboolean abort);

/* The recording has failed: carries out on-error, then fails with @error.
 * @error: (transfer full) */
void gst_ice_upload_fail (GstIceUpload * upload, GError * error);

/* Drops everything at once: all requests are cancelled, and
 * GST_ICE_UPLOAD_EVENT_CLOSED follows. */
void gst_ice_upload_close (GstIceUpload * upload);

/* What the application gives. @lease, @identity: (transfer none) */
void gst_ice_upload_provide_lease (GstIceUpload * upload,
    GstIceLease * lease);
void gst_ice_upload_provide_identity (GstIceUpload * upload,
    GstIceIdentity * identity);

/* @upload_id, of GST_ICE_UPLOAD_EVENT_STARTED, is in the journal, or can't be:
 * parts may be sent. For GstIceUploadConfig.journalled. */
void gst_ice_upload_noted (GstIceUpload * upload, const gchar * upload_id);

/* The most that goes out from now on, in bit/s; 0: no limit. Before it is called
 * it is what GstIceNetworkConfig says. */
void gst_ice_upload_set_max_bitrate (GstIceUpload * upload, guint64 bitrate);

/* Its answer to ask. */
void gst_ice_upload_answer (GstIceUpload * upload, gboolean promised);

/* Fills in @info. Any thread. */
void gst_ice_upload_get_info (GstIceUpload * upload,
    GstIceUploadInfo * info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstIceUploadInfo, gst_ice_upload_info_clear)
