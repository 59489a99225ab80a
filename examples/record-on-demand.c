/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* record-on-demand: a preview that is always there, and recordings that begin
 * and end when somebody says so, any number of times.
 *
 * The lesson: what is recorded is a branch behind a tee, and three things keep
 * the preview from noticing it.
 *
 *  - The branch is unlinked in an idle probe, between two frames, and its EOS
 *    goes into it afterwards. Nobody waits for the upload: icesink holds on to
 *    the EOS in a thread of the branch, and the branch is removed when it says
 *    that it is done. Meanwhile the next recording may run.
 *  - A queue that is full drops for the recording, and an error stays in the
 *    branch: a tee that is told of one stops the source, and so the preview.
 *  - icesink has async=false. A sink that waits for its first buffer would take
 *    the whole pipeline out of PLAYING.
 *
 * Commands come on stdin, a line each:
 *
 *   start MEDIA-ID   begins a recording; ends the one that runs
 *   stop             ends it
 *   quit             ends it, waits for all uploads, and then the program
 *
 * At the end it says how many frames the preview had, how many were missing, and
 * how long the main loop was kept waiting at most.
 *
 * Exit status: 0 all recordings are complete, 1 one is not, or the preview has
 * failed, 2 the command line is wrong.
 *
 * Runs on: the main thread, but for probes and the chain function of a branch,
 * which run on the source's streaming thread. */

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <glib-unix.h>
#include <gst/gst.h>

#define EXIT_USAGE 2

#define FPS 30
#define FRAME (GST_SECOND / FPS)

/* How often the main loop is looked at, in milliseconds. */
#define PULSE_MS 20

#define BRANCH "queue name=input leaky=downstream max-size-time=3000000000" \
  " max-size-buffers=0 max-size-bytes=0 ! videoconvert" \
  " ! video/x-raw,format=I420 ! x264enc tune=zerolatency" \
  " speed-preset=veryfast key-int-max=60 ! h264parse ! mp4mux ! icesink" \
  " name=sink async=false"

typedef struct
{
  gchar *device;
  gchar *region;
  gchar *ice_endpoint;
  gchar *spool_directory;
  gboolean no_window;
} Options;

/**
 * App:
 * @pipeline: (owned)
 * @tee: (unowned) in the pipeline
 * @branch: (unowned) (nullable): the one that is being recorded
 * @n_branches: those that are not complete, @branch among them
 * @frames: of the preview; streaming thread
 * @missing: frames that were not there; streaming thread
 * @last_pts: of the preview; streaming thread
 * @pulse_us: monotonic time of the last look at the main loop
 * @longest_us: between two looks
 */
typedef struct
{
  const Options *options;
  GstElement *pipeline;
  GstElement *tee;
  GMainLoop *loop;
  GstElement *branch;
  guint n_branches;
  guint frames;
  guint missing;
  GstClockTime last_pts;
  gint64 pulse_us;
  gint64 longest_us;
  gboolean quitting;
  gint status;
} App;

/* ---- a branch ---- */

/* What the queue says of a failed upload stays here. */
static GstFlowReturn
chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstFlowReturn flow = gst_proxy_pad_chain_default (pad, parent, buffer);

  return flow == GST_FLOW_FLUSHING ? flow : GST_FLOW_OK;
}

static GstElement *
new_branch (App * self, const gchar * media_id, GError ** error)
{
  const Options *options = self->options;
  GstElement *branch = gst_parse_bin_from_description_full (BRANCH, FALSE,
      NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autoptr (GstElement) input = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) target = NULL;
  GstPad *pad;

  if (branch == NULL)
    return NULL;

  sink = gst_bin_get_by_name (GST_BIN (branch), "sink");
  g_object_set (sink, "media-id", media_id, NULL);
  if (options->region != NULL)
    g_object_set (sink, "region", options->region, NULL);
  if (options->ice_endpoint != NULL)
    g_object_set (sink, "ice-endpoint", options->ice_endpoint, NULL);
  if (options->spool_directory != NULL)
    g_object_set (sink, "spool-directory", options->spool_directory, NULL);

  input = gst_bin_get_by_name (GST_BIN (branch), "input");
  target = gst_element_get_static_pad (input, "sink");
  pad = gst_ghost_pad_new ("sink", target);
  gst_pad_set_chain_function (pad, chain);
  gst_element_add_pad (branch, pad);
  g_object_set_data_full (G_OBJECT (branch), "media-id",
      g_strdup (media_id), g_free);

  return branch;
}

static const gchar *
get_media_id (GstElement * branch)
{
  return g_object_get_data (G_OBJECT (branch), "media-id");
}

/* The recording begins at 0, not at the age of the preview. */
static void
set_offset (App * self, GstPad * pad)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (self->pipeline);

  if (clock != NULL)
    gst_pad_set_offset (pad, -(gint64) (gst_clock_get_time (clock)
            - gst_element_get_base_time (self->pipeline)));
}

static void
start (App * self, const gchar * media_id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPad) sink_pad = NULL;
  g_autoptr (GstPad) tee_pad = NULL;
  GstElement *branch = new_branch (self, media_id, &error);

  if (branch == NULL) {
    g_printerr ("record-on-demand: %s\n", error->message);
    self->status = EXIT_FAILURE;
    return;
  }

  gst_bin_add (GST_BIN (self->pipeline), branch);
  gst_element_sync_state_with_parent (branch);
  tee_pad = gst_element_request_pad_simple (self->tee, "src_%u");
  set_offset (self, tee_pad);
  sink_pad = gst_element_get_static_pad (branch, "sink");
  gst_pad_link (tee_pad, sink_pad);
  self->branch = branch;
  self->n_branches++;
  g_print ("recording %s\n", media_id);
}

/* The source is between two frames, and waits for this. */
static GstPadProbeReturn
on_idle (GstPad * tee_pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstPad *sink_pad = user_data;
  g_autoptr (GstElement) tee = gst_pad_get_parent_element (tee_pad);
  g_autoptr (GstElement) branch = gst_pad_get_parent_element (sink_pad);

  gst_pad_unlink (tee_pad, sink_pad);
  if (tee != NULL)
    gst_element_release_request_pad (tee, tee_pad);
  /* It is queued behind the last frame. */
  gst_pad_send_event (sink_pad, gst_event_new_eos ());
  gst_element_post_message (branch, gst_message_new_application
      (GST_OBJECT (branch), gst_structure_new_empty ("unlinked")));

  return GST_PAD_PROBE_REMOVE;
}

/* Asks for it, and does not wait. */
static void
stop (App * self)
{
  g_autoptr (GstPad) sink_pad = NULL;
  g_autoptr (GstPad) tee_pad = NULL;

  if (self->branch == NULL)
    return;

  g_print ("stopping %s\n", get_media_id (self->branch));
  sink_pad = gst_element_get_static_pad (self->branch, "sink");
  tee_pad = gst_pad_get_peer (sink_pad);
  self->branch = NULL;
  if (tee_pad != NULL)
    gst_pad_add_probe (tee_pad, GST_PAD_PROBE_TYPE_IDLE, on_idle,
        g_object_ref (sink_pad), g_object_unref);
}

static void
remove_in_thread (GstElement * branch, gpointer user_data)
{
  gst_element_set_state (branch, GST_STATE_NULL);
}

/* What is known about a branch. A branch that has failed must not go before the
 * tee knows it no more. */
static gboolean
has_flag (GstElement * branch, const gchar * flag)
{
  return g_object_get_data (G_OBJECT (branch), flag) != NULL;
}

static void
set_flag (GstElement * branch, const gchar * flag)
{
  g_object_set_data (G_OBJECT (branch), flag, GINT_TO_POINTER (TRUE));
}

/* Everything that a branch can wait for is in another thread. */
static void
end_branch (App * self, GstElement * branch)
{
  gst_object_ref (branch);
  gst_element_set_locked_state (branch, TRUE);
  gst_bin_remove (GST_BIN (self->pipeline), branch);
  gst_element_call_async (branch, remove_in_thread, NULL, NULL);
  gst_object_unref (branch);
  self->n_branches--;
  if (self->quitting && self->n_branches == 0)
    g_main_loop_quit (self->loop);
}

/* ---- messages ---- */

/* The branch that @object is in, or NULL for the preview. */
static GstElement *
find_branch (GstObject * object)
{
  while (object != NULL
      && g_object_get_data (G_OBJECT (object), "media-id") == NULL)
    object = GST_OBJECT_PARENT (object);

  return (GstElement *) object;
}

static void
handle_error (App * self, GstMessage * message)
{
  GstElement *branch = find_branch (GST_MESSAGE_SRC (message));
  g_autoptr (GError) error = NULL;

  gst_message_parse_error (message, &error, NULL);
  self->status = EXIT_FAILURE;
  if (branch == NULL) {
    g_printerr ("record-on-demand: the preview: %s\n", error->message);
    g_main_loop_quit (self->loop);
    return;
  }

  if (has_flag (branch, "failed"))
    return;
  g_print ("failed %s: %s\n", get_media_id (branch), error->message);
  set_flag (branch, "failed");
  if (branch == self->branch)
    stop (self);
  else if (has_flag (branch, "unlinked"))
    end_branch (self, branch);
}

static void
handle_unlinked (App * self, GstMessage * message)
{
  GstElement *branch = GST_ELEMENT (GST_MESSAGE_SRC (message));

  set_flag (branch, "unlinked");
  if (has_flag (branch, "failed"))
    end_branch (self, branch);
}

/* A branch is over when its EOS comes. */
static void
handle_forwarded (App * self, const GstStructure * structure)
{
  g_autoptr (GstMessage) message = NULL;
  GstElement *branch;

  gst_structure_get (structure, "message", GST_TYPE_MESSAGE, &message, NULL);
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS)
    return;

  branch = find_branch (GST_MESSAGE_SRC (message));
  if (branch != NULL && GST_MESSAGE_SRC (message) == GST_OBJECT (branch))
    end_branch (self, branch);
}

static void
handle_element (App * self, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  guint64 size = 0;

  if (gst_structure_has_name (structure, "GstBinForwarded")) {
    handle_forwarded (self, structure);
  } else if (gst_structure_has_name (structure, "ice-upload-complete")) {
    gst_structure_get_uint64 (structure, "size", &size);
    g_print ("complete %s %" G_GUINT64_FORMAT "\n",
        gst_structure_get_string (structure, "media-id"), size);
  }
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  App *self = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      handle_element (self, message);
      break;
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      break;
    case GST_MESSAGE_APPLICATION:
      handle_unlinked (self, message);
      break;
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

/* ---- commands ---- */

static void
quit (App * self)
{
  stop (self);
  self->quitting = TRUE;
  if (self->n_branches == 0)
    g_main_loop_quit (self->loop);
}

static void
handle_command (App * self, const gchar * line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 2);

  if (g_strcmp0 (words[0], "start") == 0 && words[1] != NULL) {
    stop (self);
    start (self, words[1]);
  } else if (g_strcmp0 (words[0], "stop") == 0) {
    stop (self);
  } else if (g_strcmp0 (words[0], "quit") == 0) {
    quit (self);
  } else {
    g_printerr ("record-on-demand: commands: start MEDIA-ID, stop, quit\n");
  }
}

/* The end of stdin is a quit. */
static gboolean
on_input (GIOChannel * channel, GIOCondition condition, gpointer user_data)
{
  App *self = user_data;
  g_autofree gchar *line = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL)
      != G_IO_STATUS_NORMAL) {
    quit (self);
    return G_SOURCE_REMOVE;
  }
  handle_command (self, g_strstrip (line));

  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer user_data)
{
  quit (user_data);

  return G_SOURCE_CONTINUE;
}

/* ---- what is measured ---- */

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  App *self = user_data;
  GstClockTime pts = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));

  if (self->frames > 0 && pts > self->last_pts)
    self->missing += (pts - self->last_pts + FRAME / 2) / FRAME - 1;
  self->last_pts = pts;
  self->frames++;

  return GST_PAD_PROBE_OK;
}

static gboolean
on_pulse (gpointer user_data)
{
  App *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  self->longest_us = MAX (self->longest_us, now_us - self->pulse_us);
  self->pulse_us = now_us;

  return G_SOURCE_CONTINUE;
}

/* ---- all ---- */

static gboolean
build (App * self, GError ** error)
{
  const Options *options = self->options;
  g_autofree gchar *description = g_strdup_printf ("%s"
      " ! video/x-raw,framerate=%d/1 ! tee name=tee ! queue ! videoconvert"
      " ! %s name=preview", options->device != NULL ? "v4l2src name=camera" :
      "videotestsrc is-live=true pattern=ball", FPS, options->no_window ?
      "fakesink sync=true" : "autovideosink");
  g_autoptr (GstElement) preview = NULL;
  g_autoptr (GstElement) camera = NULL;
  g_autoptr (GstPad) pad = NULL;

  self->pipeline = gst_parse_launch_full (description, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (self->pipeline == NULL)
    return FALSE;

  gst_object_ref_sink (self->pipeline);
  g_object_set (self->pipeline, "message-forward", TRUE, NULL);
  camera = gst_bin_get_by_name (GST_BIN (self->pipeline), "camera");
  if (camera != NULL)
    g_object_set (camera, "device", options->device, NULL);
  self->tee = gst_bin_get_by_name (GST_BIN (self->pipeline), "tee");
  gst_object_unref (self->tee);
  preview = gst_bin_get_by_name (GST_BIN (self->pipeline), "preview");
  pad = gst_element_get_static_pad (preview, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, self, NULL);

  return TRUE;
}

static void
run (App * self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, self);
  guint pulse = g_timeout_add (PULSE_MS, on_pulse, self);
  guint commands = g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_input, self);

  self->loop = g_main_loop_new (NULL, FALSE);
  gst_bus_add_watch (bus, on_message, self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  self->pulse_us = g_get_monotonic_time ();
  g_main_loop_run (self->loop);

  g_source_remove (interrupt);
  g_source_remove (pulse);
  if (g_main_context_find_source_by_id (NULL, commands) != NULL)
    g_source_remove (commands);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  g_print ("preview: %u frames, %u missing; main loop: %" G_GINT64_FORMAT
      " ms at most\n", self->frames, self->missing, self->longest_us / 1000);
}

static gint
preview (const Options * options)
{
  App self = {.options = options };
  g_autoptr (GError) error = NULL;

  if (!build (&self, &error)) {
    g_printerr ("record-on-demand: %s\n", error->message);
    return EXIT_FAILURE;
  }
  run (&self);
  gst_object_unref (self.pipeline);
  g_main_loop_unref (self.loop);

  return self.status;
}

static gint
parse_and_preview (int argc, char **argv)
{
  Options options = { NULL };
  const GOptionEntry entries[] = {
    {"device", 'd', 0, G_OPTION_ARG_STRING, &options.device,
        "Camera (a test picture)", "/dev/videoN"},
    {"region", 'r', 0, G_OPTION_ARG_STRING, &options.region,
        "Region of the media assets (cn-shanghai)", "REGION"},
    {"ice-endpoint", 0, 0, G_OPTION_ARG_STRING, &options.ice_endpoint,
        "Host or URL of the ICE API (that of the region)", "URL"},
    {"spool-directory", 0, 0, G_OPTION_ARG_FILENAME,
          &options.spool_directory,
        "Where recordings go that memory can't hold (nowhere)", "DIR"},
    {"no-window", 0, 0, G_OPTION_ARG_NONE, &options.no_window,
        "Count the frames of the preview, and don't show them", NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1) {
    g_printerr ("record-on-demand: %s; --help tells more\n",
        error != NULL ? error->message : "unexpected argument");
    return EXIT_USAGE;
  }

  return preview (&options);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");

  return parse_and_preview (argc, argv);
}
