/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Where an object is; see the header. Any thread. */

#include "oss/oss-object.h"

GstIceOssObject *
gst_ice_oss_object_new (GstIceEndpoint * endpoint, const gchar * bucket,
    const gchar * key, const gchar * region)
{
  GstIceOssObject *object;

  g_return_val_if_fail (region != NULL, NULL);

  object = g_new0 (GstIceOssObject, 1);
  g_atomic_ref_count_init (&object->ref_count);
  object->endpoint = gst_ice_endpoint_ref (endpoint);
  object->bucket = g_strdup (bucket);
  object->key = g_strdup (key);
  object->region = g_strdup (region);

  return object;
}

static void
finalize (GstIceOssObject * object)
{
  gst_ice_endpoint_unref (object->endpoint);
  g_free (object->bucket);
  g_free (object->key);
  g_free (object->region);
  g_free (object);
}

GST_ICE_DEFINE_COUNTED (GstIceOssObject, gst_ice_oss_object, finalize)
