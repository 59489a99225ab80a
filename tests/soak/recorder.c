/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The recorder; see the header.
 *
 *   appsrc ! tee ! queue ! icesink        a day, then the next one
 *                ! queue ! icesink        a branch that comes and goes
 *   videotestsrc ! ... ! splitmuxsink     fragments
 *
 * Runs on: the main thread, but for what streaming threads count.
 *
 * A branch leaves as an application would have it: its pad is blocked while it
 * is idle and taken from the tee, EOS goes to the queue, and once the sink's
 * own EOS is on the bus the elements are dropped. */

#include "recorder.h"

#include <stdio.h>
#include <string.h>

#include <gst/app/gstappsrc.h>

#include "common/crc64.h"
#include "emulator/emulator.h"

#define PART_SIZE 102400
#define MAX_MEMORY (16 * 1024 * 1024)
#define TICK_MS 20

/* Sixty parts a day: they grow with their number, so more days make for more
 * parts than longer ones. */
#define N_DAYS 200
#define DAY_SIZE (14 * 1024 * 1024)

/* So often there is a second branch, for its share of the time. */
#define N_BRANCHES 60
#define BRANCH_SHARE 0.25

/* No more than this may wait in the source. */
#define MAX_WAITING (1024 * 1024)

typedef struct
{
  GstElement *source;
  GstElement *tee;
  GstElement *pipeline;
  GstElement *fragments;        /* the pipeline of splitmuxsink */
  GMainLoop *loop;
  GRand *random;
  const SoakPlan *plan;
  guint64 size;                 /* of the whole stream */
  guint64 pushed;
  guint n_branches;             /* so far, days among them */
  guint n_days;                 /* so far */
  guint n_open;                 /* that have not gone yet */
  guint n_pauses;
  struct _Branch *day;
  struct _Branch *other;        /* (nullable) */
  gboolean is_paused;           /* nothing moves: the stream lock of a pad
                                 * may be held, so that none is touched */
  gboolean failed;
} Recorder;

typedef struct _Branch
{
  Recorder *recorder;           /* (unowned) */
  GstElement *queue;            /* (unowned) */
  GstElement *sink;             /* (unowned) */
  GstPad *pad;                  /* (owned): of the tee */
  gchar *media_id;
  guint64 size;                 /* streaming thread, and then main */
  guint64 crc64;                /* likewise */
} Branch;

/* ---- branches ---- */

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Branch *branch = user_data;
  GstMapInfo map;

  gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map, GST_MAP_READ);
  branch->crc64 = gst_ice_crc64_update (branch->crc64, map.data, map.size);
  branch->size += map.size;
  gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);

  return GST_PAD_PROBE_OK;
}

static GstElement *
make_sink (Recorder * self, const gchar * media_id)
{
  GstElement *sink = gst_element_factory_make ("icesink", NULL);

  g_object_set (sink, "media-id", media_id, "ice-endpoint",
      self->plan->endpoint, "part-size", (guint64) PART_SIZE, "max-memory",
      (guint64) MAX_MEMORY, "head-size", (guint64) 0, "parallel-parts",
      g_rand_int_range (self->random, 1, 5), "retry-timeout",
      GST_CLOCK_TIME_NONE, "share-upload-bitrate", g_rand_boolean
      (self->random), "async", FALSE, NULL);

  return sink;
}

static Branch *
branch_new (Recorder * self, const gchar * kind)
{
  Branch *branch = g_new0 (Branch, 1);
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstPad) sink_pad = NULL;

  branch->recorder = self;
  branch->media_id = g_strdup_printf ("%s-%u", kind, self->n_branches++);
  branch->queue = gst_element_factory_make ("queue", NULL);
  branch->sink = make_sink (self, branch->media_id);
  g_object_set_data (G_OBJECT (branch->sink), "branch", branch);
  gst_bin_add_many (GST_BIN (self->pipeline), branch->queue, branch->sink,
      NULL);
  gst_element_link (branch->queue, branch->sink);

  sink_pad = gst_element_get_static_pad (branch->sink, "sink");
  gst_pad_add_probe (sink_pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, branch,
      NULL);
  gst_element_sync_state_with_parent (branch->sink);
  gst_element_sync_state_with_parent (branch->queue);
  branch->pad = gst_element_request_pad_simple (self->tee, "src_%u");
  pad = gst_element_get_static_pad (branch->queue, "sink");
  gst_pad_link (branch->pad, pad);
  self->n_open++;

  return branch;
}

static GstPadProbeReturn
on_idle_pad (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstPad *peer = user_data;

  gst_pad_unlink (pad, peer);
  gst_pad_send_event (peer, gst_event_new_eos ());

  return GST_PAD_PROBE_REMOVE;
}

/* The rest is done when the sink is through. */
static void
branch_end (Branch * branch)
{
  GstPad *peer = gst_pad_get_peer (branch->pad);

  gst_pad_add_probe (branch->pad, GST_PAD_PROBE_TYPE_IDLE, on_idle_pad, peer,
      gst_object_unref);
}

static void
branch_free (Branch * branch)
{
  Recorder *self = branch->recorder;

  gst_element_set_state (branch->sink, GST_STATE_NULL);
  gst_element_set_state (branch->queue, GST_STATE_NULL);
  gst_bin_remove_many (GST_BIN (self->pipeline), branch->queue, branch->sink,
      NULL);
  gst_element_release_request_pad (self->tee, branch->pad);
  gst_object_unref (branch->pad);
  g_free (branch->media_id);
  g_free (branch);
  self->n_open--;
}

/* ---- what is due ---- */

static gdouble
get_progress (const Recorder * self)
{
  return self->pushed / (gdouble) self->size;
}

static void
change_limit (Recorder * self, GstElement * sink)
{
  guint64 rate = 8 * self->size / self->plan->seconds;

  g_object_set (sink, "max-upload-bitrate", g_rand_boolean (self->random) ?
      G_GUINT64_CONSTANT (0) : rate * g_rand_int_range (self->random, 2, 10),
      NULL);
}

/* The next day begins before the last one ends. */
static void
turn_days (Recorder * self)
{
  Branch *last = self->day;

  self->n_days++;
  self->day = branch_new (self, "day");
  if (last != NULL)
    branch_end (last);
}

static void
turn_branches (Recorder * self)
{
  if (self->other == NULL)
    self->other = branch_new (self, "branch");
  else
    branch_end (g_steal_pointer (&self->other));
}

static gboolean
play_again (gpointer user_data)
{
  Recorder *self = user_data;

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gst_element_set_state (self->fragments, GST_STATE_PLAYING);
  self->is_paused = FALSE;

  return G_SOURCE_REMOVE;
}

static void
pause_for_a_moment (Recorder * self)
{
  self->n_pauses++;
  self->is_paused = TRUE;
  printf ("pause\n");
  fflush (stdout);
  gst_element_set_state (self->pipeline, GST_STATE_PAUSED);
  gst_element_set_state (self->fragments, GST_STATE_PAUSED);
  g_timeout_add (g_rand_int_range (self->random, 1, 300), play_again, self);
}

/* A branch is there for its share of its turn, and the day's limit changes
 * whenever one comes or goes. */
static void
do_what_is_due (Recorder * self)
{
  gdouble progress = get_progress (self);
  gdouble turn = progress * N_BRANCHES - (guint) (progress * N_BRANCHES);

  if (self->n_days < MIN (1 + progress * N_DAYS, N_DAYS))
    turn_days (self);
  if ((turn < BRANCH_SHARE) != (self->other != NULL)) {
    turn_branches (self);
    change_limit (self, self->day->sink);
  }
  if (self->n_pauses < progress * self->plan->pauses)
    pause_for_a_moment (self);
}

/* ---- the stream ---- */

static void
push (Recorder * self, gsize size)
{
  guint32 *data = g_malloc (size + sizeof (guint32));
  gsize i;

  for (i = 0; i <= size / sizeof (guint32); i++)
    data[i] = g_rand_int (self->random);
  gst_app_src_push_buffer (GST_APP_SRC (self->source),
      gst_buffer_new_wrapped (data, size));
  self->pushed += size;
}

static void
end_all (Recorder * self)
{
  if (self->day != NULL)
    branch_end (g_steal_pointer (&self->day));
  if (self->other != NULL)
    branch_end (g_steal_pointer (&self->other));
  gst_element_send_event (self->fragments, gst_event_new_eos ());
}

/* A source that waits for its sinks makes the soak longer, not smaller. */
static gboolean
on_tick (gpointer user_data)
{
  Recorder *self = user_data;
  guint64 share = self->size * TICK_MS / (1000 * self->plan->seconds);

  if (self->is_paused)
    return G_SOURCE_CONTINUE;
  if (self->pushed >= self->size) {
    end_all (self);
    return G_SOURCE_REMOVE;
  }
  do_what_is_due (self);
  if (gst_app_src_get_current_level_bytes (GST_APP_SRC (self->source))
      < MAX_WAITING)
    push (self, share);

  return G_SOURCE_CONTINUE;
}

/* ---- messages ---- */

static void
fail (Recorder * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  printf ("error %s: %s\n", error->message, debug != NULL ? debug : "");
  fflush (stdout);
  self->failed = TRUE;
  g_main_loop_quit (self->loop);
}

static void
say_complete (GstMessage * message)
{
  Branch *branch = g_object_get_data (G_OBJECT (GST_MESSAGE_SRC (message)),
      "branch");

  if (branch == NULL)
    printf ("fragment\n");
  else
    printf ("complete %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
        branch->media_id, branch->size, branch->crc64);
  fflush (stdout);
}

/* The bin tells of each sink's EOS. */
static void
drop_branch (GstMessage * message)
{
  g_autoptr (GstMessage) inner = NULL;

  gst_structure_get (gst_message_get_structure (message), "message",
      GST_TYPE_MESSAGE, &inner, NULL);
  if (GST_MESSAGE_TYPE (inner) == GST_MESSAGE_EOS)
    branch_free (g_object_get_data (G_OBJECT (GST_MESSAGE_SRC (inner)),
            "branch"));
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Recorder *self = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    fail (self, message);
  else if (gst_message_has_name (message, "ice-upload-complete"))
    say_complete (message);
  else if (gst_message_has_name (message, "GstBinForwarded")
      && GST_MESSAGE_SRC (message) == GST_OBJECT (self->pipeline))
    drop_branch (message);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS
      && GST_MESSAGE_SRC (message) == GST_OBJECT (self->fragments))
    gst_element_set_state (self->fragments, GST_STATE_NULL);
  if (self->pushed >= self->size && self->n_open == 0
      && GST_STATE (self->fragments) == GST_STATE_NULL)
    g_main_loop_quit (self->loop);

  return G_SOURCE_CONTINUE;
}

/* ---- set-up ---- */

static gchar *
on_format_location (GstElement * split, guint fragment, gpointer user_data)
{
  return g_strdup_printf ("fragment-%u", fragment);
}

static void
on_sink_added (GstElement * split, GstElement * sink, gpointer user_data)
{
  Recorder *self = user_data;

  g_object_set (sink, "ice-endpoint", self->plan->endpoint, "part-size",
      (guint64) PART_SIZE, "max-memory", (guint64) MAX_MEMORY,
      "parallel-parts", 1, "retry-timeout", GST_CLOCK_TIME_NONE, NULL);
}

static GstElement *
watch (Recorder * self, GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_bus_add_watch (bus, on_message, self);

  return pipeline;
}

static void
unwatch (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  gst_object_unref (pipeline);
}

/* The longest one is as long as the soak is, in forty pieces. */
static GstElement *
make_fragments (Recorder * self)
{
  guint64 length = MAX (1, self->plan->seconds / 40) * GST_SECOND;
  g_autoptr (GstElement) split = NULL;
  g_autoptr (GError) error = NULL;
  GstElement *pipeline =
      gst_parse_launch ("videotestsrc is-live=true ! video/x-raw,width=64,"
      "height=48,framerate=10/1 ! jpegenc ! splitmuxsink name=split"
      " muxer-factory=matroskamux sink-factory=icesink async-finalize=true", &error);

  g_assert_no_error (error);
  split = gst_bin_get_by_name (GST_BIN (pipeline), "split");
  g_object_set (split, "max-size-time", length, NULL);
  g_signal_connect (split, "format-location", G_CALLBACK (on_format_location),
      NULL);
  g_signal_connect (split, "sink-added", G_CALLBACK (on_sink_added), self);

  return watch (self, pipeline);
}

static GstElement *
make_pipeline (Recorder * self)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch ("appsrc name=source ! tee name=tee"
      " allow-not-linked=true", &error);

  g_assert_no_error (error);
  self->source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  self->tee = gst_bin_get_by_name (GST_BIN (pipeline), "tee");
  g_object_set (pipeline, "message-forward", TRUE, NULL);

  return watch (self, pipeline);
}

int
soak_record (const SoakPlan * plan)
{
  Recorder self = {.plan = plan };

  self.size = N_DAYS * (guint64) DAY_SIZE;
  self.random = g_rand_new_with_seed (plan->seed);
  self.loop = g_main_loop_new (NULL, FALSE);
  self.pipeline = make_pipeline (&self);
  self.fragments = make_fragments (&self);
  turn_days (&self);
  gst_element_set_state (self.pipeline, GST_STATE_PLAYING);
  gst_element_set_state (self.fragments, GST_STATE_PLAYING);
  g_timeout_add (TICK_MS, on_tick, &self);
  g_main_loop_run (self.loop);

  unwatch (self.fragments);
  gst_object_unref (self.source);
  gst_object_unref (self.tee);
  unwatch (self.pipeline);
  g_main_loop_unref (self.loop);
  g_rand_free (self.random);

  return self.failed ? 1 : 0;
}
