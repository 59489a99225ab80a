/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The lease keeper against the emulator, on a clock that both share and the
 * test moves. Everything but the emulator runs on the main thread. */

#include "upload/lease-keeper.h"

#include "../patience.h"
#include "credentials/static-provider.h"
#include "test-time.h"

#include <string.h>

#define MILLISECOND ((gint64) 1000)
#define SECOND ((gint64) G_USEC_PER_SEC)
#define HOUR (3600 * SECOND)

#define MEDIA_ID "m1"
#define ACCESS_KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define ACCESS_KEY_SECRET "EmulatorDemoSecret0123456789ab"

/* The longest that a test waits for something, in real time. */
#define DEADLINE (20 * SECOND)

/**
 * Keeping:
 * @leases: told of, newest last
 * @failures: told of, final or not
 * @n_final: of these, final ones
 * @last_delay: of the last one
 * @last_error: of the last one
 * @reasons: for which the application was asked
 * @promises: what the application answers when it is asked: TRUE, its answer
 *     will come
 */
typedef struct
{
  TestTime time;
  IceEmulator *emulator;
  GstIceHttpClient *http;
  GstIceMediaClient *client;
  GstIceLeaseKeeper *keeper;
  GPtrArray *leases;
  guint n_failures;
  guint n_final;
  gint64 last_delay;
  GError *last_error;
  GPtrArray *reasons;
  gboolean promises;
} Keeping;

static void
on_leased (GstIceLease * lease, gpointer user_data)
{
  Keeping *keeping = user_data;

  g_ptr_array_add (keeping->leases, gst_ice_lease_ref (lease));
}

static gboolean
on_ask (const gchar * reason, gpointer user_data)
{
  Keeping *keeping = user_data;

  g_ptr_array_add (keeping->reasons, g_strdup (reason));

  return keeping->promises;
}

static void
on_failed (const GError * error, gboolean final, gint64 delay_us,
    gpointer user_data)
{
  Keeping *keeping = user_data;

  keeping->n_failures++;
  keeping->n_final += final;
  keeping->last_delay = delay_us;
  g_clear_error (&keeping->last_error);
  keeping->last_error = g_error_copy (error);
}

static const GstIceLeaseKeeperCallbacks callbacks =
    { on_leased, on_ask, on_failed };

static void
start_emulator (Keeping * keeping, const gchar * const *options)
{
  g_autoptr (GError) error = NULL;

  keeping->emulator = ice_emulator_new (options, &error);
  g_assert_no_error (error);
  test_time_share (&keeping->time, keeping->emulator);
  ice_emulator_start (keeping->emulator, &error);
  g_assert_no_error (error);
}

/* @options: of the emulator, or NULL. @retry_timeout: of the keeper. */
static void
keeping_init (Keeping * keeping, const gchar * const *options,
    gint64 retry_timeout)
{
  const GstIceNetworkConfig values = {
    .user_agent = (gchar *) "test",
    .proxy = (gchar *) "",
    .stall_timeout = 12 * 60 * 60 * GST_SECOND,
  };
  g_autoptr (GstIceNetworkConfig) config = gst_ice_network_config_new (&values);
  g_autoptr (GstIceIdentity) identity =
      gst_ice_identity_new (ACCESS_KEY_ID, ACCESS_KEY_SECRET, NULL);
  g_autoptr (GstIceCredentialsProvider) provider =
      gst_ice_static_provider_new (identity);
  g_autoptr (GstIceEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  memset (keeping, 0, sizeof (*keeping));
  test_time_init (&keeping->time);
  start_emulator (keeping, options);
  keeping->http = gst_ice_http_client_new (config, 2, keeping->time.clock,
      &error);
  g_assert_no_error (error);
  endpoint = gst_ice_endpoint_parse_setting (ice_emulator_get_uri
      (keeping->emulator), &error);
  g_assert_no_error (error);
  keeping->client = gst_ice_media_client_new (keeping->http, endpoint,
      provider);
  keeping->keeper = gst_ice_lease_keeper_new (keeping->client,
      keeping->time.clock, MEDIA_ID, retry_timeout, &callbacks, keeping);
  keeping->leases =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_lease_unref);
  keeping->reasons = g_ptr_array_new_with_free_func (g_free);
}

static void
keeping_clear (Keeping * keeping)
{
  g_clear_pointer (&keeping->keeper, gst_ice_lease_keeper_free);
  gst_ice_media_client_unref (keeping->client);
  gst_ice_http_client_unref (keeping->http);
  while (g_main_context_iteration (NULL, FALSE));
  ice_emulator_free (keeping->emulator);
  g_ptr_array_unref (keeping->leases);
  g_ptr_array_unref (keeping->reasons);
  g_clear_error (&keeping->last_error);
  test_time_clear (&keeping->time);
}

static gboolean
wake_up (gpointer unused)
{
  return G_SOURCE_CONTINUE;
}

/* Runs the main loop until @number is at least @value; the clock moves by
 * @step a millisecond. */
static void
run_until (Keeping * keeping, const guint * number, guint value, gint64 step)
{
  guint ticker = g_timeout_add (1, wake_up, NULL);
  gint64 deadline = g_get_monotonic_time () + test_patience (DEADLINE);

  while (*number < value) {
    if (g_get_monotonic_time () > deadline)
      g_error ("%u of %u in vain", *number, value);
    g_main_context_iteration (NULL, TRUE);
    test_time_advance (&keeping->time, step);
  }
  g_source_remove (ticker);
}

static void
wait_leases (Keeping * keeping, guint n_leases)
{
  run_until (keeping, &keeping->leases->len, n_leases, 0);
}

static guint
count_calls (Keeping * keeping)
{
  return ice_emulator_count (keeping->emulator, ICE_EMULATOR_REFRESH, 0);
}

static GstIceLease *
get_lease (Keeping * keeping)
{
  return gst_ice_lease_keeper_get_lease (keeping->keeper);
}

static void
add_fault (Keeping * keeping, const gchar * fault)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_add_fault (keeping->emulator, fault, &error);
  g_assert_no_error (error);
}

static void
begin (Keeping * keeping)
{
  gst_ice_lease_keeper_start (keeping->keeper);
  wait_leases (keeping, 1);
}

/* Time passes, and whatever is due by then has begun: timers look at a clock
 * that is moved by hand every millisecond or so. */
static void
pass (Keeping * keeping, gint64 by)
{
  gint64 until;

  test_time_advance (&keeping->time, by);
  until = g_get_monotonic_time () + 10 * MILLISECOND;
  while (g_get_monotonic_time () < until)
    g_main_context_iteration (NULL, FALSE);
}

/* ---- leases from ICE ---- */

static void
test_first (void)
{
  Keeping keeping;

  keeping_init (&keeping, NULL, HOUR);
  g_assert_null (get_lease (&keeping));
  g_assert_cmpuint (gst_ice_lease_keeper_get_generation (keeping.keeper), ==,
      0);
  begin (&keeping);
  g_assert_true (get_lease (&keeping) ==
      g_ptr_array_index (keeping.leases, 0));
  g_assert_cmpuint (gst_ice_lease_keeper_get_generation (keeping.keeper), ==,
      1);

  /* To start twice is to start once. */
  gst_ice_lease_keeper_start (keeping.keeper);
  pass (&keeping, SECOND);
  g_assert_cmpuint (count_calls (&keeping), ==, 1);
  g_assert_cmpstr (g_ptr_array_index (keeping.reasons, 0), ==, "start");
  keeping_clear (&keeping);
}

/* Not too early, not too late, and the old one stays until the new one is
 * there. */
static void
check_renewal (const gchar * life_option, gint64 life, gint64 early,
    gint64 late)
{
  const gchar *options[] = { life_option, NULL };
  Keeping keeping;

  keeping_init (&keeping, options, HOUR);
  begin (&keeping);
  pass (&keeping, early);
  g_assert_cmpuint (count_calls (&keeping), ==, 1);
  test_time_advance (&keeping.time, late - early);
  wait_leases (&keeping, 2);
  g_assert_cmpuint (count_calls (&keeping), ==, 2);
  g_assert_cmpuint (keeping.n_failures, ==, 0);
  g_assert_cmpstr (g_ptr_array_index (keeping.reasons, 1), ==, "expiring");
  g_assert_true (get_lease (&keeping) ==
      g_ptr_array_index (keeping.leases, 1));
  g_assert_cmpint (get_lease (&keeping)->expires_us, ==,
      test_time_get (&keeping.time) + life);
  keeping_clear (&keeping);
}

static void
test_renewal (void)
{
  check_renewal ("--credential-life=2", 2 * SECOND, 1490 * MILLISECOND,
      1600 * MILLISECOND);
  check_renewal ("--credential-life=10", 10 * SECOND, 7490 * MILLISECOND,
      8 * SECOND);
  check_renewal ("--credential-life=300", 300 * SECOND, 179 * SECOND,
      180 * SECOND);
  check_renewal ("--credential-life=3600", HOUR, 2699 * SECOND,
      2880 * SECOND);
  check_renewal ("--credential-life=43200", 12 * HOUR, 32399 * SECOND,
      34560 * SECOND);
}

/* While renewals fail, the old lease is used to its very end. */
static void
test_used_to_the_end (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  Keeping keeping;
  gint64 end;

  keeping_init (&keeping, options, HOUR);
  begin (&keeping);
  end = get_lease (&keeping)->expires_us;
  add_fault (&keeping, "refresh:error:count=0");
  pass (&keeping, 48 * SECOND);
  run_until (&keeping, &keeping.n_failures, 1, 0);
  while (test_time_get (&keeping.time) + SECOND / 2 < end) {
    g_assert_nonnull (get_lease (&keeping));
    pass (&keeping, SECOND / 2);
  }
  test_time_advance (&keeping.time, end - 1 - test_time_get (&keeping.time));
  g_assert_true (get_lease (&keeping) ==
      g_ptr_array_index (keeping.leases, 0));
  test_time_advance (&keeping.time, 1);
  g_assert_null (get_lease (&keeping));
  g_assert_cmpuint (keeping.n_final, ==, 0);
  g_assert_cmpuint (keeping.n_failures, >=, 2);

  ice_emulator_clear_faults (keeping.emulator);
  run_until (&keeping, &keeping.leases->len, 2, 20 * MILLISECOND);
  g_assert_nonnull (get_lease (&keeping));
  keeping_clear (&keeping);
}

/* A refusal is final only when nothing has lived for retry-timeout. */
static void
test_refused_by_ice (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  Keeping keeping;

  keeping_init (&keeping, options, 60 * SECOND);
  begin (&keeping);
  add_fault (&keeping, "refresh:forbidden:count=0");
  while (get_lease (&keeping) != NULL) {
    g_assert_cmpuint (keeping.n_final, ==, 0);
    pass (&keeping, SECOND / 2);
  }
  g_assert_cmpuint (keeping.n_failures, >=, 1);
  pass (&keeping, 50 * SECOND);
  g_assert_cmpuint (keeping.n_final, ==, 0);
  run_until (&keeping, &keeping.n_final, 1, 20 * MILLISECOND);
  g_assert_error (keeping.last_error, GST_ICE_ERROR,
      GST_ICE_ERROR_NOT_AUTHORIZED);

  pass (&keeping, 10 * HOUR);
  g_assert_cmpuint (keeping.n_final, ==, 1);
  keeping_clear (&keeping);
}

/* One that passes ends nothing, though the lease has died. */
static void
test_refused_for_a_while (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  Keeping keeping;

  keeping_init (&keeping, options, HOUR);
  begin (&keeping);
  add_fault (&keeping, "refresh:forbidden:count=0");
  while (get_lease (&keeping) != NULL)
    pass (&keeping, SECOND / 2);
  pass (&keeping, 60 * SECOND);
  g_assert_cmpuint (keeping.n_final, ==, 0);
  ice_emulator_clear_faults (keeping.emulator);
  run_until (&keeping, &keeping.leases->len, 2, 20 * MILLISECOND);
  keeping_clear (&keeping);
}

/* A redirect from the first call on leads nowhere else. */
static void
test_redirected_at_first (void)
{
  Keeping keeping;
  gint64 begun;

  keeping_init (&keeping, NULL, -1);
  add_fault (&keeping, "refresh:redirect:count=0");
  gst_ice_lease_keeper_start (keeping.keeper);
  begun = test_time_get (&keeping.time);
  run_until (&keeping, &keeping.n_final, 1, 20 * MILLISECOND);
  g_assert_cmpint (test_time_get (&keeping.time) - begun, <, 60 * SECOND);
  keeping_clear (&keeping);
}

static void
test_refused_at_first (void)
{
  Keeping keeping;

  keeping_init (&keeping, NULL, -1);
  add_fault (&keeping, "refresh:not-found:count=0");
  gst_ice_lease_keeper_start (keeping.keeper);
  run_until (&keeping, &keeping.n_final, 1, 0);
  g_assert_error (keeping.last_error, GST_ICE_ERROR, GST_ICE_ERROR_NOT_FOUND);
  g_assert_cmpuint (count_calls (&keeping), ==, 1);
  keeping_clear (&keeping);
}

/* ---- refused leases ---- */

/* Three parts are refused at the same time, one renewal follows; one for an
 * older lease is no news. */
static void
test_single_flight (void)
{
  Keeping keeping;
  GstIceLease *first, *second;
  guint i;

  keeping_init (&keeping, NULL, HOUR);
  begin (&keeping);
  first = g_ptr_array_index (keeping.leases, 0);
  for (i = 0; i < 3; i++)
    gst_ice_lease_keeper_refused (keeping.keeper, first);
  g_assert_null (get_lease (&keeping));
  wait_leases (&keeping, 2);
  second = get_lease (&keeping);
  gst_ice_lease_keeper_refused (keeping.keeper, first);
  g_assert_true (get_lease (&keeping) == second);
  pass (&keeping, SECOND);
  g_assert_cmpuint (count_calls (&keeping), ==, 2);
  g_assert_cmpuint (keeping.reasons->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (keeping.reasons, 1), ==, "refused");
  keeping_clear (&keeping);
}

static void
test_expired_reason (void)
{
  const gchar *options[] = { "--credential-life=10", NULL };
  Keeping keeping;

  keeping_init (&keeping, options, HOUR);
  begin (&keeping);
  test_time_advance (&keeping.time, 20 * SECOND);
  gst_ice_lease_keeper_refused (keeping.keeper,
      g_ptr_array_index (keeping.leases, 0));
  wait_leases (&keeping, 2);
  g_assert_cmpstr (g_ptr_array_index (keeping.reasons, 1), ==, "expired");
  keeping_clear (&keeping);
}

/* A renewal that is on its way serves a refusal as well. */
static void
test_refused_while_calling (void)
{
  const gchar *options[] = { "--credential-life=60", NULL };
  Keeping keeping;

  keeping_init (&keeping, options, HOUR);
  begin (&keeping);
  test_time_advance (&keeping.time, 48 * SECOND);
  run_until (&keeping, &keeping.reasons->len, 2, 0);
  gst_ice_lease_keeper_refused (keeping.keeper,
      g_ptr_array_index (keeping.leases, 0));
  g_assert_null (get_lease (&keeping));
  wait_leases (&keeping, 2);
  pass (&keeping, SECOND);
  g_assert_cmpuint (count_calls (&keeping), ==, 2);
  keeping_clear (&keeping);
}

/* One that waits for its next attempt does not: the token is dead now. */
static void
test_refused_while_waiting (void)
{
  const gchar *options[] = { "--credential-life=3600", NULL };
  Keeping keeping;

  keeping_init (&keeping, options, HOUR);
  begin (&keeping);
  add_fault (&keeping, "refresh:forbidden");
  test_time_advance (&keeping.time, 2880 * SECOND);
  run_until (&keeping, &keeping.n_failures, 1, 0);
  g_assert_cmpint (keeping.last_delay, >=, 100 * SECOND);
  gst_ice_lease_keeper_refused (keeping.keeper,
      g_ptr_array_index (keeping.leases, 0));
  wait_leases (&keeping, 2);
  keeping_clear (&keeping);
}

/* ---- attempts ---- */

static void
test_budget (void)
{
  Keeping keeping;
  gint64 begun;

  keeping_init (&keeping, NULL, 60 * SECOND);
  add_fault (&keeping, "refresh:error:count=0");
  begun = test_time_get (&keeping.time);
  gst_ice_lease_keeper_start (keeping.keeper);
  run_until (&keeping, &keeping.n_final, 1, 50 * MILLISECOND);
  g_assert_error (keeping.last_error, GST_ICE_ERROR,
      GST_ICE_ERROR_UNAVAILABLE);
  g_assert_cmpint (test_time_get (&keeping.time) - begun, >=, 60 * SECOND);
  g_assert_cmpint (test_time_get (&keeping.time) - begun, <=, 70 * SECOND);
  g_assert_cmpuint (keeping.n_failures, >=, 5);
  keeping_clear (&keeping);
}

static void
test_no_budget (void)
{
  Keeping keeping;

  keeping_init (&keeping, NULL, -1);
  add_fault (&keeping, "refresh:error:count=0");
  gst_ice_lease_keeper_start (keeping.keeper);
  run_until (&keeping, &keeping.n_failures, 30, SECOND);
  g_assert_cmpuint (keeping.n_final, ==, 0);
  ice_emulator_clear_faults (keeping.emulator);
  run_until (&keeping, &keeping.leases->len, 1, 50 * MILLISECOND);
  keeping_clear (&keeping);
}

static const struct
{
  const gchar *fault;
  guint n_failures;             /* before the lease comes */
} transient_faults[] = {
  {"refresh:error", 1},
  {"refresh:error:status=503:code=ServiceUnavailable:count=3", 3},
  {"refresh:error:status=429", 1},
  {"refresh:error:status=400:code=Throttling.User", 1},
  {"refresh:error:status=400:code=SignatureNonceUsed", 1},
  {"refresh:error:status=400:code=InvalidSecurityToken.Expired", 1},
  {"refresh:skew", 1},
  {"refresh:reset-before", 1},
  {"refresh:close-after-processing", 1},
  {"refresh:cut-answer", 1},
  {"refresh:truncated-body", 1},
  {"refresh:empty-answer", 1},
  {"refresh:garbage", 1},
  {"refresh:garbage-body", 1},
  {"refresh:huge-body", 1},
  {"refresh:huge-headers", 1},
};

static void
test_transient (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Keeping keeping;

  keeping_init (&keeping, NULL, HOUR);
  add_fault (&keeping, transient_faults[i].fault);
  gst_ice_lease_keeper_start (keeping.keeper);
  run_until (&keeping, &keeping.leases->len, 1, 20 * MILLISECOND);
  g_assert_cmpuint (keeping.n_failures, ==, transient_faults[i].n_failures);
  g_assert_cmpuint (keeping.n_final, ==, 0);
  g_assert_cmpuint (keeping.leases->len, ==, 1);
  keeping_clear (&keeping);
}

/* Another identity may come until the budget is used up. */
static void
test_identity_expired_twice (void)
{
  Keeping keeping;

  keeping_init (&keeping, NULL, 60 * SECOND);
  add_fault (&keeping,
      "refresh:error:status=400:code=InvalidSecurityToken.Expired:count=0");
  gst_ice_lease_keeper_start (keeping.keeper);
  pass (&keeping, 50 * SECOND);
  g_assert_cmpuint (keeping.n_final, ==, 0);
  run_until (&keeping, &keeping.n_final, 1, 20 * MILLISECOND);
  g_assert_cmpuint (count_calls (&keeping), >, 2);
  g_assert_error (keeping.last_error, GST_ICE_ERROR,
      GST_ICE_ERROR_IDENTITY_EXPIRED);
  keeping_clear (&keeping);
}

static void
test_retry_after (void)
{
  Keeping keeping;

  keeping_init (&keeping, NULL, HOUR);
  add_fault (&keeping, "refresh:error:status=400:code=Throttling:"
      "x-acs-retry-after=50000");
  gst_ice_lease_keeper_start (keeping.keeper);
  run_until (&keeping, &keeping.n_failures, 1, 0);
  g_assert_cmpint (keeping.last_delay, ==, 50 * SECOND);
  pass (&keeping, 50 * SECOND - 1);
  g_assert_cmpuint (count_calls (&keeping), ==, 1);
  test_time_advance (&keeping.time, 1);
  wait_leases (&keeping, 1);
  keeping_clear (&keeping);
}

/* ---- leases from the application ---- */

/* What the application's own server would give: fetched by another keeper. */
static GstIceLease *
get_foreign_lease (Keeping * keeping, gint64 life)
{
  g_autofree gchar *auth = g_strdup_printf
      ("{\"AccessKeyId\":\"STS.app\",\"AccessKeySecret\":\"secret\","
      "\"Expiration\":\"%" G_GINT64_FORMAT "\"}", life / SECOND);
  const gchar *address = "{\"Endpoint\":\"http://127.0.0.1:1\","
      "\"Bucket\":\"bucket\",\"FileName\":\"object\"}";
  g_autofree gchar *address64 = g_base64_encode ((const guchar *) address,
      strlen (address));
  g_autofree gchar *auth64 = g_base64_encode ((const guchar *) auth,
      strlen (auth));
  g_autoptr (GError) error = NULL;
  GstIceLease *lease = gst_ice_lease_decode (address64, auth64,
      gst_ice_clock_get_service_time (keeping->time.clock, ""),
      test_time_get (&keeping->time), &error);

  g_assert_no_error (error);

  return lease;
}

/* An application that keeps its promises: ICE is never called. */
static void
test_promise_kept (void)
{
  Keeping keeping;
  guint i;

  keeping_init (&keeping, NULL, 60 * SECOND);
  keeping.promises = TRUE;
  gst_ice_lease_keeper_start (keeping.keeper);
  for (i = 1; i <= 3; i++) {
    g_autoptr (GstIceLease) lease = get_foreign_lease (&keeping, HOUR);

    run_until (&keeping, &keeping.reasons->len, i, 0);
    gst_ice_lease_keeper_answer (keeping.keeper, TRUE);
    pass (&keeping, 30 * SECOND);
    gst_ice_lease_keeper_provide (keeping.keeper, lease);
    g_assert_cmpuint (keeping.leases->len, ==, i);
    g_assert_true (get_lease (&keeping) == lease);
    test_time_advance (&keeping.time, 2880 * SECOND);
  }
  g_assert_cmpuint (count_calls (&keeping), ==, 0);
  g_assert_cmpuint (keeping.n_failures, ==, 0);
  keeping_clear (&keeping);
}

/* An application that has nothing to do with it: ICE is called, once. */
static void
test_no_promise (void)
{
  Keeping keeping;

  keeping_init (&keeping, NULL, HOUR);
  keeping.promises = TRUE;
  gst_ice_lease_keeper_start (keeping.keeper);
  pass (&keeping, SECOND);
  g_assert_cmpuint (count_calls (&keeping), ==, 0);
  gst_ice_lease_keeper_answer (keeping.keeper, FALSE);
  gst_ice_lease_keeper_answer (keeping.keeper, FALSE);
  gst_ice_lease_keeper_answer (keeping.keeper, TRUE);
  wait_leases (&keeping, 1);
  g_assert_cmpuint (count_calls (&keeping), ==, 1);
  keeping_clear (&keeping);
}

/* @answers: the handler returned TRUE; else it never returned. */
static void
check_promise_broken (gboolean answers)
{
  Keeping keeping;

  keeping_init (&keeping, NULL, 60 * SECOND);
  keeping.promises = TRUE;
  gst_ice_lease_keeper_start (keeping.keeper);
  if (answers)
    gst_ice_lease_keeper_answer (keeping.keeper, TRUE);
  pass (&keeping, 59 * SECOND);
  g_assert_cmpuint (keeping.n_final, ==, 0);
  test_time_advance (&keeping.time, SECOND);
  run_until (&keeping, &keeping.n_final, 1, 0);
  g_assert_error (keeping.last_error, GST_ICE_ERROR,
      GST_ICE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (keeping.last_error->message,
          "provide-upload-credential"));
  g_assert_cmpuint (count_calls (&keeping), ==, 0);
  keeping_clear (&keeping);
}

static void
test_promise_broken (void)
{
  check_promise_broken (TRUE);
  check_promise_broken (FALSE);
}

/* Who tries for ever waits for ever, too. */
static void
test_promise_without_limit (void)
{
  Keeping keeping;
  g_autoptr (GstIceLease) lease = NULL;

  keeping_init (&keeping, NULL, -1);
  keeping.promises = TRUE;
  gst_ice_lease_keeper_start (keeping.keeper);
  gst_ice_lease_keeper_answer (keeping.keeper, TRUE);
  pass (&keeping, 1000 * HOUR);
  g_assert_cmpuint (keeping.n_failures, ==, 0);

  lease = get_foreign_lease (&keeping, HOUR);
  gst_ice_lease_keeper_provide (keeping.keeper, lease);
  wait_leases (&keeping, 1);
  g_assert_true (get_lease (&keeping) == lease);
  keeping_clear (&keeping);
}

/* A promise for a renewal costs nothing while the old lease lives; when that
 * has been refused, it counts at once. */
static void
test_promise_while_alive (void)
{
  Keeping keeping;
  g_autoptr (GstIceLease) lease = NULL;

  keeping_init (&keeping, NULL, 60 * SECOND);
  keeping.promises = TRUE;
  lease = get_foreign_lease (&keeping, HOUR);
  gst_ice_lease_keeper_provide (keeping.keeper, lease);
  test_time_advance (&keeping.time, 2880 * SECOND);
  run_until (&keeping, &keeping.reasons->len, 1, 0);
  gst_ice_lease_keeper_answer (keeping.keeper, TRUE);
  pass (&keeping, 300 * SECOND);
  g_assert_cmpuint (keeping.n_final, ==, 0);

  gst_ice_lease_keeper_refused (keeping.keeper, lease);
  pass (&keeping, 59 * SECOND);
  g_assert_cmpuint (keeping.n_final, ==, 0);
  test_time_advance (&keeping.time, SECOND);
  run_until (&keeping, &keeping.n_final, 1, 0);
  keeping_clear (&keeping);
}

/* The application gives one unasked, while ICE is being called: what ICE says
 * then is not wanted any more. */
static void
test_provided_while_calling (void)
{
  Keeping keeping;
  g_autoptr (GstIceLease) lease = NULL;

  keeping_init (&keeping, NULL, HOUR);
  gst_ice_lease_keeper_start (keeping.keeper);
  lease = get_foreign_lease (&keeping, HOUR);
  gst_ice_lease_keeper_provide (keeping.keeper, lease);
  pass (&keeping, SECOND);
  g_assert_cmpuint (keeping.leases->len, ==, 1);
  g_assert_cmpuint (keeping.n_failures, ==, 0);
  g_assert_true (get_lease (&keeping) == lease);
  g_assert_cmpuint (gst_ice_lease_keeper_get_generation (keeping.keeper), ==,
      1);
  keeping_clear (&keeping);
}

/* ---- the end ---- */

/* Whatever it is at, a keeper that is freed is silent. */
static void
test_free (void)
{
  guint turns;

  for (turns = 0; turns < 40; turns++) {
    Keeping keeping;
    guint n_leases, i;

    keeping_init (&keeping, NULL, HOUR);
    keeping.promises = turns % 4 == 0;
    gst_ice_lease_keeper_start (keeping.keeper);
    for (i = 0; i < turns; i++)
      g_main_context_iteration (NULL, FALSE);
    n_leases = keeping.leases->len;
    g_clear_pointer (&keeping.keeper, gst_ice_lease_keeper_free);
    pass (&keeping, 10 * HOUR);
    g_assert_cmpuint (keeping.leases->len, ==, n_leases);
    g_assert_cmpuint (keeping.n_failures, ==, 0);
    keeping_clear (&keeping);
  }
}

static void
test_free_while_waiting (void)
{
  Keeping keeping;
  guint n_failures;

  keeping_init (&keeping, NULL, HOUR);
  add_fault (&keeping, "refresh:error:count=0");
  gst_ice_lease_keeper_start (keeping.keeper);
  run_until (&keeping, &keeping.n_failures, 2, MILLISECOND);
  n_failures = keeping.n_failures;
  g_clear_pointer (&keeping.keeper, gst_ice_lease_keeper_free);
  pass (&keeping, HOUR);
  g_assert_cmpuint (keeping.n_failures, ==, n_failures);
  keeping_clear (&keeping);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lease-keeper/first", test_first);
  g_test_add_func ("/lease-keeper/renews-ahead-of-time", test_renewal);
  g_test_add_func ("/lease-keeper/uses-the-old-one-to-its-end",
      test_used_to_the_end);
  g_test_add_func ("/lease-keeper/refusal-waits-for-the-end",
      test_refused_by_ice);
  g_test_add_func ("/lease-keeper/refusal-that-passes",
      test_refused_for_a_while);
  g_test_add_func ("/lease-keeper/redirect-at-first-is-final",
      test_redirected_at_first);
  g_test_add_func ("/lease-keeper/refusal-at-first-is-final",
      test_refused_at_first);
  g_test_add_func ("/lease-keeper/one-renewal-per-dead-token",
      test_single_flight);
  g_test_add_func ("/lease-keeper/says-why", test_expired_reason);
  g_test_add_func ("/lease-keeper/refused-while-calling",
      test_refused_while_calling);
  g_test_add_func ("/lease-keeper/refused-while-waiting",
      test_refused_while_waiting);
  g_test_add_func ("/lease-keeper/keeps-to-the-budget", test_budget);
  g_test_add_func ("/lease-keeper/tries-for-ever", test_no_budget);
  for (i = 0; i < G_N_ELEMENTS (transient_faults); i++) {
    g_autofree gchar *path = g_strdup_printf ("/lease-keeper/survives/%s",
        transient_faults[i].fault);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_transient);
  }
  g_test_add_func ("/lease-keeper/expired-identity-is-renewed-once",
      test_identity_expired_twice);
  g_test_add_func ("/lease-keeper/retry-after", test_retry_after);
  g_test_add_func ("/lease-keeper/promise-kept", test_promise_kept);
  g_test_add_func ("/lease-keeper/no-promise", test_no_promise);
  g_test_add_func ("/lease-keeper/promise-broken", test_promise_broken);
  g_test_add_func ("/lease-keeper/promise-without-limit",
      test_promise_without_limit);
  g_test_add_func ("/lease-keeper/promise-while-alive",
      test_promise_while_alive);
  g_test_add_func ("/lease-keeper/provided-while-calling",
      test_provided_while_calling);
  g_test_add_func ("/lease-keeper/free-at-every-moment", test_free);
  g_test_add_func ("/lease-keeper/free-while-waiting",
      test_free_while_waiting);

  return g_test_run ();
}
