/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Paths; see the header. Any thread. */

#include "common/path.h"

#include "common/error.h"

/* NULL for another scheme, another host, or what is no URI. */
static gchar *
resolve_uri (const gchar * uri)
{
  g_autofree gchar *host = NULL;
  g_autofree gchar *path = g_filename_from_uri (uri, &host, NULL);

  if (host != NULL && *host != '\0' && g_ascii_strcasecmp (host, "localhost"))
    return NULL;

  return g_steal_pointer (&path);
}

gchar *
gst_ice_path_resolve (const gchar * text, GError ** error)
{
  g_autofree gchar *scheme = g_uri_parse_scheme (text);
  gchar *path = NULL;

  if (scheme != NULL)
    path = resolve_uri (text);
  else if (g_str_equal (text, "~") || g_str_has_prefix (text, "~/"))
    path = g_build_filename (g_get_home_dir (), text + 1, NULL);
  else if (*text != '~' && *text != '\0')
    path = g_canonicalize_filename (text, NULL);

  if (path == NULL)
    gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS, "\"%s\" is none of: a"
        " path, ~/PATH, file:///PATH", text);

  return path;
}
