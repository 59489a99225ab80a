/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The figures in stats and in messages, against what the emulator saw. */

#include "fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <glib/gstdio.h>

/* ---- what the emulator saw ---- */

/**
 * Seen: sums over the emulator's log
 * @requests: to both services
 * @refused: those that were not answered with 200
 * @body_bytes: of requests to OSS
 * @connections: that requests came on
 * @parts: UploadPart with 200
 * @last_part: the highest part number
 * @refreshes: RefreshUploadMedia with 200
 */
typedef struct
{
  guint requests;
  guint refused;
  guint64 body_bytes;
  guint connections;
  guint parts;
  guint last_part;
  guint refreshes;
  guint warm_ups;               /* none, if the first part is there sooner */
} Seen;

static void
add_record (Seen * seen, const IceEmulatorRecord * record)
{
  gboolean ok = record->status == 200;
  gboolean warms_up = record->operation == ICE_EMULATOR_OPTIONS;

  seen->requests++;
  seen->warm_ups += warms_up;
  seen->refused += !ok && !warms_up;
  seen->connections = MAX (seen->connections, record->connection);
  seen->last_part = MAX (seen->last_part, record->part_number);
  seen->parts += ok && record->operation == ICE_EMULATOR_PART;
  seen->refreshes += ok && record->operation == ICE_EMULATOR_REFRESH;
  if (record->operation != ICE_EMULATOR_REFRESH)
    seen->body_bytes += record->body_bytes;
}

static Seen
look (Fixture * f)
{
  g_autoptr (GPtrArray) records = fixture_get_records (f, ICE_EMULATOR_ANY,
      0);
  Seen seen = { 0 };
  guint i;

  for (i = 0; i < records->len; i++)
    add_record (&seen, g_ptr_array_index (records, i));

  return seen;
}

static gint64
get_signed_stat (Fixture * f, const gchar * name)
{
  g_autoptr (GstStructure) stats = NULL;
  gint64 value;

  g_object_get (f->sink, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_int64 (stats, name, &value));

  return value;
}

static guint64
get_field (const GstStructure * structure, const gchar * name)
{
  guint64 value;

  g_assert_true (gst_structure_get_uint64 (structure, name, &value));

  return value;
}

static const GstStructure *
get_element (Fixture * f, guint i, const gchar * name)
{
  GstMessage *message = g_ptr_array_index (f->messages, i);

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT
      || !gst_message_has_name (message, name))
    return NULL;

  return gst_message_get_structure (message);
}

/* Writes @size other bytes at @offset, and goes back to the end. */
static void
rewrite (Fixture * f, guint64 offset, gsize size)
{
  guint64 end = f->expected->len;

  fixture_push_segment (f, GST_FORMAT_BYTES, offset);
  g_byte_array_set_size (f->expected, offset);
  fixture_push_buffer (f, fixture_new_buffer (end + offset, size));
  f->expected->len = end;
  fixture_push_segment (f, GST_FORMAT_BYTES, end);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
}

/* ---- stats ---- */

static void
assert_requests_agree (Fixture * f, const Seen * seen)
{
  g_assert_cmpuint (fixture_get_stat (f, "requests"), ==, seen->requests);
  g_assert_cmpuint (fixture_get_stat (f, "retries"), ==, seen->refused);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-sent"), ==,
      seen->body_bytes);
  g_assert_cmpuint (fixture_get_stat (f, "connections-opened"), ==,
      seen->connections);
  g_assert_cmpuint (fixture_get_stat (f, "credential-refreshes"), ==,
      seen->refreshes - 1);
}

static void
assert_parts_agree (Fixture * f, const Seen * seen)
{
  g_assert_cmpuint (fixture_get_stat (f, "parts-uploaded"), ==,
      seen->last_part);
  g_assert_cmpuint (fixture_get_stat (f, "parts-reuploaded"), ==,
      seen->parts - seen->last_part);
  g_assert_cmpuint (fixture_get_stat (f, "parts-in-flight"), ==, 0);
}

/* After the end there is nothing left to do. */
static void
assert_at_rest (Fixture * f)
{
  g_assert_true (fixture_stat_is (f, "state", "complete"));
  g_assert_true (fixture_stat_is (f, "outcome", "completed"));
  g_assert_cmpuint (fixture_get_stat (f, "bytes-written"), ==,
      f->expected->len);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-uploaded"), ==,
      f->expected->len);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-pending"), ==, 0);
  g_assert_cmpuint (fixture_get_stat (f, "upload-lag"), ==, 0);
}

static void
assert_agrees (Fixture * f)
{
  Seen seen = look (f);

  fixture_assert_object (f);
  assert_requests_agree (f, &seen);
  assert_parts_agree (f, &seen);
  assert_at_rest (f);
  g_assert_cmpuint (fixture_get_stat (f, "memory-used"), ==, 0);
}

static const gchar *const fault_cases[] = {
  "part:error:status=503:count=3",
  "part:reset-after-processing:count=2",
  "part:error-after-processing:status=500:part=2",
  "part:expired-token:part=2",
  "part:wrong-crc:part=2",
  "initiate:error:status=503",
  "refresh:error:status=503:count=2",
  "complete:error:status=503",
  "complete:delay-answer:seconds=0.1",
};

/* Whatever goes wrong on the way. */
static void
test_faults (gconstpointer data)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  Seen seen;

  fixture_add_fault (f, data);
  fixture_play (f);
  fixture_push_parts (f, 5);
  fixture_finish (f);

  seen = look (f);
  fixture_assert_object (f);
  assert_at_rest (f);
  g_assert_cmpuint (fixture_get_stat (f, "requests"), ==, seen.requests);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-sent"), ==, seen.body_bytes);
  g_assert_cmpuint (fixture_get_stat (f, "parts-uploaded"), ==,
      seen.last_part);
  g_assert_cmpuint (fixture_get_stat (f, "credential-refreshes"), ==,
      seen.refreshes - 1);
  g_assert_cmpuint (fixture_get_stat (f, "retries"), ==,
      seen.requests - seen.last_part - seen.refreshes - seen.warm_ups - 2);
}

static void
test_clean (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  fixture_push_parts (f, 7);
  fixture_finish (f);
  assert_agrees (f);
  g_assert_cmpuint (fixture_get_stat (f, "retries"), ==, 0);
}

static void
test_renewals (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  fixture_play (f);
  for (i = 0; i < 3; i++) {
    fixture_push_parts (f, 3);
    fixture_wait_uploaded (f);
    ice_emulator_expire_credentials (f->emulator);
  }
  fixture_finish (f);
  assert_agrees (f);
  g_assert_cmpuint (fixture_get_stat (f, "credential-refreshes"), ==, 3);
}

/* A part that is rewritten while OSS takes its time to answer is sent again. */
static void
test_rewrites (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:delay-answer:seconds=3:part=1");

  fixture_play (f);
  fixture_push_parts (f, 1);
  fixture_wait_for (f, fixture_get_stat (f, "bytes-sent")
      >= FIXTURE_PART_SIZE);
  rewrite (f, 100, 50);
  fixture_push_parts (f, 2);
  fixture_finish (f);
  assert_agrees (f);
  g_assert_cmpuint (fixture_get_stat (f, "parts-reuploaded"), ==, 1);
}

static void
test_put (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=put:error:status=503:count=2");
  Seen seen;

  fixture_play (f);
  fixture_push (f, 1000);
  fixture_finish (f);
  seen = look (f);
  fixture_assert_object (f);
  assert_requests_agree (f, &seen);
  assert_at_rest (f);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-sent"), ==, 3000);
}

static void
test_cut_bodies (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:reset-mid-body:count=3:after=1000");
  Seen seen;

  fixture_play (f);
  fixture_push_parts (f, 4);
  fixture_finish (f);
  seen = look (f);
  fixture_assert_object (f);

  /* What had left and did not arrive counts as well. */
  g_assert_cmpuint (fixture_get_stat (f, "bytes-sent"), >=, seen.body_bytes);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-sent"), <=,
      seen.requests * FIXTURE_PART_SIZE);
  g_assert_cmpuint (fixture_get_stat (f, "requests"), ==, seen.requests);
}

static gint64
shift_clock (gpointer user_data)
{
  return g_get_real_time () + *(gint64 *) user_data;
}

static void
test_clock_offset (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint64 shift = -1234 * (gint64) G_USEC_PER_SEC;

  ice_emulator_set_clock (f->emulator, shift_clock, &shift);
  fixture_play (f);
  fixture_push_parts (f, 2);
  fixture_wait_uploaded (f);
  g_assert_cmpint (ABS (get_signed_stat (f, "clock-offset") - shift), <,
      60 * G_USEC_PER_SEC);
  fixture_finish (f);
}

static void
test_credential_life (void)
{
  g_autoptr (Fixture) f = fixture_new ("--credential-life=1000");
  guint64 left, later;

  fixture_play (f);
  fixture_wait_for (f, fixture_stat_is (f, "state", "uploading"));
  left = fixture_get_stat (f, "credential-expires-in");
  g_assert_cmpuint (left, <=, 1000 * GST_SECOND);
  g_assert_cmpuint (left, >, 0);
  fixture_wait_for (f, (later = fixture_get_stat (f,
              "credential-expires-in")) < left);
  g_assert_cmpuint (left - later, <, 600 * GST_SECOND);
  fixture_push (f, 10);
  fixture_finish (f);
}

/* What is held, and what waits, while the service is away. */
static void
test_outage (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint64 begin, lag;

  fixture_play (f);
  fixture_push_parts (f, 2);
  fixture_wait_uploaded (f);
  g_assert_cmpuint (fixture_get_stat (f, "upload-lag"), ==, 0);
  fixture_set_reachable (f, FALSE);
  begin = g_get_monotonic_time ();
  fixture_push_parts (f, 4);
  fixture_wait_for (f, fixture_stat_is (f, "state", "interrupted"));
  fixture_wait_for (f, fixture_get_stat (f, "upload-lag")
      >= 300 * GST_MSECOND);

  lag = fixture_get_stat (f, "upload-lag") / GST_USECOND;
  g_assert_cmpint (lag, <=, g_get_monotonic_time () - begin);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-pending"), ==,
      4 * FIXTURE_PART_SIZE);
  g_assert_cmpuint (fixture_get_stat (f, "memory-used"), >=,
      4 * FIXTURE_PART_SIZE);
  fixture_set_reachable (f, TRUE);
  fixture_wait_uploaded (f);
  g_assert_cmpuint (fixture_get_stat (f, "upload-lag"), ==, 0);
  g_assert_true (fixture_stat_is (f, "state", "uploading"));

  /* It is over: what comes now is late by no more than its own age. */
  fixture_wait_element (f, "ice-upload-resumed");
  begin = g_get_monotonic_time ();
  fixture_push (f, 1000);
  lag = fixture_get_stat (f, "upload-lag") / GST_USECOND;
  g_assert_cmpuint (fixture_get_stat (f, "bytes-pending"), ==, 1000);
  g_assert_cmpint (lag, <=, g_get_monotonic_time () - begin);
  fixture_finish (f);
}

/* What is held back as the head could not have left before the end. */
static void
test_lag_of_head (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint64 begin;

  fixture_set (f, "head-size=102400");
  fixture_play (f);
  fixture_push_parts (f, 1);
  fixture_wait_for (f, fixture_stat_is (f, "state", "uploading"));
  begin = g_get_monotonic_time ();
  fixture_wait_for (f, g_get_monotonic_time () - begin
      > G_USEC_PER_SEC / 2);
  g_assert_cmpuint (fixture_get_stat (f, "upload-lag"), ==, 0);
  begin = g_get_monotonic_time ();
  fixture_push_parts (f, 1);
  fixture_set_reachable (f, FALSE);
  fixture_start_eos (f);
  fixture_wait_for (f, fixture_stat_is (f, "state", "interrupted"));
  g_assert_cmpuint (fixture_get_stat (f, "upload-lag"), <=,
      (g_get_monotonic_time () - begin) * GST_USECOND);
  fixture_set_reachable (f, TRUE);
  fixture_join (f);
  fixture_wait_message (f, GST_MESSAGE_EOS);
  fixture_assert_object (f);
}

/* Bytes on disk of the files there. */
static guint64
get_disk_usage (const gchar * directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint64 usage = 0;
  const gchar *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (directory, name, NULL);
    struct stat info;

    g_assert_cmpint (stat (path, &info), ==, 0);
    usage += info.st_blocks * 512;
  }

  return usage;
}

/* Four times what memory may hold, of which most can't leave. The journal, and
 * what is not yet on disk, are less than memory. */
static void
test_spool (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autofree gchar *directory = g_dir_make_tmp ("icesink-spool-XXXXXX", NULL);
  g_autofree gchar *own = g_build_filename (directory, f->media_id, NULL);
  const GstStructure *spilling;
  guint64 used;

  g_object_set (f->sink, "spool-directory", directory, NULL);
  fixture_set (f, "max-memory=1048576");
  fixture_record (f, MIB);
  fixture_wait_element (f, "ice-upload-started");
  fixture_set_reachable (f, FALSE);
  g_assert_cmpint (fixture_push_all (f, 3 * MIB, 64 * KIB), ==, GST_FLOW_OK);
  spilling = fixture_wait_element (f, "ice-upload-spilling");
  fixture_wait_for (f, fixture_get_stat (f, "spool-used") >= 3 * MIB);

  used = fixture_get_stat (f, "spool-used");
  g_assert_cmpuint (get_field (spilling, "spooled"), <=, used);
  g_assert_cmpuint (get_disk_usage (own), <=, used + MIB);
  g_assert_cmpuint (get_disk_usage (own), >=, used - MIB);
  g_assert_cmpuint (fixture_get_stat (f, "memory-used"), <=, MIB);

  fixture_set_reachable (f, TRUE);
  fixture_complete (f);
  assert_at_rest (f);
  fixture_wait_for (f, fixture_get_stat (f, "spool-used") == 0);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-spilling"), ==, 1);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

static void
test_last_error (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:forbidden:count=0");
  g_autofree gchar *text = NULL;

  fixture_play (f);
  g_assert_true (fixture_stat_is (f, "last-error", ""));
  /* The refusal may come in the middle of it. */
  fixture_push_all (f, 2 * FIXTURE_PART_SIZE, FIXTURE_PART_SIZE);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  text = fixture_get_stat_string (f, "last-error");
  g_assert_nonnull (strstr (text, "AccessDenied"));
  g_assert_true (fixture_stat_is (f, "state", "failed"));
  fixture_set_state (f, GST_STATE_NULL);
  g_assert_true (fixture_stat_is (f, "state", "failed"));
}

/* ---- messages ---- */

static void
test_started_and_complete (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GPtrArray) parts = NULL;
  const GstStructure *message;
  guint64 size, crc64;
  guint n;

  fixture_play (f);
  fixture_push_parts (f, 4);
  fixture_finish (f);
  parts = fixture_get_records (f, ICE_EMULATOR_PART, 200);
  g_assert_true (ice_emulator_get_object_info (f->emulator, f->media_id, NULL,
          &size, &crc64));

  message = fixture_wait_element (f, "ice-upload-started");
  g_assert_cmpstr (gst_structure_get_string (message, "upload-id"), ==,
      ((IceEmulatorRecord *) g_ptr_array_index (parts, 0))->upload_id);
  g_assert_cmpstr (gst_structure_get_string (message, "request-id"), !=, "");

  message = fixture_wait_element (f, "ice-upload-complete");
  g_assert_cmpuint (get_field (message, "size"), ==, size);
  g_assert_cmpuint (get_field (message, "crc64"), ==, crc64);
  g_assert_true (gst_structure_get_uint (message, "parts", &n));
  g_assert_cmpuint (n, ==, parts->len);
  g_assert_cmpstr (gst_structure_get_string (message, "etag"), !=, "");
}

static void
test_refreshed (void)
{
  g_autoptr (Fixture) f = fixture_new ("--credential-life=1000");
  const GstStructure *message;
  guint generation;

  fixture_play (f);
  fixture_push_parts (f, 2);
  fixture_wait_uploaded (f);
  ice_emulator_expire_credentials (f->emulator);
  fixture_push_parts (f, 2);
  message = fixture_wait_element (f, "ice-credential-refreshed");
  g_assert_true (gst_structure_get_uint (message, "generation",
          &generation));
  g_assert_cmpuint (generation, ==,
      ice_emulator_get_generation (f->emulator));
  g_assert_cmpuint (get_field (message, "expires-in"), <=,
      1000 * GST_SECOND);
  fixture_finish (f);
}

static void
test_interrupted (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *message;
  gint64 begin;

  fixture_play (f);
  fixture_push_parts (f, 2);
  fixture_wait_uploaded (f);
  begin = g_get_monotonic_time ();
  fixture_add_fault (f, "part:error:status=503:count=3:code=ServiceDown");
  fixture_push_parts (f, 1);
  message = fixture_wait_element (f, "ice-upload-interrupted");
  g_assert_nonnull (strstr (gst_structure_get_string (message, "reason"),
          "ServiceDown"));
  message = fixture_wait_element (f, "ice-upload-resumed");
  g_assert_cmpuint (get_field (message, "outage"), >, 0);
  g_assert_cmpuint (get_field (message, "outage") / GST_USECOND, <=,
      g_get_monotonic_time () - begin);
  fixture_finish (f);
}

static void
assert_progress_message (const GstStructure * message,
    const GstStructure * before, gint64 total)
{
  guint64 written = get_field (message, "bytes-written");
  guint64 uploaded = get_field (message, "bytes-uploaded");
  guint64 earlier = before ? get_field (before, "bytes-uploaded") : 0;
  gint percent;

  g_assert_true (gst_structure_get_int (message, "percent", &percent));
  g_assert_cmpuint (get_field (message, "bytes-pending"), ==,
      written - uploaded);
  g_assert_cmpuint (uploaded, >=, earlier);
  g_assert_cmpint (get_field (message, "bitrate") > 0, ==,
      uploaded > earlier);
  /* Upstream is asked when the stream begins. */
  if (percent == -1 && written == 0)
    return;
  g_assert_cmpint (percent, ==, total < 0 ? -1 : uploaded * 100 / total);
}

/* Returns: how many there were. */
static guint
assert_progress_messages (Fixture * f, gint64 total)
{
  const GstStructure *before = NULL;
  guint i, n = 0;

  fixture_collect (f);
  for (i = 0; i < f->messages->len; i++) {
    const GstStructure *message =
        get_element (f, i, "ice-upload-progress");

    if (message == NULL)
      continue;
    assert_progress_message (message, before, total);
    before = message;
    n++;
  }

  return n;
}

static void
test_progress (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:delay:seconds=0.02:count=0");

  fixture_set (f, "progress-interval=10000000");
  fixture_play (f);
  fixture_push_parts (f, 20);
  fixture_finish (f);
  g_assert_cmpuint (assert_progress_messages (f, -1), >, 1);
}

/* A file, whose length filesrc knows. */
static void
test_percent (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:delay:seconds=0.05:count=0");
  g_autoptr (GError) error = NULL;
  g_autofree gchar *path = NULL;
  g_autofree gchar *description = NULL;
  const gsize size = 20 * FIXTURE_PART_SIZE + 7;
  g_autofree gchar *zeroes = g_malloc0 (size);
  gint fd = g_file_open_tmp ("icesink-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, zeroes, size, &error);
  g_assert_no_error (error);
  description = g_strdup_printf ("filesrc location=%s", path);

  fixture_set (f, "progress-interval=10000000 parallel-parts=1");
  fixture_launch (f, description);
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_wait_message (f, GST_MESSAGE_EOS);
  g_assert_cmpuint (assert_progress_messages (f, size), >, 2);
  fixture_assert_object_is_file (f, path);
  g_unlink (path);
}

/* ---- PROGRESS ---- */

static guint
count_progress (Fixture * f, GstProgressType type, const gchar * code)
{
  guint i, n = 0;

  for (i = 0; i < f->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (f->messages, i);
    g_autofree gchar *its_code = NULL;
    GstProgressType its_type;

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_PROGRESS)
      continue;
    gst_message_parse_progress (message, &its_type, &its_code, NULL);
    n += its_type == type && g_str_equal (its_code, code);
  }

  return n;
}

typedef struct
{
  const gchar *name;
  const gchar *options;         /* of the emulator */
  const gchar *settings;
  gboolean eos;
  guint opens, finalizes;
  GstProgressType end;          /* of the finalize */
} PairCase;

static const PairCase pair_cases[] = {
  {"success", NULL, NULL, TRUE, 1, 1, GST_PROGRESS_TYPE_COMPLETE},
  {"failure-in-between", "--fault=part:forbidden:count=0", NULL, FALSE, 1, 0},
  {"failure-at-the-end", "--fault=complete:forbidden:count=0", NULL, TRUE, 1,
        1, GST_PROGRESS_TYPE_ERROR},
  {"failure-to-open", "--fault=refresh:forbidden:count=0", NULL, FALSE, 0, 0},
  {"a-stop", NULL, "on-stop=abort", FALSE, 1, 0},
  {"a-stop-that-completes", NULL, "on-stop=complete", FALSE, 1, 1,
        GST_PROGRESS_TYPE_COMPLETE},
};

static void
run_pair (Fixture * f, const PairCase * c)
{
  fixture_play (f);
  if (c->opens > 0)
    fixture_wait_for (f, count_progress (f, GST_PROGRESS_TYPE_COMPLETE,
            "open") > 0);
  fixture_push_all (f, 3 * FIXTURE_PART_SIZE, 64 * KIB);
  if (c->eos)
    fixture_push_eos (f);
  if (c->options != NULL)
    fixture_wait_message (f, GST_MESSAGE_ERROR);
  else if (c->eos)
    fixture_wait_message (f, GST_MESSAGE_EOS);

  /* Leaving PAUSED flushes the bus of a pipeline; this one is our own. */
  fixture_set_state (f, GST_STATE_READY);
  fixture_collect (f);
}

/* Every START has its end. */
static void
test_pairs (gconstpointer data)
{
  const PairCase *c = data;
  g_autoptr (Fixture) f = fixture_new (c->options);

  fixture_set (f, c->settings);
  run_pair (f, c);
  g_assert_cmpuint (count_progress (f, GST_PROGRESS_TYPE_START, "open"), ==,
      c->opens);
  g_assert_cmpuint (count_progress (f, GST_PROGRESS_TYPE_COMPLETE, "open"),
      ==, c->opens);
  g_assert_cmpuint (count_progress (f, GST_PROGRESS_TYPE_START, "finalize"),
      ==, c->finalizes);
  g_assert_cmpuint (count_progress (f, GST_PROGRESS_TYPE_COMPLETE,
          "finalize") + count_progress (f, GST_PROGRESS_TYPE_ERROR,
          "finalize") + count_progress (f, GST_PROGRESS_TYPE_CANCELED,
          "finalize"), ==, c->finalizes);
  if (c->finalizes > 0)
    g_assert_cmpuint (count_progress (f, c->end, "finalize"), ==, 1);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);

  g_test_add_func ("/icesink/stats/agree-after-a-clean-run", test_clean);
  g_test_add_func ("/icesink/stats/agree-after-renewals", test_renewals);
  g_test_add_func ("/icesink/stats/agree-after-rewrites", test_rewrites);
  g_test_add_func ("/icesink/stats/agree-after-one-put", test_put);
  g_test_add_func ("/icesink/stats/count-bodies-that-were-cut",
      test_cut_bodies);
  for (i = 0; i < G_N_ELEMENTS (fault_cases); i++) {
    g_autofree gchar *path = g_strdelimit (g_strdup (fault_cases[i]), ":=._",
        '-');
    g_autofree gchar *full = g_strconcat ("/icesink/stats/agree-after/", path,
        NULL);

    g_test_add_data_func (full, fault_cases[i], test_faults);
  }
  g_test_add_func ("/icesink/stats/know-the-clock-offset",
      test_clock_offset);
  g_test_add_func ("/icesink/stats/know-the-life-of-the-credential",
      test_credential_life);
  g_test_add_func ("/icesink/stats/tell-of-an-outage", test_outage);
  g_test_add_func ("/icesink/stats/count-the-lag-of-the-head-from-the-end",
      test_lag_of_head);
  g_test_add_func ("/icesink/stats/agree-on-the-spool", test_spool);
  g_test_add_func ("/icesink/stats/keep-the-last-error", test_last_error);

  g_test_add_func ("/icesink/messages/agree-on-start-and-end",
      test_started_and_complete);
  g_test_add_func ("/icesink/messages/agree-on-renewals", test_refreshed);
  g_test_add_func ("/icesink/messages/agree-on-outages", test_interrupted);
  g_test_add_func ("/icesink/messages/agree-on-progress", test_progress);
  g_test_add_func ("/icesink/messages/know-percent-of-a-file",
      test_percent);

  for (i = 0; i < G_N_ELEMENTS (pair_cases); i++) {
    g_autofree gchar *path =
        g_strconcat ("/icesink/progress/is-in-pairs-after-",
        pair_cases[i].name, NULL);

    g_test_add_data_func (path, &pair_cases[i], test_pairs);
  }

  return g_test_run ();
}
