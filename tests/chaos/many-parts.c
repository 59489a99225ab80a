/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* More than 10,000 parts' worth of a recording: never part 10,001.
 *
 * Once by size, through the element and with every byte checked by CRC-64;
 * once by age, a week long, through the recording on a clock that the test
 * moves, without a network. */

#include <string.h>

#include <gst/app/gstappsrc.h>

#include "common/crc64.h"
#include "recording/recording.h"
#include "trial.h"
#include "unit/test-time.h"

#define KIB ((guint64) 1024)
#define MIB (1024 * KIB)
#define PART_NUMBER_MAX 10000

/* ---- by size ---- */

#define PART_SIZE (100 * KIB)
#define TOTAL (12000 * PART_SIZE)
#define CHUNK (1200 * KIB)

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
#define MAX_PART_DURATION (10 * G_USEC_PER_SEC)

typedef struct
{
  TestTime time;
  GstIceRecording *recording;
  GPtrArray *sealed;            /* (element-type GstIcePart): not confirmed */
  guint last;                   /* part number */
  guint64 size;                 /* one past the last byte that left */
  gint64 oldest_us;             /* age at which a byte left, at most */
} Week;

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  g_ptr_array_add (((Week *) user_data)->sealed, part);
}

/* Each part lies right behind the one before; the head comes last. */
static void
take_part (Week * week, GstIcePart * part)
{
  gint64 age = test_time_get (&week->time) - part->arrival_us;

  g_assert_cmpuint (part->number, >=, 1);
  g_assert_cmpuint (part->number, <=, PART_NUMBER_MAX);
  g_assert_cmpuint (part->generation, ==, 1);
  week->last = MAX (week->last, part->number);
  week->size = MAX (week->size, part->offset + part->size);
  week->oldest_us = MAX (week->oldest_us, age);
  gst_ice_recording_confirmed (week->recording, part->number,
      part->generation);
}

static void
confirm_sealed (Week * week)
{
  guint i;

  for (i = 0; i < week->sealed->len; i++)
    take_part (week, g_ptr_array_index (week->sealed, i));
  g_ptr_array_set_size (week->sealed, 0);
}

static void
record_second (Week * week)
{
  static guint8 data[BYTES_PER_SECOND];

  memset (data, 0x55, sizeof data);
  g_assert_cmpint (gst_ice_recording_write (week->recording, data,
          sizeof data, NULL), ==, sizeof data);
  test_time_advance (&week->time, G_USEC_PER_SEC);
  gst_ice_recording_seal_aged (week->recording);
  confirm_sealed (week);
}

static void
finish_week (Week * week)
{
  g_autoptr (GPtrArray) rest = gst_ice_recording_finish (week->recording);
  guint64 bytes = 0;
  guint i;

  for (i = 0; i < rest->len; i++) {
    const GstIcePart *part = g_ptr_array_index (rest, i);

    week->last = MAX (week->last, part->number);
    week->size = MAX (week->size, part->offset + part->size);
    bytes += part->size;
  }
  g_test_message ("%u parts, %.0f s the oldest byte, %" G_GUINT64_FORMAT
      " bytes with the end", week->last,
      week->oldest_us / (gdouble) G_USEC_PER_SEC, bytes);
}

static void
test_week (void)
{
  const GstIceRecordingConfig config = {
    .plan = {4 * MIB, 32 * MIB},
    .max_memory = 128 * MIB,
    .head_size = 1 * MIB,
    .max_part_duration_us = MAX_PART_DURATION,
  };
  Week week = { .last = 0 };
  guint i;

  test_time_init (&week.time);
  week.sealed =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_part_unref);
  week.recording = gst_ice_recording_new (&config, week.time.clock, on_sealed,
      &week);

  for (i = 0; i < WEEK; i++)
    record_second (&week);
  finish_week (&week);

  g_assert_cmpuint (week.size, ==, (guint64) WEEK * BYTES_PER_SECOND);
  g_assert_cmpuint (week.last, <=, PART_NUMBER_MAX);

  gst_ice_recording_unref (week.recording);
  g_ptr_array_unref (week.sealed);
  test_time_clear (&week.time);
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

  return g_test_run ();
}
