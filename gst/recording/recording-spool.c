/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The recording's other place: the disk.
 *
 * Runs on: jobs of the spool write and free; the streaming thread reads back
 * what it rewrites; the network thread only sets jobs going.
 * Owns: nothing but what the recording owns; a job holds the recording.
 *
 * Chunks that change are put into a queue, and a job writes them to their
 * places. Meanwhile it holds them, so whoever changes one changes a copy, which
 * is in the queue again. A chunk that is on disk as it is in memory may leave
 * memory: at once if its part has arrived, else when memory gets tight. Then go
 * first those that are not sent before the end, and then the newest, because
 * the oldest are sent next.
 *
 * A disk that is full is tried again with each tick. Until then the recording
 * is as one without a spool: what can't be written stays in memory. */

#include "recording/recording-private.h"

#include "common/crc64.h"
#include "common/error.h"
#include "common/lock.h"
#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_RECORDING)

/* So many chunks are worth a job, and are written by one step of it. */
#define BATCH 16

/* Shares of the memory, in eighths: above the first one chunks leave, until
 * the second one is reached. */
#define TIGHT 6
#define RELAXED 4

/* What verifying reads at a time. */
#define BLOCK_SIZE (1024 * 1024)

/* ---- the queue ---- */

/* A chunk's number in its part takes this many bits: parts have at most 5 GiB,
 * and there are at most 10,000 of them, so a place fits any pointer. */
#define INDEX_BITS 17

static gpointer
get_place (guint number, guint index)
{
  return GUINT_TO_POINTER (number << INDEX_BITS | index);
}

static guint
get_number (gpointer place)
{
  return GPOINTER_TO_UINT (place) >> INDEX_BITS;
}

static guint
get_index (gpointer place)
{
  return GPOINTER_TO_UINT (place) & ((1 << INDEX_BITS) - 1);
}

/* TRUE if chunk @index of @part is being filled. */
static gboolean
is_being_filled (GstIceRecording * self, const GstIceHeldPart * part,
    guint index)
{
  return gst_ice_recording_is_open (self, part)
      && part->size < (index + 1) * (guint64) GST_ICE_CHUNK_SIZE;
}

static gboolean
can_write (GstIceRecording * self)
{
  return self->spool_state == SPOOL_READY || self->spool_state == SPOOL_FULL;
}

void
gst_ice_recording_note_written (GstIceRecording * self, GstIceHeldPart * part,
    guint64 at, guint64 size)
{
  guint64 end = at + size;
  guint index;

  if (!can_write (self) || size == 0)
    return;

  for (index = at / GST_ICE_CHUNK_SIZE;
      (guint64) index * GST_ICE_CHUNK_SIZE < end; index++) {
    GstIceChunk *chunk = gst_ice_held_part_get_chunk (part, index);

    if (chunk == NULL || chunk->queued)
      continue;
    chunk->queued = TRUE;
    g_queue_push_tail (&self->unwritten, get_place (part->number, index));
  }
  gst_ice_recording_write_out (self, FALSE);
}

/* ---- leaving memory ---- */

static gboolean
uses_more_than (GstIceRecording * self, guint eighths)
{
  return gst_ice_chunk_pool_get_used (self->pool)
      > self->config.max_memory / 8 * eighths;
}

static void
evict_chunk (GstIceRecording * self, GstIceHeldPart * part, guint index)
{
  if (!is_being_filled (self, part, index))
    gst_ice_held_part_evict (part, index);
}

static void
evict_part (GstIceRecording * self, GstIceHeldPart * part)
{
  guint i;

  for (i = 0; part->n_resident > 0
      && i < gst_ice_held_part_count_chunks (part); i++)
    evict_chunk (self, part, i);
}

void
gst_ice_recording_evict_arrived (GstIceRecording * self,
    GstIceHeldPart * part)
{
  evict_part (self, part);
}

/* Those that nobody sends before the end, or at all. */
static void
evict_idle (GstIceRecording * self)
{
  guint i;

  for (i = 0; i < self->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);

    if (part->n_resident > 0
        && (part->confirmed || gst_ice_recording_is_head (self, part)))
      evict_part (self, part);
  }
}

static void
evict_waiting (GstIceRecording * self)
{
  guint i;

  for (i = self->parts->len; i > 0 && uses_more_than (self, RELAXED); i--) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i - 1);

    if (part->n_resident == 0)
      continue;
    evict_part (self, part);
    self->spilling = self->spilling || part->n_resident == 0;
  }
}

static void
relax (GstIceRecording * self)
{
  evict_idle (self);
  evict_waiting (self);
}

gboolean
gst_ice_recording_evict (GstIceRecording * self)
{
  relax (self);

  return gst_ice_chunk_pool_has_room (self->pool);
}

/* ---- room on disk ---- */

/* A place on disk that nobody needs. */
typedef struct
{
  guint64 offset;
  guint64 size;
} Range;

/* Keeps @range for another try. (transfer full) */
static void
keep_unfreed (GstIceRecording * self, Range * range)
{
  gst_ice_lock_scope (&self->lock);

  g_queue_push_head (&self->unfreed, range);
}

/* (transfer full) (nullable) */
static Range *
take_unfreed (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  return g_queue_pop_head (&self->unfreed);
}

/* Frees what could not be freed before. FALSE if that still does not work. */
static gboolean
free_rest (GstIceRecording * self, GstIceSpool * spool)
{
  Range *range;

  while ((range = take_unfreed (self)) != NULL) {
    if (!gst_ice_spool_free_range (spool, range->offset, range->size)) {
      keep_unfreed (self, range);
      return FALSE;
    }
    g_free (range);
  }

  return TRUE;
}

typedef struct
{
  GstIceRecording *recording;   /* (owned) */
  Range *range;                 /* (owned) */
} Freeing;

static void
free_job (GstIceSpool * spool, gpointer user_data)
{
  Freeing *freeing = user_data;

  keep_unfreed (freeing->recording, freeing->range);
  free_rest (freeing->recording, spool);
}

static void
freeing_free (gpointer user_data)
{
  Freeing *freeing = user_data;

  gst_ice_recording_unref (freeing->recording);
  g_free (freeing);
}

/* Behind the note, so that the journal knows before there is a hole, which
 * would be taken for zeroes. */
void
gst_ice_recording_give_up (GstIceRecording * self, GstIceHeldPart * part)
{
  Freeing *freeing;
  Range range = { part->offset, part->size };

  if (self->spool == NULL)
    return;

  gst_ice_spool_note_freed (self->spool, part->number);
  freeing = g_new (Freeing, 1);
  freeing->recording = gst_ice_recording_ref (self);
  freeing->range = g_memdup2 (&range, sizeof (range));
  gst_ice_spool_run (self->spool, free_job, freeing, freeing_free);
  if (part->sealed != NULL)
    gst_ice_part_give_up (part->sealed);
}

gboolean
gst_ice_recording_is_at_base (GstIceRecording * self,
    const GstIceHeldPart * part)
{
  return part->offset < self->base
      && self->base < gst_ice_held_part_get_end (part);
}

static gboolean
is_freeable (GstIceRecording * self, const GstIceHeldPart * part)
{
  return part->confirmed && !gst_ice_recording_is_head (self, part)
      && !gst_ice_recording_is_at_base (self, part)
      && !(self->position >= part->offset
      && self->position < gst_ice_held_part_get_end (part));
}

/* The oldest part that has arrived gives its room, a few jobs later. From then
 * on it can't be rewritten. Returns FALSE if there is none. */
static gboolean
give_up_oldest (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);
  guint i;

  for (i = 0; self->spool != NULL && i < self->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->parts, i);

    if (!is_freeable (self, part))
      continue;
    GST_DEBUG ("the spool is full: part %u can't be rewritten any more",
        part->number);
    gst_ice_recording_give_up (self, part);
    g_ptr_array_remove_index (self->parts, i);
    return TRUE;
  }

  return FALSE;
}

/* ---- the job that writes ---- */

typedef struct
{
  gpointer place;
  GstIceChunk *chunk;           /* (owned) */
  guint64 offset;
  gsize size;
} Write;

/* What to write at @place, if there is anything. */
static gboolean
begin_write (GstIceRecording * self, gpointer place, Write * write)
{
  GstIceHeldPart *part =
      gst_ice_recording_find_number (self, get_number (place));
  guint64 at = (guint64) get_index (place) * GST_ICE_CHUNK_SIZE;
  GstIceChunk *chunk = part != NULL ?
      gst_ice_held_part_get_chunk (part, get_index (place)) : NULL;

  if (chunk == NULL || chunk->spooled || at >= part->size)
    return FALSE;

  chunk->queued = FALSE;
  *write = (Write) {
    .place = place,
    .chunk = gst_ice_chunk_ref (chunk),
    .offset = part->offset + at,
    .size = MIN (part->size - at, GST_ICE_CHUNK_SIZE),
  };

  return TRUE;
}

/* The next writes. Without any, the job is over. */
static guint
begin_batch (GstIceRecording * self, Write * batch)
{
  gst_ice_lock_scope (&self->lock);
  guint n = 0;

  while (can_write (self) && n < BATCH
      && !g_queue_is_empty (&self->unwritten)) {
    if (begin_write (self, g_queue_pop_head (&self->unwritten), &batch[n]))
      n++;
  }
  self->writing = n > 0;

  return n;
}

/* @write has been done. */
static void
end_write (GstIceRecording * self, Write * write)
{
  GstIceHeldPart *part =
      gst_ice_recording_find_number (self, get_number (write->place));
  guint index = get_index (write->place);

  if (part == NULL
      || gst_ice_held_part_get_chunk (part, index) != write->chunk)
    return;

  write->chunk->spooled = TRUE;
  if (part->confirmed)
    evict_chunk (self, part, index);
}

/* @write could not be done: it is the next one. */
static void
return_write (GstIceRecording * self, Write * write)
{
  write->chunk->queued = TRUE;
  g_queue_push_head (&self->unwritten, write->place);
}

static void
end_batch (GstIceRecording * self, Write * batch, guint n, guint n_done)
{
  gst_ice_lock_scope (&self->lock);
  guint i;

  for (i = n; i > n_done; i--)
    return_write (self, &batch[i - 1]);
  for (i = 0; i < n_done; i++)
    end_write (self, &batch[i]);
  for (i = 0; i < n; i++)
    gst_ice_chunk_unref (batch[i].chunk);
  if (uses_more_than (self, TIGHT))
    relax (self);
}

/* The spool has taken something, or could not for @error. */
static void
set_spool_state (GstIceRecording * self, SpoolState state,
    const GError * error)
{
  gst_ice_lock_scope (&self->lock);

  if (self->spool_state == SPOOL_NONE || self->spool_state == state)
    return;

  self->spool_state = state;
  g_clear_error (&self->spool_error);
  if (error != NULL) {
    GST_WARNING ("the spool takes nothing: %s", error->message);
    self->spool_error = g_error_copy (error);
  }
  if (state == SPOOL_LOST)
    g_queue_clear (&self->unwritten);
  /* Who waits for the disk to make room would wait in vain. */
  if (state != SPOOL_READY)
    gst_ice_chunk_pool_nudge (self->pool);
}

/* Bytes behind a place that was given up turn it into a hole. Until the journal
 * knows of it, none may be written. */
static gboolean
check_journal (GstIceRecording * self, GstIceSpool * spool, GError ** error)
{
  GError *trouble;

  if (!gst_ice_spool_check_journal (spool, error))
    return FALSE;
  trouble = free_rest (self, spool) ? NULL : gst_ice_spool_get_trouble (spool);
  if (trouble == NULL)
    return TRUE;

  trouble->code = GST_ICE_ERROR_NO_SPACE;
  g_propagate_error (error, trouble);

  return FALSE;
}

static gboolean
write_batch (GstIceRecording * self, GstIceSpool * spool, const Write * batch,
    guint n, guint * n_done, GError ** error)
{
  *n_done = 0;
  if (!check_journal (self, spool, error))
    return FALSE;

  for (; *n_done < n; (*n_done)++) {
    const Write *write = &batch[*n_done];

    if (!gst_ice_spool_write (spool, write->offset, write->chunk->data,
            write->size, error))
      return FALSE;
  }

  return TRUE;
}

/* A write failed. FALSE if the job should not go on. */
static gboolean
handle_trouble (GstIceRecording * self, GstIceSpool * spool,
    const GError * error)
{
  if (!gst_ice_error_is (error, GST_ICE_ERROR_NO_SPACE))
    set_spool_state (self, SPOOL_LOST, error);
  else if (free_rest (self, spool) && give_up_oldest (self))
    return TRUE;
  else
    set_spool_state (self, SPOOL_FULL, error);

  return FALSE;
}

static void
stop_writing (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  self->writing = FALSE;
}

/* One batch a job: what others asked for meanwhile comes before the next. */
static void
write_job (GstIceSpool * spool, gpointer user_data)
{
  GstIceRecording *self = user_data;
  g_autoptr (GError) error = NULL;
  Write batch[BATCH];
  guint n, n_done;

  n = begin_batch (self, batch);
  if (n == 0)
    return;

  write_batch (self, spool, batch, n, &n_done, &error);
  end_batch (self, batch, n, n_done);
  if (error == NULL)
    set_spool_state (self, SPOOL_READY, NULL);

  if (error == NULL || handle_trouble (self, spool, error))
    gst_ice_spool_run (spool, write_job, gst_ice_recording_ref (self),
        (GDestroyNotify) gst_ice_recording_unref);
  else
    stop_writing (self);
}

void
gst_ice_recording_write_out (GstIceRecording * self, gboolean at_once)
{
  if (!can_write (self) || self->writing
      || g_queue_is_empty (&self->unwritten))
    return;
  if (!at_once && (self->spool_state == SPOOL_FULL
          || g_queue_get_length (&self->unwritten) < BATCH))
    return;

  self->writing = TRUE;
  gst_ice_spool_run (self->spool, write_job, gst_ice_recording_ref (self),
      (GDestroyNotify) gst_ice_recording_unref);
}

/* ---- back into memory ---- */

/* The part that holds byte @offset, if that byte is only on disk. */
static GstIceHeldPart *
find_on_disk (GstIceRecording * self, guint64 offset)
{
  GstIceHeldPart *part = gst_ice_recording_find_part (self, offset);

  if (part == NULL || !gst_ice_held_part_is_on_disk (part,
          (offset - part->offset) / GST_ICE_CHUNK_SIZE))
    return NULL;

  return part;
}

static gboolean
read_chunk (GstIceRecording * self, GstIceChunk * chunk, guint64 offset,
    gsize size, GError ** error)
{
  g_autoptr (GstIceSpool) spool = gst_ice_spool_ref (self->spool);
  gboolean done;

  g_mutex_unlock (&self->lock);
  done = gst_ice_spool_read (spool, offset, chunk->data, size, error);
  g_mutex_lock (&self->lock);

  return done;
}

gint
gst_ice_recording_load (GstIceRecording * self, guint64 offset,
    GError ** error)
{
  GstIceHeldPart *part = find_on_disk (self, offset);
  g_autoptr (GstIceChunk) chunk = NULL;
  guint64 at;
  guint index;

  if (part == NULL || self->spool == NULL)
    return 1;

  chunk = gst_ice_chunk_pool_take (self->pool);
  if (chunk == NULL)
    return 0;

  index = (offset - part->offset) / GST_ICE_CHUNK_SIZE;
  at = (guint64) index * GST_ICE_CHUNK_SIZE;
  if (!read_chunk (self, chunk, part->offset + at,
          MIN (part->size - at, GST_ICE_CHUNK_SIZE), error))
    return -1;

  /* The lock was free for a while. */
  part = find_on_disk (self, offset);
  if (part != NULL)
    gst_ice_held_part_load (part, index, g_steal_pointer (&chunk));

  return 1;
}

void
gst_ice_recording_supersede (GstIceRecording * self, GstIceHeldPart * part)
{
  if (part->sealed == NULL)
    return;

  gst_ice_part_supersede (part->sealed);
  g_clear_pointer (&part->sealed, gst_ice_part_unref);
}

/* ---- what others ask ---- */

static gboolean
is_writing (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->writing;
}

void
gst_ice_recording_flush (GstIceRecording * self)
{
  gst_ice_recording_flush_until (self, G_MAXINT64);
}

void
gst_ice_recording_flush_until (GstIceRecording * self, gint64 deadline_us)
{
  g_autoptr (GstIceSpool) spool = NULL;

  g_mutex_lock (&self->lock);
  if (self->spool != NULL)
    spool = gst_ice_spool_ref (self->spool);
  gst_ice_recording_write_out (self, TRUE);
  g_mutex_unlock (&self->lock);

  if (spool == NULL)
    return;
  while (is_writing (self)) {
    if (!gst_ice_spool_flush_until (spool, deadline_us))
      return;
  }
  gst_ice_spool_flush_until (spool, deadline_us);
}

void
gst_ice_recording_detach_spool (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  self->spool_state = SPOOL_NONE;
  g_queue_clear (&self->unwritten);
  g_clear_pointer (&self->spool, gst_ice_spool_unref);
}

gboolean
gst_ice_recording_is_full (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->spool_state != SPOOL_READY
      && !gst_ice_chunk_pool_has_room (self->pool);
}

/* TRUE if @part waits for the network, and some of it is only on disk. */
static gboolean
is_spilled (const GstIceHeldPart * part)
{
  return part->generation > 0 && !part->dirty && !part->confirmed
      && part->n_resident == 0;
}

gboolean
gst_ice_recording_is_spilling (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);
  guint i;

  for (i = 0; self->spilling && i < self->parts->len; i++) {
    if (is_spilled (g_ptr_array_index (self->parts, i)))
      return TRUE;
  }
  self->spilling = FALSE;

  return FALSE;
}

GError *
gst_ice_recording_get_spool_error (GstIceRecording * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->spool_error != NULL ? g_error_copy (self->spool_error) : NULL;
}

/* How many bytes of @part, from its first on, are on disk. */
static guint64
count_spooled (const GstIceHeldPart * part)
{
  guint n = gst_ice_held_part_count_chunks (part);
  guint i;

  for (i = 0; i < n; i++) {
    GstIceChunk *chunk = gst_ice_held_part_get_chunk (part, i);

    if (chunk != NULL && !chunk->spooled)
      break;
  }

  return MIN ((guint64) i * GST_ICE_CHUNK_SIZE, part->size);
}

guint64
gst_ice_recording_get_spooled (GstIceRecording * self, gboolean * given_up)
{
  gst_ice_lock_scope (&self->lock);
  guint64 end = 0;
  guint i;

  *given_up = FALSE;
  for (i = 0; i < self->parts->len; i++) {
    const GstIceHeldPart *part = g_ptr_array_index (self->parts, i);
    guint64 size = self->spool_error != NULL ? count_spooled (part) :
        part->size;

    *given_up = *given_up || part->offset > end;
    end = part->offset + size;
    if (size < part->size)
      return end;
  }
  *given_up = *given_up || self->size > end;

  return self->size;
}

/* ---- what an earlier run left ---- */

static void
add_left (GstIceRecording * self, guint number, guint64 size)
{
  g_ptr_array_add (self->parts, gst_ice_held_part_new_left (number,
          self->size, size, gst_ice_clock_get_monotonic (self->clock)));
  self->size += size;
}

/* TRUE if @part can stay as it is. A last one that is too small to be followed
 * by another can't, nor one that arrived before all of it was on disk. */
static gboolean
is_restorable (const GstIceSpoolLeft * left, guint index)
{
  const GstIceSpoolPart *part = g_ptr_array_index (left->parts, index);

  if (part->freed)
    return TRUE;

  return part->offset + part->size <= left->size
      && (index + 1 < left->parts->len || part->size >= GST_ICE_PART_SIZE_MIN);
}

/* The parts that the journal knows. */
static void
restore_parts (GstIceRecording * self, const GstIceSpoolLeft * left)
{
  guint i;

  for (i = 0; i < left->parts->len && is_restorable (left, i); i++) {
    const GstIceSpoolPart *part = g_ptr_array_index (left->parts, i);

    if (part->freed)
      self->size += part->size;
    else
      add_left (self, part->number, part->size);
    self->last_number = part->number;
  }
  self->n_left = i;
}

/* The bytes behind them, as far as they make up parts. */
static gboolean
restore_tail (GstIceRecording * self, guint64 end, GError ** error)
{
  while (end - self->size >= GST_ICE_PART_SIZE_MIN) {
    guint64 planned = gst_ice_part_plan_get_size (&self->config.plan,
        self->last_number + 1, self->size);

    if (planned == 0)
      return gst_ice_set_error (error, GST_ICE_ERROR_NO_SPACE,
          "The spool has more than an object can have");
    add_left (self, ++self->last_number, MIN (planned, end - self->size));
  }
  self->n_restored = self->last_number;

  return TRUE;
}

/* The last few bytes are as if they were written now. */
static gboolean
restore_rest (GstIceRecording * self, guint64 end, GError ** error)
{
  gsize size = end - self->size;
  g_autofree guint8 *rest = g_malloc (size);

  self->position = self->size;
  if (size == 0)
    return TRUE;
  if (!gst_ice_spool_read (self->spool, self->position, rest, size, error))
    return FALSE;

  return gst_ice_recording_write (self, rest, size, error) == (gssize) size;
}

gboolean
gst_ice_recording_restore (GstIceRecording * self, GError ** error)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (self->spool);

  if (left == NULL)
    return TRUE;

  /* Nothing before the end is rewritten, so no head is held back. */
  self->config.head_size = self->head_end = 0;
  self->base = left->size;
  restore_parts (self, left);

  return restore_tail (self, left->size, error)
      && restore_rest (self, left->size, error);
}

/* FALSE if nobody is interested any more. */
static gboolean
check_attached (GstIceRecording * self, GError ** error)
{
  gst_ice_lock_scope (&self->lock);

  if (self->spool != NULL)
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
      "The spool was let go of before all of it had been read");
}

static gboolean
sum_range (GstIceRecording * self, GstIceSpool * spool, Range range,
    guint64 * crc64, GError ** error)
{
  g_autofree guint8 *block = g_malloc (BLOCK_SIZE);

  for (*crc64 = 0; range.size > 0;) {
    gsize n = MIN (range.size, BLOCK_SIZE);

    if (!check_attached (self, error)
        || !gst_ice_spool_read (spool, range.offset, block, n, error))
      return FALSE;
    *crc64 = gst_ice_crc64_update (*crc64, block, n);
    range.offset += n;
    range.size -= n;
  }

  return TRUE;
}

/* TRUE if @part is on disk as it has arrived. */
static gboolean
is_as_arrived (const GstIceHeldPart * part, const GstIceSpoolPart * left)
{
  return left != NULL && left->arrived && left->size_arrived == part->size
      && left->crc64 == part->crc64;
}

/* Part @number is on disk with @crc64. Returns it if it has arrived like that.
 * (transfer full) (nullable) */
static GstIcePart *
settle_part (GstIceRecording * self, GstIceSpool * spool, guint number,
    const GstIceSpoolPart * left, guint64 crc64)
{
  gst_ice_lock_scope (&self->lock);
  GstIceHeldPart *part = gst_ice_recording_find_number (self, number);
  GstIcePart *sealed;

  if (part == NULL)
    return NULL;

  part->crc64 = crc64;
  part->unverified = FALSE;
  if (!is_as_arrived (part, left))
    return NULL;

  sealed = gst_ice_held_part_seal (part, spool);
  part->confirmed = TRUE;

  return sealed;
}

/* A part whose bytes are at the service only. */
static GstIcePart *
new_freed_part (const GstIceSpoolPart * left)
{
  return gst_ice_part_new (&(GstIcePart) {
        .number = left->number,
        .generation = 1,
        .offset = left->offset,
        .size = left->size_arrived,
        .crc64 = left->crc64,
      });
}

/* What the journal says of part @number, if it is still that part. */
static const GstIceSpoolPart *
get_left_part (GstIceRecording * self, GstIceSpool * spool, guint number)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);

  return number <= self->n_left ?
      g_ptr_array_index (left->parts, number - 1) : NULL;
}

/* FALSE if there is no such part. */
static gboolean
get_range (GstIceRecording * self, guint number, Range * range)
{
  gst_ice_lock_scope (&self->lock);
  const GstIceHeldPart *part = gst_ice_recording_find_number (self, number);

  if (part == NULL)
    return FALSE;

  *range = (Range) { part->offset, part->size };

  return TRUE;
}

static gboolean
verify_part (GstIceRecording * self, GstIceSpool * spool, guint number,
    GstIceArrivedFunc arrived, gpointer user_data, GError ** error)
{
  const GstIceSpoolPart *left = get_left_part (self, spool, number);
  GstIcePart *sealed;
  guint64 crc64;
  Range range;

  if (left != NULL && left->freed && left->arrived) {
    arrived (new_freed_part (left), left->etag, user_data);
    return TRUE;
  }
  if (left != NULL && left->freed)
    return gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
        "Part %u is neither in the spool nor at the service", number);

  /* Until it is verified, it is not written. */
  if (!get_range (self, number, &range))
    return check_attached (self, error);
  if (!sum_range (self, spool, range, &crc64, error))
    return FALSE;

  sealed = settle_part (self, spool, number, left, crc64);
  if (sealed != NULL)
    arrived (sealed, left->etag, user_data);

  return TRUE;
}

/* All that was left may leave. */
static void
end_verifying (GstIceRecording * self)
{
  GPtrArray *leaving = g_ptr_array_new ();

  g_mutex_lock (&self->lock);
  if (self->spool != NULL)
    gst_ice_recording_seal_ready (self, leaving);
  g_mutex_unlock (&self->lock);

  gst_ice_recording_hand_over (self, leaving);
}

gboolean
gst_ice_recording_verify_next (GstIceRecording * self, GstIceSpool * spool,
    gboolean * done, GstIceArrivedFunc arrived, gpointer user_data,
    GError ** error)
{
  *done = self->n_verified == self->n_restored;
  if (*done) {
    end_verifying (self);
    return TRUE;
  }

  return verify_part (self, spool, ++self->n_verified, arrived, user_data,
      error);
}
