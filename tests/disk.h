/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A disk that does not answer, or only with errors: a library whose functions
 * stand in front of the C library's, because it is preloaded (LD_PRELOAD, and
 * dlsym() for these two) or linked.
 *
 * Any thread may call either. */

#pragma once

typedef enum
{
  DISK_FLOCK,
  DISK_READ,                    /* pread() */
  DISK_APPEND,                  /* write() */
  DISK_WRITE,                   /* pwrite() */
  DISK_SYNC,                    /* fdatasync(), fsync() */
  DISK_CUT,                     /* ftruncate() */
  DISK_REMOVE,                  /* unlinkat() */
  DISK_PUNCH,                   /* fallocate() */
  DISK_LOAD,                    /* read() */
  DISK_N_CALLS
} DiskCall;

/* The two answers that are not an errno. */
#define DISK_IS_WELL 0
#define DISK_HANGS (-1)

/* What @call comes to from now on, with files whose path ends in @name, a
 * constant, or with all for "". What hangs goes on when that has changed. EINTR
 * is answered once, as a signal would have it. */
void disk_set (DiskCall call, const char *name, int answer);

/* How many calls hang. */
unsigned int disk_count_hanging (void);
