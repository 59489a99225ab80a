/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What shows only after many parts, or after a while. */

#include "fixture.h"

#define PARTS_MAX 10000
#define DISCARD "--discard --no-md5"

/* Pushes @size bytes of one buffer over and over, unlike fixture_push(),
 * which remembers them. */
static GstFlowReturn
push_zeroes (Fixture * f, guint64 size)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, MIB, NULL);
  GstFlowReturn flow = GST_FLOW_OK;

  gst_buffer_memset (buffer, 0, 0x5a, MIB);
  for (; size > 0 && flow == GST_FLOW_OK; size -= MIN (size, MIB)) {
    if (size >= MIB)
      flow = gst_pad_push (f->pad, gst_buffer_ref (buffer));
    else
      flow = gst_pad_push (f->pad, gst_buffer_copy_region (buffer,
              GST_BUFFER_COPY_MEMORY, 0, size));
  }

  return flow;
}

static void
assert_part_numbers (Fixture * f)
{
  g_autoptr (GPtrArray) records = fixture_get_records (f, ICE_EMULATOR_PART,
      0);
  guint i;

  for (i = 0; i < records->len; i++) {
    IceEmulatorRecord *record = g_ptr_array_index (records, i);

    g_assert_cmpuint (record->part_number, >=, 1);
    g_assert_cmpuint (record->part_number, <=, PARTS_MAX);
  }
}

static void
assert_object_size (Fixture * f, guint64 expected)
{
  guint64 size;

  g_assert_true (ice_emulator_get_object_info (f->emulator, f->media_id, NULL,
          &size, NULL));
  g_assert_cmpuint (size, ==, expected);
}

/* More bytes than as many parts of part-size as there may be. */
static void
test_many_parts (void)
{
  g_autoptr (Fixture) f = fixture_new (DISCARD);
  const guint64 size = 12000 * FIXTURE_PART_SIZE;

  fixture_play (f);
  g_assert_cmpint (push_zeroes (f, size), ==, GST_FLOW_OK);
  fixture_finish (f);
  assert_object_size (f, size);
  assert_part_numbers (f);
}

/* The last byte that there is a part for, and the one behind it. */
static void
test_largest_object (void)
{
  g_autoptr (Fixture) f = fixture_new (DISCARD);
  const GstStructure *details;
  guint64 size;

  fixture_set (f, "max-memory=524288");
  fixture_play (f);
  size = fixture_get_stat (f, "max-object-size");
  g_assert_cmpuint (size, >=, PARTS_MAX * FIXTURE_PART_SIZE);
  g_assert_cmpint (push_zeroes (f, size), ==, GST_FLOW_OK);
  g_assert_cmpint (push_zeroes (f, 1), ==, GST_FLOW_ERROR);

  details = fixture_wait_error (f, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      "completed");
  assert_object_size (f, size);
  assert_part_numbers (f);
  fixture_set_state (f, GST_STATE_NULL);
  fixture_assert_failed_once (f);
}

/* What ICE allows for one file. The upload does not end there. */
static void
test_largest_media (void)
{
  g_autoptr (Fixture) f = fixture_new (DISCARD);
  const guint64 limit = G_GUINT64_CONSTANT (5000000000);
  g_autoptr (GError) warning = NULL;
  GstMessage *message;

  fixture_set (f, "part-size=16777216 progress-interval=100000000");
  fixture_play (f);
  g_assert_cmpint (push_zeroes (f, limit), ==, GST_FLOW_OK);
  g_usleep (G_USEC_PER_SEC / 2);
  fixture_collect (f);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 0);

  g_assert_cmpint (push_zeroes (f, MIB), ==, GST_FLOW_OK);
  message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &warning, NULL);
  g_assert_nonnull (strstr (warning->message, "5 GB"));

  g_assert_cmpint (push_zeroes (f, MIB), ==, GST_FLOW_OK);
  fixture_finish (f);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 1);
  assert_object_size (f, limit + 2 * MIB);
}

/* A credential that lives for 2 s serves a recording of any length. */
static void
test_renewals (void)
{
  g_autoptr (Fixture) f = fixture_new ("--credential-life=2");
  g_autoptr (GPtrArray) refused = NULL;

  fixture_play (f);
  fixture_wait_for (f, fixture_push (f, 1000) != GST_FLOW_OK
      || ice_emulator_get_generation (f->emulator) > 12);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_complete (f);

  /* none, unless the machine is so busy that a renewal is late */
  refused = fixture_get_records (f, ICE_EMULATOR_ANY, 403);
  g_assert_cmpuint (refused->len, <=,
      ice_emulator_get_generation (f->emulator) / 4);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_INITIATE), ==, 1);
  g_assert_cmpuint (fixture_get_stat (f, "credential-refreshes"), >=, 12);
}

/* An uplink on which a part takes far longer than stall-timeout. Half of that
 * is what the emulator takes to read what its system has taken for it. */
static void
test_slow_uplink (void)
{
  g_autoptr (Fixture) f = fixture_new ("--rate=50000");

  fixture_set (f, "stall-timeout=3000000000 part-size=409600");
  fixture_record (f, 3 * 400 * KIB);
  fixture_complete (f);
  g_assert_cmpuint (fixture_get_stat (f, "retries"), ==, 0);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  g_test_add_func ("/icesink/long/never-reaches-part-10001",
      test_many_parts);
  g_test_add_func ("/icesink/long/reaches-the-largest-object",
      test_largest_object);
  g_test_add_func ("/icesink/long/warns-of-more-than-5-gb", test_largest_media);
  g_test_add_func ("/icesink/long/is-patient-with-a-slow-uplink",
      test_slow_uplink);
  g_test_add_func ("/icesink/long/renews-twelve-times", test_renewals);

  return g_test_run ();
}
