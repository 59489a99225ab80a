/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The element's errors; see the header. Any thread. */

#include "icesink/element-error.h"

#include "common/error.h"

static gboolean
is_operation (const GError * error, const gchar * operation)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  return details != NULL && g_strcmp0 (details->operation, operation) == 0;
}

/* What a failure that lasted too long kept from happening. An answer that
 * nobody understands still has a status. */
static GstResourceError
get_stage_code (const GError * error, gboolean opened)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  /* What something in between says is nobody's refusal. */
  if (gst_ice_error_is (error, GST_ICE_ERROR_PROTOCOL))
    details = NULL;
  if (details != NULL
      && (details->http_status == 401 || details->http_status == 403))
    return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
  if (details != NULL && details->http_status == 404)
    return GST_RESOURCE_ERROR_NOT_FOUND;
  if (is_operation (error, "CompleteMultipartUpload")
      || is_operation (error, "HeadObject"))
    return GST_RESOURCE_ERROR_CLOSE;
  if (is_operation (error, "UploadPart") || is_operation (error, "PutObject"))
    return GST_RESOURCE_ERROR_WRITE;

  /* Or it is a renewal, which kept parts from being sent. */
  return opened && is_operation (error, "RefreshUploadMedia") ?
      GST_RESOURCE_ERROR_WRITE : GST_RESOURCE_ERROR_OPEN_WRITE;
}

GstResourceError
gst_ice_element_error_get_code (const GError * error, gboolean opened)
{
  if (error->domain != GST_ICE_ERROR)
    return GST_RESOURCE_ERROR_FAILED;

  switch ((GstIceErrorCode) error->code) {
    case GST_ICE_ERROR_SETTINGS:
      return GST_RESOURCE_ERROR_SETTINGS;
    case GST_ICE_ERROR_NOT_AUTHORIZED:
    case GST_ICE_ERROR_TOKEN_EXPIRED:
    case GST_ICE_ERROR_IDENTITY_EXPIRED:
    case GST_ICE_ERROR_CLOCK_SKEW:
      return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
    case GST_ICE_ERROR_NOT_FOUND:
      return GST_RESOURCE_ERROR_NOT_FOUND;
    case GST_ICE_ERROR_THROTTLED:
      return GST_RESOURCE_ERROR_BUSY;
    case GST_ICE_ERROR_UNAVAILABLE:
    case GST_ICE_ERROR_NETWORK:
    case GST_ICE_ERROR_TLS:
    case GST_ICE_ERROR_STALLED:
    case GST_ICE_ERROR_PROTOCOL:
      return get_stage_code (error, opened);
    case GST_ICE_ERROR_NO_SUCH_UPLOAD:
      return GST_RESOURCE_ERROR_WRITE;
    case GST_ICE_ERROR_NO_SPACE:
      return GST_RESOURCE_ERROR_NO_SPACE_LEFT;
    case GST_ICE_ERROR_SEEK:
      return GST_RESOURCE_ERROR_SEEK;
    case GST_ICE_ERROR_DAMAGED:
    case GST_ICE_ERROR_SYNC:
      return GST_RESOURCE_ERROR_SYNC;
    case GST_ICE_ERROR_OUTCOME_UNKNOWN:
      return GST_RESOURCE_ERROR_CLOSE;
    case GST_ICE_ERROR_FAILED:
    case GST_ICE_ERROR_CONFLICT:
      break;
  }

  return GST_RESOURCE_ERROR_FAILED;
}

/* The sentence that a person reads first. */
static const gchar *
get_summary (GstResourceError code)
{
  static const gchar *const summaries[] = {
    [GST_RESOURCE_ERROR_SETTINGS] = "The upload is not set up right.",
    [GST_RESOURCE_ERROR_NOT_AUTHORIZED] = "The upload is not authorized.",
    [GST_RESOURCE_ERROR_NOT_FOUND] =
        "The media asset or its bucket does not exist.",
    [GST_RESOURCE_ERROR_OPEN_WRITE] = "The upload could not be started.",
    [GST_RESOURCE_ERROR_WRITE] =
        "A part of the recording could not be uploaded.",
    [GST_RESOURCE_ERROR_CLOSE] = "The upload could not be completed.",
    [GST_RESOURCE_ERROR_SEEK] = "Bytes that have left can't be rewritten.",
    [GST_RESOURCE_ERROR_SYNC] =
        "The uploaded object differs from the recording.",
    [GST_RESOURCE_ERROR_NO_SPACE_LEFT] =
        "There is no space left for the recording.",
    [GST_RESOURCE_ERROR_BUSY] = "The service accepts no more requests.",
  };

  return code < G_N_ELEMENTS (summaries) && summaries[code] != NULL ?
      summaries[code] : "The upload has failed.";
}

static void
set_string (GstStructure * details, const gchar * field, const gchar * value)
{
  if (value != NULL)
    gst_structure_set (details, field, G_TYPE_STRING, value, NULL);
}

static GstStructure *
new_details (const GError * error, const gchar * media_id,
    GstIceOutcome outcome)
{
  const GstIceErrorDetails *known = gst_ice_error_get_details (error);
  GstStructure *details = gst_structure_new_empty ("details");

  set_string (details, "media-id", media_id);
  set_string (details, "outcome", gst_ice_outcome_get_name (outcome));
  if (known == NULL)
    return details;

  set_string (details, "service", known->service);
  set_string (details, "operation", known->operation);
  set_string (details, "code", known->code);
  set_string (details, "request-id", known->request_id);
  set_string (details, "ec", known->ec);
  if (known->http_status != 0)
    gst_structure_set (details, "http-status", G_TYPE_UINT,
        known->http_status, NULL);
  if (known->part != 0)
    gst_structure_set (details, "part", G_TYPE_UINT, known->part, NULL);

  return details;
}

/* What helps, unless time does. */
static const gchar *
get_cure (const GError * error)
{
  if (gst_ice_error_is (error, GST_ICE_ERROR_NETWORK)
      || gst_ice_error_is (error, GST_ICE_ERROR_STALLED))
    return "check region, ice-endpoint and oss-endpoint, proxy, and the network"
        " itself";
  if (gst_ice_error_is (error, GST_ICE_ERROR_TLS))
    return "check ssl-ca-file, the clock of this machine, and what stands"
        " between it and the service";
  if (gst_ice_error_is (error, GST_ICE_ERROR_PROTOCOL))
    return "check ice-endpoint and oss-endpoint, and what stands between this"
        " machine and the service";
  if (gst_ice_error_is (error, GST_ICE_ERROR_THROTTLED)
      || gst_ice_error_is (error, GST_ICE_ERROR_UNAVAILABLE))
    return "the service has to recover";

  return "check the identity, and what it may do";
}

/* What a developer reads. (transfer full) */
static gchar *
new_debug (GstElement * element, const GError * error, GstIceOutcome outcome)
{
  const gchar *name = gst_ice_outcome_get_name (outcome);
  g_autofree gchar *path = gst_object_get_path_string (GST_OBJECT (element));

  return g_strdup_printf ("%s: %s%s%s", path, error->message,
      name != NULL ? "; outcome: " : "", name != NULL ? name : "");
}

GstMessage *
gst_ice_element_error_new_message (GstElement * element, const GError * error,
    const gchar * media_id, gboolean opened, GstIceOutcome outcome)
{
  GstResourceError code = gst_ice_element_error_get_code (error, opened);
  g_autoptr (GError) seen = g_error_new_literal (GST_RESOURCE_ERROR, code,
      get_summary (code));
  g_autofree gchar *debug = new_debug (element, error, outcome);

  return gst_message_new_error_with_details (GST_OBJECT (element), seen,
      debug, new_details (error, media_id, outcome));
}

GstMessage *
gst_ice_element_error_new_warning (GstElement * element, const gchar * text,
    const GError * error, const gchar * media_id, gboolean opened,
    GstIceOutcome outcome, GstClockTime retry_in)
{
  g_autoptr (GError) seen = g_error_new_literal (GST_RESOURCE_ERROR,
      gst_ice_element_error_get_code (error, opened), text);
  g_autofree gchar *what = new_debug (element, error, outcome);
  gboolean passes = GST_CLOCK_TIME_IS_VALID (retry_in);
  g_autofree gchar *debug = g_strconcat (what, passes ? "; " : NULL,
      passes ? get_cure (error) : NULL, NULL);
  GstStructure *details = new_details (error, media_id, outcome);

  if (passes)
    gst_structure_set (details, "retry-in", GST_TYPE_CLOCK_TIME, retry_in,
        NULL);

  return gst_message_new_warning_with_details (GST_OBJECT (element), seen,
      debug, details);
}
