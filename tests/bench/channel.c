/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The connection; see the header. */

#include "channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* OpenSSL's own first choice, which GnuTLS has as well. */
#define CIPHER_SUITE "TLS_AES_256_GCM_SHA384"
#define SCRATCH_SIZE (256 * 1024)
#define DISCARD_SIZE (1024 * 1024)
#define READ_AHEAD_SIZE (256 * 1024)
#define BACKLOG 512

struct _Channel
{
  int fd;
  SSL *ssl;                     /* (owned) (nullable) */
  GIOStream *gio;               /* (owned) (nullable): has the socket then */
  guint8 *scratch;              /* (owned) (nullable): for what is discarded */
};

static void
fail (const gchar * what)
{
  g_printerr ("%s: %s\n", what, g_strerror (errno));
  exit (1);
}

static void
parse_address (const gchar * text, struct sockaddr_storage *address,
    gsize * size)
{
  g_autoptr (GSocketConnectable) connectable = NULL;
  g_autoptr (GSocketAddress) parsed = NULL;
  g_autoptr (GError) error = NULL;

  connectable = g_network_address_parse (text, 0, &error);
  if (connectable != NULL)
    parsed = g_inet_socket_address_new_from_string (
        g_network_address_get_hostname (G_NETWORK_ADDRESS (connectable)),
        g_network_address_get_port (G_NETWORK_ADDRESS (connectable)));
  if (parsed == NULL) {
    g_printerr ("%s is no HOST:PORT in numbers\n", text);
    exit (1);
  }
  *size = g_socket_address_get_native_size (parsed);
  g_socket_address_to_native (parsed, address, sizeof *address, NULL);
}

int
channel_listen (const gchar * address, guint * port)
{
  struct sockaddr_storage native;
  struct sockaddr_in bound;
  socklen_t bound_size = sizeof bound;
  gsize size;
  int one = 1;
  int fd;

  parse_address (address, &native, &size);
  fd = socket (native.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind (fd, (struct sockaddr *) &native, size) < 0
      || listen (fd, BACKLOG) < 0)
    fail (address);
  getsockname (fd, (struct sockaddr *) &bound, &bound_size);
  *port = g_ntohs (bound.sin_port);

  return fd;
}

/* No waiting for more to send: an answer is small. */
static Channel *
channel_new (int fd)
{
  Channel *channel = g_new0 (Channel, 1);
  int one = 1;

  channel->fd = fd;
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);

  return channel;
}

Channel *
channel_accept (int fd, SSL_CTX * tls)
{
  g_autoptr (Channel) channel = channel_new (fd);

  if (tls != NULL) {
    channel->ssl = SSL_new (tls);
    SSL_set_fd (channel->ssl, fd);
    if (SSL_accept (channel->ssl) != 1)
      return NULL;
  }

  return g_steal_pointer (&channel);
}

Channel *
channel_connect (const gchar * address, SSL_CTX * tls)
{
  g_autoptr (Channel) channel = NULL;
  struct sockaddr_storage native;
  gsize size;
  int fd;

  parse_address (address, &native, &size);
  fd = socket (native.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect (fd, (struct sockaddr *) &native, size) < 0)
    fail (address);

  channel = channel_new (fd);
  if (tls != NULL) {
    channel->ssl = SSL_new (tls);
    SSL_set_fd (channel->ssl, fd);
    if (SSL_connect (channel->ssl) != 1) {
      g_printerr ("%s: TLS handshake failed\n", address);
      exit (1);
    }
  }

  return g_steal_pointer (&channel);
}

/* The receiver takes one cipher, and that is the one. */
Channel *
channel_connect_gio (const gchar * address, const gchar * ca_file)
{
  Channel *channel = g_new0 (Channel, 1);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  database = g_tls_file_database_new (ca_file, &error);
  if (database != NULL) {
    g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
    g_socket_client_set_tls (client, TRUE);
    channel->gio = G_IO_STREAM (g_socket_client_connect_to_host (client,
            address, 0, NULL, &error));
  }
  if (channel->gio == NULL) {
    g_printerr ("%s: %s\n", address, error->message);
    exit (1);
  }
  channel->fd = -1;

  return channel;
}

void
channel_free (Channel * channel)
{
  g_clear_pointer (&channel->ssl, SSL_free);
  g_clear_object (&channel->gio);
  if (channel->fd >= 0)
    close (channel->fd);
  g_free (channel->scratch);
  g_free (channel);
}

static gsize
receive (Channel * channel, gpointer data, gsize size, int flags)
{
  gssize n;

  do {
    n = recv (channel->fd, data, size, flags);
  } while (n < 0 && errno == EINTR);

  return MAX (n, 0);
}

static gsize
read_tls (Channel * channel, gpointer data, gsize size)
{
  gsize n = 0;

  return SSL_read_ex (channel->ssl, data, size, &n) == 1 ? n : 0;
}

static gsize
read_gio (Channel * channel, gpointer data, gsize size)
{
  gssize n = g_input_stream_read (g_io_stream_get_input_stream (channel->gio),
      data, size, NULL, NULL);

  return MAX (n, 0);
}

gsize
channel_read (Channel * channel, gpointer data, gsize size)
{
  if (channel->gio != NULL)
    return read_gio (channel, data, size);
  if (channel->ssl != NULL)
    return read_tls (channel, data, size);

  return receive (channel, data, size, 0);
}

gsize
channel_discard (Channel * channel, gsize size)
{
  /* Of TCP, Linux drops what MSG_TRUNC asks for where it is. */
  if (channel->ssl == NULL)
    return receive (channel, NULL, MIN (size, DISCARD_SIZE), MSG_TRUNC);

  if (channel->scratch == NULL)
    channel->scratch = g_malloc (SCRATCH_SIZE);

  return read_tls (channel, channel->scratch, MIN (size, SCRATCH_SIZE));
}

static gboolean
write_tls (Channel * channel, gconstpointer data, gsize size)
{
  gsize n = 0;

  return size == 0
      || (SSL_write_ex (channel->ssl, data, size, &n) == 1 && n == size);
}

gboolean
channel_write (Channel * channel, gconstpointer data, gsize size)
{
  const guint8 *from = data;

  if (channel->gio != NULL)
    return g_output_stream_write_all (g_io_stream_get_output_stream
        (channel->gio), data, size, NULL, NULL, NULL);
  if (channel->ssl != NULL)
    return write_tls (channel, data, size);

  while (size > 0) {
    gssize n = send (channel->fd, from, size, MSG_NOSIGNAL);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    from += n;
    size -= n;
  }

  return TRUE;
}

gboolean
channel_is_resumed (Channel * channel)
{
  return channel->ssl != NULL && SSL_session_reused (channel->ssl);
}

static SSL_CTX *
new_tls (const SSL_METHOD * method)
{
  SSL_CTX *tls = SSL_CTX_new (method);

  SSL_CTX_set_min_proto_version (tls, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites (tls, CIPHER_SUITE);

  return tls;
}

SSL_CTX *
channel_new_server_tls (const gchar * certificate_file,
    const gchar * key_file)
{
  SSL_CTX *tls = new_tls (TLS_server_method ());
  static const guint8 id[] = "icesink bench";

  /* Otherwise it asks the kernel twice for each record. */
  SSL_CTX_set_read_ahead (tls, 1);
  SSL_CTX_set_default_read_buffer_len (tls, READ_AHEAD_SIZE);
  SSL_CTX_set_session_id_context (tls, id, sizeof id - 1);
  if (SSL_CTX_use_certificate_chain_file (tls, certificate_file) != 1
      || SSL_CTX_use_PrivateKey_file (tls, key_file, SSL_FILETYPE_PEM) != 1)
    g_clear_pointer (&tls, SSL_CTX_free);

  return tls;
}

SSL_CTX *
channel_new_client_tls (const gchar * ca_file)
{
  SSL_CTX *tls = new_tls (TLS_client_method ());

  SSL_CTX_set_verify (tls, SSL_VERIFY_PEER, NULL);
  if (SSL_CTX_load_verify_locations (tls, ca_file, NULL) != 1)
    g_clear_pointer (&tls, SSL_CTX_free);

  return tls;
}
