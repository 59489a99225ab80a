/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Certificates for tests: an authority, and what it signs. */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _Authority Authority;

Authority *authority_new (void);
void authority_free (Authority * authority);

/* Writes its certificate as PEM into a new file. (transfer full): its name,
 * which the caller removes */
gchar *authority_write_file (Authority * authority);

/* A certificate with its key, valid from @from_seconds to @to_seconds from now.
 * @names: a subjectAltName in OpenSSL's words, e.g. "IP:127.0.0.1"
 * (transfer full) */
GTlsCertificate *authority_sign (Authority * authority, const gchar * names,
    glong from_seconds, glong to_seconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Authority, authority_free)

G_END_DECLS
