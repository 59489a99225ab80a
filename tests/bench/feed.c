/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Writes the pattern to standard output, for programs that upload what they
 * read: feed BYTES. What it costs is not counted. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "pattern.h"

#define WRITE_SIZE (256 * 1024)
#define PIPE_SIZE (1024 * 1024)

int
main (int argc, char **argv)
{
  guint64 left = argc == 2 ? g_ascii_strtoull (argv[1], NULL, 10) : 0;
  g_autofree guint8 *data = g_malloc (WRITE_SIZE);
  gsize at = 0;

  pattern_fill (data, WRITE_SIZE, 0);
#ifdef F_SETPIPE_SZ
  fcntl (STDOUT_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
#endif
  while (left > 0) {
    gssize n = write (STDOUT_FILENO, data + at, MIN (left, WRITE_SIZE - at));

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return 1;
    left -= n;
    at = (at + n) % WRITE_SIZE;
  }

  return 0;
}
