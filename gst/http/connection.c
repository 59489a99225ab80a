/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What is known of one of libsoup's connections, and what the kernel knows of
 * its socket.
 *
 * Runs on: the network thread.
 *
 * Both references are weak: libsoup closes and drops its connections as it
 * likes, and a socket that somebody still holds is a file descriptor that
 * stays open. */

/* For POLLRDHUP. */
#define _GNU_SOURCE

#include "http/connection.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <glib-unix.h>
#include <gst/gst.h>
#include <netinet/in.h>
#ifdef __linux__
/* Instead of <netinet/tcp.h>, whose struct tcp_info ends too early. */
#include <linux/sockios.h>
#include <linux/tcp.h>
#endif

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

/* What the kernel sends in one piece is 64 KiB at most, and BBR drains a queue at
 * a third of the rate. */
#define MAX_BURST (4 * 64 * (gint64) 1024)

/* On a shorter one, bursts are not lost, and timers cost more. */
#define LONG_LINE_US 1000

#define MIN_QUEUE (4 * 1024)
#define MAX_QUEUE (1024 * 1024)

struct _GstIceConnection
{
  gatomicrefcount ref_count;
  GWeakRef stream;
  GWeakRef socket;
  guint uses;
  gboolean is_proxied;
  guint64 rate;                 /* it is paced to, in bytes a second; 0: not */
  guint64 slowest;              /* the lowest rate of this request; 0: none */
  guint64 taken;                /* bytes that were told to be sent */
  gboolean is_smooth;           /* the kernel spreads what it sends */
  /* The answer source would fire for ever: it saw an interim response. */
  gboolean has_interim_response;
};

GstIceConnection *
gst_ice_connection_new (void)
{
  GstIceConnection *connection = g_new0 (GstIceConnection, 1);

  g_atomic_ref_count_init (&connection->ref_count);
  g_weak_ref_init (&connection->stream, NULL);
  g_weak_ref_init (&connection->socket, NULL);

  return connection;
}

static void
finalize (GstIceConnection * connection)
{
  g_weak_ref_clear (&connection->stream);
  g_weak_ref_clear (&connection->socket);
  g_free (connection);
}

GST_ICE_DEFINE_COUNTED (GstIceConnection, gst_ice_connection, finalize)

/* (transfer full) (nullable) */
static GSocket *
find_socket (GIOStream * stream)
{
  g_autoptr (GIOStream) base = NULL;
  GSocket *socket;

  if (G_IS_TLS_CONNECTION (stream))
    g_object_get (stream, "base-io-stream", &base, NULL);
  else
    base = g_object_ref (stream);
  if (!G_IS_SOCKET_CONNECTION (base))
    return NULL;

  socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (base));
  return socket ? g_object_ref (socket) : NULL;
}

void
gst_ice_connection_set_stream (GstIceConnection * connection,
    GIOStream * stream)
{
  g_autoptr (GSocket) socket = find_socket (stream);

  g_weak_ref_set (&connection->stream, stream);
  g_weak_ref_set (&connection->socket, socket);
}

GIOStream *
gst_ice_connection_dup_stream (GstIceConnection * connection)
{
  return g_weak_ref_get (&connection->stream);
}

GSocket *
gst_ice_connection_dup_socket (GstIceConnection * connection)
{
  return g_weak_ref_get (&connection->socket);
}

gboolean
gst_ice_connection_is_shared (GstIceConnection * connection)
{
  g_autoptr (GIOStream) stream = gst_ice_connection_dup_stream (connection);

  if (!G_IS_TLS_CONNECTION (stream))
    return FALSE;

  return g_strcmp0 (g_tls_connection_get_negotiated_protocol
      (G_TLS_CONNECTION (stream)), "h2") == 0;
}

gboolean
gst_ice_connection_is_idle (GstIceConnection * connection)
{
  return g_atomic_ref_count_compare (&connection->ref_count, 1)
      && !gst_ice_connection_is_shared (connection);
}

guint
gst_ice_connection_use (GstIceConnection * connection)
{
  connection->has_interim_response = FALSE;
  connection->slowest = connection->rate;
  return connection->uses++;
}

/* -1 if it is closed. */
void
gst_ice_connection_set_proxied (GstIceConnection * connection)
{
  connection->is_proxied = TRUE;
}

gboolean
gst_ice_connection_is_proxied (const GstIceConnection * connection)
{
  return connection->is_proxied;
}

static int
get_fd (GSocket * socket)
{
  if (!socket || g_socket_is_closed (socket))
    return -1;
  return g_socket_get_fd (socket);
}

gboolean
gst_ice_connection_set_congestion_control (GstIceConnection * connection,
    const gchar * algorithm)
{
#ifdef TCP_CONGESTION
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);

  return setsockopt (get_fd (socket), IPPROTO_TCP, TCP_CONGESTION, algorithm,
      strlen (algorithm)) == 0;
#else
  return FALSE;
#endif
}

#ifdef SO_MAX_PACING_RATE
/* Headers of IP and TCP, as most packets have them. */
#define PACKET_HEADERS 52

/* The kernel counts what is in the packets, the user what is on the wire. */
static guint64
get_payload_rate (int fd, guint64 rate)
{
  int mss = 0;
  socklen_t size = sizeof mss;

  if (getsockopt (fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &size) < 0 || mss <= 0)
    return rate;
  return MAX (1, gst_util_uint64_scale (rate, mss, mss + PACKET_HEADERS));
}

/* How much may be in the socket that the kernel has not sent: no more than a
 * tenth of a second takes, so that what was written is as good as sent. */
static int
get_queue_size (guint64 rate)
{
  return CLAMP (rate / 10, MIN_QUEUE, MAX_QUEUE);
}

static void
pace (int fd, guint64 rate)
{
  /* As wide as the kernel's own; all ones are no limit. */
  unsigned long bytes = rate > 0 ?
      MIN (get_payload_rate (fd, rate), G_MAXULONG) : G_MAXULONG;
  int queue = rate > 0 ? get_queue_size (rate) : 0;

  setsockopt (fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes, sizeof bytes);
  setsockopt (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &queue, sizeof queue);
}
#endif

void
gst_ice_connection_set_rate (GstIceConnection * connection, guint64 rate)
{
#ifdef SO_MAX_PACING_RATE
  g_autoptr (GSocket) socket = NULL;

  if (rate == connection->rate)
    return;
  socket = gst_ice_connection_dup_socket (connection);
  pace (get_fd (socket), rate);
#endif
  connection->rate = rate;
  if (rate > 0 && (connection->slowest == 0 || rate < connection->slowest))
    connection->slowest = rate;
}

void
gst_ice_connection_smooth (GstIceConnection * connection)
{
#ifdef SO_MAX_PACING_RATE
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);
  /* All ones would leave it as it is. */
  unsigned long fastest = G_MAXULONG - 1;
  GstIceTraffic traffic;

  if (connection->is_smooth || connection->rate > 0
      || !gst_ice_connection_get_traffic (connection, &traffic)
      || traffic.min_rtt_us < LONG_LINE_US)
    return;
  connection->is_smooth = TRUE;
  setsockopt (get_fd (socket), SOL_SOCKET, SO_MAX_PACING_RATE, &fastest,
      sizeof fastest);
#endif
}

guint64
gst_ice_connection_get_rate (const GstIceConnection * connection)
{
  return connection->rate;
}

gint64
gst_ice_connection_take_sent (GstIceConnection * connection)
{
#if defined (__linux__) && defined (SO_MAX_PACING_RATE)
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);
  struct tcp_info info;
  socklen_t size = sizeof info;
  guint64 before = connection->taken;

  if (getsockopt (get_fd (socket), IPPROTO_TCP, TCP_INFO, &info, &size) < 0
      || size <= G_STRUCT_OFFSET (struct tcp_info, tcpi_bytes_sent))
    return -1;
  connection->taken = info.tcpi_bytes_sent
      + (guint64) info.tcpi_segs_out * PACKET_HEADERS;

  return connection->taken - before;
#else
  return -1;
#endif
}

gint64
gst_ice_connection_get_pause (const GstIceConnection * connection)
{
  /* The kernel waits at the old rate to the end. */
  return connection->slowest == 0 ? 0
      : MAX_BURST * G_USEC_PER_SEC / (gint64) MIN (connection->slowest,
      MAX_BURST * G_USEC_PER_SEC);
}

#if defined (SIOCOUTQ) || defined (SIOCOUTQNSD)
/* @request: an ioctl() that counts bytes */
static guint
count_bytes (GSocket * socket, unsigned long request)
{
  int n = 0;

  return ioctl (get_fd (socket), request, &n) == 0 ? MAX (n, 0) : 0;
}
#endif

/* How many bytes the peer's TCP has not confirmed yet. */
static guint
count_unconfirmed (GSocket * socket)
{
#ifdef SIOCOUTQ
  return count_bytes (socket, SIOCOUTQ);
#else
  return 0;
#endif
}

gboolean
gst_ice_connection_get_traffic (GstIceConnection * connection,
    GstIceTraffic * traffic)
{
#ifdef __linux__
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);
  struct tcp_info info;
  socklen_t size = sizeof info;

  traffic->unconfirmed = count_unconfirmed (socket);
  if (getsockopt (get_fd (socket), IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
    return FALSE;
  /* An older kernel knows less. */
  if (size < G_STRUCT_OFFSET (struct tcp_info, tcpi_segs_out))
      return FALSE;

  traffic->acknowledged = info.tcpi_bytes_acked;
  traffic->received = info.tcpi_bytes_received;
  traffic->srtt_us = info.tcpi_rtt;
  traffic->window = (guint64) info.tcpi_snd_cwnd * info.tcpi_snd_mss;
  traffic->min_rtt_us =
      size > G_STRUCT_OFFSET (struct tcp_info, tcpi_min_rtt) ?
      info.tcpi_min_rtt : 0;
  return TRUE;
#else
  return FALSE;
#endif
}

gboolean
gst_ice_connection_has_queue (GstIceConnection * connection)
{
#ifdef SIOCOUTQNSD
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);

  return count_bytes (socket, SIOCOUTQNSD) > 0;
#else
  return FALSE;
#endif
}

gboolean
gst_ice_connection_has_unsent (GstIceConnection * connection)
{
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);

  return count_unconfirmed (socket) > 0;
}

void
gst_ice_connection_abort (GstIceConnection * connection)
{
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);
  const struct linger at_once = {.l_onoff = 1,.l_linger = 0 };
  int fd = get_fd (socket);

  if (fd < 0)
    return;
  /* Without this the kernel goes on for a quarter of an hour to deliver what
   * fits its buffer, for each attempt that an outage made us give up. */
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  /* GIO closes a TLS connection by a blocking write of its last alert, which
   * would wait behind a full buffer: all of the thread with it. */
  shutdown (fd, SHUT_RDWR);
}

/* 100 Continue and its kin may come at any time and are no answer. A beginning
 * that is too short to tell is taken for an answer. */
static gboolean
is_interim_response (int fd)
{
  static const gchar pattern[] = "HTTP/1.x 1";
  gchar head[sizeof pattern - 1];
  gssize size = recv (fd, head, sizeof head, MSG_PEEK | MSG_DONTWAIT);

  if (size < (gssize) sizeof head)
    return FALSE;
  head[7] = 'x';
  return memcmp (head, pattern, sizeof head) == 0;
}

/* Over TLS what can be read may be a session ticket, so only the end counts:
 * nobody closes a connection after a ticket. */
static gshort
get_answer_events (GstIceConnection * connection)
{
  g_autoptr (GIOStream) stream = gst_ice_connection_dup_stream (connection);

  if (!stream || G_IS_TLS_CONNECTION (stream)
      || connection->has_interim_response)
    return POLLRDHUP;
  return POLLIN | POLLRDHUP;
}

gboolean
gst_ice_connection_look_for_answer (GstIceConnection * connection)
{
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);
  struct pollfd pollfd = {
    .fd = get_fd (socket),
    .events = get_answer_events (connection),
  };

  if (pollfd.fd < 0)
    return TRUE;
  if (poll (&pollfd, 1, 0) <= 0)
    return FALSE;
  if ((pollfd.revents & ~POLLIN) == 0 && is_interim_response (pollfd.fd)) {
    connection->has_interim_response = TRUE;
    return FALSE;
  }
  return TRUE;
}

GSource *
gst_ice_connection_create_source (GstIceConnection * connection,
    GIOCondition condition)
{
  g_autoptr (GSocket) socket = gst_ice_connection_dup_socket (connection);
  gshort events = get_answer_events (connection) | condition;
  int fd = get_fd (socket);

  if (fd < 0 || events == 0)
    return NULL;
  return g_unix_fd_source_new (fd, (GIOCondition) events);
}
