/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* SHA-256 and HMAC-SHA256, and the strict percent-encoding that both
 * services' signatures share. Pure functions over OpenSSL and GLib. */

#pragma once

#include <glib.h>

#define GST_ICE_SHA256_SIZE 32

/* Lower-case hex SHA-256. (transfer full) */
gchar *gst_ice_sha256_hex (gconstpointer data, gsize size);

/* HMAC-SHA256 of a string into @mac, GST_ICE_SHA256_SIZE bytes. */
void gst_ice_hmac_sha256 (gconstpointer key, gsize key_size,
    const gchar * text, guint8 * mac);

/* Lower-case hex of @size bytes. (transfer full) */
gchar *gst_ice_hex (const guint8 * data, gsize size);

/* RFC 3986 encoding with upper-case hex: A-Z a-z 0-9 - _ . ~ stay, and the
 * characters of @also_keep, which may be NULL. (transfer full) */
gchar *gst_ice_percent_encode (const gchar * text, const gchar * also_keep);
