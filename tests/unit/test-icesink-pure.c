/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the element's room has of pure functions, by tables: media ids and
 * URIs, content types, error codes, messages, the shared time to stop. */

#include <gst/gst.h>

#include "common/error.h"
#include "common/path.h"
#include "icesink/content-type.h"
#include "icesink/element-error.h"
#include "icesink/media-uri.h"
#include "icesink/messages.h"
#include "icesink/legacy.h"
#include "icesink/resume.h"
#include "icesink/run.h"
#include "icesink/settings.h"
#include "icesink/sink-properties.h"
#include "icesink/stop-budget.h"

#include <stdlib.h>
#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* ---- media ids and URIs ---- */

#define ID_64 "0123456789abcdef0123456789ABCDEF0123456789abcdef-_23456789ABCDEF"
#define ID_128 ID_64 ID_64

static const struct
{
  const gchar *text;
  const gchar *media_id;
  const gchar *region;
  const gchar *ice_endpoint;
} good_uris[] = {
  {"a", "a", NULL},
  {"0a1b2c3d-18f000000ab_X", "0a1b2c3d-18f000000ab_X", NULL},
  {ID_128, ID_128, NULL},
  {"icems", "icems", NULL},
  {"--", "--", NULL},
  {"icems://a", "a", NULL},
  {"ICEMS://a", "a", NULL},
  {"icems://" ID_128, ID_128, NULL},
  {"icems://a?region=cn-beijing", "a", "cn-beijing"},
  {"icems://a?region=cn%2Dbeijing", "a", "cn-beijing"},
  {"icems://a?ice-endpoint=http://127.0.0.1:8080", "a", NULL,
      "http://127.0.0.1:8080"},
  {"icems://a?ice-endpoint=http%3A%2F%2F[::1]:1&region=x", "a", "x",
      "http://[::1]:1"},
};

static const gchar *const bad_uris[] = {
  "", " ", "a ", " a", "a\n", "a\nb", "\t", "a b", "a.b", "a/b", "/a", "../a",
  "a%20b", "%61", "a?region=cn-beijing", "a#b", "a:b", "a@b", "\xc3\xa4",
  "\xff\xfe", "a\xc0\x80", "a\x01", "a\x7f", "a\"b", "a'b", "a<b>", "a;b",
  "a&b", "a=b", "a\\b", "${a}", ID_128 "a",
  "icems:a", "icems:/a", "icems://", "icems:///a", "icems://a/", "icems://a/b",
  "icems://a:80", "icems://u@a", "icems://u:p@a", "icems://a#f", "icems://?",
  "icems://a?", "icems://a?region", "icems://a?region=", "icems://a?x=y",
  "icems://a?region=x&x=y", "icems://a?region=x&region",
  "icems://a?region=x&region=x", "icems://a?region=x&region=y",
  "icems://a?ice-endpoint=", "icems://a?ice-endpoint=http://example.com",
  "icems://a?ice-endpoint=https://example.com",
  "icems://a?ice-endpoint=http://127.0.0.1&ice-endpoint=http://127.0.0.1",
  "icems://a?ice-endpoint=http://u:p@127.0.0.1/",
  "icems://a?oss-endpoint=http://127.0.0.1",
  "icems://a?region=a.b", "icems://a?region=a/b", "icems://a?region=a%2Fb",
  "icems://a?region=a%00b", "icems://a?region=%0d%0ax", "icems://a?region=a b",
  "icems://a?region=" ID_128 "a", "icems://a?Region=x", "icems://a?region=x#f",
  "icems://a?region=%", "icems://a?region=%zz", "icems://a?region=a?b",
  "icems://" ID_128 "a", " icems://a", "icems://icems://a", "icemsx://a",
  "https://a", "file:///etc/passwd", "javascript:alert(1)",
};

static void
test_good_uris (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (good_uris); i++) {
    g_auto (GstIceMediaUri) uri = { NULL };
    g_auto (GstIceMediaUri) again = { NULL };
    g_autofree gchar *text = NULL;
    g_autoptr (GError) error = NULL;

    gst_ice_media_uri_parse (good_uris[i].text, &uri, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (uri.media_id, ==, good_uris[i].media_id);
    g_assert_cmpstr (uri.region, ==, good_uris[i].region);
    g_assert_cmpstr (uri.ice_endpoint, ==, good_uris[i].ice_endpoint);

    text = gst_ice_media_uri_build (&uri);
    g_assert_true (gst_uri_is_valid (text));
    g_assert_true (gst_ice_media_uri_parse (text, &again, &error));
    g_assert_cmpstr (again.media_id, ==, uri.media_id);
    g_assert_cmpstr (again.region, ==, uri.region);
    g_assert_cmpstr (again.ice_endpoint, ==, uri.ice_endpoint);
  }
}

static void
assert_bad_uri (const gchar * text)
{
  g_auto (GstIceMediaUri) uri = { NULL };
  g_autoptr (GError) error = NULL;

  if (gst_ice_media_uri_parse (text, &uri, &error))
    g_error ("taken: %s", text);
  g_assert_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 500);
  g_assert_null (uri.media_id);
  g_assert_null (uri.region);
  g_assert_null (uri.ice_endpoint);
}

static void
test_bad_uris (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad_uris); i++) {
    assert_bad_uri (bad_uris[i]);
    g_assert_false (gst_ice_media_id_is_valid (bad_uris[i]));
  }

  g_assert_false (gst_ice_media_id_is_valid (NULL));
}

static void
test_huge_uri (void)
{
  g_autofree gchar *text = g_strnfill (16 << 20, 'a');
  g_autofree gchar *uri = g_strconcat ("icems://a?region=", text, NULL);

  assert_bad_uri (text);
  assert_bad_uri (uri);
}

/* ---- content types ---- */

static const struct
{
  const gchar *caps;
  const gchar *content_type;
} content_types[] = {
  /* As the muxers of the base, good, bad and ugly plugins say it. */
  {"video/quicktime, variant=(string)iso", "video/mp4"},
  {"video/quicktime, variant=(string)iso-fragmented", "video/mp4"},
  {"video/quicktime, variant=(string)apple", "video/quicktime"},
  {"video/quicktime, variant=(string)3gpp", "video/3gpp"},
  {"video/quicktime", "video/mp4"},
  {"video/mj2", "video/mj2"},
  {"video/mpegts, systemstream=(boolean)true, packetsize=(int)188",
      "video/mp2t"},
  {"video/mpegts, systemstream=(boolean)true, packetsize=(int)192,"
        " streamheader=(buffer)<0011>", "video/mp2t"},
  {"video/mpeg, mpegversion=(int)2, systemstream=(boolean)true",
      "video/mp2p"},
  {"video/x-matroska", "video/x-matroska"},
  {"video/x-matroska-3d", "video/x-matroska"},
  {"audio/x-matroska", "audio/x-matroska"},
  {"video/webm", "video/webm"},
  {"audio/webm", "audio/webm"},
  {"video/x-flv", "video/x-flv"},
  {"video/x-msvideo", "video/x-msvideo"},
  {"video/x-ms-asf, parsed=(boolean)true", "video/x-ms-asf"},
  {"application/mxf", "application/mxf"},
  {"application/ogg", "application/ogg"},
  {"audio/ogg", "audio/ogg"},
  {"video/ogg", "video/ogg"},
  {"audio/x-wav", "audio/wav"},
  {"audio/x-aiff", "audio/aiff"},
  {"audio/x-flac, framed=(boolean)true", "audio/flac"},
  {"audio/x-m4a", "audio/mp4"},
  {"audio/mpeg, mpegversion=(int)1, layer=(int)3", "audio/mpeg"},
  {"audio/mpeg, mpegversion=(int)4, stream-format=(string)adts",
      "audio/aac"},
  {"image/jpeg, width=(int)320, height=(int)240", "image/jpeg"},
  {"image/png", "image/png"},

  /* What cannot be told, or is no media type of a file. */
  {"video/mpeg, mpegversion=(int)2, systemstream=(boolean)false",
      "application/octet-stream"},
  {"audio/mpeg", "application/octet-stream"},
  {"video/x-raw, format=(string)I420", "application/octet-stream"},
  {"application/x-id3", "application/octet-stream"},
  {"foo/bar\t", "application/octet-stream"},
  {"ANY", "application/octet-stream"},
};

static void
test_content_types (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (content_types); i++) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (content_types[i].caps);

    if (caps == NULL)
      continue;
    g_test_message ("%s", content_types[i].caps);
    g_assert_cmpstr (gst_ice_content_type_from_caps (caps), ==,
        content_types[i].content_type);
  }
}

static const struct
{
  const gchar *content_type;
  const gchar *object;
  const gchar *better;          /* (nullable) */
} extensions[] = {
  {"video/mp4", "sv/1/2.mp4", NULL},
  {"video/mp4", "sv/1/2.MP4", NULL},
  {"video/mp4", "sv/1/2.mov", NULL},
  {"video/mp4", "sv/1/2.ts", "mp4"},
  {"video/mp2t", "sv/1/2.mp4", "ts"},
  {"video/mp2t", "sv/1/2.m2t", NULL},
  {"video/x-matroska", "a.mp4", "mkv"},
  {"audio/mpeg", "a.wav", "mp3"},
  /* what nobody can tell */
  {"video/mp2t", "a.mp4.unheard-of", NULL},
  {"video/mp2t", "a", NULL},
  {"video/mp2t", "a.", NULL},
  {"video/mp2t", "", NULL},
  {"application/octet-stream", "a.mp4", NULL},
  {"image/jpeg", "a.mp4", NULL},
};

static void
test_extensions (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (extensions); i++) {
    g_autofree gchar *better = gst_ice_content_type_get_better_extension
        (extensions[i].content_type, extensions[i].object);

    g_test_message ("%s in %s", extensions[i].content_type,
        extensions[i].object);
    g_assert_cmpstr (better, ==, extensions[i].better);
  }
}

/* ---- errors ---- */

/* The table of errors, row by row; NULL for the operation: none is known. */
static const struct
{
  GstIceErrorCode code;
  const gchar *operation;
  gboolean opened;
  GstResourceError expected;
} error_rows[] = {
  {GST_ICE_ERROR_SETTINGS, NULL, FALSE, GST_RESOURCE_ERROR_SETTINGS},

  {GST_ICE_ERROR_NOT_AUTHORIZED, NULL, FALSE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {GST_ICE_ERROR_NOT_AUTHORIZED, "RefreshUploadMedia", FALSE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {GST_ICE_ERROR_NOT_AUTHORIZED, "UploadPart", TRUE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {GST_ICE_ERROR_TOKEN_EXPIRED, "UploadPart", TRUE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {GST_ICE_ERROR_IDENTITY_EXPIRED, "RefreshUploadMedia", TRUE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {GST_ICE_ERROR_CLOCK_SKEW, "UploadPart", TRUE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},

  {GST_ICE_ERROR_NOT_FOUND, "RefreshUploadMedia", FALSE,
      GST_RESOURCE_ERROR_NOT_FOUND},
  {GST_ICE_ERROR_NOT_FOUND, "InitiateMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_NOT_FOUND},

  /* DNS, TLS, connect, initiate past the budget. */
  {GST_ICE_ERROR_NETWORK, NULL, FALSE, GST_RESOURCE_ERROR_OPEN_WRITE},
  {GST_ICE_ERROR_NETWORK, "RefreshUploadMedia", FALSE,
      GST_RESOURCE_ERROR_OPEN_WRITE},
  {GST_ICE_ERROR_TLS, "RefreshUploadMedia", FALSE,
      GST_RESOURCE_ERROR_OPEN_WRITE},
  {GST_ICE_ERROR_STALLED, "RefreshUploadMedia", FALSE,
      GST_RESOURCE_ERROR_OPEN_WRITE},
  {GST_ICE_ERROR_UNAVAILABLE, "RefreshUploadMedia", FALSE,
      GST_RESOURCE_ERROR_OPEN_WRITE},
  {GST_ICE_ERROR_PROTOCOL, "RefreshUploadMedia", FALSE,
      GST_RESOURCE_ERROR_OPEN_WRITE},
  {GST_ICE_ERROR_NETWORK, "InitiateMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_OPEN_WRITE},
  {GST_ICE_ERROR_TLS, "InitiateMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_OPEN_WRITE},
  {GST_ICE_ERROR_UNAVAILABLE, "InitiateMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_OPEN_WRITE},

  /* A part past the budget. */
  {GST_ICE_ERROR_NETWORK, "UploadPart", TRUE, GST_RESOURCE_ERROR_WRITE},
  {GST_ICE_ERROR_TLS, "UploadPart", TRUE, GST_RESOURCE_ERROR_WRITE},
  {GST_ICE_ERROR_STALLED, "UploadPart", TRUE, GST_RESOURCE_ERROR_WRITE},
  {GST_ICE_ERROR_UNAVAILABLE, "UploadPart", TRUE, GST_RESOURCE_ERROR_WRITE},
  {GST_ICE_ERROR_PROTOCOL, "UploadPart", TRUE, GST_RESOURCE_ERROR_WRITE},
  {GST_ICE_ERROR_NETWORK, "PutObject", TRUE, GST_RESOURCE_ERROR_WRITE},

  /* Complete past the budget, or its answer lost. */
  {GST_ICE_ERROR_NETWORK, "CompleteMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_CLOSE},
  {GST_ICE_ERROR_UNAVAILABLE, "CompleteMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_CLOSE},
  {GST_ICE_ERROR_STALLED, "HeadObject", TRUE, GST_RESOURCE_ERROR_CLOSE},
  {GST_ICE_ERROR_OUTCOME_UNKNOWN, "CompleteMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_CLOSE},
  {GST_ICE_ERROR_OUTCOME_UNKNOWN, NULL, FALSE, GST_RESOURCE_ERROR_CLOSE},

  {GST_ICE_ERROR_SEEK, NULL, TRUE, GST_RESOURCE_ERROR_SEEK},
  {GST_ICE_ERROR_SYNC, "UploadPart", TRUE, GST_RESOURCE_ERROR_SYNC},
  {GST_ICE_ERROR_SYNC, "CompleteMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_SYNC},
  {GST_ICE_ERROR_DAMAGED, "UploadPart", TRUE, GST_RESOURCE_ERROR_SYNC},
  {GST_ICE_ERROR_NO_SPACE, NULL, TRUE, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
  {GST_ICE_ERROR_NO_SPACE, "CompleteMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_NO_SPACE_LEFT},
  {GST_ICE_ERROR_THROTTLED, "RefreshUploadMedia", FALSE,
      GST_RESOURCE_ERROR_BUSY},
  {GST_ICE_ERROR_THROTTLED, "UploadPart", TRUE, GST_RESOURCE_ERROR_BUSY},
  {GST_ICE_ERROR_THROTTLED, "CompleteMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_BUSY},

  /* Renewal past the budget while the token is dead: as its cause. */
  {GST_ICE_ERROR_NETWORK, "RefreshUploadMedia", TRUE,
      GST_RESOURCE_ERROR_WRITE},
  {GST_ICE_ERROR_UNAVAILABLE, "RefreshUploadMedia", TRUE,
      GST_RESOURCE_ERROR_WRITE},
  {GST_ICE_ERROR_THROTTLED, "RefreshUploadMedia", TRUE,
      GST_RESOURCE_ERROR_BUSY},
  {GST_ICE_ERROR_NOT_AUTHORIZED, "RefreshUploadMedia", TRUE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},

  {GST_ICE_ERROR_NO_SUCH_UPLOAD, "UploadPart", TRUE,
      GST_RESOURCE_ERROR_WRITE},
  {GST_ICE_ERROR_NO_SUCH_UPLOAD, "CompleteMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_WRITE},

  {GST_ICE_ERROR_FAILED, "CompleteMultipartUpload", TRUE,
      GST_RESOURCE_ERROR_FAILED},
  {GST_ICE_ERROR_CONFLICT, "PutObject", TRUE, GST_RESOURCE_ERROR_FAILED},
};

static void
test_error_codes (void)
{
  g_autoptr (GError) foreign = g_error_new_literal (G_IO_ERROR,
      G_IO_ERROR_NO_SPACE, "full");
  guint seen = 0, i;

  for (i = 0; i < G_N_ELEMENTS (error_rows); i++) {
    g_autoptr (GError) error = gst_ice_error_new (error_rows[i].code, "text");

    gst_ice_error_get_details (error)->operation = error_rows[i].operation;
    g_test_message ("row %u", i);
    g_assert_cmpint (gst_ice_element_error_get_code (error,
            error_rows[i].opened), ==, error_rows[i].expected);
    seen |= 1u << error_rows[i].code;
  }

  /* Every code has a row. */
  g_assert_cmpuint (seen, ==, (2u << GST_ICE_ERROR_OUTCOME_UNKNOWN) - 1);
  g_assert_cmpint (gst_ice_element_error_get_code (foreign, TRUE), ==,
      GST_RESOURCE_ERROR_FAILED);
}

/* What nobody knows by a code of the service still has a status; what something
 * in between says does not count. */
static void
test_error_statuses (void)
{
  static const struct
  {
    GstIceErrorCode code;
    guint status;
    GstResourceError expected;
  } rows[] = {
    {GST_ICE_ERROR_UNAVAILABLE, 401, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
    {GST_ICE_ERROR_UNAVAILABLE, 403, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
    {GST_ICE_ERROR_UNAVAILABLE, 404, GST_RESOURCE_ERROR_NOT_FOUND},
    {GST_ICE_ERROR_UNAVAILABLE, 503, GST_RESOURCE_ERROR_WRITE},
    {GST_ICE_ERROR_PROTOCOL, 403, GST_RESOURCE_ERROR_WRITE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = gst_ice_error_new (rows[i].code, "text");

    gst_ice_error_get_details (error)->operation = "UploadPart";
    gst_ice_error_get_details (error)->http_status = rows[i].status;
    g_test_message ("row %u", i);
    g_assert_cmpint (gst_ice_element_error_get_code (error, TRUE), ==,
        rows[i].expected);
  }
}

/* An error of somebody else has no more details than what we know. */
static void
test_foreign_error (void)
{
  g_autoptr (GstElement) element = gst_bin_new ("recorder");
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR,
      G_IO_ERROR_NO_SPACE, "full");
  g_autoptr (GstMessage) message =
      gst_ice_element_error_new_message (element, error, "m1", TRUE,
      GST_ICE_OUTCOME_KEPT);
  const GstStructure *details;

  gst_message_parse_error_details (message, &details);
  g_assert_cmpint (gst_structure_n_fields (details), ==, 2);
  g_assert_cmpstr (gst_structure_get_string (details, "media-id"), ==, "m1");
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
}

/* ---- settings ---- */

/* The URI says what leads elsewhere than the defaults, and is one. */
static void
test_settings_uri (void)
{
  static const struct
  {
    const gchar *media_id;
    const gchar *region;
    const gchar *expected;
  } rows[] = {
    {"a", "cn-shanghai", "icems://a"},
    {"a", "cn-beijing", "icems://a?region=cn-beijing"},
    {"a", "not a region", "icems://a"},
    {"a", NULL, "icems://a"},
    {"a/b", "cn-beijing", NULL},
    {NULL, "cn-beijing", NULL},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstIceSettings settings;
    g_autofree gchar *uri = NULL;

    gst_ice_settings_init (&settings);
    gst_ice_settings_set_string (&settings.media_id, rows[i].media_id);
    gst_ice_settings_set_string (&settings.region, rows[i].region);
    uri = gst_ice_settings_get_uri (&settings);
    g_assert_cmpstr (uri, ==, rows[i].expected);
    gst_ice_settings_clear (&settings);
  }
}

/* The one that is given, in a property or in the URI, or that of the region. */
static void
test_ice_endpoint (void)
{
  static const struct
  {
    const gchar *location;
    const gchar *endpoint;
    const gchar *expected;
  } rows[] = {
    {"a", NULL, "https://ice.cn-shanghai.aliyuncs.com"},
    {"icems://a?region=cn-beijing", NULL,
        "https://ice.cn-beijing.aliyuncs.com"},
    {"icems://a?ice-endpoint=http://127.0.0.1:1", NULL, "http://127.0.0.1:1"},
    {"a", "https://ice.example.com", "https://ice.example.com"},
  };
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstIceUploadConfig) config = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree gchar *endpoint = NULL;
    GstIceSettings settings;

    gst_ice_settings_init (&settings);
    g_assert_true (gst_ice_settings_set_uri (&settings, rows[i].location,
            NULL));
    if (rows[i].endpoint != NULL)
      gst_ice_settings_set_string (&settings.ice_endpoint, rows[i].endpoint);
    config = gst_ice_settings_get_upload_config (&settings, clock, &error);
    g_assert_no_error (error);
    endpoint = gst_ice_endpoint_to_string (config->ice_endpoint);
    g_assert_cmpstr (endpoint, ==, rows[i].expected);
    gst_ice_settings_clear (&settings);
  }
}

/* `stats` is no setting, and what is no property is none either. */
static void
test_no_setting (void)
{
  static const guint ids[] = { G_MAXUINT, GST_ICE_SINK_PROPERTY_STATS };
  GstIceSettings settings;
  guint i;
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "text");
  gst_ice_settings_init (&settings);
  for (i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_assert_false (gst_ice_sink_properties_set (&settings, ids[i], &value));
    g_assert_false (gst_ice_sink_properties_get (&settings, ids[i], &value));
  }
  g_assert_cmpstr (g_value_get_string (&value), ==, "text");
  gst_ice_settings_clear (&settings);
}

/* Nothing is appended where it can't be told that it fits. */
static void
test_resume_unknown (void)
{
  g_autoptr (GstCaps) fixed = gst_caps_from_string ("audio/mpeg, mpegversion=1,"
      " layer=3, rate=44100, channels=2");
  g_autoptr (GstCaps) open = gst_caps_from_string ("audio/mpeg,"
      " mpegversion=1, layer=3, rate={ 44100, 48000 }, channels=2");
  g_autofree gchar *text = gst_caps_to_string (fixed);
  g_autofree gchar *open_text = gst_caps_to_string (open);

  g_assert_true (gst_ice_resume_can_append (text, fixed));
  g_assert_false (gst_ice_resume_can_append (NULL, fixed));
  g_assert_false (gst_ice_resume_can_append (text, NULL));
  g_assert_false (gst_ice_resume_can_append ("no, (caps", fixed));
  g_assert_false (gst_ice_resume_can_append (open_text, fixed));
  g_assert_false (gst_ice_resume_can_append (text, open));
}

static GError *
new_service_error (void)
{
  GstIceErrorDetails details = {
    .service = "oss",
    .operation = "UploadPart",
    .part = 17,
    .http_status = 503,
    .code = (gchar *) "InternalError",
    .request_id = (gchar *) "0123456789ABCDEF",
    .ec = (gchar *) "0002-00000001",
    .retry_after_us = -1,
    .server_time_us = -1,
  };

  return gst_ice_error_new_from_answer (GST_ICE_ERROR_UNAVAILABLE, &details,
      "Please try again.", NULL);
}

static void
test_error_message (void)
{
  g_autoptr (GstElement) element = gst_bin_new ("recorder");
  g_autoptr (GError) error = new_service_error ();
  g_autoptr (GstMessage) message =
      gst_ice_element_error_new_message (element, error, "m1", TRUE,
      GST_ICE_OUTCOME_KEPT);
  g_autoptr (GError) seen = NULL;
  g_autofree gchar *debug = NULL;
  const GstStructure *details;

  gst_message_parse_error (message, &seen, &debug);
  g_assert_error (seen, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE);
  g_assert_nonnull (strstr (debug, "recorder"));
  g_assert_nonnull (strstr (debug, error->message));
  g_assert_nonnull (strstr (debug, "kept"));
  g_assert_true (GST_MESSAGE_SRC (message) == GST_OBJECT (element));

  gst_message_parse_error_details (message, &details);
  g_assert_cmpint (gst_structure_n_fields (details), ==, 9);
  g_assert_cmpstr (gst_structure_get_string (details, "service"), ==, "oss");
  g_assert_cmpstr (gst_structure_get_string (details, "operation"), ==,
      "UploadPart");
  g_assert_cmpstr (gst_structure_get_string (details, "code"), ==,
      "InternalError");
  g_assert_cmpstr (gst_structure_get_string (details, "request-id"), ==,
      "0123456789ABCDEF");
  g_assert_cmpstr (gst_structure_get_string (details, "ec"), ==,
      "0002-00000001");
  g_assert_cmpstr (gst_structure_get_string (details, "media-id"), ==, "m1");
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  g_assert_cmpuint (g_value_get_uint (gst_structure_get_value (details,
              "http-status")), ==, 503);
  g_assert_cmpuint (g_value_get_uint (gst_structure_get_value (details,
              "part")), ==, 17);
}

/* What does not apply is absent. */
static void
test_error_without_details (void)
{
  g_autoptr (GstElement) element = gst_bin_new (NULL);
  g_autoptr (GError) error = gst_ice_error_new (GST_ICE_ERROR_SEEK, "text");
  g_autoptr (GstMessage) message =
      gst_ice_element_error_new_message (element, error, NULL, FALSE,
      GST_ICE_OUTCOME_NONE);
  const GstStructure *details;

  gst_message_parse_error_details (message, &details);
  g_assert_cmpint (gst_structure_n_fields (details), ==, 0);
}

/* What to look at, which is not the same for all of them. */
static void
test_error_cures (void)
{
  static const struct
  {
    GstIceErrorCode code;
    const gchar *words;
  } rows[] = {
    {GST_ICE_ERROR_NETWORK, "check region,"},
    {GST_ICE_ERROR_STALLED, "check region,"},
    {GST_ICE_ERROR_TLS, "check ssl-ca-file,"},
    {GST_ICE_ERROR_PROTOCOL, "check ice-endpoint "},
  };
  g_autoptr (GstElement) element = gst_bin_new ("recorder");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = gst_ice_error_new (rows[i].code, "text");
    g_autoptr (GstMessage) message = gst_ice_element_error_new_warning (element,
        "later", error, "m1", TRUE, GST_ICE_OUTCOME_NONE, GST_SECOND);
    g_autofree gchar *debug = NULL;

    gst_message_parse_warning (message, NULL, &debug);
    g_assert_nonnull (strstr (debug, rows[i].words));
  }
}

static void
test_outcome_names (void)
{
  g_assert_null (gst_ice_outcome_get_name (GST_ICE_OUTCOME_NONE));
  g_assert_cmpstr (gst_ice_outcome_get_name (GST_ICE_OUTCOME_COMPLETED), ==,
      "completed");
  g_assert_cmpstr (gst_ice_outcome_get_name (GST_ICE_OUTCOME_ABORTED), ==,
      "aborted");
  g_assert_cmpstr (gst_ice_outcome_get_name (GST_ICE_OUTCOME_KEPT), ==,
      "kept");
  g_assert_cmpstr (gst_ice_outcome_get_name (GST_ICE_OUTCOME_NOTHING_SENT),
      ==, "nothing-sent");
  g_assert_cmpstr (gst_ice_outcome_get_name (GST_ICE_OUTCOME_UNKNOWN), ==,
      "unknown");
}

/* ---- messages ---- */

static const GstIceFigures figures = {
  .upload = {
        .state = GST_ICE_UPLOAD_UPLOADING,
        .bucket = (gchar *) "bucket",
        .object = (gchar *) "sv/m1.mp4",
        .upload_id = (gchar *) "U1",
        .request_id = (gchar *) "R1",
        .etag = (gchar *) "\"E\"",
        .verified = TRUE,
        .crc64 = G_MAXUINT64,
        .object_size = 12345678901,
        .bytes_uploaded = 7000000000,
        .parts_uploaded = 42,
        .generation = 3,
        .lease_expires_us = 100 * SECOND,
      },
  .media_id = "m1",
  .bytes_written = 8000000000,
  .bytes_pending = 1000000000,
  .upload_lag = 4 * GST_SECOND,
  .now_us = 90 * SECOND,
};

/* @text: the whole structure, its fields in any order. */
static void
assert_structure (GstStructure * structure, const gchar * text)
{
  g_autoptr (GstStructure) seen = structure;
  g_autoptr (GstStructure) expected = gst_structure_from_string (text, NULL);
  g_autofree gchar *shown = gst_structure_to_string (seen);

  g_assert_nonnull (expected);
  g_test_message ("%s", shown);
  g_assert_true (gst_structure_is_equal (seen, expected));
}

static void
test_messages (void)
{
  assert_structure (gst_ice_messages_new_started (&figures),
      "ice-upload-started, media-id=(string)m1, bucket=(string)bucket,"
      " object=(string)sv/m1.mp4, upload-id=(string)U1,"
      " request-id=(string)R1");
  assert_structure (gst_ice_messages_new_refreshed (&figures),
      "ice-credential-refreshed, media-id=(string)m1,"
      " expires-in=(guint64)10000000000, generation=(uint)3");
  assert_structure (gst_ice_messages_new_interrupted ("m1", "no route",
          GST_SECOND), "ice-upload-interrupted, media-id=(string)m1,"
      " reason=(string)\"no route\", retry-in=(guint64)1000000000");
  assert_structure (gst_ice_messages_new_resumed ("m1", 60 * GST_SECOND),
      "ice-upload-resumed, media-id=(string)m1,"
      " outage=(guint64)60000000000");
  assert_structure (gst_ice_messages_new_progress (&figures, 8000000, -1),
      "ice-upload-progress, media-id=(string)m1,"
      " bytes-written=(guint64)8000000000, bytes-uploaded=(guint64)7000000000,"
      " bytes-pending=(guint64)1000000000, upload-lag=(guint64)4000000000,"
      " bitrate=(guint64)8000000, percent=(int)-1");
  assert_structure (gst_ice_messages_new_complete (&figures, 3600 * GST_SECOND),
      "ice-upload-complete, media-id=(string)m1, bucket=(string)bucket,"
      " object=(string)sv/m1.mp4, size=(guint64)12345678901,"
      " etag=(string)E, verified=(boolean)true, crc64=(guint64)18446744073709551615,"
      " parts=(uint)42, duration=(guint64)3600000000000,"
      " request-id=(string)R1");
}

/* An ETag has its quotes on the wire only, if it has any. */
static void
test_message_etags (void)
{
  const gchar *etags[][2] = {
    {"\"E\"", "E"}, {"E", "E"}, {"\"E", "\"E"}, {"\"", "\""}, {NULL, ""}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (etags); i++) {
    GstIceFigures with = figures;
    g_autoptr (GstStructure) complete = NULL;

    with.upload.etag = (gchar *) etags[i][0];
    complete = gst_ice_messages_new_complete (&with, GST_SECOND);
    g_assert_cmpstr (gst_structure_get_string (complete, "etag"), ==,
        etags[i][1]);
  }
}

/* A snapshot from before anything is known. */
static void
test_messages_of_nothing (void)
{
  GstIceFigures nothing = {.media_id = "m1",.upload.lease_expires_us = -1 };
  g_autoptr (GstStructure) stats = gst_ice_messages_new_stats (&nothing);
  guint64 expires_in = 0;

  assert_structure (gst_ice_messages_new_started (&nothing),
      "ice-upload-started, media-id=(string)m1, bucket=(string)\"\","
      " object=(string)\"\", upload-id=(string)\"\","
      " request-id=(string)\"\"");
  g_assert_cmpstr (gst_structure_get_name (stats), ==,
      "application/x-icesink-stats");
  g_assert_cmpstr (gst_structure_get_string (stats, "state"), ==, "idle");
  g_assert_true (gst_structure_get_uint64 (stats, "credential-expires-in",
          &expires_in));
  g_assert_cmpuint (expires_in, ==, GST_CLOCK_TIME_NONE);
}

static void
test_stats_state (void)
{
  static const struct
  {
    GstIceUploadState state;
    gboolean interrupted;
    const gchar *name;
  } states[] = {
    {GST_ICE_UPLOAD_IDLE, FALSE, "idle"},
    {GST_ICE_UPLOAD_OPENING, FALSE, "opening"},
    {GST_ICE_UPLOAD_OPENING, TRUE, "interrupted"},
    {GST_ICE_UPLOAD_UPLOADING, FALSE, "uploading"},
    {GST_ICE_UPLOAD_UPLOADING, TRUE, "interrupted"},
    {GST_ICE_UPLOAD_FINALIZING, FALSE, "finalizing"},
    {GST_ICE_UPLOAD_COMPLETE, FALSE, "complete"},
    {GST_ICE_UPLOAD_COMPLETE, TRUE, "complete"},
    {GST_ICE_UPLOAD_FAILED, FALSE, "failed"},
    {GST_ICE_UPLOAD_FAILED, TRUE, "failed"},
    {GST_ICE_UPLOAD_STOPPED, FALSE, "stopped"},
    {GST_ICE_UPLOAD_STOPPED, TRUE, "stopped"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (states); i++) {
    GstIceFigures snapshot = figures;
    g_autoptr (GstStructure) stats = NULL;

    snapshot.upload.state = states[i].state;
    snapshot.upload.interrupted = states[i].interrupted;
    stats = gst_ice_messages_new_stats (&snapshot);
    g_assert_cmpstr (gst_structure_get_string (stats, "state"), ==,
        states[i].name);
  }
}

/* Every field of the documentation, with its type. */
static void
test_stats_fields (void)
{
  static const struct
  {
    const gchar *name;
    const gchar *type;
  } fields[] = {
    {"state", "gchararray"},
    {"media-id", "gchararray"},
    {"bucket", "gchararray"},
    {"object", "gchararray"},
    {"upload-id", "gchararray"},
    {"bytes-written", "guint64"},
    {"bytes-uploaded", "guint64"},
    {"bytes-sent", "guint64"},
    {"bytes-pending", "guint64"},
    {"parts-uploaded", "guint"},
    {"parts-in-flight", "guint"},
    {"parts-reuploaded", "guint"},
    {"part-size", "guint64"},
    {"memory-used", "guint64"},
    {"spool-used", "guint64"},
    {"requests", "guint"},
    {"retries", "guint"},
    {"connections-opened", "guint"},
    {"credential-refreshes", "guint"},
    {"credential-expires-in", "guint64"},
    {"clock-offset", "gint64"},
    {"upload-lag", "guint64"},
    {"max-object-size", "guint64"},
    {"outcome", "gchararray"},
    {"last-error", "gchararray"},
  };
  g_autoptr (GstStructure) stats = gst_ice_messages_new_stats (&figures);
  guint i;

  g_assert_cmpint (gst_structure_n_fields (stats), ==, G_N_ELEMENTS (fields));
  for (i = 0; i < G_N_ELEMENTS (fields); i++) {
    const GValue *value = gst_structure_get_value (stats, fields[i].name);

    g_assert_cmpstr (G_VALUE_TYPE_NAME (value), ==, fields[i].type);
  }
}

/* What is not known is left out. */
static void
test_no_lease (void)
{
  GstIceFigures snapshot = figures;
  g_autoptr (GstStructure) refreshed = NULL;

  snapshot.upload.lease_expires_us = -1;
  refreshed = gst_ice_messages_new_refreshed (&snapshot);
  g_assert_false (gst_structure_has_field (refreshed, "expires-in"));
}

/* ---- lives ---- */

/* A run only goes on, and what ends stays ended. */
static void
test_phases (void)
{
  guint from, to;

  for (from = GST_ICE_RUN_OPENING; from <= GST_ICE_RUN_CLOSED; from++) {
    for (to = GST_ICE_RUN_OPENING; to <= from; to++)
      g_assert_false (gst_ice_run_phase_can_follow (from, to));
    g_assert_false (gst_ice_run_phase_can_follow (GST_ICE_RUN_CLOSED, from));
  }
  g_assert_false (gst_ice_run_phase_can_follow (GST_ICE_RUN_OPENING,
          GST_ICE_RUN_RECORDING + 1));
  g_assert_false (gst_ice_run_phase_can_follow (GST_ICE_RUN_LATE,
          GST_ICE_RUN_RECORDING));
  g_assert_false (gst_ice_run_phase_can_follow (GST_ICE_RUN_ENDED,
          GST_ICE_RUN_CLOSED));
  g_assert_true (gst_ice_run_phase_can_follow (GST_ICE_RUN_OPENING,
          GST_ICE_RUN_RESTORING));
}

/* What is decided is decided. */
static void
test_fates (void)
{
  guint from, to;

  for (from = GST_ICE_FATE_NEW; from <= GST_ICE_FATE_DISCARD; from++) {
    for (to = GST_ICE_FATE_UNREAD; to <= GST_ICE_FATE_DISCARD; to++)
      g_assert_false (gst_ice_fate_can_follow (from, to));
  }
  g_assert_false (gst_ice_fate_can_follow (GST_ICE_FATE_UNREAD,
          GST_ICE_FATE_APPEND));
  g_assert_false (gst_ice_fate_can_follow (GST_ICE_FATE_OPEN,
          GST_ICE_FATE_NEW));
  g_assert_true (gst_ice_fate_can_follow (GST_ICE_FATE_OPEN,
          GST_ICE_FATE_APPEND));
}

/* ---- paths ---- */

static void
assert_path (const gchar * text, const gchar * folder, const gchar * rest)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *path = gst_ice_path_resolve (text, &error);
  g_autofree gchar *expected = g_build_filename (folder, rest, NULL);

  g_assert_no_error (error);
  g_assert_cmpstr (path, ==, expected);
}

static void
test_paths (void)
{
  static const gchar *const bad[] = {
    "", "~somebody", "~somebody/x", "file://elsewhere/x", "http://x/y",
    "icems://x", "file:", "file://"
  };
  g_autofree gchar *here = g_get_current_dir ();
  guint i;

  assert_path ("/a/b", "/a", "b");
  assert_path ("b", here, "b");
  assert_path ("./b", here, "b");
  assert_path ("~/b", g_get_home_dir (), "b");
  assert_path ("file:///a/b%20c", "/a", "b c");
  assert_path ("file://localhost/a/b", "/a", "b");
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (gst_ice_path_resolve (bad[i], &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  }
}

/* ---- the time to stop ---- */

/* @deadline was taken between @before and now, for @timeout. */
static void
assert_deadline (gint64 deadline, gint64 before, gint64 timeout)
{
  g_assert_cmpint (deadline, >=, before + timeout);
  g_assert_cmpint (deadline, <=, g_get_monotonic_time () + timeout);
}

static void
test_stop_alone (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_bin_new (NULL));
  gint64 before = g_get_monotonic_time ();
  gint64 deadline = gst_ice_stop_budget_begin (element, 30 * SECOND);

  assert_deadline (deadline, before, 30 * SECOND);
  gst_ice_stop_budget_end (element);
}

static void
test_stop_limits (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_bin_new (NULL));
  gint64 longest = G_MAXINT64 / 1000, before = g_get_monotonic_time ();

  g_assert_cmpint (gst_ice_stop_budget_begin (element, -1), ==, G_MAXINT64);
  assert_deadline (gst_ice_stop_budget_begin (element, 0), before, 0);
  g_assert_cmpint (gst_ice_stop_budget_begin (element, longest), >, longest);
}

/* Sinks of one pipeline, at any depth, share the time that the first of them
 * began; another pipeline has its own. */
static void
test_stop_shared (void)
{
  g_autoptr (GstElement) outer = gst_object_ref_sink (gst_bin_new (NULL));
  GstElement *inner = gst_bin_new (NULL), *first = gst_bin_new (NULL);
  GstElement *second = gst_bin_new (NULL);
  g_autoptr (GstElement) other = gst_object_ref_sink (gst_bin_new (NULL));
  gint64 deadline, before;

  gst_bin_add_many (GST_BIN (outer), first, inner, NULL);
  gst_bin_add (GST_BIN (inner), second);

  deadline = gst_ice_stop_budget_begin (first, 3600 * SECOND);
  gst_ice_stop_budget_end (first);
  before = g_get_monotonic_time ();
  g_assert_cmpint (gst_ice_stop_budget_begin (second, 3600 * SECOND), ==,
      deadline);
  gst_ice_stop_budget_end (second);

  /* Each counts its own stop-timeout from there. */
  g_assert_cmpint (gst_ice_stop_budget_begin (second, 7200 * SECOND), ==,
      deadline + 3600 * SECOND);
  g_assert_cmpint (gst_ice_stop_budget_begin (other, 3600 * SECOND), >=,
      before + 3600 * SECOND);
}

/* When the time is used up, the next one still gets a moment. */
static void
test_stop_late (void)
{
  g_autoptr (GstElement) outer = gst_object_ref_sink (gst_bin_new (NULL));
  GstElement *first = gst_bin_new (NULL), *second = gst_bin_new (NULL);
  gint64 deadline, before;

  gst_bin_add_many (GST_BIN (outer), first, second, NULL);
  deadline = gst_ice_stop_budget_begin (first, 1000);
  while (g_get_monotonic_time () <= deadline);
  gst_ice_stop_budget_end (first);

  before = g_get_monotonic_time ();
  assert_deadline (gst_ice_stop_budget_begin (second, 1000), before, 1000);
}

int
main (int argc, char **argv)
{
  /* No element is made here. */
  g_setenv ("GST_REGISTRY_DISABLE", "yes", TRUE);
  gst_init (&argc, &argv);
  /* GStreamer's leaks tracer tells then what is still alive. */
  atexit (gst_deinit);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/media-uri/takes", test_good_uris);
  g_test_add_func ("/media-uri/refuses", test_bad_uris);
  g_test_add_func ("/media-uri/huge", test_huge_uri);
  g_test_add_func ("/content-type/table", test_content_types);
  g_test_add_func ("/content-type/extensions", test_extensions);
  g_test_add_func ("/element-error/table", test_error_codes);
  g_test_add_func ("/element-error/statuses", test_error_statuses);
  g_test_add_func ("/element-error/of-somebody-else", test_foreign_error);
  g_test_add_func ("/settings/uri", test_settings_uri);
  g_test_add_func ("/settings/ice-endpoint", test_ice_endpoint);
  g_test_add_func ("/settings/no-setting", test_no_setting);
  g_test_add_func ("/resume/needs-to-know", test_resume_unknown);
  g_test_add_func ("/element-error/details", test_error_message);
  g_test_add_func ("/element-error/absent-details",
      test_error_without_details);
  g_test_add_func ("/element-error/cures", test_error_cures);
  g_test_add_func ("/element-error/outcomes", test_outcome_names);
  g_test_add_func ("/messages/fields", test_messages);
  g_test_add_func ("/messages/etags", test_message_etags);
  g_test_add_func ("/messages/of-nothing", test_messages_of_nothing);
  g_test_add_func ("/messages/stats-state", test_stats_state);
  g_test_add_func ("/messages/stats-fields", test_stats_fields);
  g_test_add_func ("/messages/leave-out-what-is-not-known", test_no_lease);
  g_test_add_func ("/run/refuses-what-is-not-drawn", test_phases);
  g_test_add_func ("/legacy/refuses-what-is-not-drawn", test_fates);
  g_test_add_func ("/path/forms", test_paths);
  g_test_add_func ("/stop-budget/alone", test_stop_alone);
  g_test_add_func ("/stop-budget/limits", test_stop_limits);
  g_test_add_func ("/stop-budget/is-shared", test_stop_shared);
  g_test_add_func ("/stop-budget/leaves-a-moment", test_stop_late);

  return g_test_run ();
}
