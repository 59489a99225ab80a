/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A client that says exactly what a test wants to say. */

#include "test-client.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <json-glib/json-glib.h>

#include "checksum.h"
#include "text.h"

#define TIMEOUT_SECONDS 20
#define ACCESS_KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define ACCESS_KEY_SECRET "EmulatorDemoSecret0123456789ab"
#define REGION "cn-shanghai"
#define NO_BODY_SHA256 \
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct _TestClient
{
  gchar *host;                  /* with the port */
  GSocketConnection *connection;
  GDataInputStream *input;
};

IceEmulator *
test_emulator_new (const gchar * option, ...)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  IceEmulator *emulator;
  va_list options;

  va_start (options, option);
  for (; option; option = va_arg (options, const gchar *))
      g_ptr_array_add (words, (gpointer) option);
  va_end (options);
  g_ptr_array_add (words, NULL);

  emulator = ice_emulator_new ((const gchar * const *) words->pdata, &error);
  g_assert_no_error (error);
  ice_emulator_start (emulator, &error);
  g_assert_no_error (error);
  return emulator;
}

static GSocketConnection *
open_connection (IceEmulator * emulator, guint16 port)
{
  g_autoptr (GSocketClient) opener = g_socket_client_new ();
  const gchar *ca_file = ice_emulator_get_ca_file (emulator);
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GIOStream) tls = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSocketConnectable) identity = NULL;
  g_autoptr (GError) error = NULL;

  g_socket_client_set_enable_proxy (opener, FALSE);
  g_socket_client_set_timeout (opener, TIMEOUT_SECONDS);
  connection = g_socket_client_connect_to_host (opener, "127.0.0.1", port,
      NULL, &error);
  g_assert_no_error (error);
  g_socket_set_option (g_socket_connection_get_socket (connection),
      IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  if (!ca_file)
    return g_steal_pointer (&connection);

  identity = g_network_address_new ("localhost", port);
  tls = g_tls_client_connection_new (G_IO_STREAM (connection), identity,
      &error);
  g_assert_no_error (error);
  database = g_tls_file_database_new (ca_file, &error);
  g_assert_no_error (error);
  g_tls_connection_set_database (G_TLS_CONNECTION (tls), database);
  g_tls_connection_handshake (G_TLS_CONNECTION (tls), NULL, &error);
  g_assert_no_error (error);
  return g_tcp_wrapper_connection_new (tls,
      g_socket_connection_get_socket (connection));
}

TestClient *
test_client_new (IceEmulator * emulator)
{
  TestClient *client = g_new0 (TestClient, 1);
  const gchar *uri = ice_emulator_get_uri (emulator);
  guint16 port = g_ascii_strtoull (strrchr (uri, ':') + 1, NULL, 10);

  client->host = g_strdup_printf ("127.0.0.1:%u", port);
  client->connection = open_connection (emulator, port);
  client->input = g_data_input_stream_new (g_io_stream_get_input_stream
      (G_IO_STREAM (client->connection)));
  g_data_input_stream_set_newline_type (client->input,
      G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  return client;
}

void
test_client_free (TestClient * client)
{
  g_free (client->host);
  g_object_unref (client->input);
  g_object_unref (client->connection);
  g_free (client);
}

void
test_client_set_timeout (TestClient * client, guint seconds)
{
  g_socket_set_timeout (g_socket_connection_get_socket (client->connection),
      seconds);
}

gboolean
test_client_send (TestClient * client, const gchar * data, gssize len)
{
  GOutputStream *output =
      g_io_stream_get_output_stream (G_IO_STREAM (client->connection));

  return g_output_stream_write_all (output, data,
      len < 0 ? strlen (data) : len, NULL, NULL, NULL);
}

void
test_answer_free (TestAnswer * answer)
{
  g_free (answer->head);
  g_string_free (answer->body, TRUE);
  g_free (answer);
}

gchar *
test_answer_get_header (TestAnswer * answer, const gchar * name)
{
  g_auto (GStrv) lines = g_strsplit (answer->head, "\r\n", -1);
  gchar **line;

  for (line = lines; *line; line++) {
    gsize len = strlen (name);

    if (g_ascii_strncasecmp (*line, name, len) == 0 && (*line)[len] == ':')
      return g_strstrip (g_strdup (*line + len + 1));
  }
  return NULL;
}

gchar *
test_answer_get_element (TestAnswer * answer, const gchar * name)
{
  g_autofree gchar *start = g_strdup_printf ("<%s>", name);
  const gchar *found = strstr (answer->body->str, start);
  const gchar *end;

  if (!found)
    return NULL;
  found += strlen (start);
  end = strchr (found, '<');
  return end ? g_strndup (found, end - found) : NULL;
}

static gboolean
set_closed (GError ** error)
{
  g_clear_error (error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
  return FALSE;
}

static gboolean
read_head (TestClient * client, TestAnswer * answer, GError ** error)
{
  g_autoptr (GString) head = g_string_new (NULL);
  gchar *line;

  while ((line = g_data_input_stream_read_line (client->input, NULL, NULL,
              error))) {
    gboolean ended = *line == '\0';

    g_string_append (head, line);
    g_string_append (head, "\r\n");
    g_free (line);
    if (!ended)
      continue;
    answer->head = g_string_free (g_steal_pointer (&head), FALSE);
    return sscanf (answer->head, "HTTP/1.1 %u ", &answer->status) == 1
        || set_closed (error);
  }
  return error && *error ? FALSE : set_closed (error);
}

static gboolean
ends_with_connection (TestAnswer * answer)
{
  g_autofree gchar *length = test_answer_get_header (answer, "Content-Length");
  g_autofree gchar *connection = test_answer_get_header (answer,
      "Connection");

  return !length && g_strcmp0 (connection, "close") == 0;
}

static gboolean
read_body (TestClient * client, TestAnswer * answer, GError ** error)
{
  g_autofree gchar *length = test_answer_get_header (answer, "Content-Length");
  gboolean to_the_end = ends_with_connection (answer);
  guint64 left = length ? g_ascii_strtoull (length, NULL, 10)
      : to_the_end ? G_MAXUINT64 : 0;
  g_autofree gchar *block = g_malloc (65536);

  while (left > 0) {
    gssize n = g_input_stream_read (G_INPUT_STREAM (client->input), block,
        MIN (left, 65536), NULL, error);

    if (n == 0 && to_the_end)
      return TRUE;
    if (n <= 0)
      return n < 0 ? FALSE : set_closed (error);
    g_string_append_len (answer->body, block, n);
    left -= n;
  }
  return TRUE;
}

TestAnswer *
test_client_read (TestClient * client, gboolean is_head, GError ** error)
{
  g_autoptr (TestAnswer) answer = g_new0 (TestAnswer, 1);

  answer->body = g_string_new (NULL);
  if (!read_head (client, answer, error))
    return NULL;
  if (!is_head && !read_body (client, answer, error))
    return NULL;
  return g_steal_pointer (&answer);
}

/* ICE */

/* `name:value\n` of all headers that are signed, sorted. */
static gchar *
make_refresh_headers (TestClient * client, const gchar * token)
{
  g_autofree gchar *date = emu_date_format_iso (g_get_real_time (), FALSE);
  g_autofree gchar *nonce = g_uuid_string_random ();

  return g_strdup_printf ("host:%s\nx-acs-action:RefreshUploadMedia\n"
      "x-acs-content-sha256:" NO_BODY_SHA256 "\nx-acs-date:%s\n%s%s%s"
      "x-acs-signature-nonce:%s\nx-acs-version:2020-11-09\n", client->host,
      date, token ? "x-acs-security-token:" : "", token ? token : "",
      token ? "\n" : "", nonce);
}

static gchar *
make_refresh_signature (const gchar * canonical)
{
  g_autofree gchar *hash = emu_sha256_hex (canonical, strlen (canonical));
  g_autofree gchar *string_to_sign = NULL;
  guint8 digest[EMU_SHA256_SIZE];

  string_to_sign = g_strconcat ("ACS3-HMAC-SHA256\n", hash, NULL);
  emu_hmac_sha256 (ACCESS_KEY_SECRET, strlen (ACCESS_KEY_SECRET),
      string_to_sign, digest);
  return emu_hex (digest, sizeof digest, FALSE);
}

gchar *
test_sign_refresh (TestClient * client, const gchar * media_id,
    const gchar * token)
{
  const gchar *names = token ? "host;x-acs-action;x-acs-content-sha256;"
      "x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version"
      : "host;x-acs-action;x-acs-content-sha256;"
      "x-acs-date;x-acs-signature-nonce;x-acs-version";
  g_autofree gchar *headers = make_refresh_headers (client, token);
  g_autofree gchar *lines = emu_text_replace (headers, "\n", "\r\n");
  g_autofree gchar *canonical = NULL;
  g_autofree gchar *signature = NULL;

  canonical = g_strdup_printf ("POST\n/\nMediaId=%s\n%s\n%s\n" NO_BODY_SHA256,
      media_id, headers, names);
  signature = make_refresh_signature (canonical);
  return g_strdup_printf ("POST /?MediaId=%s HTTP/1.1\r\n%s"
      "Content-Length: 0\r\nAuthorization: ACS3-HMAC-SHA256 "
      "Credential=" ACCESS_KEY_ID ",SignedHeaders=%s,Signature=%s\r\n\r\n",
      media_id, lines, names, signature);
}

static JsonObject *
parse_object (JsonParser * parser, const gchar * text, gssize len)
{
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, text, len, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

static JsonObject *
parse_base64_object (JsonParser * parser, const gchar * base64)
{
  gsize len;
  g_autofree guchar *text = g_base64_decode (base64, &len);

  return parse_object (parser, (const gchar *) text, len);
}

static gchar *
get_string (JsonObject * object, const gchar * name)
{
  if (!json_object_has_member (object, name))
    return NULL;
  return g_strdup (json_object_get_string_member (object, name));
}

static void
parse_address (TestLease * lease, const gchar * base64)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *address = parse_base64_object (parser, base64);

  lease->endpoint = get_string (address, "Endpoint");
  lease->bucket = get_string (address, "Bucket");
  lease->key = get_string (address, "FileName");
}

static void
parse_auth (TestLease * lease, const gchar * base64)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *auth = parse_base64_object (parser, base64);
  JsonNode *expiration = json_object_get_member (auth, "Expiration");

  lease->access_key_id = get_string (auth, "AccessKeyId");
  lease->access_key_secret = get_string (auth, "AccessKeySecret");
  lease->security_token = get_string (auth, "SecurityToken");
  lease->region = get_string (auth, "Region");
  lease->expire_utc_time = get_string (auth, "ExpireUTCTime");
  lease->expiration = json_to_string (expiration, FALSE);
}

void
test_lease_free (TestLease * lease)
{
  g_free (lease->endpoint);
  g_free (lease->bucket);
  g_free (lease->key);
  g_free (lease->access_key_id);
  g_free (lease->access_key_secret);
  g_free (lease->security_token);
  g_free (lease->region);
  g_free (lease->expiration);
  g_free (lease->expire_utc_time);
  g_free (lease);
}

TestLease *
test_refresh (TestClient * client)
{
  TestLease *lease = g_new0 (TestLease, 1);
  g_autofree gchar *request = test_sign_refresh (client, TEST_MEDIA_ID, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (TestAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *body;

  g_assert_true (test_client_send (client, request, -1));
  answer = test_client_read (client, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
  body = parse_object (parser, answer->body->str, answer->body->len);
  g_assert_cmpstr (json_object_get_string_member (body, "MediaId"), ==,
      TEST_MEDIA_ID);
  parse_address (lease, json_object_get_string_member (body, "UploadAddress"));
  parse_auth (lease, json_object_get_string_member (body, "UploadAuth"));
  return lease;
}

/* OSS */

static gint
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar * const *) a, *(gchar * const *) b);
}

/* `name:value\n` of those that are signed, sorted. */
static gchar *
make_signed_headers (const gchar * headers)
{
  g_auto (GStrv) lines = g_strsplit (headers, "\r\n", -1);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new_with_free_func (g_free);
  gchar **line;

  for (line = lines; *line; line++) {
    g_auto (GStrv) pair = g_strsplit (*line, ":", 2);
    g_autofree gchar *name = NULL;

    if (!pair[0] || !pair[1])
      continue;
    name = g_ascii_strdown (pair[0], -1);
    if (g_str_has_prefix (name, "x-oss-") || g_str_equal (name, "content-md5")
        || g_str_equal (name, "content-type"))
      g_ptr_array_add (chosen, g_strconcat (name, ":", g_strstrip (pair[1]),
              "\n", NULL));
  }
  g_ptr_array_sort (chosen, compare_lines);
  g_ptr_array_add (chosen, NULL);
  return g_strjoinv ("", (gchar **) chosen->pdata);
}

static gchar *
make_signature (const TestLease * lease, const gchar * date,
    const gchar * canonical)
{
  g_autofree gchar *hash = emu_sha256_hex (canonical, strlen (canonical));
  g_autofree gchar *start = NULL;
  g_autofree gchar *string_to_sign = NULL;
  g_autofree gchar *day = g_strndup (date, 8);
  guint8 key[EMU_SHA256_SIZE];

  string_to_sign = g_strdup_printf ("OSS4-HMAC-SHA256\n%s\n%s/" REGION
      "/oss/aliyun_v4_request\n%s", date, day, hash);
  start = g_strconcat ("aliyun_v4", lease->access_key_secret, NULL);
  emu_hmac_sha256 (start, strlen (start), day, key);
  emu_hmac_sha256 (key, sizeof key, REGION, key);
  emu_hmac_sha256 (key, sizeof key, "oss", key);
  emu_hmac_sha256 (key, sizeof key, "aliyun_v4_request", key);
  emu_hmac_sha256 (key, sizeof key, string_to_sign, key);
  return emu_hex (key, sizeof key, FALSE);
}

static gchar *
format_date (gint64 time_us)
{
  g_autoptr (GDateTime) date = NULL;

  date = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);
  return g_date_time_format (date, "%Y%m%dT%H%M%SZ");
}

static gsize
get_body_len (const TestRequest * request)
{
  if (request->body_len > 0)
    return request->body_len;
  return request->body ? strlen (request->body) : 0;
}

gchar *
test_sign (TestClient * client, const TestLease * lease,
    const TestRequest * request)
{
  const gchar *query = request->query ? request->query : "";
  const gchar *key = request->key ? request->key : lease->key;
  g_autofree gchar *encoded = emu_percent_encode (key, TRUE);
  g_autofree gchar *date = NULL;
  g_autofree gchar *headers = NULL;
  g_autofree gchar *signed_headers = NULL;
  g_autofree gchar *canonical = NULL;
  g_autofree gchar *signature = NULL;

  date = format_date (request->time_us ? request->time_us : g_get_real_time ());
  headers = g_strdup_printf ("%sx-oss-content-sha256: UNSIGNED-PAYLOAD\r\n"
      "x-oss-date: %s\r\n%s%s%s", request->headers ? request->headers : "",
      date, lease->security_token ? "x-oss-security-token: " : "",
      lease->security_token ? lease->security_token : "",
      lease->security_token ? "\r\n" : "");
  signed_headers = make_signed_headers (headers);
  canonical = g_strdup_printf ("%s\n/%s/%s\n%s\n%s\n\nUNSIGNED-PAYLOAD",
      request->method, lease->bucket, encoded, query, signed_headers);
  signature = make_signature (lease, date, canonical);
  return g_strdup_printf ("%s /%s/%s%s%s HTTP/1.1\r\nHost: %s\r\n%s"
      "Content-Length: %" G_GSIZE_FORMAT "\r\n"
      "Authorization: OSS4-HMAC-SHA256 Credential=%s/%.8s/" REGION
      "/oss/aliyun_v4_request,Signature=%s\r\n\r\n", request->method,
      lease->bucket, encoded, *query ? "?" : "", query, client->host, headers,
      get_body_len (request), lease->access_key_id, date, signature);
}

TestAnswer *
test_call (TestClient * client, const TestLease * lease,
    const TestRequest * request)
{
  g_autofree gchar *head = test_sign (client, lease, request);
  g_autoptr (GError) error = NULL;
  TestAnswer *answer;

  g_assert_true (test_client_send (client, head, -1));
  if (request->body)
    g_assert_true (test_client_send (client, request->body,
            get_body_len (request)));
  answer = test_client_read (client, g_str_equal (request->method, "HEAD"),
      &error);
  g_assert_no_error (error);
  return answer;
}

gchar *
test_initiate (TestClient * client, const TestLease * lease)
{
  TestRequest request = {
    .method = "POST",.query = "uploads",
    .headers = "Content-Type: video/mp4\r\n"
  };
  g_autoptr (TestAnswer) answer = test_call (client, lease, &request);

  g_assert_cmpuint (answer->status, ==, 200);
  return test_answer_get_element (answer, "UploadId");
}

gchar *
test_upload_part (TestClient * client, const TestLease * lease,
    const gchar * upload_id, guint number, const gchar * data, gsize len)
{
  g_autofree gchar *query = NULL;
  g_autoptr (TestAnswer) answer = NULL;
  TestRequest request = {.method = "PUT",.body = data,.body_len = len };

  query = g_strdup_printf ("partNumber=%u&uploadId=%s", number, upload_id);
  request.query = query;
  answer = test_call (client, lease, &request);
  g_assert_cmpuint (answer->status, ==, 200);
  return test_answer_get_header (answer, "ETag");
}

TestAnswer *
test_complete (TestClient * client, const TestLease * lease,
    const gchar * upload_id, const gchar * const *parts)
{
  g_autoptr (GString) xml = g_string_new ("<CompleteMultipartUpload>");
  g_autofree gchar *query = g_strconcat ("uploadId=", upload_id, NULL);
  TestRequest request = {.method = "POST",.query = query };

  for (; parts[0]; parts += 2)
    g_string_append_printf (xml, "<Part><PartNumber>%s</PartNumber>"
        "<ETag>%s</ETag></Part>", parts[0], parts[1]);
  g_string_append (xml, "</CompleteMultipartUpload>");
  request.body = xml->str;
  return test_call (client, lease, &request);
}

gchar *
test_bytes (gsize len, guint seed)
{
  gchar *data = g_malloc (len + 1);
  gsize i;

  for (i = 0; i < len; i++)
    data[i] = i * 31 + seed + (i >> 8) * 7;
  data[len] = '\0';
  return data;
}
