/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* URIs; see the header. Any thread. */

#include "icesink/media-uri.h"

#include <gst/gst.h>

#include <string.h>

#include "http/endpoint.h"

#define PREFIX GST_ICE_MEDIA_URI_SCHEME "://"

void
gst_ice_media_uri_clear (GstIceMediaUri * uri)
{
  g_clear_pointer (&uri->media_id, g_free);
  g_clear_pointer (&uri->region, g_free);
  g_clear_pointer (&uri->ice_endpoint, g_free);
}

/* A URI comes from elsewhere, and must not send what is recorded, and requests
 * that are signed, to wherever it likes. */
static gboolean
is_loopback (const gchar * url)
{
  g_autoptr (GstIceEndpoint) endpoint =
      gst_ice_endpoint_parse_setting (url, NULL);

  return endpoint != NULL && endpoint->is_loopback;
}

static gboolean
take_parameter (GstIceMediaUri * uri, const gchar * name, const gchar * value)
{
  if (g_str_equal (name, "region") && uri->region == NULL
      && gst_ice_media_id_is_valid (value))
    uri->region = g_strdup (value);
  else if (g_str_equal (name, "ice-endpoint") && uri->ice_endpoint == NULL
      && is_loopback (value)) uri->ice_endpoint = g_strdup (value);
  else
    return FALSE;

  return TRUE;
}

static gboolean
parse_query (const gchar * query, GstIceMediaUri * uri)
{
  g_autoptr (GError) error = NULL;
  GUriParamsIter iter;
  gchar *name, *value;
  gboolean ok = *query != '\0';

  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_NONE);
  while (ok && g_uri_params_iter_next (&iter, &name, &value, &error)) {
    ok = take_parameter (uri, name, value);
    g_free (name);
    g_free (value);
  }

  return ok && error == NULL;
}

gboolean
gst_ice_media_uri_parse (const gchar * text, GstIceMediaUri * uri,
    GError ** error)
{
  const gchar *query = NULL;

  *uri = (GstIceMediaUri) { NULL };
  if (g_ascii_strncasecmp (text, PREFIX, strlen (PREFIX)) == 0) {
    text += strlen (PREFIX);
    query = strchr (text, '?');
  }
  uri->media_id = query != NULL ? g_strndup (text, query - text)
      : g_strdup (text);
  if (gst_ice_media_id_is_valid (uri->media_id)
      && (query == NULL || parse_query (query + 1, uri)))
    return TRUE;

  gst_ice_media_uri_clear (uri);
  g_set_error_literal (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
      "Not a media id or " PREFIX "MEDIA-ID[?region=REGION]; a media id is"
      " 1 to 128 of A-Z a-z 0-9 _ -, and ice-endpoint may be given for"
      " loopback");

  return FALSE;
}

gchar *
gst_ice_media_uri_build (const GstIceMediaUri * uri)
{
  GString *text = g_string_new (PREFIX);

  g_string_append (text, uri->media_id);
  if (uri->region != NULL)
    g_string_append_printf (text, "?region=%s", uri->region);
  if (uri->ice_endpoint != NULL) {
    g_string_append_printf (text, "%cice-endpoint=",
        uri->region != NULL ? '&' : '?');
    g_string_append_uri_escaped (text, uri->ice_endpoint, ":/[]", FALSE);
  }

  return g_string_free (text, FALSE);
}
