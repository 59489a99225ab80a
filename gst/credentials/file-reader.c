/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Bounded in size, in time, and to regular files: a pipe or a device may never
 * end.
 *
 * Runs on: the network thread, and for read_file() a thread of GIO's, which a
 * file system that hangs keeps while everybody else goes on. */

#include "credentials/file-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "common/error.h"
#include "credentials/time-limit.h"

#define TIMEOUT_US (10 * (gint64) G_USEC_PER_SEC)

typedef struct
{
  gsize size;
  gchar text[GST_ICE_FILE_LIMIT + 1];
} Buffer;

static void
buffer_free (gpointer data)
{
  Buffer *buffer = data;

  OPENSSL_cleanse (buffer->text, buffer->size);
  g_free (buffer);
}

static GError *
new_error (const gchar * path, const gchar * reason)
{
  return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
      "cannot read %s: %s", path, reason);
}

/* NULL, or why @fd is not to be read. */
static const gchar *
check_file (int fd)
{
  struct stat status;

  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode))
    return "not a regular file";
  if (status.st_size > GST_ICE_FILE_LIMIT)
    return "too large";

  return NULL;
}

/* NULL, or why it failed. */
static const gchar *
fill (Buffer * buffer, int fd)
{
  const gchar *reason = check_file (fd);
  gssize n = 1;

  while (reason == NULL && n > 0 && buffer->size < GST_ICE_FILE_LIMIT) {
    n = read (fd, buffer->text + buffer->size,
        GST_ICE_FILE_LIMIT - buffer->size);
    if (n > 0)
      buffer->size += n;
    else if (n < 0 && errno == EINTR)
      n = 1;
    else if (n < 0)
      reason = g_strerror (errno);
  }

  return reason;
}

static GBytes *
buffer_to_bytes (Buffer * buffer)
{
  return g_bytes_new_with_free_func (buffer->text, buffer->size, buffer_free,
      buffer);
}

static void
read_file (GTask * task, gpointer source, gpointer data,
    GCancellable * cancellable)
{
  const gchar *path = data;
  /* Opening a pipe would wait for the other end. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const gchar *reason;
  Buffer *buffer;

  if (fd < 0) {
    g_task_return_error (task, new_error (path, g_strerror (errno)));
    return;
  }

  buffer = g_new0 (Buffer, 1);
  reason = fill (buffer, fd);
  close (fd);
  if (reason != NULL) {
    buffer_free (buffer);
    g_task_return_error (task, new_error (path, reason));
    return;
  }

  g_task_return_pointer (task, buffer_to_bytes (buffer),
      (GDestroyNotify) g_bytes_unref);
}

static void
on_read (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GstIceTimeLimit *limit = g_task_get_task_data (task);
  GError *error = NULL;
  GBytes *bytes = g_task_propagate_pointer (G_TASK (result), &error);

  if (bytes != NULL) {
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
  } else if (gst_ice_time_limit_is_over (limit)) {
    g_clear_error (&error);
    g_task_return_error (task, gst_ice_error_new (GST_ICE_ERROR_STALLED,
            "cannot read %s: the file system does not answer",
            (const gchar *) g_task_get_task_data (G_TASK (result))));
  } else {
    g_task_return_error (task, error);
  }
}

void
gst_ice_file_read_async (const gchar * path, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  GstIceTimeLimit *limit = gst_ice_time_limit_new (cancellable, TIMEOUT_US);
  g_autoptr (GTask) reading = g_task_new (NULL,
      gst_ice_time_limit_get_cancellable (limit), on_read, task);

  g_task_set_source_tag (task, gst_ice_file_read_async);
  g_task_set_task_data (task, limit, (GDestroyNotify) gst_ice_time_limit_free);
  g_task_set_task_data (reading, g_strdup (path), g_free);
  g_task_set_return_on_cancel (reading, TRUE);
  g_task_run_in_thread (reading, read_file);
}

GBytes *
gst_ice_file_read_finish (GAsyncResult * result, GError ** error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
