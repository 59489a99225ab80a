/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* See the header. As it comes ahead of every other library, it uses none but
 * the C library. */

#define _GNU_SOURCE             /* RTLD_NEXT */

#include "disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned int n_hanging;
static struct
{
  const char *name;
  int answer;
} rules[DISK_N_CALLS];

void
disk_set (DiskCall call, const char *name, int answer)
{
  pthread_mutex_lock (&lock);
  rules[call].name = name;
  __atomic_store_n (&rules[call].answer, answer, __ATOMIC_SEQ_CST);
  pthread_cond_broadcast (&changed);
  pthread_mutex_unlock (&lock);
}

unsigned int
disk_count_hanging (void)
{
  unsigned int n;

  pthread_mutex_lock (&lock);
  n = n_hanging;
  pthread_mutex_unlock (&lock);

  return n;
}

/* @entry: in the directory @fd, or "" */
static bool
ends_in (int fd, const char *entry, const char *name)
{
  char link[32], path[4096];
  ssize_t size, name_size = strlen (name);

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  size = readlink (link, path, sizeof path);
  if (size >= 0 && *entry != '\0')
    size += snprintf (path + size, sizeof path - size, "/%s", entry);

  return size >= name_size
      && memcmp (path + size - name_size, name, name_size) == 0;
}

/* Whether the disk has an answer of its own to @call, which errno is then. */
static bool
refuses (DiskCall call, int fd, const char *entry)
{
  int answer;

  /* Without the lock: between fork() and exec() somebody else may have it. */
  if (__atomic_load_n (&rules[call].answer, __ATOMIC_SEQ_CST) == DISK_IS_WELL)
    return false;

  pthread_mutex_lock (&lock);
  answer = ends_in (fd, entry, rules[call].name) ? rules[call].answer :
      DISK_IS_WELL;
  n_hanging++;
  while (answer == DISK_HANGS) {
    pthread_cond_wait (&changed, &lock);
    answer = rules[call].answer;
  }
  n_hanging--;
  if (answer == EINTR)
    rules[call].answer = DISK_IS_WELL;
  pthread_mutex_unlock (&lock);
  if (answer != DISK_IS_WELL)
    errno = answer;

  return answer != DISK_IS_WELL;
}

/* A function that is named as in the C library, which it asks in the end. With
 * offsets of 64 bits it has another name there, where those are not usual. */
#define WITH_DISK(result, function, symbol, call, entry, parameters, ...) \
  result \
  function parameters \
  { \
    result (*next) parameters = dlsym (RTLD_NEXT, symbol); \
    return refuses (call, fd, entry) ? -1 : next (__VA_ARGS__); \
  }

/* *INDENT-OFF* */
WITH_DISK (int, flock, "flock", DISK_FLOCK, "", (int fd, int operation), fd,
    operation)
WITH_DISK (int, fdatasync, "fdatasync", DISK_SYNC, "", (int fd), fd)
WITH_DISK (int, fsync, "fsync", DISK_SYNC, "", (int fd), fd)
WITH_DISK (int, ftruncate, "ftruncate64", DISK_CUT, "", (int fd, off_t size),
    fd, size)
WITH_DISK (int, fallocate, "fallocate64", DISK_PUNCH, "",
    (int fd, int mode, off_t offset, off_t size), fd, mode, offset, size)
WITH_DISK (int, unlinkat, "unlinkat", DISK_REMOVE, name,
    (int fd, const char *name, int flags), fd, name, flags)
WITH_DISK (ssize_t, write, "write", DISK_APPEND, "",
    (int fd, const void *data, size_t size), fd, data, size)
WITH_DISK (ssize_t, pwrite, "pwrite64", DISK_WRITE, "",
    (int fd, const void *data, size_t size, off_t offset), fd, data, size,
    offset)
WITH_DISK (ssize_t, read, "read", DISK_LOAD, "",
    (int fd, void *data, size_t size), fd, data, size)
WITH_DISK (ssize_t, pread, "pread64", DISK_READ, "",
    (int fd, void *data, size_t size, off_t offset), fd, data, size, offset)
/* *INDENT-ON* */
