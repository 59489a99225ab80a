/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A trial whose services are behind TLS and under names, each with a relay of
 * its own, so that names and certificates can fail. */

#pragma once

#include "relay.h"
#include "trial.h"
#include "unit/certificates.h"

#define TLS_TRIAL_DAY (24 * 60 * 60)

/**
 * TlsTrial:
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
} TlsTrial;

/* @name: a label that no other one of this process has. @launch: as of
 * trial_new(). test_resolver_install() must have been called. */
TlsTrial *tls_trial_new (const gchar * name, const gchar * launch);
void tls_trial_free (TlsTrial * self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsTrial, tls_trial_free)
