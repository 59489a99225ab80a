/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One upload under given circumstances, and how it ended.
 *
 * Shared by the fault matrix and by chaos. A trial has an emulator and a
 * pipeline of its own, so many can run at a time. */

#pragma once

#include <gst/gst.h>

#include "emulator/emulator.h"

/**
 * Trial:
 * @emulator: (owned): listening
 * @pipeline: (owned): appsrc ! icesink
 * @source: (unowned): the appsrc
 * @sink: (unowned): the icesink
 * @expected: (owned): what was pushed so far
 */
typedef struct
{
  IceEmulator *emulator;
  GstElement *pipeline;
  GstElement *source;
  GstElement *sink;
  GByteArray *expected;
} Trial;

/**
 * TrialEnd:
 * @eos: the application saw EOS
 * @n_errors: how many errors it saw
 * @error: (owned) (nullable): the first of them
 * @debug: (owned) (nullable): its debug text
 * @outcome: (owned) (nullable): of stats
 * @n_interrupted: messages ice-upload-interrupted
 * @n_resumed: messages ice-upload-resumed
 * @reason: (owned) (nullable): of the first interruption
 * @exact: the object is there and equals what was pushed
 * @there: there is an object
 * @hung: nothing came in time
 */
typedef struct
{
  gboolean eos;
  guint n_errors;
  GError *error;
  gchar *debug;
  gchar *outcome;
  guint n_interrupted;
  guint n_resumed;
  gchar *reason;
  gboolean exact;
  gboolean there;
  gboolean hung;
} TrialEnd;

#define TRIAL_MEDIA_ID "trial"

/* Registers the element from the static archive; once per process. */
void trial_init (int *argc, char ***argv);

/* @options: of the emulator, NULL-terminated, or NULL. @launch: properties of
 * icesink in launch syntax. */
Trial *trial_new (const gchar * const *options, const gchar * launch);
void trial_free (Trial * trial);

/* Adds a fault, in the emulator's words. */
void trial_add_fault (Trial * trial, const gchar * fault);

/* Starts the pipeline. */
void trial_start (Trial * trial);

/* Pushes @size bytes that look random and depend on @seed. */
void trial_push (Trial * trial, guint32 seed, gsize size);

/* Ends the stream, and waits for the end of the pipeline. */
void trial_finish (Trial * trial, TrialEnd * end);

/* Goes to NULL, and looks at what is left. */
void trial_stop (Trial * trial, TrialEnd * end);
void trial_end_clear (TrialEnd * end);

/* How it came to that end, for a person: the error, `stats`, and the requests
 * as the emulator saw them. (transfer full) */
gchar *trial_tell (Trial * trial, const TrialEnd * end);

/* A field of `stats`. */
guint64 trial_get_stat (Trial * trial, const gchar * field);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Trial, trial_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TrialEnd, trial_end_clear)
