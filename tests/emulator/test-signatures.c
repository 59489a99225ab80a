/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The emulator takes what the official SDKs signed, byte for byte, and
 * nothing that was changed since. */

#include <string.h>
#include <json-glib/json-glib.h>

#include "checksum.h"
#include "test-client.h"
#include "text.h"

typedef void (*CaseFunc) (const gchar * id, JsonObject * input,
    JsonObject * expected);

static JsonParser *
load_vectors (const gchar * name)
{
  g_autofree gchar *path = g_test_build_filename (G_TEST_DIST, "vectors",
      name, NULL);
  JsonParser *parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return parser;
}

static JsonArray *
get_array (JsonParser * parser, const gchar * name)
{
  JsonObject *root = json_node_get_object (json_parser_get_root (parser));

  return json_object_get_array_member (root, name);
}

static const gchar *
get_string (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && !json_node_is_null (node) ? json_node_get_string (node) : NULL;
}

static void
foreach_case (const gchar * name, CaseFunc func)
{
  g_autoptr (JsonParser) parser = load_vectors (name);
  JsonArray *cases = get_array (parser, "cases");
  guint i;

  g_assert_cmpuint (json_array_get_length (cases), >, 20);
  for (i = 0; i < json_array_get_length (cases); i++) {
    JsonObject *item = json_array_get_object_element (cases, i);

    func (get_string (item, "id"), json_object_get_object_member (item,
            "input"), json_object_get_object_member (item, "expected"));
  }
}

/* A frozen clock. */
static gint64
get_time (gpointer time_us)
{
  return *(gint64 *) time_us;
}

static gint64
parse_time (JsonObject * input)
{
  const gchar *text = get_string (input, "time_iso");
  gint64 time_us;

  g_assert_true (emu_date_parse_iso (text, &time_us));
  return time_us;
}

/* An emulator that knows the identity of @input, at its time. */
static IceEmulator *
emulator_for (JsonObject * input, gint64 * time_us)
{
  const gchar *token = get_string (input, "security_token");
  const gchar *bucket = get_string (input, "bucket");
  const gchar *region = get_string (input, "region");
  const gchar *host = get_string (input, "endpoint_host");
  g_auto (GStrv) name_and_port = g_strsplit (host ? host : "none", ":", 2);
  IceEmulator *emulator;

  emulator = test_emulator_new ("--allow-identity",
      "--virtual-host", name_and_port[0],
      "--access-key-id", get_string (input, "access_key_id"),
      "--access-key-secret", get_string (input, "access_key_secret"),
      "--bucket", bucket ? bucket : "none",
      "--region", region ? region : "cn-shanghai",
      token ? "--security-token" : NULL, token, NULL);
  *time_us = parse_time (input);
  ice_emulator_set_clock (emulator, get_time, time_us);
  return emulator;
}

static TestAnswer *
ask (IceEmulator * emulator, const gchar * text, gboolean is_head)
{
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (GError) error = NULL;
  TestAnswer *answer;

  g_assert_true (test_client_send (client, text, -1));
  answer = test_client_read (client, is_head, &error);
  g_assert_no_error (error);
  return answer;
}

/* The error code of the only request that @emulator has seen. */
static gchar *
ask_for_code (IceEmulator * emulator, const gchar * text, gboolean is_head)
{
  g_autoptr (TestAnswer) answer = ask (emulator, text, is_head);
  g_autoptr (GPtrArray) records = NULL;
  IceEmulatorRecord *record;

  do {
    g_clear_pointer (&records, g_ptr_array_unref);
    records = ice_emulator_get_records (emulator);
  } while (records->len == 0);
  record = g_ptr_array_index (records, 0);
  g_assert_cmpuint (record->status, ==, answer->status);
  return g_strdup (record->code);
}

/* But those that are in @but, too. */
static void
append_headers (GString * text, JsonObject * headers, JsonObject * but)
{
  g_autoptr (GList) names = json_object_get_members (headers);
  GList *name;

  for (name = names; name; name = name->next) {
    if (!but || !json_object_has_member (but, name->data))
      g_string_append_printf (text, "%s: %s\r\n", (gchar *) name->data,
          get_string (headers, name->data));
  }
}

static gchar *
format_query (JsonArray * query)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint i;

  for (i = 0; i < json_array_get_length (query); i++) {
    JsonArray *pair = json_array_get_array_element (query, i);
    const gchar *value = json_array_get_string_element (pair, 1);
    g_autofree gchar *name_text = NULL;
    g_autofree gchar *value_text = NULL;

    name_text = emu_percent_encode (json_array_get_string_element (pair, 0),
        FALSE);
    value_text = emu_percent_encode (value ? value : "", FALSE);
    g_string_append_printf (text, "%c%s=%s", i == 0 ? '?' : '&', name_text,
        value_text);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* One hex digit of the signature is another one. */
static gchar *
tamper (const gchar * authorization)
{
  gchar *tampered = g_strdup (authorization);
  gchar *last = tampered + strlen (tampered) - 1;

  *last = *last == '0' ? '1' : '0';
  return tampered;
}

/* ICE */

/* The target as it was seen on the wire, if that is known. */
static gchar *
format_ice_target (JsonObject * input, JsonObject * expected)
{
  const gchar *target = get_string (expected, "request_target");
  g_autofree gchar *query = format_query (json_object_get_array_member (input,
          "query"));

  return target ? g_strdup (target) : g_strconcat (get_string (input, "path"),
      query, NULL);
}

static gchar *
format_ice_request (JsonObject * input, JsonObject * expected,
    const gchar * authorization)
{
  g_autofree gchar *target = format_ice_target (input, expected);
  gsize len;
  g_autofree guchar *body = g_base64_decode (get_string (input,
          "body_base64"), &len);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%s %s HTTP/1.1\r\n",
      get_string (input, "method"), target);
  append_headers (text, json_object_get_object_member (input,
          "signed_headers"), NULL);
  g_string_append_printf (text, "Authorization: %s\r\nContent-Length: %"
      G_GSIZE_FORMAT "\r\n\r\n", authorization, len);
  g_string_append_len (text, (const gchar *) body, len);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* What is signed well is judged by what it asks for. */
static void
check_ice_case (const gchar * id, JsonObject * input, JsonObject * expected)
{
  static const gchar *const asked[] = {
    "InvalidApi.NotFound", "UnsupportedHTTPMethod", "MissingMediaId",
    "InvalidParameter", "InvalidStorage.NotFound", "ResourceNotFound", NULL
  };
  gint64 time_us;
  g_autoptr (IceEmulator) emulator = emulator_for (input, &time_us);
  g_autofree gchar *text = NULL;
  g_autofree gchar *code = NULL;

  if (!g_str_equal (get_string (input, "path"), "/"))
    return;
  text = format_ice_request (input, expected, get_string (expected,
          "authorization"));
  code = ask_for_code (emulator, text, FALSE);
  g_test_message ("%s: %s", id, code ? code : "a lease");
  g_assert_true (!code || g_strv_contains (asked, code));
}

static void
test_takes_ice_vectors (void)
{
  foreach_case ("acs3.json", check_ice_case);
  foreach_case ("ice-create.json", check_ice_case);
}

static void
check_tampered_ice_case (const gchar * id, JsonObject * input,
    JsonObject * expected)
{
  gint64 time_us;
  g_autoptr (IceEmulator) emulator = emulator_for (input, &time_us);
  g_autofree gchar *authorization = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *code = NULL;

  if (!g_str_equal (get_string (input, "path"), "/"))
    return;
  authorization = tamper (get_string (expected, "authorization"));
  text = format_ice_request (input, expected, authorization);
  code = ask_for_code (emulator, text, FALSE);
  g_test_message ("%s: %s", id, code);
  g_assert_cmpstr (code, ==, "SignatureDoesNotMatch");
}

static void
test_refuses_tampered_ice_vectors (void)
{
  foreach_case ("acs3.json", check_tampered_ice_case);
  foreach_case ("ice-create.json", check_tampered_ice_case);
}

/* OSS */

/* Content-Length and Host may be among the headers that are signed. */
static gchar *
format_oss_request (JsonObject * input, JsonObject * expected,
    const gchar * authorization)
{
  JsonObject *signed_headers = json_object_get_object_member (expected,
      "signed_headers");
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s %s HTTP/1.1\r\n",
      get_string (input, "method"), get_string (expected, "request_target"));
  append_headers (text, signed_headers, NULL);
  append_headers (text, json_object_get_object_member (input, "headers"),
      signed_headers);
  if (!json_object_has_member (signed_headers, "host"))
    g_string_append_printf (text, "Host: %s\r\n",
        get_string (expected, "request_host"));
  if (!json_object_has_member (signed_headers, "content-length"))
    g_string_append (text, "Content-Length: 5\r\n");
  g_string_append_printf (text, "Authorization: %s\r\n\r\nhello",
      authorization);
  return g_string_free (text, FALSE);
}

/* Cases that say how they go over the wire, and where the bucket is named. */
static gboolean
is_wire_case (JsonObject * input, JsonObject * expected)
{
  return json_object_has_member (expected, "request_target")
      && !g_str_equal (get_string (input, "url_style"), "cname");
}

/* What is signed well is judged by what it asks for. */
static void
check_oss_case (const gchar * id, JsonObject * input, JsonObject * expected)
{
  static const gchar *const asked[] = {
    "NoSuchKey", "NoSuchUpload", "NotImplemented", NULL
  };
  gint64 time_us;
  g_autoptr (IceEmulator) emulator = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *code = NULL;

  if (!is_wire_case (input, expected))
    return;
  emulator = emulator_for (input, &time_us);
  text = format_oss_request (input, expected, get_string (expected,
          "authorization"));
  code = ask_for_code (emulator, text, g_str_equal (get_string (input,
              "method"), "HEAD"));
  g_test_message ("%s: %s", id, code ? code : "done");
  g_assert_true (!code || g_strv_contains (asked, code));
}

static void
test_takes_oss_vectors (void)
{
  foreach_case ("oss4.json", check_oss_case);
}

static void
check_tampered_oss_case (const gchar * id, JsonObject * input,
    JsonObject * expected)
{
  gint64 time_us;
  g_autoptr (IceEmulator) emulator = NULL;
  g_autofree gchar *authorization = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *code = NULL;

  if (!is_wire_case (input, expected))
    return;
  emulator = emulator_for (input, &time_us);
  authorization = tamper (get_string (expected, "authorization"));
  text = format_oss_request (input, expected, authorization);
  code = ask_for_code (emulator, text, g_str_equal (get_string (input,
              "method"), "HEAD"));
  g_test_message ("%s: %s", id, code);
  g_assert_cmpstr (code, ==, "SignatureDoesNotMatch");
}

static void
test_refuses_tampered_oss_vectors (void)
{
  foreach_case ("oss4.json", check_tampered_oss_case);
}

/* One change each to a request that is right; the second half of the table is
 * for what is right with the signature and wrong otherwise. */

typedef struct
{
  const gchar *from;
  const gchar *to;
  guint status;
  const gchar *code;
  const gchar *ec;              /* OSS only */
} Change;

static const Change oss_changes[] = {
  {"Content-Type: video", "Content-Type: audio", 403, "SignatureDoesNotMatch",
      "0002-00000201"},
  {"x-oss-meta-a: 1", "x-oss-meta-a: 2", 403, "SignatureDoesNotMatch",
      "0002-00000201"},
  {"x-oss-meta-a: 1\r\n", "", 403, "SignatureDoesNotMatch", "0002-00000201"},
  {"x-oss-meta-a: 1", "x-oss-meta-a: 1\r\nx-oss-meta-b: 1", 403,
      "SignatureDoesNotMatch", "0002-00000201"},
  {".mp4 HTTP", ".mp4?x=1 HTTP", 403, "SignatureDoesNotMatch",
      "0002-00000201"},
  {"PUT /", "POST /", 403, "SignatureDoesNotMatch", "0002-00000201"},
  {"Credential=STS.NT", "Credential=STS.NU", 403, "InvalidAccessKeyId",
      "0002-00000002"},
  {"x-oss-security-token: CAIS", "x-oss-security-token: CAIT", 403,
      "InvalidSecurityToken", "0002-00000006"},
  {"x-oss-security-token: ", "x-oss-meta-token: ", 403,
      "InvalidSecurityToken", "0002-00000004"},
  {"x-oss-date: 2", "x-oss-date: 1", 403, "RequestTimeTooSkewed",
      "0002-00000504"},
  {"x-oss-date: 2", "x-oss-date: x", 403, "AccessDenied", "0002-00000502"},
  {"x-oss-date: ", "x-oss-meta-date: ", 403, "AccessDenied", "0002-00000503"},
  {"UNSIGNED-PAYLOAD", "SIGNED-PAYLOAD", 400, "InvalidArgument",
      "0002-00000214"},
  {"x-oss-content-sha256: UNSIGNED-PAYLOAD\r\n", "", 400, "InvalidArgument",
      "0002-00000214"},
  {"/cn-shanghai/", "/oss-cn-shanghai/", 400, "InvalidArgument",
      "0002-00000226"},
  {"/oss/", "/oss-cloudbox/", 400, "InvalidArgument", "0002-00000227"},
  {"aliyun_v4_request", "aliyun_v5_request", 400, "InvalidArgument",
      "0002-00000213"},
  {",Signature=", ",AdditionalHeaders=,Signature=", 400, "InvalidArgument",
      "0002-00000209"},
  {",Signature=", ",AdditionalHeaders=host,Signature=", 403,
      "SignatureDoesNotMatch", "0002-00000201"},
  {",Signature=", ",Sig=", 400, "InvalidArgument", "0002-00000202"},
  {"OSS4-HMAC-SHA256 C", "OSS5-HMAC-SHA256 C", 400, "InvalidArgument",
      "0002-00000202"},
  {"OSS4-HMAC-SHA256 C", "OSS C", 403, "AccessDenied", "0002-00000080"},
  {"Authorization: ", "X-Authorization: ", 403, "AccessDenied",
      "0003-00000001"},
  {"Content-Length: 1", "X-Length: 1", 411, "MissingContentLength", NULL},
};

static gchar *
change_once (const gchar * text, const gchar * from, const gchar * to)
{
  const gchar *found = strstr (text, from);

  g_assert_nonnull (found);
  return g_strdup_printf ("%.*s%s%s", (gint) (found - text), text, to,
      found + strlen (from));
}

static void
test_refuses_changed_oss_requests (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  TestRequest request = {.method = "PUT",.body = "1",
    .headers = "Content-Type: video/mp4\r\nx-oss-meta-a: 1\r\n"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (oss_changes); i++) {
    const Change *change = &oss_changes[i];
    g_autofree gchar *head = test_sign (client, lease, &request);
    g_autofree gchar *text = g_strconcat (head, request.body, NULL);
    g_autofree gchar *changed = NULL;
    g_autofree gchar *ec = NULL;
    g_autoptr (TestAnswer) answer = NULL;

    changed = change_once (text, change->from, change->to);
    g_test_message ("%s -> %s", change->from, change->to);
    answer = ask (emulator, changed, FALSE);
    test_assert_refused (answer, change->status, change->code);
    ec = test_answer_get_header (answer, "x-oss-ec");
    if (change->ec)
      g_assert_cmpstr (ec, ==, change->ec);
  }
  g_assert_false (ice_emulator_get_object_info (emulator, TEST_MEDIA_ID, NULL,
          NULL, NULL));
}

static const Change ice_changes[] = {
  {"MediaId=0", "MediaId=1", 400, "SignatureDoesNotMatch"},
  {"POST /", "PUT /", 400, "SignatureDoesNotMatch"},
  {"x-acs-action:RefreshUploadMedia", "x-acs-action:GetMediaInfo", 400,
      "SignatureDoesNotMatch"},
  {"x-acs-version:2020", "x-acs-version:2021", 400, "SignatureDoesNotMatch"},
  {"x-acs-action", "x-acs-more:1\r\nx-acs-action", 400,
      "IncompleteSignature"},
  {"Content-Length: 0", "Content-Length: 0\r\nContent-Type: text/plain", 400,
      "IncompleteSignature"},
  {",SignedHeaders=host;", ",SignedHeaders=", 400, "IncompleteSignature"},
  {",Signature=", ",Sig=", 400, "IncompleteSignature"},
  {"ACS3-HMAC-SHA256", "ACS3-RSA-SHA256", 400, "InvalidSignatureMethod"},
  {"Authorization: ", "X-Authorization: ", 400, "MissingAccessKeyId"},
  {"Credential=L", "Credential=K", 404, "InvalidAccessKeyId.NotFound"},
  {"x-acs-date:2", "x-acs-date:1", 400, "InvalidTimeStamp.Expired"},
  {"x-acs-date:2", "x-acs-date:x", 400, "InvalidTimeStamp.Format"},
  {"x-acs-signature-nonce:", "x-acs-nonce:", 400, "MissingSignatureNonce"},
  {"x-acs-action", "x-acs-security-token:CAIS\r\nx-acs-action", 400,
      "InvalidSecurityToken.MismatchWithAccessKey"},
  {"x-acs-action", "x-acs-security-token:a b\r\nx-acs-action", 400,
      "InvalidSecurityToken.Malformed"},
};

static void
assert_ice_refused (TestAnswer * answer, guint status, const gchar * code)
{
  g_autofree gchar *member = g_strdup_printf ("\"Code\":\"%s\"", code);

  g_assert_cmpuint (answer->status, ==, status);
  g_assert_nonnull (strstr (answer->body->str, member));
}

static void
test_refuses_changed_ice_requests (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ice_changes); i++) {
    const Change *change = &ice_changes[i];
    g_autofree gchar *text = test_sign_refresh (client, TEST_MEDIA_ID, NULL);
    g_autofree gchar *changed = NULL;
    g_autoptr (TestAnswer) answer = NULL;

    changed = change_once (text, change->from, change->to);
    g_test_message ("%s -> %s", change->from, change->to);
    answer = ask (emulator, changed, FALSE);
    assert_ice_refused (answer, change->status, change->code);
  }
  g_assert_cmpuint (ice_emulator_get_generation (emulator), ==, 0);
}

static void
test_refuses_a_nonce_used_twice (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autofree gchar *text = test_sign_refresh (client, TEST_MEDIA_ID, NULL);
  g_autoptr (TestAnswer) first = ask (emulator, text, FALSE);
  g_autoptr (TestAnswer) second = ask (emulator, text, FALSE);

  g_assert_cmpuint (first->status, ==, 200);
  assert_ice_refused (second, 400, "SignatureNonceUsed");
}

static void
test_refuses_a_body_that_was_not_signed (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--quiet", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autofree gchar *text = test_sign_refresh (client, TEST_MEDIA_ID, NULL);
  g_autofree gchar *changed = NULL;
  g_autoptr (TestAnswer) answer = NULL;

  changed = change_once (text, "Content-Length: 0", "Content-Length: 1");
  g_free (text);
  text = g_strconcat (changed, "x", NULL);
  answer = ask (emulator, text, FALSE);
  assert_ice_refused (answer, 400, "InvalidContentSha256");
}

static void
test_refuses_media_that_is_not_there (void)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--media-id", "m1",
      "--media-id", "m2", NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  static const struct
  {
    const gchar *media_id;
    guint status;
    const gchar *code;
  } cases[] = {
    {"m1", 200, NULL}, {"m2", 200, NULL}, {"m3", 404, "ResourceNotFound"},
    {"", 400, "MissingMediaId"}, {"m%21", 400, "InvalidParameter"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text = test_sign_refresh (client, cases[i].media_id,
        NULL);
    g_autoptr (TestAnswer) answer = ask (emulator, text, FALSE);

    if (cases[i].code)
      assert_ice_refused (answer, cases[i].status, cases[i].code);
    else
      g_assert_cmpuint (answer->status, ==, 200);
  }
}

static void
check_token (const gchar * life, const gchar * token, guint status,
    const gchar * code)
{
  g_autoptr (IceEmulator) emulator = test_emulator_new ("--security-token",
      "CAISdemo", "--security-token-life", life, NULL);
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autofree gchar *text = NULL;
  g_autoptr (TestAnswer) answer = NULL;

  text = test_sign_refresh (client, TEST_MEDIA_ID, token);
  answer = ask (emulator, text, FALSE);
  if (code)
    assert_ice_refused (answer, status, code);
  else
    g_assert_cmpuint (answer->status, ==, status);
}

static void
test_checks_the_callers_token (void)
{
  check_token ("0", "CAISdemo", 200, NULL);
  check_token ("0", "CAISdemp", 400,
      "InvalidSecurityToken.MismatchWithAccessKey");
  check_token ("0", NULL, 400, "MissingSecurityToken");
  check_token ("3600", "CAISdemo", 200, NULL);
  check_token ("0.000001", "CAISdemo", 400, "InvalidSecurityToken.Expired");
}

/* Checksums */

static guint8 *
make_bytes (JsonObject * value, gsize len)
{
  JsonObject *generator = json_object_get_object_member (value, "generator");
  guint a = json_object_get_int_member (generator, "a");
  guint b = json_object_get_int_member (generator, "b");
  guint8 *bytes = g_malloc (len);
  gsize i;

  for (i = 0; i < len; i++)
    bytes[i] = i * a + b;
  return bytes;
}

static void
test_computes_crc64 (void)
{
  g_autoptr (JsonParser) parser = load_vectors ("crc64.json");
  JsonArray *values = get_array (parser, "values");
  guint checked = 0;
  guint i;

  for (i = 0; i < json_array_get_length (values); i++) {
    JsonObject *value = json_array_get_object_element (values, i);
    gsize len = json_object_get_int_member (value, "length");
    g_autofree guint8 *bytes = NULL;
    guint64 crc64;

    if (!json_object_has_member (value, "generator"))
      continue;
    bytes = make_bytes (value, len);
    crc64 = g_ascii_strtoull (get_string (value, "crc64"), NULL, 10);
    g_assert_cmpuint (emu_crc64 (0, bytes, len), ==, crc64);
    g_assert_cmpuint (emu_crc64 (emu_crc64 (0, bytes, len / 3),
            bytes + len / 3, len - len / 3), ==, crc64);
    checked++;
  }
  g_assert_cmpuint (checked, >, 10);
}

static void
test_combines_crc64 (void)
{
  g_autoptr (JsonParser) parser = load_vectors ("crc64.json");
  JsonArray *pairs = get_array (parser, "combine");
  guint i;

  g_assert_cmpuint (json_array_get_length (pairs), >, 10);
  for (i = 0; i < json_array_get_length (pairs); i++) {
    JsonObject *pair = json_array_get_object_element (pairs, i);
    guint64 a = g_ascii_strtoull (get_string (pair, "crc_a"), NULL, 10);
    guint64 b = g_ascii_strtoull (get_string (pair, "crc_b"), NULL, 10);
    guint64 both = g_ascii_strtoull (get_string (pair, "crc_ab"), NULL, 10);

    g_assert_cmpuint (emu_crc64_combine (a, b,
            json_object_get_int_member (pair, "len_b")), ==, both);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/emulator/signatures/takes-ice-vectors",
      test_takes_ice_vectors);
  g_test_add_func ("/emulator/signatures/refuses-tampered-ice-vectors",
      test_refuses_tampered_ice_vectors);
  g_test_add_func ("/emulator/signatures/refuses-changed-ice-requests",
      test_refuses_changed_ice_requests);
  g_test_add_func ("/emulator/signatures/refuses-a-nonce-used-twice",
      test_refuses_a_nonce_used_twice);
  g_test_add_func ("/emulator/signatures/refuses-a-body-not-signed",
      test_refuses_a_body_that_was_not_signed);
  g_test_add_func ("/emulator/signatures/refuses-media-not-there",
      test_refuses_media_that_is_not_there);
  g_test_add_func ("/emulator/signatures/checks-the-callers-token",
      test_checks_the_callers_token);
  g_test_add_func ("/emulator/signatures/takes-oss-vectors",
      test_takes_oss_vectors);
  g_test_add_func ("/emulator/signatures/refuses-tampered-oss-vectors",
      test_refuses_tampered_oss_vectors);
  g_test_add_func ("/emulator/signatures/refuses-changed-oss-requests",
      test_refuses_changed_oss_requests);
  g_test_add_func ("/emulator/signatures/computes-crc64", test_computes_crc64);
  g_test_add_func ("/emulator/signatures/combines-crc64", test_combines_crc64);
  return g_test_run ();
}
