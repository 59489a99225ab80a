/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The table of ICE's errors, and one error made of it. Any thread. */

#include "ice/ice-errors.h"

#include "credentials/redaction.h"
#include "credentials/service-call.h"

/* What the service may make us wait. */
#define MAX_RETRY_AFTER_US (120 * (gint64) G_USEC_PER_SEC)

/* The first row that fits counts. */
typedef struct
{
  const gchar *pattern;         /* of the code, with `*` */
  guint status;                 /* 0: any */
  GstIceErrorCode code;
  const gchar *hint;            /* (nullable) */
} Row;

static const gchar check_key[] = "check the AccessKey id and secret";
static const gchar check_token[] =
    "check that the security token belongs to the AccessKey";
static const gchar check_media[] = "check media-id and region";
static const gchar check_endpoint[] = "check ice-endpoint and region";
static const gchar grant[] =
    "grant this action to the RAM user or role: ice:";
static const gchar check_new_media[] =
    "check ext, storage and region, and what else was given";

static const Row rows[] = {
  {"*Throttling*", 0, GST_ICE_ERROR_THROTTLED, NULL},
  {"RequestsTooFrequent", 0, GST_ICE_ERROR_THROTTLED, NULL},

  {"ServiceUnavailable", 0, GST_ICE_ERROR_UNAVAILABLE, NULL},
  {"ServiceUnAvailable", 0, GST_ICE_ERROR_UNAVAILABLE, NULL},
  {"InternalError", 0, GST_ICE_ERROR_UNAVAILABLE, NULL},
  {"SignatureNonceUsed", 0, GST_ICE_ERROR_UNAVAILABLE, NULL},

  {"InvalidTimeStamp.Expired", 0, GST_ICE_ERROR_CLOCK_SKEW,
      "check this machine's clock"},
  {"InvalidTimeStamp.Format", 0, GST_ICE_ERROR_FAILED, NULL},

  {"SignatureDoesNotMatch", 0, GST_ICE_ERROR_NOT_AUTHORIZED, check_key},
  {"IncompleteSignature", 0, GST_ICE_ERROR_NOT_AUTHORIZED, check_key},
  {"InvalidAccessKeyId.Inactive", 0, GST_ICE_ERROR_NOT_AUTHORIZED,
      "the AccessKey is disabled"},
  {"InvalidAccessKeyId.*", 0, GST_ICE_ERROR_NOT_AUTHORIZED, check_key},
  {"InvalidSecurityToken.Expired", 0, GST_ICE_ERROR_IDENTITY_EXPIRED,
      "the caller's security token is over; provide a new one"},
  {"InvalidSecurityToken.*", 0, GST_ICE_ERROR_NOT_AUTHORIZED, check_token},
  {"MissingSecurityToken", 0, GST_ICE_ERROR_NOT_AUTHORIZED, check_token},

  {"Forbidden.RAM", 0, GST_ICE_ERROR_NOT_AUTHORIZED, grant},
  {"NoPermission", 0, GST_ICE_ERROR_NOT_AUTHORIZED, grant},
  {"Forbidden*", 0, GST_ICE_ERROR_NOT_AUTHORIZED, NULL},
  {"OperationDenied.Suspended", 0, GST_ICE_ERROR_NOT_AUTHORIZED,
      "the account has an overdue payment"},
  {"OperationDenied*", 0, GST_ICE_ERROR_NOT_AUTHORIZED,
      "the service is not active in this account and region"},

  {"InvalidApi.NotFound", 0, GST_ICE_ERROR_SETTINGS, check_endpoint},
  {"InvalidProtocol.NeedSsl", 0, GST_ICE_ERROR_SETTINGS,
      "use https in ice-endpoint"},
  {"InvalidStorage*", 0, GST_ICE_ERROR_FAILED,
      "enable VOD's storage in this region, or check storage and region"},
  {"ResourceNotFound", 0, GST_ICE_ERROR_NOT_FOUND, check_media},
  {"ProjectNotFound", 0, GST_ICE_ERROR_NOT_FOUND, check_media},
  {"InvalidVideo.NotFound", 0, GST_ICE_ERROR_NOT_FOUND, check_media},
  {"*NotFound", 404, GST_ICE_ERROR_NOT_FOUND, check_media},

  {"InvalidVideo.Damaged", 0, GST_ICE_ERROR_FAILED, check_media},
  {"MissingParameter", 0, GST_ICE_ERROR_FAILED, NULL},
  {"InvalidParameter*", 0, GST_ICE_ERROR_FAILED, check_media},
  {"Missing*", 0, GST_ICE_ERROR_FAILED, NULL},
  {"UnsupportedHTTPMethod", 0, GST_ICE_ERROR_FAILED, NULL},
  {"InvalidSignatureMethod", 0, GST_ICE_ERROR_FAILED, NULL},
};

static const Row *
find_row (guint status, const gchar * code)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    if ((rows[i].status == 0 || rows[i].status == status)
        && g_pattern_match_simple (rows[i].pattern, code))
      return &rows[i];
  }

  return NULL;
}

/* Where the code says nothing, as in the answer of a proxy. */
static GstIceErrorCode
lookup_status (guint status)
{
  if (status >= 500)
    return GST_ICE_ERROR_UNAVAILABLE;
  if (status == 401 || status == 403)
    return GST_ICE_ERROR_NOT_AUTHORIZED;
  if (status >= 400)
    return GST_ICE_ERROR_FAILED;

  return GST_ICE_ERROR_PROTOCOL;
}

GstIceErrorCode
gst_ice_errors_lookup (guint status, const gchar * code, const gchar ** hint)
{
  const gchar *unused;
  const Row *row;

  if (hint == NULL)
    hint = &unused;
  *hint = NULL;

  if (status == 429)
    return GST_ICE_ERROR_THROTTLED;
  if (status >= 300 && status < 400) {
    *hint = "redirects are not followed; check ice-endpoint";
    return GST_ICE_ERROR_PROTOCOL;
  }

  row = code != NULL ? find_row (status, code) : NULL;
  if (row == NULL)
    return lookup_status (status);

  *hint = row->hint;

  return row->code;
}

static void
fill_details (GstIceErrorDetails * details,
    const GstIceServiceFailure * failure)
{
  const GstIceIdentity *identity = failure->identity;

  details->service = "ice";
  details->operation = failure->operation;
  details->http_status = failure->status;
  details->code = gst_ice_redact_id (identity, failure->code);
  details->request_id = gst_ice_redact_id (identity, failure->request_id);
  details->retry_after_us = MIN (failure->retry_after_us, MAX_RETRY_AFTER_US);
  details->server_time_us = -1;
}

/* Some hints depend on what was asked for. (transfer full) (nullable) */
static gchar *
fit_hint (const gchar * hint, const gchar * operation)
{
  if (hint == grant)
    return g_strconcat (grant, operation, NULL);
  if (hint == check_media && g_str_equal (operation, "CreateUploadMedia"))
    hint = check_new_media;

  return g_strdup (hint);
}

GError *
gst_ice_errors_new (const GstIceServiceFailure * failure)
{
  g_auto (GstIceErrorDetails) details = { NULL, };
  g_autofree gchar *message = NULL;
  g_autofree gchar *fitting_hint = NULL;
  const gchar *hint;
  GstIceErrorCode code;

  fill_details (&details, failure);
  message = gst_ice_redact (failure->identity, failure->message);

  code = gst_ice_errors_lookup (failure->status, details.code, &hint);
  /* Damaged on its way, or somebody else's: nobody has refused anything. */
  if (failure->is_foreign && failure->status >= 400 && failure->status < 500
      && code != GST_ICE_ERROR_THROTTLED)
    code = GST_ICE_ERROR_PROTOCOL;
  if (code == GST_ICE_ERROR_CLOCK_SKEW)
    details.server_time_us = failure->service_time_us;
  if (hint == NULL && (failure->is_foreign
          || (details.code == NULL && details.request_id == NULL)))
    hint = GST_ICE_SERVICE_STRANGER;
  fitting_hint = fit_hint (hint, failure->operation);

  return gst_ice_error_new_from_answer (code, &details, message, fitting_hint);
}
