/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Canonical request, string to sign, signature, header: one function each.
 *
 * Any thread; pure functions. A canonical request may hold a security token,
 * so strings that hold one are allocated once and wiped. */

#include "credentials/acs3-signer.h"

#include <string.h>

#include "common/digest.h"

#define ALGORITHM "ACS3-HMAC-SHA256"
#define DIGEST_HEADER "x-acs-content-sha256"

/* Pointers to the pairs, by name. (transfer full) */
static GPtrArray *
sort_by_name (const GstIcePair * pairs, gsize n_pairs)
{
  GPtrArray *sorted = g_ptr_array_sized_new (n_pairs);
  gsize i;

  for (i = 0; i < n_pairs; i++)
    g_ptr_array_add (sorted, (gpointer) & pairs[i]);
  g_ptr_array_sort (sorted, gst_ice_pair_compare_names);

  return sorted;
}

gchar *
gst_ice_acs3_canonical_query (const GstIcePair * query, gsize n_query)
{
  g_autoptr (GPtrArray) sorted = sort_by_name (query, n_query);
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < sorted->len; i++) {
    const GstIcePair *pair = g_ptr_array_index (sorted, i);
    g_autofree gchar *name = gst_ice_percent_encode (pair->name, NULL);
    g_autofree gchar *value = gst_ice_percent_encode (pair->value, NULL);

    g_string_append_printf (text, "%s%s=%s", i > 0 ? "&" : "", name, value);
  }

  return g_string_free (text, FALSE);
}

static void
append_names (GString * text, GPtrArray * sorted)
{
  guint i;

  for (i = 0; i < sorted->len; i++) {
    const GstIcePair *header = g_ptr_array_index (sorted, i);

    if (i > 0)
      g_string_append_c (text, ';');
    g_string_append (text, header->name);
  }
}

gchar *
gst_ice_acs3_canonical_request (const gchar * method, const gchar * path,
    const gchar * canonical_query, const GstIcePair * headers,
    gsize n_headers)
{
  g_autoptr (GPtrArray) sorted = sort_by_name (headers, n_headers);
  GString *text = g_string_sized_new (gst_ice_canonical_measure (sorted,
          strlen (method) + strlen (path) + strlen (canonical_query)));
  guint i;

  g_string_append_printf (text, "%s\n%s\n%s\n", method, path, canonical_query);
  for (i = 0; i < sorted->len; i++)
    gst_ice_canonical_append_header (text, g_ptr_array_index (sorted, i));
  g_string_append_c (text, '\n');
  append_names (text, sorted);
  g_string_append_c (text, '\n');
  g_string_append (text, gst_ice_canonical_find (headers, n_headers,
          DIGEST_HEADER));

  return g_string_free (text, FALSE);
}

static gchar *
sign (const GstIceIdentity * identity, const gchar * canonical_request)
{
  const gchar *secret = gst_ice_identity_peek_secret (identity);
  g_autofree gchar *digest =
      gst_ice_sha256_hex (canonical_request, strlen (canonical_request));
  g_autofree gchar *string_to_sign =
      g_strconcat (ALGORITHM, "\n", digest, NULL);
  guint8 mac[GST_ICE_SHA256_SIZE];

  gst_ice_hmac_sha256 (secret, strlen (secret), string_to_sign, mac);

  return gst_ice_hex (mac, sizeof (mac));
}

gchar *
gst_ice_acs3_authorization (const GstIceIdentity * identity,
    const gchar * method, const gchar * path, const gchar * canonical_query,
    const GstIcePair * headers, gsize n_headers)
{
  g_autoptr (GPtrArray) sorted = sort_by_name (headers, n_headers);
  GString *text = g_string_new (ALGORITHM " Credential=");
  g_autofree gchar *signature = NULL;
  gchar *canonical_request;

  canonical_request = gst_ice_acs3_canonical_request (method, path,
      canonical_query, headers, n_headers);
  signature = sign (identity, canonical_request);
  gst_ice_secret_free_string (canonical_request);

  g_string_append (text, gst_ice_identity_get_access_key_id (identity));
  g_string_append (text, ",SignedHeaders=");
  append_names (text, sorted);
  g_string_append_printf (text, ",Signature=%s", signature);

  return g_string_free (text, FALSE);
}
