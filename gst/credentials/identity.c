/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An identity: the AccessKey id in the clear, the rest as secrets.
 *
 * Any thread; it never changes once it is made. */

#include "credentials/identity.h"

struct _GstIceIdentity
{
  gatomicrefcount ref_count;
  gchar *access_key_id;
  GstIceSecret *access_key_secret;
  GstIceSecret *security_token; /* (nullable) */
  gint64 expires_us;            /* monotonic, or -1 */
};

GstIceIdentity *
gst_ice_identity_new (const gchar * access_key_id,
    const gchar * access_key_secret, const gchar * security_token)
{
  return gst_ice_identity_new_expiring (access_key_id, access_key_secret,
      security_token, -1);
}

GstIceIdentity *
gst_ice_identity_new_expiring (const gchar * access_key_id,
    const gchar * access_key_secret, const gchar * security_token,
    gint64 expires_us)
{
  GstIceIdentity *identity;

  g_return_val_if_fail (access_key_id != NULL && *access_key_id, NULL);
  g_return_val_if_fail (access_key_secret != NULL && *access_key_secret, NULL);

  identity = g_new0 (GstIceIdentity, 1);
  g_atomic_ref_count_init (&identity->ref_count);
  identity->access_key_id = g_strdup (access_key_id);
  identity->access_key_secret = gst_ice_secret_new (access_key_secret);
  identity->security_token = gst_ice_secret_new (security_token);
  identity->expires_us = expires_us;

  return identity;
}

static void
finalize (GstIceIdentity * identity)
{
  g_free (identity->access_key_id);
  g_clear_pointer (&identity->access_key_secret, gst_ice_secret_unref);
  g_clear_pointer (&identity->security_token, gst_ice_secret_unref);
  g_free (identity);
}

GST_ICE_DEFINE_COUNTED (GstIceIdentity, gst_ice_identity, finalize)

const gchar *
gst_ice_identity_get_access_key_id (const GstIceIdentity * identity)
{
  return identity->access_key_id;
}

const gchar *
gst_ice_identity_peek_secret (const GstIceIdentity * identity)
{
  return gst_ice_secret_peek (identity->access_key_secret);
}

const gchar *
gst_ice_identity_peek_token (const GstIceIdentity * identity)
{
  if (identity->security_token == NULL)
    return NULL;

  return gst_ice_secret_peek (identity->security_token);
}

gint64
gst_ice_identity_get_expires (const GstIceIdentity * identity)
{
  return identity->expires_us;
}

gboolean
gst_ice_identity_is_sendable (const gchar * text)
{
  const gchar *p = text;

  while (g_ascii_isgraph (*p))
    p++;

  return p != text && *p == '\0';
}
