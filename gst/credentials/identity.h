/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Who signs a request: an AccessKey pair with an optional security token.
 *
 * Immutable and counted; any thread. Used for the caller's own identity
 * towards ICE and for the temporary one that ICE gives out for OSS. */

#pragma once

#include "common/counted.h"
#include "common/secret.h"

typedef struct _GstIceIdentity GstIceIdentity;

/* A new identity without an expiry. An empty @security_token is none.
 * (transfer full) */
GstIceIdentity *gst_ice_identity_new (const gchar * access_key_id,
    const gchar * access_key_secret, const gchar * security_token);

/* The same, valid until @expires_us of the monotonic clock; -1: for ever. */
GstIceIdentity *gst_ice_identity_new_expiring (const gchar * access_key_id,
    const gchar * access_key_secret, const gchar * security_token,
    gint64 expires_us);
GST_ICE_DECLARE_COUNTED (GstIceIdentity, gst_ice_identity)

const gchar *gst_ice_identity_get_access_key_id (const GstIceIdentity *
    identity);
const gchar *gst_ice_identity_peek_secret (const GstIceIdentity * identity);

/* NULL if there is no token. */
const gchar *gst_ice_identity_peek_token (const GstIceIdentity * identity);

/* Monotonic microseconds, or -1 if it does not end. */
gint64 gst_ice_identity_get_expires (const GstIceIdentity * identity);

/* TRUE if @text can be an AccessKey id or a security token, which are sent in
 * headers, or a secret: only the characters 0x21 to 0x7E, at least one. A blank
 * or a line end in a secret is a slip that a signature would bring to light
 * late. */
gboolean gst_ice_identity_is_sendable (const gchar * text);
