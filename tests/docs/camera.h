/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An RTSP camera on this machine: H.264, from gst-rtsp-server.
 *
 * Runs on: any thread; the server has its own. */

#pragma once

#include <glib.h>

/* The address that stands in documents in place of one. */
#define CAMERA_EXAMPLE "rtsp://camera.example.com/stream"

typedef struct _Camera Camera;

/* NULL if it was built without gst-rtsp-server. */
Camera *camera_new (void);
void camera_free (Camera * camera);

/* Its address, on a port that the system chose. */
const gchar *camera_get_uri (Camera * camera);
