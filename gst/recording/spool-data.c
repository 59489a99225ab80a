/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reading, writing and freeing of the data file; see the header.
 *
 * Protected by: lock, for the size and what is freed; it is never held while
 * the disk works. Who sets the length of the file has `length` alone, since a
 * write beyond the end must not fall between a look at the size and
 * ftruncate(). */

#define _GNU_SOURCE             /* fallocate() */

#include "recording/spool-data.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/error.h"
#include "common/lock.h"

typedef struct
{
  guint64 start;
  guint64 end;
} Range;

struct _GstIceSpoolData
{
  int fd;                       /* (owned) */
  guint64 max_size;
  GRWLock length;               /* shared by writes */

  GMutex lock;
  guint64 size;
  GArray *freed;                /* (element-type Range) apart, in any order */
};

GstIceSpoolData *
gst_ice_spool_data_new (int fd, guint64 size, guint64 max_size)
{
  GstIceSpoolData *self = g_new0 (GstIceSpoolData, 1);

  self->fd = fd;
  self->size = size;
  self->max_size = max_size;
  self->freed = g_array_new (FALSE, FALSE, sizeof (Range));
  g_rw_lock_init (&self->length);
  g_mutex_init (&self->lock);

  return self;
}

void
gst_ice_spool_data_free (GstIceSpoolData * self)
{
  close (self->fd);
  g_array_unref (self->freed);
  g_rw_lock_clear (&self->length);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* What failed, and why as errno says. */
static gboolean G_GNUC_PRINTF (3, 4)
fail (int reason, GError ** error, const gchar * format, ...)
{
  gboolean full = reason == ENOSPC || reason == EDQUOT;
  g_autofree gchar *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  return gst_ice_set_error (error, full ? GST_ICE_ERROR_NO_SPACE :
      GST_ICE_ERROR_FAILED, "%s: %s", what, g_strerror (reason));
}

/* How much before @end. */
static guint64
get_freed (GstIceSpoolData * self, guint64 end)
{
  guint64 sum = 0;
  guint i;

  for (i = 0; i < self->freed->len; i++) {
    const Range *range = &g_array_index (self->freed, Range, i);

    sum += MIN (range->end, end) - MIN (range->start, end);
  }

  return sum;
}

/* Adds a range; those that it meets become one with it. */
static void
add_freed (GstIceSpoolData * self, Range added)
{
  guint i = 0;

  while (i < self->freed->len) {
    const Range *range = &g_array_index (self->freed, Range, i);

    if (range->end < added.start || range->start > added.end) {
      i++;
      continue;
    }
    added.start = MIN (added.start, range->start);
    added.end = MAX (added.end, range->end);
    g_array_remove_index_fast (self->freed, i);
  }

  g_array_append_val (self->freed, added);
}

/* Nothing from @size on exists any more. */
static void
cut_freed (GstIceSpoolData * self, guint64 size)
{
  guint i = 0;

  while (i < self->freed->len) {
    Range *range = &g_array_index (self->freed, Range, i);

    range->end = MIN (range->end, size);
    if (range->start >= range->end)
      g_array_remove_index_fast (self->freed, i);
    else
      i++;
  }
}

void
gst_ice_spool_data_mark_freed (GstIceSpoolData * self, guint64 offset,
    guint64 size)
{
  gst_ice_lock_scope (&self->lock);
  Range range = { offset, offset + size };

  if (size > 0)
    add_freed (self, range);
}

guint64
gst_ice_spool_data_get_size (GstIceSpoolData * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->size;
}

guint64
gst_ice_spool_data_get_used (GstIceSpoolData * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->size - get_freed (self, self->size);
}

/* May the recording reach up to @end? */
static gboolean
check_room (GstIceSpoolData * self, guint64 end, GError ** error)
{
  gst_ice_lock_scope (&self->lock);

  if (self->max_size == 0 || end <= self->size
      || end - get_freed (self, end) <= self->max_size)
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_NO_SPACE,
      "The spool has reached its largest size, %" G_GUINT64_FORMAT " bytes",
      self->max_size);
}

static void
grow (GstIceSpoolData * self, guint64 end)
{
  gst_ice_lock_scope (&self->lock);

  self->size = MAX (self->size, end);
}

/* Returns the bytes written; fewer than @size: errno says why. */
static gsize
write_all (int fd, guint64 offset, const guint8 * bytes, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gssize n = pwrite (fd, bytes + done, size - done, offset + done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    done += n;
  }

  return done;
}

gboolean
gst_ice_spool_data_write (GstIceSpoolData * self, guint64 offset,
    gconstpointer bytes, gsize size, GError ** error)
{
  gsize done;
  int reason;

  if (!check_room (self, offset + size, error))
    return FALSE;

  g_rw_lock_reader_lock (&self->length);
  done = write_all (self->fd, offset, bytes, size);
  reason = errno;
  if (done > 0)
    grow (self, offset + done);
  g_rw_lock_reader_unlock (&self->length);

  if (done < size)
    return fail (reason, error, "Writing %" G_GSIZE_FORMAT " bytes at %"
        G_GUINT64_FORMAT, size, offset);

  return TRUE;
}

gboolean
gst_ice_spool_data_read (GstIceSpoolData * self, guint64 offset,
    gpointer buffer, gsize size, GError ** error)
{
  guint8 *to = buffer;
  gsize done = 0;

  while (done < size) {
    gssize n = pread (self->fd, to + done, size - done, offset + done);

    if (n < 0 && errno == EINTR)
      continue;
    /* Nothing cuts the file but truncate(), and nothing reads behind that. */
    if (n <= 0)
      return fail (n < 0 ? errno : ENODATA, error, "Reading %" G_GSIZE_FORMAT
          " bytes at %" G_GUINT64_FORMAT, size, offset);
    done += n;
  }

  return TRUE;
}

/* Alone with the file. */
static gboolean
set_length (GstIceSpoolData * self, guint64 size, GError ** error)
{
  if (ftruncate (self->fd, size) != 0)
    return fail (errno, error, "Changing the size to %" G_GUINT64_FORMAT,
        size);

  g_mutex_lock (&self->lock);
  self->size = size;
  cut_freed (self, size);
  g_mutex_unlock (&self->lock);

  return TRUE;
}

gboolean
gst_ice_spool_data_truncate (GstIceSpoolData * self, guint64 size,
    GError ** error)
{
  gboolean ok = TRUE;

  g_rw_lock_writer_lock (&self->length);
  if (size < gst_ice_spool_data_get_size (self))
    ok = set_length (self, size, error);
  g_rw_lock_writer_unlock (&self->length);

  return ok;
}

gboolean
gst_ice_spool_data_sync (GstIceSpoolData * self, GError ** error)
{
  if (fdatasync (self->fd) != 0)
    return fail (errno, error, "Forcing the data to the disk");

  return TRUE;
}

static gboolean
punch_hole (int fd, guint64 offset, guint64 size)
{
  int result;

  do
    result = fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
        offset, size);
  while (result != 0 && errno == EINTR);

  return result == 0;
}

gboolean
gst_ice_spool_data_punch (GstIceSpoolData * self, guint64 offset,
    guint64 size)
{
  /* What was never written becomes a hole when the file grows. */
  if (size > 0 && offset < gst_ice_spool_data_get_size (self)
      && !punch_hole (self->fd, offset, size))
    return FALSE;

  gst_ice_spool_data_mark_freed (self, offset, size);

  return TRUE;
}
