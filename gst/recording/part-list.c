/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The list of parts; see the header.
 *
 * Runs on: any thread, under the list's lock. Owns: the parts, and so a share
 * of their bytes. */

#include "recording/part-list.h"

#include "common/error.h"
#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_RECORDING)

/* What is kept at most, of parts that have arrived, for a rewind that is longer
 * than any before: that much of a stream so slow that its parts end with their
 * age, and twice that of others. Of a part that is larger, all. */
#define KEPT_SIZE (4 * 1024 * 1024)

/* How far into the stream the first rewind is awaited: until so many times what
 * is kept was written, and so long. */
#define KEEP_DURING 8
#define KEEP_DURING_US (60 * G_USEC_PER_SEC)

/* The head leaves early, to be there at the end, once so many times its size was
 * written and nothing of it rewritten: if it is after all, it goes twice, which
 * is a fiftieth of the object at most. */
#define EARLY_HEAD_FACTOR 50

/* Who needs memory gets such a share of it from what is kept. */
#define DROP_SHARE 4

/* What a part that is zeroes mostly may take: so much memory, and such a share
 * of its size. */
#define CHEAP_PART (2 * GST_ICE_CHUNK_SIZE)
#define CHEAP_SHARE 4

GstIcePartList *
gst_ice_part_list_new (const GstIcePartPlan * plan, guint64 max_memory,
    guint64 head_size, GstIceClock * clock, GstIceSpool * spool)
{
  GstIcePartList *self = g_new0 (GstIcePartList, 1);

  self->plan = *plan;
  self->max_memory = max_memory;
  self->clock = gst_ice_clock_ref (clock);
  self->pool = gst_ice_chunk_pool_new (max_memory);
  g_mutex_init (&self->lock);
  if (spool != NULL)
    self->spool = gst_ice_spool_ref (spool);
  self->parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_held_part_free);
  self->head_size = self->head_end = head_size;
  self->next_leave = G_MAXUINT64;
  self->finished_us = -1;

  return self;
}

void
gst_ice_part_list_free (GstIcePartList * self)
{
  g_clear_pointer (&self->spool, gst_ice_spool_unref);
  g_ptr_array_unref (self->parts);
  gst_ice_chunk_pool_unref (self->pool);
  gst_ice_clock_unref (self->clock);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static GstIceHeldPart *
get_part (GstIcePartList * self, guint index)
{
  return g_ptr_array_index (self->parts, index);
}

/* ---- where it is ---- */

GstIceHeldPart *
gst_ice_part_list_find (GstIcePartList * self, guint64 offset)
{
  guint low = 0, high = self->parts->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    GstIceHeldPart *part = get_part (self, middle);

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
gst_ice_part_list_find_number (GstIcePartList * self, guint number)
{
  guint low = 0, high = self->parts->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    GstIceHeldPart *part = get_part (self, middle);

    if (number < part->number)
      high = middle;
    else if (number > part->number)
      low = middle + 1;
    else
      return part;
  }

  return NULL;
}

GstIceHeldPart *
gst_ice_part_list_get_last (GstIcePartList * self)
{
  return self->parts->len > 0 ? get_part (self, self->parts->len - 1) : NULL;
}

gboolean
gst_ice_part_list_is_open (GstIcePartList * self, const GstIceHeldPart * part)
{
  return part->number == self->last_number && part->size < part->planned;
}

gboolean
gst_ice_part_list_is_head (GstIcePartList * self, const GstIceHeldPart * part)
{
  return part->offset < self->head_end;
}

static gboolean
is_finished (GstIcePartList * self)
{
  return self->finished_us >= 0;
}

/* TRUE if @part is being written. */
static gboolean
is_at (GstIcePartList * self, const GstIceHeldPart * part)
{
  return !is_finished (self) && self->position >= part->offset
      && self->position < gst_ice_held_part_get_end (part);
}

/* TRUE if @part waits for the network, and memory has none of it. */
static gboolean
is_spilled (const GstIceHeldPart * part)
{
  return part->generation > 0 && !part->dirty && !part->confirmed
      && part->n_resident == 0;
}

gboolean
gst_ice_part_list_is_spilling (GstIcePartList * self)
{
  guint i;

  for (i = 0; self->spool != NULL && i < self->parts->len; i++) {
    if (is_spilled (get_part (self, i)))
      return TRUE;
  }

  return FALSE;
}

/* Since when @part could have left: the head stays to the end. -1 if that is
 * not yet, or it has arrived. */
static gint64
get_waiting_since (GstIcePartList * self, const GstIceHeldPart * part)
{
  if (part->confirmed)
    return -1;
  if (!gst_ice_part_list_is_head (self, part))
    return part->arrival_us;

  return is_finished (self) ? MAX (part->arrival_us, self->finished_us) : -1;
}

gint64
gst_ice_part_list_get_oldest (GstIcePartList * self)
{
  gint64 oldest = -1;
  guint i;

  for (i = 0; i < self->parts->len; i++) {
    gint64 since = get_waiting_since (self, get_part (self, i));

    if (since >= 0 && (oldest < 0 || since < oldest))
      oldest = since;
  }

  return oldest;
}

/* ---- how it grows ---- */

/* The size of the part that comes next. The head gets parts of its own, so
 * that no more than the head is held back for it. */
static guint64
plan_next (GstIcePartList * self, guint number)
{
  guint64 size = gst_ice_part_plan_get_size (&self->plan, number, self->size);

  if (size == 0 || self->size >= self->head_size)
    return size;

  return MAX (MIN (size, self->head_size - self->size), GST_ICE_PART_SIZE_MIN);
}

guint64
gst_ice_part_list_get_part_size (GstIcePartList * self)
{
  GstIceHeldPart *part = gst_ice_part_list_get_last (self);

  return part != NULL ? part->planned : plan_next (self, 1);
}

/* Takes the next number for @size bytes, which are fewer than a part that isn't
 * the last may have only where an earlier run left such a part. */
static gboolean
take_number (GstIcePartList * self, guint64 size, GError ** error)
{
  if (self->last_number > 0 && self->last_size < GST_ICE_PART_SIZE_MIN)
    return gst_ice_set_error (error, GST_ICE_ERROR_FAILED, "Part %u of the"
        " earlier run has %" G_GUINT64_FORMAT " bytes, which are at the service"
        " alone, and too few for another part to follow", self->last_number,
        self->last_size);

  self->last_number++;
  self->last_size = size;

  return TRUE;
}

static GstIceHeldPart *
append_part (GstIcePartList * self, GstIceHeldPart * part)
{
  g_ptr_array_add (self->parts, part);
  GST_LOG ("part %u begins at %" G_GUINT64_FORMAT ", planned size %"
      G_GUINT64_FORMAT, part->number, part->offset, part->planned);

  return part;
}

GstIceHeldPart *
gst_ice_part_list_open_part (GstIcePartList * self, GError ** error)
{
  GstIceHeldPart *part = gst_ice_part_list_get_last (self);
  guint64 planned;

  if (part != NULL && gst_ice_part_list_is_open (self, part))
    return part;

  planned = plan_next (self, self->last_number + 1);
  if (planned == 0) {
    gst_ice_set_error (error, GST_ICE_ERROR_NO_SPACE,
        "The object has reached its largest size, %" G_GUINT64_FORMAT
        " bytes: set a larger part-size or max-memory, or a"
        " spool-directory", self->size);
    return NULL;
  }
  if (!take_number (self, planned, error))
    return NULL;

  return append_part (self, gst_ice_held_part_new (self->last_number,
          self->size, planned, gst_ice_clock_get_monotonic (self->clock)));
}

gboolean
gst_ice_part_list_add_left (GstIcePartList * self, guint64 size,
    gboolean freed, GError ** error)
{
  if (!take_number (self, size, error))
    return FALSE;

  if (!freed)
    append_part (self, gst_ice_held_part_new_left (self->last_number,
            self->size, size, gst_ice_clock_get_monotonic (self->clock)));
  self->size += size;

  return TRUE;
}

gboolean
gst_ice_part_list_close_part (GstIcePartList * self)
{
  GstIceHeldPart *part = gst_ice_part_list_get_last (self);

  if (part == NULL || !gst_ice_part_list_is_open (self, part)
      || part->size < GST_ICE_PART_SIZE_MIN)
    return FALSE;

  part->planned = part->size;

  return TRUE;
}

/* By how much the plan multiplies the age of the last part; 0: no part may end
 * for its age. */
static guint
get_age_factor (GstIcePartList * self, const GstIceHeldPart * last)
{
  return gst_ice_part_plan_get_age_factor (&self->plan, last->number,
      last->offset);
}

gboolean
gst_ice_part_list_is_aged (GstIcePartList * self, gint64 duration_us)
{
  GstIceHeldPart *part = gst_ice_part_list_get_last (self);
  guint factor;

  if (part == NULL || gst_ice_part_list_is_head (self, part))
    return FALSE;

  factor = get_age_factor (self, part);

  return factor > 0 && gst_ice_clock_get_monotonic (self->clock)
      - part->arrival_us >= duration_us * factor;
}

void
gst_ice_part_list_shorten_part (GstIcePartList * self)
{
  GstIceHeldPart *part = gst_ice_part_list_get_last (self);

  if (part != NULL && gst_ice_part_list_is_open (self, part)
      && get_age_factor (self, part) > 0)
    part->planned = MIN (part->planned,
        MAX (part->size, GST_ICE_PART_SIZE_MIN));
}

/* ---- what is held back ---- */

/* What may be held back on purpose, at the head and in the window. */
static guint64
get_hold_limit (GstIcePartList * self)
{
  return self->max_memory / 2;
}

void
gst_ice_part_list_extend_head (GstIcePartList * self, guint64 end)
{
  guint64 limit = get_hold_limit (self);

  if (end <= self->head_end)
    return;
  if (!self->spooling && end > limit - MIN (self->window, limit))
    return;

  self->head_end = end;
  GST_DEBUG ("the head is held up to %" G_GUINT64_FORMAT, end);
}

/* Holds back what a rewind of @distance needs, if memory allows. */
static void
extend_window (GstIcePartList * self, guint64 distance)
{
  guint64 limit = get_hold_limit (self);

  self->longest_rewind = MAX (self->longest_rewind, distance);
  if (!self->spooling)
    limit -= MIN (self->head_end, limit);
  if (distance <= self->window || distance > limit)
    return;

  self->window = MIN (distance + distance / 2, limit);
  GST_DEBUG ("%" G_GUINT64_FORMAT " bytes are held back for rewrites",
      self->window);
}

void
gst_ice_part_list_learn_rewrite (GstIcePartList * self, GstIceHeldPart * part,
    guint64 size, gboolean rewinding)
{
  guint64 at = self->position - part->offset;

  if (at < part->rewritten_end)
    gst_ice_part_list_extend_head (self, part->offset + part->rewritten_end);
  else if (self->position == self->head_end && !rewinding)
    /* It came from within the head and runs on. */
    gst_ice_part_list_extend_head (self, self->position + size);
  else if (rewinding)
    extend_window (self, self->size - self->position);

  part->rewritten_end = MAX (part->rewritten_end, at + size);
}

gboolean
gst_ice_part_list_give_up_window (GstIcePartList * self)
{
  if (self->window == 0)
    return FALSE;

  GST_DEBUG ("memory is full: the window is given up");
  self->window = 0;

  return TRUE;
}

gboolean
gst_ice_part_list_shorten_head (GstIcePartList * self)
{
  gsize held = 0;
  guint i;

  for (i = 0; self->spool != NULL && i < self->parts->len; i++) {
    GstIceHeldPart *part = get_part (self, i);

    if (!gst_ice_part_list_is_head (self, part))
      return FALSE;
    held += gst_ice_held_part_get_memory (part);
    if (held <= get_hold_limit (self))
      continue;
    GST_WARNING ("the disk takes nothing, and memory is full of the head: only"
        " %" G_GUINT64_FORMAT " bytes of it are held", part->offset);
    self->former_head_end = MAX (self->former_head_end, self->head_end);
    self->head_end = part->offset;
    return TRUE;
  }

  return FALSE;
}

/* ---- what leaves ---- */

/* Once it was rewritten it will be again, most likely at the end. Muxers begin
 * with what is in the first part. */
static guint64
get_early_head_size (GstIcePartList * self, const GstIceHeldPart * part)
{
  return part->generation == 0 && get_part (self, 0)->rewritten_end == 0
      && self->head_end <= G_MAXUINT64 / EARLY_HEAD_FACTOR ?
      self->head_end * EARLY_HEAD_FACTOR : G_MAXUINT64;
}

/* The size of the object from which on @part may leave. */
static guint64
get_leave_size (GstIcePartList * self, const GstIceHeldPart * part)
{
  if (!part->dirty || part->unverified
      || gst_ice_part_list_is_open (self, part))
    return G_MAXUINT64;
  if (gst_ice_part_list_is_head (self, part))
    return get_early_head_size (self, part);

  return gst_ice_held_part_get_end (part) + self->window;
}

void
gst_ice_part_list_note_change (GstIcePartList * self,
    const GstIceHeldPart * part)
{
  self->next_leave = MIN (self->next_leave, get_leave_size (self, part));
}

static void
seal (GstIcePartList * self, GstIceHeldPart * part, GPtrArray * leaving)
{
  if (self->spool != NULL)
    gst_ice_spool_note_part (self->spool, part->number, part->offset,
        part->size);
  g_ptr_array_add (leaving, gst_ice_held_part_seal (part, self->spool));
  GST_LOG ("part %u generation %u sealed: %" G_GUINT64_FORMAT
      " bytes at %" G_GUINT64_FORMAT, part->number, part->generation,
      part->size, part->offset);
}

void
gst_ice_part_list_seal_ready (GstIcePartList * self, GPtrArray * leaving)
{
  guint i;

  self->next_leave = G_MAXUINT64;
  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = get_part (self, i);
    guint64 leave_size = get_leave_size (self, part);

    if (leave_size <= self->size)
      seal (self, part, leaving);
    else
      self->next_leave = MIN (self->next_leave, leave_size);
  }
}

void
gst_ice_part_list_seal_rest (GstIcePartList * self, GPtrArray * leaving)
{
  guint i;

  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = get_part (self, i);

    part->planned = part->size;
    /* A part for whose first byte there was no memory is none. */
    if (part->dirty && !part->unverified && part->size > 0)
      seal (self, part, leaving);
  }
}

/* Likewise, one that begins before @end. */
static gboolean
is_any_leaving_before (GstIcePartList * self, guint64 end)
{
  guint i;

  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = get_part (self, i);

    if (part->offset < end && part->generation > 0 && !part->confirmed
        && !part->dirty)
      return TRUE;
  }

  return FALSE;
}

gboolean
gst_ice_part_list_is_any_leaving (GstIcePartList * self)
{
  return is_any_leaving_before (self, G_MAXUINT64);
}

gboolean
gst_ice_part_list_is_head_leaving (GstIcePartList * self)
{
  return is_any_leaving_before (self, self->former_head_end);
}

/* ---- what is kept ---- */

static void
confirm (GstIcePartList * self, GstIceHeldPart * part)
{
  part->confirmed = TRUE;
  part->kept_memory = gst_ice_held_part_get_memory (part);
  self->kept_memory += part->kept_memory;
}

void
gst_ice_part_list_unkeep (GstIcePartList * self, GstIceHeldPart * part)
{
  part->confirmed = FALSE;
  self->kept_memory -= part->kept_memory;
  part->kept_memory = 0;
}

/* TRUE if zeroes (space that was reserved) save so much of its memory that
 * @part can stay rewritable to the end. */
static gboolean
is_cheap (const GstIceHeldPart * part)
{
  return part->kept_memory <= CHEAP_PART
      && part->kept_memory * CHEAP_SHARE <= part->size;
}

gboolean
gst_ice_part_list_is_freeable (GstIcePartList * self,
    const GstIceHeldPart * part)
{
  return part->confirmed && part->size >= GST_ICE_PART_SIZE_MIN
      && !gst_ice_part_list_is_head (self, part)
      && !is_at (self, part);
}

static gboolean
is_droppable (GstIcePartList * self, const GstIceHeldPart * part,
    GstIceDropMode mode)
{
  if (!part->confirmed || part->kept_memory == 0)
    return FALSE;
  if (mode == GST_ICE_DROP_USUAL && is_cheap (part))
    return FALSE;
  if (!is_finished (self) && gst_ice_part_list_is_head (self, part))
    return FALSE;

  return mode == GST_ICE_DROP_ALL || !is_at (self, part);
}

/* With a spool, memory also comes and goes behind what was counted; and at the
 * end the head is no more than any part. */
static void
count_kept (GstIcePartList * self)
{
  guint i;

  if (self->spool == NULL && !is_finished (self))
    return;

  self->kept_memory = 0;
  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = get_part (self, i);

    if (part->confirmed)
      confirm (self, part);
  }
}

/* Lets go of parts that have arrived, the oldest first, until at most
 * @max_kept bytes of memory are kept. */
static gboolean
drop_above (GstIcePartList * self, guint64 max_kept, GstIceDropMode mode,
    GstIceDroppedFunc dropped, gpointer user_data)
{
  guint n = self->parts->len;
  guint i = 0;

  count_kept (self);
  while (self->kept_memory > max_kept && i < self->parts->len) {
    GstIceHeldPart *part = get_part (self, i);

    if (!is_droppable (self, part, mode)) {
      i++;
      continue;
    }
    gst_ice_part_list_unkeep (self, part);
    dropped (part, user_data);
    g_ptr_array_remove_index (self->parts, i);
  }

  return self->parts->len < n;
}

gboolean
gst_ice_part_list_drop_kept (GstIcePartList * self, GstIceDropMode mode,
    GstIceDroppedFunc dropped, gpointer user_data)
{
  return drop_above (self, 0, mode, dropped, user_data);
}

gboolean
gst_ice_part_list_drop_oldest (GstIcePartList * self,
    GstIceDroppedFunc dropped, gpointer user_data)
{
  guint64 share = self->max_memory / DROP_SHARE;

  count_kept (self);

  return drop_above (self, self->kept_memory - MIN (self->kept_memory, share),
      GST_ICE_DROP_MOST, dropped, user_data);
}

/* A muxer that has not rewound by now does not do so before the end. The first
 * part is the head, and was there from the beginning. */
static gboolean
is_rewind_likely (GstIcePartList * self, guint64 kept_size)
{
  return self->longest_rewind > 0 || self->size <= KEEP_DURING * kept_size
      || gst_ice_clock_get_monotonic (self->clock)
      - get_part (self, 0)->arrival_us <= KEEP_DURING_US;
}

/* Memory for parts that have arrived and are kept nevertheless, after @part: a
 * rewind that is longer than any before, or one for which the window is too
 * small, because memory was short when it was made. */
static guint64
get_keep_limit (GstIcePartList * self, const GstIceHeldPart * part)
{
  guint64 part_size = self->plan.part_size;
  guint64 kept_size = MAX (KEPT_SIZE, part_size);
  guint64 rewind = self->longest_rewind + self->longest_rewind / 2;

  if (self->head_size == 0 || !is_rewind_likely (self, kept_size))
    return 0;
  if (part->size >= part_size)
    kept_size *= 2;

  return MAX (kept_size, rewind - MIN (self->window, rewind));
}

void
gst_ice_part_list_keep (GstIcePartList * self, GstIceHeldPart * part,
    GstIceDroppedFunc dropped, gpointer user_data)
{
  if (!is_finished (self) && gst_ice_part_list_is_head (self, part)) {
    part->confirmed = TRUE;
    return;
  }
  confirm (self, part);
  if (is_finished (self))
    drop_above (self, 0, GST_ICE_DROP_MOST, dropped, user_data);
  else if (gst_ice_chunk_pool_has_room (self->pool))
    drop_above (self, get_keep_limit (self, part), GST_ICE_DROP_USUAL,
        dropped, user_data);
  else                          /* somebody may be about to wait for some */
    gst_ice_part_list_drop_oldest (self, dropped, user_data);
}

void
gst_ice_part_list_clear (GstIcePartList * self)
{
  self->kept_memory = 0;
  g_ptr_array_set_size (self->parts, 0);
}
