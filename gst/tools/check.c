/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 check: would an upload work from here?
 *
 * It does what a recording does first, one step after the other, and says how
 * each went. OSS is asked for the parts of an upload that does not exist: the
 * answer to that, whatever it is, comes from OSS, and to say that there is no
 * such upload OSS has to take the signature first. Nothing is written.
 *
 * Main thread. */

#include "common/error.h"
#include "tools/service.h"
#include "tools/tool.h"

/* No upload of anybody has such an id. */
#define NO_UPLOAD_ID "00000000000000000000000000000000"

typedef struct
{
  GstIceToolService *service;   /* (owned) where to ask */
  JsonArray *steps;             /* (owned) for JSON */
  gboolean failed;              /* a step has */
  GstIceLease *lease;           /* (nullable) (owned) the upload credential */
} Check;

/* Ends a step. @details: (transfer full): what was found */
static void G_GNUC_PRINTF (5, 6)
report (Check * check, const gchar * name, const gchar * state,
    JsonObject * details, const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  check->failed = check->failed || !g_str_equal (state, "ok");
  if (!gst_ice_tool_as_json)
    g_print ("%-11s %-8s %s\n", name, state, text);

  json_object_set_string_member (details, "name", name);
  json_object_set_string_member (details, "state", state);
  json_object_set_string_member (details, "text", text);
  json_array_add_object_element (check->steps, details);
}

/* What the service said of a failure. */
static JsonObject *
describe_error (const GError * error)
{
  const GstIceErrorDetails *known = gst_ice_error_get_details (error);
  JsonObject *details = json_object_new ();

  if (known == NULL)
    return details;

  if (known->http_status != 0)
    json_object_set_int_member (details, "http-status", known->http_status);
  if (known->code != NULL)
    json_object_set_string_member (details, "code", known->code);
  if (known->request_id != NULL)
    json_object_set_string_member (details, "request-id", known->request_id);

  return details;
}

static void
report_failure (Check * check, const gchar * name, const GError * error)
{
  report (check, name, "failed", describe_error (error), "%s", error->message);
}

static gboolean
check_identity (Check * check)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;
  g_autofree gchar *span = NULL;
  JsonObject *details;
  const gchar *source;
  gint64 seconds;

  identity = gst_ice_tool_service_find_identity (check->service, &source,
      &error);
  if (identity == NULL) {
    report_failure (check, "identity", error);
    return FALSE;
  }

  details = json_object_new ();
  json_object_set_string_member (details, "source", source);
  if (gst_ice_identity_get_expires (identity) < 0) {
    report (check, "identity", "ok", details, "found: %s", source);
    return TRUE;
  }

  seconds = gst_ice_tool_service_get_time_to (check->service,
      gst_ice_identity_get_expires (identity));
  span = gst_ice_tool_format_span (seconds);
  json_object_set_int_member (details, "expires-in", seconds);
  report (check, "identity", "ok", details, "found: %s, lives for %s", source,
      span);

  return TRUE;
}

static gboolean
check_refresh (Check * check)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *request_id = NULL;
  JsonObject *details;

  check->lease = gst_ice_tool_service_refresh (check->service, &request_id,
      &error);
  if (check->lease == NULL) {
    if (gst_ice_error_is (error, GST_ICE_ERROR_NOT_FOUND))
      g_prefix_error (&error, "no such media asset (`%s create` makes one): ",
          GST_ICE_TOOL_NAME);
    report_failure (check, "refresh", error);
    return FALSE;
  }

  details = json_object_new ();
  json_object_set_string_member (details, "bucket", check->lease->bucket);
  json_object_set_string_member (details, "object", check->lease->key);
  gst_ice_tool_set_string (details, "request-id", request_id);
  report (check, "refresh", "ok", details, "%s in %s", check->lease->key,
      check->lease->bucket);

  return TRUE;
}

static void
check_clock (Check * check)
{
  gint64 offset = gst_ice_tool_service_get_clock_offset (check->service);
  JsonObject *details = json_object_new ();
  g_autofree gchar *span =
      gst_ice_tool_format_span (ABS (offset) / G_USEC_PER_SEC);

  json_object_set_int_member (details, "clock-offset", offset);
  if (ABS (offset) < G_USEC_PER_SEC)
    report (check, "clock", "ok", details, "right");
  else
    report (check, "clock", "ok", details, "%s %s the service's", span,
        offset > 0 ? "behind" : "ahead of");
}

static void
check_credential (Check * check)
{
  gint64 seconds = gst_ice_tool_service_get_time_to (check->service,
      check->lease->expires_us);
  g_autofree gchar *span = gst_ice_tool_format_span (MAX (0, seconds));
  JsonObject *details = json_object_new ();

  json_object_set_int_member (details, "expires-in", seconds);
  report (check, "credential", seconds > 0 ? "ok" : "failed", details,
      "lives for %s", span);
}

/* What an answer tells about the credential; NULL if OSS does not take it.
 * @reply: (nullable) */
static const gchar *
judge (const GstIceOssReply * reply, const GError * error)
{
  const GstIceErrorDetails *details = gst_ice_error_get_details (error);

  if (reply != NULL || gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD))
    return "takes the credential";
  if (details != NULL && g_strcmp0 (details->code, "AccessDenied") == 0)
    return "reached; the credential may not be used to list parts";

  return NULL;
}

static void
check_oss (Check * check)
{
  g_autoptr (GstIceOssObject) object =
      gst_ice_tool_service_get_object (check->service, check->lease);
  g_autofree gchar *endpoint = gst_ice_endpoint_to_string (object->endpoint);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceOssReply) reply =
      gst_ice_tool_service_send (check->service, check->lease,
      gst_ice_oss_request_new_list_parts (NO_UPLOAD_ID, 0), &error);
  JsonObject *details =
      error != NULL ? describe_error (error) : json_object_new ();
  const gchar *verdict = judge (reply, error);

  json_object_set_string_member (details, "endpoint", endpoint);
  if (verdict != NULL)
    report (check, "oss", "ok", details, "%s %s", endpoint, verdict);
  else
    report (check, "oss", "failed", details, "%s: %s", endpoint,
        error->message);
}

/* Ends the steps that need what a step before did not get. */
static void
skip (Check * check, const gchar * first)
{
  static const gchar *const names[] = { "refresh", "clock", "credential",
    "oss"
  };
  gboolean reached = FALSE;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    reached = reached || g_str_equal (names[i], first);
    if (reached)
      report (check, names[i], "skipped", json_object_new (), "not tried");
  }
}

static void
run_steps (Check * check)
{
  if (!check_identity (check)) {
    skip (check, "refresh");
    return;
  }
  if (!check_refresh (check)) {
    skip (check, "clock");
    return;
  }

  check_clock (check);
  check_credential (check);
  check_oss (check);
}

static void
print_result (Check * check, const gchar * media_id)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "media-id", media_id);
  json_object_set_boolean_member (object, "ok", !check->failed);
  json_object_set_array_member (object, "steps",
      json_array_ref (check->steps));
  gst_ice_tool_print_json (object);
}

static void
check_clear (Check * check)
{
  g_clear_pointer (&check->service, gst_ice_tool_service_free);
  g_clear_pointer (&check->steps, json_array_unref);
  g_clear_pointer (&check->lease, gst_ice_lease_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Check, check_clear)

static GstIceToolExit
run (char **arguments, GError ** error)
{
  g_auto (Check) check = { NULL };

  check.service = gst_ice_tool_service_new (arguments[0], error);
  if (check.service == NULL)
    return GST_ICE_TOOL_FAILED;

  check.steps = json_array_new ();
  run_steps (&check);
  if (gst_ice_tool_as_json)
    print_result (&check, arguments[0]);
  else if (!check.failed)
    g_print ("After a recording, `%s info --wait %s` tells when it is ready.\n",
        GST_ICE_TOOL_NAME, arguments[0]);

  return check.failed ? GST_ICE_TOOL_FAILED : GST_ICE_TOOL_OK;
}

const GstIceToolCommand gst_ice_tool_check = {
  .name = "check",
  .title = "Try whether a recording could be uploaded",
  .arguments = "MEDIA-ID",
  .n_arguments = 1,
  .summary = "Tries whether a recording could be uploaded to MEDIA-ID from"
      " here. Nothing is\nwritten, neither here nor there.",
  .description =
      "One line for each step:\n\n"
      "  identity     an identity was found, and where. It is looked for as"
      " the sink does\n"
      "               when no property gives one: environment, OIDC role,"
      " configuration and\n"
      "               credentials files, RAM role of the ECS instance,"
      " credentials URI\n"
      "  refresh      ICE's RefreshUploadMedia gave an upload credential, and"
      " for which object\n"
      "  clock        how far the local clock is from the service's; it is"
      " allowed for\n"
      "  credential   how long the upload credential lives; the sink renews"
      " it in time\n"
      "  oss          OSS was reached and takes the credential\n\n"
      "With --json: {\"media-id\", \"ok\", \"steps\": [{\"name\", \"state\":"
      " \"ok\", \"failed\" or\n\"skipped\", \"text\"}]}, and in the steps what"
      " they have found: \"source\", \"expires-in\"\n(seconds),"
      " \"request-id\", \"bucket\", \"object\", \"clock-offset\" (microseconds,"
      " service\nminus local), \"endpoint\", \"http-status\", \"code\".\n\n"
      "A media id is made in the console, or by\n"
      "  gst-ice-1.0 create --title=TITLE --ext=mp4\n"
      "or, with Alibaba Cloud's own tool, which prints it in quotes, by\n"
      "  aliyun ice CreateUploadMedia --force --region cn-shanghai \\\n"
      "    --FileInfo '{\"Type\":\"video\",\"Name\":\"NAME\",\"Ext\":\"mp4\"}' \\\n"
      "    --MediaMetaData '{\"Title\":\"TITLE\",\"BusinessType\":\"general\"}' \\\n"
      "    --cli-query MediaId\n\n"
      "Exit codes: 0 if all steps are well; 1 if one has failed; 2 if MEDIA-ID"
      " or an\noption can't be used.\n\n"
      "Environment: ALIBABA_CLOUD_ACCESS_KEY_ID and the other variables of"
      " Alibaba Cloud's\ndefault credential chain; GST_DEBUG=ice*:5 tells the"
      " whole story on stderr.",
  .run = run,
};
