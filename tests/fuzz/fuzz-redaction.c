/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Words of a service about to be shown. A `$` stands for the secret and a `&`
 * for the token, which a fuzzer would be long in guessing. */

#include "fuzz.h"

#include <string.h>

#include "credentials/redaction.h"

/* (transfer full) */
static gchar *
expand (const gchar * text)
{
  GString *expanded = g_string_new (NULL);

  for (; *text != '\0'; text++) {
    if (*text == '$')
      g_string_append (expanded, FUZZ_SECRET);
    else if (*text == '&')
      g_string_append (expanded, FUZZ_TOKEN);
    else
      g_string_append_c (expanded, *text);
  }

  return g_string_free (expanded, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GstIceIdentity) identity = fuzz_identity_new ();
  g_autofree gchar *text = fuzz_dup_text (data, size);
  g_autofree gchar *expanded = NULL;
  g_autofree gchar *shown = NULL;
  g_autofree gchar *id = NULL;
  g_autofree gchar *alone = NULL;

  if (text == NULL)
    return 0;

  expanded = expand (text);
  shown = gst_ice_redact (identity, expanded);
  fuzz_check_redacted (shown);
  id = gst_ice_redact_id (identity, expanded);
  fuzz_check_redacted (id);
  alone = gst_ice_redact (NULL, text);
  fuzz_check_shown (alone);

  return 0;
}
