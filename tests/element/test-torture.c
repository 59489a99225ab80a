/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What GStreamer expects of any element, as its own generic tests try it:
 * states in any order, properties of any value in any state, all of it at once
 * from several threads, and a thousand runs of one sink. A critical of GLib's or
 * GStreamer's ends the program; warnings are what bad values deserve.
 *
 * What is drawn at random follows the seed that g_test prints: --seed. */

#include "fixture.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <gst/check/gstharness.h>

#include "other-emulator.h"
#include "patience.h"

#define N_STATES 300
#define N_REUSES 1000

/* After so many runs nothing is new any more. */
#define N_WARM 200

/* Of memory that is in use, for all runs after that. A leak of one byte in each
 * run is three times as much. What threads keep for their next allocation would
 * hide it: malloc must not have such caches. */
#define GROWTH_MAX (8 * KIB)
#define TUNABLES "GLIBC_TUNABLES"

/* Further descriptors and threads. Connections come and go. */
#define HANDLES_MAX 2

#define SOURCE "fakesrc name=source sizetype=fixed sizemax=3000 filltype=zero" \
    " ! identity sleep-time=200 ! queue"

/* ---- states in any order ---- */

/* What the source does next. */
typedef struct
{
  Fixture *f;
  gint is_ending;
} Torture;

/* The stream ends where the source pushes, as it does with a source that has no
 * more. GstBaseSrc asserts if it is sent an EOS and then a flush or a change of
 * state while it takes notice of that EOS. */
static GstPadProbeReturn
end_stream (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Torture *self = data;

  if (!g_atomic_int_compare_and_exchange (&self->is_ending, TRUE, FALSE))
    return GST_PAD_PROBE_OK;
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;

  return GST_PAD_PROBE_HANDLED;
}

static void
launch (Torture * self)
{
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) pad = NULL;

  fixture_launch (self->f, SOURCE);
  source = gst_bin_get_by_name (GST_BIN (self->f->pipeline), "source");
  pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, end_stream, self, NULL);
}

/* A source takes its own lock for the second one, and may hold it as long as
 * the first has not come. */
static void
flush (GstElement * pipeline)
{
  gst_element_send_event (pipeline, gst_event_new_flush_start ());
  gst_element_send_event (pipeline, gst_event_new_flush_stop (TRUE));
}

static void
do_something (Torture * self)
{
  Fixture *f = self->f;
  gint64 position;

  switch (g_test_rand_int_range (0, 7)) {
    case 0:
      g_atomic_int_set (&self->is_ending, TRUE);
      break;
    case 1:
      flush (f->pipeline);
      break;
    case 2:
      gst_element_query_position (f->sink, GST_FORMAT_BYTES, &position);
      break;
    case 3:
      gst_element_get_state (f->pipeline, NULL, NULL, 20 * GST_MSECOND);
      break;
    case 4:
      g_signal_emit_by_name (f->sink, "checkpoint");
      break;
    case 5:
      g_usleep (g_test_rand_int_range (0, 20000));
      break;
    default:
      fixture_collect (f);
      break;
  }
}

static void
test_states (gconstpointer data)
{
  g_autoptr (Fixture) f = fixture_new (data);
  Torture self = { f, FALSE };
  guint i;

  fixture_set (f, "stop-timeout=500000000 retry-timeout=500000000");
  launch (&self);
  for (i = 0; i < N_STATES; i++) {
    GstState state = g_test_rand_int_range (GST_STATE_NULL,
        GST_STATE_PLAYING + 1);

    gst_element_set_state (f->pipeline, state);
    do_something (&self);
  }
  fixture_set_state (f, GST_STATE_NULL);
  fixture_collect (f);
}

/* ---- properties ---- */

static void
draw_string (GValue * value)
{
  static const gchar *const strings[] = { NULL, "", " ", "a",
    "https://example.invalid", "http://[::1]:1", "\xff\xfe", "/nowhere",
    "icems://x", "%s%n", "a\nb", "file:///tmp/x", "~/x", "\xc3\xa9"
  };

  g_value_set_string (value, strings[g_test_rand_int_range (0,
              G_N_ELEMENTS (strings))]);
}

/* Of a number, mostly what stands at an end of its range. */
static void
draw_value (const GParamSpec * pspec, GValue * value)
{
  gboolean low = g_test_rand_bit ();

  if (G_IS_PARAM_SPEC_STRING (pspec))
    draw_string (value);
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (value, low);
  else if (G_IS_PARAM_SPEC_UINT64 (pspec))
    g_value_set_uint64 (value, low ? G_PARAM_SPEC_UINT64 (pspec)->minimum
        : G_PARAM_SPEC_UINT64 (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    g_value_set_int64 (value, low ? G_PARAM_SPEC_INT64 (pspec)->minimum
        : G_PARAM_SPEC_INT64 (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (value, low ? G_PARAM_SPEC_UINT (pspec)->minimum
        : G_PARAM_SPEC_UINT (pspec)->maximum);
  else
    g_param_value_set_default ((GParamSpec *) pspec, value);
}

static void
set_property (GstElement * sink, GParamSpec * pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if (!(pspec->flags & G_PARAM_WRITABLE))
    return;
  g_value_init (&value, pspec->value_type);
  draw_value (pspec, &value);
  g_object_set_property (G_OBJECT (sink), pspec->name, &value);
}

/* What can be read is valid as it is. */
static void
read_property (GstElement * sink, GParamSpec * pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if (!(pspec->flags & G_PARAM_READABLE))
    return;
  g_value_init (&value, pspec->value_type);
  g_object_get_property (G_OBJECT (sink), pspec->name, &value);
  if (!G_IS_PARAM_SPEC_BOXED (pspec) && !G_IS_PARAM_SPEC_OBJECT (pspec))
    g_assert_false (g_param_value_validate (pspec, &value));
}

static gboolean
is_ours (const GParamSpec * pspec)
{
  return g_str_equal (g_type_name (pspec->owner_type), "GstIceSink");
}

/* An error is fine, silence at a critical is not. */
static void
test_properties (void)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_PLAYING, GST_STATE_NULL
  };
  guint round, i, j;

  for (round = 0; round < 20; round++) {
    g_autoptr (Fixture) f = fixture_new (NULL);
    g_autofree GParamSpec **pspecs = NULL;
    guint n;

    fixture_set (f, "stop-timeout=200000000 retry-timeout=200000000");
    pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (f->sink),
        &n);
    for (i = 0; i < G_N_ELEMENTS (states); i++) {
      gst_element_set_state (f->sink, states[i]);
      for (j = 0; j < n; j++) {
        read_property (f->sink, pspecs[j]);
        if (is_ours (pspecs[j]) && g_test_rand_int_range (0, 4) == 0)
          set_property (f->sink, pspecs[j]);
      }
    }
    fixture_collect (f);
  }
}

/* No structure may have such a string in it; GStreamer warns of that. */
static void
test_no_utf_8 (void)
{
  static const gchar *const names[] = { "media-id", "region", "user-agent",
    "ice-endpoint", "oss-endpoint", "content-type", "proxy"
  };
  GLogLevelFlags flags = g_log_set_always_fatal (G_LOG_LEVEL_WARNING
      | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (Fixture) f = fixture_new (NULL);
    g_autoptr (GstStructure) stats = NULL;

    g_object_set (f->sink, names[i], "a\xff\xc3", NULL);
    gst_element_set_state (f->sink, GST_STATE_PLAYING);
    g_object_get (f->sink, "stats", &stats, NULL);
    fixture_collect (f);
  }
  g_log_set_always_fatal (flags);
}

/* ---- all at once ---- */

static void
ask (gpointer harness, gpointer data)
{
  g_autoptr (GstStructure) stats = NULL;
  gint64 position;

  g_object_get (data, "stats", &stats, NULL);
  gst_element_query_position (data, GST_FORMAT_BYTES, &position);
  g_signal_emit_by_name (data, "checkpoint");
}

static GstHarness *
create_harness (Fixture * f)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (f->sink, "sink");
  GstHarness *harness;

  gst_pad_unlink (f->pad, pad);
  harness = gst_harness_new_with_element (f->sink, "sink", NULL);
  gst_harness_set_src_caps_str (harness, "video/mpegts");
  gst_harness_play (harness);

  return harness;
}

typedef struct
{
  GstHarnessThread *threads[5];
  guint n;
} Stress;

static void
add (Stress * stress, GstHarnessThread * thread)
{
  stress->threads[stress->n++] = thread;
}

static void
wait_for_bytes (Fixture * f)
{
  gint64 position = 0;

  while (position == 0) {
    g_usleep (1000);
    gst_element_query_position (f->sink, GST_FORMAT_BYTES, &position);
  }
}

static void
start_stress (Stress * stress, GstHarness * harness, Fixture * f)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/mpegts");
  g_auto (GValue) limit = G_VALUE_INIT;
  GstSegment segment;
  GstBuffer *buffer = fixture_new_buffer (0, 3000);
  GstEvent *eos = gst_event_new_eos ();

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  g_value_init (&limit, G_TYPE_INT64);
  /* GstHarness wants the events before the first buffer to be taken, which a
   * sink in READY does not. */
  add (stress, gst_harness_stress_push_buffer_start (harness, caps, &segment,
          buffer));
  wait_for_bytes (f);
  add (stress, gst_harness_stress_statechange_start (harness));
  add (stress, gst_harness_stress_custom_start (harness, NULL, ask, f->sink,
          1000));
  add (stress, gst_harness_stress_property_start (harness,
          "max-lateness", &limit));
  add (stress, gst_harness_stress_push_event_start (harness, eos));
  gst_event_unref (eos);
  gst_buffer_unref (buffer);
}

static void
test_harness (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  GstHarness *harness;
  Stress stress = { {NULL}, 0 };
  guint i;

  fixture_set (f, "stop-timeout=200000000 retry-timeout=200000000");
  harness = create_harness (f);
  start_stress (&stress, harness, f);
  g_usleep (G_USEC_PER_SEC);
  for (i = 0; i < stress.n; i++) {
    g_assert_cmpuint (gst_harness_stress_thread_stop (stress.threads[i]), >,
        0);
    /* No state changes any more: whoever waits in PAUSED has to be let go. */
    gst_element_set_state (f->sink, GST_STATE_NULL);
  }
  gst_harness_teardown (harness);
  fixture_collect (f);
}

/* ---- a thousand runs ---- */

static GstElement *
create_pipeline (const OtherEmulator * emulator)
{
  g_autofree gchar *line = g_strdup_printf ("fakesrc num-buffers=2"
      " sizetype=fixed sizemax=1000 filltype=zero ! icesink"
      " media-id=0a1b2c3d4e5f access-key-id=" FIXTURE_KEY_ID
      " access-key-secret=" FIXTURE_KEY_SECRET " ice-endpoint=%s",
      emulator->uri);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  g_assert_no_error (error);

  return pipeline;
}

static void
run_once (GstElement * pipeline, GstState end)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus,
      test_patience (60) * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, end);
  gst_bus_set_flushing (bus, TRUE);
  gst_bus_set_flushing (bus, FALSE);
}

static guint
count_entries (const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

typedef struct
{
  gsize memory;
  guint descriptors;
  guint threads;
} Usage;

static Usage
get_usage (void)
{
  return (Usage) {
  mallinfo2 ().uordblks, count_entries ("/proc/self/fd"),
        count_entries ("/proc/self/task")};
}

static void
test_reuse (gconstpointer data)
{
  GstState end = GPOINTER_TO_INT (data);
  OtherEmulator emulator;
  GstElement *pipeline;
  Usage warm = { 0 }, now;
  guint i;

  if (g_getenv (TUNABLES) == NULL) {
    g_test_skip (TUNABLES " is not set, as it is for meson test");
    return;
  }

  other_emulator_start (&emulator, NULL);
  pipeline = create_pipeline (&emulator);
  for (i = 0; i < N_REUSES; i++) {
    if (i == N_WARM)
      warm = get_usage ();
    run_once (pipeline, end);
  }
  now = get_usage ();
  g_test_message ("%" G_GSIZE_FORMAT " then %" G_GSIZE_FORMAT " bytes, %u "
      "then %u descriptors, %u then %u threads", warm.memory, now.memory,
      warm.descriptors, now.descriptors, warm.threads, now.threads);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  other_emulator_stop (&emulator);

  g_assert_cmpuint (now.memory, <=, warm.memory + GROWTH_MAX);
  g_assert_cmpuint (now.descriptors, <=, warm.descriptors + HANDLES_MAX);
  g_assert_cmpuint (now.threads, <=, warm.threads + HANDLES_MAX);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_test_add_data_func ("/icesink/torture/bears-states-in-any-order", NULL,
      test_states);
  g_test_add_data_func
      ("/icesink/torture/bears-states-in-any-order-in-trouble",
      "--fault=part:reset-mid-body:count=20 --fault=refresh:error:count=20"
      " --fault=complete:reset-before:count=20", test_states);
  g_test_add_func ("/icesink/torture/bears-properties-of-any-value",
      test_properties);
  g_test_add_func ("/icesink/torture/bears-text-that-is-no-utf-8",
      test_no_utf_8);
  g_test_add_func ("/icesink/torture/bears-all-at-once", test_harness);
  g_test_add_data_func ("/icesink/torture/can-be-used-1000-times-from-ready",
      GINT_TO_POINTER (GST_STATE_READY), test_reuse);
  g_test_add_data_func ("/icesink/torture/can-be-used-1000-times-from-null",
      GINT_TO_POINTER (GST_STATE_NULL), test_reuse);

  return g_test_run ();
}
