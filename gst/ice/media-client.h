/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* RefreshUploadMedia of ICE (Intelligent Media Services, API 2020-11-09).
 *
 * Runs on: the network thread. One call is one attempt: it asks the provider
 * for an identity, signs, sends, and turns the answer into a lease or into an
 * error of GST_ICE_ERROR with the service's details. It learns the service's
 * clock from each answer that is the service's own. It does not retry. */

#pragma once

#include <gio/gio.h>

#include "credentials/provider.h"
#include "http/http-client.h"
#include "ice/lease.h"

G_BEGIN_DECLS

typedef struct _GstIceMediaClient GstIceMediaClient;

/* (transfer full) */
GstIceMediaClient *gst_ice_media_client_new (GstIceHttpClient * http,
    GstIceEndpoint * endpoint, GstIceCredentialsProvider * provider);
GstIceMediaClient *gst_ice_media_client_ref (GstIceMediaClient * client);
void gst_ice_media_client_unref (GstIceMediaClient * client);

/* Requests sent so far. */
guint gst_ice_media_client_get_requests (GstIceMediaClient * client);

/* Asks for a new upload credential of @media_id. */
void gst_ice_media_client_refresh_upload_media_async (GstIceMediaClient *
    client, const gchar * media_id, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* @request_id: (out) (optional) (nullable): ICE's RequestId.
 * Errors: every code that ICE's table maps to; details have service "ice" and
 * operation "RefreshUploadMedia". An IDENTITY_EXPIRED error has already
 * invalidated the provider. (transfer full) */
GstIceLease *gst_ice_media_client_refresh_upload_media_finish
    (GstIceMediaClient * client, GAsyncResult * result, gchar ** request_id,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceMediaClient, gst_ice_media_client_unref)

G_END_DECLS
