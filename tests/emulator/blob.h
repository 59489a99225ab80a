/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Bytes that arrive: a file that is not an object or a part yet. */

#pragma once

#include <gio/gio.h>

typedef struct _EmuBlob EmuBlob;

/* @path: a new file, or NULL if bytes are discarded. */
EmuBlob *emu_blob_new (const gchar * path, gboolean with_md5, GError ** error);
/* Deletes the file if nobody has taken it. */
void emu_blob_free (EmuBlob * blob);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuBlob, emu_blob_free)

gboolean emu_blob_write (EmuBlob * blob, gconstpointer data, gsize len,
    GError ** error);
gboolean emu_blob_close (EmuBlob * blob, GError ** error);

guint64 emu_blob_get_size (EmuBlob * blob);
guint64 emu_blob_get_crc64 (EmuBlob * blob);

/* After emu_blob_close(). The MD5 is all zeroes if it was not wanted, and the
 * ETag is made of the CRC-64 then. */
const guint8 *emu_blob_get_md5 (EmuBlob * blob);
const gchar *emu_blob_get_etag (EmuBlob * blob);

/* The file, which belongs to the caller from now on. (transfer full)
 * (nullable) */
gchar *emu_blob_take_path (EmuBlob * blob);
