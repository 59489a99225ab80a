/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The times; see the header. */

#include "push-times.h"

struct _PushTimes
{
  GArray *times_ns;             /* (element-type guint64) (owned) */
  GstClockTime begin;           /* GST_CLOCK_TIME_NONE: nothing on its way */
};

static GstPadProbeReturn
on_begin (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  PushTimes *times = user_data;

  times->begin = gst_util_get_timestamp ();

  return GST_PAD_PROBE_OK;
}

/* PASS, because an idle probe that returns OK blocks the pad. */
static GstPadProbeReturn
on_idle (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  PushTimes *times = user_data;
  guint64 time_ns;

  if (times->begin == GST_CLOCK_TIME_NONE)
    return GST_PAD_PROBE_PASS;

  time_ns = gst_util_get_timestamp () - times->begin;
  g_array_append_val (times->times_ns, time_ns);
  times->begin = GST_CLOCK_TIME_NONE;

  return GST_PAD_PROBE_PASS;
}

PushTimes *
push_times_new (GstPad * pad)
{
  PushTimes *times = g_new0 (PushTimes, 1);

  times->times_ns = g_array_new (FALSE, FALSE, sizeof (guint64));
  times->begin = GST_CLOCK_TIME_NONE;
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_begin,
      times, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_IDLE, on_idle, times, NULL);

  return times;
}

void
push_times_free (PushTimes * times)
{
  g_array_unref (times->times_ns);
  g_free (times);
}

guint
push_times_get_count (PushTimes * times)
{
  return times->times_ns->len;
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

guint64
push_times_get_quantile (PushTimes * times, gdouble quantile)
{
  guint n = times->times_ns->len;

  if (n == 0)
    return 0;

  g_array_sort (times->times_ns, compare_times);

  return g_array_index (times->times_ns, guint64,
      (guint) (quantile * (n - 1)));
}
