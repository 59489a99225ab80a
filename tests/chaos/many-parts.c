/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* More than 10,000 parts' worth of a recording: never part 10,001, and an exact
 * object by its CRC-64.
 *
 * Once by size, through the element; once by age, a week long, through the
 * recording on a clock that the test moves. With `-m slow`, that week is
 * uploaded as well. */

#include <string.h>

#include <gst/app/gstappsrc.h>

#include "common/crc64.h"
#include "clocked-upload.h"
#include "trial.h"

#define PART_NUMBER_MAX 10000

/* ---- by size ---- */

#define TOTAL (12000 * (guint64) PART_SIZE)
#define CHUNK (12 * PART_SIZE)

/* Bytes from a generator, as the source asks for them. */
typedef struct
{
  guint64 left;
  guint64 crc64;
  guint64 state;
} Generator;

static void
fill (Generator * g, guint64 * data, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++) {
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    data[i] = g->state;
  }
}

static void
on_need_data (GstAppSrc * source, guint length, gpointer user_data)
{
  Generator *g = user_data;
  guint64 *data;

  if (g->left == 0) {
    gst_app_src_end_of_stream (source);
    return;
  }

  data = g_malloc (CHUNK);
  fill (g, data, CHUNK / sizeof (guint64));
  g->crc64 = gst_ice_crc64_update (g->crc64, data, CHUNK);
  g->left -= CHUNK;
  gst_app_src_push_buffer (source, gst_buffer_new_wrapped (data, CHUNK));
}

/* The largest part number that was sent. */
static guint
get_last_part (IceEmulator * emulator)
{
  g_autoptr (GPtrArray) records = ice_emulator_get_records (emulator);
  guint last = 0, i;

  for (i = 0; i < records->len; i++) {
    const IceEmulatorRecord *record = g_ptr_array_index (records, i);

    last = MAX (last, record->part_number);
  }

  return last;
}

static void
wait_for_end (Trial * trial)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (trial->pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
      GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
}

/* @data: properties. */
static void
test_twelve_thousand (gconstpointer data)
{
  const gchar *const options[] = { "--discard", "--no-md5", NULL };
  GstAppSrcCallbacks callbacks = {.need_data = on_need_data };
  Generator generator = { TOTAL, 0, 1 };
  g_autoptr (Trial) trial = trial_new (options, data);
  guint64 size, crc64;

  gst_app_src_set_callbacks (GST_APP_SRC (trial->source), &callbacks,
      &generator, NULL);
  trial_start (trial);
  wait_for_end (trial);

  g_assert_true (ice_emulator_get_object_info (trial->emulator,
          TRIAL_MEDIA_ID, NULL, &size, &crc64));
  g_assert_cmpuint (size, ==, TOTAL);
  g_assert_cmpuint (crc64, ==, generator.crc64);
  g_test_message ("%u parts", get_last_part (trial->emulator));
  g_assert_cmpuint (get_last_part (trial->emulator), <=, PART_NUMBER_MAX);
}

/* ---- by age ---- */

#define WEEK (7 * 24 * 3600)    /* seconds */
#define BYTES_PER_SECOND 25000  /* 200 kbit/s */
#define WEEK_MEMORY (128 * MIB)
#define WEEK_PART_DURATION (10 * SECOND)

/* What has left the recording, of each part. */
typedef struct
{
  guint64 offset;
  guint64 size;
  guint64 crc64;
} Left;

/**
 * Week:
 * @sealed: (element-type GstIcePart): not confirmed yet
 * @parts: what has left, by part number - 1
 * @crc64: of what was recorded
 * @oldest_us: age at which a byte left, at most
 */
typedef struct
{
  TestTime time;
  GstIceRecording *recording;
  GPtrArray *sealed;
  Left parts[PART_NUMBER_MAX];
  guint last;
  guint64 crc64;
  gint64 oldest_us;
} Week;

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  g_ptr_array_add (((Week *) user_data)->sealed, part);
}

static void
note_part (Week * week, const GstIcePart * part)
{
  g_assert_cmpuint (part->number, >=, 1);
  g_assert_cmpuint (part->number, <=, PART_NUMBER_MAX);
  g_assert_cmpuint (part->generation, ==, 1);
  week->parts[part->number - 1] = (Left) {
  part->offset, part->size, part->crc64};
  week->last = MAX (week->last, part->number);
}

static void
confirm_sealed (Week * week)
{
  guint i;

  for (i = 0; i < week->sealed->len; i++) {
    const GstIcePart *part = g_ptr_array_index (week->sealed, i);
    gint64 age = test_time_get (&week->time) - part->arrival_us;

    note_part (week, part);
    week->oldest_us = MAX (week->oldest_us, age);
    gst_ice_recording_confirmed (week->recording, part->number,
        part->generation);
  }
  g_ptr_array_set_size (week->sealed, 0);
}

/* No two seconds are alike, by their first bytes. */
static void
record_second (Week * week, guint64 number)
{
  static guint64 data[BYTES_PER_SECOND / sizeof (guint64)] = { 0 };
  static guint64 rest = 0;
  gsize rest_size = sizeof data - sizeof number;

  if (number == 0) {
    memset (data, 0x55, sizeof data);
    rest = gst_ice_crc64_update (0, data + 1, rest_size);
  }
  data[0] = number;
  week->crc64 = gst_ice_crc64_update (week->crc64, &number, sizeof number);
  week->crc64 = gst_ice_crc64_combine (week->crc64, rest, rest_size);

  g_assert_cmpint (gst_ice_recording_write (week->recording,
          (const guint8 *) data, sizeof data, NULL), ==, sizeof data);
  test_time_advance (&week->time, SECOND);
  gst_ice_recording_seal_aged (week->recording);
  confirm_sealed (week);
}

static void
finish_week (Week * week)
{
  g_autoptr (GPtrArray) rest = gst_ice_recording_finish (week->recording);
  guint i;

  for (i = 0; i < rest->len; i++)
    note_part (week, g_ptr_array_index (rest, i));
  g_test_message ("%u parts, %.0f s the oldest byte", week->last,
      week->oldest_us / (gdouble) SECOND);
}

/* Each part lies right behind the one before, and together they are it. */
static void
assert_week_exact (Week * week)
{
  guint64 crc64 = 0, size = 0;
  guint i;

  for (i = 0; i < week->last; i++) {
    g_assert_cmpuint (week->parts[i].offset, ==, size);
    size += week->parts[i].size;
    crc64 = gst_ice_crc64_combine (crc64, week->parts[i].crc64,
        week->parts[i].size);
  }
  g_assert_cmpuint (size, ==, (guint64) WEEK * BYTES_PER_SECOND);
  g_assert_cmpuint (crc64, ==, week->crc64);
}

static void
test_week (void)
{
  const GstIceRecordingConfig config = {
    .plan = {4 * MIB, WEEK_MEMORY / 4},
    .max_memory = WEEK_MEMORY,
    .head_size = 1 * MIB,
    .max_part_duration_us = WEEK_PART_DURATION,
  };
  g_autofree Week *week = g_new0 (Week, 1);
  guint i;

  test_time_init (&week->time);
  week->sealed =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_part_unref);
  week->recording = gst_ice_recording_new (&config, week->time.clock,
      on_sealed, week);

  for (i = 0; i < WEEK; i++)
    record_second (week, i);
  finish_week (week);
  assert_week_exact (week);

  gst_ice_recording_unref (week->recording);
  g_ptr_array_unref (week->sealed);
  test_time_clear (&week->time);
}

/* ---- by age, and uploaded ---- */

static void
test_uploaded_week (void)
{
  static const ClockedUploadConfig config = {
    WEEK_MEMORY, WEEK_PART_DURATION, "--credential-life=43200", 5 * SECOND,
    5 * BYTES_PER_SECOND
  };
  ClockedUpload upload;

  clocked_upload_init (&upload, &config);
  clocked_upload_record (&upload, WEEK * SECOND);
  clocked_upload_finish (&upload);
  g_assert_cmpuint (upload.size, ==, (guint64) WEEK * BYTES_PER_SECOND);
  g_test_message ("%u parts", get_last_part (upload.fixture.emulator));
  g_assert_cmpuint (get_last_part (upload.fixture.emulator), <=,
      PART_NUMBER_MAX);
  clocked_upload_clear (&upload);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  trial_init (&argc, &argv);

  g_test_add_data_func ("/icesink/many-parts/of-the-smallest-size",
      "part-size=102400", test_twelve_thousand);
  g_test_add_data_func ("/icesink/many-parts/that-can-hardly-grow",
      "part-size=102400 max-memory=1048576 parallel-parts=7",
      test_twelve_thousand);
  g_test_add_func ("/icesink/many-parts/of-a-week", test_week);
  if (g_test_slow ())
    g_test_add_func ("/icesink/many-parts/of-a-week-uploaded",
        test_uploaded_week);

  return g_test_run ();
}
