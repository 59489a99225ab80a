/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The raw source; see the header.
 *
 * appsrc can't move to another byte by itself. A buffer says in its offset
 * where it belongs, and a probe behind appsrc puts a SEGMENT before those that
 * do not follow the one before.
 *
 * Runs on: the streaming thread, but for what the header declares.
 * Protected by: lock, what is made next. */

#include "raw-source.h"

#include <gst/app/gstappsrc.h>

#define PATCH_PROBABILITY 0.1

struct _RawSource
{
  GstAppSrc *appsrc;            /* (unowned) */
  guint max_buffer_size;
  guint patches;
  guint64 position;             /* of the next buffer; streaming thread */

  GMutex lock;
  GRand *random;                /* protected by lock, like all below */
  guint n_left;
  guint64 size;                 /* one past the last byte made */
};

/* Call with the lock held. */
static GstBuffer *
new_buffer (RawSource * self, guint64 offset, gsize size)
{
  guint32 *data = g_malloc (size + sizeof (guint32));
  GstBuffer *buffer;
  gsize i;

  for (i = 0; i < size; i += sizeof (guint32))
    data[i / sizeof (guint32)] = g_rand_int (self->random);
  buffer = gst_buffer_new_wrapped_full (0, data, size + sizeof (guint32), 0,
      size, data, g_free);
  GST_BUFFER_OFFSET (buffer) = offset;

  return buffer;
}

/* Call with the lock held. */
static GstBuffer *
new_patch (RawSource * self)
{
  guint64 end = MIN (self->size, self->patches);
  guint64 offset = g_rand_int (self->random) % end;

  return new_buffer (self, offset,
      1 + g_rand_int (self->random) % (end - offset));
}

/* Call with the lock held. */
static GstBuffer *
new_next (RawSource * self)
{
  GstBuffer *buffer;

  if (self->patches > 0 && self->size > 0
      && g_rand_double (self->random) < PATCH_PROBABILITY)
    return new_patch (self);

  buffer = new_buffer (self, self->size,
      1 + g_rand_int (self->random) % self->max_buffer_size);
  self->size += gst_buffer_get_size (buffer);

  return buffer;
}

static void
on_need_data (GstAppSrc * appsrc, guint length, gpointer user_data)
{
  RawSource *self = user_data;
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&self->lock);

  if (self->n_left == 0) {
    gst_app_src_end_of_stream (appsrc);
    return;
  }

  self->n_left--;
  gst_app_src_push_buffer (appsrc, new_next (self));
}

static void
note_segment (RawSource * self, GstEvent * event)
{
  const GstSegment *segment;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
    return;

  gst_event_parse_segment (event, &segment);
  self->position = segment->start;
}

static void
move_to (GstPad * pad, guint64 offset)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  segment.start = segment.time = segment.position = offset;
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

static GstPadProbeReturn
on_item (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  RawSource *self = user_data;
  GstBuffer *buffer;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    note_segment (self, GST_PAD_PROBE_INFO_EVENT (info));
    return GST_PAD_PROBE_OK;
  }

  buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  if (GST_BUFFER_OFFSET (buffer) != self->position)
    move_to (pad, GST_BUFFER_OFFSET (buffer));
  self->position = GST_BUFFER_OFFSET (buffer) + gst_buffer_get_size (buffer);

  return GST_PAD_PROBE_OK;
}

RawSource *
raw_source_new (GstElement * appsrc, guint32 seed, guint n_buffers,
    guint max_buffer_size, guint patches)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (appsrc, "src");
  GstAppSrcCallbacks callbacks = {.need_data = on_need_data };
  RawSource *self = g_new0 (RawSource, 1);

  self->appsrc = GST_APP_SRC (appsrc);
  self->random = g_rand_new_with_seed (seed);
  self->n_left = n_buffers;
  self->max_buffer_size = max_buffer_size;
  self->patches = patches;
  g_mutex_init (&self->lock);
  gst_app_src_set_callbacks (self->appsrc, &callbacks, self, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_item, self, NULL);

  return self;
}

void
raw_source_free (RawSource * self)
{
  g_rand_free (self->random);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
raw_source_start_flush (RawSource * self)
{
  gst_element_send_event (GST_ELEMENT (self->appsrc),
      gst_event_new_flush_start ());
  g_mutex_lock (&self->lock);
  self->size = 0;
  g_mutex_unlock (&self->lock);
}

void
raw_source_stop_flush (RawSource * self)
{
  gst_element_send_event (GST_ELEMENT (self->appsrc),
      gst_event_new_flush_stop (TRUE));
}
