/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Temporary identities, by their key.
 *
 * Runs on: any thread.
 * Protected by: lock. No other lock is taken while it is held.
 *
 * All are kept: a test asks for a few. */

#include "sessions.h"

#include "text.h"

#define SECRET_LENGTH 44
#define TOKEN_LENGTH 200

struct _EmuSessions
{
  const EmuOptions *options;    /* (unowned) */
  EmuSecrets *secrets;          /* (unowned) */
  gchar *metadata_token;

  GMutex lock;                  /* protects the rest */
  GHashTable *by_id;            /* (element-type utf8 EmuSession) */
};

void
emu_session_unref (EmuSession * session)
{
  if (!g_atomic_ref_count_dec (&session->ref_count))
    return;
  g_free (session->access_key_id);
  g_free (session->access_key_secret);
  g_free (session->security_token);
  g_free (session);
}

gchar *
emu_session_format (const EmuSession * session)
{
  g_autofree gchar *date = emu_date_format_iso (session->expires_us, FALSE);

  return g_strdup_printf ("\"AccessKeyId\":\"%s\",\"AccessKeySecret\":\"%s\","
      "\"SecurityToken\":\"%s\",\"Expiration\":\"%s\"",
      session->access_key_id, session->access_key_secret,
      session->security_token, date);
}

EmuSessions *
emu_sessions_new (const EmuOptions * options, EmuSecrets * secrets)
{
  EmuSessions *sessions = g_new0 (EmuSessions, 1);

  sessions->options = options;
  sessions->secrets = secrets;
  sessions->metadata_token = emu_random_text (EMU_ALPHANUMERICS,
      SECRET_LENGTH);
  g_mutex_init (&sessions->lock);
  sessions->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) emu_session_unref);
  return sessions;
}

void
emu_sessions_free (EmuSessions * sessions)
{
  g_hash_table_unref (sessions->by_id);
  g_mutex_clear (&sessions->lock);
  g_free (sessions->metadata_token);
  g_free (sessions);
}

EmuSession *
emu_sessions_issue (EmuSessions * sessions, const gchar * label,
    gint64 now_us)
{
  EmuSession *session = g_new0 (EmuSession, 1);
  g_autofree gchar *shown = g_strdup (label);

  g_strcanon (shown, EMU_ALPHANUMERICS "-", '-');
  g_atomic_ref_count_init (&session->ref_count);
  g_atomic_ref_count_inc (&session->ref_count); /* the caller's */
  session->access_key_secret =
      emu_random_text (EMU_ALPHANUMERICS, SECRET_LENGTH);
  session->security_token = emu_random_text (EMU_ALPHANUMERICS, TOKEN_LENGTH);
  session->expires_us = now_us
      + sessions->options->session_life * G_USEC_PER_SEC;

  g_mutex_lock (&sessions->lock);
  session->access_key_id = g_strdup_printf ("STS.%s.%u", shown,
      g_hash_table_size (sessions->by_id) + 1);
  g_hash_table_insert (sessions->by_id, session->access_key_id, session);
  g_mutex_unlock (&sessions->lock);

  emu_secrets_add (sessions->secrets, session->access_key_secret);
  emu_secrets_add (sessions->secrets, session->security_token);
  return session;
}

EmuSession *
emu_sessions_find (EmuSessions * sessions, const gchar * access_key_id)
{
  EmuSession *session;

  g_mutex_lock (&sessions->lock);
  session = g_hash_table_lookup (sessions->by_id, access_key_id);
  if (session)
    g_atomic_ref_count_inc (&session->ref_count);
  g_mutex_unlock (&sessions->lock);
  return session;
}

const gchar *
emu_sessions_get_metadata_token (EmuSessions * sessions)
{
  emu_secrets_add (sessions->secrets, sessions->metadata_token);
  return sessions->metadata_token;
}
