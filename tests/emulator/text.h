/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Percent-encoding, query parameters and dates, as the services read them. */

#pragma once

#include <gio/gio.h>

typedef struct
{
  gchar *name;                  /* decoded */
  gchar *value;                 /* decoded, empty if there is none */
} EmuParameter;

/* NULL if @text is not well-formed or holds a NUL. (transfer full) */
gchar *emu_percent_decode (const gchar * text);

/* All but unreserved characters; slashes too unless @keep_slash.
 * (transfer full) */
gchar *emu_percent_encode (const gchar * text, gboolean keep_slash);

/* The parameters of a raw query (nullable), in their order; NULL if one is
 * not well-formed. (transfer full) (element-type EmuParameter) */
GPtrArray *emu_query_parse (const gchar * query);

/* The first value of @name, or NULL. */
const gchar *emu_query_get (GPtrArray * parameters, const gchar * name);

/* Encoded again and sorted, joined by `&`. @bare_names: a parameter with an
 * empty value has no `=`. (transfer full) */
gchar *emu_query_canonicalize (GPtrArray * parameters, gboolean bare_names);

/* `Fri, 17 May 2024 08:09:10 GMT` (transfer full) */
gchar *emu_date_format_http (gint64 wall_us);
/* `2024-05-17T08:09:10.000Z` (transfer full) */
gchar *emu_date_format_iso (gint64 wall_us, gboolean milliseconds);

/* `YYYYMMDDTHHMMSSZ` and `YYYY-MM-DDTHH:MM:SSZ`, strictly; microseconds since
 * 1970. */
gboolean emu_date_parse_basic (const gchar * text, gint64 * wall_us);
gboolean emu_date_parse_iso (const gchar * text, gint64 * wall_us);

/* @len random digits out of @alphabet. (transfer full) */
gchar *emu_random_text (const gchar * alphabet, gsize len);
#define EMU_HEX_DIGITS "0123456789ABCDEF"
#define EMU_ALPHANUMERICS \
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Replaces every @from in @text. (transfer full) */
gchar *emu_text_replace (const gchar * text, const gchar * from,
    const gchar * to);

/* Digits and nothing else, in @base up to 16, from @min to @max. */
gboolean emu_number_parse (const gchar * text, guint base, guint64 min,
    guint64 max, guint64 * value);

/* @text as a JSON string, with its quotes. (transfer full) */
gchar *emu_json_quote (const gchar * text);
