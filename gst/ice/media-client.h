/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The calls of ICE (Intelligent Media Services, API 2020-11-09) that are about
 * media assets.
 *
 * Runs on: the network thread, or the main thread of a program that has none.
 * One call is one attempt: it asks the provider for an identity, signs, sends,
 * and turns the answer into a result or into an error of GST_ICE_ERROR with
 * the service's details: service "ice", and the name of the action as
 * operation. An IDENTITY_EXPIRED error has already invalidated the provider. It
 * learns the service's clock from each answer that is the service's own. It
 * does not retry. */

#pragma once

#include <gio/gio.h>

#include "common/counted.h"
#include "credentials/provider.h"
#include "http/http-client.h"
#include "ice/lease.h"
#include "ice/media-info.h"
#include "ice/new-media.h"

typedef struct _GstIceMediaClient GstIceMediaClient;

/* (transfer full) */
GstIceMediaClient *gst_ice_media_client_new (GstIceHttpClient * http,
    GstIceEndpoint * endpoint, GstIceCredentialsProvider * provider);
GST_ICE_DECLARE_COUNTED (GstIceMediaClient, gst_ice_media_client)

/* Requests sent so far. */
guint gst_ice_media_client_get_requests (GstIceMediaClient * client);

/* Asks for a new upload credential of @media_id. */
void gst_ice_media_client_refresh_upload_media_async (GstIceMediaClient *
    client, const gchar * media_id, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* @request_id: (out) (optional) (nullable): ICE's RequestId, here and below.
 * Errors: every code that ICE's table maps to. (transfer full) */
GstIceLease *gst_ice_media_client_refresh_upload_media_finish
    (GstIceMediaClient * client, GAsyncResult * result, gchar ** request_id,
    GError ** error);

/* Makes a media asset of @media, which has been checked. Each call that the
 * service sees makes another one, also if its answer is lost: it may be called
 * again only if the details of the error say that the request cannot have been
 * processed. */
void gst_ice_media_client_create_upload_media_async (GstIceMediaClient *
    client, const GstIceNewMedia * media, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* The media id. The upload credential in the answer is dropped.
 * (transfer full) */
gchar *gst_ice_media_client_create_upload_media_finish (GstIceMediaClient *
    client, GAsyncResult * result, gchar ** request_id, GError ** error);

/* Asks what has become of @media_id. */
void gst_ice_media_client_get_media_info_async (GstIceMediaClient * client,
    const gchar * media_id, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* (transfer full) */
GstIceMediaInfo *gst_ice_media_client_get_media_info_finish
    (GstIceMediaClient * client, GAsyncResult * result, gchar ** request_id,
    GError ** error);

/* How many media ids one call of DeleteMediaInfos takes. */
#define GST_ICE_MAX_DELETIONS 20

/* What DeleteMediaInfos has not deleted. */
typedef struct
{
  GStrv ignored;        /* (owned) ids that the service could not find */
  GStrv forbidden;      /* (owned) ids that may not be deleted */
} GstIceDeletion;

void gst_ice_deletion_free (GstIceDeletion * deletion);

/* Deletes @media_ids, NULL-terminated, at most GST_ICE_MAX_DELETIONS. */
void gst_ice_media_client_delete_media_infos_async (GstIceMediaClient *
    client, const gchar * const *media_ids, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* Success is only what is in neither list. (transfer full) */
GstIceDeletion *gst_ice_media_client_delete_media_infos_finish
    (GstIceMediaClient * client, GAsyncResult * result, gchar ** request_id,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceDeletion, gst_ice_deletion_free)
