/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The part plan, followed to its ends with parts that are full and parts that
 * are handed over because they are old. */

#include "recording/part-plan.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

#define HOUR 3600
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)

/* Every pair that settings allow is of this kind: the largest part is at
 * least the configured one. */
static const GstIcePartPlan plans[] = {
  {100 * KIB, 100 * KIB},
  {100 * KIB, 100 * KIB + 1},
  {100 * KIB, 1 * MIB},
  {100 * KIB, 32 * MIB},
  {100 * KIB, 5 * GIB},
  {1 * MIB + 7, 9 * MIB + 5},
  {4 * MIB, 4 * MIB},
  {4 * MIB, 32 * MIB},
  {4 * MIB, 5 * GIB},
  {64 * MIB, 64 * MIB},
  {64 * MIB, 5 * GIB},
  {5 * GIB, 5 * GIB},
};

static guint64
get_size (const GstIcePartPlan * plan, guint number, guint64 offset)
{
  guint64 size = gst_ice_part_plan_get_size (plan, number, offset);

  if (size != 0) {
    g_assert_cmpuint (size, >=, GST_ICE_PART_SIZE_MIN);
    g_assert_cmpuint (size, <=, GST_ICE_PART_SIZE_MAX);
    g_assert_cmpuint (size, <=, plan->max_part_size);
  }

  return size;
}

/* Full parts only, to the end: every number has its size, each at least as
 * large as the one before, and the last one reaches the ceiling. */
static void
test_full_parts (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (plans); i++) {
    const GstIcePartPlan *plan = &plans[i];
    guint64 offset = 0, last = plan->part_size;
    guint number;

    g_assert_cmpuint (get_size (plan, 1, 0), ==, plan->part_size);
    for (number = 1; number <= GST_ICE_PART_NUMBER_MAX; number++) {
      guint64 size = get_size (plan, number, offset);

      g_assert_cmpuint (size, >=, last);
      offset += size;
      last = size;
    }
    g_assert_cmpuint (offset, ==, gst_ice_part_plan_get_ceiling (plan));
    g_assert_cmpuint (last, ==, plan->max_part_size);
  }
}

static void
test_last_number (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (plans); i++) {
    const GstIcePartPlan *plan = &plans[i];
    guint64 ceiling = gst_ice_part_plan_get_ceiling (plan);

    g_assert_cmpuint (get_size (plan, 0, 0), ==, 0);
    g_assert_cmpuint (get_size (plan, 10000, ceiling - 1), >, 0);
    g_assert_cmpuint (get_size (plan, 10001, 0), ==, 0);
    g_assert_cmpuint (get_size (plan, 10001, ceiling - 1), ==, 0);
    g_assert_cmpuint (get_size (plan, 10000, ceiling), ==, 0);
    g_assert_cmpuint (get_size (plan, 1, ceiling), ==, 0);
    g_assert_cmpuint (get_size (plan, G_MAXUINT, G_MAXUINT64), ==, 0);
    g_assert_cmpuint (gst_ice_part_plan_get_age_factor (plan, 10000, 0), ==,
        0);
  }
}

static void
test_ceiling (void)
{
  const guint64 sizes[] = { 100 * KIB, 4 * MIB, 64 * MIB };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GstIcePartPlan plan = { sizes[i], 5 * GIB };

    g_assert_cmpuint (gst_ice_part_plan_get_ceiling (&plan), >=, 20 * TIB);
  }
}

/* A larger part-size or a larger largest part never lowers the ceiling. */
static void
test_monotonic_ceiling (void)
{
  const guint64 sizes[] = { 100 * KIB, 1 * MIB, 4 * MIB, 32 * MIB, 5 * GIB };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    guint64 last = 0;

    for (j = i; j < G_N_ELEMENTS (sizes); j++) {
      GstIcePartPlan plan = { sizes[i], sizes[j] };
      GstIcePartPlan shifted = { sizes[MIN (i + 1, j)], sizes[j] };
      guint64 ceiling = gst_ice_part_plan_get_ceiling (&plan);

      g_assert_cmpuint (ceiling, >, last);
      g_assert_cmpuint (gst_ice_part_plan_get_ceiling (&shifted), >=,
          ceiling);
      last = ceiling;
    }
  }
}

/* Whoever has used more numbers for the same bytes gets no smaller parts. */
static void
test_monotonic_sizes (void)
{
  guint i, number;

  for (i = 0; i < G_N_ELEMENTS (plans); i++) {
    guint64 ceiling = gst_ice_part_plan_get_ceiling (&plans[i]);
    guint64 offset;

    for (offset = 0; offset < ceiling; offset += ceiling / 29) {
      guint64 last = 0;

      for (number = 1; number <= GST_ICE_PART_NUMBER_MAX; number += 101) {
        guint64 size = get_size (&plans[i], number, offset);

        g_assert_cmpuint (size, >=, last);
        last = size;
      }
    }
  }
}

/* ---- recordings ---- */

/**
 * Course:
 * @n_parts: handed over
 * @bytes: in them
 * @largest: of them
 * @oldest: longest time for which a byte waited for its part to be sealed, in
 *     seconds
 */
typedef struct
{
  guint n_parts;
  guint64 bytes;
  guint64 largest;
  gdouble oldest;
} Course;

/* What a recording of @bytes_per_second does for @seconds. @age: when a part
 * is handed over before it is full; 0: never. @head: size of the first part,
 * which age never ends; 0: as planned. */
static Course
record (const GstIcePartPlan * plan, gdouble bytes_per_second, guint seconds,
    guint age, guint64 head)
{
  Course course = { 0 };
  guint64 end = bytes_per_second * seconds;

  while (course.bytes < end) {
    guint number = course.n_parts + 1;
    gboolean is_head = number == 1 && head > 0;
    guint64 size = get_size (plan, number, course.bytes);
    guint factor = gst_ice_part_plan_get_age_factor (plan, number,
        course.bytes);

    g_assert_cmpuint (size, >, 0);
    if (is_head)
      size = MIN (size, head);
    else if (age > 0 && factor > 0)
      size = MIN (size, MAX (bytes_per_second * age * factor,
              GST_ICE_PART_SIZE_MIN));
    course.n_parts++;
    course.bytes += size;
    course.largest = MAX (course.largest, size);
    if (!is_head)
      course.oldest = MAX (course.oldest, size / bytes_per_second);
  }

  return course;
}

/* A lossy line needs as many connections as parts fit into memory. */
static void
test_backlog (void)
{
  GstIcePartPlan plan = { 4 * MIB, 32 * MIB };
  guint64 offset = 0, size = 0;
  guint number;

  for (number = 1; offset + size < 1800 * MIB; number++) {
    offset += size;
    size = gst_ice_part_plan_get_size (&plan, number, offset);
    g_assert_cmpuint (16 * size, <=, 128 * MIB);
  }
}

static void
test_day (void)
{
  const guint64 largest[] = { 32 * MIB, 5 * GIB };
  const guint64 heads[] = { 0, 1 * MIB };
  const guint ages[] = { 0, 1, 10 };
  guint i, j, k;

  for (i = 0; i < G_N_ELEMENTS (largest); i++) {
    for (j = 0; j < G_N_ELEMENTS (heads); j++) {
      for (k = 0; k < G_N_ELEMENTS (ages); k++) {
        GstIcePartPlan plan = { 4 * MIB, largest[i] };
        Course course = record (&plan, 1e6, DAY, ages[k], heads[j]);

        g_test_message ("24 h at 8 Mbit/s, parts of 4 MiB to %"
            G_GUINT64_FORMAT " MiB, head %" G_GUINT64_FORMAT " MiB, age %u s:"
            " %u parts of up to %.1f MiB", largest[i] / MIB, heads[j] / MIB,
            ages[k], course.n_parts, course.largest / (gdouble) MIB);
        g_assert_cmpuint (course.largest, <=, 16 * MIB);
      }
    }
  }
}

static void
test_week (void)
{
  const GstIcePartPlan week_plans[] = {
    {4 * MIB, 32 * MIB},
    {4 * MIB, 5 * GIB},
    {4 * MIB, 4 * MIB},
    {100 * KIB, 32 * MIB},
    {100 * KIB, 2 * MIB},
    {100 * KIB, 5 * GIB},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (week_plans); i++) {
    Course course = record (&week_plans[i], 25e3, WEEK, 10, 1 * MIB);

    g_test_message ("a week at 200 kbit/s, 10 s, parts of %" G_GUINT64_FORMAT
        " to %" G_GUINT64_FORMAT " KiB: %u parts, a byte waits %.0f s at the"
        " longest", week_plans[i].part_size / KIB,
        week_plans[i].max_part_size / KIB, course.n_parts, course.oldest);
    g_assert_cmpuint (course.n_parts, <=, GST_ICE_PART_NUMBER_MAX);
    g_assert_cmpuint (course.bytes, >=, 25000 * (guint64) WEEK);
  }
}

/* As long as numbers are to spare, age does what it is for: all of an hour
 * at 200 kbit/s leaves within a minute. */
static void
test_age_works (void)
{
  GstIcePartPlan plan = { 4 * MIB, 32 * MIB };
  Course course = record (&plan, 25e3, HOUR, 10, 0);

  g_assert_cmpfloat (course.oldest, <=, 60);
}

/* ---- age never lowers the reach ---- */

/* Follows the plan to the ceiling, with some parts sealed by age at any size
 * that OSS takes. @share: of those that age may end, how many it does end. */
static void
reach_ceiling (const GstIcePartPlan * plan, GRand * rand, gdouble share)
{
  guint64 ceiling = gst_ice_part_plan_get_ceiling (plan);
  guint64 offset = 0;
  guint number;

  for (number = 1; offset < ceiling; number++) {
    guint64 size = get_size (plan, number, offset);

    if (size == 0)
      g_error ("stuck at part %u, %" G_GUINT64_FORMAT " of %"
          G_GUINT64_FORMAT " bytes (part size %" G_GUINT64_FORMAT
          ", largest %" G_GUINT64_FORMAT ")", number, offset, ceiling,
          plan->part_size, plan->max_part_size);
    if (gst_ice_part_plan_get_age_factor (plan, number, offset) > 0
        && g_rand_double (rand) < share)
      size = g_rand_boolean (rand) ? GST_ICE_PART_SIZE_MIN
          : g_rand_double_range (rand, GST_ICE_PART_SIZE_MIN, size);
    offset += size;
  }

  g_assert_cmpuint (number - 1, <=, GST_ICE_PART_NUMBER_MAX);
}

static void
test_reach (void)
{
  const gdouble shares[] = { 0, 0.01, 0.1, 0.5, 0.9, 1 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (plans); i++) {
    for (j = 0; j < G_N_ELEMENTS (shares); j++)
      reach_ceiling (&plans[i], rand, shares[j]);
  }
}

/* The same with plans that nobody chose. */
static void
test_reach_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  guint i;

  for (i = 0; i < 100; i++) {
    GstIcePartPlan plan;

    plan.part_size = GST_ICE_PART_SIZE_MIN << g_rand_int_range (rand, 0, 12);
    plan.part_size += g_rand_int_range (rand, 0, 100000);
    plan.max_part_size = plan.part_size * g_rand_double_range (rand, 1, 100);
    plan.max_part_size = MIN (plan.max_part_size, GST_ICE_PART_SIZE_MAX);
    reach_ceiling (&plan, rand, g_rand_double (rand));
  }
}

/* All of it by age in the first hours, then a rate that needs every byte of
 * the ceiling. */
static void
test_reach_after_trickle (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (plans); i++) {
    const GstIcePartPlan *plan = &plans[i];
    guint64 ceiling = gst_ice_part_plan_get_ceiling (plan);
    guint64 offset = 0;
    guint number = 1;

    while (gst_ice_part_plan_get_age_factor (plan, number, offset) > 0) {
      offset += GST_ICE_PART_SIZE_MIN;
      number++;
    }
    while (offset < ceiling)
      offset += get_size (plan, number++, offset);
    g_assert_cmpuint (number - 1, <=, GST_ICE_PART_NUMBER_MAX);
  }
}

/* The more of the budget is spent, the older a part has to be. */
static void
test_age_factor (void)
{
  GstIcePartPlan plan = { 4 * MIB, 5 * GIB };
  guint last = 1, number;

  g_assert_cmpuint (gst_ice_part_plan_get_age_factor (&plan, 1, 0), ==, 1);
  for (number = 2; number <= GST_ICE_PART_NUMBER_MAX; number++) {
    guint factor = gst_ice_part_plan_get_age_factor (&plan, number,
        (number - 1) * GST_ICE_PART_SIZE_MIN);

    if (factor == 0)
      break;
    g_assert_cmpuint (factor, >=, last);
    last = factor;
  }

  g_assert_cmpuint (last, ==, 128);
  g_assert_cmpuint (number, <, GST_ICE_PART_NUMBER_MAX);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/part-plan/full-parts-reach-the-ceiling",
      test_full_parts);
  g_test_add_func ("/part-plan/ends-at-part-10000", test_last_number);
  g_test_add_func ("/part-plan/ceiling-is-20-tib", test_ceiling);
  g_test_add_func ("/part-plan/larger-parts-reach-further",
      test_monotonic_ceiling);
  g_test_add_func ("/part-plan/used-numbers-make-parts-larger",
      test_monotonic_sizes);
  g_test_add_func ("/part-plan/sixteen-fit-memory-for-a-while", test_backlog);
  g_test_add_func ("/part-plan/a-day-at-8-mbit-needs-no-part-over-16-mib",
      test_day);
  g_test_add_func ("/part-plan/a-week-at-200-kbit-fits", test_week);
  g_test_add_func ("/part-plan/hands-over-by-age", test_age_works);
  g_test_add_func ("/part-plan/age-never-lowers-the-reach", test_reach);
  g_test_add_func ("/part-plan/age-never-lowers-the-reach/random",
      test_reach_random);
  g_test_add_func ("/part-plan/age-never-lowers-the-reach/trickle",
      test_reach_after_trickle);
  g_test_add_func ("/part-plan/spends-numbers-slower-and-slower",
      test_age_factor);

  return g_test_run ();
}
