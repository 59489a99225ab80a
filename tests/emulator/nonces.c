/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Nonces of signatures, which may be used once.
 *
 * Runs on: any thread.
 * Protected by: lock. No other lock is taken while it is held.
 *
 * The service forgets a nonce when the date signed with it is out of bounds.
 * Here the latest NONCES_MAX are remembered, whatever the clock says. */

#include "nonces.h"

#define NONCES_MAX 50000

struct _EmuNonces
{
  GMutex lock;                  /* protects the rest */
  GHashTable *set;              /* owns the texts */
  GQueue order;                 /* oldest first */
};

EmuNonces *
emu_nonces_new (void)
{
  EmuNonces *nonces = g_new0 (EmuNonces, 1);

  g_mutex_init (&nonces->lock);
  nonces->set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&nonces->order);
  return nonces;
}

void
emu_nonces_free (EmuNonces * nonces)
{
  g_queue_clear (&nonces->order);
  g_hash_table_unref (nonces->set);
  g_mutex_clear (&nonces->lock);
  g_free (nonces);
}

gboolean
emu_nonces_use (EmuNonces * nonces, const gchar * nonce)
{
  gboolean fresh;

  g_mutex_lock (&nonces->lock);
  fresh = !g_hash_table_contains (nonces->set, nonce);
  if (fresh) {
    gchar *copy = g_strdup (nonce);

    g_hash_table_add (nonces->set, copy);
    g_queue_push_tail (&nonces->order, copy);
  }
  if (nonces->order.length > NONCES_MAX)
    g_hash_table_remove (nonces->set, g_queue_pop_head (&nonces->order));
  g_mutex_unlock (&nonces->lock);
  return fresh;
}
