/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The services; see the header.
 *
 * The clients belong to the thread that made them and to its main context:
 * here the main thread, which turns the default context while it waits. */

#include "tools/service.h"

#include "credentials/default-chain.h"

#define DEFAULT_TIMEOUT 30
#define MAX_ATTEMPTS 3

struct _GstIceToolService
{
  GstIceUploadConfig *config;   /* (owned) */
  GstIceClock *clock;           /* (owned) */
  GstIceHttpClient *http;       /* (owned) */
  GstIceProviderChain *chain;   /* (owned) */
  GstIceMediaClient *ice;       /* (owned) */
  GstIceOssClient *oss;         /* (owned) */
};

/* What the options say; NULL: the sink's default. */
static gchar *region;
static gchar *ice_endpoint;
static gchar *oss_endpoint;
static gchar *profile;
static gchar *proxy;
static gchar *ca_file;
static gint timeout_s = DEFAULT_TIMEOUT;

static const GOptionEntry options[] = {
  {"region", 0, 0, G_OPTION_ARG_STRING, &region,
      "Region of ICE (" GST_ICE_DEFAULT_REGION ")", "REGION"},
  {"ice-endpoint", 0, 0, G_OPTION_ARG_STRING, &ice_endpoint,
      "Host or URL of ICE (https://ice.REGION.aliyuncs.com)", "URL"},
  {"oss-endpoint", 0, 0, G_OPTION_ARG_STRING, &oss_endpoint,
      "Host or URL of OSS (what ICE says)", "URL"},
  {"profile", 0, 0, G_OPTION_ARG_STRING, &profile,
      "Profile in the credentials files", "NAME"},
  {"proxy", 0, 0, G_OPTION_ARG_STRING, &proxy,
      "Proxy; empty: none (the system's)", "URL"},
  {"ssl-ca-file", 0, 0, G_OPTION_ARG_FILENAME, &ca_file,
      "PEM file of CA certificates (the system's)", "FILE"},
  {"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s,
        "Longest time for each answer (" G_STRINGIFY (DEFAULT_TIMEOUT) ")",
      "SECONDS"},
  {NULL}
};

const GOptionEntry *
gst_ice_tool_service_get_options (void)
{
  return options;
}

void
gst_ice_tool_service_set_up (GObject * sink)
{
  const struct
  {
    const gchar *name;
    const gchar *value;
  } properties[] = {
    {"region", region}, {"ice-endpoint", ice_endpoint},
    {"oss-endpoint", oss_endpoint}, {"profile", profile}, {"proxy", proxy},
    {"ssl-ca-file", ca_file},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (properties); i++) {
    if (properties[i].value != NULL)
      g_object_set (sink, properties[i].name, properties[i].value, NULL);
  }
  g_object_set (sink, "stall-timeout", timeout_s * GST_SECOND, NULL);
}

static void
fill_settings (GstIceSettings * settings, const gchar * media_id)
{
  gst_ice_settings_set_string (&settings->media_id, media_id);
  if (region != NULL)
    gst_ice_settings_set_string (&settings->region, region);
  gst_ice_settings_set_string (&settings->ice_endpoint, ice_endpoint);
  gst_ice_settings_set_string (&settings->oss_endpoint, oss_endpoint);
  gst_ice_settings_set_string (&settings->profile, profile);
  gst_ice_settings_set_string (&settings->network.proxy, proxy);
  gst_ice_settings_set_path (&settings->network.ca_file, ca_file);
  settings->network.stall_timeout = timeout_s * GST_SECOND;
}

static GstIceUploadConfig *
make_config (const gchar * media_id, GstIceClock * clock, GError ** error)
{
  GstIceUploadConfig *config;
  GstIceSettings settings;

  if (timeout_s <= 0) {
    gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "--timeout is not a positive number of seconds");
    return NULL;
  }

  gst_ice_settings_init (&settings);
  /* The settings are those of a sink, which has one. */
  fill_settings (&settings, media_id != NULL ? media_id : "none");
  config = gst_ice_settings_get_upload_config (&settings, clock, error);
  gst_ice_settings_clear (&settings);

  return config;
}

static gboolean
make_clients (GstIceToolService * self, GError ** error)
{
  self->http = gst_ice_upload_config_create_http_client (self->config,
      self->clock, error);
  if (self->http == NULL)
    return FALSE;

  self->chain = gst_ice_provider_chain_new ();
  gst_ice_default_chain_add_to (self->chain, self->config->sources, self->http,
      self->config->network);
  self->ice = gst_ice_media_client_new (self->http,
      self->config->ice_endpoint,
      GST_ICE_CREDENTIALS_PROVIDER (self->chain));
  self->oss = gst_ice_oss_client_new (self->http);

  return TRUE;
}

GstIceToolService *
gst_ice_tool_service_new (const gchar * media_id, GError ** error)
{
  g_autoptr (GstIceToolService) self = g_new0 (GstIceToolService, 1);

  self->clock = gst_ice_clock_new ();
  self->config = make_config (media_id, self->clock, error);
  if (self->config == NULL || !make_clients (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
gst_ice_tool_service_free (GstIceToolService * self)
{
  g_clear_pointer (&self->oss, gst_ice_oss_client_unref);
  g_clear_pointer (&self->ice, gst_ice_media_client_unref);
  g_clear_object (&self->chain);
  g_clear_pointer (&self->http, gst_ice_http_client_unref);
  g_clear_pointer (&self->config, gst_ice_upload_config_free);
  g_clear_pointer (&self->clock, gst_ice_clock_unref);
  g_free (self);
}

/* ---- waiting ---- */

typedef struct
{
  GAsyncResult *result;         /* (nullable) (owned) what came */
  GCancellable *cancellable;    /* (owned) ends it */
  GSource *timer;               /* (owned) cancels */
} Wait;

static gboolean
on_timeout (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

static void
wait_init (Wait * wait)
{
  wait->result = NULL;
  wait->cancellable = g_cancellable_new ();
  wait->timer = g_timeout_source_new_seconds (timeout_s);
  g_source_set_callback (wait->timer, on_timeout, wait->cancellable, NULL);
  g_source_attach (wait->timer, NULL);
}

static void
wait_clear (Wait * wait)
{
  g_source_destroy (wait->timer);
  g_source_unref (wait->timer);
  g_clear_object (&wait->result);
  g_clear_object (&wait->cancellable);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wait, wait_clear)

static void
on_result (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Wait *wait = user_data;

  wait->result = g_object_ref (result);
}

static GAsyncResult *
await (Wait * wait)
{
  while (wait->result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return wait->result;
}

/* Only the timer cancels. */
static void
explain (GError ** error, const gchar * what)
{
  if (error == NULL
      || !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_error (error);
  *error = gst_ice_error_new (GST_ICE_ERROR_NETWORK,
      "%s: no answer within %d s", what, timeout_s);
}

/* ---- questions ---- */

GstIceIdentity *
gst_ice_tool_service_find_identity (GstIceToolService * self,
    const gchar ** source, GError ** error)
{
  GstIceCredentialsProvider *provider =
      GST_ICE_CREDENTIALS_PROVIDER (self->chain);
  g_auto (Wait) wait;
  GstIceIdentity *identity;

  wait_init (&wait);
  gst_ice_credentials_provider_get_identity_async (provider,
      wait.cancellable, on_result, &wait);
  identity = gst_ice_credentials_provider_get_identity_finish (provider,
      await (&wait), error);
  if (identity == NULL)
    explain (error, "The search for an identity");
  *source = gst_ice_provider_chain_get_source (self->chain);

  return identity;
}

static GstIceLease *
refresh_once (GstIceToolService * self, gchar ** request_id, GError ** error)
{
  g_auto (Wait) wait;
  GstIceLease *lease;

  wait_init (&wait);
  gst_ice_media_client_refresh_upload_media_async (self->ice,
      self->config->media_id, wait.cancellable, on_result, &wait);
  lease = gst_ice_media_client_refresh_upload_media_finish (self->ice,
      await (&wait), request_id, error);
  if (lease == NULL)
    explain (error, "RefreshUploadMedia");

  return lease;
}

/* From an answer that finds our clock wrong, the right time is known. */
GstIceLease *
gst_ice_tool_service_refresh (GstIceToolService * self, gchar ** request_id,
    GError ** error)
{
  g_autoptr (GError) first_error = NULL;
  GstIceLease *lease = refresh_once (self, request_id, &first_error);

  if (gst_ice_error_is (first_error, GST_ICE_ERROR_CLOCK_SKEW)) {
    if (request_id != NULL)
      g_clear_pointer (request_id, g_free);
    return refresh_once (self, request_id, error);
  }
  if (lease == NULL)
    g_propagate_error (error, g_steal_pointer (&first_error));

  return lease;
}

/* ---- calls that are sent again with care ---- */

/* Asks once. @what: what the call is about */
typedef gpointer (*AskFunc) (GstIceToolService * self, gconstpointer what,
    gchar ** request_id, GError ** error);

static gboolean
on_pause_over (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

void
gst_ice_tool_service_pause (GstIceToolService * self, gdouble seconds)
{
  gboolean over = FALSE;

  g_timeout_add (seconds * 1000, on_pause_over, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

/* How many seconds to wait before what failed with @error is sent again, or
 * -1: never, because the service may have processed it. */
static gdouble
get_pause (const GError * error, guint attempt)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);
  gdouble asked;

  if (details == NULL || attempt + 1 >= MAX_ATTEMPTS)
    return -1;
  if (gst_ice_error_is (error, GST_ICE_ERROR_CLOCK_SKEW))
    return attempt == 0 ? 0 : -1;
  if (!details->not_sent && !gst_ice_error_is (error, GST_ICE_ERROR_THROTTLED))
    return -1;

  asked = details->retry_after_us / (gdouble) G_USEC_PER_SEC;

  return MAX (asked, 1 << attempt);
}

static gpointer
ask (GstIceToolService * self, AskFunc func, gconstpointer what,
    gchar ** request_id, GError ** error)
{
  guint attempt;

  for (attempt = 0;; attempt++) {
    g_autoptr (GError) reason = NULL;
    gpointer answer = func (self, what, request_id, &reason);
    gdouble pause;

    if (answer != NULL)
      return answer;
    pause = get_pause (reason, attempt);
    if (pause < 0) {
      g_propagate_error (error, g_steal_pointer (&reason));
      return NULL;
    }
    if (request_id != NULL)
      g_clear_pointer (request_id, g_free);
    gst_ice_tool_service_pause (self, pause);
  }
}

static gpointer
create_once (GstIceToolService * self, gconstpointer what,
    gchar ** request_id, GError ** error)
{
  g_auto (Wait) wait;
  gchar *media_id;

  wait_init (&wait);
  gst_ice_media_client_create_upload_media_async (self->ice, what,
      wait.cancellable, on_result, &wait);
  media_id = gst_ice_media_client_create_upload_media_finish (self->ice,
      await (&wait), request_id, error);
  if (media_id == NULL)
    explain (error, "CreateUploadMedia");

  return media_id;
}

/* An answer that refuses is the service's word; all else leaves it open. */
static gboolean
is_refusal (const GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (details == NULL)
    return FALSE;

  return details->not_sent || (details->code != NULL
      && details->http_status >= 400 && details->http_status < 500);
}

gchar *
gst_ice_tool_service_create (GstIceToolService * self,
    const GstIceNewMedia * media, gchar ** request_id, gboolean * unknown,
    GError ** error)
{
  guint n_requests = gst_ice_media_client_get_requests (self->ice);
  g_autoptr (GError) reason = NULL;
  gchar *media_id = ask (self, create_once, media, request_id, &reason);

  *unknown = media_id == NULL && !is_refusal (reason)
      && gst_ice_media_client_get_requests (self->ice) > n_requests;
  if (media_id == NULL)
    g_propagate_error (error, g_steal_pointer (&reason));

  return media_id;
}

static gpointer
get_info_once (GstIceToolService * self, gconstpointer what,
    gchar ** request_id, GError ** error)
{
  g_auto (Wait) wait;
  GstIceMediaInfo *info;

  wait_init (&wait);
  gst_ice_media_client_get_media_info_async (self->ice, what,
      wait.cancellable, on_result, &wait);
  info = gst_ice_media_client_get_media_info_finish (self->ice,
      await (&wait), request_id, error);
  if (info == NULL)
    explain (error, "GetMediaInfo");

  return info;
}

GstIceMediaInfo *
gst_ice_tool_service_get_info (GstIceToolService * self, GError ** error)
{
  return ask (self, get_info_once, self->config->media_id, NULL, error);
}

static gpointer
delete_once (GstIceToolService * self, gconstpointer what,
    gchar ** request_id, GError ** error)
{
  g_auto (Wait) wait;
  GstIceDeletion *deletion;

  wait_init (&wait);
  gst_ice_media_client_delete_media_infos_async (self->ice, what,
      wait.cancellable, on_result, &wait);
  deletion = gst_ice_media_client_delete_media_infos_finish (self->ice,
      await (&wait), request_id, error);
  if (deletion == NULL)
    explain (error, "DeleteMediaInfos");

  return deletion;
}

GstIceDeletion *
gst_ice_tool_service_delete (GstIceToolService * self,
    const gchar * const *media_ids, GError ** error)
{
  return ask (self, delete_once, media_ids, NULL, error);
}

/* ---- the rest ---- */

gboolean
gst_ice_tool_service_can_create (GstIceToolService * self)
{
  return gst_ice_new_media_is_offered (self->config->region,
      self->config->ice_endpoint->host);
}

GstIceOssObject *
gst_ice_tool_service_get_object (GstIceToolService * self,
    GstIceLease * lease)
{
  return gst_ice_upload_config_get_object (self->config, lease);
}

GstIceOssReply *
gst_ice_tool_service_send (GstIceToolService * self, GstIceLease * lease,
    GstIceOssRequest * request, GError ** error)
{
  const gchar *operation = gst_ice_oss_request_get_operation (request);
  g_autoptr (GstIceOssObject) object =
      gst_ice_tool_service_get_object (self, lease);
  g_auto (Wait) wait;
  GstIceOssReply *reply;

  wait_init (&wait);
  gst_ice_oss_client_send_async (self->oss, request, object,
      lease->identity, wait.cancellable, on_result, &wait);
  reply = gst_ice_oss_client_send_finish (self->oss, await (&wait), error);
  if (reply == NULL)
    explain (error, operation);

  return reply;
}

gint64
gst_ice_tool_service_get_time_to (GstIceToolService * self,
    gint64 monotonic_us)
{
  return (monotonic_us - gst_ice_clock_get_monotonic (self->clock))
      / G_USEC_PER_SEC;
}

gint64
gst_ice_tool_service_get_clock_offset (GstIceToolService * self)
{
  return gst_ice_clock_get_offset (self->clock);
}
