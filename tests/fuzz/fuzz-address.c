/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What a person writes: endpoints, regions, media ids and `icems://` URIs.
 * What is taken reads back as what it is. */

#include "fuzz.h"

#include <string.h>

#include "http/endpoint.h"
#include "icesink/media-uri.h"

static void
check_same (const GstIceEndpoint * endpoint)
{
  g_autofree gchar *text = gst_ice_endpoint_to_string (endpoint);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceEndpoint) again = gst_ice_endpoint_parse (text, &error);

  g_assert_no_error (error);
  g_assert_cmpint (again->tls, ==, endpoint->tls);
  g_assert_cmpstr (again->host, ==, endpoint->host);
  g_assert_cmpuint (again->port, ==, endpoint->port);
  g_assert_cmpint (again->is_loopback, ==, endpoint->is_loopback);
  g_assert_cmpint (again->is_address, ==, endpoint->is_address);
}

static void
check_endpoint (GstIceEndpoint * endpoint)
{
  g_autoptr (GstIceEndpoint) secure = gst_ice_endpoint_secure (endpoint);
  g_autofree gchar *region = gst_ice_endpoint_get_oss_region (endpoint);

  check_same (endpoint);
  check_same (secure);
  g_assert_true (secure->tls || secure->is_loopback);
  g_assert_cmpuint (endpoint->port, >, 0);
  g_assert_cmpuint (strspn (endpoint->host, G_CSET_a_2_z G_CSET_DIGITS
          "-._:"), ==, strlen (endpoint->host));
  fuzz_check_shown (region);
}

static void
parse_endpoint (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceEndpoint) endpoint = gst_ice_endpoint_parse (text, &error);
  g_autoptr (GstIceEndpoint) setting = NULL;

  if (endpoint != NULL)
    check_endpoint (endpoint);
  else
    fuzz_check_error (&error);

  setting = gst_ice_endpoint_parse_setting (text, &error);
  if (setting == NULL)
    fuzz_check_error (&error);
  else
    g_assert_true (setting->tls || setting->is_loopback);
}

static void
parse_media_uri (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_auto (GstIceMediaUri) uri = { NULL };
  g_auto (GstIceMediaUri) again = { NULL };
  g_autofree gchar *built = NULL;

  if (!gst_ice_media_uri_parse (text, &uri, &error)) {
    fuzz_check_error (&error);
    return;
  }

  g_assert_true (gst_ice_media_id_is_valid (uri.media_id));
  built = gst_ice_media_uri_build (&uri);
  g_assert_true (gst_ice_media_uri_parse (built, &again, &error));
  g_assert_cmpstr (again.media_id, ==, uri.media_id);
  g_assert_cmpstr (again.region, ==, uri.region);
  g_assert_cmpstr (again.ice_endpoint, ==, uri.ice_endpoint);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autofree gchar *text = fuzz_dup_text (data, size);
  g_autofree gchar *region = NULL;

  if (text == NULL)
    return 0;

  parse_endpoint (text);
  parse_media_uri (text);
  region = gst_ice_region_normalize (text);
  fuzz_check_shown (region);

  return 0;
}
