/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the tests of both clients share: an emulator, or a server with one
 * canned answer, and an HTTP client for it on the main thread. */

#pragma once

#include "emulator/emulator.h"
#include "http/http-client.h"
#include "scripted-server.h"

#define ACCESS_KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define ACCESS_KEY_SECRET "EmulatorDemoSecret0123456789ab"

/**
 * ClientFixture:
 * @emulator: (nullable): the server, or
 * @server: (nullable): the server
 * @answer: what @server answers
 * @clock: the client's
 * @http: the client
 * @endpoint: the server's address
 */
typedef struct
{
  IceEmulator *emulator;
  Server *server;
  const gchar *answer;
  GstIceClock *clock;
  GstIceHttpClient *http;
  GstIceEndpoint *endpoint;
} ClientFixture;

/* With an emulator that has @options, a NULL-terminated list, or NULL. */
void client_fixture_start (ClientFixture * fixture,
    const gchar * const *options);

/* With a server that gives @answer, from status line to body, each time. */
void client_fixture_start_canned (ClientFixture * fixture,
    const gchar * answer);
void client_fixture_stop (ClientFixture * fixture);

void client_fixture_add_fault (ClientFixture * fixture, const gchar * fault);

/* For asynchronous calls: keeps the result. @result: a GAsyncResult ** */
void client_fixture_on_done (GObject * source, GAsyncResult * result,
    gpointer user_data);

/* Runs the main loop until @result is there. */
void client_fixture_wait (GAsyncResult ** result);

/* From here on every line of the log is kept. */
void client_fixture_begin_log (void);

/* No line that was kept, nor @text (nullable), has a secret of the emulator
 * in it; and lines of @category were kept. */
void client_fixture_check_log (ClientFixture * fixture,
    const gchar * category, const gchar * text);

/* A line of @category was kept that is all of the regular expression
 * @line. */
void client_fixture_check_line (const gchar * category, const gchar * line);
