/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The bytes of a part as a stream, from memory and disk.
 *
 * Private to this folder; see gst_ice_part_open(). */

#pragma once

#include "recording/part.h"

G_BEGIN_DECLS

#define GST_ICE_TYPE_PART_STREAM (gst_ice_part_stream_get_type ())
G_DECLARE_FINAL_TYPE (GstIcePartStream, gst_ice_part_stream, GST_ICE,
    PART_STREAM, GInputStream)

/* (transfer full) */
GInputStream *gst_ice_part_stream_new (GstIcePart * part);

G_END_DECLS
