/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Decoding of UploadAddress and UploadAuth: Base64, JSON, fields, expiry.
 *
 * Any thread; a lease never changes once it is made.
 * Owns: while it decodes, copies of secrets; they are wiped on every path.
 *
 * The documentation names the fields and little more, so the rules are
 * icesink's own: strict about everything that ends up in a request line or a
 * header, lenient about how long the credential lives. */

#include "ice/lease.h"

#include <string.h>

#include <openssl/crypto.h>

#include "common/error.h"
#include "common/json.h"
#include "common/number.h"

#define MAX_TEXT_SIZE 65536
#define MAX_KEY_SIZE 1023
#define MIN_BUCKET_SIZE 3
#define MAX_BUCKET_SIZE 63

/* What the documentation gives a credential that does not say. */
#define DEFAULT_LIFE_US (3000 * (gint64) G_USEC_PER_SEC)

/* No credential lives longer; a value above it is a mistake. */
#define MAX_LIFE_S (7 * 24 * 3600)
#define MAX_LIFE_US (MAX_LIFE_S * (gint64) G_USEC_PER_SEC)

static const gchar address_name[] = "UploadAddress";
static const gchar auth_name[] = "UploadAuth";

/* --- Base64 and JSON --- */

static gboolean
fail (GError ** error, const gchar * what, const gchar * reason)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL, "%s: %s", what,
      reason);
}

/* @text without white space, in the standard alphabet and without padding;
 * NULL if it is not Base64. */
static gchar *
normalize_base64 (const gchar * text)
{
  static const gchar alphabet[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/";
  gsize room = strlen (text) + 1;
  gchar *compact = g_malloc (room + 2);
  gsize size = 0;
  gsize digits;

  for (; *text != '\0'; text++) {
    if (!g_ascii_isspace (*text))
      compact[size++] = *text == '-' ? '+' : *text == '_' ? '/' : *text;
  }
  compact[size] = '\0';

  digits = strspn (compact, alphabet);
  if (strspn (compact + digits, "=") != size - digits || digits % 4 == 1
      || (digits != size && (size % 4 != 0 || size - digits > 2))) {
    gst_ice_secret_free_string (compact);
    return NULL;
  }

  /* g_base64_decode() wants the padding. */
  while (size % 4 != 0)
    compact[size++] = '=';
  compact[size] = '\0';

  return compact;
}

/* The JSON object in @text. */
static JsonNode *
decode_text (const gchar * text, const gchar * what, GError ** error)
{
  JsonNode *node;
  gchar *data;
  gsize room, size;

  if (text == NULL || text[strspn (text, " \t\r\n\v\f")] == '\0') {
    fail (error, what, "it is empty");
    return NULL;
  }
  if (strnlen (text, MAX_TEXT_SIZE + 1) > MAX_TEXT_SIZE) {
    fail (error, what, "it is too large");
    return NULL;
  }

  data = normalize_base64 (text);
  if (data == NULL) {
    fail (error, what, "it is not Base64");
    return NULL;
  }

  room = strlen (data);
  g_base64_decode_inplace (data, &size);
  node = gst_ice_json_parse_object (data, size, error);
  OPENSSL_cleanse (data, room);
  g_free (data);
  if (node == NULL)
    g_prefix_error (error, "%s: ", what);

  return node;
}

/* --- Fields --- */

static gboolean
has_control_character (const gchar * text)
{
  for (; *text != '\0'; text++) {
    if (g_ascii_iscntrl (*text))
      return TRUE;
  }

  return FALSE;
}

static gboolean
fail_field (GError ** error, const gchar * what, const gchar * name,
    const gchar * reason)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL, "%s: %s %s", what,
      name, reason);
}

/* Sets @value to the string @name, or to NULL if it is absent, null or
 * empty. */
static gboolean
read_optional (JsonObject * object, const gchar * what, const gchar * name,
    const gchar ** value, GError ** error)
{
  JsonNode *member = json_object_get_member (object, name);

  *value = NULL;
  if (member == NULL || JSON_NODE_HOLDS_NULL (member))
    return TRUE;

  *value = gst_ice_json_get_string (object, name);
  if (*value == NULL)
    return fail_field (error, what, name, "is not a string");
  if (**value == '\0')
    *value = NULL;

  return TRUE;
}

static gboolean
read_required (JsonObject * object, const gchar * what, const gchar * name,
    const gchar ** value, GError ** error)
{
  if (!read_optional (object, what, name, value, error))
    return FALSE;
  if (*value == NULL)
    return fail_field (error, what, name, "is missing");
  if (has_control_character (*value))
    return fail_field (error, what, name, "has control characters in it");

  return TRUE;
}

/* A dot or a slash here would make another host of it. */
static gboolean
is_bucket (const gchar * bucket)
{
  gsize size = strlen (bucket);

  return size >= MIN_BUCKET_SIZE && size <= MAX_BUCKET_SIZE
      && strspn (bucket, G_CSET_a_2_z G_CSET_DIGITS "-") == size
      && bucket[0] != '-' && bucket[size - 1] != '-';
}

static gboolean
read_endpoint (GstIceLease * lease, const gchar * text, GError ** error)
{
  g_autoptr (GError) cause = NULL;

  lease->endpoint = gst_ice_endpoint_parse (text, &cause);
  if (lease->endpoint == NULL)
    return fail_field (error, address_name, "Endpoint:", cause->message);

  return TRUE;
}

static gboolean
read_address (GstIceLease * lease, JsonObject * address, GError ** error)
{
  const gchar *endpoint, *bucket, *key;

  if (!read_required (address, address_name, "Endpoint", &endpoint, error)
      || !read_required (address, address_name, "Bucket", &bucket, error)
      || !read_required (address, address_name, "FileName", &key, error))
    return FALSE;

  if (!is_bucket (bucket))
    return fail_field (error, address_name, "Bucket",
        "is not a bucket's name");
  if (strlen (key) > MAX_KEY_SIZE)
    return fail_field (error, address_name, "FileName", "is too long");

  lease->bucket = g_strdup (bucket);
  lease->key = g_strdup (key);

  return read_endpoint (lease, endpoint, error);
}

static void
read_region (GstIceLease * lease, JsonObject * auth)
{
  const gchar *region = gst_ice_json_get_string (auth, "Region");

  if (region != NULL && *region != '\0' && !has_control_character (region))
    lease->region = g_strdup (region);

  lease->signing_region = gst_ice_endpoint_get_oss_region (lease->endpoint);
  if (lease->signing_region == NULL && lease->region != NULL)
    lease->signing_region = gst_ice_region_normalize (lease->region);
}

static gboolean
read_identity (GstIceLease * lease, JsonObject * auth, GError ** error)
{
  const gchar *id, *secret, *token;

  if (!read_required (auth, auth_name, "AccessKeyId", &id, error)
      || !read_required (auth, auth_name, "AccessKeySecret", &secret, error)
      || !read_optional (auth, auth_name, "SecurityToken", &token, error))
    return FALSE;

  if (!gst_ice_identity_is_sendable (id))
    return fail_field (error, auth_name, "AccessKeyId",
        "has characters in it that cannot be sent");
  if (!gst_ice_identity_is_sendable (secret))
    return fail_field (error, auth_name, "AccessKeySecret",
        "has blanks or control characters in it");
  if (token != NULL && !gst_ice_identity_is_sendable (token))
    return fail_field (error, auth_name, "SecurityToken",
        "has characters in it that cannot be sent");

  lease->identity = gst_ice_identity_new_expiring (id, secret, token,
      lease->expires_us);

  return TRUE;
}

/* --- Expiry: each of these returns microseconds from now, 0 for "does not
 * say" --- */

static gint64
believe (gint64 life_us)
{
  return life_us > 0 && life_us <= MAX_LIFE_US ? life_us : 0;
}

/* The form `2024-05-17T09:09:06Z`, with a fraction or without. */
static gint64
read_date (const gchar * text, gint64 now_us)
{
  g_autoptr (GDateTime) date = NULL;

  if (!g_str_has_suffix (text, "Z") || strchr (text, 'T') == NULL)
    return 0;

  date = g_date_time_new_from_iso8601 (text, NULL);
  if (date == NULL)
    return 0;

  return believe (g_date_time_to_unix (date) * G_USEC_PER_SEC - now_us);
}

static gint64
read_expiration_text (const gchar * text, gint64 now_us)
{
  guint64 seconds;

  if (strspn (text, G_CSET_DIGITS) != strlen (text))
    return read_date (text, now_us);
  if (!gst_ice_parse_number (text, 1, MAX_LIFE_S, &seconds))
    return 0;

  return seconds * G_USEC_PER_SEC;
}

static gint64
read_expiration_number (gdouble seconds)
{
  if (!(seconds > 0 && seconds <= MAX_LIFE_S))
    return 0;

  return (gint64) seconds * G_USEC_PER_SEC;
}

/* Expiration: a number or its digits, seconds to live; or a date, as STS
 * itself gives it. */
static gint64
read_expiration (JsonObject * auth, gint64 now_us)
{
  JsonNode *member = json_object_get_member (auth, "Expiration");
  GType type = member != NULL ? json_node_get_value_type (member) : 0;

  if (type == G_TYPE_STRING)
    return read_expiration_text (json_node_get_string (member), now_us);
  if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE)
    return read_expiration_number (json_node_get_double (member));

  return 0;
}

/* The earlier of the two counts. A value that cannot be true means that the
 * clocks differ, or nonsense, and is not used. */
static gint64
read_life (JsonObject * auth, gint64 now_us)
{
  const gchar *date = gst_ice_json_get_string (auth, "ExpireUTCTime");
  gint64 until_date = date != NULL ? read_date (date, now_us) : 0;
  gint64 expiration = read_expiration (auth, now_us);

  if (until_date > 0 && expiration > 0)
    return MIN (until_date, expiration);
  if (until_date > 0 || expiration > 0)
    return MAX (until_date, expiration);

  return DEFAULT_LIFE_US;
}

/* --- The lease --- */

static gboolean
read_auth (GstIceLease * lease, JsonObject * auth, gint64 service_now_us,
    GError ** error)
{
  gint64 life_us = read_life (auth, service_now_us);

  lease->expires_us = lease->issued_us + life_us;
  lease->expires_at_us = service_now_us + life_us;
  read_region (lease, auth);

  return read_identity (lease, auth, error);
}

/* Published samples have the two texts the wrong way round. They can't be
 * mistaken for one another. */
static gboolean
are_swapped (JsonObject * address, JsonObject * auth)
{
  return json_object_has_member (address, "AccessKeySecret")
      && !json_object_has_member (address, "Bucket")
      && json_object_has_member (auth, "Bucket");
}

static gboolean
read_both (GstIceLease * lease, JsonObject * address, JsonObject * auth,
    gint64 service_now_us, GError ** error)
{
  gboolean swapped = are_swapped (address, auth);

  return read_address (lease, swapped ? auth : address, error)
      && read_auth (lease, swapped ? address : auth, service_now_us, error);
}

GstIceLease *
gst_ice_lease_decode (const gchar * upload_address,
    const gchar * upload_auth, gint64 service_now_us, gint64 monotonic_now_us,
    GError ** error)
{
  g_autoptr (GstIceLease) lease = g_new0 (GstIceLease, 1);
  JsonNode *address = decode_text (upload_address, address_name, error);
  JsonNode *auth = address != NULL ?
      decode_text (upload_auth, auth_name, error) : NULL;
  gboolean ok;

  g_atomic_ref_count_init (&lease->ref_count);
  lease->issued_us = monotonic_now_us;
  ok = auth != NULL
      && read_both (lease, json_node_get_object (address),
      json_node_get_object (auth), service_now_us, error);
  gst_ice_json_free_secret (address);
  gst_ice_json_free_secret (auth);

  return ok ? g_steal_pointer (&lease) : NULL;
}

static void
finalize (GstIceLease * lease)
{
  g_clear_pointer (&lease->endpoint, gst_ice_endpoint_unref);
  g_clear_pointer (&lease->identity, gst_ice_identity_unref);
  g_free (lease->bucket);
  g_free (lease->key);
  g_free (lease->region);
  g_free (lease->signing_region);
  g_free (lease);
}

GST_ICE_DEFINE_COUNTED (GstIceLease, gst_ice_lease, finalize)
