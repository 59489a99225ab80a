/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A connection as bytes: reading, writing, waiting and the ways to end it.
 *
 * Runs on: the connection's thread, blocking; emu_wire_shutdown() on any.
 * Protected by: lock, so that no thread shuts down a descriptor that another
 * one has closed and the system given to a third. */

#define _GNU_SOURCE             /* POLLRDHUP */

#include "wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#define LINGER_SECONDS 3.0

struct _EmuWire
{
  GSocket *socket;
  GIOStream *stream;            /* over the socket, or TLS over that */
  GTlsConnection *tls;          /* (unowned) (nullable): the same */
  EmuReader *reader;
  guint64 written;              /* bytes that the system has taken */

  GMutex lock;                  /* protects closed and closing the socket */
  gboolean closed;
};

EmuWire *
emu_wire_new (GSocket * socket, GTlsCertificate * certificate)
{
  EmuWire *wire = g_new0 (EmuWire, 1);
  g_autoptr (GSocketConnection) connection = NULL;

  g_mutex_init (&wire->lock);
  wire->socket = g_object_ref (socket);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  connection = g_socket_connection_factory_create_connection (socket);
  if (certificate)
    wire->stream = g_tls_server_connection_new (G_IO_STREAM (connection),
        certificate, NULL);
  if (wire->stream)
    wire->tls = G_TLS_CONNECTION (wire->stream);
  else
    wire->stream = G_IO_STREAM (g_steal_pointer (&connection));
  wire->reader = emu_reader_new (g_io_stream_get_input_stream (wire->stream));
  return wire;
}

void
emu_wire_free (EmuWire * wire)
{
  emu_wire_close (wire);
  emu_reader_free (wire->reader);
  g_object_unref (wire->stream);
  g_object_unref (wire->socket);
  g_mutex_clear (&wire->lock);
  g_free (wire);
}

void
emu_wire_shutdown (EmuWire * wire)
{
  g_mutex_lock (&wire->lock);
  /* Not by GSocket, which is for one thread at a time. */
  if (!wire->closed)
    shutdown (g_socket_get_fd (wire->socket), SHUT_RDWR);
  g_mutex_unlock (&wire->lock);
}

gboolean
emu_wire_open (EmuWire * wire)
{
  const gchar *const protocols[] = { "http/1.1", NULL };

  if (!wire->tls)
    return TRUE;
  g_tls_connection_set_advertised_protocols (wire->tls, protocols);
  g_tls_connection_set_require_close_notify (wire->tls, FALSE);
  return g_tls_connection_handshake (wire->tls, NULL, NULL);
}

EmuReader *
emu_wire_get_reader (EmuWire * wire)
{
  return wire->reader;
}

gboolean
emu_wire_write (EmuWire * wire, gconstpointer data, gsize len)
{
  GOutputStream *output = g_io_stream_get_output_stream (wire->stream);
  gsize written;
  gboolean ok;

  ok = g_output_stream_write_all (output, data, len, &written, NULL, NULL);
  wire->written += written;
  return ok;
}

guint64
emu_wire_get_written (EmuWire * wire)
{
  return wire->written;
}

/* 1: @events came; 0: time is over. */
static gint
poll_socket (EmuWire * wire, gushort events, gdouble seconds)
{
  gint64 end_us = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
  GPollFD fd = { g_socket_get_fd (wire->socket), events, 0 };
  gint n;

  do {
    gint64 left_us = end_us - g_get_monotonic_time ();

    n = g_poll (&fd, 1, seconds < 0 ? -1 : MAX (left_us + 999, 0) / 1000);
  } while (n < 0);              /* a signal */
  return n;
}

gboolean
emu_wire_wait (EmuWire * wire, gdouble seconds)
{
  if (seconds == 0)
    return TRUE;
  return poll_socket (wire, POLLRDHUP, seconds) == 0;
}

void
emu_wire_close (EmuWire * wire)
{
  g_mutex_lock (&wire->lock);
  if (!wire->closed)
    g_socket_close (wire->socket, NULL);
  wire->closed = TRUE;
  g_mutex_unlock (&wire->lock);
}

void
emu_wire_reset (EmuWire * wire)
{
  struct linger linger = { 1, 0 };

  setsockopt (g_socket_get_fd (wire->socket), SOL_SOCKET, SO_LINGER, &linger,
      sizeof linger);
  emu_wire_close (wire);
}

void
emu_wire_close_gently (EmuWire * wire)
{
  gint64 end_us = g_get_monotonic_time () + LINGER_SECONDS * G_USEC_PER_SEC;
  gchar buffer[16384];

  g_socket_shutdown (wire->socket, FALSE, TRUE, NULL);
  for (;;) {
    gdouble left = (end_us - g_get_monotonic_time ()) / 1e6;

    if (left <= 0 || poll_socket (wire, POLLIN, left) == 0)
      break;
    if (g_socket_receive (wire->socket, buffer, sizeof buffer, NULL, NULL) <= 0)
      break;
  }
  emu_wire_close (wire);
}
