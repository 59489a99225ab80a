/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Where an object is. Immutable and counted; any thread. */

#pragma once

#include "common/counted.h"
#include "http/endpoint.h"

typedef struct
{
  GstIceEndpoint *endpoint; /* (owned) the host */
  gchar *bucket;            /* (owned) the bucket in it */
  gchar *key;               /* (owned) the object's key in the bucket */
  gchar *region;            /* (owned) the bare id, for signatures */

  /*< private >*/
  gatomicrefcount ref_count;
} GstIceOssObject;

/* (transfer full) */
GstIceOssObject *gst_ice_oss_object_new (GstIceEndpoint * endpoint,
    const gchar * bucket, const gchar * key, const gchar * region);
GST_ICE_DECLARE_COUNTED (GstIceOssObject, gst_ice_oss_object)
