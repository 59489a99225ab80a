/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A counted string whose memory is wiped before it is given back.
 *
 * Any thread. Count and text are one block, so that there is exactly one copy
 * to wipe. The memory is not locked against swapping. */

#include "common/secret.h"

#include <string.h>

#include <openssl/crypto.h>

struct _GstIceSecret
{
  gatomicrefcount ref_count;
  gsize size;                   /* of text, with its terminating zero */
  gchar text[];
};

GstIceSecret *
gst_ice_secret_new (const gchar * text)
{
  GstIceSecret *secret;
  gsize size;

  if (text == NULL || *text == '\0')
    return NULL;

  size = strlen (text) + 1;
  secret = g_malloc (sizeof (GstIceSecret) + size);
  g_atomic_ref_count_init (&secret->ref_count);
  secret->size = size;
  memcpy (secret->text, text, size);

  return secret;
}

static void
finalize (GstIceSecret * secret)
{
  OPENSSL_cleanse (secret->text, secret->size);
  g_free (secret);
}

GST_ICE_DEFINE_COUNTED (GstIceSecret, gst_ice_secret, finalize)

const gchar *
gst_ice_secret_peek (const GstIceSecret * secret)
{
  return secret->text;
}

void
gst_ice_secret_free_string (gchar * text)
{
  if (text == NULL)
    return;

  OPENSSL_cleanse (text, strlen (text));
  g_free (text);
}
