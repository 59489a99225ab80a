/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The error domain of everything below the element.
 *
 * The codes mirror decisions, not HTTP numbers: each says what a caller can
 * still do. A GstIceError also carries what the service said
 * (GstIceErrorDetails), through g_error_copy() and g_prefix_error() alike. */

#pragma once

#include <glib.h>

#define GST_ICE_ERROR (gst_ice_error_quark ())
GQuark gst_ice_error_quark (void);

/* What is wrong, as far as it decides what comes next. Since: 0.1 */
typedef enum
{
  GST_ICE_ERROR_FAILED,           /* final, and no other code says it better */
  GST_ICE_ERROR_SETTINGS,         /* something the user set cannot work */
  GST_ICE_ERROR_NOT_AUTHORIZED,   /* the service refuses this identity, or
                                   * there is none */
  GST_ICE_ERROR_TOKEN_EXPIRED,    /* the upload credential is dead; a renewal
                                   * helps */
  GST_ICE_ERROR_IDENTITY_EXPIRED, /* the caller's own temporary identity is
                                   * over; a new one from the provider helps */
  GST_ICE_ERROR_CLOCK_SKEW,       /* the service finds our clock wrong; its
                                   * time is in the details */
  GST_ICE_ERROR_THROTTLED,        /* too many calls; wait longer */
  GST_ICE_ERROR_UNAVAILABLE,      /* the service has a problem of its own; try
                                   * again */
  GST_ICE_ERROR_NETWORK,          /* nothing intelligible came back: refused,
                                   * reset, DNS, early end; try again */
  GST_ICE_ERROR_TLS,              /* no TLS connection could be made; try
                                   * again */
  GST_ICE_ERROR_STALLED,          /* no byte moved for the stall timeout; try
                                   * again */
  GST_ICE_ERROR_DAMAGED,          /* what arrived is not what was sent (CRC-64,
                                   * InvalidDigest); send again */
  GST_ICE_ERROR_PROTOCOL,         /* an answer that makes no sense, or is too
                                   * large */
  GST_ICE_ERROR_NOT_FOUND,        /* media id, bucket or object does not
                                   * exist */
  GST_ICE_ERROR_NO_SUCH_UPLOAD,   /* the upload id is not, or no longer,
                                   * known */
  GST_ICE_ERROR_CONFLICT,         /* the object may not be overwritten */
  GST_ICE_ERROR_NO_SPACE,         /* disk, part numbers or object size are used
                                   * up */
  GST_ICE_ERROR_SEEK,             /* a rewrite of bytes that are no longer
                                   * held */
  GST_ICE_ERROR_SYNC,             /* the object at the service differs from
                                   * ours for good */
  GST_ICE_ERROR_OUTCOME_UNKNOWN,  /* whether the object is complete cannot be
                                   * learnt */
} GstIceErrorCode;

/* What is known about a failure besides its text. Unknown fields are NULL, 0
 * or -1. */
typedef struct
{
  const gchar *service;       /* (nullable) "ice" or "oss"; a static string */
  const gchar *operation;     /* (nullable) the call, in the service's words; a
                               * static string */
  guint part;                 /* part number, or 0 where no part is meant */
  guint http_status;          /* HTTP status, or 0 where no answer came */
  gchar *code;                /* (nullable) (owned) the service's error code,
                               * never a secret */
  gchar *request_id;          /* (nullable) (owned) the service's request id */
  gchar *ec;                  /* (nullable) (owned) OSS's EC */
  gint64 retry_after_us;      /* how long the service asks to wait in
                               * microseconds, or -1 */
  gint64 server_time_us;      /* the service's clock when it answered, in
                               * microseconds since 1970, or -1 */
  gboolean not_sent;          /* there was no connection to send the request
                               * on, so the service has seen nothing of it */
  gboolean reused_connection; /* a kept connection failed before any answer
                               * came; a new attempt at once, on another one,
                               * is no sign of trouble */
} GstIceErrorDetails;

/* Frees the strings of details that belong to no error. */
void gst_ice_error_details_clear (GstIceErrorDetails * details);

/* An error of our domain; details start out unknown. */
GError *gst_ice_error_new (GstIceErrorCode code, const gchar * format, ...)
    G_GNUC_PRINTF (2, 3);

/* Sets @error, unless that is NULL, to such an error. Always returns FALSE, for
 * the caller to return. */
gboolean gst_ice_set_error (GError ** error, GstIceErrorCode code,
    const gchar * format, ...) G_GNUC_PRINTF (3, 4);

/**
 * gst_ice_error_new_from_answer:
 * @details: what the service said; copied
 * @message: (nullable): the service's own words, fit to be shown
 * @hint: (nullable): what to do about it
 *
 * An error whose text says it all in one line: operation, part, HTTP status,
 * the service's code, @message, its ids, and @hint.
 */
GError *gst_ice_error_new_from_answer (GstIceErrorCode code,
    const GstIceErrorDetails * details, const gchar * message,
    const gchar * hint);

/* The details of @error, to read or to fill in; NULL for a foreign domain. */
GstIceErrorDetails *gst_ice_error_get_details (const GError * error);

/* TRUE if @error is of our domain and has @code. */
gboolean gst_ice_error_is (const GError * error, GstIceErrorCode code);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstIceErrorDetails,
    gst_ice_error_details_clear)
