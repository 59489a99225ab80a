/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Every secret that was given out, configured or received, so that a test can
 * search logs for them.
 *
 * Runs on: any thread.
 * Protected by: lock. No other lock is taken while it is held.
 *
 * Memory is bounded: beyond SECRETS_MAX the oldest are dropped. */

#include "secrets.h"

#define SECRETS_MAX 50000

struct _EmuSecrets
{
  GMutex lock;                  /* protects the rest */
  GQueue texts;
};

EmuSecrets *
emu_secrets_new (void)
{
  EmuSecrets *secrets = g_new0 (EmuSecrets, 1);

  g_mutex_init (&secrets->lock);
  g_queue_init (&secrets->texts);
  return secrets;
}

void
emu_secrets_free (EmuSecrets * secrets)
{
  g_queue_clear_full (&secrets->texts, g_free);
  g_mutex_clear (&secrets->lock);
  g_free (secrets);
}

void
emu_secrets_add (EmuSecrets * secrets, const gchar * text)
{
  if (!text || *text == '\0')
    return;
  g_mutex_lock (&secrets->lock);
  g_queue_push_tail (&secrets->texts, g_strdup (text));
  if (secrets->texts.length > SECRETS_MAX)
    g_free (g_queue_pop_head (&secrets->texts));
  g_mutex_unlock (&secrets->lock);
}

gchar **
emu_secrets_copy (EmuSecrets * secrets)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GList *item;

  g_mutex_lock (&secrets->lock);
  for (item = secrets->texts.head; item; item = item->next)
    g_strv_builder_add (builder, item->data);
  g_mutex_unlock (&secrets->lock);
  return g_strv_builder_end (builder);
}
