/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What targets have in common.
 *
 * A target is one file with the function that libFuzzer wants. It reads
 * hostile bytes the way that icesink does, and aborts if what comes out breaks
 * a promise of the header it tests. Nothing outlives a call. */

#pragma once

#include <glib.h>

#include "credentials/identity.h"

/* Of the identity below: in no text that a person gets to see. */
#define FUZZ_SECRET "FuzzSecret0123456789abcdefghij"
#define FUZZ_TOKEN "FuzzToken/0123456789+ABCDEFGHIJKLMNOP=="

/* libFuzzer's names. The first one is the target's. The second one is the same
 * for all: it runs once, before all others, and makes GLib's warnings fatal. */
int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);
int LLVMFuzzerInitialize (int *argc, char ***argv);

/* @size bytes of @data as a string; NULL if a zero byte is among them.
 * (transfer full) (nullable) */
gchar *fuzz_dup_text (const guint8 * data, gsize size);

/* Cuts the first line, with its newline, off @data. (transfer full): a string,
 * which may end early */
gchar *fuzz_take_line (const guint8 ** data, gsize * size);

/* Who signs. (transfer full) */
GstIceIdentity *fuzz_identity_new (void);

/* @text, which a person may see, is one line of UTF-8 of a length that can be
 * read. NULL is allowed. */
void fuzz_check_shown (const gchar * text);

/* The same, and has no secret of the identity above. */
void fuzz_check_redacted (const gchar * text);

/* @error is there, and its text can be shown. Frees it. */
void fuzz_check_error (GError ** error);

/* @error is what became of a service's answer to the identity above: its text
 * and details have no secret. (transfer full) */
void fuzz_check_refusal (GError * error);
