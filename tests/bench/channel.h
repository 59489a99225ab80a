/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A connection that blocks, plain or with OpenSSL's TLS.
 *
 * Runs on: one thread at a time. */

#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

typedef struct _Channel Channel;

/* Listens on @address, HOST:PORT in numbers; port 0 lets the system choose,
 * and @port says which. Returns the socket; ends the program on errors. */
int channel_listen (const gchar * address, guint * port);

/* What accept() gave. @tls: (nullable): TLS as the server. NULL if there was
 * no handshake. Takes the socket. */
Channel *channel_accept (int fd, SSL_CTX * tls);

/* Connects to @address, HOST:PORT in numbers, or ends the program.
 * @tls: (nullable): TLS as the client. */
Channel *channel_connect (const gchar * address, SSL_CTX * tls);

/* The same over GIO's TLS, which is what libsoup has; @ca_file: (nullable) */
Channel *channel_connect_gio (const gchar * address, const gchar * ca_file);
void channel_free (Channel * channel);

/* At most @size bytes; 0 at the end, or when it broke. */
gsize channel_read (Channel * channel, gpointer data, gsize size);

/* Reads at most @size bytes and forgets them, without a copy where that can
 * be; 0 at the end, or when it broke. */
gsize channel_discard (Channel * channel, gsize size);

/* Everything, in one call of write() or SSL_write() if the kernel takes it. */
gboolean channel_write (Channel * channel, gconstpointer data, gsize size);

/* TRUE if TLS took up an earlier session. */
gboolean channel_is_resumed (Channel * channel);

/* Both sides use these, and every client must: the cost of the cipher is
 * part of the work. NULL if the files cannot be used. */
SSL_CTX *channel_new_server_tls (const gchar * certificate_file,
    const gchar * key_file);
SSL_CTX *channel_new_client_tls (const gchar * ca_file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Channel, channel_free)
