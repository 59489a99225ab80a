/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Files of a spool; see the header.
 *
 * Everything is opened relative to the directory's descriptor, and no link is
 * followed, so that nobody who can write to a directory above can have us
 * write elsewhere. The lock file is made first and removed last: where there
 * are files and neither it nor a journal is among them, somebody else made
 * them.
 *
 * Whoever removes a spool removes the lock file while it is locked. Another one
 * may have opened it just before, and lock it when the first lets go: a lock on
 * a file that has no name any more, so it looks again. */

#define _GNU_SOURCE

#include "recording/spool-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/media-id.h"

#define LOCK "lock"
#define JOURNAL "journal"
#define DATA "data"

/* Somebody who looks at a spool holds the lock for a moment, and so does a run
 * that has just ended. */
#define N_TRIES 15
#define TRY_INTERVAL_US 20000

/* O_NONBLOCK is for what is no file: opening a FIFO would wait. */
#define SAFE_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)

#define refuse(error, ...) \
    gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS, __VA_ARGS__)

typedef enum
{
  TRY_DONE,
  TRY_AGAIN,                    /* in use, or just being removed */
  TRY_FAILED,
} TryResult;

static gboolean
refuse_missing (GError ** error)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_NOT_FOUND, "there is none");
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* Closes all but leaves the path. */
static void
close_all (GstIceSpoolFiles * self)
{
  close_fd (&self->data);
  close_fd (&self->journal);
  close_fd (&self->lock);
  close_fd (&self->directory);
}

void
gst_ice_spool_files_unlock (GstIceSpoolFiles * self)
{
  close_fd (&self->lock);
}

void
gst_ice_spool_files_clear (GstIceSpoolFiles * self)
{
  close_all (self);
  g_clear_pointer (&self->path, g_free);
}

/* ---- the directory ---- */

static gboolean
make_directory (const gchar * parent, const gchar * path, GError ** error)
{
  if (g_mkdir_with_parents (parent, 0700) == 0
      && (mkdir (path, 0700) == 0 || errno == EEXIST))
    return TRUE;

  return refuse (error, "it can't be made: %s", g_strerror (errno));
}

static gboolean
open_directory (GstIceSpoolFiles * self, GError ** error)
{
  struct stat info;

  self->directory = open (self->path, O_RDONLY | O_DIRECTORY | SAFE_FLAGS);
  if (self->directory < 0 && errno == ENOENT)
    return refuse_missing (error);
  if (self->directory < 0 || fstat (self->directory, &info) != 0)
    return refuse (error, "it can't be opened: %s", g_strerror (errno));
  if (info.st_uid != geteuid ())
    return refuse (error, "it belongs to another user");

  return TRUE;
}

static gboolean
exists (const GstIceSpoolFiles * self, const gchar * name)
{
  return faccessat (self->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean
is_empty (const GstIceSpoolFiles * self)
{
  g_autoptr (GDir) dir = g_dir_open (self->path, 0, NULL);

  return dir != NULL && g_dir_read_name (dir) == NULL;
}

/* TRUE if the directory is a spool or may become one. */
static gboolean
check_contents (const GstIceSpoolFiles * self, gboolean create,
    GError ** error)
{
  if (exists (self, LOCK) || exists (self, JOURNAL))
    return TRUE;
  if (!is_empty (self))
    return refuse (error, "it was not made by icesink");

  return create || refuse_missing (error);
}

/* ---- files ---- */

static gboolean
check_regular (int fd, const gchar * name, GError ** error)
{
  struct stat info;

  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    return TRUE;

  return refuse (error, "%s is no file", name);
}

static gboolean
open_file (GstIceSpoolFiles * self, const gchar * name, int flags, int *fd,
    GError ** error)
{
  *fd = openat (self->directory, name, flags | SAFE_FLAGS, 0600);
  if (*fd < 0)
    return refuse (error, "%s can't be opened: %s", name,
        g_strerror (errno));

  return check_regular (*fd, name, error);
}

/* TRUE if the file that is locked is still the one with the name. */
static gboolean
is_lock_current (const GstIceSpoolFiles * self)
{
  struct stat locked, named;

  return fstat (self->lock, &locked) == 0
      && fstatat (self->directory, LOCK, &named, AT_SYMLINK_NOFOLLOW) == 0
      && locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

static TryResult
take_lock (GstIceSpoolFiles * self, GError ** error)
{
  self->lock = openat (self->directory, LOCK, O_RDWR | O_CREAT | SAFE_FLAGS,
      0600);
  if (self->lock < 0 && errno == ENOENT)
    return TRY_AGAIN;
  if (self->lock < 0) {
    refuse (error, "it can't be written: %s", g_strerror (errno));
    return TRY_FAILED;
  }
  if (!check_regular (self->lock, LOCK, error))
    return TRY_FAILED;

  if (flock (self->lock, LOCK_EX | LOCK_NB) == 0)
    return is_lock_current (self) ? TRY_DONE : TRY_AGAIN;
  if (errno == EWOULDBLOCK || errno == EINTR)
    return TRY_AGAIN;

  refuse (error, "it can't be locked: %s", g_strerror (errno));

  return TRY_FAILED;
}

static TryResult
try_lock (GstIceSpoolFiles * self, const gchar * parent, gboolean create,
    GError ** error)
{
  if (create && !make_directory (parent, self->path, error))
    return TRY_FAILED;
  if (!open_directory (self, error)
      || !check_contents (self, create, error))
    return TRY_FAILED;

  return take_lock (self, error);
}

static gboolean
lock (GstIceSpoolFiles * self, const gchar * parent, gboolean create,
    GError ** error)
{
  guint i;

  for (i = 0; i < N_TRIES; i++) {
    TryResult result = try_lock (self, parent, create, error);

    if (result != TRY_AGAIN)
      return result == TRY_DONE;
    close_all (self);
    g_usleep (TRY_INTERVAL_US);
  }

  return refuse (error, "it is in use by another process or element");
}

gboolean
gst_ice_spool_files_open (GstIceSpoolFiles * self, const gchar * directory,
    const gchar * media_id, gboolean create, GError ** error)
{
  self->path = g_build_filename (directory, media_id, NULL);

  return lock (self, directory, create, error)
      && open_file (self, JOURNAL, O_RDWR | O_APPEND | O_CREAT,
      &self->journal, error)
      && open_file (self, DATA, O_RDWR | O_CREAT, &self->data, error);
}

/* ---- to look ---- */

static gboolean
open_if_exists (GstIceSpoolFiles * self, const gchar * name, int *fd,
    GError ** error)
{
  return !exists (self, name) || open_file (self, name, O_RDONLY, fd, error);
}

gboolean
gst_ice_spool_files_open_to_look (GstIceSpoolFiles * self,
    const gchar * directory, const gchar * media_id, gboolean * in_use,
    GError ** error)
{
  self->path = g_build_filename (directory, media_id, NULL);

  if (!open_directory (self, error) || !check_contents (self, FALSE, error)
      || !open_if_exists (self, LOCK, &self->lock, error)
      || !open_if_exists (self, JOURNAL, &self->journal, error)
      || !open_if_exists (self, DATA, &self->data, error))
    return FALSE;

  *in_use = self->lock >= 0 && flock (self->lock, LOCK_SH | LOCK_NB) != 0;
  close_fd (&self->lock);

  return TRUE;
}

/* ---- reading, removing, listing ---- */

GByteArray *
gst_ice_spool_files_read_journal (const GstIceSpoolFiles * self, gsize max,
    GError ** error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 block[65536];
  gssize n = self->journal >= 0 ? 1 : 0;

  while (n > 0) {
    n = pread (self->journal, block, sizeof block, bytes->len);
    if (n < 0 && errno == EINTR) {
      n = 1;
      continue;
    }
    if (n > 0)
      g_byte_array_append (bytes, block, n);
    if (bytes->len > max) {
      refuse (error, "it is damaged: its journal is too large");
      return NULL;
    }
  }
  if (n < 0) {
    refuse (error, "its journal can't be read: %s", g_strerror (errno));
    return NULL;
  }

  return g_steal_pointer (&bytes);
}

static gboolean
remove_name (const GstIceSpoolFiles * self, const gchar * name,
    GError ** error)
{
  if (unlinkat (self->directory, name, 0) == 0 || errno == ENOENT)
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_FAILED, "Removing %s: %s",
      name, g_strerror (errno));
}

gboolean
gst_ice_spool_files_remove (const GstIceSpoolFiles * self, GError ** error)
{
  if (!remove_name (self, DATA, error)
      || !remove_name (self, JOURNAL, error)
      || !remove_name (self, LOCK, error))
    return FALSE;

  /* Somebody else's files, or the next spool's, may be in it. */
  if (rmdir (self->path) == 0 || errno == ENOTEMPTY || errno == EEXIST
      || errno == ENOENT)
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
      "Removing the directory: %s", g_strerror (errno));
}

static gboolean
has_spool (const gchar * directory, const gchar * name)
{
  g_autofree gchar *lock_path = NULL;
  g_autofree gchar *journal_path = NULL;

  if (!gst_ice_media_id_is_valid (name))
    return FALSE;

  lock_path = g_build_filename (directory, name, LOCK, NULL);
  journal_path = g_build_filename (directory, name, JOURNAL, NULL);

  return g_file_test (lock_path, G_FILE_TEST_EXISTS)
      || g_file_test (journal_path, G_FILE_TEST_EXISTS);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

GStrv
gst_ice_spool_files_list (const gchar * directory, GError ** error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &reason);
  GPtrArray *names;
  const gchar *name;

  if (dir == NULL) {
    gboolean missing = g_error_matches (reason, G_FILE_ERROR,
        G_FILE_ERROR_NOENT);

    gst_ice_set_error (error, missing ? GST_ICE_ERROR_NOT_FOUND :
        GST_ICE_ERROR_SETTINGS, "%s", reason->message);
    return NULL;
  }

  names = g_ptr_array_new ();
  while ((name = g_dir_read_name (dir)) != NULL) {
    if (has_spool (directory, name))
      g_ptr_array_add (names, g_strdup (name));
  }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);

  return (GStrv) g_ptr_array_free (names, FALSE);
}
