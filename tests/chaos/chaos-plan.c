/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The plan; see the header.
 *
 * All that may happen here is transient, in the sense that a sink has every
 * chance to get the whole object through. What is final once it strikes
 * (AccessDenied, an unknown media id) is for the fault matrix. */

#include "chaos-plan.h"

#include <gst/gst.h>

#include "patience.h"

#define KIB 1024
#define MIB (1024 * KIB)
#define MIN_PART_SIZE (100 * KIB)
#define MIN_MAX_MEMORY (1 * MIB)

/* Of those that the sink finds out by itself, which is parallel-parts=0. */
#define FEWEST_PARALLEL_PARTS 3

/* Of the stream, about. Small, so that a seed takes a second. */
#define FRAMES_PER_SECOND 50
#define MAX_RAW_SIZE (3 * MIB)

typedef struct
{
  GRand *random;
  ChaosPlan *plan;
  GString *settings;
  guint span_ms;                /* how long the stream takes, about */
  gboolean rewrites;            /* so does the muxer */
  gboolean insists;             /* whatever it is told */
} Draft;

#define X264 "x264enc speed-preset=ultrafast tune=zerolatency threads=1" \
    " bitrate=20000 key-int-max=25 ! h264parse"

/**
 * Format:
 * @name: of the muxer
 * @encoder: (nullable): NULL for sound
 * @muxer: in launch syntax
 * @element: its factory
 * @rewrites: it goes back to what it wrote
 * @insists: even if downstream says that it can't
 */
typedef struct
{
  const gchar *name;
  const gchar *encoder;
  const gchar *muxer;
  const gchar *element;
  gboolean rewrites;
  gboolean insists;
} Format;

static const Format formats[] = {
  {"mpegts", X264, "mpegtsmux", "mpegtsmux", FALSE},
  {"mpegts-aligned", X264, "mpegtsmux alignment=7", "mpegtsmux", FALSE},
  {"matroska", "jpegenc", "matroskamux", "matroskamux", TRUE},
  {"matroska-h264", X264, "matroskamux", "matroskamux", TRUE},
  {"webm-like", "jpegenc", "matroskamux streamable=true", "matroskamux",
      FALSE},
  {"mp4", X264, "mp4mux", "mp4mux", TRUE},
  {"mp4-fragmented", X264, "mp4mux fragment-duration=200", "mp4mux", TRUE},
  {"mp4-robust", X264, "mp4mux reserved-max-duration=10000000000"
      " reserved-moov-update-period=100000000", "mp4mux", TRUE, TRUE},
  {"flv", X264, "flvmux", "flvmux", TRUE},
  {"avi", "jpegenc", "avimux", "avimux", TRUE, TRUE},
  {"wav", NULL, "wavenc", "wavenc", TRUE, TRUE},
};

/**
 * Fault:
 * @operations: that it may strike
 * @spec: without the operation, without how often
 * @most: times in a row that the sink has to bear
 */
typedef struct
{
  const gchar *operations;
  const gchar *spec;
  guint most;
} Fault;

#define LEASED "initiate part complete put head"
#define EVERY "any refresh initiate part complete put list-parts head"

static const Fault faults[] = {
  {EVERY, "reset-before", 3},
  {EVERY, "reset-mid-body", 3},
  {EVERY, "close-mid-body", 3},
  {EVERY, "reset-after-processing", 2},
  {EVERY, "close-after-processing", 2},
  {EVERY, "cut-answer", 2},
  {EVERY, "truncated-body", 2},
  {EVERY, "early-answer:status=500:code=InternalError", 3},
  {EVERY, "stall-mid-body", 2},
  {EVERY, "stall-mid-body:seconds=0.2", 3},
  {EVERY, "stall-before-answer", 2},
  {EVERY, "delay:seconds=0.1", 5},
  {EVERY, "delay-answer:seconds=0.1", 5},
  {EVERY, "error:status=500:code=InternalError", 3},
  {EVERY, "error-after-processing:status=500:code=InternalError", 2},
  {EVERY, "error:status=503:code=ServiceUnavailable", 2},
  {EVERY, "error:status=503:code=ServiceUnavailable:retry-after=1", 1},
  {EVERY, "error:status=429:code=TooManyRequests", 2},
  {EVERY, "garbage", 2},
  {EVERY, "garbage-body", 2},
  {EVERY, "empty-answer", 2},
  {EVERY, "huge-body", 1},
  {EVERY, "huge-headers", 1},
  {EVERY, "slow-answer", 1},
  {EVERY, "error-in-200:code=InternalError", 2},
  {EVERY, "redirect", 2},
  {EVERY, "no-crc", 2},
  {EVERY, "no-etag", 2},
  {EVERY, "no-xml-etag", 2},
  {EVERY, "compressed", 2},
  {EVERY, "byte-order-mark", 2},
  {EVERY, "namespace-prefix", 2},
  {EVERY, "other-status:status=202", 2},
  {EVERY, "other-status:status=203", 2},
  {EVERY, "other-status:status=206", 2},
  {EVERY, "error:status=203:code=CallbackFailed", 2},
  {EVERY, "web-page", 2},
  {EVERY, "web-page:status=403", 2},
  {EVERY, "web-page:status=404", 2},
  {EVERY, "web-page:status=502", 3},
  {EVERY, "web-page:status=511", 3},
  {EVERY, "web-page-after-processing:status=504", 2},
  {LEASED, "expired-token", 3},
  {LEASED, "expired-token:code=InvalidAccessKeyId:for=0.5", 1},
  {EVERY, "skew", 2},
  {"any", "close-on-accept", 3},
  {"any", "stall-on-accept", 2},
  {"initiate part complete put", "error:status=400:code=RequestTimeout", 2},
  {"initiate part complete put", "error:status=403:code=RequestTimeTooSkewed",
      2},
  {"part complete head", "not-found", 1},
  {"part put", "wrong-crc", 2},
  {"part", "wrong-etag", 2},
};

/* Inclusive. */
static guint
pick (Draft * d, guint from, guint to)
{
  return from + g_rand_int (d->random) % (to - from + 1);
}

static gboolean
chance (Draft * d, gdouble probability)
{
  return g_rand_double (d->random) < probability;
}

/* ---- the stream ---- */

static void
plan_raw (Draft * d, gboolean live)
{
  ChaosPlan *plan = d->plan;
  guint interval_us = live ? pick (d, 2000, 15000) : 0;

  plan->is_raw = TRUE;
  plan->format = "raw";
  plan->max_buffer_size = 1 << pick (d, 6, 18);
  plan->n_buffers = live ? pick (d, 20, 100) : pick (d, 1, 300);
  plan->n_buffers = MIN (plan->n_buffers,
      1 + 2 * MAX_RAW_SIZE / plan->max_buffer_size);
  plan->upstream = g_strdup_printf ("appsrc name=source ! "
      "identity sleep-time=%u", interval_us);
  d->span_ms = plan->n_buffers * interval_us / 1000;
  d->rewrites = d->insists = chance (d, 0.4);
  if (d->rewrites)
    plan->patches = pick (d, 8, MIN_PART_SIZE);
}

static void
plan_muxed (Draft * d, const Format * format, gboolean live)
{
  ChaosPlan *plan = d->plan;
  guint n_buffers = pick (d, live ? 10 : 5, live ? 70 : 250);
  const gchar *is_live = live ? "true" : "false";

  plan->format = format->name;
  d->rewrites = format->rewrites;
  d->insists = format->insists;
  if (format->encoder != NULL)
    plan->upstream = g_strdup_printf ("videotestsrc name=source pattern=snow"
        " is-live=%s num-buffers=%u ! video/x-raw,width=96,height=64,framerate=%u/1 ! "
        "%s ! %s", is_live, n_buffers, FRAMES_PER_SECOND, format->encoder,
        format->muxer);
  else
    plan->upstream = g_strdup_printf ("audiotestsrc name=source is-live=%s"
        " num-buffers=%u samplesperbuffer=882 ! "
        "audio/x-raw,rate=44100,channels=2 ! %s", is_live, n_buffers,
        format->muxer);
  if (live)
    d->span_ms = n_buffers * 1000 / FRAMES_PER_SECOND;
}

static void
plan_stream (Draft * d)
{
  gboolean live = chance (d, 0.3);
  guint i = pick (d, 0, 2 * G_N_ELEMENTS (formats) - 1);

  if (i < G_N_ELEMENTS (formats))
    plan_muxed (d, &formats[i], live);
  else
    plan_raw (d, live);
}

/* ---- the sink ---- */

static void
set (Draft * d, const gchar * name, guint64 value)
{
  g_string_append_printf (d->settings, " %s=%" G_GUINT64_FORMAT, name, value);
}

static void
set_word (Draft * d, const gchar * name, const gchar * value)
{
  g_string_append_printf (d->settings, " %s=%s", name, value);
}

static void
plan_memory (Draft * d)
{
  guint part_size = chance (d, 0.5) ? MIN_PART_SIZE
      : pick (d, MIN_PART_SIZE, 4 * MIN_PART_SIZE);
  guint parallel_parts = pick (d, 0, 6);
  guint max_memory = MAX (MIN_MAX_MEMORY,
      ((parallel_parts > 0 ? parallel_parts : FEWEST_PARALLEL_PARTS) + 1)
      * part_size);
  guint head_size = pick (d, 0, 1) * pick (d, 0, MIB);

  if (chance (d, 0.5))
    max_memory += pick (d, 0, 4 * MIB);
  if (d->rewrites) {
    max_memory = MAX (max_memory, 4 * MIB);
    head_size = MAX (head_size, MAX (d->plan->patches, 64 * KIB));
  }

  set (d, "part-size", part_size);
  set (d, "parallel-parts", parallel_parts);
  set (d, "max-memory", max_memory);
  set (d, "head-size", head_size);
}

static void
plan_sink (Draft * d)
{
  static const gchar *const actions[] = { "complete", "abort", "keep" };
  static const guint64 durations[] = { 0, 50 * GST_MSECOND,
    300 * GST_MSECOND, 10 * GST_SECOND
  };
  static const guint64 intervals[] = { 0, 10 * GST_MSECOND, GST_SECOND };

  plan_memory (d);
  set (d, "max-part-duration", durations[pick (d, 0, 3)]);
  set (d, "progress-interval", intervals[pick (d, 0, 2)]);
  set (d, "stall-timeout", test_patience (pick (d, 500, 1000)) * GST_MSECOND);
  set (d, "retry-timeout", test_patience (40 * GST_SECOND));
  d->plan->on_stop = actions[pick (d, 0, 2)];
  set_word (d, "on-stop", d->plan->on_stop);
  set_word (d, "on-error", actions[pick (d, 0, 2)]);
  if (chance (d, 0.2))
    set_word (d, "verify", "false");
  if (!d->insists && chance (d, 0.3))
    set_word (d, "seekable", "no");
  else if (chance (d, 0.3))
    set_word (d, "seekable", "yes");
}

/* ---- the service ---- */

static void
add_option (Draft * d, const gchar * format, ...) G_GNUC_PRINTF (2, 3);

static void
add_option (Draft * d, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (d->plan->options, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
plan_network (Draft * d)
{
  add_option (d, "--seed=%u", d->plan->seed);
  d->plan->tls = chance (d, 0.15);
  if (d->plan->tls)
    add_option (d, "--tls");
  if (chance (d, 0.3))
    add_option (d, "--rate=%u", pick (d, 1 * MIB, 8 * MIB));
  if (chance (d, 0.3))
    add_option (d, "--latency=%.3f", pick (d, 1, 20) / 1000.0);
  if (chance (d, 0.3))
    add_option (d, "--early-errors");
}

static void
plan_leases (Draft * d)
{
  static const gchar *const oddities[] = { "--numeric-expiration",
    "--no-lease-region", "--expire-utc-time", "--no-expire-utc-time"
  };

  if (chance (d, 0.4))
    add_option (d, "--credential-life=%u", pick (d, 1, 5));
  else if (chance (d, 0.2))
    add_option (d, "--expired-code=InvalidAccessKeyId");
  if (chance (d, 0.3))
    add_option (d, "%s", oddities[pick (d, 0, 3)]);
  if (!d->plan->tls && chance (d, 0.2))
    add_option (d, "--new-endpoint-from=%u", pick (d, 1, 2));
}

/* ---- faults ---- */

static void
add_fault (Draft * d, const Fault * fault)
{
  g_auto (GStrv) operations = g_strsplit (fault->operations, " ", -1);
  const gchar *operation =
      operations[pick (d, 0, g_strv_length (operations) - 1)];
  GString *text = g_string_new (NULL);

  g_string_printf (text, "%s:%s", operation, fault->spec);
  if (fault->most > 2 && chance (d, 0.2))
    g_string_append_printf (text, ":count=0:probability=0.%02u",
        pick (d, 2, 20));
  else
    g_string_append_printf (text, ":count=%u", g_str_equal (operation, "head")
        ? 1 : pick (d, 1, fault->most));
  if (chance (d, 0.5))
    g_string_append_printf (text, ":skip=%u", pick (d, 0, 6));
  g_ptr_array_add (d->plan->faults, g_string_free (text, FALSE));
}

static void
plan_faults (Draft * d)
{
  guint n = pick (d, 0, 3);

  while (n-- > 0)
    add_fault (d, &faults[pick (d, 0, G_N_ELEMENTS (faults) - 1)]);
}

/* ---- events ---- */

static void
add_event (Draft * d, guint at_ms, ChaosEventType type, gint argument)
{
  ChaosEvent event = { at_ms, type, argument };

  g_array_append_val (d->plan->events, event);
}

static gint
compare_events (gconstpointer a, gconstpointer b)
{
  const ChaosEvent *x = a, *y = b;

  return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

static guint
pick_time (Draft * d)
{
  return pick (d, 0, MAX (d->span_ms, 100) * 6 / 5);
}

static void
plan_pauses (Draft * d)
{
  guint n = chance (d, 0.4) ? pick (d, 1, 8) : 0;

  while (n-- > 0) {
    guint at = pick_time (d);

    add_event (d, at, CHAOS_EVENT_PAUSE, 0);
    add_event (d, at + pick (d, 0, 40), CHAOS_EVENT_PLAY, 0);
  }
}

static void
plan_clock (Draft * d)
{
  static const gint steps[] = { 1200, -1200, 7200, -7200, 86400 * 365,
    -86400 * 365
  };
  guint at;
  gint step;

  if (!chance (d, 0.2))
    return;

  at = chance (d, 0.3) ? 0 : pick_time (d);
  step = steps[pick (d, 0, G_N_ELEMENTS (steps) - 1)];
  add_event (d, at, CHAOS_EVENT_STEP_CLOCK, step);
}

static void
plan_outages (Draft * d)
{
  guint n = chance (d, 0.2) ? pick (d, 1, 2) : 0;

  while (n-- > 0) {
    guint at = pick_time (d);

    add_event (d, at, CHAOS_EVENT_CUT, 0);
    add_event (d, at + pick (d, 10, 400), CHAOS_EVENT_MEND, 0);
  }
}

static void
plan_end (Draft * d)
{
  guint at = pick_time (d);

  if (chance (d, 0.25)) {
    d->plan->stops = TRUE;
    d->plan->stops_cut_off = chance (d, 0.15);
    if (d->plan->stops_cut_off)
      add_event (d, at, CHAOS_EVENT_CUT, 0);
    add_event (d, at, CHAOS_EVENT_STOP, 0);
  } else if (chance (d, 0.2)) {
    add_event (d, at, CHAOS_EVENT_END, 0);
  }
  if (d->plan->stops_cut_off)
    set (d, "stop-timeout", CHAOS_STOP_TIMEOUT_CUT_OFF_MS * GST_MSECOND);
}

static void
plan_events (Draft * d)
{
  plan_pauses (d);
  plan_clock (d);
  plan_outages (d);
  if (d->plan->is_raw && chance (d, 0.2))
    add_event (d, pick_time (d), CHAOS_EVENT_FLUSH, 0);
  if (chance (d, 0.25))
    add_event (d, pick_time (d), CHAOS_EVENT_EXPIRE, 0);
  if (chance (d, 0.2))
    add_event (d, pick_time (d), CHAOS_EVENT_CHECKPOINT, 0);
  plan_end (d);
  g_array_sort (d->plan->events, compare_events);
}

/* The last thing that is drawn, so that what else a seed means stays. */
static void
plan_limit (Draft * d)
{
  if (!chance (d, 0.25))
    return;

  set (d, "max-upload-bitrate", pick (d, 10, 100) * G_GUINT64_CONSTANT (1000000));
  if (chance (d, 0.5))
    set_word (d, "share-upload-bitrate", "true");
  if (chance (d, 0.5))
    add_option (d, "--segment-size=1448");
}

/* ---- the whole ---- */

ChaosPlan *
chaos_plan_new (guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  Draft d = {.random = random };

  d.plan = g_new0 (ChaosPlan, 1);
  d.plan->seed = seed;
  d.plan->options = g_ptr_array_new_with_free_func (g_free);
  d.plan->faults = g_ptr_array_new_with_free_func (g_free);
  d.plan->events = g_array_new (FALSE, FALSE, sizeof (ChaosEvent));
  d.settings = g_string_new (NULL);

  plan_stream (&d);
  plan_sink (&d);
  plan_network (&d);
  plan_leases (&d);
  plan_faults (&d);
  plan_events (&d);
  plan_limit (&d);

  d.plan->settings = g_string_free (d.settings, FALSE);
  g_ptr_array_add (d.plan->options, NULL);

  return d.plan;
}

void
chaos_plan_free (ChaosPlan * plan)
{
  g_free (plan->upstream);
  g_free (plan->settings);
  g_ptr_array_unref (plan->options);
  g_ptr_array_unref (plan->faults);
  g_array_unref (plan->events);
  g_free (plan);
}

static void
append_words (GString * text, const gchar * title, const GPtrArray * words)
{
  guint i;

  g_string_append_printf (text, "\n  %s:", title);
  for (i = 0; i < words->len && words->pdata[i] != NULL; i++)
    g_string_append_printf (text, " %s", (const gchar *) words->pdata[i]);
}

static void
append_events (GString * text, const GArray * events)
{
  static const gchar *const names[] = { "pause", "play", "flush", "expire",
    "step-clock", "cut", "mend", "checkpoint", "end", "stop"
  };
  guint i;

  g_string_append (text, "\n  events:");
  for (i = 0; i < events->len; i++) {
    const ChaosEvent *event = &g_array_index (events, ChaosEvent, i);

    g_string_append_printf (text, " %s@%u", names[event->type], event->at_ms);
    if (event->argument != 0)
      g_string_append_printf (text, "(%+d)", event->argument);
  }
}

gchar *
chaos_plan_describe (const ChaosPlan * plan)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "  %s", plan->upstream);
  if (plan->is_raw)
    g_string_append_printf (text, " (%u buffers of up to %u bytes,"
        " rewriting the first %u)", plan->n_buffers, plan->max_buffer_size,
        plan->patches);
  g_string_append_printf (text, "\n  icesink%s", plan->settings);
  append_words (text, "service", plan->options);
  append_words (text, "faults", plan->faults);
  append_events (text, plan->events);

  return g_string_free (text, FALSE);
}

static gboolean
is_missing (const gchar * element)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (element);

  return factory == NULL;
}

const gchar *
chaos_plan_get_missing_element (void)
{
  static const gchar *const others[] = { "appsrc", "videotestsrc",
    "audiotestsrc", "x264enc", "h264parse", "jpegenc"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (others); i++)
    if (is_missing (others[i]))
      return others[i];
  for (i = 0; i < G_N_ELEMENTS (formats); i++)
    if (is_missing (formats[i].element))
      return formats[i].element;

  return NULL;
}
