/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One run of the sink: from READY to PAUSED until PAUSED to READY, or from
 * one FLUSH_STOP to the next.
 *
 * A run joins one recording and one upload, has a reporter tell the application
 * about them, and is what the streaming thread waits on. It knows the element
 * only as the source of messages and signals.
 *
 * Threads: as said at each function. Events of the upload arrive on the
 * network thread. */

#pragma once

#include <gst/gst.h>

#include "common/counted.h"
#include "icesink/outbox.h"
#include "icesink/settings.h"

/* How far a run has got. It only goes on, never back. */
typedef enum
{
  GST_ICE_RUN_OPENING,   /* the spool is being opened, and READY to PAUSED
                          * waits */
  GST_ICE_RUN_LATE,      /* likewise, and only the stream waits: the disk is
                          * slow */
  GST_ICE_RUN_RESTORING, /* what an earlier run left is being read */
  GST_ICE_RUN_RECORDING, /* the upload has begun */
  GST_ICE_RUN_ENDING,    /* nothing more is recorded */
  GST_ICE_RUN_ENDED,     /* complete, failed or stopped */
  GST_ICE_RUN_QUIET,     /* and there are no more ticks */
  GST_ICE_RUN_ABANDONED, /* the last event comes some day, to a run that nobody
                          * waits for, and that has a reference to itself */
  GST_ICE_RUN_CLOSED,    /* the last event has come */
} GstIceRunPhase;

/* TRUE if a run may go from one to the other. Pure function. */
gboolean gst_ice_run_phase_can_follow (GstIceRunPhase from,
    GstIceRunPhase to);

typedef struct _GstIceRun GstIceRun;

/* Emits request-upload-credential and returns what the handlers said.
 * Application thread. */
typedef gboolean (*GstIceRunRequestFunc) (GstElement * element,
    const gchar * media_id, const gchar * reason);

/* A run that has not begun, of checked @settings. Waits for nothing.
 * @element: (unowned): outlives the run. @request: (nullable): NULL if nobody
 * listens. Errors: GST_ICE_ERROR_SETTINGS. (transfer full) */
GstIceRun *gst_ice_run_new (GstElement * element,
    const GstIceSettings * settings, GstIceOutbox * outbox,
    GstIceRunRequestFunc request, GError ** error);

/* Begins: opens the spool, and asks for an upload credential without waiting
 * for it. By now the element has to know the run, for a handler may answer at
 * once. A disk that does not answer within a few seconds is left to a thread of
 * its own; what is wrong then is posted.
 * @spool: (nullable) (transfer full): from the run before, in place of the one
 * that the settings name
 * Returns: FALSE with @error; or without, once the error is on its way to the
 * application, where no identity can be found. What a service refuses is not
 * known by now, however soon it comes.
 * Errors: GST_ICE_ERROR_SETTINGS; with a spool, _FAILED and _NO_SPACE. */
gboolean gst_ice_run_start (GstIceRun * run, GstIceSpool * spool,
    GError ** error);
GST_ICE_DECLARE_COUNTED (GstIceRun, gst_ice_run)

/* Writes as much as there is room for. Streaming thread.
 * Returns: GST_FLOW_OK with @written; GST_FLOW_FLUSHING if unlock ended a
 * wait, to be called again with the rest; GST_FLOW_EOS if no stream is taken,
 * once what an earlier run left is complete; GST_FLOW_ERROR once the error has
 * been posted. */
GstFlowReturn gst_ice_run_write (GstIceRun * run, const guint8 * data,
    gsize size, gsize * written);

/* Moves the write position, if upstream may do that at all. Streaming thread.
 * Returns: as above. */
GstFlowReturn gst_ice_run_seek (GstIceRun * run, guint64 offset);

/* EOS: ends the recording and waits for the object. Streaming thread.
 * Returns: GST_FLOW_OK when the object is confirmed and the application knows;
 * GST_FLOW_FLUSHING and GST_FLOW_ERROR as above. */
GstFlowReturn gst_ice_run_drain (GstIceRun * run);

/* The recording can't go on: the upload does what on-error says, and fails.
 * gst_ice_run_drain() waits for that. Streaming thread.
 * @error: (transfer full) */
void gst_ice_run_fail (GstIceRun * run, GError * error);

/* TRUE if the upload has failed, or is about to. */
gboolean gst_ice_run_is_failing (GstIceRun * run);

/* unlock and unlock_stop: ends waits, allows them again. */
void gst_ice_run_set_flushing (GstIceRun * run, gboolean flushing);

/* Next byte written. */
guint64 gst_ice_run_get_position (GstIceRun * run);

/* Of the stream that is written. Streaming thread. */
void gst_ice_run_set_caps (GstIceRun * run, GstCaps * caps);

/* Length of the stream as upstream says it, in bytes, or -1. */
void gst_ice_run_set_expected_size (GstIceRun * run, gint64 size);
void gst_ice_run_checkpoint (GstIceRun * run);

/* In place of max-upload-bitrate of its settings. */
void gst_ice_run_set_max_upload_bitrate (GstIceRun * run, guint64 bitrate);
gboolean gst_ice_run_provide_credential (GstIceRun * run,
    const gchar * upload_address, const gchar * upload_auth);
void gst_ice_run_provide_identity (GstIceRun * run,
    GstIceIdentity * identity);

/* Ends: does @action unless the upload has ended by itself, and waits for that
 * up to @deadline_us of g_get_monotonic_time(). No event comes afterwards.
 * Application's thread. */
void gst_ice_run_stop (GstIceRun * run, GstIceEndAction action,
    gint64 deadline_us);

/* What a flush means to a run. */
typedef enum
{
  GST_ICE_RUN_FLUSH_NOTHING, /* there is nothing to take back: it goes on */
  GST_ICE_RUN_FLUSH_ANEW,    /* it is given up, and another one takes its
                              * place */
  GST_ICE_RUN_FLUSH_REFUSED, /* it fails: bytes are appended to those of an
                              * earlier recording, and the way back would have
                              * to go through both */
} GstIceRunFlush;

/* FLUSH_STOP. A recording that is given up is aborted in the background,
 * without waiting for the network; gst_ice_run_stop() must still be called some
 * day. @spool: (out) (nullable) (transfer full): for the run that comes next;
 * NULL: it opens its own. */
GstIceRunFlush gst_ice_run_flush (GstIceRun * run, GstIceSpool ** spool);

/* No other run could take the place of one that was given up, and the
 * application knows: from now on it takes nothing, with GST_FLOW_ERROR. */
void gst_ice_run_refuse (GstIceRun * run);

/* The figures of `stats`. Any thread. (transfer full) */
GstStructure *gst_ice_run_get_stats (GstIceRun * run);
