/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The requests; see the header.
 *
 * Heads, and chunks of a chunked body, come through a buffer; the rest of a
 * body of known length is discarded where it is. */

/* For memmem(). */
#define _GNU_SOURCE

#include "request-reader.h"

#include <string.h>

#include "emulator/checksum.h"

#define BUFFER_SIZE (256 * 1024)

struct _RequestReader
{
  Channel *channel;             /* (unowned) */
  guint64 rate;
  gint64 begin_us;

  guint8 *buffer;               /* (owned) */
  gsize first;                  /* what was read and not used: from here */
  gsize end;                    /* to here */

  gchar *method;                /* (owned) like all below */
  gchar *path;
  GHashTable *query;
  GHashTable *headers;
};

RequestReader *
request_reader_new (Channel * channel, guint64 rate)
{
  RequestReader *reader = g_new0 (RequestReader, 1);

  reader->channel = channel;
  reader->rate = rate;
  reader->buffer = g_malloc (BUFFER_SIZE);
  reader->query = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  reader->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);

  return reader;
}

void
request_reader_free (RequestReader * reader)
{
  g_free (reader->buffer);
  g_free (reader->method);
  g_free (reader->path);
  g_hash_table_unref (reader->query);
  g_hash_table_unref (reader->headers);
  g_free (reader);
}

/* ---- bytes ---- */

/* All readers share one budget: when will the next byte be due? */
static void
pace (RequestReader * reader, gsize size)
{
  static GMutex lock;
  static gint64 due_us = 0;
  gint64 now_us = g_get_monotonic_time ();
  gint64 until_us;

  if (reader->rate == 0)
    return;

  g_mutex_lock (&lock);
  due_us = MAX (due_us, now_us) + (gint64) (size * 1e6 / reader->rate);
  until_us = due_us;
  g_mutex_unlock (&lock);
  if (until_us > now_us)
    g_usleep (until_us - now_us);
}

/* Reads more into the buffer. FALSE at the end, or if it is full. */
static gboolean
fill (RequestReader * reader)
{
  gsize n;

  if (reader->first == reader->end) {
    reader->first = reader->end = 0;
  } else if (reader->end == BUFFER_SIZE) {
    reader->end -= reader->first;
    memmove (reader->buffer, reader->buffer + reader->first, reader->end);
    reader->first = 0;
  }
  if (reader->end == BUFFER_SIZE)
    return FALSE;

  n = channel_read (reader->channel, reader->buffer + reader->end,
      BUFFER_SIZE - reader->end);
  pace (reader, n);
  reader->end += n;

  return n > 0;
}

/* The text up to @mark and behind it; it is taken from the buffer.
 * (transfer full) (nullable) */
static gchar *
read_until (RequestReader * reader, const gchar * mark)
{
  for (;;) {
    guint8 *from = reader->buffer + reader->first;
    gsize size = reader->end - reader->first;
    guint8 *at = memmem (from, size, mark, strlen (mark));

    if (at != NULL) {
      reader->first += at - from + strlen (mark);
      return g_strndup ((gchar *) from, at - from);
    }
    if (!fill (reader))
      return NULL;
  }
}

/* ---- heads ---- */

static void
parse_query (RequestReader * reader, const gchar * query)
{
  g_auto (GStrv) pairs = g_strsplit (query, "&", -1);
  guint i;

  for (i = 0; pairs[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (pairs[i], "=", 2);

    if (pair[0] != NULL)
      g_hash_table_insert (reader->query, g_strdup (pair[0]),
          g_strdup (pair[1] != NULL ? pair[1] : ""));
  }
}

static gboolean
parse_request_line (RequestReader * reader, const gchar * line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  gchar *query;

  if (g_strv_length (words) != 3)
    return FALSE;

  reader->method = g_strdup (words[0]);
  reader->path = g_strdup (words[1]);
  query = strchr (reader->path, '?');
  if (query != NULL) {
    *query = '\0';
    parse_query (reader, query + 1);
  }

  return TRUE;
}

static void
parse_header (RequestReader * reader, const gchar * line)
{
  const gchar *colon = strchr (line, ':');

  if (colon == NULL)
    return;

  g_hash_table_insert (reader->headers, g_ascii_strdown (line, colon - line),
      g_strstrip (g_strdup (colon + 1)));
}

static void
forget_head (RequestReader * reader)
{
  g_clear_pointer (&reader->method, g_free);
  g_clear_pointer (&reader->path, g_free);
  g_hash_table_remove_all (reader->query);
  g_hash_table_remove_all (reader->headers);
}

gboolean
request_reader_read_head (RequestReader * reader)
{
  g_autofree gchar *head = NULL;
  g_auto (GStrv) lines = NULL;
  guint i;

  forget_head (reader);
  if (reader->first == reader->end && !fill (reader))
    return FALSE;
  reader->begin_us = g_get_monotonic_time ();
  head = read_until (reader, "\r\n\r\n");
  if (head == NULL)
    return FALSE;

  lines = g_strsplit (head, "\r\n", -1);
  if (!parse_request_line (reader, lines[0]))
    return FALSE;
  for (i = 1; lines[i] != NULL; i++)
    parse_header (reader, lines[i]);

  return TRUE;
}

const gchar *
request_reader_get_method (RequestReader * reader)
{
  return reader->method;
}

const gchar *
request_reader_get_path (RequestReader * reader)
{
  return reader->path;
}

const gchar *
request_reader_get_header (RequestReader * reader, const gchar * name)
{
  return g_hash_table_lookup (reader->headers, name);
}

const gchar *
request_reader_get_query (RequestReader * reader, const gchar * name)
{
  return g_hash_table_lookup (reader->query, name);
}

gint64
request_reader_get_begin (RequestReader * reader)
{
  return reader->begin_us;
}

/* ---- bodies ---- */

static void
take (Body * body, BodyMode mode, const guint8 * data, gsize size)
{
  if (mode == BODY_SUM)
    body->crc64 = emu_crc64 (body->crc64, data, size);
  if (mode == BODY_KEEP)
    g_string_append_len (body->text, (const gchar *) data, size);
  body->size += size;
}

/* From the buffer, as far as it reaches. */
static guint64
take_buffered (RequestReader * reader, BodyMode mode, guint64 size,
    Body * body)
{
  gsize n = MIN (size, reader->end - reader->first);

  take (body, mode, reader->buffer + reader->first, n);
  reader->first += n;

  return size - n;
}

static gboolean
read_sized (RequestReader * reader, BodyMode mode, guint64 size, Body * body)
{
  size = take_buffered (reader, mode, size, body);
  while (size > 0 && mode == BODY_DISCARD && size > BUFFER_SIZE) {
    gsize n = channel_discard (reader->channel, MIN (size, G_MAXINT));

    if (n == 0)
      return FALSE;
    pace (reader, n);
    body->size += n;
    size -= n;
  }
  while (size > 0) {
    if (!fill (reader))
      return FALSE;
    size = take_buffered (reader, mode, size, body);
  }

  return TRUE;
}

static gboolean
read_chunked (RequestReader * reader, BodyMode mode, Body * body)
{
  for (;;) {
    g_autofree gchar *line = read_until (reader, "\r\n");
    g_autofree gchar *end = NULL;
    guint64 size;

    if (line == NULL)
      return FALSE;
    size = g_ascii_strtoull (line, NULL, 16);
    if (!read_sized (reader, mode, size, body))
      return FALSE;
    end = read_until (reader, "\r\n");
    if (end == NULL)
      return FALSE;
    if (size == 0)
      return TRUE;
  }
}

static gboolean
send_continue (RequestReader * reader)
{
  static const gchar text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  const gchar *expect = request_reader_get_header (reader, "expect");

  return expect == NULL
      || channel_write (reader->channel, text, sizeof text - 1);
}

gboolean
request_reader_read_body (RequestReader * reader, BodyMode mode, Body * body)
{
  const gchar *length = request_reader_get_header (reader, "content-length");

  *body = (Body) { .text = mode == BODY_KEEP ? g_string_new (NULL) : NULL };
  if (!send_continue (reader))
    return FALSE;
  if (length != NULL)
    return read_sized (reader, mode, g_ascii_strtoull (length, NULL, 10),
        body);
  if (request_reader_get_header (reader, "transfer-encoding") != NULL)
    return read_chunked (reader, mode, body);

  return TRUE;
}

void
body_clear (Body * body)
{
  if (body->text != NULL)
    g_string_free (body->text, TRUE);
  body->text = NULL;
}
