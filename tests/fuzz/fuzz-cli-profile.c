/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The configuration file of the command-line tool, JSON: its default profile, and one by
 * name. What is read of it is all that its kind needs. */

#include "fuzz.h"

#include "credentials/cli-profile.h"
#include "profile.h"

static GstIceProfile *
read_profile (const gchar * text, gsize size, const gchar * name,
    GError ** error)
{
  return gst_ice_cli_profile_read (text, size, name, 0, error);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  fuzz_profile_check_file (read_profile, data, size);

  return 0;
}
