/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The scripted server: an accepting thread and one thread per connection.
 *
 * Streams are always given an error to fill in: glib-networking 2.74 leaks
 * those that nobody wants. */

#include "scripted-server.h"

#include <string.h>
#include <sys/socket.h>

struct _Server
{
  GSocketListener *listener;
  GCancellable *cancellable;
  GTlsCertificate *certificate;
  Script script;
  gpointer user_data;
  guint16 port;
  GThread *thread;
  gint connections;
};

static gboolean
start_tls (Peer * peer)
{
  static const gchar *const protocols[] = { "h2", "http/1.1", NULL };
  GTlsCertificate *certificate = peer->server->certificate;

  if (!certificate) {
    peer->stream = G_IO_STREAM (g_object_ref (peer->tcp));
    return TRUE;
  }
  peer->stream = g_tls_server_connection_new (G_IO_STREAM (peer->tcp),
      certificate, NULL);
  g_object_set (peer->stream, "require-close-notify", FALSE, NULL);
  /* As most servers do, though none of its scripts speaks the first. */
  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (peer->stream),
      protocols);
  return g_tls_connection_handshake (G_TLS_CONNECTION (peer->stream),
      peer->cancellable, NULL);
}

static gpointer
serve (gpointer data)
{
  Peer *peer = data;

  if (start_tls (peer)) {
    peer->input = g_io_stream_get_input_stream (peer->stream);
    peer->output = g_io_stream_get_output_stream (peer->stream);
    peer->server->script (peer, peer->server->user_data);
  }
  g_io_stream_close (peer->stream, peer->cancellable, NULL);
  g_io_stream_close (G_IO_STREAM (peer->tcp), NULL, NULL);
  g_object_unref (peer->stream);
  g_object_unref (peer->tcp);
  g_free (peer);

  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  Server *server = data;
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  while (TRUE) {
    GSocketConnection *tcp = g_socket_listener_accept (server->listener, NULL,
        server->cancellable, NULL);
    Peer *peer;

    if (!tcp)
      break;
    peer = g_new0 (Peer, 1);
    peer->server = server;
    peer->number = g_atomic_int_add (&server->connections, 1);
    peer->tcp = tcp;
    peer->cancellable = server->cancellable;
    g_ptr_array_add (threads, g_thread_new ("peer", serve, peer));
  }
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (g_ptr_array_index (threads, i));

  return NULL;
}

static guint16
listen_on_loopback (GSocketListener * listener)
{
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;

  g_assert_true (g_socket_listener_add_address (listener, any,
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &effective, NULL));
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
}

Server *
server_start (Script script, gpointer user_data, GTlsCertificate * certificate)
{
  Server *server = g_new0 (Server, 1);

  server->listener = g_socket_listener_new ();
  server->port = listen_on_loopback (server->listener);
  server->cancellable = g_cancellable_new ();
  server->certificate = certificate ? g_object_ref (certificate) : NULL;
  server->script = script;
  server->user_data = user_data;
  server->thread = g_thread_new ("server", accept_all, server);

  return server;
}

void
server_stop (Server * server)
{
  g_cancellable_cancel (server->cancellable);
  g_thread_join (server->thread);
  g_socket_listener_close (server->listener);
  g_object_unref (server->listener);
  g_object_unref (server->cancellable);
  g_clear_object (&server->certificate);
  g_free (server);
}

guint16
server_get_port (Server * server)
{
  return server->port;
}

guint
server_get_connections (Server * server)
{
  return g_atomic_int_get (&server->connections);
}

gchar *
peer_read_head (Peer * peer)
{
  g_autoptr (GString) head = g_string_new (NULL);

  while (!g_str_has_suffix (head->str, "\r\n\r\n")) {
    g_autoptr (GError) error = NULL;
    gchar byte;

    if (g_input_stream_read (peer->input, &byte, 1, peer->cancellable,
            &error) != 1)
      return NULL;
    g_string_append_c (head, byte);
  }
  return g_strdup (head->str);
}

GBytes *
peer_read (Peer * peer, gsize size)
{
  g_autofree guint8 *data = g_malloc (MAX (size, 1));
  g_autoptr (GError) error = NULL;
  gsize done = 0;

  if (!g_input_stream_read_all (peer->input, data, size, &done,
          peer->cancellable, &error) || done < size)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

gboolean
peer_skip (Peer * peer, gsize size)
{
  guint8 buffer[64 * 1024];

  while (size > 0) {
    g_autoptr (GError) error = NULL;
    gssize done = g_input_stream_read (peer->input, buffer,
        MIN (size, sizeof buffer), peer->cancellable, &error);

    if (done <= 0)
      return FALSE;
    size -= done;
  }
  return TRUE;
}

void
peer_wait_for_close (Peer * peer)
{
  peer_skip (peer, G_MAXSIZE);
}

gboolean
peer_write (Peer * peer, const gchar * text)
{
  g_autoptr (GError) error = NULL;

  return g_output_stream_write_all (peer->output, text, strlen (text), NULL,
      peer->cancellable, &error);
}

void
peer_pause (Peer * peer, guint milliseconds)
{
  GPollFD pollfd;

  if (!g_cancellable_make_pollfd (peer->cancellable, &pollfd))
    return;
  g_poll (&pollfd, 1, milliseconds);
  g_cancellable_release_fd (peer->cancellable);
}

gboolean
peer_trickle (Peer * peer, const gchar * text, guint pause_ms)
{
  for (; *text; text++) {
    const gchar byte[] = { *text, '\0' };

    peer_pause (peer, pause_ms);
    if (!peer_write (peer, byte))
      return FALSE;
  }
  return TRUE;
}

void
peer_reset (Peer * peer)
{
  GSocket *socket = g_socket_connection_get_socket (peer->tcp);
  const struct linger at_once = {.l_onoff = 1,.l_linger = 0 };

  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &at_once,
      sizeof at_once);
  g_io_stream_close (G_IO_STREAM (peer->tcp), NULL, NULL);
}

gchar *
head_get_header (const gchar * head, const gchar * name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  g_autofree gchar *prefix = g_strconcat (name, ": ", NULL);

  for (gchar ** line = lines; *line; line++)
    if (g_str_has_prefix (*line, prefix))
      return g_strdup (*line + strlen (prefix));
  return NULL;
}

guint64
head_get_content_length (const gchar * head)
{
  g_autofree gchar *value = head_get_header (head, "Content-Length");

  return value ? g_ascii_strtoull (value, NULL, 10) : 0;
}
