/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* ICE: RefreshUploadMedia.
 *
 * Runs on: the connection's thread. */

#include "ice-service.h"

#include <string.h>

#include "acs3-check.h"
#include "ice-errors.h"
#include "text.h"

#define API_VERSION "2020-11-09"
#define MEDIA_ID_MAX 128

gboolean
emu_ice_claims (const EmuCall * call)
{
  const gchar *authorization = emu_call_get_header (call, "authorization");

  if (!g_str_equal (call->request->path, "/"))
    return FALSE;
  return emu_call_get_header (call, "x-acs-action")
      || (authorization && g_str_has_prefix (authorization, "ACS3-"));
}

void
emu_ice_classify (EmuCall * call)
{
  const gchar *action = emu_call_get_header (call, "x-acs-action");

  call->is_ice = TRUE;
  g_free (call->request_id);
  call->request_id = g_uuid_string_random ();
  if (g_strcmp0 (action, "RefreshUploadMedia") == 0)
    call->operation = ICE_EMULATOR_REFRESH;
}

EmuAnswer *
emu_ice_authorize (EmuCall * call)
{
  if (!call->query)
    return emu_ice_error (call, EMU_ICE_PARAMETER, NULL);
  return emu_acs3_check (call);
}

static gboolean
is_media_id (const gchar * text)
{
  gsize i;

  for (i = 0; text[i] != '\0'; i++) {
    if (!g_ascii_isalnum (text[i]) && text[i] != '-' && text[i] != '_')
      return FALSE;
  }
  return i > 0 && i <= MEDIA_ID_MAX;
}

static EmuAnswer *
check_media_id (const EmuCall * call, const gchar * media_id)
{
  gchar **known = call->services->options->media_ids;

  if (!media_id || *media_id == '\0')
    return emu_ice_error (call, EMU_ICE_MEDIA_ID_MISSING, NULL);
  if (!is_media_id (media_id))
    return emu_ice_error (call, EMU_ICE_PARAMETER, NULL);
  if (known && !g_strv_contains ((const gchar * const *) known, media_id))
    return emu_ice_error (call, EMU_ICE_NOT_FOUND, NULL);
  return NULL;
}

static EmuAnswer *
refresh_upload_media (EmuCall * call, const gchar * media_id)
{
  EmuLeaseIssuer *issuer = call->services->issuer;
  g_autoptr (EmuLease) lease = NULL;
  g_autofree gchar *address = NULL;
  g_autofree gchar *auth = NULL;
  g_autofree gchar *json = NULL;

  lease = emu_lease_issuer_issue (issuer, media_id, call->fault,
      emu_clock_now (&call->services->clock));
  address = emu_lease_issuer_format_address (issuer, lease);
  auth = emu_lease_issuer_format_auth (issuer, lease);
  json = g_strdup_printf ("{\"RequestId\":\"%s\",\"MediaId\":\"%s\","
      "\"UploadAddress\":\"%s\",\"UploadAuth\":\"%s\"}", call->request_id,
      media_id, address, auth);
  return emu_ice_answer_new (call, 200, json);
}

EmuAnswer *
emu_ice_carry_out (EmuCall * call)
{
  const gchar *version = emu_call_get_header (call, "x-acs-version");
  const gchar *media_id = emu_query_get (call->query, "MediaId");
  EmuAnswer *refusal = emu_acs3_check_body (call);

  if (refusal)
    return refusal;
  if (call->operation != ICE_EMULATOR_REFRESH
      || g_strcmp0 (version, API_VERSION) != 0)
    return emu_ice_error (call, EMU_ICE_API_NOT_FOUND, NULL);
  if (!g_str_equal (call->request->method, "POST"))
    return emu_ice_error (call, EMU_ICE_METHOD, NULL);
  refusal = check_media_id (call, media_id);
  if (refusal)
    return refusal;
  return refresh_upload_media (call, media_id);
}

EmuAnswer *
emu_ice_refuse (EmuCall * call)
{
  EmuFaultError error = emu_fault_get_error (call->fault);

  switch (call->fault->kind) {
    case EMU_FAULT_EXPIRED_TOKEN:
      return emu_ice_error (call, EMU_ICE_TOKEN_EXPIRED, NULL);
    case EMU_FAULT_SKEW:
      return emu_ice_error (call, EMU_ICE_TIME_EXPIRED, NULL);
    case EMU_FAULT_FORBIDDEN:
      return emu_ice_error (call, EMU_ICE_FORBIDDEN, NULL);
    case EMU_FAULT_NOT_FOUND:
      return emu_ice_error (call, EMU_ICE_NOT_FOUND, NULL);
    default:
      return emu_ice_error_custom (call, error.status, error.code,
          error.message);
  }
}
