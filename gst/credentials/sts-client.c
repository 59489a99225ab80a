/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A call of STS, in reading order: errors, answer, the two requests.
 *
 * Runs on: the network thread. The record of a call belongs to its task.
 *
 * AssumeRole is signed with ACS3-HMAC-SHA256, as the official client of STS
 * does it. The credentials SDKs use the older signature, which would put the
 * security token of the caller into the URL. */

#include "credentials/sts-client.h"

#include <string.h>

#include <gst/gst.h>

#include "common/digest.h"
#include "common/error.h"
#include "common/json.h"
#include "common/log.h"
#include "common/secret.h"
#include "credentials/acs3-signer.h"
#include "credentials/redaction.h"
#include "credentials/service-call.h"
#include "credentials/session-answer.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_CREDENTIALS)

#define API_VERSION "2015-04-01"
#define TIMEOUT_US (15 * (gint64) G_USEC_PER_SEC)
#define RESPONSE_LIMIT (64 * 1024)

static void
call_free (GstIceServiceCall * call)
{
  gst_ice_service_call_clear (call);
  g_free (call);
}

static const struct
{
  const gchar *code;
  GstIceErrorCode meaning;
} meanings[] = {
  {"InvalidTimeStamp.Expired", GST_ICE_ERROR_CLOCK_SKEW},
  {"InvalidSecurityToken.Expired", GST_ICE_ERROR_IDENTITY_EXPIRED},
  {"SignatureNonceUsed", GST_ICE_ERROR_UNAVAILABLE},
  {"ServiceUnavailable", GST_ICE_ERROR_UNAVAILABLE},
  {"InternalError", GST_ICE_ERROR_UNAVAILABLE},
};

static GstIceErrorCode
get_meaning (guint status, const gchar * code)
{
  guint i;

  if (status == 429 || (code != NULL && strstr (code, "Throttling") != NULL))
    return GST_ICE_ERROR_THROTTLED;
  for (i = 0; i < G_N_ELEMENTS (meanings); i++) {
    if (g_strcmp0 (code, meanings[i].code) == 0)
      return meanings[i].meaning;
  }
  if (status >= 500)
    return GST_ICE_ERROR_UNAVAILABLE;

  return code != NULL ? GST_ICE_ERROR_NOT_AUTHORIZED : GST_ICE_ERROR_PROTOCOL;
}

/* @object: (nullable): of the answer */
static GError *
error_from_answer (GstIceServiceCall * call,
    const GstIceHttpResponse * response, JsonObject * object)
{
  guint status = response->status;
  const gchar *time = NULL;
  GstIceErrorCode meaning;
  g_autofree gchar *message = NULL;
  g_auto (GstIceErrorDetails) details = {
    .service = call->service,.operation = call->operation,
    .http_status = status,.retry_after_us = -1,.server_time_us = -1
  };

  if (object != NULL) {
    details.code = gst_ice_redact_id (call->identity,
        gst_ice_json_get_string (object, "Code"));
    details.request_id = g_strdup (call->request_id);
    message = gst_ice_redact (call->identity,
        gst_ice_json_get_string (object, "Message"));
    time = gst_ice_json_get_string (object, "ServerTime");
  }

  meaning = get_meaning (status, details.code);
  if (meaning == GST_ICE_ERROR_CLOCK_SKEW)
    details.server_time_us =
        gst_ice_service_call_read_time (time, response->date_us);

  return gst_ice_error_new_from_answer (meaning, &details, message, NULL);
}

/* (transfer full) */
static GstIceIdentity *
decode_credentials (GstIceServiceCall * call,
    const GstIceHttpResponse * response, JsonObject * object, GError ** error)
{
  JsonNode *node = object != NULL ?
      json_object_get_member (object, "Credentials") : NULL;
  GstIceSessionTime time = gst_ice_session_get_time (response,
      gst_ice_http_client_get_clock (call->http), call->endpoint->host);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL,
            "there are no Credentials in the answer");
    return NULL;
  }

  return gst_ice_session_decode (json_node_get_object (node),
      &gst_ice_session_form, &time, error);
}

/* (transfer full) */
static GstIceIdentity *
identity_from_answer (GstIceServiceCall * call, GstIceHttpResponse * response,
    GError ** error)
{
  JsonNode *json = gst_ice_session_take_json (response, NULL);
  JsonObject *object = json != NULL ? json_node_get_object (json) : NULL;
  GstIceIdentity *identity = NULL;

  gst_ice_service_call_answered (call, object != NULL ?
      gst_ice_json_get_string (object, "RequestId") : NULL);
  if (response->status == 200)
    identity = decode_credentials (call, response, object, error);
  else
    g_propagate_error (error, error_from_answer (call, response, object));
  gst_ice_json_free_secret (json);

  return identity;
}

static void
on_response (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GstIceServiceCall *call = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GstIceHttpResponse) response =
      gst_ice_http_client_send_finish (call->http, result, &error);
  GstIceIdentity *identity = NULL;

  if (response != NULL)
    identity = identity_from_answer (call, response, &error);

  gst_ice_service_call_end (call, response, &error);
  if (identity == NULL) {
    g_task_return_error (task, error);
    return;
  }

  GST_INFO ("%s by %s: %s", call->operation, call->endpoint->host,
      gst_ice_identity_get_access_key_id (identity));
  g_task_return_pointer (task, identity,
      (GDestroyNotify) gst_ice_identity_unref);
}

/* @identity: (transfer full): who signs, or what is not to be shown */
static GstIceServiceCall *
call_new (const gchar * action, GstIceHttpClient * http,
    GstIceEndpoint * endpoint, const GstIceRole * role,
    GstIceIdentity * identity)
{
  GstIceServiceCall *call = g_new0 (GstIceServiceCall, 1);

  gst_ice_service_call_init (call, "sts", action, http, endpoint);
  call->identity = identity;
  call->subject = gst_ice_redact (identity, role->role_arn);
  gst_ice_service_call_begin (call);

  return call;
}

/* @call, @request: (transfer full) */
static void
send (GstIceServiceCall * call, GstIceHttpRequest * request,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, send);
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);
  gst_ice_http_request_set_timeout (request, TIMEOUT_US);
  gst_ice_http_request_set_response_limit (request, RESPONSE_LIMIT);
  gst_ice_http_client_send_async (call->http, request, cancellable,
      on_response, task);
}

/* Of the role, as parameters; those that are not there are left out.
 * (transfer full) */
static gchar *
format_role (const GstIceRole * role, const gchar * oidc_provider_arn)
{
  g_autofree gchar *duration =
      g_strdup_printf ("%" G_GUINT64_FORMAT, role->duration_seconds);
  const GstIcePair all[] = {
    {"RoleArn", role->role_arn},
    {"RoleSessionName", role->session_name},
    {"DurationSeconds", duration},
    {"Policy", role->policy},
    {"ExternalId", role->external_id},
    {"OIDCProviderArn", oidc_provider_arn},
  };
  GstIcePair given[G_N_ELEMENTS (all)];
  guint i, n = 0;

  for (i = 0; i < G_N_ELEMENTS (all); i++) {
    if (all[i].value != NULL)
      given[n++] = all[i];
  }

  return gst_ice_acs3_canonical_query (given, n);
}

void
gst_ice_sts_assume_role_async (GstIceHttpClient * http,
    GstIceEndpoint * endpoint, const GstIceRole * role,
    GstIceIdentity * identity, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GstIceServiceCall *call = call_new ("AssumeRole", http, endpoint, role,
      gst_ice_identity_ref (identity));
  g_autofree gchar *query = format_role (role, NULL);
  g_autofree gchar *target = g_strconcat ("/?", query, NULL);
  GstIceHttpRequest *request =
      gst_ice_http_request_new ("POST", endpoint, NULL, target);

  gst_ice_service_call_sign_acs3 (call, request, API_VERSION, query);
  send (call, request, cancellable, callback, user_data);
}

/* The token is in there, so that it is wiped with the body. Returns its
 * size. */
static gsize
set_oidc_body (GstIceHttpRequest * request, const gchar * parameters,
    const gchar * token)
{
  g_autoptr (GPtrArray) body =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gchar *encoded = gst_ice_percent_encode (token, NULL);
  gchar *text = g_strconcat (parameters, "&OIDCToken=", encoded, NULL);
  gsize size = strlen (text);

  gst_ice_secret_free_string (encoded);
  g_ptr_array_add (body, g_bytes_new_with_free_func (text, size,
          (GDestroyNotify) gst_ice_secret_free_string, text));
  gst_ice_http_request_set_body (request, body, size);
  gst_ice_http_request_add_header (request, "content-type",
      "application/x-www-form-urlencoded");
  gst_ice_http_request_add_header (request, "accept", "application/json");

  return size;
}

void
gst_ice_sts_assume_role_with_oidc_async (GstIceHttpClient * http,
    GstIceEndpoint * endpoint, const GstIceRole * role,
    const gchar * oidc_provider_arn, const gchar * token,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GstIceServiceCall *call = call_new ("AssumeRoleWithOIDC", http, endpoint,
      role, gst_ice_identity_new ("OIDC", token, NULL));
  g_autofree gchar *date =
      gst_ice_service_call_format_time (call, GST_ICE_ACS3_TIME_FORMAT);
  const GstIcePair query[] = {
    {"Action", call->operation},
    {"Version", API_VERSION},
    {"Format", "JSON"},
    {"Timestamp", date},
  };
  g_autofree gchar *canonical_query =
      gst_ice_acs3_canonical_query (query, G_N_ELEMENTS (query));
  g_autofree gchar *target = g_strconcat ("/?", canonical_query, NULL);
  g_autofree gchar *parameters = format_role (role, oidc_provider_arn);
  GstIceHttpRequest *request =
      gst_ice_http_request_new ("POST", endpoint, NULL, target);

  call->bytes = set_oidc_body (request, parameters, token);
  send (call, request, cancellable, callback, user_data);
}

GstIceIdentity *
gst_ice_sts_finish (GAsyncResult * result, GError ** error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
