/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* XML of OSS: what is taken can go back into a request. */

#include "fuzz.h"

#include <string.h>

#include "oss/oss-request.h"
#include "oss/oss-xml.h"

#define MAX_PART_NUMBER 10000

/* A query that nothing can be smuggled into. */
static void
check_upload_id (const gchar * upload_id)
{
  g_autoptr (GPtrArray) bytes = g_ptr_array_new ();
  g_autoptr (GstIceOssRequest) request =
      gst_ice_oss_request_new_upload_part (upload_id, 1, bytes, 0);
  g_autofree gchar *query = gst_ice_oss_request_get_query (request);

  g_assert_cmpuint (strlen (upload_id), >, 0);
  g_assert_true (g_str_has_prefix (query, "partNumber=1&uploadId="));
  g_assert_cmpuint (strspn (query, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
          "-_.~%=&"), ==, strlen (query));
  g_assert_null (strchr (strchr (query, '&') + 1, '&'));
}

/* A list that is written is a list that can be read. */
static void
check_parts (GPtrArray * parts)
{
  g_autofree gchar *xml = gst_ice_oss_xml_build_complete (parts);
  guint i;

  g_assert_true (g_utf8_validate (xml, -1, NULL));
  for (i = 0; i < parts->len; i++) {
    const GstIceOssPart *part = g_ptr_array_index (parts, i);

    g_assert_cmpuint (part->number, >=, 1);
    g_assert_cmpuint (part->number, <=, MAX_PART_NUMBER);
    g_assert_cmpuint (part->size, <=, G_MAXINT64);
    g_assert_true (gst_ice_oss_xml_is_etag (part->etag));
  }
}

static void
parse_list (const gchar * text, gsize size, guint marker)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) parts = NULL;
  guint next_marker = 0;

  parts = gst_ice_oss_xml_parse_list_parts (text, size, marker, &next_marker,
      &error);
  if (parts == NULL) {
    fuzz_check_error (&error);
    return;
  }

  check_parts (parts);
  g_assert_true (next_marker == 0 || next_marker > marker);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  const gchar *text = (const gchar *) data;
  GstIceOssErrorAnswer *answer = gst_ice_oss_xml_parse_error (text, size);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *upload_id = NULL;
  g_autofree gchar *etag = NULL;

  g_clear_pointer (&answer, gst_ice_oss_error_answer_free);
  upload_id = gst_ice_oss_xml_parse_initiate (text, size, &error);
  if (upload_id != NULL)
    check_upload_id (upload_id);
  else
    fuzz_check_error (&error);

  etag = gst_ice_oss_xml_parse_complete (text, size, &error);
  if (etag != NULL)
    g_assert_true (*etag == '\0' || gst_ice_oss_xml_is_etag (etag));
  else
    fuzz_check_error (&error);

  parse_list (text, size, size % 3);

  return 0;
}
