/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The properties of the element: one row each, with where its value lies among
 * the settings; see the header.
 *
 * Runs on: the application's threads, under the element's object lock where a
 * setting is read or changed. */

#include "config.h"

#include "icesink/sink-properties.h"

/* What a setting is. */
typedef enum
{
  KIND_STATS,                   /* read by the element itself */
  KIND_LOCATION,                /* media id and more, as a URI or bare */
  KIND_STRING,                  /* gchar * */
  KIND_PATH,                    /* gchar *, absolute */
  KIND_PROXY,                   /* gchar *, with a user name and password that
                                 * are not read back */
  KIND_HIDDEN,                  /* gchar * that is never read back */
  KIND_SECRET,                  /* GstIceSecret * */
  KIND_UINT64,                  /* guint64 */
  KIND_UINT,                    /* guint */
  KIND_BOOLEAN,                 /* gboolean */
  KIND_ENUM,                    /* an enum of the size of a gint */
} Kind;

typedef struct
{
  Kind kind;
  guint offset;
  const gchar *name;
  const gchar *nick;
  const gchar *blurb;
  const gchar *text;            /* the default of a string */
  GType (*get_type) (void);     /* of an enum */
  guint64 minimum;
  guint64 maximum;
  guint64 value;                /* the default of anything else */
  gboolean changes;             /* may be set while there is a run */
} Row;

#define ROW(kind, member, name, nick, blurb) \
    kind, G_STRUCT_OFFSET (GstIceSettings, member), name, nick, blurb
#define STATS(name, nick, blurb) {KIND_STATS, 0, name, nick, blurb}
#define LOCATION(name, nick, blurb) \
    {ROW (KIND_LOCATION, media_id, name, nick, blurb)}
#define STRING(member, name, nick, blurb, text) \
    {ROW (KIND_STRING, member, name, nick, blurb), text}
#define PATH(member, name, nick, blurb) \
    {ROW (KIND_PATH, member, name, nick, blurb)}
#define PROXY(member, name, nick, blurb) \
    {ROW (KIND_PROXY, member, name, nick, blurb)}
#define HIDDEN(member, name, nick, blurb) \
    {ROW (KIND_HIDDEN, member, name, nick, blurb)}
#define SECRET(member, name, nick, blurb) \
    {ROW (KIND_SECRET, member, name, nick, blurb)}
#define UINT64(member, name, nick, blurb, minimum, maximum, value) \
    {ROW (KIND_UINT64, member, name, nick, blurb), NULL, NULL, minimum, \
        maximum, value}
#define LIVE_UINT64(member, name, nick, blurb, minimum, maximum, value) \
    {ROW (KIND_UINT64, member, name, nick, blurb), NULL, NULL, minimum, \
        maximum, value, TRUE}
#define UINT(member, name, nick, blurb, minimum, maximum, value) \
    {ROW (KIND_UINT, member, name, nick, blurb), NULL, NULL, minimum, \
        maximum, value}
#define BOOLEAN(member, name, nick, blurb, value) \
    {ROW (KIND_BOOLEAN, member, name, nick, blurb), NULL, NULL, 0, 1, value}
#define ENUM(member, name, nick, blurb, get_type, value) \
    {ROW (KIND_ENUM, member, name, nick, blurb), NULL, get_type, 0, 0, value}

/* The id of a property is its place here, from 1. `stats` is the first, as the
 * header says. */
static const Row rows[] = {
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
  STATS ("stats", "Statistics",
      "Figures of the upload; sizes in bytes, times in nanoseconds,"
      " clock-offset in microseconds"),

  /**
   * GstIceSink:media-id:
   *
   * The ICE media asset to upload to: 1 to 128 of `A-Z a-z 0-9 _ -`. Required;
   * anything else is a RESOURCE SETTINGS error at READY to PAUSED.
   *
   * Since: 0.1
   */
  STRING (media_id, "media-id", "Media id",
      "ICE media asset to upload to, required: 1 to 128 of A-Z a-z 0-9 _"
      " -",
      NULL),

  /**
   * GstIceSink:location:
   *
   * The same as #GstIceSink:media-id, for elements that set a location: a bare
   * media id or `icems://MEDIA-ID[?region=REGION]`. Reads back as the bare id.
   *
   * Since: 0.1
   */
  LOCATION ("location", "Location",
      "The media-id, as a bare id or as icems://MEDIA-ID[?region=REGION]"),

  /**
   * GstIceSink:region:
   *
   * Region of ICE, and of OSS where neither host nor credential name one.
   *
   * Since: 0.1
   */
  STRING (region, "region", "Region",
      "Region of ICE, for example cn-beijing",
      GST_ICE_DEFAULT_REGION),

  /**
   * GstIceSink:ice-endpoint:
   *
   * Host or URL of the ICE API in place of `https://ice.REGION.aliyuncs.com`.
   * Plain `http://` is taken for a loopback host only.
   *
   * Since: 0.1
   */
  STRING (ice_endpoint, "ice-endpoint", "ICE endpoint",
      "Host or URL of the ICE API (default:"
      " https://ice.REGION.aliyuncs.com), from within a VPC"
      " ice-vpc.REGION.aliyuncs.com; http:// to loopback only",
      NULL),

  /**
   * GstIceSink:oss-endpoint:
   *
   * Host or URL of OSS in place of the one that the upload credential names,
   * for example an internal or an acceleration endpoint. Plain `http://` is
   * taken for a loopback host only.
   *
   * Since: 0.1
   */
  STRING (oss_endpoint, "oss-endpoint", "OSS endpoint",
      "Host or URL of OSS, from within Alibaba Cloud"
      " oss-REGION-internal.aliyuncs.com (default: what the upload credential"
      " says); http:// to loopback only",
      NULL),

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
  HIDDEN (access_key_id, "access-key-id", "AccessKey id",
      "AccessKey id of an explicit identity; the environment or a file"
      " are safer (write-only)"),

  /**
   * GstIceSink:access-key-secret:
   *
   * See #GstIceSink:access-key-id. Write-only; wiped when dropped.
   *
   * Since: 0.1
   */
  SECRET (access_key_secret, "access-key-secret", "AccessKey secret",
      "Secret that belongs to access-key-id (write-only)"),

  /**
   * GstIceSink:security-token:
   *
   * Token of a temporary explicit identity. Write-only; wiped when dropped.
   *
   * Since: 0.1
   */
  SECRET (security_token, "security-token", "Security token",
      "Security token that belongs to access-key-id, if it is a temporary"
      " one (write-only)"),

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
  STRING (profile, "profile", "Profile",
      "Name of the profile in ~/.aliyun/config.json and"
      " ~/.alibabacloud/credentials (default: the current one)",
      NULL),

  /**
   * GstIceSink:upload-address:
   *
   * UploadAddress of the first upload credential, Base64 as ICE returned it,
   * with #GstIceSink:upload-auth; no identity is needed then. Renewed through
   * #GstIceSink::provide-upload-credential. Write-only.
   *
   * Since: 0.1
   */
  SECRET (upload_address, "upload-address", "Upload address",
      "UploadAddress of the first upload credential, Base64 as ICE"
      " returned it; no identity is needed then (write-only)"),

  /**
   * GstIceSink:upload-auth:
   *
   * UploadAuth, see #GstIceSink:upload-address. Write-only; wiped when
   * dropped.
   *
   * Since: 0.1
   */
  SECRET (upload_auth, "upload-auth", "Upload auth",
      "UploadAuth that belongs to upload-address, Base64 as ICE returned"
      " it (write-only)"),

  /**
   * GstIceSink:part-size:
   *
   * Size of the first parts in bytes. Later ones grow by plan, so that part
   * 10,000 is not reached early. parallel-parts + 1 of them must fit
   * #GstIceSink:max-memory. A stream smaller than this is one PutObject.
   *
   * Since: 0.1
   */
  UINT64 (part_size, "part-size", "Part size",
      "Size of the first parts in bytes, 100 KiB to 5 GiB; later ones"
      " grow by plan, so that 10,000 parts last. Larger ones help on fast links"
      " with a long way to OSS",
      GST_ICE_PART_SIZE_MIN, GST_ICE_PART_SIZE_MAX, GST_ICE_DEFAULT_PART_SIZE),

  /**
   * GstIceSink:max-part-duration:
   *
   * Age in nanoseconds at which a part of at least 100 KiB is handed over, or
   * up to a second later, before it is full, where the part plan allows. 0: by
   * size only.
   *
   * Since: 0.1
   */
  UINT64 (max_part_duration, "max-part-duration", "Maximum part duration",
      "Age in nanoseconds at which a part of at least 100 KiB is sent"
      " though it is not full (0: by size only)",
      0, G_MAXINT64, GST_ICE_DEFAULT_MAX_PART_DURATION),

  /**
   * GstIceSink:parallel-parts:
   *
   * Parts in flight at a time. 0 is automatic: three, more while parts wait
   * and the round trips say that the line is not full, up to 16 within
   * #GstIceSink:max-memory, and fewer again when they only fill a queue. A live
   * source that the line keeps up with has one or two. Where the system does
   * not tell round trips (not Linux, or a proxy in between) it is three.
   *
   * Since: 0.1
   */
  UINT (parallel_parts, "parallel-parts", "Parallel parts",
      "Number of parts in flight at a time, 1 to 32; 0: automatic, as many as"
      " the line takes while parts wait",
      0, GST_ICE_MAX_PARALLEL_PARTS, GST_ICE_DEFAULT_PARALLEL_PARTS),

  /**
   * GstIceSink:max-upload-bitrate:
   *
   * Most that goes out, in bit/s: all requests of this upload together, with
   * what is sent again, also when a backlog is caught up with. The kernel paces
   * each connection at its share of it. What it holds back waits in memory or
   * spool like anything else, and is no stall. 0: no limit. May be changed in
   * any state, from any thread. (#GstBaseSink:max-bitrate is another thing: it
   * slows the pipeline down.) Where the system can't pace connections, as
   * others than Linux, a limit is a RESOURCE SETTINGS error at READY to
   * PAUSED.
   *
   * Since: 0.1
   */
  LIVE_UINT64 (network.max_upload_bitrate, "max-upload-bitrate",
      "Maximum upload bitrate",
      "Most that goes out, in bit/s, all requests together, also when a backlog"
      " is caught up with (0: no limit). The rest waits in memory or spool; it"
      " is max-bitrate that slows the pipeline down",
      0, G_MAXUINT64, GST_ICE_DEFAULT_MAX_UPLOAD_BITRATE),

  /**
   * GstIceSink:share-upload-bitrate:
   *
   * #GstIceSink:max-upload-bitrate is what all sinks of the process that have
   * this set send together: the lowest of theirs counts, and whoever sends
   * just now gets a share of it. For the fragments of splitmuxsink, and for
   * recorders with several sinks on one line.
   *
   * Since: 0.1
   */
  BOOLEAN (network.share_upload_bitrate, "share-upload-bitrate",
      "Share upload bitrate",
      "max-upload-bitrate is for all sinks of this process together that have"
      " this set; the lowest of theirs counts",
      GST_ICE_DEFAULT_SHARE_UPLOAD_BITRATE),

  /**
   * GstIceSink:max-memory:
   *
   * Recorded bytes held in memory, all copies counted. When they are used up,
   * #GstIceSink:overflow says what happens.
   *
   * Since: 0.1
   */
  UINT64 (max_memory, "max-memory", "Maximum memory",
      "Recorded bytes held in memory, all copies counted, at least 512"
      " KiB; parallel-parts + 1 parts of part-size must fit. (Not to be mixed"
      " up with max-bitrate above, which slows the pipeline down)",
      GST_ICE_MIN_MAX_MEMORY, G_MAXINT64, GST_ICE_DEFAULT_MAX_MEMORY),

  /**
   * GstIceSink:seekable:
   *
   * Whether upstream may rewrite what it wrote. With yes, an ordinary MP4 is
   * whole only after EOS.
   *
   * Since: 0.1
   */
  ENUM (seekable, "seekable", "Seekable",
      "Whether muxers may rewrite what they wrote",
      gst_ice_seekable_get_type, GST_ICE_DEFAULT_SEEKABLE),

  /**
   * GstIceSink:head-size:
   *
   * Bytes from the start that stay rewritable to the end. They are uploaded
   * last, or once 50 times as much was recorded and nothing of them rewritten,
   * and if it is later, again. Grows with the rewrites seen, within half of
   * #GstIceSink:max-memory; begins with at most a quarter of it.
   *
   * Since: 0.1
   */
  UINT64 (head_size, "head-size", "Head size",
      "Bytes from the start that stay rewritable to the end, and are sent"
      " last; grows with the rewrites seen. 0 lets all leave at once, which"
      " suits muxers that never go back, as for MPEG-TS",
      0, G_MAXINT64, GST_ICE_DEFAULT_HEAD_SIZE),

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
  PATH (spool_directory, "spool-directory", "Spool directory",
      "Directory that gets all that is recorded, for what memory can't"
      " hold, and to go on from after a crash (default: none)"),

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
  UINT64 (spool_max_size, "spool-max-size", "Maximum size of the spool",
      "Most bytes on disk per recording (0: no limit but the disk's)",
      0, G_MAXUINT64, GST_ICE_DEFAULT_SPOOL_MAX_SIZE),

  /**
   * GstIceSink:overflow:
   *
   * What happens when memory, and the spool if there is one, are full: the
   * pipeline waits, or the upload fails with RESOURCE NO_SPACE_LEFT.
   *
   * Since: 0.1
   */
  ENUM (overflow, "overflow", "Overflow",
      "What to do when memory, and the spool if there is one, are full",
      gst_ice_overflow_get_type, GST_ICE_DEFAULT_OVERFLOW),

  /**
   * GstIceSink:content-type:
   *
   * Content-Type of the object; by default the one that the caps mean.
   *
   * Since: 0.1
   */
  STRING (content_type, "content-type", "Content-Type",
      "Content-Type of the object (default: from caps)",
      NULL),

  /**
   * GstIceSink:verify:
   *
   * Compare the CRC-64 of each part and of the object with OSS's.
   *
   * Since: 0.1
   */
  BOOLEAN (verify, "verify", "Verify",
      "Compare the CRC-64 of each part and of the object with that of OSS",
      GST_ICE_DEFAULT_VERIFY),

  /**
   * GstIceSink:resume:
   *
   * What to do with a spool that an earlier run left for this media id. `auto`
   * goes on with the same upload and appends, if both streams are MPEG-TS, MPEG
   * audio (AAC as ADTS), H.264 or H.265 byte-stream, or Ogg; any other earlier
   * recording is finished, and the new stream refused with a RESOURCE SETTINGS
   * error. `only` finishes what is left and takes no stream: what comes is
   * dropped, and EOS posted at once.
   * `never` refuses to start.
   *
   * Since: 0.1
   */
  ENUM (resume, "resume", "Resume",
      "What to do with a spool that an earlier run left for this media id",
      gst_ice_resume_get_type, GST_ICE_DEFAULT_RESUME),

  /**
   * GstIceSink:on-stop:
   *
   * What becomes of the upload when the sink is stopped without EOS.
   *
   * Since: 0.1
   */
  ENUM (on_stop, "on-stop", "On stop",
      "What to do with the upload when the sink is stopped without EOS",
      gst_ice_end_action_get_type, GST_ICE_DEFAULT_ON_STOP),

  /**
   * GstIceSink:on-error:
   *
   * What becomes of an upload that has failed for good: complete it with the
   * longest gapless prefix, abort it, or leave the parts. After a SEEK or SYNC
   * error the parts are left in any case.
   *
   * Since: 0.1
   */
  ENUM (on_error, "on-error", "On error",
      "What to do with an upload that has failed for good",
      gst_ice_end_action_get_type, GST_ICE_DEFAULT_ON_ERROR),

  /**
   * GstIceSink:retry-timeout:
   *
   * How long failed requests are tried again, in nanoseconds from the first
   * failure until any request succeeds. GST_CLOCK_TIME_NONE: for ever, which
   * is the default with a #GstIceSink:spool-directory.
   *
   * Since: 0.1
   */
  UINT64 (retry_timeout, "retry-timeout", "Retry timeout",
      "How long to try again, in nanoseconds from the first failure until"
      " any request succeeds (-1, which is 18446744073709551615: for ever, as"
      " it is with a spool-directory)",
      0, G_MAXUINT64, GST_ICE_DEFAULT_RETRY_TIMEOUT),

  /**
   * GstIceSink:stall-timeout:
   *
   * A request that moves no byte for so long, in nanoseconds, is dropped and
   * tried again. Never a limit on a whole part.
   *
   * Since: 0.1
   */
  UINT64 (network.stall_timeout, "stall-timeout", "Stall timeout",
      "Time in nanoseconds after which a request that moves no byte is"
      " dropped and tried again, at least 1 ms",
      GST_MSECOND, G_MAXINT64, GST_ICE_DEFAULT_STALL_TIMEOUT),

  /**
   * GstIceSink:stop-timeout:
   *
   * Longest time in nanoseconds that leaving PAUSED, or
   * #GstIceSink:on-error, may wait for the network. Sinks of one pipeline that
   * stop together share it.
   *
   * Since: 0.1
   */
  UINT64 (stop_timeout, "stop-timeout", "Stop timeout",
      "Longest time in nanoseconds that stopping, or on-error, may wait"
      " for the network",
      0, G_MAXINT64, GST_ICE_DEFAULT_STOP_TIMEOUT),

  /**
   * GstIceSink:proxy:
   *
   * Proxy URI. NULL: the system's; empty: none. Reads back without user name
   * and password.
   *
   * Since: 0.1
   */
  PROXY (network.proxy, "proxy", "Proxy",
      "Proxy URI, such as http://HOST:PORT (default: the system's; empty:"
      " none); reads back without user name and password"),

  /**
   * GstIceSink:tcp-congestion-control:
   *
   * TCP congestion control, for example `bbr` for lossy uplinks; a warning
   * where the system refuses it.
   *
   * Since: 0.1
   */
  STRING (network.tcp_congestion_control, "tcp-congestion-control", "TCP congestion control",
      "TCP congestion control of the connections, e.g. bbr for lossy"
      " uplinks (default: the system's)",
      NULL),

  /**
   * GstIceSink:ssl-ca-file:
   *
   * PEM file of CA certificates in place of the system's.
   *
   * Since: 0.1
   */
  PATH (network.ca_file, "ssl-ca-file", "CA file",
      "PEM file of CA certificates (default: the system's); verification"
      " can't be turned off"),

  /**
   * GstIceSink:user-agent:
   *
   * User-Agent of all requests.
   *
   * Since: 0.1
   */
  STRING (network.user_agent, "user-agent", "User-Agent",
      "User-Agent of all requests",
      GST_ICE_DEFAULT_USER_AGENT),

  /**
   * GstIceSink:post-messages:
   *
   * Post the `ice-…` element messages.
   *
   * Since: 0.1
   */
  BOOLEAN (post_messages, "post-messages", "Post messages",
      "Post the element messages ice-upload-started, ice-upload-progress,"
      " ice-upload-interrupted, ice-upload-resumed, ice-upload-spilling,"
      " ice-credential-refreshed and ice-upload-complete",
      GST_ICE_DEFAULT_POST_MESSAGES),

  /**
   * GstIceSink:progress-interval:
   *
   * Time in nanoseconds between two `ice-upload-progress` messages. 0: none.
   *
   * Since: 0.1
   */
  UINT64 (progress_interval, "progress-interval", "Progress interval",
      "Time in nanoseconds between two ice-upload-progress messages (0:"
      " none)",
      0, G_MAXINT64, GST_ICE_DEFAULT_PROGRESS_INTERVAL)
};

/* (nullable) */
static const Row *
get_row (guint id)
{
  return id > 0 && id <= G_N_ELEMENTS (rows) ? &rows[id - 1] : NULL;
}

gboolean
gst_ice_sink_properties_may_change (guint id)
{
  const Row *row = get_row (id);

  return row != NULL && row->changes;
}

static gboolean
is_hidden (const Row * row)
{
  return row->kind == KIND_HIDDEN || row->kind == KIND_SECRET;
}

gboolean
gst_ice_sink_properties_set (GstIceSettings * settings, guint id,
    const GValue * value)
{
  const Row *row = get_row (id);
  gpointer member;

  if (row == NULL)
    return FALSE;

  member = G_STRUCT_MEMBER_P (settings, row->offset);
  switch (row->kind) {
    case KIND_STATS:
      return FALSE;
    case KIND_LOCATION:
      gst_ice_settings_set_location (settings, g_value_get_string (value));
      break;
    case KIND_PATH:
      gst_ice_settings_set_path (member, g_value_get_string (value));
      break;
    case KIND_STRING:
    case KIND_PROXY:
    case KIND_HIDDEN:
      gst_ice_settings_set_string (member, g_value_get_string (value));
      break;
    case KIND_SECRET:
      gst_ice_settings_set_secret (member, g_value_get_string (value));
      break;
    case KIND_UINT64:
      *(guint64 *) member = g_value_get_uint64 (value);
      break;
    case KIND_UINT:
      *(guint *) member = g_value_get_uint (value);
      break;
    case KIND_BOOLEAN:
      *(gboolean *) member = g_value_get_boolean (value);
      break;
    case KIND_ENUM:
      *(gint *) member = g_value_get_enum (value);
      break;
  }
  if (member == &settings->retry_timeout)
    settings->retry_timeout_set = TRUE;
  if (row->kind == KIND_STRING && (member == &settings->media_id
          || member == &settings->region
          || member == &settings->ice_endpoint))
    gst_ice_settings_set_string (&settings->uri, NULL);

  return TRUE;
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

static guint64
get_uint64 (const GstIceSettings * settings, gconstpointer member)
{
  return member == &settings->retry_timeout ?
      gst_ice_settings_get_retry_timeout (settings) :
      *(const guint64 *) member;
}

gboolean
gst_ice_sink_properties_get (const GstIceSettings * settings, guint id,
    GValue * value)
{
  const Row *row = get_row (id);
  gconstpointer member;

  if (row == NULL)
    return FALSE;

  member = G_STRUCT_MEMBER_P (settings, row->offset);
  switch (row->kind) {
    case KIND_LOCATION:
    case KIND_PATH:
    case KIND_STRING:
      g_value_set_string (value, *(gchar * const *) member);
      break;
    case KIND_PROXY:
      g_value_take_string (value, strip_userinfo (*(gchar * const *) member));
      break;
    case KIND_UINT64:
      g_value_set_uint64 (value, get_uint64 (settings, member));
      break;
    case KIND_UINT:
      g_value_set_uint (value, *(const guint *) member);
      break;
    case KIND_BOOLEAN:
      g_value_set_boolean (value, *(const gboolean *) member);
      break;
    case KIND_ENUM:
      g_value_set_enum (value, *(const gint *) member);
      break;
    default:
      return FALSE;
  }

  return TRUE;
}

static GParamSpec *
new_spec (const Row * row)
{
  GParamFlags flags = G_PARAM_STATIC_STRINGS;

  if (!is_hidden (row))
    flags |= G_PARAM_READABLE;
  if (row->kind != KIND_STATS)
    flags |= G_PARAM_WRITABLE | (row->changes ? GST_PARAM_MUTABLE_PLAYING
        : GST_PARAM_MUTABLE_READY);

  switch (row->kind) {
    case KIND_STATS:
      return g_param_spec_boxed (row->name, row->nick, row->blurb,
          GST_TYPE_STRUCTURE, flags);
    case KIND_UINT64:
      return g_param_spec_uint64 (row->name, row->nick, row->blurb,
          row->minimum, row->maximum, row->value, flags);
    case KIND_UINT:
      return g_param_spec_uint (row->name, row->nick, row->blurb,
          row->minimum, row->maximum, row->value, flags);
    case KIND_BOOLEAN:
      return g_param_spec_boolean (row->name, row->nick, row->blurb,
          row->value, flags);
    case KIND_ENUM:
      return g_param_spec_enum (row->name, row->nick, row->blurb,
          row->get_type (), row->value, flags);
    default:
      return g_param_spec_string (row->name, row->nick, row->blurb, row->text,
          flags);
  }
}

void
gst_ice_sink_properties_install (GObjectClass * object_class)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++)
    g_object_class_install_property (object_class, i + 1,
        new_spec (&rows[i]));
}
