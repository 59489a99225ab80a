/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* A trial whose services are behind TLS and under names, each with a relay of
 * its own, so that names and certificates can fail. */

#pragma once

#include "relay.h"
#include "trial.h"
#include "unit/certificates.h"

G_BEGIN_DECLS

#define SITE_DAY (24 * 60 * 60)

/**
 * Site:
 * @trial: (owned)
 * @authority: (owned): what the sink trusts
 * @ice_name: (owned): a host name under `.test`
 * @oss_name: (owned): buckets are below it
 * @names: (owned): both, as certificates say it
 */
typedef struct
{
  Trial *trial;
  Authority *authority;
  Relay *ice;
  Relay *oss;
  gchar *ice_name;
  gchar *oss_name;
  gchar *names;
  gchar *ca_file;
} Site;

/* @name: a label that no other site of this process has. @launch: as of
 * trial_new(). test_resolver_install() must have been called. */
Site *site_new (const gchar * name, const gchar * launch);
void site_free (Site * site);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Site, site_free)

G_END_DECLS
