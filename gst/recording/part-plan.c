/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The part plan; see the header for the idea.
 *
 * Runs on: any thread. Owns nothing. */

#include "recording/part-plan.h"

/* The schedule: EARLY parts at the configured size, EARLY at twice that... up
 * to LONG_SIZE, four times the default size. The step before it takes MIDDLE
 * parts: memory then holds sixteen of them by default, and a backlog on a lossy
 * line needs as many connections. That of LONG_SIZE is long, so that a day at 8
 * Mbit/s (80.5 GiB, 5,035 parts of it) fits into parts of at most 16 MiB, with
 * the numbers of MAX_AGE_BUDGET besides. From there on each doubling takes
 * SPRINT parts, which leaves enough numbers at 5 GiB for over 20 TiB. */
#define EARLY 20
#define MIDDLE 220
#define LONG_SIZE (16 * 1024 * 1024)
#define LONG 5500
#define SPRINT 8
#define MIN_EARLY_STEPS 2

/* The budget of numbers for parts that are sealed by age is spent in equal
 * steps, by which the age is multiplied. An hour of little data gets by with
 * the first five. */
static const guint age_factors[] = { 1, 2, 4, 4, 4, 8, 32, 128 };

#define MAX_AGE_BUDGET 420

static guint
get_long_step (const GstIcePartPlan * plan)
{
  guint step = MIN_EARLY_STEPS;

  while (plan->part_size << step < LONG_SIZE)
    step++;

  return step;
}

static guint
get_step_length (const GstIcePartPlan * plan, guint step)
{
  guint long_step = get_long_step (plan);

  if (step == long_step)
    return LONG;
  if (step + 1 == long_step)
    return MIDDLE;

  return step < long_step ? EARLY : SPRINT;
}

static guint64
get_step_size (const GstIcePartPlan * plan, guint step)
{
  guint long_step = get_long_step (plan);
  guint64 long_size = MAX (plan->part_size << MIN_EARLY_STEPS, LONG_SIZE);
  guint64 size;

  if (step < long_step)
    size = MIN (plan->part_size << step, long_size);
  else
    /* 2^16 x 16 MiB is far beyond any part. */
    size = long_size << MIN (step - long_step, 16);

  return MIN (size, plan->max_part_size);
}

/* The size at place @index of the schedule, counted from 0. */
static guint64
get_scheduled_size (const GstIcePartPlan * plan, guint index)
{
  guint step = 0;

  while (get_step_size (plan, step) < plan->max_part_size
      && index >= get_step_length (plan, step))
    index -= get_step_length (plan, step++);

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
    guint length = get_step_length (plan, step);

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
 * half keeps the sizes that make up for them from growing in leaps. A number
 * that is missing moves the place in the schedule by more than one, the more
 * the less there is to gain at the large end; all in all within the long
 * step, for a day. */
static guint
get_age_budget (const GstIcePartPlan * plan)
{
  guint64 ceiling = gst_ice_part_plan_get_ceiling (plan);
  guint64 max = plan->max_part_size;
  guint64 needed = (ceiling + max - 1) / max;
  guint64 long_size = get_step_size (plan, get_long_step (plan));
  guint budget = (GST_ICE_PART_NUMBER_MAX - needed) / 2;

  if (max == long_size)
    return budget;

  return MIN (budget, MAX_AGE_BUDGET * (max - long_size) / max);
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

  return age_factors[(guint64) spent * G_N_ELEMENTS (age_factors) / budget];
}
