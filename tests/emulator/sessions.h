/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Temporary identities that STS, the metadata service and the credentials URI
 * give out, which ICE takes for as long as they live. */

#pragma once

#include "options.h"
#include "secrets.h"

/* Immutable and counted. */
typedef struct
{
  gatomicrefcount ref_count;
  gchar *access_key_id;         /* STS.LABEL.NUMBER */
  gchar *access_key_secret;
  gchar *security_token;
  gint64 expires_us;            /* wall clock */
} EmuSession;

void emu_session_unref (EmuSession * session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuSession, emu_session_unref)

/* Its four members as JSON, without braces. (transfer full) */
gchar *emu_session_format (const EmuSession * session);

typedef struct _EmuSessions EmuSessions;

/* Both stay owned by the caller. */
EmuSessions *emu_sessions_new (const EmuOptions * options,
    EmuSecrets * secrets);
void emu_sessions_free (EmuSessions * sessions);

/* A new one. @label: whose it is; letters, digits and `-` of it are kept.
 * (transfer full) */
EmuSession *emu_sessions_issue (EmuSessions * sessions, const gchar * label,
    gint64 now_us);

/* Or NULL. (transfer full) */
EmuSession *emu_sessions_find (EmuSessions * sessions,
    const gchar * access_key_id);

/* The only token that the metadata service knows. */
const gchar *emu_sessions_get_metadata_token (EmuSessions * sessions);
