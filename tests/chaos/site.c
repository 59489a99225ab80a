/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The site; see the header. Runs on: any thread, one at a time. */

#include "site.h"

#include <glib/gstdio.h>

static gchar *
get_uri (const gchar * host, Relay * relay)
{
  return g_strdup_printf ("https://%s:%u", host, relay_get_port (relay));
}

static void
point_sink_at (Site * site)
{
  g_autofree gchar *ice_uri = get_uri (site->ice_name, site->ice);
  g_autofree gchar *oss_uri = get_uri (site->oss_name, site->oss);

  g_object_set (site->trial->sink, "ice-endpoint", ice_uri,
      "oss-endpoint", oss_uri, "ssl-ca-file", site->ca_file, NULL);
}

static void
start_relays (Site * site)
{
  g_autoptr (GTlsCertificate) certificate = authority_sign (site->authority,
      site->names, -SITE_DAY, SITE_DAY);
  const gchar *target = ice_emulator_get_uri (site->trial->emulator);

  site->ice = relay_new (target, certificate);
  site->oss = relay_new (target, certificate);
}

Site *
site_new (const gchar * name, const gchar * launch)
{
  Site *site = g_new0 (Site, 1);
  g_autofree gchar *virtual_host = NULL;

  site->ice_name = g_strdup_printf ("ice.%s.test", name);
  site->oss_name = g_strdup_printf ("oss.%s.test", name);
  site->names = g_strdup_printf ("DNS:%s,DNS:*.%s", site->ice_name,
      site->oss_name);
  virtual_host = g_strdup_printf ("--virtual-host=%s", site->oss_name);
  site->trial = trial_new ((const gchar * const[]) {
      virtual_host, NULL}, launch);
  site->authority = authority_new ();
  site->ca_file = authority_write_file (site->authority);
  start_relays (site);
  point_sink_at (site);

  return site;
}

void
site_free (Site * site)
{
  trial_free (site->trial);
  relay_free (site->ice);
  relay_free (site->oss);
  authority_free (site->authority);
  g_remove (site->ca_file);
  g_free (site->ca_file);
  g_free (site->ice_name);
  g_free (site->oss_name);
  g_free (site->names);
  g_free (site);
}
