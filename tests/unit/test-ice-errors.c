/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE's error table, row by row, and the text a person sees. */

#include "ice/ice-errors.h"

#include "error-rows.h"

static const ErrorRow rows[] = {
  {400, "Throttling", GST_ICE_ERROR_THROTTLED},
  {400, "Throttling.User", GST_ICE_ERROR_THROTTLED},
  {400, "Throttling.Api", GST_ICE_ERROR_THROTTLED},
  {503, "Some.Throttling.Thing", GST_ICE_ERROR_THROTTLED},
  {429, NULL, GST_ICE_ERROR_THROTTLED},
  {429, "Forbidden", GST_ICE_ERROR_THROTTLED},
  {403, "RequestsTooFrequent", GST_ICE_ERROR_THROTTLED},
  {503, "ServiceUnavailable", GST_ICE_ERROR_UNAVAILABLE},
  {503, "ServiceUnAvailable", GST_ICE_ERROR_UNAVAILABLE},
  {500, "InternalError", GST_ICE_ERROR_UNAVAILABLE},
  {400, "InternalError", GST_ICE_ERROR_UNAVAILABLE},
  {500, NULL, GST_ICE_ERROR_UNAVAILABLE},
  {502, "Whatever", GST_ICE_ERROR_UNAVAILABLE},
  {599, NULL, GST_ICE_ERROR_UNAVAILABLE},
  {400, "InvalidTimeStamp.Expired", GST_ICE_ERROR_CLOCK_SKEW},
  {400, "InvalidTimeStamp.Format", GST_ICE_ERROR_FAILED},
  {400, "SignatureNonceUsed", GST_ICE_ERROR_UNAVAILABLE},
  {400, "SignatureDoesNotMatch", GST_ICE_ERROR_NOT_AUTHORIZED},
  {400, "IncompleteSignature", GST_ICE_ERROR_NOT_AUTHORIZED},
  {404, "InvalidAccessKeyId.NotFound", GST_ICE_ERROR_NOT_AUTHORIZED},
  {400, "InvalidAccessKeyId.NotFound", GST_ICE_ERROR_NOT_AUTHORIZED},
  {400, "InvalidAccessKeyId.Inactive", GST_ICE_ERROR_NOT_AUTHORIZED},
  {400, "InvalidSecurityToken.Expired", GST_ICE_ERROR_IDENTITY_EXPIRED},
  {400, "InvalidSecurityToken.Malformed", GST_ICE_ERROR_NOT_AUTHORIZED},
  {400, "InvalidSecurityToken.MismatchWithAccessKey",
      GST_ICE_ERROR_NOT_AUTHORIZED},
  {400, "MissingSecurityToken", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "Forbidden.RAM", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "NoPermission", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "Forbidden", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "OperationDenied", GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "OperationDenied.Suspended", GST_ICE_ERROR_NOT_AUTHORIZED},
  {401, NULL, GST_ICE_ERROR_NOT_AUTHORIZED},
  {403, "Whatever", GST_ICE_ERROR_NOT_AUTHORIZED},
  {400, "MissingParameter", GST_ICE_ERROR_FAILED},
  {400, "MissingMediaId", GST_ICE_ERROR_FAILED},
  {400, "InvalidParameter", GST_ICE_ERROR_FAILED},
  {400, "InvalidParameter.Format", GST_ICE_ERROR_FAILED},
  {404, "ResourceNotFound", GST_ICE_ERROR_NOT_FOUND},
  {404, "ProjectNotFound", GST_ICE_ERROR_NOT_FOUND},
  {404, "InvalidVideo.NotFound", GST_ICE_ERROR_NOT_FOUND},
  {404, "InvalidMedia.NotFound", GST_ICE_ERROR_NOT_FOUND},
  {400, "InvalidVideo.Damaged", GST_ICE_ERROR_FAILED},
  {404, "InvalidApi.NotFound", GST_ICE_ERROR_SETTINGS},
  {400, "InvalidProtocol.NeedSsl", GST_ICE_ERROR_SETTINGS},
  {405, "UnsupportedHTTPMethod", GST_ICE_ERROR_FAILED},
  {400, "InvalidSignatureMethod", GST_ICE_ERROR_FAILED},
  {400, "Whatever", GST_ICE_ERROR_FAILED},
  {418, NULL, GST_ICE_ERROR_FAILED},
  {404, NULL, GST_ICE_ERROR_FAILED},
  {302, NULL, GST_ICE_ERROR_PROTOCOL},
  {308, NULL, GST_ICE_ERROR_PROTOCOL},
  {204, NULL, GST_ICE_ERROR_PROTOCOL},
};

static void
test_table (void)
{
  error_rows_check (rows, G_N_ELEMENTS (rows), gst_ice_errors_lookup);
}

static void
check_hint (guint status, const gchar * code, const gchar * expected)
{
  const gchar *hint;

  gst_ice_errors_lookup (status, code, &hint);
  g_assert_nonnull (hint);
  g_assert_nonnull (strstr (hint, expected));
}

static void
test_hints (void)
{
  check_hint (404, "ResourceNotFound", "media-id and region");
  check_hint (403, "Forbidden.RAM", "grant this action");
  check_hint (403, "OperationDenied", "not active");
  check_hint (403, "OperationDenied.Suspended", "overdue");
  check_hint (404, "InvalidApi.NotFound", "ice-endpoint");
  check_hint (301, NULL, "redirects are not followed");
}

static void
test_text (void)
{
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new ("LTAIexample", "TheSecretOfTheCaller",
      "CAISaTokenThatIsSomewhatLonger");
  const GstIceServiceFailure failure = {
    .operation = "RefreshUploadMedia",
    .status = 400,
    .code = "InvalidTimeStamp.Expired",
    .message = "bad\r\ntime, CAISaTokenThatIsSomewhatLonger "
        "TheSecretOfTheCaller",
    .request_id = "8B6D3A2E-1111-2222-3333-444455556666",
    .identity = identity,
    .service_time_us = 1715933350000000,
    .retry_after_us = G_MAXINT64,
  };
  g_autoptr (GError) error = gst_ice_errors_new (&failure);
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_CLOCK_SKEW);
  g_assert_cmpstr (error->message, ==, "RefreshUploadMedia: HTTP status 400, "
      "InvalidTimeStamp.Expired: bad  time, *** *** (RequestId "
      "8B6D3A2E-1111-2222-3333-444455556666); check this machine's clock");
  g_assert_cmpstr (details->service, ==, "ice");
  g_assert_cmpstr (details->operation, ==, "RefreshUploadMedia");
  g_assert_cmpuint (details->http_status, ==, 400);
  g_assert_cmpstr (details->code, ==, "InvalidTimeStamp.Expired");
  g_assert_cmpstr (details->request_id, ==,
      "8B6D3A2E-1111-2222-3333-444455556666");
  g_assert_cmpint (details->retry_after_us, ==, 120 * G_USEC_PER_SEC);
  g_assert_cmpint (details->server_time_us, ==, 1715933350000000);
}

static void
test_proxy (void)
{
  const GstIceServiceFailure failure = {
    .operation = "RefreshUploadMedia",.status = 502,.service_time_us = 1715933350000000,
    .retry_after_us = -1
  };
  g_autoptr (GError) error = gst_ice_errors_new (&failure);

  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "502"));
  g_assert_nonnull (strstr (error->message, "not the service's own"));
  g_assert_cmpint (gst_ice_error_get_details (error)->server_time_us, ==, -1);
  g_assert_cmpint (gst_ice_error_get_details (error)->retry_after_us, ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/ice-errors/knows-every-row", test_table);
  g_test_add_func ("/ice-errors/says-what-to-do", test_hints);
  g_test_add_func ("/ice-errors/says-what-ice-said", test_text);
  g_test_add_func ("/ice-errors/keeps-the-status-of-a-proxy", test_proxy);

  return g_test_run ();
}
