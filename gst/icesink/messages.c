/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Messages and stats; see the header. Any thread. */

#include "icesink/messages.h"

#include <string.h>

static const gchar *
get_string (const gchar * text)
{
  return text != NULL ? text : "";
}

void
gst_ice_figures_clear (GstIceFigures * figures)
{
  gst_ice_upload_info_clear (&figures->upload);
}

/* Left out while there is none. */
static void
set_expires_in (GstStructure * structure, const gchar * field,
    const GstIceFigures * figures)
{
  gint64 left = figures->upload.lease_expires_us - figures->now_us;

  if (figures->upload.lease_expires_us >= 0)
    gst_structure_set (structure, field, GST_TYPE_CLOCK_TIME,
        (GstClockTime) (MAX (left, 0) * GST_USECOND), NULL);
}

/* OSS puts it into quotes. (transfer full) */
static gchar *
dup_etag (const gchar * etag)
{
  gsize length = etag != NULL ? strlen (etag) : 0;

  if (length >= 2 && etag[0] == '"' && etag[length - 1] == '"')
    return g_strndup (etag + 1, length - 2);

  return g_strdup (get_string (etag));
}

GstStructure *
gst_ice_messages_new_started (const GstIceFigures * figures)
{
  return gst_structure_new ("ice-upload-started",
      "media-id", G_TYPE_STRING, figures->media_id,
      "bucket", G_TYPE_STRING, get_string (figures->upload.bucket),
      "object", G_TYPE_STRING, get_string (figures->upload.object),
      "upload-id", G_TYPE_STRING, get_string (figures->upload.upload_id),
      "request-id", G_TYPE_STRING, get_string (figures->upload.request_id),
      NULL);
}

GstStructure *
gst_ice_messages_new_refreshed (const GstIceFigures * figures)
{
  GstStructure *refreshed = gst_structure_new ("ice-credential-refreshed",
      "media-id", G_TYPE_STRING, figures->media_id,
      "generation", G_TYPE_UINT, figures->upload.generation, NULL);

  set_expires_in (refreshed, "expires-in", figures);

  return refreshed;
}

GstStructure *
gst_ice_messages_new_interrupted (const gchar * media_id,
    const gchar * reason, GstClockTime retry_in)
{
  return gst_structure_new ("ice-upload-interrupted",
      "media-id", G_TYPE_STRING, media_id,
      "reason", G_TYPE_STRING, reason,
      "retry-in", GST_TYPE_CLOCK_TIME, retry_in, NULL);
}

GstStructure *
gst_ice_messages_new_resumed (const gchar * media_id, GstClockTime outage)
{
  return gst_structure_new ("ice-upload-resumed",
      "media-id", G_TYPE_STRING, media_id,
      "outage", GST_TYPE_CLOCK_TIME, outage, NULL);
}

GstStructure *
gst_ice_messages_new_spilling (const GstIceFigures * figures)
{
  return gst_structure_new ("ice-upload-spilling",
      "media-id", G_TYPE_STRING, figures->media_id,
      "spooled", G_TYPE_UINT64, figures->spool_used, NULL);
}

GstStructure *
gst_ice_messages_new_complete (const GstIceFigures * figures,
    GstClockTime duration)
{
  const GstIceUploadInfo *upload = &figures->upload;
  g_autofree gchar *etag = dup_etag (upload->etag);

  return gst_structure_new ("ice-upload-complete",
      "media-id", G_TYPE_STRING, figures->media_id,
      "bucket", G_TYPE_STRING, get_string (upload->bucket),
      "object", G_TYPE_STRING, get_string (upload->object),
      "size", G_TYPE_UINT64, upload->object_size,
      "etag", G_TYPE_STRING, etag,
      "crc64", G_TYPE_UINT64, upload->crc64,
      "parts", G_TYPE_UINT, upload->parts_uploaded,
      "duration", GST_TYPE_CLOCK_TIME, duration,
      "verified", G_TYPE_BOOLEAN, upload->verified,
      "request-id", G_TYPE_STRING, get_string (upload->request_id), NULL);
}

static const gchar *
get_state_name (const GstIceFigures * figures)
{
  const GstIceUploadInfo *upload = &figures->upload;

  if (figures->state != NULL)
    return figures->state;

  switch (upload->state) {
    case GST_ICE_UPLOAD_IDLE:
      break;
    case GST_ICE_UPLOAD_OPENING:
      return upload->interrupted ? "interrupted" : "opening";
    case GST_ICE_UPLOAD_UPLOADING:
    case GST_ICE_UPLOAD_LOST:
      return upload->interrupted ? "interrupted" : "uploading";
    case GST_ICE_UPLOAD_FINALIZING:
      return upload->interrupted ? "interrupted" : "finalizing";
    case GST_ICE_UPLOAD_SALVAGING:
    case GST_ICE_UPLOAD_ABORTING:
    case GST_ICE_UPLOAD_WITHDRAWING:
      return "finalizing";
    case GST_ICE_UPLOAD_COMPLETE:
      return "complete";
    case GST_ICE_UPLOAD_FAILED:
      return "failed";
    case GST_ICE_UPLOAD_STOPPED:
    case GST_ICE_UPLOAD_CLOSED:
      return "stopped";
  }

  return "idle";
}

/* The first lease is no refresh. */
static guint
get_refreshes (const GstIceUploadInfo * upload)
{
  return upload->generation > 0 ? upload->generation - 1 : 0;
}

GstStructure *
gst_ice_messages_new_stats (const GstIceFigures * figures)
{
  const GstIceUploadInfo *upload = &figures->upload;
  GstStructure *stats = gst_structure_new ("application/x-icesink-stats",
      "state", G_TYPE_STRING, get_state_name (figures),
      "media-id", G_TYPE_STRING, get_string (figures->media_id),
      "bucket", G_TYPE_STRING, get_string (upload->bucket),
      "object", G_TYPE_STRING, get_string (upload->object),
      "upload-id", G_TYPE_STRING, get_string (upload->upload_id),
      "bytes-written", G_TYPE_UINT64, figures->bytes_written,
      "bytes-uploaded", G_TYPE_UINT64, upload->bytes_uploaded,
      "bytes-sent", G_TYPE_UINT64, upload->bytes_sent,
      "bytes-pending", G_TYPE_UINT64, figures->bytes_pending,
      "parts-uploaded", G_TYPE_UINT, upload->parts_uploaded,
      "parts-in-flight", G_TYPE_UINT, upload->parts_in_flight,
      "parts-reuploaded", G_TYPE_UINT, upload->parts_reuploaded,
      "part-size", G_TYPE_UINT64, figures->part_size,
      "memory-used", G_TYPE_UINT64, figures->memory_used,
      "spool-used", G_TYPE_UINT64, figures->spool_used,
      "requests", G_TYPE_UINT, upload->requests,
      "retries", G_TYPE_UINT, upload->retries,
      "connections-opened", G_TYPE_UINT, upload->connections_opened,
      "credential-refreshes", G_TYPE_UINT, get_refreshes (upload),
      "credential-expires-in", GST_TYPE_CLOCK_TIME, GST_CLOCK_TIME_NONE,
      "clock-offset", G_TYPE_INT64, upload->clock_offset_us,
      "upload-lag", GST_TYPE_CLOCK_TIME, figures->upload_lag,
      "max-object-size", G_TYPE_UINT64, figures->max_object_size,
      "outcome", G_TYPE_STRING,
      get_string (gst_ice_outcome_get_name (upload->outcome)),
      "last-error", G_TYPE_STRING, get_string (upload->last_error), NULL);

  set_expires_in (stats, "credential-expires-in", figures);

  return stats;
}

GstStructure *
gst_ice_messages_new_progress (const GstIceFigures * figures,
    guint64 bitrate, gint percent)
{
  return gst_structure_new ("ice-upload-progress",
      "media-id", G_TYPE_STRING, figures->media_id,
      "bytes-written", G_TYPE_UINT64, figures->bytes_written,
      "bytes-uploaded", G_TYPE_UINT64, figures->upload.bytes_uploaded,
      "bytes-pending", G_TYPE_UINT64, figures->bytes_pending,
      "upload-lag", GST_TYPE_CLOCK_TIME, figures->upload_lag,
      "bitrate", G_TYPE_UINT64, bitrate, "percent", G_TYPE_INT, percent,
      NULL);
}
