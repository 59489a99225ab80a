/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The twin; see the header.
 *
 * Runs on: the test's thread, but for the probe, which the streaming thread
 * runs.
 *
 * filesink plays from start to end whatever the pipeline does, and does not
 * count as a sink: the one streaming thread must get on to icesink, and the EOS
 * is icesink's. Nor may it answer for icesink whether the muxer may seek. */

#include "muxer-twin.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "muxer-feed.h"

/* A dozen of the smallest parts. */
#define DEFAULT_KIB 1250

#define PROBED (GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM \
    | GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH)

#define PATIENCE (120 * GST_SECOND)

/* ---- what the muxer does ---- */

static void
note_segment (MuxerTwin * twin, GstEvent * event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (segment->format != GST_FORMAT_BYTES)
    return;

  if (segment->start < twin->size)
    g_atomic_int_inc (&twin->rewinds);
  twin->position = segment->start;
}

static void
note_bytes (MuxerTwin * twin, gsize size)
{
  twin->position += size;
  twin->size = MAX (twin->size, twin->position);
  g_atomic_pointer_add (&twin->written, size);
}

static void
note_list (MuxerTwin * twin, GstBufferList * list)
{
  guint i;

  for (i = 0; i < gst_buffer_list_length (list); i++)
    note_bytes (twin, gst_buffer_get_size (gst_buffer_list_get (list, i)));
}

static GstPadProbeReturn
answer_query (MuxerTwin * twin, GstQuery * query)
{
  g_autoptr (GstPad) pad = NULL;

  if (GST_QUERY_TYPE (query) != GST_QUERY_SEEKING)
    return GST_PAD_PROBE_OK;

  pad = gst_element_get_static_pad (twin->fixture->sink, "sink");

  return gst_pad_query (pad, query) ? GST_PAD_PROBE_HANDLED
      : GST_PAD_PROBE_DROP;
}

static void
note_item (MuxerTwin * twin, GstPadProbeInfo * info)
{
  GstPadProbeType type = GST_PAD_PROBE_INFO_TYPE (info);

  if (type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_SEGMENT)
      note_segment (twin, GST_PAD_PROBE_INFO_EVENT (info));
  } else if (type & GST_PAD_PROBE_TYPE_BUFFER) {
    note_bytes (twin, gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info)));
  } else {
    note_list (twin, GST_PAD_PROBE_INFO_BUFFER_LIST (info));
  }
}

static GstPadProbeReturn
on_item (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  MuxerTwin *twin = user_data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM)
    return answer_query (twin, GST_PAD_PROBE_INFO_QUERY (info));
  note_item (twin, info);

  return GST_PAD_PROBE_OK;
}

/* ---- making and freeing ---- */

static gboolean
skip (const gchar * what, const gchar * name)
{
  g_autofree gchar *text = g_strdup_printf ("there is no %s %s", what, name);

  g_test_skip (text);

  return FALSE;
}

/* By itself, with filesink, in another process. */
static gboolean
breaks_alone (const MuxerRow * row)
{
  if (g_test_subprocess ()) {
    muxer_get_ending_alone (row, row->kib, TRUE);
    exit (0);
  }
  g_test_trap_subprocess (NULL, 0, 0);

  return !g_test_trap_has_passed ();
}

static gboolean
is_possible (const MuxerRow * row)
{
  g_autofree gchar *element = muxer_row_get_element (row);
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (element);
  g_auto (GStrv) streams = g_strsplit (row->streams, " ", -1);
  guint i;

  if (factory == NULL)
    return skip ("element", element);
  for (i = 0; streams[i] != NULL; i++) {
    if (!muxer_feed_is_available (streams[i]))
      return skip ("stream of", streams[i]);
  }
  if ((row->flags & MUXER_BREAKS) && breaks_alone (row)) {
    g_test_skip ("the muxer breaks with filesink too");
    return FALSE;
  }

  return TRUE;
}

static void
set_up_filesink (MuxerTwin * twin)
{
  GstElement *bin;

  twin->filesink =
      gst_bin_get_by_name (GST_BIN (twin->fixture->pipeline), "file");
  gst_element_set_locked_state (twin->filesink, TRUE);
  GST_OBJECT_FLAG_UNSET (twin->filesink, GST_ELEMENT_FLAG_SINK);
  bin = GST_ELEMENT_PARENT (twin->filesink);
  GST_OBJECT_FLAG_UNSET (bin, GST_ELEMENT_FLAG_SINK);
}

static void
watch_tee (MuxerTwin * twin)
{
  g_autoptr (GstElement) tee =
      gst_bin_get_by_name (GST_BIN (twin->fixture->pipeline), "tee");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (tee, "sink");

  gst_pad_add_probe (pad, PROBED, on_item, twin, NULL);
}

static void
launch (MuxerTwin * twin, const MuxerRow * row, guint kib)
{
  GstClockTime duration = muxer_feed_get_duration (row->streams, kib * KIB);
  g_autofree gchar *streams =
      muxer_feed_describe (row->streams, duration, "muxer");
  g_autofree gchar *description = g_strdup_printf ("%s name=muxer ! tee"
      " name=tee ! filesink name=file async=false buffer-mode=unbuffered"
      " location=%s tee. ! identity silent=true %s", row->muxer, twin->path,
      streams);

  fixture_launch (twin->fixture, description);
}

MuxerTwin *
muxer_twin_new (const MuxerRow * row, guint kib)
{
  g_autoptr (GError) error = NULL;
  MuxerTwin *twin;

  if (!is_possible (row))
    return NULL;

  twin = g_new0 (MuxerTwin, 1);
  twin->directory = g_dir_make_tmp ("icesink-muxers-XXXXXX", &error);
  g_assert_no_error (error);
  twin->path = g_build_filename (twin->directory, "file", NULL);
  twin->fixture = fixture_new (NULL);
  fixture_set (twin->fixture, "head-size=102400");
  fixture_set (twin->fixture, row->settings);
  launch (twin, row, kib > 0 ? kib : DEFAULT_KIB);
  set_up_filesink (twin);
  watch_tee (twin);

  return twin;
}

void
muxer_twin_free (MuxerTwin * twin)
{
  fixture_set_state (twin->fixture, GST_STATE_NULL);
  gst_element_set_state (twin->filesink, GST_STATE_NULL);
  g_clear_object (&twin->filesink);
  fixture_free (twin->fixture);
  g_remove (twin->path);
  g_rmdir (twin->directory);
  g_free (twin->path);
  g_free (twin->directory);
  g_free (twin);
}

/* ---- running ---- */

void
muxer_twin_start (MuxerTwin * twin)
{
  gst_element_set_state (twin->filesink, GST_STATE_PLAYING);
  fixture_set_state (twin->fixture, GST_STATE_PLAYING);
}

static gboolean
has_ended (MuxerTwin * twin)
{
  return fixture_find_message (twin->fixture, GST_MESSAGE_EOS) >= 0
      || fixture_find_message (twin->fixture, GST_MESSAGE_ERROR) >= 0;
}

/* Patience begins anew whenever something has arrived. */
gboolean
muxer_twin_wait (MuxerTwin * twin)
{
  Fixture *f = twin->fixture;

  while (!has_ended (twin)) {
    guint64 uploaded = fixture_get_stat (f, "bytes-uploaded");

    fixture_wait_for (f, has_ended (twin)
        || fixture_get_stat (f, "bytes-uploaded") != uploaded);
  }

  return fixture_find_message (f, GST_MESSAGE_EOS) >= 0;
}

gchar *
muxer_twin_get_error (MuxerTwin * twin)
{
  gint i = fixture_find_message (twin->fixture, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (i < 0)
    return NULL;

  gst_message_parse_error (g_ptr_array_index (twin->fixture->messages, i),
      &error, NULL);

  return g_strdup (error->message);
}

void
muxer_twin_finish (MuxerTwin * twin)
{
  muxer_twin_wait (twin);
  fixture_wait_message (twin->fixture, GST_MESSAGE_EOS);
  muxer_twin_compare (twin);
}

void
muxer_twin_compare (MuxerTwin * twin)
{
  fixture_assert_object_is_file (twin->fixture, twin->path);
}

void
muxer_twin_run (MuxerTwin * twin)
{
  muxer_twin_start (twin);
  muxer_twin_finish (twin);
}

guint64
muxer_twin_get_sent (MuxerTwin * twin)
{
  g_autoptr (GPtrArray) records =
      fixture_get_records (twin->fixture, ICE_EMULATOR_ANY, 0);
  guint64 sent = 0;
  guint i;

  for (i = 0; i < records->len; i++) {
    const IceEmulatorRecord *record = g_ptr_array_index (records, i);

    if (record->operation == ICE_EMULATOR_PART
        || record->operation == ICE_EMULATOR_PUT)
      sent += record->body_bytes;
  }

  return sent;
}

guint64
muxer_twin_get_size (MuxerTwin * twin)
{
  GStatBuf info;

  g_assert_cmpint (g_stat (twin->path, &info), ==, 0);

  return info.st_size;
}

/* ---- the muxer alone ---- */

static GstPadProbeReturn
on_item_alone (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  MuxerTwin *alone = user_data;
  GstQuery *query;

  if (!(GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM)) {
    note_item (alone, info);
    return GST_PAD_PROBE_OK;
  }

  query = GST_PAD_PROBE_INFO_QUERY (info);
  if (GST_QUERY_TYPE (query) != GST_QUERY_SEEKING)
    return GST_PAD_PROBE_OK;
  gst_query_set_seeking (query, GST_FORMAT_BYTES, alone->seekable, 0, -1);

  return GST_PAD_PROBE_HANDLED;
}

/* FALSE if it ends in an error, or never. */
static gboolean
play_alone (GstElement * pipeline, MuxerTwin * alone)
{
  g_autoptr (GstElement) file =
      gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (file, "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_pad_add_probe (pad, PROBED, on_item_alone, alone, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, PATIENCE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
}

const gchar *
muxer_get_ending_alone (const MuxerRow * row, guint kib, gboolean seekable)
{
  GstClockTime duration = muxer_feed_get_duration (row->streams,
      (kib > 0 ? kib : DEFAULT_KIB) * KIB);
  g_autofree gchar *streams =
      muxer_feed_describe (row->streams, duration, "muxer");
  g_autofree gchar *description = g_strdup_printf ("%s name=muxer"
      " ! filesink name=file async=false location=/dev/null %s", row->muxer,
      streams);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  MuxerTwin alone = { .seekable = seekable };

  g_assert_no_error (error);
  if (!play_alone (pipeline, &alone))
    return "refuses";

  return alone.rewinds > 0 ? "insists" : "streams";
}
