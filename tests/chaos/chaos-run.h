/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A plan carried out.
 *
 *   upstream ! tee ! filesink      the twin: first, so it is never behind
 *              tee ! icesink
 *
 * Each run has an emulator and a pipeline of its own. */

#pragma once

#include <gst/gst.h>

#include "chaos-plan.h"
#include "emulator/emulator.h"
#include "raw-source.h"

#define CHAOS_MEDIA_ID "chaos"

/**
 * ChaosTally:
 * @n_complete: messages ice-upload-complete
 * @n_interrupted: messages ice-upload-interrupted
 * @n_resumed: messages ice-upload-resumed
 * @n_eos: EOS that the application saw
 * @complete_first: a complete came before the EOS
 * @n_errors: errors of the sink
 * @error: (owned) (nullable): the first of them
 * @debug: (owned) (nullable): what it says for the log
 * @outcome: (owned) (nullable): of its details
 * @foreign_error: (owned) (nullable): one of another element, before any of
 *     the sink
 *
 * What came over the bus.
 */
typedef struct
{
  guint n_complete;
  guint n_interrupted;
  guint n_resumed;
  guint n_eos;
  gboolean complete_first;
  guint n_errors;
  GError *error;
  gchar *debug;
  gchar *outcome;
  GError *foreign_error;
} ChaosTally;

/**
 * ChaosRun:
 * @plan: (unowned)
 * @emulator: (owned): listens
 * @pipeline: (owned)
 * @sink: (unowned): the icesink
 * @twin: (unowned): the filesink
 * @raw: (owned) (nullable): the source of a raw stream
 * @directory: (owned): a temporary one
 * @twin_path: (owned): the file that filesink writes
 * @last_offset: where the last buffer that the twin got went, and whatever came
 *     after a stop had begun
 * @last_size: its bytes
 * @saw_eos: the stream has ended, as far as the tee knows
 * @flushed: a stream was flushed
 * @flushed_eos: it had ended before
 * @tally: what came over the bus
 * @stopping: (atomic): a stop has begun
 * @stopped: a stop came before the end
 * @stop_took_us: how long that was
 * @hung_in: (owned) (nullable): states, when neither EOS nor an error came
 * @stats: (owned) (nullable): after the end
 * @memory_exceeded: more memory was in use than max-memory allows
 */
typedef struct
{
  const ChaosPlan *plan;
  IceEmulator *emulator;
  GstElement *pipeline;
  GstElement *sink;
  GstElement *twin;
  RawSource *raw;
  gchar *directory;
  gchar *twin_path;
  guint64 last_offset;
  guint64 last_size;
  gboolean saw_eos;
  gboolean flushed;
  gboolean flushed_eos;
  ChaosTally tally;
  gint stopping;
  gboolean stopped;
  gint64 stop_took_us;
  gchar *hung_in;
  GstStructure *stats;
  gboolean memory_exceeded;

  /*< private >*/
  gboolean paused;
  guint n_buffers;              /* of the source; streaming thread */
  guint64 write_offset;         /* of the twin; streaming thread */
  gint ends;                    /* atomic: the source is to end */
  gint clock_step_s;            /* atomic */
  const gchar **step;           /* (unowned) */
} ChaosRun;

/* @step: (unowned): where it says what it is doing, for who waits in vain; an
 * atomic pointer. */
ChaosRun *chaos_run_new (const ChaosPlan * plan, const gchar ** step);
void chaos_run_free (ChaosRun * run);

/* From start to end. */
void chaos_run_carry_out (ChaosRun * run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ChaosRun, chaos_run_free)
