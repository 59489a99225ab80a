/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One request to OSS and its answer, the same way for all operations: sign,
 * send, tell success from failure. What differs between them stands in
 * oss-operation.c.
 *
 * Runs on: the network thread.
 * Owns: a request from send_async() on; it belongs to the task's Call. */

#include "oss/oss-client.h"

#include <gst/gst.h>

#include "common/log.h"
#include "credentials/service-call.h"
#include "oss/oss-errors.h"
#include "oss/oss-signer.h"
#include "oss/oss-xml.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_OSS)

#define PRODUCT "oss"
#define UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

struct _GstIceOssClient
{
  gatomicrefcount ref_count;
  GstIceHttpClient *http;       /* (owned) */
};

typedef struct
{
  GstIceServiceCall service;
  GstIceOssRequest *request;    /* (owned) */
  GstIceOssObject *object;      /* (owned) */
} Call;

GstIceOssClient *
gst_ice_oss_client_new (GstIceHttpClient * http)
{
  GstIceOssClient *client = g_new0 (GstIceOssClient, 1);

  g_atomic_ref_count_init (&client->ref_count);
  client->http = gst_ice_http_client_ref (http);

  return client;
}

static void
finalize (GstIceOssClient * client)
{
  gst_ice_http_client_unref (client->http);
  g_free (client);
}

GST_ICE_DEFINE_COUNTED (GstIceOssClient, gst_ice_oss_client, finalize)

static void
call_free (Call * call)
{
  gst_ice_service_call_clear (&call->service);
  gst_ice_oss_request_free (call->request);
  gst_ice_oss_object_unref (call->object);
  g_free (call);
}

/* Path style for an address, where no bucket fits in front. */
static GstIceHttpRequest *
create_http_request (Call * call, const gchar * query)
{
  const GstIceOssObject *object = call->object;
  gboolean in_path = object->endpoint->is_address;
  g_autofree gchar *path =
      gst_ice_oss_signer_canonical_uri (in_path ? object->bucket : NULL,
      object->key);
  g_autofree gchar *target =
      g_strconcat (path, *query != '\0' ? "?" : "", query, NULL);

  return gst_ice_http_request_new (call->request->operation->method,
      object->endpoint, in_path ? NULL : object->bucket, target);
}

static void
sign (Call * call, GstIceHttpRequest * http_request, const gchar * query)
{
  const GstIceOssRequest *request = call->request;
  const GstIceOssObject *object = call->object;
  const gchar *token = gst_ice_identity_peek_token (call->service.identity);
  g_autofree gchar *uri =
      gst_ice_oss_signer_canonical_uri (object->bucket, object->key);
  g_autofree gchar *date =
      gst_ice_service_call_format_time (&call->service, "%Y%m%dT%H%M%SZ");
  GstIcePair headers[4];
  gchar *authorization;
  gsize n = 0;
  gsize i;

  headers[n++] = (GstIcePair) { "x-oss-date", date };
  headers[n++] = (GstIcePair) { "x-oss-content-sha256", UNSIGNED_PAYLOAD };
  if (token != NULL)
    headers[n++] = (GstIcePair) { "x-oss-security-token", token };
  if (request->content_type != NULL)
    headers[n++] = (GstIcePair) { "content-type", request->content_type };

  authorization = gst_ice_oss_signer_authorization (call->service.identity,
      object->region, PRODUCT, request->operation->method, uri, query,
      headers, n, NULL);

  for (i = 0; i < n; i++)
    gst_ice_http_request_add_header (http_request, headers[i].name,
        headers[i].value);
  gst_ice_http_request_add_header (http_request, "authorization",
      authorization);
  gst_ice_secret_free_string (authorization);
}

static void
ask_as_web_page (GstIceHttpRequest * http_request)
{
  gst_ice_http_request_add_header (http_request, "origin", "null");
  gst_ice_http_request_add_header (http_request,
      "access-control-request-method", "PUT");
}

/* An answer to HEAD has no body; its <Error> is in a header. */
static GstIceOssErrorAnswer *
read_error_header (const GstIceHttpResponse * response)
{
  const gchar *text = gst_ice_http_response_get_header (response, "x-oss-err");
  g_autofree gchar *xml = NULL;
  gsize size;

  if (text == NULL)
    return NULL;

  xml = (gchar *) g_base64_decode (text, &size);

  return gst_ice_oss_xml_parse_error (xml, size);
}

/* The <Error> in @response, which may come with any status. */
static GstIceOssErrorAnswer *
read_error_answer (const GstIceHttpResponse * response)
{
  gsize size;
  const gchar *data = g_bytes_get_data (response->body, &size);

  if (size == 0)
    return read_error_header (response);

  return gst_ice_oss_xml_parse_error (data, size);
}

/* (transfer full) */
static GError *
error_from_answer (Call * call, const GstIceHttpResponse * response,
    const GstIceOssErrorAnswer * answer)
{
  const GstIceOssFailure failure = {
    .operation = call->request->operation->name,
    .part = call->request->part_number,
    .status = response->status,
    .answer = answer,
    .request_id = call->service.request_id,
    .ec = gst_ice_http_response_get_header (response, "x-oss-ec"),
    .identity = call->service.identity,
    .region = call->object->region,
    .signed_us = call->service.signed_us,
    .date_us = response->date_us,
    .retry_after_us = gst_ice_http_response_get_retry_after (response),
    .is_foreign = answer == NULL && (g_bytes_get_size (response->body) > 0
        || call->service.request_id == NULL),
  };

  return gst_ice_oss_error_new (&failure);
}

static void
warn_of_bad_crc64 (const GstIceHttpResponse * response,
    const GstIceOssReply * reply)
{
  if (!reply->has_crc64
      && gst_ice_http_response_get_header (response, "x-oss-hash-crc64ecma"))
    GST_WARNING ("x-oss-hash-crc64ecma is not a number; ignored");
}

static GstIceOssReply *
read_reply (Call * call, const GstIceHttpResponse * response, GError ** error)
{
  const GstIceOssOperation *operation = call->request->operation;
  g_autoptr (GstIceOssReply) reply = g_new0 (GstIceOssReply, 1);
  g_autoptr (GError) cause = NULL;

  reply->size = -1;
  reply->request_id = g_strdup (call->service.request_id);
  if (operation->read != NULL
      && !operation->read (response, call->request->marker, reply, &cause)) {
    g_propagate_error (error, gst_ice_service_call_new_nonsense
        (&call->service, response->status, cause->message));
    return NULL;
  }
  warn_of_bad_crc64 (response, reply);

  return g_steal_pointer (&reply);
}

/* The header goes before the body, which may be a proxy's work. */
static const gchar *
find_request_id (const GstIceHttpResponse * response,
    const GstIceOssErrorAnswer * answer)
{
  const gchar *id =
      gst_ice_http_response_get_header (response, "x-oss-request-id");

  if (id == NULL && answer != NULL)
    id = answer->request_id;

  return id;
}

static GstIceOssReply *
reply_from_response (Call * call, const GstIceHttpResponse * response,
    GError ** error)
{
  g_autoptr (GstIceOssErrorAnswer) answer = read_error_answer (response);

  gst_ice_service_call_answered (&call->service,
      find_request_id (response, answer));
  if (answer == NULL
      && response->status == call->request->operation->success)
    return read_reply (call, response, error);

  g_propagate_error (error, error_from_answer (call, response, answer));

  return NULL;
}

static void
on_response (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GstIceHttpResponse) response = NULL;
  GstIceOssReply *reply = NULL;
  GError *error = NULL;

  response = gst_ice_http_client_send_finish (call->service.http, result,
      &error);
  if (response != NULL)
    reply = reply_from_response (call, response, &error);

  gst_ice_service_call_end (&call->service, response, &error);
  if (reply == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, reply,
        (GDestroyNotify) gst_ice_oss_reply_free);
}

static void
on_progress (guint64 bytes, gpointer user_data)
{
  Call *call = user_data;

  call->service.bytes += bytes;
  if (call->request->progress != NULL)
    call->request->progress (bytes, call->request->progress_data);
}

static GstIceHttpRequest *
prepare (Call * call)
{
  const GstIceOssRequest *request = call->request;
  g_autofree gchar *query = gst_ice_oss_request_get_query (request);
  GstIceHttpRequest *http_request = create_http_request (call, query);

  if (request->operation == &gst_ice_oss_option_object)
    ask_as_web_page (http_request);
  else
    sign (call, http_request, query);
  gst_ice_http_request_set_response_limit (http_request,
      request->operation->response_limit);
  if (request->bytes != NULL)
    gst_ice_http_request_set_body (http_request, request->bytes,
        request->size);
  if (request->stream != NULL)
    gst_ice_http_request_set_body_stream (http_request, request->stream,
        request->size);
  gst_ice_http_request_set_progress (http_request, on_progress, call);

  return http_request;
}

void
gst_ice_oss_client_send_async (GstIceOssClient * client,
    GstIceOssRequest * request, GstIceOssObject * object,
    GstIceIdentity * identity, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Call *call = g_new0 (Call, 1);

  gst_ice_service_call_init (&call->service, "oss", request->operation->name,
      client->http, object->endpoint);
  call->service.part = request->part_number;
  call->service.identity = gst_ice_identity_ref (identity);
  call->service.subject = g_strdup (object->key);
  call->service.log_level = request->operation->log_level;
  call->request = request;
  call->object = gst_ice_oss_object_ref (object);
  gst_ice_service_call_begin (&call->service);
  g_task_set_source_tag (task, gst_ice_oss_client_send_async);
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);

  gst_ice_http_client_send_async (client->http, prepare (call), cancellable,
      on_response, task);
}

GstIceOssReply *
gst_ice_oss_client_send_finish (GstIceOssClient * client,
    GAsyncResult * result, GError ** error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
