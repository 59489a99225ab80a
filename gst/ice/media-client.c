/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* One call of ICE, in reading order: identity, request, answer, result.
 *
 * All actions are alike but for their parameters and for what is read out of
 * a success; that is in its Action.
 *
 * Runs on: the network thread.
 * Owns: references to what it was made with. A Call belongs to its task. */

#include "ice/media-client.h"

#include <gst/gst.h>

#include <string.h>

#include "common/digest.h"
#include "common/json.h"
#include "common/log.h"
#include "common/request-log.h"
#include "credentials/acs3-signer.h"
#include "credentials/redaction.h"
#include "ice/ice-answer.h"
#include "ice/ice-errors.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_CLIENT)

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

typedef struct _Call Call;

/**
 * Action:
 * @name: in the service's words
 * @proof: (nullable): the member that only a success has
 * @read: what the answer @object says, or NULL with an error
 * @free_result: of @read
 *
 * What is particular to one action.
 */
typedef struct
{
  const gchar *name;
  const gchar *proof;
  gpointer (*read) (Call * call, const GstIceAnswer * answer,
      JsonObject * object, GError ** error);
  GDestroyNotify free_result;
} Action;

struct _Call
{
  GstIceMediaClient *client;    /* (owned) */
  const Action *action;
  gchar *media_id;              /* (owned) (nullable): that it is about */
  JsonObject *parameters;       /* (owned): of strings */
  GstIceIdentity *identity;     /* (owned) (nullable): who signs */
  gchar *request_id;            /* (owned) (nullable): of the answer */
  gint64 began_us;              /* monotonic: when it was sent */
};

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
  json_object_unref (call->parameters);
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
    .operation = call->action->name,
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
  Call *call = g_task_get_task_data (task);
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (details != NULL && details->operation == NULL) {
    details->service = "ice";
    details->operation = call->action->name;
    g_prefix_error (&error, "%s: ", call->action->name);
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

/* --- Answer to result or error --- */

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
    call->action->name, answer->status, answer->code, answer->message,
    call->request_id, call->identity, answer->date_us, answer->retry_after_us,
    answer->unreadable
  };
  GError *error = gst_ice_errors_new (&failure);

  log_failure (call, answer);
  if (gst_ice_error_is (error, GST_ICE_ERROR_IDENTITY_EXPIRED))
    gst_ice_credentials_provider_invalidate (call->client->provider,
        call->identity);

  return error;
}

/* For an answer that says 200 and yet makes no sense. (transfer full) */
static GError *
error_from_nonsense (Call * call, const gchar * reason)
{
  const GstIceErrorDetails details = {
    .service = "ice",.operation = call->action->name,.http_status = 200,
    .request_id = call->request_id,.retry_after_us = -1,.server_time_us = -1
  };

  return gst_ice_error_new_from_answer (GST_ICE_ERROR_PROTOCOL, &details,
      reason, NULL);
}

static gboolean
is_other_media (Call * call, JsonObject * object)
{
  const gchar *media_id = gst_ice_json_get_string (object, "MediaId");

  return media_id != NULL && call->media_id != NULL
      && !g_str_equal (media_id, call->media_id);
}

static gpointer
read_success (Call * call, const GstIceAnswer * answer, GError ** error)
{
  g_autoptr (GError) cause = NULL;
  gpointer result = NULL;

  if (answer->json == NULL)
    cause = gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
        "the answer is not a JSON object");
  else if (is_other_media (call, json_node_get_object (answer->json)))
    cause = gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
        "the answer is for another MediaId");
  else
    result = call->action->read (call, answer,
        json_node_get_object (answer->json), &cause);

  if (result == NULL)
    g_propagate_error (error, error_from_nonsense (call, cause->message));

  return result;
}

/* An error with status 200 has been seen elsewhere in Alibaba Cloud. */
static gboolean
is_success (Call * call, const GstIceAnswer * answer)
{
  const gchar *proof = call->action->proof;

  if (answer->status != 200)
    return FALSE;
  if (answer->code == NULL)
    return TRUE;

  return answer->json != NULL && proof != NULL
      && json_object_has_member (json_node_get_object (answer->json), proof);
}

static gpointer
read_answer (Call * call, const GstIceAnswer * answer, GError ** error)
{
  if (is_success (call, answer))
    return read_success (call, answer, error);

  g_propagate_error (error, error_from_answer (call, answer));

  return NULL;
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
  gpointer made;

  if (response == NULL) {
    return_failure (task, g_steal_pointer (&error));
    return;
  }

  answer = gst_ice_answer_new (response);
  call->request_id = gst_ice_redact_id (call->identity, answer->request_id);
  learn_clock (call, answer);

  made = read_answer (call, answer, &error);
  if (made == NULL) {
    return_failure (task, g_steal_pointer (&error));
    return;
  }

  log_end (call, answer->status, NULL);
  g_task_return_pointer (task, made, call->action->free_result);
}

static gchar *
format_date (gint64 time_us)
{
  g_autoptr (GDateTime) date =
      g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);

  return g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ");
}

static void
append_pair (JsonObject * object, const gchar * name, JsonNode * node,
    gpointer user_data)
{
  const GstIcePair pair = { name, json_node_get_string (node) };

  g_array_append_val ((GArray *) user_data, pair);
}

/* (transfer full) */
static gchar *
create_query (Call * call)
{
  g_autoptr (GArray) pairs = g_array_new (FALSE, FALSE, sizeof (GstIcePair));

  json_object_foreach_member (call->parameters, append_pair, pairs);

  return gst_ice_acs3_canonical_query ((GstIcePair *) pairs->data, pairs->len);
}

/* Nonce, date and signature are new for each attempt. (transfer full) */
static GstIceHttpRequest *
create_request (Call * call)
{
  GstIceMediaClient *client = call->client;
  GstIceClock *clock = gst_ice_http_client_get_clock (client->http);
  g_autofree gchar *canonical_query = create_query (call);
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
    {"x-acs-action", call->action->name},
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

/* @media_id: (nullable). @parameters: (transfer full) */
static void
call_async (GstIceMediaClient * client, const Action * action,
    const gchar * media_id, JsonObject * parameters,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->client = gst_ice_media_client_ref (client);
  call->action = action;
  call->media_id = g_strdup (media_id);
  call->parameters = parameters;
  g_task_set_source_tag (task, (gpointer) action);
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);

  gst_ice_credentials_provider_get_identity_async (client->provider,
      cancellable, on_identity, task);
}

static gpointer
call_finish (GAsyncResult * result, gchar ** request_id, GError ** error)
{
  Call *call;

  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  call = g_task_get_task_data (G_TASK (result));
  if (request_id != NULL)
    *request_id = g_strdup (call->request_id);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- RefreshUploadMedia --- */

/* The service's time is taken back to the moment of receipt. */
static gpointer
read_lease (Call * call, const GstIceAnswer * answer, JsonObject * object,
    GError ** error)
{
  GstIceClock *clock = gst_ice_http_client_get_clock (call->client->http);
  gint64 age_us = get_monotonic (call) - answer->received_us;
  gint64 service_us = gst_ice_clock_get_service_time (clock,
      call->client->endpoint->host);
  GstIceLease *lease =
      gst_ice_lease_decode (gst_ice_json_get_string (object, "UploadAddress"),
      gst_ice_json_get_string (object, "UploadAuth"), service_us - age_us,
      answer->received_us, error);
  g_autofree gchar *endpoint = NULL;

  if (lease == NULL)
    return NULL;

  endpoint = gst_ice_endpoint_to_string (lease->endpoint);
  GST_DEBUG ("%s: endpoint %s, bucket %s, object %s, Region %s",
      call->media_id, endpoint, lease->bucket, lease->key, lease->region);

  return lease;
}

static const Action refresh_upload_media = {
  "RefreshUploadMedia", "UploadAuth", read_lease,
  (GDestroyNotify) gst_ice_lease_unref
};

/* Most actions are about one media asset. */
static void
call_for_media (GstIceMediaClient * client, const Action * action,
    const gchar * media_id, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  JsonObject *parameters = json_object_new ();

  json_object_set_string_member (parameters, "MediaId", media_id);
  call_async (client, action, media_id, parameters, cancellable, callback,
      user_data);
}

void
gst_ice_media_client_refresh_upload_media_async (GstIceMediaClient * client,
    const gchar * media_id, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  call_for_media (client, &refresh_upload_media, media_id, cancellable,
      callback, user_data);
}

GstIceLease *
gst_ice_media_client_refresh_upload_media_finish (GstIceMediaClient * client,
    GAsyncResult * result, gchar ** request_id, GError ** error)
{
  return call_finish (result, request_id, error);
}

/* --- CreateUploadMedia --- */

/* It is printed, and taken for an argument. */
static gboolean
is_media_id (const gchar * text)
{
  return *text != '\0' && strlen (text) <= 128
      && strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_")
      == strlen (text);
}

/* The credential in the answer is not looked at: who uploads asks for one of
 * its own. */
static gpointer
read_media_id (Call * call, const GstIceAnswer * answer, JsonObject * object,
    GError ** error)
{
  const gchar *media_id = gst_ice_json_get_string (object, "MediaId");

  if (media_id != NULL && is_media_id (media_id))
    return g_strdup (media_id);

  gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL,
      "there is no MediaId in the answer");

  return NULL;
}

static const Action create_upload_media = {
  "CreateUploadMedia", "MediaId", read_media_id, g_free
};

void
gst_ice_media_client_create_upload_media_async (GstIceMediaClient * client,
    const GstIceNewMedia * media, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  call_async (client, &create_upload_media, NULL,
      gst_ice_new_media_get_parameters (media), cancellable, callback,
      user_data);
}

gchar *
gst_ice_media_client_create_upload_media_finish (GstIceMediaClient * client,
    GAsyncResult * result, gchar ** request_id, GError ** error)
{
  return call_finish (result, request_id, error);
}

/* --- GetMediaInfo --- */

static gpointer
read_media_info (Call * call, const GstIceAnswer * answer,
    JsonObject * object, GError ** error)
{
  GstIceMediaInfo *info = gst_ice_media_info_parse (object, error);

  if (info == NULL || info->media_id == NULL
      || g_str_equal (info->media_id, call->media_id))
    return info;

  gst_ice_media_info_free (info);
  gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL,
      "the answer is for another MediaId");

  return NULL;
}

static const Action get_media_info = {
  "GetMediaInfo", "MediaInfo", read_media_info,
  (GDestroyNotify) gst_ice_media_info_free
};

void
gst_ice_media_client_get_media_info_async (GstIceMediaClient * client,
    const gchar * media_id, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  call_for_media (client, &get_media_info, media_id, cancellable, callback,
      user_data);
}

GstIceMediaInfo *
gst_ice_media_client_get_media_info_finish (GstIceMediaClient * client,
    GAsyncResult * result, gchar ** request_id, GError ** error)
{
  return call_finish (result, request_id, error);
}

/* --- DeleteMediaInfos --- */

void
gst_ice_deletion_free (GstIceDeletion * deletion)
{
  g_strfreev (deletion->ignored);
  g_strfreev (deletion->forbidden);
  g_free (deletion);
}

/* The texts in the array @name, which may be absent. NULL with an error if it
 * is something else. (transfer full) */
static GStrv
read_list (JsonObject * object, const gchar * name, GError ** error)
{
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();
  JsonNode *node = json_object_get_member (object, name);
  JsonArray *array = NULL;
  guint i;

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    array = json_node_get_array (node);
  else if (node != NULL && !JSON_NODE_HOLDS_NULL (node))
    goto wrong;

  for (i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (json_node_get_value_type (element) != G_TYPE_STRING)
      goto wrong;
    g_strv_builder_add (list, json_node_get_string (element));
  }

  return g_strv_builder_end (list);

wrong:
  gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL,
      "%s in the answer is not a list of ids", name);

  return NULL;
}

static gpointer
read_deletion (Call * call, const GstIceAnswer * answer, JsonObject * object,
    GError ** error)
{
  g_autoptr (GstIceDeletion) deletion = g_new0 (GstIceDeletion, 1);

  deletion->ignored = read_list (object, "IgnoredList", error);
  if (deletion->ignored == NULL)
    return NULL;
  deletion->forbidden = read_list (object, "ForbiddenList", error);
  if (deletion->forbidden == NULL)
    return NULL;

  return g_steal_pointer (&deletion);
}

static const Action delete_media_infos = {
  "DeleteMediaInfos", NULL, read_deletion,
  (GDestroyNotify) gst_ice_deletion_free
};

void
gst_ice_media_client_delete_media_infos_async (GstIceMediaClient * client,
    const gchar * const *media_ids, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  JsonObject *parameters = json_object_new ();
  g_autofree gchar *list = g_strjoinv (",", (gchar **) media_ids);

  json_object_set_string_member (parameters, "MediaIds", list);
  call_async (client, &delete_media_infos, NULL, parameters, cancellable,
      callback, user_data);
}

GstIceDeletion *
gst_ice_media_client_delete_media_infos_finish (GstIceMediaClient * client,
    GAsyncResult * result, gchar ** request_id, GError ** error)
{
  return call_finish (result, request_id, error);
}
