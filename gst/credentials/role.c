/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The defaults are those of the official SDKs.
 *
 * Any thread; pure functions. */

#include "credentials/role.h"

#include "common/error.h"

#define DEFAULT_SESSION_NAME "icesink"

GstIceRole *
gst_ice_role_new (void)
{
  GstIceRole *role = g_new0 (GstIceRole, 1);

  role->duration_seconds = GST_ICE_ROLE_DEFAULT_DURATION;

  return role;
}

void
gst_ice_role_free (GstIceRole * role)
{
  g_free (role->role_arn);
  g_free (role->session_name);
  g_free (role->policy);
  g_free (role->external_id);
  g_free (role->sts_region);
  g_free (role->sts_endpoint);
  g_free (role);
}

static gchar *
dup_either (const gchar * first, const gchar * second)
{
  return g_strdup (first != NULL ? first : second);
}

GstIceRole *
gst_ice_role_complete (const GstIceRole * role,
    const GstIceIdentitySources * sources)
{
  GstIceRole *copy = gst_ice_role_new ();

  copy->role_arn = dup_either (role->role_arn, sources->role_arn);
  copy->session_name =
      dup_either (role->session_name, sources->role_session_name);
  if (copy->session_name == NULL)
    copy->session_name = g_strdup (DEFAULT_SESSION_NAME);
  copy->policy = g_strdup (role->policy);
  copy->external_id = g_strdup (role->external_id);
  copy->duration_seconds = role->duration_seconds;
  copy->sts_region = dup_either (role->sts_region, sources->sts_region);
  copy->sts_endpoint = dup_either (role->sts_endpoint, sources->sts_endpoint);
  copy->vpc_endpoint = role->vpc_endpoint || sources->vpc_endpoint;

  return copy;
}

GstIceEndpoint *
gst_ice_role_get_endpoint (const GstIceRole * role, GError ** error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree gchar *host = NULL;
  GstIceEndpoint *endpoint;

  if (role->sts_endpoint != NULL)
    host = g_strdup (role->sts_endpoint);
  else if (role->sts_region != NULL)
    host = g_strdup_printf ("%s.%s.aliyuncs.com",
        role->vpc_endpoint ? "sts-vpc" : "sts", role->sts_region);
  else
    host = g_strdup ("sts.aliyuncs.com");

  endpoint = gst_ice_endpoint_parse_setting (host, &cause);
  if (endpoint == NULL)
    gst_ice_set_error (error, GST_ICE_ERROR_NOT_AUTHORIZED,
        "the address of STS: %s", cause->message);

  return endpoint;
}
