/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One muxer that writes to filesink and to icesink at once.
 *
 *   streams ! muxer ! tee ! filesink    the twin: first, so it is never behind
 *                     tee ! icesink
 *
 * Both get the same buffers and the same segments, on one thread, and the muxer
 * asks icesink whether it may seek. A twin belongs to the test's thread. */

#pragma once

#include "fixture.h"
#include "muxer-table.h"

/**
 * MuxerTwin:
 * @fixture: (owned): the icesink and its emulator
 * @path: (owned): what filesink writes
 * @written: atomic: bytes that went to both so far
 * @rewinds: atomic: how often the muxer went back
 */
typedef struct
{
  Fixture *fixture;
  gchar *path;
  gsize written;
  gint rewinds;

  /*< private >*/
  GstElement *filesink;         /* (owned) */
  gchar *directory;             /* (owned) */
  guint64 position;             /* of both; streaming thread */
  guint64 size;                 /* of both; streaming thread */
  gboolean seekable;            /* of a muxer alone */
} MuxerTwin;

/* Ready to play about @kib of the streams of @row, in the smallest parts and
 * with the smallest head unless @row says otherwise; NULL, with the test
 * skipped, if something that it needs is not there. */
MuxerTwin *muxer_twin_new (const MuxerRow * row, guint kib);
void muxer_twin_free (MuxerTwin * twin);

/* Plays to the end, and compares. */
void muxer_twin_run (MuxerTwin * twin);

/* The same in pieces. */
void muxer_twin_start (MuxerTwin * twin);
void muxer_twin_finish (MuxerTwin * twin);

/* Waits for the end, TRUE, or an error of whatever element. */
gboolean muxer_twin_wait (MuxerTwin * twin);

/* The object is what filesink wrote. */
void muxer_twin_compare (MuxerTwin * twin);

/* Bytes of bodies that the service got for the object. */
guint64 muxer_twin_get_sent (MuxerTwin * twin);

/* Of the file. */
guint64 muxer_twin_get_size (MuxerTwin * twin);

/* The text of the error that it ended in. (transfer full) (nullable) */
gchar *muxer_twin_get_error (MuxerTwin * twin);

/* How the muxer of @row ends with filesink alone, and the same streams:
 * “streams”, or “insists” if it goes back, or “refuses” if it fails. Versions of
 * a muxer differ, and that is not icesink's doing. @seekable: whether it is told
 * that it may go back */
const gchar *muxer_get_ending_alone (const MuxerRow * row, guint kib,
    gboolean seekable);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MuxerTwin, muxer_twin_free)
