/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* GetMediaInfo's answer; see the header. Any thread. */

#include "ice/media-info.h"

#include <string.h>

#include "common/error.h"
#include "common/json.h"
#include "common/number.h"

static void
stream_free (gpointer data)
{
  GstIceMediaStream *stream = data;

  g_free (stream->codec);
  g_free (stream->width);
  g_free (stream->height);
  g_free (stream->fps);
  g_free (stream->sample_rate);
  g_free (stream->channels);
  g_free (stream->bitrate);
  g_free (stream);
}

void
gst_ice_media_info_free (GstIceMediaInfo * info)
{
  g_free (info->media_id);
  g_free (info->status);
  g_free (info->title);
  g_free (info->media_type);
  g_free (info->source);
  g_free (info->address);
  g_free (info->created);
  g_free (info->modified);
  g_free (info->duration);
  g_free (info->format);
  g_free (info->bitrate);
  g_free (info->region);
  g_ptr_array_unref (info->streams);
  g_free (info);
}

/* A text, or a number as text; the service has been seen to send both.
 * (transfer full) (nullable) */
static gchar *
dup_text (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return json_to_string (node, FALSE);

  return *json_node_get_string (node) != '\0' ? json_node_dup_string (node) :
      NULL;
}

/* The member @name if it is an object, else NULL. */
static JsonObject *
get_object (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ?
      json_node_get_object (node) : NULL;
}

/* The objects in the array @name. (transfer container) */
static GPtrArray *
get_objects (JsonObject * object, const gchar * name)
{
  GPtrArray *objects = g_ptr_array_new ();
  JsonNode *node = json_object_get_member (object, name);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ?
      json_node_get_array (node) : NULL;
  guint i;

  for (i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (element))
      g_ptr_array_add (objects, json_node_get_object (element));
  }

  return objects;
}

static gboolean
is_source (JsonObject * basic)
{
  return g_strcmp0 (gst_ice_json_get_string (basic, "FileType"),
      "source_file") == 0;
}

/* The file that was uploaded, else the first one; NULL if there is none. */
static JsonObject *
find_file (GPtrArray * files)
{
  JsonObject *first = NULL;
  guint i;

  for (i = 0; i < files->len; i++) {
    JsonObject *file = g_ptr_array_index (files, i);
    JsonObject *basic = get_object (file, "FileBasicInfo");

    if (basic != NULL && is_source (basic))
      return file;
    if (basic != NULL && first == NULL)
      first = file;
  }

  return first;
}

static void
read_streams (GstIceMediaInfo * info, JsonObject * file, const gchar * kind,
    const gchar * list)
{
  g_autoptr (GPtrArray) objects = get_objects (file, list);
  guint i;

  for (i = 0; i < objects->len; i++) {
    JsonObject *object = g_ptr_array_index (objects, i);
    GstIceMediaStream *stream = g_new0 (GstIceMediaStream, 1);

    stream->kind = kind;
    stream->codec = dup_text (object, "CodecName");
    stream->width = dup_text (object, "Width");
    stream->height = dup_text (object, "Height");
    stream->fps = dup_text (object, "Fps");
    stream->sample_rate = dup_text (object, "SampleRate");
    stream->channels = dup_text (object, "Channels");
    stream->bitrate = dup_text (object, "Bitrate");
    g_ptr_array_add (info->streams, stream);
  }
}

static void
read_file (GstIceMediaInfo * info, JsonObject * file)
{
  JsonObject *basic = get_object (file, "FileBasicInfo");
  g_autofree gchar *size_text = dup_text (basic, "FileSize");
  guint64 size;

  if (size_text != NULL
      && gst_ice_parse_number (size_text, 0, G_MAXINT64, &size))
    info->size = size;
  info->duration = dup_text (basic, "Duration");
  info->format = dup_text (basic, "FormatName");
  info->bitrate = dup_text (basic, "Bitrate");
  info->region = dup_text (basic, "Region");
  read_streams (info, file, "video", "VideoStreamInfoList");
  read_streams (info, file, "audio", "AudioStreamInfoList");
  read_streams (info, file, "subtitle", "SubtitleStreamInfoList");
}

static gboolean
has_normal_file (GPtrArray * files)
{
  guint i;

  for (i = 0; i < files->len; i++) {
    JsonObject *basic =
        get_object (g_ptr_array_index (files, i), "FileBasicInfo");

    if (basic != NULL && g_strcmp0 (gst_ice_json_get_string (basic,
                "FileStatus"), "Normal") == 0)
      return TRUE;
  }

  return FALSE;
}

/* Status alone is not enough: the list of files can be empty for a while. */
static GstIceMediaState
judge (const gchar * status, GPtrArray * files)
{
  if (g_str_equal (status, "PrepareFail"))
    return GST_ICE_MEDIA_FAILED;
  if (g_str_equal (status, "Normal") && has_normal_file (files))
    return GST_ICE_MEDIA_READY;

  return GST_ICE_MEDIA_WAITING;
}

static void
read_basic (GstIceMediaInfo * info, JsonObject * basic)
{
  info->title = dup_text (basic, "Title");
  info->media_type = dup_text (basic, "MediaType");
  info->source = dup_text (basic, "Source");
  info->created = dup_text (basic, "CreateTime");
  info->modified = dup_text (basic, "ModifiedTime");
  info->address = dup_text (basic, "InputURL");
  /* Not signed as a rule. What a query could give away is cut off. */
  if (info->address != NULL)
    info->address[strcspn (info->address, "?#")] = '\0';
}

GstIceMediaInfo *
gst_ice_media_info_parse (JsonObject * object, GError ** error)
{
  JsonObject *media = get_object (object, "MediaInfo");
  JsonObject *basic =
      media != NULL ? get_object (media, "MediaBasicInfo") : NULL;
  g_autofree gchar *status = basic != NULL ? dup_text (basic, "Status") : NULL;
  g_autoptr (GPtrArray) files = NULL;
  GstIceMediaInfo *info;
  JsonObject *file;

  if (status == NULL) {
    gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL,
        "there is no Status in the answer");
    return NULL;
  }

  files = get_objects (media, "FileInfoList");
  info = g_new0 (GstIceMediaInfo, 1);
  info->media_id = dup_text (media, "MediaId");
  info->streams = g_ptr_array_new_with_free_func (stream_free);
  info->state = judge (status, files);
  info->status = g_steal_pointer (&status);
  info->n_files = files->len;
  info->size = -1;
  read_basic (info, basic);
  file = find_file (files);
  if (file != NULL)
    read_file (info, file);

  return info;
}
