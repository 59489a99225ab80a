/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One reader for each mode.
 *
 * Any thread; pure functions. */

#include "credentials/cli-profile.h"

#include "common/error.h"
#include "common/json.h"
#include "credentials/redaction.h"

/* How many profiles may stand on one another's shoulders. */
#define MAX_CHAIN 8

typedef struct
{
  JsonArray *profiles;
  gint64 now_us;
  guint depth;
} Reader;

typedef GstIceProfile *(*ReadFunc) (Reader * reader, JsonObject * object,
    GError ** error);

static GstIceProfile *read_profile (Reader * reader, const gchar * name,
    GError ** error);

static GError *
new_error (const gchar * reason)
{
  return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED, "%s", reason);
}

/* An empty string is none. (transfer full) (nullable) */
static gchar *
dup_string (JsonObject * object, const gchar * name)
{
  const gchar *value = gst_ice_json_get_string (object, name);

  return value != NULL && *value != '\0' ? g_strdup (value) : NULL;
}

/* @fallback if it is absent, no number, or not positive. */
static gint64
get_number (JsonObject * object, const gchar * name, gint64 fallback)
{
  JsonNode *member = json_object_get_member (object, name);
  gint64 value;

  if (member == NULL || json_node_get_value_type (member) != G_TYPE_INT64)
    return fallback;
  value = json_node_get_int (member);

  return value > 0 ? value : fallback;
}

static gboolean
is_true (JsonObject * object, const gchar * name)
{
  JsonNode *member = json_object_get_member (object, name);

  return member != NULL && json_node_get_value_type (member) == G_TYPE_BOOLEAN
      && json_node_get_boolean (member);
}

static GstIceProfile *
read_keys (Reader * reader, JsonObject * object, GError ** error)
{
  return gst_ice_profile_new_keys (gst_ice_json_get_string (object,
          "access_key_id"), gst_ice_json_get_string (object,
          "access_key_secret"), NULL, error);
}

static GstIceProfile *
read_token (Reader * reader, JsonObject * object, GError ** error)
{
  const gchar *token = gst_ice_json_get_string (object, "sts_token");

  if (token == NULL || *token == '\0') {
    g_propagate_error (error, new_error ("it has no sts_token"));
    return NULL;
  }

  return gst_ice_profile_new_keys (gst_ice_json_get_string (object,
          "access_key_id"), gst_ice_json_get_string (object,
          "access_key_secret"), token, error);
}

/* What the tool got when its user signed in, and wrote down. To sign in again
 * takes a browser. */
static GstIceProfile *
read_kept_token (Reader * reader, JsonObject * object, GError ** error)
{
  gint64 end = get_number (object, "sts_expiration", 0);

  if (end <= reader->now_us / G_USEC_PER_SEC) {
    g_propagate_error (error, new_error ("the identity that the aliyun tool "
            "keeps in it is over: sign in again"));
    return NULL;
  }

  return read_token (reader, object, error);
}

static gboolean
read_role_fields (GstIceRole * role, JsonObject * object, GError ** error)
{
  role->role_arn = dup_string (object, "ram_role_arn");
  role->session_name = dup_string (object, "ram_session_name");
  role->policy = dup_string (object, "policy");
  role->external_id = dup_string (object, "external_id");
  role->sts_region = dup_string (object, "sts_region");
  role->sts_endpoint = dup_string (object, "sts_endpoint");
  role->vpc_endpoint = is_true (object, "enable_vpc");
  role->duration_seconds = get_number (object, "expired_seconds",
      GST_ICE_ROLE_DEFAULT_DURATION);
  if (role->duration_seconds >= GST_ICE_ROLE_MIN_DURATION)
    return TRUE;

  g_propagate_error (error, new_error ("its expired_seconds are below 900"));

  return FALSE;
}

/* @source: (transfer full) (nullable): then @error is set */
static GstIceProfile *
new_role (JsonObject * object, GstIceProfile * source, GError ** error)
{
  g_autoptr (GstIceProfile) profile =
      gst_ice_profile_new (GST_ICE_PROFILE_ROLE);

  profile->source = source;
  if (source == NULL || !read_role_fields (profile->role, object, error))
    return NULL;

  return g_steal_pointer (&profile);
}

static GstIceProfile *
read_role (Reader * reader, JsonObject * object, GError ** error)
{
  return new_role (object, read_keys (reader, object, error), error);
}

static GstIceProfile *
read_chained_role (Reader * reader, JsonObject * object, GError ** error)
{
  const gchar *source = gst_ice_json_get_string (object, "source_profile");

  if (source == NULL || *source == '\0') {
    g_propagate_error (error, new_error ("it has no source_profile"));
    return NULL;
  }
  if (++reader->depth == MAX_CHAIN) {
    g_propagate_error (error, new_error ("its source_profile leads round and "
            "round"));
    return NULL;
  }

  return new_role (object, read_profile (reader, source, error), error);
}

static GstIceProfile *
read_ecs_role (Reader * reader, JsonObject * object, GError ** error)
{
  GstIceProfile *profile = gst_ice_profile_new (GST_ICE_PROFILE_ECS_ROLE);

  profile->ecs_role_name = dup_string (object, "ram_role_name");

  return profile;
}

static GstIceProfile *
read_oidc (Reader * reader, JsonObject * object, GError ** error)
{
  g_autoptr (GstIceProfile) profile =
      gst_ice_profile_new (GST_ICE_PROFILE_OIDC);

  profile->oidc_provider_arn = dup_string (object, "oidc_provider_arn");
  profile->oidc_token_file = dup_string (object, "oidc_token_file");
  if (!read_role_fields (profile->role, object, error))
    return NULL;

  return g_steal_pointer (&profile);
}

static GstIceProfile *
read_process (Reader * reader, JsonObject * object, GError ** error)
{
  GstIceProfile *profile = gst_ice_profile_new (GST_ICE_PROFILE_PROCESS);

  profile->command =
      gst_ice_secret_new (gst_ice_json_get_string (object, "process_command"));

  return profile;
}

static const struct
{
  const gchar *mode;
  ReadFunc read;
} modes[] = {
  {"AK", read_keys},
  {"StsToken", read_token},
  {"RamRoleArn", read_role},
  {"ChainableRamRoleArn", read_chained_role},
  {"EcsRamRole", read_ecs_role},
  {"OIDC", read_oidc},
  {"External", read_process},
  {"CloudSSO", read_kept_token},
  {"OAuth", read_kept_token},
};

static GstIceProfile *
read_by_mode (Reader * reader, JsonObject * object, GError ** error)
{
  const gchar *mode = gst_ice_json_get_string (object, "mode");
  g_autofree gchar *shown = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (modes); i++) {
    if (g_strcmp0 (mode, modes[i].mode) == 0)
      return modes[i].read (reader, object, error);
  }

  shown = gst_ice_redact_id (NULL, mode);
  gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED,
      "its mode \"%s\" is not supported", shown != NULL ? shown : "");

  return NULL;
}

/* The first profile of that name. (transfer none) */
static JsonObject *
find_profile (JsonArray * profiles, const gchar * name)
{
  guint i;

  for (i = 0; i < json_array_get_length (profiles); i++) {
    JsonNode *node = json_array_get_element (profiles, i);

    if (JSON_NODE_HOLDS_OBJECT (node)
        && g_strcmp0 (gst_ice_json_get_string (json_node_get_object (node),
                "name"), name) == 0)
      return json_node_get_object (node);
  }

  return NULL;
}

static GstIceProfile *
read_profile (Reader * reader, const gchar * name, GError ** error)
{
  JsonObject *object = find_profile (reader->profiles, name);
  g_autofree gchar *shown = gst_ice_redact (NULL, name);
  GstIceProfile *profile;

  if (object == NULL) {
    gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED,
        "there is no profile \"%s\"", shown != NULL ? shown : "");
    return NULL;
  }

  profile = read_by_mode (reader, object, error);
  if (profile == NULL)
    g_prefix_error (error, "profile \"%s\": ", shown);

  return profile;
}

static GstIceProfile *
read_file (JsonObject * file, const gchar * name, gint64 now_us,
    GError ** error)
{
  JsonNode *node = json_object_get_member (file, "profiles");
  Reader reader = {.now_us = now_us };

  if (name == NULL)
    name = gst_ice_json_get_string (file, "current");
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node)) {
    g_propagate_error (error, new_error ("there are no profiles in it"));
    return NULL;
  }
  if (name == NULL) {
    g_propagate_error (error, new_error ("it does not say which profile is "
            "the current one"));
    return NULL;
  }

  reader.profiles = json_node_get_array (node);

  return read_profile (&reader, name, error);
}

GstIceProfile *
gst_ice_cli_profile_read (const gchar * text, gsize size, const gchar * name,
    gint64 now_us, GError ** error)
{
  g_autoptr (GError) cause = NULL;
  JsonNode *json = gst_ice_json_parse_object (text, size, &cause);
  GstIceProfile *profile;

  if (json == NULL) {
    gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED, "it is %s",
        cause->message);
    return NULL;
  }

  profile = read_file (json_node_get_object (json), name, now_us, error);
  gst_ice_json_free_secret (json);

  return profile;
}
