/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the fault matrix can't have: faults that strike before there is a
 * request, and an uplink that is slower than any patience.
 *
 * Like the matrix, each fault strikes for a while and for good. For a while,
 * it has to end in the exact object, after one interruption that is reported
 * as such; for good, in one error of the code that belongs to the moment, and
 * no EOS. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "patience.h"
#include "sanitizer.h"
#include "tls-trial.h"
#include "test-resolver.h"

#define PART_SIZE 102400

/* Fails often enough to be reported, then works. */
#define FOR_A_WHILE 3

/* (transfer full) */
static gchar *
get_settings (gboolean lasting)
{
  return g_strdup_printf ("part-size=102400 head-size=0 on-error=keep"
      " on-stop=abort stall-timeout=%" G_GINT64_FORMAT " stop-timeout=%"
      G_GINT64_FORMAT " retry-timeout=%" G_GINT64_FORMAT,
      test_patience (400 * GST_MSECOND), test_patience (2 * GST_SECOND),
      test_patience (lasting ? 1500 * GST_MSECOND : 30 * GST_SECOND));
}

static gint64
get_deadline (void)
{
  return g_get_monotonic_time () + test_patience (60 * G_USEC_PER_SEC);
}

#define wait_for(condition) \
  G_STMT_START { \
    gint64 deadline_us_ = get_deadline (); \
    while (!(condition)) { \
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us_); \
      g_usleep (5000); \
    } \
  } G_STMT_END

static Trial *
new_trial (const gchar * const *options, gboolean lasting)
{
  g_autofree gchar *launch = get_settings (lasting);

  return trial_new (options, launch);
}

static void
assert_exact (const TrialEnd * end)
{
  g_assert_no_error (end->error);
  g_assert_false (end->hung);
  g_assert_true (end->eos);
  g_assert_true (end->exact);
  g_assert_cmpstr (end->outcome, ==, "completed");
}

static void
assert_interrupted_once (const TrialEnd * end)
{
  g_assert_cmpuint (end->n_interrupted, ==, 1);
  g_assert_cmpuint (end->n_resumed, ==, 1);
}

static void
assert_failed (const TrialEnd * end, gint code)
{
  g_assert_false (end->hung);
  g_assert_false (end->eos);
  g_assert_cmpuint (end->n_errors, ==, 1);
  g_assert_error (end->error, GST_RESOURCE_ERROR, code);
  g_assert_cmpuint (end->n_interrupted, <=, 1);
  g_assert_cmpuint (end->n_resumed, ==, 0);
}

static void
assert_end (const TrialEnd * end, gboolean lasting, gint code)
{
  if (lasting) {
    assert_failed (end, code);
  } else {
    assert_exact (end);
    assert_interrupted_once (end);
  }
}

/* ---- names and certificates ---- */

static TlsTrial *
new_tls_trial (gboolean lasting)
{
  g_autofree gchar *launch = get_settings (lasting);

  return tls_trial_new ("limits", launch);
}

static void
run_to_end (Trial * trial, TrialEnd * end)
{
  trial_start (trial);
  trial_push (trial, 1, 3 * PART_SIZE);
  trial_finish (trial, end);
}

typedef struct
{
  const gchar *name;
  const gchar *suffix;          /* of what can't be resolved */
  gboolean lasting;
} NameCase;

static const NameCase name_cases[] = {
  {"ice/for-a-while", "ice.limits.test", FALSE},
  {"ice/for-good", "ice.limits.test", TRUE},
  {"oss/for-a-while", "oss.limits.test", FALSE},
  {"oss/for-good", "oss.limits.test", TRUE},
};

static void
test_name (gconstpointer data)
{
  const NameCase *c = data;
  g_autoptr (TlsTrial) tls = new_tls_trial (c->lasting);
  g_auto (TrialEnd) end = { 0 };

  test_resolver_fail (c->suffix, c->lasting ? G_MAXUINT : FOR_A_WHILE);
  run_to_end (tls->trial, &end);
  test_resolver_fail (c->suffix, 0);

  assert_end (&end, c->lasting, GST_RESOURCE_ERROR_OPEN_WRITE);
}

typedef struct
{
  const gchar *name;
  const gchar *names;           /* in the certificate; NULL: the right ones,
                                 * but the CA is another of the same name */
  glong from_days;
  glong to_days;
  const gchar *reason;          /* part of what the interruption says */
} CertificateCase;

#define NAMES "DNS:ice.limits.test,DNS:*.oss.limits.test"

static const CertificateCase certificate_cases[] = {
  {"another-host", "DNS:elsewhere.test", -1, 1, "another host"},
  {"expired", NAMES, -30, -1, "check the clock of this device"},
  {"not-yet-valid", NAMES, 1, 30, "check the clock of this device"},
  {"forged", NULL, -1, 1, "not acceptable"},
};

/* (transfer full) */
static GTlsCertificate *
new_bad_certificate (TlsTrial * tls, const CertificateCase * c)
{
  g_autoptr (Authority) stranger = authority_new ();

  return authority_sign (c->names == NULL ? stranger : tls->authority,
      c->names == NULL ? NAMES : c->names, c->from_days * TLS_TRIAL_DAY,
      c->to_days * TLS_TRIAL_DAY);
}

static void
try_certificate (const CertificateCase * c, gboolean of_oss, gboolean lasting)
{
  g_autoptr (TlsTrial) tls = new_tls_trial (lasting);
  g_autoptr (GTlsCertificate) bad = new_bad_certificate (tls, c);
  g_auto (TrialEnd) end = { 0 };

  relay_set_bad_certificate (of_oss ? tls->oss : tls->ice, bad,
      lasting ? G_MAXUINT : FOR_A_WHILE);
  run_to_end (tls->trial, &end);

  assert_end (&end, lasting, GST_RESOURCE_ERROR_OPEN_WRITE);
  /* On a slow machine it may fail for good before it is an interruption. */
  g_assert_nonnull (strstr (lasting ? end.debug : end.reason, c->reason));
}

static void
test_certificate (gconstpointer data)
{
  try_certificate (data, FALSE, FALSE);
  try_certificate (data, FALSE, TRUE);
  try_certificate (data, TRUE, FALSE);
  try_certificate (data, TRUE, TRUE);
}

static void
test_unknown_authority (void)
{
  const gchar *const options[] = { "--tls", NULL };
  g_autoptr (Trial) trial = new_trial (options, TRUE);
  g_autoptr (Authority) authority = authority_new ();
  g_autofree gchar *ca_file = authority_write_file (authority);
  g_auto (TrialEnd) end = { 0 };

  g_object_set (trial->sink, "ssl-ca-file", ca_file, NULL);
  run_to_end (trial, &end);
  g_remove (ca_file);

  assert_failed (&end, GST_RESOURCE_ERROR_OPEN_WRITE);
  g_assert_nonnull (strstr (end.debug, "ssl-ca-file"));
}

/* ---- connections ---- */

typedef struct
{
  const gchar *name;
  gsize before;                 /* bytes that get through */
  gsize after;                  /* bytes that have to wait */
  gboolean leased;              /* the first lease is there */
  guint parts;                  /* have been uploaded */
  gint code;
} CutCase;

static const CutCase cut_cases[] = {
  {"refresh", 0, PART_SIZE, FALSE, 0, GST_RESOURCE_ERROR_OPEN_WRITE},
  {"initiate", 0, PART_SIZE, TRUE, 0, GST_RESOURCE_ERROR_OPEN_WRITE},
  {"part", PART_SIZE, 3 * PART_SIZE, TRUE, 1, GST_RESOURCE_ERROR_WRITE},
  {"complete", 2 * PART_SIZE, 0, TRUE, 2, GST_RESOURCE_ERROR_CLOSE},
};

static void
set_reachable (Trial * trial, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (trial->emulator, reachable, &error);
  g_assert_no_error (error);
}

/* The bucket is known from the first lease on. */
static gboolean
is_leased (Trial * trial)
{
  g_autoptr (GstStructure) stats = NULL;
  const gchar *bucket;

  g_object_get (trial->sink, "stats", &stats, NULL);
  bucket = gst_structure_get_string (stats, "bucket");

  return bucket != NULL && *bucket != '\0';
}

static gboolean
is_interrupted (Trial * trial)
{
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (trial->sink, "stats", &stats, NULL);

  return g_str_equal (gst_structure_get_string (stats, "state"),
      "interrupted");
}

static gpointer
mend (gpointer data)
{
  Trial *trial = data;

  wait_for (is_interrupted (trial));
  set_reachable (trial, TRUE);

  return NULL;
}

static void
try_cut (const CutCase * c, gboolean lasting)
{
  g_autoptr (Trial) trial = new_trial (NULL, lasting);
  g_auto (TrialEnd) end = { 0 };
  GThread *mender;

  if (!c->leased)
    set_reachable (trial, FALSE);
  trial_start (trial);
  if (c->before > 0)
    trial_push (trial, 1, c->before);
  wait_for (is_leased (trial) || !c->leased);
  wait_for (trial_get_stat (trial, "parts-uploaded") >= c->parts);
  set_reachable (trial, FALSE);
  if (c->after > 0)
    trial_push (trial, 2, c->after);

  mender = lasting ? NULL : g_thread_new ("mender", mend, trial);
  trial_finish (trial, &end);
  g_clear_pointer (&mender, g_thread_join);

  assert_end (&end, lasting, c->code);
}

static void
test_refused (gconstpointer data)
{
  try_cut (data, FALSE);
  try_cut (data, TRUE);
}

typedef struct
{
  const gchar *name;
  const gchar *fault;
} AcceptCase;

static const AcceptCase accept_cases[] = {
  {"closed", "any:close-on-accept"},
  {"stalled", "any:stall-on-accept"},
};

static void
try_accept (const AcceptCase * c, gboolean lasting)
{
  g_autofree gchar *fault = g_strdup_printf ("%s:count=%d", c->fault,
      lasting ? 0 : FOR_A_WHILE);
  g_autoptr (Trial) trial = new_trial (NULL, lasting);
  g_auto (TrialEnd) end = { 0 };

  trial_add_fault (trial, fault);
  run_to_end (trial, &end);

  assert_end (&end, lasting, GST_RESOURCE_ERROR_OPEN_WRITE);
}

static void
test_accept (gconstpointer data)
{
  try_accept (data, FALSE);
  try_accept (data, TRUE);
}

/* The connection that is there works; no other ever does. */
static void
test_one_connection (gconstpointer data)
{
  const AcceptCase *c = data;
  g_autofree gchar *fault = g_strdup_printf ("%s:skip=1:count=0", c->fault);
  g_autoptr (Trial) trial = new_trial (NULL, FALSE);
  g_auto (TrialEnd) end = { 0 };

  trial_add_fault (trial, fault);
  trial_start (trial);
  trial_push (trial, 1, 10 * PART_SIZE);
  trial_finish (trial, &end);

  assert_exact (&end);
}

/* ---- answers without end ---- */

/* What is offered is 1 GiB, or 64 MiB of headers. Some of what could be sent
 * has never been read: it lies in the buffers of the sockets. */
#define MAX_ANSWER (32 * 1024 * 1024)
#define MAX_GROWTH (32 * 1024)  /* KiB */

typedef struct
{
  const gchar *name;
  const gchar *fault;
  const gchar *operations[5];
} AnswerCase;

static const AnswerCase answer_cases[] = {
  {"body", "huge-body", {"refresh", "initiate", "part", "complete"}},
  {"headers", "huge-headers", {"refresh", "initiate", "part", "complete"}},
  /* Each takes a while. */
  {"byte-by-byte", "slow-answer:seconds=0.05", {"initiate"}},
};

/* A line `NAME: NUMBER kB` of /proc/self/status. */
static guint64
get_memory (const gchar * name)
{
  g_autofree gchar *status = NULL;
  const gchar *line;

  g_file_get_contents ("/proc/self/status", &status, NULL, NULL);
  g_assert_nonnull (status);
  line = strstr (status, name);
  g_assert_nonnull (line);

  return g_ascii_strtoull (line + strlen (name), NULL, 10);
}

/* Later peaks count from now. Returns what is in use. */
static guint64
begin_peak (void)
{
  int file = g_open ("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC, 0);

  g_assert_cmpint (file, >=, 0);
  g_assert_cmpint (write (file, "5", 1), ==, 1);
  close (file);

  return get_memory ("VmRSS:\t");
}

/* The one that was struck by a fault. */
static void
assert_hung_up (Trial * trial)
{
  g_autoptr (GPtrArray) records = ice_emulator_get_records (trial->emulator);
  guint i, n = 0;

  for (i = 0; i < records->len; i++) {
    const IceEmulatorRecord *record = g_ptr_array_index (records, i);

    if (record->fault == NULL)
      continue;
    n++;
    g_test_message ("%s: %" G_GUINT64_FORMAT " bytes could be sent",
        record->fault, record->answer_bytes);
    g_assert_cmpuint (record->answer_bytes, >, 0);
    g_assert_cmpuint (record->answer_bytes, <, MAX_ANSWER);
  }
  g_assert_cmpuint (n, ==, 1);
}

static void
try_answer (const gchar * operation, const gchar * fault)
{
  g_autofree gchar *spec = g_strconcat (operation, ":", fault, NULL);
  g_autoptr (Trial) trial = new_trial (NULL, FALSE);
  g_auto (TrialEnd) end = { 0 };
  guint64 before = begin_peak ();

  trial_add_fault (trial, spec);
  run_to_end (trial, &end);

  assert_exact (&end);
  assert_hung_up (trial);
  /* What a sanitizer needs for a thread is more than that. */
  if (!HAS_THREAD_SANITIZER)
    g_assert_cmpuint (get_memory ("VmHWM:\t"), <, before + MAX_GROWTH);
}

static void
test_answer (gconstpointer data)
{
  const AnswerCase *c = data;
  guint i;

  for (i = 0; c->operations[i] != NULL; i++)
    try_answer (c->operations[i], c->fault);
}

/* ---- rate ---- */

/* 64 kbit/s: a part takes six times as long as a stall may. The socket buffers
 * take it at once, so no byte moves as far as the application can see. */
static void
test_slow_uplink (void)
{
  const gchar *const options[] = { "--rate=8000", NULL };
  g_autoptr (Trial) trial = trial_new (options, "part-size=102400"
      " head-size=0 stall-timeout=2000000000 retry-timeout=5000000000");
  g_auto (TrialEnd) end = { 0 };

  run_to_end (trial, &end);

  assert_exact (&end);
  g_assert_cmpuint (end.n_interrupted, ==, 0);
  g_assert_cmpuint (trial_get_stat (trial, "retries"), ==, 0);
}

/* ---- the programme ---- */

static void
add (const gchar * folder, const gchar * name, gconstpointer data,
    GTestDataFunc func)
{
  g_autofree gchar *path = g_strdup_printf ("/icesink/limits/%s/%s", folder,
      name);

  g_test_add_data_func (path, data, func);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  trial_init (&argc, &argv);
  test_resolver_install ();

  for (i = 0; i < G_N_ELEMENTS (name_cases); i++)
    add ("unresolved-name", name_cases[i].name, &name_cases[i], test_name);
  for (i = 0; i < G_N_ELEMENTS (certificate_cases); i++)
    add ("certificate", certificate_cases[i].name, &certificate_cases[i],
        test_certificate);
  g_test_add_func ("/icesink/limits/certificate/unknown-authority",
      test_unknown_authority);
  for (i = 0; i < G_N_ELEMENTS (cut_cases); i++)
    add ("refused", cut_cases[i].name, &cut_cases[i], test_refused);
  for (i = 0; i < G_N_ELEMENTS (accept_cases); i++) {
    add ("accepted-and", accept_cases[i].name, &accept_cases[i], test_accept);
    add ("one-connection-works/others-are", accept_cases[i].name,
        &accept_cases[i], test_one_connection);
  }
  for (i = 0; i < G_N_ELEMENTS (answer_cases); i++)
    add ("answers-without-end", answer_cases[i].name, &answer_cases[i],
        test_answer);
  g_test_add_func ("/icesink/limits/slow-uplink", test_slow_uplink);

  return g_test_run ();
}
