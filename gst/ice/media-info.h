/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What the service says about a media asset: the answer of GetMediaInfo.
 *
 * Pure functions. The answer has signed addresses, with which anybody can
 * read the file; none of them is taken over. */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * GstIceMediaState:
 * @GST_ICE_MEDIA_WAITING: the file is not there, or is being analysed, or the
 *     service says something that we don't know
 * @GST_ICE_MEDIA_READY: the file is there and has been analysed
 * @GST_ICE_MEDIA_FAILED: the service could not make anything of the file
 *
 * What a Status comes to:
 *
 *     WAITING ──▶ READY
 *        └──────▶ FAILED
 */
typedef enum
{
  GST_ICE_MEDIA_WAITING,
  GST_ICE_MEDIA_READY,
  GST_ICE_MEDIA_FAILED,
} GstIceMediaState;

/**
 * GstIceMediaStream:
 * @kind: `video`, `audio` or `subtitle`; a static string
 * @codec: (nullable) (owned): in the service's words
 * @width: (nullable) (owned): of video
 * @height: (nullable) (owned): of video
 * @fps: (nullable) (owned): of video, frames a second
 * @sample_rate: (nullable) (owned): of audio, Hz
 * @channels: (nullable) (owned): of audio
 * @bitrate: (nullable) (owned): kbit/s
 *
 * One stream in the file. The service's numbers are texts.
 */
typedef struct
{
  const gchar *kind;
  gchar *codec;
  gchar *width;
  gchar *height;
  gchar *fps;
  gchar *sample_rate;
  gchar *channels;
  gchar *bitrate;
} GstIceMediaStream;

/**
 * GstIceMediaInfo:
 * @media_id: (nullable) (owned): as it came
 * @state: what @status and the files come to
 * @status: (owned): in the service's words
 * @title: (nullable) (owned)
 * @media_type: (nullable) (owned): `video`, `audio`
 * @source: (nullable) (owned): where it is kept, `vod` or `oss`
 * @address: (nullable) (owned): InputURL without its query; not signed
 * @created: (nullable) (owned): time, ISO 8601, UTC
 * @modified: (nullable) (owned): time, ISO 8601, UTC
 * @n_files: entries of FileInfoList; 0 while the file is being analysed
 * @size: of the file in bytes, or -1
 * @duration: (nullable) (owned): in seconds, with a fraction
 * @format: (nullable) (owned): of the container
 * @bitrate: (nullable) (owned): kbit/s
 * @region: (nullable) (owned): of the bucket
 * @streams: (owned) (element-type GstIceMediaStream): in the file
 *
 * A media asset. What is about the file is of the one that was uploaded.
 */
typedef struct
{
  gchar *media_id;
  GstIceMediaState state;
  gchar *status;
  gchar *title;
  gchar *media_type;
  gchar *source;
  gchar *address;
  gchar *created;
  gchar *modified;
  guint n_files;
  gint64 size;
  gchar *duration;
  gchar *format;
  gchar *bitrate;
  gchar *region;
  GPtrArray *streams;
} GstIceMediaInfo;

/* Of the answer @object. Errors: GST_ICE_ERROR_PROTOCOL.
 * (transfer full) */
GstIceMediaInfo *gst_ice_media_info_parse (JsonObject * object,
    GError ** error);
void gst_ice_media_info_free (GstIceMediaInfo * info);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceMediaInfo, gst_ice_media_info_free)

G_END_DECLS
