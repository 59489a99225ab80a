/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The spool through its interface: what one run leaves is what the next one
 * finds. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "spool-fixture.h"

static const GstIcePartPlan plan = { PART_SIZE, 2 * PART_SIZE };

/* ---- what is left ---- */

static void
test_new (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  g_autofree gchar *path = g_build_filename (fixture->directory, MEDIA_ID,
      NULL);

  g_assert_null (gst_ice_spool_get_left (spool));
  g_assert_cmpstr (gst_ice_spool_get_path (spool), ==, path);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 0);
}

static void
test_round_trip (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;
  const GstIceSpoolLeft *left;

  spool_fixture_record (fixture);

  spool = spool_fixture_open (fixture);
  left = gst_ice_spool_get_left (spool);
  assert_left (left);
  g_assert_cmpuint (left->base, ==, 0);
  g_assert_cmpuint (left->plan.part_size, ==, PART_SIZE);
  g_assert_cmpuint (left->plan.max_part_size, ==, 2 * PART_SIZE);
  g_assert_cmpint (left->created_us, >, 0);
  g_assert_cmpint (left->created_us, <=, g_get_real_time ());
  g_assert_cmpstr (left->caps, ==,
      "video/mpegts, systemstream=(boolean)true");
  g_assert_cmpstr (left->content_type, ==, "video/mp2t");
  g_assert_cmpstr (left->bucket, ==, "bucket");
  g_assert_cmpstr (left->object, ==, "path/\303\251 \"object\".ts");
  g_assert_cmpstr (left->upload_id, ==, "UPLOAD");
  g_assert_cmphex (spool_part (left, 2)->crc64, ==,
      G_GUINT64_CONSTANT (0xfedcba9876543210));
  g_assert_cmpstr (spool_part (left, 2)->etag, ==, "\"ETAG\"");
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, RECORDED_SIZE);
  assert_recorded (spool);
}

/* Opens the spool once more, so that it says what is there now. */
static GstIceSpool *
reopen (SpoolFixture * fixture, GstIceSpool * spool)
{
  gst_ice_spool_flush (spool);
  gst_ice_spool_unref (spool);

  return spool_fixture_open (fixture);
}

static void
test_second_run (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  const GstIcePartPlan other = { 2 * PART_SIZE, 3 * PART_SIZE };
  g_autoptr (GstIceSpool) spool = NULL;
  const GstIceSpoolLeft *left;
  gint64 created_us;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  created_us = gst_ice_spool_get_left (spool)->created_us;
  gst_ice_spool_note_run (spool, RECORDED_SIZE, &other);
  gst_ice_spool_note_format (spool, NULL, "video/other");
  gst_ice_spool_note_part (spool, 4, 3 * PART_SIZE, 7);
  spool = reopen (fixture, spool);

  left = gst_ice_spool_get_left (spool);
  g_assert_cmpint (left->created_us, ==, created_us);
  g_assert_cmpuint (left->base, ==, RECORDED_SIZE);
  g_assert_cmpuint (left->plan.part_size, ==, 2 * PART_SIZE);
  g_assert_null (left->caps);
  g_assert_cmpstr (left->content_type, ==, "video/other");
  g_assert_cmpstr (left->upload_id, ==, "UPLOAD");
  g_assert_cmpuint (left->parts->len, ==, 4);
  assert_part (left, 2, PART_SIZE, PART_SIZE, TRUE);
  assert_part (left, 4, 3 * PART_SIZE, 7, FALSE);
}

/* A part that was the last one may grow in the next run, and may be the head,
 * which is sealed after all others. */
static void
test_grown_part (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  gst_ice_spool_note_arrived (spool, 3, 100, 1, "\"3\"");
  gst_ice_spool_note_part (spool, 4, 3 * PART_SIZE, 7);
  spool = reopen (fixture, spool);

  assert_part (gst_ice_spool_get_left (spool), 3, 2 * PART_SIZE, PART_SIZE,
      TRUE);
  g_assert_cmpuint (spool_part (gst_ice_spool_get_left (spool),
          3)->size_arrived, ==, 100);
}

static void
test_unknown_parts (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  const GstIceSpoolLeft *left;

  gst_ice_spool_note_run (spool, 0, &plan);
  gst_ice_spool_note_part (spool, 6, 10 * PART_SIZE, PART_SIZE);
  gst_ice_spool_note_part (spool, 4, 7 * PART_SIZE + 1, PART_SIZE);
  gst_ice_spool_note_arrived (spool, 4, PART_SIZE, 1, "\"4\"");
  spool = reopen (fixture, spool);

  left = gst_ice_spool_get_left (spool);
  g_assert_cmpuint (left->parts->len, ==, 6);
  assert_part (left, 1, 0, 7 * PART_SIZE / 3, FALSE);
  assert_part (left, 2, 7 * PART_SIZE / 3, 7 * PART_SIZE / 3, FALSE);
  assert_part (left, 3, 2 * (7 * PART_SIZE / 3),
      7 * PART_SIZE + 1 - 2 * (7 * PART_SIZE / 3), FALSE);
  assert_part (left, 4, 7 * PART_SIZE + 1, PART_SIZE, TRUE);
  assert_part (left, 5, 8 * PART_SIZE + 1, 2 * PART_SIZE - 1, FALSE);
  assert_part (left, 6, 10 * PART_SIZE, PART_SIZE, FALSE);
}

static void
test_other_upload (void)
{
  const gchar *upload_ids[] = { "OTHER", NULL };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (upload_ids); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    g_autoptr (GstIceSpool) spool = NULL;
    const GstIceSpoolLeft *left;

    spool_fixture_record (fixture);
    spool = spool_fixture_open (fixture);
    gst_ice_spool_note_upload (spool, "b", "o", upload_ids[i]);
    spool = reopen (fixture, spool);

    left = gst_ice_spool_get_left (spool);
    g_assert_cmpstr (left->upload_id, ==, upload_ids[i]);
    g_assert_cmpstr (left->bucket, ==, "b");
    assert_part (left, 2, PART_SIZE, PART_SIZE, FALSE);
    g_assert_null (spool_part (left, 2)->etag);
  }
}

static void
test_same_upload (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  gst_ice_spool_note_upload (spool, "bucket", "object", "UPLOAD");
  spool = reopen (fixture, spool);

  assert_part (gst_ice_spool_get_left (spool), 2, PART_SIZE, PART_SIZE,
      TRUE);
}

/* ---- data ---- */

static void
write_byte (GstIceSpool * spool, guint64 offset)
{
  g_autoptr (GError) error = NULL;

  gst_ice_spool_write (spool, offset, "x", 1, &error);
  g_assert_no_error (error);
}

static void
assert_byte (GstIceSpool * spool, guint64 offset, gchar expected)
{
  g_autoptr (GError) error = NULL;
  gchar byte = '?';

  gst_ice_spool_read (spool, offset, &byte, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (byte, ==, expected);
}

static void
assert_no_byte (GstIceSpool * spool, guint64 offset)
{
  g_autoptr (GError) error = NULL;
  gchar byte;

  g_assert_false (gst_ice_spool_read (spool, offset, &byte, 1, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
}

/* Far beyond four gigabytes, too. */
static void
test_gaps (void)
{
  const guint64 far = G_GUINT64_CONSTANT (60) << 30;
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);

  write_byte (spool, far);
  assert_byte (spool, far, 'x');
  assert_byte (spool, far - 1, '\0');
  assert_byte (spool, 0, '\0');
  assert_no_byte (spool, far + 1);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, far + 1);
}

static void
truncate_to (GstIceSpool * spool, gpointer size)
{
  g_autoptr (GError) error = NULL;

  gst_ice_spool_truncate (spool, *(guint64 *) size, &error);
  g_assert_no_error (error);
}

static void
assert_cut (SpoolFixture * fixture)
{
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);

  g_assert_cmpuint (left->size, ==, PART_SIZE + 10);
  g_assert_cmpuint (left->parts->len, ==, 1);
  assert_part (left, 1, 0, PART_SIZE, FALSE);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, PART_SIZE + 10);
}

/* Whether it is a job or not, it comes after what was noted before. */
static void
test_truncate (void)
{
  guint64 size = PART_SIZE + 10;
  guint as_job;

  for (as_job = 0; as_job <= 1; as_job++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    GstIceSpool *spool;

    spool_fixture_record (fixture);
    spool = spool_fixture_open (fixture);
    gst_ice_spool_note_part (spool, 1, 0, PART_SIZE);
    gst_ice_spool_note_arrived (spool, 3, 100, 1, "\"3\"");
    if (as_job)
      gst_ice_spool_run (spool, truncate_to, &size, NULL);
    else
      truncate_to (spool, &size);
    /* This one was under way. */
    gst_ice_spool_note_arrived (spool, 3, 100, 1, "\"3\"");
    gst_ice_spool_flush (spool);
    g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, size);
    assert_no_byte (spool, size);
    gst_ice_spool_unref (spool);

    assert_cut (fixture);
  }
}

static void
test_truncate_to_nothing (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;
  const GstIceSpoolLeft *left;
  guint64 size = 0;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  truncate_to (spool, &size);
  spool = reopen (fixture, spool);

  left = gst_ice_spool_get_left (spool);
  g_assert_nonnull (left);
  g_assert_cmpuint (left->size, ==, 0);
  g_assert_cmpuint (left->parts->len, ==, 0);
  g_assert_cmpstr (left->upload_id, ==, "UPLOAD");
}

static goffset
get_disk_use (SpoolFixture * fixture)
{
  g_autofree gchar *path = spool_fixture_get_path (fixture, "data");
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);

  return (goffset) info.st_blocks * 512;
}

/* A file system may not count what it has not allocated yet. */
static void
sync_data (SpoolFixture * fixture)
{
  g_autofree gchar *path = spool_fixture_get_path (fixture, "data");
  int fd = open (path, O_RDWR);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fsync (fd), ==, 0);
  close (fd);
}

static void
test_holes (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;
  goffset before;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  sync_data (fixture);
  before = get_disk_use (fixture);
  gst_ice_spool_note_freed (spool, 2);
  if (!gst_ice_spool_free_range (spool, PART_SIZE, PART_SIZE)) {
    g_test_skip ("The file system makes no holes");
    return;
  }
  g_assert_cmpint (get_disk_use (fixture), <, before - (goffset) PART_SIZE / 2);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, PART_SIZE + 100);

  /* What is freed twice, or behind the end, counts once, or not at all. */
  g_assert_true (gst_ice_spool_free_range (spool, PART_SIZE + 5, 10));
  g_assert_true (gst_ice_spool_free_range (spool, RECORDED_SIZE, 10));
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, PART_SIZE + 100);
  assert_byte (spool, PART_SIZE - 1, recorded_byte (PART_SIZE - 1));
  assert_byte (spool, PART_SIZE, '\0');

  spool = reopen (fixture, spool);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, PART_SIZE + 100);
  g_assert_cmpuint (gst_ice_spool_get_left (spool)->size, ==, RECORDED_SIZE);
  g_assert_true (spool_part (gst_ice_spool_get_left (spool), 2)->freed);
  g_assert_false (spool_part (gst_ice_spool_get_left (spool), 3)->freed);
}

/* The ranges that are freed may touch and overlap in any order. */
static void
test_freed_ranges (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  guint64 half = 20;

  write_byte (spool, 99);
  if (!gst_ice_spool_free_range (spool, 40, 10)) {
    g_test_skip ("The file system makes no holes");
    return;
  }
  g_assert_true (gst_ice_spool_free_range (spool, 60, 10));
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 80);
  g_assert_true (gst_ice_spool_free_range (spool, 45, 20));
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 70);
  g_assert_true (gst_ice_spool_free_range (spool, 0, 40));
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 30);
  truncate_to (spool, &half);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 0);
  write_byte (spool, 29);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 10);
  /* Of what was freed nothing is left behind the end. */
  write_byte (spool, 99);
  g_assert_true (gst_ice_spool_free_range (spool, 60, 10));
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 70);
  truncate_to (spool, &half);
  write_byte (spool, 99);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 80);
}

/* ---- jobs ---- */

typedef struct
{
  GArray *order;                /* (element-type guint) */
  guint number;
  GThread *thread;
} Step;

static void
take_step (GstIceSpool * spool, gpointer user_data)
{
  Step *step = user_data;

  step->thread = g_thread_self ();
  g_array_append_val (step->order, step->number);
}

static void
end_step (gpointer user_data)
{
  Step *step = user_data;

  g_assert_true (step->thread == g_thread_self ());
  g_free (step);
}

static void
add_steps (GstIceSpool * spool, GArray * order, guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    Step *step = g_new0 (Step, 1);

    step->order = order;
    step->number = i;
    gst_ice_spool_run (spool, take_step, step, end_step);
  }
}

/* More spools than there are threads, each with its jobs in order. */
static void
test_jobs (void)
{
  enum
  { N_SPOOLS = 9, N_JOBS = 500 };
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  GstIceSpool *spools[N_SPOOLS];
  GArray *orders[N_SPOOLS];
  guint i, j;

  for (i = 0; i < N_SPOOLS; i++) {
    g_autofree gchar *media_id = g_strdup_printf ("media-%u", i);

    spools[i] = gst_ice_spool_open (fixture->directory, media_id, 0,
        GST_ICE_SPOOL_CREATE, NULL);
    orders[i] = g_array_new (FALSE, FALSE, sizeof (guint));
    add_steps (spools[i], orders[i], N_JOBS);
  }

  for (i = 0; i < N_SPOOLS; i++) {
    gst_ice_spool_flush (spools[i]);
    g_assert_cmpuint (orders[i]->len, ==, N_JOBS);
    for (j = 0; j < N_JOBS; j++)
      g_assert_cmpuint (g_array_index (orders[i], guint, j), ==, j);
    g_array_unref (orders[i]);
    gst_ice_spool_unref (spools[i]);
  }
}

/* Jobs keep the spool; after the last one it can be opened again. */
static void
test_jobs_outlive (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  guint i;

  for (i = 0; i < 50; i++) {
    GstIceSpool *spool = spool_fixture_open (fixture);

    gst_ice_spool_note_run (spool, i, &plan);
    gst_ice_spool_unref (spool);
  }

  {
    g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);

    g_assert_cmpuint (gst_ice_spool_get_left (spool)->base, ==, 49);
  }
}

/* ---- limits ---- */

static void
test_max_size (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = gst_ice_spool_open (fixture->directory,
      MEDIA_ID, 100, GST_ICE_SPOOL_CREATE, NULL);
  g_autoptr (GError) error = NULL;

  write_byte (spool, 99);
  g_assert_false (gst_ice_spool_write (spool, 100, "x", 1, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);
  g_test_message ("%s", error->message);

  /* What is there may be written again. */
  write_byte (spool, 0);
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 100);

  if (!gst_ice_spool_free_range (spool, 0, 10)) {
    g_test_skip ("The file system makes no holes");
    return;
  }
  write_byte (spool, 109);
  g_assert_false (gst_ice_spool_write (spool, 110, "x", 1, NULL));
}

/* ---- removal ---- */

static void
test_remove (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;
  g_autofree gchar *path = spool_fixture_get_path (fixture, NULL);
  g_autoptr (GError) error = NULL;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  gst_ice_spool_remove (spool);
  gst_ice_spool_note_freed (spool, 1);
  gst_ice_spool_remove (spool);
  gst_ice_spool_flush (spool);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  g_assert_false (gst_ice_spool_write (spool, 0, "x", 1, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_null (gst_ice_spool_get_trouble (spool));

  /* The next one need not wait for the last reference. */
  {
    g_autoptr (GstIceSpool) next = spool_fixture_open (fixture);

    g_assert_null (gst_ice_spool_get_left (next));
  }
}

/* What somebody else has put there stays, and is in nobody's way. */
static void
test_remove_spares_others (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *path = spool_fixture_get_path (fixture, "notes.txt");
  GstIceSpool *spool;

  spool_fixture_record (fixture);
  g_assert_true (g_file_set_contents (path, "mine", -1, NULL));
  spool = spool_fixture_open (fixture);
  gst_ice_spool_remove (spool);
  gst_ice_spool_flush (spool);
  gst_ice_spool_unref (spool);

  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* The process died after it had noted that all goes. */
static void
test_remove_interrupted (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;

  spool_fixture_record (fixture);
  spool_fixture_append_line (fixture, "{\"note\":\"done\"}");
  spool = spool_fixture_open (fixture);
  g_assert_null (gst_ice_spool_get_left (spool));
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 0);

  gst_ice_spool_note_run (spool, 0, &plan);
  spool = reopen (fixture, spool);
  g_assert_cmpuint (gst_ice_spool_get_left (spool)->parts->len, ==, 0);
}

/* ---- modes, names, tools ---- */

static void
assert_mode (SpoolFixture * fixture, const gchar * name, guint mode)
{
  g_autofree gchar *path = spool_fixture_get_path (fixture, name);
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, mode);
}

static void
test_modes (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  mode_t mask = umask (0);

  spool_fixture_record (fixture);
  umask (mask);
  assert_mode (fixture, NULL, 0700);
  assert_mode (fixture, "lock", 0600);
  assert_mode (fixture, "journal", 0600);
  assert_mode (fixture, "data", 0600);
}

static void
test_media_ids (void)
{
  g_autofree gchar *longest = g_strnfill (128, 'a');
  g_autofree gchar *too_long = g_strnfill (129, 'a');
  const gchar *const bad[] = { "", ".", "..", "a/b", "../a", "a b", "a\nb",
    "\303\251", too_long
  };
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  GstIceSpool *spool;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (gst_ice_spool_open (fixture->directory, bad[i], 0,
            GST_ICE_SPOOL_CREATE, &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  }

  spool = gst_ice_spool_open (fixture->directory, longest, 0,
      GST_ICE_SPOOL_CREATE, NULL);
  g_assert_nonnull (spool);
  gst_ice_spool_unref (spool);
}

static void
test_existing_only (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *path = spool_fixture_get_path (fixture, NULL);
  g_autoptr (GstIceSpool) spool = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (gst_ice_spool_open (fixture->directory, MEDIA_ID, 0,
          GST_ICE_SPOOL_OPEN_EXISTING, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  spool_fixture_record (fixture);
  spool = gst_ice_spool_open (fixture->directory, MEDIA_ID, 0,
      GST_ICE_SPOOL_OPEN_EXISTING, NULL);
  assert_left (gst_ice_spool_get_left (spool));
}

static void
make_others (SpoolFixture * fixture)
{
  g_autofree gchar *foreign = g_build_filename (fixture->directory,
      "foreign", NULL);
  g_autofree gchar *odd = g_build_filename (fixture->directory, "o.d.d",
      NULL);

  g_assert_cmpint (g_mkdir (foreign, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (odd, 0700), ==, 0);
}

static void
test_list (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_auto (GStrv) found = NULL;
  g_autoptr (GError) error = NULL;

  spool_fixture_record (fixture);
  gst_ice_spool_unref (gst_ice_spool_open (fixture->directory, "another", 0,
          GST_ICE_SPOOL_CREATE, NULL));
  make_others (fixture);
  found = gst_ice_spool_list (fixture->directory, NULL);
  g_assert_cmpstrv (found, ((const gchar * const[]) { "another", MEDIA_ID,
          NULL }));

  g_assert_null (gst_ice_spool_list ("/nonexistent/spools", &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_FOUND);
}

/* To look changes nothing, not even a torn line, and works while the spool is
 * in use. */
static void
test_inspect (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = NULL;
  g_autofree gchar *text = NULL;
  gsize size;
  guint used;

  spool_fixture_record (fixture);
  spool_fixture_append (fixture, "0123");
  text = spool_fixture_read_journal (fixture, &size);
  for (used = 0; used <= 1; used++) {
    g_autoptr (GstIceSpoolLeft) left = NULL;
    gboolean in_use = !used;

    left = gst_ice_spool_inspect (fixture->directory, MEDIA_ID, &in_use,
        NULL);
    assert_left (left);
    g_assert_cmpint (in_use, ==, used);
    if (!used) {
      spool_fixture_assert_journal (fixture, text, size);
      spool = spool_fixture_open (fixture);
    }
  }
}

static void
test_inspect_nothing (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GError) error = NULL;
  gboolean in_use;

  g_assert_null (gst_ice_spool_inspect (fixture->directory, MEDIA_ID,
          &in_use, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_FOUND);
  g_clear_error (&error);

  gst_ice_spool_unref (spool_fixture_open (fixture));
  g_assert_null (gst_ice_spool_inspect (fixture->directory, MEDIA_ID,
          &in_use, &error));
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/spool/starts-empty", test_new);
  g_test_add_func ("/spool/finds-what-was-left", test_round_trip);
  g_test_add_func ("/spool/goes-on", test_second_run);
  g_test_add_func ("/spool/lets-the-last-part-grow", test_grown_part);
  g_test_add_func ("/spool/fills-in-parts", test_unknown_parts);
  g_test_add_func ("/spool/another-upload-has-no-parts", test_other_upload);
  g_test_add_func ("/spool/same-upload-keeps-its-parts", test_same_upload);
  g_test_add_func ("/spool/gaps-read-as-zeroes", test_gaps);
  g_test_add_func ("/spool/goes-back", test_truncate);
  g_test_add_func ("/spool/goes-back-to-nothing", test_truncate_to_nothing);
  g_test_add_func ("/spool/gives-the-disk-back", test_holes);
  g_test_add_func ("/spool/counts-what-is-freed", test_freed_ranges);
  g_test_add_func ("/spool/runs-jobs-in-order", test_jobs);
  g_test_add_func ("/spool/ends-its-jobs", test_jobs_outlive);
  g_test_add_func ("/spool/has-a-limit", test_max_size);
  g_test_add_func ("/spool/removes-everything", test_remove);
  g_test_add_func ("/spool/removes-nothing-else", test_remove_spares_others);
  g_test_add_func ("/spool/ends-a-removal", test_remove_interrupted);
  g_test_add_func ("/spool/is-private", test_modes);
  g_test_add_func ("/spool/checks-media-ids", test_media_ids);
  g_test_add_func ("/spool/opens-without-making", test_existing_only);
  g_test_add_func ("/spool/lists", test_list);
  g_test_add_func ("/spool/lets-look", test_inspect);
  g_test_add_func ("/spool/lets-look-at-nothing", test_inspect_nothing);

  return g_test_run ();
}
