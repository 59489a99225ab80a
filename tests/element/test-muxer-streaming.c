/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What muxers do when icesink says that they can't rewrite, or when they
 * rewrite what it could not keep. */

#include "muxer-feed.h"
#include "muxer-twin.h"

#include <string.h>

/* A few of the smallest parts. */
#define STREAMED_KIB 400

/* ---- seekable=no ---- */

/* What was the matter, in a word. */
static const gchar *
get_ending (MuxerTwin * twin)
{
  Fixture *f = twin->fixture;
  GstMessage *message;
  g_autoptr (GError) error = NULL;

  if (muxer_twin_wait (twin))
    return "streams";

  message = g_ptr_array_index (f->messages, fixture_find_message (f,
          GST_MESSAGE_ERROR));
  gst_message_parse_error (message, &error, NULL);
  if (GST_MESSAGE_SRC (message) != GST_OBJECT (f->sink))
    return "refuses";

  return g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SEEK)
      ? "insists" : "fails";
}

/* What the table says, or, if it is not that, what the muxer does here without
 * icesink. */
static const gchar *
get_expected (const MuxerRow * row, const gchar * ending)
{
  const gchar *expected = row->flags & MUXER_REFUSES ? "refuses"
      : row->flags & MUXER_INSISTS ? "insists" : "streams";

  if (g_str_equal (ending, expected))
    return expected;

  g_test_message ("%s, and the table says %s", ending, expected);

  return muxer_get_ending_alone (row, STREAMED_KIB, FALSE);
}

/* The others fail or try and are refused, as the table says. */
static void
test_streaming (gconstpointer data)
{
  const MuxerRow *row = data;
  g_autoptr (MuxerTwin) twin = muxer_twin_new (row, STREAMED_KIB);
  const gchar *ending, *expected;

  if (twin == NULL)
    return;

  fixture_set (twin->fixture, "seekable=no");
  muxer_twin_start (twin);
  ending = get_ending (twin);
  expected = get_expected (row, ending);
  if (!g_str_equal (ending, expected)) {
    g_test_fail_printf ("%s in place of %s", ending, expected);
    return;
  }
  if (!g_str_equal (expected, "streams"))
    return;

  g_assert_cmpint (g_atomic_int_get (&twin->rewinds), ==, 0);
  muxer_twin_compare (twin);
}

/* ---- what is gone ---- */

/* One error, of the sink, that says what a person needs to know, and nothing
 * is completed. */
static void
assert_refusal (Fixture * f, const gchar * const *words)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  const GstStructure *details = fixture_wait_error (f,
      GST_RESOURCE_ERROR_SEEK);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL, *text = NULL;
  guint i;

  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  gst_message_parse_error (message, &error, &debug);
  text = g_strconcat (error->message, "\n", debug, NULL);
  for (i = 0; words[i] != NULL; i++) {
    if (strstr (text, words[i]) == NULL)
      g_error ("no \"%s\" in: %s", words[i], text);
  }
  fixture_set_state (f, GST_STATE_READY);
  fixture_assert_failed_once (f);
  fixture_assert_no_object (f);
}

#define ADVICE "head-size", "max-memory", "spool-directory", "seekable=no"

/* Bytes of a stream of which most is sent and gone. */
#define STREAM_SIZE (40 * FIXTURE_PART_SIZE)

/* All but the head and a part that is not full; parts grow. */
static void
wait_until_sent (Fixture * f)
{
  fixture_wait_for (f, fixture_get_stat (f, "bytes-uploaded")
      >= STREAM_SIZE - 5 * FIXTURE_PART_SIZE);
}

/* The first part is kept to the end, the last few by chance. */
static void
test_gone (void)
{
  static const gchar *const words[] = { " 10 bytes", " 1024000", " 102400 ",
    ADVICE, NULL
  };
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "head-size=102400 max-memory=1048576");
  fixture_play (f);
  fixture_push_all (f, STREAM_SIZE, 10240);
  wait_until_sent (f);
  fixture_push_segment (f, GST_FORMAT_BYTES, 10 * FIXTURE_PART_SIZE);
  fixture_push (f, 10);
  fixture_assert_refused (f);
  assert_refusal (f, words);
}

/* The last bytes of the head are kept, the next one is not. */
static void
test_across_the_end_of_the_head (void)
{
  static const gchar *const words[] = { " 102400", ADVICE, NULL };
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "head-size=102400 max-memory=1048576");
  fixture_play (f);
  fixture_push_all (f, STREAM_SIZE, 10240);
  wait_until_sent (f);
  fixture_push_segment (f, GST_FORMAT_BYTES, FIXTURE_PART_SIZE - 10);
  fixture_push (f, 10);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_push (f, 1);
  fixture_assert_refused (f);
  assert_refusal (f, words);
}

/* Forwards as well as back: a muxer that was told not to must not. */
static void
test_seekable_no (void)
{
  static const gchar *const words[] = { " 5", "seekable=no", NULL };
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "seekable=no");
  fixture_play (f);
  fixture_push_all (f, STREAM_SIZE, 10240);
  wait_until_sent (f);
  fixture_push_segment (f, GST_FORMAT_BYTES, 5);
  fixture_push (f, 10);
  fixture_assert_refused (f);
  assert_refusal (f, words);
}

/* Clusters of 5 MiB that are patched when they end, in a memory of 2 MiB. The
 * first of them begins in the head. */
static void
test_long_cluster (void)
{
  static const gchar *const words[] = { ADVICE, NULL };
  static const MuxerRow row = {
    .muxer = "matroskamux max-cluster-duration=8000000000"
        " min-cluster-duration=8000000000",
    .streams = "jpeg",
    .settings = "max-memory=2097152",
  };
  g_autoptr (MuxerTwin) twin = muxer_twin_new (&row, 16384);

  if (twin == NULL)
    return;

  muxer_twin_start (twin);
  assert_refusal (twin->fixture, words);
}

int
main (int argc, char **argv)
{
  guint i;

  muxer_feed_let_leak ();
  fixture_init (&argc, &argv);
  muxer_feed_register ();

  g_test_add_func ("/icesink/muxers/refuses-to-rewrite-what-is-gone",
      test_gone);
  g_test_add_func ("/icesink/muxers/refuses-to-rewrite-past-the-head",
      test_across_the_end_of_the_head);
  g_test_add_func ("/icesink/muxers/refuses-what-it-said-it-would-refuse",
      test_seekable_no);
  g_test_add_func ("/icesink/muxers/refuses-a-cluster-longer-than-memory",
      test_long_cluster);
  for (i = 0; muxer_rows[i].muxer != NULL; i++) {
    g_autofree gchar *name = muxer_row_get_name (&muxer_rows[i]);
    g_autofree gchar *path = g_strconcat ("/icesink/muxers/lets-stream-",
        name, NULL);

    g_test_add_data_func (path, &muxer_rows[i], test_streaming);
  }

  return g_test_run ();
}
