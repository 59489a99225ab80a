/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 finish: uploads the rest of what a recording has left.
 *
 * The element does that, with resume=only and a stream that ends before it has
 * begun; this waits for its messages. What fails is kept, so that it can be
 * tried again.
 *
 * Main thread, but for the end of the stream: the sink holds on to it until the
 * object is complete, so a thread of its own pushes it. */

#include <glib-unix.h>
#include <gst/gst.h>

#include "common/error.h"
#include "icesink/sink.h"
#include "recording/spool.h"
#include "tools/service.h"
#include "tools/tool.h"

#define DEFAULT_RETRY_TIMEOUT 600

static gint retry_timeout_s = DEFAULT_RETRY_TIMEOUT;
static gint64 max_upload_bitrate;

static const GOptionEntry options[] = {
  {"retry-timeout", 0, 0, G_OPTION_ARG_INT, &retry_timeout_s,
        "How long to try while nothing works; 0: for ever ("
        G_STRINGIFY (DEFAULT_RETRY_TIMEOUT) ")", "SECONDS"},
  {"max-upload-bitrate", 0, 0, G_OPTION_ARG_INT64, &max_upload_bitrate,
        "Most that goes out; 0: what the line has (0)", "BIT/S"},
  {NULL}
};

typedef struct
{
  GstElement *sink;             /* (owned) does the work */
  GstBus *bus;                  /* (owned) of the sink */
  GstPad *pad;                  /* (owned) what the end of the stream comes
                                 * from */
  GMainLoop *loop;              /* (owned) runs until it has ended */
  GstStructure *complete;       /* (nullable) (owned) the message that says
                                 * so */
  GError *error;                /* (nullable) (owned) why it is not */
} Finish;

static void
finish_clear (Finish * finish)
{
  gst_bus_remove_watch (finish->bus);
  g_clear_object (&finish->pad);
  g_clear_object (&finish->sink);
  g_clear_object (&finish->bus);
  g_clear_pointer (&finish->loop, g_main_loop_unref);
  g_clear_pointer (&finish->complete, gst_structure_free);
  g_clear_error (&finish->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Finish, finish_clear)

static void
handle_element (Finish * finish, const GstStructure * structure)
{
  if (gst_structure_has_name (structure, "ice-upload-complete"))
    finish->complete = gst_structure_copy (structure);
  if (gst_structure_has_name (structure, "ice-upload-interrupted"))
    g_printerr ("interrupted: %s\n",
        gst_structure_get_string (structure, "reason"));
  if (gst_structure_has_name (structure, "ice-upload-resumed"))
    g_printerr ("resumed\n");
}

/* What exactly went wrong is in the debug text. */
static void
handle_error (Finish * finish, GstMessage * message)
{
  g_autofree gchar *debug = NULL;

  if (finish->error != NULL)
    return;

  gst_message_parse_error (message, &finish->error, &debug);
  g_prefix_error (&finish->error, "%s: ", debug != NULL ? debug : "");
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Finish *finish = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      handle_element (finish, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_ERROR:
      handle_error (finish, message);
      g_main_loop_quit (finish->loop);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (finish->loop);
      break;
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer user_data)
{
  Finish *finish = user_data;

  if (finish->error == NULL)
    finish->error = gst_ice_error_new (GST_ICE_ERROR_FAILED,
        "interrupted; all is kept");
  g_main_loop_quit (finish->loop);

  return G_SOURCE_CONTINUE;
}

/* What happens is decided here, whatever the defaults are. */
static void
set_up_sink (GstElement * sink, const gchar * directory,
    const gchar * media_id)
{
  guint64 retry_timeout = retry_timeout_s > 0 ?
      retry_timeout_s * GST_SECOND : GST_CLOCK_TIME_NONE;

  gst_ice_tool_service_set_up (G_OBJECT (sink));
  g_object_set (sink, "media-id", media_id, "spool-directory", directory,
      "retry-timeout", retry_timeout, "max-upload-bitrate",
      (guint64) max_upload_bitrate, NULL);
  gst_util_set_object_arg (G_OBJECT (sink), "resume", "only");
  gst_util_set_object_arg (G_OBJECT (sink), "on-stop", "keep");
  gst_util_set_object_arg (G_OBJECT (sink), "on-error", "keep");
}

static void
finish_init (Finish * finish, const gchar * directory,
    const gchar * media_id)
{
  g_autoptr (GstPad) sink_pad = NULL;

  finish->loop = g_main_loop_new (NULL, FALSE);
  finish->sink = gst_object_ref_sink (g_object_new (GST_TYPE_ICE_SINK, NULL));
  set_up_sink (finish->sink, directory, media_id);

  finish->bus = gst_bus_new ();
  gst_element_set_bus (finish->sink, finish->bus);
  gst_bus_add_watch (finish->bus, on_message, finish);

  finish->pad = gst_object_ref_sink (gst_pad_new ("src", GST_PAD_SRC));
  gst_pad_set_active (finish->pad, TRUE);
  sink_pad = gst_element_get_static_pad (finish->sink, "sink");
  gst_pad_link (finish->pad, sink_pad);
}

static gpointer
push_end (gpointer user_data)
{
  GstPad *pad = user_data;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (pad, gst_event_new_stream_start ("finish"));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  gst_pad_push_event (pad, gst_event_new_eos ());

  return NULL;
}

static void
run_sink (Finish * finish)
{
  guint signals[] = {
    g_unix_signal_add (SIGINT, on_interrupt, finish),
    g_unix_signal_add (SIGTERM, on_interrupt, finish),
  };
  GThread *pusher;
  guint i;

  /* If it fails, the bus knows why. */
  gst_element_set_state (finish->sink, GST_STATE_PLAYING);
  pusher = g_thread_new ("end-of-stream", push_end, finish->pad);
  g_main_loop_run (finish->loop);

  gst_element_set_state (finish->sink, GST_STATE_NULL);
  g_thread_join (pusher);
  for (i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);

  if (finish->complete == NULL && finish->error == NULL)
    finish->error = gst_ice_error_new (GST_ICE_ERROR_FAILED,
        "the sink has ended, and not completed anything");
}

static void
copy_string (JsonObject * object, const GstStructure * from,
    const gchar * name)
{
  gst_ice_tool_set_string (object, name, gst_structure_get_string (from,
          name));
}

static void
describe_complete (JsonObject * object, const GstStructure * complete)
{
  g_autofree gchar *crc64_text = NULL;
  guint64 size = 0, crc64 = 0;
  guint parts = 0;

  gst_structure_get (complete, "size", G_TYPE_UINT64, &size, "crc64",
      G_TYPE_UINT64, &crc64, "parts", G_TYPE_UINT, &parts, NULL);
  crc64_text = g_strdup_printf ("%" G_GUINT64_FORMAT, crc64);

  copy_string (object, complete, "bucket");
  copy_string (object, complete, "object");
  json_object_set_int_member (object, "size", size);
  json_object_set_int_member (object, "parts", parts);
  json_object_set_string_member (object, "crc64", crc64_text);
  copy_string (object, complete, "etag");
  copy_string (object, complete, "request-id");
}

static void
print_json (Finish * finish, const gchar * media_id)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "media-id", media_id);
  json_object_set_boolean_member (object, "ok", finish->complete != NULL);
  gst_ice_tool_set_string (object, "error",
      finish->complete == NULL ? finish->error->message : NULL);
  if (finish->complete != NULL)
    describe_complete (object, finish->complete);
  gst_ice_tool_print_json (object);
}

static void
print_text (Finish * finish, const gchar * media_id)
{
  const GstStructure *complete = finish->complete;
  g_autofree gchar *size_text = NULL;
  guint64 size = 0;

  if (complete == NULL)
    return;

  gst_structure_get_uint64 (complete, "size", &size);
  size_text = gst_ice_tool_format_size (size, G_FORMAT_SIZE_DEFAULT);
  g_print ("%s: complete, %s, %s in %s\n", media_id, size_text,
      gst_structure_get_string (complete, "object"),
      gst_structure_get_string (complete, "bucket"));
}

static GstIceToolExit
print_result (Finish * finish, const gchar * media_id)
{
  if (gst_ice_tool_as_json)
    print_json (finish, media_id);
  else
    print_text (finish, media_id);

  /* An object that is complete stays so, whatever came after. */
  if (finish->complete != NULL)
    return GST_ICE_TOOL_OK;
  gst_ice_tool_complain (finish->error);

  return g_error_matches (finish->error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_SETTINGS) ? GST_ICE_TOOL_USAGE :
      GST_ICE_TOOL_FAILED;
}

/* FALSE with an error if there is nothing to be finished, or not like that. */
static gboolean
check_left (const gchar * directory, const gchar * media_id, GError ** error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GstIceSpoolLeft) left = NULL;
  gboolean in_use;

  if (max_upload_bitrate < 0)
    return gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "--max-upload-bitrate is negative");

  left = gst_ice_spool_inspect (directory, media_id, &in_use, &reason);
  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  if (in_use || (left != NULL && left->size > 0))
    return TRUE;

  return gst_ice_set_error (error, GST_ICE_ERROR_NOT_FOUND,
      "The spool of media id %s in %s is empty; `abort` removes it", media_id,
      directory);
}

static GstIceToolExit
finish_left (const gchar * directory, const gchar * media_id)
{
  g_auto (Finish) finish = { NULL };

  finish_init (&finish, directory, media_id);
  run_sink (&finish);

  return print_result (&finish, media_id);
}

static GstIceToolExit
run (char **arguments, GError ** error)
{
  return check_left (arguments[0], arguments[1], error) ?
      finish_left (arguments[0], arguments[1]) : GST_ICE_TOOL_FAILED;
}

const GstIceToolCommand gst_ice_tool_finish = {
  .name = "finish",
  .title = "Upload the rest of what a recording has left",
  .arguments = "DIRECTORY MEDIA-ID",
  .n_arguments = 2,
  .summary = "Uploads the rest of a recording whose process has died, from its"
      " spool in DIRECTORY,\ncompletes the object, and removes the spool.",
  .description =
      "What has arrived at the service and is unchanged is not sent again."
      " The same happens\nwhen the sink starts again with resume=only."
      " Whatever goes wrong, and after an\ninterrupt from the keyboard,"
      " uploaded parts and spool are kept, and the command can be\ngiven"
      " again.\n\n"
      "With --json: {\"media-id\", \"ok\", \"error\", \"bucket\", \"object\","
      " \"size\", \"parts\",\n\"crc64\" (decimal digits in a string),"
      " \"etag\", \"request-id\"}.\n\n"
      "Exit codes: 0 if the object is complete; 1 if not; 2 if an option or"
      " the spool can't\nbe used; 3 if there is no such spool, or nothing"
      " in it.",
  .options = options,
  .run = run,
};
