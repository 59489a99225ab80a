/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The profile; see the header. One thread. */

#include "profile.h"

#include "fuzz.h"

#define MAX_DEPTH 16

static void
check_keys (const GstIceIdentity * keys)
{
  const gchar *token = gst_ice_identity_peek_token (keys);

  g_assert_true (gst_ice_identity_is_sendable
      (gst_ice_identity_get_access_key_id (keys)));
  g_assert_cmpstr (gst_ice_identity_peek_secret (keys), !=, "");
  g_assert_true (token == NULL || gst_ice_identity_is_sendable (token));
}

/* Where it is asked for, or an error that says why it can't be. */
static void
check_role (const GstIceRole * role)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceEndpoint) endpoint = gst_ice_role_get_endpoint (role,
      &error);

  g_assert_true ((endpoint == NULL) == (error != NULL));
  g_assert_true (endpoint == NULL || endpoint->tls || endpoint->is_loopback);
  g_assert_cmpuint (role->duration_seconds, >=, GST_ICE_ROLE_MIN_DURATION);
}

/* @profile and those it stands on. */
static void
check_profile (const GstIceProfile * profile)
{
  guint depth;

  for (depth = 0; profile != NULL; depth++) {
    g_assert_cmpuint (depth, <, MAX_DEPTH);
    if (profile->kind == GST_ICE_PROFILE_KEYS)
      check_keys (profile->keys);
    if (profile->kind == GST_ICE_PROFILE_ROLE)
      g_assert_nonnull (profile->source);
    if (profile->kind == GST_ICE_PROFILE_ROLE
        || profile->kind == GST_ICE_PROFILE_OIDC)
      check_role (profile->role);
    profile = profile->source;
  }
}

void
fuzz_profile_check_file (FuzzProfileReader read, const guint8 * data,
    gsize size)
{
  static const gchar *const names[] = { NULL, "other", "" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstIceProfile) profile =
        read ((const gchar *) data, size, names[i], &error);

    if (profile != NULL)
      check_profile (profile);
    else
      fuzz_check_error (&error);
  }
}
