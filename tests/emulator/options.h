/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The options of the program, which are those of the library too. */

#pragma once

#include <gio/gio.h>

/* Immutable once parsed. Strings may be NULL where no default is named. */
typedef struct
{
  gchar *address;               /* 127.0.0.1 */
  gint port;                    /* 0: the system chooses */
  gchar *directory;
  gchar *log;
  gboolean tls;
  gchar *ca_file;
  gboolean quiet;

  gchar *access_key_id;
  gchar *access_key_secret;
  gchar *security_token;
  gdouble security_token_life;  /* seconds from the start, 0: no end */
  gboolean allow_identity;

  gdouble session_life;         /* seconds */
  gchar *oidc_token;
  gchar *role_name;             /* empty: none */
  gboolean require_metadata_token;

  gchar **media_ids;
  gdouble prepare_time;         /* seconds */
  gchar *bucket;
  gchar *region;
  gchar *key_template;
  gchar *endpoint;
  gchar **virtual_hosts;

  gdouble credential_life;      /* seconds */
  gchar *expired_code;
  gboolean with_expire_utc_time;
  gboolean no_expire_utc_time;
  gboolean no_lease_region;
  gboolean no_lease_token;
  gboolean numeric_expiration;
  gint new_key_from;            /* generation, 0: never */
  gint new_endpoint_from;
  gchar *new_endpoint;

  gchar **faults;
  gint seed;
  gint64 rate;                  /* bytes a second, 0: no limit */
  gint segment_size;            /* bytes, 0: the system's */
  gdouble latency;              /* seconds */
  gdouble answer_delay;
  gboolean early_errors;

  gboolean discard;
  gboolean no_md5;
} EmuOptions;

/* @argv: without a program name, or NULL. Errors: G_OPTION_ERROR. */
EmuOptions *emu_options_parse (const gchar * const *argv, GError ** error);
void emu_options_free (EmuOptions * options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuOptions, emu_options_free)

/* What --help prints. (transfer full) */
gchar *emu_options_get_help (void);
