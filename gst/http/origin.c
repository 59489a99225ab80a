/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One scheme, host and port that requests go to.
 *
 * Runs on: the network thread.
 * Owns: the session, and records of its connections.
 *
 * A session of its own for each, and a new one after a failure to connect,
 * because libsoup never asks for the addresses of a host again as long as it
 * is in use: with one session for ever, an upload of a week would go on to
 * call the address that the host had on Monday. Besides, so no host's requests
 * wait for those of another. */

#include "http/origin.h"

struct _GstIceOrigin
{
  gatomicrefcount ref_count;
  SoupSession *session;         /* (owned) */
  guint max_connections;
  guint n_exchanges;
  guint n_queued;               /* of them, without a connection yet */
  /* (owned) (element-type guint64 GstIceConnection): by libsoup's id */
  GHashTable *connections;
  gboolean is_stale;
};

GstIceOrigin *
gst_ice_origin_new (SoupSession * session, guint max_connections)
{
  GstIceOrigin *origin = g_new0 (GstIceOrigin, 1);

  g_atomic_ref_count_init (&origin->ref_count);
  origin->session = session;
  origin->max_connections = max_connections;
  origin->connections = g_hash_table_new_full (g_int64_hash, g_int64_equal,
      g_free, (GDestroyNotify) gst_ice_connection_unref);

  return origin;
}

static void
finalize (GstIceOrigin * origin)
{
  soup_session_abort (origin->session);
  g_object_unref (origin->session);
  g_hash_table_unref (origin->connections);
  g_free (origin);
}

GST_ICE_DEFINE_COUNTED (GstIceOrigin, gst_ice_origin, finalize)

SoupSession *
gst_ice_origin_get_session (GstIceOrigin * origin)
{
  return origin->session;
}

/* Those that libsoup has dropped. */
static void
sweep_connections (GstIceOrigin * origin)
{
  GHashTableIter iter;
  gpointer connection;

  g_hash_table_iter_init (&iter, origin->connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection)) {
    g_autoptr (GIOStream) stream = gst_ice_connection_dup_stream (connection);

    if (!stream)
      g_hash_table_iter_remove (&iter);
  }
}

static guint
count_idle (GstIceOrigin * origin)
{
  GHashTableIter iter;
  gpointer connection;
  guint n = 0;

  sweep_connections (origin);
  g_hash_table_iter_init (&iter, origin->connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection))
    n += gst_ice_connection_is_idle (connection);

  return n;
}

gboolean
gst_ice_origin_begin_exchange (GstIceOrigin * origin)
{
  gboolean must_open = origin->n_exchanges < origin->max_connections
      && count_idle (origin) <= origin->n_queued;

  origin->n_exchanges++;
  origin->n_queued++;

  return must_open;
}

void
gst_ice_origin_leave_queue (GstIceOrigin * origin)
{
  origin->n_queued--;
}

void
gst_ice_origin_end_exchange (GstIceOrigin * origin)
{
  origin->n_exchanges--;
}

GstIceConnection *
gst_ice_origin_get_connection (GstIceOrigin * origin, guint64 id)
{
  GstIceConnection *connection = g_hash_table_lookup (origin->connections, &id);

  if (connection)
    return connection;
  sweep_connections (origin);
  connection = gst_ice_connection_new ();
  g_hash_table_insert (origin->connections, g_memdup2 (&id, sizeof id),
      connection);

  return connection;
}

static void
add_delay (GstIceConnection * connection, GstIceDelay * delay)
{
  GstIceTraffic traffic = { 0 };

  if (gst_ice_connection_is_proxied (connection)
      || !gst_ice_connection_get_traffic (connection, &traffic)
      || traffic.min_rtt_us <= 0) {
    delay->is_known = FALSE;
    return;
  }

  delay->min_rtt_us = delay->n == 0 ? traffic.min_rtt_us
      : MIN (delay->min_rtt_us, traffic.min_rtt_us);
  delay->srtt_us += traffic.srtt_us;
  delay->window_rate +=
      traffic.window * G_USEC_PER_SEC / MAX (1, traffic.srtt_us);
  delay->rate += gst_ice_connection_get_rate (connection);
  delay->n++;
}

void
gst_ice_origin_add_delay (GstIceOrigin * origin, GstIceDelay * delay)
{
  GHashTableIter iter;
  gpointer connection;

  g_hash_table_iter_init (&iter, origin->connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection))
    if (!gst_ice_connection_is_idle (connection))
      add_delay (connection, delay);
}

void
gst_ice_origin_abort_idle (GstIceOrigin * origin)
{
  GHashTableIter iter;
  gpointer connection;

  g_hash_table_iter_init (&iter, origin->connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection))
    if (gst_ice_connection_is_idle (connection))
      gst_ice_connection_abort (connection);
}

void
gst_ice_origin_set_stale (GstIceOrigin * origin)
{
  origin->is_stale = TRUE;
}

gboolean
gst_ice_origin_is_stale (const GstIceOrigin * origin)
{
  return origin->is_stale;
}
