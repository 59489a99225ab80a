/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The Content-Type that caps mean. Pure function. */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Never NULL; `application/octet-stream` for what is not known. A static
 * string. */
const gchar *gst_ice_content_type_from_caps (const GstCaps * caps);

G_END_DECLS
