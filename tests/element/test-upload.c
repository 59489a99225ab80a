/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What goes in comes out: every byte of the stream, in the parts that were
 * asked for, within the memory that was allowed. */

#include "fixture.h"

#include <string.h>

/* ---- how many bytes ---- */

static void
test_empty_stream (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *started, *complete;
  guint64 size;

  fixture_play (f);
  fixture_finish (f);

  fixture_assert_requests (f, "refresh=1 put=1");
  fixture_assert_object (f);
  started = fixture_wait_element (f, "ice-upload-started");
  g_assert_cmpstr (gst_structure_get_string (started, "upload-id"), ==, "");
  complete = fixture_wait_element (f, "ice-upload-complete");
  g_assert_true (gst_structure_get_uint64 (complete, "size", &size));
  g_assert_cmpuint (size, ==, 0);
}

typedef struct
{
  const gchar *name;
  guint64 size;
  const gchar *requests;
} SizeCase;

static const SizeCase size_cases[] = {
  {"one-byte", 1, "refresh=1 put=1"},
  {"less-than-a-part", FIXTURE_PART_SIZE - 1, "refresh=1 put=1"},
  {"exactly-a-part", FIXTURE_PART_SIZE,
      "refresh=1 initiate=1 part=1 complete=1"},
  {"a-byte-more-than-a-part", FIXTURE_PART_SIZE + 1,
      "refresh=1 initiate=1 part=2 complete=1"},
  {"exactly-two-parts", 2 * FIXTURE_PART_SIZE,
      "refresh=1 initiate=1 part=2 complete=1"},
  {"many-parts", 33 * FIXTURE_PART_SIZE + 17,
      "refresh=1 initiate=1 part=20+ complete=1"},
};

static void
test_size (gconstpointer data)
{
  const SizeCase *c = data;
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, c->size, 64 * KIB), ==, GST_FLOW_OK);
  fixture_finish (f);

  fixture_assert_requests (f, c->requests);
  fixture_assert_object (f);
  g_assert_cmpuint (ice_emulator_count_open_uploads (f->emulator), ==, 0);
}

/* With the usual settings, a head is held back, and the stream ends within
 * it, right behind it, or long after it. */
static void
test_size_with_head (gconstpointer data)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  g_object_set (f->sink, "head-size", MIB, NULL);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, GPOINTER_TO_SIZE (data), 64 * KIB), ==,
      GST_FLOW_OK);
  fixture_complete (f);
}

/* ---- in which pieces ---- */

typedef struct
{
  const gchar *name;
  gsize buffer_size;
  gsize total;
} BufferCase;

static const BufferCase buffer_cases[] = {
  {"of-1-byte", 1, 3 * FIXTURE_PART_SIZE + 1},
  {"of-1316-bytes", 1316, 20 * FIXTURE_PART_SIZE + 1},
  {"of-64-kib", 64 * KIB, 20 * FIXTURE_PART_SIZE + 1},
  {"of-5-mib", 5 * MIB, 15 * MIB},
};

static void
test_buffers (gconstpointer data)
{
  const BufferCase *c = data;
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, c->total, c->buffer_size), ==,
      GST_FLOW_OK);
  fixture_complete (f);
}

static GstBufferList *
new_list (Fixture * f, guint length, gsize buffer_size)
{
  GstBufferList *list = gst_buffer_list_new_sized (length);
  guint i;

  for (i = 0; i < length; i++) {
    guint end = f->expected->len;

    gst_buffer_list_add (list, fixture_new_buffer (end, buffer_size));
    g_byte_array_set_size (f->expected, end + buffer_size);
    gst_buffer_extract (gst_buffer_list_get (list, i), 0,
        f->expected->data + end, buffer_size);
  }

  return list;
}

static void
test_buffer_lists (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  fixture_play (f);
  for (i = 0; i < 40; i++)
    g_assert_cmpint (gst_pad_push_list (f->pad, new_list (f, 349, 188)), ==,
        GST_FLOW_OK);
  g_assert_cmpint (gst_pad_push_list (f->pad, gst_buffer_list_new ()), ==,
      GST_FLOW_OK);
  fixture_complete (f);
}

/* Pieces of other memory, an empty one, and one that can't be written. */
static GstBuffer *
new_buffer_in_pieces (guint64 offset)
{
  g_autoptr (GstBuffer) whole = fixture_new_buffer (offset, 70000);
  GstBuffer *buffer = gst_buffer_new ();
  guint i;

  for (i = 0; i < 7; i++)
    gst_buffer_append_memory (buffer,
        gst_memory_share (gst_buffer_peek_memory (whole, 0), i * 10000,
            10000));
  gst_buffer_append_memory (buffer, gst_allocator_alloc (NULL, 0, NULL));
  gst_memory_ref (gst_buffer_peek_memory (buffer, 3));
  gst_memory_unref (gst_buffer_peek_memory (buffer, 3));
  g_assert_cmpuint (gst_buffer_n_memory (buffer), ==, 8);

  return buffer;
}

static void
test_buffers_in_pieces (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  fixture_play (f);
  for (i = 0; i < 20; i++)
    g_assert_cmpint (fixture_push_buffer (f,
            new_buffer_in_pieces (f->expected->len)), ==, GST_FLOW_OK);
  g_assert_cmpint (fixture_push_buffer (f, gst_buffer_new ()), ==,
      GST_FLOW_OK);
  fixture_complete (f);
}

/* ---- the object ---- */

typedef struct
{
  const gchar *name;
  const gchar *caps;
  const gchar *property;
  const gchar *content_type;
  const gchar *extension;       /* (nullable): that a warning asks for, as the
                                 * object is to be a .mp4 */
} TypeCase;

static const TypeCase type_cases[] = {
  {"of-mp4", "video/quicktime, variant=iso", NULL, "video/mp4"},
  {"of-fragmented-mp4", "video/quicktime, variant=iso-fragmented", NULL,
      "video/mp4"},
  {"of-quicktime", "video/quicktime, variant=apple", NULL, "video/quicktime"},
  {"of-matroska", "video/x-matroska", NULL, "video/x-matroska",
      "mkv"},
  {"of-webm", "video/webm", NULL, "video/webm", "webm"},
  {"of-mpeg-ts", "video/mpegts, systemstream=true, packetsize=188", NULL,
      "video/mp2t", "ts"},
  {"of-flv", "video/x-flv", NULL, "video/x-flv", "flv"},
  {"of-wav", "audio/x-wav", NULL, "audio/wav", "wav"},
  {"of-unknown-caps", "application/x-unheard-of", NULL,
      "application/octet-stream"},
  {"by-property", "video/quicktime, variant=iso", "video/x-special",
      "video/x-special"},
};

/* The stream is not of the kind that the media asset was made for. */
static void
assert_warned (Fixture * f, const gchar * extension)
{
  g_autofree gchar *advice = g_strdup_printf ("--ext=%s)", extension);
  g_autoptr (GError) warning = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_warning (fixture_wait_message (f, GST_MESSAGE_WARNING),
      &warning, &debug);
  g_assert_error (warning, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  g_assert_nonnull (strstr (debug, advice));
}

static void
check_content_type (const TypeCase * c, gsize size)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autofree gchar *content_type = NULL;

  g_object_set (f->sink, "content-type", c->property, NULL);
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_open_stream (f, c->caps);
  fixture_push_all (f, size, 64 * KIB);
  fixture_finish (f);

  g_assert_true (ice_emulator_get_object_info (f->emulator, f->media_id,
          &content_type, NULL, NULL));
  g_assert_cmpstr (content_type, ==, c->content_type);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==,
      c->extension != NULL);
  if (c->extension != NULL)
    assert_warned (f, c->extension);
}

/* By PutObject and by multipart upload. */
static void
test_content_type (gconstpointer data)
{
  check_content_type (data, 10);
  check_content_type (data, 2 * FIXTURE_PART_SIZE);
}

static void
test_complete_message (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *complete;
  guint64 size, crc64, emulator_size, emulator_crc64;
  guint parts;

  fixture_record (f, 5 * FIXTURE_PART_SIZE + 3);
  fixture_finish (f);

  complete = fixture_wait_element (f, "ice-upload-complete");
  g_assert_true (ice_emulator_get_object_info (f->emulator, f->media_id, NULL,
          &emulator_size, &emulator_crc64));
  g_assert_true (gst_structure_get (complete,
          "size", G_TYPE_UINT64, &size, "crc64", G_TYPE_UINT64, &crc64,
          "parts", G_TYPE_UINT, &parts, NULL));
  g_assert_cmpuint (size, ==, emulator_size);
  g_assert_cmphex (crc64, ==, emulator_crc64);
  g_assert_cmpuint (parts, ==, 6);
  g_assert_cmpstr (gst_structure_get_string (complete, "media-id"), ==,
      f->media_id);
  g_assert_nonnull (gst_structure_get_string (complete, "etag"));
  g_assert_cmpstr (gst_structure_get_string (complete, "etag"), !=, "");
  g_assert_cmpstr (gst_structure_get_string (complete, "request-id"), !=, "");
}

/* ---- how ---- */

static void
upload_exactly (Fixture * f)
{
  fixture_record (f, 5 * FIXTURE_PART_SIZE + 3);
  fixture_complete (f);
}

static void
test_tls (void)
{
  g_autoptr (Fixture) f = fixture_new ("--tls");

  g_object_set (f->sink, "ssl-ca-file",
      ice_emulator_get_ca_file (f->emulator), NULL);
  upload_exactly (f);
}

static void
test_no_crc (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=part:no-crc:count=0"
      " --fault=complete:no-crc:count=0");

  upload_exactly (f);
}

static void
test_no_verification (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=part:wrong-crc:count=0"
      " --fault=complete:wrong-crc:count=0");

  fixture_set (f, "verify=false");
  upload_exactly (f);
}

/* What is damaged on its way is sent again. */
static void
test_verification (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=part:wrong-crc:part=2");

  upload_exactly (f);
  fixture_assert_requests (f, "refresh=1 initiate=1 part=7 complete=1");
}

static void
test_user_agent (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GPtrArray) records = NULL;
  guint i;

  fixture_set (f, "user-agent=recorder/7");
  upload_exactly (f);
  records = fixture_get_records (f, ICE_EMULATOR_ANY, 0);
  for (i = 0; i < records->len; i++)
    g_assert_cmpstr (((IceEmulatorRecord *)
            g_ptr_array_index (records, i))->user_agent, ==, "recorder/7");
}

static void
test_unknown_congestion_control (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "tcp-congestion-control=unheard-of");
  upload_exactly (f);
}

static void
test_stats (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const gsize size = 5 * FIXTURE_PART_SIZE + 3;

  g_assert_true (fixture_stat_is (f, "state", "idle"));
  fixture_record (f, size);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-written"), ==, size);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 5);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-pending"), ==, 3);
  g_assert_true (fixture_stat_is (f, "state", "uploading"));
  fixture_finish (f);

  g_assert_true (fixture_stat_is (f, "state", "complete"));
  g_assert_true (fixture_stat_is (f, "outcome", "completed"));
  g_assert_cmpuint (fixture_get_stat (f, "bytes-uploaded"), ==, size);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-sent"), >=, size);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-pending"), ==, 0);
  g_assert_cmpuint (fixture_get_stat (f, "memory-used"), ==, 0);
  g_assert_cmpuint (fixture_get_stat (f, "credential-refreshes"), ==, 0);
  g_assert_cmpuint (fixture_get_stat (f, "rendered"), >, 0);

  fixture_set_state (f, GST_STATE_NULL);
  g_assert_true (fixture_stat_is (f, "outcome", "completed"));
  g_assert_cmpuint (fixture_get_stat (f, "bytes-uploaded"), ==, size);
}

/* ---- parts ---- */

/* Numbered from 1 without a gap, each at least as large as the one before, the
 * last one excepted. */
static void
assert_parts_grow (Fixture * f, guint64 first, guint64 max)
{
  g_autoptr (GPtrArray) records = fixture_get_records (f, ICE_EMULATOR_PART,
      200);
  g_autofree guint64 *sizes = g_new0 (guint64, records->len + 1);
  guint i;

  for (i = 0; i < records->len; i++) {
    IceEmulatorRecord *record = g_ptr_array_index (records, i);

    g_assert_cmpuint (record->part_number, >=, 1);
    g_assert_cmpuint (record->part_number, <=, records->len);
    g_assert_cmpuint (sizes[record->part_number], ==, 0);
    sizes[record->part_number] = record->body_bytes;
  }
  g_assert_cmpuint (sizes[1], ==, first);
  for (i = 2; i < records->len; i++)
    g_assert_cmpuint (sizes[i], >=, sizes[i - 1]);
  g_assert_cmpuint (sizes[records->len - 1], >, first);
  g_assert_cmpuint (sizes[records->len - 1], <=, max);
}

static void
test_parts_grow (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint64 max_memory = 8 * MIB;

  g_object_set (f->sink, "max-memory", max_memory, NULL);
  fixture_play (f);
  g_assert_cmpuint (fixture_get_stat (f, "max-object-size"), >,
      10000 * FIXTURE_PART_SIZE);
  g_assert_cmpint (fixture_push_all (f, 24 * MIB, MIB), ==, GST_FLOW_OK);
  g_assert_cmpuint (fixture_get_stat (f, "part-size"), >, FIXTURE_PART_SIZE);
  fixture_finish (f);

  fixture_assert_requests (f, "refresh=1 initiate=1 part=40+ complete=1");
  assert_parts_grow (f, FIXTURE_PART_SIZE, max_memory / 4);
  fixture_assert_object (f);
}

static void
test_uploads_while_recording (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  fixture_play (f);
  for (i = 1; i <= 5; i++) {
    fixture_push_all (f, 2 * FIXTURE_PART_SIZE, 64 * KIB);
    fixture_wait_for (f, fixture_get_stat (f, "bytes-uploaded")
        == i * 2 * FIXTURE_PART_SIZE);
  }
  fixture_assert_requests (f, "refresh=1 initiate=1 part=10");
  fixture_finish (f);

  fixture_assert_requests (f, "refresh=1 initiate=1 part=10 complete=1");
  fixture_assert_object (f);
}

/* How many parts were on their way at the same time at the most. The end of a
 * record is written after the answer has left, so @early_us of it, which the
 * delay makes sure of, may be left out. */
static guint
get_max_overlap (Fixture * f, gint64 early_us)
{
  g_autoptr (GPtrArray) records = fixture_get_records (f, ICE_EMULATOR_PART,
      200);
  guint max = 0, i, k;

  for (i = 0; i < records->len; i++) {
    IceEmulatorRecord *record = g_ptr_array_index (records, i);
    guint n = 0;

    for (k = 0; k < records->len; k++) {
      IceEmulatorRecord *other = g_ptr_array_index (records, k);

      n += other->begin_us <= record->begin_us
          && other->end_us - early_us > record->begin_us;
    }
    max = MAX (max, n);
  }

  return max;
}

/* Whether all that may be under way at a time were, when answers take so
 * long. */
static gboolean
are_parallel (guint parallel, guint delay_ms)
{
  g_autofree gchar *options = g_strdup_printf ("--fault=part:delay-answer:"
      "seconds=%u.%03u:count=0", delay_ms / 1000, delay_ms % 1000);
  g_autoptr (Fixture) f = fixture_new (options);

  g_object_set (f->sink, "parallel-parts", parallel, NULL);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, 3 * parallel * FIXTURE_PART_SIZE,
          FIXTURE_PART_SIZE), ==, GST_FLOW_OK);
  fixture_complete (f);
  g_assert_cmpuint (get_max_overlap (f, delay_ms * 750), <=, parallel);

  return get_max_overlap (f, 0) >= parallel;
}

/* A busy machine needs longer to get so many under way. */
static void
test_parallel_parts (gconstpointer data)
{
  guint delay_ms;

  for (delay_ms = 200; delay_ms < 10000; delay_ms *= 3)
    if (are_parallel (GPOINTER_TO_UINT (data), delay_ms))
      return;

  g_test_fail_printf ("never were so many parts under way");
}

/* A part that is not full leaves for its age, though nothing more comes. */
static void
test_max_part_duration (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GPtrArray) records = NULL;

  g_object_set (f->sink, "part-size", 4 * MIB,
      "max-part-duration", 10 * GST_MSECOND, NULL);
  fixture_play (f);
  fixture_push (f, 150 * KIB);
  fixture_assert_requests (f, "refresh=1 initiate=1 part=1");

  records = fixture_get_records (f, ICE_EMULATOR_PART, 200);
  g_assert_cmpuint (((IceEmulatorRecord *)
          g_ptr_array_index (records, 0))->body_bytes, ==, 150 * KIB);
  fixture_push (f, 10);
  fixture_complete (f);
}

/* OSS takes no part that small, unless it is the last one. */
static void
test_max_part_duration_of_small_part (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  g_object_set (f->sink, "part-size", 4 * MIB,
      "max-part-duration", 1 * GST_MSECOND,
      "progress-interval", 250 * GST_MSECOND, NULL);
  fixture_play (f);
  fixture_push (f, 99 * KIB);
  fixture_wait_for (f,
      fixture_count_elements (f, "ice-upload-progress") >= 3);
  fixture_assert_requests (f, "refresh=1");
  fixture_finish (f);

  fixture_assert_requests (f, "refresh=1 put=1");
  fixture_assert_object (f);
}

static void
test_checkpoint (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  g_object_set (f->sink, "part-size", 4 * MIB, NULL);
  fixture_play (f);
  fixture_push (f, 150 * KIB);
  g_signal_emit_by_name (f->sink, "checkpoint");
  fixture_wait_for (f, fixture_get_stat (f, "bytes-uploaded") == 150 * KIB);

  /* too small as yet: as soon as it may */
  fixture_push (f, 50 * KIB);
  g_signal_emit_by_name (f->sink, "checkpoint");
  fixture_push (f, 60 * KIB);
  fixture_wait_for (f, fixture_get_stat (f, "bytes-uploaded") == 250 * KIB);
  fixture_finish (f);

  fixture_assert_requests (f, "refresh=1 initiate=1 part=3 complete=1");
  fixture_assert_object (f);
}

static void
test_checkpoint_while_stopped (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  g_signal_emit_by_name (f->sink, "checkpoint");
  fixture_play (f);
  g_signal_emit_by_name (f->sink, "checkpoint");
  fixture_finish (f);
  g_signal_emit_by_name (f->sink, "checkpoint");

  fixture_assert_requests (f, "refresh=1 put=1");
}

/* ---- memory ---- */

/* Waits until the sink can't take more, checking what it holds. */
static void
wait_until_full (Fixture * f, guint64 max_memory, gsize total)
{
  fixture_wait_for (f, fixture_get_stat (f, "memory-used")
      > max_memory - FIXTURE_PART_SIZE);
  fixture_wait_for (f, fixture_count_elements (f, "ice-upload-progress") >= 2);
  g_assert_cmpuint (fixture_get_stat (f, "memory-used"), <=, max_memory);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-written"), <, total);
  g_assert_true (fixture_is_pushing (f));
}

static void
finish_within_memory (Fixture * f, guint64 max_memory)
{
  while (fixture_is_pushing (f)) {
    g_assert_cmpuint (fixture_get_stat (f, "memory-used"), <=, max_memory);
    fixture_collect (f);
  }
  g_assert_cmpint (fixture_join (f), ==, GST_FLOW_OK);
  fixture_complete (f);
}

static void
test_waits_while_stalled (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-mid-body:count=0:after=1000");
  const guint64 max_memory = 2 * MIB, total = 8 * MIB;

  g_object_set (f->sink, "max-memory", max_memory,
      "stall-timeout", 500 * GST_MSECOND,
      "progress-interval", 100 * GST_MSECOND, NULL);
  fixture_play (f);
  fixture_start_pushing (f, total, 64 * KIB);
  wait_until_full (f, max_memory, total);

  ice_emulator_clear_faults (f->emulator);
  finish_within_memory (f, max_memory);
}

static void
test_waits_while_unreachable (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const guint64 max_memory = 2 * MIB, total = 8 * MIB;

  g_object_set (f->sink, "max-memory", max_memory,
      "progress-interval", 100 * GST_MSECOND, NULL);
  fixture_play (f);
  fixture_push (f, 2 * FIXTURE_PART_SIZE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 2);
  fixture_set_reachable (f, FALSE);
  fixture_start_pushing (f, total, 64 * KIB);
  wait_until_full (f, max_memory, total);

  fixture_set_reachable (f, TRUE);
  finish_within_memory (f, max_memory);
}

/* A buffer larger than all of the memory goes through in pieces. */
static void
test_buffer_larger_than_memory (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  g_object_set (f->sink, "max-memory", 2 * MIB, NULL);
  fixture_play (f);
  g_assert_cmpint (fixture_push (f, 7 * MIB), ==, GST_FLOW_OK);
  fixture_complete (f);
}

/* Held back head and open part may take all there is: it goes on. */
static void
test_head_in_little_memory (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const guint64 max_memory = 512 * KIB;

  g_object_set (f->sink, "max-memory", max_memory, "head-size",
      max_memory / 2, NULL);
  fixture_play (f);
  fixture_start_pushing (f, 4 * MIB, 10000);
  finish_within_memory (f, max_memory);
}

static void
test_overflow_error (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-mid-body:count=0");

  g_object_set (f->sink, "max-memory", 2 * MIB, NULL);
  gst_util_set_object_arg (G_OBJECT (f->sink), "overflow", "error");
  gst_util_set_object_arg (G_OBJECT (f->sink), "on-error", "abort");
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, 8 * MIB, 64 * KIB), ==,
      GST_FLOW_ERROR);

  fixture_wait_error (f, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  fixture_assert_failed_once (f);
  g_assert_cmpuint (f->expected->len, >=, MIB);
  g_assert_cmpuint (f->expected->len, <=, 2 * MIB + 128 * KIB);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);

  g_test_add_func ("/icesink/upload/makes-an-empty-object-of-an-empty-stream",
      test_empty_stream);
  for (i = 0; i < G_N_ELEMENTS (size_cases); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/upload/takes-",
        size_cases[i].name, NULL);

    g_test_add_data_func (path, &size_cases[i], test_size);
  }
  g_test_add_data_func ("/icesink/upload/takes-less-than-the-head",
      GSIZE_TO_POINTER (900 * KIB), test_size_with_head);
  g_test_add_data_func ("/icesink/upload/takes-exactly-the-head",
      GSIZE_TO_POINTER (MIB), test_size_with_head);
  g_test_add_data_func ("/icesink/upload/takes-more-than-the-head",
      GSIZE_TO_POINTER (3 * MIB + 1), test_size_with_head);

  for (i = 0; i < G_N_ELEMENTS (buffer_cases); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/upload/takes-buffers-",
        buffer_cases[i].name, NULL);

    g_test_add_data_func (path, &buffer_cases[i], test_buffers);
  }
  g_test_add_func ("/icesink/upload/takes-buffer-lists", test_buffer_lists);
  g_test_add_func ("/icesink/upload/takes-buffers-in-pieces",
      test_buffers_in_pieces);

  for (i = 0; i < G_N_ELEMENTS (type_cases); i++) {
    g_autofree gchar *path = g_strconcat
        ("/icesink/upload/sets-content-type-", type_cases[i].name, NULL);

    g_test_add_data_func (path, &type_cases[i], test_content_type);
  }
  g_test_add_func ("/icesink/upload/says-what-is-complete",
      test_complete_message);
  g_test_add_func ("/icesink/upload/keeps-figures", test_stats);

  g_test_add_func ("/icesink/upload/uses-tls", test_tls);
  g_test_add_func ("/icesink/upload/takes-answers-without-crc", test_no_crc);
  g_test_add_func ("/icesink/upload/verifies-nothing-if-told-so",
      test_no_verification);
  g_test_add_func ("/icesink/upload/sends-damaged-parts-again",
      test_verification);
  g_test_add_func ("/icesink/upload/says-who-it-is", test_user_agent);
  g_test_add_func ("/icesink/upload/bears-unknown-congestion-control",
      test_unknown_congestion_control);

  g_test_add_func ("/icesink/upload/lets-parts-grow", test_parts_grow);
  g_test_add_func ("/icesink/upload/sends-parts-while-recording",
      test_uploads_while_recording);
  g_test_add_data_func ("/icesink/upload/sends-one-part-at-a-time",
      GUINT_TO_POINTER (1), test_parallel_parts);
  g_test_add_data_func ("/icesink/upload/sends-five-parts-at-a-time",
      GUINT_TO_POINTER (5), test_parallel_parts);
  g_test_add_func ("/icesink/upload/hands-over-an-old-part",
      test_max_part_duration);
  g_test_add_func ("/icesink/upload/keeps-an-old-part-that-is-too-small",
      test_max_part_duration_of_small_part);
  g_test_add_func ("/icesink/upload/hands-over-at-checkpoint",
      test_checkpoint);
  g_test_add_func ("/icesink/upload/ignores-checkpoint-without-data",
      test_checkpoint_while_stopped);

  g_test_add_func ("/icesink/upload/waits-while-the-service-stalls",
      test_waits_while_stalled);
  g_test_add_func ("/icesink/upload/waits-while-the-service-is-unreachable",
      test_waits_while_unreachable);
  g_test_add_func ("/icesink/upload/takes-a-buffer-larger-than-memory",
      test_buffer_larger_than_memory);
  g_test_add_func ("/icesink/upload/holds-a-head-in-little-memory",
      test_head_in_little_memory);
  g_test_add_func ("/icesink/upload/fails-on-overflow-if-told-so",
      test_overflow_error);

  return g_test_run ();
}
