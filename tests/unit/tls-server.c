/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The server; see the header.
 *
 * Protected by: lock, what the test asks for. Connections belong to the
 * server's thread. */

#include "tls-server.h"

#include <string.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <openssl/ssl.h>

struct _TlsServer
{
  GSocket *socket;
  GCancellable *cancellable;
  GThread *thread;
  int version;
  const gchar *answer;

  GMutex lock;
  SSL_CTX *context;             /* (owned) protected by lock, like all below */
  guint connections;
  guint64 received;
};

static void
load_pem (SSL_CTX * context, const gchar * pem)
{
  g_autofree gchar *name = NULL;
  int fd = g_file_open_tmp ("icesink-server-XXXXXX.pem", &name, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_true (g_file_set_contents (name, pem, -1, NULL));
  g_assert_cmpint (SSL_CTX_use_certificate_chain_file (context, name), ==, 1);
  g_assert_cmpint (SSL_CTX_use_PrivateKey_file (context, name,
          SSL_FILETYPE_PEM), ==, 1);
  g_remove (name);
}

/* Level 0 lets it be as weak as a test wants. */
static SSL_CTX *
context_new (const gchar * pem, int version)
{
  SSL_CTX *context = SSL_CTX_new (TLS_server_method ());

  SSL_CTX_set_security_level (context, 0);
  SSL_CTX_set_cipher_list (context, "ALL:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version (context, version ? version : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version (context, version);
  load_pem (context, pem);

  return context;
}

static void
count (TlsServer * server, guint64 received)
{
  g_mutex_lock (&server->lock);
  server->received += received;
  g_mutex_unlock (&server->lock);
}

/* A request whose body is not longer than its head tells. */
static gboolean
is_whole (const GString * request)
{
  const gchar *end = strstr (request->str, "\r\n\r\n");
  const gchar *length = strstr (request->str, "Content-Length: ");

  return end != NULL && length != NULL
      && request->len - (end + 4 - request->str) >=
      g_ascii_strtoull (length + strlen ("Content-Length: "), NULL, 10);
}

static void
talk (TlsServer * server, SSL * ssl)
{
  g_autoptr (GString) request = g_string_new (NULL);
  gchar buffer[4096];
  int n;

  if (SSL_accept (ssl) != 1)
    return;

  while (!is_whole (request)) {
    n = SSL_read (ssl, buffer, sizeof buffer);
    if (n <= 0)
      return;
    count (server, n);
    g_string_append_len (request, buffer, n);
  }
  SSL_write (ssl, server->answer, strlen (server->answer));
  SSL_shutdown (ssl);
}

static SSL *
begin (TlsServer * server)
{
  SSL *ssl;

  g_mutex_lock (&server->lock);
  server->connections++;
  ssl = SSL_new (server->context);
  g_mutex_unlock (&server->lock);

  return ssl;
}

static gpointer
serve (gpointer data)
{
  TlsServer *server = data;

  while (TRUE) {
    g_autoptr (GSocket) peer =
        g_socket_accept (server->socket, server->cancellable, NULL);
    SSL *ssl;

    if (peer == NULL)
      return NULL;
    /* A GSocket only seems to block. */
    g_unix_set_fd_nonblocking (g_socket_get_fd (peer), FALSE, NULL);
    ssl = begin (server);
    SSL_set_fd (ssl, g_socket_get_fd (peer));
    talk (server, ssl);
    SSL_free (ssl);
    g_socket_close (peer, NULL);
  }
}

static GSocket *
listen_on_loopback (void)
{
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", 0);

  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  g_assert_true (g_socket_listen (socket, NULL));

  return socket;
}

TlsServer *
tls_server_start (const gchar * pem, int version, const gchar * answer)
{
  TlsServer *server = g_new0 (TlsServer, 1);

  g_mutex_init (&server->lock);
  server->version = version;
  server->answer = answer;
  server->context = context_new (pem, version);
  server->socket = listen_on_loopback ();
  server->cancellable = g_cancellable_new ();
  server->thread = g_thread_new ("tls-server", serve, server);

  return server;
}

void
tls_server_stop (TlsServer * server)
{
  g_cancellable_cancel (server->cancellable);
  g_thread_join (server->thread);
  g_object_unref (server->cancellable);
  g_object_unref (server->socket);
  SSL_CTX_free (server->context);
  g_mutex_clear (&server->lock);
  g_free (server);
}

void
tls_server_set_certificate (TlsServer * server, const gchar * pem)
{
  SSL_CTX *context = context_new (pem, server->version);

  g_mutex_lock (&server->lock);
  SSL_CTX_free (server->context);
  server->context = context;
  g_mutex_unlock (&server->lock);
}

guint16
tls_server_get_port (TlsServer * server)
{
  g_autoptr (GSocketAddress) address =
      g_socket_get_local_address (server->socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

guint
tls_server_get_connections (TlsServer * server)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&server->lock);

  return server->connections;
}

guint64
tls_server_get_received (TlsServer * server)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&server->lock);

  return server->received;
}
