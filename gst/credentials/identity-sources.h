/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What the environment says about where an identity is to be looked for.
 *
 * Read once, on the thread that starts the sink, because other threads may
 * change the environment later; immutable from then on. Counted; any thread. */

#pragma once

#include "credentials/provider.h"

G_BEGIN_DECLS

/**
 * GstIceIdentitySources:
 * @environment: (owned): the keys in the environment itself
 * @profile: (owned) (nullable): name of a profile in the files below
 * @config_file: (owned) (nullable): the command-line tool's configuration
 * @config_file_disabled: do not look there
 * @credentials_file: (owned) (nullable): the file in INI form
 * @role_arn: (owned) (nullable): a role to take on
 * @role_session_name: (owned) (nullable): what to call the session then
 * @oidc_provider_arn: (owned) (nullable): who vouches for us
 * @oidc_token_file: (owned) (nullable): where its token lies
 * @sts_region: (owned) (nullable): region of STS
 * @vpc_endpoint: STS from within a VPC
 * @ecs_role_name: (owned) (nullable): RAM role of this ECS instance
 * @ecs_disabled: do not ask the metadata service
 * @imdsv1_disabled: never ask it without a token
 * @credentials_uri: (owned) (nullable): may have a password in its query
 * @sts_endpoint: (owned) (nullable): in place of the real one, for tests
 * @metadata_endpoint: (owned) (nullable): in place of the real one, for tests
 *
 * Since: 0.1
 */
typedef struct
{
  GstIceCredentialsProvider *environment;
  gchar *profile;
  gchar *config_file;
  gboolean config_file_disabled;
  gchar *credentials_file;
  gchar *role_arn;
  gchar *role_session_name;
  gchar *oidc_provider_arn;
  gchar *oidc_token_file;
  gchar *sts_region;
  gboolean vpc_endpoint;
  gchar *ecs_role_name;
  gboolean ecs_disabled;
  gboolean imdsv1_disabled;
  GstIceSecret *credentials_uri;
  gchar *sts_endpoint;
  gchar *metadata_endpoint;

  /*< private >*/
  gchar *digest;                /* (owned): of all that was read */
  gatomicrefcount ref_count;
} GstIceIdentitySources;

/* Reads the environment. @profile: (nullable): goes before
 * ALIBABA_CLOUD_PROFILE. (transfer full) */
GstIceIdentitySources *gst_ice_identity_sources_new (const gchar * profile);
GstIceIdentitySources *gst_ice_identity_sources_ref (GstIceIdentitySources *
    sources);
void gst_ice_identity_sources_unref (GstIceIdentitySources * sources);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceIdentitySources,
    gst_ice_identity_sources_unref)

G_END_DECLS
