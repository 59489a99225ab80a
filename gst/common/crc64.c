/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* CRC-64/XZ: bytes by ISA-L, liblzma or tables, lengths by polynomials.
 *
 * Any thread; pure functions over tables that are built once and never change.
 *
 * A CRC register is a polynomial over GF(2) modulo P, kept with its bits
 * reversed: the top bit is x^0. A zero byte multiplies it by x^8, so that n
 * of them are one multiplication by x^(8n); that is all that combining two
 * sums takes.
 *
 * By tables, a word of eight bytes is eight lookups, all of which must wait
 * for the register that the word before has left. So there is a register for
 * each of several words that lie side by side, and each steps over all of
 * them at once: their lookups wait for nothing, which doubles the speed. At
 * the end the registers follow one another. */

#include "config.h"

#include "common/crc64.h"

#include <string.h>

#if HAVE_ISAL
#include <isa-l/crc64.h>
#elif HAVE_LZMA
#include <lzma.h>
#endif

/* ECMA-182, reversed, without its x^64. */
#define POLYNOMIAL G_GUINT64_CONSTANT (0xc96c5795d7870f42)
#define X_POW_0 (G_GUINT64_CONSTANT (1) << 63)
#define X_POW_8 (G_GUINT64_CONSTANT (1) << 55)

#define WORD 8
#define LANES 4
#define BLOCK (LANES * WORD)

/**
 * Tables:
 * @slices: [k][b] is the register after byte b and k zero bytes
 * @zeroes: [k] is x^(8 * 2^k), the factor of 2^k zero bytes
 */
typedef struct
{
  guint64 slices[BLOCK][256];
  guint64 zeroes[64];
} Tables;

static guint64
multiply_by_x (guint64 a)
{
  return (a >> 1) ^ (a & 1 ? POLYNOMIAL : 0);
}

/* The product of @a and @b modulo P. */
static guint64
multiply (guint64 a, guint64 b)
{
  guint64 product = 0;

  for (; a != 0; a <<= 1) {
    if (a & X_POW_0)
      product ^= b;
    b = multiply_by_x (b);
  }

  return product;
}

static void
build_slices (Tables * tables)
{
  guint byte, i;

  for (byte = 0; byte < 256; byte++) {
    guint64 crc = byte;

    for (i = 0; i < 8; i++)
      crc = multiply_by_x (crc);
    tables->slices[0][byte] = crc;
  }

  for (i = 1; i < BLOCK; i++) {
    for (byte = 0; byte < 256; byte++) {
      guint64 crc = tables->slices[i - 1][byte];

      tables->slices[i][byte] = tables->slices[0][crc & 0xff] ^ (crc >> 8);
    }
  }
}

static void
build_zeroes (Tables * tables)
{
  guint i;

  tables->zeroes[0] = X_POW_8;
  for (i = 1; i < G_N_ELEMENTS (tables->zeroes); i++)
    tables->zeroes[i] =
        multiply (tables->zeroes[i - 1], tables->zeroes[i - 1]);
}

static const Tables *
get_tables (void)
{
  static Tables tables;
  static gsize built = 0;

  if (g_once_init_enter (&built)) {
    build_slices (&tables);
    build_zeroes (&tables);
    g_once_init_leave (&built, 1);
  }

  return &tables;
}

static guint64
load_le64 (const guint8 * data)
{
  guint64 value;

  memcpy (&value, data, sizeof (value));

  return GUINT64_FROM_LE (value);
}

/* The register that follows from a word, by the tables from @t on. */
static inline guint64
fold (const guint64 (*t)[256], guint64 word)
{
  return t[7][word & 0xff] ^ t[6][(word >> 8) & 0xff] ^
      t[5][(word >> 16) & 0xff] ^ t[4][(word >> 24) & 0xff] ^
      t[3][(word >> 32) & 0xff] ^ t[2][(word >> 40) & 0xff] ^
      t[1][(word >> 48) & 0xff] ^ t[0][word >> 56];
}

/* All whole blocks of @size bytes, of which there is one at least. */
static guint64
fold_blocks (const guint64 (*slices)[256], guint64 crc, const guint8 * bytes,
    gsize size)
{
  const guint64 (*far)[256] = slices + BLOCK - WORD;
  guint64 a = crc, b = 0, c = 0, d = 0;

  for (; size >= 2 * BLOCK; size -= BLOCK, bytes += BLOCK) {
    a = fold (far, a ^ load_le64 (bytes));
    b = fold (far, b ^ load_le64 (bytes + WORD));
    c = fold (far, c ^ load_le64 (bytes + 2 * WORD));
    d = fold (far, d ^ load_le64 (bytes + 3 * WORD));
  }

  crc = fold (slices, a ^ load_le64 (bytes));
  crc = fold (slices, crc ^ b ^ load_le64 (bytes + WORD));
  crc = fold (slices, crc ^ c ^ load_le64 (bytes + 2 * WORD));

  return fold (slices, crc ^ d ^ load_le64 (bytes + 3 * WORD));
}

guint64
gst_ice_crc64_update_portable (guint64 crc, gconstpointer data, gsize size)
{
  const guint64 (*slices)[256] = get_tables ()->slices;
  const guint8 *bytes = data;
  gsize whole = size - size % BLOCK;
  gsize i;

  crc = ~crc;
  if (whole > 0)
    crc = fold_blocks (slices, crc, bytes, size);
  for (i = whole; i < size; i++)
    crc = slices[0][(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);

  return ~crc;
}

guint64
gst_ice_crc64_update (guint64 crc, gconstpointer data, gsize size)
{
#if HAVE_ISAL
  return crc64_ecma_refl (crc, data, size);
#elif HAVE_LZMA
  return lzma_crc64 (data, size, crc);
#else
  return gst_ice_crc64_update_portable (crc, data, size);
#endif
}

/* @crc times x^(8 * @size). */
static guint64
shift_by_bytes (guint64 crc, guint64 size)
{
  const guint64 *factor = get_tables ()->zeroes;

  for (; size != 0; size >>= 1, factor++) {
    if (size & 1)
      crc = multiply (*factor, crc);
  }

  return crc;
}

/* The inversions before and after each sum cancel out here. */
guint64
gst_ice_crc64_combine (guint64 crc_a, guint64 crc_b, guint64 size_b)
{
  return shift_by_bytes (crc_a, size_b) ^ crc_b;
}

guint64
gst_ice_crc64_update_zeroes (guint64 crc, guint64 size)
{
  return ~shift_by_bytes (~crc, size);
}
