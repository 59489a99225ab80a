/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Certificates for tests, by OpenSSL. */

#include "certificates.h"

#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define DAY (24 * 60 * 60)

struct _Authority
{
  EVP_PKEY *key;
  X509 *certificate;
  glong serial;
};

static void
add_extension (X509 * certificate, X509 * issuer, int nid, const gchar * value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;

  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  g_assert_nonnull (extension);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

static X509 *
certificate_new (EVP_PKEY * key, const gchar * name, glong serial,
    glong from_seconds, glong to_seconds)
{
  X509 *certificate = X509_new ();
  X509_NAME *subject = X509_get_subject_name (certificate);

  X509_set_version (certificate, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), serial);
  X509_gmtime_adj (X509_getm_notBefore (certificate), from_seconds);
  X509_gmtime_adj (X509_getm_notAfter (certificate), to_seconds);
  X509_NAME_add_entry_by_txt (subject, "CN", MBSTRING_ASC,
      (const guchar *) name, -1, -1, 0);
  X509_set_pubkey (certificate, key);

  return certificate;
}

Authority *
authority_new (void)
{
  Authority *authority = g_new0 (Authority, 1);

  authority->key = EVP_EC_gen ("P-256");
  authority->serial = 1;
  authority->certificate = certificate_new (authority->key, "icesink test CA",
      authority->serial++, -3650L * DAY, 3650L * DAY);
  X509_set_issuer_name (authority->certificate,
      X509_get_subject_name (authority->certificate));
  add_extension (authority->certificate, authority->certificate,
      NID_basic_constraints, "critical,CA:TRUE");
  X509_sign (authority->certificate, authority->key, EVP_sha256 ());

  return authority;
}

void
authority_free (Authority * authority)
{
  X509_free (authority->certificate);
  EVP_PKEY_free (authority->key);
  g_free (authority);
}

static void
append_certificate (GString * pem, X509 * certificate)
{
  BIO *bio = BIO_new (BIO_s_mem ());
  char *data;
  long size;

  PEM_write_bio_X509 (bio, certificate);
  size = BIO_get_mem_data (bio, &data);
  g_string_append_len (pem, data, size);
  BIO_free (bio);
}

static void
append_key (GString * pem, EVP_PKEY * key)
{
  BIO *bio = BIO_new (BIO_s_mem ());
  char *data;
  long size;

  PEM_write_bio_PrivateKey (bio, key, NULL, NULL, 0, NULL, NULL);
  size = BIO_get_mem_data (bio, &data);
  g_string_append_len (pem, data, size);
  BIO_free (bio);
}

gchar *
authority_write_file (Authority * authority)
{
  g_autoptr (GString) pem = g_string_new (NULL);
  gchar *name = NULL;
  int fd = g_file_open_tmp ("icesink-ca-XXXXXX.pem", &name, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  append_certificate (pem, authority->certificate);
  g_assert_true (g_file_set_contents (name, pem->str, -1, NULL));
  return name;
}

static void
sign (X509 * certificate, const Authority * issuer, const gchar * digest)
{
  X509_set_issuer_name (certificate,
      X509_get_subject_name (issuer->certificate));
  g_assert_cmpint (X509_sign (certificate, issuer->key,
          EVP_get_digestbyname (digest ? digest : "SHA256")), >, 0);
}

/* One that @authority vouches for, to stand between. */
static Authority *
authority_new_between (Authority * authority, const CertificateForm * form)
{
  Authority *between = g_new0 (Authority, 1);

  between->key = EVP_EC_gen ("P-256");
  between->certificate = certificate_new (between->key,
      "icesink test CA between", authority->serial++, -DAY, DAY);
  add_extension (between->certificate, authority->certificate,
      NID_basic_constraints, form->between);
  if (form->constraints)
    add_extension (between->certificate, authority->certificate,
        NID_name_constraints, form->constraints);
  sign (between->certificate, authority, NULL);

  return between;
}

static X509 *
issue (Authority * issuer, glong serial, EVP_PKEY * key,
    const CertificateForm * form)
{
  X509 *certificate = certificate_new (key, "icesink test server", serial,
      form->from_seconds, form->to_seconds);
  Authority self = { key, certificate, 0 };

  add_extension (certificate, issuer->certificate, NID_subject_alt_name,
      form->names);
  if (form->usage)
    add_extension (certificate, issuer->certificate, NID_ext_key_usage,
        form->usage);
  sign (certificate, form->is_self_signed ? &self : issuer, form->digest);

  return certificate;
}

gchar *
authority_issue (Authority * authority, const CertificateForm * form)
{
  g_autoptr (Authority) between =
      form->between ? authority_new_between (authority, form) : NULL;
  EVP_PKEY *key = form->rsa_bits > 0 ? EVP_RSA_gen (form->rsa_bits)
      : EVP_EC_gen ("P-256");
  X509 *certificate = issue (between ? between : authority,
      authority->serial++, key, form);
  GString *pem = g_string_new (NULL);

  append_key (pem, key);
  append_certificate (pem, certificate);
  if (between)
    append_certificate (pem, between->certificate);
  X509_free (certificate);
  EVP_PKEY_free (key);

  return g_string_free (pem, FALSE);
}

GTlsCertificate *
authority_sign (Authority * authority, const gchar * names,
    glong from_seconds, glong to_seconds)
{
  const CertificateForm form = {
    .names = names,
    .from_seconds = from_seconds,
    .to_seconds = to_seconds,
  };
  g_autofree gchar *pem = authority_issue (authority, &form);
  GTlsCertificate *result = g_tls_certificate_new_from_pem (pem, -1, NULL);

  g_assert_nonnull (result);
  return result;
}
