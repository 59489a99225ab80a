/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A CA and a server certificate, made on the spot. */

#include "certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define LIFE_SECONDS (30 * 24 * 3600)
/* Of this machine, and of the service: a root without a network may say that
 * those are here. */
#define NAMES "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1," \
  "DNS:*.cn-shanghai.aliyuncs.com,DNS:*.oss-cn-shanghai.aliyuncs.com"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free_all)

static void
add_extension (X509 * certificate, X509 * issuer, int nid, const gchar * value)
{
  X509_EXTENSION *extension;
  X509V3_CTX context;

  X509V3_set_ctx_nodb (&context);
  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  g_assert (extension);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

/* Serial numbers are random, so that a client that has seen an earlier
 * emulator's certificate does not take this one for it. */
static X509 *
new_certificate (EVP_PKEY * key, const gchar * name)
{
  X509 *certificate = X509_new ();
  X509_NAME *subject = X509_get_subject_name (certificate);
  guint8 serial[8];
  BIGNUM *number;

  RAND_bytes (serial, sizeof serial);
  serial[0] &= 0x7f;
  number = BN_bin2bn (serial, sizeof serial, NULL);
  BN_to_ASN1_INTEGER (number, X509_get_serialNumber (certificate));
  BN_free (number);

  X509_set_version (certificate, X509_VERSION_3);
  X509_gmtime_adj (X509_getm_notBefore (certificate), -24 * 3600);
  X509_gmtime_adj (X509_getm_notAfter (certificate), LIFE_SECONDS);
  X509_NAME_add_entry_by_txt (subject, "CN", MBSTRING_UTF8,
      (const guint8 *) name, -1, -1, 0);
  X509_set_pubkey (certificate, key);
  return certificate;
}

static X509 *
new_authority (EVP_PKEY * key)
{
  X509 *authority = new_certificate (key, "ice-emulator CA");

  X509_set_issuer_name (authority, X509_get_subject_name (authority));
  add_extension (authority, authority, NID_basic_constraints,
      "critical,CA:TRUE");
  add_extension (authority, authority, NID_key_usage, "critical,keyCertSign");
  add_extension (authority, authority, NID_subject_key_identifier, "hash");
  X509_sign (authority, key, EVP_sha256 ());
  return authority;
}

static X509 *
new_server (EVP_PKEY * key, X509 * authority, EVP_PKEY * authority_key)
{
  X509 *server = new_certificate (key, "ice-emulator");

  X509_set_issuer_name (server, X509_get_subject_name (authority));
  add_extension (server, authority, NID_basic_constraints, "critical,CA:FALSE");
  add_extension (server, authority, NID_key_usage, "critical,digitalSignature");
  add_extension (server, authority, NID_ext_key_usage, "serverAuth");
  add_extension (server, authority, NID_authority_key_identifier, "keyid");
  add_extension (server, authority, NID_subject_alt_name, NAMES);
  X509_sign (server, authority_key, EVP_sha256 ());
  return server;
}

/* PEM of either or both. (transfer full) */
static gchar *
to_pem (X509 * certificate, EVP_PKEY * key)
{
  g_autoptr (BIO) bio = BIO_new (BIO_s_mem ());
  gchar *data;
  glong len;

  if (certificate)
    PEM_write_bio_X509 (bio, certificate);
  if (key)
    PEM_write_bio_PrivateKey (bio, key, NULL, NULL, 0, NULL, NULL);
  len = BIO_get_mem_data (bio, &data);
  return g_strndup (data, len);
}

GTlsCertificate *
emu_certificate_new (const gchar * ca_file, GError ** error)
{
  g_autoptr (EVP_PKEY) authority_key = EVP_EC_gen ("P-256");
  g_autoptr (EVP_PKEY) server_key = EVP_EC_gen ("P-256");
  g_autoptr (X509) authority = new_authority (authority_key);
  g_autoptr (X509) server = new_server (server_key, authority, authority_key);
  g_autofree gchar *authority_pem = to_pem (authority, NULL);
  g_autofree gchar *server_pem = to_pem (server, server_key);

  if (!g_file_set_contents (ca_file, authority_pem, -1, error))
    return NULL;
  return g_tls_certificate_new_from_pem (server_pem, -1, error);
}
