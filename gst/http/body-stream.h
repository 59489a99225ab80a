/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A request body for libsoup that sends itself.
 *
 * Runs on: the network thread. */

#pragma once

#include <gio/gio.h>

#include "http/block-reader.h"
#include "http/connection.h"
#include "http/http-client.h"

#define GST_ICE_TYPE_BODY_STREAM (gst_ice_body_stream_get_type ())
G_DECLARE_FINAL_TYPE (GstIceBodyStream, gst_ice_body_stream, GST_ICE,
    BODY_STREAM, GInputStream)

/* @bytes: (element-type GBytes). @func is told of bytes as they go out.
 * (transfer full) */
GstIceBodyStream *gst_ice_body_stream_new (GPtrArray * bytes,
    GstIceHttpProgressFunc func, gpointer user_data);

/* The same for what @reader reads. (transfer full) */
GstIceBodyStream *gst_ice_body_stream_new_from_reader (GstIceBlockReader *
    reader, GstIceHttpProgressFunc func, gpointer user_data);

/* From here on reads write to @connection instead. To be called when the head
 * of the request has been written and before the first read. FALSE if that
 * cannot be: then the stream stays an ordinary one. */
gboolean gst_ice_body_stream_set_direct (GstIceBodyStream * self,
    GstIceConnection * connection);

/* Lets go of the bytes and of the callback; reads fail from here on. */
void gst_ice_body_stream_detach (GstIceBodyStream * self);

/* TRUE if it ended before its last byte because the peer answered or went. */
gboolean gst_ice_body_stream_ended_early (GstIceBodyStream * self);

/* TRUE if it waits for its reader, and not for the peer. */
gboolean gst_ice_body_stream_is_waiting (GstIceBodyStream * self);
