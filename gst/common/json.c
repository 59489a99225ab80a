/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A check of the grammar (RFC 8259) in front of json-glib.
 *
 * json-glib 1.6, the oldest that is supported, reads JSON with GScanner: it
 * takes comments and C numbers, turns "a\u0000b" into "a", and recurses as
 * deep as the text says. Later versions have a strict mode, though not for
 * each of these. So the text is walked once here, and only what RFC 8259
 * allows reaches the library.
 *
 * Any thread; pure functions. */

#include "common/json.h"

#include <string.h>

#include <openssl/crypto.h>

#include "common/error.h"
#include "common/secret.h"
#include "common/text.h"

/* Answers of the services nest three deep. */
#define MAX_DEPTH 32

/* A value of so many bytes may be a secret. */
#define LONG_SIZE 16

/* Each of these functions reads one piece of grammar at *p and moves *p
 * behind it, or returns FALSE. The text ends with a zero byte and has no other
 * one, so that looking at **p is always allowed. */

static gboolean check_value (const gchar ** p, guint depth);

static void
skip_space (const gchar ** p)
{
  *p += strspn (*p, " \t\r\n");
}

static gboolean
accept (const gchar ** p, gchar c)
{
  if (**p != c)
    return FALSE;

  (*p)++;

  return TRUE;
}

static gboolean
accept_word (const gchar ** p, const gchar * word)
{
  if (!g_str_has_prefix (*p, word))
    return FALSE;

  *p += strlen (word);

  return TRUE;
}

static gboolean
accept_digits (const gchar ** p)
{
  gsize n = strspn (*p, G_CSET_DIGITS);

  *p += n;

  return n > 0;
}

/* Four hexadecimal digits, behind `\u`. */
static gboolean
read_unit (const gchar ** p, guint * unit)
{
  guint i;

  *unit = 0;
  for (i = 0; i < 4; i++, (*p)++) {
    if (!g_ascii_isxdigit (**p))
      return FALSE;
    *unit = *unit << 4 | g_ascii_xdigit_value (**p);
  }

  return TRUE;
}

/* A NUL would cut a C string short, and half a surrogate pair is no text. */
static gboolean
check_unicode_escape (const gchar ** p)
{
  guint high, low;

  if (!read_unit (p, &high) || high == 0)
    return FALSE;
  if (high < 0xd800 || high > 0xdfff)
    return TRUE;

  return high < 0xdc00 && accept_word (p, "\\u") && read_unit (p, &low)
      && low >= 0xdc00 && low <= 0xdfff;
}

static gboolean
check_string (const gchar ** p)
{
  if (!accept (p, '"'))
    return FALSE;

  while (!accept (p, '"')) {
    if ((guchar) ** p < 0x20)
      return FALSE;
    if (!accept (p, '\\')) {
      (*p)++;
      continue;
    }
    if (accept (p, 'u')) {
      if (!check_unicode_escape (p))
        return FALSE;
    } else if (**p == '\0' || strchr ("\"\\/bfnrt", *(*p)++) == NULL) {
      return FALSE;
    }
  }

  return TRUE;
}

static gboolean
check_number (const gchar ** p)
{
  accept (p, '-');
  if (!accept (p, '0') && !accept_digits (p))
    return FALSE;
  if (accept (p, '.') && !accept_digits (p))
    return FALSE;
  if (accept (p, 'e') || accept (p, 'E')) {
    if (!accept (p, '+'))
      accept (p, '-');
    return accept_digits (p);
  }

  return TRUE;
}

static gboolean
check_member (const gchar ** p, guint depth)
{
  skip_space (p);
  if (!check_string (p))
    return FALSE;
  skip_space (p);

  return accept (p, ':') && check_value (p, depth);
}

/* What follows `{` or `[`: items with commas between them, and @end. */
static gboolean
check_items (const gchar ** p, guint depth, gchar end,
    gboolean (*check_item) (const gchar ** p, guint depth))
{
  skip_space (p);
  if (accept (p, end))
    return TRUE;

  do {
    if (!check_item (p, depth))
      return FALSE;
  } while (accept (p, ','));

  return accept (p, end);
}

/* A value with the space around it. */
static gboolean
check_value (const gchar ** p, guint depth)
{
  gboolean ok;

  if (depth == MAX_DEPTH)
    return FALSE;

  skip_space (p);
  if (accept (p, '{'))
    ok = check_items (p, depth + 1, '}', check_member);
  else if (accept (p, '['))
    ok = check_items (p, depth + 1, ']', check_value);
  else if (**p == '"')
    ok = check_string (p);
  else
    ok = accept_word (p, "true") || accept_word (p, "false")
        || accept_word (p, "null") || check_number (p);
  skip_space (p);

  return ok;
}

static gboolean
is_json (const gchar * text)
{
  return check_value (&text, 0) && *text == '\0';
}

static GError *
error_new (const gchar * reason)
{
  return gst_ice_error_new (GST_ICE_ERROR_PROTOCOL, "%s", reason);
}

/* ---- strings of a tree ---- */

typedef struct
{
  void (*func) (JsonNode * node, gpointer user_data);
  gpointer user_data;
} StringVisit;

static void for_each_string (JsonNode * node,
    void (*func) (JsonNode * node, gpointer user_data), gpointer user_data);

static void
visit_member (JsonObject * object, const gchar * name, JsonNode * node,
    gpointer user_data)
{
  const StringVisit *visit = user_data;

  for_each_string (node, visit->func, visit->user_data);
}

static void
visit_element (JsonArray * array, guint index, JsonNode * node,
    gpointer user_data)
{
  const StringVisit *visit = user_data;

  for_each_string (node, visit->func, visit->user_data);
}

static void
for_each_string (JsonNode * node,
    void (*func) (JsonNode * node, gpointer user_data), gpointer user_data)
{
  StringVisit visit = { func, user_data };

  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), visit_member,
        &visit);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), visit_element,
        &visit);
  else if (json_node_get_value_type (node) == G_TYPE_STRING)
    func (node, user_data);
}

/* ---- long strings: json-glib would leave copies of them in memory that it
 * frees, so it gets numbers in their place ---- */

static void
append_escaped (GString * string, const gchar ** p)
{
  static const gchar names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
  gchar name = *(*p)++;
  guint unit, low;

  if (name != 'u') {
    const gchar *known = strchr (names, name);

    g_string_append_c (string, known != NULL ? meanings[known - names] : name);
    return;
  }

  read_unit (p, &unit);
  if (accept_word (p, "\\u")) {
    if (unit >= 0xd800 && unit <= 0xdbff) {
      read_unit (p, &low);
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else {
      *p -= 2;
    }
  }
  g_string_append_unichar (string, unit);
}

/* What the @size bytes at @p, between quotes, mean. It has room from the
 * start, so that it never moves. */
static gchar *
unescape (const gchar * p, gsize size)
{
  GString *string = g_string_sized_new (size + 1);
  const gchar *end = p + size;

  while (p < end) {
    if (accept (&p, '\\'))
      append_escaped (string, &p);
    else
      g_string_append_c (string, *p++);
  }

  return g_string_free (string, FALSE);
}

/* Takes the long values out of @text, whose grammar is right. */
static GPtrArray *
take_strings (gchar * text)
{
  GPtrArray *strings = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_ice_secret_free_string);
  gchar *start;

  while ((start = strchr (text, '"')) != NULL) {
    const gchar *end = start, *behind;
    gsize size;

    check_string (&end);
    behind = end;
    skip_space (&behind);
    text = start + (end - start);
    size = text - start - 2;
    if (size < LONG_SIZE || *behind == ':')
      continue;

    g_ptr_array_add (strings, unescape (start + 1, size));
    OPENSSL_cleanse (start + 1, size);
    memset (start + 1, ' ', size);
    start[1 + g_snprintf (start + 1, LONG_SIZE, "%u", strings->len - 1)] = ' ';
  }

  return strings;
}

static void
put_string (JsonNode * node, gpointer user_data)
{
  GPtrArray *strings = user_data;
  const gchar *text = json_node_get_string (node);

  if (strlen (text) >= LONG_SIZE)
    json_node_set_string (node, g_ptr_array_index (strings,
            g_ascii_strtoull (text, NULL, 10)));
}

/* The tree of @text, of which the grammar has been checked, and which is
 * written to. */
static JsonNode *
build_tree (gchar * text)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GPtrArray) strings = take_strings (text);
  JsonNode *root;

  if (!json_parser_load_from_data (parser, text, -1, NULL))
    return NULL;

  root = json_parser_steal_root (parser);
  for_each_string (root, put_string, strings);

  return root;
}

JsonNode *
gst_ice_json_parse_object (const gchar * data, gsize size, GError ** error)
{
  g_autoptr (JsonNode) node = NULL;
  gchar *text;

  gst_ice_text_skip_mark (&data, &size);
  /* @data may be NULL then. */
  if (size == 0) {
    g_propagate_error (error, error_new ("nothing"));
    return NULL;
  }
  /* This refuses NUL too. */
  if (!g_utf8_validate_len (data, size, NULL)) {
    g_propagate_error (error, error_new ("not UTF-8 text"));
    return NULL;
  }

  text = g_strndup (data, size);
  if (is_json (text))
    node = build_tree (text);
  gst_ice_secret_free_string (text);

  if (node == NULL) {
    g_propagate_error (error, error_new ("not valid JSON"));
    return NULL;
  }
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    g_propagate_error (error, error_new ("not a JSON object"));
    return NULL;
  }

  return g_steal_pointer (&node);
}

const gchar *
gst_ice_json_get_string (JsonObject * object, const gchar * name)
{
  JsonNode *member = json_object_get_member (object, name);

  if (member == NULL || json_node_get_value_type (member) != G_TYPE_STRING)
    return NULL;

  return json_node_get_string (member);
}

/* The node's own copy, about to be freed: nobody else reads it. */
static void
wipe_string (JsonNode * node, gpointer user_data)
{
  gchar *text = (gchar *) json_node_get_string (node);

  OPENSSL_cleanse (text, strlen (text));
}

void
gst_ice_json_free_secret (JsonNode * node)
{
  if (node == NULL)
    return;

  for_each_string (node, wipe_string, NULL);
  json_node_unref (node);
}
