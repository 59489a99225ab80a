/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE's error codes: what each one means to a caller.
 *
 * Pure functions over one table, and the text that a person gets to see. The
 * service's code decides, not the HTTP status: the same code is documented
 * with different ones. */

#pragma once

#include "common/error.h"
#include "credentials/identity.h"

/* @status: of an answer that is not a success. @code: (nullable): the Code in
 * it. @hint: (out) (optional) (nullable): what to do about it; a static
 * string. */
GstIceErrorCode gst_ice_errors_lookup (guint status, const gchar * code,
    const gchar ** hint);

/* What is known about an answer of ICE that is not a success. */
typedef struct
{
  const gchar *operation;         /* the call, a static string */
  guint status;                   /* HTTP status */
  const gchar *code;              /* (nullable) Code */
  const gchar *message;           /* (nullable) Message, as it came */
  const gchar *request_id;        /* (nullable) RequestId */
  const GstIceIdentity *identity; /* (nullable) who signed; masked in all
                                   * texts */
  gint64 service_time_us;         /* what it tells of its time, in microseconds
                                   * since 1970, or -1 */
  gint64 retry_after_us;          /* how long the service asks to wait, or
                                   * -1 */
  gboolean is_foreign;            /* nothing in it is the service's */
} GstIceServiceFailure;

/* The error for @failure, with details. (transfer full) */
GError *gst_ice_errors_new (const GstIceServiceFailure * failure);
