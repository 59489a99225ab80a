/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Who can be asked for an identity, beside what is given: one constructor for
 * each kind of source, and one file. Network thread. */

#pragma once

#include "credentials/provider-context.h"
#include "credentials/role.h"

/* The profile in ~/.aliyun/config.json, the configuration of the command-line
 * tool. (transfer full) */
GstIceCredentialsProvider *gst_ice_profile_provider_new_cli
    (GstIceProviderContext * context);

/* The profile in ~/.alibabacloud/credentials, a file in INI form.
 * (transfer full) */
GstIceCredentialsProvider *gst_ice_profile_provider_new_ini
    (GstIceProviderContext * context);

/* The RAM role of the ECS instance that this runs on, from its metadata
 * service. @role_name: (nullable): else that of the environment, else what the
 * service says. @is_configured: somebody said that this is an ECS instance, so
 * that a service that does not answer is worth waiting for. (transfer full) */
GstIceCredentialsProvider *gst_ice_ecs_provider_new (GstIceProviderContext *
    context, const gchar * role_name, gboolean is_configured);

/* A RAM role that an OpenID Connect token opens: AssumeRoleWithOIDC, as in a
 * Kubernetes cluster with RRSA. What is NULL is taken from the environment; if
 * it is not there either, asking says so. @role: (transfer none).
 * (transfer full) */
GstIceCredentialsProvider *gst_ice_oidc_provider_new (GstIceProviderContext *
    context, const GstIceRole * role, const gchar * oidc_provider_arn,
    const gchar * oidc_token_file);

/* A RAM role that another identity takes on: AssumeRole. @source: whose
 * identity signs. @role: what is NULL in it is taken from the environment.
 * Both (transfer none). (transfer full) */
GstIceCredentialsProvider *gst_ice_role_provider_new (GstIceProviderContext *
    context, const GstIceRole * role, GstIceCredentialsProvider * source);

/* The identity that a program prints: mode External of the command-line tool's
 * configuration. The program runs beside the thread. @command: (nullable):
 * words as a shell splits them; no shell runs it. (transfer full) */
GstIceCredentialsProvider *gst_ice_process_provider_new (GstIceProviderContext
    * context, GstIceSecret * command);

/* The identity that an address gives out: ALIBABA_CLOUD_CREDENTIALS_URI.
 * (transfer full) */
GstIceCredentialsProvider *gst_ice_uri_provider_new (GstIceProviderContext *
    context);
