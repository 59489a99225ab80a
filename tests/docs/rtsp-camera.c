/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An RTSP camera: rtsp://127.0.0.1:PORT/camera.
 *
 *   rtsp-camera PORT PIPELINE
 *
 * The pipeline has payloaders named pay0, pay1. With PORT 0 the system chooses
 * one. It prints `camera on port N` and runs until it is killed. Whoever comes
 * has to be the user `viewer` with the password `sesame`. */

#include <stdlib.h>
#include <gst/rtsp-server/rtsp-server.h>

static GstRTSPAuth *
new_auth (void)
{
  GstRTSPAuth *auth = gst_rtsp_auth_new ();
  g_autofree gchar *basic = gst_rtsp_auth_make_basic ("viewer", "sesame");
  GstRTSPToken *token = gst_rtsp_token_new (GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE,
      G_TYPE_STRING, "viewer", NULL);

  gst_rtsp_auth_add_basic (auth, basic, token);
  gst_rtsp_token_unref (token);

  return auth;
}

static GstRTSPMediaFactory *
new_factory (const gchar * pipeline)
{
  GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new ();
  g_autofree gchar *launch = g_strdup_printf ("( %s )", pipeline);

  gst_rtsp_media_factory_set_launch (factory, launch);
  gst_rtsp_media_factory_add_role (factory, "viewer",
      GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
      GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);

  return factory;
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GstRTSPServer) server = NULL;
  g_autoptr (GstRTSPMountPoints) mounts = NULL;
  g_autoptr (GstRTSPAuth) auth = NULL;

  gst_init (&argc, &argv);
  if (argc != 3)
    return 2;

  server = gst_rtsp_server_new ();
  auth = new_auth ();
  gst_rtsp_server_set_address (server, "127.0.0.1");
  gst_rtsp_server_set_service (server, argv[1]);
  gst_rtsp_server_set_auth (server, auth);
  mounts = gst_rtsp_server_get_mount_points (server);
  gst_rtsp_mount_points_add_factory (mounts, "/camera",
      new_factory (argv[2]));
  if (gst_rtsp_server_attach (server, NULL) == 0)
    return EXIT_FAILURE;

  g_print ("camera on port %d\n", gst_rtsp_server_get_bound_port (server));
  g_main_loop_run (loop);

  return EXIT_SUCCESS;
}
