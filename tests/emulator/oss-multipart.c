/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS's operations on multipart uploads.
 *
 * Runs on: the connection's thread. */

#include "oss-multipart.h"

#include <string.h>

#include "oss-errors.h"
#include "oss-objects.h"
#include "text.h"

#define XML_PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define LIST_MAX 1000

static EmuAnswer *
xml_answer_new (EmuCall * call, const gchar * xml)
{
  EmuAnswer *answer = emu_oss_answer_new (call);

  emu_answer_set_body (answer, "application/xml", xml);
  return answer;
}

static void
append_element (GString * xml, const gchar * name, const gchar * value)
{
  g_autofree gchar *escaped = g_markup_escape_text (value, -1);

  g_string_append_printf (xml, "  <%s>%s</%s>\n", name, escaped, name);
}

static gboolean
wants_url_encoding (EmuCall * call)
{
  return g_strcmp0 (emu_query_get (call->query, "encoding-type"), "url") == 0;
}

/* For key names, which encoding-type=url concerns. */
static void
append_key (EmuCall * call, GString * xml, const gchar * name,
    const gchar * key)
{
  g_autofree gchar *encoded = NULL;

  if (wants_url_encoding (call))
    encoded = emu_percent_encode (key, FALSE);
  append_element (xml, name, encoded ? encoded : key);
}

static void
append_object (EmuCall * call, GString * xml)
{
  if (wants_url_encoding (call))
    append_element (xml, "EncodingType", "url");
  append_element (xml, "Bucket", call->bucket);
  append_key (call, xml, "Key", call->key);
}

EmuAnswer *
emu_oss_no_such_upload (EmuCall * call)
{
  g_autofree gchar *details = NULL;

  details = g_markup_printf_escaped ("  <UploadId>%s</UploadId>\n",
      call->upload_id ? call->upload_id : "");
  return emu_oss_error (call, EMU_OSS_NO_SUCH_UPLOAD, details);
}

static EmuAnswer *
store_error (EmuCall * call, EmuStoreResult result)
{
  switch (result) {
    case EMU_STORE_NO_SUCH_UPLOAD:
      return emu_oss_no_such_upload (call);
    case EMU_STORE_INVALID_PART:
      return emu_oss_error (call, EMU_OSS_INVALID_PART, NULL);
    case EMU_STORE_INVALID_PART_ORDER:
      return emu_oss_error (call, EMU_OSS_INVALID_PART_ORDER, NULL);
    case EMU_STORE_TOO_SMALL:
      return emu_oss_error (call, EMU_OSS_TOO_SMALL, NULL);
    case EMU_STORE_NO_PARTS:
      return emu_oss_error (call, EMU_OSS_XML, NULL);
    default:
      return emu_oss_error (call, EMU_OSS_INTERNAL, NULL);
  }
}

EmuAnswer *
emu_oss_initiate (EmuCall * call)
{
  g_autoptr (GString) xml =
      g_string_new (XML_PROLOG "<InitiateMultipartUploadResult>\n");

  call->new_upload_id = emu_store_initiate (call->services->store,
      call->bucket, call->key, emu_oss_get_content_type (call), call->now_us);
  append_object (call, xml);
  append_element (xml, "UploadId", call->new_upload_id);
  g_string_append (xml, "</InitiateMultipartUploadResult>\n");
  return xml_answer_new (call, xml->str);
}

EmuAnswer *
emu_oss_upload_part (EmuCall * call)
{
  EmuAnswer *answer = emu_oss_check_md5 (call);
  EmuStoreResult result;

  if (answer)
    return answer;
  result = emu_store_put_part (call->services->store, call->bucket, call->key,
      call->upload_id, call->part_number, call->blob, call->now_us);
  if (result != EMU_STORE_OK)
    return store_error (call, result);
  answer = emu_oss_answer_new (call);
  emu_oss_set_checksums (call, answer);
  return answer;
}

EmuAnswer *
emu_oss_abort (EmuCall * call)
{
  EmuStoreResult result;
  EmuAnswer *answer;

  result = emu_store_abort (call->services->store, call->bucket, call->key,
      call->upload_id);
  if (result != EMU_STORE_OK)
    return store_error (call, result);
  answer = emu_oss_answer_new (call);
  answer->status = 204;
  return answer;
}

/* The list of parts in the body of CompleteMultipartUpload. */

typedef struct
{
  GPtrArray *names;             /* (element-type EmuPartName) */
  EmuPartName *name;            /* (nullable): of the Part at hand */
  GString *text;                /* of the element at hand */
} ListParser;

static void
part_name_free (gpointer data)
{
  EmuPartName *name = data;

  g_free (name->etag);
  g_free (name);
}

static gboolean
set_malformed (GError ** error)
{
  g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
      "not a list of parts");
  return FALSE;
}

/* @depth: of the element, from 1. */
static gboolean
is_expected (const gchar * element, guint depth)
{
  if (depth == 1)
    return g_str_equal (element, "CompleteMultipartUpload");
  if (depth == 2)
    return g_str_equal (element, "Part");
  return depth == 3 && (g_str_equal (element, "PartNumber")
      || g_str_equal (element, "ETag"));
}

static void
on_start_element (GMarkupParseContext * context, const gchar * element,
    const gchar ** names, const gchar ** values, gpointer data, GError ** error)
{
  guint depth = g_slist_length ((GSList *)
      g_markup_parse_context_get_element_stack (context));
  ListParser *parser = data;

  g_string_truncate (parser->text, 0);
  if (!is_expected (element, depth)) {
    set_malformed (error);
    return;
  }
  if (depth != 2)
    return;
  parser->name = g_new0 (EmuPartName, 1);
  g_ptr_array_add (parser->names, parser->name);
  if (parser->names->len > EMU_PARTS_MAX)
    set_malformed (error);
}

static gboolean
end_of_field (ListParser * parser, const gchar * element)
{
  gchar *text = g_strstrip (parser->text->str);
  guint64 number;

  if (g_str_equal (element, "ETag")) {
    g_free (parser->name->etag);
    parser->name->etag = g_strdup (text);
    return TRUE;
  }
  if (!emu_number_parse (text, 10, 1, EMU_PARTS_MAX, &number))
    return FALSE;
  parser->name->number = number;
  return TRUE;
}

static void
on_end_element (GMarkupParseContext * context, const gchar * element,
    gpointer data, GError ** error)
{
  ListParser *parser = data;
  gboolean ok = TRUE;

  if (g_str_equal (element, "Part"))
    ok = parser->name->etag && parser->name->number > 0;
  else if (!g_str_equal (element, "CompleteMultipartUpload"))
    ok = end_of_field (parser, element);
  if (!ok)
    set_malformed (error);
}

static void
on_text (GMarkupParseContext * context, const gchar * text, gsize len,
    gpointer data, GError ** error)
{
  ListParser *parser = data;

  g_string_append_len (parser->text, text, len);
}

/* NULL if it is not one. (transfer full) (element-type EmuPartName) */
static GPtrArray *
parse_part_list (const gchar * xml, gsize len)
{
  static const GMarkupParser functions = {
    .start_element = on_start_element,
    .end_element = on_end_element,
    .text = on_text,
  };
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (part_name_free);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GMarkupParseContext) context = NULL;
  ListParser parser = { names, NULL, text };

  context = g_markup_parse_context_new (&functions, 0, &parser, NULL);
  if (!g_markup_parse_context_parse (context, xml, len, NULL)
      || !g_markup_parse_context_end_parse (context, NULL))
    return NULL;
  return g_steal_pointer (&names);
}

static EmuAnswer *
describe_completion (EmuCall * call, const EmuObject * object)
{
  g_autoptr (GString) xml =
      g_string_new (XML_PROLOG "<CompleteMultipartUploadResult>\n");
  const gchar *host = emu_call_get_header (call, "host");
  g_autofree gchar *key = emu_percent_encode (call->key, TRUE);
  g_autofree gchar *location = NULL;
  EmuAnswer *answer;

  location = g_strdup_printf ("http://%s/%s", host ? host : "", key);
  append_element (xml, "Location", location);
  append_object (call, xml);
  append_element (xml, "ETag", object->etag);
  g_string_append (xml, "</CompleteMultipartUploadResult>\n");
  answer = xml_answer_new (call, xml->str);
  emu_answer_set_header (answer, "ETag", object->etag);
  emu_oss_set_crc64 (answer, object->crc64);
  return answer;
}

static gboolean
wants_all_parts (EmuCall * call)
{
  const gchar *all = emu_call_get_header (call, "x-oss-complete-all");

  return all && g_ascii_strcasecmp (all, "yes") == 0;
}

EmuAnswer *
emu_oss_complete (EmuCall * call)
{
  g_autoptr (GPtrArray) names = NULL;
  g_autoptr (EmuObject) object = NULL;
  gsize len = call->text ? call->text->len : 0;
  EmuAnswer *refusal = emu_oss_check_md5 (call);
  EmuStoreResult result;

  if (refusal)
    return refusal;
  if (wants_all_parts (call)) {
    if (len > 0)
      return emu_oss_error (call, EMU_OSS_COMPLETE_ALL, NULL);
  } else {
    names = len > 0 ? parse_part_list (call->text->str, len) : NULL;
    if (!names)
      return emu_oss_error (call, EMU_OSS_XML, NULL);
  }
  result = emu_store_complete (call->services->store, call->bucket, call->key,
      call->upload_id, names, call->now_us, &object);
  if (result != EMU_STORE_OK)
    return store_error (call, result);
  return describe_completion (call, object);
}

/* Lists */

/* A parameter from 0 to @max; FALSE if it is there and not that. */
static gboolean
read_number (EmuCall * call, const gchar * name, guint max, guint * value)
{
  const gchar *text = emu_query_get (call->query, name);
  guint64 number;

  if (!text)
    return TRUE;
  if (!emu_number_parse (text, 10, 0, max, &number))
    return FALSE;
  *value = number;
  return TRUE;
}

static void
append_number (GString * xml, const gchar * name, guint64 number)
{
  g_string_append_printf (xml, "  <%s>%" G_GUINT64_FORMAT "</%s>\n", name,
      number, name);
}

static void
append_part (GString * xml, const EmuPart * part)
{
  g_autofree gchar *modified = emu_date_format_iso (part->modified_us, TRUE);

  g_string_append (xml, "  <Part>\n");
  append_number (xml, "PartNumber", part->number);
  append_element (xml, "LastModified", modified);
  append_element (xml, "ETag", part->etag);
  append_number (xml, "Size", part->size);
  g_string_append (xml, "  </Part>\n");
}

/* The page after @marker; the number that the next page starts after. */
static guint
append_parts (GString * xml, GPtrArray * parts, guint marker, guint max,
    gboolean * truncated)
{
  guint listed = 0;
  guint i;

  for (i = 0; i < parts->len; i++) {
    const EmuPart *part = g_ptr_array_index (parts, i);

    if (part->number <= marker)
      continue;
    *truncated = listed == max;
    if (*truncated)
      break;
    append_part (xml, part);
    marker = part->number;
    listed++;
  }
  return marker;
}

EmuAnswer *
emu_oss_list_parts (EmuCall * call)
{
  g_autoptr (GString) xml = g_string_new (XML_PROLOG "<ListPartsResult>\n");
  g_autoptr (GPtrArray) parts = NULL;
  gboolean truncated = FALSE;
  guint marker = 0;
  guint max = LIST_MAX;

  if (!read_number (call, "max-parts", LIST_MAX, &max)
      || !read_number (call, "part-number-marker", EMU_PARTS_MAX, &marker))
    return emu_oss_error (call, EMU_OSS_ARGUMENT, NULL);
  parts = emu_store_list_parts (call->services->store, call->bucket,
      call->key, call->upload_id);
  if (!parts)
    return emu_oss_no_such_upload (call);

  append_object (call, xml);
  append_element (xml, "UploadId", call->upload_id);
  append_number (xml, "PartNumberMarker", marker);
  append_number (xml, "MaxParts", max);
  marker = append_parts (xml, parts, marker, max, &truncated);
  append_number (xml, "NextPartNumberMarker", marker);
  append_element (xml, "IsTruncated", truncated ? "true" : "false");
  g_string_append (xml, "</ListPartsResult>\n");
  return xml_answer_new (call, xml->str);
}

static gboolean
is_after (const EmuUpload * upload, const gchar * key, const gchar * id)
{
  gint order = strcmp (upload->key, key ? key : "");

  return order > 0 || (order == 0 && id && strcmp (upload->id, id) > 0);
}

static void
append_upload (EmuCall * call, GString * xml, const EmuUpload * upload)
{
  g_autofree gchar *initiated =
      emu_date_format_iso (upload->initiated_us, TRUE);

  g_string_append (xml, "  <Upload>\n");
  append_key (call, xml, "Key", upload->key);
  append_element (xml, "UploadId", upload->id);
  append_element (xml, "Initiated", initiated);
  g_string_append (xml, "  </Upload>\n");
}

static void
append_uploads (EmuCall * call, GString * xml, GPtrArray * uploads, guint max)
{
  const gchar *prefix = emu_query_get (call->query, "prefix");
  const gchar *key = emu_query_get (call->query, "key-marker");
  const gchar *id = emu_query_get (call->query, "upload-id-marker");
  gboolean truncated = FALSE;
  guint listed = 0;
  guint i;

  for (i = 0; i < uploads->len && !truncated; i++) {
    const EmuUpload *upload = g_ptr_array_index (uploads, i);

    if (!g_str_has_prefix (upload->key, prefix ? prefix : "")
        || !is_after (upload, key, id))
      continue;
    truncated = listed == max;
    if (truncated)
      continue;
    append_upload (call, xml, upload);
    key = upload->key;
    id = upload->id;
    listed++;
  }
  append_key (call, xml, "NextKeyMarker", truncated ? key : "");
  append_element (xml, "NextUploadIdMarker", truncated ? id : "");
  append_element (xml, "IsTruncated", truncated ? "true" : "false");
}

EmuAnswer *
emu_oss_list_uploads (EmuCall * call)
{
  const gchar *delimiter = emu_query_get (call->query, "delimiter");
  g_autoptr (GString) xml =
      g_string_new (XML_PROLOG "<ListMultipartUploadsResult>\n");
  g_autoptr (GPtrArray) uploads = NULL;
  guint max = LIST_MAX;

  if (delimiter && *delimiter != '\0')
    return emu_oss_error (call, EMU_OSS_NOT_IMPLEMENTED, NULL);
  if (!read_number (call, "max-uploads", LIST_MAX, &max) || max == 0)
    return emu_oss_error (call, EMU_OSS_ARGUMENT, NULL);
  uploads = emu_store_list_uploads (call->services->store, call->bucket);
  if (wants_url_encoding (call))
    append_element (xml, "EncodingType", "url");
  append_element (xml, "Bucket", call->bucket);
  append_number (xml, "MaxUploads", max);
  append_uploads (call, xml, uploads, max);
  g_string_append (xml, "</ListMultipartUploadsResult>\n");
  return xml_answer_new (call, xml->str);
}
