/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Each operation of OSS, from the request to the reply, against the emulator
 * and against canned answers. */

#include "oss/oss-client.h"

#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#include "client-fixture.h"
#include "common/crc64.h"
#include "credentials/static-provider.h"
#include "ice/media-client.h"

#define MEDIA_ID "a1b2c3d4e5f60718293a4b5c6d7e8f90"
#define HOUR (3600 * (gint64) G_USEC_PER_SEC)
#define PART_SIZE (100 * 1024)

typedef struct
{
  ClientFixture base;
  GstIceOssClient *client;
  GstIceOssObject *object;
  GstIceIdentity *identity;
} Fixture;

/* --- A lease to work with --- */

static void
adopt_lease (Fixture * fixture)
{
  g_autoptr (GstIceIdentity) caller =
      gst_ice_identity_new (ACCESS_KEY_ID, ACCESS_KEY_SECRET, NULL);
  g_autoptr (GstIceCredentialsProvider) provider =
      gst_ice_static_provider_new (caller);
  g_autoptr (GstIceMediaClient) media =
      gst_ice_media_client_new (fixture->base.http, fixture->base.endpoint,
      provider);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceLease) lease = NULL;

  gst_ice_media_client_refresh_upload_media_async (media, MEDIA_ID, NULL,
      client_fixture_on_done, &result);
  client_fixture_wait (&result);
  lease = gst_ice_media_client_refresh_upload_media_finish (media, result,
      NULL, &error);
  g_assert_no_error (error);

  fixture->object = gst_ice_oss_object_new (lease->endpoint, lease->bucket,
      lease->key, lease->signing_region);
  fixture->identity = gst_ice_identity_ref (lease->identity);
}

static void
set_up (Fixture * fixture, gconstpointer options)
{
  client_fixture_start (&fixture->base, options);
  fixture->client = gst_ice_oss_client_new (fixture->base.http);
  adopt_lease (fixture);
}

static void
set_up_canned (Fixture * fixture, const gchar * answer)
{
  client_fixture_start_canned (&fixture->base, answer);
  fixture->client = gst_ice_oss_client_new (fixture->base.http);
  fixture->object = gst_ice_oss_object_new (fixture->base.endpoint, "bucket",
      "a key", "cn-shanghai");
  fixture->identity =
      gst_ice_identity_new ("STS.id", "the-secret-of-it", "CAIStoken");
}

static void
tear_down (Fixture * fixture, gconstpointer unused)
{
  gst_ice_oss_client_unref (fixture->client);
  gst_ice_oss_object_unref (fixture->object);
  gst_ice_identity_unref (fixture->identity);
  client_fixture_stop (&fixture->base);
}

/* --- Sending --- */

static GstIceOssReply *
send (Fixture * fixture, GstIceOssRequest * request, GError ** error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_oss_client_send_async (fixture->client, request, fixture->object,
      fixture->identity, NULL, client_fixture_on_done, &result);
  client_fixture_wait (&result);

  return gst_ice_oss_client_send_finish (fixture->client, result, error);
}

static GstIceOssReply *
send_well (Fixture * fixture, GstIceOssRequest * request)
{
  GError *error = NULL;
  GstIceOssReply *reply = send (fixture, request, &error);

  g_assert_no_error (error);
  g_assert_nonnull (reply);

  return reply;
}

/* The request fails with @code, @status and, if not NULL, OSS's @name. */
static GError *
check_refused (Fixture * fixture, GstIceOssRequest * request,
    GstIceErrorCode code, guint status, const gchar * name)
{
  const gchar *operation = gst_ice_oss_request_get_operation (request);
  GError *error = NULL;
  GstIceErrorDetails *details;

  g_assert_null (send (fixture, request, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_ICE_ERROR, (gint) code);
  details = gst_ice_error_get_details (error);
  g_assert_cmpstr (details->service, ==, "oss");
  g_assert_cmpstr (details->operation, ==, operation);
  g_assert_cmpuint (details->http_status, ==, status);
  g_assert_cmpstr (details->code, ==, name);
  g_assert_true (g_str_has_prefix (error->message, operation));

  return error;
}

/* @size bytes, in two pieces. */
static GPtrArray *
create_body (guint8 seed, gsize size)
{
  GPtrArray *body =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  guint8 *data = g_malloc (size);
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = seed + i * 31;
  g_ptr_array_add (body, g_bytes_new (data, size / 3));
  g_ptr_array_add (body, g_bytes_new (data + size / 3, size - size / 3));
  g_free (data);

  return body;
}

static guint64
sum_body (guint64 crc, GPtrArray * body)
{
  guint i;

  for (i = 0; i < body->len; i++) {
    gsize size;
    gconstpointer data = g_bytes_get_data (body->pdata[i], &size);

    crc = gst_ice_crc64_update (crc, data, size);
  }

  return crc;
}

static gchar *
begin_upload (Fixture * fixture)
{
  g_autoptr (GstIceOssReply) reply =
      send_well (fixture, gst_ice_oss_request_new_initiate ("video/mp4"));

  g_assert_nonnull (reply->upload_id);
  g_assert_nonnull (reply->request_id);

  return g_strdup (reply->upload_id);
}

static GstIceOssRequest *
create_part (const gchar * upload_id, guint number, gsize size)
{
  g_autoptr (GPtrArray) body = create_body (number, size);

  return gst_ice_oss_request_new_upload_part (upload_id, number, body, size);
}

/* Uploads a part and adds its row to @parts. */
static void
upload_part (Fixture * fixture, const gchar * upload_id, guint number,
    GPtrArray * parts)
{
  g_autoptr (GPtrArray) body = create_body (number, PART_SIZE);
  g_autoptr (GstIceOssReply) reply = send_well (fixture,
      gst_ice_oss_request_new_upload_part (upload_id, number, body,
          PART_SIZE));

  g_assert_true (reply->has_crc64);
  g_assert_cmpuint (reply->crc64, ==, sum_body (0, body));
  g_ptr_array_add (parts, gst_ice_oss_part_new (number, reply->etag,
          PART_SIZE));
}

static GInputStream *
create_stream (GPtrArray * body)
{
  GInputStream *stream = g_memory_input_stream_new ();
  guint i;

  for (i = 0; i < body->len; i++)
    g_memory_input_stream_add_bytes (G_MEMORY_INPUT_STREAM (stream),
        body->pdata[i]);

  return stream;
}

static GPtrArray *
new_parts (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_ice_oss_part_free);
}

/* --- Every operation --- */

static void
on_progress (guint64 bytes, gpointer user_data)
{
  *(guint64 *) user_data += bytes;
}

static void
test_put (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) body = create_body (7, 1000);
  GstIceOssRequest *request =
      gst_ice_oss_request_new_put_object ("video/mp2t", body, 1000);
  g_autoptr (GstIceOssReply) reply = NULL;
  g_autoptr (GstIceOssReply) head = NULL;
  g_autofree gchar *content_type = NULL;
  guint64 progress = 0;
  guint64 size, crc64;

  g_assert_cmpstr (gst_ice_oss_request_get_operation (request), ==,
      "PutObject");
  gst_ice_oss_request_set_progress (request, on_progress, &progress);
  reply = send_well (fixture, request);
  g_assert_nonnull (reply->request_id);
  g_assert_true (g_str_has_prefix (reply->etag, "\""));
  g_assert_true (reply->has_crc64);
  g_assert_cmpuint (reply->crc64, ==, sum_body (0, body));
  g_assert_cmpuint (progress, ==, 1000);

  g_assert_true (ice_emulator_get_object_info (fixture->base.emulator,
          MEDIA_ID, &content_type, &size, &crc64));
  g_assert_cmpstr (content_type, ==, "video/mp2t");
  g_assert_cmpuint (size, ==, 1000);

  head = send_well (fixture, gst_ice_oss_request_new_head_object ());
  g_assert_cmpint (head->size, ==, 1000);
  g_assert_true (head->has_crc64);
  g_assert_cmpuint (head->crc64, ==, crc64);
  g_assert_cmpstr (head->etag, ==, reply->etag);
}

static void
test_stream (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  g_autoptr (GPtrArray) body = create_body (7, PART_SIZE);
  g_autoptr (GInputStream) whole = create_stream (body);
  g_autoptr (GInputStream) broken = create_stream (body);
  g_autoptr (GstIceOssReply) reply = send_well (fixture,
      gst_ice_oss_request_new_upload_part_from (upload_id, 1, whole,
          PART_SIZE));
  g_autoptr (GError) error = NULL;

  g_assert_true (reply->has_crc64);
  g_assert_cmpuint (reply->crc64, ==, sum_body (0, body));

  error = check_refused (fixture,
      gst_ice_oss_request_new_upload_part_from (upload_id, 2, broken,
          PART_SIZE + 1), GST_ICE_ERROR_FAILED, 0, NULL);
  g_assert_cmpuint (gst_ice_error_get_details (error)->part, ==, 2);
}

static void
test_put_nothing (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) body = g_ptr_array_new ();
  g_autoptr (GstIceOssReply) reply = send_well (fixture,
      gst_ice_oss_request_new_put_object (NULL, body, 0));
  g_autoptr (GstIceOssReply) head =
      send_well (fixture, gst_ice_oss_request_new_head_object ());

  g_assert_cmpuint (reply->crc64, ==, 0);
  g_assert_cmpint (head->size, ==, 0);
}

static void
test_multipart (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  g_autoptr (GPtrArray) parts = new_parts ();
  g_autoptr (GPtrArray) body = NULL;
  g_autoptr (GstIceOssReply) reply = NULL;
  guint64 crc = 0;
  guint i;

  for (i = 1; i <= 3; i++)
    upload_part (fixture, upload_id, i, parts);
  reply = send_well (fixture, gst_ice_oss_request_new_complete (upload_id,
          parts));

  for (i = 1; i <= 3; i++) {
    g_clear_pointer (&body, g_ptr_array_unref);
    body = create_body (i, PART_SIZE);
    crc = sum_body (crc, body);
  }
  g_assert_nonnull (reply->etag);
  g_assert_nonnull (reply->request_id);
  g_assert_true (reply->has_crc64);
  g_assert_cmpuint (reply->crc64, ==, crc);
  g_assert_cmpuint (ice_emulator_count_open_uploads
      (fixture->base.emulator), ==, 0);
  client_fixture_check_log (&fixture->base, "icerequest", NULL);
}

static void
test_list (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  g_autoptr (GPtrArray) parts = new_parts ();
  g_autoptr (GstIceOssReply) none = send_well (fixture,
      gst_ice_oss_request_new_list_parts (upload_id, 0));
  g_autoptr (GstIceOssReply) all = NULL;
  g_autoptr (GstIceOssReply) rest = NULL;
  guint i;

  g_assert_cmpuint (none->parts->len, ==, 0);
  for (i = 1; i <= 3; i++)
    upload_part (fixture, upload_id, i, parts);

  all = send_well (fixture, gst_ice_oss_request_new_list_parts (upload_id,
          0));
  g_assert_cmpuint (all->next_marker, ==, 0);
  g_assert_cmpuint (all->parts->len, ==, 3);
  for (i = 0; i < 3; i++) {
    const GstIceOssPart *listed = g_ptr_array_index (all->parts, i);
    const GstIceOssPart *part = g_ptr_array_index (parts, i);

    g_assert_cmpuint (listed->number, ==, part->number);
    g_assert_cmpstr (listed->etag, ==, part->etag);
    g_assert_cmpuint (listed->size, ==, PART_SIZE);
  }

  rest = send_well (fixture, gst_ice_oss_request_new_list_parts (upload_id,
          2));
  g_assert_cmpuint (rest->parts->len, ==, 1);
}

/* More parts than one page holds. */
static void
test_pages (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  guint count = 0;
  guint pages = 0;
  guint marker = 0;
  guint i;

  for (i = 1; i <= 1003; i++) {
    g_autoptr (GstIceOssReply) reply =
        send_well (fixture, create_part (upload_id, i, 3));

    g_assert_nonnull (reply->etag);
  }

  do {
    g_autoptr (GstIceOssReply) page = send_well (fixture,
        gst_ice_oss_request_new_list_parts (upload_id, marker));

    count += page->parts->len;
    marker = page->next_marker;
    pages++;
  } while (marker != 0);
  g_assert_cmpuint (count, ==, 1003);
  g_assert_cmpuint (pages, >, 1);
}

static void
test_abort (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  g_autoptr (GstIceOssReply) reply =
      send_well (fixture, gst_ice_oss_request_new_abort (upload_id));
  g_autoptr (GError) again = NULL;
  g_autoptr (GError) part = NULL;

  g_assert_nonnull (reply->request_id);
  g_assert_cmpuint (ice_emulator_count_open_uploads
      (fixture->base.emulator), ==, 0);
  again = check_refused (fixture, gst_ice_oss_request_new_abort (upload_id),
      GST_ICE_ERROR_NO_SUCH_UPLOAD, 404, "NoSuchUpload");
  part = check_refused (fixture, create_part (upload_id, 9, 3),
      GST_ICE_ERROR_NO_SUCH_UPLOAD, 404, "NoSuchUpload");
  g_assert_cmpuint (gst_ice_error_get_details (part)->part, ==, 9);
  g_assert_nonnull (gst_ice_error_get_details (part)->ec);
}

/* A name of the host that the bucket stands in front of. */
static void
test_virtual_host (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *text = g_strdup_printf ("http://localhost:%u",
      fixture->base.endpoint->port);
  g_autoptr (GstIceEndpoint) endpoint = gst_ice_endpoint_parse (text, NULL);
  GstIceOssObject *object = gst_ice_oss_object_new (endpoint,
      fixture->object->bucket, fixture->object->key, fixture->object->region);
  g_autofree gchar *upload_id = NULL;

  gst_ice_oss_object_unref (fixture->object);
  fixture->object = object;
  upload_id = begin_upload (fixture);
  g_assert_nonnull (upload_id);
}

/* A key of all sorts of characters arrives as it is. */
static void
test_strange_key (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) body = create_body (7, 1000);
  g_autoptr (GstIceOssReply) reply = send_well (fixture,
      gst_ice_oss_request_new_put_object ("video/mp4", body, 1000));
  g_autoptr (GstIceOssReply) head =
      send_well (fixture, gst_ice_oss_request_new_head_object ());

  g_assert_nonnull (strchr (fixture->object->key, '+'));
  g_assert_cmpstr (head->etag, ==, reply->etag);
  g_assert_cmpint (head->size, ==, 1000);
}

static const gchar *const strange_key[] = {
  "--key-template", "a b+c%2F&=?#/./..//~\xe8\xa7\x86/MEDIAID.mp4", NULL
};

static const gchar *const no_token[] = { "--no-lease-token", NULL };

/* --- Refusals --- */

static void
test_no_object (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GError) error = check_refused (fixture,
      gst_ice_oss_request_new_head_object (), GST_ICE_ERROR_NOT_FOUND, 404,
      "NoSuchKey");

  /* From headers: the answer has no body. */
  g_assert_nonnull (gst_ice_error_get_details (error)->ec);
  g_assert_nonnull (gst_ice_error_get_details (error)->request_id);
}

static void
test_expired (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  g_autoptr (GError) error = NULL;

  ice_emulator_expire_credentials (fixture->base.emulator);
  error = check_refused (fixture, create_part (upload_id, 1, 1000),
      GST_ICE_ERROR_TOKEN_EXPIRED, 403, "SecurityTokenExpired");
  client_fixture_check_log (&fixture->base, "icerequest", error->message);
}

static void
test_wrong_secret (Fixture * fixture, gconstpointer unused)
{
  GstIceIdentity *wrong = gst_ice_identity_new
      (gst_ice_identity_get_access_key_id (fixture->identity), "wrong",
      gst_ice_identity_peek_token (fixture->identity));
  g_autoptr (GError) error = NULL;

  gst_ice_identity_unref (fixture->identity);
  fixture->identity = wrong;
  error = check_refused (fixture, gst_ice_oss_request_new_initiate (NULL),
      GST_ICE_ERROR_NOT_AUTHORIZED, 403, "SignatureDoesNotMatch");
  client_fixture_check_log (&fixture->base, "icerequest", error->message);
}

static void
replace_object (Fixture * fixture, const gchar * key, const gchar * region)
{
  GstIceOssObject *object = gst_ice_oss_object_new (fixture->object->endpoint,
      fixture->object->bucket, key, region);

  gst_ice_oss_object_unref (fixture->object);
  fixture->object = object;
}

static void
test_wrong_object (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  replace_object (fixture, "another/key", "cn-shanghai");
  error = check_refused (fixture, gst_ice_oss_request_new_initiate (NULL),
      GST_ICE_ERROR_NOT_AUTHORIZED, 403, "AccessDenied");
}

static void
test_wrong_region (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *key = g_strdup (fixture->object->key);
  g_autoptr (GError) error = NULL;

  replace_object (fixture, key, "cn-nowhere");
  error = check_refused (fixture, gst_ice_oss_request_new_initiate (NULL),
      GST_ICE_ERROR_FAILED, 400, "InvalidArgument");
  g_assert_nonnull (strstr (error->message, "cn-nowhere"));
}

static void
test_bad_parts (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  g_autoptr (GPtrArray) parts = new_parts ();
  g_autoptr (GError) unknown = NULL;

  g_ptr_array_add (parts, gst_ice_oss_part_new (1, "\"0\"", PART_SIZE));
  unknown = check_refused (fixture,
      gst_ice_oss_request_new_complete (upload_id, parts),
      GST_ICE_ERROR_FAILED, 400, "InvalidPart");
}

static gint64
an_hour_ahead (gpointer user_data)
{
  return g_get_real_time () + HOUR;
}

static void
test_clock_skew (Fixture * fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *upload_id = NULL;

  ice_emulator_set_credential_life (fixture->base.emulator, 7200000);
  gst_ice_oss_object_unref (fixture->object);
  gst_ice_identity_unref (fixture->identity);
  adopt_lease (fixture);
  ice_emulator_set_clock (fixture->base.emulator, an_hour_ahead, NULL);

  error = check_refused (fixture, gst_ice_oss_request_new_initiate (NULL),
      GST_ICE_ERROR_CLOCK_SKEW, 403, "RequestTimeTooSkewed");
  g_assert_cmpint (gst_ice_error_get_details (error)->server_time_us, >,
      g_get_real_time () + HOUR / 2);
  /* What was learnt from the refusal makes the next one right. */
  upload_id = begin_upload (fixture);
}

/* A success proves the clock that it was signed with: its Date says nothing. A
 * refusal for the time tells it, in the body before the head. */
static void
test_clock_told (void)
{
  Fixture fixture;
  g_autoptr (GstIceOssReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  set_up_canned (&fixture, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
      "Date: Fri, 17 May 2024 08:09:10 GMT\r\nx-oss-request-id: R\r\n"
      "ETag: \"A\"\r\nContent-Length: 0\r\n\r\n");
  reply = send_well (&fixture, create_part ("U", 1, 1000));
  g_assert_cmpint (ABS (gst_ice_clock_get_offset (fixture.base.clock)), <,
      HOUR / 60);
  tear_down (&fixture, NULL);

  set_up_canned (&fixture, "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n"
      "Date: Fri, 17 May 2024 08:09:10 GMT\r\nx-oss-request-id: R\r\n\r\n"
      "<Error><Code>RequestTimeTooSkewed</Code>"
      "<ServerTime>2024-05-17T10:09:10.000Z</ServerTime></Error>");
  error = check_refused (&fixture, create_part ("U", 1, 1000),
      GST_ICE_ERROR_CLOCK_SKEW, 403, "RequestTimeTooSkewed");
  g_assert_cmpint (gst_ice_error_get_details (error)->server_time_us, ==,
      G_GINT64_CONSTANT (1715940550) * G_USEC_PER_SEC);
  tear_down (&fixture, NULL);
}

/* --- Faults --- */

typedef GstIceOssRequest *(*CreateFunc) (const gchar * upload_id);

static GstIceOssRequest *
create_initiate (const gchar * upload_id)
{
  return gst_ice_oss_request_new_initiate (NULL);
}

static GstIceOssRequest *
create_small_part (const gchar * upload_id)
{
  return create_part (upload_id, 1, 1000);
}

static GstIceOssRequest *
create_complete (const gchar * upload_id)
{
  g_autoptr (GPtrArray) parts = new_parts ();

  g_ptr_array_add (parts, gst_ice_oss_part_new (1, "\"0\"", 1000));

  return gst_ice_oss_request_new_complete (upload_id, parts);
}

static GstIceOssRequest *
create_list (const gchar * upload_id)
{
  return gst_ice_oss_request_new_list_parts (upload_id, 0);
}

static GstIceOssRequest *
create_abort (const gchar * upload_id)
{
  return gst_ice_oss_request_new_abort (upload_id);
}

static GstIceOssRequest *
create_put (const gchar * upload_id)
{
  g_autoptr (GPtrArray) body = create_body (7, 1000);

  return gst_ice_oss_request_new_put_object (NULL, body, 1000);
}

static GstIceOssRequest *
create_head (const gchar * upload_id)
{
  return gst_ice_oss_request_new_head_object ();
}

typedef struct
{
  const gchar *fault;
  CreateFunc create;
  GstIceErrorCode code;
  guint status;
  const gchar *name;
} FaultRow;

static const FaultRow fault_rows[] = {
  {"initiate:error", create_initiate, GST_ICE_ERROR_UNAVAILABLE, 500,
      "InternalError"},
  {"initiate:empty-answer", create_initiate, GST_ICE_ERROR_PROTOCOL, 200,
      NULL},
  {"initiate:garbage-body", create_initiate, GST_ICE_ERROR_PROTOCOL, 200,
      NULL},
  {"initiate:huge-body", create_initiate, GST_ICE_ERROR_PROTOCOL, 0, NULL},
  {"initiate:huge-headers", create_initiate, GST_ICE_ERROR_PROTOCOL, 0, NULL},
  {"initiate:truncated-body", create_initiate, GST_ICE_ERROR_NETWORK, 0,
      NULL},
  {"initiate:redirect:host=127.0.0.2:port=9", create_initiate,
      GST_ICE_ERROR_PROTOCOL, 307, "InternalError"},
  {"part:no-etag", create_small_part, GST_ICE_ERROR_PROTOCOL, 200, NULL},
  {"part:error:status=503:code=TotalQpsLimitExceeded", create_small_part,
      GST_ICE_ERROR_THROTTLED, 503, "TotalQpsLimitExceeded"},
  {"part:error:status=400:code=InvalidDigest", create_small_part,
      GST_ICE_ERROR_DAMAGED, 400, "InvalidDigest"},
  {"part:error-in-200:code=InternalError", create_small_part,
      GST_ICE_ERROR_UNAVAILABLE, 200, "InternalError"},
  {"part:reset-mid-body", create_small_part, GST_ICE_ERROR_NETWORK, 0, NULL},
  {"part:early-answer:status=503:code=ServiceUnavailable", create_small_part,
      GST_ICE_ERROR_THROTTLED, 503, "ServiceUnavailable"},
  {"part:huge-body", create_small_part, GST_ICE_ERROR_PROTOCOL, 0, NULL},
  {"complete:error-in-200:code=InternalError", create_complete,
      GST_ICE_ERROR_UNAVAILABLE, 200, "InternalError"},
  {"complete:error-in-200:code=Whatever", create_complete,
      GST_ICE_ERROR_FAILED, 200, "Whatever"},
  {"complete:error:status=409:code=FileAlreadyExists", create_complete,
      GST_ICE_ERROR_CONFLICT, 409, "FileAlreadyExists"},
  {"list-parts:garbage-body", create_list, GST_ICE_ERROR_PROTOCOL, 200, NULL},
  {"list-parts:huge-body", create_list, GST_ICE_ERROR_PROTOCOL, 0, NULL},
  {"list-parts:forbidden", create_list, GST_ICE_ERROR_NOT_AUTHORIZED, 403,
      "AccessDenied"},
  {"put:no-etag", create_put, GST_ICE_ERROR_PROTOCOL, 200, NULL},
  {"put:error:status=400:code=EntityTooLarge", create_put,
      GST_ICE_ERROR_NO_SPACE, 400, "EntityTooLarge"},
  {"head:forbidden", create_head, GST_ICE_ERROR_NOT_AUTHORIZED, 403,
      "AccessDenied"},
  {"head:expired-token:code=InvalidAccessKeyId", create_head,
      GST_ICE_ERROR_TOKEN_EXPIRED, 403, "InvalidAccessKeyId"},
};

static void
test_faults (Fixture * fixture, gconstpointer unused)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (fault_rows); i++) {
    const FaultRow *row = &fault_rows[i];
    g_autofree gchar *upload_id = begin_upload (fixture);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", row->fault);
    client_fixture_add_fault (&fixture->base, row->fault);
    error = check_refused (fixture, row->create (upload_id), row->code,
        row->status, row->name);
    client_fixture_check_log (&fixture->base, "icerequest", error->message);
    ice_emulator_clear_faults (fixture->base.emulator);
  }
}

/* What may be missing without any harm, and what must be told as it is. */
static void
test_checksums (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  g_autoptr (GPtrArray) body = create_body (1, 1000);
  g_autoptr (GstIceOssReply) absent = NULL;
  g_autoptr (GstIceOssReply) wrong = NULL;

  client_fixture_add_fault (&fixture->base, "part:no-crc");
  absent = send_well (fixture, create_part (upload_id, 1, 1000));
  g_assert_false (absent->has_crc64);

  client_fixture_add_fault (&fixture->base, "part:wrong-crc");
  wrong = send_well (fixture, create_part (upload_id, 1, 1000));
  g_assert_true (wrong->has_crc64);
  g_assert_cmpuint (wrong->crc64, !=, sum_body (0, body));
}

/* An empty answer to Complete says nothing: whoever asked has to look. */
static void
test_empty_complete (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);
  g_autoptr (GPtrArray) parts = new_parts ();
  g_autoptr (GError) error = NULL;

  upload_part (fixture, upload_id, 1, parts);
  client_fixture_add_fault (&fixture->base, "complete:empty-answer");
  error = check_refused (fixture,
      gst_ice_oss_request_new_complete (upload_id, parts),
      GST_ICE_ERROR_PROTOCOL, 200, NULL);
}

/* --- Canned answers --- */

#define HEAD(status) "HTTP/1.1 " status "\r\nConnection: close\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"
#define CALLBACK_FAILED "\r\n<?xml version=\"1.0\"?><Error>" \
    "<Code>CallbackFailed</Code><Message>no</Message></Error>"

static void
check_canned (const gchar * answer, CreateFunc create, GstIceErrorCode code,
    guint status, const gchar * name)
{
  Fixture fixture;
  g_autoptr (GError) error = NULL;

  set_up_canned (&fixture, answer);
  error = check_refused (&fixture, create ("U"), code, status, name);
  tear_down (&fixture, NULL);
}

/* What OSS does not document for an operation is no success, also if it says
 * that the object is stored. */
static void
test_other_statuses (void)
{
  static const struct
  {
    const gchar *answer;
    CreateFunc create;
    guint status;
    const gchar *code;
  } cases[] = {
    {HEAD ("203 Non-Authoritative Information") "ETag: \"A\"\r\n"
          "x-oss-hash-crc64ecma: 5\r\n" CALLBACK_FAILED, create_complete,
        203, "CallbackFailed"},
    {HEAD ("203 Non-Authoritative Information") "ETag: \"A\"\r\n" EMPTY,
        create_small_part, 203, NULL},
    {HEAD ("201 Created") "ETag: \"A\"\r\n" EMPTY, create_small_part, 201,
        NULL},
    {HEAD ("204 No Content") "ETag: \"A\"\r\n\r\n", create_put, 204, NULL},
    {HEAD ("202 Accepted") EMPTY, create_abort, 202, NULL},
    {HEAD ("200 OK") EMPTY, create_abort, 200, NULL},
    {HEAD ("203 Non-Authoritative Information") "\r\n<html/>",
        create_complete, 203, NULL},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    check_canned (cases[i].answer, cases[i].create, GST_ICE_ERROR_PROTOCOL,
        cases[i].status, cases[i].code);
}

static void
test_answers (void)
{
  g_autofree gchar *long_etag = g_strnfill (300, 'x');
  g_autofree gchar *long_answer =
      g_strdup_printf (HEAD ("200 OK") "ETag: %s\r\n" EMPTY, long_etag);

  check_canned (HEAD ("502 Bad Gateway") "\r\n<html>no</html>", create_put,
      GST_ICE_ERROR_UNAVAILABLE, 502, NULL);
  /* Not OSS's own, so OSS has refused nothing. */
  check_canned (HEAD ("403 Forbidden") "\r\n{\"no\":1}", create_put,
      GST_ICE_ERROR_PROTOCOL, 403, NULL);
  check_canned (HEAD ("403 Forbidden") EMPTY, create_put,
      GST_ICE_ERROR_PROTOCOL, 403, NULL);
  check_canned (HEAD ("403 Forbidden") "x-oss-request-id: R\r\n" EMPTY,
      create_put, GST_ICE_ERROR_NOT_AUTHORIZED, 403, NULL);
  check_canned (HEAD ("421 Misdirected Request") EMPTY, create_put,
      GST_ICE_ERROR_UNAVAILABLE, 421, NULL);
  /* What was cut before it said what was refused. */
  check_canned (HEAD ("403 Forbidden"), create_put,
      GST_ICE_ERROR_NETWORK, 0, NULL);
  check_canned (HEAD ("200 OK") "\r\n<html>Log in</html>", create_put,
      GST_ICE_ERROR_PROTOCOL, 200, NULL);
  check_canned (HEAD ("200 OK") "ETag: a b\r\n" EMPTY, create_put,
      GST_ICE_ERROR_PROTOCOL, 200, NULL);
  check_canned (long_answer, create_put, GST_ICE_ERROR_PROTOCOL, 200, NULL);
  check_canned (HEAD ("206 Partial Content") "ETag: \"A\"\r\n" EMPTY,
      create_put, GST_ICE_ERROR_PROTOCOL, 206, NULL);
  check_canned (HEAD ("404 Not Found") "\r\n", create_head,
      GST_ICE_ERROR_PROTOCOL, 404, NULL);
  check_canned (HEAD ("404 Not Found") "x-oss-request-id: R\r\n\r\n",
      create_head, GST_ICE_ERROR_NOT_FOUND, 404, NULL);
  check_canned (HEAD ("403 Forbidden") "x-oss-request-id: R\r\n"
      "x-oss-err: not base64!\r\n\r\n", create_head,
      GST_ICE_ERROR_NOT_AUTHORIZED, 403, NULL);
}

static void
check_crc64 (const gchar * text, gboolean has_crc64)
{
  g_autofree gchar *answer = g_strdup_printf (HEAD ("200 OK")
      "ETag: \"A\"\r\nx-oss-hash-crc64ecma: %s\r\n" EMPTY, text);
  Fixture fixture;
  g_autoptr (GstIceOssReply) reply = NULL;

  set_up_canned (&fixture, answer);
  reply = send_well (&fixture, create_put (NULL));
  g_assert_cmpint (reply->has_crc64, ==, has_crc64);
  tear_down (&fixture, NULL);
}

static void
test_crc64_header (void)
{
  check_crc64 ("18446744073709551615", TRUE);
  check_crc64 ("18446744073709551616", FALSE);
  check_crc64 ("-1", FALSE);
  check_crc64 ("995dc9bbdf1939fa", FALSE);
}

/* @fault keeps the request busy until it is cancelled. */
static void
check_cancelled (Fixture * fixture, const gchar * fault,
    GstIceOssRequest * request)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  client_fixture_add_fault (&fixture->base, fault);
  gst_ice_oss_client_send_async (fixture->client, request, fixture->object,
      fixture->identity, cancellable, client_fixture_on_done, &result);
  while (g_main_context_iteration (NULL, FALSE));
  g_cancellable_cancel (cancellable);
  client_fixture_wait (&result);

  g_assert_null (gst_ice_oss_client_send_finish (fixture->client, result,
          &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancel (Fixture * fixture, gconstpointer unused)
{
  g_autofree gchar *upload_id = begin_upload (fixture);

  check_cancelled (fixture, "part:stall-mid-body",
      create_part (upload_id, 1, 8 * PART_SIZE));
  check_cancelled (fixture, "head:stall-before-answer",
      gst_ice_oss_request_new_head_object ());
}

#define ADD(name, options, func) \
    g_test_add ("/oss-client/" name, Fixture, options, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  /* GStreamer's leaks tracer tells then what is still alive. */
  atexit (gst_deinit);
  g_test_init (&argc, &argv, NULL);
  client_fixture_begin_log ();

  ADD ("puts-an-object", NULL, test_put);
  ADD ("puts-an-empty-object", NULL, test_put_nothing);
  ADD ("uploads-in-parts", NULL, test_multipart);
  ADD ("uploads-a-part-from-a-stream", NULL, test_stream);
  ADD ("uploads-without-a-token", no_token, test_multipart);
  ADD ("lists-parts", NULL, test_list);
  ADD ("lists-parts-page-by-page", NULL, test_pages);
  ADD ("aborts-an-upload", NULL, test_abort);
  ADD ("puts-the-bucket-in-front-of-a-name", NULL, test_virtual_host);
  ADD ("keeps-a-key-as-it-is", strange_key, test_strange_key);
  ADD ("reports-a-missing-object", NULL, test_no_object);
  ADD ("reports-a-dead-token", NULL, test_expired);
  ADD ("reports-a-wrong-secret", NULL, test_wrong_secret);
  ADD ("reports-another-object", NULL, test_wrong_object);
  ADD ("names-the-region-that-was-refused", NULL, test_wrong_region);
  ADD ("reports-unknown-parts", NULL, test_bad_parts);
  ADD ("learns-the-hosts-clock", NULL, test_clock_skew);
  ADD ("reports-what-went-wrong", NULL, test_faults);
  ADD ("tells-checksums-as-they-are", NULL, test_checksums);
  ADD ("takes-no-answer-for-an-empty-one", NULL, test_empty_complete);
  g_test_add_func ("/oss-client/is-told-the-time-by-a-refusal",
      test_clock_told);
  g_test_add_func ("/oss-client/takes-only-documented-statuses",
      test_other_statuses);
  g_test_add_func ("/oss-client/reads-any-answer", test_answers);
  g_test_add_func ("/oss-client/reads-decimal-checksums", test_crc64_header);
  ADD ("can-be-cancelled", NULL, test_cancel);

  return g_test_run ();
}
