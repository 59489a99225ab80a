/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Gives out leases and knows them again by their key id. */

#pragma once

#include "fault-script.h"
#include "options.h"
#include "secrets.h"

/* A temporary identity that may write one object. Immutable but for @dead. */
typedef struct
{
  guint generation;             /* from 1 */
  gchar *media_id;
  gchar *endpoint;
  gchar *bucket;
  gchar *key;
  gchar *access_key_id;
  gchar *access_key_secret;
  gchar *security_token;        /* (nullable) */
  gint64 expires_us;            /* wall clock */
  guint64 life_ms;
  gint dead;                    /* atomic: ended before its time */
} EmuLease;

EmuLease *emu_lease_ref (EmuLease * lease);
void emu_lease_unref (EmuLease * lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuLease, emu_lease_unref)

gboolean emu_lease_is_alive (EmuLease * lease, gint64 now_us);

typedef struct _EmuLeaseIssuer EmuLeaseIssuer;

/* @options and @secrets outlive it. */
EmuLeaseIssuer *emu_lease_issuer_new (const EmuOptions * options,
    EmuSecrets * secrets);
void emu_lease_issuer_free (EmuLeaseIssuer * issuer);

/* Where the emulator listens; before the first lease. */
void emu_lease_issuer_set_address (EmuLeaseIssuer * issuer,
    const gchar * uri, guint port);
void emu_lease_issuer_set_life (EmuLeaseIssuer * issuer, guint64 life_ms);

/* A new lease for @media_id. @ext: in place of that in the template, or NULL.
 * @fault: wrong-object and http-endpoint have their
 * say; or NULL. (transfer full) */
EmuLease *emu_lease_issuer_issue (EmuLeaseIssuer * issuer,
    const gchar * media_id, const gchar * ext, const EmuFault * fault,
    gint64 now_us);

/* The two texts of RefreshUploadMedia, in Base64. (transfer full) */
gchar *emu_lease_issuer_format_address (EmuLeaseIssuer * issuer,
    EmuLease * lease);
gchar *emu_lease_issuer_format_auth (EmuLeaseIssuer * issuer,
    EmuLease * lease);

/* (transfer full) (nullable) */
EmuLease *emu_lease_issuer_find (EmuLeaseIssuer * issuer,
    const gchar * access_key_id);
void emu_lease_issuer_expire_all (EmuLeaseIssuer * issuer);
guint emu_lease_issuer_get_generation (EmuLeaseIssuer * issuer);

/* Object keys that leases for @media_id named, newest first. (transfer full) */
gchar **emu_lease_issuer_get_keys (EmuLeaseIssuer * issuer,
    const gchar * media_id);
