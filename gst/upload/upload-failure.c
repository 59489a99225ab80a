/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What becomes of a request that failed, and of an upload that can't go on.
 *
 * Runs on: the network thread. Owns nothing. */

#include "upload/upload-private.h"

/* An answer to Initiate that can't be read has probably made an upload: another
 * one is not made in quick succession. */
#define MIN_REINITIATE_US (10 * (gint64) G_USEC_PER_SEC)

/* Bytes that arrive damaged for so long are not damaged on the way: nobody
 * waits longer for them, also where retry-timeout has no end. */
#define MAX_DAMAGE_US (600 * (gint64) G_USEC_PER_SEC)

/* An upload that has lived so long before it went is one of its own, and not one
 * more in a row that goes on. */
#define LASTING_US (600 * (gint64) G_USEC_PER_SEC)

/* An answer of something in between must not decide: how often, and for how
 * long, an upload id must be unknown before a recording ends for it. Where all
 * bytes can be had, beginning anew is the cheaper way. OSS itself forgets no
 * upload, so more time would change nothing. */
#define MIN_UNKNOWN_UPLOADS 2
#define MIN_UNKNOWN_US (5 * (gint64) G_USEC_PER_SEC)

static GstIceRetryHistory *
get_history (GstIceCall * call)
{
  return call->part != NULL ? &gst_ice_call_get_entry (call)->history
      : &call->self->alone_history;
}

gboolean
gst_ice_call_is_hopeless (GstIceCall * call, const GError * error)
{
  GstIceRetryHistory history = *get_history (call);

  return gst_ice_retry_policy_decide (error, &history,
      gst_ice_upload_get_now (call->self)) == GST_ICE_RETRY_FAIL;
}

void
gst_ice_call_try_again (GstIceCall * call, gint64 delay_us)
{
  GstIceUpload *self = call->self;
  gint64 at = gst_ice_upload_get_now (self) + delay_us;

  gst_ice_upload_count_retry (self);
  if (call->part != NULL)
    gst_ice_part_table_set_waiting (self->parts,
        gst_ice_call_get_entry (call), at);
  else
    self->alone_not_before_us = at;
}

void
gst_ice_call_give_up (GstIceCall * call, const GError * error)
{
  GstIceUpload *self = call->self;

  if (gst_ice_upload_state_is_over (self->state)) {
    GST_WARNING ("%s: %s", self->config->media_id, error->message);
    gst_ice_upload_end_early (self, error);
    return;
  }

  gst_ice_upload_failed (self, error, call->part ? call->part->number : 0);
}

GError *
gst_ice_upload_new_final_error (GstIceErrorCode code, const GError * cause,
    const gchar * text)
{
  GError *error = g_error_copy (cause);

  if (error->domain == GST_ICE_ERROR)
    error->code = code;
  g_prefix_error (&error, "%s: ", text);

  return error;
}

static void
give_up_damaged (GstIceCall * call, const GError * error)
{
  g_autoptr (GError) final =
      gst_ice_upload_new_final_error (GST_ICE_ERROR_SYNC, error,
      "OSS keeps getting other bytes than were sent");

  gst_ice_call_give_up (call, final);
}

/* What kept HeadObject from telling is not what the recording has failed with
 * where a single PutObject was all. */
void
gst_ice_call_give_up_unknown (GstIceCall * call, const GError * error)
{
  GstIceUpload *self = call->self;
  const GError *put = self->upload_id == NULL ? self->inquiry.error : NULL;
  g_autoptr (GError) final = put != NULL ?
      gst_ice_upload_new_final_error (put->code, put,
      "The answer to PutObject was lost, and whether the object is complete"
      " can't be learnt; look at the media asset") :
      gst_ice_upload_new_final_error (GST_ICE_ERROR_OUTCOME_UNKNOWN, error,
      "The answer to CompleteMultipartUpload was lost, and whether the"
      " object is complete can't be learnt; look at the media asset");

  gst_ice_inquiry_give_up (&self->inquiry);
  gst_ice_call_give_up (call, final);
}

/* TRUE if giving up on @call leaves open whether the object is there. That
 * Complete or PutObject was throttled is the better news. */
static gboolean
leaves_unknown (GstIceCall * call, const GError * error)
{
  return call->self->inquiry.may_be_there
      && (call->operation == GST_ICE_OPERATION_HEAD
      || !gst_ice_error_is (error, GST_ICE_ERROR_THROTTLED));
}

static gint64
get_delay (const GError * error, const GstIceRetryHistory * history)
{
  return gst_ice_retry_policy_get_delay (error, history->failures,
      g_random_double ());
}

gint64
gst_ice_upload_get_patience (GstIceUpload * self)
{
  return gst_ice_outage_get_patience (&self->outage,
      gst_ice_upload_get_now (self), self->config->retry_timeout_us);
}

/* An attempt that a limit of ours makes last longer than retry-timeout has to
 * have its time, too; it may have half of its share at first. -1: for ever */
static gint64
get_retry_timeout (GstIceCall * call)
{
  GstIceUpload *self = call->self;
  gint64 timeout = self->config->retry_timeout_us;
  guint64 size = call->part != NULL ? call->part->size : call->size;

  if (timeout < 0 || self->http == NULL)
    return timeout;

  return timeout + 2 * gst_ice_http_client_get_limit_time (self->http, size);
}

/* The same for @call, which failed with @error: what is wrong with one request
 * does not end with the success of another. */
static gint64
get_patience (GstIceCall * call, const GError * error,
    const GstIceRetryHistory * history)
{
  GstIceUpload *self = call->self;
  gint64 timeout = get_retry_timeout (call);
  gint64 patience = gst_ice_outage_get_patience (&self->outage,
      gst_ice_upload_get_now (self), timeout);
  gint64 own;

  if (timeout < 0 && gst_ice_error_is (error, GST_ICE_ERROR_DAMAGED))
    timeout = MAX_DAMAGE_US;
  if (timeout < 0 || !gst_ice_retry_policy_is_about_request (error))
    return patience;

  own = MAX (0, history->since_us + timeout - gst_ice_upload_get_now (self));

  return patience < 0 ? own : MIN (own, patience);
}

static void
give_up_late (GstIceCall * call, const GError * error)
{
  if (gst_ice_error_is (error, GST_ICE_ERROR_DAMAGED))
    give_up_damaged (call, error);
  else if (leaves_unknown (call, error))
    gst_ice_call_give_up_unknown (call, error);
  else
    gst_ice_call_give_up (call, error);
}

/* FALSE if there is no time for that. */
static gboolean
try_later (GstIceCall * call, const GError * error,
    const GstIceRetryHistory * history)
{
  GstIceUpload *self = call->self;
  gint64 patience = get_patience (call, error, history);
  gint64 delay = get_delay (error, history);

  if (call->operation == GST_ICE_OPERATION_INITIATE
      && gst_ice_retry_policy_is_unreadable_success (error))
    delay = MAX (delay, MIN_REINITIATE_US);
  if (patience == 0) {
    give_up_late (call, error);
    return FALSE;
  }

  if (patience > 0)
    delay = MIN (delay, patience);
  gst_ice_call_try_again (call, delay);
  self->outage.of_oss = TRUE;
  gst_ice_upload_report_failure (self, error, delay);

  return TRUE;
}

/* The key may have ended, or be so new that OSS does not know it yet. */
static void
renew (GstIceCall * call, const GError * error,
    const GstIceRetryHistory * history)
{
  if (history->refused_leases == 1)
    gst_ice_call_try_again (call, 0);
  else if (!try_later (call, error, history))
    return;

  gst_ice_lease_keeper_refused (call->self->keeper, call->lease);
}

static void
follow_policy (GstIceCall * call, const GError * error,
    GstIceRetryHistory * history)
{
  GstIceUpload *self = call->self;
  gint64 now = gst_ice_upload_get_now (self);
  GstIceRetryAction action = gst_ice_retry_policy_decide (error, history, now);

  if (self->oss_successes == 0
      && gst_ice_retry_policy_leads_astray (error, history, now))
    action = GST_ICE_RETRY_FAIL;

  switch (action) {
    case GST_ICE_RETRY_LATER:
      try_later (call, error, history);
      break;
    case GST_ICE_RETRY_NOW:
      GST_DEBUG ("%s: signed anew: %s", self->config->media_id,
          error->message);
      gst_ice_call_try_again (call, 0);
      break;
    case GST_ICE_RETRY_RENEW:
      renew (call, error, history);
      break;
    case GST_ICE_RETRY_FAIL:
      gst_ice_call_give_up (call, error);
      break;
  }
}

/* TRUE if @error says that the upload id, or the object of an older lease, is
 * of no use any more. */
static gboolean
means_lost (GstIceUpload * self, const GError * error,
    const GstIceRetryHistory * history)
{
  gint64 unknown_us = gst_ice_upload_get_now (self) - history->since_us;

  if (self->next_object != NULL
      && gst_ice_error_is (error, GST_ICE_ERROR_NOT_AUTHORIZED))
    return TRUE;

  return gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD)
      && history->unknown_uploads >= MIN_UNKNOWN_UPLOADS
      && (unknown_us >= MIN_UNKNOWN_US || gst_ice_upload_can_restart (self));
}

void
gst_ice_call_handle_failure (GstIceCall * call, const GError * error)
{
  GstIceUpload *self = call->self;
  GstIceRetryHistory *history = get_history (call);
  gboolean is_unknown = gst_ice_error_is (error, GST_ICE_ERROR_NO_SUCH_UPLOAD);

  if (is_unknown) {
    history->unknown_uploads++;
    gst_ice_retry_policy_decide (error, history,
        gst_ice_upload_get_now (self));
  }
  if (means_lost (self, error, history))
    gst_ice_upload_set_lost (self, error);

  if (self->state == GST_ICE_UPLOAD_LOST)
    gst_ice_call_try_again (call, 0);
  else if (is_unknown)
    gst_ice_call_try_again (call, get_delay (error, history));
  else
    follow_policy (call, error, history);
}

/* ---- an upload that is lost ---- */

static gboolean
is_lasting (GstIceUpload * self)
{
  return gst_ice_upload_get_now (self) - self->begun_us >= LASTING_US;
}

/* Uploads that go as soon as they have begun end as any outage does. */
static gboolean
has_time_to_restart (GstIceUpload * self)
{
  gint64 timeout = self->config->retry_timeout_us;

  return timeout < 0 || self->losses.failures == 0 || is_lasting (self)
      || gst_ice_upload_get_now (self) - self->losses.since_us < timeout;
}

gboolean
gst_ice_upload_can_restart (GstIceUpload * self)
{
  return gst_ice_part_table_can_restart (self->parts)
      && has_time_to_restart (self);
}

void
gst_ice_upload_set_lost (GstIceUpload * self, const GError * error)
{
  if (gst_ice_upload_state_is_over (self->state)
      || self->state == GST_ICE_UPLOAD_LOST)
    return;

  self->lost = g_error_copy (error);
  gst_ice_upload_set_state (self, self->state, GST_ICE_UPLOAD_LOST);
}

/* What comes after LOST, if anything. */
static void
go_on (GstIceUpload * self)
{
  g_clear_error (&self->lost);
  self->alone_history = (GstIceRetryHistory) { 0 };
  self->alone_not_before_us = 0;
  gst_ice_upload_set_state (self, GST_ICE_UPLOAD_LOST, self->finishing ?
      GST_ICE_UPLOAD_FINALIZING : GST_ICE_UPLOAD_UPLOADING);
}

/* The first of a row begins anew at once, the next ones after growing delays. */
static void
delay_restart (GstIceUpload * self, const GError * error)
{
  gint64 now = gst_ice_upload_get_now (self), delay;

  if (is_lasting (self))
    self->losses = (GstIceRetryHistory) { 0 };
  gst_ice_retry_policy_decide (error, &self->losses, now);
  self->begun_us = now;
  if (self->losses.failures == 1)
    return;

  delay = get_delay (error, &self->losses);
  self->alone_not_before_us = now + delay;
  gst_ice_upload_report_failure (self, error, delay);
}

/* Begins anew, at the object of the newest lease. What was found out about the
 * upload id does not count for another one. */
static void
restart (GstIceUpload * self)
{
  g_autoptr (GError) error = g_error_copy (self->lost);

  GST_WARNING ("%s: begins anew: %s", self->config->media_id,
      self->lost->message);
  gst_ice_part_table_restart (self->parts);
  gst_ice_inquiry_clear (&self->inquiry);
  gst_ice_resumption_clear (&self->resumption);
  if (self->next_object != NULL) {
    gst_ice_upload_set_stray (self, self->object, self->upload_id,
        self->own_lease);
    gst_ice_upload_use_object (self, self->next_object);
  }
  g_clear_pointer (&self->upload_id, g_free);
  g_clear_pointer (&self->next_object, gst_ice_oss_object_unref);
  go_on (self);
  delay_restart (self, error);
}

/* TRUE if an earlier run may have completed the object that is wanted. */
static gboolean
may_be_complete (GstIceUpload * self)
{
  return self->resumption.state != GST_ICE_RESUMPTION_NONE
      && self->next_object == NULL && self->finishing
      && !gst_ice_inquiry_has_no_upload (&self->inquiry)
      && gst_ice_part_table_get_reach (self->parts)
      == gst_ice_part_table_get_length (self->parts);
}

static const gchar *
explain_loss (GstIceUpload * self)
{
  if (gst_ice_part_table_can_restart (self->parts))
    return "For the length of retry-timeout, each upload has gone from OSS"
        " soon after it had begun: somebody, or a rule of the bucket, aborts"
        " them";
  if (self->next_object != NULL)
    return "The new lease is for another object, and bytes that the old one"
        " has are not held any more";

  return "The upload has gone from OSS, and bytes that it had are not held any"
      " more";
}

static void
fail_lost (GstIceUpload * self)
{
  g_autoptr (GError) final =
      gst_ice_upload_new_final_error (GST_ICE_ERROR_NO_SUCH_UPLOAD,
      self->lost, explain_loss (self));

  if (self->next_object == NULL)
    gst_ice_inquiry_lose (&self->inquiry);
  gst_ice_upload_failed (self, final, 0);
}

void
gst_ice_upload_resolve_lost (GstIceUpload * self)
{
  if (self->state != GST_ICE_UPLOAD_LOST || self->in_flight > 0
      || self->alone != NULL)
    return;

  if (gst_ice_upload_can_restart (self)) {
    restart (self);
  } else if (may_be_complete (self)) {
    gst_ice_inquiry_look_for_object (&self->inquiry);
    go_on (self);
  } else {
    fail_lost (self);
  }
}
