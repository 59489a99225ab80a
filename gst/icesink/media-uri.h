/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Media ids and icems:// URIs. Pure functions. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GST_ICE_MEDIA_URI_SCHEME "icems"

/* TRUE for 1 to 128 of [A-Za-z0-9_-]. */
gboolean gst_ice_media_id_is_valid (const gchar * media_id);

/* Splits `icems://MEDIA-ID[?region=REGION]`, or takes a bare media id.
 * @region: (out) (nullable): NULL if none is given.
 * Errors: GST_URI_ERROR_BAD_URI. */
gboolean gst_ice_media_uri_parse (const gchar * text, gchar ** media_id,
    gchar ** region, GError ** error);

/* (transfer full) */
gchar *gst_ice_media_uri_build (const gchar * media_id);

G_END_DECLS
