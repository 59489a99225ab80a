/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One request on its way through the emulator, and what it may use. */

#pragma once

#include "fault-script.h"
#include "http-answer.h"
#include "http-reader.h"
#include "lease-issuer.h"
#include "media-assets.h"
#include "options.h"
#include "records.h"
#include "secrets.h"
#include "sessions.h"
#include "store.h"
#include "wall-clock.h"

typedef struct _EmuNonces EmuNonces;

/* What the two services share. Lives as long as the emulator. */
typedef struct
{
  EmuOptions *options;
  EmuAssets *assets;
  EmuClock clock;
  EmuFaultScript *faults;
  EmuLeaseIssuer *issuer;
  EmuNonces *nonces;
  EmuRecords *records;
  EmuSecrets *secrets;
  EmuSessions *sessions;
  EmuStore *store;
  gint64 started_us;            /* wall clock */
  gsize body_bytes;             /* atomic: of all requests so far */
} EmuServices;

typedef struct _EmuCall EmuCall;

/* Does one operation. (transfer full) */
typedef EmuAnswer *(*EmuHandler) (EmuCall * call);

/* What the requests of one service have in common. Each function gives an
 * answer, the first NULL if the head allows to go on. (transfer full) */
typedef struct
{
  EmuHandler authorize;
  EmuHandler carry_out;
  EmuHandler refuse;            /* as the call's fault asks for */
} EmuService;

/* Belongs to its connection's thread. */
struct _EmuCall
{
  EmuServices *services;        /* (unowned) */
  const EmuRequest *request;    /* (unowned) */
  const EmuFault *fault;        /* (unowned) (nullable) */
  gint64 now_us;                /* wall clock, when the head was there */
  const EmuService *service;
  gboolean is_ice;              /* errors have the shape of ICE's */
  IceEmulatorOperation operation;
  EmuHandler handler;           /* (nullable): of OSS */

  GPtrArray *query;             /* (element-type EmuParameter) (nullable) */
  gchar *request_id;
  EmuLease *lease;              /* (nullable): that signed it */
  EmuSession *session;          /* (nullable): that signed it, for ICE */

  /* OSS */
  gchar *bucket;                /* empty: none */
  gchar *key;                   /* empty: none */
  guint part_number;
  const gchar *upload_id;       /* (nullable), in query */
  gchar *new_upload_id;         /* (nullable): what Initiate gave out */

  /* the body, by the time the call is carried out */
  EmuBlob *blob;                /* PutObject and UploadPart */
  GString *text;                /* (nullable): others */
};

/* Reads what @request asks for. */
EmuCall *emu_call_new (EmuServices * services, const EmuRequest * request);
void emu_call_free (EmuCall * call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuCall, emu_call_free)

/* Some of the body. A refusal, or NULL. (transfer full) */
EmuAnswer *emu_call_take_body (EmuCall * call, gconstpointer data, gsize len);
/* All of it was taken. A refusal, or NULL. (transfer full) */
EmuAnswer *emu_call_end_body (EmuCall * call);

/* A refusal that can be told from the head alone, or NULL. (transfer full) */
EmuAnswer *emu_call_authorize (EmuCall * call);
/* Does what is asked. (transfer full) */
EmuAnswer *emu_call_carry_out (EmuCall * call);
/* The refusal that the call's fault asks for. (transfer full) */
EmuAnswer *emu_call_refuse (EmuCall * call);

/* A header of the request, or NULL. */
const gchar *emu_call_get_header (const EmuCall * call, const gchar * name);
