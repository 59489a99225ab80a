/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Going on with the upload of an earlier run.
 *
 * The journal is believed, but the service is asked. Before anything else is
 * sent, ListParts tells which of the parts that had arrived are still there
 * as they were; the others are sent again. Where it may not be asked the
 * journal's word counts. Where nothing is left to be sent it is not asked:
 * Complete names the parts, and tells more.
 *
 * Runs on: the network thread. Owns nothing. */

#include "upload/upload-call.h"

#include "common/log.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_UPLOAD)

static gboolean
is_same_object (GstIceUpload * self)
{
  return g_strcmp0 (self->resume_bucket, self->object->bucket) == 0
      && g_strcmp0 (self->resume_object, self->object->key) == 0;
}

static void
begin_elsewhere (GstIceUpload * self)
{
  g_autoptr (GError) error = NULL;

  GST_WARNING ("%s: the lease is for %s in %s, and the upload of an earlier"
      " run for %s in %s; it is left as it is", self->config->media_id,
      self->object->key, self->object->bucket, self->resume_object,
      self->resume_bucket);
  if (gst_ice_upload_can_restart (self)) {
    gst_ice_part_table_restart (self->parts);
    g_clear_pointer (&self->resume_upload_id, g_free);
    return;
  }

  error = gst_ice_error_new (GST_ICE_ERROR_NO_SUCH_UPLOAD,
      "The lease is for another object, %s in %s, than the upload of an"
      " earlier run, %s in %s, and bytes that the old one has are not held any"
      " more", self->object->key, self->object->bucket, self->resume_object,
      self->resume_bucket);
  gst_ice_upload_failed (self, error, 0);
}

void
gst_ice_upload_take_up (GstIceUpload * self)
{
  guint n_arrived = gst_ice_part_table_count_confirmed (self->parts);

  if (self->resume_upload_id == NULL)
    return;
  if (!is_same_object (self)) {
    begin_elsewhere (self);
    return;
  }

  GST_INFO ("%s: goes on with an earlier upload, %u parts of which have"
      " arrived", self->config->media_id, n_arrived);
  self->upload_id = g_steal_pointer (&self->resume_upload_id);
  self->is_resumed = TRUE;
  self->comparing = n_arrived > 0;
  gst_ice_upload_started (self, NULL);
}

/* ---- the comparison ---- */

/* Quoted or not, in capitals or not. */
static gboolean
is_same_etag (const gchar * a, const gchar * b)
{
  gsize length;

  if (a == NULL || b == NULL)
    return FALSE;

  a += *a == '"';
  b += *b == '"';
  length = strcspn (a, "\"");

  return strcspn (b, "\"") == length && g_ascii_strncasecmp (a, b, length) == 0;
}

/* The part at @entry is at OSS as @listed, or not at all if that is NULL.
 * FALSE if it is wanted again and can't be had. */
static gboolean
compare (GstIceUpload * self, GstIcePartEntry * entry,
    const GstIceOssPart * listed)
{
  if (entry->state != GST_ICE_PART_CONFIRMED)
    return TRUE;
  if (listed != NULL && listed->size == entry->size
      && is_same_etag (listed->etag, entry->etag))
    return TRUE;

  GST_WARNING ("%s: part %u of the earlier run is not at OSS%s",
      self->config->media_id, entry->number,
      listed != NULL ? " as it was sent" : "");

  return gst_ice_part_table_revoke (self->parts, entry);
}

/* Compares the parts up to @last, which is at OSS as @listed (nullable); those
 * in between are not. Returns 0, or the number of the first that is lost. */
static guint
compare_up_to (GstIceUpload * self, guint last, const GstIceOssPart * listed)
{
  last = MIN (last, gst_ice_part_table_get_length (self->parts));

  while (self->compared < last) {
    GstIcePartEntry *entry =
        gst_ice_part_table_get (self->parts, ++self->compared);
    gboolean is_listed = listed != NULL && listed->number == entry->number;

    if (!compare (self, entry, is_listed ? listed : NULL))
      return entry->number;
  }

  return 0;
}

/* Likewise, for a page of the list. */
static guint
compare_page (GstIceUpload * self, const GstIceOssReply * reply)
{
  guint lost = 0;
  guint i;

  for (i = 0; reply->parts != NULL && i < reply->parts->len && lost == 0; i++) {
    const GstIceOssPart *listed = g_ptr_array_index (reply->parts, i);

    lost = compare_up_to (self, listed->number, listed);
  }
  if (lost == 0 && reply->next_marker == 0)
    lost = compare_up_to (self, G_MAXUINT, NULL);

  return lost;
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
  self->comparing = self->listing = FALSE;
  self->list_marker = 0;
  self->single_history = (GstIceRetryHistory) { 0 };
  g_clear_error (&self->invalid_part);
}

/* TRUE if OSS does not let us list, now or ever. */
static gboolean
is_refused (GstIceUpload * self, const GError * error)
{
  GstIceRetryHistory history = self->single_history;

  return !gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)
      && gst_ice_retry_policy_decide (error, &history) == GST_ICE_RETRY_FAIL;
}

void
gst_ice_call_handle_comparison (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error)
{
  GstIceUpload *self = call->self;
  guint lost;

  if (error != NULL && is_refused (self, error)) {
    GST_WARNING ("%s: what has arrived can't be listed, so the journal is"
        " trusted: %s", self->config->media_id, error->message);
    end_comparison (self);
    return;
  }
  if (error != NULL) {
    gst_ice_call_handle_failure (call, error);
    return;
  }

  lost = compare_page (self, reply);
  self->list_marker = reply->next_marker;
  if (lost > 0 || reply->next_marker == 0)
    end_comparison (self);
  if (lost > 0)
    fail_comparison (self, lost);
}
