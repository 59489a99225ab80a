/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS's error table, row by row, and the text a person sees. */

#include "oss/oss-errors.h"

#include "error-rows.h"

static const ErrorRow rows[] = {
  {403, "SecurityTokenExpired", GST_ICE_ERROR_TOKEN_EXPIRED},
  {403, "InvalidAccessKeyId", GST_ICE_ERROR_TOKEN_EXPIRED},
  {403, "InvalidSecurityToken", GST_ICE_ERROR_TOKEN_EXPIRED},
  {403, "AccessDenied", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "SignatureDoesNotMatch", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "KmsServiceNotEnabled", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "UserDisable", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "RequestTimeTooSkewed", GST_ICE_ERROR_CLOCK_SKEW},
  {400, "InvalidArgument", GST_ICE_ERROR_FAILED},
  {404, "NoSuchUpload", GST_ICE_ERROR_NO_SUCH_UPLOAD},
  {404, "NoSuchBucket", GST_ICE_ERROR_NOT_FOUND},
  {404, "NoSuchKey", GST_ICE_ERROR_NOT_FOUND},
  {400, "InvalidPart", GST_ICE_ERROR_FAILED},
  {400, "InvalidPartOrder", GST_ICE_ERROR_FAILED},
  {400, "EntityTooSmall", GST_ICE_ERROR_FAILED},
  {400, "EntityTooLarge", GST_ICE_ERROR_NO_SPACE},
  {400, "InvalidDigest", GST_ICE_ERROR_DAMAGED},
  {400, "RequestTimeout", GST_ICE_ERROR_UNAVAILABLE},
  {400, "BadRequest", GST_ICE_ERROR_UNAVAILABLE},
  {411, "MissingContentLength", GST_ICE_ERROR_FAILED},
  {400, "InvalidObjectName", GST_ICE_ERROR_FAILED},
  {400, "InvalidBucketName", GST_ICE_ERROR_FAILED},
  {400, "MalformedXML", GST_ICE_ERROR_FAILED},
  {409, "FileAlreadyExists", GST_ICE_ERROR_CONFLICT},
  {409, "FileImmutable", GST_ICE_ERROR_CONFLICT},
  {409, "ObjectNotAppendable", GST_ICE_ERROR_CONFLICT},
  {409, "PositionNotEqualToLength", GST_ICE_ERROR_CONFLICT},
  {401, NULL, GST_ICE_ERROR_UNAVAILABLE},
  {401, "AccessDenied", GST_ICE_ERROR_UNAVAILABLE},
  {401, "SecurityTokenExpired", GST_ICE_ERROR_TOKEN_EXPIRED},
  {408, NULL, GST_ICE_ERROR_UNAVAILABLE},
  {429, NULL, GST_ICE_ERROR_THROTTLED},
  {429, "Whatever", GST_ICE_ERROR_THROTTLED},
  {500, "InternalError", GST_ICE_ERROR_UNAVAILABLE},
  {200, "InternalError", GST_ICE_ERROR_UNAVAILABLE},
  {500, NULL, GST_ICE_ERROR_UNAVAILABLE},
  {502, NULL, GST_ICE_ERROR_UNAVAILABLE},
  {500, "InvalidPart", GST_ICE_ERROR_UNAVAILABLE},
  {503, "Whatever", GST_ICE_ERROR_UNAVAILABLE},
  {503, "ServiceUnavailable", GST_ICE_ERROR_THROTTLED},
  {503, "UploadTrafficRateLimitExceeded", GST_ICE_ERROR_THROTTLED},
  {503, "DownloadTrafficRateLimitExceeded", GST_ICE_ERROR_THROTTLED},
  {503, "TotalQpsLimitExceeded", GST_ICE_ERROR_THROTTLED},
  {503, "MetaOperationQpsLimitExceeded", GST_ICE_ERROR_THROTTLED},
  {503, "ActiveRequestLimitExceeded", GST_ICE_ERROR_THROTTLED},
  {503, "CpuLimitExceeded", GST_ICE_ERROR_THROTTLED},
  {403, "Whatever", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, NULL, GST_ICE_ERROR_NOT_AUTHORIZED},
  {404, NULL, GST_ICE_ERROR_NOT_FOUND},
  {400, "Whatever", GST_ICE_ERROR_FAILED},
  {400, NULL, GST_ICE_ERROR_FAILED},
  {200, "Whatever", GST_ICE_ERROR_FAILED},
  {301, NULL, GST_ICE_ERROR_PROTOCOL},
  {307, "TemporaryRedirect", GST_ICE_ERROR_PROTOCOL},
  {203, NULL, GST_ICE_ERROR_PROTOCOL},
};

static void
test_table (void)
{
  error_rows_check (rows, G_N_ELEMENTS (rows), gst_ice_oss_errors_lookup);
}

#define NOW G_GINT64_CONSTANT (1715933350000000)
#define MINUTE (60 * (gint64) G_USEC_PER_SEC)

static GstIceOssFailure
create_failure (guint status, const GstIceOssErrorAnswer * answer)
{
  const GstIceOssFailure failure = {
    .operation = "UploadPart",
    .part = 3,
    .status = status,
    .answer = answer,
    .request_id = "5F3D2A1B0011223344556677",
    .region = "cn-shanghai",
    .signed_us = NOW,
    .date_us = NOW,
    .retry_after_us = -1,
  };

  return failure;
}

static void
test_text (void)
{
  const GstIceOssErrorAnswer answer = {
    .code = (gchar *) "SecurityTokenExpired",
    .message = (gchar *) "The token CAISthisIsTheTokenOfTheLease0123 is over.",
    .ec = (gchar *) "0002-00000007",
  };
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new ("STS.id", "secret-of-the-lease",
      "CAISthisIsTheTokenOfTheLease0123");
  GstIceOssFailure failure = create_failure (403, &answer);
  g_autoptr (GError) error = NULL;
  GstIceErrorDetails *details;

  failure.identity = identity;
  error = gst_ice_oss_error_new (&failure);
  details = gst_ice_error_get_details (error);

  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_TOKEN_EXPIRED);
  g_assert_cmpstr (error->message, ==, "UploadPart of part 3: HTTP status 403, "
      "SecurityTokenExpired: The token *** is over. (RequestId "
      "5F3D2A1B0011223344556677, EC 0002-00000007)");
  g_assert_cmpstr (details->service, ==, "oss");
  g_assert_cmpstr (details->operation, ==, "UploadPart");
  g_assert_cmpuint (details->part, ==, 3);
  g_assert_cmpuint (details->http_status, ==, 403);
  g_assert_cmpstr (details->code, ==, "SecurityTokenExpired");
  g_assert_cmpstr (details->ec, ==, "0002-00000007");
}

static void
check_signing_date (gint64 date_us, GstIceErrorCode expected)
{
  const GstIceOssErrorAnswer answer = {
    .code = (gchar *) "InvalidArgument",
    .message =
        (gchar *) "Invalid signing date in Authorization header.",
  };
  GstIceOssFailure failure = create_failure (400, &answer);
  g_autoptr (GError) error = NULL;

  failure.date_us = date_us;
  error = gst_ice_oss_error_new (&failure);
  g_assert_error (error, GST_ICE_ERROR, (gint) expected);
  g_assert_cmpint (gst_ice_error_get_details (error)->server_time_us, ==,
      expected == GST_ICE_ERROR_CLOCK_SKEW ? date_us : -1);
}

static void
test_signing_date (void)
{
  check_signing_date (NOW + 16 * MINUTE, GST_ICE_ERROR_CLOCK_SKEW);
  check_signing_date (NOW - 16 * MINUTE, GST_ICE_ERROR_CLOCK_SKEW);
  check_signing_date (NOW + 14 * MINUTE, GST_ICE_ERROR_FAILED);
  check_signing_date (NOW, GST_ICE_ERROR_FAILED);
  check_signing_date (-1, GST_ICE_ERROR_FAILED);
}

static void
test_skew (void)
{
  const GstIceOssErrorAnswer answer = {
    .code = (gchar *) "RequestTimeTooSkewed",
  };
  GstIceOssFailure failure = create_failure (403, &answer);
  g_autoptr (GError) error = NULL;

  failure.date_us = NOW + 60 * MINUTE;
  error = gst_ice_oss_error_new (&failure);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_CLOCK_SKEW);
  g_assert_cmpint (gst_ice_error_get_details (error)->server_time_us, ==,
      NOW + 60 * MINUTE);
}

static void
check_hint (guint status, const GstIceOssErrorAnswer * answer,
    const gchar * expected)
{
  GstIceOssFailure failure = create_failure (status, answer);
  g_autoptr (GError) error = gst_ice_oss_error_new (&failure);

  g_assert_nonnull (strstr (error->message, expected));
}

static void
test_hints (void)
{
  const GstIceOssErrorAnswer elsewhere = {
    .code = (gchar *) "AccessDenied",
    .endpoint = (gchar *) "oss-cn-beijing.aliyuncs.com",
  };
  const GstIceOssErrorAnswer region = {
    .code = (gchar *) "InvalidArgument",.ec = (gchar *) "0002-00000226",
  };
  const GstIceOssErrorAnswer denied = {.code = (gchar *) "AccessDenied" };

  check_hint (403, &elsewhere, "oss-cn-beijing.aliyuncs.com");
  check_hint (400, &region, "cn-shanghai");
  check_hint (403, &denied, "upload credential");
  check_hint (302, NULL, "redirects are not followed");
}

/* Nothing of what a hostile answer says may forge a line of a log. */
static void
test_hostile (void)
{
  g_autofree gchar *long_text = g_strnfill (100000, 'x');
  const GstIceOssErrorAnswer answer = {
    .code = (gchar *) "Access\nDenied",
    .message = long_text,
    .request_id = (gchar *) "a b",
    .ec = long_text,
    .endpoint = (gchar *) "evil.com\r\nERROR: all is lost",
  };
  GstIceOssFailure failure = create_failure (400, &answer);
  g_autoptr (GError) error = NULL;

  failure.request_id = NULL;
  failure.retry_after_us = G_MAXINT64;
  error = gst_ice_oss_error_new (&failure);
  g_assert_cmpuint (strlen (error->message), <, 1000);
  g_assert_null (strpbrk (error->message, "\r\n"));
  g_assert_null (gst_ice_error_get_details (error)->code);
  g_assert_null (gst_ice_error_get_details (error)->request_id);
  g_assert_null (gst_ice_error_get_details (error)->ec);
  g_assert_cmpint (gst_ice_error_get_details (error)->retry_after_us, ==,
      2 * MINUTE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/oss-errors/knows-every-row", test_table);
  g_test_add_func ("/oss-errors/says-what-oss-said", test_text);
  g_test_add_func ("/oss-errors/believes-a-refused-date-only-with-proof",
      test_signing_date);
  g_test_add_func ("/oss-errors/tells-the-services-time", test_skew);
  g_test_add_func ("/oss-errors/says-what-to-do", test_hints);
  g_test_add_func ("/oss-errors/keeps-hostile-texts-out", test_hostile);

  return g_test_run ();
}
