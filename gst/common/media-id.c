/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Media ids; see the header. */

#include "common/media-id.h"

#include <string.h>

#define MAX_LENGTH 128

gboolean
gst_ice_media_id_is_valid (const gchar * text)
{
  gsize length = text != NULL ?
      strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_") : 0;

  return length >= 1 && length <= MAX_LENGTH && text[length] == '\0';
}
