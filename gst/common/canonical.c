/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Canonical headers; see the header. Runs on: any thread. */

#include "common/canonical.h"

#include <string.h>

#include "common/digest.h"

#define BLANKS " \t"

/* The digest in hex, and the line feeds between all that is there. */
#define DIGEST_ROOM (2 * GST_ICE_SHA256_SIZE + 64)

gint
gst_ice_pair_compare_names (gconstpointer a, gconstpointer b)
{
  const GstIcePair *const *first = a;
  const GstIcePair *const *second = b;

  return strcmp ((*first)->name, (*second)->name);
}

const gchar *
gst_ice_canonical_find (const GstIcePair * headers, gsize n_headers,
    const gchar * name)
{
  gsize i;

  for (i = 0; i < n_headers; i++) {
    if (g_str_equal (headers[i].name, name))
      return headers[i].value;
  }

  g_return_val_if_reached ("");
}

/* A name stands twice: in its line, and in the list of those signed. */
gsize
gst_ice_canonical_measure (GPtrArray * headers, gsize rest)
{
  gsize size = rest + DIGEST_ROOM;
  guint i;

  for (i = 0; i < headers->len; i++) {
    const GstIcePair *header = g_ptr_array_index (headers, i);

    size += 2 * strlen (header->name) + strlen (header->value) + 3;
  }

  return size;
}

void
gst_ice_canonical_append_header (GString * text, const GstIcePair * header)
{
  const gchar *value = header->value + strspn (header->value, BLANKS);
  gsize length = strlen (value);

  while (length > 0 && strchr (BLANKS, value[length - 1]) != NULL)
    length--;

  g_string_append (text, header->name);
  g_string_append_c (text, ':');
  g_string_append_len (text, value, length);
  g_string_append_c (text, '\n');
}
