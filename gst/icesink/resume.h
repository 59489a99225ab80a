/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Which streams may follow an earlier one in the same object.
 *
 * Pure functions; any thread. */

#pragma once

#include <gst/gst.h>

/* TRUE if a stream of @caps, written behind one of @left_caps, makes an object
 * that plays from end to end: both are of the same format, and that is one of
 *
 *   MPEG-TS                            packets stand for themselves
 *   MPEG audio (MP1 to MP3, AAC ADTS)  and so do frames
 *   H.264, H.265 byte-stream           and so do NAL units
 *   Ogg                                chained streams
 *
 * Not MP4, fragmented or not (a second moov), Matroska and WebM (players stop
 * at the second segment), FLV, AVI and WAV (sizes in the head).
 * @left_caps: (nullable): as gst_caps_to_string() makes them
 * @caps: (nullable) */
gboolean gst_ice_resume_can_append (const gchar * left_caps,
    const GstCaps * caps);
