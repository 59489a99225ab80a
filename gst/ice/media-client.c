/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One call of ICE, in reading order: identity, request, answer, result.
 *
 * All actions are alike but for their parameters and for what is read out of
 * a success; that is in its Action.
 *
 * Runs on: the network thread.
 * Owns: references to what it was made with. A Call belongs to its task. */

#include "ice/media-client.h"

#include <gst/gst.h>

#include "common/json.h"
#include "common/log.h"
#include "common/media-id.h"
#include "credentials/acs3-signer.h"
#include "credentials/redaction.h"
#include "credentials/service-call.h"
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
  GstIceServiceCall service;
  GstIceMediaClient *client;    /* (owned) */
  const Action *action;
  gchar *media_id;              /* (owned) (nullable): that it is about */
  JsonObject *parameters;       /* (owned): of strings */
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

static void
finalize (GstIceMediaClient * client)
{
  gst_ice_http_client_unref (client->http);
  gst_ice_endpoint_unref (client->endpoint);
  g_object_unref (client->provider);
  g_free (client);
}

GST_ICE_DEFINE_COUNTED (GstIceMediaClient, gst_ice_media_client, finalize)

guint
gst_ice_media_client_get_requests (GstIceMediaClient * client)
{
  return client->requests;
}

static void
call_free (Call * call)
{
  gst_ice_service_call_clear (&call->service);
  gst_ice_media_client_unref (call->client);
  g_free (call->media_id);
  json_object_unref (call->parameters);
  g_free (call);
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
    g_autofree gchar *shown = gst_ice_redact (call->service.identity, text);

    if (shown != NULL)
      GST_DEBUG ("%s: %s", names[i], shown);
  }
}

static GError *
error_from_answer (Call * call, const GstIceAnswer * answer)
{
  const GstIceServiceFailure failure = {
    call->action->name, answer->status, answer->code, answer->message,
    call->service.request_id, call->service.identity,
    gst_ice_service_call_read_time (answer->server_time, answer->date_us),
    answer->retry_after_us, answer->is_foreign
  };
  GError *error = gst_ice_errors_new (&failure);

  log_failure (call, answer);
  if (gst_ice_error_is (error, GST_ICE_ERROR_IDENTITY_EXPIRED))
    gst_ice_credentials_provider_invalidate (call->client->provider,
        call->service.identity);

  return error;
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
    g_propagate_error (error, gst_ice_service_call_new_nonsense
        (&call->service, answer->status, cause->message));

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

static void
on_response (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GstIceHttpResponse) response =
      gst_ice_http_client_send_finish (call->client->http, result, &error);
  g_autoptr (GstIceAnswer) answer = NULL;
  gpointer made = NULL;

  if (response != NULL) {
    answer = gst_ice_answer_new (response);
    gst_ice_service_call_answered (&call->service, answer->request_id);
    made = read_answer (call, answer, &error);
  }

  gst_ice_service_call_end (&call->service, response, &error);
  if (made != NULL)
    g_task_return_pointer (task, made, call->action->free_result);
  else
    g_task_return_error (task, error);
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

/* (transfer full) */
static GstIceHttpRequest *
create_request (Call * call)
{
  g_autofree gchar *query = create_query (call);
  g_autofree gchar *target = g_strconcat ("/?", query, NULL);
  GstIceHttpRequest *request = gst_ice_http_request_new ("POST",
      call->client->endpoint, NULL, target);

  gst_ice_service_call_sign_acs3 (&call->service, request, VERSION_OF_API,
      query);
  gst_ice_http_request_set_timeout (request, TIMEOUT_US);
  gst_ice_http_request_set_response_limit (request, RESPONSE_LIMIT);

  return request;
}

/* What of @identity can't be used, or NULL. */
static const gchar *
find_flaw (const GstIceIdentity * identity)
{
  const gchar *token = gst_ice_identity_peek_token (identity);

  if (!gst_ice_identity_is_sendable (gst_ice_identity_get_access_key_id
          (identity)))
    return "AccessKey id";
  if (!gst_ice_identity_is_sendable (gst_ice_identity_peek_secret (identity)))
    return "AccessKey secret";

  return token == NULL || gst_ice_identity_is_sendable (token) ? NULL
      : "security token";
}

static void
on_identity (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  const gchar *flaw = NULL;
  GError *error = NULL;

  call->service.identity =
      gst_ice_credentials_provider_get_identity_finish (call->client->provider,
      result, &error);
  if (call->service.identity != NULL)
    flaw = find_flaw (call->service.identity);
  if (flaw != NULL)
    error = gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
        "the %s has blanks or control characters in it", flaw);
  if (error != NULL) {
    gst_ice_service_call_name (&call->service, &error);
    g_task_return_error (task, error);
    return;
  }

  call->client->requests++;
  gst_ice_service_call_begin (&call->service);
  gst_ice_http_client_send_async (call->client->http, create_request (call),
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

  gst_ice_service_call_init (&call->service, "ice", action->name,
      client->http, client->endpoint);
  call->service.subject = g_strdup (media_id);
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
    *request_id = g_strdup (call->service.request_id);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- RefreshUploadMedia --- */

static gpointer
read_lease (Call * call, const GstIceAnswer * answer, JsonObject * object,
    GError ** error)
{
  gint64 service_us = gst_ice_service_call_get_answer_time (&call->service,
      answer->date_us, answer->received_us);
  GstIceLease *lease =
      gst_ice_lease_decode (gst_ice_json_get_string (object, "UploadAddress"),
      gst_ice_json_get_string (object, "UploadAuth"), service_us,
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

/* The credential in the answer is not looked at: who uploads asks for one of
 * its own. */
static gpointer
read_media_id (Call * call, const GstIceAnswer * answer, JsonObject * object,
    GError ** error)
{
  const gchar *media_id = gst_ice_json_get_string (object, "MediaId");

  if (gst_ice_media_id_is_valid (media_id))
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
