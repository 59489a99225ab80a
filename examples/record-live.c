/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* record-live: records live video and sound into an ICE media asset.
 *
 * The lesson: an upload is done when `ice-upload-complete` and then EOS have
 * come, not when the sources stop. So Ctrl-C sends EOS and waits; what goes
 * wrong on the way is one error message, whose details say what happened at
 * the service; and the exit status says which of it was the case:
 *
 *   0  the object is complete
 *   1  an error; it has been printed
 *   2  the command line is wrong
 *   3  interrupted twice, the object is not complete
 *
 * The AccessKey comes from the environment, where icesink finds it by itself:
 * ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a
 * temporary one, ALIBABA_CLOUD_SECURITY_TOKEN. Never take it from a command
 * line, which other users of the machine can read.
 *
 * Everything here runs on the main thread, the bus watch too. */

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>
#include <glib-unix.h>
#include <gst/gst.h>

#define EXIT_USAGE 2
#define EXIT_INTERRUPTED 3

#define DEFAULT_BITRATE 2500
#define MAX_SECONDS (30 * 24 * 3600)

typedef struct
{
  gchar *media_id;
  gchar *region;
  gchar *ice_endpoint;
  gchar *device;
  gdouble duration;             /* seconds; 0: until Ctrl-C */
  gdouble retry_timeout;        /* seconds; 0: the sink's default */
  gint bitrate;                 /* of the video, kbit/s */
  gboolean test;
} Options;

typedef struct
{
  GstElement *pipeline;         /* (owned) */
  GstElement *sink;             /* (unowned) in the pipeline */
  GMainLoop *loop;              /* (owned) */
  guint timeout;                /* ends the recording, or 0 */
  gboolean stopping;            /* EOS has been sent */
  gboolean complete;            /* the object is confirmed */
  gboolean line_open;           /* the progress line waits to be replaced */
  gint status;                  /* exit status */
} Recorder;

static void
options_clear (Options * options)
{
  g_free (options->media_id);
  g_free (options->region);
  g_free (options->ice_endpoint);
  g_free (options->device);
}

static void
recorder_clear (Recorder * self)
{
  gst_clear_object (&self->pipeline);
  g_clear_pointer (&self->loop, g_main_loop_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Recorder, recorder_clear)

/* ---- the command line ---- */

static gboolean
check_options (const Options * options, GError ** error)
{
  const gchar *problem = NULL;

  if (options->media_id == NULL)
    problem = "--media-id is missing";
  else if (options->duration < 0 || options->duration > MAX_SECONDS)
    problem = "--duration is out of range";
  else if (options->retry_timeout < 0 || options->retry_timeout > MAX_SECONDS)
    problem = "--retry-timeout is out of range";
  else if (options->bitrate < 1 || options->bitrate > 2048000)
    problem = "--bitrate is out of range";
  else if (options->test && options->device != NULL)
    problem = "--test and --device exclude each other";

  if (problem != NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        problem);

  return problem == NULL;
}

static gboolean
parse_options (Options * options, int *argc, char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"media-id", 'm', 0, G_OPTION_ARG_STRING, &options->media_id,
        "Media asset to upload to (required)", "ID"},
    {"region", 'r', 0, G_OPTION_ARG_STRING, &options->region,
        "Its region (cn-shanghai)", "REGION"},
    {"ice-endpoint", 0, 0, G_OPTION_ARG_STRING, &options->ice_endpoint,
        "Host or URL of the ICE API (that of the region)", "URL"},
    {"test", 't', 0, G_OPTION_ARG_NONE, &options->test,
        "Record a test picture and a test sound", NULL},
    {"device", 'd', 0, G_OPTION_ARG_STRING, &options->device,
        "Camera (the first one that works)", "/dev/videoN"},
    {"duration", 0, 0, G_OPTION_ARG_DOUBLE, &options->duration,
        "End after so long (at Ctrl-C)", "SECONDS"},
    {"bitrate", 'b', 0, G_OPTION_ARG_INT, &options->bitrate,
        "Of the video (2500)", "KBIT/S"},
    {"retry-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options->retry_timeout,
        "Give up when the network is away for so long (600)", "SECONDS"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "Records live video and sound into a media asset of Alibaba Cloud ICE.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
        "Unexpected argument %s", (*argv)[1]);
    return FALSE;
  }

  return check_options (options, error);
}

/* ---- the pipeline ---- */

static GstElement *
new_branch (const gchar * description, GError ** error)
{
  return gst_parse_bin_from_description_full (description, TRUE, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, error);
}

static const gchar *
get_video_source (const Options * options)
{
  if (options->test)
    return "videotestsrc is-live=true"
        " ! video/x-raw,width=640,height=360,framerate=30/1";
  if (options->device != NULL)
    return "v4l2src name=camera";

  return "autovideosrc";
}

/* I420 is what players everywhere can decode; zerolatency keeps the encoder
 * from holding frames back. */
static GstElement *
new_video_branch (const Options * options, GError ** error)
{
  g_autofree gchar *description =
      g_strdup_printf ("%s ! queue ! videoconvert ! video/x-raw,format=I420"
      " ! x264enc tune=zerolatency speed-preset=veryfast key-int-max=60"
      " bitrate=%d ! queue", get_video_source (options),
      options->bitrate);
  g_autoptr (GstElement) branch = new_branch (description, error);
  g_autoptr (GstElement) camera = NULL;

  if (branch == NULL)
    return NULL;
  if (options->device != NULL) {
    camera = gst_bin_get_by_name (GST_BIN (branch), "camera");
    g_object_set (camera, "device", options->device, NULL);
  }

  return g_steal_pointer (&branch);
}

/* Which encoders there are differs from system to system. */
static const gchar *
get_audio_encoder (void)
{
  static const gchar *const names[] = {
    "fdkaacenc", "avenc_aac", "voaacenc", "opusenc"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (names[i]);

    if (factory != NULL)
      return names[i];
  }

  return names[0];
}

static GstElement *
new_audio_branch (const Options * options, GError ** error)
{
  g_autofree gchar *description =
      g_strdup_printf ("%s ! queue ! audioconvert ! audioresample"
      " ! audio/x-raw,rate=48000 ! %s ! queue",
      options->test ? "audiotestsrc is-live=true wave=ticks" : "autoaudiosrc",
      get_audio_encoder ());

  return new_branch (description, error);
}

static GstElement *
new_element (const gchar * factory, const gchar * where, GError ** error)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (element == NULL)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "There is no element %s: %s", factory, where);

  return element;
}

/* on-stop=keep: whoever interrupts twice wants to be out at once, and an MP4
 * without its end could not be played anyway. Nothing is deleted. */
static GstElement *
new_sink (const Options * options, GError ** error)
{
  GstElement *sink = new_element ("icesink", "GST_PLUGIN_PATH has to name the"
      " directory of libgsticesink.so, unless it is installed", error);

  if (sink == NULL)
    return NULL;

  g_object_set (sink, "media-id", options->media_id, NULL);
  gst_util_set_object_arg (G_OBJECT (sink), "on-stop", "keep");
  if (options->region != NULL)
    g_object_set (sink, "region", options->region, NULL);
  if (options->ice_endpoint != NULL)
    g_object_set (sink, "ice-endpoint", options->ice_endpoint, NULL);
  if (options->retry_timeout > 0)
    g_object_set (sink, "retry-timeout",
        (guint64) (options->retry_timeout * GST_SECOND), NULL);

  return sink;
}

/* Adds @element to the pipeline, which owns it then. */
static GstElement *
add (Recorder * self, GstElement * element)
{
  if (element != NULL)
    gst_bin_add (GST_BIN (self->pipeline), element);

  return element;
}

static gboolean
build (Recorder * self, const Options * options, GError ** error)
{
  GstElement *video, *audio, *mux;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("record-live"));
  if ((video = add (self, new_video_branch (options, error))) == NULL
      || (audio = add (self, new_audio_branch (options, error))) == NULL
      || (mux = add (self, new_element ("mp4mux", "it comes with"
                  " gst-plugins-good", error))) == NULL
      || (self->sink = add (self, new_sink (options, error))) == NULL)
    return FALSE;

  if (gst_element_link_many (video, mux, self->sink, NULL)
      && gst_element_link (audio, mux))
    return TRUE;

  g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "The elements do not fit together");

  return FALSE;
}

/* ---- what is shown ---- */

/* Lines that stay. */
static void G_GNUC_PRINTF (2, 3)
say (Recorder * self, const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  g_print ("%s%s\n", self->line_open ? "\n" : "", text);
  self->line_open = FALSE;
}

/* The line that is replaced by the next of its kind, on a terminal. */
static void
show (Recorder * self, const gchar * text)
{
  if (!isatty (STDOUT_FILENO)) {
    say (self, "%s", text);
    return;
  }

  g_print ("\r\033[K%s", text);
  self->line_open = TRUE;
}

static gdouble
get_seconds (GstClockTime time)
{
  return (gdouble) time / GST_SECOND;
}

static void
on_started (Recorder * self, const GstStructure * message)
{
  say (self, "Uploading to %s/%s",
      gst_structure_get_string (message, "bucket"),
      gst_structure_get_string (message, "object"));
}

static void
on_progress (Recorder * self, const GstStructure * message)
{
  guint64 written = 0, uploaded = 0, lag = 0, bitrate = 0;
  g_autofree gchar *written_text = NULL;
  g_autofree gchar *uploaded_text = NULL;
  g_autofree gchar *line = NULL;

  gst_structure_get (message, "bytes-written", G_TYPE_UINT64, &written,
      "bytes-uploaded", G_TYPE_UINT64, &uploaded,
      "upload-lag", GST_TYPE_CLOCK_TIME, &lag,
      "bitrate", G_TYPE_UINT64, &bitrate, NULL);
  written_text = g_format_size (written);
  uploaded_text = g_format_size (uploaded);
  line = g_strdup_printf ("written %s, uploaded %s, lag %.1f s, %.1f Mbit/s",
      written_text, uploaded_text, get_seconds (lag), bitrate / 1e6);
  show (self, line);
}

static void
on_interrupted (Recorder * self, const GstStructure * message)
{
  guint64 retry_in = 0;

  gst_structure_get (message, "retry-in", GST_TYPE_CLOCK_TIME, &retry_in,
      NULL);
  say (self, "Upload interrupted: %s; recording goes on, next try in %.1f s",
      gst_structure_get_string (message, "reason"), get_seconds (retry_in));
}

static void
on_resumed (Recorder * self, const GstStructure * message)
{
  guint64 outage = 0;

  gst_structure_get (message, "outage", GST_TYPE_CLOCK_TIME, &outage, NULL);
  say (self, "Upload goes on after %.1f s", get_seconds (outage));
}

static void
on_complete (Recorder * self, const GstStructure * message)
{
  guint64 size = 0, crc64 = 0, duration = 0;
  guint parts = 0;

  gst_structure_get (message, "size", G_TYPE_UINT64, &size,
      "crc64", G_TYPE_UINT64, &crc64, "parts", G_TYPE_UINT, &parts,
      "duration", GST_TYPE_CLOCK_TIME, &duration, NULL);
  self->complete = TRUE;
  say (self, "Object complete: %s/%s\n"
      "  size %" G_GUINT64_FORMAT ", crc64 %" G_GUINT64_FORMAT
      ", parts %u, after %.1f s",
      gst_structure_get_string (message, "bucket"),
      gst_structure_get_string (message, "object"), size, crc64, parts,
      get_seconds (duration));
}

static const struct
{
  const gchar *name;
  void (*func) (Recorder * self, const GstStructure * message);
} upload_messages[] = {
  {"ice-upload-started", on_started},
  {"ice-upload-progress", on_progress},
  {"ice-upload-interrupted", on_interrupted},
  {"ice-upload-resumed", on_resumed},
  {"ice-upload-complete", on_complete},
};

static void
handle_upload_message (Recorder * self, const GstStructure * message)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (upload_messages); i++) {
    if (gst_structure_has_name (message, upload_messages[i].name))
      upload_messages[i].func (self, message);
  }
}

/* ---- errors ---- */

/* What a person can do about an error of icesink. */
static const gchar *
get_advice (const GError * error)
{
  if (error->domain != GST_RESOURCE_ERROR)
    return NULL;

  switch (error->code) {
    case GST_RESOURCE_ERROR_SETTINGS:
      return "check the options";
    case GST_RESOURCE_ERROR_NOT_AUTHORIZED:
      return "check ALIBABA_CLOUD_ACCESS_KEY_ID and its secret, and that the"
          " user may do ice:RefreshUploadMedia";
    case GST_RESOURCE_ERROR_NOT_FOUND:
      return "check --media-id and --region";
    case GST_RESOURCE_ERROR_OPEN_WRITE:
      return "check the network, --region and --ice-endpoint";
    case GST_RESOURCE_ERROR_WRITE:
    case GST_RESOURCE_ERROR_CLOSE:
      return "check the network; a longer --retry-timeout bridges longer"
          " outages";
    case GST_RESOURCE_ERROR_BUSY:
      return "try again later, or with fewer uploads at a time";
    default:
      return "look at the log, with GST_DEBUG=ice*:5";
  }
}

static gboolean
print_detail (GQuark field, const GValue * value, gpointer user_data)
{
  g_auto (GValue) text = G_VALUE_INIT;

  g_value_init (&text, G_TYPE_STRING);
  if (g_value_transform (value, &text))
    g_printerr ("  %s: %s\n", g_quark_to_string (field),
        g_value_get_string (&text));

  return TRUE;
}

static void
handle_error (Recorder * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  const GstStructure *details = NULL;

  gst_message_parse_error (message, &error, &debug);
  gst_message_parse_error_details (message, &details);

  say (self, "Failed.");
  g_printerr ("record-live: %s: %s\n", GST_MESSAGE_SRC_NAME (message),
      error->message);
  if (debug != NULL)
    g_printerr ("  %s\n", debug);
  if (details != NULL)
    gst_structure_foreach (details, print_detail, NULL);
  if (GST_MESSAGE_SRC (message) == GST_OBJECT (self->sink))
    g_printerr ("  what to do: %s\n", get_advice (error));

  self->status = EXIT_FAILURE;
  g_main_loop_quit (self->loop);
}

/* ---- the course of a recording ---- */

/* EOS makes the muxer write the end of the file and icesink complete the
 * object; the pipeline's own EOS message comes when that is done. */
static void
stop (Recorder * self)
{
  self->stopping = TRUE;
  say (self, "Stopping: the rest is uploaded; Ctrl-C now stops at once");
  gst_element_send_event (self->pipeline, gst_event_new_eos ());
}

static gboolean
on_time_over (gpointer user_data)
{
  Recorder *self = user_data;

  self->timeout = 0;
  if (!self->stopping)
    stop (self);

  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (gpointer user_data)
{
  Recorder *self = user_data;

  if (!self->stopping) {
    stop (self);
    return G_SOURCE_CONTINUE;
  }

  self->status = EXIT_INTERRUPTED;
  g_main_loop_quit (self->loop);

  return G_SOURCE_CONTINUE;
}

static void
handle_eos (Recorder * self)
{
  self->status = self->complete ? EXIT_SUCCESS : EXIT_FAILURE;
  if (!self->complete)
    g_printerr ("record-live: the stream ended, but no object was"
        " confirmed\n");
  g_main_loop_quit (self->loop);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Recorder *self = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (GST_MESSAGE_SRC (message) == GST_OBJECT (self->sink))
        handle_upload_message (self, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      break;
    case GST_MESSAGE_EOS:
      handle_eos (self);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (self->pipeline));
      break;
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

/* What has become of an upload that was not waited for. It is in the sink's
 * stats until the next start. */
static void
report_interruption (Recorder * self)
{
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (self->sink, "stats", &stats, NULL);
  say (self, "Stopped at once: the object is not complete, outcome: %s",
      gst_structure_get_string (stats, "outcome"));
}

/* FALSE if it can't start, which has been reported then. */
static gboolean
start (Recorder * self, GstBus * bus)
{
  g_autoptr (GstMessage) message = NULL;

  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE)
    return TRUE;

  self->status = EXIT_FAILURE;
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message != NULL)
    handle_error (self, message);

  return FALSE;
}

static void
run (Recorder * self, const Options * options)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, self);
  guint terminate = g_unix_signal_add (SIGTERM, on_signal, self);

  say (self, "Recording into media asset %s; Ctrl-C ends it",
      options->media_id);
  self->loop = g_main_loop_new (NULL, FALSE);
  if (options->duration > 0)
    self->timeout =
        g_timeout_add (options->duration * 1000, on_time_over, self);
  gst_bus_add_watch (bus, on_message, self);

  if (start (self, bus))
    g_main_loop_run (self->loop);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  if (self->status == EXIT_INTERRUPTED)
    report_interruption (self);

  gst_bus_remove_watch (bus);
  g_clear_handle_id (&self->timeout, g_source_remove);
  g_source_remove (interrupt);
  g_source_remove (terminate);
}

static gint
record (const Options * options)
{
  g_auto (Recorder) self = { 0 };
  g_autoptr (GError) error = NULL;

  if (!build (&self, options, &error)) {
    g_printerr ("record-live: %s\n", error->message);
    return EXIT_FAILURE;
  }
  run (&self, options);

  return self.status;
}

static gint
parse_and_record (int argc, char **argv)
{
  g_auto (Options) options = {.bitrate = DEFAULT_BITRATE };
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, &argc, &argv, &error)) {
    g_printerr ("record-live: %s; --help tells more\n", error->message);
    return EXIT_USAGE;
  }

  return record (&options);
}

int
main (int argc, char **argv)
{
  gint status;

  setlocale (LC_ALL, "");
  status = parse_and_record (argc, argv);
  /* Nothing of ours lives any more; GStreamer's tracers report what does. */
  gst_deinit ();

  return status;
}
