/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What tests of providers share: an emulator in place of STS, the metadata
 * service and a credentials URI, an empty environment, and a home.
 *
 * The main thread is the network thread. */

#pragma once

#include "client-fixture.h"
#include "credentials/provider-context.h"

#define OIDC_TOKEN "eyEmulatorDemo.OidcToken.0123456789"

/**
 * ProviderFixture:
 * @base: emulator or canned server, HTTP client, clock
 * @sources: (owned): point at the server; a test changes what it wants
 * @network: (owned)
 * @context: (owned)
 * @home: (owned): a directory of its own
 */
typedef struct
{
  ClientFixture base;
  GstIceIdentitySources *sources;
  GstIceNetworkConfig *network;
  GstIceProviderContext *context;
  gchar *home;
} ProviderFixture;

/* With an emulator that has @options, separated by blanks, or NULL. */
void provider_fixture_start (ProviderFixture * f, const gchar * options);

/* With a server that gives @answer each time. */
void provider_fixture_start_canned (ProviderFixture * f,
    const gchar * answer);
void provider_fixture_stop (ProviderFixture * f);

/* Changes a string of the sources. */
void provider_fixture_set (gchar ** string, const gchar * text);
void provider_fixture_set_uri (ProviderFixture * f, const gchar * uri);

/* A file below home; folders are made. (transfer full) */
gchar *provider_fixture_write (ProviderFixture * f, const gchar * name,
    const gchar * text);

/* Asks and waits. (transfer full) */
GstIceIdentity *provider_fixture_ask (gpointer provider, GError ** error);

/* The identity's id begins with @prefix. (transfer full) */
GstIceIdentity *provider_fixture_assert_id (gpointer provider,
    const gchar * prefix);

/* There is none, and the error has @code and @named, and no secret. */
void provider_fixture_assert_error (ProviderFixture * f, gpointer provider,
    gint code, const gchar * named);

/* How many requests of @operation there were so far. */
guint provider_fixture_count (ProviderFixture * f,
    IceEmulatorOperation operation);
