/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* CRC-64/XZ (ECMA-182), the one in x-oss-hash-crc64ecma.
 *
 * Pure functions. The sum over bytes is ISA-L's or liblzma's where the build
 * has one of them, else portable code of ours; the combination of two sums is
 * always ours. */

#pragma once

#include <glib.h>

/* The CRC of what @crc covers followed by @size more bytes. Start from 0. */
guint64 gst_ice_crc64_update (guint64 crc, gconstpointer data, gsize size);

/* The same, always by the portable code. */
guint64 gst_ice_crc64_update_portable (guint64 crc, gconstpointer data,
    gsize size);

/* The CRC of A followed by B, from CRC(A), CRC(B) and B's length in bytes. */
guint64 gst_ice_crc64_combine (guint64 crc_a, guint64 crc_b, guint64 size_b);

/* The CRC of what @crc covers followed by @size zero bytes, in O(log size). */
guint64 gst_ice_crc64_update_zeroes (guint64 crc, guint64 size);
