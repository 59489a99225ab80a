/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The bytes that every program here sends: one block, over and over.
 *
 * Since the receiver knows them as well, it can say which checksum a part must
 * have without looking at the part, which makes it cheap. That holds for parts
 * that begin at a multiple of the block, as parts of a planned size do. */

#pragma once

#include <glib.h>

#define PATTERN_SIZE 4096

/* Fills @data with what is at @offset of the endless pattern. */
void pattern_fill (gpointer data, gsize size, guint64 offset);

/* The CRC-64 of its first @size bytes. Any thread. */
guint64 pattern_get_crc64 (guint64 size);
