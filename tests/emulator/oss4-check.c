/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Who signed a request to OSS, and whether that is true.
 *
 * Written from the service's documentation, for what came over the wire: the
 * target is decoded and encoded again, as the service does, so that another
 * but equal encoding is accepted. The order of the checks is a guess where
 * the documentation has none. */

#include "oss4-check.h"

#include <string.h>

#include "checksum.h"
#include "oss-errors.h"
#include "text.h"

#define ALGORITHM "OSS4-HMAC-SHA256"
#define MAX_SKEW_US (15 * 60 * G_USEC_PER_SEC)

/* The Authorization header, taken apart. */
typedef struct
{
  gchar *access_key_id;
  gchar *date;
  gchar *region;
  gchar *product;
  gchar *terminator;
  gchar **additional;           /* header names, (nullable) */
  gchar *additional_text;       /* (nullable) */
  gchar *signature;
} Authorization;

static void
authorization_free (Authorization * authorization)
{
  g_free (authorization->access_key_id);
  g_free (authorization->date);
  g_free (authorization->region);
  g_free (authorization->product);
  g_free (authorization->terminator);
  g_strfreev (authorization->additional);
  g_free (authorization->additional_text);
  g_free (authorization->signature);
  g_free (authorization);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Authorization, authorization_free)

static gboolean
parse_credential (Authorization * authorization, const gchar * text)
{
  g_auto (GStrv) pieces = g_strsplit (text, "/", -1);

  if (g_strv_length (pieces) != 5 || authorization->access_key_id)
    return FALSE;
  authorization->access_key_id = g_strdup (pieces[0]);
  authorization->date = g_strdup (pieces[1]);
  authorization->region = g_strdup (pieces[2]);
  authorization->product = g_strdup (pieces[3]);
  authorization->terminator = g_strdup (pieces[4]);
  return TRUE;
}

static gboolean
parse_field (Authorization * authorization, const gchar * name,
    const gchar * value)
{
  if (g_str_equal (name, "Credential"))
    return parse_credential (authorization, value);
  if (g_str_equal (name, "AdditionalHeaders") && !authorization->additional) {
    authorization->additional_text = g_strdup (value);
    authorization->additional = g_strsplit (value, ";", -1);
    return TRUE;
  }
  if (g_str_equal (name, "Signature") && !authorization->signature) {
    authorization->signature = g_strdup (value);
    return TRUE;
  }
  return FALSE;
}

static Authorization *
parse_authorization (const gchar * text)
{
  g_autoptr (Authorization) authorization = g_new0 (Authorization, 1);
  g_auto (GStrv) fields = NULL;
  gchar **field;

  fields = g_strsplit (text + strlen (ALGORITHM " "), ",", -1);
  for (field = fields; *field; field++) {
    g_auto (GStrv) pair = g_strsplit (g_strstrip (*field), "=", 2);

    if (g_strv_length (pair) != 2
        || !parse_field (authorization, pair[0], pair[1]))
      return NULL;
  }
  if (!authorization->access_key_id || !authorization->signature)
    return NULL;
  return g_steal_pointer (&authorization);
}

static gboolean
is_signed_by_default (const gchar * name)
{
  return g_str_has_prefix (name, "x-oss-")
      || g_str_equal (name, "content-type")
      || g_str_equal (name, "content-md5");
}

/* Names that were sent and are not signed anyway, in order, each once. */
static gboolean
check_additional (const EmuCall * call, const Authorization * authorization)
{
  gchar **name = authorization->additional;

  if (!name)
    return TRUE;
  if (!*name)                   /* of "" g_strsplit() makes an empty vector */
    return FALSE;
  for (; *name; name++) {
    if (**name == '\0' || is_signed_by_default (*name)
        || !emu_call_get_header (call, *name))
      return FALSE;
    if (name[1] && strcmp (name[0], name[1]) >= 0)
      return FALSE;
  }
  return TRUE;
}

static EmuAnswer *
check_scope (const EmuCall * call, const Authorization * authorization,
    const gchar * date)
{
  if (!check_additional (call, authorization))
    return emu_oss_error (call, EMU_OSS_ADDITIONAL_HEADERS, NULL);
  if (strlen (authorization->date) != 8
      || strncmp (authorization->date, date, 8) != 0)
    return emu_oss_error (call, EMU_OSS_SIGNING_DATE, NULL);
  if (!g_str_equal (authorization->region, call->services->options->region))
    return emu_oss_error (call, EMU_OSS_SIGNING_REGION, NULL);
  if (!g_str_equal (authorization->product, "oss"))
    return emu_oss_error (call, EMU_OSS_SIGNING_PRODUCT, NULL);
  if (!g_str_equal (authorization->terminator, "aliyun_v4_request"))
    return emu_oss_error (call, EMU_OSS_SIGNING_SCOPE, NULL);
  return NULL;
}

static EmuAnswer *
check_date (const EmuCall * call, const gchar ** date)
{
  gint64 request_us;

  *date = emu_call_get_header (call, "x-oss-date");
  if (!*date)
    return emu_oss_error (call, EMU_OSS_DATE_MISSING, NULL);
  if (!emu_date_parse_basic (*date, &request_us))
    return emu_oss_error (call, EMU_OSS_DATE_FORMAT, NULL);
  if (ABS (request_us - call->now_us) > MAX_SKEW_US)
    return emu_oss_error_skewed (call, request_us);
  return NULL;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  const EmuHeader *header_a = *(EmuHeader * const *) a;
  const EmuHeader *header_b = *(EmuHeader * const *) b;

  return strcmp (header_a->name, header_b->name);
}

static void
append_headers (const EmuCall * call, const Authorization * authorization,
    GString * canonical)
{
  g_autoptr (GPtrArray) signed_headers = g_ptr_array_new ();
  guint i;

  for (i = 0; i < call->request->headers->len; i++) {
    EmuHeader *header = g_ptr_array_index (call->request->headers, i);

    if (is_signed_by_default (header->name) || (authorization->additional
            && g_strv_contains ((const gchar * const *)
                authorization->additional, header->name)))
      g_ptr_array_add (signed_headers, header);
  }
  g_ptr_array_sort (signed_headers, compare_names);
  for (i = 0; i < signed_headers->len; i++) {
    EmuHeader *header = g_ptr_array_index (signed_headers, i);

    g_string_append_printf (canonical, "%s:%s\n", header->name, header->value);
  }
}

static GString *
make_canonical_request (const EmuCall * call,
    const Authorization * authorization)
{
  GString *canonical = g_string_new (NULL);
  g_autofree gchar *path = NULL;
  g_autofree gchar *encoded_path = NULL;
  g_autofree gchar *query = emu_query_canonicalize (call->query, TRUE);

  if (*call->bucket == '\0')
    path = g_strdup ("/");
  else
    path = g_strdup_printf ("/%s/%s", call->bucket, call->key);
  encoded_path = emu_percent_encode (path, TRUE);
  g_string_append_printf (canonical, "%s\n%s\n%s\n", call->request->method,
      encoded_path, query);
  append_headers (call, authorization, canonical);
  g_string_append_printf (canonical, "\n%s\n%s",
      authorization->additional_text ? authorization->additional_text : "",
      emu_call_get_header (call, "x-oss-content-sha256"));
  return canonical;
}

static gchar *
compute_signature (const Authorization * authorization, const gchar * secret,
    const gchar * string_to_sign)
{
  g_autofree gchar *start = g_strconcat ("aliyun_v4", secret, NULL);
  guint8 key[EMU_SHA256_SIZE];

  emu_hmac_sha256 (start, strlen (start), authorization->date, key);
  emu_hmac_sha256 (key, sizeof key, authorization->region, key);
  emu_hmac_sha256 (key, sizeof key, "oss", key);
  emu_hmac_sha256 (key, sizeof key, "aliyun_v4_request", key);
  emu_hmac_sha256 (key, sizeof key, string_to_sign, key);
  return emu_hex (key, sizeof key, FALSE);
}

/* OSS echoes what it signed. That the canonical request, with the token in it,
 * is echoed too is not documented for this version; clients must bear it. */
static EmuAnswer *
signature_error (const EmuCall * call, const Authorization * authorization,
    const gchar * string_to_sign, const gchar * canonical)
{
  g_autofree gchar *bytes = NULL;
  g_autofree gchar *details = NULL;

  bytes = emu_hex ((const guint8 *) string_to_sign, strlen (string_to_sign),
      TRUE);
  details = g_markup_printf_escaped
      ("  <OSSAccessKeyId>%s</OSSAccessKeyId>\n"
      "  <SignatureProvided>%s</SignatureProvided>\n"
      "  <StringToSign>%s</StringToSign>\n"
      "  <StringToSignBytes>%s</StringToSignBytes>\n"
      "  <CanonicalRequest>%s</CanonicalRequest>\n",
      authorization->access_key_id, authorization->signature, string_to_sign,
      bytes, canonical);
  return emu_oss_error (call, EMU_OSS_SIGNATURE, details);
}

static EmuAnswer *
check_signature (const EmuCall * call, const Authorization * authorization,
    const gchar * date, const gchar * secret)
{
  g_autoptr (GString) canonical = NULL;
  g_autofree gchar *hash = NULL;
  g_autofree gchar *string_to_sign = NULL;
  g_autofree gchar *signature = NULL;

  canonical = make_canonical_request (call, authorization);
  hash = emu_sha256_hex (canonical->str, canonical->len);
  string_to_sign = g_strdup_printf (ALGORITHM "\n%s\n%s/%s/%s/%s\n%s", date,
      authorization->date, authorization->region, authorization->product,
      authorization->terminator, hash);
  signature = compute_signature (authorization, secret, string_to_sign);
  if (g_str_equal (signature, authorization->signature))
    return NULL;
  return signature_error (call, authorization, string_to_sign, canonical->str);
}

/* @token: that belongs to the key id, or NULL. */
static EmuAnswer *
check_token (const EmuCall * call, const gchar * token)
{
  const gchar *given = emu_call_get_header (call, "x-oss-security-token");

  if (token && !given)
    return emu_oss_error (call, EMU_OSS_TOKEN_MISSING, NULL);
  if (g_strcmp0 (token, given) != 0)
    return emu_oss_error (call, EMU_OSS_TOKEN, NULL);
  return NULL;
}

static EmuAnswer *
check_lease (EmuCall * call, const Authorization * authorization,
    const gchar * date)
{
  EmuServices *services = call->services;
  EmuAnswer *refusal;

  call->lease = emu_lease_issuer_find (services->issuer,
      authorization->access_key_id);
  if (!call->lease)
    return emu_oss_error (call, EMU_OSS_ACCESS_KEY_ID, NULL);
  refusal = check_token (call, call->lease->security_token);
  if (refusal)
    return refusal;
  if (!emu_lease_is_alive (call->lease, call->now_us))
    return emu_oss_error_expired (call, services->options->expired_code);
  return check_signature (call, authorization, date,
      call->lease->access_key_secret);
}

static EmuAnswer *
check_identity (EmuCall * call, const Authorization * authorization,
    const gchar * date)
{
  const EmuOptions *options = call->services->options;
  EmuAnswer *refusal;

  if (!g_str_equal (authorization->access_key_id, options->access_key_id))
    return check_lease (call, authorization, date);
  refusal = check_token (call, options->security_token);
  if (!refusal)
    refusal = check_signature (call, authorization, date,
        options->access_key_secret);
  if (!refusal && !options->allow_identity)
    refusal = emu_oss_error (call, EMU_OSS_ACCESS_DENIED, NULL);
  return refusal;
}

EmuAnswer *
emu_oss4_check (EmuCall * call)
{
  const gchar *text = emu_call_get_header (call, "authorization");
  const gchar *sha256 = emu_call_get_header (call, "x-oss-content-sha256");
  g_autoptr (Authorization) authorization = NULL;
  const gchar *date = NULL;
  EmuAnswer *refusal;

  if (!text)
    return emu_oss_error (call, EMU_OSS_ANONYMOUS, NULL);
  if (g_str_has_prefix (text, "OSS "))
    return emu_oss_error (call, EMU_OSS_SIGNATURE_VERSION, NULL);
  if (!g_str_has_prefix (text, ALGORITHM " "))
    return emu_oss_error (call, EMU_OSS_AUTHORIZATION_FORMAT, NULL);
  authorization = parse_authorization (text);
  if (!authorization)
    return emu_oss_error (call, EMU_OSS_AUTHORIZATION_FORMAT, NULL);
  emu_secrets_add (call->services->secrets, authorization->signature);

  if (g_strcmp0 (sha256, "UNSIGNED-PAYLOAD") != 0)
    return emu_oss_error (call, EMU_OSS_CONTENT_SHA256, NULL);
  refusal = check_date (call, &date);
  if (!refusal)
    refusal = check_scope (call, authorization, date);
  if (!refusal)
    refusal = check_identity (call, authorization, date);
  return refusal;
}
