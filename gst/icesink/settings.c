/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The settings; see the header.
 *
 * Runs on: the thread that sets properties or changes the state. */

#include "config.h"

#include "common/log.h"
#include "icesink/settings.h"

#include "common/error.h"
#include "common/path.h"
#include "http/http-client.h"
#include "http/rate-limit.h"
#include "icesink/media-uri.h"
#include "recording/chunk-pool.h"
#include "upload/parallelism.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_SINK)

/* gst-inspect-1.0 prints the name of a value as its description. */
#define VALUE(value, nick, description) {value, description, nick}

G_DEFINE_ENUM_TYPE (GstIceSeekable, gst_ice_seekable,
    VALUE (GST_ICE_SEEKABLE_NO, "no",
        "Muxers have to stream; bytes leave as soon as possible"),
    VALUE (GST_ICE_SEEKABLE_YES, "yes",
        "Muxers may rewrite; an ordinary MP4 is whole after EOS only"))
G_DEFINE_ENUM_TYPE (GstIceOverflow, gst_ice_overflow,
    VALUE (GST_ICE_OVERFLOW_BLOCK, "block", "The pipeline waits"),
    VALUE (GST_ICE_OVERFLOW_ERROR, "error",
        "The upload fails with NO_SPACE_LEFT"))
G_DEFINE_ENUM_TYPE (GstIceResume, gst_ice_resume,
    VALUE (GST_ICE_RESUME_NEVER, "never", "Refuse to start"),
    VALUE (GST_ICE_RESUME_AUTO, "auto",
        "Append to it if the format allows, else finish it and refuse the new"
        " stream"),
    VALUE (GST_ICE_RESUME_ONLY, "only", "Finish it, and take no stream"))
G_DEFINE_ENUM_TYPE (GstIceEndAction, gst_ice_end_action,
    VALUE (GST_ICE_END_COMPLETE, "complete",
        "Complete the object with what there is without a gap"),
    VALUE (GST_ICE_END_ABORT, "abort",
        "Abort the upload: the media asset keeps what it had before"),
    VALUE (GST_ICE_END_KEEP, "keep",
        "Leave the uploaded parts at OSS, under their upload id"))

void
gst_ice_settings_init (GstIceSettings * settings)
{
  *settings = (GstIceSettings) {
    .region = g_strdup (GST_ICE_DEFAULT_REGION),
    .part_size = GST_ICE_DEFAULT_PART_SIZE,
    .max_part_duration = GST_ICE_DEFAULT_MAX_PART_DURATION,
    .parallel_parts = GST_ICE_DEFAULT_PARALLEL_PARTS,
    .max_memory = GST_ICE_DEFAULT_MAX_MEMORY,
    .seekable = GST_ICE_DEFAULT_SEEKABLE,
    .head_size = GST_ICE_DEFAULT_HEAD_SIZE,
    .spool_max_size = GST_ICE_DEFAULT_SPOOL_MAX_SIZE,
    .overflow = GST_ICE_DEFAULT_OVERFLOW,
    .resume = GST_ICE_DEFAULT_RESUME,
    .on_stop = GST_ICE_DEFAULT_ON_STOP,
    .on_error = GST_ICE_DEFAULT_ON_ERROR,
    .retry_timeout = GST_ICE_DEFAULT_RETRY_TIMEOUT,
    .stop_timeout = GST_ICE_DEFAULT_STOP_TIMEOUT,
    .verify = GST_ICE_DEFAULT_VERIFY,
    .network.user_agent = g_strdup (GST_ICE_DEFAULT_USER_AGENT),
    .network.stall_timeout = GST_ICE_DEFAULT_STALL_TIMEOUT,
    .network.max_upload_bitrate = GST_ICE_DEFAULT_MAX_UPLOAD_BITRATE,
    .network.share_upload_bitrate = GST_ICE_DEFAULT_SHARE_UPLOAD_BITRATE,
    .post_messages = GST_ICE_DEFAULT_POST_MESSAGES,
    .progress_interval = GST_ICE_DEFAULT_PROGRESS_INTERVAL,
  };
}

#define MEMBER(member) G_STRUCT_OFFSET (GstIceSettings, member)

static const gsize strings[] = {
  MEMBER (uri), MEMBER (media_id), MEMBER (region), MEMBER (ice_endpoint),
  MEMBER (oss_endpoint), MEMBER (access_key_id), MEMBER (profile),
  MEMBER (spool_directory), MEMBER (content_type), MEMBER (network.user_agent),
  MEMBER (network.proxy), MEMBER (network.ca_file),
  MEMBER (network.tcp_congestion_control),
};

static const gsize secrets[] = {
  MEMBER (access_key_secret), MEMBER (security_token),
  MEMBER (upload_address), MEMBER (upload_auth),
};

void
gst_ice_settings_clear (GstIceSettings * settings)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (strings); i++)
    g_clear_pointer (&G_STRUCT_MEMBER (gchar *, settings, strings[i]),
        g_free);
  for (i = 0; i < G_N_ELEMENTS (secrets); i++)
    g_clear_pointer (&G_STRUCT_MEMBER (GstIceSecret *, settings, secrets[i]),
        gst_ice_secret_unref);
}

void
gst_ice_settings_copy (const GstIceSettings * settings, GstIceSettings * copy)
{
  guint i;

  *copy = *settings;
  for (i = 0; i < G_N_ELEMENTS (strings); i++)
    G_STRUCT_MEMBER (gchar *, copy, strings[i]) =
        g_strdup (G_STRUCT_MEMBER (gchar *, settings, strings[i]));
  for (i = 0; i < G_N_ELEMENTS (secrets); i++) {
    if (G_STRUCT_MEMBER (GstIceSecret *, copy, secrets[i]) != NULL)
      gst_ice_secret_ref (G_STRUCT_MEMBER (GstIceSecret *, copy, secrets[i]));
  }
}

void
gst_ice_settings_set_string (gchar ** string, const gchar * text)
{
  g_free (*string);
  /* It stands in messages, which have nothing but UTF-8; what is none of that
   * is wrong in all of these, and refused as what it has become. */
  *string = text != NULL ? g_utf8_make_valid (text, -1) : NULL;
}

void
gst_ice_settings_set_secret (GstIceSecret ** secret, const gchar * text)
{
  g_clear_pointer (secret, gst_ice_secret_unref);
  *secret = gst_ice_secret_new (text);
}

void
gst_ice_settings_set_path (gchar ** path, const gchar * text)
{
  gchar *resolved = text != NULL ? gst_ice_path_resolve (text, NULL) : NULL;

  g_free (*path);
  *path = resolved != NULL ? resolved : g_strdup (text);
}

gboolean
gst_ice_settings_set_uri (GstIceSettings * settings, const gchar * text,
    GError ** error)
{
  g_auto (GstIceMediaUri) uri = { NULL };

  if (!gst_ice_media_uri_parse (text, &uri, error))
    return FALSE;

  gst_ice_settings_set_string (&settings->media_id, uri.media_id);
  if (uri.region != NULL)
    gst_ice_settings_set_string (&settings->region, uri.region);
  if (uri.ice_endpoint != NULL)
    gst_ice_settings_set_string (&settings->ice_endpoint, uri.ice_endpoint);
  gst_ice_settings_set_string (&settings->uri,
      gst_ice_media_id_is_valid (text) ? NULL : text);

  return TRUE;
}

gchar *
gst_ice_settings_get_uri (const GstIceSettings * settings)
{
  GstIceMediaUri uri = { settings->media_id, NULL, NULL };

  if (settings->uri != NULL)
    return g_strdup (settings->uri);
  if (!gst_ice_media_id_is_valid (settings->media_id))
    return NULL;

  if (g_strcmp0 (settings->region, GST_ICE_DEFAULT_REGION) != 0
      && gst_ice_media_id_is_valid (settings->region))
    uri.region = settings->region;

  return gst_ice_media_uri_build (&uri);
}

void
gst_ice_settings_set_location (GstIceSettings * settings, const gchar * text)
{
  if (text != NULL && gst_ice_settings_set_uri (settings, text, NULL))
    return;

  gst_ice_settings_set_string (&settings->uri, NULL);
  gst_ice_settings_set_string (&settings->media_id, text);
}

GstClockTime
gst_ice_settings_get_retry_timeout (const GstIceSettings * settings)
{
  if (!settings->retry_timeout_set && settings->spool_directory != NULL)
    return GST_CLOCK_TIME_NONE;

  return settings->retry_timeout;
}

gint64
gst_ice_settings_get_us (GstClockTime time)
{
  if (!GST_CLOCK_TIME_IS_VALID (time))
    return -1;

  return GST_TIME_AS_USECONDS (time);
}

static gboolean
set_settings_error (GError ** error, const gchar * text)
{
  return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS, "%s", text);
}

static gboolean
check_media_id (const GstIceSettings * settings, GError ** error)
{
  if (settings->media_id == NULL)
    return set_settings_error (error, "No media-id is set");
  if (!gst_ice_media_id_is_valid (settings->media_id))
    return set_settings_error (error,
        "media-id is not 1 to 128 of A-Z a-z 0-9 _ -");

  return TRUE;
}

static gboolean
check_region (const GstIceSettings * settings, GError ** error)
{
  /* It becomes part of a host name: the same characters are safe there. */
  if (settings->region == NULL
      || !gst_ice_media_id_is_valid (settings->region))
    return set_settings_error (error, "region is not a region id such as "
        GST_ICE_DEFAULT_REGION);

  return TRUE;
}

/* What was no path when it was set is none now. */
static gboolean
check_path (const gchar * name, const gchar * path, GError ** error)
{
  g_autofree gchar *resolved = NULL;

  if (path == NULL)
    return TRUE;

  resolved = gst_ice_path_resolve (path, error);
  if (resolved == NULL)
    g_prefix_error (error, "%s: ", name);

  return resolved != NULL;
}

static gboolean
check_paths (const GstIceSettings * settings, GError ** error)
{
  if (settings->spool_directory == NULL
      && settings->resume == GST_ICE_RESUME_ONLY)
    return set_settings_error (error, "resume=only needs a spool-directory");

  return check_path ("spool-directory", settings->spool_directory, error)
      && check_path ("ssl-ca-file", settings->network.ca_file, error);
}

static gboolean
check_limit (const GstIceSettings * settings, GError ** error)
{
  return settings->network.max_upload_bitrate == 0
      || gst_ice_rate_limit_is_possible ()
      || set_settings_error (error, "max-upload-bitrate: this system can't pace"
      " connections");
}

static GstIceEndpoint *
get_ice_endpoint (const GstIceSettings * settings, GError ** error)
{
  g_autofree gchar *host = NULL;
  GstIceEndpoint *endpoint;

  if (settings->ice_endpoint == NULL)
    host = g_strdup_printf ("https://ice.%s.aliyuncs.com", settings->region);

  endpoint = gst_ice_endpoint_parse_setting (host != NULL ? host :
      settings->ice_endpoint, error);
  if (endpoint == NULL)
    g_prefix_error_literal (error,
        host != NULL ? "region: " : "ice-endpoint: ");

  return endpoint;
}

/* A line end that came along from a file is a common slip. */
static gboolean
check_sendable (const gchar * name, const gchar * value, GError ** error)
{
  return value == NULL || gst_ice_identity_is_sendable (value)
      || gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
      "%s has blanks or control characters in it", name);
}

static gboolean
get_identity (const GstIceSettings * settings, GstIceIdentity ** identity,
    GError ** error)
{
  /* An empty one is what a variable of a script that was never set leaves. */
  gboolean has_id = settings->access_key_id != NULL
      && *settings->access_key_id != '\0';
  const gchar *secret, *token = NULL;

  if (has_id != (settings->access_key_secret != NULL))
    return set_settings_error (error,
        "access-key-id and access-key-secret belong together: set both");
  if (!has_id)
    return TRUE;

  secret = gst_ice_secret_peek (settings->access_key_secret);
  if (settings->security_token != NULL)
    token = gst_ice_secret_peek (settings->security_token);
  if (!check_sendable ("access-key-id", settings->access_key_id, error)
      || !check_sendable ("access-key-secret", secret, error)
      || !check_sendable ("security-token", token, error))
    return FALSE;

  *identity = gst_ice_identity_new (settings->access_key_id, secret, token);

  return TRUE;
}

static gboolean
get_first_lease (const GstIceSettings * settings, GstIceClock * clock,
    GstIceLease ** lease, GError ** error)
{
  gboolean has_address = settings->upload_address != NULL;
  g_autoptr (GError) decode_error = NULL;
  gint64 wall;

  if (has_address != (settings->upload_auth != NULL))
    return set_settings_error (error,
        "upload-address and upload-auth belong together: set both");
  if (!has_address)
    return TRUE;

  wall = gst_ice_clock_get_service_time (clock, "");
  *lease = gst_ice_lease_decode (gst_ice_secret_peek
      (settings->upload_address), gst_ice_secret_peek (settings->upload_auth),
      wall, gst_ice_clock_get_monotonic (clock), &decode_error);
  if (*lease == NULL)
    return set_settings_error (error, decode_error->message);

  return TRUE;
}

/* One part is being recorded while the others are sent. */
static guint
get_max_parallel_parts (const GstIceSettings * settings)
{
  guint64 n_parts = settings->max_memory / settings->part_size;

  return CLAMP (n_parts, 2, GST_ICE_PARALLELISM_MAX + 1) - 1;
}

/* A proxy or CA certificates that can't be used are found out before anything is
 * sent. */
static gboolean
check_network (GstIceNetworkConfig * network, GstIceClock * clock,
    GError ** error)
{
  g_autoptr (GstIceHttpClient) client =
      gst_ice_http_client_new (network, 1, clock, error);

  return client != NULL;
}

GstIceUploadConfig *
gst_ice_settings_get_upload_config (const GstIceSettings * settings,
    GstIceClock * clock, GError ** error)
{
  g_autoptr (GstIceUploadConfig) config = gst_ice_upload_config_new ();

  if (!check_media_id (settings, error) || !check_region (settings, error)
      || !check_paths (settings, error) || !check_limit (settings, error))
    return NULL;
  config->ice_endpoint = get_ice_endpoint (settings, error);
  if (config->ice_endpoint == NULL)
    return NULL;
  if (settings->oss_endpoint != NULL) {
    config->oss_endpoint =
        gst_ice_endpoint_parse_setting (settings->oss_endpoint, error);
    if (config->oss_endpoint == NULL) {
      g_prefix_error_literal (error, "oss-endpoint: ");
      return NULL;
    }
  }
  if (!get_identity (settings, &config->identity, error)
      || !get_first_lease (settings, clock, &config->first_lease, error))
    return NULL;

  config->media_id = g_strdup (settings->media_id);
  config->region = g_strdup (settings->region);
  config->sources = gst_ice_identity_sources_new (settings->profile);
  config->part_size = settings->part_size;
  config->parallel_parts = settings->parallel_parts;
  config->max_parallel_parts = get_max_parallel_parts (settings);
  config->retry_timeout_us =
      gst_ice_settings_get_us (gst_ice_settings_get_retry_timeout (settings));
  config->stop_timeout_us = gst_ice_settings_get_us (settings->stop_timeout);
  config->on_error = settings->on_error;
  config->verify = settings->verify;
  config->journalled = settings->spool_directory != NULL;
  config->network = gst_ice_network_config_new (&settings->network);
  if (!check_network (config->network, clock, error))
    return NULL;

  return g_steal_pointer (&config);
}

GstIceSpool *
gst_ice_settings_open_spool (const GstIceSettings * settings, GError ** error)
{
  GstIceSpool *spool = gst_ice_spool_open (settings->spool_directory,
      settings->media_id, settings->spool_max_size, GST_ICE_SPOOL_CREATE,
      error);

  if (spool == NULL)
    g_prefix_error_literal (error, "spool-directory: ");

  return spool;
}

/* The largest part that memory alone can hold, which comes in chunks. */
static gboolean
get_max_part (const GstIceSettings * settings, guint64 * size,
    GError ** error)
{
  guint parallel_parts = settings->parallel_parts > 0 ?
      settings->parallel_parts : GST_ICE_PARALLELISM_START;
  guint64 max_part = settings->max_memory / (parallel_parts + 1);
  g_autofree gchar *text = NULL;

  *size = CLAMP (max_part - max_part % GST_ICE_CHUNK_SIZE,
      settings->part_size, GST_ICE_PART_SIZE_MAX);
  if (settings->part_size <= max_part)
    return TRUE;

  text = g_strdup_printf ("parallel-parts + 1 parts of %" G_GUINT64_FORMAT
      " bytes do not fit max-memory: set part-size to at most %"
      G_GUINT64_FORMAT ", fewer parallel-parts, max-memory to at least %"
      G_GUINT64_FORMAT ", or a spool-directory", settings->part_size,
      max_part, settings->part_size * (parallel_parts + 1));

  return set_settings_error (error, text);
}

static gboolean
refuse_memory (GError ** error)
{
  g_autofree gchar *text = g_strdup_printf ("max-memory is more than this"
      " process can have, %" G_GUINT64_FORMAT " bytes",
      gst_ice_chunk_pool_get_ceiling ());

  return set_settings_error (error, text);
}

gboolean
gst_ice_settings_get_recording_config (const GstIceSettings * settings,
    GstIceRecordingConfig * config, GError ** error)
{
  gboolean seekable = settings->seekable != GST_ICE_SEEKABLE_NO;
  guint64 head_size = settings->head_size;
  guint64 max_part = GST_ICE_PART_SIZE_MAX;

  if (settings->max_memory > gst_ice_chunk_pool_get_ceiling ())
    return refuse_memory (error);
  if (settings->spool_directory == NULL
      && !get_max_part (settings, &max_part, error))
    return FALSE;

  /* The rest of the memory is for the window and for what is on its way. */
  if (seekable && settings->spool_directory == NULL
      && head_size > settings->max_memory / 4) {
    head_size = settings->max_memory / 4;
    GST_WARNING ("of the head, max-memory has room for %" G_GUINT64_FORMAT
        " bytes", head_size);
  }

  *config = (GstIceRecordingConfig) {
    .plan = {settings->part_size, max_part},
    .max_memory = settings->max_memory,
    .head_size = seekable ? head_size : 0,
    .max_part_duration_us =
        MAX (0, gst_ice_settings_get_us (settings->max_part_duration)),
  };

  return TRUE;
}
