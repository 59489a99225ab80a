/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* STS: AssumeRole and AssumeRoleWithOIDC.
 *
 * Runs on: the connection's thread.
 *
 * AssumeRole comes with one of two signatures: ACS3-HMAC-SHA256 in headers, as
 * the client of STS signs, or the older one of RPC in the query, as the
 * credentials SDKs do. Errors have the shape of ICE's. */

#include "sts-service.h"

#include <string.h>

#include "acs3-check.h"
#include "ice-errors.h"
#include "ice-service.h"
#include "text.h"

#define API_VERSION "2015-04-01"

static const gchar *
get_action (const EmuCall * call)
{
  const gchar *action = emu_call_get_header (call, "x-acs-action");

  if (!action && call->query)
    action = emu_query_get (call->query, "Action");
  return action ? action : "";
}

gboolean
emu_sts_claims (const EmuCall * call)
{
  return g_str_equal (call->request->path, "/")
      && g_str_has_prefix (get_action (call), "AssumeRole");
}

void
emu_sts_classify (EmuCall * call)
{
  const gchar *action = get_action (call);

  call->is_ice = TRUE;
  call->service = &emu_sts_service;
  g_free (call->request_id);
  call->request_id = g_uuid_string_random ();
  if (g_str_equal (action, "AssumeRole"))
    call->operation = ICE_EMULATOR_ASSUME_ROLE;
  else if (g_str_equal (action, "AssumeRoleWithOIDC"))
    call->operation = ICE_EMULATOR_ASSUME_ROLE_WITH_OIDC;
}

static gboolean
is_signed_in_headers (const EmuCall * call)
{
  return emu_call_get_header (call, "x-acs-action") != NULL;
}

/* The older signature covers the body. */
static EmuAnswer *
authorize (EmuCall * call)
{
  if (!call->query)
    return emu_ice_error (call, EMU_ICE_PARAMETER, NULL);
  if (is_signed_in_headers (call))
    return emu_acs3_check (call);
  return NULL;
}

/* Those of query and body together. NULL if they are not well-formed. */
static GPtrArray *
parse_parameters (const EmuCall * call)
{
  g_autofree gchar *all = g_strjoin ("&", call->request->query
      ? call->request->query : "", call->text ? call->text->str : NULL, NULL);

  return emu_query_parse (*all == '&' ? all + 1 : all);
}

static gchar *
sign (GPtrArray * parameters, const gchar * secret)
{
  g_autofree gchar *canonical = emu_query_canonicalize (parameters, FALSE);
  g_autofree gchar *encoded = emu_percent_encode (canonical, FALSE);
  g_autofree gchar *text = g_strconcat ("POST&%2F&", encoded, NULL);
  g_autofree gchar *key = g_strconcat (secret, "&", NULL);
  guint8 digest[20];
  gsize size = sizeof digest;
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA1, (guint8 *) key, strlen (key));

  g_hmac_update (hmac, (guint8 *) text, -1);
  g_hmac_get_digest (hmac, digest, &size);
  g_hmac_unref (hmac);
  return g_base64_encode (digest, size);
}

/* Takes it out of @parameters. (transfer full) */
static gchar *
take_signature (GPtrArray * parameters)
{
  guint i;

  for (i = 0; i < parameters->len; i++) {
    EmuParameter *parameter = g_ptr_array_index (parameters, i);

    if (g_str_equal (parameter->name, "Signature")) {
      gchar *signature = g_strdup (parameter->value);

      g_ptr_array_remove_index (parameters, i);
      return signature;
    }
  }
  return NULL;
}

static EmuAnswer *
check_rpc_signature (EmuCall * call, GPtrArray * parameters)
{
  const gchar *id = emu_query_get (parameters, "AccessKeyId");
  g_autofree gchar *signature = take_signature (parameters);
  g_autofree gchar *expected = NULL;
  const gchar *secret;
  EmuAnswer *refusal;

  if (!id || !signature)
    return emu_ice_error (call, EMU_ICE_INCOMPLETE_SIGNATURE, NULL);
  refusal = emu_acs3_check_identity (call, id,
      emu_query_get (parameters, "SecurityToken"));
  if (refusal)
    return refusal;
  secret = call->session ? call->session->access_key_secret
      : call->services->options->access_key_secret;
  expected = sign (parameters, secret);
  if (g_str_equal (expected, signature))
    return NULL;
  return emu_ice_error (call, EMU_ICE_SIGNATURE, NULL);
}

static EmuAnswer *
check_oidc_token (const EmuCall * call, GPtrArray * parameters)
{
  const gchar *token = emu_query_get (parameters, "OIDCToken");

  emu_secrets_add (call->services->secrets, token);
  if (!emu_query_get (parameters, "OIDCProviderArn"))
    return emu_ice_error_custom (call, 400, "MissingOIDCProviderArn",
        "OIDCProviderArn is mandatory for this action.");
  if (g_strcmp0 (token, call->services->options->oidc_token) == 0)
    return NULL;
  return emu_ice_error_custom (call, 400,
      "AuthenticationFail.OIDCToken.Invalid", token ? token : "No token.");
}

static EmuAnswer *
check_caller (EmuCall * call, GPtrArray * parameters)
{
  if (call->operation == ICE_EMULATOR_ASSUME_ROLE_WITH_OIDC)
    return check_oidc_token (call, parameters);
  if (is_signed_in_headers (call))
    return emu_acs3_check_body (call);
  return check_rpc_signature (call, parameters);
}

static gboolean
has_version (const EmuCall * call, GPtrArray * parameters)
{
  const gchar *version = emu_call_get_header (call, "x-acs-version");

  if (!version)
    version = emu_query_get (parameters, "Version");
  return g_strcmp0 (version, API_VERSION) == 0;
}

static EmuAnswer *
check_role (const EmuCall * call, GPtrArray * parameters)
{
  const gchar *role = emu_query_get (parameters, "RoleArn");
  const gchar *name = emu_query_get (parameters, "RoleSessionName");
  const gchar *duration = emu_query_get (parameters, "DurationSeconds");
  guint64 seconds;

  if (!role || !g_str_has_prefix (role, "acs:ram::"))
    return emu_ice_error_custom (call, 400, "InvalidParameter.RoleArn",
        "The parameter RoleArn is wrongly formed.");
  if (!name || strlen (name) < 2)
    return emu_ice_error_custom (call, 400, "InvalidParameter.RoleSessionName",
        "The parameter RoleSessionName is wrongly formed.");
  if (duration && !emu_number_parse (duration, 10, 900, 43200, &seconds))
    return emu_ice_error_custom (call, 400, "InvalidParameter.DurationSeconds",
        "The Min/Max value of DurationSeconds is 15min/1hr.");
  if (g_str_has_suffix (role, "/forbidden"))
    return emu_ice_error_custom (call, 403, "NoPermission",
        "You are not authorized to do this action. You should be authorized "
        "by RAM.");
  return NULL;
}

static EmuAnswer *
give_identity (EmuCall * call, const gchar * role_arn)
{
  const gchar *slash = strrchr (role_arn, '/');
  g_autoptr (EmuSession) session =
      emu_sessions_issue (call->services->sessions,
      slash ? slash + 1 : role_arn, call->now_us);
  g_autofree gchar *members = emu_session_format (session);
  g_autofree gchar *arn = emu_json_quote (role_arn);
  g_autofree gchar *json = NULL;

  json = g_strdup_printf ("{\"RequestId\":\"%s\",\"AssumedRoleUser\":"
      "{\"Arn\":%s,\"AssumedRoleId\":\"1:icesink\"},\"Credentials\":{%s}}",
      call->request_id, arn, members);
  return emu_ice_answer_new (call, 200, json);
}

static EmuAnswer *
carry_out (EmuCall * call)
{
  g_autoptr (GPtrArray) parameters = parse_parameters (call);
  EmuAnswer *refusal;

  if (!parameters)
    return emu_ice_error (call, EMU_ICE_PARAMETER, NULL);
  if (!has_version (call, parameters))
    return emu_ice_error (call, EMU_ICE_API_NOT_FOUND, NULL);
  if (!g_str_equal (call->request->method, "POST"))
    return emu_ice_error (call, EMU_ICE_METHOD, NULL);
  refusal = check_caller (call, parameters);
  if (!refusal)
    refusal = check_role (call, parameters);
  if (refusal)
    return refusal;
  return give_identity (call, emu_query_get (parameters, "RoleArn"));
}

const EmuService emu_sts_service = { authorize, carry_out, emu_ice_refuse };
