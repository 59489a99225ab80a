/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the user set, and what of it a run takes with it.
 *
 * Plain data. The element protects it with its object lock while properties
 * may change; a run gets a copy of what it needs when it begins. */

#pragma once

#include <gst/gst.h>

#include "common/secret.h"
#include "recording/recording.h"
#include "upload/upload-config.h"

/**
 * GstIceSeekable:
 * @GST_ICE_SEEKABLE_NO: upstream has to stream
 * @GST_ICE_SEEKABLE_YES: muxers may rewrite what they wrote
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_SEEKABLE_NO,
  GST_ICE_SEEKABLE_YES,
} GstIceSeekable;

/**
 * GstIceOverflow:
 * @GST_ICE_OVERFLOW_BLOCK: the pipeline waits
 * @GST_ICE_OVERFLOW_ERROR: the upload fails
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_OVERFLOW_BLOCK,
  GST_ICE_OVERFLOW_ERROR,
} GstIceOverflow;

/**
 * GstIceResume:
 * @GST_ICE_RESUME_NEVER: refuse to start
 * @GST_ICE_RESUME_AUTO: append to it, if the format allows; else finish it and
 *     refuse the new stream
 * @GST_ICE_RESUME_ONLY: finish it, and take no stream
 *
 * What to do with a spool that an earlier run left.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_RESUME_NEVER,
  GST_ICE_RESUME_AUTO,
  GST_ICE_RESUME_ONLY,
} GstIceResume;

GType gst_ice_resume_get_type (void);
#define GST_TYPE_ICE_RESUME (gst_ice_resume_get_type ())
GType gst_ice_seekable_get_type (void);
#define GST_TYPE_ICE_SEEKABLE (gst_ice_seekable_get_type ())
GType gst_ice_overflow_get_type (void);
#define GST_TYPE_ICE_OVERFLOW (gst_ice_overflow_get_type ())
GType gst_ice_end_action_get_type (void);
#define GST_TYPE_ICE_END_ACTION (gst_ice_end_action_get_type ())

#define GST_ICE_DEFAULT_REGION "cn-shanghai"
#define GST_ICE_DEFAULT_PART_SIZE (G_GUINT64_CONSTANT (4) * 1024 * 1024)
#define GST_ICE_DEFAULT_MAX_PART_DURATION (10 * GST_SECOND)
#define GST_ICE_DEFAULT_PARALLEL_PARTS 0
#define GST_ICE_MAX_PARALLEL_PARTS 32
/* A head, the smallest part and a copy on write always fit. */
#define GST_ICE_MIN_MAX_MEMORY (G_GUINT64_CONSTANT (512) * 1024)
#define GST_ICE_DEFAULT_MAX_MEMORY (G_GUINT64_CONSTANT (128) * 1024 * 1024)
#define GST_ICE_DEFAULT_SEEKABLE GST_ICE_SEEKABLE_YES
#define GST_ICE_DEFAULT_HEAD_SIZE (G_GUINT64_CONSTANT (1024) * 1024)
#define GST_ICE_DEFAULT_OVERFLOW GST_ICE_OVERFLOW_BLOCK
#define GST_ICE_DEFAULT_SPOOL_MAX_SIZE 0
#define GST_ICE_DEFAULT_RESUME GST_ICE_RESUME_AUTO
#define GST_ICE_DEFAULT_ON_STOP GST_ICE_END_COMPLETE
#define GST_ICE_DEFAULT_ON_ERROR GST_ICE_END_COMPLETE
#define GST_ICE_DEFAULT_RETRY_TIMEOUT (10 * 60 * GST_SECOND)
#define GST_ICE_DEFAULT_STALL_TIMEOUT (20 * GST_SECOND)
#define GST_ICE_DEFAULT_STOP_TIMEOUT (30 * GST_SECOND)
#define GST_ICE_DEFAULT_MAX_UPLOAD_BITRATE 0
#define GST_ICE_DEFAULT_SHARE_UPLOAD_BITRATE FALSE
#define GST_ICE_DEFAULT_VERIFY TRUE
#define GST_ICE_DEFAULT_USER_AGENT "icesink/" VERSION
#define GST_ICE_DEFAULT_POST_MESSAGES TRUE
#define GST_ICE_DEFAULT_PROGRESS_INTERVAL GST_SECOND

typedef struct
{
  gchar *uri;                   /* that gave the three below, as it was */
  gchar *media_id;
  gchar *region;
  gchar *ice_endpoint;
  gchar *oss_endpoint;
  gchar *access_key_id;
  GstIceSecret *access_key_secret;
  GstIceSecret *security_token;
  gchar *profile;
  GstIceSecret *upload_address;
  GstIceSecret *upload_auth;
  guint64 part_size;
  GstClockTime max_part_duration;
  guint parallel_parts;
  guint64 max_memory;
  GstIceSeekable seekable;
  guint64 head_size;
  gchar *spool_directory;
  guint64 spool_max_size;
  GstIceOverflow overflow;
  GstIceResume resume;
  GstIceEndAction on_stop;
  GstIceEndAction on_error;
  GstClockTime retry_timeout;
  gboolean retry_timeout_set;   /* else the spool decides */
  GstClockTime stop_timeout;
  gchar *content_type;
  gboolean verify;
  GstIceNetworkConfig network;  /* a run gets a copy */
  gboolean post_messages;
  GstClockTime progress_interval;
} GstIceSettings;

void gst_ice_settings_init (GstIceSettings * settings);
void gst_ice_settings_clear (GstIceSettings * settings);

/* @copy: (out): what was in it is not freed. */
void gst_ice_settings_copy (const GstIceSettings * settings,
    GstIceSettings * copy);

/* Replaces a string of the settings with a copy of @text. */
void gst_ice_settings_set_string (gchar ** string, const gchar * text);

/* The same for a secret; the old one is wiped. */
void gst_ice_settings_set_secret (GstIceSecret ** secret,
    const gchar * text);

/* Replaces a path with the absolute one that @text (nullable) means now. What is
 * none is kept, so that starting fails with an error that the application
 * sees. */
void gst_ice_settings_set_path (gchar ** path, const gchar * text);

/* Sets media id and more from @text (nullable): an icems:// URI, or a bare media
 * id. What is neither is kept as the media id, for the same reason. */
void gst_ice_settings_set_location (GstIceSettings * settings,
    const gchar * text);

/* The same, but what is neither is an error: GST_URI_ERROR_BAD_URI. */
gboolean gst_ice_settings_set_uri (GstIceSettings * settings,
    const gchar * uri, GError ** error);

/* What was given as a URI, or the one that media id, region and endpoint make.
 * NULL without a media id. (transfer full) (nullable) */
gchar *gst_ice_settings_get_uri (const GstIceSettings * settings);

/* How long to try again: for ever with a spool, unless the user said otherwise.
 */
GstClockTime gst_ice_settings_get_retry_timeout (const GstIceSettings *
    settings);

/* Microseconds of a GstClockTime, -1 for GST_CLOCK_TIME_NONE. */
gint64 gst_ice_settings_get_us (GstClockTime time);

/* The configuration of an upload, checked. Reads the environment.
 * Errors: GST_ICE_ERROR_SETTINGS. (transfer full) */
GstIceUploadConfig *gst_ice_settings_get_upload_config (const GstIceSettings *
    settings, GstIceClock * clock, GError ** error);

/* Opens the spool that the settings ask for. Waits for the disk. Errors: as
 * above. (transfer full) */
GstIceSpool *gst_ice_settings_open_spool (const GstIceSettings * settings,
    GError ** error);

/* The configuration of a recording, checked; without its spool. Errors: as
 * above. */
gboolean gst_ice_settings_get_recording_config (const GstIceSettings *
    settings, GstIceRecordingConfig * config, GError ** error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstIceSettings, gst_ice_settings_clear)
