/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Ten minutes without a network, at 5 Mbit/s, with memory enough to hold them:
 * on a clock that runs a hundred times as fast, a recorder that writes 62,500
 * bytes every tenth of a second. With `-m slow`, the element itself goes
 * through it, and it takes its time. */

#include "clocked-upload.h"
#include "trial.h"

#define TICK (100 * MILLISECOND)
#define BYTES_PER_TICK 62500
#define MAX_MEMORY (448 * MIB)

/* What is held back at the head, is not yet a part, or is on its way. */
#define USUAL_MEMORY (32 * MIB)
#define USUAL_LAG (15 * SECOND)

/* With 20 s at most between two tries, at random, and shorter ones first. */
#define FEWEST_PROBES 30
#define MOST_PROBES 150

static const ClockedUploadConfig without_end = {
  MAX_MEMORY, 10 * SECOND, "--credential-life=43200", TICK, BYTES_PER_TICK
};

static const ClockedUploadConfig short_lives = {
  MAX_MEMORY, 10 * SECOND, "--credential-life=300", TICK, BYTES_PER_TICK
};

static void
assert_usual (ClockedUpload * upload)
{
  guint64 used = gst_ice_recording_get_memory_used (upload->recording);

  g_test_message ("lag %.1f s, memory %.1f MiB",
      clocked_upload_get_lag (upload) / (gdouble) SECOND, used / (gdouble) MIB);
  g_assert_cmpint (clocked_upload_get_lag (upload), <, USUAL_LAG);
  g_assert_cmpuint (used, <, USUAL_MEMORY);
}

static void
assert_one_outage (ClockedUpload * upload, gboolean is_over)
{
  g_assert_cmpuint (clocked_upload_count_events (upload,
          GST_ICE_UPLOAD_EVENT_INTERRUPTED), ==, 1);
  g_assert_cmpuint (clocked_upload_count_events (upload,
          GST_ICE_UPLOAD_EVENT_RESUMED), ==, is_over ? 1 : 0);
}

/* ---- tests ---- */

static void
test_ten_minutes (void)
{
  ClockedUpload upload;
  guint before, n_probes;

  clocked_upload_init (&upload, &without_end);
  clocked_upload_record (&upload, MINUTE);
  assert_usual (&upload);

  clocked_upload_set_reachable (&upload, FALSE);
  before = clocked_upload_count_requests (&upload);
  clocked_upload_record (&upload, 10 * MINUTE);
  n_probes = clocked_upload_count_requests (&upload) - before;
  g_test_message ("%u probes", n_probes);
  g_assert_cmpuint (n_probes, >=, FEWEST_PROBES);
  g_assert_cmpuint (n_probes, <=, MOST_PROBES);
  assert_one_outage (&upload, FALSE);
  g_assert_cmpint (clocked_upload_get_lag (&upload), >, 9 * MINUTE);

  clocked_upload_set_reachable (&upload, TRUE);
  clocked_upload_record (&upload, 3 * MINUTE);
  assert_usual (&upload);
  clocked_upload_finish (&upload);
  assert_one_outage (&upload, TRUE);
  clocked_upload_clear (&upload);
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
  ClockedUpload upload;
  guint serial;

  clocked_upload_init (&upload, &short_lives);
  clocked_upload_record (&upload, MINUTE);
  clocked_upload_set_reachable (&upload, FALSE);
  records = ice_emulator_get_records (upload.fixture.emulator);
  serial = records->len;
  g_clear_pointer (&records, g_ptr_array_unref);
  clocked_upload_record (&upload, 10 * MINUTE);
  clocked_upload_set_reachable (&upload, TRUE);
  clocked_upload_record (&upload, 3 * MINUTE);
  assert_usual (&upload);
  clocked_upload_finish (&upload);

  records = ice_emulator_get_records (upload.fixture.emulator);
  g_assert_cmpint (find_success (records, serial)->operation, ==,
      ICE_EMULATOR_REFRESH);
  g_assert_cmpuint (ice_emulator_count (upload.fixture.emulator,
          ICE_EMULATOR_PART, 403), ==, 0);
  assert_one_outage (&upload, TRUE);
  clocked_upload_clear (&upload);
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
