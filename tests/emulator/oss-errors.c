/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS's refusals: statuses, codes, ECs and the XML around them. */

#include "oss-errors.h"

#include <string.h>

#include "text.h"

#define MAX_SKEW_MS 900000

static const struct
{
  guint status;
  const gchar *code;
  const gchar *ec;
  const gchar *message;
} errors[] = {
  [EMU_OSS_ACCESS_DENIED] = {403, "AccessDenied", "0003-00000001",
      "You have no right to access this object."},
  [EMU_OSS_ANONYMOUS] = {403, "AccessDenied", "0003-00000001",
      "Anonymous user has no right to access this bucket."},
  [EMU_OSS_SIGNATURE_VERSION] = {403, "AccessDenied", "0002-00000080",
      "This signature version is not supported."},
  [EMU_OSS_SIGNATURE] = {403, "SignatureDoesNotMatch", "0002-00000201",
      "The request signature we calculated does not match the signature you "
        "provided. Check your key and signing method."},
  [EMU_OSS_AUTHORIZATION_FORMAT] = {400, "InvalidArgument", "0002-00000202",
      "Authorization header is invalid."},
  [EMU_OSS_ADDITIONAL_HEADERS] = {400, "InvalidArgument", "0002-00000209",
      "Invalid AdditionalHeaders in Authorization header."},
  [EMU_OSS_SIGNING_DATE] = {400, "InvalidArgument", "0002-00000212",
      "Invalid signing date in Authorization header."},
  [EMU_OSS_SIGNING_SCOPE] = {400, "InvalidArgument", "0002-00000213",
      "Invalid Credential in Authorization header."},
  [EMU_OSS_SIGNING_REGION] = {400, "InvalidArgument", "0002-00000226",
      "Invalid signing region in Authorization header."},
  [EMU_OSS_SIGNING_PRODUCT] = {400, "InvalidArgument", "0002-00000227",
      "Invalid signing product in Authorization header."},
  [EMU_OSS_CONTENT_SHA256] = {400, "InvalidArgument", "0002-00000214",
      "Invalid x-oss-content-sha256 header."},
  [EMU_OSS_DATE_MISSING] = {403, "AccessDenied", "0002-00000503",
      "OSS authentication requires a valid Date."},
  [EMU_OSS_DATE_FORMAT] = {403, "AccessDenied", "0002-00000502",
      "OSS authentication requires a valid Date."},
  [EMU_OSS_TIME_SKEWED] = {403, "RequestTimeTooSkewed", "0002-00000504",
      "The difference between the request time and the current time is too "
        "large."},
  [EMU_OSS_ACCESS_KEY_ID] = {403, "InvalidAccessKeyId", "0002-00000002",
      "The OSS Access Key Id you provided does not exist in our records."},
  [EMU_OSS_TOKEN] = {403, "InvalidSecurityToken", "0002-00000006",
      "The security token you provided is invalid."},
  [EMU_OSS_TOKEN_MISSING] = {403, "InvalidSecurityToken", "0002-00000004",
      "The security token you provided is invalid."},
  [EMU_OSS_TOKEN_EXPIRED] = {403, "SecurityTokenExpired", "0002-00000007",
      "The security token you provided has expired."},
  [EMU_OSS_OTHER_OBJECT] = {403, "AccessDenied", "0003-00000701",
      "You have no right to access this object because of bucket acl."},
  [EMU_OSS_CORS] = {403, "AccessForbidden", "0034-00000001",
      "CORSResponse: CORS is not enabled for this bucket."},
  [EMU_OSS_NO_SUCH_BUCKET] = {404, "NoSuchBucket", "0015-00000101",
      "The specified bucket does not exist."},
  [EMU_OSS_NO_SUCH_KEY] = {404, "NoSuchKey", "0026-00000001",
      "The specified key does not exist."},
  [EMU_OSS_NO_SUCH_UPLOAD] = {404, "NoSuchUpload", "0042-00000002",
      "The specified upload does not exist. The upload ID may be invalid, or "
        "the upload may have been aborted or completed."},
  [EMU_OSS_PART_NUMBER] = {400, "InvalidArgument", "0017-00000220",
      "Part number must be an integer between 1 and 10000, inclusive."},
  [EMU_OSS_INVALID_PART] = {400, "InvalidPart", "0042-00000204",
      "One or more of the specified parts could not be found or the specified "
        "entity tag might not have matched the part's entity tag."},
  [EMU_OSS_INVALID_PART_ORDER] = {400, "InvalidPartOrder", "0042-00000205",
      "The list of parts was not in ascending order."},
  [EMU_OSS_TOO_SMALL] = {400, "EntityTooSmall", "0042-00000213",
      "Your proposed upload smaller than the minimum allowed size."},
  [EMU_OSS_TOO_LARGE] = {400, "EntityTooLarge", "0017-00000224",
      "Your proposed upload exceeds the maximum allowed size."},
  [EMU_OSS_DIGEST] = {400, "InvalidDigest", "0017-00000229",
      "The Content-MD5 you specified is invalid."},
  [EMU_OSS_LENGTH] = {411, "MissingContentLength", "0017-00000228",
      "You must provide the Content-Length HTTP header."},
  [EMU_OSS_OBJECT_NAME] = {400, "InvalidObjectName", "0016-00000001",
      "The specified object is not valid."},
  [EMU_OSS_ARGUMENT] = {400, "InvalidArgument", "0017-00000901",
      "A parameter is not valid."},
  [EMU_OSS_COMPLETE_ALL] = {400, "InvalidArgument", "0042-00000216",
      "The body must be empty when x-oss-complete-all is used."},
  [EMU_OSS_XML] = {400, "MalformedXML", "0031-00000001",
      "The XML you provided was not well-formed or did not validate against "
        "our published schema."},
  [EMU_OSS_EXISTS] = {409, "FileAlreadyExists", "0026-00000012",
      "The object you specified already exists and can not be overwritten."},
  [EMU_OSS_NOT_IMPLEMENTED] = {501, "NotImplemented", "0000-00000001",
      "A header you provided implies functionality that is not offered."},
  [EMU_OSS_METHOD] = {405, "MethodNotAllowed", "0001-00000001",
      "The specified method is not allowed against this resource."},
  [EMU_OSS_URI] = {400, "InvalidURI", "0001-00000002",
      "Could not parse the specified URI."},
  [EMU_OSS_INTERNAL] = {500, "InternalError", "0000-00000002",
      "We encountered an internal error. Please try again."},
};

void
emu_oss_add_headers (const EmuCall * call, EmuAnswer * answer)
{
  gint64 now_us = emu_clock_now (&call->services->clock);
  g_autofree gchar *date = emu_date_format_http (now_us);

  emu_answer_set_header (answer, "Server", "AliyunOSS");
  emu_answer_set_header (answer, "Date", date);
  emu_answer_set_header (answer, "x-oss-request-id", call->request_id);
  emu_answer_set_header (answer, "x-oss-server-time", "1");
}

static gchar *
format_error (const EmuCall * call, const gchar * code, const gchar * message,
    const gchar * ec, const gchar * details)
{
  const gchar *host = emu_call_get_header (call, "host");
  g_autofree gchar *host_id = g_markup_escape_text (host ? host : "", -1);

  return g_strdup_printf ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<Error>\n  <Code>%s</Code>\n  <Message>%s</Message>\n"
      "  <RequestId>%s</RequestId>\n  <HostId>%s</HostId>\n%s"
      "  <EC>%s</EC>\n"
      "  <RecommendDoc>https://api.aliyun.com/troubleshoot?q=%s"
      "</RecommendDoc>\n</Error>\n", code, message, call->request_id, host_id,
      details ? details : "", ec, ec);
}

EmuAnswer *
emu_oss_error_custom (const EmuCall * call, guint status, const gchar * code,
    const gchar * message, const gchar * ec, const gchar * details)
{
  EmuAnswer *answer = emu_answer_new (status);
  g_autofree gchar *xml = format_error (call, code, message, ec, details);

  answer->code = g_strdup (code);
  emu_oss_add_headers (call, answer);
  emu_answer_set_header (answer, "x-oss-ec", ec);
  if (g_str_equal (call->request->method, "HEAD")) {
    g_autofree gchar *base64 = NULL;

    base64 = g_base64_encode ((const guchar *) xml, strlen (xml));
    emu_answer_set_header (answer, "x-oss-err", base64);
    answer->head_length = 0;
  } else {
    emu_answer_set_body (answer, "application/xml", xml);
  }
  return answer;
}

EmuAnswer *
emu_oss_error (const EmuCall * call, EmuOssError error, const gchar * details)
{
  return emu_oss_error_custom (call, errors[error].status, errors[error].code,
      errors[error].message, errors[error].ec, details);
}

/* OSS does echo the token. */
EmuAnswer *
emu_oss_error_expired (const EmuCall * call, const gchar * code)
{
  const gchar *token = emu_call_get_header (call, "x-oss-security-token");
  g_autofree gchar *details = NULL;

  if (g_str_equal (code, "InvalidAccessKeyId"))
    return emu_oss_error (call, EMU_OSS_ACCESS_KEY_ID, NULL);
  details = g_markup_printf_escaped
      ("  <SecurityToken>%s</SecurityToken>\n", token ? token : "");
  return emu_oss_error (call, EMU_OSS_TOKEN_EXPIRED, details);
}

EmuAnswer *
emu_oss_error_skewed (const EmuCall * call, gint64 request_us)
{
  g_autofree gchar *request_time = emu_date_format_iso (request_us, TRUE);
  g_autofree gchar *server_time = emu_date_format_iso (call->now_us, TRUE);
  g_autofree gchar *details = NULL;

  details = g_strdup_printf
      ("  <MaxAllowedSkewMilliseconds>%d</MaxAllowedSkewMilliseconds>\n"
      "  <RequestTime>%s</RequestTime>\n  <ServerTime>%s</ServerTime>\n",
      MAX_SKEW_MS, request_time, server_time);
  return emu_oss_error (call, EMU_OSS_TIME_SKEWED, details);
}
