/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE: CreateUploadMedia, GetMediaInfo and DeleteMediaInfos.
 *
 * Runs on: the connection's thread.
 *
 * Limits and lists are those of the service's pages. Which code it gives where
 * one is broken is not documented: it is InvalidParameter here, and
 * InvalidApi.NotFound for an action that a region does not have. Fields that
 * no page knows are refused: a misspelt one would go unnoticed. */

#include "media-service.h"

#include <string.h>
#include <json-glib/json-glib.h>

#include "ice-errors.h"
#include "text.h"

#define TITLE_MAX 128
#define DESCRIPTION_MAX 1024
#define TAGS_MAX 16
#define TAG_MAX 32
#define DELETIONS_MAX 20
#define MEDIA_ID_MAX 128

/* A type, the kinds of business that it may have, and its extensions. */
static const struct
{
  const gchar *type;
  const gchar *business_types;
  const gchar *exts;
} types[] = {
  {"video", "opening ending general",
      "mp4 ts 3gp mpg mpeg mpe dat vob asf avi wmv flv f4v rm rmvb mov mkv "
        "m3u8 dv gif m2t m4v mj2 mjpeg mts ogg qt swf webm"},
  {"audio", "general",
      "mp3 wma wav aac ra m4a flac ape ac3 amr caf acm"},
  {"image", "default cover watermark general",
      "gif webp png jpg jpeg heic"},
  {"text", "subtitles font general", "srt vtt ass ttf ttc fon"},
  {"other", "general", NULL},
};

static const gchar *const create_regions[] = {
  "cn-shanghai", "cn-beijing", "cn-shenzhen", NULL
};

static EmuAnswer *
bad_parameter (const EmuCall * call, const gchar * name)
{
  g_autofree gchar *message =
      g_strdup_printf ("The specified parameter \"%s\" is not valid.", name);

  return emu_ice_error (call, EMU_ICE_PARAMETER, message);
}

gboolean
emu_is_media_id (const gchar * text)
{
  gsize i;

  for (i = 0; text[i] != '\0'; i++) {
    if (!g_ascii_isalnum (text[i]) && text[i] != '-' && text[i] != '_')
      return FALSE;
  }
  return i > 0 && i <= MEDIA_ID_MAX;
}

/* ---- JSON in parameters ---- */

/* The object in the parameter @name; NULL if it is absent, or is none, which
 * makes @bad TRUE. (transfer full) */
static JsonNode *
parse_object (const EmuCall * call, const gchar * name, gboolean * bad)
{
  const gchar *text = emu_query_get (call->query, name);
  JsonNode *node;

  if (!text)
    return NULL;
  node = json_from_string (text, NULL);
  if (node && JSON_NODE_HOLDS_OBJECT (node))
    return node;
  g_clear_pointer (&node, json_node_unref);
  *bad = TRUE;
  return NULL;
}

/* The member @name if it is a text, else NULL. */
static const gchar *
get_text (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (!node || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/* @names: with blanks between them. */
static gboolean
is_one_of (const gchar * text, const gchar * names)
{
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  return text && g_strv_contains ((const gchar * const *) list, text);
}

static gboolean
has_only (JsonObject * object, const gchar * names)
{
  g_autoptr (GList) members = json_object_get_members (object);
  GList *item;

  for (item = members; item; item = item->next) {
    if (!is_one_of (item->data, names))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_text (const gchar * text, glong max)
{
  return text && *text != '\0' && g_utf8_validate (text, -1, NULL)
      && g_utf8_strlen (text, -1) <= max;
}

/* ---- CreateUploadMedia ---- */

static gint
find_type (const gchar * name)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_strcmp0 (types[i].type, name) == 0)
      return i;
  }
  return -1;
}

/* The name of what is wrong, or NULL. */
static const gchar *
check_file_info (JsonObject * file, EmuAsset * asset)
{
  const gchar *name = get_text (file, "Name");
  const gchar *ext = get_text (file, "Ext");
  gint type = find_type (get_text (file, "Type"));

  if (!has_only (file, "Type Name Ext Size"))
    return "FileInfo";
  if (type < 0)
    return "FileInfo.Type";
  if (!name || *name == '\0' || strchr (name, '/'))
    return "FileInfo.Name";
  if (json_object_has_member (file, "Size")
      && json_object_get_int_member_with_default (file, "Size", -1) < 0)
    return "FileInfo.Size";
  asset->type = g_strdup (types[type].type);
  asset->ext = ext ? g_ascii_strdown (ext, -1) : NULL;
  if (!ext || (types[type].exts && !is_one_of (asset->ext, types[type].exts)))
    return "FileInfo.Ext";
  return NULL;
}

static gboolean
are_tags (const gchar * text)
{
  g_auto (GStrv) tags = g_strsplit (text, ",", -1);
  guint i;

  for (i = 0; tags[i]; i++) {
    if (!is_text (tags[i], TAG_MAX))
      return FALSE;
  }
  return i <= TAGS_MAX;
}

static const gchar *
check_metadata (JsonObject * data, EmuAsset * asset)
{
  const gchar *business = get_text (data, "BusinessType");
  const gchar *allowed = types[find_type (asset->type)].business_types;

  if (!has_only (data, "Title BusinessType Description Tags CateId CoverURL "
          "DynamicMetaData"))
    return "MediaMetaData";
  if (!is_text (get_text (data, "Title"), TITLE_MAX))
    return "MediaMetaData.Title";
  if (!is_one_of (business, allowed))
    return "MediaMetaData.BusinessType";
  if (json_object_has_member (data, "Description")
      && !is_text (get_text (data, "Description"), DESCRIPTION_MAX))
    return "MediaMetaData.Description";
  if (json_object_has_member (data, "Tags")
      && (!get_text (data, "Tags") || !are_tags (get_text (data, "Tags"))))
    return "MediaMetaData.Tags";
  asset->title = g_strdup (get_text (data, "Title"));
  asset->business_type = g_strdup (business);
  return NULL;
}

/* That bucket is VOD's only one. */
static EmuAnswer *
check_target (const EmuCall * call, JsonObject * target)
{
  const EmuOptions *options = call->services->options;
  const gchar *location = get_text (target, "StorageLocation");
  g_autofree gchar *own = g_strdup_printf ("%s.oss-%s.aliyuncs.com",
      options->bucket, options->region);

  if (!has_only (target, "StorageType StorageLocation")
      || g_strcmp0 (get_text (target, "StorageType"), "oss") != 0)
    return bad_parameter (call, "UploadTargetConfig");
  if (json_object_has_member (target, "StorageLocation")
      && g_strcmp0 (location, own) != 0)
    return emu_ice_error_custom (call, 404, "InvalidStorage.NotFound",
        "The StorageLocation does not exist.");
  return NULL;
}

static gboolean
is_process (JsonObject * process)
{
  const gchar *id = get_text (process, "ProcessID");

  return has_only (process, "ProcessType ProcessID")
      && g_strcmp0 (get_text (process, "ProcessType"), "Workflow") == 0
      && id && strlen (id) == 32
      && strspn (id, "0123456789abcdefABCDEF") == 32;
}

static EmuAnswer *
check_optional (const EmuCall * call, EmuAsset * asset)
{
  gboolean bad = FALSE;
  g_autoptr (JsonNode) target = parse_object (call, "UploadTargetConfig",
      &bad);
  g_autoptr (JsonNode) process = parse_object (call, "PostProcessConfig",
      &bad);
  g_autoptr (JsonNode) user_data = parse_object (call, "UserData", &bad);

  if (bad)
    return bad_parameter (call, "UploadTargetConfig, PostProcessConfig or "
        "UserData");
  if (process && !is_process (json_node_get_object (process)))
    return bad_parameter (call, "PostProcessConfig");
  if (user_data && !has_only (json_node_get_object (user_data),
          "MessageCallback Extend"))
    return bad_parameter (call, "UserData");
  asset->user_data = g_strdup (emu_query_get (call->query, "UserData"));
  return target ? check_target (call, json_node_get_object (target)) : NULL;
}

static EmuAnswer *
check_new_asset (const EmuCall * call, EmuAsset * asset)
{
  gboolean bad = FALSE;
  g_autoptr (JsonNode) file = parse_object (call, "FileInfo", &bad);
  g_autoptr (JsonNode) data = parse_object (call, "MediaMetaData", &bad);
  const gchar *wrong = NULL;

  if (!file)
    wrong = "FileInfo";
  else
    wrong = check_file_info (json_node_get_object (file), asset);
  if (!wrong)
    wrong = data ? check_metadata (json_node_get_object (data), asset)
        : "MediaMetaData";
  return wrong ? bad_parameter (call, wrong) : check_optional (call, asset);
}

gchar *
emu_media_format_lease (EmuCall * call, EmuAsset * asset)
{
  EmuLeaseIssuer *issuer = call->services->issuer;
  g_autoptr (EmuLease) lease = NULL;
  g_autofree gchar *address = NULL;
  g_autofree gchar *auth = NULL;

  lease = emu_lease_issuer_issue (issuer, asset->media_id, asset->ext,
      call->fault, emu_clock_now (&call->services->clock));
  address = emu_lease_issuer_format_address (issuer, lease);
  auth = emu_lease_issuer_format_auth (issuer, lease);
  return g_strdup_printf (",\"UploadAddress\":\"%s\",\"UploadAuth\":\"%s\"",
      address, auth);
}

/* Where the object of @asset is, not signed, as JSON. (transfer full) */
static gchar *
format_address (EmuCall * call, const gchar * key)
{
  const EmuOptions *options = call->services->options;
  g_autofree gchar *encoded = emu_percent_encode (key, TRUE);
  g_autofree gchar *url = g_strdup_printf ("http://%s.oss-%s.aliyuncs.com/%s",
      options->bucket, options->region, encoded);

  return emu_json_quote (url);
}

static EmuAnswer *
make_asset (EmuCall * call, EmuAsset * asset)
{
  g_autofree gchar *lease = NULL;
  g_autofree gchar *url = NULL;
  g_autofree gchar *json = NULL;
  g_auto (GStrv) keys = NULL;

  asset->created_us = emu_clock_now (&call->services->clock);
  if (!emu_assets_add (call->services->assets, emu_asset_ref (asset)))
    return emu_ice_error (call, EMU_ICE_INTERNAL, NULL);
  lease = emu_media_format_lease (call, asset);
  keys = emu_lease_issuer_get_keys (call->services->issuer, asset->media_id);
  url = format_address (call, keys[0]);
  json = g_strdup_printf ("{\"RequestId\":\"%s\",\"MediaId\":\"%s\"%s,"
      "\"FileURL\":%s,\"MediaURL\":%s}", call->request_id, asset->media_id,
      lease, url, url);
  return emu_ice_answer_new (call, 200, json);
}

EmuAnswer *
emu_media_create (EmuCall * call)
{
  g_autoptr (EmuAsset) asset = emu_asset_new ();
  EmuAnswer *refusal;

  if (!g_strv_contains (create_regions, call->services->options->region))
    return emu_ice_error (call, EMU_ICE_API_NOT_FOUND, NULL);
  refusal = check_new_asset (call, asset);
  return refusal ? refusal : make_asset (call, asset);
}

/* ---- GetMediaInfo ---- */

/* The newest of the objects that leases for @asset named, and where it is.
 * (transfer full) (nullable) */
static EmuObject *
find_object (EmuCall * call, const EmuAsset * asset, gchar ** key)
{
  EmuServices *services = call->services;
  g_auto (GStrv) keys = emu_lease_issuer_get_keys (services->issuer,
      asset->media_id);
  guint i;

  for (i = 0; keys[i]; i++) {
    EmuObject *object = emu_store_find (services->store,
        services->options->bucket, keys[i]);

    if (object) {
      *key = g_strdup (keys[i]);
      return object;
    }
  }
  *key = g_strdup (keys[0]);
  return NULL;
}

/* What has become of the file: analysis takes a while, and an empty file has
 * nothing to tell. */
static const gchar *
get_status (const EmuCall * call, const EmuObject * object)
{
  gdouble age_s;

  if (emu_fault_get_kind (call->fault) == EMU_FAULT_MEDIA_STATUS)
    return call->fault->code ? call->fault->code : "PrepareFail";
  if (!object)
    return "Init";
  age_s = (emu_clock_now (&call->services->clock) - object->modified_us)
      / (gdouble) G_USEC_PER_SEC;
  if (age_s < call->services->options->prepare_time)
    return "Preparing";
  return object->size > 0 ? "Normal" : "PrepareFail";
}

/* An address that lets anybody read the file: its signature is a secret. */
static gchar *
sign_address (EmuCall * call, const gchar * url)
{
  g_autofree gchar *signature = emu_random_text (EMU_ALPHANUMERICS, 27);

  emu_secrets_add (call->services->secrets, signature);
  /* @url is in quotes */
  return g_strdup_printf ("%.*s?Expires=%" G_GINT64_FORMAT "&OSSAccessKeyId="
      "EMULATOR&Signature=%s%%3D\"", (gint) strlen (url) - 1, url,
      call->now_us / G_USEC_PER_SEC + 3600, signature);
}

static gchar *
format_file (EmuCall * call, const EmuAsset * asset, const EmuObject * object,
    const gchar * key, const gchar * url)
{
  g_autofree gchar *name = g_path_get_basename (key);
  g_autofree gchar *quoted = emu_json_quote (name);
  g_autofree gchar *signed_url = sign_address (call, url);
  g_autofree gchar *date = emu_date_format_iso (object->modified_us, FALSE);
  const gchar *format = asset->ext ? asset->ext : "mp4";

  return g_strdup_printf ("{\"FileBasicInfo\":{\"FileName\":%s,"
      "\"FileStatus\":\"Normal\",\"FileType\":\"source_file\","
      "\"FileSize\":\"%" G_GUINT64_FORMAT "\",\"FileUrl\":%s,"
      "\"Region\":\"%s\",\"FormatName\":\"%s\",\"CreateTime\":\"%s\","
      "\"ModifiedTime\":\"%s\"}}", quoted, object->size, signed_url,
      call->services->options->region, format, date, date);
}

static gchar *
format_basic (EmuCall * call, const EmuAsset * asset, const gchar * status,
    const gchar * url)
{
  g_autofree gchar *title = emu_json_quote (asset->title ? asset->title :
      asset->media_id);
  g_autofree gchar *user_data = emu_json_quote (asset->user_data ?
      asset->user_data : "");
  g_autofree gchar *date = emu_date_format_iso (asset->created_us ?
      asset->created_us : call->services->started_us, FALSE);
  g_autofree gchar *cover = sign_address (call, url);

  return g_strdup_printf ("{\"MediaId\":\"%s\",\"InputURL\":%s,"
      "\"MediaType\":\"%s\",\"BusinessType\":\"%s\",\"Source\":\"vod\","
      "\"Title\":%s,\"Status\":\"%s\",\"CoverURL\":%s,\"UserData\":%s,"
      "\"CreateTime\":\"%s\",\"ModifiedTime\":\"%s\"}", asset->media_id, url,
      asset->type ? asset->type : "video",
      asset->business_type ? asset->business_type : "general", title, status,
      cover, user_data, date, date);
}

static EmuAnswer *
describe_asset (EmuCall * call, const EmuAsset * asset)
{
  g_autofree gchar *key = NULL;
  g_autoptr (EmuObject) object = find_object (call, asset, &key);
  const gchar *status = get_status (call, object);
  g_autofree gchar *url = key ? format_address (call, key)
      : g_strdup ("\"\"");
  g_autofree gchar *basic = format_basic (call, asset, status, url);
  g_autofree gchar *file = NULL;
  g_autofree gchar *json = NULL;

  if (object && g_str_equal (status, "Normal"))
    file = format_file (call, asset, object, key, url);
  json = g_strdup_printf ("{\"RequestId\":\"%s\",\"MediaInfo\":{"
      "\"MediaId\":\"%s\",\"MediaBasicInfo\":%s,\"FileInfoList\":[%s]}}",
      call->request_id, asset->media_id, basic, file ? file : "");
  return emu_ice_answer_new (call, 200, json);
}

/* By its address; only an id is looked up here. */
EmuAnswer *
emu_media_get_info (EmuCall * call)
{
  const gchar *media_id = emu_query_get (call->query, "MediaId");
  g_autoptr (EmuAsset) asset = NULL;

  if ((!media_id || *media_id == '\0')
      && emu_query_get (call->query, "InputURL"))
    return emu_ice_error (call, EMU_ICE_NOT_FOUND, NULL);
  if (!media_id || *media_id == '\0')
    return emu_ice_error (call, EMU_ICE_MEDIA_ID_MISSING, NULL);
  if (!emu_is_media_id (media_id))
    return emu_ice_error (call, EMU_ICE_PARAMETER, NULL);
  asset = emu_assets_find (call->services->assets, media_id);
  return asset ? describe_asset (call, asset)
      : emu_ice_error (call, EMU_ICE_NOT_FOUND, NULL);
}

/* ---- DeleteMediaInfos ---- */

static void
delete_objects (EmuCall * call, const gchar * media_id)
{
  EmuServices *services = call->services;
  g_auto (GStrv) keys = emu_lease_issuer_get_keys (services->issuer,
      media_id);
  guint i;

  for (i = 0; keys[i]; i++)
    emu_store_delete (services->store, services->options->bucket, keys[i]);
}

static void
append_id (GString * list, const gchar * media_id)
{
  g_autofree gchar *quoted = emu_json_quote (media_id);

  g_string_append_printf (list, "%s%s", list->len > 0 ? "," : "", quoted);
}

/* The lists are absent where they are empty. */
static EmuAnswer *
delete_all (EmuCall * call, gchar ** media_ids)
{
  g_autoptr (GString) ignored = g_string_new (NULL);
  g_autoptr (GString) forbidden = g_string_new (NULL);
  g_autoptr (GString) json = g_string_new (NULL);
  gchar **id;

  for (id = media_ids; *id; id++) {
    g_autoptr (EmuAsset) asset = emu_assets_find (call->services->assets, *id);

    if (!emu_is_media_id (*id) || !asset) {
      append_id (ignored, *id);
    } else if (emu_fault_get_kind (call->fault) == EMU_FAULT_NOT_DELETED) {
      append_id (forbidden, *id);
    } else {
      emu_assets_delete (call->services->assets, *id);
      delete_objects (call, *id);
    }
  }

  g_string_append_printf (json, "{\"RequestId\":\"%s\"", call->request_id);
  if (ignored->len > 0)
    g_string_append_printf (json, ",\"IgnoredList\":[%s]", ignored->str);
  if (forbidden->len > 0)
    g_string_append_printf (json, ",\"ForbiddenList\":[%s]", forbidden->str);
  g_string_append_c (json, '}');
  return emu_ice_answer_new (call, 200, json->str);
}

EmuAnswer *
emu_media_delete (EmuCall * call)
{
  const gchar *list = emu_query_get (call->query, "MediaIds");
  const gchar *physical = emu_query_get (call->query, "DeletePhysicalFiles");
  const gchar *addresses = emu_query_get (call->query, "InputURLs");
  g_auto (GStrv) media_ids = g_strsplit (list ? list : "", ",", -1);

  /* Python's client sends booleans with a capital. */
  if (physical && !is_one_of (physical, "true false True False"))
    return bad_parameter (call, "DeletePhysicalFiles");
  if (!list && addresses)
    return emu_ice_error (call, EMU_ICE_NOT_FOUND, NULL);
  if (!list || *list == '\0')
    return emu_ice_error (call, EMU_ICE_MEDIA_ID_MISSING, NULL);
  if (g_strv_length (media_ids) > DELETIONS_MAX)
    return bad_parameter (call, "MediaIds");
  return delete_all (call, media_ids);
}
