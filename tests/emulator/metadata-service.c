/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The metadata service of an ECS instance: a token, the name of the RAM role,
 * its identity. And the path /credentials, whose answer is that of a
 * credentials URI.
 *
 * Runs on: the connection's thread. */

#include "metadata-service.h"

#include <string.h>

#include "text.h"

#define TOKEN_PATH "/latest/api/token"
#define ROLE_PATH "/latest/meta-data/ram/security-credentials/"
#define URI_PATH "/credentials"

gboolean
emu_metadata_claims (const EmuCall * call)
{
  return g_str_has_prefix (call->request->path, "/latest/")
      || g_str_equal (call->request->path, URI_PATH);
}

void
emu_metadata_classify (EmuCall * call)
{
  const gchar *path = call->request->path;

  call->service = &emu_metadata_service;
  if (g_str_equal (path, URI_PATH))
    call->operation = ICE_EMULATOR_CREDENTIALS_URI;
  else if (g_str_equal (path, TOKEN_PATH))
    call->operation = ICE_EMULATOR_METADATA_TOKEN;
  else if (g_str_equal (path, ROLE_PATH))
    call->operation = ICE_EMULATOR_METADATA_ROLE;
  else if (g_str_has_prefix (path, ROLE_PATH))
    call->operation = ICE_EMULATOR_METADATA_IDENTITY;
}

static EmuAnswer *
new_answer (const EmuCall * call, guint status, const gchar * type,
    const gchar * body)
{
  EmuAnswer *answer = emu_answer_new (status);
  g_autofree gchar *date =
      emu_date_format_http (emu_clock_now (&call->services->clock));

  emu_answer_set_header (answer, "Date", date);
  emu_answer_set_body (answer, type, body);
  return answer;
}

static EmuAnswer *
refuse_with (const EmuCall * call, guint status, const gchar * code)
{
  EmuAnswer *answer = new_answer (call, status, "text/html",
      "<?xml version=\"1.0\"?><html><body>no</body></html>");

  answer->code = g_strdup (code);
  return answer;
}

/* The older mode has no token; a wrong one is refused in either. */
static EmuAnswer *
check_token (const EmuCall * call)
{
  const gchar *token =
      emu_call_get_header (call, "x-aliyun-ecs-metadata-token");

  if (!token)
    return call->services->options->require_metadata_token
        ? refuse_with (call, 403, "NoToken") : NULL;
  if (g_str_equal (token,
          emu_sessions_get_metadata_token (call->services->sessions)))
    return NULL;
  return refuse_with (call, 401, "WrongToken");
}

static EmuAnswer *
authorize (EmuCall * call)
{
  const gchar *method =
      call->operation == ICE_EMULATOR_METADATA_TOKEN ? "PUT" : "GET";

  if (call->operation == ICE_EMULATOR_OTHER)
    return refuse_with (call, 404, "NotFound");
  if (!g_str_equal (call->request->method, method))
    return refuse_with (call, 405, "Method");
  if (call->operation == ICE_EMULATOR_METADATA_ROLE
      || call->operation == ICE_EMULATOR_METADATA_IDENTITY)
    return check_token (call);
  return NULL;
}

static EmuAnswer *
give_token (EmuCall * call)
{
  const gchar *ttl = emu_call_get_header (call,
      "x-aliyun-ecs-metadata-token-ttl-seconds");
  guint64 seconds;

  if (!ttl || !emu_number_parse (ttl, 10, 1, 21600, &seconds))
    return refuse_with (call, 400, "NoTtl");
  return new_answer (call, 200, "text/plain",
      emu_sessions_get_metadata_token (call->services->sessions));
}

static gboolean
has_role (const EmuCall * call)
{
  return *call->services->options->role_name != '\0';
}

static EmuAnswer *
give_role_name (EmuCall * call)
{
  if (!has_role (call))
    return refuse_with (call, 404, "NoRole");
  return new_answer (call, 200, "text/plain",
      call->services->options->role_name);
}

static EmuAnswer *
give_role_identity (EmuCall * call)
{
  const gchar *role = call->services->options->role_name;
  g_autoptr (EmuSession) session = NULL;
  g_autofree gchar *members = NULL;
  g_autofree gchar *json = NULL;

  if (!has_role (call)
      || !g_str_equal (call->request->path + strlen (ROLE_PATH), role))
    return refuse_with (call, 404, "NoRole");
  session = emu_sessions_issue (call->services->sessions, role, call->now_us);
  members = emu_session_format (session);
  json = g_strdup_printf ("{\n%s,\"LastUpdated\":\"2024-05-17T08:09:10Z\","
      "\"Code\":\"Success\"}\n", members);
  return new_answer (call, 200, "application/json", json);
}

static EmuAnswer *
give_uri_identity (EmuCall * call)
{
  g_autoptr (EmuSession) session =
      emu_sessions_issue (call->services->sessions, "uri", call->now_us);
  g_autofree gchar *members = emu_session_format (session);
  g_autofree gchar *json = g_strdup_printf ("{%s}", members);

  return new_answer (call, 200, "application/json", json);
}

static EmuAnswer *
carry_out (EmuCall * call)
{
  switch (call->operation) {
    case ICE_EMULATOR_METADATA_TOKEN:
      return give_token (call);
    case ICE_EMULATOR_METADATA_ROLE:
      return give_role_name (call);
    case ICE_EMULATOR_METADATA_IDENTITY:
      return give_role_identity (call);
    default:
      return give_uri_identity (call);
  }
}

static EmuAnswer *
refuse (EmuCall * call)
{
  EmuFaultError error = emu_fault_get_error (call->fault);

  return refuse_with (call, error.status, error.code);
}

const EmuService emu_metadata_service = { authorize, carry_out, refuse };
