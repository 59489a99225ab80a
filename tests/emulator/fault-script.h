/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Faults: what goes wrong, with which requests, how often. */

#pragma once

#include "emulator.h"

/* In the order of the table in fault-script.c. */
typedef enum
{
  EMU_FAULT_NONE,
  EMU_FAULT_CLOSE_ON_ACCEPT,
  EMU_FAULT_STALL_ON_ACCEPT,
  EMU_FAULT_DELAY,
  EMU_FAULT_RESET_BEFORE,
  EMU_FAULT_RESET_MID_BODY,
  EMU_FAULT_CLOSE_MID_BODY,
  EMU_FAULT_STALL_MID_BODY,
  EMU_FAULT_EARLY_ANSWER,
  EMU_FAULT_ERROR,
  EMU_FAULT_EXPIRED_TOKEN,
  EMU_FAULT_SKEW,
  EMU_FAULT_FORBIDDEN,
  EMU_FAULT_NOT_FOUND,
  EMU_FAULT_REDIRECT,
  EMU_FAULT_ERROR_IN_200,
  EMU_FAULT_WEB_PAGE,
  EMU_FAULT_RESET_AFTER_PROCESSING,
  EMU_FAULT_CLOSE_AFTER_PROCESSING,
  EMU_FAULT_ERROR_AFTER_PROCESSING,
  EMU_FAULT_WEB_PAGE_AFTER_PROCESSING,
  EMU_FAULT_STALL_BEFORE_ANSWER,
  EMU_FAULT_DELAY_ANSWER,
  EMU_FAULT_CUT_ANSWER,
  EMU_FAULT_TRUNCATED_BODY,
  EMU_FAULT_EMPTY_ANSWER,
  EMU_FAULT_OTHER_STATUS,
  EMU_FAULT_NO_LENGTH,
  EMU_FAULT_COMPRESSED,
  EMU_FAULT_BYTE_ORDER_MARK,
  EMU_FAULT_NAMESPACE_PREFIX,
  EMU_FAULT_GARBAGE,
  EMU_FAULT_GARBAGE_BODY,
  EMU_FAULT_HUGE_BODY,
  EMU_FAULT_HUGE_HEADERS,
  EMU_FAULT_SLOW_ANSWER,
  EMU_FAULT_WRONG_CRC,
  EMU_FAULT_NO_CRC,
  EMU_FAULT_WRONG_ETAG,
  EMU_FAULT_BARE_WRONG_ETAG,
  EMU_FAULT_NO_ETAG,
  EMU_FAULT_NO_XML_ETAG,
  EMU_FAULT_MORE_PARTS,
  EMU_FAULT_WRONG_OBJECT,
  EMU_FAULT_HTTP_ENDPOINT,
  EMU_FAULT_MEDIA_STATUS,
  EMU_FAULT_NOT_DELETED,
} EmuFaultKind;

/* A fault that strikes one request: a copy, so that the script may change. */
typedef struct
{
  EmuFaultKind kind;
  const gchar *name;            /* static */
  gint64 after;                 /* bytes; negative: not given */
  gdouble seconds;              /* negative: not given */
  guint status;                 /* 0: not given */
  gchar *code;                  /* (nullable) */
  gchar *host;                  /* (nullable) */
  guint port;                   /* 0: not given */
  gchar *retry_after;           /* (nullable) */
  gchar *acs_retry_after;       /* (nullable) */
} EmuFault;

void emu_fault_free (EmuFault * fault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuFault, emu_fault_free)

/* What an error says that a fault asks for, where the service has no error of
 * its own for the kind. Strings belong to the fault. */
typedef struct
{
  guint status;
  const gchar *code;
  const gchar *message;
} EmuFaultError;

EmuFaultError emu_fault_get_error (const EmuFault * fault);

/* EMU_FAULT_NONE for NULL. */
EmuFaultKind emu_fault_get_kind (const EmuFault * fault);

typedef struct _EmuFaultScript EmuFaultScript;

EmuFaultScript *emu_fault_script_new (guint seed);
void emu_fault_script_free (EmuFaultScript * script);
gboolean emu_fault_script_add (EmuFaultScript * script, const gchar * text,
    GError ** error);
void emu_fault_script_clear (EmuFaultScript * script);

/* The fault that strikes this request or, with @on_accept, this connection;
 * or NULL. Counts. @now_us: by the emulator's clock. (transfer full) */
EmuFault *emu_fault_script_strike (EmuFaultScript * script, gboolean on_accept,
    IceEmulatorOperation operation, guint part_number, gint64 now_us);

/* The name of @operation in faults and in logs. */
const gchar *emu_operation_get_name (IceEmulatorOperation operation);

/* A description of --fault. (transfer full) */
gchar *emu_fault_get_help (void);
