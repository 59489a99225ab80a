/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What a media asset is to be made of; see the header. Any thread.
 *
 * CreateUploadMedia takes JSON texts as parameters. They are signed byte for
 * byte; the order of the fields is free. */

#include "ice/new-media.h"

#include <string.h>

#include "common/error.h"
#include "common/json.h"
#include "common/number.h"

#define MAX_TITLE 128
#define MAX_DESCRIPTION 1024
#define MAX_TAGS 16
#define MAX_TAG 32
#define WORKFLOW_DIGITS 32
/* The service says nothing about a limit of its own; it has to go into the
 * request line beside all else. */
#define MAX_OTHER 1024

/* Those that have CreateUploadMedia. */
static const gchar *const regions[] = {
  "cn-shanghai", "cn-beijing", "cn-shenzhen", NULL
};

/* What can be uploaded as what, from the service's page "File formats". An
 * Ogg file is video there, whatever is in it. */
static const gchar *const video_exts[] = {
  "mp4", "ts", "mkv", "webm", "mov", "flv", "avi", "m4v", "3gp", "ogg",
  "mpg", "mpeg", "mpe", "dat", "vob", "asf", "wmv", "f4v", "rm", "rmvb",
  "m3u8", "dv", "gif", "m2t", "mj2", "mjpeg", "mts", "qt", "swf", NULL
};

static const gchar *const audio_exts[] = {
  "m4a", "mp3", "aac", "wav", "flac", "wma", "ra", "ape", "ac3", "amr", "caf",
  "acm", NULL
};

static const struct
{
  const gchar *type;
  const gchar *const *exts;
} types[] = {
  {"video", video_exts},
  {"audio", audio_exts},
};

gboolean
gst_ice_new_media_is_offered (const gchar * region, const gchar * host)
{
  g_auto (GStrv) labels = g_strsplit (host != NULL ? host : "", ".", -1);

  /* ice.REGION.aliyuncs.com, ice-vpc.REGION.aliyuncs.com */
  if (g_str_has_prefix (labels[0] != NULL ? labels[0] : "", "ice")
      && g_strv_length (labels) == 4)
    region = labels[1];

  return g_strv_contains (regions, region);
}

/* `mp4, ts, ...`: what @type, `video` or `audio`, can be. (transfer full) */
static gchar *
list_exts (const gchar * type)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_str_equal (types[i].type, type))
      return g_strjoinv (", ", (gchar **) types[i].exts);
  }

  return NULL;
}

/* (transfer full) */
static gchar *
normalize_ext (const gchar * ext)
{
  return g_ascii_strdown (ext + (*ext == '.' ? 1 : 0), -1);
}

/* NULL if no type has it, or not the one that is wanted. */
static const gchar *
find_type (const GstIceNewMedia * media)
{
  g_autofree gchar *ext = normalize_ext (media->ext);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    if ((media->type == NULL || g_str_equal (media->type, types[i].type))
        && g_strv_contains (types[i].exts, ext))
      return types[i].type;
  }

  return NULL;
}

/* @text: (nullable) */
static gboolean
check_length (const gchar * field, const gchar * text, glong max,
    GError ** error)
{
  glong length;

  if (text == NULL)
    return TRUE;
  if (*text == '\0')
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "%s is empty", field);
  if (!g_utf8_validate (text, -1, NULL))
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "%s is not UTF-8 text", field);

  length = g_utf8_strlen (text, -1);
  if (length > max)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "%s has %ld characters; at most %ld can be used",
        field, length, max);

  return TRUE;
}

static gboolean
check_type (const GstIceNewMedia * media, GError ** error)
{
  const gchar *type = media->type != NULL ? media->type : "video";
  g_autofree gchar *exts = list_exts (type);
  g_autofree gchar *audio_exts_too = media->type == NULL ?
      list_exts ("audio") : NULL;

  if (exts == NULL)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "type is neither video nor audio");
  if (media->ext == NULL)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "ext is needed: that of the muxer's files");
  if (find_type (media) != NULL)
    return TRUE;

  if (audio_exts_too != NULL)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "ext `%s` can't be uploaded; what can be is, as"
        " video: %s; as audio: %s", media->ext, exts, audio_exts_too);

  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "ext `%s` is not one of %s, which are: %s",
      media->ext, type, exts);
}

static gboolean
check_tags (const gchar * tags, GError ** error)
{
  g_auto (GStrv) list = g_strsplit (tags != NULL ? tags : "", ",", -1);
  guint i;

  if (g_strv_length (list) > MAX_TAGS)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "tags are %u; at most %u can be used",
        g_strv_length (list), MAX_TAGS);
  for (i = 0; tags != NULL && list[i] != NULL; i++) {
    if (!check_length ("one of the tags", list[i], MAX_TAG, error))
      return FALSE;
  }

  return TRUE;
}

static gboolean
check_storage (const gchar * storage, GError ** error)
{
  if (storage == NULL || g_regex_match_simple
      ("^[a-z0-9][a-z0-9-]*\\.oss-[a-z0-9-]+\\.aliyuncs\\.com$", storage,
          G_REGEX_DOLLAR_ENDONLY, 0))
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "storage is not the host of a bucket, as in"
      " outin-***.oss-cn-shanghai.aliyuncs.com");
}

static gboolean
check_category (const gchar * category, GError ** error)
{
  guint64 number;

  if (category == NULL
      || gst_ice_parse_number (category, 0, G_MAXINT64, &number))
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "category is not a number");
}

static gboolean
check_workflow (const gchar * workflow, GError ** error)
{
  if (workflow == NULL || (strlen (workflow) == WORKFLOW_DIGITS
          && strspn (workflow, "0123456789abcdefABCDEF") == WORKFLOW_DIGITS))
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "workflow is not an id of %u hexadecimal digits",
      WORKFLOW_DIGITS);
}

static gboolean
check_user_data (const gchar * user_data, GError ** error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (!check_length ("user-data", user_data, MAX_OTHER, error))
    return FALSE;
  if (user_data == NULL)
    return TRUE;

  node = gst_ice_json_parse_object (user_data, strlen (user_data), &reason);
  if (node == NULL)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "user-data: %s", reason->message);

  return TRUE;
}

gboolean
gst_ice_new_media_check (const GstIceNewMedia * media, GError ** error)
{
  if (media->title == NULL)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "title is needed");

  return check_length ("title", media->title, MAX_TITLE, error)
      && check_type (media, error)
      && check_length ("name", media->name, MAX_OTHER, error)
      && check_length ("description", media->description, MAX_DESCRIPTION,
      error)
      && check_tags (media->tags, error)
      && check_category (media->category, error)
      && check_storage (media->storage, error)
      && check_length ("app", media->app_id, MAX_OTHER, error)
      && check_workflow (media->workflow, error)
      && check_user_data (media->user_data, error);
}

/* @value: (nullable): then there is no such member */
static void
add_string (JsonObject * object, const gchar * name, const gchar * value)
{
  if (value != NULL)
    json_object_set_string_member (object, name, value);
}

/* @object as the text of the parameter @name. @object: (transfer full) */
static void
add_object (JsonObject * parameters, const gchar * name, JsonObject * object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;

  json_node_take_object (node, object);
  text = json_to_string (node, FALSE);
  json_object_set_string_member (parameters, name, text);
}

static JsonObject *
describe_file (const GstIceNewMedia * media)
{
  g_autofree gchar *ext = normalize_ext (media->ext);
  g_autofree gchar *name =
      g_strdup (media->name != NULL ? media->name : media->title);
  JsonObject *file = json_object_new ();

  /* A title may have what a file name may not. */
  if (media->name == NULL)
    g_strdelimit (name, "/\\\n\r\t", '-');
  json_object_set_string_member (file, "Type", find_type (media));
  json_object_set_string_member (file, "Name", name);
  json_object_set_string_member (file, "Ext", ext);

  return file;
}

/* Of the kinds of business that the service knows, `general` is the only one
 * for a recording. */
static JsonObject *
describe_media (const GstIceNewMedia * media)
{
  JsonObject *data = json_object_new ();

  json_object_set_string_member (data, "Title", media->title);
  json_object_set_string_member (data, "BusinessType", "general");
  add_string (data, "Description", media->description);
  add_string (data, "Tags", media->tags);
  if (media->category != NULL)
    json_object_set_int_member (data, "CateId",
        g_ascii_strtoll (media->category, NULL, 10));

  return data;
}

JsonObject *
gst_ice_new_media_get_parameters (const GstIceNewMedia * media)
{
  JsonObject *parameters = json_object_new ();

  add_object (parameters, "FileInfo", describe_file (media));
  add_object (parameters, "MediaMetaData", describe_media (media));
  if (media->storage != NULL) {
    JsonObject *target = json_object_new ();

    json_object_set_string_member (target, "StorageType", "oss");
    json_object_set_string_member (target, "StorageLocation", media->storage);
    add_object (parameters, "UploadTargetConfig", target);
  }
  if (media->workflow != NULL) {
    JsonObject *process = json_object_new ();

    json_object_set_string_member (process, "ProcessType", "Workflow");
    json_object_set_string_member (process, "ProcessID", media->workflow);
    add_object (parameters, "PostProcessConfig", process);
  }
  add_string (parameters, "AppId", media->app_id);
  add_string (parameters, "UserData", media->user_data);

  return parameters;
}
