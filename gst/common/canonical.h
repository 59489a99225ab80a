/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Headers as both services' canonical requests have them. Pure functions. */

#pragma once

#include <glib.h>

/* Of a header, its name in lower case, or of a query, neither of them
 * encoded; there a NULL value is a name alone. */
typedef struct
{
  const gchar *name;
  const gchar *value;
} GstIcePair;

/* For arrays of pointers to pairs, by name. */
gint gst_ice_pair_compare_names (gconstpointer a, gconstpointer b);

/* The value of the header @name, which has to be there. (transfer none) */
const gchar *gst_ice_canonical_find (const GstIcePair * headers,
    gsize n_headers, const gchar * name);

/* How long a canonical request of these @headers gets at most. A string with
 * so much room never moves, and leaves no piece of a token behind. @rest: the
 * lengths of all that is neither a header nor a digest.
 * @headers: (element-type GstIcePair) */
gsize gst_ice_canonical_measure (GPtrArray * headers, gsize rest);

/* `name:value` and a line feed, blanks around the value taken off. */
void gst_ice_canonical_append_header (GString * text,
    const GstIcePair * header);
