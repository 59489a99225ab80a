/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Certificates for tests: an authority, and what it signs. */

#pragma once

#include <gio/gio.h>

typedef struct _Authority Authority;

Authority *authority_new (void);
void authority_free (Authority * authority);

/* Writes its certificate as PEM into a new file. (transfer full): its name,
 * which the caller removes */
gchar *authority_write_file (Authority * authority);

/**
 * CertificateForm:
 * @names: a subjectAltName in OpenSSL's words, e.g. "IP:127.0.0.1"
 * @from_seconds: its validity, from now
 * @to_seconds: likewise
 * @digest: (nullable): of the signature; NULL: SHA-256
 * @rsa_bits: of its key; 0: a key on the curve P-256
 * @usage: (nullable): an extendedKeyUsage
 * @is_self_signed: it vouches for itself
 * @between: (nullable): another authority stands between, with these
 *     basicConstraints
 * @constraints: (nullable): nameConstraints of that one
 *
 * What a certificate says.
 */
typedef struct
{
  const gchar *names;
  glong from_seconds;
  glong to_seconds;
  const gchar *digest;
  guint rsa_bits;
  const gchar *usage;
  gboolean is_self_signed;
  const gchar *between;
  const gchar *constraints;
} CertificateForm;

/* PEM of its key, itself, and the one between. (transfer full) */
gchar *authority_issue (Authority * authority, const CertificateForm * form);

/* A certificate with its key, valid from @from_seconds to @to_seconds from now.
 * @names: a subjectAltName in OpenSSL's words, e.g. "IP:127.0.0.1"
 * (transfer full) */
GTlsCertificate *authority_sign (Authority * authority, const gchar * names,
    glong from_seconds, glong to_seconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Authority, authority_free)
