/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 create: media assets to record to.
 *
 * Each call that the service sees makes another asset, also if its answer is
 * lost. So what has been sent is not sent again, unless the service cannot have
 * processed it; and where nobody can tell, that is said. The upload credential
 * that comes with an id is dropped: the sink asks for its own.
 *
 * Main thread. */

#include "common/error.h"
#include "tools/service.h"
#include "tools/tool.h"

static gint count = 1;
static GstIceNewMedia media;

/* A file name is taken as it is, whatever the locale: a service of the system
 * has none, and its titles are UTF-8 all the same. */
#define TEXT G_OPTION_ARG_FILENAME

static const GOptionEntry options[] = {
  {"title", 0, 0, TEXT, &media.title,
      "Title, up to 128 characters", "TITLE"},
  {"ext", 0, 0, G_OPTION_ARG_STRING, &media.ext,
      "Extension of the file that the muxer makes: mp4, ts, mkv, ...", "EXT"},
  {"type", 0, 0, G_OPTION_ARG_STRING, &media.type,
      "video or audio (what EXT is)", "TYPE"},
  {"name", 0, 0, TEXT, &media.name,
      "File name without extension (TITLE)", "NAME"},
  {"description", 0, 0, TEXT, &media.description,
      "Up to 1,024 characters", "TEXT"},
  {"tags", 0, 0, TEXT, &media.tags,
      "Up to 16, with commas between them", "TAG,TAG"},
  {"category", 0, 0, G_OPTION_ARG_STRING, &media.category,
      "Number of the category", "NUMBER"},
  {"storage", 0, 0, G_OPTION_ARG_STRING, &media.storage,
      "Bucket of VOD, BUCKET.oss-REGION.aliyuncs.com (VOD's default)",
      "HOST"},
  {"app", 0, 0, G_OPTION_ARG_STRING, &media.app_id,
      "Application of VOD (app-1000000)", "ID"},
  {"workflow", 0, 0, G_OPTION_ARG_STRING, &media.workflow,
      "Workflow that starts after the upload", "ID"},
  {"user-data", 0, 0, TEXT, &media.user_data,
      "UserData, as in {\"Extend\":{\"camera\":\"7\"}}", "JSON"},
  {"count", 0, 0, G_OPTION_ARG_INT, &count,
      "How many to make, one id a line (1)", "N"},
  {NULL}
};

typedef struct
{
  JsonArray *media;             /* (owned) what was made, for JSON */
  gint n_made;                  /* how many that are */
  gboolean unknown;             /* another one may have been made */
  GError *error;                /* (nullable) (owned) why there are not more */
} Result;

static void
result_clear (Result * result)
{
  g_clear_pointer (&result->media, json_array_unref);
  g_clear_error (&result->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

/* All that can be known before anything is sent. */
static gboolean
check_options (GstIceToolService * service, GError ** error)
{
  if (count < 1)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "--count is not a positive number");
  if (!gst_ice_new_media_check (&media, error)) {
    g_prefix_error_literal (error, "--");
    return FALSE;
  }
  if (!gst_ice_tool_service_can_create (service))
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "--region: CreateUploadMedia is offered in cn-shanghai, cn-beijing and"
        " cn-shenzhen only");

  return TRUE;
}

/* At once: whoever reads the ids may want to begin. */
static void
take (Result * result, const gchar * media_id, const gchar * request_id)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "media-id", media_id);
  gst_ice_tool_set_string (object, "request-id", request_id);
  json_array_add_object_element (result->media, object);
  result->n_made++;
  if (!gst_ice_tool_as_json)
    g_print ("%s\n", media_id);
}

static void
create_all (GstIceToolService * service, Result * result)
{
  while (result->n_made < count && result->error == NULL) {
    g_autofree gchar *request_id = NULL;
    g_autofree gchar *media_id = gst_ice_tool_service_create (service, &media,
        &request_id, &result->unknown, &result->error);

    if (media_id != NULL)
      take (result, media_id, request_id);
  }
}

static void
print_json (const Result * result)
{
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "ok", result->error == NULL);
  gst_ice_tool_set_string (object, "error",
      result->error != NULL ? result->error->message : NULL);
  json_object_set_boolean_member (object, "unknown", result->unknown);
  json_object_set_array_member (object, "media",
      json_array_ref (result->media));
  gst_ice_tool_print_json (object);
}

static void
complain (const Result * result)
{
  gst_ice_tool_complain (result->error);
  if (result->n_made > 0)
    g_printerr ("%d of %d were made.\n", result->n_made, count);
  if (result->unknown)
    g_printerr ("It is not known whether an asset was made, so this was not"
        " sent again.\nIf one was, it is empty; the console shows it by its"
        " title.\n");
}

static GstIceToolExit
run (char **arguments, GError ** error)
{
  g_autoptr (GstIceToolService) service = NULL;
  g_auto (Result) result = { NULL };

  service = gst_ice_tool_service_new (NULL, error);
  if (service == NULL || !check_options (service, error))
    return GST_ICE_TOOL_FAILED;

  result.media = json_array_new ();
  create_all (service, &result);
  if (gst_ice_tool_as_json)
    print_json (&result);
  if (result.error == NULL)
    return GST_ICE_TOOL_OK;
  complain (&result);

  return GST_ICE_TOOL_FAILED;
}

const GstIceToolCommand gst_ice_tool_create = {
  .name = "create",
  .title = "Make a media asset to record to",
  .arguments = "--title=TITLE --ext=EXT",
  .n_arguments = 0,
  .summary = "Makes a media asset, with ICE's CreateUploadMedia, and prints its"
      " id:\n\n"
      "  MEDIA_ID=$(gst-ice-1.0 create --title=\"My recording\" --ext=mp4)",
  .description =
      "EXT has to be that of the muxer's files: mp4 for mp4mux, mov for qtmux,"
      " ts for\nmpegtsmux, mkv for matroskamux, webm for webmmux, flv for"
      " flvmux, avi for avimux, m4a\nfor mp4mux with sound only, wav for wavenc,"
      " mp3, aac, flac. The service may refuse to\nanalyse a file whose format"
      " does not match.\n\n"
      "The action is offered in cn-shanghai, cn-beijing and cn-shenzhen only,"
      " and VOD must have\nstorage in that region. The identity needs the"
      " permission ice:CreateUploadMedia.\n\n"
      "Each call makes another asset. So it is sent again only if the service"
      " cannot have\nprocessed it: without a connection, when it was throttled,"
      " and after the clock was put\nright. When an answer is lost, the command"
      " says so and fails: there may be an empty\nasset then, to be found by its"
      " title.\n\n"
      "With --json: {\"ok\", \"error\", \"unknown\" (an asset may have been"
      " made), \"media\":\n[{\"media-id\", \"request-id\"}]}. An upload"
      " credential is never printed.\n\n"
      "Exit codes: 0 if all were made; 1 if not, and the ids of those that"
      " were are printed; 2\nif an option can't be used.",
  .options = options,
  .run = run,
};
