/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The shared deadline; see the header.
 *
 * Runs on: the application's thread, in change_state.
 * Protected by: lock. The deadline is data on the outermost bin. */

#include "icesink/stop-budget.h"

#include "common/lock.h"

/* What the last sink has at the least, so that a service that answers quickly
 * is not cut off by a sink that waited in vain before it. */
#define LEAST_US (250 * 1000)

/* Sinks of which one stops so long after another do not stop together. */
#define APART_US G_USEC_PER_SEC

typedef struct
{
  gint64 begin_us;              /* the first of the sinks began to stop */
  gint64 last_us;               /* one of them was last seen at it */
} Budget;

static GMutex lock;

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("icesink-stop-budget");
}

/* The budget on the outermost bin of @element. Call with the lock held. */
static Budget *
get_budget (GstElement * element)
{
  g_autoptr (GstObject) object = gst_object_ref (GST_OBJECT (element));
  GstObject *parent;
  Budget *budget;

  while ((parent = gst_object_get_parent (object)) != NULL) {
    gst_object_unref (object);
    object = parent;
  }

  budget = g_object_get_qdata (G_OBJECT (object), get_quark ());
  if (budget == NULL) {
    budget = g_new0 (Budget, 1);
    g_object_set_qdata_full (G_OBJECT (object), get_quark (), budget, g_free);
  }

  return budget;
}

gint64
gst_ice_stop_budget_begin (GstElement * element, gint64 timeout_us)
{
  gst_ice_lock_scope (&lock);
  Budget *budget = get_budget (element);
  gint64 now = g_get_monotonic_time ();

  if (now - budget->last_us > APART_US)
    budget->begin_us = now;
  budget->last_us = now;

  if (timeout_us < 0)
    return G_MAXINT64;

  return MAX (budget->begin_us + timeout_us, now + MIN (LEAST_US, timeout_us));
}

void
gst_ice_stop_budget_end (GstElement * element)
{
  gst_ice_lock_scope (&lock);

  get_budget (element)->last_us = g_get_monotonic_time ();
}
