/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* OSS's XML: what is read, what is refused, and what is written. */

#include "oss/oss-xml.h"

#include <string.h>

#include "common/error.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define UPLOAD_ID "0004B9894A22E5B1888A1E29F8236E2D"

static void
test_error (void)
{
  static const gchar xml[] = HEAD "<Error>"
      "<Code> SecurityTokenExpired </Code>"
      "<Message>a &lt; b</Message><RequestId>5C3D9175B6FC201293AD4890"
      "</RequestId><HostId>h</HostId><EC>0002-00000007</EC>"
      "<SecurityToken>CAIStoken</SecurityToken>"
      "<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint>"
      "<Deep><Code>Other</Code></Deep></Error>";
  g_autoptr (GstIceOssErrorAnswer) answer =
      gst_ice_oss_xml_parse_error (xml, sizeof (xml) - 1);

  g_assert_nonnull (answer);
  g_assert_cmpstr (answer->code, ==, "SecurityTokenExpired");
  g_assert_cmpstr (answer->message, ==, "a < b");
  g_assert_cmpstr (answer->request_id, ==, "5C3D9175B6FC201293AD4890");
  g_assert_cmpstr (answer->ec, ==, "0002-00000007");
  g_assert_cmpstr (answer->endpoint, ==, "oss-cn-beijing.aliyuncs.com");
}

static const gchar *const no_errors[] = {
  "", " ", "<Error>", "<Error></Errol>", "<html><body>502</body></html>",
  "{\"Code\":\"x\"}", "<Errors><Error><Code>x</Code></Error></Errors>",
  "<Error><Code>x</Code></Error><Error/>", "<Error><Code>&x;</Code></Error>",
  "<!DOCTYPE Error [<!ENTITY x \"y\">]><Error><Code>&x;</Code></Error>",
  "<!DOCTYPE Error><Error/>", "<Error><Code>\xff</Code></Error>",
  "<Error><Code>x</Code>", "<Error><Code>&#0;</Code></Error>",
  /* Two faults at once, where GMarkup sets an error upon the other. */
  "<?\xffR?>9",
};

static void
test_no_error (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (no_errors); i++) {
    g_autofree gchar *shown = g_strescape (no_errors[i], NULL);

    g_test_message ("%s", shown);
    g_assert_null (gst_ice_oss_xml_parse_error (no_errors[i],
            strlen (no_errors[i])));
  }
}

/* Every proper prefix of a good answer is refused. */
static void
test_truncated (void)
{
  static const gchar xml[] = HEAD "<Error><Code>x</Code></Error>";
  gsize size;

  for (size = 0; size < sizeof (xml) - 1; size++)
    g_assert_null (gst_ice_oss_xml_parse_error (xml, size));
}

static void
test_deep (void)
{
  GString *xml = g_string_new ("<Error>");
  guint i;

  for (i = 0; i < 100000; i++)
    g_string_append (xml, "<a>");
  for (i = 0; i < 100000; i++)
    g_string_append (xml, "</a>");
  g_string_append (xml, "</Error>");

  g_assert_null (gst_ice_oss_xml_parse_error (xml->str, xml->len));
  g_string_free (xml, TRUE);
}

static gchar *
parse_initiate (const gchar * upload_id)
{
  g_autofree gchar *xml = g_strdup_printf (HEAD
      "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>%s"
      "</InitiateMultipartUploadResult>", upload_id);
  g_autoptr (GError) error = NULL;
  gchar *result = gst_ice_oss_xml_parse_initiate (xml, strlen (xml), &error);

  if (result == NULL)
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  else
    g_assert_no_error (error);

  return result;
}

static void
test_initiate (void)
{
  g_autofree gchar *filler = g_strnfill (1025, 'x');
  g_autofree gchar *too_long =
      g_strdup_printf ("<UploadId>%s</UploadId>", filler);
  g_autofree gchar *good =
      parse_initiate ("<UploadId>" UPLOAD_ID "</UploadId>");
  g_autofree gchar *strange =
      parse_initiate ("<UploadId>A+b/C=d~e &amp; f%</UploadId>");
  g_autofree gchar *cdata =
      parse_initiate ("<UploadId><![CDATA[a<b]]></UploadId>");

  g_assert_cmpstr (good, ==, UPLOAD_ID);
  g_assert_cmpstr (strange, ==, "A+b/C=d~e & f%");
  g_assert_cmpstr (cdata, ==, "a<b");
  g_assert_null (parse_initiate (""));
  g_assert_null (parse_initiate ("<UploadId/>"));
  g_assert_null (parse_initiate ("<UploadId> </UploadId>"));
  g_assert_null (parse_initiate ("<UploadId>a&#10;b</UploadId>"));
  g_assert_null (parse_initiate ("<UploadId>a\nb</UploadId>"));
  g_assert_null (parse_initiate ("<UploadId><x>y</x></UploadId>"));
  g_assert_null (parse_initiate ("<A><UploadId>x</UploadId></A>"));
  g_assert_null (parse_initiate (too_long));
}

/* A byte-order mark and a prefix say nothing. */
static void
test_marks (void)
{
  static const gchar *const answers[] = {
    "\xEF\xBB\xBF<InitiateMultipartUploadResult><UploadId>U</UploadId>"
        "</InitiateMultipartUploadResult>",
    "<o:InitiateMultipartUploadResult xmlns:o=\"http://doc\">"
        "<o:UploadId>U</o:UploadId></o:InitiateMultipartUploadResult>",
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autofree gchar *upload_id = gst_ice_oss_xml_parse_initiate (answers[i],
        strlen (answers[i]), NULL);

    g_assert_cmpstr (upload_id, ==, "U");
  }
}

static gchar *
parse_complete (const gchar * xml)
{
  g_autoptr (GError) error = NULL;
  gchar *etag = gst_ice_oss_xml_parse_complete (xml, strlen (xml), &error);

  if (etag == NULL)
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);

  return etag;
}

static void
test_complete (void)
{
  g_autofree gchar *etag =
      parse_complete (HEAD "<CompleteMultipartUploadResult>"
      "<Location>http://b.h/k</Location><Bucket>b</Bucket><Key>k</Key>"
      "<ETag>&quot;B864DB6A936D376F9F8D3ED3BBE540-3&quot;</ETag>"
      "</CompleteMultipartUploadResult>");
  g_autofree gchar *none = NULL;

  g_assert_cmpstr (etag, ==, "\"B864DB6A936D376F9F8D3ED3BBE540-3\"");
  g_assert_null (parse_complete (""));
  g_assert_null (parse_complete ("<html/>"));
  none = parse_complete ("<CompleteMultipartUploadResult/>");
  g_assert_cmpstr (none, ==, "");
  g_assert_null (parse_complete ("<CompleteMultipartUploadResult><ETag>a b"
          "</ETag></CompleteMultipartUploadResult>"));
}

static GPtrArray *
parse_list (const gchar * inside, guint marker, guint * next_marker)
{
  g_autofree gchar *xml = g_strdup_printf (HEAD
      "<ListPartsResult xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\">"
      "<Bucket>b</Bucket><Key>k</Key><UploadId>" UPLOAD_ID "</UploadId>"
      "<MaxParts>1000</MaxParts>%s</ListPartsResult>", inside);
  g_autoptr (GError) error = NULL;
  GPtrArray *parts = gst_ice_oss_xml_parse_list_parts (xml, strlen (xml),
      marker, next_marker, &error);

  if (parts == NULL)
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);

  return parts;
}

static void
test_list (void)
{
  guint next_marker = 99;
  g_autoptr (GPtrArray) none =
      parse_list ("<IsTruncated>false</IsTruncated>", 0, &next_marker);
  g_autoptr (GPtrArray) parts = NULL;
  const GstIceOssPart *part;

  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (next_marker, ==, 0);

  parts = parse_list ("<NextPartNumberMarker>5</NextPartNumberMarker>"
      "<IsTruncated>true</IsTruncated>"
      "<Part><PartNumber>1</PartNumber><LastModified>x</LastModified>"
      "<ETag>\"A\"</ETag><Size>102400</Size></Part>"
      "<Part><Size>6442450944</Size><ETag>&quot;B&quot;</ETag>"
      "<PartNumber>5</PartNumber></Part>", 0, &next_marker);
  g_assert_cmpuint (parts->len, ==, 2);
  g_assert_cmpuint (next_marker, ==, 5);
  part = g_ptr_array_index (parts, 1);
  g_assert_cmpuint (part->number, ==, 5);
  g_assert_cmpstr (part->etag, ==, "\"B\"");
  g_assert_cmpuint (part->size, ==, G_GUINT64_CONSTANT (6442450944));
}

#define ROW(number, etag, size) "<Part>" number etag size "</Part>"
#define NUMBER "<PartNumber>1</PartNumber>"
#define ETAG "<ETag>\"A\"</ETag>"
#define SIZE "<Size>1</Size>"

static const gchar *const bad_lists[] = {
  ROW ("", ETAG, SIZE), ROW (NUMBER, "", SIZE), ROW (NUMBER, ETAG, ""),
  "<Part/>", "<Part> </Part>",
  ROW ("<PartNumber>0</PartNumber>", ETAG, SIZE),
  ROW ("<PartNumber>10001</PartNumber>", ETAG, SIZE),
  ROW ("<PartNumber>-1</PartNumber>", ETAG, SIZE),
  ROW ("<PartNumber>x</PartNumber>", ETAG, SIZE),
  ROW ("<PartNumber/>", ETAG, SIZE),
  ROW ("<PartNumber><a>1</a></PartNumber>", ETAG, SIZE),
  ROW (NUMBER, "<ETag/>", SIZE),
  ROW (NUMBER, "<ETag>a&#10;b</ETag>", SIZE),
  ROW (NUMBER, ETAG, "<Size>-1</Size>"),
  ROW (NUMBER, ETAG, "<Size>18446744073709551616</Size>"),
  /* The first row has no ETag: it must not get the second one's. */
  (ROW (NUMBER, "", SIZE) ROW ("", ETAG, "")),
  /* Nor the second row what the first one had. */
  (ROW (NUMBER, ETAG, SIZE) ROW ("<PartNumber>2</PartNumber>", "", SIZE)),
  (ROW (NUMBER, ETAG, SIZE) ROW ("<PartNumber>2</PartNumber>", ETAG, "")),
  (ROW (NUMBER, ETAG, SIZE) ROW ("", ETAG, SIZE)),
  "<IsTruncated>true</IsTruncated>",
  ("<IsTruncated>true</IsTruncated>"
      "<NextPartNumberMarker>7</NextPartNumberMarker>"),
  "<NextPartNumberMarker>x</NextPartNumberMarker>",
};

static void
test_bad_list (void)
{
  guint next_marker;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (bad_lists); i++) {
    g_test_message ("%s", bad_lists[i]);
    g_assert_null (parse_list (bad_lists[i], 7, &next_marker));
  }
}

static void
test_long_list (void)
{
  GString *xml = g_string_new ("<IsTruncated>true</IsTruncated>"
      "<NextPartNumberMarker>1000</NextPartNumberMarker>");
  g_autoptr (GPtrArray) parts = NULL;
  guint next_marker;
  guint i;

  for (i = 1; i <= 1000; i++)
    g_string_append_printf (xml, "<Part><PartNumber>%u</PartNumber>"
        "<LastModified>2012-02-23T07:01:34.000Z</LastModified>"
        "<ETag>\"3349DC700140D7F86A0784842780%04u\"</ETag>"
        "<Size>6291456</Size></Part>", i, i);
  parts = parse_list (xml->str, 0, &next_marker);
  g_string_free (xml, TRUE);

  g_assert_cmpuint (parts->len, ==, 1000);
  g_assert_cmpuint (next_marker, ==, 1000);
  for (i = 0; i < parts->len; i++)
    g_assert_cmpuint (((GstIceOssPart *) parts->pdata[i])->number, ==, i + 1);
}

static void
test_build (void)
{
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_oss_part_free);
  g_autofree gchar *xml = NULL;

  g_ptr_array_add (parts, gst_ice_oss_part_new (1, "\"A\"", 7));
  g_ptr_array_add (parts, gst_ice_oss_part_new (10000, "<&>", 7));
  xml = gst_ice_oss_xml_build_complete (parts);

  g_assert_cmpstr (xml, ==, "<CompleteMultipartUpload>\n"
      "<Part><PartNumber>1</PartNumber><ETag>&quot;A&quot;</ETag></Part>\n"
      "<Part><PartNumber>10000</PartNumber><ETag>&lt;&amp;&gt;</ETag></Part>\n"
      "</CompleteMultipartUpload>\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/oss-xml/reads-over-marks", test_marks);
  g_test_add_func ("/oss-xml/reads-errors", test_error);
  g_test_add_func ("/oss-xml/tells-what-is-no-error", test_no_error);
  g_test_add_func ("/oss-xml/refuses-truncated-answers", test_truncated);
  g_test_add_func ("/oss-xml/refuses-deep-nesting", test_deep);
  g_test_add_func ("/oss-xml/reads-upload-ids", test_initiate);
  g_test_add_func ("/oss-xml/reads-completions", test_complete);
  g_test_add_func ("/oss-xml/reads-lists-of-parts", test_list);
  g_test_add_func ("/oss-xml/refuses-strange-lists", test_bad_list);
  g_test_add_func ("/oss-xml/reads-a-page-of-1000-parts", test_long_list);
  g_test_add_func ("/oss-xml/writes-the-list-of-parts", test_build);

  return g_test_run ();
}
