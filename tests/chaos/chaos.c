/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Chaos: one recording per seed, and all that can go wrong meanwhile.
 *
 *   chaos --seeds 1-100 [--jobs N] [--verbose]
 *
 * A seed decides what is recorded, how, and what happens at which moment; see
 * chaos-plan.h. Whatever that is, the object has to be exact in the end, or a
 * stopped run has to say truly what it left. Seeds that fail are printed with
 * all that they decided; `chaos --seeds N` runs one of them again.
 *
 * Threads: seeds run side by side, one at a time in each of some threads. The
 * main thread watches them; one that does not come back in time ends the program,
 * with a word on what it was doing. */

#include <stdio.h>
#include <stdlib.h>

#include "chaos-verdict.h"
#include "patience.h"
#include "trial.h"
#include "work-threads.h"

#define SKIPPED 77
#define WATCH_INTERVAL_US (G_USEC_PER_SEC / 10)
#define DEADLINE_US (180 * G_USEC_PER_SEC)

/* A seed that is being run. */
typedef struct
{
  const ChaosPlan *plan;
  gint64 begin_us;
  const gchar *step;            /* atomic: what it is doing */
} Active;

typedef struct
{
  gboolean verbose;
  guint first;                  /* seed */
  GMutex lock;                  /* protects the rest */
  GCond changed;
  GPtrArray *active;            /* (element-type Active) (unowned) */
  GHashTable *counts;           /* kind to number */
  guint n_errors;
  guint n_left;
  guint n_passed;
  guint n_failed;
} Chaos;

/* Call with the lock held. */
static void
count (Chaos * chaos, const ChaosVerdict * verdict)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (chaos->counts,
          verdict->kind));

  g_hash_table_insert (chaos->counts, g_strdup (verdict->kind),
      GUINT_TO_POINTER (n + 1));
  chaos->n_errors += g_str_has_prefix (verdict->kind, "error");
  if (verdict->problem == NULL)
    chaos->n_passed++;
  else
    chaos->n_failed++;
}

static void
print_seed (const ChaosPlan * plan, const gchar * text)
{
  g_autofree gchar *description = chaos_plan_describe (plan);

  printf ("seed %u: %s\n%s\n", plan->seed, text, description);
  fflush (stdout);
}

/* Call with the lock held. */
static void
report (Chaos * chaos, const ChaosPlan * plan, const ChaosVerdict * verdict,
    gint64 took_us)
{
  g_autofree gchar *text = NULL;

  if (verdict->problem != NULL) {
    text = g_strdup_printf ("FAILED after %.1f s, %s: %s",
        took_us / (gdouble) G_USEC_PER_SEC, verdict->kind, verdict->problem);
    print_seed (plan, text);
  } else if (chaos->verbose) {
    printf ("seed %u: %s %s, %.1f s\n", plan->seed, plan->format,
        verdict->kind, took_us / (gdouble) G_USEC_PER_SEC);
    fflush (stdout);
  }
}

static void
carry_out (Active * active, ChaosVerdict * verdict)
{
  g_autoptr (ChaosRun) run = chaos_run_new (active->plan, &active->step);

  chaos_run_carry_out (run);
  chaos_verdict_reach (verdict, run);
}

static void
run_seed (guint index, gpointer user_data)
{
  Chaos *chaos = user_data;
  g_autoptr (ChaosPlan) plan = chaos_plan_new (chaos->first + index);
  Active active = { plan, g_get_monotonic_time () };
  g_auto (ChaosVerdict) verdict = { NULL };

  g_mutex_lock (&chaos->lock);
  g_ptr_array_add (chaos->active, &active);
  g_mutex_unlock (&chaos->lock);

  carry_out (&active, &verdict);

  g_mutex_lock (&chaos->lock);
  g_ptr_array_remove (chaos->active, &active);
  count (chaos, &verdict);
  report (chaos, plan, &verdict, g_get_monotonic_time () - active.begin_us);
  chaos->n_left--;
  g_cond_broadcast (&chaos->changed);
  g_mutex_unlock (&chaos->lock);
}

/* Call with the lock held. */
static void
look_for_hung (Chaos * chaos)
{
  gint64 now_us = g_get_monotonic_time ();
  guint i;

  for (i = 0; i < chaos->active->len; i++) {
    Active *active = g_ptr_array_index (chaos->active, i);
    g_autofree gchar *text = NULL;

    if (now_us - active->begin_us < test_patience (DEADLINE_US))
      continue;
    text = g_strdup_printf ("HUNG while %s",
        (const gchar *) g_atomic_pointer_get (&active->step));
    print_seed (active->plan, text);
    abort ();
  }
}

static void
watch (Chaos * chaos)
{
  g_mutex_lock (&chaos->lock);
  while (chaos->n_left > 0) {
    g_cond_wait_until (&chaos->changed, &chaos->lock,
        g_get_monotonic_time () + WATCH_INTERVAL_US);
    look_for_hung (chaos);
  }
  g_mutex_unlock (&chaos->lock);
}

static void
run_seeds (Chaos * chaos, guint first, guint last, guint jobs)
{
  WorkThreads *threads;

  chaos->first = first;
  chaos->n_left = last - first + 1;
  threads = work_threads_new (jobs, chaos->n_left, run_seed, chaos);
  watch (chaos);
  work_threads_join (threads);
}

static void
print_counts (Chaos * chaos)
{
  g_autoptr (GList) kinds = g_list_sort (g_hash_table_get_keys
      (chaos->counts), (GCompareFunc) g_strcmp0);
  guint n = chaos->n_passed + chaos->n_failed;
  GList *l;

  for (l = kinds; l != NULL; l = l->next)
    printf ("%6u %s\n", GPOINTER_TO_UINT (g_hash_table_lookup (chaos->counts,
                l->data)), (const gchar *) l->data);
  printf ("%u of %u (%.2f%%) ended in an error\n", chaos->n_errors, n,
      100.0 * chaos->n_errors / n);
  printf ("%u passed, %u failed\n", chaos->n_passed, chaos->n_failed);
}

static gboolean
parse_seeds (const gchar * text, guint * first, guint * last)
{
  g_auto (GStrv) words = g_strsplit (text, "-", 2);
  guint64 from, to;

  if (words[0] == NULL
      || !g_ascii_string_to_unsigned (words[0], 10, 1, G_MAXINT, &from, NULL))
    return FALSE;
  to = from;
  if (words[1] != NULL && !g_ascii_string_to_unsigned (words[1], 10, from,
          G_MAXINT, &to, NULL))
    return FALSE;

  *first = from;
  *last = to;

  return TRUE;
}

static gboolean
parse_arguments (int *argc, char ***argv, Chaos * chaos, gchar ** seeds,
    gint * jobs)
{
  const GOptionEntry entries[] = {
    {"seeds", 0, 0, G_OPTION_ARG_STRING, seeds,
        "Seeds to run, from 1 on (1-100)", "A-B"},
    {"jobs", 0, 0, G_OPTION_ARG_INT, jobs,
        "How many at a time (4)", "N"},
    {"verbose", 0, 0, G_OPTION_ARG_NONE, &chaos->verbose,
        "Print each seed, not only those that fail", NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;

  fprintf (stderr, "%s\n", error->message);

  return FALSE;
}

int
main (int argc, char **argv)
{
  Chaos chaos = { FALSE };
  g_autofree gchar *seeds = NULL;
  const gchar *missing;
  guint first, last;
  gint jobs = 4;

  if (!parse_arguments (&argc, &argv, &chaos, &seeds, &jobs)
      || !parse_seeds (seeds != NULL ? seeds : "1-100", &first, &last)
      || jobs < 1)
    return 2;

  trial_init (&argc, &argv);
  missing = chaos_plan_get_missing_element ();
  if (missing != NULL) {
    printf ("skipped: there is no element %s\n", missing);
    return SKIPPED;
  }

  g_mutex_init (&chaos.lock);
  g_cond_init (&chaos.changed);
  chaos.active = g_ptr_array_new ();
  chaos.counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  run_seeds (&chaos, first, last, jobs);
  print_counts (&chaos);
  g_hash_table_unref (chaos.counts);
  g_ptr_array_unref (chaos.active);
  g_cond_clear (&chaos.changed);
  g_mutex_clear (&chaos.lock);

  return chaos.n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
