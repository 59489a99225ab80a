/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The signature of OSS requests, against the official SDKs'. */

#include "oss/oss-signer.h"

#include "http/endpoint.h"
#include "vectors.h"

/* Name and value pairs; the strings stay the vector's. */
static GArray *
read_query (JsonArray * pairs)
{
  GArray *query = g_array_new (FALSE, FALSE, sizeof (GstIcePair));
  guint i;

  for (i = 0; i < json_array_get_length (pairs); i++) {
    JsonArray *pair = json_array_get_array_element (pairs, i);
    gboolean has_value = !json_array_get_null_element (pair, 1);
    GstIcePair entry = { json_array_get_string_element (pair, 0),
      has_value ? json_array_get_string_element (pair, 1) : NULL
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

static void
append (GArray * headers, const gchar * name, const gchar * value)
{
  GstIcePair header = { name, value };

  if (value != NULL)
    g_array_append_val (headers, header);
}

/* The caller's headers and those that are always sent. */
static GArray *
read_headers (JsonObject * input)
{
  GArray *headers = g_array_new (FALSE, FALSE, sizeof (GstIcePair));

  json_object_foreach_member (json_object_get_object_member (input,
          "headers"), append_header, headers);
  append (headers, "x-oss-date", vector_get_string (input, "x_oss_date"));
  append (headers, "x-oss-content-sha256", "UNSIGNED-PAYLOAD");
  append (headers, "x-oss-security-token",
      vector_get_string (input, "security_token"));

  return headers;
}

static GPtrArray *
read_names (JsonArray * array)
{
  GPtrArray *names = g_ptr_array_new ();
  guint i;

  for (i = 0; i < json_array_get_length (array); i++)
    g_ptr_array_add (names,
        (gpointer) json_array_get_string_element (array, i));
  g_ptr_array_add (names, NULL);

  return names;
}

static void
check_vector (const gchar * id, JsonObject * vector)
{
  JsonObject *input = json_object_get_object_member (vector, "input");
  JsonObject *expected = json_object_get_object_member (vector, "expected");
  const gchar *method = vector_get_string (input, "method");
  g_autoptr (GArray) query =
      read_query (json_object_get_array_member (input, "query"));
  g_autoptr (GArray) headers = read_headers (input);
  g_autoptr (GPtrArray) additional =
      read_names (json_object_get_array_member (input, "additional_headers"));
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new (vector_get_string (input, "access_key_id"),
      vector_get_string (input, "access_key_secret"),
      vector_get_string (input, "security_token"));
  g_autofree gchar *uri = gst_ice_oss_signer_canonical_uri
      (vector_get_string (input, "bucket"), vector_get_string (input, "key"));
  g_autofree gchar *canonical_query = gst_ice_oss_signer_canonical_query
      ((GstIcePair *) query->data, query->len);
  g_autofree gchar *request = gst_ice_oss_signer_canonical_request (method,
      uri, canonical_query, (GstIcePair *) headers->data, headers->len,
      (const gchar * const *) additional->pdata);
  g_autofree gchar *authorization = gst_ice_oss_signer_authorization
      (identity, vector_get_string (input, "region"),
      vector_get_string (input, "product"), method, uri, canonical_query,
      (GstIcePair *) headers->data, headers->len,
      (const gchar * const *) additional->pdata);

  g_assert_cmpstr (uri, ==, vector_get_string (expected, "canonical_uri"));
  g_assert_cmpstr (canonical_query, ==,
      vector_get_string (expected, "canonical_query"));
  g_assert_cmpstr (request, ==,
      vector_get_string (expected, "canonical_request"));
  g_assert_cmpstr (authorization, ==,
      vector_get_string (expected, "authorization"));
}

static void
test_vectors (void)
{
  vectors_foreach ("oss4.json", "cases", 85, check_vector);
}

/* What goes on the wire: target and Host. */
static void
check_wire (const gchar * id, JsonObject * vector)
{
  JsonObject *input = json_object_get_object_member (vector, "input");
  JsonObject *expected = json_object_get_object_member (vector, "expected");
  const gchar *style = vector_get_string (input, "url_style");
  const gchar *bucket = vector_get_string (input, "bucket");
  gboolean in_path = g_strcmp0 (style, "path") == 0;
  g_autofree gchar *text = NULL;
  g_autoptr (GstIceEndpoint) endpoint = NULL;
  g_autoptr (GArray) query = NULL;
  g_autofree gchar *uri = NULL;
  g_autofree gchar *canonical_query = NULL;
  g_autofree gchar *target = NULL;
  g_autofree gchar *host = NULL;

  /* The cases from a unit test of the Go SDK have no wire form. */
  if (style == NULL)
    return;

  text = g_strdup_printf ("%s://%s", vector_get_string (input, "scheme"),
      vector_get_string (input, "endpoint_host"));
  endpoint = gst_ice_endpoint_parse (text, NULL);
  g_assert_nonnull (endpoint);
  query = read_query (json_object_get_array_member (input, "query"));
  uri = gst_ice_oss_signer_canonical_uri (in_path ? bucket : NULL,
      vector_get_string (input, "key"));
  canonical_query = gst_ice_oss_signer_canonical_query
      ((GstIcePair *) query->data, query->len);
  target = g_strconcat (uri, *canonical_query != '\0' ? "?" : "",
      canonical_query, NULL);
  host = gst_ice_endpoint_get_host_header (endpoint,
      g_strcmp0 (style, "virtual-host") == 0 ? bucket : NULL);

  g_assert_cmpstr (target, ==,
      vector_get_string (expected, "request_target"));
  g_assert_cmpstr (host, ==, vector_get_string (expected, "request_host"));
}

static void
test_wire (void)
{
  vectors_foreach ("oss4.json", "cases", 85, check_wire);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/oss-signer/signs-like-the-official-sdks", test_vectors);
  g_test_add_func ("/oss-signer/sends-what-it-signs", test_wire);

  return g_test_run ();
}
