/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A connection as bytes: reading, writing, waiting and the ways to end it. */

#pragma once

#include <gio/gio.h>

#include "http-reader.h"

typedef struct _EmuWire EmuWire;

/* @certificate: for TLS, or NULL. */
EmuWire *emu_wire_new (GSocket * socket, GTlsCertificate * certificate);
void emu_wire_free (EmuWire * wire);

/* Any thread: whoever waits in the other functions gets an error. */
void emu_wire_shutdown (EmuWire * wire);

/* What follows belongs to one thread. */

/* TLS, if there is any. */
gboolean emu_wire_open (EmuWire * wire);
EmuReader *emu_wire_get_reader (EmuWire * wire);
gboolean emu_wire_write (EmuWire * wire, gconstpointer data, gsize len);
/* How many bytes the system has taken so far. */
guint64 emu_wire_get_written (EmuWire * wire);

/* Waits, for ever if @seconds is negative. FALSE once the client is gone. */
gboolean emu_wire_wait (EmuWire * wire, gdouble seconds);

/* With RST, whatever is unread or unsent. */
void emu_wire_reset (EmuWire * wire);
/* With FIN, as a server does that has had enough: what comes is still read,
 * for a while, so that no RST overtakes what was sent. */
void emu_wire_close_gently (EmuWire * wire);
/* At once. The kernel makes it a RST if something is unread. */
void emu_wire_close (EmuWire * wire);
