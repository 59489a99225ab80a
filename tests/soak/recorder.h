/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The recorder of a soak: a process that records for as long as it is told,
 * with branches that come and go, fragments, pauses, and limits that change.
 *
 * What it has to say comes line by line: `complete MEDIA-ID SIZE CRC64` of a
 * branch, once its sink has said so, `fragment` of a fragment likewise, `pause`,
 * and `error TEXT`. */

#pragma once

#include <glib.h>

/**
 * SoakPlan:
 * @endpoint: where both services are
 * @seconds: how long it takes, at least
 * @pauses: how many
 * @seed: of what is left to chance
 */
typedef struct
{
  const gchar *endpoint;
  guint seconds;
  guint pauses;
  guint seed;
} SoakPlan;

/* Returns the exit status. */
int soak_record (const SoakPlan * plan);
