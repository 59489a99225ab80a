/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A server on loopback that follows a script, byte by byte, so that it can
 * answer early, late, wrongly or not at all.
 *
 * Each connection runs the script on a thread of its own, with blocking calls.
 * Stopping the server ends all of them. */

#pragma once

#include <gio/gio.h>

typedef struct _Server Server;

/* One connection, from the server's side. */
typedef struct
{
  Server *server;
  guint number;                 /* from 0, in the order they were accepted */
  GSocketConnection *tcp;
  GIOStream *stream;
  GInputStream *input;
  GOutputStream *output;
  GCancellable *cancellable;
} Peer;

/* Returns when the connection is to be closed. Calls on @peer return FALSE or
 * NULL once the client is gone or the server is stopped. */
typedef void (*Script) (Peer * peer, gpointer user_data);

/* @certificate: (nullable): for TLS */
Server *server_start (Script script, gpointer user_data,
    GTlsCertificate * certificate);
void server_stop (Server * server);
guint16 server_get_port (Server * server);

/* How many connections were accepted so far. */
guint server_get_connections (Server * server);

/* The head of a request, up to the empty line. (transfer full) */
gchar *peer_read_head (Peer * peer);

/* (transfer full) */
GBytes *peer_read (Peer * peer, gsize size);

/* Reads and forgets. FALSE if the client closed before @size bytes. */
gboolean peer_skip (Peer * peer, gsize size);

/* Reads and forgets until the client closes or resets. */
void peer_wait_for_close (Peer * peer);
gboolean peer_write (Peer * peer, const gchar * text);

/* Writes @text one byte at a time, with a pause before each. */
gboolean peer_trickle (Peer * peer, const gchar * text, guint pause_ms);
void peer_pause (Peer * peer, guint milliseconds);

/* Closes by a reset, whether anything is unread or not. */
void peer_reset (Peer * peer);

/* The Content-Length in @head, or 0. */
guint64 head_get_content_length (const gchar * head);

/* The value of a header in @head, or NULL. (transfer full) */
gchar *head_get_header (const gchar * head, const gchar * name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_stop)
