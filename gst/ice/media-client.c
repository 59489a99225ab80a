/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* One call of RefreshUploadMedia, in reading order: identity, request,
 * answer, lease.
 *
 * Runs on: the network thread.
 * Owns: references to what it was made with. A Call belongs to its task. */

#include "ice/media-client.h"

#include <gst/gst.h>

#include "common/digest.h"
#include "common/json.h"
#include "common/log.h"
#include "common/request-log.h"
#include "credentials/acs3-signer.h"
#include "credentials/redaction.h"
#include "ice/ice-answer.h"
#include "ice/ice-errors.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_CLIENT)

#define OPERATION "RefreshUploadMedia"
#define VERSION_OF_API "2020-11-09"

#define TIMEOUT_US (30 * (gint64) G_USEC_PER_SEC)
#define RESPONSE_LIMIT (256 * 1024)

struct _GstIceMediaClient
{
  gatomicrefcount ref_count;
  GstIceHttpClient *http;       /* (owned) */
  GstIceEndpoint *endpoint;     /* (owned) */
  GstIceCredentialsProvider *provider;  /* (owned) */
  guint requests;
};

typedef struct
{
  GstIceMediaClient *client;    /* (owned) */
  gchar *media_id;              /* (owned) */
  GstIceIdentity *identity;     /* (owned) (nullable): who signs */
  gchar *request_id;            /* (owned) (nullable): of the answer */
  gint64 began_us;              /* monotonic: when it was sent */
} Call;

GstIceMediaClient *
gst_ice_media_client_new (GstIceHttpClient * http, GstIceEndpoint * endpoint,
    GstIceCredentialsProvider * provider)
{
  GstIceMediaClient *client = g_new0 (GstIceMediaClient, 1);

  g_atomic_ref_count_init (&client->ref_count);
  client->http = gst_ice_http_client_ref (http);
  client->endpoint = gst_ice_endpoint_ref (endpoint);
  client->provider = g_object_ref (provider);

  return client;
}

GstIceMediaClient *
gst_ice_media_client_ref (GstIceMediaClient * client)
{
  g_atomic_ref_count_inc (&client->ref_count);

  return client;
}

void
gst_ice_media_client_unref (GstIceMediaClient * client)
{
  if (!g_atomic_ref_count_dec (&client->ref_count))
    return;

  gst_ice_http_client_unref (client->http);
  gst_ice_endpoint_unref (client->endpoint);
  g_object_unref (client->provider);
  g_free (client);
}

guint
gst_ice_media_client_get_requests (GstIceMediaClient * client)
{
  return client->requests;
}

static void
call_free (Call * call)
{
  gst_ice_media_client_unref (call->client);
  g_free (call->media_id);
  g_clear_pointer (&call->identity, gst_ice_identity_unref);
  g_free (call->request_id);
  g_free (call);
}

static gint64
get_monotonic (Call * call)
{
  return gst_ice_clock_get_monotonic (gst_ice_http_client_get_clock
      (call->client->http));
}

/* @error: (nullable) */
static void
log_end (Call * call, guint status, const GError * error)
{
  const GstIceRequestLog log = {
    .operation = OPERATION,
    .duration_us = get_monotonic (call) - call->began_us,
    .status = status,
    .request_id = call->request_id,
    .object = call->media_id,
    .error = error,
  };

  gst_ice_request_log_write (&log, GST_LEVEL_DEBUG);
}

/* Completes @task with @error, whose details name the call. */
static void
return_error (GTask * task, GError * error)
{
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (details != NULL && details->operation == NULL) {
    details->service = "ice";
    details->operation = OPERATION;
    g_prefix_error (&error, "%s: ", OPERATION);
  }

  g_task_return_error (task, error);
}

/* The same, of a request that was sent. */
static void
return_failure (GTask * task, GError * error)
{
  Call *call = g_task_get_task_data (task);
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  log_end (call, details != NULL ? details->http_status : 0, error);
  return_error (task, error);
}

/* --- Answer to lease or error --- */

/* What else the service says about a failure may help a person. */
static void
log_failure (Call * call, const GstIceAnswer * answer)
{
  static const gchar *const names[] =
      { "Description", "Recommend", "AccessDeniedDetail", "HostId" };
  guint i;

  if (answer->json == NULL)
    return;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    JsonNode *node =
        json_object_get_member (json_node_get_object (answer->json), names[i]);
    g_autofree gchar *text =
        node != NULL ? json_to_string (node, FALSE) : NULL;
    g_autofree gchar *shown = gst_ice_redact (call->identity, text);

    if (shown != NULL)
      GST_DEBUG ("%s: %s", names[i], shown);
  }
}

static GError *
error_from_answer (Call * call, const GstIceAnswer * answer)
{
  const GstIceServiceFailure failure = {
    OPERATION, answer->status, answer->code, answer->message,
    call->request_id, call->identity, answer->date_us, answer->retry_after_us,
    answer->unreadable
  };
  GError *error = gst_ice_errors_new (&failure);

  log_failure (call, answer);
  if (gst_ice_error_is (error, GST_ICE_ERROR_IDENTITY_EXPIRED))
    gst_ice_credentials_provider_invalidate (call->client->provider);

  return error;
}

/* For an answer that says 200 and yet makes no sense. (transfer full) */
static GError *
error_from_nonsense (Call * call, const gchar * reason)
{
  const GstIceErrorDetails details = {
    .service = "ice",.operation = OPERATION,.http_status = 200,
    .request_id = call->request_id,.retry_after_us = -1,.server_time_us = -1
  };

  return gst_ice_error_new_from_answer (GST_ICE_ERROR_PROTOCOL, &details,
      reason, NULL);
}

static gboolean
is_other_media (Call * call, JsonObject * object)
{
  const gchar *media_id = gst_ice_json_get_string (object, "MediaId");

  return media_id != NULL && !g_str_equal (media_id, call->media_id);
}

/* The service's time is taken back to the moment of receipt. */
static GstIceLease *
decode_lease (Call * call, const GstIceAnswer * answer, GError ** error)
{
  GstIceClock *clock = gst_ice_http_client_get_clock (call->client->http);
  gint64 age_us = get_monotonic (call) - answer->received_us;
  gint64 service_us = gst_ice_clock_get_service_time (clock,
      call->client->endpoint->host);
  JsonObject *object = json_node_get_object (answer->json);

  return gst_ice_lease_decode (gst_ice_json_get_string (object,
          "UploadAddress"), gst_ice_json_get_string (object, "UploadAuth"),
      service_us - age_us, answer->received_us, error);
}

static GstIceLease *
lease_from_success (Call * call, const GstIceAnswer * answer, GError ** error)
{
  g_autoptr (GError) cause = NULL;
  GstIceLease *lease = NULL;

  if (answer->json == NULL)
    cause = gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
        "the answer is not a JSON object");
  else if (is_other_media (call, json_node_get_object (answer->json)))
    cause = gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
        "the answer is for another MediaId");
  else
    lease = decode_lease (call, answer, &cause);

  if (lease == NULL)
    g_propagate_error (error, error_from_nonsense (call, cause->message));

  return lease;
}

/* An error with status 200 has been seen elsewhere in Alibaba Cloud. */
static gboolean
is_success (const GstIceAnswer * answer)
{
  if (answer->status != 200)
    return FALSE;
  if (answer->code == NULL)
    return TRUE;

  return answer->json != NULL
      && json_object_has_member (json_node_get_object (answer->json),
      "UploadAuth");
}

static GstIceLease *
lease_from_answer (Call * call, const GstIceAnswer * answer, GError ** error)
{
  if (is_success (answer))
    return lease_from_success (call, answer, error);

  g_propagate_error (error, error_from_answer (call, answer));

  return NULL;
}

static void
log_lease (Call * call, const GstIceLease * lease)
{
  g_autofree gchar *endpoint = gst_ice_endpoint_to_string (lease->endpoint);

  GST_DEBUG ("%s: endpoint %s, bucket %s, object %s, Region %s",
      call->media_id, endpoint, lease->bucket, lease->key, lease->region);
}

/* --- The call --- */

/* A proxy's Date says nothing about the service's clock. */
static void
learn_clock (Call * call, const GstIceAnswer * answer)
{
  if (answer->request_id != NULL && answer->date_us >= 0)
    gst_ice_clock_learn (gst_ice_http_client_get_clock (call->client->http),
        call->client->endpoint->host, answer->date_us, answer->received_us);
}

static void
on_response (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceHttpResponse) response =
      gst_ice_http_client_send_finish (call->client->http, result, &error);
  g_autoptr (GstIceAnswer) answer = NULL;
  GstIceLease *lease;

  if (response == NULL) {
    return_failure (task, g_steal_pointer (&error));
    return;
  }

  answer = gst_ice_answer_new (response);
  call->request_id = gst_ice_redact_id (call->identity, answer->request_id);
  learn_clock (call, answer);

  lease = lease_from_answer (call, answer, &error);
  if (lease == NULL) {
    return_failure (task, g_steal_pointer (&error));
    return;
  }

  log_end (call, answer->status, NULL);
  log_lease (call, lease);
  g_task_return_pointer (task, lease, (GDestroyNotify) gst_ice_lease_unref);
}

static gchar *
format_date (gint64 time_us)
{
  g_autoptr (GDateTime) date =
      g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);

  return g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ");
}

/* Nonce, date and signature are new for each attempt. (transfer full) */
static GstIceHttpRequest *
create_request (Call * call)
{
  GstIceMediaClient *client = call->client;
  GstIceClock *clock = gst_ice_http_client_get_clock (client->http);
  const GstIcePair query[] = { {"MediaId", call->media_id} };
  g_autofree gchar *canonical_query =
      gst_ice_acs3_canonical_query (query, G_N_ELEMENTS (query));
  g_autofree gchar *target = g_strconcat ("/?", canonical_query, NULL);
  g_autofree gchar *date = format_date (gst_ice_clock_get_service_time (clock,
          client->endpoint->host));
  g_autofree gchar *nonce = g_uuid_string_random ();
  g_autofree gchar *digest = gst_ice_sha256_hex ("", 0);
  const gchar *token = gst_ice_identity_peek_token (call->identity);
  GstIceHttpRequest *request = gst_ice_http_request_new ("POST",
      client->endpoint, NULL, target);
  const GstIcePair headers[] = {
    {"host", gst_ice_http_request_get_host (request)},
    {"x-acs-action", OPERATION},
    {"x-acs-version", VERSION_OF_API},
    {"x-acs-date", date},
    {"x-acs-signature-nonce", nonce},
    {"x-acs-content-sha256", digest},
    {"x-acs-security-token", token},
  };
  gsize n_headers = G_N_ELEMENTS (headers) - (token == NULL ? 1 : 0);
  gchar *authorization = gst_ice_acs3_authorization (call->identity,
      "POST", "/", canonical_query, headers, n_headers);
  gsize i;

  /* The first one is Host, which the HTTP client writes itself. */
  for (i = 1; i < n_headers; i++)
    gst_ice_http_request_add_header (request, headers[i].name,
        headers[i].value);
  gst_ice_http_request_add_header (request, "authorization", authorization);
  gst_ice_http_request_add_header (request, "accept", "application/json");
  gst_ice_secret_free_string (authorization);

  return request;
}

static gboolean
is_sendable (const GstIceIdentity * identity)
{
  const gchar *token = gst_ice_identity_peek_token (identity);

  return gst_ice_identity_is_sendable (gst_ice_identity_get_access_key_id
      (identity)) && (token == NULL || gst_ice_identity_is_sendable (token));
}

static void
on_identity (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  GstIceHttpRequest *request;
  GError *error = NULL;

  call->identity =
      gst_ice_credentials_provider_get_identity_finish (call->client->provider,
      result, &error);
  if (call->identity != NULL && !is_sendable (call->identity))
    error = gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
        "the AccessKey id or the security token has characters in it that "
        "cannot be sent");
  if (error != NULL) {
    return_error (task, error);
    return;
  }

  call->client->requests++;
  call->began_us = get_monotonic (call);
  request = create_request (call);
  gst_ice_http_request_set_timeout (request, TIMEOUT_US);
  gst_ice_http_request_set_response_limit (request, RESPONSE_LIMIT);
  gst_ice_http_client_send_async (call->client->http, request,
      g_task_get_cancellable (task), on_response, g_object_ref (task));
}

void
gst_ice_media_client_refresh_upload_media_async (GstIceMediaClient * client,
    const gchar * media_id, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->client = gst_ice_media_client_ref (client);
  call->media_id = g_strdup (media_id);
  g_task_set_source_tag (task,
      gst_ice_media_client_refresh_upload_media_async);
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);

  gst_ice_credentials_provider_get_identity_async (client->provider,
      cancellable, on_identity, task);
}

GstIceLease *
gst_ice_media_client_refresh_upload_media_finish (GstIceMediaClient * client,
    GAsyncResult * result, gchar ** request_id, GError ** error)
{
  Call *call;

  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  call = g_task_get_task_data (G_TASK (result));
  if (request_id != NULL)
    *request_id = g_strdup (call->request_id);

  return g_task_propagate_pointer (G_TASK (result), error);
}
