/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The spool: files, journal and jobs put together; see the header.
 *
 * Runs on: any thread; who calls what is in the header. The journal is written
 * by jobs alone, one at a time, so its fields need no lock.
 * Protected by: lock, for what has gone wrong and when the disk was asked last;
 * never held while the disk works.
 *
 * A note that can't be written stays in the backlog, and those that come later
 * behind it, so that the journal never lacks a fact in the middle: with the
 * next note, or when somebody asks for it, all are tried again. Until then
 * nothing that the journal does not know of is given up.
 *
 * kill -9 loses nothing that a job has written. Against a power cut, data and
 * journal are forced to the disk now and then, on a queue of its own, so that
 * nobody waits for it. */

#include "recording/spool.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gst/gst.h>

#include "common/lock.h"
#include "common/log.h"
#include "common/media-id.h"
#include "recording/job-queue.h"
#include "recording/spool-data.h"
#include "recording/spool-files.h"
#include "recording/spool-journal.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_SPOOL)

/* What a power cut may cost at most, as far as it is ours to say. */
#define SYNC_INTERVAL_US G_USEC_PER_SEC

#define NO_CUT G_MAXUINT64

struct _GstIceSpool
{
  gatomicrefcount ref_count;
  gchar *media_id;              /* (owned) */
  guint64 max_size;
  GstIceSpoolFiles files;       /* but data, which data has */
  GstIceSpoolData *data;        /* (owned) */
  GstIceSpoolLeft *left;        /* (owned) (nullable) */
  GstIceJobQueue *jobs;         /* (owned) */
  GstIceJobQueue *syncs;        /* (owned) */

  /* Jobs only. */
  GString *backlog;             /* (owned) lines that are not written yet */
  guint64 journal_size;
  gboolean is_firm;             /* the journal's beginning is on the disk */
  guint64 cut_size;             /* the data is to be cut here, once the journal
                                 * says so; NO_CUT: it isn't */

  gint over;                    /* atomic: removed or closed */
  gint forgotten;               /* atomic: what is left is not, any more */

  GMutex lock;
  GError *journal_error;        /* (owned) (nullable) why there is a backlog */
  GError *sync_error;           /* (owned) (nullable) */
  gboolean syncing;             /* a sync is under way */
  gint64 last_sync_us;          /* monotonic time */
};

/* ---- opening and closing ---- */

static void
finalize (GstIceSpool * self)
{
  GST_DEBUG ("%s: closed", self->files.path);
  g_clear_pointer (&self->data, gst_ice_spool_data_free);
  gst_ice_spool_files_clear (&self->files);
  g_clear_pointer (&self->left, gst_ice_spool_left_free);
  gst_ice_job_queue_unref (self->jobs);
  gst_ice_job_queue_unref (self->syncs);
  g_string_free (self->backlog, TRUE);
  g_clear_error (&self->journal_error);
  g_clear_error (&self->sync_error);
  g_mutex_clear (&self->lock);
  g_free (self->media_id);
  g_free (self);
}

GST_ICE_DEFINE_COUNTED (GstIceSpool, gst_ice_spool, finalize)

static GstIceSpool *
spool_new (const gchar * media_id)
{
  const GstIceSpoolFiles no_files = GST_ICE_SPOOL_FILES_INIT;
  GstIceSpool *self = g_new0 (GstIceSpool, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->media_id = g_strdup (media_id);
  self->files = no_files;
  self->jobs = gst_ice_job_queue_new ();
  self->syncs = gst_ice_job_queue_new ();
  self->backlog = g_string_new (NULL);
  self->cut_size = NO_CUT;
  self->last_sync_us = -SYNC_INTERVAL_US;
  g_mutex_init (&self->lock);

  return self;
}

static gboolean
check_media_id (const gchar * media_id, GError ** error)
{
  if (gst_ice_media_id_is_valid (media_id))
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS, "not a media id");
}

static guint64
get_file_size (int fd)
{
  struct stat info;

  return fd >= 0 && fstat (fd, &info) == 0 ? info.st_size : 0;
}

/* Parts that arrived from memory while the disk was full may lie behind what
 * is on disk. */
static guint64
get_left_size (const GstIceSpoolLeft * left, guint64 data_size)
{
  guint64 size = left->finished > 0 ? 0 : data_size;
  guint i;

  for (i = 0; i < left->parts->len; i++) {
    const GstIceSpoolPart *part = g_ptr_array_index (left->parts, i);

    if (part->offset > size)
      break;
    if (part->freed)
      size = MAX (size, part->offset + part->size);
  }

  return size;
}

/* Reads what the files hold. */
static gboolean
read_facts (const GstIceSpoolFiles * files, const gchar * media_id,
    GstIceSpoolFacts * facts, GError ** error)
{
  guint64 data_size = get_file_size (files->data);
  g_autoptr (GByteArray) text = gst_ice_spool_files_read_journal (files,
      GST_ICE_SPOOL_JOURNAL_MAX, error);

  if (text == NULL
      || !gst_ice_spool_facts_read (facts, (const gchar *) text->data,
          text->len, media_id, error))
    return FALSE;

  if (facts->left != NULL)
    facts->left->size = get_left_size (facts->left, data_size);
  else if (data_size > 0 && !facts->done)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "it is damaged: there is data, and no journal of it, as a power cut"
        " leaves it: what is wanted of the data can be copied, and then the"
        " directory be removed");

  return TRUE;
}

static gboolean
refuse_tidying (GError ** error)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
      "it can't be written: %s", g_strerror (errno));
}

static gboolean
is_data_over (const GstIceSpoolFacts * facts)
{
  return facts->done || (facts->left != NULL && facts->left->finished > 0);
}

/* Cuts the journal to its whole lines. What was being removed when its process
 * died goes now. */
static gboolean
tidy (GstIceSpool * self, const GstIceSpoolFacts * facts, GError ** error)
{
  guint64 size = facts->done ? 0 : facts->size;
  guint64 found = get_file_size (self->files.journal);

  if (is_data_over (facts) && ftruncate (self->files.data, 0) != 0)
    return refuse_tidying (error);
  if (found > size) {
    GST_INFO ("%s: journal cut from %" G_GUINT64_FORMAT " to %"
        G_GUINT64_FORMAT " bytes", self->files.path, found, size);
    if (ftruncate (self->files.journal, size) != 0)
      return refuse_tidying (error);
  }
  self->journal_size = size;

  return TRUE;
}

static void
take_data (GstIceSpool * self)
{
  guint i;

  self->data = gst_ice_spool_data_new (self->files.data, self->left != NULL ?
      self->left->size : get_file_size (self->files.data), self->max_size);
  self->files.data = -1;

  for (i = 0; self->left != NULL && i < self->left->parts->len; i++) {
    const GstIceSpoolPart *part = g_ptr_array_index (self->left->parts, i);

    if (part->freed)
      gst_ice_spool_data_mark_freed (self->data, part->offset, part->size);
  }
}

static gboolean
open_spool (GstIceSpool * self, const gchar * directory,
    GstIceSpoolOpenFlags flags, GError ** error)
{
  GstIceSpoolFacts facts = { NULL };

  if (!check_media_id (self->media_id, error)
      || !gst_ice_spool_files_open (&self->files, directory, self->media_id,
          (flags & GST_ICE_SPOOL_CREATE) != 0, error)
      || !read_facts (&self->files, self->media_id, &facts, error))
    return FALSE;

  self->left = facts.left;
  if (!tidy (self, &facts, error))
    return FALSE;

  take_data (self);

  return TRUE;
}

static void
prefix_error (GError ** error, const gchar * directory,
    const gchar * media_id)
{
  g_prefix_error (error, "Spool of media id %s in %s: ", media_id, directory);
}

GstIceSpool *
gst_ice_spool_open (const gchar * directory, const gchar * media_id,
    guint64 max_size, GstIceSpoolOpenFlags flags, GError ** error)
{
  g_autoptr (GstIceSpool) self = spool_new (media_id);

  self->max_size = max_size;
  if (!open_spool (self, directory, flags, error)) {
    prefix_error (error, directory, media_id);
    return NULL;
  }

  GST_INFO ("%s: opened, %" G_GUINT64_FORMAT " bytes, %u parts",
      self->files.path, gst_ice_spool_data_get_size (self->data),
      self->left != NULL ? self->left->parts->len : 0);

  return g_steal_pointer (&self);
}

const GstIceSpoolLeft *
gst_ice_spool_get_left (GstIceSpool * self)
{
  return g_atomic_int_get (&self->forgotten) ? NULL : self->left;
}

void
gst_ice_spool_forget_left (GstIceSpool * self)
{
  g_atomic_int_set (&self->forgotten, TRUE);
}

const gchar *
gst_ice_spool_get_path (GstIceSpool * self)
{
  return self->files.path;
}

/* ---- jobs ---- */

typedef struct
{
  GstIceSpool *spool;           /* (owned) */
  GstIceSpoolFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Job;

static void
run_job (gpointer data)
{
  g_autofree Job *job = data;

  job->func (job->spool, job->user_data);
  if (job->destroy != NULL)
    job->destroy (job->user_data);

  gst_ice_spool_unref (job->spool);
}

static void
add_job (GstIceSpool * self, GstIceJobQueue * queue, GstIceSpoolFunc func,
    gpointer user_data, GDestroyNotify destroy)
{
  Job *job = g_new (Job, 1);

  job->spool = gst_ice_spool_ref (self);
  job->func = func;
  job->user_data = user_data;
  job->destroy = destroy;
  gst_ice_job_queue_add (queue, run_job, job);
}

void
gst_ice_spool_run (GstIceSpool * self, GstIceSpoolFunc func,
    gpointer user_data, GDestroyNotify destroy)
{
  add_job (self, self->jobs, func, user_data, destroy);
}

void
gst_ice_spool_flush (GstIceSpool * self)
{
  gst_ice_spool_flush_until (self, G_MAXINT64);
}

gboolean
gst_ice_spool_flush_until (GstIceSpool * self, gint64 deadline_us)
{
  return gst_ice_job_queue_flush_until (self->jobs, deadline_us)
      && gst_ice_job_queue_flush_until (self->syncs, deadline_us);
}

/* Lets what was asked for before be done, unless this is a job itself. */
static void
settle (GstIceSpool * self)
{
  if (!gst_ice_job_queue_is_current (self->jobs))
    gst_ice_job_queue_flush (self->jobs);
}

/* ---- trouble ---- */

GError *
gst_ice_spool_get_trouble (GstIceSpool * self)
{
  gst_ice_lock_scope (&self->lock);
  const GError *error = self->journal_error != NULL ? self->journal_error :
      self->sync_error;

  return error != NULL ? g_error_copy (error) : NULL;
}

/* @error: (transfer full) (nullable) */
static void
set_journal_error (GstIceSpool * self, GError * error)
{
  gst_ice_lock_scope (&self->lock);

  if (error != NULL && self->journal_error == NULL)
    GST_WARNING ("%s", error->message);
  g_clear_error (&self->journal_error);
  self->journal_error = error;
}

/* What was lost then is lost: the disk says so once only. @error: (transfer
 * full) */
static void
set_sync_error (GstIceSpool * self, GError * error)
{
  gst_ice_lock_scope (&self->lock);

  GST_WARNING ("%s", error->message);
  g_clear_error (&self->sync_error);
  self->sync_error = error;
}

static GError *
new_journal_error (GstIceSpool * self, int reason)
{
  gboolean full = reason == ENOSPC || reason == EDQUOT;

  return gst_ice_error_new (full ? GST_ICE_ERROR_NO_SPACE :
      GST_ICE_ERROR_FAILED, "Spool %s: its journal can't be written: %s",
      self->files.path, g_strerror (reason));
}

/* ---- forcing to the disk ---- */

/* The names, too. */
static gboolean
sync_journal (GstIceSpool * self, GError ** error)
{
  return (fdatasync (self->files.journal) == 0
      && fsync (self->files.directory) == 0)
      || gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
      "Forcing the journal to the disk: %s", g_strerror (errno));
}

static gboolean
sync_files (GstIceSpool * self, GError ** error)
{
  return gst_ice_spool_data_sync (self->data, error)
      && sync_journal (self, error);
}

static void
sync_job (GstIceSpool * self, gpointer user_data)
{
  GError *error = NULL;

  if (!g_atomic_int_get (&self->over) && !sync_files (self, &error)) {
    g_prefix_error (&error, "Spool %s: ", self->files.path);
    set_sync_error (self, error);
  }

  g_mutex_lock (&self->lock);
  self->syncing = FALSE;
  self->last_sync_us = g_get_monotonic_time ();
  g_mutex_unlock (&self->lock);
}

/* TRUE if it is time, and then it is the caller's turn. */
static gboolean
claim_sync (GstIceSpool * self)
{
  gst_ice_lock_scope (&self->lock);

  if (self->syncing
      || g_get_monotonic_time () < self->last_sync_us + SYNC_INTERVAL_US)
    return FALSE;

  self->syncing = TRUE;

  return TRUE;
}

static void
sync_now_and_then (GstIceSpool * self, gpointer user_data)
{
  if (claim_sync (self))
    add_job (self, self->syncs, sync_job, NULL, NULL);
}

/* ---- the journal; jobs only ---- */

/* One write() of all; what it began and did not end is cut again. Returns 0 or
 * an errno. */
static int
write_backlog (GstIceSpool * self)
{
  gsize size = self->backlog->len;
  gssize n;
  int reason;

  if (self->journal_size + size > GST_ICE_SPOOL_JOURNAL_MAX)
    return EFBIG;
  /* The rest of an earlier try that could not be cut then. */
  if (get_file_size (self->files.journal) > self->journal_size
      && ftruncate (self->files.journal, self->journal_size) != 0)
    return errno;

  do
    n = write (self->files.journal, self->backlog->str, size);
  while (n < 0 && errno == EINTR);
  if (n == size)
    return 0;

  reason = n < 0 ? errno : ENOSPC;
  if (n > 0 && ftruncate (self->files.journal, self->journal_size) != 0)
    GST_WARNING ("%s: a torn line stays in the journal", self->files.path);

  return reason;
}

/* Writes what could not be written before, too. */
static void
catch_up (GstIceSpool * self)
{
  int reason;

  if (self->backlog->len == 0)
    return;

  reason = write_backlog (self);
  if (reason != 0) {
    set_journal_error (self, new_journal_error (self, reason));
    return;
  }
  self->journal_size += self->backlog->len;
  g_string_truncate (self->backlog, 0);
  set_journal_error (self, NULL);
}

static void
append (GstIceSpool * self, const gchar * line)
{
  if (g_atomic_int_get (&self->over))
    return;

  if (self->journal_size == 0 && self->backlog->len == 0) {
    g_autofree gchar *header = gst_ice_spool_line_header (self->media_id,
        g_get_real_time ());

    g_string_append (self->backlog, header);
  }
  g_string_append (self->backlog, line);
  catch_up (self);
}

static void
append_job (GstIceSpool * self, gpointer line)
{
  append (self, line);
}

static gboolean
is_behind (GstIceSpool * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->journal_error != NULL;
}

static void
catch_up_job (GstIceSpool * self, gpointer user_data)
{
  if (!g_atomic_int_get (&self->over))
    catch_up (self);
}

void
gst_ice_spool_retry (GstIceSpool * self)
{
  if (is_behind (self))
    gst_ice_spool_run (self, catch_up_job, NULL, NULL);
}

gboolean
gst_ice_spool_force_journal (GstIceSpool * self, GError ** error)
{
  catch_up (self);
  if (is_behind (self)) {
    g_propagate_error (error, gst_ice_spool_get_trouble (self));
    return FALSE;
  }

  return sync_journal (self, error);
}

/* The journal first: a crash in between leaves bytes no part covers yet, never a
 * part that lacks its bytes, or has those of another run. */
static gboolean
end_cut (GstIceSpool * self, GError ** error)
{
  if (self->cut_size == NO_CUT)
    return TRUE;
  if (!gst_ice_spool_force_journal (self, error)
      || !gst_ice_spool_data_truncate (self->data, self->cut_size, error))
    return FALSE;

  self->cut_size = NO_CUT;

  return TRUE;
}

gboolean
gst_ice_spool_check_journal (GstIceSpool * self, GError ** error)
{
  catch_up_job (self, NULL);
  if (self->journal_size == 0 && !is_behind (self))
    return TRUE;
  if (self->journal_size == 0) {
    g_propagate_error (error, gst_ice_spool_get_trouble (self));
    return FALSE;
  }

  self->is_firm = self->is_firm || gst_ice_spool_force_journal (self, error);

  return self->is_firm && end_cut (self, error);
}

/* @line: (transfer full) */
static void
note (GstIceSpool * self, gchar * line)
{
  gst_ice_spool_run (self, append_job, line, g_free);
}

/* ---- data ---- */

static gboolean
check_there (GstIceSpool * self, GError ** error)
{
  if (!g_atomic_int_get (&self->over))
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
      "it has been removed or closed");
}

static gboolean
finish_call (GstIceSpool * self, gboolean ok, GError ** error)
{
  if (!ok)
    g_prefix_error (error, "Spool %s: ", self->files.path);

  return ok;
}

gboolean
gst_ice_spool_write (GstIceSpool * self, guint64 offset, gconstpointer data,
    gsize size, GError ** error)
{
  return finish_call (self, check_there (self, error)
      && gst_ice_spool_data_write (self->data, offset, data, size, error),
      error);
}

gboolean
gst_ice_spool_read (GstIceSpool * self, guint64 offset, gpointer buffer,
    gsize size, GError ** error)
{
  return finish_call (self, check_there (self, error)
      && gst_ice_spool_data_read (self->data, offset, buffer, size, error),
      error);
}

/* Not before the journal knows: else a hole would be taken for zeroes. */
gboolean
gst_ice_spool_free_range (GstIceSpool * self, guint64 offset, guint64 size)
{
  settle (self);
  if (g_atomic_int_get (&self->over)
      || !gst_ice_spool_force_journal (self, NULL))
    return FALSE;

  return gst_ice_spool_data_punch (self->data, offset, size);
}

guint64
gst_ice_spool_get_used (GstIceSpool * self)
{
  return gst_ice_spool_data_get_used (self->data);
}

typedef struct
{
  guint64 size;                 /* to cut to */
  gboolean ok;                  /* whether that worked */
  GError *error;                /* why not */
} Cut;

static void
cut_job (GstIceSpool * self, gpointer user_data)
{
  Cut *cut = user_data;
  g_autofree gchar *line = gst_ice_spool_line_cut (cut->size);

  append (self, line);
  self->cut_size = MIN (self->cut_size, cut->size);
  cut->ok = check_there (self, &cut->error) && end_cut (self, &cut->error);
}

gboolean
gst_ice_spool_truncate (GstIceSpool * self, guint64 size, GError ** error)
{
  Cut cut = { size };

  if (gst_ice_job_queue_is_current (self->jobs)) {
    cut_job (self, &cut);
  } else {
    gst_ice_spool_run (self, cut_job, &cut, NULL);
    gst_ice_job_queue_flush (self->jobs);
  }

  if (cut.error != NULL)
    g_propagate_error (error, cut.error);

  return finish_call (self, cut.ok, error);
}

/* ---- notes ---- */

static gboolean
is_part_number (guint number)
{
  return number >= 1 && number <= GST_ICE_PART_NUMBER_MAX;
}

static gboolean
is_part_size (guint64 size)
{
  return size >= 1 && size <= GST_ICE_PART_SIZE_MAX;
}

void
gst_ice_spool_note_run (GstIceSpool * self, guint64 base,
    const GstIcePartPlan * plan)
{
  note (self, gst_ice_spool_line_run (base, plan));
  gst_ice_spool_run (self, sync_now_and_then, NULL, NULL);
}

void
gst_ice_spool_note_format (GstIceSpool * self, const gchar * caps,
    const gchar * content_type)
{
  note (self, gst_ice_spool_line_format (caps, content_type));
}

void
gst_ice_spool_note_upload (GstIceSpool * self, const gchar * bucket,
    const gchar * object, const gchar * upload_id)
{
  note (self, gst_ice_spool_line_upload (bucket, object, upload_id));
}

void
gst_ice_spool_note_part (GstIceSpool * self, guint number, guint64 offset,
    guint64 size)
{
  g_return_if_fail (is_part_number (number) && is_part_size (size));

  note (self, gst_ice_spool_line_part (number, offset, size));
}

void
gst_ice_spool_note_arrived (GstIceSpool * self, guint number, guint64 size,
    guint64 crc64, const gchar * etag)
{
  g_return_if_fail (is_part_number (number) && is_part_size (size));

  note (self, gst_ice_spool_line_arrived (number, size, crc64, etag));
  gst_ice_spool_run (self, sync_now_and_then, NULL, NULL);
}

void
gst_ice_spool_note_freed (GstIceSpool * self, guint number)
{
  g_return_if_fail (is_part_number (number));

  note (self, gst_ice_spool_line_freed (number));
}

/* ---- the end ---- */

/* If the journal can't say it, all stays: the next run finds the object
 * complete. */
static void
finish_job (GstIceSpool * self, gpointer user_data)
{
  const guint64 *size = user_data;
  g_autofree gchar *line = gst_ice_spool_line_finished (*size);
  g_autoptr (GError) error = NULL;

  append (self, line);
  if (is_behind (self) || g_atomic_int_get (&self->over))
    return;
  if (!gst_ice_spool_data_truncate (self->data, 0, &error))
    GST_WARNING ("%s: %s", self->files.path, error->message);
}

void
gst_ice_spool_note_finished (GstIceSpool * self, guint64 size)
{
  gst_ice_spool_run (self, finish_job, g_memdup2 (&size, sizeof (size)),
      g_free);
}

/* The journal says first that all goes, or a crash in between would leave one
 * that speaks of data that is not there. */
static void
remove_job (GstIceSpool * self, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *line = gst_ice_spool_line_done ();

  if (g_atomic_int_get (&self->over))
    return;

  append (self, line);
  g_atomic_int_set (&self->over, TRUE);
  if (!gst_ice_spool_files_remove (&self->files, &error)) {
    GST_WARNING ("%s: %s", self->files.path, error->message);
    return;
  }

  gst_ice_spool_data_mark_freed (self->data, 0,
      gst_ice_spool_data_get_size (self->data));
  GST_INFO ("%s: removed", self->files.path);
}

void
gst_ice_spool_remove (GstIceSpool * self)
{
  gst_ice_spool_run (self, remove_job, NULL, NULL);
}

static void
unlock_job (GstIceSpool * self, gpointer user_data)
{
  if (!g_atomic_int_get (&self->over)) {
    catch_up (self);
    end_cut (self, NULL);
  }
  g_atomic_int_set (&self->over, TRUE);
  gst_ice_spool_files_unlock (&self->files);
}

gboolean
gst_ice_spool_close (GstIceSpool * self, gint64 deadline_us)
{
  gst_ice_spool_run (self, unlock_job, NULL, NULL);
  if (gst_ice_spool_flush_until (self, deadline_us))
    return TRUE;

  GST_WARNING ("%s: the disk does not answer; it is left to itself",
      self->files.path);

  return FALSE;
}

/* ---- for tools ---- */

GStrv
gst_ice_spool_list (const gchar * directory, GError ** error)
{
  return gst_ice_spool_files_list (directory, error);
}

GstIceSpoolLeft *
gst_ice_spool_inspect (const gchar * directory, const gchar * media_id,
    gboolean * in_use, GError ** error)
{
  g_auto (GstIceSpoolFiles) files = GST_ICE_SPOOL_FILES_INIT;
  GstIceSpoolFacts facts = { NULL };

  if (check_media_id (media_id, error)
      && gst_ice_spool_files_open_to_look (&files, directory, media_id,
          in_use, error)
      && read_facts (&files, media_id, &facts, error))
    return facts.left;

  prefix_error (error, directory, media_id);

  return NULL;
}
