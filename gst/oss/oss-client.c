/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* One request to OSS and its answer, the same way for all operations: sign,
 * send, tell success from failure. What differs between them stands in
 * oss-request.c and oss-reply.c.
 *
 * Runs on: the network thread.
 * Owns: a request from send_async() on; it belongs to the task's Call. */

#include "oss/oss-client.h"

#include <string.h>

#include <gst/gst.h>

#include "common/log.h"
#include "common/request-log.h"
#include "credentials/redaction.h"
#include "oss/oss-errors.h"
#include "oss/oss-request.h"
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
  GstIceOssClient *client;      /* (owned) */
  GstIceOssRequest *request;    /* (owned) */
  GstIceOssObject *object;      /* (owned) */
  GstIceIdentity *identity;     /* (owned) */
  gint64 signed_us;             /* service time in the signature */
  gint64 began_us;              /* monotonic */
  guint64 bytes_sent;           /* of the body */
} Call;

/* --- Object and part --- */

GstIceOssObject *
gst_ice_oss_object_new (GstIceEndpoint * endpoint, const gchar * bucket,
    const gchar * key, const gchar * region)
{
  GstIceOssObject *object;

  g_return_val_if_fail (region != NULL, NULL);

  object = g_new0 (GstIceOssObject, 1);
  g_atomic_ref_count_init (&object->ref_count);
  object->endpoint = gst_ice_endpoint_ref (endpoint);
  object->bucket = g_strdup (bucket);
  object->key = g_strdup (key);
  object->region = g_strdup (region);

  return object;
}

GstIceOssObject *
gst_ice_oss_object_ref (GstIceOssObject * object)
{
  g_atomic_ref_count_inc (&object->ref_count);

  return object;
}

void
gst_ice_oss_object_unref (GstIceOssObject * object)
{
  if (!g_atomic_ref_count_dec (&object->ref_count))
    return;

  gst_ice_endpoint_unref (object->endpoint);
  g_free (object->bucket);
  g_free (object->key);
  g_free (object->region);
  g_free (object);
}

GstIceOssPart *
gst_ice_oss_part_new (guint number, const gchar * etag, guint64 size)
{
  GstIceOssPart *part = g_new0 (GstIceOssPart, 1);

  part->number = number;
  part->etag = g_strdup (etag);
  part->size = size;

  return part;
}

void
gst_ice_oss_part_free (GstIceOssPart * part)
{
  g_free (part->etag);
  g_free (part);
}

/* --- The client --- */

GstIceOssClient *
gst_ice_oss_client_new (GstIceHttpClient * http)
{
  GstIceOssClient *client = g_new0 (GstIceOssClient, 1);

  g_atomic_ref_count_init (&client->ref_count);
  client->http = gst_ice_http_client_ref (http);

  return client;
}

GstIceOssClient *
gst_ice_oss_client_ref (GstIceOssClient * client)
{
  g_atomic_ref_count_inc (&client->ref_count);

  return client;
}

void
gst_ice_oss_client_unref (GstIceOssClient * client)
{
  if (!g_atomic_ref_count_dec (&client->ref_count))
    return;

  gst_ice_http_client_unref (client->http);
  g_free (client);
}

static void
call_free (Call * call)
{
  gst_ice_oss_client_unref (call->client);
  gst_ice_oss_request_free (call->request);
  gst_ice_oss_object_unref (call->object);
  gst_ice_identity_unref (call->identity);
  g_free (call);
}

/* --- Sending --- */

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

static gchar *
format_date (gint64 time_us)
{
  g_autoptr (GDateTime) date =
      g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);

  return g_date_time_format (date, "%Y%m%dT%H%M%SZ");
}

static void
sign (Call * call, GstIceHttpRequest * http_request, const gchar * query)
{
  const GstIceOssRequest *request = call->request;
  const GstIceOssObject *object = call->object;
  const gchar *token = gst_ice_identity_peek_token (call->identity);
  g_autofree gchar *uri =
      gst_ice_oss_signer_canonical_uri (object->bucket, object->key);
  g_autofree gchar *date = format_date (call->signed_us);
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

  authorization = gst_ice_oss_signer_authorization (call->identity,
      object->region, PRODUCT, request->operation->method, uri, query,
      headers, n, NULL);

  for (i = 0; i < n; i++)
    gst_ice_http_request_add_header (http_request, headers[i].name,
        headers[i].value);
  gst_ice_http_request_add_header (http_request, "authorization",
      authorization);
  gst_ice_secret_free_string (authorization);
}

/* --- Answer to reply or error --- */

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

static gboolean
is_callback_failure (const GstIceOssOperation * operation, guint status,
    const GstIceOssErrorAnswer * answer)
{
  return operation->may_call_back && status == 203 && answer != NULL
      && g_strcmp0 (answer->code, "CallbackFailed") == 0;
}

static gboolean
is_success (const GstIceOssOperation * operation, guint status,
    const GstIceOssErrorAnswer * answer)
{
  if (answer != NULL)
    return FALSE;

  return status == 200 || (status == 204 && operation->read == NULL);
}

/* The object is stored all the same; only the headers speak of it. */
static void
read_callback_failure (Call * call, const GstIceHttpResponse * response,
    const GstIceOssErrorAnswer * answer, GstIceOssReply * reply)
{
  g_autofree gchar *message =
      gst_ice_redact (call->identity, answer->message);

  GST_WARNING ("%s: the object is stored, but its callback failed: %s "
      "(RequestId %s)", call->request->operation->name, message,
      reply->request_id);
  reply->callback_failed = TRUE;
  gst_ice_oss_reply_read_headers (call->request, response, reply, NULL);
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
    .request_id =
        gst_ice_http_response_get_header (response, "x-oss-request-id"),
    .ec = gst_ice_http_response_get_header (response, "x-oss-ec"),
    .identity = call->identity,
    .region = call->object->region,
    .signed_us = call->signed_us,
    .date_us = response->date_us,
    .retry_after_us = gst_ice_http_response_get_retry_after (response),
    .unreadable = answer == NULL && g_bytes_get_size (response->body) > 0,
  };

  return gst_ice_oss_error_new (&failure);
}

/* For an answer that says 200 and yet makes no sense. (transfer full) */
static GError *
error_from_nonsense (Call * call, const GstIceHttpResponse * response,
    const GstIceOssReply * reply, const GError * cause)
{
  const GstIceErrorDetails details = {
    .service = "oss",
    .operation = call->request->operation->name,
    .part = call->request->part_number,
    .http_status = response->status,
    .request_id = reply->request_id,
    .retry_after_us = -1,
    .server_time_us = -1,
  };

  return gst_ice_error_new_from_answer (GST_ICE_ERROR_PROTOCOL, &details,
      cause->message, NULL);
}

static gboolean
read_success (Call * call, const GstIceHttpResponse * response,
    GstIceOssReply * reply, GError ** error)
{
  const GstIceOssOperation *operation = call->request->operation;
  g_autoptr (GError) cause = NULL;

  if (operation->read == NULL
      || operation->read (call->request, response, reply, &cause))
    return TRUE;

  g_propagate_error (error, error_from_nonsense (call, response, reply,
          cause));

  return FALSE;
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
reply_from_response (Call * call, const GstIceHttpResponse * response,
    GError ** error)
{
  const GstIceOssOperation *operation = call->request->operation;
  g_autoptr (GstIceOssErrorAnswer) answer = read_error_answer (response);
  g_autoptr (GstIceOssReply) reply = g_new0 (GstIceOssReply, 1);

  reply->size = -1;
  reply->request_id = gst_ice_redact_id (call->identity,
      gst_ice_http_response_get_header (response, "x-oss-request-id"));

  if (is_callback_failure (operation, response->status, answer)) {
    read_callback_failure (call, response, answer, reply);
    return g_steal_pointer (&reply);
  }
  if (!is_success (operation, response->status, answer)) {
    g_propagate_error (error, error_from_answer (call, response, answer));
    return NULL;
  }
  if (!read_success (call, response, reply, error))
    return NULL;

  warn_of_bad_crc64 (response, reply);

  return g_steal_pointer (&reply);
}

/* --- The call --- */

/* A proxy's Date says nothing about OSS's clock. */
static void
learn_clock (Call * call, const GstIceHttpResponse * response)
{
  if (response->date_us >= 0
      && gst_ice_http_response_get_header (response,
          "x-oss-request-id") != NULL)
    gst_ice_clock_learn (gst_ice_http_client_get_clock (call->client->http),
        call->object->endpoint->host, response->date_us,
        response->received_us);
}

static gint64
get_monotonic (Call * call)
{
  return gst_ice_clock_get_monotonic (gst_ice_http_client_get_clock
      (call->client->http));
}

/* @request_id: (nullable). @error: (nullable) */
static void
log_end (Call * call, guint status, const gchar * request_id,
    const GError * error)
{
  const GstIceRequestLog log = {
    .operation = call->request->operation->name,
    .part = call->request->part_number,
    .bytes = call->bytes_sent,
    .duration_us = get_monotonic (call) - call->began_us,
    .status = status,
    .request_id = request_id,
    .object = call->object->key,
    .error = error,
  };

  gst_ice_request_log_write (&log, call->request->operation->log_level);
}

/* Completes @task with an error that came from below, if not from OSS. */
static void
return_error (GTask * task, GError * error)
{
  Call *call = g_task_get_task_data (task);
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (details != NULL && details->operation == NULL) {
    g_autofree gchar *what = gst_ice_oss_request_describe (call->request);

    details->service = "oss";
    details->operation = call->request->operation->name;
    details->part = call->request->part_number;
    g_prefix_error (&error, "%s: ", what);
  }

  log_end (call, details != NULL ? details->http_status : 0,
      details != NULL ? details->request_id : NULL, error);
  g_task_return_error (task, error);
}

static void
on_response (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GstIceHttpResponse) response = NULL;
  GstIceOssReply *reply;
  GError *error = NULL;

  response = gst_ice_http_client_send_finish (call->client->http, result,
      &error);
  if (response == NULL) {
    return_error (task, error);
    return;
  }

  learn_clock (call, response);
  reply = reply_from_response (call, response, &error);
  if (reply == NULL) {
    return_error (task, error);
    return;
  }

  log_end (call, response->status, reply->request_id, NULL);
  g_task_return_pointer (task, reply,
      (GDestroyNotify) gst_ice_oss_reply_free);
}

static void
on_progress (guint64 bytes, gpointer user_data)
{
  Call *call = user_data;

  call->bytes_sent += bytes;
  if (call->request->progress != NULL)
    call->request->progress (bytes, call->request->progress_data);
}

static GstIceHttpRequest *
prepare (Call * call)
{
  const GstIceOssRequest *request = call->request;
  g_autofree gchar *query = gst_ice_oss_request_get_query (request);
  GstIceHttpRequest *http_request = create_http_request (call, query);

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

  call->client = gst_ice_oss_client_ref (client);
  call->request = request;
  call->object = gst_ice_oss_object_ref (object);
  call->identity = gst_ice_identity_ref (identity);
  call->signed_us = gst_ice_clock_get_service_time
      (gst_ice_http_client_get_clock (client->http), object->endpoint->host);
  call->began_us = get_monotonic (call);
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
