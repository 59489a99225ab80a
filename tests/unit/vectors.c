/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The files stay as they were published; each test reads what it needs. */

#include "vectors.h"

void
vectors_foreach (const gchar * name, const gchar * array, guint expected,
    VectorFunc func)
{
  g_autofree gchar *path =
      g_test_build_filename (G_TEST_DIST, "vectors", name, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonArray *vectors;
  guint i;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);

  vectors = json_object_get_array_member (json_node_get_object
      (json_parser_get_root (parser)), array);
  g_assert_cmpuint (json_array_get_length (vectors), ==, expected);

  for (i = 0; i < expected; i++) {
    JsonObject *vector = json_array_get_object_element (vectors, i);
    const gchar *id = vector_get_string (vector, "id");

    g_test_message ("vector %s", id);
    func (id, vector);
  }
}

const gchar *
vector_get_string (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;

  return json_node_get_string (node);
}
