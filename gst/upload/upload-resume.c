/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Going on with the upload of an earlier run; see resumption.h.
 *
 * Where nothing is left to be sent ListParts is not asked first: Complete
 * names the parts, and tells more.
 *
 * Runs on: the network thread. Owns nothing. */

#include "upload/upload-private.h"

static void
begin_elsewhere (GstIceUpload * self)
{
  const GstIceResumption *left = &self->resumption;
  g_autoptr (GstIceOssObject) there = NULL;
  g_autoptr (GError) error = NULL;

  GST_WARNING ("%s: the lease is for %s in %s, and the upload of an earlier"
      " run for %s in %s", self->config->media_id, self->object->key,
      self->object->bucket, left->object, left->bucket);
  if (gst_ice_upload_can_restart (self)) {
    there = gst_ice_oss_object_new (self->object->endpoint, left->bucket,
        left->object, self->object->region);
    gst_ice_upload_set_stray (self, there, left->upload_id, NULL);
    gst_ice_part_table_restart (self->parts);
    gst_ice_resumption_clear (&self->resumption);
    return;
  }

  error = gst_ice_error_new (GST_ICE_ERROR_NO_SUCH_UPLOAD,
      "The lease is for another object, %s in %s, than the upload of an"
      " earlier run, %s in %s, and bytes that the old one has are not held any"
      " more", self->object->key, self->object->bucket, left->object,
      left->bucket);
  gst_ice_upload_failed (self, error, 0);
}

void
gst_ice_upload_go_on (GstIceUpload * self)
{
  guint n_arrived = gst_ice_part_table_count_confirmed (self->parts);

  if (self->resumption.state != GST_ICE_RESUMPTION_LEFT)
    return;
  if (!gst_ice_resumption_is_of (&self->resumption, self->object->bucket,
          self->object->key)) {
    begin_elsewhere (self);
    return;
  }

  GST_INFO ("%s: goes on with an earlier upload, %u parts of which have"
      " arrived", self->config->media_id, n_arrived);
  self->upload_id = g_strdup (self->resumption.upload_id);
  gst_ice_resumption_go_on (&self->resumption, n_arrived);
  gst_ice_upload_started (self, NULL);
}

/* ---- the comparison ---- */

GstIceOssRequest *
gst_ice_call_make_comparison (GstIceCall * call)
{
  return gst_ice_oss_request_new_list_parts (call->self->upload_id,
      call->self->resumption.list_marker);
}

static void
fail_comparison (GstIceUpload * self, guint part)
{
  g_autoptr (GError) error =
      gst_ice_error_new (GST_ICE_ERROR_NO_SUCH_UPLOAD,
      "Part %u of the earlier run is not at OSS as it was sent, and its bytes"
      " are not held any more", part);

  gst_ice_error_get_details (error)->part = part;
  gst_ice_upload_failed (self, error, part);
}

static void
end_comparison (GstIceUpload * self)
{
  gst_ice_inquiry_compared (&self->inquiry);
  self->alone_history = (GstIceRetryHistory) { 0 };
}

void
gst_ice_call_handle_comparison (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error)
{
  GstIceUpload *self = call->self;
  guint lost;

  if (error != NULL
      && !gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)
      && gst_ice_call_is_hopeless (call, error)) {
    GST_WARNING ("%s: what has arrived can't be listed, so the journal is"
        " trusted: %s", self->config->media_id, error->message);
    gst_ice_resumption_trust (&self->resumption);
    end_comparison (self);
    return;
  }
  if (error != NULL) {
    gst_ice_call_handle_failure (call, error);
    return;
  }

  lost = gst_ice_resumption_compare (&self->resumption, self->parts,
      reply->parts, reply->next_marker);
  if (self->resumption.state == GST_ICE_RESUMPTION_COMPARED)
    end_comparison (self);
  if (lost > 0)
    fail_comparison (self, lost);
}
