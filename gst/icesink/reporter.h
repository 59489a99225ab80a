/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What a run tells the application: figures, progress, steps, warnings, the
 * error. Of one run, nothing else posts.
 *
 * Runs on: the network thread, but for what is said to be for others.
 * Owns: what is known only for the sake of telling it. */

#pragma once

#include <gst/gst.h>

#include "icesink/legacy.h"
#include "icesink/outbox.h"

typedef struct _GstIceReporter GstIceReporter;

/* @element: (unowned): what the messages come from. @legacy: (unowned).
 * @max_object_size: what the part plan can reach. (transfer full) */
GstIceReporter *gst_ice_reporter_new (GstElement * element,
    const GstIceSettings * settings, GstIceOutbox * outbox,
    GstIceClock * clock, GstIceUpload * upload, GstIceLegacy * legacy,
    guint64 max_object_size);
void gst_ice_reporter_free (GstIceReporter * reporter);

/* From now on there is something recorded. Any thread. */
void gst_ice_reporter_set_recording (GstIceReporter * reporter,
    GstIceRecording * recording);

/* Tells of what has happened to the upload. */
void gst_ice_reporter_handle_event (GstIceReporter * reporter,
    const GstIceUploadEvent * event);

/* A few times a second, as long as the upload runs: progress, if it is due, and
 * what the spool is up to. */
void gst_ice_reporter_tick (GstIceReporter * reporter);

/* Microseconds between two ticks that suit progress-interval, or 0. */
gint64 gst_ice_reporter_get_interval (GstIceReporter * reporter);

/* The last bytes are being uploaded: opens the step `finalize`. */
void gst_ice_reporter_open_finalize (GstIceReporter * reporter);

/* The one error of this run. Any thread, one at a time. */
void gst_ice_reporter_post_error (GstIceReporter * reporter,
    const GError * error);

/* Something that does not end the upload, or comes when it has ended anyway. As
 * above. @text: what a person reads first. @retry_in: until it is tried again,
 * or GST_CLOCK_TIME_NONE. */
void gst_ice_reporter_post_warning (GstIceReporter * reporter,
    const gchar * text, const GError * error, GstClockTime retry_in);

/* Emits a signal: calls @func on an application thread. FALSE if the
 * application is not to hear of this run any more. */
gboolean gst_ice_reporter_call (GstIceReporter * reporter,
    GstIceOutboxFunc func, gpointer user_data, GDestroyNotify destroy);

/* Waits until the application has all of it. FALSE if flushing came first.
 * Streaming thread. */
gboolean gst_ice_reporter_deliver (GstIceReporter * reporter);

/* The application hears no more of this run. Any thread. */
void gst_ice_reporter_mute (GstIceReporter * reporter);

/* What the stream is; a warning says so if the media asset was made for another
 * kind of file. @content_type: a static string. Any thread. */
void gst_ice_reporter_set_content_type (GstIceReporter * reporter,
    const gchar * content_type);

/* The first byte is being written; later calls do nothing. Any thread. */
void gst_ice_reporter_note_first_byte (GstIceReporter * reporter);

/* Length of the stream as upstream says it, in bytes, or -1. Any thread. */
void gst_ice_reporter_set_expected_size (GstIceReporter * reporter,
    gint64 size);

/* TRUE during an outage that was told of. Any thread. */
gboolean gst_ice_reporter_is_interrupted (GstIceReporter * reporter);

/* The figures of `stats`. @state: (nullable): in place of the one that the
 * upload is in. Any thread. (transfer full) */
GstStructure *gst_ice_reporter_get_stats (GstIceReporter * reporter,
    const gchar * state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceReporter, gst_ice_reporter_free)
