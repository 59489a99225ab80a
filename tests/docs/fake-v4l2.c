/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A camera at the USB port, for machines that have none: a plugin by the name
 * of GStreamer's own, ahead of it in GST_PLUGIN_PATH, with an element v4l2src.
 * It is there as long as the file `device` is; pulling it out is removing that.
 *
 * Runs on: the streaming thread, but for the state change. */

#include <gst/gst.h>

#define TYPE_FAKE_V4L2 (fake_v4l2_get_type ())
G_DECLARE_FINAL_TYPE (FakeV4l2, fake_v4l2, FAKE, V4L2, GstBin)

struct _FakeV4l2
{
  GstBin parent;
  gchar *device;                /* (owned) */
};

G_DEFINE_TYPE (FakeV4l2, fake_v4l2, GST_TYPE_BIN)

static gboolean
is_there (FakeV4l2 * self)
{
  return self->device != NULL && g_file_test (self->device, G_FILE_TEST_EXISTS);
}

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  FakeV4l2 *self = user_data;

  if (is_there (self))
    return GST_PAD_PROBE_OK;

  GST_ELEMENT_ERROR (self, RESOURCE, READ, ("The device is gone"),
      ("%s", self->device));

  return GST_PAD_PROBE_REMOVE;
}

static GstStateChangeReturn
fake_v4l2_change_state (GstElement * element, GstStateChange transition)
{
  FakeV4l2 *self = FAKE_V4L2 (element);

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !is_there (self)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("Cannot identify device '%s'.", self->device), (NULL));
    return GST_STATE_CHANGE_FAILURE;
  }

  return GST_ELEMENT_CLASS (fake_v4l2_parent_class)->change_state (element,
      transition);
}

static void
fake_v4l2_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  FakeV4l2 *self = FAKE_V4L2 (object);

  g_free (self->device);
  self->device = g_value_dup_string (value);
}

static void
fake_v4l2_finalize (GObject * object)
{
  g_free (FAKE_V4L2 (object)->device);
  G_OBJECT_CLASS (fake_v4l2_parent_class)->finalize (object);
}

static void
fake_v4l2_class_init (FakeV4l2Class * klass)
{
  G_OBJECT_CLASS (klass)->set_property = fake_v4l2_set_property;
  G_OBJECT_CLASS (klass)->finalize = fake_v4l2_finalize;
  GST_ELEMENT_CLASS (klass)->change_state = fake_v4l2_change_state;
  g_object_class_install_property (G_OBJECT_CLASS (klass), 1,
      g_param_spec_string ("device", "Device", "File of the device", NULL,
          G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "No camera", "Source/Video", "Stands for a camera",
      "The icesink developers");
}

/* As cheap cameras give it: not what an encoder takes. */
static void
fake_v4l2_init (FakeV4l2 * self)
{
  GstElement *picture = gst_parse_bin_from_description ("videotestsrc"
      " is-live=true ! video/x-raw,format=YUY2,width=320,height=240,"
      "framerate=25/1", TRUE, NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (picture, "src");

  gst_bin_add (GST_BIN (self), picture);
  gst_element_add_pad (GST_ELEMENT (self), gst_ghost_pad_new ("src", pad));
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, self, NULL);
}

static gboolean
plugin_init (GstPlugin * plugin)
{
  return gst_element_register (plugin, "v4l2src", GST_RANK_PRIMARY,
      TYPE_FAKE_V4L2);
}

#define PACKAGE "icesink"
GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, video4linux2,
    "A camera that is not there", plugin_init, "0.1", "LGPL", PACKAGE,
    "https://example.com/")
