/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Media ids and URIs; see the header. Any thread. */

#include "icesink/media-uri.h"

#include <gst/gst.h>

#include <string.h>

#define PREFIX GST_ICE_MEDIA_URI_SCHEME "://"
#define MAX_LENGTH 128

static gboolean
is_name (const gchar * text, gsize max_length)
{
  gsize length = strlen (text);
  gsize i;

  if (length < 1 || length > max_length)
    return FALSE;

  for (i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i]) && text[i] != '-' && text[i] != '_')
      return FALSE;
  }

  return TRUE;
}

gboolean
gst_ice_media_id_is_valid (const gchar * media_id)
{
  return media_id != NULL && is_name (media_id, MAX_LENGTH);
}

static gboolean
parse_query (const gchar * query, gchar ** region)
{
  g_autoptr (GHashTable) params = g_uri_parse_params (query, -1, "&",
      G_URI_PARAMS_NONE, NULL);

  if (params == NULL || g_hash_table_size (params) != 1)
    return FALSE;

  *region = g_strdup (g_hash_table_lookup (params, "region"));

  return *region != NULL && is_name (*region, MAX_LENGTH);
}

gboolean
gst_ice_media_uri_parse (const gchar * text, gchar ** media_id,
    gchar ** region, GError ** error)
{
  g_autofree gchar *id = NULL;
  g_autofree gchar *found_region = NULL;
  const gchar *query = NULL;

  if (g_ascii_strncasecmp (text, PREFIX, strlen (PREFIX)) == 0) {
    text += strlen (PREFIX);
    query = strchr (text, '?');
  }
  id = query != NULL ? g_strndup (text, query - text) : g_strdup (text);

  if (!gst_ice_media_id_is_valid (id)
      || (query != NULL && !parse_query (query + 1, &found_region))) {
    g_set_error_literal (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
        "Not a media id or " PREFIX "MEDIA-ID[?region=REGION]; a media id is"
        " 1 to 128 of A-Z a-z 0-9 _ -");
    return FALSE;
  }

  *media_id = g_steal_pointer (&id);
  *region = g_steal_pointer (&found_region);

  return TRUE;
}

gchar *
gst_ice_media_uri_build (const gchar * media_id)
{
  return g_strconcat (PREFIX, media_id, NULL);
}
