/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The media assets that were made, and those that were deleted. */

#pragma once

#include "options.h"

/* Immutable. Texts other than the id may be NULL where an asset was not made
 * by CreateUploadMedia but is there all the same. */
typedef struct
{
  gchar *media_id;
  gchar *title;
  gchar *type;
  gchar *business_type;
  gchar *ext;
  gchar *user_data;
  gint64 created_us;            /* wall clock */
} EmuAsset;

EmuAsset *emu_asset_new (void);
EmuAsset *emu_asset_ref (EmuAsset * asset);
void emu_asset_unref (EmuAsset * asset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuAsset, emu_asset_unref)

typedef struct _EmuAssets EmuAssets;

/* @options: which assets are there from the start. They outlive it. */
EmuAssets *emu_assets_new (const EmuOptions * options);
void emu_assets_free (EmuAssets * assets);

/* Takes @asset in and gives it an id. @asset: (transfer full).
 * FALSE if there are too many. */
gboolean emu_assets_add (EmuAssets * assets, EmuAsset * asset);

/* The asset @media_id, or NULL if it is not there. (transfer full) */
EmuAsset *emu_assets_find (EmuAssets * assets, const gchar * media_id);

/* It is not there any more. */
void emu_assets_delete (EmuAssets * assets, const gchar * media_id);
