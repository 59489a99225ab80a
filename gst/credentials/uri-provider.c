/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One GET.
 *
 * Runs on: the network thread.
 *
 * The address may have a password in its query, so no text shows more of it
 * than its host. Plain http is for this machine alone. */

#include "credentials/providers.h"

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
get_monotonic (GstIceProviderContext * context)
{
  return gst_ice_clock_get_monotonic (gst_ice_provider_context_get_clock
      (context));
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
decode (GstIceProviderContext * context, GstIceHttpResponse * response,
    GError ** error)
{
  /* On this machine or known by its Date: no host to remember. */
  GstIceSessionTime time = gst_ice_session_get_time (response,
      gst_ice_provider_context_get_clock (context), "");
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
    .duration_us = get_monotonic (gst_ice_session_provider_get_source (task))
        - fetch->began_us,
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
  GstIceProviderContext *context = gst_ice_session_provider_get_source (task);
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GstIceHttpResponse) response =
      gst_ice_http_client_send_finish (fetch->http, result, &error);
  GstIceIdentity *identity =
      response != NULL ? decode (context, response, &error) : NULL;

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
ask (GstIceProviderContext * context, GstIceEndpoint * endpoint,
    const gchar * target, GTask * task)
{
  GstIceHttpClient *http = endpoint->tls ? context->http
      : context->direct_http;
  GstIceHttpRequest *request =
      gst_ice_http_request_new ("GET", endpoint, NULL, target);
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->http = gst_ice_http_client_ref (http);
  fetch->endpoint = gst_ice_endpoint_ref (endpoint);
  fetch->began_us = get_monotonic (context);
  g_task_set_task_data (task, fetch, (GDestroyNotify) fetch_free);
  gst_ice_http_request_add_header (request, "accept", "application/json");
  gst_ice_http_request_set_timeout (request, TIMEOUT_US);
  gst_ice_http_request_set_response_limit (request, RESPONSE_LIMIT);
  gst_ice_http_client_send_async (http, request,
      g_task_get_cancellable (task), on_response, task);
}

static void
fetch (gpointer source, GTask * task)
{
  GstIceProviderContext *context = source;
  const GstIceSecret *uri = context->sources->credentials_uri;
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

  ask (context, endpoint, target, task);
  gst_ice_secret_free_string (target);
}

static const GstIceSessionSource kind = {
  "credentials URI", fetch, (GDestroyNotify) gst_ice_provider_context_unref
};

GstIceCredentialsProvider *
gst_ice_uri_provider_new (GstIceProviderContext * context)
{
  return gst_ice_session_provider_new (gst_ice_provider_context_get_clock
      (context), &kind, gst_ice_provider_context_ref (context));
}
