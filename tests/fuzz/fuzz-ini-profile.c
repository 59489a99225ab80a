/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The credentials file in INI form: its default profile, and one by
 * name. What is read of it is all that its kind needs. */

#include "fuzz.h"

#include "credentials/ini-profile.h"
#include "profile.h"

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  fuzz_start ();

  return 0;
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  static const gchar *const names[] = { NULL, "other", "" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstIceProfile) profile =
        gst_ice_ini_profile_read ((const gchar *) data, size, names[i],
        &error);

    if (profile != NULL)
      fuzz_profile_check (profile);
    else
      fuzz_check_error (&error);
  }

  return 0;
}
