/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* static-plugin: an application that carries icesink in itself.
 *
 * The lesson: GST_PLUGIN_STATIC_DECLARE and GST_PLUGIN_STATIC_REGISTER, and
 * the archive libgsticesink.a at the link, make the element known without a
 * module in GST_PLUGIN_PATH. With icesink installed:
 *
 *   export PKG_CONFIG_PATH=LIBDIR/gstreamer-1.0/pkgconfig
 *   cc -o static-plugin static-plugin.c \
 *       $(pkg-config --cflags --libs gsticesink gstreamer-1.0)
 *
 * where LIBDIR is such as /usr/lib/x86_64-linux-gnu. A process uses the module
 * or the archive, never both: the second one finds the type taken.
 *
 *   static-plugin MEDIA-ID FILE [ICE-ENDPOINT]
 *
 * uploads a file; the AccessKey comes from the environment. Exit status: 0 the
 * object is complete, 1 an error, 2 the command line is wrong. */

#include <stdlib.h>
#include <gst/gst.h>

#define EXIT_USAGE 2

GST_PLUGIN_STATIC_DECLARE (icesink);

static GstElement *
build (const gchar * media_id, const gchar * path, const gchar * endpoint)
{
  GstElement *pipeline = gst_pipeline_new ("static-plugin");
  GstElement *source = gst_element_factory_make ("filesrc", NULL);
  GstElement *sink = gst_element_factory_make ("icesink", NULL);

  g_object_set (source, "location", path, NULL);
  g_object_set (sink, "media-id", media_id, NULL);
  if (endpoint != NULL)
    g_object_set (sink, "ice-endpoint", endpoint, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  gst_element_link (source, sink);

  return gst_object_ref_sink (pipeline);
}

static gint
report (GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    g_print ("Object complete\n");
    return EXIT_SUCCESS;
  }

  gst_message_parse_error (message, &error, &debug);
  g_printerr ("static-plugin: %s\n  %s\n", error->message, debug);

  return EXIT_FAILURE;
}

/* EOS comes when OSS has confirmed the object, and not before. */
static gint
upload (const gchar * media_id, const gchar * path, const gchar * endpoint)
{
  g_autoptr (GstElement) pipeline = build (media_id, path, endpoint);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return report (message);
}

int
main (int argc, char **argv)
{
  gint status;

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (icesink);
  if (argc < 3 || argc > 4) {
    g_printerr ("usage: static-plugin MEDIA-ID FILE [ICE-ENDPOINT]\n");
    return EXIT_USAGE;
  }

  status = upload (argv[1], argv[2], argv[3]);
  gst_deinit ();

  return status;
}
