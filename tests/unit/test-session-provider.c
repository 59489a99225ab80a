/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Keeping an identity, renewing it, and asking once for many. */

#include "common/error.h"
#include "credentials/session-provider.h"
#include "hand-clock.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define LIFE (3600 * SECOND)

/* --- A source that answers when it is told --- */

typedef struct
{
  GTask *task;                  /* (owned) (nullable): to be answered */
  guint fetches;
} Source;

static void
fetch (gpointer source, GTask * task)
{
  Source *self = source;

  g_assert_null (self->task);
  self->task = task;
  self->fetches++;
}

static const GstIceSessionSource kind = { "source", fetch, g_free };

/* --- A fixture --- */

typedef struct
{
  gint64 now_us;
  GstIceClock *clock;
  Source *source;               /* (owned) by provider */
  GstIceCredentialsProvider *provider;
  guint serial;
} Fixture;

/* One who asks. */
typedef struct
{
  GCancellable *cancellable;
  GAsyncResult *result;         /* (nullable) */
} Asker;

static void
set_up (Fixture * f, gconstpointer unused)
{
  f->now_us = SECOND;
  f->clock = hand_clock_new (&f->now_us);
  f->source = g_new0 (Source, 1);
  f->provider = gst_ice_session_provider_new (f->clock, &kind, f->source);
}

static void
tear_down (Fixture * f, gconstpointer unused)
{
  g_assert_null (f->source->task);
  g_assert_finalize_object (f->provider);
  gst_ice_clock_unref (f->clock);
}

static void
on_done (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Asker *asker = user_data;

  g_assert_null (asker->result);
  asker->result = g_object_ref (result);
}

static Asker *
ask (Fixture * f)
{
  Asker *asker = g_new0 (Asker, 1);

  asker->cancellable = g_cancellable_new ();
  gst_ice_credentials_provider_get_identity_async
      (f->provider, asker->cancellable, on_done,
      asker);

  return asker;
}

static void
run (void)
{
  while (g_main_context_iteration (NULL, FALSE));
}

/* What @asker got. */
static GstIceIdentity *
finish (Fixture * f, Asker * asker, GError ** error)
{
  GstIceIdentity *identity;

  run ();
  g_assert_nonnull (asker->result);
  identity = gst_ice_credentials_provider_get_identity_finish
      (f->provider, asker->result, error);
  g_object_unref (asker->result);
  g_object_unref (asker->cancellable);
  g_free (asker);

  return identity;
}

static void
assert_id (Fixture * f, Asker * asker, const gchar * id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceIdentity) identity = finish (f, asker, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (gst_ice_identity_get_access_key_id (identity), ==, id);
}

static void
assert_error (Fixture * f, Asker * asker, GQuark domain, gint code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (finish (f, asker, &error));
  g_assert_error (error, domain, code);
}

/* Identities are id1, id2 and so on. @life_us: -1: for ever */
static void
answer (Fixture * f, gint64 life_us)
{
  GTask *task = g_steal_pointer (&f->source->task);
  g_autofree gchar *id = g_strdup_printf ("id%u", ++f->serial);

  g_assert_nonnull (task);
  gst_ice_session_provider_return (task, gst_ice_identity_new_expiring (id,
          "s", "t", life_us < 0 ? -1 : f->now_us + life_us));
  g_object_unref (task);
  run ();
}

static void
fail (Fixture * f)
{
  GTask *task = g_steal_pointer (&f->source->task);

  g_assert_nonnull (task);
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_error (task, gst_ice_error_new (GST_ICE_ERROR_NETWORK,
            "no"));
  g_object_unref (task);
  run ();
}

static void
test_keeps (Fixture * f, gconstpointer unused)
{
  Asker *first = ask (f);

  answer (f, LIFE);
  assert_id (f, first, "id1");
  assert_id (f, ask (f), "id1");
  f->now_us += LIFE - 181 * SECOND;
  assert_id (f, ask (f), "id1");
  g_assert_cmpuint (f->source->fetches, ==, 1);
}

static void
test_renews (Fixture * f, gconstpointer unused)
{
  Asker *first = ask (f);
  Asker *second;

  answer (f, LIFE);
  assert_id (f, first, "id1");
  f->now_us += LIFE - 180 * SECOND;
  second = ask (f);
  g_assert_cmpuint (f->source->fetches, ==, 2);
  answer (f, LIFE);
  assert_id (f, second, "id2");
  assert_id (f, ask (f), "id2");
}

static void
test_endless (Fixture * f, gconstpointer unused)
{
  guint i;

  for (i = 1; i <= 3; i++) {
    g_autofree gchar *id = g_strdup_printf ("id%u", i);
    Asker *asker = ask (f);

    answer (f, -1);
    assert_id (f, asker, id);
  }
}

static void
test_single_flight (Fixture * f, gconstpointer unused)
{
  Asker *askers[5];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (askers); i++)
    askers[i] = ask (f);
  g_assert_cmpuint (f->source->fetches, ==, 1);
  answer (f, LIFE);
  for (i = 0; i < G_N_ELEMENTS (askers); i++)
    assert_id (f, askers[i], "id1");
}

static void
test_failure (Fixture * f, gconstpointer unused)
{
  Asker *first = ask (f);
  Asker *second = ask (f);
  Asker *third;

  fail (f);
  assert_error (f, first, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  assert_error (f, second, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);

  third = ask (f);
  answer (f, LIFE);
  assert_id (f, third, "id1");
}

static void
test_failed_renewal (Fixture * f, gconstpointer unused)
{
  Asker *asker = ask (f);

  answer (f, LIFE);
  assert_id (f, asker, "id1");

  f->now_us += LIFE - SECOND;
  asker = ask (f);
  fail (f);
  assert_id (f, asker, "id1");

  f->now_us += SECOND;
  asker = ask (f);
  fail (f);
  assert_error (f, asker, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
}

static void
test_invalidate (Fixture * f, gconstpointer unused)
{
  GstIceCredentialsProvider *provider =
      f->provider;
  g_autoptr (GstIceIdentity) other = gst_ice_identity_new ("id1", "s", NULL);
  g_autoptr (GstIceIdentity) refused = NULL;
  Asker *asker = ask (f);

  answer (f, LIFE);
  refused = finish (f, asker, NULL);
  g_assert_cmpstr (gst_ice_identity_get_access_key_id (refused), ==, "id1");
  /* Not the one that is kept: somebody else was first. */
  gst_ice_credentials_provider_invalidate (provider, other);
  gst_ice_credentials_provider_invalidate (provider, NULL);
  assert_id (f, ask (f), "id1");

  gst_ice_credentials_provider_invalidate (provider, refused);
  asker = ask (f);
  answer (f, LIFE);
  assert_id (f, asker, "id2");
}

static void
test_one_goes (Fixture * f, gconstpointer unused)
{
  Asker *first = ask (f);
  Asker *second = ask (f);

  g_cancellable_cancel (first->cancellable);
  assert_error (f, first, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_cancellable_is_cancelled (g_task_get_cancellable
          (f->source->task)));
  answer (f, LIFE);
  assert_id (f, second, "id1");
}

static void
test_all_go (Fixture * f, gconstpointer unused)
{
  Asker *first = ask (f);
  Asker *second = ask (f);

  g_cancellable_cancel (first->cancellable);
  g_cancellable_cancel (second->cancellable);
  assert_error (f, first, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_error (f, second, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_cancellable_is_cancelled (g_task_get_cancellable
          (f->source->task)));
  fail (f);
}

/* Who comes after a fetch was given up must not suffer from that. */
static void
test_one_comes_late (Fixture * f, gconstpointer unused)
{
  Asker *first = ask (f);
  Asker *late;

  g_cancellable_cancel (first->cancellable);
  assert_error (f, first, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  late = ask (f);
  g_assert_cmpuint (f->source->fetches, ==, 1);
  fail (f);
  g_assert_cmpuint (f->source->fetches, ==, 2);
  answer (f, LIFE);
  assert_id (f, late, "id1");
}

#define ADD(name, func) \
    g_test_add ("/session-provider/" name, Fixture, NULL, set_up, func, \
        tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("keeps-what-lives", test_keeps);
  ADD ("renews-three-minutes-before-the-end", test_renews);
  ADD ("asks-again-for-what-has-no-end", test_endless);
  ADD ("asks-once-for-many", test_single_flight);
  ADD ("tells-all-of-a-failure", test_failure);
  ADD ("goes-on-with-what-lives-if-renewal-fails", test_failed_renewal);
  ADD ("forgets-when-told", test_invalidate);
  ADD ("lets-one-go", test_one_goes);
  ADD ("gives-up-when-all-have-gone", test_all_go);
  ADD ("serves-those-who-come-late", test_one_comes_late);

  return g_test_run ();
}
