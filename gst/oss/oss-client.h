/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The OSS operations that an upload needs.
 *
 * Runs on: the network thread. One send is one attempt, signed at the moment
 * it is sent with the identity that the request was given: it becomes a reply
 * or an error of GST_ICE_ERROR with the service's details. It learns the
 * host's clock from each answer that is OSS's own. It does not retry, and
 * compares no checksum: the reply says what OSS said. */

#pragma once

#include <gio/gio.h>

#include "credentials/identity.h"
#include "http/http-client.h"

G_BEGIN_DECLS

/* Where an object is. Immutable and counted. */
typedef struct _GstIceOssObject GstIceOssObject;
struct _GstIceOssObject
{
  GstIceEndpoint *endpoint;
  gchar *bucket;
  gchar *key;
  gchar *region;

  /*< private >*/
  gatomicrefcount ref_count;
};

/* @region: the bare id, for signatures. (transfer full) */
GstIceOssObject *gst_ice_oss_object_new (GstIceEndpoint * endpoint,
    const gchar * bucket, const gchar * key, const gchar * region);
GstIceOssObject *gst_ice_oss_object_ref (GstIceOssObject * object);
void gst_ice_oss_object_unref (GstIceOssObject * object);

/**
 * GstIceOssPart:
 * @number: part number, 1 to 10,000
 * @etag: (owned): as OSS gave it, quotes included
 * @size: bytes
 *
 * A part as OSS knows it: a row of CompleteMultipartUpload or of ListParts.
 */
typedef struct
{
  guint number;
  gchar *etag;
  guint64 size;
} GstIceOssPart;

GstIceOssPart *gst_ice_oss_part_new (guint number, const gchar * etag,
    guint64 size);
void gst_ice_oss_part_free (GstIceOssPart * part);

/* One operation, ready to be sent once. */
typedef struct _GstIceOssRequest GstIceOssRequest;

/* PutObject. @content_type: (nullable). @bytes: (element-type GBytes): the
 * body, @size bytes together. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_put_object (const gchar *
    content_type, GPtrArray * bytes, guint64 size);

/* InitiateMultipartUpload. @content_type: (nullable). (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_initiate (const gchar *
    content_type);

/* UploadPart. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_upload_part (const gchar *
    upload_id, guint part_number, GPtrArray * bytes, guint64 size);

/* The same with @size bytes that are read from @stream while they are sent.
 * (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_upload_part_from (const gchar *
    upload_id, guint part_number, GInputStream * stream, guint64 size);

/* CompleteMultipartUpload. @parts: (element-type GstIceOssPart): ascending by
 * number. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_complete (const gchar * upload_id,
    GPtrArray * parts);

/* AbortMultipartUpload. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_abort (const gchar * upload_id);

/* ListParts, the page after @marker (0: the first). (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_list_parts (const gchar *
    upload_id, guint marker);

/* HeadObject. (transfer full) */
GstIceOssRequest *gst_ice_oss_request_new_head_object (void);

/* @func is told of body bytes as they go out. */
void gst_ice_oss_request_set_progress (GstIceOssRequest * request,
    GstIceHttpProgressFunc func, gpointer user_data);
void gst_ice_oss_request_free (GstIceOssRequest * request);

/* The operation's name in OSS's words; a static string. */
const gchar *gst_ice_oss_request_get_operation (const GstIceOssRequest *
    request);

/**
 * GstIceOssReply:
 * @request_id: (owned) (nullable): x-oss-request-id
 * @upload_id: (owned) (nullable): of InitiateMultipartUpload
 * @etag: (owned) (nullable): as given, quotes included
 * @has_crc64: x-oss-hash-crc64ecma was there
 * @crc64: its value: of the part, or of the whole object
 * @size: Content-Length of HeadObject, or -1
 * @parts: (owned) (nullable) (element-type GstIceOssPart): of ListParts
 * @next_marker: of ListParts: where the next page begins; 0: it was the last
 * @callback_failed: 203: the object is stored, the callback was not answered
 */
typedef struct
{
  gchar *request_id;
  gchar *upload_id;
  gchar *etag;
  gboolean has_crc64;
  guint64 crc64;
  gint64 size;
  GPtrArray *parts;
  guint next_marker;
  gboolean callback_failed;
} GstIceOssReply;

void gst_ice_oss_reply_free (GstIceOssReply * reply);

typedef struct _GstIceOssClient GstIceOssClient;

/* (transfer full) */
GstIceOssClient *gst_ice_oss_client_new (GstIceHttpClient * http);
GstIceOssClient *gst_ice_oss_client_ref (GstIceOssClient * client);
void gst_ice_oss_client_unref (GstIceOssClient * client);

/* Sends @request to @object as @identity. @request: (transfer full) */
void gst_ice_oss_client_send_async (GstIceOssClient * client,
    GstIceOssRequest * request, GstIceOssObject * object,
    GstIceIdentity * identity, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* Errors: every code that OSS's table maps to, those of the HTTP client;
 * details have service "oss", the operation and the part number. A 200 with
 * an <Error> body is an error. (transfer full) */
GstIceOssReply *gst_ice_oss_client_send_finish (GstIceOssClient * client,
    GAsyncResult * result, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssObject, gst_ice_oss_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssPart, gst_ice_oss_part_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssRequest, gst_ice_oss_request_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssReply, gst_ice_oss_reply_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssClient, gst_ice_oss_client_unref)

G_END_DECLS
