/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The server of all measurements: takes uploads, forgets them, and says what
 * they were.
 *
 *   receiver [--listen HOST:PORT] [--oss-host HOST]
 *       [--certificate FILE --key FILE] [--sum]
 *       [--answer-delay SECONDS] [--credential-life SECONDS] [--rate BYTES]
 *
 * It must cost less than those who send to it, or it would be measured in
 * their place. So it has the kernel drop the bytes of a body (what remains is
 * TLS), and answers with the checksum that they must have if they are the
 * pattern (pattern.h): a client that compares checksums has proved that it
 * sent it. --sum looks at every byte instead.
 *
 * With --oss-host it listens on all addresses, and leases name that one: OSS is
 * another host than ICE, as it is in truth, with connections of its own.
 *
 * It prints `URI` when it is ready, and one line of JSON at SIGTERM.
 *
 * Threads: the main one accepts; one more for each connection, which waits in
 * the kernel; one that waits for the signal. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "service.h"

/* A receiver that is slow on purpose must not hide that in a buffer. */
#define SLOW_BUFFER_SIZE (128 * 1024)

static gchar *listen_address;
static gchar *oss_host;
static gchar *certificate_file;
static gchar *key_file;
static gboolean sum;
static gdouble answer_delay;
static gdouble credential_life = 3600;
static gint64 rate;

static const GOptionEntry entries[] = {
  {"listen", 0, 0, G_OPTION_ARG_STRING, &listen_address, "127.0.0.1:0",
      "HOST:PORT"},
  {"oss-host", 0, 0, G_OPTION_ARG_STRING, &oss_host, "Of leases", "HOST"},
  {"certificate", 0, 0, G_OPTION_ARG_FILENAME, &certificate_file, "TLS",
      "FILE"},
  {"key", 0, 0, G_OPTION_ARG_FILENAME, &key_file, "Its key", "FILE"},
  {"sum", 0, 0, G_OPTION_ARG_NONE, &sum, "Look at every byte", NULL},
  {"answer-delay", 0, 0, G_OPTION_ARG_DOUBLE, &answer_delay,
      "Of every answer of OSS", "SECONDS"},
  {"credential-life", 0, 0, G_OPTION_ARG_DOUBLE, &credential_life,
      "Of leases, 1 hour", "SECONDS"},
  {"rate", 0, 0, G_OPTION_ARG_INT64, &rate, "Bytes a second, 0: all",
      "BYTES"},
  {NULL}
};

typedef struct
{
  Service *service;
  SSL_CTX *tls;                 /* (nullable) */
  int fd;
} Visitor;

static gpointer
serve (gpointer data)
{
  g_autofree Visitor *visitor = data;
  g_autoptr (Channel) channel = channel_accept (visitor->fd, visitor->tls);
  g_autoptr (RequestReader) reader = NULL;

  if (channel == NULL)
    return NULL;

  service_count_connection (visitor->service, channel_is_resumed (channel));
  reader = request_reader_new (channel, rate);
  service_serve (visitor->service, channel, reader);

  return NULL;
}

static void
accept_one (int listener, Service * service, SSL_CTX * tls)
{
  g_autoptr (GThread) thread = NULL;
  int fd = accept (listener, NULL, NULL);
  Visitor *visitor;

  if (fd < 0)
    return;
  visitor = g_new0 (Visitor, 1);
  *visitor = (Visitor) { .service = service, .tls = tls, .fd = fd };
  thread = g_thread_new ("visitor", serve, visitor);
}

/* All other threads block the signal. */
static gpointer
wait_for_end (gpointer data)
{
  g_autofree gchar *report = NULL;
  sigset_t signals;
  int number;

  sigemptyset (&signals);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGINT);
  sigwait (&signals, &number);

  report = service_report (data);
  g_print ("%s\n", report);
  fflush (stdout);
  _exit (0);
}

static void
block_signals (void)
{
  sigset_t signals;

  signal (SIGPIPE, SIG_IGN);
  sigemptyset (&signals);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGINT);
  sigprocmask (SIG_BLOCK, &signals, NULL);
}

static void
raise_file_limit (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static gchar *
new_uri (const gchar * host, guint port)
{
  return g_strdup_printf ("%s://%.*s:%u",
      certificate_file != NULL ? "https" : "http",
      (int) strcspn (host, ":"), host, port);
}

static int
open_listener (guint * port)
{
  g_autofree gchar *all = g_strconcat ("0.0.0.0",
      strchr (listen_address, ':'), NULL);
  int fd = channel_listen (oss_host != NULL ? all : listen_address, port);
  int size = SLOW_BUFFER_SIZE;

  if (rate > 0)
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);

  return fd;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *uri = NULL;
  g_autofree gchar *oss_uri = NULL;
  SSL_CTX *tls = NULL;
  ServiceConfig config;
  Service *service;
  guint port;
  int listener;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("receiver: %s\n", error->message);
    return 2;
  }
  if (listen_address == NULL)
    listen_address = g_strdup ("127.0.0.1:0");
  if (certificate_file != NULL) {
    tls = channel_new_server_tls (certificate_file, key_file);
    g_assert (tls != NULL);
  }
  block_signals ();
  raise_file_limit ();

  listener = open_listener (&port);
  uri = new_uri (listen_address, port);
  oss_uri = new_uri (oss_host != NULL ? oss_host : listen_address, port);
  config = (ServiceConfig) {
    .sum = sum,
    .answer_delay_us = answer_delay * G_USEC_PER_SEC,
    .credential_life_us = credential_life * G_USEC_PER_SEC,
  };
  service = service_new (&config, oss_uri);
  g_thread_unref (g_thread_new ("end", wait_for_end, service));
  g_print ("%s\n", uri);
  for (;;)
    accept_one (listener, service, tls);
}
