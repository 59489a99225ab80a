/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A server of HTTP over TLS that counts what it gets, on OpenSSL: GnuTLS,
 * which GIO has, serves no old versions beside new ones.
 *
 * One thread, one connection at a time, one answer on each. */

#pragma once

#include <gio/gio.h>

typedef struct _TlsServer TlsServer;

/* @pem: its key and certificates. @version: of TLS, the only one it speaks:
 * one of OpenSSL's numbers, or 0 for all that are in use.
 * @answer: from status line to body (transfer full) */
TlsServer *tls_server_start (const gchar * pem, int version,
    const gchar * answer);

/* The client must be gone. */
void tls_server_stop (TlsServer * server);

/* Connections from now on get this. */
void tls_server_set_certificate (TlsServer * server, const gchar * pem);

guint16 tls_server_get_port (TlsServer * server);

/* Connections so far. */
guint tls_server_get_connections (TlsServer * server);

/* Bytes of what the client said within TLS so far. */
guint64 tls_server_get_received (TlsServer * server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsServer, tls_server_stop)
