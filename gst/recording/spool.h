/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One recording on disk: for what memory can't hold, and for the day after a
 * crash.
 *
 *   DIRECTORY/MEDIA-ID/lock      held as long as a process uses the spool
 *   DIRECTORY/MEDIA-ID/journal   one fact a line: `CRC-64 JSON`
 *   DIRECTORY/MEDIA-ID/data      the recording, every byte at its place
 *
 * The data file is the recording itself: a person can copy or play it. What
 * has been freed is a hole in it. The journal says which upload it belongs to,
 * where its parts begin, and which have arrived; no secret is in it. All files
 * have mode 0600, the directory 0700.
 *
 * Runs on: functions that touch the data wait for the disk, and are for the
 * spool's own jobs or for threads that may wait. Notes to the journal never
 * wait: they are jobs. Jobs of one spool run one at a time, in the order of the
 * calls, on a few threads that all spools of the process share.
 * Owns: the files; the lock. */

#pragma once

#include "common/counted.h"
#include "common/error.h"
#include "recording/part-plan.h"

typedef struct _GstIceSpool GstIceSpool;

/* What the journal says of a part. */
typedef struct
{
  guint number;         /* part number */
  guint64 offset;       /* first byte in the object */
  guint64 size;         /* bytes when it was sealed last */
  gboolean arrived;     /* a version of it has arrived at the service */
  guint64 size_arrived; /* bytes of that version */
  guint64 crc64;        /* its CRC-64 */
  gchar *etag;          /* (nullable) (owned) its ETag */
  gboolean freed;       /* its bytes are not on disk any more */
} GstIceSpoolPart;

/* What an earlier run left. */
typedef struct
{
  GstIcePartPlan plan;  /* sizes of the parts */
  gint64 created_us;    /* when the recording began, microseconds since 1970 */
  gchar *caps;          /* (nullable) (owned) of the stream, as
                         * gst_caps_to_string() made them */
  gchar *content_type;  /* (nullable) (owned) of the object */
  gchar *bucket;        /* (nullable) (owned) where the upload goes */
  gchar *object;        /* (nullable) (owned) likewise */
  gchar *upload_id;     /* (nullable) (owned) of the multipart upload, if one
                         * began */
  guint64 base;         /* where the last run began */
  guint64 finished;     /* bytes of an object that is complete, and that
                         * whoever records again would overwrite without having
                         * made it; 0 if there is none, else nothing is left
                         * but this */
  guint64 size;         /* bytes of the recording that are on disk or have been
                         * freed */
  GPtrArray *parts;     /* (element-type GstIceSpoolPart) (owned) by number,
                         * each beginning where the one before it ends. Of a
                         * part that was not sealed before a later one was, the
                         * size is an even share of what lies between. After a
                         * power cut, parts may reach further than @size. */
} GstIceSpoolLeft;

void gst_ice_spool_left_free (GstIceSpoolLeft * left);

typedef enum
{
  GST_ICE_SPOOL_OPEN_EXISTING = 0,
  GST_ICE_SPOOL_CREATE = 1 << 0, /* make the directory if there is none */
} GstIceSpoolOpenFlags;

/* Opens and locks the spool of @media_id below @directory, and reads what is
 * there. @max_size: of the data in bytes; 0: no limit but the disk's.
 * A torn last line of the journal is cut. Nothing else is changed.
 * Errors: GST_ICE_ERROR_SETTINGS (can't be made or written; in use by another
 * process; made by something else, by a later version, or damaged; each says
 * which), GST_ICE_ERROR_NOT_FOUND without GST_ICE_SPOOL_CREATE.
 * (transfer full) */
GstIceSpool *gst_ice_spool_open (const gchar * directory,
    const gchar * media_id, guint64 max_size, GstIceSpoolOpenFlags flags,
    GError ** error);

/* The last reference closes and unlocks; what is on disk stays. */
GST_ICE_DECLARE_COUNTED (GstIceSpool, gst_ice_spool)

/* What an earlier run left, or NULL if nothing. Constant from opening on. */
const GstIceSpoolLeft *gst_ice_spool_get_left (GstIceSpool * spool);

/* From now on nothing is left. Who has got it before may go on reading it. */
void gst_ice_spool_forget_left (GstIceSpool * spool);

/* The directory of this recording. */
const gchar *gst_ice_spool_get_path (GstIceSpool * spool);

/* ---- data: these wait for the disk ---- */

/* Writes all of @data at @offset. Errors: GST_ICE_ERROR_NO_SPACE (disk, quota
 * or @max_size), GST_ICE_ERROR_FAILED (anything else). */
gboolean gst_ice_spool_write (GstIceSpool * spool, guint64 offset,
    gconstpointer data, gsize size, GError ** error);

/* Reads exactly @size bytes; what was never written reads as zeroes, up to the
 * end of the recording. Errors: GST_ICE_ERROR_FAILED. */
gboolean gst_ice_spool_read (GstIceSpool * spool, guint64 offset,
    gpointer buffer, gsize size, GError ** error);

/* Gives the disk back what lies there; it is not written again. FALSE if the
 * file system can't do that. */
gboolean gst_ice_spool_free_range (GstIceSpool * spool, guint64 offset,
    guint64 size);

/* Back to @size bytes. What lies behind is dropped, journal included; if that
 * does not work, it is tried again before anything is written. */
gboolean gst_ice_spool_truncate (GstIceSpool * spool, guint64 size,
    GError ** error);

/* Bytes that count against max_size: all up to the end, without what has been
 * freed. Never waits. */
guint64 gst_ice_spool_get_used (GstIceSpool * spool);

/* ---- jobs and notes: these never wait ---- */

typedef void (*GstIceSpoolFunc) (GstIceSpool * spool, gpointer user_data);

/* Runs @func after all that was asked for before. @destroy: (nullable): after
 * it, on the same thread. */
void gst_ice_spool_run (GstIceSpool * spool, GstIceSpoolFunc func,
    gpointer user_data, GDestroyNotify destroy);

/* Waits until all jobs so far are done; never from a job. */
void gst_ice_spool_flush (GstIceSpool * spool);

/* The same, up to @deadline_us of g_get_monotonic_time(). FALSE if they are not
 * done by then. */
gboolean gst_ice_spool_flush_until (GstIceSpool * spool, gint64 deadline_us);

/* A run begins at @base, 0 for a new recording, which @plan belongs to. */
void gst_ice_spool_note_run (GstIceSpool * spool, guint64 base,
    const GstIcePartPlan * plan);

/* @caps, @content_type: (nullable) */
void gst_ice_spool_note_format (GstIceSpool * spool, const gchar * caps,
    const gchar * content_type);

/* The upload that parts go to from now on; what had arrived before under
 * another id does not count any more. @upload_id: (nullable) */
void gst_ice_spool_note_upload (GstIceSpool * spool, const gchar * bucket,
    const gchar * object, const gchar * upload_id);

/* Part @number was sealed. */
void gst_ice_spool_note_part (GstIceSpool * spool, guint number,
    guint64 offset, guint64 size);

/* A version of part @number has arrived. */
void gst_ice_spool_note_arrived (GstIceSpool * spool, guint number,
    guint64 size, guint64 crc64, const gchar * etag);

/* The bytes of part @number are given up. To be called before
 * gst_ice_spool_free_range(). */
void gst_ice_spool_note_freed (GstIceSpool * spool, guint number);

/* Why the journal is behind, or may not outlive a power cut; NULL if all is
 * well. Notes that could not be written are kept, and tried again with each
 * later one. Never waits. (transfer full) (nullable) */
GError *gst_ice_spool_get_trouble (GstIceSpool * spool);

/* If the journal is behind, tries its notes again. A job does. */
void gst_ice_spool_retry (GstIceSpool * spool);

/* In a job: all that was noted before is on the disk, and outlives a power cut.
 * Errors: GST_ICE_ERROR_NO_SPACE, GST_ICE_ERROR_FAILED. */
gboolean gst_ice_spool_force_journal (GstIceSpool * spool, GError ** error);

/* In a job, before data is written: FALSE while the journal does not have what
 * makes sense of it: its first lines, or where an earlier run is cut.
 * Errors: the same. */
gboolean gst_ice_spool_check_journal (GstIceSpool * spool, GError ** error);

/* The object is confirmed with @size bytes: the data goes, and the journal says
 * so, for a run that is about to overwrite it. */
void gst_ice_spool_note_finished (GstIceSpool * spool, guint64 size);

/* The object is confirmed, or nobody wants it: a job removes everything, and
 * nothing can be done with the spool afterwards. */
void gst_ice_spool_remove (GstIceSpool * spool);

/* Waits for all jobs and unlocks, whoever else still holds the spool; nothing
 * can be done with it afterwards, and what is on disk stays. FALSE if a disk
 * that does not answer has kept it past @deadline_us of g_get_monotonic_time():
 * then the jobs do the same, once it answers. */
gboolean gst_ice_spool_close (GstIceSpool * spool, gint64 deadline_us);

/* ---- for tools ---- */

/* Media ids that have a spool below @directory. (transfer full) */
GStrv gst_ice_spool_list (const gchar * directory, GError ** error);

/* What the spool of @media_id holds, without a change to it, whether it is in
 * use or not; NULL without an error if it holds nothing. @in_use: (out).
 * Errors: as gst_ice_spool_open(). (transfer full) (nullable) */
GstIceSpoolLeft *gst_ice_spool_inspect (const gchar * directory,
    const gchar * media_id, gboolean * in_use, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceSpoolLeft, gst_ice_spool_left_free)