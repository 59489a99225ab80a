/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* max-upload-bitrate: what arrives, as ratios to the limit, and that nothing
 * takes it for trouble. The emulator takes segments as small as those of
 * Ethernet: in a segment of loopback the kernel has no choice but to send 64 KiB
 * at a time, and the first ten go unpaced. */

#include "fixture.h"
#include "system.h"

#define SEGMENTS "--discard --no-md5 --segment-size=1448"
#define MBIT (G_GUINT64_CONSTANT (1000) * 1000)
#define N_SINKS 20

/* More than what is sent meanwhile. */
#define BACKLOG (24 * MIB)

/* bit/s that arrive for some seconds. */
static gdouble
measure (Fixture * f, gdouble seconds)
{
  gint64 begin_us = g_get_monotonic_time ();
  guint64 before = ice_emulator_get_body_bytes (f->emulator);
  gint64 took_us;
  guint64 bytes;

  g_usleep (seconds * G_USEC_PER_SEC);
  bytes = ice_emulator_get_body_bytes (f->emulator) - before;
  took_us = g_get_monotonic_time () - begin_us;

  return 8e6 * bytes / took_us;
}

/* The first bytes of a connection go as they are. */
static void
wait_for_pace (Fixture * f, guint64 bytes)
{
  fixture_wait_for (f, ice_emulator_get_body_bytes (f->emulator) > bytes);
  g_usleep (G_USEC_PER_SEC / 2);
}

static void
begin (Fixture * f, guint64 limit, gsize size)
{
  fixture_set (f, "part-size=1048576 max-memory=67108864");
  g_object_set (f->sink, "max-upload-bitrate", limit, "ssl-ca-file",
      ice_emulator_get_ca_file (f->emulator), NULL);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, size, 64 * KIB), ==, GST_FLOW_OK);
}

/* A part of the headers' share, and of what answers cost, below; the rest is
 * for machines that are busy. */
static void
assert_near (gdouble bitrate, guint64 limit)
{
  g_test_message ("%.0f of %" G_GUINT64_FORMAT " bit/s: %.3f", bitrate, limit,
      bitrate / limit);
  g_assert_cmpfloat (bitrate, <, 1.1 * limit);
  g_assert_cmpfloat (bitrate, >, 0.8 * limit);
}

static void
assert_untroubled (Fixture * f)
{
  fixture_collect (f);
  g_assert_cmpuint (fixture_get_stat (f, "retries"), ==, 0);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 0);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-interrupted"), ==,
      0);
}

/* Takes the limit away, so that the rest does not last. */
static void
finish (Fixture * f)
{
  g_object_set (f->sink, "max-upload-bitrate", G_GUINT64_CONSTANT (0), NULL);
  fixture_finish (f);
  assert_untroubled (f);
}

static void
test_holds (gconstpointer options)
{
  g_autoptr (Fixture) f = fixture_new (options);
  guint64 limit = 6 * MBIT;

  begin (f, limit, BACKLOG);
  wait_for_pace (f, MIB);
  assert_near (measure (f, 3), limit);
  /* One for ICE. */
  g_assert_cmpuint (fixture_get_stat (f, "connections-opened"), <=, 3);
  finish (f);
}

static gpointer
raise_limit (gpointer sink)
{
  g_object_set (sink, "max-upload-bitrate", 8 * MBIT, NULL);

  return NULL;
}

/* From whatever thread, and for what is under way. */
static void
test_changes (void)
{
  g_autoptr (Fixture) f = fixture_new (SEGMENTS);
  gdouble low, high;

  begin (f, 2 * MBIT, BACKLOG);
  wait_for_pace (f, 256 * KIB);
  low = measure (f, 2);
  g_thread_join (g_thread_new ("limit", raise_limit, f->sink));
  g_usleep (G_USEC_PER_SEC / 2);
  high = measure (f, 2);
  assert_near (low, 2 * MBIT);
  assert_near (high, 8 * MBIT);
  g_object_set (f->sink, "max-upload-bitrate", 2 * MBIT, NULL);
  g_usleep (G_USEC_PER_SEC / 2);
  assert_near (measure (f, 2), 2 * MBIT);
  finish (f);
}

/* Much less than what is recorded: a part takes several stall-timeouts, and
 * some more until it is its turn. */
static void
test_is_no_stall (void)
{
  g_autoptr (Fixture) f = fixture_new (SEGMENTS);

  fixture_set (f, "stall-timeout=300000000 retry-timeout=300000000");
  begin (f, 4 * MBIT, 4 * MIB);
  wait_for_pace (f, MIB + MIB / 2);
  assert_untroubled (f);
  g_assert_cmpuint (fixture_get_stat (f, "upload-lag"), >, GST_SECOND);
  finish (f);
}

/* A single packet takes longer than the stall-timeout. */
static void
test_packet_is_no_stall (void)
{
  g_autoptr (Fixture) f = fixture_new ("--discard --no-md5");

  fixture_set (f, "stall-timeout=100000000");
  begin (f, MBIT, 2 * MIB);
  wait_for_pace (f, MIB / 2);
  g_usleep (2 * G_USEC_PER_SEC);
  assert_untroubled (f);
  finish (f);
}

/* What is sent again counts as well. */
static void
test_repetitions_count (void)
{
  g_autoptr (Fixture) f = fixture_new (SEGMENTS
      " --fault=part:reset-mid-body:after=700000:probability=0.5");

  fixture_set (f, "stall-timeout=5000000000");
  begin (f, 6 * MBIT, 4 * MIB);
  wait_for_pace (f, 256 * KIB);
  g_assert_cmpfloat (measure (f, 3), <, 1.1 * 6 * MBIT);
  ice_emulator_clear_faults (f->emulator);
  g_object_set (f->sink, "max-upload-bitrate", G_GUINT64_CONSTANT (0), NULL);
  fixture_finish (f);
}

/* An attempt takes longer than retry-timeout, and its failure is tried again all
 * the same. */
static void
test_retry_timeout_waits (void)
{
  g_autoptr (Fixture) f = fixture_new (SEGMENTS
      " --fault=part:reset-mid-body:after=90000:count=3:part=1");

  fixture_set (f, "retry-timeout=1000000000");
  g_object_set (f->sink, "max-upload-bitrate", MBIT / 2, NULL);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, 110 * KIB, 10 * KIB), ==,
      GST_FLOW_OK);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 1);
  fixture_finish (f);
  g_assert_cmpuint (fixture_get_stat (f, "retries"), ==, 3);
}

static void
set_shared (Fixture ** sinks, guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    fixture_set (sinks[i], "share-upload-bitrate=true on-stop=abort");
    begin (sinks[i], i == 0 ? 8 * MBIT : 80 * MBIT, MIB);
  }
}

/* As many as record at the same time have one limit together: the lowest. */
static void
test_is_shared (void)
{
  Fixture *sinks[N_SINKS];
  guint i;

  sinks[0] = fixture_new (SEGMENTS);
  for (i = 1; i < N_SINKS; i++) {
    g_autofree gchar *media_id = g_strdup_printf ("shared-%u", i);

    sinks[i] = fixture_new_with (sinks[0]->emulator, media_id);
  }
  set_shared (sinks, N_SINKS);
  wait_for_pace (sinks[0], MIB);
  assert_near (measure (sinks[0], 3), 8 * MBIT);
  for (i = N_SINKS; i > 0; i--) {
    assert_untroubled (sinks[i - 1]);
    fixture_set_state (sinks[i - 1], GST_STATE_NULL);
    fixture_free (sinks[i - 1]);
  }
}

/* Where it can't be held, the recording does not begin. */
static void
test_is_refused (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  g_object_set (f->sink, "max-upload-bitrate", MBIT, NULL);
  g_assert_cmpint (gst_element_set_state (f->sink, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  fixture_wait_error (f, GST_RESOURCE_ERROR_SETTINGS);
  g_test_skip ("this system can't pace connections");
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  if (!test_can_pace ()) {
    g_test_add_func ("/limit/is-refused", test_is_refused);
    return g_test_run ();
  }
  g_test_add_data_func ("/limit/holds", SEGMENTS, test_holds);
  g_test_add_data_func ("/limit/holds-over-tls", SEGMENTS " --tls",
      test_holds);
  g_test_add_func ("/limit/changes", test_changes);
  g_test_add_func ("/limit/is-no-stall", test_is_no_stall);
  g_test_add_func ("/limit/packet-is-no-stall", test_packet_is_no_stall);
  g_test_add_func ("/limit/repetitions-count", test_repetitions_count);
  g_test_add_func ("/limit/retry-timeout-waits", test_retry_timeout_waits);
  g_test_add_func ("/limit/is-shared", test_is_shared);

  return g_test_run ();
}
