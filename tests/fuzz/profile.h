/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What any profile has to be. */

#pragma once

#include "credentials/profile.h"

/* @profile, and those it stands on, have what their kind needs, and nothing
 * that cannot be sent. */
void fuzz_profile_check (const GstIceProfile * profile);
