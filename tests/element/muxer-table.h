/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Every muxer, with streams that it takes, and those that nothing here can
 * feed. test-muxers.c holds the table against the registry: an element that
 * muxes and is in neither list fails it. */

#pragma once

#include <glib.h>

/**
 * MuxerRow:
 * @muxer: in launch syntax; the first word is the element
 * @streams: what it is fed with, words of muxer-feed.c
 * @variant: (nullable): what is special about this row
 * @settings: (nullable): of the sink
 * @kib: of streams; 0: enough for a dozen parts
 * @flags: below
 */
typedef struct
{
  const gchar *muxer;
  const gchar *streams;
  const gchar *variant;
  const gchar *settings;
  guint kib;
  guint flags;
} MuxerRow;

typedef enum
{
  MUXER_SMALL = 1 << 0,         /* writes little, whatever it is fed with */
  MUXER_INSISTS = 1 << 1,       /* moves about even if it is told not to */
  MUXER_REFUSES = 1 << 2,       /* fails if it may not move about */
  MUXER_SPOOL = 1 << 3,         /* can't be served without a spool */
  MUXER_BREAKS = 1 << 4,        /* writes beyond its buffers on some machines */
} MuxerFlags;

/* Ends with a row of NULLs. */
extern const MuxerRow muxer_rows[];

/* Elements that no stream of muxer-feed.c makes write one byte. Ends with
 * NULL. */
extern const gchar *const muxer_exceptions[];

/* The name of the element of @row. (transfer full) */
gchar *muxer_row_get_element (const MuxerRow * row);

/* A name for the test of @row. (transfer full) */
gchar *muxer_row_get_name (const MuxerRow * row);
