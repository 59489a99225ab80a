/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS's operations on multipart uploads. */

#pragma once

#include "call.h"

EmuAnswer *emu_oss_initiate (EmuCall * call);
EmuAnswer *emu_oss_upload_part (EmuCall * call);
EmuAnswer *emu_oss_complete (EmuCall * call);
EmuAnswer *emu_oss_abort (EmuCall * call);
EmuAnswer *emu_oss_list_parts (EmuCall * call);
EmuAnswer *emu_oss_list_uploads (EmuCall * call);

EmuAnswer *emu_oss_no_such_upload (EmuCall * call);
