/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The media assets that were made, and those that were deleted.
 *
 * Runs on: any thread.
 * Protected by: lock. No other lock is taken while it is held. */

#include "media-assets.h"

#include "text.h"

#define ASSETS_MAX 100000
#define ID_LENGTH 32

struct _EmuAssets
{
  const EmuOptions *options;    /* (unowned) */

  GMutex lock;                  /* protects the rest */
  GHashTable *made;             /* media id to EmuAsset */
  GHashTable *deleted;          /* set of media ids */
};

static void
asset_clear (gpointer data)
{
  EmuAsset *asset = data;

  g_free (asset->media_id);
  g_free (asset->title);
  g_free (asset->type);
  g_free (asset->business_type);
  g_free (asset->ext);
  g_free (asset->user_data);
}

EmuAsset *
emu_asset_new (void)
{
  return g_atomic_rc_box_new0 (EmuAsset);
}

EmuAsset *
emu_asset_ref (EmuAsset * asset)
{
  return g_atomic_rc_box_acquire (asset);
}

void
emu_asset_unref (EmuAsset * asset)
{
  g_atomic_rc_box_release_full (asset, asset_clear);
}

EmuAssets *
emu_assets_new (const EmuOptions * options)
{
  EmuAssets *assets = g_new0 (EmuAssets, 1);

  assets->options = options;
  g_mutex_init (&assets->lock);
  assets->made = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) emu_asset_unref);
  assets->deleted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  return assets;
}

void
emu_assets_free (EmuAssets * assets)
{
  g_hash_table_unref (assets->made);
  g_hash_table_unref (assets->deleted);
  g_mutex_clear (&assets->lock);
  g_free (assets);
}

gboolean
emu_assets_add (EmuAssets * assets, EmuAsset * asset)
{
  g_autofree gchar *id = emu_random_text (EMU_HEX_DIGITS, ID_LENGTH);
  gboolean ok;

  asset->media_id = g_ascii_strdown (id, -1);
  g_mutex_lock (&assets->lock);
  ok = g_hash_table_size (assets->made) < ASSETS_MAX;
  if (ok)
    g_hash_table_insert (assets->made, asset->media_id, asset);
  g_mutex_unlock (&assets->lock);
  if (!ok)
    emu_asset_unref (asset);
  return ok;
}

/* One that nobody made. */
static EmuAsset *
find_given (EmuAssets * assets, const gchar * media_id)
{
  const gchar *const *known = (const gchar * const *)
      assets->options->media_ids;
  EmuAsset *asset;

  if (known && !g_strv_contains (known, media_id))
    return NULL;
  asset = emu_asset_new ();
  asset->media_id = g_strdup (media_id);
  return asset;
}

EmuAsset *
emu_assets_find (EmuAssets * assets, const gchar * media_id)
{
  EmuAsset *asset = NULL;

  g_mutex_lock (&assets->lock);
  if (!g_hash_table_contains (assets->deleted, media_id)) {
    asset = g_hash_table_lookup (assets->made, media_id);
    asset = asset ? emu_asset_ref (asset) : find_given (assets, media_id);
  }
  g_mutex_unlock (&assets->lock);
  return asset;
}

void
emu_assets_delete (EmuAssets * assets, const gchar * media_id)
{
  g_mutex_lock (&assets->lock);
  if (g_hash_table_size (assets->deleted) < ASSETS_MAX)
    g_hash_table_add (assets->deleted, g_strdup (media_id));
  g_hash_table_remove (assets->made, media_id);
  g_mutex_unlock (&assets->lock);
}
