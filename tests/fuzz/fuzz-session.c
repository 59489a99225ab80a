/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A temporary identity as the metadata service, a credentials URI, STS and an
 * external program give it. */

#include "fuzz.h"

#include "answer.h"
#include "common/json.h"
#include "credentials/session-answer.h"

#define NOW_US (G_GINT64_CONSTANT (1715933350) * G_USEC_PER_SEC)
#define MONOTONIC_US (1000 * (gint64) G_USEC_PER_SEC)

/* A program's, where nothing but the keys has to be there. */
static const GstIceSessionForm loose_form = {
  "access_key_id", "access_key_secret", "sts_token", "expiration", FALSE
};

static void
decode (JsonObject * object, const GstIceSessionForm * form)
{
  const GstIceSessionTime time = { NOW_US, MONOTONIC_US };
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceIdentity) identity =
      gst_ice_session_decode (object, form, &time, &error);
  const gchar *token;

  if (identity == NULL) {
    fuzz_check_error (&error);
    return;
  }

  token = gst_ice_identity_peek_token (identity);
  g_assert_true (gst_ice_identity_is_sendable
      (gst_ice_identity_get_access_key_id (identity)));
  g_assert_cmpstr (gst_ice_identity_peek_secret (identity), !=, "");
  g_assert_true (token == NULL || gst_ice_identity_is_sendable (token));
  if (form->is_session) {
    g_assert_nonnull (token);
    g_assert_cmpint (gst_ice_identity_get_expires (identity), >, MONOTONIC_US);
  }
}

static void
decode_all (JsonNode * json)
{
  JsonObject *object = json_node_get_object (json);
  JsonNode *inner = json_object_get_member (object, "Credentials");

  decode (object, &gst_ice_session_form);
  decode (object, &loose_form);
  if (inner != NULL && JSON_NODE_HOLDS_OBJECT (inner))
    decode (json_node_get_object (inner), &gst_ice_session_form);
}

static void
read_word (const guint8 * data, gsize size)
{
  g_autoptr (GstIceHttpResponse) response = fuzz_answer_new (data, size);
  g_autofree gchar *word = NULL;

  if (response == NULL)
    return;

  word = gst_ice_session_take_word (response);
  g_assert_true (word == NULL || gst_ice_identity_is_sendable (word));
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GstIceHttpResponse) response = fuzz_answer_new (data, size);
  g_autoptr (GError) error = NULL;
  JsonNode *json;

  if (response == NULL)
    return 0;

  json = gst_ice_session_take_json (response, &error);
  if (json != NULL)
    decode_all (json);
  else
    fuzz_check_error (&error);
  gst_ice_json_free_secret (json);
  read_word (data, size);

  return 0;
}
