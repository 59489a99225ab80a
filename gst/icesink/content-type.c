/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Caps to Content-Type; see the header. Any thread.
 *
 * GStreamer's media types are mostly those of the IANA registry; the table has
 * those that differ, or that depend on a field. */

#include "icesink/content-type.h"

#include <string.h>

/* Players and services take one for the other. */
#define ISO "mp4 mov m4v m4a 3gp mj2 f4v"

typedef struct
{
  const gchar *caps;
  const gchar *content_type;
  const gchar *extensions;      /* (nullable): those that ICE takes */
} Row;

static const Row content_types[] = {
  {"video/quicktime, variant = (string) apple", "video/quicktime", ISO},
  {"video/quicktime, variant = (string) 3gpp", "video/3gpp", ISO},
  {"video/quicktime, variant = (string) 3g2", "video/3gpp2", ISO},
  {"video/quicktime", "video/mp4", ISO},
  {"video/mpegts", "video/mp2t", "ts m2t mts"},
  {"video/mpeg, systemstream = (boolean) true", "video/mp2p",
      "mpg mpeg mpe vob dat"},
  {"audio/x-m4a", "audio/mp4", ISO},
  {"audio/x-wav", "audio/wav", "wav"},
  {"audio/x-aiff", "audio/aiff"},
  {"audio/x-flac", "audio/flac", "flac"},
  {"video/ogg", "video/ogg", "ogg"},
  {"audio/ogg", "audio/ogg", "ogg"},
  {"application/ogg", "application/ogg", "ogg"},
  {"audio/mpeg, mpegversion = (int) 1", "audio/mpeg", "mp3"},
  {"audio/mpeg, mpegversion = (int) { 2, 4 }", "audio/aac", "aac"},
  {"image/jpeg", "image/jpeg"},
  {"image/png", "image/png"},
  {"image/gif", "image/gif"},
  {"video/x-matroska", "video/x-matroska", "mkv webm"},
  {"video/x-matroska-3d", "video/x-matroska", "mkv"},
  {"audio/x-matroska", "audio/x-matroska", "mkv webm"},
  {"video/webm", "video/webm", "webm mkv"},
  {"audio/webm", "audio/webm", "webm mkv"},
  {"video/x-flv", "video/x-flv", "flv f4v"},
  {"video/x-msvideo", "video/x-msvideo", "avi"},
  {"video/x-ms-asf", "video/x-ms-asf", "asf wmv wma"},
  {"application/mxf", "application/mxf"},
  {"video/mj2", "video/mj2", ISO},
};

const gchar *
gst_ice_content_type_from_caps (const GstCaps * caps)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (content_types); i++) {
    g_autoptr (GstCaps) known = gst_caps_from_string (content_types[i].caps);

    if (gst_caps_is_subset (caps, known))
      return content_types[i].content_type;
  }

  return "application/octet-stream";
}

/* Whether @words, with blanks between them, or NULL, have @word. */
static gboolean
has_word (const gchar * words, const gchar * word)
{
  g_auto (GStrv) list = g_strsplit (words != NULL ? words : "", " ", -1);

  return g_strv_contains ((const gchar * const *) list, word);
}

gchar *
gst_ice_content_type_get_better_extension (const gchar * content_type,
    const gchar * object)
{
  const gchar *dot = strrchr (object, '.');
  g_autofree gchar *extension = g_ascii_strdown (dot ? dot + 1 : "", -1);
  const Row *own = NULL;
  gboolean others = FALSE;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (content_types); i++) {
    if (own == NULL && g_str_equal (content_types[i].content_type, content_type))
      own = &content_types[i];
    others = others || has_word (content_types[i].extensions, extension);
  }
  if (own == NULL || own->extensions == NULL || !others
      || has_word (own->extensions, extension))
    return NULL;

  return g_strndup (own->extensions, strcspn (own->extensions, " "));
}
