/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The client: libsoup's session as we want it, and what its exchanges share.
 *
 * Runs on: the network thread.
 * Owns: the session; each request under way holds a reference to the client.
 *
 * No challenge is ever answered. A proxy whose URI has a user name is told it
 * unasked, in the CONNECT that libsoup sends: libsoup's own answer to a
 * proxy's challenge asks for a tunnel to the proxy itself (3.2.3). */

#include "http/http-client.h"

#include <string.h>

#include <gst/gst.h>
#include <openssl/crypto.h>

#include "http/exchange.h"
#include "http/http-request.h"

/* How long an unused connection is kept, in seconds; less than what servers
 * commonly do, so that we are the first to close it. */
#define IDLE_TIMEOUT 45

/* Connections to hosts besides the one that takes the parts: a renewal of the
 * credential must never wait for a part. */
#define OTHER_CONNECTIONS 8

/* A stall timeout for ever is one of a day: it is multiplied later. */
#define MIN_STALL_TIMEOUT_US 1000
#define MAX_STALL_TIMEOUT_US (24 * 60 * 60 * (gint64) G_USEC_PER_SEC)

struct _GstIceHttpClient
{
  grefcount ref_count;
  GstIceExchangeContext context;
};

static gboolean
is_proxy_scheme (const gchar * scheme)
{
  static const gchar *const schemes[] =
      { "http", "https", "socks", "socks4", "socks4a", "socks5", NULL };

  return g_strv_contains (schemes, scheme);
}

/* Says nothing of the text, which may hold a password.
 * (transfer full) */
static GProxyResolver *
create_proxy_resolver (const gchar * proxy, GError ** error)
{
  /* What is meant for this machine stays on it. */
  static const gchar *const local[] =
      { "localhost", "127.0.0.0/8", "::1", NULL };
  g_autoptr (GUri) uri = g_uri_parse (proxy, SOUP_HTTP_URI_FLAGS, NULL);
  const gchar *host = uri ? g_uri_get_host (uri) : NULL;

  if (!host || *host == '\0' || !is_proxy_scheme (g_uri_get_scheme (uri))) {
    g_propagate_error (error, gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
            "the proxy is not a URI like http://HOST:PORT"));
    return NULL;
  }

  return g_simple_proxy_resolver_new (proxy, (gchar **) local);
}

static gboolean
set_proxy (SoupSession * session, const gchar * proxy, GError ** error)
{
  g_autoptr (GProxyResolver) resolver = NULL;

  if (!proxy)
    return TRUE;
  if (*proxy != '\0') {
    resolver = create_proxy_resolver (proxy, error);
    if (!resolver)
      return FALSE;
  }
  soup_session_set_proxy_resolver (session, resolver);
  return TRUE;
}

static gboolean
set_ca_file (SoupSession * session, const gchar * ca_file, GError ** error)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!ca_file)
    return TRUE;
  database = g_tls_file_database_new (ca_file, &local_error);
  if (!database) {
    g_propagate_error (error, gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
            "cannot use the CA certificates: %s", local_error->message));
    return FALSE;
  }
  soup_session_set_tls_database (session, database);
  return TRUE;
}

/* (transfer full) (nullable) */
static gchar *
create_proxy_authorization (GProxyAddress * proxy)
{
  const gchar *user = g_proxy_address_get_username (proxy);
  const gchar *password = g_proxy_address_get_password (proxy);
  g_autofree gchar *plain = NULL;
  g_autofree gchar *encoded = NULL;
  gchar *value;

  if (!user)
    return NULL;
  plain = g_strdup_printf ("%s:%s", user, password ? password : "");
  encoded = g_base64_encode ((const guchar *) plain, strlen (plain));
  value = g_strconcat ("Basic ", encoded, NULL);
  OPENSSL_cleanse (plain, strlen (plain));
  OPENSSL_cleanse (encoded, strlen (encoded));

  return value;
}

static void
on_tunnel_starting (SoupMessage * message, gpointer user_data)
{
  GSocketAddress *address = soup_message_get_remote_address (message);
  g_autofree gchar *value = NULL;

  if (!G_IS_PROXY_ADDRESS (address))
    return;
  value = create_proxy_authorization (G_PROXY_ADDRESS (address));
  if (!value)
    return;
  soup_message_headers_replace (soup_message_get_request_headers (message),
      "Proxy-Authorization", value);
  OPENSSL_cleanse (value, strlen (value));
}

static void
on_request_queued (SoupSession * session, SoupMessage * message,
    gpointer user_data)
{
  if (g_strcmp0 (soup_message_get_method (message), "CONNECT") == 0)
    g_signal_connect (message, "starting", G_CALLBACK (on_tunnel_starting),
        NULL);
}

/* (transfer full) */
static SoupSession *
create_session (const GstIceHttpConfig * config, GError ** error)
{
  g_autoptr (SoupSession) session = g_object_new (SOUP_TYPE_SESSION,
      "max-conns", config->max_connections + OTHER_CONNECTIONS,
      "max-conns-per-host", config->max_connections,
      "timeout", 0, "idle-timeout", IDLE_TIMEOUT,
      "user-agent", config->user_agent, NULL);

  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  /* The auth manager itself stays, see create_message(). */
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_BASIC);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_DIGEST);
  g_signal_connect (session, "request-queued", G_CALLBACK (on_request_queued),
      NULL);
  if (!set_proxy (session, config->proxy, error) ||
      !set_ca_file (session, config->ca_file, error))
    return NULL;

  return g_steal_pointer (&session);
}

GstIceHttpClient *
gst_ice_http_client_new (const GstIceHttpConfig * config, GstIceClock * clock,
    GError ** error)
{
  g_autoptr (SoupSession) session = create_session (config, error);
  GstIceHttpClient *client;

  gst_ice_http_debug_init ();
  if (!session)
    return NULL;

  client = g_new0 (GstIceHttpClient, 1);
  g_ref_count_init (&client->ref_count);
  client->context.session = g_steal_pointer (&session);
  client->context.clock = gst_ice_clock_ref (clock);
  client->context.stall_timeout_us = CLAMP (config->stall_timeout_us,
      MIN_STALL_TIMEOUT_US, MAX_STALL_TIMEOUT_US);
  client->context.tcp_congestion_control =
      g_strdup (config->tcp_congestion_control);
  client->context.connections = g_hash_table_new_full (g_int64_hash,
      g_int64_equal, g_free, (GDestroyNotify) gst_ice_connection_unref);

  return client;
}

GstIceHttpClient *
gst_ice_http_client_ref (GstIceHttpClient * client)
{
  g_ref_count_inc (&client->ref_count);
  return client;
}

void
gst_ice_http_client_unref (GstIceHttpClient * client)
{
  if (!g_ref_count_dec (&client->ref_count))
    return;

  soup_session_abort (client->context.session);
  g_object_unref (client->context.session);
  gst_ice_clock_unref (client->context.clock);
  g_free (client->context.tcp_congestion_control);
  g_hash_table_unref (client->context.connections);
  g_free (client);
}

void
gst_ice_http_client_send_async (GstIceHttpClient * client,
    GstIceHttpRequest * request, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, gst_ice_http_client_send_async);
  g_task_set_task_data (task, gst_ice_http_client_ref (client),
      (GDestroyNotify) gst_ice_http_client_unref);
  gst_ice_exchange_start (&client->context, request, task);
}

GstIceHttpResponse *
gst_ice_http_client_send_finish (GstIceHttpClient * client,
    GAsyncResult * result, GError ** error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

guint
gst_ice_http_client_get_connections_opened (GstIceHttpClient * client)
{
  return client->context.connections_opened;
}

GstIceClock *
gst_ice_http_client_get_clock (GstIceHttpClient * client)
{
  return client->context.clock;
}
