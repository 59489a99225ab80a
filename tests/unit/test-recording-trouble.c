/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The recording with a spool when the disk is full or broken, and what is left
 * if it all ends then. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "recording/write-behind.h"

#include "disk.h"
#include "recording-model.h"
#include "spool-fixture.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define SECOND ((gint64) G_USEC_PER_SEC)

/* Of a part; four chunks of memory, the last of them hardly used. */
#define SIZE (200 * KIB)

/* ---- a recording whose spool has room for five parts ---- */

typedef struct
{
  SpoolFixture *fixture;
  GstIceSpool *spool;
  GstIceRecordingConfig config;
  RecordingModel *model;
} Trouble;

static GstIceSpool *
open_bounded (SpoolFixture * fixture, guint64 max_size)
{
  g_autoptr (GError) error = NULL;
  GstIceSpool *spool = gst_ice_spool_open (fixture->directory, MEDIA_ID,
      max_size, GST_ICE_SPOOL_CREATE, &error);

  g_assert_no_error (error);

  return spool;
}

static Trouble *
trouble_new_with (guint64 part_size, guint64 max_size, guint64 max_memory,
    guint64 head_size)
{
  Trouble *trouble = g_new0 (Trouble, 1);

  trouble->fixture = spool_fixture_new ();
  trouble->spool = open_bounded (trouble->fixture, max_size);
  trouble->config = (GstIceRecordingConfig) {
    .plan = {part_size, GST_ICE_PART_SIZE_MAX},
    .max_memory = max_memory,
    .head_size = head_size,
    .spool = trouble->spool,
  };
  gst_ice_spool_note_run (trouble->spool, 0, &trouble->config.plan);
  trouble->model = recording_model_new (&trouble->config, 1);

  return trouble;
}

static Trouble *
trouble_new_for (guint64 part_size, guint64 max_size, guint64 max_memory)
{
  return trouble_new_with (part_size, max_size, max_memory, 0);
}

static Trouble *
trouble_new (guint64 max_size, guint64 max_memory)
{
  return trouble_new_for (SIZE, max_size, max_memory);
}

static void
trouble_free (Trouble * trouble)
{
  recording_flush (trouble->model->recording);
  recording_model_free (trouble->model);
  gst_ice_spool_unref (trouble->spool);
  spool_fixture_free (trouble->fixture);
  g_free (trouble);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Trouble, trouble_free)

static void
write_size (Trouble * trouble, guint64 size)
{
  g_assert_true (recording_model_write_random (trouble->model, size));
}

/* All that has room is on disk. */
static void
flush (Trouble * trouble)
{
  gst_ice_recording_seal_aged (trouble->model->recording);
  recording_flush (trouble->model->recording);
}

/* Ends, and begins again with a disk that has room. */
static void
crash (Trouble * trouble)
{
  gst_ice_spool_close (trouble->spool, G_MAXINT64);
  gst_ice_spool_unref (trouble->spool);
  trouble->spool = open_bounded (trouble->fixture, 0);
  trouble->config.spool = trouble->spool;
  recording_model_crash (trouble->model, &trouble->config, TRUE);
}

static void
arrive_number (Trouble * trouble, guint number)
{
  GPtrArray *waiting = trouble->model->waiting;
  guint i;

  for (i = 0; i < waiting->len; i++) {
    const GstIcePart *part = g_ptr_array_index (waiting, i);

    if (part->number != number)
      continue;
    recording_model_arrive (trouble->model, i);
    return;
  }
  g_assert_not_reached ();
}

static void
assert_spool_takes (Trouble * trouble)
{
  g_autoptr (GError) error =
      gst_ice_recording_get_spool_error (trouble->model->recording);

  g_assert_no_error (error);
}

/* ---- parts that were never on disk ---- */

/* The disk ends with part 5; part 6 went from memory. */
static void
test_arrived_from_memory (void)
{
  g_autoptr (Trouble) trouble = trouble_new (5 * SIZE, 4 * MIB);

  write_size (trouble, 6 * SIZE + 10);
  flush (trouble);
  arrive_number (trouble, 6);
  flush (trouble);
  crash (trouble);

  g_assert_cmpuint (trouble->model->position, ==, 6 * SIZE);
  write_size (trouble, 3 * SIZE);
  recording_model_verify (trouble->model);
  g_assert_cmpuint (trouble->model->n_found, ==, 1);
  recording_model_finish (trouble->model);
}

/* The disk ends within part 6; part 7 went from memory, and is of no use. */
static void
test_gap_before_arrived (void)
{
  g_autoptr (Trouble) trouble = trouble_new (5 * SIZE + 64 * KIB, 4 * MIB);

  write_size (trouble, 8 * SIZE + 10);
  flush (trouble);
  arrive_number (trouble, 7);
  flush (trouble);
  crash (trouble);

  g_assert_cmpuint (trouble->model->position, ==, 5 * SIZE + 64 * KIB);
  write_size (trouble, 3 * SIZE);
  recording_model_verify (trouble->model);
  g_assert_cmpuint (trouble->model->n_found, ==, 0);
  recording_model_finish (trouble->model);
}

/* Small parts behind the end of the disk; larger ones take their place. */
static void
test_journal_ahead (void)
{
  g_autoptr (Trouble) trouble = trouble_new (5 * SIZE, 4 * MIB);
  guint i;

  write_size (trouble, 5 * SIZE);
  for (i = 0; i < 5; i++) {
    write_size (trouble, GST_ICE_PART_SIZE_MIN);
    gst_ice_recording_checkpoint (trouble->model->recording);
  }
  flush (trouble);
  crash (trouble);

  write_size (trouble, SIZE + 10);
  recording_model_verify (trouble->model);
  flush (trouble);
  crash (trouble);
  recording_model_verify (trouble->model);
  recording_model_finish (trouble->model);
  g_assert_cmpuint (trouble->model->file->len, ==, 6 * SIZE + 10);
}

/* ---- a disk that has no room for the journal ---- */

static void
set_journal_full (gboolean full)
{
  disk_set (DISK_APPEND, "/journal", full ? ENOSPC : DISK_IS_WELL);
}

static GError *
get_trouble (Trouble * trouble)
{
  return gst_ice_spool_get_trouble (trouble->spool);
}

/* Once there is room, nothing has to happen but time. */
static void
test_journal_recovers (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 4 * MIB);
  g_autoptr (GError) error = NULL;

  write_size (trouble, 3 * SIZE);
  flush (trouble);
  set_journal_full (TRUE);
  write_size (trouble, SIZE);
  flush (trouble);
  error = get_trouble (trouble);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);

  set_journal_full (FALSE);
  flush (trouble);
  g_assert_null (get_trouble (trouble));
  crash (trouble);
  recording_model_verify (trouble->model);
  g_assert_cmpuint (trouble->model->position, ==, 4 * SIZE);
  recording_model_finish (trouble->model);
}

/* Data without a journal could not be told from damage. */
static void
test_no_journal (void)
{
  g_autoptr (Trouble) trouble = NULL;
  g_autoptr (GError) error = NULL;

  set_journal_full (TRUE);
  trouble = trouble_new (0, 4 * MIB);
  write_size (trouble, 3 * SIZE);
  flush (trouble);
  error = gst_ice_recording_get_spool_error (trouble->model->recording);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);
  g_assert_cmpuint (gst_ice_spool_get_used (trouble->spool), ==, 0);

  set_journal_full (FALSE);
  flush (trouble);
  assert_spool_takes (trouble);
  crash (trouble);
  g_assert_cmpuint (trouble->model->position, ==, 3 * SIZE);
  recording_model_verify (trouble->model);
  recording_model_finish (trouble->model);
}

static guint64
get_data_size (Trouble * trouble)
{
  g_autofree gchar *path = spool_fixture_get_path (trouble->fixture, "data");
  struct stat info = { 0 };

  g_assert_cmpint (stat (path, &info), ==, 0);

  return info.st_size;
}

/* A power cut can't leave data that nothing is known of. */
static void
test_journal_first (void)
{
  g_autoptr (Trouble) trouble = NULL;

  disk_set (DISK_SYNC, "/journal", DISK_HANGS);
  trouble = trouble_new (0, 4 * MIB);
  write_size (trouble, 3 * SIZE);
  gst_ice_recording_seal_aged (trouble->model->recording);
  do {
    gst_ice_recording_flush_until (trouble->model->recording,
        g_get_monotonic_time () + G_USEC_PER_SEC / 10);
    g_assert_cmpuint (get_data_size (trouble), ==, 0);
  } while (disk_count_hanging () == 0);

  disk_set (DISK_SYNC, "/journal", DISK_IS_WELL);
  flush (trouble);
  g_assert_cmpuint (get_data_size (trouble), >, 0);
}

/* Bytes of two runs would be taken for those of one. */
static void
test_no_room_for_cut (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 4 * MIB);
  g_autoptr (GError) error = NULL;

  write_size (trouble, 2 * SIZE + 10);
  flush (trouble);
  set_journal_full (TRUE);
  crash (trouble);
  recording_model_verify (trouble->model);
  write_size (trouble, 2 * SIZE);
  flush (trouble);
  g_assert_cmpuint (gst_ice_spool_get_used (trouble->spool), ==,
      2 * SIZE + 10);
  error = gst_ice_recording_get_spool_error (trouble->model->recording);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);

  set_journal_full (FALSE);
  flush (trouble);
  assert_spool_takes (trouble);
  crash (trouble);
  g_assert_cmpuint (trouble->model->position, ==, 4 * SIZE + 10);
  recording_model_verify (trouble->model);
  recording_model_finish (trouble->model);
}

/* ---- a full disk ---- */

static GMutex gate_lock;
static GCond gate_changed;
static gboolean gate_open;

static void
wait_at_gate (GstIceSpool * spool, gpointer user_data)
{
  g_mutex_lock (&gate_lock);
  while (!gate_open)
    g_cond_wait (&gate_changed, &gate_lock);
  g_mutex_unlock (&gate_lock);
}

/* Nothing is done on disk until the gate is opened. */
static void
close_gate (Trouble * trouble)
{
  gate_open = FALSE;
  gst_ice_spool_run (trouble->spool, wait_at_gate, NULL, NULL);
}

static void
open_gate (void)
{
  g_mutex_lock (&gate_lock);
  gate_open = TRUE;
  g_cond_signal (&gate_changed);
  g_mutex_unlock (&gate_lock);
}

/* Between any two jobs the process may die. */
static void
check_journal (GstIceSpool * spool, gpointer user_data)
{
  Trouble *trouble = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceSpoolLeft) left = NULL;
  gboolean in_use;
  guint64 freed = 0;
  guint i;

  left = gst_ice_spool_inspect (trouble->fixture->directory, MEDIA_ID,
      &in_use, &error);
  g_assert_no_error (error);
  for (i = 1; i <= left->parts->len; i++)
    freed += spool_part (left, i)->freed ? spool_part (left, i)->size : 0;
  g_assert_cmpuint (gst_ice_spool_get_used (spool), >=, left->size - freed);
}

/* A hole that the journal does not know of would be taken for zeroes. */
static void
test_journal_knows (void)
{
  g_autoptr (Trouble) trouble = trouble_new (5 * SIZE, 4 * MIB);

  write_size (trouble, 5 * SIZE);
  flush (trouble);
  recording_model_arrive_all (trouble->model);
  close_gate (trouble);
  write_size (trouble, SIZE);
  gst_ice_recording_seal_aged (trouble->model->recording);
  gst_ice_spool_run (trouble->spool, check_journal, trouble, NULL);
  open_gate ();
  recording_flush (trouble->model->recording);

  assert_spool_takes (trouble);
  recording_model_finish (trouble->model);
}

/* A file system that can't free a part of a file: the disk stays full until it
 * can. */
static void
test_no_holes (void)
{
  g_autoptr (Trouble) trouble = trouble_new (5 * SIZE, 4 * MIB);
  g_autoptr (GError) error = NULL;

  write_size (trouble, 5 * SIZE);
  flush (trouble);
  recording_model_arrive_all (trouble->model);
  disk_set (DISK_PUNCH, "/data", EOPNOTSUPP);
  write_size (trouble, SIZE);
  flush (trouble);
  error = gst_ice_recording_get_spool_error (trouble->model->recording);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);
  g_assert_cmpuint (gst_ice_spool_get_used (trouble->spool), ==, 5 * SIZE);

  disk_set (DISK_PUNCH, "", DISK_IS_WELL);
  flush (trouble);
  assert_spool_takes (trouble);
  g_assert_cmpuint (gst_ice_spool_get_used (trouble->spool), <=, 5 * SIZE);
  recording_model_finish (trouble->model);
}

/* What leaves memory while the disk is full leaves the disk as well. */
static void
test_many_outages (void)
{
  g_autoptr (Trouble) trouble = trouble_new (5 * SIZE, 1 * MIB);
  guint i;

  for (i = 0; i < 10; i++) {
    write_size (trouble, 8 * SIZE);
    flush (trouble);
    recording_model_arrive_all (trouble->model);
    write_size (trouble, 10);
    flush (trouble);
    assert_spool_takes (trouble);
  }
  g_assert_cmpuint (gst_ice_spool_get_used (trouble->spool), <=, 5 * SIZE);
  recording_model_finish (trouble->model);
}

/* ---- a disk that does not answer ---- */

/* Whoever waits has had enough one day. What is on its way to the disk ends by
 * itself, and then another one can have the spool. */
static void
test_hangs (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 4 * MIB);
  gint64 now = g_get_monotonic_time ();

  close_gate (trouble);
  write_size (trouble, 3 * SIZE);
  gst_ice_recording_flush_until (trouble->model->recording, now + 10);
  gst_ice_recording_detach_spool (trouble->model->recording);
  g_assert_false (gst_ice_spool_close (trouble->spool, now + 10));

  open_gate ();
  g_assert_true (gst_ice_spool_close (trouble->spool, G_MAXINT64));
  gst_ice_spool_unref (trouble->spool);
  trouble->spool = open_bounded (trouble->fixture, 0);
}

/* ---- a broken disk ---- */

static void
set_file_limit (rlim_t size)
{
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = size;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* What had arrived and was still to be written gives its memory. */
static void
test_breaks (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 1 * MIB);

  close_gate (trouble);
  write_size (trouble, 4 * SIZE);
  recording_model_arrive_all (trouble->model);
  gst_ice_recording_seal_aged (trouble->model->recording);
  set_file_limit (64 * KIB);
  open_gate ();
  recording_flush (trouble->model->recording);
  set_file_limit (RLIM_INFINITY);

  write_size (trouble, 20 * SIZE);
  recording_model_finish (trouble->model);
}

/* ---- a head that is larger than memory ---- */

/* The disk has no room for it from the beginning, nor memory. */
static void
test_head_without_room (void)
{
  const guint64 part_sizes[] = { SIZE, 8 * MIB };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (part_sizes); i++) {
    g_autoptr (Trouble) trouble = trouble_new_with (part_sizes[i], 1, 1 * MIB,
        4 * MIB);

    write_size (trouble, 10);
    flush (trouble);
    write_size (trouble, 6 * MIB);
    recording_model_finish (trouble->model);
  }
}

/* With overflow=error as well: it was not for memory to hold. */
static void
test_head_gives_way (void)
{
  g_autoptr (Trouble) trouble = trouble_new_with (SIZE, 1, 1 * MIB, 4 * MIB);
  GstIceRecording *recording = trouble->model->recording;
  guint i;

  write_size (trouble, 10);
  flush (trouble);
  for (i = 0; i < 20; i++) {
    g_autofree guint8 *bytes = g_malloc0 (SIZE);
    gssize n;

    memset (bytes, i + 1, SIZE);
    n = gst_ice_recording_write (recording, bytes, SIZE, NULL);
    g_assert_cmpint (n, >=, 0);
    g_assert_false (gst_ice_recording_is_full (recording, FALSE) && n < SIZE);
    recording_model_arrive_all (trouble->model);
  }
  g_assert_cmpuint (trouble->model->n_sent, >, 0);
}

/* It is on disk, and rewritten after that has broken. */
static void
test_head_on_broken_disk (void)
{
  g_autoptr (Trouble) trouble = trouble_new_with (SIZE, 0, 1 * MIB, 4 * MIB);
  g_autoptr (GError) error = NULL;

  write_size (trouble, 3 * MIB);
  flush (trouble);
  set_file_limit (64 * KIB);
  write_size (trouble, SIZE);
  flush (trouble);
  set_file_limit (RLIM_INFINITY);
  error = gst_ice_recording_get_spool_error (trouble->model->recording);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);

  recording_model_seek (trouble->model, 0);
  write_size (trouble, 2 * MIB);
  recording_model_seek (trouble->model, trouble->model->file->len);
  write_size (trouble, 2 * MIB);
  recording_model_finish (trouble->model);
}

/* ---- rewrites ---- */

/* Nobody wants the older version any more. */
static void
test_superseded (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 1 * MIB);
  g_autoptr (GPtrArray) bytes = NULL;

  close_gate (trouble);
  write_size (trouble, 3 * SIZE + 10);
  g_assert_cmpuint (trouble->model->waiting->len, ==, 3);
  recording_model_seek (trouble->model, 2 * SIZE + 100);
  write_size (trouble, 4);
  recording_model_seek (trouble->model, trouble->model->file->len);
  bytes = gst_ice_part_ref_bytes (g_ptr_array_index (trouble->model->waiting,
          2));
  g_assert_null (bytes);
  open_gate ();
  recording_flush (trouble->model->recording);

  recording_model_finish (trouble->model);
}

/* There is no memory to rewrite it, so it stays as it is. */
static void
test_no_memory (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 1 * MIB);
  g_autoptr (GError) error = NULL;

  close_gate (trouble);
  write_size (trouble, 4 * SIZE);
  recording_model_seek (trouble->model, 3 * SIZE + 100);
  g_assert_cmpint (gst_ice_recording_write (trouble->model->recording, "1234",
          4, &error), ==, 0);
  g_assert_no_error (error);
  g_assert_false (gst_ice_part_is_superseded (g_ptr_array_index
          (trouble->model->waiting, 3)));
  recording_model_seek (trouble->model, trouble->model->file->len);
  open_gate ();
  recording_flush (trouble->model->recording);

  recording_model_finish (trouble->model);
}

/* What is on disk alone and can't be read can't be rewritten, and is what it was
 * once it can. */
static void
test_unreadable (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 1 * MIB);
  g_autoptr (GError) error = NULL;
  guint i;

  for (i = 0; i < 10; i++) {
    write_size (trouble, SIZE);
    flush (trouble);
  }
  recording_model_arrive_all (trouble->model);
  disk_set (DISK_READ, "/data", EIO);
  recording_model_seek (trouble->model, 100);
  g_assert_cmpint (gst_ice_recording_write (trouble->model->recording, "1234",
          4, &error), ==, -1);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, g_strerror (EIO)));

  disk_set (DISK_READ, "", DISK_IS_WELL);
  write_size (trouble, 4);
  recording_model_seek (trouble->model, trouble->model->file->len);
  recording_model_finish (trouble->model);
}

/* A part that is larger than memory, when the disk has no room for it. */
static void
test_wakes (void)
{
  g_autoptr (Trouble) trouble = trouble_new_for (8 * MIB, 1, 1 * MIB);
  GstIceRecording *recording = trouble->model->recording;
  g_autofree guint8 *bytes = g_malloc0 (2 * MIB);

  memset (bytes, 1, 2 * MIB);
  close_gate (trouble);
  g_assert_cmpint (gst_ice_recording_write (recording, bytes, 2 * MIB, NULL),
      ==, 1 * MIB);
  g_assert_false (gst_ice_recording_is_full (recording, FALSE));
  open_gate ();
  recording_flush (trouble->model->recording);

  g_assert_true (gst_ice_recording_wait (recording));
  g_assert_true (gst_ice_recording_is_full (recording, FALSE));
  g_assert_cmpint (gst_ice_recording_write (recording, bytes, 10, NULL), ==,
      0);
  g_assert_cmpuint (trouble->model->waiting->len, ==, 1);
}

/* There was no memory for the first byte of a part: then it is none. */
static void
test_empty_part (void)
{
  g_autoptr (Trouble) trouble = trouble_new (1, 1 * MIB);
  GstIceRecording *recording = trouble->model->recording;
  g_autoptr (GPtrArray) rest = NULL;
  guint i;

  write_size (trouble, 4 * SIZE);
  flush (trouble);
  g_assert_cmpint (gst_ice_recording_write (recording, "1234", 4, NULL), ==,
      0);
  rest = gst_ice_recording_finish (recording);
  for (i = 0; i < rest->len; i++) {
    const GstIcePart *part = g_ptr_array_index (rest, i);

    g_assert_cmpuint (part->size, >, 0);
  }
}

/* Zeroes take memory as soon as other bytes are beside them; where there is
 * none, the gap is filled later. */
static void
test_gap_without_memory (void)
{
  g_autoptr (Trouble) trouble = trouble_new (1, 1 * MIB);
  GstIceRecording *recording = trouble->model->recording;
  g_autoptr (GError) error = NULL;
  guint64 end = 4 * SIZE + 10;

  write_size (trouble, 4 * SIZE);
  flush (trouble);
  recording_model_seek (trouble->model, end);
  g_assert_cmpint (gst_ice_recording_write (recording, "1234", 4, &error), ==,
      0);
  recording_model_seek (trouble->model, end + 1000);
  g_assert_cmpint (gst_ice_recording_write (recording, "1234", 4, &error), ==,
      0);
  g_assert_no_error (error);
  g_assert_cmpuint (gst_ice_recording_get_size (recording), ==, end);

  write_size (trouble, SIZE);
  recording_model_finish (trouble->model);
  g_assert_cmpuint (trouble->model->file->len, ==, end + 1000 + SIZE);
}

/* What a flush leaves behind takes no memory. */
static void
test_discarded (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 1 * MIB);

  write_size (trouble, 3 * SIZE + 10);
  g_ptr_array_set_size (trouble->model->waiting, 0);
  gst_ice_recording_discard (trouble->model->recording);
  recording_flush (trouble->model->recording);
  g_assert_cmpuint (gst_ice_recording_get_memory_used
      (trouble->model->recording), ==, 0);
  g_assert_cmpint (gst_ice_recording_write (trouble->model->recording, "1234",
          4, NULL), ==, 0);
}

/* Old bytes that are new again. */
static void
test_lag (void)
{
  g_autoptr (Trouble) trouble = trouble_new (0, 1 * MIB);

  write_size (trouble, 3 * SIZE);
  recording_model_arrive_all (trouble->model);
  flush (trouble);
  recording_model_advance (trouble->model, 3600 * SECOND);
  recording_model_seek (trouble->model, 2 * SIZE + 100);
  write_size (trouble, 4);
  g_assert_cmpint (gst_ice_recording_get_oldest (trouble->model->recording),
      ==, trouble->model->now_us);
  recording_model_seek (trouble->model, trouble->model->file->len);
  recording_model_finish (trouble->model);
}

/* ---- states ---- */

/* What the disk can do, one after the other; and what it can't. */
static void
test_states (void)
{
  const GstIceSpoolState none = GST_ICE_SPOOL_NONE, ready = GST_ICE_SPOOL_READY,
      full = GST_ICE_SPOOL_FULL, lost = GST_ICE_SPOOL_LOST;
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  const GstIcePartPlan plan = { SIZE, SIZE };
  GstIceWriteBehind *behind = gst_ice_write_behind_new (gst_ice_part_list_new
      (&plan, 1 * MIB, 0, clock, spool));

  g_assert_false (gst_ice_write_behind_set_state (behind, full, ready));
  g_assert_false (gst_ice_write_behind_set_state (behind, ready, ready));
  g_assert_true (gst_ice_write_behind_set_state (behind, ready, full));
  g_assert_true (gst_ice_write_behind_set_state (behind, full, ready));
  g_assert_true (gst_ice_write_behind_set_state (behind, ready, lost));
  g_assert_false (gst_ice_write_behind_set_state (behind, lost, ready));
  g_assert_false (gst_ice_write_behind_set_state (behind, lost, full));
  g_assert_true (gst_ice_write_behind_set_state (behind, lost, none));
  g_assert_false (gst_ice_write_behind_set_state (behind, none, ready));
  gst_ice_write_behind_unref (behind);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/recording-trouble/goes-on-behind-what-arrived-from-memory",
      test_arrived_from_memory);
  g_test_add_func ("/recording-trouble/takes-nothing-from-behind-a-gap",
      test_gap_before_arrived);
  g_test_add_func ("/recording-trouble/forgets-parts-behind-the-end",
      test_journal_ahead);
  g_test_add_func ("/recording-trouble/writes-down-what-it-frees-first",
      test_journal_knows);
  g_test_add_func ("/recording-trouble/stays-full-without-holes",
      test_no_holes);
  g_test_add_func ("/recording-trouble/outlasts-many-outages",
      test_many_outages);
  g_test_add_func ("/recording-trouble/catches-up-with-its-journal",
      test_journal_recovers);
  g_test_add_func ("/recording-trouble/writes-nothing-without-a-journal",
      test_no_journal);
  g_test_add_func ("/recording-trouble/writes-no-data-before-its-journal",
      test_journal_first);
  g_test_add_func ("/recording-trouble/writes-no-data-before-a-cut",
      test_no_room_for_cut);
  g_test_add_func ("/recording-trouble/does-not-wait-for-ever", test_hangs);
  g_test_add_func ("/recording-trouble/outlasts-a-broken-disk", test_breaks);
  g_test_add_func ("/recording-trouble/lets-go-of-a-head/without-room",
      test_head_without_room);
  g_test_add_func ("/recording-trouble/lets-go-of-a-head/without-an-error",
      test_head_gives_way);
  g_test_add_func ("/recording-trouble/lets-go-of-a-head/on-a-broken-disk",
      test_head_on_broken_disk);
  g_test_add_func ("/recording-trouble/wakes-who-waits-for-the-disk",
      test_wakes);
  g_test_add_func ("/recording-trouble/keeps-what-it-can-not-read",
      test_unreadable);
  g_test_add_func ("/recording-trouble/keeps-what-it-can-not-rewrite",
      test_no_memory);
  g_test_add_func ("/recording-trouble/lets-go-of-older-versions",
      test_superseded);
  g_test_add_func ("/recording-trouble/has-no-empty-parts", test_empty_part);
  g_test_add_func ("/recording-trouble/fills-a-gap-when-there-is-memory",
      test_gap_without_memory);
  g_test_add_func ("/recording-trouble/keeps-nothing-that-is-discarded",
      test_discarded);
  g_test_add_func ("/recording-trouble/counts-a-rewrite-from-now", test_lag);
  g_test_add_func ("/recording-trouble/changes-state-as-drawn", test_states);

  return g_test_run ();
}
