/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The relay; see the header.
 *
 * Threads: the accepting thread runs the service's context; each connection
 * has two of its own, one for each direction, blocking.
 * Protected by: lock, what is marked so. */

#include "relay.h"

#include <sys/socket.h>

struct _Relay
{
  GSocketConnectable *target;   /* (owned) */
  GMainContext *context;        /* (owned) of the accepting thread */
  GMainLoop *loop;
  GThread *thread;
  GSocketService *service;
  guint port;

  GMutex lock;
  GCond idle;
  GTlsCertificate *certificate; /* (owned) protected by lock, like all below */
  GTlsCertificate *bad;         /* (nullable) (owned) */
  guint n_bad;                  /* connections that get it */
  guint n_were_bad;             /* that have got it */
  guint n_open;
};

typedef struct
{
  GIOStream *from;              /* (unowned) */
  GIOStream *to;                /* (unowned) */
  GSocket *sockets[2];          /* (unowned) of both */
} Direction;

/* Until @from ends; then so does everything. Not by GSocket, which is for one
 * thread at a time. */
static gpointer
pass_on (gpointer data)
{
  Direction *direction = data;
  guint i;

  g_output_stream_splice (g_io_stream_get_output_stream (direction->to),
      g_io_stream_get_input_stream (direction->from),
      G_OUTPUT_STREAM_SPLICE_NONE, NULL, NULL);
  for (i = 0; i < G_N_ELEMENTS (direction->sockets); i++)
    shutdown (g_socket_get_fd (direction->sockets[i]), SHUT_RDWR);

  return NULL;
}

static GTlsCertificate *
choose_certificate (Relay * relay)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&relay->lock);

  if (relay->n_bad == 0)
    return g_object_ref (relay->certificate);

  relay->n_bad--;
  relay->n_were_bad++;

  return g_object_ref (relay->bad);
}

static GIOStream *
secure (Relay * relay, GSocketConnection * connection)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GIOStream) stream = NULL;

  certificate = choose_certificate (relay);
  stream = g_tls_server_connection_new (G_IO_STREAM (connection), certificate,
      NULL);
  if (stream == NULL || !g_tls_connection_handshake (G_TLS_CONNECTION
          (stream), NULL, NULL))
    return NULL;

  return g_steal_pointer (&stream);
}

static void
serve (Relay * relay, GSocketConnection * connection)
{
  g_autoptr (GIOStream) client = secure (relay, connection);
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GSocketConnection) server = NULL;
  Direction up, down;
  GThread *thread;

  if (client == NULL)
    return;
  server = g_socket_client_connect (connector, relay->target, NULL, NULL);
  if (server == NULL)
    return;

  up = (Direction) { client, G_IO_STREAM (server), {
      g_socket_connection_get_socket (connection),
          g_socket_connection_get_socket (server)}};
  down = up;
  down.from = up.to;
  down.to = up.from;
  thread = g_thread_new ("relay", pass_on, &down);
  pass_on (&up);
  g_thread_join (thread);
}

static gboolean
on_run (GThreadedSocketService * service, GSocketConnection * connection,
    GObject * source, gpointer user_data)
{
  Relay *relay = user_data;

  g_mutex_lock (&relay->lock);
  relay->n_open++;
  g_mutex_unlock (&relay->lock);

  serve (relay, connection);

  g_mutex_lock (&relay->lock);
  relay->n_open--;
  g_cond_broadcast (&relay->idle);
  g_mutex_unlock (&relay->lock);

  return TRUE;
}

static gpointer
accept_connections (gpointer data)
{
  Relay *relay = data;

  g_main_loop_run (relay->loop);

  return NULL;
}

Relay *
relay_new (const gchar * target, GTlsCertificate * certificate)
{
  Relay *relay = g_new0 (Relay, 1);
  g_autoptr (GInetAddress) address =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (address, 0);
  g_autoptr (GSocketAddress) actual = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&relay->lock);
  g_cond_init (&relay->idle);
  relay->certificate = g_object_ref (certificate);
  relay->target = g_network_address_parse_uri (target, 0, &error);
  g_assert_no_error (error);
  relay->context = g_main_context_new ();
  relay->loop = g_main_loop_new (relay->context, FALSE);

  /* The service accepts on the context that is the default as it is made. */
  g_main_context_push_thread_default (relay->context);
  relay->service = g_threaded_socket_service_new (-1);
  g_signal_connect (relay->service, "run", G_CALLBACK (on_run), relay);
  g_socket_listener_add_address (G_SOCKET_LISTENER (relay->service), wanted,
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &actual, &error);
  g_assert_no_error (error);
  g_main_context_pop_thread_default (relay->context);

  relay->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS
      (actual));
  relay->thread = g_thread_new ("relay", accept_connections, relay);

  return relay;
}

void
relay_free (Relay * relay)
{
  g_main_loop_quit (relay->loop);
  g_thread_join (relay->thread);
  g_socket_service_stop (relay->service);
  g_socket_listener_close (G_SOCKET_LISTENER (relay->service));

  g_mutex_lock (&relay->lock);
  while (relay->n_open > 0)
    g_cond_wait (&relay->idle, &relay->lock);
  g_mutex_unlock (&relay->lock);

  g_object_unref (relay->service);
  g_object_unref (relay->target);
  g_object_unref (relay->certificate);
  g_clear_object (&relay->bad);
  g_main_loop_unref (relay->loop);
  g_main_context_unref (relay->context);
  g_cond_clear (&relay->idle);
  g_mutex_clear (&relay->lock);
  g_free (relay);
}

guint
relay_get_port (Relay * relay)
{
  return relay->port;
}

void
relay_set_bad_certificate (Relay * relay, GTlsCertificate * certificate,
    guint n_connections)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&relay->lock);

  g_set_object (&relay->bad, certificate);
  relay->n_bad = n_connections;
}

guint
relay_count_bad (Relay * relay)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&relay->lock);

  return relay->n_were_bad;
}
