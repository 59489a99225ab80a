/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What targets have in common; see the header. One thread. */

#include "fuzz.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#include "common/error.h"

/* The longest text of the house is some hundred characters of the service's
 * words and some hundred of our own. */
#define MAX_SHOWN 4096

/* libFuzzer keeps what led to an abort, and not what led to a trap. */
static void
on_trap (int number)
{
  abort ();
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  signal (SIGTRAP, on_trap);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL
      | G_LOG_LEVEL_WARNING);
  gst_debug_set_active (FALSE);

  return 0;
}

gchar *
fuzz_dup_text (const guint8 * data, gsize size)
{
  if (size > 0 && memchr (data, 0, size) != NULL)
    return NULL;

  return g_strndup ((const gchar *) data, size);
}

gchar *
fuzz_take_line (const guint8 ** data, gsize * size)
{
  const guint8 *end = *size > 0 ? memchr (*data, '\n', *size) : NULL;
  gsize length = end != NULL ? (gsize) (end - *data) : *size;
  gchar *line = g_strndup ((const gchar *) *data, length);

  length = MIN (length + 1, *size);
  *data += length;
  *size -= length;

  return line;
}

GstIceIdentity *
fuzz_identity_new (void)
{
  return gst_ice_identity_new ("LTAI5tFuzzKeyId", FUZZ_SECRET, FUZZ_TOKEN);
}

void
fuzz_check_shown (const gchar * text)
{
  const gchar *p;

  if (text == NULL)
    return;

  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_cmpuint (strlen (text), <=, MAX_SHOWN);
  for (p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
}

void
fuzz_check_redacted (const gchar * text)
{
  fuzz_check_shown (text);
  if (text == NULL)
    return;

  g_assert_null (strstr (text, FUZZ_SECRET));
  g_assert_null (strstr (text, FUZZ_TOKEN));
}

void
fuzz_check_error (GError ** error)
{
  g_assert_nonnull (*error);
  fuzz_check_shown ((*error)->message);
  g_clear_error (error);
}

void
fuzz_check_refusal (GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  g_assert_nonnull (details);
  fuzz_check_redacted (error->message);
  fuzz_check_redacted (details->code);
  fuzz_check_redacted (details->request_id);
  fuzz_check_redacted (details->ec);
  g_error_free (error);
}
