/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the receiver answers, and what it has seen: as much of ICE, OSS and S3
 * as an upload needs, without looking at a signature.
 *
 * Runs on: any thread; one lock protects all. */

#pragma once

#include "request-reader.h"

/**
 * ServiceConfig:
 * @sum: sum up what arrives instead of trusting that it is the pattern
 * @answer_delay_us: every answer to OSS's operations waits so long
 * @credential_life_us: of leases
 */
typedef struct
{
  gboolean sum;
  gint64 answer_delay_us;
  gint64 credential_life_us;
} ServiceConfig;

typedef struct _Service Service;

/* @uri: of OSS, for leases. */
Service *service_new (const ServiceConfig * config, const gchar * uri);

/* Notes a connection. */
void service_count_connection (Service * service, gboolean resumed);

/* Reads and answers requests until the connection ends. */
void service_serve (Service * service, Channel * channel,
    RequestReader * reader);

/* What has been seen, as one line of JSON. (transfer full) */
gchar *service_report (Service * service);
