/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What real muxers write to a file, they write to an object, byte for byte,
 * whatever they rewrite. One muxer feeds filesink and icesink through a tee, so
 * both get the same seeks. */

#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define VIDEO "videotestsrc num-buffers=240 pattern=snow" \
  " ! video/x-raw,width=160,height=120,framerate=30/1 ! "
#define AUDIO "audiotestsrc num-buffers=345" \
  " ! audio/x-raw,rate=44100,channels=2 ! audioconvert ! "
#define H264 VIDEO "x264enc tune=zerolatency speed-preset=ultrafast" \
  " key-int-max=30 bitrate=4000 ! h264parse ! queue"
#define AAC AUDIO "avenc_aac ! aacparse ! queue"
#define JPEG VIDEO "jpegenc quality=95 ! queue"

/**
 * MuxerCase:
 * @elements: that it needs, separated by blanks
 * @description: a pipeline without an end
 * @settings: of the sink, or NULL
 */
typedef struct
{
  const gchar *name;
  const gchar *elements;
  const gchar *description;
  const gchar *settings;
} MuxerCase;

#define NEEDS_MP4 "x264enc h264parse avenc_aac aacparse mp4mux qtmux"
#define SMALL_HEAD "head-size=102400"

static const MuxerCase muxer_cases[] = {
  {"mp4mux", NEEDS_MP4,
        H264 " ! mp4mux name=m " AAC " ! m. m.", NULL},
  {"mp4mux-with-a-small-head", NEEDS_MP4,
        H264 " ! mp4mux name=m " AAC " ! m. m.", SMALL_HEAD},
  {"mp4mux-of-video-alone", NEEDS_MP4,
        H264 " ! mp4mux", SMALL_HEAD},
  {"mp4mux-with-faststart", NEEDS_MP4,
        H264 " ! mp4mux name=m faststart=true " AAC " ! m. m.", SMALL_HEAD},
  {"mp4mux-with-fragments", NEEDS_MP4,
        H264 " ! mp4mux name=m fragment-duration=500 " AAC " ! m. m.",
        SMALL_HEAD},
  {"mp4mux-with-streamable-fragments", NEEDS_MP4,
        H264 " ! mp4mux name=m fragment-duration=500 streamable=true " AAC
        " ! m. m.", SMALL_HEAD},
  {"mp4mux-with-first-moov-then-finalise", NEEDS_MP4,
        H264 " ! mp4mux name=m fragment-duration=500"
        " fragment-mode=first-moov-then-finalise " AAC " ! m. m.", NULL},
  {"qtmux", NEEDS_MP4,
        H264 " ! qtmux name=m " AAC " ! m. m.", SMALL_HEAD},
  {"qtmux-with-robust-recording", NEEDS_MP4,
        H264 " ! qtmux name=m reserved-max-duration=60000000000"
        " reserved-moov-update-period=500000000 " AAC " ! m. m.", NULL},
  {"qtmux-with-robust-recording-and-a-small-head", NEEDS_MP4,
        H264 " ! qtmux name=m reserved-max-duration=600000000000"
        " reserved-bytes-per-sec=2000"
        " reserved-moov-update-period=200000000 " AAC " ! m. m.",
        SMALL_HEAD},
  {"matroskamux", "jpegenc vorbisenc matroskamux",
        JPEG " ! matroskamux name=m " AUDIO "vorbisenc ! queue ! m. m.",
        NULL},
  {"matroskamux-with-a-small-head", "jpegenc vorbisenc matroskamux",
        JPEG " ! matroskamux name=m " AUDIO "vorbisenc ! queue ! m. m.",
        SMALL_HEAD},
  {"matroskamux-with-short-clusters", "jpegenc matroskamux",
        JPEG " ! matroskamux max-cluster-duration=1000000000"
        " min-cluster-duration=200000000", SMALL_HEAD},
  {"matroskamux-streamable", "jpegenc matroskamux",
        JPEG " ! matroskamux streamable=true", "seekable=no"},
  {"webmmux", "vp8enc vorbisenc webmmux",
        VIDEO "vp8enc deadline=1 target-bitrate=4000000 ! queue"
        " ! webmmux name=m " AUDIO "vorbisenc ! queue ! m. m.", SMALL_HEAD},
  {"flvmux", NEEDS_MP4 " flvmux",
        H264 " ! flvmux name=m " AAC " ! m. m.", SMALL_HEAD},
  {"flvmux-streamable", NEEDS_MP4 " flvmux",
        H264 " ! flvmux name=m streamable=true " AAC " ! m. m.",
        "seekable=no"},
  {"avimux", "jpegenc avimux",
        JPEG " ! avimux name=m " AUDIO "audio/x-raw,format=S16LE ! queue"
        " ! m. m.", SMALL_HEAD},
  {"wavenc", "wavenc",
        AUDIO "audio/x-raw,format=S16LE ! wavenc", SMALL_HEAD},
  {"flacenc", "flacenc",
        "audiotestsrc num-buffers=1000 wave=white-noise ! audioconvert"
        " ! flacenc", SMALL_HEAD},
  {"mpegtsmux", NEEDS_MP4 " mpegtsmux",
        H264 " ! mpegtsmux name=m " AAC " ! m. m.", NULL},
  {"oggmux", "theoraenc vorbisenc oggmux",
        VIDEO "theoraenc quality=63 ! queue ! oggmux name=m " AUDIO
        "vorbisenc ! queue ! m. m.", NULL},
};

/* FALSE, with the test skipped, if an element is not installed. */
static gboolean
has_elements (const gchar * names)
{
  g_auto (GStrv) words = g_strsplit (names, " ", -1);
  guint i;

  for (i = 0; words[i] != NULL; i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find
        (words[i]);
    g_autofree gchar *text = g_strconcat ("there is no ", words[i], NULL);

    if (factory == NULL) {
      g_test_skip (text);
      return FALSE;
    }
  }

  return TRUE;
}

static gchar *
make_path (gchar ** directory)
{
  g_autoptr (GError) error = NULL;

  *directory = g_dir_make_tmp ("icesink-muxers-XXXXXX", &error);
  g_assert_no_error (error);

  return g_build_filename (*directory, "file", NULL);
}

static void
test_muxer (gconstpointer data)
{
  const MuxerCase *c = data;
  g_autoptr (Fixture) f = NULL;
  g_autofree gchar *directory = NULL, *path = NULL, *description = NULL;

  if (!has_elements (c->elements))
    return;

  f = fixture_new (NULL);
  path = make_path (&directory);
  description = g_strdup_printf ("%s ! tee name=t ! queue ! filesink"
      " location=%s t. ! queue", c->description, path);
  fixture_set (f, "head-size=1048576");
  fixture_set (f, c->settings);
  fixture_launch (f, description);
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_wait_message (f, GST_MESSAGE_EOS);
  fixture_assert_object_is_file (f, path);
  g_assert_cmpuint (fixture_get_stat (f, "parts-uploaded"), >=, 10);
  fixture_set_state (f, GST_STATE_NULL);

  g_remove (path);
  g_rmdir (directory);
}

/* ---- splitmuxsink ---- */

/* Every fragment is an upload of its own, under the id that it is told. */
static void
test_splitmuxsink (void)
{
  g_autoptr (IceEmulator) emulator = NULL;
  g_autoptr (GstElement) pipeline = NULL, split = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  GstElement *sink;
  guint i;

  if (!has_elements (NEEDS_MP4 " splitmuxsink"))
    return;

  emulator = fixture_new_emulator (NULL);
  pipeline = gst_object_ref_sink (gst_parse_launch (H264
          " ! splitmuxsink name=split location=part-%02d"
          " max-size-time=2000000000", &error));
  g_assert_no_error (error);
  sink = gst_element_factory_make ("icesink", NULL);
  g_object_set (sink, "ice-endpoint", ice_emulator_get_uri (emulator),
      "access-key-id", FIXTURE_KEY_ID, "access-key-secret",
      FIXTURE_KEY_SECRET, NULL);
  split = gst_bin_get_by_name (GST_BIN (pipeline), "split");
  g_object_set (split, "sink", sink, NULL);

  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  for (i = 0; i < 4; i++) {
    g_autofree gchar *media_id = g_strdup_printf ("part-%02u", i);
    guint64 size = 0;

    g_assert_true (ice_emulator_get_object_info (emulator, media_id, NULL,
            &size, NULL));
    g_assert_cmpuint (size, >, 10000);
  }
  g_assert_cmpuint (ice_emulator_count_open_uploads (emulator), ==, 0);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);

  for (i = 0; i < G_N_ELEMENTS (muxer_cases); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/muxers/serves-",
        muxer_cases[i].name, NULL);

    g_test_add_data_func (path, &muxer_cases[i], test_muxer);
  }
  g_test_add_func ("/icesink/muxers/serves-splitmuxsink", test_splitmuxsink);

  return g_test_run ();
}
