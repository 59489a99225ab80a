/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* JSON of any kind. What is taken means what json-glib takes it for. */

#include "fuzz.h"

#include <string.h>

#include "common/json.h"

/* (transfer full) */
static gchar *
read_with_library (const guint8 * data, gsize size)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, (const gchar *) data, size, &error);
  g_assert_no_error (error);

  return json_to_string (json_parser_get_root (parser), FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *same = NULL;
  JsonNode *node;

  node = gst_ice_json_parse_object ((const gchar *) data, size, &error);
  if (node == NULL) {
    fuzz_check_error (&error);
    return 0;
  }

  g_assert_no_error (error);
  text = json_to_string (node, FALSE);
  same = read_with_library (data, size);
  g_assert_cmpstr (text, ==, same);
  gst_ice_json_get_string (json_node_get_object (node), "Code");
  gst_ice_json_free_secret (node);

  return 0;
}
