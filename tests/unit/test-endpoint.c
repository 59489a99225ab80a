/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Endpoints: what is one, and what its host tells. */

#include "http/endpoint.h"

#include <string.h>

#include "common/error.h"

typedef struct
{
  const gchar *text;
  const gchar *string;
  gboolean is_address;
  gboolean is_loopback;
} Accepted;

static const Accepted accepted[] = {
  {"ice.cn-shanghai.aliyuncs.com", "https://ice.cn-shanghai.aliyuncs.com",
      FALSE, FALSE},
  {"https://EXAMPLE.com/", "https://example.com", FALSE, FALSE},
  {"HTTP://example.com", "http://example.com", FALSE, FALSE},
  {"https://example.com:443", "https://example.com", FALSE, FALSE},
  {"http://example.com:443", "http://example.com:443", FALSE, FALSE},
  {"http://example.com:80/", "http://example.com", FALSE, FALSE},
  {"https://example.com:65535", "https://example.com:65535", FALSE, FALSE},
  {"http://127.0.0.1:9000", "http://127.0.0.1:9000", TRUE, TRUE},
  {"127.1.2.3", "https://127.1.2.3", TRUE, TRUE},
  {"http://[::1]:9000/", "http://[::1]:9000", TRUE, TRUE},
  {"[0:0:0:0:0:0:0:1]", "https://[::1]", TRUE, TRUE},
  {"http://localhost", "http://localhost", FALSE, TRUE},
  {"LOCALHOST:1", "https://localhost:1", FALSE, TRUE},
  {"128.0.0.1", "https://128.0.0.1", TRUE, FALSE},
  {"[2001:db8::7]", "https://[2001:db8::7]", TRUE, FALSE},
  {"[::ffff:127.0.0.1]", "https://[::ffff:127.0.0.1]", TRUE, FALSE},
  {"localhost.evil.com", "https://localhost.evil.com", FALSE, FALSE},
  {"127.0.0.1.evil.com", "https://127.0.0.1.evil.com", FALSE, FALSE},
  {"http://emulator:8080", "http://emulator:8080", FALSE, FALSE},
};

static void
test_accepted (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstIceEndpoint) endpoint =
        gst_ice_endpoint_parse (accepted[i].text, &error);
    g_autofree gchar *string = NULL;

    g_test_message ("%s", accepted[i].text);
    g_assert_no_error (error);
    string = gst_ice_endpoint_to_string (endpoint);
    g_assert_cmpstr (string, ==, accepted[i].string);
    g_assert_cmpint (endpoint->is_address, ==, accepted[i].is_address);
    g_assert_cmpint (endpoint->is_loopback, ==, accepted[i].is_loopback);
  }
}

static const gchar *const refused[] = {
  "", "/", "https://", "https:///", "ftp://example.com", "file:///etc/passwd",
  "https://example.com/path", "https://example.com//", "https://example.com?x",
  "https://example.com#f", "https://user@example.com",
  "https://user:hunter2@example.com", "https://example.com:",
  "https://example.com:0", "https://example.com:65536",
  "https://example.com:8a", "https://example.com:+80", "example.com: 80",
  "a b", "a..b", ".a", "a.", "-a.com", "a-.com", "a.com\r\nHost: b",
  "::1", "[::1", "::1]", "[::1]x", "[]", "[::zz]", "[fe80::1%eth0]",
  "[127.0.0.1]", "127.1", "127.0.0.1.", "0x7f000001", "2130706433",
  "127.0.0.256", "1.2.3.4.5", "caf\xc3\xa9.example.com", "\xff.com", "*.com",
};

static void
test_refused (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autofree gchar *shown = g_strescape (refused[i], NULL);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", shown);
    g_assert_null (gst_ice_endpoint_parse (refused[i], &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
    g_assert_null (strstr (error->message, "hunter2"));
    g_assert_null (strpbrk (error->message, "\r\n"));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  }
}

static void
test_userinfo (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gst_ice_endpoint_parse ("https://user:hunter2@a.com",
          &error));
  g_assert_nonnull (strstr (error->message, "user name or password"));
}

static void
test_long_host (void)
{
  g_autofree gchar *label = g_strnfill (63, 'a');
  g_autofree gchar *long_label = g_strnfill (64, 'a');
  g_autofree gchar *host = g_strjoin (".", label, label, label, label, NULL);
  g_autoptr (GstIceEndpoint) endpoint = gst_ice_endpoint_parse (label, NULL);

  g_assert_nonnull (endpoint);
  g_assert_null (gst_ice_endpoint_parse (long_label, NULL));
  g_assert_null (gst_ice_endpoint_parse (host, NULL));
}

static void
test_setting (void)
{
  static const gchar *const good[] = { "http://127.1.2.3", "http://[::1]",
    "http://localhost:1", "https://example.com"
  };
  static const gchar *const bad[] = { "http://example.com",
    "http://localhost.evil.com", "http://127.0.0.1.evil.com",
    "http://10.0.0.1", "http://[::2]"
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstIceEndpoint) endpoint =
        gst_ice_endpoint_parse_setting (good[i], &error);

    g_assert_no_error (error);
    g_assert_nonnull (endpoint);
  }
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (gst_ice_endpoint_parse_setting (bad[i], &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  }
}

static void
check_secure (const gchar * text, const gchar * expected)
{
  g_autoptr (GstIceEndpoint) endpoint = gst_ice_endpoint_parse (text, NULL);
  g_autoptr (GstIceEndpoint) secure = gst_ice_endpoint_secure (endpoint);
  g_autofree gchar *string = gst_ice_endpoint_to_string (secure);

  g_assert_cmpstr (string, ==, expected);
}

static void
test_secure (void)
{
  check_secure ("http://oss.example.com", "https://oss.example.com");
  check_secure ("http://oss.example.com:8080", "https://oss.example.com:8080");
  check_secure ("https://oss.example.com", "https://oss.example.com");
  check_secure ("http://127.0.0.1:8080", "http://127.0.0.1:8080");
  check_secure ("http://10.1.1.1", "https://10.1.1.1");
}

static void
check_host (const gchar * text, const gchar * subdomain,
    const gchar * expected)
{
  g_autoptr (GstIceEndpoint) endpoint = gst_ice_endpoint_parse (text, NULL);
  g_autofree gchar *header =
      gst_ice_endpoint_get_host_header (endpoint, subdomain);

  g_assert_cmpstr (header, ==, expected);
}

static void
test_host_header (void)
{
  check_host ("example.com", NULL, "example.com");
  check_host ("example.com", "bucket", "bucket.example.com");
  check_host ("http://localhost:9000", "bucket", "bucket.localhost:9000");
  check_host ("http://[::1]", NULL, "[::1]");
  check_host ("http://[::1]:9000", NULL, "[::1]:9000");
  check_host ("http://example.com:443", NULL, "example.com:443");
}

static void
check_region (const gchar * host, const gchar * expected)
{
  g_autoptr (GstIceEndpoint) endpoint = gst_ice_endpoint_parse (host, NULL);
  g_autofree gchar *region = gst_ice_endpoint_get_oss_region (endpoint);

  g_assert_cmpstr (region, ==, expected);
}

static void
test_oss_region (void)
{
  check_region ("oss-cn-shanghai.aliyuncs.com", "cn-shanghai");
  check_region ("OSS-cn-shanghai-internal.aliyuncs.com", "cn-shanghai");
  check_region ("oss-cn-hangzhou-finance-1-internal.aliyuncs.com",
      "cn-hangzhou-finance-1");
  check_region ("cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou");
  check_region ("vpc100-oss-cn-beijing.aliyuncs.com", "cn-beijing");
  check_region ("oss-accelerate.aliyuncs.com", NULL);
  check_region ("oss-accelerate-overseas.aliyuncs.com", NULL);
  check_region ("oss-cn-shanghai.aliyuncs.com.evil.com", NULL);
  check_region ("a.b.oss.aliyuncs.com", NULL);
  check_region ("ice.cn-shanghai.aliyuncs.com", NULL);
  check_region ("upload.example.com", NULL);
  check_region ("127.0.0.1", NULL);
}

static void
check_normal (const gchar * text, const gchar * expected)
{
  g_autofree gchar *region = gst_ice_region_normalize (text);

  g_assert_cmpstr (region, ==, expected);
}

static void
test_region (void)
{
  check_normal ("cn-shanghai", "cn-shanghai");
  check_normal ("oss-cn-shanghai-internal", "cn-shanghai");
  check_normal ("", NULL);
  check_normal ("oss-", NULL);
  check_normal ("-internal", NULL);
  check_normal ("cn/shanghai", NULL);
  check_normal ("cn-shanghai\r\nx: y", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/endpoint/takes-host-port-and-scheme", test_accepted);
  g_test_add_func ("/endpoint/refuses-all-else", test_refused);
  g_test_add_func ("/endpoint/says-that-userinfo-is-refused", test_userinfo);
  g_test_add_func ("/endpoint/bounds-host-names", test_long_host);
  g_test_add_func ("/endpoint/takes-plain-http-for-loopback-only",
      test_setting);
  g_test_add_func ("/endpoint/upgrades-plain-http", test_secure);
  g_test_add_func ("/endpoint/writes-the-host-header", test_host_header);
  g_test_add_func ("/endpoint/knows-the-region-of-an-oss-host",
      test_oss_region);
  g_test_add_func ("/endpoint/strips-a-region", test_region);

  return g_test_run ();
}
