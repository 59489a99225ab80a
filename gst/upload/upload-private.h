/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What the files of an upload share: upload.c has its life (states, events,
 * what other threads may call), upload-calls.c its requests, one after the
 * other, and the rest of upload-call.h what their answers mean. Only these
 * include this file.
 *
 * Everything here belongs to the network thread, but for info. */

#pragma once

#include <gst/gst.h>

#include "credentials/static-provider.h"
#include "ice/media-client.h"
#include "oss/oss-client.h"
#include "upload/lease-keeper.h"
#include "upload/outage.h"
#include "upload/part-table.h"
#include "upload/upload.h"

G_BEGIN_DECLS


/**
 * GstIceUpload:
 * @finishing: the last part is known
 * @salvage_length: of a failed upload, how many parts may still be completed
 * @object: where the upload goes; set with the first lease
 * @next_object: (nullable): where the newest lease points, if elsewhere
 * @cancellable: of all requests in flight
 * @in_flight: requests with parts on their way
 * @single_busy: a request that goes alone (all but UploadPart) is on its way
 * @single_not_before_us: not to be sent before
 * @single_history: what it has been through
 * @lost: (nullable): why the upload id or the object is of no use any more;
 *     nothing is sent until the requests in flight have returned
 * @initiating: InitiateMultipartUpload is on its way
 * @stillborn: it was when the upload ended, so it is aborted, unasked
 * @decisive: a request whose success completes the object is on its way
 * @object_there: the object was completed, though not as it should be
 * @unsure: an answer to Complete was lost, so the object may be there
 * @looks: how often HeadObject has not shown the object
 * @look: ask with HeadObject whether the object is there
 * @unknown_uploads: how often Complete was told NoSuchUpload
 * @gone: the upload id is not known any more; what HeadObject says is final
 * @resume_bucket: (nullable): where an earlier run's upload went
 * @resume_object: (nullable): likewise
 * @resume_upload_id: (nullable): its id, until the first lease is there
 * @is_resumed: the upload is that one
 * @comparing: ask with ListParts which of its parts are there
 * @compared: up to which part that is done
 * @listing: ask with ListParts why Complete was refused
 * @list_marker: the page of it that comes next
 * @complete_error: how Complete failed last
 * @invalid_part: why Complete was refused, if it was for the ETags
 * @error: why it failed
 */
struct _GstIceUpload
{
  gatomicrefcount ref_count;
  GstIceUploadConfig *config;   /* (owned) immutable */
  GstIceClock *clock;           /* (owned) */
  GstIceNetworkThread *thread;  /* (unowned) outlives the upload's events */
  GstIceUploadCallbacks callbacks;
  gpointer user_data;

  GstIceUploadState state;
  gboolean finishing;
  gboolean closed;
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
  gchar *upload_id;             /* (nullable) */
  gchar *content_type;          /* (nullable) */
  GCancellable *cancellable;    /* (owned) */
  guint oss_requests;           /* sent so far */
  guint in_flight;
  gboolean single_busy;
  gint64 single_not_before_us;
  GstIceRetryHistory single_history;
  GstIceOutage outage;
  guint restarts;
  GError *lost;                 /* (nullable) (owned) */
  gboolean initiating;
  gboolean stillborn;
  gboolean decisive;
  gboolean object_there;
  gboolean unsure;
  guint looks;
  gboolean look;
  guint unknown_uploads;
  gboolean gone;
  gchar *resume_bucket;         /* (nullable) */
  gchar *resume_object;         /* (nullable) */
  gchar *resume_upload_id;      /* (nullable) */
  gboolean is_resumed;
  gboolean comparing;
  guint compared;
  gboolean listing;
  guint list_marker;
  GError *complete_error;       /* (nullable) (owned) */
  GError *invalid_part;         /* (nullable) (owned) */
  gboolean crc64_missing_noted;
  GError *error;                /* (nullable) (owned) */
  GSource *timer;               /* (nullable) (owned) next thing to send */
  GSource *deadline;            /* (nullable) (owned) of on-error */

  GMutex lock;
  GstIceUploadInfo info;        /* protected by lock */
};

/* upload.c */

/* The one place where the state changes. */
void gst_ice_upload_set_state (GstIceUpload * self, GstIceUploadState state);
void gst_ice_upload_emit (GstIceUpload * self,
    const GstIceUploadEvent * event);
gint64 gst_ice_upload_get_now (GstIceUpload * self);

/* Copies what others may know into info. */
void gst_ice_upload_publish (GstIceUpload * self);

/* OSS has taken up the upload. @reply: (nullable): its answer */
void gst_ice_upload_started (GstIceUpload * self,
    const GstIceOssReply * reply);

/* The object is confirmed, by the answer @reply. @size, @crc64: of ours. */
void gst_ice_upload_completed (GstIceUpload * self,
    const GstIceOssReply * reply, guint64 size, guint64 crc64);

/* The upload has failed for good, at part @part if that is not 0. */
void gst_ice_upload_failed (GstIceUpload * self, const GError * error,
    guint part);

/* on-error or stop has come to its end. */
void gst_ice_upload_ended (GstIceUpload * self, GstIceOutcome outcome);

/* on-error or stop, if one of them is under way, can't be carried out. */
void gst_ice_upload_end_early (GstIceUpload * self);

/* From now on the upload goes to @object. */
void gst_ice_upload_use_object (GstIceUpload * self,
    GstIceOssObject * object);

/* What is left behind when nothing more is done. */
GstIceOutcome gst_ice_upload_get_leftover (GstIceUpload * self);

/* A request failed and is tried again @delay_us later. */
void gst_ice_upload_note_failure (GstIceUpload * self, const GError * error,
    gint64 delay_us);
void gst_ice_upload_note_success (GstIceUpload * self);

/* A request is sent once more, now or later. */
void gst_ice_upload_note_retry (GstIceUpload * self);

/* A request has ended; the last one of a closed upload is the end of it. */
void gst_ice_upload_check_closed (GstIceUpload * self);

/* upload-calls.c */

/* Sends whatever can be sent now, and sets the timer for what can't. */
void gst_ice_upload_pump (GstIceUpload * self);

G_END_DECLS
