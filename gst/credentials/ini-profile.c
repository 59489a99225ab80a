/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* A reader of INI, and what the keys mean.
 *
 * Any thread; pure functions.
 *
 * GKeyFile is not used: it refuses a whole file for a comment that begins with
 * a semicolon, and frees what it read without wiping it. Of a key that occurs
 * twice the last one counts, as for the official SDKs. */

#include "credentials/ini-profile.h"

#include <string.h>

#include "common/error.h"
#include "common/secret.h"
#include "credentials/redaction.h"

#define BLANKS " \t\r"

/* A piece of the file, not terminated. */
typedef struct
{
  const gchar *text;
  gsize length;
} Piece;

static Piece
strip (Piece piece)
{
  while (piece.length > 0 && strchr (BLANKS, piece.text[0]) != NULL) {
    piece.text++;
    piece.length--;
  }
  while (piece.length > 0
      && strchr (BLANKS, piece.text[piece.length - 1]) != NULL)
    piece.length--;

  return piece;
}

static gboolean
equals (Piece piece, const gchar * text)
{
  return piece.length == strlen (text)
      && strncmp (piece.text, text, piece.length) == 0;
}

/* Cuts the first line off @rest. */
static Piece
take_line (Piece * rest)
{
  const gchar *end = memchr (rest->text, '\n', rest->length);
  gsize length = end != NULL ? (gsize) (end - rest->text) : rest->length;
  Piece line = { rest->text, length };

  length = MIN (length + 1, rest->length);
  rest->text += length;
  rest->length -= length;

  return strip (line);
}

static gboolean
is_header (Piece line, Piece * name)
{
  if (line.length < 2 || line.text[0] != '['
      || line.text[line.length - 1] != ']')
    return FALSE;

  *name = strip ((Piece) {
      line.text + 1, line.length - 2});

  return TRUE;
}

/* Quotes around a value are no part of it. */
static Piece
unquote (Piece value)
{
  if (value.length >= 2 && strchr ("\"'", value.text[0]) != NULL
      && value.text[value.length - 1] == value.text[0])
    return (Piece) {
    value.text + 1, value.length - 2};

  return value;
}

/* Behind a blank. Within quotes it is part of the value. */
static Piece
cut_comment (Piece value)
{
  gsize i;

  if (value.length > 0 && strchr ("\"'", value.text[0]) != NULL)
    return value;
  for (i = 1; i < value.length; i++) {
    if (strchr ("#;", value.text[i]) != NULL
        && strchr (BLANKS, value.text[i - 1]) != NULL)
      value.length = i;
  }

  return strip (value);
}

static gboolean
is_entry (Piece line, Piece * key, Piece * value)
{
  const gchar *equal = memchr (line.text, '=', line.length);

  if (line.length == 0 || strchr ("#;", line.text[0]) != NULL
      || equal == NULL)
    return FALSE;

  *key = strip ((Piece) {
      line.text, equal - line.text});
  *value = unquote (cut_comment (strip ((Piece) {
              equal + 1, line.text + line.length - equal - 1})));

  return TRUE;
}

/* The sections of one name are one section. */
static gboolean
find_value (Piece file, const gchar * section, const gchar * wanted,
    Piece * value)
{
  gboolean is_inside = FALSE;
  gboolean found = FALSE;
  Piece key, found_value;

  while (file.length > 0) {
    Piece line = take_line (&file);

    if (is_header (line, &key)) {
      is_inside = equals (key, section);
    } else if (is_inside && is_entry (line, &key, &found_value)
        && equals (key, wanted)) {
      *value = found_value;
      found = TRUE;
    }
  }

  return found;
}

static gboolean
has_section (Piece file, const gchar * section)
{
  Piece name;

  while (file.length > 0) {
    if (is_header (take_line (&file), &name) && equals (name, section))
      return TRUE;
  }

  return FALSE;
}

/* An empty value is none. Wipe it. (transfer full) (nullable) */
static gchar *
dup_value (Piece file, const gchar * section, const gchar * key)
{
  Piece value;

  if (!find_value (file, section, key, &value) || value.length == 0)
    return NULL;

  return g_strndup (value.text, value.length);
}

/* --- What it means --- */

static GstIceProfile *
read_keys (Piece file, const gchar * section, GError ** error)
{
  gchar *id = dup_value (file, section, "access_key_id");
  gchar *secret = dup_value (file, section, "access_key_secret");
  GstIceProfile *profile = gst_ice_profile_new_keys (id, secret, NULL, error);

  gst_ice_secret_free_string (id);
  gst_ice_secret_free_string (secret);

  return profile;
}

static GstIceProfile *
read_ecs_role (Piece file, const gchar * section, GError ** error)
{
  GstIceProfile *profile = gst_ice_profile_new (GST_ICE_PROFILE_ECS_ROLE);

  profile->ecs_role_name = dup_value (file, section, "role_name");

  return profile;
}

static GstIceProfile *
read_role (Piece file, const gchar * section, GError ** error)
{
  GstIceProfile *keys = read_keys (file, section, error);
  GstIceProfile *profile;

  if (keys == NULL)
    return NULL;

  profile = gst_ice_profile_new (GST_ICE_PROFILE_ROLE);
  profile->source = keys;
  profile->role->role_arn = dup_value (file, section, "role_arn");
  profile->role->session_name =
      dup_value (file, section, "role_session_name");
  profile->role->policy = dup_value (file, section, "policy");

  return profile;
}

static const struct
{
  const gchar *type;
  GstIceProfile *(*read) (Piece file, const gchar * section, GError ** error);
} types[] = {
  {"access_key", read_keys},
  {"ecs_ram_role", read_ecs_role},
  {"ram_role_arn", read_role},
};

static GstIceProfile *
read_by_type (Piece file, const gchar * section, GError ** error)
{
  g_autofree gchar *type = dup_value (file, section, "type");
  g_autofree gchar *shown = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_strcmp0 (type, types[i].type) == 0)
      return types[i].read (file, section, error);
  }

  shown = gst_ice_redact_id (NULL, type);
  gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED, type == NULL ?
      "it has no type%s" : "its type \"%s\" is not supported",
      shown != NULL ? shown : "");

  return NULL;
}

GstIceProfile *
gst_ice_ini_profile_read (const gchar * text, gsize size, const gchar * name,
    GError ** error)
{
  const gchar *section = name != NULL ? name : "default";
  g_autofree gchar *shown = gst_ice_redact (NULL, section);
  GstIceProfile *profile;
  Piece file = { text, size };

  if (!g_utf8_validate_len (text, size, NULL)) {
    gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED,
        "it is not UTF-8 text");
    return NULL;
  }
  if (!has_section (file, section)) {
    gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED,
        "there is no profile \"%s\"", shown != NULL ? shown : "");
    return NULL;
  }

  profile = read_by_type (file, section, error);
  if (profile == NULL)
    g_prefix_error (error, "profile \"%s\": ", shown);

  return profile;
}
