/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Texts from the network, made fit to be shown.
 *
 * Pure functions. What a service says about a request may echo what was in
 * it, and a proxy may say anything at all. */

#pragma once

#include "credentials/identity.h"

/* @text as one line of UTF-8 of at most a few hundred characters, in which
 * the secret and the token of @identity (nullable), also if cut off, and
 * anything that looks like a signature are masked. NULL for NULL or nothing.
 * (transfer full) (nullable) */
gchar *gst_ice_redact (const GstIceIdentity * identity, const gchar * text);

/* @text if it has the form of an error code or a request id, else NULL.
 * (transfer full) (nullable) */
gchar *gst_ice_redact_id (const GstIceIdentity * identity,
    const gchar * text);
