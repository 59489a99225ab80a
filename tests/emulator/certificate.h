/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A CA and a server certificate, made on the spot. */

#pragma once

#include <gio/gio.h>

/* A certificate for localhost, *.localhost, 127.0.0.1 and ::1. The CA's own
 * is written to @ca_file; its key is forgotten. (transfer full) */
GTlsCertificate *emu_certificate_new (const gchar * ca_file, GError ** error);
