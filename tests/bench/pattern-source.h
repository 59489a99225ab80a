/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The source of all pipelines: the pattern, in buffers of one size.
 *
 * They are made once and pushed again and again, so that it costs next to
 * nothing. It is an element, `patternsrc`, of the program that registers it.
 *
 * Properties: `bytes` (guint64) in all, then EOS; `buffer-size` (guint);
 * `list-length` (guint): buffers in a list, 0: no lists; `rate` (guint64):
 * bytes a second, as a live source has them, 0: as fast as they are taken. */

#pragma once

#include <gst/base/gstpushsrc.h>

#define PATTERN_TYPE_SOURCE (pattern_source_get_type ())
G_DECLARE_FINAL_TYPE (PatternSource, pattern_source, PATTERN, SOURCE,
    GstPushSrc)

void pattern_source_register (void);
