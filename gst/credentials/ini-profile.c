/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A reader of INI, and what the keys mean.
 *
 * Any thread; pure functions.
 *
 * The form is that of Python's configparser, which the official SDK for Python
 * reads the file with: `key = value` or `key: value`, keys in any case, any of
 * the three line ends, deeper lines that continue a value, a section DEFAULT
 * that fills the gaps of all. More is taken than it takes: of a key or a section
 * that occurs twice the last word counts, quotes around a value are no part of
 * it, a comment may also begin with a semicolon behind a blank, and a line that
 * makes no sense is skipped.
 *
 * GKeyFile is not used: it refuses a whole file for a comment that begins with
 * a semicolon, and frees what it read without wiping it. */

#include "credentials/ini-profile.h"

#include <string.h>

#include "common/error.h"
#include "common/secret.h"
#include "common/text.h"
#include "credentials/redaction.h"

#define BLANKS " \t\v\f\r\n"
#define COMMENTS "#;"
#define DEFAULTS "DEFAULT"

/* A piece of the file, not terminated. */
typedef struct
{
  const gchar *text;
  gsize length;
} Piece;

/* What a line is, comments aside. */
typedef enum
{
  NOTHING,
  HEADER,
  ENTRY,
  CONTINUATION,
} Kind;

/* Goes through the file line by line. */
typedef struct
{
  Piece rest;
  gboolean has_entry;           /* that a deeper line would continue */
  gsize indent;                 /* of the entry or header before */
  Piece name;                   /* of a header or an entry */
  Piece value;                  /* of an entry, or what continues it */
} Reader;

static gboolean
is_one_of (gchar c, const gchar * set)
{
  return c != '\0' && strchr (set, c) != NULL;
}

static Piece
strip (Piece piece)
{
  while (piece.length > 0 && is_one_of (piece.text[0], BLANKS)) {
    piece.text++;
    piece.length--;
  }
  while (piece.length > 0
      && is_one_of (piece.text[piece.length - 1], BLANKS))
    piece.length--;

  return piece;
}

static gboolean
equals (Piece piece, const gchar * text)
{
  return piece.length == strlen (text)
      && strncmp (piece.text, text, piece.length) == 0;
}

static gboolean
is_comment (Piece line)
{
  return line.length > 0 && is_one_of (line.text[0], COMMENTS);
}

/* Cuts the first line off @rest. */
static Piece
take_line (Piece * rest)
{
  Piece line = { rest->text, 0 };
  gsize end;

  while (line.length < rest->length
      && !is_one_of (line.text[line.length], "\r\n"))
    line.length++;

  end = MIN (line.length + 1, rest->length);
  if (end < rest->length && line.text[line.length] == '\r'
      && line.text[end] == '\n')
    end++;
  rest->text += end;
  rest->length -= end;

  return line;
}

/* Whatever stands behind the bracket. */
static gboolean
read_header (Reader * reader, Piece line)
{
  gsize end = line.length;

  if (line.length == 0 || line.text[0] != '[')
    return FALSE;
  while (end > 1 && line.text[end - 1] != ']')
    end--;
  if (end == 1)
    return FALSE;
  reader->name = strip ((Piece) {
      line.text + 1, end - 2});

  return TRUE;
}

static gboolean
read_entry (Reader * reader, Piece line)
{
  gsize i = 0;

  while (i < line.length && !is_one_of (line.text[i], "=:"))
    i++;
  if (i == line.length)
    return FALSE;
  reader->name = strip ((Piece) {
      line.text, i});
  reader->value = strip ((Piece) {
      line.text + i + 1, line.length - i - 1});

  return TRUE;
}

static Kind
read_line (Reader * reader)
{
  Piece whole = take_line (&reader->rest);
  Piece line = strip (whole);
  gsize indent = line.text - whole.text;

  if (line.length == 0 || is_comment (line))
    return NOTHING;
  if (reader->has_entry && indent > reader->indent) {
    reader->value = line;
    return CONTINUATION;
  }

  reader->indent = indent;
  reader->has_entry = FALSE;
  if (read_header (reader, line))
    return HEADER;
  reader->has_entry = read_entry (reader, line);

  return reader->has_entry ? ENTRY : NOTHING;
}

static gboolean
is_key (Piece name, const gchar * wanted)
{
  return name.length == strlen (wanted)
      && g_ascii_strncasecmp (name.text, wanted, name.length) == 0;
}

/* The value with the lines that continue it. */
static gboolean
find_value (Piece file, const gchar * section, const gchar * wanted,
    Piece * value)
{
  Reader reader = { file, };
  guint found = 0;              /* 1: among the defaults, 2: in the section */
  guint place = 0;              /* likewise */
  gboolean is_open = FALSE;

  while (reader.rest.length > 0) {
    Kind kind = read_line (&reader);

    if (kind == HEADER) {
      place = equals (reader.name, section) ? 2
          : equals (reader.name, DEFAULTS) ? 1 : 0;
    } else if (kind == ENTRY) {
      is_open = place > 0 && place >= found && is_key (reader.name, wanted);
      if (is_open) {
        *value = reader.value;
        found = place;
      }
    } else if (kind == CONTINUATION && is_open) {
      value->length = reader.value.text + reader.value.length - value->text;
    }
  }

  return found > 0;
}

static gboolean
has_section (Piece file, const gchar * section)
{
  Reader reader = { file, };

  while (reader.rest.length > 0) {
    if (read_line (&reader) == HEADER && equals (reader.name, section))
      return TRUE;
  }

  return FALSE;
}

/* Quotes around a value are no part of it, and neither is a comment behind
 * them. */
static gboolean
unquote (Piece * value)
{
  const gchar *end;
  Piece rest;

  if (value->length < 2 || !is_one_of (value->text[0], "\"'"))
    return FALSE;
  end = memchr (value->text + 1, value->text[0], value->length - 1);
  if (end == NULL)
    return FALSE;
  rest = strip ((Piece) {
      end + 1, value->text + value->length - end - 1});
  if (rest.length > 0 && !is_comment (rest))
    return FALSE;
  *value = (Piece) {
  value->text + 1, end - value->text - 1};

  return TRUE;
}

/* A number sign begins one wherever it stands. */
static Piece
cut_comment (Piece value)
{
  gsize i;

  for (i = 0; i < value.length; i++) {
    if (value.text[i] == '#' || (value.text[i] == ';' && i > 0
            && is_one_of (value.text[i - 1], BLANKS)))
      value.length = i;
  }

  return strip (value);
}

/* The lines of @value, stripped, without those that are comments. Wipe it.
 * (transfer full) */
static gchar *
join_lines (Piece value)
{
  gchar *joined = g_malloc (value.length + 1);
  gsize size = 0;
  Piece line = strip (take_line (&value));

  for (;;) {
    memcpy (joined + size, line.text, line.length);
    size += line.length;
    if (value.length == 0)
      break;
    do
      line = strip (take_line (&value));
    while (is_comment (line) && value.length > 0);
    joined[size++] = '\n';
  }
  joined[size] = '\0';

  return joined;
}

/* An empty value is none. Wipe it. (transfer full) (nullable) */
static gchar *
dup_value (Piece file, const gchar * section, const gchar * key)
{
  Piece value;
  gchar *joined, *text = NULL;

  if (!find_value (file, section, key, &value))
    return NULL;

  joined = join_lines (value);
  value = strip ((Piece) {
      joined, strlen (joined)});
  if (!unquote (&value))
    value = cut_comment (value);
  if (value.length > 0)
    text = g_strndup (value.text, value.length);
  gst_ice_secret_free_string (joined);

  return text;
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

static void
read_role_fields (GstIceRole * role, Piece file, const gchar * section)
{
  role->role_arn = dup_value (file, section, "role_arn");
  role->session_name = dup_value (file, section, "role_session_name");
  role->policy = dup_value (file, section, "policy");
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
  read_role_fields (profile->role, file, section);

  return profile;
}

static GstIceProfile *
read_oidc (Piece file, const gchar * section, GError ** error)
{
  GstIceProfile *profile = gst_ice_profile_new (GST_ICE_PROFILE_OIDC);

  profile->oidc_provider_arn = dup_value (file, section, "oidc_provider_arn");
  profile->oidc_token_file = dup_value (file, section, "oidc_token_file_path");
  read_role_fields (profile->role, file, section);

  return profile;
}

static const struct
{
  const gchar *type;
  GstIceProfile *(*read) (Piece file, const gchar * section, GError ** error);
} types[] = {
  {"access_key", read_keys},
  {"ecs_ram_role", read_ecs_role},
  {"oidc_role_arn", read_oidc},
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
  Piece file;

  gst_ice_text_skip_mark (&text, &size);
  file = (Piece) { text, size };
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
