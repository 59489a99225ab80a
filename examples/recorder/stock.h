/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Media ids for fragments to come.
 *
 * A fragment needs its id the moment it begins, also while the network is away.
 * So ids are made ahead, and kept in a file. Where they come from is a command
 * that prints one a line: `gst-ice-1.0 create`, or one that asks a server of
 * your own. An id that was given out once is not taken in again: a second
 * recording would overwrite the first.
 *
 * Main thread, but for stock_take(). */

#pragma once

#include <glib.h>

typedef struct _Stock Stock;

/* @file: where ids are kept, and beside it, in @file.used, those that were given
 * out. @command: for `sh -c`, with the number of ids
 * that are wanted in the variable COUNT. @size: how many to have. Errors: those
 * of reading the file. (transfer full) */
Stock *stock_new (const gchar * file, const gchar * command, guint size,
    GError ** error);
void stock_free (Stock * stock);

/* An id that was not used yet, or NULL. Any thread. (transfer full) */
gchar *stock_take (Stock * stock);

/* Puts back an id that nothing was recorded to. */
void stock_return (Stock * stock, const gchar * media_id);

guint stock_count (Stock * stock);

/* Gets more if half of them are gone, and it is time to try. */
void stock_refill (Stock * stock);

/* A command is running: ids that it makes would be lost. */
gboolean stock_is_busy (Stock * stock);

/* TRUE for what may be a media id. */
gboolean stock_is_media_id (const gchar * text);
