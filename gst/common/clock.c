/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Time as the services see it.
 *
 * Any thread. The lock protects what was learnt; it is a leaf, nothing is
 * called while it is held.
 *
 * A host that has not answered yet is assumed to agree with the wall clock as
 * it stands at each call, not as it stood at the start: a device that boots in
 * 1970 and is set right by NTP a minute later signs correctly from then on.
 * The first success pins the host to the monotonic clock, and from there a step
 * of the wall clock changes nothing. */

#include "common/clock.h"

/* How often the timers of a clock that a test moves by hand look at it. */
#define MANUAL_POLL_US 1000

struct _GstIceClock
{
  gatomicrefcount ref_count;

  /* Written before the clock is shared. */
  GstIceClockFunc func;
  gpointer user_data;
  gdouble rate;

  GMutex lock;
  /* (owned) (element-type utf8 gint64): host to service minus monotonic */
  GHashTable *offsets;
  gboolean learnt;
  gint64 last_offset;
};

static gint64
read_system_time (gint64 * wall, gpointer user_data)
{
  *wall = g_get_real_time ();
  return g_get_monotonic_time ();
}

GstIceClock *
gst_ice_clock_new (void)
{
  return gst_ice_clock_new_for_test (read_system_time, NULL, 1.0);
}

GstIceClock *
gst_ice_clock_new_for_test (GstIceClockFunc func, gpointer user_data,
    gdouble rate)
{
  GstIceClock *clock = g_new0 (GstIceClock, 1);

  g_atomic_ref_count_init (&clock->ref_count);
  clock->func = func;
  clock->user_data = user_data;
  clock->rate = rate;
  g_mutex_init (&clock->lock);
  clock->offsets =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return clock;
}

static void
finalize (GstIceClock * clock)
{
  g_hash_table_unref (clock->offsets);
  g_mutex_clear (&clock->lock);
  g_free (clock);
}

GST_ICE_DEFINE_COUNTED (GstIceClock, gst_ice_clock, finalize)

gint64
gst_ice_clock_get_monotonic (GstIceClock * clock)
{
  gint64 wall;

  return clock->func (&wall, clock->user_data);
}

/* What has to be added to the monotonic clock to get the wall clock, now. */
static gint64
get_wall_offset (GstIceClock * clock)
{
  gint64 wall;
  gint64 monotonic = clock->func (&wall, clock->user_data);

  return wall - monotonic;
}

gint64
gst_ice_clock_get_service_time (GstIceClock * clock, const gchar * host)
{
  gint64 wall;
  gint64 monotonic = clock->func (&wall, clock->user_data);
  const gint64 *offset;
  gint64 time;

  g_mutex_lock (&clock->lock);
  offset = g_hash_table_lookup (clock->offsets, host);
  if (offset)
    time = monotonic + *offset;
  else if (clock->learnt)
    /* What one host has told of the local clock holds for all. */
    time = monotonic + clock->last_offset;
  else
    time = wall;
  g_mutex_unlock (&clock->lock);

  return time;
}

void
gst_ice_clock_learn (GstIceClock * clock, const gchar * host,
    gint64 service_time_us, gint64 monotonic_us)
{
  gint64 offset = service_time_us - monotonic_us;

  g_mutex_lock (&clock->lock);
  g_hash_table_insert (clock->offsets, g_strdup (host),
      g_memdup2 (&offset, sizeof offset));
  clock->learnt = TRUE;
  clock->last_offset = offset;
  g_mutex_unlock (&clock->lock);
}

gint64
gst_ice_clock_get_offset (GstIceClock * clock)
{
  gint64 wall_offset = get_wall_offset (clock);
  gint64 difference;

  g_mutex_lock (&clock->lock);
  difference = clock->learnt ? clock->last_offset - wall_offset : 0;
  g_mutex_unlock (&clock->lock);

  return difference;
}

/* A timer. Its ready time is on GLib's monotonic clock, so it needs no prepare
 * and no check. */
typedef struct
{
  GSource source;
  GstIceClock *clock;           /* (owned) */
  gint64 delay_us;
  gint64 due_us;                /* on the clock; for one moved by hand */
} Timer;

static void
timer_arm (Timer * timer)
{
  gint64 now = g_get_monotonic_time ();
  gdouble rate = timer->clock->rate;

  if (rate > 0) {
    g_source_set_ready_time (&timer->source,
        now + (gint64) (timer->delay_us / rate));
    return;
  }
  timer->due_us = gst_ice_clock_get_monotonic (timer->clock) + timer->delay_us;
  g_source_set_ready_time (&timer->source, now + MANUAL_POLL_US);
}

static gboolean
timer_is_due (Timer * timer)
{
  if (timer->clock->rate > 0)
    return TRUE;
  return gst_ice_clock_get_monotonic (timer->clock) >= timer->due_us;
}

static gboolean
timer_dispatch (GSource * source, GSourceFunc callback, gpointer user_data)
{
  Timer *timer = (Timer *) source;

  if (!timer_is_due (timer)) {
    g_source_set_ready_time (source, g_get_monotonic_time () + MANUAL_POLL_US);
    return G_SOURCE_CONTINUE;
  }
  /* Before the callback, which may move or destroy its own timer. */
  timer_arm (timer);
  return callback ? callback (user_data) : G_SOURCE_REMOVE;
}

static void
timer_finalize (GSource * source)
{
  gst_ice_clock_unref (((Timer *) source)->clock);
}

static GSourceFuncs timer_funcs = {
  .dispatch = timer_dispatch,
  .finalize = timer_finalize,
};

GSource *
gst_ice_clock_timeout_source_new (GstIceClock * clock, gint64 delay_us)
{
  GSource *source = g_source_new (&timer_funcs, sizeof (Timer));
  Timer *timer = (Timer *) source;

  g_source_set_static_name (source, "icesink timer");
  timer->clock = gst_ice_clock_ref (clock);
  timer->delay_us = MAX (delay_us, 0);
  timer_arm (timer);

  return source;
}
