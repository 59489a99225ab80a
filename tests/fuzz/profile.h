/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What any profile has to be. */

#pragma once

#include "credentials/profile.h"

/* As gst_ice_ini_profile_read(). */
typedef GstIceProfile *(*FuzzProfileReader) (const gchar * text, gsize size,
    const gchar * name, GError ** error);

/* What @read makes of the default profile of a file, and of those with a name,
 * has what its kind needs, and nothing that cannot be sent. */
void fuzz_profile_check_file (FuzzProfileReader read, const guint8 * data,
    gsize size);
