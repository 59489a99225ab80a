/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Every secret that was given out, configured or received. */

#pragma once

#include <glib.h>

typedef struct _EmuSecrets EmuSecrets;

EmuSecrets *emu_secrets_new (void);
void emu_secrets_free (EmuSecrets * secrets);
/* NULL and empty texts are passed over. */
void emu_secrets_add (EmuSecrets * secrets, const gchar * text);
/* (transfer full) */
gchar **emu_secrets_copy (EmuSecrets * secrets);
