/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Many recordings in one process: whatever befalls one of them, the others go
 * on.
 *
 * Each lane is a pipeline of its own with a source of its own; all upload to
 * one emulator. A lane knows the checksum of what its sink was given.
 *
 * Threads: the main thread starts and stops; messages are counted where they
 * are posted, on threads of the sinks. */

/* For pthread_setattr_default_np(). */
#define _GNU_SOURCE

#include <pthread.h>
#include <sys/resource.h>

#include "patience.h"
#include "raw-source.h"
#include "threads.h"
#include "trial.h"

#define DEADLINE_US (120 * G_USEC_PER_SEC)
#define TICK_US (5 * G_TIME_SPAN_MILLISECOND)
#define N_BUFFERS 100
#define PART_SIZE 102400
#define STACK_SIZE (1024 * 1024)

/**
 * Lane:
 * @media_id: (owned)
 * @pipeline: (owned) (nullable): NULL once it has been dropped
 * @sink: (unowned) (nullable): the icesink in it
 * @source: (owned)
 * @sum: (owned): of the bytes that the sink was given; streaming thread
 * @gate: (nullable) (unowned): closed: messages wait at it
 */
typedef struct
{
  gchar *media_id;
  GstElement *pipeline;
  GstElement *sink;
  RawSource *source;
  GChecksum *sum;
  struct _Gate *gate;
  struct _Gate *end;            /* (nullable) (unowned): closed: EOS waits at
                                 * it, before the sink has it */
  gboolean stopped;
  gboolean ends_itself;         /* at the first ice-upload-started */
  gint n_started;               /* atomic, like all below */
  gint n_progress;
  gint n_complete;
  gint n_eos;
  gint n_errors;
  gint has_ended_itself;
} Lane;

/* Where a handler can be held up. */
typedef struct _Gate
{
  GMutex lock;
  GCond changed;
  gboolean open;
  guint n_waiting;
} Gate;

static void
gate_init (Gate * gate)
{
  *gate = (Gate) { .open = FALSE };
  g_mutex_init (&gate->lock);
  g_cond_init (&gate->changed);
}

static void
gate_clear (Gate * gate)
{
  g_mutex_clear (&gate->lock);
  g_cond_clear (&gate->changed);
}

static void
gate_pass (Gate * gate)
{
  g_mutex_lock (&gate->lock);
  gate->n_waiting++;
  while (!gate->open)
    g_cond_wait (&gate->changed, &gate->lock);
  gate->n_waiting--;
  g_mutex_unlock (&gate->lock);
}

static void
gate_open (Gate * gate)
{
  g_mutex_lock (&gate->lock);
  gate->open = TRUE;
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

static guint
gate_count_waiting (Gate * gate)
{
  guint n_waiting;

  g_mutex_lock (&gate->lock);
  n_waiting = gate->n_waiting;
  g_mutex_unlock (&gate->lock);

  return n_waiting;
}

#define wait_for(condition) \
  G_STMT_START { \
    gint64 deadline_us_ = \
        g_get_monotonic_time () + test_patience (DEADLINE_US); \
    while (!(condition)) { \
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us_); \
      g_usleep (TICK_US); \
    } \
  } G_STMT_END

/* ---- lanes ---- */

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Lane *lane = user_data;
  GstMapInfo map;

  gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map, GST_MAP_READ);
  g_checksum_update (lane->sum, map.data, map.size);
  gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);

  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Lane *lane = user_data;

  if (lane->end != NULL
      && GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    gate_pass (lane->end);

  return GST_PAD_PROBE_OK;
}

/* The thread that posts goes to NULL and drops what it posts for. */
static void
end_itself (Lane * lane)
{
  GstElement *pipeline = g_steal_pointer (&lane->pipeline);

  lane->sink = NULL;
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_atomic_int_set (&lane->has_ended_itself, TRUE);
}

static void
count_element (Lane * lane, GstMessage * message)
{
  if (gst_message_has_name (message, "ice-upload-complete"))
    g_atomic_int_inc (&lane->n_complete);
  if (gst_message_has_name (message, "ice-upload-progress"))
    g_atomic_int_inc (&lane->n_progress);
  if (!gst_message_has_name (message, "ice-upload-started"))
    return;

  g_atomic_int_inc (&lane->n_started);
  if (lane->ends_itself)
    end_itself (lane);
}

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Lane *lane = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_EOS:
      g_atomic_int_inc (&lane->n_eos);
      break;
    case GST_MESSAGE_ERROR:
      g_atomic_int_inc (&lane->n_errors);
      break;
    case GST_MESSAGE_ELEMENT:
      if (lane->gate != NULL)
        gate_pass (lane->gate);
      count_element (lane, message);
      break;
    default:
      break;
  }
  gst_message_unref (message);

  return GST_BUS_DROP;
}

static void
watch_lane (Lane * lane)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (lane->pipeline);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (lane->sink, "sink");

  gst_bus_set_sync_handler (bus, on_message, lane, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, lane, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, lane,
      NULL);
}

/* About half a megabyte within @seconds. */
static Lane *
lane_new (IceEmulator * emulator, guint i, guint seconds)
{
  Lane *lane = g_new0 (Lane, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) appsrc = NULL;
  g_autofree gchar *launch = NULL;

  lane->media_id = g_strdup_printf ("lane-%u", i);
  launch = g_strdup_printf ("appsrc name=source ! identity sleep-time=%u"
      " ! icesink name=sink media-id=%s ice-endpoint=%s part-size=%u"
      " max-memory=1048576 head-size=0 parallel-parts=2 on-stop=abort"
      " progress-interval=100000000",
      seconds * G_USEC_PER_SEC / N_BUFFERS, lane->media_id,
      ice_emulator_get_uri (emulator), PART_SIZE);
  lane->pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  lane->sink = gst_bin_get_by_name (GST_BIN (lane->pipeline), "sink");
  gst_object_unref (lane->sink);
  appsrc = gst_bin_get_by_name (GST_BIN (lane->pipeline), "source");
  lane->source = raw_source_new (appsrc, i, N_BUFFERS, 10000, 0);
  lane->sum = g_checksum_new (G_CHECKSUM_SHA1);
  watch_lane (lane);

  return lane;
}

static void
lane_stop (Lane * lane)
{
  lane->stopped = TRUE;
  gst_element_set_state (lane->pipeline, GST_STATE_NULL);
}

static void
lane_free (Lane * lane)
{
  if (lane->pipeline != NULL)
    gst_element_set_state (lane->pipeline, GST_STATE_NULL);
  g_clear_pointer (&lane->pipeline, gst_object_unref);
  raw_source_free (lane->source);
  g_checksum_free (lane->sum);
  g_free (lane->media_id);
  g_free (lane);
}

static GPtrArray *
new_lanes (IceEmulator * emulator, guint n, guint seconds)
{
  GPtrArray *lanes = g_ptr_array_new_with_free_func ((GDestroyNotify)
      lane_free);
  guint i;

  for (i = 0; i < n; i++)
    g_ptr_array_add (lanes, lane_new (emulator, i, seconds));

  return lanes;
}

static Lane *
get_lane (GPtrArray * lanes, guint i)
{
  return g_ptr_array_index (lanes, i);
}

static void
play (GPtrArray * lanes)
{
  guint i;

  for (i = 0; i < lanes->len; i++)
    gst_element_set_state (get_lane (lanes, i)->pipeline, GST_STATE_PLAYING);
}

static gboolean
has_ended (const Lane * lane)
{
  return lane->stopped || g_atomic_int_get (&lane->n_eos) > 0
      || g_atomic_int_get (&lane->n_errors) > 0;
}

static gboolean
have_ended (GPtrArray * lanes, guint first)
{
  guint i;

  for (i = first; i < lanes->len; i++)
    if (!has_ended (get_lane (lanes, i)))
      return FALSE;

  return TRUE;
}

static void
assert_exact (IceEmulator * emulator, Lane * lane)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (emulator, lane->media_id);
  g_autofree gchar *object = NULL, *sum = NULL;
  gsize size;

  g_assert_cmpint (lane->n_errors, ==, 0);
  g_assert_cmpint (lane->n_complete, ==, 1);
  g_assert_cmpint (lane->n_eos, ==, 1);
  g_assert_nonnull (path);
  g_assert_true (g_file_get_contents (path, &object, &size, NULL));
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, (guint8 *) object, size);
  g_assert_cmpstr (sum, ==, g_checksum_get_string (lane->sum));
}

static void
assert_no_object (IceEmulator * emulator, Lane * lane)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (emulator, lane->media_id);

  g_assert_cmpint (lane->n_errors, ==, 0);
  g_assert_null (path);
}

/* A lane may be stopped while, or when, it has just been completed. TRUE if it
 * says that it does not know. */
static gboolean
assert_aborted (IceEmulator * emulator, Lane * lane)
{
  g_autoptr (GstStructure) stats = NULL;
  const gchar *outcome;

  g_object_get (lane->sink, "stats", &stats, NULL);
  outcome = gst_structure_get_string (stats, "outcome");
  g_test_message ("%s: %s", lane->media_id, outcome);
  if (!g_str_equal (outcome, "completed") && !g_str_equal (outcome, "unknown"))
    assert_no_object (emulator, lane);

  return g_str_equal (outcome, "unknown");
}

static void
assert_all_exact (IceEmulator * emulator, GPtrArray * lanes, guint first)
{
  guint i;

  for (i = first; i < lanes->len; i++)
    assert_exact (emulator, get_lane (lanes, i));
}

/* ---- two hundred ---- */

#define MANY 200
#define MORTAL 60               /* of them may be stopped */
#define STOPS_AT_A_TIME 10

static void
stop_some (GPtrArray * lanes, GRand * random)
{
  guint i;

  for (i = 0; i < STOPS_AT_A_TIME; i++) {
    Lane *lane = get_lane (lanes, g_rand_int_range (random, 0, MORTAL));

    if (!has_ended (lane))
      lane_stop (lane);
  }
}

/* All at once, and every second some of them go to NULL. */
static void
record_many (GPtrArray * lanes)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  gint64 next_us = g_get_monotonic_time () + G_USEC_PER_SEC;

  play (lanes);
  wait_for (test_count_threads ("icesink-network") == 1);
  while (!have_ended (lanes, 0)) {
    if (g_get_monotonic_time () > next_us) {
      stop_some (lanes, random);
      next_us += G_USEC_PER_SEC;
    }
    /* A thread that another one starts has its name for a moment. */
    wait_for (test_count_threads ("icesink-network") == 1);
    g_usleep (TICK_US);
  }
}

static void
test_many (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started ("--no-md5");
  g_autoptr (GPtrArray) lanes = new_lanes (emulator, MANY, 6);
  guint i, n_stopped = 0, n_unknown = 0;

  record_many (lanes);
  for (i = 0; i < MANY; i++) {
    Lane *lane = get_lane (lanes, i);

    n_stopped += lane->stopped;
    if (lane->stopped)
      n_unknown += assert_aborted (emulator, lane);
    else
      assert_exact (emulator, lane);
  }
  g_assert_cmpuint (n_stopped, >, 0);
  g_test_message ("%u of %u were stopped", n_stopped, MANY);
  g_assert_cmpuint (ice_emulator_count_open_uploads (emulator), <=, n_unknown);
  g_clear_pointer (&lanes, g_ptr_array_unref);
  g_assert_cmpuint (test_count_threads ("icesink-network"), ==, 0);
}

/* ---- handlers ---- */

#define SOME 20

/* TRUE if all but the first lane have told of their beginning and of progress
 * since. */
static gboolean
have_told (GPtrArray * lanes)
{
  guint i;

  for (i = 1; i < lanes->len; i++) {
    Lane *lane = get_lane (lanes, i);

    if (g_atomic_int_get (&lane->n_started) == 0
        || g_atomic_int_get (&lane->n_progress) == 0)
      return FALSE;
  }

  return TRUE;
}

static guint64
get_bytes_uploaded (Lane * lane)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 bytes = 0;

  g_object_get (lane->sink, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "bytes-uploaded", &bytes);

  return bytes;
}

/* A handler of the first lane waits at @gate until all others have ended, and
 * until the lane has uploaded @uploaded bytes nevertheless. What the others
 * have to tell they tell before their end, at which a sink delivers by
 * itself. */
static void
record_beside_slow_handler (IceEmulator * emulator, GPtrArray * lanes,
    Gate * gate, guint64 uploaded)
{
  Lane *slow = get_lane (lanes, 0);
  Gate end;
  guint i;

  gate_init (&end);
  for (i = 1; i < lanes->len; i++)
    get_lane (lanes, i)->end = &end;
  play (lanes);
  wait_for (gate_count_waiting (gate) == 1);
  wait_for (have_told (lanes));
  wait_for (get_bytes_uploaded (slow) >= uploaded);

  gate_open (&end);
  wait_for (have_ended (lanes, 1));
  g_assert_cmpuint (gate_count_waiting (gate), ==, 1);
  g_assert_cmpint (slow->n_started, ==, 0);
  g_assert_cmpint (slow->n_eos, ==, 0);
  assert_all_exact (emulator, lanes, 1);

  gate_open (gate);
  wait_for (have_ended (lanes, 0));
  assert_all_exact (emulator, lanes, 0);
  gate_clear (&end);
}

/* A bus sync handler that does not come back. */
static void
test_slow_sync_handler (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started ("--no-md5");
  g_autoptr (GPtrArray) lanes = new_lanes (emulator, SOME, 2);
  Gate gate;

  gate_init (&gate);
  get_lane (lanes, 0)->gate = &gate;
  record_beside_slow_handler (emulator, lanes, &gate, 2 * PART_SIZE);
  g_clear_pointer (&lanes, g_ptr_array_unref);
  gate_clear (&gate);
}

static gboolean
on_request (GstElement * sink, const gchar * media_id, const gchar * reason,
    gpointer user_data)
{
  gate_pass (user_data);

  return FALSE;
}

/* A signal handler that does not come back. */
static void
test_slow_signal_handler (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started ("--no-md5");
  g_autoptr (GPtrArray) lanes = new_lanes (emulator, SOME, 2);
  Gate gate;

  gate_init (&gate);
  g_signal_connect (get_lane (lanes, 0)->sink, "request-upload-credential",
      G_CALLBACK (on_request), &gate);
  record_beside_slow_handler (emulator, lanes, &gate, 0);
  g_clear_pointer (&lanes, g_ptr_array_unref);
  gate_clear (&gate);
}

/* NULL and the last unref, from inside a handler. */
static void
test_last_unref (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started ("--no-md5");
  g_autoptr (GPtrArray) lanes = new_lanes (emulator, SOME, 2);
  guint i;

  for (i = 0; i < SOME / 2; i++)
    get_lane (lanes, i)->ends_itself = TRUE;
  play (lanes);
  for (i = 0; i < SOME / 2; i++)
    wait_for (g_atomic_int_get (&get_lane (lanes, i)->has_ended_itself));
  wait_for (have_ended (lanes, SOME / 2));

  for (i = 0; i < SOME / 2; i++)
    assert_no_object (emulator, get_lane (lanes, i));
  assert_all_exact (emulator, lanes, SOME / 2);
  g_assert_cmpuint (ice_emulator_count_open_uploads (emulator), ==, 0);
}

/* ---- the programme ---- */

/* Both ends of all connections are in this process. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

/* Where addresses have 32 bits, the stacks of some hundred threads, 8 MiB each,
 * would take them all. */
static void
lower_stack_size (void)
{
  pthread_attr_t attributes;

  if (sizeof (gpointer) > 4)
    return;

  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, STACK_SIZE);
  g_assert_cmpint (pthread_setattr_default_np (&attributes), ==, 0);
  pthread_attr_destroy (&attributes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  raise_file_limit ();
  lower_stack_size ();
  trial_init (&argc, &argv);

  g_test_add_func ("/icesink/many-sinks/record-at-once", test_many);
  g_test_add_func ("/icesink/many-sinks/do-not-wait-for-a-sync-handler",
      test_slow_sync_handler);
  g_test_add_func ("/icesink/many-sinks/do-not-wait-for-a-signal-handler",
      test_slow_signal_handler);
  g_test_add_func ("/icesink/many-sinks/survive-a-last-unref-in-a-handler",
      test_last_unref);

  return g_test_run ();
}
