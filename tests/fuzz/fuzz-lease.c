/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* UploadAddress and UploadAuth, on two lines. A line that begins with a brace
 * is encoded first: Base64 is a wall to a fuzzer, and hardly one to others.
 *
 * What is decoded names a host and an object and nothing else, whatever it
 * says: no second header, no other host. */

#include "fuzz.h"

#include <string.h>

#include "ice/lease.h"
#include "oss/oss-signer.h"

/* 2024-05-17T08:09:10Z, as in the vectors. */
#define NOW_US (G_GINT64_CONSTANT (1715933350) * G_USEC_PER_SEC)
#define MONOTONIC_US (1000 * (gint64) G_USEC_PER_SEC)
#define WEEK_US (7 * 24 * 3600 * (gint64) G_USEC_PER_SEC)

/* (transfer full) */
static gchar *
take_text (const guint8 ** data, gsize * size)
{
  g_autofree gchar *line = fuzz_take_line (data, size);

  if (line[0] == '{')
    return g_base64_encode ((const guchar *) line, strlen (line));

  return g_steal_pointer (&line);
}

static void
check_object (const GstIceLease * lease)
{
  g_autofree gchar *host =
      gst_ice_endpoint_get_host_header (lease->endpoint, lease->bucket);
  g_autofree gchar *uri =
      gst_ice_oss_signer_canonical_uri (lease->bucket, lease->key);

  g_assert_cmpuint (strspn (host, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
          "-._:[]"), ==, strlen (host));
  g_assert_true (g_str_has_prefix (host, lease->bucket));
  g_assert_cmpuint (strlen (lease->key), >=, 1);
  g_assert_cmpuint (strlen (lease->key), <=, 1023);
  g_assert_true (g_utf8_validate (lease->key, -1, NULL));
  g_assert_cmpuint (strspn (uri, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
          "-_.~%/"), ==, strlen (uri));
}

static void
check_identity (const GstIceLease * lease)
{
  const gchar *token = gst_ice_identity_peek_token (lease->identity);

  g_assert_true (gst_ice_identity_is_sendable
      (gst_ice_identity_get_access_key_id (lease->identity)));
  g_assert_cmpuint (strlen (gst_ice_identity_peek_secret (lease->identity)),
      >, 0);
  g_assert_true (token == NULL || gst_ice_identity_is_sendable (token));
  g_assert_cmpint (gst_ice_identity_get_expires (lease->identity), ==,
      lease->expires_us);
}

static void
check_lease (const GstIceLease * lease)
{
  check_object (lease);
  check_identity (lease);
  g_assert_cmpint (lease->issued_us, ==, MONOTONIC_US);
  g_assert_cmpint (lease->expires_us, >=, MONOTONIC_US);
  g_assert_cmpint (lease->expires_us, <=, MONOTONIC_US + WEEK_US);
  g_assert_cmpint (lease->expires_us - MONOTONIC_US, ==,
      lease->expires_at_us - NOW_US);
  fuzz_check_shown (lease->signing_region);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autofree gchar *address = take_text (&data, &size);
  g_autofree gchar *auth = take_text (&data, &size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceLease) lease =
      gst_ice_lease_decode (address, auth, NOW_US, MONOTONIC_US, &error);

  if (lease != NULL)
    check_lease (lease);
  else
    fuzz_check_error (&error);

  return 0;
}
