/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Each operation times each fault, once and for good.
 *
 * The matrix is data: operations, faults, and what is expected of a cell where
 * that does not follow from the operation. A fault that strikes once must end
 * in the exact object; one that lasts must end in one error of the given code,
 * without EOS. Run with --table to see the matrix and what came out.
 *
 * Cells run side by side, each with an emulator of its own. */

#include <stdio.h>
#include <string.h>

#include "network-fault.h"
#include "patience.h"
#include "sanitizer.h"
#include "test-resolver.h"
#include "work-threads.h"

/* ThreadSanitizer has room for so much memory only. */
#define CELLS_AT_ONCE (HAS_THREAD_SANITIZER ? 8 : 40)

/* A busy machine may be slower than a short stall-timeout, or may be through
 * before a fault strikes. Cells in which that decided run again, fewer at a
 * time, with times so many times as long. */
static const struct
{
  guint cells_at_a_time;
  guint patience;
} rounds[] = { {CELLS_AT_ONCE, 1}, {10, 4}, {2, 16} };

/* With a stall or two that begin at the end of it, less than a trial waits. */
#define LONG_BUDGET_MS 40000

/* What a cell ends in. A code of GST_RESOURCE_ERROR, or one of these. */
enum
{
  EXACT = -1,                   /* EOS, and the object equals the stream */
  ABORTED = -2,                 /* stopped, nothing is left */
  KEPT = -3,                    /* stopped, the parts are left */
  UNKNOWN = -5,                 /* stopped, nobody can tell what is left */
  BY_OPERATION = -4,            /* what the operation says */
};

#define E(code) GST_RESOURCE_ERROR_##code

typedef struct
{
  const gchar *name;            /* in the emulator's words */
  IceEmulatorOperation request;
  int once;                     /* end after a fault that strikes once */
  int lasting;                  /* end after a transient fault that lasts */
  int busy;                     /* the same where the service throttles */
  const gchar *setup;           /* (nullable) a fault that leads to it */
  const gchar *faults;          /* (nullable) of those, these alone */
} Operation;

/* Of the request that does nothing but open a connection any answer will do, and
 * none. */
#define FAULTS_OF_OPTIONS "reset-before|stall-before-answer|cut-answer" \
    "|error:status=500:code=InternalError|garbage|huge-body|redirect|web-page" \
    "|other-status:status=203"

static const Operation operations[] = {
  {"refresh", ICE_EMULATOR_REFRESH, EXACT, E (OPEN_WRITE), E (BUSY), NULL},
  {"initiate", ICE_EMULATOR_INITIATE, EXACT, E (OPEN_WRITE), E (BUSY), NULL},
  {"part", ICE_EMULATOR_PART, EXACT, E (WRITE), E (BUSY), NULL},
  {"complete", ICE_EMULATOR_COMPLETE, EXACT, E (CLOSE), E (BUSY), NULL},
  {"put", ICE_EMULATOR_PUT, EXACT, E (WRITE), E (BUSY), NULL},
  {"abort", ICE_EMULATOR_ABORT, ABORTED, KEPT, KEPT, NULL},
  {"head", ICE_EMULATOR_HEAD, EXACT, E (CLOSE), E (CLOSE),
      "complete:reset-after-processing"},
  {"options", ICE_EMULATOR_OPTIONS, EXACT, EXACT, EXACT, NULL,
      FAULTS_OF_OPTIONS},
};

typedef struct
{
  const gchar *spec;            /* without count; of the network: a name */
  gboolean throttles;
  gboolean is_of_network;
  NetworkFaultKind kind;
} Fault;

static const Fault faults[] = {
  {"reset-before", FALSE},
  {"reset-mid-body", FALSE},
  {"close-mid-body", FALSE},
  {"reset-after-processing", FALSE},
  {"close-after-processing", FALSE},
  {"cut-answer", FALSE},
  {"truncated-body", FALSE},
  {"early-answer:status=500:code=InternalError", FALSE},
  {"early-answer:status=403:code=SecurityTokenExpired", FALSE},
  {"stall-mid-body", FALSE},
  {"stall-before-answer", FALSE},
  {"error:status=500:code=InternalError", FALSE},
  {"error-after-processing:status=500:code=InternalError", FALSE},
  {"error:status=503:code=ServiceUnavailable:retry-after=1", TRUE},
  {"error:status=429:code=TooManyRequests", TRUE},
  {"error:status=400:code=RequestTimeout", FALSE},
  {"expired-token", FALSE},
  {"skew", FALSE},
  {"error:status=403:code=SignatureDoesNotMatch", FALSE},
  {"forbidden", FALSE},
  {"not-found", FALSE},
  {"garbage", FALSE},
  {"garbage-body", FALSE},
  {"empty-answer", FALSE},
  {"huge-body", FALSE},
  {"huge-headers", FALSE},
  {"slow-answer", FALSE},
  {"error-in-200:code=InternalError", FALSE},
  {"redirect", FALSE},
  {"wrong-crc", FALSE},
  {"no-crc", FALSE},
  {"wrong-etag", FALSE},
  {"no-etag", FALSE},
  {"no-xml-etag", FALSE},
  {"expired-token:code=InvalidAccessKeyId", FALSE},
  {"expired-token:code=InvalidAccessKeyId:for=1", FALSE},
  {"error:status=203:code=CallbackFailed", FALSE},
  {"other-status:status=202", FALSE},
  {"other-status:status=203", FALSE},
  {"other-status:status=206", FALSE},
  {"web-page", FALSE},
  {"web-page:status=403", FALSE},
  {"web-page:status=404", FALSE},
  {"web-page:status=502", FALSE},
  {"web-page:status=511", FALSE},
  {"web-page-after-processing", FALSE},
  {"web-page-after-processing:status=504", FALSE},
  {"byte-order-mark", FALSE},
  {"namespace-prefix", FALSE},
  {"no-length", FALSE},
  {"compressed", FALSE},
  {"(connection refused)", FALSE, TRUE, NETWORK_FAULT_REFUSED},
  {"(stall on accept)", FALSE, TRUE, NETWORK_FAULT_UNANSWERED},
  {"(name not resolved)", FALSE, TRUE, NETWORK_FAULT_UNRESOLVED},
  {"(certificate of another host)", FALSE, TRUE, NETWORK_FAULT_DISTRUSTED},
};

/* Where a cell ends otherwise than its row and column say, and why. The first
 * that matches counts; NULL matches every operation. */
typedef struct
{
  const gchar *operation;
  const gchar *spec;            /* a beginning of it */
  int once;
  int lasting;
} Exception;

static const Exception exceptions[] = {
#include "fault-matrix-exceptions.inc"
};

typedef struct
{
  guint number;
  const Operation *operation;
  const Fault *fault;
  gboolean lasting;
  int expected;
  guint patience;               /* of the round */
  gboolean decided;
  gchar *result;                /* what came out, in words */
  gchar *story;                 /* how that came about */
  gboolean ok;
  gint64 duration_us;
} Cell;

static const Exception *
find_exception (const Operation * operation, const Fault * fault)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (exceptions); i++) {
    const Exception *exception = &exceptions[i];

    if (exception->operation != NULL
        && !g_str_equal (exception->operation, operation->name))
      continue;
    if (g_str_has_prefix (fault->spec, exception->spec))
      return exception;
  }

  return NULL;
}

static int
get_expected (const Operation * operation, const Fault * fault,
    gboolean lasting)
{
  const Exception *exception = find_exception (operation, fault);
  int expected = BY_OPERATION;

  if (exception != NULL)
    expected = lasting ? exception->lasting : exception->once;
  if (expected != BY_OPERATION)
    return expected;
  if (!lasting)
    return operation->once;

  return fault->throttles ? operation->busy : operation->lasting;
}

static gchar *
describe (int end)
{
  g_autoptr (GEnumClass) codes = NULL;
  GEnumValue *value;

  switch (end) {
    case EXACT:
      return g_strdup ("exact");
    case ABORTED:
      return g_strdup ("aborted");
    case KEPT:
      return g_strdup ("kept");
    case UNKNOWN:
      return g_strdup ("unknown");
    default:
      break;
  }

  codes = g_type_class_ref (GST_TYPE_RESOURCE_ERROR);
  value = g_enum_get_value (codes, end);

  return g_ascii_strup (value->value_nick, -1);
}

static gchar *
describe_end (const TrialEnd * end)
{
  if (end->hung)
    return g_strdup ("HUNG");
  if (end->n_errors > 1)
    return g_strdup_printf ("%u ERRORS", end->n_errors);
  if (end->n_errors == 1 && end->eos)
    return g_strdup ("ERROR AND EOS");
  if (end->n_errors == 1)
    return describe (end->error->code);
  if (end->eos)
    return g_strdup (end->exact ? "exact" : "FALSE SUCCESS");

  return g_strdup (end->outcome);
}

static void
wait_for_part (Trial * trial)
{
  gint64 deadline = g_get_monotonic_time ()
      + test_patience (30 * G_USEC_PER_SEC);

  while (trial_get_stat (trial, "parts-uploaded") == 0
      && g_get_monotonic_time () < deadline)
    g_usleep (10000);
}

static void
wait_for_request (Trial * trial, IceEmulatorOperation operation)
{
  gint64 deadline = g_get_monotonic_time ()
      + test_patience (30 * G_USEC_PER_SEC);

  while (ice_emulator_count (trial->emulator, operation, 0) == 0
      && g_get_monotonic_time () < deadline)
    g_usleep (10000);
}

/* The fault is one that only stall detection ends. For all others it is slow
 * to speak: on a busy machine, requests take their time. */
static gboolean
stalls (const Fault * fault)
{
  return strstr (fault->spec, "stall") != NULL
      || strstr (fault->spec, "slow") != NULL;
}

/* An abort that stalls may be on its way when the time is over. */
static gboolean
is_as_expected (const Cell * cell)
{
  g_autofree gchar *expected = describe (cell->expected);

  return g_str_equal (cell->result, expected)
      || (g_str_equal (cell->operation->name, "abort") && cell->lasting
      && stalls (cell->fault) && g_str_equal (cell->result, "unknown"));
}

/* Starts the trial, and judges how it ends. */
static void
run_trial (Cell * cell, Trial * trial)
{
  const gchar *name = cell->operation->name;
  g_auto (TrialEnd) end = { 0 };

  if (cell->operation->setup != NULL)
    trial_add_fault (trial, cell->operation->setup);
  trial_start (trial);
  /* It is sent only as long as there is nothing else to send. */
  if (g_str_equal (name, "options"))
    wait_for_request (trial, cell->operation->request);

  trial_push (trial, 1, g_str_equal (name, "put") ? 50000 : 450000);
  if (g_str_equal (name, "abort")) {
    wait_for_part (trial);
    trial_stop (trial, &end);
  } else {
    trial_finish (trial, &end);
  }

  cell->result = describe_end (&end);
  cell->ok = is_as_expected (cell);
  if (!cell->ok)
    cell->story = trial_tell (trial, &end);
}

/* How long a cell may go on failing. Where this decides the end, it lets the
 * fault strike several times; otherwise the end comes by itself. */
static guint
get_budget_ms (const Cell * cell)
{
  guint budget_ms = stalls (cell->fault) ? 2500 : 1500;

  if (!cell->lasting || cell->expected == EXACT || cell->expected == ABORTED)
    return LONG_BUDGET_MS;
  if (cell->fault->is_of_network)
    budget_ms = network_fault_needs_tls (cell->fault->kind) ? 8000 : 3000;
  /* A service that asks for a second must be given more than that. */
  if (strstr (cell->fault->spec, "retry-after") != NULL)
    budget_ms = 4000;

  return MIN (budget_ms * cell->patience, LONG_BUDGET_MS);
}

static gchar *
make_settings (const Cell * cell)
{
  guint64 budget = test_patience (get_budget_ms (cell)) * GST_MSECOND;
  guint64 stall = stalls (cell->fault) ? 400 * cell->patience : 10000;

  return g_strdup_printf ("part-size=102400 head-size=0 on-error=keep"
      " on-stop=abort retry-timeout=%" G_GUINT64_FORMAT " stop-timeout=%"
      G_GUINT64_FORMAT " stall-timeout=%" G_GUINT64_FORMAT, budget, budget,
      (guint64) test_patience (stall) * GST_MSECOND);
}

/* Nor does a short stop-timeout leave a busy machine the time to ask what has
 * become of an abort. */
static gboolean
is_decided (const Cell * cell)
{
  return cell->ok || !(stalls (cell->fault)
      || g_str_equal (cell->result, "unknown"));
}

static void
run_fault (Cell * cell)
{
  g_autofree gchar *settings = make_settings (cell);
  g_autoptr (Trial) trial = trial_new (NULL, settings);
  g_autofree gchar *spec = g_strdup_printf ("%s:%s:count=%d",
      cell->operation->name, cell->fault->spec, cell->lasting ? 0 : 1);

  trial_add_fault (trial, spec);
  run_trial (cell, trial);
  cell->decided = is_decided (cell);
}

static void
run_network_fault (Cell * cell)
{
  NetworkFaultKind kind = cell->fault->kind;
  g_autofree gchar *settings = make_settings (cell);
  g_autofree gchar *name = g_strdup_printf ("cell-%u-%u", cell->number,
      cell->patience);
  g_autofree gchar *trigger = g_strdup_printf ("%s:reset-before:count=0",
      cell->operation->name);
  TlsTrial *tls = network_fault_needs_tls (kind)
      ? tls_trial_new (name, settings) : NULL;
  Trial *trial = tls != NULL ? tls->trial : trial_new (NULL, settings);
  NetworkFault *fault = network_fault_new (kind, trial, tls,
      cell->operation->request, cell->lasting);
  gboolean struck;

  trial_add_fault (trial, trigger);
  /* What an abort without an answer is asked about with. */
  if (g_str_equal (cell->operation->name, "abort"))
    trial_add_fault (trial, "list-parts:reset-before:count=0");
  run_trial (cell, trial);
  struck = network_fault_free (fault);
  if (tls != NULL)
    tls_trial_free (tls);
  else
    trial_free (trial);

  if (!struck) {
    g_free (cell->result);
    cell->result = g_strdup ("NOT STRUCK");
    cell->ok = FALSE;
  }
  cell->decided = struck && is_decided (cell);
}

/* The slow ones first, so that none of them is alone at the end. */
static gint
compare_slowness (gconstpointer a, gconstpointer b)
{
  const Cell *cells[] = { *(const Cell **) a, *(const Cell **) b };
  guint slowness[2], i;

  for (i = 0; i < G_N_ELEMENTS (cells); i++)
    slowness[i] = cells[i]->fault->is_of_network ? 5000
        : cells[i]->lasting ? MIN (get_budget_ms (cells[i]), 5000) : 0;

  return slowness[1] - slowness[0];
}

static void
run_cell (guint index, gpointer user_data)
{
  GPtrArray *cells = user_data;
  Cell *cell = g_ptr_array_index (cells, index);
  gint64 begin_us = g_get_monotonic_time ();

  g_clear_pointer (&cell->result, g_free);
  g_clear_pointer (&cell->story, g_free);
  if (cell->fault->is_of_network)
    run_network_fault (cell);
  else
    run_fault (cell);
  cell->duration_us = g_get_monotonic_time () - begin_us;
}

static void
run_round (GPtrArray * cells, guint round)
{
  g_autoptr (GPtrArray) undecided = g_ptr_array_new ();
  guint i;

  for (i = 0; i < cells->len; i++) {
    Cell *cell = g_ptr_array_index (cells, i);

    if (cell->decided)
      continue;
    cell->patience = rounds[round].patience;
    g_ptr_array_add (undecided, cell);
  }
  g_ptr_array_sort (undecided, compare_slowness);
  work_threads_join (work_threads_new (rounds[round].cells_at_a_time,
          undecided->len, run_cell, undecided));
}

static gboolean
is_met (const Operation * operation, const Fault * fault)
{
  g_auto (GStrv) faults = g_strsplit (operation->faults != NULL ?
      operation->faults : fault->spec, "|", -1);

  return g_strv_contains ((const gchar * const *) faults, fault->spec);
}

/* It strikes for so long; to last or not is not the cell's to say. */
static gboolean
ends_by_itself (const Fault * fault)
{
  return strstr (fault->spec, ":for=") != NULL;
}

static GPtrArray *
make_cells (const gchar * filter)
{
  GPtrArray *cells = g_ptr_array_new ();
  guint i, j, lasting;

  for (i = 0; i < G_N_ELEMENTS (operations); i++)
    for (j = 0; j < G_N_ELEMENTS (faults); j++)
      for (lasting = 0; lasting < 2; lasting++) {
        Cell *cell;
        g_autofree gchar *name = g_strdup_printf ("%s:%s",
            operations[i].name, faults[j].spec);

        if (filter != NULL && !g_str_has_prefix (name, filter))
          continue;
        if (!is_met (&operations[i], &faults[j])
            || (lasting && ends_by_itself (&faults[j])))
          continue;
        cell = g_new0 (Cell, 1);
        cell->number = cells->len;
        cell->operation = &operations[i];
        cell->fault = &faults[j];
        cell->lasting = lasting;
        cell->expected = get_expected (cell->operation, cell->fault, lasting);
        g_ptr_array_add (cells, cell);
      }

  return cells;
}

static void
print_cell (const Cell * cell)
{
  g_autofree gchar *expected = describe (cell->expected);

  printf ("%-9s %-54s %-8s %-16s %4.1f s %s\n", cell->operation->name,
      cell->fault->spec, cell->lasting ? "for good" : "once", expected,
      (gdouble) cell->duration_us / G_USEC_PER_SEC,
      cell->ok ? "ok" : cell->result);
  if (cell->story != NULL)
    printf ("%s", cell->story);
}

int
main (int argc, char **argv)
{
  gboolean table = FALSE;
  g_autofree gchar *filter = NULL;
  const GOptionEntry entries[] = {
    {"table", 0, 0, G_OPTION_ARG_NONE, &table,
        "Print all cells, not only those that fail", NULL},
    {"only", 0, 0, G_OPTION_ARG_STRING, &filter,
        "Only cells whose OPERATION:FAULT begins so", "TEXT"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) cells = NULL;
  guint i, failed = 0;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_ignore_unknown_options (context, TRUE);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 2;
  }
  trial_init (&argc, &argv);
  test_resolver_install ();

  cells = make_cells (filter);
  for (i = 0; i < G_N_ELEMENTS (rounds); i++)
    run_round (cells, i);

  for (i = 0; i < cells->len; i++) {
    Cell *cell = g_ptr_array_index (cells, i);

    if (table || !cell->ok)
      print_cell (cell);
    failed += !cell->ok;
    g_free (cell->result);
    g_free (cell->story);
    g_free (cell);
  }
  printf ("%u passed, %u failed\n", cells->len - failed, failed);

  return failed == 0 ? 0 : 1;
}
