/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Who signed a request to ICE, and whether that is true.
 *
 * Written from the service's documentation, for what came over the wire. The
 * order of the checks is a guess where the documentation has none. */

#include "acs3-check.h"

#include <string.h>

#include "checksum.h"
#include "ice-errors.h"
#include "nonces.h"
#include "text.h"

#define ALGORITHM "ACS3-HMAC-SHA256"
#define MAX_SKEW_US (15 * 60 * G_USEC_PER_SEC)

/* The Authorization header, taken apart. */
typedef struct
{
  gchar *credential;
  gchar *signed_headers;
  gchar *signature;
} Authorization;

static void
authorization_free (Authorization * authorization)
{
  g_free (authorization->credential);
  g_free (authorization->signed_headers);
  g_free (authorization->signature);
  g_free (authorization);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Authorization, authorization_free)

static gchar **
find_field (Authorization * authorization, const gchar * name)
{
  if (g_str_equal (name, "Credential"))
    return &authorization->credential;
  if (g_str_equal (name, "SignedHeaders"))
    return &authorization->signed_headers;
  if (g_str_equal (name, "Signature"))
    return &authorization->signature;
  return NULL;
}

static Authorization *
parse_authorization (const gchar * text)
{
  g_autoptr (Authorization) authorization = g_new0 (Authorization, 1);
  g_auto (GStrv) fields = NULL;
  gchar **field;

  fields = g_strsplit (text + strlen (ALGORITHM " "), ",", -1);
  for (field = fields; *field; field++) {
    g_auto (GStrv) pair = g_strsplit (*field, "=", 2);
    gchar **value = find_field (authorization, pair[0] ? pair[0] : "");

    if (!value || *value || !pair[1])
      return NULL;
    *value = g_strdup (pair[1]);
  }
  if (!authorization->credential || !authorization->signed_headers
      || !authorization->signature)
    return NULL;
  return g_steal_pointer (&authorization);
}

static gboolean
must_be_signed (const gchar * name)
{
  return g_str_has_prefix (name, "x-acs-") || g_str_equal (name, "host")
      || g_str_equal (name, "content-type");
}

/* In order, each once, all of them sent, and none left out that matters. */
static gboolean
check_signed_headers (const EmuCall * call, gchar ** names)
{
  GPtrArray *headers = call->request->headers;
  guint i;

  for (i = 0; names[i]; i++) {
    if (!emu_call_get_header (call, names[i]))
      return FALSE;
    if (names[i + 1] && strcmp (names[i], names[i + 1]) >= 0)
      return FALSE;
  }
  for (i = 0; i < headers->len; i++) {
    EmuHeader *header = g_ptr_array_index (headers, i);

    if (must_be_signed (header->name)
        && !g_strv_contains ((const gchar * const *) names, header->name))
      return FALSE;
  }
  return TRUE;
}

static GString *
make_canonical_request (const EmuCall * call, gchar ** names,
    const gchar * joined_names)
{
  GString *canonical = g_string_new (NULL);
  g_autofree gchar *query = emu_query_canonicalize (call->query, FALSE);
  gchar **name;

  g_string_append_printf (canonical, "%s\n/\n%s\n", call->request->method,
      query);
  for (name = names; *name; name++)
    g_string_append_printf (canonical, "%s:%s\n", *name,
        emu_call_get_header (call, *name));
  g_string_append_printf (canonical, "\n%s\n%s", joined_names,
      emu_call_get_header (call, "x-acs-content-sha256"));
  return canonical;
}

/* The service echoes what it signed, with the token in it. */
static EmuAnswer *
signature_error (const EmuCall * call, const gchar * string_to_sign,
    const gchar * canonical)
{
  g_autofree gchar *message = NULL;

  message = g_strdup_printf ("Specified signature is not matched with our "
      "calculation. server string to sign is:%s, server canonical request "
      "is:%s", string_to_sign, canonical);
  return emu_ice_error (call, EMU_ICE_SIGNATURE, message);
}

static EmuAnswer *
check_signature (const EmuCall * call, const Authorization * authorization)
{
  const gchar *secret = call->session ? call->session->access_key_secret
      : call->services->options->access_key_secret;
  g_auto (GStrv) names = g_strsplit (authorization->signed_headers, ";", -1);
  g_autoptr (GString) canonical = NULL;
  g_autofree gchar *hash = NULL;
  g_autofree gchar *string_to_sign = NULL;
  g_autofree gchar *signature = NULL;
  guint8 digest[EMU_SHA256_SIZE];

  if (!check_signed_headers (call, names))
    return emu_ice_error (call, EMU_ICE_INCOMPLETE_SIGNATURE, NULL);
  canonical = make_canonical_request (call, names,
      authorization->signed_headers);
  hash = emu_sha256_hex (canonical->str, canonical->len);
  string_to_sign = g_strconcat (ALGORITHM "\n", hash, NULL);
  emu_hmac_sha256 (secret, strlen (secret), string_to_sign, digest);
  signature = emu_hex (digest, sizeof digest, FALSE);
  if (g_str_equal (signature, authorization->signature))
    return NULL;
  return signature_error (call, string_to_sign, canonical->str);
}

static EmuAnswer *
check_date (const EmuCall * call)
{
  const gchar *date = emu_call_get_header (call, "x-acs-date");
  gint64 request_us;

  if (!date)
    return emu_ice_error (call, EMU_ICE_TIME_MISSING, NULL);
  if (!emu_date_parse_iso (date, &request_us))
    return emu_ice_error (call, EMU_ICE_TIME_FORMAT, NULL);
  if (ABS (request_us - call->now_us) > MAX_SKEW_US)
    return emu_ice_error (call, EMU_ICE_TIME_EXPIRED, NULL);
  return NULL;
}

static gboolean
is_token_shaped (const gchar * token)
{
  for (; *token != '\0'; token++) {
    if (!g_ascii_isalnum (*token) && !strchr ("+/=-_.", *token))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_token_over (const EmuCall * call)
{
  gdouble life = call->services->options->security_token_life;

  if (call->session)
    return call->now_us >= call->session->expires_us;
  return life > 0 && call->now_us - call->services->started_us
      >= life * G_USEC_PER_SEC;
}

EmuAnswer *
emu_acs3_check_identity (EmuCall * call, const gchar * access_key_id,
    const gchar * token)
{
  const EmuOptions *options = call->services->options;
  const gchar *expected = options->security_token;

  if (!g_str_equal (access_key_id, options->access_key_id)) {
    call->session = emu_sessions_find (call->services->sessions,
        access_key_id);
    if (!call->session)
      return emu_ice_error (call, EMU_ICE_ACCESS_KEY_ID, NULL);
    expected = call->session->security_token;
  }
  if (expected && !token)
    return emu_ice_error (call, EMU_ICE_TOKEN_MISSING, NULL);
  if (token && !is_token_shaped (token))
    return emu_ice_error (call, EMU_ICE_TOKEN_MALFORMED, NULL);
  if (g_strcmp0 (token, expected) != 0)
    return emu_ice_error (call, EMU_ICE_TOKEN_MISMATCH, NULL);
  if (token && is_token_over (call))
    return emu_ice_error (call, EMU_ICE_TOKEN_EXPIRED, NULL);
  return NULL;
}

/* The nonce counts as used only by a request whose signature is right. */
static EmuAnswer *
check_nonce (const EmuCall * call)
{
  const gchar *nonce = emu_call_get_header (call, "x-acs-signature-nonce");

  if (emu_nonces_use (call->services->nonces, nonce))
    return NULL;
  return emu_ice_error (call, EMU_ICE_NONCE_USED, NULL);
}

static EmuAnswer *
check_header (const EmuCall * call, Authorization ** authorization)
{
  const gchar *text = emu_call_get_header (call, "authorization");

  if (!text)
    return emu_ice_error (call, EMU_ICE_ANONYMOUS, NULL);
  if (!g_str_has_prefix (text, ALGORITHM " "))
    return emu_ice_error (call, EMU_ICE_SIGNATURE_METHOD, NULL);
  *authorization = parse_authorization (text);
  if (!*authorization || !emu_call_get_header (call, "x-acs-content-sha256"))
    return emu_ice_error (call, EMU_ICE_INCOMPLETE_SIGNATURE, NULL);
  if (!emu_call_get_header (call, "x-acs-signature-nonce"))
    return emu_ice_error (call, EMU_ICE_NONCE_MISSING, NULL);
  return NULL;
}

EmuAnswer *
emu_acs3_check (EmuCall * call)
{
  g_autoptr (Authorization) authorization = NULL;
  EmuAnswer *refusal = check_header (call, &authorization);

  if (refusal)
    return refusal;
  emu_secrets_add (call->services->secrets, authorization->signature);
  refusal = check_date (call);
  if (!refusal)
    refusal = emu_acs3_check_identity (call, authorization->credential,
        emu_call_get_header (call, "x-acs-security-token"));
  if (!refusal)
    refusal = check_signature (call, authorization);
  if (!refusal)
    refusal = check_nonce (call);
  return refusal;
}

EmuAnswer *
emu_acs3_check_body (EmuCall * call)
{
  g_autofree gchar *hash = emu_sha256_hex (call->text ? call->text->str : "",
      call->text ? call->text->len : 0);

  if (g_strcmp0 (emu_call_get_header (call, "x-acs-content-sha256"), hash) == 0)
    return NULL;
  return emu_ice_error (call, EMU_ICE_CONTENT_SHA256, NULL);
}
