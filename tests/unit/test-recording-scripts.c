/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Scripts of a recording that are drawn from a seed; see recording-script.h.
 *
 *   test-recording-scripts --seeds FIRST-LAST
 *
 * runs these seeds and says which fail; --seed N runs one, and stops where it
 * fails. Without either, it is a test of a few. */

#include <stdio.h>
#include <string.h>

#include "../patience.h"
#include "recording-script.h"

#define SEEDS 150
#define MORE_SEEDS 20000

static gdouble
draw (gpointer user_data)
{
  return g_rand_double (user_data);
}

static void
play (guint seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  recording_script_play (draw, rand);
}

/* ---- many ---- */

/* A script that fails takes its process with it, and no other. */
static gboolean
play_apart (const gchar * program, guint first, guint last)
{
  g_autofree gchar *seeds = g_strdup_printf ("%u-%u", first, last);
  const gchar *argv[] = { program, "--apart", seeds, NULL };
  gint status = 0;

  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL
      | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL, &status, NULL);

  return g_spawn_check_wait_status (status, NULL);
}

/* Halves what fails until it is one seed. */
static guint
find_failing (const gchar * program, guint first, guint last)
{
  guint middle = first + (last - first) / 2;

  if (play_apart (program, first, last))
    return 0;
  if (first == last) {
    g_print ("seed %u fails\n", first);
    return 1;
  }

  return find_failing (program, first, middle)
      + find_failing (program, middle + 1, last);
}

static int
play_seeds (const gchar * program, const gchar * range)
{
  guint first = 1, last = 1, n_failed = 0, seed;

  if (sscanf (range, "%u-%u", &first, &last) != 2 || first > last)
    return 2;
  for (seed = first; seed <= last; seed += 100)
    n_failed += find_failing (program, seed, MIN (seed + 99, last));
  g_print ("%u of %u scripts failed\n", n_failed, last - first + 1);

  return n_failed > 0 ? 1 : 0;
}

static int
play_here (const gchar * range)
{
  guint first = 1, last = 1;

  if (sscanf (range, "%u-%u", &first, &last) == 1)
    last = first;
  for (; first <= last; first++)
    play (first);

  return 0;
}

static void
test_random (void)
{
  guint n_seeds = g_test_slow () ? MORE_SEEDS
      : test_patience_count_seeds (SEEDS);
  guint seed;

  for (seed = 1; seed <= n_seeds; seed++) {
    g_test_message ("seed %u", seed);
    play (seed);
  }
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "--seeds") == 0)
    return play_seeds (argv[0], argv[2]);
  if (argc == 3 && (strcmp (argv[1], "--seed") == 0
          || strcmp (argv[1], "--apart") == 0))
    return play_here (argv[2]);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recording-scripts/are-whole-in-the-end", test_random);

  return g_test_run ();
}
