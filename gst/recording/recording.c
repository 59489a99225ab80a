/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The recording; see the header for what it is and who calls what, part-list.h
 * for what is held back and why, and write-behind.h for what a spool adds.
 *
 * Protected by: the lock of the list of parts, for everything below it. It is
 * held while bytes are copied, never while a callback runs, a thread waits or
 * the disk works. */

#include "recording/recording.h"

#include "common/error.h"
#include "common/lock.h"
#include "recording/part-list.h"
#include "recording/restoring.h"
#include "recording/write-behind.h"

struct _GstIceRecording
{
  gatomicrefcount ref_count;
  gint64 max_part_duration_us;  /* constant, like all down to behind */
  GstIceSealedFunc sealed;
  gpointer user_data;
  GstIcePartList *list;         /* (owned by behind) */
  GstIceWriteBehind *behind;    /* (owned) */
  GstIceRestoring restoring;

  gboolean rewinding;           /* nothing was written since a rewind; protected
                                 * by the list's lock */
};

GstIceRecording *
gst_ice_recording_new (const GstIceRecordingConfig * config,
    GstIceClock * clock, GstIceSealedFunc sealed, gpointer user_data)
{
  GstIceRecording *self = g_new0 (GstIceRecording, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->max_part_duration_us = config->max_part_duration_us;
  self->sealed = sealed;
  self->user_data = user_data;
  self->list = gst_ice_part_list_new (&config->plan, config->max_memory,
      config->head_size, clock, config->spool);
  self->behind = gst_ice_write_behind_new (self->list);

  return self;
}

static void
finalize (GstIceRecording * self)
{
  gst_ice_write_behind_unref (self->behind);
  g_free (self);
}

GST_ICE_DEFINE_COUNTED (GstIceRecording, gst_ice_recording, finalize)

static gboolean
is_finished (GstIceRecording * self)
{
  return self->list->finished_us >= 0;
}

static gboolean
is_spooling (GstIceRecording * self)
{
  return self->list->spooling;
}

/* ---- what leaves ---- */

/* Hands over what was sealed. Call without the lock.
 * @leaving: (transfer full) */
static void
hand_over (GstIceRecording * self, GPtrArray * leaving)
{
  guint i;

  for (i = 0; i < leaving->len; i++)
    self->sealed (g_ptr_array_index (leaving, i), self->user_data);
  g_ptr_array_unref (leaving);
}

/* Most writes let no part leave, and many are small. */
static GPtrArray *
ensure_leaving (GPtrArray ** leaving)
{
  if (*leaving == NULL)
    *leaving = g_ptr_array_new ();

  return *leaving;
}

/* ---- memory ---- */

static void
on_dropped (GstIceHeldPart * part, gpointer user_data)
{
  GstIceRecording *self = user_data;

  gst_ice_write_behind_give_up (self->behind, part);
}

static gboolean
drop_kept (GstIceRecording * self, GstIceDropMode mode)
{
  return gst_ice_part_list_drop_kept (self->list, mode, on_dropped, self);
}

/* Memory is full. The cheapest that helps: parts that are kept for nothing
 * but a chance; those that may leave anyway; the open part before it is full;
 * then the window; last of all the head, of which there is too much only where
 * a disk should have held it. Returns TRUE if there is room at once. */
static gboolean
relieve_memory (GstIceRecording * self, GPtrArray * leaving)
{
  GstIcePartList *list = self->list;

  if (gst_ice_write_behind_evict (self->behind))
    return TRUE;
  if (is_spooling (self)) {
    gst_ice_write_behind_write_out (self->behind, TRUE);
    return FALSE;
  }
  if (gst_ice_part_list_drop_oldest (list, on_dropped, self))
    return TRUE;

  gst_ice_part_list_seal_ready (list, leaving);
  if (!gst_ice_part_list_is_any_leaving (list)
      && gst_ice_part_list_close_part (list))
    gst_ice_part_list_seal_ready (list, leaving);
  if (!gst_ice_part_list_is_any_leaving (list)
      && gst_ice_part_list_give_up_window (list))
    gst_ice_part_list_seal_ready (list, leaving);
  if (!gst_ice_part_list_is_any_leaving (list)
      && gst_ice_part_list_shorten_head (list))
    gst_ice_part_list_seal_ready (list, leaving);

  /* The bytes that are being rewritten are in the way of the rewrite. */
  return !gst_ice_part_list_is_any_leaving (list)
      && drop_kept (self, GST_ICE_DROP_ALL);
}

/* ---- writing ---- */

static gssize
refuse_rewrite (GstIceRecording * self, gsize size, GError ** error)
{
  GstIcePartList *list = self->list;
  GstIceHeldPart *tail = gst_ice_part_list_get_last (list);

  gst_ice_set_error (error, GST_ICE_ERROR_SEEK,
      "Rewrite of %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT
      " that are no longer held: kept are the first %" G_GUINT64_FORMAT
      " bytes and those from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
      "; set a larger head-size or max-memory, a spool-directory, or"
      " seekable=no", size, list->position, MIN (list->head_end, list->size),
      tail != NULL ? tail->offset : list->size, list->size);

  return -1;
}

/* Overwrites bytes before the end of the object. Returns the bytes taken, 0
 * if memory is full, -1 on error. */
static gssize
rewrite (GstIceRecording * self, const guint8 * data, gsize size,
    GError ** error)
{
  GstIcePartList *list = self->list;
  GstIceHeldPart *part = gst_ice_part_list_find (list, list->position);
  guint64 at;
  gsize n;

  if (part == NULL)
    return refuse_rewrite (self, size, error);

  at = list->position - part->offset;
  n = gst_ice_held_part_write (part, list->pool, at, data,
      MIN (size, part->size - at));
  if (n == 0)
    return 0;

  gst_ice_held_part_supersede (part);
  gst_ice_write_behind_note_written (self->behind, part, at, n);
  gst_ice_part_list_learn_rewrite (list, part, n, self->rewinding);
  if (part->confirmed) {
    gst_ice_part_list_unkeep (list, part);
    part->arrival_us = gst_ice_clock_get_monotonic (list->clock);
  }
  gst_ice_part_list_note_change (list, part);

  return n;
}

/* @n bytes more are in @part. */
static void
note_appended (GstIceRecording * self, GstIceHeldPart * part, guint64 n)
{
  self->list->size += n;
  gst_ice_write_behind_note_written (self->behind, part, part->size - n, n);
  gst_ice_part_list_note_change (self->list, part);
}

/* Lets the object grow: zeroes up to the position, then @data. Returns as
 * rewrite() does. */
static gssize
append (GstIceRecording * self, const guint8 * data, gsize size,
    GError ** error)
{
  GstIcePartList *list = self->list;
  GstIceHeldPart *part;
  guint64 n;

  do {
    part = gst_ice_part_list_open_part (list, error);
    if (part == NULL)
      return -1;
    if (list->size == list->position)
      break;
    /* Space that is reserved at the head is there to be rewritten. */
    if (gst_ice_part_list_is_head (list, part))
      gst_ice_part_list_extend_head (list, list->position);
    n = gst_ice_held_part_append_zeroes (part, list->pool,
        list->position - list->size);
    note_appended (self, part, n);
  } while (n > 0);

  if (list->size < list->position)
    return 0;

  n = gst_ice_held_part_write (part, list->pool, part->size, data, size);
  note_appended (self, part, n);

  return n;
}

/* Writes as much at the position as one step takes. Returns as rewrite(). */
static gssize
write_some (GstIceRecording * self, const guint8 * data, gsize size,
    GError ** error)
{
  gint loaded = gst_ice_write_behind_load (self->behind,
      self->list->position, error);

  if (loaded < 1 || is_finished (self))
    return loaded < 1 ? loaded : 0;

  return self->list->position < self->list->size ?
      rewrite (self, data, size, error) : append (self, data, size, error);
}

gssize
gst_ice_recording_write (GstIceRecording * self, gconstpointer data,
    gsize size, GError ** error)
{
  GstIcePartList *list = self->list;
  GPtrArray *leaving = NULL;
  const guint8 *from = data;
  gssize n = 0;
  gsize done = 0;

  g_mutex_lock (&list->lock);
  while (done < size && !is_finished (self)) {
    n = write_some (self, from + done, size - done, error);
    if (n < 0 || (n == 0 && !relieve_memory (self, ensure_leaving (&leaving))))
      break;
    list->position += n;
    self->rewinding = self->rewinding && n == 0;
    done += n;
    if (list->size >= list->next_leave)
      gst_ice_part_list_seal_ready (list, ensure_leaving (&leaving));
  }
  g_mutex_unlock (&list->lock);

  if (leaving != NULL)
    hand_over (self, leaving);

  return n < 0 ? -1 : (gssize) done;
}

gboolean
gst_ice_recording_wait (GstIceRecording * self)
{
  return gst_ice_chunk_pool_wait (self->list->pool);
}

void
gst_ice_recording_nudge (GstIceRecording * self)
{
  gst_ice_chunk_pool_nudge (self->list->pool);
}

void
gst_ice_recording_set_flushing (GstIceRecording * self, gboolean flushing)
{
  gst_ice_chunk_pool_set_flushing (self->list->pool, flushing);
}

gboolean
gst_ice_recording_seek (GstIceRecording * self, guint64 offset,
    GError ** error)
{
  GstIcePartList *list = self->list;
  gst_ice_lock_scope (&list->lock);

  if (offset > gst_ice_part_plan_get_ceiling (&list->plan))
    return gst_ice_set_error (error, GST_ICE_ERROR_NO_SPACE,
        "Position %" G_GUINT64_FORMAT " is beyond the largest object, %"
        G_GUINT64_FORMAT " bytes", offset,
        gst_ice_part_plan_get_ceiling (&list->plan));

  list->position = offset;
  self->rewinding = offset < list->size;

  return TRUE;
}

/* ---- what others ask ---- */

guint64
gst_ice_recording_get_position (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return self->list->position;
}

guint64
gst_ice_recording_get_size (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return self->list->size;
}

guint64
gst_ice_recording_get_memory_used (GstIceRecording * self)
{
  return gst_ice_chunk_pool_get_used (self->list->pool);
}

guint64
gst_ice_recording_get_part_size (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return gst_ice_part_list_get_part_size (self->list);
}

gint64
gst_ice_recording_get_oldest (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return gst_ice_part_list_get_oldest (self->list);
}

gboolean
gst_ice_recording_is_full (GstIceRecording * self, gboolean outage)
{
  gst_ice_lock_scope (&self->list->lock);

  return !is_spooling (self)
      && !gst_ice_chunk_pool_has_room (self->list->pool)
      && (outage || !gst_ice_part_list_is_head_leaving (self->list));
}

gboolean
gst_ice_recording_is_starved (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return gst_ice_chunk_pool_is_starved (self->list->pool)
      && !gst_ice_part_list_is_any_leaving (self->list);
}

gboolean
gst_ice_recording_is_spilling (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return gst_ice_part_list_is_spilling (self->list);
}

GError *
gst_ice_recording_get_spool_error (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return gst_ice_write_behind_get_error (self->behind);
}

guint64
gst_ice_recording_get_spooled (GstIceRecording * self, gboolean * given_up)
{
  gst_ice_lock_scope (&self->list->lock);

  return gst_ice_write_behind_get_spooled (self->behind, given_up);
}

/* ---- what happens beside the writing ---- */

void
gst_ice_recording_seal_aged (GstIceRecording * self)
{
  GstIcePartList *list = self->list;
  GPtrArray *leaving = g_ptr_array_new ();

  g_mutex_lock (&list->lock);
  if (!is_finished (self) && self->max_part_duration_us > 0
      && gst_ice_part_list_is_aged (list, self->max_part_duration_us)
      && gst_ice_part_list_close_part (list))
    gst_ice_part_list_seal_ready (list, leaving);
  gst_ice_write_behind_write_out (self->behind, TRUE);
  if (list->spool != NULL)
    gst_ice_spool_retry (list->spool);
  g_mutex_unlock (&list->lock);

  hand_over (self, leaving);
}

void
gst_ice_recording_checkpoint (GstIceRecording * self)
{
  GPtrArray *leaving = g_ptr_array_new ();

  g_mutex_lock (&self->list->lock);
  if (!is_finished (self)) {
    gst_ice_part_list_shorten_part (self->list);
    gst_ice_part_list_seal_ready (self->list, leaving);
  }
  g_mutex_unlock (&self->list->lock);

  hand_over (self, leaving);
}

void
gst_ice_recording_confirmed (GstIceRecording * self, guint number,
    guint generation)
{
  GstIcePartList *list = self->list;
  gst_ice_lock_scope (&list->lock);
  GstIceHeldPart *part = gst_ice_part_list_find_number (list, number);

  if (part == NULL || part->generation != generation || part->dirty
      || part->confirmed)
    return;

  gst_ice_write_behind_evict_part (self->behind, part);
  if (is_spooling (self))
    part->confirmed = TRUE;
  else
    gst_ice_part_list_keep (list, part, on_dropped, self);
  /* If it was on disk alone, or is the head, no memory came back, and who waits
   * for some has to look for another way. */
  if (!gst_ice_chunk_pool_has_room (list->pool))
    gst_ice_chunk_pool_nudge (list->pool);
}

/* ---- the end ---- */

GPtrArray *
gst_ice_recording_finish (GstIceRecording * self)
{
  GstIcePartList *list = self->list;
  gst_ice_lock_scope (&list->lock);
  GPtrArray *rest =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_part_unref);

  list->finished_us = gst_ice_clock_get_monotonic (list->clock);
  if (list->spool == NULL)
    drop_kept (self, GST_ICE_DROP_ALL);
  gst_ice_part_list_seal_rest (list, rest);
  gst_ice_write_behind_write_out (self->behind, TRUE);

  return rest;
}

void
gst_ice_recording_discard (GstIceRecording * self)
{
  GstIcePartList *list = self->list;
  gst_ice_lock_scope (&list->lock);

  list->finished_us = gst_ice_clock_get_monotonic (list->clock);
  gst_ice_part_list_clear (list);
  gst_ice_write_behind_forget (self->behind);
}

void
gst_ice_recording_flush_until (GstIceRecording * self, gint64 deadline_us)
{
  gst_ice_write_behind_flush_until (self->behind, deadline_us);
}

void
gst_ice_recording_detach_spool (GstIceRecording * self)
{
  gst_ice_write_behind_detach (self->behind);
}

/* ---- what an earlier run left ---- */

/* The last few bytes are as if they were written now. */
static gboolean
rewrite_rest (GstIceRecording * self, guint64 end, GError ** error)
{
  GstIcePartList *list = self->list;
  gsize size = end - list->size;
  g_autofree guint8 *rest = g_malloc (size);

  list->position = list->size;
  if (size == 0)
    return TRUE;
  if (!gst_ice_spool_read (list->spool, list->position, rest, size, error))
    return FALSE;

  return gst_ice_recording_write (self, rest, size, error) == (gssize) size;
}

/* Nobody else knows the recording yet. */
gboolean
gst_ice_recording_restore (GstIceRecording * self, GError ** error)
{
  guint64 size;

  if (gst_ice_spool_get_left (self->list->spool) == NULL)
    return TRUE;

  return gst_ice_restoring_begin (&self->restoring, self->list, &size, error)
      && rewrite_rest (self, size, error);
}

/* All that was left may leave. */
static void
end_verifying (GstIceRecording * self)
{
  GPtrArray *leaving = g_ptr_array_new ();

  g_mutex_lock (&self->list->lock);
  if (self->list->spool != NULL)
    gst_ice_part_list_seal_ready (self->list, leaving);
  g_mutex_unlock (&self->list->lock);

  hand_over (self, leaving);
}

gboolean
gst_ice_recording_verify_next (GstIceRecording * self, GstIceSpool * spool,
    gboolean * done, GstIceArrivedFunc arrived, gpointer user_data,
    GError ** error)
{
  if (!gst_ice_restoring_verify_next (&self->restoring, spool, done, arrived,
          user_data, error))
    return FALSE;
  if (*done)
    end_verifying (self);

  return TRUE;
}
