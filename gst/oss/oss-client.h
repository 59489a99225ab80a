/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The OSS operations that an upload needs.
 *
 * Runs on: the network thread. One send is one attempt, signed at the moment
 * it is sent with the identity that the request was given: it becomes a reply
 * or an error of GST_ICE_ERROR with the service's details. It learns the
 * host's clock from each answer that is OSS's own. It does not retry, and
 * compares no checksum: the reply says what OSS said. */

#pragma once

#include <gio/gio.h>

#include "common/counted.h"
#include "credentials/identity.h"
#include "http/http-client.h"
#include "oss/oss-object.h"
#include "oss/oss-reply.h"
#include "oss/oss-request.h"

typedef struct _GstIceOssClient GstIceOssClient;

/* (transfer full) */
GstIceOssClient *gst_ice_oss_client_new (GstIceHttpClient * http);
GST_ICE_DECLARE_COUNTED (GstIceOssClient, gst_ice_oss_client)

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
