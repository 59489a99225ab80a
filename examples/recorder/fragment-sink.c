/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A fragment's sink; see the header.
 *
 *     RECORDING ──▶ FAILED ──▶ OVER
 *         └─────────────────────▲
 *
 * Runs on: chain and event on the streaming thread of the fragment's muxer,
 * handle_message on whichever thread posts. */

#include "fragment-sink.h"

typedef enum
{
  FRAGMENT_RECORDING,           /* what comes goes to icesink */
  FRAGMENT_FAILED,              /* what comes is dropped */
  FRAGMENT_OVER,                /* icesink is stopped */
} FragmentState;

struct _FragmentSink
{
  GstBin parent;
  GstElement *icesink;          /* (unowned) (nullable) in the bin */
  gchar *location;              /* (owned): the media id */
  gint state;                   /* atomic: FragmentState */
};

enum
{
  PROP_LOCATION = 1,
};

G_DEFINE_TYPE (FragmentSink, fragment_sink, GST_TYPE_BIN)

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);

static void
post (FragmentSink * self, GstStructure * structure)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

/* Only the first reason counts. */
static void
fail (FragmentSink * self, const gchar * reason)
{
  if (!g_atomic_int_compare_and_exchange (&self->state, FRAGMENT_RECORDING,
          FRAGMENT_FAILED))
    return;

  post (self, gst_structure_new ("fragment-failed",
          "media-id", G_TYPE_STRING, self->location,
          "error", G_TYPE_STRING, reason, NULL));
}

static void
post_over (FragmentSink * self)
{
  guint64 written = 0, uploaded = 0, sent = 0;
  GstClockTime lag = 0;
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (self->icesink, "stats", &stats, NULL);
  gst_structure_get (stats, "bytes-written", G_TYPE_UINT64, &written,
      "bytes-uploaded", G_TYPE_UINT64, &uploaded,
      "bytes-sent", G_TYPE_UINT64, &sent,
      "upload-lag", GST_TYPE_CLOCK_TIME, &lag, NULL);
  if (!GST_CLOCK_TIME_IS_VALID (lag))
    lag = 0;
  post (self, gst_structure_new ("fragment-over",
          "media-id", G_TYPE_STRING, self->location,
          "bytes", G_TYPE_UINT64, written, "sent", G_TYPE_UINT64, sent,
          "pending", G_TYPE_UINT64, written - MIN (written, uploaded),
          "since", G_TYPE_INT64, g_get_monotonic_time ()
          - (gint64) (lag / 1000), NULL));
}

/* The bin is told nothing: for splitmuxsink this was the end of the stream.
 * on-stop=keep makes the stop write all to the spool. */
static void
end (FragmentSink * self)
{
  if (g_atomic_int_get (&self->state) == FRAGMENT_OVER)
    return;

  g_atomic_int_set (&self->state, FRAGMENT_OVER);
  gst_element_set_locked_state (self->icesink, TRUE);
  gst_element_set_state (self->icesink, GST_STATE_NULL);
  post_over (self);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_eos (GST_OBJECT (self)));
}

static gboolean
is_recording (FragmentSink * self)
{
  return g_atomic_int_get (&self->state) == FRAGMENT_RECORDING;
}

/* A muxer that is told of an error stops, and takes all with it. */
static GstFlowReturn
swallow (FragmentSink * self, GstFlowReturn flow)
{
  if (flow != GST_FLOW_ERROR && flow != GST_FLOW_NOT_NEGOTIATED
      && flow != GST_FLOW_NOT_SUPPORTED)
    return flow;

  fail (self, gst_flow_get_name (flow));

  return GST_FLOW_OK;
}

static GstFlowReturn
chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  FragmentSink *self = FRAGMENT_SINK (parent);

  if (is_recording (self))
    return swallow (self, gst_proxy_pad_chain_default (pad, parent, buffer));

  gst_buffer_unref (buffer);

  return GST_FLOW_OK;
}

static GstFlowReturn
chain_list (GstPad * pad, GstObject * parent, GstBufferList * list)
{
  FragmentSink *self = FRAGMENT_SINK (parent);

  if (is_recording (self))
    return swallow (self, gst_proxy_pad_chain_list_default (pad, parent,
            list));

  gst_buffer_list_unref (list);

  return GST_FLOW_OK;
}

static gboolean
event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  FragmentSink *self = FRAGMENT_SINK (parent);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    gst_event_unref (event);
    end (self);
    return TRUE;
  }
  if (is_recording (self))
    return gst_pad_event_default (pad, parent, event);

  gst_event_unref (event);

  return TRUE;
}

/* An error of icesink is about this fragment alone. */
static void
handle_message (GstBin * bin, GstMessage * message)
{
  FragmentSink *self = FRAGMENT_SINK (bin);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  g_autofree gchar *reason = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR) {
    GST_BIN_CLASS (fragment_sink_parent_class)->handle_message (bin, message);
    return;
  }

  gst_message_parse_error (message, &error, &debug);
  reason = g_strdup_printf ("%s (%s)", error->message,
      debug != NULL ? debug : "");
  fail (self, reason);
  gst_message_unref (message);
}

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * spec)
{
  FragmentSink *self = FRAGMENT_SINK (object);

  g_free (self->location);
  self->location = g_value_dup_string (value);
  if (self->icesink != NULL)
    g_object_set (self->icesink, "location", self->location, NULL);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * spec)
{
  g_value_set_string (value, FRAGMENT_SINK (object)->location);
}

static void
finalize (GObject * object)
{
  g_free (FRAGMENT_SINK (object)->location);
  G_OBJECT_CLASS (fragment_sink_parent_class)->finalize (object);
}

static void
fragment_sink_init (FragmentSink * self)
{
  g_autoptr (GstPad) target = NULL;
  GstPad *pad;

  self->icesink = gst_element_factory_make ("icesink", NULL);
  if (self->icesink == NULL)
    return;

  /* A sink that waits for its first buffer would hold up the state changes of
   * splitmuxsink. */
  g_object_set (self->icesink, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (self), self->icesink);
  target = gst_element_get_static_pad (self->icesink, "sink");
  pad = gst_ghost_pad_new ("sink", target);
  gst_pad_set_chain_function (pad, chain);
  gst_pad_set_chain_list_function (pad, chain_list);
  gst_pad_set_event_function (pad, event);
  gst_element_add_pad (GST_ELEMENT (self), pad);
}

static void
fragment_sink_class_init (FragmentSinkClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  GST_BIN_CLASS (klass)->handle_message = handle_message;

  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string ("location", "Location", "The media id", NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Fragment sink",
      "Sink", "A fragment of a recording, into a spool and ICE",
      "The icesink developers");
}

gboolean
fragment_sink_register (void)
{
  return gst_element_register (NULL, FRAGMENT_SINK_FACTORY, GST_RANK_NONE,
      FRAGMENT_TYPE_SINK);
}

GstElement *
fragment_sink_get_icesink (FragmentSink * self)
{
  return self->icesink;
}
