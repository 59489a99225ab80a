/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Decoding of UploadAddress and UploadAuth: the rules by example. */

#include "ice/lease.h"

#include <string.h>

#include "common/error.h"
#include "vectors.h"

#define MONOTONIC_NOW (G_GINT64_CONSTANT (123456789012))

static gint64
parse_date (const gchar * text)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (text, NULL);

  return g_date_time_to_unix (date) * G_USEC_PER_SEC;
}

static void
check_endpoint (const GstIceEndpoint * endpoint, JsonObject * expected)
{
  g_autofree gchar *host =
      strchr (endpoint->host, ':') != NULL ? g_strdup_printf ("[%s]",
      endpoint->host) : g_strdup (endpoint->host);

  g_assert_cmpstr (endpoint->tls ? "https" : "http", ==,
      vector_get_string (expected, "scheme"));
  g_assert_cmpstr (host, ==, vector_get_string (expected, "host"));
  g_assert_cmpuint (endpoint->port, ==,
      json_object_get_int_member (expected, "port"));
  g_assert_cmpstr (endpoint->is_address ? "path" : "virtual-host", ==,
      vector_get_string (expected, "url_style"));
}

static void
check_identity (const GstIceIdentity * identity, JsonObject * expected)
{
  g_assert_cmpstr (gst_ice_identity_get_access_key_id (identity), ==,
      vector_get_string (expected, "access_key_id"));
  g_assert_cmpstr (gst_ice_identity_peek_secret (identity), ==,
      vector_get_string (expected, "access_key_secret"));
  g_assert_cmpstr (gst_ice_identity_peek_token (identity), ==,
      vector_get_string (expected, "security_token"));
}

static void
check_expiry (const GstIceLease * lease, JsonObject * expected, gint64 now)
{
  gint64 expires = json_object_get_int_member (expected, "expires_at_unix") *
      G_USEC_PER_SEC;

  g_assert_cmpint (lease->expires_at_us, ==, expires);
  g_assert_cmpint (lease->issued_us, ==, MONOTONIC_NOW);
  g_assert_cmpint (lease->expires_us - lease->issued_us, ==, expires - now);
  g_assert_cmpint (gst_ice_identity_get_expires (lease->identity), ==,
      lease->expires_us);
}

static void
check_accepted (const GstIceLease * lease, JsonObject * expected, gint64 now)
{
  check_endpoint (lease->endpoint, expected);
  g_assert_cmpstr (lease->bucket, ==, vector_get_string (expected, "bucket"));
  g_assert_cmpstr (lease->key, ==, vector_get_string (expected, "key"));
  check_identity (lease->identity, expected);
  g_assert_cmpstr (lease->region, ==, vector_get_string (expected, "region"));
  g_assert_cmpstr (lease->signing_region, ==,
      vector_get_string (expected, "signing_region"));
  check_expiry (lease, expected, now);
}

/* The error names the text that is wrong and quotes none of them. */
static void
check_refused (const GError * error, JsonObject * expected)
{
  gboolean is_address =
      g_str_equal (vector_get_string (expected, "part"), "address");

  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  g_assert_true (g_str_has_prefix (error->message,
          is_address ? "UploadAddress: " : "UploadAuth: "));
  g_assert_null (strstr (error->message, "EXAMPLE"));
  g_assert_null (strstr (error->message, "CAIS"));
}

static void
check_vector (const gchar * id, JsonObject * vector)
{
  JsonObject *expected = json_object_get_object_member (vector, "expected");
  gint64 now = parse_date (vector_get_string (vector, "now_iso"));
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceLease) lease =
      gst_ice_lease_decode (vector_get_string (vector, "upload_address"),
      vector_get_string (vector, "upload_auth"), now, MONOTONIC_NOW, &error);

  if (json_object_get_boolean_member (expected, "ok")) {
    g_assert_no_error (error);
    check_accepted (lease, expected, now);
  } else {
    g_assert_null (lease);
    check_refused (error, expected);
  }
}

static void
test_vectors (void)
{
  vectors_foreach ("credentials.json", "cases", 139, check_vector);
}

static gchar *
encode (const gchar * json)
{
  return g_base64_encode ((const guchar *) json, strlen (json));
}

static GstIceLease *
decode (const gchar * address, const gchar * auth, GError ** error)
{
  g_autofree gchar *address_text = encode (address);
  g_autofree gchar *auth_text = encode (auth);

  return gst_ice_lease_decode (address_text, auth_text,
      parse_date ("2024-05-17T08:09:10Z"), MONOTONIC_NOW, error);
}

#define ADDRESS(bucket, key) "{\"Endpoint\":\"oss-cn-shanghai.aliyuncs.com\"," \
    "\"Bucket\":\"" bucket "\",\"FileName\":\"" key "\"}"
#define AUTH "{\"AccessKeyId\":\"STS.id\",\"AccessKeySecret\":\"verysecret\"," \
    "\"SecurityToken\":\"tok\",\"Expiration\":\"60\"}"

/* Newer samples of the service's pages have them so. */
static void
test_swapped (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) nonsense = NULL;
  g_autoptr (GstIceLease) lease = decode (AUTH, ADDRESS ("bucket", "k"),
      &error);

  g_assert_no_error (error);
  g_assert_cmpstr (lease->bucket, ==, "bucket");
  g_assert_cmpstr (gst_ice_identity_peek_token (lease->identity), ==, "tok");

  g_assert_null (decode (AUTH, AUTH, &nonsense));
  g_assert_error (nonsense, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  g_assert_null (strstr (nonsense->message, "verysecret"));
}

/* What can't be sent in a header is refused, and not shown. */
static void
test_unsendable (void)
{
  static const struct
  {
    const gchar *auth;
    const gchar *field;
  } rows[] = {
    {"{\"AccessKeyId\":\"STS id\",\"AccessKeySecret\":\"verysecret\","
          "\"SecurityToken\":\"tok\",\"Expiration\":\"60\"}", "AccessKeyId"},
    {"{\"AccessKeyId\":\"STS.id\",\"AccessKeySecret\":\"very secret\","
          "\"SecurityToken\":\"tok\",\"Expiration\":\"60\"}",
        "AccessKeySecret"},
    {"{\"AccessKeyId\":\"STS.id\",\"AccessKeySecret\":\"verysecret\","
          "\"SecurityToken\":\"t\\nok\",\"Expiration\":\"60\"}",
        "SecurityToken"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (decode (ADDRESS ("bucket", "k"), rows[i].auth, &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
    g_assert_nonnull (strstr (error->message, rows[i].field));
    g_assert_null (strstr (error->message, "secret"));
  }
}

static void
test_missing (void)
{
  g_autofree gchar *address = encode (ADDRESS ("bucket", "k"));
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;

  g_assert_null (gst_ice_lease_decode (NULL, NULL, 0, 0, &first));
  g_assert_error (first, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  g_assert_null (gst_ice_lease_decode (address, NULL, 0, 0, &second));
  g_assert_error (second, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
}

/* Every proper prefix of a good text is refused, and nothing crashes. */
static void
test_truncated (void)
{
  g_autofree gchar *address = encode (ADDRESS ("bucket", "k"));
  g_autofree gchar *auth = encode (AUTH);
  gsize i;

  for (i = 0; i < strlen (auth); i++) {
    g_autofree gchar *start = g_strndup (auth, i);
    g_autoptr (GError) error = NULL;

    /* Without its padding the whole text is whole. */
    if (strspn (auth + i, "=") == strlen (auth + i))
      continue;
    g_assert_null (gst_ice_lease_decode (address, start, 0, 0, &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lease/decodes-and-refuses-all-vectors", test_vectors);
  g_test_add_func ("/lease/takes-the-texts-in-either-order", test_swapped);
  g_test_add_func ("/lease/refuses-missing-texts", test_missing);
  g_test_add_func ("/lease/unsendable", test_unsendable);
  g_test_add_func ("/lease/refuses-truncated-texts", test_truncated);

  return g_test_run ();
}
