/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Who sends, and at which rate; see the header.
 *
 * An account is kept of what the kernel has sent against what the limit allows,
 * for the two differ: the kernel does not pace the first packets of a new
 * connection, which of twenty are seconds' worth of a low limit; a connection
 * waits for its answer; BBR takes round trips to use a higher rate, and all but
 * stops for a moment every ten seconds. What was too much or too little is made
 * up for by other rates within some seconds.
 *
 * Owns: a timer while somebody sends under a limit. It keeps the account, and
 * looks after the sockets that have bytes to send after the last one was written
 * to them: until those have gone their connections count, as they leave at its
 * share, and the others' would come on top. */

#include "http/rate-limit.h"

#include <sys/socket.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

#define INTERVAL_MS 20

/* What is saved up is no more than is allowed in so long: less than a twentieth
 * of any five seconds. */
#define MAX_SAVED_US (150 * 1000)

/* Rates never fall by more than this. The kernel waits to the end for a packet
 * that it has begun to wait for, however low the rate. */
#define MAX_DIVISOR 2

/* So many use what one of them leaves. */
#define CROWD 4

struct _GstIceRateLimit
{
  gatomicrefcount ref_count;
  GHashTable *users;            /* (owned) (element-type gpointer guint64) */
  GPtrArray *senders;           /* (owned) (element-type GstIceConnection) */
  GPtrArray *draining;          /* (owned) those of them that are at the end */
  GSource *timer;               /* (owned) (nullable) */
  gint64 balance;               /* bytes saved up; < 0: sent too early */
  gint64 counted_us;            /* monotonic time up to which it is counted */
};

/* Of the network thread: in a process that forked, the child's is another. */
static GPrivate shared = G_PRIVATE_INIT (NULL);

gboolean
gst_ice_rate_limit_is_possible (void)
{
#ifdef SO_MAX_PACING_RATE
  unsigned long none = G_MAXULONG;
  int fd = socket (AF_INET, SOCK_STREAM, 0);
  gboolean possible = setsockopt (fd, SOL_SOCKET, SO_MAX_PACING_RATE, &none,
      sizeof none) == 0;

  g_close (fd, NULL);
  return possible;
#else
  return FALSE;
#endif
}

GstIceRateLimit *
gst_ice_rate_limit_new (void)
{
  GstIceRateLimit *limit = g_new0 (GstIceRateLimit, 1);

  g_atomic_ref_count_init (&limit->ref_count);
  limit->users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  limit->senders = g_ptr_array_new ();
  limit->draining = g_ptr_array_new ();

  return limit;
}

GstIceRateLimit *
gst_ice_rate_limit_get_shared (void)
{
  GstIceRateLimit *limit = g_private_get (&shared);

  if (limit)
    return gst_ice_rate_limit_ref (limit);
  limit = gst_ice_rate_limit_new ();
  g_private_set (&shared, limit);

  return limit;
}

static void
stop_timer (GstIceRateLimit * limit)
{
  if (limit->timer)
    g_source_destroy (limit->timer);
  g_clear_pointer (&limit->timer, g_source_unref);
}

static void
finalize (GstIceRateLimit * limit)
{
  if (g_private_get (&shared) == limit)
    g_private_set (&shared, NULL);
  stop_timer (limit);
  g_ptr_array_unref (limit->draining);
  g_ptr_array_unref (limit->senders);
  g_hash_table_unref (limit->users);
  g_free (limit);
}

GST_ICE_DEFINE_COUNTED (GstIceRateLimit, gst_ice_rate_limit, finalize)

guint64
gst_ice_rate_limit_get_bitrate (GstIceRateLimit * limit)
{
  guint64 lowest = 0;
  GHashTableIter iter;
  gpointer bitrate;

  g_hash_table_iter_init (&iter, limit->users);
  while (g_hash_table_iter_next (&iter, NULL, &bitrate))
    if (lowest == 0 || *(guint64 *) bitrate < lowest)
      lowest = *(guint64 *) bitrate;

  return lowest;
}

guint64
gst_ice_rate_limit_get_share (GstIceRateLimit * limit)
{
  guint64 bitrate = gst_ice_rate_limit_get_bitrate (limit);

  return bitrate == 0 ? 0 : MAX (1, bitrate / 8 / MAX (1,
          limit->senders->len));
}

gboolean
gst_ice_rate_limit_is_crowded (GstIceRateLimit * limit)
{
  return g_hash_table_size (limit->users) >= CROWD;
}

/* Bytes that may go out in so long. */
static gint64
get_allowance (GstIceRateLimit * limit, gint64 time_us)
{
  return gst_util_uint64_scale (time_us,
      gst_ice_rate_limit_get_bitrate (limit) / 8, G_USEC_PER_SEC);
}

/* Brings the account up to date; there is none where the kernel does not tell. */
static void
count (GstIceRateLimit * limit)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 max_saved = get_allowance (limit, MAX_SAVED_US);
  gint64 saved_us = MIN (now_us - limit->counted_us, G_USEC_PER_SEC);

  limit->counted_us = now_us;
  limit->balance += get_allowance (limit, saved_us);
  for (guint i = 0; i < limit->senders->len; i++) {
    gint64 sent = gst_ice_connection_take_sent (limit->senders->pdata[i]);

    limit->balance -= sent;
    if (sent < 0)
      limit->balance = max_saved = 0;
  }
  limit->balance = MIN (limit->balance, max_saved);
}

/* In a second the account is balanced. */
static void
divide (GstIceRateLimit * limit)
{
  gint64 share = gst_ice_rate_limit_get_share (limit);
  gint64 rate = share == 0 ? 0 : MAX (share / MAX_DIVISOR,
      share + limit->balance / MAX (1, (gint64) limit->senders->len));

  for (guint i = 0; i < limit->senders->len; i++)
    gst_ice_connection_set_rate (g_ptr_array_index (limit->senders, i), rate);
}

static void
end_drained (GstIceRateLimit * limit)
{
  for (guint i = limit->draining->len; i > 0; i--) {
    GstIceConnection *connection = g_ptr_array_index (limit->draining, i - 1);

    if (!gst_ice_connection_has_queue (connection))
      gst_ice_rate_limit_end (limit, connection);
  }
}

static gboolean
is_at_work (GstIceRateLimit * limit)
{
  return limit->senders->len > 0 && gst_ice_rate_limit_get_bitrate (limit) > 0;
}

static gboolean
on_timer (gpointer user_data)
{
  GstIceRateLimit *limit = user_data;

  end_drained (limit);
  count (limit);
  divide (limit);
  if (is_at_work (limit))
    return G_SOURCE_CONTINUE;

  stop_timer (limit);
  return G_SOURCE_REMOVE;
}

static void
start_timer (GstIceRateLimit * limit)
{
  if (limit->timer || !is_at_work (limit))
    return;
  limit->timer = g_timeout_source_new (INTERVAL_MS);
  g_source_set_callback (limit->timer, on_timer, limit, NULL);
  g_source_attach (limit->timer, g_main_context_get_thread_default ());
}

void
gst_ice_rate_limit_set (GstIceRateLimit * limit, gconstpointer user,
    guint64 bitrate)
{
  gboolean was_limited = gst_ice_rate_limit_get_bitrate (limit) > 0;

  count (limit);
  /* What was saved up of a higher limit may be much of a lower one. */
  limit->balance = was_limited ? MIN (limit->balance, 0) : 0;
  if (bitrate > 0)
    g_hash_table_replace (limit->users, (gpointer) user,
        g_memdup2 (&bitrate, sizeof bitrate));
  else
    g_hash_table_remove (limit->users, user);
  divide (limit);
  start_timer (limit);
}

void
gst_ice_rate_limit_begin (GstIceRateLimit * limit,
    GstIceConnection * connection)
{
  count (limit);
  g_ptr_array_remove_fast (limit->draining, connection);
  if (!g_ptr_array_find (limit->senders, connection, NULL))
    g_ptr_array_add (limit->senders, connection);
  /* What it has sent before was another request's. */
  if (gst_ice_connection_take_sent (connection) < 0)
    limit->balance = 0;
  divide (limit);
  start_timer (limit);
}

void
gst_ice_rate_limit_end (GstIceRateLimit * limit, GstIceConnection * connection)
{
  count (limit);
  g_ptr_array_remove_fast (limit->draining, connection);
  if (g_ptr_array_remove_fast (limit->senders, connection))
    divide (limit);
}

void
gst_ice_rate_limit_drain (GstIceRateLimit * limit,
    GstIceConnection * connection)
{
  if (gst_ice_rate_limit_get_share (limit) == 0
      || !gst_ice_connection_has_queue (connection))
    gst_ice_rate_limit_end (limit, connection);
  else if (g_ptr_array_find (limit->senders, connection, NULL))
    g_ptr_array_add (limit->draining, connection);
}
