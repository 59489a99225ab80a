/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Uploads whose parts lie on disk, and uploads that an earlier run began. */

#include "upload-fixture.h"

#include "common/error.h"
#include "recording/chunk-pool.h"

#include <glib/gstdio.h>

#include <string.h>

#define LEASED GST_ICE_UPLOAD_EVENT_LEASED
#define STARTED GST_ICE_UPLOAD_EVENT_STARTED
#define CONFIRMED GST_ICE_UPLOAD_EVENT_CONFIRMED
#define INTERRUPTED GST_ICE_UPLOAD_EVENT_INTERRUPTED
#define FAILING GST_ICE_UPLOAD_EVENT_FAILING
#define COMPLETE GST_ICE_UPLOAD_EVENT_COMPLETE
#define FAILED GST_ICE_UPLOAD_EVENT_FAILED
#define STOPPED GST_ICE_UPLOAD_EVENT_STOPPED
#define LEFT_BEHIND GST_ICE_UPLOAD_EVENT_LEFT_BEHIND

/* How fast the clock moves while something is waited for, a millisecond. */
#define STEP (25 * MILLISECOND)

/* More than any of these uploads has, but for one. */
#define MAX_PARTS 16

/**
 * Run:
 * @base: the upload, and the service
 * @directory: (owned): for the spool
 * @spool: (owned): of all runs
 * @bucket: (owned) (nullable): what the journal of the first run says
 * @etags: (owned) (nullable): of parts that arrived in it, by number - 1
 */
typedef struct
{
  UploadFixture base;
  gchar *directory;
  GstIceSpool *spool;
  gchar *bucket;
  gchar *object;
  gchar *upload_id;
  gchar *etags[MAX_PARTS];
} Run;

/* The clock moves while a slow machine is busy, and that must end nothing. */
static void
be_patient (Run * run)
{
  run->base.config->stop_timeout_us = 12 * HOUR;
  run->base.config->retry_timeout_us = 12 * HOUR;
}

static void
run_init (Run * run, const gchar * const *options)
{
  g_autoptr (GError) error = NULL;

  memset (run, 0, sizeof (*run));
  upload_fixture_init (&run->base, options);
  be_patient (run);
  run->directory = g_dir_make_tmp ("icesink-upload-XXXXXX", &error);
  g_assert_no_error (error);
  run->spool = gst_ice_spool_open (run->directory, MEDIA_ID, 0,
      GST_ICE_SPOOL_CREATE, &error);
  g_assert_no_error (error);
}

static void
run_clear (Run * run)
{
  guint i;

  upload_fixture_clear (&run->base);
  gst_ice_spool_remove (run->spool);
  gst_ice_spool_flush (run->spool);
  gst_ice_spool_unref (run->spool);
  g_assert_cmpint (g_rmdir (run->directory), ==, 0);
  g_free (run->directory);
  g_free (run->bucket);
  g_free (run->object);
  g_free (run->upload_id);
  for (i = 0; i < MAX_PARTS; i++)
    g_free (run->etags[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* ---- parts ---- */

static GPtrArray *
cut (GBytes * bytes)
{
  GPtrArray *pieces =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gsize size = g_bytes_get_size (bytes);
  gsize done;

  for (done = 0; done < size; done += GST_ICE_CHUNK_SIZE)
    g_ptr_array_add (pieces, g_bytes_new_from_bytes (bytes, done,
            MIN (GST_ICE_CHUNK_SIZE, size - done)));

  return pieces;
}

static void
write_to_spool (Run * run, GstIcePart * part)
{
  gsize size;
  gconstpointer data =
      g_bytes_get_data (g_ptr_array_index (part->bytes, 0), &size);
  g_autoptr (GError) error = NULL;

  gst_ice_spool_write (run->spool, part->offset, data, size, &error);
  g_assert_no_error (error);
}

/* A part without its bytes, those of @like. */
static GstIcePart
get_fields (const GstIcePart * like)
{
  return (GstIcePart) {
    .number = like->number,
    .generation = like->generation,
    .offset = like->offset,
    .size = like->size,
    .crc64 = like->crc64,
  };
}

/* A part on disk, and in memory as well if that is asked for. */
static GstIcePart *
make_durable (Run * run, guint number, guint generation, gsize size,
    gboolean in_memory)
{
  g_autoptr (GstIcePart) part =
      upload_fixture_make_part (&run->base, number, generation, size);
  GstIcePart fields = get_fields (part);

  write_to_spool (run, part);
  fields.spool = gst_ice_spool_ref (run->spool);
  if (in_memory)
    fields.bytes = cut (g_ptr_array_index (part->bytes, 0));

  return gst_ice_part_new (&fields);
}

/* One whose bytes are gone. */
static GstIcePart *
make_gone (Run * run, guint number, gsize size)
{
  g_autoptr (GstIcePart) part =
      upload_fixture_make_part (&run->base, number, 1, size);
  GstIcePart fields = get_fields (part);

  return gst_ice_part_new (&fields);
}

static void
push_durable (Run * run, guint first, guint last)
{
  guint i;

  for (i = first; i <= last; i++)
    gst_ice_upload_push (run->base.upload, make_durable (run, i, 1, PART_SIZE,
            FALSE));
}

/* ---- runs ---- */

static guint
count (Run * run, IceEmulatorOperation operation)
{
  return upload_fixture_count_requests (&run->base, operation, 0);
}

static void
note_etags (Run * run)
{
  guint i;

  for (i = 0; i < run->base.events->len; i++) {
    const SeenEvent *event = g_ptr_array_index (run->base.events, i);

    if (event->type != CONFIRMED || event->part > MAX_PARTS)
      continue;
    g_assert_cmpuint (event->size, ==, PART_SIZE);
    g_assert_nonnull (event->etag);
    g_assert_null (run->etags[event->part - 1]);
    run->etags[event->part - 1] = g_strdup (event->etag);
  }
}

/* What the journal says of the first run. */
static void
note_run (Run * run)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (run->base.upload, &info);
  run->bucket = g_strdup (info.bucket);
  run->object = g_strdup (info.object);
  run->upload_id = g_strdup (info.upload_id);
  note_etags (run);
}

/* A run in which @n parts arrive, and which ends without a word. */
static void
first_run (Run * run, guint n, gboolean completed)
{
  upload_fixture_start (&run->base);
  push_durable (run, 1, n);
  upload_fixture_wait (&run->base, CONFIRMED, n, 0);
  if (completed) {
    upload_fixture_finish (&run->base, NULL);
    upload_fixture_wait (&run->base, COMPLETE, 1, 0);
  }
  note_run (run);
  upload_fixture_renew (&run->base);
  be_patient (run);
}

/* The next run knows of @n parts that have arrived. */
static void
begin_second_run (Run * run, guint n, gboolean durable)
{
  guint i;

  if (run->base.upload == NULL)
    upload_fixture_create (&run->base);
  gst_ice_upload_resume (run->base.upload, run->bucket, run->object,
      run->upload_id);
  for (i = 1; i <= n; i++)
    gst_ice_upload_add_arrived (run->base.upload, durable ?
        make_durable (run, i, 1, PART_SIZE, FALSE) :
        make_gone (run, i, PART_SIZE), run->etags[i - 1]);
}

static void
second_run (Run * run, guint n, gboolean durable)
{
  begin_second_run (run, n, durable);
  upload_fixture_start (&run->base);
}

/* An upload that has begun. */
static void
start (Run * run, const gchar * const *options)
{
  run_init (run, options);
  upload_fixture_start (&run->base);
}

/* The same, and @n parts on disk have arrived. */
static void
start_arrived (Run * run, const gchar * const *options, guint n)
{
  start (run, options);
  push_durable (run, 1, n);
  upload_fixture_wait (&run->base, CONFIRMED, n, 0);
}

/* A first run in which @n parts arrive. */
static void
begin_first (Run * run, guint n)
{
  run_init (run, NULL);
  first_run (run, n, FALSE);
}

/* The same, and a second one that knows of @n_noted of them. */
static void
resume (Run * run, const gchar * const *options, guint n, guint n_noted,
    gboolean durable)
{
  run_init (run, options);
  first_run (run, n, FALSE);
  second_run (run, n_noted, durable);
}

/* The end; an upload at another object may be left. */
static void
complete_object (Run * run, guint n_parts)
{
  upload_fixture_finish (&run->base, NULL);
  upload_fixture_wait (&run->base, COMPLETE, 1, STEP);
  upload_fixture_check_object (&run->base, n_parts);
}

static void
check_complete (Run * run, guint n_parts)
{
  upload_fixture_wait (&run->base, COMPLETE, 1, STEP);
  upload_fixture_check_object (&run->base, n_parts);
  g_assert_cmpuint (ice_emulator_count_open_uploads (run->base.emulator), ==,
      0);
}

static void
complete (Run * run, guint n_parts)
{
  upload_fixture_finish (&run->base, NULL);
  check_complete (run, n_parts);
}

static void
check_failed (Run * run, GstIceErrorCode code, const gchar * words,
    GstIceOutcome outcome)
{
  const GError *error;

  upload_fixture_wait (&run->base, FAILED, 1, STEP);
  error = upload_fixture_get (&run->base, FAILED)->error;
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_ICE_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_cmpint (upload_fixture_get_outcome (&run->base), ==, outcome);
}

/* ---- parts on disk ---- */

static void
test_from_disk (void)
{
  g_auto (Run) run;
  guint i;

  start (&run, NULL);
  for (i = 1; i <= 8; i++) {
    GstIcePart *part = make_durable (&run, i, 1, PART_SIZE, i % 3 != 0);

    if (i % 3 == 1)
      gst_ice_part_evict (part, i % 2);
    gst_ice_upload_push (run.base.upload, part);
  }
  complete (&run, 8);
}

/* What the journal wants to know. */
static void
test_confirmed (void)
{
  g_auto (Run) run;
  g_autoptr (GstIcePart) part = NULL;
  const SeenEvent *event;

  start (&run, NULL);
  part = make_durable (&run, 1, 5, PART_SIZE, FALSE);
  gst_ice_upload_push (run.base.upload, gst_ice_part_ref (part));
  upload_fixture_wait (&run.base, CONFIRMED, 1, 0);
  event = upload_fixture_get (&run.base, CONFIRMED);
  g_assert_cmpuint (event->part, ==, 1);
  g_assert_cmpuint (event->generation, ==, 5);
  g_assert_cmpuint (event->size, ==, PART_SIZE);
  g_assert_cmphex (event->crc64, ==, part->crc64);
  g_assert_true (g_str_has_prefix (event->etag, "\""));
}

/* An object smaller than a part, in memory and not. */
static void
check_small (gboolean in_memory)
{
  g_auto (Run) run;

  start (&run, NULL);
  upload_fixture_finish (&run.base, make_durable (&run, 1, 1, 70000,
          in_memory));
  check_complete (&run, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PUT), ==, in_memory);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, !in_memory);
}

static void
test_small (void)
{
  check_small (TRUE);
  check_small (FALSE);
}

/* The second part can't be read. */
static void
check_broken_disk (GstIceEndAction on_error, GstIceOutcome outcome)
{
  g_auto (Run) run;
  g_autoptr (GstIcePart) part = NULL;
  GstIcePart fields;

  run_init (&run, NULL);
  run.base.config->on_error = on_error;
  upload_fixture_start (&run.base);
  push_durable (&run, 1, 1);
  upload_fixture_wait (&run.base, CONFIRMED, 1, 0);
  part = upload_fixture_make_part (&run.base, 2, 1, PART_SIZE);
  fields = get_fields (part);
  fields.spool = gst_ice_spool_ref (run.spool);
  gst_ice_upload_push (run.base.upload, gst_ice_part_new (&fields));

  check_failed (&run, GST_ICE_ERROR_FAILED, "can't be read", outcome);
  g_assert_nonnull (strstr (upload_fixture_get (&run.base,
              FAILED)->error->message, "part 2"));
  if (outcome == GST_ICE_OUTCOME_COMPLETED)
    upload_fixture_check_object (&run.base, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), <=, 2);
}

static void
test_broken_disk (void)
{
  check_broken_disk (GST_ICE_END_KEEP, GST_ICE_OUTCOME_KEPT);
  check_broken_disk (GST_ICE_END_COMPLETE, GST_ICE_OUTCOME_COMPLETED);
  check_broken_disk (GST_ICE_END_ABORT, GST_ICE_OUTCOME_ABORTED);
}

/* Nobody reads the spool after CLOSED, so that it can be opened anew. */
static void
test_closed (void)
{
  g_auto (Run) run;
  g_autoptr (GError) error = NULL;

  start_arrived (&run, NULL, 1);
  upload_fixture_add_fault (&run.base, "part:stall-mid-body:count=0");
  push_durable (&run, 2, 8);
  gst_ice_upload_close (run.base.upload);
  upload_fixture_wait (&run.base, GST_ICE_UPLOAD_EVENT_CLOSED, 1, 0);
  upload_fixture_turn (&run.base);
  gst_ice_spool_remove (run.spool);
  gst_ice_spool_flush (run.spool);
  g_clear_pointer (&run.spool, gst_ice_spool_unref);
  run.spool = gst_ice_spool_open (run.directory, MEDIA_ID, 0,
      GST_ICE_SPOOL_CREATE, &error);
  g_assert_no_error (error);
}

/* ---- rewrites ---- */

/* Pushes @part, and supersedes it when its request is on its way, and nothing
 * has come back. */
static void
push_and_supersede (Run * run, GstIcePart * part)
{
  static UploadGate before, after;

  upload_gate_close (&before, &run->base);
  upload_gate_await (&before);
  gst_ice_upload_push (run->base.upload, gst_ice_part_ref (part));
  upload_gate_close (&after, &run->base);
  upload_gate_open (&before);
  upload_gate_await (&after);
  gst_ice_part_supersede (part);
  upload_gate_open (&after);
}

/* A part that is superseded while it is on its way, with @fault. Nothing that
 * becomes of it counts. */
static void
check_superseded (const gchar * fault)
{
  g_auto (Run) run;
  g_autoptr (GstIcePart) old = NULL;

  start_arrived (&run, NULL, 1);
  upload_fixture_add_fault (&run.base, fault);
  old = make_durable (&run, 2, 1, PART_SIZE, FALSE);
  push_and_supersede (&run, old);
  while (count (&run, ICE_EMULATOR_PART) < 2)
    upload_fixture_turn (&run.base);
  upload_fixture_pass (&run.base, 100 * STEP, STEP);
  g_assert_cmpuint (upload_fixture_count (&run.base, CONFIRMED), ==, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, 2);

  gst_ice_upload_push (run.base.upload, make_durable (&run, 2, 2, PART_SIZE,
          FALSE));
  upload_fixture_wait (&run.base, CONFIRMED, 2, STEP);
  g_assert_cmpuint (((SeenEvent *) run.base.events->pdata[run.base.events->len
              - 1])->generation, ==, 2);
  complete (&run, 2);
}

static void
test_superseded (void)
{
  check_superseded ("part:delay:skip=100");
  check_superseded ("part:wrong-crc:part=2");
  check_superseded ("part:error:part=2");
  check_superseded ("part:forbidden:part=2");
  check_superseded ("part:reset-before:part=2");
}

/* One that is superseded before it could be sent. */
static void
test_superseded_waiting (void)
{
  g_auto (Run) run;
  GstIcePart *old;

  start (&run, NULL);
  old = make_durable (&run, 1, 1, PART_SIZE, TRUE);
  gst_ice_part_supersede (old);
  gst_ice_upload_push (run.base.upload, old);
  push_durable (&run, 2, 2);
  upload_fixture_wait (&run.base, CONFIRMED, 1, 0);
  g_assert_cmpuint (upload_fixture_get (&run.base, CONFIRMED)->part, ==, 2);
  upload_fixture_finish (&run.base, make_durable (&run, 1, 2, PART_SIZE,
          FALSE));
  check_complete (&run, 2);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, 2);
}

/* on-error does not wait for a generation that never comes. */
static void
test_superseded_salvage (void)
{
  g_auto (Run) run;
  GstIcePart *old;

  run_init (&run, NULL);
  run.base.config->on_error = GST_ICE_END_COMPLETE;
  upload_fixture_start (&run.base);
  push_durable (&run, 1, 1);
  old = make_durable (&run, 2, 1, PART_SIZE, FALSE);
  gst_ice_part_supersede (old);
  gst_ice_upload_push (run.base.upload, old);
  push_durable (&run, 3, 3);
  upload_fixture_wait (&run.base, CONFIRMED, 2, 0);
  gst_ice_upload_fail (run.base.upload,
      gst_ice_error_new (GST_ICE_ERROR_NO_SPACE, "the disk is full"));
  upload_fixture_wait (&run.base, FAILED, 1, 0);
  g_assert_cmpint (upload_fixture_get_outcome (&run.base), ==,
      GST_ICE_OUTCOME_COMPLETED);
  upload_fixture_check_object (&run.base, 1);
}

/* ---- beginning anew from disk ---- */

/* The upload id is lost while parts are sent, or when they are completed. */
static void
check_lost (const gchar * fault)
{
  g_auto (Run) run;

  start_arrived (&run, NULL, 3);
  upload_fixture_add_fault (&run.base, fault);
  push_durable (&run, 4, 4);
  complete_object (&run, 4);
  g_assert_cmpuint (upload_fixture_count (&run.base, STARTED), ==, 2);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_INITIATE), ==, 2);
}

static void
test_lost (void)
{
  check_lost ("part:not-found:part=4:count=2");
  check_lost ("complete:not-found:count=2");
}

/* Not for ever, but for as long as retry-timeout says. */
static void
test_lost_for_good (void)
{
  g_auto (Run) run;
  gint64 begun_us;

  run_init (&run, NULL);
  run.base.config->retry_timeout_us = 60 * SECOND;
  upload_fixture_start (&run.base);
  begun_us = test_time_get (&run.base.time);
  upload_fixture_add_fault (&run.base, "complete:not-found:count=0");
  push_durable (&run, 1, 2);
  upload_fixture_finish (&run.base, NULL);
  check_failed (&run, GST_ICE_ERROR_NO_SUCH_UPLOAD, "object is not there",
      GST_ICE_OUTCOME_ABORTED);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_INITIATE), >, 2);
  g_assert_cmpint (test_time_get (&run.base.time) - begun_us, >=,
      60 * SECOND);
}

/* A renewal names another object: all goes there. */
static void
test_moved (void)
{
  const gchar *options[] = { "--new-key-from=2", NULL };
  g_auto (Run) run;
  g_auto (GstIceUploadInfo) info = { 0 };

  start_arrived (&run, options, 3);
  ice_emulator_expire_credentials (run.base.emulator);
  push_durable (&run, 4, 4);
  complete_object (&run, 4);
  gst_ice_upload_get_info (run.base.upload, &info);
  g_assert_cmpstr (info.object, ==, "moved/sv/" MEDIA_ID "/" MEDIA_ID ".mp4");
  g_assert_cmpuint (info.parts_reuploaded, ==, 3);

  /* Nothing may abort the old upload any more, and that is said, once. */
  g_assert_cmpuint (ice_emulator_count_open_uploads (run.base.emulator), ==,
      1);
  g_assert_cmpuint (upload_fixture_count (&run.base, LEFT_BEHIND), ==, 1);
}

/* The same while the old lease still lives: what is left at the old object is
 * aborted with it. */
static void
test_moved_early (void)
{
  const gchar *options[] = { "--new-key-from=2", "--credential-life=3600",
    NULL
  };
  g_auto (Run) run;

  start_arrived (&run, options, 3);
  upload_fixture_wait (&run.base, GST_ICE_UPLOAD_EVENT_RENEWED, 1, SECOND);
  push_durable (&run, 4, 4);
  complete_object (&run, 4);
  g_assert_cmpuint (ice_emulator_count_open_uploads (run.base.emulator), ==,
      0);
  g_assert_cmpuint (upload_fixture_count (&run.base, LEFT_BEHIND), ==, 0);
}

/* ---- going on ---- */

static void
test_resume (void)
{
  g_auto (Run) run;
  g_auto (GstIceUploadInfo) info = { 0 };

  resume (&run, NULL, 3, 3, TRUE);
  upload_fixture_wait (&run.base, STARTED, 1, 0);
  g_assert_cmpuint (upload_fixture_count (&run.base, LEASED), ==, 1);
  gst_ice_upload_get_info (run.base.upload, &info);
  g_assert_cmpstr (info.upload_id, ==, run.upload_id);
  g_assert_cmpuint (info.parts_uploaded, ==, 3);
  g_assert_cmpuint (info.bytes_uploaded, ==, 3 * PART_SIZE);

  push_durable (&run, 4, 5);
  upload_fixture_wait (&run.base, CONFIRMED, 2, 0);
  complete (&run, 5);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_INITIATE), ==, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_LIST_PARTS), ==, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, 5);
}

/* No byte has to be held of what has arrived. */
static void
test_resume_without_bytes (void)
{
  g_auto (Run) run;

  resume (&run, NULL, 3, 3, FALSE);
  push_durable (&run, 4, 4);
  complete (&run, 4);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, 4);
}

/* An upload that no part had arrived of is not asked about. */
static void
test_resume_nothing (void)
{
  g_auto (Run) run;

  resume (&run, NULL, 1, 0, TRUE);
  push_durable (&run, 1, 2);
  complete (&run, 2);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_INITIATE), ==, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_LIST_PARTS), ==, 0);
}

/* Nothing is recorded after all. Whether the upload may be aborted or not, an
 * empty object can be put. */
static void
test_nothing_forbidden (void)
{
  g_auto (Run) run;

  resume (&run, NULL, 1, 0, TRUE);
  upload_fixture_add_fault (&run.base, "abort:forbidden:count=0");
  upload_fixture_finish (&run.base, NULL);
  upload_fixture_wait (&run.base, COMPLETE, 1, STEP);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PUT), ==, 1);
}

/* A part that had arrived is rewritten. */
static void
test_resume_rewrite (void)
{
  g_auto (Run) run;

  resume (&run, NULL, 2, 2, TRUE);
  push_durable (&run, 3, 3);
  gst_ice_upload_push (run.base.upload, make_durable (&run, 1, 2, PART_SIZE,
          FALSE));
  upload_fixture_wait (&run.base, CONFIRMED, 2, 0);
  complete (&run, 3);
}

/* Nothing is left to be sent: Complete at once. */
static void
test_finish (void)
{
  g_auto (Run) run;

  begin_first (&run, 3);
  begin_second_run (&run, 3, FALSE);
  upload_fixture_finish (&run.base, NULL);
  upload_fixture_start (&run.base);
  check_complete (&run, 3);
  g_assert_cmpuint (upload_fixture_count (&run.base, STARTED), ==, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_LIST_PARTS), ==, 0);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, 3);
}

/* The earlier run was killed between the completion and the end of its spool.
 * @n_noted: of three parts, how many are known to have arrived. */
static void
check_complete_already (guint n_noted, gboolean durable)
{
  g_auto (Run) run;
  GPtrArray *rest;
  guint i;

  run_init (&run, NULL);
  first_run (&run, 3, TRUE);
  begin_second_run (&run, n_noted, durable);
  rest = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_part_unref);
  for (i = n_noted + 1; i <= 3; i++)
    g_ptr_array_add (rest, make_durable (&run, i, 1, PART_SIZE, FALSE));
  gst_ice_upload_finish (run.base.upload, rest);
  upload_fixture_start (&run.base);
  check_complete (&run, 3);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==,
      durable && n_noted < 3 ? 6 : 3);
}

static void
test_complete_already (void)
{
  check_complete_already (3, FALSE);
  check_complete_already (3, TRUE);
  check_complete_already (2, FALSE);
  check_complete_already (2, TRUE);
}

/* ---- what is there is not what the journal says ---- */

typedef enum
{
  MISSING,
  OTHER_ETAG,
  OTHER_SIZE,
} Difference;

static void
add_arrived (Run * run, guint number, gsize size, gboolean durable)
{
  gst_ice_upload_add_arrived (run->base.upload, durable ?
      make_durable (run, number, 1, size, FALSE) :
      make_gone (run, number, size), run->etags[number - 1] != NULL ?
      run->etags[number - 1] : "\"NEVER\"");
}

/* The second of two parts is not at OSS as it was sent. */
static void
start_different (Run * run, Difference difference, gboolean durable,
    GstIceEndAction on_error)
{
  run_init (run, NULL);
  first_run (run, difference == MISSING ? 1 : 2, FALSE);
  if (difference == OTHER_ETAG)
    run->etags[1][1] = run->etags[1][1] == '0' ? '1' : '0';
  run->base.config->on_error = on_error;
  begin_second_run (run, 1, durable);
  add_arrived (run, 2, difference == OTHER_SIZE ? 77 : PART_SIZE, durable);
  upload_fixture_start (&run->base);
}

static void
check_different (Difference difference)
{
  g_auto (Run) run;
  g_auto (GstIceUploadInfo) info = { 0 };

  start_different (&run, difference, TRUE, GST_ICE_END_KEEP);
  upload_fixture_wait (&run.base, CONFIRMED, 1, STEP);
  g_assert_cmpuint (upload_fixture_get (&run.base, CONFIRMED)->part, ==, 2);
  gst_ice_upload_get_info (run.base.upload, &info);
  g_assert_cmpuint (info.parts_reuploaded, ==, 1);
  g_assert_cmpuint (info.parts_uploaded, ==, 2);
  complete (&run, 2);
}

static void
test_different (void)
{
  check_different (MISSING);
  check_different (OTHER_ETAG);
  check_different (OTHER_SIZE);
}

/* The same, and it can't be sent again. */
static void
check_different_gone (Difference difference)
{
  Run run;

  start_different (&run, difference, FALSE, GST_ICE_END_KEEP);
  check_failed (&run, GST_ICE_ERROR_NO_SUCH_UPLOAD, "Part 2 of the earlier",
      GST_ICE_OUTCOME_KEPT);
  run_clear (&run);

  start_different (&run, difference, FALSE, GST_ICE_END_COMPLETE);
  check_failed (&run, GST_ICE_ERROR_NO_SUCH_UPLOAD, "Part 2 of the earlier",
      GST_ICE_OUTCOME_COMPLETED);
  upload_fixture_check_object (&run.base, 1);
  run_clear (&run);
}

static void
test_different_gone (void)
{
  check_different_gone (MISSING);
  check_different_gone (OTHER_ETAG);
}

/* Complete was tried at once, and refused: then the list is asked for. */
static void
test_finish_different (void)
{
  g_auto (Run) run;

  begin_first (&run, 3);
  run.etags[1][1] = run.etags[1][1] == '0' ? '1' : '0';
  begin_second_run (&run, 3, TRUE);
  upload_fixture_finish (&run.base, NULL);
  upload_fixture_start (&run.base);
  check_complete (&run, 3);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_LIST_PARTS), ==, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, 4);
}

/* ListParts is not allowed: the journal is right. */
static void
test_list_refused (void)
{
  g_auto (Run) run;

  begin_first (&run, 3);
  upload_fixture_add_fault (&run.base, "list-parts:forbidden:count=0");
  second_run (&run, 3, TRUE);
  push_durable (&run, 4, 4);
  complete (&run, 4);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_LIST_PARTS), ==, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, 4);
}

/* What goes by does not keep it from asking. */
static void
check_list_troubled (const gchar * fault)
{
  g_auto (Run) run;

  begin_first (&run, 3);
  upload_fixture_add_fault (&run.base, fault);
  second_run (&run, 3, TRUE);
  push_durable (&run, 4, 4);
  complete (&run, 4);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_LIST_PARTS), >, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, 4);
}

static void
test_list_troubled (void)
{
  check_list_troubled ("list-parts:error:count=3");
  check_list_troubled ("list-parts:reset-before:count=2");
  check_list_troubled ("list-parts:expired-token");
  check_list_troubled ("list-parts:truncated-body");
}

/* More parts than a page holds, one of them missing on the second page. */
static void
test_pages (void)
{
  const guint length = 1005, missing = 1003;
  g_auto (Run) run;
  guint i;

  start (&run, NULL);
  for (i = 1; i <= length; i++)
    if (i != missing)
      gst_ice_upload_push (run.base.upload, upload_fixture_make_part
          (&run.base, i, 1, 3));
  upload_fixture_wait (&run.base, CONFIRMED, length - 1, 0);

  {
    g_autoptr (GPtrArray) etags = g_ptr_array_new_with_free_func (g_free);
    g_auto (GstIceUploadInfo) info = { 0 };

    g_ptr_array_set_size (etags, length);
    for (i = 0; i < run.base.events->len; i++) {
      const SeenEvent *event = g_ptr_array_index (run.base.events, i);

      if (event->type == CONFIRMED)
        etags->pdata[event->part - 1] = g_strdup (event->etag);
    }
    gst_ice_upload_get_info (run.base.upload, &info);
    upload_fixture_renew (&run.base);

    upload_fixture_create (&run.base);
    gst_ice_upload_resume (run.base.upload, info.bucket, info.object,
        info.upload_id);
    for (i = 1; i <= length; i++)
      gst_ice_upload_add_arrived (run.base.upload, i == missing ?
          make_durable (&run, i, 1, 3, FALSE) : make_gone (&run, i, 3),
          etags->pdata[i - 1] != NULL ? etags->pdata[i - 1] : "\"NEVER\"");
  }
  upload_fixture_start (&run.base);
  upload_fixture_wait (&run.base, CONFIRMED, 1, STEP);
  g_assert_cmpuint (upload_fixture_get (&run.base, CONFIRMED)->part, ==,
      missing);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_LIST_PARTS), ==, 2);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, length);
}

/* ---- what is there is nothing ---- */

/* The upload was aborted in between. */
static void
abort_upload (Run * run)
{
  second_run (run, 0, FALSE);
  upload_fixture_wait (&run->base, STARTED, 1, 0);
  gst_ice_upload_stop (run->base.upload, TRUE);
  upload_fixture_wait (&run->base, STOPPED, 1, 0);
  g_assert_cmpuint (ice_emulator_count_open_uploads (run->base.emulator), ==,
      0);
  upload_fixture_renew (&run->base);
  be_patient (run);
}

/* Complete is refused for an ETag. It may have been damaged on its way to us,
 * where the CRC-64 of the part was right; where there was none, nothing was
 * compared, and the part is sent again. */
static void
check_damaged_etag (const gchar * fault, guint n_requests)
{
  Run run;

  start (&run, NULL);
  upload_fixture_add_fault (&run.base, fault);
  push_durable (&run, 1, 3);
  complete_object (&run, 3);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_PART), ==, n_requests);
  run_clear (&run);
}

static void
test_damaged_etag (void)
{
  check_damaged_etag ("part:wrong-etag:part=2", 3);
  check_damaged_etag ("part:bare-wrong-etag:part=2", 4);
}

/* Begins anew from disk. @finish: nothing is left to be sent. */
static void
check_aborted (gboolean finish)
{
  g_auto (Run) run;

  begin_first (&run, 3);
  abort_upload (&run);
  begin_second_run (&run, 3, TRUE);
  if (finish)
    upload_fixture_finish (&run.base, NULL);
  upload_fixture_start (&run.base);
  if (!finish) {
    push_durable (&run, 4, 4);
    upload_fixture_wait (&run.base, CONFIRMED, 4, STEP);
    upload_fixture_finish (&run.base, NULL);
  }
  check_complete (&run, finish ? 3 : 4);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_INITIATE), ==, 2);
  g_assert_cmpuint (upload_fixture_count (&run.base, STARTED), ==, 2);
}

static void
test_aborted (void)
{
  check_aborted (FALSE);
  check_aborted (TRUE);
}

/* The same, and the bytes are gone. */
static void
check_aborted_gone (guint n_noted, gboolean finish, const gchar * words)
{
  g_auto (Run) run;

  begin_first (&run, 3);
  abort_upload (&run);
  begin_second_run (&run, n_noted, FALSE);
  if (finish)
    upload_fixture_finish (&run.base, n_noted == 3 ? NULL :
        make_durable (&run, 3, 1, PART_SIZE, FALSE));
  upload_fixture_start (&run.base);
  check_failed (&run, GST_ICE_ERROR_NO_SUCH_UPLOAD, words,
      GST_ICE_OUTCOME_ABORTED);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_HEAD) > 0, ==, finish);
}

static void
test_aborted_gone (void)
{
  check_aborted_gone (3, FALSE, "are not held any more");
  check_aborted_gone (3, TRUE, "object is not there");
  check_aborted_gone (2, TRUE, "object is not there");
}

/* The lease is for another object than it was. */
static void
test_moved_between (void)
{
  const gchar *options[] = { "--new-key-from=2", NULL };
  g_auto (Run) run;
  g_auto (GstIceUploadInfo) info = { 0 };

  resume (&run, options, 3, 3, TRUE);
  push_durable (&run, 4, 4);
  complete_object (&run, 4);
  gst_ice_upload_get_info (run.base.upload, &info);
  g_assert_cmpstr (info.object, ==, "moved/sv/" MEDIA_ID "/" MEDIA_ID ".mp4");
  g_assert_cmpuint (upload_fixture_count (&run.base, STARTED), ==, 1);
  g_assert_cmpuint (count (&run, ICE_EMULATOR_LIST_PARTS), ==, 0);

  /* The new lease can't abort the upload there, and that is said. */
  g_assert_cmpuint (upload_fixture_count_requests (&run.base,
          ICE_EMULATOR_ABORT, 403), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&run.base, LEFT_BEHIND), ==, 1);
}

static void
test_moved_between_gone (void)
{
  const gchar *options[] = { "--new-key-from=2", NULL };
  g_auto (Run) run;

  resume (&run, options, 3, 3, FALSE);
  check_failed (&run, GST_ICE_ERROR_NO_SUCH_UPLOAD, "another object",
      GST_ICE_OUTCOME_KEPT);
  g_assert_cmpuint (ice_emulator_count_open_uploads (run.base.emulator), ==,
      1);
}

/* ---- ends ---- */

/* Before the first lease is there, and long before anything is sent. */
static void
test_stop_early (void)
{
  g_auto (Run) run;

  begin_first (&run, 3);
  upload_fixture_add_fault (&run.base, "refresh:error:count=0");
  second_run (&run, 3, TRUE);
  upload_fixture_turn (&run.base);
  gst_ice_upload_stop (run.base.upload, FALSE);
  upload_fixture_wait (&run.base, STOPPED, 1, 0);
  g_assert_cmpint (upload_fixture_get_outcome (&run.base), ==,
      GST_ICE_OUTCOME_KEPT);
}

/* What the tool does to give an upload up. */
static void
test_abort (void)
{
  g_auto (Run) run;

  resume (&run, NULL, 3, 3, TRUE);
  upload_fixture_wait (&run.base, STARTED, 1, 0);
  gst_ice_upload_stop (run.base.upload, TRUE);
  upload_fixture_wait (&run.base, STOPPED, 1, 0);
  g_assert_cmpint (upload_fixture_get_outcome (&run.base), ==,
      GST_ICE_OUTCOME_ABORTED);
  g_assert_cmpuint (ice_emulator_count_open_uploads (run.base.emulator), ==,
      0);
}

static void
add_disk_tests (void)
{
  g_test_add_func ("/upload-resume/disk/sends-parts-from-it", test_from_disk);
  g_test_add_func ("/upload-resume/disk/tells-what-has-arrived",
      test_confirmed);
  g_test_add_func ("/upload-resume/disk/small-object", test_small);
  g_test_add_func ("/upload-resume/disk/broken", test_broken_disk);
  g_test_add_func ("/upload-resume/disk/is-let-go-when-closed", test_closed);
  g_test_add_func ("/upload-resume/rewrites/while-on-the-way",
      test_superseded);
  g_test_add_func ("/upload-resume/rewrites/while-waiting",
      test_superseded_waiting);
  g_test_add_func ("/upload-resume/rewrites/that-never-come",
      test_superseded_salvage);
  g_test_add_func ("/upload-resume/anew/lost-upload", test_lost);
  g_test_add_func ("/upload-resume/anew/not-for-ever", test_lost_for_good);
  g_test_add_func ("/upload-resume/anew/another-object", test_moved);
  g_test_add_func ("/upload-resume/anew/another-object-in-time",
      test_moved_early);
}

static void
add_resume_tests (void)
{
  g_test_add_func ("/upload-resume/goes-on", test_resume);
  g_test_add_func ("/upload-resume/goes-on-without-bytes",
      test_resume_without_bytes);
  g_test_add_func ("/upload-resume/goes-on-from-nothing",
      test_resume_nothing);
  g_test_add_func ("/upload-resume/needs-no-abort", test_nothing_forbidden);
  g_test_add_func ("/upload-resume/goes-on-with-a-rewrite",
      test_resume_rewrite);
  g_test_add_func ("/upload-resume/finishes", test_finish);
  g_test_add_func ("/upload-resume/finds-it-complete",
      test_complete_already);
  g_test_add_func ("/upload-resume/sends-what-is-not-there",
      test_different);
  g_test_add_func ("/upload-resume/says-what-can-not-be-sent",
      test_different_gone);
  g_test_add_func ("/upload-resume/compares-when-complete-is-refused",
      test_finish_different);
  g_test_add_func ("/upload-resume/list/damaged-etag", test_damaged_etag);
  g_test_add_func ("/upload-resume/list/refused", test_list_refused);
  g_test_add_func ("/upload-resume/list/troubled", test_list_troubled);
  g_test_add_func ("/upload-resume/list/pages", test_pages);
  g_test_add_func ("/upload-resume/begins-anew-if-it-was-aborted",
      test_aborted);
  g_test_add_func ("/upload-resume/fails-if-it-was-aborted-and-bytes-are-gone",
      test_aborted_gone);
  g_test_add_func ("/upload-resume/begins-anew-at-another-object",
      test_moved_between);
  g_test_add_func ("/upload-resume/fails-at-another-object-without-bytes",
      test_moved_between_gone);
  g_test_add_func ("/upload-resume/stops-before-the-lease", test_stop_early);
  g_test_add_func ("/upload-resume/aborts", test_abort);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_disk_tests ();
  add_resume_tests ();

  return g_test_run ();
}
