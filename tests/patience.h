/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Deadlines of tests, for machines and tools that are slow: the environment
 * variable TEST_PATIENCE says how many times as long they are as usual. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

static inline gint64
test_patience (gint64 duration_us)
{
  const gchar *factor = g_getenv ("TEST_PATIENCE");

  return duration_us * (factor ? g_ascii_strtoll (factor, NULL, 10) : 1);
}

G_END_DECLS
