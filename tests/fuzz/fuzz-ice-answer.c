/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An answer of ICE: JSON, the gateway's XML, or anything from a proxy. */

#include "fuzz.h"

#include "answer.h"
#include "common/json.h"
#include "ice/ice-answer.h"
#include "ice/ice-errors.h"
#include "ice/lease.h"

static void
read_error (const GstIceAnswer * answer)
{
  g_autoptr (GstIceIdentity) identity = fuzz_identity_new ();
  const GstIceServiceFailure failure = {
    .operation = "RefreshUploadMedia",
    .status = answer->status,
    .code = answer->code,
    .message = answer->message,
    .request_id = answer->request_id,
    .identity = identity,
    .service_time_us = answer->date_us,
    .retry_after_us = answer->retry_after_us,
    .is_foreign = answer->is_foreign,
  };

  fuzz_check_refusal (gst_ice_errors_new (&failure));
}

static void
read_lease (const GstIceAnswer * answer)
{
  JsonObject *object = json_node_get_object (answer->json);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceLease) lease =
      gst_ice_lease_decode (gst_ice_json_get_string (object,
          "UploadAddress"), gst_ice_json_get_string (object, "UploadAuth"),
      0, 0, &error);

  if (lease == NULL)
    fuzz_check_error (&error);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GstIceHttpResponse) response = fuzz_answer_new (data, size);
  g_autoptr (GstIceAnswer) answer = NULL;

  if (response == NULL)
    return 0;

  fuzz_answer_check (response);
  answer = gst_ice_answer_new (response);
  g_assert_cmpint (answer->retry_after_us, >=, -1);
  read_error (answer);
  if (answer->json != NULL)
    read_lease (answer);

  return 0;
}
