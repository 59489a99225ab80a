/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A program that a test runs: what it prints, how it ends.
 *
 * Runs on: the test's thread. What never comes is ended by the time limit of
 * the test program. */

#pragma once

#include <gio/gio.h>

#include "emulator/emulator.h"

/**
 * Program:
 * @process: (owned)
 * @lines: (owned): what it prints, errors too
 * @output: (owned): what was read of that
 */
typedef struct
{
  GSubprocess *process;
  GDataInputStream *lines;
  GString *output;
} Program;

/* Starts it. @line: a command line, as for a shell, but without one.
 * @environment: words `NAME=value`, or NULL. */
Program *program_new (const gchar * line, const gchar * environment);

/* Ends it if it runs, frees everything. */
void program_free (Program * program);

/* Reads on up to a line that begins with @prefix, and returns the rest of
 * that line. (transfer full) */
gchar *program_read_up_to (Program * program, const gchar * prefix);

/* The same without the rest. */
void program_skip_to (Program * program, const gchar * prefix);
void program_send_signal (Program * program, gint signal);

/* Reads the rest and waits for the end, which is to be with @status. */
void program_wait (Program * program, gint status);
void program_assert_printed (Program * program, const gchar * text);

/* The emulator's identity, for the environment of a program. */
#define PROGRAM_IDENTITY \
  "ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tEmulatorDemoKeyId1" \
  " ALIBABA_CLOUD_ACCESS_KEY_SECRET=EmulatorDemoSecret0123456789ab"

/* The object of @media_id has the bytes of the file @path, of which there are
 * some. */
void program_assert_object_is_file (IceEmulator * emulator,
    const gchar * media_id, const gchar * path);

/* What gst-discoverer-1.0 prints of the object. (transfer full) */
gchar *program_discover_object (IceEmulator * emulator,
    const gchar * media_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Program, program_free)
