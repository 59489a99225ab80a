/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A RAM role that STS lets one take on for a while, and which STS that is.
 *
 * Plain data, any thread. */

#pragma once

#include "credentials/identity-sources.h"
#include "http/endpoint.h"

#define GST_ICE_ROLE_MIN_DURATION 900
#define GST_ICE_ROLE_DEFAULT_DURATION 3600

typedef struct
{
  gchar *role_arn;          /* (owned) (nullable) the role */
  gchar *session_name;      /* (owned) (nullable) what STS calls the session */
  gchar *policy;            /* (owned) (nullable) narrows the permissions
                             * down */
  gchar *external_id;       /* (owned) (nullable) what a role of others may ask
                             * for */
  guint64 duration_seconds; /* how long it lasts */
  gchar *sts_region;        /* (owned) (nullable) region of STS */
  gchar *sts_endpoint;      /* (owned) (nullable) host of STS, before
                             * @sts_region */
  gboolean vpc_endpoint;    /* STS from within a VPC */
} GstIceRole;

/* A role of which nothing is known but the default duration. (transfer full) */
GstIceRole *gst_ice_role_new (void);
void gst_ice_role_free (GstIceRole * role);

/* @role with what the environment says where it says nothing itself.
 * (transfer full) */
GstIceRole *gst_ice_role_complete (const GstIceRole * role,
    const GstIceIdentitySources * sources);

/* Where to ask for it. Errors: GST_ICE_ERROR_NOT_AUTHORIZED. (transfer full) */
GstIceEndpoint *gst_ice_role_get_endpoint (const GstIceRole * role,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceRole, gst_ice_role_free)
