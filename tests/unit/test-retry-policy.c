/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The retry policy as tables: each kind of failure, what is done about it and
 * how often; how long is waited; when a lease is renewed. */

#include "upload/retry-policy.h"

#include <gio/gio.h>

#define MILLISECOND ((gint64) 1000)
#define SECOND ((gint64) G_USEC_PER_SEC)
#define MAX_DELAY (20 * SECOND)

#define FAIL GST_ICE_RETRY_FAIL
#define LATER GST_ICE_RETRY_LATER
#define NOW GST_ICE_RETRY_NOW
#define RENEW GST_ICE_RETRY_RENEW

/* How many failures of one kind in a row each row says an action for. */
#define N_ACTIONS 8

/**
 * Row:
 * @code: the error's
 * @service_code: (nullable): the service's
 * @reused: on a kept connection
 * @actions: for the first failure, the second one...
 */
typedef struct
{
  GstIceErrorCode code;
  const gchar *service_code;
  gboolean reused;
  GstIceRetryAction actions[N_ACTIONS];
} Row;

#define EACH(action) \
    { action, action, action, action, action, action, action, action }

static const Row rows[] = {
  /* The service or the way to it: for as long as the budget lasts. */
  {GST_ICE_ERROR_NETWORK, NULL, FALSE, EACH (LATER)},
  {GST_ICE_ERROR_TLS, NULL, FALSE, EACH (LATER)},
  {GST_ICE_ERROR_STALLED, NULL, FALSE, EACH (LATER)},
  {GST_ICE_ERROR_PROTOCOL, NULL, FALSE, EACH (LATER)},
  {GST_ICE_ERROR_UNAVAILABLE, "InternalError", FALSE, EACH (LATER)},
  {GST_ICE_ERROR_THROTTLED, "Throttling.User", FALSE, EACH (LATER)},

  /* A kept connection that had been closed costs nothing, a few times. */
  {GST_ICE_ERROR_NETWORK, NULL, TRUE,
        {NOW, NOW, NOW, NOW, LATER, LATER, LATER, LATER}},

  /* At once with another signature; then it is the service's turn. */
  {GST_ICE_ERROR_CLOCK_SKEW, "RequestTimeTooSkewed", FALSE,
        {NOW, LATER, LATER, LATER, LATER, LATER, LATER, LATER}},
  {GST_ICE_ERROR_IDENTITY_EXPIRED, "InvalidSecurityToken.Expired", FALSE,
        {NOW, LATER, LATER, LATER, LATER, LATER, LATER, LATER}},

  /* With another lease, however often. */
  {GST_ICE_ERROR_TOKEN_EXPIRED, "SecurityTokenExpired", FALSE, EACH (RENEW)},
  {GST_ICE_ERROR_TOKEN_EXPIRED, "InvalidAccessKeyId", FALSE, EACH (RENEW)},
  {GST_ICE_ERROR_TOKEN_EXPIRED, NULL, FALSE, EACH (RENEW)},

  {GST_ICE_ERROR_DAMAGED, "InvalidDigest", FALSE, EACH (LATER)},

  /* Nothing helps. */
  {GST_ICE_ERROR_FAILED, "InvalidArgument", FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_SETTINGS, NULL, FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_NOT_AUTHORIZED, "AccessDenied", FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_NOT_FOUND, "NoSuchBucket", FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_NO_SUCH_UPLOAD, "NoSuchUpload", FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_CONFLICT, "FileImmutable", FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_NO_SPACE, "EntityTooLarge", FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_SEEK, NULL, FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_SYNC, NULL, FALSE, EACH (FAIL)},
  {GST_ICE_ERROR_OUTCOME_UNKNOWN, NULL, FALSE, EACH (FAIL)},
};

static GError *
new_error (GstIceErrorCode code, const gchar * service_code, gboolean reused)
{
  GError *error = gst_ice_error_new (code, "failure");
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  details->code = g_strdup (service_code);
  details->reused_connection = reused;

  return error;
}

static void
test_table (void)
{
  guint seen = 0, i, j;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    const Row *row = &rows[i];
    g_autoptr (GError) error = new_error (row->code, row->service_code,
        row->reused);
    GstIceRetryHistory history = { 0 };

    for (j = 0; j < N_ACTIONS; j++) {
      GstIceRetryAction action =
          gst_ice_retry_policy_decide (error, &history, 0);

      if (action != row->actions[j])
        g_error ("code %d %s: failure %u gives action %d, not %d", row->code,
            row->service_code, j + 1, action, row->actions[j]);
      g_assert_cmpuint (history.failures, ==, j + 1);
    }
    seen |= 1u << row->code;
  }

  /* Every code has a row. */
  g_assert_cmpuint (seen, ==, (2u << GST_ICE_ERROR_OUTCOME_UNKNOWN) - 1);
}

static void
test_foreign (void)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR,
      G_IO_ERROR_FAILED, "failure");
  GstIceRetryHistory history = { 0 };

  g_assert_cmpint (gst_ice_retry_policy_decide (error, &history, 0), ==, FAIL);
  g_assert_cmpint (gst_ice_retry_policy_get_delay (error, 1, 1.0), >, 0);
}

/* One kind of trouble does not use up the patience for another. */
static void
test_mixed (void)
{
  g_autoptr (GError) skew = new_error (GST_ICE_ERROR_CLOCK_SKEW, NULL, FALSE);
  g_autoptr (GError) token = new_error (GST_ICE_ERROR_TOKEN_EXPIRED,
      "SecurityTokenExpired", FALSE);
  g_autoptr (GError) damaged = new_error (GST_ICE_ERROR_DAMAGED, NULL, FALSE);
  g_autoptr (GError) network = new_error (GST_ICE_ERROR_NETWORK, NULL, FALSE);
  GstIceRetryHistory history = { 0 };
  guint i;

  for (i = 0; i < 100; i++)
    g_assert_cmpint (gst_ice_retry_policy_decide (network, &history, 0), ==,
        LATER);
  g_assert_cmpint (gst_ice_retry_policy_decide (skew, &history, 0), ==, NOW);
  g_assert_cmpint (gst_ice_retry_policy_decide (token, &history, 0), ==, RENEW);
  g_assert_cmpint (gst_ice_retry_policy_decide (damaged, &history, 0), ==,
      LATER);
  g_assert_cmpint (gst_ice_retry_policy_decide (skew, &history, 0), ==,
      LATER);
  g_assert_cmpuint (history.failures, ==, 104);
}

/* Since when something has been going wrong in the same way. */
static void
test_since (void)
{
  g_autoptr (GError) damaged = new_error (GST_ICE_ERROR_DAMAGED, NULL, FALSE);
  g_autoptr (GError) network = new_error (GST_ICE_ERROR_NETWORK, NULL, FALSE);
  GstIceRetryHistory history = { 0 };

  gst_ice_retry_policy_decide (network, &history, 10);
  gst_ice_retry_policy_decide (network, &history, 20);
  g_assert_cmpint (history.since_us, ==, 10);
  gst_ice_retry_policy_decide (damaged, &history, 30);
  gst_ice_retry_policy_decide (damaged, &history, 40);
  g_assert_cmpint (history.since_us, ==, 30);
}

/* ---- delays ---- */

/* Full jitter: anything from nearly nothing to the limit, which doubles with
 * each failure up to 20 s. */
static void
test_delay (void)
{
  g_autoptr (GError) error = new_error (GST_ICE_ERROR_NETWORK, NULL, FALSE);
  gint64 limit = 400 * MILLISECOND;
  guint failures;

  for (failures = 1; failures < 64; failures++) {
    gint64 shortest = gst_ice_retry_policy_get_delay (error, failures, 0.0);
    gint64 middle = gst_ice_retry_policy_get_delay (error, failures, 0.5);
    gint64 longest = gst_ice_retry_policy_get_delay (error, failures, 1.0);

    g_assert_cmpint (shortest, >, 0);
    g_assert_cmpint (shortest, <=, 50 * MILLISECOND);
    g_assert_cmpint (middle, ==, limit / 2);
    g_assert_cmpint (longest, ==, limit);
    limit = MIN (2 * limit, MAX_DELAY);
  }

  g_assert_cmpint (gst_ice_retry_policy_get_delay (error, G_MAXUINT, 1.0), ==,
      MAX_DELAY);
}

/* A service that asks for fewer calls gets longer waits, within the limit. */
static void
test_throttled (void)
{
  g_autoptr (GError) network = new_error (GST_ICE_ERROR_NETWORK, NULL, FALSE);
  g_autoptr (GError) throttled = new_error (GST_ICE_ERROR_THROTTLED,
      "Throttling", FALSE);
  guint failures;

  for (failures = 1; failures < 20; failures++) {
    gint64 usual = gst_ice_retry_policy_get_delay (network, failures, 1.0);
    gint64 longer = gst_ice_retry_policy_get_delay (throttled, failures, 1.0);

    g_assert_cmpint (longer, >=, usual);
    g_assert_cmpint (longer, <=, MAX_DELAY);
    if (usual < MAX_DELAY)
      g_assert_cmpint (longer, >=, MIN (4 * usual, MAX_DELAY));
  }
}

static void
test_retry_after (void)
{
  static const struct
  {
    gint64 asked;
    guint failures;
    gdouble random;
    gint64 expected;
  } delays[] = {
    /* What is asked for is a lower bound. */
    {3 * SECOND, 1, 0.0, 3 * SECOND},
    {3 * SECOND, 1, 1.0, 3 * SECOND},
    {100 * MILLISECOND, 1, 1.0, 400 * MILLISECOND},
    {1 * SECOND, 20, 1.0, 20 * SECOND},
    {60 * SECOND, 20, 1.0, 60 * SECOND},
    {120 * SECOND, 1, 0.5, 120 * SECOND},
    /* Nobody keeps a recording waiting for longer than that. */
    {121 * SECOND, 1, 0.5, 120 * SECOND},
    {G_MAXINT64, 1, 0.5, 120 * SECOND},
    /* Nothing asked for. */
    {-1, 1, 0.5, 200 * MILLISECOND},
    {0, 1, 0.5, 200 * MILLISECOND},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (delays); i++) {
    g_autoptr (GError) error = new_error (GST_ICE_ERROR_UNAVAILABLE, NULL,
        FALSE);

    gst_ice_error_get_details (error)->retry_after_us = delays[i].asked;
    g_assert_cmpint (gst_ice_retry_policy_get_delay (error,
            delays[i].failures, delays[i].random), ==, delays[i].expected);
  }
}

/* ---- renewals ---- */

static void
check_renewal (gint64 life, gdouble random)
{
  gint64 after = gst_ice_retry_policy_get_renewal (life, random);

  /* In time, and never in a loop. */
  g_assert_cmpint (after, <, life);
  g_assert_cmpint (after, >=, MIN (SECOND, life / 4));

  /* At about 80 % of the life, and two minutes before its end where that
   * leaves more of it than it takes. */
  g_assert_cmpint (after, <=, life * 0.8);
  if (life >= 240 * SECOND)
    g_assert_cmpint (after, <=, life - 120 * SECOND);
  if (life < 240 * SECOND || life > 600 * SECOND)
    g_assert_cmpint (after, >=, (gint64) (life * 0.7));
}

static void
test_renewal (void)
{
  gint64 life;
  guint i;

  for (life = SECOND; life <= 12 * 3600 * SECOND; life += life / 7) {
    for (i = 0; i <= 10; i++)
      check_renewal (life, i / 10.0);
  }
}

/* Many recorders that began together do not come back together. */
static void
test_renewal_jitter (void)
{
  gint64 life = 3600 * SECOND;

  g_assert_cmpint (gst_ice_retry_policy_get_renewal (life, 0.0), ==,
      2880 * SECOND);
  g_assert_cmpint (gst_ice_retry_policy_get_renewal (life, 1.0), <=,
      2760 * SECOND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/retry-policy/table", test_table);
  g_test_add_func ("/retry-policy/foreign-errors-are-final", test_foreign);
  g_test_add_func ("/retry-policy/counts-each-kind-apart", test_mixed);
  g_test_add_func ("/retry-policy/since", test_since);
  g_test_add_func ("/retry-policy/full-jitter", test_delay);
  g_test_add_func ("/retry-policy/waits-longer-when-throttled",
      test_throttled);
  g_test_add_func ("/retry-policy/retry-after", test_retry_after);
  g_test_add_func ("/retry-policy/renews-in-time", test_renewal);
  g_test_add_func ("/retry-policy/renewals-are-spread", test_renewal_jitter);

  return g_test_run ();
}
