/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What one upload is to do: fixed when it begins. */

#pragma once

#include "credentials/identity-sources.h"
#include "http/http-client.h"
#include "ice/lease.h"
#include "oss/oss-client.h"

/**
 * GstIceEndAction:
 * @GST_ICE_END_COMPLETE: complete the object with what can be had
 * @GST_ICE_END_ABORT: abort the multipart upload
 * @GST_ICE_END_KEEP: leave the parts at the service
 *
 * What becomes of an upload that does not end by itself.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_ICE_END_COMPLETE,
  GST_ICE_END_ABORT,
  GST_ICE_END_KEEP,
} GstIceEndAction;

typedef struct
{
  gchar *media_id;                /* (owned) the media asset */
  GstIceEndpoint *ice_endpoint;   /* (owned) where ICE is */
  GstIceEndpoint *oss_endpoint;   /* (owned) (nullable) in place of what the
                                   * lease says */
  gchar *region;                  /* (owned) region of ICE, and of OSS where
                                   * nothing else names one */
  GstIceIdentity *identity;       /* (owned) (nullable) the explicit
                                   * identity */
  GstIceIdentitySources *sources; /* (owned) (nullable) where else an identity
                                   * may come from */
  GstIceLease *first_lease;       /* (owned) (nullable) the application gave
                                   * the first one */
  guint64 part_size;              /* an object smaller than this is one
                                   * PutObject, in bytes */
  guint parallel_parts;           /* requests with parts in flight at a time,
                                   * 0: automatic */
  guint max_parallel_parts;       /* no more than these if that is automatic */
  gint64 short_line_us;           /* round trips from which on it may be more
                                   * than three; one of
                                   * gst_ice_upload_config_new()'s */
  gint64 retry_timeout_us;        /* from the first failure to the last try;
                                   * -1: for ever */
  gint64 stop_timeout_us;         /* longest time for @on_error */
  GstIceEndAction on_error;       /* what to do when the upload has failed for
                                   * good */
  gboolean verify;                /* compare CRC-64 */
  gboolean journalled;            /* no part is sent before
                                   * gst_ice_upload_noted() says that the
                                   * upload id can't get lost; after some
                                   * seconds without an answer it is */
  GstIceNetworkConfig *network;   /* (owned) how the network is to be used */
} GstIceUploadConfig;

GstIceUploadConfig *gst_ice_upload_config_new (void);
void gst_ice_upload_config_free (GstIceUploadConfig * config);

/* An HTTP client for it. Errors: those of gst_ice_http_client_new().
 * (transfer full) */
GstIceHttpClient *gst_ice_upload_config_create_http_client (const
    GstIceUploadConfig * config, GstIceClock * clock, GError ** error);

/* Where @lease lets us write, with the user's overrides. (transfer full) */
GstIceOssObject *gst_ice_upload_config_get_object (const GstIceUploadConfig *
    config, GstIceLease * lease);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceUploadConfig,
    gst_ice_upload_config_free)
