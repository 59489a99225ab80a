/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Each answer: a function that takes its elements, and a check of the whole.
 *
 * Any thread; pure functions. Elements that are not known are skipped: OSS
 * adds new ones from time to time. */

#include "oss/oss-xml.h"

#include "common/error.h"
#include "common/number.h"
#include "common/secret.h"
#include "common/xml.h"

#define MAX_PART_NUMBER 10000

/* Upload ids have 32 characters, ETags up to 40. */
#define MAX_UPLOAD_ID_SIZE 1024
#define MAX_ETAG_SIZE 256

static gboolean
fail (GError ** error, const gchar * reason)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL, "%s", reason);
}

/* Keeps @text, which is NULL if the element has children. */
static void
keep (gchar ** field, const gchar * text)
{
  g_free (*field);
  *field = text != NULL && *text != '\0' ? g_strdup (text) : NULL;
}

/* --- Error --- */

static gboolean
take_error (const gchar * parent, const gchar * name, const gchar * text,
    gpointer user_data, GError ** error)
{
  GstIceOssErrorAnswer *answer = user_data;

  if (!g_str_equal (parent, "Error"))
    return TRUE;

  if (g_str_equal (name, "Code"))
    keep (&answer->code, text);
  else if (g_str_equal (name, "Message"))
    keep (&answer->message, text);
  else if (g_str_equal (name, "RequestId"))
    keep (&answer->request_id, text);
  else if (g_str_equal (name, "EC"))
    keep (&answer->ec, text);
  else if (g_str_equal (name, "Endpoint"))
    keep (&answer->endpoint, text);
  else if (g_str_equal (name, "ServerTime"))
    keep (&answer->server_time, text);

  return TRUE;
}

GstIceOssErrorAnswer *
gst_ice_oss_xml_parse_error (const gchar * data, gsize size)
{
  g_autoptr (GstIceOssErrorAnswer) answer = g_new0 (GstIceOssErrorAnswer, 1);

  if (!gst_ice_xml_parse (data, size, "Error", take_error, answer, NULL))
    return NULL;

  return g_steal_pointer (&answer);
}

void
gst_ice_oss_error_answer_free (GstIceOssErrorAnswer * answer)
{
  g_free (answer->code);
  gst_ice_secret_free_string (answer->message);
  g_free (answer->request_id);
  g_free (answer->ec);
  g_free (answer->endpoint);
  g_free (answer->server_time);
  g_free (answer);
}

/* --- InitiateMultipartUpload, CompleteMultipartUpload --- */

/* The one element that is looked for. */
typedef struct
{
  const gchar *root;
  const gchar *name;
  gchar *text;                  /* (owned) (nullable) */
} Wanted;

static gboolean
take_wanted (const gchar * parent, const gchar * name, const gchar * text,
    gpointer user_data, GError ** error)
{
  Wanted *wanted = user_data;

  if (g_str_equal (parent, wanted->root) && g_str_equal (name, wanted->name))
    keep (&wanted->text, text);

  return TRUE;
}

/* The text of the element @name in @root. (transfer full) */
static gchar *
parse_one (const gchar * data, gsize size, const gchar * root,
    const gchar * name, GError ** error)
{
  Wanted wanted = { root, name, NULL };

  if (!gst_ice_xml_parse (data, size, root, take_wanted, &wanted, error))
    g_clear_pointer (&wanted.text, g_free);
  else if (wanted.text == NULL)
    gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL, "the XML has no %s",
        name);

  return wanted.text;
}

static gboolean
is_upload_id (const gchar * text)
{
  const gchar *p;

  for (p = text; *p != '\0'; p++) {
    if (g_ascii_iscntrl (*p))
      return FALSE;
  }

  return p != text && p - text <= MAX_UPLOAD_ID_SIZE;
}

gchar *
gst_ice_oss_xml_parse_initiate (const gchar * data, gsize size,
    GError ** error)
{
  g_autofree gchar *upload_id = parse_one (data, size,
      "InitiateMultipartUploadResult", "UploadId", error);

  if (upload_id == NULL)
    return NULL;
  if (!is_upload_id (upload_id)) {
    fail (error, "the UploadId cannot be used");
    return NULL;
  }

  return g_steal_pointer (&upload_id);
}

gboolean
gst_ice_oss_xml_is_etag (const gchar * etag)
{
  const gchar *p = etag;

  while (g_ascii_isgraph (*p))
    p++;

  return p != etag && *p == '\0' && p - etag <= MAX_ETAG_SIZE;
}

gchar *
gst_ice_oss_xml_parse_complete (const gchar * data, gsize size,
    GError ** error)
{
  Wanted wanted = { "CompleteMultipartUploadResult", "ETag", NULL };
  g_autofree gchar *etag = NULL;
  gboolean ok = gst_ice_xml_parse (data, size, wanted.root, take_wanted,
      &wanted, error);

  etag = wanted.text;
  if (!ok)
    return NULL;
  if (etag != NULL && !gst_ice_oss_xml_is_etag (etag)) {
    fail (error, "the ETag cannot be used");
    return NULL;
  }

  return etag != NULL ? g_steal_pointer (&etag) : g_strdup ("");
}

/* --- ListParts --- */

typedef struct
{
  GPtrArray *parts;             /* (owned) (element-type GstIceOssPart) the
                                 * rows so far */
  gboolean is_truncated;        /* there is a next page */
  guint64 next_marker;          /* where it begins, as far as it was said */

  guint64 number;               /* of the row that is being read; 0: not seen
                                 * yet */
  gchar *etag;                  /* (owned) (nullable) of the same row */
  gint64 size;                  /* of the same row; -1: not seen yet */
} Page;

static void
begin_row (Page * page)
{
  page->number = 0;
  page->size = -1;
  g_clear_pointer (&page->etag, g_free);
}

static gboolean
end_row (Page * page, GError ** error)
{
  if (page->number == 0 || page->size < 0 || page->etag == NULL
      || !gst_ice_oss_xml_is_etag (page->etag))
    return fail (error, "a Part in the list of parts cannot be used");

  g_ptr_array_add (page->parts, gst_ice_oss_part_new (page->number,
          page->etag, page->size));
  begin_row (page);

  return TRUE;
}

static gboolean
read_number (const gchar * text, guint64 max, guint64 * number,
    GError ** error)
{
  if (text != NULL
      && gst_ice_parse_number (text, 0, max, number))
    return TRUE;

  return fail (error, "a number in the list of parts cannot be used");
}

static gboolean
take_row_element (Page * page, const gchar * name, const gchar * text,
    GError ** error)
{
  guint64 size = 0;

  if (g_str_equal (name, "PartNumber"))
    return read_number (text, MAX_PART_NUMBER, &page->number, error);
  if (g_str_equal (name, "ETag"))
    keep (&page->etag, text);

  if (!g_str_equal (name, "Size"))
    return TRUE;
  if (!read_number (text, G_MAXINT64, &size, error))
    return FALSE;
  page->size = size;

  return TRUE;
}

static gboolean
take_page_element (const gchar * parent, const gchar * name,
    const gchar * text, gpointer user_data, GError ** error)
{
  Page *page = user_data;

  if (g_str_equal (parent, "Part"))
    return take_row_element (page, name, text, error);
  if (!g_str_equal (parent, "ListPartsResult"))
    return TRUE;

  if (g_str_equal (name, "Part"))
    return end_row (page, error);
  if (g_str_equal (name, "IsTruncated"))
    page->is_truncated = g_strcmp0 (text, "true") == 0;
  /* Empty on the last page of some answers. */
  if (g_str_equal (name, "NextPartNumberMarker") && text != NULL && *text)
    return read_number (text, MAX_PART_NUMBER, &page->next_marker, error);

  return TRUE;
}

GPtrArray *
gst_ice_oss_xml_parse_list_parts (const gchar * data, gsize size,
    guint marker, guint * next_marker, GError ** error)
{
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_oss_part_free);
  Page page = { parts, FALSE, 0, 0, NULL, -1 };
  gboolean ok = gst_ice_xml_parse (data, size, "ListPartsResult",
      take_page_element, &page, error);

  begin_row (&page);
  if (!ok)
    return NULL;

  /* A page that leads back would be read for ever. */
  if (page.is_truncated && page.next_marker <= marker) {
    fail (error, "the list of parts does not lead to its next page");
    return NULL;
  }
  *next_marker = page.is_truncated ? page.next_marker : 0;

  return g_steal_pointer (&parts);
}

/* --- The body of CompleteMultipartUpload --- */

gchar *
gst_ice_oss_xml_build_complete (GPtrArray * parts)
{
  GString *xml = g_string_new ("<CompleteMultipartUpload>\n");
  guint i;

  for (i = 0; i < parts->len; i++) {
    const GstIceOssPart *part = g_ptr_array_index (parts, i);
    g_autofree gchar *etag = g_markup_escape_text (part->etag, -1);

    g_string_append_printf (xml,
        "<Part><PartNumber>%u</PartNumber><ETag>%s</ETag></Part>\n",
        part->number, etag);
  }
  g_string_append (xml, "</CompleteMultipartUpload>\n");

  return g_string_free (xml, FALSE);
}
