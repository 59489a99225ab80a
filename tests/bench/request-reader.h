/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Requests as the receiver reads them: heads into words, bodies into nothing.
 *
 * Runs on: the thread of its connection. */

#pragma once

#include "channel.h"

/**
 * Body:
 * @size: bytes that arrived
 * @crc64: of them, if they were looked at
 * @text: (owned) (nullable): the bytes themselves, if they were kept
 *
 * What became of a body.
 */
typedef struct
{
  guint64 size;
  guint64 crc64;
  GString *text;
} Body;

typedef enum
{
  BODY_DISCARD,                 /* count */
  BODY_SUM,                     /* count and sum up */
  BODY_KEEP,                    /* keep as text */
} BodyMode;

typedef struct _RequestReader RequestReader;

/* @channel: (unowned). @rate: bytes a second that all readers together take,
 * 0: as fast as can be. */
RequestReader *request_reader_new (Channel * channel, guint64 rate);
void request_reader_free (RequestReader * reader);

/* Reads the next head. FALSE at the end of the connection. */
gboolean request_reader_read_head (RequestReader * reader);

/* Of that head. Values are owned by the reader, NULL where there is none. */
const gchar *request_reader_get_method (RequestReader * reader);
const gchar *request_reader_get_path (RequestReader * reader);
const gchar *request_reader_get_header (RequestReader * reader,
    const gchar * name);
/* As it stands in the query; "" if it has no value. */
const gchar *request_reader_get_query (RequestReader * reader,
    const gchar * name);

/* Monotonic: when the first byte of that head was there. */
gint64 request_reader_get_begin (RequestReader * reader);

/* Reads its body, after 100 Continue if that is waited for. FALSE if it broke
 * off. */
gboolean request_reader_read_body (RequestReader * reader, BodyMode mode,
    Body * body);

void body_clear (Body * body);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RequestReader, request_reader_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Body, body_clear)
