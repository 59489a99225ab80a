/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE: which action a request is, and RefreshUploadMedia.
 *
 * Runs on: the connection's thread. */

#include "ice-service.h"

#include "acs3-check.h"
#include "ice-errors.h"
#include "media-service.h"
#include "text.h"

#define API_VERSION "2020-11-09"

typedef struct
{
  const gchar *name;
  IceEmulatorOperation operation;
  EmuHandler carry_out;
} Action;

static EmuAnswer *refresh_upload_media (EmuCall * call);

static const Action actions[] = {
  {"RefreshUploadMedia", ICE_EMULATOR_REFRESH, refresh_upload_media},
  {"CreateUploadMedia", ICE_EMULATOR_CREATE, emu_media_create},
  {"GetMediaInfo", ICE_EMULATOR_INFO, emu_media_get_info},
  {"DeleteMediaInfos", ICE_EMULATOR_DELETE, emu_media_delete},
};

gboolean
emu_ice_claims (const EmuCall * call)
{
  const gchar *authorization = emu_call_get_header (call, "authorization");

  if (!g_str_equal (call->request->path, "/"))
    return FALSE;
  return emu_call_get_header (call, "x-acs-action")
      || (authorization && g_str_has_prefix (authorization, "ACS3-"));
}

EmuAnswer *
emu_ice_authorize (EmuCall * call)
{
  if (!call->query)
    return emu_ice_error (call, EMU_ICE_PARAMETER, NULL);
  return emu_acs3_check (call);
}

static EmuAnswer *
refresh_upload_media (EmuCall * call)
{
  const gchar *media_id = emu_query_get (call->query, "MediaId");
  g_autoptr (EmuAsset) asset = NULL;
  g_autofree gchar *lease = NULL;
  g_autofree gchar *json = NULL;

  if (!media_id || *media_id == '\0')
    return emu_ice_error (call, EMU_ICE_MEDIA_ID_MISSING, NULL);
  if (!emu_is_media_id (media_id))
    return emu_ice_error (call, EMU_ICE_PARAMETER, NULL);
  asset = emu_assets_find (call->services->assets, media_id);
  if (!asset)
    return emu_ice_error (call, EMU_ICE_NOT_FOUND, NULL);
  lease = emu_media_format_lease (call, asset);
  json = g_strdup_printf ("{\"RequestId\":\"%s\",\"MediaId\":\"%s\"%s}",
      call->request_id, media_id, lease);
  return emu_ice_answer_new (call, 200, json);
}

static const Action *
find_action (const EmuCall * call)
{
  const gchar *name = emu_call_get_header (call, "x-acs-action");
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (actions); i++) {
    if (g_strcmp0 (actions[i].name, name) == 0)
      return &actions[i];
  }
  return NULL;
}

/* The clients for Python and Go send `+` for a blank, and sign a blank; what
 * is a plus comes as %2B from all of them. */
static void
read_query (EmuCall * call)
{
  g_autofree gchar *query = NULL;

  if (!call->request->query)
    return;
  query = emu_text_replace (call->request->query, "+", "%20");
  g_clear_pointer (&call->query, g_ptr_array_unref);
  call->query = emu_query_parse (query);
}

void
emu_ice_classify (EmuCall * call)
{
  const Action *action = find_action (call);

  call->is_ice = TRUE;
  read_query (call);
  g_free (call->request_id);
  call->request_id = g_uuid_string_random ();
  if (action)
    call->operation = action->operation;
}

EmuAnswer *
emu_ice_carry_out (EmuCall * call)
{
  const gchar *version = emu_call_get_header (call, "x-acs-version");
  const Action *action = find_action (call);
  EmuAnswer *refusal = emu_acs3_check_body (call);

  if (refusal)
    return refusal;
  if (!action || g_strcmp0 (version, API_VERSION) != 0)
    return emu_ice_error (call, EMU_ICE_API_NOT_FOUND, NULL);
  if (!g_str_equal (call->request->method, "POST"))
    return emu_ice_error (call, EMU_ICE_METHOD, NULL);
  return action->carry_out (call);
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
