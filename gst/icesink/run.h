/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* One run of the sink: from READY to PAUSED until PAUSED to READY, or from
 * one FLUSH_STOP to the next.
 *
 * A run joins one recording and one upload, tells the application about them
 * through the outbox, and is what the streaming thread waits on. It knows the
 * element only as the source of messages and signals.
 *
 * Threads: as said at each function. Events of the upload arrive on the
 * network thread. */

#pragma once

#include <gst/gst.h>

#include "icesink/outbox.h"
#include "icesink/settings.h"

G_BEGIN_DECLS

typedef struct _GstIceRun GstIceRun;

/* Emits request-upload-credential and returns what the handlers said.
 * Application thread. */
typedef gboolean (*GstIceRunRequestFunc) (GstElement * element,
    const gchar * media_id, const gchar * reason);

/* A run that has not begun, of checked @settings. @element: (unowned):
 * outlives the run. @spool: (nullable): with what an earlier run may have left
 * in it. @request: (nullable): NULL if nobody listens.
 * Errors: GST_ICE_ERROR_SETTINGS; with a spool, _FAILED and _NO_SPACE.
 * (transfer full) */
GstIceRun *gst_ice_run_new (GstElement * element,
    const GstIceSettings * settings, GstIceSpool * spool,
    GstIceOutbox * outbox, GstIceRunRequestFunc request, GError ** error);

/* Begins: asks for an upload credential, without waiting for it. By now the
 * element has to know the run, for a handler may answer at once. */
void gst_ice_run_start (GstIceRun * run);
GstIceRun *gst_ice_run_ref (GstIceRun * run);
void gst_ice_run_unref (GstIceRun * run);

/* Writes as much as there is room for. Streaming thread.
 * Returns: GST_FLOW_OK with @written; GST_FLOW_FLUSHING if unlock ended a
 * wait, to be called again with the rest; GST_FLOW_EOS if no stream is taken;
 * GST_FLOW_ERROR once the error has been posted. */
GstFlowReturn gst_ice_run_write (GstIceRun * run, const guint8 * data,
    gsize size, gsize * written);

/* Moves the write position, if upstream may do that at all. Streaming thread.
 * Returns: as above. */
GstFlowReturn gst_ice_run_seek (GstIceRun * run, guint64 offset);

/* TRUE if nothing has been written or moved. */
gboolean gst_ice_run_is_pristine (GstIceRun * run);

/* EOS: ends the recording and waits for the object. Streaming thread.
 * Returns: GST_FLOW_OK when the object is confirmed and the application knows;
 * GST_FLOW_FLUSHING and GST_FLOW_ERROR as above. */
GstFlowReturn gst_ice_run_drain (GstIceRun * run);

/* The recording can't go on: the upload does what on-error says, and fails.
 * gst_ice_run_drain() waits for that. Streaming thread.
 * @error: (transfer full) */
void gst_ice_run_fail (GstIceRun * run, GError * error);

/* TRUE if the upload has failed, or is failing. */
gboolean gst_ice_run_has_failed (GstIceRun * run);

/* unlock and unlock_stop: ends waits, allows them again. */
void gst_ice_run_set_flushing (GstIceRun * run, gboolean flushing);

/* Next byte written. */
guint64 gst_ice_run_get_position (GstIceRun * run);

/* Of the stream that is written. Streaming thread. */
void gst_ice_run_set_caps (GstIceRun * run, GstCaps * caps);
void gst_ice_run_set_content_type (GstIceRun * run,
    const gchar * content_type);

/* Length of the stream as upstream says it, in bytes, or -1. */
void gst_ice_run_set_expected_size (GstIceRun * run, gint64 size);
void gst_ice_run_checkpoint (GstIceRun * run);
gboolean gst_ice_run_provide_credential (GstIceRun * run,
    const gchar * upload_address, const gchar * upload_auth);
void gst_ice_run_provide_identity (GstIceRun * run,
    GstIceIdentity * identity);

/* Ends: does @action unless the upload has ended by itself, and waits for that
 * up to @deadline_us of g_get_monotonic_time(). No event comes afterwards.
 * Application's thread. */
void gst_ice_run_stop (GstIceRun * run, GstIceEndAction action,
    gint64 deadline_us);

/* FLUSH_STOP: gives the recording up without waiting for the network. The
 * upload is aborted in the background, unless the next run goes on with it;
 * gst_ice_run_stop() must still be called some day. @spool: (out) (nullable)
 * (transfer full): for the run that comes next; NULL: it makes its own.
 * FALSE if none can come. Errors: GST_ICE_ERROR_SETTINGS (what this run began
 * with is in the object now), _FAILED (disk). */
gboolean gst_ice_run_retire (GstIceRun * run, GstIceSpool ** spool,
    GError ** error);

/* No other run could take the place of one that is retired, and the application
 * knows: from now on it takes nothing, with GST_FLOW_ERROR. */
void gst_ice_run_refuse (GstIceRun * run);

/* The figures of `stats`. Any thread. (transfer full) */
GstStructure *gst_ice_run_get_stats (GstIceRun * run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceRun, gst_ice_run_unref)

G_END_DECLS
