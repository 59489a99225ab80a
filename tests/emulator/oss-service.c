/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS: which operation a request is, and whether it may be done.
 *
 * Runs on: the connection's thread. */

#include "oss-service.h"

#include <string.h>

#include "oss-errors.h"
#include "oss-multipart.h"
#include "oss-objects.h"
#include "oss4-check.h"
#include "text.h"

#define KEY_MAX 1023

/* The first row that fits. Without a parameter: any that is not listed in
 * sub_resources. */
static const struct
{
  const gchar *method;
  gboolean has_key;
  const gchar *parameter;
  IceEmulatorOperation operation;
  EmuHandler handler;
} routes[] = {
  {"PUT", TRUE, "partNumber", ICE_EMULATOR_PART, emu_oss_upload_part},
  {"PUT", TRUE, "uploadId", ICE_EMULATOR_PART, emu_oss_upload_part},
  {"PUT", TRUE, NULL, ICE_EMULATOR_PUT, emu_oss_put_object},
  {"POST", TRUE, "uploads", ICE_EMULATOR_INITIATE, emu_oss_initiate},
  {"POST", TRUE, "uploadId", ICE_EMULATOR_COMPLETE, emu_oss_complete},
  {"DELETE", TRUE, "uploadId", ICE_EMULATOR_ABORT, emu_oss_abort},
  {"DELETE", TRUE, NULL, ICE_EMULATOR_OTHER, emu_oss_delete_object},
  {"GET", TRUE, "uploadId", ICE_EMULATOR_LIST_PARTS, emu_oss_list_parts},
  {"GET", TRUE, NULL, ICE_EMULATOR_OTHER, emu_oss_get_object},
  {"HEAD", TRUE, NULL, ICE_EMULATOR_HEAD, emu_oss_head_object},
  {"OPTIONS", TRUE, NULL, ICE_EMULATOR_OPTIONS, emu_oss_preflight},
  {"GET", FALSE, "uploads", ICE_EMULATOR_OTHER, emu_oss_list_uploads},
};

/* Operations that are known and not offered. */
static const gchar *const sub_resources[] = {
  "acl", "append", "callback", "legal-hold", "objectMeta", "restore",
  "symlink", "tagging", "x-oss-process", "x-oss-async-process", NULL
};

/* Host names a bucket's name may stand before. */
static const gchar *const virtual_hosts[] = { "localhost", "127.0.0.1", NULL };

static gchar *
get_host_name (const EmuCall * call)
{
  const gchar *host = emu_call_get_header (call, "host");
  const gchar *port = host ? strrchr (host, ':') : NULL;

  if (!host)
    return g_strdup ("");
  return port && !strchr (port, ']') ? g_strndup (host, port - host)
      : g_strdup (host);
}

static gboolean
is_oss_host (const gchar * host)
{
  return g_str_has_suffix (host, ".aliyuncs.com")
      && (g_str_has_prefix (host, "oss-") || strstr (host, ".oss."));
}

/* BUCKET of BUCKET.SUFFIX; NULL for a suffix that is not known. */
static gchar *
get_bucket_of_host (const EmuCall * call, const gchar * host)
{
  gchar **more = call->services->options->virtual_hosts;
  const gchar *dot = strchr (host, '.');

  if (!dot || dot == host || g_hostname_is_ip_address (host))
    return NULL;
  if (g_strv_contains (virtual_hosts, dot + 1)
      || (more && g_strv_contains ((const gchar * const *) more, dot + 1))
      || is_oss_host (dot + 1))
    return g_strndup (host, dot - host);
  return NULL;
}

/* Without a bucket in the host, it is the first segment of the path. */
static void
find_object (EmuCall * call, const gchar * path)
{
  g_autofree gchar *host = get_host_name (call);
  const gchar *slash;

  call->bucket = get_bucket_of_host (call, host);
  if (call->bucket) {
    call->key = g_strdup (path + 1);
    return;
  }
  slash = strchr (path + 1, '/');
  call->bucket = slash ? g_strndup (path + 1, slash - path - 1)
      : g_strdup (path + 1);
  call->key = g_strdup (slash ? slash + 1 : "");
}

static gboolean
has_sub_resource (const EmuCall * call)
{
  guint i;

  for (i = 0; i < call->query->len; i++) {
    EmuParameter *parameter = g_ptr_array_index (call->query, i);

    if (g_strv_contains (sub_resources, parameter->name))
      return TRUE;
  }
  return emu_call_get_header (call, "x-oss-copy-source") != NULL;
}

static void
find_route (EmuCall * call)
{
  gboolean has_key = *call->key != '\0';
  guint i;

  if (has_sub_resource (call))
    return;
  for (i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (!g_str_equal (routes[i].method, call->request->method)
        || routes[i].has_key != has_key)
      continue;
    if (routes[i].parameter && !emu_query_get (call->query,
            routes[i].parameter))
      continue;
    call->operation = routes[i].operation;
    call->handler = routes[i].handler;
    return;
  }
}

static void
read_part_number (EmuCall * call)
{
  const gchar *text = emu_query_get (call->query, "partNumber");
  guint64 number;

  if (text && emu_number_parse (text, 10, 1, EMU_PARTS_MAX, &number))
    call->part_number = number;
}

void
emu_oss_classify (EmuCall * call)
{
  g_autofree gchar *path = emu_percent_decode (call->request->path);

  find_object (call, path ? path : "/");
  if (!path)
    g_clear_pointer (&call->query, g_ptr_array_unref);
  if (!call->query)
    return;
  find_route (call);
  call->upload_id = emu_query_get (call->query, "uploadId");
  if (call->operation == ICE_EMULATOR_PART)
    read_part_number (call);
}

/* A lease is for its own object, the caller's identity for the bucket. */
static EmuAnswer *
check_permission (EmuCall * call)
{
  if (call->lease && (!g_str_equal (call->lease->bucket, call->bucket)
          || !g_str_equal (call->lease->key, call->key)))
    return emu_oss_error (call, EMU_OSS_OTHER_OBJECT, NULL);
  if (*call->bucket != '\0'
      && !g_str_equal (call->bucket, call->services->options->bucket))
    return emu_oss_error (call, EMU_OSS_NO_SUCH_BUCKET, NULL);
  return NULL;
}

static EmuAnswer *
check_key (EmuCall * call)
{
  if (strlen (call->key) > KEY_MAX || *call->key == '/' || *call->key == '\\'
      || !g_utf8_validate (call->key, -1, NULL))
    return emu_oss_error (call, EMU_OSS_OBJECT_NAME, NULL);
  return NULL;
}

static EmuAnswer *
check_length (EmuCall * call)
{
  const EmuRequest *request = call->request;

  if ((g_str_equal (request->method, "PUT")
          || g_str_equal (request->method, "POST"))
      && request->content_length < 0 && !request->chunked)
    return emu_oss_error (call, EMU_OSS_LENGTH, NULL);
  if (request->content_length > (gint64) EMU_PART_SIZE_MAX)
    return emu_oss_error (call, EMU_OSS_TOO_LARGE, NULL);
  return NULL;
}

static EmuAnswer *
check_upload (EmuCall * call)
{
  if (call->operation == ICE_EMULATOR_PART && call->part_number == 0)
    return emu_oss_error (call, EMU_OSS_PART_NUMBER, NULL);
  if (call->operation == ICE_EMULATOR_PART && !call->upload_id)
    return emu_oss_error (call, EMU_OSS_ARGUMENT, NULL);
  if (call->upload_id && call->handler
      && !emu_store_has_upload (call->services->store, call->bucket, call->key,
          call->upload_id))
    return emu_oss_no_such_upload (call);
  return NULL;
}

static EmuAnswer *
check_overwrite (EmuCall * call)
{
  const gchar *forbid = emu_call_get_header (call, "x-oss-forbid-overwrite");
  g_autoptr (EmuObject) object = NULL;

  if (!forbid || g_ascii_strcasecmp (forbid, "true"))
    return NULL;
  object = emu_store_find (call->services->store, call->bucket, call->key);
  return object ? emu_oss_error (call, EMU_OSS_EXISTS, NULL) : NULL;
}

EmuAnswer *
emu_oss_authorize (EmuCall * call)
{
  static const EmuHandler checks[] = {
    emu_oss4_check, check_permission, check_key, check_length, check_upload,
    check_overwrite
  };
  EmuAnswer *refusal = NULL;
  guint i;

  if (!call->query)
    return emu_oss_error (call, EMU_OSS_URI, NULL);
  if (call->handler == emu_oss_preflight)
    return NULL;
  for (i = 0; i < G_N_ELEMENTS (checks) && !refusal; i++)
    refusal = checks[i] (call);
  return refusal;
}

EmuAnswer *
emu_oss_carry_out (EmuCall * call)
{
  if (!call->handler)
    return emu_oss_error (call, EMU_OSS_NOT_IMPLEMENTED, NULL);
  return call->handler (call);
}

static EmuAnswer *
refuse_as_not_found (EmuCall * call)
{
  if (call->upload_id)
    return emu_oss_no_such_upload (call);
  if (call->operation == ICE_EMULATOR_HEAD
      || call->operation == ICE_EMULATOR_OTHER)
    return emu_oss_error (call, EMU_OSS_NO_SUCH_KEY, NULL);
  return emu_oss_error (call, EMU_OSS_NO_SUCH_BUCKET, NULL);
}

/* As if the date that was sent were an hour away from the service's. */
static EmuAnswer *
refuse_as_skewed (EmuCall * call)
{
  gint64 request_us = call->now_us - (gint64) 3600 * G_USEC_PER_SEC;

  return emu_oss_error_skewed (call, request_us);
}

EmuAnswer *
emu_oss_refuse (EmuCall * call)
{
  const EmuFault *fault = call->fault;
  EmuFaultError error = emu_fault_get_error (fault);

  switch (fault->kind) {
    case EMU_FAULT_EXPIRED_TOKEN:
      return emu_oss_error_expired (call, fault->code ? fault->code
          : call->services->options->expired_code);
    case EMU_FAULT_SKEW:
      return refuse_as_skewed (call);
    case EMU_FAULT_FORBIDDEN:
      return emu_oss_error (call, EMU_OSS_ACCESS_DENIED, NULL);
    case EMU_FAULT_NOT_FOUND:
      return refuse_as_not_found (call);
    default:
      return emu_oss_error_custom (call, error.status, error.code,
          error.message, "0000-00000003", NULL);
  }
}
