/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Providers whose identities end: each keeps one until shortly before
 * its end, and asks its source once for all who wait.
 *
 * Runs on: the network thread. An identity without an end is not kept: its
 * source is asked each time. While a renewal fails and the kept identity
 * lives, the kept one is given. */

#pragma once

#include "common/clock.h"
#include "credentials/provider.h"

/**
 * GstIceSessionSource:
 * @name: for messages
 * @fetch: asks @source: completes the task (transfer full) with a
 *     GstIceIdentity or an error, sooner or later in any case, and early when
 *     the task's cancellable says so
 * @free: of @source
 *
 * What is particular to one kind of source.
 */
typedef struct
{
  const gchar *name;
  void (*fetch) (gpointer source, GTask * task);
  GDestroyNotify free;
} GstIceSessionSource;

/* Asks @source, (transfer full), which is of @kind: a static struct. @clock:
 * identities end by it. (transfer full) */
GstIceCredentialsProvider *gst_ice_session_provider_new (GstIceClock * clock,
    const GstIceSessionSource * kind, gpointer source);

/* The source that @task, one of fetch(), asks. */
gpointer gst_ice_session_provider_get_source (GTask * task);

/* Completes a task of fetch() with @identity. (transfer full) */
void gst_ice_session_provider_return (GTask * task,
    GstIceIdentity * identity);
