/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* JSON from the network, read strictly.
 *
 * Pure functions. json-glib builds the tree; what it would let pass is
 * refused before: comments, a second value, names without quotes, single
 * quotes, hexadecimal numbers, control characters, NUL and lone surrogates in
 * strings, deep nesting. */

#pragma once

#include <json-glib/json-glib.h>

/* The object that is the only value in @size bytes of @data.
 * Errors: GST_ICE_ERROR_PROTOCOL; the text quotes nothing. (transfer full) */
JsonNode *gst_ice_json_parse_object (const gchar * data, gsize size,
    GError ** error);

/* The member @name of @object if it is a string, else NULL. */
const gchar *gst_ice_json_get_string (JsonObject * object,
    const gchar * name);

/* Wipes every string in @node, then frees it. NULL is allowed. */
void gst_ice_json_free_secret (JsonNode * node);
