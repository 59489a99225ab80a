/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The digests and the CRC-64 that the services compute. */

#pragma once

#include <glib.h>

#define EMU_SHA256_SIZE 32

/* Lower-case hex. (transfer full) */
gchar *emu_sha256_hex (gconstpointer data, gsize len);
void emu_hmac_sha256 (gconstpointer key, gsize key_len, const gchar * text,
    guint8 digest[EMU_SHA256_SIZE]);
gchar *emu_hex (const guint8 * data, gsize len, gboolean upper);

/* CRC-64 as in x-oss-hash-crc64ecma. @crc: of what came before, 0 at first. */
guint64 emu_crc64 (guint64 crc, gconstpointer data, gsize len);
/* Of A followed by B. */
guint64 emu_crc64_combine (guint64 crc_a, guint64 crc_b, guint64 len_b);

/* MD5 of a body as it arrives. */
typedef struct _EmuMd5 EmuMd5;
EmuMd5 *emu_md5_new (void);
void emu_md5_update (EmuMd5 * md5, gconstpointer data, gsize len);
void emu_md5_finish (EmuMd5 * md5, guint8 digest[16]);
void emu_md5_free (EmuMd5 * md5);
