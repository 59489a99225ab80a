/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Where an object is. Immutable and counted; any thread. */

#pragma once

#include "http/endpoint.h"

G_BEGIN_DECLS

/**
 * GstIceOssObject:
 * @endpoint: (owned): the host
 * @bucket: (owned): the bucket in it
 * @key: (owned): the object's key in the bucket
 * @region: (owned): the bare id, for signatures
 */
typedef struct
{
  GstIceEndpoint *endpoint;
  gchar *bucket;
  gchar *key;
  gchar *region;

  /*< private >*/
  gatomicrefcount ref_count;
} GstIceOssObject;

/* (transfer full) */
GstIceOssObject *gst_ice_oss_object_new (GstIceEndpoint * endpoint,
    const gchar * bucket, const gchar * key, const gchar * region);
GstIceOssObject *gst_ice_oss_object_ref (GstIceOssObject * object);
void gst_ice_oss_object_unref (GstIceOssObject * object);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceOssObject, gst_ice_oss_object_unref)

G_END_DECLS
