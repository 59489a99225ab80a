/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What OSS said; see the header. Any thread. */

#include "oss/oss-reply.h"

void
gst_ice_oss_reply_free (GstIceOssReply * reply)
{
  g_free (reply->request_id);
  g_free (reply->upload_id);
  g_free (reply->etag);
  g_clear_pointer (&reply->parts, g_ptr_array_unref);
  g_free (reply);
}
