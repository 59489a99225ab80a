/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* SHA-256, HMAC-SHA256 and percent-encoding, each one call into a library.
 *
 * Any thread; pure functions. The two digests can only fail if OpenSSL has no
 * SHA-256 or no memory; neither leaves anything sensible to do. */

#include "common/digest.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

gchar *
gst_ice_sha256_hex (gconstpointer data, gsize size)
{
  guint8 digest[GST_ICE_SHA256_SIZE];

  if (!EVP_Digest (data, size, digest, NULL, EVP_sha256 (), NULL))
    g_error ("OpenSSL cannot compute SHA-256");

  return gst_ice_hex (digest, sizeof (digest));
}

void
gst_ice_hmac_sha256 (gconstpointer key, gsize key_size, const gchar * text,
    guint8 * mac)
{
  if (!HMAC (EVP_sha256 (), key, key_size, (const guchar *) text,
          strlen (text), mac, NULL))
    g_error ("OpenSSL cannot compute HMAC-SHA256");
}

gchar *
gst_ice_hex (const guint8 * data, gsize size)
{
  static const gchar digits[] = "0123456789abcdef";
  gchar *hex = g_malloc (2 * size + 1);
  gsize i;

  for (i = 0; i < size; i++) {
    hex[2 * i] = digits[data[i] >> 4];
    hex[2 * i + 1] = digits[data[i] & 15];
  }
  hex[2 * size] = '\0';

  return hex;
}

gchar *
gst_ice_percent_encode (const gchar * text, const gchar * also_keep)
{
  return g_uri_escape_string (text, also_keep, FALSE);
}
