/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Canonical request, string to sign, signing key, signature, header: one
 * function each.
 *
 * Any thread; pure functions. A canonical request may hold a security token,
 * so strings that hold one are allocated once and wiped. */

#include "oss/oss-signer.h"

#include <string.h>

#include <openssl/crypto.h>

#include "common/digest.h"

#define ALGORITHM "OSS4-HMAC-SHA256"
#define KEY_PREFIX "aliyun_v4"
#define TERMINATOR "aliyun_v4_request"
#define DATE_HEADER "x-oss-date"
#define DIGEST_HEADER "x-oss-content-sha256"

/* `YYYYMMDD` of x-oss-date. */
#define DAY_LENGTH 8

gchar *
gst_ice_oss_signer_canonical_uri (const gchar * bucket, const gchar * key)
{
  GString *uri = g_string_new ("/");

  if (bucket != NULL) {
    g_autofree gchar *encoded = gst_ice_percent_encode (bucket, NULL);

    g_string_append_printf (uri, "%s/", encoded);
  }
  if (key != NULL) {
    g_autofree gchar *encoded = gst_ice_percent_encode (key, "/");

    g_string_append (uri, encoded);
  }

  return g_string_free (uri, FALSE);
}

static GstIcePair *
pair_encode (const GstIcePair * pair)
{
  GstIcePair *encoded = g_new (GstIcePair, 1);

  encoded->name = gst_ice_percent_encode (pair->name, NULL);
  encoded->value = gst_ice_percent_encode (pair->value != NULL ?
      pair->value : "", NULL);

  return encoded;
}

static void
pair_free (GstIcePair * pair)
{
  g_free ((gchar *) pair->name);
  g_free ((gchar *) pair->value);
  g_free (pair);
}

/* The order is that of the encoded names. */
gchar *
gst_ice_oss_signer_canonical_query (const GstIcePair * query,
    gsize n_query)
{
  g_autoptr (GPtrArray) pairs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) pair_free);
  GString *text = g_string_new (NULL);
  gsize i;

  for (i = 0; i < n_query; i++)
    g_ptr_array_add (pairs, pair_encode (&query[i]));
  g_ptr_array_sort (pairs, gst_ice_pair_compare_names);

  for (i = 0; i < n_query; i++) {
    const GstIcePair *pair = g_ptr_array_index (pairs, i);

    if (i > 0)
      g_string_append_c (text, '&');
    g_string_append (text, pair->name);
    if (*pair->value != '\0')
      g_string_append_printf (text, "=%s", pair->value);
  }

  return g_string_free (text, FALSE);
}

static gboolean
is_signed_by_default (const gchar * name)
{
  return g_str_equal (name, "content-type")
      || g_str_equal (name, "content-md5")
      || g_str_has_prefix (name, "x-oss-");
}

static gboolean
is_additional (const gchar * name, const gchar * const *additional)
{
  for (; additional != NULL && *additional != NULL; additional++) {
    if (g_ascii_strcasecmp (name, *additional) == 0)
      return TRUE;
  }

  return FALSE;
}

/* Pointers to the headers that take part, by name. (transfer full) */
static GPtrArray *
select_headers (const GstIcePair * headers, gsize n_headers,
    const gchar * const *additional)
{
  GPtrArray *selected = g_ptr_array_sized_new (n_headers);
  gsize i;

  for (i = 0; i < n_headers; i++) {
    if (is_signed_by_default (headers[i].name)
        || is_additional (headers[i].name, additional))
      g_ptr_array_add (selected, (gpointer) & headers[i]);
  }
  g_ptr_array_sort (selected, gst_ice_pair_compare_names);

  return selected;
}

/* Appends the names of the headers that are not signed by default. */
static void
append_additional (GString * text, GPtrArray * headers)
{
  const gchar *separator = "";
  guint i;

  for (i = 0; i < headers->len; i++) {
    const GstIcePair *header = g_ptr_array_index (headers, i);

    if (is_signed_by_default (header->name))
      continue;
    g_string_append (text, separator);
    g_string_append (text, header->name);
    separator = ";";
  }
}

gchar *
gst_ice_oss_signer_canonical_request (const gchar * method,
    const gchar * canonical_uri, const gchar * canonical_query,
    const GstIcePair * headers, gsize n_headers,
    const gchar * const *additional)
{
  g_autoptr (GPtrArray) selected =
      select_headers (headers, n_headers, additional);
  GString *text = g_string_sized_new (gst_ice_canonical_measure (selected,
          strlen (method) + strlen (canonical_uri) +
          strlen (canonical_query)));
  guint i;

  g_string_append_printf (text, "%s\n%s\n%s\n", method, canonical_uri,
      canonical_query);
  for (i = 0; i < selected->len; i++)
    gst_ice_canonical_append_header (text, g_ptr_array_index (selected, i));
  g_string_append_c (text, '\n');
  append_additional (text, selected);
  g_string_append_c (text, '\n');
  g_string_append (text, gst_ice_canonical_find (headers, n_headers,
          DIGEST_HEADER));

  return g_string_free (text, FALSE);
}

/* The key for @day, a chain of which each link signs one word. */
static void
derive_key (const gchar * secret, const gchar * day, const gchar * region,
    const gchar * product, guint8 * key)
{
  gchar *start = g_strconcat (KEY_PREFIX, secret, NULL);

  gst_ice_hmac_sha256 (start, strlen (start), day, key);
  gst_ice_hmac_sha256 (key, GST_ICE_SHA256_SIZE, region, key);
  gst_ice_hmac_sha256 (key, GST_ICE_SHA256_SIZE, product, key);
  gst_ice_hmac_sha256 (key, GST_ICE_SHA256_SIZE, TERMINATOR, key);

  gst_ice_secret_free_string (start);
}

static gchar *
sign (const gchar * canonical_request, const gchar * date,
    const gchar * scope, const guint8 * key)
{
  g_autofree gchar *digest =
      gst_ice_sha256_hex (canonical_request, strlen (canonical_request));
  g_autofree gchar *string_to_sign =
      g_strjoin ("\n", ALGORITHM, date, scope, digest, NULL);
  guint8 mac[GST_ICE_SHA256_SIZE];

  gst_ice_hmac_sha256 (key, GST_ICE_SHA256_SIZE, string_to_sign, mac);

  return gst_ice_hex (mac, sizeof (mac));
}

static gchar *
compose_header (const GstIceIdentity * identity, const gchar * scope,
    GPtrArray * selected, const gchar * signature)
{
  GString *text = g_string_new (ALGORITHM " Credential=");
  g_autoptr (GString) names = g_string_new (NULL);

  append_additional (names, selected);
  g_string_append_printf (text, "%s/%s",
      gst_ice_identity_get_access_key_id (identity), scope);
  /* OSS refuses an empty list. */
  if (names->len > 0)
    g_string_append_printf (text, ",AdditionalHeaders=%s", names->str);
  g_string_append_printf (text, ",Signature=%s", signature);

  return g_string_free (text, FALSE);
}

gchar *
gst_ice_oss_signer_authorization (const GstIceIdentity * identity,
    const gchar * region, const gchar * product, const gchar * method,
    const gchar * canonical_uri, const gchar * canonical_query,
    const GstIcePair * headers, gsize n_headers,
    const gchar * const *additional)
{
  const gchar *date = gst_ice_canonical_find (headers, n_headers, DATE_HEADER);
  g_autofree gchar *day = g_strndup (date, DAY_LENGTH);
  g_autofree gchar *scope =
      g_strjoin ("/", day, region, product, TERMINATOR, NULL);
  g_autoptr (GPtrArray) selected =
      select_headers (headers, n_headers, additional);
  g_autofree gchar *signature = NULL;
  gchar *request = gst_ice_oss_signer_canonical_request (method,
      canonical_uri, canonical_query, headers, n_headers, additional);
  guint8 key[GST_ICE_SHA256_SIZE];

  derive_key (gst_ice_identity_peek_secret (identity), day, region, product,
      key);
  signature = sign (request, date, scope, key);
  OPENSSL_cleanse (key, sizeof (key));
  gst_ice_secret_free_string (request);

  return compose_header (identity, scope, selected, signature);
}
