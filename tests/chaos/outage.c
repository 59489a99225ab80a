/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Ten minutes without a network, at 5 Mbit/s, with memory enough to hold them.
 *
 * Here a recording and an upload are joined as the element joins them, on a
 * clock that they share with the emulator and that runs a hundred times as
 * fast: a recorder that writes 62,500 bytes every tenth of a second. With
 * `-m slow`, the element itself goes through it, and it takes its time.
 *
 * Threads: the main thread is the streaming thread; the upload has its own. */

#include "common/crc64.h"
#include "recording/recording.h"
#include "trial.h"
#include "unit/upload-fixture.h"

#define MIB (1024 * 1024)
#define MINUTE (60 * SECOND)

#define TICK (100 * MILLISECOND)
#define BYTES_PER_TICK 62500
#define MAX_MEMORY (448 * MIB)

/* As the element's own. */
#define BIG_PART_SIZE (4 * MIB)
#define HEAD_SIZE (1 * MIB)
#define MAX_PART_DURATION (10 * SECOND)

/* What is held back at the head, is not yet a part, or is on its way. */
#define USUAL_MEMORY (32 * MIB)
#define USUAL_LAG (15 * SECOND)

/* With 20 s at most between two tries, at random, and shorter ones first. */
#define FEWEST_PROBES 30
#define MOST_PROBES 150

/**
 * Line:
 * @fixture: the upload, the emulator and their clock
 * @recording: (owned)
 * @crc64: of all that was recorded
 * @size: the same in bytes
 * @state: of the generator of bytes
 */
typedef struct
{
  UploadFixture fixture;
  GstIceRecording *recording;
  guint64 crc64;
  guint64 size;
  guint32 state;
} Line;

/* ---- the joint ---- */

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  Line *line = user_data;

  gst_ice_upload_push (line->fixture.upload, part);
}

static void
on_event (const GstIceUploadEvent * event, gpointer user_data)
{
  Line *line = user_data;

  upload_fixture_get_callbacks ()->event (event, &line->fixture);
  if (event->type == GST_ICE_UPLOAD_EVENT_CONFIRMED)
    gst_ice_recording_confirmed (line->recording, event->part,
        event->generation);
}

static gboolean
on_ask (const gchar * reason, gpointer user_data)
{
  return FALSE;
}

static const GstIceUploadCallbacks callbacks = { on_event, on_ask };

static void
line_init (Line * line, const gchar * life)
{
  const gchar *const options[] = { "--discard", "--no-md5", life, NULL };
  GstIceRecordingConfig config = {
    .plan = {BIG_PART_SIZE, MAX_MEMORY / 4},
    .max_memory = MAX_MEMORY,
    .head_size = HEAD_SIZE,
    .max_part_duration_us = MAX_PART_DURATION,
  };
  UploadFixture *fixture = &line->fixture;

  *line = (Line) { .state = 1 };
  upload_fixture_init (fixture, options);
  fixture->config->retry_timeout_us = -1;
  fixture->config->part_size = BIG_PART_SIZE;
  line->recording = gst_ice_recording_new (&config, fixture->time.clock,
      on_sealed, line);
  fixture->upload = gst_ice_upload_new (g_steal_pointer (&fixture->config),
      fixture->time.clock, fixture->thread, &callbacks, line);
  gst_ice_upload_start (fixture->upload);
}

static void
line_clear (Line * line)
{
  upload_fixture_clear (&line->fixture);
  gst_ice_recording_unref (line->recording);
}

/* ---- recording ---- */

static void
write_tick (Line * line)
{
  guint32 data[BYTES_PER_TICK / sizeof (guint32)];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (data); i++) {
    line->state ^= line->state << 13;
    line->state ^= line->state >> 17;
    line->state ^= line->state << 5;
    data[i] = line->state;
  }
  line->crc64 = gst_ice_crc64_update (line->crc64, data, sizeof data);
  line->size += sizeof data;
  g_assert_cmpint (gst_ice_recording_write (line->recording, data,
          sizeof data, NULL), ==, sizeof data);
}

static void
record (Line * line, gint64 span)
{
  gint64 end = test_time_get (&line->fixture.time) + span;

  while (test_time_get (&line->fixture.time) < end) {
    write_tick (line);
    gst_ice_recording_seal_aged (line->recording);
    g_assert_cmpuint (gst_ice_recording_get_memory_used (line->recording), <=,
        MAX_MEMORY);
    upload_fixture_pass (&line->fixture, TICK, TICK);
  }
}

static void
finish (Line * line)
{
  guint64 size, crc64;

  gst_ice_upload_finish (line->fixture.upload,
      gst_ice_recording_finish (line->recording));
  upload_fixture_wait (&line->fixture, GST_ICE_UPLOAD_EVENT_COMPLETE, 1, TICK);

  g_assert_true (ice_emulator_get_object_info (line->fixture.emulator,
          MEDIA_ID, NULL, &size, &crc64));
  g_assert_cmpuint (size, ==, line->size);
  g_assert_cmpuint (crc64, ==, line->crc64);
}

static gint64
get_lag (Line * line)
{
  gint64 oldest = gst_ice_recording_get_oldest (line->recording);

  return oldest < 0 ? 0 : test_time_get (&line->fixture.time) - oldest;
}

static guint
count_requests (Line * line)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (line->fixture.upload, &info);

  return info.requests;
}

static guint
count_events (Line * line, GstIceUploadEventType type)
{
  return upload_fixture_count (&line->fixture, type);
}

static void
set_reachable (Line * line, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (line->fixture.emulator, reachable, &error);
  g_assert_no_error (error);
}

static void
assert_usual (Line * line)
{
  guint64 used = gst_ice_recording_get_memory_used (line->recording);

  g_test_message ("lag %.1f s, memory %.1f MiB",
      get_lag (line) / (gdouble) SECOND, used / (gdouble) MIB);
  g_assert_cmpint (get_lag (line), <, USUAL_LAG);
  g_assert_cmpuint (used, <, USUAL_MEMORY);
}

/* ---- tests ---- */

static void
test_ten_minutes (void)
{
  Line line;
  guint before, n_probes;

  line_init (&line, "--credential-life=43200");
  record (&line, MINUTE);
  assert_usual (&line);

  set_reachable (&line, FALSE);
  before = count_requests (&line);
  record (&line, 10 * MINUTE);
  n_probes = count_requests (&line) - before;
  g_test_message ("%u probes", n_probes);
  g_assert_cmpuint (n_probes, >=, FEWEST_PROBES);
  g_assert_cmpuint (n_probes, <=, MOST_PROBES);
  g_assert_cmpuint (count_events (&line, GST_ICE_UPLOAD_EVENT_INTERRUPTED),
      ==, 1);
  g_assert_cmpuint (count_events (&line, GST_ICE_UPLOAD_EVENT_RESUMED), ==, 0);
  g_assert_cmpint (get_lag (&line), >, 9 * MINUTE);

  set_reachable (&line, TRUE);
  record (&line, 3 * MINUTE);
  assert_usual (&line);
  finish (&line);
  g_assert_cmpuint (count_events (&line, GST_ICE_UPLOAD_EVENT_INTERRUPTED),
      ==, 1);
  g_assert_cmpuint (count_events (&line, GST_ICE_UPLOAD_EVENT_RESUMED), ==, 1);
  line_clear (&line);
}

/* The first request after the one with @serial that was answered with
 * success. */
static const IceEmulatorRecord *
find_success (GPtrArray * records, guint serial)
{
  guint i;

  for (i = 0; i < records->len; i++) {
    const IceEmulatorRecord *record = g_ptr_array_index (records, i);

    if (record->serial > serial && record->status == 200)
      return record;
  }
  g_assert_not_reached ();
}

/* The token ends in the outage: renewed first, and then the parts. */
static void
test_token_ends (void)
{
  g_autoptr (GPtrArray) records = NULL;
  Line line;
  guint serial;

  line_init (&line, "--credential-life=300");
  record (&line, MINUTE);
  set_reachable (&line, FALSE);
  records = ice_emulator_get_records (line.fixture.emulator);
  serial = records->len;
  g_clear_pointer (&records, g_ptr_array_unref);
  record (&line, 10 * MINUTE);
  set_reachable (&line, TRUE);
  record (&line, 3 * MINUTE);
  assert_usual (&line);
  finish (&line);

  records = ice_emulator_get_records (line.fixture.emulator);
  g_assert_cmpint (find_success (records, serial)->operation, ==,
      ICE_EMULATOR_REFRESH);
  g_assert_cmpuint (ice_emulator_count (line.fixture.emulator,
          ICE_EMULATOR_PART, 403), ==, 0);
  g_assert_cmpuint (count_events (&line, GST_ICE_UPLOAD_EVENT_INTERRUPTED),
      ==, 1);
  g_assert_cmpuint (count_events (&line, GST_ICE_UPLOAD_EVENT_RESUMED), ==, 1);
  line_clear (&line);
}

/* ---- the element, for real ---- */

static void
push_for (Trial * trial, gint64 span)
{
  gint64 at = g_get_monotonic_time (), end = at + span;

  for (; at < end; at += TICK) {
    trial_push (trial, trial->expected->len, BYTES_PER_TICK);
    g_usleep (MAX (0, at + TICK - g_get_monotonic_time ()));
  }
}

static void
test_for_real (void)
{
  g_autoptr (Trial) trial = trial_new (NULL, "max-memory=469762048"
      " retry-timeout=18446744073709551615");
  g_auto (TrialEnd) end = { 0 };

  trial_start (trial);
  push_for (trial, 30 * SECOND);
  ice_emulator_set_reachable (trial->emulator, FALSE, NULL);
  push_for (trial, 10 * MINUTE);
  g_assert_cmpuint (trial_get_stat (trial, "memory-used"), <=, MAX_MEMORY);
  g_assert_cmpuint (trial_get_stat (trial, "retries"), <=, MOST_PROBES);
  ice_emulator_set_reachable (trial->emulator, TRUE, NULL);
  push_for (trial, 60 * SECOND);
  g_assert_cmpuint (trial_get_stat (trial, "upload-lag"), <,
      USUAL_LAG * GST_USECOND);
  g_assert_cmpuint (trial_get_stat (trial, "memory-used"), <, USUAL_MEMORY);
  trial_finish (trial, &end);

  g_assert_no_error (end.error);
  g_assert_true (end.exact);
  g_assert_cmpuint (end.n_interrupted, ==, 1);
  g_assert_cmpuint (end.n_resumed, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  trial_init (&argc, &argv);

  g_test_add_func ("/icesink/outage/ten-minutes", test_ten_minutes);
  g_test_add_func ("/icesink/outage/token-ends-meanwhile", test_token_ends);
  if (g_test_slow ())
    g_test_add_func ("/icesink/outage/ten-minutes-for-real", test_for_real);

  return g_test_run ();
}
