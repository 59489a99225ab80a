/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The check; see the header. */

#include "credentials/identity-check.h"

#include "common/error.h"
#include "common/secret.h"
#include "credentials/cli-profile.h"
#include "credentials/ini-profile.h"

static gboolean
is_set (const gchar * variable)
{
  const gchar *value = g_getenv (variable);

  return value != NULL && *value != '\0';
}

static gboolean
is_sendable (const gchar * variable)
{
  return is_set (variable)
      && gst_ice_identity_is_sendable (g_getenv (variable));
}

static gboolean
has_keys (void)
{
  return is_sendable ("ALIBABA_CLOUD_ACCESS_KEY_ID")
      && is_sendable ("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
}

static gboolean
has_role (const GstIceIdentitySources * sources)
{
  return sources->role_arn != NULL && sources->oidc_provider_arn != NULL
      && sources->oidc_token_file != NULL;
}

/* Nothing but a regular file is read: a pipe would wait. (transfer full) */
static gchar *
read_file (const gchar * path, gsize * size, GError ** error)
{
  gchar *text = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED,
        "there is no such file");
  else
    g_file_get_contents (path, &text, size, error);

  return text;
}

/* TRUE if the file has the profile. What it lacks is added to @reasons. */
static gboolean
has_profile (const gchar * path, const gchar * name, gboolean is_cli,
    GString * reasons)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceProfile) profile = NULL;
  gchar *text;
  gsize size;

  text = read_file (path, &size, &error);
  if (text != NULL)
    profile = is_cli ? gst_ice_cli_profile_read (text, size, name,
        g_get_real_time (), &error)
        : gst_ice_ini_profile_read (text, size, name, &error);
  gst_ice_secret_free_string (text);
  if (profile == NULL)
    g_string_append_printf (reasons, "; %s: %s", path, error->message);

  return profile != NULL;
}

static gboolean
is_in_files (const GstIceIdentitySources * sources, GString * reasons)
{
  return (!sources->config_file_disabled
      && has_profile (sources->config_file, sources->profile, TRUE, reasons))
      || has_profile (sources->credentials_file, sources->profile, FALSE,
      reasons);
}

gboolean
gst_ice_identity_sources_may_have_any (const GstIceIdentitySources * sources)
{
  g_autoptr (GString) reasons = g_string_new (NULL);

  return has_keys () || has_role (sources) || !sources->ecs_disabled
      || sources->credentials_uri != NULL || is_in_files (sources, reasons);
}

gboolean
gst_ice_identity_sources_check_profile (const GstIceIdentitySources * sources,
    GError ** error)
{
  g_autoptr (GString) reasons = g_string_new (NULL);

  return has_keys () || has_role (sources) || is_in_files (sources, reasons)
      || gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED,
      "The profile \"%s\" can't be used%s", sources->profile, reasons->str);
}
