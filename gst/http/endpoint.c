/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Endpoints are parsed by hand: a URI parser takes much more than a scheme, a
 * host and a port, and each thing more would have to be refused again.
 *
 * Any thread; an endpoint never changes once it is made. */

#include "http/endpoint.h"

#include <string.h>

#include <gio/gio.h>

#include "common/error.h"
#include "common/number.h"

/* RFC 1035. */
#define MAX_HOST_LENGTH 253
#define MAX_LABEL_LENGTH 63

/* Longer than any endpoint. */
#define MAX_QUOTED_LENGTH 280

#define HTTP_PORT 80
#define HTTPS_PORT 443

/* An endpoint may come from the network; not all of it is fit to be shown. */
static gboolean
is_presentable (const gchar * text)
{
  const gchar *p;

  for (p = text; g_ascii_isprint (*p); p++);

  /* What stands before an '@' may be a password. */
  return *p == '\0' && p - text <= MAX_QUOTED_LENGTH
      && strchr (text, '@') == NULL;
}

static GError *
error_new (const gchar * text, const gchar * reason)
{
  if (strchr (text, '@') != NULL)
    reason = "it must not have a user name or password";
  if (!is_presentable (text))
    return gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
        "what is given is not an endpoint: %s", reason);

  return gst_ice_error_new (GST_ICE_ERROR_SETTINGS,
      "\"%s\" is not an endpoint: %s", text, reason);
}

static GstIceEndpoint *
endpoint_new (gboolean tls, const gchar * host, guint16 port)
{
  GstIceEndpoint *endpoint = g_new0 (GstIceEndpoint, 1);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  g_atomic_ref_count_init (&endpoint->ref_count);
  endpoint->tls = tls;
  endpoint->port = port;
  if (address != NULL) {
    endpoint->host = g_inet_address_to_string (address);
    endpoint->is_address = TRUE;
    endpoint->is_loopback = g_inet_address_get_is_loopback (address);
  } else {
    endpoint->host = g_ascii_strdown (host, -1);
    endpoint->is_loopback = g_str_equal (endpoint->host, "localhost");
  }

  return endpoint;
}

/* TRUE if all characters of @text, which is not empty, are in @set. */
static gboolean
consists_of (const gchar * text, const gchar * set)
{
  return *text != '\0' && text[strspn (text, set)] == '\0';
}

static gboolean
is_label (const gchar * label)
{
  gsize length = strlen (label);

  return length <= MAX_LABEL_LENGTH
      && consists_of (label, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_")
      && label[0] != '-' && label[length - 1] != '-';
}

static gboolean
is_ipv6 (const gchar * host)
{
  g_autoptr (GInetAddress) address = NULL;

  /* No zone: it means something on this machine only. */
  if (!consists_of (host, G_CSET_DIGITS "abcdefABCDEF:."))
    return FALSE;

  address = g_inet_address_new_from_string (host);

  return address != NULL
      && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6;
}

/* A host whose last label begins with a digit must be a whole IPv4 address:
 * resolvers also take 127.1 or 0x7f000001 for one. */
static gboolean
is_host_name (const gchar * host)
{
  g_auto (GStrv) labels = g_strsplit (host, ".", -1);
  guint n = g_strv_length (labels);
  guint i;

  if (n == 0 || strlen (host) > MAX_HOST_LENGTH)
    return FALSE;

  for (i = 0; i < n; i++) {
    if (!is_label (labels[i]))
      return FALSE;
  }

  return !g_ascii_isdigit (labels[n - 1][0]) || g_hostname_is_ip_address (host);
}

/* Cuts the port off @authority. FALSE if there is one and it is wrong. */
static gboolean
take_port (gchar * authority, guint16 * port)
{
  gchar *bracket = strrchr (authority, ']');
  gchar *colon = strrchr (bracket != NULL ? bracket : authority, ':');
  guint64 number;

  if (colon == NULL)
    return TRUE;
  if (!consists_of (colon + 1, G_CSET_DIGITS)
      || !gst_ice_parse_number (colon + 1, 1, G_MAXUINT16, &number))
    return FALSE;

  *port = number;
  *colon = '\0';

  return TRUE;
}

/* The host in @authority without brackets, or NULL if it is none. */
static gchar *
take_host (const gchar * authority)
{
  g_autofree gchar *host = NULL;

  if (authority[0] != '[')
    return is_host_name (authority) ? g_strdup (authority) : NULL;
  if (!g_str_has_suffix (authority, "]"))
    return NULL;

  host = g_strndup (authority + 1, strlen (authority) - 2);

  return is_ipv6 (host) ? g_steal_pointer (&host) : NULL;
}

/* What follows @scheme in @text, or NULL if @text does not begin with it. */
static const gchar *
skip_scheme (const gchar * text, const gchar * scheme)
{
  gsize length = strlen (scheme);

  return g_ascii_strncasecmp (text, scheme, length) == 0 ? text + length : NULL;
}

GstIceEndpoint *
gst_ice_endpoint_parse (const gchar * text, GError ** error)
{
  const gchar *plain = skip_scheme (text, "http://");
  const gchar *secure = skip_scheme (text, "https://");
  const gchar *rest = plain != NULL ? plain : secure != NULL ? secure : text;
  g_autofree gchar *authority = g_strdup (rest);
  g_autofree gchar *host = NULL;
  guint16 port = plain != NULL ? HTTP_PORT : HTTPS_PORT;

  if (g_str_has_suffix (authority, "/"))
    authority[strlen (authority) - 1] = '\0';

  if (!take_port (authority, &port)) {
    g_propagate_error (error, error_new (text, "no valid port"));
    return NULL;
  }

  host = take_host (authority);
  if (host == NULL) {
    g_propagate_error (error,
        error_new (text, "it is not of the form [https://]HOST[:PORT]"));
    return NULL;
  }

  return endpoint_new (plain == NULL, host, port);
}

GstIceEndpoint *
gst_ice_endpoint_parse_setting (const gchar * text, GError ** error)
{
  g_autoptr (GstIceEndpoint) endpoint = gst_ice_endpoint_parse (text, error);

  if (endpoint == NULL)
    return NULL;

  if (!endpoint->tls && !endpoint->is_loopback) {
    gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "plain http is only for loopback, not for %s; use https",
        endpoint->host);
    return NULL;
  }

  return g_steal_pointer (&endpoint);
}

GstIceEndpoint *
gst_ice_endpoint_secure (GstIceEndpoint * endpoint)
{
  guint16 port = endpoint->port == HTTP_PORT ? HTTPS_PORT : endpoint->port;

  if (endpoint->tls || endpoint->is_loopback)
    return gst_ice_endpoint_ref (endpoint);

  return endpoint_new (TRUE, endpoint->host, port);
}

static void
finalize (GstIceEndpoint * endpoint)
{
  g_free (endpoint->host);
  g_free (endpoint);
}

GST_ICE_DEFINE_COUNTED (GstIceEndpoint, gst_ice_endpoint, finalize)

gchar *
gst_ice_endpoint_to_string (const GstIceEndpoint * endpoint)
{
  g_autofree gchar *host = gst_ice_endpoint_get_host_header (endpoint, NULL);

  return g_strconcat (endpoint->tls ? "https://" : "http://", host, NULL);
}

gchar *
gst_ice_endpoint_get_host_header (const GstIceEndpoint * endpoint,
    const gchar * subdomain)
{
  guint16 default_port = endpoint->tls ? HTTPS_PORT : HTTP_PORT;
  gboolean brackets = strchr (endpoint->host, ':') != NULL;
  GString *header = g_string_new (NULL);

  if (subdomain != NULL)
    g_string_append_printf (header, "%s.", subdomain);
  g_string_append_printf (header, brackets ? "[%s]" : "%s", endpoint->host);
  if (endpoint->port != default_port)
    g_string_append_printf (header, ":%u", endpoint->port);

  return g_string_free (header, FALSE);
}

gchar *
gst_ice_region_normalize (const gchar * text)
{
  const gchar *start = g_str_has_prefix (text, "oss-") ? text + 4 : text;
  gsize length = strlen (start);
  g_autofree gchar *region = NULL;

  if (g_str_has_suffix (start, "-internal"))
    length -= strlen ("-internal");
  region = g_strndup (start, length);

  if (!consists_of (region, G_CSET_a_2_z G_CSET_DIGITS "-")
      || length > MAX_LABEL_LENGTH
      || region[0] == '-' || region[length - 1] == '-')
    return NULL;

  return g_steal_pointer (&region);
}

/* The forms: oss-REGION and vpc100-oss-REGION, each with or without
 * -internal, and REGION.oss. An acceleration host stands for every region. */
gchar *
gst_ice_endpoint_get_oss_region (const GstIceEndpoint * endpoint)
{
  g_autofree gchar *name = NULL;
  const gchar *start;

  if (!g_str_has_suffix (endpoint->host, ".aliyuncs.com"))
    return NULL;

  name = g_strndup (endpoint->host,
      strlen (endpoint->host) - strlen (".aliyuncs.com"));
  if (g_str_has_suffix (name, ".oss")) {
    name[strlen (name) - strlen (".oss")] = '\0';
    return gst_ice_region_normalize (name);
  }

  start = g_str_has_prefix (name, "vpc100-") ? name + 7 : name;
  if (!g_str_has_prefix (start, "oss-")
      || g_str_has_prefix (start, "oss-accelerate"))
    return NULL;

  return gst_ice_region_normalize (start);
}
