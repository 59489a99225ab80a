/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
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

static void
gst_ice_error_private_clear (GstIceErrorPrivate * details)
{
  g_free (details->code);
  g_free (details->request_id);
  g_free (details->ec);
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
