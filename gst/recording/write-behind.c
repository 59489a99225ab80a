/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Writing behind; see the header.
 *
 * Runs on: jobs of the spool write and free; the streaming thread reads back
 * what it rewrites; the network thread only sets jobs going.
 * Owns: the queue and the list; a job holds a reference.
 *
 * States, changed in gst_ice_write_behind_set_state() only:
 *
 *   ready ◀──▶ full      it had no room; there is some again
 *     │          │
 *     ├──────────┴──▶ lost
 *     │          │      │
 *     └──────────┴──────┴──▶ none      let go of
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

#include "recording/write-behind.h"

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

struct _GstIceWriteBehind
{
  gatomicrefcount ref_count;
  GstIcePartList *list;         /* (owned) constant */

  /* Protected by the list's lock. */
  GstIceSpoolState state;
  GError *error;                /* (nullable) (owned) what the spool lacks */
  GQueue unwritten;             /* places of chunks that are not on disk */
  gboolean writing;             /* a job that writes them is under way */
  GQueue given_up;              /* (element-type Range) (owned) the journal
                                 * will say so, and then a job frees them */
  GQueue unfreed;               /* likewise, those that it could not free */
};

static void
run (GstIceWriteBehind * self, GstIceSpool * spool, GstIceSpoolFunc func)
{
  g_atomic_ref_count_inc (&self->ref_count);
  gst_ice_spool_run (spool, func, self,
      (GDestroyNotify) gst_ice_write_behind_unref);
}

GstIceWriteBehind *
gst_ice_write_behind_new (GstIcePartList * list)
{
  GstIceWriteBehind *self = g_new0 (GstIceWriteBehind, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->list = list;
  if (list->spool != NULL) {
    self->state = GST_ICE_SPOOL_READY;
    list->spooling = TRUE;
  }

  return self;
}

void
gst_ice_write_behind_unref (GstIceWriteBehind * self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_queue_clear (&self->unwritten);
  g_queue_clear_full (&self->given_up, g_free);
  g_queue_clear_full (&self->unfreed, g_free);
  g_clear_error (&self->error);
  gst_ice_part_list_free (self->list);
  g_free (self);
}

/* ---- the state ---- */

static const gchar *
get_state_name (GstIceSpoolState state)
{
  const gchar *names[] = { "none", "ready", "full", "lost" };

  return names[state];
}

static gboolean
is_drawn (GstIceSpoolState from, GstIceSpoolState to)
{
  if (to == GST_ICE_SPOOL_NONE)
    return from != GST_ICE_SPOOL_NONE;

  return from != to && (from == GST_ICE_SPOOL_READY
      || from == GST_ICE_SPOOL_FULL);
}

gboolean
gst_ice_write_behind_set_state (GstIceWriteBehind * self,
    GstIceSpoolState from, GstIceSpoolState to)
{
  if (self->state != from || !is_drawn (from, to)) {
    GST_ERROR ("the spool is %s, and was to go from %s to %s",
        get_state_name (self->state), get_state_name (from),
        get_state_name (to));
    return FALSE;
  }

  GST_DEBUG ("%s to %s", get_state_name (from), get_state_name (to));
  self->state = to;
  self->list->spooling = to == GST_ICE_SPOOL_READY;
  if (to == GST_ICE_SPOOL_NONE || to == GST_ICE_SPOOL_LOST)
    g_queue_clear (&self->unwritten);
  /* Who waits for the disk to make room would wait in vain. */
  if (to != GST_ICE_SPOOL_READY)
    gst_ice_chunk_pool_nudge (self->list->pool);

  return TRUE;
}

/* The spool has taken something, or could not for @error. A job that ends after
 * the spool was let go of, or is lost, changes nothing. */
static void
note_result (GstIceWriteBehind * self, GstIceSpoolState state,
    const GError * error)
{
  gst_ice_lock_scope (&self->list->lock);

  if (!is_drawn (self->state, state))
    return;

  g_clear_error (&self->error);
  if (error != NULL) {
    GST_WARNING ("the spool takes nothing: %s", error->message);
    self->error = g_error_copy (error);
  }
  gst_ice_write_behind_set_state (self, self->state, state);
}

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
is_being_filled (GstIceWriteBehind * self, const GstIceHeldPart * part,
    guint index)
{
  return gst_ice_part_list_is_open (self->list, part)
      && part->size < (index + 1) * (guint64) GST_ICE_CHUNK_SIZE;
}

static gboolean
can_write (GstIceWriteBehind * self)
{
  return self->state == GST_ICE_SPOOL_READY || self->state == GST_ICE_SPOOL_FULL;
}

void
gst_ice_write_behind_note_written (GstIceWriteBehind * self, GstIceHeldPart * part,
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
  gst_ice_write_behind_write_out (self, FALSE);
}

/* ---- leaving memory ---- */

static gboolean
uses_more_than (GstIceWriteBehind * self, guint eighths)
{
  return gst_ice_chunk_pool_get_used (self->list->pool)
      > self->list->max_memory / 8 * eighths;
}

static void
evict_chunk (GstIceWriteBehind * self, GstIceHeldPart * part, guint index)
{
  if (!is_being_filled (self, part, index))
    gst_ice_held_part_evict (part, index);
}

void
gst_ice_write_behind_evict_part (GstIceWriteBehind * self,
    GstIceHeldPart * part)
{
  guint i;

  for (i = 0; self->list->spool != NULL && part->n_resident > 0
      && i < gst_ice_held_part_count_chunks (part); i++)
    evict_chunk (self, part, i);
}

/* Those that nobody sends before the end, or at all. */
static void
evict_idle (GstIceWriteBehind * self)
{
  guint i;

  for (i = 0; i < self->list->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->list->parts, i);

    if (part->n_resident > 0
        && (part->confirmed || gst_ice_part_list_is_head (self->list, part)))
      gst_ice_write_behind_evict_part (self, part);
  }
}

static void
evict_waiting (GstIceWriteBehind * self)
{
  guint i;

  for (i = self->list->parts->len; i > 0 && uses_more_than (self, RELAXED); i--) {
    GstIceHeldPart *part = g_ptr_array_index (self->list->parts, i - 1);

    if (part->n_resident == 0)
      continue;
    gst_ice_write_behind_evict_part (self, part);
  }
}

static void
relax (GstIceWriteBehind * self)
{
  evict_idle (self);
  evict_waiting (self);
}

gboolean
gst_ice_write_behind_evict (GstIceWriteBehind * self)
{
  if (self->list->spool == NULL)
    return FALSE;

  relax (self);

  return gst_ice_chunk_pool_has_room (self->list->pool);
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
keep_unfreed (GstIceWriteBehind * self, Range * range)
{
  gst_ice_lock_scope (&self->list->lock);

  g_queue_push_head (&self->unfreed, range);
}

/* (transfer full) (nullable) */
static Range *
take_unfreed (GstIceWriteBehind * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return g_queue_pop_head (&self->unfreed);
}

/* Frees what could not be freed before. FALSE if that still does not work. */
static gboolean
free_rest (GstIceWriteBehind * self, GstIceSpool * spool)
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

/* The journal says now that the oldest of them is given up. */
static void
free_job (GstIceSpool * spool, gpointer user_data)
{
  GstIceWriteBehind *self = user_data;

  g_mutex_lock (&self->list->lock);
  g_queue_push_head (&self->unfreed, g_queue_pop_head (&self->given_up));
  g_mutex_unlock (&self->list->lock);

  free_rest (self, spool);
}

/* Behind the note, so that the journal knows before there is a hole, which
 * would be taken for zeroes. */
static void
free_range (GstIceWriteBehind * self, const GstIceHeldPart * part)
{
  Range range = { part->offset, part->size };

  gst_ice_spool_note_freed (self->list->spool, part->number);
  g_queue_push_tail (&self->given_up, g_memdup2 (&range, sizeof (range)));
  run (self, self->list->spool, free_job);
}

/* What the disk has of a part that is too small to be followed by another stays
 * there: the next run may have to send it with what comes behind. */
void
gst_ice_write_behind_give_up (GstIceWriteBehind * self, GstIceHeldPart * part)
{
  if (self->list->spool == NULL)
    return;

  if (part->size >= GST_ICE_PART_SIZE_MIN)
    free_range (self, part);
  if (part->sealed != NULL)
    gst_ice_part_give_up (part->sealed);
}

/* The oldest part that has arrived gives its room, a few jobs later. From then
 * on it can't be rewritten. Returns FALSE if there is none. */
static gboolean
give_up_oldest (GstIceWriteBehind * self)
{
  gst_ice_lock_scope (&self->list->lock);
  guint i;

  for (i = 0; self->list->spool != NULL && i < self->list->parts->len; i++) {
    GstIceHeldPart *part = g_ptr_array_index (self->list->parts, i);

    if (!gst_ice_part_list_is_freeable (self->list, part))
      continue;
    GST_DEBUG ("the spool is full: part %u can't be rewritten any more",
        part->number);
    gst_ice_write_behind_give_up (self, part);
    g_ptr_array_remove_index (self->list->parts, i);
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
begin_write (GstIceWriteBehind * self, gpointer place, Write * write)
{
  GstIceHeldPart *part =
      gst_ice_part_list_find_number (self->list, get_number (place));
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
begin_batch (GstIceWriteBehind * self, Write * batch)
{
  gst_ice_lock_scope (&self->list->lock);
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
end_write (GstIceWriteBehind * self, Write * write)
{
  GstIceHeldPart *part =
      gst_ice_part_list_find_number (self->list, get_number (write->place));
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
return_write (GstIceWriteBehind * self, Write * write)
{
  write->chunk->queued = TRUE;
  g_queue_push_head (&self->unwritten, write->place);
}

static void
end_batch (GstIceWriteBehind * self, Write * batch, guint n, guint n_done)
{
  gst_ice_lock_scope (&self->list->lock);
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

/* Bytes behind a place that was given up turn it into a hole. Until the journal
 * knows of it, none may be written. */
static gboolean
check_journal (GstIceWriteBehind * self, GstIceSpool * spool, GError ** error)
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
write_batch (GstIceWriteBehind * self, GstIceSpool * spool, const Write * batch,
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
handle_trouble (GstIceWriteBehind * self, GstIceSpool * spool,
    const GError * error)
{
  if (!gst_ice_error_is (error, GST_ICE_ERROR_NO_SPACE))
    note_result (self, GST_ICE_SPOOL_LOST, error);
  else if (free_rest (self, spool) && give_up_oldest (self))
    return TRUE;
  else
    note_result (self, GST_ICE_SPOOL_FULL, error);

  return FALSE;
}

static void
stop_writing (GstIceWriteBehind * self)
{
  gst_ice_lock_scope (&self->list->lock);

  self->writing = FALSE;
}

/* One batch a job: what others asked for meanwhile comes before the next. */
static void
write_job (GstIceSpool * spool, gpointer user_data)
{
  GstIceWriteBehind *self = user_data;
  g_autoptr (GError) error = NULL;
  Write batch[BATCH];
  guint n, n_done;

  n = begin_batch (self, batch);
  if (n == 0)
    return;

  write_batch (self, spool, batch, n, &n_done, &error);
  end_batch (self, batch, n, n_done);
  if (error == NULL)
    note_result (self, GST_ICE_SPOOL_READY, NULL);

  if (error == NULL || handle_trouble (self, spool, error))
    run (self, spool, write_job);
  else
    stop_writing (self);
}

void
gst_ice_write_behind_write_out (GstIceWriteBehind * self, gboolean at_once)
{
  if (!can_write (self) || self->writing
      || g_queue_is_empty (&self->unwritten))
    return;
  if (!at_once && (self->state == GST_ICE_SPOOL_FULL
          || g_queue_get_length (&self->unwritten) < BATCH))
    return;

  self->writing = TRUE;
  run (self, self->list->spool, write_job);
}

/* ---- back into memory ---- */

/* The part that holds byte @offset, if that byte is only on disk. */
static GstIceHeldPart *
find_on_disk (GstIceWriteBehind * self, guint64 offset)
{
  GstIceHeldPart *part = gst_ice_part_list_find (self->list, offset);

  if (part == NULL || !gst_ice_held_part_is_on_disk (part,
          (offset - part->offset) / GST_ICE_CHUNK_SIZE))
    return NULL;

  return part;
}

static gboolean
read_chunk (GstIceWriteBehind * self, GstIceChunk * chunk, guint64 offset,
    gsize size, GError ** error)
{
  g_autoptr (GstIceSpool) spool = gst_ice_spool_ref (self->list->spool);
  gboolean done;

  g_mutex_unlock (&self->list->lock);
  done = gst_ice_spool_read (spool, offset, chunk->data, size, error);
  g_mutex_lock (&self->list->lock);

  return done;
}

gint
gst_ice_write_behind_load (GstIceWriteBehind * self, guint64 offset,
    GError ** error)
{
  GstIceHeldPart *part = self->list->spool != NULL ?
      find_on_disk (self, offset) : NULL;
  g_autoptr (GstIceChunk) chunk = NULL;
  guint64 at;
  guint index;

  if (part == NULL)
    return 1;

  chunk = gst_ice_chunk_pool_take (self->list->pool);
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

/* ---- what others ask ---- */

static gboolean
is_writing (GstIceWriteBehind * self)
{
  gst_ice_lock_scope (&self->list->lock);

  return self->writing;
}

void
gst_ice_write_behind_flush_until (GstIceWriteBehind * self, gint64 deadline_us)
{
  g_autoptr (GstIceSpool) spool = NULL;

  g_mutex_lock (&self->list->lock);
  if (self->list->spool != NULL)
    spool = gst_ice_spool_ref (self->list->spool);
  gst_ice_write_behind_write_out (self, TRUE);
  g_mutex_unlock (&self->list->lock);

  if (spool == NULL)
    return;
  while (is_writing (self)) {
    if (!gst_ice_spool_flush_until (spool, deadline_us))
      return;
  }
  gst_ice_spool_flush_until (spool, deadline_us);
}

void
gst_ice_write_behind_detach (GstIceWriteBehind * self)
{
  g_autoptr (GstIceSpool) spool = NULL;
  gst_ice_lock_scope (&self->list->lock);

  if (self->state == GST_ICE_SPOOL_NONE)
    return;

  gst_ice_write_behind_set_state (self, self->state, GST_ICE_SPOOL_NONE);
  spool = g_steal_pointer (&self->list->spool);
}

void
gst_ice_write_behind_forget (GstIceWriteBehind * self)
{
  g_queue_clear (&self->unwritten);
}

GError *
gst_ice_write_behind_get_error (GstIceWriteBehind * self)
{
  return self->error != NULL ? g_error_copy (self->error) : NULL;
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
gst_ice_write_behind_get_spooled (GstIceWriteBehind * self, gboolean * given_up)
{
  guint64 end = 0;
  guint i;

  *given_up = FALSE;
  for (i = 0; i < self->list->parts->len; i++) {
    const GstIceHeldPart *part = g_ptr_array_index (self->list->parts, i);
    guint64 size = self->error != NULL ? count_spooled (part) :
        part->size;

    *given_up = *given_up || part->offset > end;
    end = part->offset + size;
    if (size < part->size)
      return end;
  }
  *given_up = *given_up || self->list->size > end;

  return self->list->size;
}
