/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What one run leaves to the next, by way of the spool: what an earlier one
 * left, what becomes of that, and what this one writes down for the day after a
 * crash.
 *
 * Runs on: as said at each function. Without a spool all of it does nothing.
 * Owns: the spool, until another run gets it. */

#pragma once

#include <gst/gst.h>

#include "icesink/settings.h"
#include "upload/upload.h"

/* What becomes of what an earlier run left. */
typedef enum
{
  GST_ICE_FATE_UNREAD,  /* nobody has looked yet what is left */
  GST_ICE_FATE_OPEN,    /* it depends on the stream whether that can be
                         * appended */
  GST_ICE_FATE_NEW,     /* nothing is left; the stream is a recording of its
                         * own */
  GST_ICE_FATE_APPEND,  /* the stream goes on where what is left ends */
  GST_ICE_FATE_FINISH,  /* what is left is completed, and no stream taken */
  GST_ICE_FATE_DISCARD, /* no byte is left, but perhaps an upload, which is
                         * aborted; no stream is taken */
} GstIceFate;

/* TRUE if a legacy may go from one to the other. Pure function. */
gboolean gst_ice_fate_can_follow (GstIceFate from, GstIceFate to);

typedef struct _GstIceLegacy GstIceLegacy;

/* @upload: what the journal tells of. (transfer full) */
GstIceLegacy *gst_ice_legacy_new (const GstIceSettings * settings,
    GstIceUpload * upload);
void gst_ice_legacy_free (GstIceLegacy * legacy);

/* ---- the beginning, on the thread that opens the spool ---- */

/* Takes over @spool (nullable), looks at what is left in it, and says what
 * becomes of that, as far as it does not depend on the stream.
 * @config: gets the spool. Errors: GST_ICE_ERROR_SETTINGS. */
gboolean gst_ice_legacy_read (GstIceLegacy * legacy, GstIceSpool * spool,
    GstIceRecordingConfig * config, GError ** error);

/* Lets @recording go on from there, if there is something; waits for the disk.
 * Errors: GST_ICE_ERROR_FAILED. */
gboolean gst_ice_legacy_restore (GstIceLegacy * legacy,
    GstIceRecording * recording, GError ** error);

/* Lets the upload go on with the multipart upload that is left. FALSE if there
 * is none. */
gboolean gst_ice_legacy_resume_upload (GstIceLegacy * legacy);

/* ---- while it runs ---- */

/* Decides, before the first byte, for a stream of @caps; NULL: none comes.
 * Streaming thread. */
GstIceFate gst_ice_legacy_decide (GstIceLegacy * legacy,
    const GstCaps * caps);
GstIceFate gst_ice_legacy_get_fate (GstIceLegacy * legacy);

/* Bytes that an earlier run left. */
guint64 gst_ice_legacy_get_base (GstIceLegacy * legacy);

/* (transfer full) (nullable) */
GstIceSpool *gst_ice_legacy_ref_spool (GstIceLegacy * legacy);

/* Writes down what has happened to the upload. Network thread. */
void gst_ice_legacy_handle_event (GstIceLegacy * legacy,
    const GstIceUploadEvent * event);

/* @error, with where the recording is. (transfer full) */
GError *gst_ice_legacy_describe_error (GstIceLegacy * legacy,
    const GError * error);

/* ---- the end ---- */

/* For the run after a flush: the spool as it would be without this one. Only
 * where nothing was left to this one. (transfer full) (nullable): NULL if there
 * is none, or none any more because the object is complete. */
GstIceSpool *gst_ice_legacy_give_spool (GstIceLegacy * legacy,
    gint64 deadline_us);

/* Nobody waits for this run any more: the spool stays as it is. On the thread
 * that opened it. */
void gst_ice_legacy_let_go (GstIceLegacy * legacy);

/* What nobody needs any more is removed, the rest stays. Waits for the disk up
 * to @deadline_us. @action: what the upload was stopped with. */
void gst_ice_legacy_close (GstIceLegacy * legacy, GstIceEndAction action,
    gint64 deadline_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceLegacy, gst_ice_legacy_free)
