/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One upload against the emulator: tokens that end, leases that change,
 * outages, the truth about completion, and ends at every moment. */

#include "upload-fixture.h"

#include "../patience.h"
#include "../system.h"
#include "common/error.h"

#include <string.h>

#define LEASED GST_ICE_UPLOAD_EVENT_LEASED
#define RENEWED GST_ICE_UPLOAD_EVENT_RENEWED
#define STARTED GST_ICE_UPLOAD_EVENT_STARTED
#define CONFIRMED GST_ICE_UPLOAD_EVENT_CONFIRMED
#define INTERRUPTED GST_ICE_UPLOAD_EVENT_INTERRUPTED
#define RESUMED GST_ICE_UPLOAD_EVENT_RESUMED
#define FAILING GST_ICE_UPLOAD_EVENT_FAILING
#define COMPLETE GST_ICE_UPLOAD_EVENT_COMPLETE
#define FAILED GST_ICE_UPLOAD_EVENT_FAILED
#define STOPPED GST_ICE_UPLOAD_EVENT_STOPPED

/* How fast the clock moves while something is waited for, a millisecond. */
#define STEP (25 * MILLISECOND)
#define BIG_STEP (100 * MILLISECOND)

static guint
count_refused_parts (UploadFixture * fixture)
{
  return upload_fixture_count_requests (fixture, ICE_EMULATOR_PART, 403);
}

static guint
count_refreshes (UploadFixture * fixture)
{
  return upload_fixture_count_requests (fixture, ICE_EMULATOR_REFRESH, 0);
}

/* An upload that has begun: the first part has arrived. */
static void
begin (UploadFixture * fixture)
{
  upload_fixture_start (fixture);
  upload_fixture_push (fixture, 1, 1);
  upload_fixture_wait (fixture, CONFIRMED, 1, 0);
}

/* The end of the recording, and of the upload with the exact object. */
static void
complete (UploadFixture * fixture, guint n_parts)
{
  upload_fixture_finish (fixture, NULL);
  upload_fixture_wait (fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (fixture, n_parts);
  g_assert_cmpint (upload_fixture_get_outcome (fixture), ==,
      GST_ICE_OUTCOME_COMPLETED);
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture->emulator), ==,
      0);
}

static void
assert_failed (UploadFixture * fixture, GstIceErrorCode code,
    GstIceOutcome outcome)
{
  upload_fixture_wait (fixture, FAILED, 1, BIG_STEP);
  g_assert_error (upload_fixture_get (fixture, FAILED)->error, GST_ICE_ERROR,
      (gint) code);
  g_assert_cmpint (upload_fixture_get_outcome (fixture), ==, outcome);
}

static void
add_faults (UploadFixture * fixture, const gchar * faults)
{
  g_auto (GStrv) words = g_strsplit (faults, " ", -1);
  guint i;

  for (i = 0; words[i] != NULL; i++) {
    if (*words[i] != '\0')
      upload_fixture_add_fault (fixture, words[i]);
  }
}

/* ---- states ---- */

/* Nothing comes back from an end, and nothing is skipped. */
static void
test_states (void)
{
  static const GstIceUploadState undrawn[][2] = {
    {GST_ICE_UPLOAD_IDLE, GST_ICE_UPLOAD_UPLOADING},
    {GST_ICE_UPLOAD_OPENING, GST_ICE_UPLOAD_COMPLETE},
    {GST_ICE_UPLOAD_UPLOADING, GST_ICE_UPLOAD_COMPLETE},
    {GST_ICE_UPLOAD_FINALIZING, GST_ICE_UPLOAD_UPLOADING},
    {GST_ICE_UPLOAD_LOST, GST_ICE_UPLOAD_COMPLETE},
    {GST_ICE_UPLOAD_COMPLETE, GST_ICE_UPLOAD_FAILED},
    {GST_ICE_UPLOAD_SALVAGING, GST_ICE_UPLOAD_COMPLETE},
    {GST_ICE_UPLOAD_ABORTING, GST_ICE_UPLOAD_SALVAGING},
    {GST_ICE_UPLOAD_WITHDRAWING, GST_ICE_UPLOAD_UPLOADING},
    {GST_ICE_UPLOAD_FAILED, GST_ICE_UPLOAD_COMPLETE},
    {GST_ICE_UPLOAD_STOPPED, GST_ICE_UPLOAD_OPENING},
    {GST_ICE_UPLOAD_CLOSED, GST_ICE_UPLOAD_STOPPED},
  };
  GstIceUploadState state;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (undrawn); i++) {
    state = undrawn[i][0];
    g_assert_false (gst_ice_upload_state_change (&state, state,
            undrawn[i][1]));
    g_assert_cmpint (state, ==, undrawn[i][0]);
  }

  /* A drawn one, from a state that it is not in. */
  state = GST_ICE_UPLOAD_OPENING;
  g_assert_false (gst_ice_upload_state_change (&state, GST_ICE_UPLOAD_IDLE,
          GST_ICE_UPLOAD_OPENING));
  g_assert_true (gst_ice_upload_state_change (&state, state,
          GST_ICE_UPLOAD_UPLOADING));
}

/* ---- the plain case ---- */

static void
test_plain (void)
{
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) info = { 0 };
  guint i;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_start (&fixture);
  gst_ice_upload_set_content_type (fixture.upload, "video/mp4");
  upload_fixture_push (&fixture, 1, 9);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 10, 1,
          77));
  upload_fixture_wait (&fixture, COMPLETE, 1, 0);
  upload_fixture_check_object (&fixture, 10);

  g_assert_cmpuint (upload_fixture_count (&fixture, LEASED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, CONFIRMED), ==, 10);
  g_assert_cmpuint (fixture.events->len, ==, 13);
  for (i = 2; i < 12; i++) {
    const SeenEvent *event = g_ptr_array_index (fixture.events, i);

    g_assert_cmpint (event->type, ==, CONFIRMED);
    g_assert_cmpuint (event->generation, ==, 1);
  }
  g_assert_cmpuint (upload_fixture_get_overlap (&fixture, ICE_EMULATOR_PART,
          0), <=, 3);

  gst_ice_upload_get_info (fixture.upload, &info);
  g_assert_cmpint (info.state, ==, GST_ICE_UPLOAD_COMPLETE);
  g_assert_cmpuint (info.object_size, ==, 9 * PART_SIZE + 77);
  g_assert_cmpuint (info.bytes_uploaded, ==, info.object_size);
  g_assert_cmpuint (info.bytes_sent, >=, info.object_size);
  g_assert_cmpuint (info.parts_uploaded, ==, 10);
  g_assert_cmpuint (info.requests, ==, 13);
  g_assert_cmpuint (info.retries, ==, 0);
  g_assert_cmpstr (info.object, ==, "sv/" MEDIA_ID "/" MEDIA_ID ".mp4");
  g_assert_null (info.last_error);
}

static void
check_put (gsize size)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_start (&fixture);
  upload_fixture_finish (&fixture, size == 0 ? NULL :
      upload_fixture_make_part (&fixture, 1, 1, size));
  upload_fixture_wait (&fixture, COMPLETE, 1, 0);
  upload_fixture_check_object (&fixture, size > 0);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture, ICE_EMULATOR_PUT,
          200), ==, 1);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_INITIATE, 0), ==, 0);
}

static void
test_put (void)
{
  check_put (0);
  check_put (1);
  check_put (PART_SIZE - 1);
}

/* A part that is rewritten while it is on its way: the newer bytes win. */
static void
test_rewrite_in_flight (void)
{
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) info = { 0 };
  g_autofree gchar *fault =
      g_strdup_printf ("part:delay-answer:seconds=%" G_GINT64_FORMAT
      "e-6:part=2", test_patience (G_USEC_PER_SEC / 5));

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_add_fault (&fixture, fault);
  upload_fixture_push (&fixture, 2, 3);
  upload_fixture_wait (&fixture, CONFIRMED, 2, 0);
  gst_ice_upload_push (fixture.upload, upload_fixture_make_part (&fixture, 2,
          2, PART_SIZE));
  complete (&fixture, 3);
  gst_ice_upload_get_info (fixture.upload, &info);
  g_assert_cmpuint (info.parts_reuploaded, ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, CONFIRMED), ==, 3);
}

/* A part that is rewritten after it had arrived. */
static void
test_rewrite (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_push (&fixture, 2, 4);
  upload_fixture_wait (&fixture, CONFIRMED, 4, 0);
  gst_ice_upload_push (fixture.upload, upload_fixture_make_part (&fixture, 1,
          2, PART_SIZE));
  upload_fixture_wait (&fixture, CONFIRMED, 5, 0);
  complete (&fixture, 4);
}

/* A backlog on a line that is not full: more connections than three, if the
 * system tells of round trips, and no more than memory holds. What comes one at
 * a time, as from a live source that the line keeps up with, takes one. */
static void
check_automatic (gint64 short_line_us, guint max, guint n_parts, guint least,
    guint most)
{
  g_auto (UploadFixture) fixture;
  guint overlap;

  upload_fixture_init (&fixture, NULL);
  fixture.config->parallel_parts = 0;
  fixture.config->max_parallel_parts = max;
  fixture.config->short_line_us = short_line_us;
  begin (&fixture);
  upload_fixture_add_fault (&fixture,
      "part:delay-answer:seconds=0.2:count=0");
  upload_fixture_push (&fixture, 2, n_parts);
  upload_fixture_wait (&fixture, CONFIRMED, n_parts, STEP);
  overlap = upload_fixture_get_overlap (&fixture, ICE_EMULATOR_PART, 0);
  g_test_message ("%u at a time", overlap);
  g_assert_cmpuint (overlap, >=, least);
  g_assert_cmpuint (overlap, <=, most);
  ice_emulator_clear_faults (fixture.emulator);
  complete (&fixture, n_parts);
}

static void
test_automatic (void)
{
  check_automatic (0, 16, 100, test_has_tcp_info ()? 6 : 3, 16);
  check_automatic (0, 4, 30, 3, 4);
  check_automatic (0, 16, 2, 1, 1);
  /* Loopback, as it is. */
  check_automatic (HOUR, 16, 30, 2, 3);
}

/* ---- connections ---- */

/* OSS is another host than ICE. */
static void
separate (UploadFixture * fixture)
{
  const gchar *port = strrchr (ice_emulator_get_uri (fixture->emulator), ':');
  g_autofree gchar *uri = g_strconcat ("http://localhost", port, NULL);

  fixture->config->oss_endpoint = gst_ice_endpoint_parse (uri, NULL);
}

static void
await_requests (UploadFixture * fixture, IceEmulatorOperation operation,
    guint n)
{
  gint64 deadline = g_get_monotonic_time () + test_patience (10 * SECOND);

  while (upload_fixture_count_requests (fixture, operation, 0) < n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_usleep (MILLISECOND);
  }
}

/* A recording that is short finds its connection open, if the answer on it has
 * come by @wait_us. */
static gboolean
finds_warm (gint64 wait_us)
{
  UploadFixture fixture;
  g_autoptr (GPtrArray) records = NULL;
  guint i, connection = 0, of_put = 0;

  upload_fixture_init (&fixture, NULL);
  separate (&fixture);
  upload_fixture_start (&fixture);
  await_requests (&fixture, ICE_EMULATOR_OPTIONS, 1);
  g_usleep (wait_us);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 1, 1,
          PART_SIZE / 2));
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  records = ice_emulator_get_records (fixture.emulator);
  for (i = 0; i < records->len; i++) {
    const IceEmulatorRecord *record = g_ptr_array_index (records, i);

    g_assert_cmpuint (record->status, ==,
        record->operation == ICE_EMULATOR_OPTIONS ? 403 : 200);
    if (record->operation == ICE_EMULATOR_OPTIONS)
      connection = record->connection;
    if (record->operation == ICE_EMULATOR_PUT)
      of_put = record->connection;
  }
  g_assert_cmpuint (connection, ==, 2);
  g_assert_cmpuint (records->len, ==, 3);
  upload_fixture_clear (&fixture);

  return of_put == connection;
}

static void
test_warm (void)
{
  gint64 wait_us = 10 * MILLISECOND;

  while (!finds_warm (wait_us)) {
    wait_us *= 2;
    g_assert_cmpint (wait_us, <, test_patience (10 * SECOND));
  }
}

/* Nobody answers the first request: the upload does not care. */
static void
test_warm_in_vain (void)
{
  UploadFixture fixture;

  upload_fixture_init (&fixture, NULL);
  separate (&fixture);
  upload_fixture_add_fault (&fixture, "options:stall-before-answer");
  upload_fixture_start (&fixture);
  upload_fixture_wait (&fixture, LEASED, 1, 0);
  upload_fixture_push (&fixture, 1, 2);
  upload_fixture_wait (&fixture, CONFIRMED, 2, 0);
  complete (&fixture, 2);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 0);
  upload_fixture_clear (&fixture);
}

/* The end of a live recording whose parts had one connection: @sizes of the
 * parts that are left; how many go at a time. */
static guint
end_with (const gsize * sizes, guint n, GArray * order)
{
  UploadFixture fixture;
  GPtrArray *rest =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_part_unref);
  g_autoptr (GPtrArray) records = NULL;
  guint overlap, i;

  upload_fixture_init (&fixture, NULL);
  fixture.config->part_size = 2 * PART_SIZE;
  begin (&fixture);
  upload_fixture_add_fault (&fixture,
      "part:delay-answer:seconds=0.2:count=0");
  for (i = 0; i < n; i++)
    g_ptr_array_add (rest, upload_fixture_make_part (&fixture, i + 2, 1,
            sizes[i]));
  gst_ice_upload_finish (fixture.upload, rest);
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (&fixture, n + 1);
  overlap = upload_fixture_get_overlap (&fixture, ICE_EMULATOR_PART, 0);
  records = ice_emulator_get_records (fixture.emulator);
  for (i = 0; i < records->len; i++) {
    const IceEmulatorRecord *record = g_ptr_array_index (records, i);

    if (record->operation == ICE_EMULATOR_PART && record->part_number > 1)
      g_array_append_val (order, record->part_number);
  }
  upload_fixture_clear (&fixture);

  return overlap;
}

/* The last part and the head, which is smaller: both on the connection that is
 * warm, the larger one first. Where more is left, others are opened. */
static void
test_last_parts (void)
{
  static const gsize few[] = { PART_SIZE, 3 * PART_SIZE };
  static const gsize many[] = { PART_SIZE, PART_SIZE, 3 * PART_SIZE };
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));

  g_assert_cmpuint (end_with (few, G_N_ELEMENTS (few), order), ==, 1);
  g_assert_cmpuint (order->len, ==, 2);
  g_assert_cmpuint (g_array_index (order, guint, 0), ==, 3);
  g_assert_cmpuint (g_array_index (order, guint, 1), ==, 2);
  g_assert_cmpuint (end_with (many, G_N_ELEMENTS (many), order), >, 1);
}

/* ---- tokens that end ---- */

/* How much of the newest lease's life is left. */
static gint64
get_rest (UploadFixture * fixture)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (fixture->upload, &info);

  return info.lease_expires_us - test_time_get (&fixture->time);
}

/* Leases that live for 2 s, and 30 s of recording in small steps. The clock
 * stands still while a renewal that is due is on its way, and while a part is:
 * loopback takes no time here. */
static void
test_short_lives (void)
{
  const gchar *options[] = { "--credential-life=2", NULL };
  g_auto (UploadFixture) fixture;
  guint number = 1, n_renewals = 0;
  gint64 end;

  upload_fixture_init (&fixture, options);
  begin (&fixture);
  end = test_time_get (&fixture.time) + 30 * SECOND;
  while (test_time_get (&fixture.time) < end) {
    test_time_advance (&fixture.time, 5 * MILLISECOND);
    if (get_rest (&fixture) <= 2 * SECOND / 5)
      upload_fixture_wait (&fixture, RENEWED, ++n_renewals, 0);
    if ((end - test_time_get (&fixture.time)) % (100 * MILLISECOND) == 0) {
      number++;
      upload_fixture_push (&fixture, number, number);
      upload_fixture_wait (&fixture, CONFIRMED, number, 0);
    }
  }

  g_test_message ("%u parts, %u renewals", number, n_renewals);
  complete (&fixture, number);
  g_assert_cmpuint (number, ==, 301);
  g_assert_cmpuint (upload_fixture_count (&fixture, RENEWED), >=, 12);
  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 0);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture, ICE_EMULATOR_ANY,
          403), ==, 0);
}

/* Every renewal fails, so every lease ends under way: each leads to refusals
 * and to one renewal, and the upload id stays. */
static void
test_late_renewals (void)
{
  g_auto (UploadFixture) fixture;
  guint i;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  for (i = 1; i <= 10; i++) {
    ice_emulator_expire_credentials (fixture.emulator);
    upload_fixture_push (&fixture, 3 * i - 1, 3 * i + 1);
    upload_fixture_wait (&fixture, CONFIRMED, 3 * i + 1, 0);
    g_assert_cmpuint (count_refreshes (&fixture), ==, i + 1);
  }
  complete (&fixture, 31);
  g_assert_cmpuint (count_refused_parts (&fixture), >=, 10);
  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 0);
}

/* Three parts are refused at the same time. */
static void
check_refused_together (const gchar * const *options)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, options);
  begin (&fixture);
  upload_fixture_add_fault (&fixture, "part:delay:seconds=0.3:count=3");
  upload_fixture_push (&fixture, 2, 4);
  ice_emulator_expire_credentials (fixture.emulator);
  upload_fixture_wait (&fixture, CONFIRMED, 4, 0);
  g_assert_cmpuint (count_refused_parts (&fixture), ==, 3);
  g_assert_cmpuint (count_refreshes (&fixture), ==, 2);
  complete (&fixture, 4);
}

static void
test_refused_together (void)
{
  const gchar *key[] = { "--expired-code=InvalidAccessKeyId", NULL };

  check_refused_together (NULL);
  check_refused_together (key);
}

/* The refusal comes before the body is read, and the connection is closed. */
static void
test_refused_early (void)
{
  const gchar *options[] = { "--early-errors", NULL };
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, options);
  begin (&fixture);
  ice_emulator_expire_credentials (fixture.emulator);
  gst_ice_upload_push (fixture.upload, upload_fixture_make_part (&fixture, 2,
          1, 32 * 1024 * 1024));
  upload_fixture_wait (&fixture, CONFIRMED, 2, 0);
  g_assert_cmpuint (count_refused_parts (&fixture), ==, 1);
  g_assert_cmpuint (count_refreshes (&fixture), ==, 2);
  complete (&fixture, 2);
}

/* Renewals fail while the old lease lives: parts go on with it. */
static void
test_renewal_fails (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  g_auto (UploadFixture) fixture;
  guint number = 1;

  upload_fixture_init (&fixture, options);
  begin (&fixture);
  upload_fixture_add_fault (&fixture, "refresh:error:count=0");
  while (get_rest (&fixture) > SECOND) {
    upload_fixture_pass (&fixture, SECOND, 200 * MILLISECOND);
    number++;
    upload_fixture_push (&fixture, number, number);
    upload_fixture_wait (&fixture, CONFIRMED, number, 0);
  }
  g_assert_cmpuint (count_refreshes (&fixture), >=, 2);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 0);

  /* Nothing goes once it is dead; all of it when there is another. */
  upload_fixture_pass (&fixture, 3 * SECOND, 200 * MILLISECOND);
  upload_fixture_push (&fixture, number + 1, number + 5);
  upload_fixture_wait (&fixture, INTERRUPTED, 1, STEP);
  g_assert_cmpuint (upload_fixture_count (&fixture, CONFIRMED), ==, number);
  ice_emulator_clear_faults (fixture.emulator);
  upload_fixture_wait (&fixture, CONFIRMED, number + 5, STEP);
  g_assert_cmpuint (upload_fixture_count (&fixture, RESUMED), ==, 1);
  complete (&fixture, number + 5);
  g_assert_cmpuint (count_refused_parts (&fixture), ==, 0);
}

/* Whatever was renewed is refused again, for as long as retry-timeout says: the
 * first renewal comes at once, and none is a burst. */
static void
check_refused_for_good (const gchar * fault)
{
  g_auto (UploadFixture) fixture;
  gint64 begun;

  upload_fixture_init (&fixture, NULL);
  fixture.config->retry_timeout_us = 60 * SECOND;
  begin (&fixture);
  upload_fixture_add_fault (&fixture, fault);
  begun = test_time_get (&fixture.time);
  upload_fixture_push (&fixture, 2, 4);
  assert_failed (&fixture, GST_ICE_ERROR_TOKEN_EXPIRED, GST_ICE_OUTCOME_KEPT);
  g_assert_cmpint (test_time_get (&fixture.time) - begun, >=, 60 * SECOND);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 1);
  g_assert_cmpuint (count_refreshes (&fixture), >=, 5);
  g_assert_cmpuint (count_refreshes (&fixture), <=, 30);
}

static void
test_refused_for_good (void)
{
  check_refused_for_good ("part:expired-token:count=0");
  check_refused_for_good
      ("part:expired-token:code=InvalidAccessKeyId:count=0");
  check_refused_for_good
      ("part:expired-token:code=InvalidSecurityToken:count=0");
}

/* A key that was just made is unknown to OSS for a moment, for whatever it
 * signs. */
static void
test_refused_for_a_while (void)
{
  static const gchar *const operations[] = { "initiate", "part", "complete",
    "list-parts"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (operations); i++) {
    UploadFixture fixture;
    g_autofree gchar *fault =
        g_strdup_printf ("%s:expired-token:code=InvalidAccessKeyId:for=20",
        operations[i]);

    upload_fixture_init (&fixture, NULL);
    upload_fixture_add_fault (&fixture, fault);
    upload_fixture_start (&fixture);
    upload_fixture_push (&fixture, 1, 3);
    upload_fixture_wait (&fixture, CONFIRMED, 3, STEP);
    complete (&fixture, 3);
    g_assert_cmpuint (count_refreshes (&fixture), <=, 20);
    upload_fixture_clear (&fixture);
  }
}

/* ---- leases that change ---- */

/* Another endpoint for the same object is no news. */
static void
test_new_endpoint (void)
{
  const gchar *options[] = { "--new-endpoint-from=2", NULL };
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, options);
  begin (&fixture);
  ice_emulator_expire_credentials (fixture.emulator);
  upload_fixture_push (&fixture, 2, 6);
  upload_fixture_wait (&fixture, CONFIRMED, 6, 0);
  complete (&fixture, 6);
  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 0);
}

/* Another object, and a part of the old one has arrived: its bytes are gone,
 * so there is one clear error, and nothing is mixed. */
static void
test_new_object (void)
{
  const gchar *options[] = { "--new-key-from=2", NULL };
  g_auto (UploadFixture) fixture;
  const GError *error;

  upload_fixture_init (&fixture, options);
  begin (&fixture);
  ice_emulator_expire_credentials (fixture.emulator);
  upload_fixture_push (&fixture, 2, 4);
  assert_failed (&fixture, GST_ICE_ERROR_NO_SUCH_UPLOAD,
      GST_ICE_OUTCOME_KEPT);
  error = upload_fixture_get (&fixture, FAILED)->error;
  g_assert_nonnull (strstr (error->message, "another object"));
  g_assert_cmpuint (upload_fixture_count (&fixture, FAILED), ==, 1);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_INITIATE, 200), ==, 1);
  upload_fixture_check_no_object (&fixture);
}

/* Another object while all bytes are held: everything goes there. */
static void
check_restart (guint n_parts)
{
  const gchar *options[] = { "--new-key-from=2", NULL };
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) info = { 0 };

  upload_fixture_init (&fixture, options);
  upload_fixture_start (&fixture);
  upload_fixture_add_fault (&fixture,
      "part:error:status=503:code=ServiceUnavailable:count=1");
  upload_fixture_push (&fixture, 1, 1);
  upload_fixture_wait (&fixture, STARTED, 1, 0);
  ice_emulator_expire_credentials (fixture.emulator);
  upload_fixture_push (&fixture, 2, n_parts);
  upload_fixture_wait (&fixture, CONFIRMED, n_parts, STEP);
  upload_fixture_finish (&fixture, NULL);
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (&fixture, n_parts);

  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), ==, 2);
  /* The old upload can be aborted neither with the lease that it began with nor
   * with the new one, and the application knows. */
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_ABORT, 403), ==, 2);
  g_assert_cmpuint (upload_fixture_count (&fixture,
          GST_ICE_UPLOAD_EVENT_LEFT_BEHIND), ==, 1);
  gst_ice_upload_get_info (fixture.upload, &info);
  g_assert_cmpstr (info.object, ==, "moved/sv/" MEDIA_ID "/" MEDIA_ID ".mp4");
}

static void
test_restart (void)
{
  check_restart (4);
}

/* The same with a backlog that takes longer to refuse than to wait for. */
static void
test_restart_with_backlog (void)
{
  check_restart (300);
}

/* One renewal names another object, the next one the right one again. In
 * between nothing was sent, and nothing has happened. */
static void
test_object_comes_back (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, options);
  upload_fixture_add_fault (&fixture, "refresh:wrong-object:skip=1");
  begin (&fixture);
  upload_fixture_wait (&fixture, RENEWED, 1, BIG_STEP);
  upload_fixture_wait (&fixture, RENEWED, 2, BIG_STEP);
  upload_fixture_push (&fixture, 2, 4);
  upload_fixture_wait (&fixture, CONFIRMED, 4, 0);
  complete (&fixture, 4);
  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_ANY, 403), ==, 0);
}

/* A lease moves while something that goes alone is on its way. */
static void
check_moved_single (const gchar * fault, gsize size)
{
  const gchar *options[] = { "--new-key-from=2", NULL };
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, options);
  upload_fixture_add_fault (&fixture, fault);
  upload_fixture_start (&fixture);
  upload_fixture_wait (&fixture, LEASED, 1, 0);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 1, 1,
          size));
  upload_fixture_wait (&fixture, RENEWED, 1, 0);
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (&fixture, 1);
}

static void
test_moved_single (void)
{
  check_moved_single ("put:expired-token", 100);
  check_moved_single ("initiate:expired-token", PART_SIZE);
}

/* The upload id is not known any more. */
static void
test_upload_gone (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_add_fault (&fixture,
      "part:error:status=404:code=NoSuchUpload:count=0");
  upload_fixture_push (&fixture, 2, 20);
  upload_fixture_wait (&fixture, FAILED, 1, STEP);
  g_assert_error (upload_fixture_get (&fixture, FAILED)->error, GST_ICE_ERROR,
      GST_ICE_ERROR_NO_SUCH_UPLOAD);
}

static void
test_upload_gone_restart (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_add_fault (&fixture,
      "part:error:status=404:code=NoSuchUpload:count=2");
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  upload_fixture_wait (&fixture, STARTED, 2, STEP);
  upload_fixture_push (&fixture, 2, 6);
  upload_fixture_wait (&fixture, CONFIRMED, 6, STEP);
  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), ==, 2);
  upload_fixture_finish (&fixture, NULL);
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (&fixture, 6);
}

/* The first part has arrived, and its bytes are gone: the recording would end,
 * so an answer that comes a few times within a moment is not believed. */
static void
test_upload_gone_for_a_moment (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_add_fault (&fixture,
      "part:error:status=404:code=NoSuchUpload:count=3");
  upload_fixture_push (&fixture, 2, 2);
  upload_fixture_wait (&fixture, CONFIRMED, 2, STEP);
  complete (&fixture, 2);
}

/* Beginning anew ends because of no count. */
static void
test_upload_gone_often (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_add_fault (&fixture,
      "part:error:status=404:code=NoSuchUpload:count=16");
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  upload_fixture_wait (&fixture, STARTED, 9, STEP);
  upload_fixture_wait (&fixture, CONFIRMED, 1, STEP);
  upload_fixture_finish (&fixture, NULL);
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (&fixture, 1);
}

/* Nor does it go on for ever, or in a burst. */
static void
test_upload_gone_for_good (void)
{
  g_auto (UploadFixture) fixture;
  const GError *error;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_add_fault (&fixture,
      "part:error:status=404:code=NoSuchUpload:count=0");
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  upload_fixture_wait (&fixture, FAILED, 1, BIG_STEP);
  error = upload_fixture_get (&fixture, FAILED)->error;
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SUCH_UPLOAD);
  g_assert_nonnull (strstr (error->message, "retry-timeout"));
  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), >, 10);
  g_assert_cmpuint (upload_fixture_count (&fixture, STARTED), <, 200);
}

/* ---- outages ---- */

/* Ten minutes without a network: told of once, probed by one request at a
 * time, and afterwards everything goes at full speed. */
static void
test_outage (void)
{
  const gchar *options[] = { "--credential-life=43200", NULL };
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) before = { 0 }, after = { 0 };
  g_autoptr (GError) error = NULL;
  guint i;

  upload_fixture_init (&fixture, options);
  fixture.config->retry_timeout_us = -1;
  begin (&fixture);
  ice_emulator_set_reachable (fixture.emulator, FALSE, &error);
  g_assert_no_error (error);
  upload_fixture_push (&fixture, 2, 40);
  upload_fixture_wait (&fixture, INTERRUPTED, 1, STEP);
  upload_fixture_turn (&fixture);
  gst_ice_upload_get_info (fixture.upload, &before);
  for (i = 0; i < 600; i++) {
    g_auto (GstIceUploadInfo) info = { 0 };

    upload_fixture_pass (&fixture, SECOND, 200 * MILLISECOND);
    gst_ice_upload_get_info (fixture.upload, &info);
    g_assert_cmpuint (info.parts_in_flight, <=, i < 2 ? 3 : 1);
    g_assert_true (info.interrupted);
  }
  gst_ice_upload_get_info (fixture.upload, &after);
  g_test_message ("%u probes in ten minutes",
      after.requests - before.requests);
  g_assert_cmpuint (after.requests - before.requests, >=, 30);
  g_assert_cmpuint (after.requests - before.requests, <=, 150);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, CONFIRMED), ==, 1);

  ice_emulator_set_reachable (fixture.emulator, TRUE, &error);
  g_assert_no_error (error);
  upload_fixture_wait (&fixture, RESUMED, 1, BIG_STEP);
  g_assert_cmpint (upload_fixture_get (&fixture, RESUMED)->time_us, >=,
      600 * SECOND);
  upload_fixture_wait (&fixture, CONFIRMED, 40, 0);
  complete (&fixture, 40);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, RESUMED), ==, 1);
}

/* The service answers, with nothing but errors. */
static void
test_outage_of_service (void)
{
  g_auto (UploadFixture) fixture;
  guint serial, n_requests;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_add_fault (&fixture,
      "part:error:status=500:code=InternalError:count=0");
  upload_fixture_push (&fixture, 2, 20);
  upload_fixture_wait (&fixture, INTERRUPTED, 1, STEP);
  upload_fixture_pass (&fixture, 5 * SECOND, 50 * MILLISECOND);
  serial = ice_emulator_count (fixture.emulator, ICE_EMULATOR_ANY, 0);
  upload_fixture_pass (&fixture, 120 * SECOND, 100 * MILLISECOND);
  n_requests = ice_emulator_count (fixture.emulator, ICE_EMULATOR_ANY, 0)
      - serial;
  g_test_message ("%u probes in two minutes", n_requests);
  g_assert_cmpuint (n_requests, >=, 5);
  g_assert_cmpuint (n_requests, <=, 60);
  g_assert_cmpuint (upload_fixture_get_overlap (&fixture, ICE_EMULATOR_PART,
          serial), ==, 1);

  ice_emulator_clear_faults (fixture.emulator);
  upload_fixture_wait (&fixture, CONFIRMED, 20, BIG_STEP);
  complete (&fixture, 20);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, RESUMED), ==, 1);
}

/* The token ends in the outage: it is renewed first, and no part is sent with
 * the dead one. */
static void
test_expiry_in_outage (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, options);
  begin (&fixture);
  ice_emulator_set_reachable (fixture.emulator, FALSE, NULL);
  upload_fixture_push (&fixture, 2, 10);
  upload_fixture_wait (&fixture, INTERRUPTED, 1, STEP);
  upload_fixture_pass (&fixture, 200 * SECOND, 200 * MILLISECOND);
  ice_emulator_set_reachable (fixture.emulator, TRUE, NULL);
  upload_fixture_wait (&fixture, CONFIRMED, 10, BIG_STEP / 4);
  complete (&fixture, 10);
  g_assert_cmpuint (count_refused_parts (&fixture), ==, 0);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, RESUMED), ==, 1);
}

/* A single failure is not worth a word. */
static void
test_hiccup (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_add_fault (&fixture, "part:error");
  upload_fixture_push (&fixture, 2, 2);
  upload_fixture_wait (&fixture, CONFIRMED, 2, STEP);
  g_assert_cmpuint (upload_fixture_count (&fixture, INTERRUPTED), ==, 0);
  g_assert_cmpuint (upload_fixture_count (&fixture, RESUMED), ==, 0);
  complete (&fixture, 2);
}

/* A failure of the first renewal opens no budget that nothing closes. */
static void
test_hiccup_long_ago (void)
{
  const gchar *options[] = { "--credential-life=43200", NULL };
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, options);
  upload_fixture_add_fault (&fixture, "refresh:error");
  upload_fixture_start (&fixture);
  upload_fixture_wait (&fixture, LEASED, 1, STEP);
  upload_fixture_pass (&fixture, HOUR, 60 * SECOND);
  upload_fixture_add_fault (&fixture, "initiate:error:count=3");
  upload_fixture_push (&fixture, 1, 1);
  upload_fixture_wait (&fixture, CONFIRMED, 1, STEP);
  complete (&fixture, 1);
}

/* ---- the budget ---- */

static void
check_budget (const gchar * fault, GstIceErrorCode code)
{
  g_auto (UploadFixture) fixture;
  gint64 begun;

  upload_fixture_init (&fixture, NULL);
  fixture.config->retry_timeout_us = 60 * SECOND;
  begin (&fixture);
  upload_fixture_add_fault (&fixture, fault);
  begun = test_time_get (&fixture.time);
  upload_fixture_push (&fixture, 2, 5);
  upload_fixture_finish (&fixture, NULL);
  upload_fixture_wait (&fixture, FAILED, 1, BIG_STEP);
  g_assert_error (upload_fixture_get (&fixture, FAILED)->error, GST_ICE_ERROR,
      (gint) code);
  g_assert_cmpint (test_time_get (&fixture.time) - begun, >=, 60 * SECOND);
  g_assert_cmpint (test_time_get (&fixture.time) - begun, <=, 75 * SECOND);
}

static void
test_budget (void)
{
  check_budget ("part:error:status=500:count=0", GST_ICE_ERROR_UNAVAILABLE);
  check_budget ("part:error:status=503:code=ServiceUnavailable:count=0",
      GST_ICE_ERROR_THROTTLED);
  check_budget ("part:reset-before:count=0", GST_ICE_ERROR_NETWORK);
}

/* A success in between gives all of the budget back. */
static void
test_budget_is_given_back (void)
{
  g_auto (UploadFixture) fixture;
  guint i;

  upload_fixture_init (&fixture, NULL);
  fixture.config->retry_timeout_us = 60 * SECOND;
  begin (&fixture);
  for (i = 2; i <= 5; i++) {
    upload_fixture_add_fault (&fixture, "part:error:status=500:count=5");
    upload_fixture_push (&fixture, i, i);
    upload_fixture_wait (&fixture, CONFIRMED, i, BIG_STEP);
    upload_fixture_pass (&fixture, 50 * SECOND, SECOND);
  }
  complete (&fixture, 5);
}

/* ---- the truth about completion ---- */

/**
 * Ending:
 * @faults: separated by blanks
 * @size: of the only part: less than PART_SIZE is one PutObject
 * @no_verify: CRC-64 is not compared
 * @code: of the error, or -1: the object is complete
 * @outcome: what is said about it
 * @is_there: the object is at OSS
 */
typedef struct
{
  const gchar *faults;
  gsize size;
  gboolean no_verify;
  gint code;
  GstIceOutcome outcome;
  gboolean is_there;
} Ending;

#define EXACT -1, GST_ICE_OUTCOME_COMPLETED, TRUE
#define MANY PART_SIZE, FALSE
#define ONE 100, FALSE

static const Ending endings[] = {
  {"", MANY, EXACT},
  {"", ONE, EXACT},

  /* The answer to Complete is lost, and the object is there. */
  {"complete:close-after-processing", MANY, EXACT},
  {"complete:reset-after-processing", MANY, EXACT},
  {"complete:error-after-processing", MANY, EXACT},
  {"complete:error-after-processing:status=503:code=ServiceUnavailable",
      MANY, EXACT},
  {"complete:cut-answer", MANY, EXACT},
  {"complete:truncated-body", MANY, EXACT},
  {"complete:empty-answer", MANY, EXACT},
  {"complete:garbage", MANY, EXACT},
  {"complete:garbage-body", MANY, EXACT},
  {"complete:huge-body", MANY, EXACT},
  {"complete:close-after-processing head:error:count=3", MANY, EXACT},
  {"complete:close-after-processing head:close-after-processing", MANY,
      EXACT},

  /* It was not carried out. */
  {"complete:error:count=3", MANY, EXACT},
  {"complete:reset-before:count=3", MANY, EXACT},
  {"complete:error-in-200:code=InternalError", MANY, EXACT},
  {"complete:redirect:count=3", MANY, EXACT},

  /* Lost, and nobody will tell. */
  {"complete:close-after-processing head:forbidden:count=0", MANY,
      GST_ICE_ERROR_OUTCOME_UNKNOWN, GST_ICE_OUTCOME_UNKNOWN, TRUE},

  /* Statuses that OSS does not call a success: what happened is asked. */
  {"complete:other-status:status=203", MANY, EXACT},
  {"complete:other-status:status=202", MANY, EXACT},
  {"complete:error:status=203:code=CallbackFailed:count=2", MANY, EXACT},
  {"part:other-status:status=203", MANY, EXACT},
  {"initiate:other-status:status=203", MANY, EXACT},
  {"put:other-status:status=203:count=0", ONE, EXACT},
  {"put:error:status=203:code=CallbackFailed:count=2", ONE, EXACT},
  {"part:error:status=421:count=3", MANY, EXACT},

  /* A page for people, where something in between has sent it. */
  {"initiate:web-page:count=2", MANY, EXACT},
  {"part:web-page:status=404:count=3", MANY, EXACT},
  {"complete:web-page:count=2", MANY, EXACT},
  {"complete:web-page-after-processing", MANY, EXACT},
  {"complete:close-after-processing head:web-page:status=404:count=3", MANY,
      EXACT},
  {"put:web-page:status=403:count=2", ONE, EXACT},

  /* Other bytes than were sent, once and for good. */
  {"part:wrong-crc", MANY, EXACT},
  {"part:wrong-crc:count=0", MANY, GST_ICE_ERROR_SYNC, GST_ICE_OUTCOME_KEPT,
      FALSE},
  {"part:wrong-crc:count=0", PART_SIZE, TRUE, EXACT},
  {"complete:wrong-crc", MANY, GST_ICE_ERROR_SYNC, GST_ICE_OUTCOME_COMPLETED,
      TRUE},
  {"complete:wrong-crc", PART_SIZE, TRUE, EXACT},
  {"complete:no-crc part:no-crc:count=0", MANY, EXACT},
  {"complete:no-crc head:wrong-crc:count=0", MANY, GST_ICE_ERROR_SYNC,
      GST_ICE_OUTCOME_COMPLETED, TRUE},
  {"complete:no-xml-etag head:wrong-crc:count=0", MANY, GST_ICE_ERROR_SYNC,
      GST_ICE_OUTCOME_COMPLETED, TRUE},

  /* ETags that were damaged on their way. */
  {"part:wrong-etag", MANY, EXACT},
  {"part:no-etag", MANY, EXACT},
  {"part:wrong-etag", PART_SIZE, TRUE, EXACT},
  {"part:wrong-etag list-parts:error:count=2", MANY, EXACT},
  {"part:wrong-etag list-parts:more-parts", MANY, EXACT},
  {"part:bare-wrong-etag", MANY, GST_ICE_ERROR_FAILED, GST_ICE_OUTCOME_KEPT,
      FALSE},
  {"part:wrong-etag list-parts:forbidden:count=0", MANY, GST_ICE_ERROR_FAILED,
      GST_ICE_OUTCOME_KEPT, FALSE},

  /* PutObject. */
  {"put:close-after-processing", ONE, EXACT},
  {"put:error:count=3", ONE, EXACT},
  {"put:garbage", ONE, EXACT},
  {"put:wrong-crc", ONE, EXACT},
  {"put:no-crc", ONE, EXACT},
  {"put:forbidden:count=0", ONE, GST_ICE_ERROR_NOT_AUTHORIZED,
      GST_ICE_OUTCOME_NOTHING_SENT, FALSE},

  /* Refused. */
  {"initiate:forbidden:count=0", MANY, GST_ICE_ERROR_NOT_AUTHORIZED,
      GST_ICE_OUTCOME_NOTHING_SENT, FALSE},
  {"initiate:not-found:count=0", MANY, GST_ICE_ERROR_NOT_FOUND,
      GST_ICE_OUTCOME_NOTHING_SENT, FALSE},
  {"part:forbidden:count=0", MANY, GST_ICE_ERROR_NOT_AUTHORIZED,
      GST_ICE_OUTCOME_KEPT, FALSE},
  {"complete:forbidden:count=0", MANY, GST_ICE_ERROR_NOT_AUTHORIZED,
      GST_ICE_OUTCOME_KEPT, FALSE},
  {"complete:error:status=409:code=FileImmutable:count=0", MANY,
      GST_ICE_ERROR_CONFLICT, GST_ICE_OUTCOME_KEPT, FALSE},

  /* A token that ends just then. */
  {"initiate:expired-token", MANY, EXACT},
  {"complete:expired-token", MANY, EXACT},
  {"put:expired-token", ONE, EXACT},
  {"complete:skew", MANY, EXACT},
};

static void
check_ending (UploadFixture * fixture, const Ending * ending)
{
  if (ending->code < 0) {
    upload_fixture_wait (fixture, COMPLETE, 1, STEP);
    g_assert_cmpint (upload_fixture_get_outcome (fixture), ==,
        ending->outcome);
  } else {
    assert_failed (fixture, ending->code, ending->outcome);
    g_assert_cmpuint (upload_fixture_count (fixture, COMPLETE), ==, 0);
  }

  if (ending->is_there)
    upload_fixture_check_object (fixture, 1);
  else
    upload_fixture_check_no_object (fixture);
}

/* Who would wait for ever does not wait for ever for bytes that always arrive
 * damaged. */
static void
test_damage_without_limit (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.config->retry_timeout_us = -1;
  upload_fixture_add_fault (&fixture, "part:wrong-crc:count=0");
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  assert_failed (&fixture, GST_ICE_ERROR_SYNC, GST_ICE_OUTCOME_KEPT);
}

/* An older object is there, of another size, and Complete may have made ours or
 * not: it has not, and is sent again. */
static void
test_old_object_of_another_size (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_push (&fixture, 2, 2);
  complete (&fixture, 2);

  upload_fixture_renew (&fixture);
  upload_fixture_add_fault (&fixture, "complete:reset-before");
  upload_fixture_start (&fixture);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 1, 2,
          PART_SIZE));
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (&fixture, 1);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_HEAD, 200), >, 0);
}

/* What is for before the start comes too late behind it, and changes nothing. */
static void
test_late_calls (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_start (&fixture);
  gst_ice_upload_start (fixture.upload);
  upload_fixture_push (&fixture, 1, 1);
  gst_ice_upload_resume (fixture.upload, "bucket", "object", "UPLOAD");
  gst_ice_upload_add_arrived (fixture.upload,
      upload_fixture_make_part (&fixture, 2, 1, PART_SIZE), "\"ETAG\"");
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 2, 1,
          PART_SIZE));
  gst_ice_upload_push (fixture.upload, upload_fixture_make_part (&fixture, 3,
          1, PART_SIZE));
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (&fixture, 2);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_INITIATE, 200), ==, 1);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_PART, 200), ==, 2);
}

static void
test_ending (gconstpointer data)
{
  const Ending *ending = data;
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.config->verify = !ending->no_verify;
  add_faults (&fixture, ending->faults);
  upload_fixture_start (&fixture);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 1, 1,
          ending->size));
  check_ending (&fixture, ending);
}

/* Whether PutObject or the look at what has become of it comes last is chance.
 * It is the recording that has failed, and nobody knows how. */
static void
check_put_in_doubt (gint64 retry_timeout_us)
{
  g_auto (UploadFixture) fixture;
  const GError *error;

  upload_fixture_init (&fixture, NULL);
  fixture.config->retry_timeout_us = retry_timeout_us;
  add_faults (&fixture,
      "put:close-after-processing:count=0 head:error:count=0");
  upload_fixture_start (&fixture);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 1, 1,
          PART_SIZE / 2));
  assert_failed (&fixture, GST_ICE_ERROR_NETWORK, GST_ICE_OUTCOME_UNKNOWN);
  error = upload_fixture_get (&fixture, FAILED)->error;
  g_assert_nonnull (strstr (error->message, "PutObject was lost"));
  g_assert_nonnull (strstr (error->message, "look at the media asset"));
  g_assert_cmpstr (gst_ice_error_get_details (error)->operation, ==,
      "PutObject");
}

static void
test_put_in_doubt (void)
{
  gint64 timeout_us;

  for (timeout_us = 5 * SECOND; timeout_us <= 20 * SECOND;
      timeout_us += SECOND)
    check_put_in_doubt (timeout_us);
}

/* A success has proof, or says that it has none. */
typedef struct
{
  const gchar *faults;
  gsize size;
  gboolean no_verify;
  gboolean verified;
} Proof;

static const Proof proofs[] = {
  {"", MANY, TRUE},
  {"", ONE, TRUE},
  {"complete:no-crc", MANY, TRUE},
  {"complete:no-crc head:error:count=3", MANY, TRUE},
  {"complete:no-crc head:no-crc", MANY, FALSE},
  {"complete:no-crc head:no-length", MANY, FALSE},
  {"complete:no-crc head:forbidden:count=0", MANY, FALSE},
  {"complete:no-xml-etag", MANY, TRUE},
  {"complete:no-xml-etag head:no-crc", MANY, FALSE},
  {"complete:close-after-processing", MANY, TRUE},
  {"put:no-crc", ONE, TRUE},
  {"put:no-crc head:no-crc", ONE, FALSE},
  {"", PART_SIZE, TRUE, FALSE},
  {"complete:no-crc", PART_SIZE, TRUE, FALSE},
  {"complete:no-xml-etag", PART_SIZE, TRUE, FALSE},
};

static void
test_proof (gconstpointer data)
{
  const Proof *proof = data;
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) info = { 0 };

  upload_fixture_init (&fixture, NULL);
  fixture.config->verify = !proof->no_verify;
  add_faults (&fixture, proof->faults);
  upload_fixture_start (&fixture);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 1, 1,
          proof->size));
  upload_fixture_wait (&fixture, COMPLETE, 1, STEP);
  upload_fixture_check_object (&fixture, 1);
  gst_ice_upload_get_info (fixture.upload, &info);
  g_assert_cmpint (info.verified, ==, proof->verified);
  if (strstr (proof->faults, "etag") == NULL)
    g_assert_nonnull (info.etag);
}

/* Complete makes no sense, and an older object of the same size is there: the
 * budget ends it, and the older object is not taken for ours. */
static void
test_old_object (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_start (&fixture);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 1, 1,
          PART_SIZE));
  upload_fixture_wait (&fixture, COMPLETE, 1, 0);

  upload_fixture_renew (&fixture);
  fixture.config->retry_timeout_us = 60 * SECOND;
  upload_fixture_add_fault (&fixture, "complete:redirect:count=0");
  upload_fixture_start (&fixture);
  upload_fixture_finish (&fixture, upload_fixture_make_part (&fixture, 1, 2,
          PART_SIZE));
  upload_fixture_wait (&fixture, FAILED, 1, BIG_STEP);
  g_assert_cmpuint (upload_fixture_count (&fixture, COMPLETE), ==, 0);
}

/* ---- on-error ---- */

/* Part 4 of 6 can't be sent, and there are @faults for what comes then.
 * @stop_timeout: so long that the clock, which moves while a slow machine is
 * busy, does not reach it; or not. */
static void
fail_part (UploadFixture * fixture, GstIceEndAction on_error,
    gint64 stop_timeout, const gchar * faults)
{
  upload_fixture_init (fixture, NULL);
  fixture->config->on_error = on_error;
  fixture->config->stop_timeout_us = stop_timeout;
  begin (fixture);
  upload_fixture_add_fault (fixture,
      "part:error:status=400:code=InvalidArgument:part=4:count=0");
  add_faults (fixture, faults);
  upload_fixture_push (fixture, 2, 6);
  upload_fixture_finish (fixture, NULL);
}

static void
test_on_error_complete (void)
{
  g_auto (UploadFixture) fixture;

  fail_part (&fixture, GST_ICE_END_COMPLETE, 12 * HOUR, "");
  assert_failed (&fixture, GST_ICE_ERROR_FAILED, GST_ICE_OUTCOME_COMPLETED);
  g_assert_cmpuint (upload_fixture_count (&fixture, FAILING), ==, 1);
  g_assert_cmpuint (upload_fixture_count (&fixture, COMPLETE), ==, 0);
  upload_fixture_check_object (&fixture, 3);
}

static void
test_on_error_abort (void)
{
  g_auto (UploadFixture) fixture;

  fail_part (&fixture, GST_ICE_END_ABORT, 12 * HOUR, "");
  assert_failed (&fixture, GST_ICE_ERROR_FAILED, GST_ICE_OUTCOME_ABORTED);
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture.emulator), ==,
      0);
}

static void
test_on_error_keep (void)
{
  g_auto (UploadFixture) fixture;

  fail_part (&fixture, GST_ICE_END_KEEP, 12 * HOUR, "");
  assert_failed (&fixture, GST_ICE_ERROR_FAILED, GST_ICE_OUTCOME_KEPT);
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture.emulator), ==,
      1);
}

/* What on-error needs can't be done: stop-timeout ends it, long before
 * retry-timeout would. */
static void
check_on_error_in_vain (GstIceEndAction on_error, const gchar * fault)
{
  g_auto (UploadFixture) fixture;
  gint64 begun;

  fail_part (&fixture, on_error, 30 * SECOND, fault);
  begun = test_time_get (&fixture.time);
  upload_fixture_wait (&fixture, FAILED, 1, BIG_STEP);
  g_assert_cmpint (test_time_get (&fixture.time) - begun, <, 400 * SECOND);
  upload_fixture_check_no_object (&fixture);
}

static void
test_on_error_in_vain (void)
{
  check_on_error_in_vain (GST_ICE_END_COMPLETE, "complete:error:count=0");
  check_on_error_in_vain (GST_ICE_END_ABORT, "abort:error:count=0");
  check_on_error_in_vain (GST_ICE_END_ABORT, "abort:forbidden:count=0");
}

/* The recording fails: what it has is saved, but never after a rewrite that
 * was lost. */
static void
check_recording_fails (GstIceErrorCode code, GstIceEndAction on_error,
    GstIceOutcome outcome)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.config->on_error = on_error;
  fixture.config->stop_timeout_us = 12 * HOUR;
  begin (&fixture);
  upload_fixture_push (&fixture, 2, 3);
  gst_ice_upload_fail (fixture.upload, gst_ice_error_new (code, "recording"));
  assert_failed (&fixture, code, outcome);
  if (outcome == GST_ICE_OUTCOME_COMPLETED)
    upload_fixture_check_object (&fixture, 3);
  else
    upload_fixture_check_no_object (&fixture);
}

static void
test_recording_fails (void)
{
  check_recording_fails (GST_ICE_ERROR_NO_SPACE, GST_ICE_END_COMPLETE,
      GST_ICE_OUTCOME_COMPLETED);
  check_recording_fails (GST_ICE_ERROR_NO_SPACE, GST_ICE_END_ABORT,
      GST_ICE_OUTCOME_ABORTED);
  check_recording_fails (GST_ICE_ERROR_SEEK, GST_ICE_END_COMPLETE,
      GST_ICE_OUTCOME_KEPT);
  check_recording_fails (GST_ICE_ERROR_SEEK, GST_ICE_END_ABORT,
      GST_ICE_OUTCOME_KEPT);
  check_recording_fails (GST_ICE_ERROR_SYNC, GST_ICE_END_COMPLETE,
      GST_ICE_OUTCOME_KEPT);
}

/* ---- stop ---- */

static void
assert_stopped_either (UploadFixture * fixture, GstIceOutcome outcome,
    GstIceOutcome or)
{
  GstIceOutcome got;

  upload_fixture_wait (fixture, STOPPED, 1, STEP);
  got = upload_fixture_get_outcome (fixture);
  g_assert_cmpint (got, ==, got == or ? or : outcome);
  g_assert_cmpuint (upload_fixture_count (fixture, FAILED), ==, 0);
  g_assert_cmpuint (upload_fixture_count (fixture, COMPLETE), ==, 0);
}

static void
assert_stopped (UploadFixture * fixture, GstIceOutcome outcome)
{
  assert_stopped_either (fixture, outcome, outcome);
}

static void
test_stop_before_lease (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_add_fault (&fixture, "refresh:error:count=0");
  upload_fixture_start (&fixture);
  gst_ice_upload_stop (fixture.upload, TRUE);
  assert_stopped (&fixture, GST_ICE_OUTCOME_NOTHING_SENT);
}

static void
check_stop (gboolean abort, const gchar * faults, GstIceOutcome outcome)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  add_faults (&fixture, faults);
  upload_fixture_push (&fixture, 2, 8);
  upload_fixture_turn (&fixture);
  gst_ice_upload_stop (fixture.upload, abort);
  assert_stopped (&fixture, outcome);
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture.emulator), ==,
      outcome == GST_ICE_OUTCOME_KEPT);
  upload_fixture_check_no_object (&fixture);
}

static void
test_stop (void)
{
  check_stop (FALSE, "", GST_ICE_OUTCOME_KEPT);
  check_stop (TRUE, "", GST_ICE_OUTCOME_ABORTED);
  check_stop (TRUE, "abort:error:count=2", GST_ICE_OUTCOME_ABORTED);
  check_stop (TRUE, "abort:close-after-processing", GST_ICE_OUTCOME_ABORTED);
  check_stop (TRUE, "abort:expired-token", GST_ICE_OUTCOME_ABORTED);
  check_stop (TRUE, "abort:web-page-after-processing",
      GST_ICE_OUTCOME_ABORTED);
  check_stop (TRUE, "abort:web-page:count=2", GST_ICE_OUTCOME_ABORTED);
  check_stop (TRUE, "abort:other-status:status=200 list-parts:web-page",
      GST_ICE_OUTCOME_ABORTED);
}

/* A stop that could not do what it was told to has failed, and says so.
 * @or: the outcome if a request is on its way when the time is over */
static void
check_stop_in_vain (const gchar * faults, GstIceOutcome outcome,
    GstIceOutcome or)
{
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) info = { 0 };

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  add_faults (&fixture, faults);
  gst_ice_upload_stop (fixture.upload, TRUE);
  assert_stopped_either (&fixture, outcome, or);
  g_assert_nonnull (upload_fixture_get (&fixture, STOPPED)->error);
  gst_ice_upload_get_info (fixture.upload, &info);
  g_assert_cmpint (info.state, ==, GST_ICE_UPLOAD_FAILED);
  g_assert_nonnull (strstr (info.last_error, "could not be aborted"));
}

static void
test_stop_in_vain (void)
{
  const GstIceOutcome kept = GST_ICE_OUTCOME_KEPT;
  const GstIceOutcome unknown = GST_ICE_OUTCOME_UNKNOWN;

  check_stop_in_vain ("abort:forbidden:count=0", kept, kept);
  check_stop_in_vain ("abort:error:count=0", kept, unknown);
  check_stop_in_vain ("abort:web-page:count=0", kept, unknown);
  check_stop_in_vain ("abort:web-page:count=0 list-parts:web-page:count=0",
      unknown, unknown);
  check_stop_in_vain ("abort:stall-before-answer:count=0", unknown, unknown);
}

/* Dropped while it was to be completed. */
static void
test_close_unfinished (void)
{
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) info = { 0 };

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_add_fault (&fixture, "complete:stall-before-answer");
  upload_fixture_finish (&fixture, NULL);
  upload_fixture_turn (&fixture);
  gst_ice_upload_close (fixture.upload);
  upload_fixture_wait (&fixture, GST_ICE_UPLOAD_EVENT_CLOSED, 1, 0);
  gst_ice_upload_get_info (fixture.upload, &info);
  g_assert_cmpint (info.state, ==, GST_ICE_UPLOAD_FAILED);
  g_assert_nonnull (strstr (info.last_error, "could not be completed"));
}

/* ---- what waiting can't cure, and what it may ---- */

/* @fault from the first request on. */
static void
check_at_once (const gchar * fault, GstIceErrorCode code)
{
  g_auto (UploadFixture) fixture;
  gint64 begun;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_add_fault (&fixture, fault);
  begun = test_time_get (&fixture.time);
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  assert_failed (&fixture, code, GST_ICE_OUTCOME_NOTHING_SENT);
  g_assert_cmpint (test_time_get (&fixture.time) - begun, <, 60 * SECOND);
}

static void
test_redirected (void)
{
  check_at_once ("initiate:redirect:count=0", GST_ICE_ERROR_PROTOCOL);
  check_at_once ("refresh:redirect:count=0", GST_ICE_ERROR_PROTOCOL);
}

/* An answer to Initiate that nobody can read has probably made an upload, and
 * is not tried again and again in a hurry. */
static void
check_unreadable_initiate (const gchar * fault, GstIceErrorCode code)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.config->retry_timeout_us = 60 * SECOND;
  upload_fixture_add_fault (&fixture, fault);
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  assert_failed (&fixture, code, GST_ICE_OUTCOME_UNKNOWN);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_INITIATE, 0), <=, 8);
}

static void
test_unreadable_initiate (void)
{
  check_unreadable_initiate ("initiate:garbage-body:count=0",
      GST_ICE_ERROR_PROTOCOL);
  check_unreadable_initiate ("initiate:web-page-after-processing:count=0",
      GST_ICE_ERROR_PROTOCOL);
}

static void
check_lost_initiate (const gchar * fault, GstIceErrorCode code)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.config->retry_timeout_us = 10 * SECOND;
  upload_fixture_add_fault (&fixture, fault);
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  assert_failed (&fixture, code, GST_ICE_OUTCOME_UNKNOWN);
}

/* Nor is an answer that is cut, or never comes, one that says no. */
static void
test_lost_initiate (void)
{
  check_lost_initiate ("initiate:cut-answer:count=0", GST_ICE_ERROR_PROTOCOL);
  check_lost_initiate ("initiate:truncated-body:count=0",
      GST_ICE_ERROR_NETWORK);
  check_lost_initiate ("initiate:reset-after-processing:count=0",
      GST_ICE_ERROR_NETWORK);
}

/* The upload id is in the journal before a part goes. */
static void
test_journalled (void)
{
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) info = { 0 };

  upload_fixture_init (&fixture, NULL);
  fixture.config->journalled = TRUE;
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 2);
  upload_fixture_wait (&fixture, STARTED, 1, 0);
  upload_fixture_pass (&fixture, SECOND, STEP);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_PART, 0), ==, 0);
  gst_ice_upload_noted (fixture.upload, "another");
  upload_fixture_pass (&fixture, SECOND, STEP);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_PART, 0), ==, 0);
  gst_ice_upload_get_info (fixture.upload, &info);
  gst_ice_upload_noted (fixture.upload, info.upload_id);
  upload_fixture_wait (&fixture, CONFIRMED, 2, 0);
  complete (&fixture, 2);
}

/* InitiateMultipartUpload is carried out, and its answer takes a while. */
static void
begin_initiating (UploadFixture * fixture)
{
  upload_fixture_init (fixture, NULL);
  upload_fixture_add_fault (fixture, "initiate:delay-answer:seconds=0.5");
  upload_fixture_start (fixture);
  upload_fixture_push (fixture, 1, 2);
  while (ice_emulator_count_open_uploads (fixture->emulator) == 0)
    upload_fixture_turn (fixture);
}

/* Nobody knows of the upload but us. */
static void
check_initiating (UploadFixture * fixture)
{
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture->emulator), ==,
      0);
  upload_fixture_check_no_object (fixture);
  upload_fixture_clear (fixture);
}

static void
test_stop_while_initiating (void)
{
  UploadFixture fixture;

  begin_initiating (&fixture);
  gst_ice_upload_stop (fixture.upload, TRUE);
  upload_fixture_wait (&fixture, STOPPED, 1, 0);
  assert_stopped (&fixture, GST_ICE_OUTCOME_ABORTED);
  check_initiating (&fixture);

  begin_initiating (&fixture);
  gst_ice_upload_stop (fixture.upload, FALSE);
  upload_fixture_wait (&fixture, STOPPED, 1, 0);
  assert_stopped (&fixture, GST_ICE_OUTCOME_NOTHING_SENT);
  check_initiating (&fixture);
}

static void
test_failure_while_initiating (void)
{
  UploadFixture fixture;

  begin_initiating (&fixture);
  gst_ice_upload_fail (fixture.upload, gst_ice_error_new (GST_ICE_ERROR_SEEK,
          "gone"));
  upload_fixture_wait (&fixture, FAILED, 1, 0);
  assert_failed (&fixture, GST_ICE_ERROR_SEEK, GST_ICE_OUTCOME_NOTHING_SENT);
  check_initiating (&fixture);
}

/* Sent so far, answered or not; the first one was to ICE. */
static guint
count_oss_requests (UploadFixture * fixture)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (fixture->upload, &info);

  return MAX (info.requests, 1) - 1;
}

/* The answer does not come: it may have made an upload. */
static void
test_stop_while_initiating_in_vain (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  upload_fixture_add_fault (&fixture, "initiate:stall-before-answer:count=0");
  upload_fixture_create (&fixture);
  upload_fixture_push (&fixture, 1, 2);
  upload_fixture_start (&fixture);
  while (count_oss_requests (&fixture) == 0)
    upload_fixture_turn (&fixture);
  gst_ice_upload_stop (fixture.upload, FALSE);
  assert_stopped (&fixture, GST_ICE_OUTCOME_UNKNOWN);
}

/* The upload is said to have gone while a part is on its way, and then nobody
 * wants it any more, or it fails: nothing begins anew, and it is aborted. */
static void
check_lost (gboolean fails)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.config->on_error = GST_ICE_END_ABORT;
  add_faults (&fixture, "part:stall-before-answer part:not-found:count=4");
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 3);
  upload_fixture_pass (&fixture, 20 * SECOND, STEP);
  if (fails)
    gst_ice_upload_fail (fixture.upload, gst_ice_error_new
        (GST_ICE_ERROR_NO_SPACE, "full"));
  else
    gst_ice_upload_stop (fixture.upload, TRUE);
  if (fails)
    assert_failed (&fixture, GST_ICE_ERROR_NO_SPACE, GST_ICE_OUTCOME_ABORTED);
  else
    assert_stopped (&fixture, GST_ICE_OUTCOME_ABORTED);
  g_assert_cmpuint (upload_fixture_count_requests (&fixture,
          ICE_EMULATOR_INITIATE, 0), ==, 1);
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture.emulator), ==,
      0);
}

static void
test_end_when_lost (void)
{
  check_lost (FALSE);
  check_lost (TRUE);
}

/* ICE refuses for longer than it is waited for: abort ends then, and says why. */
static void
test_stop_without_right (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  g_auto (UploadFixture) fixture;
  g_auto (GstIceUploadInfo) info = { 0 };

  upload_fixture_init (&fixture, options);
  fixture.config->retry_timeout_us = 120 * SECOND;
  fixture.config->stop_timeout_us = HOUR;
  begin (&fixture);
  upload_fixture_add_fault (&fixture, "refresh:forbidden:count=0");
  upload_fixture_pass (&fixture, 61 * SECOND, 200 * MILLISECOND);
  gst_ice_upload_stop (fixture.upload, TRUE);
  upload_fixture_wait (&fixture, STOPPED, 1, BIG_STEP);
  assert_stopped (&fixture, GST_ICE_OUTCOME_KEPT);
  gst_ice_upload_get_info (fixture.upload, &info);
  g_assert_nonnull (strstr (info.last_error, "could not be aborted"));
  g_assert_nonnull (strstr (info.last_error, "Forbidden"));
  g_assert_null (strstr (info.last_error, "stop-timeout"));
}

/* No lease can be had any more: abort ends all the same. */
static void
test_stop_without_lease (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, options);
  begin (&fixture);
  upload_fixture_add_fault (&fixture, "refresh:error:count=0");
  upload_fixture_pass (&fixture, 61 * SECOND, 200 * MILLISECOND);
  gst_ice_upload_stop (fixture.upload, TRUE);
  assert_stopped (&fixture, GST_ICE_OUTCOME_KEPT);
}

/* Told to abort while Complete is on its way, and Complete wins: nobody says
 * that nothing is left. */
static void
test_stop_while_completing (void)
{
  g_auto (UploadFixture) fixture;
  guint i;

  upload_fixture_init (&fixture, NULL);
  begin (&fixture);
  upload_fixture_add_fault (&fixture,
      "complete:delay-answer:seconds=30:count=1");
  upload_fixture_finish (&fixture, NULL);
  for (i = 0; i < 100000; i++) {
    g_autofree gchar *path = ice_emulator_get_object_path (fixture.emulator,
        MEDIA_ID);

    if (path != NULL)
      break;
    upload_fixture_turn (&fixture);
  }
  gst_ice_upload_stop (fixture.upload, TRUE);
  upload_fixture_wait (&fixture, STOPPED, 1, STEP);
  g_assert_cmpint (upload_fixture_get_outcome (&fixture), !=,
      GST_ICE_OUTCOME_ABORTED);
  g_assert_cmpint (upload_fixture_get_outcome (&fixture), !=,
      GST_ICE_OUTCOME_KEPT);
}

/* ---- close ---- */

/* Closed after any number of turns of the network thread: before the lease,
 * while connecting, in the middle of parts, at the end. */
static void
close_after (guint turns, const gchar * faults)
{
  g_auto (UploadFixture) fixture;
  guint i, n_events;

  upload_fixture_init (&fixture, NULL);
  add_faults (&fixture, faults);
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 4);
  upload_fixture_finish (&fixture, NULL);
  for (i = 0; i < turns; i++)
    upload_fixture_turn (&fixture);
  gst_ice_upload_close (fixture.upload);
  gst_ice_upload_close (fixture.upload);
  upload_fixture_wait (&fixture, GST_ICE_UPLOAD_EVENT_CLOSED, 1, 0);
  n_events = fixture.events->len;

  /* Nothing that comes afterwards does anything. */
  upload_fixture_push (&fixture, 5, 6);
  gst_ice_upload_stop (fixture.upload, TRUE);
  gst_ice_upload_fail (fixture.upload, gst_ice_error_new
      (GST_ICE_ERROR_FAILED, "late"));
  upload_fixture_turn (&fixture);
  g_assert_cmpuint (fixture.events->len, ==, n_events);
}

static void
test_close (void)
{
  guint turns;

  for (turns = 0; turns < 60; turns++)
    close_after (turns, "");
  for (turns = 60; turns < 600; turns += 27)
    close_after (turns, "");
}

/* The same while nothing moves. */
static void
test_close_in_stall (void)
{
  static const gchar *const faults[] = {
    "any:stall-on-accept:count=0",
    "refresh:stall-before-answer",
    "initiate:stall-before-answer",
    "part:stall-mid-body:count=0",
    "part:stall-before-answer:count=0",
    "complete:stall-before-answer",
    "refresh:slow-answer",
    "refresh:error:count=0",
    "part:error:count=0",
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (faults); i++) {
    close_after (10, faults[i]);
    close_after (300, faults[i]);
  }
}

/* The file with the certificates has gone since the settings were checked. */
static void
test_no_certificates (void)
{
  g_auto (UploadFixture) fixture;
  GstIceNetworkConfig *network;

  upload_fixture_init (&fixture, NULL);
  network = gst_ice_network_config_new (fixture.config->network);
  gst_ice_network_config_unref (fixture.config->network);
  g_free (network->ca_file);
  network->ca_file = g_strdup ("/nonexistent");
  fixture.config->network = network;
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  assert_failed (&fixture, GST_ICE_ERROR_SETTINGS,
      GST_ICE_OUTCOME_NOTHING_SENT);
  g_assert_cmpuint (count_refreshes (&fixture), ==, 0);
}

/* Never started. */
static void
test_close_unstarted (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.upload = gst_ice_upload_new (g_steal_pointer (&fixture.config),
      fixture.time.clock, fixture.thread, upload_fixture_get_callbacks (),
      &fixture);
}

/* ---- the application's credentials ---- */

static void
test_promise_broken (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.promises = TRUE;
  fixture.config->retry_timeout_us = 60 * SECOND;
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  gst_ice_upload_answer (fixture.upload, TRUE);
  assert_failed (&fixture, GST_ICE_ERROR_NOT_AUTHORIZED,
      GST_ICE_OUTCOME_NOTHING_SENT);
  g_assert_cmpuint (count_refreshes (&fixture), ==, 0);
  g_assert_cmpstr (g_ptr_array_index (fixture.reasons, 0), ==, "start");
}

static void
test_no_promise (void)
{
  g_auto (UploadFixture) fixture;

  upload_fixture_init (&fixture, NULL);
  fixture.promises = TRUE;
  upload_fixture_start (&fixture);
  gst_ice_upload_answer (fixture.upload, FALSE);
  upload_fixture_push (&fixture, 1, 1);
  upload_fixture_wait (&fixture, CONFIRMED, 1, 0);
  complete (&fixture, 1);
}

/* Before the start nobody asks for one, and behind the end nobody does either:
 * then it changes nothing. */
static void
test_identity_out_of_time (void)
{
  g_auto (UploadFixture) fixture;
  g_autoptr (GstIceIdentity) other = NULL;

  upload_fixture_init (&fixture, NULL);
  other = gst_ice_identity_new ("LTAIother", "secret", NULL);
  upload_fixture_create (&fixture);
  gst_ice_upload_provide_identity (fixture.upload, other);
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  upload_fixture_wait (&fixture, CONFIRMED, 1, 0);
  complete (&fixture, 1);
  gst_ice_upload_close (fixture.upload);
  gst_ice_upload_provide_identity (fixture.upload, other);
  upload_fixture_wait (&fixture, GST_ICE_UPLOAD_EVENT_CLOSED, 1, 0);
}

/* Another identity is taken up for the next call. */
static void
test_identity (void)
{
  g_auto (UploadFixture) fixture;
  g_autoptr (GstIceIdentity) good = NULL;

  upload_fixture_init (&fixture, NULL);
  good = gst_ice_identity_ref (fixture.config->identity);
  gst_ice_identity_unref (fixture.config->identity);
  fixture.config->identity = gst_ice_identity_new ("LTAIother", "secret",
      NULL);
  upload_fixture_add_fault (&fixture, "refresh:error:count=2");
  upload_fixture_start (&fixture);
  upload_fixture_push (&fixture, 1, 1);
  gst_ice_upload_provide_identity (fixture.upload, good);
  upload_fixture_wait (&fixture, CONFIRMED, 1, STEP);
  complete (&fixture, 1);
}

static void
add_ending_tests (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (proofs); i++) {
    g_autofree gchar *path = g_strdup_printf ("/upload/proof/%u/%s", i,
        proofs[i].faults[0] != 0 ? proofs[i].faults : "no-fault");

    g_test_add_data_func (path, &proofs[i], test_proof);
  }

  for (i = 0; i < G_N_ELEMENTS (endings); i++) {
    const Ending *ending = &endings[i];
    g_autofree gchar *path = g_strdup_printf ("/upload/ends/%s%s/%s",
        ending->size < PART_SIZE ? "put" : "multipart",
        ending->no_verify ? "-unverified" : "",
        ending->faults[0] != 0 ? ending->faults : "no-fault");

    g_test_add_data_func (path, ending, test_ending);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/upload/late-calls", test_late_calls);
  g_test_add_func ("/upload/states", test_states);
  g_test_add_func ("/upload/plain", test_plain);
  g_test_add_func ("/upload/small-is-put", test_put);
  g_test_add_func ("/upload/parallel-parts/automatic", test_automatic);
  g_test_add_func ("/upload/connections/warm", test_warm);
  g_test_add_func ("/upload/connections/warm-in-vain", test_warm_in_vain);
  g_test_add_func ("/upload/connections/last-parts", test_last_parts);
  g_test_add_func ("/upload/rewrite", test_rewrite);
  g_test_add_func ("/upload/rewrite-in-flight", test_rewrite_in_flight);
  g_test_add_func ("/upload/tokens/short-lives", test_short_lives);
  g_test_add_func ("/upload/tokens/late-renewals", test_late_renewals);
  g_test_add_func ("/upload/tokens/refused-together", test_refused_together);
  g_test_add_func ("/upload/tokens/refused-early", test_refused_early);
  g_test_add_func ("/upload/tokens/used-to-the-end", test_renewal_fails);
  g_test_add_func ("/upload/tokens/refused-for-good", test_refused_for_good);
  g_test_add_func ("/upload/tokens/refused-for-a-while",
      test_refused_for_a_while);
  g_test_add_func ("/upload/leases/new-endpoint", test_new_endpoint);
  g_test_add_func ("/upload/leases/new-object", test_new_object);
  g_test_add_func ("/upload/leases/new-object-begins-anew", test_restart);
  g_test_add_func ("/upload/leases/new-object-with-backlog",
      test_restart_with_backlog);
  g_test_add_func ("/upload/leases/object-comes-back",
      test_object_comes_back);
  g_test_add_func ("/upload/leases/new-object-while-alone",
      test_moved_single);
  g_test_add_func ("/upload/gone", test_upload_gone);
  g_test_add_func ("/upload/gone-begins-anew", test_upload_gone_restart);
  g_test_add_func ("/upload/gone-for-a-moment",
      test_upload_gone_for_a_moment);
  g_test_add_func ("/upload/gone-often", test_upload_gone_often);
  g_test_add_func ("/upload/gone-for-good", test_upload_gone_for_good);
  g_test_add_func ("/upload/outage/of-network", test_outage);
  g_test_add_func ("/upload/outage/of-service", test_outage_of_service);
  g_test_add_func ("/upload/outage/token-ends", test_expiry_in_outage);
  g_test_add_func ("/upload/outage/hiccup", test_hiccup);
  g_test_add_func ("/upload/outage/hiccup-long-ago", test_hiccup_long_ago);
  g_test_add_func ("/upload/budget/ends", test_budget);
  g_test_add_func ("/upload/budget/is-given-back", test_budget_is_given_back);
  add_ending_tests ();
  g_test_add_func ("/upload/damage-without-limit", test_damage_without_limit);
  g_test_add_func ("/upload/old-object-is-not-ours", test_old_object);
  g_test_add_func ("/upload/old-object-of-another-size",
      test_old_object_of_another_size);
  g_test_add_func ("/upload/on-error/complete", test_on_error_complete);
  g_test_add_func ("/upload/on-error/abort", test_on_error_abort);
  g_test_add_func ("/upload/on-error/keep", test_on_error_keep);
  g_test_add_func ("/upload/on-error/in-vain", test_on_error_in_vain);
  g_test_add_func ("/upload/on-error/of-recording", test_recording_fails);
  g_test_add_func ("/upload/stop/before-lease", test_stop_before_lease);
  g_test_add_func ("/upload/stop/parts", test_stop);
  g_test_add_func ("/upload/put-in-doubt", test_put_in_doubt);
  g_test_add_func ("/upload/stop/in-vain", test_stop_in_vain);
  g_test_add_func ("/upload/close/unfinished", test_close_unfinished);
  g_test_add_func ("/upload/at-once/redirected", test_redirected);
  g_test_add_func ("/upload/initiate/unreadable", test_unreadable_initiate);
  g_test_add_func ("/upload/initiate/lost", test_lost_initiate);
  g_test_add_func ("/upload/initiate/is-journalled-first", test_journalled);
  g_test_add_func ("/upload/stop/without-lease", test_stop_without_lease);
  g_test_add_func ("/upload/stop/without-right", test_stop_without_right);
  g_test_add_func ("/upload/stop/completing", test_stop_while_completing);
  g_test_add_func ("/upload/stop/initiating", test_stop_while_initiating);
  g_test_add_func ("/upload/stop/initiating-in-vain",
      test_stop_while_initiating_in_vain);
  g_test_add_func ("/upload/stop/initiating-and-failing",
      test_failure_while_initiating);
  g_test_add_func ("/upload/stop/lost", test_end_when_lost);
  g_test_add_func ("/upload/close/at-every-moment", test_close);
  g_test_add_func ("/upload/close/in-stall", test_close_in_stall);
  g_test_add_func ("/upload/close/unstarted", test_close_unstarted);
  g_test_add_func ("/upload/no-certificates", test_no_certificates);
  g_test_add_func ("/upload/application/promise-broken",
      test_promise_broken);
  g_test_add_func ("/upload/application/no-promise", test_no_promise);
  g_test_add_func ("/upload/application/identity", test_identity);
  g_test_add_func ("/upload/application/identity-out-of-time",
      test_identity_out_of_time);

  return g_test_run ();
}
