/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 list: what is in a spool directory.
 *
 * It changes nothing, and may look at spools that are in use. Main thread. */

#include "common/error.h"
#include "recording/spool.h"
#include "tools/tool.h"

/* What is known about one spool. */
typedef struct
{
  const gchar *media_id;        /* of the spool */
  GstIceSpoolLeft *left;        /* (nullable) (owned) what is in it */
  gboolean in_use;              /* by a process */
  GError *error;                /* (nullable) (owned) why it can't be read */
} Row;

static void
row_clear (Row * row)
{
  g_clear_pointer (&row->left, gst_ice_spool_left_free);
  g_clear_error (&row->error);
}

static const gchar *
get_state (const Row * row)
{
  if (row->error != NULL)
    return "unusable";
  if (row->in_use)
    return "in use";
  if (row->left != NULL && row->left->finished > 0)
    return "complete";

  return row->left != NULL ? "left" : "empty";
}

static guint
count_arrived (const GstIceSpoolLeft * left)
{
  guint i, n = 0;

  for (i = 0; i < left->parts->len; i++) {
    const GstIceSpoolPart *part = g_ptr_array_index (left->parts, i);

    n += part->arrived ? 1 : 0;
  }

  return n;
}

/* Seconds, by a clock that somebody may have set meanwhile. */
static gint64
get_age (const GstIceSpoolLeft * left)
{
  return MAX (0, (g_get_real_time () - left->created_us) / G_USEC_PER_SEC);
}

static void
describe_left (JsonObject * object, const GstIceSpoolLeft * left)
{
  g_autoptr (GDateTime) created =
      g_date_time_new_from_unix_utc (left->created_us / G_USEC_PER_SEC);
  g_autofree gchar *created_text =
      created != NULL ? g_date_time_format_iso8601 (created) : NULL;

  json_object_set_int_member (object, "bytes", MAX (left->size,
          left->finished));
  json_object_set_int_member (object, "parts", left->parts->len);
  json_object_set_int_member (object, "parts-arrived", count_arrived (left));
  gst_ice_tool_set_string (object, "created", created_text);
  json_object_set_int_member (object, "age", get_age (left));
  gst_ice_tool_set_string (object, "caps", left->caps);
  gst_ice_tool_set_string (object, "content-type", left->content_type);
  gst_ice_tool_set_string (object, "bucket", left->bucket);
  gst_ice_tool_set_string (object, "object", left->object);
  gst_ice_tool_set_string (object, "upload-id", left->upload_id);
}

static JsonObject *
row_to_json (const Row * row)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "media-id", row->media_id);
  json_object_set_string_member (object, "state", get_state (row));
  gst_ice_tool_set_string (object, "error",
      row->error != NULL ? row->error->message : NULL);
  if (row->left != NULL)
    describe_left (object, row->left);

  return object;
}

static void
print_header (void)
{
  g_print ("%-34s %10s %13s %10s %-9s %s\n", "MEDIA ID", "SIZE",
      "PARTS ARRIVED", "AGE", "STATE", "UPLOAD ID");
}

static void
print_row (const Row * row)
{
  const GstIceSpoolLeft *left = row->left;
  g_autofree gchar *size = NULL;
  g_autofree gchar *parts = NULL;
  g_autofree gchar *age = NULL;
  const gchar *upload_id = NULL;

  if (left != NULL) {
    size = gst_ice_tool_format_size (MAX (left->size, left->finished),
        G_FORMAT_SIZE_DEFAULT);
    parts = g_strdup_printf ("%u of %u", count_arrived (left),
        left->parts->len);
    age = gst_ice_tool_format_span (get_age (left));
    upload_id = left->upload_id;
  }

  g_print ("%-34s %10s %13s %10s %-9s %s\n", row->media_id,
      size != NULL ? size : "-", parts != NULL ? parts : "-",
      age != NULL ? age : "-", get_state (row),
      upload_id != NULL ? upload_id : "-");
  if (row->error != NULL)
    g_print ("  %s\n", row->error->message);
}

/* FALSE if it can't be read. */
static gboolean
show (const gchar * directory, const gchar * media_id, JsonArray * rows)
{
  Row row = { media_id };
  gboolean ok;

  row.left = gst_ice_spool_inspect (directory, media_id, &row.in_use,
      &row.error);
  ok = row.error == NULL;
  /* It was removed between two looks. */
  if (gst_ice_error_is (row.error, GST_ICE_ERROR_NOT_FOUND)) {
    row_clear (&row);
    return TRUE;
  }

  if (gst_ice_tool_as_json)
    json_array_add_object_element (rows, row_to_json (&row));
  else
    print_row (&row);
  row_clear (&row);

  return ok;
}

static GstIceToolExit
show_all (const gchar * directory, GStrv media_ids)
{
  GstIceToolExit result = GST_ICE_TOOL_OK;
  JsonArray *rows = json_array_new ();
  guint i;

  if (!gst_ice_tool_as_json && media_ids[0] != NULL)
    print_header ();
  for (i = 0; media_ids[i] != NULL; i++) {
    if (!show (directory, media_ids[i], rows))
      result = GST_ICE_TOOL_FAILED;
  }

  if (gst_ice_tool_as_json) {
    JsonObject *object = json_object_new ();

    json_object_set_string_member (object, "directory", directory);
    json_object_set_array_member (object, "spools", rows);
    gst_ice_tool_print_json (object);
  } else {
    json_array_unref (rows);
  }

  return result;
}

static GstIceToolExit
run (char **arguments, GError ** error)
{
  g_auto (GStrv) media_ids = gst_ice_spool_list (arguments[0], error);

  return media_ids != NULL ? show_all (arguments[0], media_ids)
      : GST_ICE_TOOL_FAILED;
}

const GstIceToolCommand gst_ice_tool_list = {
  .name = "list",
  .title = "Show what recordings have left in a spool directory",
  .arguments = "DIRECTORY",
  .n_arguments = 1,
  .summary = "Shows what recordings have left in DIRECTORY, which is the"
      " sink's spool-directory.\nNothing is changed, and no service is asked.",
  .description =
      "One line for each media id: how much was recorded, in how many parts,"
      " how many of\nthem have arrived at the service, how long ago it began,"
      " and its state:\n\n"
      "  in use     a process is recording or uploading it\n"
      "  left       its process has ended, and the upload has not\n"
      "  complete   it was finished after a crash; the sink does not record"
      " over it\n"
      "  empty      nothing was recorded\n"
      "  unusable   it can't be read; what is wrong stands below it\n\n"
      "With --json: {\"directory\", \"spools\": [{\"media-id\", \"state\","
      " \"error\",\n\"bytes\", \"parts\", \"parts-arrived\", \"created\" (ISO"
      " 8601, UTC), \"age\" (seconds),\n\"caps\", \"content-type\","
      " \"bucket\", \"object\", \"upload-id\"}]}.\n\n"
      "Exit codes: 0; 1 if a spool is unusable; 2 for wrong options; 3 if"
      " there is no\nsuch directory.",
  .is_local = TRUE,
  .run = run,
};
