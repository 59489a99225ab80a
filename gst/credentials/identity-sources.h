/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the environment says about where an identity is to be looked for.
 *
 * Read once, on the thread that starts the sink, because other threads may
 * change the environment later; immutable from then on. Counted; any thread. */

#pragma once

#include "common/counted.h"
#include "credentials/provider.h"

typedef struct
{
  GstIceCredentialsProvider *environment; /* (owned) the keys in the
                                           * environment itself */
  gchar *profile;               /* (owned) (nullable) name of a profile in the
                                 * files below */
  gchar *config_file;           /* (owned) the command-line tool's
                                 * configuration */
  gboolean config_file_disabled; /* do not look there */
  gchar *credentials_file;      /* (owned) the file in INI form */
  gchar *role_arn;              /* (owned) (nullable) a role to take on */
  gchar *role_session_name;     /* (owned) (nullable) what to call the session
                                 * then */
  gchar *oidc_provider_arn;     /* (owned) (nullable) who vouches for us */
  gchar *oidc_token_file;       /* (owned) (nullable) where its token lies */
  gchar *sts_region;            /* (owned) (nullable) region of STS */
  gboolean vpc_endpoint;        /* STS from within a VPC */
  gchar *ecs_role_name;         /* (owned) (nullable) RAM role of this ECS
                                 * instance */
  gboolean ecs_disabled;        /* do not ask the metadata service */
  gboolean imdsv1_disabled;     /* never ask it without a token */
  GstIceSecret *credentials_uri; /* (owned) (nullable) may have a password in
                                  * its query */
  gchar *sts_endpoint;          /* (owned) (nullable) in place of the real one,
                                 * for tests */
  gchar *metadata_endpoint;     /* (owned) (nullable) in place of the real one,
                                 * for tests */

  /*< private >*/
  gchar *digest;                /* (owned): of all that was read */
  gatomicrefcount ref_count;
} GstIceIdentitySources;

/* Reads the environment. @profile: (nullable): goes before
 * ALIBABA_CLOUD_PROFILE. (transfer full) */
GstIceIdentitySources *gst_ice_identity_sources_new (const gchar * profile);
GST_ICE_DECLARE_COUNTED (GstIceIdentitySources, gst_ice_identity_sources)
