/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The table of OSS's errors, and one error made of it. Any thread. */

#include "oss/oss-errors.h"

#include <string.h>

#include "credentials/redaction.h"
#include "credentials/service-call.h"

/* The skew that OSS allows. */
#define MAX_SKEW_US (15 * 60 * (gint64) G_USEC_PER_SEC)

#define MAX_RETRY_AFTER_US (120 * (gint64) G_USEC_PER_SEC)

/* EC of a region in the signature that is not the bucket's. */
#define EC_REGION "0002-00000226"
#define EC_REGION_TOO "0002-00000228"

typedef struct
{
  const gchar *name;
  GstIceErrorCode code;
  const gchar *hint;            /* (nullable) */
} Row;

static const Row rows[] = {
  {"SecurityTokenExpired", GST_ICE_ERROR_TOKEN_EXPIRED, NULL},
  {"InvalidAccessKeyId", GST_ICE_ERROR_TOKEN_EXPIRED, NULL},
  {"InvalidSecurityToken", GST_ICE_ERROR_TOKEN_EXPIRED, NULL},

  {"AccessDenied", GST_ICE_ERROR_NOT_AUTHORIZED,
      "the upload credential does not allow this here"},
  {"SignatureDoesNotMatch", GST_ICE_ERROR_NOT_AUTHORIZED, NULL},
  {"KmsServiceNotEnabled", GST_ICE_ERROR_NOT_AUTHORIZED,
      "KMS is not active in this account"},
  {"UserDisable", GST_ICE_ERROR_NOT_AUTHORIZED,
      "the account is disabled, perhaps for an overdue payment"},

  {"RequestTimeTooSkewed", GST_ICE_ERROR_CLOCK_SKEW,
      "check this machine's clock"},

  {"NoSuchUpload", GST_ICE_ERROR_NO_SUCH_UPLOAD, NULL},
  {"NoSuchBucket", GST_ICE_ERROR_NOT_FOUND,
      "check oss-endpoint"},
  {"NoSuchKey", GST_ICE_ERROR_NOT_FOUND, NULL},

  {"InvalidDigest", GST_ICE_ERROR_DAMAGED, NULL},
  {"RequestTimeout", GST_ICE_ERROR_UNAVAILABLE, NULL},
  {"BadRequest", GST_ICE_ERROR_UNAVAILABLE, NULL},
  {"InternalError", GST_ICE_ERROR_UNAVAILABLE, NULL},
  {"ServiceUnavailable", GST_ICE_ERROR_THROTTLED, NULL},
  {"UploadTrafficRateLimitExceeded", GST_ICE_ERROR_THROTTLED, NULL},
  {"DownloadTrafficRateLimitExceeded", GST_ICE_ERROR_THROTTLED, NULL},
  {"TotalQpsLimitExceeded", GST_ICE_ERROR_THROTTLED, NULL},
  {"MetaOperationQpsLimitExceeded", GST_ICE_ERROR_THROTTLED, NULL},
  {"ActiveRequestLimitExceeded", GST_ICE_ERROR_THROTTLED, NULL},
  {"CpuLimitExceeded", GST_ICE_ERROR_THROTTLED, NULL},

  /* With status 203. It is said to be stored then; see for yourself. */
  {"CallbackFailed", GST_ICE_ERROR_PROTOCOL,
      "whether the object is stored has to be asked"},

  {"FileAlreadyExists", GST_ICE_ERROR_CONFLICT, NULL},
  {"FileImmutable", GST_ICE_ERROR_CONFLICT,
      "the bucket keeps its objects unchanged (WORM)"},
  {"ObjectNotAppendable", GST_ICE_ERROR_CONFLICT, NULL},
  {"PositionNotEqualToLength", GST_ICE_ERROR_CONFLICT, NULL},
  {"EntityTooLarge", GST_ICE_ERROR_NO_SPACE, NULL},

  {"EntityTooSmall", GST_ICE_ERROR_FAILED, NULL},
  {"InvalidArgument", GST_ICE_ERROR_FAILED, NULL},
  {"InvalidPart", GST_ICE_ERROR_FAILED, NULL},
  {"InvalidPartOrder", GST_ICE_ERROR_FAILED, NULL},
  {"InvalidObjectName", GST_ICE_ERROR_FAILED, NULL},
  {"InvalidBucketName", GST_ICE_ERROR_FAILED, NULL},
  {"MalformedXML", GST_ICE_ERROR_FAILED, NULL},
  {"MissingContentLength", GST_ICE_ERROR_FAILED,
      "a proxy in between may have removed Content-Length"},
};

static const Row *
find_row (const gchar * code)
{
  guint i;

  for (i = 0; code != NULL && i < G_N_ELEMENTS (rows); i++) {
    if (g_str_equal (rows[i].name, code))
      return &rows[i];
  }

  return NULL;
}

/* Statuses that call for another attempt whatever the code is, unless the
 * code knows something better to do. */
static gboolean
status_is_transient (guint status)
{
  return status == 401 || status == 408 || status == 421 || status == 429
      || status >= 500;
}

static gboolean
code_is_final (GstIceErrorCode code)
{
  switch (code) {
    case GST_ICE_ERROR_TOKEN_EXPIRED:
    case GST_ICE_ERROR_CLOCK_SKEW:
    case GST_ICE_ERROR_THROTTLED:
    case GST_ICE_ERROR_UNAVAILABLE:
    case GST_ICE_ERROR_DAMAGED:
      return FALSE;
    default:
      return TRUE;
  }
}

static GstIceErrorCode
lookup_status (guint status, const gchar * code)
{
  if (status == 429)
    return GST_ICE_ERROR_THROTTLED;
  if (status_is_transient (status))
    return GST_ICE_ERROR_UNAVAILABLE;
  if (status == 403)
    return GST_ICE_ERROR_NOT_AUTHORIZED;
  if (status == 404)
    return GST_ICE_ERROR_NOT_FOUND;
  if (status >= 400 || (status == 200 && code != NULL))
    return GST_ICE_ERROR_FAILED;

  return GST_ICE_ERROR_PROTOCOL;
}

GstIceErrorCode
gst_ice_oss_errors_lookup (guint status, const gchar * code,
    const gchar ** hint)
{
  const Row *row = find_row (code);
  const gchar *unused;

  if (hint == NULL)
    hint = &unused;
  *hint = NULL;

  if (status >= 300 && status < 400) {
    *hint = "redirects are not followed; check oss-endpoint";
    return GST_ICE_ERROR_PROTOCOL;
  }
  if (row == NULL
      || (code_is_final (row->code) && status_is_transient (status)))
    return lookup_status (status, code);

  *hint = row->hint;

  return row->code;
}

static gint64
get_service_time (const GstIceOssFailure * failure)
{
  return gst_ice_service_call_read_time (failure->answer != NULL ?
      failure->answer->server_time : NULL, failure->date_us);
}

/* OSS also refuses a wrong clock with a plain InvalidArgument. That it was the
 * clock is believed only if its own time says so. */
static gboolean
is_refused_date (const GstIceOssFailure * failure,
    const GstIceErrorDetails * details)
{
  const GstIceOssErrorAnswer *answer = failure->answer;
  gint64 time_us = get_service_time (failure);

  return g_strcmp0 (details->code, "InvalidArgument") == 0
      && answer != NULL && answer->message != NULL
      && strstr (answer->message, "Invalid signing date") != NULL
      && time_us >= 0 && ABS (time_us - failure->signed_us) > MAX_SKEW_US;
}

/* A hint that the answer itself has to be asked for, or NULL. */
static gchar *
compose_hint (const GstIceOssFailure * failure,
    const GstIceErrorDetails * details)
{
  g_autofree gchar *endpoint = NULL;

  if (failure->answer != NULL)
    endpoint = gst_ice_redact_id (failure->identity,
        failure->answer->endpoint);
  if (endpoint != NULL)
    return g_strdup_printf ("the bucket is at %s; set oss-endpoint to it",
        endpoint);

  if (g_strcmp0 (details->ec, EC_REGION) == 0
      || g_strcmp0 (details->ec, EC_REGION_TOO) == 0)
    return g_strdup_printf ("the signature named the region \"%s\"; check "
        "region and oss-endpoint", failure->region);

  if (failure->is_foreign)
    return g_strdup (GST_ICE_SERVICE_STRANGER);

  return NULL;
}

/* What the headers say, and where they are silent, the body. */
static void
fill_details (GstIceErrorDetails * details, const GstIceOssFailure * failure)
{
  const GstIceOssErrorAnswer none = { NULL, };
  const GstIceOssErrorAnswer *answer =
      failure->answer != NULL ? failure->answer : &none;
  const GstIceIdentity *identity = failure->identity;

  details->service = "oss";
  details->operation = failure->operation;
  details->part = failure->part;
  details->http_status = failure->status;
  details->code = gst_ice_redact_id (identity, answer->code);
  details->request_id = gst_ice_redact_id (identity, failure->request_id);
  details->ec = gst_ice_redact_id (identity,
      failure->ec != NULL ? failure->ec : answer->ec);
  details->retry_after_us = MIN (failure->retry_after_us, MAX_RETRY_AFTER_US);
  details->server_time_us = -1;
}

GError *
gst_ice_oss_error_new (const GstIceOssFailure * failure)
{
  g_auto (GstIceErrorDetails) details = { NULL, };
  g_autofree gchar *message = NULL;
  g_autofree gchar *composed = NULL;
  const gchar *hint;
  GstIceErrorCode code;

  fill_details (&details, failure);
  if (failure->answer != NULL)
    message = gst_ice_redact (failure->identity, failure->answer->message);

  code = gst_ice_oss_errors_lookup (failure->status, details.code, &hint);
  /* Damaged on its way, or somebody else's: nobody has refused anything. */
  if (failure->is_foreign && code_is_final (code) && failure->status >= 400)
    code = GST_ICE_ERROR_PROTOCOL;
  if (is_refused_date (failure, &details))
    code = GST_ICE_ERROR_CLOCK_SKEW;
  if (code == GST_ICE_ERROR_CLOCK_SKEW)
    details.server_time_us = get_service_time (failure);
  composed = compose_hint (failure, &details);

  return gst_ice_error_new_from_answer (code, &details, message,
      composed != NULL ? composed : hint);
}
