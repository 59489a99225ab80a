/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The part plan; see the header for the idea.
 *
 * Runs on: any thread. Owns nothing. */

#include "recording/part-plan.h"

/* The schedule: so many parts at the configured size, so many at twice that...
 * The third step is long so that a day at 8 Mbit/s (80.5 GiB, 5,113 parts of
 * the step) fits into parts of at most four times the configured 4 MiB, with
 * the numbers of MAX_AGE_BUDGET besides. From there on each doubling takes
 * SPRINT parts, which leaves enough numbers at 5 GiB for over 20 TiB. */
static const guint first_steps[] = { 50, 50, 5650 };

#define SPRINT 16

/* The budget of numbers for parts that are sealed by age is spent in so many
 * equal steps, each at twice the age of the one before. */
#define AGE_STEPS 8
#define MAX_AGE_BUDGET 500

static guint
get_step_length (guint step)
{
  return step < G_N_ELEMENTS (first_steps) ? first_steps[step] : SPRINT;
}

static guint64
get_step_size (const GstIcePartPlan * plan, guint step)
{
  /* 2^26 x 100 KiB is far beyond any part. */
  return MIN (plan->part_size << MIN (step, 26), plan->max_part_size);
}

/* The size at place @index of the schedule, counted from 0. */
static guint64
get_scheduled_size (const GstIcePartPlan * plan, guint index)
{
  guint step = 0;

  while (get_step_size (plan, step) < plan->max_part_size
      && index >= get_step_length (step))
    index -= get_step_length (step++);

  return get_step_size (plan, step);
}

/* The bytes that places 0 to @index - 1 of the schedule hold. */
static guint64
get_scheduled_sum (const GstIcePartPlan * plan, guint index)
{
  guint64 sum = 0;
  guint step;

  for (step = 0; index > 0; step++) {
    guint64 size = get_step_size (plan, step);
    guint length = get_step_length (step);

    if (size == plan->max_part_size || index < length)
      return sum + index * size;
    sum += length * size;
    index -= length;
  }

  return sum;
}

guint64
gst_ice_part_plan_get_ceiling (const GstIcePartPlan * plan)
{
  return get_scheduled_sum (plan, GST_ICE_PART_NUMBER_MAX);
}

/* How many parts the schedule would have needed for @offset bytes. */
static guint
get_due_index (const GstIcePartPlan * plan, guint64 offset)
{
  guint low = 0, high = GST_ICE_PART_NUMBER_MAX;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (get_scheduled_sum (plan, middle) < offset)
      low = middle + 1;
    else
      high = middle;
  }

  return low;
}

/* The bytes that @n_parts hold when they follow the schedule from @index. */
static guint64
get_reach (const GstIcePartPlan * plan, guint index, guint n_parts)
{
  return get_scheduled_sum (plan, index + n_parts)
      - get_scheduled_sum (plan, index);
}

guint64
gst_ice_part_plan_get_size (const GstIcePartPlan * plan, guint number,
    guint64 offset)
{
  guint64 ceiling = gst_ice_part_plan_get_ceiling (plan);
  guint low, high, n_left;

  if (number < 1 || number > GST_ICE_PART_NUMBER_MAX || offset >= ceiling)
    return 0;

  /* The first place of the schedule from which the numbers that are left
   * still reach the ceiling: where the bytes are, or further on if small
   * parts have used up numbers. */
  n_left = GST_ICE_PART_NUMBER_MAX - number + 1;
  low = MIN (get_due_index (plan, offset), number - 1);
  high = GST_ICE_PART_NUMBER_MAX;
  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (get_reach (plan, middle, n_left) < ceiling - offset)
      low = middle + 1;
    else
      high = middle;
  }

  return get_scheduled_size (plan, low);
}

/* How many numbers may go to parts that are sealed by age: half of those that
 * the ceiling does not need when every part is as large as can be. The other
 * half keeps the sizes that make up for them from growing in leaps, and the
 * maximum keeps them within the third step for a day. */
static guint
get_age_budget (const GstIcePartPlan * plan)
{
  guint64 ceiling = gst_ice_part_plan_get_ceiling (plan);
  guint64 needed = (ceiling + plan->max_part_size - 1) / plan->max_part_size;

  return MIN ((GST_ICE_PART_NUMBER_MAX - needed) / 2, MAX_AGE_BUDGET);
}

guint
gst_ice_part_plan_get_age_factor (const GstIcePartPlan * plan, guint number,
    guint64 offset)
{
  guint64 ceiling = gst_ice_part_plan_get_ceiling (plan);
  guint budget = get_age_budget (plan);
  guint due = get_due_index (plan, offset);
  guint spent = number - 1 > due ? number - 1 - due : 0;

  if (number >= GST_ICE_PART_NUMBER_MAX || spent >= budget)
    return 0;

  /* Would the numbers that are left still reach the ceiling? */
  if (offset + (GST_ICE_PART_NUMBER_MAX - number) * plan->max_part_size
      < ceiling)
    return 0;

  return 1u << (guint) ((guint64) spent * AGE_STEPS / budget);
}
