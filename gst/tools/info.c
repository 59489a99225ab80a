/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 info: what has become of a media asset.
 *
 * Main thread. */

#include "common/error.h"
#include "tools/service.h"
#include "tools/tool.h"

/* Between two questions, in seconds; analysis takes some at least. */
#define MIN_PAUSE 0.5
#define MAX_PAUSE 10.0

#define NO_WAIT (-1)
#define NO_LIMIT 0

static gint wait_s = NO_WAIT;

static const GOptionEntry options[] = {
  {"wait", 0, 0, G_OPTION_ARG_INT, &wait_s,
        "Wait until it is ready or has failed; without SECONDS as long as it"
        " takes", "SECONDS"},
  {NULL}
};

static const gchar *const states[] = {
  [GST_ICE_MEDIA_WAITING] = "waiting",
  [GST_ICE_MEDIA_READY] = "ready",
  [GST_ICE_MEDIA_FAILED] = "failed",
};

static JsonObject *
stream_to_json (const GstIceMediaStream * stream)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "kind", stream->kind);
  gst_ice_tool_set_string (object, "codec", stream->codec);
  gst_ice_tool_set_string (object, "width", stream->width);
  gst_ice_tool_set_string (object, "height", stream->height);
  gst_ice_tool_set_string (object, "fps", stream->fps);
  gst_ice_tool_set_string (object, "sample-rate", stream->sample_rate);
  gst_ice_tool_set_string (object, "channels", stream->channels);
  gst_ice_tool_set_string (object, "bitrate", stream->bitrate);

  return object;
}

static JsonArray *
streams_to_json (const GstIceMediaInfo * info)
{
  JsonArray *streams = json_array_new ();
  guint i;

  for (i = 0; i < info->streams->len; i++)
    json_array_add_object_element (streams, stream_to_json (g_ptr_array_index
            (info->streams, i)));

  return streams;
}

static void
print_json (const GstIceMediaInfo * info, const gchar * media_id)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "media-id", media_id);
  json_object_set_string_member (object, "state", states[info->state]);
  json_object_set_string_member (object, "status", info->status);
  gst_ice_tool_set_string (object, "title", info->title);
  gst_ice_tool_set_string (object, "type", info->media_type);
  gst_ice_tool_set_string (object, "source", info->source);
  gst_ice_tool_set_string (object, "address", info->address);
  gst_ice_tool_set_string (object, "created", info->created);
  gst_ice_tool_set_string (object, "modified", info->modified);
  if (info->size >= 0)
    json_object_set_int_member (object, "size", info->size);
  else
    json_object_set_null_member (object, "size");
  gst_ice_tool_set_string (object, "duration", info->duration);
  gst_ice_tool_set_string (object, "format", info->format);
  gst_ice_tool_set_string (object, "bitrate", info->bitrate);
  gst_ice_tool_set_string (object, "region", info->region);
  json_object_set_array_member (object, "streams", streams_to_json (info));
  gst_ice_tool_print_json (object);
}

/* What the service says may have anything in it. */
static void
print_field (const gchar * name, const gchar * value)
{
  g_autofree gchar *shown = NULL;
  gchar *p;

  if (value == NULL)
    return;

  shown = g_utf8_make_valid (value, -1);
  for (p = shown; *p != '\0'; p++) {
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  }
  g_print ("%-11s %s\n", name, shown);
}

static void
append (GString * text, const gchar * value, const gchar * unit)
{
  if (value != NULL)
    g_string_append_printf (text, "%s%s%s", text->len > 0 ? ", " : "", value,
        unit);
}

static void
print_stream (const GstIceMediaStream * stream)
{
  g_autoptr (GString) text = g_string_new (NULL);

  append (text, stream->codec, "");
  if (stream->width != NULL && stream->height != NULL)
    g_string_append_printf (text, ", %s x %s", stream->width, stream->height);
  append (text, stream->fps, " frames/s");
  append (text, stream->sample_rate, " Hz");
  append (text, stream->channels, " channels");
  append (text, stream->bitrate, " kbit/s");
  print_field (stream->kind, text->len > 0 ? text->str : "?");
}

static void
print_text (const GstIceMediaInfo * info, const gchar * media_id)
{
  g_autofree gchar *size =
      info->size >= 0 ? gst_ice_tool_format_size (info->size,
      G_FORMAT_SIZE_LONG_FORMAT) : NULL;
  g_autofree gchar *duration =
      info->duration != NULL ? g_strconcat (info->duration, " s", NULL) : NULL;
  guint i;

  print_field ("media id", media_id);
  print_field ("state", states[info->state]);
  print_field ("status", info->status);
  print_field ("title", info->title);
  print_field ("type", info->media_type);
  print_field ("source", info->source);
  print_field ("address", info->address);
  print_field ("created", info->created);
  print_field ("modified", info->modified);
  print_field ("size", size);
  print_field ("duration", duration);
  print_field ("format", info->format);
  for (i = 0; i < info->streams->len; i++)
    print_stream (g_ptr_array_index (info->streams, i));
}

static GstIceToolExit
show (const GstIceMediaInfo * info, const gchar * media_id)
{
  if (gst_ice_tool_as_json)
    print_json (info, media_id);
  else
    print_text (info, media_id);

  if (wait_s == NO_WAIT || info->state == GST_ICE_MEDIA_READY)
    return GST_ICE_TOOL_OK;

  return info->state == GST_ICE_MEDIA_FAILED ? GST_ICE_TOOL_FAILED :
      GST_ICE_TOOL_NOT_READY;
}

/* What may be over when we ask again. */
static gboolean
is_passing (const GError * error)
{
  static const GstIceErrorCode codes[] = {
    GST_ICE_ERROR_THROTTLED, GST_ICE_ERROR_UNAVAILABLE, GST_ICE_ERROR_NETWORK,
    GST_ICE_ERROR_STALLED, GST_ICE_ERROR_DAMAGED, GST_ICE_ERROR_PROTOCOL,
    GST_ICE_ERROR_IDENTITY_EXPIRED
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codes); i++) {
    if (gst_ice_error_is (error, codes[i]))
      return TRUE;
  }

  return FALSE;
}

/* One line for each change. @said: what was said last. (transfer full) */
static gchar *
say (gchar * said, const gchar * text)
{
  if (g_strcmp0 (said, text) == 0)
    return said;

  g_printerr ("%s\n", text);
  g_free (said);

  return g_strdup (text);
}

static gboolean
is_wait_over (const GstIceMediaInfo * info, const GError * error, gint64 end_us)
{
  if (wait_s == NO_WAIT)
    return TRUE;
  if (info != NULL ? info->state != GST_ICE_MEDIA_WAITING :
      !is_passing (error)) return TRUE;

  return wait_s != NO_LIMIT && g_get_monotonic_time () >= end_us;
}

/* Never later than the end. */
static gdouble
get_pause (gdouble pause, gint64 end_us)
{
  gdouble left = (end_us - g_get_monotonic_time ()) / (gdouble) G_USEC_PER_SEC;

  return wait_s == NO_LIMIT ? pause : CLAMP (left, 0, pause);
}

/* The last answer, or NULL. (transfer full) */
static GstIceMediaInfo *
look (GstIceToolService * service, GError ** error)
{
  gint64 end_us = g_get_monotonic_time () + wait_s * (gint64) G_USEC_PER_SEC;
  gdouble pause = MIN_PAUSE;
  g_autofree gchar *said = NULL;

  for (;; pause = MIN (2 * pause, MAX_PAUSE)) {
    g_autoptr (GError) reason = NULL;
    g_autoptr (GstIceMediaInfo) info =
        gst_ice_tool_service_get_info (service, &reason);

    if (is_wait_over (info, reason, end_us)) {
      if (info == NULL)
        g_propagate_error (error, g_steal_pointer (&reason));
      return g_steal_pointer (&info);
    }
    said = say (said, info != NULL ? info->status : reason->message);
    gst_ice_tool_service_pause (service, get_pause (pause, end_us));
  }
}

/* GOption would take the word behind `--wait` for the seconds. */
static void
rewrite_wait (int argc, char **argv)
{
  static gchar no_limit[] = "--wait=0";
  gint i;

  for (i = 1; i < argc && !g_str_equal (argv[i], "--"); i++) {
    if (g_str_equal (argv[i], "--wait"))
      argv[i] = no_limit;
  }
}

static GstIceToolExit
run (char **arguments, GError ** error)
{
  g_autoptr (GstIceToolService) service = NULL;
  g_autoptr (GstIceMediaInfo) info = NULL;

  if (wait_s < NO_WAIT) {
    gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS,
        "--wait is not a number of seconds");
    return GST_ICE_TOOL_FAILED;
  }

  service = gst_ice_tool_service_new (arguments[0], error);
  if (service == NULL)
    return GST_ICE_TOOL_FAILED;

  info = look (service, error);
  if (info == NULL)
    return GST_ICE_TOOL_FAILED;

  return show (info, arguments[0]);
}

const GstIceToolCommand gst_ice_tool_info = {
  .name = "info",
  .title = "Show what has become of a media asset",
  .arguments = "MEDIA-ID",
  .n_arguments = 1,
  .summary = "Shows what ICE knows about a media asset, with GetMediaInfo.",
  .description =
      "The state is `ready` once the file is there and has been analysed,"
      " `failed` if nothing\ncould be made of it, else `waiting`; the service's"
      " own word stands beside it: Init (no file\nyet), Preparing, Normal,"
      " PrepareFail, or another one. After a recording the service needs a\nfew"
      " seconds. The address is not signed; a signed one is never printed."
      "\n\n"
      "The seconds to wait stand behind a `=`: --wait=60.\n\n"
      "With --json: {\"media-id\", \"state\", \"status\", \"title\", \"type\","
      " \"source\", \"address\",\n\"created\", \"modified\", \"size\" (bytes),"
      " \"duration\" (seconds), \"format\", \"bitrate\"\n(kbit/s), \"region\","
      " \"streams\": [{\"kind\", \"codec\", \"width\", \"height\", \"fps\",\n"
      "\"sample-rate\", \"channels\", \"bitrate\"}]}; null is what the service"
      " does not say. Numbers\nbut the size are texts, as they came.\n\n"
      "The identity needs the permission ice:GetMediaInfo.\n\n"
      "Exit codes: 0 if it could be shown, with --wait only if it is ready; 1"
      " if not, with --wait\nalso if it has failed; 2 if MEDIA-ID or an option"
      " can't be used; 3 if there is no such\nasset; 4 if it was not ready in"
      " time.",
  .options = options,
  .prepare = rewrite_wait,
  .run = run,
};
