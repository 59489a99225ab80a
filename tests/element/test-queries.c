/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Properties, queries and URIs; and that a stream which seeks makes the same
 * object as filesink makes a file. */

#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define SMALL 1000

/* ---- properties ---- */

/* As gst-launch would have them; NULL where the default is NULL. */
static const struct
{
  const gchar *name;
  const gchar *value;
} defaults[] = {
  {"media-id", NULL},
  {"location", NULL},
  {"region", "cn-shanghai"},
  {"ice-endpoint", NULL},
  {"oss-endpoint", NULL},
  {"part-size", "4194304"},
  {"max-part-duration", "10000000000"},
  {"parallel-parts", "0"},
  {"max-upload-bitrate", "0"},
  {"share-upload-bitrate", "false"},
  {"max-memory", "134217728"},
  {"seekable", "yes"},
  {"head-size", "1048576"},
  {"overflow", "block"},
  {"on-stop", "complete"},
  {"on-error", "complete"},
  {"retry-timeout", "600000000000"},
  {"stall-timeout", "20000000000"},
  {"stop-timeout", "30000000000"},
  {"content-type", NULL},
  {"verify", "true"},
  {"proxy", NULL},
  {"tcp-congestion-control", NULL},
  {"ssl-ca-file", NULL},
  {"post-messages", "true"},
  {"progress-interval", "1000000000"},
  {"sync", "false"},
};

static void
test_defaults (void)
{
  g_autoptr (GstElement) sink =
      gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
  guint i;

  for (i = 0; i < G_N_ELEMENTS (defaults); i++) {
    GParamSpec *pspec =
        g_object_class_find_property (G_OBJECT_GET_CLASS (sink),
        defaults[i].name);
    g_auto (GValue) value = G_VALUE_INIT, expected = G_VALUE_INIT;

    g_assert_nonnull (pspec);
    g_object_get_property (G_OBJECT (sink), defaults[i].name, &value);
    g_value_init (&expected, pspec->value_type);
    if (defaults[i].value != NULL)
      g_assert_true (gst_value_deserialize (&expected, defaults[i].value));
    g_test_message ("%s", defaults[i].name);
    g_assert_cmpint (g_param_values_cmp (pspec, &value, &expected), ==, 0);
    if (!g_str_equal (defaults[i].name, "sync"))
      g_assert_true (g_param_value_defaults (pspec, &value));
  }
}

static void
test_secrets_are_write_only (void)
{
  static const gchar *const names[] = { "access-key-id", "access-key-secret",
    "security-token", "upload-address", "upload-auth"
  };
  g_autoptr (GstElement) sink =
      gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GParamSpec *pspec =
        g_object_class_find_property (G_OBJECT_GET_CLASS (sink), names[i]);

    g_assert_nonnull (pspec);
    g_assert_true (pspec->flags & G_PARAM_WRITABLE);
    g_assert_false (pspec->flags & G_PARAM_READABLE);
  }
}

/* All that is our own and can be written, but no more than once it runs. */
static void
test_properties_are_frozen (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint64 part_size;

  fixture_play (f);
  g_test_expect_message ("icesink", G_LOG_LEVEL_WARNING, "*part-size*");
  g_object_set (f->sink, "part-size", MIB, NULL);
  g_test_assert_expected_messages ();
  g_object_get (f->sink, "part-size", &part_size, NULL);
  g_assert_cmpuint (part_size, ==, FIXTURE_PART_SIZE);

  g_test_expect_message ("icesink", G_LOG_LEVEL_WARNING, "*location*");
  g_object_set (f->sink, "location", "other", NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("icesink", G_LOG_LEVEL_WARNING, "*access-key-secret*");
  g_object_set (f->sink, "access-key-secret", "other", NULL);
  g_test_assert_expected_messages ();

  fixture_set_state (f, GST_STATE_READY);
  g_object_set (f->sink, "part-size", MIB, NULL);
  g_object_get (f->sink, "part-size", &part_size, NULL);
  g_assert_cmpuint (part_size, ==, MIB);
}

/* What a class below hands on by mistake. */
static void
test_unknown_property (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  GObjectClass *klass = G_OBJECT_GET_CLASS (f->sink);
  GParamSpec *spec = g_object_class_find_property (klass, "part-size");
  g_auto (GValue) value = G_VALUE_INIT;
  guint64 part_size;

  g_value_init (&value, G_TYPE_UINT64);
  g_value_set_uint64 (&value, MIB);
  g_test_expect_message ("icesink", G_LOG_LEVEL_WARNING,
      "*invalid property id 9999*");
  klass->set_property (G_OBJECT (f->sink), 9999, &value, spec);
  g_test_assert_expected_messages ();
  g_object_get (f->sink, "part-size", &part_size, NULL);
  g_assert_cmpuint (part_size, ==, FIXTURE_PART_SIZE);

  g_test_expect_message ("icesink", G_LOG_LEVEL_WARNING,
      "*invalid property id 9999*");
  klass->get_property (G_OBJECT (f->sink), 9999, &value, spec);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (g_value_get_uint64 (&value), ==, MIB);
}

/* The one that may change while it runs. */
static GParamFlags
get_mutability (const gchar * name)
{
  return g_str_equal (name, "max-upload-bitrate") ? GST_PARAM_MUTABLE_PLAYING
      : GST_PARAM_MUTABLE_READY;
}

static void
test_mutability_is_said (void)
{
  g_autoptr (GstElement) sink =
      gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
  g_autofree GParamSpec **pspecs = NULL;
  guint i, n;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (sink), &n);
  for (i = 0; i < n; i++) {
    if (pspecs[i]->owner_type != G_OBJECT_TYPE (sink)
        || !(pspecs[i]->flags & G_PARAM_WRITABLE))
      continue;
    g_test_message ("%s", pspecs[i]->name);
    g_assert_cmpint (pspecs[i]->flags & (GST_PARAM_MUTABLE_READY
            | GST_PARAM_MUTABLE_PAUSED | GST_PARAM_MUTABLE_PLAYING), ==,
        get_mutability (pspecs[i]->name));
    g_assert_nonnull (g_param_spec_get_blurb (pspecs[i]));
  }
}

static void
test_proxy_without_password (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autofree gchar *proxy = NULL;

  g_object_set (f->sink, "proxy", "http://me:secret@proxy.example:8080", NULL);
  g_object_get (f->sink, "proxy", &proxy, NULL);
  g_assert_cmpstr (proxy, ==, "http://proxy.example:8080");
}

static void
test_location (void)
{
  static const struct
  {
    const gchar *location, *media_id, *region;
  } cases[] = {
    {"abc-DEF_123", "abc-DEF_123", "cn-shanghai"},
    {"icems://abc", "abc", "cn-shanghai"},
    {"icems://abc?region=cn-beijing", "abc", "cn-beijing"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstElement) sink =
        gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
    g_autofree gchar *location = NULL, *media_id = NULL, *region = NULL;

    g_object_set (sink, "location", cases[i].location, NULL);
    g_object_get (sink, "location", &location, "media-id", &media_id,
        "region", &region, NULL);
    g_assert_cmpstr (location, ==, cases[i].media_id);
    g_assert_cmpstr (media_id, ==, cases[i].media_id);
    g_assert_cmpstr (region, ==, cases[i].region);
  }
}

static void
test_uri (void)
{
  static const gchar *const bad[] = { "icems://", "icems://a/b", "icems://a b",
    "http://a", "icems://a?region=", "icems:a", "icems://a@b", "icems://a:1"
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink =
      gst_object_ref_sink (gst_element_make_from_uri (GST_URI_SINK,
          "icems://abc?region=cn-beijing", NULL, &error));
  g_autofree gchar *media_id = NULL, *uri = NULL;
  guint i;

  g_assert_no_error (error);
  g_object_get (sink, "media-id", &media_id, NULL);
  g_assert_cmpstr (media_id, ==, "abc");
  uri = gst_uri_handler_get_uri (GST_URI_HANDLER (sink));
  g_assert_true (g_str_has_prefix (uri, "icems://abc"));

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) bad_error = NULL;

    g_test_message ("%s", bad[i]);
    g_assert_false (gst_uri_handler_set_uri (GST_URI_HANDLER (sink), bad[i],
            &bad_error));
    g_assert_nonnull (bad_error);
  }
}

static void
test_uri_while_running (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GError) error = NULL;

  fixture_play (f);
  g_assert_false (gst_uri_handler_set_uri (GST_URI_HANDLER (f->sink),
          "icems://abc", &error));
  g_assert_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE);
}

static void
test_factory (void)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("icesink");

  g_assert_cmpstr (gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_KLASS), ==, "Sink/Network");
  g_assert_cmpuint (gst_plugin_feature_get_rank (GST_PLUGIN_FEATURE (factory)),
      ==, GST_RANK_NONE);
}

/* ---- queries ---- */

static void
assert_seeking (Fixture * f, GstFormat format, gboolean expected)
{
  g_autoptr (GstQuery) query = gst_query_new_seeking (format);
  GstFormat its_format;
  gboolean seekable;

  g_assert_true (gst_pad_peer_query (f->pad, query));
  gst_query_parse_seeking (query, &its_format, &seekable, NULL, NULL);
  g_assert_cmpint (its_format, ==, format);
  g_assert_cmpint (seekable, ==, expected);
}

static void
test_seeking_query (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  assert_seeking (f, GST_FORMAT_BYTES, TRUE);
  assert_seeking (f, GST_FORMAT_TIME, FALSE);
  fixture_set_state (f, GST_STATE_READY);
  fixture_set (f, "seekable=no");
  fixture_play (f);
  assert_seeking (f, GST_FORMAT_BYTES, FALSE);
  fixture_set_state (f, GST_STATE_READY);
  fixture_set (f, "seekable=yes");
  fixture_play (f);
  assert_seeking (f, GST_FORMAT_BYTES, TRUE);
}

static void
test_formats_query (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GstQuery) of_element = gst_query_new_formats ();
  g_autoptr (GstQuery) query = gst_query_new_formats ();
  gboolean bytes = FALSE, time = FALSE;
  guint i, n;

  g_assert_true (gst_pad_peer_query (f->pad, query));
  gst_query_parse_n_formats (query, &n);
  for (i = 0; i < n; i++) {
    GstFormat format;

    gst_query_parse_nth_format (query, i, &format);
    bytes |= format == GST_FORMAT_BYTES;
    time |= format == GST_FORMAT_TIME;
  }
  g_assert_cmpuint (n, ==, 2);
  g_assert_true (bytes);
  g_assert_false (time);

  /* The element says the same. */
  g_assert_true (gst_element_query (f->sink, of_element));
  gst_query_parse_n_formats (of_element, &n);
  g_assert_cmpuint (n, ==, 2);
}

static void
assert_position (Fixture * f, gint64 expected)
{
  gint64 position = -1;

  g_assert_true (gst_pad_peer_query_position (f->pad, GST_FORMAT_BYTES,
          &position));
  g_assert_cmpint (position, ==, expected);
}

static void
test_position_query (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint64 position;

  fixture_play (f);
  assert_position (f, 0);
  fixture_push (f, SMALL);
  assert_position (f, SMALL);
  fixture_push_segment (f, GST_FORMAT_BYTES, 10);
  assert_position (f, 10);
  fixture_push_segment (f, GST_FORMAT_TIME, 20);
  assert_position (f, 10);
  g_assert_false (gst_pad_peer_query_position (f->pad, GST_FORMAT_TIME,
          &position));
  g_assert_false (gst_element_query_position (f->sink, GST_FORMAT_PERCENT,
          &position));
  g_assert_true (gst_element_query_position (f->sink, GST_FORMAT_BYTES,
          &position));
  g_assert_cmpint (position, ==, 10);
}

static void
test_uri_query (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GstQuery) query = gst_query_new_uri ();
  g_autofree gchar *expected = g_strconcat ("icems://", f->media_id, NULL);
  g_autofree gchar *uri = NULL;

  g_assert_true (gst_pad_peer_query (f->pad, query));
  gst_query_parse_uri (query, &uri);
  g_assert_cmpstr (uri, ==, expected);
}

/* ---- seeking ---- */

static void
test_gap_reads_as_zeroes (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const gsize gap = 5 * FIXTURE_PART_SIZE + 12345;

  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_push_segment (f, GST_FORMAT_BYTES, SMALL + gap);
  g_byte_array_set_size (f->expected, SMALL + gap);
  memset (f->expected->data + SMALL, 0, gap);
  fixture_push (f, SMALL);
  fixture_complete (f);
}

/* A position that nothing was written at leaves no trace, as with a file. */
static void
test_gap_at_the_end (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_push_segment (f, GST_FORMAT_BYTES, 100 * SMALL);
  fixture_complete (f);
}

/* Rewrites at @offset what was written there. */
static void
rewrite (Fixture * f, guint64 offset, gsize size)
{
  g_autoptr (GstBuffer) buffer = fixture_new_buffer (offset + 7, size);
  guint64 end = f->expected->len;

  fixture_push_segment (f, GST_FORMAT_BYTES, offset);
  gst_buffer_extract (buffer, 0, f->expected->data + offset, size);
  g_assert_cmpint (gst_pad_push (f->pad, g_steal_pointer (&buffer)), ==,
      GST_FLOW_OK);
  fixture_push_segment (f, GST_FORMAT_BYTES, end);
}

static void
test_rewrite_at_the_head (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "head-size=200000 max-memory=1048576");
  fixture_record (f, 4 * MIB);
  rewrite (f, 36, 8);
  rewrite (f, 199990, 10);
  fixture_push (f, SMALL);
  rewrite (f, 36, 8);
  fixture_complete (f);
}

/* The last bytes that have arrived are still held, and sent again. */
static void
test_rewrite_of_what_was_sent (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "head-size=102400");
  fixture_record (f, 5 * FIXTURE_PART_SIZE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 4);
  rewrite (f, 4 * FIXTURE_PART_SIZE + 5, 10);
  fixture_complete (f);
  g_assert_cmpuint (fixture_get_stat (f, "parts-reuploaded"), ==, 1);
}

/* On a slow machine, all that was pushed may have arrived by the next look. */
static gboolean
push_part_on_its_way (Fixture * f)
{
  fixture_push_all (f, FIXTURE_PART_SIZE, 64 * KIB);

  return fixture_get_stat (f, "parts-in-flight") > 0;
}

/* A part is rewritten while it is on its way. */
static void
test_rewrite_of_what_is_being_sent (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:delay-answer:seconds=0.1:count=0");
  guint i;

  fixture_record (f, 4 * FIXTURE_PART_SIZE);
  for (i = 0; i < 4; i++) {
    fixture_wait_for (f, push_part_on_its_way (f));
    rewrite (f, 5 + i, 1000);
    rewrite (f, 2 * FIXTURE_PART_SIZE + i, 1000);
  }
  fixture_complete (f);
}

/* ---- the same script for a file ---- */

typedef struct
{
  GstElement *sink;             /* (owned) */
  GstPad *pad;                  /* (owned) */
  gchar *directory;
  gchar *path;
} Twin;

static Twin *
twin_new (void)
{
  Twin *twin = g_new0 (Twin, 1);
  g_autoptr (GstPad) sink_pad = NULL;
  g_autoptr (GError) error = NULL;

  twin->directory = g_dir_make_tmp ("icesink-twin-XXXXXX", &error);
  g_assert_no_error (error);
  twin->path = g_build_filename (twin->directory, "file", NULL);
  twin->sink = gst_object_ref_sink (gst_element_factory_make ("filesink",
          NULL));
  g_object_set (twin->sink, "location", twin->path, NULL);
  twin->pad = gst_object_ref_sink (gst_pad_new ("src", GST_PAD_SRC));
  sink_pad = gst_element_get_static_pad (twin->sink, "sink");
  gst_pad_link (twin->pad, sink_pad);
  gst_element_set_state (twin->sink, GST_STATE_PLAYING);
  gst_pad_set_active (twin->pad, TRUE);

  return twin;
}

static void
twin_free (Twin * twin)
{
  gst_element_set_state (twin->sink, GST_STATE_NULL);
  gst_object_unref (twin->sink);
  gst_object_unref (twin->pad);
  g_remove (twin->path);
  g_rmdir (twin->directory);
  g_free (twin->path);
  g_free (twin->directory);
  g_free (twin);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Twin, twin_free)

/* What is sent to both. @event: (transfer full) */
static gboolean
push_event_to_both (Fixture * f, Twin * twin, GstEvent * event)
{
  gst_pad_push_event (twin->pad, gst_event_ref (event));

  return gst_pad_push_event (f->pad, event);
}

static GstFlowReturn
push_buffer_to_both (Fixture * f, Twin * twin, GstBuffer * buffer)
{
  g_assert_cmpint (gst_pad_push (twin->pad, gst_buffer_ref (buffer)), ==,
      GST_FLOW_OK);

  return gst_pad_push (f->pad, buffer);
}

static GstFlowReturn
push_list_to_both (Fixture * f, Twin * twin, GRand * rand)
{
  GstBufferList *list = gst_buffer_list_new ();
  gint i, n = g_rand_int_range (rand, 1, 20);

  for (i = 0; i < n; i++)
    gst_buffer_list_add (list, fixture_new_buffer (g_rand_int (rand),
            g_rand_int_range (rand, 1, 5000)));
  g_assert_cmpint (gst_pad_push_list (twin->pad, gst_buffer_list_ref (list)),
      ==, GST_FLOW_OK);

  return gst_pad_push_list (f->pad, list);
}

static void
push_segment_to_both (Fixture * f, Twin * twin, GstFormat format,
    guint64 start)
{
  GstSegment segment;

  gst_segment_init (&segment, format);
  segment.start = segment.time = segment.position = start;
  push_event_to_both (f, twin, gst_event_new_segment (&segment));
}

/* A muxer writes forwards and goes back now and then, mostly not far. */
static guint64
choose_position (Fixture * f, GRand * rand)
{
  guint64 size = fixture_get_stat (f, "bytes-written");
  guint64 back = g_rand_int_range (rand, 0, 200000);

  switch (g_rand_int_range (rand, 0, 5)) {
    case 0:
      return g_rand_int_range (rand, 0, 1000);
    case 1:
      return size + g_rand_int_range (rand, 0, 300000);
    case 2:
      return size * g_rand_double (rand);
    case 3:
      return size - MIN (size, back);
    default:
      return size;
  }
}

static GstFlowReturn
take_step (Fixture * f, Twin * twin, GRand * rand)
{
  switch (g_rand_int_range (rand, 0, 10)) {
    case 0:
      push_segment_to_both (f, twin, GST_FORMAT_TIME, 5);
      return GST_FLOW_OK;
    case 1:
      return push_list_to_both (f, twin, rand);
    case 2:
    case 3:
      push_segment_to_both (f, twin, GST_FORMAT_BYTES,
          choose_position (f, rand));
      return GST_FLOW_OK;
    default:
      return push_buffer_to_both (f, twin, fixture_new_buffer (g_rand_int
              (rand), g_rand_int_range (rand, 0, 100000)));
  }
}

static void
open_both (Fixture * f, Twin * twin)
{
  fixture_set_state (f, GST_STATE_PLAYING);
  gst_pad_set_active (f->pad, TRUE);
  push_event_to_both (f, twin, gst_event_new_stream_start ("script"));
  push_segment_to_both (f, twin, GST_FORMAT_BYTES, 0);
}

/* Plays the script of @seed. TRUE if the object is the file, FALSE if a
 * rewrite was refused because its bytes were gone. */
static gboolean
play_script (guint32 seed, const gchar * settings)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (Twin) twin = twin_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  GstFlowReturn flow = GST_FLOW_OK;
  gint i, n = g_rand_int_range (rand, 0, 120);

  g_test_message ("seed %u", seed);
  fixture_set (f, settings);
  open_both (f, twin);
  for (i = 0; i < n && flow == GST_FLOW_OK; i++)
    flow = take_step (f, twin, rand);
  if (flow == GST_FLOW_OK && push_event_to_both (f, twin,
          gst_event_new_eos ())) {
    gst_element_set_state (twin->sink, GST_STATE_NULL);
    fixture_assert_object_is_file (f, twin->path);
    return TRUE;
  }

  fixture_wait_error (f, GST_RESOURCE_ERROR_SEEK);
  fixture_assert_no_object (f);

  return FALSE;
}

#define SEEDS 40

/* Everything fits the head. */
static void
test_scripts_in_the_head (void)
{
  guint32 seed;

  for (seed = 1; seed <= SEEDS; seed++)
    g_assert_true (play_script (seed, "head-size=33554432"));
}

/* Parts leave as soon as they can; a rewrite may come too late, and then
 * nothing may be completed. */
static void
test_scripts (gconstpointer settings)
{
  guint32 seed, exact = 0;

  for (seed = 1; seed <= SEEDS; seed++)
    exact += play_script (1000 + seed, settings);
  g_test_message ("%u of %u are exact", exact, SEEDS);
  g_assert_cmpuint (exact, >, SEEDS / 10);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  g_test_add_func ("/icesink/factory/describes-it", test_factory);
  g_test_add_func ("/icesink/properties/have-defaults", test_defaults);
  g_test_add_func ("/icesink/properties/hide-secrets",
      test_secrets_are_write_only);
  g_test_add_func ("/icesink/properties/of-no-such-id", test_unknown_property);
  g_test_add_func ("/icesink/properties/are-frozen-while-it-runs",
      test_properties_are_frozen);
  g_test_add_func ("/icesink/properties/say-when-they-may-be-set",
      test_mutability_is_said);
  g_test_add_func ("/icesink/properties/hide-the-password-of-the-proxy",
      test_proxy_without_password);
  g_test_add_func ("/icesink/uri/is-taken-as-location", test_location);
  g_test_add_func ("/icesink/uri/is-handled", test_uri);
  g_test_add_func ("/icesink/uri/is-frozen-while-it-runs",
      test_uri_while_running);

  g_test_add_func ("/icesink/queries/of-seeking-are-answered",
      test_seeking_query);
  g_test_add_func ("/icesink/queries/of-formats-are-answered",
      test_formats_query);
  g_test_add_func ("/icesink/queries/of-position-are-answered",
      test_position_query);
  g_test_add_func ("/icesink/queries/of-the-uri-are-answered",
      test_uri_query);

  g_test_add_func ("/icesink/seeking/fills-a-gap", test_gap_reads_as_zeroes);
  g_test_add_func ("/icesink/seeking/leaves-no-gap-at-the-end",
      test_gap_at_the_end);
  g_test_add_func ("/icesink/seeking/rewrites-the-head",
      test_rewrite_at_the_head);
  g_test_add_func ("/icesink/seeking/rewrites-what-was-sent",
      test_rewrite_of_what_was_sent);
  g_test_add_func ("/icesink/seeking/rewrites-what-is-being-sent",
      test_rewrite_of_what_is_being_sent);
  g_test_add_func ("/icesink/seeking/is-like-a-file-in-the-head",
      test_scripts_in_the_head);
  g_test_add_data_func ("/icesink/seeking/is-like-a-file",
      "max-memory=16777216", test_scripts);
  g_test_add_data_func ("/icesink/seeking/is-like-a-file-in-little-memory",
      "max-memory=1048576 head-size=102400", test_scripts);

  return g_test_run ();
}
