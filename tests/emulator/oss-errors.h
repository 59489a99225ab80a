/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS's refusals. */

#pragma once

#include "call.h"

/* In the order of the table in oss-errors.c. */
typedef enum
{
  EMU_OSS_ACCESS_DENIED,
  EMU_OSS_ANONYMOUS,
  EMU_OSS_SIGNATURE_VERSION,
  EMU_OSS_SIGNATURE,
  EMU_OSS_AUTHORIZATION_FORMAT,
  EMU_OSS_ADDITIONAL_HEADERS,
  EMU_OSS_SIGNING_DATE,
  EMU_OSS_SIGNING_SCOPE,
  EMU_OSS_SIGNING_REGION,
  EMU_OSS_SIGNING_PRODUCT,
  EMU_OSS_CONTENT_SHA256,
  EMU_OSS_DATE_MISSING,
  EMU_OSS_DATE_FORMAT,
  EMU_OSS_TIME_SKEWED,
  EMU_OSS_ACCESS_KEY_ID,
  EMU_OSS_TOKEN,
  EMU_OSS_TOKEN_MISSING,
  EMU_OSS_TOKEN_EXPIRED,
  EMU_OSS_OTHER_OBJECT,
  EMU_OSS_CORS,
  EMU_OSS_NO_SUCH_BUCKET,
  EMU_OSS_NO_SUCH_KEY,
  EMU_OSS_NO_SUCH_UPLOAD,
  EMU_OSS_PART_NUMBER,
  EMU_OSS_INVALID_PART,
  EMU_OSS_INVALID_PART_ORDER,
  EMU_OSS_TOO_SMALL,
  EMU_OSS_TOO_LARGE,
  EMU_OSS_DIGEST,
  EMU_OSS_LENGTH,
  EMU_OSS_OBJECT_NAME,
  EMU_OSS_ARGUMENT,
  EMU_OSS_COMPLETE_ALL,
  EMU_OSS_XML,
  EMU_OSS_EXISTS,
  EMU_OSS_NOT_IMPLEMENTED,
  EMU_OSS_METHOD,
  EMU_OSS_URI,
  EMU_OSS_INTERNAL,
} EmuOssError;

/* @details: XML elements in addition, already escaped, or NULL.
 * (transfer full) */
EmuAnswer *emu_oss_error (const EmuCall * call, EmuOssError error,
    const gchar * details);

/* One that is not in the table. (transfer full) */
EmuAnswer *emu_oss_error_custom (const EmuCall * call, guint status,
    const gchar * code, const gchar * message, const gchar * ec,
    const gchar * details);

/* Two that faults ask for, too. (transfer full) */
EmuAnswer *emu_oss_error_expired (const EmuCall * call, const gchar * code);
EmuAnswer *emu_oss_error_skewed (const EmuCall * call, gint64 request_us);

/* The headers of every answer of OSS. */
void emu_oss_add_headers (const EmuCall * call, EmuAnswer * answer);
