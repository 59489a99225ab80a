/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The sealed part; see the header.
 *
 * Runs on: any thread. Owns: its references to the bytes. */

#include "recording/part.h"

GstIcePart *
gst_ice_part_new (const GstIcePart * fields)
{
  GstIcePart *part = g_new (GstIcePart, 1);

  *part = *fields;
  g_atomic_ref_count_init (&part->ref_count);

  return part;
}

GstIcePart *
gst_ice_part_ref (GstIcePart * part)
{
  g_atomic_ref_count_inc (&part->ref_count);
  return part;
}

void
gst_ice_part_unref (GstIcePart * part)
{
  if (!g_atomic_ref_count_dec (&part->ref_count))
    return;

  g_ptr_array_unref (part->bytes);
  g_free (part);
}
