/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reads HTTP/1.1 requests: heads whole, bodies piece by piece.
 *
 * Runs on: the connection's thread, blocking.
 * Owns: one buffer, which bodies are handed out of without a copy.
 *
 * Nothing is tidied: the target is judged, and signed, as it came. */

#define _GNU_SOURCE             /* memmem() */

#include "http-reader.h"

#include <string.h>

#include "text.h"

#define BUFFER_SIZE (128 * 1024)
#define HEAD_MAX (64 * 1024)
#define CHUNK_LINE_MAX 1024
#define HEADERS_MAX 200

struct _EmuReader
{
  GInputStream *input;          /* (unowned) */
  guint8 *buffer;
  gsize begin, end;             /* what is in the buffer and not used yet */

  guint64 remaining;            /* of the body, or of the chunk */
  gboolean chunked;
  gboolean chunk_ended;         /* a line end is due before the next size */
  guint64 body_bytes;
};

static void
header_free (gpointer data)
{
  EmuHeader *header = data;

  g_free (header->name);
  g_free (header->value);
  g_free (header);
}

void
emu_request_free (EmuRequest * request)
{
  g_free (request->method);
  g_free (request->target);
  g_free (request->path);
  g_free (request->query);
  g_ptr_array_unref (request->headers);
  g_free (request);
}

const gchar *
emu_request_get_header (const EmuRequest * request, const gchar * name)
{
  guint i;

  for (i = 0; i < request->headers->len; i++) {
    EmuHeader *header = g_ptr_array_index (request->headers, i);

    if (g_str_equal (header->name, name))
      return header->value;
  }
  return NULL;
}

gboolean
emu_request_has_body (const EmuRequest * request)
{
  return request->chunked || request->content_length > 0;
}

EmuReader *
emu_reader_new (GInputStream * input)
{
  EmuReader *reader = g_new0 (EmuReader, 1);

  reader->input = input;
  reader->buffer = g_malloc (BUFFER_SIZE);
  return reader;
}

void
emu_reader_free (EmuReader * reader)
{
  g_free (reader->buffer);
  g_free (reader);
}

guint64
emu_reader_get_body_bytes (EmuReader * reader)
{
  return reader->body_bytes;
}

/* Adds what the stream has; -1 on error, 0 at its end. */
static gssize
fill (EmuReader * reader, GError ** error)
{
  gssize n;

  if (reader->begin == reader->end) {
    reader->begin = reader->end = 0;
  } else if (reader->end == BUFFER_SIZE) {
    memmove (reader->buffer, reader->buffer + reader->begin,
        reader->end - reader->begin);
    reader->end -= reader->begin;
    reader->begin = 0;
  }
  n = g_input_stream_read (reader->input, reader->buffer + reader->end,
      BUFFER_SIZE - reader->end, NULL, error);
  if (n > 0)
    reader->end += n;
  return n;
}

static gboolean
set_invalid (GError ** error, const gchar * what)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, what);
  return FALSE;
}

static gboolean
set_ended (GError ** error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
      "the stream ended within a request");
  return FALSE;
}

/* Waits until @mark is in the buffer, within @max bytes; *@len counts the
 * bytes up to and with it. */
static gboolean
fill_until (EmuReader * reader, const gchar * mark, gsize max, gsize * len,
    GError ** error)
{
  for (;;) {
    guint8 *start = reader->buffer + reader->begin;
    gsize available = reader->end - reader->begin;
    guint8 *found = memmem (start, available, mark, strlen (mark));
    gssize n;

    *len = found ? found - start + strlen (mark) : available;
    if (*len > max)
      return set_invalid (error, "a head or line is too long");
    if (found)
      return TRUE;
    n = fill (reader, error);
    if (n < 0)
      return FALSE;
    if (n == 0)
      return set_ended (error);
  }
}

static gboolean
is_token (const gchar * text)
{
  static const gchar others[] = "!#$%&'*+-.^_`|~";

  if (*text == '\0')
    return FALSE;
  for (; *text != '\0'; text++) {
    if (!g_ascii_isalnum (*text) && !strchr (others, *text))
      return FALSE;
  }
  return TRUE;
}

static gboolean
parse_request_line (EmuRequest * request, const gchar * line, GError ** error)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);
  const gchar *question;

  if (g_strv_length (words) != 3 || !is_token (words[0]) || *words[1] != '/'
      || (!g_str_equal (words[2], "HTTP/1.1")
          && !g_str_equal (words[2], "HTTP/1.0")))
    return set_invalid (error, "not an HTTP/1 request line");
  request->method = g_strdup (words[0]);
  request->target = g_strdup (words[1]);
  request->keep_alive = g_str_equal (words[2], "HTTP/1.1");

  question = strchr (request->target, '?');
  if (!question) {
    request->path = g_strdup (request->target);
    return TRUE;
  }
  request->path = g_strndup (request->target, question - request->target);
  request->query = g_strdup (question + 1);
  return TRUE;
}

static gboolean
parse_header_line (EmuRequest * request, const gchar * line, GError ** error)
{
  const gchar *colon = strchr (line, ':');
  g_autofree gchar *name = NULL;
  EmuHeader *header;

  name = g_ascii_strdown (line, colon ? colon - line : 0);
  if (!is_token (name) || request->headers->len >= HEADERS_MAX)
    return set_invalid (error, "not a header, or one too many");
  header = g_new0 (EmuHeader, 1);
  header->name = g_steal_pointer (&name);
  header->value = g_strstrip (g_strdup (colon + 1));
  g_ptr_array_add (request->headers, header);
  return TRUE;
}

/* How long the body is and whether another request may follow. */
static gboolean
parse_framing (EmuRequest * request, GError ** error)
{
  const gchar *length = emu_request_get_header (request, "content-length");
  const gchar *coding = emu_request_get_header (request, "transfer-encoding");
  const gchar *connection = emu_request_get_header (request, "connection");
  const gchar *expect = emu_request_get_header (request, "expect");
  guint64 value = 0;

  request->content_length = -1;
  if (length) {
    if (!emu_number_parse (length, 10, 0, G_MAXINT64, &value))
      return set_invalid (error, "bad Content-Length");
    request->content_length = value;
  }
  if (coding && (length || g_ascii_strcasecmp (coding, "chunked")))
    return set_invalid (error, "bad Transfer-Encoding");
  request->chunked = coding != NULL;
  if (connection)
    request->keep_alive = g_ascii_strcasecmp (connection, "keep-alive") == 0
        || (request->keep_alive && g_ascii_strcasecmp (connection, "close"));
  request->expects_continue =
      expect && g_ascii_strcasecmp (expect, "100-continue") == 0;
  return TRUE;
}

static EmuRequest *
parse_head (const gchar * head, GError ** error)
{
  g_autoptr (EmuRequest) request = g_new0 (EmuRequest, 1);
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  gchar **line;

  request->headers = g_ptr_array_new_with_free_func (header_free);
  if (!parse_request_line (request, lines[0], error))
    return NULL;
  for (line = lines + 1; *line && **line; line++) {
    if (!parse_header_line (request, *line, error))
      return NULL;
  }
  if (!parse_framing (request, error))
    return NULL;
  return g_steal_pointer (&request);
}

static void
begin_body (EmuReader * reader, const EmuRequest * request)
{
  reader->body_bytes = 0;
  reader->chunked = request->chunked;
  reader->chunk_ended = FALSE;
  reader->remaining = MAX (request->content_length, 0);
}

EmuRequest *
emu_reader_read_head (EmuReader * reader, GError ** error)
{
  g_autofree gchar *head = NULL;
  EmuRequest *request;
  gint64 begin_us;
  gsize len;

  if (reader->begin == reader->end && fill (reader, error) <= 0)
    return NULL;
  begin_us = g_get_monotonic_time ();
  if (!fill_until (reader, "\r\n\r\n", HEAD_MAX, &len, error))
    return NULL;
  head = g_strndup ((gchar *) reader->buffer + reader->begin, len);
  if (strlen (head) != len) {
    set_invalid (error, "a NUL in the head");
    return NULL;
  }
  reader->begin += len;

  request = parse_head (head, error);
  if (!request)
    return NULL;
  request->begin_us = begin_us;
  begin_body (reader, request);
  return request;
}

/* Takes one line, without its end. */
static gchar *
read_line (EmuReader * reader, GError ** error)
{
  gchar *line;
  gsize len;

  if (!fill_until (reader, "\r\n", CHUNK_LINE_MAX, &len, error))
    return NULL;
  line = g_strndup ((gchar *) reader->buffer + reader->begin, len - 2);
  reader->begin += len;
  return line;
}

static gboolean
skip_trailer (EmuReader * reader, GError ** error)
{
  guint n;

  for (n = 0; n < HEADERS_MAX; n++) {
    g_autofree gchar *line = read_line (reader, error);

    if (!line)
      return FALSE;
    if (*line == '\0')
      return TRUE;
  }
  return set_invalid (error, "a trailer without an end");
}

/* The size of the next chunk; after the last one the body has ended. */
static gboolean
next_chunk (EmuReader * reader, GError ** error)
{
  g_autofree gchar *line = NULL;

  if (reader->chunk_ended) {
    g_autofree gchar *empty = read_line (reader, error);

    if (!empty)
      return FALSE;
    if (*empty != '\0')
      return set_invalid (error, "a chunk is longer than it said");
  }
  line = read_line (reader, error);
  if (!line)
    return FALSE;
  g_strdelimit (line, ";", '\0');
  if (!emu_number_parse (g_strstrip (line), 16, 0, G_MAXINT64,
          &reader->remaining))
    return set_invalid (error, "bad size of a chunk");
  reader->chunk_ended = TRUE;
  if (reader->remaining > 0)
    return TRUE;
  reader->chunked = FALSE;
  return skip_trailer (reader, error);
}

gboolean
emu_reader_read_body (EmuReader * reader, gsize max, const guint8 ** data,
    gsize * len, GError ** error)
{
  gssize n = 1;

  *len = 0;
  if (reader->remaining == 0 && reader->chunked && !next_chunk (reader, error))
    return FALSE;
  if (reader->remaining == 0)
    return TRUE;
  if (reader->begin == reader->end)
    n = fill (reader, error);
  if (n < 0)
    return FALSE;
  if (n == 0)
    return set_ended (error);
  *data = reader->buffer + reader->begin;
  *len = MIN (MIN (reader->end - reader->begin, max), reader->remaining);
  reader->begin += *len;
  reader->remaining -= *len;
  reader->body_bytes += *len;
  return TRUE;
}
