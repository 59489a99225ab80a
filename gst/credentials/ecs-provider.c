/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Three requests: a token (hardened mode), the name of the role unless it is
 * known, and the role's identity.
 *
 * Runs on: the network thread. A Fetch belongs to its task.
 *
 * Where there is no token the older mode is tried without one, unless that is
 * forbidden. The whole has to be quick: on machines of other kinds nobody
 * answers.
 *
 * https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata */

#include "credentials/providers.h"

#include <string.h>

#include <gst/gst.h>

#include "common/digest.h"
#include "common/error.h"
#include "common/json.h"
#include "common/log.h"
#include "common/request-log.h"
#include "common/secret.h"
#include "credentials/session-answer.h"
#include "credentials/session-provider.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_CREDENTIALS)

#define METADATA_ENDPOINT "http://100.100.100.200"
#define TOKEN_PATH "/latest/api/token"
#define ROLE_PATH "/latest/meta-data/ram/security-credentials/"
#define TOKEN_HEADER "X-aliyun-ecs-metadata-token"
#define TOKEN_TTL_HEADER "X-aliyun-ecs-metadata-token-ttl-seconds"
#define TOKEN_TTL "21600"

#define TIMEOUT_US ((gint64) G_USEC_PER_SEC)
#define RESPONSE_LIMIT (16 * 1024)
#define MAX_ROLE_NAME_LENGTH 64

typedef struct
{
  GstIceProviderContext *context;       /* (owned) */
  GstIceEndpoint *endpoint;     /* (owned) */
  gchar *role_name;             /* (owned) (nullable) */
  gboolean is_configured;
} Source;

typedef struct
{
  GstIceSecret *token;          /* (owned) (nullable) */
  guint status;                 /* of the last answer; 0: none came */
  gchar *target;                /* (owned): of the request on its way */
  gint64 began_us;              /* monotonic, likewise */
} Fetch;

static void
fetch_free (Fetch * fetch)
{
  g_clear_pointer (&fetch->token, gst_ice_secret_unref);
  g_free (fetch->target);
  g_free (fetch);
}

/* A machine that was never said to be an ECS instance probably is none: that
 * nobody answers is no outage then. @error: (transfer full) */
static void
return_error (GTask * task, GError * error)
{
  Source *self = gst_ice_session_provider_get_source (task);

  if (error->domain == GST_ICE_ERROR && !self->is_configured)
    error->code = GST_ICE_ERROR_NOT_AUTHORIZED;
  g_task_return_error (task, error);
}

static gint64
get_monotonic (Source * self)
{
  return gst_ice_clock_get_monotonic (gst_ice_provider_context_get_clock
      (self->context));
}

/* @task: (transfer full) */
static void
send (GTask * task, const gchar * method, const gchar * target,
    const gchar * header, const gchar * value, GAsyncReadyCallback callback)
{
  Source *self = gst_ice_session_provider_get_source (task);
  Fetch *fetch = g_task_get_task_data (task);
  GstIceHttpRequest *request =
      gst_ice_http_request_new (method, self->endpoint, NULL, target);

  if (value != NULL)
    gst_ice_http_request_add_header (request, header, value);
  gst_ice_http_request_set_timeout (request, TIMEOUT_US);
  gst_ice_http_request_set_response_limit (request, RESPONSE_LIMIT);
  g_free (fetch->target);
  fetch->target = g_strdup (target);
  fetch->began_us = get_monotonic (self);
  gst_ice_http_client_send_async (self->context->direct_http, request,
      g_task_get_cancellable (task), callback, task);
}

/* @response, @error: (nullable) */
static void
log_end (GTask * task, const GstIceHttpResponse * response,
    const GError * error)
{
  const Fetch *fetch = g_task_get_task_data (task);
  const GstIceRequestLog log = {
    .operation = "Metadata",
    .duration_us = get_monotonic (gst_ice_session_provider_get_source (task))
        - fetch->began_us,
    .status = response != NULL ? response->status : 0,
    .object = fetch->target,
    .error = error,
  };

  gst_ice_request_log_write (&log, GST_LEVEL_DEBUG);
}

/* @hint: what a 404 means. */
static GError *
error_from_status (guint status, const gchar * hint)
{
  return gst_ice_error_new (status >= 500 ?
      GST_ICE_ERROR_UNAVAILABLE : GST_ICE_ERROR_NOT_AUTHORIZED,
      "HTTP status %u%s", status, status == 404 ? hint : "");
}

/* The answer if its status is 200. */
static GstIceHttpResponse *
receive (GTask * task, GAsyncResult * result, const gchar * what,
    const gchar * hint, GError ** error)
{
  Source *self = gst_ice_session_provider_get_source (task);
  Fetch *fetch = g_task_get_task_data (task);
  GError *cause = NULL;
  g_autoptr (GstIceHttpResponse) response =
      gst_ice_http_client_send_finish (self->context->direct_http, result,
      &cause);

  fetch->status = response != NULL ? response->status : 0;
  if (response != NULL && response->status != 200)
    cause = error_from_status (response->status, hint);
  log_end (task, response, cause);
  if (cause == NULL)
    return g_steal_pointer (&response);

  g_propagate_prefixed_error (error, cause, "metadata service, %s: ", what);

  return NULL;
}

/* Some metadata services give out a token and then refuse to be read with it.
 * TRUE if they are to be asked once more, without. */
static gboolean
drop_refused_token (GTask * task)
{
  Source *self = gst_ice_session_provider_get_source (task);
  Fetch *fetch = g_task_get_task_data (task);

  if (fetch->token == NULL || self->context->sources->imdsv1_disabled
      || fetch->status < 400 || fetch->status > 499 || fetch->status == 404)
    return FALSE;

  GST_DEBUG ("the metadata service refuses its own token; going on without");
  g_clear_pointer (&fetch->token, gst_ice_secret_unref);

  return TRUE;
}

static void go_on (GTask * task);

/* --- The identity --- */

static GstIceIdentity *
decode (Source * self, GstIceHttpResponse * response, GError ** error)
{
  JsonNode *json = gst_ice_session_take_json (response, error);
  GstIceSessionTime time = gst_ice_session_get_time (response,
      gst_ice_provider_context_get_clock (self->context),
      self->endpoint->host);
  GstIceIdentity *identity = NULL;
  JsonObject *object;

  if (json == NULL)
    return NULL;

  object = json_node_get_object (json);
  if (g_strcmp0 (gst_ice_json_get_string (object, "Code"), "Success") == 0)
    identity = gst_ice_session_decode (object, &gst_ice_session_form, &time,
        error);
  else
    gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL,
        "the Code in the answer is not Success");
  gst_ice_json_free_secret (json);

  return identity;
}

static void
on_identity (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Source *self = gst_ice_session_provider_get_source (task);
  GError *error = NULL;
  g_autoptr (GstIceHttpResponse) response =
      receive (task, result, "identity of the role",
      ": the instance does not have that RAM role", &error);
  GstIceIdentity *identity = NULL;

  if (response != NULL) {
    identity = decode (self, response, &error);
    if (identity == NULL)
      g_prefix_error_literal (&error, "metadata service: ");
  }

  if (identity != NULL) {
    gst_ice_session_provider_return (task, identity);
  } else if (drop_refused_token (task)) {
    g_error_free (error);
    go_on (g_steal_pointer (&task));
  } else {
    return_error (task, error);
  }
}

static const gchar *
peek_token (const Fetch * fetch)
{
  return fetch->token != NULL ? gst_ice_secret_peek (fetch->token) : NULL;
}

/* @task: (transfer full) */
static void
ask_identity (GTask * task, const gchar * role_name)
{
  Fetch *fetch = g_task_get_task_data (task);
  g_autofree gchar *encoded = gst_ice_percent_encode (role_name, NULL);
  g_autofree gchar *target = g_strconcat (ROLE_PATH, encoded, NULL);

  send (task, "GET", target, TOKEN_HEADER, peek_token (fetch), on_identity);
}

/* --- The name of the role --- */

static gboolean
is_role_name (const gchar * name)
{
  gsize length = strlen (name);

  return length > 0 && length <= MAX_ROLE_NAME_LENGTH && name[0] != '.'
      && strspn (name,
      G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".-_") == length;
}

static void
on_role_name (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GstIceHttpResponse) response =
      receive (task, result, "name of the role",
      ": the instance has no RAM role", &error);
  g_autofree gchar *name = NULL;

  if (response == NULL && drop_refused_token (task)) {
    g_error_free (error);
    go_on (g_steal_pointer (&task));
    return;
  }
  if (response == NULL) {
    return_error (task, error);
    return;
  }

  name = gst_ice_session_take_word (response);
  if (name == NULL || !is_role_name (name)) {
    return_error (task, gst_ice_error_new (GST_ICE_ERROR_PROTOCOL,
            "metadata service: the answer is not the name of a role"));
    return;
  }

  GST_DEBUG ("the metadata service says that the role is %s", name);
  ask_identity (g_steal_pointer (&task), name);
}

/* --- The token --- */

/* @task: (transfer full) */
static void
go_on (GTask * task)
{
  Source *self = gst_ice_session_provider_get_source (task);
  Fetch *fetch = g_task_get_task_data (task);

  if (self->role_name != NULL)
    ask_identity (task, self->role_name);
  else
    send (task, "GET", ROLE_PATH, TOKEN_HEADER, peek_token (fetch),
        on_role_name);
}

static GstIceSecret *
take_token (GstIceHttpResponse * response, GError ** error)
{
  gchar *token = gst_ice_session_take_word (response);
  GstIceSecret *secret = gst_ice_secret_new (token);

  gst_ice_secret_free_string (token);
  if (secret == NULL)
    gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL,
        "metadata service: the answer is not a token");

  return secret;
}

static void
on_token (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Source *self = gst_ice_session_provider_get_source (task);
  Fetch *fetch = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceHttpResponse) response =
      receive (task, result, "token", "", &error);

  if (response != NULL)
    fetch->token = take_token (response, &error);

  if (fetch->token == NULL) {
    if (self->context->sources->imdsv1_disabled
        || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
      return_error (task, g_steal_pointer (&error));
      return;
    }
    GST_DEBUG ("going on without a token: %s", error->message);
  }

  go_on (g_steal_pointer (&task));
}

static GError *
find_problem (Source * self)
{
  if (self->context->sources->ecs_disabled)
    return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED is true");
  if (self->role_name != NULL && !is_role_name (self->role_name))
    return gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
        "what is given is not the name of a role");

  return NULL;
}

static void
fetch (gpointer source, GTask * task)
{
  Source *self = source;
  GError *error = find_problem (self);

  if (error != NULL) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }

  g_task_set_task_data (task, g_new0 (Fetch, 1), (GDestroyNotify) fetch_free);
  send (task, "PUT", TOKEN_PATH, TOKEN_TTL_HEADER, TOKEN_TTL, on_token);
}

static void
source_free (Source * self)
{
  g_clear_pointer (&self->context, gst_ice_provider_context_unref);
  g_clear_pointer (&self->endpoint, gst_ice_endpoint_unref);
  g_free (self->role_name);
  g_free (self);
}

static const GstIceSessionSource kind = {
  "ECS RAM role", fetch, (GDestroyNotify) source_free
};

GstIceCredentialsProvider *
gst_ice_ecs_provider_new (GstIceProviderContext * context,
    const gchar * role_name, gboolean is_configured)
{
  const GstIceIdentitySources *sources = context->sources;
  const gchar *address = sources->metadata_endpoint != NULL ?
      sources->metadata_endpoint : METADATA_ENDPOINT;
  Source *self = g_new0 (Source, 1);

  self->context = gst_ice_provider_context_ref (context);
  /* The one address that plain http is spoken to beyond this machine. */
  self->endpoint = gst_ice_endpoint_parse (address, NULL);
  self->role_name = g_strdup (role_name != NULL ? role_name :
      sources->ecs_role_name);
  self->is_configured = is_configured || self->role_name != NULL;

  return gst_ice_session_provider_new (gst_ice_provider_context_get_clock
      (context), &kind, self);
}
