/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Files and directories, where GIO has no word for it. Any thread. */

#define _GNU_SOURCE             /* copy_file_range() */

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <glib/gstdio.h>

#define COPY_SIZE (1024 * 1024)

gboolean
emu_set_errno (GError ** error, const gchar * what)
{
  gint number = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number), "%s: %s",
      what, g_strerror (number));
  return FALSE;
}

/* Symbolic links are removed, not followed. */
void
emu_tree_remove (const gchar * path)
{
  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK)
      && g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const gchar *name;

    while (dir && (name = g_dir_read_name (dir))) {
      g_autofree gchar *child = g_build_filename (path, name, NULL);

      emu_tree_remove (child);
    }
  }
  g_remove (path);
}

gboolean
emu_file_write (gint fd, gconstpointer data, gsize len, GError ** error)
{
  const guint8 *p = data;

  while (len > 0) {
    gssize n = write (fd, p, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return emu_set_errno (error, "write");
    p += n;
    len -= n;
  }
  return TRUE;
}

/* Where the kernel cannot copy by itself. */
static gboolean
copy_by_hand (gint from, gint to, GError ** error)
{
  g_autofree guint8 *buffer = g_malloc (COPY_SIZE);
  gssize n;

  while ((n = read (from, buffer, COPY_SIZE)) != 0) {
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return emu_set_errno (error, "read");
    if (!emu_file_write (to, buffer, n, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
emu_file_append (gint fd, const gchar * path, GError ** error)
{
  gint from = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gboolean ok = TRUE;
  gssize n;

  if (from < 0)
    return emu_set_errno (error, path);
  while ((n = copy_file_range (from, NULL, fd, NULL, G_MAXINT, 0)) > 0);
  if (n < 0)
    ok = copy_by_hand (from, fd, error);
  close (from);
  return ok;
}
