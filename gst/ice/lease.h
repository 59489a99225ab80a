/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The lease: an upload credential of ICE, decoded and checked.
 *
 * UploadAddress says where the object is, UploadAuth is the temporary
 * identity that may write it, and until when. Immutable and counted; any
 * thread. Decoding treats both texts as hostile. */

#pragma once

#include "common/counted.h"
#include "credentials/identity.h"
#include "http/endpoint.h"

typedef struct _GstIceLease GstIceLease;

struct _GstIceLease
{
  GstIceEndpoint *endpoint; /* (owned) where OSS is, exactly as decoded (plain
                             * http included) */
  gchar *bucket;            /* (owned) the bucket */
  gchar *key;               /* (owned) the object key, 1 to 1,023 bytes, used
                             * exactly as it is */
  GstIceIdentity *identity; /* (owned) the temporary identity */
  gchar *region;            /* (owned) (nullable) UploadAuth's Region as
                             * given */
  gchar *signing_region;    /* (owned) (nullable) region for signatures, from
                             * the endpoint's host, else from Region; NULL:
                             * configuration must say it */
  gint64 issued_us;         /* monotonic time of receipt */
  gint64 expires_us;        /* monotonic time at which it ends */
  gint64 expires_at_us;     /* the same in microseconds since 1970 of the
                             * service's clock */

  /*< private >*/
  gatomicrefcount ref_count;
};

/* Decodes the two Base64 texts. @service_now_us: the service's time of
 * receipt in microseconds since 1970; @monotonic_now_us: the same moment on
 * the monotonic clock.
 * Errors: GST_ICE_ERROR_PROTOCOL, with a text that names the field and never
 * quotes UploadAuth; says so if the two texts seem to be swapped.
 * (transfer full) */
GstIceLease *gst_ice_lease_decode (const gchar * upload_address,
    const gchar * upload_auth, gint64 service_now_us, gint64 monotonic_now_us,
    GError ** error);
GST_ICE_DECLARE_COUNTED (GstIceLease, gst_ice_lease)
