/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How a run ended, and whether it may end so. */

#pragma once

#include "chaos-run.h"

/**
 * ChaosVerdict:
 * @kind: (owned): what to count it as: `exact`, `stopped: OUTCOME` or
 *     `error: CODE`
 * @problem: (owned) (nullable): why it may not end so
 */
typedef struct
{
  gchar *kind;
  gchar *problem;
} ChaosVerdict;

/* Judges @run, which has been carried out. */
void chaos_verdict_reach (ChaosVerdict * verdict, const ChaosRun * run);
void chaos_verdict_clear (ChaosVerdict * verdict);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ChaosVerdict, chaos_verdict_clear)
