/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The element: `icesink`, GstIceSink. */

#pragma once

#include <gst/base/gstbasesink.h>

#define GST_TYPE_ICE_SINK (gst_ice_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstIceSink, gst_ice_sink, GST, ICE_SINK, GstBaseSink)

GST_ELEMENT_REGISTER_DECLARE (icesink);
