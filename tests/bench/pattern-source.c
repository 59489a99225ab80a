/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The source; see the header.
 *
 * Runs on: the streaming thread; unlock() on any.
 * Protected by: lock, what is marked so. */

#include "pattern-source.h"

#include "pattern.h"

struct _PatternSource
{
  GstPushSrc parent;

  guint64 bytes;
  guint buffer_size;
  guint list_length;
  guint64 rate;

  GPtrArray *pushes;            /* (owned) (nullable): while it runs, in order */
  guint next;                   /* of them */
  guint64 position;
  gint64 begin_us;              /* of the first byte */
  GMutex lock;
  GCond changed;
  gboolean flushing;            /* protected by lock */
};

enum
{
  PROP_BYTES = 1,
  PROP_BUFFER_SIZE,
  PROP_LIST_LENGTH,
  PROP_RATE,
};

static GstStaticPadTemplate template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_FINAL_TYPE (PatternSource, pattern_source, GST_TYPE_PUSH_SRC)

/* @offset: in the pattern. */
static GstBuffer *
new_buffer (GstMemory * memory, guint64 offset, gsize size)
{
  GstBuffer *buffer = gst_buffer_new ();

  gst_buffer_append_memory (buffer, gst_memory_share (memory,
          offset % PATTERN_SIZE, size));

  return buffer;
}

static GstBufferList *
new_list (PatternSource * self, GstMemory * memory, guint64 offset)
{
  GstBufferList *list = gst_buffer_list_new_sized (self->list_length);
  guint i;

  for (i = 0; i < self->list_length; i++)
    gst_buffer_list_add (list, new_buffer (memory,
            offset + (guint64) i * self->buffer_size, self->buffer_size));

  return list;
}

static GstMemory *
new_memory (gsize size)
{
  GstMemory *memory = gst_allocator_alloc (NULL, size, NULL);
  GstMapInfo map;

  gst_memory_map (memory, &map, GST_MAP_WRITE);
  pattern_fill (map.data, map.size, 0);
  gst_memory_unmap (memory, &map);

  return memory;
}

static guint
get_push_size (PatternSource * self)
{
  return self->buffer_size * MAX (self->list_length, 1);
}

/* All pushes up to where the pattern begins anew with one. */
static gboolean
pattern_source_start (GstBaseSrc * src)
{
  PatternSource *self = PATTERN_SOURCE (src);
  g_autoptr (GstMemory) memory = new_memory (PATTERN_SIZE + self->buffer_size);
  guint size = get_push_size (self);
  guint64 offset = 0;

  self->position = 0;
  self->begin_us = 0;
  self->next = 0;
  self->pushes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_mini_object_unref);
  do {
    if (self->list_length > 0)
      g_ptr_array_add (self->pushes, new_list (self, memory, offset));
    else
      g_ptr_array_add (self->pushes, new_buffer (memory, offset, size));
    offset += size;
  } while (offset % PATTERN_SIZE != 0);

  return TRUE;
}

static gboolean
pattern_source_stop (GstBaseSrc * src)
{
  g_clear_pointer (&PATTERN_SOURCE (src)->pushes, g_ptr_array_unref);

  return TRUE;
}

static void
set_flushing (PatternSource * self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static gboolean
pattern_source_unlock (GstBaseSrc * src)
{
  set_flushing (PATTERN_SOURCE (src), TRUE);

  return TRUE;
}

static gboolean
pattern_source_unlock_stop (GstBaseSrc * src)
{
  set_flushing (PATTERN_SOURCE (src), FALSE);

  return TRUE;
}

/* FALSE if it is flushing. */
static gboolean
wait_for_turn (PatternSource * self)
{
  gint64 due_us;
  gboolean flushing;

  if (self->begin_us == 0)
    self->begin_us = g_get_monotonic_time ();
  if (self->rate == 0)
    return TRUE;

  due_us = self->begin_us
      + gst_util_uint64_scale (self->position, G_USEC_PER_SEC, self->rate);
  g_mutex_lock (&self->lock);
  while (!self->flushing
      && g_cond_wait_until (&self->changed, &self->lock, due_us));
  flushing = self->flushing;
  g_mutex_unlock (&self->lock);

  return !flushing;
}

static GstMiniObject *
get_next (PatternSource * self)
{
  GstMiniObject *push = g_ptr_array_index (self->pushes, self->next);

  self->next = (self->next + 1) % self->pushes->len;

  return gst_mini_object_ref (push);
}

/* What is left does not fill a push: one buffer, in whatever size. */
static GstBuffer *
new_last_buffer (PatternSource * self, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  pattern_fill (map.data, size, self->position);
  gst_buffer_unmap (buffer, &map);

  return buffer;
}

static GstFlowReturn
pattern_source_create (GstPushSrc * src, GstBuffer ** buffer)
{
  PatternSource *self = PATTERN_SOURCE (src);
  guint64 size = MIN (get_push_size (self), self->bytes - self->position);

  if (size == 0)
    return GST_FLOW_EOS;
  if (!wait_for_turn (self))
    return GST_FLOW_FLUSHING;

  if (size < get_push_size (self))
    *buffer = new_last_buffer (self, size);
  else if (self->list_length > 0)
    gst_base_src_submit_buffer_list (GST_BASE_SRC (src),
        GST_BUFFER_LIST (get_next (self)));
  else
    *buffer = GST_BUFFER (get_next (self));
  self->position += size;

  return GST_FLOW_OK;
}

static void
pattern_source_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  PatternSource *self = PATTERN_SOURCE (object);

  switch (id) {
    case PROP_BYTES:
      self->bytes = g_value_get_uint64 (value);
      break;
    case PROP_BUFFER_SIZE:
      self->buffer_size = g_value_get_uint (value);
      break;
    case PROP_LIST_LENGTH:
      self->list_length = g_value_get_uint (value);
      break;
    case PROP_RATE:
      self->rate = g_value_get_uint64 (value);
      gst_base_src_set_live (GST_BASE_SRC (self), self->rate > 0);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
pattern_source_finalize (GObject * object)
{
  PatternSource *self = PATTERN_SOURCE (object);

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  G_OBJECT_CLASS (pattern_source_parent_class)->finalize (object);
}

static void
pattern_source_class_init (PatternSourceClass * klass)
{
  GObjectClass *object = G_OBJECT_CLASS (klass);
  GstElementClass *element = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base = GST_BASE_SRC_CLASS (klass);
  GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS;

  object->set_property = pattern_source_set_property;
  object->finalize = pattern_source_finalize;
  g_object_class_install_property (object, PROP_BYTES,
      g_param_spec_uint64 ("bytes", NULL, NULL, 0, G_MAXUINT64, 0, flags));
  g_object_class_install_property (object, PROP_BUFFER_SIZE,
      g_param_spec_uint ("buffer-size", NULL, NULL, 1, G_MAXUINT, 65536,
          flags));
  g_object_class_install_property (object, PROP_LIST_LENGTH,
      g_param_spec_uint ("list-length", NULL, NULL, 0, G_MAXUINT, 0, flags));
  g_object_class_install_property (object, PROP_RATE,
      g_param_spec_uint64 ("rate", NULL, NULL, 0, G_MAXUINT64, 0, flags));

  gst_element_class_add_static_pad_template (element, &template);
  gst_element_class_set_static_metadata (element, "Pattern source", "Source",
      "Makes the bytes of the benchmarks", "The icesink developers");
  base->start = pattern_source_start;
  base->stop = pattern_source_stop;
  base->unlock = pattern_source_unlock;
  base->unlock_stop = pattern_source_unlock_stop;
  GST_PUSH_SRC_CLASS (klass)->create = pattern_source_create;
}

static void
pattern_source_init (PatternSource * self)
{
  self->buffer_size = 65536;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_BYTES);
}

void
pattern_source_register (void)
{
  gst_element_register (NULL, "patternsrc", GST_RANK_NONE,
      PATTERN_TYPE_SOURCE);
}
