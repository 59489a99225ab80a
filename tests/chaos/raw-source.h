/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An appsrc that makes random bytes and now and then rewrites some of those
 * at the head, as a muxer does. */

#pragma once

#include <gst/gst.h>

typedef struct _RawSource RawSource;

/* Takes charge of @appsrc: (unowned), which makes @n_buffers of 1 to
 * @max_buffer_size bytes as fast as it is asked to, then EOS. With @patches,
 * some of them go to the first that many bytes. */
RawSource *raw_source_new (GstElement * appsrc, guint32 seed, guint n_buffers,
    guint max_buffer_size, guint patches);

/* After the pipeline has stopped. */
void raw_source_free (RawSource * source);

/* Send FLUSH_START and FLUSH_STOP; what comes then begins at byte 0. */
void raw_source_start_flush (RawSource * source);
void raw_source_stop_flush (RawSource * source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawSource, raw_source_free)
