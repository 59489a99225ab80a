/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The recording; see the header for what it is and who calls what, and
 * recording-spool.c for what a spool adds.
 *
 * Protected by: lock, for everything below it. It is held while bytes are
 * copied, never while a callback runs or a thread waits. The pool's lock may
 * be taken inside it.
 *
 * What a muxer may still rewrite is decided in one place, get_leave_size(): the
 * head stays to the end; a part behind the write position leaves when it is
 * further back than the window. The window is the longest rewind seen so far
 * and half of that again, since the next may be longer. A rewrite of bytes that
 * were rewritten before is no such rewind but another update of the same place
 * (a reserved moov): it makes the head longer. Head and window together may
 * take half of the memory, so that the other half keeps the upload going.
 *
 * A part that has left and is rewritten while it is still held becomes dirty
 * and leaves again under its number. The last parts that have arrived are
 * therefore kept for a while, as long as nobody needs their memory: they catch
 * the first rewind, before a window is known. With a spool, all parts are kept
 * to the end, there. */

#include "recording/recording-private.h"

#include "common/error.h"
#include "common/lock.h"
#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_RECORDING)

/* How many parts that have arrived are kept at most for a rewind that is longer
 * than any before, and how many parts into the stream the first one is
 * awaited. */
#define KEPT_PARTS 2
#define KEEP_DURING_PARTS 8

/* What a part that is zeroes mostly may take: so much memory, and such a share
 * of its size. */
#define CHEAP_PART (2 * GST_ICE_CHUNK_SIZE)
#define CHEAP_SHARE 4

GstIceRecording *
gst_ice_recording_new (const GstIceRecordingConfig * config,
    GstIceClock * clock, GstIceSealedFunc sealed, gpointer user_data)
{
  GstIceRecording *recording = g_new0 (GstIceRecording, 1);

  g_atomic_ref_count_init (&recording->ref_count);
  recording->config = *config;
  recording->clock = gst_ice_clock_ref (clock);
  recording->pool = gst_ice_chunk_pool_new (config->max_memory);
  recording->sealed = sealed;
  recording->user_data = user_data;
  g_mutex_init (&recording->lock);
  recording->parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_held_part_free);
  recording->head_end = config->head_size;
  recording->next_leave = G_MAXUINT64;
  if (config->spool != NULL) {
    recording->spool = gst_ice_spool_ref (config->spool);
    recording->spool_state = SPOOL_READY;
  }

  return recording;
}

GstIceRecording *
gst_ice_recording_ref (GstIceRecording * recording)
{
  g_atomic_ref_count_inc (&recording->ref_count);
  return recording;
}

void
gst_ice_recording_unref (GstIceRecording * recording)
{
  if (!g_atomic_ref_count_dec (&recording->ref_count))
    return;

  g_queue_clear (&recording->unwritten);
  g_queue_clear_full (&recording->unfreed, g_free);
  g_clear_error (&recording->spool_error);
  g_clear_pointer (&recording->spool, gst_ice_spool_unref);
  g_ptr_array_unref (recording->parts);
  gst_ice_chunk_pool_unref (recording->pool);
  gst_ice_clock_unref (recording->clock);
  g_mutex_clear (&recording->lock);
  g_free (recording);
}

/* What may be held back on purpose, at the head and in the window. */
static guint64
get_hold_limit (GstIceRecording * self)
{
  return self->config.max_memory / 2;
}

/* How long the head may be. A spool has room for any. */
static guint64
get_head_limit (GstIceRecording * self)
{
  if (self->spool_state == SPOOL_READY)
    return G_MAXUINT64;

  return get_hold_limit (self) - MIN (self->window, get_hold_limit (self));
}

/* How long the window may be. */
static guint64
get_window_limit (GstIceRecording * self)
{
  if (self->spool_state == SPOOL_READY)
    return get_hold_limit (self);

  return get_hold_limit (self) - MIN (self->head_end, get_hold_limit (self));
}

/* Memory for parts that have arrived and are kept nevertheless, after @part. A
 * muxer that has not rewound by now does not do so before the end. In a stream
 * so slow that its parts end with their age, one lasts as long as several. */
static guint64
get_keep_limit (GstIceRecording * self, const GstIceHeldPart * part,
    gboolean has_room)
{
  guint64 part_size = self->config.plan.part_size;

  if (self->config.head_size == 0 || self->finished || !has_room)
    return 0;
  if (self->window == 0 && self->size > KEEP_DURING_PARTS * part_size)
    return 0;

  return part->size < part_size ? part_size : KEPT_PARTS * part_size;
}

static GstIceHeldPart *
get_last (GstIceRecording * self)
{
  if (self->parts->len == 0)
    return NULL;

  return g_ptr_array_index (self->parts, self->parts->len - 1);
}

gboolean
gst_ice_recording_is_open (GstIceRecording * self,
    const GstIceHeldPart * part)
{
  return part->number == self->last_number && part->size < part->planned;
}

gboolean
gst_ice_recording_is_head (GstIceRecording * self,
    const GstIceHeldPart * part)
{
  return part->offset < self->head_end;
}

/* The size of the object from which on @part may leave. */
static guint64
get_leave_size (GstIceRecording * self, const GstIceHeldPart * part)
{
  if (!part->dirty || part->unverified
      || gst_ice_recording_is_open (self, part)
      || gst_ice_recording_is_head (self, part))
    return G_MAXUINT64;

  return gst_ice_held_part_get_end (part) + self->window;
}

static GstIcePart *
seal (GstIceRecording * self, GstIceHeldPart * part)
{
  if (self->spool != NULL)
    gst_ice_spool_note_part (self->spool, part->number, part->offset,
        part->size);

  return gst_ice_held_part_seal (part, self->spool);
}

void
gst_ice_recording_seal_ready (GstIceRecording * self, GPtrArray * leaving)
{
  guint i;

  self->next_leave = G_MAXUINT64;
  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);
    guint64 leave_size = get_leave_size (self, part);

    if (leave_size <= self->size)
      g_ptr_array_add (leaving, seal (self, part));
    else
      self->next_leave = MIN (self->next_leave, leave_size);
  }
}

/* Something about @part has changed: when may it leave now? */
static void
note_change (GstIceRecording * self, const GstIceHeldPart * part)
{
  self->next_leave = MIN (self->next_leave, get_leave_size (self, part));
}

void
gst_ice_recording_hand_over (GstIceRecording * self, GPtrArray * leaving)
{
  guint i;

  for (i = 0; i < leaving->len; i++) {
    GstIcePart *part = g_ptr_array_index (leaving, i);

    GST_LOG ("part %u generation %u sealed: %" G_GUINT64_FORMAT
        " bytes at %" G_GUINT64_FORMAT, part->number, part->generation,
        part->size, part->offset);
    self->sealed (part, self->user_data);
  }
  g_ptr_array_unref (leaving);
}

GstIceHeldPart *
gst_ice_recording_find_part (GstIceRecording * self, guint64 offset)
{
  guint low = 0, high = self->parts->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    GstIceHeldPart *part = g_ptr_array_index (self->parts, middle);

    if (offset < part->offset)
      high = middle;
    else if (offset >= gst_ice_held_part_get_end (part))
      low = middle + 1;
    else
      return part;
  }

  return NULL;
}

GstIceHeldPart *
gst_ice_recording_find_number (GstIceRecording * self, guint number)
{
  guint low = 0, high = self->parts->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    GstIceHeldPart *part = g_ptr_array_index (self->parts, middle);

    if (number < part->number)
      high = middle;
    else if (number > part->number)
      low = middle + 1;
    else
      return part;
  }

  return NULL;
}

/* The size of the part that comes next. The head gets parts of its own, so
 * that no more than the head is held back for it. */
static guint64
plan_next (GstIceRecording * self, guint number)
{
  guint64 size = gst_ice_part_plan_get_size (&self->config.plan, number,
      self->size);

  if (size == 0 || self->size >= self->config.head_size)
    return size;

  return MAX (MIN (size, self->config.head_size - self->size),
      GST_ICE_PART_SIZE_MIN);
}

/* The part that takes the byte at the end of the object. */
static GstIceHeldPart *
get_open (GstIceRecording * self, GError ** error)
{
  GstIceHeldPart *part = get_last (self);
  guint64 planned;

  if (part != NULL && gst_ice_recording_is_open (self, part))
    return part;

  planned = plan_next (self, self->last_number + 1);
  if (planned == 0) {
    gst_ice_set_error (error, GST_ICE_ERROR_NO_SPACE,
        "The object has reached its largest size, %" G_GUINT64_FORMAT
        " bytes: set a larger part-size or max-memory, or a"
        " spool-directory", self->size);
    return NULL;
  }

  part = gst_ice_held_part_new (++self->last_number, self->size, planned,
      gst_ice_clock_get_monotonic (self->clock));
  g_ptr_array_add (self->parts, part);
  GST_LOG ("part %u begins at %" G_GUINT64_FORMAT ", planned size %"
      G_GUINT64_FORMAT, part->number, part->offset, planned);

  return part;
}

static GError *
new_seek_error (GstIceRecording * self, gsize size)
{
  GstIceHeldPart *tail = get_last (self);

  return gst_ice_error_new (GST_ICE_ERROR_SEEK,
      "Rewrite of %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT
      " that are no longer held: kept are the first %" G_GUINT64_FORMAT
      " bytes and those from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
      "; set a larger head-size or max-memory, a spool-directory, or"
      " seekable=no", size, self->position,
      MIN (self->head_end, self->size),
      tail != NULL ? tail->offset : self->size, self->size);
}

/* Holds the head up to @end, if memory allows. */
static void
extend_head (GstIceRecording * self, guint64 end)
{
  if (end <= self->head_end || end > get_head_limit (self))
    return;

  self->head_end = end;
  GST_DEBUG ("the head is held up to %" G_GUINT64_FORMAT, end);
}

/* Holds back what a rewind of @distance needs, if memory allows. */
static void
extend_window (GstIceRecording * self, guint64 distance)
{
  guint64 limit = get_window_limit (self);

  if (distance <= self->window || distance > limit)
    return;

  self->window = MIN (distance + distance / 2, limit);
  GST_DEBUG ("%" G_GUINT64_FORMAT " bytes are held back for rewrites",
      self->window);
}

/* Learns from a rewrite of @size bytes at the position, inside @part. */
static void
learn_rewrite (GstIceRecording * self, GstIceHeldPart * part, guint64 size)
{
  guint64 at = self->position - part->offset;
  guint64 end = self->position + size;

  if (at < part->rewritten_end)
    extend_head (self, part->offset + part->rewritten_end);
  else if (self->position == self->head_end && !self->rewinding)
    /* It came from within the head and runs on. */
    extend_head (self, end);
  else if (self->rewinding)
    extend_window (self, self->size - self->position);

  part->rewritten_end = MAX (part->rewritten_end, at + size);
}

/* @part has arrived, and is kept. */
static void
confirm (GstIceRecording * self, GstIceHeldPart * part)
{
  part->confirmed = TRUE;
  part->kept_memory = gst_ice_held_part_get_memory (part);
  self->kept_memory += part->kept_memory;
}

/* @part is no longer what has arrived, or goes. */
static void
unconfirm (GstIceRecording * self, GstIceHeldPart * part)
{
  part->confirmed = FALSE;
  self->kept_memory -= part->kept_memory;
  part->kept_memory = 0;
}

/* Overwrites bytes before the end of the object. Returns the bytes taken, 0
 * if memory is full, -1 on error. */
static gssize
rewrite (GstIceRecording * self, const guint8 * data, gsize size,
    GError ** error)
{
  GstIceHeldPart *part = gst_ice_recording_find_part (self, self->position);
  gsize n;

  if (part == NULL) {
    g_propagate_error (error, new_seek_error (self, size));
    return -1;
  }

  size = MIN (size, gst_ice_held_part_get_end (part) - self->position);
  n = gst_ice_held_part_write (part, self->pool,
      self->position - part->offset, data, size);
  if (n == 0)
    return 0;

  gst_ice_recording_supersede (self, part);
  gst_ice_recording_note_written (self, part, self->position - part->offset,
      n);
  learn_rewrite (self, part, n);
  if (part->confirmed) {
    unconfirm (self, part);
    part->arrival_us = gst_ice_clock_get_monotonic (self->clock);
  }
  note_change (self, part);

  return n;
}

/* Lets the object grow: zeroes up to the position, then @data. Returns as
 * rewrite() does. */
static gssize
append (GstIceRecording * self, const guint8 * data, gsize size,
    GError ** error)
{
  GstIceHeldPart *part;
  guint64 at, n;

  do {
    part = get_open (self, error);
    if (part == NULL)
      return -1;
    if (self->size == self->position)
      break;
    /* Space that is reserved at the head is there to be rewritten. */
    if (gst_ice_recording_is_head (self, part))
      extend_head (self, self->position);
    at = part->size;
    n = gst_ice_held_part_append_zeroes (part, self->pool,
        self->position - self->size);
    self->size += n;
    gst_ice_recording_note_written (self, part, at, n);
    note_change (self, part);
  } while (n > 0);

  if (self->size < self->position)
    return 0;

  at = part->size;
  n = gst_ice_held_part_write (part, self->pool, at, data, size);
  self->size += n;
  gst_ice_recording_note_written (self, part, at, n);
  note_change (self, part);

  return n;
}

/* TRUE if a sealed part is on its way, so that memory will come back. */
static gboolean
is_any_leaving (GstIceRecording * self)
{
  guint i;

  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);

    if (part->generation > 0 && !part->confirmed && !part->dirty)
      return TRUE;
  }

  return FALSE;
}

static gboolean
close_open_part (GstIceRecording * self)
{
  GstIceHeldPart *part = get_last (self);

  if (part == NULL || !gst_ice_recording_is_open (self, part)
      || part->size < GST_ICE_PART_SIZE_MIN)
    return FALSE;

  part->planned = part->size;

  return TRUE;
}

/* TRUE if zeroes (space that was reserved) save so much of its memory that
 * @part can stay rewritable to the end. */
static gboolean
is_cheap (const GstIceHeldPart * part)
{
  return part->kept_memory <= CHEAP_PART
      && part->kept_memory * CHEAP_SHARE <= part->size;
}

/* TRUE if @part is being written. */
static gboolean
is_at (GstIceRecording * self, const GstIceHeldPart * part)
{
  return !self->finished && self->position >= part->offset
      && self->position < gst_ice_held_part_get_end (part);
}

/* Which of the parts that have arrived may go. */
typedef enum
{
  DROP_USUAL,                   /* as next, but no cheap ones */
  DROP_MOST,                    /* all but the one at work, and what a flush
                                 * goes back to */
  DROP_ALL,
} DropMode;

static gboolean
is_droppable (GstIceRecording * self, const GstIceHeldPart * part,
    DropMode mode)
{
  if (!part->confirmed || part->kept_memory == 0)
    return FALSE;
  if (mode == DROP_USUAL && is_cheap (part))
    return FALSE;

  return mode == DROP_ALL
      || (!is_at (self, part) && !gst_ice_recording_is_at_base (self, part));
}

/* With a spool, memory also comes and goes behind what was counted. */
static void
count_kept (GstIceRecording * self)
{
  guint i;

  self->kept_memory = 0;
  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);

    if (!part->confirmed)
      continue;
    part->kept_memory = gst_ice_held_part_get_memory (part);
    self->kept_memory += part->kept_memory;
  }
}

/* Lets go of parts that have arrived, the oldest first, until at most
 * @max_kept bytes of memory are kept. Returns TRUE if that freed something. */
static gboolean
drop_kept (GstIceRecording * self, guint64 max_kept, DropMode mode)
{
  gboolean dropped = FALSE;
  guint i = 0;

  if (self->spool != NULL)
    count_kept (self);
  while (self->kept_memory > max_kept && i < self->parts->len) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);

    if (!is_droppable (self, part, mode)) {
      i++;
      continue;
    }
    unconfirm (self, part);
    gst_ice_recording_give_up (self, part);
    g_ptr_array_remove_index (self->parts, i);
    dropped = TRUE;
  }

  return dropped;
}

/* Memory is full of what is to stay to the end, because the head was meant for
 * a disk that takes nothing any more. What is more of it than memory was to
 * hold may leave. Returns FALSE if there is no more. */
static gboolean
shorten_head (GstIceRecording * self)
{
  gsize held = 0;
  guint i;

  for (i = 0; self->spool != NULL && i < self->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);

    if (!gst_ice_recording_is_head (self, part))
      return FALSE;
    held += gst_ice_held_part_get_memory (part);
    if (held <= get_hold_limit (self))
      continue;
    GST_WARNING ("the disk takes nothing, and memory is full of the head: only"
        " %" G_GUINT64_FORMAT " bytes of it are held", part->offset);
    self->head_end = part->offset;
    return TRUE;
  }

  return FALSE;
}

/* Memory is full. The cheapest that helps: parts that are kept for nothing
 * but a chance; those that may leave anyway; the open part before it is full;
 * then the window; last of all the head, of which there is too much only where
 * a disk should have held it. Returns TRUE if there is room at once. */
static gboolean
relieve_memory (GstIceRecording * self, GPtrArray * leaving)
{
  if (self->spool != NULL && gst_ice_recording_evict (self))
    return TRUE;
  if (self->spool_state == SPOOL_READY) {
    gst_ice_recording_write_out (self, TRUE);
    return FALSE;
  }
  if (drop_kept (self, 0, DROP_MOST))
    return TRUE;

  gst_ice_recording_seal_ready (self, leaving);
  if (!is_any_leaving (self) && close_open_part (self))
    gst_ice_recording_seal_ready (self, leaving);
  if (!is_any_leaving (self) && self->window > 0) {
    GST_DEBUG ("memory is full: the window is given up");
    self->window = 0;
    gst_ice_recording_seal_ready (self, leaving);
  }
  if (!is_any_leaving (self) && shorten_head (self))
    gst_ice_recording_seal_ready (self, leaving);

  /* The bytes that are being rewritten are in the way of the rewrite. */
  return !is_any_leaving (self) && drop_kept (self, 0, DROP_ALL);
}

/* Writes as much at the position as one step takes. Returns as rewrite(). */
static gssize
write_some (GstIceRecording * self, const guint8 * data, gsize size,
    GError ** error)
{
  gint loaded = self->spool != NULL ?
      gst_ice_recording_load (self, self->position, error) : 1;

  if (loaded < 1 || self->finished)
    return loaded < 1 ? loaded : 0;

  return self->position < self->size ? rewrite (self, data, size, error)
      : append (self, data, size, error);
}

/* Most writes let no part leave, and many are small. */
static GPtrArray *
ensure_leaving (GPtrArray ** leaving)
{
  if (*leaving == NULL)
    *leaving = g_ptr_array_new ();

  return *leaving;
}

gssize
gst_ice_recording_write (GstIceRecording * self, gconstpointer data,
    gsize size, GError ** error)
{
  GPtrArray *leaving = NULL;
  const guint8 *from = data;
  gssize n = 0;
  gsize done = 0;

  g_mutex_lock (&self->lock);
  while (done < size && !self->finished) {
    n = write_some (self, from + done, size - done, error);
    if (n < 0 || (n == 0 && !relieve_memory (self, ensure_leaving (&leaving))))
      break;
    self->position += n;
    self->rewinding = self->rewinding && n == 0;
    done += n;
    if (self->size >= self->next_leave)
      gst_ice_recording_seal_ready (self, ensure_leaving (&leaving));
  }
  g_mutex_unlock (&self->lock);

  if (leaving != NULL)
    gst_ice_recording_hand_over (self, leaving);

  return n < 0 ? -1 : (gssize) done;
}

gboolean
gst_ice_recording_wait (GstIceRecording * self)
{
  return gst_ice_chunk_pool_wait (self->pool);
}

void
gst_ice_recording_set_flushing (GstIceRecording * self, gboolean flushing)
{
  gst_ice_chunk_pool_set_flushing (self->pool, flushing);
}

gboolean
gst_ice_recording_seek (GstIceRecording * self, guint64 offset,
    GError ** error)
{
  gst_ice_lock_scope (&self->lock);

  if (offset > gst_ice_part_plan_get_ceiling (&self->config.plan))
    return gst_ice_set_error (error, GST_ICE_ERROR_NO_SPACE, "Position %"
        G_GUINT64_FORMAT " is beyond the largest object, %" G_GUINT64_FORMAT
        " bytes", offset, gst_ice_part_plan_get_ceiling (&self->config.plan));

  self->position = offset;
  self->rewinding = offset < self->size;

  return TRUE;
}

guint64
gst_ice_recording_get_position (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->position;
}

guint64
gst_ice_recording_get_size (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->size;
}

guint64
gst_ice_recording_get_memory_used (GstIceRecording * self)
{
  return gst_ice_chunk_pool_get_used (self->pool);
}

guint64
gst_ice_recording_get_part_size (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);
  GstIceHeldPart *part = get_last (self);

  return part != NULL ? part->planned : plan_next (self, 1);
}

/* Since when @part could have left: the head stays to the end. */
static gint64
get_waiting_since (GstIceRecording * self, const GstIceHeldPart * part)
{
  return gst_ice_recording_is_head (self, part) ?
      MAX (part->arrival_us, self->finished_us) : part->arrival_us;
}

gint64
gst_ice_recording_get_oldest (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);
  gint64 oldest = -1;
  guint i;

  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);
    gint64 since = get_waiting_since (self, part);

    if (part->confirmed
        || (!self->finished && gst_ice_recording_is_head (self, part)))
      continue;
    if (oldest < 0 || since < oldest)
      oldest = since;
  }

  return oldest;
}

/* TRUE if the open part is old enough to leave before it is full. */
static gboolean
is_aged (GstIceRecording * self)
{
  GstIceHeldPart *part = get_last (self);
  gint64 duration = self->config.max_part_duration_us;
  guint factor;

  if (part == NULL || duration == 0 || gst_ice_recording_is_head (self, part))
    return FALSE;

  factor = gst_ice_part_plan_get_age_factor (&self->config.plan, part->number,
      part->offset);
  if (factor == 0)
    return FALSE;

  return gst_ice_clock_get_monotonic (self->clock) - part->arrival_us
      >= duration * factor;
}

void
gst_ice_recording_seal_aged (GstIceRecording * self)
{
  GPtrArray *leaving = g_ptr_array_new ();

  g_mutex_lock (&self->lock);
  if (!self->finished && is_aged (self) && close_open_part (self))
    gst_ice_recording_seal_ready (self, leaving);
  gst_ice_recording_write_out (self, TRUE);
  if (self->spool != NULL)
    gst_ice_spool_retry (self->spool);
  g_mutex_unlock (&self->lock);

  gst_ice_recording_hand_over (self, leaving);
}

/* Lets the open part end now, or when it has OSS's minimum size. */
static void
shorten_open_part (GstIceRecording * self)
{
  GstIceHeldPart *part = get_last (self);

  if (part == NULL || !gst_ice_recording_is_open (self, part)
      || gst_ice_part_plan_get_age_factor (&self->config.plan, part->number,
          part->offset) == 0)
    return;

  part->planned = MIN (part->planned,
      MAX (part->size, GST_ICE_PART_SIZE_MIN));
}

void
gst_ice_recording_checkpoint (GstIceRecording * self)
{
  GPtrArray *leaving = g_ptr_array_new ();

  g_mutex_lock (&self->lock);
  if (!self->finished) {
    shorten_open_part (self);
    gst_ice_recording_seal_ready (self, leaving);
  }
  g_mutex_unlock (&self->lock);

  gst_ice_recording_hand_over (self, leaving);
}

GPtrArray *
gst_ice_recording_finish (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);
  GPtrArray *rest =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_part_unref);
  guint i;

  self->finished = TRUE;
  self->finished_us = gst_ice_clock_get_monotonic (self->clock);
  if (self->spool == NULL)
    drop_kept (self, 0, DROP_ALL);
  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);

    part->planned = part->size;
    /* A part for whose first byte there was no memory is none. */
    if (part->dirty && !part->unverified && part->size > 0)
      g_ptr_array_add (rest, seal (self, part));
  }
  gst_ice_recording_write_out (self, TRUE);

  return rest;
}

/* @part has arrived, and is held in memory as long as there is room. */
static void
keep_for_a_while (GstIceRecording * self, GstIceHeldPart * part)
{
  /* If there is none, somebody may be about to wait for it. */
  gboolean has_room = gst_ice_chunk_pool_has_room (self->pool);

  confirm (self, part);
  drop_kept (self, get_keep_limit (self, part, has_room),
      has_room && !self->finished ? DROP_USUAL : DROP_MOST);
}

void
gst_ice_recording_confirmed (GstIceRecording * self, guint number,
    guint generation)
{
  gst_ice_lock_scope (&self->lock);
  GstIceHeldPart *part = gst_ice_recording_find_number (self, number);

  if (part == NULL || part->generation != generation || part->dirty
      || part->confirmed)
    return;

  if (self->spool != NULL)
    gst_ice_recording_evict_arrived (self, part);
  if (self->spool_state == SPOOL_READY)
    part->confirmed = TRUE;
  else
    keep_for_a_while (self, part);
  /* If it was on disk alone, no memory came back, and who waits for some has to
   * look for another way. */
  if (self->spool != NULL && !gst_ice_chunk_pool_has_room (self->pool))
    gst_ice_chunk_pool_nudge (self->pool);
}

void
gst_ice_recording_discard (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  self->finished = TRUE;
  self->kept_memory = 0;
  g_ptr_array_set_size (self->parts, 0);
  g_queue_clear (&self->unwritten);
}
