/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What a media asset is to be made of, for CreateUploadMedia.
 *
 * Pure functions. The service's limits are checked here, so that a person
 * hears of them before anything is sent. */

#pragma once

#include <json-glib/json-glib.h>

/* A recording that is to be. All texts are UTF-8; none is owned. */
typedef struct
{
  const gchar *title;       /* 1 to 128 characters */
  const gchar *ext;         /* extension of the file, in any case, with or
                             * without the dot; one that the service knows for
                             * video or audio. It has to fit the muxer */
  const gchar *type;        /* (nullable) `video` or `audio`; NULL: what @ext
                             * is */
  const gchar *name;        /* (nullable) file name without extension; NULL:
                             * made of @title */
  const gchar *description; /* (nullable) up to 1,024 characters */
  const gchar *tags;        /* (nullable) up to 16, separated by commas, each
                             * of up to 32 characters */
  const gchar *category;    /* (nullable) number of the category, CateId */
  const gchar *storage;     /* (nullable) host of the bucket,
                             * BUCKET.oss-REGION.aliyuncs.com; NULL: the
                             * default storage of VOD in the region */
  const gchar *app_id;      /* (nullable) application of VOD */
  const gchar *workflow;    /* (nullable) id of the workflow that starts after
                             * the upload, 32 hexadecimal digits */
  const gchar *user_data;   /* (nullable) a JSON object, passed on as it is */
} GstIceNewMedia;

/* TRUE if @region, or the region that @host (nullable), a host name of ICE,
 * is in, has CreateUploadMedia. */
gboolean gst_ice_new_media_is_offered (const gchar * region,
    const gchar * host);

/* Errors: GST_ICE_ERROR_SETTINGS; the text names the field. */
gboolean gst_ice_new_media_check (const GstIceNewMedia * media,
    GError ** error);

/* The parameters of CreateUploadMedia, each a string. @media has been
 * checked. (transfer full) */
JsonObject *gst_ice_new_media_get_parameters (const GstIceNewMedia * media);
