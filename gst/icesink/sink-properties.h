/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The properties of the element: their specs, and the settings behind them. */

#pragma once

#include "icesink/settings.h"

/* The one property that is not a setting. */
#define GST_ICE_SINK_PROPERTY_STATS 1

/* Once, in class_init. */
void gst_ice_sink_properties_install (GObjectClass * object_class);

/* TRUE if property @id may be set while there is a run. */
gboolean gst_ice_sink_properties_may_change (guint id);

/* Sets a setting. FALSE if property @id is none. Call with the element's object
 * lock held. */
gboolean gst_ice_sink_properties_set (GstIceSettings * settings, guint id,
    const GValue * value);

/* Reads a setting. FALSE if property @id is none, or must never be read. Call
 * with the element's object lock held. */
gboolean gst_ice_sink_properties_get (const GstIceSettings * settings,
    guint id, GValue * value);
