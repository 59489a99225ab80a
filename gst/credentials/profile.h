/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A profile of a configuration file: what kind of identity, and what is needed
 * to get it.
 *
 * Plain data. The files differ in form (cli-profile.h, ini-profile.h), what
 * they mean does not. */

#pragma once

#include "credentials/provider-context.h"
#include "credentials/role.h"

typedef enum
{
  GST_ICE_PROFILE_KEYS,     /* an AccessKey, perhaps with a token */
  GST_ICE_PROFILE_ROLE,     /* a role that another identity takes on */
  GST_ICE_PROFILE_OIDC,     /* a role that an OpenID Connect token opens */
  GST_ICE_PROFILE_ECS_ROLE, /* the role of the ECS instance */
  GST_ICE_PROFILE_PROCESS,  /* what a program prints */
} GstIceProfileKind;

typedef struct _GstIceProfile GstIceProfile;

struct _GstIceProfile
{
  GstIceProfileKind kind;   /* which of the following matter */
  GstIceIdentity *keys;     /* (owned) (nullable) of KEYS */
  GstIceProfile *source;    /* (owned) (nullable) of ROLE: who takes it on */
  GstIceRole *role;         /* (owned) of ROLE and OIDC */
  gchar *oidc_provider_arn; /* (owned) (nullable) of OIDC */
  gchar *oidc_token_file;   /* (owned) (nullable) of OIDC */
  gchar *ecs_role_name;     /* (owned) (nullable) of ECS_ROLE */
  GstIceSecret *command;    /* (owned) (nullable) of PROCESS */
};

/* (transfer full) */
GstIceProfile *gst_ice_profile_new (GstIceProfileKind kind);

/* Of kind KEYS. @token: (nullable). Errors: GST_ICE_ERROR_NOT_AUTHORIZED if
 * one is missing or cannot be sent. (transfer full) */
GstIceProfile *gst_ice_profile_new_keys (const gchar * access_key_id,
    const gchar * access_key_secret, const gchar * token, GError ** error);
void gst_ice_profile_free (GstIceProfile * profile);

/* The provider that @profile asks for. Network thread. (transfer full) */
GstIceCredentialsProvider *gst_ice_profile_create_provider (const
    GstIceProfile * profile, GstIceProviderContext * context);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceProfile, gst_ice_profile_free)
