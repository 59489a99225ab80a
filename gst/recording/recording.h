/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The byte stream as the muxer sees it: a file that can be written anywhere,
 * while parts of it leave for the network.
 *
 * Runs on: the streaming thread writes; the network thread seals parts for
 * age and reports confirmed ones; both may call at any time.
 * Owns: the bytes of a part until it is sealed, and a share of them until it
 * is confirmed, so that they can be rewritten and handed over again.
 * Does not: know the network. Sealed parts leave through one callback.
 *
 * The head of the stream is held to the end, because muxers patch it there, and
 * leaves only then, or when it is a fiftieth of what was written: a muxer that
 * has not patched it by then seldom does, and if so it leaves once more. Behind
 * the write position, a window is held back whose length is learnt from the
 * rewinds seen; a muxer that never rewinds has none.
 *
 * With a spool, everything that is written goes to disk as well, and stays
 * there and rewritable to the end. What is on disk may leave memory; so memory
 * is full only if the disk is full or slow. When the disk is full, parts that
 * have arrived give their room, the oldest first; they can't be rewritten any
 * more. */

#pragma once

#include "common/clock.h"
#include "common/counted.h"
#include "recording/chunk-pool.h"
#include "recording/part-plan.h"
#include "recording/part.h"

typedef struct _GstIceRecording GstIceRecording;

/* Takes a sealed part, from the thread that made it leave; no lock is held.
 * @part: (transfer full) */
typedef void (*GstIceSealedFunc) (GstIcePart * part, gpointer user_data);

typedef struct
{
  GstIcePartPlan plan;         /* sizes of the parts */
  guint64 max_memory;          /* budget for recorded bytes */
  guint64 head_size;           /* bytes from the start that stay rewritable; 0
                                * for none */
  gint64 max_part_duration_us; /* a part that old is sealed; 0: by size only */
  GstIceSpool *spool;          /* (nullable) (unowned) where bytes go that
                                * memory can't hold */
} GstIceRecordingConfig;

/* (transfer full) */
GstIceRecording *gst_ice_recording_new (const GstIceRecordingConfig * config,
    GstIceClock * clock, GstIceSealedFunc sealed, gpointer user_data);
GST_ICE_DECLARE_COUNTED (GstIceRecording, gst_ice_recording)

/* Writes at the current position, as much as memory has room for, and moves
 * the position. Streaming thread.
 *
 * Returns: how many bytes were taken: fewer than @size when memory is full, or
 * when the recording has been finished by another thread meanwhile;
 * -1 with GST_ICE_ERROR_SEEK (bytes no longer held) or _NO_SPACE (part numbers
 * used up). */
gssize gst_ice_recording_write (GstIceRecording * recording,
    gconstpointer data, gsize size, GError ** error);

/* Waits until memory has room again, or until the spool has become full or
 * lost, so that a write does something else about it. FALSE if flushing ended
 * the wait. */
gboolean gst_ice_recording_wait (GstIceRecording * recording);
void gst_ice_recording_set_flushing (GstIceRecording * recording,
    gboolean flushing);

/* An outage has begun: who waits looks again, once. */
void gst_ice_recording_nudge (GstIceRecording * recording);

/* Moves the write position. A gap that it leaves reads as zeroes. Streaming
 * thread. Errors: GST_ICE_ERROR_NO_SPACE beyond the largest object. */
gboolean gst_ice_recording_seek (GstIceRecording * recording, guint64 offset,
    GError ** error);

/* Next byte written. */
guint64 gst_ice_recording_get_position (GstIceRecording * recording);

/* Bytes of the object so far. */
guint64 gst_ice_recording_get_size (GstIceRecording * recording);

/* Bytes of memory in use. */
guint64 gst_ice_recording_get_memory_used (GstIceRecording * recording);

/* Size of the part that is being filled. */
guint64 gst_ice_recording_get_part_size (GstIceRecording * recording);

/* Since when the oldest byte that was not confirmed could have left: its
 * arrival, or for the head the end of the recording; monotonic, or -1. */
gint64 gst_ice_recording_get_oldest (GstIceRecording * recording);

/* Seals what is old enough by now, and lets the spool have what was written
 * since. To be called a few times a second. Network thread. */
void gst_ice_recording_seal_aged (GstIceRecording * recording);

/* Seals the open part, whatever its age, as soon as it has OSS's minimum size,
 * if the part plan can spare the number. What is held back for rewrites stays.
 * Any thread. */
void gst_ice_recording_checkpoint (GstIceRecording * recording);

/* Ends the recording: returns all parts that have not left yet, by number;
 * nothing can be written afterwards. (transfer full)
 * (element-type GstIcePart) */
GPtrArray *gst_ice_recording_finish (GstIceRecording * recording);

/* A version of a part has arrived at the service. Network thread. */
void gst_ice_recording_confirmed (GstIceRecording * recording, guint number,
    guint generation);

/* Ends the recording and lets go of everything: nobody wants it any more. */
void gst_ice_recording_discard (GstIceRecording * recording);

/* ---- with a spool ---- */

/* Takes over what an earlier run left in the spool, so that the write position
 * is at its end. Before the first write; reads at most 100 KiB. Whoever goes on
 * cuts the spool there: other parts take the numbers of those behind it.
 * Errors: GST_ICE_ERROR_FAILED (disk). */
gboolean gst_ice_recording_restore (GstIceRecording * recording,
    GError ** error);

/* After that: reads the next part of it. If it had arrived and is the same, it
 * is told to @arrived. With the last one, @done: (out) is TRUE, and the others
 * leave as sealed parts; none of them does before. Waits for the disk, so each
 * call is for a job of @spool, and others get their turn in between.
 * Errors: as above, and when the spool is detached meanwhile. */
gboolean gst_ice_recording_verify_next (GstIceRecording * recording,
    GstIceSpool * spool, gboolean * done, GstIceArrivedFunc arrived,
    gpointer user_data, GError ** error);

/* Waits until the disk has all that was written, as far as it takes it, up to
 * @deadline_us of g_get_monotonic_time(): it may not answer. */
void gst_ice_recording_flush_until (GstIceRecording * recording,
    gint64 deadline_us);

/* Lets go of the spool: nothing goes there any more. */
void gst_ice_recording_detach_spool (GstIceRecording * recording);

/* TRUE if memory is full, and the spool as well, or there is none. Not while a head
 * that was meant for the spool gives way: then there is room soon, unless nothing
 * leaves because of an @outage. */
gboolean gst_ice_recording_is_full (GstIceRecording * recording,
    gboolean outage);

/* TRUE if memory is full because the kernel has none, and nothing is on its way
 * that would give some back. */
gboolean gst_ice_recording_is_starved (GstIceRecording * recording);

/* TRUE while bytes that wait for the network are on disk only. */
gboolean gst_ice_recording_is_spilling (GstIceRecording * recording);

/* What is wrong with the spool, or NULL. (transfer full) */
GError *gst_ice_recording_get_spool_error (GstIceRecording * recording);

/* How many bytes from the start are on disk, or on their way there while
 * nothing is wrong. @given_up: (out): some are not, because they have arrived
 * and gave their room. */
guint64 gst_ice_recording_get_spooled (GstIceRecording * recording,
    gboolean * given_up);
