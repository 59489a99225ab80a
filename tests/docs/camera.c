/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An RTSP camera; see the header. */

#include "camera.h"

#ifdef HAVE_RTSP_SERVER

#include <gst/rtsp-server/rtsp-server.h>

#define PICTURES "( videotestsrc is-live=true" \
  " ! video/x-raw,format=I420,width=320,height=240,framerate=25/1" \
  " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25" \
  " ! rtph264pay name=pay0 pt=96 config-interval=1 )"

/**
 * Camera:
 * @context: (owned): of its thread
 * @loop: (owned): likewise
 * @server: (owned)
 * @thread: (owned)
 * @uri: (owned)
 */
struct _Camera
{
  GMainContext *context;
  GMainLoop *loop;
  GstRTSPServer *server;
  GThread *thread;
  gchar *uri;
};

static gpointer
run_server (gpointer data)
{
  Camera *camera = data;

  g_main_context_push_thread_default (camera->context);
  g_main_loop_run (camera->loop);
  g_main_context_pop_thread_default (camera->context);

  return NULL;
}

static void
mount (Camera * camera)
{
  GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new ();
  g_autoptr (GstRTSPMountPoints) mounts =
      gst_rtsp_server_get_mount_points (camera->server);

  gst_rtsp_media_factory_set_launch (factory, PICTURES);
  gst_rtsp_mount_points_add_factory (mounts, "/stream", factory);
}

Camera *
camera_new (void)
{
  Camera *camera = g_new0 (Camera, 1);

  camera->context = g_main_context_new ();
  camera->loop = g_main_loop_new (camera->context, FALSE);
  camera->server = gst_rtsp_server_new ();
  gst_rtsp_server_set_address (camera->server, "127.0.0.1");
  gst_rtsp_server_set_service (camera->server, "0");
  mount (camera);
  g_assert_cmpuint (gst_rtsp_server_attach (camera->server, camera->context),
      !=, 0);
  camera->uri = g_strdup_printf ("rtsp://127.0.0.1:%d/stream",
      gst_rtsp_server_get_bound_port (camera->server));
  camera->thread = g_thread_new ("camera", run_server, camera);

  return camera;
}

void
camera_free (Camera * camera)
{
  g_main_loop_quit (camera->loop);
  g_thread_join (camera->thread);
  g_object_unref (camera->server);
  g_main_loop_unref (camera->loop);
  g_main_context_unref (camera->context);
  g_free (camera->uri);
  g_free (camera);
}

const gchar *
camera_get_uri (Camera * camera)
{
  return camera->uri;
}

#else

Camera *
camera_new (void)
{
  return NULL;
}

void
camera_free (Camera * camera)
{
}

const gchar *
camera_get_uri (Camera * camera)
{
  return NULL;
}

#endif
