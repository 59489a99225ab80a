/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the service says about a media asset: the answer of GetMediaInfo.
 *
 * Pure functions. The answer has signed addresses, with which anybody can
 * read the file; none of them is taken over. */

#pragma once

#include <json-glib/json-glib.h>

/* What a Status comes to:
 *
 *     WAITING ──▶ READY
 *        └──────▶ FAILED */
typedef enum
{
  GST_ICE_MEDIA_WAITING, /* the file is not there, or is being analysed, or the
                          * service says something that we don't know */
  GST_ICE_MEDIA_READY,   /* the file is there and has been analysed */
  GST_ICE_MEDIA_FAILED,  /* the service could not make anything of the file */
} GstIceMediaState;

/* One stream in the file. The service's numbers are texts. */
typedef struct
{
  const gchar *kind;    /* `video`, `audio` or `subtitle`; a static string */
  gchar *codec;         /* (nullable) (owned) in the service's words */
  gchar *width;         /* (nullable) (owned) of video */
  gchar *height;        /* (nullable) (owned) of video */
  gchar *fps;           /* (nullable) (owned) of video, frames a second */
  gchar *sample_rate;   /* (nullable) (owned) of audio, Hz */
  gchar *channels;      /* (nullable) (owned) of audio */
  gchar *bitrate;       /* (nullable) (owned) kbit/s */
} GstIceMediaStream;

/* A media asset. What is about the file is of the one that was uploaded. */
typedef struct
{
  gchar *media_id;        /* (nullable) (owned) as it came */
  GstIceMediaState state; /* what @status and the files come to */
  gchar *status;          /* (owned) in the service's words */
  gchar *title;           /* (nullable) (owned) */
  gchar *media_type;      /* (nullable) (owned) `video`, `audio` */
  gchar *source;          /* (nullable) (owned) where it is kept, `vod` or
                           * `oss` */
  gchar *address;         /* (nullable) (owned) InputURL without its query; not
                           * signed */
  gchar *created;         /* (nullable) (owned) time, ISO 8601, UTC */
  gchar *modified;        /* (nullable) (owned) time, ISO 8601, UTC */
  guint n_files;          /* entries of FileInfoList; 0 while the file is being
                           * analysed */
  gint64 size;            /* of the file in bytes, or -1 */
  gchar *duration;        /* (nullable) (owned) in seconds, with a fraction */
  gchar *format;          /* (nullable) (owned) of the container */
  gchar *bitrate;         /* (nullable) (owned) kbit/s */
  gchar *region;          /* (nullable) (owned) of the bucket */
  GPtrArray *streams;     /* (owned) (element-type GstIceMediaStream) in the
                           * file */
} GstIceMediaInfo;

/* Of the answer @object. Errors: GST_ICE_ERROR_PROTOCOL.
 * (transfer full) */
GstIceMediaInfo *gst_ice_media_info_parse (JsonObject * object,
    GError ** error);
void gst_ice_media_info_free (GstIceMediaInfo * info);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceMediaInfo, gst_ice_media_info_free)
