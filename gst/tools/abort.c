/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 abort: nobody wants what a recording has left.
 *
 * First the upload at the service, then the spool: what fails in between can
 * be tried again. Main thread. */

#include "common/error.h"
#include "recording/spool.h"
#include "tools/service.h"
#include "tools/tool.h"

static gboolean keep_spool;
static gboolean force;

static const GOptionEntry options[] = {
  {"keep-spool", 0, 0, G_OPTION_ARG_NONE, &keep_spool,
      "Abort the upload only; the recording stays", NULL},
  {"force", 0, 0, G_OPTION_ARG_NONE, &force,
      "Remove the spool even if the upload can't be aborted", NULL},
  {NULL}
};

/* Aborts @left's upload. Returns what became of it, NULL on error. */
static const gchar *
send_abort (GstIceToolService * service, const GstIceSpoolLeft * left,
    GError ** error)
{
  g_autoptr (GstIceLease) lease = NULL;
  g_autoptr (GstIceOssReply) reply = NULL;
  g_autoptr (GError) refusal = NULL;

  lease = gst_ice_tool_service_refresh (service, NULL, error);
  if (lease == NULL)
    return NULL;
  if (g_strcmp0 (lease->bucket, left->bucket) != 0
      || g_strcmp0 (lease->key, left->object) != 0) {
    gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
        "The upload credential is for another object, %s in %s, than the"
        " upload, %s in %s", lease->key, lease->bucket, left->object,
        left->bucket);
    return NULL;
  }

  reply = gst_ice_tool_service_send (service, lease,
      gst_ice_oss_request_new_abort (left->upload_id), &refusal);
  if (reply != NULL)
    return "aborted";
  if (gst_ice_error_is (refusal, GST_ICE_ERROR_NO_SUCH_UPLOAD))
    return "gone";

  g_propagate_error (error, g_steal_pointer (&refusal));

  return NULL;
}

static const gchar *
abort_upload (const gchar * media_id, const GstIceSpoolLeft * left,
    GError ** error)
{
  g_autoptr (GstIceToolService) service = NULL;

  if (left == NULL || left->upload_id == NULL)
    return "none";

  service = gst_ice_tool_service_new (media_id, error);
  if (service == NULL)
    return NULL;

  return send_abort (service, left, error);
}

/* FALSE if something of it is still there. */
static gboolean
remove_spool (GstIceSpool * spool)
{
  gst_ice_spool_remove (spool);
  gst_ice_spool_flush (spool);

  return !g_file_test (gst_ice_spool_get_path (spool), G_FILE_TEST_EXISTS);
}

static void
print_result (const gchar * media_id, const GstIceSpoolLeft * left,
    const gchar * upload, gboolean removed)
{
  const gchar *upload_id = left != NULL ? left->upload_id : NULL;
  JsonObject *object;

  if (!gst_ice_tool_as_json) {
    g_print ("%s: upload %s%s%s, spool %s\n", media_id,
        upload_id != NULL ? upload_id : "", upload_id != NULL ? " " : "",
        upload, removed ? "removed" : "kept");
    return;
  }

  object = json_object_new ();
  json_object_set_string_member (object, "media-id", media_id);
  json_object_set_string_member (object, "upload", upload);
  gst_ice_tool_set_string (object, "upload-id", upload_id);
  json_object_set_boolean_member (object, "removed", removed);
  gst_ice_tool_print_json (object);
}

static GstIceToolExit
do_abort (GstIceSpool * spool, const gchar * media_id)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);
  g_autoptr (GError) error = NULL;
  const gchar *upload = abort_upload (media_id, left, &error);
  GstIceToolExit result = GST_ICE_TOOL_OK;
  gboolean removed = FALSE;

  if (upload == NULL) {
    gst_ice_tool_complain (error);
    result = GST_ICE_TOOL_FAILED;
    upload = "failed";
  } else if (left != NULL) {
    gst_ice_spool_note_upload (spool, left->bucket, left->object, NULL);
    gst_ice_spool_flush (spool);
  }

  if (!keep_spool && (result == GST_ICE_TOOL_OK || force)) {
    removed = remove_spool (spool);
    result = removed ? result : GST_ICE_TOOL_FAILED;
  }
  print_result (media_id, left, upload, removed);

  return result;
}

static GstIceToolExit
run (char **arguments, GError ** error)
{
  g_autoptr (GstIceSpool) spool = NULL;

  spool = gst_ice_spool_open (arguments[0], arguments[1], 0,
      GST_ICE_SPOOL_OPEN_EXISTING, error);
  if (spool == NULL)
    return GST_ICE_TOOL_FAILED;

  return do_abort (spool, arguments[1]);
}

const GstIceToolCommand gst_ice_tool_abort = {
  .name = "abort",
  .title = "Give up what a recording has left",
  .arguments = "DIRECTORY MEDIA-ID",
  .n_arguments = 2,
  .summary = "Aborts the upload that a recording has left unfinished, and"
      " removes its spool from\nDIRECTORY. What was recorded is lost: `finish`"
      " is what saves it.",
  .description =
      "The spool must not be in use. With --keep-spool the recording stays"
      " on disk, and a\nlater run uploads it anew.\n\n"
      "With --json: {\"media-id\", \"upload\": \"aborted\", \"gone\" (the"
      " service did not know it),\n\"none\" (there was none) or \"failed\","
      " \"upload-id\", \"removed\": whether the spool was}.\n\n"
      "Exit codes: 0; 1 if the upload can't be aborted, or the spool not"
      " removed; 2 if an\noption or the spool can't be used; 3 if there is no"
      " such spool.",
  .options = options,
  .run = run,
};
