/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A recording beside a plain file, with a network that a test moves by hand.
 *
 * Everything written goes to both. Sealed parts wait in the model's network
 * until the test lets them arrive; what has arrived is kept as OSS would keep
 * it, the newest version of each part number. In the end the two must be the
 * same, byte for byte. */

#pragma once

#include "recording/recording.h"

/**
 * RecordingModel:
 * @recording: under test
 * @now_us: the clock, moved by the test
 * @file: what a file would hold
 * @position: where a file would be written next
 * @waiting: (element-type GstIcePart): sealed and not arrived, oldest first
 * @sent: bytes of all versions that have arrived
 * @n_sent: how many those are
 * @n_resent: of these, not the first of their number
 * @n_refused: rewrites that were refused
 * @max_memory: the budget
 * @spool: (nullable) (unowned): of the recording
 * @n_found: parts that were told to have arrived before a crash
 * @verified: what an earlier run left has been read; nothing arrives before
 * @peak: most memory in use that was seen
 */
typedef struct
{
  GstIceRecording *recording;
  GstIceClock *clock;
  gint64 now_us;
  GRand *rand;
  GByteArray *file;
  guint64 position;
  GPtrArray *waiting;
  guint64 sent;
  guint n_sent;
  guint n_resent;
  guint n_refused;
  guint64 max_memory;
  GstIceSpool *spool;
  guint n_found;
  gboolean verified;
  guint64 peak;

  /*< private >*/
  GHashTable *stored;           /* number to Stored */
} RecordingModel;

RecordingModel *recording_model_new (const GstIceRecordingConfig * config,
    guint seed);
void recording_model_free (RecordingModel * model);

/* Moves the write position of both. */
void recording_model_seek (RecordingModel * model, guint64 offset);

/* Writes all of @data to both. When memory is full, the network lets a part
 * arrive; if none is on its way then, that is a dead end and an error. A
 * refusal must be for bytes that are gone; FALSE, and both stand where they
 * did after the bytes that were taken. */
gboolean recording_model_write (RecordingModel * model, gconstpointer data,
    gsize size);

/* Appends or rewrites @size bytes that no other call has written. */
gboolean recording_model_write_random (RecordingModel * model, gsize size);
gboolean recording_model_write_zeroes (RecordingModel * model, gsize size);

/* Lets the part at @index of waiting arrive, or one that is drawn, or all. */
void recording_model_arrive (RecordingModel * model, guint index);
void recording_model_arrive_any (RecordingModel * model);
void recording_model_arrive_all (RecordingModel * model);

/* Time passes; what is old enough is sealed. */
void recording_model_advance (RecordingModel * model, gint64 by_us);

/* Settings that the element takes, with memory for hardly more than a few of
 * the smallest parts. */
GstIceRecordingConfig recording_model_draw_config (GRand * rand);

/* Something that a muxer, the network or time may do. */
void recording_model_play_step (RecordingModel * model);

/* Begins again with nothing. */
void recording_model_restart (RecordingModel * model,
    const GstIceRecordingConfig * config);

/* What memory had is gone; the recording goes on from what is in the spool of
 * @config, which was opened anew. That is what the file has from then on; if
 * @exact, it must be what it had. */
void recording_model_crash (RecordingModel * model,
    const GstIceRecordingConfig * config, gboolean exact);

/* Reads what was left; parts that have arrived must be with the service. */
void recording_model_verify (RecordingModel * model);

/* Waits until the disk has all that it takes. */
void recording_flush (GstIceRecording * recording);

/* Ends the recording; what it had not handed over waits. */
void recording_model_take_rest (RecordingModel * model);

/* The same, lets everything arrive in an order that is drawn, and
 * compares. */
void recording_model_finish (RecordingModel * model);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RecordingModel, recording_model_free)
