/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A secret string: counted references, wiped when the last one goes.
 *
 * Any thread may hold a reference; the text never changes. Everything that
 * is worth stealing (AccessKey secret, security token) travels as one of
 * these, so that no plain copy is left behind. */

#pragma once

#include "common/counted.h"

typedef struct _GstIceSecret GstIceSecret;

/* A secret with a copy of @text, or NULL if @text is NULL or empty. */
GstIceSecret *gst_ice_secret_new (const gchar * text);
GST_ICE_DECLARE_COUNTED (GstIceSecret, gst_ice_secret)

/* The text. Valid while a reference is held. */
const gchar *gst_ice_secret_peek (const GstIceSecret * secret);

/* Wipes the memory of a string, then frees it. NULL is allowed. */
void gst_ice_secret_free_string (gchar * text);
