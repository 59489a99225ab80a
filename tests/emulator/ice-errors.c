/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE's refusals: statuses, codes and the JSON around them. */

#include "ice-errors.h"

#include "text.h"

static const struct
{
  guint status;
  const gchar *code;
  const gchar *message;
} errors[] = {
  [EMU_ICE_API_NOT_FOUND] = {404, "InvalidApi.NotFound",
      "Specified api is not found, please check your url and method."},
  [EMU_ICE_METHOD] = {400, "UnsupportedHTTPMethod",
      "Specified http method is not supported."},
  [EMU_ICE_ANONYMOUS] = {400, "MissingAccessKeyId",
      "AccessKeyId is mandatory for this action."},
  [EMU_ICE_SIGNATURE_METHOD] = {400, "InvalidSignatureMethod",
      "Specified signature method is not valid."},
  [EMU_ICE_INCOMPLETE_SIGNATURE] = {400, "IncompleteSignature",
      "The request signature does not conform to Aliyun standards."},
  [EMU_ICE_TIME_MISSING] = {400, "MissingTimestamp",
      "Timestamp is mandatory for this action."},
  [EMU_ICE_TIME_FORMAT] = {400, "InvalidTimeStamp.Format",
      "Specified time stamp or date value is not well formatted."},
  [EMU_ICE_TIME_EXPIRED] = {400, "InvalidTimeStamp.Expired",
      "Specified time stamp or date value is expired."},
  [EMU_ICE_NONCE_MISSING] = {400, "MissingSignatureNonce",
      "SignatureNonce is mandatory for this action."},
  [EMU_ICE_NONCE_USED] = {400, "SignatureNonceUsed",
      "Specified signature nonce was used already."},
  [EMU_ICE_ACCESS_KEY_ID] = {404, "InvalidAccessKeyId.NotFound",
      "Specified access key is not found."},
  [EMU_ICE_TOKEN_MISSING] = {400, "MissingSecurityToken",
      "SecurityToken is mandatory for this action."},
  [EMU_ICE_TOKEN_MALFORMED] = {400, "InvalidSecurityToken.Malformed",
      "Specified SecurityToken is malformed."},
  [EMU_ICE_TOKEN_MISMATCH] = {400, "InvalidSecurityToken.MismatchWithAccessKey",
      "Specified SecurityToken mismatch with the AccessKey."},
  [EMU_ICE_TOKEN_EXPIRED] = {400, "InvalidSecurityToken.Expired",
      "Specified SecurityToken is expired."},
  [EMU_ICE_SIGNATURE] = {400, "SignatureDoesNotMatch",
      "Specified signature is not matched with our calculation."},
  [EMU_ICE_CONTENT_SHA256] = {400, "InvalidContentSha256",
      "Specified x-acs-content-sha256 does not match the body."},
  [EMU_ICE_MEDIA_ID_MISSING] = {400, "MissingMediaId",
      "MediaId is mandatory for this action."},
  [EMU_ICE_PARAMETER] = {400, "InvalidParameter",
      "The specified parameter \"MediaId\" is not valid."},
  [EMU_ICE_NOT_FOUND] = {404, "ResourceNotFound",
      "The specified resource does not exist."},
  [EMU_ICE_FORBIDDEN] = {403, "Forbidden.RAM",
      "User not authorized to operate on the specified resource, or this API "
        "doesn't support RAM."},
  [EMU_ICE_INTERNAL] = {500, "InternalError",
      "The request processing has failed due to some unknown error."},
};

EmuAnswer *
emu_ice_answer_new (const EmuCall * call, guint status, const gchar * json)
{
  EmuAnswer *answer = emu_answer_new (status);
  gint64 now_us = emu_clock_now (&call->services->clock);
  g_autofree gchar *date = emu_date_format_http (now_us);

  emu_answer_set_header (answer, "Date", date);
  emu_answer_set_header (answer, "x-acs-request-id", call->request_id);
  emu_answer_set_body (answer, "application/json;charset=utf-8", json);
  return answer;
}

EmuAnswer *
emu_ice_error_custom (const EmuCall * call, guint status, const gchar * code,
    const gchar * message)
{
  const gchar *host = emu_call_get_header (call, "host");
  g_autofree gchar *host_json = emu_json_quote (host ? host : "");
  g_autofree gchar *code_json = emu_json_quote (code);
  g_autofree gchar *message_json = emu_json_quote (message);
  g_autofree gchar *json = NULL;
  EmuAnswer *answer;

  json = g_strdup_printf ("{\"RequestId\":\"%s\",\"HostId\":%s,\"Code\":%s,"
      "\"Message\":%s,\"Recommend\":"
      "\"https://api.aliyun.com/troubleshoot?q=%s&product=ICE\"}",
      call->request_id, host_json, code_json, message_json, code);
  answer = emu_ice_answer_new (call, status, json);
  answer->code = g_strdup (code);
  return answer;
}

EmuAnswer *
emu_ice_error (const EmuCall * call, EmuIceError error, const gchar * message)
{
  return emu_ice_error_custom (call, errors[error].status, errors[error].code,
      message ? message : errors[error].message);
}
