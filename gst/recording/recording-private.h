/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What the two halves of a recording share: recording.c has the stream (what
 * is written, what is held back, what leaves), recording-spool.c its other
 * place, the disk (what goes there, what leaves memory for it, what an earlier
 * run left). Only these two include this file.
 *
 * Everything is protected by lock, but for what never changes. */

#pragma once

#include <gst/gst.h>

#include "recording/held-part.h"
#include "recording/recording.h"

G_BEGIN_DECLS


/**
 * SpoolState:
 * @SPOOL_NONE: there is none
 * @SPOOL_READY: what is written goes to it
 * @SPOOL_FULL: it had no room when it was tried last
 * @SPOOL_LOST: it can't be written any more; memory is all there is
 */
typedef enum
{
  SPOOL_NONE,
  SPOOL_READY,
  SPOOL_FULL,
  SPOOL_LOST,
} SpoolState;

struct _GstIceRecording
{
  gatomicrefcount ref_count;
  GstIceRecordingConfig config;
  GstIceClock *clock;           /* (owned) */
  GstIceChunkPool *pool;        /* (owned) */
  GstIceSealedFunc sealed;
  gpointer user_data;

  GMutex lock;
  GPtrArray *parts;             /* (element-type GstIceHeldPart) by offset */
  guint last_number;            /* of the part that was opened last */
  guint64 position;             /* next byte written */
  guint64 size;                 /* one past the last byte written */
  guint64 head_end;             /* everything before it is held to the end */
  guint64 window;               /* held back behind size */
  guint64 next_leave;           /* below this size no part may leave */
  guint64 kept_memory;          /* of parts that have arrived and are kept */
  gboolean rewinding;           /* position is before size */
  gboolean finished;
  gint64 finished_us;           /* when it was */

  GstIceSpool *spool;           /* (nullable) (owned) */
  SpoolState spool_state;
  GQueue unwritten;             /* places of chunks that are not on disk */
  gboolean writing;             /* a job that writes them is under way */
  gboolean spilling;            /* bytes that wait for the network left memory */
  GQueue unfreed;               /* (element-type Range) (owned) of the disk */
  guint n_left;                 /* parts that are as the journal says */
  guint64 base;                 /* bytes that an earlier run left */
  guint n_restored;             /* these and those made of the rest */
  guint n_verified;             /* of them */
  GError *spool_error;          /* (nullable) (owned): what the spool lacks */
};

/* ---- recording.c ---- */

/* The part that holds byte @offset, or NULL if it has gone. */
GstIceHeldPart *gst_ice_recording_find_part (GstIceRecording * self,
    guint64 offset);

/* The part with that number, or NULL if it has gone. */
GstIceHeldPart *gst_ice_recording_find_number (GstIceRecording * self,
    guint number);

/* TRUE if @part is the one that appended bytes go to. */
gboolean gst_ice_recording_is_open (GstIceRecording * self,
    const GstIceHeldPart * part);

/* TRUE if some of @part stays to the end. */
gboolean gst_ice_recording_is_head (GstIceRecording * self,
    const GstIceHeldPart * part);

/* TRUE if @part has the last bytes of an earlier run, and newer ones behind
 * them. A flush goes back to the former, which are on disk alone then: the
 * service has them in one part with the others. */
gboolean gst_ice_recording_is_at_base (GstIceRecording * self,
    const GstIceHeldPart * part);

/* Seals into @leaving all that may leave. */
void gst_ice_recording_seal_ready (GstIceRecording * self,
    GPtrArray * leaving);

/* Hands over what was sealed. Call without the lock.
 * @leaving: (transfer full) */
void gst_ice_recording_hand_over (GstIceRecording * self,
    GPtrArray * leaving);

/* ---- recording-spool.c; all but the first under lock ---- */

/* Brings the chunk at byte @offset back into memory, if it is only on disk.
 * Takes and leaves the lock by itself, not to hold it while the disk works.
 * Returns: 1 if it is in memory, 0 if there is no room, -1 on error. */
gint gst_ice_recording_load (GstIceRecording * self, guint64 offset,
    GError ** error);

/* @size bytes were written at @at of @part. */
void gst_ice_recording_note_written (GstIceRecording * self,
    GstIceHeldPart * part, guint64 at, guint64 size);

/* Lets the disk have what is unwritten, if that is enough to be worth it. */
void gst_ice_recording_write_out (GstIceRecording * self, gboolean at_once);

/* Memory is full: what is on disk leaves it. TRUE if that freed something. */
gboolean gst_ice_recording_evict (GstIceRecording * self);

/* @part has arrived; memory need not hold it any more. */
void gst_ice_recording_evict_arrived (GstIceRecording * self,
    GstIceHeldPart * part);

/* @part has arrived, and neither memory nor disk holds it any more: the journal
 * says so, and then its room on disk is freed. */
void gst_ice_recording_give_up (GstIceRecording * self,
    GstIceHeldPart * part);

/* @part is about to be rewritten. */
void gst_ice_recording_supersede (GstIceRecording * self,
    GstIceHeldPart * part);

G_END_DECLS
