/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Deadlines of tests, for machines and tools that are slow: the environment
 * variable TEST_PATIENCE says how many times as long they are as usual. What is
 * tried with many seeds is tried with as many times fewer. */

#pragma once

#include <glib.h>

static inline gint64
test_patience_get_factor (void)
{
  const gchar *factor = g_getenv ("TEST_PATIENCE");

  return factor != NULL ? g_ascii_strtoll (factor, NULL, 10) : 1;
}

static inline gint64
test_patience (gint64 duration_us)
{
  return duration_us * test_patience_get_factor ();
}

static inline guint
test_patience_count_seeds (guint n)
{
  return MAX (1, n / test_patience_get_factor ());
}
