/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A trial behind TLS; see the header. Runs on: any thread, one at a time. */

#include "tls-trial.h"

#include <glib/gstdio.h>

static gchar *
get_uri (const gchar * host, Relay * relay)
{
  return g_strdup_printf ("https://%s:%u", host, relay_get_port (relay));
}

static void
point_sink_at (TlsTrial * self)
{
  g_autofree gchar *ice_uri = get_uri (self->ice_name, self->ice);
  g_autofree gchar *oss_uri = get_uri (self->oss_name, self->oss);

  g_object_set (self->trial->sink, "ice-endpoint", ice_uri,
      "oss-endpoint", oss_uri, "ssl-ca-file", self->ca_file, NULL);
}

static void
start_relays (TlsTrial * self)
{
  g_autoptr (GTlsCertificate) certificate = authority_sign (self->authority,
      self->names, -TLS_TRIAL_DAY, TLS_TRIAL_DAY);
  const gchar *target = ice_emulator_get_uri (self->trial->emulator);

  self->ice = relay_new (target, certificate);
  self->oss = relay_new (target, certificate);
}

TlsTrial *
tls_trial_new (const gchar * name, const gchar * launch)
{
  TlsTrial *self = g_new0 (TlsTrial, 1);
  g_autofree gchar *virtual_host = NULL;

  self->ice_name = g_strdup_printf ("ice.%s.test", name);
  self->oss_name = g_strdup_printf ("oss.%s.test", name);
  self->names = g_strdup_printf ("DNS:%s,DNS:*.%s", self->ice_name,
      self->oss_name);
  virtual_host = g_strdup_printf ("--virtual-host=%s", self->oss_name);
  self->trial = trial_new ((const gchar * const[]) {
      virtual_host, NULL}, launch);
  self->authority = authority_new ();
  self->ca_file = authority_write_file (self->authority);
  start_relays (self);
  point_sink_at (self);

  return self;
}

void
tls_trial_free (TlsTrial * self)
{
  trial_free (self->trial);
  relay_free (self->ice);
  relay_free (self->oss);
  authority_free (self->authority);
  g_remove (self->ca_file);
  g_free (self->ca_file);
  g_free (self->ice_name);
  g_free (self->oss_name);
  g_free (self->names);
  g_free (self);
}
