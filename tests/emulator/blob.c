/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Bytes that arrive: a file that is not an object or a part yet.
 *
 * Runs on: the connection's thread that receives them. */

#include "blob.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <glib/gstdio.h>

#include "checksum.h"
#include "files.h"

struct _EmuBlob
{
  gchar *path;                  /* NULL once taken, or if discarding */
  gint fd;                      /* -1: closed */
  EmuMd5 *md5;                  /* (nullable) */
  guint8 md5_digest[16];
  gchar *etag;
  guint64 size;
  guint64 crc64;
};

EmuBlob *
emu_blob_new (const gchar * path, gboolean with_md5, GError ** error)
{
  g_autoptr (EmuBlob) blob = g_new0 (EmuBlob, 1);

  blob->fd = -1;
  if (with_md5)
    blob->md5 = emu_md5_new ();
  if (!path)
    return g_steal_pointer (&blob);

  blob->fd = g_open (path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (blob->fd < 0) {
    emu_set_errno (error, path);
    return NULL;
  }
  blob->path = g_strdup (path);
  return g_steal_pointer (&blob);
}

gboolean
emu_blob_write (EmuBlob * blob, gconstpointer data, gsize len, GError ** error)
{
  blob->crc64 = emu_crc64 (blob->crc64, data, len);
  blob->size += len;
  if (blob->md5)
    emu_md5_update (blob->md5, data, len);
  if (blob->fd < 0)
    return TRUE;
  return emu_file_write (blob->fd, data, len, error);
}

gboolean
emu_blob_close (EmuBlob * blob, GError ** error)
{
  guint8 digest[16] = { 0, };
  g_autofree gchar *hex = NULL;

  if (blob->md5) {
    emu_md5_finish (blob->md5, blob->md5_digest);
    memcpy (digest, blob->md5_digest, sizeof digest);
  } else {
    guint64 number = GUINT64_TO_BE (blob->crc64);

    memcpy (digest, &number, sizeof number);
  }
  hex = emu_hex (digest, sizeof digest, TRUE);
  blob->etag = g_strdup_printf ("\"%s\"", hex);
  if (blob->fd < 0)
    return TRUE;
  return g_close (g_steal_fd (&blob->fd), error);
}

void
emu_blob_free (EmuBlob * blob)
{
  if (blob->fd >= 0)
    g_close (blob->fd, NULL);
  if (blob->path)
    g_unlink (blob->path);
  g_free (blob->path);
  g_free (blob->etag);
  emu_md5_free (blob->md5);
  g_free (blob);
}

guint64
emu_blob_get_size (EmuBlob * blob)
{
  return blob->size;
}

guint64
emu_blob_get_crc64 (EmuBlob * blob)
{
  return blob->crc64;
}

const guint8 *
emu_blob_get_md5 (EmuBlob * blob)
{
  return blob->md5_digest;
}

const gchar *
emu_blob_get_etag (EmuBlob * blob)
{
  return blob->etag;
}

gchar *
emu_blob_take_path (EmuBlob * blob)
{
  return g_steal_pointer (&blob->path);
}
