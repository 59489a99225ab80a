/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS's operations on whole objects.
 *
 * Runs on: the connection's thread. */

#include "oss-objects.h"

#include <string.h>

#include "checksum.h"
#include "oss-errors.h"
#include "text.h"

EmuAnswer *
emu_oss_answer_new (const EmuCall * call)
{
  EmuAnswer *answer = emu_answer_new (200);

  emu_oss_add_headers (call, answer);
  return answer;
}

const gchar *
emu_oss_get_content_type (EmuCall * call)
{
  const gchar *content_type = emu_call_get_header (call, "content-type");

  return content_type ? content_type : "application/octet-stream";
}

void
emu_oss_set_crc64 (EmuAnswer * answer, guint64 crc64)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GUINT64_FORMAT, crc64);

  emu_answer_set_header (answer, "x-oss-hash-crc64ecma", text);
}

void
emu_oss_set_checksums (EmuCall * call, EmuAnswer * answer)
{
  emu_answer_set_header (answer, "ETag", emu_blob_get_etag (call->blob));
  emu_oss_set_crc64 (answer, emu_blob_get_crc64 (call->blob));
  if (!call->services->options->no_md5) {
    g_autofree gchar *md5 = g_base64_encode (emu_blob_get_md5 (call->blob), 16);

    emu_answer_set_header (answer, "Content-MD5", md5);
  }
}

static void
get_md5 (EmuCall * call, guint8 digest[16])
{
  EmuMd5 *md5;

  if (call->blob) {
    memcpy (digest, emu_blob_get_md5 (call->blob), 16);
    return;
  }
  md5 = emu_md5_new ();
  if (call->text)
    emu_md5_update (md5, call->text->str, call->text->len);
  emu_md5_finish (md5, digest);
  emu_md5_free (md5);
}

EmuAnswer *
emu_oss_check_md5 (EmuCall * call)
{
  const gchar *announced = emu_call_get_header (call, "content-md5");
  g_autofree guchar *digest = NULL;
  guint8 computed[16];
  gsize len;

  if (!announced || (call->blob && call->services->options->no_md5))
    return NULL;
  get_md5 (call, computed);
  digest = g_base64_decode (announced, &len);
  if (len == 16 && memcmp (digest, computed, 16) == 0)
    return NULL;
  return emu_oss_error (call, EMU_OSS_DIGEST, NULL);
}

EmuAnswer *
emu_oss_put_object (EmuCall * call)
{
  EmuAnswer *answer = emu_oss_check_md5 (call);

  if (answer)
    return answer;
  if (emu_store_put (call->services->store, call->bucket, call->key,
          emu_oss_get_content_type (call), call->blob, call->now_us)
      != EMU_STORE_OK)
    return emu_oss_error (call, EMU_OSS_INTERNAL, NULL);
  answer = emu_oss_answer_new (call);
  emu_oss_set_checksums (call, answer);
  return answer;
}

static EmuAnswer *
describe_object (EmuCall * call, const EmuObject * object)
{
  EmuAnswer *answer = emu_oss_answer_new (call);
  g_autofree gchar *modified = emu_date_format_http (object->modified_us);

  emu_answer_set_header (answer, "Content-Type", object->content_type);
  emu_answer_set_header (answer, "ETag", object->etag);
  emu_answer_set_header (answer, "Last-Modified", modified);
  emu_answer_set_header (answer, "x-oss-object-type",
      object->multipart ? "Multipart" : "Normal");
  emu_answer_set_header (answer, "x-oss-storage-class", "Standard");
  emu_oss_set_crc64 (answer, object->crc64);
  return answer;
}

EmuAnswer *
emu_oss_head_object (EmuCall * call)
{
  g_autoptr (EmuObject) object = NULL;
  EmuAnswer *answer;

  object = emu_store_find (call->services->store, call->bucket, call->key);
  if (!object)
    return emu_oss_error (call, EMU_OSS_NO_SUCH_KEY, NULL);
  answer = describe_object (call, object);
  answer->head_length = object->size;
  return answer;
}

EmuAnswer *
emu_oss_preflight (EmuCall * call)
{
  if (!emu_call_get_header (call, "origin")
      || !emu_call_get_header (call, "access-control-request-method"))
    return emu_oss_error (call, EMU_OSS_ARGUMENT, NULL);
  return emu_oss_error (call, EMU_OSS_CORS, NULL);
}

EmuAnswer *
emu_oss_get_object (EmuCall * call)
{
  g_autoptr (EmuObject) object = NULL;
  g_autoptr (GFile) file = NULL;
  g_autoptr (GFileInputStream) stream = NULL;
  EmuAnswer *answer;

  object = emu_store_find (call->services->store, call->bucket, call->key);
  if (!object)
    return emu_oss_error (call, EMU_OSS_NO_SUCH_KEY, NULL);
  if (!object->path)
    return emu_oss_error (call, EMU_OSS_NOT_IMPLEMENTED, NULL);
  file = g_file_new_for_path (object->path);
  stream = g_file_read (file, NULL, NULL);
  if (!stream)
    return emu_oss_error (call, EMU_OSS_INTERNAL, NULL);
  answer = describe_object (call, object);
  answer->stream = G_INPUT_STREAM (g_steal_pointer (&stream));
  answer->stream_length = object->size;
  return answer;
}

EmuAnswer *
emu_oss_delete_object (EmuCall * call)
{
  EmuAnswer *answer = emu_oss_answer_new (call);

  emu_store_delete (call->services->store, call->bucket, call->key);
  answer->status = 204;
  return answer;
}
