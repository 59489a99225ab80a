/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The pipeline from a camera to splitmuxsink.
 *
 * Built anew for each connection: after an error nothing of the old one is
 * worth keeping. Main thread, but for the pads of an RTSP camera, which come
 * on a thread of rtspsrc before anything flows. */

#pragma once

#include <gst/gst.h>

/**
 * CameraOptions:
 * @location: (nullable): `rtsp://` URL of the camera, may have a user in it
 * @device: (nullable): a v4l2 camera, `/dev/video0`
 * @test: a test picture instead of a camera
 * @sound: record sound where there is some
 * @format: extension of the fragments: `mp4`, `ts` or `mkv`
 * @bitrate: of what has to be encoded, kbit/s
 */
typedef struct
{
  gchar *location;
  gchar *device;
  gboolean test;
  gboolean sound;
  gchar *format;
  gint bitrate;
} CameraOptions;

/* @last_frame: set, atomically by the millisecond, to the monotonic time at
 * which something came last. The splitmuxsink in it is named `split`.
 * Errors: a missing element. (transfer full) */
GstElement *camera_new_pipeline (const CameraOptions * options,
    gint64 * last_frame, GError ** error);

/* Nothing comes any more, and what has come is brought to its end: EOS follows
 * on the bus once the last fragment is over. */
void camera_end (GstElement * pipeline);

/* FALSE with an error if @options can't be used. */
gboolean camera_check (const CameraOptions * options, GError ** error);
