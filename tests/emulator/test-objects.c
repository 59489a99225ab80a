/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The emulator keeps objects, parts and leases as OSS and ICE do. */

#include <string.h>
#include <glib/gstdio.h>

#include "checksum.h"
#include "test-client.h"
#include "text.h"

#define PART_SIZE (100 * 1024)

/* An emulator, a connection to it, and a lease from it. */
typedef struct
{
  IceEmulator *emulator;
  TestClient *client;
  TestLease *lease;
} Fixture;

static void
set_up (Fixture * fixture, gconstpointer option)
{
  fixture->emulator = test_emulator_new (option ? option : "--quiet", NULL);
  fixture->client = test_client_new (fixture->emulator);
  fixture->lease = test_refresh (fixture->client);
}

static void
tear_down (Fixture * fixture, gconstpointer option)
{
  test_lease_free (fixture->lease);
  test_client_free (fixture->client);
  ice_emulator_free (fixture->emulator);
}

static TestAnswer *
call (Fixture * fixture, const gchar * method, const gchar * query,
    const gchar * headers, const gchar * body)
{
  TestRequest request = {.method = method,.query = query,.headers = headers,
    .body = body
  };

  return test_call (fixture->client, fixture->lease, &request);
}

static void
assert_content (Fixture * fixture, const gchar * expected, gsize expected_len)
{
  g_autofree gchar *path = NULL;
  g_autofree gchar *content = NULL;
  g_autoptr (GError) error = NULL;
  guint64 size, crc64;
  gsize len;

  path = ice_emulator_get_object_path (fixture->emulator, TEST_MEDIA_ID);
  g_assert_nonnull (path);
  g_file_get_contents (path, &content, &len, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (content, len, expected, expected_len);
  g_assert_true (ice_emulator_get_object_info (fixture->emulator,
          TEST_MEDIA_ID, NULL, &size, &crc64));
  g_assert_cmpuint (size, ==, expected_len);
  g_assert_cmpuint (crc64, ==, emu_crc64 (0, expected, expected_len));
}

static void
assert_header (TestAnswer * answer, const gchar * name, const gchar * expected)
{
  g_autofree gchar *value = test_answer_get_header (answer, name);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_puts_an_object (Fixture * fixture, gconstpointer data)
{
  g_autoptr (TestAnswer) put = NULL;
  g_autoptr (TestAnswer) head = NULL;
  g_autoptr (TestAnswer) get = NULL;
  g_autofree gchar *type = NULL;

  put = call (fixture, "PUT", NULL, "Content-Type: video/mp4\r\n"
      "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hello");
  g_assert_cmpuint (put->status, ==, 200);
  assert_header (put, "ETag", "\"5D41402ABC4B2A76B9719D911017C592\"");
  assert_header (put, "x-oss-hash-crc64ecma", "11177612005948864433");
  assert_content (fixture, "hello", 5);

  head = call (fixture, "HEAD", NULL, NULL, NULL);
  g_assert_cmpuint (head->status, ==, 200);
  assert_header (head, "Content-Length", "5");
  assert_header (head, "Content-Type", "video/mp4");
  assert_header (head, "x-oss-hash-crc64ecma", "11177612005948864433");

  get = call (fixture, "GET", NULL, NULL, NULL);
  g_assert_cmpuint (get->status, ==, 200);
  g_assert_cmpstr (get->body->str, ==, "hello");
  g_assert_true (ice_emulator_get_object_info (fixture->emulator,
          TEST_MEDIA_ID, &type, NULL, NULL));
  g_assert_cmpstr (type, ==, "video/mp4");
}

static void
test_refuses_a_wrong_md5 (Fixture * fixture, gconstpointer data)
{
  g_autoptr (TestAnswer) answer = call (fixture, "PUT", NULL,
      "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hullo");

  test_assert_refused (answer, 400, "InvalidDigest");
}

static void
test_does_not_overwrite_if_forbidden (Fixture * fixture, gconstpointer data)
{
  g_autoptr (TestAnswer) first = call (fixture, "PUT", NULL,
      "x-oss-forbid-overwrite: true\r\n", "one");
  g_autoptr (TestAnswer) second = call (fixture, "PUT", NULL,
      "x-oss-forbid-overwrite: true\r\n", "two");

  g_assert_cmpuint (first->status, ==, 200);
  test_assert_refused (second, 409, "FileAlreadyExists");
  assert_content (fixture, "one", 3);
}

static void
test_describes_errors_of_head (Fixture * fixture, gconstpointer data)
{
  g_autoptr (TestAnswer) answer = call (fixture, "HEAD", NULL, NULL, NULL);
  g_autofree gchar *base64 = test_answer_get_header (answer, "x-oss-err");
  g_autofree guchar *xml = NULL;
  gsize len;

  g_assert_cmpuint (answer->status, ==, 404);
  assert_header (answer, "x-oss-ec", "0026-00000001");
  xml = g_base64_decode (base64, &len);
  g_assert_nonnull (g_strstr_len ((gchar *) xml, len,
          "<Code>NoSuchKey</Code>"));
}

/* Parts come in any order, twice, and with gaps between the numbers. */
static void
test_joins_parts (Fixture * fixture, gconstpointer data)
{
  g_autofree gchar *id = test_initiate (fixture->client, fixture->lease);
  g_autofree gchar *bytes = test_bytes (3 * PART_SIZE, 1);
  g_autofree gchar *stale = test_bytes (PART_SIZE, 2);
  g_autofree gchar *ninth = NULL;
  g_autofree gchar *old_second = NULL;
  g_autofree gchar *second = NULL;
  g_autofree gchar *first = NULL;
  g_autofree gchar *crc64 = NULL;
  g_autoptr (TestAnswer) answer = NULL;

  ninth = test_upload_part (fixture->client, fixture->lease, id, 9,
      bytes + 2 * PART_SIZE, PART_SIZE);
  old_second = test_upload_part (fixture->client, fixture->lease, id, 2,
      stale, PART_SIZE);
  second = test_upload_part (fixture->client, fixture->lease, id, 2,
      bytes + PART_SIZE, PART_SIZE);
  first = test_upload_part (fixture->client, fixture->lease, id, 1, bytes,
      PART_SIZE);
  g_assert_cmpstr (old_second, !=, second);
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture->emulator), ==, 1);

  answer = test_complete (fixture->client, fixture->lease, id,
      (const gchar *[]) { "1", first, "2", second, "9", ninth, NULL });
  g_assert_cmpuint (answer->status, ==, 200);
  crc64 = g_strdup_printf ("%" G_GUINT64_FORMAT,
      emu_crc64 (0, bytes, 3 * PART_SIZE));
  assert_header (answer, "x-oss-hash-crc64ecma", crc64);
  assert_content (fixture, bytes, 3 * PART_SIZE);
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture->emulator), ==, 0);
}

static void
test_completes_with_all_parts (Fixture * fixture, gconstpointer data)
{
  g_autofree gchar *id = test_initiate (fixture->client, fixture->lease);
  g_autofree gchar *query = g_strconcat ("uploadId=", id, NULL);
  g_autofree gchar *bytes = test_bytes (PART_SIZE + 1, 1);
  g_autofree gchar *second = NULL;
  g_autofree gchar *first = NULL;
  g_autoptr (TestAnswer) refused = NULL;
  g_autoptr (TestAnswer) answer = NULL;

  second = test_upload_part (fixture->client, fixture->lease, id, 7,
      bytes + PART_SIZE, 1);
  first = test_upload_part (fixture->client, fixture->lease, id, 3, bytes,
      PART_SIZE);
  refused = call (fixture, "POST", query, "x-oss-complete-all: yes\r\n", "x");
  test_assert_refused (refused, 400, "InvalidArgument");
  answer = call (fixture, "POST", query, "x-oss-complete-all: yes\r\n", NULL);
  g_assert_cmpuint (answer->status, ==, 200);
  assert_content (fixture, bytes, PART_SIZE + 1);
}

static void
test_refuses_to_complete (Fixture * fixture, gconstpointer data)
{
  g_autofree gchar *id = test_initiate (fixture->client, fixture->lease);
  g_autofree gchar *query = g_strconcat ("uploadId=", id, NULL);
  g_autofree gchar *bytes = test_bytes (PART_SIZE, 1);
  g_autofree gchar *large = NULL;
  g_autofree gchar *small = NULL;
  const struct
  {
    const gchar *const parts[5];
    const gchar *code;
  } cases[] = {
    {{NULL}, "MalformedXML"},
    {{"1", "wrong", NULL}, "InvalidPart"},
    {{"3", "wrong", NULL}, "InvalidPart"},
    {{"0", "wrong", NULL}, "MalformedXML"},
    {{"10001", "wrong", NULL}, "MalformedXML"},
    {{"1", "</ETag>", NULL}, "MalformedXML"},
  };
  guint i;

  large = test_upload_part (fixture->client, fixture->lease, id, 1, bytes,
      PART_SIZE);
  small = test_upload_part (fixture->client, fixture->lease, id, 2, bytes,
      PART_SIZE - 1);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TestAnswer) answer = test_complete (fixture->client,
        fixture->lease, id, cases[i].parts);

    test_assert_refused (answer, 400, cases[i].code);
  }
  {
    g_autoptr (TestAnswer) order = test_complete (fixture->client,
        fixture->lease, id, (const gchar *[]) { "2", small, "1", large, NULL });
    g_autoptr (TestAnswer) again = test_complete (fixture->client,
        fixture->lease, id, (const gchar *[]) { "1", large, "1", large, NULL });
    g_autoptr (TestAnswer) junk = call (fixture, "POST", query, NULL, "junk");

    test_assert_refused (order, 400, "InvalidPartOrder");
    test_assert_refused (again, 400, "InvalidPartOrder");
    test_assert_refused (junk, 400, "MalformedXML");
  }
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture->emulator), ==, 1);
}

/* The size of a part counts at the end, and only if another one follows. */
static void
test_refuses_small_parts (Fixture * fixture, gconstpointer data)
{
  g_autofree gchar *id = test_initiate (fixture->client, fixture->lease);
  g_autofree gchar *bytes = test_bytes (PART_SIZE, 1);
  g_autofree gchar *small = NULL;
  g_autofree gchar *large = NULL;
  g_autoptr (TestAnswer) refused = NULL;
  g_autoptr (TestAnswer) answer = NULL;

  small = test_upload_part (fixture->client, fixture->lease, id, 1, bytes,
      PART_SIZE - 1);
  large = test_upload_part (fixture->client, fixture->lease, id, 2, bytes,
      PART_SIZE);
  refused = test_complete (fixture->client, fixture->lease, id,
      (const gchar *[]) { "1", small, "2", large, NULL });
  test_assert_refused (refused, 400, "EntityTooSmall");
  answer = test_complete (fixture->client, fixture->lease, id,
      (const gchar *[]) { "1", small, NULL });
  g_assert_cmpuint (answer->status, ==, 200);
}

static void
test_refuses_part_numbers (Fixture * fixture, gconstpointer data)
{
  static const gchar *const numbers[] = { "0", "10001", "-1", "x", "" };
  g_autofree gchar *id = test_initiate (fixture->client, fixture->lease);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (numbers); i++) {
    g_autofree gchar *query = NULL;
    g_autoptr (TestAnswer) answer = NULL;

    query = g_strdup_printf ("partNumber%s%s&uploadId=%s",
        *numbers[i] ? "=" : "", numbers[i], id);
    answer = call (fixture, "PUT", query, NULL, "x");
    test_assert_refused (answer, 400, "InvalidArgument");
  }
}

static void
test_forgets_uploads (Fixture * fixture, gconstpointer data)
{
  g_autofree gchar *id = test_initiate (fixture->client, fixture->lease);
  g_autofree gchar *query = g_strconcat ("uploadId=", id, NULL);
  g_autofree gchar *part_query = g_strconcat ("partNumber=1&", query, NULL);
  g_autoptr (TestAnswer) aborted = call (fixture, "DELETE", query, NULL, NULL);
  g_autoptr (TestAnswer) again = call (fixture, "DELETE", query, NULL, NULL);
  g_autoptr (TestAnswer) list = call (fixture, "GET", query, NULL, NULL);
  g_autoptr (TestAnswer) part = call (fixture, "PUT", part_query, NULL, "x");
  g_autoptr (TestAnswer) completed = call (fixture, "POST", query, NULL, "x");

  g_assert_cmpuint (aborted->status, ==, 204);
  test_assert_refused (again, 404, "NoSuchUpload");
  test_assert_refused (list, 404, "NoSuchUpload");
  test_assert_refused (part, 404, "NoSuchUpload");
  test_assert_refused (completed, 404, "NoSuchUpload");
  g_assert_cmpuint (ice_emulator_count_open_uploads (fixture->emulator), ==, 0);
}

static void
test_lists_parts_in_pages (Fixture * fixture, gconstpointer data)
{
  g_autofree gchar *id = test_initiate (fixture->client, fixture->lease);
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autofree gchar *marker = g_strdup ("0");
  g_autofree gchar *truncated = g_strdup ("true");
  guint i;

  for (i = 1; i <= 5; i++)
    g_free (test_upload_part (fixture->client, fixture->lease, id, 2 * i, "x",
            1));
  while (g_str_equal (truncated, "true")) {
    g_autofree gchar *query = g_strdup_printf ("encoding-type=url&max-parts=2"
        "&part-number-marker=%s&uploadId=%s", marker, id);
    g_autoptr (TestAnswer) answer = call (fixture, "GET", query, NULL, NULL);
    g_autofree gchar *key = test_answer_get_element (answer, "Key");

    g_assert_cmpstr (key, ==, "sv%2F" TEST_MEDIA_ID "%2F" TEST_MEDIA_ID ".mp4");
    g_free (marker);
    marker = test_answer_get_element (answer, "NextPartNumberMarker");
    g_string_append_printf (seen, "%s ", marker);
    g_free (truncated);
    truncated = test_answer_get_element (answer, "IsTruncated");
  }
  g_assert_cmpstr (seen->str, ==, "4 8 10 ");
}

static void
test_records_requests (Fixture * fixture, gconstpointer data)
{
  g_autofree gchar *id = test_initiate (fixture->client, fixture->lease);
  g_autoptr (GPtrArray) records = NULL;
  IceEmulatorRecord *record;

  g_free (test_upload_part (fixture->client, fixture->lease, id, 7, "part", 4));
  records = ice_emulator_get_records (fixture->emulator);
  g_assert_cmpuint (records->len, ==, 3);
  record = g_ptr_array_index (records, 1);
  g_assert_cmpint (record->operation, ==, ICE_EMULATOR_INITIATE);
  g_assert_cmpstr (record->upload_id, ==, id);
  record = g_ptr_array_index (records, 2);
  g_assert_cmpint (record->operation, ==, ICE_EMULATOR_PART);
  g_assert_cmpstr (record->upload_id, ==, id);
  g_assert_cmpuint (record->serial, ==, 3);
  g_assert_cmpuint (record->connection, ==, 1);
  g_assert_cmpuint (record->part_number, ==, 7);
  g_assert_cmpuint (record->body_bytes, ==, 4);
  g_assert_cmpuint (record->status, ==, 200);
  g_assert_cmpuint (record->generation, ==, 1);
  g_assert_null (record->code);
  g_assert_null (record->fault);
  g_assert_cmpint (record->begin_us, <=, record->end_us);
}

/* Leases */

static void
test_gives_a_lease (Fixture * fixture, gconstpointer data)
{
  TestLease *lease = fixture->lease;

  g_assert_cmpstr (lease->endpoint, ==,
      ice_emulator_get_uri (fixture->emulator));
  g_assert_cmpstr (lease->key, ==,
      "sv/" TEST_MEDIA_ID "/" TEST_MEDIA_ID ".mp4");
  g_assert_true (g_str_has_prefix (lease->access_key_id, "STS."));
  g_assert_cmpuint (strlen (lease->access_key_secret), ==, 44);
  g_assert_cmpuint (strlen (lease->security_token), ==, 1000);
  g_assert_cmpstr (lease->expiration, ==, "\"3600\"");
  g_assert_cmpuint (strlen (lease->expire_utc_time), ==, 20);
  g_assert_cmpstr (lease->region, ==, "cn-shanghai");
}

static void
test_shapes_leases (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--no-lease-region",
      "--no-lease-token", "--numeric-expiration", "--no-expire-utc-time",
      "--new-key-from", "2", "--new-endpoint-from", "3", "--new-endpoint",
      "https://oss.example:PORT", "--key-template", "a\"b/MEDIAID", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) first = test_refresh (client);
  g_autoptr (TestLease) second = test_refresh (client);
  g_autoptr (TestLease) third = test_refresh (client);

  g_assert_null (first->region);
  g_assert_null (first->security_token);
  g_assert_null (first->expire_utc_time);
  g_assert_cmpstr (first->expiration, ==, "3600");
  g_assert_cmpstr (first->key, ==, "a\"b/" TEST_MEDIA_ID);
  g_assert_cmpstr (second->key, ==, "moved/a\"b/" TEST_MEDIA_ID);
  g_assert_cmpstr (second->endpoint, ==, first->endpoint);
  g_assert_true (g_str_has_prefix (third->endpoint, "https://oss.example:"));
  g_assert_cmpuint (ice_emulator_get_generation (emulator), ==, 3);
}

static void
test_shapes_short_leases (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--credential-life",
      "2.7", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);

  g_assert_cmpstr (lease->expiration, ==, "\"2\"");
  g_assert_null (lease->expire_utc_time);
}

/* A clock that a test turns. */
static gint64
get_time (gpointer offset_us)
{
  return g_get_real_time () + *(gint64 *) offset_us;
}

/* @lease is over: the token is echoed, or its key is not known any more. */
static void
assert_expired (TestClient * client, TestLease * lease, gint64 offset_us)
{
  TestRequest request = {.method = "PUT",.body = "x",
    .time_us = g_get_real_time () + offset_us
  };
  g_autoptr (TestAnswer) answer = test_call (client, lease, &request);
  g_autofree gchar *token = NULL;

  test_assert_refused (answer, 403, "SecurityTokenExpired");
  token = test_answer_get_element (answer, "SecurityToken");
  g_assert_cmpstr (token, ==, lease->security_token);
  assert_header (answer, "x-oss-ec", "0002-00000007");
}

static void
test_ends_leases_in_time (Fixture * fixture, gconstpointer data)
{
  gint64 offset_us = 0;
  g_autoptr (TestAnswer) before = NULL;

  ice_emulator_set_clock (fixture->emulator, get_time, &offset_us);
  before = call (fixture, "PUT", NULL, NULL, "x");
  g_assert_cmpuint (before->status, ==, 200);
  offset_us = G_GINT64_CONSTANT (3601) * G_USEC_PER_SEC;
  assert_expired (fixture->client, fixture->lease, offset_us);
  offset_us = 0;
  ice_emulator_set_clock (fixture->emulator, NULL, NULL);
}

static void
test_ends_leases_at_will (Fixture * fixture, gconstpointer data)
{
  g_autoptr (TestLease) fresh = NULL;
  g_autoptr (TestAnswer) answer = NULL;
  TestRequest request = {.method = "PUT",.body = "x" };

  ice_emulator_expire_credentials (fixture->emulator);
  assert_expired (fixture->client, fixture->lease, 0);
  fresh = test_refresh (fixture->client);
  answer = test_call (fixture->client, fresh, &request);
  g_assert_cmpuint (answer->status, ==, 200);
}

static void
test_ends_leases_with_another_code (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--expired-code",
      "InvalidAccessKeyId", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  TestRequest request = {.method = "PUT",.body = "x" };
  g_autoptr (TestAnswer) answer = NULL;

  ice_emulator_expire_credentials (emulator);
  answer = test_call (client, lease, &request);
  test_assert_refused (answer, 403, "InvalidAccessKeyId");
}

static void
test_keeps_leases_to_their_object (Fixture * fixture, gconstpointer data)
{
  TestRequest request = {.method = "PUT",.body = "x",.key = "other.mp4" };
  g_autoptr (TestAnswer) answer = test_call (fixture->client, fixture->lease,
      &request);

  test_assert_refused (answer, 403, "AccessDenied");
}

/* Whatever an object is called, its file stays below the directory. */
static void
test_keeps_odd_keys_inside (void)
{
  static const gchar *const keys[] = {
    "../../escape", "a//b", "a/./b", "a/", ".hidden", "a/b", "a", "a/b/c",
    "\xe8\xa7\x86\xe9\xa2\x91/\xf0\x9f\x8e\xac.mp4", " %2e%2e/x", "tab\there"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (IceEmulator) emulator = test_emulator_new ("--key-template",
        keys[i], NULL);
    g_autoptr (TestClient) client = test_client_new (emulator);
    g_autoptr (TestLease) lease = test_refresh (client);
    TestRequest request = {.method = "PUT",.body = "x" };
    g_autoptr (TestAnswer) answer = test_call (client, lease, &request);
    g_autofree gchar *path = NULL;
    g_autofree gchar *canonical = NULL;

    g_assert_cmpuint (answer->status, ==, 200);
    path = ice_emulator_get_object_path (emulator, TEST_MEDIA_ID);
    canonical = g_canonicalize_filename (path, NULL);
    g_assert_cmpstr (path, ==, canonical);
    g_assert_nonnull (strstr (path, "ice-emulator-"));
    g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  }
}

static void
test_refuses_bad_keys (void)
{
  g_autofree gchar *long_key = g_strnfill (1024, 'k');
  const gchar *const keys[] = { long_key, "/a", "\\a" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (IceEmulator) emulator = test_emulator_new ("--key-template",
        keys[i], NULL);
    g_autoptr (TestClient) client = test_client_new (emulator);
    g_autoptr (TestLease) lease = test_refresh (client);
    TestRequest request = {.method = "PUT",.body = "x" };
    g_autoptr (TestAnswer) answer = test_call (client, lease, &request);

    test_assert_refused (answer, 400, "InvalidObjectName");
  }
}

static void
test_discards (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--discard",
      "--no-md5", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *id = test_initiate (client, lease);
  g_autofree gchar *bytes = test_bytes (2 * PART_SIZE, 1);
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;
  g_autoptr (TestAnswer) answer = NULL;
  guint64 size, crc64;

  first = test_upload_part (client, lease, id, 1, bytes, PART_SIZE);
  second = test_upload_part (client, lease, id, 2, bytes + PART_SIZE,
      PART_SIZE);
  answer = test_complete (client, lease, id,
      (const gchar *[]) { "1", first, "2", second, NULL });
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_null (ice_emulator_get_object_path (emulator, TEST_MEDIA_ID));
  g_assert_true (ice_emulator_get_object_info (emulator, TEST_MEDIA_ID, NULL,
          &size, &crc64));
  g_assert_cmpuint (size, ==, 2 * PART_SIZE);
  g_assert_cmpuint (crc64, ==, emu_crc64 (0, bytes, 2 * PART_SIZE));
}

/* Leaves objects in a directory it was given, and nothing else. */
static void
test_leaves_objects (void)
{
  g_autofree gchar *directory = g_dir_make_tmp (NULL, NULL);
  IceEmulator *emulator = test_emulator_new ("--directory", directory,
      "--bucket", "b", "--key-template", "k", NULL);
  TestClient *client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *id = test_initiate (client, lease);
  TestRequest request = {.method = "PUT",.body = "x" };
  g_autoptr (TestAnswer) answer = test_call (client, lease, &request);
  g_autofree gchar *bucket = g_build_filename (directory, "b", NULL);
  g_autofree gchar *object = g_build_filename (bucket, "k", NULL);

  g_assert_cmpuint (answer->status, ==, 200);
  g_free (test_upload_part (client, lease, id, 1, "part", 4));
  test_client_free (client);
  ice_emulator_free (emulator);
  g_assert_cmpint (g_unlink (object), ==, 0);
  g_assert_cmpint (g_rmdir (bucket), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

static void
test_tells_secrets (Fixture * fixture, gconstpointer data)
{
  g_autoptr (TestAnswer) answer = call (fixture, "PUT", NULL, NULL, "x");
  g_auto (GStrv) secrets = ice_emulator_get_secrets (fixture->emulator);
  const gchar *const *list = (const gchar * const *) secrets;

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_true (g_strv_contains (list, fixture->lease->access_key_secret));
  g_assert_true (g_strv_contains (list, fixture->lease->security_token));
  g_assert_true (g_strv_contains (list, "EmulatorDemoSecret0123456789ab"));
  /* and UploadAuth and the signatures of both requests */
  g_assert_cmpuint (g_strv_length (secrets), ==, 6);
}

#define add(name, func) \
  g_test_add ("/emulator/objects/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("puts-an-object", test_puts_an_object);
  add ("refuses-a-wrong-md5", test_refuses_a_wrong_md5);
  add ("does-not-overwrite-if-forbidden", test_does_not_overwrite_if_forbidden);
  add ("describes-errors-of-head", test_describes_errors_of_head);
  add ("joins-parts", test_joins_parts);
  add ("completes-with-all-parts", test_completes_with_all_parts);
  add ("refuses-to-complete", test_refuses_to_complete);
  add ("refuses-small-parts", test_refuses_small_parts);
  add ("refuses-part-numbers", test_refuses_part_numbers);
  add ("forgets-uploads", test_forgets_uploads);
  add ("lists-parts-in-pages", test_lists_parts_in_pages);
  add ("records-requests", test_records_requests);
  add ("gives-a-lease", test_gives_a_lease);
  add ("ends-leases-in-time", test_ends_leases_in_time);
  add ("ends-leases-at-will", test_ends_leases_at_will);
  add ("keeps-leases-to-their-object", test_keeps_leases_to_their_object);
  add ("tells-secrets", test_tells_secrets);
  g_test_add_func ("/emulator/objects/shapes-leases", test_shapes_leases);
  g_test_add_func ("/emulator/objects/shapes-short-leases",
      test_shapes_short_leases);
  g_test_add_func ("/emulator/objects/ends-leases-with-another-code",
      test_ends_leases_with_another_code);
  g_test_add_func ("/emulator/objects/keeps-odd-keys-inside",
      test_keeps_odd_keys_inside);
  g_test_add_func ("/emulator/objects/refuses-bad-keys", test_refuses_bad_keys);
  g_test_add_func ("/emulator/objects/discards", test_discards);
  g_test_add_func ("/emulator/objects/leaves-objects", test_leaves_objects);
  return g_test_run ();
}
