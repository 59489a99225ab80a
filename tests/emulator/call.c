/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One request on its way through the emulator: which service it is for.
 *
 * Runs on: the connection's thread. */

#include "call.h"

#include "ice-errors.h"
#include "ice-service.h"
#include "metadata-service.h"
#include "oss-errors.h"
#include "oss-service.h"
#include "sts-service.h"
#include "text.h"

#define TEXT_MAX (4 * 1024 * 1024)

static const EmuService ice_service = {
  emu_ice_authorize, emu_ice_carry_out, emu_ice_refuse
};

static const EmuService oss_service = {
  emu_oss_authorize, emu_oss_carry_out, emu_oss_refuse
};

/* Hosts do not matter: all services are at one port. */
static void
classify (EmuCall * call)
{
  if (emu_metadata_claims (call)) {
    emu_metadata_classify (call);
  } else if (emu_sts_claims (call)) {
    emu_sts_classify (call);
  } else if (emu_ice_claims (call)) {
    call->service = &ice_service;
    emu_ice_classify (call);
  } else {
    call->service = &oss_service;
    emu_oss_classify (call);
  }
}

EmuCall *
emu_call_new (EmuServices * services, const EmuRequest * request)
{
  EmuCall *call = g_new0 (EmuCall, 1);

  call->services = services;
  call->request = request;
  call->now_us = emu_clock_now (&services->clock);
  call->operation = ICE_EMULATOR_OTHER;
  call->query = emu_query_parse (request->query);
  call->request_id = emu_random_text (EMU_HEX_DIGITS, 24);
  classify (call);
  return call;
}

void
emu_call_free (EmuCall * call)
{
  g_clear_pointer (&call->query, g_ptr_array_unref);
  g_clear_pointer (&call->lease, emu_lease_unref);
  g_clear_pointer (&call->session, emu_session_unref);
  g_clear_pointer (&call->blob, emu_blob_free);
  if (call->text)
    g_string_free (call->text, TRUE);
  g_free (call->new_upload_id);
  g_free (call->request_id);
  g_free (call->bucket);
  g_free (call->key);
  g_free (call);
}

const gchar *
emu_call_get_header (const EmuCall * call, const gchar * name)
{
  return emu_request_get_header (call->request, name);
}

static gboolean
takes_blob (const EmuCall * call)
{
  return call->operation == ICE_EMULATOR_PUT
      || call->operation == ICE_EMULATOR_PART;
}

static EmuAnswer *
internal_error (const EmuCall * call, GError * error)
{
  g_warning ("Cannot keep a body: %s", error->message);
  return emu_oss_error (call, EMU_OSS_INTERNAL, NULL);
}

static EmuAnswer *
take_into_blob (EmuCall * call, gconstpointer data, gsize len)
{
  g_autoptr (GError) error = NULL;

  if (!call->blob)
    call->blob = emu_store_new_blob (call->services->store, &error);
  if (!call->blob || !emu_blob_write (call->blob, data, len, &error))
    return internal_error (call, error);
  if (emu_blob_get_size (call->blob) > EMU_PART_SIZE_MAX)
    return emu_oss_error (call, EMU_OSS_TOO_LARGE, NULL);
  return NULL;
}

static EmuAnswer *
take_into_text (EmuCall * call, gconstpointer data, gsize len)
{
  if (!call->text)
    call->text = g_string_new (NULL);
  g_string_append_len (call->text, data, len);
  if (call->text->len <= TEXT_MAX)
    return NULL;
  return call->is_ice ? emu_ice_error (call, EMU_ICE_PARAMETER, NULL)
      : emu_oss_error (call, EMU_OSS_XML, NULL);
}

EmuAnswer *
emu_call_take_body (EmuCall * call, gconstpointer data, gsize len)
{
  return takes_blob (call) ? take_into_blob (call, data, len)
      : take_into_text (call, data, len);
}

EmuAnswer *
emu_call_end_body (EmuCall * call)
{
  g_autoptr (GError) error = NULL;
  EmuAnswer *refusal;

  if (!takes_blob (call))
    return NULL;
  refusal = take_into_blob (call, "", 0);       /* there may have been none */
  if (!refusal && !emu_blob_close (call->blob, &error))
    refusal = internal_error (call, error);
  return refusal;
}

EmuAnswer *
emu_call_authorize (EmuCall * call)
{
  return call->service->authorize (call);
}

EmuAnswer *
emu_call_carry_out (EmuCall * call)
{
  return call->service->carry_out (call);
}

/* Where the redirect leads to is no host of the service. */
static void
redirect (EmuCall * call, EmuAnswer * answer)
{
  const EmuFault *fault = call->fault;
  g_autofree gchar *location = NULL;

  location = g_strdup_printf ("http://%s:%u%s",
      fault->host ? fault->host : "elsewhere.example.invalid",
      fault->port ? fault->port : 80, call->request->target);
  answer->status = 307;
  emu_answer_set_header (answer, "Location", location);
}

/* What a captive portal, a proxy or a gateway says in place of the service:
 * none of its headers, and nothing for a program to read. */
static EmuAnswer *
make_web_page (EmuCall * call)
{
  guint status = call->fault->status ? call->fault->status : 200;
  EmuAnswer *answer = emu_answer_new (status);

  emu_answer_set_header (answer, "Server", "nginx");
  emu_answer_set_header (answer, "Cache-Control", "no-store");
  emu_answer_set_body (answer, "text/html; charset=utf-8",
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<title>Welcome</title></head>\n<body><h1>Welcome</h1>"
      "<p>Please accept our terms, or come back later.<br>"
      "<a href=\"/login\">Go on</a></p></body></html>\n");
  return answer;
}

static gboolean
is_web_page (const EmuFault * fault)
{
  return fault->kind == EMU_FAULT_WEB_PAGE
      || fault->kind == EMU_FAULT_WEB_PAGE_AFTER_PROCESSING;
}

EmuAnswer *
emu_call_refuse (EmuCall * call)
{
  EmuAnswer *answer = is_web_page (call->fault) ? make_web_page (call)
      : call->service->refuse (call);

  if (call->fault->kind == EMU_FAULT_REDIRECT)
    redirect (call, answer);
  if (call->fault->retry_after)
    emu_answer_set_header (answer, "Retry-After", call->fault->retry_after);
  if (call->fault->acs_retry_after)
    emu_answer_set_header (answer, "x-acs-retry-after",
        call->fault->acs_retry_after);
  return answer;
}
