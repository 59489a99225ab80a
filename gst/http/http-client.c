/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The client: its settings, and the origins it has talked to.
 *
 * Runs on: the network thread.
 * Owns: an origin, with a session of libsoup's, for each scheme, host and
 * port; each request under way holds a reference to the client.
 *
 * No challenge is ever answered. A proxy whose URI has a user name is told it
 * unasked, in the CONNECT that libsoup sends: libsoup's own answer to a
 * proxy's challenge asks for a tunnel to the proxy itself (3.2.3). */

#include "http/http-client.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <openssl/crypto.h>

#include "http/exchange.h"
#include "http/http-request.h"

/* How long an unused connection is kept, in seconds; less than what servers
 * commonly do, so that we are the first to close it. */
#define IDLE_TIMEOUT 45

/* A stall timeout for ever is one of a day: it is multiplied later. */
#define MIN_STALL_TIMEOUT_US 1000
#define MAX_STALL_TIMEOUT_US (24 * 60 * 60 * (gint64) G_USEC_PER_SEC)

/* In place of what could not be added to anything. */
#define MAX_LIMIT_TIME_US (G_MAXINT64 / 4)

struct _GstIceHttpClient
{
  gatomicrefcount ref_count;
  GstIceExchangeContext context;

  GstIceNetworkConfig *config;  /* (owned) */
  guint max_connections;
  gboolean has_proxy_resolver;  /* else the system's */
  GProxyResolver *proxy_resolver;       /* (owned) (nullable): NULL: none */
  GTlsDatabase *tls_database;   /* (owned) (nullable): NULL: the system's */
  GHashTable *origins;          /* (owned) (element-type utf8 GstIceOrigin) */
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
  g_autoptr (GUri) uri = g_uri_parse (proxy, SOUP_HTTP_URI_FLAGS, NULL);
  const gchar *host = uri ? g_uri_get_host (uri) : NULL;

  if (!host || *host == '\0' || !is_proxy_scheme (g_uri_get_scheme (uri))) {
    gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "the proxy is not a URI like http://HOST:PORT");
    return NULL;
  }

  return g_simple_proxy_resolver_new (proxy, NULL);
}

static const gchar *
get_variable (const gchar * lower, const gchar * upper)
{
  const gchar *value = g_getenv (lower);

  if (!value || *value == '\0')
    value = g_getenv (upper);

  return value && *value != '\0' ? value : NULL;
}

/* What the environment says, or NULL. (transfer full) */
static GProxyResolver *
create_environment_resolver (void)
{
  const gchar *proxy = get_variable ("https_proxy", "HTTPS_PROXY");
  const gchar *no_proxy = get_variable ("no_proxy", "NO_PROXY");
  g_auto (GStrv) hosts = g_strsplit (no_proxy ? no_proxy : "", ",", -1);

  if (!proxy)
    proxy = get_variable ("all_proxy", "ALL_PROXY");

  return proxy ? g_simple_proxy_resolver_new (proxy, hosts) : NULL;
}

/* A user without a home, as many services are, has no desktop whose settings
 * could be asked for; whoever asks all the same is told so by dconf, often and
 * as something critical. */
static gboolean
has_desktop (void)
{
  return g_access (g_get_user_runtime_dir (), W_OK) == 0;
}

static gboolean
set_proxy (GstIceHttpClient * client, const gchar * proxy, GError ** error)
{
  client->has_proxy_resolver = proxy || !has_desktop ();
  if (!proxy && client->has_proxy_resolver)
    client->proxy_resolver = create_environment_resolver ();
  if (!proxy)
    return TRUE;
  if (*proxy == '\0')
    return TRUE;
  client->proxy_resolver = create_proxy_resolver (proxy, error);
  return client->proxy_resolver != NULL;
}

static gboolean
set_ca_file (GstIceHttpClient * client, const gchar * ca_file, GError ** error)
{
  g_autoptr (GError) local_error = NULL;

  if (!ca_file)
    return TRUE;
  /* A pipe would wait. */
  if (!g_file_test (ca_file, G_FILE_TEST_IS_REGULAR))
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "cannot use the CA certificates: %s is no file", ca_file);
  client->tls_database = g_tls_file_database_new (ca_file, &local_error);
  if (client->tls_database)
    return TRUE;
  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
      "cannot use the CA certificates: %s", local_error->message);
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
create_session (GstIceHttpClient * client, const GstIceEndpoint * endpoint)
{
  SoupSession *session = g_object_new (SOUP_TYPE_SESSION,
      "max-conns", client->max_connections,
      "max-conns-per-host", client->max_connections,
      "timeout", 0, "idle-timeout", IDLE_TIMEOUT,
      "user-agent", client->config->user_agent, NULL);

  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  /* The auth manager itself stays, see create_message(). */
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_BASIC);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_DIGEST);
  g_signal_connect (session, "request-queued", G_CALLBACK (on_request_queued),
      NULL);
  /* What is meant for this machine stays on it, whatever the system's settings
   * or the environment say. */
  if (client->has_proxy_resolver || endpoint->is_loopback)
    soup_session_set_proxy_resolver (session, endpoint->is_loopback ? NULL :
        client->proxy_resolver);
  if (client->tls_database)
    soup_session_set_tls_database (session, client->tls_database);

  return session;
}

/* (transfer none) */
static GstIceOrigin *
get_origin (GstIceHttpClient * client, const GstIceHttpRequest * request)
{
  const GstIceEndpoint *endpoint = request->endpoint;
  g_autofree gchar *name = g_strdup_printf ("%s://%s:%u",
      endpoint->tls ? "https" : "http", request->host_name, endpoint->port);
  GstIceOrigin *origin = g_hash_table_lookup (client->origins, name);

  if (origin && !gst_ice_origin_is_stale (origin))
    return origin;
  origin = gst_ice_origin_new (create_session (client, endpoint),
      client->max_connections);
  g_hash_table_replace (client->origins, g_steal_pointer (&name), origin);

  return origin;
}

void
gst_ice_http_client_set_max_bitrate (GstIceHttpClient * client,
    guint64 bitrate)
{
  /* Asked for from the start, it was refused. */
  if (bitrate > 0 && !gst_ice_rate_limit_is_possible ())
    GST_WARNING ("max-upload-bitrate: this system can't pace connections;"
        " nothing is limited");
  gst_ice_rate_limit_set (client->context.limit, client, bitrate);
}

GstIceHttpClient *
gst_ice_http_client_new (GstIceNetworkConfig * config, guint max_connections,
    GstIceClock * clock, GError ** error)
{
  g_autoptr (GstIceHttpClient) client = g_new0 (GstIceHttpClient, 1);

  g_atomic_ref_count_init (&client->ref_count);
  client->context.clock = gst_ice_clock_ref (clock);
  client->context.stall_timeout_us =
      CLAMP ((gint64) GST_TIME_AS_USECONDS (config->stall_timeout),
      MIN_STALL_TIMEOUT_US, MAX_STALL_TIMEOUT_US);
  client->context.tcp_congestion_control = config->tcp_congestion_control;
  client->context.limit = config->share_upload_bitrate ?
      gst_ice_rate_limit_get_shared () : gst_ice_rate_limit_new ();
  gst_ice_http_client_set_max_bitrate (client, config->max_upload_bitrate);
  client->config = gst_ice_network_config_ref (config);
  client->max_connections = max_connections;
  client->origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) gst_ice_origin_unref);
  if (!set_proxy (client, config->proxy, error)
      || !set_ca_file (client, config->ca_file, error))
    return NULL;

  return g_steal_pointer (&client);
}

static void
finalize (GstIceHttpClient * client)
{
  gst_ice_http_client_set_max_bitrate (client, 0);
  gst_ice_rate_limit_unref (client->context.limit);
  g_hash_table_unref (client->origins);
  g_clear_object (&client->tls_database);
  g_clear_object (&client->proxy_resolver);
  gst_ice_network_config_unref (client->config);
  gst_ice_clock_unref (client->context.clock);
  g_free (client);
}

GST_ICE_DEFINE_COUNTED (GstIceHttpClient, gst_ice_http_client, finalize)

void
gst_ice_http_client_send_async (GstIceHttpClient * client,
    GstIceHttpRequest * request, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, gst_ice_http_client_send_async);
  g_task_set_task_data (task, gst_ice_http_client_ref (client),
      (GDestroyNotify) gst_ice_http_client_unref);
  gst_ice_exchange_start (&client->context, get_origin (client, request),
      request, task);
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

static GstIceDelay
measure (GstIceHttpClient * client)
{
  GstIceDelay delay = {.is_known = TRUE };
  GHashTableIter iter;
  gpointer origin;

  g_hash_table_iter_init (&iter, client->origins);
  while (g_hash_table_iter_next (&iter, NULL, &origin))
    gst_ice_origin_add_delay (origin, &delay);

  return delay;
}

gboolean
gst_ice_http_client_get_delay (GstIceHttpClient * client, gint64 * srtt_us,
    gint64 * min_rtt_us)
{
  GstIceDelay delay = measure (client);

  if (delay.n == 0 || !delay.is_known)
    return FALSE;

  *srtt_us = delay.srtt_us / delay.n;
  *min_rtt_us = delay.min_rtt_us;

  return TRUE;
}

gboolean
gst_ice_http_client_is_limited (GstIceHttpClient * client)
{
  GstIceDelay delay = measure (client);

  return delay.rate > 0 && (!delay.is_known
      || delay.window_rate >= delay.rate);
}

gboolean
gst_ice_http_client_is_crowded (GstIceHttpClient * client)
{
  return gst_ice_rate_limit_is_crowded (client->context.limit);
}

gint64
gst_ice_http_client_get_limit_time (GstIceHttpClient * client, guint64 size)
{
  guint64 rate = gst_ice_rate_limit_get_share (client->context.limit);

  return rate == 0 ? 0
      : (gint64) MIN (gst_util_uint64_scale (size, G_USEC_PER_SEC, rate),
      MAX_LIMIT_TIME_US);
}
