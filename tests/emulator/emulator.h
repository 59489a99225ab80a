/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE and OSS on a loopback port, with scripted faults.
 *
 * The library behind the program `ice-emulator`, for tests and benchmarks that
 * want it in their own process. It runs in a thread of its own; every
 * function may be called from any other thread at any time. It shares no code
 * with the plugin: signatures, checksums and limits are checked by its own
 * code, from the wire. */

#pragma once

#include <gio/gio.h>

typedef struct _IceEmulator IceEmulator;

/* What a request asks for. */
typedef enum
{
  ICE_EMULATOR_ANY,
  ICE_EMULATOR_REFRESH,         /* RefreshUploadMedia */
  ICE_EMULATOR_INITIATE,        /* InitiateMultipartUpload */
  ICE_EMULATOR_PART,            /* UploadPart */
  ICE_EMULATOR_COMPLETE,        /* CompleteMultipartUpload */
  ICE_EMULATOR_ABORT,           /* AbortMultipartUpload */
  ICE_EMULATOR_LIST_PARTS,      /* ListParts */
  ICE_EMULATOR_PUT,             /* PutObject */
  ICE_EMULATOR_HEAD,            /* HeadObject */
  ICE_EMULATOR_OTHER,           /* anything else */
  ICE_EMULATOR_ASSUME_ROLE,     /* AssumeRole, of STS */
  ICE_EMULATOR_ASSUME_ROLE_WITH_OIDC,   /* AssumeRoleWithOIDC, of STS */
  ICE_EMULATOR_METADATA_TOKEN,  /* of the metadata service of ECS */
  ICE_EMULATOR_METADATA_ROLE,   /* name of the RAM role */
  ICE_EMULATOR_METADATA_IDENTITY,       /* identity of the RAM role */
  ICE_EMULATOR_CREDENTIALS_URI, /* GET /credentials */
  ICE_EMULATOR_CREATE,          /* CreateUploadMedia */
  ICE_EMULATOR_INFO,            /* GetMediaInfo */
  ICE_EMULATOR_DELETE,          /* DeleteMediaInfos */
  ICE_EMULATOR_OPTIONS,         /* OptionObject */
} IceEmulatorOperation;

/* A request as the emulator saw it. Strings are owned by the record. */
typedef struct
{
  guint serial;                 /* counts requests from 1 */
  IceEmulatorOperation operation;
  gint64 begin_us;              /* g_get_monotonic_time() of the first byte */
  gint64 end_us;                /* of the last byte of the answer */
  guint connection;             /* counts accepted connections from 1 */
  guint part_number;            /* 0 where there is none */
  guint64 body_bytes;           /* bytes of the body that arrived */
  guint64 answer_bytes;         /* that could be sent of an answer of the kinds
                                 * huge and slow; 0 for all others */
  guint status;                 /* HTTP status sent, 0: none was sent */
  guint generation;             /* which lease signed it, from 1; 0: unknown */
  gchar *code;                  /* error code sent, or NULL */
  gchar *upload_id;             /* or NULL */
  gchar *fault;                 /* fault that struck it, or NULL */
  gchar *user_agent;            /* or NULL */
} IceEmulatorRecord;

/* Makes an emulator that is not listening yet. @argv: its options, exactly
 * those of the program, NULL-terminated, without a program name; or NULL.
 * Errors: G_OPTION_ERROR, G_IO_ERROR. */
IceEmulator *ice_emulator_new (const gchar * const *argv, GError ** error);

/* Listens, in a thread of its own. */
gboolean ice_emulator_start (IceEmulator * emulator, GError ** error);

/* Both of them, for a test: with @options as a shell takes them apart, or NULL;
 * an error ends the program. (transfer full) */
IceEmulator *ice_emulator_new_started (const gchar * options);

/* Closes all connections, ends the thread, frees everything. Objects on disk
 * stay unless the directory was a temporary one of its own. */
void ice_emulator_free (IceEmulator * emulator);

/* `http://127.0.0.1:PORT` or `https://...`; both services listen there. */
const gchar *ice_emulator_get_uri (IceEmulator * emulator);

/* PEM file of the CA that signed the certificate; NULL without TLS. */
const gchar *ice_emulator_get_ca_file (IceEmulator * emulator);

/* Adds a fault, in the syntax of --fault. */
gboolean ice_emulator_add_fault (IceEmulator * emulator, const gchar * fault,
    GError ** error);
void ice_emulator_clear_faults (IceEmulator * emulator);

/* Life in milliseconds of the leases given out from now on. */
void ice_emulator_set_credential_life (IceEmulator * emulator,
    guint64 life_ms);

/* Every lease given out so far is dead from now on. */
void ice_emulator_expire_credentials (IceEmulator * emulator);

/* The emulator's wall clock: @func replaces g_get_real_time(). NULL: back to
 * it. */
typedef gint64 (*IceEmulatorClockFunc) (gpointer user_data);
void ice_emulator_set_clock (IceEmulator * emulator,
    IceEmulatorClockFunc func, gpointer user_data);

/* Stops and starts accepting; while off, existing connections are closed and
 * new ones are refused. The port stays the same. */
gboolean ice_emulator_set_reachable (IceEmulator * emulator,
    gboolean reachable, GError ** error);

/* The same as unreachable, but new ones are neither taken nor refused, as where
 * a link is down. */
gboolean ice_emulator_set_silent (IceEmulator * emulator, GError ** error);

/* All requests so far, finished ones only, by serial.
 * (transfer full) (element-type IceEmulatorRecord) */
GPtrArray *ice_emulator_get_records (IceEmulator * emulator);

/* How many finished requests of @operation had @status; 0: any status. */
guint ice_emulator_count (IceEmulator * emulator,
    IceEmulatorOperation operation, guint status);

/* Bytes of bodies that have come so far, of requests under way as well. */
guint64 ice_emulator_get_body_bytes (IceEmulator * emulator);

/* Leases given out so far. */
guint ice_emulator_get_generation (IceEmulator * emulator);

/* The object of a media id: its file, or NULL if it is not complete.
 * (transfer full) */
gchar *ice_emulator_get_object_path (IceEmulator * emulator,
    const gchar * media_id);

/* Content-Type and CRC-64 that the object has; FALSE if it is not there. */
gboolean ice_emulator_get_object_info (IceEmulator * emulator,
    const gchar * media_id, gchar ** content_type, guint64 * size,
    guint64 * crc64);

/* Multipart uploads neither completed nor aborted. */
guint ice_emulator_count_open_uploads (IceEmulator * emulator);

/* Every secret given out or configured so far (AccessKey secrets, security
 * tokens, UploadAuth texts), and every signature received, for tests that
 * search logs for them. (transfer full) */
gchar **ice_emulator_get_secrets (IceEmulator * emulator);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceEmulator, ice_emulator_free)
