/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A timer and a cancellable that follows another one.
 *
 * Runs on: the network thread. Owns: both sources. */

#include "credentials/time-limit.h"

struct _GstIceTimeLimit
{
  GCancellable *cancellable;    /* (owned) */
  GSource *timer;               /* (owned) */
  GSource *parent;              /* (owned) (nullable) */
  gboolean is_over;
};

static gboolean
on_time (gpointer user_data)
{
  GstIceTimeLimit *limit = user_data;

  limit->is_over = TRUE;
  g_cancellable_cancel (limit->cancellable);

  return G_SOURCE_REMOVE;
}

static gboolean
on_parent_cancelled (GCancellable * parent, gpointer user_data)
{
  GstIceTimeLimit *limit = user_data;

  g_cancellable_cancel (limit->cancellable);

  return G_SOURCE_REMOVE;
}

/* @source: (transfer none) */
static void
attach (GSource * source, GSourceFunc func, GstIceTimeLimit * limit)
{
  g_source_set_callback (source, func, limit, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

GstIceTimeLimit *
gst_ice_time_limit_new (GCancellable * parent, gint64 limit_us)
{
  GstIceTimeLimit *limit = g_new0 (GstIceTimeLimit, 1);

  limit->cancellable = g_cancellable_new ();
  limit->timer = g_timeout_source_new (limit_us / 1000);
  attach (limit->timer, on_time, limit);
  if (parent != NULL) {
    limit->parent = g_cancellable_source_new (parent);
    attach (limit->parent, G_SOURCE_FUNC (on_parent_cancelled), limit);
  }

  return limit;
}

static void
drop_source (GSource * source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

void
gst_ice_time_limit_free (GstIceTimeLimit * limit)
{
  g_clear_pointer (&limit->timer, drop_source);
  g_clear_pointer (&limit->parent, drop_source);
  g_object_unref (limit->cancellable);
  g_free (limit);
}

GCancellable *
gst_ice_time_limit_get_cancellable (GstIceTimeLimit * limit)
{
  return limit->cancellable;
}

gboolean
gst_ice_time_limit_is_over (const GstIceTimeLimit * limit)
{
  return limit->is_over;
}
