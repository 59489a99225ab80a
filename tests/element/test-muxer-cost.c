/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What rewrites cost, with icesink's own settings: at most two bytes in a
 * hundred are sent twice, and who never goes back has nothing held back but
 * the head. */

#include "muxer-feed.h"
#include "muxer-twin.h"

/* Five minutes at 4 Mbit/s. */
#define FIVE_MINUTES_KIB (300 * 4000 / 8 * 1000 / 1024)

#define DEFAULTS "part-size=4194304 head-size=1048576" \
  " max-part-duration=10000000000"

static const MuxerRow long_rows[] = {
  {"matroskamux", "h264 aac", NULL, DEFAULTS},
  {"mp4mux", "h264 aac", NULL, DEFAULTS},
  {"mp4mux reserved-max-duration=3600000000000"
        " reserved-moov-update-period=1000000000", "h264 aac", "robust",
      DEFAULTS},
};

static void
test_five_minutes (gconstpointer data)
{
  const MuxerRow *row = data;
  g_autoptr (MuxerTwin) twin = muxer_twin_new (row, FIVE_MINUTES_KIB);
  guint64 sent, size;

  if (twin == NULL)
    return;

  muxer_twin_run (twin);
  sent = muxer_twin_get_sent (twin);
  size = muxer_twin_get_size (twin);
  g_test_message ("%" G_GUINT64_FORMAT " bytes of object, %d rewinds, %"
      G_GUINT64_FORMAT " bytes sent: %.4f times as much", size,
      g_atomic_int_get (&twin->rewinds), sent, sent / (gdouble) size);
  g_assert_cmpuint (sent, >=, size);
  g_assert_cmpuint (sent, <=, size + size / 50);
}

/* ---- what is held back ---- */

/**
 * Dam:
 * @limit: after so many bytes the stream is held up
 * @is_full: atomic: it is
 */
typedef struct
{
  gsize limit;
  gsize passed;
  gint is_full;
} Dam;

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Dam *dam = user_data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    dam->passed += gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));
  else if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST)
    dam->passed +=
        gst_buffer_list_calculate_size (GST_PAD_PROBE_INFO_BUFFER_LIST (info));
  if (dam->passed < dam->limit)
    return GST_PAD_PROBE_PASS;

  g_atomic_int_set (&dam->is_full, TRUE);

  return GST_PAD_PROBE_OK;
}

/* The pad, and the probe that holds the stream up there. (transfer full) */
static GstPad *
build_dam (MuxerTwin * twin, Dam * dam, gulong * probe)
{
  g_autoptr (GstElement) tee =
      gst_bin_get_by_name (GST_BIN (twin->fixture->pipeline), "tee");
  GstPad *pad = gst_element_get_static_pad (tee, "sink");

  *probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK
      | GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_buffer,
      dam, NULL);

  return pad;
}

static guint64
get_held (MuxerTwin * twin)
{
  return fixture_get_stat (twin->fixture, "bytes-written")
      - fixture_get_stat (twin->fixture, "bytes-uploaded");
}

#define HEAD (200 * KIB)
#define PART (100 * KIB)
#define PASSED (3 * MIB)

/* A muxer that only appends has got so far: everything is at the service but
 * the head and the part that is not full, at most twice as large by then; and
 * that was three times as much as there is memory. */
static void
test_holds_back_the_head (gconstpointer data)
{
  const MuxerRow *row = data;
  g_autoptr (MuxerTwin) twin = muxer_twin_new (row, 4096);
  g_autoptr (GstPad) pad = NULL;
  Dam dam = {.limit = PASSED };
  gulong probe;

  if (twin == NULL)
    return;

  fixture_set (twin->fixture, "head-size=204800 max-memory=1048576");
  pad = build_dam (twin, &dam, &probe);
  muxer_twin_start (twin);
  fixture_wait_for (twin->fixture, g_atomic_int_get (&dam.is_full)
      && get_held (twin) <= HEAD + 2 * PART);
  g_assert_cmpuint (get_held (twin), >=, HEAD);
  g_assert_cmpint (g_atomic_int_get (&twin->rewinds), ==, 0);

  gst_pad_remove_probe (pad, probe);
  muxer_twin_finish (twin);
}

static const MuxerRow appending_rows[] = {
  {"mpegtsmux", "h264-bytes aac"},
  {"matroskamux streamable=true", "jpeg", "streamable"},
  {"mp4mux fragment-duration=500 streamable=true", "h264 aac", "fragments"},
  {"flacenc", "pcm"},
};

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  muxer_feed_register ();

  for (i = 0; i < G_N_ELEMENTS (long_rows); i++) {
    g_autofree gchar *name = muxer_row_get_name (&long_rows[i]);
    g_autofree gchar *path = g_strconcat ("/icesink/muxers/sends-little-"
        "twice-for-", name, NULL);

    g_test_add_data_func (path, &long_rows[i], test_five_minutes);
  }
  for (i = 0; i < G_N_ELEMENTS (appending_rows); i++) {
    g_autofree gchar *name = muxer_row_get_name (&appending_rows[i]);
    g_autofree gchar *path = g_strconcat ("/icesink/muxers/holds-back-the-"
        "head-alone-for-", name, NULL);

    g_test_add_data_func (path, &appending_rows[i], test_holds_back_the_head);
  }

  return g_test_run ();
}
