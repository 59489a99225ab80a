/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Runs the pattern through one sink, or many, and says what that took.
 *
 *   pipeline --sink LAUNCH-LINE --bytes N [--buffer-size N] [--list-length N]
 *       [--rate BYTES] [--sinks N] [--idle SECONDS] [--after SECONDS]
 *       [--push-times]
 *       [--ca-file FILE]
 *
 * LAUNCH-LINE describes the end of a pipeline; @ in it becomes the number of
 * the pipeline, for names that must differ. --bytes and --rate are each
 * pipeline's. With --idle nothing is pushed: the sinks wait in PLAYING for so
 * long and are stopped.
 *
 * The last line is JSON. `cpu` counts from PLAYING, or --after so long, to the
 * last EOS, so that it has no part of what programs cost to load; whoever wants
 * that looks at the whole process. `rss` is the resident memory at the end of
 * the idle time or at the last EOS, `rss_peak` its peak; `tail` runs from the
 * last byte's return to EOS.
 *
 * Threads: the main thread starts and waits. */

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "pattern-source.h"
#include "push-times.h"
#include "threads.h"

GST_PLUGIN_STATIC_DECLARE (icesink);

static gchar *sink_line;
static gchar *ca_file;
static gint64 bytes;
static gint buffer_size = 65536;
static gint list_length;
static gint64 rate;
static gint n_sinks = 1;
static gdouble idle_seconds;
static gdouble after_seconds;
static gboolean with_push_times;

static const GOptionEntry entries[] = {
  {"sink", 0, 0, G_OPTION_ARG_STRING, &sink_line, "The end of the pipeline",
      "LAUNCH-LINE"},
  {"bytes", 0, 0, G_OPTION_ARG_INT64, &bytes, "Of each pipeline", "N"},
  {"buffer-size", 0, 0, G_OPTION_ARG_INT, &buffer_size, "64 KiB", "N"},
  {"list-length", 0, 0, G_OPTION_ARG_INT, &list_length, "0: no lists", "N"},
  {"rate", 0, 0, G_OPTION_ARG_INT64, &rate, "Bytes a second", "N"},
  {"sinks", 0, 0, G_OPTION_ARG_INT, &n_sinks, "1", "N"},
  {"idle", 0, 0, G_OPTION_ARG_DOUBLE, &idle_seconds, "Push nothing",
      "SECONDS"},
  {"after", 0, 0, G_OPTION_ARG_DOUBLE, &after_seconds, "Count from then on",
      "SECONDS"},
  {"push-times", 0, 0, G_OPTION_ARG_NONE, &with_push_times, NULL, NULL},
  {"ca-file", 0, 0, G_OPTION_ARG_FILENAME, &ca_file,
      "For elements that take the default", "FILE"},
  {NULL}
};

/**
 * Lane:
 * @eos_sent_us: monotonic: the last byte's push has returned
 */
typedef struct
{
  GstElement *pipeline;         /* (owned) */
  PushTimes *push_times;        /* (owned) (nullable) */
  gint64 eos_sent_us;
} Lane;

/**
 * Result:
 * @threads: at the last EOS, or at the end of the idle time
 */
typedef struct
{
  gdouble cpu;
  gdouble seconds;
  gdouble tail;
  gint64 rss;
  gint64 rss_peak;
  guint threads;
  guint network_threads;
  GstClockTime latency;
  gint connections;
  GstClockTime push_p50, push_p999, push_max;
  guint pushes;
} Result;

static void
die (const gchar * text)
{
  g_printerr ("pipeline: %s\n", text);
  exit (1);
}

/* ---- figures of the process ---- */

static gdouble
get_cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* A figure of /proc/self/status, in bytes. */
static gint64
get_status (const gchar * name)
{
  g_autofree gchar *text = NULL;
  const gchar *at;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return 0;
  at = strstr (text, name);

  return at != NULL ? 1024 * g_ascii_strtoll (at + strlen (name), NULL, 10)
      : 0;
}

/* A thread that has just been started bears its parent's name until it has set
 * its own, so the least of some readings is the truth. */
static guint
count_network_threads (void)
{
  guint i, n = G_MAXUINT;

  for (i = 0; i < 10; i++) {
    n = MIN (n, test_count_threads ("icesink-network"));
    g_usleep (1000);
  }

  return n;
}

/* ---- lanes ---- */

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Lane *lane = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    lane->eos_sent_us = g_get_monotonic_time ();

  return GST_PAD_PROBE_OK;
}

static gchar *
new_launch_line (guint index)
{
  g_auto (GStrv) pieces = g_strsplit (sink_line, "@", -1);
  g_autofree gchar *number = g_strdup_printf ("%u", index);
  g_autofree gchar *line = g_strjoinv (number, pieces);

  return g_strconcat ("patternsrc name=source ! ", line, NULL);
}

static void
lane_init (Lane * lane, guint index)
{
  g_autofree gchar *line = new_launch_line (index);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GError) error = NULL;

  lane->pipeline = gst_parse_launch (line, &error);
  if (error != NULL)
    die (error->message);

  source = gst_bin_get_by_name (GST_BIN (lane->pipeline), "source");
  g_object_set (source, "bytes", (guint64) bytes, "buffer-size", buffer_size,
      "list-length", list_length, "rate", (guint64) rate, NULL);
  pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, lane,
      NULL);
  if (with_push_times)
    lane->push_times = push_times_new (pad);
  /* An idle lane has no stream at all. */
  if (idle_seconds > 0)
    gst_element_set_locked_state (source, TRUE);
}

static void
lane_clear (Lane * lane)
{
  gst_element_set_state (lane->pipeline, GST_STATE_NULL);
  gst_object_unref (lane->pipeline);
  g_clear_pointer (&lane->push_times, push_times_free);
}

static void
wait_for_eos (Lane * lane)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (lane->pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
      GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return;
  gst_message_parse_error (message, &error, &debug);
  g_printerr ("%s\n", debug);
  die (error->message);
}

static GstClockTime
query_latency (Lane * lane)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime latency = 0;

  if (gst_element_query (lane->pipeline, query))
    gst_query_parse_latency (query, NULL, &latency, NULL);

  return latency;
}

/* -1 if the sink does not say. */
static gint
get_connections (Lane * lane)
{
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (lane->pipeline), "sink");
  g_autoptr (GstStructure) stats = NULL;
  guint n;

  if (sink == NULL
      || !g_object_class_find_property (G_OBJECT_GET_CLASS (sink), "stats"))
    return -1;
  g_object_get (sink, "stats", &stats, NULL);

  return stats != NULL
      && gst_structure_get_uint (stats, "connections-opened", &n) ? (gint) n
      : -1;
}

/* ---- the run ---- */

static void
wait_for_end (Lane * lanes)
{
  gint i;

  if (idle_seconds > 0) {
    g_usleep (idle_seconds * G_USEC_PER_SEC);
    return;
  }
  for (i = 0; i < n_sinks; i++)
    wait_for_eos (&lanes[i]);
}

static void
read_push_times (PushTimes * times, Result * result)
{
  if (times == NULL)
    return;

  result->pushes = push_times_get_count (times);
  result->push_p50 = push_times_get_quantile (times, 0.5);
  result->push_p999 = push_times_get_quantile (times, 0.999);
  result->push_max = push_times_get_quantile (times, 1);
}

static Result
run (Lane * lanes)
{
  gint64 begin_us = g_get_monotonic_time (), end_us;
  Result result = { .cpu = -get_cpu_seconds () };
  gint i;

  for (i = 0; i < n_sinks; i++)
    gst_element_set_state (lanes[i].pipeline, GST_STATE_PLAYING);
  if (after_seconds > 0) {
    g_usleep (after_seconds * G_USEC_PER_SEC);
    result.cpu = -get_cpu_seconds ();
  }
  wait_for_end (lanes);
  end_us = g_get_monotonic_time ();

  result.cpu += get_cpu_seconds ();
  result.seconds = (end_us - begin_us) / 1e6;
  result.tail = (end_us - lanes[0].eos_sent_us) / 1e6;
  result.rss = get_status ("VmRSS:");
  result.rss_peak = get_status ("VmHWM:");
  result.threads = test_count_threads (NULL);
  result.network_threads = count_network_threads ();
  result.latency = query_latency (&lanes[0]);
  result.connections = get_connections (&lanes[0]);

  return result;
}

static void
print_result (const Result * result)
{
  g_print ("{\"bytes\": %" G_GINT64_FORMAT ", \"cpu\": %.6f, \"seconds\": "
      "%.6f, \"tail\": %.6f, \"rss\": %" G_GINT64_FORMAT ", \"rss_peak\": %"
      G_GINT64_FORMAT ", \"threads\": %u, \"network_threads\": %u, "
      "\"latency_ns\": %" G_GUINT64_FORMAT ", \"connections\": %d, "
      "\"pushes\": %u, \"push_p50_ns\": %" G_GUINT64_FORMAT
      ", \"push_p999_ns\": %" G_GUINT64_FORMAT ", \"push_max_ns\": %"
      G_GUINT64_FORMAT "}\n", bytes * n_sinks, result->cpu, result->seconds,
      result->tail, result->rss, result->rss_peak, result->threads,
      result->network_threads, result->latency, result->connections,
      result->pushes, result->push_p50, result->push_p999, result->push_max);
}

/* Two hundred pipelines have many. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static void
set_default_ca (void)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  if (ca_file == NULL)
    return;
  database = g_tls_file_database_new (ca_file, &error);
  if (database == NULL)
    die (error->message);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree Lane *lanes = NULL;
  Result result;
  gint i;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error))
    die (error->message);
  if (sink_line == NULL || n_sinks < 1)
    die ("see --help");
  GST_PLUGIN_STATIC_REGISTER (icesink);
  pattern_source_register ();
  set_default_ca ();
  raise_file_limit ();

  lanes = g_new0 (Lane, n_sinks);
  for (i = 0; i < n_sinks; i++)
    lane_init (&lanes[i], i);
  result = run (lanes);
  for (i = 0; i < n_sinks; i++)
    gst_element_set_state (lanes[i].pipeline, GST_STATE_NULL);
  read_push_times (lanes[0].push_times, &result);
  print_result (&result);
  for (i = 0; i < n_sinks; i++)
    lane_clear (&lanes[i]);

  return 0;
}
