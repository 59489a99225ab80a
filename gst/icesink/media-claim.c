/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Claims to media assets; see the header. Protected by: lock. */

#include "icesink/media-claim.h"

#include "common/error.h"
#include "common/lock.h"

static GMutex lock;
static GHashTable *claims;      /* (element-type utf8): NULL while empty */

/* The same id elsewhere is another asset. */
static gchar *
new_claim (const GstIceSettings * settings)
{
  return g_strdup_printf ("%s %s %s", settings->media_id, settings->region,
      settings->ice_endpoint != NULL ? settings->ice_endpoint : "");
}

gchar *
gst_ice_media_claim_take (const GstIceSettings * settings, GError ** error)
{
  g_autofree gchar *claim = new_claim (settings);
  gst_ice_lock_scope (&lock);

  if (claims == NULL)
    claims = g_hash_table_new (g_str_hash, g_str_equal);
  if (g_hash_table_contains (claims, claim)) {
    gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "The media asset %s is being written by another icesink of this"
        " process: set another media-id, or wait until that one has ended",
        settings->media_id);
    return NULL;
  }

  g_hash_table_add (claims, claim);

  return g_steal_pointer (&claim);
}

void
gst_ice_media_claim_drop (gchar * claim)
{
  gst_ice_lock_scope (&lock);

  g_hash_table_remove (claims, claim);
  if (g_hash_table_size (claims) == 0)
    g_clear_pointer (&claims, g_hash_table_unref);
  g_free (claim);
}
