/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* XML answers of the services, read element by element.
 *
 * Pure functions over GMarkup, which knows no entities but the five and so
 * cannot be made to expand any. A document type, deep nesting and anything
 * that is not UTF-8 are refused. */

#pragma once

#include <glib.h>

/* Told of each element below the root when it ends: its @parent's name, its
 * own, both without a namespace prefix, and its text, blanks at both ends
 * removed; NULL if it has children.
 * Returns FALSE, with @error set, to stop. */
typedef gboolean (*GstIceXmlElementFunc) (const gchar * parent,
    const gchar * name, const gchar * text, gpointer user_data,
    GError ** error);

/* Reads @size bytes of @data, a document whose root element is @root.
 * Errors: GST_ICE_ERROR_PROTOCOL, and those of @func. */
gboolean gst_ice_xml_parse (const gchar * data, gsize size,
    const gchar * root, GstIceXmlElementFunc func, gpointer user_data,
    GError ** error);
