/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The digests and the CRC-64 that the services compute.
 *
 * Functions of their arguments; any thread. Own code on purpose: what the
 * plugin computes is judged by it. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "checksum.h"

#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#if HAVE_LZMA
#include <lzma.h>
#endif

/* ECMA-182, reflected */
#define CRC64_POLYNOMIAL G_GUINT64_CONSTANT (0xc96c5795d7870f42)

gchar *
emu_hex (const guint8 * data, gsize len, gboolean upper)
{
  const gchar *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  gchar *text = g_malloc (2 * len + 1);
  gsize i;

  for (i = 0; i < len; i++) {
    text[2 * i] = digits[data[i] >> 4];
    text[2 * i + 1] = digits[data[i] & 15];
  }
  text[2 * len] = '\0';
  return text;
}

gchar *
emu_sha256_hex (gconstpointer data, gsize len)
{
  guint8 digest[EMU_SHA256_SIZE];

  if (!EVP_Digest (data, len, digest, NULL, EVP_sha256 (), NULL))
    g_error ("OpenSSL has no SHA-256");
  return emu_hex (digest, sizeof digest, FALSE);
}

void
emu_hmac_sha256 (gconstpointer key, gsize key_len, const gchar * text,
    guint8 digest[EMU_SHA256_SIZE])
{
  if (!HMAC (EVP_sha256 (), key, key_len, (const guint8 *) text,
          strlen (text), digest, NULL))
    g_error ("OpenSSL has no HMAC-SHA-256");
}

#if HAVE_LZMA

guint64
emu_crc64 (guint64 crc, gconstpointer data, gsize len)
{
  return lzma_crc64 (data, len, crc);
}

#else

/* [k][b]: byte b followed by k bytes of zero */
typedef guint64 CrcTables[8][256];

static const CrcTables *
crc64_tables (void)
{
  static CrcTables table;
  static gsize ready = 0;
  guint b, k, bit;

  if (!g_once_init_enter (&ready))
    return &table;
  for (b = 0; b < 256; b++) {
    guint64 crc = b;

    for (bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? CRC64_POLYNOMIAL : 0);
    table[0][b] = crc;
  }
  for (k = 1; k < 8; k++) {
    for (b = 0; b < 256; b++)
      table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
  }
  g_once_init_leave (&ready, 1);
  return &table;
}

guint64
emu_crc64 (guint64 crc, gconstpointer data, gsize len)
{
  const guint64 (*t)[256] = *crc64_tables ();
  const guint8 *p = data;

  crc = ~crc;
  for (; len >= 8; len -= 8, p += 8) {
    guint64 word;

    memcpy (&word, p, 8);
    crc ^= GUINT64_FROM_LE (word);
    crc = t[7][crc & 255] ^ t[6][crc >> 8 & 255] ^ t[5][crc >> 16 & 255]
        ^ t[4][crc >> 24 & 255] ^ t[3][crc >> 32 & 255]
        ^ t[2][crc >> 40 & 255] ^ t[1][crc >> 48 & 255] ^ t[0][crc >> 56];
  }
  for (; len > 0; len--, p++)
    crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
  return ~crc;
}

#endif

/* The product of two polynomials modulo the CRC's. The highest bit is the
 * coefficient of x^0, as everywhere in a reflected CRC. */
static guint64
multiply (guint64 a, guint64 b)
{
  guint64 product = 0;

  for (; a != 0; a <<= 1) {
    if (a >> 63)
      product ^= b;
    b = b >> 1 ^ (b & 1 ? CRC64_POLYNOMIAL : 0);
  }
  return product;
}

/* Appending n bytes multiplies by x^(8n); powers of it by repeated squaring. */
guint64
emu_crc64_combine (guint64 crc_a, guint64 crc_b, guint64 len_b)
{
  guint64 power = G_GUINT64_CONSTANT (1) << (63 - 8);   /* x^8 */

  for (; len_b != 0; len_b >>= 1) {
    if (len_b & 1)
      crc_a = multiply (power, crc_a);
    power = multiply (power, power);
  }
  return crc_a ^ crc_b;
}

struct _EmuMd5
{
  EVP_MD_CTX *context;
};

EmuMd5 *
emu_md5_new (void)
{
  EmuMd5 *md5 = g_new0 (EmuMd5, 1);

  md5->context = EVP_MD_CTX_new ();
  if (!EVP_DigestInit_ex (md5->context, EVP_md5 (), NULL))
    g_error ("OpenSSL has no MD5");
  return md5;
}

void
emu_md5_update (EmuMd5 * md5, gconstpointer data, gsize len)
{
  EVP_DigestUpdate (md5->context, data, len);
}

void
emu_md5_finish (EmuMd5 * md5, guint8 digest[16])
{
  EVP_DigestFinal_ex (md5->context, digest, NULL);
}

void
emu_md5_free (EmuMd5 * md5)
{
  if (!md5)
    return;
  EVP_MD_CTX_free (md5->context);
  g_free (md5);
}
