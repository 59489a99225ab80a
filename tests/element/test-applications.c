/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The ways in which an application makes a sink: by URI, by a launch line
 * with all of its properties, several of them behind a tee. */

#include "fixture.h"
#include "system.h"

#include <string.h>
#include <glib/gstdio.h>

#define SOURCE_SIZE (5 * FIXTURE_PART_SIZE + 17)

/* A file with bytes that differ everywhere. (transfer full) */
static gchar *
write_source (void)
{
  g_autoptr (GstBuffer) buffer = fixture_new_buffer (0, SOURCE_SIZE);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *data = NULL;
  gchar *path = NULL;
  gpointer copy;
  gsize size;
  gint fd = g_file_open_tmp ("icesink-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  gst_buffer_extract_dup (buffer, 0, -1, &copy, &size);
  data = copy;
  g_file_set_contents (path, data, size, &error);
  g_assert_no_error (error);

  return path;
}

static void
play (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  if (error != NULL)
    g_error ("%s (%s)", error->message, debug);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
assert_object (IceEmulator * emulator, const gchar * media_id,
    const gchar * path)
{
  g_autofree gchar *object_path =
      ice_emulator_get_object_path (emulator, media_id);
  g_autofree gchar *object = NULL, *file = NULL;
  gsize object_size, file_size;

  g_assert_nonnull (object_path);
  g_assert_true (g_file_get_contents (object_path, &object, &object_size,
          NULL));
  g_assert_true (g_file_get_contents (path, &file, &file_size, NULL));
  g_assert_cmpuint (object_size, ==, file_size);
  g_assert_cmpint (memcmp (object, file, file_size), ==, 0);
}

/* ---- by URI ---- */

static void
test_uri (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  g_autofree gchar *path = write_source ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *source = gst_element_factory_make ("filesrc", NULL);
  GstElement *sink = gst_element_make_from_uri (GST_URI_SINK,
      "icems://by-uri?region=cn-beijing", NULL, &error);

  g_assert_no_error (error);
  g_object_set (source, "location", path, NULL);
  g_object_set (sink, "ice-endpoint", ice_emulator_get_uri (emulator),
      "access-key-id", FIXTURE_KEY_ID, "access-key-secret",
      FIXTURE_KEY_SECRET, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_assert_true (gst_element_link (source, sink));
  play (pipeline);
  assert_object (emulator, "by-uri", path);
  g_unlink (path);
}

static const gchar *const bad_uris[] = {
  "icems://",
  "icems://a/b",
  "icems://a b",
  "icems://a?region=",
  "icems://a?region=cn-shanghai&other=1",
  "icems://a?zone=cn-shanghai",
  "icems://a#b",
};

static void
test_bad_uri (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink =
      gst_element_make_from_uri (GST_URI_SINK, data, NULL, &error);

  g_assert_null (sink);
  g_assert_nonnull (error);
}

/* ---- by a launch line ---- */

/* Values other than the default, where a stranger can't be used. The strings
 * with a %s get it from get_sample(). */
static const struct
{
  const gchar *name;
  const gchar *value;
} samples[] = {
  {"media-id", "by-launch"},
  {"location", "by-launch"},
  {"region", "cn-beijing"},
  {"access-key-id", FIXTURE_KEY_ID},
  {"access-key-secret", FIXTURE_KEY_SECRET},
  {"part-size", "204800"},
  {"max-part-duration", "3000000000"},
  {"parallel-parts", "2"},
  {"max-upload-bitrate", "80000000"},
  {"share-upload-bitrate", "true"},
  {"max-memory", "67108864"},
  {"seekable", "no"},
  {"head-size", "4096"},
  {"overflow", "error"},
  {"resume", "never"},
  {"on-stop", "abort"},
  {"on-error", "keep"},
  {"retry-timeout", "70000000000"},
  {"stall-timeout", "30000000000"},
  {"stop-timeout", "40000000000"},
  {"content-type", "application/x-launch"},
  {"verify", "true"},
  {"proxy", ""},
  {"tcp-congestion-control", "reno"},
  {"user-agent", "by launch/1.0"},
  {"profile", "somebody"},
  {"spool-max-size", "1073741824"},
  {"post-messages", "false"},
  {"progress-interval", "2000000000"},
  /* Exclude what is set above. */
  {"security-token", NULL},
  {"upload-address", NULL},
  {"upload-auth", NULL},
};

/* (transfer full) (nullable) */
static gchar *
get_sample (const gchar * name, IceEmulator * emulator,
    const gchar * directory)
{
  guint i;

  if (g_str_has_suffix (name, "-endpoint"))
    return g_strdup (ice_emulator_get_uri (emulator));
  if (g_str_equal (name, "max-upload-bitrate") && !test_can_pace ())
    return NULL;
  if (g_str_equal (name, "ssl-ca-file"))
    return g_strdup (ice_emulator_get_ca_file (emulator));
  if (g_str_equal (name, "spool-directory"))
    return g_strdup (directory);

  for (i = 0; i < G_N_ELEMENTS (samples); i++) {
    if (g_str_equal (samples[i].name, name))
      return g_strdup (samples[i].value);
  }
  g_error ("a new property, %s, needs a value in this test", name);

  return NULL;
}

static gboolean
is_own (const GParamSpec * pspec)
{
  return g_str_equal (g_type_name (pspec->owner_type), "GstIceSink")
      && (pspec->flags & G_PARAM_WRITABLE) != 0;
}

/* (transfer full) (array length=n) */
static GParamSpec **
list_properties (guint * n)
{
  g_autoptr (GstElement) sink =
      gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));

  return g_object_class_list_properties (G_OBJECT_GET_CLASS (sink), n);
}

/* All properties of the element, as gst-launch-1.0 would get them. */
static gchar *
describe_sink (IceEmulator * emulator, const gchar * directory)
{
  GString *line = g_string_new ("icesink name=sink");
  guint i, n;
  g_autofree GParamSpec **pspecs = list_properties (&n);

  for (i = 0; i < n; i++) {
    g_autofree gchar *value = is_own (pspecs[i]) ?
        get_sample (pspecs[i]->name, emulator, directory) : NULL;

    if (value != NULL)
      g_string_append_printf (line, " %s=\"%s\"", pspecs[i]->name, value);
  }

  return g_string_free (line, FALSE);
}

static void
assert_reads_back (GstElement * sink, const GParamSpec * pspec,
    const gchar * value)
{
  g_auto (GValue) is = G_VALUE_INIT, wanted = G_VALUE_INIT;

  g_value_init (&is, pspec->value_type);
  g_value_init (&wanted, pspec->value_type);
  g_object_get_property (G_OBJECT (sink), pspec->name, &is);
  g_assert_true (gst_value_deserialize (&wanted, value));
  if (gst_value_compare (&is, &wanted) != GST_VALUE_EQUAL)
    g_error ("%s is not %s", pspec->name, value);
}

static void
assert_all_read_back (GstElement * sink, IceEmulator * emulator,
    const gchar * directory)
{
  guint i, n;
  g_autofree GParamSpec **pspecs = list_properties (&n);

  for (i = 0; i < n; i++) {
    g_autofree gchar *value = NULL;

    if (!is_own (pspecs[i]) || (pspecs[i]->flags & G_PARAM_READABLE) == 0)
      continue;
    value = get_sample (pspecs[i]->name, emulator, directory);
    if (value != NULL)
      assert_reads_back (sink, pspecs[i], value);
  }
}

static void
test_launch_line (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started ("--tls");
  g_autofree gchar *path = write_source ();
  g_autofree gchar *directory = g_dir_make_tmp ("icesink-XXXXXX", NULL);
  g_autofree gchar *description = describe_sink (emulator, directory);
  g_autofree gchar *line =
      g_strdup_printf ("filesrc location=%s ! %s", path, description);
  g_autofree gchar *content_type = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_parse_launch (line, &error));
  g_autoptr (GstElement) sink = NULL;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  assert_all_read_back (sink, emulator, directory);
  play (pipeline);
  assert_object (emulator, "by-launch", path);
  g_assert_true (ice_emulator_get_object_info (emulator, "by-launch",
          &content_type, NULL, NULL));
  g_assert_cmpstr (content_type, ==, "application/x-launch");
  g_unlink (path);
  g_rmdir (directory);
}

/* The credential in place of the AccessKey is a property, too. */
static void
test_launch_line_alone (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink =
      gst_object_ref_sink (gst_parse_launch ("icesink media-id=a"
          " security-token=b upload-address=Yw== upload-auth=ZA==", &error));

  g_assert_no_error (error);
  g_assert_nonnull (sink);
}

/* ---- several behind a tee ---- */

#define BRANCHES 5

static void
test_tee (void)
{
  g_autoptr (IceEmulator) emulator =
      ice_emulator_new_started ("--fault=part:error:status=503:count=3:skip=2");
  g_autofree gchar *path = write_source ();
  GString *line = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  guint i;

  g_string_append_printf (line, "filesrc location=%s ! tee name=all", path);
  for (i = 0; i < BRANCHES; i++)
    g_string_append_printf (line, " all. ! queue ! icesink media-id=branch-%u"
        " ice-endpoint=%s access-key-id=" FIXTURE_KEY_ID
        " access-key-secret=" FIXTURE_KEY_SECRET " part-size=102400", i,
        ice_emulator_get_uri (emulator));
  pipeline = gst_object_ref_sink (gst_parse_launch (line->str, &error));
  g_string_free (line, TRUE);
  g_assert_no_error (error);

  play (pipeline);
  for (i = 0; i < BRANCHES; i++) {
    g_autofree gchar *media_id = g_strdup_printf ("branch-%u", i);

    assert_object (emulator, media_id, path);
  }
  g_assert_cmpuint (ice_emulator_count_open_uploads (emulator), ==, 0);
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);

  g_test_add_func ("/icesink/uri/makes-a-sink", test_uri);
  for (i = 0; i < G_N_ELEMENTS (bad_uris); i++) {
    g_autofree gchar *path = g_strdup_printf ("/icesink/uri/makes-none-of/%u",
        i);

    g_test_add_data_func (path, bad_uris[i], test_bad_uri);
  }
  g_test_add_func ("/icesink/launch-line/may-have-every-property",
      test_launch_line);
  g_test_add_func ("/icesink/launch-line/may-have-a-credential",
      test_launch_line_alone);
  g_test_add_func ("/icesink/tee/may-feed-several", test_tee);

  return g_test_run ();
}
