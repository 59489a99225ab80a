/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The error domain, as an extended GError domain: GLib copies and frees the
 * details together with the error, so they survive every way an error takes
 * upwards.
 *
 * Any thread. The error owns the strings of its details. */

#include "common/error.h"

/* The macro below wants this name for what an error carries. */
typedef GstIceErrorDetails GstIceErrorPrivate;

static void
gst_ice_error_private_init (GstIceErrorPrivate * details)
{
  details->retry_after_us = -1;
  details->server_time_us = -1;
}

static void
gst_ice_error_private_copy (const GstIceErrorPrivate * source,
    GstIceErrorPrivate * copy)
{
  *copy = *source;
  copy->code = g_strdup (source->code);
  copy->request_id = g_strdup (source->request_id);
  copy->ec = g_strdup (source->ec);
}

void
gst_ice_error_details_clear (GstIceErrorDetails * details)
{
  g_free (details->code);
  g_free (details->request_id);
  g_free (details->ec);
}

static void
gst_ice_error_private_clear (GstIceErrorPrivate * details)
{
  gst_ice_error_details_clear (details);
}

G_DEFINE_EXTENDED_ERROR (GstIceError, gst_ice_error)

GError *
gst_ice_error_new (GstIceErrorCode code, const gchar * format, ...)
{
  va_list args;
  GError *error;

  va_start (args, format);
  error = g_error_new_valist (GST_ICE_ERROR, code, format, args);
  va_end (args);

  return error;
}

gboolean
gst_ice_set_error (GError ** error, GstIceErrorCode code,
    const gchar * format, ...)
{
  va_list args;

  if (error == NULL)
    return FALSE;

  va_start (args, format);
  g_propagate_error (error, g_error_new_valist (GST_ICE_ERROR, code, format,
          args));
  va_end (args);

  return FALSE;
}

static void
append_ids (GString * text, const GstIceErrorDetails * details)
{
  if (details->request_id != NULL && details->ec != NULL)
    g_string_append_printf (text, " (RequestId %s, EC %s)",
        details->request_id, details->ec);
  else if (details->request_id != NULL)
    g_string_append_printf (text, " (RequestId %s)", details->request_id);
  else if (details->ec != NULL)
    g_string_append_printf (text, " (EC %s)", details->ec);
}

static gchar *
describe_answer (const GstIceErrorDetails * details, const gchar * message,
    const gchar * hint)
{
  GString *text = g_string_new (details->operation);

  if (details->part > 0)
    g_string_append_printf (text, " of part %u", details->part);
  g_string_append_printf (text, ": HTTP status %u", details->http_status);
  if (details->code != NULL)
    g_string_append_printf (text, ", %s", details->code);
  if (message != NULL)
    g_string_append_printf (text, ": %s", message);
  append_ids (text, details);
  if (hint != NULL)
    g_string_append_printf (text, "; %s", hint);

  return g_string_free (text, FALSE);
}

GError *
gst_ice_error_new_from_answer (GstIceErrorCode code,
    const GstIceErrorDetails * details, const gchar * message,
    const gchar * hint)
{
  g_autofree gchar *text = describe_answer (details, message, hint);
  GError *error = gst_ice_error_new (code, "%s", text);

  gst_ice_error_private_copy (details, gst_ice_error_get_details (error));

  return error;
}

GstIceErrorDetails *
gst_ice_error_get_details (const GError * error)
{
  if (error == NULL || error->domain != GST_ICE_ERROR)
    return NULL;

  return gst_ice_error_get_private (error);
}

gboolean
gst_ice_error_is (const GError * error, GstIceErrorCode code)
{
  return g_error_matches (error, GST_ICE_ERROR, code);
}
