/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Sends what icesink sends, in the same parts, and does nothing else: what an
 * upload costs at the least.
 *
 *   floor --connect HOST:PORT --bytes N [--part-size N] [--write-size N]
 *       [--memory N] [--connections N] [--ca-file FILE] [--gio]
 *
 * Each part is an UploadPart of a multipart upload that nobody began, in
 * writes of --write-size; its answer is read and the next one follows. Its
 * bytes lie in --memory bytes of memory, and come from there again and again:
 * with the size of a part they are where an upload has them, with that of a
 * write, which is the default, where the processor has them anyway. With --connections, as many threads send, each an equal share of
 * the parts. With --ca-file, over TLS: then a write of 16 KiB is one record. With --gio as
 * well, GIO's TLS instead of OpenSSL's.
 *
 * A part of all bytes of a connection makes a bulk transfer. The last line is
 * JSON: bytes, seconds. */

#include <string.h>

#include "channel.h"
#include "pattern.h"

#define ANSWER_SIZE 4096

static gchar *address;
static gchar *ca_file;
static gint64 total_bytes;
static gint64 part_size = 4 * 1024 * 1024;
static gint write_size = 256 * 1024;
static gint64 memory_size;
static gint connections = 1;
static gboolean gio;

static const GOptionEntry entries[] = {
  {"connect", 0, 0, G_OPTION_ARG_STRING, &address, "The receiver",
      "HOST:PORT"},
  {"ca-file", 0, 0, G_OPTION_ARG_FILENAME, &ca_file, "TLS", "FILE"},
  {"bytes", 0, 0, G_OPTION_ARG_INT64, &total_bytes, "In all", "N"},
  {"part-size", 0, 0, G_OPTION_ARG_INT64, &part_size, "4 MiB", "N"},
  {"write-size", 0, 0, G_OPTION_ARG_INT, &write_size, "256 KiB", "N"},
  {"memory", 0, 0, G_OPTION_ARG_INT64, &memory_size, "Of one write", "N"},
  {"gio", 0, 0, G_OPTION_ARG_NONE, &gio, "GIO's TLS", NULL},
  {"connections", 0, 0, G_OPTION_ARG_INT, &connections, "1", "N"},
  {NULL}
};

/**
 * Lane:
 * @first: its first part, counted from 0; the others are @connections apart
 * @data: (unowned): @memory_size bytes of the pattern
 */
typedef struct
{
  guint first;
  SSL_CTX *tls;
  const guint8 *data;
} Lane;

static gboolean
send_head (Channel * channel, guint number, guint64 size)
{
  g_autofree gchar *head = g_strdup_printf ("PUT /bench/floor?partNumber=%u"
      "&uploadId=floor HTTP/1.1\r\nHost: bench\r\nContent-Length: %"
      G_GUINT64_FORMAT "\r\n\r\n", number, size);

  return channel_write (channel, head, strlen (head));
}

static gboolean
send_body (Channel * channel, const guint8 * data, guint64 size)
{
  guint64 at;

  for (at = 0; at < size; at += write_size) {
    gsize n = MIN (size - at, (guint64) write_size);

    if (!channel_write (channel, data + at % memory_size, n))
      return FALSE;
  }

  return TRUE;
}

/* Answers to parts have no body. */
static gboolean
read_answer (Channel * channel)
{
  gchar answer[ANSWER_SIZE + 1];
  gsize size = 0;

  do {
    gsize n = channel_read (channel, answer + size, ANSWER_SIZE - size);

    if (n == 0)
      return FALSE;
    size += n;
    answer[size] = '\0';
  } while (strstr (answer, "\r\n\r\n") == NULL);

  return g_str_has_prefix (answer, "HTTP/1.1 200");
}

static gpointer
send_parts (gpointer user_data)
{
  const Lane *lane = user_data;
  g_autoptr (Channel) channel = gio ? channel_connect_gio (address, ca_file)
      : channel_connect (address, lane->tls);
  guint64 step = (guint64) part_size * connections;
  guint64 offset = (guint64) part_size * lane->first;
  guint number = lane->first + 1;

  for (; offset < (guint64) total_bytes; offset += step) {
    guint64 size = MIN ((guint64) part_size, total_bytes - offset);

    if (!send_head (channel, number, size)
        || !send_body (channel, lane->data, size)
        || !read_answer (channel)) {
      g_printerr ("part %u failed\n", number);
      exit (1);
    }
    number += connections;
  }

  return NULL;
}

static void
send_all (SSL_CTX * tls, const guint8 * data)
{
  g_autofree Lane *lanes = g_new0 (Lane, connections);
  g_autofree GThread **threads = g_new0 (GThread *, connections);
  gint i;

  for (i = 0; i < connections; i++) {
    lanes[i] = (Lane) { .first = i, .tls = tls, .data = data };
    if (i > 0)
      threads[i] = g_thread_new ("floor", send_parts, &lanes[i]);
  }
  send_parts (&lanes[0]);
  for (i = 1; i < connections; i++)
    g_thread_join (threads[i]);
}

static gboolean
check_options (void)
{
  if (memory_size == 0)
    memory_size = write_size;

  return address != NULL && write_size > 0 && write_size % PATTERN_SIZE == 0
      && memory_size > 0 && memory_size % write_size == 0
      && part_size > 0 && connections >= 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *data = NULL;
  SSL_CTX *tls = NULL;
  gint64 begin_us;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || !check_options ()) {
    g_printerr ("floor: %s\n", error ? error->message : "see --help");
    return 2;
  }
  if (ca_file != NULL) {
    tls = channel_new_client_tls (ca_file);
    g_assert (tls != NULL);
  }
  data = g_malloc (memory_size);
  pattern_fill (data, memory_size, 0);

  begin_us = g_get_monotonic_time ();
  send_all (tls, data);
  g_print ("{\"bytes\": %" G_GINT64_FORMAT ", \"seconds\": %.6f}\n",
      total_bytes, (g_get_monotonic_time () - begin_us) / 1e6);
  g_clear_pointer (&tls, SSL_CTX_free);

  return 0;
}
