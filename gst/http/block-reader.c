/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The block reader; see the header.
 *
 * A read under way holds a reference, and can't be called off: a disk takes
 * its time. Whoever has cancelled waits for idle before it says that nothing
 * of the stream is in use any more. */

#include "http/block-reader.h"

#include "common/error.h"

/* As much as one system call writes; see body-stream.c. */
#define BLOCK_SIZE (512 * 1024)

struct _GstIceBlockReader
{
  gatomicrefcount ref_count;
  GInputStream *stream;         /* (owned) */
  guint64 size;
  guint64 left;                 /* not read yet */
  GBytes *block;                /* (owned) (nullable): read ahead */
  gboolean is_reading;
  gboolean is_over;             /* failed or cancelled */
  gboolean is_cancelled;
  GCancellable *cancellable;    /* (owned) */
  GstIceBlockReaderCallbacks callbacks;
  gpointer user_data;
};

GstIceBlockReader *
gst_ice_block_reader_new (GInputStream * stream, guint64 size,
    const GstIceBlockReaderCallbacks * callbacks, gpointer user_data)
{
  GstIceBlockReader *self = g_new0 (GstIceBlockReader, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->stream = g_object_ref (stream);
  self->size = size;
  self->left = size;
  self->cancellable = g_cancellable_new ();
  self->callbacks = *callbacks;
  self->user_data = user_data;

  return self;
}

static void
finalize (GstIceBlockReader * self)
{
  g_object_unref (self->stream);
  g_object_unref (self->cancellable);
  g_clear_pointer (&self->block, g_bytes_unref);
  g_free (self);
}

GST_ICE_DEFINE_COUNTED (GstIceBlockReader, gst_ice_block_reader, finalize)

static void
fail (GstIceBlockReader * self, const GError * cause)
{
  g_autoptr (GError) error = NULL;

  self->is_over = TRUE;
  if (cause)
    error = gst_ice_error_new (GST_ICE_ERROR_FAILED,
        "the bytes to be sent can't be read: %s", cause->message);
  else
    error = gst_ice_error_new (GST_ICE_ERROR_FAILED,
        "the bytes to be sent end %" G_GUINT64_FORMAT " short of %"
        G_GUINT64_FORMAT, self->left, self->size);
  self->callbacks.failed (g_steal_pointer (&error), self->user_data);
}

/* GIO's thread may hold the stream for a moment after its last read. */
static void
close_stream (GstIceBlockReader * self)
{
  g_input_stream_close (self->stream, NULL, NULL);
}

static void
on_read (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GstIceBlockReader) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) block =
      g_input_stream_read_bytes_finish (self->stream, result, &error);

  self->is_reading = FALSE;
  if (self->is_cancelled) {
    close_stream (self);
    self->callbacks.idle (self->user_data);
    return;
  }
  if (!block || g_bytes_get_size (block) == 0) {
    fail (self, error);
    return;
  }
  self->left -= g_bytes_get_size (block);
  self->block = g_steal_pointer (&block);
}

static void
read_ahead (GstIceBlockReader * self)
{
  if (self->is_over || self->is_reading || self->block || self->left == 0)
    return;
  self->is_reading = TRUE;
  g_input_stream_read_bytes_async (self->stream, MIN (self->left, BLOCK_SIZE),
      G_PRIORITY_DEFAULT, self->cancellable, on_read,
      gst_ice_block_reader_ref (self));
}

GBytes *
gst_ice_block_reader_take (GstIceBlockReader * self)
{
  GBytes *block = g_steal_pointer (&self->block);

  read_ahead (self);
  return block;
}

gboolean
gst_ice_block_reader_has_block (GstIceBlockReader * self)
{
  return self->block != NULL;
}

gboolean
gst_ice_block_reader_is_at_end (GstIceBlockReader * self)
{
  return self->left == 0 && !self->block;
}

gboolean
gst_ice_block_reader_cancel (GstIceBlockReader * self)
{
  self->is_over = self->is_cancelled = TRUE;
  g_clear_pointer (&self->block, g_bytes_unref);
  g_cancellable_cancel (self->cancellable);
  if (!self->is_reading)
    close_stream (self);

  return self->is_reading;
}
