/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Media assets: what CreateUploadMedia is told, and what is read out of the
 * answers of CreateUploadMedia, GetMediaInfo and DeleteMediaInfos. */

#include "ice/media-client.h"

#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#include "client-fixture.h"
#include "credentials/static-provider.h"
#include "vectors.h"

#define MEDIA_ID "c2e77390f75271ec802f0674a2ce6a00"

/* ---- what is sent ---- */

/* The object in the parameter @name of a vector, or NULL.
 * (transfer full) */
static JsonNode *
find_parameter (JsonObject * input, const gchar * name)
{
  JsonArray *query = json_object_get_array_member (input, "query");
  guint i;

  for (i = 0; i < json_array_get_length (query); i++) {
    JsonArray *pair = json_array_get_array_element (query, i);

    if (g_str_equal (json_array_get_string_element (pair, 0), name))
      return json_from_string (json_array_get_string_element (pair, 1), NULL);
  }

  return NULL;
}

static void
check_text (JsonObject * parameters, JsonObject * input, const gchar * name)
{
  g_autoptr (JsonNode) wanted = find_parameter (input, name);
  const gchar *text = vector_get_string (parameters, name);
  g_autoptr (JsonNode) sent =
      text != NULL ? json_from_string (text, NULL) : NULL;

  g_assert_true ((wanted == NULL) == (sent == NULL));
  if (wanted != NULL)
    g_assert_true (json_node_equal (wanted, sent));
}

/* Fields that a live recording has no use for. */
static gboolean
has_other_fields (JsonNode * file, JsonNode * data)
{
  return file == NULL || data == NULL
      || json_object_has_member (json_node_get_object (file), "Size")
      || json_object_has_member (json_node_get_object (data), "CoverURL");
}

static void
check_composed (const gchar * id, JsonObject * vector)
{
  JsonObject *input = json_object_get_object_member (vector, "input");
  g_autoptr (JsonNode) file = find_parameter (input, "FileInfo");
  g_autoptr (JsonNode) data = find_parameter (input, "MediaMetaData");
  g_autoptr (JsonNode) target = find_parameter (input, "UploadTargetConfig");
  g_autoptr (JsonNode) user_data = find_parameter (input, "UserData");
  g_autofree gchar *user_data_text = user_data != NULL ?
      json_to_string (user_data, FALSE) : NULL;
  g_autoptr (JsonObject) parameters = NULL;
  g_autoptr (GError) error = NULL;
  GstIceNewMedia media = { NULL };

  if (!g_str_has_prefix (id, "create-") || has_other_fields (file, data))
    return;

  media.name = vector_get_string (json_node_get_object (file), "Name");
  media.ext = vector_get_string (json_node_get_object (file), "Ext");
  media.title = vector_get_string (json_node_get_object (data), "Title");
  media.description =
      vector_get_string (json_node_get_object (data), "Description");
  if (target != NULL)
    media.storage = vector_get_string (json_node_get_object (target),
        "StorageLocation");
  media.user_data = user_data_text;
  gst_ice_new_media_check (&media, &error);
  g_assert_no_error (error);
  parameters = gst_ice_new_media_get_parameters (&media);
  check_text (parameters, input, "FileInfo");
  check_text (parameters, input, "MediaMetaData");
  check_text (parameters, input, "UploadTargetConfig");
  check_text (parameters, input, "UserData");
}

static void
test_composes (void)
{
  vectors_foreach ("ice-create.json", "cases", 132, check_composed);
}

/* @n times @text. */
static gchar *
repeat (const gchar * text, guint n)
{
  GString *all = g_string_new (NULL);

  while (n-- > 0)
    g_string_append (all, text);

  return g_string_free (all, FALSE);
}

static void
assert_refused (const GstIceNewMedia * media, const gchar * words)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (gst_ice_new_media_check (media, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, words));
}

static void
assert_taken (const GstIceNewMedia * media)
{
  g_autoptr (GError) error = NULL;

  gst_ice_new_media_check (media, &error);
  g_assert_no_error (error);
}

/* Limits count characters: one of these is three bytes. */
static void
test_limits (void)
{
  g_autofree gchar *t128 = repeat ("录", 128);
  g_autofree gchar *t129 = repeat ("录", 129);
  g_autofree gchar *d1024 = repeat ("描", 1024);
  g_autofree gchar *d1025 = repeat ("d", 1025);
  g_autofree gchar *tags16 = repeat ("标,", 15);
  g_autofree gchar *tags17 = repeat ("t,", 16);
  g_autofree gchar *tag33 = repeat ("t", 33);
  g_autofree gchar *all16 = g_strconcat (tags16, "t", NULL);
  g_autofree gchar *all17 = g_strconcat (tags17, "t", NULL);

  assert_taken (&(GstIceNewMedia) {.title = t128,.ext = "mp4"});
  assert_refused (&(GstIceNewMedia) {.title = t129,.ext = "mp4"}, "129");
  assert_refused (&(GstIceNewMedia) {.title = "",.ext = "mp4"}, "empty");
  assert_refused (&(GstIceNewMedia) {.ext = "mp4"}, "title is needed");
  assert_refused (&(GstIceNewMedia) {.title = "\xff",.ext = "mp4"}, "UTF-8");
  assert_taken (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .description = d1024});
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .description = d1025}, "description");
  assert_taken (&(GstIceNewMedia) {.title = "t",.ext = "mp4",.tags = all16});
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .tags = all17}, "17");
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .tags = tag33}, "33");
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .tags = "a,,b"}, "tags");
}

static void
test_types (void)
{
  static const gchar *const wrong_exts[] = { "exe", "mka", "opus", "",
    "srt", "jpg", "mp4 ", NULL
  };
  guint i;

  assert_taken (&(GstIceNewMedia) {.title = "t",.ext = "TS"});
  assert_taken (&(GstIceNewMedia) {.title = "t",.ext = ".m4a"});
  assert_taken (&(GstIceNewMedia) {.title = "t",.ext = "mkv",
      .type = "video"});
  assert_refused (&(GstIceNewMedia) {.title = "t"}, "ext is needed");
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .type = "image"}, "neither video nor audio");
  /* The list of what can be is in the message. */
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .type = "audio"}, "m4a");
  for (i = 0; wrong_exts[i] != NULL; i++)
    assert_refused (&(GstIceNewMedia) {.title = "t",.ext = wrong_exts[i]},
        "mp4");
}

static void
test_other_fields (void)
{
  g_autofree gchar *text = repeat ("u", 2000);
  g_autofree gchar *long_data = g_strdup_printf ("{\"a\": \"%s\"}", text);

  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .category = "1x"}, "category");
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .storage = "https://b.oss-cn-shanghai.aliyuncs.com"}, "storage");
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .storage = "b.oss-cn-shanghai.aliyuncs.com/key"}, "storage");
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .workflow = "0123"}, "workflow");
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .user_data = "[1]"}, "user-data");
  assert_refused (&(GstIceNewMedia) {.title = "t",.ext = "mp4",
      .user_data = long_data}, "user-data");
}

/* A title may have what a file name may not. */
static void
test_name (void)
{
  const GstIceNewMedia media = {.title = "Gate 7/north",.ext = ".MP4",
    .category = "42",.workflow = "0123456789abcdef0123456789ABCDEF"
  };
  g_autoptr (JsonObject) parameters =
      gst_ice_new_media_get_parameters (&media);
  g_autoptr (JsonNode) file =
      json_from_string (vector_get_string (parameters, "FileInfo"), NULL);
  g_autoptr (JsonNode) data =
      json_from_string (vector_get_string (parameters, "MediaMetaData"), NULL);

  g_assert_cmpstr (vector_get_string (json_node_get_object (file), "Name"),
      ==, "Gate 7-north");
  g_assert_cmpstr (vector_get_string (json_node_get_object (file), "Ext"),
      ==, "mp4");
  g_assert_cmpstr (vector_get_string (json_node_get_object (file), "Type"),
      ==, "video");
  g_assert_cmpstr (vector_get_string (json_node_get_object (data), "Title"),
      ==, "Gate 7/north");
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (data),
          "CateId"), ==, 42);
  g_assert_nonnull (vector_get_string (parameters, "PostProcessConfig"));
}

static void
test_regions (void)
{
  g_assert_true (gst_ice_new_media_is_offered ("cn-beijing", NULL));
  g_assert_true (gst_ice_new_media_is_offered ("cn-shanghai", "127.0.0.1"));
  g_assert_true (gst_ice_new_media_is_offered ("cn-shanghai",
          "ice-vpc.cn-shenzhen.aliyuncs.com"));
  g_assert_false (gst_ice_new_media_is_offered ("cn-hangzhou", NULL));
  g_assert_false (gst_ice_new_media_is_offered ("cn-shanghai",
          "ice.ap-southeast-1.aliyuncs.com"));
}

/* ---- what comes back ---- */

static GstIceMediaClient *
new_client (ClientFixture * fixture)
{
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new (ACCESS_KEY_ID, ACCESS_KEY_SECRET, NULL);
  g_autoptr (GstIceCredentialsProvider) provider =
      gst_ice_static_provider_new (identity);

  return gst_ice_media_client_new (fixture->http, fixture->endpoint, provider);
}

static gchar *
create (GstIceMediaClient * client, GError ** error)
{
  const GstIceNewMedia media = {.title = "录像 1",.ext = "ts" };
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_media_client_create_upload_media_async (client, &media, NULL,
      client_fixture_on_done, &result);
  client_fixture_wait (&result);

  return gst_ice_media_client_create_upload_media_finish (client, result,
      NULL, error);
}

static GstIceMediaInfo *
get_info (GstIceMediaClient * client, const gchar * media_id, GError ** error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_media_client_get_media_info_async (client, media_id, NULL,
      client_fixture_on_done, &result);
  client_fixture_wait (&result);

  return gst_ice_media_client_get_media_info_finish (client, result, NULL,
      error);
}

static GstIceDeletion *
delete (GstIceMediaClient * client, const gchar * media_id, GError ** error)
{
  const gchar *media_ids[] = { media_id, NULL };
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_media_client_delete_media_infos_async (client, media_ids, NULL,
      client_fixture_on_done, &result);
  client_fixture_wait (&result);

  return gst_ice_media_client_delete_media_infos_finish (client, result,
      NULL, error);
}

static void
check_created (GstIceMediaClient * client, JsonObject * expected,
    GError ** error)
{
  g_autofree gchar *media_id = create (client, error);

  if (media_id != NULL)
    g_assert_cmpstr (media_id, ==, vector_get_string (expected, "media_id"));
}

static void
check_info (GstIceMediaClient * client, JsonObject * expected, GError ** error)
{
  g_autoptr (GstIceMediaInfo) info = get_info (client, MEDIA_ID, error);

  if (info == NULL)
    return;

  g_assert_cmpstr (info->status, ==, vector_get_string (expected, "status"));
  g_assert_cmpuint (info->n_files, ==,
      json_object_get_int_member (expected, "files"));
  g_assert_cmpint (info->state == GST_ICE_MEDIA_READY, ==,
      json_object_get_boolean_member (expected, "ready"));
  g_assert_cmpint (info->state != GST_ICE_MEDIA_WAITING, ==,
      json_object_get_boolean_member (expected, "final"));
  g_assert_cmpint (info->size, ==,
      json_object_get_int_member_with_default (expected, "size", -1));
  if (json_object_has_member (expected, "duration"))
    g_assert_cmpstr (info->duration, ==,
        vector_get_string (expected, "duration"));
  g_assert_null (strchr (info->address, '?'));
}

static void
assert_list (GStrv list, JsonObject * expected, const gchar * name)
{
  JsonArray *array = json_object_get_array_member (expected, name);
  guint i;

  g_assert_cmpuint (g_strv_length (list), ==, json_array_get_length (array));
  for (i = 0; list[i] != NULL; i++)
    g_assert_cmpstr (list[i], ==, json_array_get_string_element (array, i));
}

static void
check_deletion (GstIceMediaClient * client, JsonObject * expected,
    GError ** error)
{
  g_autoptr (GstIceDeletion) deletion = delete (client, MEDIA_ID, error);

  if (deletion == NULL)
    return;
  assert_list (deletion->ignored, expected, "ignored");
  assert_list (deletion->forbidden, expected, "forbidden");
}

/* The two texts of a credential do not matter here, nor does their order. */
static gboolean
is_error_expected (const gchar * id, JsonObject * expected)
{
  return !json_object_get_boolean_member (expected, "ok")
      && !g_str_equal (id, "create-swapped");
}

static void
check_answer (const gchar * id, JsonObject * vector)
{
  JsonObject *expected = json_object_get_object_member (vector, "expected");
  const gchar *action = vector_get_string (vector, "action");
  g_autofree gchar *body = json_to_string (json_object_get_member (vector,
          "body"), FALSE);
  g_autofree gchar *answer = g_strdup_printf ("HTTP/1.1 %d Whatever\r\n"
      "Connection: close\r\nContent-Type: application/json\r\n\r\n%s",
      (gint) json_object_get_int_member (vector, "status"), body);
  ClientFixture fixture;
  g_autoptr (GstIceMediaClient) client = NULL;
  g_autoptr (GError) error = NULL;

  client_fixture_start_canned (&fixture, answer);
  client = new_client (&fixture);
  if (g_str_equal (action, "CreateUploadMedia"))
    check_created (client, expected, &error);
  else if (g_str_equal (action, "GetMediaInfo"))
    check_info (client, expected, &error);
  else
    check_deletion (client, expected, &error);

  if (!is_error_expected (id, expected))
    g_assert_no_error (error);
  else
    g_assert_nonnull (error);
  if (error != NULL)
    g_assert_cmpstr (gst_ice_error_get_details (error)->code, ==,
        vector_get_string (expected, "code"));
  if (error != NULL)
    g_assert_cmpstr (gst_ice_error_get_details (error)->operation, ==,
        action);
  g_clear_pointer (&client, gst_ice_media_client_unref);
  client_fixture_stop (&fixture);
}

static void
test_answers (void)
{
  vectors_foreach ("ice-responses.json", "cases", 28, check_answer);
}

/* From the first to the last call, with the emulator's own checks. */
static void
test_life (void)
{
  ClientFixture fixture;
  g_autoptr (GstIceMediaClient) client = NULL;
  g_autofree gchar *media_id = NULL;
  g_autoptr (GstIceMediaInfo) info = NULL;
  g_autoptr (GstIceMediaInfo) gone = NULL;
  g_autoptr (GstIceDeletion) deletion = NULL;
  g_autoptr (GstIceDeletion) again = NULL;
  g_autoptr (GError) error = NULL;

  client_fixture_start (&fixture, NULL);
  client = new_client (&fixture);
  media_id = create (client, &error);
  g_assert_no_error (error);
  info = get_info (client, media_id, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (info->title, ==, "录像 1");
  g_assert_cmpint (info->state, ==, GST_ICE_MEDIA_WAITING);
  g_assert_true (g_str_has_suffix (info->address, ".ts"));
  deletion = delete (client, media_id, &error);
  g_assert_no_error (error);
  g_assert_null (deletion->ignored[0]);
  again = delete (client, media_id, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->ignored[0], ==, media_id);
  gone = get_info (client, media_id, &error);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_FOUND);
  g_assert_null (gone);

  client_fixture_check_log (&fixture, "icerequest", error->message);
  g_clear_pointer (&client, gst_ice_media_client_unref);
  client_fixture_stop (&fixture);
}

/* The hint is about what was asked for. */
static void
test_hints (void)
{
  ClientFixture fixture;
  g_autoptr (GstIceMediaClient) client = NULL;
  g_autoptr (GError) refused = NULL;
  g_autoptr (GError) wrong = NULL;

  client_fixture_start (&fixture, NULL);
  client = new_client (&fixture);
  client_fixture_add_fault (&fixture, "create:forbidden");
  g_assert_null (create (client, &refused));
  g_assert_nonnull (strstr (refused->message, "ice:CreateUploadMedia"));
  client_fixture_add_fault (&fixture,
      "create:error:status=400:code=InvalidParameter");
  g_assert_null (create (client, &wrong));
  g_assert_null (strstr (wrong->message, "media-id"));
  g_clear_pointer (&client, gst_ice_media_client_unref);
  client_fixture_stop (&fixture);
}

/* ---- what GetMediaInfo says ---- */

/* In single quotes, as JSON of the service. (transfer full) */
static GstIceMediaInfo *
parse_info (const gchar * body, GError ** error)
{
  g_autoptr (GString) text = g_string_new (body);
  g_autoptr (JsonNode) node = NULL;

  g_string_replace (text, "'", "\"", 0);
  node = json_from_string (text->str, error);
  g_assert_no_error (*error);

  return gst_ice_media_info_parse (json_node_get_object (node), error);
}

static GstIceMediaInfo *
parse_files (const gchar * files)
{
  g_autofree gchar *body = g_strdup_printf ("{'MediaInfo': {'MediaBasicInfo':"
      " {'Status': 'Normal'}, 'FileInfoList': %s}}", files);
  g_autoptr (GError) error = NULL;
  GstIceMediaInfo *info = parse_info (body, &error);

  g_assert_no_error (error);

  return info;
}

/* Numbers come as texts or as numbers, and any of them may be missing. */
static void
test_streams (void)
{
  g_autoptr (GstIceMediaInfo) info = parse_files ("[{"
      "'FileBasicInfo': {'FileType': 'source_file', 'Duration': 12.5},"
      "'AudioStreamInfoList': [{'CodecName': 'aac', 'SampleRate': '48000',"
      "  'Channels': 2, 'Bitrate': ''}, 'no stream', null],"
      "'VideoStreamInfoList': [{'CodecName': 'h264', 'Width': 1280,"
      "  'Height': '720', 'Fps': '25.0', 'Bitrate': '1800.5'}],"
      "'SubtitleStreamInfoList': [{}, {'CodecName': ['x']}]}]");
  static const GstIceMediaStream expected[] = {
    {.kind = "video",.codec = (gchar *) "h264",.width = (gchar *) "1280",
          .height = (gchar *) "720",.fps = (gchar *) "25.0",
        .bitrate = (gchar *) "1800.5"},
    {.kind = "audio",.codec = (gchar *) "aac",
        .sample_rate = (gchar *) "48000",.channels = (gchar *) "2"},
    {.kind = "subtitle"},
    {.kind = "subtitle"},
  };
  guint i;

  g_assert_cmpstr (info->duration, ==, "12.5");
  g_assert_cmpuint (info->streams->len, ==, G_N_ELEMENTS (expected));
  for (i = 0; i < info->streams->len; i++) {
    const GstIceMediaStream *stream = g_ptr_array_index (info->streams, i);

    g_assert_cmpstr (stream->kind, ==, expected[i].kind);
    g_assert_cmpstr (stream->codec, ==, expected[i].codec);
    g_assert_cmpstr (stream->width, ==, expected[i].width);
    g_assert_cmpstr (stream->height, ==, expected[i].height);
    g_assert_cmpstr (stream->fps, ==, expected[i].fps);
    g_assert_cmpstr (stream->sample_rate, ==, expected[i].sample_rate);
    g_assert_cmpstr (stream->channels, ==, expected[i].channels);
    g_assert_cmpstr (stream->bitrate, ==, expected[i].bitrate);
  }
}

/* What was uploaded counts, else the first file. */
static void
test_which_file (void)
{
  static const struct
  {
    const gchar *files;
    gint64 size;
    GstIceMediaState state;
  } rows[] = {
    {"[{'FileBasicInfo': {'FileType': 'transcode_file', 'FileSize': '1',"
          " 'FileStatus': 'Normal'}}, {'FileBasicInfo': {'FileType':"
          " 'source_file', 'FileSize': '2'}}]", 2, GST_ICE_MEDIA_READY},
    {"[{'FileBasicInfo': {'FileSize': 1}}, {'FileBasicInfo':"
          " {'FileSize': 2}}]", 1, GST_ICE_MEDIA_WAITING},
    {"[{'Other': 1}, {'FileBasicInfo': 'text'}]", -1, GST_ICE_MEDIA_WAITING},
    {"[{'FileBasicInfo': {'FileSize': '-5', 'FileStatus': 'Normal'}}]", -1,
        GST_ICE_MEDIA_READY},
    {"[{'FileBasicInfo': {'FileStatus': 'Normal'}}]", -1, GST_ICE_MEDIA_READY},
    {"{'0': 'no list'}", -1, GST_ICE_MEDIA_WAITING},
    {"null", -1, GST_ICE_MEDIA_WAITING},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstIceMediaInfo) info = parse_files (rows[i].files);

    g_test_message ("%s", rows[i].files);
    g_assert_cmpint (info->size, ==, rows[i].size);
    g_assert_cmpint (info->state, ==, rows[i].state);
    g_assert_cmpuint (info->streams->len, ==, 0);
  }
}

static void
test_no_info (void)
{
  static const gchar *const bodies[] = {
    "{}", "{'MediaInfo': []}", "{'MediaInfo': {}}",
    "{'MediaInfo': {'MediaBasicInfo': null}}",
    "{'MediaInfo': {'MediaBasicInfo': {}}}",
    "{'MediaInfo': {'MediaBasicInfo': {'Status': ''}}}",
    "{'MediaInfo': {'MediaBasicInfo': {'Status': {'Normal': 1}}}}",
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", bodies[i]);
    g_assert_null (parse_info (bodies[i], &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  }
}

/* ---- an answer to something else, or half of one ---- */

static void
start_answering (ClientFixture * fixture, const gchar * body, gchar ** answer)
{
  *answer = g_strdup_printf ("HTTP/1.1 200 OK\r\nConnection: close\r\n"
      "Content-Type: application/json\r\n\r\n%s", body);
  client_fixture_start_canned (fixture, *answer);
}

static void
test_other_media (void)
{
  g_autofree gchar *answer = NULL;
  ClientFixture fixture;
  g_autoptr (GstIceMediaClient) client = NULL;
  g_autoptr (GError) error = NULL;

  start_answering (&fixture, "{\"RequestId\": \"R\", \"MediaInfo\":"
      " {\"MediaId\": \"another\", \"MediaBasicInfo\":"
      " {\"Status\": \"Normal\"}}}", &answer);
  client = new_client (&fixture);
  g_assert_null (get_info (client, MEDIA_ID, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, "another MediaId"));
  g_clear_pointer (&client, gst_ice_media_client_unref);
  client_fixture_stop (&fixture);
}

/* Nothing is taken for deleted if it can't be told what was not. */
static void
test_no_list (void)
{
  static const struct
  {
    const gchar *members;
    const gchar *wrong;         /* NULL: it will do */
  } rows[] = {
    {"\"IgnoredList\": null", NULL},
    {"\"IgnoredList\": [\"a\"], \"ForbiddenList\": []", NULL},
    {"\"IgnoredList\": \"a\"", "IgnoredList"},
    {"\"IgnoredList\": [\"a\", 1]", "IgnoredList"},
    {"\"IgnoredList\": [[\"a\"]]", "IgnoredList"},
    {"\"ForbiddenList\": {\"a\": 1}", "ForbiddenList"},
    {"\"ForbiddenList\": [null]", "ForbiddenList"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *body = g_strdup_printf ("{\"RequestId\": \"R\", %s}",
        rows[i].members);
    g_autofree gchar *answer = NULL;
    ClientFixture fixture;
    g_autoptr (GstIceMediaClient) client = NULL;
    g_autoptr (GstIceDeletion) deletion = NULL;
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", body);
    start_answering (&fixture, body, &answer);
    client = new_client (&fixture);
    deletion = delete (client, MEDIA_ID, &error);
    if (rows[i].wrong == NULL) {
      g_assert_no_error (error);
    } else {
      g_assert_null (deletion);
      g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
      g_assert_nonnull (strstr (error->message, rows[i].wrong));
    }
    g_clear_pointer (&client, gst_ice_media_client_unref);
    client_fixture_stop (&fixture);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  /* GStreamer's leaks tracer tells then what is still alive. */
  atexit (gst_deinit);
  g_test_init (&argc, &argv, NULL);
  client_fixture_begin_log ();

  g_test_add_func ("/media-assets/asks-like-the-official-sdk", test_composes);
  g_test_add_func ("/media-assets/limits-count-characters", test_limits);
  g_test_add_func ("/media-assets/knows-what-can-be-uploaded", test_types);
  g_test_add_func ("/media-assets/checks-the-other-fields",
      test_other_fields);
  g_test_add_func ("/media-assets/makes-a-name", test_name);
  g_test_add_func ("/media-assets/knows-the-regions", test_regions);
  g_test_add_func ("/media-assets/reads-answers", test_answers);
  g_test_add_func ("/media-assets/lives", test_life);
  g_test_add_func ("/media-assets/hints-fit", test_hints);
  g_test_add_func ("/media-assets/reads-streams", test_streams);
  g_test_add_func ("/media-assets/takes-the-file-that-was-uploaded",
      test_which_file);
  g_test_add_func ("/media-assets/refuses-what-says-nothing", test_no_info);
  g_test_add_func ("/media-assets/refuses-another-media-id",
      test_other_media);
  g_test_add_func ("/media-assets/refuses-what-is-no-list", test_no_list);

  return g_test_run ();
}
