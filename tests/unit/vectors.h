/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reading of the vectors in tests/vectors, for table tests. */

#pragma once

#include <json-glib/json-glib.h>

typedef void (*VectorFunc) (const gchar * id, JsonObject * vector);

/* Calls @func for each object of the array @array in the file @name; there
 * must be @expected of them. */
void vectors_foreach (const gchar * name, const gchar * array,
    guint expected, VectorFunc func);

/* The string @name of @object, or NULL if it is null or absent. */
const gchar *vector_get_string (JsonObject * object, const gchar * name);
