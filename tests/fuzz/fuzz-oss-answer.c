/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An answer of OSS: its status, the headers that are read, and its body, as
 * the success of each operation and as an error. */

#include "fuzz.h"

#include "answer.h"
#include "oss/oss-errors.h"
#include "oss/oss-operation.h"

static void
check_reply (const GstIceOssReply * reply)
{
  g_assert_true (reply->etag == NULL || gst_ice_oss_xml_is_etag (reply->etag));
  g_assert_true (reply->has_crc64 || reply->crc64 == 0);
  g_assert_cmpint (reply->size, >=, -1);
}

static void
read_with (const GstIceOssOperation * operation,
    const GstIceHttpResponse * response)
{
  GstIceOssReply *reply = g_new0 (GstIceOssReply, 1);
  g_autoptr (GError) error = NULL;

  reply->size = -1;
  if (operation->read (response, 3, reply, &error))
    check_reply (reply);
  else
    fuzz_check_error (&error);
  gst_ice_oss_reply_free (reply);
}

static void
read_success (const GstIceHttpResponse * response)
{
  read_with (&gst_ice_oss_upload_part, response);
  read_with (&gst_ice_oss_initiate, response);
  read_with (&gst_ice_oss_complete, response);
  read_with (&gst_ice_oss_list_parts, response);
  read_with (&gst_ice_oss_head_object, response);
}

static void
read_error (const GstIceHttpResponse * response)
{
  g_autoptr (GstIceIdentity) identity = fuzz_identity_new ();
  gsize size;
  const gchar *body = g_bytes_get_data (response->body, &size);
  g_autoptr (GstIceOssErrorAnswer) answer =
      gst_ice_oss_xml_parse_error (body, size);
  const GstIceOssFailure failure = {
    .operation = "UploadPart",
    .part = 3,
    .status = response->status,
    .answer = answer,
    .request_id =
        gst_ice_http_response_get_header (response, "x-oss-request-id"),
    .ec = gst_ice_http_response_get_header (response, "x-oss-ec"),
    .identity = identity,
    .region = "cn-shanghai",
    .signed_us = 0,
    .date_us = response->date_us,
    .retry_after_us = gst_ice_http_response_get_retry_after (response),
    .is_foreign = size > 0 && answer == NULL,
  };

  fuzz_check_refusal (gst_ice_oss_error_new (&failure));
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GstIceHttpResponse) response = fuzz_answer_new (data, size);

  if (response == NULL)
    return 0;

  fuzz_answer_check (response);
  read_success (response);
  read_error (response);

  return 0;
}
