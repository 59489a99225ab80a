/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* outage-run: records through an outage, and writes what `stats` said
 * meanwhile as CSV, for examples/plot-stats.py.
 *
 *   outage-run --seconds=60 --from=20 --to=35 > outage.csv
 *
 * It is an ordinary application, at the real rate, against the emulator; the
 * emulator alone is special, since it can be made unreachable.
 *
 * Everything runs on the main thread. */

#include <stdlib.h>
#include <gst/gst.h>

#include "emulator/emulator.h"

#define INTERVAL_MS 250

/* 4 Mbit/s of picture. */
#define PIPELINE "videotestsrc is-live=true pattern=snow" \
  " ! video/x-raw,width=640,height=360,framerate=25/1" \
  " ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=4000" \
  " key-int-max=50 ! mpegtsmux"

/* Small parts, so that the stairs of the curves are small; an uplink with room
 * for three times as much in all. */
#define SINK "icesink name=sink media-id=outage part-size=524288" \
  " max-part-duration=2000000000 ice-endpoint="
#define RATE "--rate=524288"

typedef struct
{
  IceEmulator *emulator;        /* (owned) */
  GstElement *pipeline;         /* (owned) */
  GstElement *sink;             /* (owned) */
  GMainLoop *loop;              /* (owned) */
  gint64 started_us;
  gint status;                  /* exit status */
} Run;

static gdouble
get_seconds (Run * run)
{
  return (g_get_monotonic_time () - run->started_us)
      / (gdouble) G_USEC_PER_SEC;
}

static gboolean
write_row (gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GstStructure) stats = NULL;
  guint64 written, uploaded, lag, memory;

  g_object_get (run->sink, "stats", &stats, NULL);
  gst_structure_get (stats, "bytes-written", G_TYPE_UINT64, &written,
      "bytes-uploaded", G_TYPE_UINT64, &uploaded,
      "upload-lag", GST_TYPE_CLOCK_TIME, &lag,
      "memory-used", G_TYPE_UINT64, &memory, NULL);
  g_print ("%.2f,%s,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%.3f,%"
      G_GUINT64_FORMAT "\n", get_seconds (run),
      gst_structure_get_string (stats, "state"), written, uploaded,
      lag / (gdouble) GST_SECOND, memory);

  return G_SOURCE_CONTINUE;
}

static gboolean
begin_outage (gpointer user_data)
{
  Run *run = user_data;

  ice_emulator_set_reachable (run->emulator, FALSE, NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
end_outage (gpointer user_data)
{
  Run *run = user_data;

  ice_emulator_set_reachable (run->emulator, TRUE, NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
end_recording (gpointer user_data)
{
  Run *run = user_data;

  gst_element_send_event (run->pipeline, gst_event_new_eos ());

  return G_SOURCE_REMOVE;
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("outage-run: %s\n", error->message);
    run->status = EXIT_FAILURE;
    g_main_loop_quit (run->loop);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    g_main_loop_quit (run->loop);
  }

  return G_SOURCE_CONTINUE;
}

static gboolean
build (Run * run, GError ** error)
{
  const gchar *const options[] = { RATE, NULL };
  g_autofree gchar *line = NULL;

  run->emulator = ice_emulator_new (options, error);
  if (run->emulator == NULL || !ice_emulator_start (run->emulator, error))
    return FALSE;

  line = g_strconcat (PIPELINE " ! " SINK,
      ice_emulator_get_uri (run->emulator), NULL);
  run->pipeline = gst_parse_launch_full (line, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (run->pipeline == NULL)
    return FALSE;

  run->sink = gst_bin_get_by_name (GST_BIN (run->pipeline), "sink");
  g_object_set (run->sink, "access-key-id", "LTAI5tEmulatorDemoKeyId1",
      "access-key-secret", "EmulatorDemoSecret0123456789ab", NULL);

  return TRUE;
}

static void
play (Run * run, gint seconds, gint from, gint to)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (run->pipeline);
  guint rows;

  run->loop = g_main_loop_new (NULL, FALSE);
  gst_bus_add_watch (bus, on_message, run);
  g_print ("seconds,state,bytes-written,bytes-uploaded,upload-lag,"
      "memory-used\n");
  run->started_us = g_get_monotonic_time ();
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  rows = g_timeout_add (INTERVAL_MS, write_row, run);
  g_timeout_add (1000 * from, begin_outage, run);
  g_timeout_add (1000 * to, end_outage, run);
  g_timeout_add (1000 * seconds, end_recording, run);
  g_main_loop_run (run->loop);

  write_row (run);
  g_source_remove (rows);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
}

static void
run_clear (Run * run)
{
  gst_clear_object (&run->sink);
  gst_clear_object (&run->pipeline);
  g_clear_pointer (&run->loop, g_main_loop_unref);
  g_clear_pointer (&run->emulator, ice_emulator_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static gint
record (gint seconds, gint from, gint to)
{
  g_auto (Run) run = { 0 };
  g_autoptr (GError) error = NULL;

  if (!build (&run, &error)) {
    g_printerr ("outage-run: %s\n", error->message);
    return EXIT_FAILURE;
  }
  play (&run, seconds, from, to);

  return run.status;
}

int
main (int argc, char **argv)
{
  gint seconds = 60, from = 20, to = 35, status;
  const GOptionEntry entries[] = {
    {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "Length (60)", "SECONDS"},
    {"from", 0, 0, G_OPTION_ARG_INT, &from, "Outage begins (20)", "SECONDS"},
    {"to", 0, 0, G_OPTION_ARG_INT, &to, "Outage ends (35)", "SECONDS"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("outage-run: %s\n", error->message);
    return 2;
  }

  status = record (seconds, from, to);
  gst_deinit ();

  return status;
}
