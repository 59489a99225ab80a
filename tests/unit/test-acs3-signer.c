/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The signature of ICE requests, against the official SDK's. */

#include "credentials/acs3-signer.h"

#include "vectors.h"

/* Name and value pairs; the strings stay the vector's. */
static GArray *
read_query (JsonArray * pairs)
{
  GArray *query = g_array_new (FALSE, FALSE, sizeof (GstIcePair));
  guint i;

  for (i = 0; i < json_array_get_length (pairs); i++) {
    JsonArray *pair = json_array_get_array_element (pairs, i);
    GstIcePair entry = { json_array_get_string_element (pair, 0),
      json_array_get_string_element (pair, 1)
    };

    g_array_append_val (query, entry);
  }

  return query;
}

static void
append_header (JsonObject * object, const gchar * name, JsonNode * node,
    gpointer user_data)
{
  GstIcePair header = { name, json_node_get_string (node) };

  g_array_append_val ((GArray *) user_data, header);
}

static GArray *
read_headers (JsonObject * object)
{
  GArray *headers = g_array_new (FALSE, FALSE, sizeof (GstIcePair));

  json_object_foreach_member (object, append_header, headers);

  return headers;
}

static void
check_vector (const gchar * id, JsonObject * vector)
{
  JsonObject *input = json_object_get_object_member (vector, "input");
  JsonObject *expected = json_object_get_object_member (vector, "expected");
  const gchar *method = vector_get_string (input, "method");
  const gchar *path = vector_get_string (input, "path");
  g_autoptr (GArray) query =
      read_query (json_object_get_array_member (input, "query"));
  g_autoptr (GArray) headers =
      read_headers (json_object_get_object_member (input, "signed_headers"));
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new (vector_get_string (input, "access_key_id"),
      vector_get_string (input, "access_key_secret"),
      vector_get_string (input, "security_token"));
  g_autofree gchar *canonical_query = gst_ice_acs3_canonical_query
      ((GstIcePair *) query->data, query->len);
  g_autofree gchar *canonical_request = gst_ice_acs3_canonical_request
      (method, path, canonical_query, (GstIcePair *) headers->data,
      headers->len);
  g_autofree gchar *authorization = gst_ice_acs3_authorization (identity,
      method, path, canonical_query, (GstIcePair *) headers->data,
      headers->len);

  /* Not all of them say that. */
  if (json_object_has_member (expected, "canonical_request"))
    g_assert_cmpstr (canonical_request, ==,
        vector_get_string (expected, "canonical_request"));
  g_assert_cmpstr (authorization, ==,
      vector_get_string (expected, "authorization"));
}

static void
test_vectors (void)
{
  vectors_foreach ("acs3.json", "cases", 31, check_vector);
  vectors_foreach ("ice-create.json", "cases", 132, check_vector);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/acs3-signer/signs-like-the-official-sdk", test_vectors);

  return g_test_run ();
}
