/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* icems:// URIs. Pure functions. */

#pragma once

#include "common/media-id.h"

#define GST_ICE_MEDIA_URI_SCHEME "icems"

/* What a URI says. All NULL at first. */
typedef struct
{
  gchar *media_id;      /* (owned) the media asset */
  gchar *region;        /* (owned) (nullable) region of ICE */
  gchar *ice_endpoint;  /* (owned) (nullable) URL of the ICE API, on
                         * loopback */
} GstIceMediaUri;

void gst_ice_media_uri_clear (GstIceMediaUri * uri);

/* Splits `icems://MEDIA-ID[?region=REGION][&ice-endpoint=URL]`, or takes a bare
 * media id. Each parameter may be given once, and no other.
 * Errors: GST_URI_ERROR_BAD_URI; @uri is all NULL then. */
gboolean gst_ice_media_uri_parse (const gchar * text, GstIceMediaUri * uri,
    GError ** error);

/* (transfer full) */
gchar *gst_ice_media_uri_build (const GstIceMediaUri * uri);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstIceMediaUri, gst_ice_media_uri_clear)
