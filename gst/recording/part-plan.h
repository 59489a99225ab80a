/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How large each part becomes.
 *
 * Pure functions. OSS takes 10,000 parts of 100 KiB to 5 GiB, and nobody
 * knows how long a live recording will be. Parts start at the configured size
 * and follow a schedule that doubles it now and then, slowly while a recording
 * is of a usual length and quickly after that, up to the largest part that
 * memory or spool can hold. What the whole schedule holds is the ceiling.
 *
 * Parts that are handed over because they are old are smaller than planned and
 * would bring the last part number nearer. They are paid for from numbers that
 * the ceiling does not need, at a growing age; when they are used up, only size
 * counts. */

#pragma once

#include <glib.h>

#define GST_ICE_PART_NUMBER_MAX 10000
#define GST_ICE_PART_SIZE_MIN (G_GUINT64_CONSTANT (100) * 1024)
#define GST_ICE_PART_SIZE_MAX (G_GUINT64_CONSTANT (5) * 1024 * 1024 * 1024)

typedef struct
{
  guint64 part_size;     /* size of the first parts in bytes */
  guint64 max_part_size; /* largest part that can be held in bytes, at least
                          * @part_size */
} GstIcePartPlan;

/* Size of part @number (from 1) when @offset bytes lie before it; 0 if there
 * is no such part. */
guint64 gst_ice_part_plan_get_size (const GstIcePartPlan * plan, guint number,
    guint64 offset);

/* By how much to multiply the age at which that part is handed over before it
 * is full, at least 1; 0: not for age alone. */
guint gst_ice_part_plan_get_age_factor (const GstIcePartPlan * plan,
    guint number, guint64 offset);

/* The largest object that the plan can reach, in bytes. */
guint64 gst_ice_part_plan_get_ceiling (const GstIcePartPlan * plan);
