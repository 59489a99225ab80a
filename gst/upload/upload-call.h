/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* A request of an upload, and what its files do with it and its answer.
 *
 * Private to this folder; network thread. */

#pragma once

#include "upload/upload-private.h"

G_BEGIN_DECLS

/**
 * GstIceOperation:
 * @GST_ICE_OPERATION_NONE: nothing to send
 *
 * The others have the names of OSS's operations.
 */
typedef enum
{
  GST_ICE_OPERATION_NONE,
  GST_ICE_OPERATION_INITIATE,
  GST_ICE_OPERATION_PART,
  GST_ICE_OPERATION_LIST,
  GST_ICE_OPERATION_COMPLETE,
  GST_ICE_OPERATION_PUT,
  GST_ICE_OPERATION_HEAD,
  GST_ICE_OPERATION_ABORT,
} GstIceOperation;

/**
 * GstIceCall:
 * @self: (owned)
 * @client: (owned)
 * @operation: what is asked for
 * @lease: (owned): that signed it
 * @part: (nullable) (owned): of UploadPart
 * @size: of the object, of Complete, Put and Head
 * @crc64: its CRC-64
 */
typedef struct
{
  GstIceUpload *self;
  GstIceOssClient *client;
  GstIceOperation operation;
  GstIceLease *lease;
  GstIcePart *part;
  guint64 size;
  guint64 crc64;
} GstIceCall;

/* upload-calls.c */

GstIceCall *gst_ice_call_new (GstIceUpload * self, GstIceOperation operation,
    GstIceLease * lease);

/* The entry of the part that it is about. */
GstIcePartEntry *gst_ice_call_get_entry (GstIceCall * call);

/* Both (transfer full). */
void gst_ice_call_send (GstIceCall * call, GstIceOssRequest * request);

void gst_ice_upload_send_initiate (GstIceUpload * self, GstIceLease * lease);

/* FALSE if @entry: (nullable) is not wanted any more. */
gboolean gst_ice_upload_is_sendable (GstIceUpload * self,
    const GstIcePartEntry * entry);

/* How many parts the object is to have. */
guint gst_ice_upload_get_target_length (GstIceUpload * self);

/* TRUE if OSS has what we sent, as far as it says; else GST_ICE_ERROR_DAMAGED.
 * @operation: in OSS's words; a static string */
gboolean gst_ice_call_verify (GstIceCall * call, const GstIceOssReply * reply,
    const gchar * operation, GError ** error);

/* upload-part.c */

void gst_ice_upload_send_part (GstIceUpload * self, GstIceLease * lease);

/* In these functions one of @reply and @error is NULL. */
void gst_ice_call_handle_part (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error);

/* upload-completion.c */

void gst_ice_upload_send_put (GstIceUpload * self, GstIceLease * lease);
void gst_ice_upload_send_complete (GstIceUpload * self, GstIceLease * lease);
void gst_ice_upload_send_head (GstIceUpload * self, GstIceLease * lease);

void gst_ice_call_handle_put (GstIceCall * call, const GstIceOssReply * reply,
    const GError * error);
void gst_ice_call_handle_complete (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error);
void gst_ice_call_handle_head (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error);
void gst_ice_call_handle_abort (GstIceCall * call, const GError * error);

/* ListParts after Complete was refused. */
void gst_ice_call_handle_etags (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error);

/* upload-resume.c */

/* The first lease is there: goes on where an earlier run stopped. */
void gst_ice_upload_take_up (GstIceUpload * self);

/* ListParts before anything is sent. */
void gst_ice_call_handle_comparison (GstIceCall * call,
    const GstIceOssReply * reply, const GError * error);

/* upload-failure.c */

/* The same request once more, @delay_us later. */
void gst_ice_call_try_again (GstIceCall * call, gint64 delay_us);

/* What the retry policy says of @error. */
void gst_ice_call_handle_failure (GstIceCall * call, const GError * error);

/* Nothing helps against @error. */
void gst_ice_call_give_up (GstIceCall * call, const GError * error);

/* Complete may have been carried out, and nobody will tell. */
void gst_ice_call_give_up_unknown (GstIceCall * call, const GError * error);

/* How long the outage may still last, 0: no longer, -1: for ever. */
gint64 gst_ice_upload_get_patience (GstIceUpload * self);

/* An error for the end of a budget: what is true now, and the last cause.
 * (transfer full) */
GError *gst_ice_upload_new_final_error (GstIceErrorCode code,
    const GError * cause, const gchar * text);

/* TRUE if the upload may begin anew, and all its bytes can be had. */
gboolean gst_ice_upload_can_restart (GstIceUpload * self);

/* The upload id, or the object, is of no use any more. */
void gst_ice_upload_set_lost (GstIceUpload * self, const GError * error);

/* Once no request is in flight: what becomes of an upload that is lost. */
void gst_ice_upload_handle_lost (GstIceUpload * self);

G_END_DECLS
