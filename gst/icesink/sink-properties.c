/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The properties of the element; see the header.
 *
 * Runs on: the application's threads, under the element's object lock where a
 * setting is read or changed. Owns: nothing but the list of specs. */

#include "config.h"

#include "icesink/sink-properties.h"

static GParamSpec *props[N_PROPS];

static void
set_string (gchar ** string, const GValue * value)
{
  gst_ice_settings_set_string (string, g_value_get_string (value));
}

static void
set_secret (GstIceSecret ** secret, const GValue * value)
{
  gst_ice_settings_set_secret (secret, g_value_get_string (value));
}

void
gst_ice_sink_properties_set (GstIceSettings * settings,
    GstIceSinkProperty id, const GValue * value)
{
  switch (id) {
    case PROP_MEDIA_ID:
      set_string (&settings->media_id, value);
      break;
    case PROP_REGION:
      set_string (&settings->region, value);
      break;
    case PROP_ICE_ENDPOINT:
      set_string (&settings->ice_endpoint, value);
      break;
    case PROP_OSS_ENDPOINT:
      set_string (&settings->oss_endpoint, value);
      break;
    case PROP_ACCESS_KEY_ID:
      set_string (&settings->access_key_id, value);
      break;
    case PROP_ACCESS_KEY_SECRET:
      set_secret (&settings->access_key_secret, value);
      break;
    case PROP_SECURITY_TOKEN:
      set_secret (&settings->security_token, value);
      break;
    case PROP_PROFILE:
      set_string (&settings->profile, value);
      break;
    case PROP_UPLOAD_ADDRESS:
      set_secret (&settings->upload_address, value);
      break;
    case PROP_UPLOAD_AUTH:
      set_secret (&settings->upload_auth, value);
      break;
    case PROP_PART_SIZE:
      settings->part_size = g_value_get_uint64 (value);
      break;
    case PROP_MAX_PART_DURATION:
      settings->max_part_duration = g_value_get_uint64 (value);
      break;
    case PROP_PARALLEL_PARTS:
      settings->parallel_parts = g_value_get_uint (value);
      break;
    case PROP_MAX_MEMORY:
      settings->max_memory = g_value_get_uint64 (value);
      break;
    case PROP_SEEKABLE:
      settings->seekable = g_value_get_enum (value);
      break;
    case PROP_HEAD_SIZE:
      settings->head_size = g_value_get_uint64 (value);
      break;
    case PROP_SPOOL_DIRECTORY:
      set_string (&settings->spool_directory, value);
      break;
    case PROP_SPOOL_MAX_SIZE:
      settings->spool_max_size = g_value_get_uint64 (value);
      break;
    case PROP_OVERFLOW:
      settings->overflow = g_value_get_enum (value);
      break;
    case PROP_RESUME:
      settings->resume = g_value_get_enum (value);
      break;
    case PROP_ON_STOP:
      settings->on_stop = g_value_get_enum (value);
      break;
    case PROP_ON_ERROR:
      settings->on_error = g_value_get_enum (value);
      break;
    case PROP_RETRY_TIMEOUT:
      settings->retry_timeout = g_value_get_uint64 (value);
      settings->retry_timeout_set = TRUE;
      break;
    case PROP_STALL_TIMEOUT:
      settings->network.stall_timeout = g_value_get_uint64 (value);
      break;
    case PROP_STOP_TIMEOUT:
      settings->stop_timeout = g_value_get_uint64 (value);
      break;
    case PROP_CONTENT_TYPE:
      set_string (&settings->content_type, value);
      break;
    case PROP_VERIFY:
      settings->verify = g_value_get_boolean (value);
      break;
    case PROP_PROXY:
      set_string (&settings->network.proxy, value);
      break;
    case PROP_TCP_CONGESTION_CONTROL:
      set_string (&settings->network.tcp_congestion_control, value);
      break;
    case PROP_SSL_CA_FILE:
      set_string (&settings->network.ca_file, value);
      break;
    case PROP_USER_AGENT:
      set_string (&settings->network.user_agent, value);
      break;
    case PROP_POST_MESSAGES:
      settings->post_messages = g_value_get_boolean (value);
      break;
    case PROP_PROGRESS_INTERVAL:
      settings->progress_interval = g_value_get_uint64 (value);
      break;
    default:
      g_assert_not_reached ();
  }
}

/* A proxy URI without the user name and password that it may hold. */
static gchar *
strip_userinfo (const gchar * uri)
{
  g_autoptr (GUri) parsed = NULL;

  if (uri == NULL || *uri == '\0')
    return g_strdup (uri);

  parsed = g_uri_parse (uri, G_URI_FLAGS_ENCODED, NULL);
  if (parsed == NULL)
    return g_strdup ("");

  return g_uri_to_string_partial (parsed, G_URI_HIDE_USERINFO);
}

void
gst_ice_sink_properties_get (const GstIceSettings * settings,
    GstIceSinkProperty id, GValue * value)
{
  switch (id) {
    case PROP_MEDIA_ID:
    case PROP_LOCATION:
      g_value_set_string (value, settings->media_id);
      break;
    case PROP_REGION:
      g_value_set_string (value, settings->region);
      break;
    case PROP_PROFILE:
      g_value_set_string (value, settings->profile);
      break;
    case PROP_ICE_ENDPOINT:
      g_value_set_string (value, settings->ice_endpoint);
      break;
    case PROP_OSS_ENDPOINT:
      g_value_set_string (value, settings->oss_endpoint);
      break;
    case PROP_PART_SIZE:
      g_value_set_uint64 (value, settings->part_size);
      break;
    case PROP_MAX_PART_DURATION:
      g_value_set_uint64 (value, settings->max_part_duration);
      break;
    case PROP_PARALLEL_PARTS:
      g_value_set_uint (value, settings->parallel_parts);
      break;
    case PROP_MAX_MEMORY:
      g_value_set_uint64 (value, settings->max_memory);
      break;
    case PROP_SEEKABLE:
      g_value_set_enum (value, settings->seekable);
      break;
    case PROP_HEAD_SIZE:
      g_value_set_uint64 (value, settings->head_size);
      break;
    case PROP_SPOOL_DIRECTORY:
      g_value_set_string (value, settings->spool_directory);
      break;
    case PROP_SPOOL_MAX_SIZE:
      g_value_set_uint64 (value, settings->spool_max_size);
      break;
    case PROP_OVERFLOW:
      g_value_set_enum (value, settings->overflow);
      break;
    case PROP_RESUME:
      g_value_set_enum (value, settings->resume);
      break;
    case PROP_ON_STOP:
      g_value_set_enum (value, settings->on_stop);
      break;
    case PROP_ON_ERROR:
      g_value_set_enum (value, settings->on_error);
      break;
    case PROP_RETRY_TIMEOUT:
      g_value_set_uint64 (value,
          gst_ice_settings_get_retry_timeout (settings));
      break;
    case PROP_STALL_TIMEOUT:
      g_value_set_uint64 (value, settings->network.stall_timeout);
      break;
    case PROP_STOP_TIMEOUT:
      g_value_set_uint64 (value, settings->stop_timeout);
      break;
    case PROP_CONTENT_TYPE:
      g_value_set_string (value, settings->content_type);
      break;
    case PROP_VERIFY:
      g_value_set_boolean (value, settings->verify);
      break;
    case PROP_PROXY:
      g_value_take_string (value, strip_userinfo (settings->network.proxy));
      break;
    case PROP_TCP_CONGESTION_CONTROL:
      g_value_set_string (value, settings->network.tcp_congestion_control);
      break;
    case PROP_SSL_CA_FILE:
      g_value_set_string (value, settings->network.ca_file);
      break;
    case PROP_USER_AGENT:
      g_value_set_string (value, settings->network.user_agent);
      break;
    case PROP_POST_MESSAGES:
      g_value_set_boolean (value, settings->post_messages);
      break;
    case PROP_PROGRESS_INTERVAL:
      g_value_set_uint64 (value, settings->progress_interval);
      break;
    default:
      g_assert_not_reached ();
  }
}

gboolean
gst_ice_sink_properties_is_readable (guint id)
{
  return id > 0 && id < N_PROPS && (props[id]->flags & G_PARAM_READABLE) != 0;
}

#define SETTABLE \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define SETTABLE_SECRET \
    (G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static GParamSpec *
new_string (const gchar * name, const gchar * nick, const gchar * blurb)
{
  return g_param_spec_string (name, nick, blurb, NULL, SETTABLE);
}

static GParamSpec *
new_secret (const gchar * name, const gchar * nick, const gchar * blurb)
{
  return g_param_spec_string (name, nick, blurb, NULL, SETTABLE_SECRET);
}

static GParamSpec *
new_uint64 (const gchar * name, const gchar * nick, const gchar * blurb,
    guint64 minimum, guint64 maximum, guint64 value)
{
  return g_param_spec_uint64 (name, nick, blurb, minimum, maximum, value,
      SETTABLE);
}

static void
init_asset_properties (void)
{
  /**
   * GstIceSink:media-id:
   *
   * The ICE media asset to upload to: 1 to 128 of `A-Z a-z 0-9 _ -`. Required;
   * anything else is a RESOURCE SETTINGS error at READY to PAUSED.
   *
   * Since: 0.1
   */
  props[PROP_MEDIA_ID] = new_string ("media-id", "Media id",
      "ICE media asset to upload to, required: 1 to 128 of A-Z a-z 0-9 _ -");

  /**
   * GstIceSink:location:
   *
   * The same as #GstIceSink:media-id, for elements that set a location: a bare
   * media id or `icems://MEDIA-ID[?region=REGION]`. Reads back as the bare id.
   *
   * Since: 0.1
   */
  props[PROP_LOCATION] = new_string ("location", "Location",
      "The media-id, as a bare id or as icems://MEDIA-ID[?region=REGION]");

  /**
   * GstIceSink:region:
   *
   * Region of ICE, and of OSS where neither host nor credential name one.
   *
   * Since: 0.1
   */
  props[PROP_REGION] = g_param_spec_string ("region", "Region",
      "Region of ICE, for example cn-beijing", GST_ICE_DEFAULT_REGION,
      SETTABLE);

  /**
   * GstIceSink:ice-endpoint:
   *
   * Host or URL of the ICE API in place of `https://ice.REGION.aliyuncs.com`.
   * Plain `http://` is taken for a loopback host only.
   *
   * Since: 0.1
   */
  props[PROP_ICE_ENDPOINT] = new_string ("ice-endpoint", "ICE endpoint",
      "Host or URL of the ICE API (default: https://ice.REGION.aliyuncs.com);"
      " http:// to loopback only");

  /**
   * GstIceSink:oss-endpoint:
   *
   * Host or URL of OSS in place of the one that the upload credential names,
   * for example an internal or an acceleration endpoint. Plain `http://` is
   * taken for a loopback host only.
   *
   * Since: 0.1
   */
  props[PROP_OSS_ENDPOINT] = new_string ("oss-endpoint", "OSS endpoint",
      "Host or URL of OSS, e.g. an internal one (default: what the upload"
      " credential says); http:// to loopback only");
}

static void
init_identity_properties (void)
{
  /**
   * GstIceSink:access-key-id:
   *
   * Explicit identity, with #GstIceSink:access-key-secret. Without it, Alibaba
   * Cloud's default chain is asked: environment, OIDC role, configuration
   * files, ECS RAM role, credentials URI. GStreamer logs launch lines, so keep
   * keys out of them. Write-only.
   *
   * Since: 0.1
   */
  props[PROP_ACCESS_KEY_ID] = new_secret ("access-key-id", "AccessKey id",
      "AccessKey id of an explicit identity; the environment or a file are"
      " safer (write-only)");

  /**
   * GstIceSink:access-key-secret:
   *
   * See #GstIceSink:access-key-id. Write-only; wiped when dropped.
   *
   * Since: 0.1
   */
  props[PROP_ACCESS_KEY_SECRET] = new_secret ("access-key-secret",
      "AccessKey secret",
      "Secret that belongs to access-key-id (write-only)");

  /**
   * GstIceSink:security-token:
   *
   * Token of a temporary explicit identity. Write-only; wiped when dropped.
   *
   * Since: 0.1
   */
  props[PROP_SECURITY_TOKEN] = new_secret ("security-token", "Security token",
      "Security token that belongs to access-key-id, if it is a temporary one"
      " (write-only)");

  /**
   * GstIceSink:profile:
   *
   * Name of the profile in `~/.aliyun/config.json` and
   * `~/.alibabacloud/credentials`, in place of `ALIBABA_CLOUD_PROFILE`. It
   * does not change the order of the chain: keys in the environment still go
   * first. NULL: the file's current one, or `default`.
   *
   * Since: 0.1
   */
  props[PROP_PROFILE] = new_string ("profile", "Profile",
      "Name of the profile in ~/.aliyun/config.json and"
      " ~/.alibabacloud/credentials (default: the current one)");

  /**
   * GstIceSink:upload-address:
   *
   * UploadAddress of the first upload credential, Base64 as ICE returned it,
   * with #GstIceSink:upload-auth; no identity is needed then. Renewed through
   * #GstIceSink::provide-upload-credential. Write-only.
   *
   * Since: 0.1
   */
  props[PROP_UPLOAD_ADDRESS] = new_secret ("upload-address", "Upload address",
      "UploadAddress of the first upload credential, Base64 as ICE returned"
      " it; no identity is needed then (write-only)");

  /**
   * GstIceSink:upload-auth:
   *
   * UploadAuth, see #GstIceSink:upload-address. Write-only; wiped when
   * dropped.
   *
   * Since: 0.1
   */
  props[PROP_UPLOAD_AUTH] = new_secret ("upload-auth", "Upload auth",
      "UploadAuth that belongs to upload-address, Base64 as ICE returned it"
      " (write-only)");
}

static void
init_part_properties (void)
{
  /**
   * GstIceSink:part-size:
   *
   * Size of the first parts in bytes. Later ones grow by plan, so that part
   * 10,000 is not reached early. parallel-parts + 1 of them must fit
   * #GstIceSink:max-memory. A stream smaller than this is one PutObject.
   *
   * Since: 0.1
   */
  props[PROP_PART_SIZE] = new_uint64 ("part-size", "Part size",
      "Size of the first parts in bytes, 100 KiB to 5 GiB; later ones grow by"
      " plan, so that 10,000 parts last",
      GST_ICE_PART_SIZE_MIN, GST_ICE_PART_SIZE_MAX,
      GST_ICE_DEFAULT_PART_SIZE);

  /**
   * GstIceSink:max-part-duration:
   *
   * Age in nanoseconds at which a part of at least 100 KiB is handed over
   * before it is full, where the part plan allows. 0: by size only.
   *
   * Since: 0.1
   */
  props[PROP_MAX_PART_DURATION] = new_uint64 ("max-part-duration",
      "Maximum part duration",
      "Age in nanoseconds at which a part of at least 100 KiB is sent though"
      " it is not full (0: by size only)", 0,
      G_MAXINT64, GST_ICE_DEFAULT_MAX_PART_DURATION);

  /**
   * GstIceSink:parallel-parts:
   *
   * Parts in flight at a time.
   *
   * Since: 0.1
   */
  props[PROP_PARALLEL_PARTS] = g_param_spec_uint ("parallel-parts",
      "Parallel parts", "Number of parts in flight at a time, 1 to 32", 1,
      GST_ICE_MAX_PARALLEL_PARTS, GST_ICE_DEFAULT_PARALLEL_PARTS, SETTABLE);

  /**
   * GstIceSink:max-memory:
   *
   * Recorded bytes held in memory, all copies counted. When they are used up,
   * #GstIceSink:overflow says what happens.
   *
   * Since: 0.1
   */
  props[PROP_MAX_MEMORY] = new_uint64 ("max-memory", "Maximum memory",
      "Recorded bytes held in memory, all copies counted, at least 512 KiB;"
      " parallel-parts + 1 parts of part-size must fit",
      GST_ICE_MIN_MAX_MEMORY, G_MAXINT64, GST_ICE_DEFAULT_MAX_MEMORY);

  /**
   * GstIceSink:seekable:
   *
   * Whether upstream may rewrite what it wrote. With yes, an ordinary MP4 is
   * whole only after EOS.
   *
   * Since: 0.1
   */
  props[PROP_SEEKABLE] = g_param_spec_enum ("seekable", "Seekable",
      "Whether muxers may rewrite what they wrote", GST_TYPE_ICE_SEEKABLE,
      GST_ICE_DEFAULT_SEEKABLE, SETTABLE);

  /**
   * GstIceSink:head-size:
   *
   * Bytes from the start that stay rewritable to the end, and are uploaded
   * last. Grows with the rewrites seen, within half of #GstIceSink:max-memory;
   * begins with at most a quarter of it.
   *
   * Since: 0.1
   */
  props[PROP_HEAD_SIZE] = new_uint64 ("head-size", "Head size",
      "Bytes from the start that stay rewritable to the end, and are sent"
      " last; grows with the rewrites seen", 0, G_MAXINT64,
      GST_ICE_DEFAULT_HEAD_SIZE);

  /**
   * GstIceSink:spool-directory:
   *
   * Directory for bytes that memory can't hold. With it, everything that is
   * recorded goes to disk as well, in a subdirectory named after the media id,
   * stays rewritable to the end, and survives a crash: see
   * #GstIceSink:resume. It is made if there is none; its files are readable by
   * the user alone, and are removed once the object is confirmed. NULL: none.
   * A directory that can't be used is a RESOURCE SETTINGS error.
   *
   * Since: 0.1
   */
  props[PROP_SPOOL_DIRECTORY] = new_string ("spool-directory",
      "Spool directory",
      "Directory that gets all that is recorded, for what memory can't hold,"
      " and to go on from after a crash (default: none)");

  /**
   * GstIceSink:spool-max-size:
   *
   * Most bytes that a recording may have on disk. When they are used up, parts
   * that have arrived give their room, the oldest first, and can't be rewritten
   * any more; when there are none, #GstIceSink:overflow decides. 0: no limit
   * but the disk's.
   *
   * Since: 0.1
   */
  props[PROP_SPOOL_MAX_SIZE] = new_uint64 ("spool-max-size",
      "Maximum size of the spool",
      "Most bytes on disk per recording (0: no limit but the disk's)",
      0, G_MAXUINT64, GST_ICE_DEFAULT_SPOOL_MAX_SIZE);

  /**
   * GstIceSink:overflow:
   *
   * What happens when memory, and the spool if there is one, are full: the
   * pipeline waits, or the upload fails with RESOURCE NO_SPACE_LEFT.
   *
   * Since: 0.1
   */
  props[PROP_OVERFLOW] = g_param_spec_enum ("overflow", "Overflow",
      "What to do when memory, and the spool if there is one, are full",
      GST_TYPE_ICE_OVERFLOW, GST_ICE_DEFAULT_OVERFLOW, SETTABLE);

  /**
   * GstIceSink:content-type:
   *
   * Content-Type of the object; by default the one that the caps mean.
   *
   * Since: 0.1
   */
  props[PROP_CONTENT_TYPE] = new_string ("content-type", "Content-Type",
      "Content-Type of the object (default: from caps)");

  /**
   * GstIceSink:verify:
   *
   * Compare the CRC-64 of each part and of the object with OSS's.
   *
   * Since: 0.1
   */
  props[PROP_VERIFY] = g_param_spec_boolean ("verify", "Verify",
      "Compare the CRC-64 of each part and of the object with that of OSS",
      GST_ICE_DEFAULT_VERIFY, SETTABLE);
}

static void
init_end_properties (void)
{
  /**
   * GstIceSink:resume:
   *
   * What to do with a spool that an earlier run left for this media id. `auto`
   * goes on with the same upload and appends, if both streams are MPEG-TS, MPEG
   * audio (AAC as ADTS), H.264 or H.265 byte-stream, or Ogg; any other earlier
   * recording is finished, and the new stream refused with a RESOURCE SETTINGS
   * error. `only` finishes what is left and takes no stream: upstream gets EOS.
   * `never` refuses to start.
   *
   * Since: 0.1
   */
  props[PROP_RESUME] = g_param_spec_enum ("resume", "Resume",
      "What to do with a spool that an earlier run left for this media id",
      GST_TYPE_ICE_RESUME, GST_ICE_DEFAULT_RESUME, SETTABLE);

  /**
   * GstIceSink:on-stop:
   *
   * What becomes of the upload when the sink is stopped without EOS.
   *
   * Since: 0.1
   */
  props[PROP_ON_STOP] = g_param_spec_enum ("on-stop", "On stop",
      "What to do with the upload when the sink is stopped without EOS",
      GST_TYPE_ICE_END_ACTION, GST_ICE_DEFAULT_ON_STOP, SETTABLE);

  /**
   * GstIceSink:on-error:
   *
   * What becomes of an upload that has failed for good: complete it with the
   * longest gapless prefix, abort it, or leave the parts. After a SEEK or SYNC
   * error the parts are left in any case.
   *
   * Since: 0.1
   */
  props[PROP_ON_ERROR] = g_param_spec_enum ("on-error", "On error",
      "What to do with an upload that has failed for good",
      GST_TYPE_ICE_END_ACTION, GST_ICE_DEFAULT_ON_ERROR, SETTABLE);

  /**
   * GstIceSink:retry-timeout:
   *
   * How long failed requests are tried again, in nanoseconds from the first
   * failure until any request succeeds. GST_CLOCK_TIME_NONE: for ever, which
   * is the default with a #GstIceSink:spool-directory.
   *
   * Since: 0.1
   */
  props[PROP_RETRY_TIMEOUT] = new_uint64 ("retry-timeout", "Retry timeout",
      "How long to try again, in nanoseconds from the first failure until any"
      " request succeeds (18446744073709551615: for ever, as it is with a"
      " spool-directory)", 0, G_MAXUINT64,
      GST_ICE_DEFAULT_RETRY_TIMEOUT);

  /**
   * GstIceSink:stall-timeout:
   *
   * A request that moves no byte for so long, in nanoseconds, is dropped and
   * tried again. Never a limit on a whole part.
   *
   * Since: 0.1
   */
  props[PROP_STALL_TIMEOUT] = new_uint64 ("stall-timeout", "Stall timeout",
      "Time in nanoseconds after which a request that moves no byte is dropped"
      " and tried again, at least 1 ms",
      GST_MSECOND, G_MAXINT64, GST_ICE_DEFAULT_STALL_TIMEOUT);

  /**
   * GstIceSink:stop-timeout:
   *
   * Longest time in nanoseconds that leaving PAUSED, or
   * #GstIceSink:on-error, may wait for the network. Sinks of one pipeline that
   * stop together share it.
   *
   * Since: 0.1
   */
  props[PROP_STOP_TIMEOUT] = new_uint64 ("stop-timeout", "Stop timeout",
      "Longest time in nanoseconds that stopping, or on-error, may wait for"
      " the network", 0,
      G_MAXINT64, GST_ICE_DEFAULT_STOP_TIMEOUT);
}

static void
init_network_properties (void)
{
  /**
   * GstIceSink:proxy:
   *
   * Proxy URI. NULL: the system's; empty: none. Reads back without user name
   * and password.
   *
   * Since: 0.1
   */
  props[PROP_PROXY] = new_string ("proxy", "Proxy",
      "Proxy URI, such as http://HOST:PORT (default: the system's; empty:"
      " none); reads back without user name and password");

  /**
   * GstIceSink:tcp-congestion-control:
   *
   * TCP congestion control, for example `bbr` for lossy uplinks; a warning
   * where the system refuses it.
   *
   * Since: 0.1
   */
  props[PROP_TCP_CONGESTION_CONTROL] = new_string ("tcp-congestion-control",
      "TCP congestion control",
      "TCP congestion control of the connections, e.g. bbr for lossy uplinks"
      " (default: the system's)");

  /**
   * GstIceSink:ssl-ca-file:
   *
   * PEM file of CA certificates in place of the system's.
   *
   * Since: 0.1
   */
  props[PROP_SSL_CA_FILE] = new_string ("ssl-ca-file", "CA file",
      "PEM file of CA certificates (default: the system's); verification"
      " can't be turned off");

  /**
   * GstIceSink:user-agent:
   *
   * User-Agent of all requests.
   *
   * Since: 0.1
   */
  props[PROP_USER_AGENT] = g_param_spec_string ("user-agent", "User-Agent",
      "User-Agent of all requests", GST_ICE_DEFAULT_USER_AGENT, SETTABLE);
}

static void
init_report_properties (void)
{
  /**
   * GstIceSink:post-messages:
   *
   * Post the `ice-…` element messages.
   *
   * Since: 0.1
   */
  props[PROP_POST_MESSAGES] = g_param_spec_boolean ("post-messages",
      "Post messages", "Post the element messages ice-upload-started,"
      " ice-upload-progress, ice-upload-interrupted, ice-upload-resumed,"
      " ice-upload-spilling, ice-credential-refreshed and"
      " ice-upload-complete",
      GST_ICE_DEFAULT_POST_MESSAGES, SETTABLE);

  /**
   * GstIceSink:progress-interval:
   *
   * Time in nanoseconds between two `ice-upload-progress` messages. 0: none.
   *
   * Since: 0.1
   */
  props[PROP_PROGRESS_INTERVAL] = new_uint64 ("progress-interval",
      "Progress interval",
      "Time in nanoseconds between two ice-upload-progress messages"
      " (0: none)", 0,
      G_MAXINT64, GST_ICE_DEFAULT_PROGRESS_INTERVAL);

  /**
   * GstIceSink:stats:
   *
   * `application/x-icesink-stats`, with the fields of #GstBaseSink:stats:
   * state, media-id, bucket, object, upload-id, bytes-written, bytes-uploaded
   * (confirmed), bytes-sent (on the wire), bytes-pending, parts-uploaded,
   * parts-in-flight, parts-reuploaded, part-size, memory-used, spool-used,
   * requests, retries, connections-opened, credential-refreshes,
   * credential-expires-in, clock-offset (microseconds), upload-lag,
   * max-object-size, outcome, last-error. Bytes held back at the head on
   * purpose do not count for upload-lag. They stay until the next start.
   *
   * Since: 0.1
   */
  props[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "Figures of the upload; sizes in bytes, times in nanoseconds,"
      " clock-offset in microseconds", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

void
gst_ice_sink_properties_install (GObjectClass * object_class)
{
  init_asset_properties ();
  init_identity_properties ();
  init_part_properties ();
  init_end_properties ();
  init_network_properties ();
  init_report_properties ();

  g_object_class_install_properties (object_class, N_PROPS,
      props);
}
