/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 delete: media assets that nobody wants.
 *
 * The service answers 200 and names what it has not deleted; that is no
 * success here. Main thread. */

#include "common/error.h"
#include "common/media-id.h"
#include "tools/service.h"
#include "tools/tool.h"

/* What became of one asset; @error: (nullable). */
static void
report (JsonArray * rows, const gchar * media_id, const gchar * state,
    const gchar * error)
{
  JsonObject *row = json_object_new ();

  json_object_set_string_member (row, "media-id", media_id);
  json_object_set_string_member (row, "state", state);
  gst_ice_tool_set_string (row, "error", error);
  json_array_add_object_element (rows, row);

  if (error != NULL)
    g_printerr ("%s: not deleted: %s\n", media_id, error);
  else if (!gst_ice_tool_as_json)
    g_print ("%s: deleted\n", media_id);
}

/* FALSE if it is not deleted. */
static gboolean
judge (JsonArray * rows, const gchar * media_id,
    const GstIceDeletion * deletion)
{
  if (g_strv_contains ((const gchar * const *) deletion->forbidden, media_id)) {
    report (rows, media_id, "forbidden",
        "it may not be deleted (ForbiddenList)");
    return FALSE;
  }
  if (g_strv_contains ((const gchar * const *) deletion->ignored, media_id)) {
    report (rows, media_id, "ignored",
        "the service could not find it (IgnoredList)");
    return FALSE;
  }
  report (rows, media_id, "deleted", NULL);

  return TRUE;
}

/* At most GST_ICE_MAX_DELETIONS. FALSE if one is not deleted. */
static gboolean
delete_some (GstIceToolService * service, gchar ** media_ids, JsonArray * rows)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstIceDeletion) deletion = gst_ice_tool_service_delete (service,
      (const gchar * const *) media_ids, &error);
  gboolean all = deletion != NULL;
  guint i;

  for (i = 0; media_ids[i] != NULL; i++) {
    if (deletion == NULL)
      report (rows, media_ids[i], "failed", error->message);
    else if (!judge (rows, media_ids[i], deletion))
      all = FALSE;
  }

  return all;
}

static gboolean
delete_all (GstIceToolService * service, gchar ** media_ids, JsonArray * rows)
{
  guint n = g_strv_length (media_ids);
  gboolean all = TRUE;
  guint i;

  for (i = 0; i < n; i += GST_ICE_MAX_DELETIONS) {
    g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
    g_auto (GStrv) some = NULL;
    guint j;

    for (j = i; j < MIN (n, i + GST_ICE_MAX_DELETIONS); j++)
      g_strv_builder_add (builder, media_ids[j]);
    some = g_strv_builder_end (builder);
    all = delete_some (service, some, rows) && all;
  }

  return all;
}

static gboolean
check_media_ids (gchar ** media_ids, GError ** error)
{
  guint i;

  for (i = 0; media_ids[i] != NULL; i++) {
    if (!gst_ice_media_id_is_valid (media_ids[i]))
      return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
          "`%s` is not a media id; nothing was deleted", media_ids[i]);
  }

  return TRUE;
}

static void
print_json (JsonArray * rows, gboolean all)
{
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "ok", all);
  json_object_set_array_member (object, "media", json_array_ref (rows));
  gst_ice_tool_print_json (object);
}

static GstIceToolExit
run (char **arguments, GError ** error)
{
  g_autoptr (GstIceToolService) service = NULL;
  g_autoptr (JsonArray) rows = NULL;
  gboolean all;

  service = gst_ice_tool_service_new (NULL, error);
  if (service == NULL || !check_media_ids (arguments, error))
    return GST_ICE_TOOL_FAILED;

  rows = json_array_new ();
  all = delete_all (service, arguments, rows);
  if (gst_ice_tool_as_json)
    print_json (rows, all);

  return all ? GST_ICE_TOOL_OK : GST_ICE_TOOL_FAILED;
}

const GstIceToolCommand gst_ice_tool_delete = {
  .name = "delete",
  .title = "Delete media assets",
  .arguments = "MEDIA-ID...",
  .n_arguments = -1,
  .summary = "Deletes media assets, with ICE's DeleteMediaInfos, and says of"
      " each what became of it.",
  .description =
      "The identity needs the permission ice:DeleteMediaInfos. What was"
      " recorded is lost; nothing\nasks back.\n\n"
      "With --json: {\"ok\", \"media\": [{\"media-id\", \"state\": \"deleted\","
      " \"ignored\" (the service\ncould not find it), \"forbidden\" (it may not"
      " be deleted, mostly for lack of permission)\nor \"failed\", \"error\"}]}."
      "\n\n"
      "Exit codes: 0 if all are deleted; 1 if one is not, which is named; 2 if"
      " a MEDIA-ID or an\noption can't be used: then nothing is deleted.",
  .run = run,
};
