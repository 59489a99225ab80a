/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE and OSS, asked one thing at a time.
 *
 * What the sink's uploads do in the background, done while the caller waits,
 * with the same clients. Main thread. */

#pragma once

#include "credentials/identity.h"
#include "ice/media-client.h"
#include "icesink/settings.h"
#include "oss/oss-client.h"

typedef struct _GstIceToolService GstIceToolService;

/* The sink's properties as options: where the services are, and how to get
 * there. */
const GOptionEntry *gst_ice_tool_service_get_options (void);

/* Sets what the options say on an icesink. */
void gst_ice_tool_service_set_up (GObject * sink);

/* For @media_id (nullable), as the options say. Errors:
 * GST_ICE_ERROR_SETTINGS. (transfer full) */
GstIceToolService *gst_ice_tool_service_new (const gchar * media_id,
    GError ** error);
void gst_ice_tool_service_free (GstIceToolService * service);

/* Errors of all that follow: those of the clients, and GST_ICE_ERROR_NETWORK
 * when the time that the user gives is over. */

/* Looks for an identity. @source: (out): the name of where it was found.
 * (transfer full) */
GstIceIdentity *gst_ice_tool_service_find_identity (GstIceToolService *
    service, const gchar ** source, GError ** error);

/* RefreshUploadMedia. @request_id: (out) (nullable). (transfer full) */
GstIceLease *gst_ice_tool_service_refresh (GstIceToolService * service,
    gchar ** request_id, GError ** error);

/* Whether the region that the options say has CreateUploadMedia. */
gboolean gst_ice_tool_service_can_create (GstIceToolService * service);

/* A request of the following three is sent again, up to twice, if the service
 * cannot have processed it: there was no connection, it was throttled, or our
 * clock was wrong. */

/* CreateUploadMedia, once. @unknown: (out): with an error, whether an asset
 * may have been made all the same. The media id. (transfer full) */
gchar *gst_ice_tool_service_create (GstIceToolService * service,
    const GstIceNewMedia * media, gchar ** request_id, gboolean * unknown,
    GError ** error);

/* GetMediaInfo of the service's media id. (transfer full) */
GstIceMediaInfo *gst_ice_tool_service_get_info (GstIceToolService * service,
    GError ** error);

/* DeleteMediaInfos of @media_ids, at most GST_ICE_MAX_DELETIONS.
 * (transfer full) */
GstIceDeletion *gst_ice_tool_service_delete (GstIceToolService * service,
    const gchar * const *media_ids, GError ** error);

/* Turns the main context for @seconds. */
void gst_ice_tool_service_pause (GstIceToolService * service,
    gdouble seconds);

/* Where @lease lets us write. (transfer full) */
GstIceOssObject *gst_ice_tool_service_get_object (GstIceToolService *
    service, GstIceLease * lease);

/* Sends @request, (transfer full), with the identity of @lease.
 * (transfer full) */
GstIceOssReply *gst_ice_tool_service_send (GstIceToolService * service,
    GstIceLease * lease, GstIceOssRequest * request, GError ** error);

/* Seconds until @monotonic_us. */
gint64 gst_ice_tool_service_get_time_to (GstIceToolService * service,
    gint64 monotonic_us);

/* The service's clock minus ours in microseconds. */
gint64 gst_ice_tool_service_get_clock_offset (GstIceToolService * service);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceToolService, gst_ice_tool_service_free)
