/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The sink that splitmuxsink makes one of for each fragment: a bin with an
 * icesink in it.
 *
 * It is there for two reasons. A fragment that the service refuses must not end
 * the recording: its error stays in the bin, what comes for it is dropped, and
 * the application hears of it. And a fragment that is over must not wait in
 * memory for the network: however many icesinks wait, each has max-memory of
 * its own. So the end of a fragment does not go on to icesink. It is stopped,
 * which writes all that it holds to its spool, and somebody else finishes it
 * from there; see finisher.h.
 *
 * Element messages that it posts:
 *  - `fragment-failed` {media-id, error}: the rest of the fragment is dropped
 *  - `fragment-over` {media-id, bytes, sent, pending (uint64), since (int64,
 *    monotonic time of the oldest byte that has not arrived)}: all is in the
 *    spool, and nobody uses it any more */

#pragma once

#include <gst/gst.h>

#define FRAGMENT_SINK_FACTORY "recorderfragmentsink"

#define FRAGMENT_TYPE_SINK (fragment_sink_get_type ())
G_DECLARE_FINAL_TYPE (FragmentSink, fragment_sink, FRAGMENT, SINK, GstBin)

gboolean fragment_sink_register (void);

/* The icesink, to be set up. (transfer none) (nullable): NULL if there is no
 * such element */
GstElement *fragment_sink_get_icesink (FragmentSink * self);
