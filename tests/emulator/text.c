/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Percent-encoding, query parameters and dates, as the services read them.
 *
 * Functions of their arguments; any thread. GLib's own URI functions are not
 * used on purpose: they tidy what has to be judged as it came. */

#include "text.h"

#include <string.h>

gchar *
emu_percent_decode (const gchar * text)
{
  g_autoptr (GString) out = g_string_sized_new (strlen (text));
  const gchar *p;

  for (p = text; *p != '\0'; p++) {
    gint value;

    if (*p != '%') {
      g_string_append_c (out, *p);
      continue;
    }
    if (!g_ascii_isxdigit (p[1]) || !g_ascii_isxdigit (p[2]))
      return NULL;
    value = g_ascii_xdigit_value (p[1]) << 4 | g_ascii_xdigit_value (p[2]);
    if (value == 0)
      return NULL;
    g_string_append_c (out, (gchar) value);
    p += 2;
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
is_unreserved (gchar c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_' || c == '.' || c == '~';
}

gchar *
emu_percent_encode (const gchar * text, gboolean keep_slash)
{
  GString *out = g_string_sized_new (strlen (text) + 16);
  const gchar *p;

  for (p = text; *p != '\0'; p++) {
    if (is_unreserved (*p) || (keep_slash && *p == '/'))
      g_string_append_c (out, *p);
    else
      g_string_append_printf (out, "%%%02X", (guchar) * p);
  }
  return g_string_free (out, FALSE);
}

static void
parameter_free (gpointer data)
{
  EmuParameter *parameter = data;

  g_free (parameter->name);
  g_free (parameter->value);
  g_free (parameter);
}

static EmuParameter *
parameter_parse (const gchar * text)
{
  const gchar *equals = strchr (text, '=');
  g_autofree gchar *raw_name = NULL;
  g_autofree gchar *name = NULL;
  g_autofree gchar *value = NULL;
  EmuParameter *parameter;

  raw_name = equals ? g_strndup (text, equals - text) : g_strdup (text);
  name = emu_percent_decode (raw_name);
  value = emu_percent_decode (equals ? equals + 1 : "");
  if (!name || !value)
    return NULL;

  parameter = g_new0 (EmuParameter, 1);
  parameter->name = g_steal_pointer (&name);
  parameter->value = g_steal_pointer (&value);
  return parameter;
}

GPtrArray *
emu_query_parse (const gchar * query)
{
  g_autoptr (GPtrArray) parameters = NULL;
  g_auto (GStrv) pieces = NULL;
  gchar **piece;

  parameters = g_ptr_array_new_with_free_func (parameter_free);
  pieces = g_strsplit (query ? query : "", "&", -1);
  for (piece = pieces; *piece; piece++) {
    EmuParameter *parameter;

    if (**piece == '\0')
      continue;
    parameter = parameter_parse (*piece);
    if (!parameter)
      return NULL;
    g_ptr_array_add (parameters, parameter);
  }
  return g_steal_pointer (&parameters);
}

const gchar *
emu_query_get (GPtrArray * parameters, const gchar * name)
{
  guint i;

  for (i = 0; i < parameters->len; i++) {
    EmuParameter *parameter = g_ptr_array_index (parameters, i);

    if (g_str_equal (parameter->name, name))
      return parameter->value;
  }
  return NULL;
}

static gint
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

/* Sorting the joined `name=value` texts would put `a-b=` before `a=`, since
 * '-' comes before '='. A byte that is below all encoded ones stands in for
 * the `=` while they are sorted. */
gchar *
emu_query_canonicalize (GPtrArray * parameters, gboolean bare_names)
{
  g_autoptr (GPtrArray) encoded = g_ptr_array_new_with_free_func (g_free);
  gchar *joined;
  guint i;

  for (i = 0; i < parameters->len; i++) {
    EmuParameter *parameter = g_ptr_array_index (parameters, i);
    g_autofree gchar *name = emu_percent_encode (parameter->name, FALSE);
    g_autofree gchar *value = emu_percent_encode (parameter->value, FALSE);
    gboolean bare = bare_names && *value == '\0';

    g_ptr_array_add (encoded, g_strconcat (name, bare ? "" : "\001", value,
            NULL));
  }
  g_ptr_array_sort (encoded, compare_strings);
  g_ptr_array_add (encoded, NULL);
  joined = g_strjoinv ("&", (gchar **) encoded->pdata);
  return g_strdelimit (joined, "\001", '=');
}

gchar *
emu_date_format_http (gint64 wall_us)
{
  static const gchar days[][4] = {
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"
  };
  static const gchar months[][4] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
    "Nov", "Dec"
  };
  g_autoptr (GDateTime) date = NULL;

  date = g_date_time_new_from_unix_utc (wall_us / G_USEC_PER_SEC);
  return g_strdup_printf ("%s, %02d %s %04d %02d:%02d:%02d GMT",
      days[g_date_time_get_day_of_week (date) - 1],
      g_date_time_get_day_of_month (date),
      months[g_date_time_get_month (date) - 1],
      g_date_time_get_year (date), g_date_time_get_hour (date),
      g_date_time_get_minute (date), g_date_time_get_second (date));
}

gchar *
emu_date_format_iso (gint64 wall_us, gboolean milliseconds)
{
  g_autoptr (GDateTime) date = NULL;
  g_autofree gchar *text = NULL;

  date = g_date_time_new_from_unix_utc (wall_us / G_USEC_PER_SEC);
  text = g_date_time_format (date, "%Y-%m-%dT%H:%M:%S");
  if (!milliseconds)
    return g_strconcat (text, "Z", NULL);
  return g_strdup_printf ("%s.%03dZ", text,
      (gint) (wall_us % G_USEC_PER_SEC / 1000));
}

/* @digits: YYYYMMDDHHMMSS */
static gboolean
date_from_digits (const gchar * digits, gint64 * wall_us)
{
  g_autoptr (GDateTime) date = NULL;
  gint field[6] = { 0, };
  gint i;

  for (i = 0; i < 14; i++) {
    gint *number = &field[i < 4 ? 0 : (i - 2) / 2];

    if (!g_ascii_isdigit (digits[i]))
      return FALSE;
    *number = *number * 10 + g_ascii_digit_value (digits[i]);
  }
  date = g_date_time_new_utc (field[0], field[1], field[2], field[3],
      field[4], field[5]);
  if (!date)
    return FALSE;
  *wall_us = g_date_time_to_unix (date) * G_USEC_PER_SEC;
  return TRUE;
}

/* @pattern has a 0 where a digit belongs. */
static gboolean
date_parse (const gchar * text, const gchar * pattern, gint64 * wall_us)
{
  gchar digits[15] = { 0, };
  gsize i, n = 0;

  if (strlen (text) != strlen (pattern))
    return FALSE;
  for (i = 0; pattern[i] != '\0'; i++) {
    if (pattern[i] == '0')
      digits[n++] = text[i];
    else if (pattern[i] != text[i])
      return FALSE;
  }
  return date_from_digits (digits, wall_us);
}

gboolean
emu_date_parse_basic (const gchar * text, gint64 * wall_us)
{
  return date_parse (text, "00000000T000000Z", wall_us);
}

gboolean
emu_date_parse_iso (const gchar * text, gint64 * wall_us)
{
  return date_parse (text, "0000-00-00T00:00:00Z", wall_us);
}

gchar *
emu_random_text (const gchar * alphabet, gsize len)
{
  gsize size = strlen (alphabet);
  gchar *text = g_malloc (len + 1);
  gsize i;

  for (i = 0; i < len; i++)
    text[i] = alphabet[g_random_int_range (0, size)];
  text[len] = '\0';
  return text;
}

gchar *
emu_text_replace (const gchar * text, const gchar * from, const gchar * to)
{
  g_auto (GStrv) pieces = g_strsplit (text, from, -1);

  return g_strjoinv (to, pieces);
}

/* g_ascii_string_to_unsigned() goes by errno, and the first call of a process
 * may find there what GLib's own locking left, if another thread initialises
 * something at the same time: "0" is no number then. */
gboolean
emu_number_parse (const gchar * text, guint base, guint64 min, guint64 max,
    guint64 * value)
{
  guint64 number = 0;

  if (*text == '\0')
    return FALSE;
  for (; *text != '\0'; text++) {
    gint digit = g_ascii_xdigit_value (*text);

    if (digit < 0 || digit >= base || digit > max
        || number > (max - digit) / base)
      return FALSE;
    number = number * base + digit;
  }
  *value = number;
  return number >= min;
}

gchar *
emu_json_quote (const gchar * text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, -1);
  GString *json = g_string_new ("\"");
  const gchar *p;

  for (p = valid; *p != '\0'; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (json, '\\');
    if (g_ascii_iscntrl (*p))
      g_string_append_printf (json, "\\u%04x", *p);
    else
      g_string_append_c (json, *p);
  }
  g_string_append_c (json, '"');
  return g_string_free (json, FALSE);
}
