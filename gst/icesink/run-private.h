/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What the two halves of a run share: run.c has its life, run-spool.c what a
 * spool adds to it. Only these two include this file. */

#pragma once

#include "icesink/messages.h"
#include "icesink/run.h"

G_BEGIN_DECLS

/**
 * GstIceRun:
 * @recording: what is written
 * @upload: where it goes
 */
struct _GstIceRun
{
  gatomicrefcount ref_count;
  GstElement *element;          /* (unowned) */
  GstIceOutbox *outbox;         /* (owned) */
  GstIceRunRequestFunc request; /* (nullable) */
  GstIceClock *clock;           /* (owned) */
  GstIceNetworkThread *thread;  /* (owned) */
  GstIceRecording *recording;   /* (owned) */
  GstIceUpload *upload;         /* (owned) */
  GstIceRecordingConfig recording_config;
  gchar *media_id;
  GstIceSpool *spool;           /* (nullable) (owned) */
  guint64 base;                 /* bytes that an earlier run left */
  gint64 stop_timeout_us;       /* -1: none */
  GstIceResume resume;
  gboolean discarding;          /* an upload of nothing is aborted */
  GstIceOverflow overflow;
  gboolean seekable;
  gboolean post_messages;
  gint64 progress_interval_us;

  /* streaming thread only */
  gboolean draining;
  gboolean undecided;           /* what becomes of an earlier recording */
  gboolean format_noted;
  GstCaps *caps;                /* (nullable) (owned) */

  /* network thread only */
  GSource *tick;                /* (nullable) (owned) */
  gint64 last_progress_us;
  guint64 last_bytes_uploaded;
  gboolean finalize_open;
  gboolean spilling;            /* and the application knows */
  gboolean spool_trouble;       /* likewise */

  GMutex lock;
  GCond changed;
  gboolean flushing;            /* protected by lock, like all below */
  gboolean restored;            /* an earlier recording, if there is one */
  gboolean failing;             /* nothing more is recorded */
  gboolean ended;               /* complete, failed or stopped */
  gboolean failed;
  gboolean opened;              /* has had a lease */
  gboolean quiet;               /* no more ticks */
  gboolean closed;              /* no more events */
  gboolean abandoned;           /* closed is not awaited; has a reference */
  gboolean retired;             /* the application hears no more of it */
  gchar *upload_id;             /* (nullable): the one in the journal */
  gint64 expected_size;
  gint64 first_byte_us;
};

/* ---- run.c ---- */

gboolean gst_ice_run_get_flag (GstIceRun * self, const gboolean * flag);
void gst_ice_run_set_flag (GstIceRun * self, gboolean * flag);

/* Waits for @flag up to @deadline_us; FALSE if that came first. */
gboolean gst_ice_run_wait_for_flag (GstIceRun * self, const gboolean * flag,
    gint64 deadline_us);

/* Waits for @flag, or the end; FALSE if unlock came first. Streaming
 * thread. */
gboolean gst_ice_run_await (GstIceRun * self, const gboolean * flag);

/* Posts @message, if the application is to hear of this run.
 * @message: (transfer full) */
void gst_ice_run_post (GstIceRun * self, GstMessage * message);

/* Posts what @new_structure makes of the figures. */
void gst_ice_run_post_figures (GstIceRun * self,
    GstStructure * (*new_structure) (const GstIceFigures *));
void gst_ice_run_post_error (GstIceRun * self, const GError * error);

/* ---- run-spool.c ---- */

/* Takes up @spool, and what is left in it, before anything else happens.
 * Errors: GST_ICE_ERROR_SETTINGS, _FAILED, _NO_SPACE. */
gboolean gst_ice_run_adopt_spool (GstIceRun * self, GstIceSpool * spool,
    GError ** error);

/* Starts the upload, once it is known what is left. */
void gst_ice_run_begin_upload (GstIceRun * self);

/* Before the first byte: what becomes of an earlier recording. Streaming
 * thread. Returns: GST_FLOW_OK to go on; GST_FLOW_EOS if no stream is taken;
 * GST_FLOW_FLUSHING, GST_FLOW_ERROR as gst_ice_run_write(). */
GstFlowReturn gst_ice_run_decide (GstIceRun * self);

/* Writes down what has happened to the upload. Network thread. */
void gst_ice_run_note_event (GstIceRun * self,
    const GstIceUploadEvent * event);

/* Tells of a spool that has taken over, or that is of no use. Network
 * thread. */
void gst_ice_run_watch_spool (GstIceRun * self);

/* @error, with where the recording is. (transfer full) */
GError *gst_ice_run_describe_error (GstIceRun * self, const GError * error);

/* Lets go of the spool, cut back to where this run began, so that another run
 * can have it. FALSE if there is no way back. @spool: (out) (nullable)
 * (transfer full): NULL if there is none, or none any more because the object
 * is complete. Errors: GST_ICE_ERROR_SETTINGS, _FAILED. */
gboolean gst_ice_run_give_spool (GstIceRun * self, GstIceSpool ** spool,
    GError ** error);

/* The end: what nobody needs any more is removed, the rest stays. Waits for the
 * disk up to @deadline_us. */
void gst_ice_run_close_spool (GstIceRun * self, GstIceEndAction action,
    gint64 deadline_us);

G_END_DECLS
