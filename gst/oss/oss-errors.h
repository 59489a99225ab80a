/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* OSS's error codes: what each one means to a caller.
 *
 * Pure functions over one table, and the text that a person gets to see. */

#pragma once

#include "common/error.h"
#include "credentials/identity.h"
#include "oss/oss-xml.h"

G_BEGIN_DECLS

/* @status: of an answer that is not a success. @code: (nullable): the Code in
 * it. @hint: (out) (optional) (nullable): what to do about it; a static
 * string. */
GstIceErrorCode gst_ice_oss_errors_lookup (guint status, const gchar * code,
    const gchar ** hint);

/**
 * GstIceOssFailure:
 * @operation: the call, a static string
 * @part: part number, or 0
 * @status: HTTP status
 * @answer: (nullable): the `<Error>` that came
 * @request_id: (nullable): of the answer
 * @ec: (nullable): x-oss-ec
 * @identity: (nullable): who signed; masked in all texts
 * @region: (nullable): the region that was signed
 * @signed_us: the time that was signed, in microseconds since 1970
 * @date_us: the Date header, or -1
 * @retry_after_us: how long OSS asks to wait, or -1
 * @is_foreign: nothing in it is OSS's
 *
 * What is known about an answer that is not a success.
 */
typedef struct
{
  const gchar *operation;
  guint part;
  guint status;
  const GstIceOssErrorAnswer *answer;
  const gchar *request_id;
  const gchar *ec;
  const GstIceIdentity *identity;
  const gchar *region;
  gint64 signed_us;
  gint64 date_us;
  gint64 retry_after_us;
  gboolean is_foreign;
} GstIceOssFailure;

/* The error for @failure, with details. (transfer full) */
GError *gst_ice_oss_error_new (const GstIceOssFailure * failure);

G_END_DECLS
