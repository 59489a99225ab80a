/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The error domain: details travel with the error. */

#include "common/error.h"

static GError *
create_error (void)
{
  GError *error = gst_ice_error_new (GST_ICE_ERROR_THROTTLED, "wait %d", 5);
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  details->service = "oss";
  details->operation = "UploadPart";
  details->part = 7;
  details->http_status = 503;
  details->code = g_strdup ("TotalQpsLimitExceeded");
  details->request_id = g_strdup ("5F3D2A1B");
  details->ec = g_strdup ("0000-00000000");
  details->retry_after_us = 1500000;

  return error;
}

static void
check_details (const GError * error)
{
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  g_assert_nonnull (details);
  g_assert_cmpstr (details->service, ==, "oss");
  g_assert_cmpstr (details->operation, ==, "UploadPart");
  g_assert_cmpuint (details->part, ==, 7);
  g_assert_cmpuint (details->http_status, ==, 503);
  g_assert_cmpstr (details->code, ==, "TotalQpsLimitExceeded");
  g_assert_cmpstr (details->request_id, ==, "5F3D2A1B");
  g_assert_cmpstr (details->ec, ==, "0000-00000000");
  g_assert_cmpint (details->retry_after_us, ==, 1500000);
  g_assert_cmpint (details->server_time_us, ==, -1);
}

static void
test_unknown (void)
{
  g_autoptr (GError) error =
      gst_ice_error_new (GST_ICE_ERROR_SEEK, "%s", "100%");
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SEEK);
  g_assert_cmpstr (error->message, ==, "100%");
  g_assert_null (details->service);
  g_assert_null (details->code);
  g_assert_cmpuint (details->part, ==, 0);
  g_assert_cmpuint (details->http_status, ==, 0);
  g_assert_cmpint (details->retry_after_us, ==, -1);
  g_assert_cmpint (details->server_time_us, ==, -1);
}

static void
test_travel (void)
{
  g_autoptr (GError) original = create_error ();
  g_autoptr (GError) copy = g_error_copy (original);
  g_autoptr (GError) moved = NULL;

  g_clear_error (&original);
  g_prefix_error (&copy, "upload: ");
  g_propagate_prefixed_error (&moved, g_steal_pointer (&copy), "sink: ");

  g_assert_cmpstr (moved->message, ==, "sink: upload: wait 5");
  g_assert_true (gst_ice_error_is (moved, GST_ICE_ERROR_THROTTLED));
  g_assert_false (gst_ice_error_is (moved, GST_ICE_ERROR_FAILED));
  check_details (moved);
}

static void
test_foreign (void)
{
  g_autoptr (GError) error =
      g_error_new (G_FILE_ERROR, GST_ICE_ERROR_THROTTLED, "x");

  g_assert_null (gst_ice_error_get_details (error));
  g_assert_null (gst_ice_error_get_details (NULL));
  g_assert_false (gst_ice_error_is (error, GST_ICE_ERROR_THROTTLED));
  g_assert_false (gst_ice_error_is (NULL, GST_ICE_ERROR_FAILED));
}

static void
test_answer (void)
{
  g_autoptr (GError) source = create_error ();
  g_autoptr (GError) full =
      gst_ice_error_new_from_answer (GST_ICE_ERROR_THROTTLED,
      gst_ice_error_get_details (source), "Too much.", "wait");
  const GstIceErrorDetails bare_details = {
    .operation = "RefreshUploadMedia",.http_status = 502
  };
  g_autoptr (GError) bare =
      gst_ice_error_new_from_answer (GST_ICE_ERROR_UNAVAILABLE,
      &bare_details, NULL, NULL);
  const GstIceErrorDetails unnumbered_details = {
    .operation = "PutObject",.http_status = 403,
    .ec = (gchar *) "0003-00000001"
  };
  g_autoptr (GError) unnumbered =
      gst_ice_error_new_from_answer (GST_ICE_ERROR_NOT_AUTHORIZED,
      &unnumbered_details, NULL, NULL);

  g_assert_cmpstr (full->message, ==, "UploadPart of part 7: HTTP status 503, "
      "TotalQpsLimitExceeded: Too much. (RequestId 5F3D2A1B, EC "
      "0000-00000000); wait");
  check_details (full);
  g_assert_cmpstr (bare->message, ==, "RefreshUploadMedia: HTTP status 502");
  g_assert_cmpstr (unnumbered->message, ==, "PutObject: HTTP status 403 (EC"
      " 0003-00000001)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/error/begins-with-unknown-details", test_unknown);
  g_test_add_func ("/error/carries-details-upwards", test_travel);
  g_test_add_func ("/error/has-no-details-of-other-domains", test_foreign);
  g_test_add_func ("/error/says-what-the-service-said", test_answer);

  return g_test_run ();
}
