/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS's operations on whole objects. */

#pragma once

#include "call.h"

EmuAnswer *emu_oss_put_object (EmuCall * call);
EmuAnswer *emu_oss_head_object (EmuCall * call);
EmuAnswer *emu_oss_get_object (EmuCall * call);
/* Whether a web page may ask: every one may, so nothing is signed. */
EmuAnswer *emu_oss_preflight (EmuCall * call);
EmuAnswer *emu_oss_delete_object (EmuCall * call);

/* Whether the body is the one that Content-MD5 announced. A refusal or NULL.
 * (transfer full) */
EmuAnswer *emu_oss_check_md5 (EmuCall * call);

/* An answer with status 200 and OSS's headers. (transfer full) */
EmuAnswer *emu_oss_answer_new (const EmuCall * call);
/* ETag, CRC-64 and MD5 of the blob of @call. */
void emu_oss_set_checksums (EmuCall * call, EmuAnswer * answer);
void emu_oss_set_crc64 (EmuAnswer * answer, guint64 crc64);
/* The Content-Type to store. */
const gchar *emu_oss_get_content_type (EmuCall * call);
