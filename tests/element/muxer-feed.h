/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Streams for muxers: encoded once, then played over and over with timestamps
 * that move on, so that a muxer gets minutes of them in no time.
 *
 * The element `muxerfeed` plays one: its property `stream` names it, `duration`
 * is how much of it there is. A stream is encoded when it is first asked for,
 * from any thread. */

#pragma once

#include <gst/gst.h>

/* Registers the element. After fixture_init(), so that the streams are freed
 * before GStreamer is taken down. */
void muxer_feed_register (void);

/* Encoders and muxers of others leak, avmux_* themselves among them: the leaks
 * tracer stays off in this program. Before fixture_init(). */
void muxer_feed_let_leak (void);

/* The names of all streams, NULL-terminated. */
const gchar *const *muxer_feed_get_names (void);

/* FALSE if an element that makes it is not there. */
gboolean muxer_feed_is_available (const gchar * name);

/* (transfer none) */
GstCaps *muxer_feed_get_caps (const gchar * name);

/* How long @bytes of all of @names, words separated by blanks, last when they
 * are played at once. */
GstClockTime muxer_feed_get_duration (const gchar * names, guint64 bytes);

/* A launch line that plays all of @names for @duration into the element @into.
 * (transfer full) */
gchar *muxer_feed_describe (const gchar * names, GstClockTime duration,
    const gchar * into);
