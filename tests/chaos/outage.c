/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Ten minutes without a network, at 5 Mbit/s, with memory enough to hold them:
 * on a clock that runs a hundred times as fast, a recorder that writes 62,500
 * bytes every tenth of a second. With `-m slow`, the element itself goes
 * through it, and it takes its time. */

#include "line.h"
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

static const LineConfig without_end = {
  MAX_MEMORY, 10 * SECOND, "--credential-life=43200", TICK, BYTES_PER_TICK
};

static const LineConfig short_lives = {
  MAX_MEMORY, 10 * SECOND, "--credential-life=300", TICK, BYTES_PER_TICK
};

static void
assert_usual (Line * line)
{
  guint64 used = gst_ice_recording_get_memory_used (line->recording);

  g_test_message ("lag %.1f s, memory %.1f MiB",
      line_get_lag (line) / (gdouble) SECOND, used / (gdouble) MIB);
  g_assert_cmpint (line_get_lag (line), <, USUAL_LAG);
  g_assert_cmpuint (used, <, USUAL_MEMORY);
}

/* ---- tests ---- */

static void
test_ten_minutes (void)
{
  Line line;
  guint before, n_probes;

  line_init (&line, &without_end);
  line_record (&line, MINUTE);
  assert_usual (&line);

  line_set_reachable (&line, FALSE);
  before = line_count_requests (&line);
  line_record (&line, 10 * MINUTE);
  n_probes = line_count_requests (&line) - before;
  g_test_message ("%u probes", n_probes);
  g_assert_cmpuint (n_probes, >=, FEWEST_PROBES);
  g_assert_cmpuint (n_probes, <=, MOST_PROBES);
  g_assert_cmpuint (line_count_events (&line, GST_ICE_UPLOAD_EVENT_INTERRUPTED),
      ==, 1);
  g_assert_cmpuint (line_count_events (&line, GST_ICE_UPLOAD_EVENT_RESUMED), ==, 0);
  g_assert_cmpint (line_get_lag (&line), >, 9 * MINUTE);

  line_set_reachable (&line, TRUE);
  line_record (&line, 3 * MINUTE);
  assert_usual (&line);
  line_finish (&line);
  g_assert_cmpuint (line_count_events (&line, GST_ICE_UPLOAD_EVENT_INTERRUPTED),
      ==, 1);
  g_assert_cmpuint (line_count_events (&line, GST_ICE_UPLOAD_EVENT_RESUMED), ==, 1);
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

  line_init (&line, &short_lives);
  line_record (&line, MINUTE);
  line_set_reachable (&line, FALSE);
  records = ice_emulator_get_records (line.fixture.emulator);
  serial = records->len;
  g_clear_pointer (&records, g_ptr_array_unref);
  line_record (&line, 10 * MINUTE);
  line_set_reachable (&line, TRUE);
  line_record (&line, 3 * MINUTE);
  assert_usual (&line);
  line_finish (&line);

  records = ice_emulator_get_records (line.fixture.emulator);
  g_assert_cmpint (find_success (records, serial)->operation, ==,
      ICE_EMULATOR_REFRESH);
  g_assert_cmpuint (ice_emulator_count (line.fixture.emulator,
          ICE_EMULATOR_PART, 403), ==, 0);
  g_assert_cmpuint (line_count_events (&line, GST_ICE_UPLOAD_EVENT_INTERRUPTED),
      ==, 1);
  g_assert_cmpuint (line_count_events (&line, GST_ICE_UPLOAD_EVENT_RESUMED), ==, 1);
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
