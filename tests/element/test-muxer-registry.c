/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* No muxer is forgotten: what GStreamer's own plugins have stands in
 * muxer-table.c, with a row, or among the exceptions, which are then fed with
 * every stream there is to show that they write nothing. An encoder counts as
 * a muxer if it asks whether it may seek. */

#include "muxer-feed.h"
#include "muxer-table.h"

#include "fixture.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE (30 * GST_SECOND)
#define ATTEMPT_KIB 100

/* ---- the registry ---- */

/* Those that this project answers for. */
static gboolean
is_ours (GstElementFactory * factory)
{
  static const gchar *const sources[] = { "gst-plugins-base",
    "gst-plugins-good", "gst-plugins-bad", "gst-plugins-ugly", "gst-libav",
    NULL
  };
  g_autoptr (GstPlugin) plugin =
      gst_plugin_feature_get_plugin (GST_PLUGIN_FEATURE (factory));

  return plugin != NULL
      && g_strv_contains (sources, gst_plugin_get_source (plugin));
}

/* Our factories of which a word of the klass is @word. (transfer full) */
static GList *
list_factories (const gchar * word)
{
  GList *all = gst_registry_get_feature_list (gst_registry_get (),
      GST_TYPE_ELEMENT_FACTORY);
  GList *found = NULL, *i;

  for (i = all; i != NULL; i = i->next) {
    const gchar *klass = gst_element_factory_get_metadata (i->data,
        GST_ELEMENT_METADATA_KLASS);
    g_auto (GStrv) words = g_strsplit (klass, "/", -1);

    if (g_strv_contains ((const gchar * const *) words, word)
        && is_ours (i->data))
      found = g_list_prepend (found, gst_object_ref (i->data));
  }
  gst_plugin_feature_list_free (all);

  return found;
}

static gboolean
has_row (const gchar * element)
{
  guint i;

  for (i = 0; muxer_rows[i].muxer != NULL; i++) {
    g_autofree gchar *name = muxer_row_get_element (&muxer_rows[i]);

    if (g_str_equal (name, element))
      return TRUE;
  }

  return FALSE;
}

/* Has a test of its own: it takes the sink, not a link to it. */
static gboolean
takes_sinks (const gchar * element)
{
  return g_str_equal (element, "splitmuxsink");
}

/* How many of @word are neither in the table nor an exception. */
static guint
count_forgotten (const gchar * word)
{
  GList *factories = list_factories (word), *i;
  guint n = 0;

  for (i = factories; i != NULL; i = i->next) {
    const gchar *name = GST_OBJECT_NAME (i->data);

    if (has_row (name) || takes_sinks (name)
        || g_strv_contains (muxer_exceptions, name))
      continue;
    g_test_message ("%s is not in muxer-table.c", name);
    n++;
  }
  gst_plugin_feature_list_free (factories);

  return n;
}

/* What is wrong was said; the other tests are run all the same. */
static void
expect_none (guint n)
{
  if (n > 0)
    g_test_fail ();
}

static void
test_none_forgotten (void)
{
  expect_none (count_forgotten ("Muxer") + count_forgotten ("Formatter"));
}

/* ---- attempts ---- */

/* The end, or an error. */
static void
play (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, PATIENCE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static gboolean
takes (GstElementFactory * factory, GstCaps * caps)
{
  const GList *i = gst_element_factory_get_static_pad_templates (factory);

  for (; i != NULL; i = i->next) {
    GstStaticPadTemplate *template = i->data;
    g_autoptr (GstCaps) its_caps = gst_static_caps_get
        (&template->static_caps);

    if (template->direction == GST_PAD_SINK
        && gst_caps_can_intersect (its_caps, caps))
      return TRUE;
  }

  return FALSE;
}

/* The bytes that @element writes of @stream. */
static gsize
attempt (const gchar * element, const gchar * stream)
{
  g_autofree gchar *streams = muxer_feed_describe (stream,
      muxer_feed_get_duration (stream, ATTEMPT_KIB * KIB), "muxer");
  g_autofree gchar *description = g_strdup_printf ("%s name=muxer"
      " ! filesink async=false location=attempt %s", element, streams);
  g_autoptr (GstElement) pipeline = gst_parse_launch_full (description, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, NULL);
  GStatBuf info;

  if (pipeline == NULL)
    return 0;

  play (pipeline);
  if (g_stat ("attempt", &info) < 0)
    return 0;

  return info.st_size;
}

/* Some write files of their own, beside what they hand on. */
static void
clear_directory (const gchar * path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree gchar *file = g_build_filename (path, name, NULL);

    if (g_file_test (file, G_FILE_TEST_IS_DIR))
      clear_directory (file);
    g_remove (file);
  }
}

/* How many streams it writes. */
static guint
try_all_streams (GstElementFactory * factory)
{
  const gchar *const *streams = muxer_feed_get_names ();
  guint i, n = 0;

  for (i = 0; streams[i] != NULL; i++) {
    if (!muxer_feed_is_available (streams[i])
        || !takes (factory, muxer_feed_get_caps (streams[i])))
      continue;
    g_test_message ("%s is fed with %s", GST_OBJECT_NAME (factory),
        streams[i]);
    if (attempt (GST_OBJECT_NAME (factory), streams[i]) == 0)
      continue;
    g_test_message ("and writes it: it needs a row in muxer-table.c");
    n++;
  }

  return n;
}

/* Where the process that tries them has come to, for the one that waits. */
#define PROGRESS "MUXER_PROGRESS"
#define FIRST "MUXER_FIRST"

static guint
read_number (const gchar * text)
{
  return text != NULL ? atoi (text) : 0;
}

static void
note_progress (guint i)
{
  g_autofree gchar *text = g_strdup_printf ("%u", i);

  g_assert_true (g_file_set_contents (g_getenv (PROGRESS), text, -1, NULL));
}

/* In a process of its own. */
static void
try_exceptions (void)
{
  g_autofree gchar *directory = g_dir_make_tmp ("icesink-muxers-XXXXXX",
      NULL);
  guint i, n = 0;

  g_assert_cmpint (g_chdir (directory), ==, 0);
  for (i = read_number (g_getenv (FIRST)); muxer_exceptions[i] != NULL; i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (muxer_exceptions[i]);

    note_progress (i);
    g_assert_false (has_row (muxer_exceptions[i]));
    if (factory != NULL)
      n += try_all_streams (factory);
    clear_directory (directory);
  }
  note_progress (i);
  g_assert_cmpint (g_chdir ("/"), ==, 0);
  g_rmdir (directory);
  expect_none (n);
}

/* Some crash on what they are fed with, with filesink, and nothing of icesink is
 * in it: then it begins again behind that one. */
static gboolean
go_on_behind_crash (const gchar * progress)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *next = NULL;
  guint i;

  g_assert_true (g_file_get_contents (progress, &text, NULL, NULL));
  i = read_number (text);
  if (muxer_exceptions[i] == NULL)
    return FALSE;

  g_test_message ("%s crashes with filesink", muxer_exceptions[i]);
  next = g_strdup_printf ("%u", i + 1);
  g_setenv (FIRST, next, TRUE);

  return TRUE;
}

static void
test_exceptions (void)
{
  g_autofree gchar *progress = NULL;
  gint file;

  if (g_test_subprocess ()) {
    try_exceptions ();
    return;
  }

  file = g_file_open_tmp ("icesink-muxers-XXXXXX", &progress, NULL);
  g_setenv (PROGRESS, progress, TRUE);
  do
    g_test_trap_subprocess (NULL, 0, 0);
  while (!g_test_trap_has_passed () && go_on_behind_crash (progress));
  close (file);
  g_remove (progress);
  g_test_trap_assert_passed ();
}

/* ---- encoders ---- */

static GstPadProbeReturn
on_query (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  gboolean *asked = user_data;

  if (GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info)) == GST_QUERY_SEEKING)
    *asked = TRUE;

  return GST_PAD_PROBE_OK;
}

static void
watch (GstElement * pipeline, gboolean * asked)
{
  g_autoptr (GstElement) end = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (end, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM
      | GST_PAD_PROBE_TYPE_PUSH, on_query, asked, NULL);
}

static gboolean
asks_for_seeking (GstElementFactory * factory)
{
  const gchar *klass = gst_element_factory_get_metadata (factory,
      GST_ELEMENT_METADATA_KLASS);
  const gchar *source = strstr (klass, "Audio") != NULL
      ? "audiotestsrc num-buffers=2 ! audioconvert ! audioresample"
      : "videotestsrc num-buffers=2 ! video/x-raw,width=64,height=64"
      " ! videoconvert ! videoscale ! videorate";
  g_autofree gchar *description = g_strdup_printf ("%s ! %s ! fakesink"
      " name=end", source, GST_OBJECT_NAME (factory));
  g_autoptr (GstElement) pipeline = gst_parse_launch_full (description, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, NULL);
  gboolean asked = FALSE;

  if (pipeline == NULL)
    return FALSE;

  watch (pipeline, &asked);
  play (pipeline);

  return asked;
}

/* Those of networks wait for a peer. */
static gboolean
is_for_networks (GstElementFactory * factory)
{
  return strstr (gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_KLASS), "Network") != NULL;
}

static void
test_encoders (void)
{
  GList *factories = list_factories ("Encoder"), *i;
  guint asking = 0, forgotten = 0;

  for (i = factories; i != NULL; i = i->next) {
    const gchar *name = GST_OBJECT_NAME (i->data);

    if (is_for_networks (i->data) || !asks_for_seeking (i->data))
      continue;
    asking++;
    if (has_row (name))
      continue;
    g_test_message ("%s asks for seeking: it needs a row in muxer-table.c",
        name);
    forgotten++;
  }
  gst_plugin_feature_list_free (factories);
  expect_none (forgotten);
  if (asking == 0)
    g_test_skip ("no encoder here asks for seeking");
}

int
main (int argc, char **argv)
{
  muxer_feed_let_leak ();
  fixture_init (&argc, &argv);
  muxer_feed_register ();
  /* What elements of others complain about is not tested here. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR);

  g_test_add_func ("/icesink/muxers/has-none-forgotten", test_none_forgotten);
  g_test_add_func ("/icesink/muxers/has-no-exception-that-could-be-fed",
      test_exceptions);
  g_test_add_func ("/icesink/muxers/has-no-encoder-forgotten", test_encoders);

  return g_test_run ();
}
