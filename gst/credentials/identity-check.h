/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Whether an identity can be there at all, as far as this machine alone can
 * tell. */

#pragma once

#include "credentials/identity-sources.h"

/* FALSE if no place that @sources name has an identity, and none of them needs
 * the network to be asked. Reads small files. Any thread. */
gboolean gst_ice_identity_sources_may_have_any (const GstIceIdentitySources *
    sources);

/* FALSE if the profile that the user has asked for is in none of the files, and
 * nothing that goes before them is set. As above.
 * Errors: GST_ICE_ERROR_NOT_AUTHORIZED; the text says where it was looked. */
gboolean gst_ice_identity_sources_check_profile (const GstIceIdentitySources *
    sources, GError ** error);
