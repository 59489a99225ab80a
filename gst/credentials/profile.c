/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Any thread; creating a provider is for the network thread. */

#include "credentials/profile.h"

#include "common/error.h"
#include "credentials/providers.h"
#include "credentials/static-provider.h"

GstIceProfile *
gst_ice_profile_new (GstIceProfileKind kind)
{
  GstIceProfile *profile = g_new0 (GstIceProfile, 1);

  profile->kind = kind;
  profile->role = gst_ice_role_new ();

  return profile;
}

static gboolean
is_set (const gchar * text)
{
  return text != NULL && *text != '\0';
}

static const gchar *
find_problem (const gchar * id, const gchar * secret, const gchar * token)
{
  if (!is_set (id))
    return "it has no access_key_id";
  if (!is_set (secret))
    return "it has no access_key_secret";
  if (!gst_ice_identity_is_sendable (id))
    return "its access_key_id has blanks or control characters in it";
  if (!gst_ice_identity_is_sendable (secret))
    return "its access_key_secret has blanks or control characters in it";
  if (is_set (token) && !gst_ice_identity_is_sendable (token))
    return "its sts_token has blanks or control characters in it";

  return NULL;
}

GstIceProfile *
gst_ice_profile_new_keys (const gchar * access_key_id,
    const gchar * access_key_secret, const gchar * token, GError ** error)
{
  const gchar *problem = find_problem (access_key_id, access_key_secret,
      token);
  GstIceProfile *profile;

  if (problem != NULL) {
    gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED, "%s", problem);
    return NULL;
  }

  profile = gst_ice_profile_new (GST_ICE_PROFILE_KEYS);
  profile->keys = gst_ice_identity_new (access_key_id, access_key_secret,
      token);

  return profile;
}

void
gst_ice_profile_free (GstIceProfile * profile)
{
  g_clear_pointer (&profile->keys, gst_ice_identity_unref);
  g_clear_pointer (&profile->source, gst_ice_profile_free);
  gst_ice_role_free (profile->role);
  g_free (profile->oidc_provider_arn);
  g_free (profile->oidc_token_file);
  g_free (profile->ecs_role_name);
  g_clear_pointer (&profile->command, gst_ice_secret_unref);
  g_free (profile);
}

static GstIceCredentialsProvider *
create_role_provider (const GstIceProfile * profile,
    GstIceProviderContext * context)
{
  g_autoptr (GstIceCredentialsProvider) source =
      gst_ice_profile_create_provider (profile->source, context);

  return gst_ice_role_provider_new (context, profile->role, source);
}

GstIceCredentialsProvider *
gst_ice_profile_create_provider (const GstIceProfile * profile,
    GstIceProviderContext * context)
{
  switch (profile->kind) {
    case GST_ICE_PROFILE_KEYS:
      return gst_ice_static_provider_new (profile->keys);
    case GST_ICE_PROFILE_ROLE:
      return create_role_provider (profile, context);
    case GST_ICE_PROFILE_OIDC:
      return gst_ice_oidc_provider_new (context, profile->role,
          profile->oidc_provider_arn, profile->oidc_token_file);
    case GST_ICE_PROFILE_ECS_ROLE:
      return gst_ice_ecs_provider_new (context, profile->ecs_role_name, TRUE);
    case GST_ICE_PROFILE_PROCESS:
      return gst_ice_process_provider_new (context, profile->command);
  }

  g_return_val_if_reached (NULL);
}
