/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* From a camera to splitmuxsink; see the header.
 *
 * What an RTSP camera sends is taken as it is: video in H.264 or H.265, sound in
 * AAC, Opus or MP3. G.711, which many cameras have and MP4 has not, becomes
 * AAC; that costs next to nothing. A camera at the USB port has to be
 * encoded. */

#include "camera.h"

#include <string.h>

#include "fragment-sink.h"
#include "report.h"

#define LATENCY_MS 200

/* For each frame. */
#define MAX_ADJUSTMENT ((guint64) 5 * GST_MSECOND)

/* How long an RTSP camera may say nothing, in microseconds. */
#define RTSP_TIMEOUT 10000000

static const struct
{
  const gchar *format;
  const gchar *muxer;
} muxers[] = {
  {"mp4", "mp4mux"},
  {"ts", "mpegtsmux"},
  {"mkv", "matroskamux"},
};

static const gchar *
find_muxer (const gchar * format)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (muxers); i++) {
    if (g_str_equal (muxers[i].format, format))
      return muxers[i].muxer;
  }

  return NULL;
}

gboolean
camera_check (const CameraOptions * options, GError ** error)
{
  guint n = (options->location != NULL) + (options->device != NULL)
      + options->test;
  const gchar *problem = NULL;

  if (n != 1)
    problem = "one of --location, --location-file, --v4l2 and --test is needed";
  else if (find_muxer (options->format) == NULL)
    problem = "--format is not mp4, ts or mkv";
  else if (options->bitrate < 1 || options->bitrate > 2048000)
    problem = "--bitrate is out of range";
  if (problem != NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        problem);

  return problem == NULL;
}

/* ---- splitmuxsink ---- */

/* An ordinary MP4 at the end, and one that plays up to where it broke off. */
static void
on_muxer_added (GstElement * split, GstElement * muxer, gpointer user_data)
{
  GObjectClass *klass = G_OBJECT_GET_CLASS (muxer);

  if (g_object_class_find_property (klass, "fragment-duration") == NULL)
    return;

  g_object_set (muxer, "fragment-duration", 1000, NULL);
  if (g_object_class_find_property (klass, "fragment-mode") != NULL)
    gst_util_set_object_arg (G_OBJECT (muxer), "fragment-mode",
        "first-moov-then-finalise");
}

static GstElement *
new_split (const CameraOptions * options, GError ** error)
{
  GstElement *split = gst_element_factory_make ("splitmuxsink", "split");

  if (split == NULL) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "There is no element splitmuxsink: it comes with gst-plugins-good");
    return NULL;
  }

  /* When to split is said by split-after. */
  g_object_set (split, "async-finalize", TRUE, "max-size-time", (guint64) 0,
      "max-size-bytes", (guint64) 0, "muxer-factory",
      find_muxer (options->format), "sink-factory", FRAGMENT_SINK_FACTORY,
      NULL);
  g_signal_connect (split, "muxer-added", G_CALLBACK (on_muxer_added), NULL);

  return split;
}

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  gint64 *last_frame = user_data;

  __atomic_store_n (last_frame, g_get_monotonic_time (), __ATOMIC_RELAXED);

  return GST_PAD_PROBE_OK;
}

/* ---- branches ---- */

static GstElement *
new_branch (const gchar * description, GError ** error)
{
  return gst_parse_bin_from_description_full (description, TRUE, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, error);
}

/* Which encoder there is differs from system to system. */
static const gchar *
get_aac_encoder (void)
{
  static const gchar *const names[] =
      { "fdkaacenc", "avenc_aac", "voaacenc", NULL };
  guint i;

  for (i = 0; names[i + 1] != NULL; i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (names[i]);

    if (factory != NULL)
      break;
  }

  return names[i];
}

/* What to do with an RTP stream. */
static const struct
{
  const gchar *encoding;
  gboolean video;
  const gchar *branch;          /* ENCODER stands for one of AAC */
} streams[] = {
  {"H264", TRUE, "rtph264depay ! h264parse config-interval=-1"},
  {"H265", TRUE, "rtph265depay ! h265parse config-interval=-1"},
  {"MPEG4-GENERIC", FALSE, "rtpmp4gdepay ! aacparse"},
  {"MP4A-LATM", FALSE, "rtpmp4adepay ! aacparse"},
  {"OPUS", FALSE, "rtpopusdepay ! opusparse"},
  {"MPA", FALSE, "rtpmpadepay ! mpegaudioparse"},
  {"PCMA", FALSE, "rtppcmadepay ! alawdec ! audioconvert ! audioresample"
        " ! audio/x-raw,rate=48000 ! ENCODER ! aacparse"},
  {"PCMU", FALSE, "rtppcmudepay ! mulawdec ! audioconvert ! audioresample"
        " ! audio/x-raw,rate=48000 ! ENCODER ! aacparse"},
};

static gint
find_stream (const GstCaps * caps, gboolean sound)
{
  const gchar *encoding =
      gst_structure_get_string (gst_caps_get_structure (caps, 0),
      "encoding-name");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    if (g_strcmp0 (encoding, streams[i].encoding) == 0
        && (streams[i].video || sound))
      return i;
  }

  return -1;
}

/* ---- RTSP ---- */

/* What is not recorded is not asked for. */
static gboolean
on_select_stream (GstElement * source, guint number, GstCaps * caps,
    gpointer user_data)
{
  return find_stream (caps, GPOINTER_TO_INT (user_data)) >= 0;
}

static void
link_stream (GstElement * pipeline, GstPad * pad, gint index)
{
  g_autoptr (GstElement) split =
      gst_bin_get_by_name (GST_BIN (pipeline), "split");
  g_autofree gchar *queue =
      g_strconcat (streams[index].branch, " ! queue", NULL);
  g_autoptr (GString) description = g_string_new (queue);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPad) sink = NULL;
  GstElement *branch;

  g_string_replace (description, "ENCODER", get_aac_encoder (), 0);
  branch = new_branch (description->str, &error);
  if (branch == NULL) {
    GST_ELEMENT_ERROR (pipeline, CORE, MISSING_PLUGIN, ("%s", error->message),
        (NULL));
    return;
  }

  gst_bin_add (GST_BIN (pipeline), branch);
  g_ptr_array_add (g_object_get_data (G_OBJECT (pipeline), "branches"),
      gst_object_ref (branch));
  gst_element_link_pads (branch, "src", split,
      streams[index].video ? "video" : "audio_%u");
  gst_element_sync_state_with_parent (branch);
  sink = gst_element_get_static_pad (branch, "sink");
  gst_pad_link (pad, sink);
  report_event ("stream", "encoding", streams[index].encoding, NULL);
}

/* Before anything flows; the first stream of each kind counts. */
static void
on_pad_added (GstElement * source, GstPad * pad, gpointer user_data)
{
  GstElement *pipeline = user_data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  gint index = caps != NULL ? find_stream (caps, TRUE) : -1;
  const gchar *kind;

  if (index < 0)
    return;

  kind = streams[index].video ? "has-video" : "has-sound";
  if (g_object_get_data (G_OBJECT (pipeline), kind) != NULL)
    return;
  g_object_set_data (G_OBJECT (pipeline), kind, GINT_TO_POINTER (TRUE));
  link_stream (pipeline, pad, index);
}

/* The camera's clocks are compared some seconds after the start, and picture and
 * sound moved against each other: little by little, as muxers take no time that
 * runs backwards. */
static void
on_new_manager (GstElement * source, GstElement * manager, gpointer user_data)
{
  g_object_set (manager, "max-ts-offset-adjustment", MAX_ADJUSTMENT, NULL);
}

/* The password stands in properties of its own: an address may be in
 * messages. */
static void
set_location (GstElement * source, const gchar * location)
{
  g_autoptr (GUri) uri = g_uri_parse (location, G_URI_FLAGS_HAS_PASSWORD
      | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY, NULL);
  g_autofree gchar *bare = NULL;

  if (uri == NULL || g_uri_get_user (uri) == NULL) {
    g_object_set (source, "location", location, NULL);
    return;
  }

  bare = g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO);
  g_object_set (source, "location", bare, "user-id", g_uri_get_user (uri),
      "user-pw", g_uri_get_password (uri), NULL);
}

static gboolean
add_rtsp (GstElement * pipeline, const CameraOptions * options,
    GError ** error)
{
  GstElement *source = gst_element_factory_make ("rtspsrc", "source");

  if (source == NULL) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "There is no element rtspsrc: it comes with gst-plugins-good");
    return FALSE;
  }

  /* TCP: a lost packet is a broken picture in the recording for ever. */
  gst_util_set_object_arg (G_OBJECT (source), "protocols", "tcp");
  g_object_set (source, "latency", LATENCY_MS, "tcp-timeout",
      (guint64) RTSP_TIMEOUT, NULL);
  set_location (source, options->location);
  g_signal_connect (source, "new-manager", G_CALLBACK (on_new_manager), NULL);
  g_signal_connect (source, "select-stream", G_CALLBACK (on_select_stream),
      GINT_TO_POINTER (options->sound));
  g_signal_connect (source, "pad-added", G_CALLBACK (on_pad_added), pipeline);
  gst_bin_add (GST_BIN (pipeline), source);

  return TRUE;
}

/* ---- what has to be encoded ---- */

static gboolean
add_encoded (GstElement * pipeline, const CameraOptions * options,
    GError ** error)
{
  g_autoptr (GstElement) split =
      gst_bin_get_by_name (GST_BIN (pipeline), "split");
  g_autofree gchar *description = g_strdup_printf ("%s ! videoconvert"
      " ! video/x-raw,format=I420 ! x264enc tune=zerolatency"
      " speed-preset=veryfast key-int-max=25 bitrate=%d ! h264parse ! queue",
      options->device != NULL ? "v4l2src name=camera" :
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,"
      "framerate=25/1 ! timeoverlay", options->bitrate);
  GstElement *branch = new_branch (description, error);
  g_autoptr (GstElement) camera = NULL;

  if (branch == NULL)
    return FALSE;

  camera = gst_bin_get_by_name (GST_BIN (branch), "camera");
  if (camera != NULL)
    g_object_set (camera, "device", options->device, NULL);
  gst_object_set_name (GST_OBJECT (branch), "source");
  gst_bin_add (GST_BIN (pipeline), branch);

  return gst_element_link_pads (branch, "src", split, "video");
}

/* ---- all ---- */

static void
on_split_pad (GstElement * split, GstPad * pad, gpointer user_data)
{
  if (GST_PAD_IS_SINK (pad))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, user_data,
        NULL);
}

GstElement *
camera_new_pipeline (const CameraOptions * options, gint64 * last_frame,
    GError ** error)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new ("recorder"));
  GstElement *split = new_split (options, error);

  if (split == NULL)
    return NULL;

  g_object_set_data_full (G_OBJECT (pipeline), "branches",
      g_ptr_array_new_with_free_func (gst_object_unref),
      (GDestroyNotify) g_ptr_array_unref);
  g_signal_connect (split, "pad-added", G_CALLBACK (on_split_pad), last_frame);
  gst_bin_add (GST_BIN (pipeline), split);
  if (options->location != NULL ? !add_rtsp (pipeline, options, error) :
      !add_encoded (pipeline, options, error))
    return NULL;

  return g_steal_pointer (&pipeline);
}

static gboolean
send_eos (GstElement * branch, GstPad * pad, gpointer user_data)
{
  gst_pad_send_event (pad, gst_event_new_eos ());

  return TRUE;
}

/* A camera at the network is gone, or is left: its branches are told so in its
 * place, behind what they still hold. Splitmuxsink makes one stream wait for the
 * other, so any of this may have to wait. */
static void
end_in_thread (GstElement * pipeline, gpointer user_data)
{
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GPtrArray *branches = g_object_get_data (G_OBJECT (pipeline), "branches");
  guint i;

  if (branches->len == 0) {
    gst_element_send_event (source, gst_event_new_eos ());
    return;
  }

  gst_element_set_locked_state (source, TRUE);
  gst_element_set_state (source, GST_STATE_NULL);
  for (i = 0; i < branches->len; i++)
    gst_element_foreach_sink_pad (g_ptr_array_index (branches, i), send_eos,
        NULL);
}

void
camera_end (GstElement * pipeline)
{
  gst_element_call_async (pipeline, end_in_thread, NULL, NULL);
}
