/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The Content-Type that caps mean, and the extension of such files. Pure
 * functions. */

#pragma once

#include <gst/gst.h>

/* Never NULL; `application/octet-stream` for what is not known. A static
 * string. */
const gchar *gst_ice_content_type_from_caps (const GstCaps * caps);

/* The extension that @object should have, if what it has is that of files of
 * another kind than @content_type; NULL if it fits, or nobody can tell.
 * (transfer full) (nullable) */
gchar *gst_ice_content_type_get_better_extension (const gchar * content_type,
    const gchar * object);
