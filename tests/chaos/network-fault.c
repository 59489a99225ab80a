/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Faults of the network; see the header.
 *
 * Runs on: a thread of its own, from the first request on.
 * Protected by: nothing; the flags are atomic. */

#include "network-fault.h"

#include "patience.h"
#include "test-resolver.h"

/* "For a while": so many attempts fail, or so long. */
#define ATTEMPTS 2
#define A_WHILE_US (2 * G_USEC_PER_SEC)
#define FOR_EVER_US (600 * G_USEC_PER_SEC)

struct _NetworkFault
{
  NetworkFaultKind kind;
  Trial *trial;                 /* (unowned) */
  TlsTrial *tls;                /* (unowned) (nullable) */
  GTlsCertificate *other;       /* (owned) (nullable): of another host; made
                                 * ahead, as that takes longer than a retry */
  IceEmulatorOperation operation;
  gboolean for_good;
  GThread *thread;
  gint is_over;                 /* atomic: the trial has ended */
  gint has_begun;               /* atomic */
};

gboolean
network_fault_needs_tls (NetworkFaultKind kind)
{
  return kind == NETWORK_FAULT_UNRESOLVED || kind == NETWORK_FAULT_DISTRUSTED;
}

/* Looks every few milliseconds, for so long or until the trial is over. */
#define wait_for(self, condition, duration_us) \
  G_STMT_START { \
    gint64 until_us_ = g_get_monotonic_time () + (duration_us); \
    while (!g_atomic_int_get (&(self)->is_over) && !(condition) \
        && g_get_monotonic_time () < until_us_) \
      g_usleep (2000); \
  } G_STMT_END

static void
set_reachable (NetworkFault * self, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (self->trial->emulator, reachable, &error);
  g_assert_no_error (error);
}

static void
drop_connections (NetworkFault * self)
{
  set_reachable (self, FALSE);
  set_reachable (self, TRUE);
}

static void
lift_reset (NetworkFault * self)
{
  ice_emulator_clear_faults (self->trial->emulator);
}

static guint
count_unresolved (NetworkFault * self)
{
  return test_resolver_count_failed (self->tls->ice_name)
      + test_resolver_count_failed (self->tls->oss_name);
}

static void
set_unresolved (NetworkFault * self, guint n)
{
  test_resolver_fail (self->tls->ice_name, n);
  test_resolver_fail (self->tls->oss_name, n);
}

static void
set_distrusted (NetworkFault * self, guint n)
{
  relay_set_bad_certificate (self->tls->ice, self->other, n);
  relay_set_bad_certificate (self->tls->oss, self->other, n);
}

/* The requests are still reset until nothing can slip through between the one
 * fault and the other. */
static void
begin (NetworkFault * self)
{
  switch (self->kind) {
    case NETWORK_FAULT_REFUSED:
      set_reachable (self, FALSE);
      lift_reset (self);
      break;
    case NETWORK_FAULT_UNANSWERED:
      set_reachable (self, FALSE);
      lift_reset (self);
      trial_add_fault (self->trial, "any:stall-on-accept:count=0");
      set_reachable (self, TRUE);
      break;
    case NETWORK_FAULT_UNRESOLVED:
      /* A name is asked for again when its address led nowhere. */
      set_unresolved (self, G_MAXUINT);
      set_distrusted (self, G_MAXUINT);
      drop_connections (self);
      lift_reset (self);
      wait_for (self, count_unresolved (self) > 0, FOR_EVER_US);
      set_distrusted (self, 0);
      break;
    case NETWORK_FAULT_DISTRUSTED:
      set_distrusted (self, G_MAXUINT);
      drop_connections (self);
      lift_reset (self);
      break;
  }
  g_atomic_int_set (&self->has_begun, TRUE);
}

static void
end (NetworkFault * self)
{
  switch (self->kind) {
    case NETWORK_FAULT_REFUSED:
      set_reachable (self, TRUE);
      break;
    case NETWORK_FAULT_UNANSWERED:
      ice_emulator_clear_faults (self->trial->emulator);
      drop_connections (self);
      break;
    case NETWORK_FAULT_UNRESOLVED:
      set_unresolved (self, 0);
      break;
    case NETWORK_FAULT_DISTRUSTED:
      set_distrusted (self, 0);
      break;
  }
}

static gboolean
has_struck (NetworkFault * self)
{
  if (!g_atomic_int_get (&self->has_begun))
    return FALSE;

  switch (self->kind) {
    case NETWORK_FAULT_UNRESOLVED:
      return count_unresolved (self) > 0;
    case NETWORK_FAULT_DISTRUSTED:
      return relay_count_bad (self->tls->ice)
          + relay_count_bad (self->tls->oss) > 0;
    default:
      return TRUE;
  }
}

static gpointer
run (gpointer data)
{
  NetworkFault *self = data;
  guint64 retries;

  wait_for (self, ice_emulator_count (self->trial->emulator, self->operation,
          0) > 0, FOR_EVER_US);
  if (g_atomic_int_get (&self->is_over))
    return NULL;

  begin (self);
  retries = trial_get_stat (self->trial, "retries");
  if (self->for_good)
    return NULL;

  wait_for (self, has_struck (self), FOR_EVER_US);
  wait_for (self, trial_get_stat (self->trial, "retries")
      >= retries + ATTEMPTS, test_patience (A_WHILE_US));
  end (self);

  return NULL;
}

NetworkFault *
network_fault_new (NetworkFaultKind kind, Trial * trial, TlsTrial * tls,
    IceEmulatorOperation operation, gboolean for_good)
{
  NetworkFault *self = g_new0 (NetworkFault, 1);

  self->kind = kind;
  self->trial = trial;
  self->tls = tls;
  self->operation = operation;
  self->for_good = for_good;
  if (tls != NULL)
    self->other = authority_sign (tls->authority, "DNS:elsewhere.test",
        -TLS_TRIAL_DAY, TLS_TRIAL_DAY);
  self->thread = g_thread_new ("network-fault", run, self);

  return self;
}

gboolean
network_fault_free (NetworkFault * self)
{
  gboolean struck;

  g_atomic_int_set (&self->is_over, TRUE);
  g_thread_join (self->thread);
  struck = has_struck (self);
  g_clear_object (&self->other);
  g_free (self);

  return struck;
}
