/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Tables of what a service's errors mean, and of what a person is told. */

#pragma once

#include <string.h>

#include "common/error.h"

typedef GstIceErrorCode (*ErrorLookup) (guint status, const gchar * code,
    const gchar ** hint);

typedef struct
{
  guint status;
  const gchar *code;
  GstIceErrorCode expected;
} ErrorRow;

static inline void
error_rows_check (const ErrorRow * rows, gsize n_rows, ErrorLookup lookup)
{
  gsize i;

  for (i = 0; i < n_rows; i++) {
    g_test_message ("%u %s", rows[i].status, rows[i].code);
    g_assert_cmpint (lookup (rows[i].status, rows[i].code, NULL), ==,
        rows[i].expected);
  }
}
