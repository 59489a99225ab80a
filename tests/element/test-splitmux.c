/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* splitmuxsink with icesink in it: each fragment an upload of its own, to a
 * media id that the application chooses when the fragment begins.
 *
 * A second splitmuxsink gets the same stream and writes files, which the
 * objects have to equal.
 *
 * Threads: format-location-full and sink-added are emitted on the streaming
 * thread, or where GStreamer finalizes fragments. */

#include "fixture.h"

#include <string.h>
#include <glib/gstdio.h>

#define FRAGMENTS 4

/* Every second is a fragment. */
#define SOURCE "videotestsrc num-buffers=120 pattern=snow" \
  " ! video/x-raw,width=160,height=120,framerate=30/1" \
  " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30" \
  " bitrate=%u ! h264parse ! tee name=both" \
  " both. ! queue ! splitmuxsink name=split max-size-time=%u %s" \
  " both. ! queue ! splitmuxsink name=twin max-size-time=%u %s"

/**
 * Show:
 * @emulator: (owned)
 * @pipeline: (owned)
 * @directory: (owned): of the files of the twin
 */
typedef struct
{
  IceEmulator *emulator;
  GstElement *pipeline;
  gchar *directory;
} Show;

typedef struct
{
  const gchar *name;
  const gchar *settings;        /* of both splitmuxsinks */
  gboolean plain;               /* with the property `sink` */
  gboolean uri;                 /* locations are URIs */
  guint bitrate;                /* kbit/s */
} Case;

#define ASYNC "async-finalize=true"

/* Each mpegtsmux writes the same. */
#define ASYNC_TS ASYNC " muxer-factory=mpegtsmux"

static const Case cases[] = {
  {"a-factory", ASYNC_TS, FALSE, FALSE, 400},
  {"a-factory-and-uris", ASYNC_TS, FALSE, TRUE, 400},
  {"a-factory-and-multipart-uploads", ASYNC_TS, FALSE, FALSE, 8000},
  {"a-sink", "muxer=mpegtsmux", TRUE, FALSE, 400},
  {"a-sink-and-multipart-uploads", "muxer=mpegtsmux", TRUE, TRUE, 8000},
};

static gboolean
has_elements (void)
{
  static const gchar *const names[] =
      { "videotestsrc", "x264enc", "h264parse", "splitmuxsink", "mpegtsmux",
    "mp4mux"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (names[i]);

    if (factory == NULL) {
      g_test_skip (names[i]);
      return FALSE;
    }
  }

  return TRUE;
}

static gchar *
on_format_location (GstElement * split, guint fragment, GstSample * sample,
    gpointer user_data)
{
  const Case *c = user_data;

  g_assert_nonnull (sample);
  if (c->uri)
    return g_strdup_printf ("icems://take-%02u?region=cn-beijing", fragment);

  return g_strdup_printf ("take-%02u", fragment);
}

/* What `sink-properties` would do, were it not for the secret: GStreamer logs
 * those. */
static void
set_up_sink (GstElement * split, GstElement * sink, gpointer user_data)
{
  Show *show = user_data;

  g_object_set (sink, "ice-endpoint", ice_emulator_get_uri (show->emulator),
      "access-key-id", FIXTURE_KEY_ID, "access-key-secret",
      FIXTURE_KEY_SECRET, "part-size", FIXTURE_PART_SIZE, NULL);
}

static void
set_up_split (Show * show, const Case * c)
{
  g_autoptr (GstElement) split =
      gst_bin_get_by_name (GST_BIN (show->pipeline), "split");

  g_signal_connect (split, "format-location-full",
      G_CALLBACK (on_format_location), (gpointer) c);
  g_signal_connect (split, "sink-added", G_CALLBACK (set_up_sink), show);
  if (c->plain)
    g_object_set (split, "sink", gst_element_factory_make ("icesink", NULL),
        NULL);
  else
    g_object_set (split, "sink-factory", "icesink", NULL);
}

static void
set_up_twin (Show * show)
{
  g_autoptr (GstElement) twin =
      gst_bin_get_by_name (GST_BIN (show->pipeline), "twin");
  g_autofree gchar *location =
      g_build_filename (show->directory, "take-%02d", NULL);

  g_object_set (twin, "location", location, NULL);
}

static Show *
show_new (const Case * c, const gchar * options)
{
  Show *show = g_new0 (Show, 1);
  guint second = GST_SECOND;
  g_autofree gchar *launch = g_strdup_printf (SOURCE, c->bitrate, second,
      c->settings, second, c->settings);
  g_autoptr (GError) error = NULL;

  show->emulator = ice_emulator_new_started (options);
  show->directory = g_dir_make_tmp ("icesink-XXXXXX", &error);
  g_assert_no_error (error);
  show->pipeline = gst_object_ref_sink (gst_parse_launch (launch, &error));
  g_assert_no_error (error);
  set_up_split (show, c);
  set_up_twin (show);

  return show;
}

static void
show_free (Show * show)
{
  g_autoptr (GDir) directory = g_dir_open (show->directory, 0, NULL);
  const gchar *name;

  gst_object_unref (show->pipeline);
  ice_emulator_free (show->emulator);
  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree gchar *path = g_build_filename (show->directory, name, NULL);

    g_unlink (path);
  }
  g_rmdir (show->directory);
  g_free (show->directory);
  g_free (show);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Show, show_free)

static void
assert_no_error_message (GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return;

  gst_message_parse_error (message, &error, &debug);
  g_error ("%s: %s (%s)", GST_MESSAGE_SRC_NAME (message), error->message,
      debug);
}

static void
play (Show * show)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (show->pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (show->pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  assert_no_error_message (message);
  gst_element_set_state (show->pipeline, GST_STATE_NULL);
}

static gchar *
get_object_path (Show * show, guint i)
{
  g_autofree gchar *media_id = g_strdup_printf ("take-%02u", i);
  gchar *path = ice_emulator_get_object_path (show->emulator, media_id);

  if (path == NULL)
    g_error ("there is no object of %s", media_id);

  return path;
}

static void
assert_fragment (Show * show, guint i)
{
  g_autofree gchar *object_path = get_object_path (show, i);
  g_autofree gchar *name = g_strdup_printf ("take-%02u", i);
  g_autofree gchar *path = g_build_filename (show->directory, name, NULL);
  g_autofree gchar *object = NULL, *file = NULL;
  gsize object_size, file_size;

  g_assert_true (g_file_get_contents (object_path, &object, &object_size,
          NULL));
  g_assert_true (g_file_get_contents (path, &file, &file_size, NULL));
  g_assert_cmpuint (file_size, >, 1000);
  g_assert_cmpuint (object_size, ==, file_size);
  g_assert_cmpint (memcmp (object, file, file_size), ==, 0);
}

/* All that there are, and none is left open. */
static void
assert_fragments (Show * show)
{
  guint i;

  for (i = 0; i < FRAGMENTS; i++)
    assert_fragment (show, i);
  g_assert_cmpuint (ice_emulator_get_generation (show->emulator), ==,
      FRAGMENTS);
  g_assert_cmpuint (ice_emulator_count_open_uploads (show->emulator), ==, 0);
}

static void
test_fragments (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (Show) show = NULL;

  if (!has_elements ())
    return;

  show = show_new (c, NULL);
  play (show);
  assert_fragments (show);
  g_assert_cmpint (ice_emulator_count (show->emulator,
          ICE_EMULATOR_COMPLETE, 200) > 0, ==, c->bitrate > 1000);
}

static gint64
get_time (Show * show, IceEmulatorOperation operation, guint n,
    gboolean end)
{
  g_autoptr (GPtrArray) records = ice_emulator_get_records (show->emulator);
  guint i;

  for (i = 0; i < records->len; i++) {
    IceEmulatorRecord *record = g_ptr_array_index (records, i);

    if (record->operation == operation && n-- == 0)
      return end ? record->end_us : record->begin_us;
  }
  g_assert_not_reached ();

  return 0;
}

/* TRUE if the second fragment began before the first one had arrived. */
static gboolean
overlap (const Case * c)
{
  g_autoptr (Show) show = show_new (c, "--fault=put:delay:seconds=2");

  play (show);
  assert_fragments (show);

  return get_time (show, ICE_EMULATOR_REFRESH, 1, FALSE)
      < get_time (show, ICE_EMULATOR_PUT, 0, TRUE);
}

static void
test_overlap (void)
{
  if (!has_elements ())
    return;

  g_assert_true (overlap (&cases[0]));
  g_assert_false (overlap (&cases[3]));
}

/* MP4, which the muxer rewrites at the end; no two of them are the same. */
static void
test_mp4 (void)
{
  static const Case c = { NULL, ASYNC, FALSE, FALSE, 4000 };
  g_autoptr (Show) show = NULL;
  guint i;

  if (!has_elements ())
    return;

  show = show_new (&c, NULL);
  play (show);
  for (i = 0; i < FRAGMENTS; i++) {
    g_autofree gchar *path = get_object_path (show, i);
    g_autofree gchar *quoted = g_shell_quote (path);
    g_autofree gchar *line = g_strconcat ("gst-discoverer-1.0 ", quoted, NULL);
    g_autofree gchar *output = NULL;

    g_assert_true (g_spawn_command_line_sync (line, &output, NULL, NULL,
            NULL));
    g_assert_nonnull (strstr (output, "Duration: 0:00:01.0"));
  }
}

/* One fragment fails: the application hears of it, the others arrive. */
static void
test_failure (void)
{
  g_autoptr (Show) show = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  if (!has_elements ())
    return;

  show = show_new (&cases[0], "--fault=put:forbidden:count=1");
  bus = gst_element_get_bus (show->pipeline);
  gst_element_set_state (show->pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  gst_element_set_state (show->pipeline, GST_STATE_NULL);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/splitmuxsink/works-with-",
        cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_fragments);
  }
  g_test_add_func ("/icesink/splitmuxsink/goes-on-while-a-fragment-is-sent",
      test_overlap);
  g_test_add_func ("/icesink/splitmuxsink/writes-mp4", test_mp4);
  g_test_add_func ("/icesink/splitmuxsink/hears-of-failures", test_failure);

  return g_test_run ();
}
