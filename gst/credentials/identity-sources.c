/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The variables of Alibaba Cloud's default chain, and the files that it names.
 *
 * Made on the thread that starts the sink, read on any.
 *
 * https://www.alibabacloud.com/help/en/sdk/developer-reference/v2-manage-go-access-credentials */

#include "credentials/identity-sources.h"

#include <string.h>

#include "common/digest.h"
#include "common/secret.h"
#include "credentials/static-provider.h"

#define VARIABLE(name) "ALIBABA_CLOUD_" name

/* An empty variable is none. (transfer full) (nullable) */
static gchar *
dup_variable (const gchar * name)
{
  const gchar *value = g_getenv (name);

  return value != NULL && *value != '\0' ? g_strdup (value) : NULL;
}

static gboolean
is_true (const gchar * name)
{
  const gchar *value = g_getenv (name);

  return value != NULL && g_ascii_strcasecmp (value, "true") == 0;
}

/* GLib would keep the first value that it saw. */
static const gchar *
get_home (void)
{
  const gchar *home = g_getenv ("HOME");

  return home != NULL && *home != '\0' ? home : g_get_home_dir ();
}

/* (transfer full) */
static gchar *
dup_file (const gchar * variable, const gchar * folder, const gchar * name)
{
  gchar *path = dup_variable (variable);

  return path != NULL ? path : g_build_filename (get_home (), folder, name,
      NULL);
}

/* Whoever reads the same looks in the same places. (transfer full) */
static gchar *
create_digest (const gchar * profile)
{
  static const gchar *const names[] = {
    VARIABLE ("ACCESS_KEY_ID"), VARIABLE ("ACCESS_KEY_SECRET"),
    VARIABLE ("SECURITY_TOKEN"), VARIABLE ("PROFILE"),
    VARIABLE ("CONFIG_FILE"), VARIABLE ("CLI_PROFILE_DISABLED"),
    VARIABLE ("CREDENTIALS_FILE"), VARIABLE ("ROLE_ARN"),
    VARIABLE ("ROLE_SESSION_NAME"), VARIABLE ("OIDC_PROVIDER_ARN"),
    VARIABLE ("OIDC_TOKEN_FILE"), VARIABLE ("STS_REGION"),
    VARIABLE ("VPC_ENDPOINT_ENABLED"), VARIABLE ("ECS_METADATA"),
    VARIABLE ("ECS_METADATA_DISABLED"), VARIABLE ("IMDSV1_DISABLED"),
    VARIABLE ("CREDENTIALS_URI"), "HOME"
  };
  gchar *digest = gst_ice_sha256_hex (profile != NULL ? profile : "",
      profile != NULL ? strlen (profile) : 0);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    const gchar *value = g_getenv (names[i]);
    gchar *text = g_strconcat (digest, value != NULL ? "=" : "", value, NULL);

    g_free (digest);
    digest = gst_ice_sha256_hex (text, strlen (text));
    gst_ice_secret_free_string (text);
  }

  return digest;
}

GstIceIdentitySources *
gst_ice_identity_sources_new (const gchar * profile)
{
  GstIceIdentitySources *sources = g_new0 (GstIceIdentitySources, 1);
  gboolean is_given = profile != NULL && *profile != '\0';

  g_atomic_ref_count_init (&sources->ref_count);
  sources->digest = create_digest (profile);
  sources->environment = gst_ice_static_provider_new_from_environment ();
  sources->profile = is_given ? g_strdup (profile)
      : dup_variable (VARIABLE ("PROFILE"));
  sources->config_file =
      dup_file (VARIABLE ("CONFIG_FILE"), ".aliyun", "config.json");
  sources->config_file_disabled = is_true (VARIABLE ("CLI_PROFILE_DISABLED"));
  sources->credentials_file =
      dup_file (VARIABLE ("CREDENTIALS_FILE"), ".alibabacloud", "credentials");
  sources->role_arn = dup_variable (VARIABLE ("ROLE_ARN"));
  sources->role_session_name = dup_variable (VARIABLE ("ROLE_SESSION_NAME"));
  sources->oidc_provider_arn = dup_variable (VARIABLE ("OIDC_PROVIDER_ARN"));
  sources->oidc_token_file = dup_variable (VARIABLE ("OIDC_TOKEN_FILE"));
  sources->sts_region = dup_variable (VARIABLE ("STS_REGION"));
  sources->vpc_endpoint = is_true (VARIABLE ("VPC_ENDPOINT_ENABLED"));
  sources->ecs_role_name = dup_variable (VARIABLE ("ECS_METADATA"));
  sources->ecs_disabled = is_true (VARIABLE ("ECS_METADATA_DISABLED"));
  sources->imdsv1_disabled = is_true (VARIABLE ("IMDSV1_DISABLED"));
  sources->credentials_uri =
      gst_ice_secret_new (g_getenv (VARIABLE ("CREDENTIALS_URI")));

  return sources;
}

static void
finalize (GstIceIdentitySources * sources)
{
  g_clear_object (&sources->environment);
  g_free (sources->profile);
  g_free (sources->config_file);
  g_free (sources->credentials_file);
  g_free (sources->role_arn);
  g_free (sources->role_session_name);
  g_free (sources->oidc_provider_arn);
  g_free (sources->oidc_token_file);
  g_free (sources->sts_region);
  g_free (sources->ecs_role_name);
  g_clear_pointer (&sources->credentials_uri, gst_ice_secret_unref);
  g_free (sources->sts_endpoint);
  g_free (sources->metadata_endpoint);
  g_free (sources->digest);
  g_free (sources);
}

GST_ICE_DEFINE_COUNTED (GstIceIdentitySources, gst_ice_identity_sources,
    finalize)
