/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What real muxers write to a file, they write to an object, byte for byte,
 * whatever they rewrite. Every muxer that is installed has a row in
 * muxer-table.c, or the test shows that nothing here can feed it. */

#include "muxer-feed.h"
#include "muxer-twin.h"

#include <glib/gstdio.h>

/* ---- the table ---- */

/* A muxer that fails with filesink too can't do this here. Else it is icesink,
 * and the other rows are tried all the same. */
static void
judge_error (const MuxerRow * row, MuxerTwin * twin)
{
  g_autofree gchar *text = muxer_twin_get_error (twin);

  if (g_str_equal (muxer_get_ending_alone (row, row->kib, TRUE), "refuses"))
    g_test_skip_printf ("the muxer fails with filesink too: %s", text);
  else
    g_test_fail_printf ("it ended in an error: %s", text);
}

/* The object is what filesink wrote. If that is little, the muxer has lost the
 * rest on its own. */
static void
judge_size (MuxerTwin * twin)
{
  guint64 size = muxer_twin_get_size (twin), part_size;
  guint parts = fixture_get_stat (twin->fixture, "parts-uploaded"), least;

  g_object_get (twin->fixture->sink, "part-size", &part_size, NULL);
  least = part_size > FIXTURE_PART_SIZE ? 3 : 10;
  if (parts >= least)
    return;
  if (size < least * part_size)
    g_test_skip_printf ("the muxer writes only %" G_GUINT64_FORMAT " bytes,"
        " to a file too", size);
  else
    g_test_fail_printf ("%u parts for %" G_GUINT64_FORMAT " bytes", parts,
        size);
}

static void
run_row (const MuxerRow * row, MuxerTwin * twin)
{
  muxer_twin_start (twin);
  if (!muxer_twin_wait (twin)) {
    judge_error (row, twin);
    return;
  }

  muxer_twin_compare (twin);
  if (!(row->flags & MUXER_SMALL))
    judge_size (twin);
}

static void
test_muxer (gconstpointer data)
{
  const MuxerRow *row = data;
  g_autoptr (MuxerTwin) twin = muxer_twin_new (row, row->kib);
  g_autofree gchar *spool = NULL;

  if (twin == NULL)
    return;
  if (row->flags & MUXER_SPOOL) {
    spool = g_strconcat (twin->path, "-spool", NULL);
    g_assert_cmpint (g_mkdir (spool, 0700), ==, 0);
    g_object_set (twin->fixture->sink, "spool-directory", spool, NULL);
    run_row (row, twin);
    g_rmdir (spool);
    return;
  }
  run_row (row, twin);
}

static gboolean
has_element (const gchar * name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  return factory != NULL;
}

/* ---- splitmuxsink ---- */

#define FRAGMENTS "videotestsrc num-buffers=240 pattern=snow" \
  " ! video/x-raw,width=160,height=120,framerate=30/1" \
  " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30" \
  " bitrate=4000 ! h264parse ! queue ! splitmuxsink name=split" \
  " location=part-%02d max-size-time=2000000000"

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

  if (!muxer_feed_is_available ("h264") || !has_element ("splitmuxsink")
      || !has_element ("mp4mux")) {
    g_test_skip ("splitmuxsink or what it needs is not there");
    return;
  }

  emulator = ice_emulator_new_started (NULL);
  pipeline = gst_object_ref_sink (gst_parse_launch (FRAGMENTS, &error));
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

  muxer_feed_let_leak ();
  fixture_init (&argc, &argv);
  muxer_feed_register ();

  for (i = 0; muxer_rows[i].muxer != NULL; i++) {
    g_autofree gchar *name = muxer_row_get_name (&muxer_rows[i]);
    g_autofree gchar *path = g_strconcat ("/icesink/muxers/serves-", name,
        NULL);

    g_test_add_data_func (path, &muxer_rows[i], test_muxer);
  }
  g_test_add_func ("/icesink/muxers/serves-splitmuxsink", test_splitmuxsink);

  return g_test_run ();
}
