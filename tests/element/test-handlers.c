/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Applications may do in handlers what they like, and many sinks live in one
 * process without noticing each other. */

#include "fixture.h"

#include <string.h>

#include "threads.h"

#define SMALL 1000
#define LARGE (5 * FIXTURE_PART_SIZE)

/* ---- a gate that holds up handlers ---- */

typedef struct
{
  GMutex lock;
  GCond changed;
  guint waiting;
  gboolean open;
} Gate;

static void
gate_init (Gate * gate)
{
  memset (gate, 0, sizeof *gate);
  g_mutex_init (&gate->lock);
  g_cond_init (&gate->changed);
}

static void
gate_wait (Gate * gate)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&gate->lock);

  gate->waiting++;
  while (!gate->open)
    g_cond_wait (&gate->changed, &gate->lock);
}

static void
gate_open (Gate * gate)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&gate->lock);

  gate->open = TRUE;
  g_cond_broadcast (&gate->changed);
}

static guint
gate_count (Gate * gate)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&gate->lock);

  return gate->waiting;
}

/* ---- stopping in a handler ---- */

/**
 * Stopper: an application that stops the sink as soon as it hears of it
 * @name: the element message at which it does
 * @drop: it drops its reference as well
 * @thread: where it heard
 */
typedef struct
{
  Fixture *f;
  const gchar *name;
  gboolean drop;
  GThread *thread;
  gint done;                    /* atomic */
} Stopper;

static void
stop (Stopper * stopper)
{
  Fixture *f = stopper->f;

  stopper->thread = g_thread_self ();
  g_assert_cmpint (gst_element_set_state (f->sink, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  if (stopper->drop)
    g_clear_pointer (&f->sink, gst_object_unref);
  g_atomic_int_set (&stopper->done, TRUE);
}

static GstBusSyncReply
stop_at_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Stopper *stopper = user_data;

  if (stopper->thread == NULL && gst_message_has_name (message, stopper->name))
    stop (stopper);

  return GST_BUS_PASS;
}

static gboolean
stop_at_request (GstElement * sink, const gchar * media_id,
    const gchar * reason, gpointer user_data)
{
  stop (user_data);

  return TRUE;
}

static void
check_stop_at_message (const gchar * name, gboolean drop)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  Stopper stopper = {.f = f,.name = name,.drop = drop };

  fixture_set (f, "progress-interval=20000000");
  gst_bus_set_sync_handler (f->bus, stop_at_message, &stopper, NULL);
  fixture_play (f);
  fixture_start_pushing (f, LARGE, 64 * KIB);
  fixture_wait_for (f, g_atomic_int_get (&stopper.done));
  fixture_join (f);
  g_assert_true (stopper.thread != g_thread_self ());
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
}

static void
test_null_at_message (gconstpointer data)
{
  check_stop_at_message (data, FALSE);
}

static void
test_drop_at_message (gconstpointer data)
{
  check_stop_at_message (data, TRUE);
}

static void
check_stop_at_request (gboolean drop)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  Stopper stopper = {.f = f,.drop = drop };

  g_signal_connect (f->sink, "request-upload-credential",
      G_CALLBACK (stop_at_request), &stopper);
  fixture_play (f);
  fixture_wait_for (f, g_atomic_int_get (&stopper.done));
}

static void
test_null_at_request (void)
{
  check_stop_at_request (FALSE);
}

static void
test_drop_at_request (void)
{
  check_stop_at_request (TRUE);
}

/* The error of an upload that failed by itself, not in the streaming thread. */
static GstBusSyncReply
stop_at_error (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Stopper *stopper = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    stop (stopper);

  return GST_BUS_PASS;
}

static void
test_null_at_error (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=refresh:forbidden");
  Stopper stopper = {.f = f };

  gst_bus_set_sync_handler (f->bus, stop_at_error, &stopper, NULL);
  fixture_play (f);
  fixture_wait_for (f, g_atomic_int_get (&stopper.done));
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fixture_assert_failed_once (f);
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
}

/* ---- slow handlers ---- */

#define SLOW 12

static GstBusSyncReply
wait_at_progress (GstBus * bus, GstMessage * message, gpointer user_data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS)
    gate_wait (user_data);

  return GST_BUS_PASS;
}

static gboolean
wait_at_request (GstElement * sink, const gchar * media_id,
    const gchar * reason, gpointer user_data)
{
  gate_wait (user_data);

  return FALSE;
}

static gboolean
decline (GstElement * sink, const gchar * media_id, const gchar * reason,
    gpointer user_data)
{
  return FALSE;
}

static Fixture *
new_sink (IceEmulator * emulator, guint number)
{
  g_autofree gchar *media_id = g_strdup_printf ("media-%u", number);

  return fixture_new_with (emulator, media_id);
}

/* A sink among slow ones records, asks and ends as if it were alone. */
static void
check_quick_one (IceEmulator * emulator)
{
  g_autoptr (Fixture) f = new_sink (emulator, SLOW);

  g_signal_connect (f->sink, "request-upload-credential",
      G_CALLBACK (decline), NULL);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, LARGE, 64 * KIB), ==, GST_FLOW_OK);
  fixture_wait_element (f, "ice-upload-started");
  fixture_complete (f);
}

static void
finish_slow_ones (Fixture ** slow, Gate * gate)
{
  guint i;

  gate_open (gate);
  for (i = 0; i < SLOW; i++) {
    fixture_finish (slow[i]);
    fixture_assert_object (slow[i]);
    gst_bus_set_sync_handler (slow[i]->bus, NULL, NULL, NULL);
    fixture_free (slow[i]);
  }
}

static void
check_slow_handlers (gboolean of_signals)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  Fixture *slow[SLOW];
  Gate gate;
  guint i;

  gate_init (&gate);
  for (i = 0; i < SLOW; i++) {
    slow[i] = new_sink (emulator, i);
    if (of_signals)
      g_signal_connect (slow[i]->sink, "request-upload-credential",
          G_CALLBACK (wait_at_request), &gate);
    else
      gst_bus_set_sync_handler (slow[i]->bus, wait_at_progress, &gate, NULL);
    fixture_play (slow[i]);
    g_assert_cmpint (fixture_push_all (slow[i], LARGE, 64 * KIB), ==,
        GST_FLOW_OK);
  }
  fixture_wait_for (slow[0], gate_count (&gate) == SLOW);

  check_quick_one (emulator);
  if (!of_signals)
    fixture_wait_for (slow[0],
        fixture_get_stat (slow[0], "bytes-uploaded") == LARGE);
  finish_slow_ones (slow, &gate);
}

static void
test_slow_sync_handlers (void)
{
  check_slow_handlers (FALSE);
}

static void
test_slow_signal_handlers (void)
{
  check_slow_handlers (TRUE);
}

/* ---- the end of a run ---- */

static GstBusSyncReply
be_slow (GstBus * bus, GstMessage * message, gpointer user_data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS)
    g_usleep (50 * 1000);

  return GST_BUS_PASS;
}

/* What on-stop did is told before the state change has returned. */
static void
test_end_is_told (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  gst_bus_set_sync_handler (f->bus, be_slow, NULL, NULL);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, LARGE, 64 * KIB), ==, GST_FLOW_OK);
  fixture_set_state (f, GST_STATE_READY);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-complete"), ==, 1);
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
}

/* A handler that returns too late holds up no state change, and the next run
 * hears nothing of the last one. */
static void
test_end_is_forgotten (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  Gate gate;

  gate_init (&gate);
  gst_bus_set_sync_handler (f->bus, wait_at_progress, &gate, NULL);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, LARGE, 64 * KIB), ==, GST_FLOW_OK);
  fixture_wait_for (f, gate_count (&gate) == 1);
  fixture_set_state (f, GST_STATE_READY);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-complete"), ==, 0);

  g_byte_array_set_size (f->expected, 0);
  fixture_play (f);
  gate_open (&gate);
  g_assert_cmpint (fixture_push_all (f, SMALL, SMALL), ==, GST_FLOW_OK);
  fixture_complete (f);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-complete"), ==, 1);
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
}

/* ---- many sinks ---- */

#define MANY 20

static void
wait_for_network_threads (guint n)
{
  gint64 deadline_us = fixture_get_deadline ();

  while (test_count_threads ("icesink-network") != n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    g_usleep (1000);
  }
}

static void
test_many_sinks (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  Fixture *f[MANY];
  guint i, k;

  for (i = 0; i < MANY; i++) {
    f[i] = new_sink (emulator, i);
    fixture_play (f[i]);
  }
  /* a thread names itself */
  wait_for_network_threads (1);
  for (k = 0; k < 10; k++) {
    for (i = 0; i < MANY; i++)
      g_assert_cmpint (fixture_push (f[i], 70 * KIB + i), ==, GST_FLOW_OK);
  }
  wait_for_network_threads (1);

  for (i = 0; i < MANY; i++) {
    fixture_finish (f[i]);
    fixture_assert_object (f[i]);
    fixture_free (f[i]);
  }
  wait_for_network_threads (0);
}

/* The emulator has a thread for each connection; the sinks add few. */
static void
test_few_threads (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  guint before = test_count_threads (NULL);
  Fixture *f[MANY];
  guint i;

  ice_emulator_set_reachable (emulator, FALSE, NULL);
  for (i = 0; i < MANY; i++) {
    f[i] = new_sink (emulator, i);
    fixture_set (f[i], "stop-timeout=0");
    fixture_play (f[i]);
    fixture_push (f[i], SMALL);
  }
  g_assert_cmpuint (test_count_threads (NULL), <, before + MANY);
  for (i = 0; i < MANY; i++)
    fixture_free (f[i]);
}

/* One of them fails, one is stopped, one is held up: the others go on. */
static void
test_bad_neighbours (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--media-id=media-0 --media-id=media-1"
      " --media-id=media-3");
  Fixture *f[4];
  guint i, k;

  for (i = 0; i < 4; i++) {
    f[i] = new_sink (emulator, i);
    fixture_play (f[i]);
  }
  for (k = 0; k < 10; k++) {
    fixture_push (f[0], 50 * KIB);
    fixture_push (f[3], 50 * KIB);
    fixture_push (f[1], 50 * KIB);
    if (k == 5)
      fixture_set_state (f[1], GST_STATE_NULL);
  }
  fixture_wait_error (f[2], GST_RESOURCE_ERROR_NOT_FOUND);
  for (i = 0; i < 4; i += 3) {
    fixture_finish (f[i]);
    fixture_assert_object (f[i]);
  }
  for (i = 0; i < 4; i++)
    fixture_free (f[i]);
}

/* ---- what is told ---- */

static void
test_no_messages_if_told_so (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  fixture_set (f, "post-messages=false progress-interval=10000000");
  fixture_record (f, LARGE);
  fixture_finish (f);

  for (i = 0; i < f->messages->len; i++)
    g_assert_cmpint (GST_MESSAGE_TYPE (g_ptr_array_index (f->messages, i)),
        !=, GST_MESSAGE_ELEMENT);
  g_assert_cmpint (fixture_find_progress (f, GST_PROGRESS_TYPE_COMPLETE,
          "finalize"), >=, 0);
}

static void
test_progress_messages (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *progress;
  guint64 written, uploaded, pending;
  GstClockTime lag;
  gint percent;

  fixture_set (f, "progress-interval=10000000");
  fixture_record (f, LARGE + 5);
  fixture_wait_for (f, fixture_get_stat (f, "bytes-uploaded") == LARGE);
  fixture_forget (f);
  progress = fixture_wait_element (f, "ice-upload-progress");

  g_assert_true (gst_structure_get (progress,
          "bytes-written", G_TYPE_UINT64, &written,
          "bytes-uploaded", G_TYPE_UINT64, &uploaded,
          "bytes-pending", G_TYPE_UINT64, &pending,
          "upload-lag", GST_TYPE_CLOCK_TIME, &lag,
          "percent", G_TYPE_INT, &percent, NULL));
  g_assert_true (gst_structure_has_field_typed (progress, "bitrate",
          G_TYPE_UINT64));
  g_assert_cmpstr (gst_structure_get_string (progress, "media-id"), ==,
      f->media_id);
  g_assert_cmpuint (written, ==, LARGE + 5);
  g_assert_cmpuint (uploaded, ==, LARGE);
  g_assert_cmpuint (pending, ==, 5);
  g_assert_cmpuint (lag, >, 0);
  g_assert_cmpint (percent, ==, -1);
  fixture_finish (f);
}

/* One outage is one episode, whatever number of retries it takes. */
static void
test_outage_messages (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint64 retries;
  guint i;

  fixture_play (f);
  for (i = 1; i <= 2; i++) {
    fixture_push_all (f, LARGE, 64 * KIB);
    fixture_wait_for (f, fixture_get_stat (f, "bytes-uploaded")
        == f->expected->len);
    retries = fixture_get_stat (f, "retries");
    fixture_set_reachable (f, FALSE);
    fixture_push_all (f, LARGE, 64 * KIB);
    fixture_wait_for (f, fixture_get_stat (f, "retries") >= retries + 4);
    fixture_wait_for (f,
        fixture_count_elements (f, "ice-upload-interrupted") == i);
    g_assert_true (fixture_stat_is (f, "state", "interrupted"));
    g_assert_cmpuint (fixture_count_elements (f, "ice-upload-resumed"), ==,
        i - 1);
    fixture_set_reachable (f, TRUE);
    fixture_wait_for (f,
        fixture_count_elements (f, "ice-upload-resumed") == i);
  }
  fixture_complete (f);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-interrupted"), ==,
      2);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  g_test_add_data_func ("/icesink/handlers/may-stop-it-at-progress",
      "ice-upload-progress", test_null_at_message);
  g_test_add_data_func ("/icesink/handlers/may-stop-it-when-it-has-started",
      "ice-upload-started", test_null_at_message);
  g_test_add_data_func ("/icesink/handlers/may-drop-it-at-progress",
      "ice-upload-progress", test_drop_at_message);
  g_test_add_data_func ("/icesink/handlers/may-drop-it-when-it-has-started",
      "ice-upload-started", test_drop_at_message);
  g_test_add_func ("/icesink/handlers/may-stop-it-when-asked",
      test_null_at_request);
  g_test_add_func ("/icesink/handlers/may-drop-it-when-asked",
      test_drop_at_request);
  g_test_add_func ("/icesink/handlers/may-stop-it-at-an-error",
      test_null_at_error);
  g_test_add_func ("/icesink/handlers/of-messages-may-be-slow",
      test_slow_sync_handlers);
  g_test_add_func ("/icesink/handlers/of-signals-may-be-slow",
      test_slow_signal_handlers);

  g_test_add_func ("/icesink/handlers/hear-of-the-end-before-ready",
      test_end_is_told);
  g_test_add_func ("/icesink/handlers/hear-of-one-run-at-a-time",
      test_end_is_forgotten);

  g_test_add_func ("/icesink/many/share-a-network-thread", test_many_sinks);
  g_test_add_func ("/icesink/many/need-few-threads", test_few_threads);
  g_test_add_func ("/icesink/many/bear-bad-neighbours", test_bad_neighbours);

  g_test_add_func ("/icesink/messages/can-be-turned-off",
      test_no_messages_if_told_so);
  g_test_add_func ("/icesink/messages/tell-of-progress",
      test_progress_messages);
  g_test_add_func ("/icesink/messages/tell-of-an-outage-once",
      test_outage_messages);

  return g_test_run ();
}
