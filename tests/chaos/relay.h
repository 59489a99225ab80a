/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A TLS server in front of an emulator that speaks plain HTTP, with whatever
 * certificate a test wants, under whatever name. */

#pragma once

#include <gio/gio.h>

typedef struct _Relay Relay;

/* Listens on a loopback port. @target: URI of the emulator. */
Relay *relay_new (const gchar * target, GTlsCertificate * certificate);

/* All connections must have gone. */
void relay_free (Relay * relay);

guint relay_get_port (Relay * relay);

/* The next @n_connections get @certificate. */
void relay_set_bad_certificate (Relay * relay, GTlsCertificate * certificate,
    guint n_connections);

/* How many have got a bad one so far. */
guint relay_count_bad (Relay * relay);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Relay, relay_free)
