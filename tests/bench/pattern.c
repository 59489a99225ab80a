/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The pattern; see the header.
 *
 * Runs on: any thread; tables are built once. The sums are the emulator's,
 * which shares no code with the plugin. */

#include "pattern.h"

#include <string.h>

#include "emulator/checksum.h"

/**
 * Tables:
 * @block: the block
 * @heads: [n] is the sum of its first n bytes
 * @powers: [k] is the sum of 2^k blocks
 */
typedef struct
{
  guint8 block[PATTERN_SIZE];
  guint64 heads[PATTERN_SIZE + 1];
  guint64 powers[64];
} Tables;

/* Noise, so that nothing on the way finds anything to save. */
static void
build_block (Tables * tables)
{
  guint64 state = G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  guint i;

  for (i = 0; i < PATTERN_SIZE; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    tables->block[i] = state >> 32;
  }
}

static void
build_sums (Tables * tables)
{
  guint i;

  for (i = 0; i < PATTERN_SIZE; i++)
    tables->heads[i + 1] =
        emu_crc64 (tables->heads[i], tables->block + i, 1);

  tables->powers[0] = tables->heads[PATTERN_SIZE];
  for (i = 1; i < 64 - 12; i++)
    tables->powers[i] = emu_crc64_combine (tables->powers[i - 1],
        tables->powers[i - 1], (guint64) PATTERN_SIZE << (i - 1));
}

static const Tables *
get_tables (void)
{
  static Tables tables;
  static gsize built = 0;

  if (g_once_init_enter (&built)) {
    build_block (&tables);
    build_sums (&tables);
    g_once_init_leave (&built, 1);
  }

  return &tables;
}

void
pattern_fill (gpointer data, gsize size, guint64 offset)
{
  const Tables *tables = get_tables ();
  guint8 *to = data;

  while (size > 0) {
    gsize at = offset % PATTERN_SIZE;
    gsize n = MIN (size, PATTERN_SIZE - at);

    memcpy (to, tables->block + at, n);
    to += n;
    size -= n;
    offset += n;
  }
}

guint64
pattern_get_crc64 (guint64 size)
{
  const Tables *tables = get_tables ();
  guint64 blocks = size / PATTERN_SIZE;
  gsize rest = size % PATTERN_SIZE;
  guint64 crc = 0;
  guint k;

  for (k = 0; blocks >> k != 0; k++) {
    if (blocks >> k & 1)
      crc = emu_crc64_combine (crc, tables->powers[k],
          (guint64) PATTERN_SIZE << k);
  }

  return emu_crc64_combine (crc, tables->heads[rest], rest);
}
