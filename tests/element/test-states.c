/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* States, flushes and the end of the stream, at every moment of an upload. */

#include "fixture.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define SMALL 1000
#define LARGE (10 * FIXTURE_PART_SIZE)

/* A request that stalls in these tests stalls for ever, and only stop-timeout
 * can end the wait for it. */
#define PATIENT "stall-timeout=3600000000000 retry-timeout=3600000000000" \
  " stop-timeout=200000000"

/* ---- starting ---- */

static void
test_starts_without_network (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=refresh:stall-before-answer:count=0");

  fixture_set (f, PATIENT);
  g_assert_cmpint (gst_element_set_state (f->sink, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_ASYNC);
  fixture_open_stream (f, NULL);
  fixture_start_pushing (f, SMALL, SMALL);
  fixture_wait_state (f, GST_STATE_PAUSED);
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_wait_state (f, GST_STATE_PLAYING);
  g_assert_cmpint (fixture_join (f), ==, GST_FLOW_OK);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_ANY), ==, 0);
}

/* An open PROGRESS would hold gst-launch in PAUSED. */
static void
test_open_comes_as_a_pair (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint start;

  fixture_play (f);
  fixture_wait_for (f, fixture_find_progress (f, GST_PROGRESS_TYPE_COMPLETE,
          "open") >= 0);
  start = fixture_find_progress (f, GST_PROGRESS_TYPE_START, "open");
  g_assert_cmpint (start, >=, 0);
  g_assert_cmpint (fixture_find_progress (f, GST_PROGRESS_TYPE_COMPLETE,
          "open"), ==, start + 1);
}

static void
test_reuse_after_eos (gconstpointer data)
{
  GstState between = GPOINTER_TO_INT (data);
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  for (i = 1; i <= 3; i++) {
    fixture_play (f);
    g_assert_cmpint (fixture_push_all (f, i * LARGE + i, 64 * KIB), ==,
        GST_FLOW_OK);
    fixture_complete (f);
    fixture_set_state (f, between);
    g_byte_array_set_size (f->expected, 0);
    fixture_forget (f);
  }
}

static void
test_reuse_without_eos (gconstpointer data)
{
  GstState between = GPOINTER_TO_INT (data);
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  for (i = 1; i <= 3; i++) {
    fixture_play (f);
    g_assert_cmpint (fixture_push_all (f, i * LARGE + i, 64 * KIB), ==,
        GST_FLOW_OK);
    fixture_set_state (f, between);
    fixture_assert_object (f);
    g_byte_array_set_size (f->expected, 0);
  }
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), ==, 0);
}

/* ---- stopping ---- */

typedef struct
{
  const gchar *name;
  const gchar *settings;
  gsize size;
  const gchar *outcome;
  const gchar *requests;
  guint open_uploads;
} StopCase;

static const StopCase stop_cases[] = {
  {"completes-many-parts", "on-stop=complete", LARGE + 1, "completed",
      "refresh=1 initiate=1 part=11 complete=1", 0},
  {"completes-less-than-a-part", "on-stop=complete", SMALL, "completed",
      "refresh=1 put=1", 0},
  {"aborts-many-parts", "on-stop=abort", LARGE + 1, "aborted",
      "refresh=1 initiate=1 part=10 abort=1", 0},
  {"aborts-less-than-a-part", "on-stop=abort", SMALL, "nothing-sent",
      "refresh=1", 0},
  {"keeps-many-parts", "on-stop=keep", LARGE + 1, "kept",
      "refresh=1 initiate=1 part=10", 1},
  {"keeps-less-than-a-part", "on-stop=keep", SMALL, "nothing-sent",
      "refresh=1", 0},
  {"sends-nothing-if-nothing-was-recorded", "on-stop=complete", 0,
      "nothing-sent", "refresh=1", 0},
};

static void
test_stop (gconstpointer data)
{
  const StopCase *c = data;
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, c->settings);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, c->size, 64 * KIB), ==, GST_FLOW_OK);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded")
      == c->size / FIXTURE_PART_SIZE);
  fixture_assert_requests (f, c->size >= FIXTURE_PART_SIZE ?
      "refresh=1 initiate=1 part=10" : "refresh=1");
  fixture_set_state (f, GST_STATE_NULL);

  fixture_assert_requests (f, c->requests);
  g_assert_true (fixture_stat_is (f, "outcome", c->outcome));
  g_assert_cmpuint (ice_emulator_count_open_uploads (f->emulator), ==,
      c->open_uploads);
  if (g_str_equal (c->outcome, "completed"))
    fixture_assert_object (f);
  else
    fixture_assert_no_object (f);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), ==, 0);
}

/* ---- NULL at every moment ---- */

/**
 * MomentCase:
 * @options: faults that hold the upload at the moment
 * @size: of the stream; @eos: it ends
 * @reached: TRUE when it is there
 */
typedef struct
{
  const gchar *name;
  const gchar *options;
  gsize size;
  gboolean eos;
  gboolean (*reached) (Fixture * f);
} MomentCase;

static gboolean
at_once (Fixture * f)
{
  return TRUE;
}

/* Nothing tells that the emulator has the request: time must do. */
static gboolean
has_ticked (Fixture * f)
{
  return fixture_count_elements (f, "ice-upload-progress") >= 3;
}

static gboolean
has_sent_request (Fixture * f)
{
  return fixture_get_stat (f, "requests") >= 2 && has_ticked (f);
}

static gboolean
has_part_in_flight (Fixture * f)
{
  return fixture_get_stat (f, "parts-in-flight") >= 1
      && fixture_get_stat (f, "bytes-sent") > 0;
}

static gboolean
is_finalizing (Fixture * f)
{
  return fixture_stat_is (f, "state", "finalizing") && has_ticked (f);
}

static gboolean
is_complete (Fixture * f)
{
  return fixture_stat_is (f, "state", "complete");
}

static gboolean
is_full (Fixture * f)
{
  return fixture_get_stat (f, "memory-used") > 2 * MIB - 100 * KIB
      && has_ticked (f);
}

static gboolean
is_interrupted (Fixture * f)
{
  return fixture_stat_is (f, "state", "interrupted");
}

static const MomentCase moment_cases[] = {
  {"the-beginning", NULL, 0, FALSE, at_once},
  {"connecting", "--fault=any:stall-on-accept:count=0", SMALL, FALSE,
      has_ticked},
  {"the-first-refresh", "--fault=refresh:stall-before-answer:count=0", SMALL,
      FALSE, has_ticked},
  {"the-first-refresh-at-eos", "--fault=refresh:stall-before-answer:count=0",
      SMALL, TRUE, has_ticked},
  {"retrying-the-first-refresh", "--fault=refresh:error:count=0", SMALL,
      FALSE, is_interrupted},
  {"initiate", "--fault=initiate:stall-before-answer:count=0", LARGE, FALSE,
      has_sent_request},
  {"the-body-of-a-part", "--fault=part:stall-mid-body:count=0", LARGE, FALSE,
      has_part_in_flight},
  {"the-answer-to-a-part", "--fault=part:stall-before-answer:count=0", LARGE,
      FALSE, has_part_in_flight},
  {"retrying-a-part", "--fault=part:error:count=0", LARGE, FALSE,
      is_interrupted},
  {"back-pressure", "--fault=part:stall-mid-body:count=0", 8 * MIB, FALSE,
      is_full},
  {"a-renewal", "--credential-life=0.3"
      " --fault=refresh:stall-before-answer:skip=1:count=0", LARGE, FALSE,
      has_ticked},
  {"put", "--fault=put:stall-before-answer:count=0", SMALL, TRUE,
      is_finalizing},
  {"the-last-part", "--fault=part:stall-mid-body:count=0", LARGE, TRUE,
      is_finalizing},
  {"complete", "--fault=complete:stall-before-answer:count=0", LARGE, TRUE,
      is_finalizing},
  {"looking-for-a-lost-answer",
      "--fault=complete:close-after-processing"
      " --fault=head:stall-before-answer:count=0", LARGE, TRUE,
      is_finalizing},
  {"the-end", NULL, LARGE, TRUE, is_complete},
};

static void
start_stream (Fixture * f, const MomentCase * c)
{
  fixture_play (f);
  fixture_start_pushing (f, c->size, 64 * KIB);
  if (!c->eos)
    return;
  fixture_join (f);
  fixture_start_eos (f);
}

/* Plays, and forgets what handlers of the run before were late with. */
static void
play_again (Fixture * f)
{
  g_byte_array_set_size (f->expected, 0);
  fixture_play (f);
  fixture_wait_for (f, fixture_find_progress (f, GST_PROGRESS_TYPE_COMPLETE,
          "open") >= 0);
  fixture_forget (f);
}

/* It lets go, once and without more than one error, and all works again. */
static void
check_moment (const MomentCase * c, const gchar * on_stop)
{
  g_autoptr (Fixture) f = fixture_new (c->options);

  fixture_set (f, PATIENT " max-memory=2097152 progress-interval=30000000");
  gst_util_set_object_arg (G_OBJECT (f->sink), "on-stop", on_stop);
  start_stream (f, c);
  fixture_wait_for (f, c->reached (f));
  fixture_set_state (f, GST_STATE_READY);
  fixture_join (f);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), <=, 1);

  ice_emulator_clear_faults (f->emulator);
  fixture_forget (f);
  fixture_set (f, "stop-timeout=60000000000");
  play_again (f);
  g_assert_cmpint (fixture_push_all (f, LARGE + 5, 64 * KIB), ==,
      GST_FLOW_OK);
  fixture_complete (f);
}

static void
test_moment (gconstpointer data)
{
  check_moment (data, "complete");
  check_moment (data, "abort");
  check_moment (data, "keep");
}

static void
test_null_in_pipeline (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-mid-body:count=0");

  fixture_set (f, PATIENT " max-memory=2097152");
  fixture_launch (f, "fakesrc sizetype=fixed sizemax=10000 filltype=zero"
      " ! queue");
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_wait_for (f, fixture_get_stat (f, "memory-used") > MIB);
  fixture_set_state (f, GST_STATE_NULL);
}

/* Stopped while it can't be completed: the application is told. */
static void
test_stop_in_vain (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-mid-body:count=0");
  const GstStructure *details;

  fixture_set (f, PATIENT);
  fixture_record (f, LARGE);
  fixture_wait_for (f, has_part_in_flight (f));
  fixture_set_state (f, GST_STATE_NULL);

  details = fixture_wait_error (f, GST_RESOURCE_ERROR_CLOSE);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  g_assert_true (fixture_stat_is (f, "outcome", "kept"));
  g_assert_true (fixture_stat_is (f, "state", "failed"));
  g_assert_false (fixture_stat_is (f, "last-error", ""));
  fixture_assert_failed_once (f);
}

/* EOS was on its way: the text says so. */
static void
test_stop_in_drain (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-mid-body:count=0");
  g_autofree gchar *debug = NULL;

  fixture_set (f, PATIENT);
  fixture_record (f, LARGE);
  fixture_start_eos (f);
  fixture_wait_for (f, is_finalizing (f));
  fixture_set_state (f, GST_STATE_NULL);
  fixture_join (f);

  fixture_wait_error (f, GST_RESOURCE_ERROR_CLOSE);
  gst_message_parse_error (fixture_wait_message (f, GST_MESSAGE_ERROR), NULL,
      &debug);
  g_assert_nonnull (strstr (debug, "after EOS had come"));
  g_assert_true (fixture_stat_is (f, "state", "failed"));
}

/* An abort that can't be carried out is told of. */
static void
test_abort_in_vain (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=abort:stall-before-answer:count=0");

  fixture_set (f, PATIENT " on-stop=abort");
  fixture_record (f, LARGE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 10);
  fixture_set_state (f, GST_STATE_NULL);

  fixture_wait_message (f, GST_MESSAGE_WARNING);
  g_assert_true (fixture_stat_is (f, "state", "failed"));
  g_assert_false (fixture_stat_is (f, "last-error", ""));
}

/* A service that has never accepted anything is not waited for. */
static void
test_stop_without_service (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint64 begin_us;

  fixture_set (f, "stop-timeout=3600000000000");
  fixture_set_reachable (f, FALSE);
  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_wait_for (f, is_interrupted (f));
  begin_us = g_get_monotonic_time ();
  fixture_set_state (f, GST_STATE_NULL);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, 60 * G_USEC_PER_SEC);
  g_assert_true (fixture_stat_is (f, "state", "failed"));
}

/* ---- two at a time ---- */

/* The second would overwrite the first; but one after the other is fine. */
static void
test_second_writer (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (Fixture) other = fixture_new_with (f->emulator, f->media_id);

  fixture_record (f, LARGE);
  g_assert_cmpint (gst_element_set_state (other->sink, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  fixture_wait_error (other, GST_RESOURCE_ERROR_SETTINGS);
  fixture_assert_failed_once (other);
  fixture_complete (f);

  fixture_forget (other);
  fixture_record (other, LARGE + 3);
  fixture_complete (other);
}

/* ---- an outage ---- */

/* An INFO when it is over, a WARNING when it begins, each once. */
static void
test_outage_is_told (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  const GstStructure *details;
  GstMessage *message;

  fixture_set (f, "post-messages=false head-size=10485760");
  fixture_set_reachable (f, FALSE);
  fixture_record (f, LARGE);
  fixture_wait_for (f, fixture_get_stat (f, "upload-lag") > 0);
  message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &error, &debug);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE);
  g_assert_nonnull (strstr (debug, "check region"));
  gst_message_parse_warning_details (message, &details);
  g_assert_true (gst_structure_has_field_typed (details, "retry-in",
          GST_TYPE_CLOCK_TIME));
  g_assert_cmpstr (gst_structure_get_string (details, "operation"), ==,
      "RefreshUploadMedia");
  fixture_set_reachable (f, TRUE);
  fixture_wait_message (f, GST_MESSAGE_INFO);
  fixture_finish (f);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_INFO), ==, 1);
}

/* A bin unlinks what it is given. */
static void
add_to_bin (GstBin * bin, Fixture * f)
{
  g_autoptr (GstPad) pad = gst_pad_get_peer (f->pad);

  g_assert_true (gst_bin_add (bin, f->sink));
  gst_pad_link (f->pad, pad);
}

#define SINKS 6

/* A bin stops its sinks one by one; they share the time for it. */
static void
test_shared_stop_timeout (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--fault=part:stall-mid-body:count=0");
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (GstBus) bus = NULL;
  Fixture *f[SINKS];
  gint64 begin_us;
  guint i;

  for (i = 0; i < SINKS; i++) {
    g_autofree gchar *media_id = g_strdup_printf ("media-%u", i);

    f[i] = fixture_new_with (emulator, media_id);
    fixture_set (f[i], PATIENT " stop-timeout=1000000000");
    add_to_bin (GST_BIN (pipeline), f[i]);
    fixture_play (f[i]);
    fixture_push_all (f[i], LARGE, 64 * KIB);
    fixture_wait_for (f[i], has_part_in_flight (f[i]));
  }

  begin_us = g_get_monotonic_time ();
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <,
      (SINKS - 1) * G_USEC_PER_SEC);

  /* their messages hold them */
  bus = gst_element_get_bus (pipeline);
  gst_bus_set_flushing (bus, TRUE);
  for (i = 0; i < SINKS; i++) {
    gst_bin_remove (GST_BIN (pipeline), f[i]->sink);
    fixture_free (f[i]);
  }
}

/* ---- pausing ---- */

/* Starts by way of PAUSED, as pipelines do: a GstBaseSink that goes straight
 * to PLAYING takes itself for prerolled at the next PAUSED, and does not wait
 * in it. */
static void
start_by_preroll (Fixture * f, gsize size, gsize buffer_size)
{
  fixture_set_state (f, GST_STATE_PAUSED);
  fixture_open_stream (f, NULL);
  fixture_start_pushing (f, size, buffer_size);
  fixture_wait_state (f, GST_STATE_PAUSED);
  fixture_set_state (f, GST_STATE_PLAYING);
}

static void
test_pause_while_pushing (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:delay-answer:seconds=0.02:count=0");
  guint i;

  fixture_set (f, "max-memory=2097152");
  start_by_preroll (f, 30 * MIB, 1316);
  for (i = 0; i < 30 && fixture_is_pushing (f); i++) {
    guint64 written = fixture_get_stat (f, "bytes-written");

    fixture_set_state (f, GST_STATE_PAUSED);
    fixture_wait_state (f, GST_STATE_PAUSED);
    fixture_set_state (f, GST_STATE_PLAYING);
    fixture_wait_for (f, fixture_get_stat (f, "bytes-written") > written
        || !fixture_is_pushing (f));
  }
  g_assert_cmpuint (i, >, 2);
  g_assert_cmpint (fixture_join (f), ==, GST_FLOW_OK);
  fixture_complete (f);
}

/* A pause ends the wait for memory; the byte it waited with is not lost. */
static void
test_pause_in_back_pressure (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-mid-body:count=0");

  fixture_set (f, "max-memory=2097152 stall-timeout=300000000"
      " progress-interval=30000000");
  start_by_preroll (f, 6 * MIB, 100000);
  fixture_wait_for (f, is_full (f));
  fixture_set_state (f, GST_STATE_PAUSED);
  fixture_wait_state (f, GST_STATE_PAUSED);
  ice_emulator_clear_faults (f->emulator);

  /* uploads go on meanwhile */
  fixture_wait_for (f, fixture_get_stat (f, "parts-in-flight") == 0
      && fixture_get_stat (f, "bytes-pending") < FIXTURE_PART_SIZE);
  g_assert_true (fixture_is_pushing (f));
  fixture_set_state (f, GST_STATE_PLAYING);
  g_assert_cmpint (fixture_join (f), ==, GST_FLOW_OK);
  fixture_complete (f);
}

static void
test_pause_while_draining (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  fixture_set (f, "progress-interval=30000000");
  start_by_preroll (f, LARGE + 7, 64 * KIB);
  fixture_join (f);
  fixture_set_reachable (f, FALSE);
  fixture_start_eos (f);
  fixture_wait_for (f, fixture_find_progress (f, GST_PROGRESS_TYPE_START,
          "finalize") >= 0);
  for (i = 0; i < 5; i++) {
    fixture_set_state (f, GST_STATE_PAUSED);
    fixture_wait_for (f, !fixture_stat_is (f, "state", "uploading"));
    fixture_set_state (f, GST_STATE_PLAYING);
  }
  fixture_set_state (f, GST_STATE_PAUSED);
  fixture_set_reachable (f, TRUE);

  /* it completes in PAUSED, and EOS comes in PLAYING */
  fixture_wait_for (f, is_complete (f));
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_EOS), ==, 0);
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_wait_message (f, GST_MESSAGE_EOS);
  fixture_join (f);
  fixture_assert_object (f);
}

/* ---- EOS ---- */

static void
test_eos_comes_first (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set_state (f, GST_STATE_PAUSED);
  fixture_open_stream (f, NULL);
  fixture_start_eos (f);
  fixture_wait_state (f, GST_STATE_PAUSED);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_EOS), ==, 0);
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_wait_message (f, GST_MESSAGE_EOS);
  fixture_join (f);

  fixture_assert_object (f);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), ==, 0);
}

static GstBusSyncReply
note_eos_time (GstBus * bus, GstMessage * message, gpointer user_data)
{
  gint64 *time_us = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    *time_us = g_get_monotonic_time ();

  return GST_BUS_PASS;
}

#define DELAY_US (3 * G_USEC_PER_SEC / 10)

/* @data: the operation that makes the object, and the size that needs it */
static void
check_eos_waits (const gchar * options, gsize size,
    IceEmulatorOperation operation)
{
  g_autoptr (Fixture) f = fixture_new (options);
  g_autoptr (GPtrArray) records = NULL;
  gint64 eos_us = 0;

  gst_bus_set_sync_handler (f->bus, note_eos_time, &eos_us, NULL);
  fixture_record (f, size);
  fixture_finish (f);
  fixture_wait_for (f, fixture_count (f, operation) == 1);

  records = fixture_get_records (f, operation, 200);
  g_assert_cmpint (eos_us, >=, ((IceEmulatorRecord *)
          g_ptr_array_index (records, 0))->begin_us + DELAY_US);
}

static void
test_eos_waits_for_complete (void)
{
  check_eos_waits ("--fault=complete:delay-answer:seconds=0.3", LARGE,
      ICE_EMULATOR_COMPLETE);
  check_eos_waits ("--fault=put:delay-answer:seconds=0.3", SMALL,
      ICE_EMULATOR_PUT);
}

static void
test_order_of_messages (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint places[8];
  guint i;

  fixture_record (f, LARGE);
  fixture_wait_element (f, "ice-upload-started");
  fixture_finish (f);

  places[0] = fixture_find_progress (f, GST_PROGRESS_TYPE_START, "open");
  places[1] = fixture_find_progress (f, GST_PROGRESS_TYPE_COMPLETE, "open");
  places[2] = fixture_find_element (f, "ice-upload-started");
  places[3] = fixture_find_progress (f, GST_PROGRESS_TYPE_START, "finalize");
  places[4] = fixture_find_progress (f, GST_PROGRESS_TYPE_COMPLETE,
      "finalize");
  places[5] = fixture_find_element (f, "ice-upload-complete");
  places[6] = fixture_find_message (f, GST_MESSAGE_EOS);
  g_assert_cmpint (places[0], >=, 0);
  for (i = 1; i <= 6; i++) {
    /* the two that tell of completion may come in either order */
    if (i != 5)
      g_assert_cmpint (places[i], >, places[i - 1]);
  }
  g_assert_cmpint (places[5], >, places[3]);
  g_assert_cmpint (places[6], >, places[4]);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-complete"), ==, 1);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-started"), ==, 1);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_EOS), ==, 1);
}

static void
test_finalize_ends_with_error (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=put:forbidden:count=0");

  fixture_play (f);
  fixture_push (f, SMALL);
  g_assert_false (fixture_push_eos (f));
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_cmpint (fixture_find_progress (f, GST_PROGRESS_TYPE_ERROR,
          "finalize"), >, fixture_find_progress (f, GST_PROGRESS_TYPE_START,
          "finalize"));
  g_assert_cmpint (fixture_find_progress (f, GST_PROGRESS_TYPE_START,
          "finalize"), >=, 0);
  g_assert_cmpint (fixture_find_progress (f, GST_PROGRESS_TYPE_COMPLETE,
          "finalize"), <, 0);
}

static void
test_finalize_is_canceled (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=complete:stall-before-answer:count=0");

  fixture_set (f, PATIENT " on-stop=abort");
  fixture_record (f, LARGE);
  fixture_start_eos (f);
  fixture_wait_for (f, fixture_find_progress (f, GST_PROGRESS_TYPE_START,
          "finalize") >= 0);
  fixture_set_state (f, GST_STATE_NULL);
  fixture_join (f);
  fixture_collect (f);
  g_assert_cmpint (fixture_find_progress (f, GST_PROGRESS_TYPE_CANCELED,
          "finalize"), >, 0);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_EOS), ==, 0);
}

/* ---- flushes ---- */

static void
flush (Fixture * f)
{
  gst_pad_push_event (f->pad, gst_event_new_flush_start ());
  if (f->pusher != NULL)
    fixture_join (f);
  gst_pad_push_event (f->pad, gst_event_new_flush_stop (TRUE));
  g_byte_array_set_size (f->expected, 0);
  fixture_push_segment (f, GST_FORMAT_TIME, 0);

  /* a flush takes the state back to PAUSED; a pipeline would do this */
  fixture_set_state (f, GST_STATE_PLAYING);
}

static void
finish_after_flush (Fixture * f, gsize size)
{
  g_assert_cmpint (fixture_push_all (f, size, 64 * KIB), ==, GST_FLOW_OK);
  fixture_complete (f);
  fixture_wait_for (f, ice_emulator_count_open_uploads (f->emulator) == 0);
}

static void
test_flush (gconstpointer data)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_record (f, LARGE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 10);
  flush (f);
  finish_after_flush (f, GPOINTER_TO_SIZE (data));
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-complete"), ==, 1);
}

/* Nobody sends caps again after a flush; the object is of their type. */
static void
test_flush_keeps_format (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autofree gchar *content_type = NULL;

  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_open_stream (f, "video/mpegts");
  fixture_push_all (f, LARGE, 64 * KIB);
  flush (f);
  finish_after_flush (f, LARGE);
  g_assert_true (ice_emulator_get_object_info (f->emulator, f->media_id,
          &content_type, NULL, NULL));
  g_assert_cmpstr (content_type, ==, "video/mp2t");
}

/* What was there when the sink started has gone, and another upload can't begin
 * without it. */
static void
test_flush_refused (void)
{
  g_autoptr (IceEmulator) other = ice_emulator_new_started ("--tls");
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autofree gchar *pem = NULL;
  g_autofree gchar *path = NULL;
  gint fd = g_file_open_tmp ("icesink-ca-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_true (g_file_get_contents (ice_emulator_get_ca_file (other),
          &pem, NULL, NULL));
  g_assert_true (g_file_set_contents (path, pem, -1, NULL));
  g_object_set (f->sink, "ssl-ca-file", path, NULL);
  fixture_record (f, LARGE);
  fixture_wait_element (f, "ice-upload-started");

  g_assert_cmpint (g_remove (path), ==, 0);
  flush (f);
  fixture_wait_error (f, GST_RESOURCE_ERROR_SETTINGS);
  g_assert_cmpint (fixture_push (f, 1000), ==, GST_FLOW_ERROR);
  fixture_assert_failed_once (f);
}

static void
test_flush_many_times (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  fixture_play (f);
  flush (f);
  flush (f);
  for (i = 0; i < 10; i++) {
    fixture_push_all (f, i * FIXTURE_PART_SIZE, 64 * KIB);
    flush (f);
  }
  finish_after_flush (f, LARGE + 3);
}

static void
test_flush_in_back_pressure (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-mid-body:count=0");

  fixture_set (f, "max-memory=2097152 stall-timeout=3600000000000"
      " progress-interval=30000000");
  fixture_play (f);
  fixture_start_pushing (f, 6 * MIB, 100000);
  fixture_wait_for (f, is_full (f));
  ice_emulator_clear_faults (f->emulator);
  flush (f);
  g_assert_cmpint (f->flow, ==, GST_FLOW_FLUSHING);
  finish_after_flush (f, LARGE + 3);
}

static void
test_flush_while_draining (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=complete:stall-before-answer");

  fixture_set (f, "stall-timeout=3600000000000 progress-interval=30000000");
  fixture_record (f, LARGE);
  fixture_start_eos (f);
  fixture_wait_for (f, is_finalizing (f));
  flush (f);
  finish_after_flush (f, SMALL);
}

static void
test_flush_after_eos (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_record (f, LARGE);
  fixture_finish (f);
  fixture_forget (f);
  flush (f);
  finish_after_flush (f, SMALL);
}

static void
test_null_after_flush (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-mid-body:count=0"
      " --fault=abort:stall-before-answer:count=0");

  fixture_set (f, PATIENT);
  fixture_record (f, LARGE);
  fixture_wait_for (f, has_part_in_flight (f));
  flush (f);
  fixture_set_state (f, GST_STATE_NULL);
}

/* OSS gives no CRC-64, also not when asked for it. */
static void
test_unverified (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=complete:no-crc:count=0"
      " --fault=head:no-crc:count=0");
  gboolean verified = TRUE;

  fixture_record (f, LARGE);
  fixture_complete (f);
  g_assert_true (gst_structure_get_boolean (fixture_wait_element (f,
              "ice-upload-complete"), "verified", &verified));
  g_assert_false (verified);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 1);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  g_test_add_func ("/icesink/states/starts-without-the-network",
      test_starts_without_network);
  g_test_add_func ("/icesink/states/opens-in-one-step",
      test_open_comes_as_a_pair);
  g_test_add_data_func ("/icesink/states/can-be-used-again-after-eos",
      GINT_TO_POINTER (GST_STATE_READY), test_reuse_after_eos);
  g_test_add_data_func ("/icesink/states/can-be-used-again-from-null",
      GINT_TO_POINTER (GST_STATE_NULL), test_reuse_after_eos);
  g_test_add_data_func ("/icesink/states/can-be-used-again-without-eos",
      GINT_TO_POINTER (GST_STATE_READY), test_reuse_without_eos);
  g_test_add_data_func
      ("/icesink/states/can-be-used-again-from-null-without-eos",
      GINT_TO_POINTER (GST_STATE_NULL), test_reuse_without_eos);

  FIXTURE_ADD_CASES ("/icesink/on-stop/", stop_cases, test_stop);
  g_test_add_func ("/icesink/on-stop/says-so-if-it-takes-too-long",
      test_stop_in_vain);
  g_test_add_func ("/icesink/on-stop/says-so-in-the-drain",
      test_stop_in_drain);
  g_test_add_func ("/icesink/on-stop/says-so-if-it-can-not-abort",
      test_abort_in_vain);
  g_test_add_func ("/icesink/on-stop/does-not-wait-for-nobody",
      test_stop_without_service);
  g_test_add_func ("/icesink/states/has-one-writer", test_second_writer);
  g_test_add_func ("/icesink/states/tells-of-an-outage",
      test_outage_is_told);
  FIXTURE_ADD_CASES ("/icesink/states/stops-in-", moment_cases, test_moment);
  g_test_add_func ("/icesink/states/stops-in-a-pipeline",
      test_null_in_pipeline);
  g_test_add_func ("/icesink/states/shares-stop-timeout",
      test_shared_stop_timeout);

  g_test_add_func ("/icesink/states/pauses-while-pushing",
      test_pause_while_pushing);
  g_test_add_func ("/icesink/states/pauses-in-back-pressure",
      test_pause_in_back_pressure);
  g_test_add_func ("/icesink/states/pauses-while-draining",
      test_pause_while_draining);

  g_test_add_func ("/icesink/eos/may-come-without-a-checksum",
      test_unverified);
  g_test_add_func ("/icesink/eos/may-come-first", test_eos_comes_first);
  g_test_add_func ("/icesink/eos/waits-for-the-object",
      test_eos_waits_for_complete);
  g_test_add_func ("/icesink/eos/comes-after-all-else",
      test_order_of_messages);
  g_test_add_func ("/icesink/eos/ends-finalize-with-an-error",
      test_finalize_ends_with_error);
  g_test_add_func ("/icesink/eos/cancels-finalize",
      test_finalize_is_canceled);

  g_test_add_data_func ("/icesink/flush/begins-again-with-many-parts",
      GSIZE_TO_POINTER (3 * FIXTURE_PART_SIZE + 1), test_flush);
  g_test_add_data_func ("/icesink/flush/begins-again-with-few-bytes",
      GSIZE_TO_POINTER (SMALL), test_flush);
  g_test_add_data_func ("/icesink/flush/begins-again-with-nothing",
      GSIZE_TO_POINTER (0), test_flush);
  g_test_add_func ("/icesink/flush/keeps-the-format",
      test_flush_keeps_format);
  g_test_add_func ("/icesink/flush/is-the-end-where-nothing-can-follow",
      test_flush_refused);
  g_test_add_func ("/icesink/flush/may-come-many-times",
      test_flush_many_times);
  g_test_add_func ("/icesink/flush/ends-back-pressure",
      test_flush_in_back_pressure);
  g_test_add_func ("/icesink/flush/ends-the-drain",
      test_flush_while_draining);
  g_test_add_func ("/icesink/flush/begins-again-after-eos",
      test_flush_after_eos);
  g_test_add_func ("/icesink/flush/does-not-hold-up-null",
      test_null_after_flush);

  return g_test_run ();
}
