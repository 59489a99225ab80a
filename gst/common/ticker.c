/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The tickers; see the header.
 *
 * Runs on: the network thread. Each such thread has tickers of its own, since
 * one may still be on its way out while the next has begun. */

#include "common/ticker.h"

/* All ticks of one interval. */
typedef struct
{
  gint64 interval_us;
  GSource *source;              /* (owned) */
  GHookList ticks;
} Ticker;

struct _GstIceTick
{
  GHook hook;
  Ticker *ticker;               /* (unowned) */
};

/* (element-type Ticker) */
static GPrivate tickers = G_PRIVATE_INIT ((GDestroyNotify) g_ptr_array_unref);

static gboolean
on_time (gpointer user_data)
{
  Ticker *ticker = user_data;

  g_hook_list_invoke (&ticker->ticks, FALSE);

  return G_SOURCE_CONTINUE;
}

/* Once nobody dispatches its source. */
static void
ticker_free (gpointer user_data)
{
  Ticker *ticker = user_data;

  g_hook_list_clear (&ticker->ticks);
  g_source_unref (ticker->source);
  g_free (ticker);
}

static Ticker *
ticker_new (gint64 interval_us)
{
  Ticker *ticker = g_new0 (Ticker, 1);

  ticker->interval_us = interval_us;
  g_hook_list_init (&ticker->ticks, sizeof (GstIceTick));
  ticker->source = g_timeout_source_new (MAX (1, interval_us / 1000));
  g_source_set_static_name (ticker->source, "icesink ticker");
  g_source_set_callback (ticker->source, on_time, ticker, ticker_free);
  g_source_attach (ticker->source, g_main_context_get_thread_default ());

  return ticker;
}

static GPtrArray *
get_tickers (void)
{
  if (g_private_get (&tickers) == NULL)
    g_private_set (&tickers, g_ptr_array_new ());

  return g_private_get (&tickers);
}

static gboolean
is_empty (Ticker * ticker)
{
  GHook *tick = g_hook_first_valid (&ticker->ticks, TRUE);

  if (tick != NULL)
    g_hook_unref (&ticker->ticks, tick);

  return tick == NULL;
}

static Ticker *
get_ticker (gint64 interval_us)
{
  GPtrArray *all = get_tickers ();
  guint i;

  for (i = 0; i < all->len; i++) {
    Ticker *ticker = g_ptr_array_index (all, i);

    if (ticker->interval_us == interval_us)
      return ticker;
  }
  g_ptr_array_add (all, ticker_new (interval_us));

  return g_ptr_array_index (all, all->len - 1);
}

GstIceTick *
gst_ice_tick_add (gint64 interval_us, GHookFunc func, gpointer user_data)
{
  Ticker *ticker = get_ticker (interval_us);
  GHook *hook = g_hook_alloc (&ticker->ticks);
  GstIceTick *tick = (GstIceTick *) hook;

  hook->func = func;
  hook->data = user_data;
  tick->ticker = ticker;
  g_hook_append (&ticker->ticks, hook);

  return tick;
}

void
gst_ice_tick_remove (GstIceTick * tick)
{
  Ticker *ticker = tick->ticker;

  g_hook_destroy_link (&ticker->ticks, &tick->hook);
  if (!is_empty (ticker))
    return;

  g_ptr_array_remove (get_tickers (), ticker);
  g_source_destroy (ticker->source);
}
