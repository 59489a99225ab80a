/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The credentials file in INI form: its default profile, and one by
 * name. What is read of it is all that its kind needs. */

#include "fuzz.h"

#include "credentials/ini-profile.h"
#include "profile.h"

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  fuzz_profile_check_file (gst_ice_ini_profile_read, data, size);

  return 0;
}
