/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One GET.
 *
 * Runs on: the network thread.
 *
 * The address may have a password in its query, so no text shows more of it
 * than its host. Plain http is for this machine alone. */

#include "credentials/uri-provider.h"

#include <string.h>

#include "common/error.h"
#include "common/json.h"
#include "common/request-log.h"
#include "common/secret.h"
#include "credentials/session-answer.h"
#include "credentials/session-provider.h"

#define VARIABLE "ALIBABA_CLOUD_CREDENTIALS_URI"
#define TIMEOUT_US (15 * (gint64) G_USEC_PER_SEC)
#define RESPONSE_LIMIT (64 * 1024)

#define GST_TYPE_ICE_URI_PROVIDER (gst_ice_uri_provider_get_type ())
G_DECLARE_FINAL_TYPE (GstIceUriProvider, gst_ice_uri_provider, GST,
    ICE_URI_PROVIDER, GstIceSessionProvider)

struct _GstIceUriProvider
{
  GstIceSessionProvider parent;

  GstIceProviderContext *context;       /* (owned) */
};

G_DEFINE_TYPE (GstIceUriProvider, gst_ice_uri_provider,
    GST_TYPE_ICE_SESSION_PROVIDER)

/* Belongs to its task. */
typedef struct
{
  GstIceHttpClient *http;       /* (owned) */
  GstIceEndpoint *endpoint;     /* (owned) */
  gint64 began_us;              /* monotonic */
} Fetch;

static void
fetch_free (Fetch * fetch)
{
  gst_ice_http_client_unref (fetch->http);
  gst_ice_endpoint_unref (fetch->endpoint);
  g_free (fetch);
}

static gint64
get_monotonic (GstIceUriProvider * self)
{
  return gst_ice_clock_get_monotonic (gst_ice_provider_context_get_clock
      (self->context));
}

static GError *
new_error (const gchar * reason)
{
  return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED, VARIABLE " %s",
      reason);
}

/* Cuts @uri into its endpoint and what is asked for there, from the first
 * slash to the fragment. @target: (out) (transfer full) */
static GstIceEndpoint *
parse (const gchar * uri, gchar ** target, GError ** error)
{
  const gchar *authority = strstr (uri, "://");
  g_autofree gchar *address = NULL;
  g_autoptr (GError) cause = NULL;
  GstIceEndpoint *endpoint;
  const gchar *path;

  if (authority == NULL || !gst_ice_identity_is_sendable (uri)) {
    g_propagate_error (error, new_error ("is not a URI"));
    return NULL;
  }

  path = authority + 3 + strcspn (authority + 3, "/?#");
  address = g_strndup (uri, path - uri);
  endpoint = gst_ice_endpoint_parse_setting (address, &cause);
  if (endpoint == NULL) {
    g_propagate_error (error, new_error (cause->message));
    return NULL;
  }

  *target = g_strdup_printf ("%s%.*s", *path == '/' ? "" : "/",
      (int) strcspn (path, "#"), path);

  return endpoint;
}

static GstIceIdentity *
decode (GstIceUriProvider * self, GstIceHttpResponse * response,
    GError ** error)
{
  /* On this machine or known by its Date: no host to remember. */
  GstIceSessionTime time = gst_ice_session_get_time (response,
      gst_ice_provider_context_get_clock (self->context), "");
  GstIceIdentity *identity = NULL;
  JsonNode *json;

  if (response->status != 200) {
    gst_ice_set_error (error, response->status >= 500 ?
        GST_ICE_ERROR_UNAVAILABLE : GST_ICE_ERROR_NOT_AUTHORIZED,
        "HTTP status %u", response->status);
    return NULL;
  }

  json = gst_ice_session_take_json (response, error);
  if (json != NULL)
    identity = gst_ice_session_decode (json_node_get_object (json),
        &gst_ice_session_form, &time, error);
  gst_ice_json_free_secret (json);

  return identity;
}

/* @response, @error: (nullable) */
static void
log_end (GTask * task, const GstIceHttpResponse * response,
    const GError * error)
{
  const Fetch *fetch = g_task_get_task_data (task);
  const GstIceRequestLog log = {
    .operation = "CredentialsURI",
    .duration_us =
        get_monotonic (g_task_get_source_object (task)) - fetch->began_us,
    .status = response != NULL ? response->status : 0,
    .object = fetch->endpoint->host,
    .error = error,
  };

  gst_ice_request_log_write (&log, GST_LEVEL_DEBUG);
}

static void
on_response (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GstIceUriProvider *self = g_task_get_source_object (task);
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GstIceHttpResponse) response =
      gst_ice_http_client_send_finish (fetch->http, result, &error);
  GstIceIdentity *identity =
      response != NULL ? decode (self, response, &error) : NULL;

  log_end (task, response, error);
  if (identity != NULL) {
    gst_ice_session_provider_return (task, identity);
    return;
  }

  g_prefix_error_literal (&error, "credentials URI: ");
  g_task_return_error (task, error);
}

/* @task: (transfer full) */
static void
ask (GstIceUriProvider * self, GstIceEndpoint * endpoint,
    const gchar * target, GTask * task)
{
  GstIceHttpClient *http = endpoint->tls ? self->context->http
      : self->context->direct_http;
  GstIceHttpRequest *request =
      gst_ice_http_request_new ("GET", endpoint, NULL, target);
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->http = gst_ice_http_client_ref (http);
  fetch->endpoint = gst_ice_endpoint_ref (endpoint);
  fetch->began_us = get_monotonic (self);
  g_task_set_task_data (task, fetch, (GDestroyNotify) fetch_free);
  gst_ice_http_request_add_header (request, "accept", "application/json");
  gst_ice_http_request_set_timeout (request, TIMEOUT_US);
  gst_ice_http_request_set_response_limit (request, RESPONSE_LIMIT);
  gst_ice_http_client_send_async (http, request,
      g_task_get_cancellable (task), on_response, task);
}

static void
fetch (GstIceSessionProvider * provider, GTask * task)
{
  GstIceUriProvider *self = GST_ICE_URI_PROVIDER (provider);
  const GstIceSecret *uri = self->context->sources->credentials_uri;
  g_autoptr (GstIceEndpoint) endpoint = NULL;
  gchar *target = NULL;
  GError *error = NULL;

  if (uri == NULL)
    error = new_error ("is not set");
  else
    endpoint = parse (gst_ice_secret_peek (uri), &target, &error);

  if (endpoint == NULL) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }

  ask (self, endpoint, target, task);
  gst_ice_secret_free_string (target);
}

static void
gst_ice_uri_provider_finalize (GObject * object)
{
  GstIceUriProvider *self = GST_ICE_URI_PROVIDER (object);

  g_clear_pointer (&self->context, gst_ice_provider_context_unref);

  G_OBJECT_CLASS (gst_ice_uri_provider_parent_class)->finalize (object);
}

static void
gst_ice_uri_provider_class_init (GstIceUriProviderClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_ice_uri_provider_finalize;
  GST_ICE_SESSION_PROVIDER_CLASS (klass)->name = "credentials URI";
  GST_ICE_SESSION_PROVIDER_CLASS (klass)->fetch = fetch;
}

static void
gst_ice_uri_provider_init (GstIceUriProvider * self)
{
}

GstIceCredentialsProvider *
gst_ice_uri_provider_new (GstIceProviderContext * context)
{
  GstIceUriProvider *self = g_object_new (GST_TYPE_ICE_URI_PROVIDER, NULL);

  gst_ice_session_provider_set_clock (GST_ICE_SESSION_PROVIDER (self),
      gst_ice_provider_context_get_clock (context));
  self->context = gst_ice_provider_context_ref (context);

  return GST_ICE_CREDENTIALS_PROVIDER (self);
}
