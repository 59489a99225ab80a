/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One pass over the text: each place either begins something that must not
 * be shown, or is copied.
 *
 * Any thread; pure functions. */

#include "credentials/redaction.h"

#include <string.h>

#define MASK "***"

#define MAX_TEXT_CHARS 400
#define MAX_ID_LENGTH 128

/* A secret is taken to be quoted where so many of its first characters are. */
#define RECOGNIZABLE 16

/* Hex digits of the signatures of both services, and of SHA-256. */
#define SIGNATURE_LENGTH 64

/* How much of @text is @secret, or a word that begins like it. */
static gsize
match_secret (const gchar * text, const gchar * secret)
{
  if (secret == NULL)
    return 0;
  if (g_str_has_prefix (text, secret))
    return strlen (secret);
  if (strlen (secret) < RECOGNIZABLE
      || strncmp (text, secret, RECOGNIZABLE) != 0)
    return 0;

  return strcspn (text, " \t\r\n<>\"");
}

static gsize
match_signature (const gchar * text)
{
  gsize length = strspn (text, G_CSET_DIGITS "abcdefABCDEF");

  return length >= SIGNATURE_LENGTH ? length : 0;
}

/* How many bytes at @text must not be shown. */
static gsize
match (const GstIceIdentity * identity, const gchar * text)
{
  gsize length = 0;

  if (identity != NULL)
    length = MAX (match_secret (text, gst_ice_identity_peek_secret (identity)),
        match_secret (text, gst_ice_identity_peek_token (identity)));

  return MAX (length, match_signature (text));
}

/* Control characters could forge or hide lines of a log. */
static void
append_char (GString * line, const gchar * p)
{
  gunichar c = g_utf8_get_char (p);

  g_string_append_unichar (line, g_unichar_iscntrl (c) ? ' ' : c);
}

gchar *
gst_ice_redact (const GstIceIdentity * identity, const gchar * text)
{
  g_autoptr (GString) line = g_string_new (NULL);
  gchar *valid;
  const gchar *p;
  guint n = 0;

  if (text == NULL)
    return NULL;

  valid = g_utf8_make_valid (text, -1);
  for (p = g_strstrip (valid); *p != '\0' && n < MAX_TEXT_CHARS; n++) {
    gsize masked = match (identity, p);

    if (masked > 0) {
      g_string_append (line, MASK);
      p += masked;
    } else {
      append_char (line, p);
      p = g_utf8_next_char (p);
    }
  }
  if (*p != '\0')
    g_string_append (line, "...");
  gst_ice_secret_free_string (valid);

  return line->len > 0 ? g_strdup (line->str) : NULL;
}

gchar *
gst_ice_redact_id (const GstIceIdentity * identity, const gchar * text)
{
  const gchar *p;

  if (text == NULL || *text == '\0' || strlen (text) > MAX_ID_LENGTH)
    return NULL;

  for (p = text; *p != '\0'; p++) {
    if (!g_ascii_isalnum (*p) && strchr ("-_.:", *p) == NULL)
      return NULL;
    if (match (identity, p) > 0)
      return NULL;
  }

  return g_strdup (text);
}
