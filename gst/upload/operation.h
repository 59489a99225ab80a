/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* What an upload asks of OSS. Plain data. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GstIceOperation:
 * @GST_ICE_OPERATION_NONE: nothing to send
 * @GST_ICE_OPERATION_COMPARE: ListParts: which parts of an earlier run are
 *     there
 * @GST_ICE_OPERATION_LIST: ListParts: why Complete was refused
 * @GST_ICE_OPERATION_CHECK: ListParts: whether the upload was aborted
 * @GST_ICE_OPERATION_CLEAR: AbortMultipartUpload: of what was left at another
 *     object
 *
 * The others have the names of OSS's operations. All but UploadPart go alone.
 */
typedef enum
{
  GST_ICE_OPERATION_NONE,
  GST_ICE_OPERATION_INITIATE,
  GST_ICE_OPERATION_PART,
  GST_ICE_OPERATION_COMPARE,
  GST_ICE_OPERATION_LIST,
  GST_ICE_OPERATION_COMPLETE,
  GST_ICE_OPERATION_PUT,
  GST_ICE_OPERATION_HEAD,
  GST_ICE_OPERATION_ABORT,
  GST_ICE_OPERATION_CHECK,
  GST_ICE_OPERATION_CLEAR,
  GST_ICE_N_OPERATIONS,
} GstIceOperation;

G_END_DECLS
