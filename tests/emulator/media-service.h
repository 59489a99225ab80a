/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE: CreateUploadMedia, GetMediaInfo and DeleteMediaInfos. */

#pragma once

#include "call.h"

EmuAnswer *emu_media_create (EmuCall * call);
EmuAnswer *emu_media_get_info (EmuCall * call);
EmuAnswer *emu_media_delete (EmuCall * call);

/* UploadAddress and UploadAuth of a new lease for @asset, in JSON, with a
 * comma before each. (transfer full) */
gchar *emu_media_format_lease (EmuCall * call, EmuAsset * asset);

/* TRUE for what the service could have given out as one. */
gboolean emu_is_media_id (const gchar * text);
