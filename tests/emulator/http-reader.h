/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reads HTTP/1.1 requests: heads whole, bodies piece by piece. */

#pragma once

#include <gio/gio.h>

typedef struct
{
  gchar *name;                  /* lower case */
  gchar *value;                 /* without blanks at its ends */
} EmuHeader;

/* A request's head. Path and query are raw, as they came. */
typedef struct
{
  gchar *method;
  gchar *target;
  gchar *path;
  gchar *query;                 /* (nullable) */
  GPtrArray *headers;           /* (element-type EmuHeader) */
  gint64 content_length;        /* -1: none */
  gboolean chunked;
  gboolean keep_alive;
  gboolean expects_continue;
  gint64 begin_us;              /* monotonic, of the first byte */
} EmuRequest;

void emu_request_free (EmuRequest * request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuRequest, emu_request_free)

/* The value of @name (lower case), or NULL. */
const gchar *emu_request_get_header (const EmuRequest * request,
    const gchar * name);
gboolean emu_request_has_body (const EmuRequest * request);

typedef struct _EmuReader EmuReader;

/* @input stays owned by the caller. */
EmuReader *emu_reader_new (GInputStream * input);
void emu_reader_free (EmuReader * reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuReader, emu_reader_free)

/* The next head. At a clean end of the stream NULL and no error. Errors:
 * G_IO_ERROR_INVALID_DATA if it is not HTTP or too large, others from the
 * stream. (transfer full) */
EmuRequest *emu_reader_read_head (EmuReader * reader, GError ** error);

/* Up to @max bytes of the body of the request read last; valid until the
 * next call. *@len is 0 at its end. */
gboolean emu_reader_read_body (EmuReader * reader, gsize max,
    const guint8 ** data, gsize * len, GError ** error);

/* Bytes of that body so far. */
guint64 emu_reader_get_body_bytes (EmuReader * reader);
