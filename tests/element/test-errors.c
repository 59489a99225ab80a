/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Whatever goes wrong for good ends in one error that says what it was, and
 * in what on-error asks for. */

#include "fixture.h"
#include "patience.h"

#define SMALL 1000
#define LARGE (10 * FIXTURE_PART_SIZE)

/* ---- errors that the emulator brings about ---- */

/**
 * ErrorCase:
 * @options: of the emulator
 * @settings: of the sink, besides a short retry-timeout
 * @size: of the stream
 * @code: of the error
 * @details: fields that the details must have, and their values
 * @absent: fields that they must not have, separated by blanks
 */
typedef struct
{
  const gchar *name;
  const gchar *options;
  const gchar *settings;
  gsize size;
  GstResourceError code;
  const gchar *details;
  const gchar *absent;
} ErrorCase;

static const ErrorCase error_cases[] = {
  /* RefreshUploadMedia */
  {"wrong-secret", NULL, "access-key-secret=wrong", SMALL,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)400, service=ice, code=SignatureDoesNotMatch,"
        " operation=RefreshUploadMedia, outcome=nothing-sent", "part ec"},
  {"unknown-access-key", NULL, "access-key-id=LTAIunknown", SMALL,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)404, service=ice,"
        " code=InvalidAccessKeyId.NotFound, outcome=nothing-sent", "part"},
  {"forbidden", "--fault=refresh:forbidden:count=0", NULL, SMALL,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=ice, code=Forbidden.RAM,"
        " operation=RefreshUploadMedia, outcome=nothing-sent", "part"},
  {"unknown-media-id", "--media-id=another", NULL, SMALL,
        GST_RESOURCE_ERROR_NOT_FOUND,
        "http-status=(uint)404, service=ice, code=ResourceNotFound,"
        " operation=RefreshUploadMedia, outcome=nothing-sent", "part"},
  {"throttled-by-ice",
        "--fault=refresh:error:status=429:code=Throttling.User:count=0",
        NULL, SMALL, GST_RESOURCE_ERROR_BUSY,
        "http-status=(uint)429, service=ice, code=Throttling.User", "part"},
  {"ice-out-of-order", "--fault=refresh:error:count=0", NULL, SMALL,
        GST_RESOURCE_ERROR_OPEN_WRITE,
        "http-status=(uint)500, service=ice, code=InternalError", "part"},
  {"garbage-from-ice", "--fault=refresh:garbage-body:count=0", NULL, SMALL,
        GST_RESOURCE_ERROR_OPEN_WRITE,
        "service=ice, operation=RefreshUploadMedia", "part code"},
  {"redirect-of-ice", "--fault=refresh:redirect:count=0", NULL, SMALL,
        GST_RESOURCE_ERROR_OPEN_WRITE,
        "service=ice, http-status=(uint)307", "part"},
  {"ice-stalled", "--fault=refresh:stall-before-answer:count=0",
        "stall-timeout=100000000", SMALL, GST_RESOURCE_ERROR_OPEN_WRITE,
        "service=ice, operation=RefreshUploadMedia, outcome=nothing-sent",
        "http-status code part"},
  {"connections-closed", "--fault=any:close-on-accept:count=0", NULL, SMALL,
        GST_RESOURCE_ERROR_OPEN_WRITE,
        "service=ice, operation=RefreshUploadMedia, outcome=nothing-sent",
        "http-status code part"},
  {"unknown-certificate", "--tls", NULL, SMALL,
        GST_RESOURCE_ERROR_OPEN_WRITE,
        "service=ice, operation=RefreshUploadMedia, outcome=nothing-sent",
        "http-status code part"},

  /* InitiateMultipartUpload */
  {"initiate-out-of-order", "--fault=initiate:error:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_OPEN_WRITE,
        "http-status=(uint)500, service=oss, code=InternalError,"
        " operation=InitiateMultipartUpload, outcome=nothing-sent", "part"},
  {"no-bucket",
        "--fault=initiate:error:status=404:code=NoSuchBucket:count=0", NULL,
        LARGE, GST_RESOURCE_ERROR_NOT_FOUND,
        "http-status=(uint)404, service=oss, code=NoSuchBucket,"
        " outcome=nothing-sent", "part"},
  {"initiate-forbidden", "--fault=initiate:forbidden:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=oss, code=AccessDenied,"
        " ec=(string)0003-00000001, outcome=nothing-sent", "part"},
  {"clock-never-right", "--fault=initiate:skew:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=oss, code=RequestTimeTooSkewed",
        "part"},
  {"throttled-by-oss",
        "--fault=initiate:error:status=503:code=ServiceUnavailable:count=0",
        NULL, LARGE, GST_RESOURCE_ERROR_BUSY,
        "http-status=(uint)503, service=oss, code=ServiceUnavailable",
        "part"},

  /* PutObject */
  {"put-out-of-order", "--fault=put:error:count=0", NULL, SMALL,
        GST_RESOURCE_ERROR_WRITE,
        "http-status=(uint)500, service=oss, operation=PutObject", "part"},
  {"put-reset", "--fault=put:reset-before:count=0", NULL, SMALL,
        GST_RESOURCE_ERROR_WRITE, "service=oss, operation=PutObject",
        "part http-status code"},
  {"put-damaged", "--fault=put:wrong-crc:count=0", NULL, SMALL, GST_RESOURCE_ERROR_SYNC,
        "service=oss, operation=PutObject", "part"},
  {"put-forbidden", "--fault=put:forbidden:count=0", NULL, SMALL,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=oss, code=AccessDenied,"
        " operation=PutObject, outcome=nothing-sent", "part"},

  /* UploadPart */
  {"part-out-of-order", "--fault=part:error:part=4:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_WRITE,
        "http-status=(uint)500, service=oss, code=InternalError,"
        " operation=UploadPart, part=(uint)4", NULL},
  {"part-reset", "--fault=part:reset-mid-body:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_WRITE, "service=oss, operation=UploadPart",
        "http-status code"},
  {"part-stalled", "--fault=part:stall-mid-body:count=0",
        "stall-timeout=100000000", LARGE, GST_RESOURCE_ERROR_WRITE,
        "service=oss, operation=UploadPart", "http-status code"},
  {"part-answered-with-garbage", "--fault=part:garbage:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_WRITE, "service=oss, operation=UploadPart",
        "code"},
  {"part-forbidden", "--fault=part:forbidden:part=2:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=oss, code=AccessDenied,"
        " part=(uint)2", NULL},
  {"part-throttled",
        "--fault=part:error:status=503:code=TotalQpsLimitExceeded:count=0",
        NULL, LARGE, GST_RESOURCE_ERROR_BUSY,
        "service=oss, code=TotalQpsLimitExceeded", NULL},
  {"part-damaged", "--fault=part:wrong-crc:part=3:count=0", NULL, LARGE, GST_RESOURCE_ERROR_SYNC,
        "service=oss, operation=UploadPart, part=(uint)3, outcome=kept",
        NULL},
  {"part-invalid",
        "--fault=part:error:status=400:code=InvalidArgument:part=5:count=0",
        NULL, LARGE, GST_RESOURCE_ERROR_FAILED,
        "http-status=(uint)400, service=oss, code=InvalidArgument,"
        " part=(uint)5", NULL},
  {"bucket-full",
        "--fault=part:error:status=400:code=EntityTooLarge:count=0",
        NULL, LARGE, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
        "service=oss, code=EntityTooLarge", NULL},
  {"upload-gone", "--fault=part:not-found:skip=4:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_WRITE,
        "http-status=(uint)404, service=oss, code=NoSuchUpload", NULL},

  /* CompleteMultipartUpload */
  {"complete-out-of-order", "--fault=complete:error:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_CLOSE,
        "http-status=(uint)500, service=oss, code=InternalError", "part"},
  {"complete-reset", "--fault=complete:reset-before:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_CLOSE, "service=oss", "part"},
  {"complete-forbidden", "--fault=complete:forbidden:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=oss, code=AccessDenied,"
        " operation=CompleteMultipartUpload, outcome=kept", "part"},
  {"complete-damaged", "--fault=complete:wrong-crc:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_SYNC,
        "service=oss, operation=CompleteMultipartUpload", "part"},
  {"complete-error-in-200",
        "--fault=complete:error-in-200:code=InternalError:count=0", NULL,
        LARGE, GST_RESOURCE_ERROR_CLOSE, "service=oss", "part"},
  {"complete-lost-and-head-forbidden",
        "--fault=complete:close-after-processing"
        " --fault=head:forbidden:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_CLOSE, "service=oss, outcome=unknown", "part"},
  {"complete-lost-and-head-without-crc",
        "--fault=complete:close-after-processing"
        " --fault=head:no-crc:count=0", "retry-timeout=60000000000", LARGE,
        GST_RESOURCE_ERROR_CLOSE, "service=oss, outcome=unknown", "part"},
  {"upload-gone-before-complete", "--fault=complete:not-found:count=0",
        "retry-timeout=60000000000", LARGE, GST_RESOURCE_ERROR_WRITE,
        "service=oss", "part"},

  /* leases */
  {"renewal-out-of-order",
        "--credential-life=0.5"
        " --fault=refresh:error:status=503:skip=1:count=0"
        " --fault=part:delay-answer:seconds=0.3:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_WRITE,
        "http-status=(uint)503, service=ice,"
        " operation=RefreshUploadMedia", "part"},
  {"renewal-forbidden",
        "--credential-life=0.5 --fault=refresh:forbidden:skip=1:count=0"
        " --fault=part:delay-answer:seconds=0.3:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=ice, code=Forbidden.RAM", "part"},
  {"every-lease-refused",
        "--fault=part:expired-token:count=0", NULL, LARGE,
        GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=oss, code=SecurityTokenExpired",
        NULL},
  {"every-key-refused",
        "--fault=part:expired-token:code=InvalidAccessKeyId:count=0", NULL,
        LARGE, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "http-status=(uint)403, service=oss, code=InvalidAccessKeyId",
        NULL},
};

static gboolean
check_field (GQuark field, const GValue * value, gpointer user_data)
{
  const GstStructure *details = user_data;
  const gchar *name = g_quark_to_string (field);
  g_autofree gchar *text = gst_structure_to_string (details);

  if (!gst_structure_has_field (details, name)
      || gst_value_compare (gst_structure_get_value (details, name),
          value) != GST_VALUE_EQUAL)
    g_error ("field %s is not as expected in %s", name, text);

  return TRUE;
}

static void
check_details (Fixture * f, const GstStructure * details, const ErrorCase * c)
{
  g_autofree gchar *text = g_strconcat ("details, ", c->details, NULL);
  g_autoptr (GstStructure) expected = gst_structure_from_string (text, NULL);
  g_auto (GStrv) absent =
      g_strsplit (c->absent != NULL ? c->absent : "", " ", -1);
  guint i;

  g_assert_nonnull (expected);
  gst_structure_foreach (expected, check_field, (gpointer) details);
  for (i = 0; absent[i] != NULL; i++)
    g_assert_false (gst_structure_has_field (details, absent[i]));

  g_assert_cmpstr (gst_structure_get_string (details, "media-id"), ==,
      f->media_id);
  g_assert_true (gst_structure_has_field_typed (details, "outcome",
          G_TYPE_STRING));
  if (gst_structure_has_field (details, "code"))
    g_assert_true (gst_structure_has_field_typed (details, "request-id",
            G_TYPE_STRING));
}

/* Everything is refused from now on, and nothing more is posted. */
static void
assert_over (Fixture * f)
{
  g_assert_cmpint (fixture_push (f, 1), !=, GST_FLOW_OK);
  g_assert_false (fixture_push_eos (f));
  fixture_set_state (f, GST_STATE_NULL);
  fixture_assert_failed_once (f);
}

static void
test_error (gconstpointer data)
{
  const ErrorCase *c = data;
  g_autoptr (Fixture) f = fixture_new (c->options);

  fixture_set (f, "retry-timeout=300000000 stop-timeout=2000000000");
  fixture_set (f, c->settings);
  fixture_play (f);
  if (fixture_push_all (f, c->size, 64 * KIB) != GST_FLOW_OK)
    fixture_assert_refused (f);
  else
    g_assert_false (fixture_push_eos (f));

  check_details (f, fixture_wait_error (f, c->code), c);
  assert_over (f);
  g_assert_true (fixture_stat_is (f, "state", "failed"));
  g_assert_cmpint (fixture_find_element (f, "ice-upload-complete"), <, 0);
}

static void
test_unreachable (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *details;

  fixture_set_reachable (f, FALSE);
  fixture_set (f, "retry-timeout=300000000");
  fixture_play (f);
  fixture_push (f, SMALL);
  g_assert_false (fixture_push_eos (f));

  details = fixture_wait_error (f, GST_RESOURCE_ERROR_OPEN_WRITE);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      "nothing-sent");
  g_assert_false (gst_structure_has_field (details, "http-status"));
  assert_over (f);
}

static void
test_unreachable_in_the_middle (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *details;

  fixture_set (f, "retry-timeout=500000000 stop-timeout=500000000");
  fixture_record (f, LARGE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 10);
  fixture_set_reachable (f, FALSE);
  fixture_push_all (f, LARGE, 64 * KIB);

  details = fixture_wait_error (f, GST_RESOURCE_ERROR_WRITE);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-interrupted"), ==,
      1);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-resumed"), ==, 0);
  assert_over (f);
  g_assert_cmpuint (ice_emulator_count_open_uploads (f->emulator), ==, 1);
}

/* The recording lacks those bytes, whatever comes later. */
static void
test_unreadable (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  GstBuffer *buffer = fixture_new_buffer (0, 5000);
  GstMemory *memory = gst_buffer_get_memory (buffer, 0);
  GstMapInfo map;

  fixture_play (f);
  fixture_push (f, SMALL);
  /* Who writes keeps others from reading. */
  g_assert_true (gst_memory_map (memory, &map, GST_MAP_WRITE));
  g_assert_cmpint (gst_pad_push (f->pad, buffer), ==, GST_FLOW_ERROR);
  gst_memory_unmap (memory, &map);
  gst_memory_unref (memory);

  fixture_wait_error (f, GST_RESOURCE_ERROR_FAILED);
  assert_over (f);
}

static void
test_unreachable_at_the_end (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "retry-timeout=500000000 stop-timeout=500000000");
  fixture_record (f, LARGE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 10);
  fixture_set_reachable (f, FALSE);
  g_assert_false (fixture_push_eos (f));

  fixture_wait_error (f, GST_RESOURCE_ERROR_CLOSE);
  assert_over (f);
}

/* CompleteMultipartUpload is still connecting when the time is over: nothing of
 * it has left, and the parts are there for sure. */
static void
test_silent_at_the_end (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *details;

  fixture_set (f, "retry-timeout=500000000 stop-timeout=500000000"
      " stall-timeout=2000000000");
  fixture_record (f, LARGE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 10);
  fixture_set_silent (f);
  g_assert_false (fixture_push_eos (f));

  details = fixture_wait_error (f, GST_RESOURCE_ERROR_CLOSE);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  assert_over (f);
}

/* ---- names that are not found ---- */

/* Knows no name, so that tests need no network and no patience. */
typedef GResolver DeafResolver;
typedef GResolverClass DeafResolverClass;
GType deaf_resolver_get_type (void);
G_DEFINE_TYPE (DeafResolver, deaf_resolver, G_TYPE_RESOLVER)

static void
look_up_async (GResolver * resolver, const gchar * name,
    GResolverNameLookupFlags flags, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback,
      user_data);

  g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND,
      "No such name");
}

static void
look_up_by_name_async (GResolver * resolver, const gchar * name,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  look_up_async (resolver, name, G_RESOLVER_NAME_LOOKUP_FLAGS_DEFAULT,
      cancellable, callback, user_data);
}

static GList *
look_up_finish (GResolver * resolver, GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
deaf_resolver_class_init (DeafResolverClass * klass)
{
  klass->lookup_by_name_async = look_up_by_name_async;
  klass->lookup_by_name_finish = look_up_finish;
  klass->lookup_by_name_with_flags_async = look_up_async;
  klass->lookup_by_name_with_flags_finish = look_up_finish;
}

static void
deaf_resolver_init (DeafResolver * self)
{
}

static void
test_unknown_host (void)
{
  g_autoptr (GResolver) usual = g_resolver_get_default ();
  g_autoptr (GResolver) deaf = g_object_new (deaf_resolver_get_type (), NULL);
  g_autoptr (Fixture) f = fixture_new_with (NULL, "unknown-host");
  const GstStructure *details;

  g_resolver_set_default (deaf);
  fixture_set (f, "retry-timeout=100000000"
      " ice-endpoint=https://ice.example.invalid");
  fixture_play (f);
  details = fixture_wait_error (f, GST_RESOURCE_ERROR_OPEN_WRITE);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      "nothing-sent");
  assert_over (f);
  g_resolver_set_default (usual);
}

/* ---- settings ---- */

typedef struct
{
  const gchar *name;
  const gchar *property;
  const gchar *value;
} SettingCase;

static const SettingCase setting_cases[] = {
  {"no-media-id", "media-id", NULL},
  {"empty-media-id", "media-id", ""},
  {"media-id-with-a-slash", "media-id", "a/b"},
  {"media-id-with-a-blank", "media-id", "a b"},
  {"media-id-too-long", "media-id",
        "0123456789012345678901234567890123456789012345678901234567890123"
        "0123456789012345678901234567890123456789012345678901234567890123x"},
  {"location-without-media-id", "location", "icems://"},
  {"location-of-another-scheme", "location", "file:///tmp/a"},
  {"region-with-a-slash", "region", "a/b"},
  {"no-region", "region", NULL},
  {"http-to-ice", "ice-endpoint", "http://ice.cn-shanghai.aliyuncs.com"},
  {"ice-endpoint-with-a-path", "ice-endpoint", "https://localhost/path"},
  {"ice-endpoint-with-a-password", "ice-endpoint", "https://a:b@localhost"},
  {"ice-endpoint-of-another-scheme", "ice-endpoint", "ftp://localhost"},
  {"http-to-oss", "oss-endpoint", "http://oss-cn-shanghai.aliyuncs.com"},
  {"http-to-a-private-address", "oss-endpoint", "http://10.0.0.1"},
  {"oss-endpoint-with-a-password", "oss-endpoint", "https://a:b@localhost"},
  {"key-without-secret", "access-key-secret", NULL},
  {"secret-without-key", "access-key-id", NULL},
  {"upload-address-alone", "upload-address", "e30="},
  {"upload-auth-alone", "upload-auth", "e30="},
  {"part-size-that-memory-can-not-hold", "part-size", "33554433"},
  {"missing-ca-file", "ssl-ca-file", "/nonexistent/ca.pem"},
  {"missing-ca-file-here", "ssl-ca-file", "nonexistent.pem"},
  {"missing-ca-file-at-home", "ssl-ca-file", "~/nonexistent.pem"},
  {"missing-ca-file-of-a-uri", "ssl-ca-file", "file:///nonexistent/ca.pem"},
  {"ca-file-that-is-a-directory", "ssl-ca-file", "/tmp"},
  {"ca-file-without-certificates", "ssl-ca-file", "/dev/null"},
  {"ca-file-of-somebody", "ssl-ca-file", "~nobody/ca.pem"},
  {"ca-file-of-another-host", "ssl-ca-file", "file://other/ca.pem"},
  {"ca-file-of-another-scheme", "ssl-ca-file", "https://localhost/ca.pem"},
  {"spool-of-somebody", "spool-directory", "~nobody/spool"},
  {"spool-of-another-host", "spool-directory", "file://other/spool"},
  {"spool-of-another-scheme", "spool-directory", "smb://localhost/spool"},
  {"proxy-that-is-no-uri", "proxy", "::"},
  {"proxy-without-host", "proxy", "http://"},
  {"proxy-of-another-scheme", "proxy", "ftp://localhost:1"},
  {"key-with-a-blank", "access-key-id", "LTAI 1"},
  {"secret-with-a-line-end", "access-key-secret", "secret\n"},
  {"secret-with-a-return", "access-key-secret", "secret\r"},
  {"token-with-a-line-end", "security-token", "token\n"},
  {"resume-only-without-a-spool", "resume", "only"},
};

static void
set_property (Fixture * f, const gchar * name, const gchar * value)
{
  if (value == NULL)
    g_object_set (f->sink, name, NULL, NULL);
  else
    gst_util_set_object_arg (G_OBJECT (f->sink), name, value);
}

/* Refused at once, and the text says which property it was. */
static void
test_setting (gconstpointer data)
{
  const SettingCase *c = data;
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *details;

  set_property (f, c->property, c->value);
  g_assert_cmpint (gst_element_set_state (f->sink, GST_STATE_PLAYING), ==,
      GST_STATE_CHANGE_FAILURE);

  details = fixture_wait_error (f, GST_RESOURCE_ERROR_SETTINGS);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      "nothing-sent");
  g_assert_false (gst_structure_has_field (details, "service"));
  fixture_set_state (f, GST_STATE_NULL);
  fixture_assert_failed_once (f);
  fixture_assert_requests (f, "refresh=0");
}

/* What was wrong can be put right. */
static void
test_setting_mended (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  g_object_set (f->sink, "media-id", NULL, NULL);
  g_assert_cmpint (gst_element_set_state (f->sink, GST_STATE_PLAYING), ==,
      GST_STATE_CHANGE_FAILURE);
  fixture_wait_error (f, GST_RESOURCE_ERROR_SETTINGS);
  fixture_forget (f);

  g_object_set (f->sink, "media-id", f->media_id, NULL);
  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_complete (f);
}

/* ---- the stream ---- */

static void
test_rewrite_of_what_is_gone (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const GstStructure *details;

  /* what has arrived is kept only as long as there is room for it */
  fixture_set (f, "max-memory=524288");
  fixture_record (f, 4 * LARGE);
  fixture_push_segment (f, GST_FORMAT_BYTES, 10);
  g_assert_cmpint (fixture_push (f, SMALL), ==, GST_FLOW_ERROR);
  fixture_assert_refused (f);

  /* bytes that can't be right are never completed */
  details = fixture_wait_error (f, GST_RESOURCE_ERROR_SEEK);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  assert_over (f);
  fixture_assert_no_object (f);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_COMPLETE), ==, 0);
}

static void
test_rewrite_though_not_seekable (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "seekable=no");
  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_push_segment (f, GST_FORMAT_BYTES, 10);
  g_assert_cmpint (fixture_push (f, SMALL), ==, GST_FLOW_ERROR);
  fixture_assert_refused (f);

  fixture_wait_error (f, GST_RESOURCE_ERROR_SEEK);
  assert_over (f);
  fixture_assert_no_object (f);
}

static void
test_gap_too_large (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  fixture_push_segment (f, GST_FORMAT_BYTES,
      fixture_get_stat (f, "max-object-size") + 1);
  g_assert_cmpint (fixture_push (f, SMALL), ==, GST_FLOW_ERROR);
  fixture_assert_refused (f);

  fixture_wait_error (f, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  assert_over (f);
}

/* ---- on-error ---- */

#define GOOD_PARTS 4
#define BAD_PART "--fault=part:error:status=400:code=InvalidArgument:part=5"

typedef struct
{
  const gchar *name;
  const gchar *settings;
  const gchar *outcome;
  const gchar *requests;
  guint open_uploads;
  guint parts;
} EndCase;

/* Part 5 of 10 is refused; others may or may not have arrived by then. */
static const EndCase end_cases[] = {
  {"completes-what-has-no-gap", "on-error=complete", "completed",
      "refresh=1 initiate=1 part=5+ complete=1", 0, GOOD_PARTS},
  {"aborts", "on-error=abort", "aborted",
      "refresh=1 initiate=1 part=1+ abort=1", 0, 0},
  {"keeps-the-parts", "on-error=keep", "kept",
      "refresh=1 initiate=1 part=1+", 1, 0},
};

static void
test_end (gconstpointer data)
{
  const EndCase *c = data;
  g_autoptr (Fixture) f = fixture_new (BAD_PART);
  const GstStructure *details;

  fixture_set (f, c->settings);
  fixture_play (f);
  if (fixture_push_all (f, LARGE, 64 * KIB) == GST_FLOW_OK)
    g_assert_false (fixture_push_eos (f));
  details = fixture_wait_error (f, GST_RESOURCE_ERROR_FAILED);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      c->outcome);
  assert_over (f);

  g_assert_true (fixture_stat_is (f, "outcome", c->outcome));
  fixture_assert_requests (f, c->requests);
  g_assert_cmpuint (ice_emulator_count_open_uploads (f->emulator), ==,
      c->open_uploads);
  if (c->parts == 0)
    fixture_assert_no_object (f);
  else
    g_assert_cmpuint (fixture_assert_object_is_prefix (f), ==,
        c->parts * FIXTURE_PART_SIZE);
}

static void
test_completes_nothing (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:error:status=400:code=InvalidArgument"
      ":part=1");
  const GstStructure *details;

  fixture_play (f);
  if (fixture_push_all (f, LARGE, 64 * KIB) == GST_FLOW_OK)
    g_assert_false (fixture_push_eos (f));
  details = fixture_wait_error (f, GST_RESOURCE_ERROR_FAILED);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  assert_over (f);
  fixture_assert_no_object (f);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_COMPLETE), ==, 0);
}

/* The bytes in memory are part of what can be saved. */
static void
test_completes_what_memory_holds (void)
{
  g_autofree gchar *slow =
      g_strdup_printf ("--fault=part:delay-answer:seconds=%.1f:count=0",
      0.1 * test_patience (1));
  g_autoptr (Fixture) f = fixture_new (slow);
  const GstStructure *details;

  fixture_set (f, "overflow=error max-memory=2097152");
  fixture_play (f);
  fixture_push (f, FIXTURE_PART_SIZE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 1);
  g_assert_cmpint (fixture_push_all (f, 64 * MIB, 64 * KIB), ==,
      GST_FLOW_ERROR);
  fixture_assert_refused (f);

  details = fixture_wait_error (f, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      "completed");
  g_assert_cmpuint (fixture_assert_object_is_prefix (f), >=,
      f->expected->len - 64 * KIB);
  assert_over (f);
}

/* on-error itself is limited by stop-timeout; what was sent by then may have
 * been carried out. */
static void
test_gives_up_in_time (gconstpointer data)
{
  g_autoptr (Fixture) f = fixture_new (BAD_PART
      " --fault=complete:stall-before-answer:count=0"
      " --fault=abort:stall-before-answer:count=0");
  const GstStructure *details;

  fixture_set (f, "stop-timeout=1000000000");
  fixture_set (f, data);
  fixture_play (f);
  if (fixture_push_all (f, LARGE, 64 * KIB) == GST_FLOW_OK)
    g_assert_false (fixture_push_eos (f));
  details = fixture_wait_error (f, GST_RESOURCE_ERROR_FAILED);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      "unknown");
  assert_over (f);
}

/* EOS that comes after the error is not taken, and holds nobody up. */
static void
test_refuses_eos (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=refresh:forbidden");

  /* It fails here, or a little later. */
  gst_element_set_state (f->sink, GST_STATE_PAUSED);
  fixture_open_stream (f, NULL);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fixture_start_eos (f);
  fixture_wait_for (f, !fixture_is_pushing (f));
  fixture_set_state (f, GST_STATE_READY);
  fixture_join (f);
  fixture_assert_failed_once (f);
}

/* ---- in a pipeline ---- */

/* The EOS of a source that does not notice must not become the pipeline's. */
static void
test_no_false_eos (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=put:forbidden");

  fixture_launch (f, "fakesrc num-buffers=10 sizetype=fixed sizemax=1000"
      " filltype=zero"
      " ! queue");
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fixture_set_state (f, GST_STATE_READY);
  fixture_assert_failed_once (f);
}

/* After a failure it may be tried again. */
static void
test_reuse_after_failure (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=put:forbidden");

  fixture_play (f);
  fixture_push (f, SMALL);
  g_assert_false (fixture_push_eos (f));
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fixture_set_state (f, GST_STATE_READY);
  fixture_assert_failed_once (f);
  fixture_forget (f);
  g_byte_array_set_size (f->expected, 0);

  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_complete (f);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  FIXTURE_ADD_CASES ("/icesink/errors/names-", error_cases, test_error);
  g_test_add_func ("/icesink/errors/names-an-unreachable-service",
      test_unreachable);
  g_test_add_func ("/icesink/errors/names-an-outage",
      test_unreachable_in_the_middle);
  g_test_add_func ("/icesink/errors/names-silence-at-the-end",
      test_silent_at_the_end);
  g_test_add_func ("/icesink/errors/names-an-outage-at-the-end",
      test_unreachable_at_the_end);
  g_test_add_func ("/icesink/errors/names-what-it-cannot-read",
      test_unreadable);
  g_test_add_func ("/icesink/errors/names-an-unknown-host",
      test_unknown_host);

  FIXTURE_ADD_CASES ("/icesink/errors/refuses-", setting_cases, test_setting);
  g_test_add_func ("/icesink/errors/takes-mended-settings",
      test_setting_mended);

  g_test_add_func ("/icesink/errors/names-a-rewrite-of-what-is-gone",
      test_rewrite_of_what_is_gone);
  g_test_add_func ("/icesink/errors/names-a-rewrite-that-is-not-allowed",
      test_rewrite_though_not_seekable);
  g_test_add_func ("/icesink/errors/names-a-gap-too-large",
      test_gap_too_large);

  FIXTURE_ADD_CASES ("/icesink/on-error/", end_cases, test_end);
  g_test_add_func ("/icesink/on-error/completes-no-empty-object",
      test_completes_nothing);
  g_test_add_func ("/icesink/on-error/completes-what-memory-holds",
      test_completes_what_memory_holds);
  g_test_add_data_func ("/icesink/on-error/gives-up-completion-in-time",
      "on-error=complete", test_gives_up_in_time);
  g_test_add_data_func ("/icesink/on-error/gives-up-abortion-in-time",
      "on-error=abort", test_gives_up_in_time);

  g_test_add_func ("/icesink/errors/lets-no-eos-pass", test_no_false_eos);
  g_test_add_func ("/icesink/errors/takes-no-eos-afterwards",
      test_refuses_eos);
  g_test_add_func ("/icesink/errors/can-be-used-again",
      test_reuse_after_failure);

  return g_test_run ();
}
